"""A page of chapters: sentences, figures, tables; one that cannot be made says why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from mining.blueprint.model import Blueprint
from mining.errors import MiningError
from mining.log import EventLog
from mining.report.formats import Writer, file_names
from mining.report.page import chart_image, environment
from mining.report.table import Table
from mining.texts import file_name

TAG = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Figure:
    """A picture in the page (``inline``), or a chart as an image that carries itself."""

    caption: str
    inline: Markup | None = None
    image: str = ""


@dataclass(frozen=True)
class Section:
    """A chapter: sentences, figures, tables; ``wide``: printed across."""

    said: Sequence[str]
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    id: str = ""
    title: str = ""
    wide: bool = False


Maker = Callable[[Any, Writer], Section]


def chart(w: Writer, key: str, axes: Any, **values: Any) -> Figure:
    """A chart with its caption."""
    return Figure(w.say(key, **values), image=chart_image(axes))


def facts(log: EventLog, blueprint: Blueprint | None, n_cases: int, w: Writer) -> list[tuple[str, str]]:
    """What the page was made from: files with their hashes, period, cases."""
    begin, end = (w.moment(pd.Timestamp(t, unit="us", tz="UTC"), seconds=False) for t in log.span)
    said = [(w.say("fact.log"), w.say("report.hash", file=file_name(log.source.path), hash=log.source.sha256))]
    if blueprint:
        hashed = w.say("report.hash", file=file_names(blueprint.files), hash=blueprint.sha256)
        said.append((w.say("fact.blueprint_file"), hashed))
    said.append((w.say("fact.period"), w.say("report.zone", period=f"{begin} – {end}", zone=w.zone)))
    return [*said, (w.say("fact.cases"), w.count(n_cases))]


def page_of(
    found: Any,
    chapters: Mapping[str, Maker],
    w: Writer,
    *,
    title: str,
    cannot: str,
    name: str,
    said: Sequence[tuple[str, str]],
    wide: Collection[str] = (),
) -> str:
    """A page of HTML without script; nothing is fetched. The same input gives the same bytes.

    Parameters
    ----------
    found : object
        What the chapters are made from.
    chapters : mapping of str to callable
        Key of the heading, ``area.id``, to what makes the chapter.
    w : Writer
    title, cannot : str
        Keys: title of the page, and what a chapter says that cannot be made.
    name : str
        Heading of the page.
    said : sequence of (str, str)
        Facts below the heading.
    wide : collection of str
        Chapters that are printed across.
    """
    made = [_chapter(key, make, found, w, cannot, wide) for key, make in chapters.items()]
    page = environment().get_template("chapters.html.j2")
    return page.render(t=w.say, title=title, lang=TAG[w.lang], name=name, facts=said, sections=made)


def _chapter(key: str, make: Maker, found: Any, w: Writer, cannot: str, wide: Collection[str]) -> Section:
    try:
        made = make(found, w)
    except MiningError as error:
        made = Section([w.say(cannot, why=str(error))])
    tables = [table for table in made.tables if table]
    id = key.partition(".")[2]
    return replace(made, id=id, title=w.say(key), tables=tables, wide=id in wide)
