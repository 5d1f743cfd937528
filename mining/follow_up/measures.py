"""What is followed in time: the share of cases with a finding, or that fail a check, or an outcome; one number per case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.blueprint.derived import OUTCOME
from mining.blueprint.stages import is_path
from mining.conformance import verdicts as v
from mining.errors import MiningError, UnknownNameError
from mining.findings import finding_id
from mining.outcomes.outcome import Outcome, Outcomes
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

SHARE, OF_OUTCOME = "share:", "outcome:"
JUDGED = (v.PASS, v.FAIL, v.ALLOWED)


def measure_of(study: Study, what: str | Outcome, *, outcomes: Outcomes | None = None) -> Outcome:
    """One number per case of what is to be followed.

    Parameters
    ----------
    study : Study
    what : str or Outcome
        - ``share:F-c9b39b3a``, or the id of the finding alone: 1 where the case has the finding and no allowance covers it, 0 where its
          check was judged and the case has it not;
        - ``share:R1``: the same for a check: 1 where the case fails it;
        - ``outcome:time``: an outcome of ``outcomes``;
        - an outcome itself.
    outcomes : Outcomes, optional
        Needed for ``outcome:``.

    Returns
    -------
    Outcome
        Missing (NaN) where the check could not be judged, or the outcome was not measured.

    Raises
    ------
    UnknownNameError
        If there is no such check, finding or outcome.
    MiningError
        If it is written in another way, an outcome is asked for without ``outcomes``, or an outcome has another number of cases.

    Examples
    --------
    >>> share = measure_of(study, "share:R1")
    >>> share.kind, share.worse, bool(np.nansum(share.values) == study.summary().row("R1")["fail"])
    ('share', 1, True)
    """
    if isinstance(what, Outcome):
        found = what
    elif what.startswith(OF_OUTCOME):
        if outcomes is None:
            raise MiningError(f"{what!r}: give the outcomes, as in outcomes=mining.outcomes.outcomes_of(study).")
        found = outcomes[what.removeprefix(OF_OUTCOME)]
    else:
        return _share(study, what.removeprefix(SHARE))
    if len(found.values) != study.instances.n_cases:
        raise MiningError(
            f"The outcome {found.id!r} has {len(found.values):,} values, but the log has {study.instances.n_cases:,} cases. "
            "Make the outcomes from the same study."
        )
    return found


def _share(study: Study, id: str) -> Outcome:
    checks = {check.id: check for check in study.checks}
    name = id if id in checks else check_of(study, id)
    net = study.net(checks[name])
    judged = np.isin(net, JUDGED)
    if id in checks:
        bad = net == v.FAIL
        names = {lang: say("follow_up.name_check", lang, check=id) for lang in ("en", "zh")}
    else:
        faults = study.deviations().frame
        rows = faults[(faults["finding_id"] == id) & (faults["verdict"] == "fail")]
        bad = pd.Index(np.asarray(study.log.case_ids)).isin(rows["case_id"])
        names = _titles(study, id)
    values = np.where(judged, bad.astype(float), np.nan)
    left = int(len(values) - judged.sum())
    missing = {"follow_up.not_judged": left} if left else {}
    return Outcome(SHARE + id, names, "share", "", values, 1, False, missing)


def _titles(study: Study, id: str) -> dict[str, str]:
    findings = study.findings().frame
    row = findings[findings["finding_id"] == id]
    if row.empty:
        return {lang: say("follow_up.name_finding", lang, finding=id) for lang in ("en", "zh")}
    return {lang: str(row.iloc[0][f"title_{lang}"]) for lang in ("en", "zh")}


def check_of(study: Study, id: str) -> str:
    """The check that a finding belongs to, also where this log has no fault of it: then its share is 0, not unknown.

    An id is made from the blueprint and the place (see :func:`mining.findings.finding_id`), so all places that the blueprint has are tried.

    Raises
    ------
    UnknownNameError
        If no check of this blueprint, and no fault of this log, gives the id.

    Examples
    --------
    >>> check_of(study, "F-c9b39b3a")
    'R1'
    """
    faults = study.deviations().frame
    rows = faults.loc[faults["finding_id"] == id, "check"]
    if len(rows):
        return str(rows.iloc[0])
    for check in study.checks:
        if any(finding_id(study.blueprint.id, place) == id for place in _places(study, check.id)):
            return check.id
    known = faults[["finding_id"]].drop_duplicates()["finding_id"]
    raise UnknownNameError("finding or check", id, [*(check.id for check in study.checks), *known])


def _places(study: Study, check: str) -> list[tuple[str, ...]]:
    """Places at which a check can find a fault, in the form that ids are made from."""
    if check == OUTCOME:
        return [(check, kind) for kind in v.KINDS]
    if not is_path(check):
        return [(check,)]
    names = (*study.instances.names, "")
    kinds = ("missing", "extra", "out_of_order", "repeated", "replaced")
    return [(check, kind, a, b) for kind in kinds for a in names for b in names]
