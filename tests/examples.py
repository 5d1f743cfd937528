"""How much the tests try.

``make test`` tries all examples of the property tests, ``make check`` a share of them. A test marked ``study`` tries a few
of its many samples, evenly chosen; ``make studies`` tries all.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

SHARE = float(os.environ.get("EXAMPLES_SHARE", "1"))
STUDIES = os.environ.get("STUDIES") == "1"
Thing = TypeVar("Thing")


def examples(n: int, study: int = 0) -> int:
    """``n``, or the share of it that the environment variable ``EXAMPLES_SHARE`` asks for; at least four, if ``n`` is.

    In ``make studies`` it is ``study``, where that is more.
    """
    if STUDIES:
        n = max(n, study)
    return max(round(n * SHARE), min(n, 4))


def few(things: Iterable[Thing], n: int) -> list[Thing]:
    """``n`` of the things, evenly chosen from the first to the last; in ``make studies`` all."""
    found = list(things)
    if STUDIES or len(found) <= n:
        return found
    return [found[round(k * (len(found) - 1) / max(n - 1, 1))] for k in range(n)]
