"""The report as a file of Word, read back from its XML: nothing lost, nothing added, nothing of people's text is code."""

import re
import string
import time
import unicodedata
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mining.errors import MiningError
from mining.pictures.svg import clean
from mining.report.document import Document, Fact, Figure, Section
from mining.report.docx import write_docx
from mining.report.docx_body import size_of
from mining.report.docx_tables import column_widths
from mining.report.table import Cell, Column, Group, Row, Table, table
from tests.docx_reading import SPACE, W, parts, read_docx, text_of
from tests.examples import examples

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200" viewBox="0 0 400 200"><rect width="400" height="200" '
    'fill="#1f3a5f"/><text x="10" y="40" font-size="20">Text 文字</text></svg>'
)
HOSTILE = (
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "right \u202eto\u202c left \u200f", "x" * 200, "😀 👩‍👩‍👧", "a\x00b\x0bc\x1f\ufffe",
    "{ PAGEREF x } TOC \\o", '" w:val="x', "&amp; &lt; ]]>", "line\nbreak\ttab\u2028other", "\ud800 lone", "{n} {caption}", "",
)  # fmt: skip


def many(n=3, columns=3, kinds="tnt"):
    heads = [f"Column {i}" for i in range(columns)]
    kinds = (kinds * columns)[:columns]
    return table(
        "many",
        "Many rows",
        heads,
        [Row(str(i), tuple(Cell(f"{i}.{j}") for j in range(columns))) for i in range(n)],
        kinds,
    )


def sample(lang="en", **more):
    cells = (
        Cell("Letter not sent", sub="major, visible", link="F-1"), Cell("High", tone="H"), Cell("12 / 3,400", sub="0.2–0.6 %"),
        Cell("not met", tone="bad"),
    )  # fmt: skip
    ranked = Table(
        "ranked", "Findings by rank", (Column("Finding"), Column("Priority", "mark"), Column("Cases", "number"), Column("Target")),
        (Group("First", (Row("a", cells),)), Group("Second", (Row("b", (Cell("b"), Cell("Low", tone="L"), Cell("1"), Cell(""))),))),
    )  # fmt: skip
    found = Section(
        ["It happened."], id="F-1", title="Letter not sent", badge="High", tone="H", facts=[Fact("Criteria", ("R1", "Charter 2.1"))],
        tables=[many()],
    )  # fmt: skip
    parts = [
        Section(["One.", "Two."], id="summary", title="Summary", listed=True, tables=[ranked], figures=[Figure("Shares", SVG, alt="Bars")]),
        Section([], id="findings", title="Findings", fresh=True, sections=[found]),
        Section(["Wide."], id="wide", title="Checks", wide=True, figures=[Figure("Map", SVG)], tables=[many(30)]),
        Section(["Law."], id="law", title="Law", appendix=True, lang="zh"),
    ]  # fmt: skip
    given = {
        "warning": "A draft.",
        "footer": "made from a.csv",
        "facts": [Fact("Client", ("City",)), Fact("Team", ("A", "B"))],
    }
    given |= more
    return Document("Audit report", "Permits 许可", lang, sections=parts, **given)


@pytest.fixture(scope="module", params=["en", "zh"])
def written(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("docx") / "r.docx"
    document = sample(request.param, chinese_numbers=request.param == "zh")
    write_docx(document, path)
    return document, path, read_docx(path)


def expected_tables(document):
    """Caption and texts of every numbered table, as the document has them."""
    word, stop = {"en": ("Table", ". "), "zh": ("表", "　")}[document.lang]
    for place in document.placed():
        for n, one in place.tables:
            rows = [[[clean(c.text)] for c in one.columns]]
            for group in one.groups:
                rows += [[[clean(group.title)]]] * bool(group.title and group.rows)
                for row in group.rows:
                    rows.append([[clean(c.text), *([clean(c.sub)] if c.sub else [])] for c in row.cells])
            yield f"{word} {n}{stop + clean(one.caption) if one.caption else ''}", rows


def plain(rows):
    """Texts without the hard blanks on both sides of a badge."""
    return [[[text.strip("\u00a0") for text in cell] for cell in row] for row in rows]


def assert_all_there(document, read):
    """Every sentence, fact, cell, caption and number of the document, in its order, and no other."""
    numbered = [t for t in read.tables if t.style == "Report Table"]
    assert [(t.caption, plain(t.rows)) for t in numbered] == [(c, plain(rows)) for c, rows in expected_tables(document)]
    placed = document.placed()
    said = [clean(text) for place in placed for text in place.section.said]
    assert read.said("Body Text", "List Bullet") == said
    facts = [fact for place in placed for fact in place.section.facts]
    cells = [[[clean(f.label)], [clean(x) for x in f.lines] or [""]] for f in [*document.facts, *facts]]
    assert [row for t in read.tables if t.style == "Report Facts" for row in t.rows] == cells
    titles = [p for p in placed if p.section.title]
    headings = [text for style, text in read.paragraphs if style.startswith("heading")]
    for place, text in zip(titles, headings, strict=True):
        assert place.number in text
        assert text.endswith(clean(place.section.title))
        assert clean(place.section.badge) in text
    figures = [(n, f) for place in placed for n, f in place.figures]
    assert read.pictures == [clean(f.alt or f.caption) for _, f in figures]
    word, stop = {"en": ("Figure", ". "), "zh": ("图", "　")}[document.lang]
    captions = [f"{word} {n}{stop + clean(f.caption) if f.caption else ''}" for n, f in figures]
    assert [x for x in read.said("caption") if x.startswith(word)] == captions


def test_every_word_and_number_is_read_back(written):
    document, _, read = written
    assert_all_there(document, read)
    assert read.said("Title") == ["Permits 许可"]
    assert read.said("Subtitle") == ["Audit report"]
    assert read.said("Warning") == ["A draft."]
    assert "made from a.csv" in read.footer
    assert "Permits 许可" in read.header
    words = {"en": ("Table 1. ", "Figure 2. "), "zh": ("表 1　", "图 2　")}[document.lang]
    assert all(any(x.startswith(word) for x in read.said("caption")) for word in words)


def test_headings_have_our_numbers_and_word_gives_none(written):
    document, path, read = written
    expected = {
        "en": ["1  Summary", "2  Findings", "2.1  \u00a0High\u00a0  Letter not sent", "3  Checks", "Appendix A  Law"],
        "zh": ["一、Summary", "二、Findings", "（一）\u00a0High\u00a0  Letter not sent", "三、Checks", "附件A  Law"],
    }[document.lang]
    assert [text for style, text in read.paragraphs if style.startswith("heading")] == expected
    styles = etree.fromstring(parts(path)["word/styles.xml"])
    for style in styles.findall("w:style", SPACE):
        numbered = style.find(".//w:numPr", SPACE) is not None
        assert numbered == (style.find("w:name", SPACE).get(f"{W}val") == "List Bullet")


def test_fields_count_and_contents_are_not_empty(written):
    document, path, read = written
    table_word, figure_word = ("Table", "Figure") if document.lang == "en" else ("表", "图")
    captions = [f for f in read.fields if f.startswith("SEQ")]
    assert captions.count(f"SEQ {table_word} \\* ARABIC") == 3
    assert captions.count(f"SEQ {figure_word} \\* ARABIC") == 2
    assert [f for f in read.fields if not f.startswith("SEQ")] == ['TOC \\o "1-2" \\h \\z \\u']
    lines = read.said("toc 1", "toc 2")
    assert [re.sub(r"\W", "", x) for x in lines] == [
        re.sub(r"\W", "", text) for style, text in read.paragraphs if style.startswith("heading")
    ]
    marks = [x.get(f"{W}fldCharType") for x in read.body.iter(f"{W}fldChar")]
    assert marks.count("begin") == marks.count("end") == marks.count("separate") == len(read.fields)
    footer = parts(path)["word/footer1.xml"].decode()
    assert re.findall(r"> (\w+) </w:instrText>", footer) == ["PAGE", "NUMPAGES"]
    assert 'updateFields w:val="true"' in parts(path)["word/settings.xml"].decode()


def test_links_lead_to_bookmarks_and_unknown_ones_are_text(written, tmp_path):
    document, _, read = written
    assert {anchor for anchor, _ in read.links} <= read.bookmarks
    assert ("section_3", "Letter not sent") in read.links
    rows = [Row("a", (Cell("nowhere", link="F-9"), Cell("to the table", link="many")))]
    write_docx(
        Document("k", "n", "en", [], [Section(tables=[table("x", "", ["a", "b"], rows), many()])]), tmp_path / "l.docx"
    )
    assert read_docx(tmp_path / "l.docx").links == [("table_2", "to the table")]


def test_tables_repeat_heads_keep_rows_whole_and_fill_the_page(written):
    _, _, read = written
    for one in read.body.iter(f"{W}tbl"):
        if one.find("w:tblPr/w:tblCaption", SPACE) is None:
            continue
        rows = one.findall("w:tr", SPACE)
        assert [r.find("w:trPr/w:tblHeader", SPACE) is not None for r in rows] == [True] + [False] * (len(rows) - 1)
        assert all(r.find("w:trPr/w:cantSplit", SPACE) is not None for r in rows)
        widths = [int(x.get(f"{W}w")) for x in one.findall("w:tblGrid/w:gridCol", SPACE)]
        assert sum(widths) == int(one.find("w:tblPr/w:tblW", SPACE).get(f"{W}w")) in (9072, 14004)
        assert min(widths) > 300
        for row in rows:
            cells = row.findall("w:tc", SPACE)
            spans = [c.find("w:tcPr/w:gridSpan", SPACE) for c in cells]
            assert sum(1 if s is None else int(s.get(f"{W}val")) for s in spans) == len(widths)
        last_keeps = rows[-1].find(".//w:keepNext", SPACE) is not None
        assert not last_keeps  # or the table would pull what follows to its page


def test_wide_sections_lie_across_and_only_they(tmp_path):
    wide_table = Section(["a"], title="Nine columns", tables=[many(2, columns=9)])
    document = Document(
        "k", "n", "en", [], [Section(["a"], title="A"), wide_table, Section(["b"], title="B", fresh=True)]
    )
    write_docx(document, tmp_path / "w.docx")
    read = read_docx(tmp_path / "w.docx")
    sections = list(read.body.iter(f"{W}sectPr"))
    sizes = [(x.find("w:pgSz", SPACE).get(f"{W}w"), x.find("w:pgSz", SPACE).get(f"{W}orient")) for x in sections]
    assert sizes == [("11906", None), ("16838", "landscape"), ("11906", None)]
    assert [len(x.findall("w:headerReference", SPACE)) for x in sections] == [1, 0, 0]
    breaks = [text_of(p) for p in read.body.iter(f"{W}p") if p.find("w:pPr/w:pageBreakBefore", SPACE) is not None]
    assert breaks == ["Contents", "1  A"]  # B begins with its section


def test_a_heading_without_text_lies_as_what_follows(tmp_path):
    inner = Section(["a"], title="Inner", wide=True)
    write_docx(Document("k", "n", "en", [], [Section(title="Outer", sections=[inner])]), tmp_path / "w.docx")
    body = read_docx(tmp_path / "w.docx").body
    turn = next(i for i, x in enumerate(body) if x.find("w:pPr/w:sectPr", SPACE) is not None)
    assert [text_of(x) for x in body[turn + 1 :]][:3] == ["1  Outer", "1.1  Inner", "a"]


def test_captions_and_headings_are_not_left_alone(written):
    _, path, read = written
    styles = {
        x.find("w:name", SPACE).get(f"{W}val"): x
        for x in etree.fromstring(parts(path)["word/styles.xml"])
        if x.tag == f"{W}style"
    }
    for name in ("heading 1", "heading 2", "heading 3", "Report Figure", "TOC Heading"):
        assert styles[name].find("w:pPr/w:keepNext", SPACE) is not None
    for p in read.body.iter(f"{W}p"):
        follows = p.getnext()
        if (
            follows is not None
            and follows.tag == f"{W}tbl"
            and "SEQ" in "".join(x.text for x in p.iter(f"{W}instrText"))
        ):
            assert p.find("w:pPr/w:keepNext", SPACE) is not None


def test_chinese_has_a_font_on_styles_and_runs(written):
    _, path, read = written
    for style in etree.fromstring(parts(path)["word/styles.xml"]).findall("w:style", SPACE):
        if style.get(f"{W}type") == "paragraph":
            assert style.find("w:rPr/w:rFonts", SPACE).get(f"{W}eastAsia") == "Microsoft YaHei"
    for run in read.body.iter(f"{W}r"):
        if any(unicodedata.east_asian_width(c) == "W" for c in text_of(run)):
            assert run.find("w:rPr/w:rFonts", SPACE).get(f"{W}eastAsia") == "Microsoft YaHei"


def test_the_file_says_what_it_is_and_nothing_of_the_moment(written):
    import docx

    document, path, _ = written
    said = docx.Document(str(path)).core_properties
    assert said.title == "Audit report · Permits 许可"
    assert said.author == "service-mining"
    assert said.language == {"en": "en-US", "zh": "zh-CN"}[document.lang]
    assert said.created.isoformat()[:10] == said.modified.isoformat()[:10] == "2000-01-01"
    assert not [name for name in parts(path) if "thumbnail" in name or "customXml" in name]


def test_equal_documents_give_equal_bytes(tmp_path):
    write_docx(sample(), tmp_path / "a.docx")
    write_docx(sample(), tmp_path / "b.docx")
    with zipfile.ZipFile(tmp_path / "a.docx") as packed:
        assert {member.date_time for member in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    write_docx(sample(footer="another"), tmp_path / "b.docx")
    assert (tmp_path / "a.docx").read_bytes() != (tmp_path / "b.docx").read_bytes()


def test_pictures_have_the_size_of_print(tmp_path):
    write_docx(sample(), tmp_path / "a.docx")
    (media,) = [data for name, data in parts(tmp_path / "a.docx").items() if "media" in name]  # both are one picture
    # 400 pixels of a screen, enlarged by at most 1.1: 440 / 96 inches at 200 dots
    assert [int.from_bytes(media[i : i + 4]) for i in (16, 20)] == [917, 459]
    extents = [int(x.get("cx")) for x in read_docx(tmp_path / "a.docx").body.iter(f"{{{SPACE['wp']}}}extent")]
    assert extents == [6600 * 635] * 2


@pytest.mark.parametrize(
    ("svg", "size"),
    [
        ('<svg width="100" height="50">', (1500, 750)),
        ('<svg viewBox="0 0 30 10" width="100pt" height="50pt">', (2000, 1000)),
        ('<svg viewBox="0 0 30 10">', (450, 150)),
        ('<svg stroke-width="3" viewBox="0 0 30 10" width="40px" height="20px">', (600, 300)),
    ],
    ids=["pixels", "points", "box", "px"],
)
def test_the_size_of_a_picture(svg, size):
    assert size_of(svg) == size


def test_hostile_words_are_text(tmp_path):
    rows = [Row(str(i), (Cell(x, sub=x, lang=x[:5], link=x), Cell(x, tone="H"))) for i, x in enumerate(HOSTILE)]
    sections = [
        Section(
            [x], title=f"t{x}", badge=x, id=x or "none", lang=x[:3], facts=[Fact(x, (x, x))], figures=[Figure(x, SVG, alt=x)],
            tables=[Table(x, x, (Column(x), Column(x, "number")), (Group(x, tuple(rows)),))],
        )
        for x in HOSTILE
    ]  # fmt: skip
    document = Document(
        HOSTILE[0], HOSTILE[3], "en", [Fact(x, (x,)) for x in HOSTILE], sections, warning=HOSTILE[1], footer=HOSTILE[2]
    )
    write_docx(document, tmp_path / "h.docx")
    read = read_docx(tmp_path / "h.docx")
    assert_all_there(document, read)
    assert {f.split()[0] for f in read.fields} == {"SEQ", "TOC"}
    assert not {unicodedata.lookup(n) for n in ("RIGHT-TO-LEFT OVERRIDE", "RIGHT-TO-LEFT MARK")} & set(
        text_of(read.body)
    )
    for name in ("script", "a", "object"):
        assert not list(read.body.iter(name, f"{W}{name}"))


TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from(string.printable + "中文（）“”"), max_size=12)
CELL = st.builds(
    Cell, TEXT, sub=TEXT, tone=st.sampled_from(["", "good", "bad", "quiet", "H", "M", "L"]), link=TEXT, lang=TEXT
)


@st.composite
def tables(draw):
    n = draw(st.integers(1, 10))
    columns = tuple(
        draw(st.builds(Column, TEXT, st.sampled_from(["text", "number", "mark", "date"]))) for _ in range(n)
    )
    row = st.builds(Row, TEXT, st.tuples(*[CELL] * n))
    groups = st.lists(st.builds(Group, TEXT, st.lists(row, max_size=3).map(tuple)), max_size=2).map(tuple)
    return Table(draw(TEXT), draw(TEXT), columns, draw(groups))


SECTION = st.recursive(
    st.builds(
        Section, st.lists(TEXT, max_size=2), tables=st.lists(tables(), max_size=2), id=TEXT, title=TEXT, wide=st.booleans(),
        listed=st.booleans(), facts=st.lists(st.builds(Fact, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2), badge=TEXT,
        tone=st.sampled_from(["", "H", "M", "L", "quiet"]), fresh=st.booleans(), appendix=st.booleans(), lang=TEXT,
    ),
    lambda inner: st.builds(Section, title=TEXT, sections=st.lists(inner, max_size=2)), max_leaves=4,
)  # fmt: skip
DOCUMENT = st.builds(
    Document, TEXT, TEXT, st.sampled_from(["en", "zh"]), st.lists(st.builds(Fact, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2),
    st.lists(SECTION, max_size=3), warning=TEXT, footer=TEXT, chinese_numbers=st.booleans(),
)  # fmt: skip


@settings(max_examples=examples(25), deadline=None)
@given(DOCUMENT)
def test_any_document_is_read_back(tmp_path_factory, document):
    path = tmp_path_factory.mktemp("any") / "any.docx"
    write_docx(document, path)
    read = read_docx(path)
    assert_all_there(document, read)
    assert {anchor for anchor, _ in read.links} <= read.bookmarks


@settings(max_examples=examples(30), deadline=None)
@given(tables().filter(bool), st.integers(4000, 14000))
def test_widths_fill_the_room(one, room):
    widths = column_widths(one, room)
    assert sum(widths) == room
    assert min(widths) > 0


def test_widths_suit_the_texts():
    long = "A sentence of many words about what happened to the case, which is longer than a line"
    rows = [Row("a", (Cell("C0001"), Cell("2026-03-02 09:00:00"), Cell(long), Cell("1,940 / 2,000"), Cell("x" * 200)))]
    one = table("t", "", ["Case", "At", "What", "n", "Id"], rows, "tdtnt")
    case, at, what, n, id = column_widths(one, 9072)
    assert at >= 1600
    assert n >= 1000
    assert what > case
    assert id <= 9072 * 0.45  # one long word does not take the page
    assert case >= 480
    short = table("t", "", ["Case", "n"], [Row("a", (Cell("C0001"), Cell("1")))], "tn")
    assert column_widths(short, 9072)[1] < 700  # what is left over goes to the text


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MiningError, match=r"no_such.r\.docx cannot be written: No such file"):
        write_docx(sample(), tmp_path / "no_such" / "r.docx")


@pytest.mark.slow
def test_a_large_report_takes_seconds(tmp_path):
    words = [
        "Letter",
        "not",
        "sent",
        "within",
        "five",
        "working",
        "days",
        "of",
        "receipt",
        "of",
        "the",
        "application",
        "form",
    ]
    cells = tuple(Cell(" ".join(words[i : i + 6]), sub="0.51–1.34 %" if i % 2 else "") for i in range(8))
    big = table("x", "Evidence", list("abcdefgh"), [Row(str(i), cells) for i in range(60)])
    found = [
        Section(
            ["s"] * 5, title=f"Finding {i}", id=f"F-{i}", facts=[Fact("Condition", ("line",) * 4)] * 8, tables=[big]
        )
        for i in range(60)
    ]
    pictures = [
        Section(figures=[Figure("Map", SVG.replace("1f3a5f", f"1f3a{i:02x}"))], tables=[big], title=f"P{i}")
        for i in range(20)
    ]
    start = time.process_time()
    write_docx(
        Document("k", "n", "en", [], [Section(title="Findings", sections=found), *pictures]), tmp_path / "big.docx"
    )
    assert time.process_time() - start < 8
