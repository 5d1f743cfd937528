"""What changed between the periods before and those after: plain numbers in, estimates with intervals out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.follow_up.regression import SPREAD, Fitted, fit, segmented, shifted, trending

LEAST_SIDE = 8  # complete periods before and after that a regression needs
LEAST_WINDOW = 3  # complete periods that a check looks at
BEFORE, WASH_OUT, AFTER, LEFT_OUT = range(4)
ONWARD = ("mean", "line", "both")
SIDES = ("before", "wash_out", "after", "left_out")


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, the interval by Newey and West alone, and the probability of it if there were nothing."""

    value: float
    low: float
    high: float
    p: float = np.nan
    hac_low: float = np.nan
    hac_high: float = np.nan


NOTHING = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class Change:
    """What :func:`change_of` found.

    Attributes
    ----------
    n_before, n_after : int
        Periods.
    before, after : Estimate
        Mean of the periods, with the interval of the regression's level (of Student's t where there is no regression).
    effect : Estimate
        Mean distance of the periods after from where those before would have gone on to.
    onward : str
        How those before go on, one of ``ONWARD``.
    slope_before : Estimate
        Per period, before the change.
    step, slope : Estimate
        Of the segmented regression: at the first period after, and per period after it.
    line, ahead, ahead_low, ahead_high : float64 arrays of shape (n_periods,)
        Fitted values; where those before would have gone on to, with its interval. Missing where there is none.
    why : str
        Why there is no estimate: ``few_before`` or ``few_after``; empty where there is one.
    """

    n_before: int
    n_after: int
    before: Estimate
    after: Estimate
    effect: Estimate
    onward: str
    slope_before: Estimate
    step: Estimate
    slope: Estimate
    line: np.ndarray
    ahead: np.ndarray
    ahead_low: np.ndarray
    ahead_high: np.ndarray
    why: str


def change_of(y: np.ndarray, side: np.ndarray, *, trend: bool | None = None) -> Change:
    """Before and after, of one series.

    Parameters
    ----------
    y : float64 array of shape (n_periods,)
        Missing values are gaps.
    side : int array of shape (n_periods,)
        Position in ``SIDES``.
    trend : bool, optional
        Whether the periods before go on along their line (True) or at their mean (False). A line carried on is safe and blunt; a mean
        carried on is sharp, and wrong if the measure was moving already. Not given: at their mean, unless chance alone would make a line
        as steep in less than one series of five; then either may be right, so the estimate is that along the line, and its interval
        holds the intervals of both.

    Examples
    --------
    >>> y = np.r_[10, 12, 11, 9, 10, 11, 12, 9, 10, 11, 5, 4, 6, 5, 4, 5, 6, 5, 4, 6]
    >>> found = change_of(y, np.repeat([BEFORE, AFTER], 10))
    >>> found.onward, round(found.effect.value, 3), round(found.before.value, 3)
    ('mean', -5.5, 10.5)
    """
    size = len(y)
    t = np.arange(size, dtype=float)
    seen = np.isfinite(y)
    before, after = seen & (side == BEFORE), seen & (side == AFTER)
    n_before, n_after = int(before.sum()), int(after.sum())
    why = "few_before" if n_before < LEAST_SIDE else "few_after" if n_after < LEAST_SIDE else ""
    empty = np.full(size, np.nan)
    level = level_of(y[before]), level_of(y[after])
    if why:
        return Change(
            n_before, n_after, *level, NOTHING, "", NOTHING, NOTHING, NOTHING, empty, empty, empty, empty, why
        )
    slope, steep = trending(t[before], y[before])
    onward = "line" if trend else "mean" if trend is False or steep >= SPREAD else "both"
    rows = before | after
    effect = window_effect(y, side, after, onward)
    pieces, _ = segmented(t[rows], y[rows], int(t[after][0]))
    ahead, ahead_low, ahead_high, line = (empty.copy() for _ in range(4))
    span = (side == AFTER) & (t <= t[after][-1])
    at = np.flatnonzero(span)
    if onward == "mean":
        held = fit(y[rows], np.column_stack([before[rows], after[rows]]).astype(float))
        ahead[at], ahead_low[at], ahead_high[at] = held.estimate[0], held.low[0], held.high[0]
        line[rows] = held.fitted
    else:
        ahead[at], ahead_low[at], ahead_high[at] = _along(pieces, t[at])
        line[rows] = pieces.fitted
    return Change(
        n_before, n_after, *level, effect, onward, Estimate(slope, np.nan, np.nan, steep), estimate(pieces, 2),
        estimate(pieces, 3), line, ahead, ahead_low, ahead_high, "",
    )  # fmt: skip


def window_effect(y: np.ndarray, side: np.ndarray, window: np.ndarray, onward: str) -> Estimate:
    """How far the periods of a window lie from where those before the change would have gone on to; nothing below three periods."""
    t = np.arange(len(y), dtype=float)
    before, inside = np.isfinite(y) & (side == BEFORE), np.isfinite(y) & window
    if before.sum() < LEAST_SIDE or inside.sum() < LEAST_WINDOW:
        return NOTHING
    rows = before | inside
    ways = (False,) if onward == "mean" else (True,) if onward == "line" else (True, False)
    first, *others = (estimate(shifted(t[rows], y[rows], inside[rows], way), -1) for way in ways)
    return Estimate(
        first.value, min(first.low, *(x.low for x in others), np.inf), max(first.high, *(x.high for x in others), -np.inf),
        max(first.p, *(x.p for x in others), 0.0), first.hac_low, first.hac_high,
    )  # fmt: skip


def level_of(values: np.ndarray) -> Estimate:
    """Mean of some periods with Student's interval."""
    if len(values) < 2:
        return Estimate(float(values[0]), np.nan, np.nan) if len(values) else NOTHING
    from scipy.stats import t

    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Estimate(float(values.mean()), float(values.mean()) - half, float(values.mean()) + half)


def estimate(found: Fitted, term: int) -> Estimate:
    """One term of a regression."""
    from scipy.stats import t

    value, half = float(found.estimate[term]), float(t.ppf(0.975, found.df) * found.hac_se[term])
    return Estimate(
        value, float(found.low[term]), float(found.high[term]), float(found.p[term]), value - half, value + half
    )


def _along(pieces: Fitted, t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The line of the periods before, carried on, with its interval."""
    from scipy.stats import t as student

    terms = np.column_stack([np.ones(len(t)), t, np.zeros((len(t), 2))])
    middle = terms @ pieces.estimate
    half = student.ppf(0.975, pieces.df) * np.sqrt(np.einsum("ij,jk,ik->i", terms, pieces.covariance, terms))
    return middle, middle - half, middle + half
