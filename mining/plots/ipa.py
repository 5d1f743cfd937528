"""Charts of what matters to customers: importance against performance, and importance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from mining.plots.base import (
    DARK,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
    RED,
    axes_of,
    families,
    intervals,
    key_with_interval,
    nothing,
    share_axis,
    style,
)
from mining.plots.labels import place_labels
from mining.texts import say
from mining.voice.ipa import QUADRANTS, UNDECIDED

if TYPE_CHECKING:
    from mining.voice.ahp import AhpWeights
    from mining.voice.importance import Importance
    from mining.voice.ipa import Ipa

SIZE = (7.2, 5.8)  # inches
LOOK = {
    "improve": (RED, "o"),
    "keep": (DARK, "s"),
    "low": (LIGHT, "v"),
    "over": (ORANGE, "^"),
    UNDECIDED: ("white", "D"),
}
ROOM = 0.14  # of the range left free around the points, for labels
CORNERS = {"improve": (0.01, 0.99), "keep": (0.99, 0.99), "low": (0.01, 0.01), "over": (0.99, 0.01)}


def ipa_chart(table: Ipa, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Importance upwards, performance to the right, with intervals, cross-hairs and the line of equal priority.

    Parameters
    ----------
    table : Ipa
        Touchpoints without importance or performance are left out.
    lang : {"en", "zh"}
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    rows = table.frame[table.frame["quadrant"].notna()].reset_index(drop=True)
    with style(lang):
        if ax is None:
            ax = plt.subplots(figsize=SIZE, layout="constrained")[1]
        if rows.empty:
            return nothing(ax, say("ipa.none", lang), lang)
        x, y = rows["performance"].to_numpy(float), rows["importance"].to_numpy(float)
        _limits(ax, rows, table)
        _lines(ax, table, x, y)
        spans = []
        for name, edges in (("performance", "xerr"), ("importance", "yerr")):
            middle, low, high = (rows[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
            gaps = np.nan_to_num(np.stack([middle - low, high - middle])).clip(0)
            bars: dict[str, Any] = {
                edges: gaps,
                "fmt": "none",
                "ecolor": MUTED,
                "elinewidth": 1.2,
                "capsize": 2.5,
                "zorder": 2,
            }
            ax.errorbar(x, y, **bars)
            ends = (x - gaps[0], y, x + gaps[1], y) if edges == "xerr" else (x, y - gaps[0], x, y + gaps[1])
            spans.append(np.column_stack(ends))
        for quadrant, (colour, marker) in LOOK.items():
            mine = rows["quadrant"].eq(quadrant).to_numpy()
            ax.scatter(x[mine], y[mine], color=colour, edgecolor=INK, linewidth=0.8, marker=marker, s=42, zorder=5)
        _axes(ax, table, lang)
        corners = [_corner(ax, quadrant, lang) for quadrant in QUADRANTS]
        _key(ax, table, set(rows["quadrant"]), lang)
        place_labels(
            ax, np.column_stack([x, y]), rows[f"name_{lang}"].tolist(), lang, taken=corners, lines=np.vstack(spans)
        )
    return ax


def _limits(ax: Axes, rows: pd.DataFrame, table: Ipa) -> None:
    for name, line, put in (
        ("performance", table.cross.performance, ax.set_xlim), ("importance", table.cross.importance, ax.set_ylim),
    ):  # fmt: skip
        ends = [rows[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high")]
        low, high = np.nanmin([*ends[0], *ends[1], line]), np.nanmax([*ends[0], *ends[2], line])
        room = ROOM * (high - low) if high > low else 0.1
        put(low - room, high + room)


def _lines(ax: Axes, table: Ipa, x: np.ndarray, y: np.ndarray) -> None:
    """Cross-hairs, and through them the line on which importance and performance are equal in parts of their ranges."""
    cross = table.cross
    ax.axvline(cross.performance, color=MUTED, linewidth=1.0, zorder=1)
    ax.axhline(cross.importance, color=MUTED, linewidth=1.0, zorder=1)
    if np.ptp(x) > 0 and np.ptp(y) > 0:
        ax.axline(
            (cross.performance, cross.importance),
            slope=np.ptp(y) / np.ptp(x),
            color=MUTED,
            linewidth=1.0,
            linestyle=(0, (4, 3)),
            zorder=1,
        )


def _axes(ax: Axes, table: Ipa, lang: str) -> None:
    look: dict[str, Any] = {"family": families(lang), "fontsize": LABEL_SIZE, "color": INK}
    ax.set_xlabel(say(f"ipa.axis.performance.{table.source}", lang), **look)
    ax.set_ylabel(say(f"ipa.axis.importance.{table.importance}", lang), **look)
    if table.source == "log":
        ticks = _share_ticks(ax.get_xticks(), ax.get_xlim())
        ax.set_xticks(ticks, [f"{100 * t:.4g}%" for t in ticks])
    if table.importance == "derived":
        ticks = _share_ticks(ax.get_yticks(), ax.get_ylim())
        ax.set_yticks(ticks, [f"{100 * t:.4g}%" for t in ticks])
    ax.tick_params(length=0)
    sns.despine(ax=ax)


def _share_ticks(ticks: Any, ends: tuple[float, float]) -> list[float]:
    """Those that are shares and lie within the axes."""
    return [float(t) for t in ticks if -1e-9 <= t <= 1 + 1e-9 and ends[0] <= t <= ends[1]]


def _corner(ax: Axes, quadrant: str, lang: str) -> Any:
    x, y = CORNERS[quadrant]
    look: dict[str, Any] = {
        "ha": "left" if x < 0.5 else "right",
        "va": "bottom" if y < 0.5 else "top",
        "family": families(lang),
    }
    look["path_effects"] = [withStroke(linewidth=3, foreground="white")]
    text = say(f"ipa.quadrant.{quadrant}", lang)
    return ax.text(x, y, text, transform=ax.transAxes, fontsize=10, color=MUTED, zorder=3, **look)


def _key(ax: Axes, table: Ipa, seen: set[str], lang: str) -> None:
    handles = [
        Line2D(
            [], [], linestyle="", marker=marker, markerfacecolor=colour, markeredgecolor=INK, markersize=6.5,
            label=say(f"ipa.quadrant.{quadrant}", lang),
        )
        for quadrant, (colour, marker) in LOOK.items()
        if quadrant in seen
    ]  # fmt: skip
    rule = say("ipa.cross", lang, rule=say(f"ipa.rule.{table.cross.rule}", lang))
    handles += [
        Line2D([], [], color=MUTED, linewidth=1.2, marker="|", markersize=6, label=say("ipa.interval", lang)),
        Line2D([], [], color=MUTED, linewidth=1.0, label=rule),
        Line2D([], [], color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), label=say("ipa.diagonal", lang)),
    ]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False,
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip


def importance_chart(table: Importance, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Derived importance of each touchpoint with its interval.

    Parameters
    ----------
    table : Importance
        Touchpoints without a derived importance are left out.
    lang, ax
        As in :func:`ipa_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["share"].notna()].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("importance.nothing", lang), lang)
        _bars(ax, rows["share"])
        notes = [f"{value:.0%}" for value in rows["share"]]
        intervals(ax, rows["share"], rows["low"], rows["high"], notes, lang, rows["high"])
        share_axis(ax, rows[f"name_{lang}"].tolist(), float(rows["high"].max()), say("importance.axis", lang), lang)
        key_with_interval(ax, [Patch(color=LIGHT, label=say("importance.answers", lang, n=f"{table.n:,}"))], lang)
    return ax


def ahp_chart(table: AhpWeights, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The weights of things compared in pairs; with several judges what single ones would give.

    Parameters
    ----------
    table : AhpWeights
    lang, ax
        As in :func:`ipa_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame
    with style(lang):
        ax = axes_of(ax, len(rows))
        _bars(ax, rows["weight"])
        notes = [f"{value:.1%}" for value in rows["weight"]]
        several = len(table.judges) > 1
        low, high = (rows["lowest"], rows["highest"]) if several else (rows["weight"], rows["weight"])
        low, high = np.minimum(low, rows["weight"]), np.maximum(high, rows["weight"])
        if several:
            intervals(ax, rows["weight"], low, high, notes, lang, high)
            bar = Line2D([], [], color=INK, linewidth=1.1, marker="|", markersize=6, label=say("ahp.judges", lang))
            ax.legend(
                handles=[bar],
                loc="lower left",
                bbox_to_anchor=(0, 1.0),
                frameon=False,
                prop={"family": families(lang), "size": 8.5},
            )
        else:
            for place, (x, note) in enumerate(zip(rows["weight"], notes, strict=True)):
                ax.annotate(
                    note, (x, place), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK
                )
        share_axis(ax, rows["item"].tolist(), float(high.max()), say("ahp.axis", lang), lang)
    return ax


def _bars(ax: Axes, values: pd.Series) -> None:
    places = pd.DataFrame({"x": values.to_numpy(float), "place": [str(i) for i in range(len(values))]})
    sns.barplot(places, x="x", y="place", color=LIGHT, saturation=1, width=0.6, errorbar=None, ax=ax)


__all__ = ["ahp_chart", "importance_chart", "ipa_chart"]
