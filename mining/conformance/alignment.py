"""Exact alignments of distinct traces with an automaton: one dynamic programme over the prefix tree of the traces.

Sorted traces are a depth-first walk of their prefix tree, so a stack of vectors (one per depth) is all the memory needed.
The vector of a prefix holds, for each state, the least cost to have consumed the prefix and be there. A child's vector is
its parent's plus the cost of a log move, improved by synchronous moves on the child's label, then by model moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numba
import numpy as np

from mining.automaton import Automaton
from mining.errors import ModelError

SYNC, LOG, MODEL = 0, 1, 2
UNKNOWN = -1  # a label that the automaton does not know
UNIT = 2**20  # costs are kept as cost * UNIT + number of log moves, so that cost decides and fewer log moves break ties
FAR = 2**60


@dataclass(frozen=True, eq=False)
class Alignments:
    """One optimal alignment per distinct trace, in columns.

    Attributes
    ----------
    cost : int32 array of shape (n_traces,)
        Least total cost of log and model moves.
    first : int64 array of shape (n_traces + 1,)
        The moves of trace k are ``first[k]:first[k + 1]``.
    kind : int8 array of shape (n_moves,)
        ``SYNC``, ``LOG`` or ``MODEL``.
    label : int32 array of shape (n_moves,)
        Position in the automaton's labels; ``UNKNOWN`` for a log move on a label that it does not have.
    position : int32 array of shape (n_moves,)
        Index of the event in the trace; for a model move, of the event before which it stands.
    shortest : int
        Cost of the cheapest complete run of the model alone (used by fitness).
    """

    cost: np.ndarray
    first: np.ndarray
    kind: np.ndarray
    label: np.ndarray
    position: np.ndarray
    shortest: int

    def fitness(self, lengths: np.ndarray) -> np.ndarray:
        """Fitness per trace: 1 - cost / (events + cheapest complete run of the model); unit costs only.

        Parameters
        ----------
        lengths : int array of shape (n_traces,)
            Number of events of each trace.
        """
        worst = lengths + self.shortest
        return 1.0 - np.divide(self.cost, worst, out=np.zeros(len(worst)), where=worst > 0)

    def log_fitness(self, lengths: np.ndarray, counts: np.ndarray) -> float:
        """Fitness of the log: 1 - total cost / total of (events + cheapest complete run), each trace times its cases.

        Parameters
        ----------
        lengths, counts : int arrays of shape (n_traces,)
            Events and cases of each trace.
        """
        worst = int(((lengths + self.shortest) * counts).sum())
        return 1.0 - float((self.cost * counts).sum()) / worst if worst else 1.0


def align(
    automaton: Automaton,
    traces: Sequence[Sequence[int]],
    *,
    prefix: Sequence[bool] | None = None,
    log_cost: Mapping[str, int] | None = None,
    model_cost: Mapping[str, int] | None = None,
) -> Alignments:
    """Align distinct traces with an automaton at least cost.

    Parameters
    ----------
    automaton : Automaton
        Without silent steps, as :func:`mining.automaton.build` makes it.
    traces : sequence of sequences of int
        Codes into ``automaton.labels``; any other number is a label that the automaton does not know.
    prefix : sequence of bool, optional
        True for a case still running: it is aligned with the best *beginning* of a run, so nothing is missing at its end.
    log_cost, model_cost : mapping of label to int, optional
        Costs of single labels, at least 1; all others cost 1.

    Returns
    -------
    Alignments
        In the order of ``traces``. Among alignments of equal cost the same one is chosen on every run and for every order
        of the traces: the fewest log moves (so the most synchronous ones); then, seen from the end, a log move before a
        synchronous one before a model move (so of two equal events the later one is the repetition); then the smaller state.

    Raises
    ------
    ModelError
        If a cost is below 1.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> model = sequence_automaton(["a", "b", "c"])
    >>> found = align(model, [[0, 2], [0, 1, 1, 2]])
    >>> found.cost.tolist(), found.kind[found.first[0] : found.first[1]].tolist()
    ([1, 1], [0, 2, 0])
    """
    n_labels, n_traces = len(automaton.labels), len(traces)
    flags = np.zeros(n_traces, bool) if prefix is None else np.asarray(prefix, bool)
    log_costs, model_costs = _costs(automaton, log_cost) + 1, _costs(automaton, model_cost)
    order = sorted(range(n_traces), key=lambda k: (tuple(traces[k]), flags[k]))
    lengths = np.array([len(traces[k]) for k in order], np.int64)
    events = np.fromiter(
        (x if 0 <= x < n_labels else n_labels for k in order for x in traces[k]), np.int32, int(lengths.sum())
    )
    starts = np.concatenate(([0], np.cumsum(lengths)))
    by_source = np.searchsorted(automaton.source, np.arange(automaton.n_states + 1)).astype(np.int64)
    by_label = np.lexsort((automaton.target, automaton.source, automaton.label))
    label_start = np.searchsorted(automaton.label[by_label], np.arange(n_labels + 1)).astype(np.int64)
    into = np.lexsort((automaton.source, automaton.label, automaton.target))
    into_start = np.searchsorted(automaton.target[into], np.arange(automaton.n_states + 1)).astype(np.int64)
    cost, shortest, count, moves = _align_sorted(
        starts, events, flags[order], automaton.final,
        np.append(log_costs, UNIT + 1), model_costs,
        by_source, automaton.target, automaton.label,
        label_start, automaton.source[by_label], automaton.target[by_label],
        into_start, automaton.source[into], automaton.label[into],
    )  # fmt: skip
    return _in_given_order(np.array(order, np.int64), cost, int(shortest), count, moves, n_labels)


def _costs(automaton: Automaton, given: Mapping[str, int] | None) -> np.ndarray:
    costs = np.array([(given or {}).get(label, 1) for label in automaton.labels], np.int64)
    if costs.size and costs.min() < 1:
        raise ModelError("Costs of moves must be whole numbers of at least 1.")
    return costs * UNIT


def _in_given_order(
    order: np.ndarray, cost: np.ndarray, shortest: int, count: np.ndarray, moves: np.ndarray, n_labels: int
) -> Alignments:
    """Put the results, made in sorted order, into the order of the caller."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    begin = np.concatenate(([0], np.cumsum(count)))
    first = np.concatenate(([0], np.cumsum(count[rank])))
    rows = np.repeat(begin[rank] - first[:-1], count[rank]) + np.arange(first[-1])
    kind, label, position = moves[rows].T
    label = np.where(label == n_labels, UNKNOWN, label).astype(np.int32)
    return Alignments(cost[rank], first, kind.astype(np.int8), label, position.copy(), shortest)


@numba.njit(cache=True)
def _close(vector, queue, waiting, n_queue, by_source, target, label, model_costs):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Improve a vector by model moves, starting from the queued states (label-correcting, each state queued once)."""
    size = queue.size
    head, tail, left = 0, n_queue % size, n_queue
    while left > 0:
        s = queue[head]
        head = (head + 1) % size
        left -= 1
        waiting[s] = False
        for e in range(by_source[s], by_source[s + 1]):
            c = vector[s] + model_costs[label[e]]
            t = target[e]
            if c < vector[t]:
                vector[t] = c
                if not waiting[t]:
                    waiting[t] = True
                    queue[tail] = t
                    tail = (tail + 1) % size
                    left += 1


@numba.njit(cache=True)
def _advance(  # type: ignore[no-untyped-def]  # pragma: no cover
    before, vector, a, log_costs, model_costs, queue, waiting,
    by_source, target, label, label_start, label_source, label_target,
):  # fmt: skip
    """The vector after one more event: a log move everywhere, improved by synchronous moves, then by model moves."""
    for s in range(vector.size):
        vector[s] = before[s] + log_costs[a]
    n_queue = 0
    if a < label_start.size - 1:
        for e in range(label_start[a], label_start[a + 1]):
            c, t = before[label_source[e]], label_target[e]
            if c < vector[t]:
                vector[t] = c
                if not waiting[t]:
                    waiting[t] = True
                    queue[n_queue] = t
                    n_queue += 1
    _close(vector, queue, waiting, n_queue, by_source, target, label, model_costs)


@numba.njit(cache=True)
def _step_back(  # type: ignore[no-untyped-def]  # pragma: no cover
    stack, i, here, a, log_costs, model_costs, into_start, into_source, into_label,
):  # fmt: skip
    """The last move of a cheapest way to (i, here): its kind, its label and the state before. ``a`` is the event before i."""
    value = stack[i, here]
    if i > 0 and stack[i - 1, here] + log_costs[a] == value:
        return LOG, a, here
    if i > 0:
        for e in range(into_start[here], into_start[here + 1]):
            if into_label[e] == a and stack[i - 1, into_source[e]] == value:
                return SYNC, a, into_source[e]
    for e in range(into_start[here], into_start[here + 1]):
        if stack[i, into_source[e]] + model_costs[into_label[e]] == value:
            return MODEL, into_label[e], into_source[e]
    raise AssertionError("a vector is not the outcome of any move")


@numba.njit(cache=True)
def _align_sorted(  # type: ignore[no-untyped-def]  # pragma: no cover
    starts, events, prefix, final, log_costs, model_costs,
    by_source, target, label, label_start, label_source, label_target, into_start, into_source, into_label,
):  # fmt: skip
    n_traces, n_states = starts.size - 1, final.size
    stack = np.full((np.diff(starts).max() + 1 if n_traces else 1, n_states), FAR)
    queue, waiting = np.empty(n_states + 1, np.int32), np.zeros(n_states, np.bool_)
    stack[0, 0] = 0
    queue[0] = 0
    waiting[0] = True
    _close(stack[0], queue, waiting, 1, by_source, target, label, model_costs)
    shortest = stack[0][final].min()
    cost, count = np.empty(n_traces, np.int32), np.empty(n_traces, np.int64)
    moves = np.empty((max(64, 2 * events.size), 3), np.int32)  # kind, label, position
    used = 0
    for k in range(n_traces):
        begin, length = starts[k], starts[k + 1] - starts[k]
        depth = 0  # what the trace shares with the one before is on the stack already
        if k > 0:
            most = min(length, begin - starts[k - 1])
            while depth < most and events[begin + depth] == events[starts[k - 1] + depth]:
                depth += 1
        for i in range(depth, length):
            _advance(
                stack[i], stack[i + 1], events[begin + i], log_costs, model_costs, queue, waiting,
                by_source, target, label, label_start, label_source, label_target,
            )  # fmt: skip
        best, here = FAR, 0
        for s in range(n_states):
            if (final[s] or prefix[k]) and stack[length, s] < best:
                best, here = stack[length, s], s
        cost[k] = best // UNIT
        if used + length + cost[k] > moves.shape[0]:  # an alignment has at most length + cost moves
            larger = np.empty((max(2 * moves.shape[0], used + length + cost[k]), 3), np.int32)
            larger[:used] = moves[:used]
            moves = larger
        at, i = used, length
        while i > 0 or here > 0 or stack[i, here] > 0:
            kind, a, here = _step_back(
                stack, i, here, events[begin + i - 1] if i > 0 else -1, log_costs, model_costs,
                into_start, into_source, into_label,
            )  # fmt: skip
            i -= kind != MODEL
            moves[at, 0], moves[at, 1], moves[at, 2] = kind, a, i
            at += 1
        moves[used:at] = moves[used:at][::-1].copy()
        count[k] = at - used
        used = at
    return cost, shortest // UNIT, count, moves[:used]
