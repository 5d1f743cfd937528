"""Parts of the cases, and how many of a sample come from each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mining.sampling.sizes import upper_limit
from mining.suppression import K, hidden

NO_VALUE, SMALL = "(no value)", "(small groups)"


def strata_of(values: np.ndarray, k: int = K) -> np.ndarray:
    """The stratum of each case: its value, as text; groups under ``k`` are one stratum, "(small groups)".

    With them goes the next smallest group where they would be found from the total, or have fewer than ``k`` together
    (:func:`mining.suppression.hidden`).

    Parameters
    ----------
    values : array of shape (n_cases,)
        As an attribute of the log; missing: None, NaN or NaT.
    k : int

    Returns
    -------
    object array of shape (n_cases,)

    Examples
    --------
    >>> sorted(set(strata_of(np.array(["a"] * 9 + ["b"] * 2 + ["c"] * 3 + [None] * 6, object)).tolist()))
    ['(no value)', '(small groups)', 'a']
    """
    codes, found = pd.factorize(pd.Series(values), sort=False)
    names = [_text(value) for value in found.tolist()]
    texts = np.array([*names, _unlike(NO_VALUE, names)], object)
    codes, distinct = pd.factorize(texts[codes])
    small = hidden(np.bincount(codes, minlength=len(distinct)), k)
    words = np.array(distinct, object)
    words[small] = _unlike(SMALL, list(texts))
    return words[codes]


def _text(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _unlike(word: str, names: list[str]) -> str:
    while word in names:
        word = f"({word})"
    return word


def allocation(sizes: np.ndarray, n: int) -> np.ndarray:
    """How many of ``n`` cases come from each stratum: in proportion, by largest remainder, at least one, at most all.

    Of equal remainders the first stratum comes first. Seats for strata that would have none are taken where most are above their
    share. Where there are more strata than ``n`` each has one.

    Examples
    --------
    >>> allocation(np.array([700, 290, 10]), 59).tolist()
    [41, 17, 1]
    """
    sizes = np.asarray(sizes, np.int64)
    n = min(max(n, len(sizes)), int(sizes.sum()))
    if not len(sizes):
        return sizes
    quota = sizes * n / sizes.sum()
    seats = np.maximum(np.floor(quota).astype(np.int64), 1)
    while (left := n - int(seats.sum())) > 0:
        room = np.flatnonzero(seats < sizes)
        first = room[np.argsort(-(quota - seats)[room], kind="stable")][:left]
        seats[first] += 1
    while seats.sum() > n:
        most = np.where(seats > 1, seats - quota, -np.inf)
        seats[int(most.argmax())] -= 1
    return seats


def effective_size(sizes: np.ndarray, seats: np.ndarray) -> float:
    """The simple random sample that a stratified one is worth: 1 / sum of weight^2 / seats (Kish 1965).

    Examples
    --------
    >>> effective_size(np.array([50, 50]), np.array([10, 10])), round(effective_size(np.array([99, 1]), np.array([10, 10])), 1)
    (20.0, 10.2)
    """
    weights = np.asarray(sizes) / np.sum(sizes)
    return float(1 / (weights**2 / np.asarray(seats)).sum())


def weighted_limit(sizes: np.ndarray, seats: np.ndarray, errors: np.ndarray, confidence: float) -> tuple[float, float]:
    """Error rate of all, and its upper limit, from errors by stratum.

    Each stratum counts by its size; the limit is that of Clopper and Pearson with the effective size of the sample and the errors that
    fit it (Korn and Graubard 1998). In proportion it is the limit of a simple random sample.

    Examples
    --------
    >>> [round(x, 4) for x in weighted_limit(np.array([100, 100]), np.array([30, 30]), np.array([3, 0]), 0.95)]
    [0.05, 0.1242]
    """
    weights = np.asarray(sizes) / np.sum(sizes)
    rate = float((weights * np.asarray(errors) / np.asarray(seats)).sum())
    n = effective_size(sizes, seats)
    return rate, upper_limit(min(rate * n, n), n, confidence)


def enough(sizes: np.ndarray, n: int, fits: Callable[[float], bool]) -> np.ndarray:
    """The allocation of the smallest sample of at least ``n`` whose effective size fits; that of all cases if none does."""
    total = int(np.sum(sizes))
    seats = allocation(sizes, n)
    while seats.sum() < total and not fits(effective_size(sizes, seats)):
        seats = allocation(sizes, int(seats.sum()) + 1)
    return seats
