"""The outcome: whether a case reached an end that the design has, and stayed ended."""

from __future__ import annotations

import numpy as np

from mining.blueprint.derived import Derived
from mining.blueprint.model import Blueprint, Scope
from mining.conformance import verdicts as v
from mining.conformance.instances import LATEST, Instances, first_per_case, last_per_case
from mining.units import MICROSECONDS, MISSING, SECONDS


def cannot_fail(scope: Scope, is_open: np.ndarray, ended: np.ndarray) -> bool:
    """Whether no case of a log can fail the outcome: nothing opens a case again, and none without an end is given up or judged.

    Parameters
    ----------
    scope : Scope
    is_open : bool array of shape (n_cases,)
        Cases that may still run.
    ended : bool array of shape (n_cases,)
        Cases with an end.
    """
    return scope.abandoned_after is None and not scope.reopened_by and not bool((~is_open & ~ended).any())


def check_outcome(check: Derived, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> v.CheckResult:
    """Judge the end of every case.

    ============================================================================================== ================
    the case                                                                                       verdict
    ============================================================================================== ================
    reached one of ``ends_with``, and no ``reopened_by`` came after the first of them              pass
    was opened again by a ``reopened_by`` after its first end                                      fail, reopened
    has no end, and was silent for longer than ``abandoned_after`` at the last moment of the log   fail, abandoned
    has no end, but is judged as ended                                                             fail, abandoned
    has no end                                                                                     pending
    ended by a ``withdrawn_by``: its last end, or its only one, is the customer's own choice       not applicable
    hangs on the order of steps at the same time                                                   not observable
    ============================================================================================== ================

    A withdrawal is no end that can be opened again: a case that the customer took back and that went on to another end has reached that.

    Parameters
    ----------
    check : Derived
        Of kind ``outcome``.
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)

    Returns
    -------
    CheckResult
        One fault for every step that opens a case again, with its first end as partner; one for a case that was abandoned, at its last
        event, measured from there to the last moment of the log.
    """
    scope = blueprint.scope
    ends = instances.of(*(name for name in scope.ends_with if name not in scope.withdrawn_by))
    first_end = _first(instances, ends)
    reached = first_end != LATEST
    again, back = (
        _last(instances, instances.of(*scope.reopened_by)),
        _last(instances, instances.of(*scope.withdrawn_by)),
    )
    last_end = _last(instances, ends)
    open_word, silent, over = _without_end(scope, instances, is_open)
    verdict = np.select(
        [
            np.diff(instances.offsets) == 0,
            reached & (again > first_end),
            reached & ((again == first_end) | (back == last_end)),
            back > last_end,
            reached,
        ],
        [v.NOT_APPLICABLE, v.FAIL, v.NOT_OBSERVABLE, v.NOT_APPLICABLE, v.PASS],
        open_word,
    ).astype(np.int8)
    ended = reached | (back != MISSING)
    most = scope.abandoned_after
    limit, unit = (most.amount, most.unit) if most else (np.nan, "")
    measured = np.where(ended, np.nan, silent / SECONDS[unit]) if most else v.unmeasured(instances.n_cases)
    faults = v.join(
        [
            _reopened(instances, ends, first_end, instances.of(*scope.reopened_by), verdict),
            _abandoned(instances, np.flatnonzero((verdict == v.FAIL) & ~ended), measured, limit, over),
        ]
    )
    return v.CheckResult(
        check.id, check.dimension, check.kind, check.severity, verdict, faults,
        measured, limit, unit,
    )  # fmt: skip


def _first(instances: Instances, rows: np.ndarray) -> np.ndarray:
    """First completion per case; later than everything where there is none."""
    time = first_per_case(instances.case[rows], instances.end[rows], instances.n_cases)
    return np.where(time == MISSING, LATEST, time)


def _last(instances: Instances, rows: np.ndarray) -> np.ndarray:
    return last_per_case(instances.case[rows], instances.end[rows], instances.n_cases)


def _without_end(scope: Scope, instances: Instances, is_open: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per case, as if it had no end: its verdict, seconds since its last event, and how many of them are too many."""
    silent = (instances.now - instances.case_end) / MICROSECONDS
    silent[instances.case_end == MISSING] = np.nan
    most = scope.abandoned_after.seconds if scope.abandoned_after else np.inf
    over = silent - most
    return np.where(is_open & (over <= 0), v.PENDING, v.FAIL), silent, over


def _reopened(
    instances: Instances, ends: np.ndarray, first_end: np.ndarray, again: np.ndarray, verdict: np.ndarray
) -> v.Faults:
    case = instances.case[again]
    again = again[(verdict[case] == v.FAIL) & (instances.end[again] > first_end[case])]
    case = instances.case[again]
    partner = np.full(instances.n_cases, v.NONE, np.int64)
    at_first = ends[instances.end[ends] == first_end[instances.case[ends]]]
    partner[instances.case[at_first][::-1]] = instances.activity[at_first][::-1]
    return v.faults(
        case, "reopened", instances.activity[again], instances.end[again], partner=partner[case], instance=again
    )


def _abandoned(
    instances: Instances, case: np.ndarray, measured: np.ndarray, limit: float, over: np.ndarray
) -> v.Faults:
    last = instances.offsets[case + 1] - 1
    too_long = np.where(over[case] > 0, 1.0, np.nan)  # a case that is only judged as ended has broken no limit of time
    return v.faults(
        case, "abandoned", instances.activity[last], instances.order_time[last], instance=last,
        measured=measured[case] * too_long, limit=limit * too_long,
    )  # fmt: skip
