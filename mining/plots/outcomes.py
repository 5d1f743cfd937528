"""Charts of indicators; they lay out numbers that the tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mining.plots.base import (
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    MUTED,
    RED,
    axes_of,
    families,
    key_with_interval,
    nothing,
    short_label,
    style,
)
from mining.texts import say

if TYPE_CHECKING:
    from mining.outcomes.kpis import Indicator, Kpis

ROWS_PER_LABEL = 1.25
SIGN = {"up": "≥", "down": "≤"}


def kpis_chart(kpis: Kpis, *, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Every indicator against its target: how far it is from it, to the right what is better, with its 95 % interval.

    Differences of shares are percentage points; those of times and scores are per cent of the target, since they have units of their own.
    The figure itself stands below each name. Indicators without a target or a value are left out: the table has them.

    Parameters
    ----------
    kpis : Kpis
        Not changed.
    ax : Axes, optional
        Where to draw; else a new figure.
    lang : {"en", "zh"}, default "en"
        Language of the words.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    frame = kpis.frame
    with style(lang):
        drawn = [i for i in range(len(frame)) if frame["met"].iloc[i] is not None]
        ax = axes_of(ax, max(1, round(ROWS_PER_LABEL * len(drawn))))
        if not drawn:
            return nothing(ax, say("outcomes.chart.none", lang), lang)
        ax.axvline(0, color=INK, linewidth=1.2, zorder=2)
        for place, i in enumerate(drawn):
            value, low, high = frame.loc[i, ["value", "low", "high"]].astype(float)
            _point(ax, place, kpis.items[i], value, low, high, bool(frame["met"].iloc[i]))
        labels = [_label(kpis, i, lang) for i in drawn]
        _axis(ax, labels, lang)
        key_with_interval(ax, _key({bool(frame["met"].iloc[i]) for i in drawn}, lang), lang)
    return ax


def _better(item: Indicator, value: float) -> float:
    """How far better than its target a figure is: in points for a share, else in per cent of the target; worse is negative."""
    target = float(item.target or 0.0)
    unit = item.observed.unit
    size = 0.01 if unit == "share" else 1.0 if unit == "points" else abs(target) / 100 or 1.0
    return (value - target) / size * (1 if item.direction == "up" else -1)


def _point(ax: Axes, place: int, item: Indicator, value: float, low: float, high: float, met: bool) -> None:
    x = _better(item, value)
    ends = sorted(_better(item, end) for end in (low, high)) if np.isfinite([low, high]).all() else [x, x]
    ax.errorbar(
        [x],
        [place],
        xerr=[[max(x - ends[0], 0)], [max(ends[1] - x, 0)]],
        fmt="none",
        ecolor=INK,
        elinewidth=1.1,
        capsize=3,
        zorder=3,
    )
    ax.scatter([x], [place], s=52, zorder=4, linewidths=0, marker="o" if met else "X", color=DARK if met else RED)


def _label(kpis: Kpis, i: int, lang: str) -> str:
    item, row = kpis.items[i], kpis.frame.iloc[i]
    name = short_label(row[f"name_{lang}"])
    words = {"value": kpis.value_words(item, row["value"], lang), "n": f"{row['n']:,}"}
    words |= {"sign": SIGN[item.direction], "target": kpis.value_words(item, float(item.target or 0.0), lang)}
    return "\n".join((name, say("outcomes.chart.label", lang, **words)))


def _axis(ax: Axes, labels: list[str], lang: str) -> None:
    family = families(lang)
    ax.set_yticks(range(len(labels)), labels, family=family, fontsize=LABEL_SIZE, parse_math=False)
    for text in ax.get_yticklabels():
        text.set_linespacing(1.3)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    low, high = ax.get_xlim()
    room = 0.06 * max(high - low, 1.0)
    ax.set_xlim(min(low, 0) - room, max(high, 0) + room)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+g}" if x else "0"))
    ax.set_xlabel(
        say("outcomes.chart.axis", lang), family=family, fontsize=LABEL_SIZE - 1, color=MUTED, linespacing=1.3
    )
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def _key(there: set[bool], lang: str) -> list[Line2D]:
    looks = {True: ("o", DARK, "outcomes.chart.met"), False: ("X", RED, "outcomes.chart.missed")}
    return [
        Line2D([], [], marker=marker, color=colour, linestyle="", markersize=7, markeredgewidth=0, label=say(key, lang))
        for met, (marker, colour, key) in looks.items()
        if met in there
    ]
