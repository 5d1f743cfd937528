"""Deviations that do good: candidates to change the blueprint, not findings."""

from __future__ import annotations

from collections.abc import Collection
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
    from mining.study import Study


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
        "warning": "why: critical, mandatory, data (problems of the data could have made it), joined by comma; empty where none",
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
        text = say("priorities.requests.some", lang, n=len(each))
        stays = int(each["stays"].sum())
        return text + (say("priorities.requests.stay", lang, n=stays) if stays else "")


def warnings_of(row: dict[str, Any], mandatory: Collection[str]) -> list[str]:
    """Why a deviation that does good stays a finding all the same."""
    found = ["critical"] if row["severity"] == "critical" else []
    found += ["mandatory"] if row["check"] in mandatory else []
    return found + (["data"] if row["flags"] else [])


def leaves(row: dict[str, Any], harm: str, mandatory: Collection[str]) -> bool:
    """Whether a finding leaves the list because the deviation does good."""
    return row["status"] == "open" and harm == "better" and not warnings_of(row, mandatory)


def change_requests_of(
    study: Study, effects: Effects, findings: pd.DataFrame, said: Evidence, mandatory: Collection[str]
) -> ChangeRequests:
    """The deviations that are better on an outcome (grade A or B, q < 0.05) and worse on none."""
    rows = []
    for at, row in enumerate(findings.to_dict("records")):
        if row["status"] != "open" or said.harm[at] != "better":
            continue
        better = said.rows[(said.rows["finding"] == at) & said.rows["sure"]]
        warning = warnings_of(row, mandatory)
        element, texts = element_of(study, row)
        for effect in better.to_dict("records"):
            rows.append(
                row
                | {name: effect[name] for name in ("outcome", "unit", "effect", "low", "high", "q", "grade")}
                | {"element": element, "stays": bool(warning), "warning": ", ".join(warning)}
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
