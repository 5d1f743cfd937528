"""What the outcomes of a study are put together from: an outcome with its reasons for missing values, and words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.blueprint.derived import OUTCOME
from mining.conformance import verdicts as v
from mining.outcomes.outcome import Outcome
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.study import Study

Words = dict[str, str]  # by language


def both(key: str, **values: Any) -> Words:
    """A text in every language; values that are words by language are put in as such.

    Examples
    --------
    >>> both("outcomes.name.time")
    {'en': 'Throughput time', 'zh': '全程时长'}
    """
    return {
        lang: say(key, lang, **{name: x[lang] if isinstance(x, dict) else x for name, x in values.items()})
        for lang in LANGUAGES
    }


def listed(names: list[Words]) -> Words:
    """Several names in one, in every language."""
    return {lang: say("word.listed", lang).join(name[lang] for name in names) for lang in LANGUAGES}


def reasons_words(missing: Mapping[str, int], lang: str) -> str:
    """Why cases have no value, with their numbers, as people read it.

    Examples
    --------
    >>> reasons_words({"outcomes.missing.running": 12}, "en")
    'still running: 12'
    """
    parts = [say("outcomes.counted", lang, what=say(key, lang), n=f"{n:,}") for key, n in missing.items()]
    return say("word.listed", lang).join(parts)


@dataclass(frozen=True)
class Part:
    """An outcome, or why it is left out; and what to know when reading it."""

    id: str
    outcome: Outcome | None
    why: Words | None = None
    note: Words | None = None


def part(
    id: str,
    values: np.ndarray,
    why: Mapping[str, np.ndarray],
    *,
    kind: str,
    worse: int,
    visible: bool,
    unit: str = "",
    name: Words | None = None,
    note: Words | None = None,
) -> Part:
    """An outcome of every case that has a value; left out where none has.

    Parameters
    ----------
    id : str
    values : float array of shape (n_cases,)
        NaN where there is none, and taken for none where a reason says so.
    why : mapping of str to bool array of shape (n_cases,)
        Reasons, the first that holds of a case counts for it; a case without a value for which none holds is "not measured".
    kind, worse, visible, unit
        As in :class:`mining.outcomes.Outcome`.
    name : dict of str to str, optional
        By language; else that of the id.
    note : dict of str to str, optional
    """
    found = np.asarray(values, float).copy()
    told = np.zeros(len(found), bool)
    missing: dict[str, int] = {}
    for reason, holds in why.items():
        count = int((holds & ~told).sum())
        told |= holds
        if count:
            missing[f"outcomes.missing.{reason}"] = count
    found[told] = np.nan
    rest = int((~told & ~np.isfinite(found)).sum())
    if rest:
        missing["outcomes.missing.unmeasured"] = rest
    found[~np.isfinite(found)] = np.nan
    if not np.isfinite(found).any():
        return Part(
            id, None, {lang: reasons_words(missing, lang) or say("outcomes.no_cases", lang) for lang in LANGUAGES}
        )
    label = name or both(f"outcomes.name.{id}")
    return Part(id, Outcome(id, label, kind, unit, found, worse, visible, missing), note=note)


@dataclass(frozen=True, eq=False)
class Endings:
    """How every case ended, as the check of the outcome says it (bool arrays of shape (n_cases,); each case in exactly one).

    Attributes
    ----------
    reached : reached an end and stayed ended
    reopened : reached an end, and was opened again
    abandoned : has no end and was silent for too long, or is judged as ended
    withdrawn : ended by the customer's own choice
    unclear : has an end, but the order of steps at the same time decides which of these it is
    running : has no end yet
    empty : has no step that counts
    """

    reached: np.ndarray
    reopened: np.ndarray
    abandoned: np.ndarray
    withdrawn: np.ndarray
    unclear: np.ndarray
    running: np.ndarray
    empty: np.ndarray

    @property
    def over(self) -> np.ndarray:
        """Cases that are over: ended, withdrawn or given up. What is said of a share of cases is said of these."""
        return ~(self.running | self.empty)


def endings_of(study: Study) -> Endings:
    """How every case ended; see :func:`mining.conformance.outcome.check_outcome`.

    Examples
    --------
    >>> found = endings_of(study)
    >>> int(found.reached.sum()), int(found.abandoned.sum()), int(found.running.sum())
    (1992, 8, 0)
    """
    check = next(x for x in study.checks if x.id == OUTCOME)
    word, n = check.verdict, study.instances.n_cases
    again = np.zeros(n, bool)
    again[check.faults.case[check.faults.kind == v.KINDS.index("reopened")]] = True
    empty = np.diff(study.instances.offsets) == 0
    failed = word == v.FAIL
    return Endings(
        reached=word == v.PASS,
        reopened=failed & again,
        abandoned=failed & ~again & ~empty,
        withdrawn=(word == v.NOT_APPLICABLE) & ~empty,
        unclear=word == v.NOT_OBSERVABLE,
        running=(word == v.PENDING) & ~empty,
        empty=empty,
    )
