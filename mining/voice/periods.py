"""The net promoter score by period, and whether two periods can be told apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.suppression import K, hidden
from mining.texts import say
from mining.voice.scales import FEWEST, Z, nps, persons
from mining.voice.tables import Survey

PERIODS = {"month": "%Y-%m", "quarter": "", "week": "%G-W%V", "year": "%Y"}


@dataclass(frozen=True, eq=False, repr=False)
class NpsPeriods(Result):
    """Net promoter score by period. Made by :func:`nps_by_period`."""

    columns: ClassVar[dict[str, str]] = {
        "item": "the question",
        "period": "period in which the answers were given, by the clock of the zone",
        "n": "answers; missing where the period is hidden",
        "promoters": "share of answers of 9 or 10, 0-1",
        "passives": "share of answers of 7 or 8, 0-1",
        "detractors": "share of answers of 0 to 6, 0-1",
        "nps": "net promoter score, -100 to 100",
        "se": "its standard error, in points",
        "low": "lower end of its 95 % interval",
        "high": "upper end of it",
        "change": "points since the period before; missing for the first, and after a hidden one",
        "change_low": "lower end of the 95 % interval of the change",
        "change_high": "upper end of it",
        "overlap": "whether the intervals of this period and the one before overlap; missing where one of them has none",
        "told_apart": "whether the interval of the change is without 0: two intervals may overlap a little and yet differ",
        "method": "normal, or why there is no interval",
    }
    shown: ClassVar[tuple[str, ...]] = ("item", "period", "n", "nps", "low", "high", "change", "overlap", "told_apart")

    def sentence(self, lang: str = "en") -> str:
        """The last period against the one before."""
        rows = self.frame.dropna(subset=["change"])
        if rows.empty:
            return say("voice.nps.no_change", lang)
        row = rows.iloc[-1]
        before = self.frame[self.frame["item"] == row["item"]].dropna(subset=["nps"])
        before = before[before["period"] < row["period"]].iloc[-1]
        values = {
            "period": row["period"], "nps": f"{row['nps']:.1f}", "before": before["period"], "was": f"{before['nps']:.1f}",
            "change": f"{row['change']:+.1f}",
        }  # fmt: skip
        if pd.isna(row["overlap"]):
            return say("voice.nps.change", lang, **values) + say("voice.nps.no_interval", lang)
        key = "overlap" if row["overlap"] else "apart"
        said = say("voice.nps.change", lang, **values) + say(f"voice.nps.{key}", lang)
        ends = {"low": f"{row['change_low']:+.1f}", "high": f"{row['change_high']:+.1f}"}
        return said + say(f"voice.nps.{'told_apart' if row['told_apart'] else 'not_told_apart'}", lang, **ends)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """The score of each period with its interval, and the shares it is made of."""
        from mining.plots.voice import nps_chart

        return nps_chart(self, ax=ax, lang=lang)


def nps_by_period(survey: Survey, *, period: str = "month", tz: str = "UTC", k: int = K) -> NpsPeriods:
    """Net promoter score by week, month, quarter or year of the answers.

    Parameters
    ----------
    survey : Survey
    period : {"month", "week", "quarter", "year"}
    tz : str
        Zone whose clock tells the period.
    k : int
        Periods with fewer persons are hidden, and others as needed.

    Raises
    ------
    MiningError
        If the survey has no answers of kind nps.
    UnknownNameError
        For another period.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"case_id": range(40), "answered_at": ["2026-01-05T09:00Z"] * 20 + ["2026-02-05T09:00Z"] * 20,
    ...                       "item": "nps", "score": [10, 9, 8, 3] * 5 + [10, 9, 9, 3] * 5})
    >>> nps_by_period(read_survey(frame)).frame["nps"].tolist()
    [25.0, 50.0]
    """
    if period not in PERIODS:
        raise UnknownNameError("period", period, PERIODS)
    frame = survey.frame[survey.frame["kind"] == "nps"]
    if frame.empty:
        raise MiningError(f"{survey.path}: there are no answers of kind nps.")
    local = pd.DatetimeIndex(frame["answered_at"].to_numpy("M8[us]")).tz_localize("UTC").tz_convert(tz)
    names = [f"{x.year}-Q{x.quarter}" for x in local] if period == "quarter" else local.strftime(PERIODS[period])
    frame = frame.assign(period=np.asarray(names, object), person=persons(frame))
    rows = [row for item, part in frame.groupby("item", sort=False) for row in _of_item(str(item), part, k)]
    made = pd.DataFrame(rows, columns=list(NpsPeriods.columns))
    made = made.astype({"overlap": object, "told_apart": object, "n": "Int64"})
    return NpsPeriods(made, survey.provenance("NPS by period", period=period, tz=tz, k=k))


def _of_item(item: str, part: pd.DataFrame, k: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    groups = list(part.groupby("period", sort=True))
    is_hidden = hidden(np.array([x["person"].nunique() for _, x in groups]), k).tolist()
    before: dict[str, float] | None = None
    for (name, answers), hide in zip(groups, is_hidden, strict=True):
        if hide:
            rows.append({"item": item, "period": name, "method": "hidden"})
            before = None
            continue
        scores = answers["score"].to_numpy(float)
        estimate, se = nps(scores)
        few = len(scores) < FEWEST
        low, high = (math.nan, math.nan) if few else (estimate.low, estimate.high)
        up, down = float((scores >= 9).mean()), float((scores <= 6).mean())
        row = {
            "item": item, "period": name, "n": len(scores), "promoters": up, "passives": float(((scores > 6) & (scores < 9)).mean()),
            "detractors": down, "nps": estimate.value, "se": math.nan if few else se, "low": low, "high": high,
            "method": f"fewer than {FEWEST} values" if few else estimate.method,
        }  # fmt: skip
        now = {"nps": estimate.value, "se": math.nan if few else se, "low": low, "high": high}
        rows.append(row | (_change(before, now) if before else {}))
        before = now
    return rows


def _change(before: dict[str, float], now: dict[str, float]) -> dict[str, object]:
    """Change since the period before, of two samples; overlap of their intervals."""
    change = now["nps"] - before["nps"]
    se = math.hypot(before["se"], now["se"])
    if math.isnan(se):
        return {"change": change}
    low, high = change - Z * se, change + Z * se
    overlap = now["low"] <= before["high"] and before["low"] <= now["high"]
    return {
        "change": change,
        "change_low": low,
        "change_high": high,
        "overlap": overlap,
        "told_apart": low > 0 or high < 0,
    }


__all__ = ["NpsPeriods", "nps_by_period"]
