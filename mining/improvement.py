"""What to improve first, how sure that is, and whether it helped: every table on it, each made once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mining.errors import MiningError, UnknownNameError
from mining.results import Result

if TYPE_CHECKING:
    from mining.causes.table import Causes
    from mining.follow_up.reaudit import FollowUp
    from mining.harm.effects import Effects
    from mining.outcomes.costs import Costs, QualityCosts
    from mining.outcomes.kpis import Kpis
    from mining.outcomes.outcome import Outcomes
    from mining.plan.actions import Actions
    from mining.plan.lint import ActionLint
    from mining.priorities.change_requests import ChangeRequests
    from mining.priorities.paretos import Paretos
    from mining.priorities.ranking import Priorities
    from mining.priorities.sensitivity import Sensitivity
    from mining.priorities.worth import Worth
    from mining.study import Study
    from mining.voice.coders import IncidentTable
    from mining.voice.feedback import Feedback
    from mining.voice.gaps import FiveGaps
    from mining.voice.ipa import Ipa
    from mining.voice.kano import Kano
    from mining.voice.nonresponse import NonResponse
    from mining.voice.scales import Scores
    from mining.voice.servqual import TouchpointGaps
    from mining.voice.shopping import PassRates
    from mining.voice.tables import Incidents, Mystery, Needs, Survey
    from mining.voice.traceability import Traceability
    from mining.voice.triangulation import Triangulation
    from mining.what_if import Scenario, WhatIf

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
    survey, mystery, incidents, needs : optional
        What customers, shoppers and interviews say, as the readers of :mod:`mining.voice` give them.
    costs : Costs, optional
        As :func:`mining.outcomes.read_costs` gives them.
    actions : Actions, optional
        The plan so far, as :func:`mining.plan.read_actions` gives it. Without one, a plan is drafted.
    worth : sequence of Worth
        What units of outcomes are worth. Without it there is no money in the ranking.
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
        survey: Survey | None = None,
        mystery: Mystery | None = None,
        incidents: Incidents | None = None,
        needs: Needs | None = None,
        costs: Costs | None = None,
        actions: Actions | None = None,
        worth: Sequence[Worth] = (),
        mandatory: Collection[str] = (),
        attributes: Iterable[Any] = (),
        customer: str | None = None,
        ces_easy: str | None = None,
        overall: str | None = None,
        covariates: Sequence[str] | None = None,
        cluster: str | None = None,
        disclosed: Sequence[str] | None = None,
        bootstraps: int = 1000,
        seed: int = 0,
        simulate: bool = False,
    ) -> None:
        from mining.priorities.ranking import check_numbers

        check_numbers(bootstraps, seed)
        self.study = study
        self.survey, self.mystery, self.incidents, self.needs = survey, mystery, incidents, needs
        self.costs, self.actions = costs, actions
        self.worth, self.mandatory, self.attributes = tuple(worth), tuple(mandatory), tuple(attributes)
        self.customer, self.ces_easy, self.overall = customer, ces_easy, overall
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
        given = [
            name
            for name in ("survey", "mystery", "incidents", "needs", "costs", "actions")
            if getattr(self, name) is not None
        ]
        return f"<Improvement of {self.study!r}; beside the log: {', '.join(given) or 'nothing'}>"

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
        from mining.what_if import DeviationShare, Standard, calibrated

        model = calibrated(self.study)
        findings = self.study.findings().frame.set_index("finding_id")
        effects = self.effects.frame[self.effects.frame["outcome"] == "time"].set_index("finding_id")
        found: dict[str, Scenario] = {}
        for action in self.plan.frame.itertuples():
            if action.finding_id not in findings.index or not action.target >= 0:
                continue
            finding, effect = findings.loc[action.finding_id], effects.loc[action.finding_id]
            adjusted = (float(effect["effect"]), float(effect["se"])) if effect["effect"] == effect["effect"] else None
            scenario: Scenario = DeviationShare(action.finding_id, float(action.target), adjusted)
            if finding["kind"] == "late":
                scenario = Standard(finding["check"], how="met")
            try:
                scenario.change(model)
            except MiningError:
                continue
            found[finding["title_en"]] = scenario
            if len(found) == SIMULATED:
                break
        return found

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


def _given(table: Any, what: str, reader: str) -> Any:
    if table is None:
        raise MiningError(f"There is no {what}. Read one with {reader}(...), and hand it over.")
    return table
