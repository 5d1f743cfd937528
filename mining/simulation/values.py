"""What the row of a step says of its attributes: proofs filled in and nothing failed, or a fault of exactly one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from mining.blueprint import model as m
from mining.simulation import standards as time_standards
from mining.simulation.people import candidates
from mining.simulation.rules import applies
from mining.simulation.service import Service
from mining.simulation.stream import Stream

Values = tuple[tuple[str, Any], ...]
MOST_COMBINED = 4000


class ValueMaker:
    """Draws the values of the attributes that belong to steps."""

    def __init__(self, service: Service) -> None:
        blueprint = service.blueprint
        self.types = {name: attribute.type for name, attribute in blueprint.binding.attributes.items()}
        self.touchpoint = {a.id: a.touchpoint for a in blueprint.activities if a.touchpoint}
        promises = [s for s in blueprint.standards if s.metric == "attribute" and s.of]
        self.promises = {a.id: [s for s in promises if a.id in s.of] for a in blueprint.activities}
        self.names = {a.id: self._names(a, service.step_attributes) for a in blueprint.activities}
        self.offered = {name: candidates(blueprint, name) for names in self.names.values() for name in names}

    def _names(self, activity: m.Activity, of_steps: frozenset[str]) -> list[str]:
        contact = activity.touchpoint
        mine = [proof.attr for proof in contact.proofs] + [c.attr for c in contact.fails_when] if contact else []
        mine += [s.attr for s in self.promises[activity.id]]
        return [name for name in dict.fromkeys(mine) if name in of_steps and self.types.get(name) != "datetime"]

    def fine(self, activity: str, stream: Stream) -> Values:
        """Values with which the step proves what it should and did not fail.

        A step without attributes of its own takes no random number.
        """
        return next(self._with(activity, stream, lambda row: not self._failed(activity, row)), ())

    def failed(self, activity: str, stream: Stream) -> Iterator[Values]:
        """Values with which the step failed, and keeps all other promises."""
        yield from self._with(activity, stream, lambda row: self._failed(activity, row))

    def wrong(self, activity: str, standard: m.Standard, values: Values, stream: Stream) -> Iterator[Values]:
        """The values with one that the standard does not promise."""
        name = standard.attr or ""
        for value in wrong_values(standard, self.offered.get(name, []), stream):
            yield tuple({**dict(values), name: value}.items())

    def _failed(self, activity: str, row: Mapping[str, Any]) -> bool:
        contact = self.touchpoint.get(activity)
        return bool(contact and contact.fails_when and applies(contact.fails_when, row))

    def _with(self, activity: str, stream: Stream, wanted: Callable[[Mapping[str, Any]], bool]) -> Iterator[Values]:
        names = self.names.get(activity, [])
        if not names:
            return
        offers = [stream.shuffled(self.offered[name]) for name in names]
        for number, chosen in enumerate(product(*offers)):
            row = dict(zip(names, chosen, strict=True))
            kept = all(time_standards.promised(s, row[s.attr]) for s in self.promises[activity] if s.attr in row)
            if kept and wanted(row):
                yield tuple(row.items())
            if number > MOST_COMBINED:
                return


def wrong_values(standard: m.Standard, offered: list[Any], stream: Stream) -> list[Any]:
    """Values that an attribute standard does not promise, in random order."""
    beside = [x * 2 + 1 for x in (standard.limit,) if isinstance(x, int | float)]
    beside += [x / 2 for x in (standard.minimum,) if isinstance(x, int | float)]
    text = all(isinstance(x, str) for x in (*offered, *standard.one_of))
    extra = ["something else"] if standard.one_of and text else []
    found = [x for x in dict.fromkeys([*offered, *beside, *extra]) if not time_standards.promised(standard, x)]
    return stream.shuffled(found)
