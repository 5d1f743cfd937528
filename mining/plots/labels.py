"""Labels of points in a plane that do not lie over each other, nor over the points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from mining.pictures.fonts import safe
from mining.plots.base import INK, MUTED, families

SIZE = 8.0
GAP = 3.0  # points between a label and anything else
DISTANCES = (6, 14, 24, 36, 50, 66, 84, 104)  # points from the point to its label, tried one after the other
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
LEADER = 14  # distance from which a thin line says whose label it is


def place_labels(
    ax: Axes, at: np.ndarray, texts: Sequence[str], lang: str, *, taken: Sequence[Any] = (), size: float = SIZE,
    lines: np.ndarray | None = None,
) -> list[Any]:  # fmt: skip
    """Write a text beside each point, as near as it can be without lying over another text, a point, or the edge.

    Points are taken from the most crowded one on, so that those without room choose first. What finds no room among eight
    directions at eight distances takes the place that covers least.

    Parameters
    ----------
    ax : Axes
        With its limits and everything else already drawn.
    at : float array of shape (n, 2)
        In the units of the axes.
    texts : sequence of str
    lang : {"en", "zh"}
    taken : sequence of artists
        Other texts that must stay free.
    size : float
    lines : float array of shape (n, 4), optional
        Level and upright lines that must stay free, as x and y of one end and of the other, in the units of the axes.

    Returns
    -------
    list of annotations, in the order of the points
    """
    figure: Any = ax.get_figure(root=True)
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    unit = figure.dpi / 72
    frame = np.array(ax.get_window_extent(renderer).extents)
    points = ax.transData.transform(np.asarray(at, float).reshape(-1, 2))
    dots = np.column_stack([points - 4 * unit, points + 4 * unit])
    boxes = [np.array(x.get_window_extent(renderer).extents) for x in taken]
    ends = ax.transData.transform(np.asarray([] if lines is None else lines, float).reshape(-1, 2)).reshape(-1, 2, 2)
    boxes += list(np.hstack([ends.min(axis=1) - unit, ends.max(axis=1) + unit]))
    made: list[Any] = [None] * len(texts)
    away = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    crowd = np.sort(away, axis=1)[:, 1:4].sum(axis=1) if len(points) > 1 else np.zeros(len(points))
    look: dict[str, Any] = {"fontsize": size, "color": INK, "family": families(lang), "parse_math": False, "zorder": 6}
    look["path_effects"] = [withStroke(linewidth=2, foreground="white")]
    for i in np.argsort(crowd, kind="stable").tolist():
        note = ax.annotate(
            safe(texts[i]), at[i], xytext=(0, 0), textcoords="offset points", ha="center", va="center", **look
        )
        width, height = np.array(note.get_window_extent(renderer).size)
        best: tuple[float, Any, Any] | None = None
        for distance, (dx, dy) in product(DISTANCES, DIRECTIONS):
            shift = np.array([dx * (distance * unit + width / 2), dy * (distance * unit + height / 2)])
            if dx and dy:
                shift[0] = dx * (distance * unit * 0.7 + width / 2)
            centre = points[i] + shift
            box = np.array([*(centre - (width / 2, height / 2)), *(centre + (width / 2, height / 2))])
            cost = _covered(box, frame, boxes, np.delete(dots, i, axis=0), GAP * unit)
            if best is None or cost < best[0] - 1e-9:
                best = cost, shift / unit, (distance, box)
            if cost == 0:
                break
        assert best is not None
        note.set_position(best[1])
        boxes.append(best[2][1])
        if best[2][0] >= LEADER:
            line = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
            ax.annotate(
                "",
                at[i],
                xytext=_nearest_edge(best[2][1], points[i], unit),
                textcoords="offset points",
                arrowprops=line,
            )
        made[i] = note
    return made


def _covered(box: np.ndarray, frame: np.ndarray, boxes: list[np.ndarray], dots: np.ndarray, gap: float) -> float:
    """How much of anything a box covers, in square pixels; lying outside of the frame costs most."""
    others = np.concatenate([np.array(boxes).reshape(-1, 4), dots])
    wide = np.minimum(box[2] + gap, others[:, 2]) - np.maximum(box[0] - gap, others[:, 0])
    high = np.minimum(box[3] + gap, others[:, 3]) - np.maximum(box[1] - gap, others[:, 1])
    over = float((np.clip(wide, 0, None) * np.clip(high, 0, None)).sum())
    out = max(0.0, *(frame[:2] - box[:2]).tolist(), *(box[2:] - frame[2:]).tolist())
    return over + 1000 * out


def _nearest_edge(box: np.ndarray, point: np.ndarray, unit: float) -> tuple[float, float]:
    """The place of a box nearest to a point, as an offset from it in points."""
    x, y = ((np.clip(point, box[:2], box[2:]) - point) / unit).tolist()
    return x, y


__all__ = ["place_labels"]
