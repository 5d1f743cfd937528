"""Notebooks run to their end: what fails is shown in its place, what needs it is marked, the rest still runs; nothing of people is lost."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from hashlib import sha256
from html import unescape

import nbformat
import pytest
from markupsafe import Markup
from typer.testing import CliRunner

from mining.cli import app
from mining.cli_notebooks import _plain, _set
from mining.display.shown import sorting_script
from mining.errors import MiningError, UnknownNameError
from mining.notebooks import edition
from mining.notebooks.edition import known_parameters
from mining.notebooks.folder import LOCK, _alone, _index, run_notebooks
from mining.notebooks.page import page_of, to_page
from mining.notebooks.placed import FILES, files_found, seen_from
from mining.notebooks.run import _failures, run
from mining.notebooks.source import NAMES, read_source
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


def test_a_page_tells_an_error_without_the_places_of_this_machine():
    notebook = notebook_of("draw()")
    trace = ["Traceback", "File /home/somebody/mining/study.py:7", "KeyError: 'x'"]
    notebook.cells[1].outputs = [nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=trace)]
    page = to_page(notebook, "en")
    assert "KeyError" in page
    assert "somebody" not in page
    assert notebook.cells[1].outputs[0].traceback == trace


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


HOSTILE = (
    '"; import os; os._exit(3)  #', "\\", '\\"', "a\rb\nc\td", "\x00\x1b[31m", "\u202egnp.exe", "\u2028", "'\"'\"\"\"", "{LOG}", "%cd /",
    "!ls", "中文\U0001f600",
    "x?" * 5000,
)  # fmt: skip


def parameters_of(notebook):
    source = next(cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    values = {}
    exec(source, values)
    return source, values


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_a_value_reaches_the_notebook_as_it_is_and_runs_nothing(place):
    text = HOSTILE[place]
    given = {"SURVEY": text, "DIMENSIONS": {text: [text, 1, 0.5, None, True]}, "CUSTOMER": None}
    source, values = parameters_of(edition("05_what_do_customers_feel", "en", given))
    assert {key: values[key] for key in given} == given
    lines = ast.parse(source).body
    assert {type(line) for line in lines} == {ast.Assign}
    assert len(lines) == len(source.split("\n")) == len(read_source("05_what_do_customers_feel").parameters)
    assert all(character.isprintable() for character in source.replace("\n", ""))


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), object(), {"a": [float("nan")]}, b"x"],
    ids=["nan", "inf", "object", "nested", "bytes"],
)
def test_a_value_that_no_line_can_hold_is_refused(value):
    with pytest.raises(MiningError, match="CUSTOMER: .* cannot be written as a line"):
        edition("05_what_do_customers_feel", "en", {"CUSTOMER": value})


def test_only_our_script_runs_in_a_page():
    ours = b64encode(sha256(sorting_script().encode()).digest()).decode()
    theirs = b64encode(sha256(b"alert(1)").digest()).decode()
    page = page_of("T", Markup(f"<script>{sorting_script()}</script><script>alert(1)</script>"), "en")
    assert f"script-src 'sha256-{ours}';" in unescape(page)
    assert theirs not in page
    assert "script-src 'none'" in unescape(page_of("T", Markup("<script>alert(1)</script>"), "en"))


def test_files_may_be_texts_and_are_written_as_the_notebooks_see_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x")
    found = files_found({"LOG": "a.csv", "VERSIONS": ["a.csv", "a.csv"], "EARLIER": None, "BY": "week"})
    seen = {name: seen_from(tmp_path / "out" / "deep", value) for name, value in found.items()}
    assert seen == {"LOG": "../../a.csv", "VERSIONS": ["../../a.csv"] * 2, "EARLIER": None, "BY": "week"}
    assert files_found({"LOG": "postgresql://me@host/db"})["LOG"] == "postgresql://me@host/db"


def test_every_parameter_that_is_a_file_of_the_samples_is_known_as_a_file():
    sampled = {p.name for name in NAMES for p in read_source(name).parameters if "{samples}" in str(p.value)}
    told = {
        p.name for name in NAMES for p in read_source(name).parameters
        if p.value is None and p.says["en"].startswith(("binding file", "staff table", "folder", "the plan so far"))
    }  # fmt: skip
    assert sampled | told == set(FILES)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"LOG": "postgresql://me:secret@host/db"}, "PGPASSWORD"),
        ({"LOG": "x" * 10_000}, "there is no file"),
        ({"SURVEY": 5}, "SURVEY: 5 is not the path"),
        ({"VERSIONS": ["none.yaml"]}, "VERSIONS: there is no file 'none.yaml'"),
    ],
    ids=["password", "long", "number", "list"],
)
def test_a_file_that_cannot_be_is_refused_without_a_password_in_the_message(given, words):
    with pytest.raises(MiningError, match=words) as raised:
        files_found(given)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("name", ["LOG", "BLUEPRINT", "LANG", "OUT"])
def test_what_is_said_otherwise_is_no_parameter(name, tmp_path):
    with pytest.raises(UnknownNameError, match=f"parameter '{name}'"):
        run_notebooks(LOG, BLUEPRINT, tmp_path / "out", parameters={name: str(LOG)}, execute=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "text"), [("index.html", "mine"), ("notebooks.json", "[]"), ("notebooks.json", '{"notebooks": {"00_tour": {}}}')]
)  # fmt: skip
def test_files_of_our_names_that_are_of_others_stay(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(MiningError, match=f"{name} is there and was not written by a run"):
        run_notebooks(LOG, BLUEPRINT, tmp_path, execute=False)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, text)]


def test_a_log_with_one_of_our_names_is_never_replaced(tmp_path):
    log = tmp_path / "notebooks.json"
    log.write_text("{}")
    with pytest.raises(MiningError, match="is an input and would be overwritten"):
        run_notebooks(log, BLUEPRINT, tmp_path, execute=False, overwrite=True)
    assert log.read_text() == "{}"


def test_a_file_in_place_of_the_folder_is_said_before_the_log_is_read(tmp_path):
    (tmp_path / "out").write_text("mine")
    told = []
    with pytest.raises(MiningError, match="is a file"):
        run_notebooks(LOG, BLUEPRINT, tmp_path / "out", execute=False, progress=told.append)
    assert told == []


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of this kind")
def test_two_runs_do_not_work_in_one_folder(tmp_path):
    with _alone(tmp_path), pytest.raises(MiningError, match="another run of notebooks is at work"), _alone(tmp_path):
        pass
    (tmp_path / LOCK).write_text("")  # what a killed run leaves holds nobody up
    with _alone(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_index_says_which_notebooks_are_of_an_earlier_run():
    entry = {"cells": 2, "ran": True, "failures": [], "lang": "en", "log": "a", "blueprint": "b"}
    record = {"notebooks": {"00_tour": entry, "04_where_do_we_leave_the_blueprint": entry | {"log": "z"}}}
    page = _index("<T>", record | {"lang": "en", "log": "a", "blueprint": "b"}, "en")
    before, after = page.split("04_where_do_we_leave_the_blueprint.html")
    assert "from an earlier run" in after
    assert "from an earlier run" not in before
    assert "<h1>&lt;T&gt;</h1>" in page


def test_a_cell_that_is_not_python_is_a_failure_like_others():
    notebook = notebook_of("x = = 1", "y = x")
    came = [("SyntaxError", "bad"), ("NameError", "name 'x' is not defined")]
    for cell, (name, words) in zip(notebook.cells[1:], came, strict=True):
        cell.outputs = [nbformat.v4.new_output("error", ename=name, evalue=words, traceback=[words])]
    found = _failures(notebook.cells[1:], "en")
    assert [(x.cell, x.error, x.after) for x in found] == [(1, "SyntaxError", None), (2, "NameError", None)]


def test_a_message_does_not_steer_the_terminal_and_a_value_is_said_once():
    assert _plain("a\x1b[2J\u202eb\n中") == "a\\x1b[2J\\u202eb\n中"
    assert _set(["START=2026-03-16", "HOUR=2", "MIX=[]"], {}) == {"START": "2026-03-16", "HOUR": 2, "MIX": []}
    with pytest.raises(MiningError, match="HOUR is said already"):
        _set(["HOUR=1", "HOUR=2"], {})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signals of this kind")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "end"])
def test_a_run_that_is_stopped_ends_its_processes_and_goes_on_with_nothing(sent, tmp_path):
    code = (
        "import nbformat, pathlib\nfrom mining.notebooks.run import run\n"
        "cells = [\"import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(300)\", \"open('went_on', 'w')\"]\n"
        "book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(x) for x in cells])\n"
        f"try:\n    run(book, pathlib.Path({str(tmp_path)!r}))\nexcept KeyboardInterrupt:\n    raise SystemExit(130)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not (place := tmp_path / "pid").exists() or not place.read_text():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(sent)
    assert process.wait(120) == 130
    assert not (tmp_path / "went_on").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(place.read_text()), 0)
