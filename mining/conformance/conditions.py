"""Where a check applies: ``when`` conditions over case attributes; and those over the values of single events. Data, never code."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mining.blueprint.model import Condition
from mining.conformance import verdicts as v
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
    return _all_of([_per_case(condition, instances) for condition in when], instances.n_cases)


def holds_at(when: tuple[Condition, ...], instances: Instances, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`holds`, per instance: of the values in the row of each event itself.

    Parameters
    ----------
    when : tuple of Condition
    instances : Instances
    rows : int64 array of shape (n,)
        Positions of the instances.

    Returns
    -------
    true, known : bool arrays of shape (n,)
    """
    return _all_of([_compared(condition, instances.values(condition.attr)[rows]) for condition in when], len(rows))


def where_it_applies(when: tuple[Condition, ...], instances: Instances, verdict: np.ndarray) -> np.ndarray:
    """Verdicts with their conditions: not applicable where these do not hold, not observable where a value that decides is missing.

    What does not apply anyway stays so, whatever the value may be; so does a case of which all labels are ignored.

    Parameters
    ----------
    when : tuple of Condition
    instances : Instances
    verdict : int8 array of shape (n_cases,)
        As if the conditions held. Not changed.

    Returns
    -------
    int8 array of shape (n_cases,)
    """
    applies, known = holds(when, instances)
    nothing = (np.diff(instances.offsets) == 0) | (verdict == v.NOT_APPLICABLE) | (known & ~applies)
    return np.where(nothing, v.NOT_APPLICABLE, np.where(known, verdict, v.NOT_OBSERVABLE)).astype(np.int8)


def _all_of(parts: list[tuple[np.ndarray, np.ndarray]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether all of some conditions hold, each given as (true, missing), and whether that is known."""
    applies, known, refuted = np.ones(n, bool), np.ones(n, bool), np.zeros(n, bool)
    for true, missing in parts:
        applies &= true
        known &= ~missing
        refuted |= ~missing & ~true
    return applies, known | refuted


def _per_case(condition: Condition, instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Per case whether a condition holds and whether the attribute is missing; text is compared once per distinct value."""
    value = instances.attribute(condition.attr)
    if value.dtype != object:
        return _compared(condition, value)
    return _of_codes(condition, *instances.coded(condition.attr))


def _compared(condition: Condition, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each value whether a condition holds and whether the value is missing."""
    if value.dtype == object:
        return _of_codes(condition, *pd.factorize(value))
    missing = is_missing(value)
    true = np.zeros(len(value), bool)
    true[~missing] = _compare(condition, value[~missing])
    return true, missing


def _of_codes(condition: Condition, codes: np.ndarray, distinct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.append(_compare(condition, distinct), False)[codes], codes < 0


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
