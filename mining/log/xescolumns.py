"""Turns the attributes of an XES file into typed columns, without losing or inventing a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.log.iso_bytes import NO_OFFSET, stamps
from mining.log.table import Problems
from mining.log.xes_scan import KINDS as TAGS
from mining.units import MISSING

KINDS = set(TAGS)
TEXT = {"string", "id", "list", "container"}
MAX_VALUE = 1_000_000  # bytes of one attribute
MAX_ELEMENT = 64 * 1024 * 1024  # bytes of one event with its attributes
MAX_COLUMNS = 10_000
MAX_CELLS = 400_000_000  # of logs with very many columns
BATCH_CELLS = 4_000_000
BATCH_ROWS = 50_000


class Store:
    """Attributes of events (or traces), column by column, as raw text; full batches are kept by Arrow."""

    def __init__(self, element: str, problems: Problems) -> None:
        self.element, self.problems = element, problems
        self.count = 0  # whole rows
        self.kinds: dict[str, str] = {}  # key: its first tag
        self.mixed: dict[str, set[str]] = {}  # key: its tags, where there are several
        self._open: dict[str, list[str | None]] = {}  # columns of the batch, as long as their last value
        self._here = 0  # row inside the batch
        self._chunks: dict[str, list[tuple[int, pa.Array]]] = {}  # key: first row and values of each batch

    def put(self, kind: str, key: str, value: str | None) -> None:
        """Add an attribute to the open row. The second of two with one key is a problem, the first stays."""
        values = self._open.get(key)
        if values is None:
            values = self._add_column(kind, key)
        if self.kinds[key] != kind:
            self.mixed.setdefault(key, {self.kinds[key]}).add(kind)
        size = len(values)
        if size < self._here:
            values.extend([None] * (self._here - size))
        elif size > self._here:
            row = self.count + 1 if self.element == "event" else None
            where = "" if row else f" in {self.element} {self.count + 1}"
            self.problems.add("attribute given twice", row, key, value, f"the first one{where} is kept")
            return
        values.append(value)

    def _add_column(self, kind: str, key: str) -> list[str | None]:
        if key not in self.kinds:
            if len(self.kinds) >= MAX_COLUMNS:
                raise LogError(f"more than {MAX_COLUMNS:,} different attribute keys: this is no event log.")
            self.kinds[key] = kind
            self._chunks[key] = []
        values: list[str | None] = []
        self._open[key] = values
        return values

    def close_row(self) -> None:
        """Finish the open row."""
        self.count += 1
        self._here += 1
        if self._here >= BATCH_ROWS or self._here * len(self._open) > BATCH_CELLS:
            self.flush()

    def add_batch(self, key: str, tags: list[str], first: int, values: pa.Array) -> None:
        """Take the values of one key from row ``first`` on, in order of rows, from a reader that finds them by itself."""
        if key not in self.kinds:
            self.kinds[key] = tags[0]
            self._chunks[key] = []
        if len(tags) > 1:
            self.mixed[key] = set(tags)
        self._chunks[key].append((first, values))

    def flush(self) -> None:
        """Hand the batch to Arrow."""
        base = self.count - self._here
        for key, values in self._open.items():
            array = pa.array(values, pa.string())
            if (pc.max(pc.binary_length(array)).as_py() or 0) > MAX_VALUE:
                raise LogError(
                    f"attribute {key!r} holds a text of more than {MAX_VALUE:,} bytes: this is no event log."
                )
            self._chunks[key].append((base, array))
        self._open, self._here = {}, 0

    def columns(self) -> dict[str, pa.ChunkedArray]:
        """All columns as raw text of length ``count``."""
        self.flush()
        if len(self.kinds) * self.count > MAX_CELLS and len(self.kinds) > 500:
            raise LogError(
                f"{len(self.kinds):,} attribute keys times {self.count:,} {self.element}s do not fit into memory: "
                "this is no event log."
            )
        return {key: self._column(self._chunks.pop(key)) for key in self.kinds}

    def _column(self, chunks: list[tuple[int, pa.Array]]) -> pa.ChunkedArray:
        parts, filled = [], 0
        for first, array in [*chunks, (self.count, pa.array([], pa.string()))]:
            if first > filled:
                parts.append(pa.nulls(first - filled, pa.string()))
            parts.append(array)
            filled = first + len(array)
        return pa.chunked_array(parts, pa.string())

    def kinds_of(self, key: str) -> set[str]:
        """The tags a key was written with."""
        return self.mixed.get(key, {self.kinds[key]})

    def first_values(self) -> dict[str, tuple[str, str]]:
        """Tag and text per key of the first row (for the defaults of a ``<global>``)."""
        return {k: (self.kinds[k], v[0]) for k, v in self._open.items() if v and v[0] is not None}


@dataclass(frozen=True, eq=False)
class Assembled:
    """The table of an XES file.

    Attributes
    ----------
    table : pyarrow.Table of shape (n_events, n_columns)
        Typed event columns, then the columns of the trace of each event as ``case:KEY``.
    rejected : dict of str to int64 array
        Per column: 1-based rows whose value is null because it is not what its tag says.
    offsets : dict of str to int16 array
        Per date column: minutes of the zones that its values name, see `mining.log.iso_bytes.Stamps`.
    notes : list of str
    """

    table: pa.Table
    rejected: dict[str, np.ndarray]
    offsets: dict[str, np.ndarray]
    notes: list[str]


@dataclass(eq=False)
class _Typed:
    columns: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    rejected: dict[str, np.ndarray] = field(default_factory=dict)  # 0-based positions
    offsets: dict[str, np.ndarray] = field(default_factory=dict)


def assemble(
    events: Store, traces: Store, defaults: dict[str, Store], trace_of: np.ndarray, problems: Problems
) -> Assembled:
    """Build the table. ``trace_of`` holds the number of the trace of each event, -1 for none."""
    first_event = _first_events(trace_of, traces.count)
    cases = _typed_columns(traces, defaults["trace"], lambda i: int(first_event[i]) or None, problems)
    cases.columns.setdefault("concept:name", pa.chunked_array([pa.nulls(traces.count, pa.string())]))
    own = _typed_columns(events, defaults["event"], lambda i: i + 1, problems)
    _check_traces(cases.columns["concept:name"], first_event, trace_of, problems)
    all_ = _Typed()
    for key, column in own.columns.items():
        name = key
        if key.startswith("case:") and key[5:] in cases.columns:
            while name in own.columns:
                name = f"event:{name}"
            problems.add("event attribute named like a case attribute", None, key, None, f"kept as column {name!r}")
        all_.columns[name] = column
        if key in own.rejected:
            all_.rejected[name] = own.rejected[key] + 1
        if key in own.offsets:
            all_.offsets[name] = own.offsets[key]
    _spread(cases, trace_of, all_)
    notes = []
    if sets := len(traces.mixed) + len(events.mixed):
        notes.append(f"{sets} attribute keys come with several types and are kept as text")
    return Assembled(pa.table(all_.columns), all_.rejected, all_.offsets, notes)


def _spread(cases: _Typed, trace_of: np.ndarray, all_: _Typed) -> None:
    """Give every event the attributes of its trace."""
    owner = pa.array(trace_of, mask=trace_of < 0)
    for key, column in cases.columns.items():
        name = f"case:{key}"
        few = pa.concat_arrays(column.chunks)
        many = few.dictionary_encode() if pa.types.is_string(few.type) else few
        all_.columns[name] = pa.chunked_array([many.take(owner)])
        if key in cases.rejected:
            all_.rejected[name] = np.flatnonzero(np.isin(trace_of, cases.rejected[key])) + 1
        if key in cases.offsets:
            all_.offsets[name] = np.append(cases.offsets[key], np.int16(NO_OFFSET))[trace_of]


def _first_events(trace_of: np.ndarray, traces: int) -> np.ndarray:
    """1-based row of the first event of each trace, 0 where there is none."""
    first = np.zeros(traces, np.int64)
    begin = np.flatnonzero(np.diff(trace_of, prepend=-1))  # the events of a trace stand together
    begin = begin[trace_of[begin] >= 0]
    first[trace_of[begin]] = begin + 1
    return first


def _check_traces(names: pa.ChunkedArray, first: np.ndarray, trace_of: np.ndarray, problems: Problems) -> None:
    texts = names.cast(pa.string())
    blank = pc.any(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py()
    if not first.all() or texts.null_count or blank or pc.count_distinct(texts).as_py() < len(texts):
        _name_traces(texts.to_pylist(), first, problems)
    outside = np.flatnonzero(trace_of < 0)
    if outside.size:
        row = int(outside[0]) + 1
        problems.add("event outside of a trace", row, None, None, "it has no case id", int(outside.size))


def _name_traces(names: list[str | None], first: np.ndarray, problems: Problems) -> None:
    seen: set[str] = set()
    for row, name in zip((int(row) or None for row in first), names, strict=True):
        if row is None:
            problems.add("trace without events", None, None, name, "holds nothing to analyse")
        if name is None or not name.strip():
            problems.add("trace without a name", row, "case:concept:name", None, "its events have no case id")
        elif name in seen:
            problems.add("case id used by two traces", row, "case:concept:name", name, "taken as one case")
        else:
            seen.add(name)


def _typed_columns(store: Store, defaults: Store, number: Callable[[int], int | None], problems: Problems) -> _Typed:
    columns = store.columns()
    kinds = {key: store.kinds_of(key) for key in columns}
    for key, (kind, default) in defaults.first_values().items():
        raw = columns.get(key)
        missing = store.count if raw is None else raw.null_count
        if not missing:
            continue
        if kind == "date" or (store.element == "trace" and key == "concept:name"):
            what = f"a default is no {'moment' if kind == 'date' else 'case id'}: left missing"
            problems.add("global default not filled in", None, key, default, what, missing)
            continue
        problems.add("global default filled in", None, key, default, f"for {store.element}s without it", missing)
        filler = pa.scalar(default, pa.string())
        columns[key] = pc.fill_null(raw, filler) if raw is not None else pa.chunked_array([pa.repeat(filler, missing)])
        kinds[key] = kinds.get(key, set()) | {kind}
    typed = _Typed(columns)
    for key, raw in columns.items():
        kind = next(iter(kinds[key])) if len(kinds[key]) == 1 else "string"
        if kind == "date":
            columns[key], bad, typed.offsets[key] = _dates(raw, key, number, problems)
        else:
            columns[key], bad = _typed(raw, kind)
        if bad.size:
            typed.rejected[key] = bad
            for i in bad:
                value = raw[int(i)].as_py()
                problems.add(f"no {kind}", number(int(i)), key, value, "taken as missing")
    return typed


def _dates(
    raw: pa.ChunkedArray, key: str, number: Callable[[int], int | None], problems: Problems
) -> tuple[pa.ChunkedArray, np.ndarray, np.ndarray]:
    """A date column, in UTC unless none of its values names a zone; the 0-based positions of what is no date; the zones."""
    moments = stamps(raw)
    missing = moments.values == MISSING
    naive = int(moments.naive.sum())
    zone = None if naive == int((~missing).sum()) else "UTC"
    if naive and zone:
        i = int(np.flatnonzero(moments.naive)[0])
        problems.add("date without a zone among dates with one", number(i), key, raw[i].as_py(), "taken as UTC", naive)
    values = pa.array(moments.values, pa.int64(), mask=missing).cast(pa.timestamp("us", zone))
    return pa.chunked_array([values]), np.flatnonzero(moments.bad), moments.offset


def _typed(raw: pa.ChunkedArray, kind: str) -> tuple[pa.ChunkedArray, np.ndarray]:
    """The column in its type, and the 0-based positions of the texts that do not fit it."""
    if kind in TEXT:
        coded = raw.dictionary_encode()
        few = 2 * len(coded.chunk(0).dictionary) <= len(raw)
        return coded if few else raw, np.empty(0, np.int64)
    target = {"int": pa.int64(), "float": pa.float64(), "boolean": pa.bool_()}[kind]
    codes = pa.concat_arrays(raw.chunks).dictionary_encode()
    words = codes.dictionary.to_pylist()
    values = [_scalar(word, kind) for word in words]
    typed = pa.array(values, target).take(codes.indices)
    wrong = [i for i, (word, value) in enumerate(zip(words, values, strict=True)) if value is None and word.strip()]
    bad = np.flatnonzero(np.isin(pc.fill_null(codes.indices, -1).to_numpy(), wrong)) if wrong else np.empty(0, np.int64)
    return pa.chunked_array([typed]), bad


def _scalar(text: str, kind: str) -> Any:
    text = text.strip()
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    if kind == "int":
        return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) else None
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity|nan)", text, re.ASCII | re.IGNORECASE):
        return float(text)
    return None
