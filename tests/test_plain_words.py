"""What a table says beside its numbers, where the number alone would mislead."""

import warnings
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from mining.dimensions import cannot_fail_of
from mining.display.accounts import study_html
from mining.display.result import result_html
from mining.handovers.crossings import crossing_summary
from mining.plots.base import date_locator
from mining.selection import Selection, select
from mining.times.load import given_up
from mining.voice import kano_of, read_needs
from mining.what_if import Automated, what_if


@pytest.fixture(scope="module")
def forgiving(study):
    """The study by a blueprint that nothing can fail by its outcome, and that is a draft."""
    norm = study.blueprint
    scope = replace(norm.scope, abandoned_after=None, reopened_by=())
    return replace(study, blueprint=replace(norm, scope=scope, status="draft"))


def test_what_cannot_fail_is_named(study, forgiving):
    assert cannot_fail_of(study) == ()
    assert cannot_fail_of(forgiving) == ("outcome",)
    for table in (forgiving.summary(), forgiving.dimensions()):
        assert "No case can fail outcome" in table.sentence()
        assert "任何案例都不可能未通过 outcome" in table.sentence("zh")
    assert "No case can fail" not in study.summary().sentence() + study.dimensions().sentence()


def test_where_cases_without_an_end_are_judged_the_outcome_can_fail(forgiving):
    assert cannot_fail_of(replace(forgiving, open_cases="judge")) == ()


def test_a_draft_is_no_norm(study, forgiving):
    for table in (forgiving.summary(), forgiving.findings()):
        assert "draft and no norm" in table.sentence()
        assert "草案" in table.sentence("zh")
    assert "a draft: no norm" in study_html(forgiving)
    assert "no norm" not in study.summary().sentence() + study.findings().sentence() + study_html(study)


def test_the_weakest_facet_says_how_often_it_was_tested(study):
    table = study.touchpoints()
    row = table.frame[table.frame["enough"]].sort_values("conf").iloc[0]
    said = table.sentence()
    assert "fail on no facet that could be tested" in said
    assert f"tested for {row['time_n']:,} of them, of which {100 * row['time']:.1f} % pass" in said
    assert {"time", "time_n"} <= set(table.shown)


def test_a_scorecard_without_touchpoints_says_so(study):
    table = study.touchpoints()
    none = replace(table, frame=table.frame.iloc[:0])
    assert none.sentence().startswith("The blueprint declares no touchpoint")


def test_cases_given_up_are_told_beside_the_load(study, forgiving):
    load, lost = study.load(), given_up(study)
    x = study.instances
    days = study.blueprint.scope.abandoned_after.seconds
    by_hand = [~study.has_end[i] and (x.now - x.case_end[i]) / 1e6 > days for i in range(x.n_cases)]
    assert lost.tolist() == by_hand
    assert lost.any()
    assert f"{int(lost.sum())} had been given up" in load.sentence()
    assert not given_up(forgiving).any()
    assert "given up" not in forgiving.load().sentence()


def test_months_are_named_in_chinese(study):
    table = study.dimensions("month")
    n = table.frame.loc[table.frame["group"] != "all", "group"].nunique()
    assert table.sentence("zh").startswith(f"按月份分为 {n} 组。")
    assert table.sentence().startswith(f"{n} groups by month.")


def test_one_check_is_one(study):
    table = study.summary()
    assert replace(table, frame=table.frame.iloc[:1]).sentence().startswith("1 check;")


def test_cases_chosen_by_a_deviation_have_no_share_of_it(study):
    assert "chosen by this deviation" in study_html(select(study, Selection(kind="late")))
    assert "chosen by this deviation" not in study_html(select(study, Selection(by="channel", group="Desk")))


def test_the_method_of_the_intervals_is_said_once(study):
    assert result_html(study.summary(), "en").count("intervals: 95 %, Wilson") == 1
    assert "区间：95%，Wilson 法" in result_html(study.touchpoints(), "zh")
    assert "Wilson" not in result_html(study.load(), "en").split("</table>")[-1]


def test_the_part_of_the_customer_is_a_share(study):
    table = crossing_summary(study)
    shown = table.in_words("en").set_index("measure")["_unit"]
    assert shown.get("participation", "share") == "share"
    assert (shown.drop("participation", errors="ignore") == "other").all()


def test_kano_says_that_it_has_no_interval():
    table = pd.DataFrame(
        {
            "need_id": "n",
            "text": "x",
            "respondent": range(3),
            "kano_functional": "like",
            "kano_dysfunctional": "dislike",
        }
    )
    assert "without an interval" in kano_of(read_needs(table)).sentence()


def test_no_span_of_time_is_too_odd_for_its_marks():
    begin = datetime(2026, 1, 3, 7, 11)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for hours in np.geomspace(1 / 60, 24 * 3650, 80):
            assert len(date_locator(5, 9).tick_values(begin, begin + timedelta(hours=hours)))


@pytest.mark.slow
def test_what_if_names_the_cases_that_were_observed(study):
    found = what_if(study, Automated("send_receipt", seconds=60), runs=2)
    x, (first, last) = study.instances, (t.value // 1000 for t in found.window)
    begun = (x.case_start >= first) & (x.case_start <= last)
    assert 0 < found.n_observed <= int((begun & study.has_end).sum())
    assert f"of which the log has {found.n_observed:,} complete ones" in found.sentence()
