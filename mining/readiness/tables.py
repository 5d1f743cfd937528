"""What the tables on design and log share: cells in both languages, lists of names, and the frame with its columns in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mining.blueprint.model import Blueprint, Text
from mining.results import Provenance, Result
from mining.texts import LANGUAGES, say

MOST_NAMED = 6  # names that stand in one cell; how many more there are is said


def both(column: str, key: str | None, **values: Any) -> dict[str, Any]:
    """A cell in words: one column per language. A value may itself be one text per language; without a key the cell is empty.

    Examples
    --------
    >>> both("part", "word.case")
    {'part_en': 'case', 'part_zh': '案例'}
    """
    return {f"{column}_{lang}": say(key, lang, **_in(lang, values)) if key else "" for lang in LANGUAGES}


def _in(lang: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[lang] if isinstance(value, dict) else value for name, value in values.items()}


def joined(keys: Iterable[str], **values: Any) -> dict[str, str]:
    """Several sentences as one text per language."""
    keys = list(keys)
    return {
        lang: say("readiness.and", lang).join(say(key, lang, **_in(lang, values)) for key in keys) for lang in LANGUAGES
    }


def named(names: Sequence[Text | str]) -> dict[str, str]:
    """The first names as one text per language, and how many more there are.

    Examples
    --------
    >>> named(["a", "b"])
    {'en': 'a, b', 'zh': 'a、b'}
    """
    found = {}
    for lang in LANGUAGES:
        texts = [x.get(lang) if isinstance(x, Text) else x for x in names[:MOST_NAMED]]
        more = say("readiness.more", lang, n=len(names) - MOST_NAMED) if len(names) > MOST_NAMED else ""
        found[lang] = say("readiness.comma", lang).join(texts) + more
    return found


def cells(column: str, text: Mapping[str, str]) -> dict[str, Any]:
    """A text per language as the columns of a row."""
    return {f"{column}_{lang}": text[lang] for lang in LANGUAGES}


def frame_of(rows: list[dict[str, Any]], kind: type[Result]) -> pd.DataFrame:
    """Rows as a frame with the columns of a result, in their order."""
    return pd.DataFrame(rows, columns=list(kind.columns))


def of_design(measure: str, blueprint: Blueprint) -> Provenance:
    """Where a table of the design alone comes from."""
    return Provenance(measure, "", blueprint.sha256, 0, {"version": blueprint.version})
