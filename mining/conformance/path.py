"""The path check: every case against the designed flow, by alignments of the distinct traces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.automaton import TooManyStatesError
from mining.blueprint.compile import name_of_flow, net_of
from mining.blueprint.model import Blueprint
from mining.conformance import verdicts as v
from mining.conformance.alignment import Alignments, Model, align, listed_or_searched
from mining.conformance.instances import Instances
from mining.conformance.patterns import PatternReader, Row
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.conformance.variants import Variants, labels_of, settle_ties, variants_of

SEVERITY = {"missing": "major", "out_of_order": "major", "extra": "minor", "repeated": "minor"}


@dataclass(frozen=True, eq=False)
class PathResult:
    """The path check, with the alignments behind it."""

    check: v.CheckResult
    variants: Variants
    alignments: Alignments
    model: Model
    traces: Traces


def check_path(blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> PathResult:
    """Compare every case with the designed flow.

    A complete case passes if its completed instances are a run of the flow. A case still running is compared with the
    beginnings of runs: it fails if it has left the flow already, else it is pending. Events of equal time are read in the
    order that fits best; a case with too many such orders to try, and no fit in the order of the file, is not observable. So is
    a case whose alignment was not solved, because the flow has too many states: its deviations are not known.

    Returns
    -------
    PathResult
    """
    model = flow_model(blueprint)
    sequence, undecided = settle_ties(model, instances, is_open)
    variants = variants_of(instances, sequence, is_open)
    label = labels_of(model, instances)
    traces = Traces.of_codes(len(model.labels), [[label[x] for x in trace] for trace in variants.traces])
    alignments = align(model, traces, prefix=variants.open, ambiguity=True)
    reader = PatternReader(blueprint, model, instances)
    rows = [
        (k, row)
        for k in np.flatnonzero((alignments.cost > 0) & alignments.solved).tolist()
        for row in reader.read(variants.traces[k], alignments, k)
    ]
    table = _per_case(rows, variants, instances)
    verdict = np.where(variants.open, v.PENDING, v.PASS).astype(np.int8)[variants.of_case]
    verdict[np.unique(table.case)] = v.FAIL
    verdict[undecided | ~alignments.solved[variants.of_case]] = v.NOT_OBSERVABLE
    verdict[np.diff(instances.offsets) == 0] = v.NOT_APPLICABLE
    kept = v.select(table, verdict[table.case] == v.FAIL)
    unsolved: v.Reason = ("why.not_solved", {}) if not (undecided.any() or alignments.solved.all()) else ("", {})
    check = v.CheckResult(
        "path", "path", "flow", "major", verdict, kept, v.unmeasured(instances.n_cases), why_not=unsolved
    )
    return PathResult(check, variants, alignments, model, traces)


def flow_model(blueprint: Blueprint) -> Model:
    """The flow as the engine reads it: the blueprint's automaton, or the net itself where its states are too many to list."""
    net, name = net_of(blueprint), name_of_flow(blueprint)
    try:
        return listed_or_searched(blueprint.automaton, net, name)
    except TooManyStatesError:
        return LargeNet(net, name)


def _per_case(deviations: list[tuple[int, Row]], variants: Variants, instances: Instances) -> v.Faults:
    """Deviations of variants become faults of their cases."""
    rows = np.array([(k, *row[:6]) for k, row in deviations], np.int64).reshape(-1, 7)
    share = np.array([row.share for _, row in deviations])
    by_variant = np.argsort(variants.of_case, kind="stable")
    heads = np.concatenate(([0], np.cumsum(variants.count)))
    times = variants.count[rows[:, 0]]
    which = np.repeat(np.arange(len(rows)), times)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    case = by_variant[heads[rows[which, 0]] + nth]
    sequence = variants.sequence
    begin = np.searchsorted(instances.case[sequence], case)
    event, after = rows[which, 5], rows[which, 6]
    instance = np.full(len(case), v.NONE, np.int64)
    happened = event != v.NONE
    instance[happened] = sequence[begin[happened] + event[happened]]
    at = np.where(happened, instances.order_time[instance], instances.case_end[case])
    before = ~happened & (after != v.NONE)  # something missing is dated by the event before which it should have been
    at[before] = instances.end[sequence[begin[before] + after[before]]]
    pattern = rows[which, 4].astype(np.int8)
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
