"""Since when the log knows a value, when a case deviated first, and which attributes a check reads itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.blueprint.derived import CHANNEL, derived_check
from mining.conformance.conditions import is_missing
from mining.conformance.instances import first_per_case, heads_of
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

FROM_START, RECORDED, EXPORTED = "start", "recorded", "exported"
LATE = 0.01  # largest share of the deviating cases whose value may be seen only after the deviation
LONG_AGO = np.iinfo(np.int64).min // 2


@dataclass(frozen=True, eq=False)
class SeenFirst:
    """Since when a value is in the log.

    Attributes
    ----------
    moment : int64 array of shape (n_cases,)
        Microseconds UTC of the first row with a value; ``MISSING`` where no row of a step has one.
    how : str
        ``start``: follows from the moment at which the case began. ``recorded``: rows of a case differ, so the log tells when.
        ``exported``: the same on every row of each case, as an extract writes case attributes; the value may have been filled in later
        than the first row, and the log cannot tell.
    """

    moment: np.ndarray
    how: str


def seen_first(study: Study, name: str) -> SeenFirst:
    """When the first value of an attribute of each case was recorded: by completion of its step, start where that is not known."""
    log = study.log
    values = log.values(name)
    time = np.where(log.end != MISSING, log.end, log.start)
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))
    there = ~is_missing(values)
    rows = np.flatnonzero(there)
    moment = first_per_case(case[rows], time[rows], log.n_cases)
    with_value = np.zeros(log.n_cases, bool)
    with_value[case[rows]] = True
    if not len(rows) or (~there & with_value[case]).any():
        return SeenFirst(moment, RECORDED)
    code, _ = pd.factorize(values[rows])
    heads = heads_of(case[rows])
    same = np.maximum.reduceat(code, heads) == np.minimum.reduceat(code, heads)
    return SeenFirst(moment, EXPORTED if same.all() else RECORDED)


def first_moments(study: Study) -> np.ndarray:
    """Moment of the first step of each case in the whole log, as :func:`seen_first` reads moments."""
    log = study.log
    time = np.where(log.end != MISSING, log.end, log.start)
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))
    return first_per_case(case, time, log.n_cases)


def onsets(study: Study) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per finding the cases that deviate (not allowed), and since when: the first fault of each.

    A fault that lies over a limit begins when the limit was reached. Of something absent no moment is known: then only what the log had
    on the first row of the case came before.

    Returns
    -------
    dict of str to (int64 array, int64 array)
        Case numbers, ascending, and microseconds UTC; ``LONG_AGO`` where there is no moment.
    """
    frame = study.deviations().frame
    frame = frame[frame["verdict"] == "fail"]
    if frame.empty:
        return {}
    case = pd.Index(np.asarray(study.log.case_ids)).get_indexer(frame["case_id"])
    at = pd.DatetimeIndex(frame["at"]).tz_convert("UTC").tz_localize(None).to_numpy("M8[us]").view(np.int64)
    over = frame["excess_s"].to_numpy(float)
    measured = np.isfinite(over)
    at = np.where(measured, at - np.round(np.where(measured, over, 0) * 1e6).astype(np.int64), at)
    at = np.where(frame["row"].isna().to_numpy() & ~measured, LONG_AGO, at)
    ids, names = pd.factorize(frame["finding_id"])
    order = np.lexsort((at, case, ids))
    ids, case, at = ids[order], case[order], at[order]
    heads = np.flatnonzero(np.r_[True, (ids[1:] != ids[:-1]) | (case[1:] != case[:-1])][: len(ids)])
    bounds = np.searchsorted(ids[heads], np.arange(len(names) + 1))
    return {
        str(name): (case[heads[a:b]].astype(np.int64), at[heads[a:b]])
        for name, a, b in zip(names, bounds, bounds[1:], strict=False)
    }


def late_share(seen: SeenFirst, value: np.ndarray, first: np.ndarray, cases: np.ndarray, since: np.ndarray) -> float:
    """Of the deviating cases with a value the share whose value is not known to come before the deviation.

    It does where it is on the first row of the case, or on a row before the deviation.

    Parameters
    ----------
    seen : SeenFirst
    value : bool array of shape (n_cases,)
        Cases with a value.
    first : int64 array of shape (n_cases,)
        See :func:`first_moments`.
    cases, since : int64 arrays
        See :func:`onsets`.
    """
    if seen.how == FROM_START:
        return 0.0
    cases, since = cases[value[cases]], since[value[cases]]
    if not len(cases):
        return 0.0
    moment = seen.moment[cases]
    before = (moment != MISSING) & ((moment <= first[cases]) | (moment < since))
    return float(1 - before.mean())


def read_by(study: Study, check: str, kinds: Collection[str] = (), activity: str | None = None) -> set[str]:
    """Attributes that a check looks at itself, or an allowance that may cover its faults; ``team`` and ``role`` for checks of people.

    Parameters
    ----------
    study : Study
    check : str
    kinds : collection of str
        Kinds of the faults; empty: any.
    activity : str or None
        Where they are; None: anywhere.

    Examples
    --------
    >>> sorted(read_by(study, "channel-receive"))
    ['channel']
    """
    blueprint = study.blueprint
    spec, derived = blueprint.checks.get(check), None if check in blueprint.checks else derived_check(blueprint, check)
    found: set[str] = set()
    for entry in blueprint.allowances:
        named = {entry.match.get("rule"), entry.match.get("standard")} - {None}
        of_kind = not kinds or entry.match.get("kind", "") in ("", *kinds)
        if (
            (not named or check in named)
            and of_kind
            and (activity or "") in ("", entry.match.get("activity", activity))
        ):
            found |= {condition.attr for condition in entry.when}
    if spec is not None:
        found |= {condition.attr for condition in spec.when}
        found |= {
            x for x in (getattr(spec, "attr", None), getattr(spec, "due", None), getattr(spec, "item", None)) if x
        }
        if getattr(spec, "kind", "") in PEOPLE or getattr(spec, "metric", "") in ("handovers", "turns"):
            found |= {"team", "role"}
    if derived is not None:
        found |= {"team", "role"} if derived.kind == "performed_by" else set()
        found |= {CHANNEL} if derived.kind == "channel" else set()
        contact = blueprint.activity(derived.activity).touchpoint if derived.activity else None
        if contact is not None and derived.kind == "evidence":
            found |= {proof.attr for proof in contact.proofs if proof.attr}
        if contact is not None and derived.kind == "touchpoint":
            found |= {condition.attr for condition in contact.fails_when}
    return found | _same_columns(study, found)


PEOPLE = ("performed_by", "four_eyes", "same_handler")


def _same_columns(study: Study, names: set[str]) -> set[str]:
    """Other names for the columns of these attributes."""
    bound = study.log.binding.attributes
    columns = {bound[name].column for name in names if name in bound}
    return {name for name, attribute in bound.items() if attribute.column in columns}
