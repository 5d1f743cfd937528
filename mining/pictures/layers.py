"""Layers for a directed graph: which way each edge points, which layer each node stands in, and the order within layers.

Every edge that spans layers is a chain of small nodes, one in each layer between, so that it has a place of its own among the boxes. All
loops are bounded, and nothing hangs on a clock: equal graphs give equal layers on every machine.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SWEEPS, MOST_WORK = 14, 300_000  # rounds of ordering; fewer where the graph is large
NODE, LABEL, BEND = "node", "label", "bend"


@dataclass(frozen=True)
class Link:
    """An edge between nodes by number; ``weight`` is how much it matters that it is short and points forward."""

    source: int
    target: int
    weight: float


@dataclass
class Vertex:
    """What stands in a layer: a node, the label of an edge, or a place where an edge passes."""

    kind: str
    of: int  # number of the node or of the edge
    layer: int
    band: int
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Layers:
    """Vertices, their order in each layer, and for each edge its vertices from the earlier to the later end.

    ``turned``: edges that point against the layers.
    """

    vertices: list[Vertex]
    order: list[list[int]]
    chains: list[list[int]]
    turned: list[bool]


def layers_of(n: int, links: Sequence[Link], *, bands: Sequence[int], first: int, last: int) -> Layers:
    """Put nodes into layers and order each layer so that few edges cross.

    Nodes stand in even layers; every edge has its label in an odd layer between its ends.

    Parameters
    ----------
    n : int
        Number of nodes; their numbers are the order in which they are read, where the edges leave a choice.
    links : sequence of Link
        No edge joins a node with itself.
    bands : sequence of int
        Band of each node: in a layer, all of a lower band stand before those of a higher.
    first, last : int
        The nodes before and after all others.
    """
    place = _reading(n, links, first, last)
    turned = [place[x.source] > place[x.target] for x in links]
    forward = [
        (x.target, x.source, x.weight) if t else (x.source, x.target, x.weight)
        for x, t in zip(links, turned, strict=True)
    ]
    rank = _ranks(n, forward, place, last)
    vertices = [Vertex(NODE, k, 2 * rank[k], bands[k]) for k in range(n)]
    busy: dict[tuple[int, int], int] = {}
    for vertex in vertices:
        busy[vertex.layer, vertex.band] = busy.get((vertex.layer, vertex.band), 0) + 1
    chains = [_chain(vertices, k, low, high, busy) for k, (low, high, _) in enumerate(forward)]
    order = _first_order(vertices, chains, 2 * max(rank) + 1, place)
    return Layers(vertices, _ordered(vertices, order), chains, turned)


def _reading(n: int, links: Sequence[Link], first: int, last: int) -> list[int]:
    """Place of each node in an order in which little weight points backward: nodes are moved while that helps."""
    weight: dict[int, dict[int, float]] = {k: {} for k in range(n)}
    for x in links:
        weight[x.source][x.target] = weight[x.source].get(x.target, 0.0) + x.weight
    order = [first, *(k for k in range(n) if k not in (first, last)), last]
    for _ in range(6):
        moved = False
        for node in range(n):
            if node in (first, last):
                continue
            others = [x for x in order if x != node]
            best, gain, at = 0.0, 0.0, order.index(node)
            place = at
            for step in (-1, 1):
                gain, here = 0.0, at
                while 1 <= here + step <= len(others) - 1:
                    passed = others[here - 1] if step < 0 else others[here]
                    ahead, behind = weight[node].get(passed, 0.0), weight[passed].get(node, 0.0)
                    gain += (ahead - behind) if step < 0 else (behind - ahead)
                    here += step
                    if gain > best + 1e-9:
                        best, place = gain, here
            if place != at:
                others.insert(place, node)
                order, moved = others, True
        if not moved:
            break
    found = [0] * n
    for k, node in enumerate(order):
        found[node] = k
    return found


def _ranks(n: int, forward: Sequence[tuple[int, int, float]], place: Sequence[int], last: int) -> list[int]:
    """Each node as early as its edges allow, then moved later where that shortens more weight than it lengthens."""
    into: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    out: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for low, high, weight in forward:
        into[high].append((low, weight))
        out[low].append((high, weight))
    rank = [0] * n
    order = sorted(range(n), key=place.__getitem__)
    for node in order:
        rank[node] = max((rank[x] + 1 for x, _ in into[node]), default=0 if node == order[0] else 1)
    rank[last] = max(rank[last], *(r + 1 for k, r in enumerate(rank) if k != last), 0) if n > 1 else 0
    for step in range(8):
        before = list(rank)
        for node in order if step % 2 else reversed(order):
            if node in (order[0], last):
                continue
            low = max((rank[x] + 1 for x, _ in into[node]), default=1)
            high = min((rank[x] - 1 for x, _ in out[node]), default=low)
            pull = sum(w for _, w in out[node]) - sum(w for _, w in into[node])
            rank[node] = high if pull > 0 else low if pull < 0 else min(max(rank[node], low), high)
        if rank == before:
            break
    return rank


def _chain(vertices: list[Vertex], edge: int, low: int, high: int, busy: Mapping[tuple[int, int], int]) -> list[int]:
    """The vertices of an edge, its label in the middle; between bands it runs where fewer boxes stand."""
    a, b = vertices[low].layer, vertices[high].layer
    middle = (a + b) // 2 if (a + b) // 2 % 2 else (a + b) // 2 - 1
    one, other = vertices[low].band, vertices[high].band
    full = {band: sum(busy.get((layer, band), 0) for layer in range(a + 2, b, 2)) for band in (one, other)}
    band = one if full[one] < full[other] else other
    chain = [low]
    for layer in range(a + 1, b):
        vertices.append(Vertex(LABEL if layer == middle else BEND, edge, layer, band))
        chain.append(len(vertices) - 1)
    chain.append(high)
    for x, y in zip(chain, chain[1:], strict=False):
        vertices[x].down.append(y)
        vertices[y].up.append(x)
    return chain


def _first_order(
    vertices: list[Vertex], chains: Sequence[Sequence[int]], n: int, place: Sequence[int]
) -> list[list[int]]:
    """As a walk from the first nodes meets them, the heaviest edges first: they are given in that order."""
    order: list[list[int]] = [[] for _ in range(n)]
    seen: set[int] = set()
    for root in sorted(range(len(place)), key=place.__getitem__):
        stack = [root]
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            order[vertices[at].layer].append(at)
            stack.extend(reversed(vertices[at].down))
    for layer in order:
        layer.sort(key=lambda k: vertices[k].band)
    return order


def _ordered(vertices: list[Vertex], order: list[list[int]]) -> list[list[int]]:
    """Layers sorted by the means of their neighbours, up and down in turn; the order with the fewest crossings is kept."""
    at = [0] * len(vertices)
    _number(order, at)
    best, fewest = [list(layer) for layer in order], _all_crossings(vertices, order, at)
    sweeps = max(2, min(SWEEPS, MOST_WORK // (len(vertices) + 1)))
    for sweep in range(sweeps):
        down = sweep % 2 == 0
        for layer in order if down else reversed(order):
            _sort(vertices, layer, at, down)
        _exchange(vertices, order, at)
        found = _all_crossings(vertices, order, at)
        if found < fewest:
            best, fewest = [list(layer) for layer in order], found
    return best


def _number(order: Sequence[Sequence[int]], at: list[int]) -> None:
    for layer in order:
        for k, vertex in enumerate(layer):
            at[vertex] = k


def _sort(vertices: list[Vertex], layer: list[int], at: list[int], down: bool) -> None:
    wanted = {}
    for k in layer:
        near = vertices[k].up if down else vertices[k].down
        wanted[k] = sum(at[x] for x in near) / len(near) if near else float(at[k])
    layer.sort(key=lambda k: (vertices[k].band, wanted[k], at[k]))
    _number([layer], at)


def _exchange(vertices: list[Vertex], order: Sequence[list[int]], at: list[int]) -> None:
    """Neighbours change places where fewer edges cross then."""
    for _ in range(3):
        changed = False
        for layer in order:
            for k in range(len(layer) - 1):
                a, b = layer[k], layer[k + 1]
                if vertices[a].band != vertices[b].band:
                    continue
                gain = _pair(vertices[a].up, vertices[b].up, at) + _pair(vertices[a].down, vertices[b].down, at)
                if gain > 0:
                    layer[k], layer[k + 1] = b, a
                    at[a], at[b] = k + 1, k
                    changed = True
        if not changed:
            return


def _pair(left: Sequence[int], right: Sequence[int], at: Sequence[int]) -> int:
    """Crossings of the edges of two neighbours less those if they changed places."""
    found = 0
    for x in left:
        for y in right:
            found += (at[x] > at[y]) - (at[x] < at[y])
    return found


def _all_crossings(vertices: Sequence[Vertex], order: Sequence[Sequence[int]], at: Sequence[int]) -> int:
    total = 0
    for layer in order:
        ends: list[int] = []
        for k in layer:
            mine = sorted(at[x] for x in vertices[k].down)
            total += sum(len(ends) - bisect_left(ends, x + 1) for x in mine)
            for x in mine:
                insort(ends, x)
    return total
