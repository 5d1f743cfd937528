"""How a service is read by its type: strictly, by rules only, or stage by stage with the order of the stages."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.automaton import TooManyStatesError
from mining.blueprint import parse_blueprint
from mining.blueprint.stages import automaton_of_reading, reading_of, readings, stage_order
from mining.conformance import path
from mining.flow import PATH
from mining.ways import InProcess, ask
from tests.examples import examples
from tests.helpers import blueprint, blueprint_dict, faults, study, traces, verdicts

STAGES = [
    {"id": "one", "type": "linear", "name": {"en": "One"}},
    {"id": "two", "type": "interactive", "name": {"en": "Two"}},
    {"id": "three", "type": "linear", "name": {"en": "Three"}},
]


def hybrid(flow, stage_of, stages=STAGES, **more):
    """A hybrid service; ``stage_of``: letter to stage."""
    raw = blueprint_dict(flow, "".join(sorted(stage_of)), service_type="hybrid", stages=stages, **more)
    return parsed(raw | {"activities": [{**a, "stage": stage_of[a["id"]]} for a in raw["activities"]]})


def parsed(raw):
    return parse_blueprint(json.dumps(raw), name="test.yaml")


PLACES = {"a": "one", "b": "one", "c": "two", "d": "two", "e": "three", "f": "three"}
SERVICE = hybrid(list("abcdef"), PLACES)


def all_faults(judged):
    return [(check.id, *row) for check in judged.checks for row in faults(judged, check.id)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("abcdef", []),
        ("abdccdef", []),  # inside an interactive stage nothing binds
        ("abef", []),
        ("bacdef", [("path-one", "out_of_order", "a", "b")]),
        ("acdef", [("path-one", "missing", "b", None)]),
        ("abcxdef", [("path-two", "extra", "X", None)]),
        ("xabcdef", [("path-one", "extra", "X", None)]),
        ("abcdefx", [("path-three", "extra", "X", None)]),
        ("abcdeef", [("path-three", "repeated", "e", None)]),
        ("acbdef", [("handover", "out_of_order", "b", "c")]),
        ("abcedf", [("handover", "out_of_order", "d", "e")]),
        ("abcefd", [("handover", "out_of_order", "d", None)]),
        ("abecdf", [("handover", "out_of_order", "e", None)]),
        ("acbdfe", [("path-three", "out_of_order", "e", "f"), ("handover", "out_of_order", "b", "c")]),
    ],
)
def test_each_stage_is_read_in_its_own_way_and_the_order_of_stages_beside_it(word, expected):
    judged = study(SERVICE, traces(word), open_cases="judge")
    assert [row[:1] + row[2:] for row in all_faults(judged)] == expected
    assert [c.id for c in judged.checks if c.dimension == "path"] == ["path-one", "path-two", "path-three", "handover"]


@pytest.mark.parametrize("kind", ["interactive", "self_service"])
def test_where_only_rules_bind_the_path_asks_for_designed_steps(kind):
    norm = blueprint(list("abcde"), service_type=kind)
    judged = study(norm, traces("abcde", "edcba", "aaaae", "abxcde", "e"))
    assert verdicts(judged, "path") == {"c0": "pass", "c1": "pass", "c2": "pass", "c3": "fail", "c4": "pass"}
    assert faults(judged, "path") == [("c3", "extra", "X", None)]
    assert judged.fits == {}
    assert judged.fit.log_fitness[0] < 1  # on demand, against the flow as drawn


def test_a_stage_of_a_hybrid_service_without_a_type_is_linear():
    norm = hybrid(list("abcdef"), PLACES, [{k: x for k, x in s.items() if k != "type"} for s in STAGES])
    assert [r.mode for r in readings(norm)] == ["linear"] * 3
    assert faults(study(norm, traces("abdcef")), "path-two") == [("c0", "out_of_order", "c", "d")]


def test_fitness_is_there_for_the_stages_that_bind():
    judged = study(SERVICE, traces("abcdef", "bcdef"))
    assert set(judged.fits) == {"path-one", "path-three"}
    assert judged.fits["path-one"].n_fitting == 1
    assert judged.fits["path-three"].n_fitting == 2


def test_a_running_case_owes_nothing_of_a_stage_it_may_still_be_in_and_everything_of_one_it_has_left():
    judged = study(SERVICE, {**traces("a", "ac"), "c2": [("A", 0.0), ("B", 1.0)]})
    assert verdicts(judged, "path-one") == {"c0": "pending", "c1": "fail", "c2": "pending"}
    assert faults(judged, "path-one") == [("c1", "missing", "b", None)]
    assert verdicts(judged, "path-three") == {"c0": "pending", "c1": "pending", "c2": "pending"}
    assert verdicts(judged, "handover") == {"c0": "pending", "c1": "pending", "c2": "pending"}


def test_a_stage_that_was_left_out_is_missing():
    judged = study(SERVICE, traces("cdef"))
    assert faults(judged, "path-one") == [("c0", "missing", "a", None), ("c0", "missing", "b", None)]
    assert verdicts(judged, "handover") == {"c0": "pass"}


def test_a_case_in_one_stage_has_no_hand_over():
    assert verdicts(study(SERVICE, traces("ab"), open_cases="judge"), "handover") == {"c0": "not_applicable"}


def test_ties_between_stages_are_no_order_finding():
    events = [("A", 0.0), ("C", 1.0), ("B", 1.0), ("D", 2.0), ("E", 3.0), ("F", 4.0)]
    judged = study(SERVICE, {"c0": events})
    assert verdicts(judged, "handover") == {"c0": "pass"}


def test_stages_that_may_alternate_have_no_order():
    flow = ["a", {"loop": ["b", "c"], "redo": "d"}, "e", "f"]
    norm = hybrid(flow, {"a": "one", "b": "two", "c": "one", "d": "two", "e": "three", "f": "three"})
    assert stage_order(norm).before == {("one", "three"), ("two", "three")}
    assert stage_order(blueprint(list("abcde"))) is None


def test_between_self_service_stages_the_customer_may_go_back():
    stages = [{**s, "type": "self_service"} for s in STAGES[:2]] + STAGES[2:]
    order = stage_order(hybrid(list("abcdef"), PLACES, stages))
    assert order.before == {("one", "three"), ("two", "three")}


flows = st.recursive(
    st.sampled_from("abcdef"),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4),
        st.fixed_dictionaries({"choice": st.lists(inner, min_size=2, max_size=3)}),
        st.fixed_dictionaries({"parallel": st.lists(inner, min_size=2, max_size=2)}),
        st.fixed_dictionaries({"optional": inner}),
    ),
    max_leaves=6,
)


def letters(flow):
    if isinstance(flow, str):
        return [flow]
    parts = flow if isinstance(flow, list) else next(iter(flow.values()))
    return [x for part in (parts if isinstance(parts, list) else [parts]) for x in letters(part)]


def runs(automaton, longest):
    """All runs up to a length."""
    found, todo = set(), [((), 0)]
    while todo:
        word, state = todo.pop()
        if automaton.final[state]:
            found.add(word)
        if len(word) < longest:
            todo += [((*word, x), t) for x, t in automaton.successors[state].items()]
    return found


@settings(max_examples=examples(40), deadline=None)
@given(flow=flows, rotation=st.permutations(["one", "two", "three"]))
def test_a_stage_accepts_the_runs_of_the_flow_cut_down_to_its_steps_and_the_order_is_that_of_all_runs(flow, rotation):
    flow = flow if isinstance(flow, list) else [flow]
    if len(set(letters(flow))) != len(letters(flow)):
        return
    used = sorted(letters(flow))
    places = {x: rotation[i % 3] for i, x in enumerate(used)}
    norm = hybrid(flow, places)
    words = runs(norm.automaton, 7)
    for stage in set(places.values()):
        reading = reading_of(norm, f"path-{stage}")
        if not reading.strict:
            continue
        cut = {tuple(x for x in word if places[x] == stage) for word in words}
        assert runs(automaton_of_reading(norm, reading), 7) == cut
    order = stage_order(norm)
    seen = {(places[x], places[y]) for word in words for i, x in enumerate(word) for y in word[i + 1 :]}
    expected = {
        (s, t) for s, t in product(set(places.values()), repeat=2) if s != t and (s, t) in seen and (t, s) not in seen
    }
    assert (order.before if order else frozenset()) == expected
    if order:
        assert all(order.automaton.accepts(word) for word in words)


@settings(max_examples=examples(60), deadline=None)
@given(words=st.lists(st.text("abcdefx", min_size=1, max_size=8), min_size=1, max_size=5), is_open=st.booleans())
def test_every_break_of_the_order_of_stages_is_found_and_no_other(words, is_open):
    judged = study(SERVICE, traces(*words), open_cases="pending" if is_open else "judge")
    rank = {"one": 0, "two": 1, "three": 2}
    found = verdicts(judged, "handover")
    for k, word in enumerate(words):
        ranks = [rank[PLACES[x]] for x in word if x in PLACES]
        broken = any(x > y for x, y in zip(ranks, ranks[1:], strict=False))
        assert (found[f"c{k}"] == "fail") == broken, word
        longest = [0] * 3
        for x in ranks:
            longest[x] = max(longest[: x + 1]) + 1
        n = sum(row[0] == f"c{k}" for row in faults(judged, "handover"))
        assert n == len(ranks) - max(longest)  # the fewest steps whose removal leaves the order


def replacing(**more):
    raw = blueprint_dict(list("abcde"))
    raw["activities"][2] |= more
    return parsed(raw)


def test_a_step_done_in_place_of_another_is_one_deviation_where_the_blueprint_names_the_pair():
    norm = replacing(replaced_by=["X", "e"])
    judged = study(norm, traces("abxde", "axbde", "xabde", "abcde", "abyde"), open_cases="judge")
    assert sorted(faults(judged, "path"), key=str) == [
        ("c0", "replaced", "c", "X"),
        ("c1", "replaced", "c", "X"),
        ("c2", "extra", "X", None),
        ("c2", "missing", "c", None),
        ("c4", "extra", "Y", None),
        ("c4", "missing", "c", None),
    ]
    row = judged.deviations().frame.iloc[0]
    assert (row["pattern"], row["severity"], row["row"]) == ("replaced", "major", 3)
    assert judged.findings().titles()[0] == "“X” is done in place of “Step c”"
    plain = study(replacing(), traces("abxde"), open_cases="judge")
    assert sorted(row[1] for row in faults(plain, "path")) == ["extra", "missing"]


def test_the_four_words_of_service_research():
    raw = blueprint_dict(list("abcde"))
    for step in raw["activities"][:2]:
        step["touchpoint"] = {"key": True}
    judged = study(parsed(raw), traces("bcde", "abxcde", "bacde", "abde", "abcddde"), open_cases="judge")
    words = judged.deviations().frame[["case_id", "kind", "service_word"]]
    assert {tuple(row) for row in words.astype(object).where(words.notna(), None).itertuples(index=False)} == {
        ("c0", "missing", "missing"),
        ("c1", "extra", "ad_hoc"),
        ("c2", "out_of_order", "irregular"),
        ("c3", "missing", None),
        ("c4", "repeated", None),
    }


def test_instances_of_a_part_keep_their_attributes_and_places():
    judged = study(SERVICE, traces("abcdef", "acdef"))
    for result in judged.path_results:
        part, rows = result.part, result.rows
        np.testing.assert_array_equal(part.row, judged.instances.row[rows])
        np.testing.assert_array_equal(part.case, judged.instances.case[rows])
        assert part.offsets[-1] == len(rows)


def test_where_the_order_of_stages_cannot_be_told_the_hand_over_is_not_observable(monkeypatch):
    def too_many(_):
        raise TooManyStatesError("too many")

    monkeypatch.setattr(path, "stage_order", too_many)
    norm = hybrid(list("abcdef"), PLACES)
    judged = study(norm, traces("abcdef"))
    assert verdicts(judged, "handover") == {"c0": "not_observable"}
    assert "too many states" in judged.summary().row("handover")["why_not"]
    table = ask(PATH, judged.log, InProcess(), blueprint=norm).frame.set_index("check")
    assert table.loc["handover", "not_observable"] == 1
    assert "too many states" in table.loc["handover", "why_not"]


def test_a_stage_left_out_by_design_says_nothing():
    flow = ["a", "b", {"optional": ["c", "d"]}, "e", "f"]
    judged = study(hybrid(flow, PLACES, [{**s, "type": "linear"} for s in STAGES]), traces("abef", "abcdef"))
    assert verdicts(judged, "path-two") == {"c0": "not_applicable", "c1": "pass"}
    assert verdicts(study(SERVICE, traces("abef"), open_cases="judge"), "path-two") == {"c0": "not_applicable"}


def test_labels_outside_the_blueprint_are_never_lost():
    stages = [{"id": "zero", "type": "linear", "name": {"en": "Zero"}}, *STAGES]
    raw = blueprint_dict(list("abcdef"), "abcdefg", service_type="hybrid", stages=stages)
    raw["activities"] = [{**a, "stage": PLACES.get(a["id"], "zero")} for a in raw["activities"]]
    raw["activities"][-1] |= {"observable": False, "labels": []}
    raw["scope"]["ends_with"] = ["f"]
    judged = study(parsed(raw), {"c0": [("X", 0.0)], **{"c1": [("A", 0.0)]}})
    assert faults(judged, "path-one") == [("c0", "extra", "X", None)]


def test_many_steps_at_one_time_hide_no_break_of_the_order_of_stages():
    tied = [(x, 3.0) for x in "CDCDCDCD"]  # thousands of orders of the steps, one of the stages
    late = [("A", 0.0), ("E", 1.0), *tied, ("F", 5.0)]
    fine = [("A", 0.0), ("B", 3.0), *tied, ("E", 3.0), ("F", 5.0)]
    judged = study(SERVICE, {"c0": late, "c1": list(reversed(fine[1:-1])) + [fine[0], fine[-1]]})
    assert verdicts(judged, "handover") == {"c0": "fail", "c1": "pass"}
    assert faults(judged, "handover") == [("c0", "out_of_order", "e", None)]


def test_steps_that_the_flow_treats_alike_make_no_orders_to_try():
    norm = blueprint(["a", {"free": ["b", "c"]}, "d"], "abcd")
    judged = study(norm, {"c0": [("A", 0.0), ("D", 1.0), *[(x, 1.0) for x in "BCBCBC"]]})
    assert verdicts(judged, "path") == {"c0": "pass"}


def test_a_repeat_after_steps_of_other_stages_is_no_retry():
    judged = study(SERVICE, traces("abcbdef", "abbcdef"), open_cases="judge")
    rows = judged.deviations().frame.query("check == 'path-one'")
    assert rows["pattern"].tolist() == ["rework", "retry"]
