"""Ranking and plan as people decided: without what the sample refuted, with their severities, titles, owners and dates."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.findings import PRIORITIES
from mining.improvement import TOP
from mining.record.findings import RANKED, WITHDRAWN, FindingRecord
from mining.results import plain
from mining.texts import say

if TYPE_CHECKING:
    from mining.improvement import Improvement
    from mining.plan.actions import Actions
    from mining.priorities.ranking import Priorities
    from mining.record.narrative import Narrative

HANGING = ("paretos", "sensitivity", "plan", "plan_lint", "scenarios", "what_if")  # parts that hang on the ranking
BOTH = ("owner", "due")  # what the narrative and the plan may both say


@dataclass(frozen=True)
class PlanRemark:
    """Where the plan does not go with what else was decided.

    Attributes
    ----------
    key : {"withdrawn", "owner", "due"}
        The finding of the action was withdrawn, so that the action is left out; or its owner or last day is another than the narrative's.
    action_id, finding_id : str
    narrative, plan : str
        What each says; empty where the finding was withdrawn.
    """

    key: str
    action_id: str
    finding_id: str
    narrative: str = ""
    plan: str = ""

    def say(self, lang: str = "en") -> str:
        """In a sentence."""
        values = {"action": self.action_id, "finding": self.finding_id}
        return say(f"decided.{self.key}", lang, **values, narrative=self.narrative, plan=self.plan)


def decided(
    improvement: Improvement, findings: Iterable[FindingRecord], narrative: Narrative
) -> tuple[Improvement, tuple[PlanRemark, ...]]:
    """The same improvement with its ranking and plan as the findings were decided, and what of the plan does not go with that.

    What was measured stays as it is. A finding that the sample refuted loses its rank, and its action leaves the plan; one whose severity
    a person decided stands in the class of that. An action without an owner or a last day has those that the narrative gives the finding;
    where both say something, both stay, and are named.

    Parameters
    ----------
    improvement : Improvement
        Not changed.
    findings : iterable of FindingRecord
        In their order.
    narrative : Narrative
    """
    found = list(findings)
    made = copy.copy(improvement)
    for name in HANGING:
        made.__dict__.pop(name, None)
    made.__dict__["priorities"] = _ranking(improvement.priorities, found)
    withdrawn = {x.finding_id for x in found if x.status == WITHDRAWN}
    plan, remarks = _plan(made.plan, withdrawn, improvement.actions, narrative)
    made.__dict__["plan"] = plan
    made.__dict__["plan_lint"] = _linted(made)
    return made, remarks


def _linted(improvement: Improvement) -> Any:
    from mining.plan import lint_actions

    return lint_actions(
        improvement.plan,
        improvement.priorities,
        improvement.day,
        study=improvement.study,
        outcomes=improvement.outcomes,
        top=TOP,
    )


def _ranking(priorities: Priorities, findings: list[FindingRecord]) -> Priorities:
    """The ranking with what was decided; the same one where nobody decided anything."""
    before = priorities.frame
    place = {str(id): i for i, id in enumerate(before["finding_id"])}
    found = [x for x in findings if x.finding_id in place]
    frame = before.iloc[[place[x.finding_id] for x in found]].reset_index(drop=True)
    for name in ("title_en", "title_zh"):
        frame[name] = [x.title[name[-2:]] for x in found]
    frame["severity"] = [x.severity for x in found]
    ranks, classes = [x.number for x in found], [x.priority for x in found]
    moved = [x.finding_id for x in found if x.ranked] != before.loc[before["status"] == "ranked", "finding_id"].tolist()
    if not moved and classes == [plain(x) for x in frame["priority"]]:
        return replace(priorities, frame=frame)
    frame["priority"], frame["cell"] = classes, [x.cell for x in found]
    frame["status"] = ["ranked" if x.status == RANKED else x.status for x in found]
    frame["rank"] = pd.array([pd.NA if x is None else x for x in ranks], dtype=before["rank"].dtype)
    if moved:
        frame["tie"], frame["swap"] = "", np.nan  # these are about neighbours of before
    ranked = [x for x in found if x.ranked]
    return replace(priorities, frame=frame, work=_work(priorities, ranked) if ranked else priorities.work)


def _work(priorities: Priorities, ranked: list[FindingRecord]) -> Any:
    """What the ranking was made of, in the order and the classes that were decided: the sensitivity is of these."""
    from mining.priorities.sensitivity import only

    at = {id: i for i, id in enumerate(priorities.work.ids)}
    work = only(priorities.work, tuple(at[x.finding_id] for x in ranked))
    classes = np.array([PRIORITIES.index(str(x.priority)) for x in ranked], work.placed.class_.dtype)
    return replace(work, placed=replace(work.placed, class_=classes))


def _plan(
    plan: Actions, withdrawn: set[str], before: Actions | None, narrative: Narrative
) -> tuple[Actions, tuple[PlanRemark, ...]]:
    """The plan without actions for what was withdrawn, and with the owners and days of the narrative where it has none."""
    from mining.plan.cells import day_in

    rows = plan.frame.to_dict("records")
    theirs = set() if before is None else set(before.frame["action_id"])
    remarks = [
        PlanRemark("withdrawn", row["action_id"], row["finding_id"])
        for row in rows
        if row["finding_id"] in withdrawn and row["action_id"] in theirs
    ]
    kept = [i for i, row in enumerate(rows) if row["finding_id"] not in withdrawn]
    frame = plan.frame.iloc[kept].reset_index(drop=True)
    for i, row in enumerate(frame.to_dict("records")):
        words = narrative.of(row["finding_id"])
        for name in BOTH:
            said, there = getattr(words, name), _text(row[name])
            if said and there and said != there:
                remarks.append(PlanRemark(name, row["action_id"], row["finding_id"], said, there))
            elif said and not there and row["status"] != "cancelled":
                frame.at[i, name] = day_in(name, said) if name == "due" else said
    return replace(plan, frame=frame, cells=plan.cells.iloc[kept].reset_index(drop=True)), tuple(remarks)


def _text(value: Any) -> str:
    found = plain(value)
    return "" if found is None else str(found)


def with_plan(findings: Iterable[FindingRecord], plan: Actions) -> tuple[FindingRecord, ...]:
    """The findings with their actions. Who answers for one, and by when, is of the plan where the narrative does not say it."""
    actions: dict[str, list[dict[str, Any]]] = {}
    for row in plan.frame.to_dict("records"):
        actions.setdefault(row["finding_id"], []).append(_action(row))
    return tuple(
        replace(
            x,
            action=x.action | {"actions": (mine := actions.get(x.finding_id, []))},
            response=x.response | _answering(x.response, [y for y in mine if y["status"] != "cancelled"]),
        )
        for x in findings
    )


KEPT = (
    "action_id",
    "goal",
    "goal_zh",
    "metric",
    "baseline",
    "baseline_n",
    "target",
    "proposed",
    "owner",
    "start",
    "due",
    "status",
)


def _action(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: plain(row[name]) for name in KEPT} | {x: str(row[x]) for x in ("start", "due") if plain(row[x])}


def _answering(response: Mapping[str, Any], actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Owners of all actions, and the last of their days."""
    owners = ", ".join(dict.fromkeys(x["owner"] for x in actions if x["owner"]))
    last = max((x["due"] for x in actions if x["due"]), default=None)
    return {"owner": response["owner"] or owners or None, "due": response["due"] or last}
