"""All tables on what actually happens, each made once: for the page, the files beside it, and the report of an audit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from mining.display import NotMeasured
from mining.errors import MiningError, UnknownNameError
from mining.log import EventLog
from mining.results import Result

if TYPE_CHECKING:
    from mining.discovery import DiscoveredFlow, DiscoveredModel
    from mining.discovery.branches import Branches
    from mining.discovery.choice import ModelTable
    from mining.discovery.repair import Repair
    from mining.discovery.shape import Shape
    from mining.handovers.automation import Automation
    from mining.handovers.channels import Channels
    from mining.handovers.crossings import Crossings, CrossingSummary
    from mining.handovers.matrix import HandoverMatrix
    from mining.handovers.ping_pong import PingPong
    from mining.handovers.responsibility import Responsibility
    from mining.handovers.rework import Rework
    from mining.study import Study
    from mining.times.cases import CaseTimes
    from mining.times.load import Load
    from mining.times.steps import StepTimes
    from mining.times.waits import Waits
    from mining.times.week import Week
    from mining.variety import VariantList, Variety

SHARES = (0.8, 0.95)  # of the cases that a repaired blueprint is drafted for
LEVELS = ("lane", "role", "resource")
NAMED = (
    "branches", "shape", "variety", "steps", "waits", "week", "load", "crossing_summary", "ping_pong", "rework",
    "responsibility", "automation", "channels",
)  # fmt: skip


class AsIs:
    """The tables of a study, or of a log alone.

    Parameters
    ----------
    source : DiscoveredFlow or Study
        The flow of a study, or of a log alone; of a study itself the flow is discovered when it is first asked for, so that the tables
        that need none are there without pm4py.

    Examples
    --------
    >>> bool(AsIs(study.discovered).waits.frame["cases"].max() <= study.log.n_cases)
    True
    """

    def __init__(self, source: DiscoveredFlow | Study) -> None:
        self._source = source

    @cached_property
    def flow(self) -> DiscoveredFlow:
        """The flow as it is.

        Raises
        ------
        ModelError
            If pm4py is not installed.
        """
        from mining.discovery import DiscoveredFlow

        return self._source if isinstance(self._source, DiscoveredFlow) else self._source.discovered

    @property
    def study(self) -> Study | None:
        """The study; None of a log alone."""
        from mining.study import Study

        if isinstance(self._source, Study):
            return self._source
        source = self.flow.observed.source
        return None if isinstance(source, EventLog) else source

    def study_of(self) -> Study:
        """The study.

        Raises
        ------
        MiningError
            If there is a log alone.
        """
        if self.study is None:
            raise MiningError("A log alone has no blueprint to be laid on. Give a Study: Study(log, blueprint).")
        return self.study

    @cached_property
    def models(self) -> ModelTable:
        """Models of the miners and their quality."""
        from mining.discovery.choice import models_of

        return models_of(self.flow.observed)

    @cached_property
    def branches(self) -> Branches:
        """How often each branch of the design was used."""
        return self.study_of().branches()

    @cached_property
    def shape(self) -> Shape:
        """Designed against observed complexity and divergence."""
        from mining.discovery.shape import shape_of

        return shape_of(self.study_of())

    @cached_property
    def repairs(self) -> tuple[Repair, ...]:
        """Drafts of a repaired blueprint, for 80 % and 95 % of the cases."""
        return tuple(self.study_of().repair(share) for share in SHARES)

    @cached_property
    def variants(self) -> VariantList:
        """Distinct traces."""
        return self.study_of().variants()

    @cached_property
    def variety(self) -> Variety:
        """How alike the cases are."""
        return self.study_of().variety()

    @cached_property
    def times(self) -> CaseTimes:
        """Times of cases."""
        return self.study_of().times()

    @cached_property
    def steps(self) -> StepTimes:
        """Times of steps."""
        from mining.times.steps import step_times

        return step_times(self.study_of())

    @cached_property
    def waits(self) -> Waits:
        """Waits by transition and cause."""
        return self.study_of().waits()

    @cached_property
    def week(self) -> Week:
        """Hours of the week."""
        return self.study_of().week()

    @cached_property
    def load(self) -> Load:
        """Cases in work over time."""
        return self.study_of().load()

    @cached_property
    def matrices(self) -> dict[str, HandoverMatrix]:
        """Hand-overs by level."""
        return {level: self.study_of().handovers(level) for level in LEVELS}

    @cached_property
    def crossings(self) -> Crossings:
        """Lines crossed, by case."""
        return self.study_of().crossings()

    @cached_property
    def crossing_summary(self) -> CrossingSummary:
        """Lines crossed, summed up."""
        from mining.handovers.crossings import crossing_summary

        return crossing_summary(self.study_of())

    @cached_property
    def ping_pong(self) -> PingPong:
        """Returns between two roles."""
        from mining.handovers.ping_pong import ping_pong_of

        return ping_pong_of(self.study_of(), "role")

    @cached_property
    def rework(self) -> Rework:
        """Repetitions by activity."""
        from mining.handovers.rework import rework_of

        return rework_of(self.study_of())

    @cached_property
    def responsibility(self) -> Responsibility:
        """Who did what, beside who should."""
        from mining.handovers.responsibility import responsibility_of

        return responsibility_of(self.study_of())

    @cached_property
    def automation(self) -> Automation:
        """What of the work machines did, as far as they are named."""
        from mining.handovers.automation import automation_of

        return automation_of(self.study_of())

    @cached_property
    def channels(self) -> Channels:
        """Cases by channel, and those that stayed in self-service."""
        from mining.handovers.channels import channels_of

        return channels_of(self.study_of())

    @property
    def model(self) -> DiscoveredModel:
        """The recommended model; that of the inductive miner where none could be measured."""
        return self.models.recommended or self.flow.model

    def shown(self, name: str) -> Result | NotMeasured:
        """A table, or in words why this log or blueprint cannot give it: to look at, where :attr:`channels` and the like would be an error.

        Parameters
        ----------
        name : str
            One of ``mining.as_is.NAMED``.

        Raises
        ------
        UnknownNameError
            If there is no such table.

        Examples
        --------
        >>> study.as_is.shown("channels") is study.as_is.channels
        True
        """
        if name not in NAMED:
            raise UnknownNameError("table", name, NAMED)
        if name == "channels" and "channel" not in self.study_of().log.binding.attributes:
            return NotMeasured("as_is.no_channel")
        try:
            found: Result = getattr(self, name)
        except MiningError as error:
            return NotMeasured("as_is.cannot", why=str(error))
        return found

    def tables(self) -> tuple[dict[str, Result], dict[str, str]]:
        """Name and table of all that is not a row per case; and name and reason of those that this log or blueprint cannot give."""
        made: dict[str, Callable[[], Result]] = {"models": lambda: self.models}
        if self.study is not None:
            made |= {name: lambda name=name: getattr(self, name) for name in NAMED}  # type: ignore[misc]
            made |= {"comparison": lambda: self.flow.comparison, "times": lambda: self.times.summary()}
            made |= {f"handovers_by_{level}": lambda level=level: self.matrices[level] for level in LEVELS}  # type: ignore[misc]
            made |= {f"repair_{100 * x:.0f}": lambda k=k: self.repairs[k] for k, x in enumerate(SHARES)}  # type: ignore[misc]
        found: dict[str, Result] = {}
        left_out: dict[str, str] = {}
        for name, make in made.items():
            try:
                found[name] = make()
            except MiningError as error:
                left_out[name] = str(error)
        return found, left_out
