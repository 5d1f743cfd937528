"""Numba kernels of the search in :mod:`mining.conformance.search`."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mining._kernels import kernel
from mining._states import grown
from mining.conformance.ambiguity import LOG, MODEL, SYNC

FAR = 2**60
MOST_TOKENS = 255


class Net(NamedTuple):
    """A net in flat columns: groups are given by a start per member, and one entry more."""

    in_start: np.ndarray
    in_place: np.ndarray
    in_weight: np.ndarray
    out_start: np.ndarray
    out_place: np.ndarray
    out_weight: np.ndarray
    label: np.ndarray
    consumer_start: np.ndarray
    consumer: np.ndarray
    producer_start: np.ndarray
    producer: np.ndarray
    by_label_start: np.ndarray
    by_label: np.ndarray
    initial: np.ndarray
    final: np.ndarray
    size: np.ndarray
    last: np.ndarray
    slot_start: np.ndarray
    slot_component: np.ndarray
    slot: np.ndarray
    arc_start: np.ndarray
    arc_transition: np.ndarray
    arc_from: np.ndarray
    arc_to: np.ndarray


class Shares(NamedTuple):
    """Costs, and how components share them.

    Attributes
    ----------
    log_costs : int64 array of shape (n_labels + 1,)
        By label, scaled; the last entry is that of unknown labels.
    model_costs : int64 array of shape (n_transitions,)
        By transition, scaled; 0 for silent ones.
    log_share : int64 array of shape (n_components, n_labels + 1)
        What a component pays for a log move.
    model_share : int64 array of shape (n_transitions,)
        What each component that sees a transition pays for a model move.
    """

    log_costs: np.ndarray
    model_costs: np.ndarray
    log_share: np.ndarray
    model_share: np.ndarray


@kernel
def shares(net, log_costs, label_costs):  # pragma: no cover
    """Divide costs evenly among the components that see them.

    A component pays for a log move only if it sees every transition with the label: else the event may happen beside it.
    """
    n_components, n_transitions, n_labels = net.size.size, net.label.size, log_costs.size - 1
    sees = np.zeros((n_components, n_transitions), np.bool_)
    for c in range(n_components):
        for e in range(net.arc_start[c], net.arc_start[c + 1]):
            sees[c, net.arc_transition[e]] = True
    model_costs, model_share = np.zeros(n_transitions, np.int64), np.zeros(n_transitions, np.int64)
    for t in range(n_transitions):
        if net.label[t] >= 0:
            model_costs[t] = label_costs[net.label[t]]
            model_share[t] = model_costs[t] // max(1, sees[:, t].sum())
    log_share = np.zeros((n_components, n_labels + 1), np.int64)
    for a in range(n_labels + 1):
        pays = np.ones(n_components, np.bool_)
        for k in range(net.by_label_start[a], net.by_label_start[a + 1]):
            pays &= sees[:, net.by_label[k]]
        for c in range(n_components):
            if pays[c]:
                log_share[c, a] = log_costs[a] // pays.sum()
    return Shares(log_costs, model_costs, log_share, model_share)


@kernel
def bounds(net, costs, events, prefix):  # pragma: no cover
    """What each component has still to pay, by events read and slot: array (n_events + 1, all slots one after the other)."""
    n, n_components = events.size, net.size.size
    offset = np.zeros(n_components + 1, np.int64)
    for c in range(n_components):
        offset[c + 1] = offset[c] + net.size[c]
    pay = np.full((n + 1, offset[-1]), FAR)
    for c in range(n_components):
        begin, end = net.arc_start[c], net.arc_start[c + 1]
        for i in range(n, -1, -1):
            row = pay[i, offset[c] : offset[c + 1]]
            if i == n:
                if prefix:
                    row[:] = 0
                else:
                    row[net.last[c]] = 0
            else:
                a = events[i]
                behind = pay[i + 1, offset[c] : offset[c + 1]]
                for s in range(row.size):
                    row[s] = behind[s] + costs.log_share[c, a]
                for e in range(begin, end):
                    if net.label[net.arc_transition[e]] == a:
                        row[net.arc_from[e]] = min(row[net.arc_from[e]], behind[net.arc_to[e]])
            better = True
            while better:
                better = False
                for e in range(begin, end):
                    v = row[net.arc_to[e]] + costs.model_share[net.arc_transition[e]]
                    if v < row[net.arc_from[e]]:
                        row[net.arc_from[e]] = v
                        better = True
    return pay


@kernel
def _bound(net, offset, pay, i, marking):  # pragma: no cover
    total = 0
    for p in range(marking.size):
        if marking[p]:
            for k in range(net.slot_start[p], net.slot_start[p + 1]):
                v = pay[i, offset[net.slot_component[k]] + net.slot[k]]
                if v >= FAR:
                    return FAR
                total += v
    return total


@kernel
def _enabled(net, marking, t):  # pragma: no cover
    for e in range(net.in_start[t], net.in_start[t + 1]):  # noqa: SIM110 (the kernels are compiled loops)
        if marking[net.in_place[e]] < net.in_weight[e]:
            return False
    return True


@kernel
def _need(net, marking, t, chosen, todo, n_todo):  # pragma: no cover
    """Add what ``t`` depends on: if enabled, all that compete with it; if not, all that fill a place it lacks."""
    enabled, lacking, fewest = True, -1, 0
    for e in range(net.in_start[t], net.in_start[t + 1]):
        p = net.in_place[e]
        if marking[p] < net.in_weight[e]:
            enabled = False
            n = net.producer_start[p + 1] - net.producer_start[p]
            if lacking < 0 or n < fewest:
                lacking, fewest = p, n
    if enabled:
        for e in range(net.in_start[t], net.in_start[t + 1]):
            p = net.in_place[e]
            for k in range(net.consumer_start[p], net.consumer_start[p + 1]):
                u = net.consumer[k]
                if not chosen[u]:
                    chosen[u] = True
                    todo[n_todo] = u
                    n_todo += 1
    else:
        for k in range(net.producer_start[lacking], net.producer_start[lacking + 1]):
            u = net.producer[k]
            if not chosen[u]:
                chosen[u] = True
                todo[n_todo] = u
                n_todo += 1
    return n_todo


@kernel
def _stubborn(net, marking, a, chosen, todo):  # pragma: no cover
    """The model moves to try in a marking: before event ``a``, or (-1) on the way to the end. Written into ``todo``; their number.

    Every way on from here must use a move that the set begins with: before an event, one that reads it (so the set begins with
    what its synchronous moves depend on); on the way to the end, one that takes from (or gives to) a place with too many (too
    few) tokens. Of such places the one with the smallest set is taken. The sets hold transitions that are not enabled, too.
    """
    if a >= 0:
        chosen[:] = False
        n_todo = 0
        for k in range(net.by_label_start[a], net.by_label_start[a + 1]):
            n_todo = _need(net, marking, net.by_label[k], chosen, todo, n_todo)
        return _closed(net, marking, chosen, todo, n_todo)[0]
    fewest, best = net.label.size + 1, -1
    for p in range(marking.size):
        if marking[p] != net.final[p]:
            n_enabled = _closed(net, marking, chosen, todo, _seeds(net, marking, p, chosen, todo))[1]
            if n_enabled < fewest:
                fewest, best = n_enabled, p
            if fewest <= 1:
                break
    return _closed(net, marking, chosen, todo, _seeds(net, marking, best, chosen, todo))[0] if best >= 0 else 0


@kernel
def _seeds(net, marking, p, chosen, todo):  # pragma: no cover
    """All transitions that take from a place with too many tokens, or give to one with too few."""
    chosen[:] = False
    n = 0
    if marking[p] > net.final[p]:
        for k in range(net.consumer_start[p], net.consumer_start[p + 1]):
            chosen[net.consumer[k]] = True
            todo[n] = net.consumer[k]
            n += 1
    else:
        for k in range(net.producer_start[p], net.producer_start[p + 1]):
            chosen[net.producer[k]] = True
            todo[n] = net.producer[k]
            n += 1
    return n


@kernel
def _closed(net, marking, chosen, todo, n_todo):  # pragma: no cover
    """Add what the chosen transitions depend on: the number of chosen, and of enabled ones among them."""
    done, n_enabled = 0, 0
    while done < n_todo:
        n_enabled += _enabled(net, marking, todo[done])
        n_todo = _need(net, marking, todo[done], chosen, todo, n_todo)
        done += 1
    return n_todo, n_enabled


@kernel
def _hash(i, marking):  # pragma: no cover
    h = np.uint64(14695981039346656037) ^ np.uint64(i)
    for x in marking:
        h = (h ^ np.uint64(x)) * np.uint64(1099511628211)
    return np.int64((h ^ (h >> np.uint64(29))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@kernel
def _before(f, read, node, x, y):  # pragma: no cover
    """Whether entry x of the heap comes before y: smaller bound, then more events read, then the newer one."""
    if f[x] != f[y]:
        return f[x] < f[y]
    if read[x] != read[y]:
        return read[x] > read[y]
    return node[x] > node[y]


@kernel
def _swap(f, read, node, x, y):  # pragma: no cover
    f[x], f[y] = f[y], f[x]
    read[x], read[y] = read[y], read[x]
    node[x], node[y] = node[y], node[x]


@kernel
def search(net, costs, events, prefix, pay, weight, budget, limit):  # pragma: no cover
    """A* from the start: cost (-1 where the budget ends it or there is no way), least bound left, moves (kind, label, position).

    ``weight`` multiplies the bounds: with 1 the alignment is optimal. ``budget``: most places that are kept. ``limit``: costs that
    are no less do not matter. Markings with more tokens in a place than can be held are left out, and the bound says so.
    """
    n, n_places, n_transitions = events.size, net.initial.size, net.label.size
    n_components = net.size.size
    offset = np.zeros(n_components + 1, np.int64)
    for c in range(n_components):
        offset[c + 1] = offset[c] + net.size[c]
    marking = np.zeros((256, n_places), np.uint8)
    read, cost = np.zeros(256, np.int32), np.zeros(256, np.int64)
    parent, via = (
        np.full(256, -1, np.int32),
        np.zeros(256, np.int32),
    )  # via: -1 a log move, else transition * 2 + synchronous
    table = np.full(1024, -1, np.int32)
    heap_f, heap_read, heap_node = np.empty(1024, np.int64), np.empty(1024, np.int32), np.empty(1024, np.int32)
    chosen, todo = np.zeros(n_transitions, np.bool_), np.empty(n_transitions, np.int64)
    after = np.zeros(n_places, np.int64)
    marking[0] = net.initial
    table[_hash(0, marking[0]) & (table.size - 1)] = 0
    n_nodes, n_heap = 1, 1
    heap_f[0], heap_read[0], heap_node[0] = _bound(net, offset, pay, 0, marking[0]) * weight, 0, 0
    nothing, left_out = np.empty((0, 3), np.int64), FAR
    if heap_f[0] >= FAR:
        return -1, FAR, nothing
    while n_heap:
        here, f = heap_node[0], heap_f[0]
        n_heap -= 1
        _swap(heap_f, heap_read, heap_node, 0, n_heap)
        x = 0
        while 2 * x + 1 < n_heap:
            y = 2 * x + 1
            if y + 1 < n_heap and _before(heap_f, heap_read, heap_node, y + 1, y):
                y += 1
            if not _before(heap_f, heap_read, heap_node, y, x):
                break
            _swap(heap_f, heap_read, heap_node, x, y)
            x = y
        if f >= limit or (f > left_out and weight == 1):
            return -1, min(f, left_out), nothing
        i, g = read[here], cost[here]
        if g + _bound(net, offset, pay, i, marking[here]) * weight < f:
            continue  # an older entry of a place that was reached at less cost since
        if i == n:
            done = prefix
            if not done:
                done = True
                for p in range(n_places):
                    if marking[here, p] != net.final[p]:
                        done = False
                        break
            if done:
                return g, g, _path(net, events, read, parent, via, here)
        if n_nodes + 2 * n_transitions + 1 > budget:
            return -1, min(f, left_out), nothing
        a = events[i] if i < n else -1
        n_todo = _stubborn(net, marking[here], a, chosen, todo)
        n_sync = 0 if a < 0 else net.by_label_start[a + 1] - net.by_label_start[a]
        for move in range(n_todo + n_sync + (a >= 0)):
            # model moves, then synchronous moves, then the log move
            if move < n_todo:
                t, j = todo[move], i
            elif move < n_todo + n_sync:
                t, j = net.by_label[net.by_label_start[a] + move - n_todo], i + 1
            else:
                t, j = -1, i + 1
            if t >= 0 and not _enabled(net, marking[here], t):
                continue
            for p in range(n_places):
                after[p] = marking[here, p]
            full = False
            if t >= 0:
                for e in range(net.in_start[t], net.in_start[t + 1]):
                    after[net.in_place[e]] -= net.in_weight[e]
                for e in range(net.out_start[t], net.out_start[t + 1]):
                    after[net.out_place[e]] += net.out_weight[e]
                    full |= after[net.out_place[e]] > MOST_TOKENS
            if full:
                left_out = min(left_out, f)
                continue
            c = g + (costs.log_costs[a] if t < 0 else 0 if j > i else costs.model_costs[t])
            rest = _bound(net, offset, pay, j, after)
            if rest >= FAR:
                continue
            slot = _hash(j, after) & (table.size - 1)
            while table[slot] >= 0:
                other = table[slot]
                same = read[other] == j
                for p in range(n_places):
                    if not same:
                        break
                    same = marking[other, p] == after[p]
                if same:
                    break
                slot = (slot + 1) & (table.size - 1)
            node = table[slot]
            if node >= 0 and cost[node] <= c:
                continue
            if node < 0:
                if n_nodes == read.size:
                    marking, read, cost = grown(marking), grown(read), grown(cost)
                    parent, via = grown(parent), grown(via)
                node = n_nodes
                n_nodes += 1
                for p in range(n_places):
                    marking[node, p] = after[p]
                read[node] = j
                table[slot] = node
                if 2 * n_nodes > table.size:
                    table = np.full(2 * table.size, -1, np.int32)
                    for k in range(n_nodes):
                        s = _hash(read[k], marking[k]) & (table.size - 1)
                        while table[s] >= 0:
                            s = (s + 1) & (table.size - 1)
                        table[s] = k
            cost[node], parent[node] = c, here
            via[node] = -1 if t < 0 else 2 * t + (j > i)
            if n_heap == heap_f.size:
                heap_f, heap_read, heap_node = grown(heap_f), grown(heap_read), grown(heap_node)
            heap_f[n_heap], heap_read[n_heap], heap_node[n_heap] = c + rest * weight, j, node
            x = n_heap
            n_heap += 1
            while x and _before(heap_f, heap_read, heap_node, x, (x - 1) // 2):
                _swap(heap_f, heap_read, heap_node, x, (x - 1) // 2)
                x = (x - 1) // 2
    return -1, left_out, nothing


@kernel
def _path(net, events, read, parent, via, here):  # pragma: no cover
    """The moves that led to a place, without the silent ones."""
    moves = np.empty((16, 3), np.int64)
    n = 0
    while parent[here] >= 0:
        v = via[here]
        here = parent[here]
        i = read[here]
        if v >= 0 and v % 2 == 0 and net.label[v // 2] < 0:
            continue
        if n == moves.shape[0]:
            moves = grown(moves)
        kind = LOG if v < 0 else SYNC if v % 2 else MODEL
        moves[n, 0], moves[n, 1], moves[n, 2] = kind, net.label[v // 2] if kind == MODEL else events[i], i
        n += 1
    return moves[:n][::-1].copy()
