"""What to improve first, as a facade and in files: each table once, all files or none, nothing overwritten, hostile names harmless."""

import json
import re
import shutil

import pandas as pd
import pytest

import mining
from mining.errors import MiningError, UnknownNameError
from mining.improvement import NAMED, Improvement
from mining.improvement_file import FILES, PAGE, PLAN, write_improvement
from mining.outcomes import read_costs
from mining.plan import read_actions
from mining.priorities import Worth
from mining.results import Result
from mining.voice import read_incidents, read_mystery, read_needs, read_survey
from tests.helpers import ROOT, blueprint, traces
from tests.helpers import study as study_of
from tests.improvement_cases import HOSTILE, PLAIN, service

slow = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def improvement_of(files, **more) -> Improvement:
    """Everything read from the files of a service."""
    norm = mining.read_blueprint(files["blueprint"])
    of = mining.Study(mining.read_log(files["log"], columns=norm.binding), norm)
    readers = {"survey": read_survey, "mystery": read_mystery, "incidents": read_incidents, "needs": read_needs}
    given = {name: read(files[name]) for name, read in readers.items()}
    given["costs"] = read_costs(files["costs"], currency="EUR")
    return of.improvement(**{**given, "worth": [Worth("time", 35.0, "EUR")], "bootstraps": 20, **more})


@pytest.fixture(scope="module")
def small():
    """Two findings, no tables: quick to make."""
    return study_of(blueprint(list("abcd"), "abcd"), traces(*["abcd"] * 30, *["acd"] * 10))


@pytest.fixture(scope="module")
def study():
    """The sample log of permits."""
    return sample()


def sample(shuffled=False):
    folder = ROOT / "sample_logs" / "permit_receipt"
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    rows = pd.read_csv(folder / "log.csv", dtype=str)
    rows = rows.sample(frac=1, random_state=1) if shuffled else rows
    return mining.Study(mining.EventLog.from_frame(rows, columns=norm.binding), norm)


@pytest.fixture(scope="module", params=[PLAIN, HOSTILE], ids=["plain", "hostile"])
def made(request, tmp_path_factory):
    """The page and files of a service with a table of every kind, in English; and the improvement."""
    folder = tmp_path_factory.mktemp("service")
    found = improvement_of(service(folder, request.param))
    write_improvement(found, folder / "out")
    return found, folder / "out"


# ---- the facade


def test_every_table_is_made_once(small):
    found = small.improvement(bootstraps=5)
    assert found.priorities is found.priorities
    assert found.change_requests is found.priorities.change_requests


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("quality_costs", "read_costs"),
        ("scores", "read_survey"),
        ("nonresponse", "read_survey"),
        ("ipa", "read_survey"),
        ("pass_rates", "read_mystery"),
        ("follow_up", "read_actions"),
    ],
)
def test_what_needs_a_table_that_is_not_there_names_its_reader(small, name, reader):
    with pytest.raises(MiningError, match=reader):
        getattr(small.improvement(bootstraps=5), name)


def test_wrong_settings_are_refused_with_what_to_try(small):
    with pytest.raises(UnknownNameError, match="R9"):
        _ = small.improvement(mandatory=["R9"], bootstraps=5).priorities
    with pytest.raises(UnknownNameError, match="tme"):
        _ = small.improvement(worth=[Worth("tme", 1.0, "EUR")], bootstraps=5).priorities
    with pytest.raises(MiningError, match="bootstraps"):
        _ = small.improvement(bootstraps=0).priorities
    with pytest.raises(MiningError, match="nobody"):
        _ = small.improvement(customer="nobody", bootstraps=5).outcomes


@slow
def test_tables_are_all_there_or_their_reason_is(made):
    found, _ = made
    tables, left_out = found.tables()
    assert set(tables) | set(left_out) == set(NAMED)
    assert not set(tables) & set(left_out)
    assert all(isinstance(table, Result) or hasattr(table, "to_dict") for table in tables.values())
    assert "read_actions" in left_out["follow_up"]


# ---- files


def test_a_plan_that_was_not_handed_over_is_never_replaced(small, tmp_path):
    (tmp_path / PLAN).write_text("mine", encoding="utf-8")
    found = small.improvement(bootstraps=5)
    with pytest.raises(MiningError, match="people may have written in"):
        write_improvement(found, tmp_path)
    (tmp_path / "other.csv").write_text("theirs", encoding="utf-8")
    with pytest.raises(MiningError, match="people may have written in"):  # another plan is not this one
        write_improvement(found, tmp_path, plan=tmp_path / "other.csv")
    assert (tmp_path / PLAN).read_text("utf-8") == "mine"
    assert sorted(x.name for x in tmp_path.iterdir()) == [PLAN, "other.csv"]


def test_another_language_and_folders_that_cannot_be_are_refused_before_any_work(small, tmp_path):
    found = small.improvement(bootstraps=5)
    with pytest.raises(UnknownNameError, match="fr"):
        write_improvement(found, tmp_path / "out", lang="fr")
    (tmp_path / "file").write_text("x")
    with pytest.raises(MiningError, match="is a file"):
        write_improvement(found, tmp_path / "file" / "out")
    (tmp_path / "busy" / PAGE).mkdir(parents=True)
    with pytest.raises(MiningError, match="is a folder"):
        write_improvement(found, tmp_path / "busy")
    assert "effects" not in vars(found)  # nothing was measured
    assert not (tmp_path / "out").exists()


def test_no_input_is_overwritten(small, tmp_path):
    table = tmp_path / "improvement.json"
    table.write_text("a survey under an odd name", encoding="utf-8")
    with pytest.raises(MiningError, match="input"):
        write_improvement(small.improvement(bootstraps=5), tmp_path, inputs=(table,))
    with pytest.raises(MiningError, match="input"):  # nor is a plan of that name
        write_improvement(small.improvement(bootstraps=5), tmp_path, plan=table)
    assert table.read_text("utf-8") == "a survey under an odd name"


@slow
def test_all_files_or_none(made, tmp_path, monkeypatch):
    found, _ = made

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(found.plan), "to_csv", broken)
    with pytest.raises(MiningError, match="No space left"):
        write_improvement(found, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@slow
def test_the_same_input_gives_the_same_bytes_and_chinese_is_chinese(made, tmp_path):
    found, out = made
    norm = found.study.blueprint
    fresh = improvement_of({x.stem: x for x in sorted(out.parent.iterdir()) if x.is_file()})
    write_improvement(fresh, tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name
    write_improvement(found, tmp_path / "zh", lang="zh")
    page = (tmp_path / "zh" / PAGE).read_text("utf-8")
    assert 'lang="zh-CN"' in page
    assert norm.name.get("zh") in page
    assert "先改进" in page or "改进" in page
    for name in FILES[:-1]:  # tables and plan have both languages, whatever the page speaks
        assert (tmp_path / "zh" / name).read_bytes() == (out / name).read_bytes(), name


@slow
def test_a_plan_in_place_is_kept_and_brought_up_to_date(made, tmp_path):
    found, out = made
    plan = tmp_path / PLAN
    shutil.copy(out / PLAN, plan)
    rows = pd.read_csv(plan, dtype=str, keep_default_na=False)
    rows.loc[0, ["owner", "start", "due"]] = ["=Ann & <b>Bob</b>", "2026-03-04", "2026-03-06"]
    rows.to_csv(plan, index=False, encoding="utf-8-sig")
    again = improvement_of({x.stem: x for x in sorted(out.parent.iterdir()) if x.is_file()}, actions=read_actions(plan))
    write_improvement(again, tmp_path, plan=plan)
    kept = pd.read_csv(plan, dtype=str, keep_default_na=False)
    assert kept.loc[0, ["owner", "start", "due"]].str.contains("Ann|2026").all()
    assert len(kept) == len(rows)
    page = (tmp_path / PAGE).read_text("utf-8")
    assert "&lt;b&gt;Bob" in page
    assert "<b>Bob" not in page


@slow
def test_the_tables_are_finite_json_that_says_where_it_comes_from(made):
    _, out = made

    def never(word):
        raise AssertionError(f"{word} is no JSON")

    record = json.loads((out / "improvement.json").read_text("utf-8"), parse_constant=never)
    assert set(record) - {"left_out", "not_adjusted_for"} <= set(NAMED)
    assert record["priorities"]["rows"][0]["rank"] == 1
    for row in record["effects"]["rows"]:
        assert row["grade"] in ("A", "B", "C", "D")


@slow
def test_names_are_inert_in_page_and_plan(made):
    _, out = made
    page = (out / PAGE).read_text("utf-8")
    assert page.count("<script") == 1  # that of every page: test_page.py
    assert "javascript:" not in page
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "\u202e" not in page
    plan = pd.read_csv(out / PLAN, dtype=str, keep_default_na=False)
    cells = plan.to_numpy().ravel()
    assert not [x for x in cells if x[:1] in "=+@\t\r" and x]
    assert all(len(x) < 600 for x in cells)


@slow
def test_what_is_lost_is_effect_times_cases_per_year_at_the_declared_worth(study):
    found = study.improvement(bootstraps=20, worth=[Worth("time", 35.0, "EUR")])
    effects, log = found.effects.frame, study.log
    days = (pd.DataFrame({"t": log.span})["t"].diff().iloc[1]) / 86_400e6
    rows = found.priorities.ranked.dropna(subset=["hours"])
    assert len(rows)
    for row in rows.itertuples():
        effect = effects[(effects["finding_id"] == row.finding_id) & (effects["outcome"] == row.hours_of)].iloc[0]
        hours = effect["effect"] * effect["n_with"] / 3600 * 365 / days
        assert row.hours == pytest.approx(hours, rel=1e-9)
        if row.hours_of == "time":
            assert row.loss == pytest.approx(35.0 * hours, rel=1e-9)


@slow
def test_the_order_of_the_rows_changes_no_number(study):
    answers = pd.read_csv(ROOT / "sample_logs" / "permit_receipt" / "survey.csv")
    given = {"bootstraps": 20, "worth": [Worth("time", 35.0, "EUR")]}
    one = study.improvement(survey=read_survey(answers), **given)
    other = sample(shuffled=True).improvement(survey=read_survey(answers.sample(frac=1, random_state=2)), **given)
    for name in ("effects", "priorities", "paretos", "ipa", "triangulation", "nonresponse", "gaps"):
        first, second = (getattr(x, name).frame.reset_index(drop=True) for x in (one, other))
        pd.testing.assert_frame_equal(first, second, obj=name)
    key = ["item", "touchpoint", "segment", "measure"]  # items stand in the order in which they are asked
    first, second = (x.scores.frame.sort_values(key, ignore_index=True) for x in (one, other))
    pd.testing.assert_frame_equal(first, second)


@slow
@pytest.mark.parametrize(
    "words", [["abcd"] * 40, ["acd"] * 40, ["abcd"], ["acd"]], ids=["kept", "broken", "one", "one-broken"]
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_of_nothing_of_one_finding_and_of_one_case(words, lang, tmp_path):
    found = study_of(blueprint(list("abcd"), "abcd"), traces(*words)).improvement(bootstraps=5)
    write_improvement(found, tmp_path / "out", lang=lang)
    page = (tmp_path / "out" / PAGE).read_text("utf-8")
    assert not re.search(
        r"\bnan\b|\bNaN\b|\bNone\b|\binf\b", re.sub(r"<svg.*?</svg>|data:[^\"']*", "", page, flags=re.S)
    )
    assert len(found.plan) == len(found.priorities.ranked)


@slow
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
def test_the_page_in_a_browser_asks_nothing_and_does_not_scroll_sideways(made):
    from playwright.sync_api import sync_playwright

    _, out = made
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: asked.append(request.url))
        page.goto((out / PAGE).as_uri())
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert said == []
        assert page.evaluate("document.scripts.length") == 1
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 718, "height": 1000})
        tables = "[...document.querySelectorAll('section:not(.wide) table')]"
        assert page.evaluate(f"{tables}.filter(t => t.getBoundingClientRect().width > 720).map(t => t.id)") == []
        browser.close()
