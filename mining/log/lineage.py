"""What became of every row of the source: used as what, or dropped why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.log.times import first_rows


@dataclass(frozen=True)
class Dropped:
    """Rows left out for one reason, with the first of their 1-based numbers."""

    reason: str
    count: int
    rows: tuple[int, ...]

    def __str__(self) -> str:
        more = ", ..." if self.count > len(self.rows) else ""
        return f"{self.count:,} {self.reason} (row{'s' * (self.count > 1)} {', '.join(map(str, self.rows))}{more})"


@dataclass(frozen=True)
class Lineage:
    """The account of all rows.

    Attributes
    ----------
    rows_in : int
        Rows of the source.
    used : dict of str to int
        Rows that became part of an activity instance, as its completion, start or schedule.
    dropped : tuple of Dropped
        The others, by reason, most first.
    """

    rows_in: int
    used: dict[str, int]
    dropped: tuple[Dropped, ...]

    def __post_init__(self) -> None:
        if self.rows_in != sum(self.used.values()) + self.rows_dropped:
            raise AssertionError(
                f"rows do not add up: {self.rows_in} in, {self.used} used, {self.rows_dropped} dropped"
            )

    @property
    def rows_dropped(self) -> int:
        """Number of rows left out."""
        return sum(d.count for d in self.dropped)

    def __str__(self) -> str:
        used = ", ".join(f"{n:,} as {role}" for role, n in self.used.items() if n)
        dropped = "; ".join(map(str, self.dropped))
        return f"{self.rows_in:,} rows: {used or 'none used'}; dropped: {dropped or 'none'}"


class Fate:
    """Marks rows with the first reason to drop them, or with their use."""

    def __init__(self, rows: int) -> None:
        self._code = np.zeros(rows, np.int32)
        self._reasons: list[str] = [""]
        self._uses: dict[int, str] = {}

    @property
    def alive(self) -> np.ndarray:
        """Bool array: neither used nor dropped so far."""
        return np.equal(self._code, 0)

    def drop(self, mask: np.ndarray, reason: str) -> None:
        """Drop the rows under ``mask`` that are still there."""
        self._mark(mask & self.alive, reason)

    def use(self, rows: np.ndarray, role: str) -> None:
        """Record the use of rows (0-based)."""
        mask = np.zeros(len(self._code), bool)
        mask[rows] = True
        self._uses[self._mark(mask & self.alive, role)] = role

    def _mark(self, mask: np.ndarray, word: str) -> int:
        self._reasons.append(word)
        self._code[mask] = len(self._reasons) - 1
        return len(self._reasons) - 1

    def lineage(self) -> Lineage:
        """Sum up. Rows that were neither used nor dropped break the account and raise AssertionError."""
        counts = np.bincount(self._code, minlength=len(self._reasons))
        dropped = [
            Dropped(word, int(counts[i]), tuple(first_rows(self._code == i)))
            for i, word in enumerate(self._reasons)
            if i and i not in self._uses and counts[i]
        ]
        used: dict[str, int] = {}
        for i, role in self._uses.items():
            used[role] = used.get(role, 0) + int(counts[i])
        return Lineage(len(self._code), used, tuple(sorted(dropped, key=lambda d: (-d.count, d.reason))))
