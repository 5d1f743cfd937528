"""A flow kept in a BPMN 2.0 file, for designs that are not block-structured: one process of tasks, events and gateways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining.blueprint import model as m
from mining.blueprint.assemble import canonical
from mining.blueprint.pnml import read_xml
from mining.errors import BlueprintError, ModelError, hint
from mining.nets import Transition, WorkflowNet

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


REPEATED = {"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"}


@dataclass(frozen=True)
class Node:
    """A task, event or gateway; ``kind`` is its tag. ``incoming`` and ``outgoing``: ids of its sequence flows."""

    id: str
    kind: str
    name: str
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]
    terminates: bool = False


def read_bpmn(path: str | Path) -> WorkflowNet:
    """Read a process from a BPMN file that stands alone: the name of each task is its label.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    WorkflowNet
        In the order of :func:`mining.blueprint.assemble.canonical`. Events and gateways are silent.

    Raises
    ------
    ModelError
        As :func:`read_flow`, or if a task has no name.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>
    ... <task id="t" name="Pay"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    ... <sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pay.bpmn"
    ...     _ = file.write_text(text)
    ...     read_bpmn(file).labels
    ('Pay',)
    """
    path = Path(path)
    try:
        return canonical(net_of_nodes(str(path), _nodes(_process(path), path)))
    except BlueprintError as error:
        raise ModelError(str(error)) from error


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
        here or does not lie between a start and an end event; the message names the element's id.
    """
    process = _process(path)
    nodes = _nodes(process, path)
    known = {key: a.id for a in activities for key in (*a.labels, *a.name.by_language.values(), a.id)}
    label = {n.id: _activity(n, known, path) for n in nodes if n.kind in TASKS}
    silent = {a.id for a in activities if not a.observable}
    net = net_of_nodes(str(path), nodes, label, silent)
    return m.Graph(path.name, net, tuple(dict.fromkeys(label.values())), _follows(nodes, label))


def _process(path: Path) -> Any:
    found = read_xml(path, "BPMN", BlueprintError).findall(f".//{MODEL}process")
    if len(found) != 1:
        raise BlueprintError(f"{path}: holds {len(found)} processes; a flow is one process.")
    return found[0]


def _nodes(process: Any, path: Path) -> list[Node]:
    elements: dict[str, Any] = {}
    flows: list[Any] = []
    for element in process:
        if not isinstance(element.tag, str) or not element.tag.startswith(MODEL):
            continue  # comments and other namespaces' elements
        kind, id = element.tag.removeprefix(MODEL), element.get("id")
        if kind == "sequenceFlow":
            flows.append(element)
        elif kind in TASKS | SPLITS | EVENTS:
            if id is None or id in elements:
                raise BlueprintError(
                    f"{path}:{element.sourceline}: {kind} {id!r}: each element needs an id of its own."
                )
            elements[id] = element
        elif kind not in NO_FLOW:
            raise BlueprintError(
                f"{path}: element {id!r} is a {kind}, which cannot be read as part of a flow. "
                f"Read are tasks, events and exclusive and parallel gateways."
            )
    ends = {end: _by_end(flows, end, elements, path) for end in ("sourceRef", "targetRef")}
    return [_node(e, ends["targetRef"].get(id, []), ends["sourceRef"].get(id, []), path) for id, e in elements.items()]


def _by_end(flows: list[Any], end: str, elements: dict[str, Any], path: Path) -> dict[str, list[Any]]:
    """Sequence flows by the element at one end of them."""
    found: dict[str, list[Any]] = {}
    ids = Counter(flow.get("id") for flow in flows)
    for flow in flows:
        if flow.get("id") is None or ids[flow.get("id")] > 1:
            raise BlueprintError(
                f"{path}:{flow.sourceline}: sequence flow {flow.get('id')!r}: each needs an id of its own."
            )
        if flow.get(end) not in elements:
            raise BlueprintError(
                f"{path}:{flow.sourceline}: sequence flow {flow.get('id')!r} has the {end} {flow.get(end)!r}, which is no element "
                f"of the process.{hint(flow.get(end), elements)}"
            )
        found.setdefault(flow.get(end), []).append(flow)
    return found


def _node(element: Any, incoming: list[Any], outgoing: list[Any], path: Path) -> Node:
    kind, id = element.tag.removeprefix(MODEL), element.get("id")
    inner = {e.tag.removeprefix(MODEL) for e in element if isinstance(e.tag, str)}
    for repeated in sorted(inner & REPEATED):
        raise BlueprintError(
            f"{path}: element {id!r} has {repeated}, which cannot be read. Draw the loop with gateways."
        )
    conditional = [f.get("id") for f in outgoing if f.find(f"{MODEL}conditionExpression") is not None]
    if conditional and len(outgoing) > 1 and kind != "exclusiveGateway":
        raise BlueprintError(
            f"{path}: sequence flow {conditional[0]!r} leaves {kind} {id!r} under a condition; write it behind an exclusive gateway."
        )
    name = " ".join((element.get("name") or "").split())
    flows = [tuple(f.get("id") for f in found) for found in (incoming, outgoing)]
    return Node(id, kind, name, flows[0], flows[1], "terminateEventDefinition" in inner)


def _activity(node: Node, known: dict[str, str], path: Path) -> str:
    for key in (node.id, node.name):
        if key in known:
            return known[key]
    raise BlueprintError(
        f"{path}: task {node.id!r} ({node.name!r}) is no activity of the blueprint.{hint(node.name, known.values())}"
    )


def net_of_nodes(
    name: str, nodes: list[Node], label: dict[str, str] | None = None, silent: Collection[str] = ()
) -> WorkflowNet:
    """The net of a process. Each sequence flow is a place; place 0 is the source, place 1 the sink.

    A task or event begins with any one of its incoming flows and gives a token to each outgoing one; an exclusive gateway takes
    from one and gives to one, a parallel gateway takes from all and gives to all.

    Parameters
    ----------
    name : str
        How messages call the process.
    nodes : list of Node
        Not changed.
    label : dict of node id to label, optional
        Of each task; without it, its name.
    silent : collection of str
        Labels that no log shows.

    Returns
    -------
    WorkflowNet

    Raises
    ------
    BlueprintError
        If a task has no name, an element does not lie between a start and an end event, or an end event stops parallel work.

    Examples
    --------
    >>> nodes = [Node("s", "startEvent", "", (), ("f",)), Node("t", "task", "Pay", ("f",), ("g",)), Node("e", "endEvent", "", ("g",), ())]
    >>> net_of_nodes("pay", nodes).transitions[1]
    Transition(label='Pay', consumes=((2, 1),), produces=((3, 1),))
    """
    _check_shape(name, nodes)
    label = {n.id: _name(n, name) for n in nodes if n.kind in TASKS} if label is None else label
    flows = sorted({f for n in nodes for f in (*n.incoming, *n.outgoing)})
    place = {flow: i + 2 for i, flow in enumerate(flows)}
    transitions: list[Transition] = []

    def step(what: str | None, before: Iterable[int], after: Iterable[int]) -> None:
        transitions.append(Transition(what, tuple((p, 1) for p in before), tuple((p, 1) for p in after)))

    for n in nodes:
        before = [place[f] for f in n.incoming] or ([0] if n.kind == "startEvent" else [])
        after = [place[f] for f in n.outgoing] or ([1] if n.kind == "endEvent" else [])
        what = label.get(n.id)
        if n.kind == "parallelGateway":
            step(None, before, after)
        elif n.kind == "exclusiveGateway":
            for p in before:
                for q in after:
                    step(None, [p], [q])
        else:  # a task or event begins with any one of its incoming flows and gives a token to each outgoing one
            for p in before:
                step(None if what in silent else what, [p], after)
    empty = [0] * len(flows)
    return WorkflowNet(tuple(transitions), (1, 0, *empty), (0, 1, *empty))


def _name(task: Node, name: str) -> str:
    if not task.name:
        raise BlueprintError(f"{name}: task {task.id!r} has no name; write the label that it has in the log.")
    return task.name


def _check_shape(name: str, nodes: list[Node]) -> None:
    for kind, word in (("startEvent", "start"), ("endEvent", "end")):
        if all(n.kind != kind for n in nodes):
            raise BlueprintError(f"{name}: the process has no {word} event.")
    for n in nodes:
        for flows, kind, word in ((n.incoming, "startEvent", "incoming"), (n.outgoing, "endEvent", "outgoing")):
            if bool(flows) == (n.kind == kind):
                has = "an" if flows else "no"
                raise BlueprintError(f"{name}: {n.kind} {n.id!r} ({n.name!r}) has {has} {word} sequence flow.")
    splits = [n.id for n in nodes if n.kind != "exclusiveGateway" and len(n.outgoing) > 1]
    for n in nodes:
        if n.terminates and splits:
            raise BlueprintError(
                f"{name}: {n.kind} {n.id!r} terminates work that goes on in parallel (from {splits[0]!r}), which a net cannot say. "
                "Join the branches before the end."
            )


def _follows(nodes: list[Node], label: dict[str, str]) -> tuple[tuple[str, str], ...]:
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
