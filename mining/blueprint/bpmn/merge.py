"""Several pools as one process, because a log is one sequence per case: a message is sent before it is received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from mining.automaton import TooManyStatesError, build
from mining.blueprint.bpmn.document import EVENTS, PARTS, TASKS, Arrow, Document
from mining.blueprint.bpmn.nets import Node, write_nodes
from mining.blueprint.bpmn.unroll import SILENT, process_nodes
from mining.errors import BlueprintError, ModelError

MOST_STATES = 50_000
MOST_PAIRED = 12  # messages of which pairs are tried, to find those in the way
SENDERS = TASKS | PARTS | (EVENTS - {"startEvent"}) | {"callActivity"}
RECEIVERS = TASKS | PARTS | (EVENTS - {"endEvent"}) | {"boundaryEvent", "callActivity"}


@dataclass(frozen=True)
class _Pools:
    """The nodes of all pools with a common begin and end, without their messages.

    ``resting``: for each start event at which a piece begins on demand, the place that holds a token while the piece rests.
    """

    nodes: list[Node]
    resting: dict[str, str]


Channels = list[tuple[Arrow, str]]  # message flows, with the place in which the message waits


@dataclass(frozen=True)
class Merged:
    """The nodes of a file as one process; ``guesses``: how its messages were taken, which no drawing says."""

    nodes: list[Node]
    guesses: tuple[str, ...] = ()


def nodes_of(document: Document) -> list[Node]:
    """The nodes of a file as one process; see :func:`merged`."""
    return merged(document).nodes


def merged(document: Document) -> Merged:
    """The nodes of a file: those of its process, or of all its pools merged into one.

    All pools begin together (each at its start event, or with the message that starts it) and the process ends when all have
    ended. A message flow is a place between sender and receiver. A step that receives several messages waits for all of them;
    if that is not sound, for any one. If that is not sound either, what begins with a message begins whenever one is sent: never,
    once, or again after it has ended.

    Parameters
    ----------
    document : Document

    Returns
    -------
    Merged

    Raises
    ------
    BlueprintError
        As :func:`mining.blueprint.bpmn.unroll.process_nodes`; if no message flow joins the pools; or if they cannot be merged
        into one sound process, with the message flow that is in the way.
    """
    processes = [p for p in document.trees if document.inside.get(p)] or list(document.trees)[:1]
    hidden = {p.process for p in document.pools if p.id != p.process and not document.inside.get(p.process or "")}
    _check_joined(document, [p for p in document.trees if p not in hidden] or processes)
    made = {p: process_nodes(document, p) for p in processes}
    if len(processes) == 1:
        return Merged(made[processes[0]])
    return _sound(document, list(made.values()))


def channels(document: Document) -> list[Arrow]:
    """Message flows that join two elements of different pools; others say nothing about the order of steps."""
    ends = document.elements
    return [
        a
        for a in document.messages
        if a.source in ends and a.target in ends and document.process_of(a.source) != document.process_of(a.target)
    ]


def _check_joined(document: Document, processes: list[str]) -> None:
    joined = {processes[0]}
    pairs = [{document.process_of(a.source), document.process_of(a.target)} for a in channels(document)]
    for _ in processes:
        joined |= {p for pair in pairs if pair & joined for p in pair}
    loose = [p for p in processes if p not in joined]
    if loose:
        raise BlueprintError(
            f"{document.path}: holds {len(processes)} processes; a flow is one process, and no message flow joins {loose[0]!r} to "
            f"{processes[0]!r}, so their steps have no common order. Draw the messages between elements of the pools, or keep one pool."
        )


def _sound(document: Document, pools: list[list[Node]]) -> Merged:
    """The nodes with their messages, in the first reading of these that is sound, and what it takes for granted."""
    arrows = channels(document)
    for arrow in arrows:
        _check_ends(document, arrow)
    together = _framed(pools, set())
    on_demand = _framed(pools, {a.target for a in arrows})
    every = [(a, f"message:{a.id}") for a in arrows]
    any_one = [(a, f"message:{a.target}") for a in arrows]
    for found in (together, on_demand) if on_demand.resting else (together,):
        for wanted in (every, any_one):
            made = _with(found, wanted)
            if not _fault(made):
                return Merged(made, tuple(_guesses(document, len(pools), arrows, wanted is any_one, found)))
    fault = _fault(together.nodes)
    if fault:
        raise BlueprintError(f"{document.path}: the pools cannot be merged, even without their messages: {fault}")
    raise _refusal(document, together, every)


def _guesses(document: Document, n_pools: int, arrows: list[Arrow], any_one: bool, pools: _Pools) -> Iterator[str]:
    """What is told of the reading taken: the order of each message, and where it was no plain one."""
    listed = ", ".join(f"{a.id!r}: {_step(document, a.source)} before {_step(document, a.target)}" for a in arrows)
    yield f"{n_pools} pools are read as one process, in which each message is sent before it is received: {listed}"
    several = [id for id, n in Counter(a.target for a in arrows).items() if n > 1]
    for id in several:
        ids = ", ".join(repr(a.id) for a in arrows if a.target == id)
        yield f"{_step(document, id)} receives several messages ({ids}): it waits for {'any one' if any_one else 'all'} of them"
    for id in pools.resting:
        yield f"what begins at {_step(document, id)} begins whenever its message is sent: never, once, or again after it has ended"


def _step(document: Document, id: str) -> str:
    name = document.elements[id].name
    return f"{id!r} ({name})" if name and name != id else repr(id)


def _refusal(document: Document, pools: _Pools, every: Channels) -> BlueprintError:
    """Names the first of the fewest messages without which the rest is sound."""
    sizes = (1, 2) if len(every) <= MOST_PAIRED else (1,)
    less = ((out[0][0], [c for c in every if c not in out]) for n in sizes for out in combinations(every, n))
    culprit = next((arrow for arrow, rest in less if not _fault(_with(pools, rest))), every[0][0])
    return BlueprintError(
        f"{_called(document, culprit)} cannot be an order of steps in one process (sender before receiver): "
        f"{_fault(_with(pools, every))} Check whether the message is sent in every case in which it is waited for, and received "
        "wherever it is sent."
    )


# --- pools and pieces of them ------------------------------------------------------------------------------------------


def _framed(pools: list[list[Node]], received: set[str]) -> _Pools:
    """The pools between one begin and one end; pieces that begin only at elements that receive a message begin on demand."""
    made: list[Node] = []
    resting: dict[str, str] = {}
    begin, end = [], []
    for i, nodes in enumerate(pools):
        for k, piece in enumerate(_pieces(nodes)):
            starts = [n.drawn for n in piece if n.kind == "startEvent"]
            rest = f"pool:{i}/rest:{k}"
            called = set(starts) <= received
            resting |= dict.fromkeys(starts if called else (), rest)
            begin.append(rest if called else f"pool:{i}/ready")
            end.append(rest if called else f"pool:{i}/done")
            made += _part(piece, () if called else (begin[-1],), end[-1])
    frame = [
        Node("pools/begin", "startEvent", "", (), tuple(dict.fromkeys(begin))),
        Node("pools/join", "parallelGateway", "", tuple(dict.fromkeys(end)), ("pools/all",)),
        Node("pools/end", "endEvent", "", ("pools/all",), ()),
    ]
    return _Pools([*frame, *made], resting)


def _pieces(nodes: list[Node]) -> list[list[Node]]:
    """The parts of a pool that no sequence flow joins."""
    pieces: list[tuple[set[str], list[Node]]] = []
    for n in nodes:
        flows = {*n.incoming, *n.outgoing, *n.rests}
        touched = [piece for piece in pieces if piece[0] & flows]
        pieces = [piece for piece in pieces if not piece[0] & flows]
        pieces.append((flows.union(*(p[0] for p in touched)), [*(x for p in touched for x in p[1]), n]))
    return [piece for _, piece in pieces]


def _part(nodes: list[Node], begin: tuple[str, ...], end: str) -> Iterable[Node]:
    """A pool or a piece of it, with events that do not begin and end the whole."""
    for n in nodes:
        if n.kind == "startEvent":
            yield replace(n, kind=SILENT, incoming=begin)
        elif n.kind == "endEvent":
            yield replace(n, kind=SILENT, outgoing=(end,))
        else:
            yield n


# --- messages ----------------------------------------------------------------------------------------------------------


def _check_ends(document: Document, arrow: Arrow) -> None:
    sender, receiver = document.elements[arrow.source], document.elements[arrow.target]
    for element, kinds, word in ((sender, SENDERS, "sent by"), (receiver, RECEIVERS, "received by")):
        if element.kind not in kinds:
            raise BlueprintError(f"{_called(document, arrow)} is {word} {element.id!r}, which is a {element.kind}.")


def _called(document: Document, arrow: Arrow) -> str:
    return (
        f"{document.where(arrow.line)}: message flow {arrow.id!r} ({arrow.name or f'{arrow.source} > {arrow.target}'})"
    )


def _with(pools: _Pools, found: Channels) -> list[Node]:
    """The nodes with places for the messages. Who sends to a piece on demand waits until the piece rests."""
    sent: dict[str, list[str]] = {}
    got: dict[str, list[str]] = {}
    waits: dict[str, list[str]] = {}
    for arrow, place in found:
        sent.setdefault(arrow.source, []).append(place)
        got.setdefault(arrow.target, []).append(place)
        if arrow.target in pools.resting:
            waits.setdefault(arrow.source, []).append(pools.resting[arrow.target])
    exits = {n.drawn.removesuffix("/out") for n in pools.nodes if n.drawn.endswith("/out")}

    def joined(n: Node) -> Node:
        drawn = n.drawn.removesuffix("/out")
        needs = tuple(dict.fromkeys(got.get(n.drawn, ())))
        if n.drawn in pools.resting:
            n, needs = replace(n, incoming=needs), ()
        if (drawn == n.drawn) != (drawn in exits):  # a sub-process sends when it is done
            rests = (*n.rests, *dict.fromkeys(waits.get(drawn, ())))
            n = replace(n, outgoing=(*n.outgoing, *sent.get(drawn, ())), rests=rests)
        return replace(n, needs=(*n.needs, *needs))

    return [joined(n) for n in pools.nodes]


def _fault(nodes: list[Node]) -> str | None:
    """Why the nodes are not sound; None if they are."""
    label = {n.drawn: n.drawn for n in nodes if n.kind in TASKS}
    label |= {part: part for n in nodes for part in n.parts}
    try:
        build(write_nodes(nodes, label), name="the merged process", most_states=MOST_STATES)
    except TooManyStatesError as error:
        return f"{error} So it cannot be checked."
    except ModelError as error:
        return str(error)
    return None
