"""One run: what is drawn, what happens, and the moments of all steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from mining._kernels import kernel
from mining.conformance.durations import overdue
from mining.conformance.instances import Instances
from mining.conformance.standards import measured_spans
from mining.times.causes import merged
from mining.units import MICROSECONDS, MISSING
from mining.what_if.clock import DAY, MONDAY, WEEK, ranges
from mining.what_if.engine import NEVER, Staffing, Work, simulate
from mining.what_if.people import BREAK
from mining.what_if.staffing import Staff, staffed

if TYPE_CHECKING:
    from mining.blueprint.model import Standard
    from mining.log import EventLog
    from mining.what_if.model import Model

NEAR, LEAST_NEAR = (
    0.01,
    25,
)  # templates to either side of an hour of the week from which a case is drawn: share, and least number


@dataclass(frozen=True)
class Swap:
    """Another share of the cases of a kind: ``flag`` is 1 for templates of it, 0 for those that could be, -1 for the rest."""

    flag: np.ndarray
    share: float
    stratum: np.ndarray


@dataclass(frozen=True)
class Shift:
    """Another share of the cases of a kind by an effect in seconds on the throughput time, with its standard error."""

    flag: np.ndarray
    share: float
    effect: float
    se: float


@dataclass(frozen=True)
class Change:
    """What a scenario changes; the base changes nothing."""

    swaps: tuple[Swap, ...] = ()
    shifts: tuple[Shift, ...] = ()
    staff: tuple[Staff, ...] = ()
    automated: dict[int, int] = field(default_factory=dict)  # activity: microseconds
    urgent: frozenset[int] = frozenset()  # activities that are taken first
    met: tuple[Standard, ...] = ()


@dataclass(frozen=True, eq=False)
class Draw:
    """The chance of a run, the same for the base and every scenario. Moments are of the local clock."""

    arrival: np.ndarray
    weight: np.ndarray
    u: np.ndarray
    staffing: Staffing
    seed: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Run:
    """What happened in a run.

    Attributes
    ----------
    template : int64 array of shape (n_cases,)
    arrival, end : int64 arrays of shape (n_cases,)
        Microseconds UTC; ``NEVER`` where a case was not completed.
    last : int64 array of shape (n_cases,)
        Its last completion, or the arrival.
    case, step : int64 arrays of shape (n,)
        Case of the run, and step of the templates, by case and completion.
    enabled, ready, start, finish : int64 arrays of shape (n,)
        Microseconds UTC; ``NEVER`` where it did not come to that.
    pool : int64 array of shape (n,)
    staffing : Staffing
        As it was in this run, on the local clock.
    local : tuple of two int64 arrays of shape (n,)
        Start and completion on the local clock.
    measured : bool
        False: standards cannot be measured, since an effect was added to the cases as a whole.
    met : frozenset of str
        Standards whose breaches were taken out: what came later then lies at other hours, so that of the others only those by the clock on
        the wall can be measured.
    """

    template: np.ndarray
    arrival: np.ndarray
    end: np.ndarray
    last: np.ndarray
    case: np.ndarray
    step: np.ndarray
    enabled: np.ndarray
    ready: np.ndarray
    start: np.ndarray
    finish: np.ndarray
    pool: np.ndarray
    staffing: Staffing
    local: tuple[np.ndarray, np.ndarray]
    measured: bool = True
    met: frozenset[str] = frozenset()


def draw(model: Model, days: np.ndarray, seed: tuple[int, ...], arrival: np.ndarray | None = None, n: int = 0) -> Draw:
    """Draw the chance of a run.

    Parameters
    ----------
    model : Model
    days : int64 array
        Days to run (numbers since 1970-01-01).
    seed : tuple of int
    arrival : int64 array, optional
        Arrivals that are known, on the local clock. Else those of the days drawn, on the first ``n`` days.
    n : int
    """
    chance = np.random.default_rng(seed)
    drawn = model.days.drawn(days, chance)
    weight = model.templates.weight * chance.exponential(size=len(model.templates.weight))
    if arrival is None:
        arrival = model.days.arrivals_on(days[:n], drawn[:n])
    return Draw(arrival, weight, chance.random(len(arrival)), model.days.staffing_on(days, drawn), seed)


def chosen(
    model: Model, weight: np.ndarray, arrival: np.ndarray, u: np.ndarray, among: np.ndarray | None = None
) -> np.ndarray:
    """A template for each arrival: of the cases that arrived nearest to that hour of the week (1 % to either side, at least 25).

    Cases that arrive on Friday evening wait over the weekend: drawn from all cases, they would lose that.
    """
    t = model.templates
    among = np.arange(len(t.case)) if among is None else among
    at = (model.days.clock.local(t.arrival[among]) + MONDAY * DAY) % WEEK
    order = among[np.argsort(at, kind="stable")]
    n = len(order)
    half = min(max(LEAST_NEAR, int(NEAR * n)), n // 2)
    ring = np.concatenate((order[n - half :], order, order[: half + 1]))
    total = np.concatenate(([0.0], np.cumsum(weight[ring])))
    place = np.searchsorted(np.sort(at), (arrival + MONDAY * DAY) % WEEK) + half
    low, high = total[np.maximum(place - half, 0)], total[np.minimum(place + half + (n == 1), len(ring))]
    k = np.searchsorted(total, low + u * (high - low), side="right") - 1
    return np.asarray(ring[np.clip(k, 0, len(ring) - 1)])


def run(model: Model, draw: Draw, change: Change) -> Run:
    """Let the cases happen."""
    t, x = model.templates, model.study.instances
    template = chosen(model, draw.weight, draw.arrival, draw.u)
    for k, swap in enumerate(change.swaps):
        template = _swapped(model, draw, swap, template, np.random.default_rng((*draw.seed, 1, k)))
    arrived = _at_its_hour(model, draw.arrival, template)
    step, case = ranges(t.offsets[template], t.offsets[template + 1])
    head = np.searchsorted(case, np.arange(len(template)))
    parent = np.where(t.parent[step] < 0, -1, t.parent[step] + head[case])
    delay, work = t.delay[step], t.work[step]
    pool, clock, hours = t.pool[step], t.clock[step], t.hours[step]
    for activity, length in change.automated.items():
        mine = x.activity[t.instance[step]] == activity
        delay, work = np.where(mine, 0, delay), np.where(mine, length, work)
        pool, clock, hours = (np.where(mine, -1, a) for a in (pool, clock, hours))
    later = np.zeros(len(step), np.int8)
    if change.urgent:
        later = (~np.isin(x.activity[t.instance[step]], sorted(change.urgent))).astype(np.int8)
    staffing = staffed(model, draw.staffing, change.staff)
    ready, start, finish = simulate(Work(arrived[case], parent, delay, work, clock, hours, pool, later), staffing)
    enabled = np.where(parent < 0, arrived[case], finish[np.maximum(parent, 0)])
    order = np.lexsort((finish, case))
    arrays = [a[order] for a in (step, enabled, ready, start, finish, pool)]
    utc = [_utc(model, a) for a in arrays[1:5]]
    arrival = model.days.utc(arrived)
    last = np.maximum(_largest(case, np.where(utc[3] == NEVER, MISSING, utc[3]), len(template)), arrival)
    unfinished = np.zeros(len(template), bool)
    unfinished[case[utc[3] == NEVER]] = True
    end = np.where(unfinished, NEVER, last)
    found = Run(
        template, arrival, end, last, case, arrays[0], utc[0], utc[1], utc[2], utc[3], arrays[5],
        staffing, (arrays[3], arrays[4]),
    )  # fmt: skip
    for standard in change.met:
        found = _met(model, found, standard)
    for k, shift in enumerate(change.shifts):
        found = _shifted(found, shift, np.random.default_rng((*draw.seed, 2, k)))
    return found


def _at_its_hour(model: Model, arrival: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The arrivals at the hour of the week at which the templates arrived, where that is at most half a day away.

    What customers do by the clock (come back on the next morning) then falls on the hours in which it fell. Only cases with a delay by the
    clock on the wall of more than four hours are moved, since moved arrivals come in clumps, which would make queues.
    """
    t = model.templates
    long = np.flatnonzero((t.clock < 0) & (t.delay > BREAK))
    by_clock = np.zeros(len(t.case), bool)
    by_clock[np.searchsorted(t.offsets, long, side="right") - 1] = True
    moved = model.days.clock.local(model.templates.arrival[template]) - arrival
    moved = (moved + WEEK // 2) % WEEK - WEEK // 2
    return np.where(by_clock[template] & (np.abs(moved) <= DAY // 2), arrival + moved, arrival)


def _utc(model: Model, t: np.ndarray) -> np.ndarray:
    return np.where(t == NEVER, NEVER, model.days.utc(np.where(t == NEVER, 0, t)))


def _largest(case: np.ndarray, t: np.ndarray, n: int) -> np.ndarray:
    found = np.full(n, MISSING)
    np.maximum.at(found, case, t)
    return found


def _swapped(model: Model, draw: Draw, swap: Swap, template: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """As many cases as needed become cases of the other kind: of the same stratum, at a like hour of the week.

    Within a stratum the share moves in proportion, so that a stratum in which the kind is frequent keeps more of it.
    """
    u, v = chance.random(len(template)), chance.random(len(template))
    flag = swap.flag[template]
    judged = flag >= 0
    now = float(flag[judged].mean()) if judged.any() else 0.0
    down = swap.share < now
    leave = (now - swap.share) / now if down else (swap.share - now) / max(1 - now, 1e-12)
    moved = np.flatnonzero(judged & (flag == (1 if down else 0)) & (u < leave))
    found = template.copy()
    for stratum in np.unique(swap.stratum[template[moved]]).tolist():
        rows = moved[swap.stratum[template[moved]] == stratum]
        among = np.flatnonzero((swap.flag == (0 if down else 1)) & (swap.stratum == stratum))
        if len(among):
            found[rows] = chosen(model, draw.weight, draw.arrival[rows], v[rows], among)
    return found


def instances_of_run(model: Model, found: Run, cases: np.ndarray) -> tuple[Instances, np.ndarray]:
    """Some cases of a run as activity instances, so that the checks of the blueprint can read them; and their rows in the run."""
    x, t = model.study.instances, model.templates
    wanted = np.zeros(len(found.template), bool)
    wanted[cases] = True
    rows = np.flatnonzero(wanted[found.case])
    number = np.cumsum(wanted) - 1
    case, step = number[found.case[rows]], found.step[rows]
    source, scheduled = t.instance[step], t.scheduled[step]
    of = found.template[cases]
    moved = found.arrival[cases] - t.arrival[of]
    log = _Again(model, t.case[of], source, moved)
    return replace(
        x,
        log=cast("EventLog", log),
        offsets=np.searchsorted(case, np.arange(len(cases) + 1)).astype(np.int64),
        case=case.astype(np.int32),
        activity=x.activity[source],
        start=np.where(t.has_start[step], found.start[rows], MISSING),
        end=found.finish[rows],
        scheduled=np.where(scheduled == MISSING, MISSING, found.enabled[rows] + scheduled),
        resource=x.resource[source],
        row=x.row[source],
        places=None,
        first_case=0,
        first_instance=0,
        _cut_from=None,
    ), rows


class _Again:
    """Attributes of the cases of a log that happen again; due dates move with the case."""

    def __init__(self, model: Model, case: np.ndarray, instance: np.ndarray, moved: np.ndarray) -> None:
        self.instances, self.case, self.instance, self.moved = model.study.instances, case, instance, moved
        self.due = {s.due for s in model.study.blueprint.standards if s.due}

    def attribute(self, name: str) -> Any:
        """One value per case."""
        found = self.instances.attribute(name)[self.case]
        return np.where(found == MISSING, MISSING, found + self.moved) if name in self.due else found

    def values(self, name: str) -> Any:
        """One value per instance."""
        return self.instances.values(name)[self.instance]


def _met(model: Model, found: Run, standard: Standard) -> Run:
    """Every breach of a time standard is brought down to its limit: the time over it is taken out of the case.

    What comes later in the case comes earlier by as much; what other cases would gain from the people set free is not counted.
    """
    cases = np.flatnonzero(found.end != NEVER)
    x, rows = instances_of_run(model, found, cases)
    nobody = np.zeros(len(cases), bool)
    spans, value, excess, _, clock, _ = measured_spans(standard, x, nobody, model.study.calendars)
    late = np.flatnonzero((excess > 0) & ~np.isnan(value) & spans.finished)
    over = np.round(overdue(clock, spans.end[late], excess[late]) * MICROSECONDS).astype(np.int64)
    case, high = spans.case[late].astype(np.int64), spans.end[late]
    low = np.maximum(high - over, found.arrival[cases][case])
    order = np.lexsort((low, case))
    of, low, high = merged(*(np.ascontiguousarray(a[order], np.int64) for a in (case, low, high)))
    number = np.full(len(found.template), -1, np.int64)
    number[cases] = np.arange(len(cases))

    def sooner(of_case: np.ndarray, t: np.ndarray) -> np.ndarray:
        return t - _removed(of, low, high, of_case, t)

    mine = number[found.case[rows]]
    moved = {}
    for name in ("enabled", "ready", "start", "finish"):
        array = getattr(found, name).copy()
        array[rows] = sooner(mine, array[rows])
        moved[name] = array
    end, last = found.end.copy(), found.last.copy()
    end[cases] = last[cases] = sooner(np.arange(len(cases)), end[cases])
    return replace(found, end=end, last=last, met=found.met | {standard.id}, **moved)


@kernel
def _removed(of, low, high, case, t):  # type: ignore[no-untyped-def]  # pragma: no cover
    """How much of the intervals of a case (sorted by case and begin, not overlapping) lies before each moment."""
    found = np.zeros(t.size, np.int64)
    for i in range(t.size):
        k = np.searchsorted(of, case[i])
        while k < of.size and of[k] == case[i] and low[k] < t[i]:
            found[i] += min(high[k], t[i]) - low[k]
            k += 1
    return found


def _shifted(found: Run, shift: Shift, chance: np.random.Generator) -> Run:
    """Some cases lose, or get, the effect of a deviation on their throughput time."""
    u, effect = chance.random(len(found.template)), shift.effect + shift.se * chance.standard_normal()
    flag = shift.flag[found.template]
    judged = flag >= 0
    now = float(flag[judged].mean()) if judged.any() else 0.0
    down = shift.share < now
    leave = (now - shift.share) / now if down else (shift.share - now) / max(1 - now, 1e-12)
    moved = judged & (flag == (1 if down else 0)) & (u < leave) & (found.end != NEVER)
    by = int(round((-effect if down else effect) * MICROSECONDS))
    end = np.where(moved, np.maximum(found.end + by, found.arrival), found.end)
    return replace(found, end=end, last=np.where(moved, end, found.last), measured=False)
