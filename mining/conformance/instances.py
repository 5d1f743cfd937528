"""The log in the words of the blueprint: activity instances as flat arrays over whole cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mining.blueprint.model import Blueprint
from mining.conformance.verdicts import NONE
from mining.errors import LogError
from mining.log import EventLog
from mining.units import MISSING

LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Instances:
    """Activity instances of a log, mapped to a blueprint, without the labels that the blueprint ignores.

    Attributes
    ----------
    names : tuple of str
        Activity ids of the blueprint in its order, then the labels that it does not know, sorted (one that reads like an
        activity id is marked as a label).
    n_known : int
        How many of the names are activities of the blueprint.
    offsets : int64 array of shape (n_cases + 1,)
        The instances of case c are ``offsets[c]:offsets[c + 1]``, by completion (start where it never completed), ties by row.
    case : int64 array of shape (n,)
    activity : int32 array of shape (n,)
        Position in ``names``.
    start, end, scheduled : int64 arrays of shape (n,)
        Microseconds UTC; ``MISSING`` where there is none.
    resource : int32 array of shape (n,)
        Position in ``log.resources``; -1 where there is none.
    row : int64 array of shape (n,)
        Row of the source that decides the instance.
    unmapped : dict of str to int
        Labels that the blueprint does not know, with their number of instances.
    ignored : dict of str to int
        Labels that the blueprint leaves out on purpose, with their number of instances.
    unseen : tuple of str
        Observable activities of the blueprint without any instance.
    known_until : int, optional
        Last moment of the whole log, where these are only part of its cases.
    """

    log: EventLog
    names: tuple[str, ...]
    n_known: int
    offsets: np.ndarray
    case: np.ndarray
    activity: np.ndarray
    start: np.ndarray
    end: np.ndarray
    scheduled: np.ndarray
    resource: np.ndarray
    row: np.ndarray
    unmapped: dict[str, int]
    ignored: dict[str, int]
    unseen: tuple[str, ...]
    known_until: int | None = None

    @property
    def n_cases(self) -> int:
        """Number of cases, those whose labels are all ignored included."""
        return len(self.offsets) - 1

    @cached_property
    def code(self) -> dict[str, int]:
        """Name to its position."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def done(self) -> np.ndarray:
        """Instances that completed."""
        return self.end != MISSING

    @cached_property
    def order_time(self) -> np.ndarray:
        """Completion, or start where it never completed: the time by which a case is ordered."""
        return np.where(self.done, self.end, self.start)

    @cached_property
    def case_start(self) -> np.ndarray:
        """First moment of each case (start where known), microseconds UTC; ``MISSING`` for a case without instances."""
        return first_per_case(self.case, np.where(self.start != MISSING, self.start, self.end), self.n_cases)

    @cached_property
    def case_end(self) -> np.ndarray:
        """Last moment of each case, microseconds UTC; ``MISSING`` for a case without instances."""
        return last_per_case(self.case, self.order_time, self.n_cases)

    @cached_property
    def now(self) -> int:
        """Last moment of the log: what is known of running cases ends here."""
        return int(self.order_time.max()) if self.known_until is None else self.known_until

    @cached_property
    def has_starts(self) -> bool:
        """Whether any instance has a start of its own."""
        return bool((self.start != MISSING).any())

    def of(self, *names: str) -> np.ndarray:
        """Positions of the completed instances of some activities, in case order."""
        rows = self.started(*names)
        return rows[self.done[rows]]

    def started(self, *names: str) -> np.ndarray:
        """Positions of all instances of some activities, completed or not, in case order."""
        wanted = np.zeros(len(self.names), bool)
        wanted[[self.code[name] for name in names if name in self.code]] = True
        return np.flatnonzero(wanted[self.activity])


def instances_of(log: EventLog, blueprint: Blueprint) -> Instances:
    """Map the instances of a log to the activities of a blueprint.

    Raises
    ------
    LogError
        If the blueprint knows none of the log's labels.
    """
    known = [a.id for a in blueprint.activities]
    ignore = set(blueprint.binding.ignore) | set(log.binding.ignore)
    counts = np.bincount(log.activity, minlength=len(log.labels)).tolist()
    unmapped = {
        label: n
        for label, n in zip(log.labels, counts, strict=True)
        if n and label not in blueprint.labels and label not in ignore
    }
    if not any(label in blueprint.labels for label in log.labels):
        raise LogError(_no_label_known(log, blueprint))
    names = dict.fromkeys(known)
    for label in sorted(unmapped):
        name = label
        while name in names or (name != label and name in unmapped):
            name += " (label)"
        names[name] = None
    place = {name: i for i, name in enumerate(known)}
    bound = {label: place[activity] for label, activity in blueprint.labels.items()}
    bound |= {label: len(known) + i for i, label in enumerate(sorted(unmapped))} | dict.fromkeys(ignore, NONE)
    to_code = np.array([bound[label] for label in log.labels], np.int32)
    activity = to_code[log.activity]
    kept = np.flatnonzero(activity != NONE)
    case = np.repeat(np.arange(len(log.offsets) - 1), np.diff(log.offsets))[kept]
    offsets = np.searchsorted(case, np.arange(len(log.offsets))).astype(np.int64)
    seen = set(np.unique(activity[kept]).tolist())
    return Instances(
        log=log,
        names=tuple(names),
        n_known=len(known),
        offsets=offsets,
        case=case.astype(np.int64),
        activity=activity[kept],
        start=log.start[kept],
        end=log.end[kept],
        scheduled=log.scheduled[kept],
        resource=log.resource[kept],
        row=log.row[kept],
        unmapped=unmapped,
        ignored={label: n for label, n in zip(log.labels, counts, strict=True) if n and label in ignore},
        unseen=tuple(a.id for i, a in enumerate(blueprint.activities) if a.observable and i not in seen),
    )


def _no_label_known(log: EventLog, blueprint: Blueprint) -> str:
    def some(labels: Iterable[str]) -> str:
        listed = [repr(label) for label in labels]
        return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")

    return (
        f"{log.source.path}: the blueprint {blueprint.id} knows none of the {len(log.labels)} activity labels of this log "
        f"(column {log.binding.activity!r}): {some(log.labels)}. Labels the blueprint knows: {some(blueprint.labels)}. "
        "Add the log's labels to the activities in the blueprint, or bind another column as activity."
    )


def heads_of(case: np.ndarray) -> np.ndarray:
    """Positions at which another case begins. ``case`` must be sorted."""
    return np.flatnonzero(np.r_[True, case[1:] != case[:-1]][: len(case)])


def first_per_case(case: np.ndarray, time: np.ndarray, n_cases: int) -> np.ndarray:
    """Least time per case; ``MISSING`` for cases without rows. ``case`` must be sorted."""
    found = np.full(n_cases, MISSING, np.int64)
    if len(case):
        heads = heads_of(case)
        found[case[heads]] = np.minimum.reduceat(time, heads)
    return found


def last_per_case(case: np.ndarray, time: np.ndarray, n_cases: int) -> np.ndarray:
    """Greatest time per case; ``MISSING`` for cases without rows. ``case`` must be sorted."""
    found = np.full(n_cases, MISSING, np.int64)
    if len(case):
        heads = heads_of(case)
        found[case[heads]] = np.maximum.reduceat(time, heads)
    return found


def following(
    case: np.ndarray, time: np.ndarray, next_case: np.ndarray, next_time: np.ndarray, *, strictly: bool = False
) -> np.ndarray:
    """For each (case, time) the position of the first (next_case, next_time) of the same case not before it; NONE if there is none.

    Parameters
    ----------
    case, time : int64 arrays of shape (n,)
    next_case, next_time : int64 arrays of shape (m,)
        Sorted by case, then time.
    strictly : bool
        Later, not at the same time.

    Returns
    -------
    int64 array of shape (n,)
    """
    if not len(next_case):
        return np.full(len(case), NONE, np.int64)
    everything = np.concatenate((time, next_time))
    ranks = np.unique(everything, return_inverse=True)[1].astype(np.int64)
    span = np.int64(ranks.max() + 2)
    wanted = case.astype(np.int64) * span + ranks[: len(time)]
    there = next_case.astype(np.int64) * span + ranks[len(time) :]
    position = np.searchsorted(there, wanted, side="right" if strictly else "left")
    inside = position < len(there)
    same = inside & (next_case[np.minimum(position, len(there) - 1)] == case)
    return np.where(same, position, NONE)
