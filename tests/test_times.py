"""Times of cases and steps, the week, silences and cases in work: by hand, against pandas, by laws, with made overloads and gaps."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from benchmarks import flow_tables
from mining.errors import MiningError, UnknownNameError
from mining.log.lifecycle import PAUSED
from mining.times.cases import CaseTimes, case_times
from mining.times.instances import HOW, instance_times
from mining.times.load import Load, load_of
from mining.times.silences import silences
from mining.times.spans import DAY, HOUR, WEEK, spans_of
from mining.times.steps import step_times
from mining.times.summary import MEASURES
from mining.times.week import RATES, hour_words
from tests.examples import examples
from tests.helpers import MONDAY, OFFICE, ROOT, SHARED, blueprint, frame, study

NORM = blueprint([*"abc"], "abc", ends="c")
MEASURED = ["throughput_s", "processing_s", "busy_s", "idle_s", "waiting_s", "flow_efficiency"]

# (label, hour of completion after Monday 09:00, resource, hour of start)
HAND = {
    # A 0-2, B 1-4 (overlap 1-2), C 6-7: processing 2 + 3 + 1 = 6, busy (0-4) + (6-7) = 5, throughput 7, idle 4-6 = 2
    # waits: A has nothing before it; at B's start nothing is done; C: 6 - 4 = 2 -> waiting 2
    "one": [("A", 2, "ann", 0), ("B", 4, "bob", 1), ("C", 7, "ann", 6)],
    # A 0-1, B 3-5, C 5-6: processing = busy = 1 + 2 + 1 = 4, throughput 6, idle 2; waits B 3 - 1 = 2, C 5 - 5 = 0 -> 2
    "two": [("A", 1, "ann", 0), ("B", 5, "bob", 3), ("C", 6, "ann", 5)],
    # A 0-1, B 1-3: still runs. processing = busy = 3, throughput so far 3, idle 0; wait B 1 - 1 = 0
    "three": [("A", 1, "ann", 0), ("B", 3, "bob", 1)],
}


def hours(table, *names):
    """Rows of hours by case."""
    columns = [table.frame[name] / (1 if name == "flow_efficiency" else 3600) for name in names]
    return {case: list(row) for case, *row in zip(table.frame["case_id"], *columns, strict=True)}


def test_three_cases_by_hand():
    table = study(NORM, HAND).times()
    assert isinstance(table, CaseTimes)
    found = hours(table, "throughput_s", "processing_s", "busy_s", "idle_s", "waiting_s")
    assert found == {"one": [7, 6, 5, 2, 2], "two": [6, 4, 4, 2, 2], "three": [3, 3, 3, 0, 0]}
    rows = table.frame.set_index("case_id")
    assert rows["flow_efficiency"].to_dict() == {"one": 5 / 7, "two": 4 / 6, "three": 1.0}
    assert rows["waiting_share"].to_dict() == {"one": 2 / 7, "two": 2 / 6, "three": 0.0}
    assert rows["complete"].to_dict() == {"one": True, "two": True, "three": False}
    assert rows[["n_instances", "n_measured", "n_waits"]].loc["one"].tolist() == [3, 3, 1]
    assert set(table.frame) == set(CaseTimes.columns)


def test_the_time_in_which_the_customer_takes_part():
    # a and c lie at the desk (onstage), b in the office: one: A 0-2 and C 6-7
    assert hours(study(NORM, HAND).times(), "present_s") == {"one": [3], "two": [2], "three": [1]}


def test_business_time_by_hand():
    # Monday 09:00 is 0; the office is open 09:00-17:00. A Monday 15:00-17:00, B Monday 16:00 - Tuesday 10:00, C Wednesday 08:00-09:30
    # open hours since Monday 09:00: A 6-8, B 7-9, C 16-16.5; processing 2 + 2 + 0.5, busy 3 + 0.5, throughput 10.5, C waits 7
    cases = {"x": [("A", 8, "ann", 6), ("B", 25, "ann", 7), ("C", 48.5, "ann", 47)]}
    table = study(NORM, cases).times(calendar="office")
    assert hours(table, *MEASURED[:5]) == {"x": [10.5, 4.5, 3.5, 7, 7]}
    assert table.provenance.parameters["calendar"] == "office"
    assert "Open time of calendar office" in table.sentence()
    with pytest.raises(UnknownNameError, match="office"):
        study(NORM, cases).times(calendar="shop")


def test_a_case_outside_the_calendar_is_not_measured_and_counted():
    cases = {"in": HAND["one"], "out": [("A", 1, "ann", 0), ("C", 24 * 365, "ann", 24 * 364)]}
    table = study(NORM, cases).times(calendar="office")
    assert table.frame.set_index("case_id")["throughput_s"].isna().to_dict() == {"in": False, "out": True}
    row = table.summary().frame.set_index("measure").loc["throughput"]
    assert (row["n"], row["not_measured"]) == (1, 1)


def test_a_case_of_one_event_and_one_without_a_completed_step():
    cases = {"point": [("C", 3)], "begun": [("A", 2, "ann", 1)]}
    table = frame(cases)
    table.loc[table["case"] == "begun", "end"] = pd.NaT
    of = mining.Study(mining.EventLog.from_frame(table, columns=NORM.binding), NORM)
    rows = of.times().frame.set_index("case_id")
    assert rows["throughput_s"].to_dict() == {"point": 0.0, "begun": 0.0}
    assert rows["busy_s"].isna().all()
    assert rows["flow_efficiency"].isna().all()
    steps = step_times(of).frame.set_index("activity")
    assert steps.loc["a", ["n", "n_measured", "no_end", "no_start"]].tolist() == [1, 0, 1, 0]
    assert steps.loc["c", ["n", "n_measured", "no_end", "no_start"]].tolist() == [1, 0, 0, 1]
    assert "No ended case has a step with both start and end" in of.times().sentence()


def test_without_starts_only_throughput_is_measured_and_the_sentence_says_why():
    of = study(NORM, {"x": [("A", 0), ("B", 1), ("C", 5)]})
    table = of.times()
    assert table.frame["throughput_s"].tolist() == [5 * 3600]
    assert table.frame[MEASURED[1:]].isna().all(axis=None)
    assert "no start times" in table.sentence()
    assert "没有开始时间" in table.sentence("zh")
    assert "no processing time" in step_times(of).sentence()
    week = of.week()
    assert week.frame["idle"].isna().all()
    assert "cases in work that nobody works on are not measured" in week.sentence()


def test_without_resources_nobody_is_counted_at_work():
    week = study(NORM, {"x": [("A", 0, None), ("C", 5, None)]}).week()
    assert week.frame[["people", "arrivals_per_person"]].isna().all(axis=None)
    assert "no resources" in week.sentence()


def test_an_end_before_the_start_is_not_measured():
    of = study(NORM, {"x": [("A", 1, "ann", 0), ("B", 2, "ann", 3), ("C", 5, "ann", 4)]})
    assert hours(of.times(), "throughput_s", "busy_s") == {"x": [5, 2]}
    assert of.times().frame["n_measured"].tolist() == [2]
    assert step_times(of).frame.set_index("activity")["reversed"].to_dict() == {"a": 0, "b": 1, "c": 0}
    assert "those without a start or an end count as no work (1)" in of.times().sentence()


def suspended(resumed):
    """A 0-4 with a break from 1 to 2 (or without its end), C 5-6."""
    events = [("A", "start", 0), ("A", "suspend", 1), *([("A", "resume", 2)] if resumed else []), ("A", "complete", 4)]
    events += [("C", "start", 5), ("C", "complete", 6)]
    rows = [("x", label, word, MONDAY + pd.Timedelta(hours=hour)) for label, word, hour in events]
    log = {
        "case": "case",
        "activity": "activity",
        "timestamp": "time",
        "lifecycle": {"column": "word", "start": "start", "complete": "complete"},
    }
    norm = blueprint([*"ac"], "ac", log=log)
    table = pd.DataFrame(rows, columns=["case", "activity", "word", "time"])
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


def test_time_suspended_is_no_processing_but_the_case_is_in_work():
    of = suspended(resumed=True)
    assert PAUSED  # the log keeps the length of breaks
    assert hours(of.times(), "processing_s", "busy_s", "suspended_s", "idle_s") == {"x": [4, 5, 1, 1]}
    business = of.times(calendar="office").frame  # where in A the break lay is not kept, so its open part is not known
    assert business["processing_s"].isna().all()
    assert business["busy_s"].tolist() == [5 * 3600]
    assert step_times(of, calendar="office").frame["unresumed"].tolist() == [1, 0]


def test_a_break_that_never_ends_leaves_the_processing_unknown():
    of = suspended(resumed=False)
    row = of.times().frame.iloc[0]
    assert np.isnan(row["processing_s"])
    assert np.isnan(row["suspended_s"])
    assert row["busy_s"] == 5 * 3600
    assert step_times(of).frame["unresumed"].tolist() == [1, 0]


# --- laws ------------------------------------------------------------------------------------------------------------

STEP = st.tuples(
    st.sampled_from("ABC"), st.integers(0, 60), st.sampled_from(["ann", "bob"]), st.integers(0, 30) | st.none()
)
CASES = st.lists(st.lists(STEP, min_size=1, max_size=6), min_size=1, max_size=5)


def made(cases, *, shift=0.0, stretch=1.0, backwards=False):
    """A study of drawn cases (completion in hours, length in hours or no start), with events moved, stretched, in another order."""
    events = {}
    for i, steps in enumerate(cases):
        events[f"c{i}"] = [
            (label, end * stretch + shift, who, *([] if length is None else [(end - length) * stretch + shift]))
            for label, end, who, length in steps
        ]
    table = frame(events)
    table = table.iloc[::-1].reset_index(drop=True) if backwards else table
    return mining.Study(mining.EventLog.from_frame(table, columns=NORM.binding), NORM)


@settings(max_examples=examples(40), deadline=None)
@given(CASES)
def test_laws_of_case_times(cases):
    of = made(cases)
    table = case_times(of).frame
    known = table["busy_s"].notna()
    part = table[known]
    assert (part["busy_s"] <= part["throughput_s"] + 1e-9).all()
    assert np.allclose(part["busy_s"] + part["idle_s"], part["throughput_s"])
    assert (part["busy_s"] <= part["processing_s"] + 1e-9).all()  # what overlaps counts once
    assert (part["present_s"] <= part["busy_s"] + 1e-9).all()
    assert part["flow_efficiency"].dropna().between(0, 1 + 1e-12).all()
    # other moments, the same lengths; twice the time, twice the lengths; the order of the rows says nothing
    moved = case_times(made(cases, shift=1000.0)).frame
    pd.testing.assert_frame_equal(moved, table)
    twice = case_times(made(cases, stretch=2.0)).frame
    assert np.allclose(twice[MEASURED[:-1]], 2 * table[MEASURED[:-1]], equal_nan=True)
    assert np.allclose(twice["flow_efficiency"], table["flow_efficiency"], equal_nan=True)
    turned = case_times(made(cases, backwards=True)).frame
    unordered = ["throughput_s", "processing_s", "busy_s", "idle_s", "n_measured"]
    pd.testing.assert_frame_equal(turned[unordered], table[unordered])
    open_ = case_times(of, calendar="office").frame
    for name in ("throughput_s", "busy_s", "idle_s", "waiting_s"):
        both = open_[name].notna() & table[name].notna()
        assert (open_.loc[both, name] <= table.loc[both, name] + 1e-6).all(), name
    assert open_["busy_s"].notna().equals(known)


@settings(max_examples=examples(30), deadline=None)
@given(CASES)
def test_busy_time_is_the_union_counted_minute_by_minute(cases):
    """All drawn moments are whole hours, so an hour is worked on or it is not."""
    found = case_times(made(cases)).frame["busy_s"]
    for steps, busy in zip(cases, found, strict=True):
        spans = [range(end - length, end) for _, end, _, length in steps if length is not None]
        assert np.isnan(busy) if not spans else busy == 3600 * len(set().union(*spans))


@settings(max_examples=examples(30), deadline=None)
@given(CASES)
def test_pandas_says_the_same(cases):
    of = made(cases)
    rows = []
    for i, steps in enumerate(cases):
        rows += [(f"c{i}", label.lower(), end - (length or 0), end, length) for label, end, _, length in steps]
    plain = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "length"]).astype({"length": float})
    by_case = plain.groupby("case")
    table = of.times().frame.set_index("case_id")
    assert (table["throughput_s"] / 3600).round(9).to_dict() == (
        by_case["end"].max() - by_case["start"].min()
    ).to_dict()
    assert np.allclose(table["processing_s"] / 3600, by_case["length"].sum(min_count=1), equal_nan=True)
    steps = step_times(of).frame.set_index("activity")
    by_step = plain.groupby("activity")["length"]
    assert (steps["n"].to_dict(), steps["n_measured"].to_dict()) == (
        by_step.size().to_dict(),
        by_step.count().to_dict(),
    )
    assert np.allclose(steps["mean_s"].sort_index() / 3600, by_step.mean(), equal_nan=True)
    assert np.allclose(steps["sum_s"].sort_index() / 3600, by_step.sum(min_count=1), equal_nan=True)
    week, load = of.week(), load_of(of)
    assert week.frame["n_arrivals"].sum() == load.frame["arrivals"].sum() == len(cases)
    assert week.frame["n_completions"].sum() == len(plain)
    # where cases are idle in the week, in sum: throughput less work, running cases up to the end of the log
    end = plain["end"].max()
    spent = sum(
        (end if not table.loc[c, "complete"] else part["end"].max()) - part["start"].min() for c, part in by_case
    )
    if of.instances.whole.has_starts:
        assert np.isclose(week.frame["idle_hours"].sum(), spent - table["busy_s"].sum() / 3600)
    assert np.isclose((week.frame["work_in_progress"] * week.frame["hours"]).sum(), spent)


@settings(max_examples=examples(40), deadline=None)
@given(CASES, st.floats(0, 1), st.floats(0, 1))
def test_littles_law_is_exact_over_any_window(cases, low, high):
    load = load_of(made(cases))
    first, last = load.frame["begin"].iloc[0], load.frame["end"].iloc[-1]
    begin, end = (first + (last - first) * x for x in sorted((low, high)))
    if not begin < end:
        return
    row = load.little(begin.floor("us"), end.floor("us")).frame.set_index("form").loc["clipped"]
    assert row["wip"] == pytest.approx(row["rate_per_day"] * row["time_s"] / 86_400, rel=1e-9, abs=1e-12)
    span = (load.frame["end"] - load.frame["begin"]).dt.total_seconds()
    whole = load.little().frame["wip"][0]
    assert np.isclose((load.frame["work_in_progress"] * span).sum() / span.sum(), whole)
    assert load.frame["at_end"].iloc[-1] == (~load.departed).sum()


# --- sums ------------------------------------------------------------------------------------------------------------


def many(n=40, running=0):
    """Case k takes k + 1 hours: A 0 to 1, C from k to k + 1; those that run have no C and begin with the others."""
    cases = {f"c{k:03}": [("A", 1.0, "ann", 0.0), ("C", k + 1.0, "bob", float(k))] for k in range(n)}
    return cases | {f"r{k:03}": [("A", 1.0, "ann", 0.0)] for k in range(running)}


def test_summed_up_by_hand():
    row = study(NORM, many(40)).times().summary().frame.set_index("measure").loc["throughput"]
    # 1 to 40 hours: sum 820, mean 20.5; of 40 values the 10th, 20th, 30th, 36th and 38th
    assert row["n"] == 40
    assert [row[name] / 3600 for name in ("mean", "p25", "median", "p75", "p90", "p95", "min", "max", "sum")] == [
        *(20.5, 10, 20, 30, 36, 38, 1, 40, 820)
    ]
    assert row["km_median"] == row["median"]


def test_overall_efficiency_is_a_quotient_of_sums():
    row = study(NORM, HAND).times().summary().frame.set_index("measure").loc["flow_efficiency"]
    assert row["overall"] == (5 + 4) / (7 + 6)
    assert row["mean"] == (5 / 7 + 4 / 6) / 2
    assert np.isnan(row["median"])  # too few for a percentile
    assert (row["n"], row["running"]) == (2, 1)


def test_percentiles_from_twenty_cases_on():
    for n, given_ in ((19, False), (20, True)):
        row = study(NORM, many(n)).times().summary().frame.iloc[0]
        assert row[["p25", "median", "p90"]].notna().all() == given_
    assert "(ended cases: 19; below 20 no percentiles are given)" in study(NORM, many(19)).times().sentence()


def test_running_cases_are_apart_and_move_the_kaplan_meier_median():
    times = study(NORM, many(40, running=40)).times()
    row = times.summary().frame.iloc[0]
    assert (row["n"], row["running"], row["median"] / 3600) == (40, 40, 20)
    # the forty that run are seen for 40 hours, as long as the longest: half of 80 have ended with the 40th
    assert row["km_median"] / 3600 == 40
    assert np.unique(times.running_s[~np.isnan(times.running_s)]).tolist() == [40 * 3600]
    assert "Kaplan-Meier" in times.sentence()
    more = study(NORM, many(40, running=60)).times().summary().frame.iloc[0]
    assert np.isnan(more["km_median"])  # fewer than half are seen to end
    judged = study(NORM, many(40, running=40), open_cases="judge").times()
    assert judged.frame["complete"].all()


def test_small_groups_are_hidden():
    log = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
    norm = blueprint([*"abc"], "abc", ends="c", log=log | {"attributes": {"kind": "kind"}})
    table = frame(many(60))
    number = table["case"].str[1:].astype(int)
    table["kind"] = np.select([number < 30, number < 57], ["many", "some"], "few")
    times = mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm).times()
    found = times.summary("kind")
    assert set(found.frame["group"]) == {"all", "many"}  # few (3) and with it the next smallest
    assert found.groups_hidden == 2
    assert len(found) == 2 * len(MEASURES)
    assert "Groups left out, since they or others have fewer than 5 cases: 2." in found.sentence()
    with pytest.raises(MiningError, match="single persons"):
        times.summary("resource")


# --- the week --------------------------------------------------------------------------------------------------------


def of_moments(moments, norm=NORM):
    """A study in which every moment is a case of one step C."""
    table = pd.DataFrame({"case": [f"c{i:06}" for i in range(len(moments))], "activity": "C", "start": pd.NaT})
    table["end"] = pd.DatetimeIndex(moments)
    table["start"] = pd.to_datetime(table["start"], utc=True)
    return mining.Study(mining.EventLog.from_frame(table.assign(resource="ann"), columns=norm.binding), norm)


def poisson(rng, weeks=8, rate=6.0):
    """Moments of a Poisson process from Monday 0 o'clock on, twice as busy by day; microseconds."""
    begin = pd.Timestamp("2026-03-02", tz="UTC")
    drawn = np.sort(rng.uniform(0, weeks * 168, rng.poisson(weeks * 168 * 2 * rate)))
    kept = (rng.random(len(drawn)) < 0.5) | ((drawn % 24 >= 8) & (drawn % 24 < 20))
    return begin + pd.to_timedelta((drawn[kept] * 3.6e9).astype(np.int64), unit="us")


def test_a_made_overload_on_monday_at_nine_is_the_top_cell():
    rng = np.random.default_rng(1)
    base = poisson(rng)
    extra = [MONDAY + pd.Timedelta(weeks=w, minutes=m) for w in range(8) for m in rng.uniform(0, 60, 30)]
    week = of_moments(base.append(pd.DatetimeIndex(extra))).week()
    assert week.top(1)[["weekday", "hour"]].to_numpy().tolist() == [[0, 9]]
    assert 36 < week.top(1)["arrivals"][0] < 50  # 12 and 30 more
    assert week.sentence().startswith("Arrivals peak in the hour from Mon 09:00")
    assert "周一 09:00" in week.sentence("zh")
    with pytest.raises(UnknownNameError, match="arrivals"):
        week.top(1, by="noise")


@pytest.mark.parametrize(
    ("night", "cell", "hours_"),
    [("2026-03-29", 6 * 24 + 2, 0), ("2026-10-25", 6 * 24 + 2, 2)],
    ids=["clocks go forward", "clocks go back"],
)
def test_the_night_in_which_the_clocks_change(night, cell, hours_):
    """In Berlin an hour from two to three is skipped in spring and repeated in autumn; a case an hour gives one arrival per hour."""
    calendars = {"office": OFFICE["office"] | {"tz": "Europe/Berlin"}}
    norm = blueprint([*"abc"], "abc", ends="c", calendars=calendars)
    first = pd.Timestamp(night, tz="Europe/Berlin")
    last = pd.Timestamp(night, tz="Europe/Berlin") + pd.Timedelta(days=1, hours=1)
    moments = pd.date_range(first, last, freq="h", inclusive="left").tz_convert("UTC")
    week = of_moments(moments, norm).week().frame
    assert week["hours"][cell] == hours_
    assert week["n_arrivals"][cell] == hours_
    assert week["hours"].sum() == len(moments)
    rates = week.loc[week["hours"] > 0, "arrivals"]
    assert (rates == 1).all()
    assert week["arrivals"].isna().sum() == (week["hours"] == 0).sum()


def test_people_and_idle_cases_by_hand():
    # Monday 9-10: ann starts A, bob starts B at 10. A 9:00-9:30, B 10:00-10:30, C 12:15-13:00 (ann)
    week = (
        study(NORM, {"x": [("A", 0.5, "ann", 0), ("B", 1.5, "bob", 1), ("C", 4, "ann", 3.25)]})
        .week()
        .frame.set_index("hour")
    )
    monday = week[week["weekday"] == 0]
    assert monday["people"].dropna().to_dict() == {9: 1, 10: 1, 11: 0, 12: 1, 13: 1}
    assert monday["idle"].dropna().to_dict() == {9: 0.5, 10: 0.5, 11: 1, 12: 0.25, 13: 0}
    assert monday["work_in_progress"].dropna().to_dict() == {9: 1, 10: 1, 11: 1, 12: 1, 13: 0}
    assert monday["hours"].to_dict() == {h: float(9 <= h <= 13) for h in range(24)}


@pytest.mark.parametrize("tz", ["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "UTC"])
@pytest.mark.parametrize("unit", [HOUR, DAY, WEEK])
def test_spans_lie_one_after_the_other_and_pandas_names_them_alike(tz, unit):
    first, last = (
        int(pd.Timestamp(x, tz="UTC").as_unit("us").asm8.astype(np.int64))
        for x in ("2025-12-30 13:17", "2027-01-05 04:00")
    )
    spans = spans_of(tz, first, last, unit)
    assert (spans.high[:-1] == spans.low[1:]).all()
    assert (spans.low < spans.high).all()
    assert spans.low[0] <= first
    assert spans.high[-1] > last
    local = pd.to_datetime(spans.low, unit="us", utc=True).tz_convert(tz).tz_localize(None)
    name = {HOUR: local.floor("h"), DAY: local.floor("D"), WEEK: local.to_period("W").start_time}[unit]
    shift = pd.Timedelta(days=3) if unit == WEEK else pd.Timedelta(0)
    assert ((name - pd.Timestamp(0) + shift) // pd.Timedelta(seconds=unit)).tolist() == spans.number.tolist()
    assert spans.covered(np.array([first]), np.array([last])).sum() == last - first


# --- silences --------------------------------------------------------------------------------------------------------


def test_a_made_gap_of_three_hours_at_a_busy_hour_is_found():
    moments = poisson(np.random.default_rng(2))
    gap = pd.Timestamp("2026-03-18 10:00", tz="UTC")
    found = silences(of_moments(moments[(moments < gap) | (moments >= gap + pd.Timedelta(hours=3))]))
    assert len(found) == 1
    row = found.frame.iloc[0]
    assert row["begin"] <= gap < gap + pd.Timedelta(hours=3) <= row["end"]
    assert (row["weekday"], row["hour"]) == (2, 9)
    assert 25 < row["expected"] < 45  # 12 an hour, in one week of eight none
    assert row["q"] < 1e-6
    assert "hint at an outage and no proof" in found.sentence()
    assert found.always == 1
    assert len(silences(of_moments(moments))) == 0


def test_a_poisson_process_has_hardly_any():
    """Benjamini and Hochberg at 5 %: where nothing is wrong, at most about one log in twenty lists anything."""
    listed = [len(silences(of_moments(poisson(np.random.default_rng(seed), weeks=4)))) for seed in range(20)]
    assert sum(n > 0 for n in listed) <= 3


def test_clusters_are_no_silence():
    """Ten records at a time, an hour between the clusters on average: the counts vary more, and the gaps are no outage."""
    rng = np.random.default_rng(3)
    moments = poisson(rng, rate=0.5)
    every = pd.DatetimeIndex(np.sort(np.concatenate([moments + pd.Timedelta(seconds=k) for k in range(10)])), tz="UTC")
    found = silences(of_moments(every))
    assert found.dispersion > 4
    assert len(found) <= 2


def test_silences_of_a_channel_and_wrong_questions(study):
    channels = set(study.log.values("channel")) - {None}
    one = sorted(x for x in channels if isinstance(x, str))[0]
    assert 0 < silences(study, channel=one).tested < silences(study).tested
    with pytest.raises(UnknownNameError, match=one):
        silences(study, channel="pigeon")
    with pytest.raises(MiningError, match="between 0 and 1"):
        silences(study, false_share=5)
    with pytest.raises(MiningError, match="no attribute called channel"):
        silences(of_moments(poisson(np.random.default_rng(4), weeks=1)), channel="web")


def test_a_log_of_one_moment():
    of = of_moments([MONDAY])
    assert len(silences(of)) == 0
    assert of.load().sentence() == "The log covers a single moment, so there is no load to show."
    assert of.week().frame["hours"].sum() == 1


# --- cases in work ---------------------------------------------------------------------------------------------------


def test_cases_in_work_by_hand():
    load = load_of(study(NORM, HAND), bin="day")
    assert isinstance(load, Load)
    # one in work 0-7, two 0-6, three from 0 on: (7 + 6 + 7) / 7 over the seven hours that the log covers
    row = load.frame.iloc[0]
    assert len(load) == 1
    assert row[["arrivals", "departures", "at_end"]].tolist() == [3, 2, 1]
    assert row["work_in_progress"] == pytest.approx(20 / 7)
    assert row["throughput_s"] == 6.5 * 3600
    little = load.little().frame.set_index("form")
    assert little.loc["clipped", ["n", "n_time"]].tolist() == [3, 3]
    assert little.loc["clipped", "time_s"] == pytest.approx(20 / 3 * 3600)
    # whole cases: three arrived, the two that ended took 6.5 hours on average
    assert little.loc["whole cases", "difference"] == pytest.approx((3 * 6.5 - 20) / 20)
    assert "Little's law adds up" in load.sentence()


def test_bins_fit_the_length_of_the_log():
    def of(days):
        return load_of(of_moments([MONDAY, MONDAY + pd.Timedelta(days=days)]))

    assert [of(days).bin for days in (2, 30, 1000)] == ["hour", "day", "week"]
    with pytest.raises(MiningError, match="hour, day, week"):
        load_of(study(NORM, HAND), bin="year")


def test_a_window_outside_the_log_is_refused():
    load = load_of(study(NORM, HAND))
    with pytest.raises(MiningError, match="inside the log"):
        load.little(MONDAY - pd.Timedelta(days=1), MONDAY + pd.Timedelta(hours=1))
    with pytest.raises(MiningError, match="must have a length"):
        load.little(MONDAY, MONDAY)


# --- all of them -----------------------------------------------------------------------------------------------------


def tables(of):
    """Every table of times of a study."""
    times = of.times()
    return [times, times.summary(), step_times(of), of.week(), of.load(), of.load().little(), silences(of)]


def test_tables_describe_every_column_and_are_the_same_twice(study):
    for one, other in zip(tables(study), tables(study), strict=True):
        assert set(one.frame) == set(one.columns), type(one)
        assert one.to_dict() == other.to_dict()
        assert set(one.shown) <= set(one.columns)


def test_steps_are_in_the_words_of_the_blueprint(study):
    table = step_times(study).frame
    known = table["activity"].isin([a.id for a in study.blueprint.activities])
    assert table.loc[known, ["lane", "stage", "visible"]].notna().all(axis=None)
    assert table.loc[~known, ["lane", "stage", "visible"]].isna().all(axis=None)
    parts = ["n_measured", "no_start", "no_end", "reversed", "outside", "unresumed"]
    assert (table[parts].sum(axis=1) == table["n"]).all()
    assert len(HOW) == 5


@pytest.fixture(autouse=True)
def _figures_closed():
    yield
    plt.close("all")


def test_charts_say_what_the_tables_say():
    times = study(NORM, many(40, running=3)).times()
    for lang, words in (("en", "median 20.0 h"), ("zh", "中位数 20.0 小时")):
        ax = times.plot(lang=lang)
        assert words in {t.get_text() for t in ax.texts}
        assert sum(bar.get_height() for bar in ax.patches) == 40
    ax = times.summary().plot()
    assert [t.get_text() for t in ax.get_yticklabels()][0] == "throughput time"
    with pytest.raises(UnknownNameError, match="speed"):
        times.plot(measure="speed")
    with pytest.raises(UnknownNameError, match="speed"):
        times.study.week().plot(measure="speed")


def test_a_heatmap_has_the_numbers_of_the_week():
    week = study(NORM, HAND).week()
    drawn = week.plot(measure="completions").collections[0].get_array()
    assert np.array_equal(drawn.filled(-1).ravel(), week.frame["completions"].fillna(-1))
    assert len(week.plot().figure.axes) == 6  # arrivals, people and idle cases, each with its colours


def shows_data(ax):
    """Whether a chart draws without a warning and holds marks within its scales."""
    ax.figure.canvas.draw()
    return any(a.lines or a.patches or a.collections for a in ax.figure.axes) and not any(
        np.isnan([*a.get_xlim(), *a.get_ylim()]).any() for a in ax.figure.axes
    )


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_chart_can_be_drawn(lang):
    of = study(NORM, many(40, running=3))
    for calendar in (None, "office"):
        times = of.times(calendar=calendar)
        drawn = [times.plot(lang=lang, measure=measure) for measure in MEASURES]
        drawn += [times.summary().plot(lang=lang), step_times(of, calendar=calendar).plot(lang=lang)]
        assert all(shows_data(ax) for ax in drawn)
        plt.close("all")
    drawn = [of.load().plot(lang=lang), of.week().plot(lang=lang), *(of.week().plot(measure=x) for x in RATES)]
    assert all(shows_data(ax) for ax in drawn)


def test_charts_draw_on_axes_that_are_given():
    from matplotlib.figure import Figure

    of = study(NORM, many(20))
    for table in (of.times(), of.times().summary(), step_times(of), of.week(), of.load()):
        ax = Figure().subplots()
        assert table.plot(ax=ax) is ax


def test_charts_of_nothing_say_so():
    of = study(NORM, {"x": [("A", 0)]})
    for table in (of.times(), of.times().summary(), step_times(of)):
        assert len(table.plot().texts) == 1


def test_an_hour_in_words():
    assert hour_words(pd.Series({"weekday": 6, "hour": 7}), "en") == "Sun 07:00"
    assert hour_words(pd.Series({"weekday": 6, "hour": 7}), "zh") == "周日 07:00"


@pytest.mark.slow
def test_the_benchmark_makes_every_table_and_others_say_the_same():
    folder = ROOT / "sample_logs" / "bank_loan"
    found = flow_tables.measure(folder / "log.csv", folder / "blueprint.yaml")
    assert found["failed"] == {}
    assert set(flow_tables.NEEDED) < set(found["parts"])
    assert [x["same"] for x in found["peers"]] == ["yes", "yes", "yes", flow_tables.COMPLETIONS]
    assert "| times of cases |" in flow_tables.report("bank_loan", flow_tables.fastest([found, found]))


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
def test_the_loan_log_against_pandas():
    norm = mining.read_blueprint(SHARED / "blueprints" / "bank_loan.yaml")
    of = mining.Study(mining.read_log(SHARED / "logs" / "bpic2012.xes.gz", columns=norm.binding), norm)
    x, table = of.instances, of.times().frame
    plain = pd.DataFrame({"case": x.case, "start": x.start, "end": x.end}).astype(float).where(lambda f: f > -1e18)
    first = plain[["start", "end"]].min(axis=1).groupby(x.case).min()
    last = plain[["start", "end"]].max(axis=1).groupby(x.case).max()
    assert np.allclose(table["throughput_s"], (last - first) / 1e6, atol=1e-3)
    assert np.allclose(
        table["processing_s"],
        ((plain["end"] - plain["start"]) / 1e6).groupby(x.case).sum(min_count=1),
        equal_nan=True,
        atol=1e-3,
    )
    part = table.dropna(subset="busy_s")
    assert (part["busy_s"] <= part["processing_s"] + 1e-3).all()
    assert abs(of.load().little().frame["difference"][0]) < 1e-9
    found = instance_times(of)
    assert (found.work_until >= found.work_from).all()


# --- logs at the edge ----------------------------------------------------------------------------------------------------


def test_a_log_of_which_every_moment_contradicts_another_has_no_week_and_no_load():
    found = study(NORM, {"x": [("A", 1, "ann", 2)], "y": [("C", 3, "ann", 5)]})
    assert found.times().frame["throughput_s"].isna().all()
    assert found.times(calendar="office").frame["throughput_s"].isna().all()  # open hours cannot mend it
    week = found.week()
    assert (int(week.frame["n_arrivals"].sum()), len(week)) == (0, 168)
    assert week.sentence() == "No case has a measured beginning, so no arrivals are shown."
    load = found.load()
    assert load.sentence() == "The log covers a single moment, so there is no load to show."
    with pytest.raises(MiningError, match="window"):
        load.little()
    for chart in (week.plot(), load.plot()):
        plt.close(np.ravel(chart)[0].figure)


def test_steps_without_length_are_not_said_to_lack_a_start_or_an_end():
    cases = {f"c{k}": [(label, k, "ann", k) for label in "ABC"] for k in range(3)}
    found = study(NORM, cases)
    assert "No ended case with measured steps has a throughput time above 0" in found.times().sentence()
    assert "both start and end" not in found.times().sentence()
    little = found.load().little().frame
    assert little["wip"].tolist() == little["product"].tolist() == little["difference"].tolist() == [0, 0]
    assert "adds up" in found.load().sentence()


def test_groups_that_are_all_hidden_are_said_without_a_gap():
    cases = {f"c{k}": [("A", k * 1000), ("C", k * 1000 + 1)] for k in range(4)}
    text = study(NORM, cases).times().summary("month").sentence()
    assert text
    assert text == text.strip()
