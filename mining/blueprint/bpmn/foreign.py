"""What a BPMN file holds beside plain steps, events, gateways and flows, and what happens to each of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mining.blueprint.bpmn.document import (
    DATA,
    EVENTS,
    MODEL,
    OWNERS,
    PARTS,
    REPEATED,
    SBP,
    TASKS,
    Document,
    Element,
    tag_of,
)
from mining.blueprint.bpmn.drawing import DI
from mining.blueprint.bpmn.merge import channels


@dataclass(frozen=True)
class Foreign:
    """Something in the file that is no plain step, event, gateway or flow, and what happened to it.

    ``fate``: "read" (it is in the flow, or in the draft, as the reason says), "fact" (kept beside the flow, which it does not
    change), "dropped" (nothing of it is used).
    """

    id: str
    kind: str
    line: int
    fate: str
    reason: str

    def say(self) -> str:
        """One line in plain words.

        Examples
        --------
        >>> Foreign("m1", "messageFlow", 12, "read", "'ask' before 'answer'").say()
        "line 12: message flow 'm1': read: 'ask' before 'answer'"
        """
        word, bracket, tags = self.kind.partition(" (")
        plain = plain_word(word)
        fate = {"fact": "beside the flow", "dropped": "not used"}.get(self.fate, self.fate)
        return f"line {self.line}: {plain}{bracket}{tags} {self.id!r}: {fate}: {self.reason}"


WORDS = {
    "participant": "pool",
    "textAnnotation": "note",
    "conditionExpression": "condition",
    "potentialOwner": "performer",
}


def plain_word(kind: str) -> str:
    """The kind of an element in words that a person would use.

    Examples
    --------
    >>> plain_word("timerEventDefinition"), plain_word("participant")
    ('timer event', 'pool')
    """
    return WORDS.get(kind) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.removesuffix("Definition")).lower()


PLAIN = TASKS | EVENTS | {"exclusiveGateway", "parallelGateway", "sequenceFlow", "incoming", "outgoing"}
PLAIN |= {"definitions", "process", "collaboration", "participant", "laneSet", "childLaneSet", "lane", "flowNodeRef"}
PLAIN |= {"extensionElements", "message", "signal", "error", "escalation", "resource", "category", "categoryValue"}
INSIDE = {
    "association",
    "text",
    "eventDefinitionRef",
    "dataInputAssociation",
    "dataOutputAssociation",
}  # told at what they belong to
FATES = {
    "subProcess": ("read", "its content stands in its place"),
    "transaction": ("read", "its content stands in its place; that it may be undone is not read"),
    "adHocSubProcess": ("read", "a free region: its steps in any order, any number of times"),
    "inclusiveGateway": ("read", "unrolled: each set of branches that may be taken together"),
    "eventBasedGateway": ("read", "a choice that the event behind it decides"),
    "conditionExpression": ("dropped", "which way a case goes is not part of a flow; write a rule with 'when'"),
    "documentation": ("fact", "kept as something to look at"),
    "textAnnotation": ("fact", "kept as something to look at"),
    "participantMultiplicity": ("dropped", "several instances of the pool in one case are read as one"),
    "choreography": ("dropped", "shows messages between pools, not their steps"),
    "globalConversation": ("dropped", "shows who talks with whom, not the steps"),
    "conversation": ("dropped", "shows who talks with whom, not the steps"),
    "subConversation": ("dropped", "shows who talks with whom, not the steps"),
    "callConversation": ("dropped", "shows who talks with whom, not the steps"),
    "group": ("fact", "a stage where the groups cover all steps, each once"),
} | dict.fromkeys(DATA, ("fact", "data; evidence where the customer sees it"))
FATES |= dict.fromkeys(OWNERS, ("read", "the role of its step"))
ELSE = ("dropped", "says nothing about the order of steps, who does them, or time")
SAID = {
    "terminate": ("read", "the end of the process; nothing else goes on then"),
    "link": ("read", "joined with the link event of its name, as if by a flow"),
    "error": ("read", "a fail point, and a way out of its step"),
}


def foreign_of(document: Document, timers: Mapping[str, tuple[str, str]]) -> tuple[Foreign, ...]:
    """All of it, in the order of the file.

    Parameters
    ----------
    document : Document
    timers : mapping of event id to (fate, reason)
        What became of the timers.

    Returns
    -------
    tuple of Foreign
        Every element of the file is plain (tasks, events without definition, exclusive and parallel gateways, sequence flows, one
        pool, lanes, the drawing), or inside something listed, or listed.
    """
    rows = [*_walk(document, document.root), *_pools(document), *_messages(document), *_extensions(document.root)]
    rows += [x for e in document.elements.values() for x in _events(document, e, timers)]
    return tuple(sorted(rows, key=lambda x: x.line))


def _walk(document: Document, tree: Any) -> Iterator[Foreign]:
    for e in tree:
        kind = tag_of(e)
        if (
            kind is None
            or kind in INSIDE
            or kind.endswith("EventDefinition")
            or kind in ("messageFlow", "boundaryEvent")
        ):
            continue
        id = e.get("id") or tree.get("id") or kind
        if kind in PARTS and not document.inside.get(id):
            yield Foreign(id, kind, e.sourceline, "read", "one step: it shows nothing of what happens in it")
        elif (
            kind not in PLAIN
            and kind not in REPEATED
            and not (kind == "documentation" and not "".join(e.itertext()).strip())
        ):
            yield Foreign(id, kind, e.sourceline, *FATES.get(kind, ELSE))
        if kind in PLAIN | PARTS:
            yield from _walk(document, e)


def _pools(document: Document) -> Iterator[Foreign]:
    shown = [p for p in document.pools if p.process and document.inside.get(p.process)]
    for p in document.pools:
        if p not in shown:
            yield Foreign(
                p.id, "participant", p.line, "fact", "shows nothing of what happens in it; its messages say who is met"
            )
        elif len(shown) > 1:
            yield Foreign(
                p.id, "participant", p.line, "read", "one process with the other pools: all begin, and all must end"
            )


def _messages(document: Document) -> Iterator[Foreign]:
    joined = channels(document)
    for a in document.messages:
        if a in joined:
            yield Foreign(a.id, "messageFlow", a.line, "read", f"{a.source!r} before {a.target!r}")
        else:
            why = "an end at the border of a pool names no element, so it says nothing about the order"
            yield Foreign(a.id, "messageFlow", a.line, "fact", why)


def _events(document: Document, e: Element, timers: Mapping[str, tuple[str, str]]) -> Iterator[Foreign]:
    follows = e.id in document.outgoing
    if e.kind == "boundaryEvent":
        way = "instead of the step, which is then not done" if e.interrupting else "beside the step, at most once"
        yield Foreign(
            e.id, e.kind, e.line, "read", way if follows else "nothing follows it, so it does not change the order"
        )
    for x in e.events:
        fate, reason = timers.get(e.id, ("fact", "its time is kept as a fact")) if x.kind == "timer" else SAID.get(
            x.kind, ("fact", "what it waits for or says is no part of the order; the event is passed in silence")
        )  # fmt: skip
        if x.kind == "error" and e.kind != "boundaryEvent":
            fate, reason = "fact", "an end; which error it throws says only where it leads"
        yield Foreign(e.id, f"{x.kind}EventDefinition", e.line, fate, reason)


def _extensions(root: Any) -> Iterator[Foreign]:
    """Elements and attributes of other tools, one row for each element of the file that carries some."""
    for owner in root.iter():
        if tag_of(owner) in (None, "extensionElements"):
            continue
        inner = [e for x in owner if tag_of(x) == "extensionElements" for e in x]
        inner += [x for x in owner if tag_of(x) is None and isinstance(x.tag, str) and not x.tag.startswith(DI)]
        tags = [_short(e) for e in inner if isinstance(e.tag, str) and not e.tag.startswith((SBP, MODEL))]
        tags += [f"@{_prefixed(owner, k)}" for k in owner.attrib if k.startswith("{") and "XMLSchema-instance" not in k]
        if tags:
            id = owner.get("id") or tag_of(owner) or ""
            kind = f"extension ({', '.join(dict.fromkeys(tags))})"
            yield Foreign(
                id, kind, owner.sourceline, "dropped", "an extension of another tool; its meaning is not known here"
            )


def _short(element: Any) -> str:
    name = element.tag.rpartition("}")[2]
    return f"{element.prefix}:{name}" if element.prefix else str(name)


def _prefixed(owner: Any, key: str) -> str:
    space, _, name = key[1:].partition("}")
    prefix = next((p for p, uri in owner.nsmap.items() if uri == space and p), None)
    return f"{prefix}:{name}" if prefix else name
