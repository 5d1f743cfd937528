"""Prediction intervals over runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def interval(values: Sequence[float], least: float = -math.inf, most: float = math.inf) -> tuple[float, float, float]:
    """Mean of the runs, and the 95 % prediction interval of one more: mean -+ t s sqrt(1 + 1/n), cut at what is possible.

    Whitmore (1986); the runs are independent draws, and about normal for means, quantiles and shares of many cases. NaN for fewer than two.

    Examples
    --------
    >>> [round(x, 3) for x in interval([1.0, 2.0, 3.0])]
    [2.0, -2.968, 6.968]
    """
    from scipy.special import stdtrit

    x = np.asarray(values, np.float64)
    x = x[~np.isnan(x)]
    if len(x) < 2:
        return math.nan, math.nan, math.nan
    mean, half = float(x.mean()), float(stdtrit(len(x) - 1, 0.975) * x.std(ddof=1) * math.sqrt(1 + 1 / len(x)))
    return mean, max(mean - half, least), min(mean + half, most)
