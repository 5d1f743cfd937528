"""Workflow nets: the form that every model takes before the engine reads it."""

from __future__ import annotations

from dataclasses import dataclass

Marking = tuple[int, ...]


@dataclass(frozen=True)
class Transition:
    """A step of a net: ``label`` None is silent. ``consumes`` and ``produces``: (place, tokens) pairs."""

    label: str | None
    consumes: tuple[tuple[int, int], ...]
    produces: tuple[tuple[int, int], ...]


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
