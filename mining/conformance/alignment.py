"""Exact alignments of distinct traces with a model, and how certain each deviation is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields

import numpy as np

from mining.automaton import Automaton, TooManyStatesError, build
from mining.conformance import programme
from mining.conformance.levels import MOST_LISTED, cheapest_run, machine
from mining.conformance.programme import LOG, MODEL, SYNC
from mining.conformance.search import LargeNet, align_large
from mining.conformance.traces import Traces, spans
from mining.errors import ModelError, UnknownNameError
from mining.nets import WorkflowNet

__all__ = ["LOG", "MODEL", "SYNC", "UNKNOWN", "Alignments", "Model", "Traces", "align", "model_of"]

UNKNOWN = -1  # a label that the model does not have
FEW_STATES = 500  # with more, costs are sought below 3 first, then below 12, 48 ...
FIRST_LIMIT, NEXT_LIMIT = 3, 4
BUDGET = 200_000
MOST_STATES = 20_000  # reachable markings
MOST_LEVELS = 2**28  # entries: events of the longest trace x states
MOVES = ("kind", "label", "position", "share", "event_share")

Model = Automaton | LargeNet
Costs = Mapping[str | None, int]


@dataclass(frozen=True, eq=False)
class Alignments:
    """One alignment per distinct trace, in columns: an optimal one wherever the trace is solved.

    Attributes
    ----------
    cost : int64 array of shape (n_traces,)
        Total cost of the log and model moves of the alignment: the least possible one where solved, else an upper bound.
    lower : int64 array of shape (n_traces,)
        No alignment costs less. Equal to ``cost`` where solved.
    worst : int64 array of shape (n_traces,)
        Cost of the alignment without synchronous moves: all events as log moves, and the cheapest complete run of the model.
    number : float64 array of shape (n_traces,)
        Number of optimal alignments (exact up to 2^53, infinite beyond 10^308). Alignments that differ only in the order of
        neighbouring log and model moves count once. NaN where not measured.
    first : int64 array of shape (n_traces + 1,)
        The moves of trace k are ``first[k]:first[k + 1]``.
    kind : int8 array of shape (n_moves,)
        ``SYNC``, ``LOG`` or ``MODEL``.
    label : int32 array of shape (n_moves,)
        Position in the labels of the model; ``UNKNOWN`` for a log move on a label that it does not have.
    position : int32 array of shape (n_moves,)
        Index of the event in the trace; for a model move, of the event before which it stands.
    share : float64 array of shape (n_moves,)
        How certain the move is: for the k-th log (or model) move on a label, the share (0-1) of the optimal alignments with at
        least k log (model) moves on that label, wherever they stand; for a synchronous move, ``event_share``. NaN where not
        measured.
    event_share : float64 array of shape (n_moves,)
        How certain its place is: the share of the optimal alignments in which this very event is a log (synchronous) move. NaN
        for model moves, and where not measured.
    """

    cost: np.ndarray
    lower: np.ndarray
    worst: np.ndarray
    number: np.ndarray
    first: np.ndarray
    kind: np.ndarray
    label: np.ndarray
    position: np.ndarray
    share: np.ndarray
    event_share: np.ndarray

    @property
    def solved(self) -> np.ndarray:
        """Whether the cost is proven to be the least possible (bool per trace)."""
        solved: np.ndarray = self.lower == self.cost
        return solved

    @property
    def fitness(self) -> np.ndarray:
        """Fitness per trace: 1 - cost / worst, 0 to 1 (1 where both are 0); a lower bound where not solved."""
        return 1.0 - np.divide(self.cost, self.worst, out=np.zeros(len(self.cost)), where=self.worst > 0)

    def log_fitness(self, counts: np.ndarray) -> tuple[float, float]:
        """Fitness of the log: 1 - total cost / total worst cost, each trace times its cases.

        Parameters
        ----------
        counts : int array of shape (n_traces,)
            Cases of each trace.

        Returns
        -------
        low, high : float
            Equal where every trace is solved. 1 where no cost is possible.
        """
        worst = int((self.worst * counts).sum())
        if not worst:
            return 1.0, 1.0
        return 1.0 - int((self.cost * counts).sum()) / worst, 1.0 - int((self.lower * counts).sum()) / worst


def model_of(net: WorkflowNet, *, name: str = "the net", most_states: int = MOST_STATES) -> Model:
    """The form of a net that the engine aligns with.

    Parameters
    ----------
    net : WorkflowNet
    name : str
        How to call the net in messages.
    most_states : int
        Up to this many reachable markings the net becomes an automaton; beyond, it is searched state by state.

    Raises
    ------
    ModelError
        If the net is unsound (of a net too large to list: if its end cannot be reached).
    """
    try:
        return listed_or_searched(build(net, name=name, most_states=most_states), net, name)
    except TooManyStatesError:
        return LargeNet(net, name)


def listed_or_searched(automaton: Automaton, net: WorkflowNet, name: str) -> Model:
    """The automaton, unless it has more than 8,000 states: the programme keeps a row of distances for each of them."""
    return automaton if automaton.n_states <= MOST_LISTED else LargeNet(net, name)


def align(
    model: Model,
    traces: Sequence[Sequence[int]] | Traces,
    *,
    prefix: Sequence[bool] | np.ndarray | None = None,
    log_cost: Costs | None = None,
    model_cost: Costs | None = None,
    ambiguity: bool = False,
    budget: int = BUDGET,
    executor: Executor | None = None,
    chunks: int = 16,
) -> Alignments:
    """Align distinct traces with a model at least cost.

    Parameters
    ----------
    model : Automaton or LargeNet
        As :func:`model_of` gives it.
    traces : Traces, or sequence of sequences of int
        Codes into ``model.labels``; any other number is a label that the model does not have.
    prefix : sequence of bool, optional
        True for a case still running: it is aligned with the best *beginning* of a run, so nothing is missing at its end.
    log_cost, model_cost : mapping of label to int, optional
        Costs of log and model moves on single labels, whole numbers of at least 1; all others cost 1. In ``log_cost`` the key
        None stands for all labels that the model does not have.
    ambiguity : bool
        Also count the optimal alignments and the share of them that contain each move. Not measured for a ``LargeNet``.
    budget : int
        Places (events read, marking) that may be searched per trace of a ``LargeNet``; beyond, the trace is *not solved* and has
        a lower and an upper bound. An automaton needs no budget.
    executor : concurrent.futures.Executor, optional
        Aligns contiguous parts of the sorted traces side by side: a ``ProcessPoolExecutor``, a ``ThreadPoolExecutor`` (the
        kernels release the interpreter lock), or the executor of a cluster. The result is the same to the byte.
    chunks : int
        Number of parts for the executor.

    Returns
    -------
    Alignments
        In the order of ``traces``. Among alignments of equal cost the same one is chosen on every run and for every order
        of the traces: the fewest log moves (so the most synchronous ones). Then, with an automaton: seen from the end, a log move
        before a synchronous one before a model move (so of two equal events the later one is the repetition); then the smaller
        state. With a ``LargeNet`` the choice is fixed too, but it is another one, and depends on how the net is drawn.

    Raises
    ------
    ModelError
        If a cost is no whole number of at least 1, ``prefix`` or the traces do not belong to the model or to each other, or there
        are more states, events or costs than can be held.
    UnknownNameError
        If the model has no such label.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> model = sequence_automaton(["a", "b", "c"])
    >>> found = align(model, [[0, 2], [0, 1, 1, 2]], ambiguity=True)
    >>> found.cost.tolist(), found.kind[found.first[0] : found.first[1]].tolist(), found.number.tolist()
    ([1, 1], [0, 2, 0], [1.0, 2.0])
    """
    if not isinstance(traces, Traces):
        traces = Traces.of_codes(len(model.labels), traces)
    elif traces.codes.size and not 0 <= traces.codes.min() <= traces.codes.max() <= len(model.labels):
        raise ModelError("The traces are encoded for another model. Encode them with Traces.of(model.labels, ...).")
    flags = np.zeros(len(traces), bool) if prefix is None else np.atleast_1d(np.asarray(prefix, bool))
    if flags.shape != (len(traces),):
        raise ModelError(f"prefix has {flags.size} entries for {len(traces)} traces. Give one for each.")
    costs = costs_of(model, log_cost, "log_cost"), costs_of(model, model_cost, "model_cost")
    if executor is None or len(traces) < 2:
        return _align_part(model, traces, flags, *costs, ambiguity, budget)
    parts = [rows for rows in np.array_split(traces.order, max(1, min(chunks, len(traces)))) if len(rows)]
    jobs = [
        executor.submit(_align_part, model, traces.take(rows), flags[rows], *costs, ambiguity, budget) for rows in parts
    ]
    return _take(_join([job.result() for job in jobs]), _inverse(traces.order))


def costs_of(model: Model, given: Costs | None, name: str) -> np.ndarray:
    """Costs by label; the last entry is that of labels the model does not have.

    Raises
    ------
    ModelError
        If a cost is no whole number of at least 1.
    UnknownNameError
        If the model has no such label.
    """
    if not given:
        return np.ones(len(model.labels) + 1, np.int64)
    if name == "model_cost" and None in given:
        raise ModelError("model_cost has an entry for None, but a model move is always on a label of the model.")
    for label, cost in given.items():
        if label is not None and label not in model.code:
            raise UnknownNameError("label", label, model.labels)
        if isinstance(cost, bool) or not isinstance(cost, int | np.integer) or not 1 <= cost < 2**20:
            raise ModelError(
                f"{name} of {label!r} is {cost!r}. Costs are whole numbers of at least 1, and below 1,048,576."
            )
    return np.array([*(given.get(label, 1) for label in model.labels), given.get(None, 1)], np.int64)


def _align_part(
    model: Model,
    traces: Traces,
    prefix: np.ndarray,
    log_costs: np.ndarray,
    model_costs: np.ndarray,
    ambiguity: bool,
    budget: int,
) -> Alignments:
    """Align traces on their own: the unit of work that is handed out."""
    if isinstance(model, LargeNet):
        found = Alignments(*align_large(model, traces, prefix, log_costs, model_costs, budget))
    else:
        found = _align_automaton(model, traces, prefix, log_costs, model_costs, ambiguity)
    found.label[found.label == len(model.labels)] = UNKNOWN
    return found


def _align_automaton(
    model: Automaton,
    traces: Traces,
    prefix: np.ndarray,
    log_costs: np.ndarray,
    model_costs: np.ndarray,
    ambiguity: bool,
) -> Alignments:
    """Runs of the model need no search; the others are sought under a limit that grows until it is high enough."""
    fits = programme.replay(traces.starts, traces.codes, prefix, model.delta, model.final)
    all_log = traces.sums(log_costs)
    longest, dearest = int(traces.lengths[~fits].max(initial=0)), int(all_log[~fits].max(initial=0))
    if longest * model.n_states > MOST_LEVELS:
        raise ModelError(
            f"A trace of {longest:,} events that is no run, with a model of {model.n_states:,} states: that is more than is kept in "
            "memory. Leave such traces out, or align them with mining.conformance.search.LargeNet(net)."
        )
    columns = machine(model.delta, model.final, log_costs, model_costs[:-1], longest, dearest)
    worst = all_log + int(cheapest_run(columns))
    if fits.all():
        return _runs(traces, worst, ambiguity)
    left, rows, parts = traces.order, [], []
    limit = FIRST_LIMIT if model.n_states > FEW_STATES else columns.far // columns.unit
    while len(left):
        part, most = traces.take(left), min(limit * columns.unit, columns.far)
        cost, number, count, *moves = programme.align_sorted(
            columns, part.starts, part.codes, prefix[left], fits[left], most, ambiguity
        )
        solved = cost >= 0
        rows.append(left[solved])
        first = np.concatenate(([0], np.cumsum(count[solved])))  # those that are not solved have no moves
        parts.append(Alignments(cost[solved], cost[solved].copy(), worst[rows[-1]], number[solved], first, *moves))
        left = left[~solved]
        limit *= NEXT_LIMIT
    return _take(_join(parts), _inverse(np.concatenate(rows)))


def _runs(traces: Traces, worst: np.ndarray, ambiguity: bool) -> Alignments:
    """Alignments of traces that are runs."""
    n = len(traces.codes)
    nothing = np.zeros(len(traces), np.int64)
    position = (np.arange(n) - np.repeat(traces.starts[:-1], traces.lengths)).astype(np.int32)
    certain = 1.0 if ambiguity else np.nan
    moves = np.full(n, SYNC, np.int8), traces.codes.copy(), position, np.full(n, certain), np.full(n, certain)
    return Alignments(nothing, nothing.copy(), worst, np.full(len(traces), certain), traces.starts.copy(), *moves)


def _inverse(order: np.ndarray) -> np.ndarray:
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank


def _take(found: Alignments, rows: np.ndarray) -> Alignments:
    """The alignments of some traces, in the order of ``rows``."""
    first, moves = spans(found.first, rows)
    per_trace = {name: getattr(found, name)[rows] for name in ("cost", "lower", "worst", "number")}
    return Alignments(first=first, **per_trace, **{name: getattr(found, name)[moves] for name in MOVES})


def _join(parts: Sequence[Alignments]) -> Alignments:
    """Several alignments, one after the other."""
    if len(parts) == 1:
        return parts[0]
    begin = np.cumsum([0] + [int(part.first[-1]) for part in parts])
    columns = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(Alignments)
        if f.name != "first"
    }
    first = [part.first[:-1] + at for part, at in zip(parts, begin, strict=False)]
    return Alignments(**columns, first=np.concatenate([*first, begin[-1:]]))
