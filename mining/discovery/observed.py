"""What was observed: the completed activity instances of a study, or of a log alone, case by case."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.model import Blueprint
from mining.errors import LogError
from mining.log import EventLog
from mining.results import Provenance
from mining.texts import activity_name
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.pictures import Mark
    from mining.study import Study

Arc = tuple[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Observed:
    """Completed activity instances, case after case.

    Of a study they are in the words of the blueprint and in the order that the path check judged; of a log alone they are its labels in
    the order of completion.

    Attributes
    ----------
    source : Study or EventLog
    names : tuple of str
        Activities: of a study, ids of the blueprint, then labels that it does not know.
    offsets : int64 array of shape (n_cases + 1,)
        The instances of case c are ``offsets[c]:offsets[c + 1]``. A case may have none.
    activity, resource : int32 arrays of shape (n,)
        Position in ``names``; position in the resources of the log, -1 where there is none.
    start, end : int64 arrays of shape (n,)
        Microseconds UTC; ``start`` is ``MISSING`` where the log has none.
    traces : tuple of tuple of int
        Distinct sequences of activities, the most frequent first, ties by themselves; a case without any gives the empty one.
    count : int64 array of shape (n_traces,)
        Cases of each.
    """

    source: Study | EventLog
    names: tuple[str, ...]
    offsets: np.ndarray
    activity: np.ndarray
    resource: np.ndarray
    start: np.ndarray
    end: np.ndarray
    traces: tuple[tuple[int, ...], ...]
    count: np.ndarray

    @property
    def n_cases(self) -> int:
        """Number of cases, those without a completed instance included."""
        return len(self.offsets) - 1

    @property
    def blueprint(self) -> Blueprint | None:
        """The blueprint of the study; None of a log alone."""
        return None if isinstance(self.source, EventLog) else self.source.blueprint

    @property
    def log(self) -> EventLog:
        """The log."""
        return self.source if isinstance(self.source, EventLog) else self.source.log

    def name(self, activity: str, lang: str) -> str:
        """What people read for an activity: its name in the blueprint, or its label."""
        return activity_name(self.blueprint, activity, lang) if self.blueprint else activity

    def provenance(self, measure: str, **parameters: object) -> Provenance:
        """Where a table made of this comes from."""
        if not isinstance(self.source, EventLog):
            return self.source.provenance(measure, **parameters)
        return Provenance(measure, self.log.source.sha256, "", self.n_cases, dict(parameters))

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """Cases with an open finding per activity; empty for a log alone."""
        from mining.findings import marks_of

        return {} if isinstance(self.source, EventLog) else marks_of(self.source)

    @cached_property
    def counted(self) -> dict[tuple[str, ...], int]:
        """Cases by trace in names, without the empty one: what a miner takes."""
        pairs = zip(self.traces, self.count.tolist(), strict=True)
        return {tuple(self.names[x] for x in trace): n for trace, n in pairs if trace}

    @cached_property
    def activities(self) -> dict[str, int]:
        """Instances by activity, sorted by name; only those that occur."""
        return self._counts(self.activity)

    @cached_property
    def starts(self) -> dict[str, int]:
        """Cases by their first activity, sorted by name."""
        return self._counts(self.activity[self.offsets[:-1][np.diff(self.offsets) > 0]])

    @cached_property
    def ends(self) -> dict[str, int]:
        """Cases by their last activity, sorted by name."""
        return self._counts(self.activity[self.offsets[1:][np.diff(self.offsets) > 0] - 1])

    @cached_property
    def arcs(self) -> dict[Arc, int]:
        """The directly-follows map: how often one activity directly follows the other, sorted by name."""
        n = max(len(self.names), 1)
        before, after = self.neighbours
        pairs = self.activity[before].astype(np.int64) * n + self.activity[after]
        keys, times = np.unique(pairs, return_counts=True)
        found = {(self.names[p // n], self.names[p % n]): k for p, k in zip(keys.tolist(), times.tolist(), strict=True)}
        return dict(sorted(found.items()))

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of instances and of those directly after them in the same case."""
        last = np.zeros(len(self.activity), bool)
        last[self.offsets[1:][np.diff(self.offsets) > 0] - 1] = True
        before = np.flatnonzero(~last)
        return before, before + 1

    def cases_with(self) -> dict[str, int]:
        """Cases in which each activity occurs, only those that occur."""
        found: dict[str, int] = {}
        for trace, count in zip(self.traces, self.count.tolist(), strict=True):
            for x in set(trace):
                found[self.names[x]] = found.get(self.names[x], 0) + count
        return dict(sorted(found.items()))

    def cases_with_arc(self) -> dict[Arc, int]:
        """Cases in which one activity directly follows the other at least once."""
        found: dict[Arc, int] = {}
        for trace, count in zip(self.traces, self.count.tolist(), strict=True):
            for a, b in set(zip(trace, trace[1:], strict=False)):
                pair = self.names[a], self.names[b]
                found[pair] = found.get(pair, 0) + count
        return dict(sorted(found.items()))

    def _counts(self, codes: np.ndarray) -> dict[str, int]:
        found = np.bincount(codes, minlength=len(self.names)).tolist()
        return {name: n for name, n in sorted(zip(self.names, found, strict=True)) if n}


def observed_of(source: Study | EventLog | Observed) -> Observed:
    """What was observed in a study, or in a log without a blueprint.

    Parameters
    ----------
    source : Study, EventLog or Observed
        An Observed is given back as it is.

    Raises
    ------
    LogError
        If it is none of these.

    Examples
    --------
    >>> found = observed_of(study)
    >>> found.n_cases, len(found.traces), sum(found.activities.values()) == len(found.activity)
    (2000, 763, True)
    """
    if isinstance(source, Observed):
        return source
    if isinstance(source, EventLog):
        return _of_log(source)
    from mining.study import Study

    if isinstance(source, Study):
        return _of_study(source)
    raise LogError(f"{type(source).__name__} cannot be mined. Give a Study, or a log: discover(read_log(...)).")


def _of_study(study: Study) -> Observed:
    instances, variants = study.instances, study.path.variants
    rows = variants.sequence
    offsets = np.searchsorted(instances.case[rows], np.arange(instances.n_cases + 1)).astype(np.int64)
    counted: dict[tuple[int, ...], int] = {}  # running cases and others together
    for trace, count in zip(variants.traces, variants.count.tolist(), strict=True):
        counted[trace] = counted.get(trace, 0) + count
    order = sorted(counted, key=lambda trace: (-counted[trace], trace))
    columns = (instances.activity[rows], instances.resource[rows], instances.start[rows], instances.end[rows])
    count = np.array([counted[trace] for trace in order], np.int64)
    return Observed(study, tuple(instances.names), offsets, *columns, tuple(order), count)


def _of_log(log: EventLog) -> Observed:
    rows = np.flatnonzero(log.end != MISSING)
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))[rows]
    offsets = np.searchsorted(case, np.arange(log.n_cases + 1)).astype(np.int64)
    activity = log.activity[rows].astype(np.int32)
    traces, count = _grouped(activity, offsets)
    columns = (activity, log.resource[rows], log.start[rows], log.end[rows])
    return Observed(log, tuple(log.labels), offsets, *columns, traces, count)


def _grouped(activity: np.ndarray, offsets: np.ndarray) -> tuple[tuple[tuple[int, ...], ...], np.ndarray]:
    """Distinct sequences, the most frequent first, ties by themselves, and the cases of each."""
    raw, places = np.ascontiguousarray(activity, np.int32).tobytes(), (4 * offsets).tolist()
    found = Counter(raw[a:b] for a, b in zip(places, places[1:], strict=False))
    traces = {tuple(np.frombuffer(key, np.int32).tolist()): n for key, n in found.items()}
    order = sorted(traces, key=lambda trace: (-traces[trace], trace))
    return tuple(order), np.array([traces[trace] for trace in order], np.int64)
