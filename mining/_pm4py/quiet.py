"""pm4py loaded without a word, inside the functions that need it."""

from __future__ import annotations

import os
import sys
import warnings

from mining.errors import ModelError


def quietly() -> None:
    """Import pm4py without its banner, bars and warnings. Its licence is stated in README and NOTICE instead."""
    os.environ.setdefault("PM4PY_SHOW_PROGRESS_BAR", "False")
    os.environ.setdefault("PM4PY_SHOW_INTERNAL_WARNINGS", "False")
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pm4py  # noqa: F401
        except ImportError as error:
            raise ModelError(f"Process discovery needs pm4py, which is not installed ({error}).") from error
