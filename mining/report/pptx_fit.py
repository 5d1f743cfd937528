"""How large text on a slide may be so that it stays in its box: measured beforehand, not left to the program that shows the slides."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mining.pictures.svg import text_width, wrap
from mining.report.table import Cell, Row, Table
from mining.report.widths import PADDING, SUB, Widths, widths

LINE, CJK_LINE = (
    1.22,
    1.46,
)  # height of a line over the size of its letters: Arial 1.15, Noto Sans SC 1.45, Microsoft YaHei 1.32
BETWEEN = 0.45  # of a line, between paragraphs
TABLE_SIZES = (13.0, 12.0, 11.0, 10.0)
SMALLEST = 10.0  # letters on a slide that a room can read
PART = 11.0  # letters at most of a table of which only a part is shown
ROW_PADDING = 7.0  # above and below the text of a row, in points
MOST_LINES = 4  # of a text in a cell
LONG_WORD = 24  # letters: a longer one may be cut
SAFE = 0.95  # of the width is counted on


@dataclass(frozen=True)
class Fitted:
    """Paragraphs that fit a box, in letters of ``size``, ``height`` points high."""

    lines: tuple[str, ...]
    size: float
    height: float


def line_height(texts: Sequence[str]) -> float:
    """Height of a line over the size of its letters; Chinese fonts are taller."""
    return CJK_LINE if any(map(is_tall, texts)) else LINE


def n_lines(text: str, size: float, width: float, *, bold: bool = False) -> int:
    """Lines that a text takes; Chinese text may lose a character a line, for no bracket opens at the end of one.

    Examples
    --------
    >>> n_lines("符合率（净口径）", 10, 43), n_lines("符合率", 10, 43)
    (3, 1)
    """
    lines = len(wrap(text, size, SAFE * width, bold=bold))
    if lines > 1 and is_tall(text):
        return len(wrap(text, size, max(SAFE * width - size, size), bold=bold))
    return lines


def is_tall(text: str) -> bool:
    """Whether a Chinese font will set some of it."""
    return not text.isascii() and any(unicodedata.east_asian_width(char) in "WF" for char in text)


def height_of(lines: Sequence[str], size: float, width: float, *, bold: bool = False) -> float:
    """Height of paragraphs in a box of a width, in points.

    Examples
    --------
    >>> height_of(["One line"], 10, 200)
    12.2
    """
    n = sum(n_lines(line, size, width, bold=bold) for line in lines)
    return round(size * line_height(lines) * (n + BETWEEN * max(len(lines) - 1, 0)), 3)


def fitted(lines: Sequence[str], sizes: Sequence[float], width: float, height: float, *, bold: bool = False) -> Fitted:
    """As many of the paragraphs as fit, all of them if they do in one of the sizes, which fall; at least one, shortened if need be.

    Examples
    --------
    >>> fitted(["One line", "another"], (20, 10), 200, 40).size
    10
    >>> fitted(["one two three four five six seven"], (10,), 60, 30).lines
    ('one two three four…',)
    """
    for size in sizes:
        if (needed := height_of(lines, size, width, bold=bold)) <= height:
            return Fitted(tuple(lines), size, needed)
    size, kept = sizes[-1], 1
    while kept < len(lines) and height_of(lines[: kept + 1], size, width, bold=bold) <= height:
        kept += 1
    some = list(lines[:kept])
    if kept == 1:
        some = [shortened(some[0], size, width, max(int(height / (size * line_height(some))), 1), bold=bold)]
    return Fitted(tuple(some), size, height_of(some, size, width, bold=bold))


def shortened(text: str, size: float, width: float, most: int, *, bold: bool = False) -> str:
    """The text in at most ``most`` lines; what is left out is marked by ``…``."""
    if n_lines(text, size, width, bold=bold) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if n_lines(text[:middle].rstrip() + "…", size, width, bold=bold) <= most:
            low = middle
        else:
            high = middle - 1
    blank = text.rfind(" ", max(low - LONG_WORD, 1), low + 1)
    return text[: blank if blank > 0 else low].rstrip() + "…"


@dataclass(frozen=True)
class FittedTable:
    """The first rows of a table that fit a box.

    Attributes
    ----------
    size : float
        Of its letters.
    columns, heights : tuple of float
        Widths, and heights of heading and rows, in points.
    rows : tuple of (Row or str)
        A text is a heading of rows.
    shown, n : int
        Rows shown, and rows there are.
    cut : bool
        A text was shortened.
    """

    size: float
    columns: tuple[float, ...]
    heights: tuple[float, ...]
    rows: tuple[Row | str, ...]
    shown: int
    n: int
    cut: bool


def fitted_table(table: Table, width: float, height: float) -> FittedTable:
    """The rows of a table that fit; in smaller letters if all of them do then, else in the largest up to 11 in which words fit."""
    n = sum(len(group.rows) for group in table.groups)
    tries = [_tried(table, width, height, n, size) for size in TABLE_SIZES]
    whole = [found for found, fits in tries if fits and found.shown == n]
    words = [found for found, fits in tries if fits and found.shown and found.size <= PART]
    some = [found for found, _ in tries if found.shown]
    return (whole or words[:1] or some[-1:] or [tries[-1][0]])[0]


def _tried(table: Table, width: float, height: float, n: int, size: float) -> tuple[FittedTable, bool]:
    found = widths(table, width, (size,))
    head = _row_height([(c.text, 1.0) for c in table.columns], found, bold=True)
    rows: list[Row | str] = []
    heights, shown, cut = [head], 0, False
    for group in table.groups:
        if not group.rows:
            continue
        title = [group.title] if group.title else []
        title_height = [_plain_height(text, sum(found.columns), size) for text in title]
        for i, row in enumerate(group.rows):
            kept, row_cut = _short_row(row, found)
            more = [*(title_height if i == 0 else []), _height_of_row(kept, found)]
            if sum(heights) + sum(more) > height:
                return FittedTable(size, found.columns, tuple(heights), tuple(rows), shown, n, cut), found.fits
            rows += [*(title if i == 0 else []), kept]
            heights += more
            shown, cut = shown + 1, cut or row_cut
    return FittedTable(size, found.columns, tuple(heights), tuple(rows), shown, n, cut), found.fits


def below(size: float) -> float:
    """Size of the second line of a cell.

    Examples
    --------
    >>> below(13.0), below(11.0)
    (11.18, 10.0)
    """
    return max(round(size * SUB, 2), SMALLEST)


def _short_row(row: Row, found: Widths) -> tuple[Row, bool]:
    cells = tuple(_short_cell(c, w - PADDING, found.size) for c, w in zip(row.cells, found.columns, strict=True))
    return Row(row.key, cells), any(a is not b for a, b in zip(cells, row.cells, strict=True))


def _short_cell(cell: Cell, width: float, size: float) -> Cell:
    text = shortened(cell.text, size, width, MOST_LINES, bold=bool(cell.tone))
    sub = shortened(cell.sub, below(size), width, MOST_LINES // 2) if cell.sub else ""
    if (text, sub) == (cell.text, cell.sub):
        return cell
    return Cell(text, sub, cell.data, cell.tone, cell.link, cell.lang)


def _height_of_row(row: Row, found: Widths) -> float:
    return max(
        (_cell_height(c, w - PADDING, found.size) for c, w in zip(row.cells, found.columns, strict=True)), default=0.0
    )


def _cell_height(cell: Cell, width: float, size: float) -> float:
    lines = n_lines(cell.text, size, width, bold=bool(cell.tone)) * size * line_height([cell.text])
    if cell.sub:
        lines += n_lines(cell.sub, below(size), width) * below(size) * line_height([cell.sub])
    return lines + ROW_PADDING


def _row_height(texts: Sequence[tuple[str, float]], found: Widths, *, bold: bool) -> float:
    size = found.size
    return max(
        n_lines(text, size, w - PADDING, bold=bold) * size * line_height([text]) + ROW_PADDING
        for (text, _), w in zip(texts, found.columns, strict=True)
    )


def _plain_height(text: str, width: float, size: float) -> float:
    return n_lines(text, size, width - PADDING, bold=True) * size * line_height([text]) + ROW_PADDING


def one_line(text: str, size: float, width: float) -> str:
    """The text cut to one line, with ``…`` where it was."""
    return text if text_width(text, size) <= SAFE * width else shortened(text, size, width, 1)
