"""Which touchpoints satisfaction hangs on: relative weights from the answers (derived), beside what customers say (stated)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.results import Result
from mining.suppression import K
from mining.texts import activity_name, say
from mining.units import percent
from mining.voice.ratings import Ratings, latest, ratings_of, resamples

if TYPE_CHECKING:
    from mining.study import Study

ENOUGH = 10  # complete answers per touchpoint below which nothing is derived
FEWEST = 5  # answers that must differ from the others for a score to count as varying
SINGULAR = 1e-8  # smallest eigenvalue of the correlations below which they say the same
STATED = {
    "stated": f"mean of what customers say about its importance; missing where fewer than {K} said so",
    "stated_low": "lower end of the 95 % interval of the mean (Student's t)",
    "stated_high": "upper end of it",
    "stated_n": "answers about its importance",
}


@dataclass(frozen=True, eq=False, repr=False)
class Importance(Result):
    """One row per touchpoint (or item), the most important first. Made by :func:`importance_of`.

    Attributes
    ----------
    ratings : Ratings
    r2 : float
        Share of the variance of the overall satisfaction that the scores explain together; the weights add up to it.
    p : float
        Of the F test that they explain nothing.
    n, incomplete : int
        Respondents with all scores, which are those used; and those with some score missing.
    """

    ratings: Ratings
    r2: float
    p: float
    n: int
    incomplete: int

    columns: ClassVar[dict[str, str]] = {
        "item": "touchpoint, or item of the survey",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "source": "where its score comes from: survey (scores given by customers), or log (1: the case failed nowhere at the touchpoint)",
        "n": "respondents with an overall score and all scores: those used",
        "share": "derived importance: weight / R-squared, 0-1; the shares add up to 1",
        "low": "lower end of the 95 % interval of share, 0-1 (percentiles of the bootstrap)",
        "high": "upper end of it, 0-1",
        "weight": "relative weight: its part of R-squared (Johnson 2000)",
        "rank": "1: the greatest weight",
        "correlation": "of its score with the overall satisfaction",
        "beta": "standardised coefficient of the regression: for comparison, not to be read as importance where scores go together",
        **STATED,
        "stated_rank": "1: the greatest stated importance",
        "why": "why there is no derived importance; empty where there is one",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "name_en",
        "source",
        "n",
        "share",
        "low",
        "high",
        "rank",
        "stated",
        "stated_n",
        "stated_rank",
        "why",
    )

    @property
    def explains(self) -> bool:
        """Whether the scores together explain anything (F test, p below 0.05)."""
        return bool(self.p < 0.05)

    def sentence(self, lang: str = "en") -> str:
        """What satisfaction hangs on most, how sure that is, and what customers say instead."""
        rows = self.frame[self.frame["share"].notna()]
        if rows.empty:
            return say("importance.none", lang)
        first = rows.iloc[0]
        text = say(
            f"importance.first.{self.ratings.source}", lang, name=first[f"name_{lang}"], share=percent(first["share"], lang),
            low=percent(first["low"], lang), high=percent(first["high"], lang), n=f"{self.n:,}", r2=percent(self.r2, lang),
        )  # fmt: skip
        if not self.explains:
            text += say("importance.explains_nothing", lang, p=f"{self.p:.2f}")
        stated = self.frame[self.frame["stated_rank"].eq(1)]
        if len(stated) and stated["item"].iat[0] != first["item"]:
            text += say("importance.stated_other", lang, name=stated[f"name_{lang}"].iat[0])
        if self.incomplete:
            text += say("importance.incomplete", lang, n=f"{self.incomplete:,}")
        if left := int(self.frame["why"].ne("").sum()):
            text += say("importance.without", lang, n=left)
        return text

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Derived importance with its intervals; see :func:`mining.plots.ipa.importance_chart`."""
        from mining.plots.ipa import importance_chart

        return importance_chart(self, lang=lang, ax=ax)


def importance_of(
    study: Study, survey: Any, *, source: str | None = None, by: str = "touchpoint", overall: str | None = None,
    bootstraps: int = 1000, seed: int = 0,
) -> Importance:  # fmt: skip
    """How much of the overall satisfaction each touchpoint explains, with what customers say about its importance beside it.

    Relative weights (Johnson 2000): scores that go together share what they explain, which coefficients of a regression do not; they are
    never negative and add up to R-squared. Respondents who lack a score are counted and not used. A score that (nearly) never varies has
    no derived importance, and says why.

    With scores from the log a touchpoint is scored 0 where the case failed there, and 1 where it did not, also where it never came there:
    what did not happen did not fail. The number then says what failures explain, not what excellence would.

    Parameters
    ----------
    study, survey, source, by, overall
        As in :func:`mining.voice.ratings.ratings_of`.
    bootstraps, seed : int
        Resamples of the respondents for the intervals.

    Raises
    ------
    MiningError
        If there are fewer than ten complete answers per touchpoint, the overall satisfaction does not vary, or scores say exactly the same.
    """
    ratings = ratings_of(study, survey, source=source, by=by, overall=overall)
    fitted = fit(ratings)
    data = np.column_stack([ratings.score[fitted.rows][:, fitted.used], ratings.overall[fitted.rows]])
    shares = [
        share_of(relative_weights(correlations(data, counts))) for counts in resamples(len(data), bootstraps, seed)
    ]
    low, high = np.quantile(np.concatenate(shares), [0.025, 0.975], axis=0) if shares else (np.nan, np.nan)
    said = stated_of(survey, by)
    table = pd.DataFrame({"item": [*ratings.names, *(x for x in said.index if x not in ratings.names)]}).join(
        said, on="item"
    )
    table["source"], table["n"] = ratings.source, len(data)
    for lang in ("en", "zh"):
        table[f"name_{lang}"] = [activity_name(study.blueprint, x, lang) for x in table["item"]]
    used = np.array([i for i in range(len(ratings.names)) if fitted.used[i]], int)
    weight = relative_weights(correlations(data, None))[0]
    values = {
        "weight": weight, "share": share_of(weight), "low": low, "high": high, "beta": fitted.beta,
        "correlation": correlations(data, None)[0, :-1, -1],
    }  # fmt: skip
    for name, column in values.items():
        table[name] = np.nan
        table.loc[used, name] = column
    table["why"] = [*fitted.why, *["no score" for _ in range(len(table) - len(fitted.why))]]
    table["rank"] = table["weight"].rank(ascending=False, method="min").astype("Int64")
    table["stated_rank"] = table["stated"].rank(ascending=False, method="min").astype("Int64")
    order = table.sort_values(["rank", "stated_rank", "item"], kind="stable", na_position="last")
    settings = ratings.settings() | {"incomplete": fitted.incomplete, "bootstraps": bootstraps, "seed": seed}
    return Importance(
        order[list(Importance.columns)].reset_index(drop=True), study.provenance("derived importance", **settings), ratings,
        fitted.r2, fitted.p, len(data), fitted.incomplete,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Fit:
    """The regression behind the weights: which columns and rows are used, why others are not, and what it explains."""

    used: np.ndarray
    rows: np.ndarray
    why: list[str]
    beta: np.ndarray
    r2: float
    p: float
    incomplete: int


def fit(ratings: Ratings) -> Fit:
    """Regress the overall satisfaction on the scores that vary, over complete rows; see :func:`importance_of` for what is refused."""
    import statsmodels.api as sm

    score, names = ratings.score, np.array(ratings.names, object)
    answered = np.isfinite(score).any(axis=0) if len(score) else np.zeros(len(names), bool)
    rows = np.isfinite(score[:, answered]).all(axis=1) & np.isfinite(ratings.overall)
    why = _why(score[rows], answered, ratings.source)
    used = np.array([not x for x in why], bool)
    n, k = int(rows.sum()), int(used.sum())
    if k == 0:
        raise MiningError(
            f"No importance can be derived: of {len(names)} touchpoints none has a score that varies over the {n:,} respondents with all "
            f"scores ({int((~rows).sum()):,} lack one). Use the stated importance."
        )
    if n < ENOUGH * k:
        raise MiningError(
            f"Too few answers to derive importance: {n:,} respondents have an overall score and all of {k} scores ({int((~rows).sum()):,} "
            f"lack one), and {ENOUGH} per score, {ENOUGH * k}, are needed. Leave out items that few answered, or use the stated importance."
        )
    x, y = score[rows][:, used], ratings.overall[rows]
    if np.ptp(y) == 0:
        raise MiningError(
            f"All {n:,} respondents gave the same overall score ({y[0]:g}): nothing can explain what does not vary."
        )
    refuse_singular(np.corrcoef(x, rowvar=False).reshape(k, k), names[used])
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    model = sm.OLS((y - y.mean()) / y.std(), sm.add_constant(z)).fit()
    return Fit(
        used, rows, why, np.asarray(model.params[1:]), float(model.rsquared), float(model.f_pvalue), int((~rows).sum())
    )


def _why(score: np.ndarray, answered: np.ndarray, source: str) -> list[str]:
    """Per column why it is not used; empty where it is."""
    found = []
    for column, any_answer in zip(score.T, answered, strict=True):
        if not any_answer:
            found.append("never answered together with the overall satisfaction")
            continue
        common = np.unique(column, return_counts=True)[1].max() if len(column) else 0
        few = len(column) - int(common)
        what = "failures" if source == "log" else "scores other than the most common one"
        found.append("" if few >= FEWEST else f"{few} {what} among the respondents: fewer than {FEWEST}")
    return found


def refuse_singular(correlation: np.ndarray, names: np.ndarray) -> None:
    """Raise where some columns say exactly what others say, and name them."""
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < SINGULAR:
        same = ", ".join(repr(str(x)) for x in names[np.abs(vectors[:, 0]) > 0.05])
        raise MiningError(
            f"The scores of {same} say exactly the same (their correlations are singular), so what each of them explains cannot be told "
            "apart. Leave one of them out, or ask them apart."
        )


def correlations(data: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """Correlations of the columns, with rows counted as often as said: shape (resamples, columns, columns).

    A column that does not vary correlates with nothing.
    """
    counts = np.ones((1, len(data))) if counts is None else counts
    data = data - data.mean(axis=0)
    q = data.shape[1]
    left, right = np.triu_indices(q)
    n = counts.sum(axis=1)[:, None]
    mean, cross = counts @ data / n, counts @ (data[:, left] * data[:, right]) / n
    cov = np.empty((len(counts), q, q))
    cov[:, left, right] = cov[:, right, left] = cross - mean[:, left] * mean[:, right]
    spread = np.sqrt(np.clip(np.diagonal(cov, axis1=1, axis2=2), 0, None))
    varies = spread > 1e-12
    scale = np.where(varies, spread, 1.0)
    found: np.ndarray = cov / scale[:, :, None] / scale[:, None, :] * (varies[:, :, None] & varies[:, None, :])
    found[:, np.arange(q), np.arange(q)] = 1.0
    return found


def relative_weights(correlation: np.ndarray) -> np.ndarray:
    """Johnson's relative weights of all columns but the last on the last; they add up to R-squared.

    J. W. Johnson (2000), A heuristic method for estimating the relative weight of predictor variables in multiple regression,
    Multivariate Behavioral Research 35: with the correlations of the predictors R = V D V', L = V D^(1/2) V' and b = L^(-1) r,
    the weights are L² b², squares taken element by element.

    Parameters
    ----------
    correlation : float64 array of shape (..., k + 1, k + 1)

    Returns
    -------
    float64 array of shape (..., k)

    Examples
    --------
    >>> relative_weights(np.array([[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]])).round(2).tolist()
    [0.36, 0.09]
    """
    correlation = np.asarray(correlation, float)
    values, vectors = np.linalg.eigh(correlation[..., :-1, :-1])
    root = np.sqrt(np.clip(values, 0, None))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=values > SINGULAR)
    turned = np.swapaxes(vectors, -1, -2)
    link = (vectors * root[..., None, :]) @ turned
    effect = (vectors * inverse[..., None, :]) @ turned @ correlation[..., :-1, -1][..., None]
    found: np.ndarray = (link**2 @ effect**2)[..., 0]
    return found


def share_of(weights: np.ndarray) -> np.ndarray:
    """Weights as shares of their sum along the last axis; equal shares where nothing is explained at all."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.divide(weights, total, out=np.full_like(weights, 1 / weights.shape[-1]), where=total > 0)


def stated_of(survey: Any, by: str = "touchpoint") -> pd.DataFrame:
    """What customers say about the importance of each touchpoint (item): mean, interval, number; indexed by it, sorted."""
    from scipy.stats import t

    frame, _ = latest(survey.frame)
    rows = frame[frame["kind"].eq("importance") & frame[by].notna()]
    found = rows.groupby(by, sort=True)["score"].agg(["mean", "std", "size"])
    half = t.ppf(0.975, (found["size"] - 1).clip(lower=1)) * found["std"] / np.sqrt(found["size"])
    table = pd.DataFrame(
        {"stated": found["mean"], "stated_low": found["mean"] - half, "stated_high": found["mean"] + half, "stated_n": found["size"]},
        index=found.index, dtype=float,
    )  # fmt: skip
    table.loc[table["stated_n"] < K, ["stated", "stated_low", "stated_high"]] = np.nan
    return table.astype({"stated_n": "Int64"})


__all__ = ["Fit", "Importance", "correlations", "fit", "importance_of", "relative_weights", "share_of", "stated_of"]
