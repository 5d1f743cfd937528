"""Notebooks run to their end: what fails is shown in its place, what needs it is marked, the rest still runs; nothing of people is lost."""

import json

import nbformat
import pytest
from typer.testing import CliRunner

from mining.cli import app
from mining.errors import MiningError, UnknownNameError
from mining.notebooks import edition
from mining.notebooks.edition import known_parameters
from mining.notebooks.folder import run_notebooks
from mining.notebooks.page import to_page
from mining.notebooks.run import run
from tests.helpers import ROOT

SAMPLE = ROOT / "sample_logs" / "bank_loan"
LOG, BLUEPRINT = SAMPLE / "log.csv", SAMPLE / "blueprint.yaml"
kernel = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the kernel's own libraries


def notebook_of(*cells):
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Why?"), *made])


@pytest.mark.slow
@kernel
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_fails_stands_in_its_place_and_the_rest_runs(lang, tmp_path):
    notebook = notebook_of(
        "import mining\nblueprint = mining.read_blueprint('none.yaml')",
        "lint = blueprint.lint()",
        "lint",
        "seen = 6 * 7",
        "print(seen)",
        "1 / 0",
    )
    told = []
    failures = run(notebook, tmp_path, lang=lang, told=lambda cell, cells: told.append((cell, cells)))
    assert told == [(k, 6) for k in range(1, 7)]
    assert [(x.cell, x.error, x.after) for x in failures] == [
        (1, "BlueprintError", None), (2, "NameError", 1), (3, "NameError", 1), (6, "ZeroDivisionError", None),
    ]  # fmt: skip
    assert "none.yaml" in failures[0].message
    code = notebook.cells[1:]
    assert code[4].outputs[0].text == "42\n"
    assert "blueprint" in code[1].outputs[0].data["text/markdown"]
    assert "`lint`" in code[2].outputs[0].data["text/markdown"]
    assert ("第 1 个单元" in code[2].outputs[0].data["text/markdown"]) == (lang == "zh")


@pytest.mark.slow
@kernel
def test_a_process_that_ends_is_said_where_it_ended(tmp_path):
    notebook = notebook_of("print('there')", "import os\nos._exit(1)", "print('never')")
    failures = run(notebook, tmp_path)
    assert [(x.cell, x.error) for x in failures] == [(2, "DeadKernelError"), (3, "DeadKernelError")]
    assert "memory" in failures[0].message
    assert "Not run" in failures[1].message


@pytest.mark.slow
@kernel
def test_a_cell_that_takes_too_long_is_interrupted_and_the_rest_runs(tmp_path):
    notebook = notebook_of("import time\ntime.sleep(60)", "print('there')")
    (failure,) = run(notebook, tmp_path, timeout=1)
    assert (failure.cell, failure.error) == (1, "TimeoutError")
    assert "1 s that were" in failure.message
    assert notebook.cells[2].outputs[0].text == "there\n"


def test_a_page_loads_nothing_and_names_its_charts():
    notebook = notebook_of("draw()")
    svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9"><script>alert(1)</script></svg>'
    notebook.cells[1].outputs = [
        nbformat.v4.new_output("display_data", {"image/svg+xml": svg, "text/plain": "Axes"}),
        nbformat.v4.new_output("display_data", {"text/plain": "<script>alert(2)</script>"}),
    ]
    page = to_page(notebook, "en")
    assert '<img alt="Why?" src="data:image/svg+xml;base64,' in page
    assert "<script>alert(1)" not in page
    assert "Axes" not in page
    assert "&lt;script&gt;alert(2)" in page
    assert "default-src 'none'" in page
    assert "https://" not in page


def test_the_parameters_are_those_of_the_caller_and_side_tables_are_never_those_of_the_sample():
    given = {"LOG": "my log.csv", "BLUEPRINT": 'a"b.yaml', "OUT": "out"}
    for name in {name for names in known_parameters().values() for name in names}:
        source = next(
            cell.source for cell in edition(name, "en", given).cells if "parameters" in cell.metadata.get("tags", ())
        )
        values = {}
        exec(source, values)
        assert (values["LOG"], values["BLUEPRINT"], values["LANG"]) == ("my log.csv", 'a"b.yaml', "en")
        assert "sample_logs" not in source
        assert "{" not in source


def test_an_edition_is_the_same_bytes_every_time():
    assert nbformat.writes(edition("01_is_the_design_sound", "zh")) == nbformat.writes(
        edition("01_is_the_design_sound", "zh")
    )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"only": ["9"]}, UnknownNameError, "notebook '9'"),
        ({"lang": "de"}, UnknownNameError, "language 'de'"),
        ({"parameters": {"SURVAY": "x.csv"}}, UnknownNameError, "SURVEY"),
        ({"parameters": {"OUT": "x"}}, UnknownNameError, "parameter 'OUT'"),
        ({"parameters": {"SURVEY": SAMPLE / "none.csv"}}, MiningError, "SURVEY: there is no file"),
    ],
    ids=["notebook", "language", "misspelled", "ours", "absent"],
)
def test_what_is_asked_wrongly_is_refused_before_anything_is_written(arguments, error, words, tmp_path):
    with pytest.raises(error, match=words):
        run_notebooks(LOG, BLUEPRINT, tmp_path / "out", execute=False, **arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_notebook_in_which_somebody_worked_is_not_written_over(tmp_path):
    only = ["01", "02"]
    run_notebooks(LOG, BLUEPRINT, tmp_path, only=only, execute=False)
    worked = tmp_path / "02_can_this_log_answer.ipynb"
    untouched = (tmp_path / "01_is_the_design_sound.ipynb").read_bytes()
    run_notebooks(LOG, BLUEPRINT, tmp_path, only=only, execute=False)  # nobody worked in it: written again
    assert (tmp_path / "01_is_the_design_sound.ipynb").read_bytes() == untouched
    worked.write_text(worked.read_text("utf-8").replace("import mining", "import mining  # mine", 1), "utf-8")
    with pytest.raises(MiningError, match="02_can_this_log_answer.ipynb is there and .* changed since"):
        run_notebooks(LOG, BLUEPRINT, tmp_path, only=only, execute=False)
    assert "# mine" in worked.read_text("utf-8")
    run_notebooks(LOG, BLUEPRINT, tmp_path, only=only, execute=False, overwrite=True)
    assert "# mine" not in worked.read_text("utf-8")


@pytest.mark.slow
@kernel
def test_the_command_runs_the_set_says_how_it_went_and_makes_pages(tmp_path):
    lines = [
        str(LOG),
        "-b",
        str(BLUEPRINT),
        "-o",
        str(tmp_path / "out"),
        "--only",
        "01",
        "--only",
        "04",
        "--lang",
        "zh",
    ]
    ran = CliRunner().invoke(app, ["notebooks", *lines], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    record = json.loads((tmp_path / "out" / "notebooks.json").read_text("utf-8"))
    assert list(record["notebooks"]) == ["01_is_the_design_sound", "04_where_do_we_leave_the_blueprint"]
    assert not any(entry["failures"] for entry in record["notebooks"].values())
    index = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert 'href="04_where_do_we_leave_the_blueprint.html"' in index
    assert "单元均已运行" in index
    page = (tmp_path / "out" / "04_where_do_we_leave_the_blueprint.html").read_text("utf-8")
    assert 'lang="zh-CN"' in page
    assert "application/vnd.jupyter.widget-view" not in page
    assert "https://" not in page.replace("https://www.w3.org", "")


@pytest.mark.slow
@kernel
def test_a_failing_cell_gives_exit_status_1_and_its_words(tmp_path):
    lines = [str(LOG), "-b", str(BLUEPRINT), "-o", str(tmp_path / "out"), "--only", "05", "--survey", str(BLUEPRINT)]
    ran = CliRunner().invoke(app, ["notebooks", *lines], catch_exceptions=False)
    assert ran.exit_code == 1
    assert "05_what_do_customers_feel, cell" in ran.output
    assert (tmp_path / "out" / "05_what_do_customers_feel.html").exists()
