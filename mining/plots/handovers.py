"""Charts of hand-overs: who hands over to whom, lines crossed, ping-pong, rework, responsibility, automation and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from mining.handovers.crossings import LINES
from mining.handovers.matrix import FEW
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
    WIDTH,
    axes_of,
    families,
    nothing,
    short_label,
    style,
)
from mining.suppression import K
from mining.texts import say
from mining.units import percent, readable

if TYPE_CHECKING:
    from mining.handovers.crossings import Crossings
    from mining.handovers.matrix import HandoverMatrix
    from mining.handovers.responsibility import Responsibility

PALE = "#eef2f7"
BLUES = LinearSegmentedColormap.from_list("handed", ["#ffffff", "#cfe0f2", "#8fb4da", "#3f6fa8", "#1f3a5f"])
MOST_HOLDERS, MOST_PAIRS, MOST_STEPS, MOST_CROSSINGS, ROOMY = 20, 15, 20, 10, 9
CELL, SIDE = 0.62, 1.9  # inches
COLUMN = 60.0  # width of the head of a column, in the units that labels are wrapped by


def matrix_chart(table: HandoverMatrix, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Givers by takers: how often, and the median gap; the darker the more often. Framed: not designed. Grey: nothing handed over.

    Parameters
    ----------
    table : HandoverMatrix
        The twenty holders with most hand-overs are drawn, all others together; pairs that are put together are not drawn.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    ax : Axes, optional
        Where to draw; else a new figure, as large as the matrix needs.

    Returns
    -------
    Axes
    """
    frame = table.frame[table.frame["giver"] != FEW]
    with style(lang):
        if frame.empty or table.pairs == table.unknown:
            return nothing(axes_of(ax, 1), why(table.sentence(lang)), lang)
        keys, names, givers, takers = _holders(frame, lang)
        n, size = np.zeros((len(keys), len(keys)), np.int64), len(keys)
        among = np.array([keys[i] == OTHERS == keys[j] for i, j in zip(givers, takers, strict=True)])
        counted = ~(among & (frame["same"] == True).fillna(False).to_numpy(bool))  # noqa: E712
        np.add.at(n, (givers[counted], takers[counted]), frame["n"].to_numpy()[counted])
        gap, off = np.full(n.shape, np.nan), np.zeros(n.shape, bool)
        single = [keys[i] != OTHERS and keys[j] != OTHERS for i, j in zip(givers, takers, strict=True)]
        gap[givers[single], takers[single]] = frame["median_s"].to_numpy()[single]
        off[givers[single], takers[single]] = (frame["designed"] == False).fillna(False).to_numpy(bool)[single]  # noqa: E712
        if ax is None:
            side = CELL if size > ROOMY else 1.15
            height = 0.72 * side if size <= ROOMY else 0.42
            ax = plt.subplots(figsize=(max(SIDE + side * size, WIDTH), 1.9 + height * size), layout="constrained")[1]
        grey = [i for i, key in enumerate(keys) if key is None]
        coloured = n.astype(float)
        own = [i for i, key in enumerate(keys) if key != OTHERS]  # among the others are hand-overs too
        coloured[own, own] = np.nan
        coloured[grey, :] = coloured[:, grey] = np.nan
        coloured[coloured == 0] = np.nan
        highest = np.nanmax(coloured) if np.isfinite(coloured).any() else 2.0
        norm = LogNorm(0.7, max(highest, 2.0))
        ax.set_facecolor("#ffffff")
        ax.pcolormesh(coloured, cmap=BLUES, norm=norm, edgecolors=GRID, linewidth=0.5)
        _cells(ax, n, gap, off, coloured, norm, lang)
        _grid_labels(ax, names, names, lang, small=size > ROOMY)
        notes = [say("chart.matrix_axis", lang), say("chart.matrix_framed", lang) if off.any() else ""]
        if table.folded:
            folded = int(table.frame.loc[table.frame["giver"] == FEW, "n"].sum())
            notes.append(say("chart.matrix_folded", lang, n=f"{folded:,}", k=K))
        ax.set_xlabel("".join(notes), family=families(lang), fontsize=8.5, color=MUTED)
        return ax


OTHERS = "…"  # stands for the holders that are not drawn one by one


def _holders(frame: pd.DataFrame, lang: str) -> tuple[list[str | None], list[str], np.ndarray, np.ndarray]:
    """Holders in the order of the chart, their names, and the place of giver and taker of each row."""
    handed = frame[(frame["same"] == False).fillna(False)]  # noqa: E712
    weight = handed.groupby("giver")["n"].sum().add(handed.groupby("taker")["n"].sum(), fill_value=0)
    known = pd.unique(pd.concat([frame["giver"], frame["taker"]]).dropna())
    order = sorted(known, key=lambda x: (-weight.get(x, 0), x))
    top = order if len(order) == MOST_HOLDERS + 1 else order[:MOST_HOLDERS]
    spoken = dict(zip(frame["giver"], frame[f"giver_{lang}"], strict=True)) | dict(
        zip(frame["taker"], frame[f"taker_{lang}"], strict=True)
    )
    keys: list[str | None] = [*top]
    names = [str(spoken[x]) for x in top]
    if len(order) > len(top):
        keys, names = [*keys, OTHERS], [*names, say("chart.others", lang, n=len(order) - len(top))]
    missing = frame["giver"].isna().any() or frame["taker"].isna().any()
    if missing:
        keys, names = [*keys, None], [*names, say("chart.unknown", lang)]
    place = {x: top.index(x) if x in top else len(top) for x in order}
    sides = [
        np.array([len(keys) - 1 if pd.isna(x) else place[x] for x in frame[side]], np.int64)
        for side in ("giver", "taker")
    ]
    return keys, names, sides[0], sides[1]


def _cells(
    ax: Axes, n: np.ndarray, gap: np.ndarray, off: np.ndarray, coloured: np.ndarray, norm: LogNorm, lang: str
) -> None:
    big = len(n) <= ROOMY
    for i, j in zip(*np.nonzero(n), strict=True):
        shade = coloured[i, j]
        plain = np.isnan(shade)
        if plain:
            ax.add_patch(Rectangle((j, i), 1, 1, facecolor=PALE, edgecolor=GRID, linewidth=0.5))
        if off[i, j] and i != j:
            ax.add_patch(
                Rectangle((j + 0.04, i + 0.04), 0.92, 0.92, fill=False, edgecolor=ORANGE, linewidth=2.0, zorder=4)
            )
        colour = MUTED if plain else "#ffffff" if norm(shade) > 0.62 else INK
        text = _short(int(n[i, j]))
        if not np.isnan(gap[i, j]):
            text += "\n" + readable(float(gap[i, j]), lang).replace(" ", " " if big else "")
        size = 8.5 if big else 6.3
        ax.text(
            j + 0.5,
            i + 0.5,
            text,
            ha="center",
            va="center",
            fontsize=size,
            color=colour,
            family=families(lang),
            zorder=5,
        )


def _short(n: int) -> str:
    return f"{n:,}" if n < 10_000 else f"{n / 1000:.1f}k" if n < 1_000_000 else f"{n / 1e6:.1f}M"


def _grid_labels(ax: Axes, rows: list[str], columns: list[str], lang: str, *, small: bool) -> None:
    look: dict[str, Any] = {"family": families(lang), "fontsize": LABEL_SIZE - (1 if small else 0), "parse_math": False}
    ax.set_ylim(len(rows), 0)
    ax.set_xlim(0, len(columns))
    ax.set_yticks(np.arange(len(rows)) + 0.5, [short_label(x) for x in rows], **look)
    turned = max(map(len, columns)) > (8 if small else 18)
    heads = [short_label(x) if turned else "\n".join(wrap(safe(x), LABEL_SIZE, COLUMN)) for x in columns]
    ax.set_xticks(
        np.arange(len(columns)) + 0.5, heads, rotation=40 if turned else 0,
        ha="left" if turned else "center", rotation_mode="anchor" if turned else "default", **look,
    )  # fmt: skip
    ax.xaxis.tick_top()
    ax.tick_params(axis="both", length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def crossings_chart(table: Crossings, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """How many cases crossed each line how often.

    Parameters
    ----------
    table : Crossings
        Lines of which the log shows only one side are left out; ten and more crossings are one bar.
    lang, ax
        As in :func:`matrix_chart`.

    Returns
    -------
    Axes
    """
    lines = [line for line in LINES if table.frame[line].notna().any()]
    with style(lang):
        ax = axes_of(ax, 6)
        if not lines:
            return nothing(ax, why(table.sentence(lang)), lang)
        most = min(max(int(table.frame[line].max()) for line in lines), MOST_CROSSINGS)
        width = 0.8 / len(lines)
        looks = dict(zip(LINES, ((DARK, ""), (LIGHT, ""), (ORANGE, "////")), strict=True))
        handles = []
        for k, line in enumerate(lines):
            values = table.frame[line].dropna().astype(int).clip(upper=most)
            shares = np.bincount(values, minlength=most + 1) / len(values)
            colour, hatch = looks[line]
            places = np.arange(most + 1) + (k - (len(lines) - 1) / 2) * width
            ax.bar(places, shares, width, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.5)
            mean = table.frame[line].mean()
            label = say(f"chart.line.{line}", lang, mean=f"{mean:.1f}" if mean >= 1 else f"{mean:.2f}")
            handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor=INK, label=label))
        labels = [str(x) for x in range(most + 1)]
        if max(int(table.frame[line].max()) for line in lines) > most:
            labels[-1] = f"≥{most}"
        ax.set_xticks(range(most + 1), labels)
        ticks = MaxNLocator(5).tick_values(0, ax.get_ylim()[1])
        ax.set_yticks([t for t in ticks if t >= 0], [f"{100 * t:g}%" for t in ticks if t >= 0])
        family = families(lang)
        cases = int(max(table.frame[line].notna().sum() for line in lines))
        ax.set_xlabel(say("chart.crossings_axis", lang), family=family, fontsize=LABEL_SIZE)
        ax.set_ylabel(say("chart.crossings_share", lang, n=f"{cases:,}"), family=family, fontsize=LABEL_SIZE)
        ax.grid(axis="y", color=GRID, linewidth=0.6)
        _plain(ax)
        return legend(ax, handles, lang, 1)


def responsibility_chart(table: Responsibility, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Activities by roles: share and number of steps; framed: the designed role; orange: by somebody without it.

    Parameters
    ----------
    table : Responsibility
    lang, ax
        As in :func:`matrix_chart`.

    Returns
    -------
    Axes
    """
    frame = table.frame
    with style(lang):
        if frame.empty:
            return nothing(axes_of(ax, 1), why(table.sentence(lang)), lang)
        steps, roles = list(dict.fromkeys(frame["activity"])), _roles(frame)
        if ax is None:
            size = (max(SIDE + 1.0 + 0.95 * len(roles), WIDTH), 1.5 + 0.36 * len(steps))
            ax = plt.subplots(figsize=size, layout="constrained")[1]
        for _, row in frame.iterrows():
            i, j = steps.index(row["activity"]), roles.index(row["role"])
            share = 0.0 if np.isnan(row["share"]) else float(row["share"])
            colour = (
                "#fbc68c"
                if row["wrong"]
                else BLUES(0.75 * share)
                if row["n"] and not np.isnan(row["share"])
                else "#ffffff"
            )
            ax.add_patch(Rectangle((j, i), 1, 1, facecolor=colour, edgecolor=GRID, linewidth=0.5))
            if row["designed"]:
                ax.add_patch(
                    Rectangle((j + 0.03, i + 0.06), 0.94, 0.88, fill=False, edgecolor=INK, linewidth=1.6, zorder=4)
                )
            text = "–" if row["designed"] and np.isnan(row["share"]) else f"{row['n']:,}"
            text += "" if np.isnan(row["share"]) else f"  {percent(row['share'], lang)}"
            dark = not row["wrong"] and share > 0.75
            ax.text(
                j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=7.5, color="#ffffff" if dark else INK,
                family=families(lang), zorder=5,
            )  # fmt: skip
        spoken = dict(zip(frame["role"], frame[f"role_{lang}"], strict=True))
        names = dict(zip(frame["activity"], frame[f"activity_{lang}"], strict=True))
        _grid_labels(ax, [names[x] for x in steps], [spoken[x] for x in roles], lang, small=False)
        ax.set_xlabel(say("chart.responsibility_axis", lang), family=families(lang), fontsize=8.5, color=MUTED)
        return ax


def _roles(frame: pd.DataFrame) -> list[str]:
    """Roles in the order of their first activity, those that are no roles last."""
    from mining.handovers.responsibility import KEYS

    found = list(dict.fromkeys(frame["role"]))
    return [x for x in found if x not in KEYS] + [x for x in KEYS if x in found]


# --- parts -----------------------------------------------------------------------------------------------------------


def why(text: str) -> str:
    """A sentence in lines as wide as the chart."""
    return "\n".join(wrap(safe(text), LABEL_SIZE, 430.0))


def _plain(ax: Axes) -> None:
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def legend(ax: Axes, handles: list[Any], lang: str, columns: int) -> Axes:
    """A legend above the axes."""
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, frameon=False,
        prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip
    return ax
