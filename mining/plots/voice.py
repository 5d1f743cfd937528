"""Charts of what customers and shoppers say: scores with intervals, the net promoter score by period, pass rates, saturation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mining.display.naming import named
from mining.errors import UnknownNameError
from mining.plots.base import (
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
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
    from mining.voice.coders import Saturation
    from mining.voice.periods import NpsPeriods
    from mining.voice.scales import Scores
    from mining.voice.servqual import Servperf
    from mining.voice.shopping import PassRates

MEASURES = ("top_two", "nps", "easy", "mean")
SHARES = ("top_two", "easy")
GROUPS = ("touchpoint", "segment", "channel")
MOST_ROWS = 40


def scores_chart(table: Scores, measure: str = "top_two", *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """One measure by item and group, each with its 95 % interval and number of answers.

    Parameters
    ----------
    table : Scores
        Groups by two columns at once and hidden ones are left out, and rows after the fortieth.
    measure : {"top_two", "nps", "easy", "mean"}
    lang : {"en", "zh"}, default "en"
        Language of the words.
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.

    Raises
    ------
    UnknownNameError
        For another measure.
    """
    if measure not in MEASURES:
        raise UnknownNameError("measure", measure, MEASURES)
    frame = table.frame
    single = (frame[list(GROUPS)] != "all").sum(axis=1) <= 1
    rows = frame[(frame["measure"] == measure) & ~frame["hidden"].astype(bool) & single].head(MOST_ROWS)
    rows = rows.reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("voice.chart.no_scores", lang), lang)
        labels = [_label(row, lang) for row in named(rows, table.names, lang).to_dict("records")]
        notes = [say("voice.chart.answers", lang, n=f"{int(n):,}") for n in rows["n"]]
        whole = (rows[list(GROUPS)] == "all").all(axis=1).to_numpy(bool)
        colours = np.where(whole, DARK, ORANGE)
        factor = 100.0 if measure in SHARES else 1.0
        _dots(ax, rows, factor, colours, notes, lang)
        unit = "%" if measure in SHARES else ""
        limits = {"top_two": (0.0, 100.0), "easy": (0.0, 100.0), "nps": (-100.0, 100.0)}.get(measure)
        _axis(ax, labels, limits or _scale_limits(rows), say(f"voice.chart.{measure}", lang), lang, unit)
        handles = [_dot(DARK, say("voice.chart.overall", lang))]
        handles += [_dot(ORANGE, say("voice.chart.groups", lang))] if not whole.all() else []
        key_with_interval(ax, handles, lang)
        return ax


def servperf_chart(table: Servperf, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Mean perception by dimension with its interval.

    Parameters
    ----------
    table : Servperf
    lang, ax
        As in :func:`scores_chart`.

    Returns
    -------
    Axes
    """
    from mining.voice.items import item_name

    rows = table.frame.dropna(subset=["perception"]).reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("voice.chart.no_scores", lang), lang)
        labels = [item_name(str(x), lang) for x in rows["dimension"]]
        notes = [say("voice.chart.answers", lang, n=f"{int(n):,}") for n in rows["n"]]
        shown = rows.rename(columns={"perception": "value"})
        _dots(ax, shown, 1.0, np.full(len(rows), DARK), notes, lang)
        _axis(ax, labels, _around(shown), say("voice.chart.perception", lang), lang, "")
        key_with_interval(ax, [], lang)
        return ax


def nps_chart(table: NpsPeriods, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """By period the shares of promoters and detractors to both sides of 0, and their difference, the score, with its interval.

    Parameters
    ----------
    table : NpsPeriods
        Hidden periods keep their row, empty.
    lang, ax
        As in :func:`scores_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame.tail(MOST_ROWS).reset_index(drop=True)
    several = rows["item"].nunique() > 1
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows["n"].isna().all():
            return nothing(ax, say("voice.chart.no_scores", lang), lang)
        places = np.arange(len(rows))
        ax.barh(places, 100 * rows["promoters"].to_numpy(float), height=0.6, color=LIGHT)
        ax.barh(places, -100 * rows["detractors"].to_numpy(float), height=0.6, color=ORANGE, alpha=0.75)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        shown = rows.rename(columns={"nps": "value"})
        counts = [
            say("voice.chart.answers", lang, n=f"{int(n):,}") if n == n else ""
            for n in rows["n"].to_numpy(float, na_value=np.nan)
        ]
        _dots(ax, shown, 1.0, np.full(len(rows), DARK), counts, lang, at=103.0)
        labels = [
            f"{row['period']} {row['item']}" if several else str(row["period"]) for row in rows.to_dict("records")
        ]
        _axis(ax, labels, (-100.0, 100.0), say("voice.chart.nps_strip", lang), lang, "")
        handles = [
            Patch(color=ORANGE, alpha=0.75, label=say("voice.chart.detractors", lang)),
            Patch(color=LIGHT, label=say("voice.chart.promoters", lang)),
            _dot(DARK, say("voice.chart.score", lang)),
        ]
        key_with_interval(ax, handles, lang)
        return ax


def mystery_chart(table: PassRates, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Pass rates with their intervals, critical standards on top and in another colour.

    Parameters
    ----------
    table : PassRates
        Standards without a judged visit are left out, and rows after the fortieth.
    lang, ax
        As in :func:`scores_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["judged"] > 0].head(MOST_ROWS).reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("voice.chart.no_visits", lang), lang)
        kinds = [_weight(x) for x in rows["critical"]]
        colours = np.array([{"critical": RED, "other": DARK, "unranked": LIGHT}[kind] for kind in kinds])
        notes = [f"{p:,} / {n:,}" for p, n in zip(rows["passed"], rows["judged"], strict=True)]
        _dots(ax, rows.rename(columns={"share": "value"}), 100.0, colours, notes, lang, at=102.0)
        labels = [
            say("voice.chart.inspection", lang, standard=x) if source == "inspection" else str(x)
            for x, source in zip(rows["standard_id"], rows["source"], strict=True)
        ]
        _axis(ax, labels, (0.0, 100.0), say("voice.chart.pass_rate", lang), lang, "%")
        looks = {"critical": RED, "other": DARK, "unranked": LIGHT}
        handles = [_dot(looks[kind], say(f"voice.chart.{kind}", lang)) for kind in looks if kind in kinds]
        key_with_interval(ax, handles, lang)
        return ax


def saturation_chart(table: Saturation, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Categories heard so far, interview by interview: where the line is level, more of them bring nothing new.

    Parameters
    ----------
    table : Saturation
    lang, ax
        As in :func:`scores_chart`.

    Returns
    -------
    Axes
    """
    frame = table.frame
    with style(lang):
        ax = axes_of(ax, 6)
        ax.step(frame["order"], frame["heard"], where="post", color=DARK, linewidth=1.6)
        ax.plot(frame["order"], frame["heard"], "o", color=DARK, markersize=4)
        ax.set_ylim(0, float(frame["heard"].max()) * 1.1 + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        look: dict[str, Any] = {"family": families(lang), "fontsize": LABEL_SIZE, "color": INK}
        ax.set_xlabel(say("voice.chart.interviews", lang), **look)
        ax.set_ylabel(say("voice.chart.heard", lang), **look)
        ax.grid(axis="y", color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(axis="both", length=0)
        sns.despine(ax=ax, left=True)
        return ax


def _weight(critical: Any) -> str:
    return "unranked" if pd.isna(critical) else "critical" if critical else "other"


def _label(row: dict[str, Any], lang: str) -> str:
    """The item, and the group where it is one."""
    from mining.voice.items import item_name

    item = item_name(str(row["item"]), lang)
    group = next((row[name] for name in GROUPS if row[name] != "all"), None)
    return (
        item
        if group is None
        else say("display.setting", lang, name=item, value=group or say("word.not_recorded", lang))
    )


def _dot(colour: str, label: str) -> Line2D:
    return Line2D([], [], marker="o", linestyle="", color=colour, label=label)


def _dots(
    ax: Axes,
    rows: pd.DataFrame,
    factor: float,
    colours: np.ndarray,
    notes: list[str],
    lang: str,
    at: float | None = None,
) -> None:
    """Each row as a dot with its interval, where it has one, and its note: at ``at``, else right of the axes."""
    value, low, high = (factor * rows[name].to_numpy(float) for name in ("value", "low", "high"))
    for place, (x, a, b, colour) in enumerate(zip(value, low, high, colours, strict=True)):
        if np.isnan(x):
            continue
        gap = None if np.isnan(a) or np.isnan(b) else [[max(x - a, 0)], [max(b - x, 0)]]
        ax.errorbar(
            [x], [place], xerr=gap, fmt="o", color=colour, ecolor=INK, markersize=6, elinewidth=1.1, capsize=3, zorder=4
        )
    look: dict[str, Any] = {
        "va": "center",
        "fontsize": 8.5,
        "color": INK,
        "family": families(lang),
        "annotation_clip": False,
    }
    for place, note in enumerate(notes):
        if at is None:
            ax.annotate(note, (1.01, place), xycoords=("axes fraction", "data"), **look)
        else:
            ax.annotate(note, (at, place), xytext=(4, 0), textcoords="offset points", **look)


def _scale_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """The scale of the items where they share one; else what is drawn."""
    scales = [x for x in rows["scale"].unique() if x]
    if len(scales) == 1 and rows["scale"].ne("").all():
        low, high = rows["scale"].iloc[0].rsplit("-", 1)
        return float(low), float(high)
    return _around(rows)


def _around(rows: pd.DataFrame) -> tuple[float, float]:
    seen = rows[["value", "low", "high"]].to_numpy(float)
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    room = 0.1 * (high - low) or 0.5
    return low - room, high + room


def _axis(ax: Axes, labels: list[str], limits: tuple[float, float], text: str, lang: str, unit: str) -> None:
    family = families(lang)
    ax.set_yticks(
        range(len(labels)), [short_label(x) for x in labels], family=family, fontsize=LABEL_SIZE, parse_math=False
    )
    ax.set_ylim(len(labels) - 0.5, -0.5)
    low, high = limits
    edge = 0.02 * (high - low)
    ax.set_xlim(low - edge, high + edge)
    ticks = [
        t for t in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low - edge <= t <= high + edge
    ]
    ax.set_xticks(ticks, [f"{t:g}{unit}" for t in ticks])
    ax.set_xlabel(text, family=family, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel("")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


__all__ = ["mystery_chart", "nps_chart", "saturation_chart", "scores_chart", "servperf_chart"]
