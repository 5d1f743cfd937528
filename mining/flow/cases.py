"""The case table: one row per case, its size, its people, its first and last step, its times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.flow import loops
from mining.flow.kernel import Kernel, Parameters, Partial, Piece, Vocabulary, joined, plain
from mining.results import Result
from mining.units import MICROSECONDS


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
    activity, resource = plain(piece.activity, np.int32), plain(piece.resource, np.int32)
    if piece.facts.has_starts:
        begin, end, unended = loops.spans(plain(piece.start, np.int64), plain(piece.end, np.int64), offsets)
    else:  # each instance has an end, by which it is ordered
        begin, end = piece.end[offsets[:-1]], piece.end[offsets[1:] - 1]
        unended = np.zeros(len(offsets) - 1, np.int32)
    return {
        "instances": np.diff(offsets),
        "activities": loops.distinct(activity, len(piece.labels), offsets),
        "resources": loops.distinct(resource, len(piece.resources), offsets),
        "handovers": loops.changes(resource, offsets),
        "unended": unended,
        "first": activity[offsets[:-1]],
        "last": activity[offsets[1:] - 1],
        "start": begin,
        "end": end,
    }


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table, in the order of the cases of the log."""
    labels = pd.Index(vocabulary.labels, dtype=object)
    counts = {
        name: partial[name].astype(np.int64)
        for name in ("instances", "activities", "resources", "handovers", "unended")
    }
    return pd.DataFrame(
        {"case_id": pd.Series(vocabulary.cases(), dtype=object)}
        | counts
        | {name: pd.Categorical.from_codes(partial[name], labels) for name in ("first", "last")}
        | {name: pd.to_datetime(pd.Series(partial[name].view("M8[us]")), utc=True) for name in ("start", "end")}
        | {"duration_s": (partial["end"] - partial["start"]) / MICROSECONDS}
    )


CASES = Kernel("cases", run, joined, finish, CaseTable)
