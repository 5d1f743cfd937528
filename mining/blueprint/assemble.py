"""Workflow nets from loose places, transitions and arcs: checked, and in an order that does not depend on names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mining.errors import ModelError
from mining.nets import Transition, WorkflowNet

Id = Any  # a name or an object: whatever stands for a node and shows itself in messages
Arc = tuple[str, Id, Id, int]  # how messages call it, source, target, weight


def assemble(
    name: str,
    places: Iterable[Id],
    labels: Mapping[Id, str | None],
    arcs: Iterable[Arc],
    initial: Mapping[Id, int],
    final: Mapping[Id, int],
    lines: Mapping[Id, int] | None = None,
) -> WorkflowNet:
    """A workflow net from places, transitions and arcs by id, checked and in canonical order.

    Parameters
    ----------
    name : str
        How messages call the net.
    places : iterable of id
    labels : mapping of transition to label
        None is silent.
    arcs : iterable of (name, source, target, weight)
        Several arcs between the same two nodes add up.
    initial, final : mapping of place to tokens
        Where all are 0: one token in the only place without incoming (outgoing) arcs.
    lines : mapping of id to line, optional
        For the messages.

    Returns
    -------
    WorkflowNet

    Raises
    ------
    ModelError
        If there is no transition, an arc does not join a place and a transition, a transition has no input or output place, or
        start or end are not clear.

    Examples
    --------
    >>> net = assemble("pay", ["p", "q"], {"t": "Pay"}, [("a", "p", "t", 1), ("b", "t", "q", 1)], {}, {})
    >>> net.initial, net.transitions[0].consumes, net.final
    ((1, 0), ((0, 1),), (0, 1))
    """
    number = {id: i for i, id in enumerate(places)}
    into: dict[Id, dict[int, int]] = {t: {} for t in labels}
    out: dict[Id, dict[int, int]] = {t: {} for t in labels}
    for arc, source, target, weight in arcs:
        if (source in labels) == (target in labels):
            both = "transitions" if source in labels else "places"
            raise ModelError(
                f"{arc} joins two {both}, {source!r} and {target!r}; it must join a place and a transition."
            )
        side, t, p = (into, target, source) if target in labels else (out, source, target)
        side[t][number[p]] = side[t].get(number[p], 0) + weight
    if not labels:
        raise ModelError(f"{name}: the net has no transition; there is nothing to compare with.")
    for t, label in labels.items():
        for side, word in ((into, "input"), (out, "output")):
            if not side[t]:
                at = f"{name}:{lines[t]}" if lines else name
                raise ModelError(
                    f"{at}: transition {t!r} ({label or 'silent'}) has no {word} place, so the net is no workflow net. "
                    "Begin with one place that only gives tokens, end with one that only takes them."
                )
    start = _marking(name, "initial", "incoming", number, initial, out)
    end = _marking(name, "final", "outgoing", number, final, into)
    steps = [Transition(labels[t], tuple(into[t].items()), tuple(out[t].items())) for t in labels]
    return canonical(WorkflowNet(tuple(steps), start, end))


def _marking(
    name: str,
    which: str,
    arcs: str,
    number: Mapping[Id, int],
    tokens: Mapping[Id, int],
    side: Mapping[Id, Mapping[int, int]],
) -> tuple[int, ...]:
    if any(tokens.values()):
        return tuple(tokens.get(p, 0) for p in number)
    touched = {p for found in side.values() for p in found}
    free = [id for id, p in number.items() if p not in touched]
    if len(free) != 1:
        are = f"{len(free)} places have ({', '.join(map(str, free))})" if free else "every place has some"
        raise ModelError(
            f"{name}: no {which} marking is given, and it is clear only if one place has no {arcs} arcs; "
            f"{are}. Add the {which} marking."
        )
    return tuple(int(id == free[0]) for id in number)


def canonical(net: WorkflowNet) -> WorkflowNet:
    """The same net with its places and transitions in an order that follows from its structure.

    Places that hold tokens at the start come first, then those that hold some at the end; transitions go by label, silent ones
    first. What is still equal is told apart by what it is connected to, step by step. What remains equal then looks alike from
    everywhere (or nearly so: the method is colour refinement), and is taken in the order given.

    Parameters
    ----------
    net : WorkflowNet
        Not changed.

    Returns
    -------
    WorkflowNet

    Examples
    --------
    >>> net = WorkflowNet((Transition("b", ((2, 1),), ((0, 1),)), Transition("a", ((1, 1),), ((2, 1),))), (0, 1, 0), (1, 0, 0))
    >>> canonical(net).transitions
    (Transition(label='a', consumes=((0, 1),), produces=((2, 1),)), Transition(label='b', consumes=((2, 1),), produces=((1, 1),)))
    """
    n = len(net.initial)
    beside: list[list[tuple[int, int]]] = [[] for _ in range(n + len(net.transitions))]  # (weight, node); < 0: incoming
    for i, t in enumerate(net.transitions, start=n):
        for pairs, sign in ((t.consumes, -1), (t.produces, 1)):
            for p, k in pairs:
                beside[i].append((sign * k, p))
                beside[p].append((-sign * k, i))
    first: list[Any] = [(0, -i, -f, "") for i, f in zip(net.initial, net.final, strict=True)]
    first += [(1, 0, t.label is not None, t.label or "") for t in net.transitions]
    rank = _refined(_ranks(first), beside)
    while len(set(rank)) < len(rank):  # equals: set the first of them apart, and see what follows from it
        equal = min(r for r, many in Counter(rank).items() if many > 1)
        chosen = rank.index(equal)
        rank = _refined([2 * r + (r == equal and i != chosen) for i, r in enumerate(rank)], beside)
    order = sorted(range(len(rank)), key=rank.__getitem__)
    place = {p: i for i, p in enumerate(order[:n])}

    def moved(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple(sorted((place[p], k) for p, k in pairs))

    steps = [net.transitions[i - n] for i in order[n:]]
    return replace(
        net,
        transitions=tuple(Transition(t.label, moved(t.consumes), moved(t.produces)) for t in steps),
        initial=tuple(net.initial[p] for p in order[:n]),
        final=tuple(net.final[p] for p in order[:n]),
    )


def _ranks(keys: list[Any]) -> list[int]:
    position = {key: i for i, key in enumerate(sorted(set(keys)))}
    return [position[key] for key in keys]


def _refined(rank: list[int], beside: list[list[tuple[int, int]]]) -> list[int]:
    """Tell equal nodes apart by their neighbours until nothing changes."""
    while True:
        finer = _ranks(
            [(r, tuple(sorted((w, rank[i]) for w, i in near))) for r, near in zip(rank, beside, strict=True)]
        )
        if max(finer) == max(rank):
            return finer
        rank = finer
