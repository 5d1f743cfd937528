"""Parts of a log that hold whole cases: where to cut it, and the arrays of some of its cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mining.log.build import Flat
from mining.log.lineage import without

PER_INSTANCE = (
    "activity",
    "start",
    "end",
    "scheduled",
    "suspended",
    "resource",
    "row",
    "start_row",
    "scheduled_row",
    "tie",
)
INSTANCES = 2_000_000  # in a piece


def cuts(offsets: np.ndarray, instances: int = INSTANCES) -> Iterator[tuple[int, int]]:
    """First case and the one after the last of each piece: whole cases, as many as fit, at least one.

    Examples
    --------
    >>> list(cuts(np.array([0, 2, 3, 9, 10]), 3))
    [(0, 2), (2, 3), (3, 4)]
    """
    first, n_cases = 0, len(offsets) - 1
    while first < n_cases:
        after = int(np.searchsorted(offsets, offsets[first] + instances, side="right")) - 1
        after = max(after, first + 1)
        yield first, after
        first = after


def view(log: Flat, first: int, after: int) -> dict[str, Any]:
    """The arrays of the cases ``first`` to ``after - 1``, uncopied but for the offsets."""
    part = slice(int(log.offsets[first]), int(log.offsets[after]))
    return {name: getattr(log, name)[part] for name in PER_INSTANCE} | {
        "case_ids": log.case_ids[first:after],
        "offsets": fixed(log.offsets[first : after + 1] - log.offsets[first]),
    }


def chosen(log: Flat, keep: np.ndarray, reason: str) -> dict[str, Any]:
    """The arrays of the cases under a mask, copied, and the account of all rows without the others."""
    size = np.diff(log.offsets)
    kept = np.repeat(keep, size)
    arrays = {name: fixed(getattr(log, name)[kept]) for name in PER_INSTANCE}
    return arrays | {
        "case_ids": fixed(log.case_ids[keep]),
        "offsets": fixed(np.concatenate(([0], np.cumsum(size[keep]))).astype(np.int64)),
        "lineage": without(log.lineage, log, kept, reason),
    }


def fixed(array: np.ndarray) -> np.ndarray:
    """The array, not to be written to."""
    array.flags.writeable = False
    return array
