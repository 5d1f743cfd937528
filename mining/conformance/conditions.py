"""Where a check applies: ``when`` conditions over case attributes. Data, never code."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mining.blueprint.model import Condition
from mining.conformance.instances import Instances
from mining.units import MISSING

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(when: tuple[Condition, ...], instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Per case: whether all conditions hold, and whether that is known.

    A case without a value for an attribute is not known, unless another condition already fails. The loader has made sure that
    values and attributes are of one type.

    Returns
    -------
    applies, known : bool arrays of shape (n_cases,)
    """
    n = instances.n_cases
    applies, known, refuted = np.ones(n, bool), np.ones(n, bool), np.zeros(n, bool)
    for condition in when:
        true, missing = _holds(condition, instances)
        applies &= true
        known &= ~missing
        refuted |= ~missing & ~true
    return applies, known | refuted


def _holds(condition: Condition, instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Per case whether a condition holds and whether the attribute is missing; text is compared once per distinct value."""
    value = instances.attribute(condition.attr)
    if value.dtype == object:
        codes, distinct = instances.coded(condition.attr)
        return np.append(_compare(condition, distinct), False)[codes], codes < 0
    missing = is_missing(value)
    true = np.zeros(len(value), bool)
    true[~missing] = _compare(condition, value[~missing])
    return true, missing


def is_missing(value: np.ndarray) -> np.ndarray:
    """True where there is no value (NaN, ``MISSING`` or None, by type)."""
    if value.dtype.kind == "f":
        return np.isnan(value)
    if value.dtype.kind == "i":  # datetimes
        return value == MISSING
    return np.asarray(pd.isna(value))


def _compare(condition: Condition, value: np.ndarray) -> np.ndarray:
    if condition.op in ("in", "not_in"):
        number = value.dtype.kind in "fiu"
        inside = (
            np.isin(value, condition.value)
            if number
            else np.fromiter((x in set(condition.value) for x in value), bool, len(value))
        )
        return inside if condition.op == "in" else ~inside
    return np.asarray(_COMPARE[condition.op](value, condition.value), bool)
