"""Charts of times: how cases spread, steps, the week, cases in work; they lay out numbers that the tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mining.errors import UnknownNameError
from mining.plots.base import (
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
    WIDTH,
    axes_of,
    date_locator,
    families,
    nothing,
    short_label,
    style,
)
from mining.segments import group_label
from mining.texts import say
from mining.times.summary import MEASURES, QUOTIENTS, lengths_of_cases, parts, time_words
from mining.times.week import DRAWN, RATES, day_words
from mining.units import percent, readable

if TYPE_CHECKING:
    from mining.times.cases import CaseTimes
    from mining.times.load import Load
    from mining.times.steps import StepTimes
    from mining.times.summary import TimeSummary
    from mining.times.week import Week

PALE_TO_DARK = LinearSegmentedColormap.from_list("rate", ["#f8fafc", "#c7d7ea", "#7c9cc4", "#3b6397", "#14294a"])
MINUTE, HOUR, DAY = 60, 3600, 86_400
FINE = tuple(
    size * n
    for size, some in (
        (1, (1, 5, 15)),
        (MINUTE, (1, 5, 15)),
        (HOUR, (1, 3, 6)),
        (DAY, (1, 2, 4, 7, 14, 30, 60, 180, 365)),
    )
    for n in some
)
COARSE = (
    1e-3,
    1e-2,
    0.1,
    1,
    10,
    MINUTE,
    10 * MINUTE,
    HOUR,
    6 * HOUR,
    DAY,
    7 * DAY,
    30 * DAY,
    180 * DAY,
    730 * DAY,
    3650 * DAY,
)
OPEN = (
    1,
    MINUTE,
    10 * MINUTE,
    *(HOUR * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)),
)
MOST_TICKS = 8
STOCKS = ("work_in_progress", "idle")  # coloured from their least value: they are never near 0
HEIGHT, BINS, MOST_ROWS = 3.6, 40, 40


def cases_chart(table: CaseTimes, *, measure: str = "throughput", lang: str = "en", ax: Axes | None = None) -> Axes:
    """Complete cases by one measure, with median and 90 %: lengths on a logarithmic scale, quotients from 0 to 100 %.

    Parameters
    ----------
    table : CaseTimes
        Not changed.
    measure : str
        One of `mining.times.summary.MEASURES`. Lengths of 0 cannot be drawn on the scale: their number is written.
    lang : {"en", "zh"}, default "en"
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    UnknownNameError
        For another measure.
    """
    if measure not in MEASURES:
        raise UnknownNameError("measure", measure, MEASURES)
    values, quotient = lengths_of_cases(table, measure), measure in QUOTIENTS
    with style(lang):
        ax = _axes(ax, HEIGHT)
        drawn = values if quotient else values[values > 0]
        if not len(drawn):
            return nothing(ax, say("chart.no_times", lang), lang)
        edges = np.linspace(0, max(1.0, float(drawn[-1])), BINS + 1) if quotient else _log_edges(drawn)
        counts, edges = np.histogram(drawn, edges)
        ax.bar(edges[:-1], counts, np.diff(edges), align="edge", color=LIGHT, edgecolor="#ffffff", linewidth=0.6)
        ax.set_ylim(0, counts.max() * 1.3)
        if quotient:
            ax.set_xlim(0, edges[-1])
            shares = [t for t in np.asarray(MaxNLocator(5).tick_values(0, float(edges[-1]))) if 0 <= t <= edges[-1]]
            ax.set_xticks(shares, [f"{100 * t:g}%" for t in shares])
        else:
            _time_axis(ax, edges[0], edges[-1], lang, table.calendar)
        for (name, value), colour in zip(parts(values), (DARK, ORANGE), strict=False):
            _mark(
                ax,
                name,
                value,
                colour,
                percent(value, lang) if quotient else time_words(value, lang, table.calendar),
                lang,
            )
        text = say("chart.cases_of", lang, measure=say(f"measure.{measure}", lang), n=f"{len(values):,}")
        notes = [say("chart.open_time", lang, calendar=table.calendar)] if table.calendar else []
        notes += [say("chart.at_zero", lang, n=f"{len(values) - len(drawn):,}")] if len(drawn) < len(values) else []
        _names(ax, "  |  ".join([text, *notes]), say("chart.cases_axis", lang), lang)
        _whole_numbers(ax)
        return _plain(ax, "y")


def summary_chart(table: TimeSummary, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """A row per length of time, or per group its throughput: the middle half, the median, and up to what 90 % take.

    Parameters
    ----------
    table : TimeSummary
        Rows without percentiles are left out; of groups the first forty are drawn.
    lang, ax
        As in :func:`cases_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["median"].notna() & (table.frame["unit"] == "s") & (table.frame["p90"] > 0)]
    rows = rows[rows["measure"] == "throughput"].head(MOST_ROWS) if table.by else rows
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("chart.no_times", lang), lang)
        numbers = rows[["p25", "median", "p75", "p90"]].to_numpy(float)
        least = numbers[numbers > 0].min() / 1.6
        p25, median, p75, p90 = np.maximum(numbers, least).T
        places = np.arange(len(rows))
        ax.hlines(places, p75, p90, color=DARK, linewidth=1.2)
        ax.barh(places, p75 - p25, left=p25, height=0.5, color=LIGHT)
        ax.plot(median, places, "|", color=DARK, markersize=15, markeredgewidth=2.4)
        ax.plot(p90, places, "|", color=DARK, markersize=7)
        for place, x, value, n in zip(places, p90, numbers[:, 1], rows["n"], strict=True):
            text = f"{say('chart.median', lang, value=time_words(value, lang, table.calendar))}  (n {n:,})"
            ax.annotate(text, (x, place), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8.5)
        most = float(p90.max())
        _time_axis(ax, least / 1.1, most * (most / least) ** 0.5, lang, table.calendar, ticks_to=most * 1.5)
        labels = (
            [group_label(x, lang) for x in rows["group"]]
            if table.by
            else [say(f"measure.{x}", lang) for x in rows["measure"]]
        )
        _rows(ax, labels, lang)
        axis = (
            say("chart.times_open_axis", lang, calendar=table.calendar)
            if table.calendar
            else say("chart.times_axis", lang)
        )
        hidden = f"  |  {say('chart.hidden_groups', lang, n=table.groups_hidden)}" if table.groups_hidden else ""
        _names(ax, axis + hidden, "", lang)
        look: dict[str, Any] = {"marker": "|", "linestyle": "", "markersize": 11, "markeredgewidth": 2.4}
        handles = [
            Patch(color=LIGHT, label=say("chart.middle", lang)),
            Line2D([], [], color=DARK, label=say("chart.middle_median", lang), **look),
            Line2D([], [], color=DARK, linewidth=1.2, label=say("chart.up_to_90", lang)),
        ]
        _key(ax, handles, lang)
        return _plain(ax, "x")


def steps_chart(table: StepTimes, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per activity the sum of its processing and of the waits for its start, with their means.

    Parameters
    ----------
    table : StepTimes
        Activities without a measured time are left out.
    lang, ax
        As in :func:`cases_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[(table.frame["n_measured"] > 0) | (table.frame["n_waits"] > 0)].head(MOST_ROWS)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("chart.no_steps", lang), lang)
        places = np.arange(len(rows))
        highest = max(float(rows[["sum_s", "wait_sum_s"]].max().max()), 1e-9)
        for shift, total, mean, colour, hatch in (
            (-0.19, "sum_s", "mean_s", DARK, ""),
            (0.19, "wait_sum_s", "wait_mean_s", ORANGE, "////"),
        ):
            values = rows[total].to_numpy(float)
            ax.barh(
                places + shift, np.nan_to_num(values), 0.34, color=colour, edgecolor="#ffffff", hatch=hatch, linewidth=0
            )
            for place, x, each in zip(places + shift, values, rows[mean].to_numpy(float), strict=True):
                if not np.isnan(x):
                    text = f"{time_words(x, lang, table.calendar)}  (⌀ {time_words(each, lang, table.calendar)})"
                    ax.annotate(text, (x, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
        size = HOUR if table.calendar else next((s for s in (DAY, HOUR, MINUTE) if highest >= 2 * s), 1)
        ticks = [
            t for t in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(0, highest / size) if 0 <= t <= highest / size
        ]
        unit = readable(size, lang).split()[-1]
        ax.set_xticks([t * size for t in ticks], [f"{t:,g} {unit}" for t in ticks])
        ax.set_xlim(0, highest * 1.34)
        _rows(ax, rows[f"name_{lang}"].tolist(), lang)
        open_time = f"  |  {say('chart.open_time', lang, calendar=table.calendar)}" if table.calendar else ""
        _names(ax, say("chart.steps_axis", lang) + open_time, "", lang)
        handles = [
            Patch(color=DARK, label=say("chart.steps_work", lang)),
            Patch(facecolor=ORANGE, edgecolor="#ffffff", hatch="////", label=say("chart.steps_wait", lang)),
        ]
        _key(ax, handles, lang)
        return _plain(ax, "x")


def week_chart(table: Week, *, measure: str | None = None, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Seven days by 24 hours: one measure, or on a figure of their own arrivals, people and idle cases one above the other.

    Parameters
    ----------
    table : Week
        Hours that the log has not seen stay blank.
    measure : str, optional
        One of `mining.times.week.RATES`; with ``ax`` arrivals, if none is given.
    lang, ax
        As in :func:`cases_chart`.

    Returns
    -------
    Axes
        Of several the first.

    Raises
    ------
    UnknownNameError
        For another measure.
    """
    if measure is not None and measure not in RATES:
        raise UnknownNameError("measure", measure, RATES)
    with style(lang):
        if ax is not None or measure is not None:
            return _week(_axes(ax, 2.5), table, measure or "arrivals", lang, last=True)
        measured = [name for name in DRAWN if table.frame[name].notna().any()]
        size = (WIDTH, 0.35 + 2.05 * len(measured))
        axes = plt.subplots(len(measured), figsize=size, layout="constrained", squeeze=False)[1][:, 0]
        for each, name in zip(axes, measured, strict=True):
            _week(each, table, name, lang, last=name == measured[-1])
        return axes[0]


def _week(ax: Axes, table: Week, measure: str, lang: str, *, last: bool) -> Axes:
    family = families(lang)
    grid = table.frame[measure].to_numpy(float).reshape(7, 24)
    if np.isnan(grid).all():
        return nothing(ax, say("chart.week_missing", lang, measure=say(f"chart.week_{measure}", lang)), lang)
    least, highest = (float(np.nanmin(grid)) if measure in STOCKS else 0.0), float(np.nanmax(grid))
    mesh = ax.pcolormesh(
        np.arange(25), np.arange(8), np.ma.masked_invalid(grid), cmap=PALE_TO_DARK, vmin=least, vmax=max(highest, least + 1e-9),
        edgecolors="#ffffff", linewidth=0.8,
    )  # fmt: skip
    ax.set_ylim(7, 0)
    ax.set_yticks(np.arange(7) + 0.5, [day_words(i, lang) for i in range(7)], family=family, fontsize=LABEL_SIZE)
    ax.set_xticks(np.arange(0, 25, 3), [str(i) for i in range(0, 25, 3)])
    ax.tick_params(length=0)
    ax.set_title(say(f"chart.week_{measure}", lang), loc="left", fontsize=9.5, family=family, color=INK)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.015, aspect=14, fraction=0.05)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8, labelcolor=MUTED)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    if last:
        ax.set_xlabel(say("chart.week_hour", lang, tz=table.tz), family=family, fontsize=LABEL_SIZE, color=MUTED)
    sns.despine(ax=ax, left=True, bottom=True)
    return ax


def load_chart(table: Load, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Cases in work over time; on a figure of their own with arrivals and departures below.

    Parameters
    ----------
    table : Load
        Not changed.
    lang, ax
        As in :func:`cases_chart`.

    Returns
    -------
    Axes
        That of the cases in work.
    """
    rows = table.frame
    with style(lang):
        below = None
        if ax is None:
            ax, below = plt.subplots(2, figsize=(WIDTH, 4.4), layout="constrained", sharex=True, height_ratios=(3, 2))[
                1
            ]
        edges = np.append(_days(rows["begin"], table.tz), _days(rows["end"], table.tz)[-1])
        ax.stairs(rows["work_in_progress"], edges, fill=True, color=LIGHT)
        ax.stairs(rows["work_in_progress"], edges, color=DARK, linewidth=1.2, baseline=None)
        mean = float(np.average(rows["work_in_progress"], weights=np.maximum(np.diff(edges), 1e-12)))
        ax.axhline(mean, color=ORANGE, linewidth=1.2, linestyle=(0, (4, 3)))
        ax.set_ylim(0, max(float(rows["work_in_progress"].max()) * 1.15, 1e-9))
        text = say("chart.load_mean", lang, mean=f"{mean:,.1f}")
        ax.annotate(
            text,
            (1, mean),
            (-3, 3),
            ("axes fraction", "data"),
            "offset points",
            ha="right",
            va="bottom",
            color="#9a3412",
            bbox={"facecolor": "#ffffff", "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
        )
        _names(ax, "", say("chart.load_wip", lang), lang)
        _plain(ax, "y")
        bottom = ax
        if below is not None:
            below.stairs(rows["arrivals"], edges, color=LIGHT, fill=True, label=say("chart.load_arrivals", lang))
            departures = say("chart.load_departures", lang)
            below.stairs(rows["departures"], edges, color=ORANGE, linewidth=1.1, baseline=None, label=departures)
            below.set_ylim(0, max(float(rows[["arrivals", "departures"]].max().max()) * 1.1, 1))
            _names(below, "", say(f"chart.load_flow.{table.bin}", lang), lang)
            _key(below, below.get_legend_handles_labels()[0], lang)
            _whole_numbers(below)
            bottom = _plain(below, "y")
        locator = date_locator(4, 8)
        bottom.xaxis.set_major_locator(locator)
        bottom.xaxis.set_major_formatter(_date_format(edges))
        ax.set_xlim(edges[0], max(edges[-1], edges[0] + 1e-6))
        return ax


# --- parts -----------------------------------------------------------------------------------------------------------


def _axes(ax: Axes | None, height: float) -> Axes:
    return plt.subplots(figsize=(WIDTH, height), layout="constrained")[1] if ax is None else ax


def _log_edges(values: np.ndarray) -> np.ndarray:
    low, high = float(values[0]), float(values[-1])
    if high / low < 1.5:
        low, high = low / 1.3, high * 1.3
    return np.geomspace(low, high * 1.0001, BINS + 1)


def _time_axis(ax: Axes, low: float, high: float, lang: str, calendar: str | None, *, ticks_to: float = np.inf) -> None:
    """A logarithmic scale of seconds with ticks at lengths that people know; of open time in hours."""
    last = min(high, ticks_to)
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ticks: list[float] = [t for t in (OPEN if calendar else FINE) if low <= t <= last]
    if len(ticks) > MOST_TICKS:
        ticks = ticks[:: -(-len(ticks) // MOST_TICKS)] if calendar else [t for t in COARSE if low <= t <= last]
    if len(ticks) < 2:
        ticks = np.geomspace(low, last, 4).tolist()
    ax.set_xticks(ticks, [_tick_words(t, lang, calendar) for t in ticks], family=families(lang))
    ax.set_xticks([], minor=True)


def _tick_words(seconds: float, lang: str, calendar: str | None) -> str:
    if calendar and seconds >= HOUR:
        return f"{seconds / HOUR:.3g} {readable(HOUR, lang).split()[-1]}"
    if seconds < 1:
        return f"{seconds:.2g} {readable(1, lang).split()[-1]}"
    amount, unit = readable(seconds, lang).split()
    return f"{amount.removesuffix('.0')} {unit}"


def _mark(ax: Axes, name: str, value: float, colour: str, words: str, lang: str) -> None:
    """A line at a percentile, and what it is."""
    key, height = ("chart.median", 0.99) if name == "median" else ("chart.p90", 0.9)
    low, high = ax.get_xlim()
    logarithmic = ax.get_xscale() == "log"
    if logarithmic and value <= 0:
        return
    place = np.log(value / low) / np.log(high / low) if logarithmic else (value - low) / (high - low)
    ax.axvline(value, ymax=height, color=colour, linewidth=1.6)
    side, shift = ("right", -4) if place > 0.72 else ("left", 4)
    ax.annotate(
        say(key, lang, value=words), (value, height), (shift, 0), ("data", "axes fraction"), "offset points", ha=side, va="top",
        color=INK, family=families(lang), fontsize=8.5, bbox={"facecolor": "#ffffff", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
    )  # fmt: skip


def _rows(ax: Axes, labels: list[str], lang: str) -> None:
    ax.set_yticks(
        range(len(labels)),
        [short_label(x) for x in labels],
        family=families(lang),
        fontsize=LABEL_SIZE,
        parse_math=False,
    )
    ax.set_ylim(len(labels) - 0.5, -0.5)


def _names(ax: Axes, x: str, y: str, lang: str) -> None:
    look: dict[str, Any] = {"family": families(lang), "fontsize": LABEL_SIZE, "color": INK}
    ax.set_xlabel(x, **look)
    ax.set_ylabel(y, **look)


def _whole_numbers(ax: Axes) -> None:
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _key(ax: Axes, handles: list[Any], lang: str) -> None:
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles), frameon=False, handletextpad=0.5,
        columnspacing=1.4, borderaxespad=0.2, prop={"family": families(lang), "size": 8.5},
    )  # fmt: skip


def _plain(ax: Axes, grid: Literal["x", "y"]) -> Axes:
    ax.grid(visible=True, axis=grid, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=grid == "x")
    return ax


def _days(times: pd.Series, tz: str) -> np.ndarray:
    """Days of matplotlib by the clock of a zone, never going back."""
    return np.maximum.accumulate(mdates.date2num(times.dt.tz_convert(tz).dt.tz_localize(None).to_numpy()))


def _date_format(edges: np.ndarray) -> mdates.DateFormatter:
    """Dates that fit any language: with hours for a few days, without days for some years."""
    length = float(edges[-1] - edges[0])
    return mdates.DateFormatter("%m-%d %H:%M" if length < 5 else "%Y-%m-%d" if length < 700 else "%Y-%m")
