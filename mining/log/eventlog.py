"""The event log as analyses see it: activity instances in case order, each with the source row that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mining.binding import Binding
from mining.errors import UnknownNameError
from mining.log.attributes import CaseValues, case_values, objects
from mining.log.build import Flat, build
from mining.log.recognise import resolve
from mining.log.source import read_source, source_from_frame
from mining.log.table import SourceTable
from mining.log.times import iso
from mining.units import MISSING

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
    """

    source: SourceTable
    binding: Binding
    day_first: bool | None = None
    _cache: dict[str, CaseValues] = field(default_factory=dict)

    @classmethod
    def from_source(cls, source: SourceTable, *, columns: Columns = None, day_first: bool | None = None) -> EventLog:
        """Build a log from a source that is already read. Parameters and errors as in `read_log`."""
        binding, notes = resolve(source, columns)
        flat = build(source, binding, day_first)
        parts = {f.name: getattr(flat, f.name) for f in fields(flat)}
        for part in parts.values():
            if isinstance(part, np.ndarray):
                part.flags.writeable = False
        parts["notes"] = (*notes, *flat.notes)
        return cls(source=source, binding=binding, day_first=day_first, **parts)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Columns = None, day_first: bool | None = None) -> EventLog:
        """Build a log from a pandas data frame.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_columns)
            Not changed. Row ``i`` of the source is ``frame.iloc[i - 1]``.
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

    def bind(self, binding: Binding) -> EventLog:
        """Read the same source with another binding, such as that of a blueprint. Errors as in `read_log`."""
        return EventLog.from_source(self.source, columns=binding, day_first=self.day_first)

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
        """First and last moment over all starts and ends, microseconds UTC."""
        times = np.concatenate([self.start, self.end])
        times = times[times != MISSING]
        return int(times.min()), int(times.max())

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
        ['Internet', 'Post']
        """
        return self._case_values(name).values

    def attribute_notes(self, name: str) -> tuple[str, ...]:
        """What was assumed about an attribute, and how many of its values could not be read. Errors as `attribute`."""
        return self._case_values(name).notes

    def _case_values(self, name: str) -> CaseValues:
        if name not in self.binding.attributes:
            raise UnknownNameError("attribute", name, self.binding.attributes, "log")
        if name not in self._cache:
            found = case_values(
                self.source, self.binding.attributes[name], self.used_rows, self.used_cases, self.n_cases,
                self.binding.tz, self.day_first,
            )  # fmt: skip
            found.values.flags.writeable = False
            self._cache[name] = found
        return self._cache[name]

    def event_attribute(self, column: str) -> np.ndarray:
        """The value of a source column in the row of each activity instance.

        Parameters
        ----------
        column : str
            A column of ``source.table``.

        Returns
        -------
        object array of shape (n_instances,)
            None where missing.

        Raises
        ------
        UnknownNameError
            If the source has no such column.

        Examples
        --------
        >>> study.log.event_attribute("resource")[:1].tolist()
        ['clerk-03']
        """
        if column not in self.source.table.column_names:
            raise UnknownNameError("column", column, self.source.table.column_names, self.source.path)
        return objects(self.source.table[column].take(pa.array(self.row - 1)))

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

    def _facts(self) -> dict[str, str]:
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
        return "<EventLog\n" + "\n".join(f"  {name}: {text}" for name, text in self._facts().items()) + ">"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._facts().items()
        )
        return f"<table>{rows}</table>"


def read_log(path: str | Path, *, columns: Columns = None, day_first: bool | None = None) -> EventLog:
    """Read an event log and say what was assumed.

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv, .xes (each also .gz) or .parquet file.
    columns : Binding, mapping or None
        Which column is what: ``{"case": ..., "activity": ..., "timestamp": ..., "start": ..., "resource": ...,
        "lifecycle": {"column", "complete", "start", "schedule"}, "attributes": {short: column or {"column", "type",
        "tz"}}, "tz": ...}``. None: well-known names are recognised.
    day_first : bool or None
        How texts like 03/04/2024 are meant. None: the data must decide.

    Returns
    -------
    EventLog
        With a `Lineage` in which every row of the source is used or dropped for a reason.

    Raises
    ------
    LogError
        If the file cannot be read, a needed column is not recognised or does not exist, dates cannot be read or are
        ambiguous, or no row is left.
    UnknownNameError
        If the time zone or a key of ``columns`` is unknown.

    Examples
    --------
    >>> read_log(examples / "orders.csv", columns={"case": "case_id", "activity": "activity", "timestamp": "timestamp"}).n_cases
    2
    """
    return EventLog.from_source(read_source(path), columns=columns, day_first=day_first)
