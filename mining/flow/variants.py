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
        ``codes`` and ``starts``: the sequences, one after the other; ``count``; ``example``: number of the first case; ``cases``: number
        of all cases. Most frequent first, ties by the sequence itself.
    """
    offsets = plain(piece.offsets, np.int64)
    ones = np.ones(len(offsets) - 1, np.int64)
    return _grouped(plain(piece.activity, np.int32), offsets, ones, np.arange(len(ones)))


def merge(partials: list[Partial]) -> Partial:
    """The sequences of all, with their cases added up."""
    some(partials)
    lengths = np.concatenate([np.diff(part["starts"]) for part in partials])
    codes, count = (np.concatenate([part[name] for part in partials]) for name in ("codes", "count"))
    before = np.cumsum([0, *(int(part["cases"][0]) for part in partials)])
    example = np.concatenate([part["example"] + n for part, n in zip(partials, before, strict=False)])
    return _grouped(codes, np.concatenate(([0], np.cumsum(lengths))), count, example)


def _grouped(codes: np.ndarray, offsets: np.ndarray, weight: np.ndarray, number: np.ndarray) -> Partial:
    _, first, count = loops.grouped(plain(codes, np.int32), plain(offsets, np.int64), plain(weight, np.int64))
    starts = np.concatenate(([0], np.cumsum(np.diff(offsets)[first])))
    begin = offsets[first]
    events = np.repeat(begin - starts[:-1], np.diff(starts)) + np.arange(starts[-1])
    return _ordered(codes[events], starts, count, number[first])  # cases are in order: the first is the least


def _ordered(codes: np.ndarray, starts: np.ndarray, count: np.ndarray, example: np.ndarray) -> Partial:
    raw, ends = codes.astype(">i4").tobytes(), (4 * starts).tolist()
    keys = [raw[a:b] for a, b in zip(ends, ends[1:], strict=False)]
    size = count.tolist()
    order = np.array(sorted(range(len(keys)), key=lambda k: (-size[k], keys[k])), np.int64)
    lengths = np.diff(starts)[order]
    begin = np.concatenate(([0], np.cumsum(lengths)))
    events = np.repeat(starts[order] - begin[:-1], lengths) + np.arange(begin[-1])
    return {
        "codes": codes[events],
        "starts": begin,
        "count": count[order],
        "example": example[order],
        "cases": np.array([count.sum()]),
    }


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table."""
    count, starts, codes = partial["count"], partial["starts"].tolist(), partial["codes"].tolist()
    labels = vocabulary.labels
    traces = np.empty(len(count), object)
    traces[:] = [tuple(labels[x] for x in codes[a:b]) for a, b in zip(starts, starts[1:], strict=False)]
    share = count / max(int(count.sum()), 1)
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(count) + 1),
            "cases": count,
            "share": share,
            "cumulated": np.cumsum(count) / max(int(count.sum()), 1),
            "length": np.diff(partial["starts"]),
            "trace": traces,
            "example": vocabulary.cases()[partial["example"]],
        }
    )


VARIANTS = Kernel("variants", run, merge, finish, VariantTable)
