"""The rows of a plan as a follow-up needs them: which measure, from where to where, when."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mining.errors import MiningError
from mining.plan import metric_of, read_actions

NEEDED = ("action_id", "finding_id", "metric", "baseline", "target", "start", "due")
STOPPED = ("cancelled", "canceled", "dropped", "rejected", "取消", "已取消")
CHECKS = (30, 90, 180)  # days after the due day


@dataclass(frozen=True)
class Action:
    """One action. Moments are the beginnings of days in the blueprint's zone; ``due`` is the beginning of the day after the due day.

    ``why`` says what it lacks to be followed: ``no_metric``, ``no_target``, ``no_due``, ``stopped``; empty where it can be.
    """

    id: str
    finding_id: str
    goal: str
    metric: str
    baseline: float
    target: float
    start: pd.Timestamp | None
    due: pd.Timestamp | None
    checks: tuple[pd.Timestamp, ...]
    why: str

    @property
    def predicted(self) -> float:
        """The effect that the plan promises."""
        return self.target - self.baseline


def actions_of(table: Any, tz: str, days: Sequence[int] = CHECKS) -> tuple[Action, ...]:
    """The actions of a plan, one per row.

    Parameters
    ----------
    table : Actions, DataFrame, str or Path
        As :func:`mining.plan.read_actions` gives or reads it, or a frame with the columns ``action_id``, ``finding_id``, ``metric``
        (``share:F-c9b39b3a``, ``share:R1`` or ``outcome:time``; blank: the share of ``finding_id``), ``baseline`` and ``target`` (in the
        unit of the measure: shares from 0 to 1, or written ``12 %``; times in seconds), ``start`` and ``due`` (days), and, where there
        are any, ``goal``, ``check_dates`` (days, with ; between them) and ``status``.
    tz : str
        Zone in which days begin.
    days : sequence of int
        Checks after the due day, for actions without ``check_dates``.

    Raises
    ------
    MiningError
        If a column is missing, an action stands there twice, or a cell cannot be read.

    Examples
    --------
    >>> row = {"action_id": "A1", "finding_id": "F-1", "metric": "", "baseline": "20 %", "target": 0.1, "start": "2026-03-01", "due": ""}
    >>> found = actions_of(pd.DataFrame([row]), "UTC")[0]
    >>> found.metric, round(found.predicted, 3), found.why
    ('share:F-1', -0.1, 'no_due')
    """
    frame = getattr(read_actions(table) if isinstance(table, str | Path) else table, "frame", table)
    if missing := [name for name in NEEDED if name not in frame.columns]:
        raise MiningError(
            f"actions: no column {' and no column '.join(missing)}. The columns are {', '.join(map(repr, frame.columns))}."
        )
    found = tuple(_action(row, i, tz, days) for i, row in enumerate(frame.to_dict("records"), 1))
    seen: dict[str, int] = {}
    for i, action in enumerate(found, 1):
        if action.id in seen:
            raise MiningError(
                f"actions: row {i:,} has the action_id {action.id!r} of row {seen[action.id]:,}. Give each its own."
            )
        seen[action.id] = i
    return found


def _action(row: dict[Any, Any], number: int, tz: str, days: Sequence[int]) -> Action:
    where = f"actions: row {number:,}"
    id, finding, metric = (_text(row.get(key)) for key in ("action_id", "finding_id", "metric"))
    if not id:
        raise MiningError(f"{where} has no action_id.")
    metric = str(metric_of(metric)) if metric else f"share:{finding}" if finding else ""
    baseline, target = (_number(row.get(key), f"{where}, {key}") for key in ("baseline", "target"))
    start, due = (_day(row.get(key), f"{where}, {key}", tz) for key in ("start", "due"))
    if start is not None and due is not None and due < start:
        raise MiningError(f"{where} ({id}): due {due.date()} is before start {start.date()}.")
    begin = due if start is None else start
    after = None if due is None else due + pd.DateOffset(days=1)
    given = row.get("check_dates")
    listed = list(given) if isinstance(given, (list, tuple)) else re.split(r"[;,\s]+", _text(given))
    own = [_day(x, f"{where}, check_dates", tz) for x in listed]
    checks = [x for x in own if x is not None]
    if not checks and due is not None:
        checks = [due + pd.DateOffset(days=n) for n in days]
    why = (
        "stopped" if _text(row.get("status")).casefold() in STOPPED
        else "no_metric" if not metric
        else "no_due" if after is None
        else "no_target" if math.isnan(baseline) or math.isnan(target) or baseline == target
        else ""
    )  # fmt: skip
    goal = _text(row.get("goal"))
    return Action(id, finding, goal, metric, baseline, target, begin, after, tuple(sorted(checks)), why)


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NaT or value is pd.NA or value != value else str(value).strip()


def _number(value: Any, where: str) -> float:
    text = _text(value)
    if not text:
        return math.nan
    try:
        found = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = math.inf
    if not math.isfinite(found):
        raise MiningError(f"{where}: {text!r} is no number. Write 0.12 or 12 %.")
    return found


def _day(value: Any, where: str, tz: str) -> pd.Timestamp | None:
    text = _text(value)
    if not text:
        return None
    try:
        found = pd.Timestamp(value if isinstance(value, pd.Timestamp) else text)
    except (ValueError, TypeError):
        raise MiningError(f"{where}: {text!r} is no day written as 2026-03-31.") from None
    if found.tzinfo is not None:
        found = found.tz_convert(tz).tz_localize(None)
    return found.normalize().tz_localize(tz, nonexistent="shift_forward", ambiguous=True)
