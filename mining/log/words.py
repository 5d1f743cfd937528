"""The sentences about a log, in English and Chinese."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mining.errors import UnknownNameError

LANGUAGES = ("en", "zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key to language to text."""
    text = files("mining.log").joinpath("words.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def words(key: str, lang: str = "en", **values: Any) -> str:
    """Text of a key in a language, with values filled in.

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
    return catalogue()[key][lang].format(**values)
