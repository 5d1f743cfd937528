"""Distinct traces with the number of their cases: grouped exactly, not by hash alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.flow import loops
from mining.flow.kernel import Kernel, Parameters, Partial, Piece, Vocabulary, plain, some
from mining.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class VariantTable(Result):
    """One row per distinct sequence of activities, most frequent first."""

    columns: ClassVar[dict[str, str]] = {
        "rank": "1 for the most frequent; of equally frequent ones the first by its labels",
        "cases": "cases with this sequence",
        "share": "of all cases, 0-1",
        "cumulated": "share of all cases up to this row, 0-1",
        "length": "activity instances",
        "trace": "labels in the order of the log (tuple of text)",
        "example": "id of the first case with it",
    }


def run(piece: Piece, parameters: Parameters) -> Partial:
    """Group the cases by their sequence.

    Returns
    -------
    Partial
        ``codes`` and ``starts``: the sequences, one after the other, in the order of their first cases; ``count``; ``example``: number of
        the first case; ``cases``: number of all cases.
    """
    offsets = plain(piece.offsets, np.int64)
    return _grouped(
        plain(piece.activity, np.int32), offsets, plain(np.ones(len(offsets) - 1, np.int64), np.int64), None
    )


def merge(partials: list[Partial]) -> Partial:
    """The sequences of all, with their cases added up."""
    some(partials)
    if len(partials) == 1:
        return partials[0]
    sizes = np.concatenate([np.diff(part["starts"]) for part in partials])
    codes, count = (np.concatenate([part[name] for part in partials]) for name in ("codes", "count"))
    before = np.cumsum([0, *(int(part["cases"][0]) for part in partials)])
    example = np.concatenate([part["example"] + n for part, n in zip(partials, before, strict=False)])
    return _grouped(plain(codes, np.int32), begins(sizes), plain(count, np.int64), example)


def _grouped(codes: np.ndarray, offsets: np.ndarray, weight: np.ndarray, number: np.ndarray | None) -> Partial:
    _, first, count = loops.grouped(codes, offsets, weight)
    starts = begins(np.diff(offsets)[first])
    return {
        "codes": loops.gathered(codes, offsets, plain(first, np.int64), starts),
        "starts": starts,
        "count": count,
        "example": first if number is None else number[first],  # cases are in order: the first is the least
        "cases": np.array([count.sum()]),
    }


def begins(sizes: np.ndarray) -> np.ndarray:
    """Where each of some sequences, one after the other, begins, and where the last one ends.

    Examples
    --------
    >>> begins(np.array([2, 3])).tolist()
    [0, 2, 5]
    """
    return plain(np.concatenate(([0], np.cumsum(sizes))), np.int64)


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table: most frequent first, ties by the sequence itself."""
    codes, starts, count = plain(partial["codes"], np.int32), plain(partial["starts"], np.int64), partial["count"]
    order = loops.ranked(codes, starts, plain(count, np.int64))
    sizes, count = np.diff(starts)[order], count[order]
    ends = begins(sizes)
    labels = np.empty(len(vocabulary.labels), object)
    labels[:] = vocabulary.labels
    flat = labels[loops.gathered(codes, starts, plain(order, np.int64), ends)].tolist()
    places = ends.tolist()
    traces = np.empty(len(count), object)
    traces[:] = [tuple(flat[a:b]) for a, b in zip(places, places[1:], strict=False)]
    all_cases = max(int(count.sum()), 1)
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(count) + 1),
            "cases": count,
            "share": count / all_cases,
            "cumulated": np.cumsum(count) / all_cases,
            "length": sizes,
            "trace": pd.Series(traces, dtype=object),
            "example": vocabulary.cases()[partial["example"][order]],
        }
    )


VARIANTS = Kernel("variants", run, merge, finish, VariantTable)
