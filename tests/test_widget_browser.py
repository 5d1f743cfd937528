"""The page of the widget in a real browser, with the real Python side behind it: a fake model carries state and messages."""

import json
import shutil
import traceback

import pytest

import mining
from mining.widget import blueprint_view
from tests.helpers import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
SAMPLE = ROOT / "sample_logs/permit_receipt"
HERE = "http://widget.test/"
EVIL = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\'&amp; {{x}} ${window.pwned=1}'
ARABIC = "طلب \u202eمقلوب"
INDEX = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="blueprint.css"><body style="margin:0">
<script type="module">
import widget, { cleanSvg } from "./blueprint.js";
window.cleanSvg = cleanSvg;
class Model {
  constructor(name, state) { this.name = name; this.state = state; this.heard = {}; }
  get(key) { return this.state[key]; }
  on(event, call) { (this.heard[event] ||= []).push(call); }
  off(event, call) { this.heard[event] = (this.heard[event] || []).filter((x) => x !== call); }
  set(key, value) { this.state[key] = value; }
  save_changes() {}
  async send(content) { this.take(await window.toPython(this.name, JSON.stringify(content))); }
  take(text) {
    const now = JSON.parse(text);
    const changed = Object.keys(now).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(this.state[key]));
    this.state = now;
    for (const key of changed) for (const call of this.heard[`change:${key}`] || []) call();
  }
}
window.models = {};
window.show = (name, text) => {
  const model = (window.models[name] ||= new Model(name, JSON.parse(text)));
  const el = document.createElement("div");
  document.body.append(el);
  el.close = widget.render({ model, el });
};
</script>"""


class Desk:
    """A page with widgets on it."""

    def __init__(self, page):
        self.page = page
        self.views = {}
        self.wrong = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.route("**/*", self.serve)
        page.expose_function("toPython", self.asked)
        page.goto(HERE)
        page.wait_for_function("() => window.show")

    def serve(self, route):
        name = route.request.url.removeprefix(HERE)
        kinds = {"blueprint.js": "text/javascript", "blueprint.css": "text/css"}
        if name == "":
            route.fulfill(body=INDEX, content_type="text/html")
        elif name in kinds:
            route.fulfill(path=ROOT / "mining/widget" / name, content_type=kinds[name])
        else:
            self.wrong.append(f"asked for {route.request.url}")
            route.abort()

    def state(self, name):
        view = self.views[name]
        return json.dumps(
            {key: value for key, value in view.get_state().items() if key not in ("_esm", "_css", "layout")}
        )

    def asked(self, name, content):
        view = self.views[name]
        try:
            view._received(view, json.loads(content), [])
        except Exception:
            self.wrong.append(traceback.format_exc())
        return self.state(name)

    def show(self, name, view):
        self.views[name] = view
        self.page.evaluate("([name, text]) => window.show(name, text)", [name, self.state(name)])

    def push(self, name):
        """What Python changed arrives."""
        self.page.evaluate("([name, text]) => window.models[name].take(text)", [name, self.state(name)])

    def wait(self):
        self.page.wait_for_function("() => !document.querySelector('.bp-root[aria-busy]')")

    def focused(self):
        return self.page.evaluate("document.activeElement.dataset.key || document.activeElement.tagName")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.wait()

    def box(self):
        return [float(x) for x in self.page.locator(".bp-stage svg").first.get_attribute("viewBox").split(" ")]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as opened:
        browser = opened.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium):
    page = chromium.new_page(viewport={"width": 1400, "height": 1000})
    found = Desk(page)
    yield found
    page.close()
    assert found.wrong == []


@pytest.fixture
def view(study):
    return blueprint_view(study)


def test_a_click_on_an_activity_and_on_a_case_reaches_python_and_back(desk, view):
    desk.show("a", view)
    page = desk.page
    page.locator("[data-activity=send_receipt]").click()
    desk.wait()
    assert view.activity == "send_receipt"
    assert page.locator(".bp-panel h3").inner_text() == "Send confirmation"
    assert page.locator(".bp-findings tbody tr").count() == len(view._panel["findings"])
    assert page.locator(".bp-scorecard td").all_inner_texts() == view._panel["scorecard"]["cells"]
    page.locator(".bp-case-list button").first.click()
    desk.wait()
    assert view.case == page.locator(".bp-case-list button").first.inner_text()
    assert page.locator(".bp-case h3").inner_text() == f"Case {view.case}"
    assert page.locator(".bp-case svg").count() == 1
    assert desk.focused() == "case-title"
    desk.press("Escape")
    assert (view.case, view.activity) == (None, "send_receipt")
    assert desk.focused().startswith("case:")
    page.locator("[data-activity=send_receipt]").click()  # again: all of them
    desk.wait()
    assert view.activity is None


def test_what_python_sets_is_shown(desk, view):
    desk.show("a", view)
    view.choose(activity="receive", kind="late", period=("2026-02-01", None), by="channel", group="Desk")
    desk.push("a")
    page = desk.page
    assert page.locator("[data-activity=receive]").get_attribute("aria-pressed") == "true"
    assert page.locator(".bp-line").inner_text() == view._filter["line"]
    values = [page.locator(f"[data-key={key}]").input_value() for key in ("from", "to", "by", "group", "kind")]
    assert values == ["2026-02-01", "", "channel", "Desk", "late"]


def test_all_of_it_works_with_the_keyboard(desk, view):
    desk.show("a", view)
    page = desk.page
    page.locator(".bp-stage").focus()
    base = desk.box()
    desk.press("+")
    assert desk.box()[2] == pytest.approx(base[2] * 0.8)
    desk.press("ArrowRight")
    assert desk.box()[0] > base[0] + base[2] * 0.1
    desk.press("-", "-", "0")
    assert desk.box() == base
    desk.press("Tab")
    first = desk.focused()
    assert first == f"activity:{view._study.blueprint.activities[0].id}"
    assert page.locator("g.activity[tabindex='0']").count() == 1
    desk.press("ArrowDown")
    second = desk.focused()
    assert second != first
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    desk.press("Enter")
    assert f"activity:{view.activity}" == second == desk.focused()
    desk.press("Escape")
    assert view.activity is None
    assert desk.focused() == second
    desk.press(" ")
    assert view.activity is not None
    desk.press("Tab")
    assert desk.focused() == "back"
    desk.press("Enter")
    assert view.activity is None


def test_every_control_has_a_name_and_shows_its_focus(desk, view):
    view.choose(activity="send_receipt", case="C00016", kind="late")
    desk.show("a", view)
    nameless = desk.page.evaluate("""() => [...document.querySelectorAll('button, input, select, textarea, [tabindex="0"]')]
      .filter((x) => !(x.getAttribute('aria-label') || x.textContent.trim() || x.labels?.length)).map((x) => x.outerHTML)""")
    assert nameless == []
    keys = ("zoom_in", "from", "by", "find", "back", "clear")
    for key in keys:
        desk.page.locator(f"[data-key={key}]").focus()
        assert desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", key


def test_zoom_by_wheel_and_pan_by_dragging_that_is_no_click(desk, view):
    desk.show("a", view)
    page, base = desk.page, desk.box()
    step = page.locator("[data-activity=send_receipt]").bounding_box()
    x, y = step["x"] + step["width"] / 2, step["y"] + step["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -100)
    assert desk.box() == base  # the page scrolls, the picture does not
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(f"() => document.querySelector('.bp-stage svg').viewBox.baseVal.width < {base[2]} - 1")
    under = page.locator("[data-activity=send_receipt]").bounding_box()
    assert under["x"] + under["width"] / 2 == pytest.approx(x, abs=3)  # what lies under the pointer stays there
    before = desk.box()
    page.mouse.down()
    page.mouse.move(x - 60, y - 20, steps=4)
    page.mouse.up()
    assert desk.box()[0] > before[0] + 20
    assert view.activity is None
    for _ in range(60):
        page.locator("[data-key=zoom_in]").click()
    assert desk.box()[2] >= base[2] / 20
    page.locator("[data-key=fit]").click()
    assert desk.box() == base


def test_filters_say_what_they_leave_and_an_empty_one_says_so(desk, view):
    desk.show("a", view)
    page = desk.page
    assert page.locator("[data-key=group]").is_disabled()
    page.locator("[data-key=by]").select_option("channel")
    desk.wait()
    assert desk.page.locator(".bp-line").inner_text() == "2,000 cases"
    page.locator("[data-key=group]").select_option("Desk")
    desk.wait()
    assert (view.by, view.group) == ("channel", "Desk")
    page.locator("[data-key=to]").fill("2025-12-31")
    desk.wait()
    assert view.period == (None, "2025-12-31")
    assert "No case is left" in page.locator(".bp-line").inner_text()
    assert page.locator(".bp-stage g.activity").count() == len(view.study.blueprint.activities)
    page.locator("[data-key=from]").fill("2026-01-01")  # after the last day
    desk.wait()
    assert "comes before the first" in page.locator(".bp-said").inner_text()
    assert page.locator("[data-key=from]").input_value() == ""
    page.locator("[data-key=clear]").click()
    desk.wait()
    assert page.locator(".bp-line").inner_text() == "2,000 cases"
    assert page.locator(".bp-said").is_hidden()
    page.locator("[data-key=find]").fill("C0001")
    page.wait_for_function("() => document.querySelector('.bp-cases-line').textContent.includes('C0001')")
    assert all("C0001" in x for x in page.locator(".bp-case-list button").all_inner_texts())
    assert desk.focused() == "find"


def test_a_deviation_is_allowed_with_reason_and_approver_listed_taken_back_and_saved(desk, view, tmp_path):
    desk.show("a", view)
    page = desk.page
    first = page.locator("[data-key^='allow:']").first
    first.click()
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("Agreed with the council")
    page.locator(".bp-form [type=submit]").click()
    desk.wait()
    assert "must be given" in page.locator(".bp-form .bp-error").inner_text()
    assert page.locator(".bp-form [name=reason]").input_value() == "Agreed with the council"
    assert view.entries == ()
    desk.press("Escape")
    assert page.locator(".bp-form").count() == 0
    assert desk.focused().startswith("allow:")
    first.click()
    typed = {
        "reason": "Agreed",
        "approved_by": "Head",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "max_share": "10",
    }
    for name, value in typed.items():
        page.locator(f".bp-form [name={name}]").fill(value)
    page.locator(".bp-form [type=submit]").click()
    desk.wait()
    assert page.locator(".bp-form").count() == 0
    assert page.locator(".bp-said").inner_text() == view._said["text"]
    assert page.locator(".bp-entries li").count() == 1
    page.locator("[data-key^='back:']").click()
    desk.wait()
    assert view.entries == ()
    assert page.locator(".bp-allowed").is_hidden()
    view.allow(view._panel["findings"][0]["id"], reason="r", approved_by="a", valid=("2026-01-01", "2026-12-31"))
    desk.push("a")
    page.locator("[data-key=path]").fill(str(tmp_path / "new.yaml"))
    desk.press("Enter")
    assert (tmp_path / "new.yaml").exists()
    assert "Saved" in page.locator(".bp-said").inner_text()
    assert page.locator(".bp-entries em").inner_text() == "saved"
    page.locator("[data-key=save]").click()
    desk.wait()
    assert "nothing is written over" in page.locator(".bp-said").inner_text()


def test_the_same_widget_twice_goes_in_step_and_another_goes_its_own_way(desk, view, study):
    desk.show("a", view)
    desk.show("a", view)
    desk.show("b", blueprint_view(study, "zh"))
    page = desk.page
    roots = [page.locator(".bp-root").nth(i) for i in range(3)]
    roots[1].locator("[data-activity=send_receipt]").click()
    desk.wait()
    assert [x.locator(".bp-panel h3").inner_text() for x in roots] == [
        "Send confirmation",
        "Send confirmation",
        "全部偏差",
    ]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((x) => x.id)")
    assert len(ids) == len(set(ids)) > 0
    page.evaluate("document.querySelector('body > div').close()")  # the first is gone; the second goes on
    roots[1].locator("[data-key=back]").click()
    desk.wait()
    assert roots[1].locator(".bp-panel h3").inner_text() == "All deviations"
    assert roots[0].locator(".bp-panel h3").inner_text() == "Send confirmation"


def test_hostile_names_stay_text(desk, tmp_path):
    blueprint = (SAMPLE / "blueprint.yaml").read_text("utf-8")
    (tmp_path / "blueprint.yaml").write_text(
        blueprint.replace("en: Send confirmation", f"en: {json.dumps(EVIL)}"), "utf-8"
    )
    text = (SAMPLE / "log.csv").read_text("utf-8")
    names = {
        "C00016": '"' + EVIL.replace('"', '""') + '"',
        "C00013": ARABIC,
        "C00218": "x" * 400,
        "Call the applicant": '"<b onclick=window.pwned=1>hi"',
    }
    for old, new in names.items():
        text = text.replace(old, new)
    (tmp_path / "log.csv").write_text(text, "utf-8")
    view = blueprint_view(mining.open_study(tmp_path / "log.csv", tmp_path / "blueprint.yaml"))
    desk.show("a", view)
    page = desk.page
    page.locator("[data-activity=send_receipt]").click()
    desk.wait()
    assert page.locator(".bp-panel h3").inner_text() == EVIL
    for case in (EVIL, ARABIC, "x" * 400):
        page.locator("[data-key=find]").fill(case[:60])
        page.wait_for_function("(id) => document.querySelector('.bp-case-list button')?.dataset.case === id", arg=case)
        page.locator(".bp-case-list button").click()
        desk.wait()
        assert view.case == case
        assert page.locator(".bp-case svg").count() == 1
    page.locator("[data-key=find]").fill("")
    page.locator("[data-key=back]").click()
    page.wait_for_function("() => document.querySelector('.bp-panel h3').textContent === 'All deviations'")
    page.get_by_role("button", name="<b onclick", exact=False).first.click()
    desk.wait()
    assert view.activity == "<b onclick=window.pwned=1>hi"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(
        "window.pwned === undefined && !document.querySelector('.bp-root script, .bp-root img, .bp-root foreignObject')"
    )


def test_a_picture_is_cleaned_before_it_enters_the_page(desk, view):
    desk.show("a", view)
    evil = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" onload="x()">
      <script>window.pwned=1</script><foreignObject><b xmlns="http://www.w3.org/1999/xhtml">x</b></foreignObject><style>*{}</style>
      <a xlink:href="javascript:x()"><rect id="r" onclick="x()" fill="url(http://evil.test/a)" stroke="url(#r)"/></a>
      <image href="http://evil.test/x.png"/><use href="#r"/><set attributeName="href" to="javascript:x()"/></svg>"""
    made = desk.page.evaluate("(text) => new XMLSerializer().serializeToString(window.cleanSvg(text, 'p-'))", evil)
    for word in ("script", "foreignObject", "style", "onload", "onclick", "evil.test", "<image", "<set"):
        assert word not in made, word
    assert 'id="p-r"' in made
    assert 'stroke="url(#p-r)"' in made
    assert 'href="#p-r"' in made
    assert desk.page.evaluate("window.cleanSvg('<svg', 'p') === null && window.cleanSvg('<p/>', 'p') === null")


@pytest.mark.parametrize("width", [700, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_width_and_can_be_read_in_light_and_dark(desk, view, width, scheme):
    desk.page.emulate_media(color_scheme=scheme)
    desk.page.set_viewport_size({"width": width, "height": 900})
    view.choose(activity="send_receipt", case="C00016", kind="late")
    desk.show("a", view)
    page = desk.page
    page.locator("[data-key^='allow:']").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    weak = page.evaluate(CONTRAST)
    assert weak == []


CONTRAST = """() => {
  const number = (text) => { const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    c.fillStyle = text; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((x) => x / 255).map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let x = node; x; x = x.parentElement) {
      const c = number(getComputedStyle(x).backgroundColor);
      if (c[3] === 255) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll('.bp-root :is(p, h3, h4, th, td, span, div, button, strong, select)')) {
    const text = [...node.childNodes].some((x) => x.nodeType === 3 && x.textContent.trim());
    if (!text || !node.offsetParent || node.closest('svg, :disabled')) continue;
    const [a, b] = [light(number(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push([node.className, node.textContent.slice(0, 30), getComputedStyle(node).color]);
  }
  return found;
}"""


def test_without_an_answer_of_python_the_page_says_so(desk, view):
    desk.show("a", view)
    desk.page.evaluate("() => { window.models.a.send = () => { throw new Error('no kernel'); }; }")
    desk.page.locator("[data-activity=send_receipt]").click()
    assert "Python has not answered" in desk.page.locator(".bp-said").inner_text()
    assert view.activity is None
    assert desk.page.locator(".bp-root[aria-busy]").count() == 0


def test_a_year_that_is_being_typed_is_not_asked_for_and_an_early_answer_does_not_undo_a_later_choice(desk, view):
    desk.show("a", view)
    page = desk.page
    page.evaluate("""() => {
      const model = window.models.a;
      window.asked = [];
      model.send = (content) => { window.asked.push(content); };
      window.answer = () => {
        model.state = { ...model.state, _answered: model.state._answered + 1 };
        model.heard["change:_answered"].forEach((call) => call());
        return new Promise((done) => setTimeout(done, 20));
      };
    }""")
    for day in ("0002-03-01", "0202-03-01"):
        page.locator("[data-key=from]").fill(day)
    assert page.evaluate("window.asked") == []
    page.locator("[data-key=from]").fill("2026-03-01")
    page.locator("[data-key=from]").fill("2026-03-15")
    assert [x["values"]["period"] for x in page.evaluate("window.asked")] == [
        ["2026-03-01", None],
        ["2026-03-15", None],
    ]
    page.evaluate("window.answer()")
    assert page.locator(".bp-root[aria-busy]").count() == 1
    assert page.locator("[data-key=from]").input_value() == "2026-03-15"
    page.evaluate("window.answer()")
    assert page.locator(".bp-root[aria-busy]").count() == 0
    assert page.locator("[data-key=from]").input_value() == ""  # what Python holds


def test_two_clicks_on_allow_ask_once_and_a_reason_is_typed_on_where_the_panel_is_drawn_again(desk, view):
    desk.show("a", view)
    page = desk.page
    page.locator("[data-key^='allow:']").first.click()
    page.keyboard.type("agred")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.evaluate("() => window.models.a.heard['change:_panel'].forEach((call) => call())")
    page.keyboard.type("e")
    assert page.locator(".bp-form [name=reason]").input_value() == "agreed"
    page.evaluate("() => { window.asked = 0; window.models.a.send = () => { window.asked += 1; }; }")
    page.locator(".bp-form [type=submit]").dblclick()
    assert page.evaluate("window.asked") == 1


def test_in_high_contrast_the_picture_keeps_its_light_ground(desk, view):
    desk.page.emulate_media(forced_colors="active", color_scheme="dark")
    desk.show("a", view)
    ground = "getComputedStyle(document.querySelector('.bp-stage')).backgroundColor"
    assert desk.page.evaluate(ground) == "rgb(255, 255, 255)"


def test_printed_lists_are_not_cut(desk, view):
    desk.page.emulate_media(media="print")
    desk.show("a", view)
    assert desk.page.evaluate(
        "(() => { const x = document.querySelector('.bp-scroll'); return x.scrollHeight <= x.clientHeight + 1; })()"
    )
