"""Which column of a log is what: the binding between a file and the words case, activity, timestamp."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lifecycle:
    """Words of the lifecycle column. An event whose word is none of these is counted and left out."""

    column: str
    complete: str
    start: str | None = None
    schedule: str | None = None


@dataclass(frozen=True)
class Attribute:
    """A case or event attribute that checks refer to by its short name.

    ``type`` is one of string, number, datetime, boolean. ``tz`` is the zone of datetimes written without one.
    """

    column: str
    type: str = "string"
    tz: str | None = None


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
