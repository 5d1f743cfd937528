"""The funnel: how far cases come, where they turn back, try again and stay away, and who needed staff."""

import json
import math
import re

import matplotlib.pyplot as plt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mining.blueprint import model as m
from mining.blueprint import parse_blueprint
from mining.errors import UnknownNameError
from mining.funnel import designed_order, funnel_of, ordered_pairs
from mining.results import wilson
from tests.examples import examples
from tests.helpers import blueprint_dict, study, traces
from tests.strategies import flows, language

CJK = re.compile(r"[\u3400-\u9fff]")
ABANDONED = {"abandoned_after": "24h"}


def norm(flow, names="abcd", ends="d", stage_of=None, lane_of=None, scope=None, **more):
    whole = blueprint_dict(flow, names, ends, **more)
    whole["scope"] |= scope or {}
    whole["lanes"] = [*whole["lanes"], {"id": "app", "kind": "onstage_technology", "name": {"en": "App"}}]
    for a in whole["activities"]:
        a["stage"] = (stage_of or {}).get(a["id"], a["stage"])
        a["lane"] = (lane_of or {}).get(a["id"], "customer")
    return parse_blueprint(json.dumps(whole, ensure_ascii=False), name="test.yaml")


SELF = norm(list("abcd"), service_type="self_service", scope=ABANDONED)
LATER = {"later": [("A", 100.0), ("B", 100.0), ("C", 100.0), ("D", 100.0)]}  # all that is silent by then is given up


def column(table, name):
    return dict(zip(table.frame["step"], table.frame[name].tolist(), strict=True))


def test_a_made_funnel_gives_its_counts():
    cases = traces(*["a"] * 20, *["ab"] * 20, *["abc"] * 10, *["abcd"] * 49) | LATER
    table = study(SELF, cases).funnel()
    assert column(table, "reached") == {"a": 100, "b": 80, "c": 60, "d": 50}
    assert column(table, "dropped") == {"a": 20, "b": 20, "c": 10, "d": 0}
    assert (table.entered, table.finished, table.dropped, table.withdrawn, table.open) == (100, 50, 50, 0, 0)
    b = table.frame.set_index("step").loc["b"]
    assert (b["share"], b["low"], b["high"]) == (0.8, *wilson(80, 100))
    assert (b["drop_share"], b["drop_low"], b["drop_high"]) == (0.2, *wilson(20, 100))
    assert b["drop_after_s"] == 3600.0
    assert column(table, "drop_after_s")["a"] == 0.0
    assert math.isnan(column(table, "drop_after_s")["d"])


def test_running_cases_are_beside_and_in_no_other_number():
    cases = traces("a", "abcd") | LATER | {"runs": [("A", 99.0), ("A", 99.5), ("B", 100.0), ("A", 100.0)]}
    table = study(SELF, cases).funnel()
    assert (table.entered, table.open) == (3, 1)
    assert column(table, "open") == {"a": 1, "b": 0, "c": 0, "d": 0}
    assert column(table, "retries")["a"] == 0
    without = study(norm(list("abcd"), service_type="self_service"), traces("a", "abcd")).funnel()
    assert (without.entered, without.open, without.dropped) == (1, 1, 0)  # nothing says when a case is given up
    judged = study(norm(list("abcd")), traces("a", "abcd"), open_cases="judge").funnel()
    assert (judged.entered, judged.open, judged.dropped) == (2, 0, 1)


def test_retries_and_back_steps_by_hand():
    table = study(SELF, traces("aabbbcbcd", "abacd", "abcd") | LATER).funnel()
    assert column(table, "retries") == {"a": 1, "b": 2, "c": 0, "d": 0}
    assert column(table, "retry_cases") == {"a": 1, "b": 1, "c": 0, "d": 0}
    assert column(table, "back") == {"a": 1, "b": 1, "c": 0, "d": 0}
    assert column(table, "back_cases") == {"a": 1, "b": 1, "c": 0, "d": 0}


def test_a_tie_makes_no_back_step():
    cases = {"tied": [("A", 0.0), ("B", 1.0), ("A", 1.0), ("C", 2.0), ("D", 3.0)]}
    assert column(study(SELF, cases).funnel(), "back")["a"] == 0


def test_branches_of_a_choice_are_in_no_order():
    free = norm(["a", {"choice": ["b", "c"]}, "d"])
    assert column(study(free, traces("acbd")).funnel(), "back") == {"a": 0, "b": 0, "c": 0, "d": 0}


def test_a_dead_end_is_a_step_that_nobody_came_out_of():
    table = study(SELF, traces("ac", "ac", "ab", "abd") | {"later": [("A", 100.0), ("D", 100.0)]}).funnel()
    assert column(table, "dead_end") == {"a": False, "b": False, "c": True, "d": False}


def test_withdrawing_is_no_dropping_out():
    scope = ABANDONED | {"withdrawn_by": ["e"]}
    own = norm([*"abc", {"choice": ["d", "e"]}], "abcde", "de", service_type="self_service", scope=scope)
    table = study(own, traces("ae", "abe", "abcd", "e")).funnel()
    assert "e" not in column(table, "reached")
    assert (table.entered, table.finished, table.withdrawn, table.dropped) == (3, 1, 2, 0)
    assert column(table, "withdrawn") == {"a": 1, "b": 1, "c": 0, "d": 0}


STAGES = [{"id": x, "type": "self_service", "name": {"en": x}} for x in ("one", "two")]
PLACES = {"a": "one", "b": "one", "c": "two", "d": "two"}


def test_a_stage_is_finished_by_going_on_to_another():
    two = norm(list("abcd"), stage_of=PLACES, stages=STAGES, service_type="hybrid", scope=ABANDONED)
    judged = study(two, traces("a", "ab", "abc", "abcd", "acb", "cd") | LATER)
    one = judged.funnel("one")
    assert column(one, "reached") == {"a": 6, "b": 5}
    # abc, abcd and the last went on; after acb nothing came: given up in the first stage
    assert (one.entered, one.finished, one.dropped) == (6, 3, 3)
    assert column(one, "dropped") == {"a": 1, "b": 2}
    assert judged.funnel("two").entered == 5
    with pytest.raises(UnknownNameError, match="unknown stage 'three'"):
        judged.funnel("three")


def test_contained_is_finished_without_staff():
    served = norm(list("abcd"), service_type="self_service", scope=ABANDONED, lane_of={"b": "desk", "c": "app"})
    table = study(served, traces("acd", "abcd", "ac", "axd", "abxd") | {"later": [("A", 100.0), ("D", 100.0)]}).funnel()
    # acd and the last are; abcd and abxd met staff; of axd nobody knows who did x; ac was given up
    assert (table.contained.passed, table.contained.n) == (2, 4)


def test_no_step_of_staff_is_said_only_where_staff_have_one():
    own = study(SELF, traces("abcd") | LATER).funnel()
    assert (own.contained.share, own.staffed) == (1.0, False)
    assert "staff" not in own.sentence()
    served = norm(list("abcd"), service_type="self_service", scope=ABANDONED, lane_of={"b": "desk"})
    assert (
        "No step of staff is recorded for 50.0 % of 2 finished cases."
        in study(served, traces("acd", "abcd")).funnel().sentence()
    )


def test_cases_that_never_entered_are_said():
    two = norm(list("abcd"), stage_of=PLACES, stages=STAGES, service_type="hybrid", scope=ABANDONED)
    table = study(two, traces("ab", "cd", "xd", "abcd") | LATER).funnel("one")
    assert (table.entered, table.never, table.to_dict()["never"]) == (3, 2, 2)
    assert table.sentence().endswith("Cases that never entered: 2 of 5.")
    assert "never entered" not in study(SELF, traces("abcd")).funnel().sentence()


def test_a_hybrid_service_is_followed_through_its_one_self_service_stage():
    one = [{"id": "one", "type": "linear", "name": {"en": "one"}}, STAGES[1]]
    words = traces("abcd", "cd", "ab")
    judged = study(norm(list("abcd"), stage_of=PLACES, stages=one, service_type="hybrid", scope=ABANDONED), words)
    table = judged.funnel()
    assert (table.stage, table.frame["step"].tolist()) == ("two", ["c", "d"])
    assert table.sentence().startswith("Self-service stage “two”. Cases that entered: 2. Of them 100.0 % finished")
    assert funnel_of(judged, whole=True).stage is None
    both = study(
        norm(list("abcd"), stage_of=PLACES, stages=STAGES, service_type="hybrid", scope=ABANDONED), words
    ).funnel()
    assert (both.stage, len(both.frame)) == (None, 4)
    assert both.sentence().startswith("The whole service, which has no single self-service stage. ")
    assert both.sentence("zh").startswith("整个服务")


def test_what_leaves_no_trace_is_not_measured():
    whole = blueprint_dict(list("abcd"), "abcd", "d")
    whole["activities"][1] |= {"observable": False, "labels": []}
    table = study(parse_blueprint(json.dumps(whole), name="test.yaml"), traces("acd")).funnel()
    b = table.frame.set_index("step").loc["b"]
    assert not b["testable"]
    assert b[["reached", "share", "dropped", "back"]].isna().all()


@settings(deadline=None, max_examples=examples(40))
@given(st.lists(st.text("abcdx", min_size=1, max_size=7), min_size=1, max_size=8))
def test_every_case_that_entered_has_one_end(words):
    judged = study(SELF, traces(*words) | LATER)
    table = judged.funnel()
    assert table.entered == table.finished + table.withdrawn + table.dropped
    assert table.frame["dropped"].sum() == table.dropped
    assert table.frame["open"].sum() == table.open
    assert table.entered + table.open == 1 + sum(any(x in "abcd" for x in word) for word in words)
    assert (table.frame["reached"] >= table.frame["dropped"]).all()
    closed = [word for word in words if any(x in "abcd" for x in word)]
    if not table.open:
        for step in "abcd":
            assert column(table, "reached")[step] == 1 + sum(step in word for word in closed)
            plain = [[x for x in word if x in "abcd"] for word in closed]
            assert column(table, "retries")[step] == sum(
                p == q == step for word in plain for p, q in zip(word, word[1:], strict=False)
            )
            assert column(table, "back")[step] == sum(
                q == step and p > q for word in plain for p, q in zip(word, word[1:], strict=False)
            )


@settings(deadline=None, max_examples=examples(60))
@given(flows())
def test_the_order_of_the_design_is_that_of_its_runs(flow):
    names = [node.activity for node in m.flow_nodes(flow) if isinstance(node, m.Step)]
    assume(len(names) == len(set(names)))
    assume(not any(isinstance(node, m.Loop | m.Free) for node in m.flow_nodes(flow)))
    pairs = ordered_pairs(flow)
    words = language(flow, 6)
    together = {(a, b) for word in words for i, a in enumerate(word) for b in word[i + 1 :]}
    assert not {(b, a) for a, b in pairs} & together
    assert {pair for pair in together if pair[::-1] not in together} <= pairs


def test_a_flow_in_a_bpmn_file_is_ordered_by_what_can_follow():
    graph = m.Graph("x.bpmn", None, ("c", "b", "a", "d"), (("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")))
    assert ordered_pairs(graph) == {("a", "b"), ("a", "c"), ("a", "d"), ("b", "d"), ("c", "d")}  # b and c go round


def test_the_steps_stand_in_the_order_of_the_flow():
    assert [a.id for a in designed_order(norm(["c", "a", "d"], "abcd"))] == ["c", "a", "d", "b"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_says_and_shows_itself(lang):
    table = study(SELF, traces(*["ab"] * 3, "aabcd", "abcd") | LATER).funnel()
    text = table.sentence(lang)
    assert bool(CJK.search(text)) == (lang == "zh")
    assert "50.0" in text
    assert table.to_dict()["contained"] == {"passed": 3, "n": 3, "share": 1.0}
    ax = table.plot(lang=lang)
    assert [x.get_text() for x in ax.get_yticklabels()] == table.frame[f"name_{lang}"].tolist()
    assert any("3" in x.get_text() for x in ax.texts)
    plt.close("all")
    empty = funnel_of(study(norm(list("abcd")), traces("a")))
    assert empty.plot(lang=lang).texts[0].get_text() == empty.sentence(lang)
    plt.close("all")
