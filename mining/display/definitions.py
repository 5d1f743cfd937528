"""What results, columns and values are called in words, from the files of the catalogue: one entry per word, in English and Chinese."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mining.texts import check_language

SECTIONS = ("titles", "heads", "meanings", "values")
LANGUAGE_OF = re.compile(r"(.+)_(en|zh)")
ORDERED = {  # values that are sorted by their rank, not by their letters
    "severity": ("critical", "major", "minor", "observation"),
    "priority": ("H", "M", "L"),
    "verdict": ("fail", "allowed", "not_observable", "pending", "pass", "not_applicable"),
    "Quality.severity": ("error", "warning", "note"),
}
JOINED = (re.compile(r"(\s*;\s*)"), re.compile(r"(\s*[+;,]\s*)"))  # several words, or several sentences, in one cell
FILLED = re.compile(r"'[^']*'|\b[A-Z][A-Za-z]+/[A-Z]\w+|\d+(?:[.,]\d+)*")  # a quoted name, a time zone, a number
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """The four sections of the catalogue, of all its files together.

    Returns
    -------
    dict
        ``titles`` (class of a result to language to words), ``heads`` (column, or class and column joined by a dot), ``meanings`` (the
        English text to the Chinese one), ``values`` (column to value to language to words).

    Examples
    --------
    >>> sorted(definitions())
    ['heads', 'meanings', 'titles', 'values']
    """
    found: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    place = files("mining").joinpath("display/catalogue")
    for file in sorted((f for f in place.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        loaded: dict[str, dict[str, Any]] = yaml.load(file.read_text("utf-8"), Loader) or {}
        strange = sorted(loaded.keys() - set(SECTIONS))
        assert not strange, f"{file.name}: there is no section {strange}; there are {SECTIONS}"
        for section, entries in loaded.items():
            for key, entry in (entries or {}).items():
                if section == "values":
                    _take(found[section].setdefault(key, {}), entry, f"{file.name}: values of {key}")
                else:
                    _take(found[section], {key: entry}, f"{file.name}: {section}")
    return found


def _take(into: dict[str, Any], entries: dict[str, Any], where: str) -> None:
    """Add entries; the same word twice is fine as long as both say the same."""
    for key, entry in entries.items():
        assert into.setdefault(key, entry) == entry, f"{where}: {key!r} stands there twice: {into[key]} and {entry}"


def title_of(kind: str, lang: str) -> str:
    """What a class of results is called; its own name in words where the catalogue has none.

    Examples
    --------
    >>> title_of("MySide", "en")
    'My side'
    """
    check_language(lang)
    named: dict[str, str] | None = definitions()["titles"].get(kind)
    return named[lang] if named else _CAPITAL.sub(" ", kind).capitalize()


def head_of(column: str, lang: str, kind: str = "") -> str:
    """The heading of a column. A column that the catalogue does not know is the user's own: its name with blanks.

    Parameters
    ----------
    column : str
        Name of the column. Of ``x_en`` and ``x_zh`` the heading is that of ``x``, unless they have their own.
    lang : {"en", "zh"}
    kind : str, optional
        Class of the result: ``heads`` may have ``Class.column`` where one name has several meanings.

    Examples
    --------
    >>> head_of("colour_of_car", "zh")
    'colour of car'
    """
    check_language(lang)
    heads = definitions()["heads"]
    bare = base_of(column)
    told, coded = f"{kind}.{column.replace('_', ' ')}", f"{kind}.{column.replace(' ', '_')}"
    for name in (f"{kind}.{column}", f"{kind}.{bare}", told, coded, column, bare):
        if name in heads:
            return str(heads[name][lang])
    return bare.replace("_", " ")


def meaning_of(english: str, lang: str) -> str:
    """What a column means, from the English text of its class; that text itself where there is no translation.

    Examples
    --------
    >>> meaning_of("what only I measure", "zh")
    'what only I measure'
    """
    check_language(lang)
    return english if lang == "en" else str(definitions()["meanings"].get(english, english))


def word_of(column: str, value: object, lang: str, kind: str = "") -> str:
    """A value of a column in words; the value itself where the catalogue does not know it, as with names of cases.

    Several values in one text, joined by a plus, a comma or a semicolon, are put into words one by one, if all are known. Where the
    catalogue has a ``#`` stands any number, quoted name or time zone: the words have as many, in the same order.

    Examples
    --------
    >>> word_of("colour_of_car", "dark_red", "zh")
    'dark_red'
    """
    check_language(lang)
    words = _words_of(column, kind)
    text = str(value)
    if not words or not text:
        return text
    if (known := _known(text, words, lang)) is not None:
        return known
    for sign in JOINED:
        parts = sign.split(text)
        said = [_known(part, words, lang) for part in parts[::2]]
        if len(parts) > 1 and None not in said:
            return "".join(str(said[k // 2]) if k % 2 == 0 else _joint(part, lang) for k, part in enumerate(parts))
    return text


def _known(text: str, words: dict[str, dict[str, str]], lang: str) -> str | None:
    """One value in words, its numbers and names filled in; None for one that is not known."""
    if text in words:
        return str(words[text][lang])
    pattern = FILLED.sub("#", text)
    if pattern not in words:
        return None
    parts = iter(FILLED.findall(text))
    return re.sub("#", lambda _: next(parts), str(words[pattern][lang]))


def has_words(column: str, kind: str = "") -> bool:
    """Whether the values of a column are words of the catalogue."""
    return bool(_words_of(column, kind))


def rank_of(column: str, value: str, kind: str = "") -> int | None:
    """The place of a value among those of its column that have an order, such as severities; None for all others.

    Examples
    --------
    >>> rank_of("severity", "minor"), rank_of("priority", "H"), rank_of("case_id", "minor")
    (2, 0, None)
    """
    order = ORDERED.get(f"{kind}.{column}", ORDERED.get(column, ()))
    return order.index(value) if value in order else None


def _joint(written: str, lang: str) -> str:
    """What stands between two words."""
    sign = written.strip()
    return {"+": " + ", ",": {"en": ", ", "zh": "、"}[lang], ";": {"en": "; ", "zh": "；"}[lang]}[sign]


@cache
def _words_of(column: str, kind: str) -> dict[str, dict[str, str]]:
    values = definitions()["values"]
    for name in (f"{kind}.{column}", f"{kind}.{column.replace('_', ' ')}", column, base_of(column)):
        if name in values:
            return {str(value): entry for value, entry in values[name].items()}
    return {}


def base_of(column: str) -> str:
    """The name of a column without its language.

    Examples
    --------
    >>> base_of("name_zh"), base_of("then")
    ('name', 'then')
    """
    match = LANGUAGE_OF.fullmatch(column)
    return match[1] if match else column
