"""By hour of the week: how many cases arrive, how many people are at work, how many cases lie idle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import say
from mining.times.instances import instance_times
from mining.times.spans import HOUR, TimeSpans, spans_of
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study

CELLS = 7 * 24
RATES = ("arrivals", "completions", "people", "arrivals_per_person", "work_in_progress", "idle")
DRAWN = ("arrivals", "people", "idle")


@dataclass(frozen=True, eq=False, repr=False)
class Week(Result):
    """One row per hour of the week, 168 in all, Monday 0 o'clock first. Made by :func:`week_of`.

    Attributes
    ----------
    tz : str
        Zone by whose clock the hours are.
    running : int
        Cases that still run: in work, and idle between pieces of work, up to the end of the log.
    """

    tz: str
    running: int

    columns: ClassVar[dict[str, str]] = {
        "weekday": "0 is Monday, 6 is Sunday",
        "hour": "0 to 23: from this hour to the next by the local clock",
        "hours": "hours of this kind from the first to the last moment of the log, one that was begun counted whole: the denominator of "
        "the rates. An hour that the clock repeats counts twice, one that it skips not at all",
        "n_arrivals": "cases that began",
        "n_completions": "instances that completed",
        "arrivals": "cases that began per hour: n_arrivals / hours",
        "completions": "instances that completed per hour",
        "people": "different resources who started or completed something in such an hour, on average; missing without resources",
        "arrivals_per_person": "arrivals / people; missing where nobody was at work",
        "work_in_progress": "cases in work, averaged over time",
        "idle": "of them those that nobody worked on; instances without a start count as no work; missing where the log has no starts",
        "idle_hours": "hours for which cases lay idle, summed over cases: idle * hours",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with rates of two digits, for the notebook: a count per hour is no finer than that."""
        rates = ("arrivals", "completions", "people", "arrivals_per_person", "work_in_progress", "idle")
        return self.frame.assign(**{name: self.frame[name].map(_two_digits) for name in rates})

    def sentence(self, lang: str = "en") -> str:
        """When most cases arrive, against the average, and when most people are at work."""
        n, hours = int(self.frame["n_arrivals"].sum()), float(self.frame["hours"].sum())
        if not n:
            return say("week.none", lang)
        cell = self.top(1).iloc[0]
        text = say(
            "week.arrivals", lang, at=hour_words(cell, lang), rate=f"{cell['arrivals']:.3g}", mean=f"{n / hours:.3g}",
            n=f"{n:,}", tz=self.tz,
        )  # fmt: skip
        if self.frame["people"].notna().any():
            cell = self.top(1, by="people").iloc[0]
            text += say("week.people", lang, at=hour_words(cell, lang), people=f"{cell['people']:.3g}")
        else:
            text += say("week.no_people", lang)
        if self.frame["idle"].isna().all():
            text += say("week.no_starts", lang)
        if self.running:
            text += say("week.running", lang, running=f"{self.running:,}")
        return text

    def top(self, n: int = 10, *, by: str = "arrivals") -> pd.DataFrame:
        """The hours of the week with the highest rate, the highest first, of equal ones the earlier.

        Raises
        ------
        UnknownNameError
            If ``by`` is no rate.
        """
        if by not in RATES:
            raise UnknownNameError("rate", by, RATES, where="by")
        return (
            self.frame.sort_values(by, ascending=False, kind="stable", na_position="last")
            .head(n)
            .reset_index(drop=True)
        )

    def plot(self, *, measure: str | None = None, lang: str = "en", ax: Any = None) -> Any:
        """Heatmaps of seven days by 24 hours: arrivals, people and idle cases, or one measure; see :mod:`mining.plots.times`."""
        from mining.plots.times import week_chart

        return week_chart(self, measure=measure, lang=lang, ax=ax)


def week_of(study: Study) -> Week:
    """The week of a service, by the clock of the blueprint's zone.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Week

    Examples
    --------
    >>> week = study.week()
    >>> len(week), int(week.frame["n_arrivals"].sum()) == int((study.instances.case_start > 0).sum())
    (168, True)
    """
    x = study.instances
    found = instance_times(study)
    cases = found.begin != MISSING
    begin, until = found.begin[cases], found.until[cases]
    first = int(begin.min(initial=x.now))  # a log of which no case has a length still has a last moment
    spans = spans_of(study.blueprint.tz, first, max(int(until.max(initial=x.now)), x.now))
    cell = cells_of(spans)

    def by_cell(value: np.ndarray) -> np.ndarray:
        return np.bincount(cell, value, minlength=CELLS)

    hours = by_cell(spans.hours)
    in_work = spans.covered(begin, until) / (HOUR * MICROSECONDS)
    busy = spans.covered(found.work_from, found.work_until) / (HOUR * MICROSECONDS)
    n_arrivals = np.bincount(cell[spans.place(begin)], minlength=CELLS)
    n_completions = np.bincount(cell[spans.place(x.end[x.done])], minlength=CELLS)
    people = by_cell(_people(study, spans)) if x.whole.has_resources else np.full(CELLS, np.nan)
    idle = by_cell(in_work - busy) if x.whole.has_starts else np.full(CELLS, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        frame = pd.DataFrame(
            {
                "weekday": np.arange(CELLS) // 24,
                "hour": np.arange(CELLS) % 24,
                "hours": hours,
                "n_arrivals": n_arrivals,
                "n_completions": n_completions,
                "arrivals": n_arrivals / hours,
                "completions": n_completions / hours,
                "people": people / hours,
                "arrivals_per_person": np.where(people > 0, n_arrivals / people, np.nan),
                "work_in_progress": by_cell(in_work) / hours,
                "idle": idle / hours,
                "idle_hours": idle,
            }
        )
    return Week(frame, study.provenance("hours of the week"), study.blueprint.tz, int(study.is_open[cases].sum()))


def cells_of(spans: TimeSpans) -> np.ndarray:
    """The hour of the week, 0 to 167, of spans of an hour each."""
    return (spans.number // 24 + 3) % 7 * 24 + spans.number % 24  # 1970-01-01 was a Thursday


def _people(study: Study, spans: TimeSpans) -> np.ndarray:
    """Per span how many different resources started or completed something in it."""
    x = study.instances
    keys = []
    for time in (x.start, x.end):
        rows = np.flatnonzero((time != MISSING) & (x.resource >= 0))
        keys.append(spans.place(time[rows]) * len(study.log.resources) + x.resource[rows])
    found = np.unique(np.concatenate(keys)) // max(len(study.log.resources), 1)
    return np.bincount(found, minlength=len(spans))


def _two_digits(rate: float) -> float:
    return rate if pd.isna(rate) else round(float(rate), 1) if rate >= 10 else float(f"{rate:.2g}")


def hour_words(cell: pd.Series, lang: str) -> str:
    """An hour of the week as people write it."""
    return say("week.hour", lang, day=day_words(int(cell["weekday"]), lang), hour=f"{int(cell['hour']):02d}:00")


def day_words(weekday: int, lang: str) -> str:
    """A day of the week, 0 being Monday."""
    return say(f"weekday.{weekday}", lang)
