"""Notebooks tell the story; the code lives in the package. Both are checked."""

import ast
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.helpers import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda, ast.If)
LARGEST = 3_000_000
MADE = {
    "00_tour": {
        "report.html",
        "report.docx",
        "report.pdf",
        "report.pptx",
        "workpapers.xlsx",
        "narrative.yaml",
        "manifest.json",
    },
    "05_what_do_customers_feel": {"improvement.html"},
    "06_what_to_improve_first": {"improvement.html"},
    "07_did_it_help": {"improvement.html"},
    "03_what_really_happens": {"as_is.html", "map.html", "model.bpmn", "repaired-95.yaml", "tables.json"},
}


def read(path):
    return nbformat.read(path, as_version=4)


def test_there_is_a_tour():
    assert [p.stem for p in NOTEBOOKS][:1] == ["00_tour"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_asks_questions_reads_its_answers_and_holds_no_logic(path):
    notebook = read(path)
    assert notebook.cells[0].source.splitlines()[0].endswith("?")
    assert any("**Reading.**" in cell.source for cell in notebook.cells)
    assert path.stat().st_size < LARGEST
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert len(lines) <= 8
        assert not [x for x in ast.walk(ast.parse(cell.source)) if isinstance(x, LOGIC)]


def test_a_notebook_has_one_cell_of_parameters():
    for path in NOTEBOOKS:
        assert sum("parameters" in cell.metadata.get("tags", ()) for cell in read(path).cells) == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the kernel's own libraries
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path):
    notebook = read(path)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    parameters.source += f"\nOUT = {str(tmp_path)!r}"
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(Path(path).parent)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [out for cell in code for out in cell.outputs]
    drawn = [cell for cell in code if cell.source.rstrip().endswith(";")]
    assert all(any("image/png" in out.get("data", {}) for out in cell.outputs) for cell in drawn)  # every chart is seen
    assert not [out for out in outputs if out.output_type == "error" or out.get("name") == "stderr"]
    assert (
        sum("image/png" in out.get("data", {}) or "<svg" in out.get("data", {}).get("text/html", "") for out in outputs)
        >= 3
    )
    assert MADE[path.stem] <= set(os.listdir(tmp_path))
