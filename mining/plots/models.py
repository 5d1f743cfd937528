"""The chart of models side by side: their measures over the thresholds of each miner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mining.plots.base import GRID, INK, LABEL_SIZE, MUTED, axes_of, families, nothing, style
from mining.texts import say

if TYPE_CHECKING:
    from mining.discovery.choice import ModelTable

# measure: colour, marker and line, so that lines on top of each other can be told apart
LOOKS: dict[str, tuple[str, str, str]] = {
    "log_fitness": ("#1f3a5f", "o", "-"),
    "precision": ("#c2410c", "s", "-"),
    "generalisation": ("#15803d", "^", "--"),
    "simplicity": ("#7c3aed", "D", ":"),
}
BAND = "#fde68a"
GAP = 0.9  # between miners, in places
ROWS = 7  # height of the chart


def models_chart(table: ModelTable, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Fitness, precision, generalisation and simplicity over the thresholds, miner by miner; a band marks the recommended model.

    Parameters
    ----------
    table : ModelTable
        Not changed.
    lang : {"en", "zh"}, default "en"
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    frame = table.frame
    with style(lang):
        ax = axes_of(ax, ROWS)
        if frame[list(LOOKS)].isna().all(axis=None):
            return nothing(ax, say("models.chart.nothing", lang), lang)
        at = _places(frame)
        long = frame[["miner", *LOOKS]].assign(at=at).melt(["miner", "at"], var_name="measure", value_name="value")
        for measure, (colour, marker, line) in LOOKS.items():
            rows = long[long["measure"] == measure]
            for _, part in rows.groupby("miner", sort=False):
                look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": line, "markersize": 5.5}
                sns.lineplot(part, x="at", y="value", ax=ax, errorbar=None, linewidth=1.6, markeredgewidth=0, **look)
        _recommended(ax, frame, at)
        _missing(ax, frame, at, lang)
        _axes(ax, frame, at, lang)
        _legend(ax, lang, bool(frame["recommended"].any()))
        return ax


def _places(frame: pd.DataFrame) -> np.ndarray:
    """Rows side by side, with a gap between miners."""
    miners = frame["miner"].to_numpy(object)
    changes = np.concatenate(([False], miners[1:] != miners[:-1]))
    return np.arange(len(frame)) + GAP * np.cumsum(changes)


def _recommended(ax: Axes, frame: pd.DataFrame, at: np.ndarray) -> None:
    for place in at[frame["recommended"].to_numpy(bool)]:
        ax.axvspan(place - 0.36, place + 0.36, color=BAND, alpha=0.7, zorder=0, linewidth=0)


def _missing(ax: Axes, frame: pd.DataFrame, at: np.ndarray, lang: str) -> None:
    """Say where precision, or precision and fitness, are not measured."""
    unmeasured = frame["f_score"].isna().to_numpy()
    for place, fit in zip(at[unmeasured], frame.loc[unmeasured, "log_fitness"], strict=True):
        look: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "bottom", "fontsize": 7.5, "color": MUTED}
        key = "models.chart.unmeasured" if pd.isna(fit) else "models.chart.no_precision"
        ax.text(place, 0.02, say(key, lang), family=families(lang), **look)


def _axes(ax: Axes, frame: pd.DataFrame, at: np.ndarray, lang: str) -> None:
    family = families(lang)
    ax.set_xticks(at, [f"{x:g}" for x in frame["threshold"]])
    ax.set_xlim(at[0] - 0.6, at[-1] + 0.6)
    ax.set_ylim(0, 1.04)
    ax.set_yticks(np.linspace(0, 1, 6), [f"{x:.1f}" for x in np.linspace(0, 1, 6)])
    ax.set_xlabel("")
    ax.set_ylabel(say("models.chart.axis", lang), family=family, fontsize=LABEL_SIZE)
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True)
    for miner, rows in frame.groupby("miner", sort=False):
        places = at[rows.index]
        parameter = say(f"models.chart.{rows['parameter'].iloc[0]}", lang)
        look: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 8.5, "color": INK, "family": family}
        ax.annotate(
            f"{say(f'models.chart.{miner}', lang)}\n{parameter}",
            (float(places.mean()), 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -18),
            textcoords="offset points",
            **look,
        )


def _legend(ax: Axes, lang: str, marked: bool) -> None:
    looks: dict[str, dict[str, Any]] = {
        name: {"color": colour, "marker": marker, "linestyle": line} for name, (colour, marker, line) in LOOKS.items()
    }
    handles: list[Any] = [
        Line2D([], [], label=say(f"models.chart.{name}", lang), **look) for name, look in looks.items()
    ]
    if marked:
        handles.append(Patch(color=BAND, label=say("models.chart.recommended", lang)))
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles), frameon=False,
        prop={"family": families(lang), "size": 8.5}, handlelength=2.2, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip
