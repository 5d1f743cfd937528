"""The case table: one row per case, its size, its people, its first and last step, its times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.flow import loops
from mining.flow.kernel import Kernel, Parameters, Partial, Piece, Vocabulary, joined, plain
from mining.results import Result
from mining.units import MICROSECONDS

MASK = 64  # bits


@dataclass(frozen=True, eq=False, repr=False)
class CaseTable(Result):
    """One row per case."""

    columns: ClassVar[dict[str, str]] = {
        "case_id": "case",
        "instances": "activity instances",
        "activities": "distinct activities",
        "resources": "distinct resources; an instance without one counts for none",
        "handovers": "times that an instance has another resource than the one before it, both known",
        "unended": "instances that never completed",
        "first": "activity of the first instance",
        "last": "activity of the last instance",
        "start": "first moment (start where known, else completion), UTC",
        "end": "last moment (completion, or start where it never completed), UTC",
        "duration_s": "from start to end, seconds",
    }


def run(piece: Piece, parameters: Parameters) -> Partial:
    """Count, case by case."""
    offsets = plain(piece.offsets, np.int64)
    finished = plain(piece.end, np.int64)
    unended = np.zeros(len(offsets) - 1, np.int32)
    if piece.facts.has_starts:
        begin, end, unended = loops.spans(plain(piece.start, np.int64), finished, offsets)
    else:  # each instance has an end, by which it is ordered
        begin, end = _arrays(2, offsets, np.int64)
        loops.borders(finished, offsets, begin, end)
    activities, resources, handovers, first, last = _tallies(piece, offsets)
    return {
        "instances": np.diff(offsets),
        "activities": activities,
        "resources": resources,
        "handovers": handovers,
        "unended": unended,
        "first": first,
        "last": last,
        "start": begin,
        "end": end,
    }


def _tallies(piece: Piece, offsets: np.ndarray) -> tuple[np.ndarray, ...]:
    """Distinct activities and resources, handovers, first and last activity: in one pass where a mask of 64 bits holds all codes."""
    activity, resource = plain(piece.activity, np.int32), plain(piece.resource, np.int32)
    found = _arrays(5, offsets, np.int32)
    if len(piece.labels) <= MASK and len(piece.resources) < MASK:
        loops.tallies(activity, resource, offsets, found)
        return found
    loops.borders(activity, offsets, found[3], found[4])
    activities, resources = len(piece.labels), len(piece.resources)
    counts = loops.distinct(activity, activities, offsets), loops.distinct(resource, resources, offsets)
    return *counts, loops.changes(resource, offsets), *found[3:]


def _arrays(n: int, offsets: np.ndarray, dtype: type) -> tuple[np.ndarray, ...]:
    """Room for a number of each case, made by NumPy: it asks for large pages of memory, which the compiled loops do not."""
    return tuple(np.empty(len(offsets) - 1, dtype) for _ in range(n))


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table, in the order of the cases of the log. It holds the arrays of the answer, and the ids of the log, uncopied."""
    labels = pd.Index(vocabulary.labels, dtype=object)
    start, end = (plain(partial[name], np.int64) for name in ("start", "end"))
    columns: dict[str, Any] = {"case_id": pd.Series(vocabulary.cases(), dtype=object, copy=False)}
    columns |= {name: partial[name] for name in ("instances", "activities", "resources", "handovers", "unended")}
    columns |= {name: pd.Categorical.from_codes(partial[name], labels, validate=False) for name in ("first", "last")}
    for name in ("start", "end"):
        columns[name] = pd.array(partial[name].view("M8[us]"), "datetime64[us, UTC]", copy=False)
    columns["duration_s"] = loops.lengths(start, end, MICROSECONDS)
    return pd.DataFrame(columns, copy=False)


CASES = Kernel("cases", run, joined, finish, CaseTable)
