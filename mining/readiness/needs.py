"""What every check of a design needs of a log, and whether the design says where the log has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mining.blueprint.derived import CHANNEL, derived_checks
from mining.blueprint.lint.parts import OF_PEOPLE
from mining.blueprint.model import Blueprint, Rule, Standard
from mining.readiness.tables import cells, frame_of, joined, of_design
from mining.results import Result
from mining.texts import LANGUAGES, check_text, say

ELSEWHERE = ("score", "external")  # metrics whose values come from another table


@dataclass(frozen=True, eq=False, repr=False)
class Needs(Result):
    """One row per rule and standard: what a log must have so that it can be judged. Made by :func:`needs_of`."""

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the check",
        "text_en": "what it asks for, in English",
        "text_zh": "what it asks for, in Chinese",
        "severity": "as the blueprint says",
        "basis": "what it rests on",
        "needs_en": "what a log must have, in English",
        "needs_zh": "what a log must have, in Chinese",
        "measurable": "whether the blueprint says where a log has all of it",
        "lacks_en": "what the blueprint does not say, in English",
        "lacks_zh": "what the blueprint does not say, in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("check", "text_en", "text_zh", "severity", "needs_en", "needs_zh", "measurable", "lacks_en", "lacks_zh"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many checks can be measured in a log of the kind that the blueprint describes."""
        if self.frame.empty:
            return say("readiness.needs_none", lang)
        return say("readiness.needs", lang, n=len(self.frame), can=int(self.frame["measurable"].sum()))


def needs_of(blueprint: Blueprint) -> Needs:
    """What the rules and standards of a blueprint need of a log.

    Only the design is asked: whether a log keeps to it, :func:`mining.readiness.answers_of` tells.

    Examples
    --------
    >>> needs_of(study.blueprint).frame["measurable"].any()
    np.True_
    """
    rows = []
    for check in blueprint.checks.values():
        needs = list(_needs(blueprint, check))
        lacks = [key for key, there in needs if not there]
        rows.append(
            {"check": check.id, "severity": check.severity, "basis": check.basis, "measurable": not lacks}
            | cells("text", {lang: check_text(blueprint, check.id, lang) for lang in LANGUAGES})
            | cells("needs", joined(f"readiness.need_{key}" for key, _ in needs))
            | cells("lacks", joined(f"readiness.need_{key}" for key in lacks))
        )
    return Needs(frame_of(rows, Needs), of_design("what the checks need of a log", blueprint))


def derived_from(blueprint: Blueprint) -> dict[str, int]:
    """How many checks follow from the design itself, by kind; they ask for what the design says where to find, and need nothing more.

    Examples
    --------
    >>> derived_from(study.blueprint)["outcome"]
    1
    """
    kinds = [check.kind for check in derived_checks(blueprint, (), (CHANNEL,))]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _needs(b: Blueprint, check: Rule | Standard) -> Iterator[tuple[str, bool]]:
    """What is needed, and whether it is there."""
    if isinstance(check, Standard) and check.metric in ELSEWHERE:
        yield "elsewhere", False
        return
    yield "ends", not _hidden(b, check)
    binding = b.binding
    if _starts(check):
        yield "starts", bool(binding.start or (binding.lifecycle and binding.lifecycle.start))
    people = check.kind in OF_PEOPLE if isinstance(check, Rule) else check.metric == "handovers"
    if people:
        yield "people", bool(binding.resource)
    if isinstance(check, Rule) and check.role:
        yield "members", any(role.id == check.role and role.resources for role in b.roles)
    asked = {condition.attr for condition in check.when}
    if isinstance(check, Standard):
        asked |= {x for x in (check.attr, check.due) if x}
    if asked:
        yield "attributes", asked <= set(binding.attributes)
    if check.calendar:
        yield "calendar", any(spec.id == check.calendar for spec in b.calendars)


def _starts(check: Rule | Standard) -> bool:
    return "start" in (check.a_at, check.b_at) if isinstance(check, Rule) else check.metric in ("waiting", "handling")


def _hidden(b: Blueprint, check: Rule | Standard) -> bool:
    """Whether it asks about steps that leave no trace only."""
    hidden = {a.id for a in b.activities if not a.observable}
    if isinstance(check, Rule):
        return bool({check.a, check.b} & hidden)
    groups = [set(names) for names in (check.start, check.end, check.of) if names]
    return any(names <= hidden or (check.metric == "count" and names & hidden) for names in groups)
