"""From facts and samples to places: what is lost at least, what comes first, and how often it would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.blueprint.model import SEVERITIES
from mining.conformance import verdicts as v
from mining.errors import MiningError, UnknownNameError
from mining.findings import PRIORITIES
from mining.priorities.evidence import TOO_FEW, Evidence
from mining.priorities.order import (
    Facts,
    classes,
    decided_by,
    keys_of,
    levels,
    losses,
    order,
    per_finding,
    ranks,
    shown_again,
)
from mining.priorities.resampling import PerCase, Sums

if TYPE_CHECKING:
    from mining.study import Study

LOW, HIGH = 10, 90  # percentiles of what is lost
RANK_LOW, RANK_HIGH = 5, 95  # percentiles of the rank


@dataclass(frozen=True, eq=False)
class Lost:
    """What each finding costs over the log: as estimated, and its 10th and 90th percentile over the samples (arrays per finding)."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Placed:
    """The order of findings, and what it is made of.

    Attributes
    ----------
    class_, shown : arrays of shape (n_findings,)
        Class (0: H, 1: M, 2: L); whether harm is shown.
    loss, hours : Lost
    keys : tuple of float64 arrays of shape (1, n_findings)
        As in ``order.KEYS``.
    order : int64 array of shape (n_findings,)
        Findings from first to last.
    again : int64 array of shape (n_samples, n_findings)
        Rank of each finding in each sample.
    class_again : int64 array of shape (n_samples, n_findings)
    """

    class_: np.ndarray
    shown: np.ndarray
    loss: Lost
    hours: Lost
    keys: tuple[np.ndarray, ...]
    order: np.ndarray
    again: np.ndarray
    class_again: np.ndarray

    def swaps(self) -> np.ndarray:
        """Of neighbours in the order: share of the samples in which the second stands before the first."""
        sorted_ = self.again[:, self.order]
        return np.asarray((sorted_[:, :-1] > sorted_[:, 1:]).mean(axis=0)) if len(self.order) > 1 else np.zeros(0)

    def ties(self, share: float, facts: Facts) -> np.ndarray:
        """Number of the tie group of each finding, in order: neighbours that swap in more than ``share`` of the samples are one group.

        So are neighbours of one class of which both have too few cases to tell the harm, and those that nothing tells apart.
        """
        if not len(self.order):
            return np.zeros(0, np.int64)
        level = levels(facts, self.shown)[self.order]
        class_ = self.class_[self.order]
        few = (level[1:] == TOO_FEW) & (level[:-1] == TOO_FEW) & (class_[1:] == class_[:-1])
        equal = np.array([word == "nothing" for word in decided_by(self.keys, self.order)[:-1]], bool)
        return np.r_[0, np.cumsum(~((self.swaps() > share) | few | equal))]


@dataclass(frozen=True, eq=False)
class Work:
    """What a ranking was made of: facts and sums, so that other weights can be tried on the same samples.

    Attributes
    ----------
    ids : tuple of str
        The ranked findings, by id.
    facts : Facts
    point, drawn : Sums
        Sums over the cases as they are, and over each sample.
    placed : Placed
    outcome : tuple of str
        Per effect its outcome.
    seed : int
    """

    ids: tuple[str, ...]
    facts: Facts
    point: Sums
    drawn: Sums
    placed: Placed
    outcome: tuple[str, ...]
    seed: int


def lost(facts: Facts, point: Sums, drawn: Sums, unit: np.ndarray) -> Lost:
    """What is lost where the effects are sure (grade A or B)."""
    value = losses(facts, point.total, facts.sure, unit)[0]
    again = losses(facts, drawn.total, facts.sure, unit)
    low, high = np.percentile(again, [LOW, HIGH], axis=0)
    return Lost(value, low, high)


def placed(facts: Facts, point: Sums, drawn: Sums, class_: np.ndarray, shown: np.ndarray, seed: int) -> Placed:
    """Put the findings in order, once as they are and once for every sample.

    In a sample classes, totals, hours over the limit and rates are made anew, and so is whether harm is shown: an effect whose guards
    hold counts if it is as many standard errors from 0 as the whole table asks for. What a finding loses at least (10th percentile) is
    made anew as the loss of the sample less the distance between loss and 10th percentile over all samples.
    """
    loss, hours = (lost(facts, point, drawn, unit) for unit in (facts.loss, facts.hours))
    keys = keys_of(facts, point, class_[None], shown[None], loss.low[None], hours.low[None])
    n_samples, n = drawn.n.shape
    seen_again = shown_again(facts, drawn.total)
    harmed = per_finding((seen_again & (drawn.total * facts.worse > 0)).astype(float), facts) > 0
    low_again = [_low_again(facts, point, drawn, seen_again, unit) for unit in (facts.loss, facts.hours)]
    class_again = classes(facts, drawn.n, drawn.judged)
    keys_again = keys_of(facts, drawn, class_again, harmed, *low_again)
    chance = np.random.default_rng([seed, 1]).random((n_samples, n))  # equals have no order: chance gives them one
    first = order(keys, np.arange(n))[0] if n else np.zeros(0, np.int64)
    return Placed(class_, shown, loss, hours, keys, first, ranks(order(keys_again, chance)), class_again)


def _low_again(facts: Facts, point: Sums, drawn: Sums, counted: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Per sample: loss less the distance from loss to its 10th percentile."""
    able = np.isfinite(facts.error)
    distance = losses(facts, point.total, able, unit)[0] - np.percentile(
        losses(facts, drawn.total, able, unit), LOW, axis=0
    )
    return losses(facts, drawn.total, counted, unit) - distance


def facts_of(
    findings: pd.DataFrame,
    evidence: Evidence,
    *,
    mandatory: set[str],
    worth: dict[str, float],
    times: tuple[str, ...],
    addressable: np.ndarray,
    line: float,
    visible_first: bool,
) -> Facts:
    """The facts of the findings of a frame as arrays; ``worth``: outcome to what a unit is worth; ``times``: outcomes of time."""
    from statistics import NormalDist

    rows = evidence.rows
    finding = rows["finding"].to_numpy(int)
    total, effect = rows["total"].to_numpy(float), rows["effect"].to_numpy(float)
    able = rows["able"].to_numpy(bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(able, rows["se"].to_numpy(float) * np.abs(total / effect), np.inf)
    share = addressable[finding]
    outcome = rows["outcome"].astype(str)
    return Facts(
        severity=np.array([SEVERITIES.index(x) for x in findings["severity"]], np.int64),
        visible=np.array([x is not None and x == True for x in findings["visible"]], bool),  # noqa: E712 (may be missing)
        mandatory=findings["check"].isin(mandatory).to_numpy(bool),
        few=np.array([harm == "too_few" for harm in evidence.harm], bool),
        finding=finding,
        worse=rows["worse"].to_numpy(float),
        sure=rows["sure"].to_numpy(bool),
        error=error,
        loss=outcome.map(worth).fillna(0.0).to_numpy(float) * share,
        hours=hours_from(rows, able, times) / 3600 * share,
        z=NormalDist().inv_cdf(1 - max(line, 1e-12) / 2),
        visible_first=visible_first,
    )


def hours_from(rows: pd.DataFrame, able: np.ndarray, times: tuple[str, ...]) -> np.ndarray:
    """1 for the one row of each finding that its customer-hours are read from, else 0.

    The first of the outcomes of time that is sure, else the first whose guards hold: one of them only, since waiting is part of the
    throughput time.
    """
    chosen = np.zeros(len(rows))
    if not times:
        return chosen
    rank = rows["outcome"].map({name: i for i, name in enumerate(times)}).to_numpy(float)
    worth = np.where(rows["sure"].to_numpy(bool), 0, np.where(able, 1, 2)) * len(times) + rank
    best = pd.Series(np.where(np.isnan(rank), np.inf, worth)).groupby(rows["finding"].to_numpy()).idxmin()
    chosen[best.to_numpy(int)] = 1.0
    return np.asarray(np.where(np.isnan(rank), 0.0, chosen))


def per_case(study: Study, findings: pd.DataFrame, influence: np.ndarray) -> PerCase:
    """What each case adds to the counts, the hours and the effects of the findings of a frame."""
    n_cases = study.instances.n_cases
    ids = findings["finding_id"].tolist()
    faults = study.deviations().frame
    faults = faults[(faults["verdict"] == "fail") & faults["finding_id"].isin(ids)]
    place = faults["finding_id"].map({id: i for i, id in enumerate(ids)}).to_numpy(int)
    case = pd.Index(np.asarray(study.log.case_ids)).get_indexer(faults["case_id"])
    fails, excess = np.zeros((2, len(ids), n_cases))
    fails[place, case] = 1.0
    np.add.at(excess, (place, case), faults["excess_s"].fillna(0.0).to_numpy(float) / 3600)
    checks = list(dict.fromkeys(findings["check"]))
    verdict = {check.id: study.net(check) for check in study.checks if check.id in checks}
    judged = np.zeros((len(checks), n_cases))
    for i, check in enumerate(checks):
        judged[i] = np.isin(verdict[check], (v.PASS, v.FAIL, v.ALLOWED))
    return PerCase(fails, judged, np.array([checks.index(x) for x in findings["check"]], np.int64), excess, influence)


def groups_of(study: Study, cluster: str | None) -> np.ndarray | None:
    """Number of the group of each case, by an attribute of the log; a case without a value is a group of its own."""
    if cluster is None:
        return None
    if cluster not in study.log.binding.attributes:
        raise UnknownNameError("attribute", cluster, study.log.binding.attributes, where="cluster")
    code = pd.factorize(study.log.attribute(cluster))[0].astype(np.int64)
    alone = np.flatnonzero(code < 0)
    code[alone] = code.max(initial=-1) + 1 + np.arange(len(alone))
    return code


def shares_of(addressable: dict[str, float], ids: list[str]) -> np.ndarray:
    """Share of the harm of each finding that the service could remove: 1 where nothing is said."""
    for id, share in addressable.items():
        if id not in ids:
            raise UnknownNameError("finding", id, ids, where="addressable")
        if not isinstance(share, int | float) or not 0 <= share <= 1:
            raise MiningError(f"addressable: {share!r} for {id} is not a share between 0 and 1.")
    return np.array([float(addressable.get(id, 1.0)) for id in ids])


def stability(placed: Placed, at: int, top: int) -> dict[str, Any]:
    """How often a finding comes first, among the first, and in each class; and where its rank lies."""
    again = placed.again[:, at]
    low, high = np.percentile(again, [RANK_LOW, RANK_HIGH], method="nearest").astype(int).tolist()
    found: dict[str, Any] = {
        "p_first": float((again == 1).mean()),
        "p_top5": float((again <= top).mean()),
        "rank_low": low,
        "rank_high": high,
    }
    for code, word in enumerate(PRIORITIES):
        found[f"p_{word}"] = float((placed.class_again[:, at] == code).mean())
    return found
