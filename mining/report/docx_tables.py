"""Tables in WordprocessingML: columns as wide as their texts need, heads that repeat, rows that stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from mining.pictures.svg import text_width
from mining.report.document import Fact
from mining.report.docx_styles import FACTS_TABLE, REPORT_TABLE, TONES
from mining.report.docx_xml import Ink, paragraph_with, quoted, shown
from mining.report.table import Cell, Column, Group, Table
from mining.report.widths import widths

SIZE = 8.5  # points, of the style of ours
LABEL = 9.5
BESIDE = 220  # blank around a label, in twentieths of a point
RIGHT = ("number",)
MOST_LINES, MOST_LETTERS = 12, 1200  # of a fact that is not broken across pages


def column_widths(table: Table, room: int) -> list[int]:
    """Widths of the columns, which add up to ``room``: as the content asks for, what is left over to the columns of text.

    Parameters
    ----------
    table : Table
    room : int
        In twentieths of a point, as all widths here.

    Examples
    --------
    >>> from mining.report.table import Row, table
    >>> one = table("t", "", ["Finding", "n"], [Row("a", (Cell("No answer is recorded in the file"), Cell("5 / 2,000")))], "tn")
    >>> text, number = column_widths(one, 9000)
    >>> text + number, text > number
    (9000, True)
    """
    found = [20 * width for width in widths(table, room / 20, (SIZE,)).columns]
    growing = [width if column.kind == "text" else 0.0 for width, column in zip(found, table.columns, strict=True)]
    growing = growing if any(growing) else found
    more = (room - sum(found)) / sum(growing)
    ends = [round(x) for x in accumulate(width + more * grows for width, grows in zip(found, growing, strict=True))]
    ends[-1] = room
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def _frame(ink: Ink, style: str, columns: Sequence[int], caption: str, look: str) -> str:
    """What a table begins with."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in columns)
    named = f'<w:tblCaption w:val="{quoted(caption)}"/>' if caption else ""
    return (
        f'<w:tblPr><w:tblStyle w:val="{ink.ids[style]}"/><w:tblW w:w="{sum(columns)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f"{look}{named}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
    )


def _cell(width: int, content: str, properties: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{properties}</w:tcPr>{content}</w:tc>'


def table_xml(table: Table, ink: Ink, room: int) -> str:
    """A table without its caption.

    Parameters
    ----------
    table : Table
    ink : Ink
    room : int
        Width of the text on the page.
    """
    columns = column_widths(table, room)
    look = '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
    rows = [_head(table, ink, columns)]
    last = next(group for group in reversed(table.groups) if group.rows).rows[-1]
    for group in table.groups:
        if group.title and group.rows:
            rows.append(_group(group, ink, columns))
        for row in group.rows:
            stays = "<w:keepNext/>" if table.short and row is not last else ""
            cells = (_body_cell(*each, ink, stays) for each in zip(row.cells, table.columns, columns, strict=True))
            rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
    return f"<w:tbl>{_frame(ink, REPORT_TABLE, columns, table.caption, look)}{''.join(rows)}</w:tbl>"


def _head(table: Table, ink: Ink, columns: Sequence[int]) -> str:
    cells = []
    for column, width in zip(table.columns, columns, strict=True):
        style = "Table Head Number" if column.kind in RIGHT else "Table Head"
        cells.append(_cell(width, ink.paragraph(style, column.text), '<w:vAlign w:val="bottom"/>'))
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(cells)}</w:tr>"


def _group(group: Group, ink: Ink, columns: Sequence[int]) -> str:
    spans = f'<w:gridSpan w:val="{len(columns)}"/><w:shd w:val="clear" w:color="auto" w:fill="F1F5F9"/>'
    cell = _cell(sum(columns), ink.paragraph("Table Group", group.title), spans)
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cell}</w:tr>"


def _body_cell(cell: Cell, column: Column, width: int, ink: Ink, stays: str) -> str:
    right = " Number" if column.kind in RIGHT else ""
    style, note = f"Table {right.strip() or 'Text'}", f"Table Note{right}"
    tone = TONES.get(cell.tone, "")
    text = shown(cell.text)
    if cell.tone in ("H", "M", "L") and text:
        text = f"\u00a0{text}\u00a0"  # a little colour on both sides
    run = ink.run(text, style, tone or ("Hyperlink" if cell.link in ink.places else ""), cell.lang)
    content = paragraph_with(ink.style(style) + stays, ink.link(cell.link, run))
    if cell.sub:
        content += ink.paragraph(note, cell.sub, stays, cell.lang)
    return _cell(width, content)


def facts_xml(facts: Sequence[Fact], ink: Ink, room: int, *, cover: bool = False, lang: str = "") -> str:
    """Labels on the left, what they say on the right.

    Parameters
    ----------
    facts : sequence of Fact
    ink : Ink
    room : int
    cover : bool
        In the styles of the cover.
    lang : str
        Of what is said, where it is not that of the document.
    """
    name, value = ("Cover Label", "Cover Value") if cover else ("Fact Label", "Fact Value")
    longest = max((20 * text_width(shown(fact.label), LABEL, bold=True) for fact in facts), default=0)
    left = round(min(max(longest + BESIDE, room * 0.14), room * 0.28))
    look = '<w:tblLook w:val="0080" w:firstRow="0" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
    rows = []
    for fact in facts:
        said = "".join(ink.paragraph(value, line, lang=lang) for line in fact.lines) or ink.paragraph(value, "")
        short = len(fact.lines) <= MOST_LINES and sum(map(len, fact.lines)) <= MOST_LETTERS
        whole = "<w:trPr><w:cantSplit/></w:trPr>" if short else ""
        rows.append(f"<w:tr>{whole}{_cell(left, ink.paragraph(name, fact.label))}{_cell(room - left, said)}</w:tr>")
    return f"<w:tbl>{_frame(ink, FACTS_TABLE, [left, room - left], '', look)}{''.join(rows)}</w:tbl>"
