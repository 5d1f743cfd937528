"""Causes of waits: by hand, against a count minute by minute, and laws that hold of any log."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.calendars import LocalClock, calendar_of
from mining.times.causes import CAUSES, Work, split
from mining.times.waiting import PARTS, instance_waits
from mining.times.waits import waits_of
from mining.times.working_hours import CELLS, SOURCES, WorkingHours, by_calendar, discovered
from tests.examples import examples
from tests.waiting_rooms import (
    DAY,
    HOUR,
    MIDNIGHT,
    MINUTE,
    PURE,
    Job,
    batching,
    contention,
    jobs_log,
    night,
    norm,
    served,
    study_of,
)

NINE = 9 * HOUR


def minutes(jobs, calendar="office"):
    """Per job its wait by cause in minutes, only the causes that are there; in the order of the jobs."""
    frame = waits_of(jobs_log(jobs), calendar=calendar).per_instance()
    rows = frame[frame["activity"] == "b"]
    return [{part: row[f"{part}_s"] / 60 for part in PARTS if row[f"{part}_s"] > 0} for row in rows.to_dict("records")]


def at_nine(*jobs):
    """Jobs (ready, start, work) in minutes after nine on Monday."""
    return [Job(NINE + ready * 60, NINE + start * 60, work * 60) for ready, start, work in jobs]


# --- by hand -----------------------------------------------------------------------------------------------------------


def test_first_come_first_served_is_contention():
    jobs = at_nine((0, 0, 60), (10, 60, 30), (20, 90, 10))
    assert minutes(jobs) == [{}, {"contention": 50}, {"contention": 70}]


def test_a_queue_that_gathers_behind_a_busy_worker_is_no_batch():
    jobs = at_nine((0, 0, 60), (10, 60, 5), (20, 65, 5), (30, 70, 5), (40, 75, 5))
    assert minutes(jobs) == [{}, {"contention": 50}, {"contention": 45}, {"contention": 40}, {"contention": 35}]


def test_who_comes_later_and_is_served_first_is_prioritised():
    # the second waits 50 minutes for the first, then 30 for the third, which came ten minutes after it
    jobs = at_nine((0, 0, 60), (10, 90, 10), (20, 60, 30))
    assert minutes(jobs) == [{}, {"contention": 50, "prioritisation": 30}, {"contention": 40}]


def test_what_came_at_the_same_time_is_contention():
    assert minutes(at_nine((0, 0, 20), (0, 20, 5))) == [{}, {"contention": 20}]


def test_a_batch_is_waited_for_until_its_last_member_is_ready():
    jobs = at_nine((0, 120, 10), (30, 120, 10), (60, 120, 10), (120, 120, 10))
    assert minutes(jobs) == [{"batching": 120}, {"batching": 90}, {"batching": 60}, {}]


def test_a_batch_done_one_after_the_other_is_contention_once_it_is_complete():
    jobs = at_nine((0, 70, 10), (30, 80, 10), (60, 90, 10))
    assert minutes(jobs) == [
        {"batching": 60, "other": 10},
        {"batching": 30, "contention": 10, "other": 10},
        {"contention": 20, "other": 10},
    ]


@pytest.mark.parametrize(
    "jobs",
    [
        pytest.param([(0, 60, 5), (60, 60, 5)], id="two"),
        pytest.param([(0, 60, 5), (30, 67, 5), (60, 74, 5)], id="pauses of two minutes"),
        pytest.param([(0, 60, 5), (30, 60, 5), (61, 65, 5)], id="the third came later"),
        pytest.param([(0, 60, 5), (5, 60, 5), (6, 60, 5), *[(5, 200 + 9 * k, 1) for k in range(4)]], id="of seven"),
        pytest.param(
            [(0, 60, 5), (30, 60, 5), (60, 60, 5), *[(70 + 9 * k, 75 + 9 * k, 2) for k in range(13)]], id="once of 16"
        ),
    ],
)
def test_what_is_no_batch(jobs):
    jobs = at_nine(*jobs)
    found = waits_of(jobs_log(jobs), calendar="office")
    assert found.batches().empty
    assert found.total()["batching_s"] == 0


def test_a_pause_of_a_minute_does_not_end_a_batch():
    jobs = at_nine((0, 60, 5), (30, 66, 5), (60, 72, 5))
    batches = waits_of(jobs_log(jobs), calendar="office").batches(named=True)
    assert batches[["activity", "resource", "instances", "cases"]].values.tolist() == [["b", "ann", 3, 3]]


def test_a_batch_needs_different_cases():
    rows = [("x", "A", NINE, NINE, "m"), ("y", "A", NINE + 1800, NINE + 1800, "m")]
    rows += [(case, "B", NINE + 3600, NINE + 3900, "ann") for case in "xxyy"]
    assert waits_of(study_of(rows), calendar="office").batches().empty
    rows += [("z", "A", NINE + 60, NINE + 60, "m"), ("z", "B", NINE + 3600, NINE + 3900, "ann")]
    batches = waits_of(study_of(rows), calendar="office").batches()
    assert batches[["instances", "cases"]].values.tolist() == [[5, 3]]


def test_outside_working_hours_it_is_unavailability():
    # ready ten minutes before the desk closes at 17:00, begun when it opens at 9:00 on Tuesday
    jobs = [Job(17 * HOUR - 600, DAY + NINE, 60)]
    assert minutes(jobs) == [{"unavailability": 16 * 60, "other": 10}]


def test_who_works_at_night_is_at_work():
    # ready at 17:00, and ann still works until 18:00 on what came before: then nobody is there
    jobs = [Job(NINE, 16 * HOUR, 2 * HOUR), Job(17 * HOUR, DAY + NINE, 60)]
    assert minutes(jobs)[1] == {"contention": 60, "unavailability": 15 * 60}


def test_work_that_overlaps_is_counted_once_and_as_contention_first():
    # from 60 to 90 ann does both what came before (until 80) and what came later (from 70)
    jobs = at_nine((0, 60, 20), (50, 100, 5), (65, 70, 20))
    assert minutes(jobs)[1] == {"contention": 20, "prioritisation": 10, "other": 20}


def test_work_of_unknown_enabled_time_blames_nobody_for_choosing():
    rows = [("x", "A", NINE, NINE, "m"), ("x", "B", NINE + 3600, NINE + 3660, "ann")]
    rows += [("y", "B", NINE + 600, NINE + 1200, "ann")]  # nothing came before it in its case
    found = waits_of(study_of(rows), calendar="office").total()
    assert (found["contention_s"], found["prioritisation_s"], found["other_s"]) == (600, 0, 3000)
    assert found["nothing_before"] == 2


def test_without_a_resource_the_cause_is_not_known():
    rows = [("x", "A", NINE, NINE, "m"), ("x", "B", NINE + 3600, NINE + 3660, None)]
    found = waits_of(study_of(rows), calendar="office").total()
    assert (found["total_s"], found["not_known_s"]) == (3600, 3600)


def test_too_little_data_leaves_hours_and_the_rest_unknown():
    jobs = at_nine((0, 0, 60), (10, 80, 30))
    assert minutes(jobs, calendar=None) == [{}, {"contention": 50, "not_known": 20}]


def test_outside_the_coverage_of_the_calendar_the_rest_is_unknown():
    jobs = [Job(400 * DAY, 400 * DAY + 60, 60), Job(400 * DAY, 400 * DAY + 180, 60)]
    assert minutes(jobs) == [{"not_known": 1}, {"contention": 1, "not_known": 2}]


def test_waiting_for_the_customer_is_the_customers_own_time():
    lanes = [
        {"id": "office", "kind": "customer", "name": {"en": "Customer"}},  # the lane of B
        {"id": "desk", "kind": "onstage", "name": {"en": "Desk"}},
    ]
    rows = [("x", "A", NINE, NINE, "m"), ("x", "B", NINE + 3600, NINE + 3660, "ann")]
    found = waits_of(study_of(rows, lanes=lanes), calendar="office").total()
    assert (found["total_s"], found["customer_s"]) == (3600, 3600)


# --- minute by minute --------------------------------------------------------------------------------------------------


OPEN = calendar_of(next(spec for spec in norm().calendars if spec.id == "office"))


def is_open(minute):
    return minute // 1440 % 7 < 5 and 540 <= minute % 1440 < 1020


def by_minute(jobs):
    """Causes of each wait by definition, in whole minutes: jobs (ready, start, work, worker), one activity."""
    done = [(r, s, s + w, who) for r, s, w, who in jobs]
    complete = batches_by_definition(done)
    found = []
    for i, (ready, start, _, who) in enumerate(done):
        parts = dict.fromkeys(CAUSES, 0)
        for t in range(ready, start):
            busy = [r for k, (r, s, e, w) in enumerate(done) if k != i and w == who and s <= t < e]
            if t < complete.get(i, ready):
                cause = "batching"
            elif busy:
                cause = "contention" if min(busy) <= ready else "prioritisation"
            else:
                cause = "other" if is_open(t) else "unavailability"
            parts[cause] += 1
        found.append(parts)
    return found


def batches_by_definition(done):
    """Member to the moment when its batch was complete."""
    runs = []
    for who in sorted({x[3] for x in done}):
        mine = sorted((i for i, x in enumerate(done) if x[3] == who), key=lambda i: (done[i][1], done[i][0], i))
        own, run = [], []
        for i in mine:
            ready, start, _, _ = done[i]
            latest = max((done[k][2] for k in run), default=0)
            if run and ready <= done[run[0]][1] and start <= max(latest + 1, done[run[0]][1]):
                run.append(i)
            else:
                run = [i]
                own.append(run)
        good = [run for run in own if is_batch(run, mine, done)]
        if 5 * sum(map(len, good)) >= len(mine):
            runs += good
    return {i: max(done[k][0] for k in run) for run in runs for i in run}


def is_batch(run, mine, done):
    begin = done[run[0]][1]
    first, last = min(done[i][0] for i in run), max(done[i][0] for i in run)
    pile = [i for i in mine if done[i][0] <= begin and (i in run or done[i][1] > begin)]
    free = sum(is_open(t) and not any(done[i][1] <= t < done[i][2] for i in mine) for t in range(first, last))
    return len(run) >= 3 and last > first and 10 * free >= last - first and 2 * len(run) >= len(pile)


MINUTES = st.integers(0, 30).map(lambda x: 8 * 60 + 40 + 4 * x) | st.integers(960, 1080)
JOBS = st.lists(
    st.tuples(MINUTES, st.sampled_from([0, 0, 1, 4, 10, 40, 200, 1100]), st.integers(0, 9), st.sampled_from("xy")),
    max_size=9,
)
GATHERED = st.tuples(
    st.integers(540, 700), st.lists(st.integers(0, 90), min_size=2, max_size=6), st.integers(0, 5)
).map(lambda g: [(g[0] + x, g[0] + 90 + (k * g[2]), g[2], "x") for k, x in enumerate(g[1])])


@given(JOBS, GATHERED | st.just([]))
@settings(max_examples=examples(100), deadline=None)
def test_causes_agree_with_a_count_minute_by_minute(some, gathered):
    jobs = [(ready, ready + gap, work, who) for ready, gap, work, who in some] + gathered
    if not jobs:
        return
    columns = [np.array(x, np.int64) * 60_000_000 for x in list(zip(*jobs, strict=True))[:3]]
    ready, start, work = columns[0] + MIDNIGHT.value // 1000, columns[1] + MIDNIGHT.value // 1000, columns[2]
    who = np.array(["xy".index(job[3]) for job in jobs])
    done = Work.of(who, start, start + work, ready)
    one, case = np.zeros(len(jobs), int), np.arange(len(jobs))
    parts = split(one, who, case, ready, start, start + work, work=done, hours=by_calendar(OPEN, 2)).parts
    assert not parts[:, CAUSES.index("not_known")].any()
    found = [dict(zip(CAUSES, row, strict=True)) for row in (parts // 60_000_000).tolist()]
    assert found == by_minute(jobs)


def test_the_count_minute_by_minute_finds_batches():
    """So that the comparison above is one."""
    done = [(540 + 10 * k, 600, 605, "x") for k in range(4)]
    assert batches_by_definition(done) == dict.fromkeys(range(4), 570)


# --- laws --------------------------------------------------------------------------------------------------------------


def messy(seed, n=300):
    """Jobs of three workers at all hours, overlapping, some begun at once."""
    rng = np.random.default_rng(seed)
    ready = rng.integers(0, 40 * DAY, n)
    gap = rng.choice([0, 60, 3600, 40_000, 300_000], n) + rng.integers(0, 600, n)
    return [
        Job(int(r), int(r + g), int(w), who)
        for r, g, w, who in zip(ready, gap, rng.integers(0, 9000, n), rng.choice(list("xyz"), n), strict=True)
    ]


@given(st.integers(0, 10**6), st.sampled_from([None, "office", "always"]))
@settings(max_examples=examples(15), deadline=None)
def test_causes_add_up_to_the_microsecond_and_none_is_negative(seed, calendar):
    found = instance_waits(jobs_log(messy(seed)), calendar)
    assert (found.parts >= 0).all()
    assert np.array_equal(found.parts.sum(axis=1), np.maximum(found.wait, 0))
    assert (found.wait > 0).any()


@pytest.mark.parametrize("calendar", [None, "always"])
def test_whole_weeks_later_the_causes_are_the_same(calendar):
    jobs = messy(1) + night(2, 40) + batching(3, 20)
    later = [Job(j.ready + 21 * DAY, j.start + 21 * DAY, j.work, j.worker) for j in jobs]
    one, other = (waits_of(jobs_log(x), calendar=calendar).frame for x in (jobs, later))
    pd.testing.assert_frame_equal(one, other)


def test_other_names_of_resources_change_nothing():
    jobs = messy(4) + night(5, 40) + contention(6, 20)
    names = dict(zip(sorted({j.worker for j in jobs}), ["w9", "q", "a0", "m", "zz"], strict=False))
    renamed = [Job(j.ready, j.start, j.work, names[j.worker]) for j in jobs]
    one, other = (waits_of(jobs_log(x)).frame for x in (jobs, renamed))
    pd.testing.assert_frame_equal(one, other)


# --- working hours -----------------------------------------------------------------------------------------------------


def test_hours_of_a_resource_are_those_in_which_it_was_seen():
    found = waits_of(jobs_log(night(7, 60))).working_hours(named=True).set_index("resource")
    assert found.loc["nat", "source"] == "own"
    assert found.loc["nat", "week_h"] == 7 * 12  # eight to eight; the last quarter is seen as well
    assert found.loc["nat", "events"] == 2 * 60 * 13


def test_an_hour_between_two_open_hours_is_open_and_two_are_not():
    hours = np.repeat([9, 11, 14], 40) * HOUR
    seen = (hours + np.tile(np.arange(40) * DAY, 3)) * 1_000_000
    found = discovered(np.zeros(120, int), seen, 1, (), "UTC")
    opened = found.open[0].reshape(7, 24, 4)
    assert np.flatnonzero(opened[0].any(axis=1)).tolist() == [9, 10, 11, 14]
    # the first opening ends with the quarter of 11:00; the hour of 14:00 begins and ends with its first quarter
    assert opened[0].sum(axis=1)[[9, 10, 11, 14]].tolist() == [4, 4, 1, 1]


def test_who_was_seen_too_seldom_borrows():
    jobs = night(8, 60) + [Job(12 * HOUR, 12 * HOUR, 60, "new")]
    found = waits_of(jobs_log(jobs)).working_hours(named=True).set_index("resource")
    assert found.loc["new", ["source", "week_h"]].tolist() == ["lane", 7 * 12]  # B is done in one lane


def test_a_role_lends_its_hours_before_the_lane():
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(60) * DAY, 12)
    who = rng.integers(0, 4, len(day))
    hour = np.where(who < 2, 9, 14) * HOUR + rng.integers(0, 2, len(day)) * HOUR
    rare = np.isin(who, (1, 3)) & (np.arange(len(day)) > 12)
    who, moment = who[~rare], (day + hour)[~rare] * 1_000_000
    role, lane = np.array([0, 0, -1, -1]), np.zeros(4, int)
    found = discovered(who, moment, 4, (role, lane), "UTC")
    assert [SOURCES[k] for k in found.source] == ["own", "role", "own", "lane"]
    assert found.week_s().tolist()[:2] == [7 * 4500.0, 7 * 4500.0]  # 9:00 to the end of the quarter of 10:00
    assert found.week_s()[3] > found.week_s()[1]


def test_who_keeps_no_hours_borrows_or_is_not_known():
    rng = np.random.default_rng(1)
    moment = rng.integers(0, 5 * 7 * DAY, 60) * 1_000_000  # twelve a week, at all hours
    found = discovered(np.zeros(60, int), moment, 1, (), "UTC")
    assert SOURCES[found.source[0]] == "unknown"
    assert np.isnan(found.week_s()[0])


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Asia/Shanghai", "America/New_York"])
def test_open_time_over_a_change_of_the_clocks(zone):
    """Quarter by quarter through a spring and an autumn, by the local clock of the standard library."""
    rng = np.random.default_rng(2)
    pattern = rng.random(CELLS) < 0.4
    days = [datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)]
    clock = LocalClock.of(ZoneInfo(zone), days[0].date(), datetime(2026, 11, 10, tzinfo=UTC).date())
    zero = np.zeros(1, np.int64)
    hours = WorkingHours(zero.astype(np.int8), zero, zero, zero.astype(np.int32), pattern[None, :], clock)
    for day in days:
        begin = int(day.timestamp())
        at = begin + 900 * np.arange(28 * 96 + 1)
        local = [datetime.fromtimestamp(t, ZoneInfo(zone)) for t in at[:-1].tolist()]
        cells = [t.weekday() * 96 + t.hour * 4 + t.minute // 15 for t in local]
        wanted = np.concatenate(([0], np.cumsum(pattern[cells]) * 900))
        found = hours.before(np.zeros(len(at), int), at * 1_000_000)
        assert np.array_equal(found - found[0], wanted * 1_000_000)
        odd = np.array([begin + 900 * 5 + 100]) * 1_000_000
        assert hours.before(np.zeros(1, int), odd)[0] - found[5] == 100_000_000 * pattern[cells[5]]


# --- made waits are recovered ----------------------------------------------------------------------------------------------


def shares(jobs, calendar):
    """The causes that have 0.1 % of all waiting or more."""
    found = waits_of(jobs_log(jobs), calendar=calendar).total()
    return {
        part: found[f"{part}_s"] / found["total_s"] for part in PARTS if found[f"{part}_s"] >= 0.001 * found["total_s"]
    }


@pytest.mark.parametrize("cause", PURE)
def test_a_log_with_one_cause_is_all_of_it(cause):
    found = shares(PURE[cause](11, 40), "shift")
    assert found.pop(cause) >= 0.99
    assert sum(found.values()) < 0.01


def test_a_log_with_only_night_waiting_is_all_unavailability_without_a_calendar():
    assert shares(night(12, 60), None) == {"unavailability": 1.0}
    assert shares(night(13, 60) + night(14, 60, "nox"), None) == {"unavailability": 1.0}


def test_a_mixture_has_the_made_shares():
    made = {cause: of(20 + k, 30) for k, (cause, of) in enumerate(PURE.items())}
    waited = {cause: sum(j.start - j.ready for j in jobs) for cause, jobs in made.items()}
    found = shares([job for jobs in made.values() for job in jobs], "shift")
    assert found.keys() == waited.keys()
    for cause, wait in waited.items():
        assert found[cause] == pytest.approx(wait / sum(waited.values()), abs=0.005)


def test_a_queue_that_gathers_over_night_is_no_batch():
    """First come first served from eight on, hours not declared: unavailability until eight, contention after it."""
    rng, jobs, truth = np.random.default_rng(15), [], 0
    for day in range(60):
        ready = (day - 1) * DAY + 19 * HOUR + np.sort(rng.integers(0, 12 * HOUR, 6))
        begin = day * DAY + 8 * HOUR
        for k, at in enumerate(ready.tolist()):
            jobs.append(Job(at, begin + k * 10 * MINUTE, 10 * MINUTE))
            truth += begin - at
        jobs += [Job(begin + h * HOUR, begin + h * HOUR, 50 * MINUTE) for h in range(1, 11)]
    found = waits_of(jobs_log(jobs))
    total = found.total()
    assert found.batches().empty
    assert total["contention_s"] == 60 * sum(10 * MINUTE * k for k in range(6))
    assert total["unavailability_s"] == truth == total["total_s"] - total["contention_s"]


def test_a_busy_queue_has_no_batches_whatever_is_picked():
    rng = np.random.default_rng(16)
    for pick in (lambda waiting: 0, lambda waiting: len(waiting) - 1, lambda waiting: len(waiting) // 2):
        at = np.cumsum(rng.exponential(600, 600)).astype(int).tolist()
        jobs = served(list(zip(at, rng.integers(60, 1100, 600).tolist(), strict=True)), pick, "ann")
        total = waits_of(jobs_log(jobs), calendar="always").total()
        assert total["batches"] == 0
        assert total["other_s"] == 0
        assert total["contention_s"] + total["prioritisation_s"] == total["total_s"] > 0


def test_batches_one_after_the_other_are_found_and_their_queue_is_contention():
    jobs = batching(17, 30, together=False)
    found = waits_of(jobs_log(jobs), calendar="shift")
    held = sum(max(k.ready for k in jobs[i : i + 5]) - j.ready for i in range(0, len(jobs), 5) for j in jobs[i : i + 5])
    total = found.total()
    assert (total["batches"], total["batching_s"]) == (90, held)
    assert total["contention_s"] == 90 * 5 * MINUTE * (1 + 2 + 3 + 4) == total["total_s"] - held
