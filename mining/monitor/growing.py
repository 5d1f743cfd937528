"""Arrays that grow, words with a number each, and the rows of a case as a chain: what a stream of rows is kept in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mining._kernels import kernel

FIRST = 1024  # places of a new array


class Growing:
    """An array to which rows are added at the end, in time that does not depend on how many there are.

    Examples
    --------
    >>> grown = Growing(np.int64)
    >>> grown.add(np.array([1, 2])); grown.add(np.array([3]))
    >>> grown.values.tolist()
    [1, 2, 3]
    """

    def __init__(self, dtype: Any, fill: Any = 0, width: int | None = None) -> None:
        """``width``: every row holds so many numbers. ``fill``: what a place holds before it is written to."""
        self._fill, self._size = fill, 0
        self._held = np.full(FIRST if width is None else (FIRST, width), fill, dtype)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> np.ndarray:
        """All rows, as a view that can be written to; of no use after the next row is added."""
        return self._held[: self._size]

    def add(self, rows: np.ndarray) -> None:
        """Add rows at the end."""
        before = self._size
        self.grow(before + len(rows))
        self._held[before : self._size] = rows

    def grow(self, size: int) -> None:
        """Have at least so many rows."""
        if size > len(self._held):
            more = np.full((max(size, 2 * len(self._held)), *self._held.shape[1:]), self._fill, self._held.dtype)
            more[: self._size] = self._held[: self._size]
            self._held = more
        self._size = max(size, self._size)


class Words:
    """Values with a number each, in the order in which they first came.

    Examples
    --------
    >>> words = Words()
    >>> words.codes(["b", "a", "b"]).tolist(), words.known
    ([0, 1, 0], ['b', 'a'])
    """

    def __init__(self) -> None:
        self.known: list[Any] = []
        self.code: dict[Any, int] = {}
        self._array = Growing(object, None)

    def __len__(self) -> int:
        return len(self.known)

    def codes(self, values: Iterable[Any]) -> np.ndarray:
        """The number of each value; a new value gets the next one."""
        return np.array([self._code(value) for value in values], np.int32)

    def at(self, codes: np.ndarray) -> np.ndarray:
        """The values with these numbers, as objects; None for -1."""
        new = self.known[len(self._array) :]
        if new:
            more = np.empty(len(new), object)
            more[:] = new
            self._array.add(more)
        found = np.full(len(codes), None, object)
        there = codes >= 0
        found[there] = self._array.values[codes[there]]
        return found

    def _code(self, value: Any) -> int:
        found = self.code.get(value)
        if found is None:
            found = self.code[value] = len(self.known)
            self.known.append(value)
        return found


class Chains:
    """Which rows belong to which group, such as the rows of a case, in the order in which they came."""

    def __init__(self) -> None:
        self._previous = Growing(np.int64, -1)
        self._last = Growing(np.int64, -1)
        self._number = Growing(np.int64, 0)

    def add(self, group: np.ndarray, n_groups: int) -> None:
        """Add rows with their groups; -1: the row belongs to none."""
        first = len(self._previous)
        self._previous.grow(first + len(group))
        self._last.grow(n_groups)
        self._number.grow(n_groups)
        _link(
            np.ascontiguousarray(group, np.int64), first, self._previous.values, self._last.values, self._number.values
        )

    def sizes(self, groups: np.ndarray) -> np.ndarray:
        """How many rows each of some groups has."""
        found: np.ndarray = self._number.values[groups]
        return found

    def rows(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of some groups, group after group, ascending in each; and where those of each begin, and where all end."""
        offsets = np.concatenate(([0], np.cumsum(self._number.values[groups])))
        found = np.empty(int(offsets[-1]), np.int64)
        _gather(np.ascontiguousarray(groups, np.int64), self._last.values, self._previous.values, offsets, found)
        return found, offsets


@kernel
def _link(group, first, previous, last, number):  # type: ignore[no-untyped-def]  # pragma: no cover
    for i in range(group.size):
        g = group[i]
        if g >= 0:
            previous[first + i] = last[g]
            last[g] = first + i
            number[g] += 1


@kernel
def _gather(groups, last, previous, offsets, found):  # type: ignore[no-untyped-def]  # pragma: no cover
    for i in range(groups.size):
        row = last[groups[i]]
        place = offsets[i + 1]
        while row >= 0:
            place -= 1
            found[place] = row
            row = previous[row]
