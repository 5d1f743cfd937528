"""What is followed in time where somebody said it, where the plan says it, and where nobody did."""

import pandas as pd
import pytest

import mining
from mining.errors import MiningError, UnknownNameError
from mining.follow_up import Helped, before_after, series_of
from mining.follow_up.asked import asked_of, dated, first_measure
from mining.follow_up.control import control_before
from mining.improvement_file import write_helped
from mining.monitor.replay import newest, replayed
from tests.helpers import ROOT

SAMPLE = ROOT / "sample_logs" / "permit_receipt"
PLAN = SAMPLE / "actions.csv"


@pytest.fixture(scope="module")
def study():
    return mining.open_study(SAMPLE / "log.csv", SAMPLE / "blueprint.yaml")


@pytest.fixture(scope="module")
def plan():
    return mining.plan.read_actions(PLAN)


def values(asked):
    return dict(zip(asked.frame["parameter"], asked.frame["value"], strict=True))


def test_nothing_said_takes_the_first_time_standard_and_tells_it(study):
    asked = asked_of(study, None)
    assert asked.measure == "share:S1"
    assert asked.taken == ("MEASURE",)
    assert values(asked) == {"MEASURE": "share:S1", "START": "", "DONE": "", "LEFT_ALONE": "", "MIX": "", "ACTION": ""}
    for lang, words in (("en", "first time standard"), ("zh", "首个有判定案例的时间标准")):
        assert words in asked.frame[f"from_{lang}"][0]
        assert "MEASURE" in asked.sentence(lang)


def test_a_plan_says_measure_start_and_done(study, plan):
    asked = asked_of(study, plan)
    assert values(asked) | {"LEFT_ALONE": "", "MIX": ""} == {
        "MEASURE": "share:F-1abdb763", "START": "2026-03-16", "DONE": "2026-04-11", "LEFT_ALONE": "", "MIX": "", "ACTION": "A1",
    }  # fmt: skip
    assert asked.taken == ("MEASURE", "START", "DONE", "ACTION")
    assert values(asked_of(study, plan, action="A2"))["START"] == "2026-03-30"


def test_the_days_of_a_plan_are_not_taken_for_another_measure(study, plan):
    asked = asked_of(study, plan, measure="share:R2")
    assert asked.start is None
    assert asked.taken == ("ACTION",)


def test_what_is_said_stands(study, plan):
    start = dated("2026-02-02", "start", "Europe/Amsterdam")
    asked = asked_of(
        study, plan, measure="share:F-1abdb763", start=start, comparison="share:R2", mix=["channel"], action="A1"
    )
    assert asked.taken == ()
    assert values(asked)["START"] == "2026-02-02"
    assert values(asked)["DONE"] == ""


def test_days_begin_by_the_clock_of_the_blueprint():
    assert dated("2026-03-16", "start", "Asia/Shanghai") == pd.Timestamp("2026-03-15T16:00Z")
    assert dated("2026-03-16T00:00Z", "start", "Asia/Shanghai") == pd.Timestamp("2026-03-16T00:00Z")
    assert dated(None, "start", "UTC") is None
    with pytest.raises(MiningError, match="start: 'soon' is no date"):
        dated("soon", "start", "UTC")


def test_mistakes_are_told(study, plan):
    with pytest.raises(UnknownNameError, match="A9"):
        asked_of(study, plan, action="A9")
    with pytest.raises(MiningError, match="there is no plan"):
        asked_of(study, None, action="A1")
    with pytest.raises(MiningError, match="lies before the start"):
        Helped(study, start="2026-03-16", done="2026-03-01")
    with pytest.raises(UnknownNameError, match="R9"):
        Helped(study, measure="share:R9").shown("series")
    with pytest.raises(UnknownNameError, match="serie"):
        Helped(study).shown("serie")


@pytest.mark.slow
def test_tables_are_those_of_the_functions(study):
    helped = Helped(
        study, measure="share:S1", start="2026-03-16", done="2026-04-11", comparison="share:R2", mix=["channel"]
    )
    start, done = (dated(day, "day", study.blueprint.tz) for day in ("2026-03-16", "2026-04-11"))
    series = series_of(study, "share:S1")
    assert helped.shown("change").frame.equals(before_after(series, start, wash_out=done).frame)
    beside = before_after(series, start, wash_out=done, comparison=series_of(study, "share:R2"))
    assert helped.shown("against").frame.equals(beside.frame)
    assert helped.shown("control").frame.equals(control_before(series, start).frame)
    assert helped.shown("cases").frame["weight"].sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["change", "against", "cases", "actions"])
def test_without_a_day_or_a_plan_the_words_say_what_to_give(study, name):
    shown = Helped(study).shown(name)
    assert not shown
    for lang in ("en", "zh"):
        assert ("ACTIONS" if name == "actions" else "START") in shown.sentence(lang)


@pytest.mark.slow
def test_with_a_day_only_the_rest_says_what_to_give(study):
    helped = Helped(study, start="2026-03-16")
    assert helped.shown("change")
    assert "LEFT_ALONE" in helped.shown("against").sentence()
    assert "MIX" in helped.shown("cases").sentence("zh")
    assert helped.told("zh") == helped.shown("actions").sentence("zh")


@pytest.mark.slow
def test_an_action_is_told_in_words(study):
    assert Helped(study, actions=str(PLAN), action="A2").told("zh").startswith("每件申请都有受理通知书（A2）")


def test_the_measure_where_no_time_standard_was_judged(study, monkeypatch):
    monkeypatch.setattr("mining.follow_up.asked.Standard", type("Other", (), {}))
    measure, how = first_measure(study)
    assert how == "check"
    assert measure == f"share:{study.checks[0].id}"


@pytest.mark.slow
def test_the_page_has_words_where_a_chart_is_missing(study, tmp_path):
    helped = Helped(study)
    text = write_helped(helped, tmp_path, lang="zh").read_text(encoding="utf-8")
    assert text.count("<figure") == 2
    assert helped.shown("change").sentence("zh") in text
    assert write_helped(helped, tmp_path, lang="zh").read_text(encoding="utf-8") == text


@pytest.mark.slow
def test_a_replayed_log_stands_as_the_study_does(study):
    monitor = replayed(study)
    board, alerts = monitor.board().frame, newest(monitor, most=5).frame
    assert set(board["case_id"]) == set(pd.Series(study.log.case_ids)[study.is_open])
    assert len(alerts) == 5
    assert alerts["at"].is_monotonic_decreasing
    assert not len(monitor.alerts().frame)
