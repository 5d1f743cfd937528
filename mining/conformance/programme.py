"""Numba kernels of the alignment programme: sorted traces against a deterministic automaton, exactly.

Sorted traces are a depth-first walk of their prefix tree, so one stack of levels is all that is kept.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from mining._kernels import kernel
from mining._states import grown
from mining.conformance.ambiguity import LOG, MODEL, SYNC, explanations
from mining.conformance.levels import advance

__all__ = ["LOG", "MODEL", "SYNC", "align_sorted", "replay"]


@kernel
def replay(starts, events, prefix, delta, final):  # pragma: no cover
    """Which traces are runs (beginnings of runs where ``prefix``)."""
    fits = np.zeros(starts.size - 1, np.bool_)
    n_labels = delta.shape[1]
    for k in range(fits.size):
        s = 0
        for e in range(starts[k], starts[k + 1]):
            s = delta[s, events[e]] if events[e] < n_labels else -1
            if s < 0:
                break
        fits[k] = s >= 0 and (final[s] or prefix[k])
    return fits


@kernel
def align_sorted(m, starts, events, prefix, fits, limit, ambiguity):  # pragma: no cover
    """Align sorted traces; those that cost ``limit`` or more are left, and those that ``fits`` says are runs need no search.

    Returns
    -------
    Cost (-1 where left), number of optimal alignments, number of moves; all moves (kind, label, position) and the
    shares of the optimal alignments that contain them.
    """
    n_traces, n_states, unit = starts.size - 1, m.final.size, m.unit
    longest = 0
    for k in range(n_traces):
        longest = max(longest, starts[k + 1] - starts[k])
    level = np.empty((longest + 1, n_states), m.distance.dtype)
    level[0] = m.distance[0]
    ends = np.flatnonzero(m.final)
    cost, number, count = np.full(n_traces, -1), np.full(n_traces, np.nan), np.zeros(n_traces, np.int64)
    certain = 1.0 if ambiguity else np.nan
    room = max(64, 2 * events.size)
    moves, share, event_share = np.empty((room, 3), np.int32), np.empty(room), np.empty(room)
    cheapest = max(1, m.model_costs.min() // unit) if m.model_costs.size else 1
    used, last, reached = 0, 0, 0  # the stack holds the levels of the first events of trace ``last``, up to ``reached``
    for k in range(n_traces):
        begin, length = starts[k], starts[k + 1] - starts[k]
        if fits[k]:
            while used + length > share.size:
                moves, share, event_share = grown(moves), grown(share), grown(event_share)
            for i in range(length):
                moves[used, 0], moves[used, 1], moves[used, 2] = SYNC, events[begin + i], i
                share[used] = event_share[used] = certain
                used += 1
            cost[k], number[k], count[k] = 0, certain, length
            continue
        depth, most = 0, min(length, reached)
        while depth < most and events[begin + depth] == events[starts[last] + depth]:
            depth += 1
        last, reached = k, length
        for i in range(depth, length):
            advance(m, level[i], level[i + 1], events[begin + i], limit)
        here = np.argmin(level[length]) if prefix[k] else ends[np.argmin(level[length][ends])]
        best = level[length, here]
        if best >= limit:
            continue
        cost[k] = best // unit
        most = used + length + cost[k] // cheapest  # every event is one move, the others are model moves
        while most > share.size:
            moves, share, event_share = grown(moves), grown(share), grown(event_share)
        at = _moves(m, level, events[begin : begin + length], here, moves, used)
        count[k] = at - used
        if ambiguity:
            number[k] = explanations(
                m, level, events[begin : begin + length], prefix[k], cost[k],
                moves[used:at], share[used:at], event_share[used:at],
            )  # fmt: skip
        else:
            share[used:at] = event_share[used:at] = np.nan
        used = at
    kind, label, position = np.empty(used, np.int8), np.empty(used, np.int32), np.empty(used, np.int32)
    for k in range(used):
        kind[k], label[k], position[k] = moves[k, 0], moves[k, 1], moves[k, 2]
    return cost, number, count, kind, label, position, share[:used].copy(), event_share[:used].copy()


@kernel
def _moves(m, level, events, here, moves, used):  # pragma: no cover
    """Write the moves of a cheapest way to state ``here`` after all events from row ``used`` on; give the row behind them."""
    in_start, in_label, in_source, log_costs, model_costs = (
        m.in_start,
        m.in_label,
        m.in_source,
        m.log_costs,
        m.model_costs,
    )
    at, i = used, events.size
    while i > 0 or here > 0 or level[0, here] > 0:
        v, a, kind, label = level[i, here], -1, -1, -1
        if i > 0:
            a = events[i - 1]
            if level[i - 1, here] + log_costs[a] == v:
                kind, label, i = LOG, a, i - 1
            else:
                for e in range(in_start[here], in_start[here + 1]):
                    if in_label[e] == a and level[i - 1, in_source[e]] == v:
                        kind, label, here, i = SYNC, a, in_source[e], i - 1
                        break
        if kind < 0:
            for e in range(in_start[here], in_start[here + 1]):
                if level[i, in_source[e]] + model_costs[in_label[e]] == v:
                    kind, label, here = MODEL, in_label[e], in_source[e]
                    break
        if kind < 0:
            raise AssertionError("a level is not the outcome of any move")
        moves[at, 0], moves[at, 1], moves[at, 2] = kind, label, i
        at += 1
    moves[used:at] = moves[used:at][::-1].copy()
    return at
