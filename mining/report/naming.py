"""Names in place of ids: activities, indicators and well-known scores, as people call them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mining.blueprint.derived import derived_check
from mining.blueprint.model import Blueprint
from mining.record import Record
from mining.report.document import Fact, Section
from mining.report.formats import Writer
from mining.report.table import Cell, Table
from mining.texts import activity_name, check_text
from mining.voice.items import RATER, SCORES, item_name

NAMED = ("touchpoint", "item", "objectives")  # values of a cell that are ids
QUOTED = re.compile("“([^“”]+)”")


def names_of_ids(record: Record, w: Writer) -> dict[str, str]:
    """Ids that stand in tables and sentences, with the words for them; those that are words already are left out."""
    blueprint = record.study.blueprint
    names = {x: item_name(x, w.lang) for x in (*SCORES, *RATER)}
    names |= {x.id: x.name.get(w.lang) for x in blueprint.kpis}
    names |= {x.id: activity_name(blueprint, x.id, w.lang) for x in blueprint.activities}
    return {id: name for id, name in names.items() if id != name}


def check_name(blueprint: Blueprint, check: str, w: Writer) -> str:
    """The name that people gave a check; a few words for one that follows from the design.

    Examples
    --------
    >>> check_name(study.blueprint, "R1", Writer("en", "UTC")), check_name(study.blueprint, "outcome", Writer("en", "UTC"))
    ('R1', 'outcome of the case')
    """
    if check in blueprint.checks:
        return check
    derived = derived_check(blueprint, check)
    if derived is None:
        return check_text(blueprint, check, w.lang)
    return w.say(f"audit.check_{derived.kind}", activity=activity_name(blueprint, derived.activity, w.lang))


def with_names(section: Section, names: Mapping[str, str], w: Writer) -> Section:
    """The same section, in which quoted ids and cells that are an id are named.

    Examples
    --------
    >>> found = with_names(Section(["Weakest: “send_receipt”."]), {"send_receipt": "Send confirmation"}, Writer("en", "UTC"))
    >>> found.said
    ['Weakest: “Send confirmation”.']
    """

    def said(text: str) -> str:
        return QUOTED.sub(lambda match: f"“{names.get(match[1], match[1])}”", text)

    return replace(
        section,
        said=[said(x) for x in section.said],
        facts=[Fact(fact.label, tuple(said(x) for x in fact.lines)) for fact in section.facts],
        figures=[replace(x, caption=said(x.caption), alt=said(x.alt)) for x in section.figures],
        tables=[_table(x, names, said, w) for x in section.tables],
        sections=[with_names(x, names, w) for x in section.sections],
    )


def _table(table: Table, names: Mapping[str, str], said: Callable[[str], str], w: Writer) -> Table:
    groups = tuple(
        replace(
            group,
            rows=tuple(replace(row, cells=tuple(_cell(x, names, said, w) for x in row.cells)) for row in group.rows),
        )
        for group in table.groups
    )
    return replace(table, caption=said(table.caption), groups=groups)


def _cell(cell: Cell, names: Mapping[str, str], said: Callable[[str], str], w: Writer) -> Cell:
    ids: Any = next((cell.data[x] for x in NAMED if x in cell.data), None)
    if isinstance(ids, str) and ids == cell.text:
        return replace(cell, text=w.say("report.comma").join(names.get(x, x) for x in ids.split(", ")))
    return replace(cell, text=said(cell.text)) if "“" in cell.text else cell
