"""Slides: every text read back from the file, what fits, what does not, and what that is said of."""

from __future__ import annotations

import string
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import MiningError
from mining.pictures.svg import document as svg_document
from mining.pictures.svg import png_of, text_lines, text_width, wrap
from mining.report.deck import Deck, Slide
from mining.report.document import Fact, Figure
from mining.report.pptx import write_pptx
from mining.report.pptx_fit import SAFE, fitted, fitted_table, height_of, line_height, shortened
from mining.report.table import Cell, Column, Group, Row, Table, table
from mining.report.widths import PADDING
from tests.examples import examples

pptx = pytest.importorskip("pptx")
EMU = 12700
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
HOSTILE = (
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202eabc\u202c", "x" * 200, "a\nb\tc\r\x00\x1b\x0b", "\ud800",
    "\U0001f44d\U0001f3fd", "_x0041_ &amp; ]]>",
)  # fmt: skip


def picture(width=300, height=120):
    body = text_lines(["受理 step"], width / 2, height / 2, size=12, leading=14, bold=True)
    return svg_document(body if isinstance(body, list) else [body], width, height, title="t", desc="d", lang="en")


def some_rows(n=40):
    rows = [
        Row(str(i), (Cell(str(i)), Cell(f"Finding number {i} of the table", sub=f"sub {i}"), Cell(f"{i * 31:,}", tone="bad")))
        for i in range(n)
    ]  # fmt: skip
    return table("t", "Findings by rank", ["Rank", "Finding", "Cases"], rows, "ntn")


def rich(lang):
    return Deck(
        "Audit report", "Permits 许可", lang, [Fact("Period", ("2026-01-01", "2026-06-30")), Fact("Cases", ("2,000",))],
        [
            Slide("One promise of four is not kept", ["93.7 % against 95.0 %.", "第二句话。"], note="Say this first.", tone="bad"),
            Slide("Where it happens", ["Beside the picture."], figure=Figure("A map", picture(), alt="A map of the service")),
            Slide("A flat one", ["Above the picture."], figure=Figure("Flat", picture(900, 120))),
            Slide("Forty findings", table=some_rows()),
            Slide("Three findings", ["Above."], table=some_rows(3), tone="H"),
        ],
        "Made from log.csv",
    )  # fmt: skip


def saved(deck, folder, template=None):
    write_pptx(deck, folder / "deck.pptx", template)
    return pptx.Presentation(str(folder / "deck.pptx"))


def texts_of(slide):
    """Every text of a slide, by paragraph."""
    for shape in slide.shapes:
        if shape.has_text_frame:
            yield from (p.text for p in shape.text_frame.paragraphs)
        elif shape.has_table:
            yield from (p.text for row in shape.table.rows for cell in row.cells for p in cell.text_frame.paragraphs)


@pytest.fixture(scope="module", params=["en", "zh"])
def made(request, tmp_path_factory):
    deck, folder = rich(request.param), tmp_path_factory.mktemp("slides")
    return deck, saved(deck, folder), folder / "deck.pptx"


def test_every_text_stands_on_its_slide(made):
    deck, file, _ = made
    slides = list(file.slides)
    assert len(slides) == len(deck.slides) + 1
    cover = " ".join(texts_of(slides[0]))
    assert all(x in cover for x in (deck.kind, deck.name, "Period", "2026-01-01", "2026-06-30", "2,000"))
    for slide, shown in zip(deck.slides, slides[1:], strict=True):
        found = list(texts_of(shown))
        assert shown.shapes.title.text_frame.text == slide.title
        captions = [x.caption for x in (slide.figure, slide.table) if x]
        assert [x for x in (*slide.lines, *captions, deck.footer) if x not in found] == []


def test_a_table_shows_its_first_rows_and_says_how_many_there_are(made):
    deck, file, _ = made
    long, short = (next(x.table for x in file.slides[i].shapes if x.has_table) for i in (4, 5))
    shown = len(long.rows) - 1
    assert 5 < shown < 40
    found = list(texts_of(file.slides[4]))
    sentence = (
        f"{shown} of 40 rows; all of them stand in the report."
        if deck.lang == "en"
        else f"显示 40 行中的前 {shown} 行，全部见报告。"
    )
    assert sentence in found
    for i in range(shown):
        cells = [cell.text_frame.text for cell in long.rows[i + 1].cells]
        assert cells == [str(i), f"Finding number {i} of the table\nsub {i}", f"{i * 31:,}"]
    assert len(short.rows) == 4
    assert not [x for x in texts_of(file.slides[5]) if " of 3 " in x or "3 行" in x]
    assert long.first_row
    assert [c.text_frame.text for c in long.rows[0].cells] == ["Rank", "Finding", "Cases"]


def test_nothing_lies_outside_the_slide_or_on_another_part(made):
    _, file, _ = made
    for slide in file.slides:
        boxes = [(x.left, x.top, x.left + x.width, x.top + x.height) for x in slide.shapes]
        assert all(min(a, b) >= 0 and c <= file.slide_width and d <= file.slide_height for a, b, c, d in boxes)
        for i, (a, b, c, d) in enumerate(boxes):
            assert not [x for x in boxes[:i] if a < x[2] and x[0] < c and b < x[3] - EMU and x[1] < d - EMU]


def test_pictures_have_words_and_runs_have_language_and_fonts(made):
    deck, file, _ = made
    pictures = [x for slide in file.slides for x in slide.shapes if x.shape_type == 13]
    assert [x._element.nvPicPr.cNvPr.get("descr") for x in pictures] == ["A map of the service", "Flat"]
    runs = [r for slide in file.slides for r in slide._element.iter(f"{A}rPr")]
    assert {r.get("lang") for r in runs} == {{"en": "en-US", "zh": "zh-CN"}[deck.lang]}
    assert {r.find(f"{A}ea").get("typeface") for r in runs} == {"Microsoft YaHei"}
    assert file.core_properties.language == {"en": "en", "zh": "zh-CN"}[deck.lang]
    assert file.slide_width / file.slide_height == pytest.approx(16 / 9)


def test_notes_and_numbers(made):
    _, file, _ = made
    assert file.slides[1].notes_slide.notes_text_frame.text == "Say this first."
    assert not file.slides[2].has_notes_slide
    fields = [[f.get("type") for f in slide._element.iter(f"{A}fld")] for slide in file.slides]
    assert fields == [[]] + [["slidenum"]] * 5


def test_equal_decks_give_equal_bytes(made, tmp_path):
    deck, _, path = made
    write_pptx(deck, tmp_path / "again.pptx")
    assert (tmp_path / "again.pptx").read_bytes() == path.read_bytes()
    assert {x.date_time[0] for x in zipfile.ZipFile(path).infolist()} == {1980}


def test_text_that_does_not_fit_goes_on_and_none_is_lost(tmp_path):
    lines = [f"Sentence {i} " + "word " * 60 for i in range(12)]
    file = saved(
        Deck("K", "N", "en", [], [Slide("Long", lines, note="once", figure=Figure("A map", picture()))]), tmp_path
    )
    found = [x for slide in file.slides for x in texts_of(slide)]
    assert [x for x in lines if x.strip() not in found] == []
    n = len(file.slides) - 1
    assert n > 2
    assert [s.shapes.title.text_frame.text for s in file.slides][1:] == [f"Long ({i} of {n})" for i in range(1, n + 1)]
    assert [s.has_notes_slide for s in file.slides][1:] == [True] + [False] * (n - 1)
    assert sum(x.shape_type == 13 for slide in file.slides for x in slide.shapes) == 1


@pytest.mark.slow
def test_one_sentence_longer_than_a_slide_goes_on(tmp_path):
    words = [f"w{i}" for i in range(1200)]
    file = saved(Deck("K", "N", "en", [], [Slide("Long", [" ".join(words)])]), tmp_path)
    found = (
        " ".join(x for slide in list(file.slides)[1:] for x in texts_of(slide) if x.startswith("w"))
        .replace("…", "")
        .split()
    )
    assert found == words


def test_a_title_too_long_for_its_place_stands_in_full_in_the_notes(tmp_path):
    title = "Very long message " * 60
    file = saved(Deck("K", "N", "en", [], [Slide(title, ["a"])]), tmp_path)
    slide = file.slides[1]
    assert slide.shapes.title.text_frame.text.endswith("…")
    assert slide.notes_slide.notes_text_frame.text == f"In full: {title}"


def test_facts_that_do_not_fit_on_the_cover_stand_in_its_notes(tmp_path):
    facts = [Fact(f"Label {i}", ("word " * 80,)) for i in range(9)]
    slide = saved(Deck("Kind", "N", "en", facts, []), tmp_path).slides[0]
    shown, noted = (
        " ".join(x) for x in (texts_of(slide), [p.text for p in slide.notes_slide.notes_text_frame.paragraphs])
    )
    assert [(f"Label {i}:" in shown, f"Label {i}:" in noted).count(True) for i in range(9)] == [1] * 9


def test_a_picture_and_a_table_stand_on_two_slides(tmp_path):
    file = saved(Deck("K", "N", "en", [], [Slide("Both", ["a"], Figure("F", picture()), some_rows(2))]), tmp_path)
    kinds = [sorted(str(x.shape_type) for x in s.shapes if x.shape_type == 13 or x.has_table) for s in file.slides]
    assert [len(x) for x in kinds] == [0, 1, 1]


@pytest.mark.few_quick(3)
@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_hostile_texts_are_shown_and_do_nothing(n, tmp_path):
    text = HOSTILE[n]
    one = table("t", text, [text, "B"], [Row("r", (Cell(text, sub=text, link=text), Cell("kept")))])
    slides = [Slide(text, [text], note=text, tone=text, table=one), Slide(text, figure=Figure(text, picture(), text))]
    file = saved(Deck(text, text, "en", [Fact(text, (text,))], slides, text), tmp_path)
    found = list(texts_of(file.slides[1]))
    assert "kept" in found
    if text.isprintable() and len(text) < 50:
        assert found.count(text) == 7  # title, line, caption, heading, cell, second line, foot
    xml = b"".join(
        zipfile.ZipFile(tmp_path / "deck.pptx").read(x)
        for x in zipfile.ZipFile(tmp_path / "deck.pptx").namelist()
        if "slides/" in x
    )
    assert b"<script" not in xml
    assert b"hlinkClick" not in xml
    assert b"\xe2\x80\xae" not in xml


def test_a_template_keeps_its_size_and_its_fonts(tmp_path):
    house = pptx.Presentation()
    house.slides.add_slide(house.slide_layouts[5]).shapes.title.text = "Example of the house"
    house.save(str(tmp_path / "house.pptx"))
    file = saved(rich("en"), tmp_path, tmp_path / "house.pptx")
    assert (file.slide_width, file.slide_height) == (house.slide_width, house.slide_height)
    assert len(file.slides) == 6
    assert not [x for slide in file.slides for x in texts_of(slide) if "house" in x]
    assert not [r for slide in file.slides for r in slide._element.iter(f"{A}latin")]
    for slide in file.slides:
        assert all(x.left + x.width <= file.slide_width and x.top + x.height <= file.slide_height for x in slide.shapes)


def test_a_template_that_cannot_be_used_is_refused(tmp_path):
    (tmp_path / "no.pptx").write_text("no")
    with pytest.raises(MiningError, match="no.pptx cannot be read as a template"):
        write_pptx(rich("en"), tmp_path / "x.pptx", tmp_path / "no.pptx")
    bare = pptx.Presentation()
    for layout in list(bare.slide_layouts)[:1]:
        bare.slide_layouts.remove(layout)
    bare.save(str(tmp_path / "bare.pptx"))
    with pytest.raises(MiningError, match="no layout with just subtitle and title .*'Title Only'"):
        write_pptx(rich("en"), tmp_path / "x.pptx", tmp_path / "bare.pptx")
    assert not (tmp_path / "x.pptx").exists()


WORD = st.text(st.sampled_from(string.ascii_letters + "日志案例#<>&_ é"), min_size=1, max_size=300)
CELL = st.builds(Cell, WORD, st.one_of(st.just(""), WORD), tone=st.sampled_from(["", "good", "bad"]))


@st.composite
def tables_(draw):
    n = draw(st.integers(1, 8))
    row = st.builds(Row, st.just("r"), st.tuples(*[CELL] * n))
    groups = st.builds(Group, st.sampled_from(["", "Group"]), st.lists(row, max_size=5).map(tuple))
    column = st.builds(Column, WORD, st.sampled_from(["text", "number"]))
    return Table("t", "C", draw(st.tuples(*[column] * n)), tuple(draw(st.lists(groups, min_size=1, max_size=3))))


@settings(max_examples=examples(16), deadline=None)
@given(tables_(), st.sampled_from([(880.0, 380.0), (600.0, 150.0)]))
def test_what_is_shown_of_a_table_fits(one, room):
    width, height = room
    found = fitted_table(one, width, height)
    n = sum(len(group.rows) for group in one.groups)
    assert found.n == n
    assert found.shown == sum(not isinstance(x, str) for x in found.rows)
    assert sum(found.columns) <= width + 0.01
    assert len(found.heights) == len(found.rows) + 1
    assert sum(found.heights) <= height or not found.rows
    for row, high in zip(found.rows, found.heights[1:], strict=True):
        if not isinstance(row, str):
            for cell, wide in zip(row.cells, found.columns, strict=True):
                lines = wrap(cell.text, found.size, SAFE * (wide - PADDING), bold=bool(cell.tone))
                assert len(lines) <= 4
                assert len(lines) * found.size * line_height([cell.text]) <= high


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(WORD, min_size=1, max_size=8), st.sampled_from([(880.0, 390.0), (300.0, 60.0)]))
def test_fitted_text_fits_and_is_the_beginning(lines, room):
    found = fitted(lines, (18.0, 14.0, 12.0), *room)
    assert found.height == height_of(found.lines, found.size, room[0])
    assert found.height <= room[1]
    assert all(a == b for a, b in zip(found.lines[1:], lines[1:], strict=False))
    assert found.lines[0] == lines[0] or (found.lines[0].endswith("…") and lines[0].startswith(found.lines[0][:-1]))


def test_a_bracket_that_may_not_end_a_line_is_counted_for(tmp_path):
    columns = (Column("检查项目"), *(Column("符合率（净口径）", "number") for _ in range(9)))
    row = Row("r", tuple(Cell("100%", sub="99.0–100%") for _ in columns))
    found = fitted_table(Table("t", "C", columns, (Group("", (row,)),)), 600, 300)
    width = found.columns[-1] - PADDING
    assert found.heights[0] >= 1.45 * found.size * len(
        wrap("符合率（净口径）", found.size, width - found.size, bold=True)
    )


def test_shortened_texts_are_as_long_as_they_may_be():
    text = "one two three four five six"
    assert shortened(text, 10, 400, 1) == text
    short = shortened(text, 10, 80, 1)
    assert short == "one two three…"
    assert text_width(short, 10) <= 0.95 * 80


def test_a_picture_has_the_width_asked_for():
    data = png_of(picture(300, 120), 640)
    assert data[:4] == b"\x89PNG"
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (640, 256)
