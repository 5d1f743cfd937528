"""Which column of a log is what: the binding between a file and the words case, activity, timestamp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What must be known before a source is opened.
READING = ("encoding", "delimiter", "sheet", "header", "table", "query", "order_by", "object_type")

# What may be said of a source beside its columns, each one text (header: a number).
WRITTEN = ("format", "start_format", "decimal", *(key for key in READING if key != "order_by"))


@dataclass(frozen=True)
class Lifecycle:
    """Words of the lifecycle column. An event whose word is none of these is counted and left out.

    Without words of their own, suspend and resume are the standard words.
    """

    column: str
    complete: str
    start: str | None = None
    schedule: str | None = None
    suspend: str | None = None
    resume: str | None = None


@dataclass(frozen=True)
class Attribute:
    """A case or event attribute that checks refer to by its short name.

    ``type`` is one of string, number, datetime, boolean. ``tz`` is the zone of datetimes written without one,
    ``format`` how datetimes are written (None: found by trying), ``decimal`` the decimal mark of numbers; without ``tz`` or
    ``decimal``, that of the binding.
    """

    column: str
    type: str = "string"
    tz: str | None = None
    format: str | None = None
    decimal: str | None = None


@dataclass(frozen=True)
class Binding:
    """Column names of an event log.

    Attributes
    ----------
    case, activity, timestamp : str
        Columns of the case id, the activity label and the completion time.
    start : str or None
        Column of the start time, where one row holds a whole activity instance.
    resource : str or None
        Column of who did it.
    lifecycle : Lifecycle or None
        Where one row holds one moment (schedule, start, complete) of an activity instance.
    attributes : dict of str to Attribute
        Short names used by conditions and due dates.
    ignore : tuple of str
        Activity labels that are out of scope on purpose.
    tz : str or None
        Zone of timestamps written without one. None: taken as UTC, and said so.
    origin : str
        Who decided: ``"blueprint"``, ``"arguments"`` or ``"recognised"`` (from well-known column names).
    format : str or None
        How timestamps and starts are written: a pattern such as ``"%d.%m.%y %H:%M"``, the name of a known format, or
        what numbers count, such as ``"epoch s"`` or ``"excel days"`` (see `mining.log.times`). None: found by trying.
    start_format : str or None
        How starts are written, where that is not how timestamps are.
    decimal : str or None
        Decimal mark of numbers stored as text, ``"."`` or ``","``. None: the values must decide.
    encoding : str or None
        Encoding of a CSV file, such as ``"cp1252"``. None: UTF-8, UTF-16 or GB18030, whichever reads it.
    delimiter : str or None
        Delimiter of a CSV file. None: found by trying.
    sheet : str or None
        Name of the sheet of an Excel file. None: its only one.
    header : int or None
        Row of the sheet, or line of the CSV file, that names the columns, counted from 1. None: the first.
    labels : dict of str to str
        Of a binding file: log label to activity id, over what the blueprint says; empty: the label means no activity.
    table, query : str or None
        Table or select statement of a database, at most one of them. None: its only table.
    order_by : tuple of str
        Columns that settle the order of the rows of a database.
    object_type : str or None
        Type of object of an object-centric log that is the case. None: its only one.
    """

    case: str
    activity: str
    timestamp: str
    start: str | None = None
    resource: str | None = None
    lifecycle: Lifecycle | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    tz: str | None = None
    origin: str = "arguments"
    format: str | None = None
    start_format: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: int | None = None
    table: str | None = None
    query: str | None = None
    order_by: tuple[str, ...] = ()
    object_type: str | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def format_of(self, column: str) -> str | None:
        """How the timestamps or starts in a column are declared to be written, if they are."""
        return (self.start_format if column == self.start else None) or self.format

    @property
    def columns(self) -> dict[str, str]:
        """Role to column name, for the roles that are bound."""
        roles = {
            "case": self.case,
            "activity": self.activity,
            "timestamp": self.timestamp,
            "start": self.start,
            "resource": self.resource,
        }
        if self.lifecycle:
            roles["lifecycle"] = self.lifecycle.column
        return {role: name for role, name in roles.items() if name} | {
            f"attribute {k}": a.column for k, a in self.attributes.items()
        }


def reading(columns: Binding | Mapping[str, Any] | None) -> dict[str, Any]:
    """What a binding, or a mapping of its keys, says about how the file is to be opened.

    Examples
    --------
    >>> reading({"case": "Nr", "encoding": "cp1252"})
    {'encoding': 'cp1252'}
    """
    given = columns if isinstance(columns, Mapping) else {key: getattr(columns, key, None) for key in READING}
    said = {key: given[key] for key in READING if given.get(key) or (key == "header" and given.get(key) is not None)}
    if isinstance(said.get("order_by"), str):
        said["order_by"] = (said["order_by"],)
    return said
