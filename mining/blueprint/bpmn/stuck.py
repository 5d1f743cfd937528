"""Where a flow that is not sound stands still, for messages: a shortest way there, and the elements that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from mining.blueprint.bpmn.document import Document
from mining.nets import WorkflowNet

MOST_MARKINGS = 5_000
Marking = tuple[int, ...]


def stuck(document: Document, net: WorkflowNet, ids: Sequence[str]) -> str:
    """A sentence on the first place where the flow stands still, ends with work left over, or gathers work without end.

    Parameters
    ----------
    document : Document
    net : WorkflowNet
    ids : sequence of str
        Of the drawn element of each transition.

    Returns
    -------
    str
        Empty if nothing of that kind is found among the first markings.
    """
    before: dict[Marking, tuple[Marking | None, str | None]] = {net.initial: (None, None)}
    todo = deque([net.initial])
    while todo and len(before) < MOST_MARKINGS:
        here = todo.popleft()
        after = [(label, found) for label, found in _next(net, here) if found != here]
        if not after and here != net.final:
            return _told(document, net, ids, here, _way(before, here))
        for label, found in after:
            if found not in before:
                before[found] = (here, label)
                if any(found != x and all(map(int.__ge__, found, x)) for x in _line(before, here)):
                    at = _waiting(document, net, ids, [p for p, k in enumerate(found) if k > 1])
                    return f"After {_way(before, found)} more and more work gathers{f' before {at}' if at else ''}."
                todo.append(found)
    return ""


def _next(net: WorkflowNet, marking: Marking) -> Iterable[tuple[str | None, Marking]]:
    for t in net.transitions:
        tokens = list(marking)
        for p, k in t.consumes:
            tokens[p] -= k
        if min(tokens[p] for p, _ in t.consumes) >= 0:
            for p, k in t.produces:
                tokens[p] += k
            yield t.label, tuple(tokens)


def _line(before: dict[Marking, tuple[Marking | None, str | None]], marking: Marking) -> Iterable[Marking]:
    """The markings on the way to one, from the last."""
    at: Marking | None = marking
    while at is not None:
        yield at
        at = before[at][0]


def _way(before: dict[Marking, tuple[Marking | None, str | None]], marking: Marking) -> str:
    labels = [before[x][1] for x in _line(before, marking)]
    return " > ".join(x for x in labels[::-1] if x is not None) or "the start"


def _told(document: Document, net: WorkflowNet, ids: Sequence[str], marking: Marking, way: str) -> str:
    end = net.final.index(1)
    left = [p for p, k in enumerate(marking) if k > (p == end)]
    at = _waiting(document, net, ids, left)
    if marking[end]:
        times = f"{marking[end]} times" if left == [end] else f"while work is left at {at}"
        said = _listed(document, [id for t, id in zip(net.transitions, ids, strict=True) if len(t.produces) > 1])
        return f"After {way} the end is reached {times}; work goes on in parallel from {said}."
    return f"After {way} nothing can go on: {at} waits for a branch that does not come."


def _waiting(document: Document, net: WorkflowNet, ids: Sequence[str], places: Iterable[int]) -> str:
    """The elements that take from these places."""
    wanted = set(places)
    return _listed(
        document, [id for t, id in zip(net.transitions, ids, strict=True) if wanted & {p for p, _ in t.consumes}]
    )


def _listed(document: Document, ids: Iterable[str]) -> str:
    found = [document.elements[id] for id in dict.fromkeys(ids) if id in document.elements]
    return ", ".join(f"{e.kind} {e.id!r} (line {e.line})" for e in found)
