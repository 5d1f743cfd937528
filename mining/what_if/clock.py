"""Moments and days of the local clock, and ranges of rows."""

from __future__ import annotations

import numpy as np

from mining.calendars import LocalClock
from mining.units import MICROSECONDS

DAY = 86_400 * MICROSECONDS
WEEK = 7 * DAY
MONDAY = 3  # days from the Monday before to 1970-01-01


def to_utc(clock: LocalClock, local: np.ndarray) -> np.ndarray:
    """Microseconds UTC of moments of the local clock (of an hour that the clocks repeat, the later one)."""
    since = (clock.since + clock.offset) * MICROSECONDS
    piece = np.maximum(np.searchsorted(since, local, side="right") - 1, 0)
    return np.asarray(local - clock.offset[piece] * MICROSECONDS)


def ranges(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of all ranges from low to before high, one after the other, and the range of each.

    Examples
    --------
    >>> [x.tolist() for x in ranges(np.array([3, 9]), np.array([5, 10]))]
    [[3, 4, 9], [0, 0, 1]]
    """
    n = high - low
    of = np.repeat(np.arange(len(n)), n)
    return np.arange(len(of)) - np.repeat(np.cumsum(n) - n, n) + low[of], of
