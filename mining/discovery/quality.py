"""How good a discovered model is: fitness, precision, generalisation, simplicity, by our own engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.conformance.alignment import BUDGET, Alignments, Model, align, model_of
from mining.conformance.generalisation import Generalisation, generalisation
from mining.conformance.precision import Precision, precision
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.conformance.visited import visited_part
from mining.errors import ModelError
from mining.fit import fit_of
from mining.nets import WorkflowNet
from mining.results import wilson

if TYPE_CHECKING:
    from mining.discovery.models import DiscoveredModel
    from mining.discovery.observed import Observed

MOST_PLACES = 300_000  # searched for all traces in a net with too many states to list, besides 20 per event
IN_BLOCKS = 10  # times as many in a net made of blocks, which is sound: there the search comes to something
BASE_DEGREE = 2  # arcs at a place or transition of a net that is one sequence


@dataclass(frozen=True)
class NetSize:
    """How large a net is as drawn.

    Attributes
    ----------
    places, transitions, arcs : int
        An arc counts once, however many tokens it moves.
    silent : int
        Transitions without a label.

    Examples
    --------
    >>> from mining.blueprint import model as m
    >>> from mining.blueprint.compile import write_net
    >>> size = size_of(write_net(m.Choice((m.Step("a"), m.Step("b"), m.Step("c")))))
    >>> size.places, size.transitions, size.arcs, size.simplicity
    (2, 3, 6, 0.7142857142857143)
    """

    places: int
    transitions: int
    silent: int
    arcs: int

    @property
    def simplicity(self) -> float:
        """Inverse arc degree: 1 / (1 + max(d - 2, 0)), with d = 2 x arcs / (places + transitions), the mean arcs at a node.

        *Source:* Vázquez-Barreiros, Mucientes and Lama, "ProDiGen", Information Sciences 294 (2015). It depends on how the net is drawn,
        and not on how large it is: read it beside the number of arcs.
        """
        nodes = self.places + self.transitions
        return 1.0 / (1.0 + max(2 * self.arcs / nodes - BASE_DEGREE, 0.0)) if nodes else 1.0


def size_of(net: WorkflowNet) -> NetSize:
    """Places, transitions and arcs of a net."""
    arcs = sum(len(t.consumes) + len(t.produces) for t in net.transitions)
    return NetSize(len(net.initial), len(net.transitions), sum(t.label is None for t in net.transitions), arcs)


@dataclass(frozen=True, eq=False)
class ModelQuality:
    """How well a model describes what was observed. Every case counts as whole: running ones are compared with complete runs too.

    Attributes
    ----------
    n_cases, n_variants : int
        Cases with an activity, and their distinct traces: also those that the model was not made from.
    n_fitting : int
        Cases that are exact runs of the model.
    n_unsolved : int
        Cases whose least cost is not known, because the model has too many states. They are in the bounds of fitness, and in neither
        precision nor generalisation.
    log_fitness, mean_fitness : tuple of float or None
        Lower and upper bound, as in :class:`mining.fit.Fit`.
    precision : Precision or None
        Escaping edges; see :func:`mining.conformance.precision.precision`.
    generalisation : Generalisation or None
        Chance that the next step is a known one; see :func:`mining.conformance.generalisation.generalisation`.
    size : NetSize or None
        Places, transitions and arcs, and the simplicity made of them.
    n_states : int or None
        States of the model's smallest automaton; None where there are too many to list.
    why_not : str
        Why the model is not measured, or which part is not; empty where all is.

    Examples
    --------
    >>> from mining.discovery import mine
    >>> found = mine(study).quality
    >>> found.n_cases, found.why_not
    (2000, '')
    >>> 0 < found.precision.value < found.generalisation.value < 1
    True
    """

    n_cases: int
    n_variants: int
    n_fitting: int = 0
    n_unsolved: int = 0
    log_fitness: tuple[float, float] | None = None
    mean_fitness: tuple[float, float] | None = None
    precision: Precision | None = None
    n_states: int | None = None
    why_not: str = ""
    generalisation: Generalisation | None = None
    size: NetSize | None = None

    @property
    def measured(self) -> bool:
        """Whether fitness and precision are both known."""
        return self.log_fitness is not None and self.precision is not None and self.precision.allowed > 0

    @property
    def share_fitting(self) -> float | None:
        """``n_fitting / n_cases``: the share of the cases that are exact runs; None where it is not measured."""
        return self.n_fitting / self.n_cases if self.log_fitness is not None and self.n_cases else None

    @property
    def fitting_interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of ``share_fitting``."""
        return wilson(self.n_fitting, self.n_cases) if self.share_fitting is not None else None

    @property
    def simplicity(self) -> float | None:
        """Inverse arc degree of the net."""
        return self.size.simplicity if self.size else None

    @property
    def f_score(self) -> float | None:
        """Harmonic mean of log fitness (lower bound) and precision: 2 x fitness x precision / (fitness + precision)."""
        if not self.measured or self.log_fitness is None or self.precision is None:
            return None
        a, b = self.log_fitness[0], self.precision.value
        return 2 * a * b / (a + b) if a + b else 0.0


def quality_of(found: DiscoveredModel) -> ModelQuality:
    """Measure a discovered model on all that was observed, with one alignment of every distinct trace."""
    observed = found.observed
    counts = np.array(list(observed.counted.values()), np.int64)
    n, k = int(counts.sum()), len(counts)
    if found.net is None:
        return ModelQuality(n, k, why_not=_why_no_net(found))
    size = size_of(found.net)
    try:
        model, traces, aligned = aligned_with(found.net, observed, blocks=found.flow is not None)
        fit = fit_of(model, traces, aligned, counts, prefix=np.zeros(k, bool))
    except ModelError as error:
        return ModelQuality(n, k, why_not=str(error), size=size)
    precise, general, why_not = fit.precision, None, ""
    try:
        seen: Model | None = model
        if isinstance(model, LargeNet):
            seen = visited_part(found.flow, model.labels, aligned) if found.flow is not None else None
            precise = precision(seen, traces, aligned, counts) if seen is not None else None
        general = generalisation(seen, traces, aligned, counts) if seen is not None else None
    except ModelError as error:
        precise, general, why_not = None, None, str(error)
    if seen is None:
        why_not = "precision and generalisation: the model has too many states to list, if not infinitely many, and no blocks to cut it at."
    return ModelQuality(
        n,
        k,
        fit.n_fitting,
        fit.n_unsolved,
        fit.log_fitness,
        fit.mean_fitness,
        precise,
        model.n_states,
        why_not,
        general,
        size,
    )


def aligned_with(net: WorkflowNet, observed: Observed, *, blocks: bool = False) -> tuple[Model, Traces, Alignments]:
    """The engine's form of a net, the distinct traces that hold an activity in its codes, and their alignments.

    In a net with too many states to list the search is bounded for all traces together, so that it ends; what it does not solve has bounds.

    Raises
    ------
    ModelError
        If the net is unsound, or the traces are too long for it.
    """
    model = model_of(net, name="the discovered model")
    code = [model.code.get(name, -1) for name in observed.names]
    traces = Traces.of_codes(len(model.labels), [[code[x] for x in trace] for trace in observed.traces if trace])
    most = MOST_PLACES * (IN_BLOCKS if blocks else 1)
    return model, traces, align(model, traces, budget=max(1, min(BUDGET, most // max(len(traces), 1))))


def _why_no_net(found: DiscoveredModel) -> str:
    observed = found.observed
    if not found.left_out[0]:
        return "the log holds no completed activity."
    size = f"up to {max(map(len, observed.traces)):,} events, {len(observed.activities):,} activities"
    return f"there is none, because every trace is too much for the miner ({size})."
