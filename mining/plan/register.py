"""The register: every finding with the actions that were taken on for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from mining.findings import Findings
from mining.plan.actions import STATUSES, Actions
from mining.results import Provenance, Result
from mining.texts import say


@dataclass(frozen=True, eq=False, repr=False)
class Register(Result):
    """One row per finding, with its actions. Made by :func:`register_of`.

    Attributes
    ----------
    unmatched : int
        Actions whose finding is none of these.
    """

    unmatched: int

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "stable id of the finding: the same on every log",
        "rank": "rank of the finding; missing for what is not ranked",
        "priority": "H, M or L; missing for what is not ranked",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "n_net": "cases with it that no allowance covers",
        "rate": "n_net / judged cases, 0-1",
        "actions": "actions for it",
        **{status: f"of these, {status}" for status in STATUSES},
        "action_ids": "their ids, joined by comma",
        "owners": "who answers for them, joined by comma",
        "next_due": "first due date of those open or in progress",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("rank", "priority", "title_en", "n_net", "rate", "actions", "action_ids", "owners", "next_due"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many ranked findings have an action."""
        ranked = self.frame[self.frame["rank"].notna()]
        return say(
            "plan.register", lang, n=len(ranked), covered=int((ranked["actions"] > ranked["cancelled"]).sum()),
            unmatched=self.unmatched,
        )  # fmt: skip


def register_of(findings: Findings, actions: Actions) -> Register:
    """Put the actions beside the findings that they are for.

    Examples
    --------
    >>> from mining.plan import draft_actions
    >>> register = register_of(study.findings(), draft_actions(study.findings(), study, top=3))
    >>> int(register.frame["actions"].sum()), register.unmatched
    (3, 0)
    """
    plan = actions.frame
    mine = {str(id): rows for id, rows in plan.groupby("finding_id", sort=False)}
    rows = []
    kept = ("finding_id", "rank", "priority", "title_en", "title_zh", "n_net", "rate")
    for finding in findings.frame.to_dict("records"):
        linked = mine.get(finding["finding_id"], plan.iloc[:0])
        running = linked.loc[linked["status"].isin(("open", "in_progress")), "due"].dropna()
        rows.append(
            {name: finding[name] for name in kept}
            | {"actions": len(linked)}
            | {status: int((linked["status"] == status).sum()) for status in STATUSES}
            | {
                "action_ids": ", ".join(linked["action_id"]),
                "owners": ", ".join(dict.fromkeys(x for x in linked["owner"] if x)),
                "next_due": min(running) if len(running) else None,
            }
        )
    frame = pd.DataFrame(rows, columns=list(Register.columns))
    frame["rank"] = frame["rank"].astype("Int64")
    unmatched = int((~plan["finding_id"].isin(findings.frame["finding_id"])).sum())
    source = findings.provenance
    settings = source.parameters | {"actions": actions.sha256[:12]}
    return Register(frame, Provenance("register", source.log, source.blueprint, source.n_cases, settings), unmatched)
