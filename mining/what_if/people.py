"""Who works in which pool, and how many of them were at work on each day.

A person is in the pool of the role that lists them, else of the role of the step that they took most often; a step without a role counts
for its lane, but for lanes of the customer and of technology, which hold no staff. Only people whose work has a length are counted: what
takes no time keeps nobody busy. Of a pool with fewer than `LEAST_WORK` pieces of work nobody knows the hours: it is no pool.

On a day on which a person was seen (a start or a completion) they are at work in the hours that they keep on that weekday
(`mining.times.working_hours`; those of their pool where they were seen too little), and between two moments at which they were seen that
lie at most four hours apart. Of longer work only the part in those hours counts, where they are known. Who does fewer than three pieces of
work on a day may be there without being seen: they are also at work on days between two such days at most a week apart, if anybody was seen
then (at three pieces a day, a day of presence without any has a chance of 5 %, by Poisson's law). A day of the log is thus a profile of
steps: how many people of each pool were there from when on.

A pool of which a tenth or more of the work overlaps within the same people (teams under one name, systems, people with several cases open)
is not limited: what it could do at once is not in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.times.causes import merged
from mining.times.working_hours import HOUR, QUARTER, WorkingHours, discovered
from mining.units import MISSING
from mining.what_if.clock import DAY, MONDAY, ranges, to_utc
from mining.what_if.engine import NEVER

if TYPE_CHECKING:
    from mining.conformance.instances import Instances
    from mining.study import Study

BREAK = 4 * HOUR  # the longest stretch in which a person is at work for certain
OVERLAP = 0.1  # of the work of a pool, from which on its people do several things at once
UNLIMITED = 2**40
LEAST_WORK = 100
SURELY_SEEN = 3  # pieces of work on a day, from which on a day without any is a day of absence
NO_STAFF = ("customer", "onstage_technology", "physical_evidence")


@dataclass(frozen=True, eq=False)
class Duty:
    """Pools and the time that their people were at work.

    Attributes
    ----------
    names : tuple of str
        Ids of the roles or lanes that are pools.
    of : int64 array of shape (n_resources,)
        Pool of each resource, -1 for none.
    limited : bool array of shape (n_pools,)
        Whether people of the pool do one thing at a time.
    people : int64 array of shape (n_pools,)
        Resources of it whose work has a length.
    who, begin, end : int64 arrays
        Stretches at work, by person and begin, not overlapping; microseconds UTC.
    work : float64 array of shape (n_pools,)
        Seconds of work in the calibration, instances that overlap counted each.
    """

    names: tuple[str, ...]
    of: np.ndarray
    limited: np.ndarray
    people: np.ndarray
    who: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    work: np.ndarray

    def of_pool(self, pool: int) -> np.ndarray:
        """Which of the stretches are of a pool; the number after the last pool is everybody."""
        return np.asarray((self.of[self.who] == pool) | (pool == len(self.names)))


def pools_of(study: Study, x: Instances) -> tuple[tuple[str, ...], np.ndarray]:
    """Ids of the pools, and the pool of each resource (-1: none)."""
    b, n, steps = study.blueprint, len(x.log.resources), len(x.names)
    pool_of_step = [_pool_of_step(study, name) for name in x.names]
    names = list(dict.fromkeys([r.id for r in b.roles] + [p for p in pool_of_step if p]))
    place = {name: i for i, name in enumerate(names)}
    step_pool = np.array([place[p] if p else -1 for p in pool_of_step], np.int64)
    rows = np.flatnonzero((x.resource >= 0) & (step_pool[x.activity] >= 0))
    pair, times = np.unique(x.resource[rows].astype(np.int64) * steps + x.activity[rows], return_counts=True)
    order = np.lexsort((pair, -times, pair // steps))
    first = np.unique(pair[order] // steps, return_index=True)
    of = np.full(n, -1, np.int64)
    of[first[0]] = step_pool[pair[order][first[1]] % steps]
    known = {name: i for i, name in enumerate(x.log.resources)}
    for role in reversed(b.roles):
        of[[known[member] for member in role.resources if member in known]] = place[role.id]
    used = np.unique(of[of >= 0])
    renumber = np.full(len(names) + 1, -1, np.int64)
    renumber[used] = np.arange(len(used))
    return tuple(names[i] for i in used), renumber[of]


def _pool_of_step(study: Study, name: str) -> str | None:
    """Role of a step, else its lane; None for a label outside the blueprint, and for lanes without staff."""
    b = study.blueprint
    if name not in b.by_id:
        return None
    lane = b.lane_of(name)
    return b.by_id[name].role or (None if lane.kind in NO_STAFF else lane.id)


def duty_of(study: Study, rows: np.ndarray) -> Duty:
    """The pools of a study, from some of its instances (positions)."""
    x = study.instances
    names, of = pools_of(study, x)
    n = len(names)
    rows = rows[(x.resource[rows] >= 0) & (x.start[rows] != MISSING) & (x.end[rows] > x.start[rows])]
    rows = rows[of[x.resource[rows]] >= 0]
    rows = rows[np.bincount(of[x.resource[rows]], minlength=n)[of[x.resource[rows]]] >= LEAST_WORK]
    who, begin, end = (np.ascontiguousarray(a[rows], np.int64) for a in (x.resource, x.start, x.end))
    order = np.lexsort((begin, who))
    who, begin, end = who[order], begin[order], end[order]
    m_who, m_begin, m_end = merged(who, begin, end)
    work = np.bincount(of[who], end - begin, minlength=n) / 1e6
    alone = np.bincount(of[m_who], m_end - m_begin, minlength=n) / 1e6
    people = np.bincount(of[np.unique(who)], minlength=n)
    moments = np.concatenate((begin, end)), np.concatenate((who, who))
    hours = discovered(moments[1], moments[0], len(of), (of,), study.blueprint.tz) if len(who) else None
    stretches = _at_work(m_who, m_begin, m_end, hours)
    return Duty(names, of, (alone > (1 - OVERLAP) * work) & (people > 0), people, *stretches, work)


def _at_work(
    who: np.ndarray, begin: np.ndarray, end: np.ndarray, hours: WorkingHours | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stretches at work, from pieces of work that do not overlap, sorted by person and begin."""
    if hours is None:
        return who, begin, end
    same = np.flatnonzero(who[1:] == who[:-1])
    gaps = same[begin[same + 1] - end[same] <= BREAK]
    long = (end - begin > BREAK) & hours.known(who, begin, end)
    parts = [
        (who[~long], begin[~long], end[~long]),
        (who[gaps], end[gaps], begin[gaps + 1]),
        _kept(hours, np.concatenate((who, who)), np.concatenate((begin, end))),
    ]
    joined = [np.concatenate(part) for part in zip(*parts, strict=True)]
    order = np.lexsort((joined[1], joined[0]))
    found = merged(*(np.ascontiguousarray(a[order], np.int64) for a in joined))
    return found[0], found[1], found[2]


def _kept(hours: WorkingHours, who: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The hours that people keep, on the days on which they were seen."""
    days = _days_there(who, hours.clock.local(seen) // DAY)
    days = days[:, hours.of[days[0]] >= 0]
    edges = np.diff(np.pad(hours.open.reshape(-1, 7, 96).astype(np.int8), ((0, 0), (0, 0), (1, 1))), axis=2)
    kind, low = np.divmod(np.flatnonzero(edges == 1), 97)
    high = np.flatnonzero(edges == -1) % 97
    begins = np.searchsorted(kind, np.arange(7 * len(hours.open) + 1))
    place = hours.of[days[0]] * 7 + (days[1] + MONDAY) % 7
    rows, of = ranges(begins[place], begins[place + 1])
    midnight = days[1][of] * DAY
    moments = [to_utc(hours.clock, midnight + cells[rows] * QUARTER) for cells in (low, high)]
    kept = moments[1] > moments[0]
    return days[0][of][kept], moments[0][kept], moments[1][kept]


def _days_there(who: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Person and day of all days on which they are taken to be there; moments come in pairs, begin and end of a piece of work."""
    days, times = np.unique(np.stack((who, day)), axis=1, return_counts=True)
    pieces = np.bincount(days[0], times) / 2 / np.maximum(np.bincount(days[0]), 1)
    near = (days[0][1:] == days[0][:-1]) & (np.diff(days[1]) <= 7) & (pieces[days[0][1:]] < SURELY_SEEN)
    at = np.flatnonzero(near)
    between, of = ranges(days[1][at] + 1, days[1][at + 1])
    staffed = np.isin(between, days[1])
    more = np.stack((days[0][at][of][staffed], between[staffed]))
    return np.unique(np.concatenate((days, more), axis=1), axis=1)


@dataclass(frozen=True, eq=False)
class Free:
    """When a pool had somebody free, in the log: at work and not busy."""

    at: np.ndarray
    free: np.ndarray
    there: np.ndarray
    opened: np.ndarray

    @classmethod
    def of(cls, duty: Duty, pool: int, busy: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Free:
        """Of a pool; ``busy``: person, begin and end of the pieces of work, not overlapping within a person."""
        mine, at_work = duty.of[busy[0]] == pool, duty.of_pool(pool)
        moments = [duty.begin[at_work], duty.end[at_work], busy[1][mine], busy[2][mine]]
        at = np.unique(np.concatenate(moments))
        there, taken = (
            np.cumsum(
                np.bincount(np.searchsorted(at, low), minlength=len(at))
                - np.bincount(np.searchsorted(at, high), minlength=len(at))
            )
            for low, high in (moments[:2], moments[2:])
        )
        free = there - taken if pool < len(duty.names) and duty.limited[pool] else there
        opened = np.concatenate(([0], np.cumsum(np.diff(at) * (there[:-1] > 0)))) if len(at) else at
        return cls(at, free, there, opened)

    def first(self, t: np.ndarray) -> np.ndarray:
        """The first moment from each on at which somebody is free; ``NEVER`` where none is."""
        if not len(self.at):
            return np.full(len(t), NEVER)
        when = np.where(self.free > 0, self.at, NEVER)
        coming = np.append(np.minimum.accumulate(when[::-1])[::-1], NEVER)
        k = np.searchsorted(self.at, t, side="right") - 1
        now = (k >= 0) & (self.free[np.maximum(k, 0)] > 0)
        return np.where(now, t, coming[k + 1])

    def open_before(self, t: np.ndarray) -> np.ndarray:
        """Time with somebody at work up to each moment, microseconds."""
        if not len(self.at):
            return np.zeros(len(t), np.int64)
        k = np.searchsorted(self.at, t, side="right") - 1
        at = np.maximum(k, 0)
        return np.where(k < 0, 0, self.opened[at] + np.where(self.there[at] > 0, t - self.at[at], 0))


@dataclass(frozen=True, eq=False)
class Profiles:
    """Steps of people at work, by pool and day of the local clock.

    Attributes
    ----------
    first, n_days : int
        Number of the first day (since 1970-01-01), and how many there are.
    offsets : int64 array of shape (n_pools * n_days + 1,)
    at, people : int64 arrays
        Microseconds since the local midnight, and people at work from then on; each day begins with a step at midnight.
    """

    first: int
    n_days: int
    offsets: np.ndarray
    at: np.ndarray
    people: np.ndarray


def profiles_of(duty: Duty, local_begin: np.ndarray, local_end: np.ndarray, first: int, last: int) -> Profiles:
    """Cut the time at work, on the local clock, into days from ``first`` to ``last`` (numbers since 1970-01-01).

    After the pools comes one of everybody: whether the service is open.
    """
    n_days, n = last - first + 1, len(duty.names)
    midnights = (np.arange(n_days) + first) * DAY
    ats, people, counts = [], [], []
    for pool in range(n + 1):
        mine = duty.of_pool(pool)
        low, high = local_begin[mine], local_end[mine]
        at = np.unique(np.concatenate((low, high, midnights)))
        change = np.bincount(np.searchsorted(at, low), minlength=len(at))
        level = np.cumsum(change - np.bincount(np.searchsorted(at, high), minlength=len(at)))
        keep = (at >= midnights[0]) & (at < midnights[-1] + DAY)
        day = at[keep] // DAY - first
        counts.append(np.bincount(day, minlength=n_days))
        ats.append(at[keep] - (day + first) * DAY)
        people.append(level[keep])
    nothing = [np.zeros(0, np.int64)]
    offsets = np.concatenate(([0], np.cumsum(np.concatenate([*nothing, *counts])))).astype(np.int64)
    return Profiles(first, n_days, offsets, np.concatenate([*nothing, *ats]), np.concatenate([*nothing, *people]))
