"""Charts of the design beside what was observed: differences, branches, complexity and divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from mining.plots.base import (
    DARK,
    INK,
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
    short_label,
    style,
)
from mining.texts import say

if TYPE_CHECKING:
    from mining.discovery.branches import Branches
    from mining.discovery.comparison import Comparison
    from mining.discovery.shape import Shape

ONLY_LOG, ONLY_DESIGN, USED, NEVER = ORANGE, DARK, LIGHT, RED
LEAST_SCALE = 0.01
MOST_SEEN, MOST_UNSEEN, MOST_OPTIONS = 12, 10, 40


def comparison_chart(table: Comparison, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The most frequent differences only in the log, with their interval, and below them what the design has and no case shows.

    Differences that follow from another one are left out.

    Parameters
    ----------
    table : Comparison
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
    log = table.only("log").sort_values("observed_cases", ascending=False, kind="stable")
    design = table.only("design")
    rows = pd.concat([log.head(MOST_SEEN), design.head(MOST_UNSEEN)], ignore_index=True)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("comparison.no_difference", lang), lang)
        _bars(ax, rows["share"], [ONLY_DESIGN if x else ONLY_LOG for x in rows["designed"]])
        notes = [
            say("comparison.never", lang, n=f"{row.n:,}") if row.designed else f"{row.observed_cases:,} / {row.n:,}"
            for row in rows.itertuples()
        ]
        intervals(ax, rows["share"], rows["low"], rows["high"], notes, lang, rows["high"])
        labels = [table.told(row, lang) for row in rows.to_dict("records")]
        axis = say("comparison.axis", lang)
        if len(rows) < len(log) + len(design):
            shown = {"k": len(rows), "n": len(log) + len(design)}
            axis += say("comparison.part", lang, **shown)
        share_axis(ax, labels, max(float(rows["high"].max()), LEAST_SCALE), axis, lang)
        handles = [Patch(color=ONLY_LOG, label=say("comparison.only_log", lang))] if len(log) else []
        handles += [Patch(color=ONLY_DESIGN, label=say("comparison.only_design", lang))] if len(design) else []
        _mark_unseen(ax, rows)
        _key(ax, handles, lang)
    return ax


def _key(ax: Axes, handles: list[Any], lang: str) -> None:
    """The legend, flush with the right end, so that a long one runs out over the labels and not out of the figure."""
    key_with_interval(ax, handles, lang)
    legend = ax.get_legend()
    assert legend is not None  # just made
    legend.set_loc("lower right")
    legend.set_bbox_to_anchor((1, 1.0), transform=ax.transAxes)
    ax.tick_params(axis="y", pad=7)


def _mark_unseen(ax: Axes, rows: pd.DataFrame) -> None:
    """A bar of no length cannot be seen: a mark at 0 stands for it."""
    places = [i for i, designed in enumerate(rows["designed"]) if designed]
    ax.plot([0] * len(places), places, "D", color=ONLY_DESIGN, markersize=5, clip_on=False, zorder=5)


def _bars(ax: Axes, values: pd.Series, colours: list[str]) -> None:
    places = [str(i) for i in range(len(values))]
    bars = pd.DataFrame({"x": values.fillna(0.0).to_numpy(float), "place": places})
    palette = dict(zip(places, colours, strict=True))
    sns.barplot(
        bars, x="x", y="place", hue="place", order=places, hue_order=places, palette=palette, dodge=False, legend=False,
        saturation=1, width=0.62, errorbar=None, ax=ax,
    )  # fmt: skip


def branches_chart(table: Branches, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The options of every decision that cases came to, in the order of the blueprint, with the share of cases that took them.

    Parameters
    ----------
    table : Branches
        Of more than forty options the first are drawn, and the axis says so.
    lang, ax
        As in :func:`comparison_chart`.

    Returns
    -------
    Axes
    """
    reached = table.frame[table.frame["n"] > 0].reset_index(drop=True)
    rows = reached.head(MOST_OPTIONS)
    with style(lang):
        ax = axes_of(ax, len(rows))
        if rows.empty:
            return nothing(ax, say("branches.no_chart", lang), lang)
        _bars(ax, rows["share"], [USED] * len(rows))
        notes = [f"{row.cases:,} / {row.n:,}" for row in rows.itertuples()]
        intervals(ax, rows["share"], rows["low"], rows["high"], notes, lang, rows["high"])
        places = [i for i, never in enumerate(rows["never"]) if never]
        ax.plot([0] * len(places), places, "X", color=NEVER, markersize=7, clip_on=False, zorder=5)
        axis = say("branches.axis", lang)
        if len(rows) < len(reached):
            axis += say("comparison.part", lang, k=len(rows), n=len(reached))
        share_axis(ax, rows[f"name_{lang}"].tolist(), 1.0, axis, lang)
        handles: list[Any] = [Patch(color=USED, label=say("branches.used", lang))]
        if places:
            handles.append(ax.plot([], [], "X", color=NEVER, markersize=7, label=say("branches.never", lang))[0])
        _key(ax, handles, lang)
    return ax


def shape_chart(table: Shape, *, lang: str = "en", ax: Axes | None = None) -> Axes:
    """The numbers that both have, the design above what was observed.

    Parameters
    ----------
    table : Shape
    lang, ax
        As in :func:`comparison_chart`.

    Returns
    -------
    Axes
    """
    rows = table.frame[table.frame["designed_seen"].notna()].reset_index(drop=True)
    names = {"designed_seen": say("shape.designed", lang), "observed": say("shape.observed", lang)}
    long = rows.melt(id_vars="measure", value_vars=list(names), var_name="which", value_name="x").astype({"x": float})
    with style(lang):
        ax = axes_of(ax, int(1.4 * len(rows)))
        sns.barplot(
            long, x="x", y="measure", hue="which", order=rows["measure"].tolist(), hue_order=list(names),
            palette={"designed_seen": ONLY_DESIGN, "observed": ONLY_LOG}, saturation=1, width=0.76, errorbar=None, legend=False, ax=ax,
        )  # fmt: skip
        look: dict[str, Any] = {"va": "center", "fontsize": 8.5, "family": families(lang)}
        for side, column in ((-0.19, "designed_seen"), (0.19, "observed")):
            for place, x in enumerate(rows[column]):
                text = say("chart.not_measured", lang) if pd.isna(x) else f"{x:,.0f}"
                at = 0.0 if pd.isna(x) else float(x)
                colour = MUTED if pd.isna(x) else INK
                ax.annotate(text, (at, place + side), xytext=(5, 0), textcoords="offset points", color=colour, **look)
        labels = [short_label(text) for text in rows[f"name_{lang}"]]
        ax.set_yticks(range(len(rows)), labels, family=families(lang), parse_math=False)
        ax.set_xlim(0, max(float(long["x"].max()), 1.0) * 1.15)
        ax.set_xlabel(say("shape.axis", lang), family=families(lang))
        ax.set_ylabel("")
        ax.tick_params(axis="both", length=0)
        sns.despine(ax=ax, left=True, bottom=True)
        handles = [
            Patch(color=ONLY_DESIGN, label=names["designed_seen"]),
            Patch(color=ONLY_LOG, label=names["observed"]),
        ]
        ax.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False,
            prop={"family": families(lang), "size": 8.5}, borderaxespad=0.2,
        )  # fmt: skip
    return ax
