"""Where in its case a missing step should have been, and where a step out of order belongs: read from the alignments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.blueprint.stages import HANDOVER
from mining.conformance import verdicts as v
from mining.conformance.alignment import MODEL
from mining.conformance.path import PathResult, order_of
from mining.explain.facts import CaseFault
from mining.study import Study

NOWHERE = -2


@dataclass(frozen=True)
class Gap:
    """A step that the design has before ``instance`` (``NONE``: after the last one that was looked at), and its step in the alignment.

    ``anchor`` is the instance of the whole case before which it is drawn; ``NONE``: at the end.
    """

    name: int
    instance: int
    anchor: int
    step: int


@dataclass(frozen=True)
class Moves:
    """The alignment of one case, or of its part: gaps, and the step of each instance."""

    gaps: tuple[Gap, ...]
    step_of: dict[int, int]


def moves_of(result: PathResult, case: int, study: Study) -> Moves:
    """The alignment behind a path check of a case, in the instances of the study."""
    k = int(result.variants.of_case[case])
    span = slice(int(result.alignments.first[k]), int(result.alignments.first[k + 1]))
    begin = int(np.searchsorted(result.part.case[result.variants.sequence], case))
    events = result.rows[result.variants.sequence[begin : begin + len(result.variants.traces[k])]].tolist()
    end = _end_of(result, events, case, study)
    gaps, steps = [], {}
    moves = zip(*(getattr(result.alignments, x)[span].tolist() for x in ("kind", "label", "position")), strict=True)
    for step, (kind, label, position) in enumerate(moves):
        if kind == MODEL:
            name = study.instances.code[result.model.labels[label]]
            inside = position < len(events)
            gaps.append(Gap(name, events[position] if inside else v.NONE, events[position] if inside else end, step))
        else:
            steps[events[position]] = step
    return Moves(tuple(gaps), steps)


def _end_of(result: PathResult, events: list[int], case: int, study: Study) -> int:
    """The instance before which the part that a path check looked at ends; ``NONE``: with the case.

    A stage ends after its last step; one that did not take place would have ended before the first step of a later one.
    """
    first, after = study.instances.offsets[case : case + 2].tolist()
    if events:
        return max(events) + 1 if max(events) + 1 < after else v.NONE
    stages = [stage.id for stage in study.blueprint.stages]
    if result.reading.stage is None:
        return v.NONE
    mine = stages.index(result.reading.stage)
    for i in range(first, after):
        code = int(study.instances.activity[i])
        if code < study.instances.n_known and stages.index(study.blueprint.activities[code].stage) > mine:
            return i
    return v.NONE


class Places:
    """Finds the places of the faults of a path check. Each gap of the alignment is given away once."""

    def __init__(self, study: Study, case: int) -> None:
        self.study, self.case = study, case
        self.results = {result.check.id: result for result in study.path_results}
        self.first, self.after = study.instances.offsets[case : case + 2].tolist()
        self.moves: dict[str, Moves] = {}
        self.taken: set[tuple[str, int]] = set()

    def _of(self, check: str) -> Moves:
        if check not in self.moves:
            self.moves[check] = moves_of(self.results[check], self.case, self.study)
        return self.moves[check]

    def missing(self, fault: CaseFault) -> int:
        """The instance before which a missing step should have been; ``NONE``: after the last."""
        for gap in self._of(fault.check).gaps if fault.check in self.results else ():
            at = self.study.instances.case_end[self.case] if gap.instance == v.NONE else self._time(gap.instance)
            free = (fault.check, gap.step) not in self.taken
            if free and gap.name == fault.activity and at == fault.at:
                self.taken.add((fault.check, gap.step))
                return gap.anchor
        return self.at(fault.at)

    def at(self, moment: int) -> int:
        """The first instance at a moment; ``NONE`` where that is the end of the case, or there is none."""
        if moment == self.study.instances.case_end[self.case]:
            return v.NONE
        times = self.study.instances.order_time[self.first : self.after]
        k = int(np.searchsorted(times, moment))
        return self.first + k if k < len(times) else v.NONE

    def belongs(self, fault: CaseFault) -> int | None:
        """The instance before which a step out of order belongs, ``NONE`` for the end; None where it cannot be told.

        Of a pair in the wrong order it is the other one, or what follows that. Of a step that was moved, it is the gap that the
        alignment has for it.
        """
        if fault.partner != v.NONE:
            too_late = (
                self.study.instances.activity[fault.instance] == fault.activity and fault.pattern != "moved_early"
            )
            name = fault.partner if too_late or fault.pattern == "moved_early" else fault.activity
            other = self._nearest(fault, name)
            behind = other if too_late else other + 1
            return None if other == v.NONE else behind if behind < self.after else v.NONE
        if fault.check not in self.results:
            return None
        if fault.check == HANDOVER:
            return self._handed_over(fault)
        moves = self._of(fault.check)
        mine = moves.step_of.get(fault.instance, NOWHERE)
        early = fault.pattern == "moved_early"
        gaps = [
            gap for gap in moves.gaps
            if (fault.check, gap.step) not in self.taken and (gap.step > mine if early else gap.step < mine)
        ]  # fmt: skip
        same = [gap for gap in gaps if gap.name == fault.activity] or gaps
        if mine == NOWHERE or not same:
            return None
        gap = min(same, key=lambda gap: abs(gap.step - mine))
        self.taken.add((fault.check, gap.step))
        return gap.anchor

    def _handed_over(self, fault: CaseFault) -> int | None:
        """Of a step that is at odds with several others: before the first step of a later stage, or after the last of an earlier one."""
        order = order_of(self.study.blueprint)
        code, names = self.study.instances.activity, self.study.instances.names
        if order is None:
            return None
        mine = order.stage_of[names[fault.activity]]
        early = fault.pattern == "moved_early"
        others = {s if early else t for s, t in order.before if mine == (t if early else s)}
        rows = [i for i in range(self.first, self.after) if order.stage_of.get(names[int(code[i])]) in others]
        if not rows:
            return None
        behind = max(rows) + 1 if early else min(rows)
        return behind if behind < self.after else v.NONE

    def _nearest(self, fault: CaseFault, name: int) -> int:
        """The instance of an activity that is nearest to that of the fault; ``NONE`` if there is none."""
        rows = self.first + np.flatnonzero(self.study.instances.activity[self.first : self.after] == name)
        rows = rows[rows != fault.instance]
        return int(rows[np.argmin(np.abs(rows - fault.instance))]) if len(rows) else v.NONE

    def _time(self, instance: int) -> int:
        return int(self.study.instances.order_time[instance])
