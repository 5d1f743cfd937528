"""Which step may come directly after which by design, which may be the first and which the last: what observed orders are held against."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.measures import follows
from mining.blueprint.stages import Reading, automaton_of_reading
from mining.nets import WorkflowNet

Arc = tuple[str, str]
BEGIN, END = "\0begin", "\0end"  # stand-ins for the begin and the end of a run: no activity is called so


@dataclass(frozen=True)
class Orders:
    """What a design says of the order of the steps that a log can show.

    Attributes
    ----------
    pairs : frozenset of (str, str)
        The second may come directly after the first: with nothing, or only with steps that leave no trace, in between.
    starts, ends : frozenset of str
        Steps that may be the first one, and the last one.
    left_open : frozenset of (str, str)
        Those of ``pairs`` whose order the design leaves open: both steps in one free region, or in two branches side by side.
    """

    pairs: frozenset[Arc]
    starts: frozenset[str]
    ends: frozenset[str]
    left_open: frozenset[Arc]


def orders_of(blueprint: m.Blueprint, reading: Reading) -> Orders | None:
    """The orders of a reading of a blueprint; None where the flow is kept in a BPMN file and has too many states to list.

    Of a flow in the words of the YAML they are read from its structure, however many states it has. Limits of loops are left out.

    Examples
    --------
    >>> from mining.blueprint.stages import readings
    >>> found = orders_of(study.blueprint, readings(study.blueprint)[0])
    >>> sorted(found.starts), ("receive", "check_receipt") in found.pairs, ("check_receipt", "receive") in found.pairs
    (['receive'], True, False)
    """
    flow = blueprint.flow
    if not isinstance(flow, m.Graph):
        return orders_of_flow(pruned(flow, reading.activities))
    try:
        automaton = automaton_of_reading(blueprint, reading)
    except TooManyStatesError:
        return None
    found = orders_of_automaton(automaton)
    return Orders(found.pairs, found.starts, found.ends, found.pairs & open_in_net(flow.net))


def orders_of_flow(flow: m.Flow | None) -> Orders:
    """The orders of a flow, all of whose steps a log can show."""
    if flow is None:
        return Orders(*(frozenset(),) * 4)
    found = follows(m.Sequence((m.Step(BEGIN), flow, m.Step(END))))
    pairs = frozenset(pair for pair in found if BEGIN not in pair and END not in pair)
    starts = frozenset(b for a, b in found if a == BEGIN and b != END)
    ends = frozenset(a for a, b in found if b == END and a != BEGIN)
    return Orders(pairs, starts, ends, pairs & _open(flow))


def orders_of_automaton(automaton: Automaton) -> Orders:
    """The orders of an automaton. Nothing of it is known to be left open."""
    before: list[set[str]] = [set() for _ in range(automaton.n_states)]
    for after in automaton.successors:
        for label, t in after.items():
            before[t].add(label)
    pairs = {(x, label) for s, after in enumerate(automaton.successors) for label in after for x in before[s]}
    ends = {x for s, labels in enumerate(before) if automaton.final[s] for x in labels}
    return Orders(frozenset(pairs), frozenset(automaton.successors[0]), frozenset(ends), frozenset())


def open_in_net(net: WorkflowNet) -> frozenset[Arc]:
    """Pairs of steps in one free region of a net: steps that give back the tokens that they take."""
    regions: dict[tuple[tuple[int, int], ...], set[str]] = {}
    for t in net.transitions:
        if t.label is not None and t.consumes == t.produces:
            regions.setdefault(t.consumes, set()).add(t.label)
    return frozenset(pair for region in regions.values() for pair in product(region, region))


def pruned(flow: m.Flow, kept: Collection[str]) -> m.Flow | None:
    """What is left of a flow when only some of its steps can be seen; None where none can.

    Examples
    --------
    >>> pruned(m.Sequence((m.Step("a"), m.Step("b"), m.Optional_(m.Step("c")))), {"a", "c"})
    Sequence(items=(Step(activity='a'), Optional_(item=Step(activity='c'))))
    """
    match flow:
        case m.Step(activity):
            return flow if activity in kept else None
        case m.Sequence(items) | m.Parallel(items):
            parts = [part for part in (pruned(item, kept) for item in items) if part is not None]
            return None if not parts else parts[0] if len(parts) == 1 else type(flow)(tuple(parts))
        case m.Choice(items):
            parts = [part for part in (pruned(item, kept) for item in items) if part is not None]
            if not parts:
                return None
            choice = parts[0] if len(parts) == 1 else m.Choice(tuple(parts))
            return choice if len(parts) == len(items) else m.Optional_(choice)
        case m.Optional_(item):
            part = pruned(item, kept)
            return None if part is None else m.Optional_(part)
        case m.Loop(body, redo):
            again = None if redo is None else pruned(redo, kept)
            once = pruned(body, kept)
            if once is None:
                return None if again is None else m.Optional_(m.Loop(again))
            return m.Loop(once, again, flow.max)
        case m.Free(activities):
            left = tuple(a for a in activities if a in kept)
            return m.Free(left) if left else None
        case _:
            raise AssertionError("a flow in a BPMN file stands alone")


def _open(flow: m.Flow) -> frozenset[Arc]:
    """Pairs of steps in one free region, or in two branches side by side."""
    found: set[Arc] = set()
    for node in m.flow_nodes(flow):
        if isinstance(node, m.Free):
            found |= set(product(node.activities, node.activities))
        elif isinstance(node, m.Parallel):
            steps = [m.flow_activities(item) for item in node.items]
            found |= {
                pair for i, x in enumerate(steps) for j, y in enumerate(steps) if i != j for pair in product(x, y)
            }
    return frozenset(found)
