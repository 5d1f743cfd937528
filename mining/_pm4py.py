"""The only door to pm4py (AGPL-3.0): plain values in, plain values out, imported inside the functions that need it."""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mining.blueprint import model as m
from mining.blueprint.assemble import assemble, canonical
from mining.blueprint.bpmn import Node, net_of_nodes
from mining.blueprint.ptml import Tree, read_tree
from mining.errors import BlueprintError, ModelError
from mining.nets import WorkflowNet

Trace = tuple[str, ...]
BPMN_KINDS = {"Task", "StartEvent", "EndEvent", "IntermediateCatchEvent", "IntermediateThrowEvent"}
BPMN_KINDS |= {"ExclusiveGateway", "ParallelGateway"}
BPMN_NO_FLOW = {"Collaboration", "Participant", "TextAnnotation", "Association"}


def _quietly() -> None:
    """Import pm4py without its banner, bars and warnings. Its licence is stated in README and NOTICE instead."""
    os.environ.setdefault("PM4PY_SHOW_PROGRESS_BAR", "False")
    os.environ.setdefault("PM4PY_SHOW_INTERNAL_WARNINGS", "False")
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pm4py  # noqa: F401
        except ImportError as error:
            raise ModelError(f"Process discovery needs pm4py, which is not installed ({error}).") from error


def directly_follows(
    variants: Mapping[Trace, int],
) -> tuple[dict[tuple[str, str], int], dict[str, int], dict[str, int]]:
    """The directly-follows map.

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.

    Returns
    -------
    arcs, starts, ends : dict
        Pairs of activities to how often one directly follows the other; first and last activities to number of cases.
        Sorted by name.

    Raises
    ------
    ModelError
        If pm4py fails.

    Examples
    --------
    >>> directly_follows({("a", "b"): 3, ("a",): 1})
    ({('a', 'b'): 3}, {'a': 4}, {'a': 1, 'b': 3})
    """
    _quietly()
    from pm4py.util.compression import util

    try:
        found = util.discover_dfg_uvcl(Counter(variants))
    except Exception as error:
        raise ModelError(f"pm4py could not make the directly-follows map: {error}") from error
    return _sorted(found.graph), _sorted(found.start_activities), _sorted(found.end_activities)


def _sorted(counts: Mapping[Any, int]) -> dict[Any, int]:
    return {key: int(counts[key]) for key in sorted(counts)}


def inductive_tree(variants: Mapping[Trace, int], *, noise: float = 0.0) -> m.Flow | None:
    """The process tree of the inductive miner, in the flow words of a blueprint.

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.
    noise : float, 0 to 1
        Noise threshold of the infrequent variant (IMf); 0 gives the plain one (IM), which fits every trace.

    Returns
    -------
    Flow or None
        None where no trace holds any activity. The order inside choices and parallels is sorted, so equal logs give equal trees.

    Raises
    ------
    ModelError
        If pm4py fails, or gives an operator that has no flow word.
    """
    _quietly()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
        from pm4py.algo.discovery.inductive.variants.im import IMUVCL
        from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
        from pm4py.objects.process_tree.utils.generic import fold

        parameters = {"noise_threshold": noise, "multiprocessing": False}
        miner = IMFUVCL(parameters) if noise else IMUVCL(parameters)
        try:
            tree = fold(miner.apply(IMDataStructureUVCL(Counter(dict(sorted(variants.items())))), parameters))
        except Exception as error:
            raise ModelError(f"pm4py's inductive miner failed: {error}") from error
    return _flow(tree)


def _flow(tree: Any) -> m.Flow | None:
    """A process tree as flow words; None is a silent step."""
    if tree.operator is None:
        return None if tree.label is None else m.Step(tree.label)
    parts = [_flow(child) for child in tree.children]
    match tree.operator.name:
        case "SEQUENCE":
            items = [p for p in parts if p is not None]
            return _several(m.Sequence, items)
        case "XOR":
            return _choice(parts)
        case "PARALLEL":
            return _several(m.Parallel, sorted((p for p in parts if p is not None), key=repr))
        case "LOOP":
            return _loop(parts[0], _choice(parts[1:]))
        case other:
            raise ModelError(f"The discovered tree holds the operator {other}, which has no flow word.")


def _several(kind: Any, items: list[m.Flow]) -> m.Flow | None:
    return None if not items else items[0] if len(items) == 1 else kind(tuple(items))


def _choice(parts: list[m.Flow | None]) -> m.Flow | None:
    items = sorted((p for p in parts if p is not None), key=repr)
    chosen = _several(m.Choice, items)
    return chosen if chosen is None or len(items) == len(parts) else m.Optional_(chosen)


def _loop(body: m.Flow | None, redo: m.Flow | None) -> m.Flow | None:
    if body is not None:
        return m.Loop(body, redo)
    if redo is None:
        return None
    steps = redo.items if isinstance(redo, m.Choice) else (redo,)
    if all(isinstance(step, m.Step) for step in steps):
        return m.Free(tuple(step.activity for step in steps if isinstance(step, m.Step)))
    return m.Optional_(m.Loop(redo))


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
    >>> _quietly()
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
    _quietly()
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
    _quietly()
    from pm4py.objects.process_tree.obj import Operator, ProcessTree

    operator = Operator[tree.operator] if tree.operator else None
    return ProcessTree(operator=operator, label=tree.label, children=[_process_tree(part) for part in tree.parts])


Constraint = tuple[str, ...]  # template and its activities


def declare_deviations(traces: Iterable[Trace], constraints: Iterable[Constraint]) -> list[frozenset[Constraint]]:
    """The constraints that pm4py's declare checker calls broken, per trace. An oracle for the rules of a blueprint.

    It knows no *not applicable*: a constraint whose trigger did not occur is kept.

    Parameters
    ----------
    traces : iterable of tuple of str
    constraints : iterable of (template, a) or (template, a, b)
        Templates by pm4py's names: existence, absence, exactly_one, init, responded_existence, response, precedence, succession,
        altresponse, altprecedence, altsuccession, chainresponse, chainprecedence, chainsuccession, coexistence, noncoexistence,
        nonsuccession, nonchainsuccession.

    Raises
    ------
    ModelError
        For a template that pm4py does not know.

    Examples
    --------
    >>> declare_deviations([("a", "b"), ("b",)], [("precedence", "a", "b"), ("existence", "b")])
    [frozenset(), frozenset({('precedence', 'a', 'b')})]
    """
    _quietly()
    from pm4py.algo.conformance.declare.variants import classic
    from pm4py.algo.discovery.declare import templates

    known = {value for name, value in vars(templates).items() if name.isupper() and isinstance(value, str)}
    model: dict[str, dict[Any, dict[str, int]]] = {}
    for template, *activities in constraints:
        if template not in known:
            raise ModelError(f"pm4py has no declare template {template!r}. It has: {', '.join(sorted(known))}.")
        model.setdefault(template, {})[activities[0] if len(activities) == 1 else tuple(activities)] = {}
    found = classic.apply_list([list(trace) for trace in traces], model)
    return [
        frozenset((template, *([what] if isinstance(what, str) else what)) for template, what in one["deviations"])
        for one in found
    ]


def skeleton_deviations(
    traces: Iterable[Trace], relation: str, constraint: Collection[Any] | Mapping[str, Collection[int]]
) -> list[bool]:
    """Whether each trace breaks one relation of a log skeleton, as pm4py checks it.

    Parameters
    ----------
    traces : iterable of tuple of str
    relation : str
        equivalence, always_after, always_before, never_together, directly_follows: ``constraint`` is a collection of pairs.
        activ_freq: it is a mapping of every activity to the numbers of occurrences that are fine.
    constraint : collection of (str, str), or mapping of str to collection of int

    Examples
    --------
    >>> skeleton_deviations([("a", "b"), ("b", "a")], "always_after", [("a", "b")])
    [False, True]
    """
    _quietly()
    from pm4py.algo.conformance.log_skeleton.variants import classic

    relations = classic.Parameters.DEFAULT_CONSIDERED_CONSTRAINTS.value
    if relation not in relations:
        raise ModelError(f"pm4py's log skeleton has no relation {relation!r}. It has: {', '.join(relations)}.")
    wanted = {k: set(x) for k, x in constraint.items()} if isinstance(constraint, Mapping) else set(constraint)
    parameters = {classic.Parameters.CONSIDERED_CONSTRAINTS: [relation]}
    found = [classic.apply_actlist(list(trace), {relation: wanted}, parameters) for trace in traces]
    return [not one[classic.Outputs.IS_FIT.value] for one in found]


Event = tuple[str, str, float, str | None]  # case, activity, seconds, resource


def cases_with_same_person(events: Iterable[Event], a: str, b: str) -> set[str]:
    """The cases that pm4py's four-eyes filter keeps as broken: somebody who did an ``a`` did the last ``b``.

    Parameters
    ----------
    events : iterable of (case, activity, seconds, resource)
        In order.
    a, b : str

    Examples
    --------
    >>> cases_with_same_person([("1", "a", 0, "ann"), ("1", "b", 9, "ann"), ("2", "a", 0, "ann")], "a", "b")
    {'1'}
    """
    _quietly()
    from pm4py.algo.filtering.pandas.ltl import ltl_checker

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ltl_checker.four_eyes_principle(_frame(events), a, b, {ltl_checker.POSITIVE: False})
    return set(found["case:concept:name"])


def cases_with_pair(
    events: Iterable[Event], a: str, b: str, seconds: tuple[float, float] | None = None
) -> set[str]:  # fmt: skip
    """The cases in which pm4py's filter finds an ``a`` eventually followed by a ``b``, so many seconds later at least and at most.

    Parameters
    ----------
    events : iterable of (case, activity, seconds, resource)
        In order.
    a, b : str
    seconds : (float, float), optional

    Examples
    --------
    >>> cases_with_pair([("1", "a", 0, None), ("1", "b", 9, None)], "a", "b", (0, 5))
    set()
    """
    _quietly()
    from pm4py.algo.filtering.pandas.ltl import ltl_checker

    parameters = {} if seconds is None else {ltl_checker.TIMESTAMP_DIFF_BOUNDARIES: [seconds]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ltl_checker.eventually_follows(_frame(events), [a, b], parameters)
    return set(found["case:concept:name"])


def _frame(events: Iterable[Event]) -> pd.DataFrame:
    names = ["case:concept:name", "concept:name", "time:timestamp", "org:resource"]
    frame = pd.DataFrame(list(events), columns=names)
    frame["time:timestamp"] = pd.to_datetime(frame["time:timestamp"], unit="s", utc=True)
    return frame
