"""Builds the documentation site, English and Chinese, to be read without a network: ``python -m docs.site out/site``."""

from __future__ import annotations

import argparse
import posixpath
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from docs.api_pages import pages as api_pages
from mining.errors import MiningError
from mining.notebooks import NAMES, edition, read_source

HERE = Path(__file__).parent
ROOT = HERE.parent
LANGUAGES = {"en": "en", "zh": "zh_CN"}  # of an edition, as Sphinx calls it
RENAMED = re.compile(r"\b(index|first_five_minutes|definitions|by_question)_zh\b")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
ANCHOR = re.compile(r'^<a id="([^"]+)"></a>$', re.M)
CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.S)
CONTENTS = {
    "en": ("Notebooks", "One question each. On your own log: `mining notebooks LOG --blueprint FILE --out DIR`."),
    "zh": ("笔记本", "每本回答一个问题。用于自己的日志：`mining notebooks LOG --blueprint FILE --out DIR`。"),
}


def main() -> None:
    """Build the site from the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description="Build the documentation site.")
    parser.add_argument("folder", type=Path, help="where it goes; an earlier site there is replaced")
    parser.add_argument("--run", action="store_true", help="run all notebooks first, so that every page shows outputs")
    given = parser.parse_args()
    try:
        build(given.folder, run=given.run)
    except MiningError as error:
        raise SystemExit(str(error)) from None
    print(given.folder / "index.html")


def build(folder: Path, *, run: bool = False) -> None:
    """Write the site, or nothing if anything is wrong with a page.

    Parameters
    ----------
    folder : Path
        Replaced if it holds an earlier site; the Chinese edition lies in it, in ``zh``.
    run : bool
        Run all notebooks first (minutes). Otherwise they are shown as they are stored: the tour with its outputs, the others without.

    Raises
    ------
    MiningError
        If the folder holds something else, a notebook fails, a link leads nowhere, or Sphinx warns of anything.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "objects.inv").exists():
        raise MiningError(f"{folder} holds something that is no site. Name a new folder, or empty this one.")
    places = pages()
    with TemporaryDirectory() as made:
        notebooks = _run_all(Path(made) / "run") if run else _stored()
        for lang in LANGUAGES:
            source = Path(made) / lang
            _write(source, lang, places, notebooks)
            _sphinx(source, Path(made) / "site" / ("" if lang == "en" else lang), lang, places)
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(made) / "site", folder)


def pages() -> dict[str, tuple[str, str]]:
    """Every written page, by its path in the repository: its edition, and its name there."""
    found = {"ARCHITECTURE.md": ("en", "architecture")}
    for path in sorted(HERE.glob("*.md")):
        lang = "zh" if path.stem.endswith("_zh") else "en"
        found[f"docs/{path.name}"] = (lang, path.stem.removesuffix("_zh"))
    for name in NAMES:
        found[f"notebooks/{name}.ipynb"] = ("en", f"notebooks/{name}")
        found[f"notebooks/zh/{name}.ipynb"] = ("zh", f"notebooks/{name}")
    return found


def _stored() -> dict[str, nbformat.NotebookNode]:
    """The notebooks as they lie in the repository; one that was not written yet comes from its source."""
    found = {}
    for path, (lang, name) in pages().items():
        if path.startswith("notebooks/"):
            file = ROOT / path
            found[path] = nbformat.read(file, as_version=4) if file.exists() else edition(Path(name).name, lang)
    return found


def _run_all(folder: Path) -> dict[str, nbformat.NotebookNode]:
    """All notebooks with their outputs, run in a folder laid out as the repository is."""
    from mining.notebooks.run import run

    found = {}
    (folder / "notebooks" / "zh").mkdir(parents=True)
    (folder / "sample_logs").symlink_to(ROOT / "sample_logs", target_is_directory=True)
    for path, (lang, name) in pages().items():
        if path.startswith("notebooks/"):
            print(path, flush=True)
            found[path] = edition(Path(name).name, lang)
            failures = run(found[path], (folder / path).parent, lang=lang)
            if failures:
                raise MiningError(f"{path}: {failures}")
    return found


def _write(
    source: Path, lang: str, places: dict[str, tuple[str, str]], notebooks: dict[str, nbformat.NotebookNode]
) -> None:
    """Lay out the sources of an edition as Sphinx takes them."""
    (source / "notebooks").mkdir(parents=True)
    for path, (of, name) in places.items():
        if of != lang:
            continue
        if path in notebooks:
            notebook = notebooks[path]
            for cell in notebook.cells:
                if cell.cell_type == "markdown":
                    cell.source = linked(cell.source, path, lang, places)
            nbformat.write(notebook, source / f"{name}.ipynb")
        else:
            text = linked((ROOT / path).read_text("utf-8"), path, lang, places)
            (source / f"{name}.md").write_text(text, encoding="utf-8")
    for picture in HERE.glob("*.svg"):
        shutil.copyfile(picture, source / picture.name)
    (source / "notebooks" / "index.md").write_text(_notebooks(lang), encoding="utf-8")
    (source / "api").mkdir()
    for name, text in api_pages(lang).items():
        (source / "api" / name).write_text(text, encoding="utf-8")


def linked(text: str, path: str, lang: str, places: dict[str, tuple[str, str]]) -> str:
    """A page with its links as they are on the site.

    Parameters
    ----------
    text : str
        Markdown. What is written as code stays.
    path : str
        Of the page in the repository.
    lang : str
        Its edition.
    places : dict
        As :func:`pages` gives it.

    Raises
    ------
    MiningError
        For a link to a file that is no page of the site.

    Examples
    --------
    >>> linked("see [the log](log.md#speed)", "docs/index_zh.md", "zh", {"docs/log.md": ("en", "log")})
    'see <a href="../log.html#speed">the log</a>'
    """

    def link(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        file, mark, part = target.partition("#")
        if "://" in target or not file or (picture and (ROOT / path).parent.joinpath(file).exists()):
            return found[0]
        place = places.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), file)))
        if place is None:
            raise MiningError(
                f"{path}: [{words}]({target}) is no page of the site. Link to a page, or name the file as code."
            )
        of, name = place
        here = posixpath.dirname(places[path][1]) if path in places else ""
        if of == lang:
            ending = ".ipynb" if name.startswith("notebooks/") else ".md"
            return f"[{words}]({posixpath.relpath(name + ending, here or '.')}{mark}{part})"
        start = posixpath.join("" if lang == "en" else lang, here)
        there = posixpath.join("" if of == "en" else of, f"{name}.html")
        return f'<a href="{posixpath.relpath(there, start or ".")}{mark}{part}">{words}</a>'

    pieces = CODE.split(ANCHOR.sub(r"(\1)=", text))
    pieces[::2] = [LINK.sub(link, piece) for piece in pieces[::2]]
    whole = "".join(pieces)
    return RENAMED.sub(r"\1", whole) if lang == "zh" else whole


def _notebooks(lang: str) -> str:
    """The list of notebooks: the question of each, what it is about, and where it goes on."""
    title, words = CONTENTS[lang]
    lines = [f"# {title}\n\n{words}\n"]
    for name in NAMES:
        source = read_source(name)
        lines.append(f"## [{source.question[lang]}]({name}.ipynb)\n\n{source.intro[lang]}\n")
    return "\n".join([*lines, "```{toctree}\n:hidden:\n", *NAMES, "```\n"])


def _sphinx(source: Path, out: Path, lang: str, places: dict[str, tuple[str, str]]) -> None:
    """Make the pages of an edition; any warning is an error."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    others = frozenset(name for of, name in places.values() if of != lang) | {
        "notebooks/index",
        "api/index",
        "search",
        "genindex",
    }
    settings = {"language": LANGUAGES[lang], "edition": lang, "others": others}
    with patch_docutils(HERE), docutils_namespace():
        app = Sphinx(
            source, HERE, out, source.with_name(f"{lang}-doctrees"), "html", settings, status=None, warning=sys.stderr,
            freshenv=True, warningiserror=True,
        )  # fmt: skip
        app.build(force_all=True)
    if app.statuscode:
        raise MiningError("The site was not written: mend the warnings above.")
    for left in (".buildinfo", "_sources", "jupyter_execute"):  # to build again from; a reader has no use for them
        _remove(out / left)
    _remove(out.parent / "jupyter_execute")
    for unasked in out.rglob("*.map"):  # of the scripts of the theme: for its makers
        unasked.unlink()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
