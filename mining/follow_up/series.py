"""A measure in time: one value per period in which cases began, with its number, its interval, and whether it can be read yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.kinds import OWN_UNIT, unit_word
from mining.errors import MiningError, UnknownNameError
from mining.follow_up.measures import measure_of
from mining.follow_up.periods import Grid, grid_of
from mining.outcomes.outcome import Outcome, Outcomes
from mining.results import Result
from mining.segments import segments_of
from mining.texts import say
from mining.units import percent, readable

if TYPE_CHECKING:
    from mining.follow_up.control import ControlChart
    from mining.study import Study

STATISTICS = ("mean", "median")


@dataclass(frozen=True)
class Group:
    """Cases of one group, as :func:`mining.segments.segments_of` names them: ``Group("channel", "Desk")``; ``inside=False``: all others."""

    by: str
    value: str
    inside: bool = True

    def mask(self, study: Study) -> np.ndarray:
        """Cases in it (bool, one per case). Cases of which the value is not recorded are in neither part.

        Raises
        ------
        UnknownNameError
            If there is no such group.
        """
        segments = segments_of(study, self.by)
        if self.value not in segments.names:
            raise UnknownNameError(f"group of {self.by}", self.value, segments.names)
        mine = segments.code == segments.names.index(self.value)
        return mine if self.inside else ~mine & (segments.code < len(segments.names))

    def __str__(self) -> str:
        return f"{self.by} {'=' if self.inside else '!='} {self.value}"


@dataclass(frozen=True, eq=False, repr=False)
class Series(Result):
    """One row per period. Made by :func:`series_of`.

    Attributes
    ----------
    id : str
        What is followed, as ``share:F-c9b39b3a`` or ``outcome:time``.
    name : dict of str to str
        What people read, by language.
    kind, unit, worse
        As of an :class:`mining.outcomes.outcome.Outcome`.
    statistic : str
        ``mean`` (of a share: the share) or ``median``.
    period : str
    wait_s : float
        How long after its end a period is read.
    rule : str
        How that was found, see :class:`mining.follow_up.periods.Grid`.
    """

    id: str
    name: dict[str, str]
    kind: str
    unit: str
    worse: int
    statistic: str
    period: str
    wait_s: float
    rule: str

    columns: ClassVar[dict[str, str]] = {
        "period": "period in which the cases began",
        "start": "its first moment, UTC",
        "end": "the first moment after it, UTC",
        "n_cases": "cases that began in it",
        "n_open": "of these still running",
        "n": "cases with a value: the denominator",
        "n_with": "of a share: cases that have it; missing for other measures",
        "value": "mean (of a share: the share, 0 to 1) or median of n, in the unit of the measure; missing where n is 0 (a gap, not zero)",
        "low": "lower end of its 95 % interval as an estimate of the process: Wilson for a share, Student's t for a mean, binomial order "
        "statistics for a median; missing where it is not defined",
        "high": "upper end of it",
        "complete": "whether the period can be read: only these make limits and tests",
        "why": "why not: first (the log may begin within it), running (it had not ended), young (its cases had too little time since), "
        "between (no log covers it in full); empty where it can",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "period",
        "n_cases",
        "n_open",
        "n",
        "n_with",
        "value",
        "low",
        "high",
        "complete",
        "why",
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of its numbers, for the notebook."""
        return self.frame.assign(**{OWN_UNIT: unit_word(self.kind, self.unit)})

    @property
    def usable(self) -> np.ndarray:
        """Periods that can be read and have a value (bool, one per row)."""
        return self.frame["complete"].to_numpy(bool) & self.frame["value"].notna().to_numpy()

    @property
    def values(self) -> np.ndarray:
        """The values, missing where a period cannot be read or has no case."""
        return np.where(self.usable, self.frame["value"].to_numpy(float), np.nan)

    def sentence(self, lang: str = "en") -> str:
        """How many periods can be read, the last of them, and what was left out and why."""
        rows = self.frame[self.usable]
        name = self.name.get(lang, self.id)
        left = self.frame.loc[~self.frame["complete"], "why"].value_counts()
        gaps = int((self.frame["complete"] & self.frame["value"].isna()).sum())
        if rows.empty:
            text = say("follow_up.series_none", lang, name=name, of=len(self.frame))
        else:
            last = rows.iloc[-1]
            text = say(
                "follow_up.series", lang, name=name, n=len(rows), of=len(self.frame), period=last["period"], count=f"{last['n']:,}",
                value=worded(last["value"], self.kind, self.unit, lang),
                unit=say(f"follow_up.period_{self.period}", lang),
            )  # fmt: skip
        if len(left) or gaps:
            parts = [
                say(f"follow_up.left_{why}", lang, n=int(left[why]))
                for why in ("first", "running", "young")
                if why in left
            ]
            parts += [say("follow_up.left_gap", lang, n=gaps)] if gaps else []
            text += say("follow_up.left_out", lang, how=say("told.comma", lang).join(parts))
        return text + say(f"follow_up.wait_{self.rule}", lang, wait=readable(self.wait_s, lang))

    def control(self, kind: str | None = None, **settings: Any) -> ControlChart:
        """The control chart of the series; see :func:`mining.follow_up.control.control_of`."""
        from mining.follow_up.control import control_of

        return control_of(self, kind, **settings)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Values with their intervals, periods that cannot be read apart; see :func:`mining.plots.follow_up.series_chart`."""
        from mining.plots.follow_up import series_chart

        return series_chart(self, ax=ax, lang=lang)


def worded(value: float, kind: str, unit: str, lang: str, *, points: bool = False) -> str:
    """A value of a measure as a sentence says it; ``points``: a difference of shares, in percentage points.

    Examples
    --------
    >>> worded(0.1234, "share", "", "en"), worded(-0.05, "share", "", "en", points=True), worded(7200, "time", "s", "en")
    ('12.3 %', '-5.0 percentage points', '2.0 h')
    """
    if value is None or not np.isfinite(value):
        return say("follow_up.not_measured", lang)
    if kind == "share":
        return say("follow_up.points", lang, n=f"{100 * value:z.1f}") if points else percent(float(value), lang)
    if kind == "time":
        return readable(float(value), lang)
    return f"{value:z,.4g} {unit}".rstrip()


def series_of(
    study: Study,
    what: str | Outcome,
    *,
    period: str = "week",
    outcomes: Outcomes | None = None,
    statistic: str = "mean",
    where: Group | None = None,
    as_of: int | None = None,
    wait: str | None = None,
) -> Series:
    """A measure by the period in which the cases began.

    A case counts in the period of its start, whenever its fault or its end came. Periods without a case are gaps. Periods that the log
    cuts, or that are too young for their cases to be over, are shown and kept out of all limits and tests (see
    :func:`mining.follow_up.periods.grid_of`).

    Parameters
    ----------
    study : Study
    what : str or Outcome
        As in :func:`mining.follow_up.measures.measure_of`.
    period : {"week", "month", "day"}
    outcomes : Outcomes, optional
        Where ``what`` names one.
    statistic : {"mean", "median"}
        A share has a mean only.
    where : Group, optional
        Only the cases of a group.
    as_of, wait
        As in :func:`mining.follow_up.periods.grid_of`.

    Returns
    -------
    Series

    Raises
    ------
    UnknownNameError, MiningError

    Examples
    --------
    >>> series = series_of(study, "share:R1")
    >>> int(series.frame["n_cases"].sum()) == study.instances.n_cases
    True
    """
    if statistic not in STATISTICS:
        raise UnknownNameError("statistic", statistic, STATISTICS)
    measure = measure_of(study, what, outcomes=outcomes)
    if measure.kind == "share" and statistic == "median":
        raise MiningError(
            f"{measure.id}: the median of yes and no says nothing. Use statistic='mean', which is the share."
        )
    grid = grid_of(study, period, as_of=as_of, wait=wait)
    mask = np.ones(study.instances.n_cases, bool) if where is None else where.mask(study)
    frame = _frame(grid, measure, mask, study.is_open, statistic)
    settings = {
        "metric": measure.id,
        "period": period,
        "statistic": statistic,
        "wait_s": round(grid.wait_s),
        "rule": grid.rule,
    }
    settings |= {"where": str(where)} if where is not None else {}
    settings |= {"as_of": pd.Timestamp(grid.as_of, unit="us", tz="UTC").isoformat()} if len(frame) else {}
    name = measure.name if statistic == "mean" else {
        lang: say("follow_up.median_of", lang, name=text) for lang, text in measure.name.items()
    }  # fmt: skip
    id = measure.id if measure.id.startswith("share:") else f"outcome:{measure.id}"
    return Series(
        frame, study.provenance("measure in time", **settings), id, name, measure.kind, measure.unit, measure.worse,
        statistic, period, grid.wait_s, grid.rule,
    )  # fmt: skip


def _frame(grid: Grid, measure: Outcome, mask: np.ndarray, is_open: np.ndarray, statistic: str) -> pd.DataFrame:
    size = len(grid.labels)
    dated = mask & (grid.of_case >= 0)
    valued = dated & np.isfinite(measure.values)
    at, values = grid.of_case[valued], measure.values[valued]
    n = np.bincount(at, minlength=size)
    total = np.bincount(at, weights=values, minlength=size)
    share = measure.kind == "share"
    if share:
        value, low, high = _shares(total, n)
    elif statistic == "mean":
        value, low, high = _means(at, values, total, n)
    else:
        value, low, high = _medians(at, values, size)
    return pd.DataFrame(
        {
            "period": np.array(grid.labels, object),
            "start": stamps(grid.start),
            "end": stamps(grid.end),
            "n_cases": np.bincount(grid.of_case[dated], minlength=size),
            "n_open": np.bincount(grid.of_case[dated & is_open], minlength=size),
            "n": n,
            "n_with": pd.array(np.rint(total).astype(np.int64), "Int64")
            if share
            else pd.array([pd.NA] * size, "Int64"),
            "value": value,
            "low": low,
            "high": high,
            "complete": grid.complete,
            "why": np.array(grid.why, object),
        }
    )


def stamps(moments: np.ndarray) -> pd.DatetimeIndex:
    """Microseconds UTC as time stamps."""
    return pd.DatetimeIndex(moments.view("M8[us]")).tz_localize("UTC")


def _over(total: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _shares(total: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares with their Wilson interval."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    some = n > 0
    if some.any():
        low[some], high[some] = proportion_confint(total[some], n[some], method="wilson")
    return _over(total, n), low, high


def _means(
    at: np.ndarray, values: np.ndarray, total: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means with Student's interval, which two cases are needed for."""
    from scipy.stats import t

    mean = _over(total, n)
    spread = np.bincount(at, weights=(values - mean[at]) ** 2, minlength=len(n))
    enough = n > 1
    half = np.full(len(n), np.nan)
    half[enough] = t.ppf(0.975, n[enough] - 1) * np.sqrt(spread[enough] / (n[enough] - 1) / n[enough])
    return mean, mean - half, mean + half


def _medians(at: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Medians with the interval of order statistics (binomial)."""
    from scipy.stats import quantile_test

    found = np.full((3, size), np.nan)
    order = np.lexsort((values, at))
    parts: Iterable[np.ndarray] = np.split(values[order], np.searchsorted(at[order], np.arange(1, size)))
    for i, part in enumerate(parts):
        if len(part):
            interval = quantile_test(part, p=0.5).confidence_interval(0.95)
            found[:, i] = np.median(part), interval.low, interval.high
    return found[0], found[1], found[2]
