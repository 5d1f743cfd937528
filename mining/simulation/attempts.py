"""A fault tried at one place of a case, before anybody has looked at what it breaks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mining.blueprint.model import Standard
from mining.simulation.contacts import crossings
from mining.simulation.repairs import Repair
from mining.simulation.rules import Instance
from mining.simulation.service import Plan, Service, Task

ON_THE_PATH = "on the path"
MOST_PLACES = 8


@dataclass(frozen=True)
class Attempt:
    """A changed plan, and what ought to be said of it.

    Attributes
    ----------
    plan : Plan
    activity : str or None
        Where the fault is; empty where it has no place, None where the check that shows it says so.
    partner : str
        The other step of a swap, a pair or a replacement.
    ways : tuple of Repair
        The ways to mend the path that are equally good, should a path check break: each the edits that undo the fault.
    check : str or None
        The check that must show it: its id, ``ON_THE_PATH`` for any path check, or None for any check that names kind and place.
    """

    plan: Plan
    activity: str | None
    partner: str = ""
    ways: tuple[Repair, ...] = ((),)
    check: str | None = None


def changed(plan: Plan, place: int, task: Task) -> Plan:
    """The plan with another task at a place."""
    return replace(plan, tasks=(*plan.tasks[:place], task, *plan.tasks[place + 1 :]))


def crosses_too_often(service: Service, standard: Standard, plan: Plan) -> bool:
    """Whether a plan breaks a standard of hand-overs or turns, before anybody has looked at the clock."""
    trace = [Instance(task.activity, i, i, task.resource) for i, task in enumerate(plan.tasks)]
    often = len(crossings(standard, service.blueprint, trace))
    return isinstance(standard.limit, int | float) and often > standard.limit
