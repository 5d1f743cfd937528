"""How much more a model allows than what happened: escaping-edges precision, and where the model is too wide."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mining._kernels import kernel
from mining.conformance.alignment import Alignments, Model
from mining.conformance.programme import LOG, MODEL
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.errors import ModelError


class Escaping(NamedTuple):
    """What the model allows and no run does, in columns; the most frequent first, then by state and label.

    Attributes
    ----------
    state : int32 array of shape (n_edges,)
        State of the automaton in which the label is allowed.
    label : object array of shape (n_edges,)
        The label.
    cases : int64 array of shape (n_edges,)
        Sum of the cases of all prefixes that lead to the state and after which no run takes the label. A case counts as often
        as it comes by.
    """

    state: np.ndarray
    label: np.ndarray
    cases: np.ndarray


@dataclass(frozen=True, eq=False)
class Precision:
    """Share of what the model allows, in the situations that occurred, that happened.

    Attributes
    ----------
    taken : int
        Numerator: sum over prefixes of cases x number of labels that the runs take next.
    allowed : int
        Denominator: sum over prefixes of cases x number of labels that the model allows next.
    n_prefixes : int
        Prefixes that are summed over.
    n_left_out : int
        Cases whose alignment is not proven to be optimal; they are in none of the other numbers.
    escaping : Escaping
        Where the difference comes from: ``escaping.cases`` sums to ``allowed - taken``.
    """

    taken: int
    allowed: int
    n_prefixes: int
    n_left_out: int
    escaping: Escaping

    @property
    def value(self) -> float:
        """``taken / allowed``, 0 to 1; NaN if nothing is allowed after any prefix, or no case is left."""
        return self.taken / self.allowed if self.allowed else float("nan")


def precision(
    model: Model,
    traces: Traces,
    found: Alignments,
    counts: Sequence[int] | np.ndarray,
    *,
    prefix: Sequence[bool] | np.ndarray | None = None,
) -> Precision:
    r"""Align-based precision by escaping edges.

    Every trace is replaced by the run of the model in its alignment: the labels of synchronous and model moves, without the log
    moves. The prefixes of these runs form a tree. With :math:`\omega(p)` the cases whose run begins with *p*, :math:`tk(p)` the
    labels that some run takes after *p*, and :math:`al(p)` the labels with which a complete run of the model can go on after *p*,

    .. math:: precision = \frac{\sum_p \omega(p) \cdot |tk(p)|}{\sum_p \omega(p) \cdot |al(p)|}

    Parameters
    ----------
    model : Automaton
    traces : Traces
    found : Alignments
        Of these traces with this model.
    counts : sequence of int
        Cases of each trace.
    prefix : sequence of bool, optional
        True for a case still running, as for :func:`mining.conformance.alignment.align`. What it does next is not known, so it
        does not count at the prefix where it stands.

    Returns
    -------
    Precision
        Does not depend on the order of the traces, nor on how cases with the same run are spread over traces.

    Raises
    ------
    ModelError
        If the model has too many states to list, the alignments are not of these traces or not of this model, or running
        cases are not given as such.

    Notes
    -----
    *Source:* Adriansyah, Munoz-Gama, Carmona, van Dongen and van der Aalst, "Measuring precision of modeled behavior", Information
    Systems and e-Business Management 13 (2015), with one optimal alignment per trace; escaping edges are due to Munoz-Gama and
    Carmona, "A fresh look at precision in process conformance", BPM 2010.

    *Complete runs count.* The sums are over all prefixes, complete runs included. Where a run ends and the
    model would let it go on (the end of a loop), that is an escaping edge. To end is no edge: it is neither allowed nor taken.

    *It is a property of what the model allows, not of how it is drawn.* Silent steps and duplicate labels are resolved, so two
    nets with the same complete runs have the same precision. Implementations that keep silent steps give other numbers for them.

    *Why not replay of prefixes.* That variant (in pm4py 2.7 under the name of this one) takes the prefixes of the traces as they
    were recorded and drops those that the model cannot replay, so a deviating case counts up to its first deviation only: the
    more cases deviate, the less of the model is judged, while what deviates hides what was taken. It also leaves out the prefixes
    at which cases end, and knows only those markings that take the fewest silent steps, so it can miss what is allowed. Where all
    traces are runs, ``prefix`` is true for all of them, and no marking is missed, this function gives its number.

    *What to mind.* The number depends on the log: behaviour that is new, but leads where much is allowed, can lower it. If a trace
    has several optimal alignments, the one chosen matters; the choice is the same on every run. A long case that shares little
    with others takes one label at each of its prefixes, so a log of many rare variants has a low precision with any model that
    allows much more than one label at a time, even if every label is taken somewhere.

    Examples
    --------
    After a, the model allows b, c and d; nobody takes d.

    >>> from mining.automaton import build
    >>> from mining.conformance.alignment import align
    >>> from mining.conformance.precision import precision
    >>> from mining.nets import Transition, WorkflowNet
    >>> steps = [Transition("a", ((0, 1),), ((1, 1),)), *(Transition(x, ((1, 1),), ((2, 1),)) for x in "bcd")]
    >>> model = build(WorkflowNet(tuple(steps), (1, 0, 0), (0, 0, 1)))
    >>> traces = Traces.of(model.labels, ["ab", "ac"])
    >>> measured = precision(model, traces, align(model, traces), [8, 2])
    >>> measured.taken, measured.allowed, measured.value
    (30, 40, 0.75)
    >>> [column.tolist() for column in measured.escaping]
    [[1], ['d'], [10]]
    """
    if isinstance(model, LargeNet):
        raise ModelError(f"Precision is not measured for {model.name}: it has too many states to list.")
    cases = np.asarray(counts, np.int64)
    running = np.zeros(len(traces), np.bool_) if prefix is None else np.asarray(prefix, np.bool_)
    read = np.concatenate(([0], np.cumsum(found.kind != MODEL)))
    if len(cases) != len(traces) or len(running) != len(traces) or not np.array_equal(read[found.first], traces.starts):
        raise ModelError(
            "The alignments, counts and flags are not of these traces: their numbers of traces or events differ."
        )
    in_run = found.kind != LOG
    begin = np.concatenate(([0], np.cumsum(in_run)))[found.first]
    weights = np.where(found.solved, cases, 0)
    tree = _tree(model.delta, model.final, found.label[in_run], begin, weights, running)
    if not len(tree[0]):
        raise ModelError(
            "The alignments hold runs that are not complete runs of this model: give the model that they were made with, and with "
            "prefix= the cases that are still running."
        )
    state, label, parent, weight = tree
    n_allowed = (model.delta >= 0).sum(axis=1)
    return Precision(
        taken=int(weight[parent[1:]].sum()),
        allowed=int((weight * n_allowed[state]).sum()),
        n_prefixes=int((weight > 0).sum()),
        n_left_out=int((cases - weights).sum()),
        escaping=_escaping(model.labels, model.delta, state, label[1:], parent[1:], weight),
    )


def _escaping(
    labels: tuple[str, ...],
    delta: np.ndarray,
    state: np.ndarray,
    label: np.ndarray,
    parent: np.ndarray,
    weight: np.ndarray,
) -> Escaping:
    """Visits of each state less those from which a label was taken; sums of cases are exact up to 2^53."""
    visits = np.bincount(state, weight, len(delta)).astype(np.int64)
    visited = np.flatnonzero(visits)
    rank = np.zeros(len(delta), np.int64)
    rank[visited] = np.arange(len(visited))
    n_labels = len(labels)
    taken = np.bincount(rank[state[parent]] * n_labels + label, weight[parent], len(visited) * n_labels).astype(
        np.int64
    )
    left = np.where(delta[visited] >= 0, visits[visited, None], 0) - taken.reshape(len(visited), n_labels)
    rows, edges = np.nonzero(left)
    cases = left[rows, edges]
    order = np.argsort(-cases, kind="stable")
    return Escaping(visited[rows[order]].astype(np.int32), np.array(labels, object)[edges[order]], cases[order])


@kernel
def _tree(delta, final, codes, begin, weights, running):  # pragma: no cover
    """The prefix tree of runs: state, last label, parent and cases of each prefix; empty if the model does not have a run.

    Runs without cases are not in it. The root comes first, and is there also if there is no run.
    """
    size = codes.size + 1
    state, label, parent = np.zeros(size, np.int32), np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    child, sibling, weight = np.full(size, -1, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.int64)
    n = 1
    for k in range(weights.size):
        if weights[k] == 0:
            continue
        here = 0
        for e in range(begin[k], begin[k + 1]):
            weight[here] += weights[k]
            a, after = codes[e], child[here]
            while after >= 0 and label[after] != a:
                after = sibling[after]
            if after < 0:
                t = delta[state[here], a] if 0 <= a < delta.shape[1] else -1
                if t < 0:
                    return state[:0], label[:0], parent[:0], weight[:0]
                after = n
                n += 1
                state[after], label[after], parent[after] = t, a, here
                sibling[after] = child[here]
                child[here] = after
            here = after
        if running[k]:
            continue
        if not final[state[here]]:
            return state[:0], label[:0], parent[:0], weight[:0]
        weight[here] += weights[k]
    return state[:n], label[:n], parent[:n], weight[:n]
