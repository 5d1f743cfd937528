"""The part of an automaton that given runs pass through, for flows whose automaton has too many states to list.

A flow is cut, from the top, at its sequences, parallels, choices and options, until every piece has few states. Where no activity
stands in two pieces, a state of the whole is made of the states of the pieces, and is found when a run comes to it. The states are those of
the smallest automaton: over pieces without a common activity, two states of the whole have the same future only if those of the pieces
have. Loops cannot be cut in this way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np

from mining.automaton import Automaton, TooManyStatesError, build
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.conformance.alignment import Alignments
from mining.conformance.programme import LOG
from mining.errors import ModelError

FEW = 2_000  # reachable markings of a piece
MOST_VISITED = 200_000  # states that the runs may pass through

State = Hashable


class Piece(ABC):
    """A flow as an automaton that is walked, not listed."""

    alphabet: frozenset[str]
    start: State

    @abstractmethod
    def allowed(self, state: State) -> frozenset[str]:
        """The labels with which a complete run can go on."""

    @abstractmethod
    def step(self, state: State, label: str) -> State:
        """The state after one of the allowed labels."""

    @abstractmethod
    def final(self, state: State) -> bool:
        """Whether a run may end here."""


def piece_of(flow: m.Flow) -> Piece | None:
    """A flow in pieces with few states; None where it cannot be cut: at a large loop, or if an activity stands in several places.

    Examples
    --------
    >>> both = m.Parallel((m.Step("a"), m.Step("b")))
    >>> piece = piece_of(both)
    >>> sorted(piece.allowed(piece.start)), sorted(piece.allowed(piece.step(piece.start, "a")))
    (['a', 'b'], ['b'])
    """
    try:
        return _Listed(build(write_net(flow), most_states=FEW))
    except TooManyStatesError:
        pass
    match flow:
        case m.Optional_(item):
            inner = piece_of(item)
            return None if inner is None else inner if inner.final(inner.start) else _Optional(inner)
        case m.Sequence() | m.Parallel() | m.Choice():
            inside = [piece_of(item) for item in m.children(flow)]
            pieces = [piece for piece in inside if piece is not None]
            if len(pieces) < len(inside) or _overlap(pieces):
                return None
            return KINDS[type(flow)](pieces)
        case _:
            return None


def visited_part(
    flow: m.Flow, labels: tuple[str, ...], found: Alignments, *, most: int = MOST_VISITED
) -> Automaton | None:
    """The states that the runs of solved alignments pass through, with all that is allowed in them.

    Parameters
    ----------
    flow : Flow
    labels : tuple of str
        Those of the model that the traces were aligned with.
    found : Alignments
    most : int
        Limit on the states.

    Returns
    -------
    Automaton or None
        States are numbered as the runs come to them; what is allowed and never taken leads to the last one, which stands for all others.
        None if the flow cannot be cut into pieces.

    Raises
    ------
    ModelError
        If a run is none of the flow, or passes through too many states.
    """
    piece = piece_of(flow)
    if piece is None:
        return None
    walk = _Walk(piece, labels, most)
    in_run = found.kind != LOG
    begin = np.concatenate(([0], np.cumsum(in_run)))[found.first].tolist()
    codes = found.label[in_run].tolist()
    for k in np.flatnonzero(found.solved).tolist():
        walk.follow(codes[begin[k] : begin[k + 1]])
    return walk.automaton()


class _Walk:
    """States as they are come to, and the arcs between them."""

    def __init__(self, piece: Piece, labels: tuple[str, ...], most: int) -> None:
        self.piece, self.labels, self.most = piece, labels, most
        self.number: dict[State, int] = {piece.start: 0}
        self.states: list[State] = [piece.start]
        self.arcs: dict[tuple[int, int], int] = {}

    def follow(self, codes: Sequence[int]) -> None:
        here = 0
        for code in codes:
            after = self.arcs.get((here, code))
            here = self._new(here, code) if after is None else after
        if not self.piece.final(self.states[here]):
            raise ModelError("The alignments hold runs that are not complete runs of this flow.")

    def _new(self, here: int, code: int) -> int:
        label, state = self.labels[code], self.states[here]
        if label not in self.piece.allowed(state):
            raise ModelError(f"The alignments hold a step that this flow does not allow: {label!r}.")
        after = self.piece.step(state, label)
        if after not in self.number:
            if len(self.states) >= self.most:
                raise ModelError(f"The runs pass through more than {self.most:,} states of the model.")
            self.number[after] = len(self.states)
            self.states.append(after)
        self.arcs[here, code] = self.number[after]
        return self.number[after]

    def automaton(self) -> Automaton:
        n, code = len(self.states), {label: i for i, label in enumerate(self.labels)}
        delta = np.full((n + 1, len(self.labels)), -1, np.int32)
        for s, state in enumerate(self.states):
            delta[s, [code[label] for label in self.piece.allowed(state)]] = n
        for (s, a), t in self.arcs.items():
            delta[s, a] = t
        return Automaton(self.labels, delta, np.array([*map(self.piece.final, self.states), False]))


class _Listed(Piece):
    """A piece with few states."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        self.alphabet, self.start = frozenset(automaton.labels), 0
        self._allowed = [frozenset(after) for after in automaton.successors]

    def allowed(self, state: State) -> frozenset[str]:
        return self._allowed[self._at(state)]

    def step(self, state: State, label: str) -> State:
        return self.automaton.successors[self._at(state)][label]

    def final(self, state: State) -> bool:
        return bool(self.automaton.final[self._at(state)])

    @staticmethod
    def _at(state: State) -> int:
        assert isinstance(state, int)
        return state


class _Several(Piece):
    """Pieces without a common activity."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = tuple(pieces)
        self.owner = {label: i for i, piece in enumerate(self.pieces) for label in piece.alphabet}
        self.alphabet = frozenset(self.owner)


class _Parallel(_Several):
    """State: one of each piece."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        super().__init__(pieces)
        self.start = tuple(piece.start for piece in self.pieces)

    def allowed(self, state: State) -> frozenset[str]:
        assert isinstance(state, tuple)
        return frozenset().union(*(piece.allowed(at) for piece, at in zip(self.pieces, state, strict=True)))

    def step(self, state: State, label: str) -> State:
        assert isinstance(state, tuple)
        i = self.owner[label]
        return (*state[:i], self.pieces[i].step(state[i], label), *state[i + 1 :])

    def final(self, state: State) -> bool:
        assert isinstance(state, tuple)
        return all(piece.final(at) for piece, at in zip(self.pieces, state, strict=True))


class _Sequence(_Several):
    """State: number of a piece and its state. Where a piece can only end, the state is the start of the next one."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        super().__init__(pieces)
        self.start = self._at(0, self.pieces[0].start)

    def _at(self, i: int, state: State) -> State:
        while i + 1 < len(self.pieces) and not self.pieces[i].allowed(state):
            i, state = i + 1, self.pieces[i + 1].start
        return i, state

    def _reach(self, state: State) -> list[tuple[int, State]]:
        """The pieces that may come next with their states: this one and, as long as all before may end, those after it."""
        assert isinstance(state, tuple)
        i, at = state
        found = [(i, at)]
        while self.pieces[i].final(at) and i + 1 < len(self.pieces):
            i, at = i + 1, self.pieces[i + 1].start
            found.append((i, at))
        return found

    def allowed(self, state: State) -> frozenset[str]:
        return frozenset().union(*(self.pieces[i].allowed(at) for i, at in self._reach(state)))

    def step(self, state: State, label: str) -> State:
        i = self.owner[label]
        return self._at(i, self.pieces[i].step(dict(self._reach(state))[i], label))

    def final(self, state: State) -> bool:
        i, at = self._reach(state)[-1]
        return i + 1 == len(self.pieces) and self.pieces[i].final(at)


class _Choice(_Several):
    """State: None before the choice, then number of the piece and its state; -1 where the choice can only end."""

    start = None

    def allowed(self, state: State) -> frozenset[str]:
        if state is None:
            return frozenset().union(*(piece.allowed(piece.start) for piece in self.pieces))
        assert isinstance(state, tuple)
        i, at = state
        return frozenset() if i < 0 else self.pieces[i].allowed(at)

    def step(self, state: State, label: str) -> State:
        i = self.owner[label]
        assert state is None or isinstance(state, tuple)
        after = self.pieces[i].step(self.pieces[i].start if state is None else state[1], label)
        return (i, after) if self.pieces[i].allowed(after) else (-1, None)

    def final(self, state: State) -> bool:
        if state is None:
            return any(piece.final(piece.start) for piece in self.pieces)
        assert isinstance(state, tuple)
        i, at = state
        return i < 0 or self.pieces[i].final(at)


KINDS: dict[type, Callable[[list[Piece]], Piece]] = {m.Sequence: _Sequence, m.Parallel: _Parallel, m.Choice: _Choice}


class _Optional(Piece):
    """State: that of the piece, or None before it."""

    start = None

    def __init__(self, piece: Piece) -> None:
        self.piece, self.alphabet = piece, piece.alphabet

    def allowed(self, state: State) -> frozenset[str]:
        return self.piece.allowed(self.piece.start if state is None else state)

    def step(self, state: State, label: str) -> State:
        return self.piece.step(self.piece.start if state is None else state, label)

    def final(self, state: State) -> bool:
        return state is None or self.piece.final(state)


def _overlap(pieces: Sequence[Piece]) -> bool:
    return sum(len(piece.alphabet) for piece in pieces) > len(frozenset().union(*(p.alphabet for p in pieces)))
