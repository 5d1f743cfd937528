"""The same question answered by log, survey, shopper and inspection."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.results import wilson
from mining.voice.triangulation import SOURCES, touchpoint_about, triangulation_of
from tests.examples import examples
from tests.helpers import study as studied
from tests.helpers import traces
from tests.voice_services import Table, service, survey

RULES = [
    {"id": "R1", "kind": "must_occur", "a": "b", "n": 1, "severity": "major", "basis": "Policy"},
    {"id": "R2", "kind": "precedence", "a": "a", "b": "c", "severity": "critical", "basis": "Policy"},
]
STANDARDS = [
    {
        **{
            "id": "S1",
            "dimension": "quality",
            "metric": "score",
            "source": "survey",
            "item": "smile",
            "of": "b",
            "min": 4.0,
        },
        **{"severity": "minor", "basis": "Charter"},
    },
    {
        **{
            "id": "S2",
            "dimension": "quality",
            "metric": "score",
            "source": "mystery_shopper",
            "item": "greeting",
            "of": "c",
            "min": 0.9,
        },
        **{"severity": "minor", "basis": "Charter"},
    },
]


def visits(counts, standard="R1", source="mystery"):
    """Rows of shoppers: result to number."""
    return [
        {"standard_id": standard, "result": result, "source": source} for result, n in counts.items() for _ in range(n)
    ]


def table(*parts):
    return Table(pd.DataFrame([row for part in parts for row in part]).assign(score=np.nan))


@pytest.fixture(scope="module")
def shop():
    """100 cases; in five of them b is missing: the log passes 95 %."""
    norm = service("abc", rules=RULES, standards=STANDARDS)
    return studied(norm, traces(*["abc"] * 95, *["ac"] * 5))


def row_of(found, subject):
    return found.frame.set_index("subject").loc[subject]


def test_log_95_and_shopper_60_disagree(shop):
    found = triangulation_of(shop, mystery=table(visits({"pass": 24, "fail": 16})))
    for subject in ("R1", "b"):  # the rule, and the touchpoint that it is about
        row = row_of(found, subject)
        assert (row["log_share"], row["log_n"], row["mystery_share"], row["mystery_n"]) == (0.95, 100, 0.6, 40)
        assert row["mystery_high"] < row["log_low"]
        assert (row["status"], row["apart"]) == ("conflict", "log-mystery")
        assert (row["log_low"], row["log_high"]) == pytest.approx(wilson(95, 100))
    assert found.conflicts["subject"].tolist() == ["b", "R1"]
    assert "95.0 % (n = 100)" in found.sentence()
    assert "60.0 % (n = 40)" in found.sentence()
    assert "矛盾" in found.sentence("zh")
    assert "神秘顾客" in found.sentence("zh")


def test_the_same_share_of_few_visits_is_no_conflict(shop):
    row = row_of(triangulation_of(shop, mystery=table(visits({"pass": 2, "fail": 1}))), "R1")
    assert (row["status"], row["apart"], row["mystery_share"]) == ("agree", "", 2 / 3)


def test_a_single_source_and_none_are_said(shop):
    found = triangulation_of(shop)
    assert row_of(found, "a")["status"] == "single source"
    assert row_of(found, "S2")["status"] == "no data"  # the log cannot judge it, and there are no visits
    assert row_of(found, "S2")["log_n"] == 0
    assert np.isnan(row_of(found, "S2")["log_share"])
    assert found.given == ("log",)
    assert "No two sources" not in found.sentence()
    assert "by none: 2" in found.sentence()
    assert "无数据 2 个" in found.sentence("zh")


def test_inspections_are_a_source_of_their_own(shop):
    found = triangulation_of(
        shop, mystery=table(visits({"pass": 9, "fail": 1}), visits({"pass": 2, "fail": 18}, source="inspection"))
    )
    row = row_of(found, "R1")
    assert (row["mystery_n"], row["inspection_n"], row["inspection_passed"]) == (10, 20, 2)
    assert row["apart"] == "log-inspection, mystery-inspection"


def test_a_visit_may_name_the_item_of_a_standard_and_counts_at_its_touchpoint(shop):
    found = triangulation_of(
        shop, mystery=table(visits({"pass": 4, "fail": 1, "na": 3}, "greeting"), visits({"pass": 2}, "nothing"))
    )
    assert row_of(found, "S2")["mystery_n"] == row_of(found, "c")["mystery_n"] == 5
    assert found.left_out["visits to a standard that the blueprint does not know"] == 2
    assert found.left_out["visits without a result (not applicable, or a score only)"] == 3
    assert "without a result): 5" in found.sentence()
    assert "nothing" not in found.provenance.line()


def test_answers_count_at_their_touchpoint_and_standard(shop):
    rows = [
        {"case_id": f"c{i}", "item": "smile", "kind": "perception", "touchpoint": "b", "score": 5 if i < 6 else 2}
        for i in range(10)
    ]
    rows += [{"case_id": f"c{i}", "item": "csat", "kind": "csat", "score": 5} for i in range(7)]
    found = triangulation_of(shop, survey=survey(rows))
    for subject in ("b", "S1"):
        assert (row_of(found, subject)["survey_passed"], row_of(found, subject)["survey_n"]) == (6, 10)
    row = row_of(found, "S1")
    assert (row["score_mean"], row["minimum"], row["reached"], row["status"]) == (
        pytest.approx(3.8),
        4,
        "cannot tell",
        "single source",
    )
    assert found.left_out["answers about no touchpoint and no standard"] == 7


@pytest.mark.parametrize(("scores", "reached"), [([5] * 9 + [4], "yes"), ([2] * 9 + [3], "no")])
def test_a_standard_of_a_survey_is_judged_by_the_interval_of_its_mean(shop, scores, reached):
    rows = [
        {"case_id": f"c{i}", "item": "smile", "kind": "perception", "touchpoint": "b", "score": x}
        for i, x in enumerate(scores)
    ]
    assert row_of(triangulation_of(shop, survey=survey(rows)), "S1")["reached"] == reached


def test_the_long_table_holds_the_same_numbers(shop):
    found = triangulation_of(shop, mystery=table(visits({"pass": 24, "fail": 16})))
    long = found.sources()
    assert len(long) == len(found) * len(SOURCES)
    assert long["source"].tolist()[:4] == list(SOURCES)
    assert long["n"].sum() == sum(found.frame[f"{source}_n"].sum() for source in SOURCES)


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_a_conflict_is_flagged_exactly_where_the_intervals_lie_apart(shop, passed, failed):
    row = row_of(
        triangulation_of(shop, mystery=table(visits({"pass": passed, "fail": failed}), visits({"na": 1}))), "R1"
    )
    low, high = wilson(passed, passed + failed)
    own = wilson(95, 100)
    if passed + failed == 0:
        assert row["status"] == "single source"
    else:
        assert (row["status"] == "conflict") == (high < own[0] or low > own[1])


def test_what_a_check_is_about(shop):
    assert [touchpoint_about(shop.blueprint, x) for x in ("R1", "R2", "S1", "S2")] == ["b", "a", "b", "c"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_chart_marks_conflicts(shop, lang):
    ax = triangulation_of(shop, mystery=table(visits({"pass": 24, "fail": 16}))).plot(lang=lang)
    labels = [x.get_text() for x in ax.get_yticklabels()]
    assert sum(x.startswith("⚠") for x in labels) == 2
    assert len(labels) == 5


def test_what_fewer_than_five_say_is_not_shown(shop):
    rows = [
        {"case_id": f"c{i}", "item": "smile", "kind": "perception", "touchpoint": "b", "score": 1} for i in range(4)
    ]
    found = triangulation_of(shop, survey=survey(rows))
    assert row_of(found, "b")["survey_n"] == row_of(found, "S1")["survey_n"] == 0
    assert np.isnan(row_of(found, "S1")["score_mean"])
    assert found.left_out["answers to a question with fewer than 5"] == 4
