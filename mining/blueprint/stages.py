"""How conformance is read: a service in one way, or a hybrid service stage by stage, with the order in which stages follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from mining.automaton import Automaton, build
from mining.blueprint import model as m
from mining.blueprint.compile import name_of_flow, net_of
from mining.nets import Transition, WorkflowNet

RULES_ONLY = ("interactive", "self_service")
HANDOVER = "handover"  # id of the check of the order of stages


@dataclass(frozen=True)
class Reading:
    """One path check: which steps it looks at, and whether their order binds.

    Attributes
    ----------
    id : str
        Id of the check: ``path``, or ``path-<stage>`` in a hybrid service.
    stage : str or None
        The stage; None for the whole service.
    mode : str
        ``linear``: the steps follow the flow. ``interactive``, ``self_service``: any of them, any number of times, in any order;
        the rules bind.
    activities : tuple of str
        Its observable activities, in the order of the blueprint.
    """

    id: str
    stage: str | None
    mode: str
    activities: tuple[str, ...]

    @property
    def strict(self) -> bool:
        """Whether the flow binds."""
        return self.mode not in RULES_ONLY


def readings(blueprint: m.Blueprint) -> tuple[Reading, ...]:
    """The path checks of a blueprint: one, or in a hybrid service one per stage with a step that a log can show.

    A stage of a hybrid service without a type of its own is read as linear: as the flow has it.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> [(r.id, r.mode) for r in readings(read_blueprint("sample_logs/outpatient_visit/blueprint.yaml"))][:2]
    [('path-before', 'self_service'), ('path-arrive', 'linear')]
    """
    seen = [a for a in blueprint.activities if a.observable]
    if blueprint.service_type != "hybrid":
        return (Reading("path", None, blueprint.service_type, tuple(a.id for a in seen)),)
    by_stage = {stage.id: tuple(a.id for a in seen if a.stage == stage.id) for stage in blueprint.stages}
    return tuple(
        Reading(f"path-{stage.id}", stage.id, stage.type or "linear", by_stage[stage.id])
        for stage in blueprint.stages
        if by_stage[stage.id]
    )


def is_path(check: str) -> bool:
    """Whether this is the id of a path check: of the whole service, of a stage, or of the order of stages."""
    return check in ("path", HANDOVER) or check.startswith("path-")


def reading_of(blueprint: m.Blueprint, check: str) -> Reading | None:
    """The reading with this check id; None where there is none."""
    return next((reading for reading in readings(blueprint) if reading.id == check), None)


def net_of_reading(blueprint: m.Blueprint, reading: Reading) -> WorkflowNet:
    """The flow with all steps silent that a strict reading does not look at."""
    net = net_of(blueprint)
    if reading.stage is None:
        return net
    kept = set(reading.activities)
    steps = (Transition(t.label if t.label in kept else None, t.consumes, t.produces) for t in net.transitions)
    return WorkflowNet(tuple(steps), net.initial, net.final)


def automaton_of_reading(blueprint: m.Blueprint, reading: Reading) -> Automaton:
    """What a reading accepts: the runs of the flow cut down to its steps; in any order where only rules bind.

    Raises
    ------
    TooManyStatesError
        If the flow has too many states to list.
    """
    if not reading.strict:
        return free_automaton(reading.activities)
    if reading.stage is None:
        return blueprint.automaton
    return build(net_of_reading(blueprint, reading), name=f"{name_of_flow(blueprint)}, stage {reading.stage}")


def free_automaton(activities: tuple[str, ...]) -> Automaton:
    """Any of these, any number of times, in any order."""
    labels = tuple(sorted(activities))
    return Automaton(labels, np.zeros((1, len(labels)), np.int32), np.ones(1, bool))


@dataclass(frozen=True, eq=False)
class StageOrder:
    """The order in which the stages of a hybrid service follow one another.

    Attributes
    ----------
    stage_of : mapping of str to str
        Observable activity to its stage.
    before : frozenset of (str, str)
        Pairs of stages of which the design lets every step of the first come before every step of the second.
    automaton : Automaton
        All sequences of the activities that keep this order.
    """

    stage_of: Mapping[str, str]
    before: frozenset[tuple[str, str]]
    automaton: Automaton


def stage_order(blueprint: m.Blueprint) -> StageOrder | None:
    """The order of the stages of a hybrid service; None for other services, and where no stage comes before another.

    Between two self-service stages nothing binds: going back is the customer's choice.

    Raises
    ------
    TooManyStatesError
        If the flow has too many states to list.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> order = stage_order(read_blueprint("sample_logs/outpatient_visit/blueprint.yaml"))
    >>> ("before", "arrive") in order.before, ("arrive", "before") in order.before
    (True, False)
    """
    if blueprint.service_type != "hybrid":
        return None
    stage_of = {a.id: a.stage for a in blueprint.activities if a.observable}
    follows = _follows(blueprint.automaton, stage_of)
    modes = {reading.stage: reading.mode for reading in readings(blueprint)}
    before = frozenset(
        (s, t)
        for s, t in permutations(sorted(set(stage_of.values())), 2)
        if (s, t) in follows and (t, s) not in follows and not modes[s] == modes[t] == "self_service"
    )
    return StageOrder(stage_of, before, _ordered(stage_of, before)) if before else None


def _follows(automaton: Automaton, stage_of: Mapping[str, str]) -> set[tuple[str, str]]:
    """Pairs of stages of which some run has a step of the second after a step of the first."""
    stages = sorted(set(stage_of.values()))
    bit = {stage: 1 << i for i, stage in enumerate(stages)}
    source, label = np.nonzero(automaton.delta >= 0)
    target = automaton.delta[source, label]
    of_label = np.array([bit[stage_of[x]] for x in automaton.labels], np.int64)[label]
    ahead = np.zeros(automaton.n_states, np.int64)  # stages of the steps that can come from a state on
    while True:
        more = ahead.copy()
        np.bitwise_or.at(more, source, of_label | ahead[target])
        if (more == ahead).all():
            break
        ahead = more
    pairs = zip(of_label.tolist(), ahead[target].tolist(), strict=True)
    return {(s, t) for first, then in set(pairs) for s in stages for t in stages if first == bit[s] and then & bit[t]}


def _ordered(stage_of: Mapping[str, str], before: frozenset[tuple[str, str]]) -> Automaton:
    """States are the sets of stages of which a step may still come, numbered breadth first."""
    labels = tuple(sorted(stage_of))
    states = [frozenset(stage_of.values())]
    number = {states[0]: 0}
    rows = []
    for state in states:  # grows while it is walked
        row = []
        for label in labels:
            stage = stage_of[label]
            after = frozenset(s for s in state if (s, stage) not in before)
            if stage in state and after not in number:
                number[after] = len(states)
                states.append(after)
            row.append(number[after] if stage in state else -1)
        rows.append(row)
    return Automaton(labels, np.array(rows, np.int32), np.ones(len(states), bool))


__all__ = [
    "HANDOVER", "RULES_ONLY", "Reading", "StageOrder", "automaton_of_reading", "free_automaton", "is_path",
    "net_of_reading", "reading_of", "readings", "stage_order",
]  # fmt: skip
