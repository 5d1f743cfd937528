"""Importance-performance analysis with its known flaws repaired: what to improve first, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.kinds import OWN_UNIT
from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.texts import activity_name, say
from mining.units import percent
from mining.voice.importance import STATED, stated_of
from mining.voice.ipa_points import QUADRANTS, Drawn, lines_of, quadrant_of
from mining.voice.penalty_reward import PenaltyReward, penalty_reward_of
from mining.voice.ratings import ratings_of, resamples

if TYPE_CHECKING:
    from mining.study import Study

UNDECIDED = "undecided"
CROSS_HAIRS = ("data", "scale", "target")
IMPORTANCES = ("derived", "penalty", "stated")
FEW = 5  # points below which cross-hairs at their means say little
DECIDED = 0.8  # probability of a quadrant from which a point is said to lie in it


@dataclass(frozen=True)
class Cross:
    """Where the lines cross, and by which rule."""

    performance: float
    importance: float
    rule: str


@dataclass(frozen=True, eq=False, repr=False)
class Ipa(Result):
    """One row per touchpoint: those to improve first, by their distance from the iso-priority line. Made by :func:`ipa_of`.

    Attributes
    ----------
    cross : Cross
        The cross-hairs of the table.
    crosses : tuple of Cross
        The others that could be drawn; ``quadrants_by_rule`` of each row says what they would give.
    source : {"log", "survey"}
        Where performance comes from.
    importance : {"derived", "penalty", "stated"}
    r2, p : float
        What the scores explain of the overall satisfaction; NaN where nothing was derived.
    why : str
        Why no importance could be measured; empty where it could.
    contrast : PenaltyReward or None
        The penalty-reward contrast, where it could be measured.
    """

    cross: Cross
    crosses: tuple[Cross, ...]
    source: str
    importance: str
    scale: tuple[float, float]
    r2: float
    p: float
    why: str
    contrast: PenaltyReward | None

    columns: ClassVar[dict[str, str]] = {
        "touchpoint": "activity id",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "quadrant": "improve, keep, low (low priority), over (possible overkill), or undecided: no quadrant is as probable as asked for; "
        "missing where importance or performance is not measured",
        "point": "quadrant in which the point itself lies",
        "p_improve": "share of the resamples in which it lies in the quadrant improve, 0-1",
        "p_keep": "the same for the quadrant keep, 0-1",
        "p_low": "the same for the quadrant low, 0-1",
        "p_over": "the same for the quadrant over, 0-1",
        "priority": "distance from the iso-priority line: importance less performance, each from the cross-hairs in parts of its range; "
        "above 0 it matters more than it performs",
        "performance": "by log: share of its opportunities that pass on every facet (0 to 1); by survey: mean score",
        "performance_low": "lower end of its 95 % interval (Wilson by log, Student's t by survey)",
        "performance_high": "upper end of it",
        "performance_n": "opportunities, or answers",
        "importance": "derived: share of R-squared by relative weights (Johnson 2000); penalty: points that go with a low "
        "score, or a failure; stated: mean of what customers say",
        "importance_low": "lower end of its 95 % interval (percentiles of the bootstrap)",
        "importance_high": "upper end of it",
        **STATED,
        "penalty": "points of overall satisfaction that go with a low score (by log: a failure there)",
        "reward": "points that go with a high score; missing by log",
        "asymmetry": "impact asymmetry, -1 (only hurts) to 1 (only pleases)",
        "kind": "dissatisfier, satisfier or undecided",
        "quadrants_by_rule": "quadrant of the point by each rule for the cross-hairs, as data: improve; scale: keep",
        "why": "what is not measured, and why; empty where all is",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "name_en",
            "quadrant",
            "p_improve",
            "p_keep",
            "p_low",
            "p_over",
            "priority",
            "performance",
            "performance_n",
        ),
        *("importance", "importance_low", "importance_high", "stated", "penalty", "quadrants_by_rule"),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of its numbers, for the notebook."""
        return self.frame.assign(**{OWN_UNIT: "share" if self.source == "log" else "other"})

    def sentence(self, lang: str = "en") -> str:
        """What to improve first and how sure that is, by which performance, importance and cross-hairs."""
        if self.why:
            return say("ipa.no_importance", lang)
        placed = self.frame[self.frame["quadrant"].notna()]
        if placed.empty:
            return say("ipa.none", lang)
        listed = say("word.listed", lang).join
        first = placed[placed["quadrant"].eq("improve")]
        text = "".join(
            say("ipa.improve", lang, name=row[f"name_{lang}"], p=percent(row["p_improve"], lang))
            for _, row in first.iterrows()
        ) or say("ipa.no_improve", lang)
        open_ = placed[placed["quadrant"].eq(UNDECIDED)]
        if len(open_):
            text += say("ipa.undecided", lang, names=listed(open_[f"name_{lang}"]), decided=percent(DECIDED, lang))
        text += say(
            "ipa.basis", lang, performance=say(f"ipa.performance.{self.source}", lang),
            importance=say(f"ipa.importance.{self.importance}", lang), rule=say(f"ipa.rule.{self.cross.rule}", lang),
        )  # fmt: skip
        if len(placed) < FEW:
            text += say("ipa.few", lang, n=len(placed))
        if self.importance == "derived" and self.source == "log":
            text += say("ipa.rare", lang)
        if self.importance == "derived" and not self.p < 0.05:
            text += say("importance.explains_nothing", lang, p=f"{self.p:.2f}")
        return text

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """The points with their intervals, cross-hairs and iso-priority line; see :func:`mining.plots.ipa.ipa_chart`."""
        from mining.plots.ipa import ipa_chart

        return ipa_chart(self, lang=lang, ax=ax)


def ipa_of(
    study: Study, survey: Any, *, source: str | None = None, importance: str = "derived", cross: str = "data",
    target: float | None = None, overall: str | None = None, bootstraps: int = 1000, seed: int = 0,
) -> Ipa:  # fmt: skip
    """Importance against performance by touchpoint (Martilla and James 1977), with five repairs.

    1. What customers say is important is high for everything: importance is derived from the answers, and what they say stands beside it.
    2. Where the cross-hairs lie decides: ``data`` are the means of the points, ``scale`` the middle of the scales (of derived importance an
       equal share for each, of a penalty half of the greatest), ``target`` the performance asked for at the mean importance. The table says
       which, and what the others would give; the iso-priority line needs no cross-hairs but their crossing.
    3. Relative weights (Johnson 2000) instead of coefficients, which share what goes together by chance.
    4. A bad touchpoint may hurt more than a good one pleases: the penalty-reward contrast stands beside.
    5. Points are estimates: respondents (with the log as performance: its cases) are drawn again, the lines with them, and a point with no
       quadrant of probability 0.8 is undecided.

    Performance is the mean score of the survey where it has scores of two touchpoints; else the share of the log that conforms.

    Parameters
    ----------
    study, survey, source, overall
        As in :func:`mining.voice.ratings.ratings_of`; ``source`` is that of performance.
    importance : {"derived", "penalty", "stated"}
        ``penalty``: points of satisfaction that go with a low score, or a failure. Other than the derived importance it does not grow with
        how often something fails.
    cross : {"data", "scale", "target"}
    target : float, optional
        Performance asked for; needed for, and only used by, ``cross="target"``.
    bootstraps, seed : int

    Raises
    ------
    MiningError
        If ``cross="target"`` has no target, or a target outside the scale of performance.
    LogError, UnknownNameError
        As :func:`mining.voice.ratings.ratings_of`.
    """
    for kind, word, known in (("importance", importance, IMPORTANCES), ("cross-hairs", cross, CROSS_HAIRS)):
        if word not in known:
            raise UnknownNameError(kind, word, known)
    if cross == "target" and target is None:
        raise MiningError(
            "The cross-hairs shall lie at a target, and there is none: say target=..., the performance asked for."
        )
    ratings = ratings_of(study, survey, source=source, overall=overall)
    drawn = Drawn(study, survey, ratings, importance)
    if target is not None and not drawn.scale[0] <= target <= drawn.scale[1]:
        raise MiningError(
            f"The target {target:g} lies outside the scale of performance, {drawn.scale[0]:g} to {drawn.scale[1]:g}."
        )
    one = np.ones((1, drawn.units))
    points = drawn.performance(one)[0], drawn.importance(one)[0]
    resampled = [(drawn.performance(c), drawn.importance(c)) for c in resamples(drawn.units, bootstraps, seed)]
    empty = np.empty((0, len(drawn.names)))
    draws = (
        np.concatenate([empty, *(part for part, _ in resampled)]),
        np.concatenate([empty, *(part for _, part in resampled)]),
    )
    rules = [rule for rule in CROSS_HAIRS if rule != "target" or target is not None]
    crosses = {rule: _cross(rule, points, drawn, target) for rule in rules}
    frame = _frame(study, survey, drawn, points, draws, crosses, cross, target)
    contrast, no_contrast = _contrast(study, survey, ratings.source, overall, bootstraps, seed)
    frame = _beside(frame, contrast)
    settings = ratings.settings() | {
        "performance from": ratings.source, "importance": importance, "cross-hairs": f"{cross}-centred",
        "at": f"{crosses[cross].performance:.4g}, {crosses[cross].importance:.4g}", "bootstraps": bootstraps, "seed": seed,
    } | ({"no penalty-reward contrast": no_contrast} if no_contrast else {})  # fmt: skip
    return Ipa(
        frame, study.provenance("importance-performance analysis", **settings), crosses[cross],
        tuple(x for rule, x in crosses.items() if rule != cross), ratings.source, importance, drawn.scale, drawn.r2, drawn.p, drawn.why,
        contrast,
    )  # fmt: skip


def _cross(rule: str, points: tuple[np.ndarray, np.ndarray], drawn: Drawn, target: float | None) -> Cross:
    performance, importance = lines_of(rule, points[0][None], points[1][None], drawn, target)
    return Cross(float(performance[0]), float(importance[0]), rule)


def _frame(
    study: Study, survey: Any, drawn: Drawn, points: tuple[np.ndarray, np.ndarray], draws: tuple[np.ndarray, np.ndarray],
    crosses: dict[str, Cross], cross: str, target: float | None,
) -> pd.DataFrame:  # fmt: skip
    performance, importance = points
    line_p, line_i = lines_of(cross, *draws, drawn, target)
    placed = quadrant_of(*draws, line_p[:, None], line_i[:, None])
    valid = np.maximum((placed >= 0).sum(axis=0), 1)
    chance = np.stack([(placed == i).sum(axis=0) / valid for i in range(4)], axis=1)
    table = pd.DataFrame({"touchpoint": drawn.names, "performance": performance, "importance": importance})
    table["performance_low"], table["performance_high"], table["performance_n"] = _intervals(study, drawn)
    ends = _percentiles(draws[1])
    table["importance_low"], table["importance_high"] = ends
    at = {rule: quadrant_of(performance, importance, x.performance, x.importance) for rule, x in crosses.items()}
    there = at[cross] >= 0
    alone = int(there.sum()) == 1  # nothing to compare with
    there = there & (not alone)
    words = np.array([*QUADRANTS, None], object)
    table["point"] = words[np.where(there, at[cross], -1)]
    best = chance.argmax(axis=1)
    words = np.array([*QUADRANTS, UNDECIDED, None], object)
    table["quadrant"] = words[np.where(there, np.where(chance.max(axis=1) >= DECIDED, best, 4), -1)]
    for i, name in enumerate(QUADRANTS):
        table[f"p_{name}"] = np.where(there, chance[:, i], np.nan)
    lines = crosses[cross]
    spread = [np.ptp(x[there]) if there.any() and np.ptp(x[there]) > 0 else np.nan for x in (performance, importance)]
    table["priority"] = (importance - lines.importance) / spread[1] - (performance - lines.performance) / spread[0]
    table["quadrants_by_rule"] = [
        "; ".join(f"{rule}: {words[places[i]]}" for rule, places in at.items()) if there[i] else ""
        for i in range(len(table))
    ]
    reasons = drawn.reasons if not drawn.why else [drawn.why] * len(table)
    other = "the only touchpoint with importance and performance: nothing to compare it with" if alone else ""
    table["why"] = [
        reason or (other if np.isfinite(x) else "no opportunity, or fewer than five answers")
        for reason, x in zip(reasons, performance, strict=True)
    ]
    table = table.join(stated_of(survey), on="touchpoint")
    for lang in ("en", "zh"):
        table[f"name_{lang}"] = [activity_name(study.blueprint, x, lang) for x in table["touchpoint"]]
    return table.sort_values(
        ["priority", "touchpoint"], ascending=[False, True], kind="stable", na_position="last"
    ).reset_index(drop=True)


def _intervals(study: Study, drawn: Drawn) -> tuple[Any, Any, Any]:
    """Interval and number of the performance of each touchpoint."""
    if drawn.ratings.source == "log":
        rows = study.touchpoints().frame.set_index("touchpoint").loc[list(drawn.names)]
        return rows["low"].to_numpy(float), rows["high"].to_numpy(float), rows["n"].astype("Int64").to_numpy()
    from scipy.stats import t

    n = drawn.had.sum(axis=0)  # 0 where too few answered
    mean = drawn.performance(np.ones((1, drawn.units)))[0]
    square = ((drawn.sum - mean) ** 2 * drawn.had).sum(axis=0)
    spread = np.sqrt(np.divide(square, n - 1, out=np.full(n.shape, np.nan), where=n > 1))
    half = t.ppf(0.975, np.maximum(n - 1, 1)) * spread / np.sqrt(np.maximum(n, 1))
    return mean - half, mean + half, drawn.n


def _percentiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """2.5 and 97.5 % of each column, columns without any left missing."""
    low, high = (np.full(values.shape[1], np.nan) for _ in range(2))
    full = np.isfinite(values).any(axis=0)
    if full.any():
        low[full], high[full] = np.nanquantile(values[:, full], [0.025, 0.975], axis=0)
    return low, high


def _contrast(
    study: Study, survey: Any, source: str, overall: str | None, bootstraps: int, seed: int
) -> tuple[PenaltyReward | None, str]:
    """The contrast, or why there is none."""
    try:
        return penalty_reward_of(study, survey, source=source, overall=overall, bootstraps=bootstraps, seed=seed), ""
    except MiningError as error:
        return None, str(error)


def _beside(frame: pd.DataFrame, contrast: PenaltyReward | None) -> pd.DataFrame:
    names = ["penalty", "reward", "asymmetry", "kind"]
    if contrast is None:
        frame[names] = [np.nan, np.nan, np.nan, None]
    else:
        frame = frame.join(contrast.frame.set_index("item")[names], on="touchpoint")
    return frame[list(Ipa.columns)]


__all__ = ["CROSS_HAIRS", "DECIDED", "IMPORTANCES", "QUADRANTS", "UNDECIDED", "Cross", "Ipa", "ipa_of", "quadrant_of"]
