"""Logs in which the effect of every deviation is known, since every case is played twice: as it was, and without the deviation.

Whatever chance decides is drawn once per case. A case is then a function of these numbers and of the deviations that are switched off
(:mod:`mining.simulation.known_play`), so that its two lives differ by the deviation and by what follows from it, and by nothing else. The
mean of the differences over the cases that deviate is the true effect (ATT) in this very log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mining.simulation.known_play import OUTCOMES, Draws, Played, answering, drawn, played

if TYPE_CHECKING:
    import pandas as pd

    from mining.blueprint.model import Blueprint

__all__ = ["BY_ID", "KNOWN", "OUTCOMES", "Known", "KnownLog", "Setting", "known_log"]


@dataclass(frozen=True)
class Known:
    """A deviation with a known effect, and the place at which a study shows it.

    Attributes
    ----------
    id, says : str
        Short name; what it is and does, in words.
    check, kind, activity : str
        As the table of findings names it.
    nature : str
        What makes it hard: ``null``, ``confounded null``, ``true``, ``reversed``, ``beneficial``, ``null in time`` or ``true in time``.
    """

    id: str
    says: str
    check: str
    kind: str
    activity: str
    nature: str


KNOWN = (
    Known(
        "skipped_check",
        "identity check skipped: in complex cases, does nothing",
        "path",
        "missing",
        "check_id",
        "confounded null",
    ),
    Known("late_answer", "first answer late: under load, costs about 10 h", "S1", "late", "answer", "true"),
    Known(
        "work_first",
        "work before consent: in simple cases, costs about 6 h",
        "path",
        "out_of_order",
        "consent",
        "reversed",
    ),
    Known("shortcut", "second review skipped: saves its 5 h", "path", "missing", "review", "beneficial"),
    Known("chaser_call", "customer calls: so many an hour open, do nothing", "path", "extra", "call", "null in time"),
    Known(
        "second_office",
        "second office: so often an hour open, costs about 8 h",
        "path",
        "extra",
        "office",
        "true in time",
    ),
    Known("no_note", "file note left out: does nothing", "path", "missing", "note", "null"),
    Known("note_twice", "file note written twice: does nothing", "path", "repeated", "note", "null"),
    Known("wrong_role", "account set up by an agent: does nothing", "role-work", "wrong_role", "work", "null"),
    Known("no_receipt", "no receipt number: does nothing", "evidence-apply", "missing_evidence", "apply", "null"),
    Known("odd_channel", "answer by messenger: does nothing", "channel-answer", "wrong_channel", "answer", "null"),
)
BY_ID = {known.id: known for known in KNOWN}


@dataclass(frozen=True)
class Setting:
    """What the log shows of what is behind it.

    Attributes
    ----------
    id : str
    hidden : tuple of str
        Case attributes that are not in the log: a confounder that nobody sees.
    effort : str
        An attribute that follows from the duration of the case (``effort``): ``""`` not in the log, ``"end"`` in the last row of a case,
        ``"all"`` in every row, as an export of a table of cases has it.
    null : tuple of str
        Deviations that never happen.
    knotted : bool
        Two causes of long cases and of skipped checks work only together, so that no sum of single causes describes them.
    """

    id: str = "all seen"
    hidden: tuple[str, ...] = ()
    effort: str = ""
    null: tuple[str, ...] = ()
    knotted: bool = False

    @property
    def attributes(self) -> tuple[str, ...]:
        """Attributes that the log has."""
        shown = ("complexity", "channel", "value", "queue", "customer", "receipt", "complained")
        return tuple(x for x in shown if x not in self.hidden) + (("effort",) if self.effort else ())


@dataclass(frozen=True, eq=False)
class KnownLog:
    """A simulated log and the truth about it.

    Attributes
    ----------
    n, seed : int
    setting : Setting
    draws : Draws
    """

    n: int
    seed: int
    setting: Setting
    draws: Draws
    _cache: dict[str, Played] = field(default_factory=dict)

    @cached_property
    def actual(self) -> Played:
        """The cases as they went."""
        return played(self.draws, self.setting.null)

    def without(self, deviation: str) -> Played:
        """The same cases, had this deviation never happened."""
        if deviation not in self._cache:
            self._cache[deviation] = played(self.draws, {*self.setting.null, deviation})
        return self._cache[deviation]

    @cached_property
    def blueprint(self) -> Blueprint:
        """What should happen."""
        from mining.simulation.known_service import service

        return service(self.setting.attributes)

    @cached_property
    def answers(self) -> np.ndarray:
        """Who answered the survey (bool, one per case)."""
        return answering(self.draws)

    def case_ids(self) -> list[str]:
        """Ids of the cases, in the order of their arrival."""
        return [f"c{k:06d}" for k in range(self.n)]

    def measured(self, outcome: str) -> np.ndarray:
        """Cases of which the outcome is known (bool, one per case)."""
        return self.answers if outcome == "csat" else np.ones(self.n, bool)

    def difference(self, deviation: str, outcome: str) -> np.ndarray:
        """What the deviation changed in each case (0 in a case without it)."""
        change = self.actual.outcomes[outcome] - self.without(deviation).outcomes[outcome]
        return np.where(self.actual.deviates[deviation], change, 0.0)

    def truth(self, deviation: str, outcome: str = "time") -> float:
        """True mean effect over the cases that deviate and in which the outcome is measured (hours, share, points).

        Examples
        --------
        >>> made = known_log(1000, seed=0)
        >>> made.truth("skipped_check"), round(made.truth("late_answer"), 1)
        (0.0, 10.6)
        """
        with_ = self.actual.deviates[deviation] & self.measured(outcome)
        return float(self.difference(deviation, outcome)[with_].mean()) if with_.any() else np.nan

    @cached_property
    def events(self) -> pd.DataFrame:
        """The log: one row per completed step."""
        from mining.simulation.known_rows import events

        return events(self)

    @cached_property
    def survey(self) -> pd.DataFrame:
        """The answers, as a survey table."""
        from mining.simulation.known_rows import survey

        return survey(self)


def known_log(n: int, seed: int = 0, setting: Setting | None = None) -> KnownLog:
    """Simulate a log with known effects.

    Parameters
    ----------
    n : int
        Cases.
    seed : int
    setting : Setting, optional
        What the log shows; all of it if not said.

    Returns
    -------
    KnownLog

    Examples
    --------
    >>> made = known_log(200, seed=3)
    >>> len(made.case_ids()), made.events["case_id"].nunique()
    (200, 200)
    """
    setting = setting or Setting()
    return KnownLog(n, seed, setting, drawn(n, seed, knotted=setting.knotted))
