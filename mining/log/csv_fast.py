"""The fast lane for CSV: Arrow splits the bytes, after a proof that it will split them as the careful reader does."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

from mining.log.columns import CODED, TEXT, repeats
from mining.log.csv_scan import MAX_LINE, scan
from mining.log.table import EXAMPLES

BLOCK = 16_000_000  # bytes that are read at a time


@dataclass(frozen=True)
class Malformed:
    """A record with too many or too few fields: its number, its first line, how many fields, and (of the first ones) which."""

    number: int
    line: int
    fields: int
    row: list[str]


@dataclass
class _Progress:
    """What is before the bytes that come next."""

    records: int = 0
    lines: int = 0


class NotPlain(Exception):
    """The bytes need the careful reader."""


def below(block: bytes, lines: int) -> bytes:
    """The bytes after the first lines. Raises `NotPlain` if these are not all there, or end in another way than with ``\\n``."""
    at = 0
    for _ in range(lines):
        at = block.find(b"\n", at) + 1
        if not at:
            raise NotPlain
    if block[:at].replace(b"\r\n", b"").count(b"\r"):
        raise NotPlain
    return block[at:]


def header(block: bytes, delimiter: str, last: bool) -> tuple[list[str], int, int]:
    """The first record, the position after it, and the number of line ends up to there. Raises `NotPlain`."""
    none = np.empty((0, 5), np.int64)
    plain, end, records, lines, _ = scan(np.frombuffer(block, np.uint8), ord(delimiter), 0, last, 1, none)
    if not plain or not records:
        raise NotPlain
    return _split(block[:end], delimiter), end, lines


def _split(record: bytes, delimiter: str) -> list[str]:
    rows = csv.reader(io.StringIO(record.decode(), newline=""), delimiter=delimiter, strict=True)
    return next(row for row in rows if row)


def blocks(source: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """The bytes in pieces of at least ``size`` (but for the last), each with whether it is the last."""
    held, many = list[bytes](), 0
    for chunk in source:
        if many >= size:
            yield b"".join(held), False
            held, many = [], 0
        held.append(chunk)
        many += len(chunk)
    yield b"".join(held), True


def tables(
    source: Iterator[tuple[bytes, bool]], rest: bytes, last: bool, delimiter: str, names: list[str], lines: int,
    malformed: list[Malformed], most: int,
) -> Iterator[pa.Table]:  # fmt: skip
    """Read the records after the header, one table for each block.

    Parameters
    ----------
    source : iterator of (bytes, bool)
        The blocks that follow ``rest``; see `blocks`.
    rest, last
        What the first block holds after the header, and whether it is the last.
    delimiter : str
        An ASCII character.
    names : list of str
        At least two.
    lines : int
        Number of line ends before ``rest``.
    malformed : list of Malformed
        Is added to. Each stands in the tables as a row of nulls.
    most : int
        Once there are more malformed records, nothing further is read.

    Raises
    ------
    NotPlain
        If the bytes, or the way Arrow reads them, are not beyond doubt. Nothing that was read is to be used then.
    """
    progress = _Progress(0, lines)
    kinds: dict[str, pa.DataType] | None = None
    while True:
        data = np.frombuffer(rest, np.uint8)
        bad = np.empty((most + 1 - len(malformed), 5), np.int64)
        plain, end, records, lines, found = scan(data, ord(delimiter), len(names), last, len(data) + 1, bad)
        if not plain or len(data) - end > MAX_LINE or (last and end < len(data)):
            raise NotPlain
        bad = bad[:found]
        for number, before, begin, stop, fields in bad.tolist():
            row = _split(rest[begin:stop], delimiter) if len(malformed) < EXAMPLES else []
            malformed.append(Malformed(progress.records + number + 1, progress.lines + before + 1, fields, row))
        if len(malformed) > most:
            return
        if records:
            table, kinds = _table(rest[:end], delimiter, names, kinds, records, bad[:, 0])
            yield table
        progress.records += records
        progress.lines += lines
        if last:
            return
        more, last = next(source)
        rest = rest[end:] + more


def _table(
    data: bytes, delimiter: str, names: list[str], kinds: dict[str, pa.DataType] | None, records: int, bad: np.ndarray
) -> tuple[pa.Table, dict[str, pa.DataType] | None]:
    """The records as a table, those in ``bad`` as rows of nulls, and the types that the next tables are to have."""
    if data.startswith(codecs.BOM_UTF8):  # Arrow would take it for a mark of the encoding, in any block
        raise NotPlain
    if len(bad) == records:
        return pa.table({name: pa.nulls(records, TEXT) for name in names}), kinds
    skipped: list[int] = []

    def skip(row: pv.InvalidRow) -> str:
        skipped.append(row.actual_columns)
        return "skip"

    try:
        table = pv.read_csv(
            pa.BufferReader(data),
            pv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
            pv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
            pv.ConvertOptions(column_types=kinds or dict.fromkeys(names, TEXT), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        raise NotPlain from None
    if len(skipped) != len(bad) or table.num_rows + len(bad) != records:
        raise NotPlain
    if len(bad):
        at = np.arange(records) - np.searchsorted(bad, np.arange(records))
        hole = np.zeros(records, bool)
        hole[bad] = True
        table = table.take(pa.array(at, mask=hole))
    return (table, kinds) if kinds else _worthwhile(table)


def _worthwhile(table: pa.Table) -> tuple[pa.Table, dict[str, pa.DataType]]:
    """Encode the columns that repeat their values."""
    kinds = {}
    for i, name in enumerate(table.column_names):
        kinds[name] = CODED if repeats(table[name]) else TEXT
        if kinds[name] == CODED:
            table = table.set_column(i, name, table[name].dictionary_encode())
    return table, kinds


def joined(parts: list[pa.Table], names: list[str]) -> pa.Table:
    """One table; a column that any part encodes is encoded in all of them."""
    schema = pa.schema([(name, TEXT) for name in names])
    for part in parts:
        for i, kind in enumerate(part.schema.types):
            if pa.types.is_dictionary(kind):
                schema = schema.set(i, pa.field(names[i], kind))
    return pa.concat_tables([schema.empty_table(), *(part.cast(schema) for part in parts)])
