"""Charts of the tables made from the case x check matrix; they lay out numbers that the tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mining.conformance.verdicts import DIMENSIONS
from mining.opportunities import FACETS
from mining.pictures.fonts import safe
from mining.pictures.svg import wrap
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
    nothing,
    share_axis,
    short_label,
    style,
    tick,
)
from mining.promises import length_words
from mining.segments import group_label
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.dimensions import Dimensions
    from mining.funnel import Funnel
    from mining.promises import Calibration, OnTime
    from mining.scorecard import Touchpoints

GROSS, NET, GIVEN_UP, OTHER = DARK, LIGHT, ORANGE, RED
LOW_TO_HIGH = LinearSegmentedColormap.from_list("share", ["#7f2704", "#d9702b", "#fbc68c", "#fef0dc", "#ffffff"])
FLOOR = 0.8  # the darkest colour is the lowest share shown, or this if all are higher
HEAT_LABEL = 56.0  # width of a column of a heat map, in the units that labels are wrapped by
ENOUGH, MOST_ROWS = 30, 40


def scorecard_chart(table: Touchpoints, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Touchpoints by facets: share and number in every cell, coloured from 30 opportunities on, the darker the lower.

    Parameters
    ----------
    table : Touchpoints
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
    rows = table.frame[table.frame["n"].fillna(0) > 0]
    facets = [facet for facet in FACETS if (rows[f"{facet}_n"].fillna(0) > 0).any()]
    with style(lang):
        ax = axes_of(ax, len(rows) + 1)
        if rows.empty:
            return nothing(ax, say("chart.no_touchpoints", lang), lang)
        shares, numbers = rows[[*facets, "conf"]], rows[[*(f"{facet}_n" for facet in facets), "n"]]
        columns = [say(f"facet.{facet}", lang) for facet in (*facets, "all")]
        return _heat(ax, shares, numbers, rows[f"name_{lang}"].tolist(), columns, lang)


def dimensions_chart(table: Dimensions, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The dimensions with their shares, gross with its interval and net; or groups by dimensions, as :func:`scorecard_chart`.

    Parameters
    ----------
    table : Dimensions
        Of groups only the first forty rows are drawn.
    lang, ax
        As in :func:`scorecard_chart`.

    Returns
    -------
    Axes
    """
    frame = table.frame
    with style(lang):
        if table.by is None:
            return _bars_of_dimensions(axes_of(ax, len(frame)), frame, lang)
        groups = list(dict.fromkeys(frame["group"]))[:MOST_ROWS]
        ax = axes_of(ax, len(groups) + 1)
        if not groups:
            return nothing(ax, say("chart.no_groups", lang), lang)
        wanted = [d for d in DIMENSIONS if (frame.loc[frame["dimension"] == d, "judged"].fillna(0) > 0).any()]
        shares = frame.pivot(index="group", columns="dimension", values="gross").loc[groups, wanted]
        numbers = frame.pivot(index="group", columns="dimension", values="judged").loc[groups, wanted]
        names = [group_label(group, lang) for group in groups]
        return _heat(ax, shares, numbers, names, [say(f"short.{d}", lang) for d in wanted], lang)


def _bars_of_dimensions(ax: Axes, frame: pd.DataFrame, lang: str) -> Axes:
    judged = frame["judged"].fillna(0).to_numpy(int) > 0
    places = np.flatnonzero(judged)
    for column, colour, height in (("net", NET, 0.62), ("gross", GROSS, 0.34)):
        bars = pd.DataFrame({"x": frame.loc[judged, column].to_numpy(float), "place": places.astype(str)})
        order = [str(i) for i in range(len(frame))]
        sns.barplot(bars, x="x", y="place", order=order, color=colour, saturation=1, width=height, errorbar=None, ax=ax)
    for place, row in frame.iterrows():
        x, look = (float(row["gross"]), row) if judged[place] else (0.0, None)
        text = say("chart.not_measured", lang) if look is None else f"{row['pass']:,} / {row['judged']:,}"
        if look is not None:
            gap = [[x - row["low"]], [row["high"] - x]]
            ax.errorbar([x], [place], xerr=gap, fmt="none", ecolor="#f8fafc", elinewidth=3.4, capsize=0, zorder=4)
            ax.errorbar([x], [place], xerr=gap, fmt="none", ecolor=OTHER, elinewidth=1.3, capsize=3, zorder=5)
        _note(ax, text, 1.0 if look is not None else 0.0, int(place), lang, MUTED if look is None else INK)
    share_axis(
        ax, [say(f"dimension.{d}", lang) for d in frame["dimension"]], 1.0, say("chart.dimensions_axis", lang), lang
    )
    handles = [Patch(color=GROSS, label=say("chart.gross", lang)), Patch(color=NET, label=say("chart.net", lang))]
    return _legend(ax, [*handles, _whisker(OTHER, lang)], lang)


def on_time_chart(table: OnTime, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per time standard the share in time of ended cases and, below it, with running ones, each with its 95 % interval.

    Parameters
    ----------
    table : OnTime
        Standards that could be measured in no case are left out.
    lang, ax
        As in :func:`scorecard_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["km_n"] > 0].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows) + (len(rows) + 1) // 2)
        if rows.empty:
            return nothing(ax, say("chart.no_standards", lang), lang)
        for shift, names, colour, marker in (
            (-0.16, ("share", "low", "high"), GROSS, "o"), (0.16, ("km", "km_low", "km_high"), OTHER, "D"),
        ):  # fmt: skip
            share, low, high = (rows[name].to_numpy(float) for name in names)
            gap = np.nan_to_num(np.stack([share - low, high - share])).clip(0)
            places = np.arange(len(rows)) + shift
            ax.errorbar(
                share, places, xerr=gap, fmt=marker, color=colour, markersize=6, elinewidth=1.1, capsize=3, zorder=4
            )
        target = rows["target"].to_numpy(float)
        ax.scatter(target, np.arange(len(rows)), marker="|", s=620, color=INK, linewidth=2.2, zorder=2)
        for place, row in rows.iterrows():
            text = say("chart.ended_running", lang, n=f"{row['n']:,}", running=f"{row['running']:,}")
            _note(ax, text, 1.0, int(place), lang)
        share_axis(ax, _standard_labels(rows, lang), 1.0, say("chart.on_time_axis", lang), lang)
        handles = [
            Line2D([], [], marker=marker, linestyle="", color=colour, label=say(key, lang))
            for marker, colour, key in (("o", GROSS, "chart.ended"), ("D", OTHER, "chart.with_running"))
        ]
        return _legend(ax, [*handles, *([tick(lang)] if not np.isnan(target).all() else []), _whisker(INK, lang)], lang)


def calibration_chart(table: Calibration, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per time standard the limits that 80, 90 and 95 % of the cases would keep, as multiples of the present one.

    Parameters
    ----------
    table : Calibration
        Standards that could be measured in no case are left out, and due dates, which have no limit to be a multiple of.
    lang, ax
        As in :func:`scorecard_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[(table.frame["n"] > 0) & (table.frame["limit"] > 0)].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows) + (len(rows) + 1) // 2)
        if rows.empty:
            return nothing(ax, say("chart.no_standards", lang), lang)
        limit = rows["limit"].to_numpy(float)
        highest = 1.0
        for shift, prefix, colour, filled in ((-0.16, "at", GROSS, True), (0.16, "km", OTHER, False)):
            found = np.stack([rows[f"{prefix}_{k}"].to_numpy(float) / limit for k in (80, 90, 95)])
            places = np.arange(len(rows)) + shift
            ax.hlines(places, found[0], np.nan_to_num(found, nan=-1).max(axis=0), color=colour, linewidth=1.1, zorder=2)
            for marker, xs in zip("osD", found, strict=True):
                ax.plot(
                    xs,
                    places,
                    marker,
                    color=colour,
                    markerfacecolor=colour if filled else "#ffffff",
                    markersize=6,
                    zorder=3,
                )
            highest = max(highest, float(np.nan_to_num(found).max()))
        for place, row in rows.iterrows():
            words = length_words(row["at_95"], row["unit"], lang)
            _note(ax, f"95 %: {words}" if lang == "en" else f"95%：{words}", highest, int(place), lang)
        share_axis(ax, _standard_labels(rows, lang), highest, say("chart.calibration_axis", lang), lang)
        _scale(ax, highest, "{:g}", 1.36)
        ax.axvline(1.0, color=INK, linewidth=1.4, zorder=1)
        share = [Line2D([], [], marker=x, linestyle="", color=MUTED, label=f"{k}{' ' if lang == 'en' else ''}%")
                 for x, k in zip("osD", (80, 90, 95), strict=True)]  # fmt: skip
        kinds = [
            Line2D([], [], color=c, label=say(key, lang))
            for c, key in ((GROSS, "chart.ended"), (OTHER, "chart.with_running"))
        ]
        return _legend(ax, [*share, *kinds], lang)


def funnel_chart(table: Funnel, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per designed step the cases that reached it, and of them those that were given up there.

    Parameters
    ----------
    table : Funnel
        Steps without a trace in the log are left out.
    lang, ax
        As in :func:`scorecard_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["testable"].astype(bool)].reset_index(drop=True)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty or not table.entered:
            return nothing(ax, table.sentence(lang), lang)
        places = rows.index.astype(str)
        for column, colour, hatch in (("reached", NET, ""), ("dropped", GIVEN_UP, "////")):
            bars = pd.DataFrame({"x": rows[column].to_numpy(float), "place": places})
            before = len(ax.patches)
            sns.barplot(
                bars,
                x="x",
                y="place",
                color=colour,
                saturation=1,
                width=0.66,
                errorbar=None,
                edgecolor=INK,
                linewidth=0.6,
                ax=ax,
            )
            for bar in ax.patches[before:]:
                bar.set_hatch(hatch)
        highest = float(rows["reached"].max())
        for place, row in rows.iterrows():
            text = f"{row['reached']:,}  {percent(row['share'], lang)}"
            parts = [
                say(f"chart.{name}", lang, n=f"{row[name]:,}") for name in ("dropped", "retries", "back") if row[name]
            ]
            _note(ax, "  ".join([text, *parts]), float(row["reached"]), int(place), lang)
        share_axis(
            ax, rows[f"name_{lang}"].tolist(), highest, say("chart.funnel_axis", lang, n=f"{table.entered:,}"), lang
        )
        _scale(ax, highest, "{:,.0f}", 1.75)
        handles = [Patch(facecolor=NET, edgecolor=INK, label=say("chart.reached", lang)),
                   Patch(facecolor=GIVEN_UP, edgecolor=INK, hatch="////", label=say("chart.given_up", lang))]  # fmt: skip
        return _legend(ax, handles, lang)


# --- parts -----------------------------------------------------------------------------------------------------------


def _heat(
    ax: Axes, shares: pd.DataFrame, numbers: pd.DataFrame, rows: list[str], columns: list[str], lang: str
) -> Axes:
    """Shares as cells; those of few are written and not coloured."""
    share, n = shares.to_numpy(float), numbers.fillna(0).to_numpy(int)
    coloured = (n >= ENOUGH) & ~np.isnan(share)
    floor = min(FLOOR, float(share[coloured].min())) if coloured.any() else FLOOR
    sns.heatmap(
        np.where(coloured, share, 1.0),
        cmap=LOW_TO_HIGH,
        vmin=floor,
        vmax=1.0,
        cbar=False,
        linewidths=1.0,
        linecolor=GRID,
        ax=ax,
    )
    family = families(lang)
    for i, j in np.ndindex(share.shape):
        nothing = np.isnan(share[i, j])
        text = "–" if nothing else f"{percent(share[i, j], lang)}\nn {n[i, j]:,}"
        dark = coloured[i, j] and (share[i, j] - floor) / (1 - floor) < 0.35
        colour = "#ffffff" if dark else INK if coloured[i, j] else MUTED
        style = "normal" if coloured[i, j] or nothing else "italic"
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=8, color=colour, family=family, style=style)
    ax.set_yticks(
        np.arange(len(rows)) + 0.5,
        [short_label(x) for x in rows],
        rotation=0,
        family=family,
        fontsize=LABEL_SIZE,
        parse_math=False,
    )
    ax.set_xticks(
        np.arange(len(columns)) + 0.5,
        ["\n".join(wrap(safe(x), LABEL_SIZE, HEAT_LABEL)) for x in columns],
        rotation=0,
        family=family,
        fontsize=LABEL_SIZE,
        parse_math=False,
    )
    ax.xaxis.tick_top()
    ax.tick_params(axis="both", length=0)
    ax.set_xlabel(say("chart.heat_axis", lang, n=ENOUGH), family=family, fontsize=8.5, color=MUTED)
    ax.set_ylabel("")
    return ax


def _scale(ax: Axes, highest: float, form: str, room: float) -> None:
    """Ticks up to the highest value, and room for the notes beyond it."""
    found = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, highest)
    ticks = [t for t in found if 0 <= t <= highest * 1.02]
    ax.set_xticks(ticks, [form.format(t) for t in ticks])
    ax.set_xlim(-0.01 * highest, highest * room)


def _standard_labels(rows: pd.DataFrame, lang: str) -> list[str]:
    words = [
        say("standard.due_date_short", lang) if metric == "due_date" else length_words(limit, unit, lang)
        for metric, limit, unit in zip(rows["metric"], rows["limit"], rows["unit"], strict=True)
    ]
    return [f"{name}  {text}" for name, text in zip(rows["standard"], words, strict=True)]


def _note(ax: Axes, text: str, x: float, place: int, lang: str, colour: str = INK) -> None:
    look: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": colour, "family": families(lang)}
    ax.annotate(text, (x, place), xytext=(7, 0), textcoords="offset points", **look)


def _whisker(colour: str, lang: str) -> Line2D:
    return Line2D([], [], color=colour, linewidth=1.2, marker="|", markersize=6, label=say("chart.interval", lang))


def _legend(ax: Axes, handles: list[Any], lang: str) -> Axes:
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(handles), 3), frameon=False,
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip
    return ax
