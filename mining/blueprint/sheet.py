"""The cells of a planning table, CSV or XLSX, under the headings that the format knows; whatever is odd is refused or said."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from mining.blueprint.spoken import COLUMNS, folded, heading
from mining.errors import BlueprintError, hint

MOST_SHOWN = 12
STEPS = ("step", "step_en", "step_zh")  # one of them is needed
MOST_BYTES = (
    50_000_000  # of a workbook, unpacked: a table of steps is small, and a file that grows when opened is a trap
)
FILLED = (
    "stage",
    "lane",
    "role",
    "basis",
)  # a merged cell in these holds for all its rows; a step, a label or a limit does not
ERRORS = ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!")
TEXT_FILES, WORKBOOKS = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm")


@dataclass(frozen=True)
class Row:
    """A row that is not empty: its number as a spreadsheet shows it, and the text of its cells by column of the format.

    ``others``: its cells under headings that mean no column, by heading; empty ones are left out.
    """

    number: int
    cells: Mapping[str, str]
    others: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Sheet:
    """The rows of a table; ``said`` is what was assumed while reading it.

    ``heads``: the heading of each column as it is written. ``unknown``: headings that mean no column, each with its letter.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    said: tuple[str, ...]
    heads: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Grid:
    """The raw cells of one sheet, row after row, and what was noticed while reading them."""

    name: str
    rows: list[list[str]]
    said: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column; all from 1


def refusal(problems: Iterable[str]) -> BlueprintError:
    """One error that names up to twelve problems."""
    found = list(problems)
    more = f"\n... and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return BlueprintError("\n".join(found[:MOST_SHOWN]) + more)


def read_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """Read a table of steps; the first row that is not empty holds the headings.

    Parameters
    ----------
    path : Path
        A CSV file (UTF-8, UTF-16, or GB18030 with Chinese headings; comma, semicolon or tab) or a workbook (.xlsx, .xlsm).
    sheet : str, optional
        Sheet of a workbook; needed if several have a heading for the step.

    Returns
    -------
    Sheet
        Row numbers count from the top of the file, empty rows included.

    Raises
    ------
    BlueprintError
        If the file cannot be read, a heading stands twice, there is no column of steps, a cell holds an error or a
        formula without a value, or a merged cell leaves open which row is meant. Names up to twelve such places.
    """
    grids = _grids(path, sheet)
    wanted = [grid for grid in grids if set(STEPS) & set(_meanings(grid))] if len(grids) > 1 else grids
    if len(wanted) > 1:
        raise BlueprintError(
            f"{path}: several sheets have a column of steps: {', '.join(g.name for g in wanted)}. Say which with sheet=..."
        )
    grid = wanted[0] if wanted else grids[0]
    others = [g.name for g in grids if g is not grid and any(map(any, g.rows))]
    found = _under_headings(grid)
    unread = (f"sheets not read, because they have no column of steps: {', '.join(others)}",) if others else ()
    return replace(found, said=(*found.said, *unread))


def _grids(path: Path, sheet: str | None) -> list[_Grid]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*") if p.suffix.lower() in (*TEXT_FILES, *WORKBOOKS))
        raise BlueprintError(
            f"{path}: no such table. Tables in that folder: {', '.join(near[:8]) or 'none'}."
        ) from None
    except IsADirectoryError:
        raise BlueprintError(f"{path} is a folder. Name the table in it.") from None
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BlueprintError(f"{path}: an old or encrypted Excel file. Save it as .xlsx without a password, or as CSV.")
    if data.startswith(b"PK\x03\x04"):
        return _workbook(path, data, sheet)
    if sheet is not None:
        raise BlueprintError(f"{path}: a text file has no sheets, so sheet={sheet!r} means nothing here.")
    if path.suffix.lower() not in TEXT_FILES:
        raise BlueprintError(f"{path}: not a table that can be read. Save it as .xlsx or as CSV.")
    return [_text_table(path, data)]


# --- headings and rows -------------------------------------------------------------------------------------------------


def _head_of(grid: _Grid) -> int:
    """Position of the first row that is not empty."""
    return next((i for i, row in enumerate(grid.rows) if any(row)), -1)


def _meanings(grid: _Grid) -> list[str | None]:
    at = _head_of(grid)
    return [] if at < 0 else [heading(cell) for cell in grid.rows[at]]


def _under_headings(grid: _Grid) -> Sheet:
    top = _head_of(grid)
    if top < 0 and grid.problems:
        raise refusal(grid.problems)
    if top < 0:
        raise BlueprintError(f"{grid.name}: the table is empty. Its first row holds headings: {', '.join(COLUMNS)}.")
    heads = grid.rows[top]
    columns = _meanings(grid)
    problems = list(_heading_problems(grid, top, heads, columns))
    if problems:
        raise refusal(problems)
    filled, problems = _unmerged(grid, top, columns)
    rows, empty = [], []
    for i, cells in enumerate(grid.rows[top + 1 :], start=top + 1):
        if any(cells):
            cells = [filled.get((i, j), cell) for j, cell in enumerate(cells)]
        place = f"{grid.name}: row {i + 1}"
        problems += [
            f"{place}: {cell!r} stands in column {_letter(j)}, which has no heading. Give it one, or clear the cell."
            for j, cell in enumerate(cells)
            if cell and (j >= len(heads) or not heads[j])
        ]
        if any(cells):
            known = {c: cell for c, cell in zip(columns, cells, strict=False) if c is not None}
            others = zip(heads, columns, cells, strict=False)
            rows.append(Row(i + 1, known, {head: cell for head, c, cell in others if head and cell and c is None}))
        else:
            empty.append(i + 1)
    problems = [*grid.problems, *problems]
    if problems:
        raise refusal(problems)
    if not rows:
        raise BlueprintError(f"{grid.name}: there is no row under the headings. Write one step a row.")
    said = [*grid.said, *(f"merged cell {name}" for name in _fill_notes(grid, filled))]
    renamed = [
        f"{h!r} as {c}" for h, c in zip(heads, columns, strict=True) if c and re.sub(r"[\s.\-]+", "_", folded(h)) != c
    ]
    said += [f"headings read: {', '.join(renamed)}"] if renamed else []
    said += [f"empty rows passed over: {_ranges(empty)}"] if empty else []
    unknown = {head: _letter(j) for j, (head, c) in enumerate(zip(heads, columns, strict=True)) if head and c is None}
    written = {c: head for head, c in zip(heads, columns, strict=True) if c}
    return Sheet(grid.name, tuple(c for c in columns if c), tuple(rows), tuple(said), written, unknown)


def _heading_problems(grid: _Grid, top: int, heads: list[str], columns: list[str | None]) -> Iterator[str]:
    place = f"{grid.name}: row {top + 1}"
    known = f" Columns of a table of steps: {', '.join(COLUMNS)}."
    if sum(map(bool, heads)) == 1 and len(heads) > 1 and columns.count(None) == len(columns):
        title = next(filter(None, heads))
        yield f"{place}: {title!r} seems to be a title. Delete rows above the headings.{known}"
        return
    for j, (head, column) in enumerate(zip(heads, columns, strict=True)):
        if column in columns[:j] and column is not None:
            first = heads[columns.index(column)]
            yield f"{place}: {first!r} and {head!r} both mean the column {column}. Keep one."
        elif head and column is None and head in heads[:j]:
            yield f"{place}: two columns have the heading {head!r}. Rename one of them."
    if not set(STEPS) & set(columns):
        yield f"{place}: there is no column of steps (step, activity, 步骤, 活动).{known}"


def _unmerged(grid: _Grid, top: int, columns: list[str | None]) -> tuple[dict[tuple[int, int], str], list[str]]:
    """The value of every cell that a merged cell covers, by position; and the merged cells that leave open what is meant."""
    filled: dict[tuple[int, int], str] = {}
    problems = []
    for r1, c1, r2, c2 in grid.merged:
        value = grid.rows[r1 - 1][c1 - 1] if r1 <= len(grid.rows) and c1 <= len(grid.rows[r1 - 1]) else ""
        if not value or r2 <= top:
            continue
        name = f"{grid.name}: row {r1}: the merged cell {_range(r1, c1, r2, c2)} ({value!r})"
        if r1 - 1 <= top:
            problems.append(f"{name} is part of the headings. Unmerge it, so that every column has its own heading.")
        elif c1 != c2:
            problems.append(f"{name} covers several columns. Unmerge it and write every value in its own column.")
        elif c1 > len(columns) or columns[c1 - 1] not in (*FILLED, None):
            column = columns[c1 - 1] if c1 <= len(columns) else None
            problems.append(
                f"{name} covers several rows of the column {column}, and one row is one step. Unmerge it; a step done by "
                "several people is several rows or one."
            )
        else:
            filled |= {(i, c1 - 1): value for i in range(r1 - 1, r2)}
    return filled, problems


def _fill_notes(grid: _Grid, filled: Mapping[tuple[int, int], str]) -> Iterator[str]:
    for r1, c1, r2, c2 in grid.merged:
        if (r2 - 1, c2 - 1) in filled:
            yield f"{_range(r1, c1, r2, c2)}: {filled[r2 - 1, c2 - 1]!r} taken for rows {r1} to {r2}"


def _ranges(numbers: list[int]) -> str:
    """Rising numbers in few words, as in ``2, 4, 7 to 90``."""
    runs: list[list[int]] = []
    for k in numbers:
        if runs and runs[-1][-1] == k - 1:
            runs[-1] = [runs[-1][0], k]
        else:
            runs.append([k])
    more = sum(run[-1] - run[0] + 1 for run in runs[MOST_SHOWN:])
    return ", ".join(" to ".join(map(str, run)) for run in runs[:MOST_SHOWN]) + (f" and {more} more" if more else "")


def _letter(column: int) -> str:
    """Name of a column as a spreadsheet shows it, counted from 0."""
    return (_letter(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


def _range(r1: int, c1: int, r2: int, c2: int) -> str:
    return f"{_letter(c1 - 1)}{r1}:{_letter(c2 - 1)}{r2}"


# --- text files --------------------------------------------------------------------------------------------------------


def _text_table(path: Path, data: bytes) -> _Grid:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return _cells(path, data.decode(encoding))
    except UnicodeDecodeError as error:
        chinese = _chinese(path, data)
        if chinese is None:
            raise BlueprintError(
                f"{path}: not UTF-8 text (byte {error.start}). Save the table as CSV UTF-8, or as .xlsx."
            ) from None
        return chinese


def _chinese(path: Path, data: bytes) -> _Grid | None:
    """The table in the code page in which a Chinese Excel writes CSV, if its Chinese headings prove it."""
    try:
        grid = _cells(path, data.decode("gb18030"))
    except (UnicodeDecodeError, BlueprintError):
        return None
    at = _head_of(grid)
    proof = [h for h in grid.rows[at] if not h.isascii() and heading(h)] if at >= 0 else []
    said = (
        f"the file is no UTF-8 and was read as GB18030, because {', '.join(proof)} are headings then; check the names"
    )
    return replace(grid, said=(said, *grid.said)) if proof else None


def _cells(path: Path, text: str) -> _Grid:
    if "\0" in text:
        raise BlueprintError(f"{path}: holds characters of no text (NUL). Save the table as CSV UTF-8, or as .xlsx.")
    told = re.match(r"sep=([,;\t|])(?=\r?\n|\r)", text)  # Excel's own word for the delimiter
    text = text[told.end() :] if told else text
    tries = [_split(path, text, delimiter) for delimiter in (told[1] if told else ",;\t")]
    grid = max(tries, key=lambda grid: sum(c is not None for c in _meanings(grid)))
    problems = tuple(
        f"{path}: row {i}: column {_letter(j)}: {cell!r} is a formula. Write its value."
        for i, row in enumerate(grid.rows, start=1)
        for j, cell in enumerate(row)
        if cell.startswith("=")
    )
    return _Grid(grid.name, grid.rows, grid.said, (*grid.problems, *problems))


def _split(path: Path, text: str, delimiter: str) -> _Grid:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append([cell.strip() for cell in row])
    except csv.Error as error:
        return _Grid(str(path), rows, problems=(f"{path}: row {len(rows) + 1}: cannot be split into cells ({error}).",))
    return _Grid(str(path), rows)


# --- workbooks ---------------------------------------------------------------------------------------------------------


def _workbook(path: Path, data: bytes, sheet: str | None) -> list[_Grid]:
    """Every sheet with cells, or the one asked for."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
            if size > MOST_BYTES:
                raise BlueprintError(f"{path}: {size:,} bytes unpacked; a table of steps has at most {MOST_BYTES:,}.")
        import openpyxl

        values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        written = openpyxl.load_workbook(io.BytesIO(data), data_only=False)
    except BlueprintError:
        raise
    except Exception as error:  # openpyxl lets whatever its parsers raise through
        raise BlueprintError(f"{path}: not a workbook that can be read ({error}). Save it as .xlsx or CSV.") from None
    names = [s.title for s in values.worksheets]
    if sheet is not None and sheet not in names:
        raise BlueprintError(f"{path}: unknown sheet {sheet!r}.{hint(sheet, names)}")
    wanted = [sheet] if sheet is not None else names
    return [_grid_of(f"{path}, sheet {name!r}", values[name], written[name]) for name in wanted] or [
        _Grid(str(path), [])
    ]


def _grid_of(name: str, values: Any, written: Any) -> _Grid:
    rows, problems, formulas = [], [], []
    for i, (shown, typed) in enumerate(zip(values.iter_rows(), written.iter_rows(), strict=True), start=1):
        row = []
        for cell, source in zip(shown, typed, strict=True):
            place = f"{name}: row {i}: cell {cell.coordinate}"
            formula = getattr(source, "data_type", "n") == "f"
            if formula and cell.value is None:
                problems.append(
                    f"{place} is a formula without a stored value. Write its value, or save it in Excel first."
                )
            elif formula:
                formulas.append(cell.coordinate)
            text = _text(cell.value)
            if text is None or text in ERRORS:
                problems.append(f"{place} holds {cell.value}, which is no text, number or length of time. Correct it.")
            row.append(text or "")
        rows.append(row)
    hidden = sorted(i for i, at in values.row_dimensions.items() if at.hidden and i <= len(rows) and any(rows[i - 1]))
    said = [f"values of formulas taken as they were stored: {', '.join(formulas)}"] if formulas else []
    said += [f"hidden rows read like the others: {', '.join(map(str, hidden))}"] if hidden else []
    merged = tuple(sorted((m.min_row, m.min_col, m.max_row, m.max_col) for m in values.merged_cells.ranges))
    return _Grid(name, rows, tuple(said), tuple(problems), merged)


def _text(value: Any) -> str | None:
    """The value of a cell as text; None for what a table of steps cannot hold, such as a date."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value.strip()
        case int() | float():
            return f"{value:.15g}"
        case timedelta() | time():
            length = (
                value
                if isinstance(value, timedelta)
                else timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
            )
            return f"{length.total_seconds() / 60:.15g}min"
        case datetime() | date():
            return None
        case _:
            return str(value).strip()
