"""Numba kernels: how many optimal alignments a trace has, and the share of them that contain a deviation.

The optimal alignments are the paths of a graph: places (events read, state) that lie on a cheapest way. Counts run backward and
forward through it. Alignments that differ only in the order of neighbouring log and model moves say the same and count as one:
between two synchronous moves, log moves stand before model moves (*phase* 1: a model move was the last, so no log move now).
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numba
import numpy as np

from mining._states import grown

SYNC, LOG, MODEL = 0, 1, 2
LARGE = 1e100


@numba.njit(cache=True, nogil=True)
def explanations(m, level, events, prefix, optimum, moves, share, event_share):  # pragma: no cover
    """Fill the shares of the moves of one alignment and give the number of optimal alignments.

    ``share``: for the k-th log (model) move on a label, which alignments have at least k log (model) moves on that label,
    wherever they stand. ``event_share``: in which alignments the event of the move is such a move; NaN for model moves.
    """
    length = events.size
    node_start, edge_start, target, kind, label = _optimal(m, level, events, prefix, optimum)
    n = edge_start.size - 1
    ends = node_start[1]
    after, scale = _backward(n, ends, node_start, edge_start, target, kind)
    ahead = _forward(n, node_start, edge_start, target, kind)
    log_share = np.zeros(length)
    for d in range(1, length + 1):  # d levels from the end
        log, sync = 0.0, 0.0
        for u in range(node_start[d], node_start[d + 1]):
            for e in range(edge_start[u], edge_start[u + 1]):
                if kind[e] == LOG:
                    log += ahead[u, 0] * after[target[e], 0]
                elif kind[e] == SYNC:
                    sync += (ahead[u, 0] + ahead[u, 1]) * after[target[e], 0]
        log_share[length - d] = log / (log + sync)
    for k in range(moves.shape[0]):
        if moves[k, 0] == MODEL:
            event_share[k] = np.nan
        else:
            event_share[k] = log_share[moves[k, 2]] if moves[k, 0] == LOG else 1.0 - log_share[moves[k, 2]]
        share[k] = event_share[k] if moves[k, 0] == SYNC else 1.0  # an unknown label is a log move in all of them
    for wanted in (LOG, MODEL):
        times = np.zeros(m.model_costs.size + 1, np.int64)
        for k in range(moves.shape[0]):
            if moves[k, 0] == wanted:
                times[moves[k, 1]] += 1
        for a in range(m.model_costs.size):
            if times[a]:
                at_least = _at_least(wanted, a, times[a], n, ends, node_start, edge_start, target, kind, label)
                nth = 0
                for k in range(moves.shape[0]):
                    if moves[k, 0] == wanted and moves[k, 1] == a:
                        nth += 1
                        share[k] = at_least[nth]
    return after[n - 1, 0] * np.exp2(scale)


@numba.njit(cache=True, nogil=True)
def _optimal(m, level, events, prefix, optimum):  # pragma: no cover
    """The graph of optimal alignments, numbered from the end: every edge goes to a smaller number; the last node is the start.

    Returns the first node of each level (0 is the level after all events), the first edge of each node, and of each edge its
    target, kind and label.
    """
    length, n_states, n_labels = events.size, m.final.size, m.model_costs.size
    node, node_above = (
        np.full(n_states, -1, np.int32),
        np.full(n_states, -1, np.int32),
    )  # by state; above: one more event
    cost, cost_above = np.empty(n_states, np.int64), np.empty(n_states, np.int64)
    node_start = np.zeros(length + 2, np.int64)
    node_state, edge_start = np.empty(64, np.int32), np.zeros(65, np.int64)
    target, kind, label = np.empty(256, np.int32), np.empty(256, np.int8), np.empty(256, np.int32)
    members = np.empty(n_states, np.int32)
    n, n_edges = 0, 0
    for d in range(length + 1):
        i = length - d
        a = events[i] if d else -1
        log_cost = m.log_costs[a] // m.unit if d else 0
        costs, top = level[i] // m.unit, 0
        if d == 0:
            for s in range(n_states):
                if (m.final[s] or prefix) and costs[s] == optimum:
                    node[s], cost[s] = 0, optimum
                    members[top] = s
                    top += 1
        else:
            for u in range(node_start[d - 1], node_start[d]):
                s = node_state[u]
                c = cost_above[s]
                if node[s] < 0 and costs[s] == c - log_cost:
                    node[s], cost[s] = 0, c - log_cost
                    members[top] = s
                    top += 1
                for e in range(m.in_start[s], m.in_start[s + 1]):
                    r = m.in_source[e]
                    if m.in_label[e] == a and node[r] < 0 and costs[r] == c:
                        node[r], cost[r] = 0, c
                        members[top] = r
                        top += 1
        k = 0
        while k < top:
            s = members[k]
            k += 1
            for e in range(m.in_start[s], m.in_start[s + 1]):
                r, c = m.in_source[e], cost[s] - m.model_costs[m.in_label[e]] // m.unit
                if node[r] < 0 and costs[r] == c:
                    node[r], cost[r] = 0, c
                    members[top] = r
                    top += 1
        while n + top > node_state.size:
            node_state = grown(node_state)
            larger = np.zeros(node_state.size + 1, np.int64)
            larger[: edge_start.size] = edge_start
            edge_start = larger
        order = np.argsort(-cost[members[:top]], kind="mergesort")
        for k in range(top):
            node_state[n + k] = members[order[k]]
            node[members[order[k]]] = n + k
        for u in range(n, n + top):
            s = node_state[u]
            while n_edges + n_labels + 2 > target.size:
                target, kind, label = grown(target), grown(kind), grown(label)
            if d > 0:
                t = m.delta[s, a] if a < n_labels else -1
                if node_above[s] >= 0 and cost[s] + log_cost == cost_above[s]:
                    target[n_edges], kind[n_edges], label[n_edges] = node_above[s], LOG, a
                    n_edges += 1
                if t >= 0 and node_above[t] >= 0 and cost[s] == cost_above[t]:
                    target[n_edges], kind[n_edges], label[n_edges] = node_above[t], SYNC, a
                    n_edges += 1
            for b in range(n_labels):
                t = m.delta[s, b]
                if t >= 0 and node[t] >= 0 and cost[s] + m.model_costs[b] // m.unit == cost[t]:
                    target[n_edges], kind[n_edges], label[n_edges] = node[t], MODEL, b
                    n_edges += 1
            edge_start[u + 1] = n_edges
        if d > 0:
            for u in range(node_start[d - 1], node_start[d]):
                node_above[node_state[u]] = -1
        node, node_above = node_above, node
        cost, cost_above = cost_above, cost
        n += top
        node_start[d + 1] = n
    return node_start, edge_start[: n + 1], target[:n_edges], kind[:n_edges], label[:n_edges]


@numba.njit(cache=True, nogil=True)
def _backward(n, ends, node_start, edge_start, target, kind):  # pragma: no cover
    """Per node and phase the number of ways to the end, up to a power of two per level; and that of the start's level."""
    after = np.zeros((n, 2))
    level, scale = 0, 0.0
    for u in range(n):
        if u == node_start[level + 1]:
            scale += _scaled(after[node_start[level] : u])
            level += 1
        if u < ends and edge_start[u] == edge_start[u + 1]:
            after[u, 0] = after[u, 1] = 1.0
        for e in range(edge_start[u], edge_start[u + 1]):
            t = target[e]
            if kind[e] == MODEL:
                after[u, 0] += after[t, 1]
                after[u, 1] += after[t, 1]
            else:
                after[u, 0] += after[t, 0]
                if kind[e] == SYNC:
                    after[u, 1] += after[t, 0]
    return after, scale


@numba.njit(cache=True, nogil=True)
def _scaled(rows):  # pragma: no cover
    """Divide large numbers by a power of two, and give its exponent."""
    most = rows.max()
    if most < LARGE:
        return 0.0
    exponent = np.floor(np.log2(most))
    rows /= np.exp2(exponent)
    return exponent


@numba.njit(cache=True, nogil=True)
def _forward(n, node_start, edge_start, target, kind):  # pragma: no cover
    """Per node and phase the number of ways from the start, up to a power of two per level."""
    ahead = np.zeros((n, 2))
    ahead[n - 1, 0] = 1.0
    level = node_start.size - 2
    for u in range(n - 1, -1, -1):
        if u < node_start[level]:
            level -= 1
            _scaled(ahead[node_start[level] : node_start[level + 1]])
        for e in range(edge_start[u], edge_start[u + 1]):
            t = target[e]
            if kind[e] == MODEL:
                ahead[t, 1] += ahead[u, 0] + ahead[u, 1]
            elif kind[e] == SYNC:
                ahead[t, 0] += ahead[u, 0] + ahead[u, 1]
            else:
                ahead[t, 0] += ahead[u, 0]
    return ahead


@numba.njit(cache=True, nogil=True)
def _at_least(wanted, a, most, n, ends, node_start, edge_start, target, kind, label):  # pragma: no cover
    """For k = 0..most the share of optimal alignments with at least k moves of a kind on label ``a``."""
    after = np.zeros((n, 2, most + 1))  # ways to the end with exactly j such moves; the last entry: that many or more
    level = 0
    for u in range(n):
        if u == node_start[level + 1]:
            _scaled(after[node_start[level] : u])
            level += 1
        if u < ends and edge_start[u] == edge_start[u + 1]:
            after[u, :, 0] = 1.0
        for e in range(edge_start[u], edge_start[u + 1]):
            t, counts = target[e], kind[e] == wanted and label[e] == a
            phase = 1 if kind[e] == MODEL else 0
            for j in range(most + 1):
                ways = after[t, phase, j]
                to = min(j + 1, most) if counts else j
                after[u, 0, to] += ways
                if kind[e] != LOG:
                    after[u, 1, to] += ways
    at_least = after[n - 1, 0].copy()
    for j in range(most - 1, -1, -1):
        at_least[j] += at_least[j + 1]
    return at_least / at_least[0]
