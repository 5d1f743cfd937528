"""Tables of a simulation as files: log.csv as the blueprint binds it, and its companions; the same bytes everywhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.blueprint.model import VISIBLE_KINDS, Blueprint
from mining.simulation.inject import Truth
from mining.simulation.rules import Instance
from mining.simulation.service import Case, Service, Task

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str]
TRUTH_COLUMNS = ("case_id", "kind", "activity", "partner", "check", "also_fails")
STAFF = ("onstage", "backstage", "partner")


def log_columns(blueprint: Blueprint) -> tuple[str, ...]:
    """Columns of log.csv: as the binding names them, each once."""
    binding = blueprint.binding
    lifecycle = binding.lifecycle.column if binding.lifecycle else None
    first = (binding.case, binding.activity, lifecycle, binding.start, binding.timestamp, binding.resource)
    columns = [*filter(None, first), *(a.column for a in binding.attributes.values())]
    return tuple(dict.fromkeys(columns))


def log_rows(service: Service, cases: Sequence[Case], until: int | None) -> list[Row]:
    """Rows of log.csv in order of time (then case). Rows after ``until`` are left out."""
    rows = [(moment, case.plan.id, row) for case in cases for moment, row in _case_rows(service, case)]
    rows.sort(key=lambda x: x[:2])
    return [row for moment, _, row in rows if until is None or moment <= until]


def last_moment(service: Service, cases: Sequence[Case], until: int | None) -> int:
    """The last moment that any row of the log names."""
    moments = [moment for case in cases for moment, _ in _case_rows(service, case)]
    return max((moment for moment in moments if until is None or moment <= until), default=until or 0)


def _case_rows(service: Service, case: Case) -> Iterator[tuple[int, Row]]:
    binding = service.blueprint.binding
    timed = _timed(service)
    for task, x, values in zip(case.plan.tasks, case.trace, service.rows(case), strict=True):
        row = _row(service, case, task, x, values)
        life = binding.lifecycle
        if life is None:
            yield x.end, row | {binding.timestamp: moment_text(service, x.end)}
            continue
        moments = [(life.schedule, x.schedule), (life.start, x.start)] if timed.get(x.activity, True) else []
        for word, moment in [*moments, (life.complete, x.end)]:
            if word is not None and moment is not None:
                yield moment, row | {life.column: word, binding.timestamp: moment_text(service, moment)}


def _timed(service: Service) -> dict[str, bool]:
    """Activities shown from schedule to complete in a lifecycle log: staff steps, and those whose start matters."""
    blueprint = service.blueprint
    starts = {a for s in blueprint.standards if s.metric in ("waiting", "handling") for a in s.of}
    starts |= {r.a for r in blueprint.rules if r.a_at == "start"} | {
        r.b or "" for r in blueprint.rules if r.b_at == "start"
    }
    lanes = {a.id: blueprint.lane_of(a.id).kind for a in blueprint.activities}
    return {a.id: a.id in starts or a.role is not None or lanes[a.id] in STAFF for a in blueprint.activities}


def _row(service: Service, case: Case, task: Task, x: Instance, values: Mapping[str, Any]) -> Row:
    binding = service.blueprint.binding
    row = {a.column: _text(service, values.get(name), a.type) for name, a in binding.attributes.items()}
    row |= {binding.case: case.plan.id, binding.activity: task.label}
    if binding.resource:
        row[binding.resource] = x.resource or ""
    if binding.start:
        row[binding.start] = moment_text(service, x.start)
    return row


def _text(service: Service, value: Any, type: str) -> str:
    if value is None:
        return ""
    if type == "boolean":
        return "true" if value else "false"
    return moment_text(service, value) if isinstance(value, int) and type in ("datetime", "string") else str(value)


def moment_text(service: Service, moment: int) -> str:
    """ISO 8601 with the UTC offset of the service's zone."""
    return service.calendar.local(moment).isoformat()


def truth_rows(truths: Sequence[Truth]) -> list[Row]:
    """Rows of truth.csv, by case."""
    return [
        {
            "case_id": t.case_id,
            "kind": t.kind,
            "activity": t.activity,
            "partner": t.partner,
            "check": t.check,
            "also_fails": ";".join(t.also_fails),
        }
        for t in truths
    ]


def visible(service: Service, truth: Truth) -> bool:
    """Whether the customer can notice the fault: it is late, or lies above the line of visibility."""
    lanes = {a.id: service.blueprint.lane_of(a.id).kind for a in service.blueprint.activities}
    return truth.kind == "late" or lanes.get(truth.activity) in VISIBLE_KINDS


def table(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write a CSV file: UTF-8, LF line ends, quotes only where needed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def frame(rows: Sequence[Row], columns: Sequence[str]) -> pd.DataFrame:
    """The rows as a data frame of texts."""
    import pandas as pd

    return pd.DataFrame([[row[c] for c in columns] for row in rows], columns=list(columns), dtype=str)
