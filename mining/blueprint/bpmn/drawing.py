"""Where the elements of a BPMN file are drawn: the bounds, labels and bends of its diagram interchange (BPMN DI)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"

Point = tuple[float, float]


@dataclass(frozen=True)
class Bounds:
    """A rectangle: its upper left corner, width and height."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, other: Bounds) -> bool:
        """Whether the middle of the other rectangle lies in it."""
        x, y = other.x + other.width / 2, other.y + other.height / 2
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


@dataclass(frozen=True)
class Layout:
    """``bounds`` and ``labels`` by the id of the element; ``waypoints`` by the id of the flow. Empty where nothing is drawn."""

    bounds: dict[str, Bounds] = field(default_factory=dict)
    labels: dict[str, Bounds] = field(default_factory=dict)
    waypoints: dict[str, tuple[Point, ...]] = field(default_factory=dict)


def layout_of(root: Any) -> Layout:
    """The layout in a BPMN file; of an element drawn several times, the first one.

    Parameters
    ----------
    root : lxml element
        The ``definitions``.

    Returns
    -------
    Layout
    """
    bounds: dict[str, Bounds] = {}
    labels: dict[str, Bounds] = {}
    waypoints: dict[str, tuple[Point, ...]] = {}
    for shape in (*root.iter(f"{DI}BPMNShape"), *root.iter(f"{DI}BPMNEdge")):
        id = local(shape.get("bpmnElement"))
        if id is None:
            continue
        for found, where in ((bounds, shape.find(f"{DC}Bounds")), (labels, shape.find(f"{DI}BPMNLabel/{DC}Bounds"))):
            box = None if where is None else _numbers(where, "x", "y", "width", "height")
            if box is not None:
                found.setdefault(id, Bounds(*box))
        points = [_numbers(point, "x", "y") for point in shape.findall(f"{DD}waypoint")]
        if points and None not in points:
            waypoints.setdefault(id, tuple((p[0], p[1]) for p in points if p))
    return Layout(bounds, labels, waypoints)


def local(name: str | None) -> str | None:
    """A qualified name without its prefix."""
    return None if name is None else name.rpartition(":")[2]


def _numbers(element: Any, *keys: str) -> tuple[float, ...] | None:
    try:
        values = tuple(float(element.get(key)) for key in keys)
    except (TypeError, ValueError):
        return None
    return values if all(map(math.isfinite, values)) else None
