"""How wide the columns of a printed table are, and how small its letters: measured, never guessed by a program that prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from mining.pictures.svg import text_width, widest
from mining.report.table import Cell, Table

SUB = 0.86  # size of the second line of a cell
PADDING = 8.0  # left and right of the text, in points
SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
LONGEST_WORD = 11.0  # ems: longer words may be cut
WHOLE = 13.0  # ems: numbers and dates up to here stay on a line
BADGE = 1.4  # ems around the word of a badge
SHORT_HEAD = 4.3  # ems: headings up to here stay on a line where there is room
ROOMY = 0.75  # of the width at most for the longest words, where smaller letters leave long texts more room
STILL_LARGE = 7.5  # points: no smaller for that
HEADED = 1.4  # times the longest text a heading may widen a column before it is wrapped
WIDENED = 1.5  # times its natural width a column of text is at most


@dataclass(frozen=True)
class Widths:
    """Widths of the columns in points, for letters of ``size`` points.

    Attributes
    ----------
    size : float
    columns : tuple of float
        With :data:`PADDING`.
    fits : bool
        Every word of usual length stands on one line.
    """

    size: float
    columns: tuple[float, ...]
    fits: bool


def texts(cell: Cell) -> Iterator[tuple[str, float]]:
    """What stands in a cell, with its size in parts of the table's."""
    yield cell.text, 1.0
    if cell.sub:
        yield cell.sub, SUB


def widths(table: Table, available: float, sizes: Sequence[float] = SIZES) -> Widths:
    """Widths for a table within ``available`` points: as its content asks for, with the largest of the sizes that fits.

    Parameters
    ----------
    table : Table
    available : float
        Width of the page between the margins.
    sizes : sequence of float
        Falling.

    Examples
    --------
    >>> from mining.report.table import Row, table as table_of
    >>> small = table_of("t", "Steps", ["Step", "Cases"], [Row("a", (Cell("Confirm receipt"), Cell("1,894")))], "tn")
    >>> found = widths(small, 480)
    >>> found.size, found.fits, sum(found.columns) <= 480
    (9.0, True, True)
    """
    least, natural = _least_and_natural(table)
    n = len(table.columns)
    fitting = [s for s in sizes if s * sum(least) + n * PADDING <= available]
    roomy = [s for s in fitting if s >= STILL_LARGE and s * sum(least) + n * PADDING <= ROOMY * available]
    whole = [s for s in fitting if s >= STILL_LARGE and s * sum(natural) + n * PADDING <= available]
    size = (whole[:1] or roomy or [s for s in fitting if s >= STILL_LARGE][-1:] or fitting or sizes[-1:])[0]
    low, high = ([x * size + PADDING for x in xs] for xs in (least, natural))
    if sum(low) > available:
        return Widths(size, tuple(x * available / sum(low) for x in low), fits=False)
    growing = [column.kind == "text" for column in table.columns]
    if not any(growing):
        growing = [True] * n
    limits = [x * WIDENED if grows else x for x, grows in zip(high, growing, strict=True)]
    first = _filled(low, high, available)
    return Widths(size, tuple(_filled(first, [max(a, b) for a, b in zip(first, limits, strict=True)], available)), True)


def lines_of(cell: Cell, width: float, size: float) -> int:
    """About how many lines a cell takes in a column."""
    return sum(ceil(1.05 * text_width(text, size * part) / max(width - PADDING, 1)) for text, part in texts(cell))


def _least_and_natural(table: Table) -> tuple[list[float], list[float]]:
    """Per column, in ems: what the longest word asks for, and what the longest text asks for."""
    least, natural = [], []
    for i, column in enumerate(table.columns):
        head, word = text_width(column.text, 1.0, bold=True), widest(column.text, 1.0, bold=True)
        cells = [row.cells[i] for group in table.groups for row in group.rows]
        said = {(text, part) for cell in cells for text, part in texts(cell) if text}
        longest = max((_em(text) * part for text, part in said), default=0.0)
        longest_word = max((_word(text) * part for text, part in said), default=0.0)
        badges = {cell.text for cell in cells if cell.tone in ("H", "M", "L")}
        if badges:
            longest_word = max(longest_word, *(_em(text) + BADGE for text in badges))
            longest = max(longest, longest_word)
        if column.kind != "text" and longest <= WHOLE:
            longest_word = longest
        headed = min(head, max(HEADED * longest, head / 2 + 0.6, SHORT_HEAD))
        word = max(word, min(head, head / 3 + 0.6, SHORT_HEAD))  # Chinese words break anywhere: not into a pillar
        least.append(min(max(word, longest_word), WHOLE if column.kind != "text" else LONGEST_WORD) + 0.1)
        natural.append(max(least[-1], longest, headed) + 0.1)
    return least, natural


def _filled(low: Sequence[float], high: Sequence[float], available: float) -> list[float]:
    """Widths between two limits that share what is available by what they lack (its power 0.8: short texts a little more)."""
    found = list(low)
    for _ in range(len(found) + 1):
        open_ = [i for i, x in enumerate(found) if high[i] - x > 0.01]
        rest = available - sum(found)
        if not open_ or rest < 0.01:
            break
        weight = sum((high[i] - low[i]) ** 0.8 for i in open_)
        for i in open_:
            found[i] = min(high[i], found[i] + rest * (high[i] - low[i]) ** 0.8 / weight)
    return found


@lru_cache(maxsize=65536)
def _em(text: str) -> float:
    return text_width(text, 1.0)


@lru_cache(maxsize=65536)
def _word(text: str) -> float:
    return widest(text, 1.0)
