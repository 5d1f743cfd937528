"""Before and after: did a measure change when something was done, against itself or against a comparison that was left alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.kinds import OWN_UNIT, POINTS, unit_word
from mining.errors import MiningError
from mining.follow_up.change import AFTER, BEFORE, LEFT_OUT, SIDES, WASH_OUT, Change, Estimate, change_of, level_of
from mining.follow_up.control import ControlChart, control_before
from mining.follow_up.series import Series, worded
from mining.results import Provenance, Result
from mining.texts import say

NOT_PARALLEL = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class BeforeAfter(Result):
    """One row per estimate. Made by :func:`before_after`.

    Attributes
    ----------
    points : DataFrame
        One row per period: period, start, value, comparison (where there is one), y (what the regression is of: the value, or its
        difference from the comparison), side (before, wash_out, after, left_out), line (fitted), ahead (where the periods before would
        have gone on to) with ahead_low and ahead_high.
    series : Series
    comparison : Series or None
    change : Change
        The same numbers, as plain values.
    at : Timestamp
        Moment of the change.
    """

    points: pd.DataFrame
    series: Series
    comparison: Series | None
    change: Change
    at: pd.Timestamp

    columns: ClassVar[dict[str, str]] = {
        "term": "before, after: mean of the periods, each counting the same however many cases it has; effect: "
        "mean distance of the periods after from where those before would have gone on "
        "to; step, slope: of the segmented regression, at the first period after and per period from there on; slope_before: per period "
        "before the change (with a comparison: of the difference, which should be flat)",
        "estimate": "in the unit of the measure (a share: 0 to 1; with a comparison effect, step and slopes are of the difference)",
        "low": "lower end of its 95 % interval (of an effect against line and mean: the lower of the two): least squares, "
        "the larger of the errors by Newey and West and of first-order "
        "autocorrelation, Student's t; of before and after Student's t over the periods; missing where there is none",
        "high": "upper end of it (of an effect against line and mean: the higher of the two)",
        "p": "probability of such an estimate if there were nothing, by Student's t with the same errors; of an effect against line and "
        "mean: the larger of the two; missing for before and after",
        "hac_low": "lower end of the interval by Newey and West's errors alone, which is too short for series of few periods",
        "hac_high": "upper end of it",
    }
    shown: ClassVar[tuple[str, ...]] = ("term", "estimate", "low", "high", "p")

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of its numbers, for the notebook: a share's differences are percentage points."""
        unit = unit_word(self.series.kind, self.series.unit)
        other = POINTS if unit == "share" else unit
        levels = self.frame["term"].isin(("before", "after"))
        return self.frame.assign(**{OWN_UNIT: [unit if level else other for level in levels]})

    @cached_property
    def chart(self) -> ControlChart:
        """The control chart of the series, with the periods before the change as its baseline (at least twelve, else of the first ones)."""
        return control_before(self.series, self.at)

    @property
    def parallel(self) -> bool | None:
        """Whether no difference in slope from the comparison could be shown before the change; None without one, or untold."""
        if self.comparison is None or self.change.why:
            return None
        return bool(self.change.slope_before.p >= NOT_PARALLEL)

    def sentence(self, lang: str = "en") -> str:
        """The effect with its interval, step and slope; where there are too few periods, what the control chart says instead."""
        change, kind, unit = self.change, self.series.kind, self.series.unit

        def said(x: float) -> str:
            return worded(x, kind, unit, lang, points=True)

        def bare(x: float) -> str:
            return f"{100 * x:z.1f}" if kind == "share" and np.isfinite(x) else said(x)

        counts = {"before": change.n_before, "after": change.n_after}
        period = say(f"follow_up.period_{self.series.period}", lang)
        if change.why:
            return say("follow_up.too_few", lang, period=period, **counts) + self.chart.sentence(lang)
        effect, levels = change.effect, self.frame.set_index("term")["estimate"]
        first, then = (worded(levels[side], kind, unit, lang) for side in ("before", "after"))
        text = say(
            "follow_up.changed", lang, name=self.series.name.get(lang, ""), first=first, then=then, effect=said(effect.value),
            low=bare(effect.low), high=bare(effect.high), period=period, **counts,
        )  # fmt: skip
        how = "compared" if self.comparison is not None else change.onward
        text += say(f"follow_up.against_{how}", lang)
        if self.comparison is not None:
            text += say("follow_up.parallel" if self.parallel else "follow_up.not_parallel", lang)
        step, slope, one = change.step, change.slope, say(f"follow_up.one_{self.series.period}", lang)
        ends = {"step_low": step.low, "step_high": step.high, "slope_low": slope.low, "slope_high": slope.high}
        numbers = {"step": said(step.value), "slope": said(slope.value)} | {key: bare(x) for key, x in ends.items()}
        return text + say("follow_up.step_slope", lang, one=one, **numbers)

    def brief(self, predicted: float, lang: str = "en") -> str:
        """The effect in one sentence, beside what was predicted (missing: nothing was); without one, how many periods there are."""
        change, kind, unit = self.change, self.series.kind, self.series.unit
        period = say(f"follow_up.period_{self.series.period}", lang)
        counts: dict[str, Any] = {"before": change.n_before, "after": change.n_after, "period": period}
        if change.why:
            return say("follow_up.brief_few", lang, **counts)

        def bare(x: float) -> str:
            return f"{100 * x:z.1f}" if kind == "share" else worded(x, kind, unit, lang, points=True)

        levels = self.frame.set_index("term")["estimate"]
        first, then = (worded(levels[side], kind, unit, lang) for side in ("before", "after"))
        how = say(f"follow_up.brief_{'compared' if self.comparison is not None else change.onward}", lang)
        promised = say("follow_up.brief_promised", lang, promised=bare(predicted)) if np.isfinite(predicted) else ""
        effect = worded(change.effect.value, kind, unit, lang, points=True)
        return say(
            "follow_up.brief", lang, effect=effect, how=how, low=bare(change.effect.low), high=bare(change.effect.high),
            promised=promised, first=first, then=then, **counts,
        )  # fmt: skip

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Periods, fitted lines, and where those before would have gone on to; see :func:`mining.plots.follow_up.change_chart`."""
        from mining.plots.follow_up import change_chart

        return change_chart(self, ax=ax, lang=lang)


def before_after(
    series: Series,
    at: str | pd.Timestamp,
    *,
    wash_out: str | pd.Timestamp | None = None,
    comparison: Series | None = None,
    trend: bool | None = None,
) -> BeforeAfter:
    """Did the measure change when something was done?

    The segmented regression y = b0 + b1 t + b2 post + b3 (t - t0) post gives step and slope; the effect is the mean distance of the
    periods after from where those before would have gone on to. With a comparison the same is done with the difference of both series,
    period by period: a difference in differences in which each period is one observation, so that whatever struck both in one week is
    taken out and the cases of a week are not counted as if they were independent. Below eight complete periods on a side there is no
    regression, and the control chart is all that can be said.

    Parameters
    ----------
    series : Series
    at : str or Timestamp
        When it was done. The period in which it falls belongs to neither side. A date without a zone is read in UTC.
    wash_out : str or Timestamp, optional
        Until when it was being done: periods that begin before are left out of both sides.
    comparison : Series, optional
        The same kind of measure where nothing was done: another finding, or other cases.
    trend : bool, optional
        As in :func:`mining.follow_up.change.change_of`.

    Returns
    -------
    BeforeAfter

    Raises
    ------
    MiningError
        If a date is none, the wash-out ends before it begins, or the comparison has other periods or another unit.

    Examples
    --------
    >>> from mining.follow_up import series_of
    >>> before_after(series_of(study, "share:R1", period="day"), "2026-03-01").frame["term"].tolist()
    ['before', 'after', 'effect', 'step', 'slope', 'slope_before']
    """
    moment = moment_of(at, "at")
    until = moment if wash_out is None else moment_of(wash_out, "wash_out")
    if until < moment:
        raise MiningError(f"wash_out: {wash_out} lies before {at}. It says until when the change was being made.")
    frame = series.frame
    value = series.values
    other = np.full(len(frame), np.nan) if comparison is None else _aligned(series, comparison)
    y = value if comparison is None else value - other
    begin, end = frame["start"], frame["end"]
    side = np.where(end <= moment, BEFORE, np.where(begin >= until, AFTER, WASH_OUT))
    side = np.where(np.isfinite(y), side, LEFT_OUT)
    change = change_of(y, side_of(frame, moment, until), trend=trend)
    points = pd.DataFrame(
        {
            "period": frame["period"], "start": begin, "value": frame["value"], "comparison": other, "y": y,
            "side": np.array(SIDES, object)[side], "line": change.line, "ahead": change.ahead, "ahead_low": change.ahead_low,
            "ahead_high": change.ahead_high,
        }
    )  # fmt: skip
    rows = [
        _row(name, getattr(change, name)) for name in ("before", "after", "effect", "step", "slope", "slope_before")
    ]
    if comparison is not None:  # the levels of the measure itself, which people know
        rows[:2] = [_row(name, level_of(value[side == code])) for name, code in (("before", BEFORE), ("after", AFTER))]
    source = series.provenance
    settings = (
        source.parameters | {"at": moment.isoformat()} | ({} if wash_out is None else {"wash_out": until.isoformat()})
    )
    settings |= {} if comparison is None else {"comparison": _named(comparison)}
    settings |= {"before_goes_on": change.onward} if not change.why else {}
    provenance = Provenance("before and after", source.log, source.blueprint, source.n_cases, settings)
    return BeforeAfter(
        pd.DataFrame(rows, columns=list(BeforeAfter.columns)), provenance, points, series, comparison, change, moment
    )


def side_of(frame: pd.DataFrame, moment: pd.Timestamp, until: pd.Timestamp) -> np.ndarray:
    """Position in ``SIDES`` of each period: wholly before, wholly after, or neither."""
    return np.where(frame["end"] <= moment, BEFORE, np.where(frame["start"] >= until, AFTER, WASH_OUT))


def _named(series: Series) -> str:
    where = series.provenance.parameters.get("where")
    return f"{series.id} ({where})" if where else series.id


def _row(name: str, found: Estimate) -> dict[str, Any]:
    values = (found.value, found.low, found.high, found.p, found.hac_low, found.hac_high)
    return dict(zip(BeforeAfter.columns, (name, *values), strict=True))


def _aligned(series: Series, comparison: Series) -> np.ndarray:
    """The values of the comparison in the periods of the series."""
    if series.period != comparison.period:
        raise MiningError(
            f"comparison: it is by {comparison.period}, the measure by {series.period}. Use the same period for both."
        )
    if (series.kind, series.unit) != (comparison.kind, comparison.unit):
        raise MiningError(
            f"comparison: {comparison.id} is a {comparison.kind}, {series.id} a {series.kind}: their difference means nothing. "
            "Compare with the same kind of measure."
        )
    there = pd.Series(comparison.values, index=comparison.frame["period"].to_numpy())
    return there.reindex(series.frame["period"].to_numpy()).to_numpy(float)


def moment_of(value: str | pd.Timestamp, name: str) -> pd.Timestamp:
    """A date or moment that somebody wrote, in UTC."""
    try:
        found = pd.Timestamp(value)
    except (ValueError, TypeError):
        found = pd.NaT
    if found is pd.NaT:
        raise MiningError(f"{name}: {value!r} is no date. Write it as 2026-03-31.")
    return found.tz_localize("UTC") if found.tzinfo is None else found.tz_convert("UTC")
