"""When people work: a calendar of the blueprint, or the hours of the week in which each resource was seen at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from mining._kernels import kernel
from mining.calendars import Calendar, LocalClock
from mining.units import MICROSECONDS

HOUR, QUARTER = 3600 * MICROSECONDS, 900 * MICROSECONDS
WEEK = 168 * HOUR
MONDAY = 3 * 24 * HOUR  # from the Monday before 1970-01-01 to that day
CELLS = 168 * 4
LEAST_EVENTS, LEAST_WEEKS = 50, 4  # below either, hours are borrowed
SEEN = 0.10  # of the weeks in which a resource was seen at all, and in at least two of them
EXPLAINED = 0.75  # of its moments lie within its hours, or hours are borrowed
SOURCES = ("own", "role", "lane", "everybody", "calendar", "unknown")


@dataclass(frozen=True, eq=False)
class WorkingHours:
    """The open time of each resource, as a running sum that can be asked at any moment.

    Attributes
    ----------
    source : int8 array of shape (n_resources,)
        Position in `SOURCES`: whose hours they are.
    events, weeks : int64 arrays of shape (n_resources,)
        Starts and completions of the resource, and the local weeks in which they lie.
    of : int32 array of shape (n_resources,)
        Row in ``open``; -1 where nothing is known, or where a calendar stands for all.
    open : bool array of shape (n_patterns, 672)
        Quarters of an hour of the week, from Monday 00:00 of the local clock.
    clock : LocalClock
    calendar : Calendar or None
    """

    source: np.ndarray
    events: np.ndarray
    weeks: np.ndarray
    of: np.ndarray
    open: np.ndarray
    clock: LocalClock
    calendar: Calendar | None = None

    def known(self, resource: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Whether it is known of each span which part of it is open."""
        if self.calendar is not None:
            return np.asarray(self.calendar.covers(begin) & self.calendar.covers(end))
        return np.asarray(self.of[resource] >= 0)

    def before(self, resource: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Open time of resources from a fixed moment of the past up to ``t``, microseconds: only differences mean anything."""
        if self.calendar is not None:
            return _open_before(self.calendar, t)
        if not len(self.open):
            return np.zeros(len(t), np.int64)
        since, ahead = self.clock.since * MICROSECONDS, self.clock.offset * MICROSECONDS
        pattern = np.maximum(self.of[resource], 0).astype(np.int64)
        done = np.zeros((len(self.open), CELLS + 1), np.int64)
        np.cumsum(self.open * QUARTER, axis=1, out=done[:, 1:])
        flags = self.open.astype(np.int8)
        return np.asarray(_weekly(pattern, np.ascontiguousarray(t, np.int64), flags, done, since, ahead))

    def week_s(self) -> np.ndarray:
        """Open seconds of a week of each resource; NaN where not known, or where a calendar stands for all."""
        length = self.open.sum(axis=1) * (QUARTER // MICROSECONDS)
        return np.where(self.of >= 0, np.append(length, 0)[self.of], np.nan).astype(np.float64)


def by_calendar(calendar: Calendar, n_resources: int) -> WorkingHours:
    """The same calendar for all resources."""
    none = np.zeros(n_resources, np.int64)
    source = np.full(n_resources, SOURCES.index("calendar"), np.int8)
    return WorkingHours(
        source, none, none, np.full(n_resources, -1, np.int32), _no_patterns(), calendar.clock, calendar
    )


def discovered(
    resource: np.ndarray, moment: np.ndarray, n_resources: int, groups: tuple[np.ndarray, ...], tz: str
) -> WorkingHours:
    """Working hours from the moments at which people were seen.

    An hour of the week is open if the resource was seen in it in at least 10 % of the weeks in which it was seen at all, and in at least
    two of them; an hour between two open hours of the same day is open as well. The first hour of an opening begins with the first
    quarter of an hour in which anything was ever seen, and the last one ends with the last such quarter. A resource with fewer than 50
    moments, or seen in fewer than 4 weeks, or of whose moments less than 75 % lie in the hours so found (it keeps none), borrows the hours
    that all resources of its role show together, else of its lane, else of everybody; where the same holds of these, nothing is known.

    Parameters
    ----------
    resource, moment : integer arrays of shape (n,)
        Starts and completions: who, and when (microseconds UTC).
    n_resources : int
    groups : tuple of int arrays of shape (n_resources,)
        Role and lane of each resource, -1 for none.
    tz : str
        Zone of the clock by which people work.

    Examples
    --------
    >>> nine = 4 * 24 * HOUR + 9 * HOUR + 7 * 24 * HOUR * np.arange(30)  # thirty Mondays at nine, and an hour later
    >>> seen = np.concatenate((nine, nine + HOUR))
    >>> found = discovered(np.zeros(60, int), seen, 1, (), "UTC")
    >>> np.flatnonzero(found.open[0]).tolist(), SOURCES[found.source[0]]
    ([36, 37, 38, 39, 40], 'own')
    """
    clock = _clock(moment, tz)
    at = clock.local(moment) + MONDAY
    week, cell = at // WEEK, (at % WEEK) // QUARTER
    source = np.full(n_resources, SOURCES.index("unknown"), np.int8)
    of = np.full(n_resources, -1, np.int32)
    patterns: list[np.ndarray] = []
    events, weeks = np.zeros(n_resources, np.int64), np.zeros(n_resources, np.int64)
    everybody = np.zeros(n_resources, np.int64)
    n_patterns = 0
    for name, group in zip(SOURCES, (np.arange(n_resources), *_two(groups, n_resources), everybody), strict=False):
        if (of >= 0).all() or not len(moment):
            break
        rows = np.flatnonzero(group[resource] >= 0)
        n = int(group.max(initial=-1)) + 1
        seen, n_weeks, explained, open_ = _pattern(group[resource[rows]], week[rows], cell[rows], n)
        if name == "own":
            events, weeks = seen, n_weeks
        enough = (seen >= LEAST_EVENTS) & (n_weeks >= LEAST_WEEKS) & (explained >= EXPLAINED * seen)
        place = np.cumsum(enough) - 1 + n_patterns
        wanting = np.flatnonzero((of < 0) & (group >= 0))
        wanting = wanting[enough[group[wanting]]]
        of[wanting], source[wanting] = place[group[wanting]], SOURCES.index(name)
        patterns.append(open_[enough])
        n_patterns += int(enough.sum())
    return WorkingHours(source, events, weeks, of, np.concatenate([_no_patterns(), *patterns]), clock)


def _two(groups: tuple[np.ndarray, ...], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Role and lane; without them nobody has any."""
    none = np.full(n, -1, np.int64)
    role, lane = (*groups, none, none)[:2]
    return role, lane


def _no_patterns() -> np.ndarray:
    return np.zeros((0, CELLS), bool)


def _pattern(
    group: np.ndarray, week: np.ndarray, cell: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Moments and weeks of each group, how many of the moments lie in its hours, and its open quarters of an hour."""
    events = np.bincount(group, minlength=n)
    first = week - week.min(initial=0)
    span = int(first.max(initial=0)) + 1
    active = np.unique(group.astype(np.int64) * span + first)
    weeks = np.bincount(active // span, minlength=n)
    visits = np.unique((group.astype(np.int64) * 168 + cell // 4) * span + first)
    times = np.bincount(visits // span, minlength=n * 168).reshape(n, 168)
    hours = times >= np.maximum(SEEN * weeks, 2)[:, None]
    by_day = hours.reshape(n, 7, 24)
    between = np.zeros_like(by_day)
    between[:, :, 1:-1] = by_day[:, :, :-2] & by_day[:, :, 2:]
    hours = (by_day | between).reshape(n, 168)
    in_cell = np.bincount(group.astype(np.int64) * CELLS + cell, minlength=n * CELLS).reshape(n, CELLS)
    seen = in_cell.reshape(n, 168, 4) > 0
    begins, ends = ~np.roll(hours, 1, axis=1), ~np.roll(hours, -1, axis=1)
    so_far = np.logical_or.accumulate(seen, axis=2)
    to_come = np.logical_or.accumulate(seen[:, :, ::-1], axis=2)[:, :, ::-1]
    open_ = (hours[:, :, None] & (so_far | ~begins[:, :, None]) & (to_come | ~ends[:, :, None])).reshape(n, CELLS)
    return events, weeks, np.where(open_, in_cell, 0).sum(axis=1), open_


def _clock(moment: np.ndarray, tz: str) -> LocalClock:
    """The clock of a zone over the time of the log."""
    if not len(moment):
        return LocalClock(np.zeros(1, np.int64), np.zeros(1, np.int64))
    first, last = (_day(int(t)) for t in (moment.min(), moment.max()))
    return LocalClock.of(ZoneInfo(tz), first, last)


def _day(t: int) -> date:
    return datetime.fromtimestamp(t // MICROSECONDS, UTC).date()


def _open_before(calendar: Calendar, t: np.ndarray) -> np.ndarray:
    """Open time of a calendar up to each moment."""
    done = np.concatenate(([0], np.cumsum(calendar.closes - calendar.opens)))
    k = np.searchsorted(calendar.opens, t, side="right")
    last = np.maximum(k - 1, 0)
    if not len(calendar.opens):
        return np.zeros(len(t), np.int64)
    return np.asarray(done[last] + np.where(k > 0, np.minimum(t, calendar.closes[last]) - calendar.opens[last], 0))


@kernel
def _in_week(pattern, at, flags, done):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Open time of a weekly pattern up to a moment of the local clock, counted from Monday 00:00 of a week long ago."""
    t = at + MONDAY
    week = t // WEEK
    within = t - week * WEEK
    cell = within // QUARTER
    whole = week * done[pattern, CELLS] + done[pattern, cell]
    return whole + flags[pattern, cell] * (within - cell * QUARTER)


@kernel
def _weekly(pattern, t, flags, done, since, ahead):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Open time up to each moment UTC: within a stretch of equal offset as in the week, at its ends the sums are joined."""
    n_pieces = since.size
    base = np.zeros((flags.shape[0], n_pieces), np.int64)
    for p in range(flags.shape[0]):
        for k in range(1, n_pieces):
            before = _in_week(p, since[k] + ahead[k - 1], flags, done)
            base[p, k] = base[p, k - 1] + before - _in_week(p, since[k] + ahead[k], flags, done)
    found = np.empty(t.size, np.int64)
    for i in range(t.size):
        k = max(np.searchsorted(since, t[i], side="right") - 1, 0)
        found[i] = base[pattern[i], k] + _in_week(pattern[i], t[i] + ahead[k], flags, done)
    return found
