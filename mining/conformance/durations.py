"""How long: one clock for elapsed time, open hours and working days, with time that does not count taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining._kernels import kernel
from mining.calendars import Calendar
from mining.units import MICROSECONDS, MISSING, SECONDS

TINY = 1e-6  # an end after the due moment with no open time between them is late all the same


@dataclass(frozen=True)
class Clock:
    """A unit, and the calendar that ``bh`` and ``bd`` need."""

    unit: str
    calendar: Calendar | None


@dataclass(frozen=True, eq=False)
class Stops:
    """Time that does not count: closed-open spans of single measurements, microseconds UTC.

    Attributes
    ----------
    of : int64 array of shape (n_spans,)
        Number of the measurement, sorted.
    start, end : int64 arrays of shape (n_spans,)
        Not overlapping within a measurement, inside it.
    """

    of: np.ndarray
    start: np.ndarray
    end: np.ndarray


def stops(of: np.ndarray, start: np.ndarray, end: np.ndarray, begin: np.ndarray, finish: np.ndarray) -> Stops:
    """Cut spans to their measurement and merge those that overlap.

    Parameters
    ----------
    of, start, end : int64 arrays of shape (n_spans,)
        Measurement and span; any order.
    begin, finish : int64 arrays of shape (n_measurements,)
        The measurements themselves.
    """
    low, high = np.maximum(start, begin[of]), np.minimum(end, finish[of])
    keep = high > low
    of, low, high = of[keep], low[keep], high[keep]
    order = np.lexsort((high, low, of))
    return Stops(*_merge(of[order], low[order], high[order]))


@kernel
def _merge(of, low, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = 0
    for i in range(of.size):
        if n > 0 and of[n - 1] == of[i] and low[i] <= high[n - 1]:
            high[n - 1] = max(high[n - 1], high[i])
        else:
            of[n], low[n], high[n] = of[i], low[i], high[i]
            n += 1
    return of[:n].copy(), low[:n].copy(), high[:n].copy()


def measure(
    clock: Clock, start: np.ndarray, end: np.ndarray, limit: float, stopped: Stops | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Length of each measurement, and by how much it exceeds a limit.

    Parameters
    ----------
    clock : Clock
    start, end : int64 arrays of shape (n,)
        Microseconds UTC, end not before start.
    limit : float
        In the clock's unit.
    stopped : Stops, optional
        Time that does not count.

    Returns
    -------
    measured : float64 array of shape (n,)
        In the clock's unit. For ``bd``: the number n for which the end lies within the n-th working day after the day of the
        start, 0 for the same day. NaN outside the coverage of the calendar.
    excess : float64 array of shape (n,)
        Seconds over the limit, negative below it (open seconds for ``bh`` and ``bd``; -inf where the due moment lies after
        the coverage). NaN where the length is not known.
    """
    if clock.unit == "bd":
        return _in_working_days(clock, start, end, limit, stopped)
    seconds = _seconds(clock, start, end)
    if stopped is not None and len(stopped.of):
        seconds = seconds - np.bincount(stopped.of, _seconds(clock, stopped.start, stopped.end), minlength=len(start))
    return seconds / SECONDS[clock.unit], seconds - limit * SECONDS[clock.unit]


def overdue(clock: Clock, end: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Wall-clock seconds from the moment the limit was reached to the end: comparable whatever the unit of the limit.

    Parameters
    ----------
    clock : Clock
    end : int64 array of shape (n,)
        Microseconds UTC.
    excess : float64 array of shape (n,)
        Seconds over the limit as :func:`measure` gives them, all positive.
    """
    if not (clock.unit in ("bh", "bd") and clock.calendar is not None and len(end)):
        return excess
    return (end - clock.calendar.back(end, excess)) / MICROSECONDS


def _seconds(clock: Clock, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    if clock.unit != "bh":
        return (end - start) / MICROSECONDS
    assert clock.calendar is not None  # the loader requires one for business time
    return clock.calendar.open_seconds(start, end)


def _in_working_days(
    clock: Clock, start: np.ndarray, end: np.ndarray, limit: float, stopped: Stops | None
) -> tuple[np.ndarray, np.ndarray]:
    calendar = clock.calendar
    assert calendar is not None
    known = calendar.covers(start) & calendar.covers(end)
    # working days that do not count: those after the first day of a stop, up to its last
    out = np.zeros(len(start), np.int64)
    if stopped is not None and len(stopped.of):
        known[stopped.of[~(calendar.covers(stopped.start) & calendar.covers(stopped.end))]] = False
        np.add.at(out, stopped.of, calendar.working_days(stopped.start, stopped.end))
    days = calendar.working_days(start, end)
    same_day = calendar.day(start) == calendar.day(end)
    close = calendar.last_close[calendar.day(end)]
    # a day without opening has no close, so its end counts for the next working day
    after_hours = ~same_day & (end > close)
    measured = np.where(known, days + after_hours - out, np.nan).astype(float)
    due = calendar.due(start, (out + int(limit)).astype(np.int64))
    over = calendar.open_seconds(np.minimum(due, end), np.maximum(due, end))
    excess = np.where(end > due, np.maximum(over, TINY), -over)
    # due after the coverage ends, and the end lies inside it: in time
    excess = np.where(due == MISSING, -np.inf, excess)
    return measured, np.where(known, excess, np.nan)
