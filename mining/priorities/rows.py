"""The rows of the table of priorities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mining.findings import PRIORITIES
from mining.priorities.evidence import DESIRABILITY, HARMS, Evidence
from mining.priorities.order import decided_by
from mining.priorities.placing import Work, stability

TOP, YEAR = 5, 365.0


def ranked_rows(
    findings: pd.DataFrame, said: Evidence, work: Work, days: float, currency: str, tie: float
) -> pd.DataFrame:
    """What is ranked, in order: per year, with how sure it is."""
    found, facts = work.placed, work.facts
    scale = YEAR / days if days > 0 else np.nan
    group = found.ties(tie, facts)
    swaps = [*found.swaps().tolist(), np.nan]
    why = decided_by(found.keys, found.order)
    sure = np.bincount(facts.finding[facts.sure & (facts.hours > 0)], minlength=len(work.ids)) > 0
    paid = np.bincount(facts.finding[facts.sure & (facts.loss > 0)], minlength=len(work.ids)) > 0
    hours_of = {int(facts.finding[i]): work.outcome[i] for i in np.flatnonzero(facts.hours > 0)}
    best = found.loss.low if currency else found.hours.low
    most = max((x for x, shown in zip(best.tolist(), found.shown.tolist(), strict=True) if shown), default=0.0)
    records = findings.to_dict("records")
    rows = []
    for position, at in enumerate(found.order.tolist()):
        row = records[at]
        same = np.flatnonzero(group == group[position]) + 1
        shift = facts.mandatory[at]
        lost = {
            f"{name}{end}": float(getattr(part, key)[at]) * scale if has[at] else np.nan
            for name, part, has in (("loss", found.loss, paid), ("hours", found.hours, sure))
            for end, key in (("", "value"), ("_low", "low"), ("_high", "high"))
        }
        rows.append(
            row | lost | stability(found, at, TOP)
            | {
                "rank": position + 1, "tie": f"{same[0]}-{same[-1]}" if len(same) > 1 else "",
                "priority": PRIORITIES[found.class_[at]],
                "cell": f"{row['cell']}, mandatory: {row['priority']} to {PRIORITIES[found.class_[at]]}" if shift else row["cell"],
                "desirability": _desirability(row, said.harm[at]), "harm": said.harm[at], "grade": said.grade[at],
                "worse_on": said.worse_on[at], "better_on": said.better_on[at], "currency": currency or None,
                "hours_of":hours_of.get(at) if sure[at] else None,
                "index": max(100 * best[at] / most, 0.0) if found.shown[at] and most > 0 else np.nan,
                "decided_by": why[position], "swap": swaps[position], "status": "ranked",
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=None if rows else ["finding_id"])


def other_rows(findings: pd.DataFrame, said: Evidence, is_ranked: np.ndarray, out: np.ndarray) -> pd.DataFrame:
    """What is not ranked: change requests, promises kept, what is allowed."""
    rows = []
    for at, row in enumerate(findings.to_dict("records")):
        if is_ranked[at]:
            continue
        status = "change_request" if out[at] and row["status"] == "open" else row["status"]
        rows.append(
            row
            | {
                "rank": pd.NA, "tie": "", "priority": None, "cell": None, "status": status, "decided_by": "",
                "desirability": _desirability(row, said.harm[at]), "harm": said.harm[at], "grade": said.grade[at],
                "worse_on": said.worse_on[at], "better_on": said.better_on[at],
            }
        )  # fmt: skip
    rows.sort(key=lambda row: (("change_request", "within_target", "allowed").index(row["status"]), row["finding_id"]))
    return pd.DataFrame(rows, columns=None if rows else ["finding_id"])


def _desirability(row: dict[str, Any], harm: str) -> str:
    """Is it the data? Is it allowed, or within the promise? Else: harmful, neutral, better, not known."""
    assert harm in HARMS
    step = "data" if row["flags"] else {"allowed": "allowed", "within_target": "kept"}.get(row["status"], harm)
    assert step in DESIRABILITY
    return step
