"""One activity as a box: how tall it must be, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mining.blueprint.model import Activity
from mining.pictures.marks import Mark, border, fills, percent
from mining.pictures.promises import Badge
from mining.pictures.svg import INK, MUTED, balanced, escaped, tag, text_lines, text_width, wrap
from mining.pictures.symbols import ADDED_WIDTH, REMOVED_DASHES, SIGN, badge_sign, change_sign, sign

NAME_SIZE, NAME_ROW, NOTE_SIZE, NOTE_ROW, STRIP_SIZE, STRIP_ROW = 13, 16.0, 10.5, 13.0, 11.5, 14.0
BADGE_SIZE, BADGE_ROW, BADGE_SIGN = 10, 13.0, 14.0
PAD, SIDE = 8.0, 7.0
FREE_FILL = "#fffbea"


@dataclass(frozen=True)
class Box:
    """Everything that stands in a box, already cut into lines for its width."""

    id: str
    title: str
    name: tuple[str, ...]
    note: tuple[str, ...]
    signs: tuple[tuple[str, ...], ...]
    badges: tuple[tuple[str, tuple[str, ...]], ...]
    strip: tuple[tuple[str, str], ...]
    mark: Mark | None
    dashed: bool
    free: bool
    change: str = ""

    @property
    def strip_height(self) -> float:
        """Height of the overlay's strip; 0 without a mark."""
        return len(self.strip) * STRIP_ROW + 6 if self.strip else 0.0

    @property
    def text_height(self) -> float:
        """Height of the name, the note, the signs and the badges."""
        badges = sum(len(lines) * BADGE_ROW + 2 for _, lines in self.badges)
        return len(self.name) * NAME_ROW + len(self.note) * NOTE_ROW + len(self.signs) * (SIGN + 3) + badges

    @property
    def height(self) -> float:
        """Least height that shows everything."""
        return max(40.0, self.text_height + 2 * PAD) + self.strip_height


def strip_lines(mark: Mark | None, width: float, words: dict[str, str], *, of: bool) -> list[tuple[str, str]]:
    """What a mark says: lines, each with ``count``, ``late`` or nothing as its kind.

    ``of``: with the number of all cases, where marks differ in it.
    """
    if mark is None:
        return []
    room = width - 2 * SIDE
    count = f"{mark.n:,} / {mark.n_all:,}" if of else f"{mark.n:,}"
    share = percent(mark.share)
    fits = text_width(f"{count} ({share})", STRIP_SIZE, bold=True) <= room
    counts = [f"{count} ({share})"] if fits else [*wrap(count, STRIP_SIZE, room, bold=True), f"({share})"]
    lines = [(line, "count") for line in counts]
    if mark.label:
        lines += [(line, "") for line in balanced(mark.label, STRIP_SIZE, room)]
    if mark.late_share is not None:
        late = wrap(words["late"].format(share=percent(mark.late_share)), STRIP_SIZE, room - BADGE_SIGN)
        lines += [(late[0], "late"), *((line, "") for line in late[1:])]
    return lines


def signs_of(activity: Activity) -> list[str]:
    """Markers of an activity, in the order they are drawn."""
    signs = []
    if activity.touchpoint:
        if activity.touchpoint.moment_of_truth:
            signs.append("moment_of_truth")
        signs.append("key_touchpoint" if activity.touchpoint.key else "touchpoint")
    flags = (("wait_point", activity.wait_point), ("fail_point", activity.fail_point), ("rework", activity.rework))
    return signs + [name for name, there in flags if there]


def box_of(
    activity: Activity,
    letters: tuple[str, ...],
    mark: Mark | None,
    badges: tuple[Badge, ...] = (),
    change: str = "",
    *,
    width: float,
    lang: str,
    words: dict[str, str],
    of: bool = False,
) -> Box:
    """Cut the texts of an activity to the width of its box.

    Parameters
    ----------
    activity : Activity
        What is drawn.
    letters : tuple of str
        Regions of any order it belongs to.
    mark : Mark or None
        Overlay.
    badges : tuple of Badge, default ()
        Standards and rules about people that stand at it.
    change : {"", "+", "–", "~"}, default ""
        How it differs from an older version.
    width : float
        Width of the box in pixels.
    lang : str
        Language of its name.
    words : dict
        Words of that language.
    of : bool, default False
        Whether the strip names the number of all cases.

    Returns
    -------
    Box
    """
    room = width - 2 * SIDE
    name = activity.name.get(lang)
    note = [] if activity.observable else wrap(words["not_in_log"], NOTE_SIZE, room)
    signs = [*signs_of(activity), *letters]
    per_row = max(1, int((room + 3) // (SIGN + 3)))
    rows = tuple(tuple(signs[k : k + per_row]) for k in range(0, len(signs), per_row))
    said = [words[s] for s in signs_of(activity)] + [f"{words['any_order']} {x}" for x in letters]
    if not activity.observable:
        said.append(words["not_in_log"])
    if activity.fail_point:
        said.append(activity.fail_point.failure.get(lang))
    if mark:
        said += [f"{mark.n:,} / {mark.n_all:,} ({percent(mark.share)})", mark.label, words.get(mark.severity or "", "")]
    said += [f"{badge.id}: {badge.title}" for badge in badges]
    title = " · ".join(x for x in [name, *said] if x)
    return Box(
        activity.id,
        title,
        tuple(balanced(name, NAME_SIZE, room)),
        tuple(note),
        rows,
        tuple((b.kind, tuple(wrap(b.line, BADGE_SIZE, room - BADGE_SIGN))) for b in badges),
        tuple(strip_lines(mark, width, words, of=of)),
        mark,
        not activity.observable,
        bool(letters),
        change,
    )


def draw_box(box: Box, x: float, y: float, width: float, height: float) -> str:
    """The box as a group that can be found by its activity."""
    parts = [tag("title", escaped(box.title))]
    outline: dict[str, Any] = {
        "rx": 6,
        "stroke": INK,
        "stroke_width": ADDED_WIDTH if box.change == "+" else border(box.mark),
        "stroke_dasharray": REMOVED_DASHES if box.change == "–" else "5 3" if box.dashed else None,
    }
    ground = FREE_FILL if box.free else "#ffffff"
    parts.append(tag("rect", class_="box", x=x, y=y, width=width, height=height, fill=ground, **outline))
    top = y + (height - box.strip_height - box.text_height) / 2
    parts.append(text_lines(box.name, x + width / 2, top + 12.5, size=NAME_SIZE, leading=NAME_ROW))
    top += len(box.name) * NAME_ROW
    parts.append(
        text_lines(box.note, x + width / 2, top + 10, size=NOTE_SIZE, leading=NOTE_ROW, fill=MUTED, italic=True)
    )
    top += len(box.note) * NOTE_ROW
    for row in box.signs:
        left = x + width / 2 - (len(row) * (SIGN + 3) - 3) / 2
        parts += [sign(kind, left + k * (SIGN + 3) + SIGN / 2, top + 3 + SIGN / 2) for k, kind in enumerate(row)]
        top += SIGN + 3
    for kind, lines in box.badges:
        parts.append(_badge(kind, lines, x + width / 2, top + 1))
        top += len(lines) * BADGE_ROW + 2
    if box.mark:
        parts.append(_strip(box, x, y, width, height))
    if box.change:
        parts.append(change_sign(box.change, x, y))
    return tag("g", "".join(parts), class_="activity", data_activity=box.id)


def _strip(box: Box, x: float, y: float, width: float, height: float) -> str:
    """The overlay's strip along the lower edge, its fill by the share of cases."""
    assert box.mark
    fill, ink = fills(box.mark)
    inset = border(box.mark) / 2
    left, right, top, low = x + inset, x + width - inset, y + height - box.strip_height, y + height - inset
    r = 6 - inset
    shape = (
        f"M{left:.1f},{top:.1f} H{right:.1f} V{low - r:.1f} Q{right:.1f},{low:.1f} {right - r:.1f},{low:.1f} "
        f"H{left + r:.1f} Q{left:.1f},{low:.1f} {left:.1f},{low - r:.1f} Z"
    )
    ground = tag("path", d=shape, fill=fill, class_="strip")
    rule = tag("line", x1=left, x2=right, y1=top, y2=top, stroke=INK, stroke_width=0.8)
    return ground + rule + strip_text(box.strip, x + width / 2, top, ink)


def strip_text(lines: Sequence[tuple[str, str]], middle: float, top: float, ink: str) -> str:
    """The lines of a strip; a clock stands before the share of late cases."""
    parts = []
    for k, (line, kind) in enumerate(lines):
        base = top + 13.5 + k * STRIP_ROW
        if kind == "late":
            left = middle - (BADGE_SIGN + text_width(line, STRIP_SIZE)) / 2
            parts.append(badge_sign("time", left + 5.5, base - 4, ink=ink))
            parts.append(
                text_lines([line], left + BADGE_SIGN, base, size=STRIP_SIZE, leading=0, fill=ink, anchor="start")
            )
        else:
            bold = kind == "count"
            parts.append(text_lines([line], middle, base, size=STRIP_SIZE, leading=0, fill=ink, bold=bold))
    return "".join(parts)


def _badge(kind: str, lines: Sequence[str], middle: float, top: float) -> str:
    """A sign and what is promised, as one group in the middle."""
    left = middle - (BADGE_SIGN + max(text_width(line, BADGE_SIZE) for line in lines)) / 2
    text = text_lines(lines, left + BADGE_SIGN, top + 10, size=BADGE_SIZE, leading=BADGE_ROW, anchor="start")
    return tag("g", badge_sign(kind, left + 5.5, top + 6.5) + text, class_="badge")


def bar_text(letter: str, words: dict[str, str], n: int, width: float) -> list[str]:
    """What a region's bar says: as much as fits on one line, else the short form wrapped."""
    long = f"{letter}{words['colon']}{words['any_order_bar']} · {words['steps'].format(n=n)}"
    if text_width(long, 12.5, bold=True) <= width - 2 * SIDE:
        return [long]
    return wrap(f"{letter}{words['colon']}{words['any_order']}", 12.5, width - 2 * SIDE, bold=True)


def draw_bar(id: str, lines: list[str], x: float, y: float, width: float, height: float, change: str = "") -> str:
    """The bar that stands for steps in any order."""
    box = tag(
        "rect",
        class_="bar-box",
        x=x,
        y=y,
        width=width,
        height=height,
        rx=min(height / 2, 15.0),
        fill="#fdf3d1",
        stroke=INK,
        stroke_width=ADDED_WIDTH if change == "+" else 1.2,
        stroke_dasharray="2 2.4",
    )
    first = y + height / 2 + 4.5 - (len(lines) - 1) * 8
    text = text_lines(lines, x + width / 2, first, size=12.5, leading=16, bold=True)
    corner = change_sign(change, x + 4, y) if change else ""
    return tag("g", tag("title", escaped(" ".join(lines))) + box + text + corner, class_="bar", data_region=id)
