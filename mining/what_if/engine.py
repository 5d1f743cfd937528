"""The engine: cases before people, event by event, as a compiled loop. It draws nothing: all chance is in what it is given.

An *instance* becomes enabled when its predecessor in the case completes (the first ones when the case arrives). Its delay passes, then it
asks for one of the people of its pool, who are given first come, first served (those of class 0 before those of class 1). It is at work
for its time of work, and completes. Delays and work run on a clock: the pool's, which stands still while nobody of it is at work, or the
clock on the wall. Work on the clock of the pool rests while the pool is closed; other work is finished, whoever goes home.

`benchmarks.queue_by_simpy` says the same with SimPy, and the tests hold both to equal moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining._kernels import kernel

NEVER = 2**62
COMPLETION, STAFFING, READY = 0, 1, 2  # what comes first of events at one moment


@dataclass(frozen=True, eq=False)
class Staffing:
    """How many people of each pool are at work, as steps.

    Attributes
    ----------
    offsets : int64 array of shape (n_pools + 1,)
        The steps of pool p are ``offsets[p]:offsets[p + 1]``.
    at : int64 array
        Moments from which a step holds, in order within a pool; before the first one nobody is at work.
    people : int64 array
        People at work from then on.
    """

    offsets: np.ndarray
    at: np.ndarray
    people: np.ndarray

    def open_before(self) -> np.ndarray:
        """Open time of each pool (somebody is at work) from its first step up to each step, microseconds."""
        done = np.zeros(len(self.at), np.int64)
        for p in range(len(self.offsets) - 1):
            low, high = int(self.offsets[p]), int(self.offsets[p + 1])
            if high > low:
                lengths = np.diff(self.at[low:high]) * (self.people[low : high - 1] > 0)
                done[low + 1 : high] = np.cumsum(lengths)
        return done


@dataclass(frozen=True, eq=False)
class Work:
    """The instances of all cases of a run, those of a case together, each after its predecessor.

    Attributes
    ----------
    arrival : int64 array of shape (n,)
        When the case of the instance arrived.
    parent : int64 array of shape (n,)
        Position of the predecessor; -1: enabled when the case arrives.
    delay, work : int64 arrays of shape (n,)
        Microseconds on their clocks.
    clock, hours : int32 arrays of shape (n,)
        The pool whose clock is that of the delay, and of the work; -1: the clock on the wall.
    pool : int32 array of shape (n,)
        The pool of which it takes a person; -1: none.
    later : int8 array of shape (n,)
        Class in the queue, 0 or 1.
    """

    arrival: np.ndarray
    parent: np.ndarray
    delay: np.ndarray
    work: np.ndarray
    clock: np.ndarray
    hours: np.ndarray
    pool: np.ndarray
    later: np.ndarray


def simulate(work: Work, staffing: Staffing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When each instance was ready, began and completed (int64 microseconds; ``NEVER``: not within the staffing given).

    Examples
    --------
    Two cases arrive at 0 before one person, who is there from 0 to 50 and from 100 on; each takes 30:

    >>> two = np.zeros(2, np.int64)
    >>> work = Work(two, two - 1, two, two + 30, two, two, two, two)
    >>> one = Staffing(np.array([0, 4]), np.array([0, 50, 100, 999]), np.array([1, 0, 1, 1]))
    >>> [moments.tolist() for moments in simulate(work, one)]
    [[0, 0], [0, 30], [30, 110]]
    """
    arrays = (work.arrival, work.parent, work.delay, work.work)
    some = [np.ascontiguousarray(x, np.int64) for x in (*arrays, work.clock, work.hours, work.pool, work.later)]
    steps = [np.ascontiguousarray(x, np.int64) for x in (staffing.offsets, staffing.at, staffing.people)]
    ready, start, end = _simulate(*some, *steps, np.ascontiguousarray(staffing.open_before(), np.int64))
    return ready, start, end


def open_until(staffing: Staffing, done: np.ndarray, pool: int, t: np.ndarray) -> np.ndarray:
    """Open time of a pool from its first step up to each moment, microseconds; ``done`` as `Staffing.open_before` gives it."""
    low, high = int(staffing.offsets[pool]), int(staffing.offsets[pool + 1])
    if high == low:
        return np.zeros(len(t), np.int64)
    k = np.searchsorted(staffing.at[low:high], t, side="right") - 1
    at = low + np.maximum(k, 0)
    return np.where(k < 0, 0, done[at] + np.where(staffing.people[at] > 0, t - staffing.at[at], 0))


@kernel
def advanced(t, length, low, high, at, people, done):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The moment at which ``length`` of open time has passed since ``t``, on the clock of the steps low to high."""
    if length == 0:
        return t
    if high == low:
        return NEVER
    k = np.searchsorted(at[low:high], t, side="right") - 1 + low
    if k < low:
        wanted = length
        k = low
    else:
        wanted = done[k] + length + (t - at[k] if people[k] > 0 else 0)
    if wanted > done[high - 1]:
        return at[high - 1] + wanted - done[high - 1] if people[high - 1] > 0 else NEVER
    k = np.searchsorted(done[low:high], wanted, side="left") - 1 + low
    return at[k] + wanted - done[k]


@kernel
def _before(heap, i, j):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether one event of the heap comes before another: by moment, kind, order of entry."""
    if heap[i, 0] != heap[j, 0]:
        return heap[i, 0] < heap[j, 0]
    if heap[i, 1] != heap[j, 1]:
        return heap[i, 1] < heap[j, 1]
    return heap[i, 2] < heap[j, 2]


@kernel
def _push(heap, n, t, kind, entry, what):  # type: ignore[no-untyped-def]  # pragma: no cover
    heap[n, 0], heap[n, 1], heap[n, 2], heap[n, 3] = t, kind, entry, what
    i = n
    while i > 0 and _before(heap, i, (i - 1) // 2):
        up = (i - 1) // 2
        for c in range(4):
            heap[i, c], heap[up, c] = heap[up, c], heap[i, c]
        i = up


@kernel
def _pop(heap, n):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Take the first event away: it is moved to place n - 1."""
    for c in range(4):
        heap[0, c], heap[n - 1, c] = heap[n - 1, c], heap[0, c]
    size, i = n - 1, 0
    while True:
        least = i
        for k in (2 * i + 1, 2 * i + 2):
            if k < size and _before(heap, k, least):
                least = k
        if least == i:
            return
        for c in range(4):
            heap[i, c], heap[least, c] = heap[least, c], heap[i, c]
        i = least


@kernel
def _simulate(arrival, parent, delay, work, clock, hours, pool, later, offsets, at, people, done):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, n_pools = arrival.size, offsets.size - 1
    ready, start, end = np.full(n, NEVER, np.int64), np.full(n, NEVER, np.int64), np.full(n, NEVER, np.int64)
    child, sibling = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    heap = np.empty((n + n_pools + 1, 4), np.int64)  # an instance is there once: ready or completion
    size, entry = 0, 0
    for i in range(n - 1, -1, -1):
        if parent[i] >= 0:
            sibling[i] = child[parent[i]]
            child[parent[i]] = i
    there, busy, step = np.zeros(n_pools, np.int64), np.zeros(n_pools, np.int64), offsets[:-1].copy()
    head, tail = np.full((n_pools, 2), -1, np.int64), np.full((n_pools, 2), -1, np.int64)
    behind = np.full(n, -1, np.int64)
    for p in range(n_pools):
        if offsets[p + 1] > offsets[p]:
            _push(heap, size, at[offsets[p]], STAFFING, entry, p)
            size, entry = size + 1, entry + 1
    for i in range(n):
        if parent[i] < 0:
            t = arrival[i] + delay[i]
            if clock[i] >= 0:
                t = advanced(arrival[i], delay[i], offsets[clock[i]], offsets[clock[i] + 1], at, people, done)
            if t < NEVER:
                _push(heap, size, t, READY, entry, i)
                size, entry = size + 1, entry + 1
    while size > 0:
        _pop(heap, size)
        size -= 1
        now, kind, what = heap[size, 0], heap[size, 1], heap[size, 3]
        p = what
        if kind == READY:
            ready[what] = now
            p = pool[what]
            if p >= 0:
                k = later[what]
                if tail[p, k] >= 0:
                    behind[tail[p, k]] = what
                else:
                    head[p, k] = what
                tail[p, k] = what
        elif kind == STAFFING:
            there[p] = people[step[p]]
            step[p] += 1
            if step[p] < offsets[p + 1]:
                _push(heap, size, at[step[p]], STAFFING, entry, p)
                size, entry = size + 1, entry + 1
        else:
            end[what] = now
            p = pool[what]
            if p >= 0:
                busy[p] -= 1
            i = child[what]
            while i >= 0:
                t = now + delay[i]
                if clock[i] >= 0:
                    t = advanced(now, delay[i], offsets[clock[i]], offsets[clock[i] + 1], at, people, done)
                if t < NEVER:
                    _push(heap, size, t, READY, entry, i)
                    size, entry = size + 1, entry + 1
                i = sibling[i]
        i = what if kind == READY and p < 0 else -1
        while True:
            if p >= 0:
                if busy[p] >= there[p]:
                    break
                k = 0 if head[p, 0] >= 0 else 1
                i = head[p, k]
                if i < 0:
                    break
                head[p, k] = behind[i]
                if head[p, k] < 0:
                    tail[p, k] = -1
                busy[p] += 1
            if i < 0:
                break
            start[i] = now
            t = now + work[i]
            if hours[i] >= 0:
                t = advanced(now, work[i], offsets[hours[i]], offsets[hours[i] + 1], at, people, done)
            if t < NEVER:
                _push(heap, size, t, COMPLETION, entry, i)
                size, entry = size + 1, entry + 1
            i = -1
            if p < 0:
                break
    return ready, start, end
