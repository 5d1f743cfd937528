"""The state of a monitor in one SQLite file: rows, alerts and the place in the source, changed together or not at all."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mining.binding import Binding
from mining.blueprint.model import Blueprint
from mining.errors import MiningError
from mining.log.roster import Roster
from mining.log.table import SourceTable
from mining.monitor.alerting import Alert
from mining.monitor.decoding import Decided
from mining.monitor.growing import Words
from mining.monitor.outfile import line_of
from mining.monitor.standing import Standing
from mining.monitor.tables import WILL_BREAK
from mining.units import MISSING

SCHEMA = 2  # of the state: what it keeps, and what it belongs to
TOGETHER = 100_000  # rows that are read at a time
KIND = "service-mining monitor"
TABLES = """
create table meta (name text primary key, value text not null) without rowid;
create table batches (number integer primary key, rows integer not null, unreadable text not null, data blob not null);
create table alerts (number integer primary key, id text not null unique, case_id text not null, check_id text not null,
    kind text not null, deadline integer not null, line text not null, ends integer not null);
"""


class Saved:
    """A state file, in use by one monitor at a time.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    blueprint : Blueprint
    binding : Binding
    roster : Roster, optional

    Raises
    ------
    MiningError
        If it is no state, one of another version, blueprint, binding or staff table, or in use.
    """

    def __init__(self, path: Path, blueprint: Blueprint, binding: Binding, roster: Roster | None = None) -> None:
        self.path = path
        try:
            self._base = sqlite3.connect(path, isolation_level=None, timeout=0.2)
            self._base.execute("pragma locking_mode = exclusive")
            self._base.execute("pragma synchronous = full")
            self._base.execute("begin exclusive")
            self._open(blueprint, binding, roster)
            self._base.execute("commit")
        except MiningError:
            self._base.close()
            raise
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise MiningError(
                    f"{path} is in use by another monitor. Wait for it, or give this one a state of its own."
                ) from None
            raise MiningError(f"{path} cannot be used as a state: {error}.") from None
        except sqlite3.DatabaseError as error:
            raise MiningError(f"{path} is no state of a monitor ({error}). Name another file.") from None

    def _open(self, blueprint: Blueprint, binding: Binding, roster: Roster | None) -> None:
        there = {name for (name,) in self._base.execute("select name from sqlite_master where type = 'table'")}
        norm = {
            "blueprint": f"{blueprint.id} {blueprint.version}",
            "sha256": blueprint.sha256,
            "binding": _hash(binding),
            "roster": _staff(roster),
        }
        if not there:
            for statement in TABLES.split(";")[:-1]:
                self._base.execute(statement)
            self._write(
                {"kind": KIND, "schema": SCHEMA, "clock": MISSING, "position": {}, "decided": asdict(Decided()), **norm}
            )
        elif "meta" not in there or self._read("kind", None) != KIND:
            raise MiningError(
                f"{self.path} is a database of something else ({', '.join(sorted(there))}). Name another file."
            )
        if (schema := self._read("schema", 0)) != SCHEMA:
            raise MiningError(
                f"{self.path} was written in form {schema}; this version reads form {SCHEMA}. Begin with a new state file."
            )
        begun = f"it was begun with {self._read('blueprint', '')}"
        staffed = (
            f"a staff table{' that said something else' if roster else ''}" if self._read("roster", "") else "none"
        )
        for key, what, how in (
            ("sha256", "blueprint", f"{begun} as that file then was"),
            ("binding", "binding", f"{begun}, whose columns were bound otherwise"),
            ("roster", "staff table", f"it was begun with {staffed}, and now there is {'one' if roster else 'none'}"),
        ):
            if self._read(key, "") != norm[key]:
                raise MiningError(
                    f"{self.path} belongs to another {what}: {how}. "
                    "Alerts under two norms cannot be told apart: begin a new state (name another file)."
                )
        self.decided = Decided(**self._read("decided", {}))
        self.clock: int = self._read("clock", MISSING)
        self.position: dict[str, Any] = self._read("position", {})
        self.ends: int = self._base.execute("select coalesce(max(ends), 0) from alerts").fetchone()[0]

    def _read(self, name: str, default: Any) -> Any:
        found = self._base.execute("select value from meta where name = ?", [name]).fetchone()
        return json.loads(found[0]) if found else default

    def _write(self, values: Mapping[str, Any]) -> None:
        rows = [(name, json.dumps(value, sort_keys=True)) for name, value in values.items()]
        self._base.executemany("insert or replace into meta values (?, ?)", rows)

    def sources(self) -> Iterator[SourceTable]:
        """The rows that were kept, in order; small batches together."""
        held: list[SourceTable] = []
        for unreadable, data in self._base.execute("select unreadable, data from batches order by number"):
            source = _source(unreadable, data)
            alike = not held or source.table.schema == held[0].table.schema
            if held and not (alike and sum(each.table.num_rows for each in held) < TOGETHER):
                yield _joined(held)
                held = []
            held.append(source)
        if held:
            yield _joined(held)

    @property
    def n_alerts(self) -> int:
        """Alerts that were kept."""
        return int(self._base.execute("select count(*) from alerts").fetchone()[0])

    def lines(self, after: int = 0) -> Iterator[tuple[str, int]]:
        """The alerts as lines of a CSV file, with the place at which each ends; those that end after some place."""
        yield from self._base.execute("select line, ends from alerts where ends > ? order by number", [after])

    def remember(self, standing: Standing, cases: Words) -> None:
        """Put what was said of the cases into their standing."""
        checks = {id: i for i, id in enumerate(standing.checks)}
        timed = {standing.checks[i]: k for k, i in enumerate(standing.timed)}
        for case_id, check, kind, deadline in self._base.execute(
            "select case_id, check_id, kind, deadline from alerts order by number"
        ):
            case = cases.code[case_id]
            if kind == WILL_BREAK:
                standing.warn_again(case, timed[check], deadline)
                standing["warned"][case, timed[check]] = deadline
            else:
                standing["told"][case, checks[check]] += 1

    def commit(
        self, batches: Iterable[SourceTable], alerts: Iterable[Alert], decided: Decided, clock: int,
        position: Mapping[str, Any] | None,
    ) -> None:  # fmt: skip
        """Keep rows, alerts, clock and place in one transaction.

        Raises
        ------
        MiningError
            If the file cannot be written; nothing is kept then.
        """
        ends, rows = self.ends, []
        for alert in alerts:
            line = line_of(alert)
            ends += len(line.encode())
            key = (alert["id"], alert["case_id"], alert["check"], alert["kind"], alert["deadline"])
            rows.append((*key, line, ends))
        try:
            self._base.execute("begin immediate")
            for source in batches:
                self._base.execute("insert into batches (rows, unreadable, data) values (?, ?, ?)", _blob(source))
            self._base.executemany(
                "insert into alerts (id, case_id, check_id, kind, deadline, line, ends) values (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            known = {"decided": asdict(decided), "clock": clock}
            self._write(known if position is None else known | {"position": dict(position)})
            self._base.execute("commit")
        except sqlite3.Error as error:
            if self._base.in_transaction:
                self._base.execute("rollback")
            raise MiningError(f"{self.path} cannot be written: {error}.") from error
        self.ends = ends
        if position is not None:
            self.position = dict(position)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()


def _blob(source: SourceTable) -> tuple[int, str, bytes]:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, source.table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(source.table)
    return source.table.num_rows, json.dumps([int(row) for row in source.unreadable]), sink.getvalue().to_pybytes()


def _source(unreadable: str, data: bytes) -> SourceTable:
    table = pa.ipc.open_stream(data).read_all()
    return SourceTable("<state>", "stream", "", 0, table, unreadable=tuple(json.loads(unreadable)))


def _joined(sources: list[SourceTable]) -> SourceTable:
    """Batches of the same columns as one."""
    starts = np.cumsum([0, *(source.table.num_rows for source in sources)]).tolist()
    unreadable = tuple(row + start for source, start in zip(sources, starts, strict=False) for row in source.unreadable)
    return replace(sources[0], table=pa.concat_tables([source.table for source in sources]), unreadable=unreadable)


def _hash(binding: Binding) -> str:
    """Hash of what a binding says, wherever it stands."""
    said = {
        key: value for key, value in asdict(binding).items() if key not in ("origin", "file", "sha256", "undecided")
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=np.ndarray.tolist).encode()).hexdigest()


def _staff(roster: Roster | None) -> str:
    """Hash of what a staff table says, in whatever order and file; nothing for none."""
    if roster is None:
        return ""
    rows = zip(roster.resource, roster.role, roster.team, roster.first.tolist(), roster.last.tolist(), strict=True)
    return hashlib.sha256(json.dumps(sorted(set(rows))).encode()).hexdigest()
