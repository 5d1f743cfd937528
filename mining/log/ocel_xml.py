"""Reads OCEL 2.0 as XML, without entities, a piece at a time."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, NoReturn, cast
from xml.parsers import expat

from mining.errors import LogError
from mining.log.ocel_objects import Ocel, Scope
from mining.log.table import Problems

CHUNK = 256 * 1024
MAX_DEPTH = 64
MAX_PENDING = 8 << 20  # bytes of one tag that is still open, or of one value
SCOPES: dict[str, Scope] = {
    **{"event-types": "event", "events": "event", "event": "event"},
    **{"object-types": "object", "objects": "object", "object": "object"},
}


class _Handler:
    """Receives tags. Where a tag stands (``path``) says what it means; what has no meaning there is counted."""

    def __init__(self, ocel: Ocel) -> None:
        self.ocel = ocel
        self.path: list[str] = []
        self.owner = -1  # number of the open event or object
        self.owner_type = ""  # of the open declaration
        self.value: tuple[str | None, str | None] = (None, None)  # name and time of the open attribute
        self.text: list[str] = []
        self.length = 0
        self.skipping = 0  # depth of an element that is left out with all it holds

    def start(self, tag: str, at: dict[str, str]) -> None:
        """Take an opening tag."""
        self.path.append(tag.rsplit(":", 1)[-1])
        depth = len(self.path)
        if depth > MAX_DEPTH:
            raise LogError(f"elements are nested deeper than {MAX_DEPTH}; no event log is written like this.")
        if self.skipping:
            return
        if depth == 1 and self.path[0] != "log":
            raise LogError(f"the file is XML, but its first element is <{tag}>, not <log>: it is no OCEL file.")
        if not self._known(depth, at):
            self.ocel.problems.add("unknown element", None, None, f"<{tag}>", "left out with all it holds")
            self.skipping = depth

    def _known(self, depth: int, at: dict[str, str]) -> bool:
        if depth == 1:
            return True
        section, tag = self.path[1], self.path[-1]
        if depth == 2:
            return section in ("event-types", "object-types", "events", "objects")
        scope, declares = SCOPES[section], section.endswith("-types")
        if depth == 3:
            return self._entry(scope, declares, tag, at)
        if depth == 4:
            return tag == "attributes" or (tag == "objects" and not declares)
        return depth == 5 and self._part(scope, declares, tag, at)

    def _entry(self, scope: Scope, declares: bool, tag: str, at: dict[str, str]) -> bool:
        if tag != f"{scope}-type" * declares + scope * (not declares):
            return False
        if declares:
            self.owner_type = at.get("name", "")
            if scope == "object":
                self.ocel.declared_types[self.owner_type] = None
        elif scope == "object":
            self.owner = self.ocel.add_object(at.get("id"), at.get("type"))
        elif "id" not in at and "type" not in at:
            raise LogError("an <event> has neither id nor type: this is OCEL 1.0 or no OCEL. OCEL 2.0 is needed.")
        else:
            self.owner = self.ocel.add_event(at.get("id"), at.get("type"), at.get("time"))
        return True

    def _part(self, scope: Scope, declares: bool, tag: str, at: dict[str, str]) -> bool:
        if self.path[3] == "attributes" and tag == "attribute":
            if declares:
                self.ocel.declare(scope, self.owner_type, at.get("name", ""), at.get("type", ""))
            self.value, self.text, self.length = (at.get("name"), at.get("time")), [], 0
            return True
        if self.path[3] != "objects" or "object-id" not in at:
            return False
        if scope == "event":
            self.ocel.links.append((self.owner, at["object-id"], at.get("qualifier", "")))
        elif self.owner >= 0:
            self.ocel.object_links.append((self.owner, at["object-id"]))
        return True

    def characters(self, text: str) -> None:
        """Take the text of an attribute."""
        if len(self.path) == 5 and not self.skipping:
            self.text.append(text)
            self.length += len(text)
            if self.length > MAX_PENDING:
                raise LogError(f"one attribute is longer than {MAX_PENDING >> 20} MB: this is no event log.")

    def end(self, tag: str) -> None:
        """Take a closing tag."""
        depth = len(self.path)
        if self.skipping == depth:
            self.skipping = 0
        elif not self.skipping and depth == 5 and self.path[3] == "attributes":
            scope = SCOPES[self.path[1]]
            if not self.path[1].endswith("-types") and self.owner >= 0:
                name, time = self.value
                self.ocel.add_value(scope, self.owner, name, "".join(self.text), time)
        self.path.pop()


def read_xml(path: Path, problems: Problems) -> Ocel:
    """Read a file, plain or gzipped.

    Raises
    ------
    LogError
        If it is no OCEL 2.0, is damaged or cut off, declares a DTD or entities, or is nested deeper than 64 levels.
    """
    parser = expat.ParserCreate()
    handler = _Handler(Ocel(problems))
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = _refuse
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if zipped else raw)
        fed, chunk = 0, b"."
        try:
            while chunk:
                chunk = stream.read(CHUNK)
                fed += len(chunk)
                parser.Parse(chunk, not chunk)
                if chunk and fed - parser.CurrentByteIndex > MAX_PENDING:
                    raise LogError(f"one tag is longer than {MAX_PENDING >> 20} MB: this is no event log.")
        except expat.ExpatError as error:
            events = len(handler.ocel.event_ids)
            raise LogError(f"{path}: not well-formed XML after {events:,} events ({error}).") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
        except LogError as error:
            raise LogError(f"{path}, line {parser.CurrentLineNumber}: {error}") from None
    return handler.ocel


def _refuse(*_: object) -> NoReturn:
    raise LogError("the file declares a DTD or entities, which can be used to attack a reader. Remove the declaration.")
