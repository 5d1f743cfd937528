"""Charts of findings and standards on matplotlib axes; they lay out numbers that others computed."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pylopdf_fonts_zh_cn
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mining.pictures.svg import clean, wrap
from mining.texts import check_text, say

if TYPE_CHECKING:
    from mining.findings import Findings
    from mining.study import Study

INK, MUTED, GRID = "#1e293b", "#475569", "#cbd5e1"
PRIORITY_LOOK = {"H": ("#7f2704", ""), "M": ("#f58a3c", "////"), "L": ("#fee0b6", "\\\\")}
MET_LOOK = {True: ("#1f3a5f", "o", "#1f3a5f"), False: ("#b91c1c", "X", "#b91c1c"), None: (MUTED, "s", "#ffffff")}
WIDTH, ROW, AROUND = 7.2, 0.42, 1.25  # inches
LABEL_WIDTH, LABEL_LINES, LABEL_SIZE = 250.0, 3, 9
UNKNOWN = "?"  # stands for a character that no font at hand can draw


@cache
def register_fonts() -> tuple[str, ...]:
    """Make the Chinese font known to matplotlib, once.

    Returns
    -------
    tuple of str
        Font families to use: the Chinese one, and one for what it lacks.

    Examples
    --------
    >>> register_fonts()[0]
    'Noto Sans SC'
    """
    path = str(pylopdf_fonts_zh_cn.sans_path())
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name(), "DejaVu Sans"


@cache
def _drawable() -> frozenset[int]:
    paths = (font_manager.findfont("DejaVu Sans"), str(pylopdf_fonts_zh_cn.sans_path()))
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())


def _safe(text: str) -> str:
    """The text without what no font here can draw: such characters would be boxes and warnings."""
    known = _drawable()
    return "".join(char if ord(char) in known else UNKNOWN for char in clean(text))


def _label(text: str) -> str:
    lines = wrap(_safe(text), LABEL_SIZE, LABEL_WIDTH)
    if len(lines) > LABEL_LINES:
        lines = [*lines[: LABEL_LINES - 1], lines[LABEL_LINES - 1][:-1] + "…"]
    return "\n".join(lines)


def _families(lang: str) -> list[str]:
    """Fonts in the order of preference: in Chinese fonts quotation marks are as wide as a character."""
    chinese, latin = register_fonts()
    return [chinese, latin] if lang == "zh" else [latin, chinese]


def _style(lang: str) -> Any:
    """Settings for new axes; they hold only inside the ``with``."""
    families = _families(lang)
    look = sns.axes_style("ticks") | {
        "font.family": families, "axes.edgecolor": GRID, "axes.labelcolor": INK, "text.color": INK,
        "xtick.color": MUTED, "ytick.color": INK, "font.size": LABEL_SIZE, "hatch.linewidth": 0.6,
    }  # fmt: skip
    return mpl.rc_context({**look, "text.parse_math": False, "axes.unicode_minus": False})


def axes_for(rows: int, lang: str = "en") -> Axes:
    """Axes on a figure of their own, tall enough for ``rows`` labels; not known to pyplot, so never left open."""
    with _style(lang):
        return Figure(figsize=(WIDTH, AROUND + ROW * max(rows, 1)), layout="constrained").subplots()


def _axes(ax: Axes | None, rows: int) -> Axes:
    if ax is not None:
        return ax
    return plt.subplots(figsize=(WIDTH, AROUND + ROW * max(rows, 1)), layout="constrained")[1]


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
    with _style(lang):
        ax = _axes(ax, len(rows))
        if rows.empty:
            return _nothing(ax, say("chart.no_findings", lang), lang)
        levels = _bars(ax, rows)
        titles = rows["title_zh" if lang == "zh" else "title_en"]
        labels = [f"{rank}  {title}" for rank, title in zip(rows["rank"], titles, strict=True)]
        notes = [f"{n:,} / {judged:,}" for n, judged in zip(rows["n_net"], rows["n_judged"], strict=True)]
        _intervals(ax, rows["rate"], rows["low"], rows["high"], notes, lang, rows["high"])
        _frame(ax, labels, rows["high"].max(), say("chart.findings_axis", lang), lang)
        _key(ax, [_patch(level, lang) for level in levels], lang)
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
    with _style(lang):
        ax = _axes(ax, len(rows))
        if rows.empty:
            return _nothing(ax, say("chart.no_standards", lang), lang)
        states = [None if met is None else bool(met) for met in rows["met"]]
        promised = _points(ax, rows, states)
        notes = [f"{n:,} / {judged:,}" for n, judged in zip(rows["pass"], rows["judged"], strict=True)]
        furthest = rows[["high", "target"]].astype(float).max(axis=1)
        _intervals(ax, rows["gross"], rows["low"], rows["high"], notes, lang, furthest)
        labels = [f"{check}  {check_text(study.blueprint, check, lang)}" for check in rows["check"]]
        _frame(ax, labels, 1.0, say("chart.standards_axis", lang), lang)
        handles = [_dot(state, lang) for state in MET_LOOK if state in states]
        handles += [_tick(lang)] if promised else []
        _key(ax, handles, lang)
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


def _tick(lang: str) -> Line2D:
    look: dict[str, Any] = {"marker": "|", "linestyle": "", "color": INK, "markersize": 12, "markeredgewidth": 2.4}
    return Line2D([], [], label=say("chart.promised", lang), **look)


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


def _intervals(
    ax: Axes, at: pd.Series, low: pd.Series, high: pd.Series, notes: list[str], lang: str, text_at: pd.Series
) -> None:
    """The interval of each row, and its counts to the right of ``text_at``."""
    places = range(len(at))
    ax.errorbar(at, places, xerr=[at - low, high - at], fmt="none", ecolor=INK, elinewidth=1.1, capsize=3, zorder=4)
    look: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": INK, "family": _families(lang)}
    for place, x, note in zip(places, text_at, notes, strict=True):
        ax.annotate(note, (x, place), xytext=(7, 0), textcoords="offset points", **look)


def _frame(ax: Axes, labels: list[str], highest: float, axis: str, lang: str) -> None:
    """Row labels, a scale in per cent with room for the counts, and a light grid."""
    families = _families(lang)
    ax.set_yticks(
        range(len(labels)), [_label(text) for text in labels], family=families, fontsize=LABEL_SIZE, parse_math=False
    )
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ticks = [
        t
        for t in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, highest)
        if 0 <= t <= min(1.0, highest * 1.05)
    ]
    ax.set_xticks(ticks, [f"{100 * t:g}%" for t in ticks])
    ax.set_xlim(0, highest * 1.24)
    ax.set_xlabel(axis, family=families, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel("")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def _key(ax: Axes, handles: list[Any], lang: str) -> None:
    bar = Line2D([], [], color=INK, linewidth=1.1, marker="|", markersize=6, label=say("chart.interval", lang))
    ax.legend(
        handles=[*handles, bar], loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles) + 1, frameon=False,
        prop={"family": _families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def _nothing(ax: Axes, text: str, lang: str) -> Axes:
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, family=_families(lang))
    ax.set_axis_off()
    return ax


def to_svg(axes: Axes) -> str:
    """The figure of the axes as SVG text that scales: the same picture gives the same text.

    Letters are paths, so the picture looks the same without any font.
    """
    figure: Any = axes.get_figure(root=True)
    buffer = io.StringIO()
    settings: Any = {"svg.hashsalt": "mining", "svg.fonttype": "path", "font.family": list(register_fonts())}
    with mpl.rc_context(settings):
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", pad_inches=0.04
        )
    text = buffer.getvalue()
    text = re.sub(r"<!--.*?-->\s*", "", text[text.index("<svg") :], flags=re.DOTALL)
    return re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
