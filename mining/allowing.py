"""One more deviation accepted: an entry of the allow-list made from a finding, judged at once, and written into the blueprint's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from mining.blueprint.allowance_entry import condition_of, days_of, filled, reason_of, share_of
from mining.blueprint.allowed import AllowedBlueprint, with_allowances
from mining.blueprint.derived import OUTCOME
from mining.blueprint.model import Allowance, Blueprint, Condition
from mining.blueprint.saving import path_of, write_blueprint
from mining.errors import BlueprintError, MiningError, UnknownNameError
from mining.study import Study

DECISIONS = ("accepted", "exempt", "beneficial")
KEPT = ("instances", "calendars", "has_end", "has_start", "is_open", "path", "path_results", "checks")


def allow(
    study: Study,
    finding_id: str,
    *,
    reason: str | Mapping[str, str],
    approved_by: str,
    valid: tuple[str, str],
    when: Iterable[Condition | Mapping[str, Any]] = (),
    max_share: float | None = None,
    decision: str = "accepted",
    lang: str = "en",
) -> Study:
    """Accept a deviation: the study against the blueprint with one more entry in its allow-list, in memory.

    The entry is for what the finding is: the rule or standard, else its kind and activity. Gross verdicts do not change, so nothing is
    judged again. An entry covers every fault that it fits: :func:`reach` tells of which findings those are. In a selection it is shown what
    it covers of the selected cases; the entry itself, and the file with it, says nothing of a selection and is for all cases. For some of
    them only, give ``when``.
    :func:`save_blueprint` writes the file.

    Parameters
    ----------
    study : Study
    finding_id : str
        As the table of findings has it.
    reason : str or mapping of str to str
        Why it is accepted: one text, or one per language ({"en": ..., "zh": ...}).
    approved_by : str
        Who decided it.
    valid : tuple of str
        First and last day of its validity (2026-01-01), both included. A fault is covered by the day on which it happened.
    when : iterable of Condition or mapping, optional
        The entry applies to cases for which all these hold: ``{"attr": "channel", "op": "==", "value": "Desk"}``.
    max_share : float, optional
        Largest share of all cases that may use it, 0 to 1. A larger share is not refused here: the report says where one is exceeded.
    decision : {"accepted", "exempt", "beneficial"}
        Tolerated; not meant by the norm; better than the norm.
    lang : str
        Language of a reason that is one text.

    Returns
    -------
    Study
        Its blueprint has the entry at the end of its allow-list, with the next free id of A1, A2, ...; version, approval and effective days
        are as they were.

    Raises
    ------
    UnknownNameError
        For a finding that the study does not have, or a decision that there is not.
    MiningError
        If reason or approver is empty, the dates or the share are none, all of the finding is allowed already, or the entry
        would cover none of its faults.
    BlueprintError
        If the entry cannot be said in the format: a label outside the blueprint has no activity that could be named, or a condition names
        an attribute that the blueprint does not have. Also if the blueprint's file was changed since it was read.

    Notes
    -----
    Whether somebody may accept a deviation, of a critical rule above all, is not for a program to say: the format forbids no severity,
    and the entry bears the name of who decided it.

    Examples
    --------
    >>> first = study.findings().frame["finding_id"][0]
    >>> less = allow(study, first, reason="Agreed with the council", approved_by="Head", valid=("2026-01-01", "2026-12-31"))
    >>> less.blueprint.allowances[-1].id, less.findings().frame.set_index("finding_id").loc[first, "status"]
    ('A2', 'allowed')
    """
    table = study.findings().frame
    if finding_id not in set(table["finding_id"]):
        raise UnknownNameError("finding", finding_id, table["finding_id"], where=study.log.source.path)
    if decision not in DECISIONS:
        raise UnknownNameError("decision", decision, DECISIONS, where="decision")
    faults = study.deviations().frame.query("finding_id == @finding_id")
    entry = Allowance(
        id=_next_id(study.blueprint),
        match=_match(study.blueprint, faults),
        decision=decision,
        reason=reason_of(reason, lang),
        approved_by=filled(approved_by, "approved_by", "who decided it"),
        valid=days_of(valid),
        when=tuple(condition_of(one) for one in when),
        max_share=share_of(max_share),
    )
    _refuse_twice(study.blueprint, entry, faults)
    found = _judged_by(study, with_allowances(study.blueprint, [*_added(study.blueprint), entry]))
    if not (found.deviations().frame.query("finding_id == @finding_id")["allow_id"] == entry.id).any():
        raise MiningError(_covers_nothing(entry, faults))
    return found


def taken_back(study: Study, allowance_id: str) -> Study:
    """The study without an entry that :func:`allow` added; without the last of them it stands against the blueprint as it was read.

    Entries of the file itself are not taken back: they are the norm as somebody approved it, and are changed where it is kept.

    Parameters
    ----------
    study : Study
    allowance_id : str

    Returns
    -------
    Study

    Raises
    ------
    MiningError
        For an entry of the file.
    UnknownNameError
        For one that there is not.

    Examples
    --------
    >>> first = study.findings().frame["finding_id"][0]
    >>> less = allow(study, first, reason="Agreed with the council", approved_by="Head", valid=("2026-01-01", "2026-12-31"))
    >>> taken_back(less, "A2").blueprint is study.blueprint
    True
    """
    norm = study.blueprint
    added = _added(norm)
    if allowance_id in {entry.id for entry in added}:
        return _judged_by(study, with_allowances(norm, [entry for entry in added if entry.id != allowance_id]))
    ids = [entry.id for entry in norm.allowances]
    if allowance_id not in ids:
        raise UnknownNameError("allowance", allowance_id, ids, where=norm.path or norm.id)
    line = norm.lines.get(("allow", ids.index(allowance_id)))
    raise MiningError(
        f"{norm.path or norm.id}{f':{line}' if line else ''}: the allowance {allowance_id} stands in the file, so it is part of the norm "
        "and is not taken back here. Change the file with those who approved it, and read it again."
    )


def reach(study: Study, allowance_id: str) -> pd.DataFrame:
    """What an allowance covers: it may fit more findings than the one it was made for.

    Parameters
    ----------
    study : Study
    allowance_id : str

    Returns
    -------
    DataFrame
        A row per finding: ``finding_id``, ``check``, ``kind``, ``activity``, ``title_en``, ``title_zh`` as in the findings;
        ``n_faults`` and ``n_cases`` that the entry covers, and their ``share`` of all cases of the study. Empty where it covers nothing.

    Raises
    ------
    UnknownNameError
        If the blueprint has no such entry.

    Examples
    --------
    >>> reach(study, "A1")[["check", "kind", "activity"]].values.tolist()
    [['path', 'missing', 'send_receipt']]
    """
    ids = [entry.id for entry in study.blueprint.allowances]
    if allowance_id not in ids:
        raise UnknownNameError("allowance", allowance_id, ids, where=study.blueprint.path or study.blueprint.id)
    faults = study.deviations().frame
    groups = faults[faults["allow_id"] == allowance_id].groupby("finding_id", sort=True)["case_id"]
    counts = pd.DataFrame({"n_faults": groups.size(), "n_cases": groups.nunique()})
    counts["share"] = counts["n_cases"] / max(study.instances.n_cases, 1)
    place = ["finding_id", "check", "kind", "activity", "title_en", "title_zh"]
    return study.findings().frame[place].merge(counts, left_on="finding_id", right_index=True, how="inner", sort=False)


def save_blueprint(study: Study, path: str | Path, *, overwrite: bool = False) -> Study:
    """Write the blueprint of a study as a file, with the entries that were added; all else stays byte for byte as it was read.

    The file is read back and compared before it takes its place. Its hash is the one that the tables of the study bear already.

    Parameters
    ----------
    study : Study
    path : str or Path
        A YAML file; ``~`` is your home folder. Where the flow is kept in a BPMN file, that must stand beside it as beside the first.
    overwrite : bool
        Whether an earlier file of the same blueprint, such as the one it was read from, may be replaced.

    Returns
    -------
    Study
        Against the blueprint as it is now in the file.

    Raises
    ------
    MiningError
        If there is a file of that name, and it may not be replaced or is no blueprint of this service; if the BPMN file is not there.
    BlueprintError
        If the blueprint was changed in memory in another way, or the file it was read from is to be replaced and was changed since.

    Notes
    -----
    An allowance is a decision within a version, with its own approver and days: limits, rules, flow and all gross figures stay, and the
    hash tells the two files apart. So ``version``, ``approval`` and ``effective`` are not touched. Whoever makes it a version of its own
    changes these three in the file, since nobody but the owner knows its first day. Two files of one version in a folder are refused by
    :func:`mining.read_versions`.

    Examples
    --------
    >>> first = study.findings().frame["finding_id"][0]
    >>> less = allow(study, first, reason="Agreed with the council", approved_by="Head", valid=("2026-01-01", "2026-12-31"))
    >>> saved = save_blueprint(less, examples / "accepted.yaml")
    >>> saved.blueprint.sha256 == less.blueprint.sha256
    True
    """
    return _judged_by(study, write_blueprint(study.blueprint, path_of(path), overwrite=overwrite))


# --- the study ---------------------------------------------------------------------------------------------------------


def _judged_by(study: Study, norm: Blueprint) -> Study:
    """The study against a blueprint that differs in its allow-list alone: what was judged is kept."""
    found = replace(study, blueprint=norm)
    vars(found).update({name: value for name, value in vars(study).items() if name in KEPT})
    return found


def _added(norm: Blueprint) -> tuple[Allowance, ...]:
    return norm.added if isinstance(norm, AllowedBlueprint) else ()


def _next_id(norm: Blueprint) -> str:
    taken = {entry.id for entry in norm.allowances}
    return next(id for id in (f"A{n}" for n in count(1)) if id not in taken)


def _match(norm: Blueprint, faults: pd.DataFrame) -> dict[str, str]:
    """What an entry must say to fit the faults of a finding."""
    check = str(faults["check"].iloc[0])
    if check in {rule.id for rule in norm.rules}:
        return {"rule": check}
    if check in {standard.id for standard in norm.standards}:
        return {"standard": check}
    kinds, places = faults["kind"].unique().tolist(), faults["activity"].unique().tolist()
    if len(kinds) == 1 and check == OUTCOME:
        return {"kind": kinds[0]}
    if len(kinds) > 1 or len(places) > 1 or places[0] not in norm.by_id:
        listed = ", ".join(
            f"{kind} {place!r}"
            for kind, place in faults[["kind", "activity"]].drop_duplicates().itertuples(index=False)
        )
        raise BlueprintError(
            f"{norm.path or norm.id}: the check {check} is no rule or standard, so an entry of the allow-list names a kind and one "
            f"activity of the blueprint; this finding has: {listed}. Give a label of the log to an activity (labels) or leave it out "
            "(log.ignore), then accept what is left."
        )
    return {"kind": kinds[0], "activity": places[0]}


def _refuse_twice(norm: Blueprint, entry: Allowance, faults: pd.DataFrame) -> None:
    if not (faults["verdict"] == "fail").any():
        ids = ", ".join(sorted(faults["allow_id"].dropna().unique()))
        raise MiningError(f"{norm.path or norm.id}: all faults of this finding are allowed already, by {ids}.")
    for other in norm.allowances:
        inside = other.valid[0] <= entry.valid[0] and entry.valid[1] <= other.valid[1]
        if other.match == entry.match and other.when == entry.when and inside:
            raise MiningError(
                f"{norm.path or norm.id}: {other.id} allows the same already, from {other.valid[0]} to {other.valid[1]}."
            )


def _covers_nothing(entry: Allowance, faults: pd.DataFrame) -> str:
    left = faults[faults["verdict"] == "fail"]
    only = f", where {' and '.join(map(str, entry.when))}," if entry.when else ""
    return (
        f"valid from {entry.valid[0]} to {entry.valid[1]}{only} the entry covers none of the {len(left):,} faults of this finding that are "
        f"not allowed: they happened from {left['at'].min():%Y-%m-%d} to {left['at'].max():%Y-%m-%d} (UTC). Give other days or conditions."
    )
