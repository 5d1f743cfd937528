"""Time cut into hours, days or weeks of a zone's own clock, and how much of it some intervals cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from mining.calendars import LocalClock
from mining.units import MICROSECONDS

HOUR, DAY, WEEK = 3600, 86_400, 604_800
THURSDAY = 3 * DAY  # 1970-01-01: weeks begin on Mondays


@dataclass(frozen=True, eq=False)
class TimeSpans:
    """Spans that lie one after the other, without gaps.

    Attributes
    ----------
    low, high : int64 arrays of shape (n_spans,)
        Closed-open, microseconds UTC.
    number : int64 array of shape (n_spans,)
        Number of the hour, day or week since 1970-01-01 (the week of that day) by the local clock. An hour that the clock repeats has
        two spans; a day or week has one, longer or shorter where the clock changes.
    """

    low: np.ndarray
    high: np.ndarray
    number: np.ndarray

    def __len__(self) -> int:
        return len(self.low)

    @property
    def hours(self) -> np.ndarray:
        """Length of each span in hours."""
        return (self.high - self.low) / (HOUR * MICROSECONDS)

    def place(self, t: np.ndarray) -> np.ndarray:
        """The span in which each moment lies; of moments outside, the nearest."""
        return np.clip(np.searchsorted(self.low, t, side="right") - 1, 0, len(self.low) - 1)

    def covered(self, begin: np.ndarray, finish: np.ndarray) -> np.ndarray:
        """Per span the time that intervals cover in it, summed over the intervals, microseconds.

        Parameters
        ----------
        begin, finish : int64 arrays of shape (n,)
            Closed-open intervals, microseconds UTC; what lies outside the spans is left out.

        Returns
        -------
        float64 array of shape (n_spans,)
            Whole numbers.
        """

        def steps(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            t = np.clip(t, self.low[0], self.high[-1])
            k = self.place(t)
            return np.bincount(k, minlength=len(self)), np.bincount(k, self.high[k] - t, minlength=len(self))

        (up, gained), (down, lost) = steps(begin), steps(finish)
        before = np.cumsum(up - down) - (up - down)
        return (self.high - self.low) * before + gained - lost


def spans_of(tz: str, first: int, last: int, unit: int = HOUR) -> TimeSpans:
    """Whole hours, days or weeks of a zone's clock, from the one of the first moment to the one of the last.

    Parameters
    ----------
    tz : str
        Name of a time zone.
    first, last : int
        Microseconds UTC.
    unit : {3600, 86400, 604800}

    Examples
    --------
    >>> night = 1774738800_000000  # 2026-03-29 00:00 in Berlin, when the clocks go forward
    >>> spans_of("Europe/Berlin", night, night, 86_400).hours.tolist()
    [23.0]
    """
    shift = THURSDAY if unit == WEEK else 0
    days = [_day(t) + timedelta(days=n) for t, n in ((first, -8), (last, 8))]
    clock = LocalClock.of(ZoneInfo(tz), *days)
    bounds = [days[0], days[1]]
    least, most = (int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) for d in bounds)
    until = np.append(clock.since[1:], most + 2 * DAY).tolist()
    found = []
    for low, high, ahead in zip(
        [least - 2 * DAY, *clock.since[1:].tolist()], until, clock.offset.tolist(), strict=True
    ):
        number = np.arange((low + ahead + shift) // unit, -((-(high + ahead + shift)) // unit))
        begin = number * unit - shift - ahead
        found.append((np.maximum(begin, low), np.minimum(begin + unit, high), number))
    low_, high_, number_ = (np.concatenate(part) for part in zip(*found, strict=True))
    if unit > HOUR:
        heads = np.flatnonzero(np.r_[True, number_[1:] != number_[:-1]])
        low_, high_, number_ = low_[heads], np.append(low_[heads][1:], high_[-1]), number_[heads]
    low_, high_ = low_ * MICROSECONDS, high_ * MICROSECONDS
    keep = slice(np.searchsorted(low_, first, side="right") - 1, np.searchsorted(low_, last, side="right"))
    return TimeSpans(low_[keep], high_[keep], number_[keep])


def _day(t: int) -> date:
    return date(1970, 1, 1) + timedelta(days=t // (DAY * MICROSECONDS))
