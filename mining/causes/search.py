"""Which subgroups of two or three levels say more than each of their parts: searched in one part of the cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.causes.ratios import exact_p, ratio_interval, side

SMALLEST = 20  # cases of a subgroup, and of each part without it, in the part of the cases that is searched


@dataclass(frozen=True, eq=False)
class Counts:
    """A subgroup against the rest of one of its parts: deviating and all cases of both."""

    k: np.ndarray
    n: np.ndarray
    rest_k: np.ndarray
    rest_n: np.ndarray

    def at(self, rows: np.ndarray) -> Counts:
        """Some of them."""
        return Counts(self.k[rows], self.n[rows], self.rest_k[rows], self.rest_n[rows])


@dataclass(frozen=True, eq=False)
class Subgroups:
    """Subgroups of one finding that differ from the rest of every part of theirs, by the interval, in the same direction.

    Attributes
    ----------
    levels : int64 array of shape (n, depth)
        Rows of the matrix of levels.
    against : int64 array of shape (n, depth - 1)
        The part (a level, or a pair) whose rest is most like the subgroup.
    p : float64 array of shape (n,)
        The largest of the exact p against each part: all must differ, so the largest is the p of the whole statement (intersection-union
        test; Berger 1982).
    tried : int
        Subgroups that were large enough to be compared.
    """

    levels: np.ndarray
    against: np.ndarray
    p: np.ndarray
    tried: int


def _differing(parts: list[Counts]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that differ from the rest of every part in one direction; for them p, and the part with the largest p."""
    if not len(parts[0].k):
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    sides = [side(*ratio_interval(x.k, x.n, x.rest_k, x.rest_n)) for x in parts]
    rows = np.flatnonzero(np.abs(np.sum(sides, axis=0)) == len(parts))
    each = np.stack([exact_p(*(getattr(x.at(rows), name) for name in ("k", "n", "rest_k", "rest_n"))) for x in parts])
    return rows, each.max(axis=0), each.argmax(axis=0)


def pairs(matrix: np.ndarray, attribute: np.ndarray, judged: np.ndarray, deviating: np.ndarray) -> Subgroups:
    """Pairs of levels of two attributes.

    Parameters
    ----------
    matrix : float32 array of shape (n_levels, n_cases)
        1 where a case has a level.
    attribute : int64 array of shape (n_levels,)
        Number of the attribute of each level.
    judged, deviating : bool arrays of shape (n_cases,)

    Returns
    -------
    Subgroups
    """
    inside, failed = matrix[:, judged], matrix[:, deviating]
    n2, k2 = _gram(inside), _gram(failed)
    n1, k1 = np.diag(n2), np.diag(k2)
    first, second = np.triu_indices(len(matrix), 1)
    n = n2[first, second]
    fit = (attribute[first] != attribute[second]) & (n >= SMALLEST)
    fit &= (n1[first] - n >= SMALLEST) & (n1[second] - n >= SMALLEST)
    first, second = first[fit], second[fit]
    n, k = n2[first, second], k2[first, second]
    rows, p, which = _differing([Counts(k, n, k1[i] - k, n1[i] - n) for i in (first, second)])
    levels = np.stack([first[rows], second[rows]], axis=1)
    return Subgroups(levels, np.take_along_axis(levels, which[:, None], 1), p, int(fit.sum()))


def triples(
    matrix: np.ndarray, attribute: np.ndarray, judged: np.ndarray, deviating: np.ndarray, found: np.ndarray
) -> Subgroups:
    """A third level added to pairs that were found; parameters as :func:`pairs`, ``found`` of shape (n, 2)."""
    n2, k2 = _gram(matrix[:, judged]), _gram(matrix[:, deviating])
    members, counts = [], []
    for a, b in found.tolist():
        both = (matrix[a] * matrix[b]).astype(bool)
        n = (matrix[:, both & judged].sum(axis=1)).astype(np.int64)
        k = (matrix[:, both & deviating].sum(axis=1)).astype(np.int64)
        third = np.flatnonzero((attribute != attribute[a]) & (attribute != attribute[b]))
        members.append(np.sort(np.stack([np.full(len(third), a), np.full(len(third), b), third], axis=1), axis=1))
        counts.append(np.stack([k[third], n[third]], axis=1))
    nothing = Subgroups(np.empty((0, 3), np.int64), np.empty((0, 2), np.int64), np.empty(0), 0)
    if not members:
        return nothing
    levels, first = np.unique(np.concatenate(members), axis=0, return_index=True)
    k, n = np.concatenate(counts)[first].T
    parents = [levels[:, [i, j]] for i, j in ((0, 1), (0, 2), (1, 2))]
    whole = [(k2[x[:, 0], x[:, 1]], n2[x[:, 0], x[:, 1]]) for x in parents]
    fit = (n >= SMALLEST) & np.all([all_n - n >= SMALLEST for _, all_n in whole], axis=0)
    parts = [Counts(k, n, all_k - k, all_n - n).at(np.flatnonzero(fit)) for all_k, all_n in whole]
    rows, p, which = _differing(parts)
    kept = levels[fit][rows]
    against = (
        np.stack([x[fit][rows] for x in parents], axis=0)[which, np.arange(len(rows))] if len(rows) else kept[:, :2]
    )
    return Subgroups(kept, against, p, int(fit.sum()))


def _gram(matrix: np.ndarray) -> np.ndarray:
    """Cases that two levels share. Sums of ones below 2^24 are exact in 32 bits; beyond that 64 are taken."""
    wide = matrix if matrix.shape[1] < 2**24 else matrix.astype(np.float64)
    return np.rint(wide @ wide.T).astype(np.int64)


__all__ = ["SMALLEST", "Counts", "Subgroups", "pairs", "triples"]
