"""Clean cases: one stream of random numbers per case, drawn again until every check of the blueprint is safely kept."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import accumulate
from math import sqrt
from typing import Any

from mining.blueprint import model as m
from mining.errors import MiningError
from mining.simulation import standards as time_standards
from mining.simulation.people import assigned, case_attributes, channels, shares_channels
from mining.simulation.rules import holds
from mining.simulation.service import Case, Plan, Service, Task
from mining.simulation.stream import Stream
from mining.simulation.values import ValueMaker
from mining.units import Duration

TRIES = 600
ROUNDS = 12
EASY_ROUNDS = 4
NIGHT_TRIES = 4
HOURS = (1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2, 5, 7, 8, 8, 7, 7, 7, 7, 6, 6, 6, 7, 8, 7, 5, 2)
WEEK = (1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4)
MINUTE, HOUR, DAY = 60, 3600, 86_400
WAITS = {
    "customer": 4 * HOUR,
    "onstage": 25 * MINUTE,
    "backstage": 50 * MINUTE,
    "support": 10 * MINUTE,
    "partner": 6 * HOUR,
}
WORKS = {"onstage": 9 * MINUTE, "backstage": 14 * MINUTE, "partner": HOUR, "customer": 3 * MINUTE}
LEAST_WORK = 90
WORKING_WEEK = 40 * HOUR
SELF_SERVICE = ("customer", "onstage_technology")


class CaseMaker:
    """Makes the clean cases of a service, each from the seed and its number alone."""

    def __init__(self, service: Service, seed: int, start: date | None) -> None:
        self.service, self.seed = service, seed
        self.channel = service.channel
        self.one_channel = shares_channels(service.blueprint)
        self.values = ValueMaker(service)
        self.kinds = {a.id: service.blueprint.lane_of(a.id).kind for a in service.blueprint.activities}
        self.tempo = _tempo(service)
        first, last = service.arrivals(start)
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        self.any_day = _Days(days, [self._weight(day, quiet=0.35) for day in days])
        self.working_day = _Days(days, [self._weight(day, quiet=0.0) for day in days])

    def _weight(self, day: date, quiet: float) -> float:
        return WEEK[day.weekday()] if self.service.calendar.is_working_day(day) else WEEK[day.weekday()] * quiet

    def case(self, number: int) -> Case:
        """The case with this number.

        Raises
        ------
        MiningError
            If no clean case turns up in 600 tries; the message names the checks that stand in the way.
        """
        stream = Stream(self.seed, "case", number)
        reasons: Counter[str] = Counter()
        for attempt in range(TRIES):
            attributes = case_attributes(self.service.blueprint, stream)
            run = self.service.player.run(stream)
            if not run or not self.service.ordered(run, attributes):
                reasons["the order rules"] += 1
                continue
            nights = attempt < NIGHT_TRIES and stream.chance(0.7)
            case = self._fitted(self._plan(number, run, attributes, nights, stream), stream)
            if case is not None and self.service.clean(case):
                return case
            reasons.update(
                [
                    *self.service.broken(case, strict=True),
                    *self.service.wrong_roles(case),
                    *self.service.poor_contacts(case),
                ]
                if case
                else ["coverage"]
            )
        often = ", ".join(f"{name} ({n})" for name, n in reasons.most_common(4)) or "limits kept without room to spare"
        raise MiningError(
            f"{self.service.blueprint.id}: no clean case in {TRIES} tries. What stood in the way: {often}. "
            "The flow, these rules and these limits can hardly be met together; check the blueprint."
        )

    def _plan(self, number: int, run: list[str], attributes: dict[str, Any], nights: bool, stream: Stream) -> Plan:
        blueprint, service = self.service.blueprint, self.service
        people = assigned(blueprint, service.teams, run, attributes, stream)
        words = channels(blueprint, run, stream) if self.channel else [None] * len(run)
        tasks = tuple(
            self.task(activity, stream, nights=nights, first=i == 0)._replace(resource=who, channel=word)
            for i, (activity, who, word) in enumerate(zip(run, people, words, strict=True))
        )
        arrival = self._arrival(tasks[0].anytime, stream)
        return Plan(f"C{number:05d}", arrival, tasks, attributes, int(stream.between(10, 30)) * DAY)

    def task(self, activity: str, stream: Stream, *, nights: bool = False, first: bool = False) -> Task:
        """A task for an activity of the blueprint, or an ad-hoc step under its own label."""
        if activity not in self.kinds:
            return Task(activity, activity, int(stream.skewed(10 * MINUTE)), int(stream.skewed(5 * MINUTE)), False)
        step, kind = self.service.blueprint.activity(activity), self.kinds[activity]
        label = step.labels[0] if len(step.labels) == 1 or stream.chance(0.7) else stream.pick(step.labels)
        usual = WAITS.get(kind, 5 * MINUTE) * self.tempo * (3 if step.wait_point else 1)
        wait = stream.skewed(2 * MINUTE if first else usual)
        work = stream.skewed(WORKS.get(kind, 2 * MINUTE))
        anytime = nights and step.role is None and (kind == "customer" or (first and kind in SELF_SERVICE))
        return Task(activity, label, int(wait), int(work), anytime, values=self.values.fine(activity, stream))

    def _arrival(self, anytime: bool, stream: Stream) -> int:
        calendar = self.service.calendar
        if anytime:
            day = self.any_day.draw(stream)
            return calendar.at(day, 60 * stream.pick(range(24), HOURS)) + stream.below(HOUR)
        day = self.working_day.draw(stream)
        begin = calendar.at(day, 0)
        share = 0.9 * (stream.uniform() + stream.uniform()) / 2
        return calendar.add(begin, int(share * calendar.open_between(begin, calendar.at(day, 1440))))

    # --- waits that suit the limits ---------------------------------------------------------------------------------

    def _fitted(self, plan: Plan, stream: Stream) -> Case | None:
        """The plan with waits shortened until every limit is used up to a share drawn for this case, or nearly."""
        targets = {s.id: stream.between(0.3, 0.72) for s in self.service.standards}
        case = self.service.realise(plan)
        for number in range(ROUNDS):
            if case is None or (number >= EASY_ROUNDS and self.service.clean(case)):
                return case
            tasks = self._adjusted(case, targets)
            if tasks == case.plan.tasks:
                return case
            case = self.service.realise(Plan(plan.id, plan.arrival, tasks, plan.attributes, plan.patience))
        return case

    def _adjusted(self, case: Case, targets: Mapping[str, float]) -> tuple[Task, ...]:
        tasks = list(case.plan.tasks)
        for standard in (*self.service.standards, *time_standards.within_rules(self.service.rules)):
            if standard.metric == "due_date":
                continue
            for window in time_standards.windows(standard, case.trace, case.attributes, strict=True):
                used, target = (
                    time_standards.pressure(standard, window, self.service.setting),
                    targets.get(standard.id, 0.6),
                )
                if used > target:
                    _shorten(tasks, standard, window, max(0.05, 0.9 * target / used))
        for rule in self.service.rules:
            if rule.kind == "not_before" and holds(rule, case.trace, case.attributes, self.service.setting) is False:
                _lengthen(tasks, rule)
        return tuple(tasks)


def _tempo(service: Service) -> float:
    """How slow the service is: its longest time limit in working weeks, between a twentieth and six."""
    hours = [
        s.limit.amount * 8 * HOUR if s.limit.unit == "bd" else s.limit.seconds / (4 if s.limit.seconds >= DAY else 1)
        for s in service.standards
        if s.metric == "elapsed" and isinstance(s.limit, Duration)
    ]
    return min(6.0, max(0.05, max(hours, default=WORKING_WEEK) / WORKING_WEEK))


def _shorten(tasks: list[Task], standard: m.Standard, window: time_standards.Window, factor: float) -> None:
    """Shorten, in place, the waits that fall under a standard, and, more gently, the work."""
    waits = standard.metric != "handling"
    works = standard.metric != "waiting"
    first = window.first if "case_start" in standard.start else window.first + 1
    span = range(first, window.last + 1) if standard.metric == "elapsed" else (window.last,)
    for i in span:
        task = tasks[i]
        wait = max(2, int(task.wait * factor)) if waits else task.wait
        work = max(min(task.work, LEAST_WORK), int(task.work * sqrt(factor))) if works else task.work
        tasks[i] = task._replace(wait=wait, work=work)


def _lengthen(tasks: list[Task], rule: m.Rule) -> None:
    """Lengthen, in place, the waits before the later activity of a not_before rule."""
    assert rule.after is not None, "the loader refuses not_before without after"
    more = rule.after.amount * DAY if rule.after.unit == "bd" else rule.after.seconds
    for i, task in enumerate(tasks):
        if task.activity == rule.b:
            tasks[i] = task._replace(wait=task.wait + int(0.35 * more) + MINUTE)


class _Days:
    """Days to draw from by weight."""

    def __init__(self, days: list[date], weights: list[float]) -> None:
        self.days, self.sums = days, list(accumulate(weights))

    def draw(self, stream: Stream) -> date:
        """One of the days."""
        return self.days[min(bisect_right(self.sums, stream.uniform() * self.sums[-1]), len(self.days) - 1)]
