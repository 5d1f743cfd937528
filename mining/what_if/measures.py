"""What is measured of a run, and in the same way of the log itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.derived import OUTCOME
from mining.conformance import verdicts as v
from mining.conformance.standards import TIMED, cannot_answer, check_standard
from mining.units import MICROSECONDS, MISSING, Duration
from mining.what_if.clock import DAY
from mining.what_if.engine import NEVER, Staffing, open_until
from mining.what_if.runs import Run, instances_of_run

if TYPE_CHECKING:
    from mining.blueprint.model import Standard
    from mining.what_if.model import Model


@dataclass(frozen=True)
class Asked:
    """What to measure.

    Attributes
    ----------
    window : tuple of int
        Cases that arrive in it are measured, microseconds UTC (the end not included).
    until : int
        Cases that complete up to then are measured; ``NEVER``: all.
    standards : dict of str to Standard
        Time standards by the name of their measure.
    kinds : dict of str to int8 array
        By the name of the measure: 1 for templates that are counted, 0 for those that are not, -1 for those that are left aside.
    marks : dict of str to float
        Seconds of which the share of the cases that do not take longer is measured.
    """

    window: tuple[int, int]
    until: int
    standards: dict[str, Standard]
    kinds: dict[str, np.ndarray]
    marks: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """Which faults the templates of a model have, by check and finding."""

    model: Model

    @cached_property
    def _by_check(self) -> dict[str, v.CheckResult]:
        return {check.id: check for check in self.model.study.checks}

    def flags(self, check: str, cases: np.ndarray) -> np.ndarray:
        """1 for templates among ``cases`` (of the study), 0 for others that the check judges, -1 for those that it does not."""
        judged = np.isin(self._by_check[check].verdict, (v.PASS, v.FAIL, v.ALLOWED))
        flag = np.where(judged, 0, -1)
        flag[cases] = 1
        return flag[self.model.templates.case].astype(np.int8)

    def abandoned(self) -> np.ndarray | None:
        """1 for templates that were given up, as the blueprint defines it; None where it does not."""
        check = self._by_check.get(OUTCOME)
        if check is None or self.model.study.blueprint.scope.abandoned_after is None:
            return None
        given_up = np.zeros(self.model.study.instances.n_cases, np.int8)
        given_up[check.faults.case[check.faults.kind == v.KINDS.index("abandoned")]] = 1
        return given_up[self.model.templates.case]


def time_standards(model: Model) -> dict[str, Standard]:
    """The time standards of the blueprint that the log can answer, by the name of their measure."""
    study = model.study
    return {
        f"within:{s.id}": s
        for s in study.blueprint.standards
        if s.metric in TIMED and cannot_answer(s, study.blueprint, study.instances) is None
    }


def measured(model: Model, found: Run, asked: Asked) -> dict[str, float]:
    """All measures of a run, by name; NaN where there is none. Times in seconds."""
    arrived = (found.arrival >= asked.window[0]) & (found.arrival < asked.window[1])
    done = arrived & (found.end != NEVER) & (found.end <= asked.until)
    cases = np.flatnonzero(done)
    took = (found.end[cases] - found.arrival[cases]) / MICROSECONDS
    numbers: dict[str, float] = {"cases": float(len(cases)), "unfinished": float(arrived.sum() - len(cases))}
    some = len(took) > 0
    numbers["throughput_mean"] = float(took.mean()) if some else np.nan
    for name, share in (("throughput_median", 0.5), ("throughput_p90", 0.9)):
        numbers[name] = float(np.quantile(took, share)) if some else np.nan
    numbers |= {name: float((took <= mark).mean()) if some else np.nan for name, mark in asked.marks.items()}
    numbers |= _waits(model, found, cases)
    numbers["work_in_progress"] = in_work(found.arrival, np.minimum(found.last, asked.until), asked.window)
    numbers |= _kept(model, found, cases, asked.standards)
    for name, flag in asked.kinds.items():
        of = flag[found.template[cases]]
        numbers[name] = float(of[of >= 0].mean()) if (of >= 0).any() else np.nan
    return numbers | utilisation(model, found, asked.window)


def _waits(model: Model, found: Run, cases: np.ndarray) -> dict[str, float]:
    """Seconds that a case waits on average, and of them those in which it queues or finds nobody at work."""
    if not model.study.instances.whole.has_starts or not len(cases) or not found.measured:
        return {"waiting_mean": np.nan, "queue_mean": np.nan}
    wanted = np.zeros(len(found.template), bool)
    wanted[cases] = True
    rows = np.flatnonzero(wanted[found.case] & model.templates.has_start[found.step])
    waited = (found.start[rows] - found.enabled[rows]).sum() / MICROSECONDS
    queued = (found.start[rows] - found.ready[rows]).sum() / MICROSECONDS
    return {"waiting_mean": float(waited) / len(cases), "queue_mean": float(queued) / len(cases)}


def in_work(begin: np.ndarray, end: np.ndarray, window: tuple[int, int]) -> float:
    """Cases in work, mean over a window: from their arrival to the last that is seen of them."""
    low, high = np.maximum(begin, window[0]), np.minimum(end, window[1])
    return float(np.maximum(high - low, 0).sum()) / (window[1] - window[0])


def _kept(model: Model, found: Run, cases: np.ndarray, standards: dict[str, Standard]) -> dict[str, float]:
    """Share of the judged cases within each standard."""
    if not found.measured or not len(cases):
        return dict.fromkeys(standards, np.nan)
    study = model.study
    x, _ = instances_of_run(model, found, cases)
    nobody, kept = np.zeros(len(cases), bool), {}
    for name, standard in standards.items():
        limit = standard.limit
        if found.met and standard.id not in found.met and isinstance(limit, Duration) and limit.in_business_time:
            kept[name] = np.nan
            continue
        verdict = check_standard(standard, study.blueprint, x, nobody, study.calendars).verdict
        n = np.bincount(verdict, minlength=len(v.VERDICTS))
        judged = int(n[v.PASS] + n[v.FAIL])
        kept[name] = float(n[v.PASS]) / judged if judged else np.nan
    return kept


def utilisation(model: Model, found: Run, window: tuple[int, int]) -> dict[str, float]:
    """Of the time of the people at work the share in which they work, by pool; only of pools whose people do one thing at a time."""
    numbers, done = {}, found.staffing.open_before()
    begin, end = (int(t) for t in model.days.clock.local(np.array(window)))
    for name in model.limited:
        p = model.duty.names.index(name)
        mine = (found.pool == p) & (found.local[0] != NEVER)
        low, high = (np.clip(t[mine], begin, end) for t in found.local)
        busy = open_until(found.staffing, done, p, high) - open_until(found.staffing, done, p, low)
        there = people_time(found.staffing, p, begin, end)
        numbers[f"utilisation:{name}"] = float(busy.sum()) / there if there else np.nan
    return numbers


def people_time(staffing: Staffing, pool: int, begin: int, end: int) -> float:
    """Microseconds that people of a pool are at work in a window, summed over people."""
    low, high = int(staffing.offsets[pool]), int(staffing.offsets[pool + 1])
    at = staffing.at[low:high]
    until = np.append(at[1:], at[-1:] + DAY)
    length = np.maximum(np.minimum(until, end) - np.maximum(at, begin), 0)
    return float((length * staffing.people[low:high]).sum())


def as_it_was(model: Model) -> Run:
    """The complete cases of the log as a run: what really happened."""
    t, x, days = model.templates, model.study.instances, model.days
    n = len(t.case)
    case = np.repeat(np.arange(n), np.diff(t.offsets))
    start = np.where(t.has_start, x.start[t.instance], x.end[t.instance])
    finish, step = x.end[t.instance], np.arange(len(t.instance))
    parent = t.offsets[case] + np.maximum(t.parent, 0)
    enabled = np.where(t.parent < 0, t.arrival[case], finish[parent])
    end = t.arrival + t.duration
    all_days = days.first + np.arange(days.profiles.n_days)
    staffing = days.staffing_on(all_days, all_days - days.first)
    local = days.clock.local(start), days.clock.local(finish)
    ready = start - t.queued
    return Run(np.arange(n), t.arrival, end, end, case, step, enabled, ready, start, finish, t.pool, staffing, local)


def cases_still_open(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """First and last moment of the cases that were not complete when the model was made."""
    x = model.study.instances
    rest = np.setdiff1d(np.flatnonzero((x.case_start != MISSING) & (x.case_start <= model.until)), model.templates.case)
    return x.case_start[rest], np.minimum(x.case_end[rest], model.until)
