"""What all charts share: fonts, colours, labels, legends, and the figure as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mining.pictures.fonts import font_files, safe
from mining.pictures.svg import wrap
from mining.texts import say

INK, MUTED, GRID = "#1e293b", "#475569", "#cbd5e1"
DARK, LIGHT, ORANGE, RED = "#1f3a5f", "#a9bcd6", "#f58a3c", "#b91c1c"  # told apart in grey and by the colour-blind
WIDTH, ROW, AROUND = 7.2, 0.42, 1.25  # inches
LABEL_WIDTH, LABEL_LINES, LABEL_SIZE = 250.0, 3, 9


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
    path = str(font_files()[0])
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name(), "DejaVu Sans"


def short_label(text: str) -> str:
    """A label of a row, in at most three lines."""
    lines = wrap(safe(text), LABEL_SIZE, LABEL_WIDTH)
    if len(lines) > LABEL_LINES:
        lines = [*lines[: LABEL_LINES - 1], lines[LABEL_LINES - 1][:-1] + "…"]
    return "\n".join(lines)


def families(lang: str) -> list[str]:
    """Fonts in the order of preference: in Chinese fonts quotation marks are as wide as a character."""
    chinese, latin = register_fonts()
    return [chinese, latin] if lang == "zh" else [latin, chinese]


@contextmanager
def style(lang: str) -> Iterator[None]:
    """Settings for new axes; they hold only inside the ``with``.

    The first figure of a notebook switches on that figures are shown: that stays.
    """
    family = families(lang)
    look = sns.axes_style("ticks") | {
        "font.family": family, "axes.edgecolor": GRID, "axes.labelcolor": INK, "text.color": INK,
        "xtick.color": MUTED, "ytick.color": INK, "font.size": LABEL_SIZE, "hatch.linewidth": 0.6,
    }  # fmt: skip
    with mpl.rc_context({**look, "text.parse_math": False, "axes.unicode_minus": False}):
        yield
        shown = mpl.is_interactive()
    mpl.interactive(shown)


def axes_for(rows: int, lang: str = "en") -> Axes:
    """Axes on a figure of their own, tall enough for ``rows`` labels; not known to pyplot, so never left open."""
    with style(lang):
        return Figure(figsize=(WIDTH, AROUND + ROW * max(rows, 1)), layout="constrained").subplots()


def axes_of(ax: Axes | None, rows: int) -> Axes:
    """The axes given, or those of a new figure, tall enough for ``rows`` labels."""
    if ax is not None:
        return ax
    return plt.subplots(figsize=(WIDTH, AROUND + ROW * max(rows, 1)), layout="constrained")[1]


def tick(lang: str) -> Line2D:
    """The sign of the promised share, for a legend."""
    look: dict[str, Any] = {"marker": "|", "linestyle": "", "color": INK, "markersize": 12, "markeredgewidth": 2.4}
    return Line2D([], [], label=say("chart.promised", lang), **look)


def intervals(
    ax: Axes, at: pd.Series, low: pd.Series, high: pd.Series, notes: list[str], lang: str, text_at: pd.Series
) -> None:
    """The interval of each row, and its counts to the right of ``text_at``."""
    places = range(len(at))
    ax.errorbar(at, places, xerr=[at - low, high - at], fmt="none", ecolor=INK, elinewidth=1.1, capsize=3, zorder=4)
    look: dict[str, Any] = {"va": "center", "fontsize": 8.5, "color": INK, "family": families(lang)}
    for place, x, note in zip(places, text_at, notes, strict=True):
        ax.annotate(note, (x, place), xytext=(7, 0), textcoords="offset points", **look)


def share_axis(ax: Axes, labels: list[str], highest: float, axis: str, lang: str) -> None:
    """Row labels, a scale in per cent with room for the counts, and a light grid."""
    family = families(lang)
    ax.set_yticks(
        range(len(labels)), [short_label(text) for text in labels], family=family, fontsize=LABEL_SIZE, parse_math=False
    )
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ticks = [
        t
        for t in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, highest)
        if 0 <= t <= min(1.0, highest * 1.05)
    ]
    ax.set_xticks(ticks, [f"{100 * t:g}%" for t in ticks])
    ax.set_xlim(0, highest * 1.24)
    ax.set_xlabel(axis, family=family, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel("")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def key_with_interval(ax: Axes, handles: list[Any], lang: str) -> None:
    """A legend above the axes, that says what the thin line with ends is; to the right, so that a wide one lies above the labels."""
    bar = Line2D([], [], color=INK, linewidth=1.1, marker="|", markersize=6, label=say("chart.interval", lang))
    ax.legend(
        handles=[*handles, bar], loc="lower right", bbox_to_anchor=(1, 1.0), ncols=len(handles) + 1, frameon=False,
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def nothing(ax: Axes, text: str, lang: str) -> Axes:
    """Axes that say why there is nothing to see."""
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, family=families(lang))
    ax.set_axis_off()
    return ax


def closed_svg(axes: Axes) -> str:
    """As :func:`to_svg`, and pyplot forgets the figure: for charts that a page asks for, not a person."""
    svg = to_svg(axes)
    plt.close(axes.get_figure(root=True))
    return svg


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


def date_locator(fewest: int, most: int) -> Any:
    """Where an axis of dates has its marks; also for spans of some years, for which Matplotlib alone knows no distance and warns."""
    from matplotlib import dates

    locator = dates.AutoDateLocator(minticks=fewest, maxticks=most)
    locator.intervald[dates.MONTHLY] = [1, 2, 3, 4, 6, 12]
    locator.intervald[dates.HOURLY] = [1, 2, 3, 4, 6, 12, 24]
    for unit in (dates.MINUTELY, dates.SECONDLY):
        locator.intervald[unit] = [1, 5, 10, 15, 30, 60]
    return locator
