"""How sure a finding is, what is accepted, fitness where it means something, one case, versions: on cases that can be counted by hand."""

import pytest

import mining
from mining.display import NotMeasured
from mining.errors import UnknownNameError
from mining.explain import explain
from mining.explain.accepted import accepted_of
from mining.explain.certain import certainty_of
from mining.explain.doubts import doubts_of
from mining.fit import fitness_of
from mining.version_studies import versions_of
from tests.helpers import blueprint, study, traces

ALLOWED = {
    "id": "A1", "match": {"activity": "c", "kind": "missing"}, "decision": "accepted", "reason": {"en": "agreed"},
    "approved_by": "Board", "valid": ["2026-01-01", "2026-12-31"],
}  # fmt: skip


def test_a_missing_step_is_certain_and_a_swapped_one_has_two_explanations():
    found = study(blueprint(["a", "b", "c", "d"], "abcd"), traces("abcd", "abd", "abd"))
    table = certainty_of(found).frame
    assert table[["cases", "n", "certain", "likely", "doubtful", "unknown"]].values.tolist() == [[2, 2, 2, 0, 0, 0]]
    assert "2 (100.0 %) are certain" in certainty_of(found).sentence("en")
    assert "“Step c”" in table.loc[0, "title_en"]
    either = study(
        blueprint([{"choice": ["a", "b"]}, "c"], "abc"), traces("c")
    )  # a or b is missing, nobody can tell which
    row = certainty_of(either).frame.iloc[0]
    assert (row["n"], row["certain"], row["likely"], row["mean"]) == (1, 0, 1, 0.5)


def test_without_deviations_there_is_nothing_uncertain_and_nothing_to_feign():
    found = study(blueprint(["a", "b"], "ab"), traces("ab", "ab"))
    assert not len(certainty_of(found).frame)
    assert certainty_of(found).sentence("en") != certainty_of(found).sentence("zh")
    assert doubts_of(found).sentence("en").startswith("Of 0 findings none")


@pytest.mark.parametrize(
    ("more", "use", "told"),
    [({}, "no_bound", "Without a limit"), ({"max_share": 0.5}, "within", ""), ({"max_share": 0.2}, "over", "more than was agreed")],
    ids=["unbounded", "within", "over"],
)  # fmt: skip
def test_the_allow_list_is_held_to_the_share_that_was_agreed(more, use, told):
    norm = blueprint(["a", "b", "c", "d"], "abcd", allow=[ALLOWED | more])
    table = accepted_of(study(norm, traces("abcd", "abcd", "abd", "acd")))
    row = table.frame.iloc[0]
    assert (row["faults"], row["cases"], row["share"], row["use"]) == (1, 1, 0.25, use)
    assert told in table.sentence("en")


def test_an_entry_that_covers_nothing_is_unused_and_no_entry_is_said():
    unused = accepted_of(study(blueprint(["a", "b", "c"], "abc", allow=[ALLOWED]), traces("abc")))
    assert unused.frame["use"].tolist() == ["unused"]
    assert "Covering nothing in this log: A1" in unused.sentence("en")
    assert "no allow-list" in accepted_of(study(blueprint(["a", "b"], "ab"), traces("ab"))).sentence("en")


def test_fitness_is_a_table_where_the_flow_binds_and_a_reason_where_it_does_not():
    linear = fitness_of(study(blueprint(["a", "b"], "ab"), traces("ab", "ab", "b")))
    assert linear.frame[["check", "cases", "fitting"]].values.tolist() == [["path", 3, 2]]
    free = fitness_of(study(blueprint(["a", "b"], "ab", service_type="interactive"), traces("ab", "b")))
    assert not len(free.frame)
    assert "Fitness is not shown" in free.sentence("en")
    assert "不列示拟合度" in free.sentence("zh")


def test_the_ways_are_told_with_their_cases():
    found = study(blueprint(["a", "b"], "ab"), traces("ab", "ab", "b")).alignments()
    assert found.sentence("en").startswith("3 cases took 2 ways; 1 of these, with 2 cases, follow the flow as drawn.")
    assert found.frame["trace_zh"].tolist() == ["步骤a > 步骤b", "步骤b"]


def test_without_a_case_the_one_with_the_most_faults_is_explained():
    found = study(blueprint(["a", "b", "c", "d"], "abcd"), traces("abcd", "abd", "ad"))
    assert explain(found).case_id == "c2"
    assert explain(study(blueprint(["a", "b"], "ab"), traces("ab", "ab"))).case_id == "c0"


def test_no_starts_and_no_rules_are_two_reasons_why_no_moment_is_tried():
    without = study(blueprint(["a", "b"], "ab"), traces("ab")).moment_flips
    assert "no start times" in without.sentence("en")
    starts = study(blueprint(["a", "b"], "ab"), {"c": [("A", 1.0, "ann", 0.5), ("B", 2.0, "ann", 1.5)]}).moment_flips
    assert (starts.has_starts, starts.n_rules) == (True, 0)
    assert "no rule of order" in starts.sentence("en")


def test_cases_before_the_first_version_are_a_row_of_their_own():
    later = {"effective": {"from": "2027-01-01"}}
    table = versions_of(study(blueprint(["a", "b"], "ab", **later), traces("ab", "ab")))
    assert table.frame[["state", "cases"]].values.tolist() == [["in_force", 0], ["before", 2]]
    assert "2 cases (100.0 %) began before the first version." in table.sentence("en")
    draft = versions_of(study(blueprint(["a", "b"], "ab", status="draft"), traces("ab")))
    assert isinstance(draft, NotMeasured)
    assert "VERSIONS" in draft.sentence("zh")


def test_a_table_that_the_log_cannot_give_is_said_in_words():
    found = study(blueprint(["a", "b"], "ab"), traces("ab")).as_is
    assert isinstance(found.shown("channels"), NotMeasured)
    assert "channel" in found.shown("channels").sentence("en")
    assert found.shown("rework") is found.rework
    with pytest.raises(UnknownNameError, match="chanels"):
        found.shown("chanels")


def test_the_checks_of_a_dimension_are_those_of_the_whole_table():
    found = mining.open_study(
        "sample_logs/permit_receipt/log.csv", "sample_logs/permit_receipt/blueprint.yaml"
    ).summary()
    part = found.of("rules")
    assert part.frame["check"].tolist() == found.frame.loc[found.frame["dimension"] == "rules", "check"].tolist() != []
    with pytest.raises(UnknownNameError, match="rulez"):
        found.of("rulez")


def test_waits_are_named_in_both_languages():
    found = study(blueprint(["a", "b"], "ab"), {"c": [("A", 1.0, "ann", 0.5), ("B", 3.0, "ann", 2.0)]}).waits()
    assert "步骤a → 步骤b" in found.frame["transition_zh"].tolist()
    assert "transition_en" not in found.by_activity()
