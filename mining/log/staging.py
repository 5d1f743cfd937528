"""A CSV or Parquet file that does not fit into memory, as a Parquet file whose columns can be read one by one."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mining.errors import LogError
from mining.log import csv_fast, tabular
from mining.log.columns import check_names, plain_types
from mining.log.encodings import find_encoding, utf8_chunks
from mining.log.header import check_header
from mining.log.parquet import refuse_store
from mining.log.table import Problems, SourceTable, fingerprint

BATCH = 250_000  # rows


@dataclass(frozen=True, eq=False)
class Staged:
    """A source of which only the account is in memory.

    Attributes
    ----------
    source : SourceTable
        As a reader would give it, but without rows.
    file : Path
        Parquet: the columns, rows in file order.
    rows : int
    """

    source: SourceTable
    file: Path
    rows: int

    def columns(self, *names: str) -> SourceTable:
        """The source with some of its columns only, in memory."""
        with pq.ParquetFile(self.file) as file:
            table = plain_types(file.read(columns=list(names)).select(list(names)))
        return replace(self.source, table=table.replace_schema_metadata(None))

    def batches(self, names: list[str]) -> Iterator[tuple[int, pa.Table]]:
        """Some columns piece by piece, each with the number of rows before it."""
        before = 0
        with pq.ParquetFile(self.file) as file:
            for batch in file.iter_batches(BATCH, columns=names):
                yield before, plain_types(pa.table(batch).select(names))
                before += batch.num_rows

    def words(self, name: str) -> list[str]:
        """The distinct texts of a column."""
        found: set[str] = set()
        for _, batch in self.batches([name]):
            found.update(word for word in pc.unique(batch[name]).to_pylist() if word is not None)
        return sorted(found)


def stage(
    path: str | Path,
    folder: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: int | None = None,
) -> Staged:
    """Make a file readable column by column.

    Parameters
    ----------
    path : str or Path
        A CSV file (also gzipped) or a Parquet file.
    folder : Path
        Where a CSV file is written to as Parquet.
    encoding, delimiter, header
        As in `mining.log.tabular.read_csv`.

    Raises
    ------
    LogError
        If it is none of the two, or as the readers of these say.
    """
    path = Path(path)
    check_header(path, header)
    if path.is_dir():
        raise LogError(
            f"{path} is a folder; only one CSV or Parquet file is read piece by piece. Read it with read_log instead."
        )
    if not path.is_file():
        raise LogError(f"no such file: {path}.")
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return _parquet(path)
    if not {s.lower() for s in path.suffixes} & {".csv", ".tsv"}:
        raise LogError(f"{path}: only CSV and Parquet files are read piece by piece. Read it with read_log instead.")
    return _csv(path, folder / "staged.parquet", encoding, delimiter, header)


def _parquet(path: Path) -> Staged:
    try:
        with pq.ParquetFile(path) as file:
            schema, rows, metadata = file.schema_arrow, file.metadata.num_rows, file.metadata
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LogError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}).") from None
    refuse_store(path, metadata)
    check_names(schema.names, str(path))
    sha256, size = fingerprint(path)
    table = plain_types(schema.empty_table()).replace_schema_metadata(None)
    return Staged(SourceTable(str(path), "parquet", sha256, size, table), path, rows)


def _csv(path: Path, file: Path, encoding: str | None, delimiter: str | None, header: int | None) -> Staged:
    try:
        found = _by_blocks(path, file, encoding, delimiter, header)
    except csv_fast.NotPlain:
        found = None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
    if found:
        return found
    source = tabular.read_csv(
        path, encoding=encoding, delimiter=delimiter, header=header
    )  # by the lane that names every fault
    pq.write_table(source.table, file, compression="zstd")
    return Staged(replace(source, table=source.table.schema.empty_table()), file, source.table.num_rows)


def _by_blocks(
    path: Path, file: Path, encoding: str | None, delimiter: str | None, header: int | None
) -> Staged | None:
    """The file block by block, by the fast lane of `mining.log.tabular`; None where its head is not for that lane."""
    dialect = tabular._dialect(path, find_encoding(path, encoding), delimiter, header)
    if not dialect.delimiter.isascii():
        return None
    blocks = csv_fast.blocks(utf8_chunks(path, dialect.encoding), csv_fast.BLOCK)
    block, last = next(blocks)
    block = csv_fast.below(block, dialect.skip)
    row, end, lines = csv_fast.header(block, dialect.delimiter, last)
    if len(row) < 2:
        return None
    problems, malformed, most = Problems(), list[csv_fast.Malformed](), tabular.MAX_MALFORMED
    names = tabular._names((1, row, ""), path, problems)
    schema, rows = pa.schema([(name, pa.string()) for name in names]), 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in csv_fast.tables(
            blocks, block[end:], last, dialect.delimiter, names, dialect.skip + lines, malformed, most
        ):
            writer.write_table(table.cast(schema))
            rows += table.num_rows
    for one in malformed:
        wrong = tabular._width(one.fields, names)
        tabular._malformed(problems, one.number, one.line, one.row, dialect.delimiter, wrong)
    if len(malformed) > most:
        raise tabular._too_many(path, problems, dialect.hint)
    sha256, size = fingerprint(path)
    unreadable = tuple(one.number for one in malformed)
    notes = tabular._notes(dialect, encoding, delimiter, header)
    if dialect.encoding == "gb18030" and not encoding:
        return None  # what is to be said of that, the reader says
    source = SourceTable(
        str(path), "csv", sha256, size, schema.empty_table(), tuple(problems.examples), tuple(notes), dict(problems.counts),
        unreadable, extras=tabular._extras(dialect),
    )  # fmt: skip
    return Staged(source, file, rows)
