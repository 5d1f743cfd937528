"""When a promise breaks if nothing happens: the last moment at which each measurement still running is within its limit.

The inverse of :mod:`mining.conformance.durations`, and held to it: a moment is only given after the same functions that judge have
said *in time* there and *late* one microsecond later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mining.blueprint.derived import OUTCOME
from mining.blueprint.model import Blueprint, Rule, Standard
from mining.calendars import Calendar
from mining.conformance import verdicts as v
from mining.conformance.conditions import where_it_applies
from mining.conformance.context import context_of
from mining.conformance.durations import Clock, Stops, measure
from mining.conformance.instances import Instances, following
from mining.conformance.standards import SPANS, Spans, against_due_date, cannot_answer, stopped_spans
from mining.units import MICROSECONDS, MISSING, SECONDS, Duration

FOREVER = np.iinfo(np.int64).max
NEAR = (0, 1, -1, 2, -2)  # microseconds around the inverse: sums of seconds are rounded
RUNNING = ("elapsed", "handling", "due_date")  # metrics of which a running case may break the limit by waiting
ANSWERED = ("response", "succession")

Late = Callable[[np.ndarray], np.ndarray]  # per measurement, whether it is over its limit at a moment


@dataclass(frozen=True, eq=False)
class Deadlines:
    """Measurements still running, of one check: at most one per case, the first that ends.

    Attributes
    ----------
    check : str
    case : int64 array of shape (n,)
        Sorted.
    at : int64 array of shape (n,)
        The last moment (microseconds UTC) at which the check is not broken, if nothing happens until then. ``MISSING``: it never
        breaks by waiting alone, because the clock stands still, or because the limit lies after what the calendar covers.
    stopped : bool array of shape (n,)
        The clock of at least one measurement stands still (``stop_clock``).
    covered : int64 array of shape (n,)
        Up to here the calendar can tell (``FOREVER`` where none is needed); after it the check is not observable.
    activity : int32 array of shape (n,)
        What is waited for: position in the names of the instances, ``NONE`` where it is no single activity.
    instance : int64 array of shape (n,)
        The instance from which it runs; ``NONE`` where it runs from the start of the case.
    """

    check: str
    case: np.ndarray
    at: np.ndarray
    stopped: np.ndarray
    covered: np.ndarray
    activity: np.ndarray
    instance: np.ndarray

    def __len__(self) -> int:
        return len(self.case)


def deadlines(
    blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> tuple[Deadlines, ...]:
    """The next deadline of every check of every case that time alone can break.

    These are time standards whose measurement has begun and not ended, responses that must come within a time, and silence after
    which a case counts as abandoned. Deadlines that have passed are given as well: the check is broken since then.

    Parameters
    ----------
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)
        Cases that are judged as still running.
    calendars : dict of str to Calendar

    Returns
    -------
    tuple of Deadlines
        In the order of the blueprint; checks of which nothing is running are left out.

    Examples
    --------
    >>> found = {each.check: each for each in deadlines(study.blueprint, study.instances, study.is_open, study.calendars)}
    >>> late = study.checks[[check.id for check in study.checks].index("S3")].verdict == 1
    >>> waiting = found["S3"]
    >>> bool((late[waiting.case] == (waiting.at < study.instances.now)).all())
    True
    """
    found = [_of(check, blueprint, instances, is_open, calendars) for check in timed(blueprint)]
    silent = _silence(blueprint, instances, is_open)
    return tuple(each for each in (*found, silent) if each is not None and len(each))


def timed(blueprint: Blueprint) -> Iterator[Rule | Standard]:
    """The checks of a blueprint, the outcome apart, that a case may break by waiting."""
    for check in blueprint.checks.values():
        if isinstance(check, Standard):
            if check.metric in RUNNING:
                yield check
        elif check.kind in ANSWERED and check.within is not None:
            yield check


def _of(
    check: Rule | Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> Deadlines | None:  # fmt: skip
    applies = where_it_applies(check.when, instances, np.full(instances.n_cases, v.PENDING, np.int8)) == v.PENDING
    if isinstance(check, Rule):
        known = [blueprint.activity(name).observable for name in (check.a, check.b) if name]
        if not all(known) or ("start" in (check.a_at, check.b_at) and not instances.whole.has_starts):
            return None
        return _first(check.id, _answer(check, blueprint, instances, is_open, calendars), applies)
    if cannot_answer(check, blueprint, instances):
        return None
    if check.metric == "due_date":
        return _first(check.id, _due_date(check, instances, is_open), applies)
    return _first(check.id, _span(check, instances, is_open, calendars), applies)


@dataclass(frozen=True, eq=False)
class _Waits:
    """What is waited for, one row per measurement that runs; columns as in :class:`Deadlines`."""

    case: np.ndarray
    at: np.ndarray
    stopped: np.ndarray
    covered: np.ndarray
    activity: np.ndarray
    instance: np.ndarray


def _first(check: str, waits: _Waits, applies: np.ndarray) -> Deadlines | None:
    """Of each case to which the check applies the measurement that breaks first."""
    rows = np.flatnonzero(applies[waits.case])
    if not len(rows):
        return None
    key = np.where(waits.at[rows] == MISSING, FOREVER, waits.at[rows])
    rows = rows[np.lexsort((key, waits.case[rows]))]
    case = waits.case[rows].astype(np.int64)
    heads = np.flatnonzero(np.r_[True, case[1:] != case[:-1]])
    return Deadlines(
        check, case[heads], waits.at[rows[heads]], np.logical_or.reduceat(waits.stopped[rows], heads),
        np.minimum.reduceat(waits.covered[rows], heads), waits.activity[rows[heads]].astype(np.int32),
        waits.instance[rows[heads]].astype(np.int64),
    )  # fmt: skip


# --- what is waited for ----------------------------------------------------------------------------------------------


def _span(
    standard: Standard, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> _Waits:  # fmt: skip
    """Measurements of a standard that run on: the same spans that are judged, with an end that is still to come."""
    limit = standard.limit
    assert isinstance(limit, Duration)  # the loader requires a unit
    clock = Clock(limit.unit, calendars.get(standard.calendar or ""))
    every = SPANS[standard.metric](standard, instances, is_open)
    rows = np.flatnonzero(~every.finished)
    spans = Spans(*(getattr(every, name)[rows] for name in Spans.__dataclass_fields__))

    def stops_until(end: np.ndarray) -> Stops | None:
        return stopped_spans(standard, instances, replace(spans, end=end)) if standard.stop_clock else None

    def late(end: np.ndarray) -> np.ndarray:
        return np.asarray(measure(clock, spans.start, end, limit.amount, stops_until(end))[1] > 0)

    at, stopped, covered = _inverse(clock, spans.start, limit.amount, stops_until, late)
    return _Waits(spans.case, at, stopped, covered, spans.activity, spans.instance)


def _due_date(standard: Standard, instances: Instances, is_open: np.ndarray) -> _Waits:
    """Running cases with a date to keep: the date itself."""
    every = against_due_date(standard, instances, is_open)[0]
    rows = np.flatnonzero(~every.finished)
    case, n = every.case[rows], len(rows)
    due = instances.attribute(standard.due or "")[case]
    none, never = np.zeros(n, bool), np.full(n, FOREVER)
    return _Waits(case, due, none, never, every.activity[rows], np.full(n, v.NONE))


def _answer(
    rule: Rule, blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> _Waits:  # fmt: skip
    """Steps that still wait for their answer, whichever way ties are read."""
    assert rule.within is not None
    clock, amount = Clock(rule.within.unit, calendars.get(rule.calendar or "")), rule.within.amount
    c = context_of(rule, blueprint, instances, is_open, calendars)
    unanswered = following(c.a.case, c.a.time, c.b.case, c.b.time) == v.NONE
    known = c.a.known | (clock.calendar is None)  # a start that is not known lies before what a calendar covers
    rows = np.flatnonzero(unanswered & is_open[c.a.case] & known)
    start = c.a.time[rows]

    def late(end: np.ndarray) -> np.ndarray:
        return np.asarray(measure(clock, start, end, amount)[1] > 0)

    at, stopped, covered = _inverse(clock, start, amount, lambda end: None, late)
    return _Waits(c.a.case[rows], at, stopped, covered, np.full(len(rows), c.code(rule.b)), c.a.instance[rows])


def _silence(blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> Deadlines | None:
    """Running cases of which nothing was heard since their last event."""
    limit = blueprint.scope.abandoned_after
    if limit is None:
        return None
    clock, amount = Clock("s", None), limit.seconds
    quiet = is_open & (np.diff(instances.offsets) > 0)
    quiet[instances.case[instances.of(*blueprint.scope.withdrawn_by)]] = False
    case = np.flatnonzero(quiet)
    start = instances.case_end[case]

    def late(end: np.ndarray) -> np.ndarray:
        return np.asarray(measure(clock, start, end, amount)[1] > 0)

    at, stopped, covered = _inverse(clock, start, amount, lambda end: None, late)
    none = np.full(len(case), v.NONE)
    return _first(OUTCOME, _Waits(case, at, stopped, covered, none, instances.offsets[case + 1] - 1), is_open)


# --- the inverse of a measurement ------------------------------------------------------------------------------------


def _inverse(
    clock: Clock, start: np.ndarray, amount: float, stops_until: Callable[[np.ndarray], Stops | None], late: Late
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Last moment in time of each measurement, whether its clock stands still, and up to when that is known."""
    n, calendar = len(start), clock.calendar if clock.unit in ("bh", "bd") else None
    covered = np.full(n, FOREVER if calendar is None else calendar.end)
    far = np.full(n, FOREVER // 2 if calendar is None else calendar.end)
    stopped, pause = _paused(clock, stops_until(far), far, n)
    at = _guess(clock, start, amount, pause)
    open_ended = stopped | (at == MISSING)
    if calendar is not None:
        beyond = ~(calendar.covers(start) & calendar.covers(at))
        at, open_ended = np.where(beyond, MISSING, at), open_ended | beyond
        covered[~calendar.covers(start)] = FOREVER  # not observable from the beginning
    at = _settled(np.where(open_ended, start, at), start, far, late, ~open_ended)
    return np.where(open_ended, MISSING, at), stopped, covered


def _paused(clock: Clock, stops: Stops | None, far: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Measurements whose clock stands still, and what the ended stops of each leave out: microseconds, or working days."""
    stopped, pause = np.zeros(n, bool), np.zeros(n, np.int64)
    if stops is None or not len(stops.of):
        return stopped, pause
    running = stops.end == far[stops.of]
    stopped[stops.of[running]] = True
    of, start, end = (part[~running] for part in (stops.of, stops.start, stops.end))
    if clock.calendar is None or clock.unit not in ("bh", "bd"):
        lengths = end - start
    elif clock.unit == "bd":
        lengths = clock.calendar.working_days(start, end)
    else:
        lengths = _open_before(clock.calendar, end) - _open_before(clock.calendar, start)
    np.add.at(pause, of, lengths)
    return stopped, pause


def _guess(clock: Clock, start: np.ndarray, amount: float, pause: np.ndarray) -> np.ndarray:
    """The moment at which the limit is reached, by arithmetic; ``MISSING`` where the calendar has none."""
    calendar = clock.calendar
    if clock.unit == "bd":
        assert calendar is not None  # the loader requires one for business time
        known = calendar.covers(start)
        due = calendar.due(np.where(known, start, calendar.begin), pause + int(amount))
        return np.where(known, due, MISSING)
    length = round(amount * SECONDS[clock.unit] * MICROSECONDS)
    if clock.unit != "bh":
        return start + length + pause
    assert calendar is not None
    done = np.concatenate(([0], np.cumsum(calendar.closes - calendar.opens)))
    wanted = _open_before(calendar, start) + length + pause
    interval = (
        np.searchsorted(done, wanted, side="right") - 1
    )  # a limit reached at closing time breaks after the next opening
    inside = interval < len(calendar.opens)
    interval = np.minimum(interval, len(calendar.opens) - 1)
    return np.where(inside, np.maximum(calendar.opens[interval] + wanted - done[interval], start), MISSING)


def _open_before(calendar: Calendar, t: np.ndarray) -> np.ndarray:
    """Open microseconds of the calendar before each moment."""
    done = np.concatenate(([0], np.cumsum(calendar.closes - calendar.opens)))
    k = np.searchsorted(calendar.opens, t, side="right")
    last = np.maximum(k - 1, 0)
    return done[last] + np.where(k > 0, np.minimum(t, calendar.closes[last]) - calendar.opens[last], 0)


def _settled(guess: np.ndarray, start: np.ndarray, far: np.ndarray, late: Late, wanted: np.ndarray) -> np.ndarray:
    """The guess, or a moment near it, where the measurement turns from in time to late; sought by halving where none is near."""
    at, sure = guess.copy(), ~wanted
    for step in NEAR:
        if sure.all():
            return at
        tried = np.maximum(guess + step, start)
        turns = ~sure & ~late(tried) & late(tried + 1)
        at[turns] = tried[turns]
        sure |= turns
    low, high = start.copy(), far.copy()
    while ((high - low)[~sure] > 1).any():
        middle = low + (high - low) // 2
        over = late(middle)
        high, low = np.where(over, middle, high), np.where(over, low, middle)
    return np.where(sure, at, np.where(late(high), low, MISSING))
