"""A blueprint as a BPMN 2.0 file that other modellers open: the drawing in BPMN's words, the rest in ``sbp`` extension elements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from lxml import etree

from mining.blueprint import model as m
from mining.blueprint.bpmn import sbp
from mining.blueprint.bpmn.cells import Box
from mining.blueprint.bpmn.draw import draw
from mining.blueprint.bpmn.elements import AD_HOC, EXCLUSIVE, NOTE, Boundary, Drawing, Edge, Evidence, Node
from mining.blueprint.bpmn.labels import name_of, word
from mining.blueprint.bpmn.layout import Plan, arrange
from mining.blueprint.bpmn.sbp import plain
from mining.blueprint.writing import to_raw
from mining.errors import MiningError
from mining.units import Duration

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
CANVAS = "http://www.omg.org/spec/DD/20100524/DC"
LINES = "http://www.omg.org/spec/DD/20100524/DI"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SPACES = {None: MODEL, "bpmndi": DIAGRAM, "dc": CANVAS, "di": LINES, "xsi": INSTANCE, "sbp": sbp.NAMESPACE}
PROFILES = ("single", "collaboration")
_ISO = {"s": ("PT", "S"), "min": ("PT", "M"), "h": ("PT", "H"), "d": ("P", "D"), "w": ("P", "W")}


def to_bpmn(
    blueprint: m.Blueprint, *, profile: Literal["single", "collaboration"] = "single", lang: str = "en"
) -> bytes:
    """Write a blueprint as BPMN 2.0 with its layout.

    Parameters
    ----------
    blueprint : Blueprint
    profile : {"single", "collaboration"}, default "single"
        ``single`` is for replay: one pool with all lanes, sequence flows only, free regions unrolled into loops; wait points and
        time standards hang on their tasks. ``collaboration`` is for people: the customer in a pool of their own, message flows
        across the line of interaction, free regions as ad-hoc sub-processes, wait points as events in the flow.
    lang : str, default "en"
        Language of the names in the drawing.

    Returns
    -------
    bytes
        The same for the same blueprint, byte for byte. ``sbp:blueprint`` in it holds all of the blueprint, so that
        :func:`mining.blueprint.bpmn.from_bpmn` loses nothing.

    Raises
    ------
    MiningError
        For an unknown profile.
    BlueprintError
        If a flow from a BPMN file cannot be drawn with exclusive and parallel gateways.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> text = to_bpmn(read_blueprint("sample_logs/bank_loan/blueprint.yaml")).decode()
    >>> text.count("<lane "), text.count("<participant "), "Submit application" in text
    (5, 1, True)
    """
    if profile not in PROFILES:
        raise MiningError(f"profile {profile!r}: there are {' and '.join(map(repr, PROFILES))}.")
    drawing = draw(blueprint, collaboration=profile == "collaboration", lang=lang)
    root = _Writer(blueprint, drawing, lang).definitions(arrange(blueprint, drawing, lang))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: Any, tag: str, space: str = MODEL, text: str | None = None, /, **attributes: str | None) -> Any:
    element = etree.SubElement(parent, f"{{{space}}}{tag}")
    for key, value in attributes.items():
        if value is not None:
            element.set(key, value)
    element.text = text
    return element


def _extend(element: Any, **references: str | None) -> None:
    """What an element stands for: ``sbp`` elements that name parts of the blueprint."""
    box = _add(element, "extensionElements")
    for tag, ref in references.items():
        if ref is not None:
            _add(box, tag, sbp.NAMESPACE, ref=ref)


class _Writer:
    def __init__(self, blueprint: m.Blueprint, drawing: Drawing, lang: str) -> None:
        self.blueprint, self.drawing, self.lang = blueprint, drawing, lang
        self.flows: dict[tuple[str, str], list[str]] = {}  # (incoming or outgoing, node) to sequence flows
        for e in drawing.edges:
            if e.kind == "sequenceFlow":
                self.flows.setdefault(("incoming", e.target), []).append(e.id)
                self.flows.setdefault(("outgoing", e.source), []).append(e.id)
        self.lane_of = {n.id: n.lane for n in drawing.nodes}

    def definitions(self, plan: Plan) -> Any:
        blueprint = self.blueprint
        root = etree.Element(f"{{{MODEL}}}definitions", nsmap=SPACES)
        root.set("id", f"blueprint_{blueprint.id}")
        root.set("targetNamespace", sbp.NAMESPACE)
        for stage in blueprint.stages:
            category = _add(root, "category", id=f"category_{stage.id}")
            _add(category, "categoryValue", id=f"stage_{stage.id}", value=name_of(stage.name, self.lang, stage.id))
        for role in blueprint.roles:
            _add(root, "resource", id=f"role_{role.id}", name=name_of(role.name, self.lang, role.id))
        self.collaboration(root)
        for pool in self.drawing.pools:
            process = _add(root, "process", id=f"process_{pool.id}", name=pool.name, isExecutable="false")
            if pool == self.drawing.pools[-1]:
                _add(process, "extensionElements").append(sbp.write(to_raw(blueprint)))
            self.lanes(process, pool.lanes)
            self.elements(process, None, pool.lanes)
        diagram = _add(root, "BPMNDiagram", DIAGRAM, id="diagram")
        _draw(_add(diagram, "BPMNPlane", DIAGRAM, id="plane", bpmnElement="collaboration"), self.drawing, plan)
        return root

    def collaboration(self, root: Any) -> None:
        """Pools, messages, and what lies across them: stages, notes and steps outside the flow."""
        element = _add(root, "collaboration", id="collaboration")
        for pool in self.drawing.pools:
            _add(element, "participant", id=f"pool_{pool.id}", name=pool.name, processRef=f"process_{pool.id}")
        for e in self.drawing.edges:
            if e.kind == "messageFlow":
                _add(element, "messageFlow", id=e.id, sourceRef=e.source, targetRef=e.target)
        for stage in self.blueprint.stages:
            group = _add(element, "group", id=f"group_{stage.id}", categoryValueRef=f"stage_{stage.id}")
            _extend(group, stage=stage.id)
        for node in self.drawing.nodes:
            if node.kind == NOTE:
                self.note(element, node.id, node.name, "activity", str(node.activity))
        for note in self.drawing.notes:
            self.note(element, note.id, note.text, *note.ref)
        for e in self.drawing.edges:
            if e.kind == "association":
                _add(element, "association", id=e.id, sourceRef=e.source, targetRef=e.target)

    def note(self, parent: Any, id: str, text: str, tag: str, ref: str) -> None:
        element = _add(parent, "textAnnotation", id=id)
        _extend(element, **{tag: ref})
        _add(element, "text", MODEL, plain(text))

    def lanes(self, process: Any, lanes: Collection[str]) -> None:
        lane_set = _add(process, "laneSet", id=f"lanes_{process.get('id')}")
        for lane in (x for x in self.blueprint.lanes if x.id in lanes):
            element = _add(lane_set, "lane", id=f"lane_{lane.id}", name=name_of(lane.name, self.lang, lane.id))
            _extend(element, lane=lane.id)
            outer = [n for n in self.drawing.nodes if n.within is None and n.kind != NOTE and n.lane == lane.id]
            for node in outer:
                for id in (node.id, *(b.id for b in self.drawing.boundaries if b.host == node.id)):
                    _add(element, "flowNodeRef", MODEL, id)

    # --- processes -----------------------------------------------------------------------------------------------------

    def elements(self, parent: Any, within: str | None, lanes: Collection[str]) -> None:
        """Nodes, flows and data of a process, or of an ad-hoc sub-process."""
        nodes = [n for n in self.drawing.nodes if n.within == within and n.kind != NOTE and n.lane in lanes]
        ids = {n.id for n in nodes}
        for node in nodes:
            self.node(parent, node, lanes)
        for b in self.drawing.boundaries:
            if b.host in ids:
                self.boundary(parent, b)
        for e in self.drawing.edges:
            if e.kind == "sequenceFlow" and e.source in ids:
                _add(parent, "sequenceFlow", id=e.id, sourceRef=e.source, targetRef=e.target)
        for thing in self.drawing.evidence:
            if within is None and (self.lane_of[thing.task] if thing.task else thing.lane) in lanes:
                self.thing(parent, thing)

    def node(self, parent: Any, node: Node, lanes: Collection[str]) -> None:
        element = _add(parent, node.kind, id=node.id, name=plain(node.name) or None)
        if node.activity is not None:
            a = self.blueprint.activity(node.activity)
            _extend(
                element,
                activity=a.id,
                touchpoint=a.id if a.touchpoint else None,
                failPoint=a.id if a.fail_point else None,
                waitPoint=a.id if a.wait_point else None,
            )
        for way in ("incoming", "outgoing"):
            for flow in self.flows.get((way, node.id), ()):
                _add(element, way, MODEL, flow)
        if node.event == "message":
            _add(element, "messageEventDefinition", id=f"{node.id}.event")
        elif node.event == "conditional":
            self.wait(element, node.id)
        elif node.kind == AD_HOC:
            element.set("ordering", "Parallel")
            self.elements(element, node.id, lanes)
        elif node.activity is not None:
            for e in self.drawing.edges:
                if e.kind == "dataOutputAssociation" and e.source == node.id:
                    _add(_add(element, e.kind, id=e.id), "targetRef", MODEL, e.target)
            role = self.blueprint.activity(node.activity).role
            if role is not None:
                owner = _add(element, "potentialOwner", id=f"{node.id}.owner")
                _add(owner, "resourceRef", MODEL, f"role_{role}")

    def wait(self, element: Any, id: str) -> None:
        """Waiting has no length in the design: it ends when the next step can begin."""
        definition = _add(element, "conditionalEventDefinition", id=f"{id}.event")
        condition = _add(definition, "condition", MODEL, word("wait_ends", self.lang), id=f"{id}.condition")
        condition.set(f"{{{INSTANCE}}}type", "tFormalExpression")

    def boundary(self, parent: Any, b: Boundary) -> None:
        element = _add(
            parent, "boundaryEvent", id=b.id, name=plain(b.name), attachedToRef=b.host, cancelActivity="false"
        )
        if b.standard is None:
            self.wait(element, b.id)
            return
        _extend(element, standard=b.standard)
        definition = _add(element, "timerEventDefinition", id=f"{b.id}.event")
        if b.limit is not None and not b.limit.in_business_time:
            length = _add(definition, "timeDuration", MODEL, iso(b.limit), id=f"{b.id}.length")
            length.set(f"{{{INSTANCE}}}type", "tFormalExpression")

    def thing(self, parent: Any, thing: Evidence) -> None:
        _add(parent, "dataObject", id=f"{thing.id}.object", name=thing.name)
        element = _add(parent, "dataObjectReference", id=thing.id, name=thing.name, dataObjectRef=f"{thing.id}.object")
        if thing.activity is not None:
            _extend(element, activity=thing.activity)


def iso(length: Duration) -> str:
    """An elapsed duration as ISO 8601 writes it; parts of a unit in seconds.

    Examples
    --------
    >>> iso(Duration(3, "d")), iso(Duration(90, "min")), iso(Duration(1.5, "h"))
    ('P3D', 'PT90M', 'PT5400S')
    """
    if length.amount % 1:
        return f"PT{length.seconds:.6f}".rstrip("0").rstrip(".") + "S"
    before, after = _ISO[length.unit]
    return f"{before}{length.amount:.0f}{after}"


# --- BPMN DI -----------------------------------------------------------------------------------------------------------


def _draw(plane: Any, drawing: Drawing, plan: Plan) -> None:
    kinds = {n.id: n.kind for n in drawing.nodes}
    for id, box in sorted(plan.boxes.items(), key=lambda item: _depth(item[0], kinds)):
        shape = _add(plane, "BPMNShape", DIAGRAM, id=f"{id}.shape", bpmnElement=id)
        if id.startswith(("pool_", "lane_")) and id not in kinds:
            shape.set("isHorizontal", "true")
        if kinds.get(id) == EXCLUSIVE:
            shape.set("isMarkerVisible", "true")
        if kinds.get(id) == AD_HOC:
            shape.set("isExpanded", "true")
        _bounds(shape, box)
        if id in plan.labels:
            _bounds(_add(shape, "BPMNLabel", DIAGRAM), plan.labels[id])
    for e in drawing.edges:
        _line(plane, e, plan)


def _depth(id: str, kinds: dict[str, str]) -> int:
    """What lies under what: pools, lanes, sub-processes, all else."""
    if id in kinds:
        return 2 if kinds[id] == AD_HOC else 3
    return 0 if id.startswith("pool_") else 1 if id.startswith("lane_") else 4


def _line(plane: Any, e: Edge, plan: Plan) -> None:
    edge = _add(plane, "BPMNEdge", DIAGRAM, id=f"{e.id}.edge", bpmnElement=e.id)
    for x, y in plan.lines[e.id]:
        _add(edge, "waypoint", LINES, x=_number(x), y=_number(y))


def _bounds(parent: Any, box: Box) -> None:
    numbers = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    _add(parent, "Bounds", CANVAS, **{key: _number(value) for key, value in numbers.items()})


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
