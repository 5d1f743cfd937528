"""The page on BPMN says what happens to every construct: each of its rows is run."""

import json
import re
from collections import Counter

import pytest
from lxml import etree

from mining.automaton import build
from mining.blueprint import parse_blueprint
from mining.blueprint.bpmn import from_bpmn, read_flow, to_bpmn
from mining.blueprint.bpmn.blocks import witness
from mining.errors import BlueprintError
from tests.helpers import ROOT, blueprint_dict
from tests.test_bpmn_reading import END, HEAD, START, drawn, pools, process, words

ID = "xx9"
MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SECTION = {}
for part in (ROOT / "docs" / "bpmn.md").read_text("utf-8").split("\n## ")[1:]:
    lines = [line for line in part.splitlines() if line.startswith("|")]
    SECTION[part.splitlines()[0]] = [[x.strip() for x in line.strip("|").split("|")] for line in lines]


def rows(section):
    return SECTION[section][2:]


def codes(cell):
    return re.findall(r"`([^`]+)`", cell)


# --- import ----------------------------------------------------------------------------------------------------------------

A, B, LINE = "task a", "task b", ("s>a", "a>b", "b>e")


def plain(inner=None, more=None, beside="", lanes="", around="", nodes=(), arcs=()):
    """Two tasks in a line, and what a row adds to it."""
    made = process([START, END, A, B, *nodes], *LINE, *arcs, inner=inner, more=more, lanes=lanes)
    return around + made.replace("</process>", f"{beside}</process>")


def between(kind, inside="", more=""):
    """A node of a kind between two tasks."""
    arcs = ["s>a", f"a>{ID}", f"{ID}>b", "b>e"]
    return process([START, END, A, B, f"{kind} {ID}"], *arcs, inner={ID: inside}, more={ID: more})


def gateway(kind, more=""):
    nodes = [START, END, A, B, f"{kind} {ID}", f"{'exclusiveGateway' if kind[0] == 'e' else kind} y"]
    return process(nodes, f"s>{ID}", f"{ID}>a", f"{ID}>b", "a>y", "b>y", "y>e", more={ID: more})


def event(kind, definition):
    what = f"<{definition}EventDefinition/>" if definition != "none" else ""
    if kind == "startEvent":
        return process([f"{kind} {ID}", END, A], f"{ID}>a", "a>e", inner={ID: what})
    if kind == "endEvent":
        return process([START, f"{kind} {ID}", A], "s>a", f"a>{ID}", inner={ID: what})
    if kind == "boundaryEvent":
        nodes, arcs = [START, END, A, B, f"{kind} {ID}"], ["s>a", "a>e", f"{ID}>b", "b>e"]
        return process(nodes, *arcs, inner={ID: what}, more={ID: "attachedToRef='a'"})
    if definition == "link":
        other = "intermediateThrowEvent" if kind == "intermediateCatchEvent" else "intermediateCatchEvent"
        arcs = (
            ("s>a", f"a>{ID}", "y>b", "b>e") if kind == "intermediateThrowEvent" else ("s>a", "a>y", f"{ID}>b", "b>e")
        )
        link = '<linkEventDefinition name="L"/>'
        return process([START, END, A, B, f"{kind} {ID}", f"{other} y"], *arcs, inner={ID: link, "y": link})
    return between(kind, what)


OTHER = "<participant id='P1' name='Bank' processRef='p'/>"
WHICH = "<conditionExpression>n</conditionExpression>"
SIGNAL = "<eventDefinitionRef>sd</eventDefinitionRef>"


def joined(inside, pool=OTHER):
    """A collaboration with one pool for the process, and this in it."""
    return f"<collaboration id='c'>{pool}{inside}</collaboration>" + plain()


ASK = process(["startEvent s1", "task a", "endEvent e1"], "s1>a", "a>e1", id="p1")
ANSWER = process(["startEvent s2", "task b", "endEvent e2"], "s2>b", "b>e2", id="p2")
MESSAGE = pools(ASK, ANSWER, "a>b").replace("id='a>b'", f"id='{ID}'")
INNER = drawn(["startEvent us", "task u", "endEvent ue"], "us>u", "u>ue")
CASES = {
    "sequenceFlow": plain().replace("id='a>b'", f"id='{ID}'"),
    "conditionExpression": process(
        [START, END, A, B, "exclusiveGateway x"], "s>x", "x>a", "x>b", "a>e", "b>e", inner={"x>a": WHICH}
    ).replace("id='x>a'", f"id='{ID}'"),
    "default": gateway("exclusiveGateway", f"default='{ID}>b'"),
    "conditionExpression behind a task": process(
        [START, END, A, B], "s>a", "a>b", "a>e", "b>e", inner={"a>b": WHICH}
    ).replace("id='a>b'", f"id='{ID}'"),
    "eventBasedGateway": process(
        [START, END, A, B, f"eventBasedGateway {ID}"], f"s>{ID}", f"{ID}>a", f"{ID}>b", "a>e", "b>e"
    ),
    "eventBasedGateway that starts": process(
        [START, END, A, B, f"eventBasedGateway {ID}"],
        f"s>{ID}",
        f"{ID}>a",
        f"{ID}>b",
        "a>e",
        "b>e",
        more={ID: "instantiate='true'"},
    ),
    "subProcess": between("subProcess", INNER),
    "transaction": between("transaction", INNER),
    "subProcess without content": between("subProcess"),
    "adHocSubProcess": between("adHocSubProcess", drawn(["task u", "task v"])),
    "adHocSubProcess with flows": between("adHocSubProcess", drawn(["task u", "task v"], "u>v")),
    "event sub-process": plain(nodes=[f"subProcess {ID}"], inner={ID: INNER}, more={ID: "triggeredByEvent='true'"}),
    "callActivity": between("callActivity", more="calledElement='p'"),
    "isForCompensation": between("task", more="isForCompensation='true'"),
    "standardLoopCharacteristics": between("task", "<standardLoopCharacteristics/>"),
    "multiInstanceLoopCharacteristics": between("task", "<multiInstanceLoopCharacteristics/>"),
    "cancelActivity=false": process(
        [START, END, A, B, f"boundaryEvent {ID}", "endEvent f"],
        "s>a",
        "a>e",
        f"{ID}>b",
        "b>f",
        more={ID: "attachedToRef='a' cancelActivity='false'"},
    ),
    "eventDefinitionRef": "<signalEventDefinition id='sd'/>" + between("intermediateCatchEvent", SIGNAL),
    "several event definitions": between("intermediateCatchEvent", "<messageEventDefinition/><signalEventDefinition/>"),
    "dataObject": plain(beside=f"<dataObject id='{ID}'/>"),
    "dataStore": plain(around=f"<dataStore id='{ID}'/>"),
    "dataObjectReference": plain(beside=f"<dataObjectReference id='{ID}' name='Letter'/>"),
    "dataStoreReference": plain(beside=f"<dataStoreReference id='{ID}' name='Archive'/>"),
    "ioSpecification": plain(inner={"a": f"<ioSpecification id='{ID}'/>"}),
    **{x: plain(beside=f"<{x} id='{ID}'/>") for x in ("property", "auditing", "monitoring", "correlationSubscription")},
    "textAnnotation": plain(beside=f"<textAnnotation id='{ID}'><text>Look</text></textAnnotation>"),
    "association": plain(
        beside=f"<textAnnotation id='n'><text>Look</text></textAnnotation><association id='{ID}' sourceRef='n' targetRef='a'/>"
    ),
    "documentation": between("task", "<documentation>Look</documentation>"),
    "group": plain(beside=f"<group id='{ID}'/>"),
    "lane": plain(lanes=f"<laneSet id='l'><lane id='{ID}' name='{ID}'><flowNodeRef>a</flowNodeRef></lane></laneSet>"),
    "potentialOwner": plain(inner={"a": f"<potentialOwner id='{ID}' name='Clerk'/>"}),
    "resourceRole": plain(inner={"a": f"<resourceRole id='{ID}' name='Clerk'/>"}),
    "humanPerformer": plain(inner={"a": f"<humanPerformer id='{ID}' name='Clerk'/>"}),
    "performer": plain(inner={"a": f"<performer id='{ID}' name='Clerk'/>"}),
    "participant, the only one with a process": joined("", f"<participant id='{ID}' processRef='p'/>"),
    "participant with a process, one of several": MESSAGE.replace(ID, "m").replace("'P1'", f"'{ID}'"),
    "participant without a process": joined(f"<participant id='{ID}' name='Post'/>"),
    "participantMultiplicity": joined("", OTHER.replace("/>", f"><participantMultiplicity id='{ID}'/></participant>")),
    "messageFlow between elements": MESSAGE,
    "messageFlow to or from a pool": joined(
        f"<participant id='P2'/><messageFlow id='{ID}' sourceRef='P2' targetRef='a'/>"
    ),
    **{x: f"<{x} id='{ID}'/>" + plain() for x in ("message", "signal", "error", "escalation", "resource", "category")},
    **{
        x: f"<{x} id='{ID}'/>" + plain()
        for x in (
            "choreography",
            "globalConversation",
            "globalTask",
            "globalUserTask",
            "itemDefinition",
            "interface",
            "import",
            "relationship",
            "extension",
            "partnerRole",
            "endPoint",
        )
    },
    **{
        x: joined(f"<{x} id='{ID}'/>")
        for x in (
            "conversation",
            "subConversation",
            "callConversation",
            "conversationLink",
            "conversationAssociation",
            "correlationKey",
        )
    },
    "correlationProperty": f"<correlationProperty id='{ID}'/>" + plain(),
    "extensionElements of another tool": between("task", "<extensionElements><x:cost/></extensionElements>"),
    "attributes of another tool": between("task", more="x:cost='3'"),
    "bpmndi:BPMNDiagram": plain()
    + f"<bpmndi:BPMNDiagram id='{ID}'><bpmndi:BPMNPlane bpmnElement='p'/></bpmndi:BPMNDiagram>",
}
CASES |= {x: gateway(x) for x in ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway")}
TASKS = ("task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask")
CASES |= {x: between(x) for x in TASKS}


def fates(folder, content):
    """(fate on import, whether a to-do line names the element, what a flow makes of it)."""
    path = folder / "flow.bpmn"
    path.write_text(f"{HEAD}\n{content}</definitions>", encoding="utf-8")
    try:
        draft = from_bpmn(path)
    except BlueprintError as error:
        found = str(error)
        names = {x: x for x in ("a", "b", "u", "v", ID)}
        norm = parse_blueprint(json.dumps(blueprint_dict(["a", "b"], names)))
        with pytest.raises(BlueprintError, match=f"'{ID}'"):
            read_flow(path, norm.activities)
        return "refused" if f"'{ID}'" in found else found, False, "refused"
    norm = draft.blueprint()
    assert witness(build(read_flow(path, norm.activities).net), norm.automaton) is None
    found = [x.fate for x in draft.foreign if x.id == ID]
    told = any(ID in f"{t.place} {t.what}" for t in draft.todo)
    runs_too = not found or "read" in found
    if (
        not runs_too
    ):  # what is passed over leaves two tasks, with or without the one that it belongs to, or a choice of them
        assert words(norm.automaton) in ({"a"}, {"ab"}, {f"a{ID}b"}, {"a", "b"})
    return found[-1] if found else "plain", told, "same flow" if runs_too else "passed over"


def test_every_row_of_the_page_has_a_file_and_every_file_a_row():
    named = [code for row in rows("Import: all constructs but events") for code in codes(row[0])]
    assert sorted(named) == sorted(CASES)


@pytest.mark.parametrize("row", rows("Import: all constructs but events"), ids=lambda row: row[0][:40])
def test_a_construct_is_treated_as_the_page_says(tmp_path, row):
    for code in codes(row[0]):
        fate, told, flow = fates(tmp_path, CASES[code])
        assert (fate, "yes" if told else "", flow) == (row[1].split(":")[0], row[2], row[3]), code


@pytest.mark.parametrize("row", rows("Import: events"), ids=lambda row: row[0])
def test_an_event_is_treated_as_the_page_says(tmp_path, row):
    kinds = [codes(cell)[0] for cell in SECTION["Import: events"][0][1:]]
    (definition,) = codes(row[0])
    for kind, cell in zip(kinds, row[1:], strict=True):
        fate, _, flow = fates(tmp_path, event(kind, definition))
        assert fate == cell, kind
        assert (flow == "refused") == (fate == "refused")


# --- export ----------------------------------------------------------------------------------------------------------------

STEP = {"id": "a", "lane": "desk", "stage": "all", "labels": ["A"], "name": {"en": "Step a"}}
RULE = {"id": "R1", "kind": "precedence", "a": "a", "b": "b", "severity": "minor", "basis": "Law"}
LIMIT = {
    "id": "S1",
    "dimension": "time",
    "metric": "handling",
    "of": "a",
    "max": "2h",
    "severity": "minor",
    "basis": "Law",
}


def base(flow=("a", "b", "c"), **more):
    raw = blueprint_dict(list(flow), "abc", **more)
    del raw["roles"]
    return raw


def with_step(**more):
    raw = base()
    raw["activities"][0] |= more
    return raw | ({"roles": {"clerk": {"name": {"en": "Clerk"}}}} if "role" in more else {})


def lane(kind, moves=()):
    """A blueprint in which a lane is added, and steps moved to it."""
    raw = base()
    raw["lanes"] = [*raw["lanes"], {"id": "more", "kind": kind, "name": {"en": "More"}}]
    raw["lanes"].sort(key=lambda x: ["customer", "onstage", "backstage", "support"].index(x["kind"]))
    raw["activities"] = [a | ({"lane": "more"} if a["id"] in moves else {}) for a in raw["activities"]]
    return raw


STAGES = [{"id": x, "name": {"en": x}} for x in ("all", "later")]
ALLOW = {
    "id": "A1",
    "match": {"rule": "R1"},
    "decision": "accepted",
    "reason": {"en": "Storm"},
    "approved_by": "Board",
    "valid": ["2026-01-01", "2026-12-31"],
}
KPI = {"id": "K1", "formula": {"share_with": "a"}, "target": 0.9, "direction": "up", "name": {"en": "Done"}}
SCORE = {
    "id": "S2",
    "dimension": "quality",
    "metric": "score",
    "source": "survey",
    "item": "i",
    "of": "a",
    "min": 4,
    "severity": "minor",
    "basis": "P",
}
TURNS = {"id": "S3", "dimension": "quality", "metric": "turns", "max": 4, "severity": "minor", "basis": "P"}
LETTER = {"key": True, "evidence": ["letter"]}
SHORT = base(["a", "c"]) | {"activities": [a for a in base()["activities"] if a["id"] != "b"]}
EXPORTS = {
    "activity in the flow": (SHORT, base()),
    "activity outside the flow": (SHORT, base(["a", "c"])),
    "choice": (base(), base(["a", {"choice": ["b", "c"]}, "c"])),
    "parallel": (base(), base(["a", {"parallel": ["b", "c"]}, "c"])),
    "optional": (base(), base(["a", {"optional": "b"}, "c"])),
    "loop": (base(), base(["a", {"loop": "b"}, "c"])),
    "free": (base(), base(["a", {"free": ["b"]}, "c"])),
    "stage": (base(), base(stages=STAGES)),
    "lane": (base(), lane("support")),
    "lane of the customer with a step": (base(), lane("customer", "b")),
    "role": (base(), with_step(role="clerk")),
    "wait_point": (base(), with_step(wait_point=True)),
    "fail_point": (base(), with_step(fail_point={"failure": {"en": "Lost"}, "control": "Count"})),
    "touchpoint": (base(), with_step(touchpoint={"key": True})),
    "touchpoint.evidence": (base(), with_step(touchpoint={"key": True, "evidence": ["letter"]})),
    "touchpoint.proofs": (
        with_step(touchpoint=LETTER),
        with_step(touchpoint=LETTER | {"proofs": [{"of": "letter", "activity": "b"}]}),
    ),
    "touchpoint.fails_when": (
        with_step(touchpoint={"key": True}),
        with_step(touchpoint={"key": True, "fails_when": [{"attr": "word", "op": "==", "value": "no"}]})
        | {"log": base()["log"] | {"attributes": {"word": "Word"}}},
    ),
    "replaced_by": (base(), with_step(replaced_by=["b", "By post"])),
    "scope": (
        base(),
        base(scope=base()["scope"] | {"withdrawn_by": ["c"], "reopened_by": ["b"], "abandoned_after": "30d"}),
    ),
    "standard of time on a step": (base(), base(standards=[LIMIT])),
    "standard of another kind": (base(), base(standards=[SCORE])),
    "standard of the whole case": (base(), base(standards=[TURNS])),
    "rule": (base(), base(rules=[RULE])),
    "allow": (base(rules=[RULE]), base(rules=[RULE], allow=[ALLOW])),
    "kpis": (base(), base(kpis=[KPI])),
    "calendars": (
        base(),
        base(
            calendars={
                "night": {"tz": "UTC", "week": {"mon": ["09:00-17:00"]}, "coverage": ["2026-01-01", "2026-12-31"]}
            }
        ),
    ),
}
UNTOLD = {
    "sequenceFlow",
    "incoming",
    "outgoing",
    "flowNodeRef",
    "text",
    "extensionElements",
    "condition",
    "targetRef",
    "resourceRef",
}
UNTOLD |= {"timeDuration", "process", "laneSet", "categoryValue", "category", "dataObject", "ordering"}


def tags(raw, profile):
    root = etree.fromstring(to_bpmn(parse_blueprint(json.dumps(raw)), profile=profile))
    return Counter(e.tag.removeprefix(MODEL) for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(MODEL))


def test_every_row_of_the_export_has_two_blueprints():
    assert [codes(row[0])[0] for row in rows("Export")] == list(EXPORTS)


@pytest.mark.few_quick(9)
@pytest.mark.parametrize("row", rows("Export"), ids=lambda row: row[0])
def test_an_element_is_drawn_as_the_page_says(row):
    without, having = EXPORTS[codes(row[0])[0]]
    for profile, cell in zip(("single", "collaboration"), row[1:3], strict=True):
        more = tags(having, profile) - tags(without, profile)
        assert {x for x in more if x not in UNTOLD} == set(codes(cell)), profile
