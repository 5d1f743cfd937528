"""A flow kept in a BPMN 2.0 file, for designs that are not block-structured: one process of tasks, events and gateways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining.automaton import Transition, WorkflowNet
from mining.blueprint import model as m
from mining.errors import BlueprintError, hint

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
TASKS = {"task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"}
SPLITS = {"exclusiveGateway", "parallelGateway"}
EVENTS = {"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent"}
NO_FLOW = {
    "textAnnotation",
    "association",
    "group",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "laneSet",
}
NO_FLOW |= {"extensionElements", "documentation", "ioSpecification", "property"}


@dataclass(frozen=True)
class _Node:
    id: str
    kind: str
    name: str
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]


def read_flow(path: Path, activities: Iterable[m.Activity]) -> m.Graph:
    """Read the flow of a blueprint from a BPMN file.

    Parameters
    ----------
    path : Path
    activities : iterable of Activity
        A task means the activity with its id or one of its names or labels.

    Returns
    -------
    Graph

    Raises
    ------
    BlueprintError
        If the file is missing, not BPMN, declares entities, has more than one process, or holds an element that has no meaning
        here; the message names the element's id.
    """
    process = _process(path)
    nodes = _nodes(process, path)
    known = {key: a.id for a in activities for key in (*a.labels, *a.name.by_language.values(), a.id)}
    label = {n.id: _activity(n, known, path) for n in nodes if n.kind in TASKS}
    silent = {a.id for a in activities if not a.observable}
    return m.Graph(path.name, _net(nodes, label, silent), tuple(dict.fromkeys(label.values())), _follows(nodes, label))


def _process(path: Path) -> Any:
    from lxml import etree

    try:
        data = path.read_bytes()
    except OSError:
        near = ", ".join(sorted(p.name for p in path.parent.glob("*.bpmn"))) or "none"
        raise BlueprintError(f"{path}: no such BPMN file. BPMN files in that folder: {near}.") from None
    try:
        tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as error:
        raise BlueprintError(f"{path}: not well-formed XML: {error}") from None
    if tree.getroottree().docinfo.doctype:
        raise BlueprintError(f"{path}: a document type declaration has no place in a BPMN file.")
    found = tree.findall(f".//{MODEL}process")
    if len(found) != 1:
        raise BlueprintError(f"{path}: holds {len(found)} processes; the flow of a blueprint is one process.")
    return found[0]


def _nodes(process: Any, path: Path) -> list[_Node]:
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    elements = []
    for element in process:
        if not isinstance(element.tag, str) or not element.tag.startswith(MODEL):
            continue  # comments and other namespaces' elements
        kind = element.tag.removeprefix(MODEL)
        if kind == "sequenceFlow":
            outgoing.setdefault(element.get("sourceRef"), []).append(element.get("id"))
            incoming.setdefault(element.get("targetRef"), []).append(element.get("id"))
        elif kind in TASKS | SPLITS | EVENTS:
            elements.append((element, kind))
        elif kind not in NO_FLOW:
            raise BlueprintError(
                f"{path}: element {element.get('id')!r} is a {kind}, which cannot be read as part of a flow. "
                f"Read are tasks, events and exclusive and parallel gateways."
            )
    return [
        _Node(
            e.get("id"),
            kind,
            " ".join((e.get("name") or "").split()),
            tuple(incoming.get(e.get("id"), ())),
            tuple(outgoing.get(e.get("id"), ())),
        )
        for e, kind in elements
    ]


def _activity(node: _Node, known: dict[str, str], path: Path) -> str:
    for key in (node.id, node.name):
        if key in known:
            return known[key]
    raise BlueprintError(
        f"{path}: task {node.id!r} ({node.name!r}) is no activity of the blueprint.{hint(node.name, known.values())}"
    )


def _net(nodes: list[_Node], label: dict[str, str], silent: set[str]) -> WorkflowNet:
    """Each sequence flow is a place; place 0 is the source, place 1 the sink."""
    flows = sorted({f for n in nodes for f in (*n.incoming, *n.outgoing)})
    place = {flow: i + 2 for i, flow in enumerate(flows)}
    transitions: list[Transition] = []

    def step(name: str | None, before: Iterable[int], after: Iterable[int]) -> None:
        transitions.append(Transition(name, tuple((p, 1) for p in before), tuple((p, 1) for p in after)))

    for n in nodes:
        before = [place[f] for f in n.incoming] or ([0] if n.kind == "startEvent" else [])
        after = [place[f] for f in n.outgoing] or ([1] if n.kind == "endEvent" else [])
        name = label.get(n.id)
        name = None if name in silent else name
        if n.kind == "parallelGateway":
            step(None, before, after)
        elif n.kind == "exclusiveGateway":
            for p in before:
                for q in after:
                    step(None, [p], [q])
        else:  # a task or event begins with any one of its incoming flows and gives a token to each outgoing one
            for p in before:
                step(name, [p], after)
    empty = [0] * len(flows)
    return WorkflowNet(tuple(transitions), (1, 0, *empty), (0, 1, *empty))


def _follows(nodes: list[_Node], label: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of activities joined by sequence flows, through gateways and events."""
    target = {flow: n for n in nodes for flow in n.incoming}
    pairs: dict[tuple[str, str], None] = {}
    for n in (n for n in nodes if n.id in label):
        seen: set[str] = set()
        todo = list(n.outgoing)
        while todo:
            after = target[todo.pop(0)]
            if after.id in label:
                pairs[label[n.id], label[after.id]] = None
            elif after.id not in seen:
                seen.add(after.id)
                todo += after.outgoing
    return tuple(pairs)
