"""Charts of the what-if: base and scenarios with their prediction intervals, and the simulation beside what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mining.errors import UnknownNameError
from mining.plots.base import (
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    ORANGE,
    RED,
    axes_of,
    families,
    nothing,
    short_label,
    style,
)
from mining.texts import say

if TYPE_CHECKING:
    from mining.what_if.table import WhatIf
    from mining.what_if.validation import Validation

SIZES = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
APART = 0.17  # rows between base and scenario of one scenario


def what_if_chart(table: WhatIf, *, measure: str | None = None, ax: Axes | None = None, lang: str = "en") -> Axes:
    """One measure, scenario by scenario: as it is and as it would be, with 95 % prediction intervals, and the observed value.

    Parameters
    ----------
    table : WhatIf
        Not changed.
    measure : str, optional
        As in the column of that name. Default: the first measure of the time standards that every scenario has, else the median of the
        throughput time.
    ax : Axes, optional
        Where to draw; else a new figure.
    lang : {"en", "zh"}, default "en"

    Raises
    ------
    UnknownNameError
        If no scenario has that measure.
    """
    frame = table.frame
    measure = "throughput_median" if measure is None else measure
    if measure not in set(frame["measure"]):
        raise UnknownNameError("measure", measure, frame["measure"].unique())
    rows = frame[frame["measure"] == measure].reset_index(drop=True)
    rows = rows[rows[["base", "value"]].notna().all(axis=1)].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows) + 1)
        if rows.empty:
            return nothing(ax, say("what_if.chart.nothing", lang), lang)
        size, unit = _unit(rows)
        _points(ax, rows, size, "base", -APART, DARK, "o")
        _points(ax, rows, size, "value", APART, ORANGE, "s")
        handles = [_key("what_if.chart.base", DARK, "o", lang), _key("what_if.chart.scenario", ORANGE, "s", lang)]
        observed = rows["observed"].iloc[0]
        if pd.notna(observed):
            ax.axvline(observed / size, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
            handles.append(
                Line2D(
                    [], [], color=INK, linewidth=1.1, linestyle=(0, (4, 3)), label=say("what_if.chart.observed", lang)
                )
            )
        name = rows[f"name_{lang}"].iloc[0]
        axis = say("what_if.chart.axis.time", lang, name=name, unit=unit_words(unit, lang)) if unit != "cases" else name
        _dressed(ax, list(rows[f"scenario_{lang}"]), axis, lang)
        if rows["unit"].iloc[0] == "share":
            ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:g}%")
        _legend(ax, handles, lang, say(f"what_if.verdict.{table.validation.verdict}", lang))
        return ax


def validation_chart(table: Validation, *, ax: Axes | None = None, lang: str = "en") -> Axes:
    """What was observed in the part held back beside the prediction interval, each as a multiple of what was foretold."""
    frame = table.frame[table.frame["predicted"] > 0].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(frame) + 1)
        if frame.empty:
            return nothing(ax, say("what_if.chart.nothing", lang), lang)
        scaled = frame[["observed", "low", "high"]].div(frame["predicted"], axis=0)
        places = range(len(frame))
        ax.hlines(places, scaled["low"], scaled["high"], color=DARK, linewidth=5, alpha=0.35, zorder=2)
        ax.plot([1] * len(frame), places, "|", color=DARK, markersize=13, markeredgewidth=2, linestyle="", zorder=3)
        held = frame["inside"] | frame["near"]
        for some, colour, marker in ((held, DARK, "o"), (~held, RED, "X")):
            ax.plot(
                scaled.loc[some, "observed"], frame.index[some], marker, color=colour, markersize=7, linestyle="", zorder=4,
                markeredgecolor="#ffffff", markeredgewidth=0.8,
            )  # fmt: skip
        _dressed(ax, list(frame[f"name_{lang}"]), say("what_if.chart.relative", lang), lang)
        handles = [
            Line2D([], [], color=DARK, linewidth=5, alpha=0.35, label=say("what_if.chart.interval", lang)),
            _key("what_if.chart.observed", DARK, "o", lang),
            _key("what_if.chart.predicted", DARK, "|", lang),
        ]
        if (~held).any():
            handles.append(_key("what_if.chart.off", RED, "X", lang))
        _legend(ax, handles, lang, say(f"what_if.verdict.{table.verdict}", lang), interval=False)
        return ax


def unit_words(unit: str, lang: str) -> str:
    """The unit of an axis."""
    return "%" if unit == "share" else say(f"what_if.chart.unit.{unit}", lang)


def _unit(rows: pd.DataFrame) -> tuple[float, str]:
    """What to divide by, and the unit that comes of it."""
    unit = str(rows["unit"].iloc[0])
    if unit != "s":
        return 1.0, unit
    largest = float(rows[["base", "value"]].max().max())
    return next(((float(size), name) for size, name in SIZES if largest >= 2 * size), (1.0, "s"))


def _points(ax: Axes, rows: pd.DataFrame, size: float, name: str, by: float, colour: str, marker: str) -> None:
    at, low, high = (rows[column] / size for column in (name, f"{name}_low", f"{name}_high"))
    places = [place + by for place in range(len(rows))]
    ax.errorbar(
        at, places, xerr=[at - low, high - at], fmt=marker, color=colour, ecolor=colour, elinewidth=1.6, capsize=3, markersize=6,
        markeredgecolor="#ffffff", markeredgewidth=0.8, zorder=3,
    )  # fmt: skip


def _key(text: str, colour: str, marker: str, lang: str) -> Line2D:
    width = 2.0 if marker == "|" else 0.0
    return Line2D(
        [], [], color=colour, marker=marker, linestyle="", markersize=10 if width else 6.5, markeredgewidth=width, label=say(text, lang)
    )  # fmt: skip


def _dressed(ax: Axes, labels: list[str], axis: str, lang: str) -> None:
    family = families(lang)
    ax.set_yticks(range(len(labels)), [short_label(text) for text in labels], family=family, fontsize=LABEL_SIZE)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xlabel(axis, family=family, fontsize=LABEL_SIZE, color=INK)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    ax.margins(x=0.06)
    sns.despine(ax=ax, left=True, bottom=True)


def _legend(ax: Axes, handles: list[Any], lang: str, verdict: str, *, interval: bool = True) -> None:
    """The key above the axes, and above it the verdict on the simulation."""
    if interval:
        handles = [
            *handles,
            Line2D(
                [], [], color=INK, linewidth=1.4, marker="|", markersize=6, label=say("what_if.chart.interval", lang)
            ),
        ]
    key = ax.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, title=short_verdict(verdict, lang),
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.2, alignment="right",
    )  # fmt: skip
    key.get_title().set(family=families(lang), fontsize=8.5, color=INK)


def short_verdict(verdict: str, lang: str) -> str:
    """The verdict up to its first semicolon or second sentence."""
    return verdict.split(";")[0].split("，无法")[0].rstrip(".。") + ("." if lang == "en" else "。")
