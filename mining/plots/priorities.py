"""The main chart: what to improve first, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

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

if TYPE_CHECKING:
    from mining.priorities.ranking import Priorities

BAR, BAND = 0.34, "#eef2f7"
LEFT, BOX, SECOND, LABELS = 0.15, 0.7, 2.5, 3.3  # inches from the axes: columns to the right, labels to the left
SIZE, HEAD = 10.2, 0.75  # inches: width of a figure of its own, room for the legend
FACE = {"shown": INK, "investigate": "#ffffff", "few": "#ffffff"}


def ranking_chart(table: Priorities, *, top: int = 40, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Rank of each finding with the interval of its rank, P(top 5), and what is lost at least.

    A bar goes from the 5th to the 95th percentile of the rank over the resampled cases, in the colour of the class; the dot is the rank,
    filled where harm is shown, open where it is to be investigated, a cross where there are too few cases. Rows that are tied stand in one
    band.

    Parameters
    ----------
    table : Priorities
        Not changed; only the ranked rows are drawn.
    top : int, default 40
        How many of them.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    rows = table.ranked.head(top).reset_index(drop=True)
    with style(lang):
        if rows.empty:
            return nothing(axes_of(ax, 1), say("priorities.none", lang), lang)
        if ax is None:
            ax = plt.subplots(figsize=(SIZE, AROUND + HEAD + ROW * len(rows)), layout="constrained")[1]
        _ties(ax, rows)
        states = [_state(harm) for harm in rows["harm"]]
        for place, row in enumerate(rows.to_dict("records")):
            _row(ax, place, row, states[place])
        _scales(ax, rows, lang)
        _columns(ax, table, rows, lang)
        _classes(ax, rows)
        _legend(ax, rows, states, lang)
    return ax


def _state(harm: str) -> str:
    return "shown" if harm in ("harmful", "mixed") else "few" if harm == "too_few" else "investigate"


def _ties(ax: Axes, rows: pd.DataFrame) -> None:
    """A band behind the rows of a tie."""
    for tie in dict.fromkeys(x for x in rows["tie"] if x):
        at = np.flatnonzero((rows["tie"] == tie).to_numpy())
        ax.axhspan(at[0] - 0.46, at[-1] + 0.46, facecolor=BAND, edgecolor="none", zorder=0)


def _row(ax: Axes, place: int, row: dict[str, Any], state: str) -> None:
    colour, hatch = PRIORITY_LOOK[row["priority"]]
    low, high = row["rank_low"] - 0.28, row["rank_high"] + 0.28
    look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": INK, "linewidth": 0.7}
    ax.add_patch(Rectangle((low, place - BAR / 2), high - low, BAR, zorder=2, **look))
    _dot(ax, float(row["rank"]), place, state)


def _dot(ax: Axes, x: float, y: float, state: str) -> None:
    if state == "few":
        ax.plot(x, y, "X", color=INK, markerfacecolor="#ffffff", markersize=7.5, markeredgewidth=1.1, zorder=4)
        return
    ax.plot(x, y, "o", color="#ffffff", markerfacecolor=FACE[state], markersize=8, zorder=4)
    ax.plot(x, y, "o", color=INK, markerfacecolor=FACE[state], markersize=6, markeredgewidth=1.2, zorder=5)


def _scales(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    family = families(lang)
    labels = [short_label(f"{rank}  {title}") for rank, title in zip(rows["rank"], rows[f"title_{lang}"], strict=True)]
    ax.set_yticks(range(len(rows)), labels, family=family, fontsize=LABEL_SIZE, parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    most = int(max(rows["rank_high"].max(), rows["rank"].max()))
    ticks = sorted({1, *(int(t) for t in MaxNLocator(6, integer=True).tick_values(1, most) if 1 <= t <= most)})
    ax.set_xticks(ticks, [str(t) for t in ticks])
    ax.set_xlim(0.4, most + 0.6)
    ax.set_xlabel(say("priorities.chart.axis", lang), family=family, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel("")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def _columns(ax: Axes, table: Priorities, rows: pd.DataFrame, lang: str) -> None:
    """Right of the axes: P(top 5) as a bar and in words, and what is lost at least."""
    inches = _corner(ax, 1, 0)  # from the right end of the axes
    across = blended_transform_factory(inches, ax.transData)
    above = _corner(ax, 1, 1)
    words: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": INK, "family": families(lang)}
    for place, row in enumerate(rows.to_dict("records")):
        for width, colour in ((BOX, "#ffffff"), (BOX * row["p_top5"], DARK)):
            box = Rectangle(
                (LEFT, place - 0.14), width, 0.28, transform=across, clip_on=False, facecolor=colour, zorder=3
            )
            box.set(edgecolor=LIGHT if colour != DARK else DARK, linewidth=0.7)
            ax.add_patch(box)
        ax.text(LEFT + BOX + 0.07, place, _share(row["p_top5"]), transform=across, **words)
        ax.text(SECOND, place, _lost(row, table.currency), transform=across, ha="right", **words)
    heads: dict[str, Any] = words | {
        "va": "bottom",
        "color": MUTED,
        "fontsize": 8,
        "transform": above,
        "linespacing": 1.1,
    }
    unit = table.currency or say("priorities.chart.hours", lang)
    ax.text(LEFT, 0.04, say("priorities.chart.top5", lang), **heads)
    ax.text(SECOND, 0.04, say("priorities.chart.lost", lang, unit=unit), ha="right", **heads)


def _corner(ax: Axes, x: int, y: int) -> Any:
    """Inches from a corner of the axes."""
    figure: Any = ax.get_figure(root=True)
    place: Any = ax.transAxes
    return figure.dpi_scale_trans + ScaledTranslation(x, y, place)


def _share(share: float) -> str:
    return (
        f"{100 * share:.0f}%" if not 0 < share < 0.005 and not 0.995 <= share < 1 else "<1%" if share < 0.5 else ">99%"
    )


def _lost(row: dict[str, Any], unit: str) -> str:
    low = row["loss_low" if unit else "hours_low"]
    if row["harm"] not in ("harmful", "mixed") or low is None or np.isnan(low):
        return "–"
    return "< 0" if low < 0 else f"{low:,.0f}" if low >= 10 else f"{low:.2g}"


def _classes(ax: Axes, rows: pd.DataFrame) -> None:
    """A line where a class ends: nothing within a class lifts a finding over it."""
    priority = rows["priority"].to_numpy()
    for place in np.flatnonzero(priority[1:] != priority[:-1]):
        ax.axhline(place + 0.5, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)


def _legend(ax: Axes, rows: pd.DataFrame, states: list[str], lang: str) -> None:
    handles: list[Any] = []
    for level in (x for x in PRIORITY_LOOK if x in set(rows["priority"])):
        colour, hatch = PRIORITY_LOOK[level]
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor=INK, label=say(f"chart.priority.{level}", lang)))
    for state in (x for x in FACE if x in states):
        look: dict[str, Any] = {
            "marker": "X" if state == "few" else "o",
            "linestyle": "",
            "color": INK,
            "markersize": 6.5,
        }
        label = say(f"priorities.chart.{state}", lang)
        handles.append(Line2D([], [], markerfacecolor=FACE[state], label=label, **look))
    if (rows["tie"] != "").any():
        handles.append(Patch(facecolor=BAND, edgecolor=GRID, label=say("priorities.chart.tie", lang)))
    corner = _corner(ax, 0, 1)  # clear of the heads of the columns
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-LABELS, 0.46), bbox_transform=corner, ncols=4, frameon=False,
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.3, borderaxespad=0.0,
    )  # fmt: skip
