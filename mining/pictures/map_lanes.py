"""The lanes behind a process map: grounds, names, and the lines of interaction and of visibility."""

from __future__ import annotations

from collections.abc import Sequence

from mining.blueprint.model import Lane
from mining.pictures.bands import GROUND, HEAD_GROUND, LINE_INK, LINE_STYLE
from mining.pictures.sheet import boundary_lines
from mining.pictures.svg import MUTED, escaped, tag, text_lines, wrap

HEAD = 150.0  # width of the names
OUTSIDE = ""  # id of the lane of activities that the blueprint does not know


def _texts(
    lane: Lane, lines: Sequence[str], words: dict[str, str], lang: str
) -> tuple[list[str], list[str], list[list[str]]]:
    """Name, kind, and the names of the lines below a lane, cut to the width of the lane names."""
    name, kind = lane.name.get(lang), words.get(lane.kind, lane.kind)
    shown = [] if kind.casefold() == name.casefold() else wrap(kind, 11.5, HEAD - 20) if kind else []
    return wrap(name, 13.5, HEAD - 20, bold=True), shown, [wrap(words[x], 11, HEAD - 14, bold=True) for x in lines]


def _below(lanes: Sequence[Lane]) -> dict[int, tuple[str, ...]]:
    """The lines below each lane; nothing is said of activities that the blueprint does not know."""
    return boundary_lines([lane for lane in lanes if lane.id != OUTSIDE])


def least_heights(lanes: Sequence[Lane], words: dict[str, str], lang: str) -> list[float]:
    """Height that the names of each lane need."""
    found = []
    for k, lane in enumerate(lanes):
        name, kind, lines = _texts(lane, _below(lanes).get(k, ()), words, lang)
        found.append(len(name) * 17 + len(kind) * 14 + sum(len(line) * 13 + 6 for line in lines) + 20.0)
    return found


def draw_lanes(
    lanes: Sequence[Lane], bands: Sequence[tuple[float, float]], width: float, words: dict[str, str], lang: str
) -> str:
    """Grounds from left to right behind the map, and the lines on top of them.

    Parameters
    ----------
    lanes : sequence of Lane
        From above.
    bands : sequence of (float, float)
        Upper and lower end of each.
    width : float
        Of the map; names stand left of it, from ``-HEAD`` on.
    words : dict
    lang : {"en", "zh"}
    """
    grounds, lines = [], []
    below = _below(lanes)
    for k, (lane, (top, low)) in enumerate(zip(lanes, bands, strict=True)):
        grounds.append(_band(lane, below.get(k, ()), top, low, width, words, lang))
        at = low
        for name in reversed(below.get(k, ())):
            text = wrap(words[name], 11, HEAD - 14, bold=True)
            dashes, thick = LINE_STYLE[name]
            ink = {"stroke": LINE_INK, "stroke_width": thick, "stroke_dasharray": dashes}
            line = tag("line", x1=-HEAD, x2=width, y1=at, y2=at, **ink)
            look = {"size": 11, "leading": 13, "anchor": "start", "fill": LINE_INK, "bold": True}
            said = text_lines(text, -HEAD + 8, at - 5 - 13 * (len(text) - 1), **look)  # type: ignore[arg-type]
            lines.append(tag("g", tag("title", escaped(words[name])) + line + said, class_="boundary", data_line=name))
            at -= len(text) * 13 + 6
    return "".join(grounds + lines)


def _band(
    lane: Lane, lines: Sequence[str], top: float, low: float, width: float, words: dict[str, str], lang: str
) -> str:
    name, kind, said = _texts(lane, lines, words, lang)
    under = sum(len(line) * 13 + 6 for line in said)
    first = top + (low - top - under - len(name) * 17 - len(kind) * 14) / 2 + 13
    outside = lane.id == OUTSIDE
    ground, head = ("#ffffff", "#ffffff") if outside else (GROUND[lane.visible], HEAD_GROUND[lane.visible])
    parts = [
        tag("title", escaped(lane.name.get(lang))),
        tag("rect", class_="band", x=-HEAD, y=top, width=width + HEAD, height=low - top, fill=ground),
        tag("rect", x=-HEAD, y=top, width=HEAD - 6, height=low - top, fill=head),
        tag("line", x1=-HEAD, x2=width, y1=top, y2=top, stroke="#cbd5e1", stroke_width=1),
        text_lines(name, -HEAD + 10, first, size=13.5, leading=17, anchor="start", bold=True),
        text_lines(kind, -HEAD + 10, first + len(name) * 17 - 1, size=11.5, leading=14, anchor="start", fill=MUTED),
    ]
    return tag("g", "".join(parts), class_="lane", data_lane=lane.id)
