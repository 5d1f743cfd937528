"""Measures in time and the re-audit of a plan: hand cases, simulated changes at known dates, flags, two logs, and what is refused."""

import re
from dataclasses import replace
from datetime import date
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import MiningError, UnknownNameError
from mining.follow_up import Group, follow_up, series_of
from mining.follow_up.actions import actions_of
from mining.follow_up.change import AFTER, BEFORE, Estimate, change_of, window_effect
from mining.follow_up.joining import joined, lacking
from mining.follow_up.measures import check_of, measure_of
from mining.follow_up.periods import grid_of
from mining.follow_up.verdicts import VERDICTS, status_of, verdict_of, with_fading
from mining.outcomes.outcome import Outcome, Outcomes
from mining.plan import read_actions
from mining.report.formats import writer_of
from mining.report.improvement import _follow_up
from mining.results import Provenance
from mining.units import percent
from tests.examples import examples
from tests.follow_up_cases import FINDING, LOG, made, of_table, table_of
from tests.helpers import blueprint, traces
from tests.helpers import study as small

US = 1_000_000


def outcome(study, values, id="time", kind="time", unit="s"):
    return Outcome(id, {"en": "Throughput time", "zh": "全程时长"}, kind, unit, np.asarray(values, float), 1, True)


def plan(**more):
    """One action: step b from 30 % missing to 10 %, begun on 13 October 2025, due on the 26th."""
    row = {
        "action_id": "A1",
        "finding_id": FINDING,
        "goal": "Step b always",
        "metric": f"share:{FINDING}",
        "baseline": 0.3,
    }
    row |= {
        "target": 0.1,
        "owner": "Head",
        "start": "2025-10-13",
        "due": "2025-10-26",
        "check_dates": "",
        "status": "done",
    }
    return pd.DataFrame([row | more])


def stepped(weeks_before, weeks_after, before=0.3, after=0.1, between=2):
    return np.r_[np.full(weeks_before, before), np.full(between, before), np.full(weeks_after, after)]


@cache
def usual():
    """50 cases a week."""
    return made(stepped(40, 30))


@cache
def wide():
    """100 cases a week."""
    return made(stepped(40, 30), per=100)


def rows(found):
    return found.frame.set_index("action_id")


# --- series ----------------------------------------------------------------------------------------------------------


def test_a_week_is_counted_by_hand():
    """Three cases in the first week, one of them without b; none in the second; one in the third, which runs still."""
    cases = {
        "c1": [("A", 0), ("B", 1), ("C", 2)], "c2": [("A", 3), ("C", 4)], "c3": [("A", 5), ("B", 6), ("C", 7)],
        "c4": [("A", 340), ("B", 341)],
    }  # fmt: skip
    frame = series_of(small(NORM_SMALL, cases), FINDING).frame
    assert frame["period"].tolist() == ["2026-W10", "2026-W11", "2026-W12"]
    assert frame[["n_cases", "n_open", "n"]].to_numpy().tolist() == [
        [3, 0, 3],
        [0, 0, 0],
        [1, 1, 0],
    ]  # the running one is not judged yet
    assert frame["n_with"].tolist() == [1, 0, 0]
    assert frame["value"].tolist()[0] == pytest.approx(1 / 3)
    assert np.isnan(frame["value"][1])
    assert [round(x, 4) for x in frame.loc[0, ["low", "high"]]] == [0.0615, 0.7923]  # Wilson, 1 of 3
    assert frame["why"].tolist() == ["", "", "running"]


NORM_SMALL = blueprint(list("abc"), "abc")


def test_the_clock_of_the_zone_decides_the_period():
    """Sunday 23:30 in London is Monday in Berlin."""
    calendar = {
        "office": {
            "tz": "Europe/Berlin",
            "week": {"mon-fri": ["09:00-17:00"]},
            "coverage": ["2026-01-01", "2026-12-31"],
        }
    }
    cases = {"c1": [("A", 158.5), ("B", 159), ("C", 160)]}  # Monday 9:00 + 158.5 h = Sunday 23:30 UTC
    berlin = blueprint(list("abc"), "abc", calendars=calendar)
    assert series_of(small(NORM_SMALL, cases), FINDING).frame["period"].tolist()[0] == "2026-W10"
    assert series_of(small(berlin, cases), FINDING).frame["period"].tolist()[0] == "2026-W11"


def test_periods_are_whole_over_a_change_of_the_clocks():
    calendar = {
        "office": {
            "tz": "Europe/Berlin",
            "week": {"mon-fri": ["09:00-17:00"]},
            "coverage": ["2026-01-01", "2026-12-31"],
        }
    }
    cases = {"c1": [("A", 0), ("B", 1), ("C", 900)]}
    frame = series_of(small(blueprint(list("abc"), "abc", calendars=calendar), cases), FINDING).frame
    assert (frame["start"].iloc[1:].to_numpy() == frame["end"].iloc[:-1].to_numpy()).all()
    hours = (frame["end"] - frame["start"]) / pd.Timedelta("1h")
    assert sorted(set(hours)) == [167, 168]


def test_young_periods_are_shown_and_not_read():
    """All cases take four days at most, nine in ten less: the week before the log's last is read only when so long has passed."""
    study = made(np.full(10, 0.2), running=20)
    series = series_of(study, FINDING)
    assert series.rule == "kaplan_meier"
    assert 2 * 86_400 < series.wait_s < 5 * 86_400
    assert series.frame["why"].tolist()[-1] in ("running", "young")
    assert int(series.frame["n_cases"].sum()) == 500
    later = series_of(study, FINDING, wait="21d").frame
    assert later["why"].tolist()[-4:] == ["young", "young", "young", "running"]
    assert "too young" in series_of(study, FINDING, wait="21d").sentence()
    assert "参与控制限" in series_of(study, FINDING, wait="21d").sentence("zh")


def test_reading_at_an_earlier_moment_reads_fewer_periods():
    study = made(np.full(10, 0.2))
    at = int(pd.Timestamp("2025-02-05", tz="UTC").value // 1000)
    assert series_of(study, FINDING, as_of=at, wait="2d").frame["complete"].sum() == 4


def test_where_too_many_cases_never_end_the_rule_says_so():
    grid = grid_of(made(np.full(4, 0.2), running=100))
    assert grid.rule == "ended"


def test_a_first_week_that_the_log_cuts_is_not_read():
    study = made(np.full(6, 0.2), start="2025-01-08")  # a Wednesday
    assert series_of(study, FINDING).frame["why"].tolist()[0] == "first"
    assert series_of(study, FINDING, period="day").frame["why"].tolist()[0] == "first"


def test_a_finding_that_the_log_lacks_has_the_share_zero():
    study = made(np.full(6, 0.0))
    assert study.findings().frame.empty
    frame = series_of(study, FINDING).frame
    assert frame["value"].dropna().eq(0).all()
    assert check_of(study, FINDING) == "path"
    with pytest.raises(UnknownNameError, match="unknown finding or check 'F-00000000'"):
        series_of(study, "share:F-00000000")


def test_shares_of_findings_and_checks_are_those_of_the_tables(study):
    for row in study.findings().frame.head(6).itertuples():
        values = measure_of(study, row.finding_id).values
        assert (np.nansum(values), np.isfinite(values).sum()) == (row.n_net, row.n_judged)
    for row in study.summary().frame.itertuples():
        values = measure_of(study, f"share:{row.check}").values
        assert (np.nansum(values), np.isfinite(values).sum()) == (row.fail, row.judged)


def test_means_and_medians_are_those_of_pandas():
    study = made(np.full(6, 0.2))
    times = (study.instances.case_end - study.instances.case_start) / US
    what = outcome(study, np.where(np.arange(len(times)) % 7 == 0, np.nan, times))
    weeks = pd.Series(what.values).groupby(grid_of(study).of_case)
    mean, median = (series_of(study, what, statistic=x).frame for x in ("mean", "median"))
    assert mean["value"].to_numpy()[:6] == pytest.approx(weeks.mean().to_numpy())
    assert median["value"].to_numpy()[:6] == pytest.approx(weeks.median().to_numpy())
    assert (mean["high"] - mean["value"]).to_numpy()[0] == pytest.approx(
        2.01954 * weeks.std().iloc[0] / np.sqrt(weeks.count().iloc[0]), rel=0.01
    )
    assert ((median["low"] <= median["value"]) & (median["value"] <= median["high"]))[:6].all()


def test_an_outcome_is_found_among_the_outcomes():
    study = made(np.full(6, 0.2))
    what = outcome(study, np.ones(300))
    table = Outcomes(pd.DataFrame(), Provenance("x", "", "", 0), (what,))
    assert series_of(study, "outcome:time", outcomes=table).frame["value"].dropna().eq(1).all()
    with pytest.raises(MiningError, match="give the outcomes"):
        series_of(study, "outcome:time")
    with pytest.raises(UnknownNameError, match="unknown outcome 'cost'"):
        series_of(study, "outcome:cost", outcomes=table)
    with pytest.raises(MiningError, match="has 3 values, but the log has 300 cases"):
        series_of(study, outcome(study, [1, 2, 3]))
    with pytest.raises(MiningError, match="median of yes and no"):
        series_of(study, FINDING, statistic="median")
    with pytest.raises(UnknownNameError, match="unknown period 'year'"):
        series_of(study, FINDING, period="year")


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "predicted", "verdict"),
    [
        ((-10, -12, -8), -10, "achieved"),
        ((-10, -15, -5), -10, "achieved"),  # at least half is certain, all of it possible
        ((-9, -14, -4), -10, "partly"),  # a change for certain, less than half of it
        ((-6, -8, -4), -10, "partly"),
        ((-7, -9, -5), -10, "partly"),  # between half and all
        ((-3, -7, 1), -10, "not"),
        ((4, 1, 7), -10, "not"),  # worse
        ((-5, -12, 2), -10, "cannot_tell"),
        ((0, -30, 30), -10, "cannot_tell"),
        ((10, 8, 12), 10, "achieved"),  # upwards
        ((-20, -22, -18), -10, "achieved"),
        ((np.nan, np.nan, np.nan), -10, "cannot_tell"),
        ((-10, -12, -8), 0, "cannot_tell"),
        ((-10, -12, -8), np.nan, "cannot_tell"),
    ],
    ids=str,
)
def test_verdicts_by_hand(effect, predicted, verdict):
    assert verdict_of(Estimate(*effect), predicted) == verdict


@settings(max_examples=examples(60))
@given(st.floats(-20, 20), st.floats(0, 20), st.sampled_from([-1, 1]), st.floats(1, 10))
def test_a_verdict_knows_no_direction_and_no_unit(middle, half, sign, factor):
    found = verdict_of(Estimate(middle, middle - half, middle + half), 10)
    turned = sign * factor * np.array([middle, middle - half, middle + half])
    assert found == verdict_of(Estimate(turned[0], min(turned[1:]), max(turned[1:])), sign * factor * 10) or half == 0
    assert found in VERDICTS


@pytest.mark.parametrize(
    ("effect", "checks", "status"),
    [
        ((-0.1, -3.5, 3.3), ["not", "partly"], "not"),  # one lucky check
        ((-0.1, -3.5, 3.3), ["achieved"], "not"),
        ((-6, -8, -4), ["partly", "achieved"], "partly"),  # the whole does not reach what was predicted
        ((-6, -11, -1), ["partly", "achieved"], "achieved"),  # it does
        ((-5, -12, 2), ["partly"], "partly"),
        ((-5, -12, 2), ["achieved", "cannot_tell"], "achieved"),
        ((-10, -12, -8), ["partly"], "partly"),  # a check that says no better stands
        ((-10, -12, -8), ["not"], "not"),
        ((-6, -8, -4), ["achieved", "achieved", "faded"], "faded"),
        ((-10, -12, -8), ["achieved", "achieved", "faded"], "faded"),
        ((-2, -5, 1), ["achieved", "achieved", "faded"], "faded"),
        ((-6, -8, -4), [], "partly"),
        ((-6, -8, -4), ["cannot_tell"], "partly"),
        ((np.nan, np.nan, np.nan), ["cannot_tell"], "cannot_tell"),
    ],
    ids=str,
)
def test_no_check_says_better_than_the_whole_lets_it(effect, checks, status):
    assert status_of(Estimate(*effect), -10, checks) == status
    value, low, high = effect
    assert status_of(Estimate(-value, -high, -low), 10, checks) == status  # upwards too


@settings(max_examples=examples(60))
@given(
    st.floats(-20, 20),
    st.floats(0, 20),
    st.lists(st.sampled_from(["achieved", "partly", "not", "cannot_tell"]), max_size=4),
)
def test_a_status_is_that_of_the_whole_or_of_a_check(middle, half, checks):
    effect, order = (
        Estimate(middle, middle - half, middle + half),
        ("achieved", "partly", "cannot_tell", "not", "faded"),
    )
    whole, found = verdict_of(effect, 10), status_of(effect, 10, with_fading(checks))
    assert found in {whole, *with_fading(checks)}
    if effect.high < 10:
        assert order.index(found) >= order.index(whole)


# --- the re-audit ----------------------------------------------------------------------------------------------------


def test_a_step_of_known_size_is_achieved_and_lasts():
    found = follow_up(plan(), wide())
    row = rows(found).loc["A1"]
    assert (row["verdict"], row["status"], row["why"]) == ("achieved", "achieved", "")
    assert row["low"] < -0.2 < row["high"] < 0
    assert row["before_low"] < 0.3 < row["before_high"]
    assert row["after"] == pytest.approx(0.1, abs=0.02)
    assert (row["periods_before"], row["cases_before"]) == (40, 4000)
    assert found.checks["verdict"].tolist() == ["achieved"] * 3
    assert found.checks["day"].tolist() == [30, 90, 180]
    assert row["flags"] == "season"
    assert "run" in row["signals_after"]


def test_an_effect_that_returns_at_day_100_is_faded_at_the_check_of_day_180():
    back = np.r_[stepped(40, 14), np.full(20, 0.3)]  # the 14 weeks after 27 October end on day 98 after the due day
    found = follow_up(plan(), made(back, per=80))
    assert found.checks["verdict"].tolist() == ["achieved", "achieved", "faded"]
    assert rows(found).loc["A1", "status"] == "faded"
    assert "faded" in found.sentence()
    assert "消退" in found.told("A1", "zh")


@pytest.mark.slow
def test_one_good_month_is_no_effect():
    """Four good weeks before the check at day 30, and nothing else for half a year: the check does not stand for all of it."""
    rates = np.full(76, 0.3)
    rates[42:46] = 0.12
    found = follow_up(plan(), made(rates, per=80), checks=(30,))
    assert found.checks["verdict"].tolist() == ["achieved"]
    row = rows(found).loc["A1"]
    assert (row["verdict"], row["status"]) == ("not", "not")
    assert found.told("A1").startswith("Step b always (A1): not achieved. Effect ")


def test_an_action_is_told_by_its_goal_first():
    found = follow_up(plan(goal="Step b always.", goal_zh="步骤 b 必须执行。"), wide())
    row = rows(found).loc["A1"]
    said = found.told("A1")
    effect, low, high, first, then = (f"{100 * row[x]:.1f}" for x in ("effect", "low", "high", "before", "after"))
    assert said == (
        f"Step b always (A1): achieved. Effect {effect} percentage points against the mean before (95 % interval {low} to {high}; "
        f"promised -20.0): {first} % before (mean of 40 weeks), {then} % after (mean of 29 weeks). "
        "Checks after the due day: "
        "day 30 achieved, day 90 achieved, day 180 achieved. To bear in mind: less than a year before is measured, so it may be the season."
    )
    chinese = found.told("A1", "zh")
    assert chinese.startswith("步骤 b 必须执行（A1）：达成。与之前的均值相比，效果为 ")
    assert "分段回归" not in chinese
    assert "Step" not in chinese
    assert found.goals("zh") == {"A1": "步骤 b 必须执行（A1）"}
    assert row["goal_zh"] == "步骤 b 必须执行。"
    bare = follow_up(plan(goal="", due=""), usual())
    assert bare.told("A1").startswith("A1: cannot tell. Why: no due day.")
    assert bare.goals() == {"A1": "A1"}
    assert follow_up(plan(), usual()).goals("zh") == {"A1": "Step b always（A1）"}  # none in Chinese


def test_an_action_with_too_few_periods_says_how_many_there_are():
    found = follow_up(plan(), made(stepped(40, 5), seed=1))
    assert found.told("A1").startswith(
        "Step b always (A1): cannot tell. Too few complete weeks for an effect: 40 before, 4 after (8 each are needed). To bear"
    )
    soon = follow_up(plan(), wide(), as_of="2026-02-01")
    assert "day 180 not due yet" in soon.told("A1")
    assert "第 180 天尚未到期" in soon.told("A1", "zh")


@pytest.mark.slow
def test_half_an_effect_is_partly_and_none_is_not():
    half, none = (rows(follow_up(plan(), made(stepped(40, 30, after=x), per=150))).loc["A1"] for x in (0.2, 0.3))
    assert (half["verdict"], none["verdict"]) == ("partly", "not")
    assert not half["target_met"]


def test_too_little_time_is_no_verdict():
    study = made(stepped(40, 5), seed=1)
    found = follow_up(plan(), study)
    row = rows(found).loc["A1"]
    assert (row["status"], row["why"], row["periods_after"]) == ("cannot_tell", "few_after", 4)
    assert found.checks["why"].tolist() == ["few_after", "not_due", "not_due"]
    assert row["flags"] == "season, log_coverage"
    assert np.isnan(row["effect"])


def test_reading_earlier_hides_the_checks_to_come():
    found = follow_up(plan(), wide(), as_of="2026-02-01")
    assert found.checks["why"].tolist() == ["", "", "not_due"]
    assert found.checks["verdict"].tolist()[:2] == ["achieved", "achieved"]
    assert rows(found).loc["A1", "periods_after"] < 15


def test_what_cannot_be_followed_is_counted_with_its_reason():
    table = pd.concat(
        [plan(), plan(action_id="A2", due=""), plan(action_id="A3", target=None), plan(action_id="A4", status="cancelled"),
         plan(action_id="A5", metric="", finding_id="")], ignore_index=True,
    )  # fmt: skip
    found = follow_up(table, usual())
    assert rows(found)["why"].to_dict() == {
        "A1": "",
        "A2": "no_due",
        "A3": "no_target",
        "A4": "stopped",
        "A5": "no_metric",
    }
    assert rows(found)["status"].tolist() == ["achieved", *["cannot_tell"] * 4]
    assert rows(found).loc["A3", "effect"] < -0.15  # measured, though nothing was promised
    assert "Actions: 5 (1 achieved, 4 cannot be told)." in found.sentence()
    assert "stopped (1)" in found.sentence()


def test_other_actions_at_the_same_time_are_flagged():
    table = pd.concat(
        [plan(), plan(action_id="A2", start="2026-01-05", due="2026-01-11"), plan(action_id="A3", status="cancelled")],
        ignore_index=True,
    )
    found = rows(follow_up(table, usual()))
    assert "other_action" in found.loc["A1", "flags"]
    alone = rows(follow_up(table[table["action_id"] != "A2"], usual()))
    assert "other_action" not in alone.loc["A1", "flags"]


def test_an_action_begun_after_bad_luck_is_flagged():
    rates = stepped(40, 30)
    rates[36:40] = 0.55
    row = rows(follow_up(plan(), made(rates))).loc["A1"]
    assert "regression_to_mean" in row["flags"]
    stated = rows(follow_up(plan(baseline=0.5), usual())).loc["A1"]
    assert {"regression_to_mean", "baseline_differs"} <= set(stated["flags"].split(", "))


@pytest.mark.slow
def test_a_year_before_takes_the_flag_of_the_season_away():
    row = rows(follow_up(plan(start="2026-02-02", due="2026-02-15"), made(stepped(56, 20)))).loc["A1"]
    assert "season" not in row["flags"]


@pytest.mark.slow
def test_a_version_that_came_into_force_in_between_is_flagged():
    norm = blueprint(list("abc"), "abc", log=LOG, effective={"from": "2025-11-01"})
    assert "blueprint_changed" in rows(follow_up(plan(), made(stepped(40, 30), norm=norm))).loc["A1", "flags"]


def test_an_earlier_log_and_the_next_one_are_one_series():
    earlier = made(np.full(42, 0.3))
    later = made(np.full(30, 0.1), seed=1, start="2025-11-10")
    found = follow_up(plan(), later, before=earlier)
    row = rows(found).loc["A1"]
    assert (row["verdict"], row["status"]) == ("achieved", "achieved")
    assert row["periods_before"] == 40
    periods = found.changes["A1"].series.frame
    assert (periods["start"].iloc[1:].to_numpy() == periods["end"].iloc[:-1].to_numpy()).all()
    assert periods["n_cases"].sum() == 42 * 50 + 30 * 50
    assert periods.loc[periods["why"] == "between", "n_cases"].sum() == 0


@pytest.mark.slow
def test_cases_in_both_logs_count_once():
    log = usual()
    twice = follow_up(plan(), log, before=log)
    pd.testing.assert_frame_equal(twice.frame, follow_up(plan(), log).frame)


def test_logs_that_do_not_fit_are_refused():
    other = blueprint(list("abc"), "abc", log=LOG, id="other")
    study = made(np.full(20, 0.3))
    with pytest.raises(MiningError, match="their findings have other ids"):
        follow_up(plan(), study, before=made(np.full(20, 0.3), norm=other))
    with pytest.raises(MiningError, match="ends after this one"):
        follow_up(plan(), study, before=made(np.full(20, 0.3), start="2026-03-02"))


def test_a_region_that_was_left_alone_is_the_comparison():
    """Everything gets better by 10 points at the same time; in the north the action takes off 15 more."""
    everywhere = np.r_[np.full(42, 0.45), np.full(30, 0.35)]
    rng = np.random.default_rng(5)

    def regions(n):
        return np.where(rng.random(n) < 0.5, "North", "South")

    calm = made(everywhere - 0.1, per=60, regions=regions)
    found = rows(follow_up(plan(target=0.15), calm, comparison=Group("region", "South"))).loc["A1"]
    assert found["low"] < 0 < found["high"]
    assert found["verdict"] == "not"
    assert "difference in differences with share:" in found["method"]
    alone = rows(follow_up(plan(target=0.25, baseline=0.35), calm)).loc["A1"]
    assert alone["verdict"] == "achieved"  # what a look without a comparison would have said


def test_a_comparison_names_its_action():
    with pytest.raises(UnknownNameError, match="unknown action 'A9'"):
        follow_up(plan(), made(np.full(20, 0.3)), comparison={"A9": "share:path"})
    with pytest.raises(UnknownNameError, match="Known: North, South"):
        follow_up(plan(), made(np.full(20, 0.3)), comparison=Group("region", "West"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"metric": "rate of b"}, "metric 'rate of b' cannot be measured. Write share:"),
        ({"baseline": "a third"}, "actions: row 1, baseline: 'a third' is not a number"),
        ({"due": "soon"}, "actions: row 1, due: 'soon' is not a day written as 2026-03-31"),
        ({"start": "03/04/2025"}, "actions: row 1, start: '03/04/2025' is not a day"),  # of March, or of April?
        ({"start": "today"}, "actions: row 1, start: 'today' is not a day"),
        ({"target": "1_0"}, "actions: row 1, target: '1_0' is not a number"),
        ({"due": "2025-01-01"}, "due 2025-01-01 is before start 2025-10-13"),
        ({"action_id": ""}, "row 1 has no action_id"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_rows_that_cannot_be_read_are_refused(more, message):
    with pytest.raises(MiningError, match=re.escape(message)):
        actions_of(plan(**more), "UTC")


def test_days_are_read_as_in_a_plan():
    due = [
        date(2025, 11, 1),
        "2025/11/1",
        "2025年11月1日",
        pd.Timestamp("2025-10-31 23:30", tz="UTC"),
        pd.Timestamp("2025-11-01"),
    ]
    read = {actions_of(plan(due=day), "Europe/Rome")[0].due for day in due}
    assert read == {pd.Timestamp("2025-11-02", tz="Europe/Rome")}
    more = plan(check_dates="2026/1/1；2026-02-01、2026年3月1日", baseline="20％")
    action = actions_of(more, "UTC")[0]
    assert [str(x.date()) for x in action.checks] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert action.baseline == 0.2
    assert actions_of(plan(due=pd.NaT, check_dates=[date(2026, 1, 1)]), "UTC")[0].why == "no_due"


def test_a_metric_that_the_log_lacks_keeps_its_row_and_the_others_are_followed():
    rows_of_both = pd.concat(
        [plan(), plan(action_id="A2", metric="outcome:costs"), plan(action_id="A3", metric="share:R9")]
    )
    found = follow_up(rows_of_both, made(np.repeat([0.5, 0.1], [12, 12])))
    assert found.frame["why"].tolist()[1:] == ["not_measurable"] * 2
    assert found.frame["why"].iloc[0] != "not_measurable"
    assert set(found.frame["verdict"][1:]) == {"cannot_tell"}
    assert "the log does not have what the metric names (2)" in found.sentence()
    assert set(found.checks.loc[found.checks["action_id"] == "A2", "why"]) == {"not_measurable"}


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("by", ["activity", "start", "event", "overlap"])
def test_a_log_cut_in_two_is_the_whole_log_wherever_it_can_be_read(by):
    """Cut on a Wednesday by start of the case, by event, by activity after it (a sample of slow cases), and with an overlap."""
    log = table_of(np.repeat([0.3, 0.1], [10, 10]))
    begun, over = (log.groupby("case")["end"].transform(x) for x in ("min", "max"))
    at = pd.Timestamp("2025-03-19", tz="UTC")
    first, later = {
        "start": (begun < at, begun >= at), "event": (log["end"] < at, begun >= at), "activity": (log["end"] < at, over >= at),
        "overlap": (begun < at + pd.Timedelta(days=14), begun >= at),
    }[by]  # fmt: skip
    before, study, whole = (of_table(x) for x in (log[first], log[later], log))
    both = joined(*(series_of(x, FINDING) for x in (before, study)), "UTC", lacking(before, study, "week")).frame
    truth = series_of(whole, FINDING).frame.set_index("period").reindex(both["period"])
    read = both["complete"].to_numpy()
    assert read.sum() >= 14
    assert (both["n"].to_numpy() == truth["n"].to_numpy())[read].all()
    assert (both["n_with"].to_numpy() == truth["n_with"].to_numpy())[read].all()
    cut = both.set_index("period").loc["2025-W12"]
    assert not cut["complete"] or by == "overlap"
    plain = joined(*(series_of(x, FINDING) for x in (before, study)), "UTC").frame
    assert bool((plain["n"].to_numpy() != truth["n"].to_numpy())[plain["complete"]].any()) == (by == "activity")


def test_actions_twice_and_missing_columns_are_refused():
    with pytest.raises(MiningError, match="row 2 has the action_id 'A1' of row 1"):
        actions_of(pd.concat([plan(), plan()]), "UTC")
    with pytest.raises(MiningError, match="no column metric"):
        actions_of(plan().drop(columns="metric"), "UTC")


def test_days_are_those_of_the_zone_and_checks_may_be_given():
    found = actions_of(plan(check_dates="2025-12-01; 2026-01-15", baseline="30 %"), "Europe/Berlin")[0]
    assert found.due == pd.Timestamp(
        "2025-10-27", tz="Europe/Berlin"
    )  # the day after the due day, the clocks changed in between
    assert [x.date().isoformat() for x in found.checks] == ["2025-12-01", "2026-01-15"]
    assert found.predicted == pytest.approx(-0.2)


def test_a_plan_as_people_write_it_is_followed(tmp_path):
    table = plan(check_dates="2025-12-01; 2026-01-26", baseline="30 %", target="10 %").rename(
        columns={"due": "整改时限", "metric": "指标"}
    )
    table.to_csv(tmp_path / "actions.csv", index=False)
    found = follow_up(tmp_path / "actions.csv", usual())
    assert rows(found).loc["A1", "verdict"] == rows(follow_up(plan(), usual())).loc["A1", "verdict"] == "achieved"
    assert found.checks["day"].tolist() == [36, 92]
    assert len(follow_up(read_actions(tmp_path / "actions.csv"), usual())) == 1


def test_outcomes_are_made_where_a_plan_asks_for_one():
    row = rows(follow_up(plan(metric="outcome:time", baseline=216_000, target=86_400), usual())).loc["A1"]
    assert row["unit"] == "s"
    assert row["low"] < 0 < row["high"]
    assert row["verdict"] == "not"


def test_an_empty_plan_says_so():
    found = follow_up(plan().iloc[:0], made(np.full(12, 0.3)))
    assert len(found) == 0
    assert found.sentence() == "The plan has no actions."


@pytest.mark.slow
def test_equal_input_gives_equal_bytes():
    once, again = (follow_up(plan(), usual()) for _ in range(2))
    assert once.frame.to_csv() == again.frame.to_csv()
    assert once.checks.to_csv() == again.checks.to_csv()


def test_every_column_is_described_and_every_flag_and_reason_has_words():
    found = follow_up(plan(), usual())
    assert list(found.frame.columns) == list(found.columns)
    from mining.texts import say

    for lang in ("en", "zh"):
        flags = re.findall(r"\w+", found.columns["flags"].split(": ", 1)[0].split(":")[0])
        assert flags
        for flag in re.search(r"comma: (.*?);", found.columns["flags"])[1].split(", "):
            assert say(f"follow_up.flag_{flag}", lang)
        for why in ("stopped", "no_metric", "no_due", "no_target", "few_before", "few_after"):
            assert say(f"follow_up.why_{why}", lang)
        for verdict in VERDICTS:
            assert say(f"follow_up.status_{verdict}", lang)
            assert say(f"follow_up.count_{verdict}", lang, n=1)


# --- charts ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_charts_hold_what_the_tables_hold(lang):
    from matplotlib.axes import Axes

    found = follow_up(plan(), made(stepped(24, 20)[:46]), checks=(30, 90))
    change = found.changes["A1"]
    for result in (change.series, change.series.control(), change.series.control("xmr"), change, found):
        axes = result.plot(lang=lang)
        assert isinstance(axes, Axes)
        assert "<svg" in mining.plots.closed_svg(axes)
    points = change.series.control().plot(lang=lang).lines[0].get_ydata()
    assert np.nansum(points) == pytest.approx(np.nansum(change.series.values))


@pytest.mark.slow
def test_the_chart_of_a_change_holds_its_points():
    change = follow_up(plan(), usual()).changes["A1"]
    axes = change.plot()
    drawn = np.concatenate([line.get_ydata() for line in axes.lines if line.get_marker() == "o"])
    assert np.sort(drawn) == pytest.approx(np.sort(change.series.values[np.isfinite(change.change.line)]))
    assert [x for x in axes.get_legend().get_texts() if x.get_text() == "before carried on (95 %)"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_charts_name_the_goal_and_end_with_the_last_period(lang):
    found = follow_up(plan(goal_zh="步骤 b 必须执行"), usual())
    label = found.plot(lang=lang).get_yticklabels()[0].get_text()
    assert label.replace("\n", "") == {"en": "Step b always (A1)", "zh": "步骤 b 必须执行（A1）"}[lang]
    change = found.changes["A1"]
    late = replace(change, points=with_empty_periods(change.points, 20))
    ends = [x.plot(lang=lang).get_xlim() for x in (change, late)]
    assert ends[0] == ends[1]
    assert ends[0][1] < len(change.points) + 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_names_goals_and_shows_no_chart_without_a_period_after(lang):
    late = plan(action_id="A2", goal="Step b, later", goal_zh="", start="2026-05-25", due="2026-06-30")
    study = usual()
    table = follow_up(pd.concat([plan(goal_zh="步骤 b 必须执行"), late], ignore_index=True), study)
    assert table.frame["periods_after"].tolist() == [29, 0]
    section = _follow_up(SimpleNamespace(actions=1, follow_up=table), writer_of(study, lang))
    goal = {"en": "Step b always (A1)", "zh": "步骤 b 必须执行（A1）"}[lang]
    assert [x.caption.startswith(goal) for x in section.figures] == [False, True]  # effects, then before and after
    assert section.said[1].startswith(goal)
    cells = [[x.text for x in row.cells] for row in section.tables[0].groups[0].rows]
    row = rows(table).loc["A1"]
    assert cells[0][:4] == [goal, "-20.0", *(percent(row[x], lang) for x in ("before", "after"))]
    assert cells[0][5].startswith(f"{100 * row['step']:z.1f}")
    assert cells[1][3:7] == ["–"] * 4
    assert cells[0][-1] == {"en": "achieved", "zh": "达成"}[lang]


def with_empty_periods(points, n):
    """As where cases still run long after the last one began."""
    more = points.iloc[[-1] * n].assign(value=np.nan, y=np.nan, side="left_out", line=np.nan, ahead=np.nan)
    return pd.concat([points, more], ignore_index=True)


def test_charts_without_anything_say_so():
    study = small(NORM_SMALL, traces("abc"))
    series = series_of(study, outcome(study, [np.nan]))
    for axes in (series.plot(), series.control().plot(), follow_up(plan().iloc[:0], study).plot()):
        assert len(axes.texts) == 1


# --- what chance does ------------------------------------------------------------------------------------------------


def judged(y, side, windows, predicted):
    """As :func:`follow_up` does it, of plain numbers: the verdict of all, and the status after the checks."""
    found = change_of(y, side)
    checks = [verdict_of(window_effect(y, side, window, found.onward), predicted) for window in windows]
    whole = verdict_of(found.effect, predicted)
    return whole, status_of(found.effect, predicted, with_fading(checks)), checks


@pytest.mark.slow
@pytest.mark.parametrize(("before", "rho"), [(12, 0.0), (40, 0.0), (26, 0.3)])
def test_where_nothing_changed_at_most_5_in_100_are_called_achieved(before, rho):
    n, counts = before + 28, {"whole": 0, "status": 0}
    side = np.repeat([BEFORE, AFTER], [before, 28])
    windows = [np.isin(np.arange(n), before + np.arange(*x)) for x in ((0, 4), (9, 12), (21, 25))]
    for seed in range(200):
        rng = np.random.default_rng(seed)
        drift = np.zeros(n)
        for i in range(1, n):
            drift[i] = rho * drift[i - 1] + rng.normal(0, 0.02 if rho else 0)
        y = rng.binomial(60, np.clip(0.25 + drift, 0, 1), n) / 60
        whole, status, _ = judged(y, side, windows, -0.1)
        counts["whole"] += whole == "achieved"
        counts["status"] += status == "achieved"
    assert counts["whole"] <= 10
    assert counts["status"] <= 10


@pytest.mark.slow
def test_a_change_as_promised_is_mostly_called_achieved_and_never_not():
    side = np.repeat([BEFORE, AFTER], [40, 28])
    found = []
    for seed in range(200):
        y = np.random.default_rng(seed).binomial(60, np.r_[np.full(40, 0.3), np.full(28, 0.1)]) / 60
        found.append(judged(y, side, [], -0.2)[0])
    assert found.count("achieved") >= 170
    assert found.count("not") == found.count("cannot_tell") == 0
