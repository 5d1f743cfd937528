"""A document as plain values for the printed page: what is turned, how wide columns are, where long words may break."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from mining.pictures.pdf import printable
from mining.pictures.svg import text_width, wrap
from mining.report.document import Document, Fact, Figure, Placed
from mining.report.table import Cell, Row, Table
from mining.report.widths import PADDING, SIZES, SUB, Widths, lines_of, widths
from mining.texts import say

TAG = {"en": "en", "zh": "zh-CN"}
UPRIGHT, ACROSS = (487.0, 700.0), (734.0, 445.0)  # width and height between the margins of A4, in points
FIGURE_SHARE = 0.86  # of the height of a page, so that caption and heading go with a figure
CHART_SHARE = 0.48  # of the height of a page for a chart, as long as its letters can be read
TURNED_GAIN = 1.25  # a figure is printed across where that makes it larger by this much, and it needs it
READABLE = 0.72  # scale below which letters of a figure are hard to read
BODY = 9.5
DEEPEST = 6  # level of a heading that PDF has a tag for
NAMELESS = "–"  # a title must not be empty
WHOLE_FACT = 12  # lines of a fact that stay on one page
BREAK = "\u200b"  # where a line may end within a word; it is taken out again before anything is printed
BREAK_AFTER = re.compile(r"(?<=[-_/\\.:,;@?&=|])(?=.)")
Drawable = Callable[[str], tuple[str, int]]


class Preparer:
    """Makes the values of a document; counts characters that cannot be drawn in ``replaced``."""

    def __init__(self, document: Document, drawable: Drawable) -> None:
        self.document, self.drawable = document, drawable
        self.placed = [replace(part, level=min(part.level, DEEPEST)) for part in document.placed()]
        self.replaced = 0
        self.places = self._places()
        self.given: set[str] = set()
        self.pictures: dict[str, bytes] = {}

    def values(self) -> dict[str, Any]:
        """The whole document."""
        document = self.document
        runs = [
            {"across": across, "parts": [self._part(part, across) for part, _ in parts]}
            for across, parts in groupby(zip(self.placed, self._across(), strict=True), key=lambda x: x[1])
        ]
        return {
            "lang": TAG[document.lang],
            "kind": self.text(document.kind),
            "name": self.text(document.name, size=24),
            "title": " · ".join(self.plain(x) for x in (document.name, document.kind) if x) or NAMELESS,
            "facts": self._facts(document.facts, UPRIGHT[0]),
            "warning": self.text(document.warning),
            "footer": self.text(document.footer, UPRIGHT[0] - 50, 7),
            "contents": say("report.contents", document.lang),
            "runs": runs,
            "replaced": say("pdf.replaced", document.lang, n=self.replaced) if self.replaced else "",
        }

    def plain(self, text: str) -> str:
        """The text as it can be drawn."""
        shown, n = self.drawable(text)
        self.replaced += n
        return shown

    def text(self, text: str, width: float = UPRIGHT[0], size: float = BODY) -> str:
        """The text as it can be drawn, with places where a word that is wider than the line may break."""
        return breakable(self.plain(text), size, width)

    def _places(self) -> dict[str, str]:
        """Ids of sections and tables to names that the template can use; of equal ids the first counts."""
        ids = [id for part in self.placed for id in (part.section.id, *(t.id for _, t in part.tables)) if id]
        return {id: f"place-{i}" for i, id in enumerate(dict.fromkeys(ids))}

    def _named(self, id: str) -> str:
        """The name of a place, where it is not taken by one before."""
        if not id or id in self.given:
            return ""
        self.given.add(id)
        return self.places[id]

    def _across(self) -> list[bool]:
        """Whether each part is printed across. A heading without content goes with what follows."""
        found: list[bool] = []
        wide_level = 99
        for part in self.placed:
            wide_level = part.level if part.section.wide and part.level <= wide_level else wide_level
            if part.level < wide_level or (part.level == wide_level and not part.section.wide):
                wide_level = 99
            found.append(wide_level < 99 or any(_needs_turning(f) for _, f in part.figures) or self._too_wide(part))
        for i in reversed(range(len(found) - 1)):
            section = self.placed[i].section
            if not (section.said or section.facts or self.placed[i].figures or self.placed[i].tables):
                found[i] = found[i + 1]
        return found

    def _too_wide(self, part: Placed) -> bool:
        return any(not widths(t, UPRIGHT[0], SIZES[:4]).fits for _, t in part.tables)

    def _part(self, part: Placed, across: bool) -> dict[str, Any]:
        section, (width, height) = part.section, ACROSS if across else UPRIGHT
        return {
            "level": part.level,
            "number": part.number,
            "title": self.text(section.title, width, 15),
            "badge": self.text(section.badge, width / 3, 13),
            "tone": section.tone,
            "label": self._named(section.id),
            "fresh": section.fresh,
            "lang": tag_of(section.lang),
            "listed": section.listed,
            "facts": self._facts(section.facts, width),
            "said": [self.text(x, width) for x in section.said],
            "figures": [self._figure(n, figure, width, height) for n, figure in part.figures],
            "tables": [self._table(n, table, width, height) for n, table in part.tables],
        }

    def _facts(self, facts: Sequence[Fact], width: float) -> dict[str, Any]:
        """Labels beside what they say; labels are as wide as the longest, up to a third."""
        wide = max((text_width(fact.label, BODY, bold=True) for fact in facts), default=0.0) + PADDING
        left = min(wide, width * 0.3)
        rows = [
            {
                "label": self.text(fact.label, left - PADDING),
                "lines": [self.text(x, width - left - 14) for x in fact.lines],
                "whole": sum(text_width(x, BODY) // (width - left) + 1 for x in fact.lines) <= WHOLE_FACT,
            }
            for fact in facts
        ]
        return {"left": round(left, 2), "rows": rows}

    def _figure(self, n: int, figure: Figure, width: float, height: float) -> dict[str, Any]:
        wide, high = size_of(figure.svg)
        scale = _scale(wide, high, width, height)
        if not figure.large:  # a chart that takes more than half of a page leaves white ones
            scale = min(scale, max(CHART_SHARE * height / high, READABLE))
        name = f"figure-{n}.svg"
        self.pictures[name], replaced = printable(figure.svg)
        self.replaced += replaced
        caption = say("pdf.figure", self.document.lang, n=n, caption=figure.caption)
        return {
            "file": name,
            "width": round(wide * scale, 2),
            "alt": self.plain(figure.alt or figure.caption) or caption,
            "caption": self.text(caption, width, 9),
        }

    def _table(self, n: int, table: Table, width: float, height: float) -> dict[str, Any]:
        found = widths(table, width)
        caption = say("pdf.table", self.document.lang, n=n, caption=table.caption)
        heads = zip(table.columns, found.columns, strict=True)
        return {
            "caption": self.text(caption, width, 9),
            "label": self._named(table.id),
            "short": table.short and _height(table, found) < height * 0.8,
            "size": found.size,
            "widths": [round(x, 2) for x in found.columns],
            "heads": [
                {"text": self.text(c.text, w - PADDING, found.size * 1.07), "kind": c.kind} for c, w in heads
            ],
            "groups": [
                {"title": self.text(group.title, width), "rows": [self._row(r, table, found, height) for r in group.rows]}
                for group in table.groups
                if group.rows
            ],
        }  # fmt: skip

    def _row(self, row: Row, table: Table, found: Widths, height: float) -> dict[str, Any]:
        cells = [self._cell(cell, w, found.size) for cell, w in zip(row.cells, found.columns, strict=True)]
        lines = max(
            (lines_of(cell, w, found.size) for cell, w in zip(row.cells, found.columns, strict=True)), default=1
        )
        return {"cells": cells, "whole": lines * found.size * 1.4 < height * 0.4}

    def _cell(self, cell: Cell, width: float, size: float) -> dict[str, Any]:
        inner = width - PADDING
        made: dict[str, Any] = {"text": self.text(cell.text, inner, size * 1.07)}
        if cell.sub:
            made["sub"] = self.text(cell.sub, inner, size * SUB)
        if cell.tone:
            made["tone"] = cell.tone
        if cell.link in self.places:
            made["link"] = self.places[cell.link]
        if cell.lang:
            made["lang"] = tag_of(cell.lang)
        return made


def tag_of(lang: str) -> str:
    """A language as the file names it; empty for what is none.

    Examples
    --------
    >>> tag_of("zh"), tag_of("de"), tag_of("no language")
    ('zh-CN', 'de', '')
    """
    return TAG.get(lang, lang if re.fullmatch("[a-z]{2,3}(-[A-Z]{2})?", lang) else "")


def breakable(text: str, size: float, width: float) -> str:
    """The text with :data:`BREAK` in words that are wider than ``width``: after signs, and between letters where that is not enough.

    Examples
    --------
    >>> breakable("see case_of_the_customer now", 10, 60).split(BREAK)
    ['see case_', 'of_', 'the_', 'customer now']
    """
    if 1.4 * size * len(text) <= width:
        return text
    return " ".join(_cut(word, size, width) for word in text.split(" "))


def _cut(word: str, size: float, width: float) -> str:
    if text_width(word, size) <= 0.96 * width or len(wrap(word, size, width)) == 1:
        return word
    parts = BREAK_AFTER.split(word)
    return BREAK.join(part if text_width(part, size) <= 0.96 * width else _letters(part) for part in parts)


def _letters(word: str) -> str:
    """Breaks between all letters, but none in Chinese text, which breaks by itself."""
    return re.sub(r"(?<=[^\u2e80-\uffff])(?=[^\u2e80-\uffff])", BREAK, word)


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of a picture in points.

    Examples
    --------
    >>> size_of('<svg width="400" height="200" viewBox="0 0 400 200"/>'), size_of('<svg width="30pt" height="20pt"/>')
    ((300.0, 150.0), (30.0, 20.0))
    """
    head = svg[: svg.find(">") + 1]
    sizes = [re.search(rf'\b{name}="([\d.]+)(pt|px|)"', head) for name in ("width", "height")]
    if all(sizes):
        wide, high = (float(m[1]) * (1.0 if m[2] == "pt" else 0.75) for m in sizes if m)
        return max(wide, 1.0), max(high, 1.0)
    box = re.search(r'viewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)"', head)
    return (float(box[1]) * 0.75, float(box[2]) * 0.75) if box else (UPRIGHT[0], UPRIGHT[0] / 2)


def _scale(wide: float, high: float, width: float, height: float) -> float:
    return min(1.0, width / wide, FIGURE_SHARE * height / high)


def _needs_turning(figure: Figure) -> bool:
    upright, across = (_scale(*size_of(figure.svg), *page) for page in (UPRIGHT, ACROSS))
    return upright < READABLE and across >= TURNED_GAIN * upright


def _height(table: Table, found: Widths) -> float:
    rows = [row for group in table.groups for row in group.rows]
    lines = (max(lines_of(c, w, found.size) for c, w in zip(row.cells, found.columns, strict=True)) for row in rows)
    return sum(n * found.size * 1.35 + 7 for n in lines)
