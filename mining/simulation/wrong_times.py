"""Faults of time: a limit clearly broken by the delay of one step, or a waiting period clearly cut short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mining.blueprint import model as m
from mining.simulation import standards as time_standards
from mining.simulation.attempts import Attempt
from mining.simulation.service import Case, Service
from mining.simulation.stream import Stream
from mining.simulation.targets import Target

HALVINGS = 14
LONGEST = 400 * 86_400
SHORTER = (0.6, 0.3, 0.1, 0.03, 0.0)


class WrongTimes:
    """Tries delays and haste."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def attempts(self, target: Target, case: Case, stream: Stream) -> Iterator[Attempt]:
        """The changes of waits, or of work, that may be the fault."""
        if target.kind == "early":
            assert target.rule is not None, "target() looked it up"
            yield from self._early(target.rule, case)
            return
        standard = target.standard
        assert standard is not None, "target() looked it up"
        windows = time_standards.windows(standard, case.trace, case.attributes)
        extra = stream.between(1.0, 1.5)
        for window in stream.shuffled(windows):
            delay = self._delay(standard, case, window.last)
            late = self._delayed(standard, case, window.last, int(delay * extra)) if delay else None
            if late:
                yield Attempt(late.plan, late.trace[window.last].activity, check=standard.id)

    def _early(self, rule: m.Rule, case: Case) -> Iterator[Attempt]:
        tasks = case.plan.tasks
        for last in (i for i, x in enumerate(tasks) if x.activity == rule.b):
            first = max((i for i, x in enumerate(tasks[:last]) if x.activity == rule.a), default=None)
            if first is None:
                continue
            for factor in SHORTER:
                soon = [x._replace(wait=max(2, int(x.wait * factor))) for x in tasks[first + 1 : last + 1]]
                plan = replace(case.plan, tasks=(*tasks[: first + 1], *soon, *tasks[last + 1 :]))
                yield Attempt(plan, rule.b or "", rule.a, check=rule.id)

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
        due = case.attributes[standard.due] if standard.due else case.plan.due
        return self.service.realise(replace(case.plan, tasks=tasks, due=due))

    def _is_late(self, standard: m.Standard, case: Case | None, place: int) -> bool:
        if case is None:
            return False
        windows = [w for w in time_standards.windows(standard, case.trace, case.attributes) if w.last == place]
        return any(time_standards.clearly_late(standard, w, case.attributes, self.service.setting) for w in windows)
