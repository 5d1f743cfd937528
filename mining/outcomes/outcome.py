"""What a case came to, as a number: time, money, a score, or yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from mining.errors import UnknownNameError
from mining.results import Result

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
    """

    items: tuple[Outcome, ...]

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
        "mean": "mean of the measured cases, in unit (a share: 0-1)",
        "median": "their median; missing for a share",
        "low": "lower end of the 95 % interval of the mean, as an estimate of the process (Wilson for a share, else Student's t)",
        "high": "upper end of it",
        "missing": "why cases have no value, with their number; empty where all have one",
    }

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
