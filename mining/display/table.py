"""A frame as a table for people: headings and values in words, in the language of the notebook, and the value behind each cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mining.display.definitions import LANGUAGE_OF, has_words, head_of, meaning_of, rank_of, title_of, word_of
from mining.display.kinds import OWN_UNIT, in_unit, is_length, is_share, kind_of_unit, unit_column, zone_of
from mining.display.shown import safe
from mining.display.words import (
    bare,
    chance_words,
    is_number,
    length_words,
    moment_words,
    points_words,
    share_words,
    value_words,
)
from mining.texts import say

MOST_ROWS, FEWEST_ROWS, MOST_CELLS = 200, 50, 2400  # that one output holds
CHANCES = ("p", "q")  # columns of probabilities
MANY = 6  # columns; of a wider table those without any value are not shown
SHORT, WORDY = 18, 45  # letters of a text that stays on one line, that needs a wide column
Words = Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """A column as it is shown.

    Attributes
    ----------
    name : str
        In the frame.
    head : str
        In words.
    tip : str
        Name and meaning, for the tooltip.
    look : str
        Class of its cells: ``n`` for numbers, ``d`` for what stays on one line, ``w`` for long texts, else empty.
    cells : tuple of str
        What is read.
    behind : tuple of str
        What a cell is sorted by, where that is not what is read; else empty.
    """

    name: str
    head: str
    tip: str
    look: str
    cells: tuple[str, ...]
    behind: tuple[str, ...]


def table_html(
    frame: pd.DataFrame, columns: Mapping[str, str], lang: str, *, kind: str, shown: Sequence[str] = ()
) -> tuple[str, int]:
    """A frame as HTML.

    Parameters
    ----------
    frame : DataFrame
    columns : mapping
        Column to what it means, in English.
    lang : {"en", "zh"}
    kind : str
        Class of the result: its title, and what its columns are.
    shown : sequence of str, optional
        The columns to be shown; default all. Of ``x_en`` and ``x_zh`` (or ``x`` and ``x_zh``) only that of the language is.

    Returns
    -------
    html : str
        Complete and readable without any script.
    n : int
        How many rows it has: the first ones of the frame.
    """
    names = in_language([str(x) for x in frame.columns if x != OWN_UNIT], shown, lang)
    if len(names) > MANY:
        names = [name for name in names if not _empty(frame[name])] or names
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_CELLS // max(len(names), 1) // FEWEST_ROWS * FEWEST_ROWS))
    part = frame.head(most)
    made = [_column(part, name, columns.get(name, ""), kind, lang) for name in names]
    heads = "".join(f'<th scope="col"{_class(x.look)} title="{safe(x.tip)}">{safe(x.head)}</th>' for x in made)
    rows = "".join(f"<tr>{''.join(_cell(column, k) for column in made)}</tr>" for k in range(len(part)))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    box = f'<div class="scroll" tabindex="0" role="region" aria-label="{safe(title_of(kind, lang))}">{table}</div>'
    return box, len(part)


def counted(shown: int, of: int, lang: str) -> str:
    """How many rows there are, and how many of them are shown.

    Examples
    --------
    >>> counted(2, 2, "en"), counted(0, 0, "zh")
    ('2 rows', '没有行。')
    """
    if shown < of:
        return say("display.cut", lang, n=f"{shown:,}", all=f"{of:,}")
    key = {0: "display.no_rows", 1: "display.row"}.get(of, "display.rows")
    return say(key, lang, n=f"{of:,}")


def in_language(names: Sequence[str], shown: Sequence[str], lang: str) -> list[str]:
    """The columns to be shown, those that are there in several languages in one.

    Examples
    --------
    >>> in_language(["n", "name_en", "name_zh", "edit", "edit_zh"], [], "zh")
    ['n', 'name_zh', 'edit_zh']
    >>> in_language(["n", "name_en", "name_zh", "edit", "edit_zh"], ["edit", "name_en"], "en")
    ['edit', 'name_en']
    """
    there, chosen = set(names), list(dict.fromkeys(_said_in(name, set(names), lang) for name in shown or names))
    return [name for name in chosen if name in there]


def _said_in(name: str, there: set[str], lang: str) -> str:
    """The column of the language that says what this column says."""
    match = LANGUAGE_OF.fullmatch(name)
    base = match[1] if match else name
    own, english = f"{base}_{lang}", f"{base}_en"
    if f"{base}_zh" not in there or not ({base, english} & there):
        return name
    return own if own in there else base


def _empty(column: pd.Series) -> bool:
    """Whether no row has a value in it."""
    return all(bare(x) in (None, "", []) for x in column)


def _column(part: pd.DataFrame, name: str, meaning: str, kind: str, lang: str) -> Column:
    values = [bare(x) for x in part[name].astype(object)] if name in part else []
    head, tip = head_of(name, lang, kind), " · ".join(x for x in (name, meaning_of(meaning, lang)) if x)
    zone = zone_of(part[name])
    if zone is not None:
        head = say("report.bracket", lang, name=head, note=zone) if zone and zone not in head else head
        cells, behind = _moments(values)
        return Column(name, head, tip, "d", cells, behind)
    words = _words(part, name, meaning, kind, lang)
    cells = tuple(one(value) for one, value in zip(words, values, strict=True))
    numeric = all(is_number(x) for x in values if x is not None) and any(x is not None for x in values)
    worded = numeric and has_words(name, kind) and any(char.isalpha() for cell in cells for char in cell)
    behind = tuple(_behind(name, value, text, kind) for value, text in zip(values, cells, strict=True))
    return Column(name, head, tip, "n" if numeric and not worded else _look(cells), cells, behind)


def _look(cells: Sequence[str]) -> str:
    """How much room texts need: a Chinese character takes that of two letters."""
    widest = max((len(x) + sum(char > "\u2e7f" for char in x) for x in cells), default=0)
    return "d" if widest <= SHORT else "w" if widest > WORDY else ""


def _moments(values: list[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Moments of one zone: with seconds where any has them, as dates where all are midnights."""
    there = [x for x in values if x is not None]
    seconds = any(x.second for x in there)
    day = bool(there) and not any(x.hour or x.minute or x.second for x in there)
    cells = tuple(value_words(None) if x is None else moment_words(x, seconds=seconds, day=day) for x in values)
    return cells, ("",) * len(values)


def _words(part: pd.DataFrame, name: str, meaning: str, kind: str, lang: str) -> list[Words]:
    """How each cell of a column is put into words."""

    def share(value: Any) -> str:
        return share_words(value, lang)

    def points(value: Any) -> str:
        return points_words(value, lang)

    def length(value: Any) -> str:
        return length_words(value, lang)

    def plain(value: Any) -> str:
        return _worded(name, value, kind, lang)

    unit, levels, _ = unit_column(kind)
    if name == unit:
        return [lambda value: _unit(name, value, kind, lang)] * len(part)
    if in_unit(name, kind) and unit in part:
        by_unit: dict[str, Words] = {
            "length": length,
            "share": share if name in levels else points,
            "points": points,
            "": plain,
        }
        return [by_unit[kind_of_unit(bare(x))] for x in part[unit].astype(object)]
    if name in CHANCES:
        return [lambda value: chance_words(value, lang)] * len(part)
    one = length if is_length(name, meaning) else share if is_share(name, meaning, kind) else plain
    return [one] * len(part)


def _unit(name: str, value: Any, kind: str, lang: str) -> str:
    """A unit in words, beside numbers that carry theirs: time, or a share."""
    what = kind_of_unit(value) if isinstance(value, str) else ""
    return say(f"display.unit.{what}", lang) if name == "unit" and what and value else _worded(name, value, kind, lang)


def _worded(name: str, value: Any, kind: str, lang: str) -> str:
    """A value, in words where the catalogue has any for it."""
    if value is None:
        return value_words(None, lang)
    if isinstance(value, list):
        return say("report.comma", lang).join(
            str(x) if type(x) is int else _worded(name, x, kind, lang) for x in map(bare, value)
        ) or value_words(None, lang)
    if isinstance(value, str):
        return word_of(name, value, lang, kind) or value_words(None, lang)
    if has_words(name, kind) and is_number(value) and float(value).is_integer():
        text = word_of(name, str(int(value)), lang, kind)
        return value_words(value, lang) if text == str(int(value)) else text
    if isinstance(value, bool) and has_words(name, kind):
        text = word_of(name, str(value).lower(), lang, kind)
        return value_words(value, lang) if text == str(value).lower() else text
    return value_words(value, lang)


def _behind(name: str, value: Any, text: str, kind: str) -> str:
    """What a cell is sorted by, where that is not what it says."""
    if is_number(value):
        full = str(value) if isinstance(value, int) else f"{value:.9g}"
        return "" if text.replace(",", "") == full else full.replace("inf", "1e999")
    if isinstance(value, str):
        rank = rank_of(name, value, kind)
        return "" if rank is None else str(rank)
    return ""


def _class(look: str) -> str:
    return f' class="{look}"' if look else ""


def _cell(column: Column, k: int) -> str:
    behind = f' data-v="{safe(column.behind[k])}"' if column.behind[k] else ""
    return f"<td{_class(column.look)}{behind}>{safe(column.cells[k])}</td>"
