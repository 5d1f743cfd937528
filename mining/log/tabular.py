"""Reads CSV files: all rows in file order; a row that cannot be split is counted and named."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from mining.errors import LogError
from mining.log import csv_fast
from mining.log.columns import check_names
from mining.log.csv_scan import MAX_LINE
from mining.log.encodings import find_encoding, open_text, utf8_chunks
from mining.log.header import HINT, check_header, hint
from mining.log.table import Problems, SourceTable, fingerprint

DELIMITERS = ",;\t|"
BATCH = 50_000
MAX_MALFORMED = 10_000  # beyond it, the file is not the table it seems to be
MAX_COLUMNS = 20_000
SMALL = 100_000  # bytes; below, the fast lane is not worth loading


def read_csv(
    path: str | Path, *, encoding: str | None = None, delimiter: str | None = None, header: int | None = None
) -> SourceTable:
    """Read a CSV file, plain or gzipped; the first line names the columns, or the one declared; all values stay text.

    What is not declared is found and noted. The delimiter (comma, semicolon, tab or bar) is the one that splits the first
    lines into most columns, or the one that a first line ``sep=;`` names. The encoding is the first of UTF-8, UTF-16
    (only with a byte order mark) and GB18030 that reads the whole file; any other, such as cp1252, must be declared.

    Parameters
    ----------
    path : str or Path
        The file.
    encoding, delimiter : str or None
        As declared. None: found.
    header : int or None
        Line of the file, from 1, that names the columns; those above it are left out, counted in a note. None: the first.
        Where that looks like a title and a later line like names, a note says so, and which.

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
        fits none, or unpacks to far more than a log would, or ``header`` is no line of it.

    Examples
    --------
    >>> read_csv(examples / "orders.csv").table.column_names
    ['case_id', 'activity', 'timestamp']
    """
    path = Path(path)
    check_header(path, header)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise LogError(f"{path}: the delimiter must be one character, not {delimiter!r}.")
    try:
        found = find_encoding(path, encoding)
        dialect = _dialect(path, found, delimiter, header)
        read = _fast(path, dialect) if path.stat().st_size >= SMALL else None
        table, problems, unreadable = read or _careful(path, dialect)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
    notes = _notes(dialect, encoding, delimiter, header)
    if found == "gb18030" and not encoding:
        notes.append(
            "the file is not UTF-8, so it was read as GB18030 (Chinese); if labels look wrong, save it as UTF-8 "
            "or declare its encoding"
        )
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "csv", sha256, size, table, tuple(problems.examples), tuple(notes), dict(problems.counts), unreadable,
        extras=_extras(dialect),
    )  # fmt: skip


@dataclass(frozen=True)
class _Dialect:
    """How the file is written, and how that is known if the lines did not show it."""

    encoding: str
    delimiter: str
    skip: int = 0  # lines before the names of the columns
    said: str = ""
    hint: str = ""  # where a later line looks like the names of the columns


_Read = tuple[pa.Table, Problems, tuple[int, ...]]


def _notes(dialect: _Dialect, encoding: str | None, delimiter: str | None, header: int | None) -> list[str]:
    """How the file was read."""
    said = (" (declared)" if encoding else "", " (declared)" if delimiter else dialect.said)
    notes = [f"CSV: {dialect.encoding.removesuffix('-sig')}{said[0]}, delimiter {dialect.delimiter!r}{said[1]}"]
    if header:
        notes.append(
            f"line {header:,} of the file names the columns (declared); {header - 1:,} lines above it are left out"
        )
    return notes + ([dialect.hint] if dialect.hint else [])


def _extras(dialect: _Dialect) -> dict[str, Any]:
    reading = {
        "encoding": dialect.encoding.removesuffix("-sig"),
        "delimiter": dialect.delimiter,
        "header": dialect.skip + 1,
    }
    return {"reading": reading} | ({HINT: dialect.hint} if dialect.hint else {})


def _dialect(path: Path, encoding: str, delimiter: str | None, header: int | None = None) -> _Dialect:
    with open_text(path, encoding) as file:
        lines = _lines(file, path)
        skipped = sum(1 for _ in islice(lines, header - 1)) if header else 0
        sample = list(islice(lines, 50))
    if not sample and not skipped:
        raise LogError(f"{path}: the file is empty.")
    if header:
        if not sample or not sample[0].strip():
            what = "blank" if sample else f"not there: the file has {skipped:,}"
            raise LogError(f"{path}: header is {header:,}, but line {header:,} is {what}. Lines are counted from 1.")
        return _Dialect(encoding, delimiter or _delimiter(sample), skipped)
    first = sample[0].rstrip("\r\n")
    if len(first) == 5 and first.lower().startswith("sep=") and first[4] != '"':
        return _Dialect(encoding, delimiter or first[4], 1, " (as its first line says)")
    used = delimiter or _delimiter(sample)
    return _Dialect(encoding, used, hint=_hint(sample, used, delimiter))


def _fast(path: Path, dialect: _Dialect) -> _Read | None:
    """The table by the fast lane; None where the bytes are not beyond doubt."""
    if not dialect.delimiter.isascii():
        return None
    problems, malformed = Problems(), list[csv_fast.Malformed]()
    source = csv_fast.blocks(utf8_chunks(path, dialect.encoding), csv_fast.BLOCK)
    try:
        block, last = next(source)
        block = csv_fast.below(block, dialect.skip)
        row, end, lines = csv_fast.header(block, dialect.delimiter, last)
        if len(row) < 2:
            return None
        names = _names((1, row, ""), path, problems)
        parts = list(
            csv_fast.tables(
                source, block[end:], last, dialect.delimiter, names, dialect.skip + lines, malformed, MAX_MALFORMED
            )
        )
    except csv_fast.NotPlain:
        return None
    for one in malformed:
        _malformed(problems, one.number, one.line, one.row, dialect.delimiter, _width(one.fields, names))
    if len(malformed) > MAX_MALFORMED:
        raise _too_many(path, problems, dialect.hint)
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


def _too_many(path: Path, problems: Problems, look: str = "") -> LogError:
    first = next(p for p in problems.examples if p.kind == "malformed row")
    return LogError(
        f"{path}: more than {MAX_MALFORMED:,} rows are malformed, the first: {first}.{' ' if look else ''}{look}"
    )


def _delimiter(sample: list[str]) -> str:
    def columns(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return 0, 0
        return (widths[0], widths.count(widths[0])) if widths and widths[0] > 1 else (0, 0)

    # rows as wide as the header count first, then the width
    return max(DELIMITERS, key=lambda d: (columns(d)[1] > 0, columns(d)[0] * columns(d)[1]))


def _hint(sample: list[str], used: str, declared: str | None) -> str:
    """What to say if a later line looks like the names; a title may hide how the lines below it are split."""
    found = {d: _numbered(sample, d) for d in ([used] if declared else DELIMITERS)}
    first = found.get(used, [])[:1]
    if not first or len([cell for cell in first[0][1] if cell.strip()]) > 2:
        widest = max((len(row) for _, row in found.get(used, [])), default=0)
        if not first or 2 * len([cell for cell in first[0][1] if cell.strip()]) > widest:
            return ""
    said = [(max(len(row) for _, row in rows), look) for rows in found.values() if (look := hint(rows))]
    return max(said, default=(0, ""))[1].replace("Row ", "Line ", 1).replace(", not row ", ", not line ", 1)


def _numbered(sample: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Number of the first line and fields of each record, as far as they can be split."""
    reader, rows = csv.reader(sample, delimiter=delimiter), list[tuple[int, list[str]]]()
    line = 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error:
        return rows
    return rows


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
                raise _too_many(path, problems, dialect.hint)
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
