"""The notebooks that lie in the repository are what their sources make: never edited, without outputs but the tour, small."""

import os

import nbformat
import pytest

from mining.notebooks import NAMES, edition
from mining.notebooks.__main__ import WITH_OUTPUTS
from mining.texts import LANGUAGES
from tests.helpers import ROOT
from tests.lab import place

LARGEST, LARGEST_TOUR = 60_000, 3_000_000  # bytes
every_edition = pytest.mark.parametrize(("name", "lang"), [(name, lang) for lang in LANGUAGES for name in NAMES])


def committed(name, lang):
    return nbformat.read(ROOT / place(name, lang), as_version=4)


def without_outputs(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_there_is_every_notebook_in_every_language_and_no_other():
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").rglob("*.ipynb")}
    assert {x for x in there if ".ipynb_checkpoints" not in x} == {
        place(name, lang) for name in NAMES for lang in LANGUAGES
    }


@every_edition
def test_it_is_what_its_source_makes(name, lang):
    """Cells with their ids and tags, and what the file says of itself: `python -m mining.notebooks notebooks` writes them again."""
    assert without_outputs(committed(name, lang)) == edition(name, lang)


@every_edition
def test_only_the_tour_has_outputs_and_it_is_small(name, lang):
    notebook, size = committed(name, lang), (ROOT / place(name, lang)).stat().st_size
    if name == WITH_OUTPUTS:
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        assert size < LARGEST_TOUR
    else:
        assert outputs(notebook) == []
        assert size < LARGEST


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_outputs_of_the_tour_are_seen_where_no_kernel_and_no_widget_runs(lang):
    """On the web page of the repository: a picture or words for every output, no error, nothing of the machine that made it."""
    made = outputs(committed(WITH_OUTPUTS, lang))
    assert not [x for x in made if x.output_type in ("error", "stream")]
    kinds = [set(x.data) for x in made]
    assert all(kind & {"text/html", "image/svg+xml", "text/markdown"} for kind in kinds)
    assert sum("image/svg+xml" in kind for kind in kinds) >= 2
    assert not [kind for kind in kinds if "application/vnd.jupyter.widget-view+json" in kind]  # its process is gone
    assert [
        x for x in made if 'data-activity="' in "".join(x.data.get("image/svg+xml", ""))
    ]  # the picture stands in for it
    assert "widgets" not in committed(WITH_OUTPUTS, lang).metadata
    text = (ROOT / place(WITH_OUTPUTS, lang)).read_text("utf-8")
    assert str(ROOT) not in text
    assert os.path.expanduser("~") + os.sep not in text
