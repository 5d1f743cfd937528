"""The points of an importance-performance analysis as functions of who is drawn, and the lines that cross between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.suppression import K
from mining.voice.importance import correlations, fit, relative_weights, share_of
from mining.voice.penalty_reward import coefficients, design_of
from mining.voice.ratings import Ratings, cases_of, conformance_by_case, latest

if TYPE_CHECKING:
    from mining.study import Study

QUADRANTS = ("improve", "keep", "low", "over")


class Drawn:
    """Performance and importance as functions of how often each unit (case of the log, or respondent) is drawn."""

    def __init__(self, study: Study, survey: Any, ratings: Ratings, kind: str) -> None:
        self.names, self.ratings, self.kind = ratings.names, ratings, kind
        self.r2 = self.p = np.nan
        self.why, self.scale = "", (0.0, 1.0)
        if ratings.source == "log":
            _, had, passed = conformance_by_case(study)
            self.units, self.unit_of, self.had, self.sum = (
                study.instances.n_cases,
                ratings.case,
                had.astype(float),
                passed.astype(float),
            )
        else:
            low, high = self.scale = ratings.scale or self.scale
            self.units, self.unit_of = len(ratings.overall), np.arange(len(ratings.overall))
            self.had = np.isfinite(ratings.score).astype(float)
            self.n = self.had.sum(axis=0).astype(int)
            self.had[:, self.n < K] = 0  # what so few say is not shown
            self.sum = np.where(self.had > 0, low + np.nan_to_num(ratings.score) * (high - low), 0.0)
        self.reasons = [""] * len(self.names)
        try:
            self._prepare(study, survey)
        except MiningError as error:
            self.why = str(error)

    def _prepare(self, study: Study, survey: Any) -> None:
        self.used = np.zeros(len(self.names), bool)
        if self.kind == "stated":
            self._prepare_stated(study, survey)
            return
        fitted = fit(self.ratings)
        self.r2, self.p, self.reasons = fitted.r2, fitted.p, fitted.why
        if self.kind == "derived":
            self.used, self.rows = fitted.used, self.unit_of[fitted.rows]
            self.data = np.column_stack(
                [self.ratings.score[fitted.rows][:, fitted.used], self.ratings.overall[fitted.rows]]
            )
            return
        design = design_of(self.ratings)
        self.rows, self.reasons = self.unit_of[design.rows], design.why
        self.x, self.y = np.column_stack([np.ones(len(design.x)), design.x]), design.y
        at = [design.place.get(("penalty", j)) for j in range(len(self.names))]
        self.used = np.array([x is not None for x in at])
        self.at = np.array([x + 1 for x in at if x is not None], int)

    def _prepare_stated(self, study: Study, survey: Any) -> None:
        frame, _ = latest(survey.frame)
        rows = frame[frame["kind"].eq("importance") & frame["touchpoint"].isin(self.names)]
        if rows.empty:
            raise MiningError("The survey has no answers of kind importance that name a touchpoint of performance.")
        if self.ratings.source == "log":
            unit = cases_of(study, rows["case_id"])
        else:
            who = pd.Index(self.ratings.who)
            unit = who.get_indexer(rows["who"])
        rows, unit = rows[unit >= 0], unit[unit >= 0]
        ends = rows[["scale_min", "scale_max"]].drop_duplicates()
        self.stated_scale = (float(ends.iloc[:, 0].min()), float(ends.iloc[:, 1].max())) if len(ends) else (0.0, 1.0)
        column = pd.Index(self.names).get_indexer(rows["touchpoint"])
        self.said, self.asked = np.zeros((self.units, len(self.names))), np.zeros((self.units, len(self.names)))
        np.add.at(self.said, (unit, column), rows["score"].to_numpy(float))
        np.add.at(self.asked, (unit, column), 1.0)
        self.used = self.asked.sum(axis=0) >= K
        self.reasons = ["" if x else f"fewer than {K} were asked about its importance" for x in self.used]

    def performance(self, counts: np.ndarray) -> np.ndarray:
        """Per resample and touchpoint; NaN without an opportunity or answer."""
        n = counts @ self.had
        return np.divide(counts @ self.sum, n, out=np.full(n.shape, np.nan), where=n > 0)

    def importance(self, counts: np.ndarray) -> np.ndarray:
        """Per resample and touchpoint; NaN where it cannot be measured."""
        found = np.full((len(counts), len(self.names)), np.nan)
        if self.why:
            return found
        if self.kind == "stated":
            n = counts @ self.asked
            return np.divide(counts @ self.said, n, out=found, where=(n > 0) & self.used)
        own = counts[:, self.rows]
        if self.kind == "derived":
            found[:, self.used] = share_of(relative_weights(correlations(self.data, own)))
        else:
            found[:, self.used] = -coefficients(self.x, self.y, own)[:, self.at]
        return found


def _means(performance: np.ndarray, importance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the points that have both, along the last axis; NaN where there are none."""
    both = np.isfinite(performance) & np.isfinite(importance)
    n = both.sum(axis=-1)
    found = [
        np.divide(np.where(both, x, 0.0).sum(axis=-1), n, out=np.full(n.shape, np.nan), where=n > 0)
        for x in (performance, importance)
    ]
    return found[0], found[1]


def lines_of(
    rule: str, performance: np.ndarray, importance: np.ndarray, drawn: Drawn, target: float | None
) -> tuple[Any, Any]:
    """Where the lines cross, per resample."""
    mean_p, mean_i = _means(performance, importance)
    if rule == "data":
        return mean_p, mean_i
    if rule == "target":
        return np.full(mean_p.shape, target), mean_i
    middle = np.full(mean_p.shape, sum(drawn.scale) / 2)
    if drawn.kind == "stated" and not drawn.why:
        return middle, np.full(mean_i.shape, sum(drawn.stated_scale) / 2)
    if drawn.kind == "penalty":
        highest = np.where(np.isfinite(importance), importance, -np.inf).max(axis=-1, initial=-np.inf)
        return middle, np.where(np.isfinite(highest), highest / 2, np.nan)
    n = np.isfinite(importance).sum(axis=-1)
    return middle, np.divide(1.0, n, out=np.full(mean_i.shape, np.nan), where=n > 0)


def quadrant_of(performance: np.ndarray, importance: np.ndarray, line_p: Any, line_i: Any) -> np.ndarray:
    """Position in ``QUADRANTS``, -1 where either is missing. On a line counts as above it.

    Examples
    --------
    >>> [QUADRANTS[i] for i in quadrant_of(np.array([0.5, 0.9]), np.array([0.6, 0.1]), 0.8, 0.3)]
    ['improve', 'over']
    """
    good, matters = performance >= line_p - 1e-12, importance >= line_i - 1e-12
    found = np.where(matters, np.where(good, 1, 0), np.where(good, 3, 2))
    return np.where(np.isfinite(performance) & np.isfinite(importance), found, -1)


__all__ = ["QUADRANTS", "Drawn", "lines_of", "quadrant_of"]
