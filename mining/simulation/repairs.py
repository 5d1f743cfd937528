"""Which fewest insertions and deletions turn a trace into a run: a fault is only injected where this has one answer."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from mining.automaton import Automaton

Edit = tuple[str, str]  # ("insert" or "delete", activity)
Repair = tuple[Edit, ...]
INSERT, DELETE = "insert", "delete"


def cheapest_repairs(automaton: Automaton, trace: Sequence[str], *, most: int = 2) -> set[Repair]:
    """All cheapest repairs of a trace.

    Parameters
    ----------
    automaton : Automaton
        The runs that are right.
    trace : sequence of str
        Activities in order. Not changed.
    most : int
        Repairs of more edits are not looked for.

    Returns
    -------
    set of tuple
        Each the sorted edits of a repair (positions do not matter); ``{()}`` for a run, empty if ``most`` is not
        enough.
    """
    left = _edits_left(automaton, trace)
    best = left[0].get(0, most + 1)
    if best > most:
        return set()
    layer: dict[int, set[Repair]] = {0: {()}}
    for position in range(len(trace) + 1):
        layer = _inserted(automaton, layer, left[position], best)
        if position < len(trace):
            layer = _moved_on(automaton, layer, trace[position], left[position + 1], best)
    return {repair for state, repairs in layer.items() if automaton.final[state] for repair in repairs}


def _edits_left(automaton: Automaton, trace: Sequence[str]) -> list[dict[int, int]]:
    """Per position and state the fewest edits to the end; states from which there is no end are left out."""
    back: list[list[int]] = [[] for _ in range(automaton.n_states)]
    for source, steps in enumerate(automaton.successors):
        for target in steps.values():
            back[target].append(source)
    start = {s: 0 for s in range(automaton.n_states) if automaton.final[s]}
    layers = [_spread(start, back)]
    for activity in reversed(trace):
        after = layers[-1]
        here = {}
        for state, step in enumerate(automaton.successors):
            skipped = after.get(state, len(trace) * 2) + 1
            here[state] = min(after.get(step[activity], skipped), skipped) if activity in step else skipped
        layers.append(_spread(here, back))
    return layers[::-1]


def _spread(costs: dict[int, int], back: list[list[int]]) -> dict[int, int]:
    """Lower the costs of states by insertions: one edit along any arc."""
    best = dict(costs)
    heap: list[tuple[int, int]] = []
    for state, cost in costs.items():
        heappush(heap, (cost, state))
    while heap:
        cost, state = heappop(heap)
        if cost > best[state]:
            continue
        for source in back[state]:
            if best.get(source, cost + 2) > cost + 1:
                best[source] = cost + 1
                heappush(heap, (cost + 1, source))
    return best


def _inserted(
    automaton: Automaton, layer: dict[int, set[Repair]], left: dict[int, int], best: int
) -> dict[int, set[Repair]]:
    found = {state: set(repairs) for state, repairs in layer.items()}
    todo = [(state, repair) for state, repairs in layer.items() for repair in repairs]
    while todo:
        state, repair = todo.pop()
        for activity, target in automaton.successors[state].items():
            longer = tuple(sorted([*repair, (INSERT, activity)]))
            if len(longer) + left.get(target, best + 1) <= best and longer not in found.setdefault(target, set()):
                found[target].add(longer)
                todo.append((target, longer))
    return found


def _moved_on(
    automaton: Automaton, layer: dict[int, set[Repair]], activity: str, left: dict[int, int], best: int
) -> dict[int, set[Repair]]:
    found: dict[int, set[Repair]] = {}
    for state, repairs in layer.items():
        for repair in repairs:
            shorter = tuple(sorted([*repair, (DELETE, activity)]))
            step = automaton.successors[state]
            moves = [(step[activity], repair)] if activity in step else []
            for target, edits in [*moves, (state, shorter)]:
                if len(edits) + left.get(target, best + 1) <= best:
                    found.setdefault(target, set()).add(edits)
    return found
