"""What the checks of a design share: the blueprint, the days in question, and what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint import model as m
from mining.errors import BlueprintError

Days = tuple[date, date]


@dataclass(frozen=True, eq=False)
class Design:
    """A blueprint under audit. Its names may still be wrong: nothing here fails on a name that does not exist."""

    blueprint: m.Blueprint
    on: date | None = None
    log_days: Days | None = None
    used_allowances: Collection[str] | None = None
    unknown_labels: Mapping[str, int] | None = None
    never_seen: Collection[str] | None = None

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kind of each activity's lane; empty text for a lane that does not exist."""
        kinds = {lane.id: lane.kind for lane in self.blueprint.lanes}
        return {a.id: kinds.get(a.lane, "") for a in self.blueprint.activities}

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Activities that leave no trace in the log."""
        return frozenset(a.id for a in self.blueprint.activities if not a.observable)

    @cached_property
    def meets_customer(self) -> bool:
        """Whether the log can show steps on both sides of the line of interaction."""
        sides = {self.kinds[a.id] == "customer" for a in self.blueprint.activities if a.observable}
        return len(sides) == 2

    @cached_property
    def automaton(self) -> Automaton | None:
        """The runs of the flow; None if it is not sound, names activities that do not exist, or has too many states to list."""
        if not set(m.flow_activities(self.blueprint.flow)) <= self.blueprint.by_id.keys():
            return None
        try:
            return self.blueprint.automaton
        except (BlueprintError, TooManyStatesError):
            return None

    @property
    def has_starts(self) -> bool:
        """Whether the log section names where times of start come from."""
        binding = self.blueprint.binding
        return bool(binding.start or (binding.lifecycle and binding.lifecycle.start))


def days(first: date | str, last: date | str | None) -> str:
    """Two days as text; without the second, an open end.

    Examples
    --------
    >>> days("2026-01-01", None), days("2026-01-01", "2026-12-31")
    ('2026-01-01..', '2026-01-01..2026-12-31')
    """
    return f"{first}..{last or ''}"
