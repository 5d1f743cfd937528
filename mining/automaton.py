"""Workflow nets and the finite automata they become: reachable markings as states, activities as arcs, no silent steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mining.errors import ModelError

Marking = tuple[int, ...]
MOST_STATES = 200_000


@dataclass(frozen=True)
class Transition:
    """A step of a net: ``label`` None is silent. ``consumes`` and ``produces``: (place, tokens) pairs."""

    label: str | None
    consumes: tuple[tuple[int, int], ...]
    produces: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class WorkflowNet:
    """A Petri net with one initial and one final marking (tokens per place)."""

    transitions: tuple[Transition, ...]
    initial: Marking
    final: Marking


@dataclass(frozen=True, eq=False)
class Automaton:
    """A finite automaton over labels, all states able to reach an end.

    Attributes
    ----------
    labels : tuple of str
        The alphabet, sorted; arcs hold positions in it.
    source, label, target : int32 arrays of shape (n_arcs,)
        Arcs, sorted by source, label, target.
    final : bool array of shape (n_states,)
        States in which a run may end. State 0 is the initial state.
    """

    labels: tuple[str, ...]
    source: np.ndarray
    label: np.ndarray
    target: np.ndarray
    final: np.ndarray

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.final)

    @cached_property
    def code(self) -> dict[str, int]:
        """Label to its position in ``labels``."""
        return {label: i for i, label in enumerate(self.labels)}

    @cached_property
    def successors(self) -> tuple[dict[str, tuple[int, ...]], ...]:
        """Per state: label to the states that follow."""
        table: list[dict[str, tuple[int, ...]]] = [{} for _ in range(self.n_states)]
        for s, a, t in zip(self.source.tolist(), self.label.tolist(), self.target.tolist(), strict=True):
            table[s][self.labels[a]] = (*table[s].get(self.labels[a], ()), t)
        return tuple(table)

    def accepts(self, trace: Iterable[str]) -> bool:
        """Whether the trace is a complete run.

        Examples
        --------
        >>> sequence_automaton(["a", "b"]).accepts(["a", "b"])
        True
        """
        states = {0}
        for label in trace:
            states = {t for s in states for t in self.successors[s].get(label, ())}
            if not states:
                return False
        return any(self.final[s] for s in states)

    @cached_property
    def steps_to_end(self) -> np.ndarray:
        """Per state: the least number of activities to an end."""
        back: list[list[int]] = [[] for _ in range(self.n_states)]
        for s, t in zip(self.source.tolist(), self.target.tolist(), strict=True):
            back[t].append(s)
        steps = np.where(self.final, 0, np.iinfo(np.int32).max).astype(np.int32)
        queue = deque(np.flatnonzero(self.final).tolist())
        while queue:
            t = queue.popleft()
            for s in back[t]:
                if steps[s] > steps[t] + 1:
                    steps[s] = steps[t] + 1
                    queue.append(s)
        return steps


def sequence_automaton(labels: Sequence[str]) -> Automaton:
    """The automaton of one fixed sequence."""
    n = len(labels)
    unit = [tuple(int(i == k) for i in range(n + 1)) for k in range(n + 1)]
    transitions = tuple(Transition(a, ((i, 1),), ((i + 1, 1),)) for i, a in enumerate(labels))
    return build(WorkflowNet(transitions, unit[0], unit[-1]))


def build(net: WorkflowNet, *, name: str = "the net", most_states: int = MOST_STATES) -> Automaton:
    """Turn a workflow net into an automaton with the same complete runs.

    Parameters
    ----------
    net : WorkflowNet
        Any arc weights, silent steps and duplicate labels. Not changed.
    name : str
        How to call the net in messages.
    most_states : int
        Limit on reachable markings.

    Returns
    -------
    Automaton
        Without silent steps; states with the same future are merged; numbered in breadth-first order of sorted labels,
        so that equal nets give equal automata.

    Raises
    ------
    ModelError
        If the final marking cannot be reached from a reachable marking (the message gives the steps that lead into the
        trap), if tokens are left behind, or if there are more than ``most_states`` markings.
    """
    markings, arcs = _reachable(net, name, most_states)
    ends = _check_sound(net, markings, arcs, name)
    return _without_silent(net, len(markings), arcs, ends)


Arc = tuple[int, int, int]  # from marking, transition, to marking


def _reachable(net: WorkflowNet, name: str, most_states: int) -> tuple[dict[Marking, int], list[Arc]]:
    markings = {net.initial: 0}
    arcs: list[Arc] = []
    queue = deque([net.initial])
    while queue:
        marking = queue.popleft()
        here = markings[marking]
        for number, transition in enumerate(net.transitions):
            if any(marking[p] < k for p, k in transition.consumes):
                continue
            tokens = list(marking)
            for p, k in transition.consumes:
                tokens[p] -= k
            for p, k in transition.produces:
                tokens[p] += k
            after = tuple(tokens)
            if after not in markings:
                if len(markings) >= most_states:
                    raise ModelError(
                        f"{name} has more than {most_states:,} reachable markings; it is unbounded or too large to check."
                    )
                markings[after] = len(markings)
                queue.append(after)
            arcs.append((here, number, markings[after]))
    return markings, arcs


def _check_sound(net: WorkflowNet, markings: dict[Marking, int], arcs: list[Arc], name: str) -> int:
    if net.final not in markings:
        raise ModelError(f"{name} is unsound: its end can never be reached.")
    final = markings[net.final]
    back: list[list[int]] = [[] for _ in markings]
    for s, _, t in arcs:
        back[t].append(s)
    alive, stack = {final}, [final]
    while stack:
        for s in back[stack.pop()]:
            if s not in alive:
                alive.add(s)
                stack.append(s)
    dead = [s for s in range(len(markings)) if s not in alive]
    if dead:
        steps = _path_to(dead[0], arcs, net)
        raise ModelError(
            f"{name} is unsound: after {' > '.join(steps) or 'the start'} the end can no longer be reached."
        )
    for marking, number in markings.items():
        if number != final and all(x >= y for x, y in zip(marking, net.final, strict=True)):
            steps = _path_to(number, arcs, net)
            raise ModelError(
                f"{name} is unsound: after {' > '.join(steps) or 'the start'} work is left over when the end is reached."
            )
    used = {number for _, number, _ in arcs}
    never = [t.label for i, t in enumerate(net.transitions) if i not in used and t.label is not None]
    if never:
        raise ModelError(f"{name} is unsound: {', '.join(never)} can never happen.")
    return final


def _path_to(goal: int, arcs: list[Arc], net: WorkflowNet) -> list[str]:
    came: dict[int, tuple[int, int]] = {}
    for s, number, t in arcs:  # arcs are listed breadth first, so the first way in is a shortest one
        came.setdefault(t, (s, number))
    steps: list[str] = []
    here = goal
    while here != 0:
        here, number = came[here]
        label = net.transitions[number].label
        if label is not None:
            steps.append(label)
    return steps[::-1]


def _without_silent(net: WorkflowNet, n: int, arcs: list[Arc], end: int) -> Automaton:
    labels = tuple(sorted({t.label for t in net.transitions if t.label is not None}))
    code = {label: i for i, label in enumerate(labels)}
    silent: list[list[int]] = [[] for _ in range(n)]
    visible: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for s, number, t in arcs:
        label = net.transitions[number].label
        if label is None:
            silent[s].append(t)
        else:
            visible[s].append((code[label], t))
    moves: dict[int, tuple[frozenset[tuple[int, int]], bool]] = {}
    stack = [0]
    while stack:
        s = stack.pop()
        if s in moves:
            continue
        closure, todo = {s}, [s]
        while todo:
            for t in silent[todo.pop()]:
                if t not in closure:
                    closure.add(t)
                    todo.append(t)
        out = frozenset(move for c in closure for move in visible[c])
        moves[s] = (out, end in closure)
        stack.extend(t for _, t in out)
    return _merged(labels, moves)


def _merged(labels: tuple[str, ...], moves: dict[int, tuple[frozenset[tuple[int, int]], bool]]) -> Automaton:
    """Merge states with the same future (partition refinement), number them breadth first."""
    group = {s: int(final) for s, (_, final) in moves.items()}
    while True:
        keys = {s: (group[s], frozenset((a, group[t]) for a, t in out)) for s, (out, _) in moves.items()}
        names = {key: i for i, key in enumerate(dict.fromkeys(keys.values()))}
        refined = {s: names[keys[s]] for s in moves}
        done = len(names) == len(set(group.values()))
        group = refined
        if done:
            break
    future = {group[s]: (frozenset((a, group[t]) for a, t in out), final) for s, (out, final) in moves.items()}
    return _numbered(labels, future, group[0])


def _numbered(
    labels: tuple[str, ...], future: dict[int, tuple[frozenset[tuple[int, int]], bool]], start: int
) -> Automaton:
    depth = _canonical_order(future, start)
    arcs = sorted((depth[s], a, depth[t]) for s, (out, _) in future.items() for a, t in out)
    columns = np.array(arcs, np.int32).reshape(-1, 3)
    final = np.zeros(len(future), bool)
    for s, (_, is_final) in future.items():
        final[depth[s]] = is_final
    return Automaton(labels, columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 2].copy(), final)


def _canonical_order(future: dict[int, tuple[frozenset[tuple[int, int]], bool]], start: int) -> dict[int, int]:
    """Breadth-first numbers; among successors by the same label the one with the smaller future (sorted labels) first."""
    order = {start: 0}
    queue = deque([start])
    signature = {s: (sorted(a for a, _ in out), final) for s, (out, final) in future.items()}
    while queue:
        s = queue.popleft()
        for _, t in sorted(future[s][0], key=lambda move: (move[0], signature[move[1]], move[1])):
            if t not in order:
                order[t] = len(order)
                queue.append(t)
    return order
