"""PostgreSQL behind `mining.log.sql`: rows come by ``COPY``, in a transaction that cannot write and is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from mining.errors import LogError
from mining.log.sql_engines import Engine, Rejected, Whole, quoted, without_secrets
from mining.log.table import EXAMPLES, Problems

BLOCK = 16 << 20  # bytes of text that are typed at once
SESSION = (
    *("transaction read only", "local datestyle = 'ISO'", "local timezone = 'UTC'"),
    *("local client_encoding = 'UTF8'", "local extra_float_digits = 1"),
)
KINDS = {  # by type oid; all others are text as the server writes it
    16: pa.bool_(),
    **dict.fromkeys((20, 21, 23, 26), pa.int64()),
    **dict.fromkeys((700, 701), pa.float64()),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
}


class Postgres(Engine):
    """A PostgreSQL database."""

    format, title = "postgresql", "PostgreSQL"

    def __init__(self, connection: Any, place: str = "", secret: str = "") -> None:
        psycopg = library()
        info = connection.info
        self.connection, self.secret = connection, secret
        self.place = place or f"postgresql://{info.host}:{info.port}/{info.dbname}"
        self.errors = (psycopg.Error, pa.ArrowException)

    @staticmethod
    def parts(address: str) -> dict[str, Any] | None:
        """Parts of an address; None if the library cannot read it."""
        psycopg = library()
        try:
            return dict(psycopg.conninfo.conninfo_to_dict(address))
        except psycopg.Error:
            return None

    @classmethod
    def connect(cls, address: str, parts: dict[str, Any]) -> Postgres:
        """Connect; the place that is shown is made of host, port and database only."""
        psycopg = library()
        host, port = parts.get("host") or "localhost", parts.get("port") or 5432
        place = f"postgresql://{host}:{port}/{parts.get('dbname') or parts.get('user') or ''}"
        secret = str(parts.get("password") or "")
        patience = {} if "connect_timeout" in parts else {"connect_timeout": 15}
        try:
            return cls(psycopg.connect(address, **patience), place, secret)
        except psycopg.Error as error:
            words = " ".join(str(error).split())
            words = without_secrets(words.replace(secret, "***") if secret else words)
        raise LogError(
            f"{place}: no connection ({words[:400]}). Is the server running, is the address right, and does PGPASSWORD or "
            "~/.pgpass hold the password?"
        )

    def tables(self) -> dict[str, Whole]:
        """Tables and views by the names that users write."""
        with self._cursor() as cursor:
            found = cursor.execute(
                """select n.nspname, c.relname, pg_table_is_visible(c.oid) from pg_class c
                   join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'm', 'f', 'p')
                   and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2"""
            ).fetchall()
        return {
            (name if visible else f"{schema}.{name}"): Whole(f"select * from {quoted(schema, name)}", False)
            for schema, name, visible in found
        }

    def columns(self, statement: str) -> list[str]:
        """Names of the columns of a statement."""
        return [name for name, _ in self._described(statement)]

    def read(self, statement: str, problems: Problems) -> tuple[pa.Table, Rejected]:
        """All rows, and per column the rows whose value could not be taken."""
        columns = [(name, KINDS.get(oid, pa.string())) for name, oid in self._described(statement)]
        batches: list[list[pa.Array]] = []
        beyond: dict[str, list[np.ndarray]] = {}
        rows = 0
        with self._cursor() as cursor, cursor.copy(f"copy (\n{statement}\n) to stdout (format csv)") as copy:
            for block in _blocks(copy):
                texts = _split(block, len(columns))
                batches.append([])
                for (name, kind), values in zip(columns, texts, strict=True):
                    array, bad = _typed(values, kind)
                    batches[-1].append(array)
                    if bad.any():
                        beyond.setdefault(name, []).append(np.flatnonzero(bad) + rows + 1)
                        _count(problems, name, rows, values, bad)
                rows += len(texts[0])
        schema = pa.schema(columns)
        table = pa.Table.from_batches([pa.record_batch(arrays, schema=schema) for arrays in batches], schema)
        return table, {name: np.concatenate(parts) for name, parts in beyond.items()}

    def _described(self, statement: str) -> list[tuple[str, int]]:
        with self._cursor() as cursor:
            cursor.execute(f"select * from (\n{statement}\n) as described limit 0")
            return [(column.name, column.type_code) for column in cursor.description]

    def _cursor(self) -> Any:
        return _Session(self.connection)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class _Session:
    """A cursor in a transaction of its own (inside that of the caller, if one is open), undone at the end."""

    def __init__(self, connection: Any) -> None:
        self.block = connection.transaction(force_rollback=True)
        self.cursor = library().Cursor(connection)

    def __enter__(self) -> Any:
        self.block.__enter__()
        try:
            for setting in SESSION:
                self.cursor.execute(f"set {setting}")
        except BaseException as error:
            self.block.__exit__(type(error), error, error.__traceback__)
            raise
        return self.cursor

    def __exit__(self, *error: Any) -> None:
        self.cursor.close()
        self.block.__exit__(*error)


def library() -> Any:
    """psycopg, which is an extra."""
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise LogError(
            f"PostgreSQL is read with psycopg, which is not installed ({error}). Install it with: pip install '.[postgres]'"
        ) from None
    return psycopg


def _blocks(copy: Any) -> Iterator[bytes]:
    """Whole rows, about ``BLOCK`` bytes at a time: the server sends each row as one message."""
    held, size = [], 0
    for message in copy:
        held.append(bytes(message))
        size += len(held[-1])
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _split(block: bytes, columns: int) -> list[pa.Array]:
    """Columns of text; null is an empty field without quotes, an empty text one with quotes."""
    names = [str(i) for i in range(columns)]
    table = pa_csv.read_csv(
        pa.BufferReader(block),
        pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1),
        pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    return [column.combine_chunks() for column in table.columns]


def _typed(texts: pa.Array, kind: pa.DataType) -> tuple[pa.Array, np.ndarray]:
    """Values of a type, and which of them it cannot hold: moments before year 1 or after 9999, and infinite ones."""
    bad = np.zeros(len(texts), bool)
    if pa.types.is_boolean(kind):
        return pc.equal(texts, "t"), bad
    if pa.types.is_temporal(kind):
        within = pc.match_substring_regex(texts, r"^\d{4}-[^B]*$")
        bad = pc.fill_null(pc.invert(within), False).to_numpy(False)
        texts = pc.if_else(within, texts, pa.scalar(None, pa.string()))
    return texts.cast(kind), bad


def _count(problems: Problems, name: str, before: int, texts: pa.Array, bad: np.ndarray) -> None:
    rows = np.flatnonzero(bad)
    for at in rows[:EXAMPLES].tolist():
        raw = texts[at].as_py()
        problems.add("moment outside the years 1 to 9999", before + at + 1, name, raw, "taken as missing")
    if rest := len(rows[EXAMPLES:]):
        problems.add("moment outside the years 1 to 9999", before + int(rows[-1]) + 1, name, None, "and so on", rest)
