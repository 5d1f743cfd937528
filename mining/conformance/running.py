"""A case still running: where it may be in the flow, and what it has cost so far; one update per event."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mining.automaton import Automaton
from mining.conformance import levels
from mining.conformance.alignment import Costs, costs_of
from mining.errors import ModelError

MOST_EVENTS = 2**20  # of one case


@dataclass(frozen=True, eq=False)
class Running:
    """The prefix alignment of a case after the events so far. The same step as in :func:`mining.conformance.alignment.align`.

    Make the first one with :func:`start`; :meth:`after` gives the next and leaves this one as it is.

    Attributes
    ----------
    model : Automaton
    n_events : int
    """

    model: Automaton
    n_events: int
    _machine: levels.Machine
    _level: np.ndarray

    def after(self, label: str) -> Running:
        """The case after one more event, in time linear in the states.

        Parameters
        ----------
        label : str
            One that the model does not have can only be a log move.
        """
        level = np.empty_like(self._level)
        code = self.model.code.get(label, len(self.model.labels))
        levels.advance(self._machine, self._level, level, code, self._machine.far)
        return Running(self.model, self.n_events + 1, self._machine, level)

    @property
    def cost(self) -> int:
        """Least cost of an alignment of the events so far with the beginning of a run: nothing is missing at the end."""
        return int(self._level.min()) // self._machine.unit

    @cached_property
    def states(self) -> tuple[int, ...]:
        """States in which an alignment of least cost leaves the model."""
        return tuple(np.flatnonzero(self._level // self._machine.unit == self.cost).tolist())

    @property
    def expected(self) -> tuple[str, ...]:
        """Labels that can come next without further cost, sorted."""
        return tuple(sorted({label for s in self.states for label in self.model.successors[s]}))

    @property
    def may_end(self) -> bool:
        """Whether the case could end here without further cost."""
        return bool(self.model.final[list(self.states)].any())

    @property
    def steps_to_end(self) -> int:
        """Least number of activities to an end, without further cost."""
        return int(self.model.steps_to_end[list(self.states)].min())


def start(model: Automaton, *, log_cost: Costs | None = None, model_cost: Costs | None = None) -> Running:
    """A case before its first event.

    Parameters
    ----------
    model : Automaton
    log_cost, model_cost : mapping of label to int, optional
        As in :func:`mining.conformance.alignment.align`.

    Raises
    ------
    ModelError
        If the model is no automaton, or has too many states.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> case = start(sequence_automaton(["a", "b", "c"])).after("a").after("c")
    >>> case.cost, case.may_end, start(case.model).after("a").expected
    (1, True, ('b',))
    """
    if not isinstance(model, Automaton):
        raise ModelError("A running case needs an Automaton: the states of a LargeNet are too many to keep.")
    costs = costs_of(model, log_cost, "log_cost"), costs_of(model, model_cost, "model_cost")[:-1]
    machine = levels.machine(model.delta, model.final, *costs, MOST_EVENTS, MOST_EVENTS * int(costs[0].max()))
    levels.cheapest_run(machine)  # fills the distances from the start: the level before any event
    return Running(model, 0, machine, machine.distance[0].copy())
