"""Reads Parquet: one file, or a folder of parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mining.errors import LogError, MiningError, UnknownNameError
from mining.log.columns import SAMPLE, check_names, plain_types, repeats
from mining.log.stored import KEY
from mining.log.table import SourceTable, fingerprint

SUFFIXES = (".parquet", ".pq")


def read_parquet(path: str | Path, *, columns: Sequence[str] | None = None) -> SourceTable:
    """Read a Parquet file, or a folder of Parquet files that are parts of one table, in the order of their names.

    Parameters
    ----------
    path : str or Path
        A file or a folder. In a folder, files whose names begin with a dot or an underscore do not count.
    columns : sequence of str or None
        Only these, in this order. None: all.

    Returns
    -------
    SourceTable
        Columns as typed in the file; texts that repeat themselves are encoded in a dictionary. Of a folder, row numbers run
        through all parts, and the hash is over names and hashes of the parts.

    Raises
    ------
    LogError
        If it is no readable Parquet file, has a column name twice, or the parts are not parts of one table.
    UnknownNameError
        If one of ``columns`` does not exist.

    Examples
    --------
    >>> read_parquet(examples / "orders.parquet").table.num_rows
    3
    """
    path = Path(path)
    if not path.is_dir():
        table = _one(path, columns)
        sha256, size = fingerprint(path)
        return SourceTable(str(path), "parquet", sha256, size, table)
    parts = part_files(path)
    if not parts:
        raise LogError(f"{path} is a folder without Parquet files.")
    table, notes = _whole(path, parts, columns)
    sha256, size = _fingerprints(parts)
    return SourceTable(str(path), "parquet", sha256, size, table, notes=tuple(notes))


def part_files(folder: Path) -> list[Path]:
    """The Parquet files of a folder by name; empty if there are none.

    Raises
    ------
    LogError
        If there is something beside them: another file, or a folder.
    """
    names = sorted(p for p in folder.iterdir() if not p.name.startswith((".", "_")))
    parts = [p for p in names if p.is_file() and p.suffix.lower() in SUFFIXES]
    if parts and len(parts) < len(names):
        other = next(p for p in names if p not in parts)
        what = "folder" if other.is_dir() else "file"
        raise LogError(
            f"{folder}: beside {len(parts):,} Parquet files there is the {what} {other.name!r}, so they may not be the parts "
            "of one log. Name the one file that is meant, or put the parts into a folder of their own."
        )
    return parts


def refuse_store(path: Path, metadata: pq.FileMetaData) -> None:
    """Raise `LogError` for a store of a log: its rows are not those of the log, and its columns are bound already."""
    if KEY in (metadata.metadata or {}):
        raise LogError(
            f"{path} is a store of a log, which is read by itself with read_log and keeps its binding. To bind columns or labels, "
            "to convert again, or to read parts as one log, take what it was made of."
        )


def _one(path: Path, columns: Sequence[str] | None) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            refuse_store(path, file.metadata)
            names, coded = file.schema_arrow.names, _repeating(file)
            check_names(names, str(path))
            for name in columns or ():
                if name not in names:
                    raise UnknownNameError("column", name, names, str(path))
        with pq.ParquetFile(path, read_dictionary=coded) as file:
            table = file.read(columns=None if columns is None else list(columns))
        table = plain_types(table)
        table.validate(full=True)  # also that texts are UTF-8
    except MiningError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LogError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}).") from None
    return table if columns is None else table.select(list(columns))


def _repeating(file: pq.ParquetFile) -> list[str]:
    """Text columns that are worth a dictionary, by their first rows."""
    text = [field.name for field in file.schema_arrow if field.type in (pa.string(), pa.large_string())]
    first = next(file.iter_batches(SAMPLE, columns=text), None) if text else None
    return [] if first is None else [name for name in text if repeats(first[name])]


def _whole(folder: Path, parts: list[Path], columns: Sequence[str] | None) -> tuple[pa.Table, list[str]]:
    tables = [_one(part, columns) for part in parts]
    first, notes = tables[0].column_names, [f"folder of {len(parts):,} Parquet files, in the order of their names"]
    for part, table in zip(parts, tables, strict=True):
        if set(table.column_names) != set(first):
            odd = sorted(set(table.column_names) ^ set(first))
            raise LogError(
                f"{folder}: {part.name} and {parts[0].name} are not parts of one table: the column "
                f"{odd[0]!r} is only in one of them."
            )
    tables = [table.select(first) for table in tables]
    for name in first:
        if len({t.schema.field(name).type for t in tables}) > 1:
            tables = [t.set_column(t.column_names.index(name), name, _text(t[name])) for t in tables]
    try:
        whole = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise LogError(f"{folder}: the parts cannot be one table ({str(error).splitlines()[0]}).") from None
    for name in first:
        kinds = sorted({str(table.schema.field(name).type) for table in tables})
        if len(kinds) > 1:
            notes.append(
                f"column {name!r} is {' and '.join(kinds)} in the parts, read as {whole.schema.field(name).type}"
            )
    return whole, notes


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Encoded text as plain text, so that parts of both kinds fit together."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _fingerprints(parts: list[Path]) -> tuple[str, int]:
    digest, total = hashlib.sha256(), 0
    for part in parts:
        sha256, size = fingerprint(part)
        digest.update(f"{sha256} {size} {part.name}\n".encode())
        total += size
    return digest.hexdigest(), total
