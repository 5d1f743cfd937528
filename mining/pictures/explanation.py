"""One case against its blueprint: real time from left to right, lanes as rows, steps where they were done, faults numbered."""

from __future__ import annotations

from collections.abc import Sequence

from mining.pictures.brackets import bracket_rows, draw_bracket, pieces_of
from mining.pictures.case_boxes import CaseBox, badges_width, case_box, draw_badges, draw_case_box, draw_move
from mining.pictures.case_ground import AXIS, Band, axis, cuts, grounds, heads, lane_texts, shading
from mining.pictures.case_legend import case_legend
from mining.pictures.case_story import EVERYWHERE, Item, Story
from mining.pictures.plan import HEAD, MARGIN
from mining.pictures.sheet import boundary_lines
from mining.pictures.svg import FONT, LINE, Picture, document, num, tag, text_lines, text_width, wrap
from mining.pictures.symbols import LEGEND_SIZE, legend
from mining.pictures.timeline import BOX, ROOM, Strip, Timeline, timeline_of
from mining.texts import say

TITLE_SIZE, LEAST_WIDTH = 20, 760.0
TOP, LOW, BETWEEN = 18.0, 9.0, 14.0  # of a lane: above its boxes, below them, between two rows
ABOVE = 16.0  # for arrows


def explanation_picture(story: Story) -> Picture:
    """Draw one case against its blueprint.

    Parameters
    ----------
    story : Story
        As :func:`mining.explain.explain` tells it.

    Returns
    -------
    Picture
        The same story gives the same bytes. Nothing is told by colour alone.
    """
    left = MARGIN + HEAD + 10
    timeline = timeline_of(story, left)
    width = max(LEAST_WIDTH, max(strip.right for strip in timeline.strips) + 34) + MARGIN
    if story.now is not None:  # what stands beside the last moment
        width = max(
            width, timeline.strips[-1].known[-1].x + text_width(say("explain.now", story.lang), 10.5, bold=True) + 70
        )
    width = max(width, min(left + ROOM + MARGIN, max(_wish(story, timeline), width)))
    right = width - MARGIN
    title_rows = wrap(story.title, TITLE_SIZE, right - MARGIN, bold=True)
    body = [text_lines(title_rows, MARGIN, MARGIN + 18, size=TITLE_SIZE, leading=26, anchor="start", bold=True)]
    y = MARGIN + len(title_rows) * 26 + 8
    for number in range(len(timeline.strips)):
        drawn, y = _strip(story, timeline, number, y, right)
        body += drawn
        y += 22
    explained, tall = legend(case_legend(story, timeline), MARGIN, y - 8, right - MARGIN)
    body.append(explained)
    y += tall - 8
    for note in story.notes:
        lines = wrap(note, LEGEND_SIZE, right - MARGIN)
        body.append(text_lines(lines, MARGIN, y + 16, size=LEGEND_SIZE, leading=17, anchor="start", bold=True))
        y += len(lines) * 17 + 4
    if story.lang == "en":  # a Chinese font would set the quotes of English names as wide as a character
        body = [tag("g", "".join(body), font_family=f"Noto Sans, Segoe UI, Helvetica, {FONT}")]
    svg = document(body, width, y + MARGIN, title=story.title, desc=story.desc, lang=story.lang)
    return Picture(svg, story.title)


def _wish(story: Story, timeline: Timeline) -> float:
    """The width with which the longest label of a bracket stands in one line."""
    wide = max((text_width(span.label, 11) for span in story.measurements), default=0.0)
    return timeline.strips[0].knots[0].x + wide + 2 * MARGIN


# --- a strip ---------------------------------------------------------------------------------------------------------


def _strip(story: Story, timeline: Timeline, number: int, y: float, right: float) -> tuple[list[str], float]:
    """One strip from ``y`` down: axis, lanes, boxes, brackets; and where it ends."""
    strip = timeline.strips[number]
    boxes = {item.key: case_box(item) for item, _, _ in strip.items}
    bands = _bands(story, strip, boxes, y + AXIS)
    pieces = pieces_of(story.measurements, timeline, number, right)
    low = bands[-1].low
    last = number == len(timeline.strips) - 1
    parts = [grounds(story, bands, right), shading(story, strip, bands)]
    parts += [cuts(strip, bands), heads(story, bands, right), axis(story, strip, y, right, last)]
    spots = _spots(strip, bands)
    parts += [_drops(strip, spots, y + AXIS), _route(strip, spots)]
    parts += [_work(item, strip, *spots[item.key][:2]) for item, _, _ in strip.items]
    parts += [draw_case_box(boxes[key], x, top, high) for key, (x, top, high) in spots.items()]
    parts += _moves(timeline, number, spots, bands, right)
    parts += [
        draw_badges(item.flags, spots[item.key][0] + max(BOX + 6, badges_width(item.flags)), spots[item.key][1] - 3)
        for item, _, _ in strip.items
    ]
    y = low + 4
    tops = []
    for high in bracket_rows(pieces):
        tops.append(y)
        y += high + 4
    if pieces:
        parts.append(_bracket_head(story, low, y))
    parts += [draw_bracket(piece, strip, tops[piece.row], right) for piece in pieces]
    return [tag("g", "".join(parts), class_="strip", data_strip=number)], y


def _bands(story: Story, strip: Strip, boxes: dict[int, CaseBox], y: float) -> list[Band]:
    bands = []
    lines = boundary_lines(story.lanes)
    folded = max((box.height for box in boxes.values() if box.item.lane == EVERYWHERE), default=0.0)
    outside = any(item.lane == len(story.lanes) for item in story.items)
    for lane in range(len(story.lanes) + outside):
        mine = [(box, row) for item, _, row in strip.items if item.lane == lane for box in [boxes[item.key]]]
        heights = [
            max(b.height for b, row in mine if row == k) for k in range(max((r for _, r in mine), default=-1) + 1)
        ]
        name, under = lane_texts(story, lane, lines.get(lane, ()))
        head = len(name) * 16 + sum(len(text) * 13 + 4 for text in under) + 14
        arrows = ABOVE if any(box.item.slot is not None for box, _ in mine) else 0.0
        needed = arrows + TOP + sum(heights) + BETWEEN * max(0, len(heights) - 1) + LOW if heights else 0.0
        top, rows = y + arrows + TOP, []
        for high in heights:
            rows.append((top, high))
            top += high + BETWEEN
        bands.append(Band(y, y + max(head, needed), tuple(rows), y + 7))
        y = bands[-1].low
    lacking = folded + TOP + LOW - (bands[-1].low - bands[0].top)
    if folded and lacking > 0:
        bands[-1] = Band(bands[-1].top, bands[-1].low + lacking, bands[-1].rows, bands[-1].arrows)
    return bands


def _spots(strip: Strip, bands: Sequence[Band]) -> dict[int, tuple[float, float, float]]:
    """Left edge, top and height of each box."""
    found = {}
    for item, x, row in strip.items:
        if item.lane == EVERYWHERE:
            found[item.key] = (x, bands[0].top + 8, bands[-1].low - bands[0].top - 16)
        else:
            found[item.key] = (x, *bands[item.lane].rows[row])
    return found


# --- steps -----------------------------------------------------------------------------------------------------------


def _drops(strip: Strip, spots: dict[int, tuple[float, float, float]], y: float) -> str:
    """From the axis down to each step."""
    parts = []
    for item, x, _ in strip.items:
        if item.at is not None and item.lane != EVERYWHERE:
            top = spots[item.key][1]
            parts.append(
                tag(
                    "line",
                    x1=x + 0.6,
                    x2=x + 0.6,
                    y1=y,
                    y2=top,
                    stroke="#94a3b8",
                    stroke_width=0.9,
                    stroke_dasharray="1 3",
                )
            )
    return tag("g", "".join(parts), class_="drops")


def _route(strip: Strip, spots: dict[int, tuple[float, float, float]]) -> str:
    """The way of the case from step to step, behind the boxes."""
    points = []
    for item, _, _ in strip.items:
        if item.at is not None:
            x, top, high = spots[item.key]
            points.append((x + BOX / 2, top + high / 2))
    if len(points) < 2:
        return ""
    d = "M" + " L".join(f"{num(x)},{num(y)}" for x, y in points)
    return tag("path", class_="route", d=d, fill="none", stroke="#a8b3c2", stroke_width=2.2, stroke_linejoin="round")


def _work(item: Item, strip: Strip, x: float, top: float) -> str:
    """Bars into the box: a solid one from its start, a thin one from when it was scheduled."""
    y, parts = top + 8.0, []
    begin = x if item.begin is None else strip.x_of(item.begin)
    if item.ready is not None and (ready := strip.x_of(item.ready)) < begin - 1:
        parts.append(
            tag("line", x1=ready, x2=begin, y1=y, y2=y, stroke=LINE, stroke_width=1.4, stroke_dasharray="2 2.5")
        )
        parts.append(tag("circle", cx=ready, cy=y, r=2.6, fill="#ffffff", stroke=LINE, stroke_width=1.2))
    if begin < x - 1:
        parts.append(tag("rect", x=begin, y=y - 3.5, width=x - begin, height=7.0, fill="#64748b"))
    return tag("g", "".join(parts), class_="work") if parts else ""


def _moves(
    timeline: Timeline, number: int, spots: dict[int, tuple[float, float, float]], bands: Sequence[Band], right: float
) -> list[str]:
    """Arrows from steps out of order to their slots; to the edge of the strip where the slot is in another one."""
    strip = timeline.strips[number]
    strip_of = {item.key: n for n, other in enumerate(timeline.strips) for item, _, _ in other.items}
    parts: list[str] = []
    for item, _, _ in strip.items:
        if item.slot is None:
            continue
        x, top, _ = spots[item.key]
        band, slot = bands[item.lane], spots.get(item.slot)
        edge = strip.knots[0].x - 8 if strip_of[item.slot] < number else right - 12
        aim = slot[0] + BOX / 2 if slot else edge
        low = slot[1] if slot else band.top + ABOVE + TOP - 4
        start = x + BOX / 2 + (10 if aim > x else -10)
        parts.append(draw_move((start, top), aim, band.arrows + 4 * (len(parts) % 3), low))
    return parts


def _bracket_head(story: Story, top: float, low: float) -> str:
    lines = wrap(say("explain.measured", story.lang), 12, HEAD - 18, bold=True)
    first = (top + low) / 2 + 4 - 8 * (len(lines) - 1)
    return text_lines(lines, MARGIN + 8, first, size=12, leading=16, anchor="start", bold=True)
