"""State machine components of a net: the parts that hold exactly one token, from which the search takes its lower bounds.

A component is a set of places whose token count no transition changes, with one token at the start. Seen alone, the net moves
that token from place to place: a small automaton. The cost of a transition and of an event is divided among the components that
see it; the sum of what each of them still has to pay is then never more than what the net has to pay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.nets import WorkflowNet


@dataclass(frozen=True, eq=False)
class Components:
    """State machine components, in flat columns.

    Attributes
    ----------
    size : int64 array of shape (n_components,)
        Places per component.
    final : int64 array of shape (n_components,)
        Slot (number of a place within its component) that holds the token at the end.
    slot_start, slot_component, slot : int64 arrays
        Per place, ``slot_start[p]:slot_start[p + 1]``: the components that it belongs to and its slot there.
    arc_start, arc_transition, arc_from, arc_to : int64 arrays
        Per component: the transitions that move its token, and the slots.
    """

    size: np.ndarray
    final: np.ndarray
    slot_start: np.ndarray
    slot_component: np.ndarray
    slot: np.ndarray
    arc_start: np.ndarray
    arc_transition: np.ndarray
    arc_from: np.ndarray
    arc_to: np.ndarray


def components_of(net: WorkflowNet) -> Components:
    """Components that together see as many labelled transitions as can be seen.

    Parameters
    ----------
    net : WorkflowNet
        A net without such components gives none: the bounds are then 0.
    """
    places = _cover(net)
    size, final, arcs, arc_start = [], [], [], [0]
    slots: list[list[tuple[int, int]]] = [[] for _ in net.initial]
    for number, members in enumerate(places):
        slot = {p: i for i, p in enumerate(members)}
        for p, i in slot.items():
            slots[p].append((number, i))
        size.append(len(members))
        final.append(next((slot[p] for p in members if net.final[p]), 0))
        for t, transition in enumerate(net.transitions):
            before = [slot[p] for p, k in transition.consumes if p in slot for _ in range(k)]
            after = [slot[p] for p, k in transition.produces if p in slot for _ in range(k)]
            if len(before) == len(after) == 1:  # a transition that needs more than one of them can never happen
                arcs.append((t, before[0], after[0]))
        arc_start.append(len(arcs))
    flat = np.array([pair for pairs in slots for pair in pairs], np.int64).reshape(-1, 2)
    columns = np.array(arcs, np.int64).reshape(-1, 3)
    return Components(
        np.array(size, np.int64),
        np.array(final, np.int64),
        np.cumsum([0] + [len(pairs) for pairs in slots]),
        flat[:, 0].copy(),
        flat[:, 1].copy(),
        np.array(arc_start, np.int64),
        *(columns[:, i].copy() for i in range(3)),
    )


def _cover(net: WorkflowNet) -> list[list[int]]:
    """Place sets, found one after another by integer programming, each with a labelled transition that none before sees.

    The smallest set y of places with y C = 0 (C: the incidence matrix), y m0 = 1, y mf = 1 that meets the transition's inputs.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n_places = len(net.initial)
    incidence = np.zeros((n_places, len(net.transitions)))
    consumes = np.zeros_like(incidence)
    for t, transition in enumerate(net.transitions):
        for p, k in transition.consumes:
            incidence[p, t] -= k
            consumes[p, t] = 1
        for p, k in transition.produces:
            incidence[p, t] += k
    marks = np.array([net.initial, net.final], float)
    seen = np.array([t.label is None for t in net.transitions])
    found: list[list[int]] = []
    for t in range(len(net.transitions)):
        if seen[t]:
            continue
        seen[t] = True
        constraints = [
            LinearConstraint(incidence.T, 0, 0),
            LinearConstraint(marks, 1, 1),
            LinearConstraint(consumes[:, t][None, :], 1, np.inf),
        ]
        # the small, growing weights make the smallest set unique
        weights = 1 + np.arange(n_places) / (n_places * n_places + 1)
        answer = milp(weights, constraints=constraints, bounds=Bounds(0, 1), integrality=np.ones(n_places))
        if answer.x is not None:
            members = np.flatnonzero(answer.x > 0.5)
            found.append(members.tolist())
            seen |= consumes[members].sum(axis=0) > 0
    return found
