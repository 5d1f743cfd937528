"""The days of a log: which of them can stand for which day, who arrived and who was at work on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from mining.calendars import Calendar, LocalClock
from mining.units import MISSING
from mining.what_if.clock import DAY, MONDAY, ranges, to_utc
from mining.what_if.engine import Staffing
from mining.what_if.people import UNLIMITED, Duty, Profiles, profiles_of

if TYPE_CHECKING:
    from mining.study import Study

WHOLE_WEEKS = 3  # from so many on, the first and the last day of a log, which are parts of days, stand for no other


@dataclass(frozen=True, eq=False)
class Days:
    """The observed days.

    Attributes
    ----------
    clock : LocalClock
    calendar : Calendar or None
        The first calendar of the blueprint: a day on which it is closed is another kind of day.
    first : int
        Number of the first day (since 1970-01-01, local clock).
    usable : int64 array
        Numbers of the days, from ``first``, that can stand for others.
    arrivals : int64 array
        First moments of all cases, local clock, sorted.
    profiles : Profiles
        People at work, day by day.
    limited : bool array of shape (n_pools + 1,)
        The last one is everybody: whether the service is open.
    """

    clock: LocalClock
    calendar: Calendar | None
    first: int
    usable: np.ndarray
    arrivals: np.ndarray
    profiles: Profiles
    limited: np.ndarray

    def utc(self, local: np.ndarray) -> np.ndarray:
        """Microseconds UTC of moments of the local clock (of an hour that the clocks repeat, the later one)."""
        return to_utc(self.clock, local)

    def kind(self, days: np.ndarray) -> np.ndarray:
        """Weekday from 0 for Monday, plus 7 where the calendar is closed; days are numbers since 1970-01-01."""
        weekday = (days + MONDAY) % 7
        if self.calendar is None:
            return np.asarray(weekday)
        noon = self.utc(days * DAY + DAY // 2)
        closed = self.calendar.covers(noon)
        at = self.calendar.day(np.where(closed, noon, self.calendar.begin))
        return np.asarray(weekday + 7 * (closed & (self.calendar.last_close[at] == MISSING)))

    def drawn(self, days: np.ndarray, chance: np.random.Generator) -> np.ndarray:
        """For each day (number since 1970-01-01) an observed one of its kind, as a number from ``first``.

        Of a kind that was never observed, any day on which the calendar is closed stands for a closed one, else any of the weekday.
        Each observed day has a weight of its own in each run (Bayesian bootstrap, Rubin 1981).
        """
        weight = chance.exponential(size=len(self.usable))
        u = chance.random(len(days))
        of, wanted = self.kind(self.usable + self.first), self.kind(days)
        found = np.empty(len(days), np.int64)
        for kind in np.unique(wanted).tolist():
            alike = of == kind
            if not alike.any():
                alike = (of >= 7) if kind >= 7 and (of >= 7).any() else of % 7 == kind % 7
            pool = np.flatnonzero(alike if alike.any() else np.ones(len(of), bool))
            rows = np.flatnonzero(wanted == kind)
            total = np.cumsum(weight[pool])
            place = np.searchsorted(total, u[rows] * total[-1], side="right")
            found[rows] = self.usable[pool[np.minimum(place, len(pool) - 1)]]
        return found

    def arrivals_on(self, days: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """The arrivals of the days drawn, moved to the days that they stand for; local clock, sorted."""
        begin = (drawn + self.first) * DAY
        low, high = np.searchsorted(self.arrivals, begin), np.searchsorted(self.arrivals, begin + DAY)
        rows, of = ranges(low, high)
        return np.sort(self.arrivals[rows] - begin[of] + days[of] * DAY)

    def staffing_on(self, days: np.ndarray, drawn: np.ndarray) -> Staffing:
        """People at work on the days drawn, moved to the days that they stand for (local clock)."""
        p, n = self.profiles, len(self.limited)
        day = np.clip(drawn + self.first - p.first, 0, p.n_days - 1)
        place = (np.arange(n)[:, None] * p.n_days + day[None, :]).ravel()
        rows, of = ranges(p.offsets[place], p.offsets[place + 1])
        pool = of // max(len(days), 1)
        at = p.at[rows] + days[of % max(len(days), 1)] * DAY
        people = np.where(self.limited[pool], p.people[rows], np.minimum(p.people[rows], 1) * UNLIMITED)
        return Staffing(np.searchsorted(pool, np.arange(n + 1)).astype(np.int64), at, people)


def days_of(study: Study, duty: Duty, arrivals: np.ndarray, until: int) -> Days:
    """The days of a study from its first arrival to a moment."""
    zone = ZoneInfo(study.blueprint.tz)
    begin, end = int(arrivals.min()), max(until, int(arrivals.max()))
    low, high = (date.fromordinal(date(1970, 1, 1).toordinal() + t // DAY) for t in (begin, end))
    clock = LocalClock.of(zone, low.replace(year=low.year - 1, day=1), high.replace(year=high.year + 2, day=1))
    local = np.sort(clock.local(arrivals))
    first, last = int(local[0]) // DAY, int(clock.local(np.array([end]))[0]) // DAY
    usable = np.arange(last - first + 1)
    if len(usable) > 7 * WHOLE_WEEKS:
        usable = usable[1:-1]
    profiles = profiles_of(duty, clock.local(duty.begin), clock.local(duty.end), first, last)
    calendar = next(iter(study.calendars.values()), None)
    return Days(clock, calendar, first, usable, local, profiles, np.append(duty.limited, False))
