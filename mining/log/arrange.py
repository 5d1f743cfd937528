"""From decoded rows to flat arrays of activity instances in case order, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from mining.binding import Lifecycle
from mining.errors import LogError
from mining.log.codes import Coded
from mining.log.lifecycle import (
    NEVER_STARTED,
    OTHER,
    OUTSIDE,
    PAUSED,
    SUSPEND,
    UNRESUMED,
    UNSUSPENDED,
    Pairs,
    kinds_of,
    pair,
    pauses,
)
from mining.log.lineage import Fate, Lineage
from mining.log.order import by_case_and_time, row_type
from mining.log.table import Problems
from mining.log.times import Moments
from mining.units import MISSING

DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a source, each column read as what it is bound to; all of shape (n_rows,).

    ``numbers`` are the 1-based numbers of the rows in the source, ascending within each case; None: as they come.
    ``unreadable`` marks rows that could not be split into columns.
    """

    case: Coded
    activity: Coded
    ends: Moments
    starts: Moments | None
    resource: Coded | None
    kinds: Coded | None
    unreadable: np.ndarray | None = None
    numbers: np.ndarray | None = None


@dataclass(frozen=True)
class Remarks:
    """What is counted about the instances of a log, or of a part of it that shares no case with the rest."""

    ids: int = 0
    cases: int = 0
    instances: int = 0
    ties: int = 0
    off_midnight: int = 0
    backwards: int = 0
    backwards_row: int = 0
    bad_starts: int = 0
    bad_start_row: int = 0

    @classmethod
    def sum(cls, parts: Iterable[Remarks]) -> Remarks:
        """Those of all parts together."""
        columns = {name: [getattr(part, name) for part in parts] for name in cls.__dataclass_fields__}
        return cls(
            **{
                name: min((n for n in column if n), default=0) if name.endswith("_row") else sum(column)
                for name, column in columns.items()
            }
        )

    def notes(self) -> tuple[str, ...]:
        """As sentences."""
        said = []
        if lost := self.ids - self.cases:
            said.append(f"{lost:,} case ids have no usable row and are not among the cases")
        if self.ties:
            said.append(
                f"{self.ties:,} of {self.instances:,} instances have the time of the one before in their case: "
                "kept in file order"
            )
        if not self.off_midnight and self.instances > 1:
            said.append("all times are midnight: the order inside a day is that of the file")
        return tuple(said)

    def problems(self, start: str | None) -> Problems:
        """As problems; ``start`` is the column of the starts."""
        found = Problems()
        if self.bad_starts:
            found.add("start does not parse", self.bad_start_row, start, None, "taken as missing", self.bad_starts)
        if self.backwards:
            found.add("end before start", self.backwards_row, None, None, "kept as it is", self.backwards)
        return found


@dataclass(frozen=True, eq=False)
class Arranged:
    """The arrays of an `EventLog`, see there; ``cases``, ``labels`` and ``resources`` are sorted."""

    cases: pa.Array
    labels: pa.Array
    resources: pa.Array
    arrays: dict[
        str, np.ndarray
    ]  # offsets, activity, start, end, scheduled, resource, row, start_row, scheduled_row, tie
    lineage: Lineage
    remarks: Remarks


@dataclass(eq=False)
class _Instances:
    """Instances before sorting: positions of their rows (-1 none) and moments."""

    row: np.ndarray
    start_row: np.ndarray
    scheduled_row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    scheduled: np.ndarray
    suspended: np.ndarray


def arrange(rows: Rows, lifecycle: Lifecycle | None) -> Arranged:
    """Drop the rows that cannot be used, pair what belongs together, sort by case, time and row."""
    number = len(rows.case.codes)
    fate = Fate(number, rows.numbers)
    if rows.unreadable is not None:
        fate.drop(rows.unreadable, "malformed row of the file")
    fate.drop(rows.case.missing, "missing case id")
    fate.drop(rows.activity.missing, "missing activity")
    ends, starts = rows.ends, rows.starts
    fate.drop(ends.bad, "timestamp does not parse")
    without = ends.values == MISSING
    fate.drop(without & (starts.values == MISSING) if starts else without, "missing timestamp")
    bad = np.flatnonzero(fate.alive & starts.bad) if starts else np.empty(0, np.int64)
    if lifecycle and rows.kinds:
        found = _paired(rows, _kinds(rows.kinds, lifecycle, fate), fate)
    else:
        found = _whole(ends.values, starts, fate)
    return _sorted(rows, found, fate.lineage(), bad)


def check_words(lifecycle: Lifecycle, words: list[str]) -> tuple[str, ...]:
    """Notes on the words that the column never says.

    Raises
    ------
    LogError
        If it never says that an activity is complete.
    """
    said = {word.casefold() for word in words}
    if lifecycle.complete.casefold() not in said:
        raise LogError(
            f"column {lifecycle.column!r} never says {lifecycle.complete!r}. "
            f"It says: {', '.join(map(repr, words[:10])) or 'nothing'}."
        )
    absent = [word for word in (lifecycle.start, lifecycle.schedule) if word and word.casefold() not in said]
    return tuple(f"column {lifecycle.column!r} never says {word!r}" for word in absent)


def _kinds(column: Coded, lifecycle: Lifecycle, fate: Fate) -> np.ndarray:
    """SCHEDULE to RESUME per row; rows that say something else are dropped, counted by word."""
    words = column.words.to_pylist()
    meant = kinds_of(words, lifecycle)
    kinds: np.ndarray = np.array([*meant, OTHER])[column.codes]
    fate.drop(column.missing, "lifecycle missing")
    for code, word in enumerate(words):
        if meant[code] == OTHER:
            fate.drop(column.codes == code, f"lifecycle {word}")
    return kinds


def _paired(rows: Rows, kinds: np.ndarray, fate: Fate) -> _Instances:
    """Instances from events of a lifecycle, one moment each."""
    time, starts = rows.ends.values, rows.starts
    fate.drop(time == MISSING, "missing timestamp")
    alive = np.flatnonzero(fate.alive)
    group = rows.case.codes[alive].astype(np.int64) * max(len(rows.activity.words), 1) + rows.activity.codes[alive]
    paused = kinds[alive] >= SUSPEND
    breaks, breaks_of, alive, group = alive[paused], group[paused], alive[~paused], group[~paused]
    pairs = pair(group, kinds[alive], time[alive])
    at = np.append(alive, -1)  # position -1 stays -1
    completed, started, scheduled = at[pairs.completed], at[pairs.started], at[pairs.scheduled]
    suspended = _suspended(pairs, group, time[alive], breaks_of, kinds[breaks], time[breaks], breaks, fate)
    fate.use(completed[completed >= 0], "completion")
    fate.use(started[started >= 0], "start")
    fate.use(scheduled[scheduled >= 0], "schedule")
    unused = np.zeros(len(time), bool)
    unused[at[pairs.unused]] = True
    fate.drop(unused, NEVER_STARTED)
    when = np.append(time, MISSING)
    row = np.where(completed >= 0, completed, started)
    start, start_row = when[started], started
    if starts is not None:  # the lifecycle has no word for starts: they stand in the row of the completion
        start = starts.values[row]
        start_row = np.where(start != MISSING, row, -1)
    in_file_order = np.argsort(row)
    places = (part[in_file_order].astype(row_type(len(time))) for part in (row, start_row, scheduled))
    moments = (part[in_file_order] for part in (start, when[completed], when[scheduled], suspended))
    return _Instances(*places, *moments)


def _suspended(
    pairs: Pairs, group: np.ndarray, time: np.ndarray, breaks_of: np.ndarray, kinds: np.ndarray, at: np.ndarray,
    rows: np.ndarray, fate: Fate,
) -> np.ndarray:  # fmt: skip
    """How long each instance was suspended, in the order of the pairs; what became of suspends and resumes is recorded."""
    if not len(rows):
        return np.zeros(len(pairs.completed), np.int64)
    when, which = np.append(time, MISSING), np.append(group, -1)
    mine = which[np.where(pairs.completed >= 0, pairs.completed, pairs.started)]
    found = pauses(breaks_of, kinds, at, mine, when[pairs.started], when[pairs.completed])
    reasons = {PAUSED: found.used, UNRESUMED: found.unresumed, UNSUSPENDED: found.unsuspended, OUTSIDE: found.outside}
    for reason, places in reasons.items():
        mask = np.zeros(len(fate.alive), bool)
        mask[rows[places]] = True
        fate.drop(mask, reason)
    return found.length


def _whole(end: np.ndarray, starts: Moments | None, fate: Fate) -> _Instances:
    """Instances from rows that each hold a whole one."""
    row = np.flatnonzero(fate.alive).astype(row_type(len(end)))
    start = starts.values[row] if starts else _none(len(row))
    no_row = np.broadcast_to(row.dtype.type(-1), len(row))
    ended = end[row]
    done = ended != MISSING
    fate.use(row[done], "completion")
    fate.use(row[~done], "start")
    start_row = np.where(start != MISSING, row, row.dtype.type(-1)) if starts else no_row
    never = np.broadcast_to(np.int64(0), len(row))
    return _Instances(row, start_row, no_row, start, ended, _none(len(row)), never)


def _sorted(rows: Rows, found: _Instances, lineage: Lineage, bad_starts: np.ndarray) -> Arranged:
    """Sort the instances, which come in file order, number their rows and count what is to be remarked."""
    every = len(found.row) == len(rows.case.codes)  # each row an instance: then found.row counts up
    case = rows.case if every else rows.case.take(found.row)
    open_ended = found.end == MISSING
    order_time = np.where(open_ended, found.start, found.end) if open_ended.any() else found.end
    order, offsets = by_case_and_time(case.codes, order_time, len(case.words))
    time = order_time[order]
    tie = np.zeros(len(time), bool)
    tie[1:] = time[1:] == time[:-1]
    tie[offsets[:-1]] = False
    row, start_row, scheduled_row = (
        _numbered(_at(part, order), rows.numbers) for part in (found.row, found.start_row, found.scheduled_row)
    )
    start, end = _at(found.start, order), time if order_time is found.end else found.end[order]
    nobody = Coded(np.broadcast_to(np.int32(-1), len(time)), pa.array([], pa.string()))
    if every:
        activity, resource = (x.sort(order) if x else nobody for x in (rows.activity, rows.resource))
    else:
        at = found.row[order]
        activity, resource = (x.take(at) if x else nobody for x in (rows.activity, rows.resource))
    backwards = (start != MISSING) & (end != MISSING) & (end < start)
    remarks = Remarks(
        ids=len(rows.case.words), cases=len(case.words), instances=len(time), ties=int(tie.sum()),
        off_midnight=int(np.count_nonzero(time % DAY)), backwards=int(backwards.sum()),
        backwards_row=int(row[backwards].min()) if backwards.any() else 0,
        bad_starts=len(bad_starts), bad_start_row=_first(bad_starts, rows.numbers),
    )  # fmt: skip
    arrays: dict[str, Any] = {
        "offsets": offsets, "activity": activity.codes, "start": start, "end": end,
        "scheduled": _at(found.scheduled, order), "suspended": _at(found.suspended, order), "resource": resource.codes,
        "row": row, "start_row": start_row, "scheduled_row": scheduled_row, "tie": tie,
    }  # fmt: skip
    arrays |= {
        name: shared(arrays[name]) for name in ("start", "end", "scheduled", "suspended", "start_row", "scheduled_row")
    }
    return Arranged(case.words, activity.words, resource.words, arrays, lineage, remarks)


def _first(rows: np.ndarray, numbers: np.ndarray | None) -> int:
    if not len(rows):
        return 0
    return int(rows[0]) + 1 if numbers is None else int(numbers[rows].min())


def _none(number: int) -> np.ndarray:
    return np.broadcast_to(np.int64(MISSING), number)


def _at(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The values in another order; one value for all stays one."""
    return values if is_shared(values) else values[order]


def _numbered(rows: np.ndarray, numbers: np.ndarray | None) -> np.ndarray:
    """Numbers of rows given by position; 0 for none."""
    if numbers is None:
        if not len(rows):
            return rows
        return (
            np.broadcast_to(rows[0] + rows.dtype.type(1), len(rows)) if is_shared(rows) else rows + rows.dtype.type(1)
        )
    return np.where(rows < 0, numbers.dtype.type(0), numbers[rows])


def is_shared(values: np.ndarray) -> bool:
    """Whether all values are one place in memory."""
    return values.strides == (0,)


def shared(values: np.ndarray) -> np.ndarray:
    """The same values; in one place in memory where none of them is there: MISSING throughout, or row 0."""
    if is_shared(values) or not len(values):
        return values
    none = values.dtype.type(MISSING if values.dtype == np.int64 and values[0] == MISSING else 0)
    return np.broadcast_to(none, len(values)) if values[0] == none and (values == none).all() else values
