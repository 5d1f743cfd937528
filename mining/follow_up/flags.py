"""What else might explain an effect, or why it might not be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.follow_up.actions import Action
from mining.follow_up.before_after import BeforeAfter

if TYPE_CHECKING:
    from mining.study import Study

YEAR = 365
LAST = 4  # periods just before an action: where bad luck would make somebody act


@dataclass(frozen=True)
class Surroundings:
    """What an action stands among: the logs, the other actions of the plan, the moment of reading."""

    study: Study
    before: Study | None
    plan: Sequence[Action]
    now: pd.Timestamp


def flags_of(action: Action, found: BeforeAfter, looked: Sequence[dict[str, Any]], around: Surroundings) -> list[str]:
    """The flags of an action, in a fixed order.

    - ``other_action``: another one on the same finding, check or outcome was at work between its start and its last check;
    - ``regression_to_mean``: the four periods just before the start were worse than the rest of the time before, or the stated baseline
      was worse than the interval of the measured one: after bad luck things get better by themselves;
    - ``season``: less than a year before the start is measured, so a season looks like an effect;
    - ``blueprint_changed``: the logs were read against different versions, or the version came into force after the time before began;
    - ``baseline_differs``: the stated baseline lies outside the interval of the measured one;
    - ``trend_before``: the measure was moving already, or may have been;
    - ``not_parallel``: the slopes of measure and comparison differed before;
    - ``log_coverage``: a check is due that the log cannot answer.
    """
    points = found.points
    before = points[points["side"] == "before"]
    found_flags = {
        "other_action": _others(action, around.plan, _last(action, found)),
        "regression_to_mean": _regression(action, found, before["value"].to_numpy(float)),
        "season": before.empty or (found.at - before["start"].iloc[0]).days < YEAR,
        "blueprint_changed": _changed(found, around),
        "baseline_differs": _differs(action.baseline, found),
        "trend_before": found.change.onward == "both",
        "not_parallel": found.parallel is False,
        "log_coverage": any(row["why"] in ("not_yet", "few_after") and row["check_at"] <= around.now for row in looked),
    }
    return [flag for flag, raised in found_flags.items() if raised]


def _last(action: Action, found: BeforeAfter) -> pd.Timestamp:
    """The last moment that an answer on the action rests on."""
    after = found.series.frame.loc[(found.points["side"] == "after").to_numpy(), "end"]
    ends = [*action.checks, *after.tail(1)]
    return max(ends) if ends else found.at


def _others(action: Action, plan: Sequence[Action], last: pd.Timestamp) -> bool:
    for other in plan:
        if other.id == action.id or other.why == "stopped" or other.start is None or action.start is None:
            continue
        same = other.metric == action.metric or (action.finding_id and other.finding_id == action.finding_id)
        until = max([*other.checks, other.due if other.due is not None else other.start])
        if same and other.start <= last and until >= action.start:
            return True
    return False


def _measured(found: BeforeAfter) -> tuple[float, float, float]:
    row = found.frame.set_index("term").loc["before"]
    return float(row["estimate"]), float(row["low"]), float(row["high"])


def _differs(baseline: float, found: BeforeAfter) -> bool:
    _, low, high = _measured(found)
    return bool(np.isfinite([baseline, low, high]).all() and not low <= baseline <= high)


def _regression(action: Action, found: BeforeAfter, before: np.ndarray) -> bool:
    worse = -np.sign(action.predicted) if np.isfinite(action.predicted) else found.series.worse
    mean, low, high = _measured(found)
    if _differs(action.baseline, found) and (action.baseline - mean) * worse > 0:
        return True
    if len(before) < 2 * LAST or before.std() == 0:
        return False
    from scipy.stats import ttest_ind

    side = "greater" if worse > 0 else "less"
    if before[:-LAST].std() == 0 and before[-LAST:].std() == 0:
        return bool((before[-1] - before[0]) * worse > 0)
    return bool(ttest_ind(before[-LAST:], before[:-LAST], alternative=side).pvalue < 0.05)


def _changed(found: BeforeAfter, around: Surroundings) -> bool:
    study, before = around.study, around.before
    if before is not None and before.blueprint.sha256 != study.blueprint.sha256:
        return True
    begins = pd.Timestamp(study.blueprint.effective[0]).tz_localize(study.blueprint.tz)
    known = found.points.loc[found.points["side"].isin(["before", "after"]), "start"]
    return bool(len(known) and known.iloc[0] < begins <= known.iloc[-1])


def signals_after(found: BeforeAfter, predicted: float) -> str:
    """Tests of the control chart that fire after the change, on the better side, joined by comma."""
    chart = found.chart.frame
    if found.chart.why or not np.isfinite(predicted):
        return ""
    better = (chart["value"] - chart["centre"]) * np.sign(predicted) > 0
    rows = chart[(found.points["side"] == "after").to_numpy() & better & (chart["signals"] != "")]
    return ", ".join(dict.fromkeys(name for text in rows["signals"] for name in text.split(", ")))
