"""A whole audit of names that want to be formulas, markup, templates or another direction: shown in every format, inert in each."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
import zipfile

import lxml.html
import openpyxl
import pandas as pd
import pikepdf
import pptx
import pypdf
import pytest
from lxml import etree

from mining.audit_file import Audit, audit_loaded, peoples
from mining.errors import MiningError
from mining.given import Given
from mining.pictures.svg import clean
from tests.docx_reading import read_docx, text_of
from tests.helpers import blueprint_dict, frame, traces

pytestmark = pytest.mark.slow
LONG = "W" * 200
HOSTILE = (
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u200f\u202egnp.exe\u202c\u2066x\u2069", LONG,
    "\U0001f600\U0001f44d\U0001f3fd smile", "{{7*7}}", "#import \"x\"", "${x}", "&lt;b&gt; &amp; ]]> <!--", "a\x07b\x1bc",
    "@SUM(1+1)", "-2+3", "$x^2$ *b* _i_ `c` [l](javascript:alert(1))", "%n%s {0} {x!r}", "'; DROP TABLE log; --",
)  # fmt: skip
BIDI = {chr(x) for x in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
TEXT = " ".join(
    x for x in HOSTILE if "{{" not in x and "\x07" not in x
)  # of people; a file of YAML holds no control characters


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Audit:
    home = tmp_path_factory.mktemp("hostile")
    norm = blueprint_dict(
        ["a", "b", "c"], "abc", status="approved",
        rules=[{"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "critical", "basis": TEXT}],
        standards=[{"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "2h", "share": 0.9,
                    "severity": "major", "basis": "Charter <b>"}],
        allow=[{"id": "A1", "match": {"kind": "extra"}, "decision": "accepted", "reason": {"en": TEXT}, "approved_by": "=1+1",
                "valid": ["2026-01-01", "2026-12-31"]}],
    )  # fmt: skip
    (home / "=1+1 ${x} \u202efdp.yaml").write_text(json.dumps(norm), encoding="utf-8")
    cases = traces(*["abc"] * 8, "ac", "acb")
    cases |= {text: [("A", 0.0, text), (text, 1.0, text), ("C", 2.0, text)] for text in HOSTILE}
    log = home / "<script>alert(1)<" / "script> =cmd.csv"
    log.parent.mkdir()
    frame(cases).to_csv(log, index=False)
    written = {
        "title": {"en": TEXT}, "scope": {"en": TEXT}, "client": {"en": TEXT}, "team": [{"name": TEXT, "role": {"en": TEXT}}],
        "objectives": [{"en": x} for x in HOSTILE if not {"{{", "\x07"} & {x[:2], x[1:2]}], "purpose": {"en": TEXT},
        "number": "=1+1", "improvement": {"bootstraps": 20},
    }  # fmt: skip
    settings = home / "engagement.yaml"
    settings.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    given = Given(
        str(log), (home / "=1+1 ${x} \u202efdp.yaml",), engagement=settings, clear_names=True, formats=("html",)
    )
    out = home / "out"
    ids = [x.finding_id for x in audit_loaded(given.loaded(), out).record.ranked]
    said = {
        "cause": {"kind": "method", "basis": "stated", "text": TEXT}, "consequence": TEXT, "recommendation": TEXT,
        "response": {"position": "agree", "text": TEXT}, "owner": "=1+1 <i>", "due": "2026-12-31",
    }  # fmt: skip
    words = {"summary": TEXT, "findings": dict.fromkeys(ids[:2], said)}
    (out / "narrative.yaml").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    given = Given(str(log), given.blueprint, engagement=settings, clear_names=True)
    return audit_loaded(peoples(given, out).loaded(), out)


def shown(text: str) -> str:
    """As a document may print it: no control or direction characters, blanks set as they must."""
    return re.sub(r"\s+", "", clean(text))


def test_nothing_is_lost_in_silence_and_nothing_is_turned_round(made):
    names = set(made.study.log.case_ids)
    assert {x for x in HOSTILE if x not in names} <= {x for x in HOSTILE if x != x.strip()}
    record = (made.folder / "findings.json").read_text("utf-8")
    assert LONG in record
    assert "<script>" in record  # data of a program stay what they are
    verdicts = pd.read_parquet(made.folder / "verdicts.parquet")
    assert set(HOSTILE) <= set(verdicts["case_id"])


def test_the_page_holds_no_element_and_no_direction_of_theirs(made):
    text = (made.folder / "report.html").read_text("utf-8")
    page = lxml.html.fromstring(text)
    assert len(page.xpath("//script")) == 1
    assert "alert(1)" not in page.xpath("string(//script)")
    assert not page.xpath("//b | //i | //object | //iframe | //@*[starts-with(name(), 'on')]")
    assert not [x for x in page.xpath("//@href") if not x.startswith("#")]
    assert not BIDI & set(text)
    assert not [x for x in text if unicodedata.category(x) == "Cc" and x not in "\t\n\r"]
    read = shown(page.text_content())
    assert [x for x in HOSTILE if shown(x) not in read] == []
    assert "49smile" not in read
    assert shown(TEXT) in read


def test_the_word_file_holds_text_only(made):
    read = read_docx(made.folder / "report.docx")
    assert {x.split()[0] for x in read.fields} <= {"SEQ", "TOC", "PAGE", "NUMPAGES", "PAGEREF", "HYPERLINK"}
    text = text_of(read.body)
    assert not BIDI & set(text)
    assert [x for x in HOSTILE if shown(x) not in shown(text)] == []
    with zipfile.ZipFile(made.folder / "report.docx") as packed:
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                tree = etree.fromstring(packed.read(name))
                assert not [x for x in tree.iter() if etree.QName(x).localname in ("script", "object", "altChunk")]
                assert not [x for x in tree.iter() if x.get("TargetMode") == "External"], name


def test_the_slides_hold_text_only(made):
    deck = pptx.Presentation(str(made.folder / "report.pptx"))
    texts = [
        x.text for slide in deck.slides for x in slide._element.iter() if etree.QName(x).localname == "t" and x.text
    ]
    notes = [slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide]
    assert not BIDI & set("".join([*texts, *notes]))
    read = shown("".join([*texts, *notes]))
    assert shown(TEXT) in read
    with zipfile.ZipFile(made.folder / "report.pptx") as packed:
        for name in (x for x in packed.namelist() if x.endswith((".xml", ".rels"))):
            tree = etree.fromstring(packed.read(name))
            assert not [x for x in tree.iter() if x.get("TargetMode") == "External" or "hlinkClick" in str(x.tag)], name
    width = deck.slide_width
    for slide in deck.slides:
        assert all(shape.left >= 0 and shape.left + shape.width <= width for shape in slide.shapes)


def test_the_workbook_holds_no_formula_and_no_link(made):
    book = openpyxl.load_workbook(made.folder / "workpapers.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [x for x in cells if x.data_type == "f" or x.hyperlink]
    values = {x.value for x in cells}
    assert {x for x in HOSTILE if "\x07" not in x} <= {x for x in values if isinstance(x, str)}
    assert {"a\x07b\x1bc", "a_x0007_b_x001B_c"} & values  # as Excel writes characters that XML does not allow
    with zipfile.ZipFile(made.folder / "workpapers.xlsx") as packed:
        assert not [x for x in packed.namelist() if re.search(r"externalLink|vba|macro", x, re.I)]
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                tree = etree.fromstring(packed.read(name))
                assert not [x for x in tree.iter() if etree.QName(x).localname in ("f", "hyperlink")], name


def test_tables_for_spreadsheets_begin_no_cell_like_a_formula(made):
    for name in ("findings.csv", "sample.csv", "actions.csv"):
        table = pd.read_csv(made.folder / name, dtype=str, keep_default_na=False)
        cells = [str(x) for column in table for x in table[column]]
        assert not [x for x in cells if re.match(r"[=+@\t\r]|-(?![\d.]+$)", x)], name


def test_the_pdf_prints_them_within_its_pages_and_runs_nothing(made):
    file = made.folder / "report.pdf"
    with pikepdf.open(file) as pdf:
        assert "/OpenAction" not in pdf.Root
        assert "/JavaScript" not in pdf.Root.get("/Names", {})
        links = [x for page in pdf.pages for x in page.get("/Annots", [])]
        assert not [x for x in links if x.get("/A", {}).get("/S") in ("/URI", "/JavaScript", "/Launch")]
    beyond: list[float] = []
    texts = []
    for page in pypdf.PdfReader(file).pages:

        def visit(said, matrix, _, font, size, wide=float(page.mediabox.width)):
            if said.strip() and not -1 <= matrix[4] <= wide:
                beyond.append(matrix[4])

        texts.append(page.extract_text(visitor_text=visit))
    assert beyond == []
    text = "".join(texts)
    read = shown(text)
    lost = [x for x in HOSTILE if shown(x).replace("\ufffd", "") not in read.replace("\ufffd", "")]
    assert [x for x in lost if x.isascii()] == []
    assert not BIDI & set(text)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_no_word_of_the_pdf_reaches_over_the_edge(made, tmp_path):
    import subprocess

    boxes = tmp_path / "boxes.html"
    subprocess.run(["pdftotext", "-bbox", made.folder / "report.pdf", boxes], check=True, capture_output=True)
    width = 0.0
    for line in boxes.read_text("utf-8", "replace").splitlines():
        if found := re.search(r'<page width="([\d.]+)"', line):
            width = float(found[1])
        elif found := re.search(r'<word xMin="([-\d.]+)" .*xMax="([-\d.]+)"', line):
            assert float(found[1]) >= -1, line
            assert float(found[2]) <= width + 1, line


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_does_not_scroll_sideways_and_says_nothing(made, width):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as opened:
        browser = opened.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
        said: list[str] = []
        page.on("dialog", lambda dialog: said.append(dialog.message) or dialog.dismiss())
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((made.folder / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.body.scrollWidth") <= width
        assert said == []
        browser.close()


@pytest.mark.parametrize("text", ["{{7*7}}", "{{F-00000000.rate}}", "{{totals.cases|days}}", "{{totals.cases"])
def test_braces_of_people_that_are_no_reference_are_refused_by_line(made, text):
    from mining.record import parse_narrative
    from mining.record.references import check_references

    words = parse_narrative(json.dumps({"summary": f"All of {text}"}))
    with pytest.raises(MiningError, match=r"narrative\.yaml:1: summary"):
        check_references(words, made.record.figures)
