"""Promised times: which limit 80, 90, 95 % of the cases would meet, and how many meet the present one, running cases counted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf

from mining.blueprint.model import Standard
from mining.conformance import verdicts as v
from mining.conformance.standards import TIMED, measurements
from mining.results import Result, wilson
from mining.texts import duration, say
from mining.units import Duration, percent, readable

if TYPE_CHECKING:
    from mining.study import Study

SHARES = (0.80, 0.90, 0.95)
COUNTED = (v.PASS, v.FAIL, v.PENDING)  # verdicts of cases in which the standard applies and can be measured
METHOD: Final = (
    "inverted_cdf"  # of numpy.quantile: the least length that was measured and that the share of the cases keeps
)


@dataclass(frozen=True, eq=False)
class Lengths:
    """What a time standard measured, one length per case: the longest, since a case with several keeps the limit if all do.

    Attributes
    ----------
    case : int64 array
    value : float64 array
        In the unit of the standard; in seconds after the date for a due date.
    finished : bool array
        False: a measurement of the case is still running at the end of the log, so its length is at least this.
    late : bool array
        Over the limit already.
    limit : float
        In the unit.
    """

    case: np.ndarray
    value: np.ndarray
    finished: np.ndarray
    late: np.ndarray
    limit: float

    @property
    def ended(self) -> np.ndarray:
        """Lengths of the cases whose measurements have all ended."""
        return self.value[self.finished]


def lengths_of(study: Study, standard: Standard, check: v.CheckResult) -> Lengths:
    """The lengths of one time standard, of the cases that it passes, fails or has pending.

    Examples
    --------
    >>> standard, check = study.blueprint.standards[0], next(c for c in study.checks if c.id == study.blueprint.standards[0].id)
    >>> found = lengths_of(study, standard, check)
    >>> int((found.finished & ~found.late).sum()) == check.count(0)
    True
    """
    found = measurements(standard, study.blueprint, study.instances, study.is_open, study.calendars)
    n = study.instances.n_cases
    rows = np.isin(check.verdict, COUNTED)[found.case]
    case = found.case[rows]
    longest = np.full(n, -np.inf)
    np.maximum.at(longest, case, found.value[rows])
    running, late = (np.bincount(case[x[rows]], minlength=n) > 0 for x in (~found.finished, found.late))
    cases = np.flatnonzero(longest > -np.inf)
    limit = standard.limit.amount if isinstance(standard.limit, Duration) else 0.0
    return Lengths(cases, longest[cases], ~running[cases], late[cases], limit)


def time_standards(study: Study) -> Iterator[tuple[Standard, v.CheckResult, Lengths]]:
    """The standards of time with what they say of each case, in the order of the blueprint."""
    checks = {check.id: check for check in study.checks}
    for standard in study.blueprint.standards:
        if standard.metric in TIMED:
            yield standard, checks[standard.id], lengths_of(study, standard, checks[standard.id])


# --- Kaplan-Meier ----------------------------------------------------------------------------------------------------


def share_in_time(lengths: Lengths, confidence: float = 0.95) -> tuple[float, float, float]:
    """Share of the cases that keep the limit, with running ones as censored, and its interval.

    Kaplan and Meier's estimate at the limit. A running case counts for as long as it has been seen, and not beyond.

    Returns
    -------
    share, low, high : float
        The interval is that of log(-log) (exponential Greenwood), as :func:`scipy.stats.ecdf` has it. It is not defined, and NaN, where
        the estimate is 0 or 1. All are NaN without a length, or where nobody was seen for as long as the limit and some still run.
    """
    if not len(lengths.value):
        return np.nan, np.nan, np.nan
    # what is late lies beyond the limit and nothing else does: verdicts are exact, quotients of seconds are rounded
    value = np.where(lengths.late, np.maximum(lengths.value, np.nextafter(lengths.limit, np.inf)), lengths.value)
    value = np.where(lengths.late, value, np.minimum(value, lengths.limit))
    survival = _estimate(value, lengths.finished)
    if lengths.limit > value.max() and survival.probabilities[-1] > 0:
        return np.nan, np.nan, np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where the interval is not defined: it is NaN, and said so
        interval = survival.confidence_interval(confidence, method="log-log")
    late, least, most = (float(x.evaluate(lengths.limit)) for x in (survival, interval.low, interval.high))
    if late in (0.0, 1.0):  # scipy says 1 to 1 before the first length
        return 1 - late, np.nan, np.nan
    return 1 - late, 1 - most, 1 - least


def lengths_kept(lengths: Lengths, share: float) -> float:
    """The least length within which a share of the cases is done, with running ones as censored; NaN where nobody was seen for so long."""
    if not len(lengths.value):
        return np.nan
    survival = _estimate(lengths.value, lengths.finished)
    done = np.flatnonzero(1 - survival.probabilities >= share - 1e-12)
    return float(survival.quantiles[done[0]]) if len(done) else np.nan


def _estimate(value: np.ndarray, finished: np.ndarray) -> Any:
    return ecdf(CensoredData(uncensored=value[finished], right=value[~finished])).sf


# --- the tables ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Result):
    """One row per time standard: the limits that shares of the cases would keep. Made by :func:`calibration_of`."""

    columns: ClassVar[dict[str, str]] = {
        "standard": "id of the standard",
        "metric": "elapsed, waiting, handling or due_date",
        "unit": "unit of all lengths: as the blueprint writes the limit; seconds after the date for a due date",
        "n": "cases whose measurement has ended: the denominator of share, and what at_80 to at_target are quantiles of",
        "running": "cases of which a measurement is still running at the end of the log",
        "limit": "present limit for one case (0 for a due date)",
        "share": "share of n that keeps the present limit, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "target": "promised share of cases, 0-1; missing where none is promised",
        "at_80": "limit that 80 % of n would keep: numpy.quantile with the method inverted_cdf, a length that was measured",
        "at_90": "limit that 90 % of n would keep",
        "at_95": "limit that 95 % of n would keep",
        "at_target": "limit that the promised share of n would keep",
        "km_80": "limit that 80 % would keep with running cases as censored (Kaplan-Meier); missing where none was seen for so long",
        "km_90": "the same for 90 %",
        "km_95": "the same for 95 %",
        "why_not": "why no case can be measured, where the reason is one for all",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "standard", "unit", "n", "running", "limit", "share", "target", "at_80", "at_90", "at_95", "at_target", "km_80", "km_90", "km_95",
    )  # fmt: skip

    def sentence(self, lang: str = "en") -> str:
        """What the table shows: the promise kept least, and the limit at which it would be kept."""
        rows = self.frame[self.frame["n"] > 0]
        if rows.empty:
            return say("promise.none", lang)
        gap = (rows["target"].astype(float) - rows["share"].astype(float)).dropna()
        head = say("promise.measured", lang, n=len(rows), all=len(self.frame))
        if gap.empty:
            return head
        if gap.max() <= 0:
            return head + say("promise.all_kept", lang)
        row = rows.loc[gap.idxmax()]
        share, target = percents(row["share"], row["target"], lang)
        return head + say(
            "promise.calibrate", lang, standard=row["standard"], limit=length_words(row["limit"], row["unit"], lang),
            share=share, n=f"{row['n']:,}", target=target,
            at=length_words(row["at_target"], row["unit"], lang),
        )  # fmt: skip

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Limits as multiples of the present one; see :func:`mining.plots.measures.calibration_chart`."""
        from mining.plots.measures import calibration_chart

        return calibration_chart(self, lang=lang, ax=ax)


def calibration_of(study: Study) -> Calibration:
    """Per time standard the limits that 80, 90 and 95 % of the cases would keep.

    One length per case, the longest. Quantiles are over cases whose measurements have ended; beside them stand those by Kaplan and
    Meier, in which running cases are censored: where long cases are the ones that still run, ended ones alone look too fast.

    Returns
    -------
    Calibration

    Examples
    --------
    >>> table = study.calibration().frame.set_index("standard")
    >>> bool(table.loc["S1", "at_80"] <= table.loc["S1", "at_95"])
    True
    """
    rows = []
    for standard, check, lengths in time_standards(study):
        ended = lengths.ended
        shares = [*SHARES, *([] if standard.share is None else [standard.share])]
        limits = [float(np.quantile(ended, share, method=METHOD)) if len(ended) else np.nan for share in shares]
        km = [lengths_kept(lengths, share) for share in SHARES]
        row = _head(study, standard, check, lengths) | {"target": standard.share}
        row |= dict(zip(("at_80", "at_90", "at_95", "at_target"), [*limits, np.nan][:4], strict=True))
        rows.append(row | dict(zip(("km_80", "km_90", "km_95"), km, strict=True)))
    frame = pd.DataFrame(rows, columns=list(Calibration.columns)).astype({"target": float})
    return Calibration(frame, study.provenance("calibration of time standards"))


def _head(study: Study, standard: Standard, check: v.CheckResult, lengths: Lengths) -> dict[str, Any]:
    n, met = len(lengths.ended), int(np.count_nonzero(lengths.finished & ~lengths.late))
    low, high = wilson(met, n)
    return {
        "standard": standard.id,
        "metric": standard.metric,
        "unit": standard.limit.unit if isinstance(standard.limit, Duration) else "s",
        "n": n,
        "met": met,
        "running": int(np.count_nonzero(~lengths.finished)),
        "limit": lengths.limit,
        "share": met / n if n else np.nan,
        "low": low,
        "high": high,
        "why_not": study.why_not(check, "en"),
    }


@dataclass(frozen=True, eq=False, repr=False)
class OnTime(Result):
    """One row per time standard: the share of cases in time, of ended measurements and with running ones. Made by :func:`on_time_of`."""

    columns: ClassVar[dict[str, str]] = {
        "standard": "id of the standard",
        "metric": "elapsed, waiting, handling or due_date",
        "limit": "limit for one case, in unit (0 for a due date)",
        "unit": "as the blueprint writes the limit; s for a due date",
        "target": "promised share of cases, 0-1; missing where none is promised",
        "n": "cases whose measurement has ended: the denominator of share",
        "met": "of them in time",
        "share": "met / n, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "km_n": "cases measured, running ones included: n + running",
        "running": "cases of which a measurement is still running at the end of the log: censored there",
        "overdue": "of the running ones those over the limit already",
        "km": "share in time by Kaplan-Meier; missing where nobody was seen for as long as the limit",
        "km_low": "lower end of its 95 % interval (log-log), 0-1; missing where km is 0 or 1",
        "km_high": "upper end of its 95 % interval, 0-1",
        "kept": "whether share reaches the promised one; missing without a promise",
        "why_not": "why no case can be measured, where the reason is one for all",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("standard", "limit", "unit", "target", "n", "share", "low", "high", "running", "overdue"),
        *("km", "km_low", "km_high", "kept"),
    )

    def sentence(self, lang: str = "en") -> str:
        """What the table shows: how many promises are kept, and where running cases change the picture most."""
        rows = self.frame[self.frame["n"] > 0]
        if rows.empty:
            return say("promise.none", lang)
        promised = rows["kept"].dropna()
        text = say("promise.kept", lang, kept=int(promised.sum()), n=len(promised))
        change = (rows["km"].astype(float) - rows["share"].astype(float)).dropna()
        if not len(change) or change.abs().max() < 0.0005:
            return text + say("promise.same", lang)
        row = rows.loc[change.abs().idxmax()]
        return text + say(
            "promise.running", lang, standard=row["standard"], share=percent(row["share"], lang), n=f"{row['n']:,}",
            km=percent(row["km"], lang), running=f"{row['running']:,}",
        )  # fmt: skip

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Both shares with their intervals; see :func:`mining.plots.measures.on_time_chart`."""
        from mining.plots.measures import on_time_chart

        return on_time_chart(self, lang=lang, ax=ax)


def on_time_of(study: Study) -> OnTime:
    """Per time standard the share of cases in time: of ended measurements, and with running ones as censored.

    A case counts once, by its longest measurement. Of ended measurements alone a share leaves out who still waits; by Kaplan and
    Meier a running case counts up to the end of the log, so neither those nearly done nor those long overdue are lost.

    Returns
    -------
    OnTime

    Examples
    --------
    >>> table = study.on_time().frame
    >>> bool((table["km_n"] == table["n"] + table["running"]).all())
    True
    """
    rows = []
    for standard, check, lengths in time_standards(study):
        row = _head(study, standard, check, lengths)
        km, low, high = share_in_time(lengths)
        kept = None if standard.share is None or not row["n"] else bool(row["share"] >= standard.share)
        overdue = int(np.count_nonzero(~lengths.finished & lengths.late))
        row |= {"target": standard.share, "km_n": len(lengths.value), "overdue": overdue, "km": km}
        rows.append(row | {"km_low": low, "km_high": high, "kept": kept})
    frame = pd.DataFrame(rows, columns=list(OnTime.columns)).astype({"target": float})
    frame["kept"] = frame["kept"].astype("boolean")
    return OnTime(frame, study.provenance("shares in time"))


def percents(share: float, target: float, lang: str) -> tuple[str, str]:
    """A share and the one that was promised, in per cent; with as many decimals as show that the promise is missed.

    Examples
    --------
    >>> percents(0.84996, 0.85, "en"), percents(0.85, 0.85, "zh")
    (('84.996 %', '85.000 %'), ('85.0%', '85.0%'))
    """
    digits = decimals_apart(share, target, 1)
    if digits == 1:
        return percent(share, lang), percent(target, lang)
    gap = " " if lang == "en" else ""
    return f"{100 * share:.{digits}f}{gap}%", f"{100 * target:.{digits}f}{gap}%"


def decimals_apart(share: float, target: float, least: int) -> int:
    """Decimals of a percentage from which on a share below its target looks so; ``least`` where that is enough.

    Examples
    --------
    >>> decimals_apart(0.84, 0.85, 1), decimals_apart(0.84996, 0.85, 1), decimals_apart(0.85, 0.85, 1)
    (1, 3, 1)
    """
    if not share < target:
        return least
    apart = (n for n in range(least, 13) if f"{100 * share:.{n}f}" != f"{100 * target:.{n}f}")
    return next(apart, least)


def length_words(amount: float, unit: str, lang: str) -> str:
    """A length as people write it: in its own unit, seconds in the one that fits."""
    return readable(amount, lang) if unit == "s" else duration(Duration(round(float(amount), 1), unit), lang)
