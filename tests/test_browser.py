"""The report in a real browser: nothing is asked of the network, nothing overflows, nothing is written to the console."""

import shutil

import pytest

import mining
from tests.audit_records import page_of
from tests.helpers import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking", "--disable-sync"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def study():
    folder = ROOT / "sample_logs" / "outpatient_visit"
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    return mining.Study(mining.read_log(folder / "log.csv", columns=norm.binding), norm)


@pytest.fixture(scope="module", params=["en", "zh"])
def page(browser, study, request, tmp_path_factory):
    """The report of an audit, of one record in both languages."""
    report = tmp_path_factory.mktemp(request.param) / "report.html"
    report.write_text(page_of(study, request.param), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.said, opened.asked = [], []
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto(report.as_uri())
    return opened


def test_it_loads_nothing_but_itself_and_says_nothing(page):
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
    assert page.said == []


def test_the_page_does_not_scroll_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_no_table_is_cut_on_a_printed_page(page):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    wide = page.evaluate(
        "[...document.querySelectorAll('table')].filter(t => t.getBoundingClientRect().width > 720).map(t => t.id)"
    )
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1200, "height": 900})
    assert wide == []


def test_pictures_are_drawn_with_a_size(page):
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg, img')].map(s => s.getBoundingClientRect()).map(r => [r.width, r.height])"
    )
    assert len(sizes) >= 4
    assert all(width > 100 and height > 40 for width, height in sizes)


def test_pictures_are_not_cut_and_one_click_shows_them_in_full_size(page):
    cut = "[...document.querySelectorAll('.picture')].filter(f => f.scrollWidth > f.clientWidth).length"
    assert page.evaluate(cut) == 0
    page.click(".picture svg")
    width = "document.querySelector('.picture svg')"
    assert page.evaluate(f"{width}.getBoundingClientRect().width == {width}.getAttribute('width')")
    page.evaluate("document.activeElement.blur()")


def test_the_touchpoint_table_fits_and_its_names_are_not_broken(page):
    table = "document.querySelector('#table-touchpoints')"
    assert page.evaluate(f"{table}.scrollWidth <= {table}.parentElement.clientWidth")
    assert page.evaluate(f"{table}.querySelector('tbody th').clientWidth >= 9 * 13")


def test_every_link_inside_the_page_has_its_goal(page):
    missing = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)"
    )
    assert missing == []
