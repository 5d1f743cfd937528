"""What cases are made of: the complete cases of the log, each with its steps, what they waited for, and how long they took.

A case of the simulation is a case of the log that happens again at another moment, among other cases: its order of steps, its attributes
and its own times stay together. Of each step the wait is taken apart at the first moment at which its pool had somebody free: what comes
before (a queue, a closed service) is left to the simulation, what comes after is its *delay*, measured in the time in which the pool is
open, and happens again (Chapela-Campa and Dumas 2024, "extraneous activity delays"). A step in a lane of the customer, or that nobody is
named for, has its whole wait as a delay: by the clock of the service (anybody is at work) if at least 95 % of the steps of that kind happen
while it is open, as visits do; else by the clock on the wall. Work of up to four hours that has begun is finished at once, though the
others go home; longer work runs in the time in which the pool is open.

A long case is seen whole less often than a short one when a log ends. Each complete case therefore counts for the cases that began as early
as it had to, to be seen whole: n / (cases that arrived at least its throughput time before the end), the inverse probability of not being
censored (Robins and Rotnitzky 1992), at most `MOST`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining._kernels import kernel
from mining.conformance.instances import first_per_case, last_per_case
from mining.flow.kernel import plain
from mining.times.causes import merged
from mining.times.waiting import of_customer
from mining.units import MISSING
from mining.what_if.people import BREAK, Duty, Free

if TYPE_CHECKING:
    from mining.study import Study

MOST = 10.0
VISITS, LEAST_VISITS = 0.95, 30


@dataclass(frozen=True, eq=False)
class Templates:
    """The complete cases of a study, or of its part up to a moment.

    Attributes
    ----------
    case : int64 array of shape (n,)
        Case of the study.
    arrival, duration : int64 arrays of shape (n,)
        First moment (microseconds UTC), and from it to the last completion.
    weight : float64 array of shape (n,)
        How many cases it stands for.
    offsets : int64 array of shape (n + 1,)
        The steps of template k are ``offsets[k]:offsets[k + 1]``.
    instance : int64 array of shape (m,)
        Instance of the study.
    parent : int64 array of shape (m,)
        The instance of the case that completed last before it began, as a place within the case; -1 for none.
    delay, work : int64 arrays of shape (m,)
        Microseconds on the clock of the step.
    clock, hours, pool : int64 arrays of shape (m,)
        Pool on whose clock the delay runs, pool on whose clock the work does, and the pool of which it takes a person; -1 for none.
    has_start : bool array of shape (m,)
    scheduled : int64 array of shape (m,)
        From the completion of the parent (the arrival) to the moment of scheduling; ``MISSING`` where there is none.
    waited, queued : int64 arrays of shape (m,)
        From the completion of the parent to the start, and the part of it that is left to the simulation; 0 for steps without a start.
    """

    case: np.ndarray
    arrival: np.ndarray
    duration: np.ndarray
    weight: np.ndarray
    offsets: np.ndarray
    instance: np.ndarray
    parent: np.ndarray
    delay: np.ndarray
    work: np.ndarray
    clock: np.ndarray
    hours: np.ndarray
    pool: np.ndarray
    has_start: np.ndarray
    scheduled: np.ndarray
    waited: np.ndarray
    queued: np.ndarray


def templates_of(study: Study, duty: Duty, until: int, arrivals: np.ndarray) -> Templates:
    """The cases that were complete at a moment.

    Parameters
    ----------
    study : Study
    duty : Duty
    until : int
        Microseconds UTC: what is known then.
    arrivals : int64 array
        First moments of all cases that had begun by then.
    """
    x = study.instances
    last = last_per_case(x.case, np.where(x.done, x.end, MISSING), x.n_cases)
    whole = ~study.is_open & (x.case_end <= until) & (last != MISSING)
    rows = np.flatnonzero(x.done & whole[x.case])
    case, of = np.unique(x.case[rows], return_inverse=True)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(of, minlength=len(case))))).astype(np.int64)
    start, end = plain(x.start[rows], np.int64), plain(x.end[rows], np.int64)
    begun = np.where(start == MISSING, end, start)
    arrival = first_per_case(of, begun, len(case))
    parent = _parents(start, end, offsets)
    enabled = np.where(parent < 0, arrival[of], end[offsets[of] + np.maximum(parent, 0)])
    pool = np.append(duty.of, -1)[x.resource[rows]]
    pool[of_customer_rows(study, rows)] = -1
    pool[np.append(duty.people, 0)[pool] == 0] = -1
    pool = _with_visits(study, duty, rows, pool, begun)
    first, delay, work = _taken_apart(study, duty, rows, pool, enabled, begun, end, until)
    needs = (work > 0) & (pool >= 0) & (pool < len(duty.names))
    scheduled = x.scheduled[rows]
    duration = last_per_case(of, end, len(case)) - arrival
    return Templates(
        case, arrival, duration, _weights(duration, arrivals, until), offsets, rows, parent, delay, work, pool,
        np.where(needs & (end - begun > BREAK), pool, -1), np.where(needs, pool, -1), start != MISSING,
        np.where(scheduled == MISSING, MISSING, scheduled - enabled),
        np.where(start == MISSING, 0, begun - enabled), np.where(start == MISSING, 0, first - enabled),
    )  # fmt: skip


def of_customer_rows(study: Study, rows: np.ndarray) -> np.ndarray:
    """Which of some instances are steps in a lane of the customer (bool)."""
    return np.asarray(of_customer(study)[study.instances.activity[rows]])


def _taken_apart(
    study: Study,
    duty: Duty,
    rows: np.ndarray,
    pool: np.ndarray,
    enabled: np.ndarray,
    begun: np.ndarray,
    end: np.ndarray,
    until: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each step the first moment at which somebody was free, and its delay and work on its clock."""
    x = study.instances
    first, delay, work = enabled.copy(), begun - enabled, end - begun
    all_rows = (x.resource >= 0) & (x.start != MISSING) & (x.end > x.start) & (x.end <= until)
    busy_rows = np.flatnonzero(all_rows)
    order = np.lexsort((x.start[busy_rows], x.resource[busy_rows]))
    busy = merged(*(np.ascontiguousarray(a[busy_rows][order], np.int64) for a in (x.resource, x.start, x.end)))
    for p in range(len(duty.names) + 1):
        mine = np.flatnonzero(pool == p)
        free = Free.of(duty, p, (busy[0], busy[1], busy[2]))
        some = np.minimum(free.first(enabled[mine]), begun[mine])
        needs = (work[mine] > 0) & (p < len(duty.names))
        first[mine] = np.where(needs, some, enabled[mine])
        t = [free.open_before(moment) for moment in (first[mine], begun[mine], end[mine])]
        long = needs & (end[mine] - begun[mine] > BREAK)
        delay[mine], work[mine] = t[1] - t[0], np.where(long, np.maximum(t[2] - t[1], 1), work[mine])
    return first, delay, work


def _with_visits(study: Study, duty: Duty, rows: np.ndarray, pool: np.ndarray, begun: np.ndarray) -> np.ndarray:
    """Steps without a pool that happen only while the service is open get its clock: the number after the last pool."""
    everybody, activity = len(duty.names), study.instances.activity[rows]
    free = Free.of(duty, everybody, (duty.who[:0], duty.begin[:0], duty.end[:0]))
    outside = np.flatnonzero(pool < 0)
    n = np.bincount(activity[outside], minlength=len(study.instances.names))
    is_open = free.first(begun[outside]) == begun[outside]
    visits = np.bincount(activity[outside], is_open, minlength=len(n)) >= VISITS * np.maximum(n, LEAST_VISITS)
    return np.where((pool < 0) & visits[activity], everybody, pool)


def _weights(duration: np.ndarray, arrivals: np.ndarray, until: int) -> np.ndarray:
    """How many cases each complete case stands for."""
    early = np.searchsorted(np.sort(arrivals), until - duration, side="right")
    return np.minimum(len(arrivals) / np.maximum(early, 1), MOST)


@kernel
def _parents(start, end, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The instance earlier in the case that completed last and not after the start; without a start the one before. Within the case."""
    found = np.full(start.size, -1, np.int64)
    for c in range(offsets.size - 1):
        first = offsets[c]
        for i in range(first, offsets[c + 1]):
            if start[i] == MISSING:
                found[i] = i - 1 - first
                continue
            low, high = first, i
            while low < high:
                middle = (low + high) // 2
                if end[middle] <= start[i]:
                    low = middle + 1
                else:
                    high = middle
            found[i] = low - 1 - first
    return found
