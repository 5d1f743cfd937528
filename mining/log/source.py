"""Opens a log file, whatever its format, as a `SourceTable`."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mining.binding import Binding
from mining.errors import LogError
from mining.log import excel, parquet
from mining.log.excel import read_excel
from mining.log.frames import source_from_frame
from mining.log.header import check_header
from mining.log.ocel import is_ocel, read_ocel
from mining.log.parquet import read_parquet
from mining.log.sql import is_database, read_query, shown
from mining.log.table import Problem, SourceTable
from mining.log.tabular import read_csv
from mining.log.xes import read_xes

__all__ = ["Problem", "SourceTable", "check_reading", "read_source", "source_from_frame"]

CSV, XES = (".csv", ".tsv", ".txt"), (".xes", ".xml")
SUFFIXES = (*CSV, *XES, *parquet.SUFFIXES, *excel.SUFFIXES)
OTHER_SHEETS = (".xls", ".xlsb", ".ods")


PARTS = ("table", "query", "order_by", "object_type")  # keys that say what of a source is read


def read_source(
    path: str | Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header: int | None = None,
    table: str | None = None,
    query: str | None = None,
    order_by: Sequence[str] = (),
    object_type: str | None = None,
) -> SourceTable:
    """Read a log file; its first bytes decide the format, then its name.

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv, .txt, .xes (each also .gz), .parquet or .xlsx file, a folder of Parquet files, a DuckDB or SQLite file,
        an address such as ``postgresql://user@host/database``, or an object-centric log (OCEL 2.0: JSON, XML or SQLite).
    encoding, delimiter : str or None
        Of a CSV file, as declared. None: found. See `mining.log.tabular.read_csv`.
    sheet : str or None
        Of an Excel file. None: its only one.
    header : int or None
        Of an Excel or CSV file: row of the sheet, or line of the file, that names the columns, from 1. None: the first.
    table, query : str or None
        Of a database: one of the two. None: its only table. See `mining.log.sql.read_query`.
    order_by : sequence of str
        Of a database: the columns that settle the order of the rows.
    object_type : str or None
        Of an object-centric log: its objects are the cases. None: its only one. See `mining.log.ocel.read_ocel`.

    Returns
    -------
    SourceTable

    Raises
    ------
    LogError
        If there is no such file, its format is not known, or it cannot be read.

    Examples
    --------
    >>> read_source(examples / "orders.csv").format
    'csv'
    """
    check_header(path, header)
    if is_database(path):
        return read_query(path, query or "", table=table or "", order_by=order_by)
    path = Path(path)
    if path.is_dir():
        if parquet.part_files(path):
            return read_parquet(path)
        raise LogError(f"{path} is a folder, not a file, and it holds no Parquet files{_neighbours(path)}")
    if not path.exists():
        raise LogError(f"no such file: {path}{_neighbours(path.parent)}")
    try:
        head = _head(path)
        suffix = next((s for s in reversed([s.lower() for s in path.suffixes]) if s != ".gz"), "")
        if not (table or query) and is_ocel(path, head):
            return read_ocel(path, object_type)
        if is_database(path, head):
            return read_query(path, query or "", table=table or "", order_by=order_by)
        asked = {"query": query, "table": table, "order_by": order_by, "object_type": object_type}
        if given := [name for name, value in asked.items() if value]:
            raise LogError(
                f"{path}: {' and '.join(given)} cannot be used: the file is neither a database nor an object-centric log."
            )
        if head.startswith(b"PAR1"):
            return read_parquet(path)
        if head.startswith(b"PK\x03\x04") and suffix not in OTHER_SHEETS:
            return read_excel(path, sheet=sheet, header=header)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<log", b"<!DOCTYPE")) or suffix in XES:
            return read_xes(path)
        if suffix in CSV:
            return read_csv(path, encoding=encoding, delimiter=delimiter, header=header)
        if suffix in parquet.SUFFIXES:
            return read_parquet(path)
        if suffix in excel.SUFFIXES:
            return read_excel(path, sheet=sheet, header=header)
        hint = " A spreadsheet: save it as .xlsx." if suffix in OTHER_SHEETS else ""
        raise LogError(f"{path}: {suffix or 'no'} extension is not one of {', '.join(SUFFIXES)} (or with .gz).{hint}")
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}.") from None


def check_reading(source: SourceTable, binding: Binding, *, stored: bool = False) -> None:
    """Refuse a source that was opened in another way than the binding declares.

    Parameters
    ----------
    source : SourceTable
    binding : Binding
    stored : bool
        The log is in a store: a part of a database or of an object-centric log cannot be asked for any more, so that one that
        is not known to be the one stored is refused.

    Raises
    ------
    LogError
        If its encoding, delimiter, sheet, header, table, query, order or type of object is another one. What the format does not
        have is not compared.
    """
    used = dict.fromkeys(PARTS) if stored else {}
    for key, value in (used | source.extras.get("reading", {})).items():
        said = getattr(binding, key)
        if said and not _same(key, said, value):
            said = shown(said) if key == "query" else said
            raise LogError(
                f"{source.path}: the binding declares {key} {said!r}, but the log was read with "
                f"{f'{key} {value!r}' if value else f'no {key}'}. "
                f"Read it again: read_log(path, columns=...) with that binding, or with {{{key!r}: {said!r}}} among the columns."
            )


def _same(key: str, one: Any, other: Any) -> bool:
    if key == "encoding":
        return _codec(one) == _codec(other)
    if key == "query":
        return other is not None and shown(one) == other
    return list(one) == list(other or ()) if key == "order_by" else bool(one == other)


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name.removesuffix("-sig")
    except LookupError:
        return name


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(512)
        if not head.startswith(b"\x1f\x8b"):
            return head
        file.seek(0)
        try:
            return gzip.GzipFile(fileobj=file).read(512)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return b""  # the reader of the named format says what is wrong


def _neighbours(folder: Path) -> str:
    if not folder.is_dir():
        return f"; there is no folder {folder} either."
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and set(p.suffixes) & set(SUFFIXES))
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return (
        f"; in that folder there are: {', '.join(names[:8])}{more}."
        if names
        else "; in that folder there are no log files."
    )
