"""The way back from the automaton to the flow, and the measures of a design: by hand, and against the flow's own words."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from mining import BlueprintError, ModelError
from mining.automaton import TooManyStatesError, build
from mining.blueprint import model as m
from mining.blueprint import parse_blueprint, read_blueprint
from mining.blueprint.compile import flow_paths, loop_limits, write_net
from mining.blueprint.measures import design_of, follows, free_activities, strictness
from mining.blueprint.origins import Origins, _steps_taken
from mining.errors import UnknownNameError
from tests.examples import examples
from tests.helpers import ROOT, blueprint
from tests.strategies import flows, language

SAMPLES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
HEAD = """\
sbp: "1.0"
id: test
version: "1"
name: {en: Test}
service_type: linear
status: draft
owner: Owner
effective: {from: 2026-01-01}
scope: {starts_with: [a], ends_with: [e], unit_of_analysis: one case}
lanes: [{id: customer, kind: customer, name: {en: Customer}}, {id: desk, kind: onstage, name: {en: Desk}}]
stages: [{id: all, name: {en: All}}]
log: {case: case, activity: activity, timestamp: end}
activities:
  - {id: a, lane: desk, stage: all, labels: [A], name: {en: A}}
  - {id: b, lane: desk, stage: all, labels: [B], name: {en: B}}
  - {id: c, lane: desk, stage: all, labels: [C], name: {en: C}}
  - {id: d, lane: desk, stage: all, labels: [D], name: {en: D}}
  - {id: e, lane: desk, stage: all, labels: [E], name: {en: E}}
"""  # 18 lines


def read(flow, head=HEAD):
    return parse_blueprint(head + flow, name="test.yaml")


CHOICE = """\
flow:
  - a
  - choice:
      - [b, d]
      - [c, d]
  - e
"""


def test_an_arc_leads_back_to_the_line_of_every_step_it_may_be():
    origins = Origins(read(CHOICE))
    assert [str(x) for x in origins.of_arc(0, "a")] == ["test.yaml:20: flow.0 (a)"]
    at = origins.blueprint.automaton.successors
    merged = at[at[0]["a"]]["b"]  # after b, and after c: what follows is the same, so they are one state
    assert at[at[0]["a"]]["c"] == merged
    assert [(x.path, x.line) for x in origins.of_arc(merged, "d")] == [
        (("flow", 1, "choice", 0, 1), 22),
        (("flow", 1, "choice", 1, 1), 23),
    ]


def test_a_state_lies_between_steps_and_inside_a_part_of_the_flow():
    origins = Origins(read(CHOICE))
    at = origins.blueprint.automaton.successors
    first = at[0]["a"]
    start, merged, end = (origins.of_state(s) for s in (0, at[first]["b"], at[at[at[first]["b"]]["d"]]["e"]))
    assert (start.after, [x.activity for x in start.before], start.block.activity, start.may_end) == (
        (),
        ["a"],
        "a",
        False,
    )
    assert [x.activity for x in merged.after] == ["b", "c"]
    assert [x.activity for x in merged.before] == ["d", "d"]
    assert (merged.block.kind, merged.block.line) == ("choice", 21)
    assert ([x.activity for x in end.after], end.before, end.may_end) == (["e"], (), True)
    assert [x.kind for x in origins.around(merged.after[0])] == ["sequence", "choice", "sequence"]


def test_a_state_inside_parallel_work_lies_in_its_block():
    origins = Origins(read("flow:\n  - a\n  - parallel: [b, [c, d]]\n  - e\n"))
    at = origins.blueprint.automaton.successors
    position = origins.of_state(at[at[0]["a"]]["c"])  # b may still come, or d
    assert [x.activity for x in position.before] == ["b", "d"]
    assert [x.activity for x in position.after] == ["c"]
    assert (position.block.kind, position.block.line) == ("parallel", 21)


def test_a_list_of_one_item_does_not_shift_the_paths():
    origins = Origins(read("flow:\n  - [[a]]\n  - choice:\n      - [[b, c]]\n      - [d]\n  - optional: [[e]]\n"))
    assert {x.activity: (x.path, x.line) for x in origins.nodes if x.activity} == {
        "a": (("flow", 0, 0, 0), 20),
        "b": (("flow", 1, "choice", 0, 0, 0), 22),
        "c": (("flow", 1, "choice", 0, 0, 1), 22),
        "d": (("flow", 1, "choice", 1, 0), 23),
        "e": (("flow", 2, "optional", 0, 0), 24),
    }


def test_the_limit_of_a_loop_leads_back_to_the_loop():
    loop = "flow:\n  - a\n  - optional:\n      loop: [b, c]\n      redo: d\n      max: 3\n  - e\n"
    origins = Origins(read(loop))
    assert list(origins.limits) == ["max-b"]
    found = origins.limits["max-b"]
    assert (found.kind, found.path, found.line) == ("loop", ("flow", 1, "optional"), 21)
    assert Origins(read("flow: [a, {loop: b, redo: c}, e]")).limits == {}


def test_a_loop_whose_rounds_cannot_be_counted_is_named_by_its_line():
    flow = m.Sequence((m.Step("a"), m.Loop(m.Choice((m.Step("b"), m.Step("c"))), None, 2), m.Step("e")))
    read_in = read("flow:\n  - a\n  - loop: {choice: [b, c]}\n  - e\n")
    with pytest.raises(BlueprintError, match=r"test\.yaml:21: a loop with max: 2 must begin with one activity"):
        loop_limits(replace(read_in, flow=flow))


def test_what_is_not_there_is_refused_by_name():
    origins = Origins(read(CHOICE))
    with pytest.raises(UnknownNameError, match="state 0 of the automaton"):
        origins.of_arc(0, "e")
    with pytest.raises(ModelError, match="has no state 99. Its states are 0 to 4"):
        origins.of_state(99)
    with pytest.raises(UnknownNameError):
        origins.of_activity("z")


@pytest.mark.slow
def test_a_flow_with_too_many_states_says_so_but_still_names_its_steps():
    letters = [f"s{i}" for i in range(20)]
    wide = blueprint([{"parallel": letters}, "e"], [*letters, "e"], ends=["e"])
    origins = Origins(wide)
    assert [x.path for x in origins.of_activity("s3")] == [("flow", 0, "parallel", 3)]
    with pytest.raises(TooManyStatesError):
        origins.of_arc(0, "s3")
    with pytest.raises(TooManyStatesError):
        origins.of_state(0)
    assert strictness(wide, {"s1": 4}).share == 1.0
    assert design_of(wide).steps == 21


def test_steps_that_leave_no_trace_have_a_place_but_no_arc():
    head = HEAD.replace("labels: [B]", "observable: false")
    origins = Origins(read("flow: [a, b, c, e]", head))
    assert [x.line for x in origins.of_activity("b")] == [19]
    state = origins.blueprint.automaton.successors[0]["a"]
    assert [x.activity for x in origins.of_state(state).before] == ["c"]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_arc_of_the_samples_leads_to_lines_that_hold_the_step(name):
    path = ROOT / "sample_logs" / name / "blueprint.yaml"
    read_in = read_blueprint(path)
    origins, lines = Origins(read_in), path.read_text("utf-8").splitlines()
    for state, after in enumerate(read_in.automaton.successors):
        for label in after:
            for origin in origins.of_arc(state, label):
                assert origin.activity == label
                assert label in lines[origin.line - 1]
    steps = {a.id for a in read_in.activities if a.observable} & set(m.flow_activities(read_in.flow))
    reached = {x for s in range(read_in.automaton.n_states) for x in origins.of_state(s).before}
    assert {x.activity for x in reached} == steps
    assert {x for x in origins.nodes if x.activity in steps} == reached


def tagged(flow, names=None):
    """The same flow with a name of its own for every step: its number in the order written."""
    names = iter(range(10_000)) if names is None else names
    number = next(names)
    match flow:
        case m.Step(activity):
            return m.Step(f"{activity}#{number}")
        case m.Sequence(items) | m.Choice(items) | m.Parallel(items):
            return type(flow)(tuple(tagged(item, names) for item in items))
        case m.Optional_(item):
            return m.Optional_(tagged(item, names))
        case m.Loop(body, redo):
            return m.Loop(tagged(body, names), None if redo is None else tagged(redo, names))
        case m.Free(activities):
            return m.Free(tuple(f"{a}#{next(names)}" for a in activities))


@settings(deadline=None, max_examples=examples(60))
@given(flows())
def test_origins_are_exactly_the_steps_that_runs_of_the_flow_take_there(flow):
    """Two ways that share nothing with the code: the automaton of the flow with named steps, and short runs word by word."""
    made = blueprint("a", "abcde")
    read_in = replace(made, flow=flow, lines={})
    origins = Origins(read_in)
    own, named = read_in.automaton.successors, build(write_net(tagged(flow))).successors
    expected, seen, todo = {}, {(0, 0)}, [(0, 0)]
    while todo:
        state, other = todo.pop()
        for name, after in named[other].items():
            label, _, number = name.partition("#")
            expected.setdefault((state, label), set()).add(int(number))
            pair = own[state][label], after
            if pair not in seen:
                seen.add(pair)
                todo.append(pair)
    number = {origin: i for i, origin in enumerate(origins.nodes)}
    arcs = {(state, label) for state, after in enumerate(own) for label in after}
    found = {arc: {number[x] for x in origins.of_arc(*arc)} for arc in arcs}
    assert found == expected
    for word in language(tagged(flow), 4):
        state = 0
        for name in word:
            label, _, tag = name.partition("#")
            assert int(tag) in found[state, label]
            state = own[state][label]


@settings(deadline=None, max_examples=examples(60))
@given(flows())
def test_paths_are_in_the_order_of_the_nodes_and_lead_to_them(flow):
    paths = list(flow_paths(flow))
    assert [node for _, node in paths] == list(m.flow_nodes(flow))
    assert len({path for path, _ in paths}) == len(paths)
    for path, node in paths:
        found = flow
        for step in path[1:]:
            match found, step:
                case ((m.Sequence(items) | m.Choice(items) | m.Parallel(items)), int()):
                    found = items[step]
                case m.Free(activities), int():
                    found = m.Step(activities[step])
                case m.Loop(body, redo), "loop" | "redo":
                    found = body if step == "loop" else redo
                case m.Optional_(item), "optional":
                    found = item
        assert found == node


def test_steps_taken_are_the_same_for_a_graph_as_for_its_blocks():
    made = blueprint(["a", {"loop": "b", "redo": {"choice": ["c", "d"]}}, "e"])
    graph = replace(made, flow=m.Graph("flow.bpmn", write_net(made.flow), tuple("abcde"), ()))
    assert _steps_taken(graph.flow.net, graph) == _steps_taken(write_net(made.flow), made)
    assert [x.activity for x in Origins(graph).of_state(0).before] == ["a"]
    assert Origins(graph).of_state(0).block.file == "flow.bpmn"


BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
<startEvent id="s"/><task id="t1" name="A"/><exclusiveGateway id="g1"/><task id="t2" name="B"/><task id="t3" name="C"/>
<task id="t4" name="D"/><task id="t5" name="D"/><adHocSubProcess id="h"><task id="t6" name="C"/></adHocSubProcess><endEvent id="e"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="t1"/><sequenceFlow id="f2" sourceRef="t1" targetRef="g1"/>
<sequenceFlow id="f3" sourceRef="g1" targetRef="t2"/><sequenceFlow id="f4" sourceRef="g1" targetRef="t3"/>
<sequenceFlow id="f5" sourceRef="t2" targetRef="t4"/><sequenceFlow id="f6" sourceRef="t3" targetRef="t5"/>
<sequenceFlow id="f7" sourceRef="t4" targetRef="h"/><sequenceFlow id="f8" sourceRef="t5" targetRef="h"/>
<sequenceFlow id="f9" sourceRef="h" targetRef="e"/></process></definitions>"""


def test_an_arc_of_a_flow_in_bpmn_leads_back_to_its_elements(tmp_path):
    (tmp_path / "flow.bpmn").write_text(BPMN)
    (tmp_path / "blueprint.yaml").write_text(
        HEAD.replace("ends_with: [e]", "ends_with: [d]") + "flow: {bpmn: flow.bpmn}"
    )
    origins = Origins(read_blueprint(tmp_path / "blueprint.yaml"))
    at = origins.blueprint.automaton.successors
    chosen = at[at[0]["a"]]["b"]
    assert at[at[0]["a"]]["c"] == chosen
    assert [str(x) for x in origins.of_arc(chosen, "d")] == [
        f"{tmp_path / 'flow.bpmn'}: element {t!r} (d)" for t in ("t4", "t5")
    ]
    assert [x.element for x in origins.of_state(chosen).after] == ["t2", "t3"]
    assert [x.element for x in origins.of_arc(at[chosen]["d"], "c")] == ["t6"]
    assert [x.element for x in origins.of_activity("c")] == ["t3", "t6"]
    assert {x.element for x in origins.nodes} == {"s", "t1", "g1", "t2", "t3", "t4", "t5", "t6", "h", "e"}
    found = strictness(
        origins.blueprint, {"a": 4, "b": 3, "c": 2, "d": 4}
    )  # c stands in the ad-hoc sub-process, and outside
    assert (found.outside, found.either, found.share) == (11, 2, 11 / 13)


# --- strictness --------------------------------------------------------------------------------------------------------


def test_strictness_counts_the_events_outside_every_free_region():
    made = blueprint(["a", {"free": ["b", "c"]}, {"choice": [["d", "c"], "e"]}], ends=["e"])
    found = strictness(made, {"a": 10, "b": 30, "c": 20, "d": 5, "e": 5, "lunch": 7})
    assert (found.outside, found.free, found.either, found.unknown) == (20, 30, 20, 7)
    assert (found.known, found.share, found.most) == (70, 20 / 70, 40 / 70)
    assert free_activities(made) == ({"b", "c"}, {"c"})


def test_a_flow_without_free_regions_is_strict_and_a_free_one_is_not():
    counts = dict.fromkeys("abcde", 2)
    assert strictness(blueprint(list("abcde")), counts).share == 1.0
    assert strictness(blueprint({"free": list("abcde")}), counts).share == 0.0
    # b is known, but the flow does not have it: it binds all the same
    assert strictness(blueprint(["a", {"free": ["c", "d", "e"]}]), counts).share == 4 / 10


def test_without_events_there_is_no_strictness():
    found = strictness(blueprint(list("abcde")), {"lunch": 3})
    assert (found.share, found.most, found.known, found.unknown) == (None, None, 0, 3)
    with pytest.raises(ModelError, match="events of 'a' is -1"):
        strictness(blueprint(list("abcde")), {"a": -1})
    with pytest.raises(ModelError, match=r"events of 'a' is 0\.5"):
        strictness(blueprint(list("abcde")), {"a": 0.5})


# --- complexity and divergence -----------------------------------------------------------------------------------------


def test_complexity_and_divergence_by_hand():
    made = blueprint(["a", {"choice": ["b", "c"]}, {"optional": "d"}, {"loop": "e"}])
    found = design_of(made)  # a, c, e at the desk (second lane), b, d in the office (third)
    # a>b a>c b>d b>e c>d c>e d>e e>e: a>b, b>e, c>d, d>e change the lane
    assert follows(made.flow) == {tuple(pair) for pair in ("ab", "ac", "bd", "be", "cd", "ce", "de", "ee")}
    assert (found.steps, found.hand_offs, found.lanes_crossed, found.complexity) == (5, 4, 4, 9)
    assert (found.choices, found.optionals, found.loops, found.free_regions, found.divergence) == (1, 1, 1, 0, 3)


def test_one_more_choice_is_one_more_divergence():
    plain = design_of(blueprint(["a", "b", "c", "d", "e"]))
    open_ = design_of(blueprint(["a", {"choice": ["b", "c"]}, "d", "e"]))
    assert open_.divergence - plain.divergence == 1
    assert design_of(blueprint(["a", {"free": ["b", "c"]}, "d", "e"])).divergence == 1


def test_another_role_or_a_lane_further_away_is_a_hand_off():
    made = blueprint(["a", "c", "b"], "abc", ends="b")  # a and c at the desk, b in the office
    assert (design_of(made).hand_offs, design_of(made).lanes_crossed) == (1, 1)
    a, b, c = made.activities
    moved = replace(made, activities=(replace(a, role="clerk"), b, replace(c, role="chief")))
    assert (design_of(moved).hand_offs, design_of(moved).lanes_crossed) == (2, 1)
    moved = replace(made, activities=(a, b, replace(c, lane="customer")))
    assert (design_of(moved).hand_offs, design_of(moved).lanes_crossed) == (2, 3)


@settings(deadline=None, max_examples=examples(100))
@given(flows())
def test_follows_are_the_neighbours_in_runs(flow):
    states = build(write_net(flow)).successors
    expected = {(a, b) for after in states for a, state in after.items() for b in states[state]}
    assert follows(flow) == expected


def test_divergence_of_a_graph_counts_the_points_from_which_several_ways_lead():
    made = blueprint(["a", {"choice": ["b", "c"]}, {"free": ["d"]}, "e"])
    graph = m.Graph("flow.bpmn", write_net(made.flow), tuple("abcde"), tuple(sorted(follows(made.flow))))
    found, blocks = design_of(replace(made, flow=graph)), design_of(made)
    assert (found.divergence, found.complexity) == (blocks.divergence, blocks.complexity)
    assert found.free_regions == 1
    assert strictness(replace(made, flow=graph), {"a": 1, "d": 3}).share == 0.25
