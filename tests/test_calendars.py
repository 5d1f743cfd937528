"""Business time against hand-computed cases and a counter that walks minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import BlueprintError
from mining.blueprint.model import CalendarSpec
from mining.calendars import DAYS, calendar_of
from mining.conformance.durations import Clock, measure, overdue, stops
from mining.units import MISSING

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
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


CHANGE_DAYS = st.sampled_from(
    [date(2026, 3, 27), date(2026, 10, 23), date(2026, 2, 13), date(2026, 4, 3), date(2026, 6, 1)]
)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([AMSTERDAM, SHANGHAI, NIGHT]), CHANGE_DAYS, st.integers(0, 1440 * 3), st.integers(0, 1440 * 3))
def test_open_time_equals_a_count_of_minutes(spec, day, offset, length):
    start = datetime.combine(day, time(0), UTC) + timedelta(minutes=offset)
    end = start + timedelta(minutes=length)
    found = calendar_of(spec).open_seconds(*(np.array([int(t.timestamp()) * 1_000_000]) for t in (start, end)))
    assert found[0] == 60 * minutes_open(spec, start, end)


@settings(deadline=None, max_examples=60)
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
