"""Pictures as PDF: the size of the page, text that can be copied, Chinese included, shapes where the PNG has them."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from math import hypot, pi

import pytest

from mining.blueprint.model import Sequence, Text
from mining.errors import MiningError
from mining.pictures import Mark, Picture, blueprint_picture, process_map
from mining.pictures.pdf import POINTS, to_pdf
from mining.pictures.pdf_font import font_for
from mining.pictures.pdf_path import ellipse, operators, pieces, rounded_rectangle
from mining.pictures.svg import document, tag, text_lines
from tests.test_pictures import ACTIVITIES, ARCS, ENDS, HOSTILE, SVG, blueprint, example, overlay_for, steps


def poppler(program):
    path = shutil.which(program)
    return path or pytest.skip(f"{program} (poppler) is not installed")


def texts_of(picture):
    return [text.text or "" for text in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def objects(pdf):
    """Number of each object to its content, streams unpacked."""
    found = {}
    for match in re.finditer(rb"(\d+) 0 obj\n(.*?)\nendobj\n", pdf, re.DOTALL):
        content = match[2]
        if b"stream\n" in content:
            head, _, data = content.partition(b"\nstream\n")
            content = head + b"\n" + zlib.decompress(data.removesuffix(b"\nendstream"))
        found[int(match[1])] = content
    return found


def copied(pdf):
    """The text a reader would copy: codes of the page through the font's map of characters."""
    parts = objects(pdf)
    to_unicode = next(text.decode() for text in parts.values() if b"begincmap" in text)
    page = next(text.decode() for text in parts.values() if b" Tj ET" in text)
    char = {
        code: bytes.fromhex(text).decode("utf-16-be")
        for code, text in re.findall(r"<(\w{4})> <(\w+)>\n", to_unicode.partition("endcodespacerange")[2])
    }
    shown = re.findall(r"<(\w*)> Tj", page)
    return ["".join(char.get(code, "?") for code in re.findall("....", codes)) for codes in shown]


def made(*body, width=200.0, height=100.0):
    return Picture(document(body, width, height, title="t", desc="d", lang="en"), "t")


# --- text, page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_text_of_a_picture_can_be_copied_in_its_order(lang):
    bp = example("permit_receipt")
    picture = blueprint_picture(bp, overlay=overlay_for(bp), lang=lang)
    assert copied(to_pdf(picture.svg, picture.title)) == texts_of(picture)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_another_program_reads_the_same_text_and_the_size_of_the_page(lang, tmp_path):
    picture = blueprint_picture(example("bank_loan"), lang=lang)
    path = picture.save(tmp_path / "a.pdf")
    run = subprocess.run([poppler("pdftotext"), "-raw", path, "-"], capture_output=True, text=True, check=True)
    read = re.sub(r"\s", "", run.stdout)
    assert run.stderr == ""
    assert [text for text in texts_of(picture) if re.sub(r"\s", "", text) not in read] == []
    info = subprocess.run([poppler("pdfinfo"), path], capture_output=True, text=True, check=True).stdout
    root = ET.fromstring(picture.svg)
    size = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", info)
    assert [float(x) for x in size.groups()] == pytest.approx(
        [float(root.get(k)) * 0.75 for k in ("width", "height")], abs=0.1
    )
    assert re.search(r"Pages: +1\n", info)
    assert picture.title in info


def test_the_page_is_as_large_as_the_picture():
    picture = made(width=640.0, height=333.0)
    assert b"/MediaBox [0 0 480 249.75]" in to_pdf(picture.svg, "t")
    assert POINTS * 96 == 72  # CSS pixels to points


@pytest.mark.slow
def test_only_the_characters_in_use_are_embedded():
    few, more = font_for(["受理"]), font_for(["受理", "审核办结"])
    assert few.cid.keys() == {"受", "理"}
    assert len(few.data) < len(more.data) < 20_000
    assert few.tag != more.tag
    assert few.width("受理", 12) == 24.0
    assert (
        few.width("受A", 10) == few.widths[few.cid["受"]] / 100 + few.widths[0] / 100
    )  # a sign stands for what is lacking


def test_what_the_font_lacks_is_shown_as_a_sign_and_copied_as_it_is():
    pdf = to_pdf(made(text_lines(["a🙂ب"], 10, 20, size=12, leading=0)).svg, "t")
    page = next(text.decode() for text in objects(pdf).values() if b" Tj ET" in text)
    assert f"/ActualText <FEFF{'a🙂ب'.encode('utf-16-be').hex().upper()}>" in page
    assert copied(pdf) == ["a??"]


@pytest.mark.few_quick(3)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_make_a_sound_file(name, tmp_path):
    named = Text({"en": name})
    bp = blueprint([("a", "customer", "one"), ("b", "support", "one")], Sequence(steps("a", "b")))
    bp = replace(bp, name=named, activities=tuple(replace(a, name=named) for a in bp.activities))
    path = blueprint_picture(bp).save(tmp_path / "a.pdf")
    check = subprocess.run([poppler("pdftotext"), path, "-"], capture_output=True, text=True, check=True)
    assert check.stderr == ""


def test_the_file_is_the_same_each_time_and_its_table_is_right():
    picture = blueprint_picture(example("outpatient_visit"), lang="zh")
    pdf = to_pdf(picture.svg, picture.title)
    assert pdf == to_pdf(picture.svg, picture.title)
    begins = [int(x) for x in re.findall(rb"(\d{10}) 00000 n ", pdf)]
    assert [pdf[at : at + 8].split(b" ")[0] for at in begins] == [str(k).encode() for k in range(1, len(begins) + 1)]
    table = int(re.search(rb"startxref\n(\d+)\n", pdf)[1])
    assert pdf[table : table + 4] == b"xref"
    lengths = re.findall(rb"/Length (\d+) .*?>>\nstream\n(.*?)\nendstream", pdf, re.DOTALL)
    assert all(int(n) == len(data) for n, data in lengths)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fontTools", None)
    with pytest.raises(MiningError, match=r"'fontTools'.*save as \.svg"):
        to_pdf(made().svg, "t")


# --- shapes ---------------------------------------------------------------------------------------------------------


def test_what_pictures_do_not_hold_is_refused_by_name():
    for body, said in (
        ('<ellipse cx="1" cy="1" rx="2" ry="3"/>', "<ellipse>"),
        ('<g transform="rotate(3)"/>', r"rotate\(3\)"),
        ('<path d="M0,0 S1,1 2,2" stroke="#000000"/>', "'S1,1 2,2'"),
        ('<path d="M0,0 L1" stroke="#000000"/>', "'L1'"),
    ):
        with pytest.raises(MiningError, match=said):
            to_pdf(made(body).svg, "t")


def test_a_path_is_followed_by_hand():
    assert pieces("M1,2 L3,4 5,6 l1,1 H9 v-2 Z l1,0") == [
        ("m", (1, 2)),
        *(("l", (3, 4)), ("l", (5, 6)), ("l", (6, 7)), ("l", (9, 7)), ("l", (9, 5))),
        ("h",),
        ("l", (2, 2)),
    ]
    assert pieces("M0,0 Q3,0 3,3")[1] == ("c", (2, 0), (3, 1), (3, 3))
    assert operators([("m", (1, 2)), ("l", (3.456, -4)), ("h",)]) == "1.00 2.00 m 3.46 -4.00 l h"


@pytest.mark.parametrize(("d", "centre", "turn"), [
    ("M5,0 A5,5 0 0 1 0,5", (0, 0), pi / 2),
    ("M5,0 A5,5 0 0 0 0,5", (5, 5), pi / 2),
    ("M5,0 A5,5 0 1 0 0,5", (0, 0), 3 * pi / 2),
    ("M5,0 A5,5 0 1 1 0,5", (5, 5), 3 * pi / 2),
    ("M-5,0 A5,5 0 0 1 5,0", (0, 0), pi),
])  # fmt: skip
def test_an_arc_lies_on_its_circle_and_is_as_long_as_it_should(d, centre, turn):
    (_, here), *curves = pieces(d)
    length = 0.0
    for _, p, q, end in curves:
        points = [bezier(here, p, q, end, k / 50) for k in range(51)]
        assert all(abs(hypot(x - centre[0], y - centre[1]) - 5) < 0.005 for x, y in points)
        length += sum(hypot(a - c, b - d) for (a, b), (c, d) in zip(points, points[1:], strict=False))
        here = end
    assert length == pytest.approx(5 * turn, rel=1e-3)


def bezier(a, b, c, d, t):
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return tuple(sum(w * p[k] for w, p in zip(weights, (a, b, c, d), strict=True)) for k in (0, 1))


def test_an_arc_too_small_for_its_ends_is_made_larger():
    (_, _), *curves = pieces("M-5,0 A1,1 0 0 1 5,0")
    assert curves[-1][-1] == pytest.approx((5, 0))
    assert min(y for _, *points in curves for _, y in points) == pytest.approx(-5)


def test_circles_and_round_corners():
    ends = [points[-1] for _, *points in ellipse(3, 4, 2) if points]
    assert [hypot(x - 3, y - 4) for x, y in ends] == pytest.approx([2] * 9)
    assert rounded_rectangle(0, 0, 4, 2, 0)[-2:] == [("l", (0, 2)), ("h",)]
    assert rounded_rectangle(0, 0, 4, 2, 9) == rounded_rectangle(0, 0, 4, 2, 1)


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
