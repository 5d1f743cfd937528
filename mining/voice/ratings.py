"""Answers as a matrix: per respondent the overall satisfaction, and beside it a score of each touchpoint from survey or log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import LogError, UnknownNameError, hint
from mining.opportunities import opportunities_of
from mining.voice.tables import places

if TYPE_CHECKING:
    from mining.study import Study

SCORES = ("perception", "csat")  # kinds of answers that say how good something was
SOURCES = ("survey", "log")
BY = ("touchpoint", "item")
AT_ONCE = 4_000_000  # numbers of a piece of a bootstrap


@dataclass(frozen=True, eq=False, repr=False)
class Ratings:
    """One row per respondent with an overall score, one column per touchpoint (or item).

    Attributes
    ----------
    names : tuple of str
    score : float64 array of shape (n, n_names)
        NaN where not answered. By survey: the mean position on the scale, 0 worst to 1 best. By log: 1 where the case failed nowhere at the
        touchpoint (or never came to it), 0 where it did.
    overall : float64 array of shape (n,)
        As answered, on ``overall_scale``.
    case : int64 array of shape (n,)
        Number of the case in the log, -1 where the answer belongs to none.
    who : tuple of str
        Key of each respondent, not to be printed; see :func:`latest`.
    source : {"survey", "log"}
    scale : tuple of float or None
        Of the scores, where all have the same.
    overall_item, overall_scale
        What was asked, and on which scale.
    left_out : dict of str to int
        What is not in the matrix, with its number.
    """

    names: tuple[str, ...]
    score: np.ndarray
    overall: np.ndarray
    case: np.ndarray
    who: tuple[str, ...]
    source: str
    scale: tuple[float, float] | None
    overall_item: str
    overall_scale: tuple[float, float]
    left_out: dict[str, int]

    def settings(self) -> dict[str, Any]:
        """What the provenance says of it."""
        asked = f"{self.overall_item} ({self.overall_scale[0]:g}-{self.overall_scale[1]:g})"
        left = {f"left out, {key.replace('_', ' ')}": n for key, n in self.left_out.items() if n}
        return {"scores from": self.source, "overall satisfaction": asked} | left


def ratings_of(
    study: Study, survey: Any, *, source: str | None = None, by: str = "touchpoint", overall: str | None = None
) -> Ratings:
    """Overall satisfaction of each respondent beside a score of each touchpoint.

    Parameters
    ----------
    study : Study
    survey : Survey
        Anything whose ``frame`` has the columns of a survey.
    source : {"survey", "log"}, optional
        Where the scores come from; else the survey, if at least two touchpoints (items) have scores in it, and the log if not.
    by : {"touchpoint", "item"}
        What a column is. By log there are touchpoints only.
    overall : str, optional
        Item that asks for the overall satisfaction; else the one item of kind csat that names no touchpoint, or the only one there is.

    Raises
    ------
    LogError
        If no item, or more than one, could be the overall satisfaction, or answers have no scale.
    UnknownNameError
        For another word in ``source``, ``by`` or ``overall``.
    """
    if source is not None and source not in SOURCES:
        raise UnknownNameError("source of the scores", source, SOURCES)
    if by not in BY:
        raise UnknownNameError("column of the scores", by, BY)
    frame, repeated = latest(survey.frame)
    is_overall = overall_rows(frame, overall)
    scored = frame["kind"].isin(SCORES) & frame[by].notna() & ~is_overall
    if source is None:
        source = "survey" if frame.loc[scored, by].nunique() >= 2 else "log"
    asked = frame[is_overall].sort_values(
        "who", kind="stable"
    )  # the order of the rows changes nothing in what chance draws
    left_out = {"earlier_answers_to_the_same_question": repeated}
    case = cases_of(study, asked["case_id"])
    if source == "log":
        left_out["answers_without_a_case_in_the_log"] = int((case < 0).sum())
        asked, case = asked[case >= 0], case[case >= 0]
        names, had, passed = conformance_by_case(study)
        score, scale = (passed[case] == had[case]).astype(float), None
    else:
        rows = frame[scored]
        table = position(rows).groupby([rows["who"], rows[by]], sort=True).mean().unstack()
        names = tuple(str(x) for x in table.columns)
        left_out["respondents_without_an_overall_score"] = int((~table.index.isin(asked["who"])).sum())
        score = table.reindex(asked["who"]).to_numpy(float)
        scales = rows[["scale_min", "scale_max"]].drop_duplicates()
        scale = (float(scales.iat[0, 0]), float(scales.iat[0, 1])) if len(scales) == 1 else None
    ends = asked[["scale_min", "scale_max"]].drop_duplicates()
    if len(ends) > 1:
        raise LogError(
            f"{asked['item'].iat[0]!r} was asked on {len(ends)} scales. Bring its answers to one scale before they are compared."
        )
    position(asked)  # refuses answers without a scale
    scale_of_overall = (float(ends.iat[0, 0]), float(ends.iat[0, 1])) if len(ends) else (np.nan, np.nan)
    item = str(asked["item"].iat[0]) if len(asked) else ""
    values = asked["score"].to_numpy(float)
    return Ratings(names, score, values, case, tuple(asked["who"]), source, scale, item, scale_of_overall, left_out)


def latest(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The last answer of each respondent to each question, with a column ``who``, and how many earlier ones there are.

    A respondent is a case; where the answer names none, a customer; where it names neither, the row.
    """
    who = frame["case_id"].map(lambda x: f"case {x}", na_action="ignore")
    who = who.fillna(frame["customer_id"].map(lambda x: f"customer {x}", na_action="ignore"))
    who = who.fillna(frame["row"].map(lambda x: f"row {x}")).astype(str)
    ordered = frame.assign(who=who).sort_values(["answered_at", "row"], kind="stable")
    kept = ordered.drop_duplicates(["who", "kind", "item", "touchpoint"], keep="last").sort_values("row", kind="stable")
    return kept.reset_index(drop=True), len(frame) - len(kept)


def overall_rows(frame: pd.DataFrame, item: str | None = None) -> pd.Series:
    """Which answers are the overall satisfaction; see :func:`ratings_of`."""
    if item is not None and item not in set(frame["item"]):
        raise UnknownNameError("item of the survey", item, frame["item"].unique())
    rows = frame["kind"].eq("csat") if item is None else frame["item"].eq(item)
    if (whole := rows & frame["touchpoint"].isna()).any():
        rows = whole
    questions = frame.loc[rows, ["item", "touchpoint"]].drop_duplicates()
    if questions.empty:
        kinds = ", ".join(sorted(set(frame["kind"].dropna().astype(str)))) or "none"
        raise LogError(
            f"The survey has no answers of kind csat (kinds: {kinds}), so nothing says how satisfied customers are overall. Name the "
            f"item that does with overall=...{hint('', frame['item'].dropna().unique())}"
        )
    if len(questions) > 1:
        asked = ", ".join(f"{x.item} at {x.touchpoint or 'no touchpoint'}" for x in questions.head(5).itertuples())
        raise LogError(
            f"{len(questions)} questions of the survey could be the overall satisfaction ({asked}). Name one item with overall=..., one "
            "that names no touchpoint or a single one."
        )
    return rows


def position(rows: pd.DataFrame) -> pd.Series:
    """Where each score lies on its scale, 0 to 1.

    Raises
    ------
    LogError
        If an answer has no scale.
    """
    none = rows["scale_min"].isna() | rows["scale_max"].isna()
    if none.any():
        raise LogError(
            f"{int(none.sum()):,} answers have no scale (first: row {int(rows.loc[none, 'row'].iat[0]):,}, item "
            f"{rows.loc[none, 'item'].iat[0]!r}). Fill in scale_min and scale_max."
        )
    low, high = rows["scale_min"].astype(float), rows["scale_max"].astype(float)
    return (rows["score"].astype(float) - low) / (high - low)


def cases_of(study: Study, case_ids: Any) -> np.ndarray:
    """For each case id its number in the log, -1 where the log has no such case."""
    return places(pd.Series(case_ids), [str(x).strip() for x in study.log.case_ids])


def conformance_by_case(study: Study) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """The touchpoints that leave a trace, and per case and touchpoint the opportunities, and those that pass on every facet.

    Examples
    --------
    >>> names, had, passed = conformance_by_case(study)
    >>> had.shape == (2000, len(names)), bool((passed <= had).all())
    (True, True)
    """
    found = opportunities_of(study)
    k, n = len(found.names), study.instances.n_cases
    place = found.case * k + found.touchpoint
    good = ~found.failed.any(axis=0)
    had, passed = (np.bincount(x, minlength=n * k).reshape(n, k) for x in (place, place[good]))
    return found.names, had, passed


def resamples(n: int, bootstraps: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of n is drawn in each resample with replacement: float64 pieces of shape (some, n), as many rows as bootstraps."""
    rng = np.random.default_rng(seed)
    piece = max(1, AT_ONCE // max(n, 1))
    for begin in range(0, bootstraps, piece):
        rows = min(piece, bootstraps - begin)
        yield np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(rows)]).astype(float)


__all__ = [
    "Ratings",
    "cases_of",
    "conformance_by_case",
    "latest",
    "overall_rows",
    "position",
    "ratings_of",
    "resamples",
]
