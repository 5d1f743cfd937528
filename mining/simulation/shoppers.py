"""What mystery shoppers and inspections report: faults as often as the log has them, or as the recipe says where they see more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mining.blueprint.model import Rule, Standard
from mining.errors import UnknownNameError
from mining.simulation import standards as time_standards
from mining.simulation.rules import holds
from mining.simulation.run import Simulation
from mining.simulation.stream import Stream, digest
from mining.simulation.write import Row, last_moment, moment_text

COLUMNS = (
    *("visit_id", "visited_at", "site", "standard_id", "result", "score", "critical", "source", "shopper", "scenario"),
    *("channel", "daypart", "note"),
)  # fmt: skip
SOURCES = ("mystery", "inspection")
NOT_APPLICABLE = 0.04  # of the visits and standards
NOON, EVENING = 12, 18


def visits(made: Simulation, recipe: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Row]]:
    """Columns and rows of mystery.csv: by visit, one row for each standard that its source looks at.

    ``recipe``: ``sites``, ``scenarios``, ``channels``; ``mystery`` and ``inspection``, each with ``visits``, ``people`` and ``standards``;
    ``rates``, the share of the shoppers' visits that fail a standard, where it is another than that of the log; ``notes``, what a shopper
    writes beside a failure.
    """
    checks = made.blueprint.checks
    rates = dict(recipe.get("rates", {}))
    items = {spec.item: id for id, spec in checks.items() if isinstance(spec, Standard) and spec.item}
    for name in (*rates, *(x for source in SOURCES for x in recipe[source]["standards"])):
        if name not in checks and name not in items:
            raise UnknownNameError("standard or rule", name, (*checks, *items), where="mystery")
    first, last = period(made)
    rows: list[Row] = []
    for source in SOURCES:
        spec = recipe[source]
        n = int(spec["visits"])
        ids = [f"{source[0].upper()}{i:03d}" for i in range(1, n + 1)]
        judged = {name: [x for x in ids if not _not_applicable(made, name, x)] for name in spec["standards"]}
        failed = {
            name: _failed(
                made, name, rates[name] if source == "mystery" and name in rates else log_rate(made, name), there
            )
            for name, there in judged.items()
        }
        for i, visit in enumerate(ids):
            stream = Stream(made.seed, "visit", visit)
            at = _moment(made, first, last, (i + stream.uniform()) / n, stream)
            hour = made.service.calendar.local(at).hour
            base = {
                "visit_id": visit,
                "visited_at": moment_text(made.service, at),
                "site": stream.pick(recipe["sites"]),
                "score": "",
                "source": source,
                "shopper": f"{'shopper' if source == 'mystery' else 'inspector'}-{1 + i % int(spec['people']):02d}",
                "scenario": stream.pick(recipe["scenarios"]),
                "channel": stream.pick(recipe["channels"]),
                "daypart": "morning" if hour < NOON else "afternoon" if hour < EVENING else "evening",
            }
            for name in spec["standards"]:
                bad = visit in failed[name]
                result = "fail" if bad else "pass" if visit in judged[name] else "na"
                severity = checks[items.get(name, name)].severity
                note = recipe.get("notes", {}).get(name, "") if bad and source == "mystery" else ""
                critical = "yes" if severity == "critical" else "no"
                rows.append(base | {"standard_id": name, "result": result, "critical": critical, "note": note})
    return COLUMNS, rows


def period(made: Simulation) -> tuple[int, int]:
    """The moments of the first arrival and of the last, or of the extract."""
    begins = [case.trace[0].start for case in made.cases]
    end = last_moment(made.service, made.cases, made.until)
    return min(begins), min(max(begins), end)


def log_rate(made: Simulation, check: str) -> float:
    """Share of the cases that fail a check, of those about which it says something."""
    failing = {truth.case_id for truth in made.truths if check in (truth.check, *truth.also_fails)}
    spec = made.blueprint.checks[check]
    applied = [case.plan.id for case in made.cases if _applies(made, spec, case)]
    return len(failing) / len(applied) if applied else 0.0


def _applies(made: Simulation, spec: Rule | Standard, case: Any) -> bool:
    if isinstance(spec, Rule):
        return holds(spec, case.trace, case.attributes, made.service.setting) is not None
    if spec.metric in time_standards.TIME_METRICS:
        return bool(time_standards.windows(spec, case.trace, case.attributes))
    return True


def _not_applicable(made: Simulation, name: str, visit: str) -> bool:
    return Stream(made.seed, "na", name, visit).chance(NOT_APPLICABLE)


def _failed(made: Simulation, name: str, rate: float, judged: list[str]) -> set[str]:
    """So many of the visits that the share is as near to the rate as can be: whoever shops finds the rate, and no luck."""
    order = sorted(judged, key=lambda visit: digest(made.seed, "failed", name, visit))
    return set(order[: int(rate * len(judged) + 0.5)])


def _moment(made: Simulation, first: int, last: int, part: float, stream: Stream) -> int:
    """A moment in open hours, about the given part of the way through the period."""
    calendar = made.service.calendar
    day = calendar.local(first + int(part * (last - first))).date()
    while not calendar.is_working_day(day):
        day += timedelta(1)
    begin, end = calendar.at(day, 0), calendar.at(day, 1440)
    return calendar.add(begin, int(stream.between(0.02, 0.95) * calendar.open_between(begin, end)))


__all__ = ["COLUMNS", "log_rate", "period", "visits"]
