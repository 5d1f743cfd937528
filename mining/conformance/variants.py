"""Distinct traces, and the order of events that happened at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import factorial, prod

import numpy as np

from mining.automaton import Automaton
from mining.conformance.alignment import Model, align
from mining.conformance.instances import Instances

MOST_ORDERS = 120  # of tied events in one case; beyond that the case is left undecided


@dataclass(frozen=True, eq=False)
class Variants:
    """Distinct traces, open and closed cases apart.

    Attributes
    ----------
    sequence : int64 array of shape (n_done,)
        Positions of the completed instances, case by case, in the order that was judged.
    traces : tuple of tuples of int
        Positions in the names of the instances, most frequent first, ties by the trace itself.
    open : bool array of shape (n_variants,)
    count : int64 array of shape (n_variants,)
        Cases per variant.
    of_case : int64 array of shape (n_cases,)
        Variant of each case.
    """

    sequence: np.ndarray
    traces: tuple[tuple[int, ...], ...]
    open: np.ndarray
    count: np.ndarray
    of_case: np.ndarray


def variants_of(instances: Instances, sequence: np.ndarray, is_open: np.ndarray) -> Variants:
    """Group the cases by their trace of completed instances, in the order of ``sequence``."""
    raw = np.ascontiguousarray(instances.activity[sequence]).tobytes()
    offsets = _offsets(instances, sequence)
    keys: dict[tuple[bytes, bool], int] = {}
    spans = zip(offsets, offsets[1:], is_open.tolist(), strict=False)
    of_case = np.fromiter(
        (keys.setdefault((raw[4 * a : 4 * b], o), len(keys)) for a, b, o in spans), np.int64, instances.n_cases
    )
    found = [(tuple(np.frombuffer(key, np.int32).tolist()), o) for key, o in keys]
    count = np.bincount(of_case, minlength=len(found))
    order = sorted(range(len(found)), key=lambda k: (-count[k], found[k]))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Variants(
        sequence,
        tuple(found[k][0] for k in order),
        np.array([found[k][1] for k in order], bool),
        count[order].astype(np.int64),
        rank[of_case],
    )


def _offsets(instances: Instances, sequence: np.ndarray) -> list[int]:
    found: list[int] = np.searchsorted(instances.case[sequence], np.arange(instances.n_cases + 1)).tolist()
    return found


def labels_of(model: Model, instances: Instances) -> list[int]:
    """For each name of the instances its position in the labels of the model, -1 where it has none."""
    return [model.code.get(x, -1) if i < instances.n_known else -1 for i, x in enumerate(instances.names)]


TiedTrace = tuple[tuple[int, ...], tuple[bool, ...], bool]  # labels, tied with the one before, still running


def settle_ties(model: Model, instances: Instances, is_open: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put events of equal time into the order that fits the flow best, so that a tie never makes an order finding.

    Parameters
    ----------
    model : Automaton or LargeNet
    instances : Instances
    is_open : bool array of shape (n_cases,)

    Returns
    -------
    sequence : int64 array of shape (n_done,)
        Positions of the completed instances: the order of the file, but for the tied events of cases that do not fit in it.
        Of several best orders the one nearest to the file's is taken (the first in lexicographic order of positions).
    undecided : bool array of shape (n_cases,)
        Cases that do not fit in the order of the file and have more than 120 orders to try; orders that differ only in steps which the
        model treats alike are one.
    """
    sequence = np.flatnonzero(instances.done)
    undecided = np.zeros(instances.n_cases, bool)
    case, end = instances.case[sequence], instances.end[sequence]
    tied = np.r_[False, (case[1:] == case[:-1]) & (end[1:] == end[:-1])] if len(sequence) else np.zeros(0, bool)
    if not tied.any():
        return sequence, undecided
    offsets, label = _offsets(instances, sequence), labels_of(model, instances)
    groups: dict[TiedTrace, list[int]] = {}
    for c in np.unique(case[tied]).tolist():
        span = slice(offsets[c], offsets[c + 1])
        trace = tuple(label[x] for x in instances.activity[sequence[span]].tolist())
        groups.setdefault((trace, tuple(tied[span].tolist()), bool(is_open[c])), []).append(c)
    plain = align(model, [trace for trace, _, _ in groups], prefix=[o for _, _, o in groups])
    bad = [key for key, cost in zip(groups, plain.cost.tolist(), strict=True) if cost]
    alike = _classes(model)
    orders = {key: list(_orders(key[1], tuple(alike[x] for x in key[0]))) for key in bad}
    tried = [(key, order) for key in bad for order in orders[key]]
    found = align(model, [[key[0][i] for i in order] for key, order in tried], prefix=[key[2] for key, _ in tried])
    best: dict[TiedTrace, tuple[int, tuple[int, ...]]] = {}
    for (key, order), cost in zip(tried, found.cost.tolist(), strict=True):
        best[key] = min(best.get(key, (cost, order)), (cost, order))
    sequence = sequence.copy()
    for key in bad:
        for c in groups[key]:
            span = slice(offsets[c], offsets[c + 1])
            if key in best:
                sequence[span] = sequence[span][list(best[key][1])]
            else:
                undecided[c] = True
    return sequence, undecided


def _classes(model: Model) -> list[int]:
    """For each label of the model, and for one that it does not have (the last), a number that labels share which it treats alike."""
    if not isinstance(model, Automaton):
        return list(range(len(model.labels) + 1))
    _, same = np.unique(model.delta, axis=1, return_inverse=True)
    return [*np.asarray(same).ravel().tolist(), len(model.labels)]


def _orders(tied: tuple[bool, ...], alike: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Orders of the positions of a trace in which only tied events change places; none where there are too many.

    Of orders that differ only in events that are ``alike`` the one is given in which these stay as they stand.
    """
    blocks: list[list[int]] = []
    for i, same in enumerate(tied):
        if same:
            blocks[-1].append(i)
        else:
            blocks.append([i])
    counts = [Counter(alike[i] for i in block) for block in blocks]
    if (
        prod(factorial(len(b)) // prod(map(factorial, c.values())) for b, c in zip(blocks, counts, strict=True))
        > MOST_ORDERS
    ):
        return
    for parts in product(*(tuple(_distinct(block, alike)) for block in blocks)):
        yield tuple(i for part in parts for i in part)


def _distinct(block: list[int], alike: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Orders of some positions, those that are alike in their order, in lexicographic order."""
    if not block:
        yield ()
    seen: set[int] = set()
    for k, i in enumerate(block):
        if alike[i] not in seen:
            seen.add(alike[i])
            for rest in _distinct([*block[:k], *block[k + 1 :]], alike):
                yield (i, *rest)
