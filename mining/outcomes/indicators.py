"""What an indicator of the blueprint is computed from: one observation per case, or per answer, and what is left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.blueprint.model import Kpi, Standard
from mining.conformance import verdicts as v
from mining.outcomes.answers import HOW_IT_WENT, cases_of
from mining.outcomes.measure import resolved_of
from mining.outcomes.parts import Endings, Words, both, listed
from mining.promises import lengths_of
from mining.texts import LANGUAGES, activity_name, duration
from mining.times.instances import UNKNOWN, instance_times
from mining.units import MICROSECONDS, SECONDS, Duration

if TYPE_CHECKING:
    from mining.study import Study

BOXES = {"top2box": 2, "top3box": 3}
OPEN = "open s"  # seconds of open time
PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True, eq=False)
class Observed:
    """The observations of one indicator.

    Attributes
    ----------
    stat : str
        What is made of them, see :func:`mining.outcomes.intervals.estimate`.
    unit : str
        share, s, open s (seconds of open time), bd (working days), points, or a scale such as 1-5.
    counted : {"cases", "answers"}
    value : float array of shape (n,)
    case : int64 array of shape (n,)
        Position of the case; -1 where an answer has none.
    left_out : dict of str to int
        Why cases or answers are not observed: a key of the texts to their number.
    why : dict of str to str, optional
        By language, why nothing is measured.
    note : dict of str to str, optional
        By language, what to know.
    """

    stat: str
    unit: str
    counted: str = "cases"
    value: np.ndarray = field(default_factory=lambda: np.empty(0))
    case: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    left_out: dict[str, int] = field(default_factory=dict)
    why: Words | None = None
    note: Words | None = None


def observed(study: Study, kpi: Kpi, survey: Any, ends: Endings) -> Observed:
    """The observations of an indicator of the blueprint; the formulas are those of its format.

    Shares of cases are of those that are over: ended, withdrawn or given up (:class:`mining.outcomes.parts.Endings`). A running case may
    still come to the step or do it once too often. A step counts when it completed.
    """
    formula = kpi.formula
    if "survey" in formula:
        return of_answers(study, survey, formula["survey"], formula["stat"], in_points=_in_points(kpi))
    if "median_waiting" in formula:
        return _waiting(study, _names(formula["median_waiting"]), ends)
    if "share_at_most" in formula:
        names, most = (formula["share_at_most"]["a"],), formula["share_at_most"]["n"]
        return _share(study, names, lambda times: times <= most, ends, tell_none=True)
    if "share_without" in formula:
        return _share(study, _names(formula["share_without"]), lambda times: times == 0, ends)
    return _share(study, _names(formula["share_with"]), lambda times: times > 0, ends)


def _names(named: str | list[str]) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else tuple(named)


def _in_points(kpi: Kpi) -> bool:
    """A target of a net promoter score beyond 1 is in points: from -100 to 100."""
    return kpi.formula["stat"] == "nps" and abs(float(kpi.target)) > 1


def _words(study: Study, names: tuple[str, ...]) -> Words:
    return listed([{lang: activity_name(study.blueprint, name, lang) for lang in LANGUAGES} for name in names])


def _hidden(study: Study, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not study.blueprint.activity(name).observable)


def _counts(reasons: dict[str, np.ndarray]) -> dict[str, int]:
    return {f"outcomes.missing.{name}": int(holds.sum()) for name, holds in reasons.items() if holds.any()}


def _share(study: Study, names: tuple[str, ...], holds: Any, ends: Endings, *, tell_none: bool = False) -> Observed:
    x = study.instances
    if hidden := _hidden(study, names):
        return Observed("share", "share", why=both("outcomes.why.hidden", names=_words(study, hidden)))
    times = np.bincount(x.case[x.of(*names)], minlength=x.n_cases)
    cases = np.flatnonzero(ends.over)
    never = tuple(name for name in names if name in x.unseen)
    note = both("outcomes.note.never", names=_words(study, never)) if never else None
    if tell_none and not never and (none := int((times[cases] == 0).sum())):
        note = both("outcomes.note.none", n=f"{none:,}")
    return Observed(
        "share", "share", "cases", holds(times)[cases].astype(float), cases,
        _counts({"empty": ends.empty, "running": ends.running}),
        why=None if len(cases) else both("outcomes.why.no_case"),
        note=note,
    )  # fmt: skip


def _waiting(study: Study, names: tuple[str, ...], ends: Endings) -> Observed:
    """Per case that is over the waits before some steps, added up; a case of which one is not measured is left out."""
    x = study.instances
    if hidden := _hidden(study, names):
        return Observed("median", "s", why=both("outcomes.why.hidden", names=_words(study, hidden)))
    rows = x.started(*names)
    wait = instance_times(study).wait[rows]
    there = np.bincount(x.case[rows], minlength=x.n_cases)
    lost = np.bincount(x.case[rows[wait == UNKNOWN]], minlength=x.n_cases)
    total = np.bincount(x.case[rows], np.maximum(wait, 0), minlength=x.n_cases) / MICROSECONDS
    cases = np.flatnonzero(ends.over & (there > 0) & (lost == 0))
    reasons = {
        "empty": ends.empty,
        "running": ends.running,
        "no_step": ends.over & (there == 0),
        "no_wait": ends.over & (lost > 0),
    }
    why = None
    if not len(cases):
        why = both("outcomes.why.no_starts" if (wait == UNKNOWN).all() and len(rows) else "outcomes.why.no_case")
    return Observed("median", "s", "cases", total[cases], cases, _counts(reasons), why=why)


def of_answers(
    study: Study, survey: Any, item: str | None, stat: str, *, kind: str | None = None, in_points: bool = False
) -> Observed:
    """The observations of answers to an item, or of all answers of a kind.

    ``top2box``: 1 where the answer is one of the two highest scores of its scale (that has steps of one). Answers about cases that the log
    does not have belong to others and are left out; answers that name no case count.
    """
    made_of = "share" if stat in BOXES else stat
    if survey is None:
        return Observed(made_of, "", "answers", why=both("outcomes.why.no_survey"))
    frame = survey.frame
    rows = (frame["item"] == item) if kind is None else (frame["kind"] == kind)
    if kind is None and frame.loc[rows, "kind"].nunique() > 1:
        rows &= frame["kind"].isin(HOW_IT_WENT)
    mine = frame[rows]
    if mine.empty:
        key = "outcomes.why.no_item" if kind is None else "outcomes.why.no_kind"
        return Observed(made_of, "", "answers", why=both(key, item=item or kind))
    scales = mine[["scale_min", "scale_max"]].drop_duplicates().to_numpy(float)
    if len(scales) > 1 or mine["kind"].nunique() > 1:
        n = max(len(scales), mine["kind"].nunique())
        return Observed(made_of, "", "answers", why=both("outcomes.left.several", n=n))
    case = cases_of(survey, study)[rows.to_numpy()]
    other = (case < 0) & mine["case_id"].notna().to_numpy()
    score, (low, high) = mine["score"].to_numpy(float)[~other], scales[0]
    found = _scored(stat, score, low, high, in_points)
    left = _counts({"other_case": other})
    if isinstance(found, str):
        return Observed(made_of, "", "answers", left_out=left, why=both(found))
    unit = {"share": "share", "nps": "points" if in_points else "share"}.get(made_of, f"{low:g}-{high:g}")
    return Observed(
        made_of, "" if "nan" in unit else unit, "answers", found, case[~other], left,
        why=None if len(score) else both("outcomes.why.no_answer"),
    )  # fmt: skip


def _scored(stat: str, score: np.ndarray, low: float, high: float, in_points: bool) -> np.ndarray | str:
    """What each answer counts; a key of the texts where the scale does not allow it."""
    if stat == "mean":
        return score
    if stat == "nps":
        if (low, high) != (0.0, 10.0):
            return "outcomes.why.nps_scale"
        return (score >= PROMOTER).astype(float) - (score <= DETRACTOR)
    if not (high - low >= BOXES[stat]):
        return "outcomes.why.boxes"
    return np.asarray(score > high - BOXES[stat], float)


# --- what every service is asked for -----------------------------------------------------------------------------------


def response_standard(study: Study) -> Standard | None:
    """The standard that promises a first response: the first on elapsed time from the begin of a case to a step that is not its end.

    Which step is the response is for the blueprint to say; nothing is guessed where it promises none.

    Examples
    --------
    >>> response_standard(study).id
    'S1'
    """
    scope = study.blueprint.scope
    begins, finish = {"case_start", *scope.starts_with}, {"case_end", *scope.ends_with}
    for standard in study.blueprint.standards:
        timed = standard.metric == "elapsed" and standard.start and set(standard.start) <= begins
        if timed and not set(standard.end) <= finish:
            return standard
    return None


def response_times(study: Study, standard: Standard) -> dict[str, Observed]:
    """How long the first response took, and whether it kept its limit, as the standard measures it: in its business time.

    The share is that of the check of the standard, gross: cases that still wait and are over the limit count as late. Median and 90 % are
    of cases that have the response; the others are counted as left out.
    """
    check = next(x for x in study.checks if x.id == standard.id)
    lengths = lengths_of(study, standard, check)
    business = standard.limit.unit if isinstance(standard.limit, Duration) else "s"
    size = SECONDS.get(business, 1)
    unit = OPEN if business == "bh" else "s" if business in SECONDS else business
    words = {lang: study.why_not(check, lang) for lang in LANGUAGES}
    why = words if words["en"] else None
    answered = lengths.finished
    outside = {"no_response": check.verdict == v.NOT_APPLICABLE, "not_observable": check.verdict == v.NOT_OBSERVABLE}
    waiting = np.zeros(len(check.verdict), bool)
    waiting[lengths.case[~answered]] = True
    left = _counts({"waiting": waiting, **outside})
    found = {
        f"response_time{suffix}": Observed(
            stat, unit, "cases", lengths.value[answered] * size, lengths.case[answered], left,
            why=why or (None if answered.any() else both("outcomes.why.no_case")),
        )
        for suffix, stat in (("", "median"), ("_p90", "p90"))
    }  # fmt: skip
    judged = np.flatnonzero(np.isin(check.verdict, (v.PASS, v.FAIL, v.ALLOWED)))
    kept = (check.verdict[judged] == v.PASS).astype(float)
    left = _counts({"waiting": check.verdict == v.PENDING, **outside})
    none = None if len(judged) else both("outcomes.why.no_case")
    return found | {"response_time_in_limit": Observed("share", "share", "cases", kept, judged, left, why=why or none)}


def limit_words(standard: Standard) -> Words:
    """The limit of a standard in words."""
    return {lang: duration(standard.limit, lang) for lang in LANGUAGES}


def resolution(study: Study, ends: Endings) -> Observed:
    """Whether cases were resolved, as the outcome of that name has it."""
    found = resolved_of(study, ends)
    if found.outcome is None:
        return Observed("share", "share", why=found.why)
    cases = np.flatnonzero(np.isfinite(found.outcome.values))
    return Observed(
        "share", "share", "cases", found.outcome.values[cases], cases, dict(found.outcome.missing), note=found.note
    )


__all__ = [
    "OPEN",
    "Observed",
    "limit_words",
    "observed",
    "of_answers",
    "resolution",
    "response_standard",
    "response_times",
]
