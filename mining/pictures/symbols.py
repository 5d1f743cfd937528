"""The small signs inside boxes, and the legend that explains those in use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

from mining.errors import UnknownNameError
from mining.pictures.marks import BORDER, SHARE_FILLS, Mark, step_labels
from mining.pictures.svg import INK, LINE, MUTED, num, tag, text_lines, text_width, wrap

SIGN = 15.0  # room a sign takes, both ways
LEGEND_SIZE, LEGEND_ROW = 12, 24.0
LOOP_DASHES, REMOVED_DASHES, ADDED_WIDTH = "5 3.5", "1.5 3", 3.0
MARKERS = ("moment_of_truth", "key_touchpoint", "touchpoint", "wait_point", "fail_point", "rework")


def sign(kind: str, x: float, y: float) -> str:
    """A sign centred at a point; anything that is no marker is drawn as the badge of a region."""
    match kind:
        case "key_touchpoint":
            return tag("circle", cx=x, cy=y, r=5.2, fill=INK)
        case "touchpoint":
            return tag("circle", cx=x, cy=y, r=4.6, fill="#ffffff", stroke=INK, stroke_width=1.4)
        case "moment_of_truth":
            return tag("path", d=_star(x, y), fill=INK)
        case "wait_point":
            return _letter("W", x, y, "#ffffff", INK)
        case "fail_point":
            return _letter("F", x, y, INK, "#ffffff")
        case "rework":
            return _turn(x, y)
    return _badge(kind, x, y)


def _star(x: float, y: float) -> str:
    points = [(x + r * sin(k * pi / 5), y - r * cos(k * pi / 5)) for k in range(10) for r in [3.0 if k % 2 else 7.2]]
    return "M" + " L".join(f"{num(a)},{num(b)}" for a, b in points) + " Z"


def _letter(letter: str, x: float, y: float, ground: str, ink: str) -> str:
    box = tag("rect", x=x - 6.5, y=y - 6.5, width=13.0, height=13.0, rx=2, fill=ground, stroke=INK, stroke_width=1.2)
    return box + text_lines([letter], x, y + 3.8, size=10.5, leading=0, fill=ink, bold=True)


def _turn(x: float, y: float) -> str:
    arc = tag(
        "path",
        d=f"M{num(x + 4.6)},{num(y - 2.6)} A5.3,5.3 0 1 0 {num(x + 5.2)},{num(y + 1.2)}",
        fill="none",
        stroke=INK,
        stroke_width=1.6,
    )
    head = f"M{num(x + 6.8)},{num(y - 6.4)} L{num(x + 6.4)},{num(y - 0.6)} L{num(x + 1.2)},{num(y - 2.8)} Z"
    return arc + tag("path", d=head, fill=INK)


def _badge(letter: str, x: float, y: float) -> str:
    wide = max(13.0, text_width(letter, 10.5, bold=True) + 6)
    box = tag(
        "rect",
        x=x - wide / 2,
        y=y - 6.5,
        width=wide,
        height=13.0,
        rx=6.5,
        fill="#fdf3d1",
        stroke=INK,
        stroke_width=1.1,
        stroke_dasharray="1.6 1.6",
    )
    return box + text_lines([letter], x, y + 3.8, size=10.5, leading=0, bold=True)


def badge_sign(kind: str, x: float, y: float, *, ink: str = INK) -> str:
    """The sign of a badge, eleven pixels wide: a clock, a tick, or two persons."""
    match kind:
        case "time":
            hands = tag(
                "path",
                d=f"M{num(x)},{num(y - 3.2)} V{num(y)} H{num(x + 2.6)}",
                fill="none",
                stroke=ink,
                stroke_width=1.1,
            )
            return tag("circle", cx=x, cy=y, r=4.9, fill="none", stroke=ink, stroke_width=1.1) + hands
        case "people":
            return "".join(_person(x + side, y) for side in (-2.9, 2.9))
        case "quality":
            d = f"M{num(x - 4.4)},{num(y)} L{num(x - 1.2)},{num(y + 3.6)} L{num(x + 4.6)},{num(y - 4)}"
            return tag("path", d=d, fill="none", stroke=ink, stroke_width=1.7)
    raise UnknownNameError("badge", kind, ("time", "people", "quality"), where="picture")


def _person(x: float, y: float) -> str:
    body = tag("path", d=f"M{num(x - 2.6)},{num(y + 4.8)} A2.6,4.2 0 0 1 {num(x + 2.6)},{num(y + 4.8)} Z", fill=INK)
    return tag("circle", cx=x, cy=y - 2.4, r=1.9, fill=INK) + body


def change_sign(change: str, x: float, y: float) -> str:
    """What is added, removed or changed since an older version, centred at the corner of a box."""
    box = tag("rect", x=x - 7.0, y=y - 7.0, width=14.0, height=14.0, rx=7, fill=INK, stroke="#ffffff", stroke_width=1)
    return box + text_lines([change], x, y + 4.4, size=13, leading=0, fill="#ffffff", bold=True)


def diamond(kind: str, x: float, y: float, size: float) -> str:
    """A gateway as in BPMN: a cross for a choice of one branch, a plus for branches side by side; a circle to start."""
    if kind == "start":
        return tag("circle", cx=x, cy=y, r=size * 0.46, fill="#ffffff", stroke=INK, stroke_width=1.4)
    r, a = size / 2, size / 5.2
    edge = f"M{num(x)},{num(y - r)} L{num(x + r)},{num(y)} L{num(x)},{num(y + r)} L{num(x - r)},{num(y)} Z"
    if kind == "parallel":
        b = a * 1.25
        cross = f"M{num(x - b)},{num(y)} H{num(x + b)} M{num(x)},{num(y - b)} V{num(y + b)}"
    else:
        cross = f"M{num(x - a)},{num(y - a)} L{num(x + a)},{num(y + a)} M{num(x - a)},{num(y + a)} L{num(x + a)},{num(y - a)}"
    ground = tag("path", d=edge, fill="#ffffff", stroke=INK, stroke_width=1.4)
    return ground + tag("path", d=cross, fill="none", stroke=INK, stroke_width=2)


@dataclass(frozen=True)
class LegendItem:
    """A sample drawn at the left of its explanation. ``draw`` is markup around the origin, ``wide`` its width."""

    draw: str
    wide: float
    text: str


def sign_item(kind: str, text: str) -> LegendItem:
    """Explanation of a sign."""
    return LegendItem(sign(kind, SIGN / 2, 0.0), SIGN, text)


def badge_item(kind: str, text: str) -> LegendItem:
    """Explanation of a badge."""
    return LegendItem(badge_sign(kind, 6.0, 0.0), 12, text)


def gateway_item(kind: str, text: str) -> LegendItem:
    """Explanation of a diamond."""
    return LegendItem(diamond(kind, 9.0, 0.0, 18.0), 18, text)


def change_item(change: str, text: str) -> LegendItem:
    """Explanation of how a box and an arrow look that are added, removed or changed."""
    width = ADDED_WIDTH if change == "+" else 1.2
    dashes = REMOVED_DASHES if change == "–" else None
    box = tag(
        "rect",
        x=8.0,
        y=-6.0,
        width=26.0,
        height=14.0,
        rx=4,
        fill="#ffffff",
        stroke=INK,
        stroke_width=width,
        stroke_dasharray=dashes,
    )
    return LegendItem(box + change_sign(change, 8.0, -5.0), 36, text)


def arrow_item(text: str, kind: str) -> LegendItem:
    """Explanation of an arrow: ``flow``, ``optional`` or ``loop``."""
    head = "optional" if kind == "optional" else "arrowhead"
    dashes = LOOP_DASHES if kind == "loop" else None
    line = tag(
        "path",
        d="M0,0 L36,0",
        fill="none",
        stroke=LINE,
        stroke_width=1.5,
        marker_end=f"url(#{head})",
        stroke_dasharray=dashes,
    )
    return LegendItem(line, 38, text)


def box_item(text: str, **style: Any) -> LegendItem:
    """Explanation of how a box looks."""
    look: dict[str, Any] = {"fill": "#ffffff", "stroke": INK, "stroke_width": 1.2, "rx": 4} | style
    return LegendItem(tag("rect", x=1.0, y=-7.0, width=26.0, height=14.0, **look), 28, text)


def scale_item(text: str) -> LegendItem:
    """The printed scale of the share of cases."""
    parts, x = [], 0.0
    for fill, label in zip(SHARE_FILLS, step_labels(), strict=True):
        wide = text_width(label, 11) + 12
        ink = "#ffffff" if fill in SHARE_FILLS[4:] else INK
        parts.append(tag("rect", x=x, y=-9.0, width=wide, height=18.0, fill=fill, stroke=MUTED, stroke_width=0.8))
        parts.append(text_lines([label], x + wide / 2, 4.0, size=11, leading=0, fill=ink))
        x += wide
    return LegendItem("".join(parts), x, text)


def severity_item(severities: Iterable[str], text: str, words: dict[str, str]) -> LegendItem:
    """Border thickness of each severity in use."""
    parts = [text_lines([text], 0, 4.0, size=LEGEND_SIZE, leading=0, anchor="start")]
    x = text_width(text, LEGEND_SIZE) + 10
    for name in (name for name in BORDER if name in set(severities)):
        parts.append(
            tag(
                "rect",
                x=x + 2,
                y=-7.0,
                width=24.0,
                height=14.0,
                rx=4,
                fill="#ffffff",
                stroke=INK,
                stroke_width=BORDER[name],
            )
        )
        parts.append(text_lines([words[name]], x + 33, 4.0, size=LEGEND_SIZE, leading=0, anchor="start"))
        x += 33 + text_width(words[name], LEGEND_SIZE) + 14
    return LegendItem("".join(parts), x - 14, "")


def legend(items: Sequence[LegendItem], x: float, y: float, width: float, *, name: str = "legend") -> tuple[str, float]:
    """Items in rows no wider than ``width``, and the height they take.

    Parameters
    ----------
    items : sequence of LegendItem
        In reading order.
    x, y : float
        Left end, and top.
    width : float
        Room in pixels. A single explanation wider than this is wrapped.
    name : str, default "legend"
        Class of the group.

    Returns
    -------
    str, float
    """
    parts, left, top, tall = [], x, y, LEGEND_ROW
    for item in items:
        lines = wrap(item.text, LEGEND_SIZE, max(80.0, width - item.wide - 8))
        wide = item.wide + 7 + max(text_width(line, LEGEND_SIZE) for line in lines)
        if left > x and left + wide > x + width:
            left, top, tall = x, top + tall, LEGEND_ROW
        tall = max(tall, LEGEND_ROW + 16 * (len(lines) - 1))
        middle = top + LEGEND_ROW / 2
        sample = tag("g", item.draw, transform=f"translate({num(left)},{num(middle)})")
        parts.append(
            sample
            + text_lines(
                lines, left + item.wide + 7, middle + 4, size=LEGEND_SIZE, leading=16, anchor="start", fill=INK
            )
        )
        left += wide + 26
    return tag("g", "".join(parts), class_=name), (top + tall - y if items else 0.0)


def overlay_items(marks: Sequence[Mark], words: dict[str, str]) -> list[LegendItem]:
    """What the strips of an overlay mean: count and share, the scale of the share, the borders."""
    if not marks:
        return []
    alike = len({mark.n_all for mark in marks}) == 1
    sample = "n (%)" if alike else "n / N (%)"
    wide = text_width(sample, 11.5, bold=True) + 14
    box = tag("rect", x=0.0, y=-9.0, width=wide, height=18.0, fill=SHARE_FILLS[2], stroke=INK, stroke_width=0.8)
    text = text_lines([sample], wide / 2, 4, size=11.5, leading=0, bold=True)
    meaning = words["deviations"].format(n=f"{marks[0].n_all:,}") if alike else words["deviations_of"]
    items = [LegendItem(box + text, wide, meaning), scale_item(words["scale"])]
    severities = [mark.severity for mark in marks if mark.severity]
    if any(mark.late_share is not None for mark in marks):
        items.append(badge_item("time", words["late_legend"]))
    return items + ([severity_item(severities, words["severity"], words)] if severities else [])
