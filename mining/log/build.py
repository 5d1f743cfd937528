"""From a table and a binding to flat arrays of activity instances in case order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.binding import Binding, Lifecycle
from mining.errors import LogError
from mining.log.lifecycle import COMPLETE, SCHEDULE, START, pair
from mining.log.lineage import Fate, Lineage
from mining.log.table import Problem, Problems, SourceTable
from mining.log.times import AmbiguousDates, Moments, first_rows, read_moments
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
    resource: np.ndarray
    row: np.ndarray
    start_row: np.ndarray
    scheduled_row: np.ndarray
    tie: np.ndarray
    lineage: Lineage
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    problem_counts: dict[str, int]
    used_rows: np.ndarray  # 0-based, in case order
    used_cases: np.ndarray  # position of the case of each


@dataclass(eq=False)
class _Instances:
    """Instances before sorting: positions in the source table (0-based, -1 none) and moments."""

    row: np.ndarray
    start_row: np.ndarray
    scheduled_row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    scheduled: np.ndarray


def texts(source: SourceTable, column: str) -> pa.Array:
    """A column as text; blank is null; whole numbers are written without a decimal point."""
    values = source.table[column]
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
        whole = pc.all(pc.equal(values, pc.floor(values))).as_py()
        fits = pc.all(pc.less(pc.abs(values), 2.0**53)).as_py()
        values = values.cast(pa.int64()) if whole and fits else values
    elif pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        raise LogError(f"column {column!r} holds {values.type}, which has no plain text.")
    chunks = values.cast(pa.string()).chunks
    array = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    blank = pc.equal(pc.utf8_trim_whitespace(array), "")
    return pc.if_else(blank, pa.scalar(None, pa.string()), array)


def encode(values: pa.Array) -> tuple[np.ndarray, list[str]]:
    """Codes (int32, -1 for null) into the distinct texts, which are sorted by code point."""
    coded = values.dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, np.int32)
    rank[order] = np.arange(len(order))
    rank[-1] = -1
    codes = pc.fill_null(coded.indices, -1).to_numpy()
    return rank[codes], coded.dictionary.take(pa.array(order)).to_pylist()


def build(source: SourceTable, binding: Binding, day_first: bool | None) -> Flat:
    """Make the arrays.

    Raises
    ------
    LogError
        If the source has no rows, none is left, or the timestamps cannot be read.
    """
    rows = source.table.num_rows
    if not rows:
        raise LogError(f"{source.path}: the log is empty: it has columns but no rows." + _known_problems(source))
    problems, fate = Problems(), Fate(rows)
    fate.drop(_mask(rows, source.unreadable), "malformed row of the file")
    case, activity = texts(source, binding.case), texts(source, binding.activity)
    fate.drop(case.is_null().to_numpy(False), "missing case id")
    fate.drop(activity.is_null().to_numpy(False), "missing activity")
    ends, starts = _moments(source, binding, day_first)
    notes = [*ends.notes, *(starts.notes if starts else ())]
    fate.drop(ends.bad, "timestamp does not parse")
    runs = starts.values != MISSING if starts else np.zeros(rows, bool)
    fate.drop((ends.values == MISSING) & ~runs, "missing timestamp")
    if starts and (bad := fate.alive & starts.bad).any():
        problems.add(
            "start does not parse", first_rows(bad)[0], binding.start, None, "taken as missing", int(bad.sum())
        )
    if binding.lifecycle:
        kinds = _kinds(source, binding.lifecycle, fate, notes)
        found = _paired(case, activity, kinds, ends.values, starts, fate)
    else:
        found = _whole(ends.values, starts, fate)
    return _sorted(source, binding, found, (case, activity), fate, notes, problems)


def _mask(rows: int, numbers: tuple[int, ...] | np.ndarray) -> np.ndarray:
    mask = np.zeros(rows, bool)
    mask[np.asarray(numbers, np.int64) - 1] = True
    return mask


def _known_problems(source: SourceTable) -> str:
    return "".join(f" {kind}: {n:,}." for kind, n in source.problem_counts.items())


def _moments(source: SourceTable, binding: Binding, day_first: bool | None) -> tuple[Moments, Moments | None]:
    """Completion and start moments; where one column cannot tell day from month, the other may."""
    names = [name for name in (binding.timestamp, binding.start) if name]
    found: dict[str, Moments] = {}
    for name in names:
        try:
            found[name] = _read(source, name, binding.tz, day_first)
        except AmbiguousDates:
            other = next((n for n in names if n != name), None)
            decided = _read(source, other, binding.tz, day_first).day_first if other else None
            if decided is None:
                raise
            found[name] = _read(source, name, binding.tz, decided)
    return found[binding.timestamp], found.get(binding.start or "")


def _read(source: SourceTable, name: str, tz: str | None, day_first: bool | None) -> Moments:
    moments = read_moments(source.table[name], name, tz, day_first)
    rejected = _mask(source.table.num_rows, source.rejected.get(name, np.empty(0, np.int64)))
    present = int(rejected.sum() + (moments.values != MISSING).sum() + moments.bad.sum())
    if 2 * rejected.sum() > present:
        examples = [p for p in source.problems if p.column == name and p.row and p.raw]
        shown = "; ".join(f"row {p.row}: {p.raw!r}" for p in examples[:5])
        raise LogError(f"column {name!r}: {int(rejected.sum()):,} of {present:,} values are not dates. {shown}.")
    return replace(moments, bad=moments.bad | rejected)


def _kinds(source: SourceTable, lifecycle: Lifecycle, fate: Fate, notes: list[str]) -> np.ndarray:
    """SCHEDULE, START or COMPLETE per row; rows that say something else are dropped, counted by word."""
    codes, words = encode(texts(source, lifecycle.column))
    meant = {lifecycle.complete.casefold(): COMPLETE}
    if lifecycle.start:
        meant[lifecycle.start.casefold()] = START
    if lifecycle.schedule:
        meant[lifecycle.schedule.casefold()] = SCHEDULE
    if COMPLETE not in {meant.get(word.casefold()) for word in words}:
        raise LogError(
            f"column {lifecycle.column!r} never says {lifecycle.complete!r}. "
            f"It says: {', '.join(map(repr, words[:10])) or 'nothing'}."
        )
    absent = [
        word
        for word in (lifecycle.start, lifecycle.schedule)
        if word and word.casefold() not in map(str.casefold, words)
    ]
    notes.extend(f"column {lifecycle.column!r} never says {word!r}" for word in absent)
    kinds: np.ndarray = np.array([*(meant.get(word.casefold(), -1) for word in words), -1])[codes]
    fate.drop(codes < 0, "lifecycle missing")
    for code, word in enumerate(words):
        if word.casefold() not in meant:
            fate.drop(codes == code, f"lifecycle {word}")
    return kinds


def _paired(
    case: pa.Array, activity: pa.Array, kinds: np.ndarray, time: np.ndarray, starts: Moments | None, fate: Fate
) -> _Instances:
    """Instances from events of a lifecycle, one moment each."""
    fate.drop(time == MISSING, "missing timestamp")
    rows = np.flatnonzero(fate.alive)
    keep = pa.array(rows)
    case_code, _ = encode(case.take(keep))
    label_code, labels = encode(activity.take(keep))
    pairs = pair(case_code.astype(np.int64) * max(len(labels), 1) + label_code, kinds[rows], time[rows])
    at = np.append(rows, -1)  # position -1 stays -1
    completed, started, scheduled = at[pairs.completed], at[pairs.started], at[pairs.scheduled]
    fate.use(completed[completed >= 0], "completion")
    fate.use(started[started >= 0], "start")
    fate.use(scheduled[scheduled >= 0], "schedule")
    fate.drop(_mask(len(time), at[pairs.unused] + 1), "scheduled, never started")
    when = np.append(time, MISSING)
    row = np.where(completed >= 0, completed, started)
    start, start_row = when[started], started
    if starts is not None:  # the lifecycle has no word for starts: they stand in the row of the completion
        start = starts.values[row]
        start_row = np.where(start != MISSING, row, -1)
    return _Instances(row, start_row, scheduled, start, when[completed], when[scheduled])


def _whole(end: np.ndarray, starts: Moments | None, fate: Fate) -> _Instances:
    """Instances from rows that each hold a whole one."""
    row = np.flatnonzero(fate.alive)
    start = starts.values[row] if starts else np.full(len(row), MISSING)
    none = np.full(len(row), -1)
    fate.use(row[end[row] != MISSING], "completion")
    fate.use(row[end[row] == MISSING], "start")
    return _Instances(row, np.where(start != MISSING, row, -1), none, start, end[row], np.full(len(row), MISSING))


def _sorted(
    source: SourceTable, binding: Binding, found: _Instances, names: tuple[pa.Array, pa.Array],
    fate: Fate, notes: list[str], problems: Problems,
) -> Flat:  # fmt: skip
    """Encode, sort by case, time and row, and sum up."""
    lineage = fate.lineage()
    if not len(found.row):
        raise LogError(f"{source.path}: no row of the log can be used. {lineage}.")
    order_time = np.where(found.end != MISSING, found.end, found.start)
    codes, cases = encode(names[0].take(pa.array(found.row)))
    order = np.lexsort((found.row, order_time, codes))
    codes, order_time = codes[order], order_time[order]
    tie = np.r_[False, (codes[1:] == codes[:-1]) & (order_time[1:] == order_time[:-1])]
    rows = found.row[order]
    activity, labels = encode(names[1].take(pa.array(rows)))
    resource, resources = np.full(len(rows), -1, np.int32), list[str]()
    if binding.resource:
        resource, resources = encode(texts(source, binding.resource).take(pa.array(rows)))
    offsets = np.searchsorted(codes, np.arange(len(cases) + 1)).astype(np.int64)
    start, end = found.start[order], found.end[order]
    _similar(labels, notes)
    _remark(names[0], cases, tie, rows, order_time, start, end, notes, problems)
    used_rows, used_cases = _used(found, codes, order)
    return Flat(
        np.array(cases, object), offsets, tuple(labels), tuple(resources), activity, start, end, found.scheduled[order],
        resource, rows + 1, found.start_row[order] + 1, found.scheduled_row[order] + 1, tie, lineage,
        (*source.notes, *notes), (*source.problems, *problems.examples), source.problem_counts | dict(problems.counts),
        used_rows, used_cases,
    )  # fmt: skip


def _similar(labels: list[str], notes: list[str]) -> None:
    seen: dict[str, str] = {}
    twins = [(seen[key], x) for x in labels if seen.setdefault(key := " ".join(x.casefold().split()), x) != x]
    if twins:
        example = " and ".join(map(repr, twins[0]))
        notes.append(
            f"{len(twins):,} labels differ from another only in blanks or capitals, such as {example}: kept apart"
        )


def _used(found: _Instances, codes: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All rows that are part of an instance, each once, in the order of the instances of their case."""
    parts = np.stack([x[order] for x in (found.scheduled_row, found.start_row, found.row)], axis=1)
    parts[:, 1][parts[:, 1] == parts[:, 2]] = -1
    keep = parts >= 0
    return parts[keep], np.repeat(codes, keep.sum(axis=1))


def _remark(
    case: pa.Array, cases: list[str], tie: np.ndarray, rows: np.ndarray, order_time: np.ndarray,
    start: np.ndarray, end: np.ndarray, notes: list[str], problems: Problems,
) -> None:  # fmt: skip
    lost = pc.count_distinct(case).as_py() - len(cases)
    if lost:
        notes.append(f"{lost:,} case ids have no usable row and are not among the cases")
    if n := int(tie.sum()):
        notes.append(
            f"{n:,} of {len(tie):,} instances have the time of the one before in their case: kept in file order"
        )
    backwards = (start != MISSING) & (end != MISSING) & (end < start)
    if n := int(backwards.sum()):
        problems.add("end before start", int(rows[backwards].min()) + 1, None, None, "kept as it is", n)
    if ((order_time % 86_400_000_000) == 0).all() and len(order_time) > 1:
        notes.append("all times are midnight: the order inside a day is that of the file")
