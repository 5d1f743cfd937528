"""What is wrong with the data, with evidence and with the findings that it could feign; and how starts met completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mining.log import EventLog
from mining.log.pairing import pairing
from mining.log.quality import SEVERITIES, what
from mining.log.words import words
from mining.readiness.tables import cells, frame_of
from mining.results import Provenance, Result
from mining.study import Study
from mining.texts import LANGUAGES, say


@dataclass(frozen=True, eq=False, repr=False)
class Problems(Result):
    """One row per problem of the log, worst first, with its evidence. Made by :func:`problems_of`."""

    columns: ClassVar[dict[str, str]] = {
        "severity": "error, warning or note, by its share",
        "what_en": "the problem, in English",
        "what_zh": "the problem, in Chinese",
        "count": "how many",
        "of": "of how many",
        "unit_en": "what is counted, in English",
        "unit_zh": "what is counted, in Chinese",
        "share": "count / of, 0-1",
        "cases": "cases concerned; missing where only rows are known",
        "rows": "first rows of the source (1 is the first data row)",
        "harm_en": "what it can distort, in English",
        "harm_zh": "what it can distort, in Chinese",
        "findings": "findings of which it could have made 5 % of the faults or more",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("severity", "what_en", "what_zh", "harm_en", "harm_zh", "findings"),
        *("share", "count", "of", "unit_en", "unit_zh", "cases", "rows"),
    )
    not_checked: tuple[str, ...] = ()

    def sentence(self, lang: str = "en") -> str:
        """How many problems there are of each severity, and what was not checked."""
        counts = {f"n_{name}": int((self.frame["severity"] == name).sum()) for name in SEVERITIES}
        said = say("readiness.problems" if len(self.frame) else "readiness.problems_none", lang, **counts)
        left = [words(f"unchecked.{key}", lang) for key in self.not_checked]
        return said + (say("readiness.unchecked", lang, what=say("readiness.and", lang).join(left)) if left else "")


def problems_of(study: Study) -> Problems:
    """The problems of the log of a study, and how many findings each could have made.

    Examples
    --------
    >>> problems_of(study).frame["severity"].iloc[0]
    'warning'
    """
    found = study.quality
    touched = study.flags.groupby(["problem", "place"])["finding_id"].nunique().to_dict()
    rows = [
        {name: getattr(row, name) for name in ("severity", "count", "of", "share", "cases")}
        | {"rows": list(row.rows), "findings": int(touched.get((row.problem, row.place), 0))}
        | cells("what", {lang: what(one, lang) for lang in LANGUAGES})
        | cells("unit", {lang: words(f"unit.{row.unit}", lang).removeprefix("个") for lang in LANGUAGES})
        | cells("harm", {lang: words(f"harm.{row.problem}", lang) for lang in LANGUAGES})
        for row, one in zip(found.frame.itertuples(), found.found, strict=True)
    ]
    frame = frame_of(rows, Problems).astype({"cases": "Int64"})
    return Problems(frame, found.provenance, found.not_checked)


@dataclass(frozen=True, eq=False, repr=False)
class Paired(Result):
    """One row per way in which starts and completions were joined, or were not. Made by :func:`paired_of`."""

    columns: ClassVar[dict[str, str]] = {
        "what_en": "what was found, in English",
        "what_zh": "what was found, in Chinese",
        "count": "how many",
        "of": "of how many",
        "unit_en": "what is counted, in English",
        "unit_zh": "what is counted, in Chinese",
        "share": "count / of, 0-1",
        "cases": "cases concerned; missing where only rows are known",
        "rows": "first rows of the source (1 is the first data row)",
    }
    starts: bool = False
    lifecycle: bool = False

    def sentence(self, lang: str = "en") -> str:
        """Whether the log has starts, and where from."""
        key = "starts_none" if not self.starts else "starts_events" if self.lifecycle else "starts_rows"
        return say(f"readiness.{key}", lang)


def paired_of(log: EventLog) -> Paired:
    """How the starts and completions of a log were joined to activity instances.

    Examples
    --------
    >>> paired_of(study.log).sentence()
    'The log has no times of start: waiting cannot be told from work, and checks on starts cannot be answered.'
    """
    rows = [
        {"count": row.count, "of": row.of, "share": row.share, "cases": row.cases}
        | {"rows": [] if row.kind == "instances" else list(row.rows)}  # of all of them no row is worth looking up
        | cells("what", {lang: _what(row.kind, row.word, lang) for lang in LANGUAGES})
        | cells("unit", {lang: words(f"unit.{row.unit}", lang).removeprefix("个") for lang in LANGUAGES})
        for row in pairing(log).frame.itertuples()
    ]
    frame = frame_of(rows, Paired).astype({"cases": "Int64"})
    made = Provenance("starts and completions", log.source.sha256, "", log.n_cases)
    return Paired(frame, made, log.facts.has_starts, log.binding.lifecycle is not None)


def _what(kind: str, word: object, lang: str) -> str:
    return say("readiness.other_word", lang, word=word) if isinstance(word, str) else words(f"pairing.{kind}", lang)
