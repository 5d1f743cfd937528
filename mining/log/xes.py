"""Reads XES files: every event and every attribute arrives in the table or is counted as a problem."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

import numpy as np

from mining.errors import LogError
from mining.log.table import Problems, SourceTable, fingerprint
from mining.log.xes_fast import read_plain
from mining.log.xes_handler import Handler, expat_parser
from mining.log.xescolumns import MAX_ELEMENT, assemble

CHUNK = 256 * 1024
MAX_PENDING = 8 * 1024 * 1024  # bytes of one tag that is still open
TRUNCATED = {expat.errors.codes[text] for text in (
    expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION, expat.errors.XML_ERROR_PARTIAL_CHAR)}  # fmt: skip


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
        not what its tag says is null and counted as a problem. Keys with several types are text. Text that repeats is
        dictionary encoded. ``extras`` keeps extensions, classifiers, attributes of the log and the zones of the dates.

    Raises
    ------
    LogError
        If the file is no XES, is cut off (says after how many events and at which line), declares a DTD or entities,
        is nested deeper than 64 levels, or holds an attribute longer than a million characters.

    Notes
    -----
    Files written in the plain way are read by `mining.log.xes_fast`, all others by expat, with the same result.

    Defaults of ``<global>`` are filled in where an attribute is missing and counted, except dates and the case id:
    a placeholder such as 1970-01-01 is no moment at which something happened.

    Examples
    --------
    >>> read_xes(examples / "orders.xes.gz").table.column_names
    ['concept:name', 'time:timestamp', 'case:concept:name']
    """
    path = Path(path)
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        handler = read_plain(_stream(raw, zipped)) or _parse(_stream(raw, zipped), path)
    problems = handler.problems
    trace_of = np.asarray(handler.trace_of, np.int64)
    made = assemble(handler.events, handler.traces, handler.globals, trace_of, problems)
    if keys := [node["key"] for node in handler.attributes]:
        shown = ", ".join(keys[:5]) + (", ..." if len(keys) > 5 else "")
        made.notes.append(f"{len(keys):,} attributes of the log as a whole are not part of the table: {shown}")
    extras = {
        "extensions": handler.extensions,
        "classifiers": handler.classifiers,
        "attributes": handler.attributes,
        "offsets": made.offsets,
    }
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "xes.gz" if zipped else "xes", sha256, size, made.table, tuple(problems.examples),
        tuple(made.notes), dict(problems.counts), rejected=made.rejected, extras=extras,
    )  # fmt: skip


def _stream(raw: BinaryIO, zipped: bool) -> BinaryIO:
    """The text of the file from its start."""
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[return-value]


def _parse(stream: BinaryIO, path: Path) -> Handler:
    parser, handler = expat_parser(Problems())
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


def _explain(error: expat.ExpatError, parser: expat.XMLParserType, handler: Handler, fed: int, chunk: bytes) -> str:
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
