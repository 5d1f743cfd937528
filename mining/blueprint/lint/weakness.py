"""One weak place of a design, in words, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mining.blueprint import yaml12
from mining.blueprint.model import Text

SEVERITIES = ("error", "warning", "note")
LANGUAGES = ("en", "zh")


@cache
def words() -> dict[str, Any]:
    """Severities, and per kind of weakness its severity, what and why."""
    text = files("mining.blueprint.lint").joinpath("words.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@dataclass(frozen=True)
class Found:
    """A weakness before it is put into words: where (path in the file), which wording, and what to fill in."""

    at: yaml12.Path
    wording: str
    values: tuple[tuple[str, Any], ...] = ()


def found(at: yaml12.Path, wording: str, **values: Any) -> Found:
    """A weakness at a path of the file; ``wording`` is a key of ``words.yaml``."""
    return Found(at, wording, tuple(values.items()))


@dataclass(frozen=True, repr=False)
class Weakness:
    """One weak place of a design.

    Attributes
    ----------
    place : str
        File and line.
    severity : str
        *error*: the file is not a blueprint yet. *warning*: a promise that cannot be checked, or a part without effect.
        *note*: something left open.
    code : str
        Short name of this kind of weakness, the same in all languages.
    what, why : Text
        What is weak, and why it matters.
    """

    place: str
    severity: str
    code: str
    what: Text
    why: Text

    def say(self, lang: str = "en") -> str:
        """Two lines: what is weak and where; why it matters.

        Examples
        --------
        >>> from mining.blueprint.lint import lint_file
        >>> print(lint_file("sample_logs/it_incident/blueprint.yaml")[-1].say())  # doctest: +ELLIPSIS
        sample_logs/it_incident/blueprint.yaml:...: note: R8 is kept by every run of the flow to which it applies [rule-always-kept]
            the flow demands it already; the rule adds its severity and basis, and a breach is found twice
        """
        word = words()["severity"][self.severity][lang]
        return f"{self.place}: {word}: {self.what.get(lang)} [{self.code}]\n    {self.why.get(lang)}"

    def __str__(self) -> str:
        return self.say()

    def __repr__(self) -> str:
        return self.say().split("\n")[0]


def weakness(place: str, item: Found) -> Weakness:
    """Put a weakness into words."""
    entry = words()["found"][item.wording]
    values = dict(item.values)
    what = {lang: entry["what"][lang].format(**values) for lang in LANGUAGES}
    return Weakness(place, entry["severity"], item.wording.partition(".")[0], Text(what), Text(entry["why"]))


def exit_status(weaknesses: Iterable[Weakness]) -> int:
    """Exit status of a lint: 0 without warnings and errors, 1 with. (A file that cannot be read is an error of its own: 2.)

    Examples
    --------
    >>> exit_status(())
    0
    """
    return int(any(w.severity != "note" for w in weaknesses))
