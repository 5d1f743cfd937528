"""Every instance of a study and its wait: since when it could have begun, after what, and why it did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining._kernels import kernel
from mining.conformance.instances import Instances
from mining.flow import loops
from mining.flow.kernel import plain
from mining.flow.waits import HOW, MEASURED
from mining.times.causes import CAUSES, FIRST, Split, Work, split
from mining.times.instances import calendar_named
from mining.times.working_hours import WorkingHours, by_calendar, discovered
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

PARTS = (*CAUSES[:-1], "customer", "not_known")
NO_START = HOW.index("no_start")


@dataclass(frozen=True, eq=False)
class InstanceWaits:
    """The waits of all instances of a study, in its order.

    Attributes
    ----------
    how : int8 array of shape (n,)
        Position in ``mining.flow.waits.HOW``: how the wait is known, or why not.
    before : int64 array of shape (n,)
        Position of the instance of the case that completed last before the start (before the completion where there is no start), ties by
        their order in the case; -1 for none.
    enabled : int64 array of shape (n,)
        Microseconds UTC; ``MISSING`` where the wait is not known.
    wait : int64 array of shape (n,)
        Microseconds from enabled to start; -1 where not known.
    bound : int64 array of shape (n,)
        Where there is no start: from the completion before to its own, microseconds, which is at least the wait; else -1.
    parts : int64 array of shape (n, 7)
        The wait by cause, in the order of `PARTS`; 0 where the wait is not known.
    split : Split
        Of the instances ``asked``: those with a known wait and resource, outside the lanes of the customer.
    asked : int64 array
    hours : WorkingHours
    """

    how: np.ndarray
    before: np.ndarray
    enabled: np.ndarray
    wait: np.ndarray
    bound: np.ndarray
    parts: np.ndarray
    split: Split
    asked: np.ndarray
    hours: WorkingHours


def instance_waits(study: Study, calendar: str | None = None) -> InstanceWaits:
    """Measure the wait of every instance and take it apart.

    A wait for a step in a lane of the customer is the customer's own time (``customer``), whoever the log names as its resource; where
    there is no resource the whole wait is ``not_known``.

    Parameters
    ----------
    study : Study
    calendar : str, optional
        Id of a calendar of the blueprint: everybody's working hours. Else they are discovered, for each resource.

    Raises
    ------
    UnknownNameError
        If the blueprint has no such calendar.

    Examples
    --------
    >>> found = instance_waits(study)
    >>> bool((found.parts.sum(axis=1) == np.maximum(found.wait, 0)).all())
    True
    """
    x = study.instances
    declared = calendar_named(study, calendar)
    is_scheduled = np.zeros(len(x.names), bool)
    is_scheduled[list(x.whole.scheduled)] = True
    activity, offsets = plain(x.activity, np.int32), plain(x.offsets, np.int64)
    start, end, scheduled = (plain(t, np.int64) for t in (x.start, x.end, x.scheduled))
    wait, how = loops.waits(activity, plain(is_scheduled, bool), start, end, scheduled, offsets)
    before = _latest(start, end, offsets)
    bound = np.where((how == NO_START) & (before >= 0) & (end != MISSING), end - end[before], -1)
    measured = np.isin(how, MEASURED)
    enabled = np.where(measured, start - wait, MISSING)
    hours = working_hours(study) if declared is None else by_calendar(declared, len(x.log.resources))
    whose = np.append(of_customer(study), False)[activity]
    asked = np.flatnonzero(measured & (x.resource >= 0) & ~whose)
    busy = np.flatnonzero((x.resource >= 0) & (start != MISSING) & (end != MISSING))
    work = Work.of(x.resource[busy], start[busy], end[busy], np.where(measured, enabled, FIRST)[busy])
    found = split(
        *(array[asked] for array in (activity, x.resource, x.case, enabled, start, np.maximum(end, start))),
        work=work, hours=hours,
    )  # fmt: skip
    parts = np.zeros((len(how), len(PARTS)), np.int64)
    for k, cause in enumerate(CAUSES):
        parts[asked, PARTS.index(cause)] = found.parts[:, k]
    for rows, name in ((measured & whose, "customer"), (measured & ~whose & (x.resource < 0), "not_known")):
        parts[rows, PARTS.index(name)] = wait[rows]
    return InstanceWaits(how, before, enabled, wait, bound, parts, found, asked, hours)


def of_customer(study: Study) -> np.ndarray:
    """Which of the names of a study are steps in a lane of the customer (bool); a label outside the blueprint is none."""
    b, names = study.blueprint, study.instances.names
    return np.array([name in b.by_id and b.lane_of(name).kind == "customer" for name in names], bool)


def working_hours(study: Study) -> WorkingHours:
    """The hours in which each resource of a study was seen at work, by the local clock; see `working_hours.discovered`."""
    x = study.instances
    rows = [np.flatnonzero((x.resource >= 0) & (t != MISSING)) for t in (x.start, x.end)]
    who = np.concatenate([x.resource[r] for r in rows]).astype(np.int64)
    moment = np.concatenate([t[r] for r, t in zip(rows, (x.start, x.end), strict=True)])
    return discovered(who, moment, len(x.log.resources), _groups(x, study), study.blueprint.tz)


def _groups(x: Instances, study: Study) -> tuple[np.ndarray, np.ndarray]:
    """Role and lane of each resource: the first role that lists it, else those of the step that it did most often."""
    b, n = study.blueprint, len(x.log.resources)
    lanes, roles = {lane.id: i for i, lane in enumerate(b.lanes)}, {role.id: i for i, role in enumerate(b.roles)}
    steps = [b.by_id.get(name) for name in x.names]
    role_of = np.array([roles.get(a.role or "", -1) if a else -1 for a in steps], np.int64)
    lane_of = np.array([lanes[a.lane] if a else -1 for a in steps], np.int64)
    rows = np.flatnonzero(x.resource >= 0)
    pair, times = np.unique(x.resource[rows].astype(np.int64) * len(steps) + x.activity[rows], return_counts=True)
    order = np.lexsort((pair, -times, pair // max(len(steps), 1)))
    first = np.unique(pair[order] // max(len(steps), 1), return_index=True)
    most = np.full(n, -1, np.int64)
    most[first[0]] = pair[order][first[1]] % max(len(steps), 1)
    role, lane = (np.append(of, -1)[most] for of in (role_of, lane_of))
    place = {name: i for i, name in enumerate(x.log.resources)}
    listed = [(place[member], i) for i, r in enumerate(b.roles) for member in r.resources if member in place]
    for resource, i in reversed(listed):
        role[resource] = i
    return role, lane


@kernel
def _latest(start, end, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The other instance of the case that completed last and not after the start, or not after the completion and earlier in order."""
    n = start.size
    found = np.full(n, -1, np.int64)
    of = np.empty(n, np.int64)
    for c in range(offsets.size - 1):
        k = 0
        for i in range(offsets[c], offsets[c + 1]):
            if end[i] != MISSING:
                of[k] = i
                k += 1
        done = 0
        for i in range(offsets[c], offsets[c + 1]):
            if start[i] == MISSING:
                low = done
            else:
                low, high = 0, k
                while low < high:
                    middle = (low + high) // 2
                    if end[of[middle]] <= start[i]:
                        low = middle + 1
                    else:
                        high = middle
                if low > 0 and of[low - 1] == i:
                    low -= 1
            if low > 0:
                found[i] = of[low - 1]
            done += end[i] != MISSING
    return found
