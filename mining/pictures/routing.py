"""Ways for arrows: along the gaps between boxes, never through a box.

The drawing is a lattice. On each axis, lines through cells (columns, rows) alternate with lines through the gaps
between them; where two stages or lanes meet there are two gaps, so that no arrow lies on the border. A way is found
on the lattice first; :mod:`mining.pictures.tracks` then gives every arrow its own track on each line.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from mining.pictures.grid import Cell

Point = tuple[int, int]
MOVES = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}

# Costs, in about pixels. What matters is their order: long < bent < crossing the reading direction.
BEND, THROUGH_CELL, CROSSING, SHARED_GAP, SHARED_CELL, AGAINST = 34, 14, 16, 9, 45, 80
TAKEN_CORNER = 250  # a diamond has four corners; each is for one connection, as long as there is one
SIDES = {
    "flow": {"right": 0, "down": 26, "up": 26, "left": 130},
    "loop": {"right": 22, "down": 0, "up": 0, "left": 12},
    "gateway": {"right": 0, "down": 4, "up": 4, "left": 130},
}


@dataclass(frozen=True)
class Axis:
    """Lines of one axis.

    ``cell`` says for each line whether it runs through cells; ``group`` which stage or lane it belongs to; ``edge``
    whether it is the outermost gap of its group; ``narrow`` whether it runs through cells that hold only diamonds.
    """

    cell: tuple[bool, ...]
    group: tuple[int, ...]
    edge: tuple[bool, ...]
    narrow: tuple[bool, ...]

    @classmethod
    def of(cls, sizes: Iterable[int], narrow: Collection[int] = ()) -> Axis:
        """Lines for groups with these numbers of cells; ``narrow``: which cells, counted through all groups."""
        cell: list[bool] = []
        group: list[int] = []
        edge: list[bool] = []
        for k, size in enumerate(sizes):
            lines = [False, *(x for _ in range(size) for x in (True, False))]
            cell += lines
            group += [k] * len(lines)
            edge += [True, *[False] * (len(lines) - 2), True]
        place = iter(range(len(cell)))
        return cls(tuple(cell), tuple(group), tuple(edge), tuple(x and next(place) in narrow for x in cell))

    def line(self, index: int) -> int:
        """Line through the cell with this index."""
        return [i for i, cell in enumerate(self.cell) if cell][index]

    def step(self, a: int, b: int) -> float:
        """About how far two neighbouring lines are apart."""
        return 70.0 if (self.cell[a] or self.cell[b]) and not (self.narrow[a] or self.narrow[b]) else 18.0


@dataclass
class Router:
    """Finds ways one after the other and remembers which lines are in use."""

    xs: Axis
    ys: Axis
    cells: dict[str, Cell]
    used: dict[tuple[Point, Point], dict[str, str]] = field(default_factory=dict)  # segment -> net -> direction
    passed: dict[tuple[Point, bool], set[str]] = field(default_factory=dict)  # point, horizontal -> nets

    def __post_init__(self) -> None:
        columns = [i for i, cell in enumerate(self.xs.cell) if cell]
        rows = [j for j, cell in enumerate(self.ys.cell) if cell]
        self.span = {id: (columns[c.first], columns[c.last], rows[c.row]) for id, c in self.cells.items()}
        self.filled = {(i, j): id for id, (a, b, j) in self.span.items() for i in range(a, b + 1)}

    def route(self, net: str, kind: str, source: str, target: str) -> list[Point]:
        """Lattice points from the source's box to the target's, both ends inside the boxes."""
        leave, enter = (self._sides(kind, end) for end in (source, target))
        best: dict[tuple[Point, str], float] = {}
        came: dict[tuple[Point, str], tuple[Point, str] | None] = {}
        queue: list[tuple[float, int, Point, str]] = []
        count = 0
        for point, way in self._exits(source):
            state = (point, way)
            best[state], came[state] = leave[way], None
            heappush(queue, (best[state], count, point, way))
            count += 1
        while queue:
            cost, _, point, way = heappop(queue)
            if cost > best[point, way]:
                continue
            if self.filled.get(point) == target and came[point, way] is not None:
                return self._finish(net, came, (point, way))
            for after, turn, more in self._moves(net, enter, target, point, way, came[point, way] is None):
                total = cost + more
                if total < best.get((after, turn), float("inf")) - 1e-9:
                    best[after, turn], came[after, turn] = total, (point, way)
                    heappush(queue, (total, count, after, turn))
                    count += 1
        raise AssertionError(f"no way from {source} to {target}")  # the gaps join everything

    def _sides(self, kind: str, end: str) -> dict[str, int]:
        """What it costs to leave or reach a box by each of its sides."""
        return SIDES["loop" if kind == "loop" else "gateway" if self.is_diamond(end) else "flow"]

    def is_diamond(self, id: str) -> bool:
        """Whether it stands in a column for diamonds."""
        return self.xs.narrow[self.span[id][0]]

    def _exits(self, source: str) -> Iterator[tuple[Point, str]]:
        first, last, row = self.span[source]
        yield (last, row), "right"
        for i in range(first, last + 1):
            if self.xs.cell[i]:
                yield (i, row), "down"
                yield (i, row), "up"
        yield (first, row), "left"

    def _moves(
        self,
        net: str,
        enter: dict[str, int],
        target: str,
        point: Point,
        way: str,
        leaving: bool,
    ) -> Iterator[tuple[Point, str, float]]:
        dx, dy = MOVES[way]
        for turn, (mx, my) in MOVES.items():
            if (leaving and turn != way) or (mx, my) == (-dx, -dy):
                continue
            after = (point[0] + mx, point[1] + my)
            if not (0 <= after[0] < len(self.xs.cell) and 0 <= after[1] < len(self.ys.cell)):
                continue
            owner = self.filled.get(after)
            if owner is not None and (owner != target or (my and not self.xs.cell[after[0]])):
                continue
            cost = self._segment(net, point, after, turn)
            if turn != way:
                cost += BEND + (BEND if self._in_cell(point) else 0)
            if owner == target:
                cost += enter[turn]
            elif self._in_cell(after):
                cost += THROUGH_CELL
            yield after, turn, cost

    def _in_cell(self, point: Point) -> bool:
        return self.xs.cell[point[0]] and self.ys.cell[point[1]] and not self.xs.narrow[point[0]]

    def _segment(self, net: str, a: Point, b: Point, way: str) -> float:
        flat = a[1] == b[1]
        length = self.xs.step(a[0], b[0]) if flat else 0.6 * self.ys.step(a[1], b[1])
        nets = self.used.get((min(a, b), max(a, b)), {})
        if net in nets:
            return length * 0.25 if nets[net] == way else length + AGAINST
        in_cell = self.ys.cell[a[1]] if flat else self.xs.cell[a[0]]
        if nets and any(self.xs.narrow[i] and (i, j) in self.filled for i, j in (a, b)):
            length += TAKEN_CORNER
        crossed = len(self.passed.get((b, not flat), set()) - {net})
        return length + len(nets) * (SHARED_CELL if in_cell else SHARED_GAP) + crossed * CROSSING

    def _finish(
        self,
        net: str,
        came: dict[tuple[Point, str], tuple[Point, str] | None],
        state: tuple[Point, str] | None,
    ) -> list[Point]:
        states = []
        while state is not None:
            states.append(state)
            state = came[state]
        states.reverse()
        for (a, _), (b, way) in itertools.pairwise(states):
            self.used.setdefault((min(a, b), max(a, b)), {}).setdefault(net, way)
            for point in (a, b):
                self.passed.setdefault((point, a[1] == b[1]), set()).add(net)
        return [point for point, _ in states]
