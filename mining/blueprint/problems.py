"""What is wrong with a blueprint whose shape is right: values that mean nothing, and names that do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from math import isinf
from typing import Any

from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.blueprint.contacts import replacement_problems, scope_problems, touchpoint_problems
from mining.blueprint.references import condition_problems, never_equal, place, unknown
from mining.blueprint.shape import USED_BY, Problem, schema, shape_problems
from mining.errors import MiningError, hint
from mining.units import Duration

__all__ = ["USED_BY", "Problem", "line_of", "name_problems", "schema", "schema_problems", "value_problems"]

IMPLIED = ("max-", "role-", "path-", "channel-", "evidence-", "touchpoint-")
ALWAYS_THERE = {
    "path": "the check of the flow",
    "handover": "the check of the order of stages",
    "outcome": "the check of the outcome",
}
Lines = dict[yaml12.Path, int]


def line_of(lines: Lines, path: yaml12.Path) -> int:
    """Line of a path, or of the nearest key above it that has one."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def located(problems: Iterator[Problem], lines: Lines, name: str) -> list[str]:
    """Problems as messages, in the order of the file: file, line, what is wrong."""
    found = sorted((line_of(lines, path), what) for path, what in problems)
    return [f"{name}:{line}: {what}" for line, what in found]


def schema_problems(raw: Any, lines: Lines, name: str) -> Iterator[str]:
    """What the schema does not allow, one line each: file, line, key, what is wrong."""
    yield from located(shape_problems(raw), lines, name)


def value_problems(raw: dict[str, Any], lines: Lines, name: str) -> Iterator[str]:
    """Durations and dates that the schema lets pass but that mean nothing, as messages."""
    yield from located(value_faults(raw), lines, name)


# --- values ------------------------------------------------------------------------------------------------------------


def value_faults(raw: dict[str, Any]) -> Iterator[Problem]:
    """Durations and dates that the schema lets pass but that mean nothing."""
    for path, text in _durations(raw):
        try:
            length = Duration.parse(text)
        except MiningError as error:
            yield path, f"{place(path)}: {error}"
        else:
            if path[0] == "scope" and not length.amount:
                yield path, f"{place(path)}: {text} is no time at all; every case without an end would be abandoned."
            if path[0] == "kpis" and length.in_business_time:
                yield (
                    path,
                    f"{place(path)}: {text} is business time, but an indicator has no calendar. Write clock time.",
                )
    for path in _infinite(raw):
        yield path, f"{place(path)}: the number is too large to be compared with. Write a smaller one, or leave it out."
    wrong = set()
    for path, text in _dates(raw):
        try:
            _ = date.fromisoformat(text)
        except ValueError:
            wrong.add(path[0])
            yield path, f"{place(path)}: {text!r} is not a date."
    begin, end = raw["effective"]["from"], raw["effective"].get("to")
    if end is not None and end < begin and "effective" not in wrong:
        yield ("effective", "to"), f"effective.to: the blueprint ends ({end}) before it begins ({begin})."


def _infinite(value: Any, at: yaml12.Path = ()) -> Iterator[yaml12.Path]:
    """Places of numbers such as 1e999."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _infinite(item, (*at, key))
    elif isinstance(value, float) and isinf(value):
        yield at


def _durations(raw: dict[str, Any]) -> Iterator[tuple[yaml12.Path, str]]:
    if "abandoned_after" in raw["scope"]:
        yield ("scope", "abandoned_after"), raw["scope"]["abandoned_after"]
    for key, fields in (("rules", ("within", "after")), ("standards", ("max",)), ("kpis", ("target",))):
        for i, item in enumerate(raw.get(key, [])):
            yield from (((key, i, field), item[field]) for field in fields if isinstance(item.get(field), str))


def _dates(raw: dict[str, Any]) -> Iterator[tuple[yaml12.Path, str]]:
    yield from ((("effective", key), raw["effective"][key]) for key in ("from", "to") if key in raw["effective"])
    if "approval" in raw:
        yield ("approval", "date"), raw["approval"]["date"]
    for i, item in enumerate(raw.get("allow", [])):
        yield from ((("allow", i, "valid", j), day) for j, day in enumerate(item["valid"]))


# --- names -------------------------------------------------------------------------------------------------------------


def name_problems(b: m.Blueprint, raw: dict[str, Any]) -> Iterator[Problem]:
    """Names that do not exist or are used twice, and parts that contradict each other."""
    known = {a.id for a in b.activities}
    yield from _twice(b)
    yield from _activity_problems(b)
    yield from _flow_problems(raw["flow"], ("flow",), known)
    yield from _loop_problems(b, raw["flow"])
    yield from scope_problems(b)
    for spec in b.calendars:
        yield from _calendar_faults(spec, raw["calendars"][spec.id])
    for i, rule in enumerate(b.rules):
        yield from _rule_problems(b, rule, ("rules", i), known)
    for i, standard in enumerate(b.standards):
        yield from _standard_problems(b, standard, ("standards", i), known)
    for i, kpi in enumerate(b.kpis):
        yield from _kpi_problems(kpi, ("kpis", i, "formula"), known)
    yield from _allow_problems(b, known)


def _activity_problems(b: m.Blueprint) -> Iterator[Problem]:
    lanes, stages, roles = {x.id for x in b.lanes}, {x.id for x in b.stages}, {x.id for x in b.roles}
    for i, a in enumerate(b.activities):
        at: yaml12.Path = ("activities", i)
        yield from unknown("lane", a.lane, lanes, (*at, "lane"))
        yield from unknown("stage", a.stage, stages, (*at, "stage"))
        yield from unknown("role", a.role, roles, (*at, "role"))
        yield from touchpoint_problems(b, a, at)
        yield from replacement_problems(b, a, at)
        if a.observable and not a.labels:
            yield (
                at,
                f"activity {a.id!r} has no labels, so no log can show it. Name its log labels, or set observable: false.",
            )
        if a.labels and not a.observable:
            yield (
                at,
                f"activity {a.id!r} has labels, so the log shows it, but is marked observable: false. Keep one.",
            )


def _rule_problems(b: m.Blueprint, r: m.Rule, at: yaml12.Path, known: set[str]) -> Iterator[Problem]:
    yield from unknown("activity", r.a, known, (*at, "a"))
    yield from unknown("activity", r.b, known, (*at, "b"))
    yield from unknown("role", r.role, {x.id for x in b.roles}, (*at, "role"))
    yield from unknown("calendar", r.calendar, {c.id for c in b.calendars}, (*at, "calendar"))
    if r.a == r.b:
        yield at, f"rule {r.id}: a and b are the same activity {r.a!r}. To limit repeats write at_most."
    for length in filter(None, (r.within, r.after)):
        yield from _without_calendar(b, length, r.calendar, at)


def _without_calendar(b: m.Blueprint, length: Duration, calendar: str | None, at: yaml12.Path) -> Iterator[Problem]:
    if length.in_business_time and calendar is None:
        names = {c.id for c in b.calendars}
        yield at, f"{place(at)}: {length} is business time and needs a calendar.{hint('', names)}"


def _calendar_faults(spec: m.CalendarSpec, raw: dict[str, Any]) -> Iterator[Problem]:
    from mining.calendars import calendar_of  # above this module; it knows what a calendar can mean

    at: yaml12.Path = ("calendars", spec.id)
    days = [x["date"] for x in raw.get("extra_workdays", [])]
    with_hours = open_weekdays(spec)
    for i, (day, weekday) in enumerate((x["date"], x["as"]) for x in raw.get("extra_workdays", [])):
        here = (*at, "extra_workdays", i)
        if day in days[:i]:
            yield here, f"calendar {spec.id}: the make-up day {day} is written twice. Keep one."
        if weekday not in with_hours:
            known = ", ".join(x for x in WEEKDAYS if x in with_hours) or "none"
            yield (
                here,
                f"calendar {spec.id}: the make-up day {day} takes the hours of {weekday}, which has none. With hours: {known}.",
            )
    try:
        if not len(calendar_of(spec).opens):
            yield at, f"calendar {spec.id}: no day in its coverage has opening hours."
    except MiningError as error:
        yield at, str(error)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def open_weekdays(spec: m.CalendarSpec) -> set[str]:
    """Weekdays that have open hours.

    Examples
    --------
    >>> spec = m.CalendarSpec("desk", "UTC", {"sat-mon": ("09:00-12:00",), "wed": ()}, ("2026-01-01", "2026-12-31"))
    >>> sorted(open_weekdays(spec))
    ['mon', 'sat', 'sun']
    """
    found: set[str] = set()
    for days, slots in spec.week.items():
        first, _, last = days.partition("-")
        i, j = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if slots:
            found.update(WEEKDAYS[i : j + 1] if i <= j else WEEKDAYS[i:] + WEEKDAYS[: j + 1])
    return found


def _twice(b: m.Blueprint) -> Iterator[Problem]:
    for key, ids in (
        ("lanes", [x.id for x in b.lanes]),
        ("stages", [x.id for x in b.stages]),
        ("activities", [x.id for x in b.activities]),
        ("kpis", [x.id for x in b.kpis]),
        ("allow", [x.id for x in b.allowances]),
    ):
        for i, id in enumerate(ids):
            if id in ids[:i]:
                yield (key, i), f"{key}.{i}: the id {id!r} is used twice."
    yield from _ids_of_checks(b)
    bound: dict[str, str] = {}
    for i, a in enumerate(b.activities):
        for j, label in enumerate(a.labels):
            if label in bound:
                yield (
                    ("activities", i, "labels", j),
                    f"the label {label!r} is bound twice: to {bound[label]!r} and to {a.id!r}. One label means one activity.",
                )
            bound[label] = a.id
    for i, label in enumerate(b.binding.ignore):
        if label in bound:
            yield ("log", "ignore", i), f"the label {label!r} is ignored and also bound to {bound[label]!r}. Keep one."


def _ids_of_checks(b: m.Blueprint) -> Iterator[Problem]:
    seen = dict(ALWAYS_THERE)
    both: tuple[tuple[str, Sequence[m.Rule | m.Standard]], ...] = (("rules", b.rules), ("standards", b.standards))
    for key, checks in both:
        for i, check in enumerate(checks):
            if check.id.startswith(IMPLIED):
                yield (
                    (key, i),
                    f"{key}.{i}: ids that begin with {', '.join(IMPLIED)} are kept for checks made from the steps and the flow.",
                )
            if check.id in seen:
                yield (
                    (key, i),
                    f"{key}.{i}: the id {check.id!r} is already the id of {seen[check.id]}. Rules and standards share one set of ids.",
                )
            seen[check.id] = f"{key}.{i}"


# --- the flow ----------------------------------------------------------------------------------------------------------


def _flow_problems(raw: Any, path: yaml12.Path, known: set[str]) -> Iterator[Problem]:
    if isinstance(raw, str):
        yield from unknown("activity", raw, known, path)
    elif isinstance(raw, list):
        for i, item in enumerate(raw):
            yield from _flow_problems(item, (*path, i), known)
    elif isinstance(raw, dict):
        for key, item in raw.items():
            if key not in ("max", "bpmn"):
                yield from _flow_problems(item, (*path, key), known)


def _loop_problems(b: m.Blueprint, raw: Any) -> Iterator[Problem]:
    """Loops whose rounds cannot be counted. The limit is a rule on the first step of the loop, over the whole case."""
    steps = [node.activity for node in m.flow_nodes(b.flow) if isinstance(node, m.Step)]
    hidden = {a.id for a in b.activities if not a.observable}
    for path, body, inside in _limited_loops(raw, ("flow",), False):
        first = body
        while isinstance(first, list):
            first = first[0]
        if not isinstance(first, str) or steps.count(first) > 1:
            why = "must begin with one activity that stands only there"
        elif first in hidden:
            why = f"must begin with one activity that leaves a trace in the log ({first} leaves none)"
        elif inside:
            why = "must not stand inside another loop: the rounds of all its visits are counted together"
        else:
            continue
        yield (
            (*path, "max"),
            f"{place(path)}: a loop with max {why}, so that its rounds can be counted. Write an at_most rule instead.",
        )


def _limited_loops(raw: Any, path: yaml12.Path, inside: bool) -> Iterator[tuple[yaml12.Path, Any, bool]]:
    """Loops with max: path, body, and whether the loop stands inside another."""
    if isinstance(raw, list):
        for i, item in enumerate(raw):
            yield from _limited_loops(item, (*path, i), inside)
    elif isinstance(raw, dict):
        if "loop" in raw and "max" in raw:
            yield path, raw["loop"], inside
        for key, item in raw.items():
            if key != "max":
                yield from _limited_loops(item, (*path, key), inside or "loop" in raw)


# --- standards, indicators, allowances, conditions -----------------------------------------------------------------------


def _standard_problems(b: m.Blueprint, s: m.Standard, at: yaml12.Path, known: set[str]) -> Iterator[Problem]:
    allowed = {"start": {"case_start"}, "end": {"case_end"}, "of": {"case_end"} if s.metric == "due_date" else set()}
    for field, key in (("start", "from"), ("end", "to"), ("of", "of")):
        for name in getattr(s, field):
            yield from unknown("activity", name, known | allowed[field], (*at, key))
    hidden = {a.id for a in b.activities if not a.observable}
    for stop in s.stop_clock:
        for name in {stop.start, stop.end} & hidden:
            yield (
                (*at, "stop_clock"),
                f"standard {s.id}: {name!r} leaves no trace in the log, so the clock cannot be stopped by it.",
            )
        yield from unknown("activity", stop.start, known, (*at, "stop_clock"))
        yield from unknown("activity", stop.end, known | {"next_event"}, (*at, "stop_clock"))
    yield from unknown("activity", s.touchpoint, known, (*at, "touchpoint"))
    yield from unknown("calendar", s.calendar, {c.id for c in b.calendars}, (*at, "calendar"))
    if isinstance(s.limit, Duration):
        yield from _without_calendar(b, s.limit, s.calendar, at)
    elif s.limit is not None and s.minimum is not None and s.limit < s.minimum:
        yield (*at, "max"), f"standard {s.id}: max ({s.limit:g}) is below min ({s.minimum:g}), so nothing can keep it."
    yield from _attribute_problems(b, s, at)


def _attribute_problems(b: m.Blueprint, s: m.Standard, at: yaml12.Path) -> Iterator[Problem]:
    """What a standard says about attributes of the log: they exist, and have the type that it needs."""
    types = {name: attribute.type for name, attribute in b.binding.attributes.items()}
    yield from unknown("attribute", s.due, set(types), (*at, "due"))
    yield from unknown("attribute", s.attr, set(types), (*at, "attr"))
    if s.due in types and types[s.due] != "datetime":
        yield (
            (*at, "due"),
            f"standard {s.id}: the attribute {s.due!r} is declared as {types[s.due]}; a due date is a datetime.",
        )
    if s.attr not in types:
        return
    if types[s.attr] != "number" and (s.limit, s.minimum) != (None, None):
        yield (
            (*at, "attr"),
            f"standard {s.id}: the attribute {s.attr!r} is declared as {types[s.attr]}; max and min need a number.",
        )
    for value in s.one_of:
        told = never_equal(s.attr, types[s.attr], "==", value)
        yield from (((*at, "one_of"), f"standard {s.id}: {what}") for what in told)


def _kpi_problems(kpi: m.Kpi, at: yaml12.Path, known: set[str]) -> Iterator[Problem]:
    for word, name in kpi_activities(kpi):
        yield from unknown("activity", name, known, (*at, word))


def kpi_activities(kpi: m.Kpi) -> Iterator[tuple[str, str]]:
    """Word of the formula and activity, for each activity that an indicator names."""
    for word, value in kpi.formula.items():
        names = value.get("a", []) if isinstance(value, dict) else [] if word in ("survey", "stat") else value
        yield from ((word, name) for name in ([names] if isinstance(names, str) else names))


def _allow_problems(b: m.Blueprint, known: set[str]) -> Iterator[Problem]:
    names = {"activity": known, "rule": {r.id for r in b.rules}, "standard": {s.id for s in b.standards}}
    for i, allowance in enumerate(b.allowances):
        for key, among in names.items():
            yield from unknown(key, allowance.match.get(key), among, ("allow", i, "match", key))
    conditional: tuple[tuple[str, Sequence[m.Rule | m.Standard | m.Allowance]], ...] = (
        ("rules", b.rules),
        ("standards", b.standards),
        ("allow", b.allowances),
    )
    for section, items in conditional:
        for i, item in enumerate(items):
            for j, condition in enumerate(item.when):
                yield from condition_problems(b, condition, (section, i, "when", j))
