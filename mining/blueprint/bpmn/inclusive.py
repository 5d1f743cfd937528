"""Inclusive gateways made plain: one or more of the branches, unrolled into exclusive and parallel gateways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mining.blueprint.bpmn.document import Document
from mining.blueprint.bpmn.nets import Node
from mining.errors import BlueprintError

KIND = "inclusiveGateway"
MOST_BRANCHES = 6
MOST_NODES = 1000


@dataclass(frozen=True)
class _Branch:
    """The flow into it, its nodes, the flows out of it to the join, and the flows that nothing outside it touches."""

    flow: str
    nodes: tuple[Node, ...]
    ways: tuple[str, ...]
    own: frozenset[str]


@dataclass(frozen=True)
class _Region:
    """A split, the join that closes it, and the branches between them."""

    split: Node
    join: Node
    branches: tuple[_Branch, ...]


def unrolled(document: Document, nodes: list[Node]) -> list[Node]:
    """Nodes without inclusive gateways that mean the same.

    A split that gives to some of its branches belongs to the inclusive join that all these branches lead to, and to nothing else.
    Such a pair is unrolled by the first branch that is taken: that one, in parallel with each later one or not. With n branches
    there are n (n + 1) / 2 copies of branches.

    Parameters
    ----------
    document : Document
        For messages.
    nodes : list of Node
        Not changed.

    Returns
    -------
    list of Node

    Raises
    ------
    BlueprintError
        If no join closes a split, a join closes none, or the copies would be too many; the message names id and line.
    """
    nodes = [x for n in nodes for x in _plain(n)]
    while any(n.kind == KIND for n in nodes):
        splits = [n for n in nodes if n.kind == KIND and len(n.outgoing) > 1]
        region = next((found for n in splits if (found := _region(n, nodes))), None)
        if region is None:
            raise _refusal(document, next(n for n in (*splits, *nodes) if n.kind == KIND), bool(splits))
        if len(region.branches) > MOST_BRANCHES:
            raise _too_many(document, region.split, f"has {len(region.branches)} branches; more than {MOST_BRANCHES}")
        inside = {id(n) for branch in region.branches for n in branch.nodes}
        gone = inside | {id(region.split), id(region.join)}
        nodes = [n for n in nodes if id(n) not in gone] + list(_written(region))
        if len(nodes) > MOST_NODES:
            raise _too_many(
                document, region.split, f"makes {len(nodes):,} elements when unrolled; more than {MOST_NODES:,}"
            )
    return nodes


def _at(document: Document, n: Node) -> str:
    return f"{document.where(document.elements[n.drawn].line)}: element {n.drawn!r} is a {KIND} that"


def _refusal(document: Document, n: Node, split: bool) -> BlueprintError:
    what = (
        "no inclusive join closes: all its branches must lead to one such join, and nothing else may lead into or out of them"
        if split
        else "closes no inclusive split, so what it waits for is not clear"
    )
    return BlueprintError(f"{_at(document, n)} {what}. Draw it with exclusive and parallel gateways.")


def _too_many(document: Document, n: Node, what: str) -> BlueprintError:
    return BlueprintError(f"{_at(document, n)} {what} are not read. Draw the combinations that occur.")


def _plain(n: Node) -> Iterator[Node]:
    """An inclusive gateway as a join, a split, or both one after the other; as an exclusive one where it does neither."""
    if n.kind != KIND:
        yield n
    elif len(n.incoming) > 1 and len(n.outgoing) > 1:
        between = (f"{n.id}/between",)
        yield replace(n, id=f"{n.id}/join", outgoing=between, origin=n.drawn)
        yield replace(n, incoming=between, origin=n.drawn)
    else:
        yield n if len(n.incoming) > 1 or len(n.outgoing) > 1 else replace(n, kind="exclusiveGateway")


def _region(split: Node, nodes: list[Node]) -> _Region | None:
    """The smallest closed region between a split and a join, without inclusive gateways inside; None if there is none."""
    for join in nodes:
        if join.kind == KIND and len(join.incoming) > 1:
            found = [_branch(flow, split, join, nodes) for flow in split.outgoing]
            branches = [b for b in found if b is not None]
            into = [flow for b in branches for flow in b.ways]
            if len(branches) == len(found) and sorted(into) == sorted(join.incoming):
                return _Region(split, join, tuple(branches))
    return None


def _branch(flow: str, split: Node, join: Node, nodes: list[Node]) -> _Branch | None:
    """What lies between a flow out of the split and the join; None if anything else leads in or out."""
    inside: list[Node] = []
    flows, todo = {flow}, [flow]
    while todo:
        here = todo.pop()
        for n in nodes:
            if here not in n.incoming or n is join or n in inside:
                continue
            if n.kind == KIND or n is split or not n.outgoing:
                return None
            inside.append(n)
            todo += [f for f in n.outgoing if f not in flows]
            flows |= set(n.outgoing)
    needed = {f for n in inside for f in n.incoming}
    if any(n not in inside and n is not split for f in needed for n in nodes if f in n.outgoing):
        return None
    shared = {
        f for n in nodes if n not in (*inside, join, split) for f in (*n.incoming, *n.outgoing, *n.needs, *n.rests)
    }
    ways = tuple(f for f in join.incoming if f in flows)
    return _Branch(flow, tuple(inside), ways, frozenset(flows - shared)) if ways else None


def _written(region: _Region) -> Iterator[Node]:
    """The region with exclusive and parallel gateways only."""
    x, y, n = region.split.id, region.join.id, len(region.branches)
    ways = tuple(f"{x}/{i}" for i in range(n))
    yield Node(x, "exclusiveGateway", region.split.name, region.split.incoming, ways, origin=region.split.drawn)
    for i in range(n):
        into = tuple(f"{x}/{i}/{j}" for j in range(i, n))
        done = tuple(f"{y}/{i}/{j}" for j in range(i, n))
        yield Node(f"{x}/{i}/split", "parallelGateway", "", (ways[i],), into)
        for j in range(i, n):
            begin, end = into[j - i], done[j - i]
            if j > i:
                taken, left = f"{begin}/taken", f"{begin}/left"
                yield Node(f"{begin}/or", "exclusiveGateway", "", (begin,), (taken, left))
                yield from _copy(region.branches[j], f"{x}/{i}", taken, end, (left,))
            else:
                yield from _copy(region.branches[j], f"{x}/{i}", begin, end, ())
        yield Node(f"{y}/{i}/join", "parallelGateway", "", done, (f"{y}/{i}",))
    yield Node(
        y, "exclusiveGateway", "", tuple(f"{y}/{i}" for i in range(n)), region.join.outgoing, origin=region.join.drawn
    )


def _copy(branch: _Branch, prefix: str, begin: str, end: str, also: tuple[str, ...]) -> Iterator[Node]:
    """A copy of a branch from ``begin`` to ``end``; ``also``: flows that lead to its end without it."""
    name = {f: f"{prefix}:{f}" for f in branch.own} | {branch.flow: begin}

    def renamed(flows: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.get(f, f) for f in flows)

    for n in branch.nodes:
        flows = renamed(n.incoming), renamed(n.outgoing)
        yield Node(
            f"{prefix}:{n.id}",
            n.kind,
            n.name,
            *flows,
            n.terminates,
            renamed(n.needs),
            renamed(n.rests),
            n.parts,
            n.drawn,
        )
    yield Node(f"{end}/merge", "exclusiveGateway", "", (*renamed(branch.ways), *also), (end,))
