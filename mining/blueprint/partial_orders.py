"""Partially ordered workflows (POWL) as plain values: steps, choices, loops, and parts of which some come before others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mining.blueprint import model as m
from mining.nets import Transition, WorkflowNet

Kind = Literal["step", "silent", "choice", "loop", "order"]
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Powl:
    """A part of a partially ordered workflow.

    Attributes
    ----------
    kind : {"step", "silent", "choice", "loop", "order"}
        Choice: exactly one part. Loop: the first part, then any number of times the second and the first again. Order: every part once,
        one after the other where ``before`` says so, else in any interleaving.
    label : str
        Of a step; else empty.
    parts : tuple of Powl
    before : tuple of (int, int)
        Pairs of positions in ``parts``: the first is over before the second begins. Pairs that follow from others are left out.

    Examples
    --------
    >>> a, b, c = (Powl("step", x) for x in "abc")
    >>> Powl("order", parts=(a, b, c), before=((0, 2), (1, 2))).values()
    {'order': ['a', 'b', 'c'], 'before': [[0, 2], [1, 2]]}
    """

    kind: Kind
    label: str = ""
    parts: tuple[Powl, ...] = ()
    before: Pairs = ()

    def values(self) -> Any:
        """Nested plain values: a step is its label, a silent part None, all else a dictionary."""
        if self.kind in ("step", "silent"):
            return self.label if self.kind == "step" else None
        found: dict[str, Any] = {self.kind: [part.values() for part in self.parts]}
        return found | ({"before": [list(pair) for pair in self.before]} if self.kind == "order" else {})


def in_order(parts: Sequence[Powl], before: set[tuple[int, int]]) -> Powl:
    """Parts with an order between them, written in one way only.

    Parameters
    ----------
    parts : sequence of Powl
    before : set of (int, int)
        A strict partial order of the positions; pairs that follow from others may be left out.

    Returns
    -------
    Powl
        Parts stand after those that come before them, by their own text where that leaves a choice; ``before`` holds no pair that
        follows from others.

    Examples
    --------
    >>> b, a = Powl("step", "b"), Powl("step", "a")
    >>> in_order([b, a], set()).values(), in_order([b, a], {(0, 1)}).values()
    ({'order': ['a', 'b'], 'before': []}, {'order': ['b', 'a'], 'before': [[0, 1]]})
    """
    text = [repr(part) for part in parts]
    placed: list[int] = []
    left = set(range(len(parts)))
    while left:
        free = [j for j in left if not any(i in left for i, k in before if k == j)]
        placed.append(min(free, key=lambda j: (text[j], j)))
        left.remove(placed[-1])
    position = {old: new for new, old in enumerate(placed)}
    moved = {(position[i], position[j]) for i, j in before}
    after = {i: {j for k, j in moved if k == i} for i in range(len(parts))}
    for i in reversed(range(len(parts))):
        after[i] |= {k for j in after[i] for k in after[j]}
    direct = [(i, j) for i in after for j in sorted(after[i]) if not any(j in after[k] for k in after[i])]
    return Powl("order", parts=tuple(parts[i] for i in placed), before=tuple(sorted(direct)))


# --- as flow words -----------------------------------------------------------------------------------------------------


class NoFlowWordError(Exception):
    """An order of parts that is neither a sequence nor branches side by side, at any depth."""


def flow_of_powl(tree: Powl) -> m.Flow | None:
    """The same in the flow words of a blueprint; None for a silent part.

    An order has flow words where it can be cut, again and again, into what comes first and what comes then, or into branches of which
    none waits for another.

    Raises
    ------
    NoFlowWordError
        Where an order cannot be cut so.

    Examples
    --------
    >>> a, b, c = (Powl("step", x) for x in "abc")
    >>> flow_of_powl(in_order([a, b, c], {(0, 2), (1, 2)}))
    Sequence(items=(Parallel(items=(Step(activity='a'), Step(activity='b'))), Step(activity='c')))
    """
    match tree.kind:
        case "silent":
            return None
        case "step":
            return m.Step(tree.label)
        case "choice":
            return choice_of([flow_of_powl(part) for part in tree.parts])
        case "loop":
            body, redo = map(flow_of_powl, tree.parts)
            return loop_of(body, redo)
        case _:
            after = _closed(tree)
            return _cut([flow_of_powl(part) for part in tree.parts], list(range(len(tree.parts))), after)


def _closed(tree: Powl) -> set[tuple[int, int]]:
    """All pairs of an order, also those that follow from others."""
    after: dict[int, set[int]] = {i: set() for i in range(len(tree.parts))}
    for i, j in sorted(tree.before, reverse=True):  # parts stand after those before them
        after[i] |= {j} | after[j]
    return {(i, j) for i in after for j in after[i]}


def _cut(flows: list[m.Flow | None], chosen: list[int], after: set[tuple[int, int]]) -> m.Flow | None:
    if len(chosen) == 1:
        return flows[chosen[0]]
    branches = _joined(chosen, lambda i, j: (i, j) in after or (j, i) in after)
    if len(branches) > 1:
        found = [_cut(flows, branch, after) for branch in branches]
        return several_of(m.Parallel, sorted((x for x in found if x is not None), key=repr))
    pieces = _joined(chosen, lambda i, j: (i, j) not in after and (j, i) not in after)
    if len(pieces) == 1:
        raise NoFlowWordError
    pieces.sort(key=lambda piece: sum((piece[0], j) not in after for j in chosen))  # the first comes before most
    return several_of(m.Sequence, [x for piece in pieces if (x := _cut(flows, piece, after)) is not None])


def _joined(chosen: list[int], near: Any) -> list[list[int]]:
    """Groups of those that are near to one another, directly or through others."""
    groups: list[list[int]] = []
    for i in chosen:
        mine = [g for g in groups if any(near(i, j) for j in g)]
        groups = [g for g in groups if g not in mine] + [sorted([i, *(j for g in mine for j in g)])]
    return sorted(groups)


def several_of(kind: Any, items: list[m.Flow]) -> m.Flow | None:
    """Items in a flow word, or the only one alone; None without any."""
    return None if not items else items[0] if len(items) == 1 else kind(tuple(items))


def choice_of(parts: list[m.Flow | None]) -> m.Flow | None:
    """Exactly one of the parts; None is to do nothing."""
    items = sorted((p for p in parts if p is not None), key=repr)
    chosen = several_of(m.Choice, items)
    return chosen if chosen is None or len(items) == len(parts) else m.Optional_(chosen)


def loop_of(body: m.Flow | None, redo: m.Flow | None) -> m.Flow | None:
    """A body, then any number of times ``redo`` and the body again; None is to do nothing."""
    if body is not None:
        return m.Loop(body, redo)
    if redo is None:
        return None
    steps = redo.items if isinstance(redo, m.Choice) else (redo,)
    if all(isinstance(step, m.Step) for step in steps):
        return m.Free(tuple(step.activity for step in steps if isinstance(step, m.Step)))
    return m.Optional_(m.Loop(redo))


# --- as a net ----------------------------------------------------------------------------------------------------------


def net_of_powl(tree: Powl) -> WorkflowNet:
    """A partially ordered workflow as a workflow net: place 0 is the source, place 1 the sink.

    Examples
    --------
    >>> a, b = Powl("step", "a"), Powl("step", "b")
    >>> [t.label for t in net_of_powl(in_order([a, b], {(0, 1)})).transitions]
    ['a', 'b']
    """
    writer = _Writer()
    writer.add(tree, 0, 1)
    tokens = [0] * (writer.n_places - 2)
    return WorkflowNet(tuple(writer.steps), (1, 0, *tokens), (0, 1, *tokens))


class _Writer:
    def __init__(self) -> None:
        self.steps: list[Transition] = []
        self.n_places = 2

    def place(self) -> int:
        self.n_places += 1
        return self.n_places - 1

    def step(self, label: str | None, consumes: list[int], produces: list[int]) -> None:
        self.steps.append(Transition(label, tuple((p, 1) for p in consumes), tuple((p, 1) for p in produces)))

    def add(self, tree: Powl, start: int, end: int) -> None:
        """Write a part that moves one token from ``start`` to ``end``."""
        match tree.kind:
            case "step" | "silent":
                self.step(tree.label if tree.kind == "step" else None, [start], [end])
            case "choice":
                for part in tree.parts:
                    self.add(part, start, end)
            case "loop":
                p, q = self.place(), self.place()
                self.step(None, [start], [p])
                self.add(tree.parts[0], p, q)
                self.add(tree.parts[1], q, p)
                self.step(None, [q], [end])
            case _:
                self.order(tree, start, end)

    def order(self, tree: Powl, start: int, end: int) -> None:
        """A place for every pair; a part with several of them waits for all and gives to all."""
        into: list[list[int]] = [[] for _ in tree.parts]
        out: list[list[int]] = [[] for _ in tree.parts]
        for i, j in tree.before:
            p = self.place()
            out[i].append(p)
            into[j].append(p)
        for sides, outer in ((into, start), (out, end)):
            open_ = [places for places in sides if not places]
            for places in open_:
                places.append(outer if len(open_) == 1 else self.place())
            if len(open_) > 1:
                inner = [places[0] for places in open_]
                self.step(None, *(([start], inner) if outer == start else (inner, [end])))
        for part, before, after in zip(tree.parts, into, out, strict=True):
            if part.kind in ("step", "silent"):
                self.step(part.label if part.kind == "step" else None, before, after)
                continue
            p = before[0] if len(before) == 1 else self.place()
            q = after[0] if len(after) == 1 else self.place()
            if len(before) > 1:
                self.step(None, before, [p])
            self.add(part, p, q)
            if len(after) > 1:
                self.step(None, [q], after)
