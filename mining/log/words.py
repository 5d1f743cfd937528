"""The sentences about a log, in English and Chinese."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

import yaml

from mining.errors import UnknownNameError

LANGUAGES = ("en", "zh")


class _Counting(Formatter):
    """Fills in ``{n:row|rows}`` with the first word where n is one, else with the second."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        one, bar, more = format_spec.partition("|")
        if not bar:
            return super().format_field(value, format_spec)
        return one if str(value) == "1" else more


_FORMATTER = _Counting()


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key to language to text."""
    text = files("mining.log").joinpath("words.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def words(key: str, lang: str = "en", **values: Any) -> str:
    """Text of a key in a language, with values filled in; ``{n:row|rows}`` in it is the word that fits the number n.

    Raises
    ------
    UnknownNameError
        For a key or language that is not there.

    Examples
    --------
    >>> words("severity.warning", "zh")
    '警告'
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    if key not in catalogue():
        raise UnknownNameError("text", key, catalogue())
    return _FORMATTER.format(catalogue()[key][lang], **values)
