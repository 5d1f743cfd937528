"""The printed document: every text read back from the file, its tags, its bytes, what hostile texts do, what cannot be drawn."""

from __future__ import annotations

import io
import re
import shutil
import string
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.pictures.svg import document as svg_document
from mining.pictures.svg import text_lines, text_width
from mining.report.document import Document, Fact, Figure, Section
from mining.report.pdf import set_document, write_pdf
from mining.report.pdf_data import ACROSS, BREAK, UPRIGHT, breakable, size_of
from mining.report.table import Cell, Column, Group, Row, Table, table
from mining.report.widths import PADDING, widths
from tests.examples import examples

pikepdf = pytest.importorskip("pikepdf")
pypdf = pytest.importorskip("pypdf")

HOSTILE = (
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202eabc\u202c", "x" * 200, "#panic() $ x $ `raw` *a* _b_ @c <d>",
    "#read(\"/etc/passwd\") \\u{41} // /* */", "a\nb\tc\r\x00\x1b", "\ud800", "مرحبا بالعالم", "#import \"@preview/x:1.0.0\"",
)  # fmt: skip


def picture(word="受理 step", width=300, height=120):
    body = text_lines([word], width / 2, height / 2, size=12, leading=14)
    return svg_document([body], width, height, title="t", desc="d", lang="en")


def rich(lang="en"):
    """A document with everything in it."""
    long = table(
        "long", "Many rows", ["Case", "Cases", "When", "Verdict"],
        [
            Row(f"r{i}", (Cell(f"C{i:05d}", sub=f"second line {i}", link="b"), Cell(f"{i * 37:,}"), Cell(f"2026-01-{i % 28 + 1:02d}"),
                          Cell("met", tone="good")))
            for i in range(50)
        ],
        "tndm",
    )  # fmt: skip
    grouped = Table(
        "grouped", "In groups", (Column("Check"), Column("Share", "number")),
        (Group("Rules", (Row("a", (Cell("R1 · 时限", tone="H", lang="zh"), Cell("91.3\u00a0%", tone="bad"))),)),
         Group("Promises", (Row("b", (Cell("S1"), Cell("–", tone="quiet"))),)), Group("Empty", ())),
    )  # fmt: skip
    return Document(
        "Audit report", "Permits 许可", lang,
        [Fact("Service", ("Permits", "second line of the fact")), Fact("Hash", ("a1" * 32,))],
        [
            Section(
                ["First sentence of it.", "第二句话。"], id="a", title="Summary",
                figures=[Figure("A picture", picture(), alt="What it shows")],
            ),
            Section([], id="f", title="Findings", sections=[
                Section(
                    ["Said in it."], id="b", title="Late letters", badge="High", tone="H", tables=[grouped],
                    facts=[Fact("Criteria", ("S1 within five days", "Basis: charter 2.1"))],
                    sections=[Section(["Deep down."], id="c", title="Deep")],
                ),
            ]),
            Section(["Item one", "Item two"], id="n", title="Notes", listed=True, lang="zh"),
            Section([], id="w", title="Across", wide=True, tables=[long], fresh=True),
            Section(["Of the appendix."], id="x", title="Data", appendix=True),
        ],
        warning="A draft is no norm.", footer="Made from log.csv", chinese_numbers=lang == "zh",
    )  # fmt: skip


def texts_of(document):
    """Every text that is to be read in the file."""
    yield from (document.kind, document.name, document.warning)
    yield from (x for fact in document.facts for x in (fact.label, *fact.lines))
    for place in document.placed():
        section = place.section
        yield from (place.number, section.title, section.badge, *section.said)
        yield from (x for fact in section.facts for x in (fact.label, *fact.lines))
        yield from (figure.caption for _, figure in place.figures)
        for _, one in place.tables:
            yield one.caption
            yield from (column.text for column in one.columns)
            for group in one.groups:
                yield group.title if group.rows else ""
                yield from (x for row in group.rows for cell in row.cells for x in (cell.text, cell.sub))


def squeezed(text):
    """Without blanks and line ends, which a page sets as it must."""
    return re.sub(r"\s+", "", text)


def pages_read(data):
    """The text of each page."""
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def read(data):
    """The text of all pages."""
    return "".join(pages_read(data))


def pages_of(data):
    return pikepdf.open(io.BytesIO(data)).pages


def tags(data):
    """Names of the tags in the order of reading, and the figures' texts."""
    pdf, names, alts = pikepdf.open(io.BytesIO(data)), [], []

    def walk(node):
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            names.append(str(node.S)[1:])
            if "/Alt" in node:
                alts.append(str(node.Alt))
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return names, alts


@pytest.fixture(scope="module", params=["en", "zh"])
def made(request):
    document = rich(request.param)
    data, replaced, warned = set_document(document)
    assert (replaced, warned) == (0, [])
    return document, data, pages_read(data)


def test_every_text_stands_in_the_file(made):
    document, _, pages = made
    found = "".join(pages)
    assert [x for x in texts_of(document) if squeezed(x) not in found] == []


def test_tags_language_and_title_are_those_of_a_document_for_all(made):
    document, data, _ = made
    names, alts = tags(data)
    pdf = pikepdf.open(io.BytesIO(data))
    assert {"H1", "H2", "H3", "P", "Table", "TR", "TH", "TD", "Figure", "L", "LI", "Caption", "Link"} <= set(names)
    assert alts == ["What it shows"]
    assert str(pdf.Root.Lang) == {"en": "en", "zh": "zh-CN"}[document.lang]
    assert str(pdf.docinfo.Title) == "Permits 许可 · Audit report"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in bytes(pdf.Root.Metadata.read_bytes())
    assert names.count("TD") == 2 * 2 + 50 * 4
    assert [name for name in names if re.fullmatch(r"H\d", name)] == ["H1", "H1", "H1", "H2", "H3", "H1", "H1", "H1"]


def test_numbers_are_those_of_the_document(made):
    document, data, pages = made
    found = "".join(pages)
    numbers = (
        ["2.1HighLateletters", "4Across", "AData"]
        if document.lang == "en"
        else ["（一）HighLateletters", "四、Across", "AData"]
    )
    table_word, figure_word = (
        ("Table2.Manyrows", "Figure1.Apicture") if document.lang == "en" else ("表2Manyrows", "图1Apicture")
    )
    assert table_word in found
    assert figure_word in found
    assert [x for x in numbers if x not in found] == []
    outline = pypdf.PdfReader(io.BytesIO(data)).outline
    flat = [x.title for x in outline if not isinstance(x, list)]
    assert "Summary" in " ".join(flat)


def test_wide_sections_lie_across_and_heads_are_repeated(made):
    _, data, pages = made
    sizes = [tuple(float(x) for x in page.MediaBox[2:]) for page in pages_of(data)]
    across = [wide > high for wide, high in sizes]
    assert across[:3] == [False, False, False]
    assert sum(across) >= 2
    assert across[-1] is False
    with_rows = [page for page, wide in zip(pages, across, strict=True) if wide]
    assert all("CaseCasesWhenVerdict" in page for page in with_rows)
    assert f"{len(pages)}/{len(pages)}" in pages[-1]


def test_links_lead_to_sections(made):
    _, data, _ = made
    pdf = pikepdf.open(io.BytesIO(data))
    links = [x for page in pdf.pages for x in page.get("/Annots", []) if x.Subtype == "/Link"]
    assert len(links) >= 50  # a cell of each row, and the contents
    assert not [x for x in links if "/A" in x and "/URI" in x.A]


def test_equal_documents_give_equal_bytes(made, tmp_path):
    document, data, _ = made
    write_pdf(document, tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == data
    assert b"CreationDate" not in data


@pytest.mark.few_quick(4)
@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_hostile_texts_are_printed_and_do_nothing(n):
    text = HOSTILE[n]
    one = table("t", text, [text, "B"], [Row("r", (Cell(text, sub=text, link=text, lang="zh"), Cell("kept")))])
    bad = Section(
        [text],
        id=text,
        title=text,
        badge=text,
        tone=text,
        tables=[one],
        facts=[Fact(text, (text,))],
        figures=[Figure(text, picture(text))],
    )
    data, _, warned = set_document(Document(text, text, "en", [Fact(text, (text,))], [bad], text, text))
    assert warned == []
    pdf = pikepdf.open(io.BytesIO(data))
    assert not {"/OpenAction", "/AA", "/Names"} & set(pdf.Root.keys()) - {"/Names"}
    assert b"/JavaScript" not in data
    assert "kept" in read(data)
    if text.isascii() and text.isprintable():
        assert read(data).count(squeezed(text)) >= 8


def test_characters_that_no_font_has_are_counted_and_said():
    document = Document(
        "Kind", "Name", "en", [], [Section(["thumb \U0001f44d\U0001f3fd and \u2705\ufe0f"], id="a", title="T")]
    )
    data, replaced, warned = set_document(document)
    found = read(data)
    assert warned == []
    assert replaced == sum(x == "?" for x in found) >= 1
    assert f"Charactersthatthefontsofthisfilelack:{replaced}." in found


def test_a_picture_with_such_a_character_keeps_its_other_texts():
    shown = Figure("C", picture("ok 受 \U0001f44d"))
    data, replaced, _ = set_document(Document("K", "N", "en", [], [Section([], id="a", title="T", figures=[shown])]))
    assert replaced == 1
    assert "ok受?" in read(data)


def test_no_line_is_wider_than_its_column(tmp_path):
    program = shutil.which("pdftotext") or pytest.skip("pdftotext (poppler) is not installed")
    word = "w" * 400
    document = Document(
        "K",
        "N",
        "en",
        [],
        [
            Section(
                [word], id="a", title=word, tables=[table("t", word, ["A", "B"], [Row("r", (Cell(word), Cell(word)))])]
            )
        ],
    )
    data, _, _ = set_document(document)
    (tmp_path / "x.pdf").write_bytes(data)
    boxes = subprocess.run(
        [program, "-bbox", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    places = [(float(a), float(b)) for a, b in re.findall(r'<word xMin="([-\d.]+)" .*?xMax="([-\d.]+)"', boxes)]
    assert len(places) > 20
    assert min(a for a, _ in places) >= 53  # 19 mm
    assert max(b for _, b in places) <= 595.3 - 53
    assert read(data).count(word) >= 5


@pytest.mark.slow
def test_a_row_higher_than_a_page_is_not_cut():
    words = " ".join(f"n{i}" for i in range(3000))
    data, _, _ = set_document(
        Document(
            "K",
            "N",
            "en",
            [],
            [Section(id="a", title="T", tables=[table("t", "C", ["A"], [Row("r", (Cell(words),))])])],
        )
    )
    assert squeezed(words) in re.sub(r"\d+/\d+A?", "", read(data)) or all(
        f"n{i}n{i + 1}" in read(data) for i in (0, 1500, 2998)
    )


def test_headings_are_not_left_alone_at_the_foot_of_a_page():
    sections = [
        Section([f"Sentence {i} {j}." for j in range(i % 5 + 3)], id=f"s{i}", title=f"Heading {i}") for i in range(60)
    ]
    data, _, _ = set_document(Document("K", "N", "en", [], sections))
    for page in list(pypdf.PdfReader(io.BytesIO(data)).pages)[2:]:
        lines = [x.strip() for x in page.extract_text().splitlines() if x.strip()]
        last = [x for x in lines if not re.fullmatch(r"\d+ / \d+", x)][-1]
        assert ". . ." in last or "Sentence" in last


def test_a_document_without_any_text_is_made_all_the_same():
    bare = Document("", "", "en", [Fact("", ())], [Section(["a"], lang="no language"), Section(["b"], lang="de")])
    assert set_document(bare)[2] == []


def test_a_document_without_sections_and_texts_is_a_cover():
    data, replaced, warned = set_document(Document("Kind", "Name", "zh", [], []))
    assert (len(pages_of(data)), replaced, warned) == (1, 0, [])


def test_an_unknown_place_is_no_link_and_equal_ids_do_no_harm():
    one = table("t", "C", ["A"], [Row("r", (Cell("x", link="nowhere"),))])
    data, _, warned = set_document(
        Document(
            "K",
            "N",
            "en",
            [],
            [Section(["a"], id="s", title="T", tables=[one, one]), Section(["b"], id="s", title="U")],
        )
    )
    assert warned == []
    assert squeezed("Table 2. C") in read(data)


WORD = st.text(st.sampled_from(string.ascii_letters + "日志案例#$<>@*_[]{}\\\"'=-/é"), min_size=1, max_size=25)
CELL = st.builds(Cell, WORD, st.one_of(st.just(""), WORD), tone=st.sampled_from(["", "good", "bad", "quiet", "H"]))


@st.composite
def tables_(draw):
    n = draw(st.integers(1, 9))
    rows = [Row(str(i), tuple(draw(CELL) for _ in range(n))) for i in range(draw(st.integers(0, 4)))]
    return table(
        "t", draw(WORD), [draw(WORD) for _ in range(n)], rows, "".join(draw(st.sampled_from("tnmd")) for _ in range(n))
    )


SECTION = st.builds(
    lambda said, title, tables, appendix, wide, sections: Section(said, (), tables, "", title, wide, sections=sections, appendix=appendix),
    st.lists(WORD, max_size=3), WORD, st.lists(tables_(), max_size=2), st.booleans(), st.booleans(),
    st.lists(st.builds(lambda said, title: Section([said], title=title), WORD, WORD), max_size=2),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=examples(15), deadline=None)
@given(st.builds(Document, WORD, WORD, st.sampled_from(["en", "zh"]), st.just([]), st.lists(SECTION, max_size=3)))
def test_any_document_is_read_back_in_full(document):
    data, replaced, warned = set_document(document)
    found = read(data)
    assert (replaced, warned) == (0, [])
    assert [x for x in texts_of(document) if squeezed(x) not in found] == []


@settings(max_examples=examples(25), deadline=None)
@given(tables_(), st.sampled_from([UPRIGHT[0], ACROSS[0], 200.0]))
def test_columns_never_exceed_the_page(one, available):
    found = widths(one, available)
    assert sum(found.columns) <= available + 0.01
    assert all(x > 0 for x in found.columns)
    assert len(found.columns) == len(one.columns)


def test_a_number_stays_on_its_line_and_the_long_text_gets_the_room():
    rows = [Row("r", (Cell("word " * 60), Cell("1,234,567"), Cell("2026-01-01")))]
    found = widths(table("t", "C", ["Text", "Number of cases in the log", "Date"], rows, "tnd"), 487)
    assert found.fits
    assert found.columns[1] - PADDING >= text_width("1,234,567", found.size)
    assert found.columns[2] - PADDING >= text_width("2026-01-01", found.size)
    assert found.columns[0] > 250


def test_breaks_stand_only_in_words_that_need_them():
    assert breakable("short words only", 10, 100) == "short words only"
    long = breakable("a " + "b" * 50 + " c", 10, 100)
    assert long.replace(BREAK, "") == "a " + "b" * 50 + " c"
    assert long.count(BREAK) == 49


def test_sizes_of_pictures():
    assert size_of('<svg viewBox="0 0 40 20"/>') == (30.0, 15.0)
    assert size_of('<svg width="10pt" height="5pt"/>') == (10.0, 5.0)
