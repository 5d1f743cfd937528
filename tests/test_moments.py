"""Verdicts that hang on the moment a rule uses, worked by hand."""

import numpy as np

from mining.conformance.moments import moment_flips
from mining.log import EventLog
from mining.study import Study
from tests.helpers import blueprint, frame


def flips(cases, rules):
    norm = blueprint(["a", "b"], "ab", rules=rules)
    study = Study(EventLog.from_frame(frame(cases), columns=norm.binding), norm, open_cases="judge")
    return moment_flips(norm, study.instances, study.is_open, study.calendars)


RULE = [{"id": "R1", "kind": "precedence", "a": "a", "b": "b", "severity": "major", "basis": "manual"}]


def test_overlapping_work_turns_with_the_moment_and_work_apart_does_not():
    cases = {
        "apart": [("A", 1, "ann", 0), ("B", 3, "ann", 2)],
        "inside": [("A", 5, "ann", 1), ("B", 6, "ann", 2)],  # a ends after b has begun
        "wrong": [("B", 2, "ann", 1), ("A", 4, "ann", 3)],
    }
    table = flips(cases, RULE).frame.set_index(["other_a_at", "other_b_at"])
    assert table.index.tolist() == [("complete", "start")]
    row = table.loc[("complete", "start")]
    assert (row["judged"], row["flips"], row["to_fail"], row["to_pass"], row["cases"]) == (3, 1, 1, 0, ("inside",))
    assert flips(cases, RULE).per_check() == {"R1": 1}


def test_without_starts_there_is_nothing_to_try():
    assert len(flips({"1": [("A", 1), ("B", 2)]}, RULE)) == 0


def test_a_rule_that_names_the_start_is_tried_at_the_completion():
    rule = [RULE[0] | {"a_at": "start", "b_at": "start"}]
    cases = {"1": [("A", 9, "ann", 1), ("B", 6, "ann", 2)], "2": [("A", 1, "ann", 0), ("B", 3, "ann", 2)]}
    table = flips(cases, rule).frame
    assert set(zip(table["other_a_at"], table["other_b_at"], strict=True)) == {
        ("complete", "start"),
        ("complete", "complete"),
    }
    assert np.array_equal(table["flips"], [1, 1])
    assert (table["a_at"] == "start").all()
