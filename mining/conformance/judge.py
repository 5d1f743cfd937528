"""All checks on all cases: piece by piece, whole cases each, and the answers put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mining.blueprint.model import Blueprint, Rule, Standard
from mining.calendars import Calendar
from mining.conformance import verdicts as v
from mining.conformance.instances import Instances
from mining.conformance.rules import check_rule, role_rules
from mining.conformance.standards import check_standard
from mining.log.pieces import INSTANCES

Results = tuple[v.CheckResult, ...]


def judged(
    blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar],
    *, together: int = INSTANCES,
) -> Results:  # fmt: skip
    """Judge rules, roles and standards on every case.

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
        In the order of the blueprint: its checks, then the roles of its activities.

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
    found = []
    for check in (*blueprint.checks.values(), *role_rules(blueprint)):
        if isinstance(check, Standard):
            result = check_standard(check, blueprint, instances, is_open, calendars)
        else:
            assert isinstance(check, Rule)
            result = check_rule(check, blueprint, instances, is_open, calendars)
        case = result.faults.case
        if (case[1:] < case[:-1]).any():
            result = replace(result, faults=v.select(result.faults, np.argsort(case, kind="stable")))
        found.append(result)
    return tuple(found)


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
