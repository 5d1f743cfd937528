"""Business time: open hours and working days of a declared calendar, for whole arrays of timestamps at once.

A moment is open when the local clock then shows a time inside the hours of the local day. So in the hour that clocks going back
repeat, a slot that ends or begins there is open twice, and a time that clocks going forward skip is never open.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from mining.blueprint.model import CalendarSpec
from mining.errors import BlueprintError
from mining.units import MICROSECONDS, MISSING

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 86_400
YEARS = (1900, 2200)  # of a coverage: before them zones kept the time of the sun


@dataclass(frozen=True, eq=False)
class LocalClock:
    """What the clocks of a time zone show, for arrays of seconds UTC.

    Attributes
    ----------
    since : int64 array of shape (n_pieces,)
        Seconds UTC from which each offset holds; the first holds before as well.
    offset : int64 array of shape (n_pieces,)
        Seconds by which the local clock is ahead of UTC.
    """

    since: np.ndarray
    offset: np.ndarray

    @classmethod
    def of(cls, zone: ZoneInfo, first: date, last: date) -> LocalClock:
        """The clock of a zone over some days. No zone has changed its offset twice within a day, so a look a day finds all."""

        def offset(second: int) -> int:
            ahead = datetime.fromtimestamp(second, zone).utcoffset()
            assert ahead is not None  # the moment has a zone
            return int(ahead.total_seconds())

        looks = range(_midnight(first) - 2 * DAY, _midnight(last) + 4 * DAY, DAY)
        since, offsets = [looks[0]], [offset(looks[0])]
        for low, high in pairwise(looks):
            after = offset(high)
            if after != offsets[-1]:
                since.append(low + bisect_left(range(low, high), True, key=lambda t: offset(t) == after))
                offsets.append(after)
        return cls(np.array(since, np.int64), np.array(offsets, np.int64))

    def moments(self, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """When the local clock shows a time from ``begin`` to before ``end`` (local seconds since 1970-01-01).

        Returns
        -------
        of, low, high : int64 arrays of shape (n_spans,)
            Number of the pair, and closed-open spans in seconds UTC, in order: none where a change skips the time, two where
            it repeats a part of it.
        """
        until = np.append(self.since[1:], np.iinfo(np.int64).max)
        found = []
        for low, high, ahead in zip(self.since.tolist(), until.tolist(), self.offset.tolist(), strict=True):
            spans = np.maximum(begin - ahead, low), np.minimum(end - ahead, high)
            kept = np.flatnonzero(spans[1] > spans[0])
            found.append((kept, spans[0][kept], spans[1][kept]))
        of, low, high = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(low, kind="stable")
        return of[order], low[order], high[order]

    def local(self, t: np.ndarray) -> np.ndarray:
        """Local microseconds since 1970-01-01, from microseconds UTC."""
        piece = np.maximum(np.searchsorted(self.since * MICROSECONDS, t, side="right") - 1, 0)
        return t + self.offset[piece] * MICROSECONDS


@dataclass(frozen=True, eq=False)
class Calendar:
    """A calendar laid out as arrays of microseconds UTC, so daylight saving is settled once.

    Attributes
    ----------
    opens, closes : int64 arrays of shape (n_intervals,)
        Open intervals, in order, not overlapping.
    clock : LocalClock
        The clock of its time zone.
    begin, end : int
        The moments at which the first covered day begins and the last one ends.
    working : int64 array of shape (n_days,)
        Working days up to and including each day. A day is a working day if it has an open interval.
    last_close : int64 array of shape (n_days,)
        End of the last open interval of each day; ``MISSING`` on days without one.
    """

    spec: CalendarSpec
    opens: np.ndarray
    closes: np.ndarray
    clock: LocalClock
    begin: int
    end: int
    working: np.ndarray
    last_close: np.ndarray

    def covers(self, t: np.ndarray) -> np.ndarray:
        """Whether each timestamp lies in the declared coverage. ``MISSING`` does not."""
        return (t >= self.begin) & (t <= self.end)

    def open_seconds(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Open time between two timestamps, in seconds; NaN where either is outside the coverage or end < start.

        Parameters
        ----------
        start, end : int64 arrays of shape (n,)
            Microseconds UTC.

        Returns
        -------
        float64 array of shape (n,)
        """
        ok = self.covers(start) & self.covers(end) & (end >= start)
        seconds = (self._open_before(end) - self._open_before(start)) / MICROSECONDS
        return np.where(ok, seconds, np.nan)

    @cached_property
    def _done(self) -> np.ndarray:
        """Open time before each interval, and in all."""
        return np.concatenate(([0], np.cumsum(self.closes - self.opens)))

    def _open_before(self, t: np.ndarray) -> np.ndarray:
        k = np.searchsorted(self.opens, t, side="right")
        last = np.maximum(k - 1, 0)
        return self._done[last] + np.where(k > 0, np.minimum(t, self.closes[last]) - self.opens[last], 0)

    def back(self, end: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """The moment from which ``seconds`` of open time lead up to ``end`` (int64, microseconds UTC; covered timestamps only)."""
        wanted = np.maximum(self._open_before(end) - np.round(seconds * MICROSECONDS).astype(np.int64), 0)
        interval = np.clip(np.searchsorted(self._done, wanted, side="left") - 1, 0, len(self.opens) - 1)
        return self.opens[interval] + wanted - self._done[interval]

    def day(self, t: np.ndarray) -> np.ndarray:
        """Number of the local day of each timestamp, 0 being the first covered day. Only for covered timestamps."""
        days = self.clock.local(t) // (DAY * MICROSECONDS) - _midnight(date.fromisoformat(self.spec.coverage[0])) // DAY
        return np.clip(days, 0, len(self.working) - 1)

    def working_days(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Working days after the day of ``start`` up to and including the day of ``end`` (int64; only for covered timestamps)."""
        return self.working[self.day(end)] - self.working[self.day(start)]

    def due(self, start: np.ndarray, days: np.ndarray) -> np.ndarray:
        """End of office hours of the n-th working day after the day of ``start``; that day itself is not counted.

        Parameters
        ----------
        start : int64 array of shape (n,)
            Microseconds UTC.
        days : int64 array of shape (n,)
            Number of working days, at least 1.

        Returns
        -------
        int64 array of shape (n,)
            Microseconds UTC; ``MISSING`` where the start or the due day is outside the coverage.
        """
        wanted = self.working[self.day(start)] + days
        index = np.searchsorted(self.working, wanted, side="left")
        inside = self.covers(start) & (index < len(self.working))
        return np.where(inside, self.last_close[np.minimum(index, len(self.working) - 1)], MISSING)


def calendar_of(spec: CalendarSpec) -> Calendar:
    """Lay a calendar out over its coverage.

    Raises
    ------
    BlueprintError
        For an unknown time zone, dates that do not exist, hours that overlap, or a coverage that ends before it begins.

    Examples
    --------
    >>> spec = CalendarSpec("desk", "Asia/Shanghai", {"mon-fri": ("09:00-17:00",)}, ("2026-03-02", "2026-03-08"))
    >>> monday_10, friday_16 = 1772416800_000000, 1772784000_000000
    >>> float(calendar_of(spec).open_seconds(np.array([monday_10]), np.array([friday_16]))[0]) / 3600
    38.0
    """
    zone = _zone(spec)
    first, last = (_date(text, spec) for text in spec.coverage)
    if last < first:
        raise BlueprintError(f"calendar {spec.id}: coverage ends ({last}) before it begins ({first}).")
    if last.year - first.year > 100:
        raise BlueprintError(f"calendar {spec.id}: coverage is longer than a hundred years ({first} to {last}).")
    if not YEARS[0] <= first.year <= last.year < YEARS[1]:
        raise BlueprintError(
            f"calendar {spec.id}: coverage is {first} to {last}; it must lie between {YEARS[0]} and {YEARS[1] - 1}."
        )
    clock = LocalClock.of(zone, first, last)
    n_days = (last - first).days + 1
    of_day, begin, end = _hours(spec, first, n_days)
    slot, opens, closes = clock.moments(begin, end)
    day = of_day[slot]
    last_close = np.full(n_days, MISSING)
    np.maximum.at(last_close, day, closes * MICROSECONDS)
    whole = np.array([_midnight(first)]), np.array([_midnight(first) + n_days * DAY])
    _, low, high = clock.moments(*whole)
    if not len(low):
        raise BlueprintError(
            f"calendar {spec.id}: the clocks of {spec.tz} skip the whole coverage ({first} to {last})."
        )
    return Calendar(
        spec,
        opens * MICROSECONDS,
        closes * MICROSECONDS,
        clock,
        int(low.min()) * MICROSECONDS,
        int(high.max()) * MICROSECONDS,
        np.cumsum(last_close != MISSING),
        last_close,
    )


def _hours(spec: CalendarSpec, first: date, n_days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slots of all covered days: number of the day, begin and end in local seconds since 1970-01-01."""
    week = _week(spec)
    closed = {_date(text, spec) for text in spec.closed}
    extra = {_date(text, spec): DAYS.index(day) for text, day in spec.extra_workdays.items()}
    found = []
    for n in range(n_days):
        day = first + timedelta(days=n)
        slots = week[extra[day]] if day in extra else [] if day in closed else week[day.weekday()]
        midnight = _midnight(day)
        found += [(n, midnight + 60 * a, midnight + 60 * b) for a, b in slots]
    of_day, begin, end = np.array(found, np.int64).reshape(-1, 3).T
    return of_day, begin, end


def _midnight(day: date) -> int:
    """Begin of a day in seconds since 1970-01-01, by a clock without a zone."""
    return (day - date(1970, 1, 1)).days * DAY


def _zone(spec: CalendarSpec) -> ZoneInfo:
    try:
        return ZoneInfo(spec.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BlueprintError(
            f"calendar {spec.id}: unknown time zone {spec.tz!r}. Write a name such as Europe/Amsterdam or Asia/Shanghai."
        ) from None


def _date(text: str, spec: CalendarSpec) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BlueprintError(f"calendar {spec.id}: {text!r} is not a date.") from None


def _week(spec: CalendarSpec) -> list[list[tuple[int, int]]]:
    week: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for days, slots in spec.week.items():
        first, _, last = days.partition("-")
        i, j = DAYS.index(first), DAYS.index(last or first)
        span = range(i, j + 1) if i <= j else [*range(i, 7), *range(j + 1)]  # sat-mon goes over the week's end
        for k in span:
            week[k] += [(_minutes(a), _minutes(b)) for a, b in (slot.split("-") for slot in slots)]
    for name, slots_of_day in zip(DAYS, week, strict=True):
        slots_of_day.sort()
        for (_, b), (c, _) in pairwise(slots_of_day):
            if c < b:
                raise BlueprintError(f"calendar {spec.id}: the hours of {name} overlap.")
        if any(b <= a for a, b in slots_of_day):
            raise BlueprintError(
                f"calendar {spec.id}: an opening on {name} ends before it begins. Write hours over midnight as two slots."
            )
    return week


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
