"""Standards: elapsed, waiting, handling and due dates, in business time with clock stops; counts and attributes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mining.blueprint.model import Blueprint, Standard, Stop
from mining.calendars import Calendar
from mining.conformance import continuity, values
from mining.conformance import verdicts as v
from mining.conformance.conditions import where_it_applies
from mining.conformance.durations import Clock, Stops, measure, overdue, stops
from mining.conformance.instances import Instances, first_per_case, following, heads_of
from mining.units import MICROSECONDS, MISSING, Duration

OTHER_SOURCE = ("score", "external")
TIMED = ("elapsed", "waiting", "handling", "due_date")
NOT_TIME = {
    "count": values.count,
    "attribute": values.attribute,
    "handovers": continuity.handovers,
    "turns": continuity.turns,
}
OF_TOUCHPOINTS = ("quality", "evidence")  # what the customer gets at the contact


@dataclass(frozen=True, eq=False)
class Spans:
    """Measurements to judge: one per row.

    ``finished`` False: still running at the end of the log, measured up to there. ``instance`` decides the verdict.
    """

    case: np.ndarray
    start: np.ndarray
    end: np.ndarray
    finished: np.ndarray
    instance: np.ndarray
    activity: np.ndarray


def dimension_of(standard: Standard) -> str:
    """Which of the seven dimensions of conformance a standard belongs to: quality and evidence are of the touchpoint.

    Examples
    --------
    >>> dimension_of(study.blueprint.checks["S1"])
    'time'
    """
    return "touchpoint" if standard.dimension in OF_TOUCHPOINTS else standard.dimension


def check_standard(
    standard: Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> v.CheckResult:
    """Judge one standard on every case: met, not met, or why there is no answer.

    A case with several measurements (waiting, handling, an attribute of steps) fails if one of them breaks the limit; ``measured`` is
    the largest. Counts and attributes have no unit and no excess; see :mod:`mining.conformance.values`.

    Returns
    -------
    CheckResult
    """
    why = cannot_answer(standard, blueprint, instances)
    if why:
        return v.unobservable(
            standard.id, dimension_of(standard), standard.metric, standard.severity, instances.n_cases, why
        )
    if standard.metric in NOT_TIME:
        return _judge_values(standard, instances, NOT_TIME[standard.metric](standard, blueprint, instances, is_open))
    return _judge(standard, instances, *measured_spans(standard, instances, is_open, calendars))


@dataclass(frozen=True, eq=False)
class Measurements:
    """What a time standard measures, one row per measurement whose length is known.

    Attributes
    ----------
    case : integer array
    instance : integer array
        The instance that ends it; of one still running the instance that began it. ``NONE`` where there is none.
    activity : integer array
        Position in the names of the instances: what is measured.
    value : float64 array
        In the unit of the standard; in seconds after the date for a due date.
    finished : bool array
        False: still running at the end of the log, measured up to there.
    late : bool array
        Over the limit.
    """

    case: np.ndarray
    instance: np.ndarray
    activity: np.ndarray
    value: np.ndarray
    finished: np.ndarray
    late: np.ndarray


def measurements(
    standard: Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> Measurements:
    """Every measurement of a time standard, of ended and of running cases; whether it counts is for the verdict of the case to say.

    Empty where the log cannot answer, and for standards that measure no time.
    """
    if standard.metric not in TIMED or cannot_answer(standard, blueprint, instances):
        none = np.empty(0, np.int64)
        return Measurements(none, none, none, none.astype(float), none.astype(bool), none.astype(bool))
    spans, value, excess, *_ = measured_spans(standard, instances, is_open, calendars)
    known = np.flatnonzero(~_blind(spans, value, excess))
    return Measurements(
        spans.case[known], spans.instance[known], spans.activity[known], value[known], spans.finished[known],
        excess[known] > 0,
    )  # fmt: skip


def measured_spans(standard, instances, is_open, calendars):  # type: ignore[no-untyped-def]
    """Spans of a time standard, their lengths and excesses, cases with an instance that cannot be measured, clock and limit."""
    if standard.metric == "due_date":
        return *against_due_date(standard, instances, is_open), Clock("s", None), 0.0
    limit = standard.limit
    assert isinstance(limit, Duration)  # the loader requires a unit
    clock = Clock(limit.unit, calendars.get(standard.calendar or ""))
    missing = _without_start(standard, instances)
    spans = SPANS[standard.metric](standard, instances, is_open)
    stopped = stopped_spans(standard, instances, spans) if standard.stop_clock else None
    value, excess = measure(clock, spans.start, spans.end, limit.amount, stopped)
    return spans, value, excess, missing, clock, limit.amount


def _blind(spans: Spans, measured: np.ndarray, excess: np.ndarray) -> np.ndarray:
    blind: np.ndarray = np.isnan(measured) | np.isnan(excess) | (spans.end < spans.start)
    return blind


def cannot_answer(standard: Standard, blueprint: Blueprint, instances: Instances) -> v.Reason | None:
    """Why no case of this log can be judged by a standard; None where some can."""
    if standard.metric in OTHER_SOURCE:
        return "why.other_source", {"source": standard.source or "external"}
    hidden = [name for name in standard.of if name != "case_end" and not blueprint.activity(name).observable]
    if standard.metric == "count" and hidden:  # however many there are of the others
        return "why.no_trace", {"activity": ", ".join(hidden)}
    for names in (standard.start, standard.end, standard.of):
        known = [name for name in names if name in ("case_start", "case_end") or blueprint.activity(name).observable]
        if names and not known:
            return "why.no_trace", {"activity": ", ".join(names)}
    if standard.metric == "handovers" and not instances.whole.has_resources:
        return "why.no_resources", {}
    if standard.metric in ("waiting", "handling") and not instances.whole.has_starts:
        return "why.no_starts", {}
    return None


def _judge_values(standard: Standard, instances: Instances, outcome: values.Outcome) -> v.CheckResult:
    verdict = where_it_applies(standard.when, instances, outcome.verdict)
    found = v.select(outcome.faults, verdict[outcome.faults.case] == v.FAIL)
    limit = standard.minimum if standard.limit is None else standard.limit
    assert not isinstance(limit, Duration)  # the schema wants a number here
    return v.CheckResult(
        standard.id, dimension_of(standard), standard.metric, standard.severity, verdict, found, outcome.measured,
        np.nan if limit is None else float(limit),
    )  # fmt: skip


def _judge(standard, instances, spans, measured, excess, missing, clock, amount) -> v.CheckResult:  # type: ignore[no-untyped-def]
    n = instances.n_cases
    late, blind = excess > 0, _blind(spans, measured, excess)
    verdict = np.full(n, v.NOT_APPLICABLE, np.int8)
    waiting = ~spans.finished & ~late
    for rows, word in (
        (spans.finished, v.PASS),
        (waiting, v.PENDING),
        (blind, v.NOT_OBSERVABLE),
        (late & ~blind, v.FAIL),
    ):
        verdict[spans.case[rows]] = word
    verdict[missing & (verdict != v.FAIL)] = v.NOT_OBSERVABLE
    verdict = where_it_applies(standard.when, instances, verdict)
    longest = np.full(n, -np.inf)
    np.maximum.at(longest, spans.case[~blind], measured[~blind])
    longest[np.isinf(longest)] = np.nan
    rows = np.flatnonzero(late & ~blind & (verdict[spans.case] == v.FAIL))
    found = v.faults(
        spans.case[rows], "late", spans.activity[rows], spans.end[rows], instance=spans.instance[rows],
        measured=measured[rows], limit=amount, excess=overdue(clock, spans.end[rows], excess[rows]),
        pattern=np.where(spans.finished[rows], v.PATTERNS.index(""), v.PATTERNS.index("not_yet")),
    )  # fmt: skip
    return v.CheckResult(
        standard.id,
        dimension_of(standard),
        standard.metric,
        standard.severity,
        verdict,
        found,
        longest,
        amount,
        clock.unit,
    )


# --- what is measured ------------------------------------------------------------------------------------------------


def first_of(names: tuple[str, ...], instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Per case: time and instance of the first completed instance of any of the activities (or case_start)."""
    if "case_start" in names:
        return instances.case_start, np.where(np.diff(instances.offsets) > 0, instances.offsets[:-1], v.NONE)
    rows = instances.of(*names)
    case = instances.case[rows]
    heads = heads_of(case)
    instance = np.full(instances.n_cases, v.NONE, np.int64)
    instance[case[heads]] = rows[heads]
    return first_per_case(case, instances.end[rows], instances.n_cases), instance


def _elapsed(standard: Standard, instances: Instances, is_open: np.ndarray) -> Spans:
    """From the first ``from`` to the first ``to`` not before it."""
    start, first = first_of(standard.start, instances)
    case = np.flatnonzero(start != MISSING)
    if "case_end" in standard.end:
        closed = ~is_open[case]
        end = np.where(closed, instances.case_end[case], instances.now)
        last = instances.offsets[case + 1] - 1
        return Spans(case, start[case], end, closed, last, instances.activity[last])
    rows = instances.of(*standard.end)
    found = following(case, start[case], instances.case[rows], instances.end[rows])
    has = found != v.NONE
    instance = np.where(has, rows[found] if len(rows) else v.NONE, first[case])
    end = np.where(has, instances.end[instance], instances.now)
    target = instances.code[standard.end[0]]
    activity = np.where(has, instances.activity[instance], target)
    keep = has | is_open[case]
    return Spans(case[keep], start[case[keep]], end[keep], has[keep], instance[keep], activity[keep])


def _handling(standard: Standard, instances: Instances, is_open: np.ndarray) -> Spans:
    """From start to completion of each instance; one that never completed in a running case is measured to the end of the log."""
    rows = instances.started(*standard.of)
    rows = rows[instances.start[rows] != MISSING]
    done = instances.done[rows]
    rows, done = rows[done | is_open[instances.case[rows]]], done[done | is_open[instances.case[rows]]]
    end = np.where(done, instances.end[rows], instances.now)
    return Spans(instances.case[rows], instances.start[rows], end, done, rows, instances.activity[rows])


def _waited_for(standard: Standard, instances: Instances) -> np.ndarray:
    """Instances that are waited for: those scheduled, where the log schedules the activity at all."""
    rows = instances.started(*standard.of)
    if not instances.whole.scheduled & {instances.code[name] for name in standard.of}:
        return rows
    return rows[instances.scheduled[rows] != MISSING]


def _waiting(standard: Standard, instances: Instances, is_open: np.ndarray) -> Spans:
    """From ready to start of each instance.

    Ready is when it was scheduled. Where the log schedules the activity at all, an instance without a schedule of its own is a
    further turn of scheduled work and is not measured. Where it never does, ready is the latest completion before the start.
    """
    rows = _waited_for(standard, instances)
    rows = rows[instances.start[rows] != MISSING]
    case, start = instances.case[rows], instances.start[rows]
    done = instances.of(*instances.names)
    order = np.lexsort((-instances.end[done], instances.case[done]))
    previous = following(case, -start, instances.case[done][order], -instances.end[done][order])
    previous = _others(previous, rows, case, done[order], instances.case)
    before = np.where(previous != v.NONE, instances.end[done][order][previous] if len(done) else MISSING, MISSING)
    ready = np.where(instances.scheduled[rows] != MISSING, instances.scheduled[rows], before)
    keep = ready != MISSING
    rows, ready = rows[keep], np.minimum(ready[keep], start[keep])
    return Spans(
        instances.case[rows], ready, instances.start[rows], np.ones(len(rows), bool), rows, instances.activity[rows]
    )


def _others(
    previous: np.ndarray, rows: np.ndarray, case: np.ndarray, done: np.ndarray, case_of: np.ndarray
) -> np.ndarray:
    """The predecessor found, or the one after it where an instance that took no time was found to be its own."""
    if not len(done):
        return previous
    own = (previous != v.NONE) & (done[previous] == rows)
    after = np.minimum(previous + 1, len(done) - 1)
    has_other = (previous + 1 < len(done)) & (case_of[done[after]] == case)
    return np.where(own, np.where(has_other, after, v.NONE), previous)


SPANS = {"elapsed": _elapsed, "handling": _handling, "waiting": _waiting}


def _without_start(standard: Standard, instances: Instances) -> np.ndarray:
    """Cases with an instance to measure whose start is not known: unless another one is over the limit, there is no answer."""
    found = np.zeros(instances.n_cases, bool)
    rows = _waited_for(standard, instances) if standard.metric == "waiting" else instances.started(*standard.of)
    found[instances.case[rows[instances.start[rows] == MISSING]]] = True
    return found


def stopped_spans(standard: Standard, instances: Instances, spans: Spans) -> Stops:
    """Spans that do not count: from each ``from`` to the next ``to`` (or the next event), else to the end of the measurement."""
    parts = []
    for stop in standard.stop_clock:
        rows, until = stop_events(stop, instances)
        end = np.where(until != v.NONE, instances.end[until], np.iinfo(np.int64).max)
        parts.append((instances.case[rows], instances.end[rows], end))
    case, start, end = (np.concatenate(x) for x in zip(*parts, strict=True))
    of_case = np.full(instances.n_cases, v.NONE, np.int64)
    of_case[spans.case] = np.arange(len(spans.case))  # elapsed standards measure a case once
    mine = of_case[case] != v.NONE
    return stops(of_case[case[mine]], start[mine], end[mine], spans.start, spans.end)


def stop_events(stop: Stop, instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Instances at which the clock stops, and for each the one at which it goes on; ``NONE`` where none does."""
    rows = instances.of(stop.start)
    case = instances.case[rows]
    if stop.end == "next_event":
        until = instances.of(*instances.names)
        place = np.searchsorted(until, rows) + 1
        same = (place < len(until)) & (instances.case[until[np.minimum(place, len(until) - 1)]] == case)
        found = np.where(same, place, v.NONE)
    else:
        until = instances.of(stop.end)
        found = following(case, instances.end[rows], instances.case[until], instances.end[until])
    return rows, np.append(until, v.NONE)[found]


def to_the_end(standard: Standard) -> Standard:
    """A due date as a measurement: from the begin of the case to the end of ``of``."""
    return replace(standard, start=("case_start",), end=standard.of)


def against_due_date(standard: Standard, instances: Instances, is_open: np.ndarray):  # type: ignore[no-untyped-def]
    """The end of ``of`` against the due date kept in the log; measured in seconds after the due date."""
    due = instances.attribute(standard.due or "")
    no_due = due == MISSING
    spans = _elapsed(to_the_end(standard), instances, is_open)
    keep = ~no_due[spans.case]
    spans = Spans(*(getattr(spans, name)[keep] for name in Spans.__dataclass_fields__))
    over = (spans.end - due[spans.case]) / MICROSECONDS
    return spans, over, over, no_due & (np.diff(instances.offsets) > 0)
