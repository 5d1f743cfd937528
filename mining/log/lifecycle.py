"""Joins schedule, start and complete of one label in one case to activity instances, first in, first out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SCHEDULE, START, COMPLETE = 0, 1, 2


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
