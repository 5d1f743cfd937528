"""Some cases of a stream as a log and in the words of the blueprint, with what is true of the whole stream so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from mining.blueprint.model import Blueprint
from mining.calendars import calendar_of
from mining.conformance.conditions import is_missing
from mining.conformance.instances import Instances, Whole, heads_of, instances_of
from mining.conformance.verdicts import NONE
from mining.log import EventLog
from mining.log.arrange import Arranged, arrange
from mining.log.attributes import CaseValues
from mining.log.facts import LogFacts
from mining.log.lineage import Lineage
from mining.log.roster import Roster
from mining.log.table import SourceTable
from mining.monitor.feed import Feed
from mining.monitor.growing import Growing
from mining.study import Study
from mining.units import MISSING

NO_FACTS = LogFacts(MISSING, MISSING, False, frozenset(), 0, 0, MISSING, frozenset(), {}, {})
NO_ROWS = Lineage(0, {}, ())
OCCURS, STARTED, SCHEDULED = range(3)


@dataclass(frozen=True, eq=False)
class Seen:
    """Some cases, ready to be judged.

    Attributes
    ----------
    cases : int64 array of shape (n_cases,)
        Numbers of the cases in the feed: those asked for of which at least one row can be used.
    study : Study
        Of these cases only, with ``instances`` and ``calendars`` set.
    new : bool
        What is true of the whole stream has changed in a way that other cases depend on: all of them must be looked at again.
    """

    cases: np.ndarray
    study: Study
    new: bool


class View:
    """Turns cases of a feed into studies of a few cases; remembers what is true of the whole.

    Parameters
    ----------
    feed : Feed
    blueprint : Blueprint
    roster : Roster, optional
    """

    def __init__(self, feed: Feed, blueprint: Blueprint, roster: Roster | None = None) -> None:
        self.feed, self.blueprint, self.roster = feed, blueprint, roster
        self.calendars = {spec.id: calendar_of(spec) for spec in blueprint.calendars}
        self.now = MISSING  # last moment of the stream, without the labels that are ignored
        self.clock = MISSING  # moment up to which nothing else happened, as somebody said
        self._said = np.zeros((3, 0), bool)  # labels that any instance has, that any starts, that any is scheduled
        self._resourced = Growing(np.int64, 0)  # instances with a resource, per case
        self._instances = Growing(np.int64, 0)  # instances, per case
        self._n_resourced = 0
        self._source = SourceTable("<stream>", "stream", "", 0, pa.table({}))
        self._words: Instances | None = None
        self._code = np.empty(0, np.int32)
        self._labels: tuple[str, ...] = ()
        self._facts = NO_FACTS

    @property
    def n_cases(self) -> int:
        """Cases of which at least one row can be used, as far as they were looked at."""
        return int(np.count_nonzero(self._instances.values))

    def see(self, cases: np.ndarray) -> Seen | None:
        """Arrange some cases; None where no row of them can be used.

        Parameters
        ----------
        cases : int64 array of shape (n,)
            Numbers in the feed, each once.
        """
        rows, _ = self.feed.rows(cases)
        found = arrange(rows, self.feed.binding.lifecycle)
        if not len(found.cases):
            return None
        mine = found.cases.to_numpy()
        arrays = dict(found.arrays)
        arrays["activity"] = _numbers(found.labels, arrays["activity"])
        new = self._learn(mine, arrays)
        log = self._log(mine, arrays, found)
        study = Study(log, self.blueprint, roster=self.roster)
        vars(study).update(instances=self._mapped(log), calendars=self.calendars)
        return Seen(mine, study, new)

    def _learn(self, cases: np.ndarray, arrays: Mapping[str, np.ndarray]) -> bool:
        """Keep what these cases say of the whole; whether that is news for other cases."""
        before = self._whole
        activity, sizes = arrays["activity"], np.diff(arrays["offsets"])
        said = np.zeros((3, len(self.feed.labels)), bool)
        said[:, : self._said.shape[1]] = self._said
        said[OCCURS, activity] = True
        said[STARTED, activity[arrays["start"] != MISSING]] = True
        said[SCHEDULED, activity[arrays["scheduled"] != MISSING]] = True
        owners = np.repeat(np.arange(len(cases)), sizes)
        resourced = np.bincount(owners[arrays["resource"] >= 0], minlength=len(cases))
        for kept in (self._instances, self._resourced):
            kept.grow(int(cases.max()) + 1)
        self._n_resourced += int(resourced.sum() - self._resourced.values[cases].sum())
        self._resourced.values[cases], self._instances.values[cases] = resourced, sizes
        if self._words is None or not np.array_equal(said, self._said):
            self._said = said
            self._learn_words()
        known = self._code[activity] != NONE
        if known.any():
            order_time = np.where(arrays["end"] != MISSING, arrays["end"], arrays["start"])
            self.now = max(self.now, int(order_time[known].max()))
        return before is not None and before != self._whole

    @property
    def _whole(self) -> tuple[bool, frozenset[int], bool] | None:
        """What verdicts of all cases depend on, the last moment apart."""
        if self._words is None:
            return None
        return self._words.whole.has_starts, self._words.whole.scheduled, self._n_resourced > 0

    def _learn_words(self) -> None:
        """What the labels mean: as a log with one instance of each label would be read."""
        known = self.feed.labels.known
        labels = tuple(dict.fromkeys((*known, *self.blueprint.labels)))
        there, started, scheduled = ([known[i] for i in np.flatnonzero(row).tolist()] for row in self._said)
        facts = replace(
            NO_FACTS, counts=dict.fromkeys(there, 1), latest=dict.fromkeys(there, self.now), n_instances=len(labels) + 1,
            started=frozenset(started), scheduled=frozenset(scheduled), has_starts=bool(started),
        )  # fmt: skip
        n = len(labels)
        none, zero = np.full(n, MISSING), np.zeros(n, np.int64)
        one_each = {
            "offsets": np.array([0, n]), "activity": np.arange(n, dtype=np.int32), "start": none, "end": zero,
            "scheduled": none, "suspended": zero, "resource": np.full(n, NONE, np.int32), "row": zero, "start_row": zero,
            "scheduled_row": zero, "tie": zero.astype(bool),
        }  # fmt: skip
        log = self._made(np.array(["labels"], object), labels, (), one_each, facts)
        words = instances_of(log, self.blueprint, roster=self.roster)
        code = np.full(n, NONE, np.int32)
        code[slice(None) if words.places is None else words.places] = words.activity
        self._words, self._code, self._labels, self._facts = words, code, labels, facts

    def _made(
        self, ids: np.ndarray, labels: tuple[str, ...], resources: tuple[str, ...], arrays: Mapping[str, Any],
        facts: LogFacts,
    ) -> EventLog:  # fmt: skip
        return EventLog(
            source=self._source, binding=self.feed.binding, case_ids=ids, labels=labels, resources=resources, lineage=NO_ROWS,
            notes=(), problems=(), problem_counts={}, _facts=facts, **arrays,
        )  # fmt: skip

    def _log(self, cases: np.ndarray, arrays: dict[str, np.ndarray], found: Arranged) -> EventLog:
        """The cases as a log; its attributes are read already."""
        resources = tuple(self.feed.resources.known[i] for i in found.resources.to_pylist())
        log = self._made(self.feed.cases.at(cases), self._labels, resources, arrays, self._facts)
        used, owners = log.used()
        for name in self.feed.binding.attributes:
            log._cache[f"row {name}"] = CaseValues(self.feed.attribute(name, arrays["row"] - 1), ())
            values = self.feed.attribute(name, used)
            log._cache[name] = CaseValues(_first_of_each(values, owners, len(cases)), ())
        return log

    def _mapped(self, log: EventLog) -> Instances:
        """The log in the words of the blueprint, as :func:`instances_of` gives it, without asking again what labels mean."""
        words = self._words
        assert words is not None
        activity = self._code[log.activity]
        case = np.repeat(np.arange(log.n_cases, dtype=np.int32), np.diff(log.offsets))
        kept = None if (activity != NONE).all() else np.flatnonzero(activity != NONE)
        columns = {"case": case, "activity": activity} | {
            name: getattr(log, name) for name in ("start", "end", "scheduled", "resource", "row")
        }
        offsets = log.offsets
        if kept is not None:
            columns = {name: values[kept] for name, values in columns.items()}
            offsets = np.searchsorted(columns["case"], np.arange(len(log.offsets))).astype(np.int64)
        whole = Whole(max(self.now, self.clock), words.whole.has_starts, self._n_resourced > 0, words.whole.scheduled)
        found = replace(words, log=log, offsets=offsets, places=kept, whole=whole, **columns)
        vars(found)["code"] = words.code
        return found


def _numbers(words: pa.Array, codes: np.ndarray) -> np.ndarray:
    """Codes in the words of the feed, from codes in words that are numbers of the feed."""
    found: np.ndarray = words.to_numpy()[codes].astype(np.int32)
    return found


def _first_of_each(values: np.ndarray, owners: np.ndarray, n: int) -> np.ndarray:
    """Per case the first value that is not missing."""
    rows = np.flatnonzero(~is_missing(values))
    heads = rows[heads_of(owners[rows])]
    empty = {"f": np.nan, "i": MISSING}.get(values.dtype.kind)
    found = np.full(n, empty, values.dtype)
    found[owners[heads]] = values[heads]
    return found
