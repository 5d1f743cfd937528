"""What is gained per day of work: a second view of the ranking, from efforts that people entered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.priorities.ranking import Priorities

QUADRANTS = ("quick_win", "large", "fill_in", "later")


@dataclass(frozen=True, eq=False, repr=False)
class EffortView(Result):
    """One row per ranked finding with an effort, most gained per person-day first. Made by :func:`effort_of`.

    Attributes
    ----------
    unit : str
        Of the gain: a currency, or ``h`` (customer-hours), per year.
    cut_gain, cut_effort : float
        Where the quadrants meet.
    no_effort : int
        Ranked findings without an effort, which are left out.
    """

    unit: str
    cut_gain: float
    cut_effort: float
    no_effort: int

    columns: ClassVar[dict[str, str]] = {
        "rank": "rank by the printed rule, which the effort does not change",
        "finding_id": "as in the findings",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "priority": "H, M or L",
        "gain": "10th percentile of what is lost per year, in unit; missing where no harm is shown, or it may be nothing",
        "effort": "person-days, as entered",
        "gain_per_day": "gain / effort",
        "quadrant": "quick_win (much gained, little effort), large (much, much), fill_in (little, little), later (little, much); missing "
        "without a gain",
    }

    def sentence(self, lang: str = "en") -> str:
        """What gains most per person-day, and where the quadrants meet."""
        rows = self.frame.dropna(subset=["gain"])
        left = say("priorities.effort.left", lang, n=self.no_effort) if self.no_effort else ""
        if rows.empty:
            return say("priorities.effort.none", lang) + left
        first = rows.iloc[0]
        values = {
            "title": first[f"title_{lang}"], "gain": f"{first['gain_per_day']:,.0f}", "unit": self.unit,
            "effort": f"{self.cut_effort:,.10g}",
            "cut": f"{self.cut_gain:,.0f}",
        }  # fmt: skip
        return say("priorities.effort.first", lang, **values) + left

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Gain against effort in four fields; draws on ``ax`` and returns it."""
        from mining.plots.priority_views import effort_chart

        return effort_chart(self, lang=lang, ax=ax)


def effort_of(
    priorities: Priorities,
    effort: Mapping[str, float],
    *,
    cut_gain: float | None = None,
    cut_effort: float | None = None,
) -> EffortView:
    """Gain per person-day of the ranked findings; it is never multiplied into the rank.

    Parameters
    ----------
    priorities : Priorities
    effort : mapping of str to float
        Finding to person-days, more than 0. Nothing is assumed for the others: they are left out and counted.
    cut_gain, cut_effort : float, optional
        Where the quadrants meet; by default the medians of the findings with both.

    Returns
    -------
    EffortView

    Raises
    ------
    UnknownNameError
        For a finding that is not there.
    MiningError
        For an effort that is not more than 0.
    """
    known = priorities.frame["finding_id"].tolist()
    for id, days in effort.items():
        if id not in known:
            raise UnknownNameError("finding", id, known, where="effort")
        if isinstance(days, bool) or not isinstance(days, int | float) or not math.isfinite(days) or days <= 0:
            raise MiningError(f"effort: {days!r} for {id} is not a number of person-days above 0.")
    rows = priorities.ranked
    there = rows["finding_id"].isin(effort)
    part = rows[there].copy()
    low = pd.to_numeric(part["loss_low" if priorities.currency else "hours_low"]).astype(float)
    part["gain"] = low.where(part["harm"].isin(["harmful", "mixed"]) & (low > 0))
    part["effort"] = part["finding_id"].map(effort).astype(float)
    part["gain_per_day"] = part["gain"] / part["effort"]
    both = part.dropna(subset=["gain"])
    gain_at = cut_gain if cut_gain is not None else float(both["gain"].median()) if len(both) else np.nan
    days_at = cut_effort if cut_effort is not None else float(both["effort"].median()) if len(both) else np.nan
    part["quadrant"] = [
        None if np.isnan(gain) else QUADRANTS[2 * (gain < gain_at) + (days > days_at)]
        for gain, days in zip(part["gain"].tolist(), part["effort"].tolist(), strict=True)
    ]
    part = part.sort_values(["gain_per_day", "rank"], ascending=[False, True], na_position="last", ignore_index=True)
    settings = priorities.provenance.parameters | {"cut_gain": gain_at, "cut_effort": days_at}
    return EffortView(
        part[list(EffortView.columns)],
        replace(priorities.provenance, measure="effort view", parameters=settings),
        priorities.currency or "h",
        gain_at,
        days_at,
        int((~there).sum()),
    )
