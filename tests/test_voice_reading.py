"""Survey, mystery, incident and needs tables: read in any form, every bad row named, and joined with what does not match counted."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.blueprint import parse_blueprint
from mining.errors import LogError, UnknownNameError
from mining.voice import read_incidents, read_mystery, read_needs, read_survey
from mining.voice.reading import TableError, runs
from tests.examples import examples
from tests.helpers import blueprint_dict, traces
from tests.helpers import study as studied

ANSWER = {
    "case_id": "c0", "answered_at": "2026-03-02T09:00Z", "item": "csat", "score": "4", "scale_min": "1", "scale_max": "5", "kind": "csat",
}  # fmt: skip
VISIT = {"visit_id": "v0", "visited_at": "2026-03-02T09:00Z", "site": "north", "standard_id": "s", "result": "pass"}
INCIDENT = {"id": "i0", "at": "2026-03-02T09:00Z", "valence": "-", "category": "wait"}
NEED = {"need_id": "n0", "text": "be quick"}


def answers(*changes):
    """One answer per change, each of another case unless it says so."""
    return pd.DataFrame([ANSWER | {"case_id": f"c{i}"} | change for i, change in enumerate(changes)])


def visits(*changes):
    return pd.DataFrame([VISIT | {"visit_id": f"v{i}"} | change for i, change in enumerate(changes)])


def incidents(*changes):
    return pd.DataFrame([INCIDENT | {"id": f"i{i}"} | change for i, change in enumerate(changes)])


def needs(*changes):
    return pd.DataFrame([NEED | {"need_id": f"n{i}"} | change for i, change in enumerate(changes)])


def refused(read, table, **how):
    """What is wrong to the rows it is wrong in."""
    with pytest.raises(TableError) as error:
        read(table, **how)
    for rows in error.value.rows.values():
        assert runs(rows) in str(error.value)
    return {what: rows.tolist() for what, rows in error.value.rows.items()}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"score": "6"}, "score outside scale_min to scale_max"),
        ({"score": "0"}, "score outside scale_min to scale_max"),
        ({"score": "four"}, "score 'four' is not a number"),
        ({"scale_min": "5", "scale_max": "1"}, "scale_min is not below scale_max: the scale is reversed or empty"),
        ({"scale_max": None}, "only one of scale_min and scale_max"),
        ({"scale_max": "10"}, "another scale than most answers to the item have; call it by another name"),
        ({"kind": "feeling"}, "kind 'feeling' is none of perception, expectation, importance, csat, nps, ces"),
        ({"answered_at": "soon"}, "answered_at is not a moment that can be read"),
        ({"answered_at": None}, "no answered_at"),
        ({"item": " "}, "no item"),
        ({"case_id": None}, "neither a case_id nor a customer_id"),
        ({"item": "n", "kind": "nps"}, "NPS is asked on a scale from 0 to 10"),
        ({"item": "n", "kind": "nps", "scale_min": "0", "scale_max": "10", "score": "7.5"}, "NPS is a whole number from 0 to 10"),
    ],
)  # fmt: skip
def test_an_answer_that_means_nothing_is_refused_with_its_row(change, what):
    assert refused(read_survey, answers({}, {}, {}, change, {}, change | {"case_id": change.get("case_id", "z")})) == {
        what: [4, 6]
    }


def test_all_problems_are_named_at_once():
    found = refused(read_survey, answers({"score": "9"}, {}, {"kind": "x"}, {"score": "9"}, {"score": "-"}))
    assert {tuple(rows) for rows in found.values()} == {(1, 4), (3,), (5,)}


def test_a_moment_without_a_zone_needs_one():
    table = answers({}, {"answered_at": "2026-07-01T09:00"})
    (what,) = refused(read_survey, table)
    assert "names no time zone" in what
    read = read_survey(table, tz="Europe/Berlin")
    assert read.frame["answered_at"].tolist()[1] == pd.Timestamp("2026-07-01T07:00Z").value // 1000
    assert "answered_at without a time zone, read as Europe/Berlin: 1" in read.notes
    with pytest.raises(UnknownNameError, match="time zone 'Europe/Berln'"):
        read_survey(table, tz="Europe/Berln")


def test_dates_that_may_be_read_in_two_ways_are_refused_until_said():
    table = answers({"answered_at": "03/04/2026 09:00"})
    with pytest.raises(LogError, match="the survey table cannot be used.*day/month or month/day"):
        read_survey(table, tz="UTC")
    assert (
        read_survey(table, tz="UTC", day_first=True).frame["answered_at"][0]
        == pd.Timestamp("2026-04-03T09:00Z").value // 1000
    )


def test_moments_of_which_most_are_none_are_still_named():
    table = answers(*({"answered_at": x} for x in ("soon", "later", "2026-03-02T09:00Z", "never")))
    assert refused(read_survey, table) == {"answered_at is not a moment that can be read": [1, 2, 4]}
    with pytest.raises(LogError, match="holds int64, not timestamps"):
        read_survey(answers({"answered_at": 5}))


def test_two_answers_of_one_person_to_one_item_at_one_moment_are_refused():
    same = {"case_id": "c9"}
    found = refused(read_survey, answers(same, {}, same | {"score": "5"}))
    assert found == {"two answers of one person to one item at one moment": [1, 3]}
    later, elsewhere = same | {"answered_at": "2026-03-03T09:00Z"}, same | {"touchpoint": "desk"}
    assert len(read_survey(answers(same, later, elsewhere, same | {"kind": "importance"}))) == 4


def test_the_same_answers_in_every_form_are_the_same(tmp_path):
    table = answers({}, {"score": "5", "touchpoint": "a"}, {"customer_id": "9"})
    table.to_csv(tmp_path / "s.csv", index=False)
    table.to_parquet(tmp_path / "s.parquet")
    table.to_excel(tmp_path / "s.xlsx", index=False)
    frames = [read_survey(x).frame for x in (table, *(tmp_path / f"s.{end}" for end in ("csv", "parquet", "xlsx")))]
    for other in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], other)
    assert frames[0].dtypes["answered_at"] == np.int64
    assert frames[0]["touchpoint"].tolist() == [None, "a", None]
    assert frames[0]["row"].tolist() == [1, 2, 3]


def test_chinese_headers_and_words_are_read():
    table = pd.DataFrame(
        {
            "案例编号": [1],
            "评价时间": ["2026-03-02T09:00Z"],
            "题目": ["总体"],
            "评分": [5],
            "量表下限": [1],
            "量表上限": [5],
            "类型": ["满意度"],
        }
    )
    row = read_survey(table).frame.iloc[0]
    assert (row["case_id"], row["item"], row["kind"], row["score"]) == ("1", "总体", "csat", 5.0)
    visit = pd.DataFrame(
        {"访问编号": [1], "访问时间": ["2026-03-02T09:00Z"], "网点": ["东"], "标准编号": ["问候"], "结果": ["不达标"]}
    )
    assert read_mystery(visit).frame["result"].tolist() == ["fail"]
    told = pd.DataFrame({"编号": [1], "时间": ["2026-03-02T09:00Z"], "倾向": ["－"], "类别": ["等待"], "同意": ["是"]})
    assert read_incidents(told).frame[["valence", "consent"]].values.tolist() == [["-", True]]
    need = pd.DataFrame({"需求编号": [1], "需求": ["快"], "正向问题": ["喜欢"], "反向问题": ["无所谓"]})
    assert read_needs(need).frame[["kano_functional", "kano_dysfunctional"]].values.tolist() == [["like", "neutral"]]


def test_what_is_left_out_or_taken_for_granted_is_counted():
    table = answers({"kind": None}, {"kind": None, "item": "wait"}, {"score": None}).assign(age=3)
    table.loc[len(table)] = None
    read = read_survey(table)
    assert (len(read), read.n_rows) == (2, 4)
    assert read.frame["kind"].tolist() == ["csat", "perception"]
    for note in (
        "columns without a meaning for a survey table, left out: 'age'",
        "answers without a kind, taken as what their item is called: 1",
        "answers without a kind, taken as perceptions: 1",
        "rows without a score, no answers, left out: 1",
    ):
        assert note in read.notes


def test_scales_are_declared_or_not_known():
    table = answers({}, {"score": "9"}).drop(columns=["scale_min", "scale_max"])
    assert "answers without a known scale, so their scores could not be checked: 2" in read_survey(table).notes
    assert refused(read_survey, table, scales={"csat": (1, 5)}) == {"score outside scale_min to scale_max": [2]}
    nps = answers({"item": "nps", "kind": "nps", "score": "10", "scale_min": None, "scale_max": None})
    assert read_survey(nps).frame[["scale_min", "scale_max"]].values.tolist() == [[0.0, 10.0]]


def test_columns_missing_double_or_empty_are_refused():
    with pytest.raises(LogError, match="no column score. The columns are 'case_id'"):
        read_survey(answers({}).drop(columns="score"))
    with pytest.raises(LogError, match="the columns 'case_id' and 'Case ID' both mean case_id"):
        read_survey(answers({}).assign(**{"Case ID": 1}))
    with pytest.raises(LogError, match="the survey table has no rows"):
        read_survey(answers({}).head(0))
    with pytest.raises(TableError, match="the table has neither column"):
        read_survey(answers({}).drop(columns="case_id"))


@pytest.mark.parametrize(
    ("table", "what", "rows"),
    [
        (visits({}, {"result": "maybe"}), "result 'maybe' is none of pass, fail, na", [2]),
        (visits({}, {"result": None}), "neither a result nor a score", [2]),
        (visits({"visit_id": "v"}, {}, {"visit_id": "v"}), "two rows of one visit and standard", [1, 3]),
        (visits({"visit_id": "v"}, {"visit_id": "v", "standard_id": "t", "site": "south"}), "one visit with more than one site", [1, 2]),
        (visits({}, {"site": None}), "no site", [2]),
        (visits({"critical": "yes"}, {"critical": "no"}), "one standard both critical and not", [1, 2]),
    ],
    ids=["word", "none", "twice", "two-sites", "no-site", "critical"],
)  # fmt: skip
def test_a_visit_that_means_nothing_is_refused_with_its_row(table, what, rows):
    assert refused(read_mystery, table) == {what: rows}


def test_scores_become_results_where_the_mark_is_said():
    table = visits({"result": None, "score": 80}, {"result": None, "score": 79}, {"result": "pass", "score": 90})
    assert read_mystery(table).frame["result"].tolist() == [None, None, "pass"]
    assert read_mystery(table, pass_at=80).frame["result"].tolist() == ["pass", "fail", "pass"]
    assert refused(read_mystery, table, pass_at=95) == {"a result at odds with its score (pass_at 95)": [3]}


@pytest.mark.parametrize(
    ("table", "what", "rows"),
    [
        (incidents({}, {"valence": "0"}), "valence '0' is none of +, -", [2]),
        (incidents({"id": "i"}, {}, {"id": "i"}), "the id is there twice, and no other coder", [1, 3]),
        (incidents({}, {"consent": "perhaps"}), "consent 'perhaps' is none of yes, no", [2]),
        (incidents({}, {"answered_at": "2026-03-01T09:00Z"}), "answered before it happened", [2]),
        (incidents(*({"id": "i", "coder": x, "consent": x} for x in ("yes", "no"))), "one incident with consent given and not", [1, 2]),
    ],
    ids=["valence", "doubled", "consent", "too-early", "odds"],
)  # fmt: skip
def test_an_incident_that_means_nothing_is_refused_with_its_row(table, what, rows):
    assert refused(read_incidents, table) == {what: rows}


def test_a_quote_is_given_only_with_consent():
    table = incidents(
        {"quote": "never again", "consent": "yes"}, {"quote": "secret", "consent": "no"}, {"quote": "unasked"}
    )
    read = read_incidents(table)
    assert read.quotes()["quote"].tolist() == ["never again"]
    assert "quotes without consent, never printed: 2" in read.notes


@pytest.mark.parametrize(
    ("table", "what", "rows"),
    [
        (needs({"need_id": "n"}, {}, {"need_id": "n"}), "the need_id is there twice, and no other respondent or touchpoint", [1, 3]),
        (needs({}, {"kano_functional": "6"}), "kano_functional '6' is none of like, must, neutral, live_with, dislike", [2]),
        (needs({}, {"text": None}), "a need without a text", [2]),
        (needs(*({"need_id": "n", "respondent": x, "text": x} for x in "ab")), "one need with several texts", [1, 2]),
    ],
    ids=["doubled", "sixth", "silent", "two-texts"],
)  # fmt: skip
def test_a_need_that_means_nothing_is_refused_with_its_row(table, what, rows):
    assert refused(read_needs, table) == {what: rows}


def joined_study():
    """a is a touchpoint, b is none; c0 runs on Monday from 09:00 to 10:00, c1 has no end."""
    parts = blueprint_dict(["a", "b"], "ab", ends=["b"])
    parts["activities"][0]["touchpoint"] = {"key": True}
    norm = parse_blueprint(json.dumps(parts), name="test.yaml")
    return studied(norm, traces("ab", "a") | {"c2": [("A", 48.0), ("B", 49.0)]})


def test_rows_are_joined_and_what_does_not_match_is_counted():
    table = answers(
        {"answered_at": "2026-03-02T08:00Z", "touchpoint": "a"},  # before c0 began
        {"touchpoint": "b"},  # c1 runs; b is no touchpoint
        {"case_id": "c0", "answered_at": "2026-03-02T09:30Z", "item": "i"},  # before c0 ended
        {"case_id": "c0", "answered_at": "2026-03-02T10:00Z", "item": "i"},  # as it ended
        {"case_id": "moon"},
        {"case_id": None, "customer_id": "x"},
    )
    found = read_survey(table).joined(joined_study())
    assert found.case.tolist() == [0, 1, 0, 0, -1, -1]
    assert (found.matched, found.unmatched) == (4, 2)
    wanted = {
        "case_id:matched": 4, "case_id:unmatched": 1, "case_id:none": 1, "customer_id:unmatched": 1, "touchpoint:matched": 1,
        "touchpoint:unmatched": 1, "touchpoint:none": 4, "answered_at:before_start": 1, "answered_at:before_end": 1,
        "answered_at:running": 1, "answered_at:after_end": 1,
    }  # fmt: skip
    assert {key: found.counts[key] for key in wanted} == wanted
    assert found.frame.query("key == 'case_id' and what == 'unmatched'")["examples"].tolist() == ["moon"]
    assert "x" not in found.frame.query("key == 'customer_id'")["examples"].tolist()
    for lang in ("en", "zh"):
        assert "4" in found.sentence(lang)


def test_standards_of_visits_are_joined():
    found = read_mystery(visits({}, {"standard_id": "moon"})).joined(joined_study())
    assert found.counts["standard_id:unmatched"] == 2
    assert found.case.tolist() == [-1, -1]


def test_a_customer_joins_the_last_case_that_had_begun(study):
    """By plain pandas on the sample log: its attribute ``delivery`` stands for a customer."""
    ids = study.log.case_ids
    who, begin = study.log.attribute("delivery"), study.instances.case_start
    moments = np.quantile(begin, [0.0, 0.2, 0.7, 1.0]).astype(np.int64)
    names = sorted({x for x in who if x is not None})[:3]
    rows = [(name, moment) for name in [*names, "nobody"] for moment in moments]
    table = pd.DataFrame(
        {
            "customer_id": [x for x, _ in rows],
            "answered_at": [pd.Timestamp(t, unit="us", tz="UTC") for _, t in rows],
            "item": "i",
            "score": 1,
        }
    )
    found = read_survey(table).joined(study, customer="delivery")
    cases = pd.DataFrame({"who": who, "begin": begin, "case": range(len(ids))})
    for (name, moment), case in zip(rows, found.case.tolist(), strict=True):
        mine = cases[(cases["who"] == name) & (cases["begin"] <= moment)].sort_values(["begin", "case"])
        assert case == (mine["case"].iloc[-1] if len(mine) else -1)
    assert found.counts["customer_id:unmatched"] == (found.case < 0).sum()
    with pytest.raises(UnknownNameError, match="attribute 'moon'"):
        read_survey(table).joined(study, customer="moon")


@settings(max_examples=examples(15), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1, 7), st.sampled_from(["csat", "wait"]), st.integers(0, 3)), min_size=1, max_size=12
    )
)
def test_exactly_the_bad_rows_are_named(rows):
    """Oracle in plain Python: outside 1 to 5, or the same person, item and moment again."""
    table = answers(
        *({"case_id": f"c{who}", "score": str(score), "item": item, "kind": "csat"} for score, item, who in rows)
    )
    outside = [i + 1 for i, (score, _, _) in enumerate(rows) if not 1 <= score <= 5]
    keys = [(item, who) for _, item, who in rows]
    twice = [i + 1 for i, key in enumerate(keys) if keys.count(key) > 1]
    wanted = {
        what: where
        for what, where in (
            ("score outside scale_min to scale_max", outside),
            ("two answers of one person to one item at one moment", twice),
        )
        if where
    }
    if wanted:
        assert refused(read_survey, table) == wanted
    else:
        assert read_survey(table).frame["score"].tolist() == [float(score) for score, _, _ in rows]


@pytest.mark.slow
def test_a_million_answers_are_read_in_seconds(tmp_path):
    n = 1_000_000
    table = pd.DataFrame(
        {
            "case_id": np.arange(n) // 4, "answered_at": "2026-03-02T09:00:00Z", "item": np.tile(["a", "b", "c", "d"], n // 4),
            "score": np.arange(n) % 5 + 1, "scale_min": 1, "scale_max": 5,
        }
    )  # fmt: skip
    table.to_csv(tmp_path / "big.csv", index=False)
    begin = time.process_time()
    assert len(read_survey(tmp_path / "big.csv")) == n
    assert time.process_time() - begin < 20


def test_runs_of_rows_are_written_short():
    assert runs(np.array([7])) == "row 7"
    assert runs(np.arange(1, 500, 2), most=3) == "rows 1, 3, 5 and 247 more runs"
