"""The order of a draw, by hash: anyone who has the case ids and the seed finds the same cases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np


def order_hash(seed: str, case_id: str) -> str:
    """The place of a case in the draw: SHA-256 of the seed, a zero byte and the case id, in hexadecimal digits.

    Examples
    --------
    >>> order_hash("2026-03", "A-17")[:12]
    '075e2568e30f'
    """
    return hashlib.sha256(f"{seed}\0{case_id}".encode()).hexdigest()


def ranks(seed: str, case_ids: Sequence[str]) -> np.ndarray:
    """Place of each case when all are sorted by :func:`order_hash`, 0 is drawn first (int64 array of shape (n_cases,)).

    The order is one for all tests of a sample, so every part of it begins with the same cases wherever it holds them. To take the first
    ``n`` of any set of cases is a simple random sample of that set, and sets that overlap share as many cases as chance allows (permanent
    random numbers, Ohlsson 1995).

    Examples
    --------
    >>> ranks("2026-03", ["A-17", "A-18", "A-20", "A-19"]).tolist()
    [0, 2, 1, 3]
    """
    start = hashlib.sha256(f"{seed}\0".encode())

    def digest(case_id: str) -> bytes:
        one = start.copy()
        one.update(case_id.encode())
        return one.digest()

    words = np.frombuffer(b"".join(map(digest, case_ids)), ">u8").reshape(-1, 4)
    found = np.empty(len(words), np.int64)
    found[np.lexsort(words.T[::-1])] = np.arange(len(words))
    return found


def frame_hash(case_ids: Iterable[str]) -> str:
    """SHA-256 of the case ids that could have been drawn: sorted, with a newline between.

    Examples
    --------
    >>> frame_hash(["b", "a"]) == hashlib.sha256(b"a\\nb").hexdigest()
    True
    """
    return hashlib.sha256("\n".join(sorted(case_ids)).encode()).hexdigest()
