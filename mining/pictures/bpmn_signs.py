"""The signs of BPMN: gateways, events, kinds of tasks, data."""

from __future__ import annotations

from math import cos, pi, sin

from mining.blueprint.bpmn.document import Element
from mining.pictures.svg import INK, num, tag

THIN: dict[str, object] = {"fill": "none", "stroke": INK, "stroke_width": 1.2}


def _path(d: str, **style: object) -> str:
    return tag("path", d=d, **{**THIN, **style})


def _ring(x: float, y: float, r: float, **style: object) -> str:
    return tag("circle", cx=x, cy=y, r=r, **{**THIN, **style})


def _polygon(points: list[tuple[float, float]], **style: object) -> str:
    return _path("M" + " L".join(f"{num(x)},{num(y)}" for x, y in points) + " Z", **style)


def _regular(n: int, x: float, y: float, r: float, **style: object) -> str:
    turns = [2 * pi * k / n for k in range(n)]
    return _polygon([(x + r * sin(t), y - r * cos(t)) for t in turns], **style)


def _spokes(x: float, y: float, r: float, turns: tuple[float, ...]) -> str:
    ends = [(r * sin(t * pi), r * cos(t * pi)) for t in turns]
    d = " ".join(f"M{num(x - a)},{num(y - b)} L{num(x + a)},{num(y + b)}" for a, b in ends)
    return _path(d, stroke_width=2.0)


def gateway(element: Element, x: float, y: float, wide: float, high: float) -> str:
    """A diamond in the rectangle with its sign."""
    mx, my, r = x + wide / 2, y + high / 2, min(wide, high) / 2
    edge = _polygon([(mx, y), (x + wide, my), (mx, y + high), (x, my)], fill="#ffffff", stroke_width=1.4)
    match element.kind:
        case "exclusiveGateway":
            return edge + _spokes(mx, my, r * 0.45, (0.25, 0.75))
        case "parallelGateway":
            return edge + _spokes(mx, my, r * 0.5, (0.0, 0.5))
        case "inclusiveGateway":
            return edge + _ring(mx, my, r * 0.45, stroke_width=2.0)
        case "complexGateway":
            return edge + _spokes(mx, my, r * 0.5, (0.0, 0.25, 0.5, 0.75))
    rings = _ring(mx, my, r * 0.52) + _ring(mx, my, r * 0.42)  # waits for the first of several events
    return edge + rings + _regular(5, mx, my, r * 0.3)


def event_sign(element: Element, x: float, y: float, r: float) -> str:
    """What an event waits for or says; filled where it says it."""
    throws = element.kind in ("endEvent", "intermediateThrowEvent")
    ink, back = (INK, "#ffffff") if throws else ("none", INK)
    if len(element.events) > 1:
        return _regular(5, x, y, r * 0.55, fill=ink)
    match element.events[0].kind if element.events else "":
        case "timer":
            hands = _path(f"M{num(x)},{num(y - r * 0.45)} V{num(y)} H{num(x + r * 0.35)}")
            return _ring(x, y, r * 0.62) + hands
        case "message":
            return envelope(x, y, r * 1.05, ink, back)
        case "signal":
            return _regular(3, x, y, r * 0.6, fill=ink)
        case "error":
            zigzag = [(-0.5, 0.45), (-0.15, -0.4), (0.15, 0.1), (0.5, -0.45), (0.15, 0.45), (-0.15, 0.0)]
            return _polygon([(x + a * r, y + b * r) for a, b in zigzag], fill=ink)
        case "escalation":
            return _polygon(
                [(x, y - r * 0.55), (x + r * 0.4, y + r * 0.5), (x, y), (x - r * 0.4, y + r * 0.5)], fill=ink
            )
        case "conditional":
            lines = " ".join(f"M{num(x - r * 0.25)},{num(y + k * r * 0.22)} H{num(x + r * 0.25)}" for k in (-1, 0, 1))
            return _square(x, y, r * 0.42) + _path(lines)
        case "compensate":
            arrows = [[(x + k * r, y - r * 0.35), (x + k * r, y + r * 0.35), (x + (k - 0.5) * r, y)] for k in (0, 0.5)]
            return "".join(_polygon(points, fill=ink) for points in arrows)
        case "cancel":
            return _spokes(x, y, r * 0.5, (0.25, 0.75))
        case "terminate":
            return _ring(x, y, r * 0.6, fill=INK)
        case "link":
            tip = [(-0.55, -0.2), (0.1, -0.2), (0.1, -0.45), (0.6, 0), (0.1, 0.45), (0.1, 0.2), (-0.55, 0.2)]
            return _polygon([(x + a * r, y + b * r) for a, b in tip], fill=ink)
    return ""


def event(element: Element, x: float, y: float, r: float) -> str:
    """A circle: thin for a start, double between, thick for an end; dashed if the step goes on."""
    dashes = None if element.interrupting else "3 2.4"
    outer = _ring(
        x, y, r, fill="#ffffff", stroke_width=3.2 if element.kind == "endEvent" else 1.3, stroke_dasharray=dashes
    )
    between = element.kind not in ("startEvent", "endEvent")
    inner = _ring(x, y, max(r - 3, r / 2), stroke_dasharray=dashes) if between else ""
    return outer + inner + event_sign(element, x, y, r - 3 if between else r)


def envelope(x: float, y: float, wide: float, fill: str = "none", flap: str = INK) -> str:
    """A letter around a point."""
    a, b = wide / 2, wide / 3
    box = [(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]
    folded = f"M{num(x - a)},{num(y - b)} L{num(x)},{num(y + b * 0.2)} L{num(x + a)},{num(y - b)}"
    return _polygon(box, fill=fill) + _path(folded, stroke=flap)


def _square(x: float, y: float, r: float) -> str:
    return tag("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, **THIN)


def task_sign(kind: str, x: float, y: float) -> str:
    """The kind of a task, about 12 pixels wide around a point; nothing for a plain one."""
    match kind:
        case "userTask":
            body = f"M{num(x - 5)},{num(y + 6)} A5,6.5 0 0 1 {num(x + 5)},{num(y + 6)} Z"
            return _path(body) + _ring(x, y - 3, 2.8, fill="#ffffff")
        case "manualTask":
            hand = f"M{num(x - 6)},{num(y + 5)} V{num(y - 2)} L{num(x - 1)},{num(y - 5)} L{num(x)},{num(y - 3)} "
            fingers = (
                f"H{num(x + 6)} V{num(y - 1)} H{num(x + 1)} M{num(x + 5)},{num(y - 1)} V{num(y + 2)} H{num(x + 1)}"
            )
            return _path(f"{hand}{fingers} M{num(x + 4)},{num(y + 2)} V{num(y + 5)} H{num(x - 6)}")
        case "serviceTask":
            return _ring(x, y, 5, stroke_width=2.6, stroke_dasharray="2 1.9") + _ring(x, y, 3.6) + _ring(x, y, 1.4)
        case "sendTask":
            return envelope(x, y, 13, INK, "#ffffff")
        case "receiveTask":
            return envelope(x, y, 13)
        case "scriptTask":
            lines = " ".join(f"M{num(x - 2.5)},{num(y + k)} H{num(x + 2.5)}" for k in (-3, 0, 3))
            return _square(x, y, 5.5) + _path(lines)
        case "businessRuleTask":
            return _square(x, y, 5.5) + _path(
                f"M{num(x - 5.5)},{num(y - 2)} H{num(x + 5.5)} M{num(x - 2)},{num(y - 2)} V{num(y + 5.5)}"
            )
    return ""


def page(x: float, y: float, wide: float, high: float) -> str:
    """A sheet of paper with a corner folded."""
    fold = min(wide, high) * 0.28
    right = x + wide
    sheet = [(x, y), (right - fold, y), (right, y + fold), (right, y + high), (x, y + high)]
    corner = f"M{num(right - fold)},{num(y)} V{num(y + fold)} H{num(right)}"
    return _polygon(sheet, fill="#ffffff") + _path(corner)


def store(x: float, y: float, wide: float, high: float) -> str:
    """A drum."""
    a, b = wide / 2, high * 0.14
    left, right, top, low = num(x), num(x + wide), num(y + b), num(y + high - b)
    bend = f"A{num(a)},{num(b)} 0 0"
    drum = f"M{left},{top} {bend} 1 {right},{top} V{low} {bend} 1 {left},{low} Z"
    return _path(drum, fill="#ffffff") + _path(f"M{left},{top} {bend} 0 {right},{top}")


def open_head(tip: tuple[float, float], before: tuple[float, float], *, closed: bool) -> str:
    """The head of a message flow (a white triangle) or of an association (two strokes)."""
    (x, y), (u, v) = tip, before
    length = max(((x - u) ** 2 + (y - v) ** 2) ** 0.5, 1e-9)
    a, b = (x - u) / length, (y - v) / length
    one, other = ((x - 9 * a + s * 4 * b, y - 9 * b - s * 4 * a) for s in (1, -1))
    if closed:
        return _polygon([one, tip, other], fill="#ffffff")
    return _path(f"M{num(one[0])},{num(one[1])} L{num(x)},{num(y)} L{num(other[0])},{num(other[1])}")
