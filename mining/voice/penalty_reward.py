"""Whether a touchpoint pleases when it is good or hurts when it is bad: the penalty-reward contrast of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.results import Result
from mining.texts import activity_name, say
from mining.voice.importance import FEWEST, refuse_singular
from mining.voice.ratings import Ratings, ratings_of, resamples

if TYPE_CHECKING:
    from mining.study import Study

CUTS = (0.25, 0.75)  # up to and from which place on the scale a score is low, or high
ENOUGH = 10  # complete answers per column of the regression
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class PenaltyReward(Result):
    """One row per touchpoint (or item), the greatest penalty first. Made by :func:`penalty_reward_of`.

    Attributes
    ----------
    ratings : Ratings
    n, incomplete : int
        Respondents with all scores, which are those used; and those with some score missing.
    """

    ratings: Ratings
    n: int
    incomplete: int

    columns: ClassVar[dict[str, str]] = {
        "item": "touchpoint, or item of the survey",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "n": "respondents with an overall score and all scores: those used",
        "n_low": "of them with a low score (by log: the case failed there)",
        "n_high": "of them with a high score; missing by log, which knows only pass and fail",
        "penalty": "points of overall satisfaction that go with a low score, against a middle one (by log: against no failure)",
        "penalty_low": "lower end of its 95 % interval (robust, HC1)",
        "penalty_high": "upper end of it",
        "reward": "points of overall satisfaction that go with a high score, against a middle one; missing by log",
        "reward_low": "lower end of its 95 % interval (robust, HC1)",
        "reward_high": "upper end of it",
        "asymmetry": "(reward - |penalty|) / (reward + |penalty|), -1 to 1: below 0 it hurts more than it pleases; what has the "
        "wrong sign counts as 0",
        "asymmetry_low": "lower end of its 95 % interval (percentiles of the bootstrap)",
        "asymmetry_high": "upper end of it",
        "kind": "dissatisfier (the interval of asymmetry lies below 0), satisfier (above 0), or undecided; missing where not measured",
        "why": "what is not measured, and why; empty where all is",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "name_en",
            "n_low",
            "n_high",
            "penalty",
            "penalty_low",
            "penalty_high",
            "reward",
            "reward_low",
            "reward_high",
        ),
        *("asymmetry", "asymmetry_low", "asymmetry_high", "kind"),
    )

    def sentence(self, lang: str = "en") -> str:
        """The touchpoint whose low scores go with the least satisfaction, and where it falls more than it rises, or the reverse."""
        rows = self.frame[self.frame["penalty"].notna()]
        if rows.empty:
            return say("penalty.none", lang)
        first = rows.iloc[0]
        text = say(
            f"penalty.first.{self.ratings.source}", lang, name=first[f"name_{lang}"], points=f"{-first['penalty']:.2f}",
            low=f"{-first['penalty_high']:.2f}", high=f"{-first['penalty_low']:.2f}", n=f"{first['n_low']:,}",
        )  # fmt: skip
        listed = say("word.listed", lang).join
        for kind in ("dissatisfier", "satisfier"):
            names = self.frame.loc[self.frame["kind"].eq(kind), f"name_{lang}"]
            if len(names):
                text += say(f"penalty.{kind}", lang, names=listed(names))
        return text + (say("penalty.log", lang) if self.ratings.source == "log" else "")


def penalty_reward_of(
    study: Study, survey: Any, *, source: str | None = None, by: str = "touchpoint", overall: str | None = None,
    cuts: tuple[float, float] = CUTS, bootstraps: int = 1000, seed: int = 0,
) -> PenaltyReward:  # fmt: skip
    """What a low and a high score of each touchpoint go with in the overall satisfaction, apart.

    ``overall = b0 + sum(reward_j HIGH_j + penalty_j LOW_j)`` by least squares (Brandt 1987), both in points of the scale; impact asymmetry
    after Mikulic and Prebezac (2008). Scores from the log know only pass and fail: then there is a penalty and no reward.

    Parameters
    ----------
    study, survey, source, by, overall
        As in :func:`mining.voice.ratings.ratings_of`.
    cuts : tuple of float
        Scores up to the first place on their scale (0 worst, 1 best) are low, from the second on high.
    bootstraps, seed : int
        Resamples of the respondents for the interval of the asymmetry.

    Raises
    ------
    MiningError
        If there are too few complete answers, or columns say exactly the same.
    """
    import statsmodels.api as sm

    ratings = ratings_of(study, survey, source=source, by=by, overall=overall)
    design = design_of(ratings, cuts)
    x = np.column_stack([np.ones(len(design.x)), design.x])
    model = sm.OLS(design.y, x).fit(cov_type="HC1")
    value, ends = np.asarray(model.params)[1:], np.asarray(model.conf_int())[1:]
    parts = [coefficients(x, design.y, counts)[:, 1:] for counts in resamples(len(x), bootstraps, seed)]
    drawn = np.concatenate(parts) if parts else np.empty((0, len(value)))
    rows = []
    for j, name in enumerate(ratings.names):
        row: dict[str, Any] = {"item": name, "n": len(x), "n_low": int(design.low[:, j].sum()), "why": design.why[j]}
        row["n_high"] = None if ratings.source == "log" else int(design.high[:, j].sum())
        places = {part: design.place.get((part, j)) for part in ("penalty", "reward")}
        for part, at in places.items():
            if at is not None:
                row |= {part: value[at], f"{part}_low": ends[at, 0], f"{part}_high": ends[at, 1]}
        if None not in places.values():
            p, r = places["penalty"], places["reward"]
            row |= _asymmetry(float(value[p]), float(value[r]), drawn[:, p], drawn[:, r])
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(PenaltyReward.columns))
    for lang in ("en", "zh"):
        frame[f"name_{lang}"] = [activity_name(study.blueprint, name, lang) for name in frame["item"]]
    numbers = [name for name in frame if name.startswith(("penalty", "reward", "asymmetry"))]
    frame = frame.astype(dict.fromkeys(numbers, float) | {"n_high": "Int64"})
    frame = frame.sort_values(["penalty", "item"], kind="stable", na_position="last").reset_index(drop=True)
    settings = ratings.settings() | {
        "low up to, high from": f"{cuts[0]:g}, {cuts[1]:g} of the scale", "incomplete": design.incomplete, "bootstraps": bootstraps,
        "seed": seed,
    }  # fmt: skip
    return PenaltyReward(
        frame, study.provenance("penalty-reward contrast", **settings), ratings, len(x), design.incomplete
    )


def _asymmetry(penalty: float, reward: float, penalties: np.ndarray, rewards: np.ndarray) -> dict[str, Any]:
    """Impact asymmetry with its interval; draws in which neither part has its sign say nothing and are left out."""
    at = float(impact_asymmetry(np.array(penalty), np.array(reward)))
    drawn = impact_asymmetry(penalties, rewards)
    drawn = drawn[np.isfinite(drawn)]
    if np.isnan(at) or not len(drawn):
        return {"kind": "undecided"}
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    kind = "dissatisfier" if high < 0 else "satisfier" if low > 0 else "undecided"
    return {"asymmetry": at, "asymmetry_low": low, "asymmetry_high": high, "kind": kind}


def impact_asymmetry(penalty: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """(r - |p|) / (r + |p|), a penalty above 0 and a reward below 0 counted as 0; NaN where nothing is left.

    Examples
    --------
    >>> impact_asymmetry(np.array([-0.6, 0.0]), np.array([0.2, 0.3])).round(3).tolist()
    [-0.5, 1.0]
    """
    hurt, please = np.clip(-np.asarray(penalty, float), 0, None), np.clip(np.asarray(reward, float), 0, None)
    whole = hurt + please
    return np.divide(please - hurt, whole, out=np.full(np.shape(whole), np.nan), where=whole > ROUNDING)


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of the regression: ``place`` says which of them is the penalty or reward of which name."""

    x: np.ndarray
    y: np.ndarray
    place: dict[tuple[str, int], int]
    low: np.ndarray
    high: np.ndarray
    why: list[str]
    rows: np.ndarray
    incomplete: int


def design_of(ratings: Ratings, cuts: tuple[float, float] = CUTS) -> Design:
    """Low and high scores as columns of zeros and ones, over complete rows; see :func:`penalty_reward_of` for what is refused."""
    if not 0 <= cuts[0] < cuts[1] <= 1:
        raise MiningError(f"The cuts {cuts} are no two places on a scale from 0 to 1, the lower one first.")
    answered = np.isfinite(ratings.score).any(axis=0) if len(ratings.score) else np.zeros(len(ratings.names), bool)
    rows = np.isfinite(ratings.score[:, answered]).all(axis=1) & np.isfinite(ratings.overall)
    score, y = ratings.score[rows], ratings.overall[rows]
    low, high = score <= cuts[0] + ROUNDING, score >= cuts[1] - ROUNDING
    place: dict[tuple[str, int], int] = {}
    columns: list[np.ndarray] = []
    why, labels = list[str](), list[str]()
    parts = (("penalty", low), ("reward", high)) if ratings.source == "survey" else (("penalty", low),)
    for j, name in enumerate(ratings.names):
        lacking = []
        for part, found in parts:
            n = int(found[:, j].sum())
            base = len(y) - (n if ratings.source == "log" else int((low | high)[:, j].sum()))
            if n < FEWEST or base < FEWEST:
                lacking.append(f"{part}: {n} answers, {base} to compare with, {FEWEST} needed of each")
                continue
            place[part, j] = len(columns)
            columns.append(found[:, j].astype(float))
            labels.append(f"{name} ({part})")
        why.append("; ".join(lacking))
    x = np.column_stack(columns) if columns else np.empty((len(y), 0))
    if not columns:
        raise MiningError(
            f"No score is low or high in {FEWEST} of the {len(y):,} complete answers: no contrast can be measured."
        )
    if len(y) < ENOUGH * len(columns):
        raise MiningError(
            f"Too few answers for a contrast: {len(y):,} respondents have all scores, and {ENOUGH} for each of the {len(columns)} columns "
            f"of the regression, {ENOUGH * len(columns)}, are needed. Leave out items that few answered."
        )
    refuse_singular(np.corrcoef(x, rowvar=False).reshape(len(columns), -1), np.array(labels, object))
    return Design(x, y, place, low, high, why, rows, int((~rows).sum()))


def coefficients(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Coefficients of least squares, with rows counted as often as said: shape (resamples, columns).

    A column that never occurs in a resample has the coefficient 0.
    """
    q = x.shape[1]
    left, right = np.triu_indices(q)
    inner = np.empty((len(counts), q, q))
    inner[:, left, right] = inner[:, right, left] = counts @ (x[:, left] * x[:, right])
    found: np.ndarray = (np.linalg.pinv(inner, hermitian=True) @ (counts @ (x * y[:, None]))[:, :, None])[:, :, 0]
    return found


__all__ = ["CUTS", "Design", "PenaltyReward", "coefficients", "design_of", "impact_asymmetry", "penalty_reward_of"]
