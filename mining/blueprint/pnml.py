"""Petri nets kept in PNML files: read strictly, so that nothing of a net is lost in silence."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mining.blueprint.assemble import Arc, assemble
from mining.errors import MiningError, ModelError, hint
from mining.nets import WorkflowNet

MOST_BYTES = 100_000_000
EXACT = "service-blueprint"  # the tool whose ``label`` (as JSON) is the label exactly
LAYOUT = {"name", "graphics", "toolspecific"}
KNOWN = {
    "net": LAYOUT | {"page", "place", "transition", "arc", "finalmarkings", "variables"},
    "place": LAYOUT | {"initialMarking"},
    "transition": LAYOUT | {"readVariable", "writeVariable"},
    "arc": LAYOUT | {"inscription", "arctype", "type"},
}
REFERENCES = {"referencePlace", "referenceTransition"}
KNOWN["net"] |= REFERENCES
KNOWN["page"] = KNOWN["net"]


def read_pnml(path: str | Path) -> WorkflowNet:
    """Read a Petri net with one initial and one final marking from a PNML file.

    Read are place/transition nets of ISO 15909-2 and the dialects of ProM and pm4py: with or without a namespace, on one or
    more pages, with reference nodes, arc weights and final markings. A transition is silent if a ``toolspecific`` element says
    so (``activity="$invisible$"``) or if its name is missing or blank; transitions of one name stay separate. Labels are kept
    as written; only a line break with the blanks around it becomes one blank, unless the file is our own. Of a net with data
    (guards, variables) the control flow is read. Without final markings, the end is one token in the only place without
    outgoing arcs; without tokens, the start is one token in the only place without incoming arcs.

    Parameters
    ----------
    path : str or Path
        A ``.pnml`` file, or one packed with gzip.

    Returns
    -------
    WorkflowNet
        In the order of :func:`mining.blueprint.assemble.canonical`: neither the ids nor the order of the elements change it.

    Raises
    ------
    ModelError
        If the file is missing, not XML, not PNML or declares entities; if it holds more than one net or final marking, reset,
        inhibitor or unknown arcs, ids that are missing, unknown or not unique, or numbers that are no whole numbers; if start
        or end are not clear; if a transition has no input or no output place. The message names the file, line and element.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<pnml><net id="n"><place id="p"/><place id="q"/><transition id="t"><name><text>Pay</text></name></transition>
    ... <arc id="a" source="p" target="t"/><arc id="b" source="t" target="q"/></net></pnml>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pay.pnml"
    ...     _ = file.write_text(text)
    ...     net = read_pnml(file)
    >>> net.transitions[0].label, net.initial, net.final
    ('Pay', (1, 0), (0, 1))
    """
    path = Path(path)
    return _Reader(path, read_xml(path, "PNML", ModelError)).net()


def read_xml(path: Path, kind: str, error: type[MiningError]) -> Any:
    """The root element of an XML file, packed with gzip or not, read without entities and network.

    Parameters
    ----------
    path : Path
    kind : str
        What the file should be, as "PNML"; files of that kind in its folder are named if it is missing.
    error : type of MiningError

    Returns
    -------
    lxml element

    Raises
    ------
    MiningError
        An ``error``, if the file is missing, too large, not XML, or has a document type declaration.
    """
    from lxml import etree

    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise error(f"{path}: packed with gzip, but cut off or damaged ({broken}).") from None
    except OSError:
        near = ", ".join(sorted(p.name for p in path.parent.glob(f"*.{kind.lower()}*"))) or "none"
        raise error(f"{path}: no such {kind} file. {kind} files in that folder: {near}.") from None
    if len(data) > MOST_BYTES:
        raise error(f"{path}: holds more than {MOST_BYTES:,} bytes, too large for a {kind} file.")
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as broken:
        raise error(f"{path}: not well-formed XML: {broken}") from None
    if root.getroottree().docinfo.doctype:
        raise error(f"{path}: a document type declaration has no place in a {kind} file.")
    return root


def local_name(element: Any) -> str:
    """Tag without its namespace; empty for comments and processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


class _Reader:
    """One file: places, transitions and arcs of all pages by id."""

    def __init__(self, path: Path, root: Any) -> None:
        self.path = path
        self.elements: dict[str, Any] = {}
        self.arcs: list[Any] = []
        if local_name(root) != "pnml":
            raise ModelError(f"{path}:{root.sourceline}: the file is <{local_name(root)}>, not <pnml>.")
        nets = list(_children(root, "net"))
        if len(nets) != 1:
            ids = ", ".join(repr(n.get("id")) for n in nets) or "none"
            raise ModelError(f"{path}: holds {len(nets)} nets ({ids}); keep one net to a file.")
        self.root = nets[0]
        self._collect(self.root)

    def _problem(self, element: Any, what: str) -> ModelError:
        id = "" if element.get("id") is None else f" {element.get('id')!r}"
        return ModelError(f"{self.path}:{element.sourceline}: {local_name(element)}{id} {what}")

    def _collect(self, parent: Any) -> None:
        for element in parent:
            kind = local_name(element)
            if not kind:
                continue
            if kind not in KNOWN[local_name(parent)]:
                raise self._problem(parent, f"holds <{kind}>, whose meaning is not known here and would be lost.")
            if kind == "page":
                self._collect(element)
            elif kind in KNOWN or kind in REFERENCES:
                self._add(element, kind)

    def _add(self, element: Any, kind: str) -> None:
        id = element.get("id")
        if kind == "arc":
            self.arcs.append(element)
        elif id is None:
            raise self._problem(element, "has no id, so no arc can name it.")
        if id in self.elements:
            raise self._problem(element, f"has an id that line {self.elements[id].sourceline} has already.")
        if id is not None:
            self.elements[id] = element
        for child in element if kind in KNOWN else ():
            if local_name(child) and local_name(child) not in KNOWN[kind]:
                lost = f"holds <{local_name(child)}>, whose meaning is not known here and would be lost."
                raise self._problem(element, f"{lost} Read are place/transition nets.")

    def net(self) -> WorkflowNet:
        nodes = {kind: self._of(kind) for kind in ("place", "transition")}
        initial = {id: self._number(e, "initialMarking", 0) for id, e in nodes["place"].items()}
        labels = {id: _label(e) for id, e in nodes["transition"].items()}
        arcs = [self._arc(e) for e in self.arcs]
        lines = {id: e.sourceline for id, e in self.elements.items()}
        return assemble(str(self.path), list(initial), labels, arcs, initial, self._final(initial), lines)

    def _of(self, kind: str) -> dict[str, Any]:
        return {id: e for id, e in sorted(self.elements.items()) if local_name(e) == kind}

    def _arc(self, arc: Any) -> Arc:
        for element in (e for e in arc if local_name(e) in ("arctype", "type")):
            kind = element.get("value") or _text(element) or ""
            if kind.strip() not in ("", "normal"):
                raise self._problem(arc, f"is of type {kind.strip()!r}; only normal arcs can be read.")
        ends = {end: arc.get(end) for end in ("source", "target")}
        for end, id in ends.items():
            seen: set[str] = set()
            while id in self.elements and local_name(self.elements[id]) in REFERENCES and id not in seen:
                seen.add(id)
                id = self.elements[id].get("ref")
            if id not in self.elements or local_name(self.elements[id]) not in ("place", "transition"):
                known = [x for kind in ("place", "transition") for x in self._of(kind)]
                raise self._problem(arc, f"has the {end} {ends[end]!r}, which is no node.{hint(ends[end], known)}")
            ends[end] = id
        name = repr(arc.get("id") or f"{ends['source']} > {ends['target']}")
        weight = self._number(arc, "inscription", 1)
        if weight < 1:
            raise self._problem(arc, "has weight 0; a weight is a positive whole number.")
        return f"{self.path}:{arc.sourceline}: arc {name}", ends["source"], ends["target"], weight

    def _number(self, element: Any, child: str | None, default: int) -> int:
        """The whole number in the text of the only such child, or of the element itself."""
        found = [element] if child is None else list(_children(element, child))
        if not found:
            return default
        text = (_text(found[0]) or "").strip()
        if len(found) > 1 or not re.fullmatch("[0-9]{1,9}", text):
            what = f"{len(found)} times <{child}>" if len(found) > 1 else f"{child or 'tokens'} {text!r}"
            raise self._problem(element, f"has {what}; expected is one whole number, written as 1 or 2.")
        return int(text)

    def _final(self, places: Mapping[str, int]) -> dict[str, int]:
        """Tokens of the only final marking; empty if the file has none."""
        found: dict[tuple[tuple[str, int], ...], int] = {}
        for marking in (
            x for e in self.root.iter() if local_name(e) == "finalmarkings" for x in _children(e, "marking")
        ):
            tokens: dict[str, int] = {}
            for place in _children(marking, "place"):
                id = place.get("idref")
                if id not in places or id in tokens:
                    what = "named twice" if id in tokens else f"no place of the net.{hint(id, places)}"
                    raise ModelError(f"{self.path}:{place.sourceline}: final marking: {id!r} is {what}")
                tokens[id] = self._number(place, None, 1)
            key = tuple(sorted((id, k) for id, k in tokens.items() if k))
            if not key:
                raise self._problem(marking, "is a final marking without tokens, which no net here can reach.")
            found.setdefault(key, marking.sourceline)
        if len(found) > 1:
            each = "; ".join(f"line {n}: {', '.join(f'{id} x {k}' for id, k in key)}" for key, n in found.items())
            raise ModelError(f"{self.path}: has {len(found)} final markings ({each}); keep the one that is the end.")
        return dict(next(iter(found), ()))


def _children(element: Any, name: str) -> Iterator[Any]:
    return (e for e in element if local_name(e) == name)


def _text(element: Any) -> str | None:
    """Text of ``<text>`` (in old files ``<value>``) within an element."""
    return next(("".join(e.itertext()) for e in element if local_name(e) in ("text", "value")), None)


def _label(transition: Any) -> str | None:
    for tool in _children(transition, "toolspecific"):
        if tool.get("tool") == EXACT and tool.get("label"):
            try:
                return str(json.loads(tool.get("label")))
            except ValueError:
                where = f"line {tool.sourceline}: transition {transition.get('id')!r}"
                raise ModelError(f"{where}: the label {tool.get('label')!r} is no text in JSON.") from None
        silent = {e.get("key"): (e.text or "").strip().lower() for e in tool}.get("invisible") == "true"
        if silent or tool.get("activity") == "$invisible$":
            return None
    return label_in(next((_text(e) for e in _children(transition, "name")), None) or "")


def label_in(text: str) -> str | None:
    """The label that a name stands for: on one line; None (silent) if it is blank."""
    lines = [line.strip() for line in text.splitlines()]
    return (text if len(lines) == 1 else " ".join(filter(None, lines))) if text.strip() else None
