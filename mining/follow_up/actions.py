"""The rows of a plan as a follow-up needs them: which measure, from where to where, when."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mining.errors import MiningError
from mining.plan import metric_of, read_actions
from mining.plan.cells import day_in, days_in, number_in

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
    goal_zh: str
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
        are any, ``goal``, ``goal_zh``, ``check_dates`` (days, with ; between them) and ``status``.
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
    metric = (
        _read(where, lambda _, x: str(metric_of(x)), "metric", metric)
        if metric
        else f"share:{finding}"
        if finding
        else ""
    )
    baseline, target = (_number(where, key, row.get(key)) for key in ("baseline", "target"))
    start, due = (_begin(_read(where, day_in, key, _plain(row.get(key), tz)), tz) for key in ("start", "due"))
    if start is not None and due is not None and due < start:
        raise MiningError(f"{where} ({id}): due {due.date()} is before start {start.date()}.")
    begin = due if start is None else start
    after = None if due is None else due + pd.DateOffset(days=1)
    given = row.get("check_dates")
    listed = given if isinstance(given, (list, tuple)) else _read(where, days_in, "check_dates", _plain(given, tz))
    own = [_begin(_read(where, day_in, "check_dates", _plain(x, tz)), tz) for x in listed]
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
    goal, chinese = (_text(row.get(key)) for key in ("goal", "goal_zh"))
    return Action(id, finding, goal, chinese, metric, baseline, target, begin, after, tuple(sorted(checks)), why)


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NaT or value is pd.NA or value != value else str(value).strip()


def _read(where: str, read: Callable[[str, Any], Any], key: str, value: Any) -> Any:
    """What a cell holds; a mistake is told with its row."""
    try:
        return read(key, value)
    except MiningError as error:
        raise MiningError(f"{where}, {error}") from None


def _number(where: str, key: str, value: Any) -> float:
    found = _read(where, number_in, key, _text(value))
    return math.nan if found is None else float(found)


def _plain(value: Any, tz: str) -> Any:
    """A moment as its day in the zone; anything else as text."""
    if isinstance(value, datetime) and value is not pd.NaT:
        stamp = pd.Timestamp(value)
        return (stamp if stamp.tzinfo is None else stamp.tz_convert(tz)).date()
    return value if isinstance(value, date) and value is not pd.NaT else _text(value)


def _begin(day: date | None, tz: str) -> pd.Timestamp | None:
    """The first moment of a day."""
    if day is None:
        return None
    return pd.Timestamp(day).tz_localize(tz, nonexistent="shift_forward", ambiguous=True)
