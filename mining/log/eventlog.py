"""The event log as analyses see it: activity instances in case order, each with the source row that proves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mining.binding import Attribute, Binding
from mining.errors import LogError, UnknownNameError
from mining.log.attributes import CaseValues, case_values, objects
from mining.log.build import Flat, build
from mining.log.classifiers import with_classifier
from mining.log.facts import LogFacts, facts_of
from mining.log.parquet import part_files
from mining.log.pieces import INSTANCES, chosen, cuts, fixed, view
from mining.log.recognise import resolve
from mining.log.source import check_reading, source_from_frame
from mining.log.sql import read_query
from mining.log.stored import Stored, rebound
from mining.log.table import SourceTable
from mining.log.times import iso

Columns = Binding | Mapping[str, Any] | None


@dataclass(frozen=True, eq=False, repr=False)
class EventLog(Flat):
    """Activity instances of all cases, sorted by case id, then time, then source row.

    Arrays are read-only. Instances of case ``i`` are at ``offsets[i]:offsets[i + 1]``. Times are microseconds since
    1970-01-01 UTC, ``mining.units.MISSING`` where there is none. Rows are 1-based numbers of source rows, 0 for none.

    Attributes
    ----------
    source : SourceTable
        The file as read.
    binding : Binding
        Which column is what.
    case_ids : object array of shape (n_cases,)
        Case ids as text, ascending.
    offsets : int64 array of shape (n_cases + 1,)
    labels, resources : tuple of str
        Activity labels and resources, sorted; ``activity`` and ``resource`` are positions in them.
    activity : int32 array of shape (n_instances,)
    start, end, scheduled : int64 arrays of shape (n_instances,)
        An instance is ordered by its end, or by its start if it never ended.
    suspended : int64 array of shape (n_instances,)
        Microseconds for which the instance was suspended; 0: never, ``MISSING``: suspended and never resumed.
    resource : int32 array of shape (n_instances,)
        -1: none. Taken from ``row``.
    row, start_row, scheduled_row : int64 arrays of shape (n_instances,)
        ``row`` is the row of the completion (of the start, if it never completed): the evidence.
    tie : bool array of shape (n_instances,)
        True where the instance has the same time as the one before in its case, so that only the file orders them.
    lineage : Lineage
        What became of every row of the source.
    notes : tuple of str
        Assumptions made.
    problems : tuple of Problem
        First examples of each kind of problem in the source and the binding.
    problem_counts : dict of str to int
        Exact counts of them.
    day_first : bool or None
        How the caller said dates like 03/04/2024 are meant.
    first_case, first_instance : int
        In a piece of a log (see `pieces`): where its cases and instances begin in the whole log. Else 0.
    """

    source: SourceTable
    binding: Binding
    day_first: bool | None = None
    first_case: int = 0
    first_instance: int = 0
    _whole: EventLog | None = None
    _taken: tuple[np.ndarray, np.ndarray] | None = (
        None  # cases and instances of ``_whole``, where they are not in a row
    )
    _facts: LogFacts | None = None
    _stored: Stored | None = None
    _cache: dict[str, CaseValues] = field(default_factory=dict)

    @classmethod
    def from_source(cls, source: SourceTable, *, columns: Columns = None, day_first: bool | None = None) -> EventLog:
        """Build a log from a source that is already read. Parameters and errors as in `read_log`."""
        source = with_classifier(source, columns)
        binding, notes = resolve(source, columns)
        check_reading(source, binding)
        flat = build(source, binding, day_first)
        parts = {f.name: getattr(flat, f.name) for f in fields(flat)}
        for part in parts.values():
            if isinstance(part, np.ndarray):
                part.flags.writeable = False
        parts["notes"] = (*notes, *flat.notes)
        return cls(source=source, binding=binding, day_first=day_first, **parts)

    @classmethod
    def from_frame(cls, frame: Any, *, columns: Columns = None, day_first: bool | None = None) -> EventLog:
        """Build a log from a data frame.

        Parameters
        ----------
        frame : pandas, polars or Arrow frame, or DuckDB relation, of shape (n_rows, n_columns)
            Not changed. Row ``i`` of the source is row ``i - 1`` of the frame.
        columns, day_first
            As in `read_log`.

        Returns
        -------
        EventLog

        Raises
        ------
        LogError
            As in `read_log`.

        Examples
        --------
        >>> frame = pd.DataFrame({"case": ["1", "1"], "activity": ["A", "B"], "time": ["2024-01-01", "2024-01-02"]})
        >>> EventLog.from_frame(frame, columns={"timestamp": "time"}).n_instances
        2
        """
        return cls.from_source(source_from_frame(frame), columns=columns, day_first=day_first)

    @classmethod
    def from_query(
        cls, connection: Any, query: str = "", *, table: str = "", order_by: str | Sequence[str] = (),
        columns: Columns = None, day_first: bool | None = None,
    ) -> EventLog:  # fmt: skip
        """Build a log from a table or query of a database.

        Parameters
        ----------
        connection : duckdb, sqlite3 or psycopg connection, or str or Path
            Left open, and as it was. An address or a file as in `read_log`.
        query, table, order_by
            As in :func:`mining.log.sql.read_query`.
        columns, day_first
            As in `read_log`.

        Returns
        -------
        EventLog

        Raises
        ------
        LogError, UnknownNameError
            As in `read_log` and :func:`mining.log.sql.read_query`.

        Examples
        --------
        >>> import sqlite3
        >>> base = sqlite3.connect(":memory:")
        >>> _ = base.execute("create table log as select '1' as 'case', 'A' as activity, '2024-01-01' as timestamp")
        >>> EventLog.from_query(base, table="log").n_instances
        1
        """
        source = read_query(connection, query, table=table, order_by=order_by)
        return cls.from_source(source, columns=columns, day_first=day_first)

    def bind(self, binding: Binding) -> EventLog:
        """Read the same source with another binding, such as that of a blueprint. Errors as in `read_log`."""
        if self._stored:
            check_reading(self.source, binding, stored=True)
            found, notes = rebound(self._stored.path, self.binding, binding)
            return replace(self, binding=found, notes=(*self.notes, *notes), _cache={})
        return EventLog.from_source(self.source, columns=binding, day_first=self.day_first)

    @property
    def store(self) -> Path | None:
        """The store that the log is read from, if it is."""
        return self._stored.path if self._stored else None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the log is read from, none of which may be written over: source, store and binding file.

        Of a folder its parts. Empty for a frame or a database on a server.

        Examples
        --------
        >>> [path.name for path in study.log.files]
        ['log.csv']
        """
        stored = (str(self.store),) if self.store else ()
        named = (Path(name) for name in (self.source.path, *stored, getattr(self.binding, "file", "")) if name)
        parts = (part_files(path) if path.is_dir() else [path] for path in named if path.exists())
        return tuple(dict.fromkeys(path for each in parts for path in each))

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.case_ids)

    @property
    def n_instances(self) -> int:
        """Number of activity instances."""
        return len(self.activity)

    @property
    def span(self) -> tuple[int, int]:
        """First and last moment over all starts and ends, microseconds UTC; in a piece those of the whole log."""
        return self.facts.first, self.facts.last

    @property
    def facts(self) -> LogFacts:
        """What is true of the log as a whole; a piece has that of the log it is a piece of."""
        return self._facts or self._own_facts

    @cached_property
    def _own_facts(self) -> LogFacts:
        return facts_of(self.labels, self.offsets, self.activity, self.start, self.end, self.scheduled)

    def take(self, cases: np.ndarray, reason: str = "", *, whole: bool = False) -> EventLog:
        """Some cases of the log, as a log of its own.

        Labels, resources and source stay as they are, and so do the numbers of rows. What is true of the log as a whole
        (`facts`) is that of the cases taken. Of a piece, all other cases of the log count as not taken.

        Parameters
        ----------
        cases : bool array of shape (n_cases,)
            Which.
        reason : str
            Why the rows of the others are left out: so they stand in the lineage. Empty: "case not taken".
        whole : bool
            As in a piece, `facts` and `span` are those of this log, and so is the way in which attributes are read.

        Returns
        -------
        EventLog

        Raises
        ------
        LogError
            If the array does not fit the cases, or no case is taken.

        Examples
        --------
        >>> study.log.take(study.log.attribute("channel") == "Post", "other channel").n_cases < study.log.n_cases
        True
        """
        keep = np.asarray(cases)
        if keep.dtype != bool or keep.shape != (self.n_cases,):
            raise LogError(f"cases must be {self.n_cases:,} true or false, not {keep.dtype} of shape {keep.shape}.")
        if not keep.any():
            raise LogError(f"{self.source.path}: none of the {self.n_cases:,} cases is taken, so no log is left.")
        if keep.all() and self.n_cases == self.facts.n_cases:
            return self
        parts = chosen(self, keep, reason or "case not taken")
        taken = np.flatnonzero(keep), np.flatnonzero(np.repeat(keep, np.diff(self.offsets)))
        stored = self._stored and self._stored.take(taken[1])
        return replace(
            self, **parts, first_case=0, first_instance=0, _stored=stored, _cache={}, _whole=self if whole else None,
            _taken=taken if whole else None, _facts=self.facts if whole else None,
        )  # fmt: skip

    def pieces(self, instances: int = INSTANCES) -> Iterator[EventLog]:
        """The log in pieces of whole cases, in order; the arrays are views, so a piece costs next to nothing.

        Labels, resources, source, lineage, notes and numbers of rows are those of the whole log, and so are `facts`,
        `span` and `attribute_notes`.

        Parameters
        ----------
        instances : int
            Most activity instances in a piece, unless one case alone has more.

        Yields
        ------
        EventLog
            With ``first_case`` and ``first_instance``: where it begins in the whole log.

        Examples
        --------
        >>> sum(piece.n_cases for piece in study.log.pieces(500)) == study.log.n_cases
        True
        """
        for first, after in cuts(self.offsets, instances):
            if after - first == self.n_cases:
                yield self
                return
            begin, end = int(self.offsets[first]), int(self.offsets[after])
            yield replace(
                self, **view(self, first, after), first_case=self.first_case + first,
                _stored=self._stored and self._stored.take(np.arange(begin, end)),
                first_instance=self.first_instance + begin, _whole=self if self._taken else self._whole or self,
                _facts=self.facts, _taken=None, _cache={},
            )  # fmt: skip

    def attribute(self, name: str) -> np.ndarray:
        """One value per case of a bound attribute: the first one that is not missing, in case order.

        Parameters
        ----------
        name : str
            Short name in ``binding.attributes``.

        Returns
        -------
        array of shape (n_cases,)
            string: object (None missing); number: float64 (NaN); datetime: int64 microseconds UTC (``MISSING``);
            boolean: object of True, False, None. What was lost or assumed is in `attribute_notes`.

        Raises
        ------
        UnknownNameError
            If the binding has no such attribute.
        LogError
            If it is a datetime that cannot be read.

        Examples
        --------
        >>> study.log.attribute("channel")[:2].tolist()
        ['Post', 'Post']
        """
        return self._case_values(name).values

    def attribute_notes(self, name: str) -> tuple[str, ...]:
        """What was assumed about an attribute, and how many of its values could not be read.

        Those of a part of a log in a store (`take`) are of the log stored. Errors as `attribute`.
        """
        return self._case_values(name).notes

    def _case_values(self, name: str) -> CaseValues:
        attribute = self._attribute(name)
        if name not in self._cache:
            if self._stored:
                found = self._stored.per_case(name, attribute, self.offsets)
            elif self._whole:
                found = self._whole._case_values(name)
                piece = slice(self.first_case, self.first_case + self.n_cases)
                found = replace(found, values=found.values[self._taken[0] if self._taken else piece])
            else:
                cases = (*self.used(), self.n_cases)
                found = case_values(self.source, attribute, *cases, *self._reading)
            self._cache[name] = replace(found, values=fixed(found.values))
        return self._cache[name]

    @property
    def _reading(self) -> tuple[str | None, bool | None, str | None]:
        return self.binding.tz, self.day_first, self.binding.decimal

    def _attribute(self, name: str) -> Attribute:
        if name not in self.binding.attributes:
            raise UnknownNameError("attribute", name, self.binding.attributes, "log")
        return self.binding.attributes[name]

    def values(self, name: str) -> np.ndarray:
        """One value per activity instance of a bound attribute: the one in ``row``, not that of the case.

        Parameters
        ----------
        name : str
            Short name in ``binding.attributes``.

        Returns
        -------
        array of shape (n_instances,)
            Types as in `attribute`.

        Raises
        ------
        UnknownNameError, LogError
            As in `attribute`.

        Examples
        --------
        >>> study.log.values("channel")[:2].tolist()
        ['Post', 'Post']
        """
        attribute = self._attribute(name)
        if self._stored:
            return fixed(self._stored.per_instance(name, attribute))
        if self._whole:  # how texts are to be read is for the whole column to say
            piece = slice(self.first_instance, self.first_instance + self.n_instances)
            return self._whole.values(name)[self._taken[1] if self._taken else piece]
        if (key := f"row {name}") not in self._cache:
            rows = (self.row - 1, np.arange(self.n_instances), self.n_instances)
            found = case_values(self.source, attribute, *rows, *self._reading)
            self._cache[key] = replace(found, values=fixed(found.values))
        return self._cache[key].values

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of the source, as it stands there, in the row of each activity instance. Errors as `event_attribute`."""
        if self._stored:
            return self._stored.column(name)
        if name not in self.source.table.column_names:
            raise UnknownNameError("column", name, self.source.table.column_names, self.source.path)
        return self.source.table[name].take(pa.array(self.row - 1))

    def event_attribute(self, column: str) -> np.ndarray:
        """The value of a source column in the row of each activity instance.

        Parameters
        ----------
        column : str
            A column of ``source.table``. Of a log read from a store: one that is bound to no role.

        Returns
        -------
        object array of shape (n_instances,)
            None where missing.

        Raises
        ------
        UnknownNameError
            If the source has no such column, or the store did not keep it.

        Examples
        --------
        >>> study.log.event_attribute("resource")[:1].tolist()
        ['clerk-03']
        """
        return objects(self.column(column))

    def to_frame(self, limit: int | None = None) -> pd.DataFrame:
        """One row per activity instance, in case order.

        Parameters
        ----------
        limit : int or None
            Only the first instances.

        Returns
        -------
        DataFrame
            case, activity, resource (None missing), scheduled, start, end (UTC, NaT missing), row, start_row,
            scheduled_row (0 none), tie.

        Examples
        --------
        >>> study.log.to_frame(limit=1)["activity"].tolist()
        ['Confirm receipt']
        """
        part = slice(None, limit)
        cases = np.repeat(self.case_ids, np.diff(self.offsets))[part]
        labels, resources = np.array(self.labels, object), np.array([*self.resources, None], object)
        times = {
            name: pd.to_datetime(pd.Series(getattr(self, name)[part].view("datetime64[us]")), utc=True)
            for name in ("scheduled", "start", "end")
        }
        return pd.DataFrame(
            {
                "case": cases,
                "activity": labels[self.activity[part]],
                "resource": resources[self.resource[part]],
                **times,
            }
            | {name: getattr(self, name)[part].copy() for name in ("row", "start_row", "scheduled_row", "tie")}
        )

    def _account(self) -> dict[str, str]:
        first, last = self.span
        columns = ", ".join(f"{role} = {name!r}" for role, name in self.binding.columns.items())
        facts = {
            "source": f"{self.source.path} ({self.source.format}, sha256 {self.source.sha256[:12]})",
            "holds": f"{self.n_cases:,} cases, {self.n_instances:,} activity instances, "
            f"{len(self.labels):,} activities, {len(self.resources):,} resources",
            "from, to": f"{iso(first)} to {iso(last)} UTC",
            "columns": f"{columns} ({self.binding.origin})",
            "rows": str(self.lineage),
        }
        if self.problem_counts:
            facts["problems"] = "; ".join(f"{kind}: {n:,}" for kind, n in self.problem_counts.items())
        if self.notes:
            facts["notes"] = "; ".join(self.notes)
        return facts

    def __repr__(self) -> str:
        return "<EventLog\n" + "\n".join(f"  {name}: {text}" for name, text in self._account().items()) + ">"

    def _repr_html_(self) -> str:
        from mining.display.accounts import log_html

        return log_html(self)
