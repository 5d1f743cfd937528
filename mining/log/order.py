"""The order of a log: by case, then time, then the order in the file. Linear in the number of events."""

from __future__ import annotations

import numpy as np

from mining._kernels import kernel

SHORT = 24  # cases up to this length are sorted by insertion


def by_case_and_time(case: np.ndarray, time: np.ndarray, n_cases: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort events by case, then time; what is equal in both stays in the order given.

    Parameters
    ----------
    case : int32 array of shape (n,)
        Below ``n_cases``, and not negative.
    time : int64 array of shape (n,)
    n_cases : int

    Returns
    -------
    order : int32 or int64 array of shape (n,)
        Positions of the events.
    offsets : int64 array of shape (n_cases + 1,)
        The events of case c are ``order[offsets[c]:offsets[c + 1]]``.

    Examples
    --------
    >>> order, offsets = by_case_and_time(np.array([1, 0, 1], np.int32), np.array([7, 9, 3]), 2)
    >>> order.tolist(), offsets.tolist()
    ([1, 2, 0], [0, 1, 3])
    """
    offsets = np.zeros(n_cases + 1, np.int64)
    order = np.empty(len(case), row_type(len(case)))
    _sort(case, time, offsets, order)
    return order, offsets


def row_type(rows: int) -> type[np.signedinteger]:
    """The smallest of int32 and int64 that can number so many rows, from 1."""
    return np.int32 if rows < 2**31 - 1 else np.int64


@kernel
def _sort(case: np.ndarray, time: np.ndarray, offsets: np.ndarray, order: np.ndarray) -> None:
    for i in range(case.size):
        offsets[case[i] + 1] += 1
    for c in range(offsets.size - 1):
        offsets[c + 1] += offsets[c]
    at = offsets[:-1].copy()
    for i in range(case.size):
        order[at[case[i]]] = i
        at[case[i]] += 1
    for c in range(offsets.size - 1):
        first, after = offsets[c], offsets[c + 1]
        sorted_up_to = first + 1
        while sorted_up_to < after and time[order[sorted_up_to - 1]] <= time[order[sorted_up_to]]:
            sorted_up_to += 1
        if sorted_up_to >= after:
            continue
        if after - first > SHORT:
            mine = order[first:after].copy()
            order[first:after] = mine[np.argsort(time[mine], kind="mergesort")]
            continue
        for i in range(sorted_up_to, after):
            moving = order[i]
            j = i - 1
            while j >= first and time[order[j]] > time[moving]:
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = moving
