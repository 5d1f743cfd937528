"""Columns as every reader hands them over: names that occur once, and few types of text."""

from __future__ import annotations

import pyarrow as pa

from mining.errors import LogError

TEXT = pa.string()
CODED = pa.dictionary(pa.int32(), pa.string())
SAMPLE = 50_000  # first rows that decide whether a column of text is worth a dictionary
FEWEST = 1_000  # rows below which none is made
MOST_DISTINCT = 0.5  # share of distinct values up to which one is made


def check_names(names: list[str], path: str) -> list[str]:
    """Return the names; refuse two columns of one name."""
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise LogError(
            f"{path}: the column names {', '.join(map(repr, twice))} occur more than once. Make them unique."
        )
    return names


def repeats(first: pa.ChunkedArray | pa.Array) -> bool:
    """Whether text whose first rows are these is worth a dictionary. Only how it is held depends on it, not what it says."""
    sample = first.slice(0, SAMPLE)
    return len(sample) >= FEWEST and len(sample.unique()) <= MOST_DISTINCT * len(sample)


def plain_types(table: pa.Table) -> pa.Table:
    """Text as ``string`` or ``dictionary<int32, string>``, other dictionaries decoded, nothing else changed."""
    columns = [_plain(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(_storage(column))
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            chunks = [_coded(chunk) for chunk in column.chunks]
            return pa.chunked_array(chunks, CODED)
        return _plain(column.cast(kind.value_type))
    if _is_text(kind) and kind != TEXT:
        return _cast(column)
    return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)


def _coded(chunk: pa.DictionaryArray) -> pa.DictionaryArray:
    words = chunk.dictionary.cast(TEXT)
    return pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), words)


def _cast(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As ``string``, in parts that its 32-bit offsets can hold."""
    parts = list[pa.Array]()
    for chunk in column.chunks:
        step = max(1, len(chunk) // (1 + chunk.nbytes // 1_000_000_000))
        parts += [chunk.slice(at, step).cast(TEXT) for at in range(0, len(chunk), step)]
    return pa.chunked_array(parts, TEXT)
