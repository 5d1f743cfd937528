"""Any document in a real browser: tables sort and filter, the font is the page's own, nothing is asked of the network."""

import os
import re
import shutil
from pathlib import Path

import pytest

from mining.report.document import Document, Figure, Section
from mining.report.page import render_page
from mining.report.table import Cell, Row, table
from tests.test_page import CHART, EVIL, PICTURE, grouped, rows, sample

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def driver():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as opened:
        yield opened.chromium


@pytest.fixture(scope="module")
def chromium(driver):
    opened = driver.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield opened
    opened.close()


def tables():
    """A table with every kind of value, twice; and a long one of two groups, to be filtered."""
    said = {  # key: name, share, value behind it, badge, day, count without a value behind it
        "a": ("b10", "9.0 %", 0.09, "L", "2024-01-09", "1,200"),
        "b": ("B9", "50.0 %", 0.5, "H", "2023-12-31", "80"),
        "c": ("张三", "–", None, "M", "2024-01-10", "–"),
        "d": ("b9", "0.01 %", 1e-05, "H", "2024-01-09", "-3"),
        "e": ("Ärger", "9.0 %", 0.09, "L", "2024-02-01", "300"),
    }
    made = [
        Row(
            key,
            (
                Cell(name),
                Cell(share, "of it", {"share": value, "n": 1}),
                Cell(badge, tone=badge),
                Cell(day),
                Cell(count),
            ),
        )
        for key, (name, share, value, badge, day, count) in said.items()
    ]
    heads = ["Name", "Share", "Priority", "Day", "Count"]
    first = [Row(f"x{k}", (Cell(f"Case x{k}"), Cell(str(k % 5), data={"n": k % 5}))) for k in range(10)]
    second = [Row(f"y{k}", (Cell(f"Fall Y{k}"), Cell(str(k % 3), data={"n": k % 3}))) for k in range(10)]
    return [
        table("small", "All kinds", heads, made, "tnmdn"),
        grouped("groups", [("First", first), ("Second", second)]),
        table("one", "A row", ["A", "B"], [Row("k", (Cell("x"), Cell("y")))]),
    ]


@pytest.fixture
def shown(chromium, tmp_path):
    """Opens a document in a page that notes what it says and asks for, and lets no request pass."""
    pages = []

    def show(document, **context):
        file = tmp_path / "page.html"
        file.write_text(render_page(document) if isinstance(document, Document) else document, encoding="utf-8")
        page = chromium.new_context(**context).new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(dialog.message) or dialog.dismiss())

        def pass_the_file_only(route):
            page.asked.append(route.request.url)
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                route.abort()

        page.route("**/*", pass_the_file_only)
        page.goto(file.as_uri())
        pages.append((page, file.as_uri()))
        return page

    yield show
    for page, address in pages:
        assert page.said == []
        assert [url for url in page.asked if url != address and not url.startswith("data:")] == []
        page.context.close()


def document(lang="en"):
    return Document("Report", "Tables", lang, [], [Section(["Said."], id="s", title="Tables", tables=tables())])


def keys(page, id="small"):
    return page.evaluate(f"[...document.querySelectorAll('#table-{id} tr[data-key]')].map(r => r.dataset.key).join('')")


def sorted_as(page, id="small"):
    return page.evaluate(
        f"[...document.querySelectorAll('#table-{id} thead th')].map(h => h.getAttribute('aria-sort'))"
    )


@pytest.mark.parametrize(
    ("head", "up", "down"),
    [
        (
            "Name",
            "bdaec",
            "ceabd",
        ),  # b9 and B9 in the order that they had; 10 after 9; Ä and Chinese as the language has them
        ("Share", "daebc", "baedc"),  # by the value behind it; the missing one stands last, either way
        ("Priority", "bdcae", "aecbd"),
        ("Day", "badce", "ecadb"),
        ("Count", "dbeac", "aebdc"),  # by the number in the text
    ],
)
def test_a_click_on_a_heading_sorts_turns_and_restores(shown, head, up, down):
    page = shown(document())
    if head == "Name":  # the language decides where Ä and Chinese stand; numbers and letters are ours
        up, down = (
            page.evaluate(
                "names => names.map((n, k) => [n, 'abcde'[k]]).sort((a, b) => "
                f"{sign} * new Intl.Collator('en', {{numeric: true}}).compare(a[0], b[0])).map(x => x[1]).join('')",
                ["b10", "B9", "张三", "b9", "Ärger"],
            )
            for sign in ("1", "-1")
        )
        assert up.index("b") < up.index("a")
        assert up != "abcde"
    button = page.get_by_role("table", name="All kinds").get_by_role("button", name=head)
    column = ["Name", "Share", "Priority", "Day", "Count"].index(head)
    button.click()
    assert keys(page) == up
    assert [k for k, x in enumerate(sorted_as(page)) if x] == [column]
    assert sorted_as(page)[column] == "ascending"
    button.click()
    assert keys(page) == down
    assert sorted_as(page)[column] == "descending"
    button.click()
    assert keys(page) == "abcde"
    assert sorted_as(page) == [None] * 5


def test_the_keyboard_sorts_and_another_heading_takes_over(shown):
    page = shown(document())
    page.get_by_role("table", name="All kinds").get_by_role("button", name="Priority").focus()
    page.keyboard.press("Enter")
    assert keys(page) == "bdcae"
    page.keyboard.press("Space")
    assert keys(page) == "aecbd"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert keys(page) == "badce"  # of the order in which they came, not of the one before
    assert sorted_as(page) == [None, None, None, "ascending", None]


def test_groups_stay_whole(shown):
    page = shown(document())
    page.get_by_role("table", name="Cases by group").get_by_role("button", name="Share").click()
    assert keys(page, "groups") == "x0x5x1x6x2x7x3x8x4x9" + "y0y3y6y9y1y4y7y2y5y8"
    heads = "[...document.querySelectorAll('#table-groups tbody')].map(b => b.rows[0].innerText)"
    assert page.evaluate(heads) == ["First", "Second"]


def test_a_table_of_one_row_has_nothing_to_sort(shown):
    page = shown(document())
    assert page.evaluate("document.querySelectorAll('#table-one button').length") == 0


@pytest.mark.parametrize(
    ("lang", "all_of", "some"),
    [("en", "20 of 20 rows", "10 of 20 rows"), ("zh", "共 20 行，显示 20 行", "共 20 行，显示 10 行")],
)
def test_the_filter_counts_what_it_shows(shown, lang, all_of, some):
    page = shown(document(lang))
    box, count = page.get_by_role("searchbox"), page.get_by_role("status")
    assert box.count() == 1  # the short tables have none
    assert (
        box.evaluate("x => x.labels[0].innerText.trim()")
        == {"en": "Show only rows that contain", "zh": "仅显示包含以下内容的行"}[lang]
    )
    assert count.inner_text() == all_of
    box.fill("fall")
    assert count.inner_text() == some
    visible = "[...document.querySelectorAll('#table-groups tr')].filter(r => r.offsetHeight).length"
    assert page.evaluate(visible) == 1 + 1 + 10  # headings of the columns and of the group that is left
    box.fill("ｙ1 fall")  # every word, in any order and any width of letters
    assert page.evaluate(visible) == 3
    page.get_by_role("table", name="Cases by group").get_by_role("button", name="Share").click()
    assert page.evaluate(visible) == 3
    box.fill("")
    assert count.inner_text() == all_of


def test_without_script_the_page_is_complete_and_has_no_controls(shown):
    page = shown(document(), java_script_enabled=False)
    assert page.get_by_role("row").count() == 6 + 23 + 2
    assert page.locator("button, input").count() == 0


def test_print_shows_all_rows_repeats_headings_and_hides_controls(shown, tmp_path):
    from pypdf import PdfReader

    many = [Row(f"k{k}", (Cell(f"Case {k}"), Cell(str(k), data={"n": k}))) for k in range(120)]
    finding = Section(["Found."], id="f", title="A finding", fresh=True)
    page = shown(
        Document("Report", "Long", "en", [], [
            Section(id="s", title="Rows", tables=[table("long", "Long", ["Case", "Number"], many, "tn")]),
            Section(["Wide."], id="w", title="Across", wide=True), Section(["High."], id="h", title="Upright", sections=[
                Section(["First."], id="e", title="Before", fresh=True), finding]),
        ])
    )  # fmt: skip
    page.get_by_role("searchbox").fill("Case 7")
    page.get_by_role("button", name="Number").click()
    file = tmp_path / "page.pdf"
    page.pdf(path=str(file), prefer_css_page_size=True)
    read = PdfReader(file)
    texts = [sheet.extract_text() for sheet in read.pages]
    assert sorted(int(n) for text in texts for n in re.findall(r"Case (\d+)", text)) == list(range(120))
    with_rows = [text for text in texts if re.search(r"Case \d", text)]
    assert len(with_rows) > 1
    assert all("NUMBER" in text.upper() for text in with_rows)
    assert not [text for text in texts if "Show only" in text]
    sizes = [(round(sheet.mediabox.width), round(sheet.mediabox.height)) for sheet in read.pages]
    across = next(k for k, text in enumerate(texts) if "Wide." in text)
    assert sizes[across] == (842, 595)
    assert set(sizes[:across] + sizes[across + 1 :]) <= {(595, 842), (594, 842), (596, 842)}
    found = next(k for k, text in enumerate(texts) if "Found." in text)
    assert "First." not in texts[found]
    upright = next(k for k, text in enumerate(texts) if "High." in text)
    assert "First." in texts[upright]  # no page of a heading and a line before the first of them


def test_no_heading_stands_alone_at_the_foot_of_a_page_nor_on_a_page_of_its_own(shown, tmp_path):
    from pypdf import PdfReader

    def part(k):
        return Section(
            ["Words. " * 40] * (1 + k % 3),
            id=f"p{k}",
            title=f"Heading {k}",
            tables=[table(f"t{k}", "Rows", ["Case", "Share"], rows(3 + k % 5), "tn")],
        )

    within = [
        Section(id=f"s{k}", title=f"Heading above {k}", sections=[part(2 * k), part(2 * k + 1)]) for k in range(12)
    ]
    across = Section(
        id="a", title="Heading around", sections=[Section(["Wide."], id="w", title="Heading across", wide=True)]
    )
    page = shown(Document("Report", "Long", "en", [], [*within, across]))
    file = tmp_path / "page.pdf"
    page.pdf(path=str(file), prefer_css_page_size=True)
    texts = [sheet.extract_text() for sheet in PdfReader(file).pages]
    assert len(texts) > 8
    first = next(k for k, text in enumerate(texts) if "Words." in text)  # the contents end with a heading, by right
    for text in texts[first:]:
        lines = [line for line in text.splitlines() if line.strip() and not re.fullmatch(r"\s*\d+ / \d+\s*", line)]
        assert "Heading" not in lines[-1]
    assert "Heading around" in next(text for text in texts if "Wide." in text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_all_text_is_readable(shown, lang, scheme):
    """Contrast of every text with what lies behind it (WCAG 2.2, level AA), as the browser draws it."""
    page = shown(sample(lang), color_scheme=scheme)
    low = page.evaluate("""() => {
      const parts = colour => colour.match(/[\\d.]+/g).map(Number);
      const light = colour => parts(colour).slice(0, 3).map(x => x / 255)
        .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4).reduce((sum, x, k) => sum + x * [0.2126, 0.7152, 0.0722][k], 0);
      const ground = node => {
        for (let at = node; at; at = at.parentElement) {
          const colour = getComputedStyle(at).backgroundColor, rgb = parts(colour);
          if (rgb.length < 4 || rgb[3] === 1) return colour;
        }
      };
      const texts = [...document.querySelectorAll("body *:not(svg *):not(script)")]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.offsetHeight);
      if (texts.length < 20) return ["too few texts"];
      return texts.map(e => {
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
        return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)];
      }).filter(x => x[0] < 4.5);
    }""")
    assert low == []


@pytest.mark.parametrize("width", [400, 800, 1200])
def test_no_page_scrolls_sideways_whatever_its_words(shown, width):
    page = shown(sample(word=EVIL), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    texts = "[...document.querySelectorAll('h1, h2, h3, p, li, dd, figcaption')]"
    cut = f"{texts}.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.tagName)"
    assert page.evaluate(cut) == []


def test_a_large_picture_takes_the_focus_and_its_full_size(shown):
    large = PICTURE.replace('width="300" height="40"', 'viewBox="0 0 3000 400" width="3000" height="400"')
    page = shown(
        Document(
            "R",
            "N",
            "en",
            [],
            [Section(id="s", title="S", figures=[Figure("One", large, large=True), Figure("Two", CHART)])],
        )
    )
    width = "document.querySelector('.picture svg').getBoundingClientRect().width"
    assert page.evaluate(width) < 1300
    page.keyboard.press("Tab")  # to the skip link
    while page.evaluate("document.activeElement.tagName") != "FIGURE":
        page.keyboard.press("Tab")
    assert page.evaluate(width) == 3000


def test_chinese_comes_from_the_page_where_the_machine_has_no_font(driver, tmp_path):
    """In text and in pictures; a machine without any Chinese font is feigned by its settings."""
    import matplotlib

    latin = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    settings = tmp_path / "fonts.conf"
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{latin}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    words = "受理件数与时限"
    file = tmp_path / "page.html"
    picture = Figure("图", PICTURE, large=True)
    made = render_page(Document("Report", words, "en", [], [Section([words], id="s", title=words, figures=[picture])]))
    bare = made.replace("font-face", "font-none")
    opened = driver.launch(
        executable_path=CHROMIUM, args=ARGUMENTS, env={**os.environ, "FONTCONFIG_FILE": str(settings)}
    )
    try:
        fonts = {}
        for name, text in (("made", made), ("bare", bare)):
            file.write_text(text, encoding="utf-8")
            page = opened.new_page()
            page.goto(file.as_uri())
            page.evaluate("document.fonts.ready")
            session = page.context.new_cdp_session(page)
            session.send("DOM.enable")
            session.send("CSS.enable")
            root = session.send("DOM.getDocument")["root"]["nodeId"]
            fonts[name] = {}
            for selector in ("h1", ".said", "svg text"):
                node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
                used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
                fonts[name][selector] = sum(font["glyphCount"] for font in used if font["isCustomFont"])
    finally:
        opened.close()
    assert fonts == {
        "made": {"h1": len(words), ".said": len(words), "svg text": 2}, "bare": {"h1": 0, ".said": 0, "svg text": 0},
    }  # fmt: skip
