"""Opportunities of the touchpoints: when each took place, when it should have, and what every check says of it then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.derived import CHANNEL, derived_check
from mining.blueprint.model import SEVERITIES, Rule, Standard
from mining.blueprint.stages import readings
from mining.conformance import verdicts as v
from mining.conformance.conditions import holds_at, is_missing
from mining.conformance.standards import TIMED, measurements
from mining.promises import COUNTED

if TYPE_CHECKING:
    from mining.study import Study

OBSERVATION = SEVERITIES[-1]  # the severity of what is reported and not counted against the rating
FACETS = ("exec", "order", "role", "channel", "time", "evidence", "not_failed")
TOOK_PLACE, MISSING, ELSEWHERE = range(3)
FACET_OF_KIND = {  # what a fault at a touchpoint breaks; extra and repeated instances are no opportunities
    "out_of_order": "order", "late": "time", "wrong_role": "role", "same_person": "role", "other_person": "role",
    "wrong_channel": "channel", "missing_evidence": "evidence", "wrong_value": "not_failed", "failed": "not_failed",
}  # fmt: skip
ABSENT, SURPLUS = ("missing", "replaced"), ("extra", "repeated")
RULES = {  # kind of rule: what it asks of which of its activities, where it can be met
    "starts_with": (("order", "a"),), "ends_with": (("order", "a"),), "precedence": (("order", "a"),),
    "response": (("time", "b"),), "succession": (("order", "a"), ("time", "b")), "immediate_response": (("order", "b"),),
    "immediate_precedence": (("order", "a"),), "not_followed_by": (("order", "b"),), "not_before": (("order", "b"),),
    "four_eyes": (("role", "b"),), "same_handler": (("role", "b"),), "performed_by": (("role", "a"),),
}  # fmt: skip
DERIVED = {"performed_by": "role", "channel": "channel", "evidence": "evidence", "touchpoint": "not_failed"}
JUDGED = (v.PASS, v.FAIL)


@dataclass(frozen=True, eq=False)
class Opportunities:
    """One row per opportunity of a touchpoint, in columns of equal length.

    An opportunity is a completed instance that is not one too many; an instance that is missing; or, where a case has neither, the
    case itself if a check of the touchpoint judges it all the same, as a promise that is overdue. The unit of every facet is the
    opportunity. Checks of severity observation have no say in any of it.

    Attributes
    ----------
    names : tuple of str
        The observable touchpoints, in the order of the blueprint.
    touchpoint : int32 array
        Position in ``names``.
    case : int64 array
    instance : int64 array
        Position in the instances of the study; ``NONE`` unless it took place.
    state : int8 array
        ``TOOK_PLACE``, ``MISSING`` or ``ELSEWHERE``.
    tested, failed, failed_net : bool arrays of shape (n_facets, n)
        By facet, in the order of ``FACETS``: whether the log tells, whether it failed, and whether by a fault that is not allowed.
    extra, unsettled : int64 arrays of shape (n_names,)
        Completed instances that are no opportunities: one too many; and in cases whose path could not be settled.
    """

    names: tuple[str, ...]
    touchpoint: np.ndarray
    case: np.ndarray
    instance: np.ndarray
    state: np.ndarray
    tested: np.ndarray
    failed: np.ndarray
    failed_net: np.ndarray
    extra: np.ndarray
    unsettled: np.ndarray

    def __len__(self) -> int:
        return len(self.case)


def opportunities_of(study: Study) -> Opportunities:
    """The opportunities of all touchpoints with what each check says of them; defined in :func:`mining.scorecard.touchpoints_of`.

    Examples
    --------
    >>> found = opportunities_of(study)
    >>> bool((found.failed <= found.tested).all() and (found.failed_net <= found.failed).all())
    True
    """
    return _Counter(study).counted()


@dataclass(frozen=True, eq=False)
class _Mark:
    """Something a check says of a facet: of a touchpoint in a case, at an instance or ``NONE``."""

    facet: int
    touchpoint: np.ndarray
    case: np.ndarray
    instance: np.ndarray
    failed: bool
    allowed: np.ndarray


class _Counter:
    """Finds the opportunities first, then has the checks say what they have to say of each."""

    def __init__(self, study: Study) -> None:
        self.study, self.instances = study, study.instances
        blueprint = study.blueprint
        self.names = tuple(a.id for a in blueprint.activities if a.touchpoint and a.observable)
        self.n, self.n_cases = len(self.names), study.instances.n_cases
        self.number = np.full(len(study.instances.names) + 1, v.NONE, np.int32)  # the last: no activity
        self.number[[study.instances.code[name] for name in self.names]] = np.arange(self.n)
        reading = {name: r for r in readings(blueprint) for name in r.activities}
        self.path_of = [reading[name].id for name in self.names]
        self.strict = np.array([reading[name].strict for name in self.names], bool)
        self.of_instance = self.number[study.instances.activity]
        self.checks = {check.id: check for check in study.checks if check.severity != OBSERVATION}

    def counted(self) -> Opportunities:
        """The opportunities."""
        surplus, unsettled, blind = self._not_counted()
        done = np.flatnonzero((self.of_instance != v.NONE) & self.instances.done & ~surplus & ~unsettled)
        gross, net = self._absent(blind)
        key = np.repeat(np.arange(self.n * self.n_cases), gross.ravel())
        nth = np.arange(len(key)) - np.searchsorted(key, key)
        touchpoint = np.concatenate([self.of_instance[done], (key // max(self.n_cases, 1)).astype(np.int32)])
        case = np.concatenate([self.instances.case[done].astype(np.int64), key % max(self.n_cases, 1)])
        marks = [mark for check in self.checks.values() for mark in self._marks(check, done, surplus, blind)]
        unit = self._places(touchpoint, case, done)
        more = self._elsewhere(marks, unit)
        n_done, n = len(done), len(case) + len(more)
        found = Opportunities(
            self.names,
            np.concatenate([touchpoint, (more // max(self.n_cases, 1)).astype(np.int32)]),
            np.concatenate([case, more % max(self.n_cases, 1)]),
            np.concatenate([done, np.full(n - n_done, v.NONE)]),
            np.repeat(np.array([TOOK_PLACE, MISSING, ELSEWHERE], np.int8), [n_done, len(key), len(more)]),
            *(np.zeros((len(FACETS), n), bool) for _ in range(3)),
            *(np.bincount(self.of_instance[x & self.instances.done & (self.of_instance >= 0)], minlength=self.n)
              for x in (surplus & ~unsettled, unsettled)),
        )  # fmt: skip
        unit.add(more, len(case))
        execution = FACETS.index("exec")
        found.tested[execution] = found.state != ELSEWHERE
        found.failed[execution] = found.state == MISSING
        found.failed_net[execution, n_done : len(case)] = nth < net.ravel()[key]
        found.tested[FACETS.index("order"), :n_done] = self.strict[touchpoint[:n_done]]
        for mark in marks:
            at = unit.of(mark)
            found.tested[mark.facet, at] = True
            if mark.failed:
                found.failed[mark.facet, at] = True
                found.failed_net[mark.facet, at[~mark.allowed]] = True
        return found

    def _not_counted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Instances that are one too many; those in cases without a settled path; and such (touchpoint, case)."""
        surplus = np.zeros(len(self.instances.activity), bool)
        for check in self.checks.values():
            table = check.faults
            rows = np.isin(table.kind, [v.KINDS.index(x) for x in (*SURPLUS, "replaced")]) & (table.instance != v.NONE)
            rows[rows] = self.of_instance[table.instance[rows]] != v.NONE
            instance, kind = table.instance[rows], table.kind[rows]
            touchpoint = self.of_instance[instance]
            instead = table.activity[rows] != self.instances.activity[instance]
            fits = (kind != v.KINDS.index("replaced")) | instead
            path = np.array([id == check.id for id in self.path_of], bool)[touchpoint]
            surplus[instance[fits & np.where(self.strict[touchpoint], path, check.dimension != "path")]] = True
        blind = np.zeros((self.n, self.n_cases), bool)
        for t, id in enumerate(self.path_of):
            if self.strict[t]:
                blind[t] = self.checks[id].verdict == v.NOT_OBSERVABLE
        unsettled = np.zeros(len(surplus), bool)
        rows = np.flatnonzero(self.of_instance != v.NONE)
        unsettled[rows] = blind[self.of_instance[rows], self.instances.case[rows]]
        return surplus, unsettled, blind

    def _absent(self, blind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Instances missing per (touchpoint, case), gross and net: the most that one check finds, since several may find the same."""
        gross, net = (np.zeros((self.n, self.n_cases), np.int32) for _ in range(2))
        for check in self.checks.values():
            rows = np.flatnonzero(np.isin(check.faults.kind, [v.KINDS.index(x) for x in ABSENT]))
            touchpoint = self._touchpoint(check, check.faults.activity[rows])
            allowed = self.study.allowed[check.id][rows] != v.NONE
            for table, kept in ((gross, touchpoint != v.NONE), (net, (touchpoint != v.NONE) & ~allowed)):
                key, count = np.unique(
                    touchpoint[kept].astype(np.int64) * self.n_cases + check.faults.case[rows[kept]], return_counts=True
                )
                flat = table.reshape(-1)
                flat[key] = np.maximum(flat[key], count)
        gross[blind], net[blind] = 0, 0
        return gross, net

    def _touchpoint(self, check: v.CheckResult, activity: np.ndarray) -> np.ndarray:
        """The touchpoint that faults at some activities belong to: that of the standard if it names one, none for the end of a case."""
        spec = self.study.blueprint.checks.get(check.id)
        if isinstance(spec, Standard) and (spec.touchpoint is not None or "case_end" in (*spec.end, *spec.of)):
            return np.full(len(activity), self._numbered(spec.touchpoint), np.int32)
        return self.number[activity]

    def _numbered(self, name: str | None) -> int:
        """Position of a touchpoint; ``NONE`` for what is none that a log can show."""
        return int(self.number[self.instances.code[name]]) if name in self.instances.code else v.NONE

    def _marks(self, check: v.CheckResult, done: np.ndarray, surplus: np.ndarray, blind: np.ndarray) -> Iterator[_Mark]:
        marks = [*self._tests(check, done), *self._faults(check)]
        for mark in marks:
            keep = mark.touchpoint != v.NONE
            keep[keep] = ~blind[mark.touchpoint[keep], mark.case[keep]]
            located = keep & (mark.instance != v.NONE)
            keep[located] = ~(
                surplus[mark.instance[located]] & (self.of_instance[mark.instance[located]] == mark.touchpoint[located])
            )
            if keep.any():
                yield _Mark(
                    mark.facet, mark.touchpoint[keep], mark.case[keep], mark.instance[keep], mark.failed, mark.allowed[keep]
                )  # fmt: skip

    def _faults(self, check: v.CheckResult) -> Iterator[_Mark]:
        """The faults of a check, by facet; of a swapped pair both steps are out of order."""
        table, allowed = check.faults, self.study.allowed[check.id] != v.NONE
        touchpoint, partner = self._touchpoint(check, table.activity), self.number[table.partner]
        both = (table.pattern == v.PATTERNS.index("swapped")) & (partner != v.NONE)
        for kind in np.unique(table.kind).tolist():
            facet = FACET_OF_KIND.get(v.KINDS[kind])
            if facet is None:
                continue
            for of, rows in ((touchpoint, table.kind == kind), (partner, (table.kind == kind) & both)):
                yield _Mark(FACETS.index(facet), of[rows], table.case[rows], table.instance[rows], True, allowed[rows])

    def _tests(self, check: v.CheckResult, done: np.ndarray) -> Iterator[_Mark]:
        """Where the log tells what a check asks of a touchpoint, whatever it says; the order of the stages asks it of all of them."""
        spec = self.study.blueprint.checks.get(check.id)
        if isinstance(spec, Standard):
            yield from self._tests_of_standard(spec, check, done)
        elif isinstance(spec, Rule):
            for facet, side in RULES.get(spec.kind, ()):
                if facet != "time" or spec.within is not None:
                    some = spec.kind == "performed_by" and not spec.when
                    yield self._at_instances(check, facet, getattr(spec, side), done, some)
        elif check.kind == "handover":
            for name in self.names:
                yield self._at_instances(check, "order", name, done, False)
        else:
            derived = derived_check(self.study.blueprint, check.id)
            if derived and derived.kind in DERIVED:
                yield self._at_instances(
                    check, DERIVED[derived.kind], derived.activity, done, derived.kind != "evidence"
                )

    def _at_instances(self, check: v.CheckResult, facet: str, name: str | None, done: np.ndarray, some: bool) -> _Mark:
        """All instances of an activity in cases that are judged. ``some``: in others too, those of which enough is known."""
        t = self._numbered(name)
        rows = done[self.of_instance[done] == t] if t != v.NONE else done[:0]
        verdict = check.verdict[self.instances.case[rows]]
        tells = np.isin(verdict, JUDGED)
        if some:
            tells |= (verdict == v.NOT_OBSERVABLE) & (check.why_not[0] == "")
            tells &= self._known(facet, name, rows)
        return self._mark(facet, self.of_instance[rows[tells]], self.instances.case[rows[tells]], rows[tells])

    def _known(self, facet: str, name: str | None, rows: np.ndarray) -> np.ndarray:
        """Instances of which the log has what the facet needs."""
        if facet == "role":
            return self.instances.resource[rows] >= 0
        if facet == "channel":
            return ~is_missing(self.instances.values(CHANNEL)[rows])
        contact = self.study.blueprint.activity(name or "").touchpoint
        known: np.ndarray = holds_at(contact.fails_when if contact else (), self.instances, rows)[1]
        return known

    def _tests_of_standard(self, standard: Standard, check: v.CheckResult, done: np.ndarray) -> Iterator[_Mark]:
        if standard.metric in TIMED:
            found = measurements(
                standard, self.study.blueprint, self.instances, self.study.is_open, self.study.calendars
            )
            rows = np.flatnonzero((found.finished | found.late) & np.isin(check.verdict, COUNTED)[found.case])
            touchpoint = self._touchpoint(check, found.activity[rows])
            yield self._mark("time", touchpoint, found.case[rows], found.instance[rows])
            return
        filled = standard.metric == "attribute" and (standard.limit, standard.minimum, standard.one_of) == (
            None,
            None,
            (),
        )
        facet = "evidence" if filled or standard.dimension == "evidence" else "not_failed"
        if standard.metric == "count":
            return
        if standard.touchpoint is not None:
            case = np.flatnonzero(np.isin(check.verdict, JUDGED))
            at = np.full(len(case), self._numbered(standard.touchpoint), np.int32)
            yield self._mark(facet, at, case, np.full(len(case), v.NONE))
            return
        for name in standard.of:
            yield self._at_instances(check, facet, name, done, False)

    def _mark(self, facet: str, touchpoint: np.ndarray, case: np.ndarray, instance: np.ndarray) -> _Mark:
        return _Mark(FACETS.index(facet), touchpoint, case, instance, False, np.zeros(len(case), bool))

    def _places(self, touchpoint: np.ndarray, case: np.ndarray, done: np.ndarray) -> _Places:
        return _Places(touchpoint, case, done, self.n, self.n_cases, self.of_instance)

    def _elsewhere(self, marks: list[_Mark], unit: _Places) -> np.ndarray:
        """(touchpoint, case), as one number, that are judged without any opportunity; sorted."""
        lost = [mark.touchpoint[at < 0].astype(np.int64) * self.n_cases + mark.case[at < 0]
                for mark, at in ((mark, unit.of(mark)) for mark in marks)]  # fmt: skip
        return np.unique(np.concatenate([np.empty(0, np.int64), *lost]))


class _Places:
    """Finds the opportunity that a check speaks of: that of the instance, else the first one of the touchpoint in the case."""

    def __init__(
        self, touchpoint: np.ndarray, case: np.ndarray, done: np.ndarray, n: int, n_cases: int, of_instance: np.ndarray
    ) -> None:
        self.n_cases, self.of_instance = n_cases, of_instance
        self.at = np.full(len(of_instance) + 1, v.NONE, np.int64)  # the last: no instance
        self.at[done] = np.arange(len(done))
        self.first = np.full(n * n_cases, v.NONE, np.int64)
        key = touchpoint.astype(np.int64) * n_cases + case
        self.first[key[::-1]] = np.arange(len(key))[::-1]

    def add(self, key: np.ndarray, begin: int) -> None:
        """Opportunities that are no instances, numbered from ``begin``."""
        self.first[key] = begin + np.arange(len(key))

    def of(self, mark: _Mark) -> np.ndarray:
        """Positions; ``NONE`` where there is none."""
        own = np.append(self.of_instance, v.NONE)[mark.instance] == mark.touchpoint
        at = np.where(own, self.at[mark.instance], v.NONE)
        found: np.ndarray = np.where(
            at == v.NONE, self.first[mark.touchpoint.astype(np.int64) * self.n_cases + mark.case], at
        )
        return found
