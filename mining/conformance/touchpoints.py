"""Touchpoints: the channel in which they take place, the evidence that the customer gets there, and whether they failed."""

from __future__ import annotations

import numpy as np

from mining.blueprint.derived import CHANNEL, Derived
from mining.blueprint.model import Blueprint, Touchpoint
from mining.conformance import verdicts as v
from mining.conformance.conditions import holds_at, is_missing
from mining.conformance.instances import Instances, heads_of


def check_channel(check: Derived, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> v.CheckResult:
    """Every completed instance of a touchpoint took place in one of its channels; an instance without a channel is not observable.

    Parameters
    ----------
    check : Derived
        Of kind ``channel``.
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)
        Of no account: what has taken place has taken place.

    Returns
    -------
    CheckResult
        One fault (wrong_channel) for every instance in another channel.
    """
    if lacking := _lacking((CHANNEL,), instances):
        return _blind(check, instances, lacking)
    rows = instances.of(check.activity or "")
    channel, wanted = instances.values(CHANNEL)[rows], set(_contact(check, blueprint).channels)
    blank = is_missing(channel)
    wrong = ~blank & ~np.fromiter((x in wanted for x in channel.tolist()), bool, len(rows))
    return _result(check, instances, rows, wrong, blank, "wrong_channel")


def check_failed(check: Derived, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> v.CheckResult:
    """No completed instance of a touchpoint failed: all conditions of failure hold of the values of the event itself.

    An instance is not observable where a value is missing and no other condition already fails.

    Parameters
    ----------
    check : Derived
        Of kind ``touchpoint``.
    blueprint, instances, is_open
        As in :func:`check_channel`.

    Returns
    -------
    CheckResult
        One fault (failed) for every instance that failed.
    """
    failures = _contact(check, blueprint).fails_when
    if lacking := _lacking(tuple(condition.attr for condition in failures), instances):
        return _blind(check, instances, lacking)
    rows = instances.of(check.activity or "")
    failed, known = holds_at(failures, instances, rows)
    return _result(check, instances, rows, failed & known, ~known, "failed")


def check_evidence(check: Derived, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> v.CheckResult:
    """Every proof of a touchpoint is there.

    An attribute is filled in at every completed instance of the touchpoint; an activity occurs in every case with the touchpoint, where
    "not yet" is pending in a case that still runs.

    Parameters
    ----------
    check : Derived
        Of kind ``evidence``.
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)

    Returns
    -------
    CheckResult
        One fault (missing_evidence) for every instance and attribute that is blank, and for every case and activity that is absent,
        at the first instance of the touchpoint in the case, with the activity as partner.
    """
    proofs = _contact(check, blueprint).proofs
    if lacking := _lacking(tuple(proof.attr for proof in proofs if proof.attr), instances):
        return _blind(check, instances, lacking)
    rows = instances.of(check.activity or "")
    case = instances.case[rows]
    first = heads_of(case)
    verdict = np.full(instances.n_cases, v.NOT_APPLICABLE, np.int8)
    verdict[case] = v.PASS
    absent, parts = np.zeros(instances.n_cases, bool), []
    for name in dict.fromkeys(proof.activity for proof in proofs if proof.activity):
        there = np.zeros(instances.n_cases, bool)
        there[instances.case[instances.of(name)]] = True
        absent[case[first]] |= ~there[case[first]]
        lacks = rows[first[~there[case[first]] & ~is_open[case[first]]]]
        parts.append(_faults(instances, lacks, "missing_evidence", partner=instances.code[name]))
    verdict[absent] = np.where(is_open[absent], v.PENDING, v.FAIL)
    for name in dict.fromkeys(proof.attr for proof in proofs if proof.attr):
        blank = rows[is_missing(instances.values(name)[rows])]
        verdict[instances.case[blank]] = v.FAIL
        parts.append(_faults(instances, blank, "missing_evidence"))
    return _checked(check, instances, verdict, v.join(parts))


def _contact(check: Derived, blueprint: Blueprint) -> Touchpoint:
    contact = blueprint.activity(check.activity or "").touchpoint
    assert contact is not None  # only touchpoints give these checks
    return contact


def _lacking(attributes: tuple[str, ...], instances: Instances) -> str:
    """The first of some attributes that the binding of the log does not have; empty where all are there."""
    return next((name for name in attributes if name not in instances.log.binding.attributes), "")


def _blind(check: Derived, instances: Instances, attribute: str) -> v.CheckResult:
    why: v.Reason = ("why.no_attribute", {"attribute": attribute})
    return v.unobservable(check.id, check.dimension, check.kind, check.severity, instances.n_cases, why)


def _result(
    check: Derived, instances: Instances, rows: np.ndarray, wrong: np.ndarray, unknown: np.ndarray, kind: str
) -> v.CheckResult:
    """A case fails by one wrong instance; else one that is unknown makes it not observable."""
    case = instances.case[rows]
    verdict = np.full(instances.n_cases, v.NOT_APPLICABLE, np.int8)
    for which, word in ((slice(None), v.PASS), (unknown, v.NOT_OBSERVABLE), (wrong, v.FAIL)):
        verdict[case[which]] = word
    return _checked(check, instances, verdict, _faults(instances, rows[wrong], kind))


def _faults(instances: Instances, rows: np.ndarray, kind: str, partner: int = v.NONE) -> v.Faults:
    case, name, at = instances.case[rows], instances.activity[rows], instances.end[rows]
    return v.faults(case, kind, name, at, instance=rows, partner=partner)


def _checked(check: Derived, instances: Instances, verdict: np.ndarray, faults: v.Faults) -> v.CheckResult:
    return v.CheckResult(
        check.id, check.dimension, check.kind, check.severity, verdict, faults, v.unmeasured(instances.n_cases)
    )
