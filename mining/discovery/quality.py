"""How good a discovered model is: fitness, precision, generalisation, simplicity, by our own engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.conformance.alignment import align, model_of
from mining.conformance.precision import Precision
from mining.conformance.traces import Traces
from mining.errors import ModelError
from mining.fit import fit_of

if TYPE_CHECKING:
    from mining.discovery.models import DiscoveredModel


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
        Cases whose least cost is not known, because the model has too many states.
    log_fitness, mean_fitness : tuple of float or None
        Lower and upper bound, as in :class:`mining.fit.Fit`.
    precision : Precision or None
        None where the model has too many states to list.
    n_states : int or None
        States of the model's smallest automaton.
    why_not : str
        Why the model is not measured; empty where it is.
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


def quality_of(found: DiscoveredModel) -> ModelQuality:
    """Measure a discovered model on all that was observed."""
    observed = found.observed
    counted = observed.counted
    n, k = sum(counted.values()), len(counted)
    if found.net is None:
        if not found.left_out[0]:
            return ModelQuality(n, k, why_not="the log holds no completed activity.")
        size = f"up to {max(map(len, observed.traces)):,} events, {len(observed.activities):,} activities"
        return ModelQuality(n, k, why_not=f"there is none, because every trace is too much for the miner ({size}).")
    try:
        model = model_of(found.net, name="the discovered model")
        code = [model.code.get(name, -1) for name in observed.names]
        traces = Traces.of_codes(len(model.labels), [[code[x] for x in trace] for trace in observed.traces if trace])
        aligned = align(model, traces)
    except ModelError as error:
        return ModelQuality(n, k, why_not=str(error))
    counts = np.array(list(counted.values()), np.int64)
    fit = fit_of(model, traces, aligned, counts, prefix=np.zeros(len(traces), bool))
    return ModelQuality(
        n, k, fit.n_fitting, fit.n_unsolved, fit.log_fitness, fit.mean_fitness, fit.precision, model.n_states
    )
