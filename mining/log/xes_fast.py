"""Reads XES files whose traces and events are written in the plain way, many times faster than expat can; else says so."""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from mining.errors import LogError
from mining.log import xes_scan
from mining.log.table import Problems
from mining.log.xes_copy import copy_values
from mining.log.xes_handler import Handler, expat_parser
from mining.log.xescolumns import MAX_ELEMENT, Store

SMALL = 1 << 20  # a text shorter than this is left to expat, which is fast enough
CHUNK = 8 << 20
SHORTEST = 14  # bytes of <list key=""/>: no attribute or event is shorter


def read_plain(stream: BinaryIO) -> Handler | None:
    """Read a whole file, or nothing of it.

    What stands before the first trace is read by expat. The rest is read by `mining.log.xes_scan`, which stops at all that is
    not plain; elements below attributes are read by expat again.

    Parameters
    ----------
    stream : binary file
        The text of the file, from its start.

    Returns
    -------
    Handler or None
        Exactly what expat would have left in it. None: the file is small, or it is not certain that this is so; nothing
        can be said about the file then, and it has to be read from its start.
    """
    try:
        head = stream.read(SMALL)
        if len(head) < SMALL:
            return None
        while (begin := head.find(b"<trace>")) < 0:
            more = stream.read(SMALL)
            if not more or len(head) > CHUNK:
                return None
            head += more
        handler = _head(head[:begin])
        return handler if handler and _Body(handler).read(stream, head[begin:]) else None
    except (LogError, expat.ExpatError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, LookupError):
        return None  # the reader that knows everything says what is wrong


def _head(text: bytes) -> Handler | None:
    """Read what stands before the first trace; None if a trace cannot begin there, or the text is not UTF-8 or plain XML."""
    parser, handler = expat_parser(Problems())
    declared = ["1.0", "utf-8"]

    def declare(version: str, encoding: str | None, standalone: int) -> None:
        declared[:] = [version, (encoding or "utf-8").lower()]

    parser.XmlDeclHandler = declare
    parser.Parse(text + b"<trace>", False)
    inside = handler.path == ["log", "trace"] and handler.depth == 2 and not handler.skipping
    plain = handler.root == "log" and declared == ["1.0", "utf-8"] and not len(handler.trace_of)
    return handler if inside and plain and not handler.traces.count else None


class _Body:
    """Everything from the first trace to the end of the file."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        most = CHUNK // SHORTEST + 2
        self.state = np.zeros(5, np.int64)
        self.pool = np.empty(1 << 20, np.uint8)
        self.slots = np.zeros((xes_scan.MOST_KEYS, 6), np.int64)
        self.buckets = np.full(xes_scan.BUCKETS, -1, np.int32)
        self.tokens, self.owners = np.empty((most, 5), np.int32), np.empty(most, np.int32)
        self.trace_of: list[np.ndarray] = []

    def read(self, stream: BinaryIO, begun: bytes) -> bool:
        """Read the file chunk by chunk; False at the first doubt."""
        text = np.empty(max(CHUNK, len(begun)), np.uint8)
        filled = len(begun)
        text[:filled] = np.frombuffer(begun, np.uint8)
        since, closed, ended = 0, 0, False
        while not (ended and not filled):
            filled, ended = _fill(stream, text, filled)
            found, begins, at, status = xes_scan.scan(
                text, 0, filled, self.state, self.pool, self.slots, self.buckets, self.tokens, self.owners
            )
            stuck = status == xes_scan.MORE and not at and (ended or filled == len(text))
            if status == xes_scan.DOUBT or stuck or not _is_text(text[:at]) or not self._keep(text, found):
                return False
            self.trace_of.append(self.owners[:begins].copy())
            before, closed = closed, self._closed()
            since = at + (since if closed == before else 0)
            if since > MAX_ELEMENT // 2:
                return False
            text[: filled - at] = text[at:filled]
            filled -= at
        if self.state[xes_scan.WHERE] != xes_scan.AFTER:
            return False
        handler = self.handler
        handler.path, handler.depth = [], 0
        handler.traces.count, handler.events.count = (
            int(self.state[xes_scan.TRACES]),
            int(self.state[xes_scan.EVENTS]),
        )
        for owners in self.trace_of:
            handler.trace_of.frombytes(owners.astype(np.int64).tobytes())
        return True

    def _closed(self) -> int:
        """How many traces and events are whole."""
        where = int(self.state[xes_scan.WHERE])
        still_open = {xes_scan.IN_TRACE: 1, xes_scan.IN_EVENT: 2}.get(where, 0)
        return int(self.state[xes_scan.TRACES] + self.state[xes_scan.EVENTS]) - still_open

    def _keep(self, text: np.ndarray, found: int) -> bool:
        """Hand the attributes of a chunk to the stores, key by key."""
        n_slots = int(self.state[xes_scan.SLOTS])
        tokens = self.tokens[:found]
        rows, ends = np.empty(found, np.int32), np.empty(found + n_slots, np.int32)
        room = np.empty((n_slots + 1, 3), np.int64)
        data = np.empty(int((tokens[:, 3] - tokens[:, 2]).sum()), np.uint8)
        if not copy_values(text, tokens, found, n_slots, rows, ends, room, data):
            return False
        for slot in range(n_slots):
            (row, end, byte), (last_row, _, last_byte) = room[slot].tolist(), room[slot + 1].tolist()
            if n := last_row - row:
                buffers = [None, pa.py_buffer(ends[end : end + n + 1]), pa.py_buffer(data[byte:last_byte])]
                if not self._keep_key(slot, rows[row:last_row], pa.Array.from_buffers(pa.string(), n, buffers)):
                    return False
        return True

    def _keep_key(self, slot: int, rows: np.ndarray, values: pa.Array) -> bool:
        begin, end, level, first_kind, kinds, _ = self.slots[slot].tolist()
        key = self.pool[begin:end].tobytes().decode()
        tags = [xes_scan.KINDS[kind] for kind in range(len(xes_scan.KINDS)) if kinds >> kind & 1 and kind != first_kind]
        if kinds >> xes_scan.BELOW & 1:
            if tags or first_kind != xes_scan.BELOW or not (below := _children(values, key)):
                return False  # an attribute is named like what stands below another
            values, first = below, "string"
        else:
            first = xes_scan.KINDS[first_kind]
        at = int(rows[0])
        if int(rows[-1]) - at + 1 > len(rows):
            spread = np.full(int(rows[-1]) - at + 1, -1)
            spread[rows - at] = np.arange(len(rows))
            values = values.take(pa.array(spread, mask=spread < 0))
        store: Store = self.handler.events if level else self.handler.traces
        store.add_batch(key, [first, *tags], at, values)
        return True


def _fill(stream: BinaryIO, text: np.ndarray, filled: int) -> tuple[int, bool]:
    """Read on until the buffer is full or the file ends: how much of the buffer is filled, and whether it ended."""
    view = memoryview(text)  # type: ignore[arg-type]
    while filled < len(text):
        read = stream.readinto(view[filled:])  # type: ignore[attr-defined]
        if not read:
            return filled, True
        filled += read
    return filled, False


def _is_text(text: np.ndarray) -> bool:
    """Whether these bytes are UTF-8 that XML allows, as far as this is not seen byte by byte."""
    if not len(text) or text.max() < 0x80:
        return True
    raw = text.tobytes()
    raw.decode()  # UnicodeDecodeError is a ValueError
    return b"\xef\xbf\xbe" not in raw and b"\xef\xbf\xbf" not in raw


def _children(elements: pa.Array, key: str) -> pa.Array | None:
    """The column ``KEY/children`` from the whole elements as written; None if expat finds anything odd."""
    coded = elements.dictionary_encode()
    distinct = coded.dictionary.to_pylist()
    parser, handler = expat_parser(Problems())
    events = "".join(f"<event>{element}</event>" for element in distinct)
    parser.Parse(f"<log><trace>{events}</trace></log>".encode(), True)
    if handler.problems.counts or handler.events.count != len(distinct):
        return None
    column = handler.events.columns().get(key)
    return None if column is None or column.null_count else pa.concat_arrays(column.chunks).take(coded.indices)
