"""What to improve first, how sure that is, and whether it helped: every table on it, each made once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.errors import MiningError, UnknownNameError
from mining.results import Result

if TYPE_CHECKING:
    from mining.causes.table import Causes
    from mining.display import NotMeasured
    from mining.follow_up.reaudit import FollowUp
    from mining.harm.effects import Effects
    from mining.outcomes.costs import Costs, QualityCosts
    from mining.outcomes.kpis import Kpis
    from mining.outcomes.outcome import Outcomes
    from mining.plan.actions import Actions
    from mining.plan.lint import ActionLint
    from mining.priorities.change_requests import ChangeRequests
    from mining.priorities.first import First
    from mining.priorities.paretos import Paretos
    from mining.priorities.ranking import Priorities
    from mining.priorities.sensitivity import Sensitivity
    from mining.priorities.worth import Worth
    from mining.study import Study
    from mining.voice.coders import IncidentTable
    from mining.voice.feedback import Feedback
    from mining.voice.gaps import FiveGaps
    from mining.voice.importance import Importance
    from mining.voice.ipa import Ipa
    from mining.voice.kano import Kano
    from mining.voice.nonresponse import NonResponse
    from mining.voice.scales import Scores
    from mining.voice.servqual import Servperf, TouchpointGaps
    from mining.voice.shopping import PassRates
    from mining.voice.tables import Incidents, Mystery, Needs, Survey
    from mining.voice.traceability import Traceability
    from mining.voice.triangulation import Triangulation
    from mining.what_if import Scenario, WhatIf
    from mining.what_if.validation import Validation

NAMELESS = (
    "period",
    "weekday",
    "hour",
    "load",
    "role",
)  # what names nobody: causes are told by these whatever is disclosed
SIMULATED = 3  # findings whose removal is simulated
TOP = 10  # findings that get an action


class Improvement:
    """From deviations to priorities.

    Parameters
    ----------
    study : Study
    survey, mystery, incidents, needs : table, str or Path, optional
        What customers, shoppers and interviews say, as the readers of :mod:`mining.voice` give them; or the path of a file, which is then
        read by the clock of the blueprint.
    costs : Costs, str or Path, optional
        As :func:`mining.outcomes.read_costs` gives them; or the path of a file, with ``currency``.
    actions : Actions, str or Path, optional
        The plan so far, as :func:`mining.plan.read_actions` gives it, or the path of its file. Without one, a plan is drafted.
    currency : str, optional
        Of the costs that are read, and of ``worth`` where that says amounts only.
    worth : sequence of Worth, or mapping of outcome to amount
        What units of outcomes are worth. Without it (or where an amount is None) there is no money in the ranking.
    mandatory : collection of str
        Checks that law, contract, safety or consent ask for.
    attributes : iterable
        Attributes of the log that are outcomes, with the way that is worse: ``"made_sla:-1"``.
    customer : str, optional
        Attribute that names the customer: for repeat contacts and for answers without a case.
    ces_easy : {"high", "low"}, optional
        Which end of the scale of effort (kind ces) means that it was easy: vendors differ.
    overall : str, optional
        Item of the survey that asks for satisfaction on the whole, where there are several.
    covariates : sequence of str, optional
        Attributes to adjust effects for; by default all that were known at the first step.
    cluster : str, optional
        Attribute whose cases belong together, for standard errors and bootstraps.
    dimensions : mapping of str to str, optional
        Item of the survey to the dimension of service quality that it asks for.
    disclosed : sequence of str, optional
        Attributes whose values may be written out: causes are told by these only. By default all.
    bootstraps, seed : int
        Of the ranking.
    simulate : bool, default False
        Also simulate what would happen if the first findings were brought to their targets.

    Examples
    --------
    >>> found = study.improvement(bootstraps=100)
    >>> [int(x) for x in found.priorities.frame["rank"].head(3)]
    [1, 2, 3]
    """

    def __init__(
        self,
        study: Study,
        *,
        survey: Survey | str | Path | None = None,
        mystery: Mystery | str | Path | None = None,
        incidents: Incidents | str | Path | None = None,
        needs: Needs | str | Path | None = None,
        costs: Costs | str | Path | None = None,
        actions: Actions | str | Path | None = None,
        currency: str | None = None,
        worth: Sequence[Worth] | Mapping[str, float | None] = (),
        mandatory: Collection[str] = (),
        attributes: Iterable[Any] = (),
        customer: str | None = None,
        ces_easy: str | None = None,
        overall: str | None = None,
        dimensions: Mapping[str, str] | None = None,
        covariates: Sequence[str] | None = None,
        cluster: str | None = None,
        disclosed: Sequence[str] | None = None,
        bootstraps: int = 1000,
        seed: int = 0,
        simulate: bool = False,
    ) -> None:
        from mining.priorities.given import read_given, worth_of
        from mining.priorities.ranking import check_numbers

        check_numbers(bootstraps, seed)
        self.study = study
        named = {"survey": survey, "mystery": mystery, "incidents": incidents, "needs": needs}
        self.given = read_given(study, named | {"costs": costs, "actions": actions}, currency=currency)
        self.survey: Survey | None = self.given["survey"]
        self.mystery: Mystery | None = self.given["mystery"]
        self.incidents: Incidents | None = self.given["incidents"]
        self.needs: Needs | None = self.given["needs"]
        self.costs: Costs | None = self.given["costs"]
        self.actions: Actions | None = self.given["actions"]
        self.worth = worth_of(worth, currency)
        self.mandatory, self.attributes = tuple(mandatory), tuple(attributes)
        self.customer, self.ces_easy, self.overall, self.dimensions = customer, ces_easy, overall, dimensions
        self.covariates, self.cluster, self.disclosed = covariates, cluster, disclosed
        self.bootstraps, self.seed, self.simulate = bootstraps, seed, simulate

    def check(self) -> None:
        """Refuse what was declared wrongly before anything is measured.

        Raises
        ------
        UnknownNameError
            For a check or an outcome that is not there.
        MiningError
            For amounts that cannot be added up.
        """
        from mining.priorities.worth import currency_of

        known = [check.id for check in self.study.checks]
        for check in self.mandatory:
            if check not in known:
                raise UnknownNameError("check", check, known, where="mandatory")
        currency_of(self.worth, self.outcomes)

    def __repr__(self) -> str:
        given = [name for name, table in self.given.items() if table is not None]
        return f"<Improvement of {self.study!r}; beside the log: {', '.join(given) or 'nothing'}>"

    def _repr_html_(self) -> str:
        from mining.display.accounts import improvement_html

        return improvement_html(self)

    # ---- harm and order

    @cached_property
    def outcomes(self) -> Outcomes:
        """What every case came to."""
        from mining.outcomes import outcomes_of

        return outcomes_of(
            self.study, survey=self.survey, costs=self.costs, attributes=self.attributes, customer=self.customer,
            ces_easy=self.ces_easy,
        )  # fmt: skip

    @cached_property
    def effects(self) -> Effects:
        """What each deviation changes in each outcome."""
        from mining.harm import effects_of

        return effects_of(self.study, self.outcomes, covariates=self.covariates, cluster=self.cluster, seed=self.seed)

    @cached_property
    def priorities(self) -> Priorities:
        """What to improve first, and how sure the order is."""
        from mining.priorities import priorities_of

        return priorities_of(
            self.study,
            self.effects,
            worth=self.worth,
            mandatory=self.mandatory,
            bootstraps=self.bootstraps,
            seed=self.seed,
        )

    @property
    def first_id(self) -> str | None:
        """Id of the first finding of the order; None where none is ranked."""
        ranked = self.priorities.ranked["finding_id"]
        return str(ranked.iloc[0]) if len(ranked) else None

    @cached_property
    def first(self) -> First:
        """The first finding in words: what it changes, by grade, and what goes with it.

        Raises
        ------
        MiningError
            If no finding is ranked.
        """
        from mining.priorities.first import first_of

        return first_of(self)

    @property
    def change_requests(self) -> ChangeRequests:
        """Deviations that do good: candidates for the blueprint, not findings."""
        return self.priorities.change_requests

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """How the order hangs on what was declared."""
        from mining.priorities import sensitivity_of

        return sensitivity_of(self.priorities)

    @cached_property
    def paretos(self) -> Paretos:
        """Few findings that make most of the cases, hours and money."""
        from mining.priorities import paretos_of

        return paretos_of(self.study, self.priorities)

    @cached_property
    def causes(self) -> Causes:
        """What goes with each deviation."""
        from mining.causes import causes_of

        shown = None if self.disclosed is None else (*NAMELESS, *self.disclosed)
        return causes_of(self.study, attributes=shown, seed=self.seed)

    @cached_property
    def quality_costs(self) -> QualityCosts:
        """What faults cost, caught before or after the customer sees them.

        Raises
        ------
        MiningError
            If there is no table of costs.
        """
        from mining.outcomes import cost_of_poor_quality

        return cost_of_poor_quality(self.study, _given(self.costs, "table of costs", "read_costs"))

    @cached_property
    def kpis(self) -> Kpis:
        """Indicators of the blueprint, with response time, resolution rate and satisfaction always among them."""
        from mining.outcomes.kpis import kpis_of

        return kpis_of(self.study, survey=self.survey)

    # ---- what customers say

    @cached_property
    def scores(self) -> Scores:
        """Satisfaction, recommendation, effort and means of the survey."""
        from mining.voice import scores_of

        return scores_of(_given(self.survey, "survey", "read_survey"), ces_easy=self.ces_easy, seed=self.seed)

    @cached_property
    def nonresponse(self) -> NonResponse:
        """Whether those who answered are like those who did not."""
        from mining.voice import nonresponse_of

        return nonresponse_of(self.study, _given(self.survey, "survey", "read_survey"), customer=self.customer)

    @cached_property
    def incident_table(self) -> IncidentTable:
        """What interviews, incidents and complaints were about, and how far coders agree."""
        from mining.voice import incident_table

        return incident_table(_given(self.incidents, "table of incidents", "read_incidents"))

    @cached_property
    def feedback(self) -> Feedback:
        """How many cases are heard of, how late, and how long complaints wait."""
        from mining.voice import feedback_of

        return feedback_of(self.study, self.survey, self.incidents, customer=self.customer)

    @cached_property
    def kano(self) -> Kano:
        """Which needs must be met, and which please."""
        from mining.voice import kano_of

        return kano_of(_given(self.needs, "table of needs", "read_needs"))

    @cached_property
    def touchpoint_gaps(self) -> TouchpointGaps:
        """Perception less expectation, by touchpoint."""
        from mining.voice import touchpoint_gaps

        return touchpoint_gaps(_given(self.survey, "survey", "read_survey"), seed=self.seed)

    @cached_property
    def pass_rates(self) -> PassRates:
        """What mystery shoppers and inspections found."""
        from mining.voice import pass_rates

        return pass_rates(_given(self.mystery, "table of visits", "read_mystery"), self.study)

    @cached_property
    def ipa(self) -> Ipa:
        """Importance against performance, by touchpoint."""
        from mining.voice.ipa import ipa_of

        return ipa_of(self.study, _given(self.survey, "survey", "read_survey"), overall=self.overall, seed=self.seed)

    @cached_property
    def importance(self) -> Importance:
        """How much of the satisfaction each touchpoint explains, beside what customers say of its importance."""
        from mining.voice import importance_of

        survey = _given(self.survey, "survey", "read_survey")
        return importance_of(self.study, survey, overall=self.overall, bootstraps=self.bootstraps, seed=self.seed)

    @cached_property
    def servperf(self) -> Servperf:
        """Mean perception by dimension of service quality, as ``dimensions`` say what each item asks for.

        Raises
        ------
        MiningError
            If there is no survey, or nobody said what its items ask for.
        """
        from mining.voice import servperf_of

        survey = _given(self.survey, "survey", "read_survey")
        if self.dimensions is None:
            raise MiningError("Nobody said which item asks for what. Give dimensions={'item': 'reliability'}.")
        return servperf_of(survey, self.dimensions, seed=self.seed)

    @cached_property
    def triangulation(self) -> Triangulation:
        """Log, survey, shopper and inspection side by side."""
        from mining.voice.triangulation import triangulation_of

        return triangulation_of(self.study, survey=self.survey, mystery=self.mystery)

    @cached_property
    def gaps(self) -> FiveGaps:
        """The five gaps of service quality, with the evidence there is."""
        from mining.voice.gaps import five_gaps

        return five_gaps(self.study, survey=self.survey, needs=self.needs)

    @cached_property
    def traceability(self) -> Traceability:
        """From need to result."""
        from mining.voice.traceability import traceability_of

        return traceability_of(self.study, needs=self.needs)

    # ---- the plan

    @cached_property
    def plan(self) -> Actions:
        """The plan: drafted from the ranking, or the one given brought up to date, with all that people wrote in it."""
        from mining.plan import draft_actions

        return draft_actions(self.priorities, self.study, before=self.actions, top=TOP)

    @cached_property
    def plan_lint(self) -> ActionLint:
        """What the plan still lacks."""
        from mining.plan import lint_actions

        return lint_actions(self.plan, self.study.findings(), self.day, outcomes=self.outcomes, top=TOP)

    @property
    def day(self) -> str:
        """The last day of the log, by the clock of the blueprint: the day on which the plan is looked at."""
        import pandas as pd

        now = pd.Timestamp(self.study.instances.now, unit="us", tz="UTC")
        return str(now.tz_convert(self.study.blueprint.tz).date())

    @cached_property
    def scenarios(self) -> dict[str, Scenario]:
        """The first findings brought to the targets of the plan, by title; a time standard kept in every case.

        Where there is an adjusted effect on the throughput time it is what changes; else cases without the deviation stand in. Findings
        that the log cannot simulate are left out.
        """
        from mining.what_if.first import first_scenarios

        return first_scenarios(self.study, self.plan, self.effects, most=SIMULATED)

    @cached_property
    def what_if(self) -> WhatIf:
        """What would happen if the first findings were brought to their targets, by simulation.

        Raises
        ------
        MiningError
            If it was not asked for, or none of them can be simulated.
        """
        from mining.what_if import what_if

        if not self.simulate:
            raise MiningError("The simulation was not asked for: improvement(simulate=True).")
        return what_if(self.study, self.scenarios, seed=self.seed)

    @property
    def validation(self) -> Validation:
        """Whether the simulation foretells what is known of the log."""
        return self.what_if.validation

    @cached_property
    def follow_up(self) -> FollowUp:
        """Whether the actions of the plan helped.

        Raises
        ------
        MiningError
            If there is no plan.
        """
        from mining.follow_up import follow_up

        return follow_up(_given(self.actions, "plan", "read_actions"), self.study, outcomes=self.outcomes)

    def shown(self, name: str) -> Result | NotMeasured:
        """A table, or in its place what is not measured and which parameter to give; both show themselves and have ``plot(lang=...)``.

        Parameters
        ----------
        name : str
            Of the table: ``ipa``, ``kano`` and the like.

        Raises
        ------
        UnknownNameError
            If there is no such table, or what was declared names something that is not there.

        Examples
        --------
        >>> study.improvement().shown("scores")
        Scores of the survey: not measured. Give the parameter SURVEY: a CSV or Excel file with answers of customers to a survey, with the \
columns answered_at, item, score.
        """
        from mining.priorities.given import shown_of

        if name not in SHOWN:
            raise UnknownNameError("table", name, SHOWN)
        return shown_of(self, name)

    def tables(self) -> tuple[dict[str, Result], dict[str, str]]:
        """Name and table of all; and name and reason of those that what is given cannot tell."""
        found: dict[str, Result] = {}
        left_out: dict[str, str] = {}
        for name in NAMED:
            try:
                found[name] = getattr(self, name)
            except MiningError as error:
                left_out[name] = str(error)
        return found, left_out


NAMED = (
    "outcomes", "effects", "priorities", "change_requests", "sensitivity", "paretos", "causes", "quality_costs",
    "kpis", "scores", "nonresponse", "incident_table", "feedback", "kano", "touchpoint_gaps", "pass_rates", "ipa",
    "triangulation", "gaps", "traceability", "plan", "plan_lint", "what_if", "follow_up",
)  # fmt: skip
SHOWN = (*NAMED, "first", "importance", "servperf", "validation")


def _given(table: Any, what: str, reader: str) -> Any:
    if table is None:
        raise MiningError(f"There is no {what}. Read one with {reader}(...), and hand it over.")
    return table
