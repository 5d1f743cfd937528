"""Colours of a process map: steps from light to dark, so that they survive a grey printer, and the scales that explain them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from mining.pictures.svg import INK, MUTED, tag, text_lines, text_width
from mining.pictures.symbols import LegendItem
from mining.units import readable

FILLS = ("#f1f6fd", "#d5e4f7", "#abcbee", "#74a8de", "#2b67ab")
INKS = (INK, INK, INK, INK, "#ffffff")
MUTED_INKS = (MUTED, MUTED, "#334155", INK, "#ffffff")
TIME_INKS = ("#e0ad3f", "#dd8427", "#c9561c", "#9c2a18", "#560f0d")
TIME_WIDTHS = (1.6, 2.2, 2.9, 3.7, 4.6)
FEW = "#a3adba"  # of what is too rare to be measured
PARTS = (0.02, 0.1, 0.3, 0.6)  # of the largest count: upper ends of the classes
NICE_SECONDS = (
    *(1, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200),
    *(86_400 * d for d in (1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365, 730)),
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Classes of a number: upper ends of all but the last."""

    tops: tuple[float, ...]
    labels: tuple[str, ...]

    def step(self, value: float) -> int:
        """Class of a value; the lighter colours are left out where there are fewer classes than colours."""
        found = bisect_left(self.tops, value)
        return round(found * (len(FILLS) - 1) / len(self.tops)) if self.tops else 1

    @property
    def steps(self) -> list[int]:
        """Colour of each class."""
        return [self.step(top) for top in self.tops] + [len(FILLS) - 1] if self.tops else [1]


def counts_scale(counts: Sequence[int]) -> Scale:
    """Classes of counts, with round borders between them."""
    most = max(counts, default=0)
    tops = sorted({float(_round(most * part)) for part in PARTS} - {0.0})
    tops = [top for top in tops if min(counts, default=0) <= top < most]
    labels = [f"≤{tops[0]:,.0f}"] if tops else [f"≤{most:,}"]
    labels += [f"{a + 1:,.0f}–{b:,.0f}" for a, b in zip(tops, tops[1:], strict=False)]
    return Scale(tuple(tops), tuple([*labels, f">{tops[-1]:,.0f}"] if tops else labels))


def _round(value: float) -> int:
    """One of 1, 2, 5, 10, 20, ... not above the value; 0 below 1."""
    found, size = 0, 1
    while size <= value:
        found = max(x * size for x in (1, 2, 5) if x * size <= value)
        size *= 10
    return found


def times_scale(seconds: Sequence[float], lang: str) -> Scale:
    """Classes of durations with borders that people use, about as many values in each."""
    values = sorted(seconds)
    tops: list[float] = []
    for part in (0.2, 0.4, 0.6, 0.8):
        if not values:
            break
        wanted = values[int(part * (len(values) - 1))]
        top = next((float(x) for x in NICE_SECONDS if x >= wanted), float(NICE_SECONDS[-1]))
        if values[0] <= top < values[-1] and top not in tops:
            tops.append(top)
    names = [_short(top, lang) for top in tops]
    if not tops:
        return Scale((), (_short(values[-1], lang) if values else "–",))
    labels = [f"≤{names[0]}", *(f"{a}–{b}" for a, b in zip(names, names[1:], strict=False)), f">{names[-1]}"]
    return Scale(tuple(tops), tuple(labels))


def _short(seconds: float, lang: str) -> str:
    """A duration without a needless decimal."""
    return readable(seconds, lang).replace(".0 ", " ")


def scale_item(scale: Scale, text: str, *, lines: bool = False) -> LegendItem:
    """The printed scale: boxes with the borders of their classes, or for ``lines`` a piece of line below each."""
    parts, x = [], 0.0
    for step, label in zip(scale.steps, scale.labels, strict=True):
        wide = text_width(label, 11) + 12
        if lines:
            y = 9.0 - TIME_WIDTHS[step] / 2
            parts.append(
                tag(
                    "line",
                    x1=x + 1,
                    x2=x + wide - 1,
                    y1=y,
                    y2=y,
                    stroke=TIME_INKS[step],
                    stroke_width=TIME_WIDTHS[step],
                )
            )
            parts.append(text_lines([label], x + wide / 2, 2.5, size=11, leading=0))
        else:
            look = {"fill": FILLS[step], "stroke": MUTED, "stroke_width": 0.8}
            parts.append(tag("rect", x=x, y=-9.0, width=wide, height=18.0, **look))
            parts.append(text_lines([label], x + wide / 2, 4.0, size=11, leading=0, fill=INKS[step]))
        x += wide
    return LegendItem("".join(parts), x, text)
