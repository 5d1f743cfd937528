"""The plan over time: a bar per action, its due and check dates, and the day on which it is looked at (Gantt chart)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mining.pictures.fonts import safe
from mining.pictures.svg import wrap
from mining.plots.base import (
    AROUND,
    DARK,
    GRID,
    INK,
    LABEL_SIZE,
    LIGHT,
    MUTED,
    ORANGE,
    RED,
    axes_of,
    date_locator,
    families,
    nothing,
    style,
)
from mining.texts import say

if TYPE_CHECKING:
    from mining.plan.actions import Actions

GANTT_WIDTH, HEIGHT, MANY = 9.6, 0.5, 20  # inches; rows from which on labels have one line
WHITE = "#ffffff"
BARS: dict[str, dict[str, Any]] = {
    "open": {"facecolor": LIGHT, "edgecolor": DARK},
    "in_progress": {"facecolor": DARK, "edgecolor": DARK},
    "done": {"facecolor": WHITE, "edgecolor": DARK},
    "cancelled": {"facecolor": WHITE, "edgecolor": GRID, "hatch": "////"},
    "overdue": {"facecolor": RED, "edgecolor": RED},
}


def gantt(table: Actions, *, as_of: date | None = None, lang: str = "en", ax: Axes | None = None) -> Axes:
    """Actions over time, by start, those without one last.

    Parameters
    ----------
    table : Actions
    as_of : date, optional
        The day on which the plan is looked at: a line, and what is due before it and not done is red.
    lang : {"en", "zh"}, default "en"
    ax : Axes, optional
        Where to draw; else a new figure, tall enough for the rows.

    Returns
    -------
    Axes
    """
    with style(lang):
        frame = table.frame.assign(goal=table.goals(lang))
        if frame.empty:
            return nothing(axes_of(ax, 1), say("plan.chart.nothing", lang), lang)
        keys = [(x.start or x.due or date.max, x.due or date.max, x.row) for x in frame.itertuples()]
        frame = frame.iloc[sorted(range(len(frame)), key=keys.__getitem__)]
        many = len(frame) > MANY
        if ax is None:
            height = AROUND + (0.3 if many else HEIGHT) * len(frame)
            ax = plt.subplots(figsize=(GANTT_WIDTH, height), layout="constrained")[1]
        days = [x for row in frame.itertuples() for x in (row.start, row.due, *row.check_dates) if x is not None]
        days += [as_of] if as_of else []
        first, last = (min(days), max(days)) if days else (date(2000, 1, 1), date(2000, 1, 2))
        used: dict[str, Any] = {}
        for place, row in enumerate(frame.itertuples()):
            _row(ax, place, row, as_of, (first, last), used, lang)
        if as_of:
            ax.axvline(_at(as_of), color=ORANGE, linewidth=1.4, zorder=1)
        _axis(ax, frame, first, last, dated=bool(days), many=many, lang=lang)
        _key(ax, used, as_of, lang)
        return ax


def _at(day: date) -> float:
    return float(mdates.date2num(day))


def _row(
    ax: Axes, place: int, row: Any, as_of: date | None, ends: tuple[date, date], used: dict[str, Any], lang: str
) -> None:
    """The bar of one action, and its marks; what is missing is said in its place."""
    late = bool(as_of and row.due and row.due < as_of and row.status not in ("done", "cancelled"))
    kind = "overdue" if late else row.status
    words: dict[str, Any] = {"va": "center", "fontsize": 8, "color": MUTED, "family": families(lang)}
    if row.start and row.due:
        used[kind] = True
        look = {"height": 0.46, "linewidth": 0.9, "zorder": 2} | BARS[kind]
        ax.barh(place, max((row.due - row.start).days, 1), left=_at(row.start), **look)
    elif row.start or row.due:
        missing = say("plan.chart.no_due" if row.start else "plan.chart.no_start", lang)
        at = _at(row.start or row.due)
        ax.plot([at], [place], marker="|", color=RED if late else DARK, markersize=11, markeredgewidth=2, zorder=3)
        offset, side = ((6, 0), "left") if row.start else ((-7, 0), "right")  # what is checked lies after what is due
        ax.annotate(missing, (at, place), xytext=offset, textcoords="offset points", ha=side, **words)
    else:
        ax.text(_at(ends[0]), place, say("plan.chart.no_dates", lang), **words)
    if row.due:
        used["due"] = True
        edge: dict[str, Any] = {"markeredgecolor": WHITE, "markeredgewidth": 0.8, "linestyle": ""}
        ax.plot([_at(row.due)], [place], marker="D", color=RED if late else INK, markersize=7, zorder=4, **edge)
    if row.check_dates:
        used["check"] = True
        look = {"marker": "v", "markersize": 5.5, "markerfacecolor": WHITE, "markeredgecolor": INK, "linestyle": ""}
        ax.plot([_at(x) for x in row.check_dates], [place] * len(row.check_dates), zorder=3, **look)


def _axis(ax: Axes, frame: Any, first: date, last: date, *, dated: bool, many: bool, lang: str) -> None:
    family = families(lang)
    labels = []
    for row in frame.itertuples():
        owner = row.owner or say("plan.chart.no_owner", lang)
        lines = wrap(safe(f"{row.action_id} · {owner} · {row.goal}"), LABEL_SIZE, 330.0)
        most = 1 if many else 2
        if len(lines) > most:
            lines = [*lines[: most - 1], lines[most - 1].rstrip() + "…"]
        labels.append("\n".join(lines))
    ax.set_yticks(range(len(labels)), labels, family=family, fontsize=LABEL_SIZE, parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    span = max((last - first).days, 10)
    words = span * 0.22  # room for what is said of a missing date
    before = max((words - (row.due - first).days for row in frame.itertuples() if row.due and not row.start), default=0)
    after = max((words - (last - row.start).days for row in frame.itertuples() if row.start and not row.due), default=0)
    left, right = (timedelta(days=max(x, span / 25, 1)) for x in (before, after))  # a date has no parts of days
    ax.set_xlim(_at(first - left), _at(last + right))
    locator = date_locator(3, 7)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m-%d" if (last - first).days < 120 else "%Y-%m"))
    if not dated:
        ax.set_xticks([])
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def _key(ax: Axes, used: dict[str, Any], as_of: date | None, lang: str) -> None:
    handles: list[Any] = [
        Patch(label=say(f"plan.chart.{kind}", lang), linewidth=0.9, **look)
        for kind, look in BARS.items()
        if kind in used
    ]
    if "due" in used:
        handles.append(
            Line2D([], [], marker="D", color=INK, linestyle="", markersize=6, label=say("plan.chart.due", lang))
        )
    if "check" in used:
        look: dict[str, Any] = {"marker": "v", "markersize": 5.5, "markerfacecolor": WHITE, "markeredgecolor": INK}
        handles.append(Line2D([], [], linestyle="", label=say("plan.chart.check", lang), **look))
    if as_of:
        handles.append(
            Line2D([], [], color=ORANGE, linewidth=1.4, label=say("plan.chart.as_of", lang, day=as_of.isoformat()))
        )
    if handles:
        ax.legend(
            handles=handles, loc="lower right", bbox_to_anchor=(1, 1.0), ncols=len(handles), frameon=False,
            prop={"family": families(lang), "size": 8.5}, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.2,
        )  # fmt: skip
