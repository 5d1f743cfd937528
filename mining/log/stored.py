"""The columns of a store that are read only when they are asked for: attributes and what else the source held."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mining.binding import READING, Attribute, Binding
from mining.errors import LogError, UnknownNameError
from mining.log.attributes import CaseValues, case_values, objects
from mining.log.codes import coded
from mining.log.table import SourceTable
from mining.units import MISSING

CASE, ROW, COLUMN = "case.", "row.", "column."  # value of the case, value in the row of the instance, as in the source
KEY = b"mining.log.store"  # of the metadata of the file


def is_store(path: str | Path) -> bool:
    """Whether a file is a store."""
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == b"PAR1" and KEY in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def stamp(path: Path) -> tuple[int, ...]:
    """What differs once another file has taken the place of this one."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def refuse_changed(path: Path, opened: tuple[int, ...] | None) -> None:
    """Raise `LogError` if the file is not the one that was opened: its rows would be given to other instances."""
    try:
        same = opened is None or opened == stamp(path)
    except OSError as error:
        raise LogError(f"{path}: the store cannot be read any more ({error.strerror}).") from None
    if not same:
        raise LogError(f"{path}: the store was replaced since it was opened. Open it again.")


@dataclass(frozen=True, eq=False)
class Made:
    """How a store was made: its binding, the meaning of 03/04/2024, rows of the source, how many values were rejected, by column."""

    binding: Binding
    day_first: bool | None
    rows_in: int
    rejected: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Stored:
    """Where the columns of a log are kept.

    Attributes
    ----------
    path : Path
        The store.
    groups : tuple of int
        Its row groups that the log was read from.
    notes : dict of str to tuple of str
        What was assumed about each attribute that was bound when the store was made.
    made : Made
        How that was.
    instances : int array or None
        Which of their rows are the instances of the log, in order. None: all.
    stamp : tuple of int or None
        Of the file when it was opened, see `stamp`. None: not looked at.
    """

    path: Path
    groups: tuple[int, ...]
    notes: dict[str, tuple[str, ...]]
    made: Made
    instances: np.ndarray | None = None
    stamp: tuple[int, ...] | None = None

    def take(self, instances: np.ndarray) -> Stored:
        """Of some of the instances, given by position."""
        return replace(self, instances=instances if self.instances is None else self.instances[instances])

    def read(self, name: str) -> pa.ChunkedArray:
        """A column, one value per instance."""
        refuse_changed(self.path, self.stamp)
        try:
            with pq.ParquetFile(self.path) as file:
                column = file.read_row_groups(self.groups, columns=[name])[name]
        except (pa.ArrowException, OSError, KeyError) as error:
            raise LogError(f"{self.path}: the store is damaged ({str(error).splitlines()[0]}).") from None
        return column if self.instances is None else column.take(pa.array(self.instances))

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of the source.

        Raises
        ------
        UnknownNameError
            If it was not kept: it is none, or has a role and is kept as that.
        """
        refuse_changed(self.path, self.stamp)
        with pq.ParquetFile(self.path) as file:
            kept = [x.removeprefix(COLUMN) for x in file.schema_arrow.names if x.startswith(COLUMN)]
        if name not in kept:
            raise UnknownNameError("column", name, kept, f"{self.path}")
        return self.read(COLUMN + name)

    def per_case(self, name: str, attribute: Attribute, offsets: np.ndarray) -> CaseValues:
        """The value of an attribute for each case."""
        if self.made.binding.attributes.get(name) != attribute:
            late = self._late(attribute)
            return CaseValues(self._own(late.by_case)[offsets[:-1]], late.notes)
        first = self.read(CASE + name).take(pa.array(offsets[:-1]))
        return CaseValues(_values(first, attribute.type), self.notes[name])

    def per_instance(self, name: str, attribute: Attribute) -> np.ndarray:
        """The value of an attribute in the row of each instance."""
        if self.made.binding.attributes.get(name) != attribute:
            return self._own(self._late(attribute).by_row)
        return _values(self.read(ROW + name), attribute.type)

    def _late(self, attribute: Attribute) -> _Late:
        """The values of an attribute that was not bound when the store was made."""
        refuse_changed(self.path, self.stamp)
        made, rejected = self.made, dict(self.made.rejected).get(attribute.column, 0)
        how = (made.binding.tz, made.day_first, made.binding.decimal)
        return _late(self.path, stamp(self.path), attribute, how, made.rows_in, rejected)

    def _own(self, values: np.ndarray) -> np.ndarray:
        """Of values for all rows of the store those of the instances."""
        with pq.ParquetFile(self.path) as file:
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        ends = np.cumsum(sizes)
        own = np.concatenate([values[ends[group] - sizes[group] : ends[group]] for group in self.groups])
        return own if self.instances is None else own[self.instances]


@dataclass(frozen=True, eq=False)
class _Late:
    """Values for each row of a store: of the case, and of the row itself; and what was assumed."""

    row: np.ndarray
    by_case: np.ndarray
    by_row: np.ndarray
    notes: tuple[str, ...]


@lru_cache(maxsize=8)
def _late(
    path: Path, opened: tuple[int, ...], attribute: Attribute, how: tuple[str | None, bool | None, str | None], rows_in: int,
    rejected: int,
) -> _Late:  # fmt: skip
    """Read an attribute from the column kept, put back where it stood in the source, so that all is told from the same values."""
    name = COLUMN + attribute.column
    try:
        with pq.ParquetFile(path, read_dictionary=["case"]) as file:
            table = file.read(columns=["case", "row", "start_row", "scheduled_row", name])
    except (pa.ArrowException, OSError) as error:
        raise LogError(f"{path}: the store is damaged ({str(error).splitlines()[0].rstrip('.')}).") from None
    row, case = table["row"].to_numpy().astype(np.int64), coded(table["case"], "case").codes
    at = np.full(rows_in, -1, np.int64)
    for others in ("scheduled_row", "start_row"):  # where there are any, they say the same: see `_why_not`
        there = table[others].to_numpy().astype(np.int64)
        at[there[there > 0] - 1] = np.flatnonzero(there > 0)
    at[row - 1] = np.arange(len(row))
    column = table[name].take(pa.array(at, mask=at < 0))
    source = SourceTable(
        str(path),
        "store",
        "",
        0,
        pa.table({attribute.column: column}),
        rejected={attribute.column: np.zeros(rejected, np.int64)},
    )
    found = case_values(source, attribute, row - 1, case, int(case.max()) + 1, *how)
    each = case_values(source, attribute, row - 1, np.arange(len(row)), len(row), *how)
    left = int((at < 0).sum())
    said = (
        f"column {attribute.column!r}: read from the {rows_in - left:,} rows kept; the store lacks {left:,} rows of the source",
    )
    return _Late(row, found.values[case], each.values, found.notes + said * bool(left))


@lru_cache(maxsize=8)
def _has_other_rows(path: Path, opened: tuple[int, ...]) -> bool:
    """Whether instances have rows of their own for starts or plans: of these no columns are kept."""
    with pq.ParquetFile(path) as file:
        table = file.read(columns=["row", "start_row", "scheduled_row"])
    row = table["row"].to_numpy()
    return any(bool(((x := table[name].to_numpy()) != row)[x > 0].any()) for name in ("start_row", "scheduled_row"))


def _why_not(path: Path, attribute: Attribute) -> str:
    """Why an attribute cannot be read from what a store keeps; nothing if it can."""
    with pq.ParquetFile(path) as file:
        if COLUMN + attribute.column not in file.schema_arrow.names:
            return f"its column {attribute.column!r} is not kept there as it was"
        said = json.loads((file.metadata.metadata or {}).get(KEY, b"{}"))
    if attribute.column in said["source"].get("extras", {}).get("alike", ()):
        return ""
    if _has_other_rows(path, stamp(path)):
        return f"column {attribute.column!r} is kept of completions only, and a value may stand in the row of a start"
    return ""


@dataclass(frozen=True, eq=False)
class Held(Stored):
    """The columns of rows of a store that another reader has read: those of a table in memory."""

    table: pa.Table | None = None

    def read(self, name: str) -> pa.ChunkedArray:
        """A column, one value per instance."""
        assert self.table is not None  # given wherever one is made
        column = self.table[name]
        return column if self.instances is None else column.take(pa.array(self.instances))

    def _own(self, values: np.ndarray) -> np.ndarray:
        """Of values for all rows of the store those of the rows held, which are known by their number in the source."""
        with pq.ParquetFile(self.path) as file:
            every = file.read(columns=["row"])["row"].to_numpy()
        order = np.argsort(every)
        own: np.ndarray = values[order[np.searchsorted(every[order], self.read("row").to_numpy())]]
        return own

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of the source. Errors as `Stored.column`."""
        assert self.table is not None
        kept = [x.removeprefix(COLUMN) for x in self.table.column_names if x.startswith(COLUMN)]
        if name not in kept:
            raise UnknownNameError("column", name, kept, f"{self.path}")
        return self.read(COLUMN + name)


def _values(column: pa.ChunkedArray, kind: str) -> np.ndarray:
    found: np.ndarray
    if kind == "datetime":
        found = pc.fill_null(column.cast(pa.int64()), MISSING).to_numpy()
    elif kind == "number":
        found = pc.fill_null(column, float("nan")).to_numpy()
    else:
        return objects(column)
    return found.copy()


def rebound(path: Path, kept: Binding, wanted: Binding) -> tuple[Binding, tuple[str, ...]]:
    """The binding wanted, if a store that was made with another can be read by it, and what is no longer in force.

    Raises
    ------
    LogError
        If they differ in more than what is ignored and attributes, or the store did not keep the column of an attribute.
    """
    free = {"attributes", "ignore", "origin", "labels", *READING}  # of no effect on what a store holds
    settled = {"format", "start_format", "decimal"}  # what is not asked for is as it was
    differing = [
        f"{f.name} = {getattr(kept, f.name)!r}, not {getattr(wanted, f.name)!r}"
        for f in fields(Binding)
        if f.name not in free
        and getattr(kept, f.name) != getattr(wanted, f.name)
        and not (f.name in settled and getattr(wanted, f.name) is None)
    ]
    differing += [
        (
            f"attribute {name!r} = {kept.attributes[name]}, not {attribute}"
            if name in kept.attributes
            else f"no attribute {name!r}"
        )
        + f" ({why})"
        for name, attribute in wanted.attributes.items()
        if kept.attributes.get(name) != attribute and (why := _why_not(path, attribute))
    ]
    if differing:
        raise LogError(
            f"{path} was made with another binding: {'; '.join(differing)}. Convert the log again with the one you need."
        )
    lost = [label for label in kept.labels if label not in wanted.labels]
    lost += [label for label in kept.ignore if label not in (*wanted.ignore, *wanted.labels)]
    if not lost:
        return wanted, ()
    shown = ", ".join(map(repr, lost[:3])) + (", ..." if len(lost) > 3 else "")
    return wanted, (
        f"what the binding of the store says of {len(lost):,} labels ({shown}) is not used: another binding was given",
    )
