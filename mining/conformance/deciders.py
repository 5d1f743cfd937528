"""The things that a verdict rests on: events of one case, and what did not happen in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from mining.blueprint.model import Blueprint, Condition
from mining.calendars import Calendar
from mining.conformance import verdicts as v
from mining.conformance.conditions import is_missing
from mining.conformance.context import Moments
from mining.conformance.instances import Instances
from mining.units import MISSING

PARTS = (
    "a", "b",  # the two activities of a rule
    "first", "last",  # the step that begins the case, ends it so far
    "next", "previous",  # the neighbour of an activity
    "start", "end", "due",  # of what a standard measures
    "stop", "resume",  # where the clock stood still
    "from", "to",  # before and after a change of hands, or of sides
    "step",  # an event that the check looks at
    "proof",  # what shows that the customer got the evidence
    "reopened", "withdrawn",
    "condition",  # the row whose value decides where the check applies
    "absent",  # nothing: what is named did not happen, or is not filled in
    "now",  # the last moment of the log, to which a running case is measured
)  # fmt: skip


@dataclass(frozen=True)
class Decider:
    """One thing that a verdict rests on.

    Attributes
    ----------
    instance : int or None
        Position in ``study.instances``; None where something did not happen, or is no event.
    part : str
        What it is to the check, one of ``PARTS``.
    at : int
        The moment that counts, microseconds UTC; ``MISSING`` where there is none.
    of : str
        The activity that is absent; the attribute that decides, or is not filled in; the evidence that a proof is of. Else empty.
    """

    instance: int | None
    part: str
    at: int
    of: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """One case of a study, and what a check said of it.

    Attributes
    ----------
    instances : Instances
        Of this case only; cases are numbered as in the study.
    first : int
        Position of its first instance in those of the study.
    case : int
    verdict : int
        Gross.
    faulty : tuple of int
        Positions in ``instances`` of those that decide its faults.
    """

    blueprint: Blueprint
    instances: Instances
    is_open: np.ndarray
    calendars: dict[str, Calendar]
    first: int
    case: int
    verdict: int
    faulty: tuple[int, ...]

    @property
    def end(self) -> int:
        """Last moment of the case."""
        return int(self.instances.case_end[self.case])

    def steps(self, part: str, rows: Iterable[int], of: str = "") -> list[Decider]:
        """Events at the time by which the case is ordered."""
        return [Decider(i, part, int(self.instances.order_time[i]), of) for i in map(int, rows)]

    def steps_or_absent(self, part: str, *names: str) -> list[Decider]:
        """All completed instances of some activities; if there are none, that they are absent."""
        return self.steps(part, self.instances.of(*names)) or [self.absent(name) for name in names]

    def failing(self, found: list[Decider]) -> list[Decider]:
        """Where the check fails only those that decide a fault, else all."""
        return [x for x in found if x.instance in self.faulty] if self.faulty else found

    def absent(self, of: str, at: int | None = None) -> Decider:
        """Something that did not happen, to the end of the case so far unless a moment is given."""
        return Decider(None, "absent", self.end if at is None else at, of)


def moments(part: str, table: Moments, rows: Iterable[int]) -> list[Decider]:
    """Events at the moment that a rule compares; one that the log does not have is ``MISSING``."""
    return [
        Decider(int(table.instance[i]), part, int(table.time[i]) if table.known[i] else MISSING) for i in map(int, rows)
    ]


def conditions(when: tuple[Condition, ...], seen: Seen) -> list[Decider]:
    """The rows of the case with the values that conditions are about, each the first; absent where no row has one."""
    found = []
    for name in dict.fromkeys(condition.attr for condition in when):
        rows = np.flatnonzero(~is_missing(seen.instances.values(name)))[:1]
        found += seen.steps("condition", rows, name) or [seen.absent(name)]
    return found


def ordered(found: list[Decider], first: int) -> list[Decider]:
    """Each once, in order of time, with positions in the instances of the study."""
    moved = [replace(x, instance=None if x.instance is None else x.instance + first) for x in dict.fromkeys(found)]
    return sorted(
        moved, key=lambda x: (x.at == MISSING, x.at, x.instance is None, x.instance or 0, PARTS.index(x.part))
    )


def faults_of(check: v.CheckResult, case: int) -> np.ndarray:
    """Rows of the faults of a case; those of a check are sorted by case."""
    return np.arange(*np.searchsorted(check.faults.case, [case, case + 1]))
