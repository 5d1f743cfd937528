"""Which steps come next, and which came before, in nodes."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from mining.blueprint.bpmn.document import Element
from mining.blueprint.bpmn.nets import Node


class Neighbours:
    """The steps around an element, through gateways, events and messages.

    Parameters
    ----------
    nodes : list of Node
    steps : collection of str
        Ids of the drawn elements that are steps.

    Examples
    --------
    >>> line = [Node("s", "startEvent", "", (), ("f",)), Node("t", "task", "Pay", ("f",), ("g",)), Node("e", "endEvent", "", ("g",), ())]
    >>> Neighbours(line, ["t"]).after("s"), Neighbours(line, ["t"]).before("t")
    (('t',), ())
    """

    def __init__(self, nodes: list[Node], steps: Collection[str]) -> None:
        self.nodes, self.steps = nodes, set(steps)
        self.takers: dict[str, list[Node]] = {}
        self.givers: dict[str, list[Node]] = {}
        self.made: dict[str, list[Node]] = {}  # from each drawn element
        for n in nodes:
            self.made.setdefault(n.drawn, []).append(n)
            for flow in (*n.incoming, *n.needs):
                self.takers.setdefault(flow, []).append(n)
            for flow in n.outgoing:
                self.givers.setdefault(flow, []).append(n)

    def after(self, *drawn: str) -> tuple[str, ...]:
        """Steps that may come next after these elements."""
        return self._search(drawn, True)

    def before(self, *drawn: str) -> tuple[str, ...]:
        """Steps that may have come last before these elements."""
        return self._search(drawn, False)

    def first(self) -> tuple[str, ...]:
        """Steps with which the process may begin."""
        return self.after(*(n.drawn for n in self.nodes if n.kind == "startEvent"))

    def last(self) -> tuple[str, ...]:
        """Steps with which it may end."""
        return self.before(*(n.drawn for n in self.nodes if n.kind == "endEvent"))

    def rank(self, step: Element) -> int:
        """How soon a step can come, for an order of the steps that follows the flow."""
        return self._order.get(step.id, len(self._order))

    @cached_property
    def _order(self) -> dict[str, int]:
        found = dict.fromkeys(self.first())
        todo = list(found)
        while todo:
            after = [x for x in self.after(todo.pop(0)) if x not in found]
            found |= dict.fromkeys(after)
            todo += after
        return {step: i for i, step in enumerate(found)}

    def _search(self, drawn: Collection[str], forward: bool) -> tuple[str, ...]:
        found: dict[str, None] = {}
        todo = [n for id in dict.fromkeys(drawn) for n in self.made.get(id, ())]
        seen: set[int] = set()
        while todo:
            here = todo.pop(0)
            flows = here.outgoing if forward else (*here.incoming, *here.needs)
            for n in (n for flow in flows for n in (self.takers if forward else self.givers).get(flow, ())):
                own = n.parts or ((n.drawn,) if n.drawn in self.steps else ())
                found |= dict.fromkeys(own)
                if (not own or n.parts) and id(n) not in seen:  # an ad-hoc sub-process may be left without a step
                    seen.add(id(n))
                    todo.append(n)
        return tuple(found)
