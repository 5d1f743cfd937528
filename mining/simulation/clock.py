"""Business calendars as open intervals: when is the service open, and how long was it open between two moments?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

from mining.blueprint.model import CalendarSpec
from mining.units import Duration

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER = 2**62
AROUND = 3 * 3600  # a change of the clocks this close to a day may repeat or skip a part of it


class OutOfCoverageError(Exception):
    """A moment the calendar says nothing about. Internal: the case is drawn again."""


class BusinessCalendar:
    """A calendar of a blueprint, unrolled over its coverage.

    All moments are whole seconds since 1970-01-01 UTC. A working day is a day with open hours.
    """

    def __init__(self, spec: CalendarSpec) -> None:
        self.id = spec.id
        self.zone = ZoneInfo(spec.tz)
        self.first, self.last = (date.fromisoformat(x) for x in spec.coverage)
        week = _week(spec)
        by_day = {day: self._spans(day, _hours(spec, week, day)) for day in _days(self.first, self.last)}
        spans = sorted(span for day in by_day.values() for span in day)
        self.opens, self.closes = [lo for lo, _ in spans], [hi for _, hi in spans]
        self.before = [0, *accumulate(hi - lo for lo, hi in spans)]
        self.days = [day for day, found in by_day.items() if found]
        self.day_ends = [found[-1][1] for found in by_day.values() if found]

    def _spans(self, day: date, hours: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Open spans of a day. Near a change of the clocks its minutes are walked one by one, reading the clock at each."""
        begin, end = self.at(day, 0) - AROUND, self.at(day, 1440) + AROUND
        if self.local(begin).utcoffset() == self.local(end).utcoffset():
            return [(self.at(day, lo), self.at(day, hi)) for lo, hi in hours]
        spans: list[tuple[int, int]] = []
        for minute in range(begin, end, 60):
            shown = self.local(minute)
            clock = 60 * shown.hour + shown.minute
            if shown.date() != day or not any(lo <= clock < hi for lo, hi in hours):
                continue
            if spans and spans[-1][1] == minute:
                spans[-1] = spans[-1][0], minute + 60
            else:
                spans.append((minute, minute + 60))
        return spans

    def at(self, day: date, minutes: int) -> int:
        """The moment so many minutes after midnight of a day, on the clock of the zone."""
        day, minutes = (day + timedelta(1), 0) if minutes == 1440 else (day, minutes)
        return int(datetime.combine(day, time(minutes // 60, minutes % 60), self.zone).timestamp())

    @cached_property
    def covered(self) -> tuple[int, int]:
        """First and last second the calendar answers for."""
        return self.at(self.first, 0), self.at(self.last, 1440)

    def _inside(self, moment: int) -> None:
        if not self.covered[0] <= moment <= self.covered[1]:
            raise OutOfCoverageError

    def local(self, moment: int) -> datetime:
        """The moment on the clock of the calendar's zone."""
        return datetime.fromtimestamp(moment, self.zone)

    def open_until(self, moment: int) -> int:
        """Open seconds from the begin of coverage to the moment."""
        self._inside(moment)
        i = bisect_right(self.opens, moment)
        return self.before[i] - (max(0, self.closes[i - 1] - moment) if i else 0)

    def open_between(self, begin: int, end: int) -> int:
        """Open seconds between two moments."""
        return self.open_until(end) - self.open_until(begin)

    def add(self, moment: int, seconds: int) -> int:
        """The first moment inside open hours by which ``seconds`` more open seconds have passed."""
        total = self.open_until(moment) + seconds
        i = bisect_right(self.before, total) - 1
        if i >= len(self.opens):
            raise OutOfCoverageError
        return self.opens[i] + total - self.before[i]

    def room(self, moment: int) -> int:
        """Open seconds left in the slot that holds the moment; 0 outside open hours."""
        i = bisect_right(self.opens, moment) - 1
        return max(0, self.closes[i] - moment) if i >= 0 else 0

    def next_slot(self, moment: int) -> int:
        """Begin of the first slot after the moment."""
        i = bisect_right(self.opens, moment)
        if i >= len(self.opens):
            raise OutOfCoverageError
        return self.opens[i]

    def working_days(self, begin: int, end: int) -> int:
        """Working days after the day of ``begin``, up to and including the day of ``end``."""
        self._inside(begin)
        self._inside(end)
        return bisect_right(self.days, self.local(end).date()) - bisect_right(self.days, self.local(begin).date())

    def due(self, begin: int, days: int) -> int:
        """End of office hours of the n-th working day after the day of ``begin`` (0: that day, or the one before).

        A due moment after the coverage is later than everything the calendar answers for: ``NEVER``.
        """
        self._inside(begin)
        i = bisect_right(self.days, self.local(begin).date()) + days - 1
        if i < 0:
            raise OutOfCoverageError
        return self.day_ends[i] if i < len(self.days) else NEVER

    def is_working_day(self, day: date) -> bool:
        """Whether the day has open hours."""
        i = bisect_left(self.days, day)
        return i < len(self.days) and self.days[i] == day


def seconds_between(unit: str, begin: int, end: int, calendar: BusinessCalendar | None) -> int:
    """Length in seconds: open seconds for the unit ``bh``, elapsed seconds for every other unit."""
    if unit == "bh" and calendar is not None:
        return calendar.open_between(begin, end)
    return end - begin


def deadline(length: Duration, begin: int, calendar: BusinessCalendar | None, *, more_days: int = 0) -> int:
    """The last moment that is still within ``length`` (a number of working days) of ``begin``."""
    assert calendar is not None, "the loader refuses working days without a calendar"
    return calendar.due(begin, int(length.amount) + more_days)


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(n)


def _week(spec: CalendarSpec) -> dict[int, list[tuple[int, int]]]:
    week: dict[int, list[tuple[int, int]]] = {}
    for key, texts in spec.week.items():
        names = key.split("-")
        slots = [(_minutes(lo), _minutes(hi)) for lo, hi in (text.split("-") for text in texts)]
        first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
        for day in range(first, last + 1 if first <= last else last + 8):
            week[day % 7] = sorted([*week.get(day % 7, []), *slots])
    return week


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _hours(spec: CalendarSpec, week: dict[int, list[tuple[int, int]]], day: date) -> list[tuple[int, int]]:
    name = day.isoformat()
    if name in spec.extra_workdays:
        return week.get(WEEKDAYS.index(spec.extra_workdays[name]), [])
    return [] if name in spec.closed else week.get(day.weekday(), [])
