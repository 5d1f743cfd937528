"""SVG path data, circles and rounded rectangles as the lines and curves of a PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import acos, ceil, cos, hypot, pi, sin, sqrt, tan

from mining.errors import MiningError

Point = tuple[float, float]
Piece = tuple[str, *tuple[Point, ...]]  # m or l with one point, c with three, h with none

CIRCLE = 4 / 3 * (sqrt(2) - 1)  # how far the control points of a quarter of a circle lie from its ends
COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "A": 7, "Z": 0}


def pieces(d: str) -> list[Piece]:
    """Path data as pieces with absolute points; arcs and quadratic curves become cubic.

    Raises
    ------
    MiningError
        If the data has a command that pictures do not use.

    Examples
    --------
    >>> pieces("M1,2 h3 V5 Z")
    [('m', (1.0, 2.0)), ('l', (4.0, 2.0)), ('l', (4.0, 5.0)), ('h',)]
    """
    found: list[Piece] = []
    here = begin = (0.0, 0.0)
    for command, numbers in _commands(d):
        kind = command.upper()
        dx, dy = here if command.islower() else (0.0, 0.0)
        points = [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
        match kind:
            case "M" | "L":
                found.append((kind.lower(), points[0]))
            case "H":
                found.append(("l", (numbers[0] + dx, here[1])))
            case "V":
                found.append(("l", (here[0], numbers[0] + dy)))
            case "C":
                found.append(("c", *points))
            case "Q":
                (qx, qy), (x, y) = points
                first = (here[0] + (qx - here[0]) * 2 / 3, here[1] + (qy - here[1]) * 2 / 3)
                found.append(("c", first, (x + (qx - x) * 2 / 3, y + (qy - y) * 2 / 3), (x, y)))
            case "A":
                end = (numbers[5] + dx, numbers[6] + dy)
                found += _arc(here, end, numbers[0], numbers[1], bool(numbers[3]), bool(numbers[4]))
            case "Z":
                found.append(("h",))
        here = begin if kind == "Z" else found[-1][-1]  # type: ignore[assignment]
        begin = here if kind == "M" else begin
    return found


def _commands(d: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers; numbers that go on without a letter repeat it, a moved point draws lines."""
    for letter, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
        numbers = [float(text) for text in re.findall(r"-?\d*\.?\d+", rest)]
        count = COUNTS.get(letter.upper())
        if count is None or (len(numbers) % count if count else numbers) or (count and not numbers):
            raise MiningError(
                f"The path command {letter + rest!r} cannot be saved as PDF. Save the picture as .svg or .png."
            )
        for k in range(0, max(len(numbers), 1), count or 1):
            yield letter if k == 0 or letter not in "Mm" else chr(ord(letter) - 1), numbers[k : k + count]


def _arc(start: Point, end: Point, rx: float, ry: float, large: bool, sweep: bool) -> list[Piece]:
    """An arc of an upright ellipse as curves of at most a quarter turn, after the notes on arcs in the SVG standard."""
    x, y = (start[0] - end[0]) / 2 / rx, (start[1] - end[1]) / 2 / ry
    half = hypot(x, y)
    if half == 0:
        return []
    grow = max(1.0, half)
    rx, ry, x, y = rx * grow, ry * grow, x / grow, y / grow
    side = sqrt(max(0.0, 1 / (x * x + y * y) - 1)) * (-1 if large == sweep else 1)
    cx, cy = side * y, -side * x
    a, b = _angle(x - cx, y - cy), _angle(-x - cx, -y - cy)
    if sweep and b < a:
        b += 2 * pi
    if not sweep and b > a:
        b -= 2 * pi
    mx, my = cx * rx + (start[0] + end[0]) / 2, cy * ry + (start[1] + end[1]) / 2
    n = ceil(abs(b - a) / (pi / 2) - 1e-9)
    step = (b - a) / n
    k = 4 / 3 * tan(step / 4)
    found: list[Piece] = []
    for i in range(n):
        p, q = a + i * step, a + (i + 1) * step
        first = (mx + rx * (cos(p) - k * sin(p)), my + ry * (sin(p) + k * cos(p)))
        second = (mx + rx * (cos(q) + k * sin(q)), my + ry * (sin(q) - k * cos(q)))
        found.append(("c", first, second, (mx + rx * cos(q), my + ry * sin(q))))
    return found


def _angle(x: float, y: float) -> float:
    angle = acos(max(-1.0, min(1.0, x / hypot(x, y))))
    return angle if y >= 0 else -angle


def ellipse(x: float, y: float, r: float) -> list[Piece]:
    """A circle."""
    return rounded_rectangle(x - r, y - r, 2 * r, 2 * r, r)


def rounded_rectangle(x: float, y: float, width: float, height: float, r: float) -> list[Piece]:
    """A rectangle with round corners."""
    r = min(r, width / 2, height / 2)
    right, low = x + width, y + height
    if r <= 0:
        return [("m", (x, y)), ("l", (right, y)), ("l", (right, low)), ("l", (x, low)), ("h",)]
    k = r * (1 - CIRCLE)
    return [
        ("m", (x + r, y)),
        ("l", (right - r, y)),
        ("c", (right - k, y), (right, y + k), (right, y + r)),
        ("l", (right, low - r)),
        ("c", (right, low - k), (right - k, low), (right - r, low)),
        ("l", (x + r, low)),
        ("c", (x + k, low), (x, low - k), (x, low - r)),
        ("l", (x, y + r)),
        ("c", (x, y + k), (x + k, y), (x + r, y)),
        ("h",),
    ]


def operators(shape: Sequence[Piece]) -> str:
    """The instructions of a PDF that walk along the pieces."""
    return " ".join(" ".join([*(f"{x:.2f} {y:.2f}" for x, y in points), kind]) for kind, *points in shape)
