"""What every rule is judged from: the moments of its two activities, whether cases still run, calendars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.blueprint.model import Blueprint, Rule
from mining.calendars import Calendar
from mining.conformance import verdicts as v
from mining.conformance.instances import LATEST, Instances, first_per_case, last_per_case
from mining.units import MISSING

BEFORE_ALL = np.int64(-(2**62))
Outcome = tuple[np.ndarray, v.Faults]  # verdict per case, faults


@dataclass(frozen=True, eq=False)
class Moments:
    """The moments of one activity, sorted by case and time.

    ``known`` tells whether the moment itself is in the log; where a start is not, ``time`` holds a stand-in.
    """

    case: np.ndarray
    time: np.ndarray
    instance: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.case)


@dataclass(frozen=True, eq=False)
class Context:
    """What every rule needs: instances, open cases, calendars, and the two activities' moments."""

    blueprint: Blueprint
    instances: Instances
    is_open: np.ndarray
    calendars: dict[str, Calendar]
    rule: Rule
    a: Moments
    b: Moments

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.instances.n_cases

    def count(self, moments: Moments) -> np.ndarray:
        """Number of moments per case."""
        return np.bincount(moments.case, minlength=self.n)

    def first(self, moments: Moments) -> np.ndarray:
        """Least time per case; later than everything where there is none."""
        time = first_per_case(moments.case, moments.time, self.n)
        return np.where(time == MISSING, LATEST, time)

    def last(self, moments: Moments) -> np.ndarray:
        """Greatest time per case; ``MISSING`` where there is none."""
        return last_per_case(moments.case, moments.time, self.n)

    def code(self, activity: str | None) -> int:
        """Position of an activity in the names of the instances."""
        return self.instances.code[activity] if activity else v.NONE

    def faults(self, moments: Moments, rows: np.ndarray, kind: str | np.ndarray, **more: object) -> v.Faults:
        """Faults located at some moments."""
        name = self.instances.activity[moments.instance[rows]]
        return v.faults(moments.case[rows], kind, name, moments.time[rows], instance=moments.instance[rows], **more)  # type: ignore[arg-type]

    def still_open(self, verdict: np.ndarray) -> np.ndarray:
        """In a case still running, what is not met yet is pending."""
        return np.where((verdict == v.FAIL) & self.is_open, v.PENDING, verdict)


def context_of(
    rule: Rule,
    blueprint: Blueprint,
    instances: Instances,
    is_open: np.ndarray,
    calendars: dict[str, Calendar],
    unknown_a: str = "late",
    unknown_b: str = "late",
) -> Context:
    """The moments of a rule's activities, and what else it needs.

    Parameters
    ----------
    rule : Rule
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)
    calendars : dict of str to Calendar
    unknown_a, unknown_b : {"late", "early", "out"}
        Where starts that are not known are put: at the completion, before everything, or left out. They lie somewhere between.
    """
    a = _moments(instances, rule.a, rule.a_at, unknown_a)
    b = _moments(instances, rule.b, rule.b_at, unknown_b)
    return Context(blueprint, instances, is_open, calendars, rule, a, b)


def _moments(instances: Instances, activity: str | None, at: str, unknown: str) -> Moments:
    """Moments of an activity; a start that is not known is put at the completion, ``early`` before everything, or left ``out``."""
    if activity is None:
        nothing = np.empty(0, np.int64)
        return Moments(nothing, nothing, nothing, nothing.astype(bool))
    if at == "complete":  # as a log is ordered
        rows = instances.of(activity)
        return Moments(instances.case[rows], instances.end[rows], rows, np.ones(len(rows), bool))
    rows = instances.started(activity)
    known = instances.start[rows] != MISSING
    if unknown == "out":
        rows, known = rows[known], known[known]
    stand_in = np.full(len(rows), BEFORE_ALL) if unknown == "early" else instances.end[rows]
    time = np.where(known, instances.start[rows], stand_in)
    order = np.lexsort((rows, time, instances.case[rows]))
    return Moments(instances.case[rows][order], time[order], rows[order], known[order])
