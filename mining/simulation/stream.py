"""Random numbers that are the same on every machine and in every version: uniform numbers and own transforms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from math import sqrt
from random import Random
from typing import TypeVar

T = TypeVar("T")
MOST_SKEW = 8.0


def digest(*parts: object) -> int:
    """A whole number from the texts of ``parts``, independent of hash seeds."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


class Stream:
    """A stream of random numbers of its own for every purpose.

    Only ``random.Random(int).random()`` is used, which Python promises to keep stable, and only operations that
    IEEE 754 rounds exactly (no ``exp``, ``log``, ``cos``), so that results do not depend on the platform.
    """

    def __init__(self, *parts: object) -> None:
        self.uniform = Random(digest(*parts)).random

    def chance(self, share: float) -> bool:
        """True in a share of the calls."""
        return self.uniform() < share

    def between(self, low: float, high: float) -> float:
        """A number from [low, high), evenly."""
        return low + (high - low) * self.uniform()

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1, evenly."""
        return min(int(self.uniform() * n), n - 1)

    def skewed(self, median: float) -> float:
        """A positive number, half of them below the median, with a long right tail cut at eight medians.

        Log-logistic with shape 2: looks like a lognormal and needs a square root only.
        """
        u = self.uniform()
        return median * min(sqrt(u / (1.0 - u)), MOST_SKEW)

    def pick(self, items: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of the items, evenly or by weight."""
        if weights is None:
            return items[self.below(len(items))]
        left = self.uniform() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in random order; the argument is not changed."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(len(rest))]
