"""A firm's template: its pages, heads, feet and styles stay; its text, and what only its text used, goes."""

import io
import re
import zipfile

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Cm, RGBColor
from lxml import etree

from mining.errors import MiningError
from mining.pictures.svg import png_of
from mining.report.document import Document, Section
from mining.report.docx import write_docx
from mining.report.docx_styles import STYLES
from tests.docx_reading import SPACE, W, parts, read_docx, text_of
from tests.test_docx import SVG, assert_all_there, sample

TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NOTES = (
    f'<w:footnotes xmlns:w="{SPACE["w"]}"><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>'
    '<w:footnote w:id="2"><w:p><w:r><w:t>an old client</w:t></w:r></w:p></w:footnote></w:footnotes>'
)


def picture(colour):
    return io.BytesIO(png_of(SVG.replace("1f3a5f", colour), 50))


def house(path, *, change=lambda file: None):
    """A template with a logo in its head, a style for headings, an old client's text, a picture and a note."""
    file = docx.Document()
    file.styles["Heading 1"].font.color.rgb = RGBColor(0x00, 0x80, 0x40)
    file.sections[0].header.paragraphs[0].add_run("ACME Consulting").add_picture(picture("00ff00"), width=Cm(2))
    file.sections[0].footer.paragraphs[0].text = "Confidential"
    file.sections[0].left_margin = Cm(4)
    file.add_heading("Report for an old client", 1)
    file.add_picture(picture("ff0000"), width=Cm(3))
    file.add_table(1, 1).cell(0, 0).text = "old numbers"
    notes = Part(PackURI("/word/footnotes.xml"), f"{TYPES}.footnotes+xml", NOTES.encode(), file.part.package)
    file.part.relate_to(notes, RELATIONSHIP_TYPE.FOOTNOTES)
    relations = file.part.part_related_by(RELATIONSHIP_TYPE.SETTINGS).rels
    id = relations.get_or_add_ext_rel(f"{RELATED}/attachedTemplate", "file:///C:/Users/somebody/house.dotx")
    attached = f'<w:attachedTemplate xmlns:w="{SPACE["w"]}" xmlns:r="{RELATED}" r:id="{id}"/>'
    file.settings.element.insert(0, parse_xml(attached))
    change(file)
    file.save(str(path))
    return path


@pytest.fixture(scope="module")
def dressed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    template = house(folder / "house.docx")
    write_docx(sample("zh"), folder / "r.docx", template)
    return template, folder / "r.docx"


def styles_of(path):
    found = etree.fromstring(parts(path)["word/styles.xml"]).findall("w:style", SPACE)
    return {x.find("w:name", SPACE).get(f"{W}val").lower(): x for x in found}


def test_the_report_is_all_there_and_the_old_client_is_gone(dressed):
    _, path = dressed
    assert_all_there(sample("zh"), read_docx(path))
    members = parts(path)
    for name, data in members.items():
        for word in (b"old client", b"old numbers", b"somebody"):
            assert word not in data, name
    assert b'w:type="separator"' in members["word/footnotes.xml"]
    used = {
        x
        for name, data in members.items()
        if name.endswith(".rels")
        for x in re.findall(r"media/[\w.]+", data.decode())
    }
    assert used == {name.removeprefix("word/") for name in members if "media/" in name}
    assert len(used) == 2


def test_heads_feet_and_pages_stay(dressed):
    _, path = dressed
    read = read_docx(path)
    assert read.header == "ACME Consulting"
    assert read.footer == "Confidential"
    pages = [dict(x.find("w:pgSz", SPACE).attrib) for x in read.body.iter(f"{W}sectPr")]
    assert [(int(x[f"{W}w"]), int(x[f"{W}h"])) for x in pages] == [(12240, 15840), (15840, 12240), (12240, 15840)]
    room = 12240 - 1800 - round(4 / 2.54 * 1440)
    width = int(next(read.body.iter(f"{W}tblW")).get(f"{W}w"))
    assert abs(width - room) <= 1


def test_styles_of_the_firm_stay_and_ours_are_added(dressed):
    template, path = dressed
    before, after = styles_of(template), styles_of(path)
    for name, style in before.items():
        assert etree.tostring(after[name], method="c14n") == etree.tostring(style, method="c14n"), name
    assert {name.lower() for name, *_ in STYLES} <= set(after)
    assert "report table" in after
    assert "report table" not in before
    used = {x.get(f"{W}val") for x in read_docx(path).body.iter(f"{W}pStyle", f"{W}rStyle", f"{W}tblStyle")}
    assert used <= {x.get(f"{W}styleId") for x in after.values()}


def test_where_the_firm_names_its_chinese_font_by_theme_runs_name_none(dressed):
    _, path = dressed
    for style, text in read_docx(path).paragraphs:
        assert style or not text
    fonts = [x.get(f"{W}eastAsia") for x in read_docx(path).body.iter(f"{W}rFonts")]
    assert set(fonts) == {None}  # the template of python-docx leaves it to its theme


def test_a_font_named_by_the_firm_is_named_on_runs(tmp_path):
    def kaiti(file):
        fonts = file.styles["Normal"].element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(f"{W}eastAsia", "KaiTi")
        for name in ("Title", "Heading 1"):
            found = file.styles[name].element.rPr.rFonts
            found.attrib.pop(f"{W}eastAsiaTheme", None)

    write_docx(sample("zh"), tmp_path / "r.docx", house(tmp_path / "h.docx", change=kaiti))
    title = next(p for p in read_docx(tmp_path / "r.docx").body.iter(f"{W}p") if text_of(p) == "Permits 许可")
    assert title.find(".//w:rFonts", SPACE).get(f"{W}eastAsia") == "KaiTi"
    assert styles_of(tmp_path / "r.docx")["warning"].find("w:rPr/w:rFonts", SPACE).get(f"{W}eastAsia") == "KaiTi"


def test_headings_that_number_themselves_are_told_not_to(tmp_path):
    def numbers(file):
        properties = file.styles["Heading 1"].element.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr xmlns:w="{SPACE["w"]}"><w:numId w:val="1"/></w:numPr>'))

    write_docx(sample(), tmp_path / "r.docx", house(tmp_path / "h.docx", change=numbers))
    read = read_docx(tmp_path / "r.docx")
    headings = [p for p in read.body.iter(f"{W}p") if p.find("w:pPr/w:pStyle", SPACE).get(f"{W}val") == "Heading1"]
    assert headings
    assert all(p.find("w:pPr/w:numPr/w:numId", SPACE).get(f"{W}val") == "0" for p in headings)


def test_a_template_without_heads_and_lists_gets_ours(tmp_path):
    file = docx.Document()
    for style in list(file.styles.element):
        if style.tag == f"{W}style" and style.find(f"{W}name").get(f"{W}val") != "Normal":
            file.styles.element.remove(style)
    file.part.rels.pop(next(id for id, x in file.part.rels.items() if x.reltype == RELATIONSHIP_TYPE.NUMBERING))
    file.save(str(tmp_path / "bare.docx"))
    write_docx(sample(), tmp_path / "r.docx", tmp_path / "bare.docx")
    assert_all_there(sample(), read_docx(tmp_path / "r.docx"))
    assert "Permits" in read_docx(tmp_path / "r.docx").header
    num = styles_of(tmp_path / "r.docx")["list bullet"].find(".//w:numId", SPACE).get(f"{W}val")
    numbering = etree.fromstring(parts(tmp_path / "r.docx")["word/numbering.xml"])
    abstract = numbering.find(f"w:num[@w:numId='{num}']/w:abstractNumId", SPACE).get(f"{W}val")
    assert numbering.find(f"w:abstractNum[@w:abstractNumId='{abstract}']//w:numFmt", SPACE).get(f"{W}val") == "bullet"


def test_heads_of_an_earlier_section_are_taken_over(tmp_path):
    def later(file):
        file.add_section().left_margin = Cm(3)

    write_docx(
        Document("k", "n", "en", [], [Section(["a"], title="A")]),
        tmp_path / "r.docx",
        house(tmp_path / "h.docx", change=later),
    )
    read = read_docx(tmp_path / "r.docx")
    (section,) = read.body.iter(f"{W}sectPr")
    assert read.header == "ACME Consulting"
    assert len(section.findall("w:headerReference", SPACE)) == 1


def test_equal_templates_give_equal_bytes(dressed, tmp_path):
    template, path = dressed
    write_docx(sample("zh"), tmp_path / "r.docx", template)
    assert (tmp_path / "r.docx").read_bytes() == path.read_bytes()


def rewritten(source, path, change):
    """The package with its members changed."""
    with zipfile.ZipFile(path, "w") as out:
        for name, data in parts(source).items():
            if (made := change(name, data)) is not None:
                out.writestr(name, made)
    return path


def test_a_dotx_is_a_template_too(dressed, tmp_path):
    kind = (b"document.main+xml", b"template.main+xml")
    path = rewritten(
        dressed[0], tmp_path / "h.dotx", lambda name, data: data.replace(*kind) if "Types" in name else data
    )
    write_docx(sample("zh"), tmp_path / "r.docx", path)
    assert (tmp_path / "r.docx").read_bytes() == dressed[1].read_bytes()


def test_what_is_no_template_is_refused_with_the_reason(dressed, tmp_path):
    macro = (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")
    good = dressed[0].read_bytes()
    (tmp_path / "text.docx").write_text("hello")
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    (tmp_path / "cut.docx").write_bytes(good[: len(good) // 2])
    (tmp_path / "empty.docx").write_bytes(b"")
    (tmp_path / "folder.docx").mkdir()
    rewritten(dressed[0], tmp_path / "macro.docm", lambda name, data: data.replace(*macro) if "Types" in name else data)
    rewritten(
        dressed[0], tmp_path / "body.docx", lambda name, data: data[:300] if name == "word/document.xml" else data
    )
    rewritten(
        dressed[0], tmp_path / "styles.docx", lambda name, data: data[:300] if name == "word/styles.xml" else data
    )
    rewritten(dressed[0], tmp_path / "gone.docx", lambda name, data: None if name == "word/document.xml" else data)
    rewritten(dressed[0], tmp_path / "types.docx", lambda name, data: None if "Types" in name else data)
    rewritten(
        dressed[0],
        tmp_path / "sheet.docx",
        lambda name, data: data.replace(b"wordprocessingml.document", b"spreadsheetml.sheet"),
    )
    said = {
        "text.docx": "no Word file, or it is damaged", "old.doc": "Word 97-2003, or has a password", "cut.docx": "damaged",
        "empty.docx": "no Word file", "folder.docx": "cannot be read: Is a directory", "macro.docm": "carries macros",
        "body.docx": "damaged", "styles.docx": "damaged", "gone.docx": "damaged", "types.docx": "damaged", "sheet.docx": "no Word file",
        "nowhere.docx": "cannot be read: No such file",
    }  # fmt: skip
    for name, why in said.items():
        with pytest.raises(MiningError, match=rf"{name}: the template .*{why}"):
            write_docx(sample(), tmp_path / "r.docx", tmp_path / name)
    assert not (tmp_path / "r.docx").exists()
