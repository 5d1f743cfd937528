"""Which findings a problem of the data could feign, in words: before anybody is asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from mining.log.quality import what
from mining.log.words import words
from mining.results import Result
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Doubts(Result):
    """One row per finding and problem of the data that could have made 5 % of its faults or more. Made by :func:`doubts_of`."""

    n_findings: int = 0

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "id of the finding",
        "rank": "its rank; missing for what is kept within its promise or wholly allowed",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "problem": "id of the problem of the data",
        "place": "column, label, calendar ... that it is about; empty for the whole log",
        "what_en": "the problem in words, in English",
        "what_zh": "the same in Chinese",
        "touched": "faults of the finding that lie in rows or cases with the problem",
        "of": "all its faults",
        "share": "touched / of, 0-1",
        "harm_en": "what the problem can distort, in English",
        "harm_zh": "the same in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("rank", "title_en", "title_zh", "what_en", "what_zh", "harm_en", "harm_zh", "share", "touched", "of"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many findings carry a doubt, and the first of them."""
        if not len(self.frame):
            return say("conformance.doubts.none", lang, n=self.n_findings)
        row = self.frame.iloc[0]
        return say(
            "conformance.doubts.told", lang, k=self.frame["finding_id"].nunique(), n=self.n_findings,
            title=row[f"title_{lang}"], touched=f"{row['touched']:,}", of=f"{row['of']:,}", what=row[f"what_{lang}"],
        )  # fmt: skip


def doubts_of(study: Study) -> Doubts:
    """The findings beside the problems of the data that could have made their faults.

    Returns
    -------
    Doubts
        In the order of the findings, the problem that touches most of one first.

    Examples
    --------
    >>> found = doubts_of(study)
    >>> sorted(found.frame["finding_id"]) == sorted(study.flags["finding_id"])
    True
    """
    findings = study.findings().frame
    said = {(one.problem, one.place): one for one in study.quality.found}
    rows = []
    for flag in study.flags.itertuples(index=False):
        at = findings.index[findings["finding_id"] == flag.finding_id][0]
        row = {name: findings.at[at, name] for name in ("finding_id", "rank", "title_en", "title_zh")}
        row |= {
            "problem": flag.problem,
            "place": flag.place,
            "touched": flag.faults,
            "of": flag.of,
            "share": flag.share,
        }
        row |= {f"what_{lang}": what(said[flag.problem, flag.place], lang) for lang in LANGUAGES}
        rows.append(row | {f"harm_{lang}": words(f"harm.{flag.problem}", lang) for lang in LANGUAGES} | {"at": at})
    frame = pd.DataFrame(rows, columns=[*Doubts.columns, "at"])
    frame = frame.sort_values("at", kind="stable", ignore_index=True).drop(columns="at")
    return Doubts(frame, study.provenance("findings that the data could feign"), len(findings))
