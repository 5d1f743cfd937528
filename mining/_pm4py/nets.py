"""Models of pm4py as workflow nets."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from mining._pm4py.quiet import quietly
from mining.blueprint.assemble import assemble, canonical
from mining.blueprint.bpmn import Node, net_of_nodes
from mining.blueprint.ptml import Tree, read_tree
from mining.errors import BlueprintError, ModelError
from mining.nets import WorkflowNet

BPMN_KINDS = {"Task", "StartEvent", "EndEvent", "IntermediateCatchEvent", "IntermediateThrowEvent"}
BPMN_KINDS |= {"ExclusiveGateway", "ParallelGateway"}
BPMN_NO_FLOW = {"Collaboration", "Participant", "TextAnnotation", "Association"}


def workflow_net(model: Any) -> WorkflowNet:
    """A model of pm4py as a workflow net.

    Parameters
    ----------
    model : (net, initial marking, final marking), ProcessTree, POWL or BPMN of pm4py
        Not changed. Tasks and transitions without a label are silent; a task of a BPMN needs a name.

    Returns
    -------
    WorkflowNet
        In the order of :func:`mining.blueprint.assemble.canonical`, since pm4py names nodes at random.

    Raises
    ------
    ModelError
        If it is none of these, pm4py fails, or the model holds what a net cannot say or pm4py would lose in silence (reset and
        inhibitor arcs; inclusive and event-based gateways, boundary events, subprocesses, message flows); the message names it.

    Examples
    --------
    >>> from mining._pm4py import quietly
    >>> quietly()
    >>> from pm4py.objects.process_tree.utils.generic import parse
    >>> [t.label for t in workflow_net(parse("->('a', X('b', tau))")).transitions]
    [None, 'a', 'b']
    """
    kinds = {c.__name__ for c in type(model).__mro__}
    if "ProcessTree" in kinds:
        return workflow_net(_converted(model))
    if "BPMN" in kinds:
        return _net_of_bpmn(model)
    if isinstance(model, tuple) and len(model) == 3 and all(hasattr(model[0], x) for x in ("places", "arcs")):
        return _net_of_triple(*model)
    raise ModelError(
        f"{type(model).__name__} is no model of pm4py that can be read. Known: (net, initial marking, final marking), "
        "ProcessTree, POWL, BPMN."
    )


def _converted(tree: Any) -> Any:
    quietly()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pm4py

        try:
            return pm4py.convert_to_petri_net(tree)
        except Exception as error:
            raise ModelError(f"pm4py could not turn the {type(tree).__name__} into a net: {error!r}") from error


def _net_of_triple(net: Any, initial: Any, final: Any) -> WorkflowNet:
    title = f"the Petri net {net.name!r}"
    places = sorted(net.places, key=lambda p: str(p.name))
    labels = {t: t.label or None for t in sorted(net.transitions, key=lambda t: str(t.name))}
    nodes = {*places, *labels}
    arcs = []
    for arc in net.arcs:
        name = f"{title}: arc {arc.source} > {arc.target}"
        kind = arc.properties.get("arctype") or ("normal" if type(arc).__name__ == "Arc" else type(arc).__name__)
        if kind != "normal":
            raise ModelError(f"{name} is of type {kind!r}; only normal arcs can be read.")
        if type(arc.weight) is not int or arc.weight < 1:
            raise ModelError(f"{name} has weight {arc.weight!r}; a weight is a positive whole number.")
        if not {arc.source, arc.target} <= nodes:
            raise ModelError(f"{name} joins a node that is not in the net.")
        arcs.append((name, arc.source, arc.target, arc.weight))
    for which, marking in (("initial", initial), ("final", final)):
        for place, k in (marking or {}).items():
            if place not in nodes or type(k) is not int or k < 0:
                raise ModelError(f"{title}: {which} marking: {k!r} tokens in {place}; expected are places of this net.")
    for t, label in labels.items():
        if label is not None and not isinstance(label, str):
            raise ModelError(f"{title}: transition {t} has the label {label!r}, which is no text.")
    return assemble(title, places, labels, arcs, initial or {}, final or {})


def _net_of_bpmn(model: Any) -> WorkflowNet:
    """By our own rules: pm4py's conversion drops elements it does not know and reads a split of a task as a choice."""
    title = f"the BPMN {model.get_name()!r}"
    incoming: dict[Any, list[str]] = {}
    outgoing: dict[Any, list[str]] = {}
    for i, flow in enumerate(sorted(model.get_flows(), key=lambda f: str(f.get_id()))):
        kind = type(flow).__name__
        if kind == "SequenceFlow":
            outgoing.setdefault(flow.get_source(), []).append(f"{i:06}")
            incoming.setdefault(flow.get_target(), []).append(f"{i:06}")
        elif kind not in BPMN_NO_FLOW:
            raise ModelError(
                f"{title}: {kind} {flow.get_id()!r} cannot be read; a flow is one process of sequence flows."
            )
    nodes, processes = [], set()
    for node in model.get_nodes():
        kinds = {c.__name__ for c in type(node).__mro__}
        if kinds & BPMN_NO_FLOW:
            continue
        known = "".join(kinds & BPMN_KINDS)
        name = f"{title}: {type(node).__name__} {node.get_id()!r} ({node.get_name()!r})"
        if not known:
            raise ModelError(f"{name} cannot be read as part of a flow.")
        if "Gateway" not in kinds and len(outgoing.get(node, ())) > 1:
            raise ModelError(
                f"{name} has several outgoing flows; put a gateway behind it that says which of them go on."
            )
        flows = tuple(incoming.get(node, ())), tuple(outgoing.get(node, ()))
        kind = known[0].lower() + known[1:]
        nodes.append(Node(str(node.get_id()), kind, node.get_name() or "", *flows, "TerminateEndEvent" in kinds))
        processes.add(node.get_process())
    if len(processes) > 1:
        raise ModelError(f"{title}: holds {len(processes)} processes; a flow is one process.")
    try:
        return canonical(net_of_nodes(title, sorted(nodes, key=lambda n: n.id)))
    except BlueprintError as error:
        raise ModelError(str(error)) from error


def read_process_tree(path: str | Path) -> WorkflowNet:
    """Read a process tree from a PTML file.

    The file is not read by pm4py, which moves a loop with an exit step to the end of the sequence that it stands in.

    Parameters
    ----------
    path : str or Path
        As ProM and pm4py write it; see :func:`mining.blueprint.ptml.read_tree`.

    Returns
    -------
    WorkflowNet
        As of :func:`workflow_net`.

    Raises
    ------
    ModelError
        If the file is missing or is no process tree; the message names file and node.
    """
    return workflow_net(_process_tree(read_tree(path)))


def _process_tree(tree: Tree) -> Any:
    quietly()
    from pm4py.objects.process_tree.obj import Operator, ProcessTree

    operator = Operator[tree.operator] if tree.operator else None
    return ProcessTree(operator=operator, label=tree.label, children=[_process_tree(part) for part in tree.parts])
