"""Receives the tags of an XES file from expat and sorts them into stores; knows everything that XES allows."""

from __future__ import annotations

import json
from array import array
from typing import Any
from xml.parsers import expat

from mining.errors import LogError
from mining.log.table import Problems
from mining.log.xescolumns import KINDS, Store

MAX_DEPTH = 64
MAX_DECLARED = 10_000  # attributes, extensions or classifiers of the log as a whole
STRUCTURE = {"log": (), "trace": ("log",), "event": ("log", "trace"), "global": ("log",)}  # tag: where it may stand
DECLARATIONS = {"extension": "extensions", "classifier": "classifiers"}


class Handler:
    """Receives tags. Attributes directly below an event or trace go to a store, those below attributes become JSON."""

    def __init__(self, parser: expat.XMLParserType, problems: Problems) -> None:
        self.parser, self.problems = parser, problems
        self.events, self.traces = Store("event", problems), Store("trace", problems)
        self.globals = {"event": Store("global", problems), "trace": Store("global", problems)}
        self.trace_of = array("q")  # per event: the number of its trace, -1 none
        self.root = ""  # the first tag as written, with its prefix
        self.extensions: list[dict[str, str]] = []
        self.classifiers: list[dict[str, str]] = []
        self.attributes: list[dict[str, Any]] = []  # of the log itself
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
            self.root = self.root or tag
            self._start_other(tag.rsplit(":", 1)[-1], at)

    def _start_other(self, tag: str, at: dict[str, str]) -> None:
        if self.depth > MAX_DEPTH:
            line = self.parser.CurrentLineNumber
            raise LogError(
                f"line {line}: elements are nested deeper than {MAX_DEPTH}; no event log is written like this."
            )
        if self.skipping:
            return
        if self.nodes or 0 < self.leaf < self.depth:
            node = {"type": tag, **at}
            (self.nodes[-1].setdefault("children", []) if self.nodes else self.children).append(node)
            self.nodes.append(node)
            self.busy = self.leaf > 0
        elif tag in STRUCTURE and (self.path[-1] if self.path else None) in (STRUCTURE[tag] or (None,)):
            self._open(tag, at)
        elif not self.path:
            raise LogError(f"the file is XML, but its first element is <{tag}>, not <log>: it is no XES file.")
        elif tag in KINDS:
            self._attribute(tag, at)
        else:
            if tag in DECLARATIONS and self.path == ["log"]:
                self._keep(getattr(self, DECLARATIONS[tag]), at)
            else:
                self.problems.add("unknown element", None, None, f"<{tag}>", "left out with all it holds")
            self._skip()

    def _skip(self) -> None:
        self.skipping, self.busy = self.depth, True

    def _keep(self, declared: list[dict[str, Any]], node: dict[str, Any]) -> None:
        if len(declared) >= MAX_DECLARED:
            raise LogError(f"the log itself has more than {MAX_DECLARED:,} attributes: this is no event log.")
        declared.append(node)
        self.progress = True

    def _attribute(self, tag: str, at: dict[str, str]) -> None:
        key, value = at.get("key"), at.get("value")
        row = self.events.count + 1 if self.path[-1] == "event" else None
        if key is None:
            self.problems.add("attribute without a key", row, None, value, "left out")
            self._skip()
        elif self.path == ["log"]:
            node: dict[str, Any] = {"type": tag, **at}
            self._keep(self.attributes, node)
            self.nodes = [node]
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


def expat_parser(problems: Problems) -> tuple[expat.XMLParserType, Handler]:
    """A parser that hands its tags to a new handler and refuses a DTD and entities."""
    parser = expat.ParserCreate()
    handler = Handler(parser, problems)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_entities
    parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = _refuse_entities
    return parser, handler


def _refuse_entities(*_: object) -> int:
    raise LogError("the file declares a DTD or entities. XES needs neither and they can be used for attacks: refused.")
