"""The columns of a store that are read only when they are asked for: attributes and what else the source held."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mining.binding import READING, Attribute, Binding
from mining.errors import LogError, UnknownNameError
from mining.log.attributes import CaseValues, objects
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
class Stored:
    """Where the columns of a log are kept.

    Attributes
    ----------
    path : Path
        The store.
    groups : tuple of int
        Its row groups that the log was read from.
    notes : dict of str to tuple of str
        What was assumed about each attribute.
    instances : int array or None
        Which of their rows are the instances of the log, in order. None: all.
    stamp : tuple of int or None
        Of the file when it was opened, see `stamp`. None: not looked at.
    """

    path: Path
    groups: tuple[int, ...]
    notes: dict[str, tuple[str, ...]]
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
        first = self.read(CASE + name).take(pa.array(offsets[:-1]))
        return CaseValues(_values(first, attribute.type), self.notes[name])

    def per_instance(self, name: str, attribute: Attribute) -> np.ndarray:
        """The value of an attribute in the row of each instance."""
        return _values(self.read(ROW + name), attribute.type)


@dataclass(frozen=True, eq=False)
class Held(Stored):
    """The columns of rows of a store that another reader has read: those of a table in memory."""

    table: pa.Table | None = None

    def read(self, name: str) -> pa.ChunkedArray:
        """A column, one value per instance."""
        assert self.table is not None  # given wherever one is made
        column = self.table[name]
        return column if self.instances is None else column.take(pa.array(self.instances))

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
        If they differ in more than what is ignored, or the store lacks an attribute.
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
    differing += [f"no attribute {x!r}" for x in wanted.attributes if x not in kept.attributes]
    differing += [
        f"attribute {name!r} = {kept.attributes[name]}, not {attribute}"
        for name, attribute in wanted.attributes.items()
        if name in kept.attributes and kept.attributes[name] != attribute
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
