"""Numba kernels behind :mod:`mining.automaton`: reachable markings, subset construction, smallest automaton."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from mining._kernels import kernel
from mining.nets import WorkflowNet

DONE, TOO_MANY, TOO_FULL = 0, 1, 2
MOST_TOKENS = 255  # in one place: markings are kept as bytes


def arcs_of(net: WorkflowNet, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per transition the slice of its arcs; places and weights of the arcs. ``side``: consumes or produces."""
    pairs = [getattr(t, side) for t in net.transitions]
    start = np.zeros(len(pairs) + 1, np.int64)
    np.cumsum([len(p) for p in pairs], out=start[1:])
    flat = np.array([x for p in pairs for pair in p for x in pair], np.int64).reshape(-1, 2)
    return start, flat[:, 0].copy(), flat[:, 1].copy()


@kernel
def grown(array):  # pragma: no cover
    """A copy with twice the rows."""
    larger = np.empty((2 * array.shape[0], *array.shape[1:]), array.dtype)
    larger[: array.shape[0]] = array
    return larger


@kernel
def hash_of(row):  # pragma: no cover
    """A number for a row of small numbers (FNV-1a)."""
    h = np.uint64(14695981039346656037)
    for x in row:
        h = (h ^ np.uint64(x)) * np.uint64(1099511628211)
    return np.int64((h ^ (h >> np.uint64(29))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@kernel
def _keys(n):  # pragma: no cover
    """One odd random-looking number for each of n things (SplitMix64); sums of them are hashes of sets and multisets."""
    keys = np.empty(n, np.uint64)
    for i in range(n):
        x = np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        keys[i] = (x ^ (x >> np.uint64(31))) | np.uint64(1)
    return keys


@kernel
def _mixed(h):  # pragma: no cover
    return np.int64((h ^ (h >> np.uint64(31))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@kernel
def explore(  # pragma: no cover
    in_start, in_place, in_weight, out_start, out_place, out_weight, initial, most
):
    """Reachable markings, breadth first, and the arcs between them: status, markings, source, transition, target."""
    n_places, n_transitions = initial.size, in_start.size - 1
    markings = np.zeros((256, n_places), np.uint8)
    source, step, target = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    table = np.full(1024, -1, np.int32)
    key, sums = (
        _keys(n_places),
        np.zeros(256, np.uint64),
    )  # the hash of a marking: tokens times the keys of their places
    status, n, n_arcs = DONE, 1, 0
    for p in range(n_places):
        if initial[p] > MOST_TOKENS:
            status = TOO_FULL
        markings[0, p] = min(initial[p], MOST_TOKENS)
        sums[0] += key[p] * np.uint64(markings[0, p])
    table[_mixed(sums[0]) & (table.size - 1)] = 0
    m = 0
    while m < n and status == DONE:
        for t in range(n_transitions):
            enabled = True
            for e in range(in_start[t], in_start[t + 1]):
                if markings[m, in_place[e]] < in_weight[e]:
                    enabled = False
                    break
            if not enabled:
                continue
            if n == markings.shape[0]:
                markings, sums = grown(markings), grown(sums)
            h = sums[m]  # the new marking is written behind the last one, and stays there if it was not known
            for p in range(n_places):
                markings[n, p] = markings[m, p]
            for e in range(in_start[t], in_start[t + 1]):
                markings[n, in_place[e]] -= np.uint8(in_weight[e])
                h -= key[in_place[e]] * np.uint64(in_weight[e])
            for e in range(out_start[t], out_start[t + 1]):
                if np.int64(markings[n, out_place[e]]) + out_weight[e] > MOST_TOKENS:
                    status = TOO_FULL
                markings[n, out_place[e]] += np.uint8(min(out_weight[e], MOST_TOKENS))
                h += key[out_place[e]] * np.uint64(out_weight[e])
            if status != DONE:
                break
            slot = _mixed(h) & (table.size - 1)
            while table[slot] >= 0:
                other = table[slot]
                same = sums[other] == h
                for p in range(n_places):
                    if not same:
                        break
                    same = markings[other, p] == markings[n, p]
                if same:
                    break
                slot = (slot + 1) & (table.size - 1)
            after = table[slot]
            if after < 0:
                if n == most:
                    status = TOO_MANY
                    break
                after = n
                sums[n] = h
                table[slot] = n
                n += 1
                if 2 * n > table.size:
                    table = np.full(2 * table.size, -1, np.int32)
                    for k in range(n):
                        s = _mixed(sums[k]) & (table.size - 1)
                        while table[s] >= 0:
                            s = (s + 1) & (table.size - 1)
                        table[s] = k
            if n_arcs == source.size:
                source, step, target = grown(source), grown(step), grown(target)
            source[n_arcs], step[n_arcs], target[n_arcs] = m, t, after
            n_arcs += 1
        m += 1
    return status, markings[:n].copy(), source[:n_arcs].copy(), step[:n_arcs].copy(), target[:n_arcs].copy()


@kernel
def can_reach(source, target, n, end):  # pragma: no cover
    """Which of n nodes have a way to ``end``."""
    start = np.zeros(n + 1, np.int64)
    for t in target:
        start[t + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    back, fill = np.empty(target.size, np.int32), start[:-1].copy()
    for e in range(target.size):
        back[fill[target[e]]] = source[e]
        fill[target[e]] += 1
    found, stack = np.zeros(n, np.bool_), np.empty(n, np.int32)
    found[end] = True
    stack[0] = end
    top = 1
    while top:
        top -= 1
        here = stack[top]
        for e in range(start[here], start[here + 1]):
            if not found[back[e]]:
                found[back[e]] = True
                stack[top] = back[e]
                top += 1
    return found


@kernel
def determine(source, label, target, n, end, n_labels, most, most_work):  # pragma: no cover
    """Subset construction over silent steps (label -1) and duplicate labels: done or not, delta, final.

    A state is a set of markings, closed under silent steps; only markings that have a labelled arc, or are the end, are kept.
    ``source`` is sorted.
    """
    silent_start, start = (
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
    )  # arcs by source: silent ones, labelled ones
    for e in range(source.size):
        if label[e] < 0:
            silent_start[source[e] + 1] += 1
        else:
            start[source[e] + 1] += 1
    for i in range(n):
        silent_start[i + 1] += silent_start[i]
        start[i + 1] += start[i]
    silent_target = np.empty(silent_start[n], np.int32)
    arc_label, arc_target = np.empty(start[n], np.int32), np.empty(start[n], np.int32)
    n_silent, n_labelled = 0, 0
    for e in range(source.size):
        if label[e] < 0:
            silent_target[n_silent] = target[e]
            n_silent += 1
        else:
            arc_label[n_labelled], arc_target[n_labelled] = label[e], target[e]
            n_labelled += 1
    key, sums = _keys(n), np.zeros(256, np.uint64)  # the hash of a set: the sum of its members' keys
    alone = np.full(n, -1, np.int32)  # the state that one marking alone leads to
    delta = np.full((256, n_labels), -1, np.int32)
    final = np.zeros(256, np.bool_)
    first = np.zeros(257, np.int64)  # members of state d: pool[first[d]:first[d + 1]]
    pool = np.empty(4096, np.int32)
    table = np.full(1024, -1, np.int32)
    seen, stamp = np.zeros(n, np.int64), 0
    reached = np.empty(n, np.int32)
    n_states, d, work = 0, -1, 0
    count, members = np.zeros(n_labels + 1, np.int64), np.empty(1024, np.int32)
    while d < n_states:
        # the targets of state d, grouped by label; d = -1 stands for "before the start" with the initial marking alone
        count[:] = 0
        if d < 0:
            members[0] = 0
            count[0], last = 1, 1
        else:
            last = n_labels
            for k in range(first[d], first[d + 1]):
                for e in range(start[pool[k]], start[pool[k] + 1]):
                    count[arc_label[e]] += 1
            total = count.sum()
            while total > members.size:
                members = grown(members)
            at = 0
            for a in range(n_labels):
                at += count[a]
                count[a] = at - count[a]
            count[n_labels] = at
            for k in range(first[d], first[d + 1]):
                for e in range(start[pool[k]], start[pool[k] + 1]):
                    members[count[arc_label[e]]] = arc_target[e]
                    count[arc_label[e]] += 1
        begin = 0
        for a in range(last):
            stop = count[a]
            if stop == begin:
                continue
            stamp += 1
            top = 0
            for k in range(begin, stop):
                if seen[members[k]] != stamp:
                    seen[members[k]] = stamp
                    reached[top] = members[k]
                    top += 1
            begin = stop
            only = reached[0] if top == 1 else -1
            if only >= 0 and alone[only] >= 0:
                delta[d, a] = alone[only]
                continue
            k = 0
            while k < top:
                here = reached[k]
                k += 1
                for e in range(silent_start[here], silent_start[here + 1]):
                    t = silent_target[e]
                    if seen[t] != stamp:
                        seen[t] = stamp
                        reached[top] = t
                        top += 1
            work += top
            kept, is_final, h = 0, False, np.uint64(0)
            for k in range(top):
                if reached[k] == end or start[reached[k]] < start[reached[k] + 1]:
                    is_final |= reached[k] == end
                    reached[kept] = reached[k]
                    h += key[reached[k]]
                    kept += 1
            slot = _mixed(h) & (table.size - 1)
            while table[slot] >= 0:
                other = table[slot]
                same = sums[other] == h and first[other + 1] - first[other] == kept
                k = first[other]
                while same and k < first[other + 1]:
                    same = seen[pool[k]] == stamp
                    k += 1
                if same:
                    break
                slot = (slot + 1) & (table.size - 1)
            after = table[slot]
            if after < 0:
                if n_states == most or work > most_work:
                    return False, delta, final
                after = n_states
                if n_states == final.size:
                    delta, final, sums = grown(delta), grown(final), grown(sums)
                    delta[n_states:] = -1
                    larger = np.zeros(2 * n_states + 1, np.int64)
                    larger[: n_states + 1] = first
                    first = larger
                while first[n_states] + kept > pool.size:
                    pool = grown(pool)
                pool[first[n_states] : first[n_states] + kept] = reached[:kept]
                first[n_states + 1] = first[n_states] + kept
                final[n_states] = is_final
                sums[n_states] = h
                table[slot] = n_states
                n_states += 1
                if 2 * n_states > table.size:
                    table = np.full(2 * table.size, -1, np.int32)
                    for k in range(n_states):
                        s = _mixed(sums[k]) & (table.size - 1)
                        while table[s] >= 0:
                            s = (s + 1) & (table.size - 1)
                        table[s] = k
            if only >= 0:
                alone[only] = after
            if d >= 0:
                delta[d, a] = after
        d += 1
    return True, delta[:n_states].copy(), final[:n_states].copy()


@kernel
def smallest(delta, final):  # pragma: no cover
    """Merge states with the same future (Moore's refinement), number them breadth first in the order of the labels."""
    n, n_labels = delta.shape
    group, refined = np.empty(n, np.int32), np.empty(n, np.int32)
    n_groups = 1
    for s in range(n):
        group[s] = final[s] != final[0]
        n_groups = max(n_groups, group[s] + 1)
    size = 1024
    while size < 2 * n:
        size *= 2
    table = np.empty(size, np.int32)
    key = np.empty(n_labels + 1, np.int64)
    while True:
        table[:] = -1
        n_refined = 0
        for s in range(n):
            key[n_labels] = group[s]
            for a in range(n_labels):
                key[a] = -1 if delta[s, a] < 0 else group[delta[s, a]]
            slot = hash_of(key) & (size - 1)
            while table[slot] >= 0:
                other = table[slot]
                same = group[other] == group[s]
                for a in range(n_labels):
                    if not same:
                        break
                    same = key[a] == (-1 if delta[other, a] < 0 else group[delta[other, a]])
                if same:
                    break
                slot = (slot + 1) & (size - 1)
            if table[slot] < 0:
                table[slot] = s
                refined[s] = n_refined
                n_refined += 1
            else:
                refined[s] = refined[table[slot]]
        group, refined = refined, group
        if n_refined == n_groups:
            break
        n_groups = n_refined
    member = np.full(n_groups, -1, np.int32)
    for s in range(n):
        if member[group[s]] < 0:
            member[group[s]] = s
    number = np.full(n_groups, -1, np.int32)
    order = np.empty(n_groups, np.int32)
    number[group[0]] = 0
    order[0] = group[0]
    m, k = 1, 0
    merged, ends = np.full((n_groups, n_labels), -1, np.int32), np.zeros(n_groups, np.bool_)
    while k < m:
        s = member[order[k]]
        ends[k] = final[s]
        for a in range(n_labels):
            if delta[s, a] >= 0:
                g = group[delta[s, a]]
                if number[g] < 0:
                    number[g] = m
                    order[m] = g
                    m += 1
                merged[k, a] = number[g]
        k += 1
    return merged, ends
