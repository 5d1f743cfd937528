"""Business time: open hours and working days of a declared calendar, for whole arrays of timestamps at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from mining.blueprint.model import CalendarSpec
from mining.errors import BlueprintError
from mining.units import MICROSECONDS, MISSING

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, eq=False)
class Calendar:
    """A calendar laid out as arrays of microseconds UTC, so daylight saving is settled once.

    Attributes
    ----------
    opens, closes : int64 arrays of shape (n_intervals,)
        Open intervals, in order, not overlapping.
    midnights : int64 array of shape (n_days + 1,)
        Local midnight at the start of each covered day, and the one after the last.
    working : int64 array of shape (n_days,)
        Working days up to and including each day. A day is a working day if it has an open interval.
    last_close : int64 array of shape (n_days,)
        End of the last open interval of each day; ``MISSING`` on days without one.
    """

    spec: CalendarSpec
    opens: np.ndarray
    closes: np.ndarray
    midnights: np.ndarray
    working: np.ndarray
    last_close: np.ndarray

    def covers(self, t: np.ndarray) -> np.ndarray:
        """Whether each timestamp lies in the declared coverage. ``MISSING`` does not."""
        return (t >= self.midnights[0]) & (t <= self.midnights[-1])

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

    def _open_before(self, t: np.ndarray) -> np.ndarray:
        done = np.concatenate(([0], np.cumsum(self.closes - self.opens)))
        k = np.searchsorted(self.opens, t, side="right")
        last = np.maximum(k - 1, 0)
        return done[last] + np.where(k > 0, np.minimum(t, self.closes[last]) - self.opens[last], 0)

    def back(self, end: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """The moment from which ``seconds`` of open time lead up to ``end`` (int64, microseconds UTC; covered timestamps only)."""
        done = np.concatenate(([0], np.cumsum(self.closes - self.opens)))
        wanted = np.maximum(self._open_before(end) - np.round(seconds * MICROSECONDS).astype(np.int64), 0)
        interval = np.clip(np.searchsorted(done, wanted, side="left") - 1, 0, len(self.opens) - 1)
        return self.opens[interval] + wanted - done[interval]

    def day(self, t: np.ndarray) -> np.ndarray:
        """Number of the local day of each timestamp, 0 being the first covered day. Only for covered timestamps."""
        return np.clip(np.searchsorted(self.midnights, t, side="right") - 1, 0, len(self.working) - 1)

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
    week = _week(spec)
    closed = {_date(text, spec) for text in spec.closed}
    extra = {_date(text, spec): DAYS.index(day) for text, day in spec.extra_workdays.items()}
    opens, closes, midnights, working, last_close = [], [], [], [], []
    day, n = first, 0
    while day <= last:
        midnights.append(_microseconds(day, 0, zone))
        slots = week[extra[day]] if day in extra else [] if day in closed else week[day.weekday()]
        spans = [(_microseconds(day, a, zone), _microseconds(day, b, zone)) for a, b in slots]
        spans = [(a, b) for a, b in spans if b > a]  # a slot inside the hour that a clock change skips has no length
        opens += [a for a, _ in spans]
        closes += [b for _, b in spans]
        n += bool(spans)
        working.append(n)
        last_close.append(spans[-1][1] if spans else MISSING)
        day += timedelta(days=1)
    midnights.append(_microseconds(day, 0, zone))
    return Calendar(spec, *(np.array(x, np.int64) for x in (opens, closes, midnights, working, last_close)))


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


def _microseconds(day: date, minutes: int, zone: ZoneInfo) -> int:
    local = datetime.combine(day + timedelta(days=minutes // 1440), time(minutes % 1440 // 60, minutes % 60), zone)
    return int(local.astimezone(UTC).timestamp()) * MICROSECONDS
