"""Alignments: against brute force, against pm4py and r4pm, and the same whatever the order of the input."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import ModelError
from mining.automaton import Transition, WorkflowNet, build, sequence_automaton
from mining.blueprint.compile import write_net
from mining.conformance.alignment import LOG, MODEL, SYNC, align
from tests.helpers import SHARED
from tests.strategies import LETTERS, flows

WORDS = st.lists(st.sampled_from(LETTERS + "z"), max_size=7).map(tuple)


def codes(automaton, word):
    return [automaton.code.get(x, -1) for x in word]


def cheapest(automaton, word, *, prefix=False, log_cost=None, model_cost=None):
    """Shortest path over (position, state) by Bellman-Ford: slow, and nothing like the engine."""
    log_cost, model_cost = log_cost or {}, model_cost or {}
    best = {(0, 0): 0}
    while True:
        before = dict(best)
        for (i, s), cost in before.items():
            moves = []
            if i < len(word):
                moves.append(((i + 1, s), cost + log_cost.get(word[i], 1)))
                moves += [((i + 1, t), cost) for t in automaton.successors[s].get(word[i], ())]
            moves += [
                ((i, t), cost + model_cost.get(a, 1)) for a, targets in automaton.successors[s].items() for t in targets
            ]
            for key, c in moves:
                best[key] = min(best.get(key, 10**9), c)
        if best == before:
            return min(c for (i, s), c in best.items() if i == len(word) and (prefix or automaton.final[s]))


def moves_of(found, k):
    span = slice(found.first[k], found.first[k + 1])
    return list(zip(found.kind[span].tolist(), found.label[span].tolist(), found.position[span].tolist(), strict=True))


@settings(deadline=None, max_examples=300)
@given(flows(), st.lists(WORDS, min_size=1, max_size=6, unique=True), st.booleans())
def test_costs_are_optimal_and_moves_are_an_alignment_of_that_cost(flow, words, prefix):
    automaton = build(write_net(flow))
    found = align(automaton, [codes(automaton, w) for w in words], prefix=[prefix] * len(words))
    for k, word in enumerate(words):
        assert found.cost[k] == cheapest(automaton, word, prefix=prefix)
        moves = moves_of(found, k)
        assert sum(kind != SYNC for kind, _, _ in moves) == found.cost[k]
        assert [p for kind, _, p in moves if kind != MODEL] == list(range(len(word)))
        assert all(label == automaton.code.get(word[p], -1) for kind, label, p in moves if kind != MODEL)
        run = [automaton.labels[label] for kind, label, _ in moves if kind != LOG]
        states = {0}
        for label in run:
            states = {t for s in states for t in automaton.successors[s].get(label, ())}
        assert states
        assert prefix or automaton.accepts(run)


@settings(deadline=None, max_examples=100)
@given(
    flows(),
    WORDS,
    st.dictionaries(st.sampled_from(LETTERS), st.integers(1, 9)),
    st.dictionaries(st.sampled_from(LETTERS), st.integers(1, 9)),
)
def test_costs_of_single_labels_are_respected(flow, word, log_cost, model_cost):
    automaton = build(write_net(flow))
    log_cost = {a: c for a, c in log_cost.items() if a in automaton.code}
    found = align(automaton, [codes(automaton, word)], log_cost=log_cost, model_cost=model_cost)
    assert found.cost[0] == cheapest(automaton, word, log_cost=log_cost, model_cost=model_cost)


@settings(deadline=None, max_examples=50)
@given(flows(), st.lists(WORDS, min_size=2, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_the_traces_does_not_matter(flow, words, random):
    automaton = build(write_net(flow))
    other = random.sample(words, len(words))
    one = align(automaton, [codes(automaton, w) for w in words])
    two = align(automaton, [codes(automaton, w) for w in other])
    assert {w: moves_of(one, k) for k, w in enumerate(words)} == {w: moves_of(two, k) for k, w in enumerate(other)}


def test_a_cost_below_one_is_refused():
    with pytest.raises(ModelError, match="at least 1"):
        align(sequence_automaton("ab"), [[0]], log_cost={"a": 0})


def test_fitness_by_hand():
    # <a, b, c, d> against a-b-c: one log move, worst case 4 + 3 moves
    model = sequence_automaton("abc")
    found = align(model, [codes(model, "abcd"), codes(model, "abc"), []])
    assert found.fitness(np.array([4, 3, 0])).tolist() == [1 - 1 / 7, 1.0, 0.0]
    # twice the first, once each of the others: cost 2 + 0 + 3 of at most 14 + 6 + 3
    assert found.log_fitness(np.array([4, 3, 0]), np.array([2, 1, 1])) == 1 - 5 / 23


def test_no_traces_at_all():
    assert align(sequence_automaton("a"), []).cost.tolist() == []


# --- oracles ---------------------------------------------------------------------------------------------------------


def read_net(path):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pm4py

        net, initial, final = pm4py.read_pnml(str(path))
    places = {p: i for i, p in enumerate(sorted(net.places, key=lambda p: p.name))}
    transitions = tuple(
        Transition(
            t.label,
            tuple((places[a.source], a.weight) for a in t.in_arcs),
            tuple((places[a.target], a.weight) for a in t.out_arcs),
        )
        for t in sorted(net.transitions, key=lambda t: t.name)
    )
    return WorkflowNet(transitions, tuple(initial.get(p, 0) for p in places), tuple(final.get(p, 0) for p in places))


BENCHMARK = sorted((SHARED / "alignments").glob("*.pnml"))
TOO_LARGE = {"08_receipt-im", "13_SEPSIS_1t_per_variant-im"}  # state spaces that need lazy expansion


@pytest.mark.slow
@pytest.mark.skipif(not BENCHMARK, reason="the public alignment benchmark is not beside the project")
@pytest.mark.parametrize("path", [p for p in BENCHMARK if p.stem not in TOO_LARGE], ids=lambda p: p.stem)
def test_costs_equal_those_of_the_peers_on_the_benchmark(path):
    automaton = build(read_net(path))
    with gzip.open(path.with_suffix(".jsonl.gz"), "rt") as lines:
        rows = [json.loads(line) for line in lines]
    found = align(automaton, [codes(automaton, row["trace"]) for row in rows])
    wrong = [
        (row["cost"], cost)
        for row, cost in zip(rows, found.cost.tolist(), strict=True)
        if row["cost"] not in (None, cost)
    ]
    assert wrong == []


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(flows(), st.lists(WORDS.filter(len), min_size=1, max_size=4, unique=True))
def test_pm4py_finds_the_same_costs(flow, words):
    import warnings

    from mining import _pm4py

    _pm4py._quietly()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pm4py.algo.conformance.alignments.petri_net import algorithm
        from pm4py.objects.log.obj import Event, Trace
        from pm4py.objects.petri_net.obj import Marking, PetriNet
        from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

        ours = write_net(flow)
        net = PetriNet("net")
        places = [PetriNet.Place(f"p{i}") for i in range(len(ours.initial))]
        net.places.update(places)
        for i, transition in enumerate(ours.transitions):
            made = PetriNet.Transition(f"t{i}", transition.label)
            net.transitions.add(made)
            for p, k in transition.consumes:
                add_arc_from_to(places[p], made, net, k)
            for p, k in transition.produces:
                add_arc_from_to(made, places[p], net, k)
        automaton = build(ours)
        found = align(automaton, [codes(automaton, w) for w in words])
        for word, cost in zip(words, found.cost.tolist(), strict=True):
            theirs = algorithm.apply(
                Trace([Event({"concept:name": x}) for x in word]), net, Marking({places[0]: 1}), Marking({places[1]: 1})
            )
            assert theirs["cost"] // 10_000 == cost
