"""Other people than there were: more, fewer, or at other hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.what_if.clock import DAY
from mining.what_if.engine import Staffing

if TYPE_CHECKING:
    from mining.what_if.model import Model


@dataclass(frozen=True)
class Staff:
    """Other people: ``add`` to those there, ``factor`` of them, in the hours of a calendar of the blueprint."""

    pool: int
    add: int = 0
    factor: float = 1.0
    calendar: str | None = None


def staffed(model: Model, staffing: Staffing, changes: tuple[Staff, ...]) -> Staffing:
    """Other numbers of people."""
    for change in changes:
        low, high = int(staffing.offsets[change.pool]), int(staffing.offsets[change.pool + 1])
        at, people = staffing.at[low:high], staffing.people[low:high]
        if change.calendar is not None:
            at, people = _in_calendar(model, change.calendar, at, people)
        there = people > 0
        people = np.where(there, np.maximum(np.round(people * change.factor).astype(np.int64) + change.add, 0), 0)
        grown = len(at) - (high - low)
        offsets = staffing.offsets + grown * (np.arange(len(staffing.offsets)) > change.pool)
        staffing = Staffing(
            offsets,
            np.concatenate((staffing.at[:low], at, staffing.at[high:])),
            np.concatenate((staffing.people[:low], people, staffing.people[high:])),
        )
    return staffing


def _in_calendar(model: Model, calendar: str, at: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The hours of a calendar: in them the people of that moment, at least as many as are there on average; nobody outside them."""
    c = model.study.calendars[calendar]
    opens, closes = (model.days.clock.local(t) for t in (c.opens, c.closes))
    within = np.flatnonzero((closes > at[0]) & (opens < at[-1] + DAY))
    moments = np.unique(np.concatenate((at, opens[within], closes[within])))
    moments = moments[moments >= at[0]]
    level = people[np.maximum(np.searchsorted(at, moments, side="right") - 1, 0)]
    k = np.searchsorted(opens, moments, side="right") - 1
    is_open = (k >= 0) & (moments < closes[np.maximum(k, 0)])
    lengths = np.diff(np.append(at, at[-1]))
    typical = int(round(float((people * lengths).sum()) / max(float(lengths[people > 0].sum()), 1.0)))
    return moments, np.where(is_open, np.maximum(level, typical), 0)
