"""Tables of a notebook in a real browser: they sort by the value behind a cell, filter, can be used by keyboard, and ask for nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import pytest

import mining
from mining.results import Provenance, Result

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-sync"]
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>'
    "<body>{}</body></html>"
)
N = 300


@dataclass(frozen=True, eq=False, repr=False)
class Things(Result):
    """A result for these tests."""

    columns: ClassVar[dict[str, str]] = {
        "severity": "severity of the check", "share": "of all, 0-1", "wait_s": "wait, seconds", "word": "a word",
    }  # fmt: skip


def things(n):
    words = ["minor", "critical", "observation", "major"]
    frame = pd.DataFrame(
        {
            "severity": [words[k % 4] for k in range(n)],
            "share": [
                None if k == 3 else 0.5 + ((k * 7) % n) / (1000 * n) for k in range(n)
            ],  # all read 50.0 or 50.1 %
            "wait_s": [float((k * 37) % n) * 60 for k in range(n)],
            "word": [f"w{k}" for k in range(n)],
        }
    )
    return Things(frame, Provenance("things", "", "", n, {}))


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as opened:
        browser = opened.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens outputs in one page that may ask for nothing, and says at the end whether anything went wrong."""
    wrong = []

    def show(*results, lang="en", **settings):
        mining.show_in(lang)
        file = tmp_path / "page.html"
        file.write_text(PAGE.format("".join(x._repr_html_() for x in results)), encoding="utf-8")
        page = chromium.new_context(**settings).new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
        page.goto(file.as_uri())
        return page

    yield show
    mining.show_in("en")
    assert wrong == []


def column(page, k):
    return page.evaluate(
        f"[...document.querySelectorAll('tbody tr')].filter(r => !r.hidden).map(r => r.cells[{k}].innerText)"
    )


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_a_heading_sorts_by_the_value_behind_the_cell_and_a_third_click_restores(opened):
    page, n = opened(things(40)), 40
    before = column(page, 3)
    share = {f"w{k}": ((k * 7) % n) for k in range(n) if k != 3}
    press(page, "Share")
    assert column(page, 3) == [*sorted(share, key=share.get), "w3"]  # missing stands last
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Share")
    press(page, "Share")
    assert column(page, 3) == [*sorted(share, key=share.get, reverse=True), "w3"]
    press(page, "Share")
    assert column(page, 3) == before
    assert page.locator("th[aria-sort]").count() == 0


def test_lengths_sort_as_lengths_and_severities_by_their_rank(opened):
    page = opened(things(40), lang="zh")
    page.locator(".sort").nth(2).click()
    assert column(page, 2)[:2] == ["0\u00a0秒", "1.0\u00a0分钟"]
    page.locator(".sort").nth(0).click()
    assert list(dict.fromkeys(column(page, 0))) == [
        mining.display.word_of("severity", x, "zh") for x in ("critical", "major", "minor", "observation")
    ]


def test_the_filter_counts_and_says_that_a_cut_table_is_only_a_part(opened):
    page = opened(things(N))
    assert page.locator("tbody tr").count() == 200
    assert page.locator("output").inner_text() == ""  # the line above the table has counted them
    page.get_by_role("searchbox").fill("critical W1")
    shown = column(page, 3)
    assert shown
    assert all(x.startswith("w1") for x in shown)
    assert page.locator("output").inner_text() == f"{len(shown)} of the first 200 rows"
    page.get_by_role("searchbox").fill("nothing like it")
    assert column(page, 3) == []
    assert (
        "The first 200 of 300 rows. Sorting and filtering work on these 200 only" in page.locator("body").inner_text()
    )


def test_several_outputs_in_one_page_are_each_made_ready_once(opened):
    page = opened(things(20), things(20), things(3), things(1))
    assert page.locator(".filter").count() == 2  # long ones only
    assert page.locator("th .sort").count() == 12  # one row has nothing to sort
    assert page.locator(".sort .sort").count() == 0
    page.locator(".sort").nth(0).click()
    assert page.locator("th[aria-sort]").count() == 1


def test_the_keyboard_sorts_and_reaches_the_scroll_box(opened):
    page = opened(things(100))
    for _ in range(2):
        page.keyboard.press("Tab")
    box = page.evaluate(
        "[document.activeElement.getAttribute('role'), document.activeElement.getAttribute('aria-label')]"
    )
    assert box == ["region", "Things"]
    page.keyboard.press("End")
    page.wait_for_function("document.activeElement.scrollTop > 500")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("th").nth(0).get_attribute("aria-sort") == "ascending"


def test_without_scripts_all_rows_are_there_and_nothing_pretends_to_be_a_button(opened):
    page = opened(things(60), java_script_enabled=False)
    assert page.locator("tbody tr").count() == 60
    assert page.locator("button, input").count() == 0
    assert page.locator("th[scope=col]").count() == 4


CONTRAST = """canvas => {
  const part = x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(x => part(x / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)|transparent/.test(colour)) return colour;
    }
    return canvas;
  };
  return [...document.querySelectorAll("th, td, p, label, .sort")].map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return (a + .05) / (b + .05);
  });
}"""


@pytest.mark.parametrize(("scheme", "canvas"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 18, 18)")])
def test_letters_can_be_read_on_their_ground(opened, scheme, canvas):
    page = opened(things(30), color_scheme=scheme)
    page.locator(".sort").nth(1).click()
    contrast = page.evaluate(CONTRAST, canvas)
    assert len(contrast) > 100
    assert min(contrast) > 7


def test_the_head_stays_in_sight_when_the_box_is_scrolled(opened):
    page = opened(things(100))
    page.evaluate("document.querySelector('.scroll').scrollTop = 600")
    top = page.evaluate("document.querySelector('.scroll').getBoundingClientRect().top")
    head = page.evaluate("document.querySelector('thead th').getBoundingClientRect().top")
    assert abs(head - top) < 2
