"""Reads XES files: every event and every attribute arrives in the table or is counted as a problem."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from mining.errors import LogError
from mining.log.table import Problems, SourceTable, fingerprint
from mining.log.xescolumns import KINDS, Store, assemble

CHUNK = 256 * 1024
MAX_DEPTH = 64
MAX_PENDING = 8 * 1024 * 1024  # bytes of one tag that is still open
MAX_ELEMENT = 64 * 1024 * 1024  # bytes of one event with its attributes
STRUCTURE = {"log": (), "trace": ("log",), "event": ("log", "trace"), "global": ("log",)}  # tag: where it may stand
TRUNCATED = {expat.errors.codes[text] for text in (
    expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION, expat.errors.XML_ERROR_PARTIAL_CHAR)}  # fmt: skip


class _Handler:
    """Receives tags. Attributes directly below an event or trace go to a store, those below attributes become JSON."""

    def __init__(self, parser: expat.XMLParserType, problems: Problems) -> None:
        self.parser, self.problems = parser, problems
        self.events, self.traces = Store("event", problems), Store("trace", problems)
        self.globals = {"event": Store("global", problems), "trace": Store("global", problems)}
        self.trace_of: list[int] = []  # per event: the number of its trace, -1 none
        self.log_keys: list[str] = []  # attributes of the log itself
        self.path: list[str] = []  # open elements of the structure
        self.depth = 0
        self.leaf = -1  # depth at which the attributes of the open event, trace or global stand
        self.store = self.events
        self.key = ""  # the attribute last opened at that depth
        self.children: list[dict[str, Any]] = []  # what stands below it
        self.nodes: list[dict[str, Any]] = []  # open elements below it
        self.busy = False  # the element at depth ``leaf`` needs work when it closes
        self.skipping = 0  # depth of an element that is left out with all it holds
        self.progress = True  # an element of the structure was closed since the reader last asked

    def start(self, tag: str, at: dict[str, str]) -> None:
        """Take an opening tag. Nearly all tags end in the first three lines."""
        depth = self.depth = self.depth + 1
        if depth == self.leaf and tag in KINDS and len(at) == 2 and "key" in at and "value" in at:
            self.store.put(tag, at["key"], at["value"])
            self.key = at["key"]
        else:
            self._start_other(tag.rsplit(":", 1)[-1], at)

    def _start_other(self, tag: str, at: dict[str, str]) -> None:
        if self.depth > MAX_DEPTH:
            line = self.parser.CurrentLineNumber
            raise LogError(
                f"line {line}: elements are nested deeper than {MAX_DEPTH}; no event log is written like this."
            )
        if self.skipping:
            return
        if 0 < self.leaf < self.depth:
            node = {"type": tag, **at}
            (self.nodes[-1].setdefault("children", []) if self.nodes else self.children).append(node)
            self.nodes.append(node)
            self.busy = True
        elif tag in STRUCTURE and (self.path[-1] if self.path else None) in (STRUCTURE[tag] or (None,)):
            self._open(tag, at)
        elif not self.path:
            raise LogError(f"the file is XML, but its first element is <{tag}>, not <log>: it is no XES file.")
        elif tag in KINDS:
            self._attribute(tag, at)
        else:
            if not (tag in ("extension", "classifier") and self.path == ["log"]):
                self.problems.add("unknown element", None, None, f"<{tag}>", "left out with all it holds")
            self._skip()

    def _skip(self) -> None:
        self.skipping, self.busy = self.depth, True

    def _attribute(self, tag: str, at: dict[str, str]) -> None:
        key, value = at.get("key"), at.get("value")
        row = self.events.count + 1 if self.path[-1] == "event" else None
        if key is None:
            self.problems.add("attribute without a key", row, None, value, "left out")
            self._skip()
        elif self.path == ["log"]:
            self.log_keys.append(key)
            self.progress = True
            self._skip()
        else:
            self.key, self.busy = key, tag in ("list", "container")
            if not self.busy:
                self.store.put(tag, key, value)
                if value is None:
                    self.problems.add("attribute without a value", row, key, None, "taken as missing")

    def _open(self, tag: str, at: dict[str, str]) -> None:
        self.path.append(tag)
        self.leaf = self.depth + 1 if tag != "log" else -1
        if tag == "event":
            self.store = self.events
            self.trace_of.append(self.traces.count if "trace" in self.path else -1)
        elif tag == "trace":
            self.store = self.traces
        elif tag == "global":
            self.store = self.globals.setdefault(at.get("scope", "event"), Store("global", self.problems))

    def end(self, tag: str) -> None:
        """Take a closing tag."""
        depth = self.depth
        self.depth = depth - 1
        if depth != self.leaf or self.busy:
            self._end_other(depth)

    def _end_other(self, depth: int) -> None:
        if self.skipping:
            if depth == self.skipping:
                self.skipping, self.busy = 0, bool(self.children)
        elif self.nodes:
            self.nodes.pop()
        elif depth == self.leaf:
            self.store.put("string", f"{self.key}/children", json.dumps(self.children, ensure_ascii=False))
            self.children, self.busy = [], False
        else:
            closed = self.path.pop()
            self.progress = True
            if closed in ("event", "trace"):
                self.store.close_row()
            self.store = self.traces
            self.leaf = depth if self.path and self.path[-1] != "log" else -1


def read_xes(path: str | Path) -> SourceTable:
    """Read an XES file, plain or gzipped (told by its first bytes, not its name).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    SourceTable
        One row per event in file order. Columns: event attributes by key; trace attributes as ``case:KEY``; below
        either, ``KEY/children`` holds nested attributes, lists and containers as JSON text. Dates are microseconds
        UTC (without a zone if no value of the column names one); int, float and boolean are typed; a value that is
        not what its tag says is null and counted as a problem. Keys with several types are text.

    Raises
    ------
    LogError
        If the file is no XES, is cut off (says after how many events and at which line), declares a DTD or entities,
        is nested deeper than 64 levels, or holds an attribute longer than a million characters.

    Notes
    -----
    Defaults of ``<global>`` are filled in where an attribute is missing and counted, except dates and the case id:
    a placeholder such as 1970-01-01 is no moment at which something happened.

    Examples
    --------
    >>> read_xes(examples / "orders.xes.gz").table.column_names
    ['concept:name', 'time:timestamp', 'case:concept:name']
    """
    path = Path(path)
    problems = Problems()
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
        handler = _parse(stream, path, problems)
    table, rejected, notes = assemble(handler.events, handler.traces, handler.globals, handler.trace_of, problems)
    if handler.log_keys:
        shown = ", ".join(handler.log_keys[:5]) + (", ..." if len(handler.log_keys) > 5 else "")
        notes.append(f"{len(handler.log_keys):,} attributes of the log as a whole are not part of the table: {shown}")
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "xes.gz" if zipped else "xes", sha256, size, table,
        tuple(problems.examples), tuple(notes), dict(problems.counts), rejected=rejected,
    )  # fmt: skip


def _parse(stream: IO[bytes], path: Path, problems: Problems) -> _Handler:
    parser = expat.ParserCreate()
    handler = _Handler(parser, problems)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_entities
    parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = _refuse_entities
    fed, since, chunk = 0, 0, b"."
    try:
        while chunk:
            chunk = stream.read(CHUNK)
            fed, since = fed + len(chunk), since + len(chunk)
            parser.Parse(chunk, not chunk)
            if chunk and fed - parser.CurrentByteIndex > MAX_PENDING:
                raise LogError(f"one tag is longer than {MAX_PENDING >> 20} MB: this is no event log.")
            since = 0 if handler.progress else since
            handler.progress = False
            if since > MAX_ELEMENT:
                raise LogError(f"one event or trace is longer than {MAX_ELEMENT >> 20} MB: this is no event log.")
    except LogError as error:
        raise LogError(f"{path}: {error}") from None
    except expat.ExpatError as error:
        raise LogError(f"{path}: {_explain(error, parser, handler, fed, chunk)}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        read = f"after {handler.events.count:,} whole events, in line {parser.CurrentLineNumber:,} of the text"
        raise LogError(f"{path}: the compressed file is damaged or cut off {read} ({error}).") from None
    except (ValueError, LookupError) as error:
        raise LogError(f"{path}: the declared encoding cannot be read ({error}). Save the file as UTF-8.") from None
    return handler


def _explain(error: expat.ExpatError, parser: expat.XMLParserType, handler: _Handler, fed: int, chunk: bytes) -> str:
    where = f"line {error.lineno:,}, column {error.offset + 1:,}"
    read = f"{handler.events.count:,} whole events were read before; none of them is used."
    if not fed:
        return "the file is empty."
    if error.code in TRUNCATED and not chunk:
        return f"the file is cut off at {where}. {read}"
    at = parser.ErrorByteIndex - (fed - len(chunk))
    if 0 <= at < len(chunk) and chunk[at] >= 0x80:
        return (
            f"byte 0x{chunk[at]:02X} at {where} (byte {parser.ErrorByteIndex:,} of the text) does not exist "
            f"in the encoding the file declares (UTF-8 if it declares none). {read}"
        )
    if not handler.path and not handler.events.count:
        return f"this is not XML ({expat.errors.messages[error.code]} at {where})."
    return f"this is not well-formed XML: {expat.errors.messages[error.code]} at {where}. {read}"


def _refuse_entities(*_: object) -> int:
    raise LogError("the file declares a DTD or entities. XES needs neither and they can be used for attacks: refused.")
