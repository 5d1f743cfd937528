"""The search for a repair: edit by edit, the one that gains the most cases for what it costs, each measured on all distinct traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from mining.automaton import Automaton, TooManyStatesError, build
from mining.blueprint import model as m
from mining.blueprint.compile import loop_limits, write_net
from mining.conformance import programme
from mining.conformance.alignment import Alignments, align
from mining.conformance.levels import MOST_LISTED
from mining.conformance.traces import Traces
from mining.discovery.edits import Edit
from mining.discovery.proposals import Fault, faults_of, proposals
from mining.errors import BlueprintError, ModelError
from mining.fit import Fit, fit_of

MOST_TRIED = 30_000  # flows whose automaton is built and walked, in all
MOST_IN_ROUND = 1_500
FINALISTS = 6  # of which the precision is measured
MOST_FAULTS = 300  # distinct traces that do not fit from which edits are proposed, the most frequent ones
SMALL = 0.01  # share of the cases; where the best edit gains less, pairs are looked at as well
WIDE = ("free", "any_time")  # kinds of edit beside which pairs of narrower ones are looked at as well
PAIRS_FROM, PAIRS_WITH = 40, 5  # edits whose alignments are compared; of these those that are tried as the first of two


class OutOfWorkError(Exception):
    """The bound on the work is reached."""


@dataclass(frozen=True, eq=False)
class Cases:
    """The judged cases as distinct traces.

    Attributes
    ----------
    alphabet : tuple of str
        Ids of activities; labels that the blueprint does not know have an id for the draft.
    traces : tuple of tuples of int
        Positions in the alphabet, the most frequent first.
    running : bool array of shape (n_traces,)
    weight : int64 array of shape (n_traces,)
        Judged cases of each.
    """

    alphabet: tuple[str, ...]
    traces: tuple[tuple[int, ...], ...]
    running: np.ndarray
    weight: np.ndarray

    @property
    def n(self) -> int:
        """Judged cases."""
        return int(self.weight.sum())

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The traces in ids."""
        return tuple(tuple(self.alphabet[x] for x in trace) for trace in self.traces)

    @cached_property
    def _flat(self) -> Traces:
        return Traces.of_codes(len(self.alphabet), self.traces)

    def encoded(self, model: Automaton, rows: np.ndarray | None = None) -> Traces:
        """The traces, or some of them, in the codes of a model."""
        lookup = np.array([model.code.get(x, len(model.labels)) for x in self.alphabet], np.int32)
        flat = self._flat if rows is None else self._flat.take(rows)
        return Traces(lookup[flat.codes] if len(flat.codes) else flat.codes, flat.starts)


@dataclass(frozen=True, eq=False)
class Stand:
    """A flow with what it fits.

    Attributes
    ----------
    fits : bool array of shape (n_traces,)
    """

    flow: m.Flow
    model: Automaton
    fits: np.ndarray


@dataclass(frozen=True, eq=False)
class Taken:
    """An edit that was taken: the stand after it, the cases it gained, and whether it gains only with its neighbour (``pair``)."""

    edit: Edit
    before: Stand
    after: Stand
    gained: int
    fit: Fit
    pair: bool = False


@dataclass(eq=False)
class Search:
    """The search on one blueprint and its cases; it counts what it tried and what it had to leave out."""

    blueprint: m.Blueprint
    flow: m.Flow
    cases: Cases
    most: int = MOST_TRIED
    tried: int = 0
    too_large: int = 0
    breaks_limit: int = 0
    out_of_work: bool = False
    silent: frozenset[str] = field(init=False)
    limits: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.silent = frozenset(a.id for a in self.blueprint.activities if not a.observable)
        self.limits = frozenset(rule.id for rule in loop_limits(replace(self.blueprint, flow=self.flow)))

    # --- one flow ----------------------------------------------------------------------------------------------------------

    def begin(self) -> Stand:
        """The flow as it stands.

        Raises
        ------
        ModelError
            If it has too many states to list.
        """
        model = build(write_net(self.flow, silent=self.silent), name="the flow", most_states=10 * MOST_LISTED)
        fits = _walk(model, self.cases, np.arange(len(self.cases.traces)))
        return Stand(self.flow, model, fits)

    def fit(self, stand: Stand) -> Fit:
        """Fitness and precision of the judged cases."""
        found = self._aligned(stand)
        traces = self.cases.encoded(stand.model)
        return fit_of(stand.model, traces, found, self.cases.weight, prefix=self.cases.running)

    def _aligned(self, stand: Stand, rows: np.ndarray | None = None) -> Alignments:
        prefix = self.cases.running if rows is None else self.cases.running[rows]
        return align(stand.model, self.cases.encoded(stand.model, rows), prefix=prefix)

    def _edited(self, stand: Stand, edit: Edit) -> Stand | None:
        """The stand after an edit; None where its automaton is too large, or a limit of a loop would be lost."""
        if self.tried >= self.most:
            self.out_of_work = True
            raise OutOfWorkError
        self.tried += 1
        flow = edit.applied(stand.flow)
        try:
            if self.limits - {rule.id for rule in loop_limits(replace(self.blueprint, flow=flow))}:
                self.breaks_limit += 1
                return None
            model = build(write_net(flow, silent=self.silent), name="the flow", most_states=10 * MOST_LISTED)
        except TooManyStatesError:
            self.too_large += 1
            return None
        except BlueprintError:
            self.breaks_limit += 1
            return None
        if model.n_states > MOST_LISTED:
            self.too_large += 1
            return None
        rows = np.flatnonzero(~stand.fits)
        fits = stand.fits.copy()
        fits[rows] = _walk(model, self.cases, rows)
        return Stand(flow, model, fits)

    def _gained(self, before: Stand, after: Stand) -> int:
        return int(self.cases.weight[after.fits & ~before.fits].sum())

    # --- one step ----------------------------------------------------------------------------------------------------------

    def _proposed(self, stand: Stand) -> tuple[list[tuple[Edit, int]], np.ndarray]:
        """Edits that the most frequent traces that do not fit point to, and these traces."""
        rows = np.flatnonzero(~stand.fits & (self.cases.weight > 0))
        weight = self.cases.weight[rows]
        rows = rows[np.lexsort((rows, -weight))][:MOST_FAULTS]
        words = [self.cases.words[k] for k in rows]
        faults = faults_of(stand.model, words, self.cases.weight[rows].tolist(), self._aligned(stand, rows))
        return self._listed(stand.flow, faults), rows

    def _listed(self, flow: m.Flow, faults: list[Fault]) -> list[tuple[Edit, int]]:
        return proposals(flow, faults, silent=self.silent, known=frozenset(self.blueprint.by_id))

    def _singles(self, stand: Stand, listed: list[tuple[Edit, int]], most: int) -> list[tuple[Edit, Stand, int]]:
        """Edits that gain something, by cases per cost; it stops when no other could be better than the best so far."""
        found: list[tuple[Edit, Stand, int]] = []
        rates: list[float] = []
        for edit, weight in listed[:most]:
            if len(rates) >= FINALISTS and weight / edit.cost < sorted(rates)[-FINALISTS]:
                break
            after = self._edited(stand, edit)
            if after is not None and (gained := self._gained(stand, after)):
                found.append((edit, after, gained))
                rates.append(gained / edit.cost)
        return sorted(found, key=lambda x: (-x[2] / x[0].cost, x[0].key))

    def step(self, stand: Stand, fit: Fit) -> list[Taken]:
        """The next edit, or the next two where they gain more together; empty where nothing gains a case."""
        listed, rows = self._proposed(stand)
        singles = self._singles(stand, listed, MOST_IN_ROUND)
        ways = [[single] for single in singles[:FINALISTS]]
        if not singles or singles[0][0].kind in WIDE or max(x[2] for x in singles) < SMALL * self.cases.n:
            ways += self._pairs(stand, listed, rows)
        best: tuple[float, list[Taken]] | None = None
        for way in ways:
            taken = self._measured(stand, way)
            value = self._value(taken, fit)
            if best is None or value > best[0] * (1 + 1e-12):
                best = value, taken
        return best[1] if best else []

    def _measured(self, stand: Stand, way: list[tuple[Edit, Stand, int]]) -> list[Taken]:
        taken, before = [], stand
        for edit, after, _ in way:
            gained = self._gained(before, after)
            taken.append(Taken(edit, before, after, gained, self.fit(after), len(way) > 1))
            before = after
        return taken

    def _value(self, taken: list[Taken], fit: Fit) -> float:
        """Cases gained, times the share of the precision that is kept, per cost."""
        kept = _precision(taken[-1].fit) / _precision(fit) if _precision(fit) else 1.0
        return sum(x.gained for x in taken) * min(kept, 1.0) / sum(x.edit.cost for x in taken)

    def _pairs(
        self, stand: Stand, listed: list[tuple[Edit, int]], rows: np.ndarray
    ) -> list[list[tuple[Edit, Stand, int]]]:
        """Two edits of which the first brings cases nearer to the flow and the second lets them fit."""
        weight = self.cases.weight[rows]
        cost = self._aligned(stand, rows).cost
        nearer = []
        for edit, _ in listed[:PAIRS_FROM]:
            after = self._edited(stand, edit)
            if after is None:
                continue
            less = int(((cost - self._aligned(after, rows).cost) * weight).sum())
            if less > 0:
                nearer.append((-less / edit.cost, edit.key, edit, after))
        found = []
        for _, _, edit, after in sorted(nearer, key=lambda x: x[:2])[:PAIRS_WITH]:
            second = self._singles(after, self._proposed(after)[0], PAIRS_FROM * PAIRS_WITH)
            found += [[(edit, after, 0), one] for one in second[:2]]
        return found


def steps(search: Search) -> Iterator[Taken]:
    """Edit after edit, until none gains a case or the work is used up; two that belong together come one after the other."""
    stand = search.begin()
    fit = search.fit(stand)
    while not stand.fits[search.cases.weight > 0].all():
        try:
            taken = search.step(stand, fit)
        except OutOfWorkError:
            return
        if not taken:
            return
        yield from taken
        stand, fit = taken[-1].after, taken[-1].fit


def _walk(model: Automaton, cases: Cases, rows: np.ndarray) -> np.ndarray:
    """Which of some traces are runs, or beginnings of runs where the cases still run."""
    traces = cases.encoded(model, rows)
    fits: np.ndarray = programme.replay(traces.starts, traces.codes, cases.running[rows], model.delta, model.final)
    return fits


def _precision(fit: Fit) -> float:
    value = fit.precision.value if fit.precision else float("nan")
    return value if value == value else 0.0


def checked_share(share: float) -> float:
    """A share of cases that can be asked for.

    Raises
    ------
    ModelError
        If it is no number above 0 and at most 1.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise ModelError(f"share is {share!r}; it is a part of the cases above 0 and at most 1, such as 0.8.")
    return float(share)
