"""A log kept in one Parquet file, sorted and encoded, in groups of whole cases: opened at once, read piece by piece."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mining.binding import Attribute, Binding, Lifecycle
from mining.errors import LogError
from mining.log.arrange import shared
from mining.log.binding_file import FileBinding
from mining.log.codes import Coded, coded
from mining.log.eventlog import EventLog
from mining.log.facts import LogFacts
from mining.log.lineage import Dropped, Lineage
from mining.log.order import row_type
from mining.log.parquet import SUFFIXES
from mining.log.pieces import fixed
from mining.log.sql import shown
from mining.log.stored import CASE, COLUMN, KEY, ROW, Held, Made, Stored, refuse_changed, stamp
from mining.log.table import Problem, SourceTable
from mining.log.times import is_text
from mining.units import MISSING

FORMAT = 1  # of the file; another number cannot be read here
GROUP = 1_000_000  # activity instances in a row group
MOMENT = pa.timestamp("us", tz="UTC")
TIMES = ("start", "end", "scheduled")
NUMBERS = ("row", "start_row", "scheduled_row")
LENGTHS = ("suspended",)  # microseconds
CORE = ("case", "activity", "resource", *TIMES, *NUMBERS, *LENGTHS, "tie")
CODED = ("case", "activity", "resource")
TYPES = {"string": pa.string(), "number": pa.float64(), "datetime": MOMENT, "boolean": pa.bool_()}


@dataclass(frozen=True, eq=False)
class LogStore:
    """A log in a file. Nothing but the account of it is in memory.

    Attributes
    ----------
    path : Path
        The file.
    source : SourceTable
        What the log was read from: path, format, hash, problems. Its table has the columns, but no rows.
    binding : Binding
        Which column of the source was what.
    day_first : bool or None
        As in `mining.read_log`.
    labels, resources, lineage, notes, problems, problem_counts
        As in `mining.EventLog`, of the whole log.
    facts : LogFacts
        What is true of the log as a whole.
    groups : tuple of (int, int)
        Cases and activity instances of each row group.
    attribute_notes : dict of str to tuple of str
        What was assumed about each bound attribute.
    stamp : tuple of int or None
        Of the file when it was opened; it is refused once another has taken its place.
    """

    path: Path
    source: SourceTable
    binding: Binding
    day_first: bool | None
    labels: tuple[str, ...]
    resources: tuple[str, ...]
    lineage: Lineage
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    problem_counts: dict[str, int]
    facts: LogFacts
    groups: tuple[tuple[int, int], ...]
    attribute_notes: dict[str, tuple[str, ...]]
    stamp: tuple[int, ...] | None = None

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return self.facts.n_cases

    @property
    def n_instances(self) -> int:
        """Number of activity instances."""
        return self.facts.n_instances

    @property
    def n_pieces(self) -> int:
        """Number of pieces that `pieces` yields."""
        return len(self.groups)

    def pieces(self) -> Iterator[EventLog]:
        """The log in pieces of whole cases, in order, each read when it is asked for; as `mining.EventLog.pieces`.

        Yields
        ------
        EventLog

        Raises
        ------
        LogError
            If the file is damaged.
        """
        for group in range(self.n_pieces):
            yield self.piece(group)

    def piece(self, group: int) -> EventLog:
        """One of the pieces, by its position. Errors as `pieces`."""
        cases = sum(n for n, _ in self.groups[:group])
        return self._read((group,), cases, sum(n for _, n in self.groups[:group]))

    def log(self) -> EventLog:
        """The whole log, in memory. Errors as `pieces`."""
        return self._read(tuple(range(self.n_pieces)), 0, 0)

    def case_ids(self) -> np.ndarray:
        """Case ids of the whole log in case order, as text (object array). Errors as `pieces`."""
        groups = (self._table((group,), ("case",)) for group in range(self.n_pieces))
        return np.concatenate([coded(table["case"], "case").words.to_numpy(zero_copy_only=False) for table in groups])

    def of_table(self, table: pa.Table) -> EventLog:
        """Some whole cases, given as rows of the file in its order by another reader of it, such as Spark.

        Facts and vocabulary are those of the whole log; where the cases begin in it is not known.
        """
        return self._built(
            table,
            coded(table["case"], "case"),
            0,
            0,
            Held(self.path, (), self.attribute_notes, self._made, table=table),
        )

    @property
    def _made(self) -> Made:
        rejected = self.source.extras.get("rejected", {})
        return Made(self.binding, self.day_first, self.lineage.rows_in, tuple(rejected.items()))

    def _table(self, groups: tuple[int, ...], columns: tuple[str, ...]) -> pa.Table:
        refuse_changed(self.path, self.stamp)
        try:
            with pq.ParquetFile(self.path, read_dictionary=list(CODED)) as file:
                return file.read_row_groups(groups, columns=list(columns))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise LogError(f"{self.path}: the store is damaged ({str(error).splitlines()[0].rstrip('.')}).") from None

    def _read(self, groups: tuple[int, ...], first_case: int, first_instance: int) -> EventLog:
        table = self._table(groups, CORE)
        case = coded(table["case"], "case")
        expected = (sum(self.groups[g][0] for g in groups), sum(self.groups[g][1] for g in groups))
        if (len(case.words), len(case.codes)) != expected or (np.diff(case.codes) < 0).any():
            raise LogError(f"{self.path}: the store is damaged (its cases are not those it was written with).")
        return self._built(
            table,
            case,
            first_case,
            first_instance,
            Stored(self.path, groups, self.attribute_notes, self._made, stamp=self.stamp),
        )

    def _built(self, table: pa.Table, case: Coded, first_case: int, first_instance: int, stored: Stored) -> EventLog:
        offsets = np.zeros(len(case.words) + 1, np.int64)
        np.cumsum(np.bincount(case.codes, minlength=len(case.words)), out=offsets[1:])
        number = row_type(self.lineage.rows_in)
        times = {name: shared(_moments(table[name])) for name in TIMES}
        rows = {name: shared(table[name].to_numpy().astype(number, copy=False)) for name in NUMBERS}
        arrays: dict[str, Any] = {
            "case_ids": case.words.to_numpy(zero_copy_only=False),
            "offsets": offsets,
            "activity": _positions(coded(table["activity"], "activity"), self.labels),
            "resource": _positions(coded(table["resource"], "resource"), self.resources),
            "tie": table["tie"].to_numpy().astype(bool),
            **times,
            **rows,
            **{name: shared(table[name].to_numpy()) for name in LENGTHS},
        }
        parts: dict[str, Any] = {name: fixed(x) if x.flags.writeable else x for name, x in arrays.items()}
        return EventLog(
            source=self.source, binding=self.binding, day_first=self.day_first, labels=self.labels,
            resources=self.resources, lineage=self.lineage, notes=self.notes, problems=self.problems,
            problem_counts=self.problem_counts, first_case=first_case, first_instance=first_instance,
            _facts=self.facts, _stored=stored,
            **parts,
        )  # fmt: skip

    def __repr__(self) -> str:
        return (
            f"<LogStore {self.path}: {self.n_cases:,} cases, {self.n_instances:,} activity instances in "
            f"{self.n_pieces:,} pieces, of {self.source.path}>"
        )

    def _repr_html_(self) -> str:
        from mining.display.accounts import store_html

        return store_html(self)


def open_store(path: str | Path) -> LogStore:
    """Open a store.

    Parameters
    ----------
    path : str or Path
        A file that `write_store` or `mining log convert` wrote.

    Returns
    -------
    LogStore

    Raises
    ------
    LogError
        If there is no such file, or it is no store, or one of another format.
    """
    path = Path(path)
    try:
        opened = stamp(path)
        meta = (pq.read_metadata(path).metadata or {}).get(KEY)
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise LogError(f"{path} is no store of a log: {said}.") from None
    if meta is None:
        raise LogError(f"{path} is no store of a log. Make one with `mining log convert LOG {path.name}`.")
    plain = json.loads(meta)
    if plain["format"] != FORMAT:
        raise LogError(
            f"{path} is a store of format {plain['format']}; this version reads {FORMAT}. Convert the log again."
        )
    source = plain["source"]
    table = pa.table({name: pa.array([], pa.null()) for name in source.pop("columns")})
    problems = tuple(Problem(**p) for p in plain["problems"])
    return LogStore(
        path=path,
        source=SourceTable(table=table, problems=problems, **source),
        binding=_binding(plain["binding"]),
        day_first=plain["day_first"],
        labels=tuple(plain["labels"]),
        resources=tuple(plain["resources"]),
        lineage=_lineage(plain["lineage"]),
        notes=tuple(plain["notes"]),
        problems=problems,
        problem_counts=plain["problem_counts"],
        facts=LogFacts.from_dict(plain["facts"]),
        groups=tuple((cases, instances) for cases, instances in plain["groups"]),
        attribute_notes={name: tuple(notes) for name, notes in plain["attribute_notes"].items()},
        stamp=opened,
    )


def write_store(log: EventLog, path: str | Path, *, group: int = GROUP) -> Path:
    """Keep a log in a file, with its bound attributes and all columns of its source that are bound to no role.

    The value of such a column is kept for the row that decides each instance (``log.row``).

    Parameters
    ----------
    log : EventLog
    path : str or Path
        A file of that name is replaced, once all is written.
    group : int
        Most activity instances in a row group, unless one case alone has more.

    Returns
    -------
    Path

    Raises
    ------
    LogError
        If its name does not end in .parquet, it is the log itself or a file it is read with, it cannot be written, or an
        attribute cannot be read.
    """
    check_target(path, log.files)
    notes = {name: log.attribute_notes(name) for name in log.binding.attributes}
    with StoreWriter(path, log.files) as writer:
        for piece in log.pieces(group):
            writer.write(piece, table_of(piece))
        writer.finish(log, log.facts, notes, _alike(log))
    return Path(path)


def check_target(path: str | Path, inputs: Iterable[Path]) -> None:
    """Raise `LogError` if a store of this name would take the place of an input, or would not be taken for Parquet."""
    path = Path(path)
    for file in inputs:
        if file.exists() and path.exists() and path.samefile(file):
            raise LogError(f"{path} is the log itself, or a file it is read with. Give the store another name.")
    if path.suffix.lower() not in SUFFIXES:
        raise LogError(
            f"{path}: a store is a Parquet file, so its name must end in {' or '.join(SUFFIXES)}, "
            f"such as {path.with_suffix('.parquet').name if path.name else 'log.parquet'}."
        )


class StoreWriter:
    """Writes a store piece by piece, beside the file it will be: that is replaced at the end, or not at all."""

    def __init__(self, path: str | Path, inputs: Iterable[Path]) -> None:
        self._path = Path(path)
        check_target(self._path, inputs)
        self._beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        self._writer: pq.ParquetWriter | None = None
        self._groups: list[tuple[int, int]] = []

    def __enter__(self) -> StoreWriter:
        return self

    def write(self, piece: EventLog, table: pa.Table) -> None:
        """Add a row group: the cases of a piece, and its table as `table_of` makes it."""
        if self._writer is None:
            try:
                self._writer = pq.ParquetWriter(self._beside, table.schema, compression="zstd")
            except OSError as error:
                raise LogError(f"{self._path} cannot be written: {error.strerror or error}.") from None
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._groups.append((piece.n_cases, table.num_rows))

    def finish(
        self, log: EventLog, facts: LogFacts, attribute_notes: dict[str, tuple[str, ...]], alike: Sequence[str] = ()
    ) -> None:
        """Write what is true of the log as a whole; of ``log`` all but the arrays is taken. ``alike``: see `_alike`."""
        assert self._writer is not None  # a log has a case
        source = log.source
        plain = {
            "format": FORMAT,
            "source": {name: getattr(source, name) for name in ("path", "format", "sha256", "size", "notes")}
            | {"problem_counts": source.problem_counts, "columns": source.table.column_names}
            | {
                "extras": {
                    "reading": source.extras.get("reading", {}),
                    "alike": list(alike),
                    "rejected": {name: len(rows) for name, rows in source.rejected.items()},
                }
            },
            "binding": asdict(replace(log.binding, query=shown(log.binding.query) if log.binding.query else None)),
            "day_first": log.day_first,
            "labels": log.labels,
            "resources": log.resources,
            "lineage": asdict(log.lineage),
            "notes": log.notes,
            "problems": [asdict(p) for p in log.problems],
            "problem_counts": log.problem_counts,
            "facts": facts.to_dict(),
            "groups": self._groups,
            "attribute_notes": attribute_notes,
        }
        self._writer.add_key_value_metadata({KEY: json.dumps(plain, ensure_ascii=False).encode()})
        self._writer.close()
        self._writer = None
        self._beside.replace(self._path)

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        self._beside.unlink(missing_ok=True)


def table_of(log: EventLog, others: Sequence[str] | None = None) -> pa.Table:
    """The activity instances of a log or a piece of one, as they stand in a store.

    ``others`` are the columns of the source to be kept. None: those that are bound to no role.
    """
    case = np.repeat(np.arange(log.n_cases, dtype=np.int32), np.diff(log.offsets))
    columns: dict[str, Any] = {
        "case": _dictionary(case, pa.array(log.case_ids, pa.string())),
        "activity": _dictionary(log.activity, pa.array(log.labels, pa.string())),
        "resource": _dictionary(log.resource, pa.array(log.resources, pa.string())),
        **{name: _timestamps(getattr(log, name)) for name in TIMES},
        **{name: pa.array(np.ascontiguousarray(getattr(log, name))) for name in (*NUMBERS, *LENGTHS)},
        "tie": pa.array(log.tie),
    }
    for name, attribute in log.binding.attributes.items():
        columns[CASE + name] = _typed(log.attribute(name), attribute.type).take(pa.array(case))
        columns[ROW + name] = _typed(log.values(name), attribute.type)
    for name in unbound(log.binding, log.source.table.column_names) if others is None else others:
        columns[COLUMN + name] = decoded(log.column(name))
    return pa.table(columns)


def _alike(log: EventLog) -> list[str]:
    """Columns bound to no role that say the same in the rows of starts and plans of an instance as in the row that is kept."""
    names = unbound(log.binding, log.source.table.column_names)
    if log.store:
        return [name for name in names if name in log.source.extras.get("alike", ())]
    found = list[str]()
    for name in names:
        codes = coded(log.source.table[name], name).codes if is_text(log.source.table[name].type) else None
        same = (codes is not None) and all(
            (codes[rows[rows > 0] - 1] == codes[log.row[rows > 0] - 1]).all()
            for rows in (log.start_row, log.scheduled_row)
        )
        found += [name] if same else []
    return found


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Plain values where a column is encoded in a dictionary; the file encodes them in its own way."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def unbound(binding: Binding, names: list[str]) -> list[str]:
    """Columns of a source that have no role; those of attributes count among them."""
    roles = set(replace(binding, attributes={}).columns.values())
    return [name for name in names if name not in roles]


def _dictionary(codes: np.ndarray, words: pa.Array) -> pa.DictionaryArray:
    there = np.unique(codes[codes >= 0])
    place = np.full(len(words) + 1, -1, np.int32)
    place[there] = np.arange(len(there))
    found = place[codes]
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=found < 0), words.take(pa.array(there)))


def _timestamps(time: np.ndarray) -> pa.Array:
    return pa.array(np.ascontiguousarray(time), pa.int64(), mask=time == MISSING).cast(MOMENT)


def _moments(column: pa.ChunkedArray) -> np.ndarray:
    found: np.ndarray = pc.fill_null(column.cast(pa.int64()), MISSING).to_numpy()
    return found


def _typed(values: np.ndarray, kind: str) -> pa.Array:
    return _timestamps(values) if kind == "datetime" else pa.array(values, TYPES[kind], from_pandas=kind != "number")


def _positions(column: Coded, words: tuple[str, ...]) -> np.ndarray:
    """Codes in the vocabulary of the whole log."""
    at = {word: i for i, word in enumerate(words)}
    place = np.array([*(at[word] for word in column.words.to_pylist()), -1], np.int32)
    found: np.ndarray = place[column.codes]
    return found


def _binding(plain: dict[str, Any]) -> Binding:
    lifecycle = Lifecycle(**plain["lifecycle"]) if plain["lifecycle"] else None
    attributes = {name: Attribute(**attribute) for name, attribute in plain["attributes"].items()}
    lists = {name: tuple(plain[name]) for name in ("ignore", "order_by")}
    parts = plain | lists | {"lifecycle": lifecycle, "attributes": attributes}
    if "file" in plain:  # of a binding file
        return FileBinding(**parts | {"undecided": tuple(plain["undecided"])})
    return Binding(**parts)


def _lineage(plain: dict[str, Any]) -> Lineage:
    dropped = tuple(Dropped(d["reason"], d["count"], tuple(d["rows"])) for d in plain["dropped"])
    return Lineage(plain["rows_in"], plain["used"], dropped)
