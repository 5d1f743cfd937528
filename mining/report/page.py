"""A document as one page of HTML: nothing is fetched, the only script sorts and filters tables, and without it the page is complete."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from mining.display.shown import sorting_script
from mining.pictures.svg import clean
from mining.pictures.web_font import font_face
from mining.report.document import Document, Figure, Placed
from mining.report.table import Table
from mining.texts import say

TAG = {"en": "en", "zh": "zh-CN"}
EN_SPACE = "\u2002"
LONG = 15  # rows of a table above which it has a filter
MANY, WORDY = 12, 50  # items from which a list of short ones stands in columns; letters of a short one
FONT_PLACE = "/* font */"
_ROOT = re.compile(r"<svg\b[^>]*>")
_TAG_OF = re.compile(r"<[^>]*>")
_REFERENCE = re.compile(r'(\sid="|url\(#|href="#)')
_NAMED = re.compile(r'\s(?:role|aria-label|aria-labelledby)="[^"]*"')


@cache
def _environment() -> Environment:
    """Templates that escape what they are given, and refuse what they are not given."""
    return Environment(
        loader=PackageLoader("mining", "report/templates"), autoescape=True, undefined=StrictUndefined,
        finalize=lambda x: clean(x) if isinstance(x, str) and not isinstance(x, Markup) else x,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def inlined(svg: str, prefix: str) -> Markup:
    """A picture for the middle of the page, with ids of its own; what its texts say stays as it is."""
    return Markup(_TAG_OF.sub(lambda tag: _REFERENCE.sub(rf"\1{prefix}-", tag.group()), svg))


def render_page(document: Document) -> str:
    """A document as one file of HTML.

    Its content security policy lets it load nothing, and run nothing but the script that sorts and filters tables. Chinese characters
    in use are embedded, for machines without a font that has them.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str
        The whole page. The same document gives the same text.

    Examples
    --------
    >>> from mining.report.document import Section
    >>> page = render_page(Document("Report", "Permits", "en", [], [Section(["All is well."], id="all", title="Summary")]))
    >>> page.count("<script"), '<h2 id="all-title">1\u2002Summary</h2>' in page
    (1, True)
    """
    script = sorting_script()
    page = _environment().get_template("document.html.j2")
    made = page.render(
        document=document, lang=TAG[document.lang], t=partial(say, lang=document.lang), parts=_nested(document),
        script=Markup(script), allowed=b64encode(sha256(script.encode()).digest()).decode(), long=LONG,
    )  # fmt: skip
    return made.replace(FONT_PLACE, font_face(made), 1)


def table_shown(table: Table) -> Markup:
    """A table as it stands in a page, on its own."""
    show = _environment().get_template("parts.html.j2").module.show  # type: ignore[attr-defined]
    return Markup(show(table, table.caption, f"part-{table.id}"))


@dataclass
class Part:
    """A section in its place, as the template writes it.

    Attributes
    ----------
    placed : Placed
    id : str
        Unique in the page.
    heading : int
        2 to 6: one more than that of the nearest section around it that has a title.
    title : str
        With its number.
    lang : str
    table_ids : list of str
        Those of its tables, unique in the page.
    parts : list of Part
        The sections in it.
    """

    placed: Placed
    id: str
    heading: int
    title: str
    lang: str
    table_ids: list[str]
    parts: list[Part] = field(default_factory=list)

    @property
    def look(self) -> str:
        """Classes of the section."""
        section = self.placed.section
        words = [word for word in ("wide", "fresh") if getattr(section, word)]
        return " ".join([*words, *(["finding", section.tone] if section.tone else [])])

    @property
    def across(self) -> bool:
        """Whether what it says itself is printed on the wide page of its first part, for it has no more than a few lines."""
        section = self.placed.section
        if (
            section.wide
            or section.listed
            or section.facts
            or self.placed.figures
            or self.placed.tables
            or not self.parts
        ):
            return False
        return self.parts[0].placed.section.wide or self.parts[0].across

    @property
    def columns(self) -> bool:
        """Whether its list has many short items."""
        said = self.placed.section.said
        return len(said) >= MANY and max(map(len, said)) <= WORDY

    @property
    def figures(self) -> Iterator[tuple[str, str, Markup, bool]]:
        """Id, caption with its number, picture, and whether it can be enlarged."""
        for n, figure in self.placed.figures:
            caption = say("page.figure", self.lang, n=n, caption=figure.caption)
            yield f"figure-{n}", caption, _drawn(figure, f"f{n}"), figure.large

    @property
    def tables(self) -> Iterator[tuple[str, str, Table]]:
        """Id, caption with its number, and table."""
        for id, (n, table) in zip(self.table_ids, self.placed.tables, strict=True):
            yield id, say("page.table", self.lang, n=n, caption=table.caption), table


def _drawn(figure: Figure, prefix: str) -> Markup:
    """Charts as images; pictures with letters in the page itself, where they find its font."""
    name = clean(figure.alt or figure.caption)
    if not figure.large and "<text" not in figure.svg:
        data = b64encode(figure.svg.encode()).decode()
        return Markup('<img src="data:image/svg+xml;base64,{}" alt="{}">').format(data, name)
    root = _ROOT.search(figure.svg)
    if root is None:
        raise ValueError("a figure holds no <svg>")
    named = root.group()
    if figure.alt or "aria-label=" not in named:
        named = f'{_NAMED.sub("", named)[:4]} role="img" aria-label="{escape(name)}"{_NAMED.sub("", named)[4:]}'
    return inlined(figure.svg[: root.start()] + named + figure.svg[root.end() :], prefix)


def _nested(document: Document) -> list[Part]:
    """The sections as a tree, with their numbers."""
    top: list[Part] = []
    around: list[Part] = []
    used: Counter[str] = Counter()
    for k, placed in enumerate(document.placed(), 1):
        del around[placed.level - 1 :]
        heading = min(2 + sum(bool(part.title) for part in around), 6)
        ids = [_unique(f"table-{table.id}", used) for _, table in placed.tables]
        title = _title(placed, document.lang)
        part = Part(placed, _unique(placed.section.id or f"part-{k}", used), heading, title, document.lang, ids)
        (around[-1].parts if around else top).append(part)
        around.append(part)
    return top


def _unique(id: str, used: Counter[str]) -> str:
    """The id, with a number from its second use on."""
    used[id] += 1
    return id if used[id] == 1 else f"{id}-{used[id]}"


def _title(placed: Placed, lang: str) -> str:
    title, number = placed.section.title, placed.number
    if not title or not number:
        return title
    if placed.section.appendix and placed.level == 1:
        number = say("page.appendix", lang, letter=number)
    return f"{number}{'' if number[-1] in '、）' else EN_SPACE}{title}"
