"""The report as a file of Word, in named styles: a consultant's own, or those of the firm's template."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mining.errors import MiningError
from mining.report.document import Document
from mining.report.docx_base import Base, begin_apart, own_base
from mining.report.docx_body import Body, lies_across
from mining.report.docx_template import house_base
from mining.report.docx_xml import DECLARED, TAG, Ink, field_of, paragraph_with, shown, w
from mining.report.zipped import dated
from mining.texts import say

AUTHOR = "service-mining"
EPOCH = datetime(2000, 1, 1)
MOST_IN_PROPERTY = 255  # characters, by the standard of packages


def write_docx(document: Document, path: str | Path, template: str | Path | None = None) -> None:
    """Write a document as DOCX. Equal documents give equal bytes.

    Parameters
    ----------
    document : Document
    path : str or Path
        Ends in ``.docx``; the folder must exist.
    template : str or Path, optional
        A ``.docx`` or ``.dotx``. Its text is taken out; pages, headers, footers and styles stay. Styles of our names in it are used
        as they are, the others are added.

    Raises
    ------
    MiningError
        If the template cannot be used or the file not be written; the message says why.

    Examples
    --------
    >>> from mining.report.document import Section
    >>> write_docx(Document("Report", "Permits", "en", [], [Section(["One sentence."], title="Summary")]), examples / "r.docx")
    >>> (examples / "r.docx").read_bytes()[:2]
    b'PK'
    """
    base = house_base(Path(template)) if template else own_base(document.lang)
    _fill(document, base)
    _properties(document, base.file)
    packed = io.BytesIO()
    base.file.save(packed)
    try:
        Path(path).write_bytes(dated(packed.getvalue()))
    except OSError as error:
        raise MiningError(f"{path} cannot be written: {error.strerror}.") from error


def _fill(document: Document, base: Base) -> None:
    """Write the body of the file, section by section of equal pages."""
    from docx.oxml import parse_xml

    ink = Ink(document.lang, base.ids, base.faces)
    if not any(True for _ in base.page.iter(w("headerReference"), w("footerReference"))):
        _running_lines(document, base, ink)
    body = Body(document, ink, base.file.part, base.numbered)
    turn = f"<w:p><w:pPr>{ink.style('Report Break')}<w:sectPr/></w:pPr></w:p>"
    apart = paragraph_with(ink.style("Report Break"))
    parts: list[str] = []
    turns = [False]
    for xml, across in _blocks(body, base):
        if across != turns[-1]:
            parts.append(turn)
            turns.append(across)
        elif xml.startswith("<w:tbl>") and parts and parts[-1].startswith("<w:tbl>"):
            parts.append(apart)
        parts.append(xml)
    if parts[-1].startswith("<w:tbl>"):
        parts.append(apart)
    whole = parse_xml(f"<w:body {DECLARED}>{''.join(parts)}<w:sectPr/></w:body>")
    for i, (empty, across) in enumerate(zip(list(whole.iter(w("sectPr"))), turns, strict=True)):
        empty.getparent().replace(empty, base.section(across, first=i == 0))
    target = base.file.element.body
    for child in list(target):
        target.remove(child)
    for child in list(whole):
        target.append(child)


def _running_lines(document: Document, base: Base, ink: Ink) -> None:
    """Head and foot of every page but the cover: what it is; page of pages; what it was made from."""
    from docx.oxml import parse_xml

    name = say("docx.header", document.lang, kind=document.kind, name=document.name)
    pages = [field_of(code, ink.run("1", "footer")) for code in ("PAGE", "NUMPAGES")]
    count = paragraph_with(ink.style("Report Page Number"), pages[0], ink.run(" / ", "footer"), pages[1])
    lines = {"header": ink.paragraph("header", name), "footer": count + ink.paragraph("footer", document.footer)}
    for i, (kind, xml) in enumerate(lines.items()):
        part, id = base.file.part.add_header_part() if kind == "header" else base.file.part.add_footer_part()
        for child in list(part.element):
            part.element.remove(child)
        for child in list(parse_xml(f"<w:hdr {DECLARED}>{xml}</w:hdr>")):
            part.element.append(child)
        base.page.insert(i, parse_xml(f'<w:{kind}Reference {DECLARED} w:type="default" r:id="{id}"/>'))
    begin_apart(base.page)


def _blocks(body: Body, base: Base) -> Iterator[tuple[str, bool]]:
    """Every paragraph and table with whether it lies across; a heading without text of its own lies as what follows."""
    upright = base.room(False)
    for xml in body.cover(upright[0]):
        yield xml, False
    yield body.contents(), False
    fresh, waiting = True, []
    before = False
    for i, place in enumerate(body.placed, 1):
        section, across = place.section, lies_across(place.section)
        if section.title:
            waiting.append((i, place, fresh or section.fresh))
            fresh = False
        content = list(body.content(place, base.room(across)))
        if not content:
            continue
        for n, heading in enumerate(waiting):
            turned = n == 0 and across != before
            yield body.heading(*heading[:2], fresh=heading[2] and not turned), across
        for xml in content:
            yield xml, across
        waiting, before = [], across
    for heading in waiting:
        yield body.heading(*heading), before


def _properties(document: Document, file: Any) -> None:
    """What the file says of itself; no clock, nobody's name."""
    properties = file.core_properties
    properties.title = shown(say("docx.header", document.lang, kind=document.kind, name=document.name))[
        :MOST_IN_PROPERTY
    ]
    properties.subject = shown(document.kind)[:MOST_IN_PROPERTY]
    properties.language = TAG[document.lang]
    properties.author = properties.last_modified_by = AUTHOR
    properties.created = properties.modified = EPOCH
    properties.revision = 1
    properties.comments = properties.keywords = properties.category = ""
