"""The table of the page on what actions changed: promised and found, the whole time and where it stands now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.follow_up.series import worded
from mining.report.formats import Writer
from mining.report.frames import Told, told_table
from mining.report.table import Table

if TYPE_CHECKING:
    from mining.follow_up.reaudit import FollowUp

DIFFERENCES = ("effect", "step", "slope")  # and their intervals


def follow_up_table(found: FollowUp, w: Writer) -> Table:
    """One row per action; what is not measured is a dash."""
    goals = found.goals(w.lang)
    rows = [_row(row, found, goals[row["action_id"]], w) for _, row in found.frame.iterrows()]
    columns = (
        Told("goal", "follow_up.col_goal", "text"),
        Told("predicted", "follow_up.col_promised", "word"),
        Told("before", "follow_up.col_before", "word"),
        Told("after", "follow_up.col_after", "word"),
        *(Told(name, f"follow_up.col_{name}", "text") for name in DIFFERENCES),
        Told("verdict", "follow_up.col_verdict", "text"),
        Told("status", "follow_up.col_status", "text"),
    )
    frame = pd.DataFrame(rows, columns=[x.column for x in columns], dtype=object)
    return told_table("follow-up", w.say("follow_up.table"), frame, columns, w)


def _row(row: pd.Series, found: FollowUp, goal: str, w: Writer) -> dict[str, str | None]:
    told: dict[str, str | None] = {"goal": goal}
    told |= {name: w.say(f"follow_up.status_{row[name]}") for name in ("verdict", "status")}
    change = found.changes.get(row["action_id"])
    if change is None:
        return told
    kind, unit = change.series.kind, change.series.unit

    def said(value: float, *, points: bool = False, short: bool = False) -> str | None:
        if not np.isfinite(value):
            return None
        return f"{100 * value:z.1f}" if short and kind == "share" else worded(value, kind, unit, w.lang, points=points)

    told |= {
        "before": said(row["before"]),
        "after": said(row["after"]),
        "predicted": said(row["predicted"], short=True),
    }
    for name, ends in zip(
        DIFFERENCES, (("low", "high"), ("step_low", "step_high"), ("slope_low", "slope_high")), strict=True
    ):
        middle, low, high = (said(row[x], points=True, short=True) for x in (name, *ends))
        known = middle is not None and low is not None and high is not None
        told[name] = w.say("follow_up.with_interval", value=middle, low=low, high=high) if known else middle
    return told
