"""One blueprint ready to be played: plans become timed cases, and the independent oracle says what a case breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from mining.blueprint import model as m
from mining.errors import MiningError
from mining.simulation import standards as time_standards
from mining.simulation.clock import BusinessCalendar, OutOfCoverageError
from mining.simulation.contacts import contact_faults, crossings, outcome_faults
from mining.simulation.people import channel_attribute, teams
from mining.simulation.play import Player
from mining.simulation.rules import Instance, Setting, Trace, applies, holds

PEOPLE_RULES = ("four_eyes", "same_handler", "performed_by")
SHORT_TASK = 3600
NIGHT_ENDS = 7
DEFAULT_HOURS: dict[str, tuple[str, ...]] = {"mon-fri": ("09:00-17:00",)}


class Task(NamedTuple):
    """A step of a plan: how long it waits, how long it takes (seconds), and whether closed hours matter to it.

    ``values``: what its own row says of attributes that belong to steps.
    """

    activity: str
    label: str
    wait: int
    work: int
    anytime: bool
    resource: str | None = None
    channel: str | None = None
    values: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Plan:
    """A case before the clock: when it arrives and what is done. ``due`` None: a generous date after the case."""

    id: str
    arrival: int
    tasks: tuple[Task, ...]
    attributes: Mapping[str, Any]
    patience: int
    due: int | None = None


@dataclass(frozen=True)
class Case:
    """A case as it happened. ``trace`` and ``plan.tasks`` go together position by position."""

    plan: Plan
    trace: tuple[Instance, ...]
    attributes: Mapping[str, Any]

    @property
    def activities(self) -> tuple[str, ...]:
        """What was done, in order."""
        return tuple(x.activity for x in self.trace)


class Service:
    """A blueprint with its calendars unrolled, its teams named and its checks at hand."""

    def __init__(self, blueprint: m.Blueprint) -> None:
        self.blueprint = blueprint
        binding = blueprint.binding
        self.has_starts = bool(binding.start or (binding.lifecycle and binding.lifecycle.start))
        self.has_schedule = bool(binding.lifecycle and binding.lifecycle.schedule)
        self.has_people = binding.resource is not None
        self.automaton = blueprint.automaton
        self.setting = Setting.of(blueprint)
        self.calendar = self._main_calendar()
        covered = [calendar.covered for calendar in (self.calendar, *self.setting.calendars.values())]
        self.covered = max(first for first, _ in covered), min(last for _, last in covered)
        self.teams = teams(blueprint)
        self.player = Player(blueprint)
        checks = blueprint.checks.values()
        self.rules = tuple(c for c in checks if isinstance(c, m.Rule) and self._observable_rule(c))
        self.standards = tuple(c for c in checks if isinstance(c, m.Standard) and self.observable_standard(c))
        said = {(r.a, r.role) for r in blueprint.rules if r.kind == "performed_by"}
        steps = [(a.id, a.role) for a in blueprint.activities if a.role and (a.id, a.role) not in said]
        self.roles = {activity: role for activity, role in steps if self.setting.members[role]}
        self.dues = tuple(dict.fromkeys(s.due for s in self.standards if s.due))
        self.channel = channel_attribute(blueprint)
        self.step_attributes = frozenset(step_attributes(blueprint))

    def _main_calendar(self) -> BusinessCalendar:
        if self.blueprint.calendars:
            return self.setting.calendars[self.blueprint.calendars[0].id]
        first = date.fromisoformat(self.blueprint.effective[0])
        coverage = (first.isoformat(), (first + timedelta(365)).isoformat())
        return BusinessCalendar(m.CalendarSpec("office", self.blueprint.binding.tz or "UTC", DEFAULT_HOURS, coverage))

    def _observable_rule(self, rule: m.Rule) -> bool:
        if rule.kind in PEOPLE_RULES and not self.has_people:
            return False
        return self.has_starts or "start" not in (rule.a_at, rule.b_at)

    def observable_standard(self, standard: m.Standard) -> bool:
        """Whether the log shows what the standard measures."""
        if standard.metric in ("waiting", "handling"):
            return self.has_starts
        return standard.metric in time_standards.TIME_METRICS

    # --- from plan to case ------------------------------------------------------------------------------------------

    def realise(self, plan: Plan) -> Case | None:
        """The case that a plan becomes; None if it runs out of the calendar's coverage."""
        try:
            trace = self._timed(plan)
        except OutOfCoverageError:
            return None
        if trace and not (self.covered[0] <= trace[0].start and trace[-1].end <= self.covered[1]):
            return None
        attributes = dict(plan.attributes)
        if self.dues and trace:
            due = plan.due or self._generous(trace, plan.patience)
            attributes |= dict.fromkeys(self.dues, due)
        if self.channel:
            attributes[self.channel] = next((task.channel for task in plan.tasks if task.channel), None)
        return Case(plan, trace, attributes)

    def rows(self, case: Case) -> list[Mapping[str, Any]]:
        """The attributes in the row of each instance: those of the case, its channel, and its own."""
        shared = {name: x for name, x in case.attributes.items() if name not in self.step_attributes}
        own = [dict(task.values) for task in case.plan.tasks]
        channels = [{self.channel: task.channel} if self.channel else {} for task in case.plan.tasks]
        return [shared | channel | values for channel, values in zip(channels, own, strict=True)]

    def _timed(self, plan: Plan) -> tuple[Instance, ...]:
        moment, trace = plan.arrival, []
        for task in plan.tasks:
            ready = moment + 1
            start, end = self._worked(task, ready)
            resource = task.resource if self.has_people else None
            trace.append(Instance(task.activity, start, end, resource, ready if self.has_schedule else None))
            moment = end
        return tuple(trace)

    def _worked(self, task: Task, ready: int) -> tuple[int, int]:
        wait, work = max(task.wait, 1), max(task.work, 1)
        if task.anytime:
            start = ready + wait
            if wait > SHORT_TASK and self.calendar.local(start).hour < NIGHT_ENDS:  # whoever has time sleeps first
                start += NIGHT_ENDS * 3600
            return start, start + work
        start = self.calendar.add(ready, wait)
        if self.calendar.room(start) < work <= SHORT_TASK:  # a short task is not torn apart by the end of the day
            start = self.calendar.next_slot(start) + wait % 600
        return start, self.calendar.add(start, work)

    def _generous(self, trace: Trace, patience: int) -> int:
        begin, end = trace[0].start, trace[-1].end
        span = max((end - begin) * 3 // 2, end - begin + patience)
        return self.calendar.at(self.calendar.local(begin + span).date() + timedelta(1), 17 * 60)

    # --- the oracle -------------------------------------------------------------------------------------------------

    def broken(self, case: Case, *, strict: bool = False) -> tuple[str, ...]:
        """Rules and standards the case breaks, in the order of the blueprint; not the path, not roles, not contacts."""
        rules = [r.id for r in self.rules if holds(r, case.trace, case.attributes, self.setting) is False]
        numbers = self._broken_numbers(case.trace, case.attributes, ("count", "handovers", "turns"))
        return (*rules, *numbers, *self._broken_attributes(case), *self._broken_standards(case, strict))

    def _broken_numbers(self, trace: Trace, attributes: Mapping[str, Any], metrics: tuple[str, ...]) -> list[str]:
        found = []
        for s in self.blueprint.standards:
            if s.metric not in metrics or not applies(s.when, attributes):
                continue
            if s.metric == "count":
                kept = time_standards.holds_count(s, trace)
            else:
                kept = s.metric == "handovers" and not self.has_people
                kept = kept or time_standards.within_limits(s, len(crossings(s, self.blueprint, trace)))
            if not kept:
                found.append(s.id)
        return found

    def _broken_attributes(self, case: Case) -> list[str]:
        checks = [s for s in self.blueprint.standards if s.metric == "attribute" and applies(s.when, case.attributes)]
        values = {s.id: [row.get(s.attr or "") for row in self.rows(case)] for s in checks}
        unclear = ("fail", "not_observable")
        return [s.id for s in checks if time_standards.attribute_verdict(s, case.trace, values[s.id]) in unclear]

    def _broken_standards(self, case: Case, strict: bool) -> list[str]:
        found = []
        for s in self.standards:
            stretches = time_standards.windows(s, case.trace, case.attributes, strict=strict)
            if not all(time_standards.kept(s, w, case.attributes, self.setting) for w in stretches):
                found.append(s.id)
        return found

    def comfortable(self, case: Case) -> bool:
        """Whether every time standard is kept with room to spare, under the strict reading too."""
        return all(
            time_standards.comfortable(s, w, case.attributes, self.setting)
            for s in self.standards
            for strict in (False, True)
            for w in time_standards.windows(s, case.trace, case.attributes, strict=strict)
        )

    def wrong_roles(self, case: Case) -> tuple[str, ...]:
        """``role-<activity>`` for every activity done by somebody outside its role.

        Only where the members of the role are known and no performed_by rule says the same already.
        """
        members = self.setting.members
        strangers = [x for x in case.trace if x.activity in self.roles and x.resource is not None]
        found = [f"role-{x.activity}" for x in strangers if x.resource not in members[self.roles[x.activity]]]
        return tuple(dict.fromkeys(found))

    def ordered(self, run: list[str], attributes: Mapping[str, Any]) -> bool:
        """Whether a run keeps the rules about order and number, before anybody looks at the clock or at people."""
        trace = [Instance(activity, 2 * i, 2 * i + 1) for i, activity in enumerate(run)]
        rules = [r for r in self.rules if r.kind not in (*PEOPLE_RULES, "not_before")]
        calm = (replace(r, within=None) if r.within else r for r in rules)
        kept = all(holds(r, trace, attributes, self.setting) is not False for r in calm)
        return kept and not self._broken_numbers(trace, attributes, ("count", "turns"))

    def clean(self, case: Case) -> bool:
        """Whether the case breaks nothing, and not nearly."""
        kept = not self.broken(case) and not self.wrong_roles(case) and self.comfortable(case)
        return kept and not self.poor_contacts(case) and self.automaton.accepts(case.activities)

    def poor_contacts(self, case: Case) -> tuple[str, ...]:
        """Checks of channel, evidence, failure and outcome that the case breaks."""
        contacts = contact_faults(self.blueprint, case.trace, self.rows(case))
        ends = outcome_faults(self.blueprint.scope, case.trace)
        return tuple(dict.fromkeys(check for check, _, _ in (*contacts, *ends)))

    def complete(self, activities: Iterable[str]) -> bool:
        """Whether one of the activities that end a case (scope.ends_with) is among them."""
        return not set(self.blueprint.scope.ends_with).isdisjoint(activities)

    def arrivals(self, start: date | None) -> tuple[date, date]:
        """First and last day on which cases arrive: about six months inside the coverage of all calendars.

        Raises
        ------
        MiningError
            If ``start`` is outside the coverage.
        """
        calendars = [self.calendar, *self.setting.calendars.values()]
        first, last = max(c.first for c in calendars), min(c.last for c in calendars)
        begin = start or min(max(first, date.fromisoformat(self.blueprint.effective[0])), last)
        if not first <= begin < last:
            raise MiningError(
                f"Cases cannot start on {begin}: the calendars of {self.blueprint.id} cover {first} to {last}. "
                "Name a start inside, or extend coverage in the blueprint."
            )
        room = (last - begin).days
        return begin, begin + timedelta(min(182, max(room - 60, room // 2)))


def step_attributes(blueprint: m.Blueprint) -> set[str]:
    """Attributes that say something of one step and not of the whole case.

    Those by which a proof, a failure or a standard of steps is seen, unless a condition or a standard looks at them for the
    case as well.
    """
    touchpoints = [a.touchpoint for a in blueprint.activities if a.touchpoint]
    found = {proof.attr for t in touchpoints for proof in t.proofs if proof.attr}
    found |= {c.attr for t in touchpoints for c in t.fails_when}
    attribute_standards = [s for s in blueprint.standards if s.metric == "attribute"]
    found |= {s.attr for s in attribute_standards if s.of and s.attr}
    checks: tuple[m.Rule | m.Standard | m.Allowance, ...] = (
        *blueprint.rules,
        *blueprint.standards,
        *blueprint.allowances,
    )
    of_case = {c.attr for check in checks for c in check.when}
    of_case |= {s.attr for s in attribute_standards if not s.of and s.attr} | {
        s.due for s in blueprint.standards if s.due
    }
    return found - of_case - {channel_attribute(blueprint) or ""}
