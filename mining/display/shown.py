"""The frame around whatever shows itself in a notebook: its look, its script, sentences, facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from mining.texts import say

TAG = {"en": "en", "zh": "zh-CN"}
LONG = 8  # rows above which a table has a filter


@cache
def sorting_script() -> str:
    """The one script of pages and notebooks: it sorts and filters the tables that are there when it runs, and asks for nothing.

    Examples
    --------
    >>> "fetch" in sorting_script() or "http" in sorting_script()
    False
    """
    return _narrow("sorting.js", "\n")


@cache
def style() -> str:
    """The look of what is shown: colours are those of the page around it, light or dark."""
    return _narrow("shown.css", " ")


def _narrow(name: str, between: str) -> str:
    """A file of this package without indents and lines of comment: it stands in every output."""
    text = files("mining").joinpath(f"display/{name}").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return between.join(line for line in lines if line and not line.startswith("//"))


def safe(text: object) -> str:
    """The text for the middle of a page or an attribute: without markup, control characters and turns of the direction of writing.

    Examples
    --------
    >>> safe('<b> "a"') + safe("\u202eb")
    '&lt;b&gt; &quot;a&quot;b'
    """
    from mining.pictures.svg import escaped

    return escaped(text)


def framed(parts: list[str], lang: str, *, cut: bool = False) -> str:
    """Pieces of HTML as one output of a notebook.

    Parameters
    ----------
    parts : list of str
        HTML.
    lang : {"en", "zh"}
    cut : bool, default False
        Whether the table in it has only the first rows; then the words of the filter say so.

    Returns
    -------
    str
        With the style, and with the script where there is a table to sort.
    """
    inside = "".join(parts)
    count = say("display.shown_of_first" if cut else "page.shown", lang, shown="{shown}", all="{all}")
    words = f'data-filter="{safe(say("page.filter", lang))}" data-shown="{safe(count)}" data-long="{LONG}"'
    script = f"<script>{sorting_script()}</script>" if inside.count("<tr>") > 2 and 'class="scroll"' in inside else ""
    opening = (
        f'<div class="mining-result" lang="{TAG[lang]}" data-rows="all" data-lm-suppress-shortcuts="true" {words}>'
    )
    return f"{opening}<style>{style()}</style>{inside}{script}</div>"


def said(text: str) -> str:
    """A sentence as a paragraph; nothing for none."""
    return f"<p>{safe(text)}</p>" if text else ""


def note(text: str, lang: str) -> str:
    """A sentence alone, set apart: what stands where a table would stand."""
    return framed([f'<p class="note" role="note">{safe(text)}</p>'], lang)


def facts(title: str, rows: Mapping[str, str], lang: str, sentence: str = "", below: str = "") -> str:
    """A short list of names and what stands for them, under a title.

    Examples
    --------
    >>> shown = facts("Log", {"cases": "2 <3>"}, "en")
    >>> "<th scope=row>cases</th><td>2 &lt;3&gt;</td>" in shown, "<script" in shown
    (True, False)
    """
    body = "".join(f"<tr><th scope=row>{safe(name)}</th><td>{safe(text)}</td></tr>" for name, text in rows.items())
    table = f'<table class="facts"><caption>{safe(title)}</caption><tbody>{body}</tbody></table>'
    return framed([said(sentence), table, below], lang)
