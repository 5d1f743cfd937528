"""A change of a rate or a mean when the cases themselves changed: both times weighed by the mix of cases of the time before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.display.kinds import OWN_UNIT, unit_word
from mining.errors import MiningError
from mining.follow_up.before_after import moment_of
from mining.follow_up.change import AFTER, BEFORE, Estimate
from mining.follow_up.measures import measure_of
from mining.follow_up.periods import grid_of
from mining.follow_up.series import stamps, worded
from mining.outcomes.outcome import Outcome, Outcomes
from mining.results import Result
from mining.segments import NOT_RECORDED, segments_of
from mining.suppression import K
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

OTHER = "other"


@dataclass(frozen=True, eq=False, repr=False)
class CaseMix(Result):
    """One row per cell of cases. Made by :func:`case_mix_of`.

    Attributes
    ----------
    plain : Estimate
        Difference after - before as it is.
    standardised : Estimate
        The same at the mix of cases before.
    uncovered : float
        Share of the cases before whose cell has no cases after, or too few: in neither standardised number, 0 to 1.
    measure : Outcome
    attributes : tuple of str
    """

    plain: Estimate
    standardised: Estimate
    uncovered: float
    measure: Outcome
    attributes: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "cell": "values of the attributes; other: cells with fewer than five cases before or after, together",
        "n_before": "cases with a value before",
        "n_after": "cases with a value after",
        "before": "mean of the measure before (a share: 0 to 1); missing for fewer than five cases",
        "after": "mean of the measure after",
        "weight": "share of the cell in the cases before that can be compared, 0-1; missing where it cannot be",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of its numbers, for the notebook."""
        return self.frame.assign(**{OWN_UNIT: unit_word(self.measure.kind, self.measure.unit)})

    def sentence(self, lang: str = "en") -> str:
        """Both differences, and what was left out."""
        kind, unit = self.measure.kind, self.measure.unit

        def said(found: Estimate) -> dict[str, str]:
            ends = {"low": found.low, "high": found.high}
            short = {
                key: f"{100 * x:z.1f}" if kind == "share" else worded(x, kind, unit, lang) for key, x in ends.items()
            }
            return {"value": worded(found.value, kind, unit, lang, points=True)} | short

        text = say("follow_up.mix_plain", lang, name=self.measure.name.get(lang, ""), **said(self.plain))
        text += say("follow_up.mix", lang, by=say("told.comma", lang).join(self.attributes), **said(self.standardised))
        return text + (
            say("follow_up.mix_left", lang, share=worded(self.uncovered, "share", "", lang)) if self.uncovered else ""
        )


def case_mix_of(
    study: Study,
    what: str | Outcome,
    at: str | pd.Timestamp,
    attributes: Sequence[str],
    *,
    wash_out: str | pd.Timestamp | None = None,
    outcomes: Outcomes | None = None,
    period: str = "week",
    wait: str | None = None,
) -> CaseMix:
    """The difference after - before, plain and at the mix of cases of the time before (direct standardisation).

    Cases of complete periods only. In each cell of cases with equal attributes the difference is taken, and these are weighed by the
    cases before. Intervals: normal, the variances of the cells added up with the squares of their weights.

    Parameters
    ----------
    study : Study
    what : str or Outcome
        As in :func:`mining.follow_up.measures.measure_of`.
    at, wash_out
        As in :func:`mining.follow_up.before_after.before_after`.
    attributes : sequence of str
        What :func:`mining.segments.segments_of` can group by, such as ``channel``.
    outcomes : Outcomes, optional
    period, wait
        As in :func:`mining.follow_up.series.series_of`.

    Raises
    ------
    MiningError, UnknownNameError

    Examples
    --------
    >>> mix = case_mix_of(study, "share:R1", "2026-03-01", ["channel"], period="day")
    >>> round(float(mix.frame["weight"].sum()), 6)
    1.0
    """
    if not attributes:
        raise MiningError("attributes: name at least one, such as channel.")
    measure = measure_of(study, what, outcomes=outcomes)
    grid = grid_of(study, period, wait=wait)
    moment = moment_of(at, "at")
    until = moment if wash_out is None else moment_of(wash_out, "wash_out")
    start, end = stamps(grid.start), stamps(grid.end)
    of_period = np.where(~grid.complete, -1, np.where(end <= moment, BEFORE, np.where(start >= until, AFTER, -1)))
    side = np.append(of_period, -1)[grid.of_case]
    side = np.where(np.isfinite(measure.values), side, -1)
    table = pd.DataFrame({"cell": _cells(study, attributes), "side": side, "y": measure.values})[side >= 0]
    if not {BEFORE, AFTER} <= set(table["side"]):
        raise MiningError(
            f"There are no cases with a value in complete periods on both sides of {at}. Choose another date or period."
        )
    counts = (
        table.groupby(["cell", "side"])["y"].size().unstack(fill_value=0).reindex(columns=[BEFORE, AFTER], fill_value=0)
    )
    few = counts.index[(counts < K).any(axis=1)]
    table["cell"] = table["cell"].where(~table["cell"].isin(few), OTHER)
    found = table.groupby(["cell", "side"])["y"].agg(["size", "mean", "var"]).unstack()
    frame, standardised, uncovered = _standardised(found)
    both = table.groupby("side")["y"].agg(["size", "mean", "var"])
    spread = float(np.sqrt((both["var"] / both["size"]).sum()))
    settings = {"metric": measure.id, "at": moment.isoformat(), "attributes": ", ".join(attributes), "period": period}
    return CaseMix(
        frame, study.provenance("case-mix standardised difference", **settings),
        _normal(float(both.loc[AFTER, "mean"] - both.loc[BEFORE, "mean"]), spread), standardised, uncovered, measure, tuple(attributes),
    )  # fmt: skip


def _cells(study: Study, attributes: Sequence[str]) -> np.ndarray:
    parts = []
    for name in attributes:
        segments = segments_of(study, name)
        parts.append(np.array([*segments.names, NOT_RECORDED], object)[segments.code])
    cells = parts[0]
    for part in parts[1:]:
        cells = cells + " / " + part
    return np.where(cells == OTHER, f"{OTHER} (value)", cells)


def _standardised(found: pd.DataFrame) -> tuple[pd.DataFrame, Estimate, float]:
    n = found["size"].reindex(columns=[BEFORE, AFTER]).fillna(0)
    mean, var = (found[name].reindex(columns=[BEFORE, AFTER]) for name in ("mean", "var"))
    usable = (n[BEFORE] > 1) & (n[AFTER] > 1)
    weight = (n[BEFORE] / n.loc[usable, BEFORE].sum()).where(usable)
    difference = float((weight * (mean[AFTER] - mean[BEFORE])).sum(min_count=1))
    spread = float(np.sqrt((weight**2 * (var[AFTER] / n[AFTER] + var[BEFORE] / n[BEFORE])).sum(min_count=1)))
    frame = pd.DataFrame(
        {
            "cell": n.index.to_numpy(object), "n_before": n[BEFORE].to_numpy(np.int64), "n_after": n[AFTER].to_numpy(np.int64),
            "before": mean[BEFORE].where(n[BEFORE] >= K).to_numpy(), "after": mean[AFTER].where(n[AFTER] >= K).to_numpy(),
            "weight": weight.to_numpy(),
        }
    )  # fmt: skip
    uncovered = float(1 - n.loc[usable, BEFORE].sum() / n[BEFORE].sum())
    return frame, _normal(difference, spread), uncovered


def _normal(value: float, se: float) -> Estimate:
    from scipy.stats import norm

    half = float(norm.ppf(0.975)) * se
    p = float(2 * norm.sf(abs(value / se))) if se > 0 else np.nan
    return Estimate(value, value - half, value + half, p)
