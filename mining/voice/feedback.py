"""The feedback loop: how many are heard, how late, through which channel, and how long a complaint waits for its answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.results import Result, wilson
from mining.suppression import K, hidden
from mining.texts import say
from mining.units import MISSING, readable
from mining.voice.scales import mean_of, persons
from mining.voice.tables import Incidents, Survey, doubts_said

if TYPE_CHECKING:
    from mining.study import Study

SECOND = 1_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Feedback(Result):
    """Coverage, delay, and the time to close the loop. Made by :func:`feedback_of`.

    Attributes
    ----------
    doubts : mapping of str to int
        What speaks against the survey being of this service, as :attr:`mining.voice.tables.Joined.doubts`.
    """

    doubts: Mapping[str, int] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "metric": "coverage (ended cases with an answer), delay_s (from the end of the case to its first answer), complaints_answered, "
        "closed_loop_s (from a complaint to its answer)",
        "statistic": "one of share, median, p90",
        "value": "a share, 0-1, or seconds; missing where it cannot be told",
        "low": "lower end of the 95 % interval of a share or of a median with open complaints",
        "high": "upper end of it",
        "n": "cases, answers or complaints that it rests on; of a share those that have it",
        "of": "those that could have had it",
        "left_out": "those that could not be counted",
        "why": "why they were left out, with their number",
        "method": "how it was made",
    }

    def value(self, metric: str, statistic: str) -> float:
        """One number of the table, NaN where it is not there."""
        rows = self.frame[(self.frame["metric"] == metric) & (self.frame["statistic"] == statistic)]
        return float(rows["value"].iloc[0]) if len(rows) else math.nan

    def sentence(self, lang: str = "en") -> str:
        """Share of cases heard, the usual delay, and how fast complaints are answered."""
        said = []
        for row in self.frame.to_dict("records"):
            key = f"voice.feedback.{row['metric']}.{row['statistic']}"
            if row["metric"] in ("coverage", "complaints_answered") and row["of"]:
                said.append(say(key, lang, n=f"{row['n']:,}", of=f"{row['of']:,}", share=f"{100 * row['value']:.1f}"))
            elif row["statistic"] == "median" and row["value"] == row["value"]:
                said.append(say(key, lang, length=readable(row["value"], lang)))
        return "".join(said).strip() + doubts_said(self.doubts, lang)


def feedback_of(
    study: Study,
    survey: Survey | None = None,
    incidents: Incidents | None = None,
    *,
    customer: str | None = None,
    as_of: int | None = None,
) -> Feedback:
    """How many cases are heard of, how late, and how long complaints wait for an answer.

    Parameters
    ----------
    study : Study
    survey : Survey, optional
    incidents : Incidents, optional
        Of these the complaints (kind complaint), each once.
    customer : str, optional
        As in :meth:`Survey.joined`.
    as_of : int, optional
        Moment up to which complaints without an answer have waited (microseconds UTC). Default: the last moment of the log and of the
        incidents. Complaints still open count as waiting until then (Kaplan and Meier 1958): without them all would look fast.

    Raises
    ------
    MiningError
        If there is neither a survey nor incidents, or ``as_of`` is before the last of the complaints.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> found = feedback_of(study, read_survey("sample_logs/permit_receipt/survey.csv"))
    >>> found.frame["metric"].tolist()
    ['coverage', 'delay_s', 'delay_s']
    """
    if survey is None and incidents is None:
        raise MiningError("feedback: give it a survey, incidents, or both.")
    rows: list[dict[str, Any]] = []
    settings: dict[str, Any] = {}
    doubts: dict[str, int] = {}
    if survey is not None:
        joined = survey.joined(study, customer=customer)
        doubts = joined.doubts
        rows += _heard(study, survey, joined.case)
        settings["survey"] = survey.sha256[:12]
    if incidents is not None:
        moment, closed = _closed(study, incidents, as_of)
        rows += closed
        settings |= {"incidents": incidents.sha256[:12], "as_of": str(np.datetime64(moment, "us"))}
    frame = pd.DataFrame(rows, columns=list(Feedback.columns))
    return Feedback(frame, study.provenance("the feedback loop", **settings), doubts)


def _heard(study: Study, survey: Survey, case: np.ndarray) -> list[dict[str, Any]]:
    answered_at = survey.frame["answered_at"].to_numpy(np.int64)
    first = np.full(study.instances.n_cases, np.iinfo(np.int64).max)
    np.minimum.at(first, case[case >= 0], answered_at[case >= 0])
    has = first < np.iinfo(np.int64).max
    end = study.instances.case_end
    ended = ~study.is_open & (end != MISSING)
    n, of = int((has & ended).sum()), int(ended.sum())
    low, high = wilson(n, of)
    without = int((case < 0).sum())
    why = {"answers without a case of the log": without, "answered, case without an end": int((has & ~ended).sum())}
    rows = [_row("coverage", "share", n / of if of else math.nan, low, high, n, of, why, "Wilson")]
    both = has & ended
    delay = (first[both] - end[both]) / SECOND
    early = int((delay < 0).sum())
    delay = delay[delay >= 0]
    why["first answered before the end of the case"] = early
    for name, share in (("median", 0.5), ("p90", 0.9)):
        value = float(np.quantile(delay, share)) if len(delay) else math.nan
        rows.append(_row("delay_s", name, value, math.nan, math.nan, len(delay), n, why, "quantile"))
    return rows


def _closed(study: Study, incidents: Incidents, as_of: int | None) -> tuple[int, list[dict[str, Any]]]:
    """The moment up to which open complaints waited, and the rows of the closed loop."""
    frame = incidents.frame
    answered = frame["answered_at"].to_numpy(np.int64)
    known = [study.instances.now, *(int(x.max()) for x in (frame["at"].to_numpy(np.int64), answered) if len(x))]
    moment = max(known) if as_of is None else as_of
    complaints = frame[(frame["kind"] == "complaint").to_numpy()].assign(
        answered_at=frame["answered_at"].where(frame["answered_at"] != MISSING)
    )
    once = complaints.groupby("id", sort=False).agg(at=("at", "min"), answered=("answered_at", "min"))
    if len(once) and once["at"].max() > moment:
        raise MiningError(
            "feedback: as_of is before the last complaint of the table. Give a later moment, or fewer complaints."
        )
    done = (once["answered"] <= moment).to_numpy()
    until = once["answered"].where(done, moment)
    waited = ((until - once["at"]) / SECOND).to_numpy(float)
    why = {"not complaints": int(frame["id"].nunique() - len(once))}
    n, of = int(done.sum()), len(once)
    low, high = wilson(n, of)
    rows = [_row("complaints_answered", "share", n / of if of else math.nan, low, high, n, of, why, "Wilson")]
    for name, share in (("median", 0.5), ("p90", 0.9)):
        value, below, above = _survival(waited, done, share)
        rows.append(_row("closed_loop_s", name, value, below, above, n, of, why, "Kaplan-Meier"))
    return moment, rows


def _survival(waited: np.ndarray, done: np.ndarray, share: float) -> tuple[float, float, float]:
    """Quantile of the time to an answer, open ones censored, and its interval; NaN where too few are answered yet."""
    if not done.any():
        return math.nan, math.nan, math.nan
    from statsmodels.duration.survfunc import SurvfuncRight

    curve = SurvfuncRight(waited, done.astype(int))
    value = float(curve.quantile(share))
    if not math.isfinite(value) or done.sum() < 10:
        return value if math.isfinite(value) else math.nan, math.nan, math.nan
    with np.errstate(all="ignore"):
        low, high = curve.quantile_ci(share)
    below, above = (float(x) if math.isfinite(x) else math.nan for x in (low, high))
    return value, below, above


def _row(
    metric: str,
    statistic: str,
    value: float,
    low: float,
    high: float,
    n: int,
    of: int,
    why: dict[str, int],
    method: str,
) -> dict[str, Any]:
    there = {reason: count for reason, count in why.items() if count}
    return {
        "metric": metric, "statistic": statistic, "value": value, "low": low, "high": high, "n": n, "of": of,
        "left_out": sum(there.values()), "why": "; ".join(f"{reason}: {count:,}" for reason, count in there.items()), "method": method,
    }  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class FeedbackChannels(Result):
    """Volume and score by channel of the feedback. Made by :func:`feedback_channels`."""

    columns: ClassVar[dict[str, str]] = {
        "channel": "channel through which the answers came; empty: none is named",
        "item": "the question; complaints: of the incidents table",
        "kind": "kind of the answers",
        "n": "answers or complaints; missing where the group is hidden",
        "share": "share of all answers to the item, 0-1",
        "mean": "mean score in points of the scale",
        "low": "lower end of its 95 % interval",
        "high": "upper end of it",
        "method": "how the interval was made, or why there is none",
        "unmatched": "rows of the channel whose case the log does not have; missing without a study",
        "hidden": "fewer than k persons, or needed so that these cannot be found from the total",
    }

    def sentence(self, lang: str = "en") -> str:
        """The channel with most answers to the first item."""
        rows = self.frame[~self.frame["hidden"]]
        if rows.empty:
            return say("voice.channels.none", lang)
        first = rows[rows["item"] == rows["item"].iloc[0]].sort_values("n", ascending=False, kind="stable").iloc[0]
        values = {
            "channel": first["channel"] or say("word.not_recorded", lang), "n": f"{int(first['n']):,}", "item": first["item"],
            "share": f"{100 * first['share']:.1f}",
        }  # fmt: skip
        unmatched = int(rows["unmatched"].fillna(0).sum())
        key = "told" if first["channel"] else "unnamed"
        return say(f"voice.channels.{key}", lang, **values) + (
            say("voice.channels.unmatched", lang, n=f"{unmatched:,}") if unmatched else ""
        )


def feedback_channels(
    survey: Survey, incidents: Incidents | None = None, study: Study | None = None, *, seed: int = 0, k: int = K
) -> FeedbackChannels:
    """Volume and score by channel of the feedback, with the rows that belong to no case of the log.

    Parameters
    ----------
    survey : Survey
    incidents : Incidents, optional
        Of these the complaints, which have a volume and no score.
    study : Study, optional
        To count the rows whose case the log does not have.
    seed : int
        Of the bootstrap.
    k : int
        Channels with fewer persons are hidden, and others as needed.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> feedback_channels(read_survey("sample_logs/permit_receipt/survey.csv")).frame["n"].tolist()[:4]
    [180, 172, 177, 188]
    """
    frame = survey.frame.assign(person=persons(survey.frame), lost=_lost(survey, study))
    rows = [
        row
        for (item, kind), part in frame.groupby(["item", "kind"], sort=False)
        for row in _channels(part, item, kind, seed, k)
    ]
    if incidents is not None:
        told = incidents.frame.assign(lost=_lost(incidents, study))
        told = told[told["kind"] == "complaint"].drop_duplicates("id")
        told = told.assign(person=pd.factorize(told["case_id"].fillna("incident " + told["id"]))[0], score=np.nan)
        rows += _channels(told, "complaints", "complaint", seed, k)
    made = pd.DataFrame(rows, columns=list(FeedbackChannels.columns)).astype({"n": "Int64", "unmatched": "Int64"})
    provenance = (survey if study is None else study).provenance("feedback by channel", seed=seed, k=k)
    return FeedbackChannels(made, provenance)


def _lost(table: Survey | Incidents, study: Study | None) -> np.ndarray:
    """Per row whether it names a case that the log does not have; NaN without a study."""
    if study is None:
        return np.full(len(table.frame), np.nan)
    return ((table.joined(study).case < 0) & table.frame["case_id"].notna().to_numpy()).astype(float)


def _channels(part: pd.DataFrame, item: Any, kind: Any, seed: int, k: int) -> list[dict[str, Any]]:
    groups = list(part.assign(channel=part["channel"].fillna("")).groupby("channel", sort=True))
    is_hidden = hidden(np.array([x["person"].nunique() for _, x in groups], int), k).tolist()
    rows = []
    for (channel, answers), hide in zip(groups, is_hidden, strict=True):
        row = {"channel": channel, "item": item, "kind": kind, "hidden": hide, "method": "hidden"}
        if not hide:
            mean = mean_of(answers["score"].dropna().to_numpy(float), seed)
            row |= {
                "n": len(answers), "share": len(answers) / len(part), "mean": mean.value, "low": mean.low, "high": mean.high,
                "method": mean.method, "unmatched": answers["lost"].sum(min_count=1),
            }  # fmt: skip
        rows.append(row)
    return rows


__all__ = ["Feedback", "FeedbackChannels", "feedback_channels", "feedback_of"]
