"""Standards that are no lengths of time: how often an activity occurs, and the value that an attribute has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.blueprint.model import Blueprint, Standard
from mining.conformance import verdicts as v
from mining.conformance.conditions import is_missing
from mining.conformance.instances import Instances
from mining.units import Duration

BLANK, WRONG = "missing_evidence", "wrong_value"  # faults of an attribute: not filled in, not a value that is promised


@dataclass(frozen=True, eq=False)
class Outcome:
    """Verdicts before conditions, the faults behind them, and the number that was measured per case (NaN where none was)."""

    verdict: np.ndarray
    faults: v.Faults
    measured: np.ndarray


def count(standard: Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> Outcome:
    """How often ``of`` was completed in each case, all its activities together.

    More than ``max`` is a fail at once, one fault for every instance beyond it; fewer than ``min`` is one when the case has ended.
    In a case still running, what more instances could still meet or break is pending.
    """
    rows = instances.of(*standard.of)
    case = instances.case[rows]
    times = np.bincount(case, minlength=instances.n_cases)
    assert not isinstance(standard.limit, Duration)  # the schema wants a number here
    least, most = standard.minimum or 0, np.inf if standard.limit is None else float(standard.limit)
    undecided = is_open & ((times < least) | np.isfinite(most))
    verdict = np.where(undecided, v.PENDING, np.where(times < least, v.FAIL, v.PASS))
    verdict = np.where(times > most, v.FAIL, verdict).astype(np.int8)
    nth = np.arange(len(case)) - np.searchsorted(case, case)
    beyond = rows[nth >= most]
    few = np.flatnonzero((verdict == v.FAIL) & (times < least))
    found = v.join(
        [
            v.faults(
                instances.case[beyond], "repeated", instances.activity[beyond], instances.end[beyond], instance=beyond,
                measured=times[instances.case[beyond]], limit=most, pattern="rework",
            ),
            v.faults(
                few, "missing", instances.code[standard.of[0]] if len(standard.of) == 1 else v.NONE,
                instances.case_end[few], measured=times[few], limit=least, pattern="skipped",
            ),
        ]
    )  # fmt: skip
    return Outcome(verdict, found, times.astype(float))


def attribute(standard: Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> Outcome:
    """The value of an attribute: once per case, or with ``of`` at every completed instance of these activities.

    Without ``max``, ``min`` and ``one_of`` the promise is that it is filled in, so a blank is a fail; with them a blank is not
    observable. What a running case has not filled in yet is pending. Values that cannot be read as the declared type are blanks.
    """
    return _at_steps(standard, instances) if standard.of else _per_case(standard, instances, is_open)


def _at_steps(standard: Standard, instances: Instances) -> Outcome:
    rows = instances.of(*standard.of)
    values = instances.values(standard.attr or "")[rows]
    case, blank = instances.case[rows], is_missing(values)
    wrong = ~blank & ~_promised(standard, values)
    must = _must_be_filled(standard)
    verdict = np.full(instances.n_cases, v.NOT_APPLICABLE, np.int8)
    for which, word in (
        (np.ones(len(rows), bool), v.PASS),
        (blank, v.FAIL if must else v.NOT_OBSERVABLE),
        (wrong, v.FAIL),
    ):
        verdict[case[which]] = word
    number = _numbers(values)
    bad = np.flatnonzero(wrong | blank if must else wrong)
    found = v.faults(
        case[bad], np.where(blank[bad], v.KINDS.index(BLANK), v.KINDS.index(WRONG)), instances.activity[rows[bad]],
        instances.end[rows[bad]], instance=rows[bad], measured=number[bad], limit=_broken(standard, number[bad]),
    )  # fmt: skip
    largest = np.full(instances.n_cases, -np.inf)
    known = ~np.isnan(number)
    np.maximum.at(largest, case[known], number[known])
    largest[np.isinf(largest)] = np.nan
    return Outcome(verdict, found, largest)


def _per_case(standard: Standard, instances: Instances, is_open: np.ndarray) -> Outcome:
    assert standard.attr is not None  # the schema requires it
    values = instances.attribute(standard.attr)
    blank = is_missing(values)
    wrong = ~blank & ~_promised(standard, values)
    must = _must_be_filled(standard)
    absent = np.where(is_open, v.PENDING, v.FAIL if must else v.NOT_OBSERVABLE)
    verdict = np.where(blank, absent, np.where(wrong, v.FAIL, v.PASS)).astype(np.int8)
    bad = np.flatnonzero((verdict == v.FAIL) & (np.diff(instances.offsets) > 0))
    number = _numbers(values)
    where = _first_with_value(standard, instances)[bad]
    at = np.where(where == v.NONE, instances.case_end[bad], instances.order_time[where])
    found = v.faults(
        bad, np.where(blank[bad], v.KINDS.index(BLANK), v.KINDS.index(WRONG)), v.NONE, at,
        instance=where, measured=number[bad], limit=_broken(standard, number[bad]),
    )  # fmt: skip
    return Outcome(verdict, found, number)


def _first_with_value(standard: Standard, instances: Instances) -> np.ndarray:
    """Per case the first instance whose row has the attribute; ``NONE`` where no step's row does."""
    rows = np.flatnonzero(~is_missing(instances.values(standard.attr or "")))
    found = np.full(instances.n_cases, v.NONE, np.int64)
    found[instances.case[rows][::-1]] = rows[::-1]
    return found


def _must_be_filled(standard: Standard) -> bool:
    return standard.limit is None and standard.minimum is None and not standard.one_of


def _promised(standard: Standard, values: np.ndarray) -> np.ndarray:
    """Whether each value is one that the standard promises; of no account where it is missing."""
    fine = np.ones(len(values), bool)
    if standard.one_of:
        wanted = set(standard.one_of)
        fine &= np.fromiter((x in wanted for x in values.tolist()), bool, len(values))
    if standard.limit is not None:
        fine &= values <= standard.limit
    if standard.minimum is not None:
        fine &= values >= standard.minimum
    return fine


def _numbers(values: np.ndarray) -> np.ndarray:
    """Values that are numbers as such, all others as NaN."""
    return values if values.dtype.kind == "f" else np.full(len(values), np.nan)


def _broken(standard: Standard, number: np.ndarray) -> np.ndarray:
    """The limit that each number breaks; NaN where it breaks none."""
    limit = np.full(len(number), np.nan)
    if isinstance(standard.limit, int | float):
        limit[number > standard.limit] = standard.limit
    if standard.minimum is not None:
        limit[number < standard.minimum] = standard.minimum
    return limit
