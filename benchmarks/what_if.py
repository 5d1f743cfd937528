"""The engine of the what-if beside SimPy: ``python -m benchmarks.what_if [--cases N] [--steps N] [--runs N] [--seed N]``.

Both get the same arrivals, delays, work and people (three pools in two shifts a day), and must give the same moments. Printed are
CPU seconds of one run, and of as many runs as are asked for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.queue_by_simpy import simulate_by_simpy
from mining.what_if.engine import NEVER, Staffing, Work, simulate

SECOND = 1_000_000
DAY = 86_400 * SECOND
PER_HOUR, MINUTES, POOLS = 100.0, 10.0, 3


def service(cases: int, steps: int, seed: int) -> tuple[Work, Staffing]:
    """Cases of some steps one after the other, before pools that are about 80 % busy.

    Examples
    --------
    >>> work, staffing = service(10, 3, 0)
    >>> len(work.arrival), len(staffing.offsets) - 1
    (30, 3)
    """
    chance, n = np.random.default_rng(seed), cases * steps
    arrival = np.repeat(np.cumsum(chance.exponential(3600 * SECOND / PER_HOUR, cases)).astype(np.int64), steps)
    parent = np.arange(n) - 1
    parent[::steps] = -1
    pool = np.arange(n) % steps % POOLS
    work = chance.exponential(60 * MINUTES * SECOND, n).astype(np.int64)
    delay = chance.exponential(1800 * SECOND, n).astype(np.int64)
    days = int(arrival[-1] // DAY) + 60
    at = (np.arange(days)[:, None] * DAY + np.array([8, 13, 18]) * 3600 * SECOND).ravel()
    busy = PER_HOUR * MINUTES / 60 * steps / POOLS * 2.4  # they work ten hours of 24
    people = np.tile([round(busy * 1.25) + 1, round(busy * 1.25) + 2, 0], days)
    staffing = Staffing(np.arange(POOLS + 1) * len(at), np.tile(at, POOLS), np.tile(people, POOLS))
    return Work(arrival, parent, delay, work, pool, np.full(n, -1), pool, np.zeros(n, np.int64)), staffing


def timed(engine: Callable[[Work, Staffing], Any], work: Work, staffing: Staffing) -> tuple[float, Any]:
    """CPU seconds of one run, and what it gave."""
    begin = time.process_time()
    found = engine(work, staffing)
    return time.process_time() - begin, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("cases", 10_000), ("steps", 10), ("runs", 30), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    simulate(*service(10, 3, 0))  # compiled before the clock runs
    work, staffing = service(asked.cases, asked.steps, asked.seed)
    ours, mine = timed(simulate, work, staffing)
    theirs, simpys = timed(simulate_by_simpy, work, staffing)
    same = all(np.array_equal(a, b) for a, b in zip(mine, simpys, strict=True))
    print(
        f"{asked.cases:,} cases, {len(work.arrival):,} steps, {int((mine[2] == NEVER).sum()):,} not completed; equal moments: {same}"
    )
    for name, seconds in (("engine", ours), ("SimPy", theirs)):
        each = seconds / len(work.arrival) * 1e6
        print(
            f"{name}: {seconds:.2f} s a run ({each:.2f} microseconds a step), {seconds * asked.runs:.1f} s for {asked.runs} runs"
        )


if __name__ == "__main__":
    main()
