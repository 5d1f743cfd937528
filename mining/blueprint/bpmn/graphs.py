"""A flow that is not block-structured as tasks and gateways: from its net, where gateways can say what the net says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mining.blueprint import model as m
from mining.blueprint.bpmn.builder import Builder
from mining.blueprint.bpmn.elements import END, EXCLUSIVE, PARALLEL, START, Node
from mining.errors import BlueprintError
from mining.nets import Transition, WorkflowNet

Key = tuple[
    str, int
]  # ("place", number), ("step", number), ("join", number), ("split", number), ("start", 0), ("end", 0)


def draw_net(builder: Builder, graph: m.Graph) -> None:
    """Add a flow read from a BPMN file to a drawing.

    Raises
    ------
    BlueprintError
        If gateways cannot say it: several tokens on an arc, or a choice that another branch takes part in.
    """
    net = tidy(graph.net)
    _check(net, graph.source)
    arcs = _contracted(net)
    into: dict[Key, list[Key]] = {}
    for source, target in arcs:
        into.setdefault(target, []).append(source)
    ways: dict[Key, tuple[str, str]] = {}  # where a node is entered and left
    for key in _in_order(arcs):
        before = [ways[k][1] for k in into.get(key, ()) if k in ways]
        builder.end = before[0] if before else ""
        ways[key] = _drawn(builder, graph, net, key, before)
    position = {key: k for k, key in enumerate(ways)}
    for source, target in arcs:
        if position[source] > position[target]:
            builder.edge(ways[source][1], ways[target][0])


def _drawn(builder: Builder, graph: m.Graph, net: WorkflowNet, key: Key, before: list[str]) -> tuple[str, str]:
    kind, number = key
    if kind == "start":
        lane, stage = builder.first_place(_in_reading_order(graph))
        id = builder.node(Node("start", START, lane, stage))
    elif kind == "end":
        id = builder.put(builder.near("end", END), before)
    elif kind == "step":
        label = net.transitions[number].label
        assert label is not None
        entry = len(builder.nodes)
        builder.block(m.Step(label), f"net_{number}")
        names = list(builder.nodes)
        return names[entry], builder.end
    else:
        gateway = EXCLUSIVE if kind == "place" else PARALLEL
        id = builder.put(builder.near(f"gw_net_{kind}_{number}", gateway), before)
    return id, id


def _in_reading_order(graph: m.Graph) -> m.Flow:
    return m.Sequence(tuple(m.Step(a) for a in graph.activities))


# --- which nets gateways can say ---------------------------------------------------------------------------------------


def tidy(net: WorkflowNet) -> WorkflowNet:
    """The same behaviour with fewer nodes: one step where several entries had one each, one gateway for choices of many by many.

    Parameters
    ----------
    net : WorkflowNet
        Not changed.

    Returns
    -------
    WorkflowNet
        With places added at the end.
    """
    steps = list(net.transitions)
    n = len(net.initial)
    alike: dict[tuple[str, tuple[tuple[int, int], ...]], list[Transition]] = {}
    for t in steps:
        if t.label is not None and len(t.consumes) == 1:
            alike.setdefault((t.label, t.produces), []).append(t)
    for (label, produces), several in alike.items():
        if len(several) > 1:
            steps = [t for t in steps if t not in several]
            steps += [Transition(None, t.consumes, ((n, 1),)) for t in dict.fromkeys(several)]
            steps.append(Transition(label, ((n, 1),), produces))
            n += 1
    steps = list(dict.fromkeys(steps))
    takers: dict[int, list[Transition]] = {}
    for t in steps:
        for p, _ in t.consumes:
            takers.setdefault(p, []).append(t)
    groups: dict[frozenset[int], list[int]] = {}
    for p, found in takers.items():
        if all(_wire(t) for t in found) and net.final[p : p + 1] != (1,):
            groups.setdefault(frozenset(t.produces[0][0] for t in found), []).append(p)
    for after, before in groups.items():
        if len(before) > 1 and len(after) > 1:
            steps = [t for t in steps if not (_wire(t) and t.consumes[0][0] in before)]
            steps += [Transition(None, ((p, 1),), ((n, 1),)) for p in before]
            steps += [Transition(None, ((n, 1),), ((q, 1),)) for q in sorted(after)]
            n += 1
    more = (0,) * (n - len(net.initial))
    return WorkflowNet(tuple(steps), (*net.initial, *more), (*net.final, *more))


def _wire(t: Transition) -> bool:
    return t.label is None and len(t.consumes) == len(t.produces) == 1


def _check(net: WorkflowNet, source: str) -> None:
    """Refuse what exclusive and parallel gateways do not say."""
    taken = Counter(p for t in net.transitions for p, _ in t.consumes)
    weights = [k for t in net.transitions for _, k in (*t.consumes, *t.produces)]
    why = None
    if any(k != 1 for k in weights) or sum(net.initial) != 1 or sum(net.final) != 1:
        why = "several tokens stand or move together in its net"
    if any(not t.consumes or not t.produces for t in net.transitions):
        why = "a step of its net has nothing before or nothing after it"
    for t in net.transitions:
        shared = [p for p, _ in t.consumes if taken[p] + net.final[p] > 1]
        if len(t.consumes) > 1 and shared:
            why = f"{t.label or 'a silent step'!r} waits for several branches and competes with other steps for one of them"
    if why:
        raise BlueprintError(
            f"the flow of {source} cannot be drawn with exclusive and parallel gateways: {why}. The file itself is BPMN already: "
            "open that, or write the flow in blocks."
        )


def _contracted(net: WorkflowNet) -> list[tuple[Key, Key]]:
    """Arcs between steps and gateways; places and silent steps with one way in and one way out are lines."""
    arcs: list[tuple[Key, Key]] = []
    for i, t in enumerate(net.transitions):
        labelled = t.label is not None
        entry: Key = ("join", i) if len(t.consumes) > 1 or not labelled else ("step", i)
        leave: Key = ("split", i) if labelled and len(t.produces) > 1 else ("step", i) if labelled else entry
        arcs += [(("place", p), entry) for p, _ in t.consumes] + [(leave, ("place", p)) for p, _ in t.produces]
        chain = list(dict.fromkeys([entry, ("step", i) if labelled else entry, leave]))
        arcs += list(zip(chain, chain[1:], strict=False))
    arcs.append((("start", 0), ("place", net.initial.index(1))))
    arcs.append((("place", net.final.index(1)), ("end", 0)))
    while True:
        out, into = Counter(a for a, _ in arcs), Counter(b for _, b in arcs)
        nodes = dict.fromkeys(x for arc in arcs for x in arc if x[0] in ("place", "join"))
        line = next((x for x in nodes if out[x] == into[x] == 1), None)
        if line is None:
            return arcs
        source = next(a for a, b in arcs if b == line)
        target = next(b for a, b in arcs if a == line)
        at = arcs.index((source, line))
        arcs[at] = (source, target)
        arcs.remove((line, target))
        arcs = [(a, b) for a, b in arcs if a != b]  # a choice to do nothing and choose again


def _in_order(arcs: Iterable[tuple[Key, Key]]) -> list[Key]:
    """Nodes from the start, each after at least one that leads to it; ways back lead to earlier ones."""
    out: dict[Key, list[Key]] = {}
    for source, target in arcs:
        out.setdefault(source, []).append(target)
    done: list[Key] = []
    seen: set[Key] = {("start", 0)}
    stack = [(("start", 0), iter(out[("start", 0)]))]
    while stack:
        key, rest = stack[-1]
        after = next((k for k in rest if k not in seen), None)
        if after is None:
            done.append(key)
            stack.pop()
        else:
            seen.add(after)
            stack.append((after, iter(out.get(after, ()))))
    return done[::-1]
