"""What can be wrong with the rows and the times of a log. Every check counts over whole arrays and keeps its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining._kernels import kernel
from mining.calendars import LocalClock
from mining.errors import LogError
from mining.log.codes import coded
from mining.log.iso_bytes import NO_OFFSET, offsets_of
from mining.log.lifecycle import OTHER, kinds_of
from mining.log.pairing import ORPHANS, expected_starts, pairing
from mining.log.times import is_text, read_moments
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log.eventlog import EventLog

SECOND = 1_000_000
DAY = 86_400 * SECOND
BATCH = 10  # cases that share a moment before it is called a batch
BUSY = 4.2  # a week has 4.2 times as many hours as an office week
ZONED = r":[0-9.,]+ *([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
NOBODY = np.empty(0, np.int64)
MOST_NAMED = 20  # labels that a sentence lists
LOST = {  # reason in the lineage -> problem
    "malformed row of the file": "malformed_rows",
    "missing case id": "missing_case",
    "missing activity": "missing_activity",
    "missing timestamp": "missing_times",
    "timestamp does not parse": "bad_times",
}


@dataclass(frozen=True, eq=False)
class Found:
    """One problem and its evidence.

    Attributes
    ----------
    problem : str
        Its id.
    count, of : int
        How many of how many.
    unit : str
        What is counted: rows, instances, cases, labels or values.
    place : str
        Column, label, calendar ... that it is about; empty for the log as a whole.
    instances, cases : int arrays
        Positions in the log of the activity instances and cases concerned; cases of the instances are added.
    n_cases : int or None
        Number of cases concerned; None where only rows are known.
    rows : tuple of int
        First rows of the source.
    values : dict
        What else the sentence needs.
    """

    problem: str
    count: int
    of: int
    unit: str
    place: str = ""
    instances: np.ndarray = field(default_factory=lambda: NOBODY)
    cases: np.ndarray = field(default_factory=lambda: NOBODY)
    n_cases: int | None = None
    rows: tuple[int, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sight:
    """A log as the checks see it, with what several of them need, each computed once."""

    log: EventLog
    blueprint: Blueprint | None = None
    now: int | None = None

    @cached_property
    def case(self) -> np.ndarray:
        """Position of the case of each instance."""
        return np.repeat(np.arange(self.log.n_cases, dtype=np.int32), np.diff(self.log.offsets))

    @cached_property
    def time(self) -> np.ndarray:
        """Completion of each instance, or its start where it never completed."""
        return np.where(self.log.end != MISSING, self.log.end, self.log.start)

    @cached_property
    def table(self) -> pa.Table | None:
        """The source, where it is still at hand: every row, with the columns that are bound."""
        table = self.log.source.table
        whole = table.num_rows == self.log.lineage.rows_in
        return table if whole and set(self.log.binding.columns.values()) <= set(table.column_names) else None

    @cached_property
    def offsets(self) -> np.ndarray | None:
        """Microseconds east of UTC that the file itself names for the time of each instance, `MISSING` where it names none.

        None where it names none at all, or UTC alone: that is how times of any zone are often written.
        """
        binding, ended = self.log.binding, self.log.end != MISSING
        found = np.full(self.log.n_instances, MISSING)
        columns = {binding.timestamp: ended, binding.start: ~ended}
        if binding.start is None:  # one column of events: row is that of the start where the instance never ended
            columns = {binding.timestamp: np.ones(len(ended), bool)}
        for name, mine in columns.items():
            minutes = self._minutes(name) if name and mine.any() else None
            if minutes is not None:
                of_row = minutes[self.log.row[mine] - 1].astype(np.int64)
                found[mine] = np.where(of_row == NO_OFFSET, MISSING, of_row * 60 * SECOND)
        return found if ((found != MISSING) & (found != 0)).any() else None

    def _minutes(self, name: str) -> np.ndarray | None:
        """Minutes east of UTC that each row of a column of times names."""
        if self.table is None:
            return None
        if name in self.log.source.extras.get("offsets", {}):
            named: np.ndarray = self.log.source.extras["offsets"][name]
            return named
        column = self.table[name]
        return offsets_of(column.cast(pa.string())) if is_text(column.type) else None

    @cached_property
    def core(self) -> tuple[int, int]:
        """First and last moment of all but the outermost hundredth of the instances on either side."""
        n = len(self.time)
        at = [n // 100, n - 1 - n // 100]
        low, high = np.partition(self.time, at)[at].tolist()
        return low, high

    @cached_property
    def stray(self) -> np.ndarray:
        """Instances (mask) whose time lies a year, and twice the length of the log, away from all but a hundredth."""
        low, high = self.core
        far = max(365 * DAY, 2 * (high - low))
        return (self.time < low - far) | (self.time > high + far)

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """First and last moment of the extract, strays left out."""
        times = self.time[~self.stray] if self.stray.any() else self.time
        return int(times.min()), int(times.max())

    @cached_property
    def zone(self) -> str:
        """Zone in which days begin: that of the binding, else of the blueprint, else UTC."""
        return self.log.binding.tz or (self.blueprint.tz if self.blueprint else "UTC")

    @cached_property
    def clock(self) -> LocalClock:
        """The clock of that zone over the extract."""
        first, last = (np.datetime64(t, "us").astype("datetime64[D]").astype(int).item() for t in self.bounds)
        days = (max(first, date(1900, 1, 1).toordinal() - 719_163), min(last, date(2199, 1, 1).toordinal() - 719_163))
        begin, end = (date.fromordinal(719_163 + day) for day in (min(days), max(days)))
        return LocalClock.of(ZoneInfo(self.zone), begin, end)

    def found(
        self, problem: str, at: np.ndarray, of: int | None = None, place: str = "", **values: Any
    ) -> Found | None:
        """A problem of some instances (mask, or ascending positions); None where there are none."""
        at = np.flatnonzero(at) if at.dtype == bool else at
        if not len(at):
            return None
        case = self.case[at]  # ascending, as the positions are
        cases = case[np.r_[True, case[1:] != case[:-1]]].astype(np.int64)
        total = self.log.n_instances if of is None else of
        return Found(problem, len(at), total, "instances", place, at, cases, len(cases), self.rows_of(at), values)

    def rows_of(self, at: np.ndarray) -> tuple[int, ...]:
        """The first five source rows of some instances."""
        rows = self.log.row[at]
        return tuple(np.sort(np.partition(rows, min(5, len(rows) - 1))[:5]).tolist()) if len(rows) else ()

    def cases_found(self, problem: str, cases: np.ndarray, place: str = "", **values: Any) -> Found | None:
        """A problem of some cases (mask); the rows shown are those of their first instances."""
        at = np.flatnonzero(cases)
        if not len(at):
            return None
        rows = self.rows_of(self.log.offsets[at])
        return Found(problem, len(at), self.log.n_cases, "cases", place, NOBODY, at, len(at), rows, values)


def rows_checks(sight: Sight) -> Iterator[Found | None]:
    """Rows that were lost, rows that stand there twice, lifecycle events without a partner."""
    yield from _lost(sight)
    yield from _twice(sight)
    frame = pairing(sight.log).frame
    for row in frame[frame["kind"].isin([*ORPHANS, "overlapping"])].itertuples():
        if row.kind == "start_only":
            yield sight.found("unpaired", sight.log.end == MISSING, place=row.kind)
        elif row.kind != "complete_only":
            yield Found("unpaired", row.count, row.of, row.unit, row.kind, rows=row.rows)
    yield from _unstarted(sight)


def _unstarted(sight: Sight) -> Iterator[Found | None]:
    """Completions that lack the start which others of their activity have, and activities that never have one."""
    log = sight.log
    if not log.facts.has_starts:
        return
    expected = expected_starts(log)
    yield sight.found(
        "missing_starts", (log.start == MISSING) & expected[log.activity], int(expected[log.activity].sum())
    )
    counts = np.bincount(log.activity, minlength=len(log.labels))
    never = np.flatnonzero(~expected & (counts > 0))
    if len(never):
        most = [repr(log.labels[i]) for i in never[np.argsort(-counts[never], kind="stable")][:MOST_NAMED]]
        shown = ", ".join(most) + (", ..." if len(never) > MOST_NAMED else "")
        yield Found("never_start", len(never), int((counts > 0).sum()), "labels",
                    values={"n": len(never), "labels": shown})  # fmt: skip


def _lost(sight: Sight) -> Iterator[Found]:
    cases = _cases_with_losses(sight)
    for dropped in sight.log.lineage.dropped:
        if dropped.reason in LOST:
            problem = LOST[dropped.reason]
            mine = cases if problem in ("missing_activity", "missing_times", "bad_times") else NOBODY
            yield Found(problem, dropped.count, sight.log.lineage.rows_in, "rows", cases=mine, rows=dropped.rows)


def _cases_with_losses(sight: Sight) -> np.ndarray:
    """Cases that lost a row for want of an activity or a time."""
    log, table = sight.log, sight.table
    if table is None or not any(LOST.get(d.reason, "").startswith(("missing_", "bad_")) for d in log.lineage.dropped):
        return NOBODY
    unused = np.ones(table.num_rows, bool)
    unused[log.used_rows] = False
    if log.binding.lifecycle:
        said = coded(table[log.binding.lifecycle.column], log.binding.lifecycle.column)
        kinds = np.array([*kinds_of(said.words.to_pylist(), log.binding.lifecycle), OTHER])
        unused &= kinds[said.codes] != OTHER
    names = coded(table[log.binding.case], log.binding.case).take(np.flatnonzero(unused)).words.to_pylist()
    at = np.searchsorted(log.case_ids, np.array(names, object)) if names else NOBODY
    inside = [i for i, name in zip(at.tolist(), names, strict=True) if i < log.n_cases and log.case_ids[i] == name]
    return np.array(sorted(inside), np.int64)


def _twice(sight: Sight) -> Iterator[Found | None]:
    """Instances of one case that agree in activity, times and resource: whole rows twice, or the rest differs."""
    log = sight.log
    tied = log.tie.copy()
    tied[:-1] |= log.tie[1:]
    at = np.flatnonzero(tied)
    keys = (log.row[at], log.resource[at], log.start[at], log.end[at], log.activity[at], sight.time[at], sight.case[at])
    at = at[np.lexsort(keys)]
    same = np.ones(max(len(at) - 1, 0), bool)
    for column in (sight.case, sight.time, log.activity, log.end, log.start, log.resource):
        same &= column[at[1:]] == column[at[:-1]]
    later = np.flatnonzero(same) + 1
    equal = np.zeros(len(later), bool)
    if sight.table is not None and len(later):
        equal = _equal_rows(sight.table, log.row[at[later]] - 1, log.row[at[later - 1]] - 1)
    yield sight.found("duplicate_rows", np.sort(at[later[equal]]))
    rest = "differ" if sight.table is not None else "unknown"
    yield sight.found("repeated_events", np.sort(at[later[~equal]]), rest=rest)


def _equal_rows(table: pa.Table, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    equal = np.ones(len(one), bool)
    for name in table.column_names:
        column = table[name]
        if pa.types.is_nested(column.type):
            continue
        a, b = (column.take(pa.array(rows)) for rows in (one, other))
        if pa.types.is_dictionary(column.type):
            a, b = (x.cast(column.type.value_type) for x in (a, b))
        both_null = pc.and_(a.is_null(), b.is_null())
        equal &= pc.or_(pc.fill_null(pc.equal(a, b), False), both_null).to_numpy().astype(bool)
    return equal


def time_checks(sight: Sight) -> Iterator[Found | None]:
    """Ties, stamps that no work leaves behind, impossible times, zones and changes of the clocks."""
    log = sight.log
    tied = log.tie.copy()
    tied[:-1] |= log.tie[1:]
    yield sight.found("ties", tied)
    yield from _stamps(sight)
    yield sight.found("end_before_start", (log.start != MISSING) & (log.end != MISSING) & (log.end < log.start))
    yield sight.found("stray_times", sight.stray)
    if sight.now is not None:
        yield sight.found("future_times", sight.time > sight.now)
    yield from _zones(sight)
    yield from _calendars(sight)


def _stamps(sight: Sight) -> Iterator[Found | None]:
    local, by = sight.clock.local(sight.time), "zone"
    if sight.offsets is not None:
        named = sight.offsets != MISSING
        local = np.where(named, sight.time + np.where(named, sight.offsets, 0), local)
        by = "offsets" if named.all() else "both"
    midnight = local % DAY == 0
    yield sight.found("midnight_stamps", midnight, by=by, zone=sight.zone)
    order = np.argsort(sight.time, kind="stable")
    chance = _by_chance(sight)
    alone = np.maximum(BATCH, chance * np.bincount(sight.log.activity, minlength=len(sight.log.labels)))
    together = max(BATCH, chance * sight.log.n_instances)
    marks = _shared_moments(order[~midnight[order]], sight.time, sight.log.activity, sight.case, alone, together)
    needed = np.ceil(alone[np.unique(sight.log.activity[marks == 1])]).astype(np.int64)
    least = (
        [f"{n:,}" for n in sorted({*needed[[np.argmin(needed), np.argmax(needed)]].tolist()})] if len(needed) else []
    )
    yield sight.found("batch_stamps", marks == 1, least="-".join(least))
    yield sight.found("import_stamps", marks == 2, least=f"{int(np.ceil(together)):,}")


@kernel
def _shared_moments(
    order: np.ndarray, time: np.ndarray, activity: np.ndarray, case: np.ndarray, alone: np.ndarray, together: float
) -> np.ndarray:
    """1 where a moment is shared by enough cases with the same activity, 2 where by enough cases and three activities.

    ``order`` is by time, then case.
    """
    marks = np.zeros(len(time), np.int8)
    cases = np.zeros(len(alone), np.int64)  # of each activity in the run of equal times
    last = np.full(len(alone), -1)
    begin = 0
    while begin < len(order):
        end, different, before = begin, 0, -1
        kinds = 0
        while end < len(order) and time[order[end]] == time[order[begin]]:
            i = order[end]
            if cases[activity[i]] == 0:
                kinds += 1
            if case[i] != last[activity[i]]:
                cases[activity[i]] += 1
                last[activity[i]] = case[i]
            if case[i] != before:
                different += 1
                before = case[i]
            end += 1
        for k in range(begin, end):
            i = order[k]
            if different >= together and kinds >= 3:
                marks[i] = 2
            elif cases[activity[i]] >= alone[activity[i]]:
                marks[i] = 1
        for k in range(begin, end):
            cases[activity[order[k]]] = 0
            last[activity[order[k]]] = -1
        begin = end
    return marks


def _by_chance(sight: Sight) -> float:
    """Four times the share of all instances that one tick of the clock would hold, were they spread over office hours."""
    low, high = sight.bounds
    sample = sight.time[:: max(1, len(sight.time) // 100_000)]
    ticks = (t * SECOND for t in (3600, 900, 60, 1))
    tick = next((t for t in ticks if (sample % t == 0).mean() >= 0.99), 1)
    return 4 * BUSY * tick / max(high - low, tick)


def _zones(sight: Sight) -> Iterator[Found | None]:
    log, table = sight.log, sight.table
    if table is None:
        return
    for name in filter(None, (log.binding.timestamp, log.binding.start)):
        said = [note for note in log.notes if note.startswith(f"column {name!r}: times")]
        if not said:  # every time names its zone
            continue
        time = log.end if name == log.binding.timestamp else log.start
        naive = time != MISSING
        if is_text(table[name].type):
            zoned = _zoned(table[name])[log.row - 1]
            if (zoned & naive).any():
                yield sight.found("zones_mixed", naive & ~zoned, place=name)
            naive &= ~zoned
        if log.binding.tz is None:
            yield sight.found("zone_unknown", naive, place=name)
        else:
            yield from _changes(sight, name, time, naive)


def _zoned(column: pa.ChunkedArray) -> np.ndarray:
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.fill_null(pc.match_substring_regex(trimmed, ZONED), False).to_numpy().astype(bool)


def _changes(sight: Sight, name: str, time: np.ndarray, naive: np.ndarray) -> Iterator[Found | None]:
    """Times that a change of the clocks repeats, or skips."""
    since, offset = sight.clock.since * SECOND, sight.clock.offset * SECOND
    repeated, moved = np.zeros(len(time), bool), np.zeros(len(time), bool)
    for change, step in zip(since[1:].tolist(), np.diff(offset).tolist(), strict=True):
        if step < 0:
            repeated |= (time >= change + step) & (time < change)
        else:
            moved |= time == change
    yield sight.found("dst_repeated", repeated & naive, place=name, zone=sight.zone)
    at = np.flatnonzero(moved & naive)
    yield sight.found("dst_skipped", at[_skipped(sight, name, time, at)], place=name, zone=sight.zone)


def _skipped(sight: Sight, name: str, time: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Of times at the very end of a skipped hour, those that the source has inside it."""
    if not len(at) or sight.table is None:
        return np.ones(len(at), bool)
    rows = pa.array((sight.log.row if name == sight.log.binding.timestamp else sight.log.start_row)[at] - 1)
    try:
        wall = read_moments(sight.table[name].take(rows), name, "UTC", sight.log.day_first).values
    except LogError:  # a handful of dates alone may not tell day from month: then all are counted
        return np.ones(len(at), bool)
    return wall < sight.clock.local(time[at])


def _calendars(sight: Sight) -> Iterator[Found | None]:
    if sight.blueprint is None:
        return
    from mining.calendars import calendar_of

    for spec in sight.blueprint.calendars:
        outside = ~calendar_of(spec).covers(sight.time)
        yield sight.found("outside_calendar", outside, place=spec.id, first=spec.coverage[0], last=spec.coverage[1])
