"""The explanation of a case as a result: its table, its sentence, its picture, and how they show themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from html import escape
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.conformance import verdicts as v
from mining.errors import LogError, UnknownNameError
from mining.explain.facts import ORDER, CaseCheck, checks_of, table_row
from mining.explain.telling import story_of
from mining.explain.words import Words
from mining.pictures.explanation import explanation_picture
from mining.pictures.svg import Picture, clean
from mining.results import Result, plain
from mining.study import Study
from mining.texts import LANGUAGES, check_text, say

NEIGHBOURS = 400  # case ids that are looked at for one that was meant
ROWS_SHOWN = 12  # row numbers of one check in a notebook
NAMED = 3  # failed checks in the sentence
SIGNS = {"fail": "✗", "allowed": "○", "pending": "…", "not_observable": "?", "pass": "✓", "not_applicable": "–"}


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Result):
    """One case: every check with its verdict, what it rests on and the rows that decide it. Made by :func:`explain`."""

    case_id: str
    lang: str
    _study: Study
    _case: int
    _checks: tuple[CaseCheck, ...]

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "kind": "rule kind or metric",
        "severity": "severity of the check: critical, major, minor or observation",
        "verdict": "net verdict: one of " + ", ".join(v.VERDICTS),
        "gross": "verdict before the allowances",
        "text": "what the check asks for, in words",
        "basis": "what it rests on: law, policy, charter, the design",
        "clause": "where the blueprint file states it",
        "measured": "what was measured, in unit; missing where nothing was",
        "limit": "promise for one case, in unit",
        "unit": "s, min, h, d, w, bh or bd",
        "measured_words": "what was measured, in words",
        "limit_words": "the promise, in words",
        "faults": "numbers of its faults, as they stand in the picture",
        "what": "the faults in words",
        "rows": "rows of the source file that decide the verdict (1 is the first data row)",
        "allow_id": "allowances that cover its faults",
        "reason": "why they are allowed, by whom, from when to when",
        "why_not": "why the case is not observable, or still pending",
    }

    @cached_property
    def picture(self) -> Picture:
        """The case drawn against the blueprint: SVG that shows itself, and saves as .svg, .png or .pdf."""
        return explanation_picture(story_of(self._study, self._case, self._checks, self._words))

    @property
    def _words(self) -> Words:
        return Words(self.lang, self._study.blueprint.tz)

    def sentence(self, lang: str | None = None) -> str:
        """The case in two sentences, in the language of the explanation or another."""
        w = Words(lang or self.lang, self._study.blueprint.tz)
        first, after = self._study.instances.offsets[self._case : self._case + 2].tolist()
        case = clean(self.case_id)
        if first == after:
            return w.say("explain.sentence.empty", case=case)
        times = (self._study.instances.case_start[self._case], self._study.instances.case_end[self._case])
        begin, end = (w.moment(int(t), seconds=False) for t in times)
        found = self.frame["verdict"].value_counts()
        counts = w.say("report.comma").join(
            f"{w.say(f'verdict.{word}').lower()} {found[word]}"
            for word in (v.VERDICTS[k] for k in ORDER)
            if word in found
        )
        text = w.say(
            "explain.sentence", case=case, n=after - first, begin=begin, end=end, checks=len(self.frame), counts=counts
        )
        failed = self.frame.loc[self.frame["verdict"] == "fail", "check"].tolist()
        if not failed:
            return text
        named = [
            w.say("report.bracket", name=check_text(self._study.blueprint, check, w.lang), note=check)
            for check in failed[:NAMED]
        ]
        more = w.say("explain.sentence.more", n=len(failed) - NAMED) if len(failed) > NAMED else ""
        return text + w.say("explain.sentence.failed", what=w.say("report.semicolon").join(named) + more)

    def to_dict(self) -> dict[str, Any]:
        """Case, sentence, provenance, and every check as plain values (missing is None)."""
        return {"case_id": self.case_id, "lang": self.lang, "sentence": self.sentence(), **super().to_dict()}

    def __repr__(self) -> str:
        return f"<Explanation: {self.sentence()}>"

    def _repr_html_(self) -> str:
        from mining.display.result import provenance_words

        return (
            f'<div class="mining-case" lang="{"zh-CN" if self.lang == "zh" else "en"}">{STYLE}'
            f"<p>{escape(self.sentence())}</p>{self.picture._repr_html_()}{self._table()}"
            f"<p><small>{escape(provenance_words(self.provenance, self.lang))}</small></p></div>"
        )

    def _table(self) -> str:
        heads = [
            say(f"explain.col.{key}", self.lang) for key in ("fault", "verdict", "check", "measured", "rows", "note")
        ]
        told = self.frame[self.frame["verdict"] != "not_applicable"]
        rows = "".join(_row(row, self.lang) for row in told.to_dict("records"))
        others = self.frame.loc[self.frame["verdict"] == "not_applicable", "check"].tolist()
        if others:
            text = say(
                "explain.not_applicable", self.lang, n=len(others), checks=say("report.comma", self.lang).join(others)
            )
            rows += f'<tr class="quiet"><td colspan="{len(heads)}">{escape(text)}</td></tr>'
        head = "".join(
            f"<th{side}>{escape(text)}</th>"
            for text, side in zip(heads, ("", "", "", ' class="number"', "", ""), strict=True)
        )
        caption = escape(say("explain.caption", self.lang))
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


STYLE = (
    "<style>.mining-case table{border-collapse:collapse;table-layout:auto!important;width:100%;max-width:100rem;"
    "font-size:13px;line-height:1.4}"
    ".mining-case caption{text-align:left;font-weight:600;padding:6px 0}"
    ".mining-case th,.mining-case td{text-align:left!important;vertical-align:top;padding:5px 8px;white-space:normal;"
    "border-bottom:1px solid rgba(128,128,128,.45);overflow-wrap:anywhere}"
    ".mining-case th{overflow-wrap:normal!important}.mining-case td.word{white-space:nowrap;overflow-wrap:normal}"
    ".mining-case .number{text-align:right!important;font-variant-numeric:tabular-nums}"
    ".mining-case small{opacity:.8}.mining-case tr.fail td{font-weight:600}.mining-case tr.fail small,"
    ".mining-case tr.fail td.note{font-weight:400}.mining-case tr.quiet{opacity:.8}"
    ".mining-case td:first-child{min-width:4em;max-width:6em}.mining-case td.check{min-width:16em}"
    ".mining-case td.number{min-width:8em}.mining-case td.rows{min-width:9em;font-weight:400!important}"
    ".mining-case td.note{min-width:14em}"
    ".mining-case svg{max-width:max(100%,1000px);height:auto}"
    ".mining-case .badge{display:inline-block;min-width:1.2em;padding:0 .3em;margin-right:.2em;border-radius:.8em;"
    "text-align:center;border:1.5px solid currentColor}</style>"
)


def _row(row: dict[str, Any], lang: str) -> str:
    """A line of the table: only text of ours is markup."""
    badges = " ".join(f'<span class="badge">{text}</span>' for text in _runs(row["faults"]))
    verdict = f"{SIGNS[row['verdict']]} {escape(say('verdict.' + row['verdict'], lang))}"
    if row["gross"] != row["verdict"]:
        gross = say("explain.gross", lang, verdict=say(f"verdict.{row['gross']}", lang))
        verdict += f"<br><small>{escape(gross)}</small>"
    basis = say("report.basis", lang, basis=row["basis"], clause=row["clause"])
    check = f"{escape(row['check'])} · {escape(row['text'])}<br><small>{escape(basis)}</small>"
    measured = escape(row["measured_words"] or "–")
    if row["limit_words"]:
        measured += f"<br><small>{escape(say('explain.limit', lang, limit=row['limit_words']))}</small>"
    notes = [plain(row[key]) for key in ("what", "why_not")]
    if plain(row["allow_id"]):
        notes.append(say("explain.allowed_by", lang, id=row["allow_id"], reason=row["reason"]))
    note = "<br>".join(escape(clean(text)) for text in notes if text)
    cells = [
        ("faults", badges), ("word", verdict), ("check", check), ("number", measured),
        ("rows", escape(_numbers(row["rows"], lang, bool(row["faults"])))), ("note", note),
    ]  # fmt: skip
    inside = "".join(f'<td class="{name}">{text}</td>' for name, text in cells)
    return f'<tr class="{row["verdict"]}" data-check="{escape(row["check"])}">{inside}</tr>'


def _runs(numbers: Sequence[int]) -> list[str]:
    """Numbers that follow one another, three or more, as from–to, as they stand in the badges of folded boxes.

    Examples
    --------
    >>> _runs((1, 2, 3, 5, 7, 8))
    ['1–3', '5', '7', '8']
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [x for run in runs for x in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run))]


def _numbers(rows: tuple[int, ...], lang: str, faulty: bool) -> str:
    """Row numbers; many are shortened, and their number said. What is absent has none."""
    if not rows:
        return say("report.no_row", lang) if faulty else "–"
    runs = _runs(rows)
    if len(runs) <= ROWS_SHOWN:
        return ", ".join(runs)
    last = int(runs[ROWS_SHOWN - 1].split("–")[-1])
    return say("explain.rows.more", lang, shown=", ".join(runs[:ROWS_SHOWN]), n=sum(row > last for row in rows))


def explain(study: Study, case_id: str | None = None, lang: str = "en") -> Explanation:
    """Explain one case: the trace against the blueprint, and every verdict with its text, its clause and its rows.

    Nothing is judged again: the checks of the study are, at the first use, and are kept.

    Parameters
    ----------
    study : Study
    case_id : str, optional
        As it stands in the log. Without one, the case with the most faults that no allowance covers; of several, or where there is no
        fault at all, the first in the log.
    lang : {"en", "zh"}
        Language of the words; names fall back to English where a blueprint lacks them.

    Returns
    -------
    Explanation

    Raises
    ------
    LogError
        If the log has no such case; the message names those that are like it.
    UnknownNameError
        For another language.

    Examples
    --------
    >>> told = explain(study, study.deviations().frame["case_id"].iloc[0])
    >>> told.frame["verdict"].iloc[0], len(told.frame) == len(study.checks)
    ('fail', True)
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    case = _worst(study) if case_id is None else number_of(study, case_id)
    w = Words(lang, study.blueprint.tz)
    checks = checks_of(study, case, w)
    frame = pd.DataFrame([table_row(study, case, check, w) for check in checks], columns=list(Explanation.columns))
    provenance = study.provenance(f"case {clean(str(study.log.case_ids[case]))!r}")
    return Explanation(frame, provenance, str(study.log.case_ids[case]), lang, study, case, checks)


def _worst(study: Study) -> int:
    """Number of the case with the most faults that no allowance covers."""
    faults = study.deviations().frame
    cases = faults.loc[faults["verdict"] == "fail", "case_id"].astype(object)
    at = pd.Index(np.asarray(study.log.case_ids)).get_indexer(cases)
    return int(np.bincount(at, minlength=1).argmax())


def number_of(study: Study, case_id: object) -> int:
    """Number of a case in the log.

    Raises
    ------
    LogError
        If there is none of this id.
    """
    ids, wanted = np.asarray(study.log.case_ids), str(case_id)
    at = int(np.searchsorted(ids, wanted))
    if at < len(ids) and ids[at] == wanted:
        return at
    raise LogError(_unknown(study.log.source.path, ids, wanted, at))


def _unknown(path: str, ids: np.ndarray, wanted: str, at: int) -> str:
    """Which ids are like the one that is not there: equal but for blanks, case and leading zeros, else spelt like it."""

    def folded(id: str) -> str:
        return id.strip().casefold().lstrip("0")

    same = [id for id in ids.tolist() if folded(id) == folded(wanted)][:3]
    around = ids[max(0, at - NEIGHBOURS) : at + NEIGHBOURS].tolist()
    near = same or get_close_matches(wanted, around, n=3, cutoff=0.6)
    meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    some = ", ".join(map(repr, ids[:3].tolist()))
    return (
        f"{path}: there is no case {wanted!r} among its {len(ids):,} cases.{meant} Their ids look like this: {some}. "
        "A case id is text, as it stands in the log."
    )
