"""How a sheet becomes a page of a workbook: looks, cells that hold text and numbers only, print setup."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from mining.conformance.verdicts import VERDICTS
from mining.report.formats import Writer
from mining.report.sheets import WIDTHS, As, Sheet, name_of

MOST_ROWS = 1_048_576  # of a sheet, the heading included
LONGEST = 32_767  # UTF-16 units of a cell: what Excel counts
EXACT = 2**53  # whole numbers above are not all the numbers that they look like
FIRST_DAY = datetime(1900, 1, 1)  # Excel knows no earlier one
CREATED = datetime(2000, 1, 1, tzinfo=UTC)  # fixed, so that the file depends on its content alone
VERDICT_FILLS = ("#e2f0d9", "#f8cbad", "#fff2cc", "#ddebf7", "#f2f2f2", "#d9d9d9")
SHARES = {
    "en": "[=0]0 %;[<0.01]0.00 %;0.0 %",
    "zh": "[=0]0%;[<0.01]0.00%;0.0%",
}  # two decimals below 1 %, as in the report
NUMBER_FORMATS = {
    "count": "#,##0",
    "number": "#,##0.0",
    "measure": "#,##0.0##",
    "time": "yyyy-mm-dd hh:mm:ss",
    "date": "yyyy-mm-dd",
}
PAGE_WIDTH = 200  # characters across a printed page that can still be read
FONT = "Arial"  # there everywhere, or one of the same widths
LINE, HIGHEST = 12.5, 400.0  # points: a line, and the highest row that a workbook knows, nearly
WIDE = re.compile("[\u1100-\u115f\u2e80-\uffdc\U00020000-\U0003ffff]")  # characters twice as wide as a letter
FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
WORDY = ("text", "long", "hash", "verdict")
WRAPPED = ("text", "long", "filled")
KEY_ROW = 0  # of a sheet that people fill in: the names by which it is read back, hidden


def new_book(path: str | Path, title: str) -> Workbook:
    """A workbook in which no text can become a formula, a link or a number.

    The caller closes it.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": title, "created": CREATED.replace(tzinfo=None)})
    return book


def looks_of(book: Workbook, w: Writer) -> dict[str, Format]:
    """Formats by kind of cell; verdict words have their own, and so has text that a spreadsheet could take for a formula."""
    base = {"font_name": FONT, "font_size": 9, "valign": "top"}
    kinds: dict[str, dict[str, Any]] = {kind: {"num_format": form} for kind, form in NUMBER_FORMATS.items()}
    kinds |= {"share": {"num_format": SHARES[w.lang]}, "text": {"text_wrap": True}, "long": {"text_wrap": True}}
    kinds |= {"verdict": {}, "hash": {"font_size": 7}}
    looks = {kind: book.add_format(base | look) for kind, look in kinds.items()}
    looks |= {f"quoted {kind}": book.add_format(base | kinds[kind] | {"quote_prefix": True}) for kind in WORDY}
    filled = {"bg_color": "#fffbe6", "border": 1, "border_color": "#cbd5e1", "text_wrap": True}
    looks["filled"] = book.add_format(base | filled)
    looks["quoted filled"] = book.add_format(base | filled | {"quote_prefix": True})
    looks["head"] = book.add_format(
        base | {"bold": True, "text_wrap": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "border": 1}
    )
    looks["strong"] = book.add_format(base | {"bold": True, "text_wrap": True})
    looks |= {
        w.say(f"verdict.{word}"): book.add_format(base | {"bg_color": fill})
        for word, fill in zip(VERDICTS, VERDICT_FILLS, strict=True)
    }
    return looks


def new_page(book: Workbook, name: str, widths: Sequence[int], w: Writer) -> Worksheet:
    """A page that prints across A4, as wide as can be read, with the name of the sheet and the page below."""
    page = book.add_worksheet(name)
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.fit_to_pages(max(1, math.ceil(sum(widths) / PAGE_WIDTH)), 0)
    page.set_footer(f"&L&8{w.say('xlsx.title')} - {name}&R&8&P / &N")
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    return page


def write_sheet(book: Workbook, sheet: Sheet, looks: dict[str, Format], w: Writer) -> None:
    """Write a sheet: headings that stay, a filter, every value as what it is, and room for people where they are to write."""
    page = new_page(book, name_of(sheet.key, w), [WIDTHS[head.kind] for head in sheet.heads], w)
    top = 0
    if sheet.filled:
        top = KEY_ROW + 1
        page.set_row(KEY_ROW, None, None, {"hidden": True})
        for column, head in enumerate(sheet.heads):
            page.write_string(KEY_ROW, column, f"{sheet.key}.{head.key}", looks["text"])
        page.set_tab_color("#f2c744")
    widths = [WIDTHS[head.kind] for head in sheet.heads]
    texts = [_text(head.text) for head in sheet.heads]
    page.set_row(top, 2 + LINE * max(_lines(text, 0.8 * width) for text, width in zip(texts, widths, strict=True)))
    for column, text in enumerate(texts):
        page.write_string(top, column, text, looks["head"])
    last = top + rows_held(sheet)
    page.freeze_panes(top + 1, 1)
    page.repeat_rows(top)
    if len(sheet.heads) > 1 and page.fit_width > 1:
        page.repeat_columns(0)
    page.autofilter(top, 0, last, len(sheet.heads) - 1)
    kinds = ["filled" if head.filled else head.kind for head in sheet.heads]
    wrapped = [(k, widths[k]) for k, kind in enumerate(kinds) if kind in WRAPPED]
    for number, row in zip(range(top + 1, last + 1), sheet.rows, strict=False):
        _raise(page, number, row, wrapped)
        for column, value in enumerate(row):
            write_cell(page, number, column, value, kinds[column], looks)
    _restrict(page, sheet, top + 1, last)


def _raise(page: Worksheet, number: int, row: Sequence[Any], wrapped: Sequence[tuple[int, int]]) -> None:
    """Give a row the height that its texts need: not every spreadsheet finds it by itself. A row of one line is left to it."""
    lines = max((_lines(row[k], width) for k, width in wrapped if isinstance(row[k], str)), default=1)
    if lines > 1:
        page.set_row(number, min(2 + LINE * lines, HIGHEST))


def _lines(text: str, width: float) -> int:
    r"""Lines that a text takes in a column so many letters wide.

    Examples
    --------
    >>> [_lines(x, 10) for x in ("ten chars.", "eleven char", "六个汉字在此", "a\nb", "")]
    [1, 2, 2, 2, 1]
    """
    if 2 * len(text) <= width and "\n" not in text:
        return 1
    parts = text.split("\n") if "\n" in text else (text,)
    return sum(max(1, math.ceil((len(part) + len(WIDE.findall(part))) / width)) for part in parts)


def rows_held(sheet: Sheet) -> int:
    """Rows that fit on the sheet below its headings."""
    return min(sheet.n_rows, MOST_ROWS - (2 if sheet.filled else 1))


def _restrict(page: Worksheet, sheet: Sheet, first: int, last: int) -> None:
    """Offer the words of a column that has such; others are refused."""
    for column, head in enumerate(sheet.heads):
        if head.choices and first <= last:
            page.data_validation(first, column, last, column, {"validate": "list", "source": list(head.choices)})


def write_cell(page: Worksheet, row: int, column: int, value: Any, kind: str, looks: dict[str, Format]) -> None:
    """Write a value as what it is; what is missing stays blank, and text is always text."""
    if isinstance(value, As):
        value, kind = value.value, value.kind
    if value is None or value != value:
        if kind == "filled":
            page.write_blank(row, column, None, looks["filled"])
    elif isinstance(value, str):
        _write_text(page, row, column, value, kind, looks)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, looks["text"])
    elif isinstance(value, datetime):
        if value >= FIRST_DAY:
            page.write_datetime(row, column, value, looks["time"])
        else:
            page.write_string(row, column, value.isoformat(" "), looks["text"])
    elif isinstance(value, date):
        if value >= FIRST_DAY.date():
            page.write_datetime(row, column, value, looks["date"])
        else:
            page.write_string(row, column, value.isoformat(), looks["text"])
    elif abs(value) > EXACT:  # infinite, or more digits than a cell keeps
        page.write_string(row, column, str(value), looks["text"])
    else:
        page.write_number(row, column, value, looks[kind])


def _write_text(page: Worksheet, row: int, column: int, value: str, kind: str, looks: dict[str, Format]) -> None:
    text = _text(value)
    look = looks.get(text) if kind == "verdict" else None
    kind = kind if kind in (*WORDY, "filled") else "text"
    page.write_string(row, column, text, look or looks[f"quoted {kind}" if FORMULA.match(text) else kind])


def _text(value: str) -> str:
    """The text as a cell can hold it: only what XML forbids is replaced and what is too long is cut; it is evidence."""
    text = FORBIDDEN.sub("\ufffd", value)
    if 2 * len(text) <= LONGEST or len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text
    return text.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def write_pairs(
    book: Workbook,
    name: str,
    heads: tuple[str, str],
    rows: Sequence[tuple[str, str]],
    looks: dict[str, Format],
    w: Writer,
) -> None:
    """Write a page of labels and sentences."""
    page = new_page(book, name, (34, 100), w)
    for column, head in enumerate(heads):
        page.write_string(0, column, head, looks["head"])
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    for row, (label, text) in enumerate(rows, 1):
        _raise(page, row, (label, text), ((0, 30), (1, 100)))
        page.write_string(row, 0, _text(label), looks["strong"])
        write_cell(page, row, 1, text, "long", looks)
