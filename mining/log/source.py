"""Opens a log file, whatever its format, as a `SourceTable`."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import pandas as pd
import pyarrow as pa

from mining.errors import LogError
from mining.log.table import Problem, Problems, SourceTable
from mining.log.tabular import check_names, read_csv, read_parquet
from mining.log.xes import read_xes

__all__ = ["Problem", "SourceTable", "read_source", "source_from_frame"]

READERS = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".xes": read_xes,
    ".xml": read_xes,
    ".parquet": read_parquet,
    ".pq": read_parquet,
}


def read_source(path: str | Path) -> SourceTable:
    """Read a log file; its first bytes decide the format, then its name.

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv, .xes (each also .gz) or .parquet file.

    Returns
    -------
    SourceTable

    Raises
    ------
    LogError
        If there is no such file, it is a folder, its format is not known, or it cannot be read.

    Examples
    --------
    >>> read_source(examples / "orders.csv").format
    'csv'
    """
    path = Path(path)
    if path.is_dir():
        raise LogError(f"{path} is a folder, not a file.{_neighbours(path)}")
    if not path.exists():
        raise LogError(f"no such file: {path}{_neighbours(path.parent)}")
    try:
        head = _head(path)
        if head.startswith(b"PAR1"):
            return read_parquet(path)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<log", b"<!DOCTYPE")):
            return read_xes(path)
        suffixes = [s.lower() for s in path.suffixes]
        suffix = next((s for s in reversed(suffixes) if s != ".gz"), "")
        if suffix not in READERS:
            hint = (
                " An Excel file: save the sheet as CSV."
                if suffix in (".xlsx", ".xls") or head.startswith(b"PK\x03\x04")
                else ""
            )
            raise LogError(
                f"{path}: {suffix or 'no'} extension is not one of {', '.join(READERS)} (or with .gz).{hint}"
            )
        return READERS[suffix](path)
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}.") from None


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
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and set(p.suffixes) & set(READERS))
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return (
        f"; in that folder there are: {', '.join(names[:8])}{more}."
        if names
        else "; in that folder there are no log files."
    )


def source_from_frame(frame: pd.DataFrame) -> SourceTable:
    """Take a pandas data frame as a log source; row ``i`` of the source is ``frame.iloc[i - 1]``.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Not changed. Named index levels become columns; an unnamed index is left out.

    Returns
    -------
    SourceTable
        With path ``"<frame>"``. Columns of mixed types become text and are counted as a problem.

    Raises
    ------
    LogError
        If it is no data frame, or two columns have one name.

    Examples
    --------
    >>> source_from_frame(pd.DataFrame({"case": ["1"]})).table.num_rows
    1
    """
    if not isinstance(frame, pd.DataFrame):
        raise LogError(f"a pandas DataFrame is needed, not {type(frame).__name__}.")
    named = [name for name in frame.index.names if name is not None]
    names = check_names([str(name) for name in [*named, *frame.columns]], "the frame")
    whole = frame.reset_index(level=named) if named else frame
    problems = Problems()
    columns = [_column(whole.iloc[:, i], name, problems) for i, name in enumerate(names)]
    table = pa.table(dict(zip(names, columns, strict=True)))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    digest = hashlib.sha256(sink.getvalue()).hexdigest()
    return SourceTable(
        "<frame>", "frame", digest, table.nbytes, table, tuple(problems.examples), (), dict(problems.counts)
    )


def _column(series: pd.Series, name: str, problems: Problems) -> pa.Array:
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        problems.add("column of mixed types", None, name, None, "taken as text")
        return pa.array(
            [None if value is None or value is pd.NA or value != value else str(value) for value in series], pa.string()
        )
