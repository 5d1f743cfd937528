"""A log read against a blueprint: the study, and the tables that every answer is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.blueprint.measures import Strictness, strictness
from mining.blueprint.model import Blueprint, Standard
from mining.blueprint.stages import HANDOVER
from mining.calendars import Calendar, calendar_of
from mining.conformance import verdicts as v
from mining.conformance.allowances import allowed_by, net_verdict
from mining.conformance.instances import Instances, first_per_case, instances_of
from mining.conformance.judge import judged
from mining.conformance.path import PathResult, check_path, check_paths, order_unknown
from mining.errors import UnknownNameError
from mining.log import EventLog
from mining.results import Provenance, wilson
from mining.tables import Deviations, Summary, Verdicts
from mining.texts import LANGUAGES, check_text

if TYPE_CHECKING:
    from mining.as_is import AsIs
    from mining.conformance.moments import MomentFlips
    from mining.dimensions import Dimensions
    from mining.discovery import DiscoveredFlow, DiscoveredModel
    from mining.discovery.branches import Branches
    from mining.discovery.choice import ModelTable
    from mining.discovery.repair import Repair
    from mining.explain import Explanation
    from mining.findings import Findings
    from mining.fit import AlignedVariants, Fit, MoveCosts
    from mining.funnel import Funnel
    from mining.handovers.crossings import Crossings
    from mining.handovers.matrix import HandoverMatrix
    from mining.improvement import Improvement
    from mining.log.quality import Quality
    from mining.log.roster import Roster
    from mining.pictures import Picture
    from mining.promises import Calibration, OnTime
    from mining.scorecard import Touchpoints
    from mining.selection import Selection
    from mining.times.cases import CaseTimes
    from mining.times.load import Load
    from mining.times.waits import Waits
    from mining.times.week import Week
    from mining.variety.index import Variety
    from mining.variety.variants import VariantList
    from mining.widget.view import BlueprintView

OPEN_CASES = ("pending", "judge")


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A log read against a blueprint.

    Parameters
    ----------
    log : EventLog
        As :func:`mining.read_log` gives it. Where its columns were only recognised by name, the blueprint's binding is used.
    blueprint : Blueprint
        As :func:`mining.read_blueprint` gives it.
    open_cases : {"pending", "judge"}
        A case without any of the blueprint's ``ends_with`` activities is still running: its unmet checks are *pending*.
        With ``"judge"`` every case counts as ended (for an extract that is known to hold whole cases only).
    known_until : int, optional
        Where the log is part of a longer one: the last moment of that (microseconds UTC), up to which running cases are known.
    roster : Roster, optional
        Who had which role from when to when, as :func:`mining.read_roster` gives it. For the roles that it names it stands in place of
        the members that the blueprint lists.
    selection : tuple of Selection
        What the cases were chosen by, where they are some of a larger study; see :func:`mining.select`.

    Raises
    ------
    LogError
        If the log lacks the columns that the blueprint names, or the blueprint knows none of its labels.
    UnknownNameError
        For another word in ``open_cases``.

    Examples
    --------
    >>> import mining
    >>> study = mining.Study(mining.read_log("sample_logs/permit_receipt/log.csv"),
    ...                      mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml"))
    >>> sorted(set(study.summary().frame["dimension"]))
    ['channel', 'outcome', 'path', 'role', 'rules', 'time', 'touchpoint']
    """

    log: EventLog
    blueprint: Blueprint
    open_cases: str = "pending"
    known_until: int | None = None
    roster: Roster | None = None
    selection: tuple[Selection, ...] = ()

    def __post_init__(self) -> None:
        if self.open_cases not in OPEN_CASES:
            raise UnknownNameError("open_cases", self.open_cases, OPEN_CASES)
        if self.log.binding.origin == "recognised":
            object.__setattr__(self, "log", self.log.bind(self.blueprint.binding))

    @cached_property
    def instances(self) -> Instances:
        """The log in the words of the blueprint."""
        return instances_of(self.log, self.blueprint, known_until=self.known_until, roster=self.roster)

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """Calendars of the blueprint by id."""
        return {spec.id: calendar_of(spec) for spec in self.blueprint.calendars}

    @cached_property
    def has_end(self) -> np.ndarray:
        """Cases in which one of the blueprint's ``ends_with`` activities completed (bool, one per case)."""
        ended = np.zeros(self.instances.n_cases, bool)
        ended[self.instances.case[self.instances.of(*self.blueprint.scope.ends_with)]] = True
        return ended

    @cached_property
    def has_start(self) -> np.ndarray:
        """Cases whose first completed step is one of the blueprint's ``starts_with`` activities (bool, one per case).

        The others were cut off by the extract, or skipped their first step: a log cannot tell which, so no verdict hangs on it,
        and the number is said with the study. Of steps that complete at the same time one suffices.
        """
        rows = np.flatnonzero(self.instances.done)
        first = first_per_case(self.instances.case[rows], self.instances.end[rows], self.instances.n_cases)
        begins = self.instances.of(*self.blueprint.scope.starts_with)
        found = np.zeros(self.instances.n_cases, bool)
        found[self.instances.case[begins[self.instances.end[begins] == first[self.instances.case[begins]]]]] = True
        return found

    @cached_property
    def is_open(self) -> np.ndarray:
        """Cases that are judged as still running (bool, one per case)."""
        return np.zeros(len(self.has_end), bool) if self.open_cases == "judge" else ~self.has_end

    @cached_property
    def path(self) -> PathResult:
        """All cases against the whole flow as drawn, whatever the type of the service: fitness and variants are made from it.

        It is the path check of a linear service; other services are read otherwise, see :attr:`path_results`.
        """
        if self.blueprint.service_type == "linear":
            return self.path_results[0]
        return check_path(self.blueprint, self.instances, self.is_open)

    @cached_property
    def path_results(self) -> tuple[PathResult, ...]:
        """The path checks with their alignments, as the type of the service asks for: one, or one per stage and the hand-over."""
        return check_paths(self.blueprint, self.instances, self.is_open)

    @cached_property
    def checks(self) -> tuple[v.CheckResult, ...]:
        """Every check on every case, by dimension."""
        paths = [x.check for x in self.path_results]
        paths += order_unknown(self.blueprint, self.instances.n_cases)
        found = [*paths, *judged(self.blueprint, self.instances, self.is_open, self.calendars)]
        return tuple(sorted(found, key=lambda check: v.DIMENSIONS.index(check.dimension)))

    @cached_property
    def allowed(self) -> dict[str, np.ndarray]:
        """Per check: for each of its faults the position of the allowance that covers it, or -1."""
        return {check.id: allowed_by(check, self.blueprint, self.instances) for check in self.checks}

    def net(self, check: v.CheckResult) -> np.ndarray:
        """Net verdicts of a check."""
        return net_verdict(check, self.allowed[check.id])

    def why_not(self, check: v.CheckResult, lang: str) -> str:
        """Why no case can be judged, in words; empty where that is not so or the reasons differ."""
        from mining.texts import say

        key, values = check.why_not
        return say(key, lang, **values) if key else ""

    def provenance(self, measure: str, **parameters: Any) -> Provenance:
        """Where a table of this study comes from, with the settings that change it."""
        settings = {"open_cases": self.open_cases} | ({"roster": self.roster.sha256[:12]} if self.roster else {})
        settings |= {"selection": "; ".join(x.words() for x in self.selection)} if self.selection else {}
        n_cases = self.instances.n_cases
        return Provenance(measure, self.log.source.sha256, self.blueprint.sha256, n_cases, settings | parameters)

    def summary(self) -> Summary:
        """Per check: cases by verdict, gross and net shares with their interval, target met or not."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        from mining.dimensions import cannot_fail_of

        rows = []
        for check in self.checks:
            counts = np.bincount(self.net(check), minlength=len(v.VERDICTS)).tolist()
            passed, failed, allowed = counts[:3]
            low, high = wilson(passed, judged := passed + failed + allowed)
            spec = self.blueprint.checks.get(check.id)
            target = spec.share if isinstance(spec, Standard) else None
            gross = passed / judged if judged else np.nan
            rows.append(
                {"check": check.id, "dimension": check.dimension, "kind": check.kind, "severity": check.severity}
                | dict(zip(v.VERDICTS, counts, strict=True))
                | {
                    "judged": judged,
                    "gross": gross,
                    "net": (passed + allowed) / judged if judged else np.nan,
                    "low": low,
                    "high": high,
                }
                | {
                    "target": target,
                    "met": gross >= target if target is not None and judged else None,
                    "why_not": self.why_not(check, "en"),
                }
            )
        draft = self.blueprint.status != "approved"
        texts = {check.id: {x: check_text(self.blueprint, check.id, x) for x in LANGUAGES} for check in self.checks}
        frame = pd.DataFrame(rows, columns=list(Summary.columns))
        return Summary(frame, self.provenance("checks"), texts, cannot_fail_of(self), draft)

    def verdicts(self) -> Verdicts:
        """The case x check matrix, one row per case and check, cases in order."""
        from mining.deviations import verdicts_of

        return verdicts_of(self)

    def deviations(self) -> Deviations:
        """Every fault, with place, time, size, evidence row and the allowance that covers it."""
        return self._deviations

    @cached_property
    def _deviations(self) -> Deviations:
        from mining.deviations import deviations_of

        return deviations_of(self)

    def alignments(self, *, costs: MoveCosts | None = None) -> AlignedVariants:
        """The variants with their alignments, and how well log and flow agree; see :mod:`mining.fit`."""
        from mining.fit import aligned

        return aligned(self, costs=costs)

    @cached_property
    def fit(self) -> Fit:
        """Fitness and precision of the log and the whole flow as drawn, on demand: where the order is free by design they mean little."""
        return self.alignments().fit

    @cached_property
    def fits(self) -> dict[str, Fit]:
        """Fitness and precision by path check, where the flow binds: of the service, or of the linear stages of a hybrid one."""
        from mining.fit import fit_of

        bound = (x for x in self.path_results if x.reading.strict and x.reading.id != HANDOVER)
        return {
            x.reading.id: fit_of(x.model, x.traces, x.alignments, x.variants.count, prefix=x.variants.open)
            for x in bound
        }

    @cached_property
    def strictness(self) -> Strictness:
        """How many of the completed instances the flow holds to an order; see :mod:`mining.blueprint.measures`."""
        names, done = self.instances.names, self.instances.activity[self.instances.done]
        return strictness(
            self.blueprint, dict(zip(names, np.bincount(done, minlength=len(names)).tolist(), strict=True))
        )

    def touchpoints(self) -> Touchpoints:
        """Per touchpoint: opportunities, and the shares done, in order, by the right role, in time; see :mod:`mining.scorecard`."""
        from mining.scorecard import touchpoints_of

        return touchpoints_of(self)

    def dimensions(self, by: str | None = None) -> Dimensions:
        """The seven dimensions of conformance, side by side, of all cases or ``by`` a segment; see :mod:`mining.dimensions`.

        Groups of single persons are asked for by name: ``dimensions_of(study, by, named=True)``.
        """
        from mining.dimensions import dimensions_of

        return dimensions_of(self, by=by)

    def calibration(self) -> Calibration:
        """Per time standard the limit that 80, 90, 95 % of the cases would meet; see :mod:`mining.promises`."""
        from mining.promises import calibration_of

        return calibration_of(self)

    def on_time(self) -> OnTime:
        """Per time standard the share in time, of ended measurements and with running ones as censored; see :mod:`mining.promises`."""
        from mining.promises import on_time_of

        return on_time_of(self)

    def funnel(self, stage: str | None = None, *, whole: bool = False) -> Funnel:
        """How far cases come, where they turn back and where they stay away; see :mod:`mining.funnel`."""
        from mining.funnel import funnel_of

        return funnel_of(self, stage, whole=whole)

    @cached_property
    def as_is(self) -> AsIs:
        """Every table on what actually happens, each made once; see :mod:`mining.as_is`."""
        from mining.as_is import AsIs

        return AsIs(self)

    def improvement(self, **given: Any) -> Improvement:
        """What to improve first: harm, causes, ranking, plan; ``given`` as for :class:`mining.improvement.Improvement`."""
        from mining.improvement import Improvement

        return Improvement(self, **given)

    def mine(self, miner: str = "inductive", *, noise: float = 0.2, dependency: float = 0.5) -> DiscoveredModel:
        """A model that a miner makes of the cases: inductive, heuristics or powl; see :mod:`mining.discovery.models`."""
        from mining.discovery.models import mine

        return mine(self, miner=miner, noise=noise, dependency=dependency)

    def models(self) -> ModelTable:
        """Miners and thresholds side by side, with a recommendation; see :mod:`mining.discovery.choice`."""
        from mining.discovery.choice import models_of

        return models_of(self)

    def branches(self) -> Branches:
        """How often each branch, option, loop and free order of the design was used; see :mod:`mining.discovery.branches`."""
        from mining.discovery.branches import branches_of

        return branches_of(self)

    def repair(self, share: float = 0.8) -> Repair:
        """What would have to change in the design to fit this share of the cases; see :mod:`mining.discovery.repair`."""
        from mining.discovery.repair import repaired

        return repaired(self, share)

    def process_map(
        self,
        *,
        activities: float | None = None,
        paths: float | None = None,
        colour: str = "frequency",
        lanes: bool = False,
        lang: str = "en",
    ) -> Picture:
        """The directly-follows map, in as much detail as asked for; see :func:`mining.discovery.maps.map_of`."""
        from mining.discovery.maps import map_of

        return map_of(self, activities=activities, paths=paths, colour=colour, lanes=lanes, lang=lang)

    def times(self, *, calendar: str | None = None) -> CaseTimes:
        """Per case throughput, processing, waiting and idle time; see :mod:`mining.times.cases`."""
        from mining.times.cases import case_times

        return case_times(self, calendar=calendar)

    def waits(self, *, calendar: str | None = None) -> Waits:
        """Per transition how long cases waited, and why; see :mod:`mining.times.waits`."""
        from mining.times.waits import waits_of

        return waits_of(self, calendar=calendar)

    def week(self) -> Week:
        """By hour of the week: arrivals, people at work, waiting; see :mod:`mining.times.week`."""
        from mining.times.week import week_of

        return week_of(self)

    def load(self) -> Load:
        """Cases in work over time, arrivals and departures, with Little's law as a check; see :mod:`mining.times.load`."""
        from mining.times.load import load_of

        return load_of(self)

    def handovers(self, level: str = "resource", *, named: bool = False) -> HandoverMatrix:
        """Who hands over to whom, by resource, role, lane or channel; see :mod:`mining.handovers.matrix`."""
        from mining.handovers.matrix import handover_matrix

        return handover_matrix(self, level, named=named)

    def crossings(self) -> Crossings:
        """Per case how often it crossed the lines of interaction and of visibility; see :mod:`mining.handovers.crossings`."""
        from mining.handovers.crossings import crossings_of

        return crossings_of(self)

    def variants(self) -> VariantList:
        """The distinct traces with their cases, times and deviations; see :mod:`mining.variety.variants`."""
        from mining.variety.variants import variants_of

        return variants_of(self)

    def dotted_chart(
        self, *, time: str = "absolute", sort: str = "start", colour: str = "activity", lang: str = "en", ax: Any = None
    ) -> Any:
        """Every case a line, every step a dot; see :func:`mining.variety.dotted.dots_of`."""
        from mining.variety.dotted import dots_of

        return dots_of(self, time=time, sort=sort, colour=colour).plot(lang=lang, ax=ax)

    def variety(self, by: str | None = None, *, named: bool = False) -> Variety:
        """How alike the cases are: standardisation index and coverage, of all or by a segment; see :mod:`mining.variety.index`."""
        from mining.variety.index import variety_of

        return variety_of(self, by, named=named)

    def explain(self, case_id: str | None = None, lang: str = "en") -> Explanation:
        """One case against the blueprint: every verdict, its text, its clause and its rows; see :mod:`mining.explain`."""
        from mining.explain import explain

        return explain(self, case_id, lang=lang)

    def findings(self) -> Findings:
        """Deviations grouped into findings and ranked; see :mod:`mining.findings`."""
        return self._findings

    @cached_property
    def _findings(self) -> Findings:
        from mining.findings import findings_of

        return findings_of(self)

    @cached_property
    def discovered(self) -> DiscoveredFlow:
        """The flow as it is: directly-follows map and inductive model; see :mod:`mining.discovery`."""
        from mining.discovery import discover

        return discover(self)

    @cached_property
    def quality(self) -> Quality:
        """Problems of the data, with their evidence; see :func:`mining.log.quality.quality`."""
        from mining.log.quality import quality

        return quality(self.log, self.blueprint)

    @cached_property
    def moment_flips(self) -> MomentFlips:
        """Rules whose verdicts hang on the moment they use; see :func:`mining.conformance.moments.moment_flips`."""
        from mining.conformance.moments import moment_flips

        found = {check.id: check for check in self.checks}
        return moment_flips(self.blueprint, self.instances, self.is_open, self.calendars, found)

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Which problem of the data could have made how many faults of which finding; see :meth:`mining.log.quality.Quality.flags_for`."""
        return self.quality.flags_for(self.deviations().frame)

    def widget(self, lang: str = "en", path: str = "") -> BlueprintView:
        """The blueprint with its deviations, to click on, filter and decide in; see :mod:`mining.widget.view`."""
        from mining.widget.view import blueprint_view

        return blueprint_view(self, lang, path)

    def plot(self, *, bpmn: str | Path | None = None, lang: str = "en") -> Picture:
        """The blueprint with its deviations on it; with ``bpmn``, on that drawing in its own layout.

        A step of the drawing is the activity whose id, label or name it bears; deviations of other activities are listed below it.
        If it has no such step, that is an error (`BlueprintError`).
        """
        from mining.findings import picture_of

        return picture_of(self, bpmn, lang)

    def __repr__(self) -> str:
        running, cut = int((~self.has_end).sum()), int((~self.has_start).sum())
        chosen = "; ".join(x.words() for x in self.selection)
        return (
            f"<Study of {chosen and f'cases ({chosen}) of '}{self.log.source.path} against {self.blueprint.id} "
            f"{self.blueprint.version}: {self.instances.n_cases:,} cases "
            f"({cut:,} without a start, {running:,} without an end), {len(self.instances.case):,} activity instances; "
            f"{len(self.instances.unmapped)} labels outside the blueprint, {len(self.instances.unseen)} activities never seen>"
        )

    def _repr_html_(self) -> str:
        from mining.display.accounts import study_html

        return study_html(self)
