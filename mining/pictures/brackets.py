"""What time standards measured, as brackets below the lanes: the limit, how much was too much, time that does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mining.pictures.case_boxes import badges_width, draw_badges
from mining.pictures.case_story import Measurement
from mining.pictures.svg import INK, escaped, num, tag, text_lines, text_width, wrap
from mining.pictures.timeline import Strip, Timeline

LABEL, LABEL_ROW, LINE_ROW = 11, 14.0, 20.0
ARM, BEYOND = 6.0, 12.0  # half of an end; what shows beyond a strip of a bracket that goes on
LATE = 6.0  # thickness of what is over the limit


@dataclass(frozen=True)
class Piece:
    """The part of a bracket that lies in one strip, and its row there. Open ends go on in another strip."""

    span: Measurement
    left: float
    right: float
    begins: bool
    ends: bool
    lines: tuple[str, ...]
    row: int

    @property
    def height(self) -> float:
        """Room for the line and what stands below it."""
        return LINE_ROW + len(self.lines) * LABEL_ROW


def pieces_of(spans: Sequence[Measurement], timeline: Timeline, number: int, right: float) -> list[Piece]:
    """The brackets of a strip, each in the first row in which it meets no other.

    Parameters
    ----------
    spans : sequence of Measurement
    timeline : Timeline
    number : int
        Of the strip.
    right : float
        Where the picture ends: no label goes beyond.
    """
    strip, found = timeline.strips[number], list[Piece]()
    taken: list[float] = []  # right end of each row
    low = strip.knots[0].x
    for span in sorted(spans, key=lambda s: (s.begin, s.end, s.id)):
        first, last = timeline.strip_of(span.begin), timeline.strip_of(span.end)
        if not first <= number <= last:
            continue
        left = strip.x_of(span.begin) if number == first else low - BEYOND
        end = strip.x_of(span.end) if number == last else strip.right + BEYOND
        label = span.label if number == last else span.id
        lines = wrap(label, LABEL, max(200.0, right - low)) if label else []
        wide = max((text_width(line, LABEL) for line in lines), default=0.0)
        reach = max(end + badges_width(span.flags) + 12, min(left, right - wide) + wide)
        row = next((k for k, x in enumerate(taken) if min(left, right - wide) >= x + 14), len(taken))
        taken[row : row + 1] = [reach]
        found.append(Piece(span, left, end, number == first, number == last, tuple(lines), row))
    return found


def bracket_rows(pieces: Sequence[Piece]) -> list[float]:
    """Height of each row."""
    rows = [0.0] * (max((piece.row for piece in pieces), default=-1) + 1)
    for piece in pieces:
        rows[piece.row] = max(rows[piece.row], piece.height)
    return rows


def draw_bracket(piece: Piece, strip: Strip, y: float, right: float) -> str:
    """One bracket with its label and its badges, its line ten pixels below ``y``."""
    span, at = piece.span, y + 12
    parts = [tag("title", escaped(span.title))]
    dashes = None if span.finished else "5 3"
    parts.append(_line(piece.left, piece.right, at, 1.6, dashes))
    if span.due is not None and (piece.ends or span.due <= strip.times[-1]):
        reached = piece.begins or span.due >= strip.times[0]  # the limit, in this strip
        due = max(strip.x_of(span.due), piece.left) if reached else piece.left
        parts.append(_line(due, max(piece.right, due + 5), at, LATE))
        if reached:
            parts.append(_path(f"M{num(due)},{num(at - 8)} V{num(at + 8)}", 2.4))
    for begin, end in span.stops:
        a, b = max(strip.x_of(begin), piece.left), min(strip.x_of(end), piece.right)
        if b > a:
            parts.append(hatched(a, b, at))
    parts.append(_end(piece.left, at, piece.begins, 1))
    if span.finished or not piece.ends:
        parts.append(_end(piece.right, at, piece.ends, -1))
    wide = max((text_width(line, LABEL) for line in piece.lines), default=0.0)
    x = max(min(piece.left, right - wide), strip.knots[0].x - 4)
    parts.append(
        text_lines(piece.lines, x, at + 17, size=LABEL, leading=LABEL_ROW, anchor="start", bold=span.due is not None)
    )
    if piece.ends:
        parts.append(draw_badges(span.flags, piece.right + 6 + badges_width(span.flags), at - 3))
    late = "late" if span.due is not None else "kept"
    return tag("g", "".join(parts), class_=f"bracket {late}", data_check=span.id)


def _line(a: float, b: float, y: float, width: float, dashes: str | None = None) -> str:
    return tag("line", x1=a, x2=b, y1=y, y2=y, stroke=INK, stroke_width=width, stroke_dasharray=dashes)


def _path(d: str, width: float) -> str:
    return tag("path", d=d, fill="none", stroke=INK, stroke_width=width)


def _end(x: float, y: float, closed: bool, inward: int) -> str:
    """An upright end, or a point outwards where the bracket goes on in another strip."""
    if closed:
        return _path(f"M{num(x)},{num(y - ARM)} V{num(y + ARM)}", 1.6)
    return _path(f"M{num(x + inward * 5)},{num(y - 4)} L{num(x)},{num(y)} L{num(x + inward * 5)},{num(y + 4)}", 1.4)


def hatched(a: float, b: float, y: float, half: float = 5.0) -> str:
    """Time that does not count: slanted strokes in a box over the line."""
    box = tag("rect", x=a, y=y - half, width=b - a, height=2 * half, fill="#ffffff", stroke=INK, stroke_width=0.9)
    strokes, x = [], a - 2 * half + 4
    while x < b:
        low, high = max(x, a), min(x + 2 * half, b)
        strokes.append(f"M{num(low)},{num(y + half - (low - x))} L{num(high)},{num(y + half - (high - x))}")
        x += 5
    return tag("g", box + tag("path", d=" ".join(strokes), fill="none", stroke=INK, stroke_width=0.8), class_="stop")
