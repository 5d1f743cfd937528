"""Write the editions of the notebooks: ``python -m mining.notebooks notebooks``."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from mining.notebooks.edition import edition
from mining.notebooks.run import run
from mining.notebooks.source import NAMES
from mining.texts import LANGUAGES

WITH_OUTPUTS = "00_tour"  # so that a visitor of a web page sees what comes out; the others come without


def place(folder: Path, name: str, lang: str) -> Path:
    """Where an edition lies: English in the folder, every other language in one of its own."""
    return folder / f"{name}.ipynb" if lang == "en" else folder / lang / f"{name}.ipynb"


def write_editions(folder: Path) -> None:
    """Write every notebook in every language; the tour with its outputs."""
    for lang in LANGUAGES:
        for name in NAMES:
            path = place(folder, name, lang)
            path.parent.mkdir(parents=True, exist_ok=True)
            notebook = edition(name, lang)
            if name == WITH_OUTPUTS:
                failures = run(notebook, path.parent, lang=lang)
                if failures:
                    raise SystemExit(f"{path}: {failures}")
            path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_editions(Path(sys.argv[1] if len(sys.argv) > 1 else "notebooks"))
