"""Where everything stands on the sheet: an own grid layout for BPMN DI, columns by stage and flow, rows by lane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mining.blueprint import model as m
from mining.blueprint.bpmn.cells import Box, Grid, Room, place, rooms, slots, text_below
from mining.blueprint.bpmn.elements import Drawing, Edge, Note
from mining.blueprint.bpmn.labels import LINE, height_of, name_of, wrapped
from mining.blueprint.bpmn.routes import Routes, route

Point = tuple[float, float]

MARGIN = 20.0
HEADER = 30.0  # of a pool and of a lane, as all modellers draw it
STEP = 10.0  # between two lines
PAD = 14.0  # between a line and a box
BORDER = 24.0  # more, where a stage or a lane ends
POOL_GAP = 40.0
ROW = 30.0  # half of an empty row
NOTE_WIDTH = 190.0
ASIDE = 20.0  # how far from the middle of a task lines to notes and evidence leave it


@dataclass
class Plan:
    """Bounds of shapes and of the texts outside them by id, and the bends of lines by the id of their edge."""

    boxes: dict[str, Box] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, tuple[Point, ...]] = field(default_factory=dict)


def arrange(blueprint: m.Blueprint, drawing: Drawing, lang: str) -> Plan:
    """Lay out a diagram.

    Parameters
    ----------
    blueprint : Blueprint
        Gives the order and names of lanes and stages.
    drawing : Drawing
        Its elements.
    lang : str

    Returns
    -------
    Plan
        Ids are those of the drawing, with ``pool_``, ``lane_`` and ``group_`` before those of pools, lanes and stages. No two
        boxes overlap unless one is inside the other or on its border; lines are upright or level, end at borders of boxes, and
        cross none.
    """
    return _Sheet(blueprint, drawing, lang).plan()


class _Sheet:
    def __init__(self, blueprint: m.Blueprint, drawing: Drawing, lang: str) -> None:
        self.drawing = drawing
        self.rooms: dict[str, Room] = rooms(drawing)
        self.grid: Grid = place(drawing, [s.id for s in blueprint.stages])
        self.routes: Routes = route(drawing, self.grid)
        self.stage_names = {s.id: name_of(s.name, lang, s.id) for s in blueprint.stages}
        self.lane_names = {lane.id: name_of(lane.name, lang, lane.id) for lane in blueprint.lanes}
        self.made = Plan()

    def plan(self) -> Plan:
        self.columns()
        self.rows()
        self.shapes()
        self.pools()
        self.stages()
        self.notes()
        for e in self.drawing.edges:
            self.made.lines[e.id] = tuple(_straightened(self.points(e)))
        return self.made

    # --- where columns and rows begin ----------------------------------------------------------------------------------

    def columns(self) -> None:
        """Left borders of gutters and columns; a stage is as wide as its name needs."""
        grid = self.grid
        n = len(grid.columns)
        self.gutter, self.left, self.wide = [0.0] * (n + 1), [0.0] * n, [0.0] * n
        x = MARGIN + 2 * HEADER
        for c in range(n):
            self.gutter[c] = x
            x += PAD + STEP * self.routes.width(True, c) + PAD + (BORDER if self._begins(c) else 0.0)
            inside = [self.rooms[id].cell for id, (_, column) in grid.cells.items() if column == c]
            self.left[c], self.wide[c] = x, max(inside, default=80.0)
            x += self.wide[c]
        self.gutter[n] = x
        self.right = x + PAD + STEP * self.routes.width(True, n) + PAD + BORDER

    def _begins(self, c: int) -> bool:
        return c == 0 or self.grid.columns[c] != self.grid.columns[c - 1]

    def rows(self) -> None:
        """Upper borders of channels and the middle of each row; a lane is as high as its name needs."""
        grid = self.grid
        n = len(grid.rows)
        up, down = [ROW] * n, [ROW] * n
        for id, (row, _) in grid.cells.items():
            room = self.rooms[id]
            up[row] = max(up[row], room.height / 2)
            down[row] = max(down[row], room.height / 2 + room.below)
        for row, lane in enumerate(grid.rows):
            if lane is None:
                up[row] = down[row] = POOL_GAP / 2
        heights = [self._channel(k) for k in range(n + 1)]
        for lane, name in self.lane_names.items():
            mine = [r for r in range(n) if grid.rows[r] == lane]
            high = sum(heights[r] + up[r] + down[r] for r in mine)
            down[mine[-1]] += max(0.0, _least_height(name) - high)
        y = MARGIN + max(height_of(name, self._stage_width(s)) for s, name in self.stage_names.items()) + PAD
        self.channel, self.middle = [0.0] * (n + 1), [0.0] * n
        for row in range(n):
            self.channel[row] = y
            self.middle[row] = y + heights[row] + up[row]
            y = self.middle[row] + down[row]
        self.channel[n] = y
        self.strip = y + heights[n]

    def _channel(self, k: int) -> float:
        border = BORDER / 2 if self._between(k) else 0.0
        return PAD + STEP * self.routes.width(False, k) + border

    def _between(self, k: int) -> bool:
        rows = self.grid.rows
        return 0 < k < len(rows) and rows[k] != rows[k - 1]

    def _stage_width(self, stage: str) -> float:
        left, right = self._stage_ends(stage)
        return right - left - 10

    def _stage_ends(self, stage: str) -> tuple[float, float]:
        mine = [c for c, s in enumerate(self.grid.columns) if s == stage]
        after = mine[-1] + 1
        return self.gutter[mine[0]] + 13, (self.gutter[after] + 7 if after < len(self.left) else self.right - 7)

    # --- shapes --------------------------------------------------------------------------------------------------------

    def shapes(self) -> None:
        boxes, labels = self.made.boxes, self.made.labels
        for id, (row, column) in self.grid.cells.items():
            room = self.rooms[id]
            x = self.left[column] + (self.wide[column] - room.width) / 2
            boxes[id] = Box(x, self.middle[row] - room.height / 2, room.width, room.height)
            boxes |= {inner: box.moved(x, boxes[id].y) for inner, box in room.inside.items()}
        for node in self.drawing.nodes:
            if node.name and node.kind.endswith(("Event", "Gateway")):
                labels[node.id] = text_below(boxes[node.id], node.name)
        for thing in self.drawing.evidence:
            labels[thing.id] = text_below(boxes[thing.id], thing.name)
        for host in dict.fromkeys(b.host for b in self.drawing.boundaries):
            mine = [b for b in self.drawing.boundaries if b.host == host]
            for id, (circle, text) in slots(boxes[host], mine).items():
                boxes[id], labels[id] = circle, text

    def pools(self) -> None:
        rows = self.grid.rows
        for pool in self.drawing.pools:
            mine = [r for r, lane in enumerate(rows) if lane in pool.lanes]
            top, bottom = self._edge(mine[0]), self._edge(mine[-1] + 1)
            self.made.boxes[f"pool_{pool.id}"] = Box(MARGIN, top, self.right - MARGIN, bottom - top)
            for lane in pool.lanes:
                its = [r for r in mine if rows[r] == lane]
                y = self._edge(its[0])
                x = MARGIN + HEADER
                self.made.boxes[f"lane_{lane}"] = Box(x, y, self.right - x, self._edge(its[-1] + 1) - y)

    def _edge(self, row: int) -> float:
        """The border above a row: of a pool where a gap begins or ends, else between two lanes."""
        rows = self.grid.rows
        if row == 0 or rows[row - 1] is None:
            return self.channel[row]
        if rows[row] is None:
            return self.middle[row] - POOL_GAP / 2
        return self.channel[row] + BORDER / 4

    def stages(self) -> None:
        """A group around the columns of each stage, with its name above the pools."""
        pools = [self.made.boxes[f"pool_{p.id}"] for p in self.drawing.pools]
        for stage, name in self.stage_names.items():
            left, right = self._stage_ends(stage)
            high = height_of(name, right - left - 10)
            top = pools[0].y - PAD + 4 - high
            self.made.boxes[f"group_{stage}"] = Box(left, top, right - left, pools[-1].bottom + 6 - top)
            self.made.labels[f"group_{stage}"] = Box(left + 5, top + 3, right - left - 10, high)

    def notes(self) -> None:
        """Notes below the pools, from left to right in the order of what they are about, and no wider than need be."""
        notes = sorted(self.drawing.notes, key=self._wanted)
        wide = NOTE_WIDTH + PAD
        lefts: list[float] = []
        for note in notes:
            lefts.append(max(self._wanted(note) - NOTE_WIDTH / 2, lefts[-1] + wide if lefts else MARGIN))
        right = max(self.right + PAD, MARGIN + wide * len(notes))
        for k, note in enumerate(notes):
            x = min(lefts[k], right - wide * (len(notes) - k))
            self.made.boxes[note.id] = Box(x, self.strip, NOTE_WIDTH, height_of(note.text, NOTE_WIDTH - 14) + 10)

    def _wanted(self, note: Note) -> float:
        return min((self.made.boxes[about].right for about in note.about), default=MARGIN)

    # --- lines ---------------------------------------------------------------------------------------------------------

    def points(self, e: Edge) -> Iterator[Point]:
        source, target = self.made.boxes[e.source], self.made.boxes[e.target]
        way = self.routes.ways[e.id]
        aside = {"association": (0.0, ASIDE), "dataOutputAssociation": (-ASIDE, 0.0)}.get(e.kind, (0.0, 0.0))
        start, end = _port(source, way.leaves, aside[0]), _port(target, way.arrives, aside[1])
        yield start
        x, y = start
        for leg in way.legs:
            track = self.routes.tracks[leg.upright, leg.at][leg.key]
            if leg.upright:
                x = self._track_x(leg.at, track)
            else:
                y = self._track_y(leg.at, track)
            yield x, y
        yield (end[0], y) if way.arrives in ("top", "bottom") else (x, end[1])
        yield end

    def _track_x(self, gutter: int, track: int) -> float:
        border = BORDER if gutter == len(self.left) or self._begins(gutter) else 0.0
        return self.gutter[gutter] + PAD + border + STEP * (track + 0.5)

    def _track_y(self, channel: int, track: int) -> float:
        border = BORDER / 2 if self._between(channel) else 0.0
        return self.channel[channel] + PAD / 2 + border + STEP * (track + 0.5)


def _port(box: Box, side: str, aside: float) -> Point:
    x, y = box.middle
    return {"left": (box.x, y + aside), "right": (box.right, y + aside), "top": (x, box.y), "bottom": (x, box.bottom)}[
        side
    ]


def _straightened(points: Iterator[Point]) -> list[Point]:
    """The bends only: no point twice, none on the way between its neighbours."""
    found: list[Point] = []
    for p in points:
        if found and p == found[-1]:
            continue
        if len(found) > 1 and (found[-2][0] == found[-1][0] == p[0] or found[-2][1] == found[-1][1] == p[1]):
            found.pop()
        found.append(p)
    return found


def _least_height(name: str) -> float:
    """Height at which the name of a lane, set upright, fits in its header on two lines."""
    high = 90.0
    while len(wrapped(name, high - 10)) * LINE > HEADER + 1:
        high += 10
    return high
