"""Parts of a slide: runs with their language and fonts, boxes of text, native tables, pictures with what they show in words."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Pt

from mining.pictures.svg import clean, png_of
from mining.report.document import Figure
from mining.report.pptx_fit import BETWEEN, Fitted, FittedTable, below, line_height
from mining.report.table import Cell, Row, Table

TAG = {"en": "en-US", "zh": "zh-CN"}
INK, MUTED, ACCENT, SOFT, WHITE = "1E293B", "475569", "1F3A5F", "F1F5F9", "FFFFFF"
TONES = {"good": "166534", "bad": "B91C1C", "quiet": "64748B", "H": "7F2704", "M": "B45309", "L": "B9895A"}
LATIN, CHINESE = "Arial", "Microsoft YaHei"
NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
SIDES = {"number": PP_ALIGN.RIGHT, "mark": PP_ALIGN.CENTER}
PIXELS = 3.2  # per point: 230 to the inch


@dataclass(frozen=True)
class Box:
    """A place on a slide, in points."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Look:
    """Fonts of a file; an empty ``latin`` leaves those of the template."""

    lang: str
    latin: str = LATIN
    chinese: str = CHINESE

    def run(
        self, paragraph: Any, text: str, size: float, colour: str = INK, *, bold: bool = False, lang: str = ""
    ) -> None:
        """Text with size, colour, language and fonts."""
        run = paragraph.add_run()
        run.text = clean(text)
        font = run.font
        font.size, font.bold = Pt(size), bold
        font.color.rgb = RGBColor.from_string(colour)
        properties = run._r.get_or_add_rPr()
        properties.set("lang", TAG.get(lang or self.lang, lang or self.lang))
        properties.set("altLang", "zh-CN" if self.lang == "en" else "en-US")
        if self.latin:
            font.name = self.latin
        for name in ("a:ea", "a:cs"):
            element = properties.find(qn(name))
            if element is None:
                element = properties.makeelement(qn(name), {})
                properties.append(element)
            element.set("typeface", self.chinese if name == "a:ea" else self.latin or "+mn-cs")

    def paragraphs(self, frame: Any, text: Fitted, colour: str = INK, *, bold: bool = False) -> None:
        """Fill a frame of text."""
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for i, line in enumerate(text.lines):
            paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
            paragraph.space_before = Pt(0 if i == 0 else text.size * BETWEEN * line_height(text.lines))
            self.run(paragraph, line, text.size, colour, bold=bold)


def place(shape: Any, box: Box) -> None:
    """Move a shape into a box."""
    shape.left, shape.top, shape.width, shape.height = Pt(box.x), Pt(box.y), Pt(box.width), Pt(box.height)


def text_box(slide: Any, box: Box, text: Fitted, look: Look, colour: str = INK) -> None:
    """A box of paragraphs."""
    shape = slide.shapes.add_textbox(Pt(box.x), Pt(box.y), Pt(box.width), Pt(box.height))
    look.paragraphs(shape.text_frame, text, colour)


def bar(slide: Any, box: Box, tone: str) -> None:
    """The line below a title, in the colour of its tone."""
    shape = slide.shapes.add_shape(1, Pt(box.x), Pt(box.y), Pt(box.width), Pt(box.height))
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor.from_string(TONES.get(tone, ACCENT))
    shape.line.fill.background()
    shape._element.remove(shape._element.find(qn("p:style")))  # its shadow
    _decorative(shape)


def _decorative(shape: Any) -> None:
    """Say that a shape means nothing, for who listens to the slide."""
    properties = shape._element.nvSpPr.cNvPr
    uri, name = "{C183D7F6-B498-43B3-948B-1728B52AA6E4}", "http://schemas.microsoft.com/office/drawing/2017/decorative"
    extensions = properties.makeelement(qn("a:extLst"), {})
    extension = extensions.makeelement(qn("a:ext"), {"uri": uri})
    extension.append(extension.makeelement(f"{{{name}}}decorative", {"val": "1"}, nsmap={"adec": name}))
    extensions.append(extension)
    properties.append(extensions)


def picture(slide: Any, box: Box, figure: Figure, ratio: float) -> None:
    """A picture as large as its box allows, with what it shows in words. ``ratio`` is width over height."""
    width = min(box.width, box.height * ratio)
    height = width / ratio
    data = io.BytesIO(png_of(figure.svg, round(width * PIXELS)))
    x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
    shape = slide.shapes.add_picture(data, Pt(x), Pt(y), Pt(width), Pt(height))
    shape._element.nvPicPr.cNvPr.set("descr", clean(figure.alt or figure.caption))
    shape.name = clean(figure.caption)[:80] or "Picture"


def native_table(slide: Any, box: Box, table: Table, found: FittedTable, look: Look) -> None:
    """A table of the program that shows the slides."""
    n = len(table.columns)
    frame = slide.shapes.add_table(
        len(found.rows) + 1, n, Pt(box.x), Pt(box.y), Pt(sum(found.columns)), Pt(sum(found.heights))
    )
    frame.name = clean(table.caption)[:80] or "Table"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(table.caption))
    made = frame.table
    made.first_row, made.first_col, made.horz_banding = True, True, False
    made._tbl.tblPr.find(qn("a:tableStyleId")).text = NO_STYLE
    for column, width in zip(made.columns, found.columns, strict=True):
        column.width = Pt(width)
    for row, height in zip(made.rows, found.heights, strict=True):
        row.height = Pt(height)
    for i, head in enumerate(table.columns):
        _fill(made.cell(0, i), Cell(head.text), head.kind, found.size, look, ground=ACCENT, ink=WHITE)
    for y, row in enumerate(found.rows, 1):
        if isinstance(row, str):
            made.cell(y, 0).merge(made.cell(y, n - 1))
            _fill(made.cell(y, 0), Cell(row), "text", found.size, look, ground="E2E8F0", ink=ACCENT)
        else:
            _fill_row(made, y, row, table, found, look)


def _fill_row(made: Any, y: int, row: Row, table: Table, found: FittedTable, look: Look) -> None:
    for x, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
        _fill(made.cell(y, x), cell, column.kind, found.size, look, ground=SOFT if y % 2 == 0 else WHITE)


def _fill(into: Any, cell: Cell, kind: str, size: float, look: Look, *, ground: str, ink: str = "") -> None:
    into.margin_left = into.margin_right = Pt(4)
    into.margin_top = into.margin_bottom = Pt(3)
    into.vertical_anchor = MSO_ANCHOR.BOTTOM if ink == WHITE else MSO_ANCHOR.TOP
    into.fill.solid()
    into.fill.fore_color.rgb = RGBColor.from_string(ground)
    frame = into.text_frame
    frame.word_wrap = True
    paragraph = frame.paragraphs[0]
    paragraph.alignment = SIDES.get(kind, PP_ALIGN.LEFT)
    colour = ink or TONES.get(cell.tone, INK)
    look.run(paragraph, cell.text, size, colour, bold=bool(ink or cell.tone not in ("", "quiet")), lang=cell.lang)
    if cell.sub:
        paragraph = frame.add_paragraph()
        paragraph.alignment = SIDES.get(kind, PP_ALIGN.LEFT)
        look.run(paragraph, cell.sub, below(size), MUTED, lang=cell.lang)


def field_number(slide: Any, box: Box, look: Look) -> None:
    """The number of the slide, counted by the program that shows it."""
    shape = slide.shapes.add_textbox(Pt(box.x), Pt(box.y), Pt(box.width), Pt(box.height))
    look.paragraphs(shape.text_frame, Fitted((), 10, 0))
    paragraph = shape.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT
    look.run(paragraph, "‹#›", 10, MUTED)
    run = paragraph.runs[0]._r
    field = run.makeelement(qn("a:fld"), {"id": "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", "type": "slidenum"})
    for child in list(run):
        field.append(child)
    run.getparent().replace(run, field)
    shape.name = "Slide number"
