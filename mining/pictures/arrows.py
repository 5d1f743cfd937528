"""Arrows and diamonds of a blueprint's picture, and the limits of loops on their way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mining.pictures.flow import Net
from mining.pictures.plan import Plan
from mining.pictures.sheet import Arrow, Sheet
from mining.pictures.svg import INK, LINE, escaped, num, rounded_path, tag, text_lines, text_width
from mining.pictures.symbols import ADDED_WIDTH, LOOP_DASHES, REMOVED_DASHES, change_sign, diamond

LIMIT_SIZE, CHANGE = 11.0, 14.0
HEAD_ROOM = 26.0  # what an arrowhead and the ring before it need of a straight piece

Rect = tuple[float, float, float, float]  # left, top, right, low


def draw_arrows(plan: Plan, sheet: Sheet) -> list[str]:
    """All arrows, with the limits of loops, and what changed since an older version, on top of them."""
    names = plan.names
    parts = [_arrow(arrow, f"{names[arrow.source]} → {names[arrow.target]}") for arrow in sheet.arrows]
    taken: list[Rect] = []
    for arrow in sheet.arrows:
        if wide := _note_width(arrow, plan):
            text = _limit(arrow, plan)
            spot = _spot(arrow, sheet, taken, wide)
            taken.append(spot)
            parts.append(_note(text, arrow.change, spot))
    return parts


def note_width(plan: Plan) -> float:
    """Width of the widest limit or sign of change; 0 without any."""
    return max((_note_width(net, plan) for net in plan.wiring.nets), default=0.0)


def _limit(arrow: Arrow | Net, plan: Plan) -> str:
    return plan.words["limit"].format(n=arrow.limit) if arrow.limit is not None else ""


def _note_width(arrow: Arrow | Net, plan: Plan) -> float:
    text = _limit(arrow, plan)
    return (text_width(text, LIMIT_SIZE, bold=True) + 6 if text else 0.0) + (CHANGE if arrow.change else 0.0)


def _arrow(arrow: Arrow, title: str) -> str:
    dashes = REMOVED_DASHES if arrow.change == "–" else LOOP_DASHES if arrow.kind != "flow" else None
    return tag(
        "path",
        tag("title", escaped(title)),
        class_="flow",
        d=rounded_path(arrow.points),
        fill="none",
        stroke=LINE,
        stroke_width=ADDED_WIDTH if arrow.change == "+" else 1.4,
        marker_end="url(#optional)" if arrow.optional else "url(#arrowhead)",
        stroke_dasharray=dashes,
        data_from=arrow.source,
        data_to=arrow.target,
        data_kind=arrow.kind,
        data_change=arrow.change or None,
    )


def draw_gateways(plan: Plan, sheet: Sheet) -> list[str]:
    """The diamonds, on top of the arrows."""
    parts = []
    for gate in plan.wiring.gateways:
        x, y, wide, high = sheet.boxes[gate.id]
        shape = tag("title", escaped(plan.words[gate.kind])) + diamond(gate.kind, x + wide / 2, y + high / 2, wide)
        place = " ".join(num(v) for v in (x, y, wide, high))
        change = plan.changes.get(gate.id, "")
        shape += change_sign(change, x + 2, y + 1) if change else ""
        kind = f"{gate.kind} join" if gate.joins else gate.kind
        parts.append(tag("g", shape, class_="gateway", data_gateway=gate.id, data_kind=kind, data_place=place))
    return parts


def _note(text: str, change: str, spot: Rect) -> str:
    """The limit of a loop, and before it what changed."""
    left, top, right, low = spot
    parts = [tag("rect", x=left, y=top, width=right - left, height=low - top, rx=7, fill="#ffffff")]
    if change:
        parts.append(change_sign(change, left + CHANGE / 2, (top + low) / 2))
        left += CHANGE
    if text:
        parts.append(text_lines([text], (left + right) / 2, low - 3.5, size=LIMIT_SIZE, leading=0, bold=True, fill=INK))
    return tag("g", "".join(parts), class_="note")


def _spot(arrow: Arrow, sheet: Sheet, taken: Sequence[Rect], wide: float) -> Rect:
    """Where on or beside its arrow a limit stands best: clear of boxes, of other limits and of other arrows."""
    high = 14.0
    boxes = [(x, y, x + w, y + h) for x, y, w, h in sheet.boxes.values()] + list(taken)
    others = [
        (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        for other in sheet.arrows
        if other is not arrow
        for a, b in pairwise(other.points)
    ]
    edges = [y for band in sheet.ys.groups for y in band]

    def cost(candidate: tuple[float, float, float]) -> float:
        x, y, farther = candidate
        rect = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        hidden = sum(_meets(rect, box) for box in boxes)
        crossed = sum(_meets(rect, piece) for piece in others)
        outside = rect[2] > sheet.xs.end or rect[3] > sheet.ys.end or rect[1] < sheet.ys.groups[0][0]
        return 1000 * (hidden + outside) + 50 * crossed + 40 * any(rect[1] < y < rect[3] for y in edges) + farther

    x, y, _ = min(_candidates(arrow, wide, high), key=cost)
    return (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


def _candidates(arrow: Arrow, wide: float, high: float) -> Iterator[tuple[float, float, float]]:
    """Middles on the straight pieces and beside them, each with how far it is from the best place of its piece."""
    for (x, y), (u, v) in pairwise(arrow.points):
        length = abs(x - u) + abs(y - v)
        fits = length >= (wide if y == v else high) + HEAD_ROOM
        for k in range(1, 10):
            at = (x + (u - x) * k / 10, y + (v - y) * k / 10)
            away = abs(k - 5) * 1.5 + (0 if fits else 60)
            yield *at, away
            aside = (0.0, high / 2 + 2) if y == v else (wide / 2 + 3, 0.0)
            for sign in (-1, 1):
                yield at[0] + sign * aside[0], at[1] + sign * aside[1], abs(k - 5) * 1.5 + 45


def _meets(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
