"""A blueprint as BPMN and back: nothing is lost, the drawing means the flow, and the sheet is one that modellers open."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

import mining
from mining import _pm4py, automaton
from mining.blueprint import model as m
from mining.blueprint import parse_blueprint
from mining.blueprint.bpmn import from_bpmn, read_bpmn, sbp, to_bpmn
from mining.blueprint.bpmn.labels import LINE, width_of, wrapped
from mining.blueprint.compile import net_of as blueprint_net
from mining.blueprint.compile import write_net
from mining.blueprint.writing import flow_raw, same, to_raw, to_yaml
from mining.errors import BlueprintError, MiningError
from mining.models import net_of
from tests.examples import examples
from tests.helpers import ROOT, blueprint, blueprint_dict
from tests.strategies import LETTERS, contacts, flows

SAMPLES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
PROFILES = ("single", "collaboration")
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
INNER = {"ordering", "text", "condition", "timeDuration"}
every_sheet = pytest.mark.parametrize(
    ("name", "profile", "lang"), [(n, p, lang) for n in SAMPLES for p in PROFILES for lang in ("en", "zh")]
)


def sample(name):
    return mining.read_blueprint(ROOT / "sample_logs" / name / "blueprint.yaml")


def kind(element):
    return element.tag.removeprefix(BPMN)


def parts(root, *kinds):
    return [e for k in kinds for e in root.iter(BPMN + k)]


def with_names(net, norm, lang="en"):
    """A net over activity ids as one over the names in the drawing."""
    names = {a.id: a.name.get(lang) for a in norm.activities}
    return replace(net, transitions=tuple(replace(t, label=names.get(t.label)) for t in net.transitions))


def same_language(first, second):
    one, other = automaton.build(first), automaton.build(second)
    return (
        one.labels == other.labels and one.delta.tolist() == other.delta.tolist() and (one.final == other.final).all()
    )


def by_pm4py(path):
    _pm4py.quietly()
    import pm4py

    return net_of(pm4py.convert_to_petri_net(pm4py.read_bpmn(str(path))))


def written(norm, folder, **how):
    path = folder / "drawn.bpmn"
    path.write_bytes(to_bpmn(norm, **how))
    return path


# --- nothing is lost -------------------------------------------------------------------------------------------------------


@pytest.mark.few_quick(4)
@every_sheet
def test_a_sample_comes_back_whole(name, profile, lang):
    norm = sample(name)
    raw = sbp.read(etree.fromstring(to_bpmn(norm, profile=profile, lang=lang)))
    assert raw == to_raw(norm)
    again = parse_blueprint(to_yaml(raw))
    assert same(again, norm)
    assert (again.rules, again.standards, again.activities, again.flow) == (
        norm.rules,
        norm.standards,
        norm.activities,
        norm.flow,
    )


@pytest.mark.few_quick(2)
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_sample_is_imported_without_anything_to_do(tmp_path, name, profile):
    norm = sample(name)
    draft = from_bpmn(written(norm, tmp_path, profile=profile))
    assert (draft.raw, draft.todo) == (to_raw(norm), ())  # the drawing means the flow that the file holds


def test_one_process_holds_the_blueprint():
    root = etree.fromstring(to_bpmn(sample("bank_loan"), profile="collaboration"))
    assert {p.get("id"): sbp.read(p) is not None for p in parts(root, "process")} == {
        "process_customer": False,
        "process_provider": True,
    }


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["\x00", "a\x0bb", "\ud800", "\r\n\t", " x ", "<&\"'>", "1", "null"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
@example({"": "", "\x00": "\x00", "escaped": '"', "n": [1, 1.0, True, "1", None, [], {}, 1e300, -0.5, 10**40]})
def test_any_plain_values_come_back_with_their_types(raw):
    text = etree.tostring(sbp.write(raw), pretty_print=True, encoding="UTF-8", xml_declaration=True)
    found = sbp.read(etree.fromstring(text))
    assert repr(found) == repr(raw)  # 1, 1.0 and True are equal, and not alike; the order of keys counts too


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ('<s:text value="x"/>', "line 2: sbp:text has no key"),
        ('<s:text key="a" value="x"/><s:null key="a"/>', "line 2: sbp:null has the key 'a' again"),
        ('<s:boolean key="a" value="yes"/>', "line 2: sbp:boolean with the value 'yes'"),
        ('<s:integer key="a" value="1.5"/>', "line 2: sbp:integer with the value '1.5'"),
        ('<s:number key="a"/>', "line 2: sbp:number with the value None"),
        ('<s:text key="a"/>', "line 2: sbp:text with the value None"),
        ('<s:escaped key="a" value="3"/>', "line 2: sbp:escaped with the value '3'"),
        ('<s:list key="a">\n<s:date value="x"/></s:list>', "line 3: sbp:date with the value 'x'"),
        ('<s:text escapedKey="3" value="x"/>', "line 2: sbp:text has no key"),
        ('<s:text escapedKey="{" value="x"/>', "line 2: sbp:text has no key"),
    ],
)
def test_extension_elements_that_were_changed_by_hand_are_refused_with_their_line(inner, message):
    with pytest.raises(BlueprintError, match=message):
        sbp.read(etree.fromstring(f'<s:blueprint xmlns:s="{sbp.NAMESPACE}">\n{inner}</s:blueprint>'))


def test_two_blueprints_in_a_file_are_refused_and_comments_are_not_read():
    one = f'<s:blueprint xmlns:s="{sbp.NAMESPACE}"><!-- text --><s:null key="a"/></s:blueprint>'
    assert sbp.read(etree.fromstring(f"<process>{one}</process>")) == {"a": None}
    with pytest.raises(BlueprintError, match=r"line 2: a second sbp:blueprint \(the first in line 1\)"):
        sbp.read(etree.fromstring(f"<process>{one}\n{one}</process>"))


# --- the drawing alone means the flow --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("read", [read_bpmn, pytest.param(by_pm4py, marks=pytest.mark.slow)])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_drawing_of_a_sample_for_replay_means_its_flow(tmp_path, name, read, lang):
    norm = sample(name)
    path = written(norm, tmp_path, profile="single", lang=lang)
    assert same_language(read(path), with_names(write_net(norm.flow), norm, lang))


LANES = [
    {"id": "things", "kind": "physical_evidence", "name": {"en": "Things"}},
    {"id": "customer", "kind": "customer", "name": {"en": "Customer", "zh": "顾客"}},
    {"id": "desk", "kind": "onstage", "name": {"en": "Desk"}},
    {"id": "web", "kind": "onstage_technology", "name": {"en": "Web"}},
    {"id": "office", "kind": "backstage", "name": {"en": "Office with a rather long name, 名称也很长的后台部门"}},
]
NAMES = st.sampled_from(
    ["Pay", "Chase the documents that are still missing and remind the applicant", "补全资料并通知申请人尽快回复" * 2]
)
ODD = st.sampled_from(["<&>\"'", "]]>", "审批 🙂", "a\nb", " x ", "null", "1.0", "{a: b} # c", "\u202eabc", "\x07"])
LIMITS = ["30min", "1.5h", "3d", "8w", "4bh", "5bd"]


@st.composite
def norms(draw):
    """Blueprints with generated flows; the steps lie in any lane and stage, wait, fail, leave evidence and have limits."""
    flow = draw(flows())
    used = m.flow_activities(flow)
    raw = blueprint_dict(flow_raw(flow), LETTERS)
    raw["lanes"] = LANES
    raw["stages"] = [{"id": x, "name": {"en": f"Stage {x}"}} for x in ("one", "two")]
    for a in raw["activities"]:
        a["lane"] = draw(st.sampled_from([lane["id"] for lane in LANES]))
        a["stage"] = draw(st.sampled_from(["one", "two"]))
        a["name"]["en"] = f"{a['id']} {draw(NAMES)}"
        a |= {"wait_point": True} if draw(st.booleans()) else {}
        a |= {"role": "clerk"} if draw(st.booleans()) else {}
        a |= {"fail_point": {"failure": {"en": "Lost"}, "control": "Count"}} if draw(st.booleans()) else {}
        evidence = draw(st.lists(st.sampled_from(["letter", "a receipt with a number", ""]), max_size=2))
        a |= {"touchpoint": {"key": True, "evidence": evidence}} if evidence else {}
    step = st.sampled_from(LETTERS)
    raw["rules"] = [
        {"id": f"R{k}", "kind": "precedence", "a": a, "b": b, "severity": "minor", "basis": "B"}
        for k, (a, b) in enumerate(draw(st.lists(st.sampled_from(list(combinations(LETTERS, 2))), max_size=2)))
    ]
    raw["standards"] = [
        {"id": f"S{k}", "dimension": "time", "metric": "handling", "of": draw(step), "max": limit, "calendar": "office",
         "severity": "minor", "basis": "B", "share": 0.9}
        for k, limit in enumerate(draw(st.lists(st.sampled_from(LIMITS), max_size=3)))
    ]  # fmt: skip
    raw["kpis"] = [
        {"id": "K", "formula": {"share_with": "a"}, "target": 0.9, "direction": "up", "name": {"zh": draw(ODD)}}
    ]
    raw["allow"] = [
        {"id": "A", "match": {"kind": "missing", "activity": "a"}, "decision": "accepted", "reason": {"en": draw(ODD)},
         "approved_by": draw(ODD), "valid": ["2026-01-01", "2026-12-31"], "max_share": 0.05}
    ]  # fmt: skip
    raw["scope"] = {"starts_with": [used[0]], "ends_with": [used[-1]], "unit_of_analysis": "one case"}
    raw = draw(contacts(raw))
    return parse_blueprint(json.dumps(raw, ensure_ascii=False))


@pytest.mark.slow
@given(norms())
@settings(max_examples=examples(40), deadline=None)
def test_a_generated_blueprint_comes_back_means_its_flow_and_has_a_sheet_without_faults(tmp_path_factory, norm):
    path = tmp_path_factory.getbasetemp() / "generated.bpmn"
    for profile in PROFILES:
        path.write_bytes(to_bpmn(norm, profile=profile))
        root = etree.parse(path).getroot()
        assert sbp.read(root) == to_raw(norm)
        check_xml(root, norm)
        check_sheet(root)
        assert same_language(read_bpmn(path), with_names(write_net(norm.flow), norm))  # pools merged by their messages


@given(norms())
@settings(max_examples=examples(20), deadline=None)
def test_a_generated_drawing_means_its_flow_to_pm4py(tmp_path_factory, norm):
    path = written(norm, tmp_path_factory.getbasetemp(), profile="single")
    assert same_language(by_pm4py(path), with_names(write_net(norm.flow), norm))


# --- flows from BPMN files -------------------------------------------------------------------------------------------------


def drawn_elsewhere(folder, nodes, arcs, steps="abcde", **more):
    """A blueprint whose flow is a BPMN file of these nodes ("kind id") and arcs ("source>target")."""
    made = "".join("<{0} id='{1}' name='{1}'/>".format(*x.split()) for x in nodes)
    for k, arc in enumerate(arcs):
        source, target = arc.split(">")
        made += f"<sequenceFlow id='f{k}' sourceRef='{source}' targetRef='{target}'/>"
    (folder / "flow.bpmn").write_text(
        f"<definitions xmlns='{BPMN[1:-1]}'><process id='drawn'>{made}</process></definitions>"
    )
    raw = blueprint_dict({"bpmn": "flow.bpmn"}, steps, **more)
    for a in raw["activities"]:
        a["lane"] = "customer" if a["id"] in "bd" else a["lane"]
    (folder / "norm.yaml").write_text(json.dumps(raw))
    return mining.read_blueprint(folder / "norm.yaml")


BRIDGE = (  # two branches, of which one goes on into the other: no blocks say it
    [
        "startEvent s",
        "endEvent z",
        *(f"task {x}" for x in "abcd"),
        *(f"parallelGateway {x}" for x in ("p", "q", "r", "j")),
    ],
    ["s>p", "p>a", "p>b", "a>q", "q>c", "q>r", "b>r", "r>d", "c>j", "d>j", "j>z"],
)
MANY_BY_MANY = (
    ["startEvent s", "endEvent z", *(f"task {x}" for x in "abcd"), "exclusiveGateway x", "exclusiveGateway y"],
    ["s>x", "x>a", "x>b", "a>y", "b>y", "y>c", "y>d", "y>a", "c>z", "d>z"],
)


@pytest.mark.parametrize("read", [read_bpmn, by_pm4py])
@pytest.mark.parametrize(("nodes", "arcs"), [BRIDGE, MANY_BY_MANY])
def test_a_flow_from_a_file_is_drawn_anew_with_the_same_meaning(tmp_path, nodes, arcs, read):
    norm = drawn_elsewhere(
        tmp_path, nodes, arcs, "abcd", scope={"starts_with": ["a"], "ends_with": ["d"], "unit_of_analysis": "one"}
    )
    path = written(norm, tmp_path, profile="single")
    assert same_language(read(path), with_names(blueprint_net(norm), norm))
    for profile in PROFILES:
        root = etree.fromstring(to_bpmn(norm, profile=profile))
        assert sbp.read(root)["flow"] == {"bpmn": "flow.bpmn"}
        check_xml(root, norm)
        check_sheet(root)


def test_many_ways_in_and_out_are_one_gateway(tmp_path):
    norm = drawn_elsewhere(
        tmp_path, *MANY_BY_MANY, "abcd", scope={"starts_with": ["a"], "ends_with": ["d"], "unit_of_analysis": "one"}
    )
    root = etree.fromstring(to_bpmn(norm))
    assert Counter(kind(e) for e in parts(root, "task", "exclusiveGateway")) == {"task": 4, "exclusiveGateway": 4}
    # start or again before a; the one after a and b; the end after c and d; the choice at the start


def test_a_net_that_gateways_cannot_say_is_refused(tmp_path):
    from mining.nets import Transition, WorkflowNet

    norm = drawn_elsewhere(
        tmp_path, *BRIDGE, "abcd", scope={"starts_with": ["a"], "ends_with": ["d"], "unit_of_analysis": "one"}
    )
    one = ((0, 1),)
    competing = WorkflowNet(  # b needs p2 and p3, c takes p2 from it
        (
            Transition("a", one, ((2, 1), (3, 1))),
            Transition("b", ((2, 1), (3, 1)), ((1, 1),)),
            Transition("c", ((2, 1),), ((4, 1),)),
            Transition("d", ((4, 1), (3, 1)), ((1, 1),)),
        ),
        (1, 0, 0, 0, 0),
        (0, 1, 0, 0, 0),
    )
    with pytest.raises(
        BlueprintError, match="flow.bpmn cannot be drawn .* 'd' waits for several branches and competes"
    ):
        to_bpmn(replace(norm, flow=replace(norm.flow, net=competing)))
    double = WorkflowNet((Transition("a", one, ((1, 2),)),), (1, 0), (0, 2))
    with pytest.raises(BlueprintError, match="several tokens"):
        to_bpmn(replace(norm, flow=replace(norm.flow, net=double)))


# --- valid BPMN ------------------------------------------------------------------------------------------------------------

ORDER = {  # of children, as the schema of BPMN 2.0 has them
    "definitions": ["category", "resource", "collaboration", "process"],
    "collaboration": ["participant", "messageFlow", "group", "textAnnotation", "association"],
    "process": ["extensionElements", "laneSet", "*"],
    "lane": ["extensionElements", "flowNodeRef"],
    "adHocSubProcess": ["extensionElements", "incoming", "outgoing", "*"],
    "textAnnotation": ["extensionElements", "text"],
    "*": ["extensionElements", "incoming", "outgoing", "dataOutputAssociation", "potentialOwner", "messageEventDefinition",
          "conditionalEventDefinition", "timerEventDefinition"],
}  # fmt: skip
TASKS = ("task", "userTask", "serviceTask")
EVENTS = ("startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent")
NODES = (*TASKS, *EVENTS, "exclusiveGateway", "parallelGateway", "adHocSubProcess")
SHAPES = (*NODES, "participant", "lane", "dataObjectReference", "textAnnotation", "group")
LINES = ("sequenceFlow", "messageFlow", "association", "dataOutputAssociation")


def check_xml(root, norm):
    """What the schema of BPMN asks for: ids, references, order of children, a shape and an edge for everything drawn."""
    ids = [e.get("id") for e in root.iter() if isinstance(e.tag, str) and e.get("id")]
    assert len(ids) == len(set(ids))
    by_id = {e.get("id"): e for e in root.iter() if isinstance(e.tag, str) and e.get("id")}
    for e in root.iter():
        refs = [v for k, v in e.attrib.items() if k.endswith("Ref") or k == "bpmnElement"]
        refs += (
            [e.text]
            if e.tag.startswith(BPMN) and (e.tag.endswith("Ref") or kind(e) in ("incoming", "outgoing"))
            else []
        )
        assert set(refs) <= set(by_id), refs
        if e.tag.startswith(BPMN) and e.tag != BPMN + "extensionElements":
            order = ORDER.get(kind(e), ORDER["*"])
            found = [kind(x) for x in e if x.tag.startswith(BPMN)]
            places = [order.index(x) if x in order else len(order) for x in found]
            assert places == sorted(places) or kind(e) not in (*ORDER, *NODES), (kind(e), found)
    shapes = [s.get("bpmnElement") for s in root.iter(DI + "BPMNShape")]
    edges = [s.get("bpmnElement") for s in root.iter(DI + "BPMNEdge")]
    assert Counter(shapes) == Counter(e.get("id") for e in parts(root, *SHAPES))
    assert Counter(edges) == Counter(e.get("id") for e in parts(root, *LINES))
    for e in parts(root, *NODES):
        ways = {way: [x.text for x in e.findall(BPMN + way)] for way in ("incoming", "outgoing")}
        for way, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            assert ways[way] == [f.get("id") for f in parts(root, "sequenceFlow") if f.get(end) == e.get("id")]
    for e in parts(root, "sequenceFlow"):  # sequence flows stay in their process, messages leave it
        assert by_id[e.get("sourceRef")].getparent() is by_id[e.get("targetRef")].getparent() is e.getparent()
    for e in parts(root, "messageFlow"):
        assert by_id[e.get("sourceRef")].getparent() is not by_id[e.get("targetRef")].getparent()
    inside = [x.text for x in parts(root, "flowNodeRef")]
    assert Counter(inside) == Counter(e.get("id") for e in parts(root, *NODES) if kind(e.getparent()) == "process")
    drawn = {e.get("ref") for e in root.iter(f"{sbp.SBP}activity")}
    assert drawn == {a.id for a in norm.activities}  # every step is to be seen, in the flow or beside it


@pytest.mark.few_quick(4)
@every_sheet
def test_a_sample_is_valid_and_has_a_sheet_without_faults(name, profile, lang):
    norm = sample(name)
    root = etree.fromstring(to_bpmn(norm, profile=profile, lang=lang))
    check_xml(root, norm)
    check_sheet(root)


# --- the sheet -------------------------------------------------------------------------------------------------------------


def numbers(element):
    return tuple(float(element.get(k)) for k in ("x", "y", "width", "height"))


def overlap(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def within(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


def on_border(point, box):
    (x, y), (left, top, width, height) = point, box
    return (x in (left, left + width) and top <= y <= top + height) or (
        y in (top, top + height) and left <= x <= left + width
    )


def check_sheet(root):
    """No two boxes overlap, steps lie in their lane and stage, lines end at boxes and cross none, and texts have room."""
    by_id = {e.get("id"): e for e in root.iter() if isinstance(e.tag, str) and e.get("id")}
    shapes = {s.get("bpmnElement"): s for s in root.iter(DI + "BPMNShape")}
    boxes = {id: numbers(s.find(BOUNDS)) for id, s in shapes.items()}
    labels = {
        id: numbers(s.find(f"{DI}BPMNLabel/{BOUNDS}"))
        for id, s in shapes.items()
        if s.find(f"{DI}BPMNLabel") is not None
    }
    kinds = {id: kind(by_id[id]) for id in boxes}
    solid = [
        id for id, k in kinds.items() if k not in ("participant", "lane", "group", "adHocSubProcess", "boundaryEvent")
    ]
    for a, b in combinations(
        [id for id in boxes if id in solid or kinds[id] in ("adHocSubProcess", "boundaryEvent")], 2
    ):
        if overlap(boxes[a], boxes[b]):
            tied = by_id[a].get("attachedToRef") == b or by_id[b].get("attachedToRef") == a
            inside = by_id[a] in by_id[b].iterancestors() or by_id[b] in by_id[a].iterancestors()
            host = {x: by_id.get(by_id[x].get("attachedToRef")) for x in (a, b)}
            guest = any(h is not None and by_id[o] in h.iterancestors() for h, o in ((host[a], b), (host[b], a)))
            assert tied or inside or guest, (a, b)
    for id, box in labels.items():  # texts outside of shapes have room, and cover no shape and no other text
        e = by_id[id]
        text = e.get("name") or by_id[e.get("categoryValueRef")].get("value")
        assert LINE * len(wrapped(text, box[2])) <= box[3]
        if kinds[id] != "group":
            assert not any(overlap(box, boxes[x]) for x in solid), id
            assert not any(overlap(box, other) for x, other in labels.items() if x != id), id
    for id in solid:  # texts in boxes too
        if kinds[id] in (*TASKS, "textAnnotation"):
            text = by_id[id].get("name") or by_id[id].findtext(BPMN + "text")
            assert max(width_of(x) for x in wrapped(text, boxes[id][2] - 14)) <= boxes[id][2]
            assert LINE * len(wrapped(text, boxes[id][2] - 14)) <= boxes[id][3]
    check_lanes(root, by_id, boxes)
    check_lines(root, by_id, boxes, [id for id in solid if kinds[id] != "group"])


def check_lanes(root, by_id, boxes):
    """Lanes fill their pools without gap, pools lie one below the other, and each step lies in its lane and stage."""
    raw = sbp.read(root)
    for process in parts(root, "process"):
        pool = next(p for p in parts(root, "participant") if p.get("processRef") == process.get("id"))
        x, y, width, height = boxes[pool.get("id")]
        for lane in process.iter(BPMN + "lane"):
            box = boxes[lane.get("id")]
            assert (box[0], box[1], box[0] + box[2]) == (x + 30, y, x + width)
            assert LINE * len(wrapped(lane.get("name"), box[3] - 10)) <= 31  # set upright, two lines fit in the header
            y += box[3]
            for ref in lane.findall(BPMN + "flowNodeRef"):
                assert within(boxes[ref.text], box), ref.text
        assert y == boxes[pool.get("id")][1] + height
    place = {a["id"]: a for a in raw["activities"]}
    for e in parts(root, *TASKS, "textAnnotation", "dataObjectReference"):
        ref = e.find(f"{BPMN}extensionElements/{sbp.SBP}activity")
        if ref is not None:
            a = place[ref.get("ref")]
            assert within(boxes[e.get("id")], boxes[f"lane_{a['lane']}"])
            assert within(boxes[e.get("id")], boxes[f"group_{a['stage']}"])
    groups = [boxes[f"group_{s['id']}"] for s in raw["stages"]]
    assert all(a[0] + a[2] < b[0] for a, b in pairwise(groups))


def check_lines(root, by_id, boxes, solid):
    for edge in root.iter(DI + "BPMNEdge"):
        e = by_id[edge.get("bpmnElement")]
        source = e.get("sourceRef") or e.getparent().get("id")
        target = e.get("targetRef") or e.findtext(BPMN + "targetRef")
        points = [(float(p.get("x")), float(p.get("y"))) for p in edge.iter(WAYPOINT)]
        assert len(points) > 1
        assert on_border(points[0], boxes[source]), (source, points)
        assert on_border(points[-1], boxes[target]), (target, points)
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2
            line = (min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
            crossed = [id for id in solid if strictly_crosses(line, boxes[id])]
            assert not crossed, (e.get("id"), crossed)


def strictly_crosses(line, box):
    x, y, width, height = line
    return x < box[0] + box[2] and box[0] < x + width and box[1] < y < box[1] + box[3] if height == 0 else (
        y < box[1] + box[3] and box[1] < y + height and box[0] < x < box[0] + box[2]
    )  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("profile", PROFILES)
def test_flows_of_different_ends_do_not_lie_on_each_other(name, profile):
    """Two sequence flows share a piece of line only if they leave the same node or reach the same node."""
    root = etree.fromstring(to_bpmn(sample(name), profile=profile))
    flow = {e.get("id"): (e.get("sourceRef"), e.get("targetRef")) for e in parts(root, "sequenceFlow", "messageFlow")}
    lines = []
    for edge in root.iter(DI + "BPMNEdge"):
        if edge.get("bpmnElement") in flow:
            points = [(float(p.get("x")), float(p.get("y"))) for p in edge.iter(WAYPOINT)]
            lines += [(flow[edge.get("bpmnElement")], *sorted(pair)) for pair in pairwise(points)]
    for (one, a, b), (other, c, d) in combinations(lines, 2):
        if one[0] == other[0] or one[1] == other[1]:
            continue
        for k in (0, 1):  # level, then upright
            on_one_line = a[1 - k] == b[1 - k] == c[1 - k] == d[1 - k]
            assert not (on_one_line and max(a[k], c[k]) < min(b[k], d[k])), (one, other)


# --- what is drawn ---------------------------------------------------------------------------------------------------------


def test_the_profile_for_people_has_the_customer_in_a_pool_of_their_own():
    root = etree.fromstring(to_bpmn(sample("outpatient_visit"), profile="collaboration"))
    assert [p.get("name") for p in parts(root, "participant")] == ["Customer", "Provider: Outpatient clinic visit"]
    customer, provider = parts(root, "process")
    assert [e.get("name") for e in parts(customer, *TASKS)] == ["Pay", "Leave"]
    assert [lane.get("id") for lane in parts(customer, "lane")] == ["lane_evidence", "lane_patient"]
    assert [lane.get("id") for lane in parts(provider, "lane")] == ["lane_kiosk", "lane_staff", "lane_lab", "lane_his"]
    assert [(e.get("sourceRef"), e.get("targetRef")) for e in parts(root, "messageFlow")] == [
        ("ask_flow_4_0_1_1", "start_flow_4_0_1_1"),  # pay: asked for, and done
        ("end_flow_4_0_1_1", "done_flow_4_0_1_1"),
        ("end", "start_flow_5"),  # leave: the visit ends with it
    ]
    waits = [
        e for e in parts(root, "intermediateCatchEvent") if e.find(BPMN + "conditionalEventDefinition") is not None
    ]
    assert [e.get("id") for e in waits] == ["wait_consult", "wait_do_test"]


def test_a_free_region_is_unrolled_for_replay_and_ad_hoc_for_people():
    norm = sample("bank_loan")
    single, people = (etree.fromstring(to_bpmn(norm, profile=p)) for p in PROFILES)
    assert not parts(single, "adHocSubProcess", "messageFlow")
    inside = [[t.get("id").removeprefix("act_") for t in parts(x, *TASKS)] for x in parts(people, "adHocSubProcess")]
    assert sorted(inside) == sorted([
        ["offer_back"], ["complete_file", "send_offer", "call_on_offer"], ["accept", "withdraw_offer"],
        ["finalise", "select_offer", "create_offer"],
    ])  # fmt: skip


def test_time_standards_are_timers_that_do_not_interrupt():
    root = etree.fromstring(to_bpmn(sample("bank_loan")))
    timers = {e.get("id"): e for e in parts(root, "boundaryEvent") if e.find(BPMN + "timerEventDefinition") is not None}
    assert {
        id: (e.get("attachedToRef"), e.get("name"), e.findtext(f".//{BPMN}timeDuration")) for id, e in timers.items()
    } == {
        "timer_S1": ("act_preaccept", "S1 ≤ 1bd 90%", None),  # working days are no ISO 8601
        "timer_S2": ("act_approve", "S2 ≤ 5bd 90%", None),
        "timer_S3": ("act_validate", "S3 ≤ 60min 90%", "PT60M"),
        "timer_S4": ("act_call_on_offer", "S4 ≤ 3d 80%", "P3D"),
    }
    assert {e.get("cancelActivity") for e in parts(root, "boundaryEvent")} == {"false"}


def test_rules_fail_points_evidence_roles_and_stages_are_drawn():
    norm = sample("outpatient_visit")
    root = etree.fromstring(to_bpmn(norm))
    texts = {e.get("id"): e.findtext(BPMN + "text") for e in parts(root, "textAnnotation")}
    assert texts["note_rule_R2"] == "Rule R2: No dispensing before review"
    assert texts["note_rule_R3"] == "Rule R3: different persons: Prescribe – Review prescription"
    assert texts["note_fail_check_in"] == "Fail point: Wrong department. Control: Nurse asks for the complaint"
    assert texts["note_standard_S4"] == "Standard S4 ≥ 4.2: score, Quality plan"
    about = [(e.get("sourceRef"), e.get("targetRef")) for e in parts(root, "association")]
    assert [x for x in about if x[0] == "note_rule_R3"] == [
        ("note_rule_R3", "act_prescribe"),
        ("note_rule_R3", "act_review_rx"),
    ]
    things = {e.get("id"): e.get("name") for e in parts(root, "dataObjectReference")}
    given_by = {e.findtext(BPMN + "targetRef"): e.getparent().get("id") for e in parts(root, "dataOutputAssociation")}
    assert (things["thing_dispense.1"], given_by["thing_dispense.1"]) == ("medicine with label", "act_dispense")
    owners = {e.getparent().get("id"): e.findtext(BPMN + "resourceRef") for e in parts(root, "potentialOwner")}
    assert owners["act_triage"] == "role_nurse"
    assert {e.get("id"): kind(e) for e in parts(root, *TASKS)}["act_pay"] == "task"
    assert [e.get("value") for e in parts(root, "categoryValue")] == [s.name.get("en") for s in norm.stages]
    chinese = etree.fromstring(to_bpmn(norm, lang="zh"))
    assert chinese.find(".//*[@id='act_pay']").get("name") == "缴费"
    assert chinese.find(".//*[@id='note_rule_R2']").findtext(BPMN + "text") == "规则 R2: 未审方不得发药"


def test_steps_outside_the_flow_are_things_or_notes():
    permit = etree.fromstring(to_bpmn(sample("permit_receipt")))
    assert permit.find(".//*[@id='thing_application_form']").get("name") == "Application form"
    desk = etree.fromstring(to_bpmn(sample("it_incident")))
    assert desk.find(".//*[@id='out_survey']").findtext(BPMN + "text") == "Satisfaction survey (not in the flow)"


def test_a_step_in_several_places_is_drawn_in_each():
    root = etree.fromstring(to_bpmn(blueprint(["a", "b", "a"], "ab", ends="a")))
    assert [e.get("id") for e in parts(root, *TASKS)] == ["act_a", "act_b", "act_a.2"]


def test_a_service_without_customer_or_without_provider_is_one_pool():
    for kinds in (("onstage", "backstage"), ("physical_evidence", "customer")):
        lanes = [{"id": x, "kind": k, "name": {"en": x}} for x, k in zip(("desk", "office"), kinds, strict=True)]
        norm = blueprint(["a", {"free": ["b", "c"]}, "d"], "abcd", lanes=lanes)
        root = etree.fromstring(to_bpmn(norm, profile="collaboration"))
        assert [p.get("id") for p in parts(root, "participant")] == ["pool_service"]
        check_xml(root, norm)
        check_sheet(root)


def test_a_name_that_xml_cannot_carry_is_drawn_without_it_and_kept_whole():
    norm = blueprint(["a"], "a", name={"en": "Bell \x07 <&>"}, owner="\x00")
    root = etree.fromstring(to_bpmn(norm))
    assert parts(root, "participant")[0].get("name") == "Bell \ufffd <&>"
    assert (sbp.read(root)["name"], sbp.read(root)["owner"]) == ({"en": "Bell \x07 <&>"}, "\x00")


def test_another_profile_is_refused():
    with pytest.raises(MiningError, match="profile 'people': there are 'single' and 'collaboration'"):
        to_bpmn(blueprint(["a"], "a"), profile="people")


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_run():
    code = (
        "import hashlib, mining; from mining.blueprint.bpmn import to_bpmn\n"
        "b = mining.read_blueprint('sample_logs/it_incident/blueprint.yaml')\n"
        "print([hashlib.sha256(to_bpmn(b, profile=p)).hexdigest() for p in ('single', 'collaboration')])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_an_unsound_drawing_would_be_noticed(tmp_path):
    """The comparison can fail: one flow taken out of the drawing, and it means something else."""
    norm = sample("permit_receipt")
    root = etree.fromstring(to_bpmn(norm))
    bypass = next(
        f
        for f in parts(root, "sequenceFlow")
        if f.get("sourceRef").endswith("_split") and f.get("targetRef").endswith("_join")
    )
    bypass.getparent().remove(bypass)
    path = tmp_path / "changed.bpmn"
    path.write_bytes(etree.tostring(root))
    assert not same_language(read_bpmn(path), with_names(write_net(norm.flow), norm))
