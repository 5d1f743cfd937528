"""The explanation of one case as plain values: the picture, the sentence, and the cells of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mining.explain.explanation import SIGNS
from mining.pictures.svg import clean
from mining.results import plain
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

ROWS_SHOWN = 12
HEADS = ("fault", "verdict", "check", "measured", "rows", "note")


def told(study: Study, case: str, lang: str) -> dict[str, Any]:
    """What the widget shows of a case.

    Examples
    --------
    >>> shown = told(study, study.log.case_ids[0], "en")
    >>> shown["case"] == study.log.case_ids[0], len(shown["heads"])
    (True, 6)
    """
    found = study.explain(case, lang)
    rows = found.frame[found.frame["verdict"] != "not_applicable"].to_dict("records")
    others = found.frame.loc[found.frame["verdict"] == "not_applicable", "check"].tolist()
    comma = say("report.comma", lang)
    return {
        "case": found.case_id,
        "title": say("widget.case_title", lang, case=clean(found.case_id)),
        "sentence": found.sentence(),
        "svg": found.picture.svg,
        "caption": say("explain.caption", lang),
        "heads": [say(f"explain.col.{name}", lang) for name in HEADS],
        "rows": [{"verdict": row["verdict"], "cells": _cells(row, lang)} for row in rows],
        "below": say("explain.not_applicable", lang, n=len(others), checks=comma.join(others)) if others else "",
    }


def _cells(row: dict[str, Any], lang: str) -> list[list[str]]:
    """Each cell as lines of text, the first the main one."""
    word = say(f"verdict.{row['verdict']}", lang)
    verdict = [f"{SIGNS[row['verdict']]} {word}"]
    if row["gross"] != row["verdict"]:
        verdict.append(say("explain.gross", lang, verdict=say(f"verdict.{row['gross']}", lang)))
    measured = [row["measured_words"] or "–"]
    if row["limit_words"]:
        measured.append(say("explain.limit", lang, limit=row["limit_words"]))
    notes = [text for text in (plain(row["what"]), plain(row["why_not"])) if text]
    if plain(row["allow_id"]):
        notes.append(say("explain.allowed_by", lang, id=row["allow_id"], reason=row["reason"]))
    return [
        [" ".join(map(str, row["faults"]))],
        verdict,
        [f"{row['check']} · {row['text']}", say("report.basis", lang, basis=row["basis"], clause=row["clause"])],
        measured,
        [_rows(row["rows"], lang, bool(row["faults"]))],
        [clean(note) for note in notes] or [""],
    ]


def _rows(rows: tuple[int, ...], lang: str, faulty: bool) -> str:
    """Row numbers of the source; of many the first, and how many more. What is absent has none."""
    if not rows:
        return say("report.no_row", lang) if faulty else "–"
    shown = ", ".join(map(str, rows[:ROWS_SHOWN]))
    more = len(rows) - ROWS_SHOWN
    return shown if more <= 0 else say("explain.rows.more", lang, shown=shown, n=more)
