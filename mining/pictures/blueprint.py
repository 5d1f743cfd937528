"""A service blueprint as a service designer draws it: lanes, stages, three lines, steps and the flow between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mining.blueprint.model import Blueprint
from mining.pictures.arrows import draw_arrows, draw_gateways, note_width
from mining.pictures.bands import STAGE_ROW, band_height, bands, stage_texts, stages
from mining.pictures.boxes import bar_text, draw_bar, draw_box, signs_of
from mining.pictures.marks import Mark
from mining.pictures.plan import HEAD, MARGIN, Plan, box_width, plan_of
from mining.pictures.promises import KINDS, LAYERS
from mining.pictures.sheet import EMPTY_COLUMN, Sheet, lay_out
from mining.pictures.svg import Picture, document, text_lines, wrap
from mining.pictures.symbols import (
    MARKERS,
    LegendItem,
    arrow_item,
    badge_item,
    box_item,
    change_item,
    gateway_item,
    legend,
    overlay_items,
    sign_item,
)
from mining.pictures.words import WORDS

__all__ = ["WORDS", "Mark", "blueprint_picture"]

TITLE_SIZE, LEAST_WIDTH = 20, 640.0


def blueprint_picture(
    blueprint: Blueprint,
    *,
    overlay: Mapping[str, Mark] | None = None,
    lang: str = "en",
    show: Collection[str] = LAYERS,
) -> Picture:
    """Draw a service blueprint.

    Rows are the lanes, columns the stages. The lines of interaction, visibility and internal interaction lie between
    the lanes they part. Arrows show what may follow directly in the designed flow: a diamond with a cross is a choice,
    one with a plus parts into or joins branches side by side, a ring before an arrowhead says that what follows may be
    left out, dashed arrows are another round of a loop. Steps of a free region carry its letter instead, and one bar
    stands for the region. Standards stand on the steps that must keep them. Nothing is told by colour alone, and a
    legend explains every sign in use.

    Parameters
    ----------
    blueprint : Blueprint
        The designed service. Not changed.
    overlay : mapping of str to Mark, optional
        Findings by activity id: a strip with the count and share of cases, the border by severity.
    lang : {"en", "zh"}, default "en"
        Language of the words; names fall back to English where a blueprint lacks them.
    show : collection of {"standards", "people"}, default both
        Promises that stand on the steps and below the picture: standards, and rules that two steps are done by
        different persons or the same.

    Returns
    -------
    Picture
        The same input gives the same bytes.

    Raises
    ------
    UnknownNameError
        If ``lang`` is not spoken, ``show`` not known, or the overlay names an activity that the blueprint does not have.
    """
    plan = plan_of(blueprint, overlay=overlay, lang=lang, show=show)
    title = f"{blueprint.name.get(lang)} · {plan.words['version']} {blueprint.version}"
    return draw(plan, title, _description(plan))


def draw(plan: Plan, title: str, desc: str, note: str = "") -> Picture:
    """Give everything its place and draw it; ``note`` is a last sentence below the legend."""
    columns = stage_texts(plan)
    title_rows = wrap(title, TITLE_SIZE, LEAST_WIDTH - 2 * MARGIN, bold=True)
    top = MARGIN + len(title_rows) * 26 + 10
    header = max(map(len, columns)) * STAGE_ROW + 14
    heights = [band_height(lane, k, plan) for k, lane in enumerate(plan.blueprint.lanes)]
    regions = plan.wiring.regions
    bars = {r.id: 16.0 * len(bar_text(r.letter, plan.words, len(r.activities), EMPTY_COLUMN)) + 10 for r in regions}
    sheet = lay_out(
        plan.grid,
        plan.wiring.nets,
        plan.boxes,
        origin=(MARGIN + HEAD, top + header + 6),
        box_width=box_width(plan.lang),
        bar_heights=bars,
        note_width=note_width(plan),
        least_bands=([0.0] if plan.grid.strip else []) + heights,
    )
    width = max(sheet.xs.end + MARGIN, LEAST_WIDTH)
    body = [text_lines(title_rows, MARGIN, MARGIN + 18, size=TITLE_SIZE, leading=26, anchor="start", bold=True)]
    body += stages(plan, sheet, columns, top, header)
    body += bands(plan, sheet)
    body += draw_arrows(plan, sheet)
    body += draw_gateways(plan, sheet)
    for region in regions:
        x, y, wide, high = sheet.boxes[region.id]
        text = bar_text(region.letter, plan.words, len(region.activities), wide)
        body.append(draw_bar(region.id, text, x, y, wide, high, plan.changes.get(region.id, "")))
    body += [draw_box(box, *sheet.boxes[id]) for id, box in plan.boxes.items()]
    low = sheet.ys.end + 12
    below = [(_legend(plan, sheet), "legend"), (_promises(plan), "promises")]
    if note:
        below.append(([LegendItem("", -7.0, note)], "said"))  # no sample, so its words begin at the margin
    for items, name in below:
        explained, tall = legend(items, MARGIN, low, width - 2 * MARGIN, name=name)
        body.append(explained)
        low += tall
    return Picture(document(body, width, low + MARGIN, title=title, desc=desc, lang=plan.lang), title)


def _description(plan: Plan) -> str:
    bp = plan.blueprint
    text = plan.words["desc"].format(activities=len(bp.activities), stages=len(bp.stages), lanes=len(bp.lanes))
    if plan.overlay:
        text += plan.words["desc_overlay"].format(marked=sum(1 for m in plan.overlay.values() if m.n))
    return text


def _legend(plan: Plan, sheet: Sheet) -> list[LegendItem]:
    words, activities = plan.words, plan.blueprint.activities
    used = {s for a in activities for s in signs_of(a)}
    items = [sign_item(kind, words[kind]) for kind in MARKERS if kind in used]
    if any(not a.observable for a in activities):
        items.append(box_item(words["unobservable"], stroke_dasharray="5 3"))
    items += [sign_item(r.letter, words["any_order_legend"]) for r in plan.wiring.regions[:1]]
    items += _arrow_items(plan, sheet)
    badges = {badge.kind: badge for badge in plan.promises.all}
    for kind in KINDS:
        if kind in badges:
            business = kind == "time" and plan.lang == "en" and _business_time(plan)
            items.append(badge_item(kind, words[kind] + (words["business_time"] if business else "")))
    items += [change_item(change, words[change]) for change in "+–~" if change in _changes(plan)]
    return items + overlay_items(list(plan.overlay.values()), words)


def _arrow_items(plan: Plan, sheet: Sheet) -> list[LegendItem]:
    words, arrows = plan.words, sheet.arrows
    items = [arrow_item(words["flow"], "flow")] if any(a.kind == "flow" for a in arrows) else []
    items += [arrow_item(words["optional"], "optional")] if any(a.optional for a in arrows) else []
    if any(a.kind != "flow" for a in arrows):
        limited = any(a.limit is not None for a in arrows)
        items.append(arrow_item(words["limit_legend" if limited else "loop"], "loop"))
    kinds = {g.kind for g in plan.wiring.gateways}
    return items + [gateway_item(kind, words[kind]) for kind in ("start", "choice", "parallel") if kind in kinds]


def _changes(plan: Plan) -> set[str]:
    nets, badges = plan.wiring.nets, plan.promises.all
    return {*plan.changes.values(), *(net.change for net in nets), *(badge.change for badge in badges)}


def _business_time(plan: Plan) -> bool:
    return any(getattr(standard.limit, "in_business_time", False) for standard in plan.blueprint.standards)


def _promises(plan: Plan) -> list[LegendItem]:
    """Every standard and rule that is shown, in words."""
    return [badge_item(b.kind, b.line + plan.words["colon"] + b.title) for b in plan.promises.all]
