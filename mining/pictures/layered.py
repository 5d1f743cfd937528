"""Places for boxes and curves for edges, from layers: nothing lies on a box, and no label on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mining.pictures.layers import BEND, LABEL, NODE, Layers, Link, Vertex, layers_of
from mining.pictures.spacing import settle

Point = tuple[float, float]
APART = {NODE: 13.0, LABEL: 4.0, BEND: 5.0}  # half of the room between neighbours
LABEL_HEIGHT, BESIDE = 14.0, 5.0  # a label stands right of its line, or above it, so far from its middle
LEAST_GAP, MOST_GAP, STEEPNESS = 16.0, 56.0, 0.18
ROUNDS, STRAIGHTER = 20, 3


@dataclass(frozen=True)
class Node:
    """A box to place; sizes in pixels. ``band``: the lane it stands in."""

    key: str
    width: float
    height: float
    band: int = 0


@dataclass(frozen=True)
class Edge:
    """A curve to draw; ``room`` is the width of its label, ``weight`` how short it should be, ``head`` the room for its arrowhead."""

    source: str
    target: str
    room: float
    weight: float
    head: float


@dataclass(frozen=True)
class Drawn:
    """Middles of nodes; for each edge its Bezier points (4, 7, 10, ...) and the middle of its label; upper and lower ends of the bands.

    In pixels, y downwards.
    """

    width: float
    height: float
    nodes: dict[str, Point]
    edges: list[tuple[list[Point], Point]]
    bands: list[tuple[float, float]]


@dataclass(frozen=True)
class _Frame:
    """The layers with the size of each vertex across and along them, and where its line passes, seen from its middle."""

    layers: Layers
    across: list[float]
    along: list[float]
    line: list[float]
    strong: list[float]  # of each edge: 1 to 4, how straight it is to be

    def apart(self, a: int, b: int) -> float:
        """Least distance of the middles of two neighbours."""
        kinds = self.layers.vertices[a].kind, self.layers.vertices[b].kind
        return (self.across[a] + self.across[b]) / 2 + APART[kinds[0]] + APART[kinds[1]]

    def need(self, run: Sequence[int]) -> float:
        """Room that neighbours in one band need."""
        inner = sum(self.apart(a, b) for a, b in zip(run, run[1:], strict=False))
        return inner + (self.across[run[0]] + self.across[run[-1]]) / 2 if run else 0.0


def lay_out(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    down: bool,
    first: str,
    last: str,
    least_bands: Sequence[float] = (),
) -> Drawn:
    """Lay out a graph in layers.

    Parameters
    ----------
    nodes, edges : sequences
        No edge joins a node with itself. The order of the nodes is their reading order where edges leave a choice.
    down : bool
        Layers below each other; else beside each other, from left to right.
    first, last : str
        Keys of the nodes before and after all others.
    least_bands : sequence of float
        With bands (only left to right): the least height of each.

    Returns
    -------
    Drawn
        Always, in time that grows with the size of the graph; the same input gives the same places.
    """
    number = {node.key: k for k, node in enumerate(nodes)}
    links = [Link(number[e.source], number[e.target], e.weight) for e in edges]
    layers = layers_of(len(nodes), links, bands=[n.band for n in nodes], first=number[first], last=number[last])
    across, along, line = [], [], []
    for v in layers.vertices:
        wide, high = (nodes[v.of].width, nodes[v.of].height) if v.kind == NODE else (edges[v.of].room, LABEL_HEIGHT)
        wide, high = (0.0, 0.0) if v.kind == BEND or not wide else (wide, high)
        beside = BESIDE if v.kind == LABEL and wide else 0.0
        across.append((wide if down else high) + beside)
        along.append(high if down else wide)
        line.append((-1 if down else 1) * across[-1] / 2 if beside else 0.0)
    most = max((e.weight for e in edges), default=1.0) or 1.0
    frame = _Frame(layers, across, along, line, [1 + 3 * e.weight / most for e in edges])
    bands = _bands(frame, least_bands)
    x = _across(frame, bands if least_bands else [])
    for _ in range(STRAIGHTER):
        _straighten(frame, x, bands if least_bands else [])
    if not least_bands:
        left = min(x[k] - across[k] / 2 for k in range(len(x)))
        x = [value - left for value in x]
    lines = _Lines(frame, x, _ports(frame, x, edges))
    tops, lows = _along(lines)
    middles = [(tops[v.layer] + lows[v.layer]) / 2 for v in layers.vertices]
    total = bands[-1][1] if least_bands else max(x[k] + across[k] / 2 for k in range(len(x)))
    curves = []
    for k, chain in enumerate(layers.chains):
        points, label = _curve(lines, chain, k, middles, tops, lows, edges[k].head, layers.turned[k])
        curves.append(([p if down else (p[1], p[0]) for p in points], label if down else (label[1], label[0])))
    placed = {n.key: (x[k], middles[k]) if down else (middles[k], x[k]) for k, n in enumerate(nodes)}
    size = (total, lows[-1]) if down else (lows[-1], total)
    return Drawn(*size, placed, curves, bands if least_bands else [])


def _runs(frame: _Frame, layer: Sequence[int]) -> dict[int, list[int]]:
    """The vertices of a layer by band."""
    found: dict[int, list[int]] = {}
    for k in layer:
        found.setdefault(frame.layers.vertices[k].band, []).append(k)
    return found


def _bands(frame: _Frame, least: Sequence[float]) -> list[tuple[float, float]]:
    """Upper and lower end of each band: as much as its fullest layer needs."""
    need = dict(enumerate(least))
    for layer in frame.layers.order:
        for band, run in _runs(frame, layer).items():
            need[band] = max(need.get(band, 0.0), frame.need(run) + 32.0)
    found, at = [], 0.0
    for band in sorted(need):
        found.append((at, at + need[band]))
        at += need[band]
    return found


def _across(frame: _Frame, bands: Sequence[tuple[float, float]]) -> list[float]:
    """Places across the layers: neighbours in a layer keep apart, the ends of edges come close."""
    vertices, order = frame.layers.vertices, frame.layers.order
    x = [0.0] * len(vertices)
    for layer in order:
        for band, run in _runs(frame, layer).items():
            middle = sum(bands[band]) / 2 if bands else 0.0
            at = middle - frame.need(run) / 2 + frame.across[run[0]] / 2
            for k, vertex in enumerate(run):
                at += frame.apart(run[k - 1], vertex) if k else 0.0
                x[vertex] = at
    for turn in range(ROUNDS):
        for layer in order if turn % 2 == 0 else list(reversed(order)):
            for band, run in _runs(frame, layer).items():
                wants = [_wants(frame, k, x, turn) for k in run]
                gaps = [frame.apart(a, b) for a, b in zip(run, run[1:], strict=False)]
                ends = bands[band] if bands else None
                if ends:
                    low, high = ends[0] + 12 + frame.across[run[0]] / 2, ends[1] - 12 - frame.across[run[-1]] / 2
                    ends = (low, max(low, high))
                for vertex, value in zip(run, settle([x[k] for k in run], wants, gaps, ends), strict=True):
                    x[vertex] = value
    return x


def _wants(frame: _Frame, k: int, x: Sequence[float], turn: int) -> list[tuple[float, float]]:
    """Where a vertex would like to be, with weights: below (above) its neighbours in the first rounds, between both later."""
    vertices, line = frame.layers.vertices, frame.line
    me = vertices[k]
    near = [*me.up, *me.down] if turn >= 4 else me.up if turn % 2 == 0 else me.down
    return [(x[j] + line[j] - line[k], _pull(me, vertices[j], frame.strong)) for j in near]


def _pull(a: Vertex, b: Vertex, strong: Sequence[float]) -> float:
    """Long edges are to be straight, and strong ones."""
    if a.kind != NODE and b.kind != NODE:
        return 8.0 * strong[a.of]
    return 2.0 * strong[b.of if a.kind == NODE else a.of]


def _straighten(frame: _Frame, x: list[float], bands: Sequence[tuple[float, float]]) -> None:
    """Move the passing places of each edge, between their neighbours, onto as few straight lines as possible."""
    vertices, line = frame.layers.vertices, frame.line
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for layer in frame.layers.order:
        for a, b in zip(layer, layer[1:], strict=False):
            left[b], right[a] = a, b

    def room(k: int) -> tuple[float, float]:
        a, b, band = left.get(k), right.get(k), vertices[k].band
        low = x[a] + frame.apart(a, k) if a is not None else -1e9
        high = x[b] - frame.apart(k, b) if b is not None else 1e9
        if bands:
            low, high = max(low, bands[band][0] + 10), min(high, bands[band][1] - 10)
        return min(low, x[k]) + line[k], max(high, x[k]) + line[k]

    for chain in frame.layers.chains:
        inner = chain[1:-1]
        at = 0
        while at < len(inner):
            low, high = room(inner[at])
            end = at + 1
            while end < len(inner):
                next_low, next_high = room(inner[end])
                if max(next_low, low) > min(next_high, high):
                    break
                low, high, end = max(next_low, low), min(next_high, high), end + 1
            places = sorted(x[k] + line[k] for k in inner[at:end])
            best = min(max(places[len(places) // 2], low), high)
            for k in inner[at:end]:
                x[k] = best - line[k]
            at = end


def _ports(frame: _Frame, x: Sequence[float], edges: Sequence[Edge]) -> dict[tuple[int, int, bool], float]:
    """Where edges meet the side of a box, by (box, edge, upper side): near where they come from, apart from each other."""
    vertices, chains = frame.layers.vertices, frame.layers.chains
    at = [value + beside for value, beside in zip(x, frame.line, strict=True)]
    meeting: dict[tuple[int, bool], list[tuple[float, int, int]]] = {}
    for edge, chain in enumerate(chains):
        for box, near, upper in ((chain[0], chain[1], False), (chain[-1], chain[-2], True)):
            meeting.setdefault((box, upper), []).append((at[near], vertices[near].layer, edge))
    found = {}
    for (box, upper), incident in sorted(meeting.items()):
        incident.sort()
        room = max(frame.across[box] - 16.0, 2.0)
        gap = min(14.0, room / len(incident))
        wants = [[(near, edges[edge].weight)] for near, _, edge in incident]
        ends = (x[box] - room / 2, x[box] + room / 2)
        places = settle([x[box]] * len(incident), wants, [gap] * (len(incident) - 1), ends)
        for (_, _, edge), place in zip(incident, places, strict=True):
            found[box, edge, upper] = place
    return found


@dataclass(frozen=True)
class _Lines:
    """Where edges pass their vertices: in the middle, beside a label, at a port of a box."""

    frame: _Frame
    x: Sequence[float]
    ports: Mapping[tuple[int, int, bool], float]

    def at(self, edge: int, k: int, *, upper: bool) -> float:
        """Place of an edge at a vertex, on its upper or lower side."""
        return self.ports.get((k, edge, upper), self.x[k] + self.frame.line[k])


def _along(lines: _Lines) -> tuple[list[float], list[float]]:
    """First and last line of each layer; layers stand further apart where edges between them go far to the side."""
    frame, order = lines.frame, lines.frame.layers.order
    far = [0.0] * len(order)
    for edge, chain in enumerate(frame.layers.chains):
        for a, b in zip(chain, chain[1:], strict=False):
            aside = abs(lines.at(edge, a, upper=False) - lines.at(edge, b, upper=True))
            above = frame.layers.vertices[a].layer
            far[above] = max(far[above], aside)
    tops, lows, at = [], [], 0.0
    for k, layer in enumerate(order):
        tops.append(at)
        lows.append(at + max((frame.along[v] for v in layer), default=0.0))
        at = lows[-1] + min(MOST_GAP, LEAST_GAP + STEEPNESS * far[k])
    return tops, lows


def _curve(
    lines: _Lines,
    chain: Sequence[int],
    edge: int,
    middles: Sequence[float],
    tops: Sequence[float],
    lows: Sequence[float],
    head: float,
    turned: bool,
) -> tuple[list[Point], Point]:
    """A curve that bends only between the layers and passes straight through them."""
    frame, label = lines.frame, (0.0, 0.0)
    vertices = frame.layers.vertices
    points: list[Point] = []
    for a, b in zip(chain, chain[1:], strict=False):
        x1, x2 = lines.at(edge, a, upper=False), lines.at(edge, b, upper=True)
        y1, y2 = lows[vertices[a].layer], tops[vertices[b].layer]
        begin = middles[a] + frame.along[a] / 2 if vertices[a].kind == NODE else points[-1][1]
        end = middles[b] - frame.along[b] / 2 if vertices[b].kind == NODE else y2
        if not points:
            begin += head if turned else 0.0
            points.append((x1, begin))
        if b == chain[-1] and not turned:
            end -= head
        y1, y2 = max(y1, begin), min(y2, end)
        points += _straight(points[-1], (x1, y1))
        points += [(x1, (y1 + y2) / 2), (x2, (y1 + y2) / 2), (x2, y2)]
        points += _straight((x2, y2), (x2, end))
        if vertices[b].kind == LABEL:
            label = (lines.x[b] - BESIDE / 2 * (1 if frame.line[b] > 0 else -1), middles[b])
    return (list(reversed(points)) if turned else points), label


def _straight(a: Point, b: Point) -> list[Point]:
    if abs(b[1] - a[1]) < 0.05:
        return []
    return [(a[0], a[1] + (b[1] - a[1]) / 3), (b[0], b[1] - (b[1] - a[1]) / 3), b]
