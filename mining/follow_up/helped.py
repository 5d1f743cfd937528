"""Whether it helped, asked once: one measure in time, before and after, and the actions of a plan; what was not said is chosen and told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.display import NotMeasured
from mining.errors import MiningError, UnknownNameError
from mining.follow_up.asked import Asked, asked_of, dated
from mining.follow_up.before_after import BeforeAfter, before_after
from mining.follow_up.case_mix import CaseMix, case_mix_of
from mining.follow_up.control import ControlChart, control_before
from mining.follow_up.reaudit import FollowUp, follow_up
from mining.follow_up.series import Series, series_of
from mining.results import Result

if TYPE_CHECKING:
    from mining.outcomes.outcome import Outcomes
    from mining.plan.actions import Actions
    from mining.study import Study

SHOWN = ("asked", "series", "control", "change", "against", "cases", "actions")


class Helped:
    """One measure in time, and what was done about it.

    What is not said is taken from the plan (its first action that can be followed), else from the blueprint: the measure is then the share
    of cases that fail the first time standard with judged cases, or the first such check. :attr:`asked` tells what was taken, and why.

    Parameters
    ----------
    study : Study
    measure : str, optional
        As in :func:`mining.follow_up.measures.measure_of`.
    start, done : str or Timestamp, optional
        When something was begun, and from when on it was there. Days begin by the clock of the blueprint. Without a start there is no
        before and after.
    comparison : str, optional
        A measure that was left alone, of the same kind.
    mix : sequence of str
        Attributes by which the cases before and after are made alike.
    actions : Actions, str or Path, optional
        The plan, or its file.
    action : str, optional
        The action of the plan to tell in words.
    period : {"week", "month", "day"}

    Examples
    --------
    >>> helped = Helped(study, start="2026-03-01", period="day")
    >>> helped.measure
    'share:S1'
    >>> helped.shown("change").frame["term"].tolist()[:2]
    ['before', 'after']
    """

    def __init__(
        self,
        study: Study,
        *,
        measure: str | None = None,
        start: str | pd.Timestamp | None = None,
        done: str | pd.Timestamp | None = None,
        comparison: str | None = None,
        mix: Sequence[str] = (),
        actions: Actions | str | Path | None = None,
        action: str | None = None,
        period: str = "week",
    ) -> None:
        from mining.priorities.given import read_given

        self.study, self.comparison, self.mix, self.period = study, comparison, tuple(mix or ()), period
        self.plan: Actions | None = read_given(study, {"actions": actions})["actions"]
        zone = study.blueprint.tz
        self.asked: Asked = asked_of(
            study, self.plan, measure=measure, start=dated(start, "start", zone), done=dated(done, "done", zone),
            comparison=comparison, mix=self.mix, action=action,
        )  # fmt: skip

    @property
    def measure(self) -> str | None:
        """What is followed; None where the log has nothing to follow."""
        return self.asked.measure

    @property
    def start(self) -> pd.Timestamp | None:
        """When something was begun."""
        return self.asked.start

    @property
    def done(self) -> pd.Timestamp | None:
        """From when on it was there."""
        return self.asked.done

    @cached_property
    def outcomes(self) -> Outcomes | None:
        """What the log tells of every case, where a measure is an outcome."""
        from mining.outcomes import outcomes_of

        named = (self.measure, self.comparison)
        return outcomes_of(self.study) if any(str(x).startswith("outcome:") for x in named) else None

    def series_of(self, measure: str | None) -> Series:
        """A measure by the periods of this question."""
        if measure is None:
            raise MiningError("The log has nothing to follow: no check can be judged in any case.")
        return series_of(self.study, measure, period=self.period, outcomes=self.outcomes)

    @cached_property
    def series(self) -> Series:
        """The measure in time."""
        return self.series_of(self.measure)

    @cached_property
    def control(self) -> ControlChart:
        """What chance does to it; with a start the limits are made of the periods before it, where there are enough."""
        return self.series.control() if self.start is None else control_before(self.series, self.start)

    @cached_property
    def change(self) -> BeforeAfter:
        """Before and after the start."""
        return before_after(self.series, self._moment(), wash_out=self.done)

    @cached_property
    def against(self) -> BeforeAfter:
        """The same against what was left alone."""
        return before_after(self.series, self._moment(), wash_out=self.done, comparison=self.series_of(self.comparison))

    @cached_property
    def cases(self) -> CaseMix:
        """Before and after at the same mix of cases."""
        return case_mix_of(
            self.study, str(self.measure), self._moment(), self.mix, wash_out=self.done, outcomes=self.outcomes,
            period=self.period,
        )  # fmt: skip

    @cached_property
    def actions(self) -> FollowUp:
        """What every action of the plan changed, against what it promised."""
        if self.plan is None:
            raise MiningError("There is no plan. Give one: actions='actions.csv'.")
        return follow_up(self.plan, self.study, period=self.period)

    def told(self, lang: str = "en") -> str:
        """One action in words: as asked for, else the first of the plan; without a plan, what to give."""
        if self.plan is None or self.asked.action is None:
            return self.shown("actions").sentence(lang)
        return self.actions.told(self.asked.action, lang)

    def _moment(self) -> pd.Timestamp:
        if self.start is None:
            raise MiningError("There is no day to compare before and after. Give it: start='2026-03-16'.")
        return self.start

    def shown(self, name: str) -> Result | NotMeasured:
        """A table, or in its place what is not measured and which parameter to give; both have ``plot(lang=...)``.

        Parameters
        ----------
        name : {"asked", "series", "control", "change", "against", "cases", "actions"}

        Raises
        ------
        UnknownNameError
            If there is no such table.

        Examples
        --------
        >>> Helped(study).shown("change")
        Before and after: not measured. Give the parameter START: the day on which something was begun, such as 2026-03-16.
        """
        from mining.priorities.given import Refused, lacking

        if name not in SHOWN:
            raise UnknownNameError("table", name, SHOWN)
        given: dict[str, Any] = {"actions": self.plan}
        missing = lacking("follow_up", given) if name == "actions" else self._missing(name)
        if missing is not None:
            return missing
        try:
            found: Result = getattr(self, name)
        except UnknownNameError:
            raise
        except MiningError as error:
            return Refused(str(error))
        return found

    def _missing(self, name: str) -> NotMeasured | None:
        if name in ("change", "against", "cases") and self.start is None:
            return NotMeasured(f"helped.no_start_{name}")
        if name == "against" and self.comparison is None:
            return NotMeasured("helped.no_comparison")
        if name == "cases" and not self.mix:
            return NotMeasured("helped.no_mix")
        return None
