"""Rules of people: whose hands a case went through, and whether they had the role."""

from __future__ import annotations

import numpy as np

from mining._kernels import kernel
from mining.blueprint.derived import Derived
from mining.blueprint.model import Blueprint, Rule
from mining.conformance import verdicts as v
from mining.conformance.context import Context, Outcome
from mining.conformance.instances import Instances, heads_of
from mining.log.roster import Roster, days_of


def _shared(c: Context) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each b: whether its resource also did some a in the case; cases with somebody unknown; cases with both."""
    resource = c.instances.resource
    ra, rb = resource[c.a.instance], resource[c.b.instance]
    shared = _did_both(c.a.case, ra, c.b.case, rb, len(c.instances.log.resources))
    unknown = np.zeros(c.n, bool)
    unknown[c.a.case[ra < 0]] = True
    unknown[c.b.case[rb < 0]] = True
    both = (c.count(c.a) > 0) & (c.count(c.b) > 0)
    return shared, unknown, both


@kernel
def _did_both(case_a, who_a, case_b, who_b, n_resources):  # type: ignore[no-untyped-def]  # pragma: no cover
    """For each b whether its resource did some a in its case; both are sorted by case."""
    last = np.full(n_resources, -1, np.int64)  # case in which each resource last did some a
    found = np.zeros(case_b.size, np.bool_)
    i = 0
    for j in range(case_b.size):
        while i < case_a.size and case_a[i] <= case_b[j]:
            if who_a[i] >= 0:
                last[who_a[i]] = case_a[i]
            i += 1
        found[j] = who_b[j] >= 0 and last[who_b[j]] == case_b[j]
    return found


def four_eyes(c: Context) -> Outcome:
    """Nobody did both a and b: one fault for every b by somebody who did an a."""
    shared, unknown, both = _shared(c)
    hit = np.zeros(c.n, bool)
    hit[c.b.case[shared]] = True
    verdict = np.where(hit, v.FAIL, np.where(unknown, v.NOT_OBSERVABLE, v.PASS))
    verdict[~both] = v.NOT_APPLICABLE
    return verdict, c.faults(c.b, np.flatnonzero(shared), "same_person", partner=c.code(c.rule.a))


def same_handler(c: Context) -> Outcome:
    """Somebody did both a and b; others may have done one of them too. In a running case somebody still may."""
    shared, unknown, both = _shared(c)
    hit = np.zeros(c.n, bool)
    hit[c.b.case[shared]] = True
    verdict = np.where(hit, v.PASS, np.where(unknown, v.NOT_OBSERVABLE, v.FAIL))
    verdict[~both] = v.NOT_APPLICABLE
    verdict = c.still_open(verdict)
    heads = heads_of(c.b.case)
    return verdict, c.faults(c.b, heads[verdict[c.b.case[heads]] == v.FAIL], "other_person", partner=c.code(c.rule.a))


def performed_by(c: Context) -> Outcome:
    """Every a was done by somebody who had the role on that day: one fault for every other."""
    unknown = c.instances.resource[c.a.instance] < 0
    wrong = ~unknown & ~in_role(c.rule.role or "", c.blueprint, c.instances, c.a.instance)
    verdict = np.full(c.n, v.NOT_APPLICABLE)
    for rows, word in ((np.ones(len(c.a), bool), v.PASS), (unknown, v.NOT_OBSERVABLE), (wrong, v.FAIL)):
        verdict[c.a.case[rows]] = word
    return verdict, c.faults(c.a, np.flatnonzero(wrong), "wrong_role")


def in_role(role: str, blueprint: Blueprint, instances: Instances, rows: np.ndarray) -> np.ndarray:
    """Whether the resource of each instance had a role on the day of completion.

    For a role that the staff table names that table alone counts, by day in the zone of the blueprint: who does not stand in it, or
    not for that day, does not have the role. For others the members that the blueprint lists.

    Parameters
    ----------
    role : str
    blueprint : Blueprint
    instances : Instances
    rows : int64 array of shape (n,)
        Positions of completed instances.

    Returns
    -------
    bool array of shape (n,)
        False where nobody is named.
    """
    who, names = instances.resource[rows], instances.log.resources
    if instances.roster is not None and role in instances.roster.roles:
        return instances.roster.holds(role, names, who, days_of(instances.end[rows], blueprint.tz))
    members = set(_members(blueprint, role))
    return np.array([*(name in members for name in names), False])[who]


def is_known(role: str | None, blueprint: Blueprint, roster: Roster | None) -> bool:
    """Whether the staff table or the blueprint says who has a role."""
    return bool(_members(blueprint, role)) or (roster is not None and role in roster.roles)


def _members(blueprint: Blueprint, role: str | None) -> tuple[str, ...]:
    return next((r.resources for r in blueprint.roles if r.id == role), ())


def role_rule(check: Derived, blueprint: Blueprint) -> Rule:
    """The role of an activity as a rule of its own.

    Parameters
    ----------
    check : Derived
        Of kind ``performed_by``.
    blueprint : Blueprint
    """
    assert check.activity is not None  # only activities have roles
    role = blueprint.activity(check.activity).role
    return Rule(check.id, check.kind, check.activity, check.severity, f"role of {check.activity}", role=role)
