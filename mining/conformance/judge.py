"""All checks on all cases: piece by piece, whole cases each, and the answers put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mining.blueprint.derived import Derived, derived_checks
from mining.blueprint.model import Blueprint, Rule, Standard
from mining.calendars import Calendar
from mining.conformance import verdicts as v
from mining.conformance.instances import Instances
from mining.conformance.outcome import check_outcome
from mining.conformance.people import role_rule
from mining.conformance.rules import check_rule
from mining.conformance.standards import check_standard
from mining.conformance.touchpoints import check_channel, check_evidence, check_failed
from mining.log.pieces import INSTANCES

Results = tuple[v.CheckResult, ...]
BY_KIND = {
    "channel": check_channel,
    "evidence": check_evidence,
    "touchpoint": check_failed,
    "outcome": check_outcome,
}


def judged(
    blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar],
    *, together: int = INSTANCES,
) -> Results:  # fmt: skip
    """Judge every check but the path on every case.

    Parameters
    ----------
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)
        Cases that are judged as still running.
    calendars : dict of str to Calendar
    together : int
        Most instances that are judged at a time. How many makes no difference to the answer, only to the memory.

    Returns
    -------
    tuple of CheckResult
        In the order of :func:`checks_of`.

    Examples
    --------
    >>> found = judged(study.blueprint, study.instances, study.is_open, study.calendars, together=100)
    >>> {check.id: check.count(1) for check in found}["R1"] == {check.id: check.count(1) for check in study.checks}["R1"]
    True
    """
    parts, starts = [], []
    for piece in instances.pieces(together):
        open_here = is_open[piece.first_case : piece.first_case + piece.n_cases]
        parts.append(judge(piece, blueprint, open_here, calendars))
        starts.append((piece.first_case, piece.first_instance))
    return merged(parts, starts)


def judge(
    instances: Instances, blueprint: Blueprint, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> Results:  # fmt: skip
    """Judge some whole cases; cases and instances are numbered from the first of them.

    Parameters
    ----------
    instances : Instances
        All of a log, or a piece: made by ``Instances.pieces``, or by ``instances_of`` from a piece of a log.
    blueprint : Blueprint
    is_open : bool array of shape (n_cases,)
    calendars : dict of str to Calendar

    Returns
    -------
    tuple of CheckResult
        The faults of each by case, those of one case in the order in which the check names them.

    Examples
    --------
    >>> len(judge(study.instances, study.blueprint, study.is_open, study.calendars)) == len(study.checks) - 1
    True
    """
    return tuple(
        _in_case_order(_judged(check, blueprint, instances, is_open, calendars))
        for check in checks_of(blueprint, instances)
    )


def checks_of(blueprint: Blueprint, instances: Instances) -> tuple[Rule | Standard | Derived, ...]:
    """What is judged beside the path: rules and standards in the order of the blueprint, then what follows from its design.

    Examples
    --------
    >>> [check.id for check in checks_of(study.blueprint, study.instances)][-1:]
    ['outcome']
    """
    staffed = instances.roster.roles if instances.roster else ()
    return (*blueprint.checks.values(), *derived_checks(blueprint, staffed, instances.log.binding.attributes))


def _judged(
    check: Rule | Standard | Derived, blueprint: Blueprint, instances: Instances, is_open: np.ndarray,
    calendars: dict[str, Calendar],
) -> v.CheckResult:  # fmt: skip
    if isinstance(check, Standard):
        return check_standard(check, blueprint, instances, is_open, calendars)
    if isinstance(check, Derived) and check.kind in BY_KIND:
        return BY_KIND[check.kind](check, blueprint, instances, is_open)
    rule = role_rule(check, blueprint) if isinstance(check, Derived) else check
    return check_rule(rule, blueprint, instances, is_open, calendars)


def _in_case_order(result: v.CheckResult) -> v.CheckResult:
    case = result.faults.case
    if not (case[1:] < case[:-1]).any():
        return result
    return replace(result, faults=v.select(result.faults, np.argsort(case, kind="stable")))


def merged(parts: Sequence[Results], starts: Sequence[tuple[int, int]]) -> Results:
    """The results of consecutive pieces as those of the whole.

    Parameters
    ----------
    parts : sequence of tuple of CheckResult
        One per piece, in the order of their cases; the same checks in each.
    starts : sequence of (int, int)
        First case and first instance of each piece.

    Examples
    --------
    >>> merged([study.checks], [(0, 0)]) == study.checks
    True
    """
    return tuple(
        _joined(results, starts) if len(results) > 1 or any(starts[0]) else results[0]
        for results in zip(*parts, strict=True)
    )


def _joined(results: Sequence[v.CheckResult], starts: Sequence[tuple[int, int]]) -> v.CheckResult:
    verdict = np.concatenate([x.verdict for x in results])
    if any(x.measured.strides != (0,) for x in results):
        measured = np.concatenate([x.measured for x in results])
    else:
        measured = v.unmeasured(len(verdict))
    faults = v.join([_moved(x.faults, *start) for x, start in zip(results, starts, strict=True)])
    return replace(results[0], verdict=verdict, measured=measured, faults=faults)


def _moved(faults: v.Faults, first_case: int, first_instance: int) -> v.Faults:
    instance = np.where(faults.instance == v.NONE, v.NONE, faults.instance + first_instance)
    return replace(faults, case=faults.case + first_case, instance=instance)
