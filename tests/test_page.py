"""Any document as a page: its numbers, what a reader of screens needs, nothing remote, hostile words inert."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest

from mining.pictures.web_font import chinese, font_face
from mining.report.chapters import chapter
from mining.report.document import Document, Fact, Figure, Section
from mining.report.formats import Writer
from mining.report.page import inlined, render_page
from mining.report.table import Cell, Column, Group, Row, Table, table

EVIL = "<script>alert(1)</script> \"q\" 'a' {{ 7 * 7 }} \u202egnp.exe\u202c \u2066😀\u2069 " + "x" * 200
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40" role="img" aria-label="A flow">'
    '<defs><marker id="tip"/></defs><path d="M0,9 L20,9" marker-end="url(#tip)"/>'
    '<text x="5" y="20">受理 id=&quot;tip&quot; url(#tip)</text></svg>'
)
CHART = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><path d="M0,9 L20,9"/></svg>'
VOID = {"meta", "br", "img", "input", "link", "hr", "path", "marker", "rect"}


def rows(n, start=0):
    return [Row(f"r{k}", (Cell(f"c{k}"), Cell(f"{k % 7}.0 %", data={"share": k % 7 / 100}))) for k in range(start, n)]


def grouped(id, groups):
    made = tuple(Group(title, tuple(items)) for title, items in groups)
    return Table(id, "Cases by group", (Column("Case"), Column("Share", "number")), made)


def sample(lang="en", word="plain"):
    """A document with a part of every kind."""
    two = table("two", f"Cases, {word}", ["Case", "Share"], rows(2), "tn")
    deep = Section([word], id="deep", title="Third level", tables=[two])
    finding = Section(
        [word], id="F-1", title=f"Late, {word}", badge="High", tone="H", fresh=True, tables=[two],
        facts=[Fact("Criteria", (word,)), Fact("Condition", (word, "a second line"))],
    )  # fmt: skip
    return Document(
        "Audit report", f"Permits {word}", lang, [Fact("Log", (word,)), Fact("Files", ("a", "b"))],
        [
            Section([word, "b"], id="summary", title="Summary", listed=True, lang="en"),
            Section(),
            Section(
                ["Said."], id="flow", title=f"Flow {word}", wide=True, sections=[Section(sections=[deep])],
                figures=[Figure(f"The flow, {word}", PICTURE, large=True), Figure("Shares", CHART, alt=f"Bars, {word}")],
            ),
            Section(["Said."], id="findings", title="Findings", sections=[finding]),
            Section(id="cases", title="Cases", appendix=True, tables=[grouped("long", [(word, rows(18)), ("b", rows(4))])]),
        ],
        warning=f"A draft, {word}", footer="Made from a log", chinese_numbers=lang == "zh",
    )  # fmt: skip


class Page(HTMLParser):
    """Tags with their attributes in order, the text of elements, and whether all that opens closes."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data.strip()))

    def of(self, *wanted):
        return [attributes for tag, attributes in self.tags if tag in wanted]

    def said(self, *wanted):
        return [text for tag, text in self.texts if tag in wanted]


@pytest.fixture(scope="module", params=["en", "zh"])
def made(request):
    return render_page(sample(request.param))


def test_sections_figures_and_tables_have_their_numbers():
    page = Page(render_page(sample()))
    gap = "\u2002"
    assert page.said("h1", "h2") == [
        "Permits plain", "Contents", f"1{gap}Summary", f"2{gap}Flow plain", f"3{gap}Findings", f"Appendix A{gap}Cases",
    ]  # fmt: skip
    assert page.said("h3") == ["Third level", f"3.1{gap}Late, plain"]  # a section without a title leaves no step out
    assert page.said("figcaption") == ["Figure 1. The flow, plain", "Figure 2. Shares"]
    assert page.said("caption") == ["Table 1. Cases, plain", "Table 2. Cases, plain", "Table 3. Cases by group"]
    assert page.said("li")[-2:] == ["plain", "b"]


def test_chinese_numbers_stand_before_chinese_titles():
    page = Page(render_page(sample("zh")))
    assert page.said("h2") == ["目录", "一、Summary", "二、Flow plain", "三、Findings", "附件A\u2002Cases"]
    assert page.said("h3")[-1] == "（一）Late, plain"
    assert page.said("figcaption")[:1] == ["图1\u3000The flow, plain"]
    assert page.said("caption")[0] == "表1\u3000Cases, plain"


def test_the_contents_lead_to_every_section_with_a_title_on_two_levels(made):
    page = Page(made)
    goals = [a["href"] for a in page.of("a") if a["href"].startswith("#")]
    assert goals == ["#content", "#summary", "#flow", "#findings", "#F-1", "#cases"]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {goal[1:] for goal in goals} <= set(ids)
    assert {"table-two", "table-two-2", "table-long"} <= set(ids)  # one table twice: two ids


def test_sections_of_one_id_are_told_apart_and_the_first_is_the_goal_of_links():
    sections = [
        Section(["a"], id="plan", title="Plan"),
        Section(["b"], id="plan", title="Plan"),
        Section(["c"], title="None"),
    ]
    page = Page(render_page(Document("R", "N", "en", [], sections)))
    assert [a["id"] for a in page.of("section")] == ["plan", "plan-2", "part-3"]


def test_a_long_list_of_short_items_stands_in_columns():
    for said, look in ((["short"] * 12, "listed"), (["short"] * 11, None), (["long " * 20] * 12, None)):
        page = Page(render_page(Document("R", "N", "en", [], [Section(said, id="s", title="S", listed=True)])))
        assert [a.get("class") for a in page.of("ul")] == [look]


def test_a_reader_of_screens_finds_names_levels_and_scopes(made):
    page = Page(made)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert all(a["alt"] for a in page.of("img"))
    assert all(a["role"] == "img" and a["aria-label"] for a in page.of("svg"))
    assert {a.get("scope") for a in page.of("th")} == {"col", "row", "rowgroup"}
    focusable = [a for _, a in page.tags if a.get("tabindex")]
    assert focusable
    assert all(a.get("aria-label") or a.get("aria-labelledby") for a in focusable)
    named = {attributes.get("id") for _, attributes in page.tags}
    assert {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a} <= named
    assert [tag for tag, _ in page.tags if tag in ("header", "nav", "main", "footer")] == [
        "header",
        "nav",
        "main",
        "footer",
    ]


def test_looks_are_classes_of_the_section(made):
    looks = {a["id"]: a.get("class", "") for a in Page(made).of("section")}
    assert looks["flow"] == "wide"
    assert looks["F-1"] == "fresh finding H"
    assert looks["summary"] == ""
    assert '<ul lang="en">' in made


def test_the_policy_lets_nothing_be_fetched_and_only_the_script_of_the_page_run(made):
    page = Page(made)
    policy = next(a["content"] for a in page.of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (script,) = re.findall(r"<script>(.*?)</script>", made, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules.pop("script-src") == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:", "font-src": "data:",
        "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)|url\((?!data:|#)|@import""", made)


def test_hostile_words_are_text_wherever_they_stand():
    page = Page(render_page(sample(word=EVIL)))
    assert len(page.of("script")) == 1
    plain = Page(render_page(sample()))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    shown = EVIL.replace("\u202e", "").replace("\u202c", "").replace("\u2066", "").replace("\u2069", "")
    assert f"Permits {shown}" in page.said("h1")
    assert f"Table 1. Cases, {shown}" in page.said("caption")
    assert [a["alt"] for a in page.of("img")] == [f"Bars, {shown}"]
    everything = [text for _, text in page.texts] + [x for _, a in page.tags for x in a.values() if x]
    assert not [text for text in everything if re.search("[\u202a-\u202e\u2066-\u2069]", text)]


def test_a_picture_in_the_page_has_ids_of_its_own_and_keeps_its_words():
    drawn = str(inlined(PICTURE, "f1"))
    assert '<marker id="f1-tip"/>' in drawn
    assert 'marker-end="url(#f1-tip)"' in drawn
    assert "受理 id=&quot;tip&quot; url(#tip)" in drawn


def test_the_alternative_text_names_the_picture_and_the_caption_one_without_a_name():
    nameless = PICTURE.replace(' role="img" aria-label="A flow"', "")
    figures = [Figure("One", PICTURE, alt='A "loop"'), Figure("Two", nameless), Figure("Three", PICTURE)]
    page = Page(render_page(Document("R", "N", "en", [], [Section(id="s", title="S", figures=figures)])))
    assert [a["aria-label"] for a in page.of("svg")] == ['A "loop"', "Two", "A flow"]
    assert len({a["id"] for a in page.of("marker")}) == 3


def test_a_figure_without_a_picture_is_refused():
    with pytest.raises(ValueError, match="no <svg>"):
        render_page(Document("R", "N", "en", [], [Section(id="s", title="S", figures=[Figure("One", "<text>")])]))


def test_the_font_of_a_page_has_its_chinese_characters_and_no_others():
    from fontTools.ttLib import TTFont

    page = render_page(sample("zh"))
    rule = re.search(r"@font-face \{.*?base64,([^)]*)\).*?unicode-range: ([^;]*);", page)
    font = TTFont(io.BytesIO(base64.b64decode(rule[1])))
    held = "".join(map(chr, sorted(font.getBestCmap())))
    assert held == chinese(page.replace(rule[0], ""))
    listed = [[int(x, 16) for x in part.removeprefix("U+").split("-")] for part in rule[2].split(", ")]
    assert "".join(chr(x) for low, *high in listed for x in range(low, (high or [low])[0] + 1)) == held
    assert len(rule[0]) < 40_000


def test_an_english_page_has_a_font_only_for_chinese_names():
    document = Document("Report", "Permits", "en", [], [Section(["All is well – 5 ≥ 3."], id="s", title="S")])
    assert "@font-face" not in render_page(document)
    assert font_face("A case of 长虹").count("unicode-range: U+8679, U+957F;") == 1
    assert font_face("\U0002ffff") == ""  # no font has it


def test_the_same_document_gives_the_same_bytes(made):
    from mining.pictures import web_font

    lang = "zh" if 'lang="zh-CN"' in made else "en"
    web_font._face.cache_clear()
    assert render_page(sample(lang)) == made


# ---- colours


def _luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast of two colours (WCAG 2.2)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_ink_is_readable_on_every_ground_by_day_and_by_night(made):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    day, night = (
        {
            name: x if len(x) == 7 else "#" + "".join(2 * c for c in x[1:])
            for name, x in re.findall(r"--(\w+): (#\w+);", root)
        }
        for root in re.findall(r":root \{(.*?)\}", made)[:2]
    )
    assert set(day) == set(night)
    for colours in (day, night):
        for ink in ("ink", "muted", "faint", "accent", "bad", "good"):
            for ground in ("paper", "soft"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for name in "HML":
        ground, ink = re.search(rf"\.badge\.{name} \{{ background: (#\w+); color: (#\w+);", made).groups()
        assert contrast(ground, ink if len(ink) == 7 else "#ffffff") >= 4.5


# ---- chapters


def test_a_chapter_takes_id_and_title_from_its_key_and_says_why_it_cannot_be_made():
    import mining

    def refuse(found, w):
        raise mining.ModelError("it is too large.")

    w = Writer("en", "UTC")
    made = chapter("as_is.repair", lambda found, w: Section([found]), "Found.", w, "as_is.cannot", wide=True)
    assert (made.id, made.title, made.wide, list(made.said)) == ("repair", w.say("as_is.repair"), True, ["Found."])
    (said,) = chapter("as_is.repair", refuse, "Found.", w, "as_is.cannot").said
    assert said.startswith("Not available: it is too large.")
