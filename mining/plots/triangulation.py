"""Chart of the same question answered by several sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mining.plots.base import DARK, INK, MUTED, ORANGE, RED, axes_of, key_with_interval, nothing, share_axis, style
from mining.texts import say

if TYPE_CHECKING:
    from mining.voice.triangulation import Triangulation

LOOK = {"log": (DARK, "o"), "survey": (ORANGE, "s"), "mystery": (RED, "D"), "inspection": (MUTED, "^")}
APART = 0.2  # of a row between two sources
MOST_ROWS = 40


def triangulation_chart(table: Triangulation, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per question the share by each source with its interval, those in conflict with their name marked.

    Parameters
    ----------
    table : Triangulation
        Questions without data are left out, and those beyond the first forty.
    lang : {"en", "zh"}
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    rows = table.frame[table.frame["status"].ne("no data")].head(MOST_ROWS).reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows) + len(rows) // 2)
        if rows.empty:
            return nothing(ax, say("triangulation.none", lang), lang)
        seen = [source for source in LOOK if (rows[f"{source}_n"] > 0).any()]
        there = sum((rows[f"{x}_n"] > 0).to_numpy(int) for x in seen)
        for i, source in enumerate(seen):
            share, low, high = (rows[f"{source}_{part}"].to_numpy(float) for part in ("share", "low", "high"))
            before = sum((rows[f"{x}_n"] > 0).to_numpy(int) for x in seen[:i])
            places = np.arange(len(rows)) + (before - (there - 1) / 2) * APART
            gaps = np.nan_to_num(np.stack([share - low, high - share])).clip(0)
            colour, marker = LOOK[source]
            look: dict[str, Any] = {
                "fmt": marker,
                "color": colour,
                "markersize": 5.5,
                "elinewidth": 1.1,
                "capsize": 2.5,
            }
            ax.errorbar(share, places, xerr=gaps, **look)
        labels = [
            row[f"name_{lang}"] if row["question"] == "touchpoint" else row["subject"] for _, row in rows.iterrows()
        ]
        labels = [
            f"⚠ {text}" if status == "conflict" else text for text, status in zip(labels, rows["status"], strict=True)
        ]
        share_axis(ax, labels, 1.0, say("triangulation.axis", lang), lang)
        ax.set_xlim(-0.01, 1.03)
        for place in np.arange(len(rows) - 1) + 0.5:
            ax.axhline(place, color=INK, linewidth=0.3, alpha=0.25)
        handles = [
            Line2D(
                [], [], linestyle="", marker=LOOK[x][1], color=LOOK[x][0], label=say(f"triangulation.source.{x}", lang)
            )
            for x in seen
        ]
        key_with_interval(ax, handles, lang)
    return ax


__all__ = ["triangulation_chart"]
