"""The path checks: cases, or their parts by stage, against the designed flow, by alignments of the distinct traces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import permutations

import numpy as np

from mining.automaton import TooManyStatesError
from mining.blueprint.compile import name_of_flow
from mining.blueprint.model import Blueprint
from mining.blueprint.stages import (
    HANDOVER,
    Reading,
    StageOrder,
    automaton_of_reading,
    net_of_reading,
    readings,
    stage_order,
)
from mining.conformance import verdicts as v
from mining.conformance.alignment import Alignments, Model, align, listed_or_searched
from mining.conformance.handover import HandoverReader
from mining.conformance.instances import Instances
from mining.conformance.patterns import PatternReader, Row
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.conformance.variants import Variants, labels_of, settle_ties, variants_of

SEVERITY = {"missing": "major", "out_of_order": "major", "replaced": "major", "extra": "minor", "repeated": "minor"}
WHOLE = "path"


@dataclass(frozen=True, eq=False)
class PathResult:
    """A path check, with the alignments behind it.

    Attributes
    ----------
    reading : Reading
        What was looked at, and how.
    check : CheckResult
    part : Instances
        The instances that were looked at, of all cases.
    rows : int64 array of shape (n_part,)
        Their positions in the instances of the study.
    variants, alignments, model, traces
        Of the part: positions in the variants are those of ``part``.
    """

    reading: Reading
    check: v.CheckResult
    part: Instances
    rows: np.ndarray
    variants: Variants
    alignments: Alignments
    model: Model
    traces: Traces


def check_paths(blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> tuple[PathResult, ...]:
    """All path checks of a service: the one of its type, or in a hybrid service one per stage and the order of the stages.

    A stage is judged as ended where the case has ended, or a step of a stage has come that the design lets come only after it.

    Parameters
    ----------
    blueprint : Blueprint
    instances : Instances
        Of a log, or of a piece of one.
    is_open : bool array of shape (n_cases,)

    Returns
    -------
    tuple of PathResult
    """
    order = order_of(blueprint)
    stage = _stage_of_each(blueprint, instances)
    found = []
    for reading in readings(blueprint):
        if reading.stage is None:
            found.append(check_path(blueprint, instances, is_open, reading))
            continue
        rows = np.flatnonzero(stage == _number(blueprint, reading.stage))
        later = {t for s, t in order.before if s == reading.stage} if order else set()
        over = np.zeros(instances.n_cases, bool)
        begun = np.isin(stage, [_number(blueprint, t) for t in later]) & (instances.activity < instances.n_known)
        over[instances.case[begun & instances.done]] = True
        found.append(check_path(blueprint, instances, is_open & ~over, reading, rows))
    return (*found, check_handover(instances, is_open, order)) if order else tuple(found)


def order_of(blueprint: Blueprint) -> StageOrder | None:
    """The order of the stages, as :func:`mining.blueprint.stages.stage_order`; None too where it is unknown (:func:`order_unknown`)."""
    return _order(blueprint)[0]


def order_unknown(blueprint: Blueprint, n_cases: int) -> tuple[v.CheckResult, ...]:
    """The check of the hand-over where nobody can make it: the flow of a hybrid service has too many states to tell its order."""
    if _order(blueprint)[1]:
        return ()
    return (v.unobservable(HANDOVER, "path", HANDOVER, "major", n_cases, ("why.order_unknown", {})),)


@lru_cache(maxsize=64)
def _order(blueprint: Blueprint) -> tuple[StageOrder | None, bool]:
    """The order of the stages, and whether it is known."""
    try:
        return stage_order(blueprint), True
    except TooManyStatesError:
        return None, False


def check_path(
    blueprint: Blueprint,
    instances: Instances,
    is_open: np.ndarray,
    reading: Reading | None = None,
    rows: np.ndarray | None = None,
) -> PathResult:
    """Compare every case, or its part, with the designed flow.

    A complete case passes if its completed instances are a run of the flow. A case still running is compared with the
    beginnings of runs: it fails if it has left the flow already, else it is pending. Events of equal time are read in the
    order that fits best; a case with too many such orders to try, and no fit in the order of the file, is not observable. So is
    a case whose alignment was not solved, because the flow has too many states: its deviations are not known.

    Parameters
    ----------
    blueprint : Blueprint
    instances : Instances
    is_open : bool array of shape (n_cases,)
    reading : Reading, optional
        How it is read; the whole flow as drawn if not given, whatever the type of the service.
    rows : int64 array, optional
        The instances of the reading; all if not given.

    Returns
    -------
    PathResult
    """
    reading = reading or Reading(WHOLE, None, "linear", tuple(a.id for a in blueprint.activities if a.observable))
    rows = np.arange(len(instances.activity)) if rows is None else rows
    part = instances if len(rows) == len(instances.activity) else instances.only(rows)
    model = model_of_reading(blueprint, reading)
    sequence, undecided = settle_ties(model, part, is_open)
    variants = variants_of(part, sequence, is_open)
    label = labels_of(model, part)
    traces = Traces.of_codes(len(model.labels), [[label[x] for x in trace] for trace in variants.traces])
    alignments = align(model, traces, prefix=variants.open, ambiguity=True)
    reader = PatternReader(blueprint, model, part)
    deviations = [
        (k, row)
        for k in np.flatnonzero((alignments.cost > 0) & alignments.solved).tolist()
        for row in reader.read(variants.traces[k], alignments, k)
    ]
    verdict = np.where(variants.open, v.PENDING, v.PASS).astype(np.int8)[variants.of_case]
    if reading.stage is not None:  # a stage that the design lets a case leave out says nothing where it was left out
        entered = np.bincount(part.case[sequence], minlength=part.n_cases) > 0
        verdict[~entered & (verdict == v.PASS)] = v.NOT_APPLICABLE
    unsolved = ~alignments.solved[variants.of_case]
    found = _per_case(deviations, variants, part, instances, rows)
    check = _result(reading.id, "flow", verdict, undecided, found, instances, unsolved)
    return PathResult(reading, check, part, rows, variants, alignments, model, traces)


def check_handover(instances: Instances, is_open: np.ndarray, order: StageOrder) -> PathResult:
    """Whether the stages of a hybrid service follow one another as designed: steps within a stage are not looked at.

    A case without two stages of which the design orders one before the other has no hand-over: not applicable, or pending while it runs.
    """
    known = np.array([name in order.automaton.code for name in instances.names[: instances.n_known]], bool)
    rows = np.flatnonzero(np.append(known, np.zeros(len(instances.names) - len(known), bool))[instances.activity])
    part = instances.only(rows)
    ended = np.zeros(instances.n_cases, bool)
    sequence, undecided = _settle_stages(order, part, ended)
    variants = variants_of(part, sequence, ended)
    label = labels_of(order.automaton, part)
    traces = Traces.of_codes(len(order.automaton.labels), [[label[x] for x in trace] for trace in variants.traces])
    alignments = align(order.automaton, traces, prefix=variants.open, ambiguity=True)
    reader = HandoverReader(order, instances)
    deviations = [
        (k, row)
        for k in np.flatnonzero(alignments.cost > 0).tolist()
        for row in reader.read(variants.traces[k], alignments, k)
    ]
    stages = [{order.stage_of[instances.names[x]] for x in trace} for trace in variants.traces]
    crossed = [any(pair in order.before for pair in permutations(there, 2)) for there in stages]
    verdict = np.where(
        is_open, v.PENDING, np.where(np.array(crossed, bool)[variants.of_case], v.PASS, v.NOT_APPLICABLE)
    )
    found = _per_case(deviations, variants, part, instances, rows)
    check = _result(HANDOVER, "handover", verdict.astype(np.int8), undecided, found, instances)
    reading = Reading(HANDOVER, None, "linear", order.automaton.labels)
    return PathResult(reading, check, part, rows, variants, alignments, order.automaton, traces)


def _settle_stages(order: StageOrder, part: Instances, is_open: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`settle_ties`: steps of equal time in the order of their stages, which no other order betters."""
    stages = {stage: [s for s, t in order.before if t == stage] for stage in order.stage_of.values()}
    try:
        rank = {stage: i for i, stage in enumerate(TopologicalSorter(stages).static_order())}
    except CycleError:  # no run has all of the stages, so that no order of all of them is designed
        return settle_ties(order.automaton, part, is_open)
    sequence = np.flatnonzero(part.done)
    of_name = np.array([rank[order.stage_of[x]] if x in order.stage_of else 0 for x in part.names])
    by_stage = np.lexsort((sequence, of_name[part.activity[sequence]], part.end[sequence], part.case[sequence]))
    return sequence[by_stage], np.zeros(part.n_cases, bool)


def _result(
    id: str, kind: str, verdict: np.ndarray, tied: np.ndarray, table: v.Faults, instances: Instances,
    unsolved: np.ndarray | None = None,
) -> v.CheckResult:  # fmt: skip
    large = np.zeros(len(tied), bool) if unsolved is None else unsolved
    verdict[np.unique(table.case)] = v.FAIL
    verdict[tied | large] = v.NOT_OBSERVABLE
    verdict[np.diff(instances.offsets) == 0] = v.NOT_APPLICABLE
    kept = v.select(table, verdict[table.case] == v.FAIL)
    why: v.Reason = ("why.not_solved", {}) if large.any() and not tied.any() else ("", {})
    return v.CheckResult(id, "path", kind, "major", verdict, kept, v.unmeasured(instances.n_cases), why_not=why)


@lru_cache(maxsize=64)
def model_of_reading(blueprint: Blueprint, reading: Reading) -> Model:
    """The flow as the engine reads it: an automaton, or the net itself where its states are too many to list."""
    try:
        automaton = automaton_of_reading(blueprint, reading)
    except TooManyStatesError:
        return LargeNet(net_of_reading(blueprint, reading), name_of_flow(blueprint))
    if not reading.strict:
        return automaton
    return listed_or_searched(automaton, net_of_reading(blueprint, reading), name_of_flow(blueprint))


def _number(blueprint: Blueprint, stage: str) -> int:
    return next(i for i, s in enumerate(blueprint.stages) if s.id == stage)


def _stage_of_each(blueprint: Blueprint, instances: Instances) -> np.ndarray:
    """Stage of each instance; labels outside the blueprint belong to that of the known step before them, else of the next one.

    In a case without a known step they belong to the first stage that is read at all: no label is lost.
    """
    first = next((_number(blueprint, r.stage) for r in readings(blueprint) if r.stage is not None), 0)
    of_name = np.full(len(instances.names), v.NONE)
    of_name[: instances.n_known] = [_number(blueprint, a.stage) for a in blueprint.activities]
    stage = of_name[instances.activity]
    n = len(stage)
    known = np.flatnonzero(stage != v.NONE)
    if len(known) in (0, n):
        return np.where(stage == v.NONE, first, stage)
    at = np.arange(n)
    before = np.searchsorted(known, at, side="right") - 1
    after = np.minimum(before + 1, len(known) - 1)
    previous = np.where(before >= 0, known[np.maximum(before, 0)], 0)
    has = (before >= 0) & (instances.case[previous] == instances.case)
    following = known[after]
    has_next = instances.case[following] == instances.case
    return np.where(has, stage[previous], np.where(has_next, stage[following], first))


def _beside_its_like(instance: np.ndarray, instances: Instances) -> np.ndarray:
    """Whether the step directly before or after an instance, in its case, is the same activity."""
    found = np.zeros(len(instance), bool)
    for step in (-1, 1):
        beside = np.clip(instance + step, 0, len(instances.case) - 1)
        same = (instances.case[beside] == instances.case[instance]) & (beside != instance)
        found |= same & (instances.activity[beside] == instances.activity[instance])
    return found


def _per_case(
    deviations: list[tuple[int, Row]], variants: Variants, part: Instances, instances: Instances, kept: np.ndarray
) -> v.Faults:  # fmt: skip
    """Deviations of the variants of a part become faults of the cases."""
    rows = np.array([(k, *row[:6]) for k, row in deviations], np.int64).reshape(-1, 7)
    share = np.array([row.share for _, row in deviations])
    by_variant = np.argsort(variants.of_case, kind="stable")
    heads = np.concatenate(([0], np.cumsum(variants.count)))
    times = variants.count[rows[:, 0]]
    which = np.repeat(np.arange(len(rows)), times)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    case = by_variant[heads[rows[which, 0]] + nth]
    sequence = variants.sequence
    begin = np.searchsorted(part.case[sequence], case)
    event, after = rows[which, 5], rows[which, 6]
    instance = np.full(len(case), v.NONE, np.int64)
    happened = event != v.NONE
    instance[happened] = kept[sequence[begin[happened] + event[happened]]]
    at = np.where(happened, instances.order_time[instance], instances.case_end[case])
    before = ~happened & (after != v.NONE)  # something missing is dated by the event before which it should have been
    at[before] = part.end[sequence[begin[before] + after[before]]]
    pattern = rows[which, 4].astype(np.int8)
    if part is not instances:  # what stands side by side in a stage need not do so in the case
        parted = (pattern == v.PATTERNS.index("retry")) & ~_beside_its_like(instance, instances)
        pattern[parted] = v.PATTERNS.index("rework")
    found = v.faults(
        case,
        rows[which, 1],
        rows[which, 2],
        at,
        partner=rows[which, 3],
        instance=instance,
        pattern=pattern,
        share=share[which],
    )
    return v.select(found, np.lexsort((found.activity, found.kind, found.at, found.case)))
