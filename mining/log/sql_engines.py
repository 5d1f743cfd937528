"""The databases in files behind `mining.log.sql`, DuckDB and SQLite: how each is opened, described and read into Arrow."""

from __future__ import annotations

import re
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow as pa

from mining.errors import LogError
from mining.log.columns import check_names, plain_types
from mining.log.table import Problems

Rejected = dict[str, np.ndarray]
ROWS = 50_000
_SECRET = re.compile(
    r"\b(password|passwd|pwd|secret|token)(\s*=\s*'[^']*'|\s*=\s*[^\s;'\",)]+|\s+'[^']*')", re.IGNORECASE
)
_IN_ADDRESS = re.compile(r"://[^\s/@]*:[^\s@]*@")


class Whole(NamedTuple):
    """The statement that reads a whole table, and whether it gives the rows in the order in which they are stored."""

    statement: str
    stored: bool


class Engine(ABC):
    """A database that is open.

    Attributes
    ----------
    format, title : str
        Its kind, for programs and for people.
    place : str
        What may be shown of where it is.
    secret : str
        The password, so that it can be taken out of whatever is shown.
    errors : tuple of exception classes
        What its library raises.
    """

    format: str
    title: str
    place: str
    secret: str = ""
    errors: tuple[type[Exception], ...]

    @abstractmethod
    def tables(self) -> dict[str, Whole]:
        """Tables and views by the names that users write."""

    @abstractmethod
    def columns(self, statement: str) -> list[str]:
        """Names of the columns of a statement, which is not run to its end."""

    @abstractmethod
    def read(self, statement: str, problems: Problems) -> tuple[pa.Table, Rejected]:
        """All rows, and per column the rows whose value could not be taken."""

    @abstractmethod
    def close(self) -> None:
        """Close what was opened here."""


def without_secrets(text: str) -> str:
    """The text with passwords in it replaced by stars."""
    return _IN_ADDRESS.sub("://***@", _SECRET.sub(r"\1 ***", text))


def failed(engine: Engine, error: Exception) -> LogError:
    """The error for the user: the library's words on one line, without a password."""
    words = " ".join(str(error).split()) or type(error).__name__
    words = without_secrets(words.replace(engine.secret, "***") if engine.secret else words)
    return LogError(f"{engine.place}: {engine.title} says: {words[:600]}")


def quoted(*names: str) -> str:
    """A name, such as schema and table, in quotes."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class DuckDB(Engine):
    """A DuckDB file or connection."""

    format, title = "duckdb", "DuckDB"
    errors = (duckdb.Error, pa.ArrowException)

    def __init__(self, connection: Any, place: str = "<duckdb connection>") -> None:
        self.connection, self.place = connection, place

    @classmethod
    def open(cls, path: Path) -> DuckDB:
        """Open a file for reading only; no extension is fetched and no Python variable is taken for a table."""
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "python_enable_replacements": False,
            "autoload_known_extensions": False,
        }
        try:
            return cls(duckdb.connect(str(path), read_only=True, config=config), str(path))
        except duckdb.Error as error:
            words = " ".join(str(error).split())[:400]
            raise LogError(
                f"{path}: DuckDB cannot open the file ({words}). If another program or notebook has it open, close it there, "
                "or pass that open connection instead of the path."
            ) from None

    def tables(self) -> dict[str, Whole]:
        """Tables and views by the names that users write."""
        setting = "select value = 'true' from duckdb_settings() where name = 'preserve_insertion_order'"
        ((stored,),) = self.connection.sql(setting).fetchall()
        found = self.connection.sql(
            """select database_name, schema_name, table_name, true as is_table from duckdb_tables() where not internal
               union all select database_name, schema_name, view_name, false from duckdb_views() where not internal
               order by all"""
        ).fetchall()
        ((here,),) = self.connection.sql("select current_database()").fetchall()
        tables = {}
        for base, schema, name, is_table in found:
            where = [base] * (base not in (here, "temp")) + [schema] * (schema != "main")
            tables[".".join([*where, name])] = Whole(f"select * from {quoted(base, schema, name)}", stored and is_table)
        return tables

    def columns(self, statement: str) -> list[str]:
        """Names of the columns of a statement."""
        self.connection.sql(f"select * from (\n{statement}\n) as described limit 0")  # refuses all but one select
        return list(self.connection.sql(statement).columns)

    def read(self, statement: str, problems: Problems) -> tuple[pa.Table, Rejected]:
        """All rows, and per column the rows whose value could not be taken."""
        table = plain_types(self.connection.sql(statement).to_arrow_table())
        return pa.table([_usual(column) for column in table.columns], table.column_names), {}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _usual(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments with a zone are shown in UTC, whatever the zone of the session; a column of nulls is text."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz:
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    return column.cast(pa.string()) if pa.types.is_null(kind) else column


def _refuse_cut(path: Path) -> None:
    """Raise `LogError` for a SQLite file that is shorter than its head says: SQLite itself may read it without a word."""
    if path.with_name(f"{path.name}-wal").exists():  # then the head is not the last word
        return
    try:
        with path.open("rb") as file:
            head = file.read(100)
            size = file.seek(0, 2)
    except OSError:
        return  # opening it says what is wrong
    page, pages = int.from_bytes(head[16:18]), int.from_bytes(head[28:32])
    expected = pages * (65_536 if page == 1 else page)
    kept = len(head) == 100 and head[24:28] == head[92:96] and (page == 1 or page in (2**n for n in range(9, 16)))
    if kept and size < expected:
        raise LogError(f"{path}: the file is cut off: it has {size:,} of {expected:,} bytes.")


class Sqlite(Engine):
    """A SQLite file or connection."""

    format, title = "sqlite", "SQLite"
    errors = (sqlite3.Error, UnicodeError)

    def __init__(self, connection: sqlite3.Connection, place: str = "<sqlite connection>") -> None:
        self.connection, self.place = connection, place

    @classmethod
    def open(cls, path: Path) -> Sqlite:
        """Open a file for reading only."""
        _refuse_cut(path)
        try:
            return cls(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True), str(path))
        except sqlite3.Error as error:
            raise LogError(f"{path}: SQLite cannot open the file ({error}).") from None

    def _run(self, statement: str) -> sqlite3.Cursor:
        cursor = self.connection.cursor()
        cursor.row_factory = None
        return cursor.execute(statement)

    def tables(self) -> dict[str, Whole]:
        """Tables and views by the names that users write."""
        known = "select name, type from sqlite_master union all select name, type from sqlite_temp_master"
        kinds = "type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'"
        found = self._run(f"select name, type from ({known}) where {kinds} order by name")
        return {str(name): self._whole(str(name), kind == "table") for name, kind in found.fetchall()}

    def _whole(self, name: str, is_table: bool) -> Whole:
        statement = f"select * from {quoted(name)}"
        stored = f"{statement} order by _rowid_"
        try:
            self._run(f"{stored} limit 0")
        except sqlite3.Error:  # a table without row numbers, or a view that is broken
            is_table = False
        return Whole(stored, True) if is_table else Whole(statement, False)

    def columns(self, statement: str) -> list[str]:
        """Names of the columns of a statement."""
        return [str(column[0]) for column in self._run(f"select * from (\n{statement}\n) limit 0").description]

    def read(self, statement: str, problems: Problems) -> tuple[pa.Table, Rejected]:
        """All rows, and per column the rows whose value could not be taken."""
        cursor = self._run(statement)
        names = check_names([str(column[0]) for column in cursor.description], self.place)
        parts: list[list[pa.Array]] = [[] for _ in names]
        mixed: list[Counter[type]] = [Counter() for _ in names]
        while rows := cursor.fetchmany(ROWS):
            for at, values in enumerate(zip(*rows, strict=True)):
                parts[at].append(_of_values(values, mixed[at]))
        columns = [_one_type(*each, problems) for each in zip(names, parts, mixed, strict=True)]
        return pa.table(columns, names), {}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _of_values(values: tuple[Any, ...], kinds: Counter[type]) -> pa.Array:
    """One batch of a SQLite column: typed if its values are of one type, else as text."""
    here = Counter(map(type, values))
    here.pop(type(None), None)
    kinds.update(here)
    return pa.array(values) if len(here) < 2 else pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else value.hex() if isinstance(value, bytes) else str(value)


def _one_type(name: str, parts: list[pa.Array], kinds: Counter[type], problems: Problems) -> pa.ChunkedArray:
    """SQLite types values, not columns. A column of several types is text, value by value as Python writes it."""
    if len(kinds) < 2:
        known = {int: pa.int64(), float: pa.float64(), bytes: pa.binary()}
        kind = known.get(next(iter(kinds)), pa.string()) if kinds else pa.string()
        return pa.chunked_array([part.cast(kind) for part in parts], kind)
    shares = ", ".join(f"{count:,} {kind.__name__}" for kind, count in kinds.most_common())
    problems.add("column of mixed types", None, name, None, f"{shares}; taken as text")
    texts = [
        part if part.type == pa.string() else pa.array([_text(value) for value in part.to_pylist()], pa.string())
        for part in parts
    ]
    return pa.chunked_array(texts, pa.string())
