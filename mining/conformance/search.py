"""Exact alignments with nets that have too many states to list: an A* search, trace by trace.

Places of the search are pairs (events read, marking). What keeps it small: the lower bounds of the net's state machine components
(:mod:`mining.conformance.components`), and stubborn sets, which leave out moves that can as well be made later, as far as the next
event, or the end, does not need them (Valmari 1990; for optimal search Wehrle and Helmert 2014).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mining import _states
from mining.conformance import astar
from mining.conformance.components import Components, components_of
from mining.conformance.traces import Traces
from mining.errors import ModelError
from mining.nets import WorkflowNet

UNIT = 2**20
PER_EVENT = 20  # places that every event adds to the budget
GREEDY = 8  # weight of the bounds in the search for some alignment, where the best one is not found within the budget


@dataclass(frozen=True, eq=False)
class LargeNet:
    """A workflow net that is searched, not listed.

    Parameters
    ----------
    net : WorkflowNet
    name : str
        How to call the net in messages.
    """

    net: WorkflowNet
    name: str = "the net"

    n_states = None

    def __post_init__(self) -> None:
        weights = [k for t in self.net.transitions for _, k in (*t.consumes, *t.produces)]
        if max([0, *self.net.initial, *self.net.final, *weights]) > _states.MOST_TOKENS:
            raise ModelError(
                f"{self.name} has arcs or markings of more than {_states.MOST_TOKENS} tokens; these cannot be held."
            )

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The alphabet, sorted."""
        return self.net.labels

    @cached_property
    def code(self) -> dict[str, int]:
        """Label to its position in ``labels``."""
        return {label: i for i, label in enumerate(self.labels)}

    @cached_property
    def components(self) -> Components:
        """The parts that give the lower bounds."""
        return components_of(self.net)

    @cached_property
    def columns(self) -> astar.Net:
        """The net in the columns that the kernels read."""
        return _columns(self)

    def accepts(self, trace: Iterable[str]) -> bool:
        """Whether the trace is proven to be a complete run, by a search of at most a million places."""
        word = list(trace)
        if not set(word) <= set(self.labels):
            return False
        ones = np.ones(len(self.labels) + 1, np.int64)
        shares = astar.shares(self.columns, ones * UNIT + 1, ones * UNIT)
        events = Traces.of(self.labels, [word]).codes.astype(np.int64)
        bounds = astar.bounds(self.columns, shares, events, False)
        return int(astar.search(self.columns, shares, events, False, bounds, 1, 10**6, 1)[0]) == 0


def _columns(large: LargeNet) -> astar.Net:
    net = large.net
    n_places = len(net.initial)
    inputs, outputs = _states.arcs_of(net, "consumes"), _states.arcs_of(net, "produces")
    code = large.code
    label = np.array([-1 if t.label is None else code[t.label] for t in net.transitions], np.int64)
    consumers = [[t for t, x in enumerate(net.transitions) if p in dict(x.consumes)] for p in range(n_places)]
    producers = [[t for t, x in enumerate(net.transitions) if p in dict(x.produces)] for p in range(n_places)]
    by_label = [[t for t, x in enumerate(net.transitions) if x.label == a] for a in large.labels]
    c = large.components
    return astar.Net(
        *inputs, *outputs, label,
        *_flat(consumers), *_flat(producers), *_flat([*by_label, []]),
        np.array(net.initial, np.uint8), np.array(net.final, np.uint8),
        c.size, c.final, c.slot_start, c.slot_component, c.slot,
        c.arc_start, c.arc_transition, c.arc_from, c.arc_to,
    )  # fmt: skip


def _flat(groups: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.cumsum([0] + [len(g) for g in groups]), np.array([x for g in groups for x in g], np.int64)


def align_large(
    large: LargeNet, traces: Traces, prefix: np.ndarray, log_costs: np.ndarray, model_costs: np.ndarray, budget: int
) -> tuple[np.ndarray, ...]:
    """Columns of :class:`mining.conformance.alignment.Alignments`; the last entry of both costs is that of unknown labels.

    Raises
    ------
    ModelError
        If no complete run is found within the budget, or none exists.
    """
    net = large.columns
    shares = astar.shares(net, log_costs * UNIT + 1, model_costs * UNIT)
    nothing = np.empty(0, np.int64)
    run = _search(net, shares, nothing, False, budget)
    if run is None or run[0] < 0:
        raise ModelError(
            f"{large.name} is too large to list its states, and its end was not found within {budget:,} places: it may be "
            "unbounded or unsound. Check the model, or allow a larger budget."
        )
    shortest, _, shortest_moves = run
    all_log = traces.sums(log_costs)
    found = []
    for k in range(len(traces)):
        events = traces.codes[traces.starts[k] : traces.starts[k + 1]].astype(np.int64)
        cost, lower, moves = _search(net, shares, events, bool(prefix[k]), budget)
        if cost < 0:  # not even a greedy search ended: read everything, then do the cheapest run
            tail = nothing.reshape(0, 3) if prefix[k] else shortest_moves + [0, 0, len(events)]
            cost = int(all_log[k]) + (0 if prefix[k] else shortest)
            logs = np.stack([np.full(len(events), astar.LOG), events, np.arange(len(events))], axis=1)
            moves = np.concatenate([logs, tail])
        found.append((cost, min(lower, cost), moves))
    costs, lowers = (np.array([x[i] for x in found], np.int64) for i in (0, 1))
    moves = np.concatenate([np.empty((0, 3), np.int64), *(x[2] for x in found)])
    first = np.concatenate(([0], np.cumsum([len(x[2]) for x in found]))).astype(np.int64)
    number, unmeasured = np.full(len(found), np.nan), np.full(len(moves), np.nan)
    columns = moves[:, 0].astype(np.int8), moves[:, 1].astype(np.int32), moves[:, 2].astype(np.int32)
    return costs, lowers, all_log + shortest, number, first, *columns, unmeasured, unmeasured


def _search(
    net: astar.Net, shares: astar.Shares, events: np.ndarray, prefix: bool, budget: int
) -> tuple[int, int, np.ndarray]:
    """Cost (-1: no alignment found), lower bound and moves of one trace."""
    bounds = astar.bounds(net, shares, events, prefix)
    budget += PER_EVENT * len(events)
    value, least, moves = astar.search(net, shares, events, prefix, bounds, 1, budget, astar.FAR)
    if value >= 0:
        return value // UNIT, value // UNIT, moves
    lower = -(
        -(least - len(events)) // UNIT
    )  # the value of the best alignment is cost * UNIT + at most all events as log moves
    value, _, moves = astar.search(net, shares, events, prefix, bounds, GREEDY, budget, astar.FAR)
    return (value // UNIT if value >= 0 else -1), max(0, lower), moves
