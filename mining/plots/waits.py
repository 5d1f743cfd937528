"""The chart of waits: transitions by hours in sum, each bar cut by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mining.plots.base import GRID, INK, LABEL_SIZE, axes_of, families, nothing, short_label, style
from mining.texts import say
from mining.times.waiting import PARTS
from mining.units import percent, readable

if TYPE_CHECKING:
    from mining.times.waits import Waits

MOST = 12
ONE_LINE = 30  # letters
LOOK = {  # colours that people who see few colours tell apart (Okabe and Ito), and a hatch where the cause is nobody's here
    "batching": ("#CC79A7", ""),
    "contention": ("#D55E00", ""),
    "prioritisation": ("#F0E442", ""),
    "unavailability": ("#0072B2", ""),
    "other": ("#56B4E9", ""),
    "customer": ("#009E73", "///"),
    "not_known": ("#cbd5e1", "..."),
}
BOUND = ("#e2e8f0", "xxx")


def waits_chart(waits: Waits, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The twelve transitions with the most waiting in sum, as bars by cause; upper bounds where nothing else is known.

    Parameters
    ----------
    waits : Waits
        Not changed.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    measured = waits.measured
    every = measured if len(measured) else waits.bounds
    rows = every[every["total_s"] > 0].head(MOST)
    with style(lang):
        ax = axes_of(ax, len(rows) + 1)
        if rows.empty:
            return nothing(ax, say("waits.none", lang), lang)
        places = np.arange(len(rows))
        handles = _by_cause(ax, rows, places, lang) if len(measured) else _bounds(ax, rows, places, lang)
        look: dict[str, Any] = {
            "va": "center",
            "fontsize": 8,
            "linespacing": 1.3,
            "color": INK,
            "family": families(lang),
        }
        for place, row in zip(places.tolist(), rows.to_dict("records"), strict=True):
            note = f"{percent(row['share'], lang)}  (n = {row['n']:,})\n" + say(
                "waits.median", lang, wait=readable(row["median_s"], lang)
            )
            ax.annotate(note, (row["total_s"] / 3600, place), xytext=(6, 0), textcoords="offset points", **look)
        _frame(ax, waits, rows, every, lang)
        ax.legend(
            handles=handles, loc="lower right", bbox_to_anchor=(1, 1.0), ncols=3, frameon=False,
            prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.2,
        )  # fmt: skip
    return ax


def _by_cause(ax: Axes, rows: pd.DataFrame, places: np.ndarray, lang: str) -> list[Patch]:
    """Bars of the parts, one after the other; the legend has those that occur."""
    begin = np.zeros(len(rows))
    handles = []
    for part in PARTS:
        hours = rows[f"{part}_s"].to_numpy(float) / 3600
        if not hours.any():
            continue
        colour, hatch = LOOK[part]
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": INK, "linewidth": 0.4}
        ax.barh(places, hours, left=begin, height=0.62, **look)
        handles.append(Patch(label=say(f"waits.cause.{part}", lang), **look))
        begin = begin + hours
    return handles


def _bounds(ax: Axes, rows: pd.DataFrame, places: np.ndarray, lang: str) -> list[Patch]:
    look: dict[str, Any] = {"facecolor": BOUND[0], "hatch": BOUND[1], "edgecolor": INK, "linewidth": 0.4}
    ax.barh(places, rows["total_s"].to_numpy(float) / 3600, height=0.62, **look)
    return [Patch(label=say("waits.bound", lang), **look)]


def _label(transition: str) -> str:
    """A transition on one line, or on two: each end cut to one line."""
    if "\n" not in short_label(transition) and len(transition) <= ONE_LINE:
        return short_label(transition)
    first, _, last = transition.partition(" → ")
    ends = [short_label(text).split("\n") for text in (first, last)]
    one, other = (end[0] + ("…" if len(end) > 1 else "") for end in ends)
    return f"{one}\n→ {other}"


def _frame(ax: Axes, waits: Waits, rows: pd.DataFrame, every: pd.DataFrame, lang: str) -> None:
    """Labels, scale, and below it what is not shown."""
    family = families(lang)
    labels = [_label(waits.name_of(row, lang)) for row in rows.to_dict("records")]
    ax.set_yticks(range(len(rows)), labels, family=family, fontsize=LABEL_SIZE, linespacing=1.3, parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    most = float(rows["total_s"].max()) / 3600
    ticks = [t for t in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, most) if t <= most * 1.05]
    ax.set_xticks(ticks, [f"{t:,.10g}" for t in ticks])
    ax.set_xlim(0, most * 1.4)
    bound = bool(rows["upper_bound"].iloc[0])
    said = [say("waits.axis.bound" if bound else "waits.axis", lang)]
    left = every[every["total_s"] > 0].iloc[len(rows) :]
    if len(left):
        said.append(say("waits.more", lang, n=f"{len(left):,}", share=percent(left["share"].sum(), lang)))
    if not bound and len(waits.bounds):
        said.append(say("waits.more_bounds", lang, n=f"{len(waits.bounds):,}"))
    ax.set_xlabel("\n".join(said), family=family, fontsize=LABEL_SIZE, linespacing=1.5, color=INK)
    ax.set_ylabel("")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)
