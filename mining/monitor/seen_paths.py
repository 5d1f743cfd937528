"""The path checks of traces that came before, kept: a stream shows most of its traces again and again, event by event.

A path check hangs on nothing but the order of the steps of a case, which of them are tied in time or never completed, and whether the
case still runs. What it says is therefore kept per such trace; new traces are judged by :func:`mining.conformance.path.check_paths`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mining.blueprint.model import Blueprint
from mining.conformance import verdicts as v
from mining.conformance.instances import Instances, following
from mining.conformance.path import check_paths
from mining.conformance.traces import spans

MOST = 500_000  # traces that are kept; beyond, all of them are forgotten
NUMBERS = ("kind", "activity", "partner", "pattern")

Key = tuple[bytes, bool]


@dataclass(frozen=True, eq=False)
class _Said:
    """What the path checks say of a trace: a verdict each, and the faults, with places counted from the beginning of the case."""

    verdicts: tuple[int, ...]
    whole: np.ndarray  # (n_faults, 7): check, kind, activity, partner, pattern, instance, place of the moment
    share: np.ndarray


class SeenPaths:
    """The path checks of cases, with a memory.

    Parameters
    ----------
    blueprint : Blueprint
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self._names: tuple[str, ...] = ()
        self._said: dict[Key, _Said] = {}
        self._checks: tuple[v.CheckResult, ...] = ()

    def judge(self, instances: Instances, is_open: np.ndarray) -> tuple[v.CheckResult, ...]:
        """As ``check_paths``: one result per path check."""
        if self._names != instances.names or len(self._said) > MOST:
            self._names, self._said = instances.names, {}
        keys = _keys(instances, is_open)
        new = {key: case for case, key in enumerate(keys) if key not in self._said}
        if new or not self._checks:
            self._learn(instances, is_open, new)
        return self._told(instances, [self._said[key] for key in keys])

    def _learn(self, instances: Instances, is_open: np.ndarray, new: dict[Key, int]) -> None:
        cases = np.fromiter(new.values(), np.int64, len(new))
        part = _some(instances, cases)
        found = tuple(result.check for result in check_paths(self.blueprint, part, is_open[cases]))
        self._checks = tuple(replace(check, verdict=check.verdict[:0], faults=v.no_faults()) for check in found)
        verdicts = np.stack([check.verdict for check in found], axis=1).tolist()
        table = v.join([check.faults for check in found])
        number = np.repeat(np.arange(len(found)), [len(check.faults) for check in found])
        first = part.offsets[table.case]
        instance = np.where(table.instance == v.NONE, v.NONE, table.instance - first)
        columns = [number, *(getattr(table, name) for name in NUMBERS), instance, _places(part, table) - first]
        whole = np.stack(columns, axis=1).astype(np.int64)
        order = np.argsort(table.case, kind="stable")
        bounds = np.searchsorted(table.case[order], np.arange(len(cases) + 1)).tolist()
        for case, key in enumerate(new):
            rows = order[bounds[case] : bounds[case + 1]]
            self._said[key] = _Said(tuple(verdicts[case]), whole[rows], table.share[rows])

    def _told(self, instances: Instances, said: list[_Said]) -> tuple[v.CheckResult, ...]:
        """The results of all cases, put together from what is known of their traces."""
        n = instances.n_cases
        verdicts = np.array([each.verdicts for each in said], np.int8).reshape(n, len(self._checks))
        faulty = [case for case, each in enumerate(said) if len(each.share)]
        whole = np.concatenate([np.empty((0, 7), np.int64), *(said[case].whole for case in faulty)])
        share = np.concatenate([np.empty(0), *(said[case].share for case in faulty)])
        case = np.repeat(np.array(faulty, np.int64), [len(said[case].share) for case in faulty])
        number, kind, activity, partner, pattern, instance, place = whole.T
        first = instances.offsets[case]
        found = []
        for i, check in enumerate(self._checks):
            mine = np.flatnonzero(number == i)
            located = np.where(instance[mine] == v.NONE, v.NONE, instance[mine] + first[mine])
            at = instances.order_time[place[mine] + first[mine]]
            table = v.faults(
                case[mine], kind[mine], activity[mine], at, partner=partner[mine], instance=located, share=share[mine]
            )
            table = replace(table, pattern=pattern[mine].astype(np.int8))
            verdict = np.ascontiguousarray(verdicts[:, i])
            found.append(replace(check, verdict=verdict, faults=table, measured=v.unmeasured(n)))
        return tuple(found)


def _keys(instances: Instances, is_open: np.ndarray) -> list[Key]:
    """What the path of each case hangs on: its steps in order, tied with the one before or never completed; whether it runs."""
    time = instances.order_time
    tied = np.zeros(len(time), np.int32)
    tied[1:] = time[1:] == time[:-1]
    tied[instances.offsets[:-1][np.diff(instances.offsets) > 0]] = 0
    raw = (4 * instances.activity + 2 * instances.done + tied).astype(np.int32).tobytes()
    bounds = (4 * instances.offsets).tolist()
    return [(raw[a:b], o) for a, b, o in zip(bounds, bounds[1:], is_open.tolist(), strict=False)]


def _some(instances: Instances, cases: np.ndarray) -> Instances:
    """Some of the cases, numbered from 0."""
    offsets, rows = spans(instances.offsets, cases)
    columns = {
        name: getattr(instances, name)[rows] for name in ("activity", "start", "end", "scheduled", "resource", "row")
    }
    case = np.repeat(np.arange(len(cases), dtype=np.int32), np.diff(offsets))
    return replace(instances, offsets=offsets, case=case, places=None, **columns)


def _places(instances: Instances, table: v.Faults) -> np.ndarray:
    """The first instance of its case that has the moment of each fault."""
    found = following(table.case, table.at, instances.case, instances.order_time)
    assert (instances.order_time[found] == table.at).all(), (
        "a fault of the path has a moment that no step of its case has"
    )
    return found
