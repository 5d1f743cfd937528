"""Where moments of a case stand in its picture: real time, short stretches widened, long ones cut, all of it in strips."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from mining.pictures.case_story import EVERYWHERE, Item, Story

BOX, AIR = 112.0, 12.0
STEP, SOFT = 58.0, 20.0  # least room after a step, and after any other moment
LONGEST, SHORTER, FEW = 150.0, 95.0, 16  # most room for real time, with few moments and with many
CUT_SHARE = 0.7  # the share of the stretches that are short enough to be drawn in full
ROOM, SPARE = (
    1290.0,
    150.0,
)  # of a strip, without the names of the lanes; and what it may have more, to do with a strip less


@dataclass
class Knot:
    """A moment with its place. ``at`` None: a missing step or a slot, which have no moment."""

    at: int | None
    x: float = 0.0
    items: list[Item] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # of each item, below the others of its lane at the same moment
    cut: bool = False  # the stretch before it is drawn shorter than it was


@dataclass
class Strip:
    """Knots from left to right. ``before``: microseconds since the strip above, where it is not the first."""

    knots: list[Knot]
    before: int | None = None

    def __post_init__(self) -> None:
        self.known = [knot for knot in self.knots if knot.at is not None]
        self.times = [knot.at for knot in self.known if knot.at is not None]

    @property
    def right(self) -> float:
        """Where its last box ends."""
        return max(knot.x + (BOX if knot.items else 0.0) for knot in self.knots)

    @property
    def items(self) -> list[tuple[Item, float, int]]:
        """Each item with its left edge and its row in the lane."""
        return [(item, knot.x, row) for knot in self.knots for item, row in zip(knot.items, knot.rows, strict=True)]

    def x_of(self, at: int) -> float:
        """Place of a moment, held within the strip."""
        if not self.times:
            return self.knots[0].x
        k = bisect_right(self.times, at) - 1
        if k < 0:
            return self.known[0].x
        if k + 1 == len(self.times):
            return self.known[-1].x
        a, b = self.known[k], self.known[k + 1]
        return a.x + (b.x - a.x) * (at - self.times[k]) / (self.times[k + 1] - self.times[k])


@dataclass(frozen=True)
class Timeline:
    """The strips, and what their distances mean: stretches of time between ``shortest`` and ``longest`` are to scale."""

    strips: tuple[Strip, ...]
    shortest: int
    longest: int

    def strip_of(self, at: int) -> int:
        """Number of the strip that shows a moment; between two strips, the later one."""
        for number, strip in enumerate(self.strips):
            if strip.times and at <= strip.times[-1]:
                return number
        return len(self.strips) - 1


def timeline_of(story: Story, left: float) -> Timeline:
    """Give every moment of a story its place.

    Parameters
    ----------
    story : Story
    left : float
        Where the strips begin.

    Returns
    -------
    Timeline
    """
    knots = _knots(story)
    steps = sorted(b - a for a, b in _pairs(knots))
    longest = steps[int((len(steps) - 1) * CUT_SHARE)] if steps else 0
    most = LONGEST if len(knots) <= FEW else SHORTER
    scale = most / longest if longest else 0.0
    groups, room = _groups(knots), ROOM + SPARE
    strips = _filled(groups, left, room, scale, most)
    while room > 3 * BOX and len(strips) > 1:  # strips of about the same length
        room -= BOX / 4
        narrower = _filled(groups, left, room, scale, most)
        if len(narrower) > len(strips):
            break
        strips = narrower
    return Timeline(tuple(_strips(strips)), int(STEP / scale) if scale else 0, longest)


def _filled(groups: Sequence[list[Knot]], left: float, room: float, scale: float, most: float) -> list[list[Knot]]:
    """Strips, each as full as it gets."""
    strips, mine = [], list[Knot]()
    x, last, free, since = left, None, dict[int, float](), 0.0
    for group in groups:
        placed = _placed(group, x, last, free, since, scale, most)
        if mine and placed[-1].x + BOX > left + room:
            strips.append(mine)
            mine, free = [], {}
            placed = _placed(group, left, None, free, 0.0, scale, most)
        mine += placed
        _occupy(placed, free)
        x = placed[-1].x
        last = next((k.at for k in reversed(placed) if k.at is not None), last)
        since = STEP if placed[-1].items else SOFT
    return [*strips, mine]


def _strips(groups: Sequence[list[Knot]]) -> list[Strip]:
    found: list[Strip] = []
    last: int | None = None
    for knots in groups:
        strip = Strip(knots)
        strip.before = strip.times[0] - last if strip.times and last is not None else None
        last = strip.times[-1] if strip.times else last
        found.append(strip)
    return found


def _knots(story: Story) -> list[Knot]:
    """Every moment once, in order; a missing step directly before the step that it should have come before."""
    moments = {item.at for item in story.items if item.at is not None}
    moments |= {t for item in story.items for t in (item.begin, item.ready) if t is not None}
    moments |= {t for span in story.measurements for t in (span.begin, span.end)}
    moments |= {story.now} if story.now is not None else set()
    by_time = {at: Knot(at) for at in sorted(moments)}
    waiting: list[Knot] = []
    before: dict[int, list[Knot]] = {}
    for item in story.items:
        if item.at is None:
            waiting.append(Knot(None, items=[item], rows=[0]))
            continue
        knot = by_time[item.at]
        knot.rows.append(sum(other.lane == item.lane for other in knot.items))
        knot.items.append(item)
        before.setdefault(item.at, []).extend(waiting)
        waiting = []
    found = []
    end = max((item.at for item in story.items if item.at is not None), default=None)
    for at, knot in by_time.items():
        found += [*before.get(at, []), knot]
        if at == end:
            found += waiting
    return found or waiting or [Knot(None)]


def _pairs(knots: Sequence[Knot]) -> list[tuple[int, int]]:
    times = [knot.at for knot in knots if knot.at is not None]
    return list(zip(times, times[1:], strict=False))


def _groups(knots: Sequence[Knot]) -> list[list[Knot]]:
    """Moments without a box go with the step that follows them; the last ones with the step before."""
    groups: list[list[Knot]] = [[]]
    for knot in knots:
        groups[-1].append(knot)
        if knot.items:
            groups.append([])
    tail = groups.pop()
    if tail and groups:
        groups[-1] += tail
    return groups if groups else [tail]


def _placed(
    group: Sequence[Knot], x: float, last: int | None, free: dict[int, float], since: float, scale: float, most: float
) -> list[Knot]:
    """Knots of a group with their places, after ``x``, the place of the moment ``last``."""
    placed = []
    for knot in group:
        wide, cut = since, False
        if knot.at is not None and last is not None:
            natural = (knot.at - last) * scale
            wide, cut = max(since, min(natural, most)), natural > most * 1.001
        at = x + wide
        for item in knot.items:
            lanes = list(free) if item.lane == EVERYWHERE else [item.lane, EVERYWHERE]
            at = max([at, *(free[lane] for lane in lanes if lane in free)])
        placed.append(Knot(knot.at, at, knot.items, knot.rows, cut))
        x, since = at, STEP if knot.items else SOFT
        last = last if knot.at is None else knot.at
    return placed


def _occupy(placed: Sequence[Knot], free: dict[int, float]) -> None:
    for knot in placed:
        for item in knot.items:
            free[item.lane] = knot.x + BOX + AIR
