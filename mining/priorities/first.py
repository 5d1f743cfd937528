"""The first finding of the order, in words: what it changes in every outcome, by grade, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mining.errors import MiningError
from mining.results import Result
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.improvement import Improvement


@dataclass(frozen=True, eq=False, repr=False)
class First(Result):
    """One row per outcome, and one for what goes with the finding. Made by :func:`first_of`.

    Attributes
    ----------
    finding_id : str
        The first finding of the order.
    title : dict of str to str
        What people call it, by language.
    """

    finding_id: str
    title: dict[str, str]

    columns: ClassVar[dict[str, str]] = {
        "about_en": "what the words are about: an outcome, or what goes with the finding",
        "about_zh": "the same in Chinese",
        "grade": "A, B: an effect; C: a description; D: too few cases; empty where there is no effect to speak of",
        "told_en": "what may be said, in words",
        "told_zh": "the same in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """Which finding comes first."""
        return say("given.first", lang, title=self.title[lang], finding=self.finding_id)


def first_of(found: Improvement) -> First:
    """The first finding of the order, in words.

    Parameters
    ----------
    found : Improvement

    Raises
    ------
    MiningError
        If no finding is ranked.

    Examples
    --------
    >>> first_of(study.improvement(bootstraps=100)).frame["grade"].tolist()[-1]
    ''
    """
    if found.first_id is None:
        raise MiningError("No finding is ranked, so there is no first one.")
    effects, causes, finding = found.effects, found.causes, found.first_id
    rows: list[dict[str, Any]] = []
    for outcome in found.outcomes:
        about = {f"about_{lang}": outcome.name[lang] for lang in LANGUAGES}
        told = {f"told_{lang}": effects.told(finding, outcome.id, lang) for lang in LANGUAGES}
        rows.append(about | {"grade": effects.row(finding, outcome.id)["grade"]} | told)
    about = {f"about_{lang}": say("given.about_causes", lang) for lang in LANGUAGES}
    rows.append(about | {"grade": ""} | {f"told_{lang}": causes.sentence_of(finding, lang) for lang in LANGUAGES})
    title = {lang: causes.title(finding, lang) for lang in LANGUAGES}
    provenance = found.study.provenance("first finding in words", finding=finding)
    return First(pd.DataFrame(rows, columns=list(First.columns)), provenance, finding, title)
