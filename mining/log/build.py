"""From a table and a binding to flat arrays of activity instances in case order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mining.binding import Binding
from mining.errors import LogError
from mining.log.arrange import Arranged, Rows, arrange, check_words
from mining.log.codes import coded
from mining.log.lineage import Lineage
from mining.log.table import Problem, SourceTable
from mining.log.times import AmbiguousDates, Moments, read_moments
from mining.units import MISSING


@dataclass(frozen=True, eq=False)
class Flat:
    """The arrays of an `EventLog`, see there, and which source rows were used for which case."""

    case_ids: np.ndarray
    offsets: np.ndarray
    labels: tuple[str, ...]
    resources: tuple[str, ...]
    activity: np.ndarray
    start: np.ndarray
    end: np.ndarray
    scheduled: np.ndarray
    suspended: np.ndarray
    resource: np.ndarray
    row: np.ndarray
    start_row: np.ndarray
    scheduled_row: np.ndarray
    tie: np.ndarray
    lineage: Lineage
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    problem_counts: dict[str, int]

    def used(self) -> tuple[np.ndarray, np.ndarray]:
        """All rows (0-based) that are part of an instance, each once, in the order of the instances, and the case of each."""
        started = np.where(self.start_row == self.row, 0, self.start_row)
        columns = [rows for rows in (self.scheduled_row, started, self.row) if rows.any()]
        cases = np.repeat(np.arange(len(self.case_ids)), np.diff(self.offsets))
        if len(columns) == 1:
            return columns[0] - 1, cases
        parts = np.stack(columns, axis=1) - 1
        keep = parts >= 0
        return parts[keep], np.repeat(cases, keep.sum(axis=1))

    @property
    def used_rows(self) -> np.ndarray:
        """Source rows (0-based) that are part of an instance, each once, in case order."""
        return self.used()[0]

    @property
    def used_cases(self) -> np.ndarray:
        """Position of the case of each of ``used_rows``."""
        return self.used()[1]


def build(source: SourceTable, binding: Binding, day_first: bool | None) -> Flat:
    """Make the arrays.

    Raises
    ------
    LogError
        If the source has no rows, none is left, or the timestamps cannot be read.
    """
    rows = source.table.num_rows
    check_rows(source, rows)
    case, activity = (coded(source.table[name], name) for name in (binding.case, binding.activity))
    ends, starts = moments(source, binding, day_first)
    notes = [*ends.notes, *(starts.notes if starts else ())]
    kinds = None
    if binding.lifecycle:
        kinds = coded(source.table[binding.lifecycle.column], binding.lifecycle.column)
        notes += check_words(binding.lifecycle, kinds.words.to_pylist())
    resource = coded(source.table[binding.resource], binding.resource) if binding.resource else None
    unreadable = _mask(rows, source.unreadable) if source.unreadable else None
    found = arrange(Rows(case, activity, ends, starts, resource, kinds, unreadable), binding.lifecycle)
    return flat(source, binding, found, tuple(notes))


def check_rows(source: SourceTable, rows: int) -> None:
    """Raise `LogError` if the source has no rows."""
    if not rows:
        known = "".join(f" {kind}: {n:,}." for kind, n in source.problem_counts.items())
        raise LogError(f"{source.path}: the log is empty: it has columns but no rows.{known}")


def flat(source: SourceTable, binding: Binding, found: Arranged, notes: tuple[str, ...]) -> Flat:
    """The arrays with everything that is to be said about them.

    Raises
    ------
    LogError
        If there is no instance.
    """
    check_left(source.path, found.lineage, len(found.cases))
    labels = tuple(found.labels.to_pylist())
    problems = found.remarks.problems(binding.start)
    return Flat(
        case_ids=found.cases.to_numpy(zero_copy_only=False),
        labels=labels,
        resources=tuple(found.resources.to_pylist()),
        lineage=found.lineage,
        notes=(*source.notes, *notes, *similar(labels), *found.remarks.notes()),
        problems=(*source.problems, *problems.examples),
        problem_counts=source.problem_counts | dict(problems.counts),
        **found.arrays,
    )


def check_left(path: str, lineage: Lineage, cases: int) -> None:
    """Raise `LogError` if no case is left."""
    if not cases:
        raise LogError(f"{path}: no row of the log can be used. {lineage}.")


def _mask(rows: int, numbers: tuple[int, ...] | np.ndarray) -> np.ndarray:
    mask = np.zeros(rows, bool)
    mask[np.asarray(numbers, np.int64) - 1] = True
    return mask


def moments(source: SourceTable, binding: Binding, day_first: bool | None) -> tuple[Moments, Moments | None]:
    """Completion and start moments; where one column cannot tell day from month, the other may."""
    names = [name for name in (binding.timestamp, binding.start) if name]
    found: dict[str, Moments] = {}
    for name in names:
        try:
            found[name] = _read(source, name, binding, day_first)
        except AmbiguousDates:
            other = next((n for n in names if n != name), None)
            decided = _read(source, other, binding, day_first).day_first if other else None
            if decided is None:
                raise
            found[name] = _read(source, name, binding, decided)
    return found[binding.timestamp], found.get(binding.start or "")


def _read(source: SourceTable, name: str, binding: Binding, day_first: bool | None) -> Moments:
    moments = read_moments(source.table[name], name, binding.tz, day_first, binding.format_of(name))
    rejected = _mask(source.table.num_rows, source.rejected.get(name, np.empty(0, np.int64)))
    present = int(rejected.sum() + (moments.values != MISSING).sum() + moments.bad.sum())
    if 2 * rejected.sum() > present:
        examples = [p for p in source.problems if p.column == name and p.row and p.raw]
        shown = "; ".join(f"row {p.row}: {p.raw!r}" for p in examples[:5])
        raise LogError(f"column {name!r}: {int(rejected.sum()):,} of {present:,} values are not dates. {shown}.")
    return replace(moments, bad=moments.bad | rejected)


def similar(labels: tuple[str, ...]) -> tuple[str, ...]:
    """A note where labels differ only in blanks or capitals."""
    seen: dict[str, str] = {}
    twins = [(seen[key], x) for x in labels if seen.setdefault(key := " ".join(x.casefold().split()), x) != x]
    if not twins:
        return ()
    example = " and ".join(map(repr, twins[0]))
    return (f"{len(twins):,} labels differ from another only in blanks or capitals, such as {example}: kept apart",)
