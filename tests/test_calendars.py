"""Business time against hand-computed cases and a counter that walks minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mining import BlueprintError
from mining.blueprint.model import CalendarSpec
from mining.calendars import DAYS, calendar_of
from mining.conformance.durations import TINY, Clock, measure, overdue, stops
from mining.simulation.clock import NEVER, BusinessCalendar
from mining.units import MISSING
from tests.examples import examples

AMSTERDAM = CalendarSpec(
    "office",
    "Europe/Amsterdam",
    {"mon-fri": ("08:30-12:30", "13:00-17:00")},
    ("2026-01-01", "2026-12-31"),
    closed=("2026-04-06", "2026-12-25"),
)
SHANGHAI = CalendarSpec(
    "clinic",
    "Asia/Shanghai",
    {"mon-fri": ("08:00-12:00", "13:30-17:30")},
    ("2026-01-01", "2026-12-31"),
    closed=("2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23"),
    extra_workdays={"2026-02-14": "mon", "2026-02-28": "mon"},
)
NIGHT = CalendarSpec("always", "Europe/Amsterdam", {"mon-sun": ("00:00-24:00",)}, ("2026-01-01", "2026-12-31"))


def at(text, zone="Europe/Amsterdam"):
    return np.array([int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000])


def hours(spec, start, end, zone="Europe/Amsterdam"):
    return float(calendar_of(spec).open_seconds(at(start, zone), at(end, zone))[0]) / 3600


def test_over_a_weekend_only_office_hours_count():
    # Friday 16:00-17:00 is 1 h, Monday 08:30-09:30 is 1 h
    assert hours(AMSTERDAM, "2026-03-06 16:00", "2026-03-09 09:30") == 2.0


def test_the_lunch_break_does_not_count():
    assert hours(AMSTERDAM, "2026-03-02 12:00", "2026-03-02 13:30") == 1.0


def test_clocks_going_forward_make_the_night_shorter_and_back_longer():
    assert hours(NIGHT, "2026-03-29 00:00", "2026-03-30 00:00") == 23.0
    assert hours(NIGHT, "2026-10-25 00:00", "2026-10-26 00:00") == 25.0
    # office hours are local, so the change does not touch them: Friday 16-17 and Monday 08:30-09:30
    assert hours(AMSTERDAM, "2026-03-27 16:00", "2026-03-30 09:30") == 2.0


def shop(zone, year, *slots, week="mon-sun", **more):
    return CalendarSpec("shop", zone, {week: slots}, (f"{year}-01-01", f"{year}-12-31"), **more)


FORWARD, BACK = ("2026-03-29 00:00", "2026-03-30 00:00"), ("2026-10-25 00:00", "2026-10-26 00:00")


@pytest.mark.parametrize(
    ("zone", "slot", "day", "open_hours"),
    [
        # Amsterdam: 02:00 becomes 03:00 on 29 March; 03:00 becomes 02:00 on 25 October, so 02:00-03:00 comes twice
        ("Europe/Amsterdam", "00:00-02:30", FORWARD, 2.0),
        ("Europe/Amsterdam", "02:30-05:00", FORWARD, 2.0),
        ("Europe/Amsterdam", "02:15-02:45", FORWARD, 0.0),
        ("Europe/Amsterdam", "00:00-02:30", BACK, 3.0),  # 00:00-02:30 and once more 02:00-02:30
        ("Europe/Amsterdam", "02:30-05:00", BACK, 3.0),  # 02:30-03:00, and again with the rest to 05:00
        ("Europe/Amsterdam", "02:15-02:45", BACK, 1.0),
        ("Europe/Amsterdam", "00:00-02:00", BACK, 2.0),  # bounds of the hour itself
        ("Europe/Amsterdam", "03:00-05:00", BACK, 2.0),
        # New York: 02:00 becomes 03:00 on 8 March; 02:00 becomes 01:00 on 1 November
        ("America/New_York", "01:30-02:30", ("2026-03-08 00:00", "2026-03-09 00:00"), 0.5),
        ("America/New_York", "01:30-02:30", ("2026-11-01 00:00", "2026-11-02 00:00"), 1.5),
        # Lord Howe moves by half an hour: 02:00 becomes 01:30 on 5 April, 02:00 becomes 02:30 on 4 October
        ("Australia/Lord_Howe", "01:00-01:45", ("2026-04-05 00:00", "2026-04-06 00:00"), 1.0),
        ("Australia/Lord_Howe", "01:45-03:00", ("2026-04-05 00:00", "2026-04-06 00:00"), 1.5),
        ("Australia/Lord_Howe", "01:00-02:15", ("2026-10-04 00:00", "2026-10-05 00:00"), 1.0),
    ],
)
def test_a_slot_bound_in_the_hour_of_the_change_is_read_from_the_local_clock(zone, slot, day, open_hours):
    spec = shop(zone, 2026, slot)
    assert hours(spec, *day, zone) == open_hours
    begin, end = (int(at(text, zone)[0]) // 1_000_000 for text in day)
    assert BusinessCalendar(spec).open_between(begin, end) == 3600 * open_hours


def test_two_slots_in_the_repeated_hour_alternate():
    # 25 October: 01:30-02:15 and 02:30-03:00 are open 01:30-02:15, 02:30-03:00, 02:00-02:15, 02:30-03:00
    spec = shop("Europe/Amsterdam", 2026, "01:30-02:15", "02:30-03:00")
    assert hours(spec, *BACK) == 2.0
    first, last = at("2026-10-25 00:00"), at("2026-10-25 02:15")  # the first 02:15, still in summer time
    assert calendar_of(spec).open_seconds(first, last)[0] == 45 * 60
    assert calendar_of(spec).open_seconds(first, last + 3_600_000_000)[0] == (45 + 30 + 15) * 60
    assert due(spec, "2026-10-24 12:00", 1) == "2026-10-25 03:00"


def test_a_day_whose_only_hours_are_skipped_is_no_working_day():
    spec = shop("Europe/Amsterdam", 2026, "02:00-03:00")
    assert due(spec, "2026-03-28 12:00", 1) == "2026-03-30 03:00"
    begin, end = (int(at(text)[0]) // 1_000_000 for text in ("2026-03-28 12:00", "2026-03-30 03:00"))
    assert BusinessCalendar(spec).due(begin, 1) == end
    # Samoa skipped 30 December 2011 as a whole
    samoa = shop("Pacific/Apia", 2011, "09:00-17:00")
    assert hours(samoa, "2011-12-29 00:00", "2011-12-31 12:00", "Pacific/Apia") == 8.0 + 3.0
    assert due(samoa, "2011-12-29 10:00", 1, "Pacific/Apia") == "2011-12-31 17:00"


def test_an_hour_that_falls_back_over_midnight_belongs_to_the_day_it_shows():
    # St. John's: on Sunday 7 November 2010 at 00:01 the clocks went back to Saturday 23:01
    spec = shop("America/St_Johns", 2010, "09:00-23:30")
    saturday = at("2010-11-06 00:00", spec.tz)
    again = saturday + 24 * 3_600_000_000 + 30 * 60_000_000  # shows 23:30 for the second time
    assert calendar_of(spec).day(again)[0] == calendar_of(spec).day(saturday)[0]
    assert calendar_of(spec).open_seconds(saturday, again)[0] == 15 * 3600 - 60  # 09:00-23:30 and 23:01-23:30


def test_office_days_and_hours_pass_over_a_change_of_the_clocks():
    assert due(AMSTERDAM, "2026-03-27 18:30", 5) == "2026-04-03 17:00"
    assert due(AMSTERDAM, "2026-10-23 18:30", 5) == "2026-10-30 17:00"
    # one office hour used by Monday 09:30; a round-the-clock service counts 64.5 h and 66.5 h instead of 65.5
    assert hours(AMSTERDAM, "2026-10-23 16:00", "2026-10-26 09:30") == 2.0
    assert hours(NIGHT, "2026-03-27 16:00", "2026-03-30 09:30") == 64.5
    assert hours(NIGHT, "2026-10-23 16:00", "2026-10-26 09:30") == 66.5


def test_a_day_range_may_go_over_the_end_of_the_week():
    spec = shop("Europe/Amsterdam", 2026, "10:00-12:00", week="sat-mon")
    assert hours(spec, "2026-03-06 00:00", "2026-03-13 00:00") == 6.0  # Saturday 7th to Monday 9th
    assert BusinessCalendar(spec).open_between(*(int(at(f"2026-03-{d} 00:00")[0] / 1e6) for d in ("06", "13"))) == 21600


def test_hours_of_a_day_named_twice_add_up():
    spec = CalendarSpec(
        "x", "UTC", {"mon-fri": ("09:00-12:00",), "thu": ("17:00-20:00",)}, ("2026-03-02", "2026-03-08")
    )
    assert hours(spec, "2026-03-02 00:00", "2026-03-09 00:00", "UTC") == 18.0
    assert BusinessCalendar(spec).before[-1] == 18 * 3600


def test_a_day_both_closed_and_made_up_for_is_open():
    spec = shop(
        "Asia/Shanghai", 2026, "09:00-17:00", week="mon", closed=("2026-02-28",), extra_workdays={"2026-02-28": "mon"}
    )
    assert hours(spec, "2026-02-28 00:00", "2026-03-01 00:00", spec.tz) == 8.0


def test_a_make_up_saturday_has_the_hours_of_its_day():
    assert hours(SHANGHAI, "2026-02-14 08:00", "2026-02-14 18:00", "Asia/Shanghai") == 8.0
    # 13 Feb 16:30 to 24 Feb 09:00: Friday 1 h, Saturday 8 h, holidays 0, Tuesday 24 Feb 1 h
    assert hours(SHANGHAI, "2026-02-13 16:30", "2026-02-24 09:00", "Asia/Shanghai") == 10.0


def due(spec, start, days, zone="Europe/Amsterdam"):
    found = calendar_of(spec).due(at(start, zone), np.array([days]))[0]
    return datetime.fromtimestamp(found / 1e6, ZoneInfo(spec.tz)).strftime("%Y-%m-%d %H:%M")


def test_five_working_days_from_a_friday_evening_end_on_the_friday_after():
    assert due(AMSTERDAM, "2026-03-06 18:30", 5) == "2026-03-13 17:00"


def test_working_days_skip_holidays_and_count_make_up_days():
    assert due(AMSTERDAM, "2026-04-03 10:00", 1) == "2026-04-07 17:00"  # Easter Monday is closed
    assert (
        due(SHANGHAI, "2026-02-13 10:00", 2, "Asia/Shanghai") == "2026-02-24 17:30"
    )  # Saturday 14th counts as the first


@pytest.mark.parametrize(
    ("end", "days"),
    [
        ("2026-03-02 16:00", 0),
        ("2026-03-02 20:00", 0),
        ("2026-03-03 09:00", 1),
        ("2026-03-03 17:00", 1),  # the end of office hours belongs to the day
        ("2026-03-03 17:01", 2),
        ("2026-03-03 18:00", 2),
        ("2026-03-07 12:00", 5),
        ("2026-03-09 08:00", 5),
    ],
)
def test_working_days_used_are_those_whose_end_is_not_passed(end, days):
    # from Monday 2 March 10:00; an end after office hours, or on a Saturday, falls into the next working day
    measured, _ = measure(Clock("bd", calendar_of(AMSTERDAM)), at("2026-03-02 10:00"), at(end), 1)
    assert measured[0] == days


def test_excess_over_working_days_is_open_time_after_the_due_moment():
    # due Tuesday 17:00; Wednesday 09:30 is one open hour later
    _, excess = measure(Clock("bd", calendar_of(AMSTERDAM)), at("2026-03-02 10:00"), at("2026-03-04 09:30"), 1)
    assert excess[0] == 3600.0


def test_a_clock_stop_over_a_holiday_takes_out_only_its_working_days():
    calendar = calendar_of(AMSTERDAM)
    start, end = at("2026-04-01 10:00"), at("2026-04-09 16:00")  # Wed; due 1 + 3 = Tue 7 April (Easter Monday closed)
    _, late = measure(Clock("bd", calendar), start, end, 3)
    stopped = stops(
        np.array([0]), at("2026-04-02 09:00"), at("2026-04-08 09:00"), start, end
    )  # Fri, Tue, Wed do not count
    measured, excess = measure(Clock("bd", calendar), start, end, 3, stopped)
    assert late[0] > 0
    assert (measured[0], excess[0] <= 0) == (2.0, True)


def stopped_between(start, end, *spans, zone="Europe/Amsterdam"):
    low, high = (np.concatenate([at(text, zone) for text in side]) for side in zip(*spans, strict=True))
    return stops(np.zeros(len(spans), np.int64), low, high, start, end)


def test_a_clock_stop_over_a_holiday_takes_out_only_open_hours():
    # Thursday 15-17 is 2 h, Friday 8 h, Easter Monday closed, Tuesday 08:30-11 is 2.5 h: 12.5 h
    start, end = at("2026-04-02 15:00"), at("2026-04-07 11:00")
    # from Friday noon (0.5 h and 4 h) to Tuesday 10:00 (1.5 h) 6 h do not count
    stopped = stopped_between(start, end, ("2026-04-03 12:00", "2026-04-07 10:00"))
    clock = Clock("bh", calendar_of(AMSTERDAM))
    assert measure(clock, start, end, 10)[0][0] == 12.5
    measured, excess = measure(clock, start, end, 6, stopped)
    assert (measured[0], excess[0]) == (6.5, 1800.0)


def test_a_clock_stop_over_the_spring_festival_with_its_make_up_saturday():
    calendar, zone = calendar_of(SHANGHAI), "Asia/Shanghai"
    start, end = at("2026-02-13 10:00", zone), at("2026-02-25 10:00", zone)
    stopped = stopped_between(start, end, ("2026-02-14 09:00", "2026-02-24 09:00"), zone=zone)
    # Friday 10-12 and 13:30-17:30, Saturday 8-9, Tuesday 24th 9-12 and 13:30-17:30, Wednesday 8-10
    assert measure(Clock("bh", calendar), start, end, 1, stopped)[0][0] == 6 + 1 + 7 + 2
    # the working days after Friday are Saturday 14th, 24th and 25th; the 24th does not count
    assert measure(Clock("bd", calendar), start, end, 1)[0][0] == 3.0
    assert measure(Clock("bd", calendar), start, end, 1, stopped)[0][0] == 2.0


def test_stops_within_a_day_cost_hours_but_no_working_day():
    calendar = calendar_of(AMSTERDAM)
    start, end = at("2026-03-02 10:00"), at("2026-03-05 10:00")
    half_days = ("2026-03-03 08:30", "2026-03-03 12:30"), ("2026-03-04 13:00", "2026-03-04 17:00")
    stopped = stopped_between(start, end, *half_days)
    assert measure(Clock("bd", calendar), start, end, 1, stopped)[0][0] == 3.0
    # Monday 6.5 h, Tuesday and Wednesday 4 h each, Thursday 1.5 h
    assert measure(Clock("bh", calendar), start, end, 1, stopped)[0][0] == 16.0
    over_night = stopped_between(start, end, ("2026-03-03 16:00", "2026-03-04 09:00"))
    assert measure(Clock("bd", calendar), start, end, 1, over_night)[0][0] == 2.0


def test_overlapping_clock_stops_count_once():
    start, end = at("2026-03-02 09:00"), at("2026-03-02 17:00")
    of = np.zeros(2, np.int64)
    both = stops(
        of,
        np.r_[at("2026-03-02 10:00"), at("2026-03-02 11:00")],
        np.r_[at("2026-03-02 12:00"), at("2026-03-02 14:00")],
        start,
        end,
    )
    measured, _ = measure(Clock("h", None), start, end, 10, both)
    assert measured[0] == 4.0  # eight hours without 10 to 14


def test_outside_the_coverage_there_is_no_answer():
    assert np.isnan(hours(AMSTERDAM, "2025-12-31 10:00", "2026-01-05 10:00"))
    assert calendar_of(AMSTERDAM).due(at("2026-12-30 10:00"), np.array([5]))[0] == MISSING


def test_an_end_inside_the_coverage_is_in_time_when_the_due_day_lies_beyond_it():
    measured, excess = measure(Clock("bd", calendar_of(AMSTERDAM)), at("2026-12-30 10:00"), at("2026-12-31 10:00"), 5)
    assert (measured[0], excess[0]) == (1.0, -np.inf)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tz": "Europe/Atlantis"}, "unknown time zone 'Europe/Atlantis'"),
        ({"coverage": ("2026-02-01", "2026-01-01")}, "ends .* before it begins"),
        ({"coverage": ("2026-02-30", "2026-12-31")}, "'2026-02-30' is not a date"),
        ({"coverage": ("1850-01-01", "1850-12-31")}, "must lie between 1900 and 2199"),
        ({"coverage": ("9999-01-01", "9999-12-31")}, "must lie between 1900 and 2199"),
        ({"tz": "Pacific/Apia", "coverage": ("2011-12-30", "2011-12-30")}, "skip the whole coverage"),
        ({"week": {"mon": ("09:00-12:00", "11:00-14:00")}}, "the hours of mon overlap"),
        ({"week": {"mon": ("17:00-09:00",)}}, "ends before it begins"),
    ],
)
def test_an_impossible_calendar_is_refused(change, message):
    with pytest.raises(BlueprintError, match=message):
        calendar_of(CalendarSpec(**(vars(AMSTERDAM) | change)))


def minutes_open(spec, start, end):
    """Open minutes between two whole minutes, counted one by one."""
    zone, total, t = ZoneInfo(spec.tz), 0, start
    while t < end:
        local = t.astimezone(zone)
        day = spec.extra_workdays.get(local.date().isoformat())
        weekday = DAYS.index(day) if day else local.weekday()
        shut = day is None and local.date().isoformat() in spec.closed
        slots = [] if shut else [slot for days, given in spec.week.items() if weekday in _span(days) for slot in given]
        clock = local.strftime("%H:%M")
        total += any(a <= clock < b for a, b in (slot.split("-") for slot in slots))
        t += timedelta(minutes=1)
    return total


def _span(days):
    first, _, last = days.partition("-")
    i, j = DAYS.index(first), DAYS.index(last or first)
    return {k % 7 for k in range(i, j + 1 if i <= j else j + 8)}


CHANGE_DAYS = st.sampled_from(
    [date(2026, 3, 27), date(2026, 10, 23), date(2026, 2, 13), date(2026, 4, 3), date(2026, 6, 1)]
)


@settings(deadline=None, max_examples=examples(60))
@given(st.sampled_from([AMSTERDAM, SHANGHAI, NIGHT]), CHANGE_DAYS, st.integers(0, 1440 * 3), st.integers(0, 1440 * 3))
def test_open_time_equals_a_count_of_minutes(spec, day, offset, length):
    start = datetime.combine(day, time(0), UTC) + timedelta(minutes=offset)
    end = start + timedelta(minutes=length)
    found = calendar_of(spec).open_seconds(*(np.array([int(t.timestamp()) * 1_000_000]) for t in (start, end)))
    assert found[0] == 60 * minutes_open(spec, start, end)


@settings(deadline=None, max_examples=examples(60))
@given(CHANGE_DAYS, st.integers(0, 1440 * 5), st.integers(1, 8))
def test_the_due_day_is_the_nth_working_day_counted_one_by_one(day, offset, n):
    start = datetime.combine(day, time(0), UTC) + timedelta(minutes=offset)
    local, left = start.astimezone(ZoneInfo(SHANGHAI.tz)).date(), n
    while left:
        local += timedelta(days=1)
        text = local.isoformat()
        left -= text in SHANGHAI.extra_workdays or (text not in SHANGHAI.closed and local.weekday() < 5)
    assert due(SHANGHAI, start.strftime("%Y-%m-%d %H:%M"), n, "UTC") == f"{local} 17:30"


def test_time_over_the_limit_is_by_the_clock_from_the_moment_it_was_reached():
    # four office hours from Friday 16:00 are used up on Monday 11:30; done Monday 13:30, half of it lunch
    clock = Clock("bh", calendar_of(AMSTERDAM))
    _, excess = measure(clock, at("2026-03-06 16:00"), end := at("2026-03-09 13:30"), 4)
    assert excess[0] == 1.5 * 3600
    assert overdue(clock, end, excess)[0] == 2 * 3600
    # due Tuesday 17:00, done Wednesday 09:30: one office hour, 16.5 hours by the clock
    clock = Clock("bd", calendar_of(AMSTERDAM))
    _, excess = measure(clock, at("2026-03-02 10:00"), end := at("2026-03-04 09:30"), 1)
    assert overdue(clock, end, excess)[0] == 16.5 * 3600


# --- any calendar, against minutes walked one by one -------------------------------------------------------------------

CHANGES = {
    "Europe/Amsterdam": ("2026-03-29", "2026-10-25", "2026-06-10"),
    "America/New_York": ("2026-03-08", "2026-11-01", "2026-07-04"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04", "2026-01-10"),  # by half an hour
    "Asia/Shanghai": ("1990-04-15", "1990-09-16", "2026-02-14"),  # the last but one summer time there was
    "Asia/Kathmandu": ("1986-01-01", "2026-10-20"),  # a quarter of an hour, at midnight
}
MINUTE = 60_000_000


@st.composite
def slots(draw):
    """Hours of a day to the quarter, many of them about the hour of the change."""
    quarters = st.integers(0, 96) | st.integers(3, 15)
    bounds = sorted(draw(st.lists(quarters, min_size=2, max_size=6, unique=True)))
    text = [f"{q // 4:02}:{q % 4 * 15:02}" for q in bounds]
    return tuple(f"{a}-{b}" for a, b in list(pairwise(text))[::2])


@st.composite
def calendars(draw):
    """A calendar of two weeks about a change of the clocks."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    middle = date.fromisoformat(draw(st.sampled_from(CHANGES[zone])))
    days = [(middle + timedelta(days=n)).isoformat() for n in range(-7, 8)]
    ranges = draw(st.sampled_from([("mon-sun",), ("mon-fri",), ("mon-fri", "sat"), ("sat-mon", "wed"), ("fri-tue",)]))
    closed = draw(st.lists(st.sampled_from(days), max_size=4, unique=True))
    extra = draw(st.dictionaries(st.sampled_from(days), st.sampled_from(DAYS), max_size=2))
    week = {name: draw(slots()) for name in ranges}
    return CalendarSpec("any", zone, week, (days[0], days[-1]), tuple(closed), extra)


class Walked:
    """Every minute of a calendar's coverage: when it begins, whether it is open, and which local day it shows."""

    def __init__(self, spec):
        zone = ZoneInfo(spec.tz)
        self.first, last = (date.fromisoformat(x) for x in spec.coverage)
        days = [self.first + timedelta(days=n) for n in range((last - self.first).days + 1)]
        hours = {day: self.hours(spec, day) for day in days}
        t = int(datetime.combine(self.first, time(0), UTC).timestamp()) - 86_400
        self.begin, self.is_open, self.day = [], [], []
        while (local := datetime.fromtimestamp(t, zone)).date() <= last:
            day = local.date()
            if day in hours:
                clock = local.hour, local.minute
                self.begin.append(t * 1_000_000)
                self.is_open.append(any(a <= clock < b for a, b in hours[day]))
                self.day.append((day - self.first).days)
            t += 60
        self.begin.append(t * 1_000_000)
        self.working = sorted({day for day, is_open in zip(self.day, self.is_open, strict=True) if is_open})

    @staticmethod
    def hours(spec, day):
        """The day's hours as pairs of (hour, minute)."""
        name = day.isoformat()
        if name in spec.closed and name not in spec.extra_workdays:
            return []
        weekday = DAYS.index(spec.extra_workdays.get(name, DAYS[day.weekday()]))
        slots = [slot for days, given in spec.week.items() if weekday in _span(days) for slot in given]
        return [[tuple(map(int, clock.split(":"))) for clock in slot.split("-")] for slot in slots]

    def minutes(self, i, j):
        """Open minutes from the i-th to before the j-th."""
        return sum(self.is_open[i:j])

    def days(self, i, j):
        """Working days after the day of the i-th minute, to the day of the j-th."""
        return sum(self.day[i] < day <= self.day[j] for day in self.working)

    def close(self, day):
        """Number of the minute at which the day's hours are over; -1 on a day without."""
        return max((k + 1 for k, is_open in enumerate(self.is_open) if is_open and self.day[k] == day), default=-1)


@st.composite
def measurements(draw):
    """A calendar, its minutes, a span in it as numbers of minutes, and clock stops, some of them overlapping."""
    spec = draw(calendars())
    walked = Walked(spec)
    assume(walked.working)
    edges = [k + 1 for k, (a, b) in enumerate(pairwise(walked.is_open)) if a != b]  # where it opens or closes
    minute = st.integers(0, len(walked.day) - 1) | st.sampled_from(edges or [0])
    start, end = sorted((draw(minute), draw(minute)))
    spans = draw(st.lists(st.tuples(minute, minute).map(sorted), max_size=4))
    return spec, walked, start, end, spans


def test_minutes_are_walked_right():
    """The counter itself, on numbers counted by hand: the fifteen days have 24 hours each, but for one of 25."""
    around = ("2026-10-18", "2026-11-01")
    walked = Walked(CalendarSpec("x", "Europe/Amsterdam", {"sun": ("00:00-02:30",)}, around))
    assert len(walked.day) == (15 * 24 + 1) * 60
    assert sum(walked.is_open) == (150 + 180 + 150)
    assert walked.working == [0, 7, 14]


@settings(deadline=None, max_examples=examples(60))
@given(measurements())
def test_open_time_of_any_calendar_equals_a_count_of_minutes(made):
    spec, walked, i, j, _ = made
    calendar, other = calendar_of(spec), BusinessCalendar(spec)
    start, end = np.array([walked.begin[i]]), np.array([walked.begin[j]])
    assert calendar.open_seconds(start, end)[0] == 60 * walked.minutes(i, j)
    assert other.open_between(walked.begin[i] // 1_000_000, walked.begin[j] // 1_000_000) == 60 * walked.minutes(i, j)
    assert calendar.working_days(start, end)[0] == walked.days(i, j)
    assert (calendar.begin, calendar.end) == (walked.begin[0], walked.begin[-1])
    assert [calendar.day(np.array([t]))[0] for t in (start[0], end[0])] == [walked.day[i], walked.day[j]]
    back = calendar.back(end, np.array([60.0 * walked.minutes(i, j)]))[0]
    at_minute = walked.begin.index(back)
    assert walked.minutes(at_minute, j) == walked.minutes(i, j)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(60))
@given(measurements(), st.integers(1, 60))
def test_open_hours_without_clock_stops_equal_a_count_of_minutes(made, limit):
    spec, walked, i, j, spans = made
    start, end = np.array([walked.begin[i]]), np.array([walked.begin[j]])
    low, high = (np.array([walked.begin[span[side]] for span in spans], np.int64) for side in (0, 1))
    stopped = stops(np.zeros(len(spans), np.int64), low, high, start, end)
    counted = sum(walked.is_open[k] and not any(a <= k < b for a, b in spans) for k in range(i, j))
    measured, excess = measure(Clock("bh", calendar_of(spec)), start, end, limit, stopped)
    assert measured[0] * 60 == pytest.approx(counted)
    assert excess[0] == 60 * counted - 3600 * limit


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(100))
@given(measurements(), st.integers(1, 6))
def test_working_days_without_clock_stops_equal_a_count_of_days(made, limit):
    spec, walked, i, j, spans = made
    start, end = np.array([walked.begin[i]]), np.array([walked.begin[j]])
    low, high = (np.array([walked.begin[span[side]] for span in spans], np.int64) for side in (0, 1))
    stopped = stops(np.zeros(len(spans), np.int64), low, high, start, end)
    measured, excess = measure(Clock("bd", calendar_of(spec)), start, end, limit, stopped)
    held = sorted({k for a, b in spans for k in range(max(a, i), min(b, j))})  # stopped minutes of the measurement
    ends = [k for n, k in enumerate(held) if n + 1 == len(held) or held[n + 1] > k + 1]
    begins = [k for n, k in enumerate(held) if n == 0 or held[n - 1] < k - 1]
    out = sum(walked.days(a, b + 1) for a, b in zip(begins, ends, strict=True))
    late = walked.day[i] != walked.day[j] and j > walked.close(walked.day[j])
    assert measured[0] == walked.days(i, j) + late - out
    due_days = [day for day in walked.working if day > walked.day[i]][out + limit - 1 :]
    seconds = walked.begin[i] // 1_000_000
    promised = BusinessCalendar(spec).due(seconds, out + limit)
    if not due_days:
        assert (excess[0], promised) == (-np.inf, NEVER)
        return
    promise = walked.close(due_days[0])
    assert promised == walked.begin[promise] // 1_000_000
    open_time = 60 * walked.minutes(*sorted((promise, j)))
    assert excess[0] == (max(open_time, TINY) if j > promise else -open_time)
    assert (excess[0] <= 0) == (measured[0] <= limit)
