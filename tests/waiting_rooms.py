"""Logs whose waits have a known cause, made by queues in plain Python; times in seconds after Monday 2026-03-02 00:00 UTC.

Every case is a step A by a machine, which takes no time and makes the case ready, and a step B by a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import mining
from mining.blueprint import Blueprint
from tests.helpers import OFFICE, blueprint

MIDNIGHT = pd.Timestamp("2026-03-02", tz="UTC")
MINUTE, HOUR, DAY = 60, 3600, 86_400
SHIFT = {"tz": "UTC", "week": {"mon-sun": ["08:00-20:00"]}, "coverage": ["2026-01-01", "2026-12-31"]}
ROUND_THE_CLOCK = {"tz": "UTC", "week": {"mon-sun": ["00:00-24:00"]}, "coverage": ["2026-01-01", "2026-12-31"]}
CALENDARS = OFFICE | {"shift": SHIFT, "always": ROUND_THE_CLOCK}


@dataclass(frozen=True)
class Job:
    """One B: since when it could begin, when it began, how long it took, and by whom."""

    ready: int
    start: int
    work: int
    worker: str = "ann"


def norm(**more: object) -> Blueprint:
    """A before B before C, all by anybody."""
    return blueprint(
        ["a", {"optional": "b"}, {"optional": "c"}], activities="abc", ends=["a", "b", "c"], calendars=CALENDARS, **more
    )


def log_of(rows: Iterable[tuple[str, str, float | None, float, str | None]]) -> pd.DataFrame:
    """Rows (case, label, start, end, resource) as a frame; times in seconds after the first midnight."""
    table = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource"])
    for name in ("start", "end"):
        table[name] = MIDNIGHT + pd.to_timedelta(table[name].astype(float), unit="s")
    return table


def study_of(rows: Iterable[tuple[str, str, float | None, float, str | None]], **more: object) -> mining.Study:
    """A study of rows as for `log_of`."""
    of = norm(**more)
    return mining.Study(mining.EventLog.from_frame(log_of(rows), columns=of.binding), of)


def jobs_log(jobs: Iterable[Job]) -> mining.Study:
    """A study of jobs."""
    rows = []
    for k, job in enumerate(jobs):
        rows += [
            (f"c{k:05}", "A", job.ready, job.ready, f"machine {k % 50}"),
            (f"c{k:05}", "B", job.start, job.start + job.work, job.worker),
        ]
    return study_of(rows)


def served(arrivals: list[tuple[int, int]], pick: Callable[[list[int]], int], worker: str) -> list[Job]:
    """One worker who is never idle while anybody waits; ``pick`` chooses among those waiting (in the order of arrival)."""
    left = sorted(arrivals)
    waiting: list[tuple[int, int]] = []
    now, found = 0, []
    while left or waiting:
        if not waiting:
            now = max(now, left[0][0])
        while left and left[0][0] <= now:
            waiting.append(left.pop(0))
        ready, work = waiting.pop(pick([x[0] for x in waiting]))
        found.append(Job(ready, now, work, worker))
        now += work
    return found


def contention(seed: int, days: int, worker: str = "fay") -> list[Job]:
    """First come first served, all that comes in a day done on that day."""
    rng, found = np.random.default_rng(seed), []
    for day in range(days):
        at = day * DAY + 8 * HOUR + rng.integers(0, 6 * HOUR, 14)
        work = rng.integers(10 * MINUTE, 35 * MINUTE, 14)
        found += served(list(zip(at.tolist(), work.tolist(), strict=True)), lambda waiting: 0, worker)
    return found


def prioritisation(seed: int, days: int, worker: str = "pat") -> list[Job]:
    """A job comes, one second later others that are done before it, one after the other; then it is its turn."""
    rng, found = np.random.default_rng(seed), []
    for day in range(days):
        for hour in range(8, 18, 3):
            now = low = day * DAY + hour * HOUR + int(rng.integers(0, 30 * MINUTE))
            now += 1
            for work in rng.integers(5 * MINUTE, 20 * MINUTE, rng.integers(1, 5)).tolist():
                found.append(Job(now, now, work, worker))
                now += work
            found.append(Job(low, now, 10 * MINUTE, worker))
    return found


def batching(seed: int, days: int, worker: str = "bea", together: bool = True) -> list[Job]:
    """Five are gathered and done together when the fifth has come, or one after the other."""
    rng, found = np.random.default_rng(seed), []
    for day in range(days):
        for hour in (8, 12, 16):
            at = np.sort(day * DAY + hour * HOUR + rng.integers(0, 150 * MINUTE, 5)).tolist()
            found += [
                Job(ready, at[-1] + (0 if together else k * 5 * MINUTE), 5 * MINUTE, worker)
                for k, ready in enumerate(at)
            ]
    return found


def other(seed: int, days: int, worker: str = "oli") -> list[Job]:
    """The worker is there and free, and what is missing comes later."""
    rng, found = np.random.default_rng(seed), []
    for day in range(days):
        for hour in range(8, 18, 2):
            ready = day * DAY + hour * HOUR + int(rng.integers(0, 15 * MINUTE))
            found.append(Job(ready, ready + int(rng.integers(10 * MINUTE, 90 * MINUTE)), 3 * MINUTE, worker))
    return found


def night(seed: int, days: int, worker: str = "nat") -> list[Job]:
    """By day each job begins at once; what comes at night begins at eight in the morning."""
    rng, found = np.random.default_rng(seed), []
    for day in range(days):
        ready = (day - 1) * DAY + 20 * HOUR + int(rng.integers(30 * MINUTE, 11 * HOUR))
        found.append(Job(ready, day * DAY + 8 * HOUR, 10 * MINUTE, worker))
        for hour in range(8, 20):
            at = day * DAY + hour * HOUR + 20 * MINUTE + int(rng.integers(0, 30 * MINUTE))
            found.append(Job(at, at, 9 * MINUTE, worker))
    return found


PURE = {
    "batching": batching, "contention": contention, "other": other, "prioritisation": prioritisation,
    "unavailability": night,
}  # fmt: skip
