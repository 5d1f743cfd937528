"""Charts beside the ranking: Paretos by cases, hours and money, and gain against effort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mining.errors import UnknownNameError
from mining.pictures.fonts import safe
from mining.plots.base import (
    AROUND,
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ROW,
    axes_of,
    families,
    nothing,
    short_label,
    style,
)
from mining.plots.findings import PRIORITY_LOOK
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.priorities.effort import EffortView
    from mining.priorities.paretos import Paretos

PANEL, MOST_BESIDE = 6.4, 3  # inches; panels in a row


def pareto_chart(
    table: Paretos, *, view: str | None = None, top: int = 10, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Findings by what they amount to, largest first, with the cumulated share: the views side by side, or one of them.

    Parameters
    ----------
    table : Paretos
        Not changed.
    view : str, optional
        One of the views; by default all that have rows, on a figure of its own (with ``ax`` the first of them there).
    top : int, default 10
        How many findings; the rest is one bar in grey.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    ax : Axes, optional
        Where to draw one view; else a new figure.

    Returns
    -------
    Axes
        The (first) axes. Nothing is shown and nothing is saved.
    """
    if view is not None and view not in table.views:
        raise UnknownNameError("view", view, table.views)
    views = [view] if view else table.views if ax is None else table.views[:1]
    with style(lang):
        if not views:
            return nothing(axes_of(ax, 2), say("priorities.pareto.none", lang), lang)
        shown = max(min(len(table.of(x)), top + 1) for x in views)
        if ax is None:
            across = len(views) if len(views) <= MOST_BESIDE else 2
            down = -(-len(views) // across)
            size = (PANEL * across, (AROUND + ROW * shown + 0.3) * down)
            figure, grid = plt.subplots(down, across, figsize=size, layout="constrained", squeeze=False)
            axes = grid.ravel().tolist()
            engine: Any = figure.get_layout_engine()
            engine.set(h_pad=0.15)
            for empty in axes[len(views) :]:
                figure.delaxes(empty)
        else:
            axes = [ax]
        for place, name in zip(axes[: len(views)], views, strict=True):
            _pareto(place, table.of(name).reset_index(drop=True), table.left_out.get(name, 0), (top, shown), lang)
    first: Axes = axes[0]
    return first


def _pareto(ax: Axes, rows: pd.DataFrame, left_out: int, size: tuple[int, int], lang: str) -> None:
    top, shown = size
    head, rest = rows.head(top), rows.iloc[top:]
    labels = [short_label(title) for title in head[f"title_{lang}"]]
    values = head["value"].tolist()
    reached = head["cumulated"].tolist()
    if len(rest):
        labels.append(say("priorities.chart.rest", lang, n=len(rest)))
        values.append(float(rest["value"].sum()))
        reached.append(float(rest["cumulated"].iloc[-1]))
    family = families(lang)
    places = np.arange(len(values))
    colours = [DARK] * len(head) + [LIGHT] * (len(values) - len(head))
    ax.barh(places, values, height=0.6, color=colours, edgecolor=INK, linewidth=0.5, zorder=2)
    most = max(values)
    for place, value, share in zip(places, values, reached, strict=True):
        ax.annotate(
            f"{value:,.0f}" if value >= 10 else f"{value:.2g}", (value, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8, color=INK, family=family,
        )  # fmt: skip
        ax.annotate(
            percent(share, lang), (1.0, place), xycoords=ax.get_yaxis_transform(), xytext=(44, 0), textcoords="offset points",
            va="center", ha="right", fontsize=8, color=MUTED, family=family,
        )  # fmt: skip
    ax.set_yticks(places, labels, family=family, fontsize=8, parse_math=False)
    ax.set_ylim(shown - 0.5, -0.5)
    ax.set_xlim(0, most * 1.3)
    ticks = [t for t in MaxNLocator(3).tick_values(0, most) if 0 <= t <= most]
    ax.set_xticks(ticks, [f"{t:,.10g}" for t in ticks])
    view, unit = rows["view"].iloc[0], rows["unit"].iloc[0]
    total = f"{rows['total'].iloc[0]:,.0f}"
    axis = say(f"priorities.chart.axis.{view}", lang, unit=unit, total=total)
    axis += say("priorities.chart.left_out", lang, n=left_out) if left_out else ""
    ax.set_xlabel(axis, family=family, fontsize=8, color=INK)
    ax.set_title(
        say(f"priorities.chart.{view}", lang), family=family, fontsize=LABEL_SIZE + 1, color=INK, loc="left", pad=16
    )
    ax.annotate(
        say("priorities.chart.cumulated", lang), (1.0, 1.0), xycoords="axes fraction", xytext=(44, 0), textcoords="offset points",
        va="bottom", ha="right", fontsize=8, color=MUTED, family=family,
    )  # fmt: skip
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def effort_chart(table: EffortView, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Gain per year against person-days, in four fields; each dot carries its rank, and beside the axes stands which finding that is.

    Parameters
    ----------
    table : EffortView
        Rows without a gain are not drawn.
    lang, ax
        As in :func:`pareto_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame.dropna(subset=["gain"])
    with style(lang):
        if rows.empty:
            return nothing(axes_of(ax, 2), say("priorities.effort.none", lang), lang)
        ax = plt.subplots(figsize=(9.6, 4.6), layout="constrained")[1] if ax is None else ax
        family = families(lang)
        for level in (x for x in PRIORITY_LOOK if x in set(rows["priority"])):
            part = rows[rows["priority"] == level]
            ax.scatter(
                part["effort"],
                part["gain"],
                s=250,
                color=PRIORITY_LOOK[level][0],
                edgecolor=INK,
                linewidth=0.8,
                zorder=3,
            )
            for x, y, rank in zip(part["effort"], part["gain"], part["rank"], strict=True):
                ink = "#ffffff" if level == "H" else INK
                ax.text(x, y, f"{rank}", ha="center", va="center", fontsize=8.5, color=ink, zorder=4, family=family)
        _fields(ax, table, rows, lang)
        levels = [x for x in PRIORITY_LOOK if x in set(rows["priority"])]
        handles = [
            Patch(facecolor=PRIORITY_LOOK[x][0], edgecolor=INK, label=say(f"chart.priority.{x}", lang)) for x in levels
        ]
        ax.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles), frameon=False,
            prop={"family": family, "size": 8.5}, borderaxespad=0.2,
        )  # fmt: skip
        _names(ax, rows, lang)
    return ax


def _fields(ax: Axes, table: EffortView, rows: pd.DataFrame, lang: str) -> None:
    family = families(lang)
    ax.axvline(table.cut_effort, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.axhline(table.cut_gain, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    right = max(rows["effort"].max(), table.cut_effort) * 1.18
    high, low = max(rows["gain"].max(), table.cut_gain), min(table.cut_gain, 0.0)
    room = 0.22 * (high - low if high > low else 1.0)
    ax.set_xlim(0, right)
    ax.set_ylim(low - room, high + room)
    ax.set_yticks([t for t in MaxNLocator(6).tick_values(low, high) if low <= t <= high + room])
    corners = {"quick_win": (0.01, 0.98), "large": (0.99, 0.98), "fill_in": (0.01, 0.02), "later": (0.99, 0.02)}
    for name, (x, y) in corners.items():
        look: dict[str, Any] = {"ha": "left" if x < 0.5 else "right", "va": "top" if y > 0.5 else "bottom"}
        look |= {"color": INK if name == "quick_win" else MUTED, "fontsize": 9, "family": family}
        ax.text(x, y, say(f"priorities.chart.{name}", lang), transform=ax.transAxes, **look)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    unit = say("priorities.chart.hours", lang) if table.unit == "h" else table.unit
    ax.set_xlabel(say("priorities.chart.effort", lang), family=family, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel(say("priorities.chart.gain", lang, unit=unit), family=family, fontsize=LABEL_SIZE, color=INK)
    ax.tick_params(axis="both", length=0)
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    sns.despine(ax=ax, left=True, bottom=True)


def _names(ax: Axes, rows: pd.DataFrame, lang: str, most: int = 14) -> None:
    """Which finding a number is, right of the axes."""
    ordered = rows.sort_values("rank")
    lines = [short_label(f"{r}  {safe(t)}") for r, t in zip(ordered["rank"], ordered[f"title_{lang}"], strict=True)]
    text = "\n".join(lines[:most]) + (f"\n… {len(lines) - most}" if len(lines) > most else "")
    ax.text(
        1.03, 1.0, text, transform=ax.transAxes, va="top", ha="left", fontsize=8, color=INK, family=families(lang),
        linespacing=1.35, parse_math=False,
    )  # fmt: skip
