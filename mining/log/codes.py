"""Text columns as codes: each row holds the position of its text among the distinct texts, which are sorted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.log.times import is_text


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of texts.

    Attributes
    ----------
    codes : int32 array of shape (n,)
        Position in ``words``, -1 where there is no text.
    words : pyarrow.Array of string
        The texts that occur, each once, sorted by code point.
    """

    codes: np.ndarray
    words: pa.Array

    @property
    def missing(self) -> np.ndarray:
        """Bool array of shape (n,): no text."""
        return np.less(self.codes, 0)

    def take(self, rows: np.ndarray) -> Coded:
        """The column at some rows; words that do not occur there are gone."""
        codes = self.codes[rows]
        there = _occurring(codes, len(self.words) + 1)
        if there[:-1].all():
            return Coded(codes, self.words)
        place = np.cumsum(there, dtype=np.int32) - np.int32(1)
        place[-1] = -1
        return Coded(place[codes], self.words.filter(pa.array(there[:-1])))

    def sort(self, order: np.ndarray) -> Coded:
        """The column with all its rows in another order."""
        return Coded(self.codes[order], self.words)


def coded(column: pa.ChunkedArray, name: str) -> Coded:
    """Read a column as text. Blank is no text; whole numbers are written without a decimal point.

    A column that is encoded as a dictionary is not decoded.

    Raises
    ------
    LogError
        If the column holds what has no plain text.

    Examples
    --------
    >>> two = coded(pa.chunked_array([["b", "a", " ", None, "b"]]), "x")
    >>> two.codes.tolist(), two.words.to_pylist()
    ([1, 0, -1, -1, 1], ['a', 'b'])
    """
    kind = column.type
    if pa.types.is_dictionary(kind) and not is_text(kind):
        column = column.cast(kind.value_type)
    if not is_text(column.type):
        column = _written(column, name)
    column = _one_dictionary(column)
    if not column.num_chunks:
        return Coded(np.empty(0, np.int32), pa.array([], pa.string()))
    codes = np.concatenate([_indices(chunk) for chunk in column.chunks])
    distinct = _utf8(
        column.chunk(0).dictionary
    ).dictionary_encode()  # a dictionary may hold nulls, blanks and a text twice
    words, word_of = distinct.dictionary, np.append(_indices(distinct), np.int32(-1))
    there = np.zeros(len(words) + 1, bool)
    there[word_of[_occurring(codes, len(word_of))]] = True
    there[:-1][pc.equal(pc.utf8_trim_whitespace(words), "").to_numpy(False).astype(bool)] = False
    order = pc.sort_indices(words).to_numpy()
    order = order[there[order]]
    rank = np.full(len(words) + 1, -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    place = rank[word_of]
    return Coded(place[codes], words.take(pa.array(order)))


def _one_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Encoded, with one dictionary for all chunks."""
    if pa.types.is_dictionary(column.type):
        try:
            return column.unify_dictionaries()
        except pa.ArrowInvalid:  # a dictionary holds nulls, or all of them together more than its index can count
            column = column.cast(column.type.value_type)
    return column.dictionary_encode().unify_dictionaries()


def _occurring(codes: np.ndarray, number: int) -> np.ndarray:
    """Bool array: the codes below ``number - 1`` that occur; the last one stands for -1 and is never said to occur."""
    there = np.zeros(number, bool)
    there[codes] = True
    there[-1] = False
    return there


def _indices(chunk: pa.DictionaryArray) -> np.ndarray:
    indices = chunk.indices
    found = pc.fill_null(indices.cast(pa.int32()), -1) if indices.null_count else indices
    return found.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)


def _utf8(words: pa.Array) -> pa.Array:
    return words if words.type == pa.string() else words.cast(pa.string())


def _written(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Values that are no texts, as texts."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        whole = pc.all(pc.equal(column, pc.floor(column))).as_py()
        fits = pc.all(pc.less(pc.abs(column), 2.0**53)).as_py()
        column = column.cast(pa.int64()) if whole and fits else column
    elif pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        raise LogError(f"column {name!r} holds {column.type}, which has no plain text.")
    return column.cast(pa.string())
