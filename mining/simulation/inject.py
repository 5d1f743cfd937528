"""One fault into one case, so that exactly this fault can be found there, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mining.blueprint import model as m
from mining.simulation import standards as time_standards
from mining.simulation.cases import CaseMaker
from mining.simulation.faults import Target
from mining.simulation.repairs import DELETE, INSERT, Repair, cheapest_repairs
from mining.simulation.rules import holds
from mining.simulation.service import PEOPLE_RULES, Case, Plan, Service, Task
from mining.simulation.stream import Stream

PATH = "path"
MOST_PLACES = 8
HALVINGS = 14
LONGEST = 400 * 86_400
ORDER_RULES = (
    "precedence",
    "response",
    "succession",
    "immediate_response",
    "immediate_precedence",
    "not_followed_by",
    "starts_with",
    "ends_with",
)
SEEN_BY = {  # which rule kinds show a fault where the flow itself lets it pass
    "missing": ("must_occur", "together", *ORDER_RULES),
    "extra": ("must_not_occur", "not_together"),
    "repeated": ("at_most", "must_not_occur"),
    "swapped": ORDER_RULES,
}


@dataclass(frozen=True)
class Truth:
    """What was done to a case.

    ``check``: what shows it, ``path``, ``role-<activity>``, or a rule or standard. ``also_fails``: what fails with it
    of necessity, named the same way.
    """

    case_id: str
    kind: str
    activity: str
    partner: str
    check: str
    also_fails: tuple[str, ...]


class Injector:
    """Puts faults into clean cases of one service."""

    def __init__(self, service: Service, maker: CaseMaker) -> None:
        self.service, self.maker = service, maker
        self._seen: dict[tuple[str, ...], set[Repair]] = {}

    def inject(self, target: Target, case: Case, stream: Stream) -> tuple[Case, Truth] | None:
        """The case with the fault and the truth about it; None where it would not be exactly this fault.

        The case stays complete (scope.ends_with): in an open case nobody could tell missing from not yet done.
        """
        match target.kind:
            case "late":
                found = self._late(target, case, stream)
            case "same_person":
                found = self._same_person(target, case)
            case "wrong_role":
                found = self._wrong_role(target, case, stream)
            case _:
                found = self._misstep(target, case, stream)
        return found if found and self.service.complete(found[0].activities) else None

    # --- steps ------------------------------------------------------------------------------------------------------

    def _misstep(self, target: Target, case: Case, stream: Stream) -> tuple[Case, Truth] | None:
        """Of the places tried, the one that breaks the fewest other checks."""
        found: list[tuple[Case, Truth]] = []
        for tasks, partner in self._missteps(target, case, stream):
            changed = self.service.realise(replace(case.plan, tasks=tasks)) if tasks else None
            truth = self._judged(target, changed, partner) if changed else None
            if changed and truth:
                found.append((changed, truth))
        return min(found, key=lambda x: len(x[1].also_fails), default=None)

    def _missteps(self, target: Target, case: Case, stream: Stream) -> Iterator[tuple[tuple[Task, ...], str]]:
        tasks, wanted = case.plan.tasks, target.activity
        places = [i for i, task in enumerate(tasks) if task.activity == wanted]
        if target.kind == "extra":
            if not places:
                for i in stream.shuffled(range(len(tasks) + 1))[:MOST_PLACES]:
                    yield (*tasks[:i], self._extra(wanted, case, stream), *tasks[i:]), ""
            return
        if len(places) != 1:
            return
        i = places[0]
        if target.kind == "missing":
            yield (*tasks[:i], *tasks[i + 1 :]), ""
        elif target.kind == "repeated":
            for j in stream.shuffled(range(i + 1, len(tasks) + 1))[:MOST_PLACES]:
                again = tasks[i]._replace(wait=int(stream.skewed(900)), anytime=False)
                yield (*tasks[:j], again, *tasks[j:]), ""
        elif i + 1 < len(tasks) and sum(task.activity == tasks[i + 1].activity for task in tasks) == 1:
            yield (*tasks[:i], tasks[i + 1], tasks[i], *tasks[i + 2 :]), tasks[i + 1].activity

    def _extra(self, activity: str, case: Case, stream: Stream) -> Task:
        task = self.maker.task(activity, stream)
        team = self.service.teams.get(activity)
        if team is None:  # an ad-hoc step is done by somebody of the case
            team = tuple(dict.fromkeys(x.resource for x in case.plan.tasks if x.resource))
        offered = self.service.blueprint.activity(activity).touchpoint if activity in self.service.teams else None
        channel = next(
            (x.channel for x in case.plan.tasks if x.channel and offered and x.channel in offered.channels), None
        )
        if channel is None and offered and offered.channels and self.maker.channel:
            channel = stream.pick(offered.channels)
        if self._one_channel(case):
            channel = case.plan.tasks[0].channel
        return task._replace(
            wait=int(stream.skewed(900)), resource=stream.pick(team) if team else None, channel=channel
        )

    def _one_channel(self, case: Case) -> bool:
        return len({x.channel for x in case.plan.tasks}) == 1

    def _judged(self, target: Target, case: Case, partner: str) -> Truth | None:
        broken = self._agreed(case)
        if broken is None or self.service.wrong_roles(case):
            return None
        rules = {r.id: r for r in self.service.rules}
        if any(id not in rules or self._by_chance(rules[id], case) for id in broken):
            return None
        if not self.service.automaton.accepts(case.activities):
            if not self._only_repair(target, case, partner):
                return None
            return Truth(case.plan.id, target.kind, target.activity, partner, PATH, broken)
        seen = [id for id in broken if rules[id].kind in SEEN_BY[target.kind]]
        if not seen:
            return None
        return Truth(
            case.plan.id, target.kind, target.activity, partner, seen[0], tuple(id for id in broken if id != seen[0])
        )

    def _by_chance(self, rule: m.Rule, case: Case) -> bool:
        """Whether a broken rule is about people or about time, so that a misstep need not have broken it."""
        if rule.kind in (*PEOPLE_RULES, "not_before"):
            return True
        calm = replace(rule, within=None)
        return rule.within is not None and holds(calm, case.trace, case.attributes, self.service.setting) is not False

    def _agreed(self, case: Case) -> tuple[str, ...] | None:
        """What the case breaks, if both readings of the standards agree on it."""
        broken = self.service.broken(case)
        return broken if broken == self.service.broken(case, strict=True) else None

    def _only_repair(self, target: Target, case: Case, partner: str) -> bool:
        """Whether undoing the fault is the only cheapest way to explain the path."""
        a = target.activity
        if case.activities not in self._seen:
            self._seen[case.activities] = cheapest_repairs(self.service.automaton, case.activities)
        repairs = self._seen[case.activities]
        if target.kind == "swapped":
            return bool(repairs) and repairs <= {((DELETE, x), (INSERT, x)) for x in (a, partner)}
        return repairs == {((INSERT if target.kind == "missing" else DELETE, a),)}

    # --- people -----------------------------------------------------------------------------------------------------

    def _same_person(self, target: Target, case: Case) -> tuple[Case, Truth] | None:
        rule = target.rule
        assert rule is not None, "target() looked it up"
        tasks = case.plan.tasks
        a = [i for i, x in enumerate(tasks) if x.activity == rule.a and x.resource]
        b = [i for i, x in enumerate(tasks) if x.activity == rule.b and x.resource]
        if not a or not b:
            return None
        options = [
            self._given(case.plan, b[-1], tasks[a[-1]].resource),
            self._given(case.plan, a[-1], tasks[b[-1]].resource),
        ]
        shared = [who for who in self.service.teams.get(rule.a, ()) if who in self.service.teams.get(rule.b or "", ())]
        for role_kept in (True, False) if not shared else (True,):
            for changed in filter(None, map(self.service.realise, options)):
                roles = self.service.wrong_roles(changed)
                if self._agreed(changed) == (rule.id,) and role_kept != bool(roles):
                    return changed, Truth(case.plan.id, "same_person", rule.b or "", rule.a, rule.id, roles)
        return None

    def _wrong_role(self, target: Target, case: Case, stream: Stream) -> tuple[Case, Truth] | None:
        places = [i for i, x in enumerate(case.plan.tasks) if x.activity == target.activity and x.resource]
        members = self.service.setting.members
        if not places:
            return None
        place = stream.pick(places)
        others = sorted({who for names in members.values() for who in names} - set(self.service.teams[target.activity]))
        licences = {r.id for r in self.service.rules if r.kind == "performed_by" and r.a == target.activity}
        for who in stream.shuffled(others):
            changed = self.service.realise(self._given(case.plan, place, who))
            broken = self._agreed(changed) if changed else None
            if changed is None or broken is None or not set(broken) <= licences:
                continue
            fails = (*broken, *self.service.wrong_roles(changed))
            if fails:
                return changed, Truth(case.plan.id, "wrong_role", target.activity, "", fails[0], fails[1:])
        return None

    def _given(self, plan: Plan, place: int, who: str | None) -> Plan:
        task = plan.tasks[place]._replace(resource=who)
        return replace(plan, tasks=(*plan.tasks[:place], task, *plan.tasks[place + 1 :]))

    # --- time -------------------------------------------------------------------------------------------------------

    def _late(self, target: Target, case: Case, stream: Stream) -> tuple[Case, Truth] | None:
        standard = target.standard
        assert standard is not None, "target() looked it up"
        windows = time_standards.windows(standard, case.trace, case.attributes)
        extra = stream.between(1.0, 1.5)
        for window in stream.shuffled(windows):
            delay = self._delay(standard, case, window.last)
            changed = self._delayed(standard, case, window.last, int(delay * extra)) if delay else None
            if changed and self._agreed(changed) == (standard.id,) and not self.service.wrong_roles(changed):
                late = changed.trace[window.last].activity
                return changed, Truth(case.plan.id, "late", late, "", standard.id, ())
        return None

    def _delay(self, standard: m.Standard, case: Case, place: int) -> int | None:
        """The shortest delay of a step, to about one part in ten thousand, that makes the case clearly late."""
        low, high = 0, 600
        while not self._is_late(standard, self._delayed(standard, case, place, high), place):
            low, high = high, high * 2
            if high > LONGEST:
                return None
        for _ in range(HALVINGS):
            middle = (low + high) // 2
            if self._is_late(standard, self._delayed(standard, case, place, middle), place):
                high = middle
            else:
                low = middle
        return high

    def _delayed(self, standard: m.Standard, case: Case, place: int, seconds: int) -> Case | None:
        task = case.plan.tasks[place]
        works = standard.metric == "handling"
        longer = task._replace(work=task.work + seconds) if works else task._replace(wait=task.wait + seconds)
        tasks = (*case.plan.tasks[:place], longer, *case.plan.tasks[place + 1 :])
        due = case.attributes[standard.due] if standard.due else None
        return self.service.realise(replace(case.plan, tasks=tasks, due=due))

    def _is_late(self, standard: m.Standard, case: Case | None, place: int) -> bool:
        if case is None:
            return False
        windows = [w for w in time_standards.windows(standard, case.trace, case.attributes) if w.last == place]
        return any(time_standards.clearly_late(standard, w, case.attributes, self.service.setting) for w in windows)
