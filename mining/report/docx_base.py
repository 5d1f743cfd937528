"""The file that a report is written into: its pages, its styles, and one of our own made here without any binary file."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from mining.report.docx_styles import CHINESE, FONTS, add_styles, faces_of, numbered, style_sheet
from mining.report.docx_xml import DECLARED, TAG, w

A4 = (11906, 16838)  # twentieths of a point
MARGIN, ABOVE, BELOW = 1417, 1361, 1247
BULLETS = (
    '<w:abstractNum {declared} w:abstractNumId="{id}"><w:multiLevelType w:val="hybridMultilevel"/><w:lvl w:ilvl="0">'
    '<w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr>'
    '<w:ind w:left="340" w:hanging="340"/></w:pPr></w:lvl></w:abstractNum>'
)


@dataclass
class Base:
    """A file without text.

    Attributes
    ----------
    file : docx.document.Document
    ids, faces : dict
        As in :class:`mining.report.docx_xml.Ink`.
    numbered : set of str
        Heading styles that number themselves.
    page : lxml element
        Properties of a section: its page, headers and footers.
    ours : bool
        Without a template.
    """

    file: Any
    ids: dict[str, str]
    faces: dict[str, str]
    numbered: set[str]
    page: Any
    ours: bool

    def room(self, across: bool) -> tuple[int, int]:
        """Width and height of the text on a page, in twentieths of a point."""
        size, margins = self.page.find(w("pgSz")), self.page.find(w("pgMar"))
        long, short = sorted((int(size.get(w("w"))), int(size.get(w("h")))), reverse=True)
        width, height = (long, short) if across else (short, long)
        around = {side: abs(int(margins.get(w(side), 0))) for side in ("left", "right", "gutter", "top", "bottom")}
        return width - around["left"] - around["right"] - around["gutter"], height - around["top"] - around["bottom"]

    def section(self, across: bool, first: bool) -> Any:
        """Properties of a section; headers and footers of the first hold for all."""
        made = deepcopy(self.page)
        size = made.find(w("pgSz"))
        long, short = sorted((int(size.get(w("w"))), int(size.get(w("h")))), reverse=True)
        size.set(w("w"), str(long if across else short))
        size.set(w("h"), str(short if across else long))
        size.attrib.pop(w("orient"), None)
        if across:
            size.set(w("orient"), "landscape")
        for tag in () if first else ("headerReference", "footerReference", "titlePg", "pgNumType"):
            for one in made.findall(w(tag)):
                made.remove(one)
        return made


def own_base(lang: str) -> Base:
    """A file of our own, all of it made here."""
    import docx
    from docx.oxml import parse_xml

    file = docx.Document()
    for relation in [x for x in file.part.package.rels.values() if x.reltype.endswith("thumbnail")]:
        del file.part.package.rels[relation.rId]
    for relation in [x for x in file.part.rels.values() if x.reltype.endswith(("stylesWithEffects", "customXml"))]:
        del file.part.rels[relation.rId]
    refill(file.styles.element, parse_xml(style_sheet()))
    refill(file.settings.element, parse_xml(_settings()))
    refill(file.part.numbering_part.element, parse_xml(f"<w:numbering {DECLARED}/>"))
    page = parse_xml(
        f'<w:sectPr {DECLARED}><w:pgSz w:w="{A4[0]}" w:h="{A4[1]}"/><w:pgMar w:top="{ABOVE}" w:right="{MARGIN}" w:bottom="{BELOW}" '
        f'w:left="{MARGIN}" w:header="680" w:footer="510" w:gutter="0"/><w:cols w:space="720"/></w:sectPr>'
    )
    return styled(file, page, FONTS, True)


def styled(file: Any, page: Any, fonts: str, ours: bool) -> Base:
    """Add the styles that a file lacks, and say what ours are called in it."""
    base = Base(file, {}, {}, set(), page, ours)
    styles = file.styles.element
    has_bullets = any(x.get(w("val"), "").lower() == "list bullet" for x in styles.iter(w("name")))
    base.ids = add_styles(styles, "" if has_bullets else _bullet(file), base.room(False)[0], fonts)
    base.faces = faces_of(styles) if not ours else dict.fromkeys(base.ids, CHINESE)
    base.numbered = numbered(styles)
    return base


def refill(element: Any, other: Any = ()) -> None:
    """Take out all children, put in those of another element."""
    for child in list(element):
        element.remove(child)
    for child in list(other):
        element.append(child)


def _settings() -> str:
    names = ("overrideTableStyleFontSizeAndJustification", "enableOpenTypeFeatures", "doNotFlipMirrorIndents")
    values = {"compatibilityMode": 15, **dict.fromkeys(names, 1)}  # 15: else Word opens it as a file of an old version
    place = 'w:uri="http://schemas.microsoft.com/office/word"'
    compat = "".join(f'<w:compatSetting w:name="{name}" {place} w:val="{n}"/>' for name, n in values.items())
    return (
        f'<w:settings {DECLARED}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
        f'<w:characterSpacingControl w:val="compressPunctuation"/><w:updateFields w:val="true"/><w:compat>{compat}</w:compat>'
        f'<w:themeFontLang w:val="{TAG["en"]}" w:eastAsia="{TAG["zh"]}"/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/>'
        "</w:settings>"
    )


def _bullet(file: Any) -> str:
    """Define a bulleted list and return the property that makes a paragraph one of its items."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.oxml import parse_xml
    from docx.parts.numbering import NumberingPart

    part = file.part
    if not any(x.reltype == RELATIONSHIP_TYPE.NUMBERING for x in part.rels.values()):
        empty = parse_xml(f"<w:numbering {DECLARED}/>")
        uri = PackURI("/word/numbering.xml")
        part.relate_to(NumberingPart(uri, CONTENT_TYPE.WML_NUMBERING, empty, part.package), RELATIONSHIP_TYPE.NUMBERING)
    root = part.numbering_part.element
    id = 1 + max((int(x.get(w("abstractNumId"))) for x in root.findall(w("abstractNum"))), default=0)
    num = 1 + max((int(x.get(w("numId"))) for x in root.findall(w("num"))), default=0)
    first = next((i for i, x in enumerate(root) if x.tag == w("num")), len(root))
    root.insert(first, parse_xml(BULLETS.format(declared=DECLARED, id=id)))
    last = max((i for i, x in enumerate(root, 1) if x.tag in (w("num"), w("abstractNum"))), default=len(root))
    root.insert(last, parse_xml(f'<w:num {DECLARED} w:numId="{num}"><w:abstractNumId w:val="{id}"/></w:num>'))
    return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{num}"/></w:numPr>'


def begin_apart(page: Any) -> None:
    """Give the first page a head and foot of its own, or none."""
    from docx.oxml import parse_xml

    later = {w(name) for name in ("textDirection", "bidi", "rtlGutter", "docGrid", "printerSettings")}
    if page.find(w("titlePg")) is None:
        at = next((i for i, x in enumerate(page) if x.tag in later), len(page))
        page.insert(at, parse_xml(f"<w:titlePg {DECLARED}/>"))
