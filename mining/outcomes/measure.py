"""Every outcome of a study that its log, its blueprint and the tables beside them can say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.outcomes.answers import survey_parts
from mining.outcomes.attributes import AttributeOutcome, attribute_parts
from mining.outcomes.intervals import t_interval
from mining.outcomes.outcome import Outcome, Outcomes
from mining.outcomes.parts import Endings, Part, both, endings_of, listed, part, reasons_words
from mining.outcomes.prices import Costs, money_of_cases
from mining.outcomes.repeats import repeat_part
from mining.results import wilson
from mining.texts import LANGUAGES, activity_name
from mining.times.cases import case_times
from mining.times.instances import UNKNOWN, instance_times, worked
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study

GOAL = "resolution_rate"  # id of the indicator (share_with) that says what a case should come to
CUSTOMER = "customer"  # kind of lane: the customer's own steps


def outcomes_of(
    study: Study,
    *,
    survey: Any = None,
    costs: Costs | None = None,
    attributes: Iterable[AttributeOutcome | str | tuple[str, int]] = (),
    customer: str | None = None,
    repeat_within: str = "30d",
    ces_easy: str | None = None,
) -> Outcomes:
    """What every case came to: one number per case and outcome, with the reason wherever there is none.

    ================== ==================================================================================================================
    id                 what
    ================== ==================================================================================================================
    ``time``           throughput time of ended cases, as :func:`mining.times.cases.case_times` has it, seconds
    ``waiting``        of ended cases the time in which the customer waited for a step that the customer sees and does not do (a lane above
                       the line of visibility, but the customer's own): from ready to start (:mod:`mining.flow.waits`), what overlaps once
    ``cost``           events x cost per event + hours x cost per hour of the priced activities, of cases that are over
    ``resolved``       1: the case reached an end that is no withdrawal; where the blueprint has an indicator ``resolution_rate`` (form
                       ``share_with``), one of its steps must have been done as well, since closed is not resolved. 0: it was given up, or
                       ended without that step. Withdrawn cases have no value: whoever takes back a request wants no solution
    ``abandoned``      1: left before the goal, in silence (``scope.abandoned_after``) or by saying so (``scope.withdrawn_by``)
    ``reopened``       1: opened again by one of ``scope.reopened_by`` after its end, as seen by the end of the log
    ``repeat_contact`` 1: the same customer began another case within ``repeat_within`` of the end of this one
    ``survey:ITEM``    mean score of the answers about the case
    ``attribute:NAME`` the value last recorded in the case, of cases that are over
    ================== ==================================================================================================================

    How a case ended is taken from the check of the outcome (:func:`mining.conformance.outcome.check_outcome`). An outcome that is measured
    in no case, or that would be the same in every case by construction, is left out, and ``left_out`` says why.

    Parameters
    ----------
    study : Study
    survey : Survey, optional
        As :func:`mining.voice.read_survey` gives it.
    costs : Costs, optional
        As :func:`mining.outcomes.costs.read_costs` gives them.
    attributes : iterable of AttributeOutcome, str or (str, int)
        Attributes of the log that are outcomes, with the way that is worse: ``"made_sla:-1"``.
    customer : str, optional
        Attribute that names the customer: for repeat contacts, and for answers without a case.
    repeat_within : str
        Clock time, such as ``30d``.
    ces_easy : {"high", "low"}, optional
        Which end of the scale of effort (kind ces) means that it was easy.

    Returns
    -------
    Outcomes

    Raises
    ------
    UnknownNameError
        If an attribute, or an activity of the costs, is not there.
    MiningError
        If an attribute is no number and not true/false, or does not say which way is worse; if ``repeat_within`` is no clock time.

    Examples
    --------
    >>> found = outcomes_of(study)
    >>> [item.id for item in found], found["time"].n, found["time"].missing
    (['time', 'resolved', 'abandoned'], 1992, {'outcomes.missing.abandoned': 8})
    """
    ends = endings_of(study)
    parts = [_time(study, ends), _waiting(study, ends)]
    if costs is not None:
        parts.append(_cost(study, costs, ends))
    parts += [_resolved(study, ends), _abandoned(study, ends), _reopened(study, ends)]
    if customer is None:
        parts.append(Part("repeat_contact", None, both("outcomes.left.customer")))
    else:
        parts.append(repeat_part(study, customer, repeat_within, ends))
    if ces_easy not in (None, "high", "low"):
        raise UnknownNameError("direction", ces_easy, ("high", "low"), where="ces_easy")
    parts += survey_parts(study, survey, customer, ces_easy) if survey is not None else []
    parts += attribute_parts(study, attributes, ends)
    return _table(study, parts, _settings(survey, costs, customer, repeat_within))


def _settings(survey: Any, costs: Costs | None, customer: str | None, repeat_within: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if getattr(survey, "sha256", ""):
        found["survey"] = survey.sha256[:12]
    if costs is not None:
        found["costs"] = costs.sha256[:12]
    if customer is not None:
        found |= {"customer": customer, "repeat_within": repeat_within}
    return found


def _time(study: Study, ends: Endings) -> Part:
    table = case_times(study).frame
    why = {"empty": ends.empty, "abandoned": study.is_open & ends.abandoned, "running": study.is_open}
    return part("time", table["throughput_s"].to_numpy(float), why, kind="time", unit="s", worse=1, visible=True)


def _waiting(study: Study, ends: Endings) -> Part:
    """Waits for visible steps that are not the customer's own; pieces that overlap within a case count once."""
    x, blueprint = study.instances, study.blueprint
    felt = np.array(
        [
            i < x.n_known and blueprint.lane_of(name).visible and blueprint.lane_of(name).kind != CUSTOMER
            for i, name in enumerate(x.names)
        ],
        bool,
    )[x.activity]
    wait = instance_times(study).wait
    rows = np.flatnonzero(felt & (wait != UNKNOWN))
    rows = rows[np.lexsort((x.start[rows], x.case[rows]))]
    offsets = np.searchsorted(x.case[rows], np.arange(x.n_cases + 1)).astype(np.int64)
    low, high = worked(x.start[rows] - wait[rows], x.start[rows], np.ones(len(rows), bool), offsets)
    total = np.bincount(x.case[rows], high - low, minlength=x.n_cases) / MICROSECONDS
    measured = np.diff(offsets)
    seen = np.bincount(x.case[felt], minlength=x.n_cases)
    unplanned = ~np.isin(x.activity, list(x.whole.scheduled))
    first = (
        felt & unplanned & (wait == UNKNOWN) & (x.start != MISSING)
    )  # nothing came before them: no wait, and none is lacking
    expected = seen - np.bincount(x.case[first], minlength=x.n_cases)
    why = {
        "empty": ends.empty,
        "abandoned": study.is_open & ends.abandoned,
        "running": study.is_open,
        "no_visible_step": expected == 0,
        "no_wait": measured == 0,
    }
    if not felt.any():
        return Part("waiting", None, both("outcomes.left.nothing_seen"))
    if (x.start[felt] == MISSING).all():
        return Part("waiting", None, both("outcomes.left.no_starts"))
    partly = int((~study.is_open & (measured > 0) & (measured < expected)).sum())
    note = both("outcomes.note.waiting", n=f"{partly:,}") if partly else None
    return part("waiting", total, why, kind="time", unit="s", worse=1, visible=True, note=note)


def _cost(study: Study, costs: Costs, ends: Endings) -> Part:
    money = money_of_cases(study, costs)
    why = {"empty": ends.empty, "running": ends.running, "no_hours": money.unpriced > 0}
    free = [_named(study, name) for name in money.without_price]
    note = both("outcomes.note.cost", names=listed(free), n=f"{money.n_without_price:,}") if free else None
    return part("cost", money.value, why, kind="money", unit=costs.currency, worse=1, visible=False, note=note)


def _named(study: Study, activity: str) -> dict[str, str]:
    return {lang: activity_name(study.blueprint, activity, lang) for lang in LANGUAGES}


def goal_of(study: Study) -> tuple[str, ...]:
    """The steps by one of which the blueprint knows a case to be resolved; none where its ends alone say it.

    Examples
    --------
    >>> goal_of(study)
    ()
    """
    for kpi in study.blueprint.kpis:
        if kpi.id == GOAL and "share_with" in kpi.formula:
            named = kpi.formula["share_with"]
            return (named,) if isinstance(named, str) else tuple(named)
    return ()


def resolved_of(study: Study, ends: Endings) -> Part:
    """The outcome "resolved"; see :func:`outcomes_of`."""
    goal = goal_of(study)
    done = ends.reached | ends.reopened
    if goal:
        x = study.instances
        named = np.zeros(x.n_cases, bool)
        named[x.case[x.of(*goal)]] = True
        done &= named
        note = both("outcomes.note.goal", names=listed([_named(study, name) for name in goal]))
    elif not ends.abandoned.any() and study.blueprint.scope.abandoned_after is None:
        return Part("resolved", None, both("outcomes.left.resolved", goal=GOAL))
    else:
        finish = [x for x in study.blueprint.scope.ends_with if x not in study.blueprint.scope.withdrawn_by]
        note = both("outcomes.note.ends", names=listed([_named(study, name) for name in finish]))
    why = {"empty": ends.empty, "running": ends.running, "withdrawn": ends.withdrawn, "unclear": ends.unclear}
    return part("resolved", done.astype(float), why, kind="share", worse=-1, visible=True, note=note)


_resolved = resolved_of


def _abandoned(study: Study, ends: Endings) -> Part:
    scope = study.blueprint.scope
    if scope.abandoned_after is None and not scope.withdrawn_by and not ends.abandoned.any():
        return Part("abandoned", None, both("outcomes.left.abandoned"))
    left = ends.abandoned | ends.withdrawn
    why = {"empty": ends.empty, "running": ends.running, "unclear": ends.unclear}
    silent, said = int(ends.abandoned.sum()), int(ends.withdrawn.sum())
    note = both("outcomes.note.abandoned", silent=f"{silent:,}", said=f"{said:,}")
    return part("abandoned", left.astype(float), why, kind="share", worse=1, visible=True, note=note)


def _reopened(study: Study, ends: Endings) -> Part:
    if not study.blueprint.scope.reopened_by:
        return Part("reopened", None, both("outcomes.left.reopened"))
    why = {
        "empty": ends.empty,
        "running": ends.running,
        "abandoned": ends.abandoned,
        "withdrawn": ends.withdrawn,
        "unclear": ends.unclear,
    }
    return part("reopened", ends.reopened.astype(float), why, kind="share", worse=1, visible=True)


def _table(study: Study, parts: list[Part], settings: dict[str, Any]) -> Outcomes:
    items = tuple(x.outcome for x in parts if x.outcome is not None)
    frame = pd.DataFrame([_row(item) for item in items], columns=list(Outcomes.columns))
    return Outcomes(
        frame,
        study.provenance("outcomes", **settings),
        items,
        left_out={x.id: x.why for x in parts if x.outcome is None and x.why},
        notes={x.id: x.note for x in parts if x.outcome is not None and x.note},
    )


def _row(item: Outcome) -> dict[str, Any]:
    values = item.values[np.isfinite(item.values)]
    share = item.kind == "share"
    low, high = wilson(int(values.sum()), len(values)) if share and set(values) <= {0.0, 1.0} else t_interval(values)
    return {
        "outcome": item.id,
        "name_en": item.name["en"],
        "name_zh": item.name.get("zh", item.name["en"]),
        "kind": item.kind,
        "unit": item.unit,
        "worse": item.worse,
        "visible": item.visible,
        "n": len(values),
        "n_cases": len(item.values),
        "mean": float(values.mean()),
        "median": np.nan if share else float(np.median(values)),
        "low": low,
        "high": high,
        "missing": reasons_words(item.missing, "en"),
    }
