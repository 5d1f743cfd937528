"""Monetary-unit sampling: every unit of money has the same chance, so what is dear is drawn more often."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mining.errors import MiningError
from mining.sampling.order import ranks


def monetary_factor(errors: int = 0, confidence: float = 0.95) -> float:
    """Upper limit of a Poisson mean after this many events, ``gamma.ppf(confidence, errors + 1)``: the factors of the tables.

    Examples
    --------
    >>> [round(monetary_factor(k), 2) for k in range(5)]
    [3.0, 4.74, 6.3, 7.75, 9.15]
    """
    from scipy.stats import gamma

    return float(gamma.ppf(confidence, errors + 1))


def monetary_interval(tolerable_amount: float, confidence: float = 0.95, errors: int = 0) -> float:
    """Money between two units that are drawn: the tolerable amount by the factor of the errors that are expected.

    Raises
    ------
    MiningError
        If the tolerable amount is not above 0.

    Examples
    --------
    >>> round(monetary_interval(30_000))
    10014
    """
    if not 0 < tolerable_amount < math.inf:
        raise MiningError(f"tolerable_amount is {tolerable_amount:g}: an amount above 0 is needed.")
    return tolerable_amount / monetary_factor(errors, confidence)


@dataclass(frozen=True, eq=False)
class MonetarySelection:
    """What a monetary sample holds, and what it could not hold.

    Attributes
    ----------
    certain : int64 array
        Positions of the items that reach the interval: each is taken.
    picked : int64 array
        Positions of the items that a unit drawn fell into, in the order of the draw.
    interval, start : float
        Money between two units drawn, and the first of them.
    n_positive, n_negative, n_zero, n_missing : int
        Items by their amount. Only positive ones can be drawn; the others are counted here and nowhere else.
    total, total_certain, total_negative : float
        Money in the positive items, in those taken for certain, and in the negative ones.
    """

    certain: np.ndarray
    picked: np.ndarray
    interval: float
    start: float
    n_positive: int
    n_negative: int
    n_zero: int
    n_missing: int
    total: float
    total_certain: float
    total_negative: float

    @property
    def left_out(self) -> int:
        """Items without a positive amount."""
        return self.n_negative + self.n_zero + self.n_missing

    def to_dict(self) -> dict[str, float | int]:
        """The counts and amounts, without the positions."""
        kept = {name: value for name, value in vars(self).items() if not isinstance(value, np.ndarray)}
        return {"n_certain": len(self.certain), "n_picked": len(self.picked)} | kept


def monetary_selection(amounts: np.ndarray, interval: float, case_ids: Sequence[str], seed: str) -> MonetarySelection:
    """Draw every ``interval``-th unit of money, from a start that the seed decides.

    Items of at least the interval are taken for certain. The others are laid end to end in the order of the draw (sorted by hash, so
    that the order of the file plays no part), and the items into which the units ``start``, ``start + interval``, ... fall are taken.
    The start is the interval times SHA-256 of the seed, a zero byte and "start", read as a binary fraction. Each item has the chance
    amount / interval.

    Parameters
    ----------
    amounts : float array of shape (n,)
        NaN where there is none.
    interval : float
        As :func:`monetary_interval` gives it. One above the money there is counts as that, so that one unit is always drawn.
    case_ids : sequence of str
        Of the items.
    seed : str

    Returns
    -------
    MonetarySelection

    Raises
    ------
    MiningError
        If the interval is not above 0, or an amount is infinite.

    Examples
    --------
    >>> found = monetary_selection(np.array([900.0, 60, 40, -5, 0, np.nan]), 100, list("abcdef"), "2026")
    >>> found.certain.tolist(), len(found.picked), found.left_out
    ([0], 1, 3)
    """
    amounts = np.asarray(amounts, float)
    if not interval > 0:
        raise MiningError(f"interval is {interval:g}: an amount above 0 is needed.")
    if np.isinf(amounts).any():
        raise MiningError(f"the amount of case {case_ids[int(np.isinf(amounts).argmax())]!r} is infinite.")
    positive = amounts > 0
    total = float(amounts[positive].sum())
    certain = np.flatnonzero(positive & (amounts >= interval))
    rest = np.flatnonzero(positive & (amounts < interval))
    rest = rest[np.argsort(ranks(seed, [case_ids[i] for i in rest.tolist()]))]
    ends = np.cumsum(amounts[rest])
    step = min(interval, float(ends[-1])) if len(rest) else interval
    start = _fraction(seed) * step
    picked = rest[:0]
    if len(rest):
        drawn = start + step * np.arange(math.floor((float(ends[-1]) - start) / step) + 1)
        hit = np.searchsorted(ends, drawn[drawn < ends[-1]], side="right")
        picked = rest[np.unique(hit)]
    return MonetarySelection(
        certain[np.argsort(ranks(seed, [case_ids[i] for i in certain.tolist()]))], picked, step, start,
        int(positive.sum()), int((amounts < 0).sum()), int((amounts == 0).sum()), int(np.isnan(amounts).sum()),
        total, float(amounts[certain].sum()), float(amounts[amounts < 0].sum()),
    )  # fmt: skip


def _fraction(seed: str) -> float:
    """A number from 0 to below 1, from the seed: the first 52 bits of a hash, which a float holds exactly."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0start".encode()).digest()[:8], "big") / 2**64 // 2**-52 * 2**-52


def monetary_limit(
    taintings: Sequence[float],
    interval: float,
    confidence: float = 0.95,
    *,
    certain_error: float = 0.0,
    sampled: bool = True,
) -> tuple[float, float]:
    """Likely error and its upper limit, in money, from the share of each item drawn that was wrong.

    The bound of Stringer (1963; Leslie, Teitlebaum and Anderson 1979): the interval times (F0 + sum over the taintings, largest first, of
    tainting x (F_i - F_(i-1))), with the Poisson factors F. Errors in the items taken for certain are known and added as they are.

    Parameters
    ----------
    taintings : sequence of float
        Per wrong item drawn the part of its amount that is overstated, above 0 and at most 1.
    interval : float
    confidence : float
    certain_error : float
        Overstated money in the items taken for certain.
    sampled : bool
        Whether anything was drawn at all; if all items were taken for certain nothing is left to be estimated.

    Returns
    -------
    tuple of (float, float)
        Likely error, upper limit.

    Raises
    ------
    MiningError
        If a tainting is not above 0 and at most 1.

    Examples
    --------
    >>> [round(x) for x in monetary_limit([0.5, 0.1], 10_000)]
    [6000, 40250]
    """
    wrong = [t for t in taintings if not 0 < t <= 1]
    if wrong:
        raise MiningError(f"a tainting is {wrong[0]:g}: the wrong part of an amount lies above 0 and is at most 1.")
    ordered = sorted(taintings, reverse=True)
    factors = [monetary_factor(k, confidence) for k in range(len(ordered) + 1)]
    steps = (tainting * (factors[i + 1] - factors[i]) for i, tainting in enumerate(ordered))
    likely = interval * math.fsum(ordered) + certain_error
    return likely, interval * (factors[0] * sampled + math.fsum(steps)) + certain_error
