"""The way that a case took through the flow: which steps of the net fired, and which decisions are certain."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mining import _states
from mining._kernels import kernel
from mining.automaton import MOST_STATES, TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.compile import name_of_flow, write_net_and_nodes

DECISIONS = (m.Choice, m.Optional_, m.Loop, m.Parallel, m.Free)
FAR = 2**30
MOST_CELLS = 2**24  # places (events read, marking) times counters that are kept for one run


@kernel
def walked(first, step, target, label, events, running, end, weight, most):  # pragma: no cover
    """The ways through a net that show ``events`` with the fewest silent steps: the transitions of one, fewest and most of each counter.

    Arcs between markings are listed by their source: those of marking m are ``first[m]:first[m + 1]``. ``weight[t, k]`` is what
    transition t adds to counter k. A case that is ``running`` may stop anywhere, others at marking ``end``. No transitions and FAR as
    the fewest where there is no way, or more than ``most`` places times counters would be kept.
    """
    n, length = first.size - 1, events.size
    here, there = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    marking, cost = np.zeros(64, np.int64), np.full(64, FAR, np.int64)
    begin = np.zeros(length + 2, np.int64)
    cost[0], n_nodes = 0, 1
    for i in range(length + 1):  # nodes of layer i: markings after i events
        for u in range(begin[i], n_nodes):
            here[marking[u]] = u
        changed = True
        while changed:
            changed = False
            u = begin[i]
            while u < n_nodes:
                for e in range(first[marking[u]], first[marking[u] + 1]):
                    if label[step[e]] < 0:
                        v = here[target[e]]
                        if v < 0:
                            if n_nodes == marking.size:
                                marking, cost = _states.grown(marking), _states.grown(cost)
                            v = n_nodes
                            marking[v], cost[v], here[target[e]] = target[e], FAR, v
                            n_nodes += 1
                        if cost[u] + 1 < cost[v]:
                            cost[v] = cost[u] + 1
                            changed = True
                u += 1
        begin[i + 1] = n_nodes
        if n_nodes * weight.shape[1] > most:
            return np.zeros(0, np.int64), np.full(weight.shape[1], FAR, np.int64), np.zeros(weight.shape[1], np.int64)
        if i < length:
            for u in range(begin[i], begin[i + 1]):
                for e in range(first[marking[u]], first[marking[u] + 1]):
                    if label[step[e]] == events[i]:
                        v = there[target[e]]
                        if v < 0:
                            if n_nodes == marking.size:
                                marking, cost = _states.grown(marking), _states.grown(cost)
                            v = n_nodes
                            marking[v], cost[v], there[target[e]] = target[e], FAR, v
                            n_nodes += 1
                        cost[v] = min(cost[v], cost[u])
        for u in range(begin[i], begin[i + 1]):
            here[marking[u]] = -1
        for v in range(begin[i + 1], n_nodes):
            there[marking[v]] = -1
    ahead = np.full(n_nodes, FAR, np.int64)
    best = FAR
    for u in range(begin[length], n_nodes):
        if running or marking[u] == end:
            ahead[u] = 0
            best = min(best, cost[u])
    k = weight.shape[1]
    if best == FAR:
        return np.zeros(0, np.int64), np.full(k, FAR, np.int64), np.zeros(k, np.int64)
    for i in range(length, -1, -1):
        for u in range(begin[i], begin[i + 1]):
            here[marking[u]] = u
        changed = True
        while changed:
            changed = False
            for u in range(begin[i + 1] - 1, begin[i] - 1, -1):
                for e in range(first[marking[u]], first[marking[u] + 1]):
                    if label[step[e]] < 0:
                        far = ahead[here[target[e]]] + 1
                    elif i < length and label[step[e]] == events[i]:
                        far = ahead[there[target[e]]]
                    else:
                        far = FAR
                    if far < ahead[u]:
                        ahead[u] = far
                        changed = True
        if i < length:
            for v in range(begin[i + 1], begin[i + 2]):
                there[marking[v]] = -1
        for u in range(begin[i], begin[i + 1]):
            here[marking[u]] = -1
            there[marking[u]] = u
    for u in range(begin[0], begin[1]):
        there[marking[u]] = -1
    low, high = np.full((n_nodes, k), FAR, np.int64), np.zeros((n_nodes, k), np.int64)
    came, by = np.full(n_nodes, -1, np.int64), np.full(n_nodes, -1, np.int64)
    low[0] = 0
    goal = -1
    for i in range(length + 1):
        for u in range(begin[i], begin[i + 1]):
            here[marking[u]] = u
        if i < length:
            for v in range(begin[i + 1], begin[i + 2]):
                there[marking[v]] = v
        for u in begin[i] + np.argsort(cost[begin[i] : begin[i + 1]], kind="mergesort"):
            if cost[u] + ahead[u] != best:
                continue
            if i == length and ahead[u] == 0 and goal < 0:
                goal = u
            for e in range(first[marking[u]], first[marking[u] + 1]):
                t = step[e]
                if label[t] < 0:
                    v, more = here[target[e]], 1
                elif i < length and label[t] == events[i]:
                    v, more = there[target[e]], 0
                else:
                    continue
                if cost[u] + more == cost[v] and cost[v] + ahead[v] == best:
                    for j in range(k):
                        low[v, j] = min(low[v, j], low[u, j] + weight[t, j])
                        high[v, j] = max(high[v, j], high[u, j] + weight[t, j])
                    if came[v] < 0:
                        came[v], by[v] = u, t
        for u in range(begin[i], begin[i + 1]):
            here[marking[u]] = -1
        if i < length:
            for v in range(begin[i + 1], begin[i + 2]):
                there[marking[v]] = -1
    for u in range(begin[length], n_nodes):
        if ahead[u] == 0 and cost[u] == best:
            for j in range(k):
                low[goal, j] = min(low[goal, j], low[u, j])
                high[goal, j] = max(high[goal, j], high[u, j])
    way = np.zeros(best + length, np.int64)
    u = goal
    for i in range(best + length - 1, -1, -1):
        way[i] = by[u]
        u = came[u]
    return way, low[goal], high[goal]


@dataclass
class Pass:
    """One time that a case went through a part of the flow.

    Attributes
    ----------
    at : int
        Position in the way at which it began.
    shown, certain : list of int
        Positions of the steps in it that happened; of those that happened here in every best alignment.
    steps : int
        Steps in it that a log can show, those that were left out included.
    parts : list of (int, Pass)
        Of a decision: the parts that were entered, by the number of their node.
    done : bool
        Of a decision: whether the case went on behind it.
    """

    at: int
    shown: list[int] = field(default_factory=list)
    certain: list[int] = field(default_factory=list)
    steps: int = 0
    parts: list[tuple[int, Pass]] = field(default_factory=list)
    done: bool = False


class FlowTree:
    """A block-structured flow as a net with the way back: which node a step of the net enters, lies in, and leaves.

    Parameters
    ----------
    blueprint : Blueprint
        Its flow is not kept in a BPMN file. Not changed.

    Raises
    ------
    TooManyStatesError
        If it has too many markings to list.
    """

    def __init__(self, blueprint: m.Blueprint) -> None:
        silent = frozenset(a.id for a in blueprint.activities if not a.observable)
        self.net, self.node_of = write_net_and_nodes(blueprint.flow, silent=silent)
        self.nodes: list[m.Flow] = []
        self.parts: list[list[int]] = []
        self.parent: list[int] = []
        self._number(blueprint.flow, -1)
        self.own: list[list[int]] = [[] for _ in self.nodes]
        for t, node in enumerate(self.node_of):
            self.own[node].append(t)
        self.code = {label: i for i, label in enumerate(self.net.labels)}
        self.label = np.array([-1 if t.label is None else self.code[t.label] for t in self.net.transitions], np.int64)
        consumes, produces = _states.arcs_of(self.net, "consumes"), _states.arcs_of(self.net, "produces")
        status, markings, source, self.step, self.target = _states.explore(
            *consumes, *produces, np.array(self.net.initial, np.int64), MOST_STATES
        )
        if status != _states.DONE:
            raise TooManyStatesError(f"{name_of_flow(blueprint)} has more than {MOST_STATES:,} reachable markings.")
        self.first = np.searchsorted(source, np.arange(len(markings) + 1)).astype(np.int64)
        self.end = int(np.flatnonzero((markings == np.array(self.net.final)).all(axis=1))[0])

    def _number(self, flow: m.Flow, parent: int) -> int:
        number = len(self.nodes)
        self.nodes.append(flow)
        self.parts.append([])
        self.parent.append(parent)
        for part in m.children(flow):
            self.parts[number].append(self._number(part, number))
        return number

    @cached_property
    def decisions(self) -> list[int]:
        """Numbers of the nodes that leave something open, in the order written."""
        return [i for i, node in enumerate(self.nodes) if isinstance(node, DECISIONS)]

    @cached_property
    def enters(self) -> list[frozenset[int]]:
        """Per node the transitions of which exactly one fires whenever a case enters it."""
        found: list[frozenset[int]] = [frozenset()] * len(self.nodes)
        for i in range(len(self.nodes) - 1, -1, -1):  # parts have greater numbers
            below = [found[part] for part in self.parts[i]]
            match self.nodes[i]:
                case m.Step():
                    found[i] = frozenset(self.own[i])
                case m.Sequence():
                    found[i] = below[0]
                case m.Choice():
                    found[i] = frozenset().union(*below)
                case m.Optional_():
                    found[i] = below[0] | frozenset(self.own[i])
                case _:
                    found[i] = frozenset(self.own[i][:1])
        return found

    @cached_property
    def around(self) -> list[list[int]]:
        """Per transition the numbers of the nodes that it lies in, outermost first."""
        found = []
        for node in self.node_of:
            chain = [node]
            while self.parent[chain[-1]] >= 0:
                chain.append(self.parent[chain[-1]])
            found.append(chain[::-1])
        return found

    @cached_property
    def counters(self) -> tuple[np.ndarray, dict[int, list[int]]]:
        """What is counted over all best ways, (transitions, counters); per decision the counters that tell it."""
        kept: dict[frozenset[int], int] = {}
        of: dict[int, list[int]] = {}
        for i in self.decisions:
            parts = self.parts[i]
            if isinstance(self.nodes[i], m.Free | m.Parallel):
                steps = [t for t, chain in enumerate(self.around) if i in chain and self.label[t] >= 0]
                sets = [self.enters[i], *(frozenset({t}) for t in steps)]
            else:
                sets = [self.enters[i], *(self.enters[part] for part in parts)]
            of[i] = [kept.setdefault(x, len(kept)) for x in sets]
        weight = np.zeros((len(self.node_of), max(len(kept), 1)), np.int64)
        for transitions, k in kept.items():
            weight[sorted(transitions), k] = 1
        return weight, of

    def walk(self, run: list[int], running: bool) -> tuple[list[int], np.ndarray, np.ndarray]:
        """A best way that shows a run (codes of labels), with the fewest and the most of each counter over all best ways.

        The way is empty where there are too many places to keep, as with dozens of parts side by side that may be left out.
        """
        events, weight = np.array(run, np.int64), self.counters[0]
        way, low, high = walked(
            self.first, self.step, self.target, self.label, events, running, self.end, weight, MOST_CELLS
        )
        return way.tolist(), low, high

    def passes(self, way: list[int], shown: list[bool], certain: list[bool]) -> dict[int, list[Pass]]:
        """Per decision the passes of a way. ``shown``, ``certain``: per step of the run, whether it happened, and surely so.

        Returns
        -------
        dict of int to list of Pass
        """
        found: dict[int, list[Pass]] = {}
        now: dict[int, Pass] = {}
        label, enters, nodes, nth = self.label, self.enters, self.nodes, 0
        for at, t in enumerate(way):
            above: Pass | None = None
            for i in self.around[t]:
                decision = isinstance(nodes[i], DECISIONS)
                if t in enters[i] and (decision or above is not None):
                    now[i] = Pass(at)
                    if decision:
                        found.setdefault(i, []).append(now[i])
                    if above is not None:
                        above.parts.append((i, now[i]))
                if i in now and label[t] >= 0:
                    one = now[i]
                    one.steps += 1
                    if shown[nth]:
                        one.shown.append(at)
                        if certain[nth]:
                            one.certain.append(at)
                above = now.get(i) if decision else None
            last = self.node_of[t]
            if len(self.own[last]) > 1 and t == self.own[last][-1] and last in now:
                now[last].done = True
            nth += int(label[t] >= 0)
        return found
