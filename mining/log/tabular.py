"""Reads CSV files: all rows in file order; a row that cannot be split is counted and named."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa

from mining.errors import LogError
from mining.log import csv_fast
from mining.log.columns import check_names
from mining.log.csv_scan import MAX_LINE
from mining.log.encodings import find_encoding, open_text, utf8_chunks
from mining.log.table import Problems, SourceTable, fingerprint

DELIMITERS = ",;\t|"
BATCH = 50_000
MAX_MALFORMED = 10_000  # beyond it, the file is not the table it seems to be
MAX_COLUMNS = 20_000
SMALL = 100_000  # bytes; below, the fast lane is not worth loading


def read_csv(path: str | Path, *, encoding: str | None = None, delimiter: str | None = None) -> SourceTable:
    """Read a CSV file, plain or gzipped; the first line names the columns, all values stay text.

    What is not declared is found and noted. The delimiter (comma, semicolon, tab or bar) is the one that splits the first
    lines into most columns, or the one that a first line ``sep=;`` names. The encoding is the first of UTF-8, UTF-16
    (only with a byte order mark) and GB18030 that reads the whole file; any other, such as cp1252, must be declared.

    Parameters
    ----------
    path : str or Path
        The file.
    encoding, delimiter : str or None
        As declared. None: found.

    Returns
    -------
    SourceTable
        All columns as text (those that repeat their values encoded in a dictionary), an empty field as ``""``. A row with too
        many or too few fields, or with broken quotes, stands in the table as a row of nulls so that row numbers stay
        those of the file; it is counted as a problem and its number is in ``unreadable``. Blank lines are no rows.

    Raises
    ------
    LogError
        If the file is empty, ends inside a quoted field, has a column name twice, is not in the declared encoding or
        fits none, or unpacks to far more than a log would.

    Examples
    --------
    >>> read_csv(examples / "orders.csv").table.column_names
    ['case_id', 'activity', 'timestamp']
    """
    path = Path(path)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise LogError(f"{path}: the delimiter must be one character, not {delimiter!r}.")
    try:
        found = find_encoding(path, encoding)
        dialect = _dialect(path, found, delimiter)
        read = _fast(path, dialect) if path.stat().st_size >= SMALL else None
        table, problems, unreadable = read or _careful(path, dialect)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
    said = (" (declared)" if encoding else "", " (declared)" if delimiter else dialect.said)
    notes = [f"CSV: {found.removesuffix('-sig')}{said[0]}, delimiter {dialect.delimiter!r}{said[1]}"]
    if found == "gb18030" and not encoding:
        notes.append(
            "the file is not UTF-8, so it was read as GB18030 (Chinese); if labels look wrong, save it as UTF-8 "
            "or declare its encoding"
        )
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "csv", sha256, size, table, tuple(problems.examples), tuple(notes), dict(problems.counts), unreadable,
        extras={"reading": {"encoding": found.removesuffix("-sig"), "delimiter": dialect.delimiter}},
    )  # fmt: skip


@dataclass(frozen=True)
class _Dialect:
    """How the file is written, and how that is known if the lines did not show it."""

    encoding: str
    delimiter: str
    skip: int = 0  # lines before the names of the columns
    said: str = ""


_Read = tuple[pa.Table, Problems, tuple[int, ...]]


def _dialect(path: Path, encoding: str, delimiter: str | None) -> _Dialect:
    with open_text(path, encoding) as file:
        sample = list(islice(_lines(file, path), 50))
    if not sample:
        raise LogError(f"{path}: the file is empty.")
    first = sample[0].rstrip("\r\n")
    if len(first) == 5 and first.lower().startswith("sep=") and first[4] != '"':
        return _Dialect(encoding, delimiter or first[4], 1, " (as its first line says)")
    return _Dialect(encoding, delimiter or _delimiter(sample))


def _fast(path: Path, dialect: _Dialect) -> _Read | None:
    """The table by the fast lane; None where the bytes are not beyond doubt."""
    if not dialect.delimiter.isascii() or dialect.skip:
        return None
    problems, malformed = Problems(), list[csv_fast.Malformed]()
    source = csv_fast.blocks(utf8_chunks(path, dialect.encoding), csv_fast.BLOCK)
    try:
        block, last = next(source)
        row, end, lines = csv_fast.header(block, dialect.delimiter, last)
        if len(row) < 2:
            return None
        names = _names((1, row, ""), path, problems)
        parts = list(
            csv_fast.tables(source, block[end:], last, dialect.delimiter, names, lines, malformed, MAX_MALFORMED)
        )
    except csv_fast.NotPlain:
        return None
    for one in malformed:
        _malformed(problems, one.number, one.line, one.row, dialect.delimiter, _width(one.fields, names))
    if len(malformed) > MAX_MALFORMED:
        raise _too_many(path, problems)
    return csv_fast.joined(parts, names), problems, tuple(one.number for one in malformed)


def _careful(path: Path, dialect: _Dialect) -> _Read:
    """The table by the standard library, which names every fault."""
    with open_text(path, dialect.encoding) as file:
        for _ in range(dialect.skip):
            file.readline()
        return _read_rows(file, dialect, path)


def _width(fields: int, names: list[str]) -> str:
    return f"{fields} fields for {len(names)} columns"


def _malformed(problems: Problems, number: int, line: int, row: list[str], delimiter: str, wrong: str) -> None:
    problems.add("malformed row", number, None, delimiter.join(row) or None, f"line {line}: {wrong}; left out")


def _too_many(path: Path, problems: Problems) -> LogError:
    first = next(p for p in problems.examples if p.kind == "malformed row")
    return LogError(f"{path}: more than {MAX_MALFORMED:,} rows are malformed, the first: {first}.")


def _delimiter(sample: list[str]) -> str:
    def columns(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return 0, 0
        return (widths[0], widths.count(widths[0])) if widths and widths[0] > 1 else (0, 0)

    # rows as wide as the header count first, then the width
    return max(DELIMITERS, key=lambda d: (columns(d)[1] > 0, columns(d)[0] * columns(d)[1]))


def _lines(file: IO[str], path: Path) -> Iterator[str]:
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise LogError(f"{path}: one line is longer than {MAX_LINE:,} characters: this is no event log.")
        yield line


def _records(file: IO[str], delimiter: str, path: Path) -> Iterator[tuple[int, list[str], str]]:
    """Number of the first line, fields, and what is wrong, for each record that is not blank."""
    reader = csv.reader(_lines(file, path), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise LogError(f"{path}: the quoted field that begins in line {line:,} never ends.") from None
            yield line, [], str(error)
            continue
        if row:
            yield line, row, ""


def _read_rows(file: IO[str], dialect: _Dialect, path: Path) -> _Read:
    problems, unreadable = Problems(), list[int]()
    records = _records(file, dialect.delimiter, path)
    names = _names(next(records, (1, [], "it is blank")), path, problems)
    schema = pa.schema([(name, pa.string()) for name in names])
    batch: list[list[str] | list[None]] = []
    batches: list[pa.RecordBatch] = []
    for number, (line, row, wrong) in enumerate(records, 1):
        if len(row) == len(names):
            batch.append(row)
        else:
            wrong = wrong or _width(len(row), names)
            _malformed(problems, number, line + dialect.skip, row, dialect.delimiter, wrong)
            unreadable.append(number)
            batch.append([None] * len(names))
            if len(unreadable) > MAX_MALFORMED:
                raise _too_many(path, problems)
        if len(batch) == BATCH:
            batches.append(_batch(batch, schema))
            batch = []
    return pa.Table.from_batches([*batches, _batch(batch, schema)], schema), problems, tuple(unreadable)


def _names(header: tuple[int, list[str], str], path: Path, problems: Problems) -> list[str]:
    _, row, wrong = header
    if wrong:
        raise LogError(f"{path}: the first line must name the columns, but {wrong}.")
    if len(row) > MAX_COLUMNS:
        raise LogError(
            f"{path}: the first line names {len(row):,} columns, more than {MAX_COLUMNS:,}: this is no event log."
        )
    names = [name.strip() or f"column {i}" for i, name in enumerate(row, 1)]
    for i, name in enumerate(row, 1):
        if not name.strip():
            problems.add("column without a name", None, names[i - 1], None, "named after its position")
    return check_names(names, str(path))


def _batch(rows: list[list[str] | list[None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)
