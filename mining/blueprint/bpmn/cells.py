"""Which cell of the grid an element of the diagram takes, and how much room it needs there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mining.blueprint.bpmn.elements import AD_HOC, NOTE, Boundary, Drawing, Evidence, Node
from mining.blueprint.bpmn.labels import height_of

TASK_WIDTH, TASK_HEIGHT = 120.0, 80.0
EVENT, GATEWAY, DATA = 36.0, 50.0, (36.0, 50.0)
LABEL_WIDTH = 92.0  # of a text below an event, gateway or data object
SLOT = 80.0  # for an event on the border of a task, with its text
GAP = 2.0  # between a shape and the text below it
INSIDE = 20.0  # around the steps of an ad-hoc sub-process


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower border."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> Box:
        """The same rectangle elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)


@dataclass(frozen=True)
class Room:
    """What an element takes: its own width and height, the text or events below it, and what stands inside it."""

    width: float
    height: float
    below: float = 0.0
    cell: float = 0.0  # width with the text below
    inside: dict[str, Box] = field(default_factory=dict)  # relative to its upper left corner


def rooms(drawing: Drawing) -> dict[str, Room]:
    """The room of every node and data object."""
    hosts: dict[str, list[Boundary]] = {}
    for b in drawing.boundaries:
        hosts.setdefault(b.host, []).append(b)
    found: dict[str, Room] = {e.id: _labelled(*DATA, e.name) for e in drawing.evidence}
    for node in drawing.nodes:
        if node.kind != AD_HOC:
            found[node.id] = _room(node, hosts.get(node.id, []))
    for node in drawing.nodes:
        if node.kind == AD_HOC:
            found[node.id] = _around([x for x in drawing.nodes if x.within == node.id], found, node.name)
    return found


def slots(task: Box, boundaries: list[Boundary]) -> dict[str, tuple[Box, Box]]:
    """The circle and the text of each event on the lower border of a task."""
    wide = task.width / max(1, len(boundaries))
    found = {}
    for k, b in enumerate(boundaries):
        middle = task.x + (k + 0.5) * wide
        circle = Box(middle - EVENT / 2, task.bottom - EVENT / 2, EVENT, EVENT)
        text = Box(middle - wide / 2 + 1, circle.bottom + GAP, wide - 2, height_of(b.name, wide - 2))
        found[b.id] = (circle, text)
    return found


def text_below(box: Box, text: str) -> Box:
    """Where the text of an event, gateway or data object stands."""
    return Box(box.middle[0] - LABEL_WIDTH / 2, box.bottom + GAP, LABEL_WIDTH, height_of(text, LABEL_WIDTH))


def _room(node: Node, boundaries: list[Boundary]) -> Room:
    if node.kind.endswith("Event"):
        return _labelled(EVENT, EVENT, node.name)
    if node.kind.endswith("Gateway"):
        return _labelled(GATEWAY, GATEWAY, node.name)
    width = max(TASK_WIDTH, SLOT * len(boundaries))
    below = max((EVENT / 2 + GAP + height_of(b.name, width / len(boundaries) - 2) for b in boundaries), default=0.0)
    least = 0.0 if node.kind == NOTE else TASK_HEIGHT
    return Room(width, max(least, height_of(node.name, width - 14) + 20), below, width)


def _labelled(width: float, height: float, text: str) -> Room:
    if not text:
        return Room(width, height, 0.0, width)
    return Room(width, height, GAP + height_of(text, LABEL_WIDTH), max(width, LABEL_WIDTH))


def _around(steps: list[Node], found: dict[str, Room], name: str) -> Room:
    """An ad-hoc sub-process: its tasks one below the other, against its right side, from where lines reach them."""
    wide = max(found[n.id].width for n in steps)
    y = INSIDE / 2 + height_of(name, wide)
    inside: dict[str, Box] = {}
    for node in steps:
        room = found[node.id]
        y += INSIDE / 2
        inside[node.id] = Box(INSIDE + wide - room.width, y, room.width, room.height)
        y += room.height + room.below
    width = INSIDE + wide + INSIDE
    return Room(width, y + INSIDE + 14, 0.0, width, inside)  # 14: the sign of an ad-hoc sub-process


# --- cells -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """``cells``: row and column of everything that stands in the grid. A row is of a lane, or (None) the gap below a pool."""

    cells: dict[str, tuple[int, int]]
    rows: tuple[str | None, ...]
    columns: tuple[str, ...]


@dataclass
class _Placer:
    """Places elements one after the other; the fields grow while it works."""

    layer: dict[str, int] = field(default_factory=dict)  # column within the stage
    sub: dict[str, int] = field(default_factory=dict)  # row within the lane
    where: dict[str, tuple[str, str]] = field(default_factory=dict)  # lane and stage
    taken: set[tuple[str, str, int, int]] = field(default_factory=set)

    def put(self, id: str, lane: str, stage: str, layer: int, sub: int) -> None:
        while (lane, stage, layer, sub) in self.taken:
            sub += 1
        self.taken.add((lane, stage, layer, sub))
        self.where[id], self.layer[id], self.sub[id] = (lane, stage), layer, sub

    def flow_node(self, node: Node, before: list[tuple[str, int]]) -> None:
        near = [(p, far) for p, far in before if p in self.where]
        layer = max((self.layer[p] + far for p, far in near if self.where[p][1] == node.stage), default=0)
        past = [self.layer[p] + 1 for p in node.beyond if p in self.where and self.where[p][1] == node.stage]
        beside = [p for p in (node.beside, *(p for p, _ in near)) if p in self.where and self.where[p][0] == node.lane]
        sub = self.sub[beside[0]] + node.lower if beside else 0
        self.put(node.id, node.lane, node.stage, max([layer, *past]), sub)

    def alone(self, id: str, lane: str, stage: str) -> None:
        """Something that nothing leads to: in the first column of its stage where the lane's first row is free."""
        width = 1 + max((self.layer[x] for x in self.where if self.where[x][1] == stage), default=0)
        layer = next((k for k in range(width) if (lane, stage, k, 0) not in self.taken), 0)
        self.put(id, lane, stage, layer, 0)


def place(drawing: Drawing, stages: Iterable[str]) -> Grid:
    """Cells of all nodes and data objects: columns by stage and then by the flow, rows by pool and lane.

    Parameters
    ----------
    drawing : Drawing
    stages : iterable of str
        Ids, in their order.

    Returns
    -------
    Grid
        No two elements share a cell.
    """
    placer = _Placer()
    outer = [n for n in drawing.nodes if n.within is None]
    position = {n.id: k for k, n in enumerate(outer)}
    before: dict[str, list[tuple[str, int]]] = {}
    for e in drawing.edges:
        if e.source in position and e.target in position and position[e.source] < position[e.target]:
            before.setdefault(e.target, []).append((e.source, int(e.kind != "messageFlow")))
    for node in outer:
        if node.kind != NOTE:
            placer.flow_node(node, before.get(node.id, []))
    host = {n.id: n.within or n.id for n in drawing.nodes}
    for thing in drawing.evidence:
        _place_thing(placer, thing, host)
    for node in outer:
        if node.kind == NOTE:
            placer.alone(node.id, node.lane, node.stage)
    return _numbered(placer, drawing, list(stages))


def _place_thing(placer: _Placer, thing: Evidence, host: dict[str, str]) -> None:
    if thing.task is None:
        placer.alone(thing.id, thing.lane, thing.stage)
    else:
        at = host[thing.task]
        placer.put(thing.id, thing.lane, placer.where[at][1], placer.layer[at], 0)


def _numbered(placer: _Placer, drawing: Drawing, stages: list[str]) -> Grid:
    rows: list[str | None] = []
    top: dict[str, int] = {}
    for pool in drawing.pools:
        for lane in pool.lanes:
            top[lane] = len(rows)
            rows += [lane] * (1 + max((placer.sub[x] for x, (at, _) in placer.where.items() if at == lane), default=0))
        rows.append(None)
    columns: list[str] = []
    first: dict[str, int] = {}
    for stage in stages:
        first[stage] = len(columns)
        columns += [stage] * (
            1 + max((placer.layer[x] for x, (_, at) in placer.where.items() if at == stage), default=0)
        )
    cells = {
        x: (top[lane] + placer.sub[x], first[stage] + placer.layer[x]) for x, (lane, stage) in placer.where.items()
    }
    return Grid(cells, tuple(rows), tuple(columns))
