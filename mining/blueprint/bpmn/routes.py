"""Ways of lines between the cells of a grid: along gutters (between columns) and channels (between rows), never through a box.

Gutter ``g`` lies to the left of column ``g``, channel ``k`` above row ``k``. Lines in one gutter or channel that would lie on each
other get tracks of their own; lines that leave one node, or reach one node, may share theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mining.blueprint.bpmn.cells import Grid
from mining.blueprint.bpmn.elements import Drawing, Edge

Key = tuple[str, str]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Leg:
    """A part of a way: in a gutter (``upright``) or channel ``at``, as part of the line ``key``."""

    upright: bool
    at: int
    key: Key


@dataclass(frozen=True)
class Way:
    """The legs from a source to a target, and the sides where it leaves and arrives."""

    legs: tuple[Leg, ...]
    leaves: str = "right"
    arrives: str = "left"


@dataclass
class _Lines:
    """The lines in one gutter or channel: from where to where they reach, and which must lie before which."""

    reach: dict[Key, tuple[int, int]] = field(default_factory=dict)
    turns: dict[int, tuple[list[Key], list[Key]]] = field(
        default_factory=dict
    )  # at a position: to lower, to higher tracks

    def add(self, key: Key, start: int, end: int) -> None:
        low, high = self.reach.get(key, (start, start))
        self.reach[key] = (min(low, start, end), max(high, start, end))

    def turn(self, key: Key, position: int, *, lower: bool) -> None:
        self.turns.setdefault(position, ([], []))[0 if lower else 1].append(key)

    def tracks(self) -> dict[Key, int]:
        """A track for each line: no two that meet share one, and where two turn at one place, each turns on its own side."""
        after: dict[Key, set[Key]] = {key: set() for key in self.reach}
        for lower, higher in self.turns.values():
            for key in higher:
                after[key] |= {k for k in lower if k != key}
        found: dict[Key, int] = {}
        left = sorted(self.reach, key=lambda key: (self.reach[key][0] - self.reach[key][1], self.reach[key], key))
        while left:
            key = next(
                (k for k in left if after[k] <= found.keys()), left[0]
            )  # the latter: lines that want each other's side
            left.remove(key)
            track = max((found[k] + 1 for k in after[key] if k in found), default=0)
            while any(t == track and self._meet(key, k) for k, t in found.items()):
                track += 1
            found[key] = track
        return found

    def _meet(self, a: Key, b: Key) -> bool:
        return self.reach[a][0] <= self.reach[b][1] and self.reach[b][0] <= self.reach[a][1]


@dataclass(frozen=True)
class Routes:
    """Ways by edge; ``tracks``: (upright, gutter or channel) to the track of each line in it."""

    ways: dict[str, Way]
    tracks: dict[tuple[bool, int], dict[Key, int]]

    def width(self, upright: bool, at: int) -> int:
        """Number of tracks in a gutter or channel."""
        return 1 + max(self.tracks.get((upright, at), {}).values(), default=-1)


def route(drawing: Drawing, grid: Grid) -> Routes:
    """Ways for all edges.

    Parameters
    ----------
    drawing : Drawing
    grid : Grid
        With the cells of its nodes; notes stand below the last row.

    Returns
    -------
    Routes
    """
    host = {n.id: n.within or n.id for n in drawing.nodes} | {e.id: e.id for e in drawing.evidence}
    flows = [e for e in drawing.edges if e.kind == "sequenceFlow"]
    router = _Router(grid, Counter(e.source for e in flows), Counter(e.target for e in flows))
    ways: dict[str, Way] = {}
    for e in drawing.edges:
        if e.kind == "sequenceFlow":
            ways[e.id] = router.flow(e)
        elif e.kind == "messageFlow":
            ways[e.id] = router.message(e)
        elif e.kind == "association":
            ways[e.id] = router.note(e, grid.cells[host[e.target]])
        else:
            ways[e.id] = router.thing(e, grid.cells[host[e.source]])
    return Routes(ways, {at: lines.tracks() for at, lines in router.lines.items()})


@dataclass
class _Router:
    grid: Grid
    leaving: Counter[str]
    reaching: Counter[str]
    lines: dict[tuple[bool, int], _Lines] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.full = set(self.grid.cells.values())

    def at(self, leg: Leg) -> _Lines:
        return self.lines.setdefault((leg.upright, leg.at), _Lines())

    def free(self, rows: Iterable[int], columns: Iterable[int]) -> bool:
        return not any((r, c) in self.full for r in rows for c in columns)

    def flow(self, e: Edge) -> Way:
        """From the right side of a box to the left side of another."""
        (r1, c1), (r2, c2) = self.grid.cells[e.source], self.grid.cells[e.target]
        ahead = c2 > c1 and self.free([r1], range(c1 + 1, c2))
        if r1 == r2 and ahead:
            return Way(())
        if ahead:
            split = self.leaving[e.source] > 1 and self.reaching[e.target] == 1
            leg = Leg(True, c2, ("out", e.source) if split else ("in", e.target))
            self.at(leg).add(leg.key, 2 * r1 + 1, 2 * r2 + 1)
            self._turns(leg, leg, r1, r2)
            return Way((leg,))
        if c2 <= c1:  # a way back runs below its target, with all others to it
            k, out = r2 + 1, ("back", e.target) if self.leaving[e.source] == 1 else ("out", e.source)
        else:
            k, out = r1 if r2 <= r1 else r1 + 1, ("out", e.source)
        first, last = Leg(True, c1 + 1, out), Leg(True, c2, ("in", e.target))
        across = Leg(False, k, ("in", e.target))
        self.at(first).add(first.key, 2 * r1 + 1, 2 * k)
        self.at(across).add(across.key, 2 * first.at, 2 * last.at)
        self.at(last).add(last.key, 2 * k, 2 * r2 + 1)
        self._turns(first, last, r1, r2)
        return Way((first, across, last))

    def _turns(self, first: Leg, last: Leg, r1: int, r2: int) -> None:
        self.at(first).turn(first.key, 2 * r1 + 1, lower=True)
        self.at(last).turn(last.key, 2 * r2 + 1, lower=False)

    def message(self, e: Edge) -> Way:
        """Between the pools: from the upper side to the lower side of an event, or the other way round."""
        (r1, c1), (r2, c2) = self.grid.cells[e.source], self.grid.cells[e.target]
        up = r2 < r1
        sides = ("top", "bottom") if up else ("bottom", "top")
        if c1 == c2 and self.free(range(min(r1, r2) + 1, max(r1, r2)), [c1]):
            return Way((), *sides)
        key = ("edge", e.id)
        k1, k2 = (r1, r2 + 1) if up else (r1 + 1, r2)
        g = c2 if c1 < c2 else c2 + 1
        legs = (Leg(False, k1, key), Leg(True, g, key), Leg(False, k2, key))
        for leg, column, from_above in ((legs[0], c1, not up), (legs[2], c2, up)):
            self.at(leg).add(key, 2 * column + 1, 2 * g)
            self.at(leg).turn(key, 2 * column + 1, lower=from_above)
        self.at(legs[1]).add(key, 2 * k1, 2 * k2)
        return Way(legs, *sides)

    def thing(self, e: Edge, task: Cell) -> Way:
        """From the right side of a task to the right side of its evidence, in the same column."""
        (r1, c), (r2, _) = task, self.grid.cells[e.target]
        leg = Leg(True, c + 1, ("edge", e.id))
        self.at(leg).add(leg.key, 2 * r1 + 1, 2 * r2 + 1)
        for r in (r1, r2):
            self.at(leg).turn(leg.key, 2 * r + 1, lower=True)
        return Way((leg,), "right", "right")

    def note(self, e: Edge, task: Cell) -> Way:
        """From the upper side of a note below the pools to the right side of a task. Each note has a track of its own there."""
        r, c = task
        key, below = ("note", e.source), len(self.grid.rows)
        down, across = Leg(True, c + 1, key), Leg(False, below, key)
        self.at(down).add(key, 2 * r + 1, 2 * below)
        self.at(down).turn(key, 2 * r + 1, lower=True)
        self.at(across).add(key, 0, 2 * len(self.grid.columns))
        return Way((across, down), "top", "right")
