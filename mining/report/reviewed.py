"""What people fill in on the working papers: room for it on the sheets, and the way back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.errors import LogError, MiningError, hint
from mining.report.formats import Writer
from mining.report.sheets import Head, Sheet
from mining.sampling.review import JUDGED, RESULTS, result_in
from mining.sampling.sample import BLANK
from mining.texts import LANGUAGES, catalogue, say

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

Filled = Mapping[tuple[str, str], Mapping[str, str]]  # sheet and key -> column -> what was written
COLUMNS = ("sheet", "key", "column", "value", "page", "row")
MOST_SHOWN = 12  # mistakes in one message
HEAD_ROWS = 20  # the names are looked for in these: somebody may have put rows above
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # how a workbook writes characters that XML cannot
FEW = 2  # headings of columns that are filled in, by which a sheet is known whose hidden names were deleted
LONG = ("remark", "note")


@dataclass(frozen=True)
class Asked:
    """What is asked of people on a sheet.

    Attributes
    ----------
    sheet : str
    key : str
        The column that names a row, wherever it was sorted to.
    columns : tuple of str
        Where people write.
    choices : dict of str to tuple of str
        Codes that a column may hold; the sheet shows their words.
    """

    sheet: str
    key: str
    columns: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def word(self, column: str, code: str, w: Writer) -> str:
        """What stands in the sheet for a code; text that is none stays as it is."""
        return w.say(f"sheets.answer.{code}") if code in self.choices.get(column, ()) else code

    def code(self, column: str, text: str) -> str | None:
        """The code that a text means, in either language; None where it means none of them."""
        codes = self.choices.get(column)
        if codes is None:
            return text
        if codes == RESULTS:
            return _result(text)
        meant = {say(f"sheets.answer.{code}", lang).casefold(): code for code in codes for lang in LANGUAGES}
        return (meant | {code: code for code in codes}).get(text.casefold())


def _result(text: str) -> str | None:
    """The result of an inspection that a word means; None for a word that means none."""
    try:
        return result_in(text)
    except LogError:
        return None


FINDINGS = Asked("findings", "finding_id", ("reviewer", "agreed", "remark"), {"agreed": ("yes", "partly", "no")})
SAMPLE = Asked(
    "sample",
    "item",
    (*BLANK, "reviewer"),
    dict.fromkeys(JUDGED, RESULTS),
)
ASKED = {asked.sheet: asked for asked in (FINDINGS, SAMPLE)}


def filled_in(sheet: Sheet, asked: Asked, filled: Filled, w: Writer, *, last: int = 0) -> Sheet:
    """The sheet with the columns that people fill in, before the ``last`` ones of its own, holding what they wrote before."""
    place = next(k for k, head in enumerate(sheet.heads) if head.key == asked.key)
    heads = tuple(_head(asked, column, w) for column in asked.columns)
    at = len(sheet.heads) - last
    rows = [
        (*row[:at], *_written(asked, filled.get((asked.sheet, row[place]), {}), w), *row[at:]) for row in sheet.rows
    ]
    return Sheet(sheet.key, (*sheet.heads[:at], *heads, *sheet.heads[at:]), sheet.n_rows, rows, sheet.cut)


def _head(asked: Asked, column: str, w: Writer) -> Head:
    choices = tuple(asked.word(column, code, w) for code in asked.choices.get(column, ()))
    return Head(w.say(f"sheets.head.{column}"), "long" if column in LONG else "text", column, True, choices)


def _written(asked: Asked, values: Mapping[str, str], w: Writer) -> tuple[str | None, ...]:
    return tuple(asked.word(name, values[name], w) if values.get(name) else None for name in asked.columns)


# --- the way back ----------------------------------------------------------------------------------------------------


def read_reviewed(path: str | Path, *, known: Mapping[str, Collection[str]] | None = None) -> pd.DataFrame:
    """Read back what people filled in on the working papers.

    A sheet is found by the names in its hidden row, whatever its language and name; a row by its key, wherever it was sorted to.

    Parameters
    ----------
    path : str or Path
        The workbook, as a spreadsheet saved it.
    known : dict of str to collection of str, optional
        Keys that there are, by sheet (``findings``: ids of the findings; ``sample``: items). Others are then refused.

    Returns
    -------
    DataFrame
        One row per cell that is not blank: ``sheet``, ``key``, ``column`` and ``value`` (codes as ``yes``, other text as it was written),
        with ``page`` (the name of the sheet) and ``row`` as the spreadsheet counts them.

    Raises
    ------
    MiningError
        If the file is no workbook of this package, or a row has no key, an unknown one, or one that another row fills in otherwise; if a
        cell holds a formula, or a word that its column does not have. All such places are named.

    Examples
    --------
    >>> from mining.report import write_workpapers
    >>> write_workpapers(study, examples / "papers.xlsx")
    >>> len(read_reviewed(examples / "papers.xlsx"))
    0
    """
    book = _opened(Path(path))
    try:
        pages = [(page, found) for page in book.worksheets if (found := _names(page)) is not None]
        if not pages:
            raise MiningError(
                f"{path}: none of its sheets ({', '.join(book.sheetnames[:8])}) is one of the working papers that people fill in. They "
                "carry names in a hidden first row; was it deleted, or is it another file?"
            )
        cells: list[tuple[Any, ...]] = []
        mistakes: list[str] = []
        for page, (asked, names, below) in pages:
            for cell in _cells(page, asked, names, below, (known or {}).get(asked.sheet)):
                if isinstance(cell, str):
                    mistakes.append(cell)
                else:
                    cells.append(cell)
    finally:
        book.close()
    frame = pd.DataFrame(cells, columns=list(COLUMNS), dtype=object)
    mistakes += _contradictions(frame)
    if mistakes:
        more = f"\n  and {len(mistakes) - MOST_SHOWN} more" if len(mistakes) > MOST_SHOWN else ""
        raise MiningError(f"{path} cannot be read back:\n  " + "\n  ".join(map(str, mistakes[:MOST_SHOWN])) + more)
    return frame.drop_duplicates(["sheet", "key", "column"], ignore_index=True)


def _opened(path: Path) -> Workbook:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(path, read_only=True)
    except OSError as error:
        raise MiningError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise MiningError(f"{path} is no workbook (.xlsx): {error}. Save the working papers as .xlsx.") from error


def _names(page: Any) -> tuple[Asked, dict[int, str], int] | None:
    """What is asked on a sheet, the name of each column by its place, and the first row below the headings; None for other sheets."""
    if not hasattr(page, "iter_rows"):  # a chart on a sheet of its own
        return None
    if hasattr(page, "reset_dimensions"):
        page.reset_dimensions()  # what other programs write there is not always true
    for number, row in enumerate(page.iter_rows(max_row=HEAD_ROWS, values_only=True), 1):
        for asked in ASKED.values():
            stem = f"{asked.sheet}."
            names = {k: text.removeprefix(stem) for k, text in enumerate(row) if str(text).startswith(stem)}
            if asked.key in names.values():
                return asked, names, number + 2
            told = _told(asked)
            shown = {k: told[str(text)] for k, text in enumerate(row) if str(text) in told}
            if names:  # without the one that tells the rows apart
                heads = " / ".join(word for word, name in told.items() if name == asked.key)
                raise MiningError(
                    f"sheet {page.title!r}: the column {asked.sheet}.{asked.key} ({heads}) is missing, so nobody can tell which row is "
                    "which. Put it back, from a copy of the workbook."
                )
            if asked.key in shown.values() and len(set(shown.values())) > FEW:
                return asked, shown, number + 1  # the hidden row was deleted
    return None


def _told(asked: Asked) -> dict[str, str]:
    """Heading, in either language, to the name of the column that tells rows apart, and of those that people fill in."""
    keys = {name: f"sheets.head.{name}" for name in (asked.key, *asked.columns)}
    keys |= {name: f"frame.{name}" for name, key in keys.items() if key not in catalogue()}
    return {say(key, lang): name for name, key in keys.items() for lang in LANGUAGES}


def _cells(
    page: ReadOnlyWorksheet, asked: Asked, names: Mapping[int, str], first: int, known: Collection[str] | None
) -> Iterator[tuple[Any, ...] | str]:
    """The cells of a sheet that people filled in; a text is a mistake."""
    place = next(k for k, name in names.items() if name == asked.key)
    asks = {k: name for k, name in names.items() if name in asked.columns}
    for number, row in enumerate(page.iter_rows(min_row=first), first):
        written = {
            k: cell for k in asks if k < len(row) and (cell := row[k]).value is not None and _plain(cell).strip()
        }
        if not written:
            continue
        key = _plain(row[place]) if place < len(row) and row[place].value is not None else ""
        where = f"sheet {page.title!r}, row {number:,}"
        if not key:
            yield f"{where}: {_plain(next(iter(written.values())))!r} stands beside no {asked.key}."
            continue
        if known is not None and key not in known:
            yield f"{where}: unknown {asked.key} {key!r}.{hint(key, known)}"
            continue
        for k, cell in written.items():
            yield _value(asked, asks[k], key, cell, page.title, number)


def _value(asked: Asked, column: str, key: str, cell: Any, page: str, row: int) -> tuple[Any, ...] | str:
    text, where = _plain(cell).strip(), f"sheet {page!r}, row {row:,} ({key}), {column}"
    if cell.data_type == "f":
        return f"{where} holds the formula {text!r}. Write the value itself."
    if cell.data_type == "e":
        return f"{where} holds the error {text!r}. Write a value."
    code = asked.code(column, text)
    if code is None:
        words = ", ".join(
            f"{say(f'sheets.answer.{x}', 'en')} ({say(f'sheets.answer.{x}', 'zh')})" for x in asked.choices[column]
        )
        return f"{where} says {text!r}. It may say: {words}."
    return asked.sheet, key, column, code, page, row


def _plain(cell: Any) -> str:
    """A cell as text: whole numbers without a point, days without a time."""
    value = cell.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))


def _contradictions(frame: pd.DataFrame) -> list[str]:
    """Cells of one key that say different things: a sheet was copied, or a row."""
    found = []
    for (sheet, key, column), rows in frame.groupby(["sheet", "key", "column"], sort=False):
        if rows["value"].nunique() > 1:
            said = "; ".join(f"{x.value!r} (sheet {x.page!r}, row {x.row:,})" for x in rows.itertuples())
            found.append(f"{sheet}: {key} has more than one {column}: {said}. Keep one of them.")
    return found
