"""Who had which role from when to when: a small table beside the log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Roster:
    """Periods in which resources had roles."""
