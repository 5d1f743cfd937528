"""The pairing report: which lifecycle events found their partners, which did not, and which words make no instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.log.lifecycle import NEVER_STARTED, OUTSIDE, PAUSED, STANDARD, UNRESUMED, UNSUSPENDED
from mining.log.words import words
from mining.results import Provenance, Result
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.log.eventlog import EventLog

EXAMPLES = 5  # rows shown of each kind
FATES = {  # reasons of the lineage that are about pairing
    NEVER_STARTED: "never_started",
    UNRESUMED: "unresumed",
    UNSUSPENDED: "unsuspended",
    OUTSIDE: "outside",
    PAUSED: "paused",
    "lifecycle missing": "no_word",
}
ORPHANS = ("start_only", "complete_only", "never_started", "unresumed", "unsuspended", "outside", "no_word")


@dataclass(frozen=True, eq=False, repr=False)
class Pairing(Result):
    """One row per way in which lifecycle events were joined, or were not."""

    columns: ClassVar[dict[str, str]] = {
        "kind": "what was found",
        "word": "word of the lifecycle column, for words that make no activity instance",
        "count": "how many",
        "of": "of how many",
        "unit": "what is counted: instances or rows",
        "share": "count / of, 0-1",
        "cases": "cases concerned; missing where only rows are known",
        "rows": "first rows of the source (1 is the first data row)",
        "meaning": "what it means, in English",
    }

    def say(self, lang: str = "en") -> list[str]:
        """One line per row, in words."""
        return [
            words("pairing.line", lang, what=_meaning(row.kind, row.word, lang), count=f"{row.count:,}",
                  of=f"{row.of:,}", unit=words(f"unit.{row.unit}", lang), share=percent(row.share),
                  rows=words("line.rows", lang, rows=", ".join(map(str, row.rows))) if row.rows and row.kind != "instances" else "")
            for row in self.frame.itertuples()
        ]  # fmt: skip


def pairing(log: EventLog) -> Pairing:
    """How the lifecycle events of a log were joined to activity instances.

    Parameters
    ----------
    log : EventLog
        Not changed. Without a lifecycle column every row is an instance of its own; what its starts and ends say is
        counted all the same.

    Returns
    -------
    Pairing

    Examples
    --------
    >>> pairing(study.log).frame[["kind", "count"]].values.tolist()[:1]
    [['instances', 20548]]
    """
    n, rows_in = log.n_instances, log.lineage.rows_in
    rows: list[dict[str, object]] = []
    for kind, mask in _instances(log):
        at = np.flatnonzero(mask)
        count, cases = (n, log.n_cases) if kind == "instances" else (len(at), _cases(log, at))
        evidence = np.sort(log.row[at])[:EXAMPLES].tolist()
        rows.append(_row(kind, None, count, n, "instances", cases, tuple(evidence)))
    for dropped in log.lineage.dropped:
        word = dropped.reason.removeprefix("lifecycle ")
        named = dropped.reason in FATES
        if not named and word == dropped.reason:
            continue
        kind = FATES[dropped.reason] if named else "other_word"
        rows.append(
            _row(kind, None if named else word, dropped.count, rows_in, "rows", None, tuple(dropped.rows[:EXAMPLES]))
        )
    frame = pd.DataFrame(rows, columns=list(Pairing.columns))
    frame["cases"] = frame["cases"].astype("Int64")
    return Pairing(frame, Provenance("lifecycle pairing", log.source.sha256, "", log.n_cases))


def expected_starts(log: EventLog) -> np.ndarray:
    """Per label (bool array) whether any of its instances in the whole log has a start; the others are moments by design."""
    return np.array([label in log.facts.started for label in log.labels], bool)


def overlapping(log: EventLog) -> np.ndarray:
    """Instances (positions) that began before an earlier instance of the same activity in the same case had ended."""
    known = np.flatnonzero((log.start != MISSING) & (log.end >= log.start))
    if not len(known):
        return known
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))[known]
    order = np.lexsort((log.end[known], log.start[known], log.activity[known], case))
    at, start, end = known[order], log.start[known][order], log.end[known][order]
    group = case[order].astype(np.int64) * max(len(log.labels), 1) + log.activity[at]
    first = np.r_[True, group[1:] != group[:-1]]
    moments, rank = np.unique(end, return_inverse=True)
    block = np.cumsum(first).astype(np.int64) * len(moments)  # a running maximum that begins again with each group
    latest = moments[np.maximum.accumulate(block + rank) - block]
    before = np.r_[latest[:1], latest[:-1]]
    return np.sort(at[~first & (start < before)])


def _instances(log: EventLog) -> Iterator[tuple[str, np.ndarray]]:
    starts, ends = log.start != MISSING, log.end != MISSING
    yield "instances", np.r_[True, np.zeros(log.n_instances - 1, bool)]
    if starts.any():
        expected = expected_starts(log)[log.activity]
        yield "whole", starts & ends
        yield "complete_only", ~starts & expected
        if not expected.all():
            yield "never_start", ~starts & ~expected
    if not ends.all():
        yield "start_only", ~ends
    if starts.any():
        mask = np.zeros(log.n_instances, bool)
        mask[overlapping(log)] = True
        yield "overlapping", mask
    if (log.suspended != 0).any():
        yield "suspended", log.suspended != 0


def _cases(log: EventLog, at: np.ndarray) -> int:
    return len(np.unique(np.searchsorted(log.offsets, at, side="right")))


def _row(
    kind: str, word: str | None, count: int, of: int, unit: str, cases: int | None, rows: tuple[int, ...]
) -> dict[str, object]:
    return {
        "kind": kind, "word": word, "count": count, "of": of, "unit": unit, "share": count / of if of else 0.0,
        "cases": cases, "rows": rows, "meaning": _meaning(kind, word, "en"),
    }  # fmt: skip


def percent(share: float) -> str:
    """A share with one digit after the point; a small one is not written as nothing.

    Examples
    --------
    >>> percent(0.25), percent(0.0004), percent(0.0)
    ('25.0%', '< 0.1%', '0.0%')
    """
    return f"{share:.1%}" if share >= 0.001 or share == 0 else "< 0.1%"


def _meaning(kind: str, word: str | None, lang: str) -> str:
    if not isinstance(word, str):
        return words(f"pairing.{kind}", lang)
    plain = word.strip().casefold()
    known = plain in STANDARD and plain not in ("start", "complete", "schedule", "suspend", "resume")
    return words("pairing.other_word", lang, word=word, meaning=words(f"xes.{plain if known else 'other'}", lang))
