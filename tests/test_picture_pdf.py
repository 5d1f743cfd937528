"""Pictures as PDF: the size of the page, text that can be copied, Chinese included, shapes where the PNG has them."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from mining.blueprint.model import Sequence, Text
from mining.errors import MiningError
from mining.pictures import Mark, Picture, blueprint_picture, process_map, setter
from mining.pictures.pdf import printable, to_pdf
from mining.pictures.svg import document, tag, text_lines
from tests.test_pictures import ACTIVITIES, ARCS, ENDS, HOSTILE, SVG, blueprint, example, overlay_for, steps

pypdf = pytest.importorskip("pypdf")
COMMANDS = '#read("data.json") $x$ *a* _b_ `c` \\u{41} @d <e> // /* #panic()'


def poppler(program):
    path = shutil.which(program)
    return path or pytest.skip(f"{program} (poppler) is not installed")


def texts_of(picture):
    return [text.text or "" for text in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def squeezed(text):
    return re.sub(r"\s", "", text)


def copied(pdf):
    """The text that a reader copies, in the order of the file."""
    return squeezed("".join(page.extract_text() for page in opened(pdf).pages))


def made(*body, width=200.0, height=100.0, lang="en", desc="d"):
    return Picture(document(body, width, height, title="t", desc=desc, lang=lang), "t")


def said(*lines):
    return made(text_lines(lines, 10, 20, size=12, leading=14, anchor="start"))


def opened(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf))


def dictionaries(pdf):
    """Every dictionary of the file, those of streams too."""
    file = opened(pdf)
    found = [file.get_object(n) for n in range(1, int(file.trailer["/Size"]))]
    return [one for one in found if isinstance(one, dict)]


def fonts(pdf):
    """Names of the fonts that the file holds; what stands before the plus tells cuts of one font apart."""
    names = [one["/FontName"] for one in dictionaries(pdf) if one.get("/Type") == "/FontDescriptor"]
    assert all("+" in name for name in names)
    return {name.partition("+")[2].removesuffix("-Identity-H") for name in names}


def pdf_of(picture):
    return to_pdf(picture.svg, picture.title)[0]


# --- text, page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_text_of_a_picture_can_be_copied_in_its_order(lang):
    bp = example("permit_receipt")
    picture = blueprint_picture(bp, overlay=overlay_for(bp), lang=lang)
    read, at = copied(pdf_of(picture)), 0
    for text in map(squeezed, texts_of(picture)):
        found = read.find(text, at)
        assert found >= at, text
        at = found + len(text)
    assert at == len(read)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_another_program_reads_the_same_text_and_the_size_of_the_page(lang, tmp_path):
    picture = blueprint_picture(example("bank_loan"), lang=lang)
    path = picture.save(tmp_path / "a.pdf")
    run = subprocess.run([poppler("pdftotext"), "-raw", path, "-"], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert [text for text in texts_of(picture) if squeezed(text) not in squeezed(run.stdout)] == []
    info = subprocess.run([poppler("pdfinfo"), path], capture_output=True, text=True, check=True).stdout
    root = ET.fromstring(picture.svg)
    size = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", info)
    assert [float(x) for x in size.groups()] == pytest.approx(
        [float(root.get(k)) * 0.75 for k in ("width", "height")], abs=0.1
    )
    assert re.search(r"Pages: +1\n", info)
    assert picture.title in info


def test_the_page_is_as_large_as_the_picture():
    page = opened(pdf_of(made(width=640.0, height=333.0))).pages[0]
    assert [float(x) for x in page.mediabox] == [0, 0, 480, 249.75]  # CSS pixels to points


def test_who_listens_hears_the_title_the_language_and_what_the_picture_shows():
    pdf = to_pdf(made(lang="zh", desc="Three steps.").svg, "The title")[0]
    root = opened(pdf).trailer["/Root"]
    assert root["/Lang"] == "zh-CN"
    assert opened(pdf).metadata.title == "The title"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1<" in root["/Metadata"].get_data()
    assert [one["/Alt"] for one in dictionaries(pdf) if one.get("/S") == "/Figure"] == ["Three steps."]


def test_without_title_and_description_there_is_still_a_file():
    bare = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="9" height="9"/></svg>'
    assert opened(to_pdf(bare, " ")[0]).metadata.title == "–"


def test_shapes_stay_shapes_and_fonts_are_cut_to_the_characters_in_use():
    few, more = pdf_of(said("受理")), pdf_of(said("受理审核办结"))
    assert len(few) < len(more) < 12_000  # the font has eight million bytes
    assert fonts(more) == {"NotoSansSC-Regular"}
    whole = pdf_of(blueprint_picture(example("outpatient_visit"), lang="zh"))
    assert len(whole) < 100_000
    assert [one for one in dictionaries(whole) if one.get("/Subtype") == "/Image"] == []


def test_what_the_chinese_font_lacks_is_drawn_with_the_second_and_no_other():
    pdf, replaced = to_pdf(said("受理 مرحبا", "ℚ and ℤ", "⚠ done").svg, "t")
    assert replaced == 0
    assert fonts(pdf) == {"NotoSansSC-Regular", "DejaVuSans"}
    assert "ℚandℤ⚠done" in copied(pdf)


def test_what_no_font_has_is_a_question_mark_that_is_counted_and_said(tmp_path):
    picture = said("a🙂b?", "受理 ✅\ufe0f")
    with pytest.warns(UserWarning, match=r"a\.pdf: .* printed as question marks: 2\.$"):
        path = picture.save(tmp_path / "a.pdf")
    assert copied(path.read_bytes()) == "a?b?受理?"
    assert printable(made().svg)[1] == printable(said("受理?").svg)[1] == 0


@pytest.mark.few_quick(3)
@pytest.mark.parametrize("name", [*HOSTILE, COMMANDS], ids=range(len(HOSTILE) + 1))
def test_hostile_names_make_a_sound_file(name, tmp_path):
    named = Text({"en": name})
    bp = blueprint([("a", "customer", "one"), ("b", "support", "one")], Sequence(steps("a", "b")))
    bp = replace(bp, name=named, activities=tuple(replace(a, name=named) for a in bp.activities))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        path = blueprint_picture(bp).save(tmp_path / "a.pdf")
    assert len(told) == ("🙂" in name)
    check = subprocess.run([poppler("pdftotext"), path, "-"], capture_output=True, text=True, check=True)
    assert check.stderr == ""
    if name == COMMANDS:
        assert copied(path.read_bytes()).count(squeezed(name)) >= 3


def test_the_file_is_the_same_each_time_and_in_every_folder(tmp_path, monkeypatch):
    picture = blueprint_picture(example("outpatient_visit"), lang="zh")
    first = pdf_of(picture)
    for name in ("data.json", "picture.svg", "main.typ"):
        (tmp_path / name).write_text("not ours", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    setter._fonts.cache_clear()
    assert pdf_of(picture) == first


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MiningError, match=r"'typst'\. Install it, or choose another format"):
        made().save(tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("svg", "problem"), [
    ("<svg", "no picture .* unclosed token"),
    ("<a/>", "failed to parse SVG"),
    ('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/x.png" width="9" height="9"/></svg>', "x.png"),
    ('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="../x.png" width="9" height="9"/></svg>', "x.png"),
], ids=["cut", "other", "absolute", "above"])  # fmt: skip
def test_what_is_no_picture_or_reads_other_files_is_refused(svg, problem, tmp_path):
    with pytest.raises(MiningError, match=problem):
        Picture(svg, "t").save(tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


# --- as the PNG has it ----------------------------------------------------------------------------------------------

PICTURES = {
    "blueprint": lambda: blueprint_picture(example("permit_receipt"), lang="zh", overlay=overlay_for(example("permit_receipt"))),
    "map": lambda: process_map(ACTIVITIES, ARCS, **ENDS, marks={"check": Mark(30, 100, severity="major", late_share=0.1)}),
    "shapes": lambda: made(
        tag("rect", x=10.0, y=10.0, width=40.0, height=20.0, rx=6, fill="#fdbb6f", stroke="#000000", stroke_width=3),
        tag("circle", cx=80.0, cy=30.0, r=15.0, fill="#7f2704"),
        tag("path", d="M120,20 H160 V60 Q160,80 140,80", fill="none", stroke="#000000", marker_end="url(#optional)"),
        tag("path", d="M20,60 A12,8 0 1 1 40,80 Z", fill="#5b21b6"),
        tag("g", tag("line", x1=0, x2=80, y1=0, y2=0, stroke="#000000", stroke_dasharray="6 4"), transform="translate(60,90)"),
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_the_pdf_looks_like_the_png(name, tmp_path):
    """Both in grey on a coarse grid: shapes lie in the same places. Text differs a little: bold, italic, kerning."""
    from PIL import Image, ImageFilter

    picture = PICTURES[name]()
    png = Image.open(picture.save(tmp_path / "a.png")).convert("L")
    pdf = picture.save(tmp_path / "a.pdf")
    subprocess.run([poppler("pdftoppm"), "-r", "192", "-png", "-singlefile", pdf, tmp_path / "b"], check=True)
    other = Image.open(tmp_path / "b.png").convert("L")
    assert max(abs(a - b) for a, b in zip(png.size, other.size, strict=True)) <= 1
    small = [image.filter(ImageFilter.BoxBlur(3)).resize((png.width // 4, png.height // 4)) for image in (png, other)]
    pairs = list(zip(*(image.tobytes() for image in small), strict=True))
    far = sum(abs(a - b) > 48 for a, b in pairs) / len(pairs)
    dark = sum(a < 128 for a, _ in pairs) / len(pairs)
    assert far < 0.008
    assert dark > 5 * far  # the pictures are not just white
