"""The documentation site: whole, without a warning, without a request to anywhere; its first page says what really comes out."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import mining
from docs.api_pages import BESIDE, GROUPS, group_of, names_of, results_of
from docs.api_pages import pages as api_pages
from docs.definitions import result_classes
from docs.site import build, linked, pages
from docs.site_parts import words_of
from mining.errors import MiningError
from mining.notebooks import NAMES
from mining.study import Study
from tests.helpers import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}
SHOWN = ("index", "first_five_minutes", "api/study", "definitions", "notebooks/00_tour")


class Page(HTMLParser):
    """What a page links to, what it fetches, and the places in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.fetched, self.places, self.lang = [], [], set(), None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "html":
            self.lang = given["lang"]
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in FETCHED and given.get(FETCHED[tag]):
            self.fetched.append(given[FETCHED[tag]])


def test_every_public_name_is_on_one_page_of_the_interface():
    named = [name.rpartition(".")[2] for group in GROUPS for name in names_of(group)]
    beside = {name.rpartition(".")[2] for names in BESIDE.values() for name in names}
    assert sorted(named) == sorted([*mining.__all__, *beside])


@pytest.mark.slow
def test_every_name_and_every_result_is_described_once():
    kinds = [kind for group in GROUPS for kind in results_of(group)]
    assert sorted(kinds, key=repr) == sorted(result_classes(), key=repr)
    made = api_pages()
    for group in GROUPS:
        assert all(made[f"{group.name}.rst"].count(f":: {name}\n") == 1 for name in names_of(group))


def test_a_module_that_no_page_takes_is_named():
    with pytest.raises(LookupError, match=r"mining\.juggling: no group in docs/api_pages\.py"):
        group_of("mining.juggling")


def test_links_lead_to_pages_of_either_edition_and_to_nothing_else():
    places = {
        "docs/log.md": ("en", "log"),
        "docs/log_zh.md": ("zh", "log"),
        "notebooks/00.ipynb": ("en", "notebooks/00"),
    }
    assert linked("[a](log.md#b)", "docs/x.md", "en", places) == "[a](log.md#b)"
    assert linked("[a](log_zh.md)", "docs/x.md", "en", places) == '<a href="zh/log.html">a</a>'
    assert linked("[a](../docs/log.md)", "notebooks/00.ipynb", "en", places) == "[a](../log.md)"
    assert linked("[a](../notebooks/00.ipynb)", "docs/x_zh.md", "zh", places) == '<a href="../notebooks/00.html">a</a>'
    same = "`[a](b.md)`\n```\n[a](c.md)\n```\n[a](https://example.org) [a](#b)"
    assert linked(same, "docs/x.md", "en", places) == same
    with pytest.raises(MiningError, match=r"docs/x\.md: \[a\]\(\.\./mining/log\.py\) is no page"):
        linked("[a](../mining/log.py)", "docs/x.md", "en", places)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep", "utf-8")
    with pytest.raises(MiningError, match="is no site"):
        build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_both_first_pages_run_the_same_lines():
    code = {lang: _blocks(lang)[0] for lang in ("en", "zh")}
    plain = re.sub(r'(, )?(lang=)?"zh"', "", code["zh"]).replace("title_zh", "title_en")
    assert plain == code["en"]
    assert len([line for line in code["en"].splitlines() if line.strip()]) == 12


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_twelve_lines_print_what_the_page_says(lang, tmp_path, monkeypatch):
    code, said = _blocks(lang)
    (tmp_path / "sample_logs").symlink_to(ROOT / "sample_logs", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "first_five_minutes", "exec"), {})
    assert printed.getvalue() == said
    picture = "blueprint.svg" if lang == "en" else "blueprint_zh.svg"
    assert (tmp_path / "blueprint.svg").read_text("utf-8") == (ROOT / "docs" / picture).read_text("utf-8")


def _blocks(lang):
    """The Python of the first page, and the output below it."""
    text = (ROOT / "docs" / ("first_five_minutes.md" if lang == "en" else "first_five_minutes_zh.md")).read_text(
        "utf-8"
    )
    (code,), (said,) = (re.findall(rf"```{kind}\n(.*?)```", text, re.S) for kind in ("python", "text"))
    return code, said


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built once: any warning of Sphinx ends it."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    made = subprocess.run(
        [sys.executable, "-m", "docs.site", str(folder)], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
        env=os.environ | {"PYTHONWARNINGS": "default"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def read(site):
    """Every page by its path."""
    return {path.relative_to(site).as_posix(): Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


@pytest.mark.slow
def test_every_page_is_there_and_in_the_contents_of_its_edition(read):
    for lang, name in pages().values():
        own = f"{'zh/' if lang == 'zh' else ''}{name}.html"
        assert own in read
        assert read[own].lang == ("zh-CN" if lang == "zh" else "en")
        contents = [page for page in read if page.startswith("zh/") == (lang == "zh") and page != own]
        assert name == "index" or any(own in _targets(read, page) for page in contents), own


@pytest.mark.slow
def test_every_link_leads_somewhere(read, site):
    wrong = []
    for page in read:
        for target, part in _whole(read, page):
            if not (site / target).is_file() or (part and target in read and part not in read[target].places):
                wrong.append((page, target, part))
    assert wrong == []


def _whole(read, page):
    """Links of a page to other files of the site, seen from its root, each with the place in it."""
    for link in read[page].links:
        if not re.match(r"[a-z]+:", link):
            file, part = urldefrag(link)
            target = os.path.normpath(Path(page).parent / unquote(file)) if file else page
            yield Path(target).as_posix(), unquote(part)


def _targets(read, page):
    return {target for target, _ in _whole(read, page)}


@pytest.mark.slow
def test_nothing_is_fetched_from_elsewhere(read, site):
    for name, page in read.items():
        assert [x for x in page.fetched if re.match(r"(https?:)?//", x)] == [], name
    for file in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", file.read_text("utf-8")), file


@pytest.mark.slow
def test_names_methods_results_and_pictures_are_on_the_pages(read, site):
    places = {place for name, page in read.items() if name.startswith("api/") for place in page.places}
    for name in mining.__all__:
        assert f"mining.{name}" in places
    assert {f"{kind.__module__}.{kind.__name__}" for kind in result_classes()} <= places
    methods = {name for name, value in vars(Study).items() if not name.startswith("_") and callable(value)}
    assert {f"mining.Study.{name}" for name in methods} <= places
    for lang in ("", "zh/"):
        tour = (site / f"{lang}notebooks/00_tour.html").read_text("utf-8")
        assert "application/vnd.jupyter.widget" not in tour
        assert "require.js" not in tour


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
def test_pages_ask_for_nothing_fit_a_phone_and_can_be_searched(site):
    from playwright.sync_api import sync_playwright

    wrong = []
    with sync_playwright() as opened:
        browser = opened.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-sync"])
        page = browser.new_context(viewport={"width": 400, "height": 800}, color_scheme="dark").new_page()
        page.on("request", lambda x: wrong.append(x.url) if not x.url.startswith(("file:", "data:", "blob:")) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        for name in (f"{lang}{name}.html" for lang in ("", "zh/") for name in SHOWN):
            if (site / name).exists():
                page.goto((site / name).as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= 400, name
                assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert _found(page, site / "search.html", "touchpoint scorecard") >= {"definitions"}
        assert _found(page, site / "zh/search.html", "接触点") >= {"definitions"}
        assert _found(page, site / "zh/search.html", "接点触") == set()
        browser.close()
    assert wrong == []


def _found(page, file, words):
    """Names of the pages that a search gives."""
    page.goto(f"{file.as_uri()}?q={words}")
    page.wait_for_selector("#search-results .search-summary:not(:empty)")
    page.wait_for_function("document.querySelector('#search-results h2')")
    page.wait_for_timeout(500)
    links = page.eval_on_selector_all("#search-results ul.search a", "all => all.map(one => one.href)")
    return {Path(urldefrag(link)[0].partition("?")[0]).stem for link in links}


def test_chinese_is_found_by_pairs():
    assert words_of("路径变体 and 等") == ["路径", "径变", "变体", "and", "等"]
    assert words_of("P95 时长") == ["P95", "时长"]


def test_every_notebook_has_a_page_in_each_language():
    names = {(lang, name) for lang, name in pages().values() if name.startswith("notebooks/")}
    assert names == {(lang, f"notebooks/{name}") for lang in ("en", "zh") for name in NAMES}
