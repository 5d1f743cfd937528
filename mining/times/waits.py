"""Where cases wait, and why: waits by transition, taken apart into causes.

A *transition* is a pair of activities: the one that completed last in the case before the start of the other (before its completion
where the log has no start), and the other. A *wait* is the time from the moment at which an instance could have begun to its start, as
`mining.flow.waits` measures it: from its schedule where the log schedules the activity, else from the latest completion in the case.
Its causes are those of `mining.times.causes`, found from what the resource that later did the work was doing meanwhile.

What is not a wait for the provider has columns of its own: a wait for a step in a lane of the customer is the customer's time, and where
the log names no resource, or the working hours of the resource cannot be known, the cause is not known.

Without a start there is no wait to be measured. The time from completion to completion has the work in it: it is an *upper bound* of the
wait, stands in rows of its own, has no causes, and is never added to a wait.

Working hours are those of the calendar that is asked for, the same for all resources, or discovered for each resource. The calendars of
standards are not used unasked: they say when a promise runs, not when a person works.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.flow.spreads import exact_quantiles
from mining.flow.waits import HOW, MEASURED
from mining.handovers.holders import pseudonyms
from mining.results import Result
from mining.texts import LANGUAGES, activity_name, say
from mining.times.batches import EMPTIED, HABIT, HELD, LEAST, TOLERANCE_S
from mining.times.causes import merged
from mining.times.summary import ENOUGH
from mining.times.waiting import NO_START, PARTS, InstanceWaits, instance_waits
from mining.times.working_hours import EXPLAINED, LEAST_EVENTS, LEAST_WEEKS, SEEN, SOURCES
from mining.units import MICROSECONDS, MISSING, percent, readable

if TYPE_CHECKING:
    from mining.study import Study

OVERLAP = 0.1  # of the work of a resource, from which on it does several things at once
TOLD = 0.01  # of all waiting, from which on that is said
NOT_MEASURED = ("no_start", "unscheduled_turn", "nothing_before")
PART_COLUMNS = tuple(f"{part}_s" for part in PARTS)
CAUSE_COLUMNS = {
    "batching_s": "of total_s: until the batch was complete that a person gathered and did together",
    "contention_s": "of total_s: the resource was at work on what was ready before",
    "prioritisation_s": "of total_s: the resource was at work on what was ready only later",
    "unavailability_s": "of total_s: outside the working hours of the resource",
    "other_s": "of total_s: none of these; the resource was there and free",
    "customer_s": "of total_s: the step waited for is the customer's own",
    "not_known_s": "of total_s: no resource is recorded, or its working hours are not known",
}
COUNTED = {
    "no_start": "not measured: the log has no start of the instance; its upper bound is in this row",
    "unscheduled_turn": "not measured: the log schedules this activity, but not this instance of it",
    "nothing_before": "not measured: nothing was completed in the case before",
}


@dataclass(frozen=True, eq=False, repr=False)
class Waits(Result):
    """One row per transition, and one per transition with an upper bound only; the greatest sum first, measured waits before bounds.

    Seven columns of causes add up to ``total_s``. Made by :func:`waits_of`.

    Attributes
    ----------
    study : Study
    waits : InstanceWaits
        The same for every instance, in whole microseconds.
    """

    study: Study
    waits: InstanceWaits

    columns: ClassVar[dict[str, str]] = {
        "before": "activity that completed last in the case before; missing: nothing did",
        "activity": "activity that was waited for",
        "transition_en": "both by name, in English",
        "transition_zh": "the same in Chinese",
        "visible": "whether the customer can see the step waited for, by its lane; missing: not a step of the blueprint",
        "upper_bound": "whether total_s is an upper bound, from completion to completion, the work included",
        "n": "instances whose wait, or upper bound, was measured",
        "cases": "cases in which they lie",
        "total_s": "their waits in sum, seconds",
        "share": "total_s / total_s of all rows of the same kind (waits, or upper bounds), 0-1",
        "median_s": "the wait that half of them do not exceed (one of them, none is made up), seconds",
        "p90_s": f"the wait that 90 % of them do not exceed, seconds; missing where n is less than {ENOUGH}",
        "mean_s": "mean wait, seconds",
        **{name: f"{text}, seconds" for name, text in CAUSE_COLUMNS.items()},
        **COUNTED,
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("transition_en", "transition_zh", "visible", "upper_bound", "n", "total_s", "share", "median_s", "p90_s"),
        *PART_COLUMNS,
    )

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The rows with measured waits."""
        return self.frame[~self.frame["upper_bound"] & (self.frame["n"] > 0)].reset_index(drop=True)

    @cached_property
    def bounds(self) -> pd.DataFrame:
        """The rows with upper bounds."""
        return self.frame[self.frame["upper_bound"] & (self.frame["n"] > 0)].reset_index(drop=True)

    def by_activity(self) -> pd.DataFrame:
        """The same per activity waited for, whatever came before it."""
        return _table(self.study, self.waits, by_transition=False)

    def total(self) -> dict[str, float]:
        """All measured waits together: n, cases, total_s, the seconds by cause; upper bounds apart; instances without an answer."""
        w, cases = self.waits, self.study.instances.case
        measured, bound = np.isin(w.how, MEASURED), w.bound >= 0
        found: dict[str, float] = {"n": int(measured.sum()), "cases": len(np.unique(cases[measured]))}
        found |= {"total_s": int(w.wait[measured].sum()) / MICROSECONDS}
        found |= dict(zip(PART_COLUMNS, (w.parts.sum(axis=0) / MICROSECONDS).tolist(), strict=True))
        found |= {"upper_bound_n": int(bound.sum()), "upper_bound_s": int(w.bound[bound].sum()) / MICROSECONDS}
        found |= {name: int(self.frame[name].sum()) for name in NOT_MEASURED}
        return found | {"batches": len(w.split.batches), "unended": int((self.study.instances.end == MISSING).sum())}

    def per_instance(self, *, named: bool = False) -> pd.DataFrame:
        """One row per activity instance, in the order of the cases: the evidence. Resources are R01, R02, ... unless ``named``.

        case_id, before, activity, resource, how (why it is measured or not), enabled, start, wait_s, the seconds by cause, upper_bound_s,
        batch (number, as in :meth:`batches`), row of the source.
        """
        x, w = self.study.instances, self.waits
        names = np.array([*x.names, None], object)
        batch = np.full(len(w.how), -1, np.int64)
        batch[w.asked] = w.split.batch
        measured = np.isin(w.how, MEASURED)
        frame = pd.DataFrame(
            {
                "case_id": np.asarray(self.study.log.case_ids)[x.case],
                "before": names[np.append(x.activity, -1)[w.before]],
                "activity": names[x.activity],
                "resource": self._people(named)[x.resource],
                "how": np.array(HOW, object)[w.how],
                "enabled": _moments(w.enabled),
                "start": _moments(x.start),
                "wait_s": np.where(measured, w.wait / MICROSECONDS, np.nan),
            }
        )
        for k, name in enumerate(PART_COLUMNS):
            frame[name] = np.where(measured, w.parts[:, k] / MICROSECONDS, np.nan)
        frame["upper_bound_s"] = np.where(w.bound >= 0, w.bound / MICROSECONDS, np.nan)
        frame["batch"] = pd.array(np.where(batch >= 0, batch, 0), "Int64")
        frame.loc[batch < 0, "batch"] = pd.NA
        return frame.assign(row=x.row)

    def batches(self, *, named: bool = False) -> pd.DataFrame:
        """One row per batch: activity, resource, instances, cases, first and last enabled time, start of the first of them.

        Resources are R01, R02, ... unless ``named``.
        """
        x, w = self.study.instances, self.waits
        runs, chosen = w.split.runs, w.split.batches
        head = w.asked[runs.order[runs.offsets[:-1]][chosen]]
        return pd.DataFrame(
            {
                "activity": np.array([*x.names, None], object)[x.activity[head]],
                "resource": self._people(named)[x.resource[head]],
                "instances": np.diff(runs.offsets)[chosen],
                "cases": runs.cases[chosen],
                "first_enabled": _moments(runs.first[chosen]),
                "last_enabled": _moments(runs.last[chosen]),
                "start": _moments(x.start[head]),
            }
        )

    def working_hours(self, *, named: bool = False) -> pd.DataFrame:
        """One row per resource: moments and weeks in which it was seen, whose hours it is taken to keep, hours open per week.

        Resources are R01, R02, ... unless ``named``.
        """
        hours = self.waits.hours
        return pd.DataFrame(
            {
                "resource": self._people(named)[:-1],
                "events": hours.events,
                "weeks": hours.weeks,
                "source": np.array(SOURCES, object)[hours.source],
                "week_h": hours.week_s() / 3600,
            }
        )

    def _people(self, named: bool) -> np.ndarray:
        """What each resource is called, nobody last: by name only where that is asked for."""
        names = self.study.log.resources
        return np.array([*(names if named else pseudonyms(len(names))), None], object)

    def at_once_s(self) -> float:
        """Of contention and prioritisation the seconds behind resources that do several things at once.

        These are resources of whose work, summed over instances, a tenth or more overlaps: systems, teams under one name, people with
        several cases open. That they are at work does not prove that they could not have begun another instance.
        """
        x, w = self.study.instances, self.waits
        rows = np.flatnonzero((x.resource >= 0) & (x.start != MISSING) & (x.end != MISSING) & (x.end > x.start))
        who, begin, end = x.resource[rows], x.start[rows], x.end[rows]
        order = np.lexsort((begin, who))
        of, low, high = merged(*(np.ascontiguousarray(part[order], np.int64) for part in (who, begin, end)))
        n = len(x.log.resources)
        several = np.bincount(of, high - low, minlength=n) <= (1 - OVERLAP) * np.bincount(who, end - begin, minlength=n)
        several &= np.bincount(who, minlength=n) > 0
        behind = w.parts[:, PARTS.index("contention")] + w.parts[:, PARTS.index("prioritisation")]
        return float(behind[np.append(several, False)[x.resource]].sum()) / MICROSECONDS

    def sentence(self, lang: str = "en") -> str:
        """Where customers wait longest in sum, and the causes of all waiting."""
        found = self.total()
        if not found["n"]:
            return self._bound_sentence(lang) if found["upper_bound_n"] else say("waits.none", lang)
        if not found["total_s"]:
            said = say("waits.nothing", lang, n=f"{found['n']:,.0f}", all=f"{len(self.waits.how):,}")
            return said + self._left_out(found, lang)
        top = self.measured.iloc[0]
        values: dict[str, Any] = {
            "n": f"{found['n']:,.0f}", "all": f"{len(self.waits.how):,}", "hours": hours_words(found["total_s"], lang),
            "transition": self.name_of(top, lang), "top": hours_words(top["total_s"], lang),
            "share": percent(top["share"], lang), "median": readable(top["median_s"], lang),
        }  # fmt: skip
        said = say("waits.measured", lang, **values)
        shares = [(found[f"{part}_s"] / (found["total_s"] or 1), part) for part in PARTS]
        causes = [
            say("waits.cause", lang, cause=say(f"waits.cause.{part}", lang), share=percent(share, lang))
            for share, part in sorted(shares, key=lambda pair: (-pair[0], PARTS.index(pair[1])))
            if share > 0
        ]
        said += say("waits.causes", lang, causes=say("word.listed", lang).join(causes)) if causes else ""
        behind = self.at_once_s() / found["total_s"]
        said += say("waits.at_once", lang, share=percent(behind, lang)) if behind >= TOLD else ""
        return said + self._left_out(found, lang)

    def _left_out(self, found: dict[str, float], lang: str) -> str:
        n = found["upper_bound_n"]
        return say("waits.and_bounds", lang, n=f"{n:,.0f}") if n else ""

    def _bound_sentence(self, lang: str) -> str:
        top = self.bounds.iloc[0]
        values = {"transition": self.name_of(top, lang), "top": hours_words(top["total_s"], lang)}
        values |= {"share": percent(top["share"], lang), "median": readable(top["median_s"], lang)}
        return say("waits.bounds", lang, hours=hours_words(self.total()["upper_bound_s"], lang), **values)

    def name_of(self, row: Any, lang: str) -> str:
        """The transition of a row as people read it."""
        return str(row[f"transition_{lang}"])

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """The twelve transitions with the most waiting in sum, by cause; see :func:`mining.plots.waits.waits_chart`."""
        from mining.plots.waits import waits_chart

        return waits_chart(self, lang=lang, ax=ax)


def waits_of(study: Study, *, calendar: str | None = None) -> Waits:
    """How long cases waited at each transition, and why.

    Parameters
    ----------
    study : Study
    calendar : str, optional
        Id of a calendar of the blueprint: the working hours of everybody. Else those discovered for each resource.

    Returns
    -------
    Waits

    Raises
    ------
    UnknownNameError
        If the blueprint has no such calendar.

    Examples
    --------
    >>> found = waits_of(study)
    >>> int(found.frame["n"].sum() + found.frame[["unscheduled_turn", "nothing_before"]].sum().sum()) == len(study.instances.activity)
    True
    """
    waits = instance_waits(study, calendar)
    provenance = study.provenance("waits by transition and cause")
    seen = f"discovered ({LEAST_EVENTS} moments, {LEAST_WEEKS} weeks, seen in {SEEN:.0%}, {EXPLAINED:.0%} explained)"
    hours = f"calendar {calendar}" if calendar else seen
    batches = f"{LEAST} or more, {TOLERANCE_S} s, held back {HELD:.0%}, {EMPTIED:.0%} of the pile, habit {HABIT:.0%}"
    provenance.parameters.update({"working hours": hours, "batches": batches})
    return Waits(_table(study, waits, by_transition=True), provenance, study, waits)


def hours_words(seconds: float, lang: str) -> str:
    """Hours in sum, with a decimal where they are few."""
    hours = seconds / 3600
    return say("waits.hours", lang, n=f"{hours:,.0f}" if hours >= 9.95 else f"{hours:.1f}")


def _moments(t: np.ndarray) -> pd.Series:
    """Microseconds as moments; missing is NaT."""
    return pd.Series(t.astype("datetime64[us]")).dt.tz_localize("UTC")


def _table(study: Study, w: InstanceWaits, *, by_transition: bool) -> pd.DataFrame:
    """Sum up by transition, or by activity, and by whether it is an upper bound."""
    x = study.instances
    n_names = len(x.names)
    source = np.append(x.activity, -1)[w.before] if by_transition else np.full(len(w.how), -1)
    bound = w.how == NO_START
    value = np.where(bound, w.bound, w.wait)
    key = ((source.astype(np.int64) + 1) * n_names + x.activity) * 2 + bound
    keys, of = np.unique(key, return_inverse=True)
    reason = np.where(bound & (w.bound < 0), HOW.index("nothing_before"), w.how)
    frame = pd.DataFrame(
        {
            "before": np.array([None, *x.names], object)[keys // 2 // n_names if n_names else keys],
            "activity": np.array([*x.names, None], object)[keys // 2 % max(n_names, 1)],
            "upper_bound": keys % 2 == 1,
        }
    )
    frame["visible"] = [_visible(study, name) for name in frame["activity"]]
    rows = np.flatnonzero(value >= 0)
    frame = frame.join(_sums(of[rows], value[rows], x.case[rows], w.parts[rows], len(keys)))
    frame.loc[frame["upper_bound"] | (frame["n"] == 0), list(PART_COLUMNS)] = np.nan
    kind = frame.groupby("upper_bound")["total_s"].transform("sum")
    frame["share"] = frame["total_s"].fillna(0) / kind.where(kind > 0)
    for name in NOT_MEASURED:
        frame[name] = np.bincount(of[reason == HOW.index(name)], minlength=len(keys))
    order = np.lexsort(
        (frame["activity"], frame["before"].fillna(""), -frame["total_s"].fillna(-1), frame["upper_bound"])
    )
    if by_transition:
        for lang in LANGUAGES:
            frame[f"transition_{lang}"] = [
                _transition(study, *pair, lang) for pair in zip(frame["before"], frame["activity"], strict=True)
            ]
    columns = [name for name in Waits.columns if name in frame and (by_transition or name != "before")]
    return frame.iloc[order][columns].reset_index(drop=True)


def _transition(study: Study, before: object, activity: str, lang: str) -> str:
    """A transition as people read it."""
    first = activity_name(study.blueprint, before, lang) if isinstance(before, str) else say("waits.start", lang)
    return f"{first} → {activity_name(study.blueprint, activity, lang)}"


def _visible(study: Study, activity: str) -> bool | None:
    return study.blueprint.lane_of(activity).visible if activity in study.blueprint.by_id else None


def _sums(of: np.ndarray, value: np.ndarray, case: np.ndarray, parts: np.ndarray, n_keys: int) -> pd.DataFrame:
    """Per key: n, cases, sum, median, 90th percentile, mean and the sums by cause; sums are exact."""
    n = np.bincount(of, minlength=n_keys)
    sums = np.zeros((n_keys, 1 + parts.shape[1]), np.int64)
    np.add.at(sums, of, np.column_stack((value, parts)))
    pairs = np.unique(of.astype(np.int64) * (int(case.max(initial=0)) + 1) + case)
    cases = np.bincount(pairs // (int(case.max(initial=0)) + 1), minlength=n_keys)
    seconds = np.where(n > 0, sums[:, 0] / MICROSECONDS, np.nan)
    frame = pd.DataFrame({"n": n, "cases": cases, "total_s": seconds, "mean_s": seconds / np.maximum(n, 1)})
    keys, lengths = exact_quantiles(of, value, (0.5, 0.9))
    for name, length in zip(("median_s", "p90_s"), lengths, strict=True):
        frame[name] = np.nan
        frame.loc[keys, name] = length
    frame.loc[n < ENOUGH, "p90_s"] = np.nan
    return frame.join(pd.DataFrame(sums[:, 1:] / MICROSECONDS, columns=list(PART_COLUMNS)))
