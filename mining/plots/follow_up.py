"""Charts of what changed: measures in time, control charts with their signals, before and after, actions against their promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mining.pictures.fonts import safe
from mining.plots.base import (
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
    RED,
    axes_of,
    families,
    nothing,
    short_label,
    style,
)  # fmt: skip
from mining.texts import say

if TYPE_CHECKING:
    from mining.follow_up.before_after import BeforeAfter
    from mining.follow_up.control import ControlChart
    from mining.follow_up.reaudit import FollowUp
    from mining.follow_up.series import Series

ROWS = 7  # height of a chart in time, in rows of a table
TICKS = 7  # periods named below a chart


def series_chart(series: Series, *, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Values with their intervals; periods that cannot be read are hollow, gaps stay empty.

    Parameters
    ----------
    series : Series
        Not changed.
    ax : Axes, optional
        Where to draw; else a new figure.
    lang : {"en", "zh"}

    Returns
    -------
    Axes
    """
    frame = series.frame
    with style(lang):
        ax = axes_of(ax, ROWS)
        if not frame["value"].notna().any():
            return nothing(ax, say("follow_up.chart_nothing", lang), lang)
        scale = _scale(series.kind, frame["value"])
        at, value = np.arange(len(frame)), frame["value"].to_numpy(float) * scale
        band = [np.where(series.usable, frame[side], np.nan) * scale for side in ("low", "high")]
        ax.fill_between(at, band[0], band[1], color=LIGHT, alpha=0.55, linewidth=0)
        ax.plot(at, np.where(series.usable, value, np.nan), color=DARK, linewidth=1.2, marker="o", markersize=4)
        handles = [
            _dot(DARK, series.name.get(lang, ""), line=True),
            Patch(color=LIGHT, label=say("chart.interval", lang)),
        ]
        handles += _unread(ax, at, value, ~series.usable, lang)
        _finish(ax, frame["period"], _axis(series.kind, series.unit, scale, lang), series.kind, handles, lang)
        return ax


def control_chart(chart: ControlChart, *, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Points, centre and limits, signals marked; of an XmR chart the moving ranges below, when a new figure is made.

    Parameters
    ----------
    chart : ControlChart
    ax, lang
        As in :func:`series_chart`. With ``ax`` the moving ranges are left out.

    Returns
    -------
    Axes
        Those of the points.
    """
    frame = chart.frame
    with style(lang):
        pair = chart.kind == "xmr" and ax is None and frame["moving_range"].notna().any()
        below = None
        if pair:
            import matplotlib.pyplot as plt

            ax, below = plt.subplots(
                2, 1, figsize=(7.2, 5.4), layout="constrained", sharex=True, gridspec_kw={"height_ratios": (2, 1)}
            )[1]
        ax = axes_of(ax, ROWS)
        if not frame["value"].notna().any():
            return nothing(ax, say("follow_up.chart_nothing", lang), lang)
        scale = _scale(chart.measure, frame["value"])
        at, value = np.arange(len(frame)), frame["value"].to_numpy(float) * scale
        used = frame["used"].to_numpy(bool)
        ax.plot(at, np.where(used, value, np.nan), color=DARK, linewidth=1.1, marker="o", markersize=3.8, zorder=3)
        handles: list[Any] = [_dot(DARK, chart.name.get(lang, ""), line=True)]
        if chart.has_limits:
            _limits(ax, frame, at, scale, ("centre", "lower", "upper"))
            signal = (frame["signals"] != "").to_numpy()
            ax.plot(at[signal], value[signal], linestyle="", marker="D", markersize=6.5, color=RED, zorder=4)
            last = np.flatnonzero(frame["baseline"])
            ax.axvspan(
                at[0] - 0.5, last[-1] + 0.5, color=GRID, alpha=0.35, linewidth=0, zorder=0
            ) if not chart.rebaselines else None
            handles += [
                Line2D([], [], color=INK, linewidth=1, label=say("follow_up.key_centre", lang)),
                Line2D([], [], color=ORANGE, linewidth=1.4, linestyle="--", label=say("follow_up.key_limit", lang)),
                *([Patch(color=GRID, label=say("follow_up.key_baseline", lang))] if not chart.rebaselines else []),
                *([_dot(RED, say("follow_up.key_signal", lang), marker="D")] if signal.any() else []),
            ]
        handles += _unread(ax, at, value, ~used, lang)
        numbered = chart.provenance.parameters.get("period") is None
        _finish(
            ax,
            frame["period"],
            _axis(chart.measure, chart.unit, scale, lang),
            chart.measure,
            handles,
            lang,
            numbered=numbered,
        )
        if below is not None:
            ax.set_xlabel("")
            _ranges(below, chart, at, scale, lang)
        return ax


def _ranges(ax: Axes, chart: ControlChart, at: np.ndarray, scale: float, lang: str) -> None:
    frame = chart.frame
    ranges = np.where(frame["used"], frame["moving_range"], np.nan) * scale
    ax.plot(at, ranges, color=DARK, linewidth=1.1, marker="o", markersize=3.4, zorder=3)
    if chart.has_limits:
        _limits(ax, frame, at, scale, ("range_centre", "range_upper"))
        hit = frame["range_signal"].to_numpy(bool)
        ax.plot(at[hit], ranges[hit], linestyle="", marker="D", markersize=6, color=RED, zorder=4)
    numbered = chart.provenance.parameters.get("period") is None
    _finish(ax, frame["period"], say("follow_up.axis_range", lang), chart.measure, [], lang, numbered=numbered)


def _limits(ax: Axes, frame: pd.DataFrame, at: np.ndarray, scale: float, names: tuple[str, ...]) -> None:
    edges = np.append(at - 0.5, at[-1] + 0.5)
    for name in names:
        centre = name.endswith("centre")
        ax.stairs(
            frame[name].to_numpy(float) * scale, edges, baseline=None, color=INK if centre else ORANGE,
            linewidth=1.0 if centre else 1.4, linestyle="-" if centre else "--", zorder=2,
        )  # fmt: skip


def change_chart(found: BeforeAfter, *, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Periods before and after with fitted lines, and where those before would have gone on to, with its interval.

    Parameters
    ----------
    found : BeforeAfter
        With a comparison the difference from it is drawn.
    ax, lang
        As in :func:`series_chart`.

    Returns
    -------
    Axes
    """
    kind, compared = found.series.kind, found.comparison is not None
    column = "y" if compared else "value"
    points = _up_to_the_last(found, column)
    with style(lang):
        ax = axes_of(ax, ROWS)
        if not points[column].notna().any():
            return nothing(ax, say("follow_up.chart_nothing", lang), lang)
        scale = _scale(kind, points[column])
        at = np.arange(len(points))
        handles: list[Any] = []
        for side, colour, marker in (("before", DARK, "o"), ("after", DARK, "o"), ("left_out", MUTED, "x")):
            rows = (points["side"] == side) if side != "left_out" else points["side"].isin(["left_out", "wash_out"])
            rows = (rows & points[column].notna()).to_numpy()
            face = "white" if side == "before" else colour
            if rows.any():
                look: dict[str, Any] = {
                    "linestyle": "",
                    "marker": marker,
                    "markersize": 4.5,
                    "color": colour,
                    "zorder": 3,
                    "markerfacecolor": face,
                }
                ax.plot(at[rows], points[column].to_numpy(float)[rows] * scale, **look)
                handles.append(_dot(colour, say(f"follow_up.key_{side}", lang), marker=marker, face=face))
        for side in ("before", "after"):
            rows = (points["side"] == side).to_numpy()
            ax.plot(at[rows], points.loc[rows, "line"].to_numpy(float) * scale, color=DARK, linewidth=1.8, zorder=4)
        if not found.change.why:
            ahead = [points[name].to_numpy(float) * scale for name in ("ahead", "ahead_low", "ahead_high")]
            ax.plot(at, ahead[0], color=ORANGE, linewidth=1.6, linestyle="--", zorder=2)
            ax.fill_between(at, ahead[1], ahead[2], color=ORANGE, alpha=0.22, linewidth=0, zorder=1)
            handles += [
                Line2D([], [], color=DARK, linewidth=1.8, label=say("follow_up.key_fitted", lang)),
                Line2D([], [], color=ORANGE, linewidth=1.6, linestyle="--", label=say("follow_up.key_ahead", lang)),
            ]
        if len(first := np.flatnonzero(points["start"] >= found.at)):
            ax.axvline(first[0] - 0.5, color=INK, linewidth=0.9, linestyle=":")
        axis = _axis(kind, found.series.unit, scale, lang) if not compared else say("follow_up.axis_difference", lang)
        axis += say("follow_up.axis_points", lang) if compared and kind == "share" else ""
        _finish(ax, points["period"], axis, kind, handles, lang, differences=compared)
        return ax


def _up_to_the_last(found: BeforeAfter, column: str) -> pd.DataFrame:
    """The periods up to the last one with a value, and to the one of the change: those in which no case began any more say nothing."""
    points = found.points
    kept = points[column].notna().to_numpy() | (points["start"] < found.at).to_numpy()
    return points.iloc[: 1 + int(np.flatnonzero(kept).max(initial=-1))]


def actions_chart(found: FollowUp, *, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Each action's effect with its interval as a multiple of what was promised: 0 is nothing, 1 is as promised.

    Parameters
    ----------
    found : FollowUp
        Actions without a measured effect are left out.
    ax, lang
        As in :func:`series_chart`.

    Returns
    -------
    Axes
    """
    rows = found.frame[found.frame["effect"].notna() & found.frame["predicted"].fillna(0).ne(0)].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows) + 1)
        if rows.empty:
            return nothing(ax, say("follow_up.chart_no_effects", lang), lang)
        times = rows[["effect", "low", "high"]].div(rows["predicted"], axis=0)
        low, high = times.min(axis=1), times.max(axis=1)
        places = np.arange(len(rows))
        family = families(lang)
        for x, dashes in ((0.0, "-"), (1.0, "--")):
            ax.axvline(x, color=INK, linewidth=1.0, linestyle=dashes, zorder=1)
        gaps = [times["effect"] - low, high - times["effect"]]
        ax.errorbar(
            times["effect"], places, xerr=gaps, fmt="o", color=DARK, ecolor=INK, elinewidth=1.2, capsize=3, zorder=3
        )
        words = [say(f"follow_up.status_{status}", lang) for status in rows["status"]]
        for place, x, word in zip(places, high, words, strict=True):
            look: dict[str, Any] = {"va": "center", "fontsize": LABEL_SIZE, "color": INK, "family": family}
            ax.annotate(word, (max(x, 1.0), place), xytext=(8, 0), textcoords="offset points", **look)
        goals = found.goals(lang)
        said = [goals[x.action_id] if x.goal else f"{x.action_id}  {x.metric}" for x in rows.itertuples()]
        labels = [short_label(text) for text in said]
        ax.set_yticks(places, labels, family=family, fontsize=LABEL_SIZE, parse_math=False)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        least, most = min(0.0, float(low.min())), max(1.0, float(high.max()))
        ax.set_xlim(least - 0.05 * (most - least), most + 0.28 * (most - least))
        ax.set_xlabel(say("follow_up.axis_times", lang), family=family, fontsize=LABEL_SIZE)
        ax.grid(axis="x", color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(axis="both", length=0)
        sns.despine(ax=ax, left=True, bottom=True)
        return ax


# --- what the charts in time share -----------------------------------------------------------------------------------


def _scale(kind: str, values: pd.Series) -> float:
    """Times are drawn in days or hours."""
    if kind != "time":
        return 1.0
    return 1 / 86_400 if values.abs().median() >= 2 * 86_400 else 1 / 3600


def _axis(kind: str, unit: str, scale: float, lang: str) -> str:
    if kind == "share":
        return say("follow_up.axis_share", lang)
    if kind == "time":
        return say("follow_up.axis_days" if scale < 1 / 3600 else "follow_up.axis_hours", lang)
    return safe(unit) or say("follow_up.axis_value", lang)


def _dot(colour: str, label: str, *, marker: str = "o", line: bool = False, face: str = "") -> Line2D:
    look: dict[str, Any] = {"linestyle": "-" if line else "", "linewidth": 1.2, "marker": marker, "markersize": 5}
    look |= {"markerfacecolor": face} if face else {}
    return Line2D([], [], color=colour, label=short_label(label), **look)


def _unread(ax: Axes, at: np.ndarray, value: np.ndarray, unread: np.ndarray, lang: str) -> list[Any]:
    rows = unread & np.isfinite(value)
    if not rows.any():
        return []
    look: dict[str, Any] = {
        "linestyle": "",
        "marker": "o",
        "markersize": 4.5,
        "color": MUTED,
        "markerfacecolor": "white",
    }
    ax.plot(at[rows], value[rows], zorder=3, **look)
    return [Line2D([], [], label=say("follow_up.key_unread", lang), **look)]


def _finish(
    ax: Axes, labels: pd.Series, axis: str, kind: str, handles: list[Any], lang: str, *, numbered: bool = False,
    differences: bool = False,
) -> None:  # fmt: skip
    family = families(lang)
    step = max(1, -(-len(labels) // TICKS))
    at = np.arange(0, len(labels), step)
    ax.set_xticks(at, [safe(str(x)) for x in labels.iloc[at]], family=family, fontsize=8.5)
    ax.set_xlim(-0.7, len(labels) - 0.3)
    if kind == "share":
        sign = "" if differences else "%"
        ax.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.4g}{sign}"))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set_ylabel(axis, family=family, fontsize=LABEL_SIZE)
    ax.set_xlabel(
        say("follow_up.axis_point" if numbered else "follow_up.axis_start", lang), family=family, fontsize=LABEL_SIZE
    )
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)
    if handles:
        ax.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(handles), 3), frameon=False,
            prop={"family": family, "size": 8.5}, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.2,
        )  # fmt: skip
