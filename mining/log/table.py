"""What a reader hands over: every column as read, in file order, and everything that was odd about it."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES = 20  # problems of one kind that are kept word for word; all of them are counted


@dataclass(frozen=True)
class Problem:
    """One thing in the source that could not be taken as it is.

    Attributes
    ----------
    kind : str
        What sort of problem; the key of the exact counts.
    row : int or None
        1-based number of the data row (event) it is about. None: not about one row.
    column : str or None
        Column it is about.
    raw : str or None
        The text as it stands in the source, cut to 80 characters.
    what : str
        What was done about it.
    """

    kind: str
    row: int | None = None
    column: str | None = None
    raw: str | None = None
    what: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (f"row {self.row}" if self.row else "", f"column {self.column!r}" if self.column else "")
            if part
        )
        raw = "" if self.raw is None else f" {self.raw!r}"
        return f"{self.kind}{f' ({place})' if place else ''}{':' if raw or self.what else ''}{raw} {self.what}".rstrip()


class Problems:
    """Collects problems: exact counts per kind, the first few of each kind word for word."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: list[Problem] = []

    def add(
        self,
        kind: str,
        row: int | None = None,
        column: str | None = None,
        raw: str | None = None,
        what: str = "",
        times: int = 1,
    ) -> None:
        """Count a problem ``times`` times and keep it as an example while there are few of its kind."""
        if self.counts[kind] < EXAMPLES:
            self.examples.append(Problem(kind, row, column, None if raw is None else raw[:80], what))
        self.counts[kind] += times


@dataclass(frozen=True, eq=False)
class SourceTable:
    """A log file as it was read, before any column has a meaning.

    Attributes
    ----------
    path : str
        Where it came from; ``"<frame>"`` for a data frame.
    format : str
        One of csv, xes, xes.gz, parquet, frame.
    sha256 : str
        Hash of the bytes of the file as stored.
    size : int
        Number of those bytes.
    table : pyarrow.Table of shape (n_rows, n_columns)
        All columns, rows in file order. Row ``i`` of the source is ``table[i - 1]``.
    problems : tuple of Problem
        The first problems of each kind.
    notes : tuple of str
        Assumptions made while reading.
    problem_counts : dict of str to int
        Exact number of problems of each kind.
    rejected : dict of str to int64 array
        Per column: 1-based rows whose value is null in ``table`` because it is not what the source says it is.
    unreadable : tuple of int
        1-based numbers of rows that stand in ``table`` with nulls only because they could not be split into columns.
    extras : dict of str to object
        What the source says that is no column, by name. Of XES: ``extensions`` and ``classifiers`` (lists of dicts as
        written), ``attributes`` (of the log as a whole, with what stands below them), ``offsets`` (per date column an
        int16 array of shape (n_rows,): minutes east of UTC of the zone that the value names, ``mining.log.iso_bytes.NO_OFFSET``
        where it is missing or names none).
    """

    path: str
    format: str
    sha256: str
    size: int
    table: pa.Table
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    problem_counts: dict[str, int] = field(default_factory=dict)
    unreadable: tuple[int, ...] = ()
    rejected: dict[str, np.ndarray] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        counts = "; ".join(f"{kind}: {n:,}" for kind, n in self.problem_counts.items())
        return (
            f"<SourceTable {self.path} ({self.format}, {self.size:,} bytes): {self.table.num_rows:,} rows, "
            f"{self.table.num_columns} columns{f'; problems: {counts}' if counts else ''}>"
        )


def fingerprint(path: Path) -> tuple[str, int]:
    """SHA-256 and size in bytes of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return digest.hexdigest(), path.stat().st_size
