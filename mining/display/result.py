"""How a result shows itself in a notebook: its sentence, its table, its picture, and where it came from."""

from __future__ import annotations

import re
from inspect import signature
from typing import TYPE_CHECKING, Any

from mining.display.definitions import head_of, title_of, word_of
from mining.display.shown import framed, safe, said
from mining.display.table import counted, table_html
from mining.display.words import bare, is_number, length_words, value_words
from mining.results import Provenance, Result
from mining.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable


MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)?$")


def result_html(result: Result, lang: str) -> str:
    """A result as one output of a notebook.

    Parameters
    ----------
    result : Result
    lang : {"en", "zh"}

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> shown = result_html(study.summary(), "zh")
    >>> 'lang="zh-CN"' in shown, "<table>" in shown
    (True, True)
    """
    kind, of = type(result).__name__, len(result.frame)
    table, n = table_html(result.in_words(lang), result.columns, lang, kind=kind, shown=result.shown)
    table = table if of else ""  # headings without a row say nothing: the sentence does, or the count of rows
    head = f'<p><b>{safe(title_of(kind, lang))}</b> <span class="small">{safe(counted(n, of, lang))}</span></p>'
    origin = f'<p class="small">{safe(provenance_words(result.provenance, lang) + interval_words(result, lang))}</p>'
    return framed([head, said(_sentence(result, lang)), table, _picture(result, lang), origin], lang, cut=n < of)


def _sentence(result: Result, lang: str) -> str:
    return result.sentence(lang=lang) if "lang" in signature(result.sentence).parameters else result.sentence()


def _picture(result: Result, lang: str) -> str:
    picture: Any = getattr(result, "picture", None)
    if callable(picture):
        draw: Callable[..., Any] = picture
        picture = draw(lang=lang) if "lang" in signature(draw).parameters else draw()
    return "" if picture is None else str(picture._repr_html_())


def interval_words(result: Result, lang: str) -> str:
    """By which method the intervals of a table are made, where Wilson's are shown and no column says it row by row.

    Examples
    --------
    >>> interval_words(study.summary(), "en")
    '; intervals: 95 %, Wilson'
    """
    names = result.shown or tuple(result.columns)
    by_wilson = any("Wilson interval" in result.columns.get(name, "") for name in names)
    return say("display.wilson", lang) if by_wilson and "method" not in names and len(result.frame) else ""


def provenance_words(provenance: Provenance, lang: str) -> str:
    """Where a table came from, in one line.

    Examples
    --------
    >>> made = Provenance("conformance summary", "a" * 64, "b" * 64, 2000, {"open_cases": "pending"})
    >>> provenance_words(made, "en").startswith("conformance summary; 2,000 cases; log aaaaaaaaaaaa")
    True
    """
    parts = [provenance.measure] if lang == "en" else []  # the title says it too; the measure has no Chinese words
    if provenance.n_cases or (
        provenance.log and provenance.blueprint
    ):  # a table of the design, or beside the log, has none
        parts.append(say("display.cases", lang, n=f"{provenance.n_cases:,}"))
    files = (("display.log", provenance.log), ("display.blueprint", provenance.blueprint))
    facts = [say(key, lang, hash=hash[:12]) for key, hash in files if hash]
    for name, value in provenance.parameters.items():
        if value is not None and value != []:
            head = head_of(name, lang, "Provenance")
            facts.append(say("display.setting", lang, name=head, value=_setting(name, value, lang)))
    parts.append(say("report.comma", lang).join(facts))
    return say("report.semicolon", lang).join(part for part in parts if part)


def _setting(name: str, value: Any, lang: str) -> str:
    if isinstance(value, list | tuple):
        return say("report.comma", lang).join(_setting(name, x, lang) for x in value)
    if name.endswith(("_s", " s")) and is_number(bare(value)):
        return length_words(value, lang)
    if isinstance(value, str):
        return word_of(name, MOMENT.sub(r"\1 \2 UTC", value), lang, "Provenance")
    if isinstance(value, dict):
        return say("report.comma", lang).join(
            f"{word_of(name, key, lang, 'Provenance')} {_setting(name, x, lang)}" for key, x in value.items()
        )
    return value_words(value, lang)
