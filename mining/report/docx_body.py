"""The parts of the DOCX report as WordprocessingML: cover, contents, headings, figures, captions."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from mining.pictures.svg import png_of, text_width
from mining.report.document import Document, Figure, Placed, Section
from mining.report.docx_styles import BADGES
from mining.report.docx_tables import SIZE, column_widths, facts_xml, table_xml
from mining.report.docx_xml import Ink, begin_field, end_field, field_of, paragraph_with, quoted
from mining.report.table import Table
from mining.report.widths import lines_of
from mining.texts import say

DPI = 200
EMU = 635  # in a twentieth of a point
CM = 567
WIDEST, WIDEST_ACROSS = 16 * CM, 24 * CM
HIGHEST = 0.93  # of the height that is left to a picture
CAPTION, HEADING, LINE, BETWEEN, TEXT_SIZE = 700, 1000, 290, 160, 10  # heights; the size in points
MOST_ABOVE = 3500
LARGEST = 1.1  # times its size on a screen, or letters look like headings
PIXEL, POINT = 15, 20
MOST_COLUMNS, MANY_COLUMNS, MANY_LINES, MANY_ROWS = 8, 6, 6, 3
LISTED_LEVELS = 2
_SIDE = r'<svg\b[^>]*?\s{}="([\d.]+)(px|pt|)"'
_BOX = re.compile(r'<svg\b[^>]*?\bviewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)"')


def lies_across(section: Section) -> bool:
    """Whether a section is printed across: told so, or with a table that an upright page would make a pillar of words."""
    return section.wide or any(len(one.columns) > MOST_COLUMNS or _crowded(one) for one in section.tables if one)


def _crowded(table: Table) -> bool:
    """Whether the rows of a table of many columns take many lines on an upright page."""
    if len(table.columns) < MANY_COLUMNS:
        return False
    columns = [width / 20 for width in column_widths(table, WIDEST)]
    rows = [row for group in table.groups for row in group.rows]
    if len(rows) <= MANY_ROWS:
        return False
    lines = [max(lines_of(*each, SIZE) for each in zip(row.cells, columns, strict=True)) for row in rows]
    return sum(lines) > MANY_LINES * len(rows)


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of a picture on a screen, in twentieths of a point.

    Examples
    --------
    >>> size_of('<svg width="100" height="50">'), size_of('<svg width="100pt" height="50pt">')
    ((1500.0, 750.0), (2000.0, 1000.0))
    """
    sides = [re.search(_SIDE.format(side), svg) for side in ("width", "height")]
    if all(sides):
        width, height = (float(x[1]) * (POINT if x[2] == "pt" else PIXEL) for x in sides if x)
        return width, height
    box = _BOX.search(svg)
    return (float(box[1]) * PIXEL, float(box[2]) * PIXEL) if box else (float(WIDEST), WIDEST * 0.6)


class Body:
    """Writes the blocks of a document.

    Parameters
    ----------
    document : Document
    ink : Ink
    part : docx part
        Takes the pictures.
    numbered : set of str
        Heading styles that would number themselves.
    """

    def __init__(self, document: Document, ink: Ink, part: Any, numbered: set[str]) -> None:
        self.document, self.ink, self.part, self.numbered = document, ink, part, numbered
        self.pictures = 0
        self.placed = document.placed()
        self._name_places()

    def _name_places(self) -> None:
        """A bookmark for each section and table that something can lead to; a section goes before a table of its name."""
        for i, place in enumerate(self.placed, 1):
            if place.section.id and place.section.title:
                self.ink.places.setdefault(place.section.id, f"section_{i}")
        for place in self.placed:
            for n, table in place.tables:
                if table.id:
                    self.ink.places.setdefault(table.id, f"table_{n}")

    def cover(self, room: int) -> Iterator[str]:
        """Warning, kind, name, facts."""
        document, ink = self.document, self.ink
        if document.warning:
            yield ink.paragraph("Warning", document.warning)
        yield ink.paragraph("Subtitle", document.kind)
        yield ink.paragraph("Title", document.name)
        if document.facts:
            yield facts_xml(document.facts, ink, room, cover=True)

    def contents(self) -> str:
        """The field of the contents, filled with the titles; the numbers of pages are known to who lays out the pages."""
        ink = self.ink
        lines = [ink.paragraph("TOC Heading", say("docx.contents", self.document.lang), "<w:pageBreakBefore/>")]
        code = begin_field(f'TOC \\o "1-{LISTED_LEVELS}" \\h \\z \\u')
        for i, place in enumerate(self.placed, 1):
            if place.section.title and place.level <= LISTED_LEVELS:
                style = f"toc {place.level}"
                words = [self.number(place), place.section.badge, place.section.title]
                text = ink.run(self.joined(words), style, lang=place.section.lang)
                link = f'<w:hyperlink w:anchor="_Toc{i:08d}" w:history="1">{text}</w:hyperlink>'
                lines.append(paragraph_with(ink.style(style), code, link))
                code = ""
        lines.append(paragraph_with(ink.style("Report Break"), code, end_field()))
        gallery = '<w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/>'
        told = f"<w:sdtPr><w:docPartObj>{gallery}</w:docPartObj></w:sdtPr>"
        return f"<w:sdt>{told}<w:sdtContent>{''.join(lines)}</w:sdtContent></w:sdt>"

    def number(self, place: Placed) -> str:
        """As it is printed: an appendix is called one."""
        if place.section.appendix and place.level == 1:
            return say("page.appendix", self.document.lang, letter=place.number)
        return place.number

    def joined(self, words: Sequence[str]) -> str:
        """Number, badge and title; a Chinese number ends in a mark of its own."""
        number, *rest = words
        gap = "" if number.endswith(("、", "）")) else "  "
        return gap.join(filter(None, [number, "  ".join(filter(None, rest))]))

    def heading(self, i: int, place: Placed, fresh: bool) -> str:
        """Heading of the section at place ``i``, with the bookmarks that contents and links lead to."""
        section, ink = place.section, self.ink
        style = f"heading {min(place.level, 4)}"
        off = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>' if style in self.numbered else ""
        number = self.number(place)
        before = self.joined([number, "\u200b"]).removesuffix("\u200b") if number else ""
        content = ink.run(before, style)
        if section.badge:
            content += ink.run(f"\u00a0{section.badge}\u00a0", style, BADGES.get(section.tone, BADGES["quiet"]))
            content += ink.run("  ", style)
        content += ink.run(section.title, style, lang=section.lang)
        names = [f"_Toc{i:08d}"] if place.level <= LISTED_LEVELS else []
        names += [ink.places[section.id]] if ink.places.get(section.id) == f"section_{i}" else []
        properties = ink.style(style) + ("<w:pageBreakBefore/>" if fresh else "") + off
        return paragraph_with(properties, ink.bookmarked(names, content))

    def content(self, place: Placed, room: tuple[int, int]) -> Iterator[str]:
        """What stands below a heading; each table closes with its own paragraph of no height where another follows."""
        section, ink = place.section, self.ink
        if section.facts:
            yield facts_xml(section.facts, ink, room[0], lang=section.lang)
        style = "List Bullet" if section.listed else "Body Text"
        for text in section.said:
            yield ink.paragraph(style, text, lang=section.lang)
        above = self._height_above(place, room[0])
        for n, figure in place.figures:
            yield self.figure(figure, (room[0], room[1] - above), lies_across(section))
            yield self.caption("figure", n, figure.caption)
            above = CAPTION
        for n, table in place.tables:
            yield self.caption("table", n, table.caption, self._table_place(n, table))
            yield table_xml(table, ink, room[0])

    def _height_above(self, place: Placed, width: int) -> int:
        """About how much of a page the first picture leaves to the text before it and to its caption.

        Only where the section begins a page: elsewhere nobody but who lays out the pages knows.
        """
        section = place.section
        if not (section.fresh or lies_across(section)) or section.facts:
            return CAPTION
        lines = sum(ceil(20 * text_width(text, TEXT_SIZE) / width) * LINE + BETWEEN for text in section.said)
        return CAPTION + min(HEADING + lines, MOST_ABOVE)

    def _table_place(self, n: int, table: Table) -> str:
        place = f"table_{n}"
        return place if self.ink.places.get(table.id) == place else ""

    def caption(self, kind: str, n: int, text: str, place: str = "") -> str:
        """A caption whose number is a field with our number in it."""
        lang = self.document.lang
        word = say(f"docx.{kind}", lang)
        ink, style = self.ink, "caption"
        counted = field_of(f"SEQ {word} \\* ARABIC", ink.run(str(n), style))
        label = ink.bookmarked([place] if place else [], ink.run(f"{word} ", style) + counted)
        stays = "<w:keepNext/>" if kind == "table" else ""
        stop = ink.run(say("docx.caption.stop", lang), style) if text else ""
        return paragraph_with(ink.style(style) + stays, label, stop, ink.run(text, style))

    def figure(self, figure: Figure, room: tuple[int, int], across: bool) -> str:
        """The picture as PNG in a paragraph that stays with its caption."""
        wide, high = size_of(figure.svg)
        factor = min(min(WIDEST_ACROSS if across else WIDEST, room[0]) / wide, HIGHEST * room[1] / high, LARGEST)
        width, height = round(wide * factor), round(high * factor)
        id, _ = self.part.get_or_add_image(io.BytesIO(png_of(figure.svg, max(round(width / 1440 * DPI), 1))))
        self.pictures += 1
        alt = quoted(figure.alt or figure.caption)
        extent = f'cx="{width * EMU}" cy="{height * EMU}"'
        named = f'id="{self.pictures}" name="Picture {self.pictures}" descr="{alt}"'
        drawing = (
            f'<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {extent}/><wp:docPr {named}/>'
            '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
            '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
            f"<pic:nvPicPr><pic:cNvPr {named}/><pic:cNvPicPr/></pic:nvPicPr>"
            f'<pic:blipFill><a:blip r:embed="{id}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
            "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
        )
        return paragraph_with(self.ink.style("Report Figure"), f"<w:r>{drawing}</w:r>")
