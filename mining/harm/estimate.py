"""The mean effect on those concerned (ATT), adjusted for covariates: augmented inverse probability weighting, cross-fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FOLDS = 5
CLIP = 0.99  # highest propensity that is used: a weight of at most 99
KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9)  # quantiles at which the effect of a number may bend
EVENTS = (
    10  # rows concerned for each column of the propensity; with fewer, numbers do not bend, and the model is held back
)
FEW_VALUES = 6  # a number with at most so many values is taken as it is
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Fitted:
    """What two models say of cases that they were not fitted to.

    Attributes
    ----------
    propensity : float64 array of shape (n,)
        Chance to be concerned, given the covariates; at most ``CLIP``.
    weight : float64 array of shape (n,)
        Of the cases concerned 1, of the others ``propensity / (1 - propensity)``: with it they are like those concerned.
    fold : int array of shape (n,)
        Which part each case was in.
    basis : float64 array of shape (n, m)
        Covariates as the models see them.
    """

    propensity: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    basis: np.ndarray


@dataclass(frozen=True, eq=False)
class Estimate:
    """An effect and what each row adds to it.

    Attributes
    ----------
    effect, se, low, high, p : float
        Mean effect on the rows concerned, standard error, 95 % interval (Student's t), two-sided p.
    total : float64 array of shape (n,)
        What each row adds to effect x rows concerned; its sum is that.
    error : float64 array of shape (n,)
        Influence of each row on the effect: the standard error is the root of the sum of its squares (summed by cluster first).
    """

    effect: float
    se: float
    low: float
    high: float
    p: float
    total: np.ndarray
    error: np.ndarray


def basis_of(values: np.ndarray, *, bends: bool = True) -> np.ndarray:
    """Covariates as the models see them: standardised, numbers with bends at their quantiles (a linear spline).

    Parameters
    ----------
    values : float64 array of shape (n, p)
    bends : bool
        False: without the bends.

    Returns
    -------
    float64 array of shape (n, m)

    Examples
    --------
    >>> basis_of(np.array([[0.0], [1.0], [1.0], [0.0]])).ravel().tolist()
    [-1.0, 1.0, 1.0, -1.0]
    """
    columns = []
    for x in values.T:
        columns.append(x)
        if bends and len(np.unique(x)) > FEW_VALUES:
            knots = np.unique(np.quantile(x, KNOTS))
            columns += [np.maximum(x - knot, 0) for knot in knots if x.min() < knot < x.max()]
    if not columns:
        return np.zeros((len(values), 0))
    wide = np.column_stack(columns)
    spread = wide.std(axis=0)
    varies = spread > 1e-12 * np.maximum(1, np.abs(wide).max(axis=0))
    return (wide[:, varies] - wide[:, varies].mean(axis=0)) / spread[varies]


def folds_of(treated: np.ndarray, cluster: np.ndarray, seed: int) -> np.ndarray:
    """A part for each row: whole clusters together, those concerned spread evenly.

    Parameters
    ----------
    treated : bool array of shape (n,)
    cluster : int array of shape (n,)
    seed : int
    """
    names, first, member = np.unique(cluster, return_index=True, return_inverse=True)
    concerned = np.bincount(member, treated, minlength=len(names)) > 0
    order = np.lexsort((np.random.default_rng(seed).random(len(names)), concerned))
    part = np.empty(len(names), np.int64)
    part[order] = np.arange(len(names)) % FOLDS
    return part[member]


def fitted(values: np.ndarray, treated: np.ndarray, cluster: np.ndarray, *, seed: int = 0) -> Fitted:
    """Propensities of all rows, each from a model that has not seen its part.

    Parameters
    ----------
    values : float64 array of shape (n, p)
        Covariates.
    treated : bool array of shape (n,)
    cluster : int array of shape (n,)
        Rows that belong together, such as those of one case.
    seed : int
    """
    from sklearn.linear_model import LogisticRegression

    basis, fold = basis_of(values), folds_of(treated, cluster, seed)
    n, propensity = int(treated.sum()), np.full(len(treated), treated.mean())
    narrow = basis if n >= EVENTS * basis.shape[1] else basis_of(values, bends=False)
    if narrow.shape[1]:
        strength = min(1.0, n / (EVENTS * narrow.shape[1]))
        for part in range(FOLDS):
            out = fold == part
            if treated[~out].any() and not treated[~out].all():
                model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)
                propensity[out] = model.fit(narrow[~out], treated[~out]).predict_proba(narrow[out])[:, 1]
    propensity = np.minimum(propensity, CLIP)
    weight = np.where(treated, 1.0, propensity / (1 - propensity))
    return Fitted(propensity, weight, fold, basis)


def estimated(y: np.ndarray, treated: np.ndarray, models: Fitted, cluster: np.ndarray) -> Estimate:
    """The effect on one outcome.

    The outcome without the deviation is foretold from the cases without it; the mean error of the forecast in those concerned, less the
    weighted mean error in the others, is the effect. It is right if either of the two models is (Robins, Rotnitzky and Zhao 1994), and
    cross-fitting keeps the interval honest (Chernozhukov and others 2018).

    Parameters
    ----------
    y : float64 array of shape (n,)
    treated : bool array of shape (n,)
    models : Fitted
    cluster : int array of shape (n,)
    """
    rest = surprise_of(y, treated, models)
    effect, error = difference_of(rest, treated, models.weight)
    return with_interval(effect, error, cluster, treated, freedom_of(y, treated))


def surprise_of(y: np.ndarray, treated: np.ndarray, models: Fitted) -> np.ndarray:
    """What the outcome without the deviation, foretold from cases without it of the other parts, misses in each row.

    Parameters
    ----------
    y : float64 array of shape (n,) or (n, k)
        One outcome, or several.
    treated : bool array of shape (n,)
    models : Fitted
    """
    from sklearn.linear_model import Ridge

    expected = np.broadcast_to(y[~treated].mean(axis=0), y.shape).copy()
    if models.basis.shape[1]:
        for part in range(FOLDS):
            out = models.fold == part
            without = ~out & ~treated
            if out.any() and without.sum() > 1:
                expected[out] = Ridge(alpha=1.0).fit(models.basis[without], y[without]).predict(models.basis[out])
    return y - expected


def difference_of(rest: np.ndarray, treated: np.ndarray, weight: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of the rows concerned less the weighted mean of the others, and the influence of each row on it.

    Examples
    --------
    >>> found, error = difference_of(np.array([5.0, 3.0, 1.0]), np.array([True, True, False]), np.ones(3))
    >>> found, error.tolist()
    (3.0, [0.5, -0.5, -0.0])
    """
    w = np.where(treated, 0.0, weight)
    mean, other = float(rest[treated].mean()), float(w @ rest / w.sum())
    return mean - other, np.where(treated, (rest - mean) / treated.sum(), -w * (rest - other) / w.sum())


def freedom_of(y: np.ndarray, treated: np.ndarray) -> int:
    """Degrees of freedom of an interval: the rows concerned less one; of a yes/no outcome twice those with the rarer value, if
    they are fewer.

    Student's t with so many keeps the interval of a share honest where few rows have one of its values: measured in docs/coverage.md.

    Examples
    --------
    >>> freedom_of(np.array([1.0, 0, 0, 0, 0, 1, 1]), np.array([True] * 5 + [False] * 2)), freedom_of(np.arange(7.0), np.ones(7, bool))
    (2, 6)
    """
    values = y[treated]
    if np.isin(y, (0.0, 1.0)).all():
        ones = int(values.sum())
        return max(min(2 * ones, 2 * (len(values) - ones), len(values) - 1), 1)
    return max(len(values) - 1, 1)


def with_interval(
    effect: float, error: np.ndarray, cluster: np.ndarray, treated: np.ndarray, freedom: float
) -> Estimate:
    """An estimate with the interval that its influence gives; rows of a cluster are summed first.

    Degrees of freedom are no more than the effective number of clusters with rows concerned, less one: a few large ones tell less than as
    many equal ones (Carter, Schnepel and Steigerwald 2017).
    """
    from scipy.stats import t

    member = np.unique(cluster, return_inverse=True)[1]
    sums, sizes = np.bincount(member, error), np.bincount(member, treated)
    n, effective = int((sizes > 0).sum()), float(sizes.sum() ** 2 / (sizes @ sizes))
    freedom = max(min(freedom, effective - 1), 1)
    se = float(np.sqrt(sums @ sums) * math.sqrt(n / max(n - 1, 1)))
    half = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * se
    p = float(2 * t.sf(abs(effect) / se, freedom)) if se > 0 else float(effect == 0)
    return Estimate(effect, se, effect - half, effect + half, p, treated.sum() * error + effect * treated, error)
