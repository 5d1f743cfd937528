"""The measures of a blueprint's drawing: where lines, bands, boxes and arrows lie, in pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mining.blueprint.model import Lane
from mining.pictures.boxes import Box
from mining.pictures.flow import Net
from mining.pictures.grid import Grid
from mining.pictures.routing import Axis, Router
from mining.pictures.tracks import PORT_GAP, TRACK_GAP, Run, assign, runs_of

BAR_HEIGHT, EMPTY_COLUMN, EMPTY_ROW = 30.0, 100.0, 34.0
PAD_BOX, PAD_EDGE = 18.0, 9.0  # from a box to the nearest track, from a track to the border of a stage or lane
GAP, EDGE = 24.0, 10.0  # between boxes, and from a box to a border, where no arrow turns
DIAMOND = 20.0  # both diagonals of a gateway
LOOP_OUT = 10.0
PORT_MARGIN = 40.0  # what ports leave free of a side, so that they stay clear of the corner where a step repeats itself


@dataclass(frozen=True)
class Arrow:
    """An arrow from box to box. ``points`` are the corners; the last is its tip.

    ``optional``: its target may be left out. ``limit``: most rounds of the loop it closes. ``change``: that of its net.
    """

    kind: str
    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    optional: bool = False
    limit: int | None = None
    change: str = ""


@dataclass(frozen=True)
class Scale:
    """Middle and size of every lattice line on one axis, and begin and end of every group."""

    middle: tuple[float, ...]
    size: tuple[float, ...]
    groups: tuple[tuple[float, float], ...]

    @property
    def end(self) -> float:
        """Where the last group ends."""
        return self.groups[-1][1]


@dataclass(frozen=True)
class Sheet:
    """Measures of a drawing. Boxes are ``(x, y, width, height)``; diamonds are among them, with the square around them."""

    xs: Scale
    ys: Scale
    boxes: dict[str, tuple[float, float, float, float]]
    arrows: tuple[Arrow, ...]


def boundary_lines(lanes: Sequence[Lane]) -> dict[int, tuple[str, ...]]:
    """The three lines of a service blueprint, by the index of the lane they lie below.

    Each is there only where both of its sides exist: interaction below the last customer lane, visibility below the
    last lane that the customer can see, internal interaction below the last backstage lane.
    """
    kinds = [lane.kind for lane in lanes]
    below = {
        "interaction": [k for k, kind in enumerate(kinds) if kind == "customer"],
        "visibility": [k for k, lane in enumerate(lanes) if lane.visible],
        "internal_interaction": [k for k, kind in enumerate(kinds) if kind == "backstage"],
    }
    found: dict[int, tuple[str, ...]] = {}
    for name, indices in below.items():
        if indices and indices[-1] + 1 < len(lanes):
            found[indices[-1]] = (*found.get(indices[-1], ()), name)
    return found


def lay_out(
    grid: Grid,
    nets: Sequence[Net],
    boxes: Mapping[str, Box],
    *,
    origin: tuple[float, float],
    box_width: float,
    least_bands: Sequence[float],
    bar_heights: Mapping[str, float],
    note_width: float = 0.0,
) -> Sheet:
    """Route all arrows, then give every line its place.

    Parameters
    ----------
    grid : Grid
        Cells of activities, regions and diamonds.
    nets : sequence of Net
        What follows what.
    boxes : mapping of str to Box
        Activities; their heights decide the heights of rows.
    origin : tuple of float
        Left upper corner of the first band, right of the lane names.
    box_width : float
        Width of every box.
    least_bands : sequence of float
        Least height of each band, the strip of regions first where there is one.
    bar_heights : mapping of str to float
        Height each region's bar needs.
    note_width : float, default 0
        Width of the widest note on an arrow; there is room for it between any two columns, and beside a step that repeats
        itself.

    Returns
    -------
    Sheet
    """
    xs, ys = Axis.of(grid.stages, grid.narrow), Axis.of(([grid.strip] if grid.strip else []) + list(grid.lanes))
    ways, loops = _ways(Router(xs, ys, grid.cells), nets)
    x_tracks, y_tracks = assign([runs for _, _, runs in ways], xs, ys)
    wide = [DIAMOND if k in grid.narrow else EMPTY_COLUMN for k in range(sum(grid.stages))]
    high = [EMPTY_ROW] * (grid.strip + sum(grid.lanes))
    for id, cell in grid.cells.items():
        if id in boxes:
            wide[cell.first] = box_width
        high[cell.row] = max(
            high[cell.row], boxes[id].height if id in boxes else max(BAR_HEIGHT, bar_heights.get(id, 0.0))
        )
    noted = any(net.limit is not None or net.change for net, _ in loops)
    gap, beside = max(GAP, note_width + 6), LOOP_OUT + note_width + 8 if noted else 0.0
    x_edge = max(EDGE, gap / 2, beside)
    x_scale = _scale(xs, wide, x_tracks, origin[0], [0.0] * len(grid.stages), max(gap, beside), x_edge)
    y_scale = _scale(ys, high, y_tracks, origin[1], least_bands, GAP, GAP / 2)
    places = _places(grid, xs, ys, x_scale, y_scale)
    arrows = [_arrow(*way, x_scale, y_scale, places) for way in ways]
    arrows += [_self_loop(net, id, places[id]) for net, id in loops]
    return Sheet(x_scale, y_scale, places, tuple(arrows))


def _ways(
    router: Router, nets: Sequence[Net]
) -> tuple[list[tuple[Net, tuple[str, str], list[Run]]], list[tuple[Net, str]]]:
    """A way for every pair, near pairs first so that they stay straight; and the steps that repeat themselves."""
    order, loops = [], []
    for k, net in enumerate(nets):
        for a, b in net.pairs:
            if a == b:
                loops.append((net, a))
                continue
            p, q = router.cells[a], router.cells[b]
            far = min(abs(p.first - q.last), abs(p.last - q.first), abs(p.first - q.first)) + abs(p.row - q.row)
            order.append((net.kind == "loop", far, k, a, b, net))
    order.sort(key=lambda o: o[:5])
    ways = []
    for _, _, k, a, b, net in order:
        runs = runs_of(f"{k}", router.route(f"{k}", net.kind, a, b))
        runs[0].anchored, runs[-1].anchored = router.is_diamond(a), router.is_diamond(b)
        ways.append((net, (a, b), runs))
    return ways, loops


def _scale(
    axis: Axis,
    cells: Sequence[float],
    tracks: Sequence[float],
    begin: float,
    least: Sequence[float],
    gap: float,
    edge: float,
) -> Scale:
    """Sizes of all lines. ``gap``: least room between cells, ``edge``: between a cell and the border of its group."""
    sizes, k = [], 0
    for line, is_cell in enumerate(axis.cell):
        if is_cell:
            margin = 0.0 if axis.narrow[line] else PORT_MARGIN
            sizes.append(max(cells[k], tracks[line] - PORT_GAP + margin))
            k += 1
        else:
            first_or_last = axis.edge[line]
            room = max(0.0, tracks[line] - TRACK_GAP)  # between the outer tracks
            empty = edge if first_or_last else gap
            used = PAD_BOX + (PAD_EDGE if first_or_last else PAD_BOX) + room
            sizes.append(max(empty, used) if tracks[line] else empty)
    for group, height in enumerate(least):
        mine = [line for line, g in enumerate(axis.group) if g == group]
        lacking = height - sum(sizes[line] for line in mine)
        if lacking > 0:
            sizes[mine[0]] += lacking / 2
            sizes[mine[-1]] += lacking / 2
    return _positions(axis, sizes, tracks, begin)


def _positions(axis: Axis, sizes: Sequence[float], tracks: Sequence[float], begin: float) -> Scale:
    middle, groups, at = [], [], begin
    for line, size in enumerate(sizes):
        if line == 0 or axis.group[line] != axis.group[line - 1]:
            groups.append((at, at))
        shift = 0.0
        if axis.edge[line]:  # tracks keep away from the boxes, not from the border
            outer_first = line == 0 or axis.group[line] != axis.group[line - 1]
            shift = (PAD_EDGE - PAD_BOX) / 2 if outer_first else (PAD_BOX - PAD_EDGE) / 2
        middle.append(at + size / 2 + shift)
        at += size
        groups[-1] = (groups[-1][0], at)
    return Scale(tuple(middle), tuple(sizes), tuple(groups))


def _places(grid: Grid, xs: Axis, ys: Axis, x: Scale, y: Scale) -> dict[str, tuple[float, float, float, float]]:
    columns = [i for i, cell in enumerate(xs.cell) if cell]
    rows = [j for j, cell in enumerate(ys.cell) if cell]
    places = {}
    for id, cell in grid.cells.items():
        a, b, row = columns[cell.first], columns[cell.last], rows[cell.row]
        left, right = x.middle[a] - x.size[a] / 2, x.middle[b] + x.size[b] / 2
        places[id] = (left, y.middle[row] - y.size[row] / 2, right - left, y.size[row])
        if cell.first in grid.narrow:
            places[id] = (x.middle[a] - DIAMOND / 2, y.middle[row] - DIAMOND / 2, DIAMOND, DIAMOND)
    return places


def _arrow(
    net: Net,
    ends: tuple[str, str],
    runs: Sequence[Run],
    x: Scale,
    y: Scale,
    places: Mapping[str, tuple[float, float, float, float]],
) -> Arrow:
    at = [(y if run.flat else x).middle[run.line] + (run.unit.offset if run.unit else 0.0) for run in runs]
    begin = _port(runs[0], at[0], runs[0].end > runs[0].start, places[ends[0]])
    end = _port(runs[-1], at[-1], runs[-1].end < runs[-1].start, places[ends[1]])
    corners = [(at[k + 1], at[k]) if run.flat else (at[k], at[k + 1]) for k, run in enumerate(runs[:-1])]
    return Arrow(net.kind, *ends, (*begin, *corners, *reversed(end)), ends[1] in net.optional, net.limit, net.change)


def _port(run: Run, at: float, far_side: bool, place: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """Where a run meets a box, from the box outwards: ``far_side`` is the right or lower side.

    A run beside the corner of a diamond meets its slanted edge; one that would miss it turns to the next corner.
    """
    left, top, width, height = place
    middle = (left + width / 2, top + height / 2)
    aside = abs(at - middle[run.flat]) if width == height == DIAMOND else 0.0
    if aside >= DIAMOND / 2 - 1:
        lower = at > middle[run.flat]
        if run.flat:
            return [(middle[0], top + height * lower), (middle[0], at)]
        return [(left + width * lower, middle[1]), (at, middle[1])]
    if run.flat:
        return [(left + width - aside if far_side else left + aside, at)]
    return [(at, top + height - aside if far_side else top + aside)]


def _self_loop(net: Net, id: str, place: tuple[float, float, float, float]) -> Arrow:
    """A step that repeats itself: around the right upper corner, inside the free margin of the box."""
    left, top, width, _ = place
    right = left + width
    out = LOOP_OUT
    points = (
        (right, top + 12),
        (right + out, top + 12),
        (right + out, top - out),
        (right - 12, top - out),
        (right - 12, top),
    )
    return Arrow(net.kind, id, id, points, limit=net.limit, change=net.change)
