"""From the moves of an alignment with the order of stages to hand-overs that were not as designed."""

from __future__ import annotations

from mining.blueprint.stages import StageOrder
from mining.conformance import verdicts as v
from mining.conformance.alignment import LOG, SYNC, Alignments
from mining.conformance.instances import Instances
from mining.conformance.patterns import Certainty, Row

Event = tuple[int, int, int]  # name, position in the trace, step of the alignment


class HandoverReader:
    """Reads, from the fewest steps that break the order of stages, which step came too late or too early.

    Where a step is at odds with one other step only, and moving that one would mend the order as well, which of the two moved
    cannot be known: both are named, the one designed first before the other.
    """

    def __init__(self, order: StageOrder, instances: Instances) -> None:
        self.order, self.names = order, instances.names

    def read(self, trace: tuple[int, ...], alignments: Alignments, k: int) -> list[Row]:
        """Deviations of variant ``k``."""
        span = slice(alignments.first[k], alignments.first[k + 1])
        moves = [
            (kind, (trace[position], position, step))
            for step, (kind, position) in enumerate(
                zip(alignments.kind[span].tolist(), alignments.position[span].tolist(), strict=True)
            )
        ]
        kept = [event for kind, event in moves if kind == SYNC]
        certain = Certainty(alignments.share[span].tolist(), alignments.event_share[span].tolist())
        return [self._row(event, kept, certain) for kind, event in moves if kind == LOG]

    def _row(self, moved: Event, kept: list[Event], certain: Certainty) -> Row:
        late = [event for event in kept if event[1] < moved[1] and self._before(moved, event)]
        early = [event for event in kept if event[1] > moved[1] and self._before(event, moved)]
        at_odds = [*late, *early]
        if len(at_odds) == 1 and self._mends(moved, at_odds[0], kept):
            first, second = (moved, at_odds[0]) if late else (at_odds[0], moved)
            return _row(first[0], "swapped", second[0], moved[1], certain.either(moved[2], at_odds[0][2]))
        return _row(moved[0], "moved_late" if late else "moved_early", v.NONE, moved[1], certain.share[moved[2]])

    def _before(self, first: Event, second: Event) -> bool:
        stages = (self.order.stage_of[self.names[first[0]]], self.order.stage_of[self.names[second[0]]])
        return stages in self.order.before

    def _mends(self, moved: Event, other: Event, kept: list[Event]) -> bool:
        """Whether the order holds with the moved step in its place and the other one away."""
        events = sorted([*(event for event in kept if event is not other), moved], key=lambda event: event[1])
        return self.order.automaton.accepts(self.names[name] for name, _, _ in events)


def _row(activity: int, pattern: str, partner: int, event: int, share: float) -> Row:
    return Row(
        v.KINDS.index("out_of_order"), activity, partner, v.PATTERNS.index(pattern), event, v.NONE, share
    )  # fmt: skip
