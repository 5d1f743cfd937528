"""What poor quality costs: prevention, appraisal, internal and external failure (Feigenbaum 1956), told apart by the blueprint.

A fault that was corrected before the next step that the customer sees is an **internal** failure; one that reached such a step first is an
**external** failure. The line of visibility of the blueprint says which steps these are.

**Which events are the cost of a fault.** Only events that would not be there without it:

- *additional*: the event of a fault of the kind *repeated* or *extra* that no allowance covers. It is the correction of an earlier
  fault. That lies in the earlier instance of the same step; where there is none, in the last step out of
  sight before it; where there is none either, in the first step of the case;
- *after reopening*: every event of a case from the step that opened it again after its end. It had reached its end: external;
- *rework*: every other event of a step that the blueprint marks ``rework``, or that the cost table calls internal or external. The fault
  lies in the last step out of sight before it, as above.

Internal: neither the correction itself nor a step between fault and correction is in sight. A step that the cost table calls external
is external wherever it stands. An event has one price and one owner: the finding that is ranked first of those that name it (``shared``
counts it at the others), so that all rows add up.

**What has no event of its own.** A missing step, a wrong role, an order broken or a promise not kept adds no event, so no money is
made up for it: the fault is counted (``no_event``). It is external where the step itself, or any step of the case from there on, is in
sight, *not known* while the case still runs without one, else internal. One exception is priced: work on a step that took longer than a
standard of handling time allows, hours over the limit x cost per hour. Hours over a limit of waiting or elapsed time are the customer's
time, not paid work: what an hour of a customer is worth is for whoever owns the service to say.

**Prevention and appraisal** are every other event of the steps that the cost table calls so. They are the price of quality, not of poor
quality.

Labels that the blueprint does not know count as out of sight, since nothing says that the customer sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.naming import titled, titles_in
from mining.outcomes.failures import ADDITIONAL, NOT_KNOWN, OVER_LIMIT, REOPENED, REWORK, Failures, failures_of
from mining.outcomes.prices import COST_KINDS, Costs, Money, money_of, read_costs
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

PLANNED, FAULT = "planned", "fault"
BASES = (PLANNED, ADDITIONAL, REOPENED, REWORK, OVER_LIMIT, FAULT)
FAILURE = ("internal", "external")


@dataclass(frozen=True, eq=False, repr=False)
class QualityCosts(Result):
    """One row per kind of cost, basis, and finding or step; the dearest first. Made by :func:`cost_of_poor_quality`.

    Attributes
    ----------
    currency : str
    study : Study
    """

    currency: str
    study: Study

    columns: ClassVar[dict[str, str]] = {
        "cost_kind": "prevention, appraisal, internal or external (failure); not_known: the case still runs and nothing was in sight yet",
        "basis": "planned: done on purpose; additional: repeated or extra; reopened: from the opening of an ended case on; rework: repair "
        "that the design foresees; over_limit: hours of work over a limit; fault: adds no event, so it has no price",
        "finding_id": "finding whose faults these are; missing where no fault is named",
        "activity": "step; missing where a finding has several",
        "n": "events; of over_limit and fault: faults",
        "cases": "cases in which they lie",
        "hours": "hours of work on the events, or over the limit, where measured; missing where none is",
        "money": "of those that have a price, in the currency of the provenance; missing where none has",
        "n_priced": "of n those that have a price",
        "no_price": "of n those without: the cost table has no price for the step",
        "no_hours": "of n those without: priced by the hour, and the hours are not measured",
        "no_event": "of n those without: the fault added no event",
        "shared": "further events of the finding, not in n: they are counted with a finding that is ranked before it",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("cost_kind", "basis", "finding_id", "activity", "n", "cases", "hours", "money", "n_priced"),
        *("no_price", "no_hours", "no_event", "shared"),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with findings and steps by their names, for the notebook."""
        named = {x.id: x.name.get(lang) or x.id for x in self.study.blueprint.activities}
        steps = [named.get(id, id) for id in self.frame["activity"].astype(object)]
        return titled(self.frame.assign(activity=steps), titles_in(self.study.findings().frame, lang))

    def by_kind(self) -> pd.DataFrame:
        """Per kind of cost: events and faults, those with a price, hours, money. Every kind has a row."""
        sums = self.frame.groupby("cost_kind")[["n", "n_priced", "hours", "money"]].sum(min_count=1)
        return (
            sums.reindex([*COST_KINDS, NOT_KNOWN]).fillna({"n": 0, "n_priced": 0}).astype({"n": int, "n_priced": int})
        )

    @property
    def poor(self) -> float:
        """Internal and external failures together: the cost of poor quality as far as it has a price. NaN where nothing has one."""
        return float(self.by_kind().loc[list(FAILURE), "money"].sum(min_count=1))

    def sentence(self, lang: str = "en") -> str:
        """What failures cost, inside and in sight of the customer, what prevention and appraisal do, and what has no price."""
        kinds = self.by_kind()

        def amount(value: float) -> str:
            return say("outcomes.money", lang, amount=f"{value:,.0f}", currency=self.currency)

        if np.isnan(self.poor):
            said = say("outcomes.copq.none", lang)
        else:
            parts = {kind: amount(kinds["money"].fillna(0.0)[kind]) for kind in COST_KINDS}
            said = say("outcomes.copq", lang, poor=amount(self.poor), **parts)
        rows = self.frame[self.frame["cost_kind"].isin((*FAILURE, NOT_KNOWN))]
        events, faults = int(rows[["no_price", "no_hours"]].to_numpy().sum()), int(rows["no_event"].sum())
        return said + say("outcomes.copq.left", lang, events=f"{events:,}", faults=f"{faults:,}")


def cost_of_poor_quality(study: Study, costs: Costs) -> QualityCosts:
    """What failures cost, inside and in sight of the customer, beside prevention and appraisal; the rules are those of this module.

    Parameters
    ----------
    study : Study
    costs : Costs
        As :func:`read_costs` gives them.

    Returns
    -------
    QualityCosts

    Raises
    ------
    UnknownNameError
        If the costs name an activity that neither blueprint nor log has.

    Examples
    --------
    >>> import pandas as pd
    >>> prices = {"activity": ["adjust_receipt", "check_receipt"], "cost_per_event": [30.0, 8.0], "cost_kind": ["", "appraisal"]}
    >>> found = cost_of_poor_quality(study, read_costs(pd.DataFrame(prices), currency="EUR"))
    >>> sorted(set(found.frame["cost_kind"])), bool(found.poor > 0)
    (['appraisal', 'external', 'internal'], True)
    """
    money = money_of(study, costs)
    failures = failures_of(study, money.prices)
    frames = [_events(study, money, failures), _faults(study, money, failures), _planned(study, money, failures)]
    parts = pd.concat([part for part in frames if len(part)] or frames[:1], ignore_index=True)
    table = _summed(parts, failures)
    settings = {"costs": costs.sha256[:12], "currency": costs.currency}
    return QualityCosts(table, study.provenance("cost of poor quality", **settings), costs.currency, study)


def _rows(study: Study, money: Money, instances: np.ndarray, kind: Any, basis: Any, finding: Any) -> pd.DataFrame:
    x = study.instances
    return pd.DataFrame(
        {
            "cost_kind": kind,
            "basis": basis,
            "finding_id": finding,
            "activity": np.array(x.names, object)[x.activity[instances]],
            "case": x.case[instances],
            "hours": money.hours[instances],
            "money": money.value[instances],
            "no_price": money.no_price[instances],
            "no_hours": money.no_hours[instances],
            "no_event": False,
        }
    )


def _events(study: Study, money: Money, failures: Failures) -> pd.DataFrame:
    """Events that a failure made necessary, each once."""
    rows = failures.events
    kind = np.where(failures.event_external, "external", "internal").astype(object)
    return _rows(study, money, rows, kind, failures.event_basis, failures.event_finding)


def _planned(study: Study, money: Money, failures: Failures) -> pd.DataFrame:
    """Events of prevention and appraisal that no failure made necessary."""
    x = study.instances
    kind = money.prices.kind[x.activity]
    rows = np.flatnonzero(money.counted & np.isin(kind, ("prevention", "appraisal")))
    rows = np.setdiff1d(rows, failures.events)
    return _rows(study, money, rows, kind[rows], PLANNED, None)


def _faults(study: Study, money: Money, failures: Failures) -> pd.DataFrame:
    """Faults without an event of their own; hours of work over a limit have a price."""
    names = np.array([*study.instances.names, None], object)
    priced = failures.fault_over_limit
    per_hour = np.append(money.prices.hour, np.nan)[failures.fault_activity]
    hours = np.where(priced, failures.fault_excess / 3600, np.nan)
    return pd.DataFrame(
        {
            "cost_kind": failures.fault_kind,
            "basis": np.where(priced, OVER_LIMIT, FAULT).astype(object),
            "finding_id": failures.fault_finding,
            "activity": names[failures.fault_activity],
            "case": failures.fault_case,
            "hours": hours,
            "money": hours * per_hour,
            "no_price": priced & np.isnan(per_hour),
            "no_hours": False,
            "no_event": ~priced,
        }
    )


def _summed(parts: pd.DataFrame, failures: Failures) -> pd.DataFrame:
    """One row per kind, basis and finding; of what has no finding, per step."""
    if parts.empty:
        return pd.DataFrame(columns=list(QualityCosts.columns))
    place = parts["finding_id"].where(parts["finding_id"].notna(), "step " + parts["activity"].astype(str))
    groups = parts.groupby(["cost_kind", "basis", place.rename("place")], sort=True)
    frame = groups.agg(
        finding_id=("finding_id", "first"),
        activity=("activity", lambda x: x.iloc[0] if x.nunique(dropna=False) == 1 else None),
        n=("case", "size"),
        cases=("case", "nunique"),
        no_price=("no_price", "sum"),
        no_hours=("no_hours", "sum"),
        no_event=("no_event", "sum"),
    ).reset_index()
    sums = groups[["hours", "money"]].sum(min_count=1).reset_index(drop=True)
    frame = frame.join(sums)
    frame["n_priced"] = groups["money"].count().to_numpy()
    frame["shared"] = 0
    for finding, count in failures.shared.items():  # said once, at the first row of the finding
        mine = frame.index[frame["finding_id"] == finding]
        if len(mine):
            frame.loc[mine[0], "shared"] = count
    order = [*COST_KINDS, NOT_KNOWN]
    frame = frame.assign(
        by_kind=frame["cost_kind"].map(order.index), by_money=-frame["money"].fillna(-1.0), by_basis=frame["basis"].map(BASES.index)
    ).sort_values(["by_kind", "by_money", "by_basis", "place"], ignore_index=True)  # fmt: skip
    frame["finding_id"] = frame["finding_id"].astype(object).where(frame["finding_id"].notna(), None)
    return frame[list(QualityCosts.columns)]


__all__ = ["COST_KINDS", "Costs", "QualityCosts", "cost_of_poor_quality", "read_costs"]
