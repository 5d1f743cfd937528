"""Quality of models and the choice among them: by hand, against pm4py and brute force, and what must not change it."""

import dataclasses
import math
import warnings
from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mining
from mining.automaton import build, sequence_automaton
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.conformance import search, visited
from mining.conformance.alignment import LOG, align
from mining.conformance.generalisation import generalisation
from mining.conformance.precision import precision
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.conformance.visited import piece_of, visited_part
from mining.discovery import DiscoveredModel, choice, mine, observed_of, quality
from mining.discovery.choice import ModelTable, models_of
from mining.discovery.quality import NetSize, quality_of, size_of
from mining.errors import ModelError, UnknownNameError
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import frame, pm4py_net, traces
from tests.strategies import LETTERS, flows

A, B, C, D = (m.Step(x) for x in "abcd")
WORDS = st.lists(st.sampled_from(LETTERS + "z"), max_size=6).map("".join)
LOGS = st.dictionaries(WORDS, st.integers(0, 5), min_size=1, max_size=6)
SMALL_LOGS = st.dictionaries(WORDS.filter(bool), st.integers(1, 4), min_size=1, max_size=5)


def log_of(counted):
    """A log with a case per word and count."""
    return log_in_order([word for word, n in counted.items() for _ in range(n)])


def log_in_order(words):
    """A log with a case per word."""
    names = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
    return mining.EventLog.from_frame(frame(traces(*words)), columns=names)


def found_of(counted, flow):
    """A model as if it had been mined; labels of the log are capitals."""
    return DiscoveredModel(observed_of(log_of(counted)), "inductive", {"noise": 0.0}, write_net(flow), flow)


def general(flow, log):
    model = flow if hasattr(flow, "delta") else build(write_net(flow))
    words = Traces.of(model.labels, list(log))
    return generalisation(model, words, align(model, words), list(log.values()))


def trace_model(words):
    """The model of just these traces."""
    words = [m.Sequence(tuple(map(m.Step, word))) if len(word) > 1 else m.Step(word) for word in sorted(words)]
    return m.Choice(tuple(words)) if len(words) > 1 else words[0]


# --- generalisation by hand --------------------------------------------------------------------------------------------


def test_states_and_their_steps():
    # start: n = 10, w = 1: 2 / 90; after a: n = 10, w = 2: 6 / 90; each for ten steps
    found = general(m.Sequence((A, m.Choice((B, C, D)))), {"ab": 8, "ac": 2})
    assert (found.steps, found.n_states, found.thin, found.n_left_out) == (20, 2, 0, 0)
    assert found.new == pytest.approx(10 * 2 / 90 + 10 * 6 / 90)
    assert found.value == pytest.approx(1 - (20 + 60) / 90 / 20)


@pytest.mark.parametrize(("cases", "new"), [(1, 1), (2, 2), (3, 3 * 2 / 6), (4, 4 * 2 / 12)])
def test_few_visits_are_taken_to_be_new(cases, new):
    # one label: 1 where n < 3, else 2 / (n (n - 1))
    found = general(sequence_automaton("a"), {"a": cases})
    assert (found.new, found.steps, found.thin) == (pytest.approx(new), cases, cases if cases < 3 else 0)


def test_a_state_counts_as_often_as_a_case_comes_by():
    # b a, b a and again: state 1 (after an a) is left six times, by b; the start three times, by a
    found = general(m.Loop(A, B), {"abababa": 1, "a": 2})
    # start: n = 3, w = 1; after a: 3 steps b; after b: 3 steps a
    assert (found.steps, found.n_states) == (9, 2)  # after b stands where the start stands: only an a can come
    n_start = 3 + 3
    assert found.new == pytest.approx(n_start * 2 / (n_start * (n_start - 1)) + 3 * 2 / (3 * 2))


def test_the_end_is_no_step_and_log_moves_are_none():
    plain = general(m.Sequence((A, B)), {"ab": 6})
    assert (plain.steps, plain.n_states) == (12, 2)
    disturbed = general(m.Sequence((A, B)), {"azb": 6})
    assert (disturbed.new, disturbed.steps) == (plain.new, plain.steps)


def test_model_moves_are_steps_of_the_run():
    assert general(m.Sequence((A, B)), {"a": 6}).steps == 12


def test_traces_that_are_all_different_promise_nothing():
    log = {"ab": 1, "cd": 1}
    assert general(trace_model(log), log).value == 0.0
    assert general(trace_model(log), dict.fromkeys(log, 100)).value == pytest.approx(
        1 - (200 * 6 / (200 * 199) + 200 * 2 / (100 * 99)) / 400
    )


def test_no_steps_no_number():
    found = general(sequence_automaton("a"), {"a": 0})
    assert math.isnan(found.value)
    assert (found.steps, found.new) == (0, 0.0)


def test_other_alignments_are_refused():
    one, other = sequence_automaton("ab"), sequence_automaton("ba")
    words = Traces.of(one.labels, ["ab"])
    with pytest.raises(ModelError, match="does not allow"):
        generalisation(other, words, align(one, words), [1])
    with pytest.raises(ModelError, match="numbers of traces"):
        generalisation(one, words, align(one, words), [1, 1])
    with pytest.raises(ModelError, match="too many states"):
        generalisation(LargeNet(write_net(A)), words, align(one, words), [1])


@settings(max_examples=examples(60), deadline=None)
@given(flow=flows(), log=LOGS)
def test_generalisation_by_its_formula(flow, log):
    model = build(write_net(flow))
    words = Traces.of(model.labels, list(log))
    aligned = align(model, words)
    seen = defaultdict(Counter)
    for k, cases in enumerate(log.values()):
        state = 0
        for e in range(aligned.first[k], aligned.first[k + 1]):
            if aligned.kind[e] != LOG:
                label = model.labels[aligned.label[e]]
                seen[state][label] += cases
                state = model.successors[state][label]
    events = [(n, sum(w > 0 for w in s.values())) for s in seen.values() for n in [sum(s.values())] for _ in range(n)]
    chances = [w * (w + 1) / (n * (n - 1)) if n >= w + 2 else 1 for n, w in events]
    found = generalisation(model, words, aligned, list(log.values()))
    assert found.steps == len(events)
    assert found.new == pytest.approx(sum(chances))
    assert math.isnan(found.value) if not events else 0 <= found.value <= 1


# --- only the states that are passed through -----------------------------------------------------------------------------


def with_letters_once(flow):
    """The same flow, where every activity stands in one place."""
    number = iter(range(1000))

    def once(part):
        match part:
            case m.Step():
                return m.Step(f"s{next(number)}")
            case m.Free(activities):
                return m.Free(tuple(f"s{next(number)}" for _ in activities))
            case m.Optional_(item):
                return m.Optional_(once(item))
            case m.Loop(body, redo):
                return m.Loop(once(body), once(redo) if redo else None)
            case _:
                return type(part)(tuple(map(once, part.items)))

    return once(flow)


@settings(max_examples=examples(80), deadline=None)
@given(data=st.data())
def test_pieces_give_the_numbers_of_the_whole(data):
    flow = with_letters_once(data.draw(flows(8)))
    model = build(write_net(flow))
    letters = st.sampled_from([*model.labels, "other"])
    log = data.draw(
        st.dictionaries(st.lists(letters, max_size=7).map(tuple), st.integers(0, 4), min_size=1, max_size=5)
    )
    words, counts = Traces.of(model.labels, list(log)), list(log.values())
    aligned = align(model, words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visited, "FEW", data.draw(st.integers(2, 12)))
        try:
            part = visited_part(flow, model.labels, aligned)
        except ModelError:  # a loop of few states whose pieces have more
            part = None
    assume(part is not None)
    one, other = (precision(x, words, aligned, counts) for x in (part, model))
    assert (one.taken, one.allowed, one.n_prefixes) == (other.taken, other.allowed, other.n_prefixes)
    one, other = (generalisation(x, words, aligned, counts) for x in (part, model))
    assert dataclasses.astuple(one) == dataclasses.astuple(other)  # so the states are those of the smallest automaton


def test_a_flow_with_billions_of_states():
    names = [f"s{k}" for k in range(40)]
    flow = m.Sequence((A, m.Parallel(tuple(m.Optional_(m.Loop(m.Step(x))) for x in names)), B))
    net = LargeNet(write_net(flow))
    words = Traces.of(net.labels, [("a", "b"), ("a", "s3", "s3", "b")])
    aligned = align(net, words)
    part = visited_part(flow, net.labels, aligned)
    assert part.n_states == 4  # start, after a (and s3), after b, and the rest
    found = precision(part, words, aligned, [2, 1])
    # start: 3 x 1 of 1; after a: 3 x 2 of 41; after s3: 1 of 41, twice; the end: nothing of nothing
    assert (found.taken, found.allowed) == (3 + 3 * 2 + 1 + 1, 3 + 3 * 41 + 41 + 41)
    # after a: n = 5, w = 2; start: n = 3, w = 1
    assert generalisation(part, words, aligned, [2, 1]).new == pytest.approx(5 * 6 / 20 + 3 * 2 / 6)


def test_what_cannot_be_cut_is_not_guessed():
    wide = m.Parallel(tuple(m.Step(f"s{k}") for k in range(20)))
    assert piece_of(wide) is not None
    assert piece_of(m.Loop(wide)) is None
    assert piece_of(m.Sequence((wide, m.Loop(wide)))) is None
    assert piece_of(m.Sequence((wide, m.Step("s0")))) is None  # the same activity in two places


def test_large_models_are_measured_if_they_can_be_cut():
    names = "abcdefghijklmnop"
    flow = m.Parallel(tuple(m.Step(x.upper()) for x in names))
    found = found_of({names: 3, names[::-1]: 1}, flow)
    q = quality_of(found)
    assert (q.n_states, q.log_fitness, q.why_not) == (None, (1.0, 1.0), "")
    allowed = sum(range(1, 17))  # 16 at the start, then 15 ...
    both = (allowed - 16) * 4 + 16 * 4  # every case passes as many
    assert (q.precision.taken, q.precision.allowed) == (4 * 2 + 15 * 3 + 15, both)
    without = quality_of(dataclasses.replace(found, flow=None))
    assert (without.precision, without.generalisation, without.f_score) == (None, None, None)
    assert "too many states" in without.why_not
    assert without.log_fitness == (1.0, 1.0)


# --- simplicity, sizes, and pm4py ----------------------------------------------------------------------------------------


def test_sizes_of_a_sequence():
    assert size_of(write_net(m.Sequence((A, B)))) == NetSize(3, 2, 0, 4)
    assert size_of(write_net(m.Sequence((A, B)))).simplicity == 1.0  # 2 x 4 / 5 arcs a node, fewer than 2
    assert NetSize(1, 1, 0, 4).simplicity == 1 / 3  # 4 arcs a node
    assert NetSize(0, 0, 0, 0).simplicity == 1.0


@settings(max_examples=examples(40), deadline=None)
@given(flow=flows())
def test_simplicity_is_that_of_pm4py(flow):
    from pm4py.algo.evaluation.simplicity.variants.arc_degree import apply

    net = write_net(flow)
    assert size_of(net).simplicity == pytest.approx(apply(pm4py_net(net)[0]), abs=1e-12)


def test_generalisation_of_pm4py_is_another_measure_that_falls_with_unique_traces_too():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pm4py.algo.evaluation.generalization.variants.token_based import apply
        from pm4py.objects.log.obj import Event, EventLog, Trace

    def both(flow, words):
        log = EventLog([Trace([Event({"concept:name": x}) for x in word]) for word in words])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = apply(log, *pm4py_net(write_net(flow)))
        return general(flow, Counter(words)).value, theirs

    words = ["ab", "ac", "bd", "ca", "db"]
    often, once = both(trace_model(words), words * 50), both(trace_model(words), words)
    assert often[0] > 0.99 > once[0]
    assert often[1] > 0.6 > 0.3 > once[1]
    assert often[0] != pytest.approx(often[1], abs=0.01)


# --- a model and its quality ---------------------------------------------------------------------------------------------


def test_quality_by_hand():
    found = quality_of(
        found_of({"ab": 7, "ac": 2, "a": 1}, m.Sequence((m.Step("A"), m.Choice((m.Step("B"), m.Step("C"))))))
    )
    assert (found.n_cases, found.n_variants, found.n_fitting, found.n_unsolved) == (10, 3, 9, 0)
    assert found.share_fitting == 0.9
    assert [round(x, 4) for x in found.fitting_interval] == [0.5958, 0.9821]
    assert found.log_fitness == (pytest.approx(1 - 1 / (9 * 4 + 3)),) * 2
    assert found.precision.value == 1.0
    # start: 10 steps, one label; after it: 10 (the missing one too), two labels
    assert found.generalisation.value == pytest.approx(1 - (10 * 2 / 90 + 10 * 6 / 90) / 20)
    assert (found.n_states, found.size, found.simplicity) == (3, NetSize(3, 3, 0, 6), 1.0)
    fit = 1 - 1 / 39
    assert found.f_score == pytest.approx(2 * fit / (1 + fit))


@settings(max_examples=examples(25), deadline=None)
@given(log=SMALL_LOGS)
def test_the_model_of_the_traces_and_the_model_that_allows_all(log):
    upper = {word.upper(): n for word, n in log.items()}
    exact = quality_of(found_of(log, trace_model(upper)))
    flower = quality_of(found_of(log, m.Free(tuple(sorted({x for word in upper for x in word})))))
    assert exact.log_fitness == flower.log_fitness == (1.0, 1.0)
    assert exact.n_fitting == flower.n_fitting == sum(log.values())
    assert exact.precision.value == 1.0
    assert flower.precision.value < 1.0  # at the end of a case it still allows everything
    assert flower.generalisation.n_states == 1


def test_the_search_in_a_large_net_is_bounded(monkeypatch):
    names = "abcdefghijklmnop"
    wide = m.Parallel(tuple(m.Step(x.upper()) for x in names))
    found = found_of({names[8:] + names[3:6]: 2, names: 3}, m.Sequence((wide, m.Step("Q"), m.Step("R"))))
    assert quality_of(found).n_unsolved == 0
    monkeypatch.setattr(quality, "MOST_PLACES", 0)
    monkeypatch.setattr(search, "PER_EVENT", 0)
    bounded = quality_of(found)
    assert not bounded.measured
    assert "budget" in bounded.why_not


def test_a_model_that_is_not_sound_says_so():
    trap = (Transition("A", ((0, 1),), ((1, 1),)), Transition("B", ((0, 1),), ((2, 1),)))
    net = WorkflowNet(trap, (1, 0, 0), (0, 1, 0))
    found = quality_of(dataclasses.replace(found_of({"ab": 1}, A), net=net, flow=None))
    assert "unsound" in found.why_not
    assert (found.measured, found.share_fitting, found.fitting_interval, found.f_score) == (False, None, None, None)
    assert found.size == NetSize(3, 2, 0, 4)


# --- the table ------------------------------------------------------------------------------------------------------------


LOG_OF_MANY = {"abcd": 40, "acbd": 30, "abd": 6, "acd": 5, "abbcd": 3, "ad": 2, "dcba": 1}


@pytest.fixture(scope="module")
def table():
    return models_of(log_of(LOG_OF_MANY), noises=(0, 0.2, 0.25), dependencies=(0.5,), held_out=True)


def test_a_row_per_miner_and_threshold(table):
    f = table.frame
    assert list(f.columns) == list(ModelTable.columns)
    rows = list(f[["miner", "parameter", "threshold"]].itertuples(index=False, name=None))
    assert rows == [
        *(("inductive", "noise", x) for x in (0.0, 0.2, 0.25)),
        ("heuristics", "dependency", 0.5),
        *(("powl", "noise", x) for x in (0.0, 0.2, 0.25)),
    ]
    assert f["model"].tolist() == list(range(1, 8))
    assert f["recommended"].sum() == 1
    measured = f[f["f_score"].notna()]
    assert len(measured) >= 6
    assert (measured["n_cases"] == 87).all()
    np.testing.assert_allclose(measured["precision"], measured["taken"] / measured["allowed"])
    np.testing.assert_allclose(measured["generalisation"], 1 - measured["new"] / measured["steps"])
    np.testing.assert_allclose(measured["share_fitting"], measured["n_fitting"] / 87)
    a, b = measured["log_fitness"], measured["precision"]
    np.testing.assert_allclose(measured["f_score"], 2 * a * b / (a + b))


def test_rows_are_those_of_each_model_alone(table):
    for row, found in zip(table.frame.itertuples(), table.models, strict=True):
        alone = mine(found.observed, miner=row.miner, **{row.parameter: row.threshold}).quality
        if alone.measured:
            assert (row.log_fitness, row.precision) == (alone.log_fitness[0], alone.precision.value)
            assert (row.generalisation, row.simplicity) == (alone.generalisation.value, alone.simplicity)


def test_the_recommended_model_is_that_of_its_row(table):
    row = table.frame[table.frame["recommended"]].iloc[0]
    found = table.recommended
    assert (found.miner, found.parameters[row["parameter"]]) == (row["miner"], row["threshold"])


def test_equal_nets_are_measured_once_and_named(monkeypatch):
    calls = []

    def counted(found):
        calls.append(found.parameters["noise"])
        return quality_of(found)

    monkeypatch.setattr(quality, "quality_of", counted)
    result = models_of(log_of({"abc": 5, "acb": 4}), noises=(0, 0.1, 0.1, 0.2), miners=("inductive",))
    assert calls == [0]
    assert result.frame["same_as"].astype(object).where(result.frame["same_as"].notna(), None).tolist() == [None, 1, 1]
    assert result.frame["recommended"].tolist() == [True, False, False]
    assert "The very same net: the inductive miner with noise threshold 0.1, the" in result.sentence()


def test_a_recommended_model_that_leaves_activities_out_says_so():
    result = models_of(log_of({"abc": 96, "cdba": 2, "bcea": 2}), noises=(0.5,), miners=("powl",))
    assert result.recommended.activities == ("A", "B", "C")
    assert " It leaves out 2 of the 5 activities, with 1.3 % of the completed activity instances." in result.sentence()
    assert "模型未包含 5 个活动中的 2 个" in result.sentence("zh")
    whole = models_of(log_of({"abc": 9}), noises=(0,), miners=("inductive",))
    assert "leaves out" not in whole.sentence()


@settings(max_examples=examples(8), deadline=None)
@given(log=SMALL_LOGS, chance=st.randoms(use_true_random=False))
def test_the_order_of_the_cases_changes_nothing(log, chance):
    words = [word for word, n in log.items() for _ in range(n)]
    shuffled = words[:]
    chance.shuffle(shuffled)
    one, other = (
        models_of(log_in_order(x), noises=(0, 0.3), miners=("inductive",), held_out=True) for x in (words, shuffled)
    )
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert one.sentence() == other.sentence()


def test_held_out_traces_by_the_models_of_the_others(table):
    f = table.frame
    observed = table.models[0].observed
    halves = choice._halves(observed)
    assert Counter(t for inside, _ in halves for t in inside.traces) == Counter(observed.traces)
    assert [set(a.traces) & set(b.traces) for a, b in halves] == [set(), set()]
    cost = worst = 0
    for inside, outside in halves:
        net = mine(inside, noise=0.2).net
        model = build(net)
        words = Traces.of(model.labels, [tuple(outside.names[x] for x in trace) for trace in outside.traces])
        found = align(model, words)
        cost, worst = cost + (found.cost * outside.count).sum(), worst + (found.worst * outside.count).sum()
    assert f.loc[1, "held_out_fitness"] == pytest.approx(1 - cost / worst)
    assert f.loc[1, "held_out_cases"] == 87
    assert f.loc[0, "log_fitness"] == 1.0
    assert f.loc[0, "held_out_fitness"] < 1.0


def test_half_of_a_log_is_a_log():
    inside = choice._halves(observed_of(log_of(LOG_OF_MANY)))[0][0]
    whole = observed_of(
        log_of(
            {
                "".join(inside.names[x] for x in t).lower(): n
                for t, n in zip(inside.traces, inside.count.tolist(), strict=True)
            }
        )
    )
    assert inside.arcs == whole.arcs
    assert (inside.starts, inside.ends, inside.activities) == (whole.starts, whole.ends, whole.activities)
    assert inside.n_cases == whole.n_cases


def test_one_trace_cannot_be_held_out():
    result = models_of(log_of({"abc": 3}), noises=(0,), miners=("inductive",), held_out=True)
    assert result.frame[["held_out_fitness", "held_out_cases"]].isna().all(axis=None)


def rows(*given):
    """Rows of (fitness, precision, arcs) as the rule sees them; None is not measured."""
    made = []
    for k, (fitness, exact, arcs) in enumerate(given, 1):
        f = None if exact is None else 2 * fitness * exact / (fitness + exact)
        made.append({"model": k, "log_fitness": fitness, "precision": exact, "f_score": f, "arcs": arcs})
    return choice._recommend(pd.DataFrame(made).reindex(columns=list(ModelTable.columns)))


@pytest.mark.parametrize(
    ("given", "picked", "equal"),
    [
        ([(1.0, 0.3, 9), (0.9, 0.8, 9), (0.79, 1.0, 1)], 2, [2]),  # the third has the greatest F, but fits too little
        ([(0.5, 1.0, 9), (0.6, 0.2, 9)], 2, [2]),  # none fits: the fittest
        ([(0.9, 0.9, 50), (0.9, 0.899, 40), (0.9, 0.85, 1)], 2, [1, 2]),  # within 0.02: the fewest arcs
        ([(0.9, 0.9, 40), (0.9, 0.9, 40)], 1, [1, 2]),  # of equals the first
        ([(0.85, 1.0, 40), (0.99, 0.857, 98)], 2, [1, 2]),  # within 0.02: the fittest, however large
        ([(1.0, None, 3), (0.85, 0.1, 30)], 2, [2]),  # not measured is never taken
        ([(1.0, None, 3), (None, None, None)], None, []),
        ([(0.8, 0.5, 3), (0.79, 0.99, 3)], 1, [1]),  # 0.8 is enough
    ],
)
def test_the_rule(given, picked, equal):
    f = rows(*given)
    assert f.loc[f["recommended"], "model"].tolist() == ([picked] if picked else [])
    assert f.loc[f["equally_good"], "model"].tolist() == equal


def test_a_miner_that_fails_has_a_row_that_says_so(monkeypatch):
    def failing(observed, *, miner, **how):
        if how.get("noise") == 0.1:
            raise ModelError("pm4py could not.")
        return mine(observed, miner=miner, **how)

    monkeypatch.setattr(choice, "mine", failing)
    result = models_of(log_of({"abc": 5}), noises=(0, 0.1), miners=("inductive",))
    assert result.models[1] is None
    assert result.frame["why_not"].tolist() == ["", "pm4py could not."]
    assert result.frame["recommended"].tolist() == [True, False]
    assert "1 of 2 models" in result.sentence()


def test_a_log_without_activities_has_no_models():
    log = log_of({"a": 1})
    empty = dataclasses.replace(
        observed_of(log), traces=((),), activity=np.zeros(0, np.int32), offsets=np.array([0, 0])
    )
    result = models_of(empty, noises=(0,), miners=("inductive",), held_out=True)
    assert result.recommended is None
    assert result.frame["why_not"].tolist() == ["the log holds no completed activity."]
    assert "None of the 1 models" in result.sentence()
    assert result.sentence("zh").startswith("1 个模型均无法度量")
    assert [t.get_text() for t in result.plot().texts] == ["No model could be measured."]


def test_what_cannot_be_asked():
    log = log_of({"a": 1})
    with pytest.raises(UnknownNameError, match="alpha"):
        models_of(log, miners=("alpha",))
    with pytest.raises(ModelError, match="noise threshold 2"):
        models_of(log, noises=(2,))
    with pytest.raises(ModelError, match="at least one"):
        models_of(log, miners=())


def test_numbers_never_say_one_for_less():
    assert [choice._number(x) for x in (1.0, 0.9999, 0.456, 0.0)] == ["1.00", "0.99", "0.46", "0.00"]
    assert choice._number(0.99961, 3) == "0.999"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_chart_says_what_the_table_says(table, lang):
    ax = table.plot(lang=lang)
    f = table.frame
    assert [t.get_text() for t in ax.get_xticklabels()] == [f"{x:g}" for x in f["threshold"]]
    drawn = np.sort(np.concatenate([np.asarray(line.get_ydata(), float) for line in ax.get_lines()]))
    wanted = f[["log_fitness", "precision", "generalisation", "simplicity"]].to_numpy(float).ravel()
    np.testing.assert_allclose(drawn[~np.isnan(drawn)], np.sort(wanted[~np.isnan(wanted)]))
    place = ax.get_xticks()[int(np.flatnonzero(f["recommended"])[0])]
    (band,) = ax.patches
    assert band.get_x() < place < band.get_x() + band.get_width()
    assert len(ax.get_legend().get_texts()) == 5
    assert table.sentence(lang)
