"""Two shares beside one another: their ratio, its interval, and whether the difference may be chance. Whole arrays at once."""

from __future__ import annotations

import numpy as np


def risk_ratio(k: np.ndarray, n: np.ndarray, rest_k: np.ndarray, rest_n: np.ndarray) -> np.ndarray:
    """``(k / n) / (rest_k / rest_n)``: infinite where only the rest has none, missing where neither has any or one is empty.

    Examples
    --------
    >>> risk_ratio(np.array([30, 3, 0, 0]), np.array([60, 9, 9, 9]), np.array([10, 0, 4, 0]), np.array([40, 9, 8, 9])).tolist()
    [2.0, inf, 0.0, nan]
    """
    k, n, rest_k, rest_n = (np.asarray(x, float) for x in (k, n, rest_k, rest_n))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((k / n) / (rest_k / rest_n))


def ratio_interval(
    k: np.ndarray, n: np.ndarray, rest_k: np.ndarray, rest_n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of :func:`risk_ratio`, from the two Wilson intervals (MOVER-R; Donner and Zou 2012, Newcombe 2016).

    No half cases are added where a count is zero, as the logarithmic interval (Katz 1978) needs it: without a deviating case among the
    rest the upper end is infinite, without one in the group the lower end is 0, and where neither has one nothing is known: missing.

    Examples
    --------
    >>> low, high = ratio_interval(np.array([30, 5]), np.array([100, 50]), np.array([10, 0]), np.array([100, 50]))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([1.58, 1.16], [5.74, inf])
    """
    from statsmodels.stats.proportion import proportion_confint

    k, n, rest_k, rest_n = (np.asarray(x, float) for x in (k, n, rest_k, rest_n))
    known = (n > 0) & (rest_n > 0) & ((k > 0) | (rest_k > 0))
    some, others = np.where(known, n, 2.0), np.where(known, rest_n, 2.0)
    a, b = np.where(known, k, 1.0), np.where(known, rest_k, 1.0)
    (l1, u1), (l2, u2) = (proportion_confint(x, y, method="wilson") for x, y in ((a, some), (b, others)))
    p1, p2 = a / some, b / others
    l1, l2 = np.where(a == 0, 0.0, l1), np.where(b == 0, 0.0, l2)
    u1, u2 = np.where(a == some, 1.0, u1), np.where(b == others, 1.0, u2)
    product, below, above = p1 * p2, u2 * (2 * p2 - u2), l2 * (2 * p2 - l2)
    root_low = np.sqrt(np.maximum(product**2 - l1 * (2 * p1 - l1) * below, 0))
    root_high = np.sqrt(np.maximum(product**2 - u1 * (2 * p1 - u1) * above, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        # (product - root) / below, written so that below = 0 does no harm
        low = np.where(a == 0, 0.0, l1 * (2 * p1 - l1) / (product + root_low))
        high = np.where(b == 0, np.inf, (product + root_high) / above)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def exact_p(k: np.ndarray, n: np.ndarray, rest_k: np.ndarray, rest_n: np.ndarray) -> np.ndarray:
    """Two-sided exact test of two shares: twice the smaller tail of Fisher's distribution (central: Fay 2010), at most 1.

    Examples
    --------
    >>> exact_p(np.array([3]), np.array([3]), np.array([0]), np.array([3])).round(3).tolist()
    [0.1]
    """
    from scipy.stats import hypergeom

    k, n, rest_k, rest_n = (np.asarray(x, np.int64) for x in (k, n, rest_k, rest_n))
    if not len(k):
        return np.empty(0)
    drawn, all_n = k + rest_k, n + rest_n
    high = hypergeom.sf(k - 1, all_n, n, drawn)
    low = hypergeom.cdf(k, all_n, n, drawn)
    return np.asarray(np.clip(2 * np.minimum(low, high), 0.0, 1.0))


def side(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """1 where an interval of a ratio lies above 1, -1 where it lies below, else 0.

    Examples
    --------
    >>> side(np.array([1.2, 0.1, 0.8, np.nan]), np.array([np.inf, 0.9, 1.2, np.nan])).tolist()
    [1, -1, 0, 0]
    """
    return np.where(low > 1, 1, np.where(high < 1, -1, 0))


def excess(k: np.ndarray, n: np.ndarray, all_k: np.ndarray, all_n: np.ndarray) -> np.ndarray:
    """``n (P(d|A) - P(d))``: deviating cases beyond those that the group would have at the common rate (Lehto et al. 2016)."""
    return np.asarray(k - n * (np.asarray(all_k, float) / np.asarray(all_n, float)))


def attributable_share(rest_k: np.ndarray, rest_n: np.ndarray, all_k: np.ndarray, all_n: np.ndarray) -> np.ndarray:
    """Share of the deviating cases beyond the rate of the rest: ``(P(d) - P(d|not A)) / P(d)``.

    The same as Levin's (1953) ``p_A (RR - 1) / (1 + p_A (RR - 1))``, and defined where the rest has no deviating case. Negative for a
    group that deviates less often than the rest; missing where nothing deviates.

    Examples
    --------
    >>> attributable_share(np.array([10]), np.array([100]), np.array([40]), np.array([200])).tolist()
    [0.5]
    """
    overall, rest = np.asarray(all_k, float) / all_n, np.asarray(rest_k, float) / rest_n
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((overall - rest) / overall)
