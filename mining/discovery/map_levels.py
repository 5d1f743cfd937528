"""The map of a log at a level of detail: which activities are shown, what follows what among them, and after how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mining.discovery.observed import Observed
from mining.errors import MiningError
from mining.flow.spreads import exact_quantiles
from mining.pictures.map_content import Arc, strength, strongest
from mining.pictures.process_map import LEAST_CASES
from mining.units import MISSING

MOST_BOXES = 40  # more activities than this are drawn as the most frequent and one box for the others
MOST_ARCS = 120
LEGIBLE, LEGIBLE_ARCS = 15, 40  # activities and arcs where nobody asks for more or less


@dataclass(frozen=True)
class Median:
    """Median of what was measured; None where nothing was, or in fewer than five cases (``few``)."""

    seconds: float | None
    few: bool


@dataclass(frozen=True, eq=False)
class Level:
    """The log without the activities that are not shown.

    Attributes
    ----------
    observed : Observed
    shown : tuple of str
        Activities with a box of their own, most frequent first.
    merged : tuple of str
        Activities in the box for the others.
    """

    observed: Observed
    shown: tuple[str, ...]
    merged: tuple[str, ...] = ()

    @cached_property
    def other(self) -> str:
        """Id of the box for the others."""
        name = "other"
        while name in self.observed.names:
            name += "+"
        return name

    @property
    def boxes(self) -> tuple[str, ...]:
        """Ids of all boxes."""
        return (*self.shown, self.other) if self.merged else self.shown

    @cached_property
    def counts(self) -> dict[str, int]:
        """Instances by box."""
        found = {name: self.observed.activities[name] for name in self.shown}
        return found | ({self.other: sum(self.observed.activities[x] for x in self.merged)} if self.merged else {})

    @cached_property
    def pool(self) -> list[Arc]:
        """All arcs, strongest first; those over hidden activities apart from those that are direct."""
        names, k = self.boxes, len(self.boxes)
        keys, times = np.unique(self._key, return_counts=True)
        found = []
        for key, n in zip(keys.tolist(), times.tolist(), strict=True):
            middle = self.between.get(key, Median(None, False))
            pair, indirect = divmod(key, 2)
            found.append(Arc(names[pair // k], names[pair % k], n, bool(indirect), middle.seconds, middle.few))
        found += [Arc(None, names[code], n, bool(hidden)) for code, hidden, n in self._borders(first=True)]
        found += [Arc(names[code], None, n, bool(hidden)) for code, hidden, n in self._borders(first=False)]
        return sorted(found, key=strength)

    def arcs(self, share: float, most: int) -> list[Arc]:
        """The arcs to draw: those that join every box with start and end, and the strongest up to a share of the transitions."""
        return strongest(self.pool, self.boxes, most, share)

    @cached_property
    def _box(self) -> np.ndarray:
        """Box of each instance, -1 where it is not shown."""
        number = {name: k for k, name in enumerate(self.shown)} | dict.fromkeys(self.merged, len(self.shown))
        codes = np.array([number.get(name, -1) for name in self.observed.names] or [-1], np.int64)
        return codes[self.observed.activity]

    @cached_property
    def _rows(self) -> np.ndarray:
        return np.flatnonzero(self._box >= 0)

    @cached_property
    def _case(self) -> np.ndarray:
        offsets = self.observed.offsets
        return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[self._rows]

    @cached_property
    def _pairs(self) -> np.ndarray:
        """Positions in ``_rows`` of those that another of the same case follows."""
        return np.flatnonzero(self._case[:-1] == self._case[1:])

    @cached_property
    def _key(self) -> np.ndarray:
        """Of each pair: (box, box, whether others came between) as one number."""
        before, after = self._rows[self._pairs], self._rows[self._pairs + 1]
        return ((self._box[before] * len(self.boxes) + self._box[after]) * 2 + (after - before > 1)).astype(np.int64)

    def _borders(self, *, first: bool) -> list[tuple[int, int, int]]:
        """Boxes that cases begin (end) with, whether hidden ones came before (after), and how many cases."""
        if not len(self._rows):
            return []
        change = self._case[1:] != self._case[:-1]
        mine = np.flatnonzero(np.r_[True, change] if first else np.r_[change, True])
        rows, case = self._rows[mine], self._case[mine]
        edge = self.observed.offsets[case] if first else self.observed.offsets[case + 1] - 1
        keys, times = np.unique(self._box[rows] * 2 + (rows != edge), return_counts=True)
        return [(key // 2, key % 2, n) for key, n in zip(keys.tolist(), times.tolist(), strict=True)]

    @cached_property
    def has_starts(self) -> np.ndarray:
        """By activity of the log: whether most of its instances have a start."""
        n = max(len(self.observed.names), 1)
        known = np.bincount(self.observed.activity[self.observed.start != MISSING], minlength=n)
        return known * 2 > np.bincount(self.observed.activity, minlength=n)

    @cached_property
    def between(self) -> dict[int, Median]:
        """By pair of boxes: median time from the completion of one to the start of the next, or to its completion.

        Of an activity most of whose starts are known, instances without a start are not measured; of another the completion counts.
        """
        before, after = self._rows[self._pairs], self._rows[self._pairs + 1]
        to_start = self.has_starts[self.observed.activity[after]]
        until = np.where(to_start, self.observed.start[after], self.observed.end[after])
        measured = until != MISSING
        value = np.maximum(until[measured] - self.observed.end[before][measured], 0)
        return medians(self._key[measured], value, self._case[self._pairs][measured])

    @cached_property
    def processing(self) -> dict[str, Median]:
        """By box: median time from start to completion, of the instances whose start is known."""
        start, end = self.observed.start[self._rows], self.observed.end[self._rows]
        measured = start != MISSING
        value = np.maximum(end[measured] - start[measured], 0)
        found = medians(self._box[self._rows][measured], value, self._case[measured])
        return {self.boxes[key]: median for key, median in found.items()}


def medians(key: np.ndarray, value: np.ndarray, case: np.ndarray) -> dict[int, Median]:
    """Median of the values (microseconds) by key, in seconds; none where fewer than five cases have one."""
    if not len(key):
        return {}
    keys, (middle,) = exact_quantiles(key, value, (0.5,))
    width = int(case.max()) + 1
    _, cases = np.unique(np.unique(key * width + case) // width, return_counts=True)
    few = cases < LEAST_CASES
    found = zip(keys.tolist(), middle.tolist(), few.tolist(), strict=True)
    return {k: Median(None if rare else m, rare) for k, m, rare in found}


def level_of(observed: Observed, share: float | None) -> Level:
    """The most frequent activities that together are this share of the activity instances; None: as many as are legible.

    Raises
    ------
    MiningError
        If no activity was completed.
    """
    order = by_frequency(observed)
    if not order:
        raise MiningError("There is nothing to draw: the log has no activities.")
    return level_with(observed, LEGIBLE if share is None else covering([observed.activities[x] for x in order], share))


def level_with(observed: Observed, n: int) -> Level:
    """The n most frequent activities; where they are more than 40, the rarest of them in one box."""
    wanted = by_frequency(observed)[:n]
    if len(wanted) <= MOST_BOXES:
        return Level(observed, tuple(wanted))
    return Level(observed, tuple(wanted[: MOST_BOXES - 1]), tuple(wanted[MOST_BOXES - 1 :]))


def by_frequency(observed: Observed) -> list[str]:
    """Activities that occur, the most frequent first, ties by name."""
    return sorted(observed.activities, key=lambda name: (-observed.activities[name], name))


def covering(counts: Sequence[int], share: float) -> int:
    """How many of the counts, largest first, are at least this share of their sum; at least one.

    Examples
    --------
    >>> covering([6, 3, 1], 0.9), covering([6, 3, 1], 0.91), covering([6, 3, 1], 0)
    (2, 3, 1)
    """
    wanted, seen = share * sum(counts) - 1e-9 * sum(counts), 0
    for k, n in enumerate(counts):
        seen += n
        if seen >= wanted:
            return k + 1
    return len(counts)
