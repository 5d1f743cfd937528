"""Turns the attributes of an XES file into typed columns, without losing or inventing a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.log.table import Problems
from mining.log.times import iso_moments
from mining.units import MISSING

KINDS = {"string", "date", "int", "float", "boolean", "id", "list", "container"}
TEXT = {"string", "id", "list", "container"}
MAX_VALUE = 1_000_000  # bytes of one attribute
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


def assemble(
    events: Store, traces: Store, defaults: dict[str, Store], trace_of: list[int], problems: Problems
) -> tuple[pa.Table, dict[str, np.ndarray], list[str]]:
    """Build the table: typed event columns, then the columns of the trace of each event as ``case:KEY``.

    Returns
    -------
    table : pyarrow.Table of shape (n_events, n_columns)
    rejected : dict of str to int64 array
        Per column: 1-based rows whose value is null because it is not what its tag says.
    notes : list of str
    """
    owner = pa.array(np.asarray(trace_of, np.int64), mask=np.asarray(trace_of, np.int64) < 0)
    first_event = _first_events(trace_of, traces.count)
    cases, bad_cases = _typed_columns(traces, defaults["trace"], lambda i: first_event[i], problems)
    cases.setdefault("concept:name", pa.chunked_array([pa.nulls(traces.count, pa.string())]))
    own, bad_own = _typed_columns(events, defaults["event"], lambda i: i + 1, problems)
    _check_traces(cases["concept:name"], first_event, trace_of, problems)
    columns: dict[str, pa.ChunkedArray] = {}
    rejected: dict[str, np.ndarray] = {}
    for key, column in own.items():
        name = key
        if key.startswith("case:") and key[5:] in cases:
            while name in own:
                name = f"event:{name}"
            problems.add("event attribute named like a case attribute", None, key, None, f"kept as column {name!r}")
        columns[name] = column
        if key in bad_own:
            rejected[name] = bad_own[key] + 1
    for key, column in cases.items():
        columns[f"case:{key}"] = column.take(owner)
        if key in bad_cases:
            rejected[f"case:{key}"] = np.flatnonzero(np.isin(trace_of, bad_cases[key])) + 1
    notes = []
    if sets := len(traces.mixed) + len(events.mixed):
        notes.append(f"{sets} attribute keys come with several types and are kept as text")
    return pa.table(columns), rejected, notes


def _first_events(trace_of: list[int], traces: int) -> list[int | None]:
    first: list[int | None] = [None] * traces
    for i in range(len(trace_of) - 1, -1, -1):
        if trace_of[i] >= 0:
            first[trace_of[i]] = i + 1
    return first


def _check_traces(names: pa.ChunkedArray, first: list[int | None], trace_of: list[int], problems: Problems) -> None:
    seen: dict[str, int] = {}
    for i, name in enumerate(names.cast(pa.string()).to_pylist()):
        if first[i] is None:
            problems.add("trace without events", None, None, name, "holds nothing to analyse")
        if name is None or not name.strip():
            problems.add("trace without a name", first[i], "case:concept:name", None, "its events have no case id")
        elif name in seen:
            problems.add("case id used by two traces", first[i], "case:concept:name", name, "taken as one case")
        else:
            seen[name] = i
    if outside := sum(i < 0 for i in trace_of):
        problems.add("event outside of a trace", trace_of.index(-1) + 1, None, None, "it has no case id", outside)


def _typed_columns(
    store: Store, defaults: Store, number: Callable[[int], int | None], problems: Problems
) -> tuple[dict[str, pa.ChunkedArray], dict[str, np.ndarray]]:
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
    rejected: dict[str, np.ndarray] = {}
    for key, raw in columns.items():
        kind = next(iter(kinds[key])) if len(kinds[key]) == 1 else "string"
        if kind == "date":
            columns[key], bad = _dates(raw, key, number, problems)
        else:
            columns[key], bad = _typed(raw, kind)
        if bad.size:
            rejected[key] = bad
            for i in bad:
                value = raw[int(i)].as_py()
                problems.add(f"no {kind}", number(int(i)), key, value, "taken as missing")
    return columns, rejected


def _dates(
    raw: pa.ChunkedArray, key: str, number: Callable[[int], int | None], problems: Problems
) -> tuple[pa.ChunkedArray, np.ndarray]:
    """A date column, in UTC unless none of its values names a zone, and the 0-based positions of what is no date."""
    moments = iso_moments(raw)
    missing = moments.values == MISSING
    naive = int(moments.naive.sum())
    zone = None if naive == int((~missing).sum()) else "UTC"
    if naive and zone:
        i = int(np.flatnonzero(moments.naive)[0])
        problems.add("date without a zone among dates with one", number(i), key, raw[i].as_py(), "taken as UTC", naive)
    values = pa.array(moments.values, pa.int64(), mask=missing).cast(pa.timestamp("us", zone))
    return pa.chunked_array([values]), np.flatnonzero(moments.bad)


def _typed(raw: pa.ChunkedArray, kind: str) -> tuple[pa.ChunkedArray, np.ndarray]:
    """The column in its type, and the 0-based positions of the texts that do not fit it."""
    if kind in TEXT:
        return raw, np.empty(0, np.int64)
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
