"""The source of a notebook: one file with its code once and its words in every language, so that editions cannot drift."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mining.errors import UnknownNameError
from mining.texts import LANGUAGES

NAMES = (
    "00_tour",
    "01_is_the_design_sound",
    "02_can_this_log_answer",
    "03_what_really_happens",
    "04_where_do_we_leave_the_blueprint",
    "05_what_do_customers_feel",
    "06_what_to_improve_first",
    "07_did_it_help",
    "08_the_audit_file",
)
Words = Mapping[str, str]
BROKEN = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])"
)  # where YAML joins lines of Chinese


@dataclass(frozen=True)
class Parameter:
    """A line of the cell of parameters.

    Attributes
    ----------
    name : str
    value : object
        In the editions on the sample logs; in a text ``{samples}`` stands for the folder of these, ``{service}`` for the sample, and
        ``{out}`` for the folder of what is written.
    own : object
        On a log of one's own, where the caller says nothing. The same as ``value`` unless the source says otherwise.
    says : mapping of language to str
        What it is, as the comment behind it.
    """

    name: str
    value: Any
    own: Any
    says: Words


@dataclass(frozen=True)
class Step:
    """A question, the cells that answer it, and how to read them.

    Attributes
    ----------
    asks : mapping of language to str, or None
        The heading, a question; None goes on with the question before.
    text : mapping of language to str, or None
        Words below the heading.
    cells : tuple of str
        Code, the same in every language.
    reading : mapping of language to str, or None
        How to read what the cells show, whatever the log.
    """

    asks: Words | None
    text: Words | None
    cells: tuple[str, ...]
    reading: Words | None


@dataclass(frozen=True)
class Source:
    """A notebook before it has a language.

    Attributes
    ----------
    name : str
        As in :data:`NAMES`.
    service : str
        The sample service of its editions.
    question, intro : mapping of language to str
        The title, a question, and what stands below it.
    parameters : tuple of Parameter
        Those that all notebooks have, then its own.
    steps : tuple of Step
    """

    name: str
    service: str
    question: Words
    intro: Words
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]


@cache
def read_source(name: str) -> Source:
    """The source of a notebook.

    Parameters
    ----------
    name : str
        As in :data:`NAMES`.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> read_source("00_tour").question["zh"]
    '这项服务应当先改进什么？'
    """
    if name not in NAMES:
        raise UnknownNameError("notebook", name, NAMES)
    raw = _load(name)
    steps = tuple(
        Step(
            _words(name, step.get("asks")),
            _words(name, step.get("text")),
            tuple(cell.rstrip("\n") for cell in step["cells"]),
            _words(name, step.get("reading")),
        )
        for step in raw["steps"]
    )
    parameters = tuple(
        Parameter(key, part["value"], part.get("own", part["value"]), _words(name, part["says"]) or {})
        for key, part in (_load("common") | raw.get("parameters", {})).items()
    )
    return Source(
        name, raw["service"], _words(name, raw["question"]) or {}, _words(name, raw["intro"]) or {}, parameters, steps
    )


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        files("mining.notebooks").joinpath("source", f"{name}.yaml").read_text("utf-8")
    )
    return loaded


def _words(name: str, words: Any) -> dict[str, str] | None:
    """Words in every language, without line breaks at their ends, and Chinese without blanks between characters."""
    if words is None:
        return None
    assert set(words) == set(LANGUAGES), f"{name}: {words} is not in {LANGUAGES}"
    return {lang: BROKEN.sub("", text.strip()) for lang, text in words.items()}
