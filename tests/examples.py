"""How many examples the property tests try: all of them in ``make test``, a share of them in ``make check``."""

import os

SHARE = float(os.environ.get("EXAMPLES_SHARE", "1"))


def examples(n: int) -> int:
    """``n``, or the share of it that the environment variable ``EXAMPLES_SHARE`` asks for; at least four, if ``n`` is."""
    return max(round(n * SHARE), min(n, 4))
