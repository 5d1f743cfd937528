"""Faults of the way: a step left out, added, done again, replaced, swapped or moved; a case opened again, or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mining.blueprint.derived import OUTCOME
from mining.simulation.attempts import MOST_PLACES, ON_THE_PATH, Attempt
from mining.simulation.cases import CaseMaker
from mining.simulation.repairs import DELETE, INSERT, Repair
from mining.simulation.service import Case, Service, Task
from mining.simulation.stream import Stream
from mining.simulation.targets import Target

SOON = 900


class WrongSteps:
    """Tries missteps in the cases of a service."""

    def __init__(self, service: Service, maker: CaseMaker) -> None:
        self.service, self.maker = service, maker

    def attempts(self, target: Target, case: Case, stream: Stream) -> Iterator[Attempt]:
        """The places where the misstep may go."""
        places = [i for i, task in enumerate(case.plan.tasks) if task.activity == target.activity]
        match target.kind:
            case "extra":
                yield from self._extra(target.activity, case, stream) if not places else ()
            case "reopened":
                yield from self._reopened(target.activity, case, stream)
            case "abandoned":
                yield from self._abandoned(target.activity, case, stream)
            case _ if len(places) == 1:
                yield from self._at(places[0], target, case, stream)

    def _at(self, i: int, target: Target, case: Case, stream: Stream) -> Iterator[Attempt]:
        tasks, a = case.plan.tasks, target.activity
        rest = (*tasks[:i], *tasks[i + 1 :])
        match target.kind:
            case "missing":
                yield self._attempt(case, rest, a, ways=(((INSERT, a),),))
            case "repeated":
                for j in stream.shuffled(range(i + 1, len(tasks) + 1))[:MOST_PLACES]:
                    again = tasks[i]._replace(wait=int(stream.skewed(SOON)), anytime=False)
                    yield self._attempt(case, (*tasks[:j], again, *tasks[j:]), a, ways=(((DELETE, a),),))
            case "swapped":
                b = tasks[i + 1].activity if i + 1 < len(tasks) else None
                if b and b in self.service.blueprint.by_id and sum(task.activity == b for task in tasks) == 1:
                    swapped = (*tasks[:i], tasks[i + 1], tasks[i], *tasks[i + 2 :])
                    yield self._attempt(case, swapped, a, b, (_moved(a), _moved(b)))
            case "moved_early" | "moved_late":
                early = target.kind == "moved_early"
                places = range(i - 1) if early else range(i + 2, len(rest) + 1)
                for j in stream.shuffled(places)[:MOST_PLACES]:
                    yield self._attempt(case, (*rest[:j], tasks[i], *rest[j:]), a, ways=(_moved(a),))
            case "replaced":
                for x in stream.shuffled(self.service.blueprint.activity(a).replaced_by):
                    if x not in case.activities:
                        instead = (*tasks[:i], self._task(x, case, stream), *tasks[i + 1 :])
                        ways = (((DELETE, x), (INSERT, a)),)
                        yield self._attempt(case, instead, a, x, ways, ON_THE_PATH)

    def _attempt(
        self,
        case: Case,
        tasks: tuple[Task, ...],
        activity: str,
        partner: str = "",
        ways: tuple[Repair, ...] = ((),),
        check: str | None = None,
    ) -> Attempt:
        return Attempt(replace(case.plan, tasks=tasks), activity, partner, ways, check)

    def _extra(self, activity: str, case: Case, stream: Stream) -> Iterator[Attempt]:
        tasks = case.plan.tasks
        for i in stream.shuffled(range(len(tasks) + 1))[:MOST_PLACES]:
            longer = (*tasks[:i], self._task(activity, case, stream), *tasks[i:])
            yield self._attempt(case, longer, activity, ways=(((DELETE, activity),),))

    def _reopened(self, activity: str, case: Case, stream: Stream) -> Iterator[Attempt]:
        tasks, ends = case.plan.tasks, self.service.blueprint.scope.ends_with
        first = next((i for i, task in enumerate(tasks) if task.activity in ends), None)
        if first is None:
            return
        for i in stream.shuffled(range(first + 1, len(tasks) + 1))[:MOST_PLACES]:
            longer = (*tasks[:i], self._task(activity, case, stream), *tasks[i:])
            yield self._attempt(case, longer, activity, ways=(((DELETE, activity),),), check=OUTCOME)

    def _abandoned(self, activity: str, case: Case, stream: Stream) -> Iterator[Attempt]:
        """Cut off after a step, any if none is named, before the first end."""
        tasks, ends = case.plan.tasks, self.service.blueprint.scope.ends_with
        first = next((i for i, task in enumerate(tasks) if task.activity in ends), len(tasks))
        places = [i for i in range(first) if not activity or tasks[i].activity == activity]
        for i in stream.shuffled(places)[:MOST_PLACES]:
            yield self._attempt(case, tasks[: i + 1], tasks[i].activity, check=OUTCOME)

    def _task(self, activity: str, case: Case, stream: Stream) -> Task:
        """A task that comes on top: done by one of its team, an ad-hoc step by somebody of the case."""
        task = self.maker.task(activity, stream)
        team = self.service.teams.get(activity)
        if team is None:
            team = tuple(dict.fromkeys(x.resource for x in case.plan.tasks if x.resource))
        offered = self.service.blueprint.activity(activity).touchpoint if activity in self.service.teams else None
        used = [x.channel for x in case.plan.tasks if x.channel]
        if offered and offered.channels and self.maker.channel:
            channel: str | None = next((x for x in used if x in offered.channels), None) or stream.pick(
                offered.channels
            )
        else:
            channel = used[0] if self.maker.one_channel and used else None
        return task._replace(
            wait=int(stream.skewed(SOON)), resource=stream.pick(team) if team else None, channel=channel
        )


def _moved(activity: str) -> Repair:
    return ((DELETE, activity), (INSERT, activity))
