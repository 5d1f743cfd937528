"""A track of its own for every arrow on every line, so that arrows never lie on each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations

from mining.pictures.routing import Axis, Point

HALF_BOX = 0.3  # a run that ends at a box ends this far from the middle of its cell
TRACK_GAP = 10.0
PORT_GAP = 12.0
CLEAR = 0.005  # tracks closer than this along a line share no track (in thousandths of a pixel, see _fine)


@dataclass
class Run:
    """A straight piece of a way. ``flat``: horizontal. ``line``: which lattice line. ``start`` to ``end``: along it.

    ``anchored``: it meets the corner of a diamond, so it should lie in the middle of its line.
    """

    net: str
    flat: bool
    line: int
    start: float
    end: float
    unit: Unit | None = None
    anchored: bool = False


@dataclass
class Unit:
    """Runs of one net that touch each other on one line: they share a track."""

    net: str
    start: float
    end: float
    runs: list[Run]
    joints: list[tuple[float, int]] = field(
        default_factory=list
    )  # where along the line a way leaves, and to which side
    offset: float = 0.0


def runs_of(net: str, points: Sequence[Point]) -> list[Run]:
    """Straight pieces of a way on the lattice, in order."""
    runs: list[Run] = []
    for a, b in pairwise(points):
        flat = a[1] == b[1]
        p, q = (a[0], b[0]) if flat else (a[1], b[1])
        if runs and runs[-1].flat == flat:
            runs[-1].end = q
        else:
            runs.append(Run(net, flat, a[1] if flat else a[0], p, q))
    for run, inwards in ((runs[0], True), (runs[-1], False)):
        sign = 1 if run.end > run.start else -1
        if inwards:
            run.start += sign * HALF_BOX
        else:
            run.end -= sign * HALF_BOX
    return runs


def assign(ways: Sequence[list[Run]], xs: Axis, ys: Axis) -> tuple[list[float], list[float]]:
    """Give every run a track; afterwards ``run.unit.offset`` is its distance from the middle of its line.

    Vertical lines come first; horizontal runs then know exactly where they end, and more of them can be straight.

    Parameters
    ----------
    ways : sequence of list of Run
        One list for each arrow. Their units are set.
    xs, ys : Axis
        The lattice.

    Returns
    -------
    list of float, list of float
        Room the tracks take on each vertical and each horizontal line, in pixels; 0 where there is none or one.
    """
    needs = []
    for flat, axis in ((False, xs), (True, ys)):
        need = [0.0] * len(axis.cell)
        for line in range(len(axis.cell)):
            units = _units(ways, flat, line)
            spacing = PORT_GAP if axis.cell[line] else TRACK_GAP
            for group in _touching(units):
                count = _spread(group, spacing)
                need[line] = max(need[line], count * spacing)
        needs.append(need)
    return needs[0], needs[1]


def _units(ways: Sequence[list[Run]], flat: bool, line: int) -> list[Unit]:
    by_net: dict[str, list[tuple[Run, list[tuple[float, int]]]]] = {}
    for way in ways:
        for k, run in enumerate(way):
            if run.flat == flat and run.line == line:
                joints = []
                if k:
                    joints.append((_fine(run.start, way[k - 1]), 1 if way[k - 1].start > line else -1))
                if k + 1 < len(way):
                    joints.append((_fine(run.end, way[k + 1]), 1 if way[k + 1].end > line else -1))
                by_net.setdefault(run.net, []).append((run, joints))
    units: list[Unit] = []
    for net, entries in by_net.items():
        spans = sorted(((*_extent(run, joints), run, joints) for run, joints in entries), key=lambda s: s[:2])
        mine: list[Unit] = []
        for low, high, run, joints in spans:
            if mine and low <= mine[-1].end + CLEAR:
                mine[-1].end = max(mine[-1].end, high)
            else:
                mine.append(Unit(net, low, high, []))
            mine[-1].runs.append(run)
            mine[-1].joints.extend(j for j in joints if j not in mine[-1].joints)
            run.unit = mine[-1]
        units += mine
    return sorted(units, key=lambda u: (u.start, u.end, u.net))


def _extent(run: Run, joints: list[tuple[float, int]]) -> tuple[float, float]:
    ends = [run.start, run.end]
    for place, _ in joints:
        near = 0 if abs(place - run.start) <= abs(place - run.end) else 1
        ends[near] = place
    return min(ends), max(ends)


def _fine(place: float, neighbour: Run) -> float:
    """Where along the line the neighbouring run joins, its track included once that is known."""
    return place + (neighbour.unit.offset / 1000 if neighbour.unit else 0.0)


def _touching(units: list[Unit]) -> list[list[Unit]]:
    groups: list[list[Unit]] = []
    end = float("-inf")
    for unit in units:
        if not groups or unit.start > end + CLEAR:
            groups.append([])
            end = unit.end
        groups[-1].append(unit)
        end = max(end, unit.end)
    return groups


def _spread(group: list[Unit], spacing: float) -> int:
    """Set the offsets of units that touch; return how many tracks they need, around the middle of the line."""
    tracks: list[list[Unit]] = []
    for unit in group:
        free = (t for t in tracks if all(unit.start > u.end + CLEAR or unit.end < u.start - CLEAR for u in t))
        track = next(free, None)
        if track is None:
            tracks.append([unit])
        else:
            track.append(unit)
    order = _best_order(tracks)
    middle = (len(order) - 1) / 2
    anchored = [k for k, track in enumerate(order) for unit in track if any(run.anchored for run in unit.runs)]
    zero = min(anchored, key=lambda k: abs(k - middle), default=middle)
    for k, track in enumerate(order):
        for unit in track:
            unit.offset = (k - zero) * spacing
    return round(2 * max(zero, len(order) - 1 - zero)) + 1


def _best_order(tracks: list[list[Unit]]) -> list[list[Unit]]:
    if len(tracks) == 1:
        return tracks
    if len(tracks) <= 5:
        return list(min(permutations(tracks), key=_crossings))
    order, better = list(tracks), True
    least = _crossings(order)
    while better:
        better = False
        for a in range(len(order)):
            for b in range(a + 1, len(order)):
                trial = list(order)
                trial[a], trial[b] = trial[b], trial[a]
                count = _crossings(trial)
                if count < least:
                    order, least, better = trial, count, True
    return order


def _crossings(order: Iterable[list[Unit]]) -> int:
    """Crossings on the line: a way that leaves its track crosses the tracks on that side. Meeting ends count more."""
    count = 0
    flat = [(k, unit) for k, track in enumerate(order) for unit in track]
    for k, unit in flat:
        for place, side in unit.joints:
            for m, other in flat:
                if m == k or (m > k) != (side > 0):
                    continue
                if other.start + CLEAR < place < other.end - CLEAR:
                    count += 2
                elif any(abs(p - place) <= CLEAR and s != side for p, s in other.joints):
                    count += 3
    return count
