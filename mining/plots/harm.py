"""Chart of effects: the naive difference beside the adjusted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mining.pictures.fonts import safe
from mining.plots.base import (
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
    axes_of,
    families,
    nothing,
    short_label,
    style,
)
from mining.texts import say

if TYPE_CHECKING:
    from mining.harm.effects import Effects

HOUR = 3600.0
APART = 0.17  # of the row, between the naive and the adjusted mark


def effects_chart(
    effects: Effects, outcome: str = "time", *, top: int = 10, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Per finding the naive difference (hollow) and the adjusted effect (filled) with their 95 % intervals, the largest adjusted first.

    Findings without an adjusted effect, or without like cases, are drawn only where there is no other.

    Parameters
    ----------
    effects : Effects
        Not changed.
    outcome : str, default "time"
        Id of the outcome.
    top : int, default 10
        How many findings.
    lang : {"en", "zh"}, default "en"
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
    """
    measured = effects.outcomes[outcome]
    rows = effects.frame[(effects.frame["outcome"] == outcome) & effects.frame["naive"].notna()]
    if rows["effect"].notna().any():  # the others are in the table
        rows = rows[rows["effect"].notna()]
        like = ~rows["weak"].str.split(", ").map(lambda weak: "overlap" in weak)
        rows = rows[like] if like.any() else rows  # without like cases an interval says nothing, and hides the others
    rows = rows.assign(size=rows["effect"].abs().fillna(-1)).sort_values(
        ["size", "finding_id"], ascending=[False, True]
    )
    rows = rows.head(top)
    with style(lang):
        ax = axes_of(ax, len(rows) + 1)
        if rows.empty:
            return nothing(ax, say("harm.nothing", lang), lang)
        scale = HOUR if measured.kind == "time" else 0.01 if measured.kind == "share" else 1.0
        _marks(ax, rows, scale)
        titles = effects.study.findings().frame.set_index("finding_id")[f"title_{lang}"]
        labels = [short_label(titles[id]) for id in rows["finding_id"]]
        family = families(lang)
        ax.set_yticks(range(len(rows)), labels, family=family, fontsize=LABEL_SIZE, parse_math=False)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.axvline(0, color=INK, linewidth=0.9, zorder=1)
        unit = (
            say("harm.hours", lang)
            if measured.kind == "time"
            else say("harm.pp", lang)
            if measured.kind == "share"
            else measured.unit
        )
        ax.set_xlabel(say("harm.axis", lang, name=safe(measured.name[lang]), unit=unit or "-"), family=family)
        ax.set_ylabel("")
        ax.grid(axis="x", color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(axis="both", length=0)
        sns.despine(ax=ax, left=True, bottom=True)
        _key(ax, lang)
    return ax


def _marks(ax: Axes, rows: pd.DataFrame, scale: float) -> None:
    place = np.arange(len(rows))
    sure = rows["grade"].isin(["A", "B"]).to_numpy()
    naive = rows[["naive", "naive_low", "naive_high"]].to_numpy(float) / scale
    adjusted = rows[["effect", "low", "high"]].to_numpy(float) / scale
    for values, which, at, colour, face in (
        (naive, np.ones(len(rows), bool), -APART, LIGHT, "#ffffff"),
        (adjusted, sure, APART, ORANGE, ORANGE),
        (adjusted, ~sure & np.isfinite(adjusted[:, 0]), APART, MUTED, "#ffffff"),
    ):
        x, low, high = values[which].T
        ends = np.nan_to_num(np.vstack([x - low, high - x]))
        line = DARK if colour == LIGHT else colour
        ax.errorbar(
            x, place[which] + at, xerr=ends, fmt="o" if at < 0 else "D", color=line, markerfacecolor=face, markersize=5.5,
            elinewidth=1.3, capsize=3, zorder=3,
        )  # fmt: skip


def _key(ax: Axes, lang: str) -> None:
    looks = (
        ("harm.naive", "o", DARK, "#ffffff"),
        ("harm.effect", "D", ORANGE, ORANGE),
        ("harm.unsure", "D", MUTED, "#ffffff"),
    )
    handles = [
        Line2D([], [], marker=marker, color=colour, markerfacecolor=face, linewidth=1.3, label=say(key, lang))
        for key, marker, colour, face in looks
    ]
    ax.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1, 1.0), ncols=3, frameon=False,
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip
