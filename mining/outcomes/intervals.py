"""Intervals of means, medians and other percentiles, shares and net promoter scores, each with the name of its method."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mining.results import wilson

CONFIDENCE = 0.95
FEW = 10  # observations below which a mean has no interval
MOST_BOOTSTRAPPED = 1000  # observations up to which the interval of a mean is bootstrapped
RESAMPLES = 1999
STATS = ("share", "median", "p90", "mean", "nps")


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval as an estimate of the process.

    Attributes
    ----------
    value : float
        NaN where there are no observations.
    n : int
        Observations: the denominator.
    hits : int or None
        Of a share its numerator.
    low, high : float
        95 % interval; NaN where there is none.
    method : str
        How it was made; empty where there is none.
    """

    value: float
    n: int
    hits: int | None
    low: float
    high: float
    method: str


def estimate(stat: str, values: np.ndarray, *, seed: int = 0) -> Estimate:
    """A figure of some observations, with its 95 % interval.

    ======== ======================================================= ===================================================================
    stat     value                                                   interval
    ======== ======================================================= ===================================================================
    share    mean of zeros and ones                                  Wilson (1927)
    median   half of the observations do not exceed it               order statistics: the ranks are binomial, no shape is assumed
    p90      90 % of the observations do not exceed it               the same
    mean     mean                                                    BCa bootstrap (Efron 1987) up to 1,000 observations, beyond Student's t
    nps      promoters (1) less detractors (-1), as a share          normal, with the variance of a multinomial: (P + D)/n - NPS²
    ======== ======================================================= ===================================================================

    There is none where it cannot reach 95 % (a median of fewer than 6), of a mean of fewer than 10, and where all observations are alike
    (but of a share).

    Parameters
    ----------
    stat : {"share", "median", "p90", "mean", "nps"}
    values : float array of shape (n,)
        Without missing ones.
    seed : int
        For the bootstrap.

    Examples
    --------
    >>> found = estimate("nps", np.repeat([1.0, 0.0, -1.0], [60, 25, 15]))
    >>> [round(100 * x, 1) for x in (found.value, found.low, found.high)]
    [45.0, 30.5, 59.5]
    """
    n = len(values)
    if n == 0:
        return Estimate(math.nan, 0, 0 if stat == "share" else None, math.nan, math.nan, "")
    if stat == "share":
        hits = int(np.count_nonzero(values))
        return Estimate(hits / n, n, hits, *wilson(hits, n), "Wilson")
    if stat in ("median", "p90"):
        return _percentile(np.sort(values), 0.5 if stat == "median" else 0.9)
    value = float(np.mean(values))
    if stat == "nps":
        half = 1.96 * math.sqrt(max(float(np.mean(values != 0)) - value**2, 0) / n)
        if n < FEW or half == 0:
            return Estimate(value, n, None, math.nan, math.nan, "")
        return Estimate(value, n, None, max(value - half, -1.0), min(value + half, 1.0), "multinomial")
    low, high, method = mean_interval(values, seed=seed)
    return Estimate(value, n, None, low, high, method)


def _percentile(ranked: np.ndarray, share: float) -> Estimate:
    """A percentile and the observations whose ranks hold it in 95 % of samples (David and Nagaraja 2003, 7.1)."""
    from scipy.stats import binom

    n = len(ranked)
    value = float(np.median(ranked)) if share == 0.5 else float(np.quantile(ranked, share, method="inverted_cdf"))
    tail = (1 - CONFIDENCE) / 2
    first, last = int(binom.ppf(tail, n, share)), int(binom.ppf(1 - tail, n, share)) + 1
    if first < 1 or last > n or ranked[0] == ranked[-1]:
        return Estimate(value, n, None, math.nan, math.nan, "")
    return Estimate(value, n, None, float(ranked[first - 1]), float(ranked[last - 1]), "order statistics")


def mean_interval(values: np.ndarray, *, seed: int = 0) -> tuple[float, float, str]:
    """95 % interval of a mean, and how it was made: BCa bootstrap of few, Student's t of many; none of fewer than 10 or of equal ones.

    Examples
    --------
    >>> mean_interval(np.ones(50))
    (nan, nan, '')
    """
    if len(values) < FEW or np.ptp(values) == 0:
        return math.nan, math.nan, ""
    if len(values) > MOST_BOOTSTRAPPED:
        return (*t_interval(values), "Student's t")
    from scipy.stats import bootstrap

    found = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, confidence_level=CONFIDENCE, method="BCa", random_state=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high), "BCa bootstrap"


def t_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of a mean by Student's t; NaN for fewer than two values.

    Examples
    --------
    >>> [round(x, 3) for x in t_interval(np.array([1.0, 2.0, 3.0, 4.0]))]
    [0.446, 4.554]
    """
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return math.nan, math.nan
    middle = float(np.mean(values))
    half = float(t.ppf(0.5 + CONFIDENCE / 2, n - 1)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return middle - half, middle + half
