"""How the tables of customers, shoppers and interviews are read: columns by their English or Chinese name, every bad row named."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mining.errors import LogError
from mining.log.attributes import FALSE, TRUE
from mining.log.codes import coded
from mining.log.frames import source_from_frame
from mining.log.header import look_below
from mining.log.numbers import numbers
from mining.log.source import read_source
from mining.log.table import SourceTable
from mining.log.times import AmbiguousDates, check_zone, is_text, iso_moments, localise, read_moments
from mining.units import MISSING

NUMBERS = re.compile("u?int|half|float|double|decimal")  # types of columns that hold numbers
MOST_RUNS = 60  # runs of bad rows that a message writes out; the error has all of them


class TableError(LogError):
    """Rows of a table that mean nothing. The message names them.

    Attributes
    ----------
    rows : dict of str to int64 array
        What is wrong to the 1-based data rows it is wrong in, all of them.
    """

    def __init__(self, path: str, table: str, problems: Mapping[str, np.ndarray]) -> None:
        self.rows = dict(problems)
        count = len(np.unique(np.concatenate(list(problems.values()))))
        lines = [f"- {what} ({len(rows):,}): {runs(rows)}" for what, rows in problems.items()]
        super().__init__(
            f"{path}: {count:,} {'row' if count == 1 else 'rows'} of the {table} table cannot be used; correct or remove them. Rows "
            "are counted from 1 below the names of the columns.\n" + "\n".join(lines)
        )


def runs(rows: np.ndarray, most: int = MOST_RUNS) -> str:
    """Row numbers as people write them.

    Examples
    --------
    >>> import numpy as np
    >>> runs(np.array([2, 3, 4, 9]))
    'rows 2-4, 9'
    """
    rows = np.unique(rows)
    heads = np.flatnonzero(np.r_[True, np.diff(rows) > 1])
    first, last = rows[heads], rows[np.r_[heads[1:] - 1, len(rows) - 1]]
    written = [
        f"{a:,}" if a == b else f"{a:,}-{b:,}" for a, b in zip(first[:most].tolist(), last[:most].tolist(), strict=True)
    ]
    more = f" and {len(first) - most:,} more runs" if len(first) > most else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {', '.join(written)}{more}"


@dataclass(frozen=True)
class Column:
    """A column that a table may have: its key, the names that mean it, whether the table must have it."""

    key: str
    names: tuple[str, ...] = ()
    needed: bool = False


def opened(source: Any, **how: Any) -> SourceTable:
    """A CSV, Excel or Parquet file, or a data frame, as a table of columns."""
    return read_source(source, **how) if isinstance(source, str | Path) else source_from_frame(source)


class Rows:
    """The columns of one table as typed arrays, and everything that is wrong with its rows.

    Parameters
    ----------
    source : SourceTable
    table : str
        What kind of table, for messages.
    columns : sequence of Column

    Raises
    ------
    LogError
        If a needed column is missing, two columns mean the same, the table has no rows, or rows cannot be split into columns.
    """

    def __init__(self, source: SourceTable, table: str, columns: Sequence[Column]) -> None:
        self.source, self.table, self.path = source, table, source.path
        self.names = _columns(source, table, columns)
        if source.unreadable:
            raise LogError(
                f"{source.path}: {runs(np.array(source.unreadable))} cannot be split into columns: {source.problems[0]}. "
                "Put quotes around values that hold the delimiter."
            )
        if not source.table.num_rows:
            raise LogError(f"{source.path}: the {table} table has no rows.")
        self.n = int(source.table.num_rows)
        self.row = np.arange(1, self.n + 1)
        self.notes: list[str] = []
        self._bad: dict[str, np.ndarray] = {}
        others = [name for name in source.table.column_names if name not in self.names.values()]
        if others:
            self.notes.append(
                f"columns without a meaning for a {table} table, left out: {', '.join(map(repr, others))}"
            )
        self.filled = self._filled()
        if not self.filled.any():
            raise LogError(f"{source.path}: the {table} table has no rows: all {self.n:,} are blank.")
        if not self.filled.all():
            self.notes.append(f"rows without a word, left out: {self.n - int(self.filled.sum()):,}")

    def has(self, key: str) -> bool:
        """Whether the table has the column."""
        return key in self.names

    def bad(self, what: str, mask: np.ndarray) -> None:
        """Say that something is wrong with some rows; :meth:`check` raises it."""
        mask = mask & self.filled
        if mask.any():
            rows = self.row[mask]
            self._bad[what] = np.union1d(self._bad[what], rows) if what in self._bad else rows

    def note(self, what: str, mask: np.ndarray | int) -> None:
        """Keep a note with a count, unless that is 0."""
        count = int(mask) if isinstance(mask, int) else int((mask & self.filled).sum())
        if count:
            self.notes.append(f"{what}: {count:,}")

    def check(self) -> None:
        """Raise what is wrong, if anything is.

        Raises
        ------
        TableError
        """
        if self._bad:
            raise TableError(self.path, self.table, self._bad)

    def text(self, key: str, *, needed: bool = False) -> np.ndarray:
        """Texts without blanks around them, None where there is none (object array of shape (n,))."""
        codes, words = self._coded(key)
        found = np.array([*(word.strip() for word in words), None], object)[codes]
        if needed:
            self.bad(f"no {key}", codes < 0)
        return found

    def number(self, key: str, *, decimal: str | None = None) -> np.ndarray:
        """Numbers, NaN where there is none (float64 array of shape (n,)); texts that mean none are bad."""
        if key not in self.names:
            return np.full(self.n, np.nan)
        column = self.source.table[self.names[key]]
        if NUMBERS.match(str(column.type)):
            found = column.cast("float64").to_numpy().astype(float)  # nulls become NaN
            self.bad(f"{key} is not a finite number", np.isinf(found))
            self._rejected(key)
            return found
        codes, words = self._coded(key)
        counts = np.bincount(codes[codes >= 0], minlength=len(words)).tolist()
        values, note = numbers(words, counts, self.names[key], decimal) if words else ([], "")
        if note:
            self.notes.append(note)
        meant = np.array([*(np.nan if value is None else value for value in values), np.nan])
        for i, value in enumerate(values):
            if value is None:
                self.bad(f"{key} {words[i]!r} is not a number", codes == i)
        return np.asarray(meant[codes])

    def moment(self, key: str, tz: str | None, day_first: bool | None = None, *, needed: bool = False) -> np.ndarray:
        """Microseconds UTC, ``MISSING`` where there is none (int64 array of shape (n,)).

        Moments without a zone are bad unless ``tz`` says it.

        Raises
        ------
        LogError
            If day and month cannot be told apart, or the column holds numbers.
        """
        if key not in self.names:
            return np.full(self.n, MISSING)
        check_zone(tz)
        column = self.source.table[self.names[key]]
        try:
            found = read_moments(column, self.names[key], "UTC", day_first)
        except LogError as error:
            if isinstance(error, AmbiguousDates) or not is_text(column.type):
                raise LogError(f"{self.path}: the {self.table} table cannot be used: {error}") from None
            found = iso_moments(
                column.cast("string")
            )  # no format reads most of them: those that are not ISO 8601 are named
        self.bad(f"{key} is not a moment that can be read", found.bad)
        if needed:
            self.bad(f"no {key}", (found.values == MISSING) & ~found.bad)
        if tz is None:
            what = f"{key} names no time zone; say it: tz='Europe/Berlin', or the zone of the service (blueprint.tz)"
            self.bad(what, found.naive)
        elif found.naive.any():
            self.note(f"{key} without a time zone, read as {tz}", found.naive)
            found = localise(found, tz, self.names[key])
        self._rejected(key)
        return found.values

    def choice(
        self, key: str, meanings: Mapping[str, str], *, needed: bool = False, blank: str | None = None
    ) -> np.ndarray:
        """One of few words, in any case (object array of shape (n,)); other words are bad.

        Parameters
        ----------
        key : str
        meanings : mapping of str to str
            What may be written, in lower case, to what it means.
        needed : bool
            Whether a blank is bad.
        blank : str or None
            What a blank means.
        """
        codes, words = self._coded(key)
        meant = [meanings.get(word.strip().casefold()) for word in words]
        known = ", ".join(dict.fromkeys(meanings.values()))
        for i, value in enumerate(meant):
            if value is None:
                self.bad(f"{key} {words[i]!r} is none of {known}", codes == i)
        if needed:
            self.bad(f"no {key}", codes < 0)
        return np.array([*meant, blank], object)[codes]

    def boolean(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Yes or no, and whether anything is said (two bool arrays of shape (n,)); other words are bad."""
        meanings = dict.fromkeys(TRUE, "yes") | dict.fromkeys(FALSE, "no") | {"wahr": "yes", "falsch": "no"}
        found = self.choice(key, meanings)
        return found == "yes", np.array([x is not None for x in found.tolist()], bool)

    def doubled(self, what: str, *keys: np.ndarray) -> None:
        """Rows of which another has the same values in all these columns are bad; those without the first do not count."""
        frame = pd.DataFrame({str(i): pd.factorize(key)[0] for i, key in enumerate(keys)})
        twice = np.zeros(self.n, bool)
        rows = np.flatnonzero(self.filled & pd.notna(keys[0]))
        twice[rows] = frame.iloc[rows].duplicated(keep=False).to_numpy()
        self.bad(what, twice)

    def agree(self, what: str, key: np.ndarray, value: np.ndarray, *, usual: bool = False) -> None:
        """Rows of one key must not have different values; those of keys that do are bad. Rows without a key or value do not count.

        With ``usual``, where most rows of a key have one value, only its other rows are bad.
        """
        rows = np.flatnonzero(self.filled & pd.notna(key) & pd.notna(value))
        pairs = pd.DataFrame({"key": pd.factorize(key[rows])[0], "value": pd.factorize(value[rows])[0]})
        several = pairs.drop_duplicates().groupby("key").size()
        wrong = np.zeros(self.n, bool)
        wrong[rows] = pairs["key"].isin(several.index[several > 1]).to_numpy()
        if usual and wrong.any():
            share = pairs.groupby(["key", "value"])["key"].transform("size") / pairs.groupby("key")["key"].transform(
                "size"
            )
            wrong[rows] &= (share <= 0.5).to_numpy()
        self.bad(what, wrong)

    def frame(self, columns: Mapping[str, np.ndarray], keep: np.ndarray | None = None) -> pd.DataFrame:
        """The columns as a frame with the number of each row, blank rows left out; texts stay objects, so that None stays None."""
        rows = np.flatnonzero(self.filled if keep is None else self.filled & keep)
        made = {key: pd.Series(array[rows], dtype=array.dtype) for key, array in columns.items()}
        return pd.DataFrame(made | {"row": self.row[rows]})

    def _coded(self, key: str) -> tuple[np.ndarray, list[str]]:
        if key not in self.names:
            return np.full(self.n, -1), []
        found = coded(self.source.table[self.names[key]], self.names[key])
        self._rejected(key)
        return found.codes, found.words.to_pylist()

    def _rejected(self, key: str) -> None:
        """Cells that hold an error of a spreadsheet, or no value of the type of their column."""
        rejected = self.source.rejected.get(self.names[key])
        if rejected is not None and len(rejected):
            wrong = np.zeros(self.n, bool)
            wrong[np.asarray(rejected) - 1] = True
            self.bad(f"{key}: the cell holds an error, no value", wrong)

    def _filled(self) -> np.ndarray:
        """Rows with anything in a column that has a meaning."""
        found = np.zeros(self.n, bool)
        for name in self.names.values():
            column = self.source.table[name]
            if is_text(column.type):
                found |= ~coded(column, name).missing
            else:
                found |= ~column.is_null(nan_is_null=True).to_numpy().astype(bool)
            rejected = self.source.rejected.get(name)
            if rejected is not None and len(rejected):
                found[np.asarray(rejected) - 1] = True
        return found


def _columns(source: SourceTable, table: str, columns: Sequence[Column]) -> dict[str, str]:
    """Key to name of the column: in English or Chinese, in any case, with blanks or hyphens for the underscore."""
    meant = {_plain(name): column.key for column in columns for name in (column.key, *column.names)}
    found: dict[str, str] = {}
    for name in source.table.column_names:
        key = meant.get(_plain(name))
        if key is None:
            continue
        if key in found:
            raise LogError(f"{source.path}: the columns {found[key]!r} and {name!r} both mean {key}. Keep one of them.")
        found[key] = name
    if missing := [column.key for column in columns if column.needed and column.key not in found]:
        there = ", ".join(map(repr, source.table.column_names))
        raise LogError(
            f"{source.path}: no column {' and no column '.join(missing)}. The columns are {there}. A {table} table has the columns "
            f"{', '.join(column.key for column in columns if column.needed)}, and may have "
            f"{', '.join(column.key for column in columns if not column.needed)}.{look_below(source)}"
        )
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def only(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The values where the mask is True, None elsewhere, as objects.

    Examples
    --------
    >>> import numpy as np
    >>> only(np.array([True, False]), np.array([True, False])).tolist()
    [True, None]
    """
    found = np.full(len(values), None, object)
    found[mask] = values[mask]
    return found


def words(meanings: Mapping[str, Collection[str]]) -> dict[str, str]:
    """What may be written to what it means, from meaning to other ways to write it."""
    return {word: meaning for meaning, others in meanings.items() for word in (meaning, *others)}


__all__ = ["Column", "Rows", "TableError", "only", "opened", "runs", "words"]
