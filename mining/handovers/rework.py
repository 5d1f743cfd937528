"""Work done again: activities repeated in a case, at once or after others, by the same person or another, and the time it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining._kernels import kernel
from mining.flow.spreads import exact_quantiles
from mining.handovers.holders import several_at_once
from mining.results import Result, wilson
from mining.scorecard import Share
from mining.texts import LANGUAGES, activity_name, say
from mining.times.summary import ENOUGH
from mining.units import MICROSECONDS, MISSING, percent, readable

if TYPE_CHECKING:
    from mining.conformance.instances import Instances
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Rework(Result):
    """One row per activity that occurs, most repeats first. Made by :func:`rework_of`.

    Attributes
    ----------
    instances, repeats : int
        Completed steps, and of them those whose activity the case had completed before.
    cases : Share
        Cases with at least one repeat, of those with a completed step.
    first_time_right : Share or None
        Ended cases without any activity that the blueprint marks as rework, of all ended cases; None where it marks none that the log
        can show.
    """

    instances: int
    repeats: int
    cases: Share
    first_time_right: Share | None

    columns: ClassVar[dict[str, str]] = {
        "activity": "activity id, or a label outside the blueprint",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "is_rework": "whether the blueprint marks it as rework: it mends something whenever it occurs, the first time too",
        "instances": "how often it was completed",
        "cases": "cases in which it was",
        "repeats": "of instances, those after the first of their case",
        "self_loops": "of repeats, those directly after another of the same activity",
        "rework_loops": "of repeats, those after which other activities came in between",
        "uncertain": "of repeats, those of which the order of steps at the same moment decides whether others came in between",
        "cases_with_repeats": "cases with at least one repeat of it",
        "share": "cases_with_repeats / cases, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "most_in_a_case": "most repeats in one case",
        "again_median_s": "time from the completion of the one before to that of the repeat that half of them do not exceed, seconds",
        "again_p90_s": f"the same, that 90 % do not exceed; missing where there are fewer than {ENOUGH} repeats",
        "processing_s": "time from start to completion of the repeats of which the start is known, summed, seconds; missing where none is",
        "processing_n": "repeats of which the start is known",
        "same_resource": "of repeats, those by the resource of the one before",
        "other_resource": "of repeats, those by another",
        "unknown_resource": "of repeats, those of which one of the two is not known",
        "via": "activity that lies most often between a rework loop's two ends; missing without rework loops",
        "via_n": "rework loops with it",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "name_en",
            "name_zh",
            "is_rework",
            "instances",
            "cases",
            "repeats",
            "self_loops",
            "rework_loops",
            "cases_with_repeats",
            "share",
        ),
        *("low", "high", "again_median_s", "processing_s", "same_resource", "other_resource", "via", "via_n"),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the steps passed over, for the notebook."""
        known = dict(zip(self.frame["activity"], self.frame[f"name_{lang}"], strict=True))
        return self.frame.assign(via=[known.get(id, id) for id in self.frame["via"].astype(object)])

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        shares = {"cases": self.cases, "first_time_right": self.first_time_right}
        plain = {name: None if x is None else {"passed": x.passed, "n": x.n} for name, x in shares.items()}
        return super().to_dict() | {"instances": self.instances, "repeats": self.repeats} | plain

    def sentence(self, lang: str = "en") -> str:
        """How much is repeated, what most, and how many cases are right the first time."""
        if not self.instances:
            return say("rework.none", lang)
        low, high = (percent(x, lang) for x in self.cases.interval)
        text = say(
            "rework.all", lang, n=f"{self.repeats:,}", all=f"{self.instances:,}", share=percent(self.repeats / self.instances, lang),
            cases=f"{self.cases.passed:,}", of=f"{self.cases.n:,}", case_share=percent(self.cases.share, lang), low=low, high=high,
        )  # fmt: skip
        if self.repeats:
            row = self.frame.iloc[0]
            text += say(
                "rework.most", lang, name=row[f"name_{lang}"], n=f"{row['repeats']:,}", own=f"{row['self_loops']:,}",
                loops=f"{row['rework_loops']:,}", cases=f"{row['cases_with_repeats']:,}", of=f"{row['cases']:,}",
                after=readable(row["again_median_s"], lang),
            )  # fmt: skip
        ftr = self.first_time_right
        if ftr is None:
            return text + say("rework.no_marks", lang)
        if not ftr.n:
            return text
        low, high = (percent(x, lang) for x in ftr.interval)
        return text + say(
            "rework.first_time_right", lang, share=percent(ftr.share, lang), n=f"{ftr.n:,}", low=low, high=high
        )

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Repeats by activity, self-loops and rework loops; see :func:`mining.plots.handover_bars.rework_chart`."""
        from mining.plots.handover_bars import rework_chart

        return rework_chart(self, lang=lang, ax=ax)


def rework_of(study: Study) -> Rework:
    """Count what was done again in a case.

    A repeat is every completed instance after the first of its activity in the case: a self-loop where nothing else was completed
    since, else a rework loop. edeaR counts apart what the same resource did again (*repeat*) and what another did (*redo*), as
    ``same_resource`` and ``other_resource`` do; it counts several self-loops in a row as one of that size, here each counts.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Rework

    Examples
    --------
    >>> table = rework_of(study)
    >>> bool((table.frame["self_loops"] + table.frame["rework_loops"] == table.frame["repeats"]).all())
    True
    """
    instances, blueprint = study.instances, study.blueprint
    rows = np.flatnonzero(instances.done)
    case, activity = instances.case[rows], instances.activity[rows]
    n = len(instances.names)
    key = case.astype(np.int64) * n + activity
    order = np.argsort(key, kind="stable")
    again = key[order][1:] == key[order][:-1]
    before, at = order[:-1][again], order[1:][again]  # positions in rows of each repeat and of the one before it
    what = activity[at]
    direct = at == before + 1
    blurred = several_at_once(case, instances.end[rows], activity)

    def times(which: np.ndarray) -> np.ndarray:
        return np.bincount(what[which], minlength=n)

    everything = np.ones(len(at), bool)
    giver, taker = instances.resource[rows[before]], instances.resource[rows[at]]
    known = (giver >= 0) & (taker >= 0)
    start, end = instances.start[rows[at]], instances.end[rows[at]]
    started = start != MISSING
    seconds = np.bincount(what[started], (end - start)[started] / MICROSECONDS, minlength=n)
    keys, per_case = np.unique(key[at], return_counts=True)
    with_repeats, most = np.bincount(keys % max(n, 1), minlength=n), np.zeros(n, np.int64)
    np.maximum.at(most, keys % max(n, 1), per_case)
    seen, (median, p90) = exact_quantiles(what.astype(np.int64), end - instances.end[rows[before]], (0.5, 0.9))
    via, via_n = _between(activity, before[~direct], at[~direct], n)
    frame = pd.DataFrame({"activity": list(instances.names)}, dtype=object)
    for lang in LANGUAGES:
        frame[f"name_{lang}"] = [activity_name(blueprint, x, lang) for x in instances.names]
    frame["is_rework"] = [x in blueprint.by_id and blueprint.activity(x).rework for x in instances.names]
    frame["instances"] = np.bincount(activity, minlength=n)
    frame["cases"] = np.bincount(np.unique(key) % max(n, 1), minlength=n)
    frame["repeats"], frame["self_loops"], frame["rework_loops"] = times(everything), times(direct), times(~direct)
    frame["uncertain"] = times(blurred[before] | blurred[at])
    frame["cases_with_repeats"], frame["most_in_a_case"] = with_repeats, most
    for name, value in (("again_median_s", median), ("again_p90_s", p90)):
        frame[name] = np.nan
        frame.loc[seen, name] = value
    frame.loc[times(everything) < ENOUGH, "again_p90_s"] = np.nan
    frame["processing_n"] = times(started)
    frame["processing_s"] = np.where(frame["processing_n"] > 0, seconds, np.nan)
    frame["same_resource"], frame["other_resource"] = times(known & (giver == taker)), times(known & (giver != taker))
    frame["unknown_resource"] = times(~known)
    frame["via"] = pd.Series([instances.names[x] if k else None for x, k in zip(via, via_n, strict=True)], dtype=object)
    frame["via_n"] = via_n
    frame = frame[frame["instances"] > 0]
    frame["share"] = frame["cases_with_repeats"] / frame["cases"]
    limits = [wilson(k, of) for k, of in zip(frame["cases_with_repeats"], frame["cases"], strict=True)]
    frame["low"], frame["high"] = [x for x, _ in limits], [x for _, x in limits]
    frame = frame.sort_values("repeats", ascending=False, kind="stable", ignore_index=True)
    cases = Share(len(np.unique(case[at])), len(np.unique(case)))
    return Rework(
        frame[list(Rework.columns)], study.provenance("rework"), len(rows), len(at), cases, _first_time_right(study, instances)
    )  # fmt: skip


def _first_time_right(study: Study, instances: Instances) -> Share | None:
    marked = [a.id for a in study.blueprint.activities if a.rework and a.observable]
    if not marked:
        return None
    wrong = np.zeros(instances.n_cases, bool)
    wrong[instances.case[instances.of(*marked)]] = True
    ended = ~study.is_open
    return Share(int((ended & ~wrong).sum()), int(ended.sum()))


def _between(activity: np.ndarray, before: np.ndarray, at: np.ndarray, n: int) -> tuple[list[int], list[int]]:
    """Per activity that which lies in most of its loops, of several the first, and in how many."""
    counts = _passed(activity.astype(np.int64), before.astype(np.int64), at.astype(np.int64), n)
    via = counts.argmax(axis=1) if n else np.zeros(0, np.int64)
    return via.tolist(), counts[np.arange(n), via].tolist()


@kernel
def _passed(activity, before, at, n):  # type: ignore[no-untyped-def]  # pragma: no cover
    """By activity of a loop and activity in between: loops with it."""
    found = np.zeros((n, n), np.int64)
    last = np.full(n, -1, np.int64)
    for k in range(at.size):
        own = activity[at[k]]
        for i in range(before[k] + 1, at[k]):
            if last[activity[i]] != k:
                last[activity[i]] = k
                found[own, activity[i]] += 1
    return found
