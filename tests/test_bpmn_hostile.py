"""BPMN files as other tools write them, damaged ones and traps: the right answer, or one error that names the element."""

import re

import pytest

from mining.automaton import build
from mining.blueprint.bpmn import from_bpmn, read_bpmn
from mining.errors import BlueprintError
from tests.test_bpmn_reading import END, HEAD, START, drawn, process, shape, words

A, B, C = "task a", "task b", "task c"
LINE = process([START, END, A, B], "s>a", "a>b", "b>e")


@pytest.fixture
def write(tmp_path):
    def writing(*parts, raw=None):
        path = tmp_path / "flow.bpmn"
        path.write_bytes(raw if raw is not None else f"{HEAD}\n{''.join(parts)}</definitions>".encode())
        return path

    return writing


TEXT = f"{HEAD}{LINE}</definitions>"
PREFIXED = re.sub(r"<(/?)(?!bpmndi|dc|di)(\w)", r"<\1zz:\2", TEXT).replace('xmlns="http', 'xmlns:zz="http')


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        PREFIXED.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        ('<?xml version="1.0" encoding="UTF-16"?>' + TEXT).encode("utf-16"),
        TEXT.encode("utf-16"),
        ('<?xml version="1.0" encoding="GBK"?>' + TEXT).encode("gbk"),
        TEXT.replace("</definitions>", "<bpmndi:BPMNDiagram/><bpmndi:BPMNDiagram/></definitions>").encode(),
        TEXT.replace("'s>a'", "'流 程'").replace("id='s'", "id='开 始'").replace("sourceRef='s'", "sourceRef='开 始'").encode(),
    ],
    ids=["plain", "prefix", "BOM", "UTF-16", "UTF-16 without declaration", "GBK", "two diagrams", "ids"],
)  # fmt: skip
def test_dialects_of_one_file_read_alike(write, raw):
    assert from_bpmn(write(raw=raw)).raw["flow"] == ["a", "b"]


BOMB = "".join(f'<!ENTITY {chr(x + 1)} "{f"&{chr(x)};" * 10}">' for x in range(97, 115))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ('<!DOCTYPE d [<!ENTITY z SYSTEM "file:///etc/hostname">]>' + TEXT.replace("name='a'", "name='&z;'"), "not well-formed XML"),
        (f'<!DOCTYPE d [<!ENTITY a "ha">{BOMB}]>' + TEXT.replace("name='a'", "name='&s;'"), "not well-formed XML"),
        ('<!DOCTYPE d [<!ENTITY z "y">]>' + TEXT, "a document type declaration has no place in a BPMN file"),
        ("<html><body/></html>", r"holds 0 processes.* The file is <html>, not <definitions> of BPMN 2.0"),
        (TEXT.replace("20100524", "20090101"), r"The file is <\{http://www.omg.org/spec/BPMN/20090101/MODEL\}definitions>, not"),
        (HEAD + "<choreography id='c'/></definitions>", "The choreography 'c' shows messages between pools"),
        (HEAD + "</definitions>", r"holds 0 processes; a flow is one process\.$"),
    ],
)  # fmt: skip
def test_what_is_no_bpmn_is_refused_as_what_it_is(write, raw, message):
    with pytest.raises(BlueprintError, match=message):
        from_bpmn(write(raw=raw.encode()))


# --- flows that stand still ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "arcs", "message"),
    [
        (
            [A, B, "exclusiveGateway x", "parallelGateway y"],
            ["s>x", "x>a", "x>b", "a>y", "b>y", "y>e"],
            r"unsound.* After a nothing can go on: parallelGateway 'y' \(line \d+\) waits for a branch that does not come\.",
        ),
        ([A, B, C], ["s>a", "a>b", "a>c", "b>e", "c>e"], r"After a > b > c the end is reached 2 times; .* from task 'a' \(line \d+\)\."),
        (
            [A, B, "endEvent f", "parallelGateway x"],
            ["s>x", "x>a", "x>b", "a>e", "b>f"],
            r"the end is reached 2 times; work goes on in parallel from parallelGateway 'x' \(line \d+\)",
        ),
        ([A], ["s>a", "a>a", "a>e"], r"After a > a more and more work gathers before (task 'a'|endEvent 'e')"),
    ],
)  # fmt: skip
def test_a_flow_that_is_not_sound_is_refused_with_the_way_there_and_the_element(write, nodes, arcs, message):
    with pytest.raises(BlueprintError, match=message):
        from_bpmn(write(process([START, END, *nodes], *arcs)))


@pytest.mark.parametrize(
    ("nodes", "arcs", "message"),
    [
        ([START, A], ["s>a"], "flow.bpmn:3: 'p': the process has no end event"),
        ([A], [], "flow.bpmn:3: 'p': the process has no start event"),
        ([START, END, A, "task zz"], ["s>a", "a>e"], r"flow.bpmn:7: task 'zz' \('zz'\) has no incoming sequence flow"),
        ([START, END, A, "exclusiveGateway zz"], ["s>a", "a>e", "a>zz"], r"flow.bpmn:7: exclusiveGateway 'zz' .* has no outgoing"),
    ],
)  # fmt: skip
def test_what_hangs_loose_is_named_with_its_line(write, nodes, arcs, message):
    with pytest.raises(BlueprintError, match=message):
        from_bpmn(write(process(nodes, *arcs)))


# --- events ----------------------------------------------------------------------------------------------------------------


def test_an_event_definition_may_stand_elsewhere(write):
    nodes = [START, END, "endEvent f", A, B, "parallelGateway x"]
    content = process(
        nodes, "s>x", "x>a", "x>b", "a>e", "b>f", inner={"f": "<eventDefinitionRef>td</eventDefinitionRef>"}
    )
    with pytest.raises(BlueprintError, match="endEvent 'f' terminates work that goes on in parallel"):
        from_bpmn(write("<terminateEventDefinition id='td'/>", content))
    with pytest.raises(BlueprintError, match="element 'f' refers to an event definition that is not there"):
        from_bpmn(write(content))


# --- lanes -----------------------------------------------------------------------------------------------------------------

INNER = "<childLaneSet id='c'><lane id='l3' name='Boss'/></childLaneSet>"
LANES = f"<laneSet id='ls'><lane id='l1' name='Citizen'/><lane id='l2' name='Office'>{INNER}</lane></laneSet>"


def test_steps_in_no_lane_are_taken_for_where_they_are_drawn(write):
    boxes = shape("l1", 0, 0, 900, 100) + shape("l2", 0, 100, 900, 100) + shape("l3", 30, 100, 870, 100)
    boxes += shape("a", 100, 20, 80, 60) + shape("b", 300, 120, 80, 60)
    plane = f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement='p'>{boxes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    content = process([START, END, A, B], "s>a", "a>b", "b>e", lanes=LANES)
    draft = from_bpmn(write(content, plane))
    assert [(a["id"], a["lane"], a.get("role")) for a in draft.raw["activities"]] == [
        ("a", "citizen", None),
        ("b", "office", "boss"),
    ]
    assert [t.what for t in draft.todo if "in which it is drawn" in t.what] == [
        "the file puts these steps in no lane; each is taken for one of the lane in which it is drawn: 'a', 'b'"
    ]
    loose = from_bpmn(write(content))
    assert {a["lane"] for a in loose.raw["activities"]} == {"not_assigned"}
    assert not [t for t in loose.todo if "in which it is drawn" in t.what]


def test_lanes_of_one_id_are_refused(write):
    with pytest.raises(BlueprintError, match="flow.bpmn:3: lane 'l1': each lane needs an id of its own"):
        from_bpmn(write(process([START, END, A, B], "s>a", "a>b", "b>e", lanes=LANES.replace("l2", "l1"))))


# --- size ------------------------------------------------------------------------------------------------------------------


def chain(n):
    arcs = ["s>t0", f"t{n - 1}>e", *(f"t{i}>t{i + 1}" for i in range(n - 1))]
    return process([START, END, *(f"task t{i}" for i in range(n))], *arcs)


def test_a_long_line_is_one_sequence(write):
    assert from_bpmn(write(chain(400))).raw["flow"] == [f"t{i}" for i in range(400)]


@pytest.mark.slow
def test_ten_thousand_tasks(write):
    draft = from_bpmn(write(chain(10_000)))
    assert len(draft.raw["flow"]) == len(draft.raw["activities"]) == 10_000
    assert build(read_bpmn(write(chain(10_000)))).n_states == 10_001


@pytest.mark.parametrize("depth", [12, 300])
def test_deep_nesting_is_read_or_refused(write, depth):
    inner = drawn([A])
    for i in range(depth):
        inner = drawn([f"subProcess u{i}"], inner={f"u{i}": inner})
    path = write(process([START, END, "subProcess x"], "s>x", "x>e", inner={"x": inner}))
    if depth == 12:
        assert words(from_bpmn(path).blueprint().automaton) == {"a"}
    else:
        with pytest.raises(BlueprintError, match="Excessive depth"):
            from_bpmn(path)
