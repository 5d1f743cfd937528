"""The set of notebooks on a log of one's own: written, run, made pages, with an index that says what failed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup, escape

from mining.errors import MiningError, UnknownNameError
from mining.folders import admit, sha256_of, write_whole
from mining.notebooks.edition import edition
from mining.notebooks.page import page_of, to_page
from mining.notebooks.placed import check_free, files_found, paths_in, seen_from
from mining.notebooks.run import Failure, run
from mining.notebooks.source import NAMES, read_source
from mining.opened import open_study
from mining.texts import check_language, say

if sys.platform != "win32":
    import fcntl

INDEX, RECORD, LOCK = "index.html", "notebooks.json", ".notebooks-at-work"


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
        Values of other parameters, such as ``SURVEY``. A file, as text or path, is seen from here, and is written as it is seen from
        ``out``.
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
        If the log cannot be read against the blueprint, a file is not there, a value cannot be written, a notebook in ``out`` was changed
        by hand, other files of these names are in it, or another run is at work there.

    Examples
    --------
    >>> ran = run_notebooks("sample_logs/permit_receipt/log.csv", "sample_logs/permit_receipt/blueprint.yaml",
    ...                     examples / "notebooks", only=["01"], execute=False)
    >>> ran[0].name, (examples / "notebooks" / "01_is_the_design_sound.ipynb").exists()
    ('01_is_the_design_sound', True)
    """
    check_language(lang)
    check_free(parameters or {})
    names, folder = _named(only), Path(out)
    given = files_found({"LOG": log, "BLUEPRINT": blueprint, **(parameters or {})})
    placed = {key: seen_from(folder, value) for key, value in given.items()}
    values = {name: _values(name, placed) for name in names}
    for name in names:
        edition(name, lang, values[name])  # so that a value that cannot be written is refused now
    admit(folder, (*_files(names), INDEX, RECORD), paths_in(given))
    _spare_changed(folder, names, _record(folder, overwrite), overwrite)
    progress(say("notebooks.reading_log", lang))
    title, made_of = _read(given, lang)
    found = []
    with _alone(folder):
        record = _record(folder, overwrite)
        for name in names:
            ran = _one(name, folder, lang, values[name], names if execute else (), timeout, progress, record, overwrite)
            found.append(ran)
            record["notebooks"][name] = _entry(ran, folder) | {"lang": lang, **made_of, "parameters": values[name]}
            record |= {"lang": lang, **made_of}
            _write(folder, {INDEX: _index(title, record, lang), RECORD: _told(record)})
    return tuple(found)


def _read(given: Mapping[str, Any], lang: str) -> tuple[str, dict[str, str]]:
    """The title, and the hashes of the log and the blueprint; an error if the one cannot be read against the other."""
    more = {key.lower(): given[key] for key in ("BINDING", "ROSTER", "OPEN_CASES") if given.get(key) is not None}
    study = open_study(given["LOG"], given["BLUEPRINT"], **more)
    title = say("notebooks.title", lang, service=study.blueprint.name.get(lang))
    return title, {"log": study.log.source.sha256, "blueprint": study.blueprint.sha256}


def _values(name: str, placed: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of one notebook."""
    own = {p.name for p in read_source(name).parameters}
    return {key: value for key, value in placed.items() if key in own} | {"OUT": f"{name}_files"}


def _files(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (f"{name}.ipynb", f"{name}.html")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for the whole run, so that no other run of notebooks works in it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / LOCK
    with lock.open("w") as held:
        if sys.platform != "win32":
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MiningError(
                    f"{folder}: another run of notebooks is at work there. Wait for it, or name another folder."
                ) from None
            except OSError:  # a network drive without locks
                pass
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _one(
    name: str, folder: Path, lang: str, values: Mapping[str, Any], pages: Sequence[str], timeout: int | None,
    progress: Callable[[str], None], record: Mapping[str, Any], overwrite: bool,
) -> Ran:  # fmt: skip
    """Write one notebook; where there are to be pages, run it and make its page."""
    notebook = edition(name, lang, values)
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    failures: tuple[Failure, ...] = ()
    page = None
    if pages:
        told = partial(_step, progress, name, lang)
        failures = run(notebook, folder, lang=lang, timeout=timeout, told=told)
        links = [("" if other == name else f"{other}.html", read_source(other).question[lang]) for other in pages]
        page = to_page(notebook, lang, links=((INDEX, say("notebooks.pages", lang)), *links))
    _spare_changed(folder, [name], record, overwrite)  # somebody may have worked in it while this one ran
    if page is None:
        (folder / f"{name}.html").unlink(missing_ok=True)  # of a run before, with another log perhaps
    else:
        _write(folder, {f"{name}.html": page})
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


def _record(folder: Path, overwrite: bool) -> dict[str, Any]:
    """What the last run wrote here; nothing where there was none. Files of our names that no run of ours wrote are not replaced."""
    place = folder / RECORD
    try:
        record = json.loads(place.read_text("utf-8"))
        before = {name: dict(record["notebooks"][name]) for name in NAMES if name in record["notebooks"]}
        for name, entry in before.items():
            _ran(name, entry)
        return {"notebooks": before}
    except FileNotFoundError:
        foreign = folder / INDEX
    except (OSError, ValueError, TypeError, KeyError):
        foreign = place
    if foreign.exists() and not overwrite:
        raise MiningError(
            f"{foreign} is there and was not written by a run of notebooks. Name another folder, or say overwrite (--overwrite) to "
            "replace it."
        )
    return {"notebooks": {}}


def _ran(name: str, entry: Mapping[str, Any]) -> Ran:
    return Ran(name, entry["cells"], entry["ran"], tuple(Failure(**failure) for failure in entry["failures"]))


def _told(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


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
        ran = _ran(name, entry)
        question = escape(read_source(name).question[lang])
        first = Markup('<a href="{}.html">{}</a>').format(name, question) if ran.ran else question
        state = Markup('<span class="failed">{}</span>' if ran.failures else "{}").format(ran.told(lang))
        if any(entry.get(key) != record[key] for key in ("lang", "log", "blueprint")):
            state += Markup("<br>{}").format(say("notebooks.of_before", lang))
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
