"""What became of every row of the source: used as what, or dropped why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mining.log.times import first_rows
from mining.units import MISSING

FIRST = 5  # rows of each reason that are named


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

    def __init__(self, rows: int, numbers: np.ndarray | None = None) -> None:
        """``numbers`` are the 1-based numbers of the rows; None: they are numbered as they come."""
        self._code = np.zeros(rows, np.int32)
        self._numbers = numbers
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

    def _first(self, mask: np.ndarray) -> tuple[int, ...]:
        if self._numbers is None:
            return tuple(first_rows(mask))
        return tuple(np.sort(self._numbers[mask])[:FIRST].tolist())

    def lineage(self) -> Lineage:
        """Sum up. Rows that were neither used nor dropped break the account and raise AssertionError."""
        counts = np.bincount(self._code, minlength=len(self._reasons))
        dropped = [
            Dropped(word, int(counts[i]), self._first(self._code == i))
            for i, word in enumerate(self._reasons)
            if i and i not in self._uses and counts[i]
        ]
        used: dict[str, int] = {}
        for i, role in self._uses.items():
            used[role] = used.get(role, 0) + int(counts[i])
        return Lineage(len(self._code), used, _by_count(dropped))


class Evidence(Protocol):
    """Arrays over activity instances that say which rows each is made of, as in `mining.log.EventLog`."""

    @property
    def end(self) -> np.ndarray:
        """Moment of completion."""

    @property
    def row(self) -> np.ndarray:
        """Row of the completion, or of the start where it never completed."""

    @property
    def start_row(self) -> np.ndarray:
        """Row of the start."""

    @property
    def scheduled_row(self) -> np.ndarray:
        """Row of the schedule."""


def uses(log: Evidence, kept: np.ndarray | None = None) -> dict[str, int]:
    """Rows that instances are made of, by role; a row that is completion and start counts once, as completion.

    Parameters
    ----------
    log : Evidence
    kept : bool array of shape (n_instances,) or None
        Only these instances. None: all.
    """
    done, starts, schedules = log.end != MISSING, log.start_row > 0, log.scheduled_row > 0
    apart = starts & (log.start_row != log.row)
    mine = np.ones(len(done), bool) if kept is None else kept
    return {
        "completion": int((done & mine).sum()),
        "start": int((~done & mine).sum() + (apart & mine).sum()),
        "schedule": int((schedules & mine).sum()),
    }


def without(lineage: Lineage, log: Evidence, kept: np.ndarray, reason: str) -> Lineage:
    """The account of all rows, with those of the instances that are not kept moved from used to dropped.

    Where ``log`` is a piece of that of ``lineage``, the rows of the other pieces are moved too; none of them is named.
    """
    used = uses(log, kept)
    gone = np.unique(np.concatenate([rows[~kept] for rows in (log.row, log.start_row, log.scheduled_row)]))
    number = sum(lineage.used.values()) - sum(used.values())
    left_out = [Dropped(reason, number, tuple(gone[gone > 0][:FIRST].tolist()))] if number else []
    return Lineage(
        lineage.rows_in, {role: used[role] for role in lineage.used}, _by_count((*lineage.dropped, *left_out))
    )


def merged(parts: Iterable[Lineage]) -> Lineage:
    """One account from those of parts of a source that share no row."""
    rows_in, used, dropped = 0, dict[str, int](), dict[str, Dropped]()
    for part in parts:
        rows_in += part.rows_in
        for role, n in part.used.items():
            used[role] = used.get(role, 0) + n
        for one in part.dropped:
            so_far = dropped.get(one.reason, Dropped(one.reason, 0, ()))
            rows = tuple(sorted((*so_far.rows, *one.rows))[:FIRST])
            dropped[one.reason] = Dropped(one.reason, so_far.count + one.count, rows)
    return Lineage(rows_in, used, _by_count(dropped.values()))


def _by_count(dropped: Iterable[Dropped]) -> tuple[Dropped, ...]:
    return tuple(sorted(dropped, key=lambda d: (-d.count, d.reason)))
