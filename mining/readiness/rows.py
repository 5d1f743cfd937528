"""What became of every row of the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mining.log import EventLog
from mining.log.pairing import FATES
from mining.log.words import words
from mining.readiness.tables import both, cells, frame_of
from mining.results import Provenance, Result
from mining.texts import LANGUAGES, say

REASONS = {  # of the lineage, to the end of the key that says them
    "malformed row of the file": "malformed",
    "missing case id": "case",
    "missing activity": "activity",
    "timestamp does not parse": "unread",
    "missing timestamp": "time",
}


@dataclass(frozen=True, eq=False, repr=False)
class RowsRead(Result):
    """One row per fate of the rows of the source: used as what, or left out why. Made by :func:`rows_read`."""

    columns: ClassVar[dict[str, str]] = {
        "fate_en": "what became of the rows, in English",
        "fate_zh": "what became of the rows, in Chinese",
        "used": "whether they became part of an activity instance",
        "n": "how many rows",
        "share": "of all rows of the source, 0-1",
        "rows": "first rows of the source (1 is the first data row)",
    }

    def sentence(self, lang: str = "en") -> str:
        """Rows in are rows used and rows left out."""
        used = int(self.frame.loc[self.frame["used"], "n"].sum())
        left = int(self.frame["n"].sum()) - used
        return say("readiness.rows", lang, all=f"{used + left:,}", used=f"{used:,}", left=f"{left:,}")


def rows_read(log: EventLog) -> RowsRead:
    """The account of all rows of a log.

    Examples
    --------
    >>> rows_read(study.log).sentence()
    '20,548 rows in = 20,548 used + 0 left out.'
    """
    lineage, rows = log.lineage, []
    for role, n in lineage.used.items():
        if n:
            rows.append(_row(both("fate", f"readiness.used_{role}"), True, n, lineage.rows_in, ()))
    for one in lineage.dropped:
        rows.append(_row(_reason(one.reason), False, one.count, lineage.rows_in, one.rows))
    frame = frame_of(rows, RowsRead)
    return RowsRead(frame, Provenance("rows of the log", log.source.sha256, "", log.n_cases))


def _row(fate: dict[str, str], used: bool, n: int, of: int, rows: tuple[int, ...]) -> dict[str, Any]:
    return fate | {"used": used, "n": n, "share": n / of if of else None, "rows": list(rows)}


def _reason(reason: str) -> dict[str, str]:
    """Why rows were left out, in words; a reason that a caller wrote stays as it is written."""
    if reason in FATES:
        return cells("fate", {lang: words(f"pairing.{FATES[reason]}", lang) for lang in LANGUAGES})
    if reason in REASONS:
        return both("fate", f"readiness.dropped_{REASONS[reason]}")
    word = reason.removeprefix("lifecycle ")
    return both("fate", "readiness.dropped_word" if word != reason else "readiness.dropped_other", word=word)
