"""A log that does not fit into memory, into a store: sorted by DuckDB on disk, built case range by case range."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mining.binding import Attribute, Binding, reading
from mining.errors import LogError
from mining.log.arrange import Arranged, Remarks, Rows, arrange, check_words
from mining.log.attributes import case_values
from mining.log.build import check_left, check_rows, flat, moments, similar
from mining.log.codes import Coded, coded
from mining.log.eventlog import Columns, EventLog
from mining.log.facts import LogFacts, merged
from mining.log.lineage import Lineage
from mining.log.lineage import merged as one_lineage
from mining.log.order import row_type
from mining.log.recognise import resolve
from mining.log.source import PARTS
from mining.log.staging import BATCH, Staged, stage
from mining.log.store import GROUP, MOMENT, NUMBERS, StoreWriter, check_target, decoded, table_of
from mining.log.table import SourceTable
from mining.log.times import Moments, is_text
from mining.units import MISSING

TYPED = ("number", "datetime", "boolean")  # attributes whose values are read for whole columns; texts are texts


def ingest(
    path: str | Path, store: str | Path, *, columns: Columns = None, day_first: bool | None = None,
    memory: str = "2GB", spill: str | Path | None = None, group: int = GROUP,
) -> Path:  # fmt: skip
    """Read a CSV or Parquet file that may be larger than memory into a store.

    The store holds what `mining.log.store.write_store` makes of the log read by `mining.read_log`. In memory are at one
    time: one column of dates or numbers (both, where starts have a column of their own), the moments of all rows, what
    DuckDB is allowed, and one group of cases.

    Parameters
    ----------
    path : str or Path
        The file.
    store : str or Path
        A file of that name is replaced, once all is written.
    columns, day_first
        As in `mining.read_log`.
    memory : str
        How much DuckDB may use to sort, such as ``"2GB"``; beyond it, it writes to the spill folder.
    spill : str, Path or None
        Folder for what does not fit; needs room for about twice the file unpacked. None: that of the system for such files.
    group : int
        Most rows in a group of cases, unless one case alone has more.

    Returns
    -------
    Path
        Of the store.

    Raises
    ------
    LogError, UnknownNameError
        As `mining.read_log` and `mining.log.store.write_store`, or if the spill folder or the memory does not suffice.
    """
    check_target(store, [Path(name) for name in (path, getattr(columns, "file", "")) if name])
    with tempfile.TemporaryDirectory(prefix="mining-", dir=spill) as folder:
        open_as = {key: value for key, value in reading(columns).items() if key != "sheet"}
        if parts := [key for key in PARTS if key in open_as]:
            raise LogError(
                f"{path}: {' and '.join(parts)} cannot be used: only CSV and Parquet files are read piece by piece. "
                "Read it with read_log instead."
            )
        staged = stage(path, Path(folder), **open_as)
        check_rows(staged.source, staged.rows)
        binding, notes = resolve(_names_and_words(staged), columns)
        plan = _read_whole(staged, binding, day_first)
        ordered = Path(folder) / "sorted.parquet"
        _sort(plan, ordered, memory, folder)
        return _write(plan, ordered, Path(store), notes, group)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What only whole columns can say, and which columns are sorted along.

    ``carried`` are the names of columns of the source, which are called ``c0``, ``c1`` ... in the sorted file; ``typed``
    the attributes whose values are read already, as ``a0``, ``a1`` ...
    """

    staged: Staged
    binding: Binding
    day_first: bool | None
    ends: Moments
    starts: Moments | None
    notes: tuple[str, ...]
    texts: dict[str, Coded]  # role columns whose text depends on all rows
    carried: tuple[str, ...]
    typed: dict[str, np.ndarray]
    attribute_notes: dict[str, tuple[str, ...]]


def _names_and_words(staged: Staged) -> SourceTable:
    """The source with the distinct words of the columns that may be a lifecycle: all that finding a binding asks for."""
    schema = staged.source.table.schema
    likely = [f.name for f in schema if is_text(f.type) and re.search("lifecycle|transition", f.name, re.IGNORECASE)]
    words = {name: staged.words(name) for name in likely}
    number = max(map(len, words.values()), default=0)
    columns = [
        pa.array([*words[f.name], *[None] * (number - len(words[f.name]))], pa.string())
        if f.name in words
        else pa.nulls(number, f.type)
        for f in schema
    ]
    return replace(staged.source, table=pa.table(columns, names=schema.names))


def _read_whole(staged: Staged, binding: Binding, day_first: bool | None) -> _Plan:
    names = [name for name in (binding.timestamp, binding.start) if name]
    ends, starts = moments(staged.columns(*dict.fromkeys(names)), binding, day_first)
    notes = [*ends.notes, *(starts.notes if starts else ())]
    lifecycle = binding.lifecycle
    if lifecycle:
        said_words = pa.chunked_array([staged.words(lifecycle.column)], pa.string())
        notes += check_words(lifecycle, coded(said_words, lifecycle.column).words.to_pylist())
    schema = staged.source.table.schema
    roles = [
        name for name in (binding.case, binding.activity, binding.resource, lifecycle and lifecycle.column) if name
    ]
    texts = {
        name: coded(staged.columns(name).table[name], name)
        for name in roles
        if pa.types.is_floating(schema.field(name).type)
    }
    typed, said = {}, {}
    for name, attribute in binding.attributes.items():
        if attribute.type in TYPED:
            every = np.arange(staged.rows)
            found = case_values(
                staged.columns(attribute.column), attribute, every, every, staged.rows, binding.tz, day_first,
                binding.decimal,
            )  # fmt: skip
            typed[name], said[name] = found.values, found.notes
    bound = set(replace(binding, attributes={}).columns.values())
    carried = tuple(name for name in schema.names if name not in bound)
    return _Plan(staged, binding, day_first, ends, starts, tuple(notes), texts, carried, typed, said)


def _batches(plan: _Plan) -> Iterator[pa.RecordBatch]:
    """The rows to be sorted, in file order: role columns as text, moments, typed attributes, other columns as they are."""
    binding = plan.binding
    roles = {"case": binding.case, "activity": binding.activity, "resource": binding.resource}
    roles["kind"] = binding.lifecycle.column if binding.lifecycle else None
    used = {role: name for role, name in roles.items() if name}
    for before, batch in plan.staged.batches(list(dict.fromkeys([*used.values(), *plan.carried]))):
        part = slice(before, before + batch.num_rows)
        columns: dict[str, Any] = {"row": pa.array(np.arange(part.start + 1, part.stop + 1))}
        for role, name in used.items():
            whole = plan.texts.get(name)
            column = Coded(whole.codes[part], whole.words) if whole else coded(batch[name], name)
            at = pa.array(column.codes, mask=column.missing)
            columns[role] = column.words.take(at)
        for role, found in (("end", plan.ends), ("start", plan.starts)):
            if found:
                columns[role], columns[f"{role}_bad"] = pa.array(found.values[part]), pa.array(found.bad[part])
        columns |= {f"a{i}": _values(values[part]) for i, values in enumerate(plan.typed.values())}
        columns |= {f"c{i}": decoded(batch[name]) for i, name in enumerate(plan.carried)}
        yield from pa.table(columns).combine_chunks().to_batches()


def _values(values: np.ndarray) -> pa.Array:
    if values.dtype == object:
        return pa.array(values, pa.bool_())
    return pa.array(values, mask=np.isnan(values) if values.dtype == float else values == MISSING)


def _sort(plan: _Plan, file: Path, memory: str, folder: str) -> None:
    batches = _batches(plan)
    first = next(batches)

    def every() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    reader = pa.RecordBatchReader.from_batches(first.schema, every())
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "memory_limit": memory, "temp_directory": folder}
    try:
        with duckdb.connect(config=config) as con:
            con.execute("set TimeZone = 'UTC'")
            con.register("rows_in", reader)
            con.execute(
                f'copy (select * from rows_in order by "case" nulls first, "row") to \'{_quoted(file)}\' '
                f"(format parquet, row_group_size {BATCH})"
            )
    except duckdb.Error as error:
        raise LogError(
            f"{plan.staged.source.path} could not be sorted within {memory} of memory: {str(error).splitlines()[0]}. "
            "Give more memory, or a spill folder with more room."
        ) from None


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _case_ranges(file: Path, rows: int) -> Iterator[pa.Table]:
    """The sorted rows in tables of whole cases, of about so many rows."""
    held = list[pa.Table]()
    with pq.ParquetFile(file) as source:
        for batch in source.iter_batches(max(1, min(rows, BATCH))):
            held.append(pa.table(batch))
            if sum(part.num_rows for part in held) < rows:
                continue
            table = pa.concat_tables(held)
            case = coded(table["case"], "case").codes
            borders = np.flatnonzero(case[1:] != case[:-1]) + 1
            fitting = borders[borders <= rows]
            if len(fitting):
                yield table.slice(0, int(fitting[-1]))
                table = table.slice(int(fitting[-1]))
            held = [table]
    if held and (left := pa.concat_tables(held)).num_rows:
        yield left


def _write(plan: _Plan, ordered: Path, store: Path, notes: tuple[str, ...], group: int) -> Path:
    source, binding = plan.staged.source, plan.binding
    lineages, remarks, facts = list[Lineage](), list[Remarks](), list[LogFacts]()
    said: dict[str, list[str]] = {name: [] for name in binding.attributes}
    labels, resources = set[str](), set[str]()
    inputs = (source.path, getattr(binding, "file", ""))
    with StoreWriter(store, (Path(name) for name in inputs if name)) as writer:
        for table in _case_ranges(ordered, group):
            found = arrange(_rows(plan, table), binding.lifecycle)
            lineages.append(found.lineage)
            remarks.append(found.remarks)
            if len(found.cases):
                piece, written = _piece(plan, table, found)
                writer.write(piece, written)
                facts.append(piece.facts)
                labels.update(piece.labels)
                resources.update(piece.resources)
                for name in said:
                    said[name] += piece.attribute_notes(name)
        lineage = one_lineage(lineages)
        check_left(source.path, lineage, len(facts))
        every = Remarks.sum(remarks)
        problems = every.problems(binding.start)
        words = tuple(sorted(labels))
        whole = replace(
            piece, source=source, binding=binding, labels=words, resources=tuple(sorted(resources)), lineage=lineage,
            notes=(*notes, *source.notes, *plan.notes, *similar(words), *every.notes()),
            problems=(*source.problems, *problems.examples), problem_counts=source.problem_counts | dict(problems.counts),
        )  # fmt: skip
        counted = {name: _counted(binding.attributes[name].column, parts) for name, parts in said.items()}
        writer.finish(
            whole, merged(facts), {name: (*plan.attribute_notes.get(name, ()), *counted[name]) for name in said}
        )
    return store


def _rows(plan: _Plan, table: pa.Table) -> Rows:
    numbers = table["row"].to_numpy()

    def at(role: str) -> Coded | None:
        return coded(table[role], role) if role in table.column_names else None

    def when(role: str) -> Moments:
        bad = table[f"{role}_bad"].to_numpy().astype(bool)
        return Moments(table[role].to_numpy(), bad, np.zeros(len(bad), bool))

    case, activity = at("case"), at("activity")
    assert case  # both are required
    assert activity
    unreadable = np.isin(numbers, plan.staged.source.unreadable) if plan.staged.source.unreadable else None
    starts = when("start") if plan.starts else None
    return Rows(case, activity, when("end"), starts, at("resource"), at("kind"), unreadable, numbers)


def _piece(plan: _Plan, table: pa.Table, found: Arranged) -> tuple[EventLog, pa.Table]:
    """A range of cases as a log of its own, whose source are the sorted rows; and its table, with the rows of the file."""
    numbers = table["row"].to_numpy()
    by_number = np.argsort(numbers)
    in_order = numbers[by_number]
    rows = {name: found.arrays[name] for name in NUMBERS}
    local = {
        name: np.where(x > 0, by_number[np.minimum(np.searchsorted(in_order, x), len(numbers) - 1)] + 1, 0)
        for name, x in rows.items()
    }
    schema = plan.staged.source.table.schema
    columns = {name: table[f"c{i}"].cast(_plain(schema.field(name).type)) for i, name in enumerate(plan.carried)}
    bound = dict(plan.binding.attributes)
    for i, name in enumerate(plan.typed):
        values, own = table[f"a{i}"], f"{name} (attribute)"
        while own in columns:
            own += " "
        columns[own] = values.cast(MOMENT) if bound[name].type == "datetime" else values
        bound[name] = Attribute(own, bound[name].type)
    source = replace(
        plan.staged.source, table=pa.table(columns), rejected={}, unreadable=(), problems=(), problem_counts={}
    )
    mine = replace(found, arrays=found.arrays | local)
    parts = vars(flat(source, plan.binding, mine, ()))
    piece = EventLog(source=source, binding=replace(plan.binding, attributes=bound), day_first=plan.day_first, **parts)
    kind = row_type(plan.staged.rows)
    written = table_of(piece, plan.carried)
    for name, x in rows.items():
        written = written.set_column(written.column_names.index(name), name, pa.array(x.astype(kind)))
    return piece, written


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _counted(column: str, notes: list[str]) -> tuple[str, ...]:
    """Notes on the parts of a column as notes on all of it: what they count, summed up."""
    totals: dict[str, int] = {}
    start = f"column {column!r}: "
    for note in notes:
        rest = note.partition(": ")[2] if not note.startswith(start) else note[len(start) :]
        number, _, what = rest.partition(" ")
        totals[what] = totals.get(what, 0) + int(number.replace(",", ""))
    return tuple(f"{start}{n:,} {what}" for what, n in totals.items())
