"""One value per case for the attributes a binding names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.binding import Attribute
from mining.errors import LogError
from mining.log.numbers import numbers
from mining.log.table import SourceTable
from mining.log.times import is_text, read_moments
from mining.units import MISSING

TYPES = ("string", "number", "datetime", "boolean")
TRUE, FALSE = {"true", "1", "yes", "y", "t", "是"}, {"false", "0", "no", "n", "f", "否"}


@dataclass(frozen=True, eq=False)
class CaseValues:
    """Values of shape (n_cases,) and what was assumed or lost in reading them."""

    values: np.ndarray
    notes: tuple[str, ...]


def case_values(
    source: SourceTable, attribute: Attribute, used_rows: np.ndarray, used_cases: np.ndarray, n_cases: int,
    tz: str | None, day_first: bool | None, decimal: str | None = None,
) -> CaseValues:  # fmt: skip
    """First non-missing value of each case, in case order.

    Parameters
    ----------
    source : SourceTable
    attribute : Attribute
        string gives object (str or None), number float64 (NaN missing), datetime int64 microseconds UTC
        (``mining.units.MISSING``), boolean object (True, False or None).
    used_rows, used_cases : int arrays of shape (n_used,)
        Source rows (0-based) in case order, and the position of the case of each.
    n_cases : int
    tz : str or None
        Zone of datetimes without one, unless the attribute names its own.
    day_first : bool or None
        See `mining.log.times.parse_texts`.
    decimal : str or None
        Decimal mark of numbers in text, unless the attribute names its own. None: see `mining.log.numbers.numbers`.

    Returns
    -------
    CaseValues

    Raises
    ------
    LogError
        If a datetime column cannot be read, or the decimal mark of a number column cannot be told.
    """
    column = source.table[attribute.column]
    empty: Any
    if attribute.type == "datetime":
        moments = read_moments(column, attribute.column, attribute.tz or tz, day_first, attribute.format)
        values, valid, empty = moments.values, moments.values != MISSING, MISSING
        notes, failed = list(moments.notes), int(moments.bad.sum())
    else:
        codes, words = _plain(column, attribute.column)
        empty, notes = (np.nan if attribute.type == "number" else None), []
        if attribute.type == "number":
            meant = _numbers(codes, words, attribute.column, attribute.decimal or decimal, notes)
        else:
            meant = _booleans(words) if attribute.type == "boolean" else _strings(words, is_text(column.type))
        values, valid, failed = _mapped(codes, meant, words, float if attribute.type == "number" else object)
    failed += len(source.rejected.get(attribute.column, ()))
    if failed:
        notes.append(f"column {attribute.column!r}: {failed:,} values are no {attribute.type} and count as missing")
    rows = valid[used_rows]
    cases, first = np.unique(used_cases[rows], return_index=True)
    result = np.full(n_cases, empty, values.dtype)
    picked = values[used_rows[rows]]
    result[cases] = picked[first]
    if varying := len(np.unique(used_cases[rows][picked != result[used_cases[rows]]])):
        notes.append(
            f"column {attribute.column!r}: {varying:,} cases hold several values; the first is taken, for an outcome the last"
        )
    return CaseValues(result, tuple(notes))


def objects(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Values as Python objects, None where missing."""
    result = np.empty(len(column), object)
    result[:] = column.to_pylist()
    return result


def _plain(column: pa.ChunkedArray, name: str) -> tuple[pa.Array, list[Any]]:
    """Codes and distinct values; blank texts are null."""
    if pa.types.is_nested(column.type):
        raise LogError(f"column {name!r} holds {column.type}, which is no single value.")
    if pa.types.is_dictionary(column.type):
        coded = pa.chunked_array(column.chunks, column.type).unify_dictionaries()
    else:
        coded = column.dictionary_encode().unify_dictionaries()
    if not coded.num_chunks:
        return pa.array([], pa.int32()), []
    codes = pa.concat_arrays([chunk.indices for chunk in coded.chunks])
    words = coded.chunk(0).dictionary.to_pylist()
    return codes, [None if isinstance(w, str) and not w.strip() else w for w in words]


def _mapped(codes: pa.Array, values: list[Any], words: list[Any], dtype: Any) -> tuple[np.ndarray, np.ndarray, int]:
    at = pc.fill_null(codes, -1).to_numpy()
    table = np.empty(len(values) + 1, object)
    table[:-1], table[-1] = values, None
    bad = np.array([*(w is not None and v is None for w, v in zip(words, values, strict=True)), False])
    known = np.array([v is not None for v in table])
    if dtype is float:
        table = np.array([np.nan if v is None else v for v in table], float)
    return table[at], known[at], int(bad[at].sum())


def _numbers(codes: pa.Array, words: list[Any], column: str, decimal: str | None, notes: list[str]) -> list[Any]:
    values = [None if isinstance(word, str) else _number(word) for word in words]
    rows = np.bincount(pc.drop_null(codes).to_numpy(), minlength=len(words)).tolist()
    at = [i for i, word in enumerate(words) if isinstance(word, str) and rows[i]]
    if at:
        read, note = numbers([words[i] for i in at], [rows[i] for i in at], column, decimal)
        notes += [note] if note else []
        for i, value in zip(at, read, strict=True):
            values[i] = value
    return values


def _number(word: Any) -> float | None:
    try:
        value = float(word)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if np.isfinite(value) else None


def _booleans(words: list[Any]) -> list[Any]:
    meant = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)
    return [meant.get(str(word).strip().casefold()) for word in words]


def _strings(words: list[Any], text: bool) -> list[Any]:
    return [str(word) if not text and word is not None else word for word in words]
