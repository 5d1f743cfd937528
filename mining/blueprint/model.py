"""What should happen, for whom, and within which time: the service blueprint as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.binding import Binding
from mining.blueprint.flows import (
    Choice,
    Flow,
    Free,
    Graph,
    Loop,
    Optional_,
    Parallel,
    Sequence,
    Step,
    children,
    flow_activities,
    flow_nodes,
)
from mining.errors import UnknownNameError
from mining.units import Duration

if TYPE_CHECKING:
    from mining.automaton import Automaton

__all__ = [
    "SEVERITIES",
    "VISIBLE_KINDS",
    "Activity",
    "Allowance",
    "Approval",
    "Blueprint",
    "CalendarSpec",
    "Choice",
    "Condition",
    "FailPoint",
    "Flow",
    "Free",
    "Graph",
    "Kpi",
    "Lane",
    "Loop",
    "Optional_",
    "Parallel",
    "Proof",
    "Role",
    "Rule",
    "Scope",
    "Sequence",
    "Stage",
    "Standard",
    "Step",
    "Stop",
    "Text",
    "Touchpoint",
    "children",
    "flow_activities",
    "flow_nodes",
]

VISIBLE_KINDS = ("physical_evidence", "customer", "onstage", "onstage_technology")
SEVERITIES = ("critical", "major", "minor", "observation")


@dataclass(frozen=True)
class Text:
    """A text in one or more languages."""

    by_language: dict[str, str]

    def get(self, lang: str) -> str:
        """Text in ``lang``; else in English; else in the first language there is."""
        texts = self.by_language
        return texts.get(lang) or texts.get("en") or next(iter(texts.values()))

    def __str__(self) -> str:
        return self.get("en")


@dataclass(frozen=True)
class Lane:
    """A row of the blueprint. ``visible``: above or below the line of visibility, from the kind alone."""

    id: str
    kind: str
    name: Text

    @property
    def visible(self) -> bool:
        """Whether the customer can see what happens in it."""
        return self.kind in VISIBLE_KINDS


@dataclass(frozen=True)
class Stage:
    """A column of the blueprint, with its own service type in a hybrid service."""

    id: str
    name: Text
    type: str | None = None


@dataclass(frozen=True)
class Role:
    """Who may do a step. ``resources`` empty: membership is not known."""

    id: str
    name: Text
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """``attr op value``; a check with several applies where all hold."""

    attr: str
    op: str
    value: Any

    def __str__(self) -> str:
        return f"{self.attr} {self.op} {self.value}"


@dataclass(frozen=True)
class Proof:
    """What in the log shows that the customer got the evidence ``of``: a value of ``attr`` at the step, or an ``activity``."""

    of: str
    attr: str | None = None
    activity: str | None = None


@dataclass(frozen=True)
class Touchpoint:
    """Contact of customer and provider. It failed where all of ``fails_when`` hold of its event (and there are any)."""

    key: bool
    moment_of_truth: bool = False
    channels: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    fails_when: tuple[Condition, ...] = ()
    rater: tuple[str, ...] = ()
    importance: int | None = None


@dataclass(frozen=True)
class FailPoint:
    """Where the service tends to fail, with the designer's FMEA scores."""

    failure: Text
    s: int | None = None
    o: int | None = None
    d: int | None = None
    control: str | None = None


@dataclass(frozen=True)
class Activity:
    """A step of the service. ``labels`` are the log labels that mean it; unobservable steps have none.

    ``replaced_by``: activities, or labels outside the blueprint, that may have been done in its place.
    """

    id: str
    lane: str
    stage: str
    name: Text
    role: str | None = None
    labels: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()
    observable: bool = True
    rework: bool = False
    wait_point: bool = False
    touchpoint: Touchpoint | None = None
    fail_point: FailPoint | None = None


@dataclass(frozen=True)
class Rule:
    """A must, must-not, order, people or timing rule over one or two activities."""

    id: str
    kind: str
    a: str
    severity: str
    basis: str
    b: str | None = None
    a_at: str = "complete"
    b_at: str = "complete"
    n: int | None = None
    role: str | None = None
    within: Duration | None = None
    after: Duration | None = None
    calendar: str | None = None
    when: tuple[Condition, ...] = ()
    text: Text | None = None


@dataclass(frozen=True)
class Stop:
    """Time that does not count: from each ``start`` to the next ``end`` (an activity, or ``next_event``)."""

    start: str
    end: str


@dataclass(frozen=True)
class Standard:
    """A promise that can be measured. ``start``, ``end``, ``of``: activities (any of them), or case_start / case_end.

    ``limit`` is the promise for one case, ``share`` the part of the cases that must keep it.
    """

    id: str
    dimension: str
    metric: str
    severity: str
    basis: str
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    due: str | None = None
    attr: str | None = None
    one_of: tuple[str | float | bool, ...] = ()
    source: str | None = None
    item: str | None = None
    limit: Duration | float | None = None
    minimum: float | None = None
    share: float | None = None
    calendar: str | None = None
    stop_clock: tuple[Stop, ...] = ()
    when: tuple[Condition, ...] = ()
    touchpoint: str | None = None
    text: Text | None = None


@dataclass(frozen=True)
class Kpi:
    """An indicator with a target; ``direction`` says which way is better."""

    id: str
    name: Text
    formula: dict[str, Any]
    target: float | str
    direction: str


@dataclass(frozen=True)
class Allowance:
    """A deviation that is accepted: which, when, why, by whom, from when to when, up to which share of cases."""

    id: str
    match: dict[str, str]
    decision: str
    reason: Text
    approved_by: str
    valid: tuple[str, str]
    when: tuple[Condition, ...] = ()
    max_share: float | None = None


@dataclass(frozen=True)
class CalendarSpec:
    """Business time as the blueprint declares it. Outside ``coverage`` there is no answer."""

    id: str
    tz: str
    week: dict[str, tuple[str, ...]]
    coverage: tuple[str, str]
    closed: tuple[str, ...] = ()
    extra_workdays: dict[str, str] = field(default_factory=dict)
    source: str | None = None


@dataclass(frozen=True)
class Approval:
    """Who put the blueprint in force."""

    by: str
    date: str
    ref: str | None = None


@dataclass(frozen=True)
class Scope:
    """Which cases are whole: one that begins with one of ``starts_with``, and in which one of ``ends_with`` occurred.

    ``withdrawn_by``: ends that are the customer's own choice. ``reopened_by``: steps that open an ended case again.
    ``abandoned_after``: a case without an end and silent for so long counts as abandoned.
    """

    starts_with: tuple[str, ...]
    ends_with: tuple[str, ...]
    unit_of_analysis: str
    segment: str | None = None
    excludes: str | None = None
    withdrawn_by: tuple[str, ...] = ()
    reopened_by: tuple[str, ...] = ()
    abandoned_after: Duration | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Blueprint:
    """The designed service: lanes, stages, activities, flow, rules, standards, allowances.

    Read one with :func:`mining.read_blueprint`. All parts are values; nothing changes after loading.
    """

    id: str
    version: str
    name: Text
    owner: str
    status: str
    service_type: str
    scope: Scope
    effective: tuple[str, str | None]
    lanes: tuple[Lane, ...]
    stages: tuple[Stage, ...]
    activities: tuple[Activity, ...]
    flow: Flow
    binding: Binding
    roles: tuple[Role, ...] = ()
    rules: tuple[Rule, ...] = ()
    standards: tuple[Standard, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    calendars: tuple[CalendarSpec, ...] = ()
    approval: Approval | None = None
    path: str = ""
    sha256: str = ""
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that ``sha256`` covers: the blueprint's own and, where its flow is kept in a BPMN file, that one."""
        if not self.path:
            return ()
        own = Path(self.path)
        return (own, own.parent / self.flow.source) if isinstance(self.flow, Graph) else (own,)

    @cached_property
    def by_id(self) -> dict[str, Activity]:
        """Activity id to activity."""
        return {a.id: a for a in self.activities}

    def activity(self, id: str) -> Activity:
        """The activity with this id.

        Raises
        ------
        UnknownNameError
            If there is none.
        """
        try:
            return self.by_id[id]
        except KeyError:
            raise UnknownNameError("activity", id, self.by_id, where=self.id) from None

    def lane_of(self, activity: str) -> Lane:
        """Lane of an activity."""
        wanted = self.activity(activity).lane
        return next(lane for lane in self.lanes if lane.id == wanted)

    def mode_of(self, place: str) -> str:
        """Service type in effect in a stage, or at an activity: the stage's own, else that of the service.

        A stage of a hybrid service that has no type of its own is *hybrid*: nothing says how it is read, so checks read it as linear
        (:mod:`mining.blueprint.stages`) and the lint warns.

        Parameters
        ----------
        place : str
            Id of a stage or an activity; where both have it, the stage.

        Raises
        ------
        UnknownNameError
            If there is neither.
        """
        stages = {stage.id: stage for stage in self.stages}
        if place not in stages and place not in self.by_id:
            raise UnknownNameError("stage or activity", place, [*stages, *self.by_id], where=self.id)
        stage = stages[place] if place in stages else stages[self.by_id[place].stage]
        return stage.type or self.service_type

    @property
    def tz(self) -> str:
        """Zone in which its days begin: ``log.tz``, else that of its first calendar, else UTC."""
        return self.binding.tz or next((spec.tz for spec in self.calendars), "UTC")

    @cached_property
    def labels(self) -> dict[str, str]:
        """Log label to activity id."""
        return {label: a.id for a in self.activities for label in a.labels}

    @cached_property
    def stand_ins(self) -> frozenset[str]:
        """Labels outside the blueprint that it names as done in place of a step (``replaced_by``)."""
        return frozenset(x for a in self.activities for x in a.replaced_by if x not in self.by_id)

    @cached_property
    def automaton(self) -> Automaton:
        """The flow as a finite automaton over activity ids; built once."""
        from mining.blueprint.compile import automaton_of

        return automaton_of(self)

    @cached_property
    def checks(self) -> dict[str, Rule | Standard]:
        """Rules and standards by id, those implied by loop limits included."""
        from mining.blueprint.compile import loop_limits

        found: list[Rule | Standard] = [*self.rules, *loop_limits(self), *self.standards]
        return {check.id: check for check in found}

    def lint(self, **when: Any) -> tuple[Any, ...]:
        """Weak places of the design itself; takes the keywords of :func:`mining.blueprint.lint.lint`."""
        from mining.blueprint.lint import lint

        return lint(self, **when)

    def to_yaml(self) -> str:
        """The blueprint as the text of a file that reads as the same blueprint."""
        from mining.blueprint.writing import to_raw, to_yaml

        return to_yaml(to_raw(self))

    def diff(self, new: Blueprint) -> tuple[Any, ...]:
        """What changes from this version to another; see :mod:`mining.blueprint.diff`."""
        from mining.blueprint.diff import diff

        return diff(self, new)

    def plot(
        self,
        *,
        overlay: Mapping[str, Any] | None = None,
        lang: str = "en",
        show: Collection[str] = ("standards", "people"),
    ) -> Any:
        """The blueprint as a picture (SVG that shows itself in a notebook); see :func:`mining.pictures.blueprint_picture`."""
        from mining.pictures import blueprint_picture

        return blueprint_picture(self, overlay=overlay, lang=lang, show=show)

    def __repr__(self) -> str:
        return (
            f"<Blueprint {self.id} {self.version}: {self.name} ({self.service_type}, {self.status}); {len(self.activities)} activities "
            f"in {len(self.stages)} stages and {len(self.lanes)} lanes, {len(self.rules)} rules, {len(self.standards)} standards, "
            f"{len(self.allowances)} allowances>"
        )

    def _repr_html_(self) -> str:
        from mining.display.language import shown_in

        return str(self.plot(lang=shown_in())._repr_html_())
