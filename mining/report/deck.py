"""Slides before they are a file: a title that says the message, and what shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mining.report.document import Fact, Figure
from mining.report.table import Table


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes
    ----------
    title : str
        The message, in a sentence.
    lines : sequence of str
        What supports it.
    figure : Figure, optional
    table : Table, optional
        Its first rows are shown, and how many there are.
    note : str
        What the speaker reads.
    tone : str
        Colour of the line below the title: ``good``, ``bad``, ``H``, ``M``, ``L``, ``quiet``, or nothing.
    """

    title: str
    lines: Sequence[str] = ()
    figure: Figure | None = None
    table: Table | None = None
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Deck:
    """A set of slides.

    Attributes
    ----------
    kind : str
        What it is, such as *Audit report*.
    name : str
        The service.
    lang : {"en", "zh"}
    facts : sequence of Fact
        On the first slide.
    slides : sequence of Slide
        After the first.
    footer : str
        On every slide but the first.
    """

    kind: str
    name: str
    lang: str
    facts: Sequence[Fact]
    slides: Sequence[Slide]
    footer: str = ""
