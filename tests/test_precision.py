"""Precision: by hand, by brute force over prefixes, against pm4py, and what must not change it."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mining import ModelError
from mining.automaton import build, sequence_automaton
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.conformance.alignment import LOG, align
from mining.conformance.precision import precision
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import pm4py_net
from tests.strategies import LETTERS, flows, language

WORDS = st.lists(st.sampled_from(LETTERS + "z"), max_size=7).map(tuple)
LOGS = st.dictionaries(WORDS, st.integers(0, 4), min_size=1, max_size=7)
A, B, C, D = (m.Step(x) for x in "abcd")
A_THEN_ANY = m.Sequence((A, m.Choice((B, C, D))))


def measure(model, log, **more):
    """Precision of a log, given as words to their cases."""
    if not hasattr(model, "delta"):
        model = build(write_net(model))
    traces = Traces.of(model.labels, list(log))
    return precision(model, traces, align(model, traces, prefix=more.get("prefix")), list(log.values()), **more)


def edges(found):
    """(state, label) to cases."""
    state, label, cases = (column.tolist() for column in found.escaping)
    assert len(set(zip(state, label, strict=True))) == len(cases)
    return dict(zip(zip(state, label, strict=True), cases, strict=True))


def numbers(found):
    return found.taken, found.allowed, found.n_prefixes, found.n_left_out, edges(found)


# --- by hand -----------------------------------------------------------------------------------------------------------


def test_a_model_that_allows_just_what_happened_is_precise():
    found = measure(sequence_automaton("abc"), {"abc": 7})
    assert numbers(found) == (21, 21, 4, 0, {})
    assert found.value == 1.0


def test_a_branch_that_nobody_takes():
    # root: 10 x 1 of 1 (a); after a: 10 x 2 of 3 (b, c of b, c, d); after ab and ac nothing is allowed
    found = measure(A_THEN_ANY, {"ab": 8, "ac": 2})
    assert numbers(found) == (30, 40, 4, 0, {(1, "d"): 10})
    assert found.value == 0.75


def test_a_flower_is_as_imprecise_as_it_is_wide():
    # root, a and ab: one of four labels each; after abc, the end, none of four
    found = measure(m.Free(tuple("abcd")), {"abc": 5})
    assert numbers(found) == (15, 80, 4, 0, {(0, "a"): 15, (0, "b"): 15, (0, "c"): 15, (0, "d"): 20})
    assert found.value == 15 / 80


def test_a_loop_may_go_on_after_the_end():
    # a, then any number of b a: root 4 of a; a: 4 (1 goes on, 3 end) x 1 of b; ab: 1 of a; aba: 1 x 0 of b
    found = measure(m.Loop(A, B), {"a": 3, "aba": 1})
    assert numbers(found) == (9, 10, 4, 0, {(1, "b"): 1})


def test_a_loop_that_is_never_used():
    found = measure(m.Loop(A, B), {"a": 3})
    assert numbers(found) == (3, 6, 2, 0, {(1, "b"): 3})


def test_ending_is_no_edge():
    assert measure(m.Sequence((A, m.Optional_(B))), {"ab": 3}).value == 1.0
    assert measure(m.Sequence((A, m.Optional_(B))), {"a": 3}).value == 0.5


def test_deviating_cases_count_with_the_run_that_fits_them_best():
    # axb and b are read as ab: log moves dropped, model moves put in
    assert numbers(measure(A_THEN_ANY, {"axb": 8, "b": 1, "ac": 1})) == (30, 40, 4, 0, {(1, "d"): 10})


def test_a_case_counts_in_a_state_as_often_as_it_comes_by():
    # states: 0 -a-> 1 -b-> 2 -a-> 1, and c from 1 ends; in abac state 1 is passed at prefixes a (c escapes) and aba (b escapes)
    model = build(write_net(m.Sequence((m.Loop(A, B), C))))
    found = measure(model, {"abac": 2})
    assert numbers(found) == (8, 12, 5, 0, {(1, "b"): 2, (1, "c"): 2})


def test_the_most_frequent_edges_come_first():
    found = measure(m.Sequence((A, m.Choice((m.Sequence((B, m.Choice((C, D)))), C)))), {"abc": 2, "ac": 1})
    assert found.escaping.cases.tolist() == [2]
    found = measure(m.Sequence((m.Choice((A, B)), m.Choice((A, B)))), {"aa": 3, "ba": 2})
    assert [x.tolist() for x in found.escaping] == [[1], ["b"], [5]]
    found = measure(
        m.Choice((m.Sequence((A, m.Choice((A, B)))), m.Sequence((B, m.Choice((C, D)))))), {"aa": 2, "bd": 5}
    )
    assert [x.tolist() for x in found.escaping] == [[2, 1], ["c", "b"], [5, 2]]


def test_new_behaviour_moves_both_numerator_and_denominator():
    flow = m.Choice((A, m.Sequence((B, m.Free(tuple("cde"))))))
    assert measure(flow, {"a": 1}).value == 1 / 2
    assert measure(flow, {"a": 1, "b": 1}).value == 4 / 7


def test_a_running_case_does_not_count_where_it_stands():
    found = measure(A_THEN_ANY, {"a": 4, "ab": 1}, prefix=[True, False])
    # root: 5 x 1 of 1; after a: only the case that went on, 1 x 1 of 3
    assert numbers(found) == (6, 8, 3, 0, {(1, "c"): 1, (1, "d"): 1})
    alone = measure(A_THEN_ANY, {"a": 4}, prefix=[True])
    assert numbers(alone) == (4, 4, 1, 0, {})


def test_cases_that_are_not_solved_are_left_out_and_counted():
    model = build(write_net(A_THEN_ANY))
    traces = Traces.of(model.labels, ["ab", "ad", "ac"])
    found = align(model, traces)
    found = dataclasses.replace(found, cost=found.cost + [0, 5, 0])
    assert numbers(precision(model, traces, found, [8, 9, 2])) == (30, 40, 4, 9, {(1, "d"): 10})


@pytest.mark.parametrize("log", [{}, {"ab": 0}])
def test_without_cases_there_is_no_number(log):
    found = measure(A_THEN_ANY, log)
    assert math.isnan(found.value)
    assert numbers(found) == (0, 0, 0, 0, {})


def test_where_nothing_is_allowed_there_is_no_number():
    silent = build(WorkflowNet((Transition(None, ((0, 1),), ((1, 1),)),), (1, 0), (0, 1)))
    found = measure(silent, {(): 3, ("x",): 1})
    assert math.isnan(found.value)
    assert numbers(found) == (0, 0, 1, 0, {})


# --- errors ------------------------------------------------------------------------------------------------------------


def test_a_net_with_too_many_states_is_refused():
    large = LargeNet(write_net(A_THEN_ANY), "the city")
    traces = Traces.of(large.labels, ["ab"])
    with pytest.raises(ModelError, match="not measured for the city"):
        precision(large, traces, align(large, traces), [1])


def test_what_does_not_belong_together_is_refused():
    model = build(write_net(A_THEN_ANY))
    traces, others = Traces.of(model.labels, ["ab", "a"]), Traces.of(model.labels, ["a", "ab"])
    found = align(model, traces)
    for args in ((others, found, [1, 1]), (traces, found, [1]), (traces.take(np.array([0])), found, [1])):
        with pytest.raises(ModelError, match="not of these traces"):
            precision(model, *args)
    with pytest.raises(ModelError, match="not of these traces"):
        precision(model, traces, found, [1, 1], prefix=[True])
    for other in ("abcd", "a", "ba"):  # the runs stop halfway, go too far, begin otherwise
        with pytest.raises(ModelError, match="not complete runs of this model"):
            precision(sequence_automaton(other), traces, found, [1, 1])


def test_running_cases_must_be_said_to_run():
    model = build(write_net(A_THEN_ANY))
    traces = Traces.of(model.labels, ["a"])
    with pytest.raises(ModelError, match="still running"):
        precision(model, traces, align(model, traces, prefix=[True]), [1])


# --- brute force -------------------------------------------------------------------------------------------------------


def fired(marking, step):
    """The marking after a step, None if it is not enabled."""
    left = list(marking)
    for place, n in step.consumes:
        left[place] -= n
    if min(left) < 0:
        return None
    for place, n in step.produces:
        left[place] += n
    return tuple(left)


def after(net, markings, label):
    """All markings after a label (None: after nothing), silent steps behind it included."""
    steps = [step for step in net.transitions if step.label == label and label is not None]
    found = {fired(x, t) for x in markings for t in steps} - {None} if label else set(markings)
    waiting = list(found)
    while waiting:
        marking = waiting.pop()
        new = {fired(marking, t) for t in net.transitions if t.label is None} - found - {None}
        found |= new
        waiting += new
    return found


def by_definition(net, model, found, cases, running):
    """The sums over prefixes, word by word, by playing tokens in the net."""
    runs = [
        [model.labels[a] for a, kind in zip(found.label[i:j], found.kind[i:j], strict=True) if kind != LOG]
        for i, j in zip(found.first, found.first[1:], strict=False)
    ]
    weight, following, escaping = {}, {}, {}
    for run, n, still in zip(runs, cases, running, strict=True):
        for i in range(len(run) + (not still)):
            key = tuple(run[:i])
            weight[key] = weight.get(key, 0) + n
            if i < len(run) and n:
                following.setdefault(key, set()).add(run[i])
    markings = {(): after(net, {net.initial}, None)}
    taken = allowed = 0
    for key in sorted(weight, key=len):
        n, takes, state = weight[key], following.get(key, set()), 0
        if key:
            markings[key] = after(net, markings[key[:-1]], key[-1])
        for label in key:
            state = model.successors[state][label]
        allows = {t.label for t in net.transitions if t.label for x in markings[key] if fired(x, t)}
        taken += n * len(takes)
        allowed += n * len(allows)
        for label in allows - takes:
            escaping[state, label] = escaping.get((state, label), 0) + n
    n_prefixes = sum(n > 0 for n in weight.values())
    return taken, allowed, n_prefixes, 0, {edge: n for edge, n in escaping.items() if n}


@settings(deadline=None, max_examples=examples(300))
@given(flows(), LOGS, st.data())
def test_numbers_are_those_of_the_definition(flow, log, data):
    net = write_net(flow)
    model = build(net)
    prefix = data.draw(st.lists(st.booleans(), min_size=len(log), max_size=len(log)))
    traces = Traces.of(model.labels, list(log))
    aligned = align(model, traces, prefix=prefix)
    found = precision(model, traces, aligned, list(log.values()), prefix=prefix)
    assert numbers(found) == by_definition(net, model, aligned, list(log.values()), prefix)
    assert found.escaping.cases.sum() == found.allowed - found.taken
    assert not found.allowed or 0 <= found.value <= 1


# --- what must not change it, and what must ----------------------------------------------------------------------------


@settings(deadline=None, max_examples=examples(100))
@given(flows(), LOGS, st.data())
def test_order_and_split_of_the_traces_do_not_matter(flow, log, data):
    model = build(write_net(flow))
    rows = [(word, 1) for word, n in log.items() for _ in range(n)]
    rows += [(word, n) for word, n in log.items()]
    rows = data.draw(st.permutations(rows))
    traces = Traces.of(model.labels, [word for word, _ in rows])
    other = precision(model, traces, align(model, traces), [n for _, n in rows])
    one = measure(model, {word: 2 * n for word, n in log.items()})
    assert numbers(one) == numbers(other)
    assert [x.tolist() for x in one.escaping] == [x.tolist() for x in other.escaping]


@settings(deadline=None, max_examples=examples(100))
@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map(tuple), min_size=1, max_size=6, unique=True)
)
def test_the_model_of_exactly_the_log_is_precise_and_a_missing_variant_is_seen(words):
    flow = m.Choice(tuple(m.Sequence(tuple(map(m.Step, word))) for word in words))
    model = build(write_net(flow))
    assert measure(model, dict.fromkeys(words, 3)).value == 1.0
    gone = words[0]
    rest = dict.fromkeys(words[1:], 1)
    prefixes = {word[:i] for word in rest for i in range(len(word) + 1)}
    if rest:
        assert (measure(model, rest).value == 1.0) == (gone in prefixes)


@settings(deadline=None, max_examples=examples(100))
@given(flows(4), flows(4), st.data())
def test_a_model_that_allows_more_is_not_more_precise(flow, more, data):
    words = sorted(language(flow, 5))
    assume(words)
    log = data.draw(st.dictionaries(st.sampled_from(words), st.integers(1, 3), min_size=1, max_size=5))
    narrow, wide = measure(flow, log), measure(m.Choice((flow, more)), log)
    assert narrow.taken == wide.taken
    assert narrow.allowed <= wide.allowed
    assert narrow.n_prefixes == wide.n_prefixes


# --- pm4py -------------------------------------------------------------------------------------------------------------


def as_state_machine(model):
    """An automaton as a net whose only silent steps lead from the final states to the end: pm4py loses no marking of it."""
    end = model.n_states
    steps = [
        Transition(model.labels[a], ((s, 1),), ((int(model.delta[s, a]), 1),))
        for s, a in np.argwhere(model.delta >= 0).tolist()
    ]
    steps += [Transition(None, ((s, 1),), ((end, 1),)) for s in np.flatnonzero(model.final).tolist()]
    return WorkflowNet(
        tuple(steps), tuple(int(i == 0) for i in range(end + 1)), tuple(int(i == end) for i in range(end + 1))
    )


def pm4py_precision(net, log):
    from mining import _pm4py

    _pm4py.quietly()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pm4py.algo.evaluation.precision.variants import align_etconformance
        from pm4py.objects.log.obj import Event, EventLog, Trace

        rows = [word for word, n in log.items() for _ in range(n)]
        events = EventLog([Trace([Event({"concept:name": x}) for x in word]) for word in rows])
        options = {"show_progress_bar": False, "multiprocessing": False}
        return align_etconformance.apply(events, *pm4py_net(net), parameters=options)


NETS = {
    "sequence": (m.Sequence((A, B, C)), {"abc": 4}),
    "choice": (A_THEN_ANY, {"ab": 8, "ac": 2}),
    "parallel": (m.Sequence((A, m.Parallel((B, C)), D)), {"abcd": 5}),
    "skip": (m.Sequence((A, m.Optional_(B), m.Choice((C, D)))), {"abc": 3, "ad": 1}),
    "loop": (m.Sequence((m.Loop(A, B), C)), {"ac": 3, "abac": 2}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETS)
def test_pm4py_has_the_same_number_where_cases_are_runs_and_nothing_follows_the_end(name):
    flow, log = NETS[name]
    assert measure(flow, log).value == pytest.approx(pm4py_precision(write_net(flow), log), abs=1e-12)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(60))
@given(flows(), st.data())
def test_pm4py_has_the_number_of_the_same_runs_all_still_running(flow, data):
    words = sorted(language(flow, 5) - {()})
    assume(words)
    log = data.draw(st.dictionaries(st.sampled_from(words), st.integers(1, 3), min_size=1, max_size=5))
    model = build(write_net(flow))
    found = measure(model, log, prefix=[True] * len(log))
    assert found.value == pytest.approx(pm4py_precision(as_state_machine(model), log), abs=1e-12)


@pytest.mark.slow
def test_where_pm4py_differs():
    loop = m.Loop(A, B)
    assert (
        pm4py_precision(write_net(loop), {"a": 3}) == 1.0
    )  # the prefix at which the cases end is left out; b is allowed there
    assert measure(loop, {"a": 3}).value == 0.5
    flow = m.Sequence((A, m.Choice((B, C)), D))
    # acbd is replayed up to ac; there d is allowed, and b, which is not, counts as the only thing done: 9 of 40 escape
    assert pm4py_precision(write_net(flow), {"abd": 1, "acbd": 9}) == 31 / 40
    assert measure(flow, {"abd": 1, "acbd": 9}).value == 1.0
    # of bd not even the first event can be replayed, and b counts as first label of the log; here it is a run of a, b and d
    assert pm4py_precision(write_net(flow), {"abd": 9, "bd": 1}) == pytest.approx(28 / 37)
    assert measure(flow, {"abd": 9, "bd": 1}).value == 30 / 40
    # after a, b is allowed and, by skipping d, also c; pm4py knows only the marking without the silent skip
    flow = m.Choice((m.Sequence((A, B)), m.Sequence((m.Optional_(D), A, C))))
    assert pm4py_precision(write_net(flow), {"ac": 1}) == pytest.approx(1 / 3)
    assert measure(flow, {"ac": 1}).value == 2 / 4
