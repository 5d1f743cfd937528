"""The same simulation as `mining.what_if.engine`, written with SimPy: easier to read, much slower. The tests hold both to equal moments."""

from __future__ import annotations

from collections import deque
from typing import Any, cast

import numpy as np

from mining.what_if.engine import COMPLETION, NEVER, READY, STAFFING, Staffing, Work, advanced


def simulate_by_simpy(work: Work, staffing: Staffing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As :func:`mining.what_if.engine.simulate`.

    Examples
    --------
    >>> two = np.zeros(2, np.int64)
    >>> work = Work(two, two - 1, two, two + 30, two, two, two, two)
    >>> one = Staffing(np.array([0, 4]), np.array([0, 50, 100, 999]), np.array([1, 0, 1, 1]))
    >>> [moments.tolist() for moments in simulate_by_simpy(work, one)]
    [[0, 0], [0, 30], [30, 110]]
    """
    return _Service(work, staffing).run()


class _Service:
    """People, queues and cases of one run."""

    def __init__(self, work: Work, staffing: Staffing) -> None:
        import simpy

        self.work, self.staffing, self.done = work, staffing, staffing.open_before()
        n, n_pools = len(work.arrival), len(staffing.offsets) - 1
        self.ready, self.start, self.end = (np.full(n, NEVER, np.int64) for _ in range(3))
        self.children: list[list[int]] = [[] for _ in range(n)]
        for i, parent in enumerate(work.parent.tolist()):
            if parent >= 0:
                self.children[parent].append(i)
        self.there, self.busy = [0] * n_pools, [0] * n_pools
        self.queues: list[tuple[deque[int], deque[int]]] = [(deque(), deque()) for _ in range(n_pools)]
        first = [int(work.arrival.min(initial=0))] + ([int(staffing.at.min())] if len(staffing.at) else [])
        self.env = simpy.Environment(initial_time=min(first))
        self.event = simpy.Event

    def run(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Let it run until nothing more happens."""
        for p in range(len(self.there)):
            self.staff(p, int(self.staffing.offsets[p]))
        for i in np.flatnonzero(self.work.parent < 0).tolist():
            self.enable(i, int(self.work.arrival[i]))
        self.env.run()
        return self.ready, self.start, self.end

    def at(self, t: int, kind: int, what: Any) -> None:
        """Call something at a moment."""
        if t < NEVER:
            event = self.event(self.env)
            event._ok, event._value = True, None
            event.callbacks.append(lambda _: what())
            self.env.schedule(event, priority=cast("Any", kind), delay=t - self.env.now)

    def after(self, clock: int, t: int, length: int) -> int:
        """The moment at which some time has passed on the clock of a pool, or on the wall."""
        if clock < 0:
            return t + length
        s = self.staffing
        return int(advanced(t, length, s.offsets[clock], s.offsets[clock + 1], s.at, s.people, self.done))

    def staff(self, p: int, step: int) -> None:
        """Change the number of people of a pool at the moment of a step."""
        if step < self.staffing.offsets[p + 1]:

            def change() -> None:
                self.there[p] = int(self.staffing.people[step])
                self.staff(p, step + 1)
                self.serve(p)

            self.at(int(self.staffing.at[step]), STAFFING, change)

    def enable(self, i: int, t: int) -> None:
        """An instance is enabled: it will be ready after its delay."""
        self.at(self.after(int(self.work.clock[i]), t, int(self.work.delay[i])), READY, lambda: self.queue(i))

    def queue(self, i: int) -> None:
        """An instance is ready: it asks for a person, if it needs one."""
        self.ready[i] = self.env.now
        p = int(self.work.pool[i])
        if p < 0:
            self.begin(i)
            return
        self.queues[p][int(self.work.later[i])].append(i)
        self.serve(p)

    def serve(self, p: int) -> None:
        """Give people to instances while there are any of both."""
        first, second = self.queues[p]
        while self.busy[p] < self.there[p] and (first or second):
            self.busy[p] += 1
            self.begin((first or second).popleft())

    def begin(self, i: int) -> None:
        """Work begins."""
        self.start[i] = self.env.now
        self.at(
            self.after(int(self.work.hours[i]), int(self.env.now), int(self.work.work[i])),
            COMPLETION,
            lambda: self.complete(i),
        )

    def complete(self, i: int) -> None:
        """Work is completed."""
        self.end[i] = self.env.now
        for child in self.children[i]:
            self.enable(child, int(self.env.now))
        p = int(self.work.pool[i])
        if p >= 0:
            self.busy[p] -= 1
            self.serve(p)
