"""How loops are compiled: with Numba, without the interpreter lock, kept on disk where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call. Where no folder can be written, it is compiled again in every process."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except (
        RuntimeError
    ):  # no place for the cache: neither beside the file, nor in the home folder, nor in NUMBA_CACHE_DIR
        return numba.njit(nogil=True)(function)
