"""Reads OCEL 2.0 from SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from mining.errors import LogError
from mining.log.ocel_objects import Ocel, Scope, plain_text
from mining.log.sql_engines import Sqlite, quoted
from mining.log.table import Problems

NEEDED = ("event", "object", "event_object", "event_map_type", "object_map_type")
FIXED = ("ocel_id", "ocel_type", "ocel_time", "ocel_changed_field")
Row = tuple[Any, ...]


def is_ocel_sqlite(path: Path) -> bool:
    """Whether a SQLite file has the tables of OCEL 2.0."""
    with closing(Sqlite.open(path)) as engine:
        try:
            return set(NEEDED) <= set(engine.tables())
        except sqlite3.Error:
            return False


def read_sqlite(path: Path, problems: Problems) -> Ocel:
    """Read a file.

    Raises
    ------
    LogError
        If it is damaged, or a table or column of OCEL 2.0 is missing.
    """
    ocel = Ocel(problems)
    with closing(Sqlite.open(path)) as engine:
        try:
            tables = engine.tables()
            if missing := [name for name in NEEDED if name not in tables]:
                raise LogError(f"{path}: no OCEL 2.0: the tables {', '.join(missing)} are missing.")
            _read(engine.connection, ocel, "object_object" in tables)
        except (sqlite3.Error, UnicodeError) as error:
            raise LogError(f"{path}: SQLite says: {error}. OCEL 2.0 in SQLite is needed.") from None
    return ocel


def _read(connection: sqlite3.Connection, ocel: Ocel, between_objects: bool) -> None:
    for identity, kind in _texts(connection, "select ocel_id, ocel_type from object order by rowid"):
        ocel.add_object(identity, kind)
    events: dict[str | None, int] = {}
    for identity, kind in _texts(connection, "select ocel_id, ocel_type from event order by rowid"):
        events[identity] = ocel.add_event(identity, kind, None)
    for kind, values in _typed_rows(connection, ocel, "event"):
        identity = plain_text(values.pop("ocel_id"))
        number = events.get(identity)
        if number is None or ocel.event_types[number] != kind:
            ocel.problems.add("row of an event that is not of this type", None, kind, identity, "left out")
            continue
        ocel.event_times[number] = plain_text(values.get("ocel_time"))
        for name, value in values.items():
            if name not in FIXED and value is not None:
                ocel.add_value("event", number, name, value)
    for kind, values in _typed_rows(connection, ocel, "object"):
        identity = plain_text(values.pop("ocel_id"))
        number = ocel.object_at.get(identity or "")
        if number is None or ocel.object_types[number] != kind:
            ocel.problems.add("row of an object that is not of this type", None, kind, identity, "left out")
            continue
        _object_values(ocel, number, values)
    links = "select ocel_event_id, ocel_object_id, ocel_qualifier from event_object order by rowid"
    for event, target, qualifier in _texts(connection, links):
        if event in events:
            ocel.links.append((events[event], target or "", qualifier or ""))
        else:
            ocel.problems.add("link of an event that is not in the file", None, None, event, "left out")
    if between_objects:
        for source, target in _texts(connection, "select ocel_source_id, ocel_target_id from object_object"):
            if source in ocel.object_at:
                ocel.object_links.append((ocel.object_at[source], target or ""))


def _object_values(ocel: Ocel, number: int, values: dict[str, Any]) -> None:
    """A row without a changed field gives all values there are; a row with one gives that value, even if it is empty."""
    time, changed = plain_text(values.get("ocel_time")), values.get("ocel_changed_field")
    names = [name for name in values if name not in FIXED]
    if changed in names:
        ocel.add_value("object", number, changed, values[changed], time)
        return
    if changed is not None:
        ocel.problems.add("changed field that is no column", None, None, plain_text(changed), "all values are taken")
    for name in names:
        if values[name] is not None:
            ocel.add_value("object", number, name, values[name], time)


def _texts(connection: sqlite3.Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    for row in connection.execute(statement):
        yield tuple(map(plain_text, row))


def _typed_rows(connection: sqlite3.Connection, ocel: Ocel, scope: Scope) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of the table of each type as dicts; the types of their columns are declared on the way."""
    for kind, mapped in list(
        _texts(connection, f"select ocel_type, ocel_type_map from {scope}_map_type order by rowid")
    ):
        if scope == "object":
            ocel.declared_types[kind or ""] = None
        table = quoted(f"{scope}_{mapped}")
        for _, name, declared, *_ in connection.execute(f"pragma table_info({table})"):
            if name not in FIXED:
                ocel.declare(scope, kind or "", name, declared)
        cursor = connection.execute(f"select * from {table} order by rowid")
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield kind or "", dict(zip(names, row, strict=True))
