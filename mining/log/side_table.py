"""Small tables beside the log that people keep: opened whole, with what cannot be read for sure refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from mining.errors import LogError
from mining.log.frames import source_from_frame
from mining.log.source import read_source
from mining.log.table import SourceTable


def read_side_table(source: str | Path | Any, **reading: Any) -> SourceTable:
    """Open a file or a frame; ``reading`` is for :func:`mining.log.source.read_source`.

    Raises
    ------
    LogError
        If a row cannot be split into columns.
    """
    table = read_source(source, **reading) if isinstance(source, str | Path) else source_from_frame(source)
    if table.unreadable:
        raise LogError(
            f"{table.path}: row {table.unreadable[0]:,} cannot be split into columns: {table.problems[0]}. "
            "Put quotes around values that hold the delimiter."
        )
    return table


def values_of(table: SourceTable, name: str) -> pa.ChunkedArray:
    """A column without doubt.

    Raises
    ------
    LogError
        If a cell of it holds an error.
    """
    rejected = table.rejected.get(name)
    if rejected is not None and len(rejected):
        raise LogError(f"{table.path}: row {int(rejected[0]):,}, {name}: the cell holds an error, no value.")
    return table.table[name]
