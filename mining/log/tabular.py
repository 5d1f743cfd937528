"""Reads CSV and Parquet files: all rows in file order; a row that cannot be split is counted and named."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from mining.errors import LogError
from mining.log.table import Problems, SourceTable, fingerprint

DELIMITERS = ",;\t|"
BATCH = 50_000
ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
MAX_LINE = 8_000_000  # characters
MAX_MALFORMED = 10_000  # beyond it, the file is not the table it seems to be


def read_csv(path: str | Path) -> SourceTable:
    """Read a CSV file, plain or gzipped; the first line names the columns, all values stay text.

    The delimiter (comma, semicolon, tab or bar) is the one that splits the first lines into most columns. The encoding
    is the first of UTF-8, UTF-16 (only with a byte order mark) and GB18030 that reads the whole file. Both are noted.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    SourceTable
        All columns as text, an empty field as ``""``. A row with too many or too few fields, or with broken quotes,
        stands in the table as a row of nulls so that row numbers stay those of the file; it is counted as a problem
        and its number is in ``unreadable``. Blank lines are no rows.

    Raises
    ------
    LogError
        If the file is empty, ends inside a quoted field, has a column name twice, or fits none of the encodings.

    Examples
    --------
    >>> read_csv(examples / "orders.csv").table.column_names
    ['case_id', 'activity', 'timestamp']
    """
    path = Path(path)
    try:
        encoding = _encoding(path)
        with _open_text(path, encoding) as file:
            sample = list(islice(_lines(file, path), 50))
        if not sample:
            raise LogError(f"{path}: the file is empty.")
        delimiter = _delimiter(sample)
        with _open_text(path, encoding) as file:
            table, problems, unreadable = _read_rows(file, delimiter, path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
    notes = [f"CSV: {encoding.removesuffix('-sig')}, delimiter {delimiter!r}"]
    if encoding == "gb18030":
        notes.append(
            "the file is not UTF-8, so it was read as GB18030 (Chinese); if labels look wrong, save it as UTF-8"
        )
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "csv", sha256, size, table, tuple(problems.examples), tuple(notes), dict(problems.counts), unreadable
    )


def _open_bytes(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb") if zipped else path.open("rb"))


def _open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_open_bytes(path), encoding=encoding, newline="")


def _encoding(path: Path) -> str:
    places = []
    for encoding in ENCODINGS:
        with _open_bytes(path) as file:
            if encoding == "utf-16":
                if file.read(2) not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                    continue
                file.seek(0)
            decoder, read = codecs.getincrementaldecoder(encoding)(), 0
            try:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
                    read += len(chunk)
                decoder.decode(b"", True)
            except UnicodeDecodeError as error:
                byte = error.object[error.start] if error.start < len(error.object) else 0
                places.append(f"{encoding}: byte 0x{byte:02X} near byte {read + error.start:,}")
            else:
                return encoding
    raise LogError(f"{path}: the text is in no encoding tried here ({'; '.join(places)}). Save the file as UTF-8.")


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


def _read_rows(file: IO[str], delimiter: str, path: Path) -> tuple[pa.Table, Problems, tuple[int, ...]]:
    problems, unreadable = Problems(), []
    records = _records(file, delimiter, path)
    names = _names(next(records, (1, [], "it is blank")), path, problems)
    schema = pa.schema([(name, pa.string()) for name in names])
    batch: list[list[str] | list[None]] = []
    batches: list[pa.RecordBatch] = []
    for number, (line, row, wrong) in enumerate(records, 1):
        if len(row) == len(names):
            batch.append(row)
        else:
            wrong = wrong or f"{len(row)} fields for {len(names)} columns"
            problems.add("malformed row", number, None, delimiter.join(row) or None, f"line {line}: {wrong}; left out")
            unreadable.append(number)
            batch.append([None] * len(names))
            if len(unreadable) > MAX_MALFORMED:
                raise LogError(
                    f"{path}: more than {MAX_MALFORMED:,} rows are malformed, the first: {problems.examples[0]}."
                )
        if len(batch) == BATCH:
            batches.append(_batch(batch, schema))
            batch = []
    return pa.Table.from_batches([*batches, _batch(batch, schema)], schema), problems, tuple(unreadable)


def _names(header: tuple[int, list[str], str], path: Path, problems: Problems) -> list[str]:
    _, row, wrong = header
    if wrong:
        raise LogError(f"{path}: the first line must name the columns, but {wrong}.")
    names = [name.strip() or f"column {i}" for i, name in enumerate(row, 1)]
    for i, name in enumerate(row, 1):
        if not name.strip():
            problems.add("column without a name", None, names[i - 1], None, "named after its position")
    return check_names(names, str(path))


def check_names(names: list[str], path: str) -> list[str]:
    """Return the names; refuse two columns of one name."""
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise LogError(
            f"{path}: the column names {', '.join(map(repr, twice))} occur more than once. Make them unique."
        )
    return names


def _batch(rows: list[list[str] | list[None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)


def read_parquet(path: str | Path) -> SourceTable:
    """Read a Parquet file with all its columns.

    Parameters
    ----------
    path : str or Path
        One file (not a folder of parts).

    Returns
    -------
    SourceTable
        Columns as typed in the file.

    Raises
    ------
    LogError
        If it is no readable Parquet file or has a column name twice.

    Examples
    --------
    >>> read_parquet(examples / "orders.parquet").table.num_rows
    3
    """
    path = Path(path)
    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        table.validate(full=True)  # also that texts are UTF-8
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LogError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}).") from None
    check_names(table.column_names, str(path))
    sha256, size = fingerprint(path)
    return SourceTable(str(path), "parquet", sha256, size, table.replace_schema_metadata(None))
