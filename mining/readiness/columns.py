"""Which column of the log is what: as it was read, and as a look at the values alone would propose it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from mining.log.bind import Proposal, propose
from mining.log.candidates import Choice
from mining.readiness.tables import both, cells, frame_of
from mining.results import Provenance, Result
from mining.study import Study
from mining.texts import LANGUAGES, say

AS_READ, OTHER, OPEN, NOT_BOUND = "as_read", "other", "open", "not_bound"


@dataclass(frozen=True, eq=False, repr=False)
class ColumnsRead(Result):
    """One row per role of a column, and per attribute that a check may ask for. Made by :func:`columns_read`."""

    columns: ClassVar[dict[str, str]] = {
        "role_en": "what the column is read as, in English",
        "role_zh": "what the column is read as, in Chinese",
        "column": "column of the log; missing where it is none",
        "proposed": "column that its name and values would propose; missing where there is none",
        "agrees": "as_read: the proposal is the column that was read; other: it is another one; open: a person has to decide; not_bound: "
        "neither is there",
        "why_en": "reason of the proposal, in English",
        "why_zh": "reason of the proposal, in Chinese",
    }

    origin: str = ""

    def sentence(self, lang: str = "en") -> str:
        """Who decided which column is what, and how many columns are worth a look."""
        look = int(self.frame["agrees"].isin([OTHER, OPEN]).sum())
        return say(f"readiness.origin_{self.origin}", lang) + say(
            "readiness.columns", lang, n=len(self.frame), look=look
        )


def columns_read(study: Study) -> ColumnsRead:
    """The binding of a log beside the proposal that is made from the names and values of its columns.

    The proposal is made without the blueprint's binding, so that it is a second opinion. Of a log read from a store only the columns that
    it kept are looked at.

    Examples
    --------
    >>> columns_read(study).frame["column"].tolist()[:3]
    ['case_id', 'activity', 'timestamp']
    """
    log, blueprint = study.log, study.blueprint
    found = {lang: propose(log.source, None, lang) for lang in LANGUAGES}
    rows = [*_roles(log.binding.columns, found), *_attributes(log.binding.attributes)]
    made = Provenance("columns of the log", log.source.sha256, blueprint.sha256, log.n_cases)
    return ColumnsRead(frame_of(rows, ColumnsRead), made, log.binding.origin)


def _roles(bound: dict[str, str], found: dict[str, Proposal]) -> Iterator[dict[str, Any]]:
    for i, choice in enumerate(found["en"].columns):
        mine = bound.get(choice.role)
        why = {lang: _why(proposal.columns[i]) for lang, proposal in found.items()}
        yield (
            both("role", f"readiness.role_{choice.role}")
            | {"column": mine, "proposed": choice.column, "agrees": _agrees(mine, choice)}
            | cells("why", why)
        )


def _why(choice: Choice) -> str:
    return "; ".join([choice.why, *choice.others])


def _agrees(mine: str | None, choice: Choice) -> str:
    if mine == choice.column:
        return AS_READ if mine else NOT_BOUND
    return OTHER if choice.certain and choice.column else OPEN if choice.column else AS_READ


def _attributes(bound: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, attribute in bound.items():
        yield (
            both("role", "readiness.role_attribute", name=name)
            | {"column": attribute.column, "proposed": None, "agrees": AS_READ}
            | both("why", "readiness.attribute_type", type=attribute.type)
        )
