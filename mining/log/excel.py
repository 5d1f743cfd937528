"""Reads one sheet of an Excel file: dates as dates, text as text, and all that is odd counted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from mining.errors import LogError, MiningError, UnknownNameError
from mining.log.columns import check_names
from mining.log.excel_file import SheetFacts, check_size, sheet_facts
from mining.log.header import HINT, SEEN, check_header, hint
from mining.log.table import Problems, SourceTable, fingerprint

SUFFIXES = (".xlsx", ".xlsm")


def read_excel(path: str | Path, *, sheet: str | None = None, header: int | None = None) -> SourceTable:
    """Read a sheet of an Excel file; its first row that is not empty names the columns, or the one that is declared.

    Parameters
    ----------
    path : str or Path
        A .xlsx or .xlsm file.
    sheet : str or None
        Name of the sheet. None: the only one.
    header : int or None
        Row of the sheet, from 1, that names the columns; those above it are left out, counted in a note. None: the first.
        Where that looks like a title and a later row like names, a note says so, and which.

    Returns
    -------
    SourceTable
        A column of dates is ``timestamp[us]`` without a zone, of numbers ``int64`` or ``double``, of truth values
        ``bool``; anything else is text. Empty cells are null. Row ``i`` is the ``i``-th row below the names, empty ones
        included; the notes say in which row of the sheet the first one stands. Of formulas, the value that Excel stored.
        Counted as problems: error cells (null, and in ``rejected``), formulas without a stored value, columns of mixed types
        (taken as text), merged cells (only the first of them has the value), empty rows, columns without a name.

    Raises
    ------
    LogError
        If it is no readable Excel file, unpacks to far more than a log would, or has several sheets and none is named; if
        the sheet is empty or has a column name twice, or ``header`` is no row of it.
    UnknownNameError
        If there is no such sheet.

    Examples
    --------
    >>> read_excel(examples / "orders.xlsx", sheet="Orders").table.column_names
    ['case_id', 'activity', 'timestamp']
    """
    path = Path(path)
    check_header(path, header)
    check_size(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = _chosen(path, book, sheet)
        facts = sheet_facts(path, name)
        found = book.get_sheet_by_name(name)
        rows, start, merged = found.to_python(), found.start, found.merged_cell_ranges or []
    except MiningError:
        raise
    except (CalamineError, OSError, ValueError) as error:
        raise LogError(f"{path}: not a readable Excel file ({error}).") from None
    if start is None or not rows:
        raise LogError(f"{path}: the sheet {name!r} is empty.")
    while len(rows) > 1 and not any(value != "" for value in rows[-1]):
        rows.pop()
    first = [(start[0] + i, row) for i, row in enumerate(rows[:SEEN], 1)]
    above, start, rows = _below(path, name, rows, start, header)
    problems, top = Problems(), start[0] + 2
    names = _names(rows[0], path, problems)
    rejected = _count(rows, names, facts, merged, start, problems)
    columns = {key: _column(values, key, problems) for key, values in zip(names, _turned(rows, names), strict=True)}
    notes = [f"Excel: sheet {name!r}{'' if sheet else ' (the only one)'}; row 1 is row {top} of the sheet"]
    if header:
        notes.append(f"row {header:,} of the sheet names the columns (declared); {above:,} rows above it are left out")
    look = "" if header else hint(first)
    notes += [look] if look else []
    if facts.formulas:
        notes.append(f"{facts.formulas:,} cells hold formulas: the values that were stored with them are read")
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "excel", sha256, size, pa.table(columns), tuple(problems.examples), tuple(notes),
        dict(problems.counts), rejected=rejected,
        extras={"reading": {"sheet": name, "header": start[0] + 1}} | ({HINT: look} if look else {}),
    )  # fmt: skip


def _chosen(path: Path, book: CalamineWorkbook, sheet: str | None) -> str:
    names = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    if sheet is not None:
        if sheet not in names:
            raise UnknownNameError("sheet", sheet, names, str(path))
        return sheet
    if len(names) != 1:
        shown = ", ".join(map(repr, names[:20]))
        raise LogError(f"{path}: the file has {len(names):,} sheets ({shown}). Say which holds the log: sheet=...")
    return names[0]


def _below(
    path: Path, sheet: str, rows: list[list[Any]], start: tuple[int, int], header: int | None
) -> tuple[int, tuple[int, int], list[list[Any]]]:
    """How many filled rows stand above the one that names the columns, where that begins, and the rows from there."""
    at = 0 if header is None else header - 1 - start[0]
    if not 0 <= at < len(rows) or not any(value != "" for value in rows[at]):
        raise LogError(
            f"{path}: header is {header:,}, but row {header:,} of the sheet {sheet!r} is empty: what it holds is in rows "
            f"{start[0] + 1:,} to {start[0] + len(rows):,}. Rows are counted from 1, as Excel numbers them."
        )
    above = sum(any(value != "" for value in row) for row in rows[:at])
    return above, (start[0] + at, start[1]), rows[at:]


def _names(row: list[Any], path: Path, problems: Problems) -> list[str]:
    names = [_text(value).strip() or f"column {i}" for i, value in enumerate(row, 1)]
    for name, value in zip(names, row, strict=True):
        if not _text(value).strip():
            problems.add("column without a name", None, name, None, "named after its position")
    return check_names(names, str(path))


def _turned(rows: list[list[Any]], names: list[str]) -> list[list[Any]]:
    return [[row[i] for row in rows[1:]] for i in range(len(names))]


def _count(
    rows: list[list[Any]], names: list[str], facts: SheetFacts, merged: list[Any], start: tuple[int, int],
    problems: Problems,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Count what the values do not show; return the rows with errors by column."""
    rejected = dict[str, np.ndarray]()
    at = facts.errors - [start[0] + 1, start[1] + 1]  # row 0: the names
    at = at[(at[:, 0] > 0) & (at[:, 0] < len(rows)) & (at[:, 1] >= 0) & (at[:, 1] < len(names))]
    for i, name in enumerate(names):
        if (found := np.sort(at[at[:, 1] == i, 0])).size:
            rejected[name] = found
    for row, column in at[np.lexsort(at.T[::-1])].tolist():
        problems.add("error cell", row, names[column], None, "taken as missing")
    for (top, left), (bottom, right) in merged:
        if bottom > start[0] and (top, left) != (bottom, right):
            cells = (bottom - top + 1) * (right - left + 1) - 1
            what = f"{cells:,} cells under one value, which stands in the first: the others are missing"
            problems.add("merged cells", max(top - start[0], 1), None, None, what)
    if facts.empty_formulas:
        problems.add(
            "formula without a value", None, None, None,
            "taken as missing; open the file in Excel and save it", facts.empty_formulas,
        )  # fmt: skip
    for number, row in enumerate(rows[1:], 1):
        if not any(value != "" for value in row):
            problems.add("empty row", number, None, None, "kept as a row of missing values")
    return rejected


def _column(values: list[Any], name: str, problems: Problems) -> pa.Array:
    """The cells of a column in the one type they have, or as text."""
    present = [None if value == "" else value for value in values]
    kinds = {type(value) for value in present} - {type(None)}
    if not kinds:
        return pa.nulls(len(present), pa.string())
    if kinds <= {dt.datetime, dt.date}:
        return pa.array([_moment(value) for value in present], pa.timestamp("us"))
    if kinds <= {int, float}:
        whole = all(value is None or (float(value).is_integer() and abs(value) < 2**53) for value in present)
        if whole:
            return pa.array([None if value is None else int(value) for value in present], pa.int64())
        return pa.array(present, pa.float64())
    if kinds == {bool}:
        return pa.array(present, pa.bool_())
    if kinds != {str}:
        few = _rarest(present)
        problems.add("column of mixed types", few, name, _text(present[few - 1]), f"taken as text: {_said(kinds)}")
    return pa.array([None if value is None else _text(value) for value in present], pa.string())


def _rarest(present: list[Any]) -> int:
    """Number of the first row whose type is the rarest."""
    kinds = [type(value) for value in present]
    rare = min({kind for kind in kinds if kind is not type(None)}, key=lambda kind: (kinds.count(kind), str(kind)))
    return kinds.index(rare) + 1


def _said(kinds: set[type]) -> str:
    words = {str: "text", dt.datetime: "dates", dt.date: "dates", bool: "truth values"}
    words |= {int: "numbers", float: "numbers", dt.time: "times", dt.timedelta: "durations"}
    return " and ".join(sorted({words[kind] for kind in kinds}))


def _moment(value: dt.date | None) -> dt.datetime | None:
    """Midnight comes as a date."""
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime(value.year, value.month, value.day)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return str(value)
