"""What follows what in the log: the discovered directly-follows map, with the arcs that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, log10
from typing import Any

from mining.errors import MiningError, UnknownNameError
from mining.pictures.boxes import STRIP_ROW, strip_lines, strip_text
from mining.pictures.graphviz import Drawn, Edge, Node, draw
from mining.pictures.marks import Mark, border, fills, percent
from mining.pictures.svg import INK, MUTED, Picture, balanced, document, escaped, num, tag, text_lines, text_width, wrap
from mining.pictures.symbols import SIGN, LegendItem, box_item, legend, overlay_items, sign, sign_item
from mining.pictures.words import words_in

NAME_SIZE, NAME_ROW, COUNT_ROW = 12.5, 15.0, 15.0
WIDEST, NARROWEST, MARGIN = 150.0, 96.0, 16.0
START, END = "start", "end"
LOOK: dict[bool | None, dict[str, Any]] = {
    True: {"fill": "#e3eefb", "rx": 12},
    False: {"fill": "#e7e9ed", "rx": 0},
    None: {"fill": "#ffffff", "rx": 5},
}


@dataclass(frozen=True)
class _Card:
    """An activity's box in the map: texts cut to its width."""

    id: str
    n: int
    name: tuple[str, ...]
    strip: tuple[tuple[str, str], ...]
    mark: Mark | None
    visible: bool | None
    width: float
    again: int = 0  # how often it directly followed itself, where that arc is shown

    @property
    def height(self) -> float:
        strip = len(self.strip) * STRIP_ROW + 6 if self.strip else 0.0
        return len(self.name) * NAME_ROW + COUNT_ROW + 13 + strip


@dataclass(frozen=True)
class _Arc:
    """From activity to activity; the source None is the start, the target None the end."""

    source: str | None
    target: str | None
    n: int


def process_map(
    activities: Mapping[str, int],
    arcs: Mapping[tuple[str, str], int],
    *,
    starts: Mapping[str, int],
    ends: Mapping[str, int],
    names: Mapping[str, str] | None = None,
    visible: Mapping[str, bool] | None = None,
    marks: Mapping[str, Mark] | None = None,
    most_arcs: int = 60,
    lang: str = "en",
    title: str = "",
) -> Picture:
    """Draw the directly-follows map of a log.

    Where there are more arcs than ``most_arcs``, each activity stays joined with the start and the end by its widest
    ways and keeps its strongest arc in and out; then the strongest others fill up. The picture says how many arcs and
    which share of transitions it shows.

    Parameters
    ----------
    activities : mapping of str to int
        How often each activity occurred.
    arcs : mapping of (str, str) to int
        How often one activity directly followed another.
    starts, ends : mapping of str to int
        How many cases began and ended with an activity.
    names : mapping of str to str, optional
        Names to show; else the ids.
    visible : mapping of str to bool, optional
        Whether the customer sees the activity: fill and shape of its box.
    marks : mapping of str to Mark, optional
        Findings by activity.
    most_arcs : int, default 60
        Arcs shown at most, beyond those that keep every activity connected.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    title : str
        Heading; "Process map" if empty.

    Returns
    -------
    Picture
        The same input gives the same bytes.

    Raises
    ------
    UnknownNameError
        If arcs, starts, ends or marks name an activity that is not among ``activities``.
    MiningError
        If there is nothing to draw, or the layout program is missing or takes too long.
    """
    words, marks = words_in(lang), dict(marks or {})
    if not activities:
        raise MiningError("There is nothing to draw: the log has no activities.")
    for id in (*(x for pair in arcs for x in pair), *starts, *ends, *marks):
        if id not in activities:
            raise UnknownNameError("activity", id, activities, where="process map")
    pool = _pool(arcs, starts, ends)
    kept = strongest(pool, sorted(activities), most_arcs)
    again = {arc.source: arc.n for arc in kept if arc.source == arc.target}
    of = len({mark.n_all for mark in marks.values()}) > 1
    cards = [
        _card(
            id,
            activities[id],
            (names or {}).get(id, id),
            marks.get(id),
            (visible or {}).get(id),
            words,
            of,
            again.get(id, 0),
        )
        for id in _reading_order(activities, pool)
    ]
    total = sum(arc.n for arc in pool)
    share = percent(sum(arc.n for arc in kept) / total if total else None)
    shown = words["shown"].format(arcs=len(kept), all_arcs=len(pool), n=f"{total:,}", share=share)
    curves = [arc for arc in kept if arc.source != arc.target]
    return _draw(cards, curves, _lay_out(cards, curves, words), shown, title or words["process_map"], words, lang)


def _pool(arcs: Mapping[tuple[str, str], int], starts: Mapping[str, int], ends: Mapping[str, int]) -> list[_Arc]:
    """All arcs that occurred, those from the start and to the end included; strongest first."""
    pool = [_Arc(a, b, n) for (a, b), n in arcs.items()]
    pool += [_Arc(None, a, n) for a, n in starts.items()] + [_Arc(a, None, n) for a, n in ends.items()]
    return sorted((arc for arc in pool if arc.n > 0), key=_strength)


def _reading_order(activities: Mapping[str, int], pool: Sequence[_Arc]) -> list[str]:
    """Activities as the widest ways from the start reach them: Graphviz turns back those arcs that go against it."""
    reached = [arc.target for arc in _tree(pool, forward=True) if arc.target is not None]
    return [*reached, *sorted(set(activities) - set(reached))]


def _strength(arc: _Arc) -> tuple[int, str, str]:
    return -arc.n, arc.source or "", arc.target or ""


def strongest(pool: Sequence[_Arc], activities: Sequence[str], most: int) -> list[_Arc]:
    """The arcs to show, strongest first.

    Each activity keeps the widest way from the start and the widest way to the end, so that no part floats alone, and
    its strongest arc in and out. The strongest others fill up to ``most``.
    """
    kept = dict.fromkeys([*_tree(pool, forward=True), *_tree(pool, forward=False)])
    for id in activities:
        into = next((arc for arc in pool if arc.target == id and arc.source != id), None)
        out = next((arc for arc in pool if arc.source == id and arc.target != id), None)
        kept.update({arc: None for arc in (into, out) if arc})
    for arc in pool:
        if len(kept) >= most:
            break
        kept[arc] = None
    return sorted(kept, key=_strength)


def _tree(pool: Sequence[_Arc], *, forward: bool) -> list[_Arc]:
    """Arcs of the widest ways from the start to every activity, or from every activity to the end."""
    reached: set[str | None] = {None}
    tree = []
    while True:
        for arc in pool:
            near, far = (arc.source, arc.target) if forward else (arc.target, arc.source)
            if near in reached and far not in reached:
                reached.add(far)
                tree.append(arc)
                break
        else:
            return tree


def _card(
    id: str,
    n: int,
    name: str,
    mark: Mark | None,
    visible: bool | None,
    words: dict[str, str],
    of: bool,
    again: int,
) -> _Card:
    lines = balanced(name, NAME_SIZE, WIDEST - 16)
    counts = text_width(f"{n:,}", 11.5) + (text_width(f"{again:,}", 11.5) + SIGN + 12 if again else 0)
    width = max(NARROWEST, counts + 16, *(text_width(line, NAME_SIZE) + 18 for line in lines))
    return _Card(id, n, tuple(lines), tuple(strip_lines(mark, width, words, of=of)), mark, visible, width, again)


def _lay_out(cards: Sequence[_Card], kept: Sequence[_Arc], words: dict[str, str]) -> Drawn:
    """Ask Graphviz for places: top-down for more than eight activities, else left to right."""
    keys = {card.id: f"n{k}" for k, card in enumerate(cards)}
    first, last = (Node(key, text_width(words[key], 12) + 24, 26.0) for key in (START, END))
    nodes = [first, *(Node(keys[card.id], card.width, card.height) for card in cards), last]
    most = max((arc.n for arc in kept), default=1)
    edges = []
    for arc in kept:
        source = keys[arc.source] if arc.source is not None else START
        target = keys[arc.target] if arc.target is not None else END
        edges.append(Edge(source, target, f"{arc.n:,}", 1 + round(8 * arc.n / most), _head(arc.n, most)))
    return draw(nodes, edges, down=len(cards) > 8, ranks={START: "source", END: "sink"})


def _head(n: int, most: int) -> float:
    return 8.0 + 5.0 * n / most


def _draw(
    cards: Sequence[_Card],
    kept: Sequence[_Arc],
    drawn: Drawn,
    shown: str,
    title: str,
    words: dict[str, str],
    lang: str,
) -> Picture:
    width = max(drawn.width + 2 * MARGIN, 620.0)
    rows = wrap(title, 19, width - 2 * MARGIN, bold=True)
    note = wrap(shown, 12, width - 2 * MARGIN)
    top = MARGIN + len(rows) * 25 + len(note) * 16 + 14
    left = (width - drawn.width) / 2
    body = [
        text_lines(rows, MARGIN, MARGIN + 17, size=19, leading=25, anchor="start", bold=True),
        text_lines(note, MARGIN, MARGIN + len(rows) * 25 + 11, size=12, leading=16, anchor="start", fill=MUTED),
    ]
    most = max((arc.n for arc in kept), default=1)
    label = {None: ""} | {card.id: " ".join(card.name) for card in cards}
    picture = [
        _arc(arc, points, most, f"{label[arc.source] or words[START]} → {label[arc.target] or words[END]}: {arc.n:,}")
        for arc, (points, _) in zip(reversed(kept), reversed(drawn.edges), strict=True)
    ]
    picture += [_count(arc, place) for arc, (_, place) in zip(kept, drawn.edges, strict=True)]
    picture += [_draw_card(card, drawn.nodes[f"n{k}"]) for k, card in enumerate(cards)]
    picture += [_terminal(key, words[key], drawn.nodes[key]) for key in (START, END)]
    body.append(tag("g", "\n".join(picture), transform=f"translate({num(left)},{num(top)})"))
    low = top + drawn.height + 14
    explained, tall = legend(_legend(cards, words), MARGIN, low, width - 2 * MARGIN)
    desc = (
        words["desc_map"].format(activities=len(cards), arcs=len(kept) + sum(1 for c in cards if c.again)) + " " + shown
    )
    svg = document([*body, explained], width, low + tall + MARGIN, title=title, desc=desc, lang=lang)
    return Picture(svg, title)


def _arc(arc: _Arc, points: Sequence[tuple[float, float]], most: int, text: str) -> str:
    """A curve with its own head: as thick and as dark as it is frequent."""
    strength = log10(1 + 9 * arc.n / most)
    ink = "#334155" if strength > 0.5 else "#64748b" if strength > 0.15 else "#8a97a8"
    path = f"M{num(points[0][0])},{num(points[0][1])} C" + " ".join(f"{num(x)},{num(y)}" for x, y in points[1:])
    line = tag("path", d=path, fill="none", stroke=ink, stroke_width=0.9 + 4.1 * arc.n / most)
    (x, y), size = points[-1], _head(arc.n, most)
    px, py = next(((a, b) for a, b in reversed(points[:-1]) if hypot(x - a, y - b) > 0.5), (x, y - 1))
    far = hypot(x - px, y - py) or 1.0
    dx, dy = (x - px) / far, (y - py) / far
    half = size * 0.44
    tip = (
        f"M{num(x + dx * size)},{num(y + dy * size)} L{num(x - dy * half)},{num(y + dx * half)} "
        f"L{num(x + dy * half)},{num(y - dx * half)} Z"
    )
    inside = tag("title", escaped(text)) + line + tag("path", d=tip, fill=ink)
    return tag("g", inside, class_="arc", data_from=arc.source or "", data_to=arc.target or "", data_n=arc.n)


def _count(arc: _Arc, place: tuple[float, float]) -> str:
    return tag(
        "text",
        f"{arc.n:,}",
        x=place[0],
        y=place[1] + 4,
        font_size=11,
        text_anchor="middle",
        fill=INK,
        stroke="#ffffff",
        stroke_width=3,
        stroke_linejoin="round",
        paint_order="stroke",
    )


def _draw_card(card: _Card, place: tuple[float, float]) -> str:
    x, y = place[0] - card.width / 2, place[1] - card.height / 2
    text = " ".join(card.name) + f": {card.n:,}"
    if card.mark:
        text += f" · {card.mark.n:,} / {card.mark.n_all:,} ({percent(card.mark.share)}) {card.mark.label}"
    parts = [tag("title", escaped(text))]
    parts.append(
        tag(
            "rect",
            class_="box",
            x=x,
            y=y,
            width=card.width,
            height=card.height,
            stroke=INK,
            stroke_width=border(card.mark),
            **LOOK[card.visible],
        )
    )
    parts.append(text_lines(card.name, place[0], y + 18, size=NAME_SIZE, leading=NAME_ROW))
    at = y + 18 + len(card.name) * NAME_ROW
    parts.append(_counts(card, place[0], at))
    if card.mark:
        fill, ink = fills(card.mark)
        high = len(card.strip) * STRIP_ROW + 5
        parts.append(
            tag(
                "rect",
                x=x + 5,
                y=y + card.height - high - 4,
                width=card.width - 10,
                height=high,
                fill=fill,
                stroke=INK,
                stroke_width=0.8,
            )
        )
        parts.append(strip_text(card.strip, place[0], y + card.height - high - 6.0, ink))
    return tag("g", "".join(parts), class_="activity", data_activity=card.id)


def _counts(card: _Card, x: float, y: float) -> str:
    """How often the activity occurred, and how often directly after itself."""
    number, repeated = f"{card.n:,}", f"{card.again:,}"
    if not card.again:
        return text_lines([number], x, y, size=11.5, leading=0, fill=MUTED)
    first, second = text_width(number, 11.5), text_width(repeated, 11.5)
    left = x - (first + second + SIGN + 12) / 2
    text = text_lines([number], left, y, size=11.5, leading=0, anchor="start", fill=MUTED)
    loop = sign("rework", left + first + 10 + SIGN / 2, y - 4)
    loop += text_lines([repeated], left + first + SIGN + 12, y, size=11.5, leading=0, anchor="start", fill=INK)
    return text + tag("g", loop, class_="arc", data_from=card.id, data_to=card.id, data_n=card.again)


def _terminal(key: str, text: str, place: tuple[float, float]) -> str:
    wide = text_width(text, 12) + 24
    ground, ink = (INK, "#ffffff") if key == START else ("#ffffff", INK)
    box = tag(
        "rect",
        x=place[0] - wide / 2,
        y=place[1] - 13,
        width=wide,
        height=26.0,
        rx=13,
        fill=ground,
        stroke=INK,
        stroke_width=1.2 if key == START else 3,
    )
    return tag("g", box + text_lines([text], place[0], place[1] + 4.5, size=12, leading=0, fill=ink), class_="terminal")


def _legend(cards: Sequence[_Card], words: dict[str, str]) -> list[LegendItem]:
    arrow = tag("path", d="M0,0 H24", stroke=INK, stroke_width=2.5) + tag(
        "path", d="M23,-4.5 L32,0 L23,4.5 Z", fill=INK
    )
    items = [LegendItem(arrow, 34, words["arc"])]
    if any(card.again for card in cards):
        items.append(sign_item("rework", words["again"]))
    for value, word in ((True, "visible"), (False, "invisible")):
        if any(card.visible is value for card in cards):
            items.append(box_item(words[word], **LOOK[value]))
    return items + overlay_items([card.mark for card in cards if card.mark], words)
