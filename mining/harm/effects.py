"""The effect of each deviation on each outcome: the naive difference beside the adjusted one, its interval, its guards, its grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.naming import titled, titles_in
from mining.errors import UnknownNameError
from mining.results import Result

if TYPE_CHECKING:
    from mining.outcomes.outcome import Outcomes
    from mining.study import Study

GUARDS = ("overlap", "balance", "placebo", "no placebo", "unseen", "start", "progress")
WHY = (
    "too_few",  # cases with the deviation, or without
    "no_like",  # too few of them have like cases
    "few_events",  # of a yes/no outcome fewer than five of one value, with the deviation or without
    "all_later",  # nearly all like cases deviate later
    "constant",  # all cases to be compared have the same outcome
    "few_clusters",  # the cases belong together in so few clusters that no interval can be trusted
    "defined",  # the check measures this outcome itself
)


@dataclass(frozen=True, eq=False, repr=False)
class Effects(Result):
    """One row per finding and outcome. Made by :func:`mining.harm.effects_of`.

    Attributes
    ----------
    study : Study
    outcomes : Outcomes
    influence : float64 array of shape (n_rows, n_cases)
        What each case adds to ``total``: a row sums up to it. Re-weighting the cases re-weights the total, so a bootstrap of cases is a
        product of matrices. NaN-free; zero for cases that are not compared, and for rows without an adjusted effect.
    left_out : dict of str to str
        Attributes that are not adjusted for, and why.
    undated : tuple of str
        Attributes that are adjusted for although the log cannot tell since when they are known: each case has one value, on every row, as
        an extract writes them. What was filled in after the deviation may hide a part of its effect, or make one up.
    """

    study: Study
    outcomes: Outcomes
    influence: np.ndarray
    left_out: dict[str, str]
    undated: tuple[str, ...] = ()

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "id of the finding",
        "outcome": "id of the outcome",
        "unit": "unit of all differences: s, a currency, a scale; empty for a share (then differences are of shares, 0 to 1)",
        "design": "point: any case can deviate at a fixed step, compared with like cases; landmark: the chance grows with the time open, "
        "compared from the moment of the deviation on with cases in the same state, as long open; none: not adjusted",
        "n_with": "cases with the deviation, not allowed, and the outcome measured",
        "n_without": "cases that the check judged, without the deviation, and the outcome measured",
        "n_left_out": "cases that deviate and are not compared: outcome not measured, or no like case",
        "n_compared": "cases that deviate and are compared with like cases; 0 where there is no adjusted effect",
        "mean_with": "mean outcome of n_with",
        "mean_without": "mean outcome of n_without",
        "naive": "mean_with - mean_without: not adjusted, never to be read as an effect",
        "naive_low": "lower end of it, for 95 of 100 samples (Welch; of shares Newcombe)",
        "naive_high": "upper end of it",
        "median_diff": "difference of the medians; missing for a share",
        "trimmed_diff": "difference of the means without the lowest and highest tenth; missing for a share",
        "delta": "Cliff's delta, -1 to 1: how much oftener a case with the deviation has more than one without, than less; not adjusted; "
        "missing for a share",
        "effect": "adjusted: mean over the cases with the deviation of what it changed in the outcome (ATT)",
        "se": "its standard error",
        "low": "lower end of it, for 95 of 100 samples",
        "high": "upper end of it",
        "p": "probability of such an effect if there were none (two-sided)",
        "q": "p after control of the false discovery rate over the whole table (Benjamini and Hochberg 1995)",
        "overlap": "share of the cases with the deviation that have like cases without it (propensity up to the 99th percentile of "
        "theirs), 0-1",
        "balance": "largest standardised difference of a covariate after weighting, without sign (over the standard "
        "deviation of both groups pooled before it)",
        "placebo": "the same estimate for what was measured before the deviation, in unit s: should be near 0",
        "placebo_low": "lower end of it, for 95 of 100 samples",
        "placebo_high": "upper end of it",
        "e_value": "how strong an unseen cause would have to be, as a risk ratio, to explain the effect away (VanderWeele and Ding 2017)",
        "e_value_low": "the same for the end of the interval that is nearer to 0; 1 where the interval holds 0",
        "weak": "guards that are weak or not measured, joined by comma, of "
        + ", ".join(GUARDS)
        + "; empty where all hold",
        "grade": "A: all guards hold, interval without 0, q < 0.05; B: the same with one guard weak; C: descriptive only; D: too few cases",
        "harm": "1: the outcome is worse for it, -1: better; missing below grade B",
        "total": "effect x the cases with the deviation that are compared",
        "part": "whether what the check limits is a part of the outcome, as the time of a step is of the time of the case: then the effect "
        "holds that part itself",
        "adjusted_for": "covariates, joined by comma",
        "why": "why there is no adjusted effect: one of " + ", ".join(WHY) + "; empty where there is one",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "finding_id",
            "outcome",
            "design",
            "n_with",
            "n_without",
            "naive",
            "effect",
            "low",
            "high",
            "q",
            "grade",
            "weak",
        ),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the findings and the outcomes by their names, for the notebook."""
        named = {item.id: item.name.get(lang, item.id) for item in self.outcomes}
        outcomes = [named.get(id, id) for id in self.frame["outcome"]]
        return titled(self.frame.assign(outcome=outcomes), titles_in(self.study.findings().frame, lang))

    def row(self, finding_id: str, outcome: str) -> pd.Series:
        """The row of a finding and an outcome.

        Raises
        ------
        UnknownNameError
            If there is none.
        """
        frame = self.frame
        if finding_id not in set(frame["finding_id"]):
            raise UnknownNameError("finding", finding_id, frame["finding_id"].unique())
        rows = frame[(frame["finding_id"] == finding_id) & (frame["outcome"] == outcome)]
        if rows.empty:
            raise UnknownNameError("outcome", outcome, frame["outcome"].unique())
        return rows.iloc[0]

    def told(self, finding_id: str, outcome: str, lang: str = "en") -> str:
        """One effect in words: only grades A and B may say that a deviation costs or saves; see :mod:`mining.harm.words`."""
        from mining.harm.words import told

        return told(self.row(finding_id, outcome), self.outcomes[outcome], lang)

    def sentence(self, lang: str = "en") -> str:
        """How many effects were looked for, how many are shown, and which is the largest in time."""
        from mining.harm.words import summed_up

        return summed_up(self, lang)

    def plot(self, outcome: str = "time", *, top: int = 10, lang: str = "en", ax: Any = None) -> Any:
        """The naive difference beside the adjusted effect with its interval; draws on ``ax`` and returns it."""
        from mining.plots.harm import effects_chart

        return effects_chart(self, outcome, top=top, lang=lang, ax=ax)
