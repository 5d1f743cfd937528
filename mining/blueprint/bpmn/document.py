"""A BPMN 2.0 file as values: everything that is drawn, with ids and lines, and nothing decided about what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mining.blueprint.bpmn.drawing import Layout, layout_of, local
from mining.blueprint.pnml import read_xml
from mining.errors import BlueprintError, hint

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SBP = "{urn:service-blueprint:1.0}"

T = TypeVar("T")
TASKS = {"task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"}
EVENTS = {"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent"}
GATEWAYS = {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"}
PARTS = {"subProcess", "transaction", "adHocSubProcess"}
NODES = TASKS | EVENTS | GATEWAYS | PARTS | {"boundaryEvent", "callActivity"}
DATA = {"dataObjectReference", "dataStoreReference", "dataObject", "dataStore"}
FACTS = DATA | {"textAnnotation", "group"}
BESIDE = {"association", "laneSet", "extensionElements", "documentation", "ioSpecification", "property"}
BESIDE |= {"incoming", "outgoing", "auditing", "monitoring", "correlationSubscription", "supports"}
BESIDE |= {"supportedInterfaceRef", "ioBinding"}
OWNERS = {"resourceRole", "performer", "humanPerformer", "potentialOwner"}
REPEATED = {"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"}


@dataclass(frozen=True)
class EventDefinition:
    """What an event waits for or says: ``kind`` as "timer", ``word`` as "timeDuration", ``value`` as written or named."""

    kind: str
    word: str = ""
    value: str = ""


@dataclass(frozen=True)
class Element:
    """A task, event, gateway or sub-process; ``kind`` is its tag, ``scope`` the process or sub-process that it stands in."""

    id: str
    kind: str
    name: str
    line: int
    scope: str
    host: str | None = None
    interrupting: bool = True
    events: tuple[EventDefinition, ...] = ()
    marks: frozenset[str] = frozenset()
    performer: str = ""


@dataclass(frozen=True)
class Arrow:
    """A sequence or message flow."""

    id: str
    name: str
    source: str
    target: str
    line: int
    scope: str = ""
    conditional: bool = False


@dataclass(frozen=True)
class Pool:
    """A participant, or a process without one. ``process`` None: a pool that shows nothing of what happens in it."""

    id: str
    name: str
    line: int
    process: str | None


@dataclass(frozen=True)
class DrawnLane:
    """A lane of a pool; ``parent`` is the lane around it. ``members`` are the elements that the file puts directly in it."""

    id: str
    name: str
    line: int
    process: str
    parent: str | None
    members: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A data object, annotation or group: what it says, and the elements that it belongs to."""

    id: str
    kind: str
    text: str
    line: int
    at: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Document:
    """What a BPMN file holds. ``elements`` and ``flows`` by id; ``trees``: the XML of each process."""

    path: Path
    pools: tuple[Pool, ...]
    elements: dict[str, Element]
    flows: dict[str, Arrow]
    messages: tuple[Arrow, ...]
    lanes: tuple[DrawnLane, ...]
    facts: tuple[Fact, ...]
    layout: Layout
    trees: dict[str, Any]
    root: Any

    @cached_property
    def inside(self) -> dict[str, tuple[Element, ...]]:
        """Elements by the process or sub-process that they stand in."""
        return _grouped(self.elements.values(), lambda e: e.scope)

    @cached_property
    def incoming(self) -> dict[str, tuple[Arrow, ...]]:
        """Sequence flows by the element that they lead to."""
        return _grouped(self.flows.values(), lambda f: f.target)

    @cached_property
    def outgoing(self) -> dict[str, tuple[Arrow, ...]]:
        """Sequence flows by the element that they leave."""
        return _grouped(self.flows.values(), lambda f: f.source)

    @cached_property
    def hosted(self) -> dict[str, tuple[Element, ...]]:
        """Boundary events by the element that they are on."""
        return _grouped((e for e in self.elements.values() if e.host), lambda e: str(e.host))

    @cached_property
    def lane(self) -> dict[str, DrawnLane]:
        """Lanes by id."""
        return {lane.id: lane for lane in self.lanes}

    @cached_property
    def lanes_of(self) -> dict[str, tuple[DrawnLane, ...]]:
        """The lanes that the file puts an element directly in, by the element."""
        found = _grouped(((id, lane) for lane in self.lanes for id in lane.members), lambda pair: pair[0])
        return {id: tuple(lane for _, lane in pairs) for id, pairs in found.items()}

    @cached_property
    def placed(self) -> dict[str, DrawnLane]:
        """Steps that the file puts in no lane, by the innermost lane of their process in which they are drawn."""
        boxes = self.layout.bounds
        found = {}
        for e in self.steps:
            if e.scope in self.trees and e.id not in self.lanes_of and e.id in boxes:
                around = [
                    x for x in self.lanes if x.process == e.scope and x.id in boxes and boxes[x.id].holds(boxes[e.id])
                ]
                if around:
                    found[e.id] = min(around, key=lambda x: boxes[x.id].width * boxes[x.id].height)
        return found

    def is_step(self, element: Element) -> bool:
        """Whether it is a step: a task, or a sub-process that shows nothing of what happens in it."""
        return element.kind in TASKS or (element.kind in PARTS and not self.inside.get(element.id))

    @cached_property
    def steps(self) -> tuple[Element, ...]:
        """All steps, in the order of the file."""
        return tuple(e for e in self.elements.values() if self.is_step(e))

    def process_of(self, id: str) -> str:
        """The process that an element stands in."""
        while id in self.elements:
            id = self.elements[id].scope
        return id

    def where(self, line: int) -> str:
        """File and line, for messages."""
        return f"{self.path}:{line}"


def read_document(path: str | Path) -> Document:
    """Read a BPMN 2.0 file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Document

    Raises
    ------
    BlueprintError
        If the file is missing, not XML or declares entities; if it has no process, an element that BPMN does not know in a
        process, ids that are missing or not unique, or a flow that begins or ends nowhere. The message names file, line and id.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
    ... <userTask id="t" name="Pay"/></process></definitions>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pay.bpmn"
    ...     _ = file.write_text(text)
    ...     read_document(file).steps[0].name
    'Pay'
    """
    path = Path(path)
    return _Reader(path, read_xml(path, "BPMN", BlueprintError)).document()


def words(text: str | None) -> str:
    """A name on one line."""
    return " ".join((text or "").split())


def tag_of(element: Any) -> str | None:
    """The tag of a BPMN element without its namespace; None for comments and elements of others."""
    tag = element.tag
    return tag.removeprefix(MODEL) if isinstance(tag, str) and tag.startswith(MODEL) else None


def _grouped(things: Iterable[T], key: Callable[[T], str]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return {name: tuple(group) for name, group in found.items()}


class _Reader:
    """Walks the tree once and gathers."""

    def __init__(self, path: Path, root: Any) -> None:
        self.path, self.root = path, root
        self.elements: dict[str, Element] = {}
        self.arrows: list[Any] = []
        self.flows: dict[str, Arrow] = {}
        self.lanes: list[DrawnLane] = []
        self.facts: list[Any] = []
        self.links: list[tuple[str, str]] = []
        self.names = {
            e.get("id"): words(e.get("name") or e.get("value")) for e in root.iter() if isinstance(e.tag, str)
        }

        self.shared = {e.get("id"): e for e in root if (tag_of(e) or "").endswith("EventDefinition")}

    def document(self) -> Document:
        trees = {}
        for tree in self.root.findall(f".//{MODEL}process"):
            if tree.get("id") is None or tree.get("id") in trees:
                raise self.error(tree, f"process {tree.get('id')!r}: each process needs an id of its own.")
            trees[tree.get("id")] = tree
            self.scope(tree, tree.get("id"))
        if not trees:
            raise BlueprintError(f"{self.path}: holds 0 processes; a flow is one process.{_instead(self.root)}")
        for id in trees.keys() & self.elements.keys():
            raise BlueprintError(
                f"{self.path}: {id!r} is the id of a process and of an element; each needs an id of its own."
            )
        for arrow, scope in self.arrows:
            self.flow(arrow, scope)
        for part in self.root.iter(f"{MODEL}collaboration"):
            for element in part:
                self.beside(element)
        layout = layout_of(self.root)
        return Document(
            path=self.path,
            pools=self.pools(trees),
            elements=self.elements,
            flows=self.flows,
            messages=tuple(self.messages()),
            lanes=tuple(self.lanes),
            facts=(*map(self.fact, self.facts), *self.documentation()),
            layout=layout,
            trees=trees,
            root=self.root,
        )

    def error(self, element: Any, what: str) -> BlueprintError:
        return BlueprintError(f"{self.path}:{element.sourceline}: {what}")

    # --- processes ---------------------------------------------------------------------------------------------------

    def scope(self, tree: Any, scope: str) -> None:
        for element in tree:
            kind = tag_of(element)
            if kind is None:
                continue  # comments and other namespaces' elements; the latter are listed as foreign
            if kind == "sequenceFlow":
                self.arrows.append((element, scope))
            elif kind in NODES:
                self.node(element, kind, scope)
            elif kind == "laneSet":
                self.lane_set(element, scope, None)
            elif not self.beside(element) and not _describes(tree, kind):
                raise self.error(
                    element,
                    f"element {element.get('id')!r} is a {kind}, which cannot be read as part of a flow. "
                    "Read are tasks, events, gateways and sub-processes.",
                )

    def beside(self, element: Any) -> bool:
        """Keep what stands beside the flow; whether it does."""
        kind = tag_of(element)
        if kind in FACTS:
            self.facts.append(element)
        elif kind == "association":
            self.links.append((element.get("sourceRef"), element.get("targetRef")))
        return kind in FACTS | BESIDE | OWNERS

    def node(self, element: Any, kind: str, scope: str) -> None:
        id = element.get("id")
        if id is None or id in self.elements:
            raise self.error(element, f"{kind} {id!r}: each element needs an id of its own.")
        inner = {tag_of(e) for e in element} - {None}
        for repeated in sorted(str(x) for x in inner & REPEATED):
            raise self.error(
                element, f"element {id!r} has {repeated}, which cannot be read. Draw the loop with gateways."
            )
        marks = {m for m in ("isForCompensation", "triggeredByEvent", "instantiate") if element.get(m) == "true"}
        marks |= {element.get("eventGatewayType", "Exclusive")} if kind == "eventBasedGateway" else set()
        self.elements[id] = Element(
            id=id,
            kind=kind,
            name=words(element.get("name")),
            line=element.sourceline,
            scope=scope,
            host=element.get("attachedToRef"),
            interrupting=element.get("cancelActivity", "true") == "true",
            events=tuple(self.definitions(element)),
            marks=frozenset(marks),
            performer=self.performer(element),
        )
        self.data(element, id)
        if kind in PARTS:
            self.scope(element, id)

    def definitions(self, element: Any) -> Iterator[EventDefinition]:
        for e in element:
            kind = tag_of(e) or ""
            if kind == "eventDefinitionRef":
                e = self.shared.get(local(words(e.text)))
                if e is None:
                    raise self.error(
                        element, f"element {element.get('id')!r} refers to an event definition that is not there."
                    )
                kind = tag_of(e) or ""
            if kind.endswith("EventDefinition"):
                kind = kind.removesuffix("EventDefinition")
                inner = next((x for x in e if (tag_of(x) or "").startswith("time")), None)
                named = next((self.names.get(v, "") for k, v in e.attrib.items() if k.endswith("Ref")), "")
                value = words(inner.text) if inner is not None else words(e.get("name")) or named
                yield EventDefinition(kind, tag_of(inner) or "" if inner is not None else "", value)

    def performer(self, element: Any) -> str:
        """Who does a step, where it names one role: by its name, the resource, or a plain expression."""
        for e in element:
            if tag_of(e) in OWNERS:
                refs = [self.names.get(local(words(x.text)), "") for x in e.findall(f"{MODEL}resourceRef")]
                said = [words(x.text) for x in e.iter(f"{MODEL}formalExpression")]
                return next(filter(None, (words(e.get("name")), *refs, *said)), "")
        return ""

    def data(self, element: Any, id: str) -> None:
        """Data that a step reads or writes."""
        for e in element:
            if tag_of(e) in ("dataInputAssociation", "dataOutputAssociation"):
                refs = {words(x.text) for x in e if tag_of(x) in ("sourceRef", "targetRef")}
                self.links += [(id, ref) for ref in sorted(refs)]

    def lane_set(self, tree: Any, process: str, parent: str | None) -> None:
        for lane in tree.findall(f"{MODEL}lane"):
            id = lane.get("id") or f"lane:{len(self.lanes)}"
            if any(id == other.id for other in self.lanes):
                raise self.error(lane, f"lane {id!r}: each lane needs an id of its own.")
            members = tuple(words(x.text) for x in lane.findall(f"{MODEL}flowNodeRef"))
            self.lanes.append(DrawnLane(id, words(lane.get("name")), lane.sourceline, process, parent, members))
            for inner in lane.findall(f"{MODEL}childLaneSet"):
                self.lane_set(inner, process, id)

    def flow(self, arrow: Any, scope: str) -> None:
        id = arrow.get("id")
        if id is None or id in self.flows:
            raise self.error(arrow, f"sequence flow {id!r}: each needs an id of its own.")
        for end in ("sourceRef", "targetRef"):
            found = self.elements.get(arrow.get(end))
            if found is None or found.scope != scope:
                known = [e.id for e in self.elements.values() if e.scope == scope]
                what = "no element of the process" if found is None else "in another process or sub-process"
                raise self.error(
                    arrow,
                    f"sequence flow {id!r} has the {end} {arrow.get(end)!r}, which is {what}.{hint(arrow.get(end), known)}",
                )
        condition = arrow.find(f"{MODEL}conditionExpression")
        self.flows[id] = Arrow(
            id, words(arrow.get("name")), arrow.get("sourceRef"), arrow.get("targetRef"), arrow.sourceline, scope,
            condition is not None,
        )  # fmt: skip

    # --- beside the processes ----------------------------------------------------------------------------------------

    def pools(self, trees: Mapping[str, Any]) -> tuple[Pool, ...]:
        found = []
        for e in self.root.iter(f"{MODEL}participant"):
            process = local(e.get("processRef"))
            if process is not None and process not in trees:
                raise self.error(
                    e, f"pool {e.get('id')!r} names the process {process!r}, which is not there.{hint(process, trees)}"
                )
            found.append(Pool(e.get("id") or process or "", words(e.get("name")), e.sourceline, process))
        shown = {p.process for p in found}
        loose = [Pool(id, words(t.get("name")), t.sourceline, id) for id, t in trees.items() if id not in shown]
        return (*found, *loose)

    def messages(self) -> Iterator[Arrow]:
        pools = {e.get("id") for e in self.root.iter(f"{MODEL}participant")}
        for e in self.root.iter(f"{MODEL}messageFlow"):
            ends = [local(e.get("sourceRef")), local(e.get("targetRef"))]
            for end, id in zip(("sourceRef", "targetRef"), ends, strict=True):
                if id not in pools and id not in self.elements:
                    known = hint(id, [*pools, *self.elements])
                    raise self.error(
                        e, f"message flow {e.get('id')!r} has the {end} {id!r}, which is not there.{known}"
                    )
            yield Arrow(
                e.get("id") or f"message:{e.sourceline}", words(e.get("name")), str(ends[0]), str(ends[1]), e.sourceline
            )

    def fact(self, element: Any) -> Fact:
        id, kind = element.get("id") or f"{tag_of(element)}:{element.sourceline}", tag_of(element) or ""
        texts = [words("".join(x.itertext())) for x in element.findall(f"{MODEL}text")]
        referred = next((self.names.get(local(v), "") for k, v in element.attrib.items() if k.endswith("Ref")), "")
        text = words(element.get("name")) or " ".join(texts) or referred
        linked = [b if a == id else a for a, b in self.links if id in (a, b)]
        at = dict.fromkeys(x for x in linked if x in self.elements)
        return Fact(id, kind, text, element.sourceline, tuple(at))

    def documentation(self) -> Iterator[Fact]:
        for e in self.root.iter(f"{MODEL}documentation"):
            owner = e.getparent()
            id, text = owner.get("id") or tag_of(owner) or "", words("".join(e.itertext()))
            if text:
                yield Fact(id, "documentation", text, e.sourceline, (id,) if id in self.elements else ())


def _instead(root: Any) -> str:
    """What a file without processes is."""
    if root.tag != f"{MODEL}definitions":
        return f" The file is <{root.tag}>, not <definitions> of BPMN 2.0 (namespace {MODEL[1:-1]})."
    other = next((e for e in root if (tag_of(e) or "").lower().endswith(("choreography", "conversation"))), None)
    return (
        ""
        if other is None
        else f" The {tag_of(other)} {other.get('id')!r} shows messages between pools, not their steps."
    )


def _describes(tree: Any, kind: str) -> bool:
    """Whether this tag says something of the sub-process that it stands in, and is no part of its flow."""
    inside = {"completionCondition", "dataInputAssociation", "dataOutputAssociation", *REPEATED}
    return tag_of(tree) in PARTS and kind in inside
