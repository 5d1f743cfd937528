"""Numba kernels: how many optimal alignments a trace has, and the share of them that contain a deviation.

The optimal alignments are the paths of a graph: places (events read, state) that lie on a cheapest way. Counts run backward and
forward through it. Alignments that differ only in the order of neighbouring log and model moves say the same and count as one:
between two synchronous moves, log moves stand before model moves (*phase* 1: a model move was the last, so no log move now).
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from mining._kernels import kernel
from mining._states import grown

SYNC, LOG, MODEL = 0, 1, 2
LARGE, SHIFT = 2.0**200, 200  # numbers beyond are kept as a part below and a power of two
MOST_CLASSES = 64  # how many more moves on a label than the least are told apart
MOST_CELLS = 4_000_000


@kernel
def explanations(m, level, events, prefix, optimum, moves, share, event_share):  # pragma: no cover
    """Fill the shares of the moves of one alignment and give the number of optimal alignments.

    ``share``: for the k-th log (model) move on a label, which alignments have at least k log (model) moves on that label,
    wherever they stand. ``event_share``: in which alignments the event of the move is such a move; NaN for model moves.
    """
    length = events.size
    node_start, edge_start, target, kind, label = _optimal(m, level, events, prefix, optimum)
    n = edge_start.size - 1
    after, after_power = _backward(n, node_start[1], edge_start, target, kind)
    ahead, ahead_power = _forward(n, edge_start, target, kind)
    log_share = np.zeros(length)
    for d in range(
        1, length + 1
    ):  # d levels from the end: every alignment takes one edge from here to the level behind
        parts, powers = np.zeros(2), np.zeros(2, np.int64)  # by a log move, by a synchronous one
        for u in range(node_start[d], node_start[d + 1]):
            for e in range(edge_start[u], edge_start[u + 1]):
                if kind[e] != MODEL:
                    t, to = target[e], 0 if kind[e] == LOG else 1
                    for phase in range(1 if kind[e] == LOG else 2):
                        ways, power = ahead[u, phase] * after[t, 0], ahead_power[u, phase] + after_power[t, 0]
                        _add(parts, powers, to, ways, power)
        most = max(powers[0] if parts[0] > 0 else powers[1], powers[1] if parts[1] > 0 else powers[0])
        log, sync = parts[0] * 2.0 ** (powers[0] - most), parts[1] * 2.0 ** (powers[1] - most)
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
                at_least = _at_least(wanted, a, times[a], n, edge_start, target, kind, label)
                nth = 0
                for k in range(moves.shape[0]):
                    if moves[k, 0] == wanted and moves[k, 1] == a:
                        nth += 1
                        share[k] = at_least[nth]
    return after[n - 1, 0] * 2.0 ** float(after_power[n - 1, 0])


@kernel
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


@kernel
def _add(values, powers, i, value, power):  # pragma: no cover
    """``values[i] * 2 ** powers[i]`` plus another number of that kind. Numbers below 2 ** 200 have the power 0: they are exact."""
    if value == 0.0:
        return
    if values[i] == 0.0:
        values[i], powers[i] = value, power
    elif powers[i] >= power:
        values[i] += value * 2.0 ** (power - powers[i])
    else:
        values[i], powers[i] = values[i] * 2.0 ** (powers[i] - power) + value, power
    if values[i] >= LARGE:
        values[i] /= LARGE
        powers[i] += SHIFT


@kernel
def _backward(n, ends, edge_start, target, kind):  # pragma: no cover
    """Per node and phase the number of ways to the end, with its power of two."""
    after, power = np.zeros((n, 2)), np.zeros((n, 2), np.int64)
    for u in range(n):
        if u < ends and edge_start[u] == edge_start[u + 1]:
            after[u] = 1.0
        for e in range(edge_start[u], edge_start[u + 1]):
            t = target[e]
            phase = 1 if kind[e] == MODEL else 0
            _add(after[u], power[u], 0, after[t, phase], power[t, phase])
            if kind[e] != LOG:
                _add(after[u], power[u], 1, after[t, phase], power[t, phase])
    return after, power


@kernel
def _forward(n, edge_start, target, kind):  # pragma: no cover
    """Per node and phase the number of ways from the start, with its power of two."""
    ahead, power = np.zeros((n, 2)), np.zeros((n, 2), np.int64)
    ahead[n - 1, 0] = 1.0
    for u in range(n - 1, -1, -1):
        for e in range(edge_start[u], edge_start[u + 1]):
            t = target[e]
            phase = 1 if kind[e] == MODEL else 0
            _add(ahead[t], power[t], phase, ahead[u, 0], power[u, 0])
            if kind[e] != LOG:
                _add(ahead[t], power[t], phase, ahead[u, 1], power[u, 1])
    return ahead, power


@kernel
def _at_least(wanted, a, most, n, edge_start, target, kind, label):  # pragma: no cover
    """For k = 0..most the share of optimal alignments with at least k moves of a kind on label ``a``.

    Ways to the end are counted by how many such moves they have more than the fewest from there. NaN for more than 64 more.
    """
    fewest = np.zeros(n, np.int64)
    for u in range(n):
        best = -1
        for e in range(edge_start[u], edge_start[u + 1]):
            here = fewest[target[e]] + (kind[e] == wanted and label[e] == a)
            if best < 0 or here < best:
                best = here
        fewest[u] = max(best, 0)
    least = fewest[n - 1]
    at_least = np.ones(most + 1)
    if least >= most:
        return at_least
    classes = min(most - least, MOST_CLASSES, max(1, MOST_CELLS // n))
    after, power = np.zeros((n, 2 * (classes + 1))), np.zeros((n, 2 * (classes + 1)), np.int64)
    for u in range(n):
        if edge_start[u] == edge_start[u + 1]:
            after[u, 0] = after[u, classes + 1] = 1.0
        for e in range(edge_start[u], edge_start[u + 1]):
            t = target[e]
            more = fewest[t] + (kind[e] == wanted and label[e] == a) - fewest[u]
            begin = classes + 1 if kind[e] == MODEL else 0
            for j in range(classes + 1):
                to = min(j + more, classes)
                _add(after[u], power[u], to, after[t, begin + j], power[t, begin + j])
                if kind[e] != LOG:
                    _add(after[u], power[u], classes + 1 + to, after[t, begin + j], power[t, begin + j])
    total, total_power = np.zeros(classes + 2), np.zeros(classes + 2, np.int64)
    for j in range(classes, -1, -1):  # total[j]: the ways with j more moves than the fewest, or more than that
        _add(total, total_power, j, total[j + 1], total_power[j + 1])
        _add(total, total_power, j, after[n - 1, j], power[n - 1, j])
    for k in range(least + 1, most + 1):
        j = k - least
        at_least[k] = np.nan if j > classes else total[j] / total[0] * 2.0 ** (total_power[j] - total_power[0])
    return at_least
