"""The rating of an audit: every line of the printed rule, its boundaries, who may decide otherwise, and the words."""

import json
from itertools import product
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import MiningError, UnknownNameError
from mining.record import Graded, RatingOverride, Words, blind_share, check_override, rate, rating_word, rule_lines
from mining.record.graded import RATINGS, RULES, SEVERITIES
from tests.examples import examples
from tests.helpers import blueprint, study

ORDER = ("satisfactory", "some_improvement", "major_improvement", "unsatisfactory")


def graded(
    id="F-00000001", severity="major", priority="H", status="open", n_net=3, low=0.01, confirmed=True, control=False
):
    return Graded(id, severity, priority, status, n_net, low, confirmed, control)


def rated(*findings, mode="audit", status="approved", blind=0.0, limit=0.2, override=None):
    return rate(findings, mode=mode, blueprint_status=status, blind_share=blind, blind_limit=limit, override=override)


MAJORS = [graded(f"F-0000000{n}") for n in range(4)]
CRITICAL = graded("F-000000cc", "critical", low=0.01)


# --- the rule, line by line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "value", "rule"),
    [
        ([], "satisfactory", "no_serious"),
        ([graded(priority="M")], "satisfactory", "no_serious"),
        ([graded(severity="minor", priority="H")], "satisfactory", "no_serious"),
        (MAJORS[:1], "some_improvement", "few_major"),
        (MAJORS[:2], "some_improvement", "few_major"),
        (MAJORS[:3], "major_improvement", "many_major"),
        ([CRITICAL], "major_improvement", "critical"),
        ([graded(severity="critical", priority="M")], "major_improvement", "critical"),
        ([*MAJORS, CRITICAL], "major_improvement", "critical"),
        ([graded(severity="critical", low=0.05)], "unsatisfactory", "widespread"),
        ([graded(severity="critical", low=0.0499999)], "major_improvement", "critical"),
        ([graded(low=0.5, control=True)], "unsatisfactory", "not_operating"),
        ([graded(low=0.5, control=True, priority="M")], "unsatisfactory", "not_operating"),
        ([graded(low=0.4999999, control=True)], "some_improvement", "few_major"),
        ([graded(low=0.9, control=False)], "some_improvement", "few_major"),
        ([graded(severity="minor", low=0.9, control=True)], "satisfactory", "no_serious"),
        ([graded(severity="critical", low=float("nan"))], "major_improvement", "critical"),
    ],
    ids=str,
)  # fmt: skip
def test_each_line_of_the_rule_and_its_boundary(findings, value, rule):
    found = rated(*findings)
    assert (found.value, found.by_rule, found.rule) == (value, value, rule)


def test_the_findings_that_decided_are_named_and_no_others():
    found = rated(*MAJORS, CRITICAL, graded("F-000000ff", "minor"))
    assert [x.finding_id for x in found.because] == ["F-000000cc"]
    assert "F-000000cc" in found.sentence("en")
    assert "F-0000000" + "1" not in found.sentence("en")
    assert [x.finding_id for x in rated(*MAJORS).because] == [x.finding_id for x in MAJORS]


@pytest.mark.parametrize("status", ["within_target", "allowed", "withdrawn", "change_request"])
def test_only_open_findings_count(status):
    assert rated(graded(severity="critical", low=0.9, status=status)).value == "satisfactory"


def test_what_the_sample_refuted_does_not_count_and_is_named():
    found = rated(graded("F-000000cc", "critical", low=0.5, confirmed=False), graded("F-000000dd"))
    assert (found.value, found.refuted) == ("some_improvement", ("F-000000cc",))
    assert "did not confirm them: F-000000cc" in found.sentence("en")
    assert rated(graded(severity="minor", confirmed=False)).refuted == ()


def test_what_was_not_inspected_counts_and_is_said_to_rest_on_the_log():
    found = rated(graded("F-000000cc", "critical", confirmed=None), graded("F-000000dd", "critical"))
    assert found.value == "major_improvement"
    assert found.log_alone == ("F-000000cc",)
    assert "rest on the log alone: F-000000cc." in found.sentence("en")
    assert "仅以日志为依据：F-000000cc。" in found.sentence("zh")
    assert "alone" not in rated(CRITICAL).sentence("en")


@pytest.mark.parametrize(("blind", "value"), [(0.2, "satisfactory"), (0.2000001, "no_opinion"), (1.0, "no_opinion")])
def test_without_enough_data_there_is_no_opinion(blind, value):
    assert rated(blind=blind).value == value


def test_data_that_cannot_answer_come_before_the_findings():
    found = rated(CRITICAL, blind=0.3)
    assert (found.value, found.because) == ("no_opinion", ())
    assert "30.0\u00a0%" in found.sentence("en")
    assert "20.0\u00a0%" in found.sentence("en")


def test_a_share_just_above_the_limit_does_not_look_like_it():
    assert "20.004%" in (told := rated(blind=0.200041).sentence("zh"))
    assert "20.000%" in told


def test_nothing_that_is_no_number_passes_for_enough_data():
    assert rated(blind=float("nan")).value == "no_opinion"


# --- no norm, no opinion ------------------------------------------------------------------------------------------------

OVERRIDES = [RatingOverride(value, Words.both("seen on site"), "Ann Li") for value in RATINGS]


@pytest.mark.parametrize(
    ("mode", "status"), [("audit", "draft"), ("audit", "retired"), *product(["advisory"], ["approved", "draft"])]
)
def test_no_rating_without_a_norm_or_in_advice_and_no_person_can_give_one(mode, status):
    found = rated(CRITICAL, mode=mode, status=status)
    assert (found.value, found.by_rule, found.given, found.because, found.refuted) == ("none", "none", False, (), ())
    for override in OVERRIDES:
        with pytest.raises(
            MiningError, match="advisory mode" if mode == "advisory" else f"blueprint is {status}, not approved"
        ):
            rated(mode=mode, status=status, override=override)


@pytest.mark.parametrize("override", OVERRIDES, ids=lambda x: x.value)
def test_a_person_may_decide_otherwise_and_the_rule_stays_beside_it(override):
    found = rated(CRITICAL, override=override)
    assert (found.value, found.by_rule, found.given) == (override.value, "major_improvement", True)
    told = found.sentence("en")
    assert told.startswith("Major improvement needed: ")
    assert told.endswith(f"Ann Li decided otherwise: {rating_word(override.value, 'en')}. Reason: seen on site")


@pytest.mark.parametrize(
    ("override", "what"),
    [
        (RatingOverride("satisfactory", Words(), "Ann"), "has no reason"),
        (RatingOverride("satisfactory", Words.both("x"), ""), "has no name"),
    ],
    ids=["reason", "by"],
)
def test_a_decision_needs_reason_and_name(override, what):
    with pytest.raises(MiningError, match=what):
        check_override(override, mode="audit", blueprint_status="approved", where="e.yaml:3: rating")


def test_words_that_mean_nothing_are_refused():
    with pytest.raises(UnknownNameError, match="unknown rating 'good'"):
        rated(override=RatingOverride("good", Words.both("x"), "Ann"))
    with pytest.raises(UnknownNameError, match="unknown mode 'Audit'. Did you mean 'audit'"):
        rated(mode="Audit")
    with pytest.raises(UnknownNameError, match="unknown status of the blueprint 'final'"):
        rated(status="final")
    with pytest.raises(UnknownNameError, match="F-00000001: unknown severity 'high'"):
        rated(graded(severity="high"))


# --- laws ---------------------------------------------------------------------------------------------------------------

findings = st.builds(
    Graded,
    st.sampled_from([f"F-0000000{n}" for n in range(9)]),
    st.sampled_from(SEVERITIES),
    st.sampled_from(["H", "M", "L", None]),
    st.sampled_from(["open", "open", "open", "within_target", "allowed", "withdrawn", "change_request"]),
    st.integers(0, 500),
    st.sampled_from([0.0, 0.049999, 0.05, 0.3, 0.499999, 0.5, 0.9]),
    st.sampled_from([True, None, False]),
    st.booleans(),
)


@given(st.lists(findings, max_size=6), findings)
@settings(max_examples=examples(100))
def test_one_more_finding_never_makes_the_rating_better(found, one_more):
    before, after = rated(*found).value, rated(*found, one_more).value
    assert ORDER.index(before) <= ORDER.index(after)


@given(st.lists(findings, max_size=6), st.randoms())
@settings(max_examples=examples(50))
def test_the_order_of_the_findings_changes_nothing(found, chance):
    mixed = found.copy()
    chance.shuffle(mixed)
    assert (rated(*found).value, rated(*found).rule) == (rated(*mixed).value, rated(*mixed).rule)


@given(st.lists(findings, max_size=6), st.sampled_from([0.0, 0.2, 0.21]))
@settings(max_examples=examples(150))
def test_the_rating_is_that_of_the_table_read_from_the_bottom(found, blind):
    """The five rows of the table, each as it stands, asked from the mildest: a second definition."""
    seen = [x for x in found if x.status == "open" and x.confirmed in (True, None)]
    critical = sum(x.severity == "critical" for x in seen)
    major = sum(x.severity == "major" and x.priority == "H" for x in seen)
    broken = any(x.control and x.low >= 0.5 and x.severity in ("critical", "major") for x in seen)
    expected = "satisfactory"
    if major:
        expected = "some_improvement"
    if critical or major > 2:
        expected = "major_improvement"
    if broken or any(x.severity == "critical" and x.low >= 0.05 for x in seen):
        expected = "unsatisfactory"
    if blind > 0.2:
        expected = "no_opinion"
    assert rated(*found, blind=blind).value == expected


# --- words --------------------------------------------------------------------------------------------------------------


def test_the_words_are_those_of_the_table():
    assert {x: (rating_word(x, "en"), rating_word(x, "zh")) for x in RATINGS} == {
        "satisfactory": ("Satisfactory", "满意 / 有效"),
        "some_improvement": ("Some improvement needed", "需一般改进 / 基本有效"),
        "major_improvement": ("Major improvement needed", "需重大改进 / 存在重要缺陷"),
        "unsatisfactory": ("Unsatisfactory", "不满意 / 存在重大缺陷"),
        "no_opinion": ("No opinion", "无法表示意见"),
    }


@pytest.mark.parametrize(("lang", "colon", "marks"), [("en", ": ", ("\u00a0%",)), ("zh", "：", ("%",))])
def test_the_rule_is_printed_whole_with_its_thresholds(lang, colon, marks):
    lines = rule_lines(lang, blind_limit=0.125)
    assert [line.split(colon)[0] for line in lines[1:6]] == [
        rating_word(x, lang)
        for x in ("no_opinion", "unsatisfactory", "major_improvement", "some_improvement", "satisfactory")
    ]
    assert f"12.5{marks[0]}" in lines[1]
    assert f"5{marks[0]}" in lines[2]
    assert f"50{marks[0]}" in lines[2]
    assert " 2 " in lines[3]
    assert "{" not in "".join(lines)
    assert rated(limit=0.125).rule_lines(lang) == lines


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("rule", RULES)
def test_every_line_has_a_sentence(rule, lang):
    made = {
        "advisory": rated(mode="advisory"),
        "no_norm": rated(status="retired"),
        "blind": rated(blind=0.5),
        "widespread": rated(graded(severity="critical", low=0.2)),
        "not_operating": rated(graded(low=0.6, control=True)),
        "critical": rated(CRITICAL),
        "many_major": rated(*MAJORS),
        "few_major": rated(*MAJORS[:2]),
        "no_serious": rated(),
    }[rule]
    assert made.rule == rule
    told = made.sentence(lang)
    assert told.startswith(rating_word(made.value, lang))
    assert "{" not in told
    assert all(x.finding_id in told and f"{x.n_net}" in told for x in made.because)


def test_the_record_of_it_is_plain_and_says_both_results():
    found = rated(graded(severity="critical", confirmed=None), override=OVERRIDES[0])
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (record["value"], record["by_rule"], record["rule"]) == ("satisfactory", "major_improvement", "critical")
    assert record["override"] == {
        "value": "satisfactory",
        "reason": {"en": "seen on site", "zh": "seen on site"},
        "by": "Ann Li",
    }
    assert record["resting_on_the_log_alone"] == ["F-00000001"]
    assert record["thresholds"] == {
        "blind_share": 0.2,
        "widespread_low": 0.05,
        "not_operating_low": 0.5,
        "most_major_h": 2,
    }


# --- the blind share ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_blind_share_counts_applicable_pairs():
    """Path and outcome apply to both cases (4 pairs), the rule on c to one, and the standard, that the log cannot show, to both (2)."""
    norm = blueprint(
        ["a", {"choice": ["b", "c"]}], "abc", ends="bc",
        rules=[{"id": "R1", "kind": "precedence", "a": "a", "b": "c", "severity": "minor", "basis": "policy"}],
        standards=[
            {"id": "S1", "dimension": "quality", "metric": "external", "item": "wait", "source": "external", "max": 3, "severity": "minor",
             "basis": "charter"},
        ],
    )  # fmt: skip
    judged = study(norm, {"one": [("A", 0.0), ("B", 1.0)], "two": [("A", 0.0), ("C", 1.0)]})
    counts = judged.summary().frame.set_index("check")
    assert counts["not_applicable"].to_dict() == {"path": 0, "R1": 1, "S1": 0, "outcome": 0}
    assert blind_share(judged) == (2, 7)


def test_the_blind_share_is_a_sum_over_all_checks():
    """Judged or pending: 7 + 2 + 1 + 4 pairs, not observable: 5. What a check does not apply to is in neither number."""
    rows = {
        "pass": [7, 0],
        "fail": [2, 0],
        "allowed": [0, 1],
        "pending": [0, 4],
        "not_applicable": [1, 0],
        "not_observable": [0, 5],
    }
    summary = SimpleNamespace(frame=pd.DataFrame(rows))
    assert blind_share(SimpleNamespace(summary=lambda: summary)) == (5, 19)
