"""Rules against the designed flow: which can be kept, which cannot, which the flow keeps by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint.model import Blueprint, Rule
from mining.blueprint.monitors import ALWAYS_KEPT, NEVER_APPLIES, NEVER_KEPT, compare
from mining.errors import BlueprintError
from mining.readiness.tables import both, cells, frame_of, of_design
from mining.results import Result
from mining.texts import LANGUAGES, activity_name, check_text, say

DECIDES, UNSEEN, UNKNOWN = "decides", "unseen", "not_compared"
ORDER = (NEVER_KEPT, NEVER_APPLIES, UNKNOWN, UNSEEN, DECIDES, ALWAYS_KEPT)


@dataclass(frozen=True, eq=False, repr=False)
class RulesAndFlow(Result):
    """One row per rule: what the flow makes of it, contradictions first. Made by :func:`rules_and_flow`."""

    columns: ClassVar[dict[str, str]] = {
        "rule": "id of the rule",
        "text_en": "what it asks for, in English",
        "text_zh": "what it asks for, in Chinese",
        "found": "never_kept: rule and flow contradict each other; never_applies: no run of the flow is concerned; decides: runs may keep "
        "or break it, or it asks about times or people; always_kept: the flow keeps it by itself; unseen: it names a step that leaves no "
        "trace; not_compared: too many states",
        "says_en": "what follows from it, in English",
        "says_zh": "what follows from it, in Chinese",
        "run_en": "a shortest run of the flow that shows it, in English",
        "run_zh": "a shortest run of the flow that shows it, in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many rules contradict the flow, and how many it keeps by itself."""
        if self.frame.empty:
            return say("readiness.flow_none", lang)
        counts = {f"n_{name}": int((self.frame["found"] == name).sum()) for name in ORDER}
        return say("readiness.flow", lang, n=len(self.frame), **counts)


def rules_and_flow(blueprint: Blueprint) -> RulesAndFlow:
    """What the complete runs of the designed flow make of every rule: all runs, not a sample.

    Examples
    --------
    >>> "never_kept" in set(rules_and_flow(study.blueprint).frame["found"])
    False
    """
    rows = [_row(blueprint, _flow_of(blueprint), rule) for rule in blueprint.rules]
    rows.sort(key=lambda row: ORDER.index(str(row["found"])))
    return RulesAndFlow(frame_of(rows, RulesAndFlow), of_design("rules against the flow", blueprint))


def _flow_of(blueprint: Blueprint) -> Automaton | None:
    try:
        return blueprint.automaton
    except (BlueprintError, TooManyStatesError):
        return None


def _row(b: Blueprint, flow: Automaton | None, rule: Rule) -> dict[str, Any]:
    word, run = _found(b, flow, rule)
    names = {lang: " → ".join(activity_name(b, x, lang) for x in run) for lang in LANGUAGES}
    return (
        {"rule": rule.id, "found": word}
        | cells("text", {lang: check_text(b, rule.id, lang) for lang in LANGUAGES})
        | both("says", f"readiness.flow_{word}")
        | cells("run", names)
    )


def _found(b: Blueprint, flow: Automaton | None, rule: Rule) -> tuple[str, tuple[str, ...]]:
    hidden = {a.id for a in b.activities if not a.observable}
    if hidden & {rule.a, rule.b}:
        return UNSEEN, ()
    if flow is None:
        return UNKNOWN, ()
    try:
        return compare(flow, rule) or (DECIDES, ())
    except TooManyStatesError:
        return UNKNOWN, ()
