"""Reads a table or a query of a DuckDB, SQLite or PostgreSQL database. No password leaves this module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from mining.errors import LogError, UnknownNameError
from mining.log.columns import check_names
from mining.log.frames import digest
from mining.log.sql_engines import DuckDB, Engine, Sqlite, failed, quoted, without_secrets
from mining.log.sql_postgres import Postgres
from mining.log.table import Problems, SourceTable

_ADDRESS = re.compile(r"postgres(?:ql)?://(?:[^@/]*@)?[^@]*")
_HIDDEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.S)


def read_query(source: Any, query: str = "", *, table: str = "", order_by: str | Sequence[str] = ()) -> SourceTable:
    """Read the rows of a table or a query as a log source.

    Parameters
    ----------
    source : str, Path or connection
        A DuckDB or SQLite file (told by its first bytes, opened for reading only), an address such as
        ``postgresql://user@host:5432/database``, or an open connection of duckdb, sqlite3 or psycopg, which stays open.
    query : str
        One select statement.
    table : str
        Name of a table or view, with its schema where it is not the usual one. Neither query nor table: the only table.
    order_by : str or sequence of str
        Columns that settle the order of the rows, and with it the order of events of equal time.

    Returns
    -------
    SourceTable
        Its path names host and database only, its notes the query and what settles the order of the rows. The hash is that
        of the rows. Columns as typed by the database; numeric columns of PostgreSQL are text, digit for digit; a SQLite
        column of several types is text, counted as a problem.

    Raises
    ------
    LogError
        If the database cannot be opened or read, both query and table are given, it has several tables and none is named,
        or a column name occurs twice.
    UnknownNameError
        If there is no such table, or no such column to order by.

    Notes
    -----
    Passwords are best left to ``PGPASSWORD`` or the file ``~/.pgpass``: a command line can be seen by others. One that
    stands in an address is never shown.

    Examples
    --------
    >>> import sqlite3
    >>> connection = sqlite3.connect(":memory:")
    >>> _ = connection.execute("create table events (case_id text, activity text, timestamp text)")
    >>> _ = connection.execute("insert into events values ('1', 'Open', '2024-01-01 10:00')")
    >>> read_query(connection, table="events").table.num_rows
    1
    >>> connection.close()
    """
    if query and table:
        raise LogError("give a query or the name of a table, not both.")
    columns = [order_by] if isinstance(order_by, str) else list(order_by)
    with _opened(source) as engine:
        problems = Problems()
        try:
            part, statement, stored = _statement(engine, query, table)
            names = check_names(engine.columns(statement), engine.place)
            for column in columns:
                if column not in names:
                    raise UnknownNameError("column", column, names, f"{engine.place}, order_by")
            if columns:
                keys = ", ".join(map(quoted, columns))
                statement = f"select * from (\n{statement}\n) as ordered order by {keys}"
            rows, rejected = engine.read(statement, problems)
        except engine.errors as error:
            raise failed(engine, error) from None
    named = f"query: {part}" if query else f"table {part!r}"
    used = {"table": None if query else part, "query": part if query else None, "order_by": columns}
    notes = (f"{engine.title} {named}", _order(rows, columns, query, stored, engine.title))
    return SourceTable(
        engine.place, engine.format, digest(rows), rows.nbytes, rows, tuple(problems.examples),
        (*notes, "the hash of the source is that of the rows as read"), dict(problems.counts), rejected=rejected,
        extras={"query": {"from": named, "order_by": columns}, "reading": used},
    )  # fmt: skip


def shown(query: str) -> str:
    """A query as it is shown and kept: on one line, without passwords.

    Examples
    --------
    >>> shown("select *\\n  from log")
    'select * from log'
    """
    return without_secrets(" ".join(query.split()))


def is_database(source: Any, head: bytes = b"") -> bool:
    """True for what `read_query` opens: an address or the first bytes of a DuckDB or SQLite file."""
    return bool(
        (isinstance(source, str) and re.match(r"postgres(?:ql)?://", source))
        or head.startswith(b"SQLite format 3\0")
        or head[8:12] == b"DUCK"
    )


@contextmanager
def _opened(source: Any) -> Iterator[Engine]:
    if not isinstance(source, (str, Path)):
        yield _of_connection(source)
        return
    engine = _of_address(str(source)) if is_database(source) else _of_file(Path(source))
    try:
        yield engine
    finally:
        engine.close()


def _of_connection(source: Any) -> Engine:
    """By the library of the connection's class, so that none is imported that is not in use."""
    libraries = {cls.__module__.partition(".")[0].lstrip("_") for cls in type(source).__mro__}
    engines: dict[str, type[DuckDB | Sqlite | Postgres]] = {"duckdb": DuckDB, "sqlite3": Sqlite, "psycopg": Postgres}
    for library in libraries & set(engines):
        return engines[library](source)
    raise LogError(
        "a path, an address (postgresql://...) or an open connection of duckdb, sqlite3 or psycopg is needed, "
        f"not {type(source).__name__}."
    )


def _of_address(address: str) -> Engine:
    """The address itself is never shown: whatever is wrong with it may be a part of the password."""
    found = Postgres.parts(address) if _ADDRESS.fullmatch(address) else None
    if found is None or not re.fullmatch(r"[\d,]*", str(found.get("port") or "")):
        raise LogError(
            "the address of the database cannot be read; it is not shown here, as it may hold a password. Write "
            "postgresql://user@host:5432/database and leave the password to PGPASSWORD or ~/.pgpass, or write @ / % # ? in it "
            "as %40 %2F %25 %23 %3F."
        )
    return Postgres.connect(address, found)


def _of_file(path: Path) -> Engine:
    if not path.is_file():
        raise LogError(f"no such file: {path}")
    with path.open("rb") as file:
        head = file.read(16)
    if not is_database(path, head):
        raise LogError(
            f"{path} is neither a DuckDB nor a SQLite file. A query or table can be read from such a file or from "
            "an address postgresql://user@host/database."
        )
    return Sqlite.open(path) if head.startswith(b"SQLite") else DuckDB.open(path)


def _statement(engine: Engine, query: str, table: str) -> tuple[str, str, bool]:
    """The query as shown or the name of the table; the select statement; whether it gives the rows as they are stored."""
    if query:
        return shown(query), query.strip().rstrip(";").rstrip(), False
    tables = engine.tables()
    if not table:
        if len(tables) != 1:
            names = ", ".join(map(repr, list(tables)[:20])) + (
                f" and {len(tables) - 20} more" if len(tables) > 20 else ""
            )
            raise LogError(
                f"{engine.place} holds {len(tables)} tables. Say which one is the log with table='...', or give a "
                f"query='select ...'. Tables: {names}."
                if tables
                else f"{engine.place} holds no tables."
            )
        table = next(iter(tables))
    if table not in tables:
        raise UnknownNameError("table", table, tables, engine.place)
    return table, *tables[table]


def _order(rows: pa.Table, columns: list[str], query: str, stored: bool, title: str) -> str:
    """Say what settles the order of the rows: it decides between events of equal time."""
    if columns:
        kinds = [rows.schema.field(column).type for column in columns]
        flat = rows.num_rows and not any(map(pa.types.is_nested, kinds))  # nested values cannot be counted
        equal = rows.num_rows - rows.group_by(columns).aggregate([]).num_rows if flat else 0
        by = ", ".join(map(repr, columns))
        rest = f"; {equal:,} rows repeat the values of others there, and {title} decides their order" if equal else ""
        return f"rows ordered by {by}{rest}"
    if stored:
        return "rows in the order in which they are stored"
    if query and _is_ordered(query):
        return f"rows ordered by the query; where it leaves rows equal, {title} decides"
    return (
        f"nothing settles the order of the rows: events of equal time in a case stand as {title} gave them, which may "
        "change from one reading to the next. Name columns in order_by"
    )


def _is_ordered(query: str) -> bool:
    """Whether the statement has an ``order by`` of its own, outside brackets, texts and comments."""
    text, shorter = "", _HIDDEN.sub(" ", query)
    while text != shorter:
        text, shorter = shorter, re.sub(r"\([^()]*\)", " ", shorter)
    return re.search(r"\border\s+by\b", text, re.IGNORECASE) is not None
