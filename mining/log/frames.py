"""Takes data frames as log sources: pandas, polars, Arrow, DuckDB, and whatever else hands over an Arrow stream."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
import pyarrow as pa

from mining.errors import LogError
from mining.log.columns import check_names, plain_types
from mining.log.table import Problems, SourceTable

DIGEST_ROWS = 65_536


def source_from_frame(frame: Any) -> SourceTable:
    """Take a data frame as a log source; row ``i`` of the source is its ``i``-th row, counted from 1.

    Parameters
    ----------
    frame : pandas, polars or Arrow frame of shape (n_rows, n_columns), or a DuckDB relation
        Anything that gives its columns by the Arrow C stream interface; a polars LazyFrame is collected. Not changed. Named
        index levels of a pandas frame become columns; an unnamed index is left out.

    Returns
    -------
    SourceTable
        With path ``"<frame>"``. Columns of mixed types become text and are counted as a problem. The hash is over the values,
        in whatever chunks and encodings they come.

    Raises
    ------
    LogError
        If it is no such frame, it has no columns or two of one name, or a query fails.

    Examples
    --------
    >>> source_from_frame(pd.DataFrame({"case": ["1"]})).table.num_rows
    1
    """
    problems, notes = Problems(), list[str]()
    if isinstance(frame, pd.DataFrame):
        table = _pandas(frame, problems)
    else:
        table = _arrow(frame, notes)
    if not table.num_columns:
        raise LogError("the frame has no columns.")
    table = plain_types(table).replace_schema_metadata(None)
    return SourceTable(
        "<frame>", "frame", digest(table), table.nbytes, table, tuple(problems.examples), tuple(notes),
        dict(problems.counts),
    )  # fmt: skip


def _pandas(frame: pd.DataFrame, problems: Problems) -> pa.Table:
    named = [name for name in frame.index.names if name is not None]
    names = check_names([str(name) for name in [*named, *frame.columns]], "the frame")
    whole = frame.reset_index(level=named) if named else frame
    columns = [_column(whole.iloc[:, i], name, problems) for i, name in enumerate(names)]
    return pa.table(dict(zip(names, columns, strict=True)))


def _column(series: pd.Series, name: str, problems: Problems) -> pa.Array:
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        problems.add("column of mixed types", None, name, None, "taken as text")
        return pa.array(
            [None if value is None or value is pd.NA or value != value else str(value) for value in series], pa.string()
        )


def _arrow(frame: Any, notes: list[str]) -> pa.Table:
    """An Arrow table of anything that speaks Arrow."""
    if not hasattr(frame, "__arrow_c_stream__") and callable(getattr(frame, "collect", None)):
        frame = frame.collect()  # a polars LazyFrame
    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    if not hasattr(frame, "__arrow_c_stream__") or isinstance(frame, pa.ChunkedArray):
        raise LogError(
            f"a data frame is needed (pandas, polars, Arrow, a DuckDB relation), not {type(frame).__name__}. "
            "A file is read by read_log."
        )
    if type(frame).__name__ == "DuckDBPyRelation":
        notes.append("the rows of a query without an order come in any order: ties are ordered as they came")
    try:
        table = pa.table(frame)
    except Exception as error:  # whatever the library of the frame raises
        raise LogError(f"the frame cannot be read: {str(error).splitlines()[0]}.") from error
    check_names(table.column_names, "the frame")
    return table


def digest(table: pa.Table) -> str:
    """SHA-256 over names, types and values; chunks and dictionaries make no difference."""
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in table.schema.types]
    schema = pa.schema(zip(table.column_names, kinds, strict=True))
    sink = hashlib.sha256(str([(name, str(kind)) for name, kind in zip(schema.names, kinds, strict=True)]).encode())
    for at in range(0, table.num_rows, DIGEST_ROWS):
        part = table.slice(at, DIGEST_ROWS).cast(schema)
        rows = pa.array(range(part.num_rows), pa.int64())
        buffer = pa.BufferOutputStream()
        with pa.ipc.new_stream(buffer, schema) as writer:
            writer.write_batch(part.take(rows).combine_chunks().to_batches()[0])
        sink.update(buffer.getvalue())
    return sink.hexdigest()
