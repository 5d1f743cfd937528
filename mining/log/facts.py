"""What is true of a whole log and cannot be seen in a piece of it: its last moment, whether it knows starts, its labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mining.units import MISSING


@dataclass(frozen=True)
class LogFacts:
    """Facts of a whole log. Whatever judges a piece of the log takes them from here, never from the arrays of the piece.

    Attributes
    ----------
    now : int
        Last moment by which an instance is ordered (its end, or its start if it never ended), microseconds UTC.
    first : int
        First moment over all starts and ends.
    has_starts : bool
        Whether any instance has a start.
    scheduled : frozenset of str
        Labels of which any instance has a moment of scheduling.
    n_cases, n_instances : int
    last : int
        Last moment over all starts and ends.
    started : frozenset of str
        Labels of which any instance has a start.
    counts : dict of str to int
        Number of instances of each label that occurs.
    latest : dict of str to int
        ``now`` of each label that occurs: what ``now`` is without some labels follows from it.
    """

    now: int
    first: int
    has_starts: bool
    scheduled: frozenset[str]
    n_cases: int
    n_instances: int
    last: int
    started: frozenset[str]
    counts: dict[str, int]
    latest: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        sets = {"scheduled": sorted(self.scheduled), "started": sorted(self.started)}
        return dict(vars(self)) | sets

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> LogFacts:
        """The facts that `to_dict` wrote."""
        sets = {name: frozenset(plain[name]) for name in ("scheduled", "started")}
        return cls(**(plain | sets))


def facts_of(
    labels: tuple[str, ...], offsets: np.ndarray, activity: np.ndarray,
    start: np.ndarray, end: np.ndarray, scheduled: np.ndarray,
) -> LogFacts:  # fmt: skip
    """Look at all instances of a log; arrays as in `mining.log.EventLog`.

    Examples
    --------
    >>> at = np.array([5, 9])
    >>> facts_of(("A", "B"), np.array([0, 2]), np.array([1, 0]), np.full(2, MISSING), at, np.full(2, MISSING)).latest
    {'A': 9, 'B': 5}
    """
    order_time = np.where(end != MISSING, end, start)
    begun = start != MISSING
    counts = np.bincount(activity, minlength=len(labels))
    latest = np.full(len(labels), MISSING)
    np.maximum.at(latest, activity, order_time)
    there = [i for i, n in enumerate(counts.tolist()) if n]
    return LogFacts(
        now=int(order_time.max()),
        first=min(_least(start), _least(end)),
        has_starts=bool(begun.any()),
        scheduled=_labels(labels, activity, scheduled != MISSING),
        n_cases=len(offsets) - 1,
        n_instances=len(activity),
        last=int(max(start.max(), end.max())),
        started=_labels(labels, activity, begun),
        counts={labels[i]: int(counts[i]) for i in there},
        latest={labels[i]: int(latest[i]) for i in there},
    )


def merged(parts: Iterable[LogFacts]) -> LogFacts:
    """Facts of a log from those of its pieces, each over its own cases."""
    found = list(parts)
    counts: dict[str, int] = {}
    latest: dict[str, int] = {}
    for part in found:
        for label, n in part.counts.items():
            counts[label] = counts.get(label, 0) + n
            latest[label] = max(latest.get(label, MISSING), part.latest[label])
    return LogFacts(
        now=max(p.now for p in found),
        first=min(p.first for p in found),
        has_starts=any(p.has_starts for p in found),
        scheduled=frozenset[str]().union(*(p.scheduled for p in found)),
        n_cases=sum(p.n_cases for p in found),
        n_instances=sum(p.n_instances for p in found),
        last=max(p.last for p in found),
        started=frozenset[str]().union(*(p.started for p in found)),
        counts=dict(sorted(counts.items())),
        latest=dict(sorted(latest.items())),
    )


def _least(time: np.ndarray) -> int:
    return int(np.min(time, where=time != MISSING, initial=np.iinfo(np.int64).max))


def _labels(labels: tuple[str, ...], activity: np.ndarray, mask: np.ndarray) -> frozenset[str]:
    return frozenset(labels[i] for i in np.unique(activity[mask]).tolist()) if mask.any() else frozenset()
