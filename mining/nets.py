"""Workflow nets: the form that every model takes before the engine reads it."""

from __future__ import annotations

from dataclasses import dataclass

from mining.errors import ModelError

Marking = tuple[int, ...]


@dataclass(frozen=True)
class Transition:
    """A step of a net: ``label`` None is silent. ``consumes`` and ``produces``: (place, tokens) pairs, sorted, each place once.

    Examples
    --------
    >>> Transition("a", ((1, 1), (0, 1), (1, 1)), ()).consumes
    ((0, 1), (1, 2))
    """

    label: str | None
    consumes: tuple[tuple[int, int], ...]
    produces: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        for side in ("consumes", "produces"):
            tokens: dict[int, int] = {}
            for place, k in getattr(self, side):
                if k < 1:
                    raise ModelError(
                        f"{self.label or 'A silent step'} {side} {k} tokens of place {place}: at least 1 is needed."
                    )
                tokens[place] = tokens.get(place, 0) + k
            object.__setattr__(self, side, tuple(sorted(tokens.items())))


@dataclass(frozen=True)
class WorkflowNet:
    """A Petri net with one initial and one final marking (tokens per place)."""

    transitions: tuple[Transition, ...]
    initial: Marking
    final: Marking

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of its transitions, sorted."""
        return tuple(sorted({t.label for t in self.transitions if t.label is not None}))
