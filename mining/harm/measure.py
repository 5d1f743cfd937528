"""Effects of all deviations on all outcomes: each comparison made once, every row with what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.blueprint.derived import OUTCOME
from mining.blueprint.model import Standard
from mining.errors import UnknownNameError
from mining.harm.comparison import Comparison, Comparisons
from mining.harm.covariates import Known, names_of
from mining.harm.effects import Effects
from mining.harm.estimate import Estimate, Fitted, estimated, fitted
from mining.harm.groups import Deviating, Group
from mining.harm.guards import (
    FEW_WITH,
    FEW_WITHOUT,
    e_values,
    grade_of,
    imbalance_of,
    overlap_of,
    weak_guards,
)
from mining.harm.later import effect_where_others_follow
from mining.harm.naive import constant, naive_of
from mining.outcomes.outcome import Outcome, Outcomes
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

FEW_CLUSTERS = 10  # clusters with the deviation, or without: fewer, and no interval can be trusted
FEW_EVENTS = 5  # of a yes/no outcome: rows with either value, with the deviation and without


@dataclass(frozen=True, eq=False)
class _Adjusted:
    """An adjusted effect with its guards; ``influence`` has shape (n_cases,)."""

    estimate: Estimate
    influence: np.ndarray
    row: dict[str, Any]


def effects_of(
    study: Study,
    outcomes: Outcomes,
    *,
    covariates: Sequence[str] | None = None,
    cluster: str | None = None,
    seed: int = 0,
) -> Effects:
    """What each deviation changes in each outcome, for the cases that have it.

    The naive difference of means stands in every row, and is never called an effect. The adjusted one is the mean over the deviating
    cases of the outcome less what it would have been (ATT). Deviations at a fixed step are compared with like cases by cross-fitted
    augmented inverse probability weighting; those whose chance grows with the time open (extra and repeated steps, too many hand-overs)
    from the moment of the deviation on, with cases as long open in the same state. Where like cases deviate later, their
    effect is taken off (a structural nested mean model; Robins 1994; see :mod:`mining.harm.later`).

    Parameters
    ----------
    study : Study
    outcomes : Outcomes
        As :func:`mining.outcomes.outcomes_of` gives them.
    covariates : sequence of str, optional
        Attributes to adjust for. Default: all bound ones that are known at the first step and are read by no check as a result. Calendar
        time, load, time and steps so far, and earlier deviations are adjusted for in any case.
    cluster : str, optional
        Attribute whose cases belong together, such as the customer: they are in one part of the cross-fitting, and the standard errors
        allow for it.
    seed : int
        Of the cross-fitting and of the choice of like cases.

    Returns
    -------
    Effects

    Raises
    ------
    UnknownNameError
        If there is no such attribute.

    Examples
    --------
    >>> from mining.outcomes import outcomes_of
    >>> table = effects_of(study, outcomes_of(study)).frame
    >>> set(table["grade"]) <= {"A", "B", "C", "D"}
    True
    """
    deviating = Deviating(study)
    covariates = [covariates] if isinstance(covariates, str) else covariates
    results = [x.id.removeprefix("attribute:") for x in outcomes if x.id.startswith("attribute:")]
    known = Known(study, deviating, covariates, results=results)
    comparisons = Comparisons(study, known, deviating, seed)
    clusters = _clusters(study, cluster)
    rows, influence = [], []
    for group in deviating.groups.values():
        measured = _Effects(study, comparisons, group, clusters, seed)
        for outcome in outcomes:
            row, added = measured.row(outcome)
            rows.append(row)
            influence.append(added)
    frame = pd.DataFrame(rows, columns=[*Effects.columns, "sign"])
    frame["q"] = _q_values(frame["p"].to_numpy(float))
    frame["grade"] = [
        grade_of(r.n_with, r.n_without, r.low, r.high, r.q, r.weak.split(", ") if r.weak else ())
        for r in frame.itertuples()
    ]
    shown = frame["grade"].isin(["A", "B"])
    frame["harm"] = (np.sign(frame["effect"].astype(float)) * frame["sign"]).where(shown).astype("Int64")
    values = np.stack(influence) if influence else np.zeros((0, study.instances.n_cases))
    settings = {"covariates": ", ".join(known.columns), "cluster": cluster or "case", "seed": seed}
    provenance = study.provenance("effects of deviations", **settings)
    return Effects(frame[list(Effects.columns)], provenance, study, outcomes, values, known.left_out, known.undated)


def _clusters(study: Study, cluster: str | None) -> np.ndarray:
    n = study.instances.n_cases
    if cluster is None:
        return np.arange(n)
    if cluster not in study.log.binding.attributes:
        raise UnknownNameError("attribute", cluster, study.log.binding.attributes, where="cluster")
    codes = pd.factorize(study.instances.attribute(cluster))[0]
    return np.where(codes < 0, codes.max() + 1 + np.arange(n), codes)


def _q_values(p: np.ndarray) -> np.ndarray:
    """False discovery rate over all rows with a p (Benjamini and Hochberg 1995)."""
    from scipy.stats import false_discovery_control

    found = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    if known.any():
        found[known] = false_discovery_control(np.clip(p[known], 0, 1))
    return found


class _Effects:
    """The rows of one finding."""

    def __init__(self, study: Study, comparisons: Comparisons, group: Group, clusters: np.ndarray, seed: int) -> None:
        self.study, self.comparisons, self.group, self.clusters, self.seed = study, comparisons, group, clusters, seed
        self._made: dict[bytes, tuple[Comparison, Fitted, Estimate | None, float] | str] = {}
        self._moved: dict[bytes, tuple[Comparison, Fitted] | None] = {}

    def row(self, outcome: Outcome) -> tuple[dict[str, Any], np.ndarray]:
        """The row of an outcome, and what each case adds to its total."""
        group = self.group
        measured = np.isfinite(outcome.values)
        with_, without = group.has & measured, group.lacks & measured
        row: dict[str, Any] = dict.fromkeys(Effects.columns, np.nan)
        row |= {
            "finding_id": group.finding_id, "outcome": outcome.id, "unit": outcome.unit, "design": "none",
            "n_with": int(with_.sum()), "n_without": int(without.sum()), "n_left_out": int((group.has & ~measured).sum()), "n_compared": 0,
            "weak": "", "adjusted_for": "", "why": "", "sign": outcome.worse, "part": _part_of(self.study, group, outcome),
        }  # fmt: skip
        row |= naive_of(outcome.values[with_], outcome.values[without], share=outcome.kind == "share")
        nothing = np.zeros(self.study.instances.n_cases)
        if _defines(self.study, group, outcome):
            return row | {"why": "defined"}, nothing
        if row["n_with"] < FEW_WITH or row["n_without"] < FEW_WITHOUT:
            return row | {"why": "too_few"}, nothing
        found = self._adjusted(outcome, measured)
        if isinstance(found, str):
            return row | {"why": found}, nothing
        row["n_left_out"] += found.row.pop("n_alone")
        return row | found.row, found.influence

    def _adjusted(self, outcome: Outcome, measured: np.ndarray) -> _Adjusted | str:
        key = np.packbits(measured).tobytes()
        if key not in self._made:
            self._made[key] = self._compared(measured)
        made = self._made[key]
        if isinstance(made, str):
            return made
        rows, models, placebo, spread = made
        if constant(outcome.values[rows.case]):
            return "constant"
        cluster = self.clusters[rows.case]
        y = outcome.values[rows.case] - (rows.spent if outcome.id == "time" else 0.0)
        if outcome.kind == "share" and _few_events(y, rows.treated):
            return "few_events"
        if rows.since is None:
            estimate = estimated(y, rows.treated, models, cluster)
        else:
            found = effect_where_others_follow(y, rows.treated, models, cluster, rows.spent, rows.since)
            if found is None:
                return "all_later"
            estimate = found
        if outcome.kind == "share":
            if abs(estimate.effect) > 1:
                return "no_like"  # no share can change by more: the weights make it up
            estimate = replace(estimate, low=max(estimate.low, -1.0), high=min(estimate.high, 1.0))
        no_begin = int((self.group.has & measured & (self.study.instances.case_start == MISSING)).sum())
        share, effective = overlap_of(models, rows.treated)
        balance = imbalance_of(rows.known.values, rows.treated, models)
        e_value, e_low = e_values(estimate, y, rows.treated, share=outcome.kind == "share")
        weak = weak_guards(share, effective, balance, placebo, spread, e_low, no_start=rows.no_start)
        sure = len(weak) < 2 and not estimate.low <= 0 <= estimate.high
        if rows.since is not None and sure and not self._same_sign(estimate.effect, outcome, measured):
            weak = (*weak, "progress")
        influence = np.bincount(rows.case, estimate.total, minlength=len(measured)) * rows.scale
        return _Adjusted(
            estimate,
            influence,
            {
                "design": self.group.design, "effect": estimate.effect, "se": estimate.se, "low": estimate.low,
                "high": estimate.high, "p": estimate.p, "overlap": share, "balance": balance,
                "placebo": placebo.effect if placebo else np.nan, "placebo_low": placebo.low if placebo else np.nan,
                "placebo_high": placebo.high if placebo else np.nan, "e_value": e_value, "e_value_low": e_low,
                "weak": ", ".join(weak), "total": float(influence.sum()), "adjusted_for": names_of(rows.known),
                "n_alone": rows.n_alone + no_begin, "n_compared": round(int(rows.treated.sum()) * rows.scale),
            },
        )  # fmt: skip

    def _compared(self, measured: np.ndarray) -> tuple[Comparison, Fitted, Estimate | None, float] | str:
        """The rows, their propensities, and the placebo with its spread; why not where too few cases, or clusters, can be compared."""
        rows = self.comparisons.of(self.group, measured)
        cluster = self.clusters[rows.case]
        others = len(np.unique(rows.case[~rows.treated]))
        if rows.treated.sum() < FEW_WITH or others < FEW_WITHOUT:
            return "no_like"
        if min(len(np.unique(cluster[rows.treated])), len(np.unique(cluster[~rows.treated]))) < FEW_CLUSTERS:
            return "few_clusters"
        models = fitted(rows.covariates(), rows.treated, cluster, seed=self.seed)
        placebo, spread = self._placebo(rows, models)
        return rows, models, placebo, spread

    def _same_sign(self, effect: float, outcome: Outcome, measured: np.ndarray) -> bool:
        """Whether cases that went on by another step at the same time show the same direction; False where they are too few to tell."""
        key = np.packbits(measured).tobytes()
        if key not in self._moved:
            rows = self.comparisons.moved(self.group, measured)
            cluster = self.clusters[rows.case]
            few = rows.treated.sum() < FEW_WITH or len(np.unique(rows.case[~rows.treated])) < FEW_WITHOUT
            models = None if few else fitted(rows.covariates(), rows.treated, cluster, seed=self.seed)
            self._moved[key] = None if models is None else (rows, models)
        made = self._moved[key]
        if made is None:
            return False
        rows, models = made
        y = outcome.values[rows.case] - (rows.spent if outcome.id == "time" else 0.0)
        other = estimated(y, rows.treated, models, self.clusters[rows.case])
        return bool(np.sign(other.effect) == np.sign(effect))

    def _placebo(self, rows: Comparison, models: Fitted) -> tuple[Estimate | None, float]:
        """The effect on what was measured before the deviation, and the standard deviation of that."""
        known = np.isfinite(rows.before)
        treated = rows.treated[known]
        if treated.sum() < FEW_WITH or (~treated).sum() < FEW_WITHOUT or known.mean() < 0.5:
            return None, 0.0
        part = rows if known.all() else rows.rows(known)
        spread = float(part.before.std())
        if spread == 0:
            return None, 0.0
        cluster = self.clusters[part.case]
        if part.hides or not known.all():
            models = fitted(part.covariates(placebo=True), part.treated, cluster, seed=self.seed)
        return estimated(part.before, part.treated, models, cluster), spread


def _few_events(y: np.ndarray, treated: np.ndarray) -> bool:
    """Whether too few rows, with the deviation or without, have one of the two values: then no interval of a difference can be trusted."""
    with_, without = y[treated].sum(), y[~treated].sum()
    counts = (with_, treated.sum() - with_, without, (~treated).sum() - without)
    return bool(min(counts) < FEW_EVENTS)


def _part_of(study: Study, group: Group, outcome: Outcome) -> bool:
    """Whether the check limits a time that the outcome contains: that of the case, or the waiting in it."""
    spec = study.blueprint.checks.get(group.check)
    if not isinstance(spec, Standard):
        return False
    holds = ("time",) if spec.metric == "handling" else ("time", "waiting")
    return spec.metric in ("elapsed", "waiting", "handling", "due_date") and outcome.id in holds


def _defines(study: Study, group: Group, outcome: Outcome) -> bool:
    """Whether the check measures the outcome itself, so that the deviation cannot have an effect on it: it is a part of it."""
    spec = study.blueprint.checks.get(group.check)
    scope = study.blueprint.scope
    if group.check == OUTCOME:
        return outcome.id in ("abandoned", "resolved", "reopened")
    if not isinstance(spec, Standard):
        return False
    if spec.attr and outcome.id == f"attribute:{spec.attr}":
        return True
    if spec.item and outcome.id == f"survey:{spec.item}":
        return True
    if outcome.id == "waiting":
        return spec.metric == "waiting"
    begins = "case_start" in spec.start or bool(set(spec.start) & set(scope.starts_with))
    ends = bool(set(spec.end) & set(scope.ends_with))
    return outcome.id == "time" and ("case_end" in (*spec.end, *spec.of) or (begins and ends))
