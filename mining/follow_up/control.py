"""Control charts: XmR for any measure, p for shares with stepped limits, Laney's p' where periods have many cases; signals marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.kinds import OWN_UNIT, unit_word
from mining.errors import MiningError, UnknownNameError
from mining.follow_up.series import Series, worded
from mining.follow_up.signals import Signal, fired, signals_of
from mining.results import Provenance, Result
from mining.texts import say

LEAST, MOST = 12, 20  # points of a baseline: at least, and as many as are taken where there are so many and nobody says
XMR, RANGE = 2.66, 3.267  # 3 / d2 and D4 of ranges of two (Wheeler and Chambers 1992)
D2 = 1.128
MANY = 100  # mean number of cases per period from which on p' is drawn instead of p
ANY = (-np.inf, np.inf)
BOUNDS = {"share": (0.0, 1.0), "time": (0.0, np.inf)}  # what a measure cannot leave
KINDS = ("xmr", "p", "p_prime")


@dataclass(frozen=True)
class Rebaseline:
    """New limits from a period on, and why: nothing else changes limits once they are set.

    Attributes
    ----------
    at : str or int
        Label, or position, of the first period of the new baseline.
    reason : str
        What changed in the process. Better numbers alone are no reason.
    """

    at: str | int
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class ControlChart(Result):
    """One row per period. Made by :func:`xmr`, :func:`p_chart`, :func:`p_prime` and :func:`control_of`.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    preset : str
        Of :data:`mining.follow_up.signals.PRESETS`.
    tests : tuple of Signal
        The tests in force.
    name : dict of str to str
    measure, unit : str
        Kind and unit of the measure.
    why : str
        Why there are no limits: ``few`` (fewer than twelve points), ``flat`` (no variation in the baseline); empty where there are.
    rebaselines : tuple of Rebaseline
    beyond : int
        Periods of the baseline that end after the moment of :func:`control_before`.
    """

    kind: str
    preset: str
    tests: tuple[Signal, ...]
    name: dict[str, str]
    measure: str
    unit: str
    why: str
    rebaselines: tuple[Rebaseline, ...]
    beyond: int = 0

    columns: ClassVar[dict[str, str]] = {
        "period": "period, or number of the point",
        "value": "the measure in it; missing in a gap",
        "n": "cases of a share; missing for an XmR chart of plain values",
        "used": "whether it is tested: it has a value, and can be read",
        "baseline": "whether it makes the limits",
        "centre": "centre line: mean of the baseline (of shares: cases that have it / cases)",
        "lower": "lower limit; missing where there are no limits",
        "upper": "upper limit",
        "sigma": "a third of the way from the centre to a limit, before a limit is cut where a measure cannot go (shares: 0, 1; times: 0)",
        "sigma_z": "p': how many times wider than chance the periods of the baseline vary (Laney 2002); missing on other charts",
        "moving_range": "XmR: distance to the point before; missing after a gap",
        "range_centre": "XmR: mean moving range of the baseline",
        "range_upper": "XmR: upper limit of the moving range",
        "signals": "tests that the point is part of, joined by comma; empty where none",
        "range_signal": "XmR: whether the moving range is beyond its limit",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "period",
        "value",
        "n",
        "baseline",
        "centre",
        "lower",
        "upper",
        "moving_range",
        "signals",
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of its numbers, for the notebook."""
        return self.frame.assign(**{OWN_UNIT: unit_word(self.measure, self.unit)})

    @property
    def has_limits(self) -> bool:
        """Whether there are limits at all."""
        return not self.why

    @property
    def stable(self) -> bool | None:
        """Whether no test fires; None without limits."""
        return None if self.why else not ((self.frame["signals"] != "") | self.frame["range_signal"]).any()

    def sentence(self, lang: str = "en") -> str:
        """Whether the process is predictable, within which limits, and which signals there are."""
        used = self.frame[self.frame["used"]]
        name = self.name.get(lang, "")
        if self.why:
            return say(f"follow_up.control_{self.why}", lang, name=name, n=len(used), least=LEAST)
        last = used.iloc[-1]
        limits = {side: worded(last[side], self.measure, self.unit, lang) for side in ("centre", "lower", "upper")}
        text = say(f"follow_up.control_{self.kind}", lang, name=name, n=int(used["baseline"].sum()), **limits)
        text += say("follow_up.beyond", lang, n=self.beyond) if self.beyond else ""
        if self.stable:
            return text + say("follow_up.no_signal", lang, preset=say(f"follow_up.preset_{self.preset}", lang))
        counts = used.loc[used["signals"] != "", "signals"].str.split(", ").explode().value_counts()
        parts = [
            say(f"follow_up.signal_{test.id}", lang, n=int(counts[test.id]), k=test.k)
            for test in self.tests
            if test.id in counts
        ]
        ranges = int(used["range_signal"].sum())
        parts += [say("follow_up.signal_range", lang, n=ranges)] if ranges else []
        return text + say("follow_up.some_signals", lang, how=say("told.comma", lang).join(parts))

    def outlook(self, target: float, *, worse: int = 1, lang: str = "en") -> str:
        """What can be said about meeting a target: nothing for a process with signals or without limits (stability before capability).

        Parameters
        ----------
        target : float
            In the unit of the measure.
        worse : int
            1 where more is worse, -1 where less is worse.
        lang : {"en", "zh"}

        Examples
        --------
        >>> xmr([52, 48, 55, 60, 47, 50, 53, 49, 51, 58, 46, 54]).outlook(40)
        'As long as nothing changes, some periods will meet the target of 40 and some will not: it lies within the limits.'
        """
        said = worded(target, self.measure, self.unit, lang)
        if not self.stable:
            return say(
                "follow_up.outlook_none" if self.stable is None else "follow_up.outlook_unstable", lang, target=said
            )
        last = self.frame[self.frame["used"]].iloc[-1]
        best, worst = sorted((last["lower"] * worse, last["upper"] * worse))
        key = "met" if worst <= target * worse else "missed" if best > target * worse else "chance"
        return say(f"follow_up.outlook_{key}", lang, target=said)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """The chart, signals marked; see :func:`mining.plots.follow_up.control_chart`."""
        from mining.plots.follow_up import control_chart

        return control_chart(self, ax=ax, lang=lang)


def xmr(values: Sequence[float] | np.ndarray, **settings: Any) -> ControlChart:
    """An XmR chart (individual values and moving ranges): centre ± 2.66 x mean moving range (Wheeler and Chambers 1992).

    Parameters
    ----------
    values : float array
        In order of time; missing values are gaps: no moving range crosses one, and runs go on over it.
    **settings
        ``baseline`` (number of points that make the limits: the first twenty, or twelve), ``rebaselines``, ``preset``,
        ``run``, ``labels``; as in :func:`control_of`.

    Returns
    -------
    ControlChart

    Examples
    --------
    >>> chart = xmr([52, 48, 55, 60, 47, 50, 53, 49, 51, 58, 46, 54])
    >>> chart.frame.loc[0, ["centre", "range_centre", "lower", "upper", "range_upper"]].astype(float).round(3).tolist()
    [51.917, 6.182, 35.473, 68.36, 20.196]
    """
    return _chart("xmr", np.asarray(values, float), None, **settings)


def p_chart(counts: Sequence[int] | np.ndarray, n: Sequence[int] | np.ndarray, **settings: Any) -> ControlChart:
    """A p chart with stepped limits: p ± 3 sqrt(p (1 - p) / n) (Shewhart 1931). Parameters as in :func:`p_prime`."""
    return _chart("p", *_counted(counts, n), **settings)


def p_prime(counts: Sequence[int] | np.ndarray, n: Sequence[int] | np.ndarray, **settings: Any) -> ControlChart:
    """Laney's p' chart (2002): the stepped limits of a p chart times sigma_z, how much more the periods vary than chance alone would make.

    Parameters
    ----------
    counts, n : integer arrays
        Cases that have it, and cases, per period. A period without cases is a gap.
    **settings
        As in :func:`xmr`.

    Examples
    --------
    >>> chart = p_prime([10, 20, 10, 20, 10, 20, 10, 20, 10, 20, 10, 20], [100] * 12)
    >>> round(float(chart.frame.loc[0, "sigma_z"]), 2)  # |dz| = 0.1 / sqrt(0.15 * 0.85 / 100) = 2.80 each time; / 1.128
    2.48
    """
    return _chart("p_prime", *_counted(counts, n), **settings)


def control_of(
    series: Series,
    kind: str | None = None,
    *,
    baseline: int | None = None,
    rebaselines: Sequence[Rebaseline] = (),
    preset: str = "standard",
    run: int | None = None,
) -> ControlChart:
    """The control chart of a series; periods that cannot be read are shown and not tested.

    Parameters
    ----------
    series : Series
    kind : {"xmr", "p", "p_prime"}, optional
        Of a share p, from a mean of 100 cases a period on p' (with so many cases chance is small, so nearly every period of a p chart
        is beyond its limits, though nothing happened); of anything else XmR.
    baseline : int, optional
        Number of points that make the limits, from the first on: at least twelve. If it is not given the first twenty, and until there are
        so many the first twelve. The limits are then frozen.
    rebaselines : sequence of Rebaseline
    preset : str
        Tests in force: ``standard``, ``western_electric_1956`` or ``nelson_1984``; :mod:`mining.follow_up.signals` says how often each
        alarms where nothing happened.
    run : {7, 8, 9}, optional
        Points in a row on one side that are a signal.

    Raises
    ------
    UnknownNameError, MiningError

    Examples
    --------
    >>> from mining.follow_up import series_of
    >>> control_of(series_of(study, "share:R1", period="day")).kind
    'p'
    """
    frame, usable = series.frame, series.usable
    counts = frame["n_with"].to_numpy(float, na_value=np.nan)
    n = frame["n"].to_numpy(float)
    if kind is None:
        kind = "xmr" if series.kind != "share" else "p_prime" if usable.any() and n[usable].mean() >= MANY else "p"
    if kind not in KINDS:
        raise UnknownNameError("kind of chart", kind, KINDS)
    if kind != "xmr" and series.kind != "share":
        raise MiningError(f"{series.id} is no share. Use kind='xmr'.")
    value = (
        frame["value"].to_numpy(float)
        if kind == "xmr"
        else np.divide(counts, n, out=np.full(len(n), np.nan), where=n > 0)
    )
    made = _chart(
        kind, value, n if series.kind == "share" else None, used=usable, labels=frame["period"].tolist(), baseline=baseline,
        rebaselines=rebaselines, preset=preset, run=run, bounds=BOUNDS.get(series.kind, ANY),
    )  # fmt: skip
    source = series.provenance
    settings = source.parameters | made.provenance.parameters
    provenance = Provenance(f"{kind} chart", source.log, source.blueprint, source.n_cases, settings)
    return ControlChart(
        made.frame,
        provenance,
        kind,
        preset,
        made.tests,
        series.name,
        series.kind,
        series.unit,
        made.why,
        made.rebaselines,
    )


def control_before(series: Series, moment: pd.Timestamp) -> ControlChart:
    """The control chart of a series with the periods before a moment as its baseline, or the first twelve where there are fewer.

    Then ``beyond`` counts the periods of the baseline that end after the moment.

    Examples
    --------
    >>> import pandas as pd
    >>> from mining.follow_up import series_of
    >>> chart = control_before(series_of(study, "share:R1", period="day"), pd.Timestamp("2026-01-15", tz="UTC"))
    >>> int(chart.frame["baseline"].sum()), chart.beyond
    (12, 4)
    """
    early = (series.frame["end"] <= moment).to_numpy()
    before = int((series.usable & early).sum())
    chart = control_of(series, baseline=max(before, LEAST))
    return replace(chart, beyond=int((chart.frame["baseline"].to_numpy(bool) & ~early).sum()))


def _counted(counts: Any, n: Any) -> tuple[np.ndarray, np.ndarray]:
    counts, n = np.asarray(counts, float), np.asarray(n, float)
    wrong = np.flatnonzero(~((counts >= 0) & (counts <= n)) | (len(counts) != len(n))) if len(counts) == len(n) else [0]
    if len(wrong):
        raise MiningError(
            f"point {int(wrong[0]) + 1:,}: the count must be between 0 and n, and both must be there for every period."
        )
    return np.divide(counts, n, out=np.full(len(n), np.nan), where=n > 0), n


def _chart(
    kind: str,
    value: np.ndarray,
    n: np.ndarray | None,
    *,
    used: np.ndarray | None = None,
    labels: Sequence[Any] | None = None,
    baseline: int | None = None,
    rebaselines: Sequence[Rebaseline] = (),
    preset: str = "standard",
    run: int | None = None,
    bounds: tuple[float, float] = ANY,
) -> ControlChart:
    tests = signals_of(preset, run)
    if baseline is not None and baseline < LEAST:
        raise MiningError(f"baseline: limits are made from at least {LEAST} points, not {baseline}.")
    size = len(value)
    used = np.isfinite(value) if used is None else used & np.isfinite(value)
    names = [str(x) for x in (labels if labels is not None else range(1, size + 1))]
    frame = pd.DataFrame(
        {"period": np.array(names, object), "value": value, "n": np.full(size, np.nan) if n is None else n}
    )
    frame["n"] = frame["n"].round().astype("Int64")
    frame["used"] = used
    for column in ("centre", "lower", "upper", "sigma", "sigma_z", "moving_range", "range_centre", "range_upper"):
        frame[column] = np.nan
    frame["baseline"], frame["signals"], frame["range_signal"] = False, "", False
    if kind == "xmr":
        next_to = used & np.r_[False, used[:-1]][:size]
        frame["moving_range"] = np.where(next_to, np.abs(np.diff(value, prepend=np.nan)), np.nan)
    why = ""
    entries = sorted(((_place(entry, names), entry) for entry in rebaselines), key=lambda x: x[0])
    begins = [0, *(at for at, _ in entries)]
    for first, end in zip(begins, [*begins[1:], size], strict=True):
        rows = first + np.flatnonzero(used[first:end])
        wanted = baseline or (MOST if len(rows) >= MOST else LEAST)
        if len(rows) < max(LEAST, wanted):
            why = "few"
            continue
        reason = _limits(kind, frame, np.arange(first, end), rows[:wanted], bounds)
        why = why or reason
        if not reason:
            _signals(frame, rows, tests)
    settings = {
        "baseline": baseline or f"first {MOST} points, first {LEAST} until there are so many",
        "signals": preset,
    } | ({"run": run} if run else {})
    settings |= {"rebaselined": "; ".join(f"{entry.at}: {entry.reason}" for _, entry in entries)} if entries else {}
    name = {lang: say("follow_up.values", lang) for lang in ("en", "zh")}
    measure = "number" if kind == "xmr" else "share"
    return ControlChart(
        frame[list(ControlChart.columns)], Provenance(f"{kind} chart", "", "", size, settings), kind, preset, tests, name, measure, "",
        why, tuple(entry for _, entry in entries),
    )  # fmt: skip


def _place(entry: Rebaseline, names: list[str]) -> int:
    if not entry.reason.strip():
        raise MiningError(
            f"The new baseline from {entry.at} has no reason. Write what changed in the process; better numbers are none."
        )
    if isinstance(entry.at, int):
        if not 0 < entry.at < len(names):
            raise MiningError(f"A new baseline begins at position 1 to {len(names) - 1}, not {entry.at}.")
        return entry.at
    if entry.at not in names:
        raise UnknownNameError("period", entry.at, names)
    return names.index(entry.at)


def _limits(kind: str, frame: pd.DataFrame, span: np.ndarray, base: np.ndarray, bounds: tuple[float, float]) -> str:
    """Write centre and limits of a span, made from its baseline; gives why there are none."""
    value = frame["value"].to_numpy(float)
    frame.loc[base, "baseline"] = True
    if kind == "xmr":
        ranges = frame["moving_range"].to_numpy(float)[base[1:]]
        centre, mean_range = float(value[base].mean()), float(np.nanmean(ranges)) if np.isfinite(ranges).any() else 0.0
        sigma = np.full(len(span), XMR * mean_range / 3)
        frame.loc[span, "range_centre"], frame.loc[span, "range_upper"] = mean_range, RANGE * mean_range
    else:
        n = frame["n"].to_numpy(float, na_value=np.nan)
        centre = float((value[base] * n[base]).sum() / n[base].sum())
        chance = np.sqrt(centre * (1 - centre) / np.where(n > 0, n, np.nan))
        scale = 1.0
        if kind == "p_prime" and 0 < centre < 1:
            z = (value[base] - centre) / chance[base]
            steps = np.abs(np.diff(z))[np.diff(base) == 1]  # neighbours only, as for the ranges of an XmR chart
            scale = float(steps.mean() / D2) if len(steps) else 0.0
            frame.loc[span, "sigma_z"] = scale
        sigma, bounds = scale * chance[span], BOUNDS["share"]
    if not np.nanmax(sigma, initial=0) > 0:
        return "flat"
    frame.loc[span, "centre"], frame.loc[span, "sigma"] = centre, sigma
    frame.loc[span, "lower"] = np.clip(centre - 3 * sigma, *bounds)
    frame.loc[span, "upper"] = np.clip(centre + 3 * sigma, *bounds)
    return ""


def _signals(frame: pd.DataFrame, rows: np.ndarray, tests: tuple[Signal, ...]) -> None:
    """Write which tests fire among the points of a span."""
    z = ((frame["value"] - frame["centre"]) / frame["sigma"]).to_numpy(float)[rows]
    words = np.full(len(rows), "", object)
    for test in tests:
        hit = fired(z, test)
        words[hit] = [f"{word}, {test.id}" if word else test.id for word in words[hit]]
    frame.loc[rows, "signals"] = words
    ranges = frame["moving_range"].to_numpy(float)[rows] > frame["range_upper"].to_numpy(float)[rows]
    frame.loc[rows, "range_signal"] = ranges
