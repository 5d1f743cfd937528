"""What actually happens, written down: page, map with sliders, models, tables, draft of a repaired blueprint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining.as_is import SHARES, AsIs
from mining.discovery import DiscoveredFlow, discover
from mining.discovery.explorer import explorer_of
from mining.errors import MiningError, UnknownNameError
from mining.folders import admit, write_whole
from mining.log import EventLog
from mining.report.as_is import render_as_is
from mining.results import plain
from mining.study import Study
from mining.texts import LANGUAGES

FILES = (
    *("map.html", "map.svg", "model.pnml", "model.bpmn"),
    *(f"repaired-{share:.0%}.yaml".replace("%", "") for share in SHARES),
    *("tables.json", "as_is.html"),
)


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    folder : Path
    flow : DiscoveredFlow
    files : tuple of str
    """

    folder: Path
    flow: DiscoveredFlow
    files: tuple[str, ...]


def write_as_is(
    source: Study | EventLog, out: str | Path, *, lang: str = "en", progress: Callable[[str], None] = lambda step: None
) -> Written:
    """Write what actually happens into a folder: all of it, or nothing.

    Parameters
    ----------
    source : Study or EventLog
        A log alone gives map, models and their quality; with a blueprint (a Study) there are the comparison, branches, drafts of a
        repaired blueprint, times, waits and hand-overs besides.
    out : str or Path
        Folder for ``as_is.html`` (the page), ``map.html`` (the map with sliders), ``map.svg``, ``model.pnml`` and ``model.bpmn`` (the
        recommended model), ``tables.json`` and, where an edit is needed, ``repaired-80.yaml`` and ``repaired-95.yaml``. It is made if
        need be; files of these names are replaced, and those of an earlier run that this one does not make are removed. The page is moved
        to its place last: where it is, the others belong to it.
    lang : {"en", "zh"}
    progress : callable
        Called with the name of each step as it begins.

    Raises
    ------
    UnknownNameError
        For another language.
    MiningError
        If the log cannot answer, or the folder cannot be written.
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    log, blueprint = (source, None) if isinstance(source, EventLog) else (source.log, source.blueprint)
    inputs = (*log.files, Path(log.source.path), *(blueprint.files if blueprint else ()))
    admit(Path(out), FILES, inputs)
    progress("discovering the actual flow")
    found = source.as_is if isinstance(source, Study) else AsIs(discover(source))
    made = dict(_texts(found, lang, progress))
    files = {name: made[name] for name in FILES if name in made}

    def write(folder: Path) -> None:
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")

    write_whole(Path(out), tuple(files), inputs, write, outdated=[name for name in FILES if name not in files])
    return Written(Path(out), found.flow, tuple(files))


def _texts(found: AsIs, lang: str, progress: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    flow = found.flow
    progress("drawing the map at every level of detail")
    yield "map.html", explorer_of(flow.observed, lang=lang).html()
    yield "map.svg", flow.picture(lang=lang).svg
    progress("measuring models")
    if found.model.net is not None:
        yield "model.pnml", found.model.to_pnml()
    with suppress(MiningError):  # a model that BPMN cannot say
        yield "model.bpmn", found.model.to_bpmn(lang)
    if found.study is not None:
        progress("repairing the blueprint, as a draft")
        with suppress(MiningError):  # the page says why
            for share, repair in zip(SHARES, found.repairs, strict=True):
                if not len(repair):  # the blueprint as it is
                    continue
                yield f"repaired-{share:.0%}.yaml".replace("%", ""), repair.to_yaml()
    progress("writing the page")
    yield "as_is.html", render_as_is(found, lang=lang)
    progress("writing the tables")
    tables, left_out = found.tables()
    yield "tables.json", _json({name: table.to_dict() for name, table in tables.items()} | {"left_out": left_out})


def _json(record: dict[str, Any]) -> str:
    return json.dumps(plain(record), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
