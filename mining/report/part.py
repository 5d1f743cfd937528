"""A part of a report on its own, as it shows itself in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from mining.display.shown import framed, said
from mining.errors import UnknownNameError
from mining.report.document import Document, Section
from mining.report.page import table_shown

COVER = "cover"
PLACE = re.compile(r'<a href="#[^"]*">(.*?)</a>', re.DOTALL)  # leads to a page that is not there


@dataclass(frozen=True)
class Part:
    """A section with all that is in it.

    Attributes
    ----------
    section : Section
    lang : {"en", "zh"}
    """

    section: Section
    lang: str

    def __repr__(self) -> str:
        return f"<{self.section.title}: {' '.join(self.section.said)[:200]}>"

    def _repr_html_(self) -> str:
        return framed(list(_shown(self.section, self.lang, 3)), self.lang)


def part_of(document: Document, id: str) -> Part:
    """A section of a document, or its cover.

    Parameters
    ----------
    document : Document
    id : str
        As in the addresses of its page, such as ``conclusion``; ``cover`` for what stands on the first page.

    Raises
    ------
    UnknownNameError
        If the document has no such section.

    Examples
    --------
    >>> document = Document("Report", "Permits", "en", [], [Section(["All is well."], id="all", title="Summary")])
    >>> part_of(document, "all")
    <Summary: All is well.>
    """
    if id == COVER:
        warned = [document.warning] if document.warning else []
        return Part(
            Section(warned, id=COVER, title=f"{document.kind}: {document.name}", facts=document.facts), document.lang
        )
    there: dict[str, Section] = {}
    for section in _all(document.sections):
        there.setdefault(section.id, section)
    found = there.get(id) or there.get(f"zh-{id}")
    if found is None:
        raise UnknownNameError("part of the report", id, [COVER, *filter(None, there)])
    return Part(found, document.lang)


def _all(sections: Sequence[Section]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from _all(section.sections)


def _shown(section: Section, lang: str, level: int) -> Iterator[str]:
    """HTML, piece by piece, in the order of the report."""
    if section.title:
        yield f"<h{level}>{escape(' '.join(x for x in (section.badge, section.title) if x))}</h{level}>"
    if section.facts:
        rows = ((escape(fact.label), "<br>".join(map(escape, fact.lines))) for fact in section.facts)
        body = "".join(f"<tr><th scope=row>{label}</th><td>{lines}</td></tr>" for label, lines in rows)
        yield f'<table class="facts"><tbody>{body}</tbody></table>'
    if section.listed and len(section.said) > 1:
        yield f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in section.said)}</ul>"
    else:
        yield from (said(text) for text in section.said)
    for figure in section.figures:
        drawn = f'<div role="img" aria-label="{escape(figure.alt or figure.caption)}">{figure.svg}</div>'
        yield f'<figure><figcaption>{escape(figure.caption)}</figcaption><div class="picture">{drawn}</div></figure>'
    for table in filter(None, section.tables):
        yield PLACE.sub(r"\1", table_shown(table)).replace('class="number', 'class="n')
    for inner in filter(None, section.sections):
        yield from _shown(inner, lang, min(level + 1, 6))
