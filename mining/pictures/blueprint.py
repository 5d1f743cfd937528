"""A service blueprint as a service designer draws it: lanes, stages, three lines, steps and the flow between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mining.blueprint.model import Blueprint, Lane
from mining.errors import UnknownNameError
from mining.pictures.boxes import Box, bar_text, box_of, draw_bar, draw_box, signs_of
from mining.pictures.flow import Net, Region, nets_of
from mining.pictures.grid import Grid, place
from mining.pictures.marks import Mark
from mining.pictures.sheet import EMPTY_COLUMN, Arrow, Sheet, boundary_lines, lay_out
from mining.pictures.svg import (
    LINE,
    MUTED,
    Picture,
    document,
    escaped,
    num,
    rounded_path,
    tag,
    text_lines,
    wrap,
)
from mining.pictures.symbols import (
    MARKERS,
    LegendItem,
    arrow_item,
    box_item,
    legend,
    overlay_items,
    sign_item,
)
from mining.pictures.words import WORDS, words_in

__all__ = ["WORDS", "Mark", "blueprint_picture"]

MARGIN, HEAD, TITLE_SIZE, LEAST_WIDTH = 16.0, 168.0, 20, 640.0
STAGE_ROW = 17.0
GROUND = {True: "#f4f8fe", False: "#f1f2f4"}  # visible to the customer, or not
HEAD_GROUND = {True: "#d9e7f8", False: "#dfe2e7"}
LINE_STYLE = {"interaction": ("14 4 3 4", 1.8), "visibility": (None, 2.6), "internal_interaction": ("2 4", 2.2)}
LINE_INK = "#5b21b6"


@dataclass(frozen=True)
class _Plan:
    """What is drawn, in one language, before anything has a place."""

    blueprint: Blueprint
    overlay: Mapping[str, Mark]
    lang: str
    words: dict[str, str]
    nets: tuple[Net, ...]
    regions: tuple[Region, ...]
    grid: Grid
    boxes: dict[str, Box]
    lines: dict[int, tuple[str, ...]]


def blueprint_picture(blueprint: Blueprint, *, overlay: Mapping[str, Mark] | None = None, lang: str = "en") -> Picture:
    """Draw a service blueprint.

    Rows are the lanes, columns the stages. The lines of interaction, visibility and internal interaction lie between
    the lanes they part. Arrows show what may follow directly in the designed flow; steps of a free region carry its
    letter instead, and one bar stands for the region. Nothing is told by colour alone, and a legend explains every
    sign in use.

    Parameters
    ----------
    blueprint : Blueprint
        The designed service. Not changed.
    overlay : mapping of str to Mark, optional
        Findings by activity id: a strip with the count and share of cases, the border by severity.
    lang : {"en", "zh"}, default "en"
        Language of the words; names fall back to English where a blueprint lacks them.

    Returns
    -------
    Picture
        The same input gives the same bytes.

    Raises
    ------
    UnknownNameError
        If ``lang`` is not spoken, or the overlay names an activity that the blueprint does not have.
    """
    words = words_in(lang)
    overlay = dict(overlay or {})
    for id in overlay:
        if id not in blueprint.by_id:
            raise UnknownNameError("activity", id, blueprint.by_id, where="overlay")
    nets, regions = nets_of(blueprint.flow)
    width = _box_width(lang)
    letters = {a.id: tuple(r.letter for r in regions if a.id in r.activities) for a in blueprint.activities}
    boxes = {
        a.id: box_of(a, letters[a.id], overlay.get(a.id), width=width, lang=lang, words=words, of=_differ(overlay))
        for a in blueprint.activities
    }
    grid, lines = place(blueprint, nets, regions), boundary_lines(blueprint.lanes)
    return _draw(_Plan(blueprint, overlay, lang, words, nets, regions, grid, boxes, lines))


def _draw(plan: _Plan) -> Picture:
    name = plan.blueprint.name.get(plan.lang)
    title = f"{name} · {plan.words['version']} {plan.blueprint.version}"
    stage_lines = _stage_texts(plan)
    title_rows = wrap(title, TITLE_SIZE, LEAST_WIDTH - 2 * MARGIN, bold=True)
    top = MARGIN + len(title_rows) * 26 + 10
    header = max(map(len, stage_lines)) * STAGE_ROW + 14
    bands = [_band_height(lane, k, plan) for k, lane in enumerate(plan.blueprint.lanes)]
    bars = {
        r.id: 16.0 * len(bar_text(r.letter, plan.words, len(r.activities), EMPTY_COLUMN)) + 10 for r in plan.regions
    }
    origin = (MARGIN + HEAD, top + header + 6)
    sheet = lay_out(
        plan.grid,
        plan.nets,
        plan.boxes,
        origin=origin,
        box_width=_box_width(plan.lang),
        bar_heights=bars,
        least_bands=([0.0] if plan.grid.strip else []) + bands,
    )
    width = max(sheet.xs.end + MARGIN, LEAST_WIDTH)
    body = [text_lines(title_rows, MARGIN, MARGIN + 18, size=TITLE_SIZE, leading=26, anchor="start", bold=True)]
    body += _stages(plan, sheet, stage_lines, top, header)
    body += _bands(plan, sheet)
    body += [_arrow(arrow, plan) for arrow in sheet.arrows]
    for region in plan.regions:
        x, y, wide, high = sheet.boxes[region.id]
        body.append(
            draw_bar(region.id, bar_text(region.letter, plan.words, len(region.activities), wide), x, y, wide, high)
        )
    body += [draw_box(box, *sheet.boxes[id]) for id, box in plan.boxes.items()]
    explained, tall = legend(_legend(plan, sheet), MARGIN, sheet.ys.end + 12, width - 2 * MARGIN)
    body.append(explained)
    svg = document(body, width, sheet.ys.end + 12 + tall + MARGIN, title=title, desc=_description(plan), lang=plan.lang)
    return Picture(svg, title)


def _box_width(lang: str) -> float:
    return 112.0 if lang == "zh" else 122.0  # Chinese names are shorter


def _description(plan: _Plan) -> str:
    bp = plan.blueprint
    text = plan.words["desc"].format(activities=len(bp.activities), stages=len(bp.stages), lanes=len(bp.lanes))
    if plan.overlay:
        text += plan.words["desc_overlay"].format(marked=sum(1 for m in plan.overlay.values() if m.n))
    return text


def _stage_texts(plan: _Plan) -> list[list[str]]:
    """Name of each stage, and its service type where stages differ, cut to the width of its columns."""
    texts = []
    for stage, columns in zip(plan.blueprint.stages, plan.grid.stages, strict=True):
        room = columns * (_box_width(plan.lang) + 18) - 24
        kind = [plan.words.get(stage.type, stage.type)] if stage.type else []
        texts.append([*wrap(stage.name.get(plan.lang), 14, room, bold=True), *kind])
    return texts


def _stages(plan: _Plan, sheet: Sheet, texts: Sequence[Sequence[str]], top: float, header: float) -> list[str]:
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


def _band_height(lane: Lane, index: int, plan: _Plan) -> float:
    name, kind, lines = _lane_texts(lane, index, plan)
    return len(name) * 17 + len(kind) * 14 + sum(len(line) * 13 + 5 for line in lines) + 22


def _lane_texts(lane: Lane, index: int, plan: _Plan) -> tuple[list[str], list[str], list[list[str]]]:
    """Name, kind and the lines below a lane, cut to the width of the lane names."""
    name, kind = lane.name.get(plan.lang), plan.words.get(lane.kind, lane.kind)
    shown = [] if kind.casefold() == name.casefold() else wrap(kind, 11.5, HEAD - 20)
    lines = [wrap(plan.words[line], 11, HEAD - 10, bold=True) for line in plan.lines.get(index, ())]
    return wrap(name, 13.5, HEAD - 20, bold=True), shown, lines


def _bands(plan: _Plan, sheet: Sheet) -> list[str]:
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


def _strip_head(plan: _Plan, sheet: Sheet) -> str:
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


def _band(lane: Lane, index: int, plan: _Plan, top: float, low: float, right: float) -> str:
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


def _line(name: str, text: Sequence[str], y: float, right: float, plan: _Plan) -> str:
    dashes, thick = LINE_STYLE[name]
    line = tag("line", x1=MARGIN, x2=right, y1=y, y2=y, stroke=LINE_INK, stroke_width=thick, stroke_dasharray=dashes)
    words = text_lines(
        text, MARGIN + 5, y - 5 - 13 * (len(text) - 1), size=11, leading=13, anchor="start", fill=LINE_INK, bold=True
    )
    return tag("g", tag("title", escaped(plan.words[name])) + line + words, class_="boundary", data_line=name)


def _arrow(arrow: Arrow, plan: _Plan) -> str:
    names = {a.id: a.name.get(plan.lang) for a in plan.blueprint.activities}
    names |= {r.id: f"{plan.words['any_order']} {r.letter}" for r in plan.regions}
    looped = arrow.kind == "loop"
    return tag(
        "path",
        tag("title", escaped(f"{names[arrow.source]} → {names[arrow.target]}")),
        class_="flow",
        d=rounded_path(arrow.points),
        fill="none",
        stroke=LINE,
        stroke_width=1.4,
        marker_end="url(#arrowhead)",
        stroke_dasharray="5 3.5" if looped else None,
        data_from=arrow.source,
        data_to=arrow.target,
        data_kind=arrow.kind,
    )


def _legend(plan: _Plan, sheet: Sheet) -> list[LegendItem]:
    words, activities = plan.words, plan.blueprint.activities
    used = {s for a in activities for s in signs_of(a)}
    items = [sign_item(kind, words[kind]) for kind in MARKERS if kind in used]
    if any(not a.observable for a in activities):
        items.append(box_item(words["unobservable"], stroke_dasharray="5 3"))
    items += [sign_item(r.letter, words["any_order_legend"]) for r in plan.regions[:1]]
    kinds = {arrow.kind == "loop" for arrow in sheet.arrows}
    items += [
        arrow_item(words["loop" if dashed else "flow"], dashed=dashed) for dashed in (False, True) if dashed in kinds
    ]
    return items + overlay_items(list(plan.overlay.values()), words)


def _differ(overlay: Mapping[str, Mark]) -> bool:
    """Whether the marks are shares of different numbers of cases."""
    return len({mark.n_all for mark in overlay.values()}) > 1
