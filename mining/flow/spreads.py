"""Lengths of time by key, so that they add up: count, exact sum, least, greatest, and a histogram for quantiles.

The histogram has a bucket for every whole number of microseconds below 128 and 64 buckets for every doubling above it, so a quantile
read from it, the middle of a bucket, is off by at most 1/128 (0.8 %) of the value whose rank it is. Histograms of pieces are added,
which changes nothing in them: quantiles do not depend on how a log was cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mining.flow import loops
from mining.flow.kernel import Partial, plain, some
from mining.units import MICROSECONDS

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
ERROR = 1 / 128
ROOM = 1 << 22  # cells of a table: 32 MB
NAMES = ("key", "n", "seconds", "rest", "least", "most", "of", "bucket", "times")


def spread(key: np.ndarray, value: np.ndarray, n_keys: int, *, room: int = ROOM) -> Partial:
    """Sum up lengths of time by key.

    Parameters
    ----------
    key : int64 array of shape (n,)
        0 to ``n_keys - 1``.
    value : int64 array of shape (n,)
        Microseconds, none of them negative.
    n_keys : int
    room : int
        Tables of at most so many cells are used where they are faster; beyond it keys are hashed. The answer is the same.

    Returns
    -------
    Partial
        By distinct key, ascending: ``key``, ``n``, ``seconds`` and ``rest`` (microseconds beyond whole seconds, summed apart),
        ``least``, ``most``. By cell of the histogram: ``of`` (the key), ``bucket``, ``times``, in this order.

    Examples
    --------
    >>> found = spread(np.array([7, 3, 7]), np.array([5, 2_000_001, 9]), 8)
    >>> found["key"].tolist(), found["n"].tolist(), found["seconds"].tolist(), found["rest"].tolist()
    ([3, 7], [1, 2], [2, 0], [1, 14])
    """
    key, value = plain(key, np.int64), plain(value, np.int64)
    of, keys, n = loops.numbered_densely(key, n_keys) if n_keys <= room // 16 else loops.numbered(key)
    seconds, rest, least, most = loops.summed(of, len(keys), value)
    number, bucket, times = _histogram(of, len(keys), value, least, most, room)
    order, by_cell = np.argsort(keys), np.lexsort((bucket, keys[number]))
    columns = [column[order] for column in (keys, n, seconds, rest, least, most)]
    cells = [column[by_cell] for column in (keys[number], bucket, times)]
    return dict(zip(NAMES, (*columns, *cells), strict=True))


def _histogram(
    of: np.ndarray, n: int, value: np.ndarray, least: np.ndarray, most: np.ndarray, room: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, bucket and count of every cell that is not empty."""
    if not n:
        return (np.empty(0, np.int64),) * 3
    lowest, highest = (int(loops.bucket_of(np.int64(x))) for x in (least.min(), most.max()))
    if n * (highest - lowest + 1) <= room:
        table = loops.histograms(of, n, value, lowest, highest - lowest + 1)
        number, bucket = np.nonzero(table)
        return number, bucket + lowest, table[number, bucket]
    _, cells, times = loops.numbered(plain(loops.cells_of(of, value), np.int64))
    return cells >> loops.SHIFT, cells & ((1 << loops.SHIFT) - 1), times


def merged(partials: list[Partial]) -> Partial:
    """The spread of all values, from those of parts of them."""
    some(partials)
    every = {name: np.concatenate([part[name] for part in partials]) for name in NAMES}
    order = np.argsort(every["key"], kind="stable")
    heads = _heads(every["key"][order])
    found = {"key": every["key"][order][heads]}
    adding = {"n": np.add, "seconds": np.add, "rest": np.add, "least": np.minimum, "most": np.maximum}
    for name, how in adding.items():
        found[name] = how.reduceat(every[name][order], heads) if len(heads) else every[name]
    order = np.lexsort((every["bucket"], every["of"]))
    of, bucket = every["of"][order], every["bucket"][order]
    heads = _heads((of, bucket))
    times = np.add.reduceat(every["times"][order], heads) if len(heads) else every["times"]
    return found | {"of": of[heads], "bucket": bucket[heads], "times": times}


def _heads(columns: np.ndarray | tuple[np.ndarray, ...]) -> np.ndarray:
    """Positions at which a sorted column (or one of several) changes."""
    several = columns if isinstance(columns, tuple) else (columns,)
    new = np.zeros(len(several[0]), bool)
    new[:1] = True
    for column in several:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def bounds(bucket: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least value of each bucket and the one after its greatest.

    Examples
    --------
    >>> [x.tolist() for x in bounds(np.array([127, 128, 192]))]
    [[127, 128, 256], [128, 130, 260]]
    """
    bucket = np.asarray(bucket, np.int64)
    e = np.where(bucket < loops.EXACT, 0, bucket // loops.HALF - 1)
    low = np.where(bucket < loops.EXACT, bucket, (bucket - loops.HALF * e) << e)
    return low, low + (np.int64(1) << e)


def quantile(partial: Partial, share: float) -> np.ndarray:
    """Per key the value (microseconds, float) below or at which this share of the values lies, within 0.8 %.

    Of n values it stands for the k-th smallest, k = ``share`` * n rounded up (at least the first): no value is made up
    between two.
    """
    low, after = bounds(partial["bucket"])
    middle = low + (after - low - 1) / 2  # in this order nothing runs over
    rows = np.searchsorted(partial["of"], partial["key"])
    before = np.concatenate(([0], np.cumsum(partial["times"])))
    rank = np.maximum(np.ceil(share * partial["n"] - 1e-9), 1).astype(np.int64)
    at = np.searchsorted(before, before[rows] + rank, side="left") - 1
    found: np.ndarray = np.clip(middle[at], partial["least"], partial["most"]) if len(at) else np.empty(0)
    return found


def exact_quantiles(key: np.ndarray, value: np.ndarray, shares: Sequence[float]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The distinct keys, ascending, and per key the values that these shares of its values do not exceed, in seconds.

    Of n values it is the k-th smallest, k = share * n rounded up: no value is made up between two. For what lies in memory whole.

    Parameters
    ----------
    key : integer array of shape (n,)
    value : int64 array of shape (n,)
        Microseconds.
    shares : sequence of float

    Examples
    --------
    >>> keys, (median, p90) = exact_quantiles(np.array([1, 1, 1, 4]), np.array([9, 1, 5, 2]) * 1_000_000, (0.5, 0.9))
    >>> keys.tolist(), median.tolist(), p90.tolist()
    ([1, 4], [5.0, 2.0], [9.0, 2.0])
    """
    order = np.lexsort((value, key))
    key, value = key[order], value[order]
    keys, first, n = np.unique(key, return_index=True, return_counts=True)
    ranks = (first + np.maximum(np.ceil(share * n - 1e-9), 1).astype(np.int64) - 1 for share in shares)
    return keys, [value[at] / MICROSECONDS for at in ranks]


def columns_of(partial: Partial, quantiles: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """One row per key: n, mean_s, min_s, the quantiles (``p50_s``), max_s, in seconds."""
    mean = (partial["seconds"] + partial["rest"] / MICROSECONDS) / np.maximum(partial["n"], 1)
    frame = pd.DataFrame({"n": partial["n"], "mean_s": mean, "min_s": partial["least"] / MICROSECONDS})
    for share in quantiles:
        frame[f"p{100 * share:g}_s"] = quantile(partial, share) / MICROSECONDS
    frame["max_s"] = partial["most"] / MICROSECONDS
    return frame


def describe(what: str) -> dict[str, str]:
    """What the columns of `columns_of` mean, for a `Result`."""
    return (
        {
            "n": "times measured: what all that follow are of",
            "mean_s": f"mean {what}, seconds (exact)",
            "min_s": f"least {what}, seconds",
        }
        | {
            f"p{100 * q:g}_s": f"{what} that {100 * q:g} % do not exceed, seconds, approximate: within 0.8 % of the value of that rank"
            for q in QUANTILES
        }
        | {"max_s": f"greatest {what}, seconds"}
    )
