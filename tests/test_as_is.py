"""The page on what actually happens and the files beside it."""

import json
import os
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from typer.testing import CliRunner

import mining
from mining import as_is_file
from mining.as_is import AsIs
from mining.as_is_file import write_as_is
from mining.cli import app
from mining.discovery import discover
from mining.folders import write_whole
from mining.report import as_is as page_module
from mining.report import as_is_sections as parts
from mining.report.as_is import render_as_is
from mining.report.formats import Writer
from mining.report.frames import Told
from mining.report.frames import written as written_as
from tests.examples import STUDIES
from tests.helpers import ROOT, blueprint, frame, study

SAMPLE = ROOT / "sample_logs" / "bank_loan"
CASES = 1500 if STUDIES else 200  # of the sample that the command is given


@pytest.fixture(autouse=True)
def _a_key(monkeypatch):
    """Pseudonyms are made with it: no key is made in the home of whoever runs the tests."""
    monkeypatch.setenv("MINING_KEY", "000102030405060708090a0b0c0d0e0f")


def cases():
    """Forty cases with people and starts: most as designed, some without a step, some with a strange or a repeated one."""
    found = {}
    for k in range(40):
        word = "abcd" if k % 4 else ("abd", "abbcd", "aXbcd", "abc")[k // 4 % 4]
        found[f"c{k:02}"] = [(x.upper(), 30.0 * k + 2 * i + 1, "ann" if i % 2 else "bob", 30.0 * k + 2 * i)
                             for i, x in enumerate(word)]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def found():
    return AsIs(discover(study(blueprint(["a", "b", "c", "d"], "abcd", ends=["d"]), cases())))


@pytest.fixture(scope="module")
def pages(found):
    return {lang: render_as_is(found, lang=lang) for lang in ("en", "zh")}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.ids, self.sections = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "section":
            self.sections.append(values["id"])
        if tag in ("td", "th"):
            self.cells.append({k.removeprefix("data-"): x for k, x in values.items() if k.startswith("data-")})


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_all_chapters_one_script_and_fetches_nothing(pages, lang):
    page = Page(pages[lang])
    assert page.sections == [key.removeprefix("as_is.") for key in (*page_module.ALWAYS, *page_module.STUDIED)]
    assert re.findall(r'<section id="(\w+)" class="wide"', pages[lang]) == [
        "repair",
        "variants",
    ]  # maps are higher than wide
    assert page.tags.count("script") == 1  # that of every page: test_page.py
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r'(?:src|href)="(?!#|data:)', pages[lang])
    assert "Not available" not in pages[lang]
    assert "无法提供" not in pages[lang]


@pytest.mark.slow
def test_both_languages_hold_the_same_numbers(pages):
    one, two = (sorted(str(cell) for cell in Page(pages[lang]).cells if cell) for lang in ("en", "zh"))
    numbers = [[x for x in found if "fitness" in x or "n_" in x or "_s" in x] for found in (one, two)]
    assert numbers[0] == numbers[1] != []


@pytest.mark.slow
def test_the_numbers_of_the_page_are_those_of_the_tables(found, pages):
    cells = Page(pages["en"]).cells
    waits = found.waits.measured
    shown = [float(cell["total-s"]) for cell in cells if cell.get("total-s")]
    assert set(waits["total_s"].head(12)) <= set(shown)
    fits = [float(cell["share-fitting"]) for cell in cells if cell.get("share-fitting")]
    assert fits == found.models.frame["share_fitting"].dropna().tolist() != []


@pytest.mark.slow
def test_the_same_input_gives_the_same_page(found, pages):
    again = AsIs(discover(study(blueprint(["a", "b", "c", "d"], "abcd", ends=["d"]), cases())))
    assert render_as_is(again) == pages["en"]


def test_a_log_alone_gives_flow_and_models():
    log = mining.EventLog.from_frame(frame(cases()), columns=blueprint(["a"], "a").binding)
    page = Page(render_as_is(AsIs(discover(log))))
    assert page.sections == [key.removeprefix("as_is.") for key in page_module.ALWAYS]


def test_a_table_of_a_log_alone_that_needs_a_design_says_so():
    log = mining.EventLog.from_frame(frame(cases()), columns=blueprint(["a"], "a").binding)
    with pytest.raises(mining.MiningError, match="A log alone has no blueprint"):
        _ = AsIs(discover(log)).branches


@pytest.mark.slow
def test_a_chapter_that_cannot_be_made_says_why(found, monkeypatch):
    def refuse(found, w):
        raise mining.ModelError("the flow is too large.")

    monkeypatch.setitem(page_module.STUDIED, "as_is.repair", refuse)
    assert "Not available: the flow is too large." in render_as_is(found)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("as_is")
    return write_as_is(study(blueprint(["a", "b", "c", "d"], "abcd", ends=["d"]), cases()), folder)


@pytest.mark.slow
def test_everything_is_written_and_can_be_read_again(written):
    assert sorted(path.name for path in written.folder.iterdir()) == sorted(written.files)
    assert set(written.files) >= {"as_is.html", "map.html", "map.svg", "model.pnml", "model.bpmn", "tables.json",
                                  "repaired-95.yaml"}  # fmt: skip
    for name in ("model.pnml", "model.bpmn"):
        assert mining.read_net(written.folder / name).labels
    assert mining.read_blueprint(written.folder / "repaired-95.yaml").status == "draft"
    tables = json.loads((written.folder / "tables.json").read_text("utf-8"))
    assert tables["variety"]["rows"][0]["cases"] == 38  # two of forty have no end


@pytest.mark.slow
def test_the_folder_is_the_same_twice(written, tmp_path):
    again = write_as_is(study(blueprint(["a", "b", "c", "d"], "abcd", ends=["d"]), cases()), tmp_path)
    for name in written.files:
        assert (again.folder / name).read_bytes() == (written.folder / name).read_bytes(), name


@pytest.mark.slow
def test_nothing_is_left_where_writing_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(as_is_file, "render_as_is", lambda found, lang: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_as_is(study(blueprint(["a", "b", "c", "d"], "abcd", ends=["d"]), cases()), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_page_vouches_for_the_files_beside_it(tmp_path, monkeypatch):
    for name, text in (("a.txt", "old"), ("gone.txt", "old"), ("page.html", "old"), ("other.txt", "mine")):
        (tmp_path / name).write_text(text)

    def write(folder):
        for name in ("a.txt", "page.html"):
            (folder / name).write_text("new")

    real = os.replace
    monkeypatch.setattr(
        os, "replace", lambda a, b: real(a, b) if b.name == "a.txt" else 1 / 0
    )  # the machine stops there
    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path, ("a.txt", "page.html"), [], write, outdated=["gone.txt"])
    assert not (tmp_path / "page.html").exists()
    monkeypatch.undo()
    write_whole(tmp_path, ("a.txt", "page.html"), [], write, outdated=["gone.txt"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.txt": "new", "page.html": "new", "other.txt": "mine",
    }  # fmt: skip


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(found, tmp_path, monkeypatch):
    monkeypatch.setattr(as_is_file, "discover", lambda source: 1 / 0)
    (tmp_path / "file").write_text("")
    (tmp_path / "map.svg").mkdir()
    for out, why in (
        (tmp_path / "file", "is a file"),
        (tmp_path / "file" / "below", "is a file"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(mining.MiningError, match=why):
            write_as_is(found.study_of(), out)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(mining.MiningError, match="no permission"):
        write_as_is(found.study_of(), tmp_path / "new" / "deep")
    assert not (tmp_path / "new").exists()


def test_a_draft_that_is_laid_on_its_own_log_is_not_overwritten(found, tmp_path, monkeypatch):
    monkeypatch.setattr(as_is_file, "discover", lambda source: 1 / 0)
    draft = tmp_path / "repaired-80.yaml"
    draft.write_text(found.study_of().blueprint.to_yaml(), encoding="utf-8")
    with pytest.raises(mining.MiningError, match="is an input"):
        write_as_is(mining.Study(found.study_of().log, mining.read_blueprint(draft)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["repaired-80.yaml"]


@pytest.mark.slow
def test_what_an_earlier_run_left_is_gone(written, tmp_path):
    for name in ("repaired-95.yaml", "model.bpmn"):
        (tmp_path / name).write_bytes((written.folder / name).read_bytes())
    log = mining.EventLog.from_frame(frame(cases()), columns=blueprint(["a"], "a").binding)
    made = write_as_is(log, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(made.files)
    assert "repaired-95.yaml" not in made.files


def test_the_page_lists_the_differences_that_its_sentence_counts(found):
    table, w = found.flow.comparison, Writer("en", "UTC")
    for where in ("log", "design"):
        told = parts.differences(table, where, w)
        rows = [row for group in told.groups for row in group.rows]
        assert len(rows) == min(len(table.only(where)), parts.MOST)
        assert f"{len(rows)} of {len(table.only(where))}" in told.caption
        cells = [row.cells for row in rows]
        assert sorted(x[1].data["observed_cases"] for x in cells) == sorted(table.only(where)["observed_cases"])
    log = parts.differences(table, "log", w).groups[0].rows
    assert "activity: “X”" in [row.cells[0].text for row in log]


def test_a_measure_below_one_is_never_written_as_one():
    w, told = Writer("en", "UTC"), Told("x", "col.precision", "number")
    assert [written_as(x, told, w) for x in (1.0, 0.9996, 0.9994, 12.3456, 1234.5, None)] == [
        "1", "> 0.999", "0.999", "12.3", "1,234", "–",
    ]  # fmt: skip


def test_an_unknown_language_is_refused(found, tmp_path):
    with pytest.raises(mining.UnknownNameError, match="language"):
        write_as_is(found.study_of(), tmp_path, lang="de")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The first cases of the sample; in ``make studies`` all."""
    rows = pd.read_csv(SAMPLE / "log.csv", dtype=str, keep_default_na=False)
    path = tmp_path_factory.mktemp("sample") / "log.csv"
    rows[rows["case_id"].isin(rows["case_id"].drop_duplicates().head(CASES))].to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.study
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_lays_it_on_the_blueprint(tmp_path, log, lang):
    done = CliRunner().invoke(
        app,
        [
            "discover",
            str(log),
            "-b",
            str(SAMPLE / "blueprint.yaml"),
            "-o",
            str(tmp_path),
            "--lang",
            lang,
        ],
    )
    assert done.exit_code == 0, done.output
    assert f"{CASES:,}" in done.stdout
    assert "adviser-01" not in "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    assert "as_is.html" in done.stdout
    assert (tmp_path / "map.html").stat().st_size < 3_000_000


@pytest.mark.slow
@pytest.mark.study
def test_the_command_needs_no_blueprint(tmp_path, log):
    binding = tmp_path / "binding.yaml"
    runner = CliRunner()
    assert runner.invoke(app, ["log", "bind", str(log), "-o", str(binding)]).exit_code == 0
    done = runner.invoke(app, ["discover", str(log), "--binding", str(binding), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert sorted(x.name for x in (tmp_path / "out").iterdir())[:2] == ["as_is.html", "map.html"]
