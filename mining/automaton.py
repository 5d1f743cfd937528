"""The smallest deterministic automaton of a workflow net: what the engine, the rules and the simulation run on.

Reachable markings become states, silent steps and duplicate labels are resolved by the subset construction, and states with
the same future are merged. So two nets with the same complete runs give the very same automaton, whatever their form.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mining import _states
from mining.errors import ModelError
from mining.nets import Transition, WorkflowNet

MOST_STATES = 200_000
MOST_WORK = 200  # markings visited by the subset construction, per marking allowed


class TooManyStatesError(ModelError):
    """The net has more states than was allowed."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """A deterministic finite automaton over labels, as small as possible; all states can reach an end.

    Attributes
    ----------
    labels : tuple of str
        The alphabet, sorted.
    delta : int32 array of shape (n_states, n_labels)
        The state after a label; -1 where it cannot happen. State 0 is the initial state; the others are numbered breadth
        first in the order of the labels.
    final : bool array of shape (n_states,)
        States in which a run may end.
    """

    labels: tuple[str, ...]
    delta: np.ndarray
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
    def successors(self) -> tuple[dict[str, int], ...]:
        """Per state: label to the state that follows."""
        return tuple({self.labels[a]: t for a, t in enumerate(row) if t >= 0} for row in self.delta.tolist())

    def accepts(self, trace: Iterable[str]) -> bool:
        """Whether the trace is a complete run.

        Examples
        --------
        >>> sequence_automaton(["a", "b"]).accepts(["a", "b"])
        True
        """
        state = 0
        for label in trace:
            if label not in self.successors[state]:
                return False
            state = self.successors[state][label]
        return bool(self.final[state])

    @cached_property
    def steps_to_end(self) -> np.ndarray:
        """Per state: the least number of activities to an end."""
        back: list[list[int]] = [[] for _ in range(self.n_states)]
        for s, after in enumerate(self.successors):
            for t in after.values():
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
    """Turn a workflow net into the smallest deterministic automaton with the same complete runs.

    Parameters
    ----------
    net : WorkflowNet
        Any arc weights, silent steps, silent loops and duplicate labels. Not changed.
    name : str
        How to call the net in messages.
    most_states : int
        Limit on reachable markings, and on the states of the automaton.

    Returns
    -------
    Automaton
        The same for all nets with the same complete runs and the same labels.

    Raises
    ------
    TooManyStatesError
        If there are more than ``most_states`` reachable markings (the net may be unbounded), or if resolving silent steps
        and duplicate labels takes more than 200 times that many steps.
    ModelError
        If the net is unsound: the final marking cannot be reached from a reachable marking (the message gives the steps that
        lead into the trap), tokens are left behind at the end, or an activity can never happen.
    """
    if not net.transitions:
        raise ModelError(f"{name} has no transitions.")
    labels = net.labels
    consumes, produces = _states.arcs_of(net, "consumes"), _states.arcs_of(net, "produces")
    status, markings, source, step, target = _states.explore(
        *consumes, *produces, np.array(net.initial, np.int64), most_states
    )
    if status == _states.TOO_MANY:
        raise TooManyStatesError(
            f"{name} has more than {most_states:,} reachable markings; it is unbounded or too large to list."
        )
    if status == _states.TOO_FULL:
        raise TooManyStatesError(
            f"{name} gathers more than {_states.MOST_TOKENS} tokens in a place; it seems unbounded."
        )
    end = _check_sound(net, markings, source, step, target, name)
    code = {label: i for i, label in enumerate(labels)}
    label_of = np.array([-1 if t.label is None else code[t.label] for t in net.transitions], np.int32)
    found, delta, final = _states.determine(
        source, label_of[step], target, len(markings), end, len(labels), most_states, MOST_WORK * most_states
    )
    if not found:
        raise TooManyStatesError(f"{name} has more than {most_states:,} states without silent steps.")
    return Automaton(labels, *_states.smallest(delta, final))


def _check_sound(
    net: WorkflowNet, markings: np.ndarray, source: np.ndarray, step: np.ndarray, target: np.ndarray, name: str
) -> int:
    """The number of the final marking; an error if the net is unsound."""
    goal = np.array(net.final)
    at_least = (markings >= goal).all(axis=1)
    ends = np.flatnonzero(at_least & (markings == goal).all(axis=1))
    if not len(ends):
        raise ModelError(f"{name} is unsound: its end can never be reached.")
    end = int(ends[0])
    dead = np.flatnonzero(~_states.can_reach(source, target, len(markings), end))
    if len(dead):
        steps = _path_to(int(dead[0]), net, source, step, target)
        raise ModelError(
            f"{name} is unsound: after {' > '.join(steps) or 'the start'} the end can no longer be reached."
        )
    over = np.flatnonzero(at_least & (np.arange(len(markings)) != end))
    if len(over):
        steps = _path_to(int(over[0]), net, source, step, target)
        raise ModelError(
            f"{name} is unsound: after {' > '.join(steps) or 'the start'} work is left over when the end is reached."
        )
    used = np.zeros(len(net.transitions), bool)
    used[step] = True
    never = [t.label for i, t in enumerate(net.transitions) if not used[i] and t.label is not None]
    if never:
        raise ModelError(f"{name} is unsound: {', '.join(never)} can never happen.")
    return end


def _path_to(goal: int, net: WorkflowNet, source: np.ndarray, step: np.ndarray, target: np.ndarray) -> list[str]:
    """Labels of a shortest way from the initial marking: arcs are listed breadth first, so the first way in is shortest."""
    entered, first = np.unique(target, return_index=True)
    came = dict(zip(entered.tolist(), first.tolist(), strict=True))
    steps: list[str] = []
    here = goal
    while here != 0:
        arc = came[here]
        here = int(source[arc])
        label = net.transitions[int(step[arc])].label
        if label is not None:
            steps.append(label)
    return steps[::-1]
