"""The boxes of a process map: how large they must be, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mining.pictures.boxes import STRIP_ROW, strip_lines, strip_text
from mining.pictures.map_colours import FILLS, INKS, MUTED_INKS
from mining.pictures.map_content import Activity
from mining.pictures.marks import border, fills, percent
from mining.pictures.svg import INK, balanced, escaped, tag, text_lines, text_width
from mining.pictures.symbols import SIGN, sign

NAME_SIZE, NAME_ROW, COUNT_SIZE, COUNT_ROW = 12.5, 15.0, 11.5, 15.0
WIDEST, NARROWEST = 150.0, 96.0
CORNERS = {True: 12, False: 0, None: 5}  # visible to the customer, not, not known
START, END = "start", "end"


@dataclass(frozen=True)
class Card:
    """An activity with its texts cut to the width of its box.

    Attributes
    ----------
    activity : Activity
    name : tuple of str
        Its lines.
    facts : str
        Below the name: instances, and the time in performance colours.
    again : str
        How often it directly followed itself, or after how long; empty where it did not or that arc is not shown.
    again_text : str
        The same in words.
    strip : tuple of (str, str)
        Lines of its mark.
    step : int or None
        Its colour; None for a box without.
    width : float
    least : float
        Height that the arcs at its sides need.
    """

    activity: Activity
    name: tuple[str, ...]
    facts: str
    again: str
    again_text: str
    strip: tuple[tuple[str, str], ...]
    step: int | None
    width: float
    least: float = 0.0

    @property
    def filled(self) -> float:
        """Height of what stands in it."""
        strip = len(self.strip) * STRIP_ROW + 6 if self.strip else 0.0
        return len(self.name) * NAME_ROW + COUNT_ROW + 13 + strip

    @property
    def height(self) -> float:
        """Height of its box."""
        return max(self.filled, self.least)


def card_of(
    activity: Activity,
    facts: str,
    again: tuple[str, str],
    step: int | None,
    words: dict[str, str],
    *,
    of: bool,
) -> Card:
    """Cut the texts of an activity. ``of``: its mark names the number of all cases."""
    lines = balanced(activity.name, NAME_SIZE, WIDEST - 16)
    counts = text_width(facts, COUNT_SIZE) + (text_width(again[0], COUNT_SIZE) + SIGN + 12 if again[0] else 0)
    width = max(NARROWEST, counts + 16, *(text_width(line, NAME_SIZE) + 18 for line in lines))
    strip = tuple(strip_lines(activity.mark, width, words, of=of))
    return Card(activity, tuple(lines), facts, *again, strip, step, width)


def draw_card(card: Card, place: tuple[float, float]) -> str:
    """The box as a group that can be found by its activity."""
    activity = card.activity
    x, y = place[0] - card.width / 2, place[1] - card.height / 2
    text = f"{activity.name}: {card.facts}"
    if activity.mark:
        text += (
            f" · {activity.mark.n:,} / {activity.mark.n_all:,} ({percent(activity.mark.share)}) {activity.mark.label}"
        )
    parts = [tag("title", escaped(" · ".join([text, *activity.members])))]
    look: dict[str, Any] = {
        "fill": "#ffffff" if card.step is None else FILLS[card.step],
        "stroke": INK,
        "stroke_width": border(activity.mark),
        "rx": CORNERS[activity.visible],
    }
    if activity.members:  # a second sheet behind it
        behind = look | {"fill": "#ffffff", "class_": "behind"}
        parts.append(tag("rect", x=x + 4, y=y + 4, width=card.width, height=card.height, **behind))
    parts.append(tag("rect", class_="box", x=x, y=y, width=card.width, height=card.height, **look))
    ink = INK if card.step is None else INKS[card.step]
    low = place[1] + card.filled / 2
    y = place[1] - card.filled / 2
    parts.append(text_lines(card.name, place[0], y + 18, size=NAME_SIZE, leading=NAME_ROW, fill=ink))
    parts.append(_facts(card, place[0], y + 18 + len(card.name) * NAME_ROW))
    if activity.mark:
        fill, mark_ink = fills(activity.mark)
        high = len(card.strip) * STRIP_ROW + 5
        top = low - high - 4
        ground = {"fill": fill, "stroke": INK, "stroke_width": 0.8}
        parts.append(tag("rect", x=x + 5, y=top, width=card.width - 10, height=high, **ground))
        parts.append(strip_text(card.strip, place[0], top - 2.0, mark_ink))
    return tag("g", "".join(parts), class_="activity", data_activity=activity.id, data_n=activity.n)


def _facts(card: Card, x: float, y: float) -> str:
    """Counts and times, and how often the activity came directly after itself."""
    ink = MUTED_INKS[0 if card.step is None else card.step]
    if not card.again:
        return text_lines([card.facts], x, y, size=COUNT_SIZE, leading=0, fill=ink)
    first, second = text_width(card.facts, COUNT_SIZE), text_width(card.again, COUNT_SIZE)
    left = x - (first + second + SIGN + 12) / 2
    text = text_lines([card.facts], left, y, size=COUNT_SIZE, leading=0, anchor="start", fill=ink)
    turn = sign("rework", left + first + 10 + SIGN / 2, y - 4)
    if card.step is not None and INKS[card.step] != INK:
        turn = turn.replace(INK, INKS[card.step])
    repeated = text_lines(
        [card.again], left + first + SIGN + 12, y, size=COUNT_SIZE, leading=0, anchor="start", fill=ink
    )
    inside = tag("title", escaped(card.again_text)) + turn + repeated
    return text + tag("g", inside, class_="arc", data_from=card.activity.id, data_to=card.activity.id)


def terminal_width(text: str) -> float:
    """Width of the box of start or end."""
    return text_width(text, 12) + 24


def draw_terminal(key: str, text: str, place: tuple[float, float]) -> str:
    """Start or end."""
    wide = terminal_width(text)
    ground, ink = (INK, "#ffffff") if key == START else ("#ffffff", INK)
    look = {"rx": 13, "fill": ground, "stroke": INK, "stroke_width": 1.2 if key == START else 3}
    box = tag("rect", x=place[0] - wide / 2, y=place[1] - 13, width=wide, height=26.0, **look)
    return tag("g", box + text_lines([text], place[0], place[1] + 4.5, size=12, leading=0, fill=ink), class_="terminal")
