"""Levels: what it costs a model to be in each of its states after the events so far. Numba kernels.

The level of a prefix of events holds, for every state, the least cost to have read the prefix and be there, model moves included.
The next level is that one plus a log move, improved by synchronous moves and the model moves that follow them, which are read
from the distances between states. Costs are ``cost * unit + log moves``: cost decides, fewer log moves break ties.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mining._kernels import kernel
from mining.errors import ModelError

MOST_LISTED = 8_000  # states of an automaton


class Machine(NamedTuple):
    """An automaton with costs, in the columns that the kernels read; costs and distances are scaled by ``unit``.

    Attributes
    ----------
    delta, final : array
        As in :class:`mining.automaton.Automaton`.
    log_costs : int32 or int64 array of shape (n_labels + 1,)
        The last entry is that of labels that the automaton does not have.
    model_costs : array of shape (n_labels,)
    label_start, label_source, label_target : int array
        Arcs by label.
    in_start, in_label, in_source : int array
        Arcs by target.
    out_start, out_label, out_target : int array
        Arcs by source.
    distance : array of shape (n_states, n_states)
        ``distance[s, t]``: least cost of model moves from s to t, in rows that are filled when first needed.
    known : bool array of shape (n_states,)
        Rows that are filled.
    unit : int
    far : int
        More than any cost; twice as much can still be represented.
    """

    delta: np.ndarray
    final: np.ndarray
    log_costs: np.ndarray
    model_costs: np.ndarray
    label_start: np.ndarray
    label_source: np.ndarray
    label_target: np.ndarray
    in_start: np.ndarray
    in_label: np.ndarray
    in_source: np.ndarray
    out_start: np.ndarray
    out_label: np.ndarray
    out_target: np.ndarray
    distance: np.ndarray
    known: np.ndarray
    unit: int
    far: int


def machine(
    delta: np.ndarray, final: np.ndarray, log_costs: np.ndarray, model_costs: np.ndarray, longest: int, dearest: int
) -> Machine:
    """Columns for the kernels.

    Parameters
    ----------
    delta, final : array
    log_costs, model_costs : int64 array
        Whole numbers of at least 1.
    longest, dearest : int
        Most events of a trace, and largest sum of their log costs.

    Raises
    ------
    ModelError
        If there are more than 8,000 states, or the costs add up to more than 64 bits hold.
    """
    n = len(final)
    if n > MOST_LISTED:
        raise ModelError(
            f"The automaton has {n:,} states; the programme keeps distances between at most {MOST_LISTED:,}. Use "
            "mining.conformance.alignment.model_of(net): it gives such a net a form that is searched."
        )
    most = dearest + n * int(model_costs.max(initial=1))  # no level holds more: a way from the start, then log moves
    unit = 1 << int(longest + 1).bit_length()
    if most * unit >= 2**61:
        raise ModelError(f"The costs of {longest:,} events add up to more than can be held. Use smaller costs.")
    dtype, far = (np.int32, 2**30 - 1) if most * unit < 2**30 else (np.int64, 2**62 - 1)
    distance, known = np.empty((n, n), dtype), np.zeros(n, bool)
    scaled = (log_costs * unit + 1).astype(dtype), (model_costs * unit).astype(dtype)
    columns = (delta, final, *scaled, *_arcs(delta), distance, known, unit, far)
    return Machine(*columns)


@kernel
def _arcs(delta):  # pragma: no cover
    """Arcs by label (source, target), by target (label, source) and by source (label, target)."""
    n, n_labels = delta.shape
    by_label, by_target, by_source = (
        np.zeros(n_labels + 1, np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
    )
    for s in range(n):
        for a in range(n_labels):
            if delta[s, a] >= 0:
                by_label[a + 1] += 1
                by_target[delta[s, a] + 1] += 1
                by_source[s + 1] += 1
    for a in range(n_labels):
        by_label[a + 1] += by_label[a]
    for s in range(n):
        by_target[s + 1] += by_target[s]
        by_source[s + 1] += by_source[s]
    n_arcs = by_source[n]
    source, target = np.empty(n_arcs, np.int32), np.empty(n_arcs, np.int32)
    in_label, in_source = np.empty(n_arcs, np.int32), np.empty(n_arcs, np.int32)
    out_label, out_target = np.empty(n_arcs, np.int32), np.empty(n_arcs, np.int32)
    into, out, e = by_target[:-1].copy(), by_source[:-1].copy(), 0
    for a in range(n_labels):
        for s in range(n):
            t = delta[s, a]
            if t >= 0:
                source[e], target[e] = s, t
                in_label[into[t]], in_source[into[t]] = a, s
                out_label[out[s]], out_target[out[s]] = a, t
                into[t] += 1
                out[s] += 1
                e += 1
    return by_label, source, target, by_target, in_label, in_source, by_source, out_label, out_target


@kernel
def measure(m, s):  # pragma: no cover
    """Fill the row of distances from state ``s``, and give it."""
    row, out_start, out_label, out_target, model_costs = (
        m.distance[s],
        m.out_start,
        m.out_label,
        m.out_target,
        m.model_costs,
    )
    row[:] = m.far
    row[s] = 0
    size = row.size + 1
    queue, waits = np.empty(size, np.int32), np.zeros(row.size, np.bool_)
    queue[0] = s
    head, tail = 0, 1
    while head != tail:
        here = queue[head]
        head = head + 1 if head + 1 < size else 0
        waits[here] = False
        for e in range(out_start[here], out_start[here + 1]):
            t, c = out_target[e], row[here] + model_costs[out_label[e]]
            if c < row[t]:
                row[t] = c
                if not waits[t]:
                    waits[t] = True
                    queue[tail] = t
                    tail = tail + 1 if tail + 1 < size else 0
    m.known[s] = True
    return row


@kernel
def advance(m, before, after, a, limit):  # pragma: no cover
    """Write into ``after`` the level that follows ``before`` by event ``a``.

    Costs below ``limit`` are exact; others are the cost of some way, which need not be the cheapest.
    """
    n, log_cost = after.size, m.log_costs[a]
    distance, known, label_source, label_target = m.distance, m.known, m.label_source, m.label_target
    for x in range(n):
        after[x] = before[x] + log_cost
    if a < m.model_costs.size:
        for e in range(m.label_start[a], m.label_start[a + 1]):
            c, t = before[label_source[e]], label_target[e]
            if c < after[t] and c < limit:
                if not known[t]:
                    measure(m, t)
                for x in range(n):
                    d = c + distance[t, x]
                    after[x] = d if d < after[x] else after[x]


@kernel
def cheapest_run(m):  # pragma: no cover
    """Cost of the cheapest complete run of the model alone, not scaled. Fills the distances from the start."""
    row, best = measure(m, 0), m.far
    for t in range(m.final.size):
        if m.final[t] and row[t] < best:
            best = row[t]
    return best // m.unit
