"""Steps of a case as boxes: how tall, how drawn; their badges; the arrows to where a step belongs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mining.pictures.case_story import Flags, Item
from mining.pictures.svg import (
    INK,
    LINE,
    MUTED,
    balanced,
    escaped,
    num,
    rounded_path,
    tag,
    text_lines,
    text_width,
    wrap,
)
from mining.pictures.symbols import sign
from mining.pictures.timeline import BOX

NAME, NAME_ROW, NOTE, NOTE_ROW = 12, 15.0, 10, 12.0
PAD, SIDE = 6.0, 6.0
NAME_LINES, NOTE_LINES = 6, 2
BADGE = 17.0
BORDERS = {"plain": 1.2, "missing": 1.4, "slot": 1.4, "folded": 1.0}
DASHES = {"missing": "5 3.5", "slot": "1.5 3", "folded": "2 3"}
FAULTY = 2.6


@dataclass(frozen=True)
class CaseBox:
    """An item with its texts cut into lines."""

    item: Item
    name: tuple[str, ...]
    notes: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def height(self) -> float:
        """Least height that shows everything."""
        return len(self.name) * NAME_ROW + (len(self.notes) + len(self.said)) * NOTE_ROW + 2 * PAD


def case_box(item: Item) -> CaseBox:
    """Cut the texts of an item to the width of its box; what is too long ends in an ellipsis and stands whole in its title."""
    room = BOX - 2 * SIDE
    name = _at_most(balanced(item.name, NAME, room), NAME_LINES, NAME, room)
    notes = [line for note in item.notes for line in _at_most(wrap(note, NOTE, room), NOTE_LINES, NOTE, room)]
    said = wrap(item.said, NOTE, room) if item.said else []
    return CaseBox(item, tuple(name), tuple(notes), tuple(said))


def _at_most(lines: list[str], n: int, size: float, room: float) -> list[str]:
    if len(lines) <= n:
        return lines
    last = lines[n - 1]
    while last and text_width(f"{last}…", size) > room:
        last = last[:-1]
    return [*lines[: n - 1], f"{last}…"]


def draw_case_box(box: CaseBox, x: float, y: float, height: float) -> str:
    """The box as a group that can be found by its key, without its badges."""
    item = box.item
    style: dict[str, Any] = {
        "stroke": INK,
        "stroke_width": BORDERS.get(item.look, FAULTY),
        "stroke_dasharray": DASHES.get(item.look),
        "fill": "#ffffff" if item.look != "folded" else "#f8fafc",
    }
    parts = [tag("title", escaped(item.title))]
    parts.append(tag("rect", class_="box", x=x, y=y, width=BOX, height=height, rx=5, **style))
    middle, top = x + BOX / 2, y + (height - box.height) / 2 + PAD
    ink = MUTED if item.look in ("missing", "slot") else INK
    parts.append(text_lines(box.name, middle, top + 11.5, size=NAME, leading=NAME_ROW, fill=ink))
    top += len(box.name) * NAME_ROW
    parts.append(text_lines(box.notes, middle, top + 9, size=NOTE, leading=NOTE_ROW, fill=MUTED))
    top += len(box.notes) * NOTE_ROW
    parts.append(text_lines(box.said, middle, top + 9, size=NOTE, leading=NOTE_ROW, italic=True, fill=INK))
    if item.look in ("extra", "repeated"):
        parts.append(corner(item.look, x, y))
    return tag("g", "".join(parts), class_=f"step {item.look}", data_step=item.key, data_steps=item.count)


def corner(look: str, x: float, y: float) -> str:
    """The sign of a step that the design does not have there: a plus, or a turn where it was done before."""
    ground = tag("rect", x=x - 8.0, y=y - 8.0, width=16.0, height=16.0, rx=8, fill="#ffffff", stroke=INK)
    if look == "repeated":
        return ground + sign("rework", x - 0.8, y + 0.4)
    plus = f"M{num(x - 4)},{num(y)} H{num(x + 4)} M{num(x)},{num(y - 4)} V{num(y + 4)}"
    return ground + tag("path", d=plus, fill="none", stroke=INK, stroke_width=2)


def badges_width(flags: Flags) -> float:
    """Room that badges beside each other take."""
    return sum(_width(flag.text) + 2 for flag in flags)


def _width(text: str) -> float:
    return max(BADGE, text_width(text, 10.5, bold=True) + 9)


def draw_badges(flags: Flags, right: float, y: float) -> str:
    """Badges that end at ``right``, their middle at ``y``: dark where the fault counts, light where an allowance covers it."""
    parts, x = [], right - badges_width(flags)
    for flag in flags:
        parts.append(draw_badge(flag.text, flag.allowed, x, y, title=flag.title, data_fault=flag.number, n=flag.count))
        x += _width(flag.text) + 2
    return "".join(parts)


def draw_badge(text: str, light: bool, x: float, y: float, *, title: str = "", data_fault: int = 0, n: int = 0) -> str:
    """A number in a round box that begins at ``x``."""
    wide = _width(text)
    ground, ink = ("#ffffff", INK) if light else (INK, "#ffffff")
    box = tag(
        "rect", x=x, y=y - BADGE / 2, width=wide, height=BADGE, rx=BADGE / 2, fill=ground, stroke=INK, stroke_width=1.6
    )
    number = text_lines([text], x + wide / 2, y + 3.8, size=10.5, leading=0, fill=ink, bold=True)
    names = {"data_fault": data_fault, "data_faults": n} if data_fault else {}
    return tag("g", (tag("title", escaped(title)) if title else "") + box + number, class_="badge", **names)


def draw_move(start: tuple[float, float], aim: float, top: float, low: float) -> str:
    """An arrow from the upper edge of a box, over what stands between, down to the slot where the step belongs."""
    points = [start, (start[0], top), (aim, top), (aim, low)]
    return tag(
        "path",
        class_="move",
        d=rounded_path(points),
        fill="none",
        stroke=LINE,
        stroke_width=1.8,
        stroke_dasharray="6 3",
        marker_end="url(#arrowhead)",
    )
