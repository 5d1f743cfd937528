"""What a DOCX report says, read back by its XML alone: paragraphs by style, tables with their captions, pictures with their texts."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

SPACE = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
}
W = f"{{{SPACE['w']}}}"


@dataclass
class ReadTable:
    """Caption with its number, heads, and rows of cells: a cell is the texts of its paragraphs."""

    caption: str
    style: str
    rows: list[list[list[str]]] = field(default_factory=list)


@dataclass
class ReadDocx:
    """Paragraphs of the text as (style name, text), tables, texts of pictures, fields, links as (bookmark, text)."""

    paragraphs: list[tuple[str, str]]
    tables: list[ReadTable]
    pictures: list[str]
    fields: list[str]
    links: list[tuple[str, str]]
    bookmarks: set[str]
    header: str
    footer: str
    body: etree._Element

    def said(self, *styles):
        """Texts in these styles, or all."""
        return [text for style, text in self.paragraphs if not styles or style in styles]


def parts(source):
    """Name to bytes of every member."""
    data = source.read_bytes() if isinstance(source, Path) else source
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def text_of(element):
    """The text of an element, without the codes of fields."""
    return "".join("\t" if x.tag == f"{W}tab" else x.text or "" for x in element.iter(f"{W}t"))


def read_docx(path):
    """Read a report."""
    members = parts(path)
    names = _style_names(members["word/styles.xml"])
    body = etree.fromstring(members["word/document.xml"]).find("w:body", SPACE)

    def style_of(paragraph):
        style = paragraph.find("w:pPr/w:pStyle", SPACE)
        return "" if style is None else names[style.get(f"{W}val")]

    paragraphs = [
        (style_of(p), text_of(p)) for p in body.iter(f"{W}p") if next(p.iterancestors(f"{W}tbl"), None) is None
    ]
    return ReadDocx(
        paragraphs,
        list(_tables(body, style_of, names)),
        [x.get("descr") for x in body.iter(f"{{{SPACE['wp']}}}docPr")],
        [x.text.strip() for x in body.iter(f"{W}instrText")],
        [(x.get(f"{W}anchor"), text_of(x)) for x in body.iter(f"{W}hyperlink")],
        {x.get(f"{W}name") for x in body.iter(f"{W}bookmarkStart")},
        *(_running(members, kind) for kind in ("header", "footer")),
        body,
    )


def _style_names(data):
    styles = etree.fromstring(data).findall("w:style", SPACE)
    return {x.get(f"{W}styleId"): x.find("w:name", SPACE).get(f"{W}val") for x in styles}


def _running(members, kind):
    found = [data for name, data in sorted(members.items()) if re.fullmatch(rf"word/{kind}\d*\.xml", name)]
    return "\n".join(text_of(etree.fromstring(data)) for data in found)


def _tables(body, style_of, names):
    for one in body.iter(f"{W}tbl"):
        style = names[one.find("w:tblPr/w:tblStyle", SPACE).get(f"{W}val")]
        before = one.getprevious()
        captioned = before is not None and before.tag == f"{W}p" and style_of(before) == "caption"
        rows = [[[text_of(p) for p in cell.iter(f"{W}p")] for cell in row.iter(f"{W}tc")] for row in one.iter(f"{W}tr")]
        yield ReadTable(text_of(before) if captioned else "", style, rows)
