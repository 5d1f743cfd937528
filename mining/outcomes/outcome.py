"""What a case came to, as a number: time, money, a score, or yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mining.display.definitions import word_of
from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("time", "money", "score", "share", "number")


@dataclass(frozen=True, eq=False)
class Outcome:
    """One number per case, and which way is worse.

    Attributes
    ----------
    id : str
        Short name, stable: ``time``, ``cost``, ``survey:csat``, ``resolved``, ``abandoned``, ``reopened``, ``repeat_contact``, or
        ``attribute:made_sla``.
    name : dict of str to str
        What people read, by language.
    kind : str
        One of ``KINDS``: time is in seconds; money in ``unit``; a score on the scale in ``unit``; a share is 0 or 1 per case; a number has
        the unit it was recorded in.
    unit : str
        ``s``, a currency, a scale as ``1-5``, or empty.
    values : float64 array of shape (n_cases,)
        NaN where not measured.
    worse : int
        1 where more is worse, -1 where less is worse.
    visible : bool
        Whether the customer feels it.
    missing : dict of str to int
        Why cases have no value: reason (a key of the texts) to number of cases. Together with the measured ones all cases.
    """

    id: str
    name: dict[str, str]
    kind: str
    unit: str
    values: np.ndarray
    worse: int
    visible: bool
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Cases with a value."""
        return int(np.isfinite(self.values).sum())


@dataclass(frozen=True, eq=False, repr=False)
class Outcomes(Result):
    """The outcomes of a study, one row each.

    Attributes
    ----------
    items : tuple of Outcome
        In the order of the rows.
    left_out : dict of str to dict of str to str
        Outcomes that are measured in no case: id to why, by language.
    notes : dict of str to dict of str to str
        What to know when reading an outcome: id to words, by language.
    """

    items: tuple[Outcome, ...]
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: dict[str, dict[str, str]] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "outcome": "id of the outcome",
        "name_en": "what it is, in English",
        "name_zh": "the same in Chinese",
        "kind": "one of " + ", ".join(KINDS),
        "unit": "s, a currency, or the scale of a score",
        "worse": "1: more is worse; -1: less is worse",
        "visible": "whether the customer feels it",
        "n": "cases in which it is measured",
        "n_cases": "cases of the log",
        "mean": "mean of the measured cases, in unit (a share: between 0 and 1)",
        "median": "their median; missing for a share",
        "low": "lower end of the interval of the mean as an estimate of the process, for 95 of 100 samples "
        "(Wilson for a share, else Student's t)",
        "high": "upper end of it",
        "missing": "why cases have no value, with their number; empty where all have one",
    }

    shown: ClassVar[tuple[str, ...]] = (
        *("name_en", "unit", "worse", "visible", "n", "n_cases", "mean", "median", "low", "high", "missing"),
    )

    def sentence(self, lang: str = "en") -> str:
        """Which outcomes are measured, in how many cases, and which are not, and why."""
        comma = say("word.listed", lang)
        of = f"{self.provenance.n_cases:,}"
        named = [say("outcomes.told.one", lang, name=x.name.get(lang, x.id), n=f"{x.n:,}") for x in self.items]
        said = say("outcomes.told", lang, of=of, names=comma.join(named)) if named else say("outcomes.told.none", lang)
        out = [
            say("outcomes.told.out", lang, id=word_of("outcome", id, lang), why=why[lang])
            for id, why in self.left_out.items()
        ]
        return said + (say("outcomes.told.left", lang, names=say("outcomes.told.and", lang).join(out)) if out else "")

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the reasons for missing values in a language."""
        from mining.outcomes.parts import reasons_words

        said = {item.id: reasons_words(item.missing, lang) for item in self.items}
        return self.frame.assign(missing=[said[id] for id in self.frame["outcome"]])

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.items)

    def __getitem__(self, id: str) -> Outcome:
        """One outcome by its id.

        Raises
        ------
        UnknownNameError
            If there is none of that name.
        """
        for item in self.items:
            if item.id == id:
                return item
        raise UnknownNameError("outcome", id, [item.id for item in self.items])
