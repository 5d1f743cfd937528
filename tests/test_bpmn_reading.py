"""Reading BPMN 2.0: every construct by hand, the merging of pools, flow words from nets, guesses, and what becomes of the rest."""

import re
from collections import Counter
from itertools import chain, combinations

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mining import automaton
from mining.blueprint import model as m
from mining.blueprint.bpmn import from_bpmn, read_bpmn, read_flow, sbp
from mining.blueprint.bpmn.blocks import blocks_of, same_language, witness
from mining.blueprint.bpmn.document import read_document
from mining.blueprint.bpmn.timers import duration
from mining.blueprint.compile import write_net
from mining.blueprint.loading import read_blueprint
from mining.blueprint.spoken import lane_kind
from mining.blueprint.writing import to_raw
from mining.conformance.alignment import align
from mining.errors import BlueprintError, ModelError, UnknownNameError
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import SHARED, blueprint
from tests.strategies import flows, language

LOGS = SHARED / "logs"
HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
 xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:x="urn:x">"""
START, END = "startEvent s", "endEvent e"


def drawn(nodes, *arcs, inner=None, more=None):
    """Nodes as "kind id" or "kind id=name" (else named like their id), one a line; arcs as "source>target"."""
    inner, more = inner or {}, more or {}
    made = ""
    for node in nodes:
        kind, _, rest = node.partition(" ")
        id, _, name = rest.partition("=")
        made += f"<{kind} id='{id}' name='{name or id}' {more.get(id, '')}>{inner.get(id, '')}</{kind}>\n"
    for arc in arcs:
        source, target = arc.split(">")
        made += (
            f"<sequenceFlow id='{arc}' sourceRef='{source}' targetRef='{target}'>{inner.get(arc, '')}</sequenceFlow>\n"
        )
    return made


def process(*args, id="p", name="", lanes="", **more):
    return f"<process id='{id}' name='{name}'>{lanes}\n{drawn(*args, **more)}</process>\n"


@pytest.fixture
def bpmn(tmp_path):
    """Write a file with these processes, and what stands beside them."""

    def write(*parts, name="flow.bpmn"):
        (tmp_path / name).write_text(f"{HEAD}\n{''.join(parts)}</definitions>", encoding="utf-8")
        return tmp_path / name

    return write


def words(blueprint_or_net, longest=5):
    """Complete runs of at most so many steps; letters are joined."""
    auto = blueprint_or_net if isinstance(blueprint_or_net, automaton.Automaton) else automaton.build(blueprint_or_net)
    found, todo = set(), [(0, "")]
    while todo:
        state, word = todo.pop()
        if auto.final[state]:
            found.add(word)
        todo += [(after, word + x) for x, after in auto.successors[state].items() if len(word) < longest]
    return found


def runs(path, longest=5):
    """Of a draft, and of the net that a blueprint would read from the file itself: they must be the same."""
    draft = from_bpmn(path)
    blueprint = draft.blueprint()
    net = read_flow(path, blueprint.activities).net
    assert words(net, longest) == words(blueprint.automaton, longest)
    return words(blueprint.automaton, longest)


TIMER = "<timerEventDefinition><timeDuration>{}</timeDuration></timerEventDefinition>"

# --- constructs and their runs -----------------------------------------------------------------------------------------

AB = ["task a", "task b"]


@pytest.mark.parametrize(
    ("content", "expected", "flow"),
    [
        (process([START, END, *AB], "s>a", "a>b", "b>e"), {"ab"}, ["a", "b"]),
        (
            process([START, END, *AB, "exclusiveGateway x", "exclusiveGateway y"], "s>x", "x>a", "x>b", "x>y", "a>y", "b>y", "y>e"),
            {"", "a", "b"},
            {"optional": {"choice": ["a", "b"]}},
        ),
        (
            process([START, END, *AB, "eventBasedGateway x"], "s>x", "x>a", "x>b", "a>e", "b>e"),
            {"a", "b"},
            {"choice": ["a", "b"]},
        ),
        (  # a sub-process with start and end events, and one without
            process(
                [START, END, "subProcess u", "subProcess v"], "s>u", "u>v", "v>e",
                inner={
                    "u": drawn(["startEvent us", "task b", "endEvent ue"], "us>b", "b>ue"),
                    "v": drawn(["task c", "task d"], "c>d"),
                },
            ),
            {"bcd"},
            ["b", "c", "d"],
        ),
        (  # several starts and ends are a choice, also in a sub-process
            process(
                [START, END, "transaction u"], "s>u", "u>e",
                inner={
                    "u": drawn(
                        ["startEvent us", "startEvent ut", "task b", "task c", "endEvent ue", "endEvent uf"],
                        "us>b", "b>ue", "ut>c", "c>uf",
                    )
                },
            ),
            {"b", "c"},
            {"choice": ["b", "c"]},
        ),
        (process([START, END, "subProcess u=a"], "s>u", "u>e"), {"a"}, "a"),  # shows nothing: one step
        (
            process([START, END, "task a", "adHocSubProcess u"], "s>a", "a>u", "u>e", inner={"u": drawn(["task b", "task c"])}),
            {"a", "ab", "ac", "abb", "abc", "acb", "acc"},
            ["a", {"free": ["b", "c"]}],
        ),
        (  # interrupted: the step is not done
            process(
                [START, END, *AB, "endEvent f", "boundaryEvent t"], "s>a", "a>e", "t>b", "b>f",
                inner={"t": TIMER.format("PT1H")}, more={"t": "attachedToRef='a'"},
            ),
            {"a", "b"},
            {"choice": ["a", "b"]},
        ),
        (  # a sub-process may be interrupted anywhere
            process(
                [START, END, "task c", "endEvent f", "boundaryEvent t", "subProcess u"], "s>u", "u>e", "t>c", "c>f",
                inner={"t": TIMER.format("PT1H"), "u": drawn(AB, "a>b")}, more={"t": "attachedToRef='u'"},
            ),
            {"ab", "c", "ac", "abc"},
            None,
        ),
        (  # an error event catches the error inside, and only that, even with parallel work before
            process(
                [START, END, "task d", "endEvent f", "boundaryEvent t", "subProcess u"], "s>u", "u>e", "t>d", "d>f",
                inner={
                    "t": "<errorEventDefinition/>",
                    "u": drawn(
                        ["startEvent us", "task a", "exclusiveGateway x", "endEvent ue", "endEvent uf"], "us>a", "a>x", "x>ue", "x>uf",
                        inner={"uf": "<errorEventDefinition/>"},
                    ),
                },
                more={"t": "attachedToRef='u'"},
            ),
            {"a", "ad"},
            ["a", {"optional": "d"}],
        ),
        (  # an event beside the step: its branch begins or not, and may go on after the step, to the end
            process(
                [START, END, "task a", "task b", "task r", "endEvent f", "boundaryEvent t"], "s>a", "a>b", "b>e", "t>r", "r>f",
                inner={"t": TIMER.format("PT1H")}, more={"t": "attachedToRef='a' cancelActivity='false'"},
            ),
            {"ab", "rab", "arb", "abr"},
            None,
        ),
        (  # an ad-hoc sub-process that is interrupted is left by another way
            process(
                [START, END, "task a", "task c", "endEvent f", "boundaryEvent t", "adHocSubProcess u"], "s>u", "u>a", "a>e", "t>c", "c>f",
                inner={"t": TIMER.format("PT1H"), "u": drawn(["task b"])}, more={"t": "attachedToRef='u'"},
            ),
            {"a", "c", "ba", "bc", "bba", "bbc"},
            [{"free": ["b"]}, {"choice": ["a", "c"]}],
        ),
        (  # an ad-hoc sub-process before two branches
            process(
                [START, END, *AB, "parallelGateway y", "adHocSubProcess u"], "s>u", "u>a", "u>b", "a>y", "b>y", "y>e",
                inner={"u": drawn(["task c"])},
            ),
            {"ab", "ba", "cab", "cba"},
            [{"free": ["c"]}, {"parallel": ["a", "b"]}],
        ),
        (  # a mark on a step of an ad-hoc sub-process changes nothing
            process(
                [START, END, "adHocSubProcess u"], "s>u", "u>e",
                inner={"u": drawn(["task b", "boundaryEvent t"], more={"t": "attachedToRef='b' cancelActivity='false'"})},
            ),
            {"", "b", "bb", "bbb"},
            {"free": ["b"]},
        ),
        (  # links
            process(
                [START, END, *AB, "intermediateThrowEvent t", "intermediateCatchEvent c"], "s>a", "a>t", "c>b", "b>e",
                inner=dict.fromkeys("tc", "<linkEventDefinition name='L'/>"),
            ),
            {"ab"},
            ["a", "b"],
        ),
        (  # inclusive: one or more branches
            process([START, END, *AB, "inclusiveGateway x", "inclusiveGateway y"], "s>x", "x>a", "x>b", "a>y", "b>y", "y>e"),
            {"a", "b", "ab", "ba"},
            {"choice": [{"parallel": ["a", {"optional": "b"}]}, "b"]},
        ),
        (  # inclusive with an empty branch
            process([START, END, "task a", "inclusiveGateway x", "inclusiveGateway y"], "s>x", "x>a", "x>y", "a>y", "y>e"),
            {"", "a"},
            {"optional": "a"},
        ),
        (  # a branch with a loop and two ways out
            process(
                [START, END, *AB, "inclusiveGateway x", "inclusiveGateway y", "exclusiveGateway z"],
                "s>x", "x>z", "z>a", "a>z", "z>y", "x>b", "b>y", "y>e",
            ),
            {"", "a", "aa", "aaa", "b", "ab", "ba", "aab", "aba", "baa"},
            None,
        ),
    ],
)  # fmt: skip
def test_each_construct_means_its_runs(bpmn, content, expected, flow):
    path = bpmn(content)
    assert runs(path, 3) == expected
    if flow is not None:
        assert from_bpmn(path).raw["flow"] == flow


def test_what_runs_beside_a_step_in_a_loop_rests_before_the_step_begins_again(bpmn):
    path = bpmn(
        process(
            [
                START,
                END,
                "task a",
                "task r",
                "endEvent f",
                "exclusiveGateway x",
                "exclusiveGateway y",
                "boundaryEvent t",
            ],
            *("s>x", "x>a", "a>y", "y>x", "y>e", "t>r", "r>f"),
            inner={"t": TIMER.format("PT1H")},
            more={"t": "attachedToRef='a' cancelActivity='false'"},
        )
    )
    assert runs(path, 4) == {w for w in words_of("ar", 4) if re.fullmatch("(a|ar|ra)+", w)}


def words_of(letters, longest):
    found = {""}
    for _ in range(longest):
        found |= {w + x for w in found for x in letters}
    return found


BRANCH = st.lists(st.sampled_from(["seq", "skip"]), min_size=1, max_size=2)


@settings(deadline=None, max_examples=examples(15))
@given(st.lists(BRANCH, min_size=2, max_size=3))
def test_an_inclusive_split_means_every_set_of_its_branches(tmp_path_factory, branches):
    nodes, arcs, languages = [START, END, "inclusiveGateway x", "inclusiveGateway y"], ["s>x", "y>e"], []
    for i, steps in enumerate(branches):
        here, made = "x", {""}
        for j, kind in enumerate(steps):
            id = "abcdmn"[2 * i + j]
            nodes.append(f"task {id}")
            if kind == "skip":
                nodes += [f"exclusiveGateway g{id}", f"exclusiveGateway h{id}"]
                arcs += [f"{here}>g{id}", f"g{id}>{id}", f"g{id}>h{id}", f"{id}>h{id}"]
                here, made = f"h{id}", made | {w + id for w in made}
            else:
                arcs.append(f"{here}>{id}")
                here, made = id, {w + id for w in made}
        arcs.append(f"{here}>y")
        languages.append(made)
    path = tmp_path_factory.mktemp("or") / "or.bpmn"
    path.write_text(f"{HEAD}{process(nodes, *arcs)}</definitions>")
    sets = chain.from_iterable(combinations(languages, n) for n in range(1, len(languages) + 1))
    assert runs(path, 6) == set().union(*(shuffled(chosen) for chosen in sets))


def shuffled(languages):
    found = {""}
    for words_ in languages:
        found = {w for x in found for y in words_ for w in shuffles(x, y)}
    return found


def shuffles(x, y):
    if not x or not y:
        return {x + y}
    return {x[0] + w for w in shuffles(x[1:], y)} | {y[0] + w for w in shuffles(x, y[1:])}


def test_work_beside_a_step_in_a_branch_of_an_inclusive_split(bpmn):
    content = process(
        [START, END, "endEvent f", "task a", "task b", "task r", "inclusiveGateway x", "inclusiveGateway y", "boundaryEvent t"],
        *("s>x", "x>a", "x>b", "a>y", "b>y", "y>e", "t>r", "r>f"),
        inner={"t": TIMER.format("PT1H")}, more={"t": "attachedToRef='a' cancelActivity='false'"},
    )  # fmt: skip
    with_a = shuffled([{"a"}, {"", "r"}]) | shuffled([{"a"}, {"b"}, {"", "r"}])
    assert runs(bpmn(content), 4) == with_a | {"b"}


def test_nested_inclusive_gateways_are_unrolled_from_inside(bpmn):
    gates = [f"inclusiveGateway {x}" for x in "xyuv"]
    content = process(
        [START, END, "task a", "task b", "task c", *gates],
        *("s>x", "x>a", "a>y", "x>u", "u>b", "u>c", "b>v", "c>v", "v>y", "y>e"),
    )
    inner = {"b", "c", "bc", "cb"}
    assert runs(bpmn(content), 4) == {"a"} | inner | shuffled([{"a"}, inner])


def test_a_gateway_that_closes_one_inclusive_split_and_opens_the_next(bpmn):
    gates = [f"inclusiveGateway {x}" for x in "xyz"]
    arcs = ("s>x", "x>a", "x>b", "a>y", "b>y", "y>c", "y>d", "c>z", "d>z", "z>e")
    one, two = {"a", "b", "ab", "ba"}, {"c", "d", "cd", "dc"}
    assert runs(bpmn(process([START, END, *[f"task {t}" for t in "abcd"], *gates], *arcs)), 4) == {
        v + w for v in one for w in two
    }


# --- refused -------------------------------------------------------------------------------------------------------------


def one_step(node, inner="", more=""):
    id = node.split()[1]
    return process([START, END, node], f"s>{id}", f"{id}>e", inner={id: inner}, more={id: more})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (one_step("complexGateway g"), r"flow.bpmn:6: element 'g' is a complexGateway: its condition on tokens cannot be read"),
        (one_step("callActivity g"), r"flow.bpmn:6: element 'g' is a callActivity: what it calls is kept elsewhere"),
        (one_step("task g", more="isForCompensation='true'"), "element 'g' is a task for compensation"),
        (one_step("intermediateThrowEvent g", "<compensateEventDefinition/>"), "element 'g' is a intermediateThrowEvent for compensation"),
        (one_step("subProcess g", more="triggeredByEvent='true'"), "element 'g' is a subProcess triggered by an event"),
        (one_step("task g", "<multiInstanceLoopCharacteristics/>"), "flow.bpmn:6: element 'g' has multiInstanceLoopCharacteristics"),
        (one_step("eventBasedGateway g", more="instantiate='true'"), "element 'g' is a eventBasedGateway that starts the process"),
        (one_step("intermediateThrowEvent g", "<linkEventDefinition name='L'/>"), "'g' is a .* of the link 'L', which lacks"),
        (one_step("choreographyTask g"), "element 'g' is a choreographyTask, which cannot be read as part of a flow"),
        (process([START, END, "boundaryEvent g"], "s>e"), "element 'g' is a boundaryEvent attached to None, which is no element beside it"),
        (
            process([START, END, "task a", "boundaryEvent g"], "s>a", "a>e", more={"g": "attachedToRef='a'"}),
            "'g' is a boundaryEvent that interrupts, with no outgoing sequence flow",
        ),
        (
            process(
                [START, END, "task a", "task b", "boundaryEvent g"], "s>a", "a>b", "b>e", "g>b",
                more={"g": "attachedToRef='a' cancelActivity='false'"},
            ),
            "'g' is a boundaryEvent that does not interrupt, but its branch leads into the main flow at 'b'",
        ),
        (
            process(
                [START, END, "endEvent f", "subProcess u", "boundaryEvent g"], "s>u", "u>e", "g>f", more={"g": "attachedToRef='u'"},
                inner={"u": drawn([*AB, "parallelGateway x", "parallelGateway y"], "x>a", "x>b", "a>y", "b>y")},
            ),
            "'g' is a boundaryEvent that interrupts the sub-process 'u', in which work goes on in parallel .from 'x'",
        ),
        (
            process([START, END, "adHocSubProcess u"], "s>u", "u>e", inner={"u": drawn(AB, "a>b")}),
            "'a' is a task, with flows, in the ad-hoc sub-process 'u'",
        ),
        (
            process([START, END, "adHocSubProcess u"], "s>u", "u>e", inner={"u": drawn(["task a", "exclusiveGateway x"])}),
            "'x' is a exclusiveGateway in the ad-hoc sub-process 'u'",
        ),
        (
            process([START, END, *AB, "inclusiveGateway x", "exclusiveGateway y"], "s>x", "x>a", "x>b", "a>y", "b>y", "y>e"),
            r"flow.bpmn:8: element 'x' is a inclusiveGateway that no inclusive join closes",
        ),
        (
            process([START, END, *AB, "exclusiveGateway x", "inclusiveGateway y"], "s>x", "x>a", "x>b", "a>y", "b>y", "y>e"),
            "element 'y' is a inclusiveGateway that closes no inclusive split",
        ),
        (  # a way into a branch from elsewhere
            process(
                [START, END, *AB, "exclusiveGateway z", "exclusiveGateway w", "inclusiveGateway x", "inclusiveGateway y"],
                "s>z", "z>x", "z>w", "x>w", "w>a", "x>b", "a>y", "b>y", "y>e",
            ),
            "element 'x' is a inclusiveGateway that no inclusive join closes",
        ),
        (  # a way out of a branch that does not lead to the join
            process(
                [START, END, *AB, "endEvent f", "inclusiveGateway x", "inclusiveGateway y", "exclusiveGateway z"],
                "s>x", "x>z", "z>a", "z>f", "x>b", "a>y", "b>y", "y>e",
            ),
            "element 'x' is a inclusiveGateway that no inclusive join closes",
        ),
        (
            process([START, END, *[f"task t{i}" for i in range(7)], "inclusiveGateway x", "inclusiveGateway y"], "s>x", "y>e",
                    *[f"x>t{i}" for i in range(7)], *[f"t{i}>y" for i in range(7)]),
            "'x' is a inclusiveGateway that has 7 branches; more than 6 are not read",
        ),
        (
            process([START, END, "subProcess u", "task a"], "s>u", "u>e", "a>u", inner={"u": drawn(["task b"])}).replace(
                "sourceRef='a'", "sourceRef='b'"
            ),
            "sequence flow 'a>u' has the sourceRef 'b', which is in another process or sub-process",
        ),
        (process([START, END, *AB, "parallelGateway x"], "s>x", "x>a", "x>b", "a>e", "b>e"), r"unsound.*must be joined before the end"),
        (process([START, END], "s>e"), "holds no task"),
        (process([START, END, "task a"], "s>a", "a>e") + process(["startEvent s2", "endEvent e2"], "s2>e2", id="q"), "holds 2 processes"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_as_a_flow_is_refused_with_id_and_reason(bpmn, content, message):
    with pytest.raises(BlueprintError, match=message):
        from_bpmn(bpmn(content))


def test_a_model_on_its_own_is_unrolled_like_a_flow(bpmn):
    gates = ["inclusiveGateway x", "inclusiveGateway y"]
    split = process([START, END, *AB, *gates], "s>x", "x>a", "x>b", "a>y", "b>y", "y>e")
    assert words(read_bpmn(bpmn(split))) == {"a", "b", "ab", "ba"}
    with pytest.raises(ModelError, match="element 'x' is a inclusiveGateway that no inclusive join closes"):
        read_bpmn(bpmn(process([START, END, *AB, gates[0]], "s>x", "x>a", "x>b", "a>e", "b>e")))
    assert words(
        read_bpmn(bpmn(process([START, END, "subProcess u"], "s>u", "u>e", inner={"u": drawn(AB, "a>b")})))
    ) == {"ab"}


# --- pools -----------------------------------------------------------------------------------------------------------------


def pools(customer, provider, *messages, names=("Customer", "Office")):
    parts = "".join(f"<participant id='P{x}' name='{n}' processRef='p{x}'/>" for x, n in zip("12", names, strict=True))
    flows_ = "".join(
        f"<messageFlow id='{x}' name='{x}' sourceRef='{x.split('>')[0]}' targetRef='{x.split('>')[1]}'/>\n"
        for x in messages
    )
    return f"<collaboration id='c0'>{parts}\n{flows_}</collaboration>{customer}{provider}"


ASK = process(["startEvent s1", "task a", "task d", "endEvent e1"], "s1>a", "a>d", "d>e1", id="p1")
ANSWER = process(["startEvent s2", "task b", "task c", "endEvent e2"], "s2>b", "b>c", "c>e2", id="p2")


def test_pools_are_one_process_in_which_a_message_is_sent_before_it_is_received(bpmn):
    assert runs(bpmn(pools(ASK, ANSWER, "a>s2", "c>d"))) == {"abcd"}
    assert runs(bpmn(pools(ASK, ANSWER, "a>b"))) == {"abcd", "abdc", "adbc"}
    assert runs(bpmn(pools(ASK, ANSWER, "e1>s2"))) == {"adbc"}


def guesses(draft):
    return [t.what for t in draft.todo if t.place == "flow" and t.guessed]


def test_how_messages_were_read_is_a_guess_that_is_said(bpmn):
    first = "2 pools are read as one process, in which each message is sent before it is received: "
    draft = from_bpmn(bpmn(pools(ASK.replace("name='a'", "name='Ask'"), ANSWER, "a>s2", "c>d")))
    assert guesses(draft) == [f"{first}'a>s2': 'a' (Ask) before 's2', 'c>d': 'c' before 'd'"]
    assert f"guessed: {first}" in " ".join(draft.to_yaml().replace("#", " ").split())
    waits = process(["startEvent s1", "task d", "endEvent e1"], "s1>d", "d>e1", id="p1")
    both = guesses(from_bpmn(bpmn(pools(waits, ANSWER, "b>d", "c>d"))))
    assert both[1:] == ["'d' receives several messages ('b>d', 'c>d'): it waits for all of them"]
    either = guesses(from_bpmn(bpmn(pools(ASK, EITHER, "a>s2", "y>d", "n>d"))))
    assert either[1:] == ["'d' receives several messages ('y>d', 'n>d'): it waits for any one of them"]
    nodes = ["startEvent s2", "task b", "exclusiveGateway x", "intermediateThrowEvent m", "endEvent e2", "endEvent f2"]
    seldom = process(nodes, "s2>b", "b>x", "x>m", "m>e2", "x>f2", id="p2")
    (_, called) = guesses(from_bpmn(bpmn(pools(CALLED, seldom, "m>s1"))))
    assert called == "what begins at 's1' begins whenever its message is sent: never, once, or again after it has ended"
    assert guesses(from_bpmn(bpmn(process([START, END, "task a"], "s>a", "a>e")))) == []


def test_a_message_to_a_step_makes_it_a_touchpoint_and_the_pools_are_lanes(bpmn):
    draft = from_bpmn(bpmn(pools(ASK, ANSWER, "a>b", "c>d")))
    assert [(x["id"], x["kind"]) for x in draft.raw["lanes"]] == [("customer", "customer"), ("office", "backstage")]
    by_id = {a["id"]: a for a in draft.raw["activities"]}
    assert {id: (a["lane"], "touchpoint" in a) for id, a in by_id.items()} == {
        "a": ("customer", False), "b": ("office", True), "c": ("office", True), "d": ("customer", False)
    }  # fmt: skip
    assert "role" not in by_id["a"]
    assert by_id["b"]["role"] == "office"
    assert any(t.place == "activities.b.touchpoint" and t.guessed and "'a>b'" in t.what for t in draft.todo)


EITHER = process(
    ["startEvent s2", "task b", "exclusiveGateway x", "task y", "task n", "endEvent e2", "endEvent f2"],
    *("s2>b", "b>x", "x>y", "x>n", "y>e2", "n>f2"), id="p2",
)  # fmt: skip
WAITING = [
    *("startEvent s1", "task a", "intermediateCatchEvent i", "intermediateCatchEvent j", "task h", "task u"),
    *("endEvent e1", "endEvent f1"),
]
WAYS = ["s1>a", "g>i", "g>j", "i>h", "j>u", "h>e1", "u>f1", "a>g"]


def test_an_event_based_gateway_waits_for_the_message_that_comes(bpmn):
    customer = process([*WAITING, "eventBasedGateway g"], *WAYS, id="p1")
    assert runs(bpmn(pools(customer, EITHER, "a>s2", "y>i", "n>j"))) == {"abyh", "abnu"}


def test_pools_that_cannot_be_merged_are_refused_with_the_message(bpmn):
    customer = process([*WAITING, "exclusiveGateway g"], *WAYS, id="p1")  # decides without knowing the answer
    with pytest.raises(
        BlueprintError, match=r"message flow 'y>i' .* cannot be an order of steps in one process.*unsound"
    ):
        from_bpmn(bpmn(pools(customer, EITHER, "a>s2", "y>i", "n>j")))
    with pytest.raises(BlueprintError, match=r"flow.bpmn:5: message flow 'd>b' \(d>b\) cannot be an order"):
        from_bpmn(bpmn(pools(ASK, ANSWER, "a>s2", "d>b", "c>d")))  # each waits for the other


def test_a_step_that_may_get_one_of_two_messages_takes_the_one_that_comes(bpmn):
    customer = process(["startEvent s1", "task a", "task d", "endEvent e1"], "s1>a", "a>d", "d>e1", id="p1")
    assert runs(bpmn(pools(customer, EITHER, "a>s2", "y>d", "n>d"))) == {"abyd", "abnd"}


def test_a_step_that_gets_two_messages_waits_for_both(bpmn):
    customer = process(["startEvent s1", "task d", "endEvent e1"], "s1>d", "d>e1", id="p1")
    assert runs(bpmn(pools(customer, ANSWER, "b>d", "c>d"))) == {"bcd"}


def test_a_pool_that_never_gets_to_its_end_is_refused_without_blaming_a_message(bpmn):
    bad = process(
        ["startEvent s2", *AB, "parallelGateway x", "endEvent e2"], "s2>x", "x>a", "x>b", "a>e2", "b>e2", id="p2"
    )
    other = process(["startEvent s1", "task d", "endEvent e1"], "s1>d", "d>e1", id="p1")
    with pytest.raises(BlueprintError, match="the pools cannot be merged, even without their messages"):
        from_bpmn(bpmn(pools(other, bad, "d>s2")))


CALLED = process(["startEvent s1", "task d", "endEvent e1"], "s1>d", "d>e1", id="p1")


def test_a_message_interrupts_a_step_that_waits_for_another(bpmn):
    nodes = ["startEvent s1", "exclusiveGateway x", "task k", "task n", "endEvent e1", "endEvent f1"]
    customer = process(nodes, "s1>x", "x>k", "x>n", "k>e1", "n>f1", id="p1")
    provider = process(
        ["startEvent s2", "task b", "task d", "boundaryEvent t", "endEvent e2", "endEvent f2"], "s2>b", "b>e2", "t>d", "d>f2", id="p2",
        inner={"t": "<messageEventDefinition/>"}, more={"t": "attachedToRef='b'"},
    )  # fmt: skip
    assert runs(bpmn(pools(customer, provider, "k>b", "n>t"))) == {"kb", "nd"}


def test_what_begins_with_a_message_begins_as_often_as_one_is_sent(bpmn):
    gates = ["exclusiveGateway x", "exclusiveGateway y", "intermediateThrowEvent m", "intermediateCatchEvent n"]
    arcs = ["s2>b", "b>x", "x>m", "m>n", "n>y", "x>y"]
    once_or_not = process(["startEvent s2", "task b", *gates, "endEvent e2"], *arcs, "y>e2", id="p2")
    assert runs(bpmn(pools(CALLED, once_or_not, "m>s1", "e1>n"))) == {"b", "bd"}
    again = process(
        ["startEvent s2", "task b", *gates, "exclusiveGateway z", "endEvent e2"], *arcs, "y>z", "z>b", "z>e2", id="p2"
    )
    assert runs(bpmn(pools(CALLED, again, "m>s1", "e1>n")), 4) == {
        w for w in words_of("bd", 4) if re.fullmatch("(bd?)+", w)
    }


def test_pieces_of_a_pool_begin_each_with_its_own_message(bpmn):
    steps = ["startEvent s1", "task d", "endEvent e1", "startEvent s3", "task c", "endEvent e3"]
    pieces = process(steps, "s1>d", "d>e1", "s3>c", "c>e3", id="p1")
    provider = process(["startEvent s2", "task a", "task b", "endEvent e2"], "s2>a", "a>b", "b>e2", id="p2")
    assert runs(bpmn(pools(pieces, provider, "a>s1", "b>s3", "d>b"))) == {"adbc"}


def test_a_message_inside_one_pool_says_nothing_about_the_order(bpmn):
    draft = from_bpmn(
        bpmn(pools("", process([START, END, *AB], "s>b", "b>a", "a>e", id="p2"), "a>b").replace("processRef='p1'", ""))
    )
    assert draft.raw["flow"] == ["b", "a"]
    assert [x.fate for x in draft.foreign if x.kind == "messageFlow"] == ["fact"]


def test_ids_of_processes_and_elements_are_apart(bpmn):
    with pytest.raises(BlueprintError, match="'a' is the id of a process and of an element"):
        from_bpmn(bpmn(process([START, END, "task a"], "s>a", "a>e", id="a")))


def test_a_sub_process_sends_when_it_is_done_and_receives_before_it_begins(bpmn):
    sub = process(
        ["startEvent s2", "subProcess u", "endEvent e2"],
        "s2>u",
        "u>e2",
        id="p2",
        inner={"u": drawn(["task b", "task c"], "b>c")},
    )
    assert runs(bpmn(pools(ASK, sub, "a>u", "u>d"))) == {"abcd"}


def test_a_pool_that_shows_nothing_is_the_customer_or_only_a_fact(bpmn):
    one = process(["startEvent s2", "task b", "endEvent e2"], "s2>b", "b>e2", id="p2")
    head = "<collaboration id='c0'><participant id='P1' name='患者'/><participant id='P2' name='Registry'/>"
    head += "<participant id='P3' name='门诊' processRef='p2'/>"
    head += "<messageFlow id='m1' sourceRef='P1' targetRef='s2'/><messageFlow id='m2' sourceRef='b' targetRef='P1'/>"
    draft = from_bpmn(bpmn(head + "<messageFlow id='m3' sourceRef='b' targetRef='P2'/></collaboration>" + one))
    assert [(x["kind"], x["name"]) for x in draft.raw["lanes"]] == [
        ("customer", {"zh": "患者"}),
        ("backstage", {"zh": "门诊"}),
    ]
    assert draft.raw["activities"][0]["touchpoint"] == {"key": False}
    fates = {x.id: (x.kind, x.fate) for x in draft.foreign}
    assert fates == {
        **dict.fromkeys(("P1", "P2"), ("participant", "fact")),
        **dict.fromkeys(("m1", "m2", "m3"), ("messageFlow", "fact")),
    }


def test_a_pool_or_message_that_names_nothing_is_refused(bpmn):
    with pytest.raises(BlueprintError, match=r"pool 'P1' names the process 'p1', which is not there"):
        from_bpmn(bpmn(pools("", ANSWER)))
    with pytest.raises(BlueprintError, match=r"message flow 'a>zz' has the targetRef 'zz', which is not there"):
        from_bpmn(bpmn(pools(ASK, ANSWER, "a>zz")))
    with pytest.raises(BlueprintError, match=r"message flow 'a>e2' .* is received by 'e2', which is a endEvent"):
        from_bpmn(bpmn(pools(ASK, ANSWER, "a>e2")))


# --- timers ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        *[
            ("PT30M", "30min"),
            ("PT24H", "24h"),
            ("P1DT12H", "36h"),
            ("P2W", "2w"),
            ("PT1H30M", "90min"),
            ("PT0.5H", "0.5h"),
        ],
        *[("PT1,5H", "1.5h"), ("P10D", "10d"), ("PT90S", "90s"), (" P3D ", "3d"), ("PT36H", "36h")],
        *[
            (x, None)
            for x in (
                "P1M",
                "P1Y",
                "P",
                "PT",
                "",
                "PT0S",
                "1h",
                "R3/PT1H",
                "${x}",
                "P1DT",
                "PT1..5H",
                "P200Y",
                "P99999D",
            )
        ],
    ],
)
def test_an_iso_duration_of_fixed_length_is_a_duration_of_the_format(text, written):
    assert duration(text) == written


def timed(bpmn, kind, timer, more=""):
    nodes = [START, END, "task a", "task b", f"{kind} t"]
    arcs = ["s>a", "a>t", "t>b", "b>e"] if kind != "boundaryEvent" else ["s>a", "a>b", "b>e"]
    return from_bpmn(bpmn(process(nodes, *arcs, inner={"t": timer}, more={"t": more})))


def test_a_boundary_timer_is_a_limit_from_the_step_before(bpmn):
    draft = timed(bpmn, "boundaryEvent", TIMER.format("P2D"), "attachedToRef='b' cancelActivity='false'")
    (standard,) = draft.raw["standards"]
    assert {k: standard[k] for k in ("metric", "from", "to", "max")} == {
        "metric": "elapsed",
        "from": "a",
        "to": "b",
        "max": "2d",
    }
    assert standard["basis"] == "BPMN timer 't' (t) in flow.bpmn"
    assert draft.raw["flow"] == ["a", "b"]
    assert any(t.place == "standards.S1" and t.guessed for t in draft.todo)
    first = timed(bpmn, "boundaryEvent", TIMER.format("P2D"), "attachedToRef='a' cancelActivity='false'")
    assert first.raw["standards"][0]["from"] == "case_start"
    assert first.blueprint().standards[0].limit.seconds == 2 * 86_400


def test_a_timer_on_a_step_in_a_loop_runs_from_the_other_steps(bpmn):
    gates = ["exclusiveGateway x", "exclusiveGateway y"]
    content = process(
        [START, END, "task a", "task b", "task c", *gates, "boundaryEvent t"],
        *("s>a", "a>x", "x>b", "b>y", "y>x", "y>c", "c>e"),
        inner={"t": TIMER.format("PT1H")}, more={"t": "attachedToRef='b' cancelActivity='false'"},
    )  # fmt: skip
    (standard,) = from_bpmn(bpmn(content)).raw["standards"]
    assert (standard["from"], standard["to"]) == ("a", "b")


def test_a_boundary_timer_of_a_sub_process_ends_with_its_last_steps(bpmn):
    inner = drawn(["task b", "exclusiveGateway x", "task c", "task d", "endEvent f"], "b>x", "x>c", "x>d", "c>f", "d>f")
    content = process(
        [START, END, "task a", "subProcess u", "boundaryEvent t"], "s>a", "a>u", "u>e",
        inner={"u": inner, "t": TIMER.format("PT8H")}, more={"t": "attachedToRef='u' cancelActivity='false'"},
    )  # fmt: skip
    (standard,) = from_bpmn(bpmn(content)).raw["standards"]
    assert (standard["from"], standard["to"], standard["max"]) == ("a", {"any": ["c", "d"]}, "8h")


def test_a_timer_between_two_steps_is_a_least_time_and_a_wait(bpmn):
    draft = timed(bpmn, "intermediateCatchEvent", TIMER.format("PT36H"))
    (rule,) = draft.raw["rules"]
    assert {k: rule[k] for k in ("kind", "a", "b", "after")} == {
        "kind": "not_before",
        "a": "a",
        "b": "b",
        "after": "36h",
    }
    assert [a.get("wait_point", False) for a in draft.raw["activities"]] == [False, True]
    assert draft.blueprint().rules[0].after.seconds == 36 * 3600


def test_a_timer_between_several_steps_is_something_to_do(bpmn):
    nodes = [START, END, *[f"task {x}" for x in "abc"], "exclusiveGateway x", "intermediateCatchEvent t"]
    content = process(nodes, "s>a", "a>t", "t>x", "x>b", "x>c", "b>e", "c>e", inner={"t": TIMER.format("PT1H")})
    draft = from_bpmn(bpmn(content))
    assert "rules" not in draft.raw
    assert any("at least 1h between a and b, c" in t.what for t in draft.todo)
    assert any("waits before b, c: mark the wait point" in t.what for t in draft.todo)


@pytest.mark.parametrize(
    ("timer", "said"),
    [
        (TIMER.format("P1M"), "timeDuration 'P1M'"),
        ("<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>", "timeCycle 'R3/PT1H'"),
        ("<timerEventDefinition><timeDate>2026-01-01</timeDate></timerEventDefinition>", "timeDate '2026-01-01'"),
        ("<timerEventDefinition/>", "no time at all"),
    ],
)
def test_a_timer_that_says_no_fixed_length_is_something_to_do(bpmn, timer, said):
    draft = timed(bpmn, "intermediateCatchEvent", timer)
    assert "rules" not in draft.raw
    assert any(t.place == "flow.bpmn:8" and said in t.what and not t.guessed for t in draft.todo)
    assert {x.fate for x in draft.foreign if x.kind == "timerEventDefinition"} == {"fact"}


def test_an_error_event_is_a_fail_point(bpmn):
    content = process(
        [START, END, "task a", "endEvent f", "boundaryEvent t=Card refused"], "s>a", "a>e", "t>f",
        inner={"t": "<errorEventDefinition/>"}, more={"t": "attachedToRef='a'"},
    )  # fmt: skip
    draft = from_bpmn(bpmn(content))
    assert draft.raw["activities"][0]["fail_point"] == {"failure": {"en": "Card refused"}}
    assert draft.raw["flow"] == {"optional": "a"}


# --- lanes -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *[
            (x, "customer")
            for x in ("Customer", "The client", "citizens", "Patient", "User", "客户", "顾客", "申请人", "患者", "用户")
        ],
        *[
            (x, "onstage")
            for x in (
                "Counter",
                "Front office",
                "Service desk",
                "Customer service",
                "客户服务窗口",
                "前台",
                "窗口",
                "客服",
            )
        ],
        *[(x, "backstage") for x in ("Back office", "back-office", "Claims processing", "后台", "审批科")],
        *[(x, "support") for x in ("IT", "System", "档案室", "系统")],
        *[
            ("Web portal", "onstage_technology"),
            ("自助机", "onstage_technology"),
            ("Supplier", "partner"),
            ("供应商", "partner"),
        ],
        *[("有形展示", "physical_evidence"), ("Blue team", None), ("企划", None)],
    ],
)
def test_the_name_of_a_lane_means_a_kind(name, kind):
    assert lane_kind(name)[0] == kind


LANES = """<laneSet id='ls'><lane id='L1' name='Back office'><flowNodeRef>b</flowNodeRef><flowNodeRef>c</flowNodeRef>
<childLaneSet id='cs'><lane id='L3' name='Approver'><flowNodeRef>c</flowNodeRef></lane></childLaneSet></lane>
<lane id='L2' name='Blue team'><flowNodeRef>a</flowNodeRef></lane></laneSet>"""
IN_LANES = ([START, END, "task a", "task b", "task c", "task d"], "s>a", "a>b", "b>c", "c>d", "d>e")


def test_lanes_are_a_tree_whose_inner_lanes_are_roles(bpmn):
    draft = from_bpmn(bpmn(process(*IN_LANES, lanes=LANES)), lanes={"Blue team": "customer"})
    assert [(x["id"], x["kind"]) for x in draft.raw["lanes"]] == [
        ("blue_team", "customer"), ("back_office", "backstage"), ("not_assigned", "backstage")
    ]  # fmt: skip
    assert [(a["id"], a["lane"], a.get("role")) for a in draft.raw["activities"]] == [
        ("a", "blue_team", None),
        ("b", "back_office", "back_office"),
        ("c", "back_office", "approver"),
        ("d", "not_assigned", None),
    ]
    places = {t.place: t for t in draft.todo}
    assert "lanes.blue_team.kind" not in places  # said, not guessed
    assert places["lanes.back_office.kind"].guessed
    assert "'Back office'" in places["lanes.back_office.kind"].what
    assert "in the order of their kinds" in places["lanes"].what
    assert draft.blueprint().status == "draft"


def test_a_lane_can_be_given_by_its_id_or_pool_and_nothing_else(bpmn):
    path = bpmn(process(*IN_LANES, lanes=LANES))
    given = from_bpmn(path, lanes={"L1": "support", "L2": "onstage", "p": "partner"}).raw["lanes"]
    assert [(x["id"], x["kind"]) for x in given] == [
        ("customer", "customer"), ("blue_team", "onstage"), ("back_office", "support"), ("not_assigned", "partner")
    ]  # fmt: skip
    with pytest.raises(BlueprintError, match="no lane or pool is called 'Blue teem'. Did you mean 'Blue team'"):
        from_bpmn(path, lanes={"Blue teem": "onstage"})
    with pytest.raises(UnknownNameError, match="unknown kind of lane 'front'"):
        from_bpmn(path, lanes={"L2": "front"})


def test_steps_inside_a_sub_process_stand_in_its_lane_and_a_performer_is_a_role(bpmn):
    lanes = "<laneSet id='l'><lane id='L' name='Counter'><flowNodeRef>u</flowNodeRef></lane></laneSet>"
    who = "<resourceAssignmentExpression><formalExpression>Head clerk</formalExpression></resourceAssignmentExpression>"
    who = f"<potentialOwner>{who}</potentialOwner>"
    content = process(
        [START, END, "subProcess u"], "s>u", "u>e", lanes=lanes, inner={"u": drawn(AB, "a>b", inner={"b": who})}
    )
    draft = from_bpmn(bpmn(content))
    assert [(a["lane"], a["role"]) for a in draft.raw["activities"]] == [
        ("counter", "counter"),
        ("counter", "head_clerk"),
    ]
    assert draft.raw["roles"]["head_clerk"] == {"name": {"en": "Head clerk"}}


def test_a_lane_of_machines_is_support_and_two_lanes_of_one_name_stay_two(bpmn):
    lane = "<lane id='L{0}' name='X1'><flowNodeRef>{0}</flowNodeRef></lane>"
    lanes = f"<laneSet id='l'>{lane.format('a')}{lane.format('b')}</laneSet>"
    draft = from_bpmn(bpmn(process([START, END, "serviceTask a", "task b"], "s>a", "a>b", "b>e", lanes=lanes)))
    kinds = {x["id"]: x["kind"] for x in draft.raw["lanes"]}
    assert [kinds[a["lane"]] for a in draft.raw["activities"]] == ["support", "backstage"]


def test_a_lane_takes_the_kind_of_its_pool_if_its_own_name_says_nothing(bpmn):
    lanes = "<laneSet id='l'><lane id='L1' name='Blue team'><flowNodeRef>a</flowNodeRef></lane></laneSet>"
    one = process([START, END, "task a"], "s>a", "a>e", id="p2", lanes=lanes)
    draft = from_bpmn(
        bpmn("<collaboration id='c0'><participant id='P' name='Customer' processRef='p2'/></collaboration>", one)
    )
    assert [(x["id"], x["kind"]) for x in draft.raw["lanes"]] == [("blue_team", "customer"), ("provider", "backstage")]
    assert any("from the name 'Customer' of its pool" in t.what for t in draft.todo)


def test_steps_of_one_name_in_two_lanes_are_said(bpmn):
    lane = "<lane id='L{0}' name='Office {0}'><flowNodeRef>{0}</flowNodeRef></lane>"
    lanes = f"<laneSet id='l'>{lane.format('t1')}{lane.format('t2')}</laneSet>"
    draft = from_bpmn(
        bpmn(process([START, END, "task t1=Check", "task t2=Check"], "s>t1", "t1>t2", "t2>e", lanes=lanes))
    )
    assert [a["lane"] for a in draft.raw["activities"]] == ["office_t1"]
    assert any(t.place == "activities.check.lane" and "'t1', 't2' have one name" in t.what for t in draft.todo)


# --- activities, facts, drawing ----------------------------------------------------------------------------------------------


def test_steps_of_one_name_are_one_activity_and_a_step_without_one_is_called_by_its_id(bpmn):
    content = process([START, END, "task t1=Check", "task t2=Check", "task t3"], "s>t1", "t1>t2", "t2>t3", "t3>e")
    path = bpmn(content.replace("id='t3' name='t3'", "id='t3'"))
    draft = from_bpmn(path)
    assert draft.raw["flow"] == ["check", "check", "t3"]
    assert draft.activities == {"t1": "check", "t2": "check", "t3": "t3"}
    assert [a["labels"] for a in draft.raw["activities"]] == [["Check"], ["t3"]]
    assert any(t.place == "activities.t3.name" for t in draft.todo)
    assert words(draft.blueprint().automaton, 9) == {"checkcheckt3"[:9]} or draft.blueprint().automaton.accepts(
        ["check", "check", "t3"]
    )


def shape(id, x, y, w=10, h=10):
    return (
        f"<bpmndi:BPMNShape bpmnElement='{id}'><dc:Bounds x='{x}' y='{y}' width='{w}' height='{h}'/></bpmndi:BPMNShape>"
    )


def test_groups_that_hold_all_steps_are_stages_and_the_layout_is_kept(bpmn):
    groups = "".join(f"<group id='g{i}' categoryValueRef='v{i}'/>" for i in (1, 2))
    names = "<category id='k'><categoryValue id='v1' value='After'/><categoryValue id='v2' value='Before'/></category>"
    edge = (
        "<bpmndi:BPMNEdge bpmnElement='a>b'><di:waypoint x='20' y='15'/><di:waypoint x='110' y='15'/></bpmndi:BPMNEdge>"
    )
    di = shape("a", 10, 10) + shape("b", 110, 10) + shape("g1", 100, 0, 50, 50) + shape("g2", 0, 0, 50, 50) + edge
    content = process([START, END, *AB], "s>a", "a>b", "b>e").replace("</process>", groups + "</process>")
    plane = f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement='p'>{di}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    draft = from_bpmn(bpmn(names + content + plane))
    assert [s["name"]["en"] for s in draft.raw["stages"]] == ["Before", "After"]
    assert [a["stage"] for a in draft.raw["activities"]] == ["before", "after"]
    assert draft.layout.bounds["b"].x == 110
    assert draft.layout.waypoints["a>b"] == ((20, 15), (110, 15))
    outside = plane.replace("x='110' y='10'", "x='310' y='10'")
    assert [s["id"] for s in from_bpmn(bpmn(names + content + outside)).raw["stages"]] == ["service"]


EVERYTHING = process(
    [
        *("startEvent s", "endEvent e", "endEvent f", "userTask a", "task b", "boundaryEvent t", "exclusiveGateway x"),
        *(
            "subProcess u",
            "adHocSubProcess v",
            "intermediateCatchEvent i",
            "dataObjectReference d=Letter",
            "dataObject o",
        ),
    ],
    *("s>a", "a>x", "x>u", "u>v", "v>i", "i>b", "b>e", "t>f"),
    inner={
        "s": TIMER.format("P1D") + "<documentation>Every morning</documentation>",
        "a": "<extensionElements><x:colour/><x:cost/></extensionElements><ioSpecification/><property id='pr'/>"
        "<dataOutputAssociation id='da'><targetRef>d</targetRef></dataOutputAssociation>",
        "x>u": "<conditionExpression>n = 1</conditionExpression>",
        "t": "<errorEventDefinition/>",
        "i": "<messageEventDefinition/>",
        "u": drawn(["task c"]),
        "v": drawn(["task g"]),
    },
    more={"t": "attachedToRef='a'", "b": "x:size='3'"},
).replace(
    "</process>",
    "<textAnnotation id='n'><text>Read\nme</text></textAnnotation><association id='as' sourceRef='n' targetRef='b'/></process>",
)
EVERYTHING += "<x:simulation/><itemDefinition id='it'/><relationship id='re'/>"


def test_everything_that_is_not_plain_is_listed_with_what_happened_to_it(bpmn):
    draft = from_bpmn(bpmn(EVERYTHING))
    assert Counter((x.id, x.kind, x.fate) for x in draft.foreign) == Counter(
        [
            ("definitions", "extension (x:simulation)", "dropped"),
            ("s", "timerEventDefinition", "fact"),
            ("s", "documentation", "fact"),
            ("a", "extension (x:colour, x:cost)", "dropped"),
            ("a", "ioSpecification", "dropped"),
            ("pr", "property", "dropped"),
            ("b", "extension (@x:size)", "dropped"),
            ("t", "boundaryEvent", "read"),
            ("t", "errorEventDefinition", "read"),
            ("u", "subProcess", "read"),
            ("v", "adHocSubProcess", "read"),
            ("i", "messageEventDefinition", "fact"),
            ("d", "dataObjectReference", "fact"),
            ("o", "dataObject", "fact"),
            ("x>u", "conditionExpression", "dropped"),
            ("n", "textAnnotation", "fact"),
            ("it", "itemDefinition", "dropped"),
            ("re", "relationship", "dropped"),
        ]
    )
    assert all(x.reason and x.line > 0 for x in draft.foreign)
    told = {(t.place, t.what) for t in draft.todo}
    assert ("activities.b", "note 'n': Read me") in told
    assert (
        "activities.a",
        "data object reference 'd': Letter; name it under touchpoint.evidence if the customer sees it",
    ) in told
    assert any("dropped: 1 x condition" in what and "x>u" in what for _, what in told)
    assert any("documentation 's': Every morning" in what for _, what in told)


def test_a_case_begins_and_ends_with_the_steps_that_can_be_first_and_last(bpmn):
    content = process(
        [START, END, "adHocSubProcess u", "task a"], "s>u", "u>a", "a>e", inner={"u": drawn(["task b", "task c"])}
    )
    draft = from_bpmn(bpmn(content))
    assert draft.raw["scope"]["starts_with"] == ["b", "c", "a"]
    assert draft.raw["scope"]["ends_with"] == ["a"]
    assert set(read_flow(bpmn(content), draft.blueprint().activities).follows) == {("b", "a"), ("c", "a")}


def test_a_draft_says_what_must_be_filled_in_and_is_a_draft(bpmn):
    draft = from_bpmn(bpmn(process([START, END, "task a"], "s>a", "a>e", name="窗口受理")))
    assert draft.raw["name"] == {"zh": "窗口受理"}
    assert draft.raw["id"] == "flow"
    places = {t.place: t.guessed for t in draft.todo}
    assert {"owner", "effective", "log", "scope.unit_of_analysis"} <= {
        p for p, guessed in places.items() if not guessed
    }
    assert {"name", "service_type", "scope.starts_with", "activities", "stages", "lanes"} <= {
        p for p, g in places.items() if g
    }
    assert draft.blueprint().status == "draft"
    assert "# to do: who is responsible" in draft.to_yaml()


# --- flow words --------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=examples(60))
@given(flows())
def test_a_block_structure_is_found_again_in_its_net(flow):
    found = blocks_of(write_net(flow))
    assert found is not None
    assert language(found, 4) == language(flow, 4)


@settings(deadline=None, max_examples=examples(25))
@example(m.Choice((m.Step("a"), m.Optional_(m.Step("a")))))
@given(flows(4))
def test_flow_words_survive_the_way_through_bpmn(tmp_path_factory, flow):
    nodes, arcs = Gates().draw(flow)
    path = tmp_path_factory.mktemp("words") / "flow.bpmn"
    path.write_text(f"{HEAD}{process([START, END, *nodes], *arcs)}</definitions>")
    draft = from_bpmn(path)
    assert "bpmn" not in draft.raw["flow"]
    assert words(draft.blueprint().automaton, 4) == {"".join(w) for w in language(flow, 4)}


class Gates:
    """A flow drawn with gateways, a task for each step."""

    def __init__(self):
        self.nodes, self.arcs, self.n = [], [], 0

    def draw(self, flow):
        self.add(flow, "s", "e")
        return self.nodes, self.arcs

    def gate(self, kind="exclusiveGateway"):
        self.n += 1
        self.nodes.append(f"{kind} g{self.n}")
        return f"g{self.n}"

    def arc(self, source, target):
        if f"{source}>{target}" in self.arcs:  # two flows between the same gateways need ids of their own
            between = self.gate()
            self.arcs.append(f"{source}>{between}")
            source = between
        self.arcs.append(f"{source}>{target}")

    def add(self, flow, before, after):
        match flow:
            case m.Step(activity):
                self.n += 1
                self.nodes.append(f"task t{self.n}={activity}")
                self.arc(before, f"t{self.n}")
                self.arc(f"t{self.n}", after)
            case m.Sequence(items):
                for item in items[:-1]:
                    between = self.gate()
                    self.add(item, before, between)
                    before = between
                self.add(items[-1], before, after)
            case m.Choice(items) | m.Parallel(items):
                kind = "exclusiveGateway" if isinstance(flow, m.Choice) else "parallelGateway"
                split, join = self.gate(kind), self.gate(kind)
                self.arc(before, split)
                for item in items:
                    self.add(item, split, join)
                self.arc(join, after)
            case m.Optional_(item):
                split, join = self.gate(), self.gate()
                self.arc(before, split)
                self.add(item, split, join)
                self.arc(split, join)
                self.arc(join, after)
            case m.Loop(body, redo):
                first, last = self.gate(), self.gate()
                self.arc(before, first)
                self.add(body, first, last)
                if redo is None:
                    self.arc(last, first)
                else:
                    self.add(redo, last, first)
                self.arc(last, after)
            case m.Free(activities):
                hub = self.gate()
                self.arc(before, hub)
                for a in activities:
                    self.add(m.Step(a), hub, hub)
                self.arc(hub, after)


KNOT = (
    [START, END, *[f"task {x}" for x in "abcd"], *[f"parallelGateway {x}" for x in "wxyz"]],
    *("s>w", "w>a", "w>b", "a>x", "x>c", "x>y", "b>y", "y>d", "c>z", "d>z", "z>e"),
)  # c needs a; d needs a and b


def test_a_flow_that_is_no_block_structure_stays_in_its_file(bpmn, tmp_path):
    path = bpmn(process(*KNOT))
    draft = from_bpmn(path)
    assert draft.raw["flow"] == {"bpmn": "flow.bpmn"}
    assert any(t.place == "flow" and "keep that file" in t.what for t in draft.todo)
    assert runs(path) == {"abcd", "abdc", "acbd", "bacd", "badc"}
    (tmp_path / "sub").mkdir()
    draft.write(tmp_path / "sub" / "knot.yaml")
    assert words(read_blueprint(tmp_path / "sub" / "knot.yaml").automaton) == {"abcd", "abdc", "acbd", "bacd", "badc"}


def test_a_net_with_weights_or_too_many_tokens_is_no_block_structure():
    assert blocks_of(WorkflowNet((Transition("a", ((0, 2),), ((1, 1),)),), (2, 0), (0, 1))) is None
    assert blocks_of(WorkflowNet((Transition("a", ((0, 2),), ((1, 1),)),), (1, 0), (0, 1))) is None


@settings(deadline=None, max_examples=examples(40))
@given(flows(4), flows(4))
def test_a_witness_is_a_shortest_run_of_exactly_one(one, other):
    a, b = (automaton.build(write_net(x)) for x in (one, other))
    run = witness(a, b)
    assert (run is None) == same_language(write_net(one), write_net(other))
    if run is not None:
        assert a.accepts(run) != b.accepts(run)
        n = len(run) - 1
        assert language(one, n) == language(other, n) or n < 0


def test_a_step_may_repeat_at_the_end_of_a_net():
    net = WorkflowNet((Transition("a", ((0, 1),), ((1, 1),)), Transition("b", ((1, 1),), ((1, 1),))), (1, 0), (0, 1))
    assert blocks_of(net) == m.Sequence((m.Step("a"), m.Optional_(m.Loop(m.Step("b")))))


def test_a_loop_of_a_loop_is_one():
    assert blocks_of(write_net(m.Loop(m.Loop(m.Step("a"))))) == m.Loop(m.Step("a"))


# --- our own files -------------------------------------------------------------------------------------------------------------


def own(bpmn, raw, *args, **more):
    """A drawing with a blueprint inside, as the writer keeps it."""
    from lxml import etree

    kept = etree.tostring(sbp.write(raw), encoding="unicode")
    return bpmn(process(*args, lanes=f"<extensionElements>{kept}</extensionElements>", **more))


@pytest.fixture
def small():
    return to_raw(blueprint(["a", {"optional": "b"}], "ab")) | {
        "status": "approved",
        "approval": {"by": "Board", "date": "2026-01-05"},
    }


def test_a_blueprint_kept_in_the_file_rules_and_comes_back_whole(bpmn, small):
    gates = ["exclusiveGateway x", "exclusiveGateway y"]
    path = own(
        bpmn,
        small,
        [START, END, "task act_a=Anything", "task act_b=b", *gates],
        "s>act_a",
        "act_a>x",
        "x>act_b",
        "x>y",
        "act_b>y",
        "y>e",
    )
    draft = from_bpmn(path)
    assert draft.todo == ()
    assert draft.raw == small
    assert draft.activities == {"act_a": "a", "act_b": "b"}


def test_a_drawing_that_was_changed_is_told_with_a_shortest_run(bpmn, small):
    draft = from_bpmn(own(bpmn, small, [START, END, *AB], "s>a", "a>b", "b>e"))
    assert draft.raw["flow"] == small["flow"]
    (todo,) = draft.todo
    assert todo.place == "flow"
    assert todo.what.endswith("a is a run of the flow kept in the file, but not of the drawing")
    assert draft.raw["status"] == "draft"
    gates = ["exclusiveGateway x", "exclusiveGateway y"]
    more = from_bpmn(own(bpmn, small, [START, END, *AB, *gates], "s>x", "x>a", "x>y", "a>b", "b>y", "y>e"))
    assert "a case without any step is a run of the drawing" in more.todo[0].what


def test_a_drawing_that_cannot_be_read_any_more_is_told_with_the_reason(bpmn, small):
    draft = from_bpmn(own(bpmn, small, [START, END, "task a", "complexGateway g"], "s>a", "a>g", "g>e"))
    assert "complexGateway" in draft.todo[0].what
    draft = from_bpmn(own(bpmn, small, [START, END, "task a", "task zz=Dance"], "s>a", "a>zz", "zz>e"))
    assert "'zz' ('Dance') is drawn, but no activity" in draft.todo[0].what


def test_a_damaged_blueprint_in_a_file_is_refused_with_file_and_line(bpmn, small):
    path = own(bpmn, small, [START, END, *AB], "s>a", "a>b", "b>e")
    path.write_text(path.read_text().replace("sbp:text", "sbp:txt", 2))
    with pytest.raises(BlueprintError, match=r"flow.bpmn: line \d+: sbp:txt"):
        from_bpmn(path)


# --- real files ----------------------------------------------------------------------------------------------------------------

REAL = sorted(LOGS.glob("*.bpmn")) or [
    pytest.param(None, marks=pytest.mark.skip(reason="no BPMN files of the shared folder here"))
]


@pytest.mark.parametrize("path", REAL, ids=lambda p: p and p.stem)
def test_real_files_become_drafts_with_the_same_flow(path):
    draft = from_bpmn(path)
    blueprint = draft.blueprint()
    named = read_flow(path, blueprint.activities)
    assert witness(blueprint.automaton, automaton.build(named.net)) is None
    names = set(re.findall(r'<task [^>]*?\bname="([^"]+)"', path.read_text("utf-8")))
    assert {a["labels"][0] for a in draft.raw["activities"]} == {
        " ".join(x.replace("&#10;", " ").split()) for x in names
    }
    assert set(draft.activities) <= set(draft.layout.bounds)
    document = read_document(path)
    assert set(document.flows) <= set(draft.layout.waypoints)
    strangers = [
        e for e in document.root.iter() if isinstance(e.tag, str) and not re.match(r"\{http://www.omg.org", e.tag)
    ]
    owners = {x.id for x in draft.foreign}
    for e in strangers:  # nothing of another tool goes unlisted
        while not (
            isinstance(e.tag, str) and e.tag.startswith("{http://www.omg.org/spec/BPMN/20100524/MODEL}")
        ) or e.tag.endswith("}extensionElements"):
            e = e.getparent()
        assert (e.get("id") or e.tag.rpartition("}")[2]) in owners


@pytest.mark.skipif(not (LOGS / "loanapp.parquet").exists(), reason="no loanapp log of the shared folder here")
def test_the_loan_log_fits_the_drawing_that_made_it():
    net = read_bpmn(LOGS / "loanapp.bpmn")
    model = automaton.build(net)
    blueprint = from_bpmn(LOGS / "loanapp.bpmn").blueprint()
    log = pd.read_parquet(LOGS / "loanapp.parquet").sort_values(["case:concept:name", "start_timestamp"], kind="stable")
    traces = sorted(set(log.groupby("case:concept:name", sort=False)["concept:name"].agg(tuple)))
    assert len(traces) > 40
    assert align(model, [[model.code[x] for x in trace] for trace in traces]).cost.sum() == 0
    kept = blueprint.automaton
    assert align(kept, [[kept.code[blueprint.labels[x]] for x in trace] for trace in traces]).cost.sum() == 0


@pytest.mark.skipif(not (LOGS / "loanapp.bpmn").exists(), reason="no loanapp file of the shared folder here")
def test_what_became_of_the_foreign_parts_of_the_loan_file():
    draft = from_bpmn(LOGS / "loanapp.bpmn")
    assert Counter((x.kind.partition(" ")[0], x.fate) for x in draft.foreign) == {("extension", "dropped"): 27}
    assert draft.raw["flow"][0] == {
        "loop": "check_application_form_completeness",
        "redo": ["return_application_back_to_applicant", "applicant_completes_form"],
    }
