"""Variants as rows of steps: how many cases follow each, and where each leaves the flow as drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mining.pictures.svg import INK, MUTED, Picture, document, escaped, tag, text_lines, text_width, wrap
from mining.pictures.symbols import LegendItem, box_item, legend
from mining.texts import say

MARGIN, LEFT, WIDTH = 16.0, 170.0, 1180.0
SIZE, LINE_HEIGHT, LINES = 10.5, 12.5, 3
STEP, HEIGHT, GAP, TIP = 92.0, 44.0, 5.0, 7.0
MOST_STEPS = 60  # of a row; the rest is counted
LOOKS: dict[bool | None, dict[str, Any]] = {
    True: {"fill": "#e3eefb"},
    False: {"fill": "#e7e9ed"},
    None: {"fill": "#ffffff"},
}
STATES: dict[str, dict[str, Any]] = {
    "": {"stroke": "#94a3b8", "stroke_width": 1},
    "missing": {"fill": "#ffffff", "stroke": "#b91c1c", "stroke_width": 1.6, "stroke_dasharray": "4 3"},
    "extra": {"stroke": "#b91c1c", "stroke_width": 2.4},
    "unknown": {"fill": "#fdf3d1", "stroke": "#b91c1c", "stroke_width": 2.4},
}


@dataclass(frozen=True)
class Step:
    """A step of a variant: ``seen`` says whether the customer sees it, ``state`` is empty, missing, extra or unknown."""

    id: str
    name: str
    seen: bool | None
    state: str
    times: int = 1


@dataclass(frozen=True)
class Row:
    """A variant: its number, its share of the cases, what is said of it, its steps."""

    number: str
    share: float
    notes: tuple[str, ...]
    steps: tuple[Step, ...]


def variants_picture(rows: Sequence[Row], *, title: str, lang: str = "en") -> Picture:
    """Draw variants.

    Equal steps in a row are one box with their number; of more than 60 boxes in a row the rest is counted.

    Parameters
    ----------
    rows : sequence of Row
    title : str
    lang : {"en", "zh"}, default "en"

    Returns
    -------
    Picture
        The same input gives the same bytes.

    Examples
    --------
    >>> row = Row("1", 1.0, ("3 cases",), (Step("a", "Apply", True, ""), Step("b", "Check", False, "missing")))
    >>> "Apply" in variants_picture([row], title="Variants").svg
    True
    """
    across = int((WIDTH - 2 * MARGIN - LEFT) // (STEP + GAP))
    widest = max((row.share for row in rows), default=1.0) or 1.0
    parts, y = [text_lines([title], MARGIN, MARGIN + 14, size=16, leading=0, anchor="start", bold=True)], MARGIN + 34
    for row in rows:
        drawn, high = _row(row, y, across, widest, lang)
        parts.append(tag("g", drawn, class_="variant", data_variant=row.number))
        y += high + 14
        parts.append(tag("path", d=f"M{MARGIN},{y - 7} H{WIDTH - MARGIN}", stroke="#e2e8f0", stroke_width=1))
    key, high = legend(_legend(rows, lang), MARGIN, y + 6, WIDTH - 2 * MARGIN)
    size = WIDTH, y + high + MARGIN
    svg = document([*parts, key], *size, title=title, desc=say("variants.desc", lang), lang=lang)
    return Picture(svg, title)


def _row(row: Row, y: float, across: int, widest: float, lang: str) -> tuple[str, float]:
    steps, more = _folded(row.steps)
    lines = max(-(-len(steps) // across), 1)
    high = max(lines * (HEIGHT + GAP), 16.0 * (len(row.notes) + 1) + 8)
    bar = max(2.0, (LEFT - 26) * row.share / widest)
    parts = [text_lines([row.number], MARGIN, y + 13, size=12.5, leading=0, anchor="start", bold=True)]
    parts.append(tag("rect", x=MARGIN + 24, y=y + 3, width=bar, height=11.0, fill="#1f3a5f"))
    parts.append(text_lines(list(row.notes), MARGIN, y + 31, size=11, leading=15, anchor="start", fill=MUTED))
    for i, step in enumerate(steps):
        x = MARGIN + LEFT + (i % across) * (STEP + GAP)
        parts.append(_step(step, x, y + (i // across) * (HEIGHT + GAP), lang))
    if more:
        note = say("variants.more", lang, n=f"{more:,}")
        parts.append(text_lines([note], MARGIN + LEFT, y + high + 8, size=11, leading=0, anchor="start", fill=MUTED))
        high += 16
    return "".join(parts), high


def _folded(steps: Sequence[Step]) -> tuple[list[Step], int]:
    found: list[Step] = []
    for step in steps:
        if found and (found[-1].id, found[-1].state) == (step.id, step.state):
            found[-1] = Step(step.id, step.name, step.seen, step.state, found[-1].times + 1)
        else:
            found.append(step)
    return found[:MOST_STEPS], sum(step.times for step in found[MOST_STEPS:])


def _step(step: Step, x: float, y: float, lang: str) -> str:
    look = LOOKS[step.seen] | STATES[step.state]
    right = x + STEP
    d = (
        f"M{x},{y} H{right - TIP} L{right},{y + HEIGHT / 2} L{right - TIP},{y + HEIGHT} H{x} "
        f"L{x + TIP},{y + HEIGHT / 2} Z"
    )
    times = f" ×{step.times}" if step.times > 1 else ""
    lines = wrap(step.name + times, SIZE, STEP - 2 * TIP - 4)
    if len(lines) > LINES:
        last = lines[LINES - 1]
        while last and text_width(last + "…" + times, SIZE) > STEP - 2 * TIP - 4:
            last = last[:-1]
        lines = [*lines[: LINES - 1], last + "…" + times]
    said = f"{step.name}{times}" + (f" · {say(f'variants.{step.state}', lang)}" if step.state else "")
    top = y + HEIGHT / 2 - (len(lines) - 1) * LINE_HEIGHT / 2 + SIZE * 0.36
    ink = "#7f1d1d" if step.state else INK
    text = text_lines(lines, x + STEP / 2, top, size=SIZE, leading=LINE_HEIGHT, fill=ink)
    shape = tag("title", escaped(said)) + tag("path", d=d, **look) + text
    return tag("g", shape, class_="step", data_activity=step.id, data_state=step.state)


def _legend(rows: Sequence[Row], lang: str) -> list[LegendItem]:
    seen = {step.seen for row in rows for step in row.steps}
    states = {step.state for row in rows for step in row.steps}
    items = [
        box_item(say(key, lang), **LOOKS[value], **STATES[""])
        for value, key in ((True, "variants.seen"), (False, "variants.unseen"))
        if value in seen
    ]
    return items + [
        box_item(say(f"variants.{state}", lang), **(LOOKS[None] | STATES[state]))
        for state in ("missing", "extra", "unknown")
        if state in states
    ]
