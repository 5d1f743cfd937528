"""Periods in which cases began, by the clock of the blueprint's zone, and which of them are old enough to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.log.roster import days_of
from mining.units import MISSING, Duration

if TYPE_CHECKING:
    from mining.study import Study

PERIODS = ("week", "month", "day")
SETTLED = 0.9  # a period is old enough when this share of the cases that began at its end has had the time to end
DAY = 86_400
MICROSECONDS = 1_000_000
MONDAY = 3  # 1970-01-01 was a Thursday: three days after a Monday


@dataclass(frozen=True, eq=False)
class Grid:
    """The periods of a study, without a hole, from that of the first case to that of the log's last moment.

    Attributes
    ----------
    period : str
        One of ``PERIODS``.
    labels : tuple of str
    start, end : int64 arrays of shape (n_periods,)
        Microseconds UTC; the end belongs to the next period.
    of_case : int64 array of shape (n_cases,)
        Period in which each case began; -1 for a case without instances.
    why : tuple of str
        Why a period is not complete: ``first`` (the log may begin within it), ``running`` (it had not ended), ``young`` (it had, but its
        cases had too little time since); empty for a complete one.
    wait_s : float
        How long after its end a period is read, in seconds.
    rule : str
        How that was found: ``given``, ``kaplan_meier`` or ``ended`` (too many cases never ended for the first).
    as_of : int
        The moment of reading, microseconds UTC.
    """

    period: str
    labels: tuple[str, ...]
    start: np.ndarray
    end: np.ndarray
    of_case: np.ndarray
    why: tuple[str, ...]
    wait_s: float
    rule: str
    as_of: int

    @property
    def complete(self) -> np.ndarray:
        """Periods that can be read (bool, one per period)."""
        return np.array([not why for why in self.why], bool)


def grid_of(study: Study, period: str = "week", *, as_of: int | None = None, wait: str | None = None) -> Grid:
    """Cut the time of a study into periods, and say which of them are complete.

    A case belongs to the period in which it began. The newest periods hold many cases that still run, and those that ended are the
    quick ones, so that the last points always look good: a period is read only when it ended so long ago that nine cases in ten are
    over by then (Kaplan and Meier's estimate of the throughput time, running cases as censored; where the estimate never gets there,
    because too many cases never end, the 90th percentile of those that did). The first period is read only if a case began on its first
    day.

    Parameters
    ----------
    study : Study
    period : {"week", "month", "day"}
        Weeks begin on Monday (ISO 8601).
    as_of : int, optional
        Moment of reading, microseconds UTC; the last moment of the log if it is not given, or later.
    wait : str, optional
        A time such as ``"14d"`` in place of the estimate.

    Raises
    ------
    UnknownNameError
        For another period.
    MiningError
        If the wait is not a duration.

    Examples
    --------
    >>> grid = grid_of(study, "month")
    >>> grid.labels[:2], grid.rule
    (('2026-01', '2026-02'), 'kaplan_meier')
    """
    if period not in PERIODS:
        raise UnknownNameError("period", period, PERIODS)
    start, tz = study.instances.case_start, study.blueprint.tz
    known = start != MISSING
    now = study.instances.now if as_of is None else min(as_of, study.instances.now)
    seconds, rule = (Duration.parse(wait).seconds, "given") if wait is not None else settling(study)
    of_case = np.full(len(start), -1)
    if not known.any():
        nothing = np.empty(0, np.int64)
        return Grid(period, (), nothing, nothing, of_case, (), seconds, rule, now)
    days = days_of(start[known], tz)
    last = int(days_of(np.array([max(study.instances.now, int(start[known].max()))]), tz)[0])
    number = _numbers(np.append(days, last), period)
    first, n = int(number.min()), int(number.max() - number.min() + 1)
    of_case[known] = number[:-1] - first
    labels, begin, end = span_of(np.arange(first, first + n), period, tz)
    ready = end + int(seconds * MICROSECONDS) <= now
    why = np.where(ready, "", np.where(end <= now, "young", "running")).astype(object)
    if period == "day" or int(days.min()) > int(days_of(begin[:1], tz)[0]):
        why[0] = "first"
    return Grid(period, labels, begin, end, of_case, tuple(why), seconds, rule, now)


def settling(study: Study) -> tuple[float, str]:
    """How long it takes until nine cases in ten are over, in seconds, and how that was found."""
    from scipy.stats import CensoredData, ecdf

    instances = study.instances
    known = instances.case_start != MISSING
    over = ~study.is_open[known]
    until = np.where(over, instances.case_end[known], instances.now)
    length = np.maximum(until - instances.case_start[known], 0) / MICROSECONDS
    if not over.any():
        return (float(np.quantile(length, SETTLED)) if len(length) else 0.0), "ended"
    survival = ecdf(CensoredData(uncensored=length[over], right=length[~over])).sf
    there = np.flatnonzero(1 - survival.probabilities >= SETTLED - 1e-12)
    if len(there):
        return float(survival.quantiles[there[0]]), "kaplan_meier"
    return float(np.quantile(length[over], SETTLED)), "ended"


def number_of(moments: np.ndarray, period: str, tz: str) -> np.ndarray:
    """Running number of the period of each moment (microseconds UTC), by the clock of a zone."""
    return _numbers(days_of(moments, tz), period)


def span_of(numbers: np.ndarray, period: str, tz: str) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Labels, first moments and ends (microseconds UTC) of periods that follow each other."""
    begins = _first_days(np.append(numbers, numbers[-1] + 1), period)
    edges = _moments(begins, tz)
    return _labels(begins[:-1], period), edges[:-1], edges[1:]


def _numbers(days: np.ndarray, period: str) -> np.ndarray:
    """Running number of the period of each day (days since 1970-01-01)."""
    if period == "day":
        return days.astype(np.int64)
    if period == "week":
        return np.asarray((days + MONDAY) // 7, np.int64)
    return np.asarray(days.astype("M8[D]").astype("M8[M]").astype(np.int64))


def _first_days(number: np.ndarray, period: str) -> np.ndarray:
    """First day of each period (days since 1970-01-01)."""
    if period == "day":
        return number
    if period == "week":
        return np.asarray(number * 7 - MONDAY)
    return np.asarray(number.astype("M8[M]").astype("M8[D]").astype(np.int64))


def _moments(days: np.ndarray, tz: str) -> np.ndarray:
    """Local midnight at the beginning of each day, microseconds UTC (the first moment of a day that has no midnight)."""
    local = pd.DatetimeIndex(days.astype("M8[D]").astype("M8[us]"))
    zoned = local.tz_localize(tz, nonexistent="shift_forward", ambiguous=np.ones(len(local), bool))
    return np.asarray(zoned.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64))


def _labels(days: np.ndarray, period: str) -> tuple[str, ...]:
    dates = pd.DatetimeIndex(days.astype("M8[D]").astype("M8[s]"))
    if period == "week":
        iso = dates.isocalendar()
        return tuple(f"{year}-W{week:02d}" for year, week in zip(iso["year"], iso["week"], strict=True))
    return tuple(dates.strftime("%Y-%m" if period == "month" else "%Y-%m-%d"))
