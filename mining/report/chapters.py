"""Chapters of a document: what makes each, and what one says that cannot be made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from mining.blueprint.model import Blueprint
from mining.errors import MiningError
from mining.log import EventLog
from mining.plots import closed_svg
from mining.report.document import Fact, Figure, Section
from mining.report.formats import Writer, file_names
from mining.texts import file_name

__all__ = ["Fact", "Figure", "Maker", "Section", "chapter", "chapters", "chart", "fact", "facts"]

Maker = Callable[[Any, Writer], Section]


def chart(w: Writer, key: str, axes: Any, **values: Any) -> Figure:
    """A chart with its caption."""
    return Figure(w.say(key, **values), closed_svg(axes))


def fact(label: str, *lines: str) -> Fact:
    """A label and its lines."""
    return Fact(label, lines)


def facts(log: EventLog, blueprint: Blueprint | None, n_cases: int, w: Writer) -> list[Fact]:
    """What a document was made from: files with their hashes, period, cases."""
    begin, end = (w.moment(pd.Timestamp(t, unit="us", tz="UTC"), seconds=False) for t in log.span)
    said = [fact(w.say("fact.log"), w.say("report.hash", file=file_name(log.source.path), hash=log.source.sha256))]
    if blueprint:
        hashed = w.say("report.hash", file=file_names(blueprint.files), hash=blueprint.sha256)
        said.append(fact(w.say("fact.blueprint_file"), hashed))
    said.append(fact(w.say("fact.period"), w.say("report.zone", period=f"{begin} – {end}", zone=w.zone)))
    return [*said, fact(w.say("fact.cases"), w.count(n_cases))]


def made_or_why(make: Maker, found: Any, w: Writer, cannot: str) -> Section:
    """A section, or a sentence (of the key ``cannot``, with the place ``why``) that says why it cannot be made."""
    try:
        return make(found, w)
    except MiningError as error:
        return Section([w.say(cannot, why=str(error))])


def chapter(key: str, make: Maker, found: Any, w: Writer, cannot: str, *, wide: bool = False) -> Section:
    """A chapter, or a sentence that says why it cannot be made.

    Parameters
    ----------
    key : str
        Of the heading, ``area.id``: the id of the section is what follows the point.
    make : callable
        Gives the section; of it are taken sentences, figures, tables and sections.
    found : object
        What it is made from.
    w : Writer
    cannot : str
        Key of the sentence with the place ``why``.
    wide : bool
        Printed across.
    """
    made = made_or_why(make, found, w, cannot)
    return replace(made, id=key.partition(".")[2], title=w.say(key), wide=wide)


def chapters(
    makers: Mapping[str, Maker], found: Any, w: Writer, cannot: str, wide: Collection[str] = ()
) -> list[Section]:
    """The chapters of a document in order; ``wide``: ids of those that are printed across."""
    return [chapter(key, make, found, w, cannot, wide=key.partition(".")[2] in wide) for key, make in makers.items()]
