"""Faults at touchpoints and in values: the wrong channel, no evidence, a failure, a value that is not promised; many turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mining.blueprint import model as m
from mining.simulation.attempts import MOST_PLACES, Attempt, changed, crosses_too_often
from mining.simulation.cases import CaseMaker
from mining.simulation.people import candidates
from mining.simulation.repairs import INSERT
from mining.simulation.service import Case, Service, Task
from mining.simulation.stream import Stream
from mining.simulation.targets import Target
from mining.simulation.values import ValueMaker, wrong_values

ELSEWHERE = "elsewhere"
SOON = 900


class WrongContacts:
    """Tries wrong channels and values."""

    def __init__(self, service: Service, maker: CaseMaker) -> None:
        self.service, self.maker = service, maker
        self.values = ValueMaker(service)
        offered = [a.touchpoint.channels for a in service.blueprint.activities if a.touchpoint]
        self.channels = tuple(dict.fromkeys(x for channels in offered for x in channels))

    def attempts(self, target: Target, case: Case, stream: Stream) -> Iterator[Attempt]:
        """The changes of values that may be the fault."""
        if target.standard is not None:
            yield from self._by_standard(target.kind, target.standard, case, stream)
            return
        places = [i for i, task in enumerate(case.plan.tasks) if task.activity == target.activity]
        for place in stream.shuffled(places)[:MOST_PLACES]:
            match target.kind:
                case "wrong_channel":
                    yield from self._wrong_channel(place, case, stream)
                case "failed":
                    task = case.plan.tasks[place]
                    for values in self.values.failed(task.activity, stream):
                        yield self._with(case, place, task._replace(values=values), f"touchpoint-{task.activity}")
                case _:
                    yield from self._blank(place, case)
        if target.kind == "missing_evidence" and places:
            yield from self._without_proof(target.activity, case)

    def _with(self, case: Case, place: int, task: Task, check: str) -> Attempt:
        return Attempt(changed(case.plan, place, task), task.activity, check=check)

    def _wrong_channel(self, place: int, case: Case, stream: Stream) -> Iterator[Attempt]:
        task = case.plan.tasks[place]
        contact = self.service.blueprint.activity(task.activity).touchpoint
        right = contact.channels if contact else ()
        others = [x for x in self.channels if x not in right] or [ELSEWHERE]
        for channel in stream.shuffled(others):
            yield self._with(case, place, task._replace(channel=channel), f"channel-{task.activity}")

    def _blank(self, place: int, case: Case) -> Iterator[Attempt]:
        task = case.plan.tasks[place]
        contact = self.service.blueprint.activity(task.activity).touchpoint
        for proof in contact.proofs if contact else ():
            if proof.attr:
                yield self._with(case, place, _put(task, proof.attr, None), f"evidence-{task.activity}")

    def _without_proof(self, activity: str, case: Case) -> Iterator[Attempt]:
        tasks = case.plan.tasks
        contact = self.service.blueprint.activity(activity).touchpoint
        for proof in contact.proofs if contact else ():
            rest = tuple(task for task in tasks if task.activity != proof.activity)
            if proof.activity and len(rest) == len(tasks) - 1:
                ways = (((INSERT, proof.activity),),)
                yield Attempt(replace(case.plan, tasks=rest), activity, "", ways, f"evidence-{activity}")

    # --- standards --------------------------------------------------------------------------------------------------

    def _by_standard(self, kind: str, standard: m.Standard, case: Case, stream: Stream) -> Iterator[Attempt]:
        if kind == "discontinuity":
            yield from self._more_turns(standard, case, stream)
        elif standard.of:
            yield from self._at_steps(kind, standard, case, stream)
        else:
            yield from self._of_case(kind, standard, case, stream)

    def _at_steps(self, kind: str, standard: m.Standard, case: Case, stream: Stream) -> Iterator[Attempt]:
        name = standard.attr or ""
        for place in stream.shuffled(range(len(case.plan.tasks))):
            task = case.plan.tasks[place]
            if task.activity not in standard.of:
                continue
            offered = [None] if kind == "missing_evidence" else self._wrong(standard, stream)
            for value in offered:
                yield self._with(case, place, _put(task, name, value), standard.id)

    def _of_case(self, kind: str, standard: m.Standard, case: Case, stream: Stream) -> Iterator[Attempt]:
        name = standard.attr or ""
        for value in [None] if kind == "missing_evidence" else self._wrong(standard, stream):
            attributes = {**case.plan.attributes, name: value}
            yield Attempt(replace(case.plan, attributes=attributes), "", check=standard.id)

    def _wrong(self, standard: m.Standard, stream: Stream) -> list[object]:
        return wrong_values(standard, candidates(self.service.blueprint, standard.attr or ""), stream)

    def _more_turns(self, standard: m.Standard, case: Case, stream: Stream) -> Iterator[Attempt]:
        """One step is done again and again between the others, until the case has gone back and forth too often."""
        done = {task.activity: task for task in case.plan.tasks}
        for activity in stream.shuffled(a.id for a in self.service.blueprint.activities if a.observable):
            task = done.get(activity) or self._task(activity, case, stream)
            for _ in range(MOST_PLACES // 2):
                plan = case.plan
                for _ in range(MOST_PLACES):
                    place = 1 + stream.below(len(plan.tasks))
                    again = task._replace(wait=int(stream.skewed(SOON)), anytime=False)
                    plan = replace(plan, tasks=(*plan.tasks[:place], again, *plan.tasks[place:]))
                    if crosses_too_often(self.service, standard, plan):
                        yield Attempt(plan, None, check=standard.id)
                        break

    def _task(self, activity: str, case: Case, stream: Stream) -> Task:
        team = self.service.teams.get(activity, ())
        channel = next((x.channel for x in case.plan.tasks if x.channel), None) if self.maker.one_channel else None
        return self.maker.task(activity, stream)._replace(resource=stream.pick(team) if team else None, channel=channel)


def _put(task: Task, name: str, value: object) -> Task:
    return task._replace(values=tuple({**dict(task.values), name: value}.items()))
