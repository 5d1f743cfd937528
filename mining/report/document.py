"""A document before it is a page, a file of Word or a PDF: sections of sentences, figures and tables, each numbered once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mining.report.table import Table

DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Figure:
    """A picture with its caption.

    Attributes
    ----------
    caption : str
        Without the number, which is the document's to give.
    svg : str
        The picture, whole: nothing in it is fetched, and charts hold their letters as paths.
    alt : str
        What it shows, for who cannot see it; empty: the caption says it.
    large : bool
        Too detailed for the width of a page that is read on a screen: it can be enlarged.
    """

    caption: str
    svg: str
    alt: str = ""
    large: bool = False


@dataclass(frozen=True)
class Fact:
    """A label and what it says, in one or more lines."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A section: facts, sentences, figures, tables, then the sections in it.

    Attributes
    ----------
    said : sequence of str
        Paragraphs; with ``listed`` the items of a list.
    figures, tables
        After the sentences, in this order.
    id : str
        Unique in the document; links of cells lead to it.
    title : str
    wide : bool
        Printed across.
    listed : bool
        See ``said``.
    facts : sequence of Fact
        Before the sentences: the parts of a finding, the particulars of an engagement.
    sections : sequence of Section
    badge, tone : str
        A word before the title, and how it looks: ``H``, ``M``, ``L``, ``quiet`` (a finding), or nothing.
    fresh : bool
        Begins on a new page.
    appendix : bool
        Counted by letters.
    front : bool
        Not counted: stands before the report itself.
    lang : str
        Language of the sentences where it is not that of the document.
    """

    said: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    id: str = ""
    title: str = ""
    wide: bool = False
    listed: bool = False
    facts: Sequence[Fact] = ()
    sections: Sequence[Section] = ()
    badge: str = ""
    tone: str = ""
    fresh: bool = False
    appendix: bool = False
    front: bool = False
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.said or self.figures or any(self.tables) or self.facts or any(self.sections))


@dataclass(frozen=True)
class Placed:
    """A section in its place.

    Attributes
    ----------
    section : Section
    level : int
        1 for those of the document itself.
    number : str
        As it is printed before the title: ``4``, ``4.2``, ``A``; in a Chinese audit report ``一、`` and ``(一)``. Empty: none.
    figures, tables : sequence of (int, Figure or Table)
        With their numbers in the document; tables without rows are left out.
    """

    section: Section
    level: int
    number: str
    figures: tuple[tuple[int, Figure], ...]
    tables: tuple[tuple[int, Table], ...]


@dataclass(frozen=True)
class Document:
    """A whole document.

    Attributes
    ----------
    kind : str
        What it is, such as *Audit report*.
    name : str
        Its title: the service.
    lang : {"en", "zh"}
    facts : sequence of Fact
        The cover.
    sections : sequence of Section
    warning : str
        Stands on the cover, above all: a draft, no norm.
    footer : str
        What it was made from, in a line.
    chinese_numbers : bool
        Count sections as Chinese audit reports do.
    """

    kind: str
    name: str
    lang: str
    facts: Sequence[Fact]
    sections: Sequence[Section]
    warning: str = ""
    footer: str = ""
    chinese_numbers: bool = False

    def placed(self) -> tuple[Placed, ...]:
        """Every section in the order of reading, with its number and those of its figures and tables.

        Examples
        --------
        >>> parts = [Section(["a"], id="x", title="X", sections=[Section(["b"], id="y", title="Y")]),
        ...          Section(["c"], id="z", title="Z", appendix=True)]
        >>> [(p.number, p.section.title) for p in Document("Report", "Permits", "en", [], parts).placed()]
        [('1', 'X'), ('1.1', 'Y'), ('A', 'Z')]
        """
        return tuple(_Counter(self.chinese_numbers).walk(self.sections))


class _Counter:
    """Gives numbers while it walks."""

    def __init__(self, chinese: bool) -> None:
        self.chinese = chinese
        self.figures = self.tables = 0

    def walk(self, sections: Sequence[Section], level: int = 1, above: str = "") -> Iterator[Placed]:
        n = letters = 0
        for section in filter(None, sections):
            n, letters = n + (not (section.appendix or section.front)), letters + section.appendix
            plain = chr(ord("A") + letters - 1) if section.appendix else f"{above}{n}"
            number = plain if section.appendix or not self.chinese else _chinese(n, level)
            number = "" if section.front or level > 2 else number
            figures = tuple(enumerate(section.figures, self.figures + 1))
            self.figures += len(figures)
            tables = tuple(enumerate((table for table in section.tables if table), self.tables + 1))
            self.tables += len(tables)
            yield Placed(section, level, number, figures, tables)
            yield from self.walk(section.sections, level + 1, f"{plain}.")


def _chinese(n: int, level: int) -> str:
    """``一、`` for a section of the document, ``(一)`` for one in it.

    Examples
    --------
    >>> [_chinese(n, 1) for n in (1, 10, 12, 20, 31)], _chinese(2, 2)
    (['一、', '十、', '十二、', '二十、', '三十一、'], '（二）')
    """
    tens, ones = divmod(n, 10)
    word = (DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (DIGITS[ones] if ones else "")
    return f"{word}、" if level == 1 else f"（{word}）"
