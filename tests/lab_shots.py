"""Pictures of all notebooks as they look in JupyterLab, to be looked at: ``python -m tests.lab_shots FOLDER [--only 03] [--lang zh]``.

Every notebook is run once, and taken in both themes, a page of the screen after the other: ``03_what_really_happens_zh_dark_02.png``.
Said on the way: processor time of its kernel, and how long its slowest cells took.
"""

import argparse
import tempfile
from datetime import datetime
from pathlib import Path

from mining.notebooks import NAMES
from mining.texts import LANGUAGES
from tests.lab import THEMES, place, running_lab, write_notebooks

SIZE = {"width": 1280, "height": 2200}
PANEL = ".jp-Notebook .jp-WindowedPanel-outer"


def take(notebook, folder, name):
    """One picture per page of the screen, in both themes."""
    page = notebook.page
    page.set_viewport_size(SIZE)
    for theme, title in THEMES.items():
        page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", title)
        page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light", arg=str(theme == "light").lower()
        )
        notebook.settle()
        panel = page.locator(PANEL).first
        high, seen = panel.evaluate(
            "(x) => [x.querySelector('.jp-WindowedPanel-viewport').scrollHeight, x.clientHeight]"
        )
        for number, top in enumerate(range(0, high, seen)):
            panel.evaluate("(x, top) => x.scrollTo(0, top)", top)
            notebook.settle()
            panel.screenshot(path=folder / f"{name}_{theme}_{number:02d}.png")


def slowest(notebook, most=4):
    """Cells of code that took longest: seconds, number, last line."""
    took = []
    code = [cell for cell in notebook.save().cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        noted = cell.metadata.get("execution", {})
        begun, ended = (noted.get(x) for x in ("iopub.execute_input", "shell.execute_reply"))
        if begun and ended:
            seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()
            took.append((round(seconds, 1), number, cell.source.splitlines()[-1]))
    return sorted(took, reverse=True)[:most]


def main():
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--only", nargs="+", default=[name[:2] for name in NAMES], help="first two figures of notebooks"
    )
    parser.add_argument("--lang", nargs="+", default=list(LANGUAGES), choices=LANGUAGES)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        write_notebooks(Path(made))
        with running_lab(Path(made), options=["--LabApp.expose_app_in_browser=True"]) as lab:
            for name in (x for x in NAMES if x[:2] in given.only):
                for lang in given.lang:
                    with lab.opened(place(name, lang), way="doc") as notebook:
                        notebook.run_all()
                        print(
                            f"{name} {lang}: {lab.kernel_seconds():.1f} s of processor time",
                            *slowest(notebook),
                            sep="\n  ",
                            flush=True,
                        )
                        take(notebook, given.folder, f"{name}_{lang}")


if __name__ == "__main__":
    main()
