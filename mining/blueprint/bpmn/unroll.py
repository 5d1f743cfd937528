"""A drawn process as nodes that a net can be written from: sub-processes opened, boundary events and links made plain."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

from mining.blueprint.bpmn.document import PARTS, Document, Element
from mining.blueprint.bpmn.inclusive import unrolled
from mining.blueprint.bpmn.nets import Node, check_ends, check_shape
from mining.errors import BlueprintError

SILENT = "intermediateThrowEvent"
_CAUGHT = {"message", "timer", "conditional", "signal", "compensate"}
KNOWN_EVENTS = {  # which definitions BPMN has where; some of these are refused for another reason
    "startEvent": _CAUGHT | {"error", "escalation"},
    "intermediateCatchEvent": _CAUGHT | {"link"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "compensate", "link"},
    "boundaryEvent": _CAUGHT | {"error", "escalation", "cancel"},
    "endEvent": {"message", "signal", "error", "escalation", "terminate", "compensate", "cancel"},
}


def process_nodes(document: Document, process: str) -> list[Node]:
    """The nodes of one process, with one source (its start events) and one sink (its end events).

    - A sub-process stands as its content between an entry and an exit; one that shows no content is a step.
    - An ad-hoc sub-process is one node: its steps in any order, any number of times.
    - An interrupting boundary event is a choice: the step it is on is done, or interrupted and then not done. On a sub-process
      without parallel work, any point inside may be interrupted; an error event begins at the error end events inside.
    - A boundary event that does not interrupt begins work beside its step, at most once each time, which ends before the process
      (or sub-process) around it ends.
    - Link events are joined by their names.
    - An inclusive gateway is unrolled into exclusive and parallel ones; see :mod:`mining.blueprint.bpmn.inclusive`.

    Parameters
    ----------
    document : Document
    process : str

    Returns
    -------
    list of Node

    Raises
    ------
    BlueprintError
        For an element that has no meaning here; the message names file, line, id and reason.
    """
    return _Scope(document, process).nodes()


def refuse(document: Document, element: Element, why: str) -> BlueprintError:
    """The error for an element that cannot be read, with the reason."""
    return BlueprintError(f"{document.where(element.line)}: element {element.id!r} is a {element.kind}{why}")


class _Scope:
    """The content of a process or sub-process."""

    def __init__(self, document: Document, id: str) -> None:
        self.document, self.id = document, id
        self.elements = document.inside.get(id, ())
        self.ids = {e.id for e in self.elements}
        self.idle: list[str] = []  # places that hold a token while no work beside a step goes on

    def nodes(self) -> list[Node]:
        for element in self.elements:
            self.check(element)
        raw = self.linked(list(map(self.drawn, self.elements)))
        main = [n for n in raw if n.kind != "boundaryEvent"]
        main = self.closed(main) if self.id in self.document.elements else main
        check_shape(self.where(), main, {e.id: self.document.where(e.line) for e in self.elements})
        self.raw = {n.id: n for n in (*main, *(n for n in raw if n.kind == "boundaryEvent"))}
        made = [self.resting(x) for x in [x for n in main for x in self.opened(n)]]
        made = unrolled(self.document, made)
        check_ends(str(self.document.path), made)
        return [replace(n, terminates=False) for n in made]

    def where(self) -> str:
        """File and line of the scope, for messages."""
        element = self.document.elements.get(self.id)
        line = element.line if element else self.document.trees[self.id].sourceline
        return f"{self.document.where(line)}: {self.id!r}"

    # --- what cannot be read -----------------------------------------------------------------------------------------

    def check(self, e: Element) -> None:
        leaving = self.document.outgoing.get(e.id, ())
        flows = (*self.document.incoming.get(e.id, ()), *leaving)
        match e.kind:
            case "complexGateway":
                raise refuse(
                    self.document,
                    e,
                    ": its condition on tokens cannot be read. Draw it with exclusive and parallel gateways.",
                )
            case "callActivity":
                raise refuse(
                    self.document,
                    e,
                    ": what it calls is kept elsewhere and not opened. Draw it as a sub-process, or as a task.",
                )
            case "inclusiveGateway" if len({f.source == e.id for f in flows}) < 2:
                raise refuse(self.document, e, " without incoming or without outgoing sequence flows.")
            case "eventBasedGateway" if "Parallel" in e.marks or "instantiate" in e.marks:
                raise refuse(
                    self.document, e, " that starts the process; begin with a start event for each of its events."
                )
            case "boundaryEvent" if e.host not in self.ids:
                raise refuse(self.document, e, f" attached to {e.host!r}, which is no element beside it.")
        odd = sorted({x.kind for x in e.events} - KNOWN_EVENTS.get(e.kind, set()))
        if odd:
            raise refuse(self.document, e, f" with a {odd[0]} event definition, which BPMN does not know there.")
        if "triggeredByEvent" in e.marks:
            raise refuse(
                self.document, e, " triggered by an event, which may begin at any time. Draw it as a boundary event."
            )
        if "isForCompensation" in e.marks or any(x.kind in ("compensate", "cancel") for x in e.events):
            raise refuse(
                self.document,
                e,
                " for compensation: undoing work that was done is no order of steps. Draw it as steps.",
            )
        tasks_only = (
            self.document.elements[self.id].kind == "adHocSubProcess" if self.id in self.document.elements else False
        )
        beside = e.kind == "boundaryEvent" and not e.interrupting  # a mark on a step: without a flow it changes nothing
        if tasks_only and (flows or not beside) and (flows or not self.document.is_step(e)):
            what = ", with flows," if flows else ""
            raise refuse(
                self.document,
                e,
                f"{what} in the ad-hoc sub-process {self.id!r}, which may hold steps without order only.",
            )
        conditional = [f.id for f in leaving if f.conditional]
        if conditional and len(leaving) > 1 and e.kind not in ("exclusiveGateway", "inclusiveGateway"):
            raise BlueprintError(
                f"{self.document.where(e.line)}: sequence flow {conditional[0]!r} leaves {e.kind} {e.id!r} under a condition; "
                "write it behind an exclusive gateway."
            )

    # --- as drawn ----------------------------------------------------------------------------------------------------

    def drawn(self, e: Element) -> Node:
        incoming = tuple(f.id for f in self.document.incoming.get(e.id, ()))
        outgoing = tuple(f.id for f in self.document.outgoing.get(e.id, ()))
        return Node(e.id, e.kind, e.name, incoming, outgoing, any(x.kind == "terminate" for x in e.events))

    def linked(self, nodes: list[Node]) -> list[Node]:
        """Link events of one name joined, as if by a flow."""
        names = {e.id: x.value or e.name for e in self.elements for x in e.events if x.kind == "link"}
        throws = {names[n.id] for n in nodes if n.id in names and not n.outgoing}
        catches = {names[n.id] for n in nodes if n.id in names and not n.incoming}
        for id, name in names.items():
            if name not in throws & catches:
                raise refuse(
                    self.document, self.document.elements[id], f" of the link {name!r}, which lacks its other end."
                )

        def joined(n: Node) -> Node:
            end = (f"{self.id}/link:{names.get(n.id)}",)
            return n if n.id not in names else replace(n, incoming=n.incoming or end, outgoing=n.outgoing or end)

        return [joined(n) for n in nodes]

    def closed(self, nodes: list[Node]) -> list[Node]:
        """A sub-process may do without start and end events if one element is the first and one the last."""
        kinds = {n.kind for n in nodes}
        first = [n.id for n in nodes if not n.incoming]
        last = [n.id for n in nodes if not n.outgoing]
        begin, end = f"{self.id}/first", f"{self.id}/last"
        if "startEvent" not in kinds and len(first) == 1:
            nodes = [replace(n, incoming=(begin,)) if n.id in first else n for n in nodes]
            nodes.append(Node(begin, "startEvent", "", (), (begin,)))
        if "endEvent" not in kinds and len(last) == 1:
            nodes = [replace(n, outgoing=(end,)) if n.id in last else n for n in nodes]
            nodes.append(Node(end, "endEvent", "", (end,), ()))
        return nodes

    # --- boundary events and sub-processes ---------------------------------------------------------------------------

    def opened(self, n: Node) -> Iterator[Node]:
        """The nodes that a node stands for."""
        events = [e for e in self.document.hosted.get(n.id, ()) if e.kind == "boundaryEvent"]
        for e in events:
            if e.interrupting and not self.raw[e.id].outgoing:
                raise refuse(
                    self.document, e, " that interrupts, with no outgoing sequence flow. Lead it to an end event."
                )
        beside = [self.raw[e.id] for e in events if not e.interrupting and self.raw[e.id].outgoing]
        instead = [self.raw[e.id] for e in events if e.interrupting]
        for b in beside:
            n = yield from self.begin_beside(n, b)
        if n.kind in PARTS and self.document.inside.get(n.id):
            yield from self.inlined(n, instead)
        elif instead:
            ways = (f"{n.id}/done", *(f"{b.id}/taken" for b in instead))
            waits = any(x.kind == "message" for e in events if e.interrupting for x in e.events)
            yield Node(f"{n.id}/or", "eventBasedGateway" if waits else "exclusiveGateway", "", n.incoming, ways)
            yield replace(n, incoming=ways[:1])
            for b, way in zip(instead, ways[1:], strict=True):
                yield replace(b, kind=SILENT, incoming=(way,))
        else:
            yield n

    def begin_beside(self, n: Node, b: Node) -> Generator[Node, None, Node]:
        """A boundary event that does not interrupt: from the beginning of its step, its branch may begin, or be left out.

        The place ``idle`` holds a token while the branch does not run. It is there at the start, and needed at the end.
        """
        branch = self.branch(b)
        idle, may = f"{b.id}/idle", f"{b.id}/may"
        self.idle.append(idle)
        yield Node(f"{b.id}/begin", SILENT, "", n.incoming, (f"{n.id}/after:{b.id}", may), rests=(idle,))
        yield Node(f"{b.id}/not", SILENT, "", (may,), (idle,))
        yield replace(b, kind=SILENT, incoming=(may,))
        for x in branch:
            if x.kind == "endEvent":
                self.raw[x.id] = replace(x, kind=SILENT, outgoing=(idle,))
        return replace(n, incoming=(f"{n.id}/after:{b.id}",))

    def branch(self, b: Node) -> list[Node]:
        """The nodes behind a boundary event that does not interrupt: they must not lead back into the main flow."""
        main = self.reached([n for n in self.raw.values() if n.kind == "startEvent"])
        own = self.reached([b])
        both = sorted((main & own) - {b.id})
        if both:
            raise refuse(
                self.document, self.document.elements[b.id],
                f" that does not interrupt, but its branch leads into the main flow at {both[0]!r}, which would then go on twice. "
                "Lead it to an end event of its own.",
            )  # fmt: skip
        return [self.raw[id] for id in own]

    def reached(self, nodes: Iterable[Node]) -> set[str]:
        """Ids of the nodes that can follow these, by way of flows and of events that interrupt."""
        todo = list(nodes)
        found = {n.id for n in todo}
        while todo:
            here = todo.pop()
            hosted = {e.id for e in self.elements if e.host == here.id and e.interrupting}
            after = [n for n in self.raw.values() if set(here.outgoing) & set(n.incoming) or n.id in hosted]
            todo += [n for n in after if n.id not in found]
            found |= {n.id for n in after}
        return found

    def resting(self, n: Node) -> Node:
        """Work beside steps rests when the scope begins, and must rest when it ends."""
        n = replace(self.raw[n.id], incoming=n.incoming) if n.kind == "endEvent" and n.id in self.raw else n
        if not self.idle or n.id not in self.raw:
            return n
        if n.kind == "startEvent":
            return replace(n, outgoing=(*n.outgoing, *self.idle))
        return replace(n, rests=(*n.rests, *self.idle)) if n.kind == "endEvent" else n

    def inlined(self, n: Node, instead: list[Node]) -> Iterator[Node]:
        """A sub-process as its content between an entry and an exit."""
        if n.kind == "adHocSubProcess":
            scope = _Scope(self.document, n.id)
            for element in scope.elements:
                scope.check(element)
            left = (f"{n.id}/left",) if instead else n.outgoing
            yield Node(
                n.id,
                n.kind,
                n.name,
                n.incoming,
                left,
                parts=tuple(e.id for e in scope.elements if e.kind != "boundaryEvent"),
            )
            if instead:
                ways = (f"{n.id}/done", *(f"{b.id}/taken" for b in instead))
                yield Node(f"{n.id}/or", "exclusiveGateway", "", left, ways)
                yield Node(f"{n.id}/out", SILENT, "", ways[:1], n.outgoing)
                yield from (replace(b, kind=SILENT, incoming=(w,)) for b, w in zip(instead, ways[1:], strict=True))
            return
        content = _Scope(self.document, n.id).nodes()
        yield Node(n.id, SILENT, n.name, n.incoming, (f"{n.id}/in",))
        failing = {
            x.id: b for x in content if x.kind == "endEvent" for b in instead[::-1] if self.catches(b.id, x.drawn)
        }
        for x in content:
            if x.kind == "startEvent":
                yield replace(x, kind=SILENT, incoming=(f"{n.id}/in",))
            elif x.kind == "endEvent":
                way = f"{failing[x.id].id}/taken" if x.id in failing else f"{n.id}/end"
                yield replace(x, kind=SILENT, outgoing=(way,))
            else:
                yield x
        yield Node(f"{n.id}/out", SILENT, "", (f"{n.id}/end",), n.outgoing)
        for b in instead:
            thrown = any(b.id == x.id for x in failing.values())
            yield replace(b, kind=SILENT, incoming=(f"{b.id}/taken",) if thrown else self.interruptible(n, content, b))

    def catches(self, boundary: str, end: str) -> bool:
        """Whether a boundary event catches the error that an end event inside throws."""
        caught, thrown = ([x for x in self.document.elements[id].events if x.kind in ("error", "escalation")]
                          if id in self.document.elements else [] for id in (boundary, end))  # fmt: skip
        return any(c.kind == t.kind and c.value in ("", t.value) for c in caught for t in thrown)

    def interruptible(self, n: Node, content: list[Node], b: Node) -> tuple[str, ...]:
        """All points inside a sub-process at which it can be interrupted."""
        both = [
            x.drawn for x in content if x.kind not in ("exclusiveGateway", "eventBasedGateway") and len(x.outgoing) > 1
        ]
        if both:
            raise refuse(
                self.document, self.document.elements[b.id],
                f" that interrupts the sub-process {n.id!r}, in which work goes on in parallel (from {both[0]!r}); a net cannot take "
                "back all of it. Draw the sub-process without parallel work, or the ways out of it.",
            )  # fmt: skip
        return tuple(dict.fromkeys([f"{n.id}/in", *(flow for x in content for flow in x.incoming), f"{n.id}/end"]))
