"""Joins the lifecycle events of one label in one case to activity instances, first in, first out; suspended time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mining.binding import Lifecycle
from mining.units import MISSING

SCHEDULE, START, COMPLETE, SUSPEND, RESUME = 0, 1, 2, 3, 4
OTHER = -1  # a word that makes no activity instance: counted by word, left out

STANDARD = (  # of IEEE 1849 (XES); what each means is in words.yaml
    *("schedule", "assign", "reassign", "start", "suspend", "resume", "complete"),
    *("autoskip", "manualskip", "withdraw", "ate_abort", "pi_abort", "unknown"),
)
# why events are no part of an instance, as the lineage says it
NEVER_STARTED = "scheduled, never started"
UNRESUMED = "suspend without resume"
UNSUSPENDED = "resume without suspend"
OUTSIDE = "suspend or resume while nothing runs"
PAUSED = "suspend and resume, their length kept with the instance"


def kinds_of(words: Sequence[str], lifecycle: Lifecycle) -> list[int]:
    """What each word of a lifecycle column means: ``SCHEDULE`` to ``RESUME``, or ``OTHER``.

    The binding says which words are complete, start and schedule. The standard words suspend and resume need not be
    named. Capitals do not matter.

    Parameters
    ----------
    words : sequence of str
    lifecycle : Lifecycle

    Returns
    -------
    list of int

    Examples
    --------
    >>> kinds_of(["START", "Suspend", "assign", "complete"], Lifecycle("word", "complete", "start"))
    [1, 3, -1, 2]
    """
    meant = {"suspend": SUSPEND, "resume": RESUME}
    bound = (
        *((lifecycle.suspend, SUSPEND), (lifecycle.resume, RESUME), (lifecycle.schedule, SCHEDULE)),
        *((lifecycle.start, START), (lifecycle.complete, COMPLETE)),
    )
    meant |= {word.casefold(): kind for word, kind in bound if word}
    return [meant.get(word.casefold(), OTHER) for word in words]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Activity instances as positions in the event arrays they were made from; -1 where there is no such event.

    ``scheduled``, ``started`` and ``completed`` have shape (n_instances,); ``unused`` lists the schedules that were
    never started, shape (n_unused,).
    """

    scheduled: np.ndarray
    started: np.ndarray
    completed: np.ndarray
    unused: np.ndarray


def pair(group: np.ndarray, kind: np.ndarray, time: np.ndarray) -> Pairs:
    """Pair the events of each group, first in, first out.

    A complete takes the earliest start of its group, at or before it, that no other complete has taken; a start takes
    the earliest such schedule. Who did it plays no part. At one and the same time schedules count before starts and
    starts before completes, so an instance of no duration is one instance; further ties go by position.

    Parameters
    ----------
    group : int array of shape (n,)
        One number per case and label.
    kind : int array of shape (n,)
        ``SCHEDULE``, ``START`` or ``COMPLETE``.
    time : int64 array of shape (n,)
        When.

    Returns
    -------
    Pairs
        One instance per complete and per start without complete, in no particular order.

    Examples
    --------
    >>> two = pair(np.array([0, 0, 0]), np.array([START, COMPLETE, COMPLETE]), np.array([1, 5, 9]))
    >>> two.started.tolist(), two.completed.tolist()
    ([0, -1], [1, 2])
    """
    order = np.lexsort((np.arange(len(group)), kind, time, group))
    start_of = _join(order[kind[order] != SCHEDULE], group, kind == START)
    schedule_of = _join(order[kind[order] != COMPLETE], group, kind == SCHEDULE)
    completes, starts = np.flatnonzero(kind == COMPLETE), np.flatnonzero(kind == START)
    open_starts = starts[start_of[starts] < 0]
    started = np.concatenate([start_of[completes], open_starts])
    scheduled = np.where(started >= 0, schedule_of[started], -1)
    completed = np.concatenate([completes, np.full(len(open_starts), -1)])
    schedules = np.flatnonzero(kind == SCHEDULE)
    return Pairs(scheduled, started, completed, schedules[schedule_of[schedules] < 0])


def _join(order: np.ndarray, group: np.ndarray, opening: np.ndarray) -> np.ndarray:
    """Partner of each event (-1 none): the k-th close that finds anything open takes the k-th open of its group."""
    partner = np.full(len(group), -1)
    if not order.size:
        return partner
    opens, groups = opening[order], group[order]
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    g = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(order)]))
    step = np.where(opens, 1, -1)
    walk = np.cumsum(step)
    walk -= (walk - step)[first][g]  # opens minus closes so far in the group
    # a close finds nothing open exactly where the walk falls below its lowest point so far (at most 0);
    # pushing each group below the one before restarts the running minimum
    drop = g * (len(order) + 1)
    lowest = np.minimum.accumulate(np.minimum(walk, 0) - drop) + drop
    before = np.r_[0, lowest[:-1]]
    before[first] = 0
    closes = np.flatnonzero(~opens & (lowest == before))
    open_at = np.flatnonzero(opens)
    opens_before_group = np.r_[0, np.cumsum(opens)][first]
    closes_before_group = np.searchsorted(closes, first)
    k = np.arange(len(closes)) - closes_before_group[g[closes]]
    partners = order[open_at[opens_before_group[g[closes]] + k]]
    partner[order[closes]] = partners
    partner[partners] = order[closes]
    return partner


@dataclass(frozen=True, eq=False)
class Pauses:
    """What became of suspends and resumes.

    Attributes
    ----------
    length : int64 array of shape (n_instances,)
        Microseconds that each instance was suspended; ``MISSING`` where a suspend of it was never resumed, so that the
        length is not known.
    used : int array
        Positions of the events that lie in an instance and have their partner.
    unresumed, unsuspended, outside : int arrays
        Positions of suspends without resume, of resumes without suspend, and of those at which no instance of their
        label was running. With ``used`` every suspend and resume once.
    """

    length: np.ndarray
    used: np.ndarray
    unresumed: np.ndarray
    unsuspended: np.ndarray
    outside: np.ndarray


def pauses(
    group: np.ndarray, kind: np.ndarray, time: np.ndarray,
    instance_group: np.ndarray, start: np.ndarray, end: np.ndarray,
) -> Pauses:  # fmt: skip
    """Lay suspends and resumes on the activity instances that they interrupt.

    An event belongs to the instance of its group that runs at that time; where several do, to the one that started
    first. Inside an instance suspends and resumes are joined first in, first out; time suspended twice over counts once.

    Parameters
    ----------
    group, kind, time : arrays of shape (n,)
        Case and label, ``SUSPEND`` or ``RESUME`` (other kinds are passed over), when.
    instance_group, start, end : int64 arrays of shape (n_instances,)
        The instances of `pair`; ``MISSING`` where there is no such moment. One without a start cannot be interrupted.

    Returns
    -------
    Pauses

    Examples
    --------
    >>> found = pauses(np.array([0, 0]), np.array([SUSPEND, RESUME]), np.array([2, 5]),
    ...                np.array([0]), np.array([1]), np.array([9]))
    >>> found.length.tolist(), found.used.tolist()
    ([3], [0, 1])
    """
    events = np.flatnonzero((kind == SUSPEND) | (kind == RESUME))
    length = np.zeros(len(instance_group), np.int64)
    owner = np.full(len(group), -1)
    owner[events] = _running(group[events], time[events], instance_group, start, end)
    mine = events[owner[events] >= 0]
    order = mine[np.lexsort((mine, kind[mine], time[mine], owner[mine]))]
    partner = _join(order, owner, kind == SUSPEND)
    opening = order[(kind[order] == SUSPEND) & (partner[order] >= 0)]
    closing = partner[opening]
    again = np.r_[False, owner[opening][1:] == owner[opening][:-1]][: len(opening)]
    since = np.where(again, np.maximum(time[opening], np.r_[MISSING, time[closing]][: len(opening)]), time[opening])
    np.add.at(length, owner[opening], np.maximum(time[closing] - since, 0))
    alone = mine[partner[mine] < 0]
    unresumed, unsuspended = alone[kind[alone] == SUSPEND], alone[kind[alone] == RESUME]
    length[owner[unresumed]] = MISSING
    return Pauses(
        length, np.sort(np.concatenate([opening, closing])), unresumed, unsuspended, events[owner[events] < 0]
    )


def _running(
    group: np.ndarray, time: np.ndarray, instance_group: np.ndarray, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """The instance of its group that runs at each moment, the first one started; -1 none.

    `pair` ends the instances of a group in the order of their starts, so the first one that ends later is the one.
    """
    found = np.full(len(group), -1)
    known = np.flatnonzero((start != MISSING) & np.isin(instance_group, group))
    if not len(known) or not len(group):
        return found
    ends = np.where(end[known] == MISSING, np.iinfo(np.int64).max, end[known])
    order = np.lexsort((start[known], ends, instance_group[known]))
    known, ends = known[order], ends[order]
    moments, rank = np.unique(np.concatenate([ends, time]), return_inverse=True)
    code = np.unique(np.concatenate([instance_group[known], group]), return_inverse=True)[1]
    key = code.astype(np.int64) * len(moments) + rank
    there, wanted = key[: len(known)], key[len(known) :]
    sides: tuple[Literal["left", "right"], ...] = ("left", "right")  # one that ends then gives way to one that goes on
    for side in sides:
        at = np.searchsorted(there, wanted, side=side)
        chosen = known[np.minimum(at, len(known) - 1)]
        runs = (at < len(known)) & (instance_group[chosen] == group) & (start[chosen] <= time)
        found = np.where(runs, chosen, found)
    return found
