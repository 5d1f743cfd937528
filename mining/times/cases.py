"""Times of cases: throughput, processing, busy, idle and waiting, in clock or business time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.results import Result
from mining.times.instances import TAKES_PART, UNKNOWN, InstanceTimes, calendar_named, clock_of, instance_times, worked
from mining.times.summary import TimeSummary, summarised, told
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class CaseTimes(Result):
    """One row per case: how long it took, and for how much of that somebody worked on it. Made by :func:`case_times`.

    Attributes
    ----------
    study : Study
    calendar : str or None
        Id of the calendar of the blueprint in whose open time all lengths are; None: clock time.
    running_s : float array of shape (n_cases,)
        Of the cases that still run how long they have been seen to; NaN for the others.
    has_starts : bool
        Whether the log has any start times.
    """

    study: Study
    calendar: str | None
    running_s: np.ndarray
    has_starts: bool

    columns: ClassVar[dict[str, str]] = {
        "case_id": "case",
        "throughput_s": "from the first start (completion where there is no start) to the last end, seconds; of a running case so far; "
        "missing where the case has no step that counts, where its moments contradict each other, or outside the calendar",
        "processing_s": "sum over its instances from start to end, without time suspended; missing where none is measured, or where "
        "one was suspended and not seen resumed (in business time: suspended at all)",
        "busy_s": "time in which at least one instance had begun and not ended: what overlaps counts once; suspended time is in it",
        "idle_s": "throughput_s - busy_s: nobody works on the case; an upper bound where n_measured is less than n_instances",
        "waiting_s": "sum over its instances from ready to start (as in mining.flow.waits): what overlaps counts twice",
        "present_s": "of busy_s the time in lanes in which the customer takes part (customer, onstage, onstage technology)",
        "suspended_s": "time suspended within its instances, as recorded; missing where it is not known",
        "flow_efficiency": "busy_s / throughput_s, 0-1; missing where throughput_s is 0",
        "waiting_share": "waiting_s / throughput_s: more than 1 where waits overlap; missing where throughput_s is 0",
        "n_instances": "activity instances of the case",
        "n_measured": "of them with a start and an end that is not before it, inside the calendar: those that busy_s is made from",
        "n_waits": "of them with a measured wait: those that waiting_s is made from",
        "complete": "the case has ended, as the study has it",
        "has_start": "the first step is one with which the blueprint begins; else the case was cut off, or began in another way",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("case_id", "throughput_s", "processing_s", "busy_s", "idle_s", "waiting_s", "flow_efficiency"),
        *("n_instances", "n_measured", "complete"),
    )

    def summary(self, by: str | None = None, *, named: bool = False) -> TimeSummary:
        """Each measure in a row: n, mean, percentiles, of complete cases, all or ``by`` a segment; see :mod:`mining.times.summary`.

        Parameters
        ----------
        by : str, optional
            As in :func:`mining.segments.segments_of`. Groups of fewer than five cases are left out.
        named : bool
            Groups of single persons are made only where this says so.
        """
        return summarised(self, by, named=named)

    def sentence(self, lang: str = "en") -> str:
        """How long complete cases take, with running ones beside, and for how much of it somebody works on them."""
        return told(self, lang)

    def plot(self, *, measure: str = "throughput", lang: str = "en", ax: Any = None) -> Any:
        """How complete cases spread over one measure; see :func:`mining.plots.times.cases_chart`."""
        from mining.plots.times import cases_chart

        return cases_chart(self, measure=measure, lang=lang, ax=ax)


def case_times(study: Study, *, calendar: str | None = None) -> CaseTimes:
    """Throughput, processing, busy, idle and waiting time of every case.

    Idle is when nobody works on the case; waiting is from ready to start, instance by instance, so it may overlap with work on other
    instances. An instance without a start adds no work: then processing and busy are lower bounds, idle is an upper bound, and
    ``n_measured`` tells for how many that is not so. Where a log has no starts at all, only throughput is measured.

    Parameters
    ----------
    study : Study
    calendar : str, optional
        Id of a calendar of the blueprint: all lengths in its open time. Cases with a moment outside its coverage are not measured.

    Returns
    -------
    CaseTimes

    Raises
    ------
    UnknownNameError
        If the blueprint has no such calendar.

    Examples
    --------
    >>> table = case_times(study).frame
    >>> len(table), bool((table["throughput_s"].dropna() >= 0).all())
    (2000, True)
    """
    found = instance_times(study, calendar)
    x = study.instances
    complete = ~study.is_open
    frame = pd.DataFrame(
        {"case_id": pd.Series(np.asarray(study.log.case_ids), dtype=object)}
        | _lengths(study, found, calendar)
        | {
            "n_instances": np.diff(x.offsets),
            "n_measured": _counts(study, found.how == 0),
            "n_waits": _counts(study, found.wait != UNKNOWN),
            "complete": complete,
            "has_start": study.has_start,
        }
    )[list(CaseTimes.columns)]
    running = np.where(
        complete | (found.begin == MISSING) | (found.until == MISSING), np.nan, found.until - found.begin
    )
    provenance = study.provenance("times of cases", calendar=calendar or "clock time")
    return CaseTimes(frame, provenance, study, calendar, running / MICROSECONDS, x.whole.has_starts)


def _lengths(study: Study, found: InstanceTimes, calendar: str | None) -> dict[str, np.ndarray]:
    """The measures, in seconds; NaN where not measured."""
    lost = found.begin == MISSING
    throughput = np.where(lost, np.nan, found.finish - found.begin)
    no_work = lost | (_counts(study, found.how == 0) == 0) | (_counts(study, found.how == 4) > 0)
    busy = np.where(no_work, np.nan, _sums(study, found.work_until - found.work_from))
    vague = _counts(study, found.suspended == UNKNOWN) > 0
    processing = np.where(no_work | vague, np.nan, _sums(study, np.maximum(found.processing, 0)))
    suspended = np.where(lost | vague, np.nan, _sums(study, np.maximum(found.suspended, 0)))
    no_wait = lost | (_counts(study, found.wait != UNKNOWN) == 0)
    waiting = np.where(no_wait, np.nan, _sums(study, np.maximum(found.wait, 0)))
    present = np.where(no_work, np.nan, _sums(study, _taking_part(study, found, calendar)))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [np.where(throughput > 0, part / throughput, np.nan) for part in (busy, waiting)]
    parts = {
        "throughput_s": throughput, "processing_s": processing, "busy_s": busy, "idle_s": throughput - busy,
        "waiting_s": waiting, "present_s": present, "suspended_s": suspended,
    }  # fmt: skip
    seconds = {name: value / MICROSECONDS for name, value in parts.items()}
    return seconds | {"flow_efficiency": shares[0], "waiting_share": shares[1]}


def _taking_part(study: Study, found: InstanceTimes, calendar: str | None) -> np.ndarray:
    """Length of pieces of work in lanes in which the customer takes part."""
    x, blueprint = study.instances, study.blueprint
    of_name = [i < x.n_known and blueprint.lane_of(name).kind in TAKES_PART for i, name in enumerate(x.names)]
    known = (found.how == 0) & np.array(of_name, bool)[x.activity]
    to_clock = clock_of(calendar_named(study, calendar))
    low, high = worked(to_clock(x.start), to_clock(x.end), known, x.offsets)
    return high - low


def _sums(study: Study, value: np.ndarray) -> np.ndarray:
    """Per case the sum over its instances."""
    return np.bincount(study.instances.case, value, minlength=study.instances.n_cases)


def _counts(study: Study, rows: np.ndarray) -> np.ndarray:
    """Per case how many of its instances are so."""
    return np.bincount(study.instances.case[rows], minlength=study.instances.n_cases)
