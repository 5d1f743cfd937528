"""What follows what in the log: the discovered directly-follows map, with the arcs that matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot, log10

from mining.errors import MiningError, UnknownNameError
from mining.pictures.layered import Drawn, Edge, Node, lay_out
from mining.pictures.map_cards import CORNERS, END, START, Card, card_of, draw_card, draw_terminal, terminal_width
from mining.pictures.map_colours import FEW, TIME_INKS, TIME_WIDTHS, Scale, counts_scale, scale_item, times_scale
from mining.pictures.map_content import Activity, Arc, MapContent, reading_order, strength, strongest
from mining.pictures.map_lanes import HEAD, OUTSIDE, draw_lanes, least_heights
from mining.pictures.marks import Mark, percent
from mining.pictures.svg import INK, MUTED, Picture, document, escaped, num, tag, text_lines, text_width, wrap
from mining.pictures.symbols import LegendItem, box_item, legend, overlay_items, sign_item
from mining.pictures.words import words_in
from mining.texts import say
from mining.units import readable

MARGIN, LEAST_WIDTH, LABEL_SIZE = 16.0, 620.0, 11
LEAST_CASES = 5  # for a median
LONG = 8  # more activities than this are drawn top-down
ROOM_PER_ARC = 9.0  # at the side of a box
INDIRECT = "5 4"


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
    """Draw a directly-follows map from counts; of a log or a study, :func:`mining.discovery.maps.map_of` does more.

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
        Whether the customer sees the activity: shape of its box.
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
        If there is nothing to draw.
    """
    words, marks = words_in(lang), dict(marks or {})
    if not activities:
        raise MiningError("There is nothing to draw: the log has no activities.")
    for id in (*(x for pair in arcs for x in pair), *starts, *ends, *marks):
        if id not in activities:
            raise UnknownNameError("activity", id, activities, where="process map")
    pool = [Arc(a, b, n) for (a, b), n in arcs.items()]
    pool += [Arc(None, a, n) for a, n in starts.items()] + [Arc(a, None, n) for a, n in ends.items()]
    pool = sorted((arc for arc in pool if arc.n > 0), key=strength)
    kept = strongest(pool, sorted(activities), most_arcs)
    boxes = [
        Activity(id, (names or {}).get(id, id), activities[id], (visible or {}).get(id), marks.get(id))
        for id in sorted(activities)
    ]
    total = sum(arc.n for arc in pool)
    share = percent(sum(arc.n for arc in kept) / total if total else None)
    shown = words["shown"].format(arcs=len(kept), all_arcs=len(pool), n=f"{total:,}", share=share)
    return draw_map(MapContent(tuple(boxes), tuple(kept), title or words["process_map"], (shown,)), lang=lang)


def draw_map(content: MapContent, *, lang: str = "en") -> Picture:
    """Give everything its place and draw it."""
    words = words_in(lang)
    timed = content.colour == "performance"
    times = times_scale([a.seconds for a in content.arcs if a.seconds is not None], lang)
    boxes = _box_scale(content, lang)
    cards = _cards(content, boxes, lang)
    curves = [arc for arc in content.arcs if arc.source != arc.target]
    said = [_label(arc, timed, lang) for arc in curves]
    down = len(cards) > LONG and not content.lanes
    cards = cards if down else _tall_enough(cards, curves)
    drawn = _lay_out(cards, curves, said, content, lang, down)
    left_of = HEAD if content.lanes else 0.0
    width = max(drawn.width + left_of + 2 * MARGIN, LEAST_WIDTH)
    rows = wrap(content.title, 19, width - 2 * MARGIN, bold=True)
    notes = [line for note in content.notes for line in wrap(note, 12, width - 2 * MARGIN)]
    top = MARGIN + len(rows) * 25 + len(notes) * 16 + 14
    left = (width - drawn.width - left_of) / 2 + left_of
    body = [
        text_lines(rows, MARGIN, MARGIN + 17, size=19, leading=25, anchor="start", bold=True),
        text_lines(notes, MARGIN, MARGIN + len(rows) * 25 + 11, size=12, leading=16, anchor="start", fill=MUTED),
    ]
    most = max((arc.n for arc in curves), default=1)
    names = {a.id: a.name for a in content.activities}
    parts = [draw_lanes(content.lanes, drawn.bands, drawn.width, words, lang)] if content.lanes else []
    for arc, label, (points, _) in reversed(list(zip(curves, said, drawn.edges, strict=True))):
        look = _time_look(arc, times) if timed else _count_look(arc, most)
        parts.append(_arc(arc, points, look, _head(arc, most, timed), _in_words(arc, names, label, words, lang, timed)))
    for arc, label, (_, place) in zip(curves, said, drawn.edges, strict=True):
        parts.append(_said(label, place, FEW_INK if timed and arc.seconds is None else INK))
    parts += [draw_card(card, drawn.nodes[f"n{k}"]) for k, card in enumerate(cards)]
    parts += [draw_terminal(key, words[key], drawn.nodes[key]) for key in (START, END)]
    body.append(tag("g", "\n".join(parts), transform=f"translate({num(left)},{num(top)})"))
    low = top + drawn.height + 14
    explained, tall = legend(_legend(content, cards, boxes, times, words, lang), MARGIN, low, width - 2 * MARGIN)
    desc = " ".join([words["desc_map"].format(activities=len(cards), arcs=len(content.arcs)), *content.notes])
    svg = document([*body, explained], width, low + tall + MARGIN, title=content.title, desc=desc, lang=lang)
    return Picture(svg, content.title)


FEW_INK = "#6b7686"  # legible on white, unlike the line


def _box_scale(content: MapContent, lang: str) -> Scale:
    if content.colour == "performance":
        return times_scale([a.seconds for a in content.activities if a.seconds is not None], lang)
    return counts_scale([a.n for a in content.activities if not a.members])


def _cards(content: MapContent, scale: Scale, lang: str) -> list[Card]:
    words, timed = words_in(lang), content.colour == "performance"
    again: dict[str | None, list[Arc]] = {}
    for arc in content.arcs:
        if arc.source == arc.target:
            again.setdefault(arc.source, []).append(arc)
    of = len({a.mark.n_all for a in content.activities if a.mark}) > 1
    by_id = {a.id: a for a in content.activities}
    cards = []
    for id in reading_order({a.id: a.n for a in content.activities}, content.arcs):
        activity, loops = by_id[id], sorted(again.get(id, ()), key=lambda arc: arc.indirect)
        facts = f"{activity.n:,}"
        if timed and (activity.seconds is not None or activity.few):
            facts += " · " + (say("map.few", lang) if activity.seconds is None else readable(activity.seconds, lang))
        value = activity.seconds if timed else activity.n
        labels = [_label(loop, timed, lang) for loop in loops]
        label = " ".join(f"({x})" if loop.indirect else x for x, loop in zip(labels, loops, strict=True))
        said = zip(loops, labels, strict=True)
        text = " · ".join(_in_words(loop, {id: activity.name}, x, words, lang, timed) for loop, x in said)
        step = None if value is None else scale.step(value)
        cards.append(card_of(activity, facts, (label, text), step, words, of=of))
    return cards


def _label(arc: Arc, timed: bool, lang: str) -> str:
    """What stands on an arc."""
    if not timed or arc.source is None or arc.target is None:
        return f"{arc.n:,}" if not timed else ""
    if arc.few:
        return say("map.few", lang)
    return "–" if arc.seconds is None else readable(arc.seconds, lang)


def _in_words(arc: Arc, names: Mapping[str, str], label: str, words: dict[str, str], lang: str, timed: bool) -> str:
    source = names[arc.source] if arc.source is not None else words[START]
    target = names[arc.target] if arc.target is not None else words[END]
    text = f"{source} → {target}: {arc.n:,}"
    text += f" · {label}" if timed and label else ""
    return f"{text} · {say('map.indirect_short', lang)}" if arc.indirect else text


def _tall_enough(cards: Sequence[Card], curves: Sequence[Arc]) -> list[Card]:
    """Room for the arcs at the left and right side of each box."""
    into, out = Counter(arc.target for arc in curves), Counter(arc.source for arc in curves)
    most = {c.activity.id: max(into[c.activity.id], out[c.activity.id]) for c in cards}
    return [replace(card, least=ROOM_PER_ARC * most[card.activity.id] + 16) for card in cards]


def _lay_out(
    cards: Sequence[Card], curves: Sequence[Arc], said: Sequence[str], content: MapContent, lang: str, down: bool
) -> Drawn:
    """Top-down for many activities, else left to right; with lanes always left to right."""
    words = words_in(lang)
    keys: dict[str | None, str] = {card.activity.id: f"n{k}" for k, card in enumerate(cards)}
    number = {lane.id: k for k, lane in enumerate(content.lanes)}
    band = {card.activity.id: number.get(card.activity.lane or OUTSIDE, 0) for card in cards}
    first = next((band[a.target] for a in curves if a.source is None and a.target is not None), 0)
    last = next((band[a.source] for a in curves if a.target is None and a.source is not None), 0)
    nodes = [Node(START, terminal_width(words[START]), 26.0, first)]
    nodes += [Node(keys[c.activity.id], c.width, c.height, band[c.activity.id]) for c in cards]
    nodes.append(Node(END, terminal_width(words[END]), 26.0, last))
    most = max((arc.n for arc in curves), default=1)
    timed = content.colour == "performance"
    edges = [
        Edge(
            keys[arc.source] if arc.source is not None else START,
            keys[arc.target] if arc.target is not None else END,
            text_width(label, LABEL_SIZE) if label else 0.0,
            float(arc.n),
            _head(arc, most, timed),
        )
        for arc, label in zip(curves, said, strict=True)
    ]
    least = least_heights(content.lanes, words, lang)
    return lay_out(nodes, edges, down=down, first=START, last=END, least_bands=least)


def _head(arc: Arc, most: int, timed: bool) -> float:
    return 9.0 if timed else 8.0 + 4.0 * arc.n / most


def _count_look(arc: Arc, most: int) -> tuple[str, float]:
    """As thick and as dark as it is frequent."""
    strong = log10(1 + 9 * arc.n / most)
    return "#334155" if strong > 0.5 else "#64748b" if strong > 0.15 else "#8a97a8", 0.9 + 4.1 * arc.n / most


def _time_look(arc: Arc, scale: Scale) -> tuple[str, float]:
    """As thick and as dark as it takes long."""
    if arc.seconds is None:
        return FEW, 1.2
    step = scale.step(arc.seconds)
    return TIME_INKS[step], TIME_WIDTHS[step]


def _arc(arc: Arc, points: Sequence[tuple[float, float]], look: tuple[str, float], size: float, text: str) -> str:
    """A curve with its own head."""
    ink, width = look
    path = f"M{num(points[0][0])},{num(points[0][1])} C" + " ".join(f"{num(x)},{num(y)}" for x, y in points[1:])
    dashes = INDIRECT if arc.indirect else None
    line = tag("path", d=path, fill="none", stroke=ink, stroke_width=width, stroke_dasharray=dashes)
    x, y = points[-1]
    px, py = next(((a, b) for a, b in reversed(points[:-1]) if hypot(x - a, y - b) > 0.5), (x, y - 1))
    far = hypot(x - px, y - py) or 1.0
    dx, dy = (x - px) / far, (y - py) / far
    half = max(size * 0.44, width * 0.9)
    tip = (
        f"M{num(x + dx * size)},{num(y + dy * size)} L{num(x - dy * half)},{num(y + dx * half)} "
        f"L{num(x + dy * half)},{num(y - dx * half)} Z"
    )
    inside = tag("title", escaped(text)) + line + tag("path", d=tip, fill=ink)
    where = {"data_from": arc.source or "", "data_to": arc.target or "", "data_n": arc.n}
    return tag("g", inside, class_="arc", data_kind="indirect" if arc.indirect else None, **where)


def _said(label: str, place: tuple[float, float], ink: str) -> str:
    halo = {"stroke": "#ffffff", "stroke_width": 3, "stroke_linejoin": "round", "paint_order": "stroke"}
    look = {"font_size": LABEL_SIZE, "text_anchor": "middle", "fill": ink}
    return tag("text", escaped(label), x=place[0], y=place[1] + 4, **look, **halo) if label else ""


def _legend(
    content: MapContent, cards: Sequence[Card], boxes: Scale, times: Scale, words: dict[str, str], lang: str
) -> list[LegendItem]:
    timed = content.colour == "performance"
    if timed:
        items = [scale_item(times, content.between, lines=True)]
        if content.processing:
            items.append(scale_item(boxes, content.processing))
        if any(a.few for a in content.activities) or any(arc.few for arc in content.arcs):
            items.append(LegendItem("", -7.0, say("map.few_legend", lang, least=LEAST_CASES)))
        items.append(_line_item(say("map.untimed", lang), FEW, 1.2))
    else:
        items = [_line_item(words["arc"], INK, 2.5), scale_item(boxes, say("map.instances", lang))]
    if any(arc.indirect and arc.source != arc.target for arc in content.arcs):
        items.append(_line_item(say("map.indirect", lang), INK, 1.6, INDIRECT))
    if any(card.again for card in cards):
        brackets = any(arc.indirect and arc.source == arc.target for arc in content.arcs)
        text = say("map.again_after", lang) if timed else words["again"]
        items.append(sign_item("rework", text + (say("map.brackets", lang) if brackets else "")))
    for value, word in ((True, "visible"), (False, "invisible")):
        if any(a.visible is value for a in content.activities):
            items.append(box_item(words[word], rx=min(CORNERS[value], 7)))
    return items + overlay_items([a.mark for a in content.activities if a.mark], words)


def _line_item(text: str, ink: str, width: float, dashes: str | None = None) -> LegendItem:
    line = tag("path", d="M0,0 H24", fill="none", stroke=ink, stroke_width=width, stroke_dasharray=dashes)
    return LegendItem(line + tag("path", d="M23,-4.5 L32,0 L23,4.5 Z", fill=ink), 34, text)
