"""A firm's template as the file of a report: its text goes, its pages, headers, footers and styles stay."""

from __future__ import annotations

import io
import zipfile
import zlib
from copy import deepcopy
from pathlib import Path
from typing import Any

from mining.errors import MiningError
from mining.report.docx_base import A4, MARGIN, Base, begin_apart, refill, styled
from mining.report.docx_styles import faces_of
from mining.report.docx_xml import DECLARED, SPACES, TAG, w

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}.main+xml"
MOST_BYTES = 300_000_000  # unpacked
OLE = b"\xd0\xcf\x11\xe0"
KEPT = {
    "styles", "settings", "webSettings", "numbering", "theme", "fontTable", "stylesWithEffects", "footnotes", "endnotes",
    "customXml",
}  # fmt: skip


def house_base(template: Path) -> Base:
    """A firm's file, emptied: its pages, headers, footers and styles stay, its text goes."""
    file = _opened(template)
    page = _last_page(file.element.body)
    defaults = file.styles.element.find(f"{w('docDefaults')}/{w('rPrDefault')}/{w('rPr')}")
    if defaults is not None:
        for lang in defaults.findall(w("lang")):
            lang.set(w("val"), TAG["en"])
            lang.set(w("eastAsia"), TAG["zh"])
    refill(file.element.body)
    _forget(file.part, page)
    face = faces_of(file.styles.element)["Normal"]
    base = styled(file, page, f'<w:rFonts w:eastAsia="{face}"/>' if face else "", False)
    _update_on_opening(file.settings.element, file.part)
    return base


# What stands after w:updateFields in the schema.
AFTER_UPDATE = {
    "hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids", "mathPr", "attachedSchema", "themeFontLang",
    "clrSchemeMapping", "doNotIncludeSubdocsInStats", "doNotAutoCompressPictures", "forceUpgrade", "captions",
    "readModeInkLockDown", "smartTagType", "schemaLibrary", "shapeDefaults", "doNotEmbedSmartTags", "decimalSymbol", "listSeparator",
}  # fmt: skip


def _update_on_opening(settings: Any, part: Any) -> None:
    """Ask Word to count pages and contents anew when it opens the file; forget where the template's own template lies."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    relations = part.part_related_by(RELATIONSHIP_TYPE.SETTINGS).rels
    for id in [x.rId for x in relations.values() if x.reltype.endswith("/attachedTemplate")]:
        del relations[id]
    for one in settings.findall(w("updateFields")) + settings.findall(w("attachedTemplate")):
        settings.remove(one)
    later = (i for i, x in enumerate(settings) if str(x.tag).rpartition("}")[2] in AFTER_UPDATE)
    settings.insert(next(later, len(settings)), parse_xml(f'<w:updateFields {DECLARED} w:val="true"/>'))


def _last_page(body: Any) -> Any:
    """Properties of the last section, with the headers and footers that it takes over from those before it."""
    from docx.oxml import parse_xml

    sections = [deepcopy(x) for x in body.iter(w("sectPr")) if x.getparent().tag in (w("pPr"), w("body"))]
    page = sections[-1] if sections else parse_xml(f"<w:sectPr {DECLARED}/>")
    found: dict[tuple[str, str], Any] = {}
    for section in sections:
        for one in section.findall(w("headerReference")) + section.findall(w("footerReference")):
            found[one.tag, one.get(w("type"))] = one
    for one in page.findall(w("headerReference")) + page.findall(w("footerReference")):
        page.remove(one)
    for i, key in enumerate(sorted(found, key=lambda key: (key[0] != w("headerReference"), key[1]))):
        page.insert(i, deepcopy(found[key]))
    for tag in ("type", "sectPrChange"):
        for one in page.findall(w(tag)):
            page.remove(one)
    _complete(page)
    if any(x.find(w("titlePg")) is not None for x in sections[:1]):
        begin_apart(page)
    return page


def _complete(page: Any) -> None:
    """Give a page its size and margins where the file leaves them to the program."""
    from docx.oxml import parse_xml

    at = len(page.findall(w("headerReference")) + page.findall(w("footerReference")))
    if page.find(w("pgSz")) is None or page.find(w("pgSz")).get(w("w")) is None:
        for one in page.findall(w("pgSz")):
            page.remove(one)
        page.insert(at, parse_xml(f'<w:pgSz {DECLARED} w:w="{A4[0]}" w:h="{A4[1]}"/>'))
    if page.find(w("pgMar")) is None:
        margins = " ".join(f'w:{side}="{MARGIN}"' for side in ("top", "right", "bottom", "left"))
        page.insert(
            page.index(page.find(w("pgSz"))) + 1,
            parse_xml(f'<w:pgMar {DECLARED} {margins} w:header="680" w:footer="510" w:gutter="0"/>'),
        )


def _forget(part: Any, page: Any) -> None:
    """Take out what only the text of the template used: pictures, links, comments, notes that others need not see."""
    used = {value for one in page.iter() for name, value in one.attrib.items() if name.startswith(f"{{{SPACES['r']}}}")}
    for id in [x.rId for x in part.rels.values() if x.reltype.rpartition("/")[2] not in KEPT and x.rId not in used]:
        del part.rels[id]
    for relation in part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")) and not relation.is_external:
            _empty_notes(relation.target_part)


def _empty_notes(part: Any) -> None:
    """Leave of foot- or endnotes only the lines that separate them from the text."""
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import parse_xml

    notes = parse_xml(part.blob)
    for note in [x for x in notes if x.get(w("type")) in (None, "normal")]:
        notes.remove(note)
    part._blob = serialize_part_xml(notes)


def _opened(template: Path) -> Any:
    """The template as python-docx reads it.

    Raises
    ------
    MiningError
        If it is missing, no DOCX, damaged, encrypted, or carries macros.
    """
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        data = template.read_bytes()
    except OSError as error:
        raise MiningError(f"{template}: the template cannot be read: {error.strerror}. Name a .docx file.") from None
    if data.startswith(OLE):
        raise MiningError(
            f"{template}: the template is a file of Word 97-2003, or has a password. Save it as .docx without a password."
        )
    try:
        return docx.Document(io.BytesIO(_as_document(data, template)))
    except (
        zipfile.BadZipFile, zlib.error, PackageNotFoundError, KeyError, ValueError, SyntaxError, EOFError, NotImplementedError,
        AttributeError, RuntimeError,
    ) as error:  # fmt: skip
        if isinstance(error, MiningError):
            raise
        why = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise MiningError(
            f"{template}: the template is no Word file, or it is damaged ({why}). Open it in Word and save it as .docx."
        ) from None


def _as_document(data: bytes, template: Path) -> bytes:
    """The bytes of the template; those of a .dotx with the type of a document."""
    types = "[Content_Types].xml"
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(member.file_size for member in packed.infolist()) > MOST_BYTES:
            raise MiningError(
                f"{template}: the template holds more than {MOST_BYTES // 10**6} MB. Take pictures out of it."
            )
        said = packed.read(types)
        if b"macroEnabled" in said or b"vbaProject" in said:
            raise MiningError(f"{template}: the template carries macros. Save it as .docx.")
        if MAIN.format("template").encode() not in said:
            return data
        told = said.replace(MAIN.format("template").encode(), MAIN.format("document").encode())
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
            for member in packed.infolist():
                out.writestr(member.filename, told if member.filename == types else packed.read(member))
        return made.getvalue()
