"""Bar charts of hand-overs: ping-pong, rework, automation and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mining.handovers.crossings import LINES
from mining.plots.base import DARK, INK, LIGHT, ORANGE, axes_of, families, nothing, share_axis, style
from mining.plots.handovers import PALE, legend, why
from mining.segments import group_label
from mining.texts import say
from mining.units import percent, readable

if TYPE_CHECKING:
    from mining.handovers.automation import Automation, AutomationBy
    from mining.handovers.channels import Channels
    from mining.handovers.crossings import CrossingSummary
    from mining.handovers.ping_pong import PingPong
    from mining.handovers.rework import Rework

MOST_PAIRS, MOST_STEPS, MOST_GROUPS = 15, 20, 40
Part = tuple[np.ndarray, str, str, str]  # lengths, colour, hatch, name


def ping_pong_chart(table: PingPong, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The fifteen pairs with most returns; beside each its cases, its longest chain and the median time away.

    Parameters
    ----------
    table : PingPong
    lang, ax
        As in :func:`mining.plots.handovers.matrix_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame.head(MOST_PAIRS)
    names = [f"{a} ↔ {b}" for a, b in zip(rows[f"one_{lang}"], rows[f"other_{lang}"], strict=True)]
    notes = [
        say(
            "chart.ping_pong_note", lang, n=f"{row['n']:,}", cases=f"{row['cases']:,}", longest=row["longest"],
            away=readable(row["median_s"], lang),
        )
        for _, row in rows.iterrows()
    ]  # fmt: skip
    parts = [(rows["n"].to_numpy(float), DARK, "", say("chart.returns", lang))]
    return _bars(names, parts, notes, say("chart.ping_pong_axis", lang), table.sentence(lang), lang, ax, 1.75)


def rework_chart(table: Rework, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Repeats by activity, at once and after other steps; beside each the share of its cases with a repeat.

    Parameters
    ----------
    table : Rework
        The twenty activities with most repeats; those without any are left out.
    lang, ax
        As in :func:`mining.plots.handovers.matrix_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["repeats"] > 0].head(MOST_STEPS)
    notes = [
        say(
            "chart.rework_note", lang, n=f"{row['cases_with_repeats']:,}", cases=f"{row['cases']:,}", share=percent(row["share"], lang)
        )
        for _, row in rows.iterrows()
    ]  # fmt: skip
    parts = [
        (rows[name].to_numpy(float), colour, hatch, say(f"chart.{name}", lang))
        for name, colour, hatch in (("rework_loops", DARK, ""), ("self_loops", ORANGE, "////"))
    ]
    names = rows[f"name_{lang}"].tolist()
    return _bars(names, parts, notes, say("chart.rework_axis", lang), table.sentence(lang), lang, ax, 1.6)


def automation_chart(table: Automation, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Completed steps by activity: by system accounts, by persons, by nobody that the log names.

    Parameters
    ----------
    table : Automation
        The twenty activities with most steps.
    lang, ax
        As in :func:`mining.plots.handovers.matrix_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame.sort_values("n", ascending=False, kind="stable").head(MOST_STEPS)
    if table.accounts is None:
        rows = rows[:0]
    notes = [
        f"{row['n']:,}" + ("" if np.isnan(row["share"]) else f"  {percent(row['share'], lang)}")
        for _, row in rows.iterrows()
    ]
    parts = [
        (rows[name].to_numpy(float), colour, hatch, say(f"chart.{name}", lang))
        for name, colour, hatch in (("by_system", DARK, ""), ("by_person", ORANGE, "////"), ("unnamed", PALE, ""))
    ]
    names = rows[f"name_{lang}"].tolist()
    return _bars(names, parts, notes, say("chart.automation_axis", lang), table.sentence(lang), lang, ax, 1.35)


def automation_by_chart(table: AutomationBy, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per group the automation rate of its steps and the straight-through share of its cases, each with its 95 % interval.

    Parameters
    ----------
    table : AutomationBy
        The first forty groups.
    lang, ax
        As in :func:`mining.plots.handovers.matrix_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame.head(MOST_GROUPS)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, why(table.sentence(lang)), lang)
        handles: list[Any] = []
        for shift, columns, marker, colour in (
            (-0.14, ("share", "low", "high"), "o", DARK),
            (0.14, ("straight_share", "straight_low", "straight_high"), "D", ORANGE),
        ):
            share, low, high = (rows[name].to_numpy(float) for name in columns)
            gap = np.nan_to_num(np.stack([share - low, high - share])).clip(0)
            label = say(f"chart.{columns[0]}", lang)
            look: dict[str, Any] = {
                "color": colour,
                "markeredgecolor": INK,
                "markersize": 6,
                "elinewidth": 1.1,
                "capsize": 3,
            }
            handles.append(ax.errorbar(share, np.arange(len(rows)) + shift, xerr=gap, fmt=marker, label=label, **look))
        share_axis(ax, [group_label(x, lang) for x in rows["group"]], 1.0, say("chart.automation_by_axis", lang), lang)
        for place, (_, row) in enumerate(rows.iterrows()):
            text = say("chart.cases", lang, n=f"{row['cases']:,}")
            ax.text(1.04, place, text, va="center", fontsize=8.5, color=INK, family=families(lang))
        ax.set_xlim(-0.02, 1.24)
        return legend(ax, handles, lang, 2)


def channels_chart(table: Channels, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Cases by channel, and of them those that used no other.

    Parameters
    ----------
    table : Channels
        The twenty channels with most cases.
    lang, ax
        As in :func:`mining.plots.handovers.matrix_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame.head(MOST_STEPS)
    parts = [
        (rows["only"].to_numpy(float), DARK, "", say("chart.only_channel", lang)),
        ((rows["cases"] - rows["only"]).to_numpy(float), LIGHT, "////", say("chart.several_channels", lang)),
    ]
    notes = []
    for _, row in rows.iterrows():
        note = f"{row['cases']:,}  {percent(row['share'], lang)}"
        if not pd.isna(row["failed"]):
            note += say("chart.channel_failed", lang, n=f"{row['failed']:,}", of=f"{row['contacts']:,}")
        notes.append(note)
    axis = say("chart.channels_axis", lang, n=f"{table.switching.n:,}")
    return _bars(rows["channel"].tolist(), parts, notes, axis, table.sentence(lang), lang, ax, 1.6)


def crossing_summary_chart(table: CrossingSummary, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per group the mean crossings of each line, and how many cases it has.

    Parameters
    ----------
    table : CrossingSummary
        The first forty groups.
    lang, ax
        As in :func:`mining.plots.handovers.matrix_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["measure"].isin(LINES)]
    groups = list(dict.fromkeys(rows["group"]))[:MOST_GROUPS]
    with style(lang):
        ax = axes_of(ax, len(groups))
        if not groups:
            return nothing(ax, why(table.sentence(lang)), lang)
        means = rows.pivot(index="group", columns="measure", values="mean").reindex(index=groups, columns=list(LINES))
        sizes = rows.groupby("group")["n"].max()
        handles = []
        for line, colour, marker in zip(LINES, (DARK, LIGHT, ORANGE), "oDs", strict=True):
            if means[line].notna().any():
                look: dict[str, Any] = {"linestyle": "", "color": colour, "markeredgecolor": INK, "markersize": 7}
                handles += ax.plot(
                    means[line], range(len(groups)), marker, label=say(f"chart.mean.{line}", lang), **look
                )
        share_axis(ax, [group_label(x, lang) for x in groups], 1.0, say("chart.crossing_summary_axis", lang), lang)
        highest = max(float(np.nanmax(means.to_numpy(float))), 0.1)
        ticks = [t for t in MaxNLocator(5).tick_values(0, highest) if 0 <= t <= 1.02 * highest]
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
        ax.set_xlim(-0.03 * highest, 1.3 * highest)
        for place, group in enumerate(groups):
            text = say("chart.cases", lang, n=f"{sizes[group]:,}")
            ax.text(1.06 * highest, place, text, va="center", fontsize=8.5, color=INK, family=families(lang))
        return legend(ax, handles, lang, len(handles))


def _bars(
    names: list[str],
    parts: list[Part],
    notes: list[str],
    axis: str,
    instead: str,
    lang: str,
    ax: Axes | None,
    room: float,
) -> Axes:
    """Stacked bars with a note at the end of each; without rows, why there are none."""
    with style(lang):
        ax = axes_of(ax, len(names))
        if not names:
            return nothing(ax, why(instead), lang)
        left = np.zeros(len(names))
        for length, colour, hatch, _ in parts:
            ax.barh(range(len(names)), length, 0.66, left=left, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.5)
            left = left + length
        look: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": INK, "family": families(lang)}
        for place, (x, note) in enumerate(zip(left, notes, strict=True)):
            ax.annotate(note, (x, place), xytext=(6, 0), textcoords="offset points", **look)
        highest = max(float(left.max()), 1.0)
        share_axis(ax, names, highest, axis, lang)
        ticks = [t for t in MaxNLocator(5, integer=True).tick_values(0, highest) if 0 <= t <= 1.02 * highest]
        ax.set_xticks(ticks, [f"{t:,.0f}" for t in ticks])
        ax.set_xlim(0, highest * room)
        if len(parts) > 1:
            handles = [Patch(facecolor=c, hatch=h, edgecolor=INK, label=name) for _, c, h, name in parts]
            return legend(ax, handles, lang, len(handles))
        return ax
