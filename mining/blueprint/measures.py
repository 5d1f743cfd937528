"""How much a design asks for: strictness of the flow over a log's events, complexity and divergence of the design itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product

from mining.blueprint import model as m
from mining.blueprint.compile import net_of
from mining.errors import ModelError

Pairs = frozenset[tuple[str, str]]
Firsts = tuple[frozenset[str], frozenset[str], bool, Pairs]  # first, last, may be left out, who may come next
NOTHING: Firsts = (frozenset(), frozenset(), True, frozenset())


@dataclass(frozen=True)
class Strictness:
    """How many of a log's events the flow holds to an order: those of activities outside every free region.

    A free region takes any of its activities, any number of times, in any order. Where many events lie in free regions, fitness is
    high whatever was done.

    Attributes
    ----------
    outside : int
        Events of activities that stand in no free region, those that the flow does not have at all included.
    free : int
        Events of activities that stand in free regions only.
    either : int
        Events of activities that stand in a free region and elsewhere as well. They count as free.
    unknown : int
        Events whose activity the blueprint does not know. They are not counted.
    """

    outside: int
    free: int
    either: int
    unknown: int

    @property
    def known(self) -> int:
        """Events of activities that the blueprint knows: the denominator."""
        return self.outside + self.free + self.either

    @property
    def share(self) -> float | None:
        """Share of the known events outside every free region, 0-1: 1 for a flow without free regions. None without events."""
        return self.outside / self.known if self.known else None

    @property
    def most(self) -> float | None:
        """The share if every event of ``either`` had happened outside; equal to ``share`` where there is none."""
        return (self.outside + self.either) / self.known if self.known else None


def free_activities(blueprint: m.Blueprint) -> tuple[frozenset[str], frozenset[str]]:
    """Activities that stand in a free region of the flow, and those of them that stand elsewhere in it as well.

    A free region is ``free`` in the YAML or an ad-hoc sub-process in a BPMN file: in the net, a step that gives back the one token
    that it takes. Steps that leave no trace in the log are left out.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> free, both = free_activities(read_blueprint("sample_logs/it_incident/blueprint.yaml"))
    >>> "resolve" in free, both
    (True, frozenset())
    """
    steps = [t for t in net_of(blueprint).transitions if t.label is not None]
    free = frozenset(str(t.label) for t in steps if t.consumes == t.produces)
    return free, free & {str(t.label) for t in steps if t.consumes != t.produces}


def strictness(blueprint: m.Blueprint, counts: Mapping[str, int]) -> Strictness:
    """Strictness of the flow of a blueprint, weighted by the events of a log.

    Parameters
    ----------
    blueprint : Blueprint
    counts : mapping of activity id to int
        Events of each activity. Names that are no activity of the blueprint are counted as unknown.

    Raises
    ------
    ModelError
        If a count is negative or no whole number.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> found = strictness(read_blueprint("sample_logs/bank_loan/blueprint.yaml"), {"apply": 3, "send_offer": 9, "lunch": 1})
    >>> found.share, found.known, found.unknown
    (0.25, 12, 1)
    """
    for name, n in counts.items():
        if isinstance(n, bool) or n != int(n) or n < 0:
            raise ModelError(f"The number of events of {name!r} is {n!r}. It must be a whole number of at least 0.")
    free, both = free_activities(blueprint)
    known = {name: int(n) for name, n in counts.items() if name in blueprint.by_id}
    inside = sum(n for name, n in known.items() if name in free - both)
    either = sum(n for name, n in known.items() if name in both)
    return Strictness(
        sum(known.values()) - inside - either, inside, either, int(sum(counts.values())) - sum(known.values())
    )


@dataclass(frozen=True)
class Design:
    """Complexity and divergence of a design (Shostack): how much there is to it, and how much room it leaves.

    Attributes
    ----------
    steps : int
        Activities in the flow, unobservable ones included.
    hand_offs : int
        Pairs of activities of which the second may come right after the first, in another lane or another role.
    lanes_crossed : int
        Borders between lanes that these pairs cross, in all.
    choices, optionals, loops, free_regions : int
        Where the flow leaves something open. Of a flow in a BPMN file ``choices`` are all points from which several ways lead,
        loops included, and ``optionals`` and ``loops`` are 0.
    """

    steps: int
    hand_offs: int
    lanes_crossed: int
    choices: int
    optionals: int
    loops: int
    free_regions: int

    @property
    def complexity(self) -> int:
        """Steps and hand-offs."""
        return self.steps + self.hand_offs

    @property
    def divergence(self) -> int:
        """Choices, options, loops and free regions."""
        return self.choices + self.optionals + self.loops + self.free_regions


def design_of(blueprint: m.Blueprint) -> Design:
    """Complexity and divergence of a design; needs no log and no automaton.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> design_of(read_blueprint("sample_logs/bank_loan/blueprint.yaml")).divergence
    7
    """
    flow = blueprint.flow
    lane = {x.id: i for i, x in enumerate(blueprint.lanes)}
    place = {a.id: lane[a.lane] for a in blueprint.activities}
    role = {a.id: a.role for a in blueprint.activities}
    pairs = sorted(follows(flow))
    passed = [(a, b) for a, b in pairs if place[a] != place[b] or (role[a] and role[b] and role[a] != role[b])]
    crossed = sum(abs(place[a] - place[b]) for a, b in passed)
    nodes = list(m.flow_nodes(flow))
    if isinstance(flow, m.Graph):
        free = {t.consumes for t in flow.net.transitions if t.label is not None and t.consumes == t.produces}
        takers: dict[int, int] = {}
        for t in flow.net.transitions:
            for p, _ in t.consumes:
                takers[p] = takers.get(p, 0) + 1
        choices = sum(n > 1 and ((p, 1),) not in free for p, n in takers.items())
        return Design(len(flow.activities), len(passed), crossed, choices, 0, 0, len(free))
    many = {kind: sum(isinstance(node, kind) for node in nodes) for kind in (m.Choice, m.Optional_, m.Loop, m.Free)}
    return Design(len(m.flow_activities(flow)), len(passed), crossed, *many.values())


def follows(flow: m.Flow) -> Pairs:
    """Pairs of activities of which the second may come right after the first in some run; limits of loops are left out.

    Examples
    --------
    >>> sorted(follows(m.Sequence((m.Step("a"), m.Optional_(m.Step("b")), m.Step("c")))))
    [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    return frozenset(flow.follows) if isinstance(flow, m.Graph) else _firsts(flow)[3]


def _firsts(flow: m.Flow) -> Firsts:
    match flow:
        case m.Step(activity):
            return frozenset({activity}), frozenset({activity}), False, frozenset()
        case m.Sequence(items):
            whole = _firsts(items[0])
            for item in items[1:]:
                whole = _joined(whole, _firsts(item))
            return whole
        case m.Choice(items):
            parts = [_firsts(item) for item in items]
            return *_united(parts), any(part[2] for part in parts), frozenset().union(*(part[3] for part in parts))
        case m.Parallel(items):
            parts = [_firsts(item) for item in items]
            steps = [m.flow_activities(item) for item in items]
            beside = [frozenset(product(x, y)) for i, x in enumerate(steps) for j, y in enumerate(steps) if i != j]
            return *_united(parts), all(part[2] for part in parts), frozenset().union(*(p[3] for p in parts), *beside)
        case m.Optional_(item):
            first, last, _, pairs = _firsts(item)
            return first, last, True, pairs
        case m.Loop(body, redo):
            once, again = _firsts(body), (NOTHING if redo is None else _firsts(redo))
            first, last, _, pairs = reduce(_joined, (once, again, once, again, once))
            return first, last, once[2], pairs
        case m.Free(activities):
            every = frozenset(activities)
            return every, every, True, frozenset(product(every, every))
        case _:
            raise AssertionError("a flow in a BPMN file stands alone")


def _united(parts: list[Firsts]) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset().union(*(part[0] for part in parts)), frozenset().union(*(part[1] for part in parts))


def _joined(one: Firsts, two: Firsts) -> Firsts:
    """One after the other."""
    first = one[0] | two[0] if one[2] else one[0]
    last = one[1] | two[1] if two[2] else two[1]
    return first, last, one[2] and two[2], one[3] | two[3] | frozenset(product(one[1], two[0]))
