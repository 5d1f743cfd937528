"""What every notebook must show in JupyterLab: the test files, one per language, say in which language and theme."""

import time

import pytest

from mining.notebooks import NAMES
from tests.lab import ABSENT, place, running_lab, write_notebooks

WITH_WIDGET = ("00_tour", "04_where_do_we_leave_the_blueprint")
OUTPUT = ".jp-CodeCell .jp-OutputArea-output"
WRONG = ", ".join(f'{OUTPUT}[data-mime-type="application/vnd.jupyter.{kind}"]' for kind in ("error", "stderr"))
MADE = {
    "00_tour": {"report.html", "workpapers.xlsx", "manifest.json"},
    "01_is_the_design_sound": {"blueprint_single.bpmn", "blueprint_collaboration.bpmn"},
    "03_what_really_happens": {"as_is.html", "map.html", "model.bpmn", "tables.json"},
    "05_what_do_customers_feel": {"customers.html"},
    "06_what_to_improve_first": {"improvement.html"},
    "07_did_it_help": {"helped.html"},
    "08_the_audit_file": {
        "report.html",
        "report.docx",
        "report.pdf",
        "report.pptx",
        "workpapers.xlsx",
        "manifest.json",
    },
}
# Cells that the tests put at the end of notebooks with the widget: what Python reads from it, and what it sets.
TOLD = "told"
MORE = (
    f'views = [out for out in list(Out.values()) if type(out).__name__ == "BlueprintView"]\nlen(views)  # {TOLD}',
    'views[0].clear(); views[0].choose(activity=None, case=None); print("chosen", views[0].chosen)',
    'views[0].choose(kind=views[0]._filter["kinds"][0]["value"]); print("kind", views[0].kind)',
    'print("chosen", views[0].activity, views[0].selection.log.n_cases, views[0].study.log.n_cases)',
)

CHARTS = """() => [...document.querySelectorAll('.jp-CodeCell .jp-OutputArea-output')].map((out) => {
  const cell = out.closest('.jp-CodeCell').querySelector('.cm-content').innerText;
  const picture = out.querySelector('svg, img');
  return {cell, kind: out.dataset.mimeType || out.querySelector('[data-mime-type]')?.dataset.mimeType || '',
    width: picture ? picture.getBoundingClientRect().width : 0, room: out.clientWidth};
})"""
# Outputs that Lab had to give a scroll bar of its own, or whose words lie over the edge of what holds them.
OVERFLOWING = """() => {
  const found = [];
  for (const out of document.querySelectorAll('.jp-CodeCell .jp-OutputArea-output')) {
    const name = out.closest('.jp-CodeCell').querySelector('.jp-InputPrompt').textContent;
    const [wide, room] = [out.scrollWidth, out.clientWidth];
    if (wide > room + 1) found.push(`${name} ${wide} in ${room}: ${out.innerText.slice(0, 60)}`);
    for (const node of out.querySelectorAll(':is(p, th, td, h3, h4, button, caption)')) {
      if (node.closest('svg') || !node.offsetParent || getComputedStyle(node).display === 'inline') continue;
      if (node.scrollWidth > node.clientWidth + 2) found.push(`${name} ${node.tagName}: ${node.textContent.slice(0, 60)}`);
    }
  }
  return found;
}"""
WEAK = """() => {
  const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const number = (text) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b], share, under) => [r, g, b].map((x, k) => x * share + under[k] * (1 - share));
  const ground = (node) => {
    if (!node) return [255, 255, 255];
    const [r, g, b, a] = number(getComputedStyle(node).backgroundColor);
    return a === 255 ? [r, g, b] : over([r, g, b], a / 255, ground(node.parentElement));
  };
  const light = (colour) => colour.map((x) => x / 255).map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, k) => sum + x * [0.2126, 0.7152, 0.0722][k], 0);
  const opacity = (node) => node ? Number(getComputedStyle(node).opacity) * opacity(node.parentElement) : 1;
  const found = [];
  let seen = 0;
  for (const node of document.querySelectorAll('.jp-CodeCell .jp-OutputArea-output *')) {
    if (![...node.childNodes].some((x) => x.nodeType === 3 && x.textContent.trim())) continue;
    if (!node.offsetParent || node.closest('svg, style, script, :disabled')) continue;
    seen += 1;
    const under = ground(node), [r, g, b, a] = number(getComputedStyle(node).color);
    const [high, low] = [light(over([r, g, b], opacity(node) * a / 255, under)), light(under)].sort((x, y) => y - x);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(1)} ${node.tagName}.${node.className}: ${node.textContent.trim().slice(0, 40)}`);
  }
  return {seen, found};
}"""
TABLES = """() => [...document.querySelectorAll('.jp-CodeCell .mining-result .scroll > table')].map((table) => ({
  result: table.closest('.mining-result'), table,
})).map(({result, table}) => ({
  title: (result.querySelector('p > b, caption')?.textContent || '').trim(),
  name: (table.parentElement.getAttribute('aria-label') || '').trim(),
  heads: [...table.tHead.rows[0].cells].map((x) => x.textContent.trim()),
  rows: [...table.tBodies].flatMap((x) => [...x.rows]).length,
  buttons: table.querySelectorAll('thead button.sort').length,
  filter: Boolean(table.parentElement.previousElementSibling?.matches('.filter')),
}))"""


class InLab:
    """The tests; a class below it says ``lang`` and ``theme``."""

    lang = "en"
    theme = "light"
    system = "dark"  # what the reader's system prefers: the other one, so that only the theme of Lab can decide

    @pytest.fixture(scope="class")
    @classmethod
    def lab(cls, tmp_path_factory):
        if ABSENT:
            pytest.skip(ABSENT)
        folder = tmp_path_factory.mktemp("lab")
        write_notebooks(folder, dict.fromkeys(WITH_WIDGET, MORE))
        with running_lab(folder, cls.theme) as lab:
            yield lab

    @pytest.fixture(scope="class")
    @classmethod
    def notebook(cls, request, lab):
        """A notebook in which all cells were run."""
        path = place(request.param, cls.lang)
        with lab.opened(path, color_scheme=cls.system) as opened:
            opened.name, opened.began = request.param, time.time()
            opened.run_all()
            yield opened

    every_notebook = pytest.mark.parametrize("notebook", NAMES, indirect=True, scope="class")
    every_widget = pytest.mark.parametrize("notebook", WITH_WIDGET, indirect=True, scope="class")

    @every_notebook
    def test_every_cell_runs_and_none_complains(self, notebook):
        assert notebook.page.locator(WRONG).all_inner_texts() == []
        prompts = notebook.cells.locator(".jp-InputPrompt").all_inner_texts()
        assert prompts == [f"[{k}]:" for k in range(1, len(prompts) + 1)]
        assert notebook.said == []

    @every_notebook
    def test_nothing_is_asked_of_another_host(self, notebook, lab):
        assert notebook.asked_elsewhere() == []
        assert any("/api/kernels" in url for url in notebook.asked)  # the record works
        assert lab.asked_by_python() == []

    @every_notebook
    def test_charts_are_vectors_and_fit(self, notebook):
        shown = notebook.page.evaluate(CHARTS)
        assert not [x["cell"] for x in shown if x["kind"] in ("image/png", "image/jpeg")]
        pictures = [x for x in shown if x["kind"] == "image/svg+xml"]
        assert all(20 < x["width"] <= x["room"] + 1 for x in pictures)
        plotted = {x["cell"] for x in shown if x["cell"].rstrip().endswith("plot(lang=LANG);")}
        assert plotted <= {x["cell"] for x in pictures} | {x["cell"] for x in shown if "note" in x["kind"]}

    @every_notebook
    def test_results_stay_inside_their_cells(self, notebook):
        assert notebook.page.evaluate(OVERFLOWING) == []

    @every_notebook
    def test_every_word_can_be_read_in_this_theme(self, notebook):
        light = notebook.page.evaluate("document.body.dataset.jpThemeLight")
        assert light == str(self.theme == "light").lower()
        told = notebook.page.evaluate(WEAK)
        assert told["seen"] > 20
        assert told["found"] == []

    @every_notebook
    def test_tables_have_a_title_and_are_ready_to_sort_and_filter(self, notebook):
        tables = notebook.page.evaluate(TABLES)
        assert len(tables) >= 3
        for table in tables:
            assert table["title"], table
            assert table["name"], table
            assert all(table["heads"]), table
            assert table["rows"] < 2 or table["buttons"] == len(table["heads"]), table
            assert table["filter"] == (table["rows"] > 8), table

    @every_notebook
    def test_long_tables_sort_and_filter(self, notebook):
        boxes = notebook.page.locator(".mining-result .filter + .scroll")
        for k in sorted({0, boxes.count() - 1}):  # the last was made out of sight
            sorts_and_filters(boxes.nth(k))

    @pytest.mark.parametrize("notebook", list(MADE), indirect=True, scope="class")
    def test_what_is_to_be_taken_away_is_written(self, notebook, lab):
        folder = lab.folder / "out/notebooks" / self.lang
        written = {path.name for path in folder.rglob("*") if path.stat().st_mtime >= notebook.began - 1}
        assert MADE[notebook.name] <= written

    @every_widget
    def test_what_python_chooses_is_seen_in_the_widget(self, notebook):
        from playwright.sync_api import expect

        assert notebook.run_cell(-4).strip().splitlines()[-1] == "1"
        widget = notebook.page.locator(".bp-root").first
        notebook.run_cell(-3)
        expect(widget.locator("[data-key=kind]")).to_have_value("")
        line = widget.locator(".bp-line").inner_text()
        kind = notebook.run_cell(-2).strip().removeprefix("kind ")
        expect(widget.locator("[data-key=kind]")).to_have_value(kind)
        expect(widget.locator(".bp-line")).not_to_have_text(line)

    @every_widget
    def test_what_is_clicked_in_the_widget_arrives_in_python(self, notebook):
        notebook.run_cell(-3)
        page, widget = notebook.page, notebook.page.locator(".bp-root").first
        place = widget.locator(".bp-findings .bp-link").first
        place.click()
        calm(page)
        activity = widget.locator("g.activity[aria-pressed=true]").get_attribute("data-activity")
        assert widget.locator(".bp-findings tbody tr").count() > 0
        assert arrived(notebook)[0] == activity
        step = widget.locator(f"g.activity[data-activity='{activity}']")
        step.click()  # again: all of them
        calm(page)
        assert arrived(notebook)[0] == "None"
        widget.locator("[data-key=kind]").select_option(index=1)
        calm(page)
        _, chosen, all_cases = arrived(notebook)
        assert 0 < int(chosen) < int(all_cases)
        notebook.run_cell(-3)
        step.click()
        calm(page)
        _, chosen, all_cases = arrived(notebook)
        assert widget.locator(".bp-panel h3").inner_text()
        widget.locator(".bp-case-list button").first.click()
        calm(page)
        assert widget.locator(".bp-case svg").is_visible()

    @every_widget
    def test_the_widget_works_with_the_keyboard(self, notebook):
        notebook.run_cell(-3)
        page, widget = notebook.page, notebook.page.locator(".bp-root").first
        step = widget.locator("g.activity[tabindex='0']")
        activity = step.get_attribute("data-activity")
        cells = notebook.cells.count()
        step.focus()
        page.keyboard.press("Enter")
        calm(page)
        assert widget.locator("g.activity[aria-pressed=true]").get_attribute("data-activity") == activity
        assert page.evaluate("document.activeElement.dataset.activity") == activity
        page.keyboard.press("0")  # no command of Lab: twice 0 restarts the kernel there
        page.keyboard.press("0")
        page.keyboard.press("Escape")
        calm(page)
        assert widget.locator("g.activity[aria-pressed=true]").count() == 0
        assert page.evaluate("document.activeElement.dataset.activity") == activity
        assert page.locator(".jp-Dialog").count() == 0
        assert notebook.cells.count() == cells
        assert arrived(notebook)[0] == "None"


def sorts_and_filters(result):
    """A click on a heading, twice, and a word in the filter. The heading is the first below which not all is the same."""
    before = rows(result)
    varied = next(k for k, column in enumerate(zip(*before, strict=True)) if len(set(column)) > 1)
    head = result.locator("thead th").nth(varied)
    field = result.locator("xpath=preceding-sibling::*[1]//input")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    ascending = rows(result)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert rows(result) != ascending
    assert sorted(rows(result)) == sorted(ascending) == sorted(before)
    wanted = before[-1][0].split()[0]
    field.fill(wanted)
    left = rows(result)
    assert left == [row for row in rows(result, every=True) if wanted.lower() in "\t".join(row).lower()]
    assert left
    field.fill("")
    head.locator("button").click()
    assert rows(result) == before


def rows(result, *, every=False):
    """Texts of the cells of the rows that are seen, or of all."""
    found = result.locator("tbody tr" if every else "tbody tr:not([hidden])")
    return found.evaluate_all("(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))")


def calm(page):
    """Until Python has answered."""
    page.wait_for_function("() => !document.querySelector('.bp-root[aria-busy]')")


def arrived(notebook):
    """Activity, cases chosen and all cases, as Python sees them."""
    return notebook.run_cell(-1).strip().removeprefix("chosen ").split()
