"""Chart of what a finding is associated with: risk ratios with intervals, of all cases and of those held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from mining.plots.base import (
    AROUND,
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
    ROW,
    axes_of,
    families,
    key_with_interval,
    nothing,
    short_label,
    style,
)
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.causes.table import Causes

CHART_WIDTH = 8.8  # inches
FINE = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4, 5)
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
NOTE_ROOM = 0.62  # of the width of the scale, for the counts at its right


def causes_chart(
    table: Causes, finding_id: str | None, *, top: int = 12, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Risk ratios of the groups of one finding that differ most from the rest.

    Parameters
    ----------
    table : Causes
    finding_id : str or None
    top : int, default 12
        Groups drawn: those first in the table, then those with the least q.
    lang : {"en", "zh"}, default "en"
    ax : Axes, optional
        Where to draw; else a new figure, tall enough for the rows.

    Returns
    -------
    Axes
    """
    with style(lang):
        rows = table.of(finding_id) if finding_id is not None else table.frame
        rows = _chosen(rows[rows["rr"].notna()], top, table.q_limit)
        if rows.empty:
            return nothing(axes_of(ax, 1), say("causes.no_chart", lang), lang)
        if ax is None:
            size = (CHART_WIDTH, AROUND + ROW * (len(rows) + 1))
            ax = plt.subplots(figsize=size, layout="constrained")[1]
        left, right = _range(rows)
        places = np.arange(len(rows))
        strong = (rows["q"] < table.q_limit).to_numpy()
        ax.axvline(1, color=MUTED, linewidth=1.0, zorder=1)
        _interval(ax, rows, ("rr", "low", "high"), places - 0.13, (left, right), INK)
        at = rows["rr"].clip(left, right).to_numpy(float)
        ax.scatter(at[strong], places[strong] - 0.13, s=42, color=DARK, zorder=5, clip_on=False)
        ax.scatter(
            at[~strong],
            places[~strong] - 0.13,
            s=42,
            color=LIGHT,
            edgecolor=DARK,
            linewidth=0.8,
            zorder=5,
            clip_on=False,
        )
        held = rows["held_out"].notna().to_numpy()
        _interval(ax, rows[held], ("held_out", "held_low", "held_high"), places[held] + 0.2, (left, right), ORANGE)
        ax.scatter(
            rows["held_out"].clip(left, right)[held],
            places[held] + 0.2,
            s=24,
            marker="D",
            color=ORANGE,
            zorder=5,
            clip_on=False,
        )
        _scale(ax, rows, left, right, lang)
        ax.set_title(short_label(table.title(str(rows["finding_id"].iloc[0]), lang)), loc="left", pad=24, fontsize=10,
                     family=families(lang), color=INK)  # fmt: skip
        _key(ax, bool(strong.any()), bool((~strong).any()), lang)
        return ax


def _chosen(rows: pd.DataFrame, top: int, limit: float) -> pd.DataFrame:
    """Rows that pass first, in their order, then the least q; drawn from the largest ratio down."""
    passing = rows[(rows["q"] < limit) & (rows["rr"] > 1)]
    others = rows.drop(passing.index).sort_values(["q", "p", "level"], kind="stable")
    return pd.concat([passing, others]).head(top).sort_values(["rr", "level"], ascending=[False, True], kind="stable")


def _range(rows: pd.DataFrame) -> tuple[float, float]:
    """Ends of the scale: all ratios, and as much of the intervals as lies within a factor of three of them."""
    finite = [x for x in (*rows["rr"], *rows["held_out"]) if np.isfinite(x) and x > 0] or [1.0]
    ends = [x for x in (*rows["low"], *rows["held_low"], *rows["high"], *rows["held_high"]) if np.isfinite(x) and x > 0]
    left, right = min(*finite, 1.0, *finite), max(*finite, 1.0, *finite)
    left = max(min([left, *ends]), left / 3)
    right = min(max([right, *ends]), right * 3)
    return min(left / 1.1, 0.8), max(right * 1.1, 1.25)


def _interval(
    ax: Axes,
    rows: pd.DataFrame,
    names: tuple[str, str, str],
    places: np.ndarray,
    ends: tuple[float, float],
    colour: str,
) -> None:
    """Lines from low to high; an arrow where an interval goes on beyond the scale."""
    middle, low, high = (rows[x].to_numpy(float) for x in names)
    begin, stop = np.clip(low, *ends), np.clip(high, *ends)
    ax.hlines(places, begin, stop, color=colour, linewidth=1.1, zorder=4)
    inside: Any = {"marker": "|", "s": 26, "color": colour, "linewidth": 1.1, "zorder": 4}
    ax.scatter(low[low >= ends[0]], places[low >= ends[0]], **inside)
    ax.scatter(high[high <= ends[1]], places[high <= ends[1]], **inside)
    ax.scatter(np.full(int((low < ends[0]).sum()), ends[0]), places[low < ends[0]], **inside | {"marker": "<"})
    ax.scatter(np.full(int((high > ends[1]).sum()), ends[1]), places[high > ends[1]], **inside | {"marker": ">"})


def _scale(ax: Axes, rows: pd.DataFrame, left: float, right: float, lang: str) -> None:
    """Logarithmic scale with round numbers, labels of the rows, and the counts at the right."""
    family = families(lang)
    ax.set_xscale("log")
    end = right * (right / left) ** NOTE_ROOM
    ax.set_xlim(left, end)
    ticks = [x for x in (STEPS if right / left > 6 else FINE) if left <= x <= right]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([f"{x:g}" for x in ticks])
    ax.set_yticks(range(len(rows)), [short_label(x) for x in rows[f"level_{lang}"]], family=family, fontsize=LABEL_SIZE,
                  parse_math=False)  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.6)
    at = right * (right / left) ** 0.02
    for place, row in enumerate(rows.itertuples()):
        note = say("causes.note", lang, rate=percent(row.rate, lang), n=f"{row.n:,}", rest=percent(row.rest_rate, lang))
        ax.text(at, place, note, va="center", fontsize=8.5, color=INK, family=family)
    axis = say("causes.axis", lang) + ("\n" + say("causes.axis_pairs", lang) if (rows["depth"] > 1).any() else "")
    ax.set_xlabel(axis, family=family, fontsize=LABEL_SIZE, color=INK)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def _key(ax: Axes, strong: bool, weak: bool, lang: str) -> None:
    look: dict[str, Any] = {"linestyle": "", "markersize": 6.5}
    handles = []
    if strong:
        handles.append(Line2D([], [], marker="o", color=DARK, label=say("causes.all", lang), **look))
    if weak:
        colours: dict[str, Any] = {"markerfacecolor": LIGHT, "markeredgecolor": DARK}
        handles.append(Line2D([], [], marker="o", label=say("causes.weaker", lang), **look, **colours))
    held = say("causes.held", lang)
    handles.append(Line2D([], [], marker="D", color=ORANGE, label=held, linestyle="", markersize=4.5))
    key_with_interval(ax, handles, lang)
