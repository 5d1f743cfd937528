"""Cases with a deviation beside cases without it, as they are: printed always, and never an effect."""

from __future__ import annotations

import numpy as np

TRIM = 0.1
NOISE = 1e-9  # of the largest value: values that differ by less are the same


def naive_of(with_: np.ndarray, without: np.ndarray, *, share: bool) -> dict[str, float]:
    """Means, their difference with its 95 % interval (Welch; of shares Newcombe), and the differences of medians and trimmed
    means, and Cliff's delta (1993).

    Parameters
    ----------
    with_, without : float64 arrays
        The outcome of both groups, without missing values.
    share : bool
        The values are 0 and 1.

    Examples
    --------
    >>> found = naive_of(np.array([3.0, 5.0]), np.array([1.0, 1.0, 4.0]), share=False)
    >>> found["naive"], found["median_diff"], round(found["delta"], 3)
    (2.0, 3.0, 0.667)
    """
    from scipy.stats import mannwhitneyu, trim_mean

    lost = float("nan")
    found = dict.fromkeys(
        ("mean_with", "mean_without", "naive", "naive_low", "naive_high", "median_diff", "trimmed_diff", "delta"), lost
    )
    if len(with_):
        found["mean_with"] = float(with_.mean())
    if len(without):
        found["mean_without"] = float(without.mean())
    if not len(with_) or not len(without):
        return found
    found["naive"] = found["mean_with"] - found["mean_without"]
    if share:
        return found | _newcombe(with_, without)
    found["median_diff"] = float(np.median(with_) - np.median(without))
    found["delta"] = float(
        2 * mannwhitneyu(with_, without, method="asymptotic").statistic / len(with_) / len(without) - 1
    )
    found["trimmed_diff"] = float(trim_mean(with_, TRIM) - trim_mean(without, TRIM))
    if len(with_) > 1 and len(without) > 1 and not (constant(with_) and constant(without)):
        found |= _welch(with_, without)
    return found


def constant(values: np.ndarray) -> bool:
    """Whether all values are the same, but for the noise of floating point.

    Examples
    --------
    >>> constant(np.array([0.1 + 0.2, 0.3])), constant(np.array([0.3, 0.31])), constant(np.array([]))
    (True, False, True)
    """
    return not len(values) or bool(np.ptp(values) <= NOISE * np.abs(values).max())


def _welch(with_: np.ndarray, without: np.ndarray) -> dict[str, float]:
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    largest = max(np.abs(with_).max(), np.abs(without).max())  # no square of a value overflows, or vanishes
    both = CompareMeans(DescrStatsW(with_ / largest), DescrStatsW(without / largest))
    low, high = both.tconfint_diff(usevar="unequal")
    return {"naive_low": float(low * largest), "naive_high": float(high * largest)}


def _newcombe(with_: np.ndarray, without: np.ndarray) -> dict[str, float]:
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(
        int(with_.sum()), len(with_), int(without.sum()), len(without), method="newcomb", compare="diff"
    )
    return {"naive_low": float(low), "naive_high": float(high)}
