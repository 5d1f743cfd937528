"""Where the diamonds stand: in narrow columns of their own between the columns of the steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mining.pictures.flow import Gateway, Wiring
from mining.pictures.grid import Cell, Grid

Slot = tuple[int, int, int]  # after which column; before (0) or behind (1) a border of stages there; how many-th


@dataclass
class _Seats:
    """Gives each diamond a slot and a row, those before it in the flow first."""

    grid: Grid
    wiring: Wiring
    slot: dict[str, Slot] = field(default_factory=dict)
    row: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gates = {g.id: g for g in self.wiring.gateways}
        self.stage = [k for k, n in enumerate(self.grid.stages) for _ in range(n)]
        pairs = [pair for net in self.wiring.nets if net.kind != "loop" for pair in net.pairs]
        self.before = {id: [a for a, b in pairs if b == id] for id in self.gates}
        self.after = {id: [b for a, b in pairs if a == id] for id in self.gates}

    def seat(self, gate: Gateway) -> None:
        if gate.id in self.slot:
            return
        for id in self.before[gate.id]:
            if id in self.gates:
                self.seat(self.gates[id])
        column, side, level = self._wanted(gate)
        rows = self._rows(gate)
        while not (free := [row for row in rows if self._is_free(row, (column, side, level))]):
            level += 1
        self.slot[gate.id], self.row[gate.id] = (column, side, level), free[0]

    def _wanted(self, gate: Gateway) -> Slot:
        """Joins stand before what follows them, the others behind what comes before; never before a diamond before."""
        sources = [self.grid.cells[id] for id in self._far(gate.id, self.before)]
        targets = [self.grid.cells[id] for id in self._far(gate.id, self.after)]
        behind = max((c.last for c in sources), default=-1)
        ahead = min((c.first for c in targets), default=len(self.stage))
        near = bool(targets) and (not sources or (gate.joins and not any(t in self.gates for t in self.after[gate.id])))
        slot = self._before(ahead) if near and ahead > behind else (behind, 0)
        earlier = [self.slot[id] for id in self.before[gate.id] if id in self.slot]
        if earlier and max(earlier)[:2] >= slot:
            column, side, level = max(earlier)
            return column, side, level + 1
        return *slot, 0

    def _before(self, column: int) -> tuple[int, int]:
        same = column > 0 and self.stage[column - 1] == self.stage[column]
        return column - 1, 0 if same else 1

    def _far(self, id: str, way: Mapping[str, list[str]]) -> Iterator[str]:
        for end in way[id]:
            if end in self.gates:
                yield from self._far(end, way)
            else:
                yield end

    def _rows(self, gate: Gateway) -> list[int]:
        """Rows of the grid, the best first: in line with the nearest of its ends, or with a diamond that leads only here."""
        ends = [(id, -1) for id in self.before[gate.id]] + [(id, 1) for id in self.after[gate.id]]
        if gate.joins:
            ends.reverse()
        lines = [self.row[id] for id, way in ends if id in self.row and (way > 0 or len(self.after[id]) == 1)]
        cells = [(self.grid.cells[id], way) for id, way in ends if id in self.grid.cells]
        first = cells[0][1] if cells else 0
        cells.sort(key=lambda c: (c[1] != first, c[1] * (c[0].first if c[1] > 0 else c[0].last)))
        wished = lines + [cell.row for cell, _ in cells]
        everything = range(self.grid.strip + sum(self.grid.lanes))
        near = wished[0] if wished else 0
        return list(dict.fromkeys([*wished, *sorted(everything, key=lambda r: abs(r - near))]))

    def _is_free(self, row: int, slot: Slot) -> bool:
        if any(self.slot[id] == slot and self.row[id] == row for id in self.slot):
            return False
        return not any(c.row == row and c.first <= slot[0] < c.last for c in self.grid.cells.values())


def with_gateways(grid: Grid, wiring: Wiring) -> Grid:
    """The grid with narrow columns for the diamonds of a flow.

    Parameters
    ----------
    grid : Grid
        Cells of activities and regions.
    wiring : Wiring
        Its diamonds and what they join.

    Returns
    -------
    Grid
        The same order of columns and the same rows. No two cells overlap.
    """
    if not wiring.gateways:
        return grid
    seats = _Seats(grid, wiring)
    for gate in wiring.gateways:
        seats.seat(gate)
    slots = sorted({*seats.slot.values(), *((k, -1, 0) for k in range(len(seats.stage)))})
    at = {slot: k for k, slot in enumerate(slots)}
    stages = [0] * len(grid.stages)
    for column, side, _ in slots:
        stages[seats.stage[column + (side == 1)]] += 1
    cells = {id: Cell(c.row, at[c.first, -1, 0], at[c.last, -1, 0]) for id, c in grid.cells.items()}
    cells |= {id: Cell(seats.row[id], at[slot], at[slot]) for id, slot in seats.slot.items()}
    narrow = frozenset(at[slot] for slot in seats.slot.values())
    return Grid(cells, tuple(stages), grid.lanes, grid.strip, narrow)
