"""Alignments: against brute force, against pm4py and r4pm, and the same whatever the order of the input."""

import gzip
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from heapq import heappop, heappush
from itertools import count
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mining import ModelError, UnknownNameError, _pm4py
from mining.automaton import build, sequence_automaton
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.blueprint.pnml import read_pnml
from mining.conformance import alignment, levels
from mining.conformance.alignment import LOG, MODEL, SYNC, align, model_of
from mining.conformance.running import start
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import SHARED, pm4py_net
from tests.strategies import LETTERS, flows

WORDS = st.lists(st.sampled_from(LETTERS + "z"), max_size=7).map(tuple)
COSTS = st.dictionaries(st.sampled_from(LETTERS), st.integers(1, 9))


def both(net):
    """The two forms of a model: listed, and searched."""
    return build(net), LargeNet(net)


def codes(model, word):
    return [model.code.get(x, -1) for x in word]


def fire(net, marking, transition):
    """The marking after a transition, None where it is not enabled."""
    tokens = list(marking)
    for p, k in transition.consumes:
        tokens[p] -= k
    if min(tokens) < 0:
        return None
    for p, k in transition.produces:
        tokens[p] += k
    return tuple(tokens)


def cheapest(net, word, *, prefix=False, log_cost=None, model_cost=None, most=3_000):
    """(cost, log moves) of an optimal alignment by Dijkstra over (position, marking): slow, and nothing like the engine.

    None where there is no alignment; an assumption fails where there is too much to search.
    """
    log_cost, model_cost = log_cost or {}, model_cost or {}
    number = count()
    heap, seen = [((0, 0), next(number), 0, net.initial)], set()
    while heap:
        (cost, logs), _, i, marking = heappop(heap)
        if (i, marking) in seen:
            continue
        seen.add((i, marking))
        if len(seen) > most:
            assume(False)
        if i == len(word) and (prefix or marking == net.final):
            return cost, logs
        if i < len(word):
            heappush(heap, ((cost + log_cost.get(word[i], 1), logs + 1), next(number), i + 1, marking))
        for transition in net.transitions:
            after = fire(net, marking, transition)
            if after is not None:
                price = 0 if transition.label is None else model_cost.get(transition.label, 1)
                heappush(heap, ((cost + price, logs), next(number), i, after))
                if i < len(word) and transition.label == word[i]:
                    heappush(heap, ((cost, logs), next(number), i + 1, after))
    return None


def moves_of(found, k):
    span = slice(found.first[k], found.first[k + 1])
    return list(zip(found.kind[span].tolist(), found.label[span].tolist(), found.position[span].tolist(), strict=True))


def check_moves(net, model, word, found, k, *, prefix=False):
    """The moves are an alignment of the trace with the net, of the cost that is given."""
    moves = moves_of(found, k)
    assert [p for kind, _, p in moves if kind != MODEL] == list(range(len(word)))
    assert all(label == model.code.get(word[p], -1) for kind, label, p in moves if kind != MODEL)
    read = 0
    for kind, _, position in moves:
        assert position == read
        read += kind != MODEL
    run = [model.labels[label] for kind, label, _ in moves if kind != LOG]
    assert cheapest(net, run, prefix=prefix, most=10**6) == (0, 0)
    return moves


@settings(deadline=None, max_examples=examples(200))
@given(flows(), st.lists(WORDS, min_size=1, max_size=6, unique=True), st.booleans(), COSTS, COSTS, st.integers(1, 4))
def test_costs_are_optimal_and_moves_are_an_alignment_of_that_cost(flow, words, prefix, log_cost, model_cost, unknown):
    net = write_net(flow)
    log_cost, model_cost = ({a: c for a, c in x.items() if a in net.labels} for x in (log_cost, model_cost))
    priced = {x: log_cost.get(x, 1) if x in net.labels else unknown for x in LETTERS + "z"}
    for model in both(net):
        costs = {"log_cost": {**log_cost, None: unknown}, "model_cost": model_cost}
        found = align(model, [codes(model, w) for w in words], prefix=[prefix] * len(words), **costs)
        assert found.solved.all()
        empty = cheapest(net, (), model_cost=model_cost)[0]
        for k, word in enumerate(words):
            cost, logs = cheapest(net, word, prefix=prefix, log_cost=priced, model_cost=model_cost)
            assert found.cost[k] == cost
            moves = check_moves(net, model, word, found, k, prefix=prefix)
            assert sum(kind == LOG for kind, _, _ in moves) == logs
            paid = sum(priced[word[p]] for kind, _, p in moves if kind == LOG)
            paid += sum(model_cost.get(model.labels[a], 1) for kind, a, _ in moves if kind == MODEL)
            assert paid == cost
            assert found.worst[k] == sum(priced[x] for x in word) + empty


@st.composite
def nets(draw):
    """Small nets of any shape: weights, duplicate labels, silent loops, places that never fill; sound or not."""
    places = draw(st.integers(2, 5))
    place = st.integers(0, places - 1)
    weight = st.sampled_from([1, 1, 1, 2])
    side = st.dictionaries(place, weight, min_size=1, max_size=2).map(lambda arcs: tuple(sorted(arcs.items())))
    step = st.builds(Transition, st.sampled_from([None, *"aabc"]), side, side)
    steps = tuple(draw(st.lists(step, min_size=2, max_size=7)))
    first, last = [0] * places, [0] * places
    first[0] = draw(weight)
    last[places - 1] = draw(weight)
    return WorkflowNet(steps, tuple(first), tuple(last))


@settings(deadline=None, max_examples=examples(400))
@given(nets(), st.lists(st.sampled_from("abcz"), max_size=5), st.booleans())
def test_a_net_of_any_shape_is_searched_exactly(net, word, prefix):
    shortest = cheapest(net, ())
    large = LargeNet(net)
    if shortest is None:
        with pytest.raises(ModelError, match="end"):
            align(large, [codes(large, word)], budget=20_000)
        return
    found = align(large, [codes(large, word)], prefix=[prefix])
    expected = cheapest(net, word, prefix=prefix)
    assert (found.cost[0], found.lower[0]) == (expected[0], expected[0])
    check_moves(net, large, word, found, 0, prefix=prefix)
    try:
        listed = align(build(net, most_states=3_000), [codes(large, word)], prefix=[prefix])
    except ModelError:
        return  # not sound
    assert listed.cost.tolist() == found.cost.tolist()


@settings(deadline=None, max_examples=examples(60))
@given(flows(), st.lists(WORDS, min_size=2, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_the_traces_does_not_matter(flow, words, random):
    for model in both(write_net(flow)):
        other = random.sample(words, len(words))
        one = align(model, [codes(model, w) for w in words], ambiguity=True)
        two = align(model, [codes(model, w) for w in other], ambiguity=True)
        for k, word in enumerate(words):
            j = other.index(word)
            for name in ("kind", "label", "position", "share", "event_share"):
                column = [getattr(x, name)[x.first[i] : x.first[i + 1]].tobytes() for x, i in ((one, k), (two, j))]
                assert column[0] == column[1]
            assert one.number[k].tobytes() == two.number[j].tobytes()


@pytest.mark.slow
def test_parts_done_side_by_side_give_the_same_bytes():
    model = build(write_net(m.Loop(m.Sequence((m.Step("a"), m.Optional_(m.Step("b")), m.Step("c"))), m.Step("d"))))
    rng = np.random.default_rng(5)
    traces = [rng.integers(-1, 4, size=rng.integers(0, 12)).tolist() for _ in range(300)]
    alone = align(model, traces, ambiguity=True)
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for executor in (threads, processes):
            shared = align(model, traces, ambiguity=True, executor=executor, chunks=7)
            for name in alignment.Alignments.__dataclass_fields__:
                assert getattr(shared, name).tobytes() == getattr(alone, name).tobytes(), name


# --- how certain -----------------------------------------------------------------------------------------------------


def explanations(automaton, word, optimum, prefix):
    """All optimal alignments in normal form: per gap between synchronous moves the log moves, then the model moves."""
    found = set()

    def go(i, s, cost, moves):
        if cost > optimum:
            return
        if i == len(word) and cost == optimum and (prefix or automaton.final[s]):
            found.add(normal(moves))
        if i < len(word):
            go(i + 1, s, cost + 1, (*moves, (LOG, word[i], i)))
            if word[i] in automaton.successors[s]:
                go(i + 1, automaton.successors[s][word[i]], cost, (*moves, (SYNC, word[i], i)))
        for label, t in automaton.successors[s].items():
            go(i, t, cost + 1, (*moves, (MODEL, label, None)))

    go(0, 0, 0, ())
    return found


def normal(moves):
    done, logs, models = [], [], []
    for move in (*moves, None):
        if move is None or move[0] == SYNC:
            done += logs + models + ([move] if move else [])
            logs, models = [], []
        else:
            (logs if move[0] == LOG else models).append(move)
    return tuple(done)


@settings(deadline=None, max_examples=examples(150))
@given(flows(5), st.lists(WORDS.filter(lambda w: len(w) < 6), min_size=1, max_size=3, unique=True), st.booleans())
def test_ambiguity_is_the_count_of_all_optimal_alignments(flow, words, prefix):
    automaton = build(write_net(flow))
    found = align(automaton, [codes(automaton, w) for w in words], prefix=[prefix] * len(words), ambiguity=True)
    assume(found.cost.max() <= 4)
    for k, word in enumerate(words):
        every = explanations(automaton, word, found.cost[k], prefix)
        assert found.number[k] == len(every)
        nth = Counter()
        for row in range(found.first[k], found.first[k + 1]):
            kind, position = found.kind[row], found.position[row]
            label = word[position] if kind != MODEL else automaton.labels[found.label[row]]
            nth[kind, label] += 1
            if kind != MODEL:
                here = sum((kind, label, position) in moves for moves in every)
                assert found.event_share[row] == pytest.approx(here / len(every), rel=1e-12)
            else:
                assert np.isnan(found.event_share[row])
            if kind != SYNC:
                times = [sum(move[:2] == (kind, label) for move in moves) for moves in every]
                share = sum(t >= nth[kind, label] for t in times) / len(every)
                assert found.share[row] == pytest.approx(share, rel=1e-12)


def test_shares_by_hand():
    model = sequence_automaton("abc")
    found = align(model, [codes(model, w) for w in ("acb", "abbc", "axc", "ab")], ambiguity=True)
    rows = [
        (k, int(found.kind[r]), model.labels[found.label[r]] if found.label[r] >= 0 else "?", float(found.share[r]))
        for k in range(4)
        for r in range(found.first[k], found.first[k + 1])
        if found.kind[r] != SYNC
    ]
    assert found.number.tolist() == [2, 2, 1, 1]
    # acb: either c or b was moved; abbc: some b is repeated, for sure; axc: b is missing and x is extra; ab: c is missing
    assert [x for x in rows if x[0] == 0 and x[1] == LOG][0][3] == 0.5
    assert [x for x in rows if x[0] > 0] == [
        (1, LOG, "b", 1.0),
        (2, MODEL, "b", 1.0),
        (2, LOG, "?", 1.0),
        (3, MODEL, "c", 1.0),
    ]
    assert found.event_share[found.kind == LOG].tolist() == [0.5, 0.5, 1.0]


def test_very_many_optimal_alignments_are_counted_without_overflow():
    model = sequence_automaton("ab" * 700)
    found = align(model, [codes(model, "aabb" * 700)], ambiguity=True)
    assert found.cost[0] == 1400
    assert found.number[0] == np.inf  # 2 ** 1400
    assert found.event_share[found.kind == LOG] == pytest.approx(0.5)
    assert found.share[found.kind == LOG].min() == pytest.approx(1.0)


def test_ways_that_part_early_and_are_many_on_different_sides_are_counted():
    parts = [m.Loop(m.Sequence((m.Step(x), m.Step(y)))) for x, y in ("ab", "cd")]
    model = build(write_net(m.Choice(tuple(parts))))
    found = align(model, [codes(model, "aabb" * 600 + "ccdd" * 600)], ambiguity=True)
    logs = found.kind == LOG
    assert found.cost[0] == 3600
    small = align(model, [codes(model, "aabb" * 20 + "ccdd" * 20)], ambiguity=True)
    # twice the length, the same picture: the share of an event depends on its place in its group of four only
    assert set(np.round(found.event_share[logs], 9)) == set(np.round(small.event_share[small.kind == LOG], 9))


def test_many_choices_left_out_side_by_side_have_their_shares():
    n = 1_100
    steps = [Transition(f"{x}{i}", ((i, 1),), ((i + 1, 1),)) for i in range(n) for x in "ab"]
    model = build(WorkflowNet(tuple(steps), (1, *[0] * n), (*[0] * n, 1)))
    found = align(model, [[]], ambiguity=True)
    assert found.number[0] == np.inf
    assert found.share.tolist() == [0.5] * n


def test_a_label_that_is_repeated_very_often_is_certain_without_counting_each():
    model = sequence_automaton("ab")
    found = align(model, [[0] * 20_000 + [1]], ambiguity=True)
    assert found.cost[0] == found.number[0] - 1 == 19_999
    assert (found.share[found.kind == LOG] == 1.0).all()
    assert found.event_share[found.kind == LOG][0] == pytest.approx(19_999 / 20_000)


def test_what_was_not_asked_for_is_not_measured():
    found = align(sequence_automaton("ab"), [[0], [0, 1]])
    assert np.isnan(found.number).all()
    assert np.isnan(found.share).all()


# --- cases still running ---------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=examples(60))
@given(flows(), WORDS, COSTS, COSTS)
def test_a_running_case_has_the_cost_of_its_prefix_after_every_event(flow, word, log_cost, model_cost):
    model = build(write_net(flow))
    log_cost, model_cost = ({a: c for a, c in x.items() if a in model.code} for x in (log_cost, model_cost))
    case = start(model, log_cost=log_cost, model_cost=model_cost)
    for i in range(len(word) + 1):
        found = align(model, [codes(model, word[:i])], prefix=[True], log_cost=log_cost, model_cost=model_cost)
        assert (case.cost, case.n_events) == (found.cost[0], i)
        best = cheapest(write_net(flow), word[:i], log_cost=log_cost, model_cost=model_cost)[0]
        assert case.may_end == (best == case.cost)
        # what is expected next is what can follow at no further cost
        for label in model.labels:
            more = cheapest(write_net(flow), (*word[:i], label), prefix=True, log_cost=log_cost, model_cost=model_cost)
            assert (more[0] == case.cost) == (label in case.expected)
        if i < len(word):
            case = case.after(word[i])


def test_a_running_case_by_hand():
    case = start(sequence_automaton("abcd"))
    assert (case.cost, case.expected, case.steps_to_end, case.may_end) == (0, ("a",), 4, False)
    earlier = case.after("a")
    case = earlier.after("c")  # b is missing, or c is too much
    assert (case.cost, case.states, case.expected, case.steps_to_end) == (1, (1, 3), ("b", "d"), 1)
    assert case.after("?").cost == 2
    assert earlier.cost == 0


# --- limits ----------------------------------------------------------------------------------------------------------


def wide(branches):
    """Branches side by side, each a choice between two steps in order and another step, all optional."""
    names = iter(range(10_000))

    def branch():
        a, b, c = (f"t{next(names)}" for _ in range(3))
        return m.Optional_(m.Choice((m.Sequence((m.Step(a), m.Step(b))), m.Step(c))))

    return m.Parallel(tuple(branch() for _ in range(branches)))


def test_a_net_too_large_to_list_is_searched():
    net = write_net(wide(14))
    model = model_of(net)
    assert isinstance(model, LargeNet)
    rng = np.random.default_rng(3)
    traces = [rng.permutation(len(net.labels))[: rng.integers(0, 30)].tolist() for _ in range(40)]
    found = align(model, traces)
    assert found.solved.all()
    assert np.isnan(found.number).all()
    for k, trace in enumerate(traces):
        # the branches do not touch, so each pays for itself: the cheapest of doing nothing, a and b, or c
        total = 0
        for b in range(14):
            own = [int(net.labels[x][1:]) - 3 * b for x in trace if int(net.labels[x][1:]) // 3 == b]
            in_order = len([x for x in own if x < 2]) if [x for x in own if x < 2] != [1, 0] else 1
            total += len(own) + min(0, 1 - 2 * (2 in own), 2 - 2 * in_order)
        assert found.cost[k] == total


def test_beyond_the_budget_a_trace_has_bounds():
    # the branches share a label, so that the bounds are weak
    net = write_net(m.Parallel(tuple(m.Sequence((m.Step("a"), m.Step(x), m.Step("a"))) for x in "bcdef")))
    small, large = build(net), LargeNet(net)
    rng = np.random.default_rng(11)
    traces = [rng.integers(0, len(net.labels), size=20).tolist() for _ in range(30)]
    exact = align(small, traces)
    bounded = align(large, traces, budget=5_000)
    assert 0 < np.count_nonzero(bounded.solved) < 30
    assert (bounded.lower <= exact.cost).all()
    assert (exact.cost <= bounded.cost).all()
    assert (bounded.lower[~bounded.solved] < bounded.cost[~bounded.solved]).all()
    assert (bounded.cost <= bounded.worst).all()
    for k, trace in enumerate(traces):
        check_moves(net, large, [net.labels[x] for x in trace], bounded, k)
    low, high = bounded.log_fitness(np.ones(30, int))
    assert low <= exact.log_fitness(np.ones(30, int))[0] < high


def test_the_first_limit_on_costs_does_not_show(monkeypatch):
    net = write_net(m.Loop(m.Parallel((m.Step("a"), m.Sequence((m.Step("b"), m.Step("c"))))), m.Step("d")))
    model = build(net)
    rng = np.random.default_rng(8)
    traces = [rng.integers(-1, 4, size=rng.integers(0, 40)).tolist() for _ in range(200)]
    plain = align(model, traces, ambiguity=True)
    monkeypatch.setattr(alignment, "FEW_STATES", 0)
    limited = align(model, traces, ambiguity=True)
    for name in alignment.Alignments.__dataclass_fields__:
        assert getattr(limited, name).tobytes() == getattr(plain, name).tobytes(), name


def test_moves_beyond_the_tokens_that_can_be_held_are_not_taken_for_impossible():
    net = WorkflowNet(
        (
            Transition("a", ((0, 1),), ((1, 200), (3, 200))),
            Transition("d", ((3, 200),), ((1, 200),)),
            Transition("b", ((1, 255),), ((2, 1),)),
            Transition("c", ((0, 1),), ((2, 1),)),
        ),
        (1, 0, 0, 0),
        (0, 0, 1, 0),
    )
    found = align(LargeNet(net), [[0, 3]])  # after a and d the place holds 400, so it is not known what b could do
    assert found.lower[0] < found.cost[0]
    with pytest.raises(ModelError, match="255 tokens"):
        model_of(WorkflowNet((Transition("b", ((0, 300),), ((1, 1),)),), (300, 0), (0, 1)))


def test_what_does_not_belong_together_is_refused():
    model = sequence_automaton("ab")
    for flags in ([], [True], [True] * 5, True):
        with pytest.raises(ModelError, match="for 3 traces"):
            align(model, [[0], [0], [1]], prefix=flags)
    with pytest.raises(ModelError, match=r"holds 0\.9"):
        align(model, [[0.9, 1.2]])
    with pytest.raises(ModelError, match="holds 'a'"):
        align(model, [["a", "b"]])
    with pytest.raises(ModelError, match="another model"):
        align(model, Traces.of("abcd", ["abcd"]))
    assert align(model, [[2**40, -(2**70), np.int64(1)]]).cost.tolist() == [3]
    with pytest.raises(ModelError, match="None"):
        align(model, [[0]], model_cost={None: 2})


def test_an_automaton_with_too_many_states_for_the_programme_is_refused(monkeypatch):
    monkeypatch.setattr(levels, "MOST_LISTED", 100)
    monkeypatch.setattr(alignment, "MOST_LISTED", 100)
    net = write_net(m.Parallel(tuple(m.Step(x) for x in "abcdefg")))
    with pytest.raises(ModelError, match="128 states"):
        align(build(net), [[0]])
    with pytest.raises(ModelError, match="128 states"):
        start(build(net))
    assert isinstance(model_of(net), LargeNet)
    with pytest.raises(ModelError, match="Automaton"):
        start(LargeNet(net))


def test_what_is_given_back_is_the_callers_own():
    model = sequence_automaton("ab")
    traces = Traces.of("ab", ["ab"])
    found = align(model, traces)
    found.cost[0], found.first[1], found.label[0] = 7, 7, 7
    assert found.lower[0] == 0
    assert (traces.starts.tolist(), traces.codes.tolist()) == ([0, 2], [0, 1])


def test_large_costs_are_added_without_overflow():
    model = sequence_automaton("ab")
    found = align(model, [codes(model, "x" * 2000)], log_cost=None, model_cost={"a": 10**6, "b": 10**6})
    assert found.cost.tolist() == [2_002_000]
    with pytest.raises(ModelError, match="more than can be held"):
        align(model, [[-1] * 2_000_000], log_cost={None: 2**20 - 1})


def test_a_cost_below_one_is_refused():
    with pytest.raises(ModelError, match="at least 1"):
        align(sequence_automaton("ab"), [[0]], log_cost={"a": 0})
    with pytest.raises(UnknownNameError, match="'x'"):
        align(sequence_automaton("ab"), [[0]], log_cost={"x": 2})
    with pytest.raises(ModelError, match="'b' is 1.5"):
        align(sequence_automaton("ab"), [[0]], model_cost={"b": 1.5})


def test_fitness_by_hand():
    # <a, b, c, d> against a-b-c: one log move, worst case 4 + 3 moves
    model = sequence_automaton("abc")
    found = align(model, [codes(model, "abcd"), codes(model, "abc"), []])
    assert found.fitness.tolist() == [1 - 1 / 7, 1.0, 0.0]
    # twice the first, once each of the others: cost 2 + 0 + 3 of at most 14 + 6 + 3
    assert found.log_fitness(np.array([2, 1, 1])) == (1 - 5 / 23, 1 - 5 / 23)


def test_no_traces_at_all():
    assert align(sequence_automaton("a"), []).cost.tolist() == []


# --- oracles ---------------------------------------------------------------------------------------------------------


BENCHMARK = sorted((SHARED / "alignments").glob("*.pnml"))


@pytest.mark.slow
@pytest.mark.skipif(not BENCHMARK, reason="the public alignment benchmark is not beside the project")
@pytest.mark.parametrize("path", BENCHMARK, ids=lambda p: p.stem)
def test_costs_equal_those_of_the_peers_on_the_benchmark(path):
    model = model_of(read_pnml(path))
    with gzip.open(path.with_suffix(".jsonl.gz"), "rt") as lines:
        rows = [json.loads(line) for line in lines]
    found = align(model, Traces.of(model.labels, [row["trace"] for row in rows]))
    assert found.solved.all()
    wrong = [
        (row["cost"], cost)
        for row, cost in zip(rows, found.cost.tolist(), strict=True)
        if row["cost"] not in (None, cost)
    ]
    assert wrong == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, max_examples=examples(25))
@given(flows(), st.lists(WORDS.filter(len), min_size=1, max_size=4, unique=True))
def test_pm4py_and_r4pm_find_the_same_costs(flow, words):
    r4pm = pytest.importorskip("r4pm")
    _pm4py.quietly()
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.objects.log.obj import Event, Trace
    from r4pm.bindings.conformance.case_centric.alignments import align_trace

    ours = write_net(flow)
    net, initial, final = pm4py_net(ours)
    rust = r4pm.petri_net.from_pm4py(net, initial, final)
    visible = {str(key) for key, t in rust["transitions"].items() if t.get("label") is not None}

    def visible_moves(moves):
        return sum("LogMove" in x or x.get("ModelMove", {}).get("transition") in visible for x in moves)

    for model in both(ours):
        found = align(model, [codes(model, w) for w in words])
        for word, cost in zip(words, found.cost.tolist(), strict=True):
            theirs = algorithm.apply(Trace([Event({"concept:name": x}) for x in word]), net, initial, final)
            assert theirs["cost"] // 10_000 == cost
            assert visible_moves(align_trace(rust, list(word))["moves"]) == cost
