"""Which events decide a verdict, for one case at a time: what an explanation shows beside every verdict, a pass as well as a fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.derived import Derived
from mining.blueprint.model import Rule, Standard
from mining.conformance import verdicts as v
from mining.conformance.conditions import holds
from mining.conformance.deciders import Decider, Seen, conditions, faults_of, ordered
from mining.conformance.deciding_rules import of_rule
from mining.conformance.deciding_standards import of_standard
from mining.conformance.judge import checks_of
from mining.conformance.people import role_rule
from mining.errors import LogError, UnknownNameError

if TYPE_CHECKING:
    from mining.study import Study

__all__ = ["Decider", "deciding"]


def deciding(study: Study, check_id: str, case_number: int) -> list[Decider]:
    """The events of a case that decide what a check says of it, and what did not happen but was looked for.

    Of a rule: the moments of its two activities that were compared. Of a standard: begin, end and clock stops of what was measured. Of
    roles, channels and evidence: every instance of the activity. Where a check fails: those of them that break it. Where ``when``
    decides, the row that has the value. Of a path: its deviations, or all its steps where there are none; where no step of a stage has
    come yet, the last event of the case.

    Parameters
    ----------
    study : Study
    check_id : str
    case_number : int
        Position in ``study.log.case_ids``.

    Returns
    -------
    list of Decider
        In order of time. Empty for a case without events, and for a check that this log cannot answer for any case.

    Raises
    ------
    UnknownNameError
        If there is no such check.
    LogError
        If there is no such case.

    Examples
    --------
    >>> [(x.part, study.instances.names[study.instances.activity[x.instance]]) for x in deciding(study, "R1", 0)]
    [('a', 'approve_receipt'), ('b', 'send_receipt')]
    """
    by_id = {check.id: check for check in study.checks}
    if check_id not in by_id:
        raise UnknownNameError("check", check_id, by_id)
    if not 0 <= case_number < study.instances.n_cases:
        raise LogError(
            f"there is no case number {case_number:,}: the study has {study.instances.n_cases:,} cases, from 0."
        )
    check = by_id[check_id]
    seen = _seen(study, check, case_number)
    silent = bool(check.why_not[0]) and seen.verdict == v.NOT_OBSERVABLE
    aligned = any(result.check.id == check.id for result in study.path_results)
    if not len(seen.instances.activity) or (silent and not aligned):
        return []
    return ordered(_of(study, check, seen), seen.first)


def _seen(study: Study, check: v.CheckResult, case: int) -> Seen:
    first, after = study.instances.offsets[case : case + 2].tolist()
    faulty = check.faults.instance[faults_of(check, case)]
    return Seen(
        study.blueprint, study.instances.only(np.arange(first, after)), study.is_open, study.calendars, first, case,
        int(check.verdict[case]), tuple((faulty[faulty != v.NONE] - first).tolist()),
    )  # fmt: skip


def _of(study: Study, check: v.CheckResult, seen: Seen) -> list[Decider]:
    path = next((result for result in study.path_results if result.check.id == check.id), None)
    if path is not None:
        rows = path.rows[np.searchsorted(path.rows, seen.first) :]
        rows = rows[rows < seen.first + len(seen.instances.activity)] - seen.first
        steps = seen.steps("step", rows[seen.instances.done[rows]])
        return _of_faults(study, check, seen) or steps or seen.steps("last", [len(seen.instances.activity) - 1])
    spec = next(x for x in checks_of(study.blueprint, study.instances) if x.id == check.id)
    if not isinstance(spec, Derived):
        applies, known = (x[seen.case] for x in holds(spec.when, study.instances))
        if spec.when and not (applies and known):
            return conditions(spec.when, seen)
    match spec:
        case Rule():
            return of_rule(spec, seen)
        case Standard():
            return of_standard(spec, seen)
    return OF_DERIVED[spec.kind](spec, seen)


def _of_faults(study: Study, check: v.CheckResult, seen: Seen) -> list[Decider]:
    """What the faults of a case point to."""
    found, names = [], (*study.instances.names, "")
    for i in faults_of(check, seen.case).tolist():
        at, instance = int(check.faults.at[i]), int(check.faults.instance[i])
        located = instance != v.NONE
        found.append(
            Decider(instance - seen.first, "step", at)
            if located
            else seen.absent(names[int(check.faults.activity[i])], at)
        )
    return found


# --- what follows from the design ------------------------------------------------------------------------------------


def _of_role(check: Derived, seen: Seen) -> list[Decider]:
    return of_rule(role_rule(check, seen.blueprint), seen)


def _of_contact(check: Derived, seen: Seen) -> list[Decider]:
    return seen.failing(seen.steps_or_absent("step", check.activity or ""))


def _of_evidence(check: Derived, seen: Seen) -> list[Decider]:
    contact = seen.blueprint.activity(check.activity or "").touchpoint
    proofs = [p for p in contact.proofs if p.activity] if contact else []
    found = _of_contact(check, seen)
    if not any(x.instance is not None for x in found):
        return found
    for proof in proofs:
        rows = seen.instances.of(proof.activity or "")[:1]
        found += seen.steps("proof", rows, proof.of) or [seen.absent(proof.activity or "")]
    return found


def _of_outcome(check: Derived, seen: Seen) -> list[Decider]:
    scope, instances = seen.blueprint.scope, seen.instances
    ends = seen.steps("end", instances.of(*(x for x in scope.ends_with if x not in scope.withdrawn_by)))
    withdrawn = seen.steps("withdrawn", instances.of(*scope.withdrawn_by)[-1:])
    again = seen.steps("reopened", instances.of(*scope.reopened_by))
    if not ends and not withdrawn:
        last = seen.steps("last", [len(instances.activity) - 1])
        return [*last, Decider(None, "now", instances.now)]
    if not ends:
        return withdrawn
    after = [x for x in again if x.at >= ends[0].at]
    back = [x for x in withdrawn if x.at >= ends[-1].at]
    return [ends[0], *seen.failing(after), *([ends[-1], *back] if back and not seen.faulty else [])]


OF_DERIVED = {
    "performed_by": _of_role,
    "channel": _of_contact,
    "touchpoint": _of_contact,
    "evidence": _of_evidence,
    "outcome": _of_outcome,
}
