"""Charts of findings and of time standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mining.plots.base import INK, MUTED, axes_of, intervals, key_with_interval, nothing, share_axis, style, tick
from mining.texts import check_text, say

if TYPE_CHECKING:
    from mining.findings import Findings
    from mining.study import Study

PRIORITY_LOOK = {"H": ("#7f2704", ""), "M": ("#f58a3c", "////"), "L": ("#fee0b6", "\\\\")}
MET_LOOK = {True: ("#1f3a5f", "o", "#1f3a5f"), False: ("#b91c1c", "X", "#b91c1c"), None: (MUTED, "s", "#ffffff")}


def findings_chart(findings: Findings, *, top: int = 10, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Share of judged cases per ranked finding, with its 95 % Wilson interval, the first rank on top.

    Parameters
    ----------
    findings : Findings
        Not changed; only the ranked rows are drawn.
    top : int, default 10
        How many of them.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    ax : Axes, optional
        Where to draw; else a new figure.

    Returns
    -------
    Axes
        Nothing is shown and nothing is saved.
    """
    rows = findings.open().head(top)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("chart.no_findings", lang), lang)
        levels = _bars(ax, rows)
        titles = rows["title_zh" if lang == "zh" else "title_en"]
        labels = [f"{rank}  {title}" for rank, title in zip(rows["rank"], titles, strict=True)]
        notes = [f"{n:,} / {judged:,}" for n, judged in zip(rows["n_net"], rows["n_judged"], strict=True)]
        intervals(ax, rows["rate"], rows["low"], rows["high"], notes, lang, rows["high"])
        share_axis(ax, labels, rows["high"].max(), say("chart.findings_axis", lang), lang)
        key_with_interval(ax, [_patch(level, lang) for level in levels], lang)
    return ax


def _bars(ax: Axes, rows: pd.DataFrame) -> list[str]:
    """A bar per row, coloured and hatched by priority; gives the priorities that occur."""
    bars = rows[["rate", "priority"]].assign(rate=rows["rate"].astype(float), place=rows["rank"].astype(str))
    levels = [p for p in PRIORITY_LOOK if p in set(bars["priority"])]
    colours = {p: PRIORITY_LOOK[p][0] for p in levels}
    before = len(ax.containers)
    sns.barplot(
        bars, x="rate", y="place", hue="priority", hue_order=levels, palette=colours, dodge=False, saturation=1,
        width=0.62, errorbar=None, legend=False, edgecolor=INK, linewidth=0.7, ax=ax,
    )  # fmt: skip
    for container, level in zip(ax.containers[before:], levels, strict=True):
        for bar in container:
            bar.set_hatch(PRIORITY_LOOK[level][1])
    return levels


def _patch(priority: str, lang: str) -> Patch:
    colour, hatch = PRIORITY_LOOK[priority]
    return Patch(facecolor=colour, hatch=hatch, edgecolor=INK, label=say(f"chart.priority.{priority}", lang))


def standards_chart(study: Study, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Per time standard the share of judged cases in time, with its 95 % Wilson interval, against the promised share.

    Parameters
    ----------
    study : Study
        Its summary is drawn; standards that could not be judged for any case are left out.
    lang, ax
        As in :func:`findings_chart`.

    Returns
    -------
    Axes
    """
    rows = judged_standards(study)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("chart.no_standards", lang), lang)
        states = [None if met is None else bool(met) for met in rows["met"]]
        promised = _points(ax, rows, states)
        notes = [f"{n:,} / {judged:,}" for n, judged in zip(rows["pass"], rows["judged"], strict=True)]
        furthest = rows[["high", "target"]].astype(float).max(axis=1)
        intervals(ax, rows["gross"], rows["low"], rows["high"], notes, lang, furthest)
        labels = [f"{check}  {check_text(study.blueprint, check, lang)}" for check in rows["check"]]
        share_axis(ax, labels, 1.0, say("chart.standards_axis", lang), lang)
        handles = [_dot(state, lang) for state in MET_LOOK if state in states]
        handles += [tick(lang)] if promised else []
        key_with_interval(ax, handles, lang)
    return ax


def _points(ax: Axes, rows: pd.DataFrame, states: list[bool | None]) -> bool:
    """A point per row and a tick at its promised share; whether any share is promised."""
    for place, (share, state) in enumerate(zip(rows["gross"], states, strict=True)):
        colour, marker, face = MET_LOOK[state]
        ax.plot(share, place, marker, color=colour, markerfacecolor=face, markersize=7, zorder=3)
    target = rows["target"].to_numpy(float)
    places = np.flatnonzero(~np.isnan(target))
    ax.scatter(target[places], places, marker="|", s=420, color=INK, linewidth=2.4, zorder=2)
    return len(places) > 0


def judged_standards(study: Study) -> pd.DataFrame:
    """Rows of the summary that :func:`standards_chart` draws: time standards with at least one judged case."""
    frame = study.summary().frame
    standards = {s.id for s in study.blueprint.standards}
    return frame[(frame["dimension"] == "time") & frame["check"].isin(standards) & (frame["judged"] > 0)]


def _dot(state: bool | None, lang: str) -> Line2D:
    colour, marker, face = MET_LOOK[state]
    word = {True: "chart.met", False: "chart.not_met", None: "chart.no_promise"}[state]
    return Line2D(
        [], [], marker=marker, linestyle="", color=colour, markerfacecolor=face, markersize=7, label=say(word, lang)
    )
