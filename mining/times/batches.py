"""Which instances one person let gather and then did together.

A batch is at least 3 instances of one activity by one resource, of as many different cases, that

1. were started back to back: each at the start of the first one, or not later than 60 seconds after the latest completion of those
   before it;
2. had gathered: all of them were enabled when the first one started;
3. were held back: between the first and the last enabled time the resource was free (it worked on nothing) and within its working
   hours for at least a tenth of that time;
4. emptied the pile: they are at least half of the instances of this activity that this resource did from then on and that were
   enabled when the first one started;
5. are a habit: at least a fifth of the instances of this activity by this resource lie in runs for which all of this holds.

The first two are the batches of Martin and others (sequential, concurrent and parallel). They also hold in an ordinary queue: while a
person works, or sleeps, the next ones gather, and are then done one after the other. A queue is told from a batch by the third: whoever
serves a queue is never free while somebody waits. A tenth, and not any time at all, because working hours found in a log begin and end a
little before and after the true ones. The fourth keeps out a run of calls from a backlog of hundreds, which did not wait for each
other. The fifth keeps out chance: where people come by themselves, as to a kiosk, three come one after the other now and then.

A run is cut where an instance was not yet enabled when its first one started. What cannot be seen: a person at rest within the working
hours looks like one who holds back. Batches of two are not told from chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining._kernels import kernel
from mining.units import MICROSECONDS

LEAST = 3
TOLERANCE_S = 60
HELD = 0.1
EMPTIED = 0.5
HABIT = 0.2


@dataclass(frozen=True, eq=False)
class Runs:
    """Instances done back to back that had gathered before, and whether each run is a batch.

    Attributes
    ----------
    order : int64 array of shape (n,)
        Positions of the instances, those of a run next to each other.
    offsets : int64 array of shape (n_runs + 1,)
        The instances of run k are ``order[offsets[k]:offsets[k + 1]]``.
    pair : int64 array of shape (n_runs,)
        Number of the activity and resource.
    cases, waiting : int64 arrays of shape (n_runs,)
        Different cases; instances enabled and not started when the run began.
    first, last : int64 arrays of shape (n_runs,)
        The first and the last enabled time.
    """

    order: np.ndarray
    offsets: np.ndarray
    pair: np.ndarray
    cases: np.ndarray
    waiting: np.ndarray
    first: np.ndarray
    last: np.ndarray


def runs_of(
    activity: np.ndarray,
    resource: np.ndarray,
    case: np.ndarray,
    enabled: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
) -> Runs:
    """Cut the instances of each activity and resource into runs (conditions 1 and 2).

    Parameters
    ----------
    activity, resource, case, enabled, start, end : integer arrays of shape (n,)
        Of instances whose enabled time, start and resource are known; microseconds.
    """
    pairs = activity.astype(np.int64) * (int(resource.max(initial=0)) + 1) + resource
    pair = np.unique(pairs, return_inverse=True)[1]
    order = np.lexsort((enabled, start, pair))
    arrays = [np.ascontiguousarray(x[order], np.int64) for x in (pair, case, enabled, start, end)]
    n_cases = int(case.max(initial=-1)) + 1
    offsets, *rest = _cut(*arrays, n_cases, TOLERANCE_S * MICROSECONDS)
    return Runs(order, offsets, arrays[0][offsets[:-1]], *rest)


def batches_in(runs: Runs, held: np.ndarray) -> np.ndarray:
    """Runs that are batches (positions).

    Parameters
    ----------
    runs : Runs
    held : int64 array of shape (n_runs,)
        How long the resource was free and within its working hours from the first to the last enabled time, microseconds.
    """
    gathering, size = runs.last - runs.first, np.diff(runs.offsets)
    found = (runs.cases >= LEAST) & (gathering > 0) & (held >= HELD * gathering) & (size >= EMPTIED * runs.waiting)
    done, so = np.bincount(runs.pair, size), np.bincount(runs.pair, size * found)
    return np.flatnonzero(found & (so >= HABIT * done)[runs.pair])


@kernel
def _cut(pair, case, enabled, start, end, n_cases, tolerance):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = pair.size
    offsets = np.zeros(n + 1, np.int64)
    cases, waiting = np.zeros(n, np.int64), np.zeros(n, np.int64)
    first, last = np.zeros(n, np.int64), np.zeros(n, np.int64)
    stamp = np.full(n_cases, -1, np.int64)
    k = 0
    low = 0
    while low < n:
        high = low
        while high < n and pair[high] == pair[low]:
            high += 1
        by_enabled = np.sort(enabled[low:high])
        i = low
        while i < high:
            begin, done = start[i], end[i]
            first[k], last[k] = enabled[i], enabled[i]
            j = i
            while j < high and enabled[j] <= begin and (start[j] == begin or start[j] <= done + tolerance):
                done = max(done, end[j])
                first[k], last[k] = min(first[k], enabled[j]), max(last[k], enabled[j])
                if stamp[case[j]] != k:
                    stamp[case[j]] = k
                    cases[k] += 1
                j += 1
            waiting[k] = np.searchsorted(by_enabled, begin, side="right") - (i - low)
            i = j
            k += 1
            offsets[k] = i
        low = high
    return offsets[: k + 1].copy(), cases[:k].copy(), waiting[:k].copy(), first[:k].copy(), last[:k].copy()
