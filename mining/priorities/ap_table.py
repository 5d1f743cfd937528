"""The user's own table of action priorities: severity, occurrence, detection to H, M or L. None is shipped: it is its publishers'."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mining.errors import LogError, MiningError
from mining.findings import PRIORITIES

SCORES = ("s", "o", "d")
COLUMNS = (*SCORES, "ap")
SIZE = 10


@dataclass(frozen=True, eq=False)
class ApTable:
    """Action priority of every combination of scores.

    Attributes
    ----------
    path, sha256 : str
        The table, and the hash of its file (of a frame: of its values).
    code : int64 array of shape (10, 10, 10)
        Position in H, M, L of each (s, o, d), counted from 1.
    """

    path: str
    sha256: str
    code: np.ndarray

    def priority(self, s: int, o: int, d: int) -> str:
        """H, M or L.

        Raises
        ------
        MiningError
            For scores that are not whole numbers from 1 to 10.
        """
        for name, value in zip(SCORES, (s, o, d), strict=True):
            if not 1 <= value <= SIZE:
                raise MiningError(f"{name}: {value!r} is not a score from 1 to {SIZE}.")
        return PRIORITIES[int(self.code[s - 1, o - 1, d - 1])]

    def __repr__(self) -> str:
        counts = np.bincount(self.code.ravel(), minlength=3).tolist()
        return f"<ApTable {self.path}: " + ", ".join(f"{n} {p}" for p, n in zip(PRIORITIES, counts, strict=True)) + ">"


def read_ap_table(
    table: Any, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> ApTable:
    """Read a table of action priorities: 1,000 rows with the columns ``s``, ``o``, ``d`` (1 to 10) and ``ap`` (H, M or L).

    Parameters
    ----------
    table : str, Path or data frame
        CSV, Excel or a frame.
    encoding, delimiter, sheet : str, optional
        As in :func:`mining.read_roster`.

    Returns
    -------
    ApTable

    Raises
    ------
    LogError
        If a column is missing or there twice, a score is no whole number from 1 to 10, a priority none of H, M, L, a combination stands
        there twice, or any of the 1,000 is missing.

    Examples
    --------
    >>> import itertools, pandas as pd
    >>> rows = [(s, o, d, "H" if s > 8 else "L") for s, o, d in itertools.product(range(1, 11), repeat=3)]
    >>> read_ap_table(pd.DataFrame(rows, columns=["S", "O", "D", "AP"])).priority(9, 1, 1)
    'H'
    """
    from mining.log.frames import source_from_frame
    from mining.log.source import read_source

    if isinstance(table, str | Path):
        source = read_source(table, encoding=encoding, delimiter=delimiter, sheet=sheet)
    else:
        source = source_from_frame(table)
    names = _columns(source.path, source.table.column_names)
    values = {key: source.table[names[key]].to_pylist() for key in COLUMNS}
    code = np.full((SIZE,) * 3, -1, np.int64)
    row_of: dict[tuple[int, int, int], int] = {}
    for row, cells in enumerate(zip(*(values[key] for key in COLUMNS), strict=True), 1):
        s, o, d = (_score(source.path, row, key, cell) for key, cell in zip(SCORES, cells[:3], strict=True))
        word = str(cells[3] or "").strip().upper()
        if word not in PRIORITIES:
            raise LogError(f"{source.path}: row {row:,}, ap: {cells[3]!r} is none of H, M, L.")
        if (s, o, d) in row_of:
            raise LogError(
                f"{source.path}: rows {row_of[s, o, d]:,} and {row:,} both give a priority for s {s}, o {o}, d {d}. Keep one of them."
            )
        row_of[s, o, d] = row
        code[s - 1, o - 1, d - 1] = PRIORITIES.index(word)
    gaps = np.argwhere(code < 0) + 1
    if len(gaps):
        some = "; ".join(f"s {s}, o {o}, d {d}" for s, o, d in gaps[:3].tolist())
        raise LogError(
            f"{source.path}: {len(gaps):,} of the 1,000 combinations have no priority ({some}{' ...' if len(gaps) > 3 else ''}). "
            "Give every combination of 1 to 10 a row."
        )
    return ApTable(source.path, source.sha256, code)


def _columns(path: str, there: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in there:
        key = re.sub(r"[\s\-]+", "_", name.strip().casefold())
        if key in found:
            raise LogError(f"{path}: the columns {found[key]!r} and {name!r} both mean {key}. Keep one of them.")
        found[key] = name
    if missing := [key for key in COLUMNS if key not in found]:
        raise LogError(
            f"{path}: no column {' and no column '.join(missing)}. The columns are {', '.join(map(repr, there))}; "
            f"an action priority table has {', '.join(COLUMNS)}."
        )
    return found


def _score(path: str, row: int, key: str, value: Any) -> int:
    text = str(value).strip() if value is not None else ""
    text = text.removesuffix(".0")
    if not re.fullmatch(r"[1-9]|10", text):
        raise LogError(f"{path}: row {row:,}, {key}: {value!r} is not a whole number from 1 to {SIZE}.")
    return int(text)
