"""The ground of a blueprint's picture: stages above, lanes at the left, and the three lines between the lanes."""

from __future__ import annotations

from collections.abc import Sequence

from mining.blueprint.model import Lane
from mining.pictures.plan import HEAD, MARGIN, Plan, box_width
from mining.pictures.sheet import DIAMOND, Sheet
from mining.pictures.svg import MUTED, escaped, num, tag, text_lines, wrap

STAGE_ROW = 17.0
GROUND = {True: "#f4f8fe", False: "#f1f2f4"}  # visible to the customer, or not
HEAD_GROUND = {True: "#d9e7f8", False: "#dfe2e7"}
LINE_STYLE = {"interaction": ("14 4 3 4", 1.8), "visibility": (None, 2.6), "internal_interaction": ("2 4", 2.2)}
LINE_INK = "#5b21b6"


def stage_texts(plan: Plan) -> list[list[str]]:
    """Name of each stage, and its service type where stages differ, cut to the width of its columns."""
    texts, first = [], 0
    for stage, columns in zip(plan.blueprint.stages, plan.grid.stages, strict=True):
        narrow = len(plan.grid.narrow & set(range(first, first + columns)))
        room = (columns - narrow) * (box_width(plan.lang) + 18) + narrow * (DIAMOND + 24) - 24
        first += columns
        kind = [plan.words.get(stage.type, stage.type)] if stage.type else []
        texts.append([*wrap(stage.name.get(plan.lang), 14, room, bold=True), *kind])
    return texts


def stages(plan: Plan, sheet: Sheet, texts: Sequence[Sequence[str]], top: float, header: float) -> list[str]:
    """Chevrons above the columns, and the borders between stages."""
    parts = []
    for k, ((left, right), lines) in enumerate(zip(sheet.xs.groups, texts, strict=True)):
        stage, tip = plan.blueprint.stages[k], 10.0
        notch = tip if k else 0.0
        shape = (
            f"M{num(left)},{num(top)} H{num(right - 2)} l{num(tip)},{num(header / 2)} l{num(-tip)},{num(header / 2)} "
            f"H{num(left)} l{num(notch)},{num(-header / 2)} Z"
        )
        named = len(lines) - bool(stage.type)
        first = top + (header - len(lines) * STAGE_ROW) / 2 + 13
        middle = (left + notch + right) / 2
        text = text_lines(lines[:named], middle, first, size=14, leading=STAGE_ROW, bold=True, fill="#ffffff")
        text += text_lines(
            lines[named:], middle, first + named * STAGE_ROW - 1, size=11.5, leading=STAGE_ROW, fill="#e2e8f0"
        )
        inside = tag("title", escaped(stage.name.get(plan.lang))) + tag("path", d=shape, fill="#334155") + text
        parts.append(tag("g", inside, class_="stage", data_stage=stage.id, data_left=num(left), data_right=num(right)))
    return parts


def band_height(lane: Lane, index: int, plan: Plan) -> float:
    """Height that the name of a lane needs, with the names of the lines below it."""
    name, kind, lines = _lane_texts(lane, index, plan)
    return len(name) * 17 + len(kind) * 14 + sum(len(line) * 13 + 5 for line in lines) + 22


def _lane_texts(lane: Lane, index: int, plan: Plan) -> tuple[list[str], list[str], list[list[str]]]:
    """Name, kind and the lines below a lane, cut to the width of the lane names."""
    name, kind = lane.name.get(plan.lang), plan.words.get(lane.kind, lane.kind)
    shown = [] if kind.casefold() == name.casefold() else wrap(kind, 11.5, HEAD - 20)
    lines = [wrap(plan.words[line], 11, HEAD - 10, bold=True) for line in plan.lines.get(index, ())]
    return wrap(name, 13.5, HEAD - 20, bold=True), shown, lines


def bands(plan: Plan, sheet: Sheet) -> list[str]:
    """Grounds and names of the lanes, borders of the stages, and the three lines, which lie on top of the grounds."""
    strip = 1 if plan.grid.strip else 0
    grounds, lines = [], []
    right = sheet.xs.end
    if strip:
        grounds.append(_strip_head(plan, sheet))
    for k, lane in enumerate(plan.blueprint.lanes):
        top, low = sheet.ys.groups[k + strip]
        grounds.append(_band(lane, k, plan, top, low, right))
        names = plan.lines.get(k, ())
        texts = _lane_texts(lane, k, plan)[2]
        at = low
        for name, text in reversed(list(zip(names, texts, strict=True))):
            lines.append(_line(name, text, at, right, plan))
            at -= len(text) * 13 + 5
    bottom = sheet.ys.end
    borders = [
        tag(
            "line",
            x1=x,
            x2=x,
            y1=sheet.ys.groups[0][0],
            y2=bottom,
            stroke="#94a3b8",
            stroke_width=1,
            stroke_dasharray="1 4",
        )
        for x, _ in sheet.xs.groups[1:]
    ]
    return grounds + borders + lines


def _strip_head(plan: Plan, sheet: Sheet) -> str:
    top, low = sheet.ys.groups[0]
    text = wrap(plan.words["any_order"], 12, HEAD - 20)
    return text_lines(
        text,
        MARGIN + 10,
        (top + low) / 2 + 4 - 8 * (len(text) - 1),
        size=12,
        leading=16,
        anchor="start",
        fill=MUTED,
        italic=True,
    )


def _band(lane: Lane, index: int, plan: Plan, top: float, low: float, right: float) -> str:
    name, kind, lines = _lane_texts(lane, index, plan)
    under = sum(len(line) * 13 + 5 for line in lines)
    first = top + (low - top - under - len(name) * 17 - len(kind) * 14) / 2 + 13
    parts = [
        tag("title", escaped(lane.name.get(plan.lang))),
        tag("rect", class_="band", x=MARGIN, y=top, width=right - MARGIN, height=low - top, fill=GROUND[lane.visible]),
        tag("rect", x=MARGIN, y=top, width=HEAD - 6, height=low - top, fill=HEAD_GROUND[lane.visible]),
        tag("line", x1=MARGIN, x2=right, y1=top, y2=top, stroke="#cbd5e1", stroke_width=1),
        text_lines(name, MARGIN + 10, first, size=13.5, leading=17, anchor="start", bold=True),
        text_lines(kind, MARGIN + 10, first + len(name) * 17 - 1, size=11.5, leading=14, anchor="start", fill=MUTED),
    ]
    return tag("g", "".join(parts), class_="lane", data_lane=lane.id)


def _line(name: str, text: Sequence[str], y: float, right: float, plan: Plan) -> str:
    dashes, thick = LINE_STYLE[name]
    line = tag("line", x1=MARGIN, x2=right, y1=y, y2=y, stroke=LINE_INK, stroke_width=thick, stroke_dasharray=dashes)
    words = text_lines(
        text, MARGIN + 5, y - 5 - 13 * (len(text) - 1), size=11, leading=13, anchor="start", fill=LINE_INK, bold=True
    )
    return tag("g", tag("title", escaped(plan.words[name])) + line + words, class_="boundary", data_line=name)
