"""What a monitor tells: the board of the open cases, alerts, and faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd

from mining.conformance import verdicts as v
from mining.display.naming import named
from mining.results import Result
from mining.tables import Deviations

NOT_OF_FAULTS = ("finding_id", "service_word", "stage", "lane", "visible", "touchpoint")
BROKEN, WILL_BREAK, RECOVERED = KINDS = ("broken", "will_break", "recovered")


@dataclass(frozen=True, eq=False, repr=False)
class Board(Result):
    """One row per open case: what is broken, what breaks next, what is pending, what is done.

    Attributes
    ----------
    names : mapping of str to mapping of str to str
        Activity to its name by language, for people.
    """

    names: Mapping[str, Any] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "case_id": "case",
        "begun": "first moment of the case, UTC",
        "last_at": "last moment of the case, UTC",
        "last_activity": "activity id of its last step (or the log's label where the blueprint does not know it)",
        "broken": "ids of the checks that are broken, allowed deviations left out, first broken first",
        "broken_at": "since when each of them is broken, UTC",
        "next_deadline": "last moment at which nothing more is broken if nothing happens, UTC; missing where time alone breaks nothing",
        "next_check": "id of the check that breaks then",
        "waits_for": "activity id of what has to come until then; missing where it is no single activity",
        "stopped": "ids of the checks whose clock stands still",
        "pending": "ids of the checks that can still be met or broken",
        "kept": "ids of the checks that pass, or whose deviations are allowed",
        "done": "activity ids of the steps that completed, each once, in the order of their first completion",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("case_id", "last_at", "last_activity", "broken", "next_deadline", "next_check", "waits_for", "stopped"),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the activities, for the notebook."""
        return named(self.frame, self.names, lang, ("last_activity", "waits_for"))


@dataclass(frozen=True, eq=False, repr=False)
class Alerts(Result):
    """One row per alert; each is given once."""

    columns: ClassVar[dict[str, str]] = {
        "id": "the same for the same alert in every run",
        "case_id": "case",
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "severity": "severity of the check: critical, major, minor or observation",
        "kind": "broken; will_break: its deadline is near; recovered: what was said to be broken is so no longer",
        "at": "since when it is broken; of the others the moment of the stream at which it was noticed, UTC",
        "deadline": "last moment at which it is not broken, UTC; of will_break",
        "fault": "kind of the first fault; of broken",
        "activity": "activity id of the first fault, or of what has to come (or the log's label)",
        "partner": "other activity concerned",
        "rows": "rows of the source that prove it (1 is the first data row), separated by blanks",
        "text_en": "the alert in words",
        "text_zh": "the alert in words, in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = ("case_id", "severity", "kind", "text_en", "at", "deadline", "rows")


@dataclass(frozen=True, eq=False, repr=False)
class Faults(Result):
    """One row per event-level fault of all cases, as of the last moment of the stream: as in `Deviations`, without finding and place."""

    columns: ClassVar[dict[str, str]] = {
        name: text for name, text in Deviations.columns.items() if name not in NOT_OF_FAULTS
    } | {"row": "row of the source that decides (1 is the first data row); missing where something is absent"}
