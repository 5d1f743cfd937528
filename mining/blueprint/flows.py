"""The block structure of a flow: what a case may do, as a tree of steps and the seven flow words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mining.nets import WorkflowNet


@dataclass(frozen=True)
class Step:
    """One activity."""

    activity: str


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    items: tuple[Flow, ...]


@dataclass(frozen=True)
class Choice:
    """Exactly one."""

    items: tuple[Flow, ...]


@dataclass(frozen=True)
class Parallel:
    """All, in any interleaving."""

    items: tuple[Flow, ...]


@dataclass(frozen=True)
class Optional_:
    """Zero or one time."""

    item: Flow


@dataclass(frozen=True)
class Loop:
    """``body``, then any number of (``redo``, ``body``); at most ``max`` rounds, kept as a rule."""

    body: Flow
    redo: Flow | None = None
    max: int | None = None


@dataclass(frozen=True)
class Free:
    """Any of these, any number of times, in any order: only rules bind."""

    activities: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """A flow that is not block-structured, read from the BPMN file ``source``; it stands alone, never inside another node.

    ``net`` is what it means; ``follows`` are pairs of activities of which the second may come next; ``elements`` are the ids of
    the drawn elements that its transitions come from, in their order ("" for one that was not drawn).
    """

    source: str
    net: WorkflowNet
    activities: tuple[str, ...]
    follows: tuple[tuple[str, str], ...]
    elements: tuple[str, ...] = ()


Flow = Step | Sequence | Choice | Parallel | Optional_ | Loop | Free | Graph


def children(flow: Flow) -> tuple[Flow, ...]:
    """Direct parts of a flow node, in the order written."""
    match flow:
        case Step():
            return ()
        case Free(activities) | Graph(activities=activities):
            return tuple(Step(a) for a in activities)
        case Optional_(item):
            return (item,)
        case Loop(body, redo):
            return (body,) if redo is None else (body, redo)
        case _:
            return flow.items


def flow_nodes(flow: Flow) -> Iterator[Flow]:
    """The node and everything below it, in the order written."""
    yield flow
    for child in children(flow):
        yield from flow_nodes(child)


def flow_activities(flow: Flow) -> tuple[str, ...]:
    """Activities of a flow, in the order written, each once."""
    return tuple(dict.fromkeys(node.activity for node in flow_nodes(flow) if isinstance(node, Step)))
