"""The ground of a case's picture: lanes with the three lines, open hours, and the axis of time above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from mining.pictures.bands import LINE_INK, LINE_STYLE
from mining.pictures.case_boxes import BADGE, draw_badges
from mining.pictures.case_story import Story
from mining.pictures.plan import HEAD, MARGIN
from mining.pictures.sheet import boundary_lines
from mining.pictures.svg import LINE, MUTED, escaped, num, tag, text_lines, text_width, wrap
from mining.pictures.timeline import Knot, Strip
from mining.pictures.words import words_in
from mining.texts import say
from mining.units import MICROSECONDS, readable

AXIS = 42.0
OPEN, CLOSED, HEAD_GROUND = {True: "#f6f9fe", False: "#f6f6f7"}, {True: "#dfe8f3", False: "#dfe1e5"}, "#e8ecf2"
CUT_INK = "#64748b"
NARROWEST_DAY = 10.0  # pixels: in narrower days open hours cannot be seen
DAY = 86_400 * MICROSECONDS
MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Band:
    """A lane in one strip: where it begins and ends, and where each of its rows of boxes does."""

    top: float
    low: float
    rows: tuple[tuple[float, float], ...]
    arrows: float  # height at which arrows run


def lane_texts(story: Story, lane: int, lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Name of a lane and the lines below it, cut to the width of the names; the lane after the last is for steps outside the blueprint."""
    words = words_in(story.lang)
    name = say("explain.outside", story.lang) if lane == len(story.lanes) else story.lanes[lane].name.get(story.lang)
    return wrap(name, 13, HEAD - 18, bold=True), [wrap(words[line], 11, HEAD - 8, bold=True) for line in lines]


def _visible(story: Story, lane: int) -> bool:
    return lane < len(story.lanes) and story.lanes[lane].visible


def grounds(story: Story, bands: Sequence[Band], right: float) -> str:
    """The lanes, a little bluer where the customer can see what happens."""
    return "".join(
        tag(
            "rect", class_="band", x=MARGIN, y=b.top, width=right - MARGIN, height=b.low - b.top,
            fill=OPEN[_visible(story, k)],
        )
        for k, b in enumerate(bands)
    )  # fmt: skip


def shading(story: Story, strip: Strip, bands: Sequence[Band]) -> str:
    """Closed hours a little darker, wherever days are wide enough to be seen."""
    if not story.calendar:
        return ""
    parts = []
    for a, b in _closed(story, strip):
        x, end = strip.x_of(a), strip.x_of(b)
        for k, band in enumerate(bands):
            fill = CLOSED[_visible(story, k)]
            parts.append(tag("rect", x=x, y=band.top, width=end - x, height=band.low - band.top, fill=fill))
    return tag("g", "".join(parts), class_="closed")


def _closed(story: Story, strip: Strip) -> list[tuple[int, int]]:
    """Spans outside the open hours, in the stretches of a strip in which a day has room."""
    found = []
    for a, b in zip(strip.known, strip.known[1:], strict=False):
        assert a.at is not None
        assert b.at is not None
        if (b.x - a.x) * DAY < NARROWEST_DAY * (b.at - a.at):
            continue
        at = a.at
        for begin, end in story.open_hours:
            if end <= a.at or begin >= b.at:
                continue
            if begin > at:
                found.append((at, begin))
            at = max(at, min(end, b.at))
        if at < b.at:
            found.append((at, b.at))
    return found


def cuts(strip: Strip, bands: Sequence[Band]) -> str:
    """Where a stretch of time is drawn shorter than it was: two dashed lines through all lanes."""
    parts = []
    for knot in strip.known[1:]:
        if knot.cut:
            x = knot.x - 13
            for shift in (-3.5, 3.5):
                ends = {"y1": bands[0].top, "y2": bands[-1].low, "stroke": CUT_INK, "stroke_width": 1}
                parts.append(tag("line", x1=x + shift, x2=x + shift, stroke_dasharray="3 3", **ends))
    return tag("g", "".join(parts), class_="cut")


def heads(story: Story, bands: Sequence[Band], right: float) -> str:
    """Names of the lanes, borders between them and the three lines."""
    lines = boundary_lines(story.lanes)
    parts, boundaries = [], []
    for k, band in enumerate(bands):
        name, under = lane_texts(story, k, lines.get(k, ()))
        low = sum(len(text) * 13 + 4 for text in under)
        first = band.top + (band.low - band.top - low - len(name) * 16) / 2 + 13
        inside = [
            tag("rect", x=MARGIN, y=band.top, width=HEAD - 6, height=band.low - band.top, fill=HEAD_GROUND),
            tag("line", x1=MARGIN, x2=right, y1=band.top, y2=band.top, stroke="#cbd5e1", stroke_width=1),
            text_lines(name, MARGIN + 8, first, size=13, leading=16, anchor="start", bold=True),
        ]
        lane = story.lanes[k].id if k < len(story.lanes) else ""
        parts.append(tag("g", "".join(inside), class_="lane", data_lane=lane))
        at = band.low
        for line, text in reversed(list(zip(lines.get(k, ()), under, strict=True))):
            boundaries.append(_boundary(line, text, at, right, story))
            at -= len(text) * 13 + 4
    return "".join([*parts, *boundaries])


def _boundary(line: str, text: Sequence[str], y: float, right: float, story: Story) -> str:
    dashes, thick = LINE_STYLE[line]
    drawn = tag("line", x1=MARGIN, x2=right, y1=y, y2=y, stroke=LINE_INK, stroke_width=thick, stroke_dasharray=dashes)
    words = text_lines(
        text, MARGIN + 5, y - 5 - 13 * (len(text) - 1), size=11, leading=13, anchor="start", fill=LINE_INK, bold=True
    )
    name = tag("title", escaped(words_in(story.lang)[line]))
    return tag("g", name + drawn + words, class_="boundary", data_line=line)


# --- time ------------------------------------------------------------------------------------------------------------


def axis(story: Story, strip: Strip, y: float, right: float, last: bool) -> str:
    """Days and times of the steps, marks where time is cut, and the name of the zone."""
    base = y + AXIS - 6
    zone = wrap(say("explain.zone", story.lang, zone=story.zone), 10.5, HEAD - 12)
    parts = [
        text_lines(zone, MARGIN + 2, y + 12, size=10.5, leading=13, anchor="start", fill=MUTED),
        tag("line", x1=strip.knots[0].x - 4, x2=right, y1=base, y2=base, stroke=LINE, stroke_width=1.2),
    ]
    if strip.before is not None:
        text = say("explain.later", story.lang, length=readable(strip.before / MICROSECONDS, story.lang))
        parts.append(
            text_lines(wrap(text, 10.5, HEAD - 12), MARGIN + 2, y + 12 + 13 * len(zone), size=10.5, leading=12,
                       anchor="start", bold=True)
        )  # fmt: skip
    day, before, clear = "", None, 0.0
    shown = [knot for knot in strip.known if knot.items or knot.at == story.now]
    minutes = [_local(story, knot).strftime(MINUTE) for knot in shown]
    for knot in strip.known:
        if knot.cut and before is not None and knot.at is not None and before.at is not None:
            length = readable((knot.at - before.at) / MICROSECONDS, story.lang)
            parts.append(_break(before.x, knot.x, base, length))
        before = knot
        if not knot.items and knot.at != story.now:
            continue
        moment = _local(story, knot)
        parts.append(tag("line", x1=knot.x, x2=knot.x, y1=base - 4, y2=base + 6, stroke=LINE, stroke_width=1.2))
        today = moment.strftime("%Y-%m-%d")
        if today != day and knot.x >= clear:
            text = today if not day or today[:4] != day[:4] else today[5:]
            parts.append(text_lines([text], knot.x, y + 12, size=11, leading=0, anchor="start", bold=True))
            clear, day = knot.x + text_width(text, 11, bold=True) + 8, today
        several = minutes.count(moment.strftime(MINUTE)) > 1
        clock = moment.strftime("%H:%M:%S" if several else "%H:%M")
        parts.append(text_lines([clock], knot.x, y + 26, size=10.5, leading=0, anchor="start", fill=MUTED))
        if knot.at == story.now and not knot.items:
            x, text = knot.x + text_width(clock, 10.5) + 8, say("explain.now", story.lang)
            parts.append(text_lines([text], x, y + 26, size=10.5, leading=0, anchor="start", bold=True))
    if last and story.at_end:
        parts.append(draw_badges(story.at_end, right - 4, base - BADGE / 2 - 3))
    return tag("g", "".join(parts), class_="axis")


def _local(story: Story, knot: Knot) -> datetime:
    assert knot.at is not None
    return datetime.fromtimestamp(knot.at // MICROSECONDS, ZoneInfo(story.zone))


def _break(a: float, b: float, y: float, text: str) -> str:
    """Two slanted strokes on the axis, and how long the stretch was."""
    x = b - 14
    ground = tag("rect", x=x - 5, y=y - 2, width=10.0, height=4.0, fill="#ffffff")
    strokes = f"M{num(x - 6)},{num(y + 5)} l5,-10 M{num(x + 1)},{num(y + 5)} l5,-10"
    wide = text_width(text, 10)
    label = text_lines([text], max(a + 30, x - 8 - wide), y - 3, size=10, leading=0, anchor="start", italic=True)
    return ground + tag("path", d=strokes, fill="none", stroke=LINE, stroke_width=1.4) + label
