"""Which checks a log can answer, which it cannot, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mining.conformance.verdicts import CheckResult
from mining.readiness.tables import both, cells, frame_of
from mining.results import Result
from mining.study import Study
from mining.texts import LANGUAGES, check_text, say

ALL, PART, LATER, NONE, NEVER = "all", "part", "later", "none", "not_asked"


@dataclass(frozen=True, eq=False, repr=False)
class Answers(Result):
    """One row per check: for how many cases the log gives an answer, those without one first. Made by :func:`answers_of`."""

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the check",
        "text_en": "what it asks for, in English",
        "text_zh": "what it asks for, in Chinese",
        "dimension": "path, rules, time, role, touchpoint, channel or outcome",
        "answer": "all: every case that it applies to; part: some of them; later: all of them still run; none: the log cannot tell; "
        "not_asked: it applies to no case",
        "judged": "cases with an answer: pass, fail or allowed",
        "not_observable": "cases of which the log cannot tell",
        "pending": "cases that still run",
        "not_applicable": "cases that it does not apply to",
        "share": "judged / (judged + not observable), 0-1; missing where both are 0",
        "why_en": "why the log cannot tell, in English",
        "why_zh": "why the log cannot tell, in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("check", "text_en", "text_zh", "answer", "why_en", "why_zh"),
        *("share", "judged", "not_observable", "pending", "not_applicable"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many checks the log answers in full, in part, and not at all."""
        counts = {name: int((self.frame["answer"] == name).sum()) for name in (ALL, PART, LATER, NONE, NEVER)}
        return say("readiness.answers", lang, n=len(self.frame), **counts)


def answers_of(study: Study) -> Answers:
    """For how many cases each check has an answer in this log.

    Examples
    --------
    >>> answers_of(study).frame["answer"].isin(["all", "part", "later", "none", "not_asked"]).all()
    np.True_
    """
    results = {check.id: check for check in study.checks}
    rows = [_row(study, results[row["check"]], row) for row in study.summary().frame.to_dict("records")]
    order = {NONE: 0, PART: 1, LATER: 2, NEVER: 3, ALL: 4}
    rows.sort(key=lambda row: (order[row["answer"]], -row["not_observable"]))
    return Answers(frame_of(rows, Answers), study.provenance("what the log can answer"))


def _row(study: Study, check: CheckResult, counts: dict[str, int]) -> dict[str, Any]:
    judged, blind, later = (int(counts[name]) for name in ("judged", "not_observable", "pending"))
    reason = {lang: study.why_not(check, lang) for lang in LANGUAGES}
    mixed = both("why", "report.why_not.mixed")
    return {
        "check": check.id,
        "dimension": check.dimension,
        "answer": _answer(judged, blind, later),
        "judged": judged,
        "not_observable": blind,
        "pending": later,
        "not_applicable": int(counts["not_applicable"]),
        "share": judged / (judged + blind) if judged + blind else None,
    } | cells("text", {lang: check_text(study.blueprint, check.id, lang) for lang in LANGUAGES}) | (
        both("why", None) if not blind else cells("why", reason) if reason["en"] else mixed
    )  # fmt: skip


def _answer(judged: int, blind: int, later: int) -> str:
    if blind:
        return PART if judged else NONE
    return ALL if judged else LATER if later else NEVER
