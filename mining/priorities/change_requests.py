"""Deviations that do good: candidates to change the blueprint, not findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mining.blueprint.derived import derived_check
from mining.blueprint.model import Rule
from mining.blueprint.stages import is_path
from mining.priorities.evidence import Evidence
from mining.results import Result
from mining.texts import activity_name, say

if TYPE_CHECKING:
    from mining.harm.effects import Effects
    from mining.outcomes.outcome import Outcomes
    from mining.study import Study

WEIGHTY = ("critical", "major")  # severities at which a step that is left out stays a finding, whoever sees it
OWN_WORD = "score"  # kind of the outcomes that are the customer's own judgement of what was done, and not how soon or how cheaply


@dataclass(frozen=True, eq=False, repr=False)
class ChangeRequests(Result):
    """One row per deviation that does good and outcome that is better for it: adopt it into the blueprint?"""

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "as in the findings",
        "title_en": "what deviates and where, in English",
        "title_zh": "the same in Chinese",
        "check": "id of the check",
        "severity": "critical, major, minor, observation",
        "n_net": "cases with the deviation that no allowance covers",
        "n_judged": "cases in which the check could be judged",
        "outcome": "outcome that is better for it",
        "unit": "unit of the effect",
        "effect": "adjusted mean difference in a case with the deviation",
        "low": "lower end of its 95 % interval",
        "high": "upper end of it",
        "q": "p after control of the false discovery rate",
        "grade": "A or B",
        "element": "part of the blueprint that would change: flow, rules.<id>, standards.<id>, activities.<id>, scope",
        "change_en": "what would change there, in English",
        "change_zh": "the same in Chinese",
        "stays": "stays a finding all the same; see warning",
        "warning": "what speaks against it, joined by comma: critical, mandatory, data (problems of the data could have made it), left_out "
        "(a step is left out, and no score of customers is better: what is saved is the step itself, and what the step is for is not in "
        "these outcomes); empty where nothing does. With left_out it stays a finding where customers can see the step, or from major on",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "title_en",
            "n_net",
            "n_judged",
            "outcome",
            "unit",
            "effect",
            "low",
            "high",
            "grade",
            "element",
            "change_en",
            "warning",
        ),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many there are, and how many stay findings all the same."""
        if self.frame.empty:
            return say("priorities.requests.none", lang)
        each = self.frame.drop_duplicates("finding_id")
        stays = int(each["stays"].sum())
        text = say("priorities.requests.some", lang, n=len(each))
        if stays:
            text += say("priorities.requests.stay", lang, n=stays)
        return text + (say("priorities.requests.adopt", lang, n=len(each) - stays) if len(each) > stays else "")


@dataclass(frozen=True)
class Candidate:
    """A deviation that does good: what speaks against adopting it, and whether it stays a finding therefore."""

    warnings: tuple[str, ...]
    stays: bool


def candidates_of(
    study: Study, findings: pd.DataFrame, said: Evidence, outcomes: Outcomes, mandatory: Collection[str]
) -> list[Candidate | None]:
    """Of each finding whether it does good: open, better on an outcome (grade A or B, q < 0.05) and worse on none; None where not.

    A step that is left out saves its own time and cost by arithmetic. That is no sign that it is not needed: an outcome that would miss
    it may not be measured. Such a finding has the warning ``left_out``, unless customers themselves give better scores without the step;
    and it stays a finding where the step is one that customers can see or come into touch with, or where its severity is major or worse.
    """
    return [
        _candidate(study, row, _kinds(said.better_on[at], outcomes), mandatory)
        if row["status"] == "open" and said.harm[at] == "better"
        else None
        for at, row in enumerate(findings.to_dict("records"))
    ]


def _kinds(names: str, outcomes: Outcomes) -> set[str]:
    return {outcomes[name].kind for name in names.split(", ")}


def _candidate(study: Study, row: dict[str, Any], better: Collection[str], mandatory: Collection[str]) -> Candidate:
    found = ["critical"] if row["severity"] == "critical" else []
    found += ["mandatory"] if row["check"] in mandatory else []
    found += ["data"] if row["flags"] else []
    stays = bool(found)
    if "missing" in str(row["kind"]).split("+") and OWN_WORD not in better:
        found.append("left_out")
        step = study.blueprint.by_id.get(_text(row["activity"]) or "")
        touched = step is not None and step.touchpoint is not None
        seen = not pd.isna(row["visible"]) and bool(row["visible"])
        stays = stays or seen or touched or row["severity"] in WEIGHTY
    return Candidate(tuple(found), stays)


def change_requests_of(
    study: Study,
    effects: Effects,
    findings: pd.DataFrame,
    said: Evidence,
    candidates: Sequence[Candidate | None],
    mandatory: Collection[str],
) -> ChangeRequests:
    """One row per deviation that does good (:func:`candidates_of`) and outcome that is better for it."""
    rows = []
    for at, row in enumerate(findings.to_dict("records")):
        if (candidate := candidates[at]) is None:
            continue
        better = said.rows[(said.rows["finding"] == at) & said.rows["sure"]]
        element, texts = element_of(study, row)
        for effect in better.to_dict("records"):
            rows.append(
                row
                | {name: effect[name] for name in ("outcome", "unit", "effect", "low", "high", "q", "grade")}
                | {"element": element, "stays": candidate.stays, "warning": ", ".join(candidate.warnings)}
                | {f"change_{lang}": text for lang, text in texts.items()}
            )
    frame = pd.DataFrame(rows, columns=list(ChangeRequests.columns))
    return ChangeRequests(frame, study.provenance("change requests", mandatory=sorted(mandatory)))


def element_of(study: Study, row: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The part of the blueprint that asks for the opposite, and what would have to be written there instead, by language."""
    norm, check = study.blueprint, row["check"]
    spec = norm.checks.get(check)
    derived = None if spec is not None or is_path(check) else derived_check(norm, check)
    if spec is not None:
        part = "rules" if isinstance(spec, Rule) else "standards"
        element, key = f"{part}.{check}", f"priorities.change.{part}"
    elif derived is not None and derived.activity is not None:
        element, key = f"activities.{derived.activity}", f"priorities.change.{derived.kind}"
    elif derived is not None:
        element, key = "scope", "priorities.change.scope"
    else:
        kind = row["kind"] if row["kind"] in ("missing", "extra", "repeated", "out_of_order", "replaced") else "flow"
        element, key = "flow", f"priorities.change.{kind}"
    activity = derived.activity if derived is not None else row["activity"]
    return element, {
        lang: say(
            key, lang, check=check,
            activity=activity_name(norm, _text(activity), lang), partner=activity_name(norm, _text(row["partner"]), lang),
        )
        for lang in ("en", "zh")
    }  # fmt: skip


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
