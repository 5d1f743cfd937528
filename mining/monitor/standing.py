"""How every case stands: verdicts, since when something is broken, what breaks next, and which rows prove it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.blueprint.derived import OUTCOME
from mining.conformance import judge as batch
from mining.conformance import verdicts as v
from mining.conformance.deadlines import FOREVER, Deadlines, deadlines, timed
from mining.conformance.path import order_unknown
from mining.monitor.growing import Growing
from mining.monitor.seen_paths import SeenPaths
from mining.monitor.view import Seen
from mining.study import Study
from mining.units import MICROSECONDS, MISSING


@dataclass(frozen=True, eq=False)
class Judged:
    """What a question to some cases found.

    Attributes
    ----------
    cases : int64 array of shape (n_cases,)
        Numbers of the cases in the feed.
    study : Study
        Of these cases.
    net : int8 array of shape (n_cases, n_checks)
    since : int64 array of shape (n_cases, n_checks)
        Since when a check is broken; ``MISSING`` where it is not.
    deadlines : int64 array of shape (n_cases, n_checks)
        When it breaks if nothing happens; ``MISSING`` where time alone does not break it, or it is broken.
    stopped : bool array of shape (n_cases, n_checks)
        The clock of the check stands still.
    waits_for : int32 array of shape (n_cases, n_checks)
        Position in the names of the instances of what a deadline waits for; -1 for no single activity.
    covered : int64 array of shape (n_cases,)
        After this moment a check of the case is not observable any more.
    """

    cases: np.ndarray
    study: Study
    net: np.ndarray
    since: np.ndarray
    deadlines: np.ndarray
    stopped: np.ndarray
    waits_for: np.ndarray
    covered: np.ndarray

    @property
    def checks(self) -> tuple[v.CheckResult, ...]:
        """Every check on these cases."""
        return self.study.checks


def judge(seen: Seen, paths: SeenPaths) -> Judged:
    """Judge some cases with the code that judges a log, and look for the deadlines of what still runs."""
    study = seen.study
    instances, is_open = study.instances, study.is_open
    others = batch.judge(instances, study.blueprint, is_open, study.calendars)
    unknown = order_unknown(study.blueprint, instances.n_cases)
    found = (*paths.judge(instances, is_open), *unknown, *others)
    vars(study)["checks"] = tuple(sorted(found, key=lambda check: v.DIMENSIONS.index(check.dimension)))
    checks, n = study.checks, len(seen.cases)
    shape = (n, len(checks))
    net = np.stack([study.net(check) for check in checks], axis=1)
    since, when = np.full(shape, MISSING), np.full(shape, MISSING)
    stopped, waits_for = np.zeros(shape, bool), np.full(shape, v.NONE, np.int32)
    covered = np.full(n, FOREVER)
    passed: dict[str, Deadlines] = {}
    column = {check.id: i for i, check in enumerate(checks)}
    for each in deadlines(study.blueprint, instances, is_open, study.calendars):
        i = column[each.check]
        intact = checks[i].verdict[each.case] != v.FAIL
        rows = each.case[intact]
        when[rows, i], waits_for[rows, i] = each.at[intact], each.activity[intact]
        stopped[rows, i] = each.stopped[intact] & (each.at[intact] == MISSING)
        np.minimum.at(covered, rows, each.covered[intact])
        passed[each.check] = each
    for i, check in enumerate(checks):
        if len(check.faults):
            since[:, i] = _since(check, study.allowed[check.id], passed.get(check.id), study.instances.now, n)
    since[net != v.FAIL] = MISSING
    return Judged(seen.cases, study, net, since, when, stopped, waits_for, covered)


def _since(
    check: v.CheckResult, allowed: np.ndarray, running: Deadlines | None, now: int, n: int
) -> np.ndarray:  # fmt: skip
    """Per case the moment at which it broke: of what came late that at which the limit was reached, not that of the event."""
    table = check.faults
    over = np.where(np.isnan(table.excess), 0.0, table.excess)
    late = table.kind == v.KINDS.index("late")
    at = table.at - np.where(late, np.rint(over * MICROSECONDS), 0).astype(np.int64)
    first = np.full(n, FOREVER)
    np.minimum.at(first, table.case[allowed == v.NONE], at[allowed == v.NONE])
    if running is not None:
        rows = np.flatnonzero((running.at != MISSING) & (running.at < now))
        first[running.case[rows]] = running.at[rows]
    return np.where(first == FOREVER, MISSING, first)


class Standing:
    """The last answer of every case, in arrays over the cases of the feed; rows of cases not looked at yet say nothing.

    Attributes
    ----------
    checks : tuple of str
        Ids of the checks, in the order of the columns.
    timed, measuring : list of int
        Positions of the checks that time alone can break, and of those that measure something.
    """

    def __init__(self) -> None:
        self.checks: tuple[str, ...] = ()
        self.timed: list[int] = []
        self.measuring: list[int] = []
        self._flat: dict[str, Growing] = {
            "open": Growing(bool),
            "known": Growing(bool),
            "wake": Growing(np.int64, FOREVER),
        }
        self._wide: dict[str, Growing] = {}
        self._earlier: set[tuple[int, int, int]] = set()  # case, timed check and deadline that another one has followed

    def __getitem__(self, name: str) -> np.ndarray:
        """One per case: ``open``, ``known``, ``wake``. Case x check: ``gross``, ``net``, ``since``, ``told`` (how often it was said to be
        broken, or mended). Case x timed check: ``warned`` (of which deadline last), ``due`` (its deadline). Case x measuring check:
        ``measured``."""
        return (self._flat[name] if name in self._flat else self._wide[name]).values

    def grow(self, n_cases: int) -> None:
        """Have a row for every case."""
        for kept in (*self._flat.values(), *self._wide.values()):
            kept.grow(n_cases)

    def put(self, found: Judged, wake: np.ndarray) -> None:
        """Keep what was found.

        Parameters
        ----------
        found : Judged
        wake : int64 array of shape (n_cases,)
            When each case must be looked at again though nothing happens; ``FOREVER``: never.
        """
        cases = found.cases
        self["open"][cases], self["known"][cases], self["wake"][cases] = found.study.is_open, True, wake
        self["gross"][cases] = np.stack([check.verdict for check in found.checks], axis=1)
        self["net"][cases], self["since"][cases] = found.net, found.since
        if self.timed:
            self["due"][cases] = found.deadlines[:, self.timed]
        if self.measuring:
            self["measured"][cases] = np.stack([found.checks[i].measured for i in self.measuring], axis=1)

    def begin(self, study: Study) -> None:
        """Learn from a first study which checks there are; of no effect later."""
        if self._wide:
            return
        self.checks = tuple(check.id for check in study.checks)
        timed_ids = {
            *(check.id for check in timed(study.blueprint)),
            OUTCOME if study.blueprint.scope.abandoned_after else "",
        }
        standards = {check.id for check in study.blueprint.standards} | {OUTCOME}
        self.timed, self.measuring = (
            [i for i, id in enumerate(self.checks) if id in wanted] for wanted in (timed_ids, standards)
        )
        n, of_time, of_length = len(self.checks), len(self.timed), len(self.measuring)
        kinds = {
            "gross": (np.int8, -1, n), "net": (np.int8, -1, n), "since": (np.int64, MISSING, n), "told": (np.int16, 0, n),
            "warned": (np.int64, MISSING, of_time), "due": (np.int64, MISSING, of_time),
            "measured": (float, np.nan, of_length),
        }  # fmt: skip
        self._wide = {name: Growing(*kind) for name, kind in kinds.items()}
        self.grow(len(self["open"]))

    def warn_again(self, case: int, k: int, deadline: int) -> bool:
        """Whether a deadline was not warned of yet, where another one was; from now on both count as such."""
        self._earlier.add((case, k, int(self["warned"][case, k])))
        return (case, k, deadline) not in self._earlier

    @property
    def open_cases(self) -> np.ndarray:
        """Numbers of the cases that still run."""
        return np.flatnonzero(self["open"] & self["known"])

    def awake(self, now: int) -> np.ndarray:
        """Numbers of the cases of which something has changed by time alone."""
        return np.flatnonzero(self["wake"] <= now)
