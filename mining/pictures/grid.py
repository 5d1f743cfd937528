"""Where each activity stands: which column of its stage and which row of its lane."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, sqrt

from mining.blueprint.model import Blueprint, flow_activities
from mining.pictures.flow import Net, Region


@dataclass(frozen=True)
class Cell:
    """A box of the grid: one row, and columns ``first`` to ``last``."""

    row: int
    first: int
    last: int


@dataclass(frozen=True)
class Grid:
    """Cells of all activities and regions.

    ``stages`` and ``lanes`` hold the number of columns and rows of each; rows of the regions' strip come first and are
    counted in ``strip``. ``narrow``: columns that hold nothing but diamonds.
    """

    cells: dict[str, Cell]
    stages: tuple[int, ...]
    lanes: tuple[int, ...]
    strip: int
    narrow: frozenset[int] = frozenset()


@dataclass
class _Placer:
    """Places activities one after the other; the fields grow while it works."""

    blueprint: Blueprint
    nets: tuple[Net, ...]
    regions: tuple[Region, ...]
    column: dict[str, int] = field(default_factory=dict)  # within the stage
    sub: dict[str, int] = field(default_factory=dict)  # within the lane
    taken: dict[tuple[str, str, int, int], str] = field(default_factory=dict)
    drop: dict[str, int] = field(default_factory=dict)  # direction of a hand-over within a column

    def __post_init__(self) -> None:
        bp = self.blueprint
        written = dict.fromkeys((*flow_activities(bp.flow), *(a.id for a in bp.activities)))
        self.order = {id: k for k, id in enumerate(written)}
        self.lane_index = {lane.id: k for k, lane in enumerate(bp.lanes)}
        self.stage_index = {stage.id: k for k, stage in enumerate(bp.stages)}
        self.members = {r.id: r.activities for r in self.regions}
        self.region_of: dict[str, Region] = {}
        for region in self.regions:
            for id in region.activities:
                self.region_of.setdefault(id, region)
        self.kind: dict[tuple[str, str], str] = {}
        for net in self.nets:
            for a, b in net.pairs:
                for x in self.members.get(a, (a,)):
                    for y in self.members.get(b, (b,)):
                        together = x in self.region_of and self.region_of[x] is self.region_of.get(y)
                        if net.kind != "loop" and self.order[x] < self.order[y] and not together:
                            self.kind.setdefault((x, y), net.kind)
        self.before = {id: [a for a, b in self.kind if b == id] for id in self.order}
        self.after = {id: [b for a, b in self.kind if a == id] for id in self.order}

    def place(self) -> None:
        activities = sorted(self.blueprint.activities, key=lambda a: (self.stage_index[a.stage], self.order[a.id]))
        for activity in activities:
            self._place_one(activity.id, activity.lane, activity.stage)

    def _place_one(self, id: str, lane: str, stage: str) -> None:
        near = [p for p in self.before[id] if p in self.column and self.blueprint.activity(p).stage == stage]
        steps = {p: 0 if self._below(p, id, near) else 1 for p in near}
        column = max((self.column[p] + steps[p] for p in near), default=0)
        same_lane = [p for p in self.before[id] if p in self.sub and self.blueprint.activity(p).lane == lane]
        sub = min((self.sub[p] for p in same_lane), default=0)
        if id in self.region_of:
            k, wide = self._seat(id)
            column, sub = column + k % wide, k // wide
        elif any(self.kind.get((p, id)) == "redo" and steps.get(p) == 0 for p in same_lane):
            sub += 1
        while (lane, stage, column, sub) in self.taken:
            sub += 1
        self.taken[lane, stage, column, sub] = id
        self.column[id], self.sub[id] = column, sub
        for p in near:
            if steps[p] == 0 and self.column[p] == column:
                self.drop[id] = self._direction(p, id)

    def _direction(self, a: str, b: str) -> int:
        lanes = [self.lane_index[self.blueprint.activity(x).lane] for x in (a, b)]
        return (lanes[1] > lanes[0]) - (lanes[1] < lanes[0])

    def _below(self, a: str, b: str, near: list[str]) -> bool:
        """Whether ``b`` stands in the column of ``a``: a hand-over between lanes at one moment, or a loop's redo."""
        if b in self.region_of or a in self.region_of:
            return False
        if self.kind[a, b] == "redo":
            return self._direction(a, b) >= 0
        if near != [a] or self.after[a] != [b]:
            return False
        way = self._direction(a, b)
        return way != 0 and (self.drop.get(a) or way) == way

    def _seat(self, id: str) -> tuple[int, int]:
        """Position among the region's steps in the same stage and lane, and columns the region takes in that stage."""
        bp, region = self.blueprint, self.region_of[id]
        here = bp.activity(id)
        mine = [
            a for a in map(bp.activity, region.activities) if a.stage == here.stage and self.region_of[a.id] == region
        ]
        lanes = [a.lane for a in mine]
        most = max(lanes.count(lane) for lane in lanes)
        alike = [a.id for a in mine if a.lane == here.lane]
        return alike.index(id), max(1, ceil(sqrt(most)))


def place(blueprint: Blueprint, nets: tuple[Net, ...], regions: tuple[Region, ...]) -> Grid:
    """Cells of a blueprint's activities and regions.

    Columns follow the order of the flow inside the stage; a hand-over to another lane with no other way in or out stays
    in the same column, as service blueprints show one moment. Where two activities fall into one place the later one
    takes the next row of the lane.

    Parameters
    ----------
    blueprint : Blueprint
        Gives stages, lanes and activities, in their order.
    nets, regions : tuples
        From :func:`mining.pictures.flow.wiring_of`: its ``steps`` and ``regions``.

    Returns
    -------
    Grid
        No two cells overlap.
    """
    placer = _Placer(blueprint, nets, regions)
    placer.place()
    wide = [
        1 + max((c for id, c in placer.column.items() if blueprint.activity(id).stage == s.id), default=0)
        for s in blueprint.stages
    ]
    high = [
        1 + max((r for id, r in placer.sub.items() if blueprint.activity(id).lane == lane.id), default=0)
        for lane in blueprint.lanes
    ]
    first = {s.id: sum(wide[:k]) for k, s in enumerate(blueprint.stages)}
    column = {a.id: first[a.stage] + placer.column[a.id] for a in blueprint.activities}
    bars, strip, width = _bars(column, nets, regions, sum(wide))
    wide[-1] += width - sum(wide)
    top = {lane.id: strip + sum(high[:k]) for k, lane in enumerate(blueprint.lanes)}
    cells = {a.id: Cell(top[a.lane] + placer.sub[a.id], column[a.id], column[a.id]) for a in blueprint.activities}
    return Grid(cells | bars, tuple(wide), tuple(high), strip)


def _bars(
    column: dict[str, int],
    nets: tuple[Net, ...],
    regions: tuple[Region, ...],
    width: int,
) -> tuple[dict[str, Cell], int, int]:
    """A bar for each region, in rows of the strip: from what comes before it to its last step or what comes next."""
    ends = dict(column)
    bars: dict[str, Cell] = {}
    used: list[list[tuple[int, int]]] = []
    members = {r.id: r.activities for r in regions}
    for region in regions:
        into = [a for net in nets if net.kind != "loop" and region.id in net.targets for a in net.sources]
        out = [b for net in nets if net.kind != "loop" and region.id in net.sources for b in net.targets]
        mine = [column[id] for id in region.activities]
        start = max([min(mine), *(ends[a] + 1 for a in into if a in ends)])
        following = [c for b in out for c in _columns(b, column, members) if c > start]
        end = max(start, min([max(mine), *(c - 1 for c in following)]))
        ends[region.id], width = end, max(width, end + 1)
        row = next(r for r in range(len(used) + 1) if r == len(used) or all(start > b or end < a for a, b in used[r]))
        if row == len(used):
            used.append([])
        used[row].append((start, end))
        bars[region.id] = Cell(row, start, end)
    return bars, len(used), width


def _columns(id: str, column: dict[str, int], members: dict[str, tuple[str, ...]]) -> Iterable[int]:
    return [column[id]] if id in column else [min(column[m] for m in members[id])]
