"""Which edits of a flow the cases that do not fit point to, and how many of them each could gain at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mining.automaton import Automaton
from mining.blueprint import model as m
from mining.conformance.alignment import LOG, MODEL, SYNC, Alignments
from mining.conformance.traces import Traces
from mining.discovery.edits import (
    Edit,
    Place,
    ends_of,
    in_loop,
    is_branch,
    item_of,
    lines_of,
    part_of,
    places_of,
    spans_of_whole,
)

MOST_BESIDE = 4  # items on each side of a change of order
MOST_FREE = 15  # steps of a free region that is proposed


@dataclass(frozen=True, eq=False)
class Fault:
    """A distinct trace that does not fit, with the moves of its alignment.

    Attributes
    ----------
    trace : tuple of str
    weight : int
        Cases.
    extra : frozenset of int
        Positions in the trace of what was done where the flow does not have it.
    missing, done : frozenset of str
        Steps left out; steps done as designed.
    """

    trace: tuple[str, ...]
    weight: int
    extra: frozenset[int]
    missing: frozenset[str]
    done: frozenset[str]

    @cached_property
    def added(self) -> frozenset[str]:
        """What was done where the flow does not have it."""
        return frozenset(self.trace[p] for p in self.extra)

    @cached_property
    def touched(self) -> frozenset[str]:
        """All steps that are extra or missing."""
        return self.added | self.missing


def faults_of(
    model: Automaton, traces: Sequence[tuple[str, ...]], weights: Sequence[int], found: Alignments
) -> list[Fault]:
    """The traces that do not fit, from their alignments with the flow."""
    faults = []
    for k, trace in enumerate(traces):
        if not found.cost[k]:
            continue
        span = slice(found.first[k], found.first[k + 1])
        moves = list(
            zip(found.kind[span].tolist(), found.label[span].tolist(), found.position[span].tolist(), strict=True)
        )
        faults.append(
            Fault(
                trace,
                weights[k],
                frozenset(p for kind, _, p in moves if kind == LOG),
                frozenset(model.labels[a] for kind, a, _ in moves if kind == MODEL),
                frozenset(trace[p] for kind, _, p in moves if kind == SYNC),
            )
        )
    return faults


def encoded(model: Automaton, traces: Sequence[tuple[str, ...]]) -> Traces:
    """Traces in the codes of a model."""
    return Traces.of(model.labels, traces)


def proposals(
    flow: m.Flow, faults: Iterable[Fault], *, silent: frozenset[str], known: frozenset[str]
) -> list[tuple[Edit, int]]:
    """Edits that some fault points to, each with the cases whose faults it is about; the most cases per cost first.

    Parameters
    ----------
    flow : Flow
    faults : iterable of Fault
    silent : frozenset of str
        Activities that leave no trace in the log.
    known : frozenset of str
        Activities that the blueprint has.
    """
    listed = list(faults)
    weights: dict[Edit, int] = defaultdict(int)
    for edit, weight in (
        *_of_places(flow, listed, silent),
        *_inserted(flow, listed, silent, known),
        *_swapped(flow, listed, silent),
        *_anywhere(flow, listed, silent),
    ):
        weights[edit] += weight
    found = [(edit, weight) for edit, weight in weights.items() if weight]
    return sorted(found, key=lambda pair: (-pair[1] / pair[0].cost, pair[0].key))


Weighted = Iterator[tuple[Edit, int]]


def _steps(part: m.Flow, silent: frozenset[str]) -> tuple[str, ...]:
    return tuple(a for a in m.flow_activities(part) if a not in silent)


def _of_places(flow: m.Flow, faults: list[Fault], silent: frozenset[str]) -> Weighted:
    """To leave a part out, to do it again, and to leave its order open."""
    written = [x.activity for x in m.flow_nodes(flow) if isinstance(x, m.Step)]
    twice = frozenset(a for a in written if written.count(a) > 1)
    for place in places_of(flow):
        part = part_of(flow, place)
        steps = _steps(part, silent)
        here, ends = frozenset(steps), ends_of(part, silent)
        touching = [f for f in faults if not here.isdisjoint(f.touched)]
        if touching and not ends.nullable and not is_branch(flow, place):
            loose = in_loop(flow, place) or not here.isdisjoint(twice)
            weight = sum(
                f.weight for f in touching if not here.isdisjoint(f.missing) and (loose or here.isdisjoint(f.done))
            )
            yield Edit(_skipping(flow, place, steps), place, steps), weight
        kind = "repeat" if len(steps) == 1 else "rework"
        for fault in (
            faults
        ):  # also those whose alignment names another step: of "b c c b" a b may be missing, or a c be repeated
            between = _rounds(fault, here, ends.first, ends.last)
            if between is not None:
                if not (isinstance(part, m.Loop) and part.redo is None):
                    yield Edit(kind, place, steps), fault.weight
                for step in between & fault.added:
                    yield Edit("rework_by", place, steps, step), fault.weight
        if (
            touching
            and 1 < len(steps) <= MOST_FREE
            and silent.isdisjoint(m.flow_activities(part))
            and not isinstance(part, m.Free)
        ):
            yield Edit("free", place, steps), sum(f.weight for f in touching)


def _skipping(flow: m.Flow, place: Place, steps: tuple[str, ...]) -> str:
    if isinstance(flow, m.Sequence) and not place.path and len(steps) > 1:
        if place.first == 0:
            return "begin_later" if place.last < len(flow.items) - 1 else "skip_block"
        if place.last == len(flow.items) - 1:
            return "end_earlier"
    return "skip" if len(steps) == 1 else "skip_block"


def _rounds(fault: Fault, here: frozenset[str], first: frozenset[str], last: frozenset[str]) -> frozenset[str] | None:
    """What was done between a step that may end a part and the next of its steps, where that may begin it; None where that is nowhere."""
    found: set[str] | None = None
    before = -1
    for p, step in enumerate(fault.trace):
        if step not in here:
            continue
        if before >= 0 and fault.trace[before] in last and step in first:
            found = (found or set()) | {*fault.trace[before + 1 : p]}
        before = p
    return None if found is None else frozenset(found)


def _inserted(flow: m.Flow, faults: list[Fault], silent: frozenset[str], known: frozenset[str]) -> Weighted:
    """To do a step at one more place: right after the item done before it, or right before the one done after it."""
    for line, items in lines_of(flow):
        steps = [_steps(item, silent) for item in items]
        number = {a: i for i, here in enumerate(steps) for a in here}
        for fault in faults:
            gaps: set[tuple[int, int, str]] = set()
            for p in fault.extra:
                before = next((number[x] for x in reversed(_kept(fault, 0, p)) if x in number), None)
                after = next((number[x] for x in _kept(fault, p + 1, len(fault.trace)) if x in number), None)
                if before is None and after is None and line.path:
                    continue
                step = fault.trace[p]
                if before is None and after is None:
                    after = 0
                if before is not None:
                    gaps.add((before, 1, step))
                if after is not None and after - 1 != before:
                    gaps.add((after, 0, step))
            for i, side, step in gaps:
                if items[i] != m.Step(step):
                    kind = "insert" if step in known else "new_step"
                    yield Edit(kind, item_of(line, i), steps[i], step, side), fault.weight


def _kept(fault: Fault, start: int, end: int) -> list[str]:
    """The steps of a stretch of the trace that were done as designed."""
    return [fault.trace[p] for p in range(start, end) if p not in fault.extra]


def _swapped(flow: m.Flow, faults: list[Fault], silent: frozenset[str]) -> Weighted:
    """To let two neighbouring parts of a sequence come in any order."""
    for line, items in lines_of(flow):
        if not line.is_span:
            continue
        steps = [_steps(item, silent) for item in items]
        for i in range(len(items)):
            for k in range(i + 1, min(i + MOST_BESIDE, len(items) - 1) + 1):
                for j in range(k, min(k + MOST_BESIDE, len(items))):
                    one = tuple(dict.fromkeys(a for x in steps[i:k] for a in x))
                    two = tuple(dict.fromkeys(a for x in steps[k : j + 1] for a in x))
                    if not one or not two or set(one) & set(two):
                        continue
                    weight = sum(f.weight for f in faults if _turned(f, frozenset(one), frozenset(two)))
                    yield Edit("any_order", Place(line.path, i, j), one, None, k, two), weight


def _turned(fault: Fault, one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether a step of the second part came before one of the first, and a deviation is about either."""
    if fault.touched.isdisjoint(one | two):
        return False
    first = next((p for p, x in enumerate(fault.trace) if x in two), None)
    return first is not None and any(x in one for x in fault.trace[first:])


def _anywhere(flow: m.Flow, faults: list[Fault], silent: frozenset[str]) -> Weighted:
    """To take a step into a free region, or to let it happen at any time."""
    regions = [(path, node) for path, node in _nodes(flow) if isinstance(node, m.Free)]
    wide = [(place, _steps(part_of(flow, place), silent)) for place in spans_of_whole(flow)]
    for fault in faults:
        for step in fault.added:
            for path, node in regions:
                if step not in node.activities:
                    yield Edit("admit", path, node.activities, step), fault.weight
            for place, steps in wide:
                yield Edit("any_time", place, steps, step), fault.weight


def _nodes(flow: m.Flow) -> Iterator[tuple[Place, m.Flow]]:
    for line, items in lines_of(flow):
        for i, item in enumerate(items):
            yield item_of(line, i), item
