"""The dotted chart: every case a line, every step a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mining.plots.base import GRID, INK, LABEL_SIZE, MUTED, date_locator, families, nothing, short_label, style
from mining.texts import say

if TYPE_CHECKING:
    from mining.variety.dotted import Dots

MOST_COLOURS = 10  # activities told apart; the others are grey
MARKERS = "os^DvPX*<>"


def dotted_chart(dots: Dots, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Draw cases as lines of dots.

    Parameters
    ----------
    dots : Dots
        Not changed.
    lang : {"en", "zh"}, default "en"
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        The dots are drawn as one image, so that a picture of many stays small.
    """
    frame = dots.frame
    with style(lang):
        if ax is None:
            ax = plt.subplots(figsize=(9.6, 6.2), layout="constrained")[1]
        if frame.empty:
            return nothing(ax, say("dotted.nothing", lang), lang)
        order, names = dots.colours(lang, most=MOST_COLOURS)
        colours = [*sns.color_palette("colorblind", min(len(names), MOST_COLOURS)), "#cbd5e1"]
        size = float(np.clip(9000 / dots.n_shown, 1.2, 26))
        handles = []
        for k, name in enumerate(names):
            mine = order == k
            colour, marker = colours[min(k, MOST_COLOURS)], MARKERS[k % len(MARKERS)] if k < MOST_COLOURS else "."
            x = frame.loc[mine, "x"].to_numpy()
            ax.scatter(x, frame.loc[mine, "place"], s=size, color=colour, marker=marker, linewidths=0, rasterized=True)
            look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "", "markersize": 5}
            handles.append(Line2D([], [], label=short_label(name), **look))
        _scales(ax, dots, lang)
        ax.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, borderaxespad=0.4,
            prop={"family": families(lang), "size": 8.5}, handletextpad=0.3,
        )  # fmt: skip
    return ax


def _scales(ax: Axes, dots: Dots, lang: str) -> None:
    family = families(lang)
    values = {"k": f"{dots.n_shown:,}", "n": f"{dots.n_cases:,}", "events": f"{len(dots.frame):,}"}
    ax.set_title(say("dotted.title", lang, **values), loc="left", family=family, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylim(dots.n_shown - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_ylabel(say(f"dotted.cases.{dots.sort}", lang), family=family, fontsize=LABEL_SIZE, color=MUTED)
    text = say(f"dotted.time.{dots.time}", lang, zone=dots.zone)
    ax.set_xlabel(text, family=family, fontsize=LABEL_SIZE, color=INK)
    if dots.time == "absolute":
        locator = date_locator(4, 9)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.DateFormatter("%Y-%m-%d"))
        ax.tick_params(axis="x", rotation=20)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    sns.despine(ax=ax, left=True, bottom=True)
