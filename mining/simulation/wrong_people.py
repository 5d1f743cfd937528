"""Faults of people: somebody outside the role, the same person where two are wanted, another where one is, many hands."""

from __future__ import annotations

from collections.abc import Iterator

from mining.blueprint import model as m
from mining.simulation.attempts import MOST_PLACES, Attempt, changed, crosses_too_often
from mining.simulation.service import Case, Plan, Service, Task
from mining.simulation.stream import Stream
from mining.simulation.targets import Target


class WrongPeople:
    """Tries to give steps to the wrong people."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def attempts(self, target: Target, case: Case, stream: Stream) -> Iterator[Attempt]:
        """The changes of persons that may be the fault."""
        match target.kind:
            case "wrong_role":
                yield from self._wrong_role(target.activity, case, stream)
            case "same_person":
                yield from self._same_person(target.rule, case)
            case "other_person":
                yield from self._other_person(target.rule, case, stream)
            case _:
                yield from self._many_hands(target.standard, case, stream)

    def _wrong_role(self, activity: str, case: Case, stream: Stream) -> Iterator[Attempt]:
        places = [i for i, x in enumerate(case.plan.tasks) if x.activity == activity and x.resource]
        members = self.service.setting.members
        if not places:
            return
        place = stream.pick(places)
        others = sorted({who for names in members.values() for who in names} - set(self.service.teams[activity]))
        for who in stream.shuffled(others):
            yield Attempt(_given(case.plan, place, who), activity)

    def _same_person(self, rule: m.Rule | None, case: Case) -> Iterator[Attempt]:
        assert rule is not None, "target() looked it up"
        tasks = case.plan.tasks
        a, b = _places(tasks, rule.a), _places(tasks, rule.b)
        if not a or not b:
            return
        for place, who in ((b[-1], tasks[a[-1]].resource), (a[-1], tasks[b[-1]].resource)):
            yield Attempt(_given(case.plan, place, who), rule.b or "", rule.a, check=rule.id)

    def shared(self, rule: m.Rule) -> bool:
        """Whether somebody may do both steps of a rule."""
        teams = self.service.teams
        return bool(set(teams.get(rule.a, ())) & set(teams.get(rule.b or "", ())))

    def _other_person(self, rule: m.Rule | None, case: Case, stream: Stream) -> Iterator[Attempt]:
        assert rule is not None, "target() looked it up"
        tasks = case.plan.tasks
        for mine, others in ((rule.b, rule.a), (rule.a, rule.b)):
            places = _places(tasks, mine)
            taken = {tasks[i].resource for i in _places(tasks, others)}
            team = [who for who in self.service.teams.get(mine or "", ()) if who not in taken]
            if not places or not taken:
                continue
            for who in stream.shuffled(team):
                plan = case.plan
                for place in places:
                    plan = _given(plan, place, who)
                yield Attempt(plan, rule.b or "", rule.a, check=rule.id)

    def _many_hands(self, standard: m.Standard | None, case: Case, stream: Stream) -> Iterator[Attempt]:
        """More and more steps are given to another person of their team, until the case changes hands too often."""
        assert standard is not None, "target() looked it up"
        for _ in range(MOST_PLACES):
            plan = case.plan
            for place in stream.shuffled(range(len(plan.tasks))):
                task = plan.tasks[place]
                team = [who for who in self.service.teams.get(task.activity, ()) if who != task.resource]
                if task.resource is None or not team:
                    continue
                plan = _given(plan, place, stream.pick(team))
                if crosses_too_often(self.service, standard, plan):
                    yield Attempt(plan, None, check=standard.id)
                    break


def _places(tasks: tuple[Task, ...], activity: str | None) -> list[int]:
    return [i for i, x in enumerate(tasks) if x.activity == activity and x.resource]


def _given(plan: Plan, place: int, who: str | None) -> Plan:
    return changed(plan, place, plan.tasks[place]._replace(resource=who))
