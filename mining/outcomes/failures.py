"""Which events and faults of a study are failures, and whether the customer saw something of them; the rules are those of `costs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.model import Standard
from mining.conformance import verdicts as v
from mining.outcomes.parts import endings_of

if TYPE_CHECKING:
    from mining.conformance.instances import Instances
    from mining.outcomes.prices import Prices
    from mining.study import Study

ADDITIONAL, REOPENED, REWORK, OVER_LIMIT = "additional", "reopened", "rework", "over_limit"
NOT_KNOWN = "not_known"
ADDS = tuple(v.KINDS.index(kind) for kind in ("repeated", "extra"))
OPENS = v.KINDS.index("reopened")
NONE = v.NONE


@dataclass(frozen=True, eq=False)
class Failures:
    """Events that a failure made necessary, each with one owner, and faults that have no event of their own.

    Attributes
    ----------
    events : int64 array, ascending
        Positions of completed instances.
    event_external : bool array
    event_basis : object array
        additional, reopened or rework.
    event_finding : object array
        None for rework that no finding names.
    fault_kind : object array
        internal, external or not_known.
    fault_finding, fault_case, fault_activity, fault_excess, fault_over_limit : arrays
        ``fault_activity`` is a position in the names of the instances, -1 for none; ``fault_excess`` is in seconds; ``fault_over_limit``:
        the excess is work.
    shared : dict of str to int
        Per finding its events that another one owns.
    """

    events: np.ndarray
    event_external: np.ndarray
    event_basis: np.ndarray
    event_finding: np.ndarray
    fault_kind: np.ndarray
    fault_finding: np.ndarray
    fault_case: np.ndarray
    fault_activity: np.ndarray
    fault_excess: np.ndarray
    fault_over_limit: np.ndarray
    shared: dict[str, int]


def failures_of(study: Study, prices: Prices) -> Failures:
    """Find the failures of a study; an activity's kind in the cost table says what else is one."""
    x, deviations = study.instances, study.deviations().frame
    table = v.join([check.faults for check in study.checks if len(check.faults)])  # in the order of the deviations
    finding = deviations["finding_id"].to_numpy(object)
    failed = (deviations["verdict"] == "fail").to_numpy(bool)
    rank = {id: i for i, id in enumerate(study.findings().frame["finding_id"])}
    adds = failed & np.isin(table.kind, ADDS) & (table.instance != NONE)
    opens = failed & (table.kind == OPENS) & (table.instance != NONE)
    owner, basis, shared = _owners(x, table, finding, rank, adds, opens)
    _rework(study, prices, owner, basis)
    events = np.flatnonzero(basis != "")
    sight = in_sight(study)
    external = corrected_in_sight(x, sight, events) | (prices.kind[x.activity[events]] == "external")
    external |= basis[events] == REOPENED
    others = np.flatnonzero(failed & ~adds & ~opens)
    over = _over_limit(study, deviations["check"].to_numpy(object)[others], table.kind[others]) & (
        table.excess[others] > 0
    )
    mine = table.instance[others]
    owned = (mine != NONE) & (np.append(basis, "")[mine] != "")  # its hours are paid with the event
    return Failures(
        events, external, basis[events], owner[events],
        fault_kind=_reached(study, sight, v.select(table, others)),
        fault_finding=finding[others], fault_case=table.case[others], fault_activity=table.activity[others],
        fault_excess=table.excess[others], fault_over_limit=over & ~owned, shared=shared,
    )  # fmt: skip


def in_sight(study: Study) -> np.ndarray:
    """Instances of steps above the line of visibility (bool, one per instance)."""
    x, blueprint = study.instances, study.blueprint
    names = [i < x.n_known and blueprint.lane_of(name).visible for i, name in enumerate(x.names)]
    return np.array(names, bool)[x.activity]


def _owners(
    x: Instances, table: v.Faults, finding: np.ndarray, rank: dict[str, int], adds: np.ndarray, opens: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Per instance the finding that owns it, and why it is a failure: of several findings the one ranked first."""
    n = len(x.activity)
    owner, basis = np.full(n, None, object), np.full(n, "", object)
    shared: dict[str, int] = {}
    for id in sorted(set(finding[adds | opens]), key=rank.__getitem__):
        of_id = finding == id
        rows = np.unique(table.instance[adds & of_id])
        after = _from_there_on(x, table.instance[opens & of_id])
        for mine, word in ((rows, ADDITIONAL), (after, REOPENED)):
            mine = mine[x.done[mine]]
            free = mine[basis[mine] == ""]
            owner[free], basis[free] = id, word
            if len(free) < len(mine):
                shared[id] = shared.get(id, 0) + len(mine) - len(free)
    return owner, basis, shared


def _from_there_on(x: Instances, opening: np.ndarray) -> np.ndarray:
    """All instances of the cases of some instances from the first of these on."""
    first = np.full(x.n_cases, len(x.activity), np.int64)
    np.minimum.at(first, x.case[opening], opening)
    return np.flatnonzero(np.arange(len(x.activity)) >= first[x.case])


def _rework(study: Study, prices: Prices, owner: np.ndarray, basis: np.ndarray) -> None:
    """Steps that the design or the cost table calls repair, where no finding names them; changes the arrays."""
    x, known = study.instances, study.blueprint.by_id
    marked = [i < x.n_known and known[name].rework for i, name in enumerate(x.names)]
    of_name = np.array(marked, bool) | np.isin(prices.kind, ("internal", "external"))
    free = np.flatnonzero(of_name[x.activity] & x.done & (basis == ""))
    basis[free] = REWORK


def corrected_in_sight(x: Instances, sight: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Whether a correction itself, or a step between the fault and it, is in sight.

    Parameters
    ----------
    x : Instances
    sight : bool array of shape (n,)
    events : int64 array
        Positions of the corrections.

    Returns
    -------
    bool array, one per event
    """
    seen = np.concatenate(([0], np.cumsum(sight)))
    fault = _fault_before(x, sight)[events]
    return sight[events] | (seen[events] > seen[fault + 1])


def _fault_before(x: Instances, sight: np.ndarray) -> np.ndarray:
    """Per instance where the fault lies that it corrects: the same step before it, else the last out of sight, else the first."""
    n = len(x.activity)
    first = x.offsets[:-1][x.case] if n else np.empty(0, np.int64)
    order = np.lexsort((np.arange(n), x.activity, x.case))
    same = np.full(n, -1, np.int64)
    like = (x.case[order][1:] == x.case[order][:-1]) & (x.activity[order][1:] == x.activity[order][:-1])
    same[order[1:][like]] = order[:-1][like]
    hidden = np.where(sight, -1, np.arange(n))
    last = np.maximum.accumulate(np.concatenate(([-1], hidden)))[:-1]  # strictly before
    return np.where(same >= 0, same, np.where(last >= first, last, first))


def _reached(study: Study, sight: np.ndarray, table: v.Faults) -> np.ndarray:
    """internal, external or not_known for faults that nothing corrected."""
    x, blueprint = study.instances, study.blueprint
    names = [i < x.n_known and blueprint.lane_of(name).visible for i, name in enumerate(x.names)]
    own = np.array([*names, False], bool)[table.activity]
    last_place, last_time = np.full(x.n_cases, -1, np.int64), np.full(x.n_cases, np.iinfo(np.int64).min)
    seen = np.flatnonzero(sight)
    last_place[x.case[seen]] = seen  # in case order, so the last one stays
    last_time[x.case[seen]] = x.order_time[seen]
    located = table.instance != NONE
    later = np.where(located, last_place[table.case] >= table.instance, last_time[table.case] >= table.at)
    running = endings_of(study).running[table.case]
    return np.where(own | later, "external", np.where(running, NOT_KNOWN, "internal")).astype(object)


def _over_limit(study: Study, checks: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Faults of standards of handling time: what is over their limit is work."""
    handling = [s.id for s in study.blueprint.standards if isinstance(s, Standard) and s.metric == "handling"]
    return np.isin(checks, handling) & (kinds == v.KINDS.index("late"))
