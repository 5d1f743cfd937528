"""The vital few, in four ways: by cases, by hours over the limit that the customer saw, by customer-hours lost, by money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.results import Result
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.priorities.ranking import Priorities
    from mining.study import Study

VIEWS = ("cases", "visible_hours", "lost_hours", "money")
MOST = 0.8


@dataclass(frozen=True, eq=False, repr=False)
class Paretos(Result):
    """One row per view and finding, largest first. Made by :func:`paretos_of`.

    Attributes
    ----------
    left_out : dict of str to int
        Per view the findings without a value in it.
    """

    left_out: dict[str, int]

    columns: ClassVar[dict[str, str]] = {
        "view": "cases; visible_hours: wall-clock hours over the limit in steps that the customer sees; lost_hours: customer-hours lost "
        "per year (adjusted, grade A or B); money: loss per year (declared worth, grade A or B)",
        "place": "1 is the largest in the view",
        "finding_id": "as in the findings",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "value": "in unit",
        "unit": "cases, h, h/year, or a currency per year",
        "total": "what the cumulated share is of: cases with any of these findings (each counted once), else the sum of the values",
        "share": "value / total, 0-1; of cases the shares may add up to more than 1, as a case can have several faults",
        "cumulated": "share of the total in the findings up to this one, 0-1; each case counted once",
    }

    shown: ClassVar[tuple[str, ...]] = (*("view", "place", "title_en", "value", "unit", "share", "cumulated", "total"),)

    def of(self, view: str) -> pd.DataFrame:
        """The rows of one view."""
        return self.frame[self.frame["view"] == view].copy()

    @property
    def views(self) -> list[str]:
        """The views that have rows."""
        return [view for view in VIEWS if (self.frame["view"] == view).any()]

    def sentence(self, lang: str = "en") -> str:
        """Per view how few findings hold 80 %."""
        parts = []
        for view in self.views:
            rows = self.of(view)
            few = int((rows["cumulated"] < MOST - 1e-12).sum()) + 1
            at = rows["cumulated"].iloc[min(few, len(rows)) - 1]
            values = {"few": min(few, len(rows)), "n": len(rows), "share": percent(float(at), lang)}
            parts.append(say(f"priorities.pareto.{view}", lang, **values))
        return "".join(parts).strip() if parts else say("priorities.pareto.none", lang)

    def plot(self, *, view: str | None = None, top: int = 10, lang: str = "en", ax: Any = None) -> Any:
        """The views side by side, or one of them on ``ax``; returns the (first) axes."""
        from mining.plots.priority_views import pareto_chart

        return pareto_chart(self, view=view, top=top, lang=lang, ax=ax)


def paretos_of(study: Study, priorities: Priorities | None = None) -> Paretos:
    """Pareto tables of the findings (of the ranked ones, where priorities are given).

    Parameters
    ----------
    study : Study
    priorities : Priorities, optional
        For customer-hours lost and money. Only what is shown to cost something is in these views.

    Returns
    -------
    Paretos
        ``left_out`` counts the findings that have no value in a view, or one that is not above 0.

    Examples
    --------
    >>> table = paretos_of(study)
    >>> table.of("cases")["cumulated"].tolist()[-1]
    1.0
    """
    rows = study.findings().open() if priorities is None else priorities.ranked
    rows = rows[["finding_id", "title_en", "title_zh", "n_net", *(("hours", "loss") if priorities is not None else ())]]
    faults = study.deviations().frame
    faults = faults[(faults["verdict"] == "fail") & faults["finding_id"].isin(rows["finding_id"])]
    seen = faults[faults["visible"].eq(True)].groupby("finding_id")["excess_s"].sum(min_count=1) / 3600
    values = {"cases": rows["n_net"].astype(float), "visible_hours": rows["finding_id"].map(seen).astype(float)}
    units = {"cases": "cases", "visible_hours": "h"}
    if priorities is not None:
        values |= {"lost_hours": rows["hours"].astype(float), "money": rows["loss"].astype(float)}
        units |= {"lost_hours": "h", "money": priorities.currency}
    parts, left_out = [], {}
    for view, value in values.items():
        there = (value > 0).to_numpy(bool)
        left_out[view] = int((~there).sum())
        if there.any():
            part = rows[there].assign(view=view, value=value[there], unit=units[view])
            parts.append(_cumulated(part, faults if view == "cases" else None))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    frame = frame.reindex(columns=list(Paretos.columns))
    return Paretos(frame, study.provenance("Paretos", left_out=left_out), left_out)


def _cumulated(rows: pd.DataFrame, faults: pd.DataFrame | None) -> pd.DataFrame:
    rows = rows.sort_values(["value", "finding_id"], ascending=[False, True], ignore_index=True)
    value = rows["value"].to_numpy(float)
    if faults is None:
        total = float(value.sum())
        reached = np.cumsum(value) / total
        reached[-1] = 1.0
    else:
        place = faults["finding_id"].map({id: i for i, id in enumerate(rows["finding_id"])})
        first = place.groupby(faults["case_id"].to_numpy()).min().to_numpy(int)
        total = float(len(first))
        reached = np.cumsum(np.bincount(first, minlength=len(rows))) / total
    return rows.assign(place=np.arange(1, len(rows) + 1), total=total, share=value / total, cumulated=reached)
