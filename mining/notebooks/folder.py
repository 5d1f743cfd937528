"""The set of notebooks on a log of one's own: written, run, made pages, with an index that says what failed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup, escape

from mining.errors import MiningError, UnknownNameError
from mining.folders import sha256_of, write_whole
from mining.notebooks.edition import edition, known_parameters
from mining.notebooks.page import page_of, to_page
from mining.notebooks.run import Failure, run
from mining.notebooks.source import NAMES, read_source
from mining.opened import open_study
from mining.texts import check_language, say

INDEX, RECORD = "index.html", "notebooks.json"


@dataclass(frozen=True)
class Ran:
    """What came of one notebook.

    Attributes
    ----------
    name : str
    cells : int
        Cells of code.
    ran : bool
        Whether it was run at all.
    failures : tuple of Failure
    """

    name: str
    cells: int
    ran: bool
    failures: tuple[Failure, ...]

    def told(self, lang: str) -> str:
        """How it went, in words."""
        if not self.ran:
            return say("notebooks.not_started", lang)
        if not self.failures:
            return say("notebooks.all_ran", lang, n=self.cells)
        after = sum(failure.after is not None for failure in self.failures)
        return say("notebooks.some_failed", lang, failed=len(self.failures) - after, after=after, n=self.cells)


def run_notebooks(
    log: str | Path,
    blueprint: str | Path,
    out: str | Path,
    *,
    lang: str = "en",
    only: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    execute: bool = True,
    overwrite: bool = False,
    timeout: int | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> tuple[Ran, ...]:
    """Write the notebooks for a log and a blueprint, run them, and make a page of each.

    Parameters
    ----------
    log, blueprint : str or Path
        As :func:`mining.open_study` takes them.
    out : str or Path
        Folder for ``NAME.ipynb`` and ``NAME.html``, ``NAME_files/`` with what the notebooks write, ``index.html`` and ``notebooks.json``.
        Each notebook is written when it has run.
    lang : {"en", "zh"}
    only : sequence of str
        Names of notebooks, or their numbers such as ``"03"``. By default all.
    parameters : mapping, optional
        Values of other parameters, such as ``SURVEY``. A path is seen from here, and is written as it is seen from ``out``.
    execute : bool
        Without it the notebooks are only written, to be worked in.
    overwrite : bool
        Replace notebooks that somebody changed since they were written.
    timeout : int, optional
        Seconds for one cell.
    progress : callable
        Called with a sentence at every step.

    Returns
    -------
    tuple of Ran

    Raises
    ------
    UnknownNameError
        For a notebook, language or parameter that is not there.
    MiningError
        If the log cannot be read against the blueprint, a file is not there, or a notebook in ``out`` was changed by hand.

    Examples
    --------
    >>> ran = run_notebooks("sample_logs/permit_receipt/log.csv", "sample_logs/permit_receipt/blueprint.yaml",
    ...                     examples / "notebooks", only=["01"], execute=False)
    >>> ran[0].name, (examples / "notebooks" / "01_is_the_design_sound.ipynb").exists()
    ('01_is_the_design_sound', True)
    """
    check_language(lang)
    names, folder = _named(only), Path(out)
    given = {"LOG": log, "BLUEPRINT": blueprint} | dict(parameters or {})
    _check(given)
    progress(say("notebooks.reading_log", lang))
    read = {key.lower(): given[key] for key in ("BINDING", "ROSTER", "OPEN_CASES") if given.get(key) is not None}
    study = open_study(log, blueprint, **read)
    title = say("notebooks.title", lang, service=study.blueprint.name.get(lang))
    hashes = {"log": study.log.source.sha256, "blueprint": study.blueprint.sha256}
    del study
    record = _record(folder)
    _spare_changed(folder, names, record, overwrite)
    placed = {key: _seen_from(folder, value) for key, value in given.items()}
    found = []
    for name in names:
        ran = _one(name, folder, lang, placed, [] if not execute else names, timeout, progress)
        found.append(ran)
        record["notebooks"][name] = _entry(ran, folder)
        record |= {"lang": lang, "parameters": placed, **hashes}
        _write(
            folder,
            {INDEX: _index(title, record, lang), RECORD: json.dumps(record, ensure_ascii=False, indent=2) + "\n"},
        )
    return tuple(found)


def _one(
    name: str, folder: Path, lang: str, placed: Mapping[str, Any], pages: Sequence[str], timeout: int | None,
    progress: Callable[[str], None],
) -> Ran:  # fmt: skip
    """Write one notebook; where there are to be pages, run it and make its page."""
    own = {p.name for p in read_source(name).parameters}
    values = {key: value for key, value in placed.items() if key in own} | {"OUT": f"{name}_files"}
    notebook = edition(name, lang, values)
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    failures: tuple[Failure, ...] = ()
    folder.mkdir(parents=True, exist_ok=True)
    if pages:
        told = partial(_step, progress, name, lang)
        failures = run(notebook, folder, lang=lang, timeout=timeout, told=told)
        links = [("" if other == name else f"{other}.html", read_source(other).question[lang]) for other in pages]
        _write(folder, {f"{name}.html": to_page(notebook, lang, links=((INDEX, say("notebooks.pages", lang)), *links))})
    _write(folder, {f"{name}.ipynb": nbformat.writes(notebook) + "\n"})
    return Ran(name, code, bool(pages), failures)


def _step(progress: Callable[[str], None], name: str, lang: str, cell: int, cells: int) -> None:
    progress(say("notebooks.step", lang, name=name, cell=cell, cells=cells))


def _named(only: Sequence[str]) -> tuple[str, ...]:
    """Whole names in the order of the set."""
    short = {name[:2]: name for name in NAMES}
    for word in only:
        if short.get(word, word) not in NAMES:
            raise UnknownNameError("notebook", word, [*short, *NAMES])
    return tuple(name for name in NAMES if not only or name in only or name[:2] in only)


def _check(given: Mapping[str, Any]) -> None:
    """Refuse parameters that no notebook has, and files that are not there, before anything runs."""
    known = known_parameters()
    for name, value in given.items():
        if name not in known or name in ("LANG", "OUT"):
            raise UnknownNameError("parameter", name, sorted(set(known) - {"LANG", "OUT"}))
        if isinstance(value, Path) and not value.exists():
            raise MiningError(f"{name}: there is no file {value}. Check the path.")


def _seen_from(folder: Path, value: Any) -> Any:
    """A path as it is seen from the folder of the notebooks; everything else as it is."""
    if not isinstance(value, Path):
        return value
    try:
        return Path(os.path.relpath(value.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return value.resolve().as_posix()


def _record(folder: Path) -> dict[str, Any]:
    """What the last run wrote here."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        record = {}
    return record if isinstance(record.get("notebooks"), dict) else {"notebooks": {}}


def _entry(ran: Ran, folder: Path) -> dict[str, Any]:
    return {
        "sha256": sha256_of(folder / f"{ran.name}.ipynb"), "cells": ran.cells, "ran": ran.ran,
        "failures": [vars(failure) for failure in ran.failures],
    }  # fmt: skip


def _spare_changed(folder: Path, names: Iterable[str], record: Mapping[str, Any], overwrite: bool) -> None:
    """Refuse to replace a notebook in which somebody worked."""
    for name in names:
        place = folder / f"{name}.ipynb"
        if overwrite or not place.exists():
            continue
        if record["notebooks"].get(name, {}).get("sha256") != sha256_of(place):
            raise MiningError(
                f"{place} is there and was not written by the last run, or was changed since. "
                "Name another folder, or say overwrite (--overwrite) to replace it."
            )


def _index(title: str, record: Mapping[str, Any], lang: str) -> str:
    """A page that leads to the others, with how each went."""
    rows = []
    for name in (name for name in NAMES if name in record["notebooks"]):
        entry = record["notebooks"][name]
        ran = Ran(name, entry["cells"], entry["ran"], tuple(Failure(**failure) for failure in entry["failures"]))
        question = escape(read_source(name).question[lang])
        first = Markup('<a href="{}.html">{}</a>').format(name, question) if ran.ran else question
        state = Markup('<span class="failed">{}</span>' if ran.failures else "{}").format(ran.told(lang))
        rows.append(
            Markup('<tr><td>{}</td><td>{}</td><td><a href="{}.ipynb">{}.ipynb</a></td></tr>').format(
                first, state, name, name
            )
        )
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(say(key, lang))
        for key in ("notebooks.head_notebook", "notebooks.head_state", "notebooks.head_files")
    )
    made = say(
        "notebooks.made_of", lang, log=f"sha256 {record['log'][:12]}", blueprint=f"sha256 {record['blueprint'][:12]}"
    )
    body = Markup(
        '<h1>{}</h1><table class="status"><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p>{}</p>'
    ).format(title, heads, Markup("").join(rows), made)
    return page_of(title, body, lang)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts, each in one step."""
    for name, text in files.items():

        def write(place: Path, name: str = name, text: str = text) -> None:
            (place / name).write_text(text, encoding="utf-8", newline="\n")

        write_whole(folder, [name], [], write)
