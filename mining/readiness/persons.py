"""Columns of a log that name persons or look like data about them, and what an audit does with each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mining.binding import Binding
from mining.log import EventLog
from mining.log.words import words
from mining.privacy import shown_attributes
from mining.privacy.identities import identities_of
from mining.readiness.tables import both, cells, frame_of
from mining.results import Result
from mining.study import Study
from mining.texts import LANGUAGES, say

REPLACED, SHOWN, GROUPS, NEVER, NEEDED = ORDER = ("replaced", "shown", "groups", "not_used", "needed")


@dataclass(frozen=True, eq=False, repr=False)
class Persons(Result):
    """One row per column of the log: whom it may name, and what an audit does with it. Made by :func:`persons_in`."""

    columns: ClassVar[dict[str, str]] = {
        "column": "column of the log",
        "names_en": "whom or what it may name, in English",
        "names_zh": "whom or what it may name, in Chinese",
        "does": "replaced: by pseudonyms; needed: activities, times and words of the lifecycle, as they are; shown: values are printed, a "
        "check compares them; groups: makes groups alike, no value is printed; not_used: no part of the audit",
        "note_en": "what to look at, in English",
        "note_zh": "what to look at, in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many columns name persons, and how many more look like it."""
        counts = {f"n_{name}": int((self.frame["does"] == name).sum()) for name in ORDER}
        look = int((self.frame["note_en"] != "").sum())
        return say("readiness.persons", lang, n=len(self.frame), look=look, **counts)


def persons_in(study: Study) -> Persons:
    """What of a log names persons, and what becomes of it in an audit with pseudonyms (the default).

    Examples
    --------
    >>> persons_in(study).frame.set_index("column").loc["resource", "does"]
    'replaced'
    """
    log = study.log
    kinds = dict(identities_of(log).kinds)
    shown = set(shown_attributes(study, study.blueprint))
    alike = _alike(study)
    bound = dict.fromkeys([*_of_events(log.binding), *(x.column for x in log.binding.attributes.values())])
    others = [name for name in log.source.table.column_names if name not in bound and not name.startswith("__")]
    rows = [_row(log, column, kinds, shown, alike.get(column, ())) for column in [*bound, *others]]
    rows.sort(key=lambda row: (row["note_en"] == "", ORDER.index(row["does"])))
    return Persons(frame_of(rows, Persons), study.provenance("personal data in the log"))


def _of_events(binding: Binding) -> list[str]:
    """Columns that an event is made of; attributes are none of them."""
    lifecycle = binding.lifecycle.column if binding.lifecycle else None
    columns = (binding.case, binding.resource, binding.activity, binding.timestamp, binding.start, lifecycle)
    return [column for column in columns if column]


def _alike(study: Study) -> dict[str, tuple[str, ...]]:
    """Column to the kinds of personal data that its values or its name look like."""
    found: dict[str, tuple[str, ...]] = {}
    for one in study.quality.found:
        if one.problem == "pii":
            found[one.place] = (*found.get(one.place, ()), str(dict(one.values)["kind"]))
    return found


def _row(log: EventLog, column: str, kinds: dict[str, str], shown: set[str], alike: tuple[str, ...]) -> dict[str, Any]:
    names = [name for name, attribute in log.binding.attributes.items() if attribute.column == column]
    does = _does(log, column, kinds, shown, names)
    look = bool(alike) and does in (SHOWN, GROUPS, NEVER)
    what = {lang: say("readiness.comma", lang).join(words(f"pii.{kind}", lang) for kind in alike) for lang in LANGUAGES}
    whom = both("names", f"readiness.names_{kinds[column]}") if column in kinds else cells("names", what)
    note = both("note", f"readiness.look_{does}" if look else None)
    return {"column": column, "does": does} | whom | note


def _does(log: EventLog, column: str, kinds: dict[str, str], shown: set[str], names: list[str]) -> str:
    if column in kinds:
        return REPLACED
    if column in _of_events(log.binding):
        return NEEDED
    if not names:
        return NEVER
    return SHOWN if shown & set(names) else GROUPS
