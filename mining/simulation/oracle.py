"""Everything a case breaks, in plain Python and without a look at the checks: which checks, and what each would name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mining.blueprint import model as m
from mining.blueprint.stages import HANDOVER, automaton_of_reading, readings, stage_order
from mining.simulation import standards as time_standards
from mining.simulation.contacts import Shown, contact_faults, crossings, outcome_faults
from mining.simulation.repairs import Repair, cheapest_repairs
from mining.simulation.rules import Instance, Trace, applies, holds
from mining.simulation.rules import named as named_by_rule
from mining.simulation.service import Case, Service

MOST_EDITS = 4
RIGHT: frozenset[Repair] = frozenset({()})


@dataclass(frozen=True)
class Diagnosis:
    """What a case breaks.

    Attributes
    ----------
    paths : mapping of str to frozenset of Repair
        Each path check that fails, and the cheapest ways to mend it (none if they take more than four edits).
    shown : tuple of (check, kind, activity)
        The faults of all other checks.
    """

    paths: Mapping[str, frozenset[Repair]]
    shown: tuple[Shown, ...]

    @property
    def checks(self) -> tuple[str, ...]:
        """All checks that fail, each once."""
        return tuple(dict.fromkeys([*self.paths, *(check for check, _, _ in self.shown)]))

    def names(self, check: str) -> list[tuple[str, str]]:
        """Kind and activity of each fault of a check that is not about the path."""
        return [(kind, activity) for name, kind, activity in self.shown if name == check]


class Oracle:
    """The checks of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        blueprint = service.blueprint
        self.readings = readings(blueprint)
        self.automata = {reading.id: automaton_of_reading(blueprint, reading) for reading in self.readings}
        self.order = stage_order(blueprint)
        self.stage_of = {a.id: a.stage for a in blueprint.activities}
        self._seen: dict[tuple[str, tuple[str, ...]], frozenset[Repair]] = {}

    def diagnosis(self, case: Case, *, now: int | None = None, strict: bool = False) -> Diagnosis:
        """All that the case breaks.

        Parameters
        ----------
        case : Case
        now : int, optional
            The last moment of the log; a case without an end is judged as running up to it. Not given, every case has ended.
        strict : bool
            The reading of the time standards that is harder on the service.
        """
        running = now is not None and not self.service.complete(case.activities)
        paths = {} if running else self.paths(case.activities)
        return Diagnosis(paths, tuple(self._shown(case, now if running else None, strict)))

    # --- the path ---------------------------------------------------------------------------------------------------

    def paths(self, activities: Sequence[str]) -> dict[str, frozenset[Repair]]:
        """Each path check that the sequence breaks, with its cheapest repairs."""
        found = {id: self._repairs(id, part) for id, part in self.parts(activities).items()}
        return {id: repairs for id, repairs in found.items() if repairs != RIGHT}

    def parts(self, activities: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """What each path check looks at.

        A step that the blueprint does not know belongs to the stage of the known step before it, else of the next; without
        any known step to the first stage. For the order of stages it is of no account.
        """
        if self.readings[0].stage is None:
            return {self.readings[0].id: tuple(activities)}
        stages: list[str | None] = [self.stage_of.get(x) for x in activities]
        first = next((stage for stage in stages if stage), self.service.blueprint.stages[0].id)
        for i, stage in enumerate(stages):
            stages[i] = stage or (stages[i - 1] if i else first)
        found = {
            reading.id: tuple(x for x, stage in zip(activities, stages, strict=True) if stage == reading.stage)
            for reading in self.readings
        }
        if self.order:
            found[HANDOVER] = tuple(x for x in activities if x in self.order.stage_of)
        return found

    def _repairs(self, id: str, part: tuple[str, ...]) -> frozenset[Repair]:
        if (id, part) not in self._seen:
            automaton = self.order.automaton if id == HANDOVER and self.order else self.automata[id]
            self._seen[id, part] = RIGHT if automaton.accepts(part) else self._mended(id, part)
        return self._seen[id, part]

    def _mended(self, id: str, part: tuple[str, ...]) -> frozenset[Repair]:
        automaton = self.order.automaton if id == HANDOVER and self.order else self.automata[id]
        for most in (2, MOST_EDITS):
            found = cheapest_repairs(automaton, part, most=most)
            if found:
                return frozenset(found)
        return frozenset()

    # --- all others -------------------------------------------------------------------------------------------------

    def _shown(self, case: Case, now: int | None, strict: bool) -> Iterator[Shown]:
        service, trace = self.service, case.trace
        for rule in service.rules:
            if not applies(rule.when, case.attributes):
                continue
            if now is None and holds(rule, trace, case.attributes, service.setting) is not False:
                continue
            for kind, activity in named_by_rule(rule, trace, service.setting, now):
                yield rule.id, kind, activity
        for standard in service.blueprint.standards:
            if applies(standard.when, case.attributes):
                yield from self._by_standard(standard, case, now, strict)
        members = service.setting.members
        for x in trace:
            role = service.roles.get(x.activity)
            if role is not None and x.resource is not None and x.resource not in members[role]:
                yield f"role-{x.activity}", "wrong_role", x.activity
        yield from contact_faults(service.blueprint, trace, service.rows(case), ended=now is None)
        yield from outcome_faults(service.blueprint.scope, trace, now)

    def _by_standard(self, standard: m.Standard, case: Case, now: int | None, strict: bool) -> Iterator[Shown]:
        match standard.metric:
            case "count":
                yield from _counted(standard, case.trace, now)
            case "handovers" | "turns":
                if standard.metric == "turns" or self.service.has_people:
                    yield from _crossed(standard, self.service.blueprint, case.trace, now)
            case "attribute":
                yield from self._valued(standard, case, now)
            case _ if standard in self.service.standards:
                yield from self._timed(standard, case, now, strict)

    def _timed(self, standard: m.Standard, case: Case, now: int | None, strict: bool) -> Iterator[Shown]:
        setting = self.service.setting
        for window in time_standards.windows(standard, case.trace, case.attributes, strict=strict):
            if now is not None and _ends_with_case(standard):
                continue
            if not time_standards.kept(standard, window, case.attributes, setting):
                yield standard.id, "late", case.trace[window.last].activity
        if now is not None:
            for window in time_standards.running(standard, case.trace, case.attributes, now):
                if not time_standards.kept(standard, window, case.attributes, setting):
                    yield standard.id, "late", ""

    def _valued(self, standard: m.Standard, case: Case, now: int | None) -> Iterator[Shown]:
        values = [row.get(standard.attr or "") for row in self.service.rows(case)]
        fixed = [x for x in zip(case.trace, values, strict=True) if x[0].activity in standard.of]
        first = next((value for value in values if value is not None), None)
        wanted: list[tuple[Instance | None, object]] = [*fixed] if standard.of else [(None, first)]
        must = time_standards.must_be_filled(standard)
        for step, value in wanted:
            place = step.activity if step else ""
            if value is None and must and (now is None or step):
                yield standard.id, "missing_evidence", place
            if value is not None and not time_standards.promised(standard, value):
                yield standard.id, "wrong_value", place


def _ends_with_case(standard: m.Standard) -> bool:
    return "case_end" in (*standard.end, *standard.of)


def _counted(standard: m.Standard, trace: Trace, now: int | None) -> Iterator[Shown]:
    mine = [x for x in trace if x.activity in standard.of]
    if isinstance(standard.limit, int | float):
        for x in mine[int(standard.limit) :]:
            yield standard.id, "repeated", x.activity
    if now is None and standard.minimum is not None and len(mine) < standard.minimum:
        yield standard.id, "missing", standard.of[0] if len(standard.of) == 1 else ""


def _crossed(standard: m.Standard, blueprint: m.Blueprint, trace: Trace, now: int | None) -> Iterator[Shown]:
    found = crossings(standard, blueprint, trace)
    if isinstance(standard.limit, int | float):
        for x in found[int(standard.limit) :]:
            yield standard.id, "discontinuity", x.activity
    if now is None and standard.minimum is not None and len(found) < standard.minimum:
        yield standard.id, "discontinuity", ""
