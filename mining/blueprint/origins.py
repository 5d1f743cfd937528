"""The way back: from the states and arcs of the automaton to the parts of the flow that they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath

import numpy as np

from mining import _states
from mining.automaton import MOST_STATES
from mining.blueprint import compile as compiler
from mining.blueprint import model as m
from mining.blueprint.compile import Path
from mining.errors import ModelError, UnknownNameError
from mining.nets import WorkflowNet

KINDS: dict[type, str] = {
    m.Step: "activity",
    m.Sequence: "sequence",
    m.Choice: "choice",
    m.Parallel: "parallel",
    m.Optional_: "optional",
    m.Loop: "loop",
    m.Free: "free",
    m.Graph: "bpmn",
}


@dataclass(frozen=True)
class Origin:
    """Where a part of the flow is written: a node of the YAML, or an element of the BPMN file that it names.

    Attributes
    ----------
    kind : str
        activity, sequence, choice, parallel, optional, loop, free, or bpmn (the whole file).
    file : str
        The blueprint's file, or the BPMN file.
    path : tuple
        Path in the YAML, as in ``("flow", 1, "choice", 0)``.
    line : int or None
        Line of the YAML; None for an element of a BPMN file, or for a blueprint that was not read from text.
    activity : str or None
    element : str or None
        Id of the element in the BPMN file.
    """

    kind: str
    file: str
    path: Path
    line: int | None = None
    activity: str | None = None
    element: str | None = None

    def __str__(self) -> str:
        at = self.file if self.line is None else f"{self.file}:{self.line}"
        what = ".".join(map(str, self.path)) if self.element is None else f"element {self.element!r}"
        return f"{at}: {what} ({self.activity or self.kind})"


@dataclass(frozen=True)
class Position:
    """Where in the flow a state of the automaton lies.

    Attributes
    ----------
    after : tuple of Origin
        Steps that may have been the last one; none at the start.
    before : tuple of Origin
        Steps that may be the next one.
    block : Origin
        The smallest part of the flow that holds them all.
    may_end : bool
        Whether a case may end here.
    """

    after: tuple[Origin, ...]
    before: tuple[Origin, ...]
    block: Origin
    may_end: bool


class Origins:
    """The way back from the automaton of a blueprint to the parts of its flow.

    The automaton merges what behaves alike, so an arc may come from several steps, and a state may lie in several places. What is
    given is exact: each origin is one that some run of the flow takes there, and none is left out. Steps that leave no trace in
    the log have no arcs.

    Parameters
    ----------
    blueprint : Blueprint
        :meth:`of_activity` and ``limits`` need no automaton. :meth:`of_arc` and :meth:`of_state` raise
        :class:`mining.automaton.TooManyStatesError` for a flow with too many states to list, as ``blueprint.automaton`` does.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> origins = Origins(read_blueprint("sample_logs/bank_loan/blueprint.yaml"))
    >>> [origin.path for origin in origins.of_activity("approve")]
    [('flow', 7, 'choice', 0, 0)]
    """

    def __init__(self, blueprint: m.Blueprint) -> None:
        self.blueprint = blueprint

    # --- parts of the flow ---------------------------------------------------------------------------------------------

    @cached_property
    def nodes(self) -> tuple[Origin, ...]:
        """Every part of the flow, in the order written; of a flow in a BPMN file, its labelled and silent elements."""
        b = self.blueprint
        if isinstance(b.flow, m.Graph):
            return tuple(dict.fromkeys(self._written[1]))
        return tuple(
            Origin(KINDS[type(node)], b.path, path, b.lines.get(path), getattr(node, "activity", None))
            for path, node in compiler.flow_paths(b.flow, b.lines)
        )

    @property
    def _file(self) -> Origin:
        """The BPMN file as a whole."""
        b = self.blueprint
        assert isinstance(b.flow, m.Graph)  # asked for only then
        return Origin("bpmn", str(PurePath(b.path).parent / b.flow.source), ("flow", "bpmn"))

    @cached_property
    def _written(self) -> tuple[WorkflowNet, tuple[Origin, ...]]:
        """The net of the flow, and the origin of each transition."""
        b = self.blueprint
        if isinstance(b.flow, m.Graph):
            net = b.flow.net
            elements = b.flow.elements or ("",) * len(net.transitions)
            return net, tuple(
                replace(self._file, kind="activity" if t.label else "bpmn", activity=t.label, element=element or None)
                for t, element in zip(net.transitions, elements, strict=True)
            )
        silent = frozenset(a.id for a in b.activities if not a.observable)
        net, node = compiler.write_net_and_nodes(b.flow, silent=silent)
        return net, tuple(self.nodes[n] for n in node)

    def of_activity(self, activity: str) -> tuple[Origin, ...]:
        """Every place where an activity stands in the flow; none where it stands outside.

        In a flow kept in a BPMN file, only activities that leave a trace have places: the others are silent there.

        Raises
        ------
        UnknownNameError
            If the blueprint has no such activity.
        """
        _ = self.blueprint.activity(activity)
        return tuple(origin for origin in self.nodes if origin.activity == activity)

    def around(self, origin: Origin) -> tuple[Origin, ...]:
        """The parts of the flow that hold a part, outermost first; a flow in a BPMN file has no such parts."""
        if isinstance(self.blueprint.flow, m.Graph):
            return ()
        return tuple(x for x in self.nodes if x != origin and x.path == origin.path[: len(x.path)])

    @cached_property
    def limits(self) -> Mapping[str, Origin]:
        """The loops with ``max``, by the id of the rule that stands for the limit: the automaton does not count."""
        at = {origin.path: origin for origin in self.nodes}
        return {rule.id: at[path] for path, rule in compiler.limited_loops(self.blueprint)}

    # --- states and arcs of the automaton --------------------------------------------------------------------------------

    @cached_property
    def _arcs(self) -> dict[tuple[int, str], tuple[Origin, ...]]:
        """Per state and label the origins of the arc, in the order written."""
        net, origin = self._written
        found: dict[tuple[int, str], list[int]] = {}
        for state, step in _steps_taken(net, self.blueprint):
            label = net.transitions[step].label
            assert label is not None  # only labelled steps are arcs
            found.setdefault((state, label), []).append(step)
        return {arc: tuple(dict.fromkeys(origin[step] for step in steps)) for arc, steps in found.items()}

    @cached_property
    def _into(self) -> dict[int, list[Origin]]:
        """Per state the origins of the arcs that lead into it."""
        successors = self.blueprint.automaton.successors
        found: dict[int, list[Origin]] = {}
        for (state, label), origins in self._arcs.items():
            found.setdefault(successors[state][label], []).extend(origins)
        return found

    def of_arc(self, state: int, activity: str) -> tuple[Origin, ...]:
        """The steps that an activity may be, done in a state of the automaton, in the order written.

        Raises
        ------
        ModelError
            If there is no such state, or the activity cannot happen in it.
        TooManyStatesError
            If the automaton cannot be listed.
        """
        after = self._successors(state)
        if activity not in after:
            raise UnknownNameError("activity", activity, after, where=f"state {state} of the automaton")
        return self._arcs[state, activity]

    def of_state(self, state: int) -> Position:
        """Where in the flow a state lies: the steps before and after it, and the smallest part that holds them.

        Raises
        ------
        ModelError
            If there is no such state.
        TooManyStatesError
            If the automaton cannot be listed.
        """
        before = self._in_order(x for label in self._successors(state) for x in self._arcs[state, label])
        after = self._in_order(self._into.get(state, []))
        return Position(after, before, self._block((*after, *before)), bool(self.blueprint.automaton.final[state]))

    def _successors(self, state: int) -> dict[str, int]:
        successors = self.blueprint.automaton.successors
        if not 0 <= state < len(successors):
            raise ModelError(f"The automaton has no state {state!r}. Its states are 0 to {len(successors) - 1}.")
        return successors[state]

    def _in_order(self, origins: Iterable[Origin]) -> tuple[Origin, ...]:
        place = self._place
        return tuple(sorted(dict.fromkeys(origins), key=lambda origin: place[origin]))

    @cached_property
    def _place(self) -> dict[Origin, int]:
        return {origin: i for i, origin in enumerate(self.nodes)}

    def _block(self, steps: tuple[Origin, ...]) -> Origin:
        """The smallest part of the flow that holds all steps."""
        if isinstance(self.blueprint.flow, m.Graph):
            return self._file
        holding = [{*self.around(step), step} for step in steps] or [set(self.nodes[:1])]
        return max(set.intersection(*holding), key=lambda origin: len(origin.path))


def _steps_taken(net: WorkflowNet, blueprint: m.Blueprint) -> list[tuple[int, int]]:
    """Pairs of a state of the automaton and a labelled transition that some run takes there, sorted.

    The markings are walked beside the states of the automaton: a silent step changes the marking only.
    """
    automaton = blueprint.automaton
    consumes, produces = _states.arcs_of(net, "consumes"), _states.arcs_of(net, "produces")
    _, markings, source, step, target = _states.explore(
        *consumes, *produces, np.array(net.initial, np.int64), MOST_STATES
    )
    n, n_steps = len(markings), len(net.transitions)
    label = np.array([-1 if t.label is None else automaton.code[t.label] for t in net.transitions], np.int64)
    first = np.searchsorted(source, np.arange(n + 1))  # arcs are listed by their source
    seen = fresh = np.zeros(1, np.int64)  # state * n + marking
    taken = [np.empty(0, np.int64)]  # state * n_steps + transition
    while len(fresh):
        state, here = np.divmod(fresh, n)
        many = first[here + 1] - first[here]
        arc = np.repeat(first[here] - np.cumsum(many) + many, many) + np.arange(many.sum())
        at, what = np.repeat(state, many), label[step[arc]]
        shown = what >= 0
        taken.append(np.unique(at[shown] * n_steps + step[arc[shown]]))
        at[shown] = automaton.delta[at[shown], what[shown]]
        fresh = np.setdiff1d(at * n + target[arc], seen)
        seen = np.union1d(seen, fresh)
    pairs = np.unique(np.concatenate(taken))
    return list(zip((pairs // n_steps).tolist(), (pairs % n_steps).tolist(), strict=True))
