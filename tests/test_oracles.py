"""Rules and the path check against pm4py and r4pm; where they differ, the definition that makes the difference is tested."""

from collections import Counter
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining import _pm4py
from mining.blueprint.compile import net_of
from mining.blueprint.model import Rule
from mining.conformance import verdicts as v
from mining.conformance.rules import check_rule
from mining.errors import ModelError
from tests.examples import examples, few
from tests.helpers import ROOT, blueprint, pm4py_net, study, traces, verdicts

DECLARE = {
    "must_occur": "existence", "must_not_occur": "absence", "starts_with": "init", "precedence": "precedence",
    "response": "response", "succession": "succession", "together": "coexistence", "not_together": "noncoexistence",
    "immediate_response": "chainresponse", "immediate_precedence": "chainprecedence",
}  # fmt: skip
REVERSED = {
    "ends_with": "init", "precedence": "response", "response": "precedence", "immediate_response": "chainprecedence",
    "immediate_precedence": "chainresponse",
}  # fmt: skip
ONE = ("must_occur", "must_not_occur", "starts_with", "ends_with")
WORDS = st.lists(st.text("ABC", min_size=1, max_size=7), min_size=1, max_size=8)
KEPT = ("pass", "not_applicable")


def rule(kind, **more):
    other = {} if kind in (*ONE, "at_most", "performed_by") else {"b": "b"}
    return {"id": kind, "kind": kind, "a": "a", "severity": "major", "basis": "policy"} | other | more


NORM = blueprint(
    [{"free": list("abc")}], "abc", "c",
    rules=[*(rule(kind) for kind in (*DECLARE, "ends_with", "not_followed_by", "four_eyes", "same_handler")),
           rule("at_most", n=2), rule("must_occur", id="twice", n=2), rule("not_before", after="3h"),
           rule("response", id="in_time", within="3h")],
)  # fmt: skip


def judged(cases):
    """Verdicts of every rule of the norm by check: a list in the order of the cases. Every case counts as ended."""
    found = study(NORM, cases, open_cases="judge")
    return {check.id: [v.VERDICTS[x] for x in check.verdict] for check in found.checks}


def broken(words, kind, template, reverse=False):
    """What pm4py says of each word."""
    names = ("A",) if kind in ONE else ("B", "A") if reverse else ("A", "B")
    found = _pm4py.declare_deviations([tuple(w[::-1] if reverse else w) for w in words], [(template, *names)])
    return [bool(x) for x in found]


# --- presence and order ----------------------------------------------------------------------------------------------


@pytest.mark.study
@settings(deadline=None, max_examples=examples(60, 150))
@given(WORDS)
def test_where_a_template_has_our_meaning_every_verdict_is_the_same(words):
    ours = judged(traces(*words))
    for kind, template in DECLARE.items():
        assert [x == "fail" for x in ours[kind]] == broken(words, kind, template), kind
    for kind, template in REVERSED.items():  # read backwards, what follows is what goes before
        assert [x == "fail" for x in ours[kind]] == broken(words, kind, template, reverse=True), kind


TRIGGERS = {
    "must_occur": "", "must_not_occur": "", "starts_with": "", "ends_with": "", "precedence": "B", "response": "A",
    "succession": "AB", "together": "AB", "not_together": "AB", "immediate_response": "A", "immediate_precedence": "B",
    "not_followed_by": "A", "at_most": "A",
}  # fmt: skip


@settings(deadline=None, max_examples=examples(60))
@given(WORDS)
def test_what_pm4py_counts_as_kept_is_not_applicable_where_nothing_triggers_it(words):
    ours = judged(traces(*words))
    for kind, triggers in TRIGGERS.items():
        applies = [not triggers or any(x in word for x in triggers) for word in words]
        assert [x != "not_applicable" for x in ours[kind]] == applies, kind


@settings(deadline=None, max_examples=examples(100))
@given(WORDS)
def test_numbers_of_occurrences_are_those_of_the_log_skeleton(words):
    ours, most = judged(traces(*words)), max(map(len, words))
    anything = set(range(most + 1))  # a skeleton refuses every activity that it does not list
    for id, fine in (("at_most", {0, 1, 2}), ("twice", anything - {0, 1}), ("must_occur", anything - {0})):
        found = _pm4py.skeleton_deviations(
            map(tuple, words), "activ_freq", {"A": fine or {most + 1}, "B": anything, "C": anything}
        )
        assert [x == "fail" for x in ours[id]] == found, id


@settings(deadline=None, max_examples=examples(100))
@given(WORDS)
def test_never_together_is_the_same_in_the_log_skeleton(words):
    found = _pm4py.skeleton_deviations(map(tuple, words), "never_together", [("A", "B")])
    # it asks of a case with the first of the two whether the second is there
    assert [x == "fail" for x in judged(traces(*words))["not_together"]] == found


@pytest.mark.study
@settings(deadline=None, max_examples=examples(50, 150))
@given(WORDS)
def test_not_followed_by_is_what_the_filter_finds_and_not_what_non_succession_says(words):
    ours = judged(traces(*words))
    failing = [x == "fail" for x in ours["not_followed_by"]]
    events = [(str(k), x, float(i), None) for k, word in enumerate(words) for i, x in enumerate(word)]
    found = _pm4py.cases_with_pair(events, "A", "B")
    assert failing == [str(k) in found for k in range(len(words))]
    # pm4py's non-succession is the contrary of its succession: one a before the first b and one b after the last a are kept
    theirs = broken(words, "not_followed_by", "nonsuccession")
    assert theirs == [x == "pass" for x in ours["succession"]]
    for word, mine, other in zip(words, failing, theirs, strict=True):
        assert mine or not other
        if mine != other:
            assert word.index("B") < word.index("A") or word.rindex("A") > word.rindex("B")


@pytest.mark.study
@settings(deadline=None, max_examples=examples(40, 100))
@given(WORDS)
def test_always_after_of_a_log_skeleton_asks_for_one_answer_and_ours_for_each(words):
    ours = judged(traces(*words))
    for relation, pair, check, opposite in (
        ("always_after", ("A", "B"), "response", "not_followed_by"),
        ("always_before", ("B", "A"), "precedence", "not_followed_by"),
    ):
        theirs = _pm4py.skeleton_deviations(map(tuple, words), relation, [pair])
        for word, mine, other, never in zip(words, ours[check], theirs, ours[opposite], strict=True):
            assert mine == "fail" or not other
            if relation == "always_after" and "A" in word:  # no b after any a: what not_followed_by asks for
                assert other == (never == "pass")
            if mine == "fail" and not other:
                assert "AB" in word.replace("C", "")


def test_differences_by_hand():
    words = ["BAB", "ABA", "AABC", "C", "ABAC"]
    ours = judged(traces(*words))
    assert ours["not_followed_by"] == ["fail", "fail", "fail", "not_applicable", "fail"]
    assert broken(words, "not_followed_by", "nonsuccession") == [False, False, True, False, False]
    assert ours["response"] == ["pass", "fail", "pass", "not_applicable", "fail"]
    assert _pm4py.skeleton_deviations(map(tuple, words), "always_after", [("A", "B")]) == [False] * 5
    # a skeleton's directly_follows wants one such pair, immediate_response and chainresponse want it of each
    assert ours["immediate_response"] == ["pass", "fail", "fail", "not_applicable", "fail"]
    assert broken(words, "immediate_response", "chainresponse") == [False, True, True, False, True]
    assert _pm4py.skeleton_deviations(map(tuple, words), "directly_follows", [("A", "B")]) == [False] * 5
    # and its equivalence wants as many of one as of the other, together wants one of each
    assert ours["together"] == ["pass", "pass", "pass", "not_applicable", "pass"]
    assert _pm4py.skeleton_deviations(map(tuple, words), "equivalence", [("A", "B")]) == [True, True, True, False, True]


def test_a_case_without_steps_begins_with_nothing():
    norm = blueprint([{"free": list("abc")}], "abc", "c", rules=[rule("starts_with")], log={
        "case": "case", "activity": "activity", "timestamp": "end", "ignore": ["X"]})  # fmt: skip
    assert verdicts(study(norm, traces("A", "X")), "starts_with") == {"c0": "pass", "c1": "not_applicable"}
    assert _pm4py.declare_deviations([()], [("init", "A")]) == [{("init", "A")}]


def test_a_template_or_relation_that_pm4py_does_not_have_is_refused():
    with pytest.raises(ModelError, match="no declare template 'always'. It has: absence, altprecedence"):
        _pm4py.declare_deviations([("A",)], [("always", "A")])
    with pytest.raises(ModelError, match="no relation 'later'. It has: equivalence, always_after"):
        _pm4py.skeleton_deviations([("A",)], "later", [("A", "B")])


# --- ties ------------------------------------------------------------------------------------------------------------

TIED = st.lists(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from([0, 1, 1])), min_size=1, max_size=6),
    min_size=1,
    max_size=6,
)


def orders(steps):
    """All orders of a trace of (letter, hours after the one before) in which events of equal time change places."""
    blocks = []
    for letter, gap in steps:
        if gap or not blocks:
            blocks.append([])
        blocks[-1].append(letter)
    return {sum(parts, ()) for parts in product(*(set(permutations(block)) for block in blocks))}


@pytest.mark.study
@settings(deadline=None, max_examples=examples(75, 150))
@given(TIED)
def test_a_verdict_stands_if_and_only_if_pm4py_says_the_same_of_every_order_of_tied_events(cases):
    log = {}
    for k, steps in enumerate(cases):
        hours = np.cumsum([gap for _, gap in steps]).tolist()
        log[f"c{k}"] = [(letter, float(hour)) for (letter, _), hour in zip(steps, hours, strict=True)]
    ours = judged(log)
    for kind, template in {**DECLARE, "ends_with": "init"}.items():
        for steps, word in zip(cases, ours[kind], strict=True):
            said = set(broken(["".join(x) for x in orders(steps)], kind, template, reverse=kind == "ends_with"))
            if word == "not_observable":
                assert len(said) == 2 or kind.startswith("immediate"), (kind, steps)
            else:
                assert said == {word == "fail"}, (kind, steps)


# --- people and time -------------------------------------------------------------------------------------------------

PEOPLE = st.lists(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["ann", "bob", "eve", None])), min_size=1, max_size=7),
    min_size=1,
    max_size=6,
)


def with_people(cases):
    log = {f"c{k}": [(x, float(i), who) for i, (x, who) in enumerate(steps)] for k, steps in enumerate(cases)}
    events = [(case, x, hour * 3600, who) for case, steps in log.items() for x, hour, who in steps]
    return judged({**log, "last": [("C", 99.0, "ann")]}), events


@pytest.mark.study
@settings(deadline=None, max_examples=examples(40, 150))
@given(PEOPLE)
def test_four_eyes_sees_every_b_where_the_filter_sees_the_last(cases):
    ours, events = with_people(cases)
    theirs = _pm4py.cases_with_same_person(events, "A", "B")
    for k, steps in enumerate(cases):
        did_a = {who for x, who in steps if x == "A"} - {None}
        did_b = [who for x, who in steps if x == "B" and who]
        mine = ours["four_eyes"][k]
        assert (f"c{k}" in theirs) == bool(did_b and did_b[-1] in did_a)  # what the filter does, in words
        if f"c{k}" in theirs:
            assert mine == "fail"
        elif mine == "fail":
            assert did_b[-1] not in did_a
            assert did_a & set(did_b)
        if len(did_b) == 1:
            assert (mine == "fail") == (f"c{k}" in theirs)
        either = {("fail", "pass"), ("pass", "fail"), ("not_applicable",) * 2, ("not_observable",) * 2}
        both = mine, ours["same_handler"][k]
        assert both in either


GAPS = st.lists(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), min_size=1, max_size=7), min_size=1, max_size=6
)


@pytest.mark.study
@settings(deadline=None, max_examples=examples(25, 100))
@given(GAPS)
def test_lengths_of_time_are_those_that_the_filter_finds(cases):
    log = {}
    for k, steps in enumerate(cases):
        hours = np.cumsum([gap for _, gap in steps]).tolist()
        log[f"c{k}"] = [(x, float(hour)) for (x, _), hour in zip(steps, hours, strict=True)]
    ours = judged(log)
    events = [(case, x, hour * 3600, None) for case, steps in log.items() for x, hour in steps]
    too_soon = _pm4py.cases_with_pair(events, "A", "B", (0, 3 * 3600 - 1))
    in_time = _pm4py.cases_with_pair(events, "A", "B", (0, 3 * 3600))
    for k, steps in enumerate(cases):
        assert (ours["not_before"][k] == "fail") == (f"c{k}" in too_soon)
        if [x for x, _ in steps].count("A") == 1:  # the filter is content with one pair
            assert (ours["in_time"][k] == "pass") == (f"c{k}" in in_time)


# --- sample logs -----------------------------------------------------------------------------------------------------

SERVICES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")


@pytest.fixture(scope="module")
def samples():
    found = {}
    for name in SERVICES:
        folder = ROOT / "sample_logs" / name
        norm = mining.read_blueprint(folder / "blueprint.yaml")
        log = mining.read_log(folder / "log.csv", columns=norm.binding)
        found[name] = mining.Study(log, norm, open_cases="judge"), plain_traces(folder / "log.csv", norm)
    return found


def plain_traces(path, norm):
    """Case to its trace of activities, by pandas: in the order of completion, ties in the order of the file."""
    binding = norm.binding
    table = pd.read_csv(path, dtype=str)
    table = table[table[binding.timestamp].notna() & ~table[binding.activity].isin(binding.ignore)]
    if binding.lifecycle:
        table = table[table[binding.lifecycle.column] == binding.lifecycle.complete]
    table = table.assign(when=pd.to_datetime(table[binding.timestamp], utc=True, format="ISO8601"))
    table = table.sort_values("when", kind="stable")
    table["name"] = table[binding.activity].map(norm.labels).fillna(table[binding.activity])
    found = table.groupby(binding.case)["name"].agg(tuple)
    tied = table.duplicated([binding.case, "when"]).groupby(table[binding.case]).any()
    return {case: (trace, bool(tied[case])) for case, trace in found.items()}


def agree(of, plain, kinds):
    """Every template over its activities, on the distinct traces of the plain log; how many verdicts were compared."""
    distinct = sorted({trace for trace, _ in plain.values()})
    theirs = _pm4py.declare_deviations(distinct, [tuple(x for x in (DECLARE[k], a, b) if x) for k, a, b in kinds])
    place = {trace: i for i, trace in enumerate(distinct)}
    of_case = np.array([place[plain[case][0]] for case in of.log.case_ids])
    tied = np.array([plain[case][1] for case in of.log.case_ids])
    compared = 0
    for kind, a, b in kinds:
        made = Rule("R", kind, a, "major", "an oracle", b=b)
        verdict = check_rule(made, of.blueprint, of.instances, of.is_open, of.calendars).verdict
        key = tuple(x for x in (DECLARE[kind], a, b) if x)
        wrong = np.array([key in x for x in theirs])[of_case]
        known = verdict != v.NOT_OBSERVABLE
        assert ((verdict == v.FAIL) == wrong)[known].all(), (kind, a, b)
        assert tied[~known].all(), (kind, a, b)
        compared += int(known.sum())
    return compared


PAIRS = 12  # of activities, for each template


@pytest.mark.slow
@pytest.mark.study
@pytest.mark.parametrize("name", SERVICES)
def test_all_templates_over_pairs_of_activities_agree_on_the_sample_logs(samples, name):
    """Each template over evenly chosen pairs, other ones for each; in ``make studies`` over all."""
    of, plain = samples[name]
    names = [a.id for a in of.blueprint.activities if a.observable]
    pairs = list(permutations(names, 2))
    kinds = [(k, a, None) for k in ONE[:3] for a in few(names, PAIRS)]
    for i, k in enumerate(k for k in DECLARE if k not in ONE):
        kinds += [(k, a, b) for a, b in few(pairs[i:] + pairs[:i], PAIRS)]
    assert {k for k, *_ in kinds} == set(DECLARE)
    compared = agree(of, plain, kinds)
    assert compared > 0.9 * len(plain) * len(kinds)


# --- path ------------------------------------------------------------------------------------------------------------

MANY = (
    400  # distinct traces of a service that r4pm is asked, the most frequent ones; pm4py a few of those with deviations
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SERVICES)
def test_the_whole_flow_of_a_sample_service_costs_what_pm4py_and_r4pm_find(samples, name):
    r4pm = pytest.importorskip("r4pm")
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.objects.log.obj import Event, Trace
    from r4pm.bindings.conformance.case_centric.alignments import align_trace

    of, plain = samples[name]
    net, initial, final = pm4py_net(net_of(of.blueprint))
    rust = r4pm.petri_net.from_pm4py(net, initial, final)
    visible = {str(key) for key, t in rust["transitions"].items() if t.get("label") is not None}
    costs = of.path.alignments.cost[of.path.variants.of_case].tolist()
    mine = {case: cost for case, cost in zip(of.log.case_ids, costs, strict=True) if not plain[case][1]}
    frequent = Counter(plain[case][0] for case in mine).most_common(MANY)
    found = {}
    for trace, _ in frequent:
        moves = align_trace(rust, list(trace))["moves"]
        found[trace] = sum("LogMove" in x or x.get("ModelMove", {}).get("transition") in visible for x in moves)
    asked = {case: cost for case, cost in mine.items() if plain[case][0] in found}
    assert asked == {case: found[plain[case][0]] for case in asked}
    assert len(asked) > 0.5 * len(plain)
    assert sum(map(bool, asked.values())) > 20  # cases that deviate
    for trace in [trace for trace, cost in found.items() if cost][:8]:
        theirs = algorithm.apply(Trace([Event({"concept:name": x}) for x in trace]), net, initial, final)
        assert theirs["cost"] // 10_000 == found[trace]
