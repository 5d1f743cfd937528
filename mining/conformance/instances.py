"""The log in the words of the blueprint: activity instances as flat arrays over whole cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from mining._kernels import kernel
from mining.blueprint.model import Blueprint
from mining.conformance.verdicts import NONE
from mining.errors import LogError
from mining.log import EventLog
from mining.log.labels import meanings
from mining.log.pieces import INSTANCES
from mining.log.roster import Roster
from mining.units import MISSING

PER_INSTANCE = ("activity", "start", "end", "scheduled", "resource", "row")
INDEXED = 2**22  # instances up to which positions are kept by activity: as many numbers again
LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Whole:
    """What is true of all instances of a log and cannot be seen in a piece of it: checks take it from here.

    Attributes
    ----------
    now : int
        Last moment of the log: what is known of running cases ends here.
    has_starts : bool
        Whether any instance has a start of its own.
    has_resources : bool
        Whether any instance has a resource.
    scheduled : frozenset of int
        Positions in the names of the activities of which any instance has a moment of scheduling.
    """

    now: int
    has_starts: bool
    has_resources: bool
    scheduled: frozenset[int]


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
    case : int32 array of shape (n,)
    activity : int32 array of shape (n,)
        Position in ``names``.
    start, end, scheduled : int64 arrays of shape (n,)
        Microseconds UTC; ``MISSING`` where there is none.
    resource : int32 array of shape (n,)
        Position in ``log.resources``; -1 where there is none.
    row : integer array of shape (n,)
        Row of the source that decides the instance.
    places : int64 array of shape (n,) or None
        Positions in the instances of the log; None where they are all there.
    whole : Whole
        What is true of the log as a whole.
    roster : Roster or None
        Who had which role when, where a table says so.
    unmapped : dict of str to int
        Labels that the blueprint does not know, with their number of instances in the whole log.
    ignored : dict of str to int
        Labels that the blueprint leaves out on purpose, with their number of instances in the whole log.
    unseen : tuple of str
        Observable activities of the blueprint without any instance in the whole log.
    first_case, first_instance : int
        In a piece (see :meth:`pieces`): where it begins in what it is a piece of. Else 0.
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
    places: np.ndarray | None
    whole: Whole
    unmapped: dict[str, int]
    ignored: dict[str, int]
    unseen: tuple[str, ...]
    roster: Roster | None = None
    first_case: int = 0
    first_instance: int = 0
    _cut_from: Instances | None = None

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
        return self.end if self.done.all() else np.where(self.done, self.end, self.start)

    @cached_property
    def case_start(self) -> np.ndarray:
        """First moment of each case (start where known), microseconds UTC; ``MISSING`` for a case without instances."""
        known = np.where(self.start != MISSING, self.start, self.end) if self.whole.has_starts else self.end
        return first_per_case(self.case, known, self.n_cases)

    @cached_property
    def case_end(self) -> np.ndarray:
        """Last moment of each case, microseconds UTC; ``MISSING`` for a case without instances."""
        return last_per_case(self.case, self.order_time, self.n_cases)

    @property
    def now(self) -> int:
        """Last moment of the log: what is known of running cases ends here."""
        return self.whole.now

    def of(self, *names: str) -> np.ndarray:
        """Positions of the completed instances of some activities, in case order."""
        rows = self.started(*names)
        return rows if self.done.all() else rows[self.done[rows]]

    def started(self, *names: str) -> np.ndarray:
        """Positions of all instances of some activities, completed or not, in case order."""
        codes = sorted({self.code[name] for name in names if name in self.code})
        if len(codes) == len(self.names):
            return np.arange(len(self.activity))
        if len(self.activity) > INDEXED:
            wanted = np.zeros(len(self.names), bool)
            wanted[codes] = True
            return np.flatnonzero(wanted[self.activity])
        order, bounds = self._by_activity
        parts = [order[bounds[code] : bounds[code + 1]] for code in codes]
        return parts[0] if len(parts) == 1 else np.sort(np.concatenate([order[:0], *parts]))

    @cached_property
    def _by_activity(self) -> tuple[np.ndarray, list[int]]:
        """Positions by activity, and where those of each begin; small numbers are sorted by counting."""
        small = self.activity.astype(np.int16) if len(self.names) < 2**15 else self.activity
        counts = np.bincount(self.activity, minlength=len(self.names))
        return np.argsort(small, kind="stable"), [0, *np.cumsum(counts).tolist()]

    def attribute(self, name: str) -> np.ndarray:
        """One value per case of an attribute, as :meth:`mining.EventLog.attribute` gives it."""
        return self.log.attribute(name)

    def values(self, name: str) -> np.ndarray:
        """One value per instance of an attribute, as :meth:`mining.EventLog.values` gives it."""
        found = self.log.values(name)
        return found if self.places is None else found[self.places]

    def coded(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """An attribute of the cases that is text or true/false: position of each value in the distinct ones (-1: missing), and these."""
        if self._cut_from is not None:
            codes, distinct = self._cut_from.coded(name)
            return codes[self.first_case : self.first_case + self.n_cases], distinct
        if name not in self._coded:
            self._coded[name] = pd.factorize(self.attribute(name))
        return self._coded[name]

    @cached_property
    def _coded(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {}

    def only(self, rows: np.ndarray) -> Instances:
        """Some of the instances, of the same cases: what is true of the log as a whole stays true.

        Parameters
        ----------
        rows : int64 array, sorted
            Positions of the instances to keep.
        """
        arrays = {name: getattr(self, name)[rows] for name in (*PER_INSTANCE, "case")}
        offsets = np.searchsorted(rows, self.offsets).astype(np.int64)
        places = rows if self.places is None else self.places[rows]
        return replace(self, offsets=offsets, places=places, _cut_from=None, **arrays)

    def pieces(self, instances: int = INSTANCES) -> Iterator[Instances]:
        """Whole cases in order, as views; what is true of the log as a whole stays true of each piece.

        Parameters
        ----------
        instances : int
            Most instances of the log in a piece, unless one case alone has more.
        """
        for part in self.log.pieces(instances):
            first, n = part.first_case - self.log.first_case, part.n_cases
            if n == self.n_cases:
                yield self
                return
            begin, end = int(self.offsets[first]), int(self.offsets[first + n])
            places = (
                None if self.places is None else self.places[begin:end] - part.first_instance + self.log.first_instance
            )
            arrays = {name: getattr(self, name)[begin:end] for name in PER_INSTANCE}
            yield replace(
                self, log=part, offsets=self.offsets[first : first + n + 1] - begin, case=self.case[begin:end] - np.int32(first),
                places=places, first_case=first, first_instance=begin, _cut_from=self, **arrays,
            )  # fmt: skip


def instances_of(
    log: EventLog, blueprint: Blueprint, *, known_until: int | None = None, roster: Roster | None = None
) -> Instances:
    """Map the instances of a log, or of a piece of one, to the activities of a blueprint.

    Parameters
    ----------
    log : EventLog
    blueprint : Blueprint
    known_until : int, optional
        Where the log is part of a longer one: the last moment of that (microseconds UTC).
    roster : Roster, optional
        Who had which role when.

    Raises
    ------
    LogError
        If the blueprint knows none of the log's labels, or the roster none of the roles of the one or of the resources of the other.
    """
    known = [a.id for a in blueprint.activities]
    ignore = set(blueprint.binding.ignore) | set(log.binding.ignore)
    counts = {label: log.facts.counts[label] for label in log.labels if label in log.facts.counts}
    meant = meanings(blueprint, log.binding.labels)
    unmapped = {label: n for label, n in counts.items() if label not in meant and label not in ignore}
    if not any(label in meant for label in log.labels):
        raise LogError(_no_label_known(log, blueprint))
    if roster is not None:
        roster.check(log.resources, [role.id for role in blueprint.roles], log.source.path)
    names = dict.fromkeys(known)
    for label in sorted(unmapped):
        name = label
        while name in names or (name != label and name in unmapped):
            name += " (label)"
        names[name] = None
    place = {name: i for i, name in enumerate(known)}
    bound = {label: place[activity] for label, activity in meant.items()}
    bound |= {label: len(known) + i for i, label in enumerate(sorted(unmapped))} | dict.fromkeys(ignore, NONE)
    to_code = np.array(
        [bound.get(label, NONE) for label in log.labels], np.int32
    )  # a label without instances has no name
    activity = to_code[log.activity]
    kept = None if (activity != NONE).all() else np.flatnonzero(activity != NONE)
    case = np.repeat(np.arange(log.n_cases, dtype=np.int32), np.diff(log.offsets))
    arrays = {name: getattr(log, name) for name in PER_INSTANCE if name != "activity"} | {
        "case": case,
        "activity": activity,
    }
    offsets = log.offsets
    if kept is not None:
        arrays = {name: array[kept] for name, array in arrays.items()}
        offsets = np.searchsorted(arrays["case"], np.arange(len(log.offsets))).astype(np.int64)
    seen = {bound[label] for label in counts}
    return Instances(
        log=log,
        names=tuple(names),
        n_known=len(known),
        offsets=offsets,
        **arrays,
        places=kept,
        whole=_whole(log, bound, counts, known_until),
        unmapped=unmapped,
        ignored={label: n for label, n in counts.items() if label in ignore},
        unseen=tuple(a.id for i, a in enumerate(blueprint.activities) if a.observable and i not in seen),
        roster=roster,
    )


def _whole(log: EventLog, bound: dict[str, int], counts: dict[str, int], known_until: int | None) -> Whole:
    """What is true of the whole log without the labels that are ignored."""
    facts, kept = log.facts, {label for label in counts if bound[label] != NONE}
    piece = log.n_instances < facts.n_instances  # the resources of a log are those of its instances
    return Whole(
        now=max((facts.latest[label] for label in kept), default=MISSING) if known_until is None else known_until,
        has_starts=bool(facts.started & kept),
        has_resources=bool(log.resources) and (piece or bool((log.resource >= 0).any())),
        scheduled=frozenset(bound[label] for label in facts.scheduled & kept),
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
    case, time : integer arrays of shape (n,)
    next_case, next_time : integer arrays of shape (m,)
        Sorted by case, then time.
    strictly : bool
        Later, not at the same time.

    Returns
    -------
    int64 array of shape (n,)
    """

    def plain(array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(array, np.int64)

    return np.asarray(_following(plain(case), plain(time), plain(next_case), plain(next_time), strictly))


@kernel
def _following(case, time, next_case, next_time, strictly):  # type: ignore[no-untyped-def]  # pragma: no cover
    found = np.empty(case.size, np.int64)
    for i in range(case.size):
        low, high = 0, next_case.size
        while low < high:
            middle = (low + high) // 2
            before = next_case[middle] < case[i]
            if next_case[middle] == case[i]:
                before = next_time[middle] <= time[i] if strictly else next_time[middle] < time[i]
            if before:
                low = middle + 1
            else:
                high = middle
        found[i] = low if low < next_case.size and next_case[low] == case[i] else NONE
    return found
