"""What a BPMN diagram of a blueprint consists of: pools, nodes, edges, events on tasks, data objects and notes, as values."""

from __future__ import annotations

from dataclasses import dataclass

from mining.units import Duration

CUSTOMER_SIDE = ("customer", "physical_evidence")
BY_MACHINE = ("onstage_technology", "support")
EXCLUSIVE, PARALLEL = "exclusiveGateway", "parallelGateway"
START, END, THROW, CATCH = "startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent"
AD_HOC, NOTE = "adHocSubProcess", "textAnnotation"


@dataclass(frozen=True)
class Pool:
    """A participant; ``lanes`` are ids of the blueprint."""

    id: str
    name: str
    lanes: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A task, event, gateway or ad-hoc sub-process, or a note in the place of a step that stands outside the flow.

    ``kind``: BPMN tag. ``event``: what an event waits for or sends (``message``, ``conditional``). ``within``: the ad-hoc
    sub-process that it is part of. ``beside``: a node in whose row it should stand; ``lower``: better one row below what it
    follows; ``beyond``: nodes that it should stand to the right of, though none of them leads to it.
    """

    id: str
    kind: str
    lane: str
    stage: str
    name: str = ""
    activity: str | None = None
    event: str | None = None
    within: str | None = None
    beside: str | None = None
    lower: bool = False
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """``kind``: sequenceFlow, messageFlow, association, or dataOutputAssociation from a task to its evidence."""

    id: str
    kind: str
    source: str
    target: str


@dataclass(frozen=True)
class Boundary:
    """A non-interrupting event on the border of a task: a time standard, or (``standard`` None) a wait point."""

    id: str
    host: str
    name: str
    standard: str | None = None
    limit: Duration | None = None


@dataclass(frozen=True)
class Evidence:
    """A data object: what the customer sees or gets. ``task`` None: an unobservable step of the evidence lane (``activity``)."""

    id: str
    name: str
    lane: str
    stage: str
    task: str | None = None
    activity: str | None = None


@dataclass(frozen=True)
class Note:
    """A text below the pools: a rule, a fail point, or a standard that no event can show. ``ref``: its ``sbp`` element and id."""

    id: str
    text: str
    ref: tuple[str, str]
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """All elements, in the order of the flow."""

    pools: tuple[Pool, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    boundaries: tuple[Boundary, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[Note, ...]

    def pool_of(self, lane: str) -> Pool:
        """The pool that holds a lane."""
        return next(pool for pool in self.pools if lane in pool.lanes)
