"""The named styles of the DOCX report, and how they come into a firm's template without touching its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mining.report.docx_xml import DECLARED, w

LATIN = "Arial"
CHINESE = "Microsoft YaHei"
INK, MUTED, RULE, SOFT, ACCENT, BAD, GOOD = "1E293B", "475569", "CBD5E1", "F1F5F9", "1F3A5F", "B91C1C", "166534"

FONTS = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{CHINESE}" w:cs="{LATIN}"/>'
KEEP, BOLD = "<w:keepNext/><w:keepLines/>", "<w:b/><w:bCs/>"


def _space(before: int, after: int, line: int = 0) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}"' + (
        f' w:line="{line}" w:lineRule="auto"/>' if line else "/>"
    )


def _look(size: float, colour: str = "", bold: bool = False) -> str:
    coloured = f'<w:color w:val="{colour}"/>' if colour else ""
    points = round(2 * size)
    return f'{BOLD if bold else ""}{coloured}<w:sz w:val="{points}"/><w:szCs w:val="{points}"/>'


def _shade(fill: str) -> str:
    return f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>'


def _box(colour: str) -> str:
    sides = "".join(f'<w:{side} w:val="single" w:sz="12" w:space="6" w:color="{colour}"/>' for side in _SIDES)
    return f"<w:pBdr>{sides}</w:pBdr>"


_SIDES = ("top", "left", "bottom", "right")
_UNDER = f'<w:pBdr><w:bottom w:val="single" w:sz="8" w:space="3" w:color="{ACCENT}"/></w:pBdr>'
_OVER = f'<w:pBdr><w:top w:val="single" w:sz="4" w:space="4" w:color="{RULE}"/></w:pBdr>'
_INDENT = 'w:left="340" w:hanging="340"'


def _level(n: int) -> str:
    return f'<w:outlineLvl w:val="{n - 1}"/>'


# Name, kind (paragraph, character), base, properties of the paragraph, properties of its runs; in the order of the schema.
STYLES: tuple[tuple[str, str, str, str, str], ...] = (
    ("Normal", "paragraph", "", "", f'<w:color w:val="{INK}"/>'),
    ("Title", "paragraph", "Normal", _space(60, 240, 264), _look(26, ACCENT, True)),
    ("Subtitle", "paragraph", "Normal", _space(2400, 0), _look(13, MUTED, True)),
    ("heading 1", "paragraph", "Normal", KEEP + _UNDER + _space(420, 140) + _level(1), _look(16, ACCENT, True)),
    ("heading 2", "paragraph", "Normal", KEEP + _space(300, 100) + _level(2), _look(12.5, INK, True)),
    ("heading 3", "paragraph", "Normal", KEEP + _space(240, 80) + _level(3), _look(11, ACCENT, True)),
    ("heading 4", "paragraph", "Normal", KEEP + _space(200, 60) + _level(4), _look(10, INK, True)),
    ("Body Text", "paragraph", "Normal", _space(60, 100, 276), ""),
    ("List Bullet", "paragraph", "Normal", f'{{bullet}}{_space(20, 60, 276)}<w:ind {_INDENT}/>', ""),
    ("caption", "paragraph", "Normal", "<w:keepLines/>" + _space(200, 80), _look(9, ACCENT, True)),
    ("Report Figure", "paragraph", "Normal", "<w:keepNext/>" + _space(160, 0) + '<w:jc w:val="left"/>', ""),
    ("Table Text", "paragraph", "Normal", _space(0, 0), _look(8.5)),
    ("Table Head", "paragraph", "Table Text", "<w:keepNext/>", _look(8, MUTED, True)),
    ("Table Number", "paragraph", "Table Text", '<w:jc w:val="right"/>', ""),
    ("Table Head Number", "paragraph", "Table Head", '<w:jc w:val="right"/>', ""),
    ("Table Note", "paragraph", "Table Text", "", _look(7.5, MUTED)),
    ("Table Note Number", "paragraph", "Table Note", '<w:jc w:val="right"/>', ""),
    ("Table Group", "paragraph", "Table Text", "<w:keepNext/>", _look(8.5, ACCENT, True)),
    ("Fact Label", "paragraph", "Normal", _space(20, 20), _look(9, MUTED, True)),
    ("Fact Value", "paragraph", "Normal", _space(20, 20, 252), _look(9.5)),
    ("Cover Label", "paragraph", "Normal", _space(50, 50), _look(9.5, MUTED)),
    ("Cover Value", "paragraph", "Normal", _space(50, 50), _look(9.5)),
    ("Warning", "paragraph", "Normal", "<w:keepLines/>" + _box(BAD) + _space(160, 240), _look(11, BAD, True)),
    ("TOC Heading", "paragraph", "Normal", KEEP + _UNDER + _space(0, 200), _look(16, ACCENT, True)),
    ("toc 1", "paragraph", "Normal", "{tab}" + _space(100, 20), BOLD),
    ("toc 2", "paragraph", "Normal", "{tab}" + _space(10, 10) + '<w:ind w:left="340"/>', _look(9.5)),
    ("header", "paragraph", "Normal", _space(0, 0), _look(8, MUTED)),
    ("footer", "paragraph", "Normal", _space(0, 0), _look(7, MUTED)),
    ("Report Page Number", "paragraph", "footer", _OVER + _space(60, 40) + '<w:jc w:val="right"/>', _look(8, MUTED)),
    ("Report Break", "paragraph", "Normal", '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>', _look(1)),
    ("Hyperlink", "character", "", "", f'<w:color w:val="{ACCENT}"/><w:u w:val="single"/>'),
    ("Tone Good", "character", "", "", f'{BOLD}<w:color w:val="{GOOD}"/>'),
    ("Tone Bad", "character", "", "", f'{BOLD}<w:color w:val="{BAD}"/>'),
    ("Tone Quiet", "character", "", "", '<w:color w:val="64748B"/>'),
    ("Finding H", "character", "", "", f'{BOLD}<w:color w:val="FFFFFF"/>{_shade("7F2704")}'),
    ("Finding M", "character", "", "", f'{BOLD}<w:color w:val="{INK}"/>{_shade("F9B27A")}'),
    ("Finding L", "character", "", "", f'{BOLD}<w:color w:val="{INK}"/>{_shade("FFF1DE")}'),
    ("Finding Quiet", "character", "", "", f'{BOLD}<w:color w:val="{MUTED}"/>{_shade("E2E8F0")}'),
)  # fmt: skip
OWN = ("Report ", "Table ", "Fact ", "Cover ", "Tone ", "Finding ", "Warning")  # the other names are Word's
TONES = {
    "good": "Tone Good", "bad": "Tone Bad", "quiet": "Tone Quiet", "H": "Finding H", "M": "Finding M", "L": "Finding L",
}  # fmt: skip
BADGES = TONES | {"quiet": "Finding Quiet"}
REPORT_TABLE, FACTS_TABLE = "Report Table", "Report Facts"


def _line(side: str, colour: str, size: int = 4) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>'


def _cells(top: int, side: int) -> str:
    margins = (("top", top), ("left", side), ("bottom", top), ("right", side))
    return f'<w:tblCellMar>{"".join(f"""<w:{x} w:w="{n}" w:type="dxa"/>""" for x, n in margins)}</w:tblCellMar>'


def _tables() -> Iterator[tuple[str, str]]:
    """Table styles: name and the XML in them."""
    ruled = f"<w:tblBorders>{_line('top', INK, 8)}{_line('bottom', INK, 8)}{_line('insideH', RULE)}</w:tblBorders>"
    head = (
        '<w:tblStylePr w:type="firstRow"><w:tblPr/><w:tcPr>'
        f'<w:tcBorders>{_line("bottom", INK, 8)}</w:tcBorders>{_shade(SOFT)}<w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
    )
    yield REPORT_TABLE, f'<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{ruled}{_cells(45, 70)}</w:tblPr>{head}'
    lines = f"<w:tblBorders>{_line('top', RULE)}{_line('bottom', RULE)}{_line('insideH', RULE)}</w:tblBorders>"
    yield FACTS_TABLE, f'<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{lines}{_cells(25, 85)}</w:tblPr>'


def style_sheet() -> str:
    """The whole of styles.xml of a report without a template."""
    lang = '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
    defaults = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{FONTS}"
        f'<w:sz w:val="20"/><w:szCs w:val="20"/>{lang}</w:rPr></w:rPrDefault>'
        "<w:pPrDefault><w:pPr><w:widowControl/></w:pPr></w:pPrDefault></w:docDefaults>"
    )
    basic = (
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>'
        '<w:uiPriority w:val="1"/><w:semiHidden/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/>'
        f'<w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{_cells(0, 108)}</w:tblPr></w:style>'
        '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:semiHidden/></w:style>'
    )
    return f"<w:styles {DECLARED}>{defaults}{basic}</w:styles>"


def add_styles(styles: Any, bullet: str, width: int, fonts: str = FONTS) -> dict[str, str]:
    """Add the styles that a file lacks; those it has stay as they are.

    Parameters
    ----------
    styles : lxml element
        Root of styles.xml.
    bullet : str
        Property that makes a paragraph an item of a list, for a style ``List Bullet`` of ours.
    width : int
        Of the text, in twentieths of a point: where page numbers stand in the contents.
    fonts : str
        Property that names the fonts, on every paragraph style: without it Chinese falls back to another font.

    Returns
    -------
    dict of str to str
        Style name to its id in the file.
    """
    there = {name: one.get(w("styleId")) for name, one in _named(styles).items()}
    taken = {one.get(w("styleId")) for one in styles.iter(w("style"))}
    tab = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{width}"/></w:tabs>'
    ids: dict[str, str] = {}
    for name, kind, base, paragraph, runs in STYLES:
        if name.lower() in there:
            ids[name] = there[name.lower()]
            continue
        ids[name] = _free_id(name, taken)
        inner = paragraph.replace("{bullet}", bullet).replace("{tab}", tab)
        styles.append(_style(ids[name], name, kind, ids.get(base, ""), inner, fonts * (kind == "paragraph") + runs))
    for name, properties in _tables():
        ids[name] = there.get(name.lower()) or _free_id(name, taken)
        if name.lower() not in there:
            styles.append(_table_style(ids[name], name, properties))
    return ids


def _named(styles: Any) -> dict[str, Any]:
    """Style elements by their name in small letters, as Word compares them."""
    found: dict[str, Any] = {}
    for one in styles.iter(w("style")):
        name = one.find(w("name"))
        if name is not None and one.get(w("styleId")):
            found.setdefault(str(name.get(w("val"))).lower(), one)
    return found


def _free_id(name: str, taken: set[str]) -> str:
    id = name.title().replace(" ", "")
    while id in taken:
        id += "Report"
    taken.add(id)
    return id


def _style(id: str, name: str, kind: str, base: str, paragraph: str, runs: str) -> Any:
    from docx.oxml import parse_xml

    default = ' w:default="1"' if name == "Normal" else ""
    own = ' w:customStyle="1"' if name.startswith(OWN) else ""
    parts = [
        f'<w:name w:val="{name}"/>', f'<w:basedOn w:val="{base}"/>' if base else "", '<w:qFormat/>',
        f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "", f"<w:rPr>{runs}</w:rPr>" if runs else "",
    ]  # fmt: skip
    return parse_xml(f'<w:style {DECLARED} w:type="{kind}"{default}{own} w:styleId="{id}">{"".join(parts)}</w:style>')


def _table_style(id: str, name: str, properties: str) -> Any:
    from docx.oxml import parse_xml

    opened = f'<w:style {DECLARED} w:type="table" w:customStyle="1" w:styleId="{id}">'
    return parse_xml(f'{opened}<w:name w:val="{name}"/>{properties}</w:style>')


def faces_of(styles: Any) -> dict[str, str]:
    """East Asian font that runs of each of our paragraph styles are to name; empty where the file leaves it to its theme."""
    default = styles.find(f"{w('docDefaults')}//{w('rFonts')}")
    chains = _chains(styles)
    return {
        name: _face([*(one.find(f"{w('rPr')}/{w('rFonts')}") for one in chains.get(name.lower(), [])), default])
        for name, kind, *_ in STYLES
        if kind == "paragraph"
    }


def numbered(styles: Any) -> set[str]:
    """Headings that the file numbers by itself."""
    chains = _chains(styles)
    return {
        name
        for name, *_ in STYLES
        if name.startswith("heading") and any(one.find(f".//{w('numPr')}") is not None for one in chains[name])
    }


def _chains(styles: Any) -> dict[str, list[Any]]:
    """Each style by its name in small letters, with those it is based on."""
    named = _named(styles)
    by_id = {one.get(w("styleId")): one for one in named.values()}
    found = {}
    for name, style in named.items():
        chain: list[Any] = []
        while style is not None and style not in chain:
            chain.append(style)
            base = style.find(w("basedOn"))
            style = None if base is None else by_id.get(base.get(w("val")))
        found[name] = chain
    return found


def _face(fonts_of: list[Any]) -> str:
    for fonts in fonts_of:
        if fonts is not None and fonts.get(w("eastAsiaTheme")):
            return ""
        if fonts is not None and fonts.get(w("eastAsia")):
            return str(fonts.get(w("eastAsia")))
    return CHINESE
