"""Who had which role from when to when: a small table beside the log, such as the personnel department keeps."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import LogError, hint
from mining.log.codes import coded
from mining.log.frames import source_from_frame
from mining.log.source import read_source
from mining.log.table import SourceTable

if TYPE_CHECKING:
    from mining.log.eventlog import EventLog

NEEDED, DATES = ("resource", "role"), ("valid_from", "valid_to")
COLUMNS = (*NEEDED, "team", *DATES)
ALWAYS, FOREVER = -(2**31), 2**31 - 1  # days since 1970-01-01 of a period without a beginning, without an end
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
EPOCH = date(1970, 1, 1).toordinal()
NONE = -1


@dataclass(frozen=True)
class Coverage:
    """How far a staff table and a log speak of the same people: the keys of each that the other does not have.

    Attributes
    ----------
    in_both : int
        Resources that both have.
    not_in_table : dict of str to int
        Resources of the log without any row in the table, with the number of their activity instances. Where the table says who has a
        role, they have none.
    not_in_log : tuple of str
        Resources of the table that did nothing in the log.
    instances : int
        Activity instances with a resource that the table has.
    of_instances : int
        Activity instances with a resource.
    """

    in_both: int
    not_in_table: dict[str, int]
    not_in_log: tuple[str, ...]
    instances: int
    of_instances: int


@dataclass(frozen=True, eq=False, repr=False)
class Roster:
    """Periods in which resources had roles. Read one with :func:`mining.read_roster`.

    One entry per row of the table. Several rows of one resource and role add up: it has the role on every day that one of them covers.

    Attributes
    ----------
    path, sha256 : str
        The table, and the hash of its file (of a frame: ``"<frame>"``, and of its values).
    resource, role, team : tuple of str
        Per row; an empty team is none.
    first, last : int64 arrays of shape (n_rows,)
        First and last day of the period, both included: days since 1970-01-01.
    notes : tuple of str
        What was left out: columns without a meaning, rows without a word.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"resource": ["ann", "bob"], "role": ["clerk", "clerk"], "valid_to": ["", "2026-03-01"]})
    >>> read_roster(table).roles
    ('clerk',)
    """

    path: str
    sha256: str
    resource: tuple[str, ...]
    role: tuple[str, ...]
    team: tuple[str, ...]
    first: np.ndarray
    last: np.ndarray
    notes: tuple[str, ...] = ()

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles of which the table says who has them, sorted."""
        return tuple(sorted(set(self.role)))

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """The resources of the table, sorted."""
        return tuple(sorted(set(self.resource)))

    def holds(self, role: str, resources: Sequence[str], who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Whether somebody had a role on a day.

        Parameters
        ----------
        role : str
        resources : sequence of str
            All names, as ``log.resources``. Blanks around a name make no difference.
        who : integer array of shape (n,)
            Positions in ``resources``; negative where nobody is named.
        day : int64 array of shape (n,)
            Days since 1970-01-01, see :func:`days_of`.

        Returns
        -------
        bool array of shape (n,)

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> table = pd.DataFrame({"resource": ["ann"], "role": ["clerk"], "valid_from": ["1970-01-03"]})
        >>> read_roster(table).holds("clerk", ("ann", "bob"), np.array([0, 0, 1, -1]), np.array([1, 2, 2, 2])).tolist()
        [False, True, False, False]
        """
        found = np.zeros(len(who), bool)
        place = {name: i for i, name in enumerate(self.resources)}
        key = np.array([*(place.get(name.strip(), NONE) for name in resources), NONE])[who]
        rows = [i for i, name in enumerate(self.role) if name == role]
        order = np.argsort(key, kind="stable")
        own = np.array([place[self.resource[i]] for i in rows], np.int64)
        bounds = np.stack([np.searchsorted(key[order], own), np.searchsorted(key[order], own, "right")], axis=1)
        for i, (low, high) in zip(rows, bounds.tolist(), strict=True):
            mine = order[low:high]
            found[mine] |= (day[mine] >= self.first[i]) & (day[mine] <= self.last[i])
        return found

    def teams(self, resources: Sequence[str], who: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        """The team of somebody on a day: positions in the names of the teams, -1 where the table names none, or more than one.

        Parameters
        ----------
        resources, who, day
            As in :meth:`holds`.

        Returns
        -------
        int64 array of shape (n,), tuple of str

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> table = pd.DataFrame({"resource": ["ann", "bob"], "role": ["clerk"] * 2, "team": ["north", "south"]})
        >>> read_roster(table).teams(("ann", "bob"), np.array([1, 0, -1]), np.array([1, 2, 2]))
        (array([ 1,  0, -1]), ('north', 'south'))
        """
        names = tuple(sorted(set(self.team) - {""}))
        found, several = np.full(len(who), NONE), np.zeros(len(who), bool)
        for number, name in enumerate(names):
            rows = [i for i, team in enumerate(self.team) if team == name]
            part = Roster(
                "",
                "",
                tuple(self.resource[i] for i in rows),
                (name,) * len(rows),
                (),
                self.first[rows],
                self.last[rows],
            )
            mine = part.holds(name, resources, who, day)
            several |= mine & (found != NONE)
            found[mine] = number
        found[several] = NONE
        return found, names

    def coverage(self, log: EventLog) -> Coverage:
        """Which resources the table and a log share, and which one of them lacks."""
        times = np.bincount(log.resource[log.resource >= 0], minlength=len(log.resources)).tolist()
        counts = {name: n for name, n in zip(log.resources, times, strict=True) if n}
        mine = set(self.resource)
        there = {name.strip() for name in counts}
        missing = {name: n for name, n in counts.items() if name.strip() not in mine}
        of_instances = sum(counts.values())
        return Coverage(
            in_both=len(counts) - len(missing),
            not_in_table=missing,
            not_in_log=tuple(name for name in self.resources if name not in there),
            instances=of_instances - sum(missing.values()),
            of_instances=of_instances,
        )

    def check(self, resources: Collection[str], roles: Collection[str], where: str) -> None:
        """Refuse a table that speaks of another house: of none of the roles of a blueprint, or of none of the resources of a log.

        Parameters
        ----------
        resources : collection of str
            Of the log. Empty: a log without resources, which every table fits.
        roles : collection of str
            Ids of the roles of the blueprint.
        where : str
            The log, for the message.

        Raises
        ------
        LogError
        """
        if not set(roles) & set(self.role):
            raise LogError(
                f"{self.path}: none of its roles ({_some(self.roles)}) is a role of the blueprint.{hint(self.roles[0], roles)} "
                "Write the ids of the blueprint's roles in the column role."
            )
        alike = {role.casefold(): role for role in roles}
        for role in self.roles:
            meant = alike.get(role.casefold(), role)
            if role != meant and role not in roles:
                raise LogError(
                    f"{self.path}: the role {role!r} is none of the blueprint, but {meant!r} is. Write it in the same way."
                )
        if resources and not {name.strip() for name in resources} & set(self.resource):
            raise LogError(
                f"{self.path}: none of its {len(self.resources):,} resources ({_some(self.resources)}) occurs in {where}, whose "
                f"resources are {_some(sorted(resources))}. Write them as the log does, or bind the column of the log that holds them."
            )

    def __repr__(self) -> str:
        return (
            f"<Roster {self.path}: {len(self.role):,} rows, {len(self.resources):,} resources, {len(self.roles):,} roles "
            f"({_some(self.roles)})>"
        )

    def _repr_html_(self) -> str:
        from mining.display.accounts import roster_html

        return roster_html(self)


def days_of(times: np.ndarray, tz: str) -> np.ndarray:
    """The day of each moment by the clock of a zone: days since 1970-01-01.

    Parameters
    ----------
    times : int64 array of shape (n,)
        Microseconds UTC.
    tz : str

    Examples
    --------
    >>> import numpy as np
    >>> days_of(np.array([23 * 3_600_000_000]), "Europe/Berlin").tolist()
    [1]
    """
    local = pd.DatetimeIndex(times.view("M8[us]")).tz_localize("UTC").tz_convert(tz).tz_localize(None)
    return np.asarray(local.to_numpy().astype("M8[D]").astype(np.int64))


def read_roster(
    table: Any, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Roster:
    """Read a staff table: who had which role from when to when.

    Parameters
    ----------
    table : str, Path or data frame
        A CSV or Excel file, or a frame, with the columns ``resource`` (as the log writes it), ``role`` (id of a role of the
        blueprint), and, where there are any, ``team``, ``valid_from`` and ``valid_to``: days, both included, written 2026-03-31. A
        blank day is no limit.
    encoding, delimiter : str, optional
        Of a CSV file, as in :func:`mining.read_log`.
    sheet : str, optional
        Of an Excel file.

    Returns
    -------
    Roster
        Other columns and rows without a word are left out, and the notes say so.

    Raises
    ------
    LogError
        If a column is missing or there twice, the table is empty, or a row has no resource or role, a date that is none, or a period
        that ends before it begins. Rows are counted from 1 below the names of the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> read_roster(pd.DataFrame({"resource": ["ann"], "role": ["clerk"], "valid_from": ["31.03.2026"]}))
    Traceback (most recent call last):
        ...
    mining.errors.LogError: <frame>: row 1, valid_from: '31.03.2026' is not a day written as 2026-03-31.
    """
    if isinstance(table, str | Path):
        source = read_source(table, encoding=encoding, delimiter=delimiter, sheet=sheet)
    else:
        source = source_from_frame(table)
    return _roster(source)


def _roster(source: SourceTable) -> Roster:
    names = _columns(source)
    if source.unreadable:
        raise LogError(
            f"{source.path}: row {source.unreadable[0]:,} cannot be split into columns: {source.problems[0]}. "
            "Put quotes around values that hold the delimiter."
        )
    texts = {key: _texts(source, names[key]) for key in (*NEEDED, "team") if key in names}
    days = {key: _days(source, key, names[key]) for key in DATES if key in names}
    n = source.table.num_rows
    blank = [""] * n
    filled = [any(row) for row in zip(*texts.values(), *(_filled(x) for x in days.values()), strict=True)]
    rows = [i for i in range(n) if filled[i]]
    if not rows:
        raise LogError(f"{source.path}: the staff table has no rows.")
    for i in rows:
        for key in NEEDED:
            if not texts[key][i]:
                raise LogError(f"{source.path}: row {i + 1:,} has no {key}. Every row says who had which role.")
    first = [x if x is not None else ALWAYS for x in days.get("valid_from", [None] * n)]
    last = [x if x is not None else FOREVER for x in days.get("valid_to", [None] * n)]
    for i in rows:
        if last[i] < first[i]:
            raise LogError(
                f"{source.path}: row {i + 1:,} ({texts['resource'][i]!r}) is valid to {_day(last[i])}, before it is valid from "
                f"{_day(first[i])}."
            )
    notes = _notes(source, names, n - len(rows))
    picked = {key: tuple(texts.get(key, blank)[i] for i in rows) for key in (*NEEDED, "team")}
    begin, end = (np.array([x[i] for i in rows], np.int64) for x in (first, last))
    return Roster(
        source.path, source.sha256, picked["resource"], picked["role"], picked["team"], begin, end, notes
    )  # fmt: skip


def _columns(source: SourceTable) -> dict[str, str]:
    """Key to name of the column: in any case, with blanks or hyphens for the underscore."""
    found: dict[str, str] = {}
    for name in source.table.column_names:
        key = re.sub(r"[\s\-]+", "_", name.strip().casefold())
        if key in found:
            raise LogError(f"{source.path}: the columns {found[key]!r} and {name!r} both mean {key}. Keep one of them.")
        if key in COLUMNS:
            found[key] = name
    if missing := [key for key in NEEDED if key not in found]:
        there = ", ".join(map(repr, source.table.column_names))
        raise LogError(
            f"{source.path}: no column {' and no column '.join(missing)}. The columns are {there}. A staff table has the columns "
            f"{', '.join(COLUMNS)}; the last three may be left out."
        )
    return found


def _notes(source: SourceTable, names: dict[str, str], empty: int) -> tuple[str, ...]:
    others = [name for name in source.table.column_names if name not in names.values()]
    notes = [f"columns without a meaning for a staff table, left out: {', '.join(map(repr, others))}"] if others else []
    return (*notes, f"rows without a word, left out: {empty:,}") if empty else tuple(notes)


def _texts(source: SourceTable, name: str) -> list[str]:
    """The values of a column as the log would write them, without blanks around them; "" for none."""
    found = coded(source.table[name], name)
    words = [word.strip() for word in found.words.to_pylist()]
    return [words[code] if code >= 0 else "" for code in found.codes.tolist()]


def _days(source: SourceTable, key: str, name: str) -> list[int | None]:
    """The days of a column, as days since 1970-01-01; None for a blank."""
    rejected = source.rejected.get(name)
    if rejected is not None and len(rejected):
        raise LogError(f"{source.path}: row {int(rejected[0]):,}, {key}: the cell holds an error, no day.")
    values = source.table[name].to_pylist()
    return [_day_number(source.path, i, key, value) for i, value in enumerate(values, 1)]


def _day_number(path: str, row: int, key: str, value: Any) -> int | None:
    if value is None or value is pd.NaT or (isinstance(value, str) and not value.strip()) or value != value:
        return None
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return value.date().toordinal() - EPOCH
    elif isinstance(value, date):
        return value.toordinal() - EPOCH
    elif isinstance(value, str) and ISO_DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip()).toordinal() - EPOCH
        except ValueError:
            pass
    shown = value if isinstance(value, str) else str(value)
    raise LogError(f"{path}: row {row:,}, {key}: {shown!r} is not a day written as 2026-03-31.")


def _filled(values: list[int | None]) -> list[bool]:
    return [value is not None for value in values]


def _day(number: int) -> str:
    return date.fromordinal(number + EPOCH).isoformat()


def _some(names: Sequence[str], most: int = 5) -> str:
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + rest


__all__ = ["COLUMNS", "Coverage", "Roster", "days_of", "read_roster"]
