"""One regression over periods: least squares, with intervals that neighbouring periods that resemble each other do not make too short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALIKE = 0.8  # most autocorrelation that is corrected for
SPREAD = 0.2  # a trend before the change is carried on where chance alone makes one as steep less often than this


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a regression found.

    Attributes
    ----------
    estimate, se, low, high : float64 arrays of shape (n_terms,)
        Coefficients, standard errors, 95 % intervals.
    hac_se : float64 array of shape (n_terms,)
        Standard errors by Newey and West (1987) alone, corrected for the number of terms.
    fitted : float64 array of shape (n,)
    rho : float
        Autocorrelation of neighbouring residuals that was corrected for, 0 or more.
    p : float64 array of shape (n_terms,)
        Probability of such a coefficient if it were 0.
    covariance : float64 array of shape (n_terms, n_terms)
    df : int
        Degrees of freedom.
    """

    estimate: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray
    hac_se: np.ndarray
    fitted: np.ndarray
    rho: float
    p: np.ndarray
    covariance: np.ndarray
    df: int


def fit(y: np.ndarray, terms: np.ndarray) -> Fitted:
    """Least squares with standard errors for series of few points.

    The errors of Newey and West (HAC) are right for long series and far too small for short ones: with 12 points before and after, their
    95 % intervals hold the true step in 87 % of series of pure noise (with 8, in 81 %). So the larger of two is taken: HAC with its
    correction for the number of terms, and the exact error of least squares where neighbouring residuals are correlated as they are here
    (first order; the estimate is corrected for its bias, which is downward in short series, and is not below 0). Quantiles are Student's.

    Parameters
    ----------
    y : float64 array of shape (n,)
    terms : float64 array of shape (n, n_terms)
        More rows than terms.

    Returns
    -------
    Fitted

    Examples
    --------
    >>> y, terms = np.array([1.0, 2, 3, 10, 11, 12]), np.column_stack([np.ones(6), np.arange(6) > 2])
    >>> fit(y, terms).estimate.round(6).tolist()
    [2.0, 9.0]
    """
    import statsmodels.api as sm
    from scipy.linalg import toeplitz
    from scipy.stats import t

    n, k = terms.shape
    lags = max(1, int(4 * (n / 100) ** (2 / 9)))  # Newey and West (1994)
    model = sm.OLS(y, terms)
    plain = model.fit()
    robust = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)
    rho = _autocorrelation(plain.resid, k)
    alike = toeplitz(rho ** np.arange(n))
    inverse = np.linalg.pinv(terms)
    left = np.trace(alike) - np.trace(inverse @ alike @ terms)
    covariance = inverse @ alike @ inverse.T * (float(plain.resid @ plain.resid) / left)
    hac = np.nan_to_num(np.sqrt(np.maximum(np.diag(robust.cov_params()), 0)))
    se = np.maximum(np.sqrt(np.maximum(np.diag(covariance), 0)), hac)
    half = t.ppf(0.975, n - k) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * t.sf(np.abs(plain.params / se), n - k)
    return Fitted(
        plain.params, se, plain.params - half, plain.params + half, hac, plain.fittedvalues, rho, np.nan_to_num(p, nan=1.0),
        covariance, n - k,
    )  # fmt: skip


def _autocorrelation(residuals: np.ndarray, terms: int) -> float:
    """First order, corrected for the bias of short series (Kendall 1954, and one for the terms), between 0 and 0.8."""
    total = float(residuals @ residuals)
    if total <= 0:
        return 0.0
    raw = float(residuals[1:] @ residuals[:-1]) / total
    return float(np.clip(raw + (terms + 1 + 3 * raw) / len(residuals), 0, ALIKE))


def segmented(t: np.ndarray, y: np.ndarray, first: int) -> tuple[Fitted, np.ndarray]:
    """Step and slope: y = b0 + b1 t + b2 post + b3 (t - t0) post (Wagner et al. 2002), and the terms.

    Parameters
    ----------
    t : float64 array of shape (n,)
        Number of the period; some may be missing.
    y : float64 array of shape (n,)
    first : int
        Number of the first period after the change: b2 is the step there.
    """
    post = (t >= first).astype(float)
    terms = np.column_stack([np.ones(len(t)), t, post, (t - first) * post])
    return fit(y, terms), terms


def trending(t: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope per period, and the probability of one as steep if there were none."""
    found = fit(y, np.column_stack([np.ones(len(t)), t - t.mean()]))
    return float(found.estimate[1]), float(found.p[1])


def shifted(t: np.ndarray, y: np.ndarray, after: np.ndarray, trend: bool) -> Fitted:
    """How far the points ``after`` lie from where those before would have gone on to: the last term.

    Without ``trend`` those before go on at their mean, with it along their line.
    """
    before = ~after
    centred = t - t[before].mean()
    if not trend:
        return fit(y, np.column_stack([np.ones(len(t)), after.astype(float)]))
    # a slope of their own within the points after, around their middle: so the last term is the mean distance from the line before
    within = np.where(after, t - t[after].mean(), 0.0)
    line = np.where(after, t[after].mean() - t[before].mean(), centred)
    terms = [np.ones(len(t)), line, *([within] if after.sum() > 2 else []), after.astype(float)]
    return fit(y, np.column_stack(terms))
