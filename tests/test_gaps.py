"""The five-gap page, perception against expectation, traceability, and candidates for key touchpoints."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.conformance import verdicts as v
from mining.errors import LogError, UnknownNameError
from mining.results import wilson
from mining.voice.candidates import candidates_of
from mining.voice.gaps import five_gaps, gap_of, pairs_of
from mining.voice.importance import importance_of
from mining.voice.traceability import CUTS, traceability_of
from tests.examples import examples
from tests.helpers import study as studied
from tests.helpers import traces
from tests.voice_services import Table, scored, service, survey

RULES = [
    {"id": "R1", "kind": "must_occur", "a": "b", "n": 1, "severity": "major", "basis": "Promise on the web page"},
    {"id": "R2", "kind": "must_occur", "a": "c", "n": 1, "severity": "major", "basis": "Policy"},
]
STANDARDS = [
    {
        **{"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": "2h", "share": 0.9},
        **{"severity": "minor", "basis": "Service charter 2", "touchpoint": "b"},
    }
]
KPIS = [{"id": "K1", "name": {"en": "Done"}, "formula": {"share_with": "b"}, "target": 0.9, "direction": "up"}]


def needs(*rows):
    """(need, touchpoint) pairs as a register."""
    frame = pd.DataFrame([{"need_id": need, "text": f"text of {need}", "touchpoint": place} for need, place in rows])
    return Table(frame)


@pytest.fixture(scope="module")
def shop():
    """100 cases; b is missing in five of them, c in ten others."""
    norm = service("abc", rules=RULES, standards=STANDARDS, kpis=KPIS)
    return studied(norm, traces(*["abc"] * 85, *["ac"] * 5, *["ab"] * 10), open_cases="judge")


def both(pairs, **more):
    """Answers to expectation and perception of one item."""
    return [
        {"case_id": f"c{i}", "item": "kind", "kind": kind, "score": x} | more
        for i, pair in enumerate(pairs)
        for kind, x in zip(("expectation", "perception"), pair, strict=True)
        if x is not None
    ]


# --- five gaps -------------------------------------------------------------------------------------------------------


def test_with_a_log_only_gaps_one_and_five_have_no_data(shop):
    found = five_gaps(shop)
    frame = found.frame.set_index("gap")
    assert frame["measured"].to_dict() == {1: False, 2: True, 3: True, 4: True, 5: False}
    for gap in (1, 5):
        assert frame.loc[gap, "said_en"].startswith("no data")
        assert frame.loc[gap, "said_zh"].startswith("无数据")
        assert pd.isna(frame.loc[gap, "n"])
        assert np.isnan(frame.loc[gap, "value"])
    assert "no data for: gap 1, gap 5" in found.sentence()
    assert "无数据：差距 1、差距 5" in found.sentence("zh")


def test_with_all_tables_all_five_are_measured(shop):
    rows = both([(5, 4), (4, 4)] * 10, touchpoint="a")
    found = five_gaps(shop, survey=survey(rows), needs=needs(("n1", "b"), ("n2", "a"), ("n3", None)), bootstraps=200)
    frame = found.frame.set_index("gap")
    assert frame["measured"].all()
    assert found.sentence() == "All five gaps can be measured."
    assert (frame.loc[1, "n"], frame.loc[1, "value"]) == (3, pytest.approx(1 / 3))  # only b has a standard or rule
    assert (frame.loc[2, "n"], frame.loc[2, "value"]) == (1, 1)  # S1 is kept by all
    assert (frame.loc[5, "n"], frame.loc[5, "value"]) == (20, pytest.approx(-0.5))
    assert frame.loc[5, "low"] < -0.5 < frame.loc[5, "high"] < 0


def test_gap_three_counts_cases_without_a_grave_fault(shop):
    failed = np.zeros(100, bool)
    for check in shop.checks:
        if check.severity in ("critical", "major"):
            failed |= check.verdict == v.FAIL
    row = five_gaps(shop).frame.set_index("gap").loc[3]
    assert (row["n"], row["value"]) == (100, pytest.approx(1 - failed.mean()))
    assert failed.sum() == 15
    assert (row["low"], row["high"]) == pytest.approx(wilson(85, 100))


def test_gap_four_takes_what_is_promised_and_says_which(shop):
    found = five_gaps(shop)
    row, table = found.frame.set_index("gap").loc[4], shop.summary().frame.set_index("check")
    assert found.promises == ("R1", "S1")
    assert "promises: R1, S1, promises from: words of the basis" in found.provenance.line()
    passed, judged = table.loc[["R1", "S1"], "pass"].sum(), table.loc[["R1", "S1"], "judged"].sum()
    assert (row["n"], row["value"]) == (judged, pytest.approx(passed / judged))
    assert "R1 (95.0 %)" in row["said_en"]
    given = five_gaps(shop, promises=["R2"])
    assert given.promises == ("R2",)
    assert given.frame["value"][3] == pytest.approx(0.9)
    assert not five_gaps(shop, promises=[]).frame["measured"][3]
    with pytest.raises(UnknownNameError, match="unknown standard or rule 'S9'"):
        five_gaps(shop, promises=["S9"])


# --- perception and expectation --------------------------------------------------------------------------------------


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.integers(2, 5), min_size=1, max_size=30), st.sampled_from([0, -1]))
def test_equal_answers_give_no_gap_and_a_shift_of_one_gives_one(shop, scores, shift):
    answers = survey(both([(x, x + shift) for x in scores], touchpoint="b"))
    row = five_gaps(shop, survey=answers, bootstraps=50).frame.set_index("gap").loc[5]
    if len(scores) < 5:  # what so few say is not shown
        assert not row["measured"]
        assert np.isnan(row["value"])
        return
    assert (row["value"], row["n"]) == (shift, len(scores))
    assert np.isnan(row["low"]) if len(scores) < 10 else row["low"] == row["high"] == shift
    assert ("too few for an interval" in row["said_en"]) == (len(scores) < 10)


def test_only_answers_to_both_make_a_pair():
    rows = both([(5, 4), (5, None), (None, 1), (3, 4)], touchpoint="a") + both([(5, 3)])
    pairs, unpaired = pairs_of(survey(rows))
    assert (pairs["perception"] - pairs["expectation"]).tolist() == [-1, 1, -2]
    assert pairs["touchpoint"].isna().tolist() == [False, False, True]
    assert unpaired == 2


def test_scales_that_differ_cannot_be_subtracted(shop):
    rows = both([(5, 4)], touchpoint="a")
    rows[1] |= {"scale_max": 7.0}
    with pytest.raises(LogError, match="asked on different scales \\(scale_max 5 and 7\\)"):
        five_gaps(shop, survey=survey(rows))


def test_the_interval_of_a_gap_is_bca():
    from scipy.stats import bootstrap

    values = np.random.default_rng(1).normal(-0.3, 1, 40).round(1)
    ends = bootstrap(
        (np.sort(values),), np.mean, n_resamples=500, method="BCa", rng=np.random.default_rng(3)
    ).confidence_interval
    assert gap_of(values, 500, 3) == pytest.approx((values.mean(), ends.low, ends.high))
    assert gap_of(values[::-1], 500, 3) == gap_of(values, 500, 3)  # the order of the rows changes nothing


# --- traceability ----------------------------------------------------------------------------------------------------


def test_a_whole_chain_has_no_cut(shop):
    found = traceability_of(shop, needs=needs(("n1", "b")))
    rows = found.frame[found.frame["need_id"].eq("n1")]
    assert rows["check"].tolist() == ["R1", "S1"]
    assert rows["cut"].eq("").all()
    assert rows["objectives"].tolist() == ["K1", "K1"]
    assert rows["basis"].tolist() == [
        "Promise on the web page",
        "Service charter 2",
    ]
    assert rows["share"].tolist() == [0.95, 1.0]
    assert rows["judged"].tolist() == [100, 95]
    assert bool(rows["met"].tolist()[1])
    assert (found.needs, found.whole, found.based, found.checks) == (1, 1, 2, 3)


@pytest.mark.parametrize(
    ("register", "cut", "what"),
    [
        ([("n1", "b"), ("n2", None)], "no_touchpoint", ("n2",)),
        ([("n1", "b"), ("n2", "z")], "unknown_touchpoint", ("n2",)),
        ([("n1", "b"), ("n2", "a")], "no_standard", ("n2",)),
        ([("n1", "b"), ("n2", "c")], "no_objective", ("n2",)),
        ([("n1", "b")], "no_need", ("R2", "a", "c")),
        ([("n1", "a")], "no_need", ("R1", "R2", "S1", "b", "c", "K1")),
    ],
    ids=["touchpoint", "unknown", "standard", "objective", "need", "all"],
)
def test_a_link_that_is_cut_is_listed(shop, register, cut, what):
    found = traceability_of(shop, needs=needs(*register))
    assert found.cut[cut] == what
    assert set(found.links().loc[found.links()["cut"].eq(cut), "what"]) == set(what)
    assert found.sentence("en")
    assert "断开的环节" in found.sentence("zh")


def test_a_check_that_judged_nothing_has_no_result():
    rules = [{"id": "R1", "kind": "precedence", "a": "a", "b": "c", "severity": "major", "basis": "Policy"}]
    norm = studied(service("abc", rules=rules), traces("ab", "ab"))
    found = traceability_of(norm, needs=needs(("n1", "c")))
    assert found.cut["no_result"] == ("R1",)
    assert found.whole == 0


def test_links_that_nothing_tells_can_be_given(shop):
    found = traceability_of(shop, needs=needs(("n1", None)), links={"n1": ["S1", "K1"]})
    row = found.frame[found.frame["need_id"].eq("n1")].iloc[0]
    assert (row["check"], row["objectives"], row["cut"]) == ("S1", "K1", "no_touchpoint")
    assert found.whole == 1
    with pytest.raises(UnknownNameError, match="unknown need 'n2'"):
        traceability_of(shop, needs=needs(("n1", None)), links={"n2": ["S1"]})
    with pytest.raises(UnknownNameError, match="links of n1: unknown standard, rule or indicator 'S2'"):
        traceability_of(shop, needs=needs(("n1", None)), links={"n1": ["S2"]})


def test_without_needs_everything_is_without_one(shop):
    found = traceability_of(shop)
    assert found.cut["no_need"] == ("R1", "R2", "S1", "a", "b", "c", "K1")
    assert tuple(found.cut) == CUTS
    assert "7" in found.sentence()
    assert found.matrix().empty


def test_the_matrix_counts_what_stands_between_need_and_touchpoint(shop):
    matrix = traceability_of(shop, needs=needs(("n1", "b"), ("n2", "a"), ("n2", "b"))).matrix()
    assert matrix.loc["n1", "b"] == 2
    assert matrix.loc["n2", "a"] == 0
    assert matrix.loc["n2", "b"] == 2


# --- candidates ------------------------------------------------------------------------------------------------------


def contact(key):
    """a and c are steps of the desk, b one of the office behind the line; b is no contact of its own but declared one."""
    return studied(service("abc", key=key), traces(*["abc"] * 30))


def test_strength_is_the_product_of_the_factors_by_hand():
    found = candidates_of(contact("abc"))
    frame = found.frame.set_index("activity").loc[list("abc")]
    # every case passes a-b and b-c over the line of visibility: one passage at a and c, two at b; a step an hour
    assert frame["crossings"].tolist() == [1, 2, 1]
    assert frame["volume"].tolist() == [30, 30, 30]
    assert found.factors == ("crossings", "volume", "waiting")
    assert frame["waiting_s"].tolist()[1:] == [3600, 3600]
    factor = 1 + np.array([1, 2, 1]) / (4 / 3)
    waits = frame["waiting_s"].fillna(3600).to_numpy()
    assert frame["strength"].to_numpy() == pytest.approx(factor * 2 * (1 + waits / waits.mean()))
    assert found.frame["activity"].iat[0] == "b"


def test_the_strongest_that_is_not_declared_is_told():
    declared = candidates_of(contact("abc")).frame
    strongest = declared["activity"].iat[0]
    assert declared["verdict"].eq("declared and strong").all()
    found = candidates_of(contact("abc".replace(strongest, "")[:1]))
    frame = found.frame.set_index("activity")
    assert frame.loc[strongest, "verdict"] == "strong but not declared"
    assert frame["verdict"].to_dict() == {"b": "strong but not declared", "a": "declared but weak", "c": "neither"}
    assert f"Strong but not declared key: Step {strongest}" in found.sentence()
    assert "强但未声明为关键" in found.sentence("zh")


def test_derived_importance_moves_a_candidate_up():
    study = contact("abc")
    rng = np.random.default_rng(0)
    scores = rng.choice(np.arange(1, 6.0), (120, 3))
    importance = importance_of(study, scored(scores, scores[:, 2] + rng.normal(0, 0.2, 120), "abc"), bootstraps=20)
    with_it, without = candidates_of(study, importance), candidates_of(study)
    assert with_it.factors[-1] == "importance"
    assert with_it.frame["activity"].iat[0] == "c" != without.frame["activity"].iat[0]


def test_dropping_the_key_of_the_strongest_in_a_sample_puts_it_in_the_second_list(tmp_path):
    text = Path("sample_logs/it_incident/blueprint.yaml").read_text("utf-8")
    blueprint = mining.read_blueprint("sample_logs/it_incident/blueprint.yaml")
    log = mining.read_log("sample_logs/it_incident/log.csv", columns=blueprint.binding)
    frame = candidates_of(mining.Study(log, blueprint)).frame
    strongest = frame["activity"].iat[0]
    assert frame["verdict"].iat[0] == "declared and strong"
    at = text.index("key: true", text.index(f"- id: {strongest}\n"))
    path = tmp_path / "blueprint.yaml"
    path.write_text(text[:at] + "key: false" + text[at + len("key: true") :], "utf-8")
    changed = mining.read_blueprint(path)
    again = candidates_of(mining.Study(log, changed)).frame.set_index("activity")
    assert again.loc[strongest, "verdict"] == "strong but not declared"
