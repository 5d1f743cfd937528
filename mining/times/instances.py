"""Times of single activity instances and of cases, in clock or business time: what the tables of times are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining._kernels import kernel
from mining.calendars import Calendar
from mining.errors import UnknownNameError
from mining.flow import loops
from mining.flow.kernel import plain
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study

UNKNOWN = -1  # a length that is not known
HOW = ("measured", "no_start", "no_end", "reversed", "outside")
TAKES_PART = ("customer", "onstage", "onstage_technology")  # kinds of lanes in which the customer takes part


@dataclass(frozen=True, eq=False)
class InstanceTimes:
    """Lengths of all instances of a study, and the borders of its cases.

    All moments and lengths are whole microseconds: since 1970-01-01 by the clock, or open ones since the calendar begins.

    Attributes
    ----------
    begin, finish : int64 arrays of shape (n_cases,)
        First start (completion where there is no start) and last end; ``MISSING`` where unknown or outside the calendar.
    until : int64 array of shape (n_cases,)
        Where a case that still runs is seen last, the end of the log; of the others ``finish``.
    how : int8 array of shape (n,)
        Position in ``HOW``: whether work on the instance has a beginning and an end, else why not.
    processing : int64 array of shape (n,)
        From start to end without the time suspended; ``UNKNOWN`` where there is no such length.
    suspended : int64 array of shape (n,)
        Time suspended; ``UNKNOWN`` where it was never resumed, and in business time wherever there is some.
    work_from, work_until : int64 arrays of shape (n,)
        Pieces of the instances that do not overlap within a case and cover the same time; empty (0, 0) where there is none.
    wait : int64 array of shape (n,)
        From ready to start as :mod:`mining.flow.waits` defines it; ``UNKNOWN`` where it is not known.
    """

    begin: np.ndarray
    finish: np.ndarray
    until: np.ndarray
    how: np.ndarray
    processing: np.ndarray
    suspended: np.ndarray
    work_from: np.ndarray
    work_until: np.ndarray
    wait: np.ndarray


def calendar_named(study: Study, calendar: str | None) -> Calendar | None:
    """A calendar of the blueprint by its id; None for clock time.

    Raises
    ------
    UnknownNameError
        If the blueprint has no such calendar.
    """
    if calendar is None:
        return None
    if calendar not in study.calendars:
        raise UnknownNameError("calendar", calendar, study.calendars, where=study.blueprint.id)
    return study.calendars[calendar]


def clock_of(calendar: Calendar | None) -> Callable[[np.ndarray], np.ndarray]:
    """What turns moments (microseconds UTC) into those of the clock: open time since a calendar begins, or themselves."""
    if calendar is None:
        return lambda t: t

    def opened(t: np.ndarray) -> np.ndarray:
        seconds = calendar.open_seconds(np.full(len(t), calendar.begin), t)
        found = np.full(len(t), MISSING)
        known = ~np.isnan(seconds)
        found[known] = np.round(seconds[known] * MICROSECONDS).astype(np.int64)
        return found

    return opened


def instance_times(study: Study, calendar: str | None = None) -> InstanceTimes:
    """Measure every instance of a study.

    Time suspended is taken out of the processing of an instance where the log records both its beginning and its end. Where in the
    instance it lay is not kept, so in business time its open part is not known, and neither is the processing.

    Parameters
    ----------
    study : Study
    calendar : str, optional
        Id of a calendar of the blueprint: business time. Else clock time.

    Examples
    --------
    >>> found = instance_times(study)
    >>> len(found.how) == len(study.instances.activity), len(found.begin)
    (True, 2000)
    """
    x = study.instances
    to_clock = clock_of(calendar_named(study, calendar))
    start, end, first, last = (to_clock(t) for t in (x.start, x.end, x.case_start, x.case_end))
    now = to_clock(np.array([x.now]))[0]
    how = _how(x.start, x.end, start, end)
    known = how == 0
    suspended = _suspended(study, known, in_calendar=calendar is not None)
    processing = np.where(known & (suspended != UNKNOWN), np.maximum(end - start - suspended, 0), UNKNOWN)
    low, high = worked(start, end, known, x.offsets)
    lost = (first == MISSING) | (last == MISSING) | (x.case_end < x.case_start)
    first, last = np.where(lost, MISSING, first), np.where(lost, MISSING, last)
    until = np.where(study.is_open & ~lost, now, last)
    return InstanceTimes(first, last, until, how, processing, suspended, low, high, _waits(study, to_clock))


def worked(start: np.ndarray, end: np.ndarray, known: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of some instances that do not overlap within a case and cover the same time.

    Parameters
    ----------
    start, end : int64 arrays of shape (n,)
        In case order, and within a case by ``end``.
    known : bool array of shape (n,)
        Which to take.
    offsets : int64 array of shape (n_cases + 1,)

    Examples
    --------
    >>> low, high = worked(np.array([0, 2, 1]), np.array([4, 5, 9]), np.ones(3, bool), np.array([0, 3]))
    >>> list(zip(low.tolist(), high.tolist()))
    [(0, 1), (0, 0), (1, 9)]
    """
    found = _pieces(plain(start, np.int64), plain(end, np.int64), plain(known, bool), plain(offsets, np.int64))
    return np.asarray(found[0]), np.asarray(found[1])


@kernel
def _pieces(start, end, known, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """From the last end backwards: what is covered already and lies before an end is one stretch, from the least start on."""
    low, high = np.zeros(start.size, np.int64), np.zeros(start.size, np.int64)
    for c in range(offsets.size - 1):
        edge = np.iinfo(np.int64).max
        for i in range(offsets[c + 1] - 1, offsets[c] - 1, -1):
            if known[i]:
                until = min(end[i], edge)
                if start[i] < until:
                    low[i], high[i] = start[i], until
                edge = min(edge, start[i])
    return low, high


def _how(start: np.ndarray, end: np.ndarray, start_in: np.ndarray, end_in: np.ndarray) -> np.ndarray:
    """Position in ``HOW``: from the moments as recorded and those of the clock."""
    found = np.zeros(len(start), np.int8)
    found[(start_in == MISSING) | (end_in == MISSING)] = HOW.index("outside")
    found[end < start] = HOW.index("reversed")
    found[end == MISSING] = HOW.index("no_end")
    found[start == MISSING] = HOW.index("no_start")
    return found


def _suspended(study: Study, known: np.ndarray, *, in_calendar: bool) -> np.ndarray:
    places = study.instances.places
    length = study.log.suspended if places is None else study.log.suspended[places]
    lost = (length == MISSING) | ((length > 0) & in_calendar)
    return np.where(lost, UNKNOWN, np.where(known, length, 0))


def _waits(study: Study, to_clock: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    x = study.instances
    scheduled = np.isin(np.arange(len(x.names)), list(x.whole.scheduled))
    times = (plain(t, np.int64) for t in (x.start, x.end, x.scheduled))
    value, _ = loops.waits(plain(x.activity, np.int32), plain(scheduled, bool), *times, plain(x.offsets, np.int64))
    rows = np.flatnonzero(value >= 0)
    ready, start = to_clock(x.start[rows] - value[rows]), to_clock(x.start[rows])
    found = np.full(len(value), UNKNOWN, np.int64)
    found[rows] = np.where((ready == MISSING) | (start == MISSING), UNKNOWN, start - ready)
    return found
