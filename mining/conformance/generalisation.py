"""How likely the next step is one that was not seen where it happens: generalisation of a model by its states."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mining._kernels import kernel
from mining.automaton import Automaton
from mining.conformance.alignment import Alignments, Model
from mining.conformance.programme import LOG, MODEL
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.errors import ModelError


@dataclass(frozen=True, eq=False)
class Generalisation:
    """One less the chance that the next step, where it happens, is one not seen there before, as a mean over all steps.

    Attributes
    ----------
    new : float
        Numerator: sum over all steps of the chance that the next step in the state of this one is new.
    steps : int
        Denominator: steps of all cases; a step is a synchronous or a model move.
    thin : int
        Steps in states so seldom visited that the next one there is taken to be new for sure (n < w + 2).
    n_states : int
        States in which a step was taken.
    n_left_out : int
        Cases whose alignment is not proven to be optimal; they are in none of the other numbers.
    """

    new: float
    steps: int
    thin: int
    n_states: int
    n_left_out: int

    @property
    def value(self) -> float:
        """``1 - new / steps``, 0 to 1; NaN where there is no step."""
        return 1.0 - self.new / self.steps if self.steps else float("nan")


def generalisation(
    model: Model, traces: Traces, found: Alignments, counts: Sequence[int] | np.ndarray
) -> Generalisation:
    r"""Generalisation over the states of the smallest deterministic automaton.

    Every trace is replaced by the run of the model in its alignment, as for :func:`mining.conformance.precision.precision`. Each step
    of a run happens in a state. With *n(s)* the steps taken in state *s*, every case counted and as often as it comes by, and *w(s)* the
    number of distinct labels among them,

    .. math:: generalisation = 1 - \frac{\sum_s n(s) \cdot p(s)}{\sum_s n(s)}, \qquad
              p(s) = \frac{w(s) (w(s) + 1)}{n(s) (n(s) - 1)} \text{ if } n(s) \ge w(s) + 2, \text{ else } 1.

    *p(s)* estimates the chance that the next step in *s* is one not seen there yet.

    Parameters
    ----------
    model : Automaton
    traces : Traces
    found : Alignments
        Of these traces with this model.
    counts : sequence of int
        Cases of each trace.

    Returns
    -------
    Generalisation
        Does not depend on the order of the traces, nor on how cases with the same run are spread over traces.

    Raises
    ------
    ModelError
        If the model has too many states to list, or the alignments are not of these traces or not of this model.

    Notes
    -----
    *Source:* van der Aalst, Adriansyah and van Dongen, "Replaying history on process models for conformance checking and performance
    analysis", WIREs Data Mining and Knowledge Discovery 2 (2012), event-based generalisation.

    *Log moves* happen in no state of the model: they are steps of no run, and are left out; fitness speaks of them. *Model moves* are
    steps of the run, although nobody recorded them, so that the states after them are those of precision.

    *The end of a case* is no step, as it is no edge in precision: a state in which cases only end is never counted.

    *With several optimal alignments* the one chosen matters; the choice is the same on every run, and the one that precision walks.

    *What a state is* does not depend on how the model is drawn: nets with the same complete runs have the same automaton. pm4py's measure
    of this name is another one (Buijs, van Dongen and van der Aalst 2014): the mean of 1 / sqrt(times fired) over the transitions of the
    drawn net, silent ones included, in a token replay.

    *What to mind.* Few states that are visited often give a high value, so a model that allows everything has the highest: read it
    beside precision, never alone.

    Examples
    --------
    Ten cases: an a, then eight times b and twice c. p is 1 x 2 / (10 x 9) at the start and 2 x 3 / (10 x 9) after the a.

    >>> from mining.automaton import build
    >>> from mining.conformance.alignment import align
    >>> from mining.nets import Transition, WorkflowNet
    >>> steps = [Transition("a", ((0, 1),), ((1, 1),)), *(Transition(x, ((1, 1),), ((2, 1),)) for x in "bcd")]
    >>> model = build(WorkflowNet(tuple(steps), (1, 0, 0), (0, 0, 1)))
    >>> traces = Traces.of(model.labels, ["ab", "ac"])
    >>> measured = generalisation(model, traces, align(model, traces), [8, 2])
    >>> measured.steps, round(measured.new, 6), round(measured.value, 6)
    (20, 0.888889, 0.955556)
    """
    if isinstance(model, LargeNet):
        raise ModelError(f"Generalisation is not measured for {model.name}: it has too many states to list.")
    cases = np.asarray(counts, np.int64)
    read = np.concatenate(([0], np.cumsum(found.kind != MODEL)))
    if len(cases) != len(traces) or not np.array_equal(read[found.first], traces.starts):
        raise ModelError("The alignments and counts are not of these traces: their numbers of traces or events differ.")
    weights = np.where(found.solved, cases, 0)
    visits = step_counts(model, found, weights)
    if visits is None:
        raise ModelError(
            "The alignments hold steps that this model does not allow: give the model that they were made with."
        )
    n, w = visits.sum(axis=1), (visits > 0).sum(axis=1)
    n, w = n[n > 0], w[n > 0]
    enough = n >= w + 2
    new = np.where(enough, w * (w + 1) / np.maximum(n - 1, 1), n)  # n times p
    return Generalisation(
        new=math.fsum(new.tolist()),
        steps=int(n.sum()),
        thin=int(n[~enough].sum()),
        n_states=len(n),
        n_left_out=int((cases - weights).sum()),
    )


def step_counts(model: Automaton, found: Alignments, weights: np.ndarray) -> np.ndarray | None:
    """By state and label, how often the runs of the alignments take the step; None if the model does not allow one of them."""
    in_run = found.kind != LOG
    begin = np.concatenate(([0], np.cumsum(in_run)))[found.first]
    taken, fine = _taken(model.delta, found.label[in_run], begin, weights)
    return taken if fine else None


@kernel
def _taken(delta, codes, begin, weights):  # pragma: no cover
    """How often each label is taken in each state, and whether all runs are ones of the model. Runs without cases are passed over."""
    taken = np.zeros(delta.shape, np.int64)
    for k in range(weights.size):
        if weights[k] == 0:
            continue
        state = 0
        for e in range(begin[k], begin[k + 1]):
            a = codes[e]
            after = delta[state, a] if 0 <= a < delta.shape[1] else -1
            if after < 0:
                return taken, False
            taken[state, a] += weights[k]
            state = after
    return taken, True
