"""Why an instance waited: its wait taken apart into causes, by what the resource that later did it was doing meanwhile.

The wait of an instance is the interval from its enabled time to its start (closed-open), as `mining.flow.waits` measures it. Each moment
of it has one cause, the first of these that holds:

1. *batching*: up to the enabled time of the last member of the batch to which the instance belongs (`mining.times.batches`): before that
   moment the batch was not complete.
2. *contention*: the resource was at work on an instance that was enabled before this one, at the same time, or whose enabled time is
   not known (so that the next cause is never blamed without proof).
3. *prioritisation*: the resource was at work on an instance that was enabled after this one.
4. *unavailability*: the moment lies outside the working hours of the resource (`mining.times.working_hours`).
5. *other*: none of these. The resource was there and free; what was missing lies outside the log.

A resource is at work on an instance from its start to its completion, suspended time included, since a log does not say when within it
work rested. An instance without start or completion keeps nobody busy. Instances that overlap count once: the causes of a wait add up
to it, to the microsecond. This is the order of Lashkevich and others (causes of waiting time, Kronos); there, contention and
prioritisation are told apart in the same way.

Where the working hours are not known, what is left after the third cause is *not known*, and no batch is claimed.

Cost: sorting, and one Fenwick tree per resource: n log n for n instances, however long they wait and however many overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining._kernels import kernel
from mining.times.batches import Runs, batches_in, runs_of
from mining.times.working_hours import WorkingHours

CAUSES = ("batching", "contention", "prioritisation", "unavailability", "other", "not_known")
FIRST = np.iinfo(np.int64).min  # the enabled time of an instance whose enabled time is not known


@dataclass(frozen=True, eq=False)
class Work:
    """Instances that keep somebody busy, by resource.

    Attributes
    ----------
    resource, start, end, enabled : int64 arrays of shape (n,)
        Sorted by resource, then enabled time (`FIRST` where it is not known); end after start.
    """

    resource: np.ndarray
    start: np.ndarray
    end: np.ndarray
    enabled: np.ndarray

    @classmethod
    def of(cls, resource: np.ndarray, start: np.ndarray, end: np.ndarray, enabled: np.ndarray) -> Work:
        """Of instances in any order; those that take no time are left out."""
        rows = np.flatnonzero(end > start)
        rows = rows[np.lexsort((start[rows], enabled[rows], resource[rows]))]
        return cls(*(np.ascontiguousarray(x[rows], np.int64) for x in (resource, start, end, enabled)))


class Meanwhile:
    """How long each resource was at work, and how long it was there and free, up to any moment: only differences mean anything."""

    def __init__(self, work: Work, hours: WorkingHours) -> None:
        order = np.lexsort((work.start, work.resource))
        self.hours = hours
        self.of, self.start, self.end = merged(work.resource[order], work.start[order], work.end[order])
        self.busy = np.concatenate(([0], np.cumsum(self.end - self.start)))
        open_ = hours.before(self.of, self.end) - hours.before(self.of, self.start)
        self.busy_open = np.concatenate(([0], np.cumsum(open_)))

    def before(self, resource: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Time at work, and time within the working hours and not at work, of resources up to ``t``, microseconds."""
        at = _place(self.of, self.start, np.ascontiguousarray(resource, np.int64), np.ascontiguousarray(t, np.int64))
        inside = np.flatnonzero(at >= 0)
        k = at[inside]
        until = np.minimum(t[inside], self.end[k])
        busy = self.busy[np.where(at < 0, -1 - at, at)]
        busy_open = self.busy_open[np.where(at < 0, -1 - at, at)]
        busy[inside] += until - self.start[k]
        begun = resource[inside]
        busy_open[inside] += self.hours.before(begun, until) - self.hours.before(begun, self.start[k])
        return busy, self.hours.before(resource, t) - busy_open


@dataclass(frozen=True, eq=False)
class Split:
    """Waits taken apart.

    Attributes
    ----------
    parts : int64 array of shape (n, 6)
        Microseconds by cause, in the order of `CAUSES`; a row adds up to the wait.
    runs : Runs
        Instances done back to back.
    batches : int64 array
        Which of the runs are batches.
    batch : int64 array of shape (n,)
        The batch of each instance (position in ``batches``), or -1.
    """

    parts: np.ndarray
    runs: Runs
    batches: np.ndarray
    batch: np.ndarray


def split(
    activity: np.ndarray,
    resource: np.ndarray,
    case: np.ndarray,
    enabled: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    *,
    work: Work,
    hours: WorkingHours,
) -> Split:
    """Take waits apart; see the module for the definitions.

    Parameters
    ----------
    activity, resource, case, enabled, start, end : integer arrays of shape (n,)
        Of the instances that waited: all known (``end``: the start where it is not). Moments in microseconds UTC.
    work : Work
        All instances that keep somebody busy, these among them.
    hours : WorkingHours
        Of the resources.

    Examples
    --------
    Ann is at work from 0 to 60 on what came before; nobody knows her working hours:

    >>> from mining.times.working_hours import discovered
    >>> one = np.zeros(1, int)
    >>> work = Work.of(one, one, one + 60, one - 5)
    >>> hours = discovered(np.zeros(0, int), np.zeros(0, int), 1, (), "UTC")
    >>> split(one, one, one, one + 20, one + 90, one + 99, work=work, hours=hours).parts.tolist()
    [[0, 40, 0, 0, 0, 30]]
    """
    meanwhile = Meanwhile(work, hours)
    runs = runs_of(activity, resource, case, enabled, start, end)
    batches, batch = _batches(runs, resource, meanwhile)
    complete = np.append(runs.last[batches], 0)[batch]
    ready = np.where(batch >= 0, complete, enabled)
    (busy_0, free_0), (busy_1, free_1) = meanwhile.before(resource, ready), meanwhile.before(resource, start)
    busy, free = busy_1 - busy_0, free_1 - free_0
    contention = _contended(resource, ready, start, enabled, work)
    known = hours.known(resource, ready, start)
    idle = start - ready - busy
    nothing = np.zeros_like(idle)
    parts = [ready - enabled, contention, busy - contention]
    parts += [np.where(known, idle - free, nothing), np.where(known, free, nothing), np.where(known, nothing, idle)]
    return Split(np.stack(parts, axis=1).astype(np.int64), runs, batches, batch)


def _batches(runs: Runs, resource: np.ndarray, meanwhile: Meanwhile) -> tuple[np.ndarray, np.ndarray]:
    """The runs that are batches, and the batch of each instance."""
    batch = np.full(len(runs.order), -1, np.int64)
    if not len(batch):
        return np.zeros(0, np.int64), batch
    who = resource[runs.order[runs.offsets[:-1]]].astype(np.int64)
    held = meanwhile.before(who, runs.last)[1] - meanwhile.before(who, runs.first)[1]
    held = np.where(meanwhile.hours.known(who, runs.first, runs.last), held, 0)
    batches = batches_in(runs, held)
    number = np.full(len(who), -1, np.int64)
    number[batches] = np.arange(len(batches))
    batch[runs.order] = np.repeat(number, np.diff(runs.offsets))
    return batches, batch


def _contended(
    resource: np.ndarray, ready: np.ndarray, start: np.ndarray, enabled: np.ndarray, work: Work
) -> np.ndarray:
    """How long between ready and start the resource was at work on anything enabled not after the instance."""
    order = np.lexsort((enabled, resource))
    asked = [np.ascontiguousarray(x[order], np.int64) for x in (resource, ready, start, enabled)]
    found = np.empty(len(order), np.int64)
    found[order] = _covered(*asked, work.resource, work.start, work.end, work.enabled)
    return found


@kernel
def merged(resource, start, end):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Intervals that do not overlap and cover the same time; sorted by resource, then start."""
    of, low, high = (
        np.empty(resource.size, np.int64),
        np.empty(resource.size, np.int64),
        np.empty(resource.size, np.int64),
    )
    n = 0
    for i in range(resource.size):
        if n > 0 and of[n - 1] == resource[i] and start[i] <= high[n - 1]:
            high[n - 1] = max(high[n - 1], end[i])
        else:
            of[n], low[n], high[n] = resource[i], start[i], end[i]
            n += 1
    return of[:n].copy(), low[:n].copy(), high[:n].copy()


@kernel
def _place(of, start, resource, t):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The last interval of the resource that starts not after t; if there is none, -1 - (where its first one is or would be)."""
    found = np.empty(t.size, np.int64)
    for i in range(t.size):
        low, high = 0, of.size
        while low < high:
            middle = (low + high) // 2
            if of[middle] < resource[i] or (of[middle] == resource[i] and start[middle] <= t[i]):
                low = middle + 1
            else:
                high = middle
        found[i] = low - 1 if low > 0 and of[low - 1] == resource[i] else -1 - low
    return found


@kernel
def _sum_before(tree, k):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Sum of the first k values of a Fenwick tree."""
    total = np.int64(0)
    while k > 0:
        total += tree[k]
        k -= k & -k
    return total


@kernel
def _upto(at, tree, free, t):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Covered time before t: whole pieces between neighbouring moments, and the part of the piece in which t lies."""
    k = np.searchsorted(at, t, side="right") - 1
    if k < 0:
        return np.int64(0)
    if k >= at.size - 1:
        return _sum_before(tree, at.size - 1)
    found = _sum_before(tree, k)
    return found + (t - at[k] if free[k] != k else 0)


@kernel
def _cover(at, tree, free, start, end):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Cover the pieces from start to end that are not covered yet; ``free[k]`` leads to the first free piece from k on."""
    k, stop = np.searchsorted(at, start), np.searchsorted(at, end)
    while True:
        root = k
        while free[root] != root:
            root = free[root]
        while free[k] != root and k != root:
            free[k], k = root, free[k]
        if root >= stop:
            return
        length = at[root + 1] - at[root]
        place = root + 1
        while place < tree.size:
            tree[place] += length
            place += place & -place
        free[root] = root + 1
        k = root


@kernel
def _covered(resource, ready, start, enabled, of, low, high, order):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Per wait the covered part of it, when the work enabled up to then has been laid down: both in the order of enabled times."""
    found = np.zeros(resource.size, np.int64)
    i, a = 0, 0
    while i < resource.size:
        who = resource[i]
        while a < of.size and of[a] < who:
            a += 1
        b = a
        while b < of.size and of[b] == who:
            b += 1
        at = np.unique(np.concatenate((low[a:b], high[a:b])))
        tree, free = np.zeros(at.size + 1, np.int64), np.arange(at.size + 1)
        while i < resource.size and resource[i] == who:
            while a < b and order[a] <= enabled[i]:
                _cover(at, tree, free, low[a], high[a])
                a += 1
            if b > 0 and at.size > 0:
                found[i] = _upto(at, tree, free, start[i]) - _upto(at, tree, free, ready[i])
            i += 1
        a = b
    return found
