"""Whether an adjusted effect may be believed: enough cases, like cases, balance, a placebo, an unseen cause; and the grade from these."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mining.harm.estimate import Estimate, Fitted

FEW_WITH, FEW_WITHOUT = 30, 100  # fewer cases with, or without, the deviation: no adjusted effect
LEAST_OVERLAP = 0.8
LEAST_LIKE = 30.0  # effective number of cases that the deviating ones are compared with
MOST_IMBALANCE = 0.1
MOST_PLACEBO = 0.1  # standard deviations
LEAST_E_VALUE = 1.25
MOST_Q = 0.05
FATAL = frozenset({"placebo", "progress"})  # where one of these is weak, the grade is C whatever else holds


def overlap_of(models: Fitted, treated: np.ndarray) -> tuple[float, float]:
    """Share of the deviating rows that have like ones, and the effective number of those.

    A row has like ones where its propensity is below the 99th percentile of those of the others. (A share with propensities between 0.05
    and 0.95, as is often asked for, would refuse every rare deviation: for the effect on the deviating cases only a lack of others like
    them matters.)
    """
    others = models.propensity[~treated]
    weights = models.weight[~treated]
    share = float((models.propensity[treated] <= np.quantile(others, 0.99)).mean())
    return share, float(weights.sum() ** 2 / (weights @ weights))


def imbalance_of(values: np.ndarray, treated: np.ndarray, models: Fitted) -> float:
    """Largest standardised difference of a covariate between the deviating rows and the weighted others; 0 without covariates.

    The standard deviation is that of both groups pooled, unweighted (Austin 2009).
    """
    if not values.shape[1]:
        return 0.0
    weights = models.weight[~treated]
    with_, without = values[treated], values[~treated]
    spread = np.sqrt((with_.var(axis=0) + without.var(axis=0)) / 2)
    differs = np.abs(with_.mean(axis=0) - weights @ without / weights.sum())
    varies = spread > 1e-12
    return float((differs[varies] / spread[varies]).max()) if varies.any() else 0.0


def e_values(estimate: Estimate, y: np.ndarray, treated: np.ndarray, *, share: bool) -> tuple[float, float]:
    """How strong an unseen cause would have to be to explain the effect away: of the estimate, and of the nearer end of its interval.

    For a share from the risk ratio; for other outcomes from the standardised difference d by RR = exp(0.91 d) (VanderWeele and Ding 2017).

    Returns
    -------
    (float, float)
        1: any would do.
    """
    near = 0.0 if estimate.low <= 0 <= estimate.high else min(abs(estimate.low), abs(estimate.high))
    if share:
        with_ = float(y[treated].mean())
        ratios = [
            _ratio(with_, with_ - sign * size)
            for size in (abs(estimate.effect), near)
            for sign in [np.sign(estimate.effect)]
        ]
    else:
        spread = float(y.std())
        ratios = [math.exp(0.91 * size / spread) if spread > 0 else 1.0 for size in (abs(estimate.effect), near)]
    return _e_value(ratios[0]), _e_value(ratios[1])


def _ratio(one: float, other: float) -> float:
    """The larger share over the smaller one, kept away from 0."""
    one, other = (min(max(x, 1e-3), 1.0) for x in (one, other))
    return max(one, other) / min(one, other)


def _e_value(ratio: float) -> float:
    return ratio + math.sqrt(ratio * (ratio - 1)) if ratio > 1 else 1.0


def weak_guards(
    overlap: float,
    effective: float,
    imbalance: float,
    placebo: Estimate | None,
    spread: float,
    e_low: float,
    *,
    no_start: bool,
) -> tuple[str, ...]:
    """The guards that do not hold, or could not be measured.

    Parameters
    ----------
    overlap, effective, imbalance : float
        As the functions above give them.
    placebo : Estimate or None
        None where nothing was measured before the deviation.
    spread : float
        Standard deviation of the placebo outcome.
    e_low : float
        E-value of the nearer end of the interval.
    no_start : bool
        The deviation could only be placed at the completion of its step.
    """
    found = []
    if overlap < LEAST_OVERLAP or effective < LEAST_LIKE:
        found.append("overlap")
    if imbalance > MOST_IMBALANCE:
        found.append("balance")
    if placebo is None or (not placebo.low <= 0 <= placebo.high and abs(placebo.effect) > MOST_PLACEBO * spread):
        found.append("placebo" if placebo is not None else "no placebo")
    if e_low < LEAST_E_VALUE:
        found.append("unseen")
    if no_start:
        found.append("start")
    return tuple(found)


def grade_of(n_with: int, n_without: int, low: float, high: float, q: float, weak: Sequence[str]) -> str:
    """A to D by the printed rule.

    Where the cases differed before the deviation already (``placebo``), or the direction changes when they are compared with others that
    went on as well (``progress``), the grade is C, whatever else holds.

    Examples
    --------
    >>> grade_of(40, 500, 1.0, 3.0, 0.01, ()), grade_of(40, 500, 1.0, 3.0, 0.01, ("unseen",)), grade_of(40, 500, -1.0, 3.0, 0.2, ())
    ('A', 'B', 'C')
    >>> grade_of(40, 500, 1.0, 3.0, 0.01, ("progress",)), grade_of(40, 500, 1.0, 3.0, 0.01, ("placebo",))
    ('C', 'C')
    >>> grade_of(12, 500, 1.0, 3.0, 0.01, ())
    'D'
    """
    if n_with < FEW_WITH or n_without < FEW_WITHOUT:
        return "D"
    if not np.isfinite(low) or low <= 0 <= high or not q < MOST_Q or len(weak) > 1 or FATAL & set(weak):
        return "C"
    return "B" if weak else "A"
