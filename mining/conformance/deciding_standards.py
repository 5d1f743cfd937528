"""Which moments decide a standard in one case: where the measurement begins and ends, and where the clock stood still."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mining.blueprint.model import Standard
from mining.conformance import continuity, standards
from mining.conformance import verdicts as v
from mining.conformance.conditions import is_missing
from mining.conformance.deciders import Decider, Seen
from mining.units import MISSING

Found = list[Decider]


def of_standard(standard: Standard, seen: Seen) -> Found:
    """What decides a standard, as if its conditions held."""
    return METRICS[standard.metric](standard, seen)


def _elapsed(standard: Standard, seen: Seen) -> Found:
    start, instance = (x[seen.case] for x in standards.first_of(standard.start, seen.instances))
    if start == MISSING:
        return [seen.absent(name) for name in standard.start]
    spans = standards.SPANS["elapsed"](standard, seen.instances, seen.is_open)
    found = [Decider(int(instance), "start", int(start))]
    if not len(spans.case):
        return [*found, *(seen.absent(name) for name in standard.end)]
    return [*found, *_end(standard, seen, spans), *_stopped(standard, seen, spans)]


def _end(standard: Standard, seen: Seen, spans: standards.Spans) -> Found:
    end = int(spans.end[0])
    if not spans.finished[0]:
        return [*seen.steps("last", seen.faulty[:1] if "case_end" in standard.end else ()), Decider(None, "now", end)]
    return [Decider(int(spans.instance[0]), "end", end)]


def _stopped(standard: Standard, seen: Seen, spans: standards.Spans) -> Found:
    """Where the clock stood still within what was measured."""
    found: Found = []
    begin, end = int(spans.start[0]), int(spans.end[0])
    for stop in standard.stop_clock:
        rows, until = standards.stop_events(stop, seen.instances)
        for row, resume in zip(rows.tolist(), until.tolist(), strict=True):
            at = int(seen.instances.end[row])
            back = end if resume == v.NONE else int(seen.instances.end[resume])
            if at < end and back > begin:
                found.append(Decider(row, "stop", at))
                found += [Decider(resume, "resume", back)] if resume != v.NONE and back <= end else []
    return found


def _due_date(standard: Standard, seen: Seen) -> Found:
    name = standard.due or ""
    due = int(seen.instances.attribute(name)[seen.case])
    if due == MISSING:
        return [seen.absent(name)]
    ended = standards.to_the_end(standard)
    spans = standards.SPANS["elapsed"](ended, seen.instances, seen.is_open)
    end = _end(ended, seen, spans) if len(spans.case) else [seen.absent(x) for x in standard.of]
    return [Decider(None, "due", due, name), *end]


def _spans(standard: Standard, seen: Seen) -> Found:
    """Waiting and handling: begin and end of each measurement."""
    spans = standards.SPANS[standard.metric](standard, seen.instances, seen.is_open)
    found: Found = []
    for i, row in enumerate(spans.instance.tolist()):
        if not seen.faulty or row in seen.faulty:
            end = (
                Decider(row, "end", int(spans.end[i])) if spans.finished[i] else Decider(None, "now", int(spans.end[i]))
            )
            found += [Decider(row, "start", int(spans.start[i])), end]
    blind = seen.instances.started(*standard.of)
    blind = blind[seen.instances.start[blind] == MISSING]
    found += [Decider(row, "start", MISSING) for row in blind.tolist()] if not seen.faulty else []
    return found or seen.steps("step", seen.instances.started(*standard.of)) or [seen.absent(x) for x in standard.of]


def _count(standard: Standard, seen: Seen) -> Found:
    return seen.steps_or_absent("step", *standard.of)


def _attribute(standard: Standard, seen: Seen) -> Found:
    if standard.of:
        return seen.failing(seen.steps_or_absent("step", *standard.of))
    rows = np.flatnonzero(~is_missing(seen.instances.values(standard.attr or "")))[:1]
    return seen.steps("step", rows, standard.attr or "") or [seen.absent(standard.attr or "")]


def _changes(standard: Standard, seen: Seen) -> Found:
    rows, word = continuity.COUNTED[standard.metric](seen.blueprint, seen.instances)
    earlier, later = continuity.changes(seen.instances, rows, word)
    if not len(later):
        return seen.steps("step", rows) or seen.steps("step", range(len(seen.instances.activity)))
    return seen.steps("from", earlier) + seen.steps("to", later)


METRICS: dict[str, Callable[[Standard, Seen], Found]] = {
    "elapsed": _elapsed,
    "waiting": _spans,
    "handling": _spans,
    "due_date": _due_date,
    "count": _count,
    "attribute": _attribute,
    "handovers": _changes,
    "turns": _changes,
}
