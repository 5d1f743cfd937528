"""Nets to automata: the language is kept, unsound nets are refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import ModelError
from mining.automaton import TooManyStatesError, build, sequence_automaton
from mining.blueprint import model as m
from mining.blueprint import parse_blueprint
from mining.blueprint.compile import write_net
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import blueprint, blueprint_dict
from tests.strategies import flows, language


def net(*transitions, places=4):
    made = tuple(
        Transition(label, tuple((p, 1) for p in pre), tuple((p, 1) for p in post)) for label, pre, post in transitions
    )
    return WorkflowNet(made, (1, *[0] * (places - 1)), (0, 1, *[0] * (places - 2)))


def test_a_net_that_can_get_stuck_is_refused_with_the_way_into_the_trap():
    # a choice opens two branches, but the end waits for both
    stuck = net(("a", [0], [2]), ("b", [0], [3]), ("end", [2, 3], [1]))
    with pytest.raises(ModelError, match="its end can never be reached"):
        build(stuck)
    trap = net(("a", [0], [2]), ("b", [0], [3]), ("end", [2], [1]))
    with pytest.raises(ModelError, match="after b the end can no longer be reached"):
        build(trap)


def test_a_net_that_leaves_work_behind_is_refused():
    with pytest.raises(ModelError, match="after a > c work is left over"):
        build(net(("a", [0], [2, 3]), ("c", [2], [1]), ("d", [1, 3], [1])))


def test_a_step_that_can_never_happen_is_refused():
    with pytest.raises(ModelError, match="x can never happen"):
        build(net(("a", [0], [1]), ("x", [2, 3], [3])))


def test_an_unbounded_net_is_refused():
    with pytest.raises(ModelError, match="more than 50 reachable markings"):
        build(net(("a", [0], [0, 2]), ("b", [0], [1])), most_states=50)


def test_arc_weights_count():
    two = WorkflowNet(
        (Transition("a", ((0, 1),), ((1, 2),)), Transition("b", ((1, 2),), ((2, 1),))), (1, 0, 0), (0, 0, 1)
    )
    automaton = build(two)
    assert automaton.accepts(["a", "b"])
    assert not automaton.accepts(["a", "b", "b"])


def test_states_with_the_same_future_are_merged():
    read = blueprint(["a", {"choice": [["b", "d"], ["c", "d"]]}, "e"])
    assert read.automaton.n_states == 5  # start, after a, before d, before e, end


def test_unobservable_activities_are_silent():
    made = blueprint_dict(["a", "b", "c"], "ac")
    made["activities"].append(
        {"id": "b", "lane": "desk", "stage": "all", "observable": False, "name": {"en": "Hidden"}}
    )
    assert parse_blueprint(json.dumps(made)).automaton.accepts(["a", "c"])


def test_steps_to_end():
    assert sequence_automaton("abc").steps_to_end.tolist() == [3, 2, 1, 0]


@settings(deadline=None, max_examples=examples(150))
@given(flows(), st.randoms(use_true_random=False))
def test_an_automaton_accepts_the_language_of_its_flow_and_nothing_else(flow, random):
    automaton = build(write_net(flow))
    words = language(flow, longest=6)
    for word in words:
        assert automaton.accepts(word)
    letters = m.flow_activities(flow)
    for _ in range(30):
        word = tuple(random.choice(letters) for _ in range(random.randint(0, 5)))
        assert automaton.accepts(word) == (word in words)


def same(one, two):
    return (one.labels, one.delta.tolist(), one.final.tolist()) == (two.labels, two.delta.tolist(), two.final.tolist())


@settings(deadline=None, max_examples=examples(100))
@given(flows(), st.randoms(use_true_random=False))
def test_the_same_behaviour_gives_the_same_automaton_however_it_is_drawn(flow, random):
    net = write_net(flow)
    places = random.sample(range(len(net.initial)), len(net.initial))
    steps = [
        Transition(t.label, *(tuple((places[p], k) for p, k in side) for side in (t.consumes, t.produces)))
        for t in random.sample(net.transitions, len(net.transitions))
    ]
    begin, end = len(places), len(places) + 1
    steps += [Transition(None, ((begin, 1),), ((places[0], 1),)), Transition(None, ((places[1], 1),), ((end, 1),))]
    steps += random.sample(steps, 2)  # the same step drawn twice
    other = WorkflowNet(tuple(steps), (*[0] * len(places), 1, 0), (*[0] * len(places), 0, 1))
    assert same(build(net), build(other))


def test_choices_that_begin_alike_are_joined():
    split = m.Choice((m.Sequence((m.Step("a"), m.Step("b"))), m.Sequence((m.Step("a"), m.Step("c")))))
    joined = m.Sequence((m.Step("a"), m.Choice((m.Step("b"), m.Step("c")))))
    assert same(build(write_net(split)), build(write_net(joined)))
    assert build(write_net(split)).n_states == 3


def test_a_net_with_too_many_states_is_said_to_be_so():
    wide = write_net(m.Parallel(tuple(m.Step(x) for x in "abcdefghij")))
    with pytest.raises(TooManyStatesError, match="more than 1,000 reachable markings"):
        build(wide, most_states=1_000)
    unbounded = WorkflowNet(
        (Transition("a", ((0, 1),), ((0, 1), (1, 1))), Transition("b", ((0, 1),), ((2, 1),))), (1, 0, 0), (0, 0, 1)
    )
    with pytest.raises(TooManyStatesError, match="more than 255 tokens"):
        build(unbounded)
