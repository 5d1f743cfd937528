"""The cases of a selection: which they are, and the study of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np

from mining.conformance import verdicts as v
from mining.conformance.instances import Instances, instances_of
from mining.errors import MiningError, UnknownNameError
from mining.log import EventLog
from mining.log.roster import days_of
from mining.segments import EPOCH, NOT_RECORDED, segments_of
from mining.selection.asked import Selection, parts_of
from mining.study import Study
from mining.units import MISSING

OUTSIDE = "of cases outside the selection"


def selected(study: Study, selection: Selection) -> np.ndarray:
    """Which cases of a study a selection takes, none if that is so.

    Parameters
    ----------
    study : Study
    selection : Selection

    Returns
    -------
    bool array of shape (n_cases,)

    Raises
    ------
    UnknownNameError
        If the study knows no such segment, group, activity or case.
    MiningError
        For a segment of single persons.

    Examples
    --------
    >>> selected(study, Selection(by="channel", group="Desk")).sum() == (study.log.attribute("channel") == "Desk").sum()
    np.True_
    """
    found = np.ones(study.instances.n_cases, bool)
    for part in parts_of(selection):
        found &= _cases_of(study, part)
    return found


def select(study: Study, selection: Selection) -> Study:
    """The cases of a selection, as a study of their own.

    Every case has exactly the verdicts and deviations that it has in the whole study: nothing is judged again. What is known of a running
    case still ends with the last moment of the whole log, and what is true of the log as a whole (``log.facts``, ``log.span``, activities
    never seen) stays so: a step that is recorded for other cases is recorded. Labels outside the blueprint are those of the selected
    cases. Shares, findings, ranks, variants and all other tables are those of the selected cases, and say so in their
    provenance; the lineage counts the rows of the others. A selection can be selected from again.

    Parameters
    ----------
    study : Study
    selection : Selection

    Returns
    -------
    Study
        With ``selection``: what it was chosen by. The study itself where nothing is asked.

    Raises
    ------
    MiningError
        If no case is left: it says how many cases each part of the selection alone would leave.
    UnknownNameError
        As :func:`selected`.

    Notes
    -----
    A selection hides nothing. Tables by segment leave out groups of fewer than five cases, and others with them, so that a reader of the
    table learns nothing of single people; a selection of such a group shows it, down to the single case. It is a tool of who holds the
    log and could read the cases there: what is handed on from it is to be looked at as the log itself would be. Selections by single
    person are not made. Of a pseudonymous log, cases and persons bear their pseudonyms here as well, but a case that is singled out by
    period, segment and kind together may be recognised by who knows it (:mod:`mining.privacy`).

    Examples
    --------
    >>> late = select(study, Selection(by="channel", group="Desk", kind="late"))
    >>> whole = study.explain(late.log.case_ids[0]).frame["verdict"].tolist()
    >>> late.explain(late.log.case_ids[0]).frame["verdict"].tolist() == whole
    True
    """
    if selection == Selection():
        return study
    keep, now = selected(study, selection), study.instances.now
    if not keep.any():
        raise MiningError(_nothing(study, selection))
    log = study.log.take(keep, OUTSIDE, whole=True)
    found = replace(study, log=log, known_until=now, selection=(*study.selection, selection))
    part = instances_of(log, study.blueprint, known_until=now, roster=study.roster)
    part = replace(
        part, whole=study.instances.whole, unmapped=_counted(log, part.unmapped), ignored=_counted(log, part.ignored)
    )
    cut = [_of_cases(check, study.allowed[check.id], keep, study.instances) for check in study.checks]
    vars(found).update(
        instances=part, calendars=study.calendars, checks=tuple(check for check, _ in cut),
        allowed={check.id: allowed for check, allowed in cut},
    )  # fmt: skip
    return found


def _counted(log: EventLog, labels: Iterable[str]) -> dict[str, int]:
    """Those of the labels that occur in these cases, with their instances here."""
    counts = dict(zip(log.labels, np.bincount(log.activity, minlength=len(log.labels)).tolist(), strict=True))
    return {label: counts[label] for label in labels if counts[label]}


def _cases_of(study: Study, part: Selection) -> np.ndarray:
    """Cases of a selection that asks one thing (bool, one per case)."""
    instances = study.instances
    if part.period != (None, None):
        return _begun(study, *part.period)
    if part.by is not None and part.group is not None:
        return _in_group(study, part.by, part.group)
    if part.case is not None:
        found = np.asarray(study.log.case_ids == part.case)
        if not found.any():
            raise UnknownNameError("case", part.case, study.log.case_ids, where=study.log.source.path)
        return found
    found = np.zeros(instances.n_cases, bool)
    if part.through is not None:
        found[instances.case[instances.activity == _code(study, part.through)]] = True
        return found
    for check in study.checks:
        rows = np.ones(len(check.faults), bool)
        if part.kind is not None:
            rows &= check.faults.kind == v.KINDS.index(part.kind)
        if part.activity is not None:
            rows &= check.faults.activity == _code(study, part.activity)
        found[check.faults.case[rows]] = True
    return found


def _begun(study: Study, first: str | None, last: str | None) -> np.ndarray:
    start = study.instances.case_start
    known = start != MISSING
    found = np.zeros(len(start), bool)
    days = days_of(start[known], study.blueprint.tz)
    low, high = (None if day is None else (date.fromisoformat(day) - EPOCH).days for day in (first, last))
    found[known] = (days >= (-np.inf if low is None else low)) & (days <= (np.inf if high is None else high))
    return found


def _in_group(study: Study, by: str, group: str) -> np.ndarray:
    refuse_persons(study, by)
    segments = segments_of(study, by)
    groups = [*segments.names, NOT_RECORDED]
    if group not in groups:
        raise UnknownNameError("group", group, groups, where=by)
    return np.asarray(segments.code == groups.index(group))


def refuse_persons(study: Study, by: str) -> None:
    """Cases are not selected by who handled them."""
    attribute = study.log.binding.attributes.get(by)
    if by == "resource" or (attribute is not None and attribute.column == study.log.binding.resource):
        raise MiningError(f"by: {by!r} singles out persons, and cases are not selected by person. Choose a team.")


def _code(study: Study, activity: str) -> int:
    if activity not in study.instances.code:
        raise UnknownNameError("activity", activity, study.instances.names, where=study.blueprint.id)
    return study.instances.code[activity]


def _of_cases(
    check: v.CheckResult, allowed: np.ndarray, keep: np.ndarray, instances: Instances
) -> tuple[v.CheckResult, np.ndarray]:
    """What a check says of some of the cases, with their numbers and those of their instances among these alone."""
    rows = keep[check.faults.case]
    faults = v.select(check.faults, rows)
    number = np.cumsum(keep) - 1
    place = np.append(np.cumsum(keep[instances.case]) - 1, v.NONE)  # the last is for no instance
    faults = replace(faults, case=number[faults.case], instance=place[faults.instance])
    measured = v.unmeasured(int(keep.sum())) if check.measured.strides == (0,) else check.measured[keep]
    return replace(check, verdict=check.verdict[keep], faults=faults, measured=measured), allowed[rows]


def _nothing(study: Study, selection: Selection) -> str:
    alone = [(part.words(), int(_cases_of(study, part).sum())) for part in parts_of(selection)]
    listed = "; ".join(f"({words}) {n:,}" for words, n in alone)
    return (
        f"{study.log.source.path}: of {study.instances.n_cases:,} cases the selection leaves none. Alone would leave: {listed}. "
        "Leave out one part, or choose it wider."
    )
