"""Which step follows which in the designed flow, gathered into few connections, and where the flow parts and meets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mining.blueprint.model import Choice, Flow, Free, Graph, Loop, Optional_, Parallel, Sequence, Step


@dataclass(frozen=True)
class Region:
    """Steps in any order; drawn as one bar, so ``id`` stands for all of them in the arrows."""

    id: str
    letter: str
    activities: tuple[str, ...]


@dataclass(frozen=True)
class Gateway:
    """A diamond in the flow: ``kind`` is ``choice`` or ``parallel``; ``joins``: where parallel branches meet again.

    The kind ``start`` is a circle: where a flow begins whose first step is not fixed.
    """

    id: str
    kind: str
    joins: bool = False


@dataclass(frozen=True)
class Net:
    """Every one of ``sources`` may be followed directly by every one of ``targets``.

    ``kind``: ``flow``; ``redo``, the way into the second part of a loop; ``loop``, the way back. ``optional``: targets
    that may be left out. ``limit``: most rounds of the loop. ``change``: how it differs from an older version, as one of
    ``+``, ``–`` and ``~``.
    """

    kind: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    optional: tuple[str, ...] = ()
    limit: int | None = None
    change: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All combinations of a source and a target."""
        return tuple((a, b) for a in self.sources for b in self.targets)


@dataclass(frozen=True)
class Wiring:
    """What a flow looks like: connections, regions of any order, diamonds.

    ``nets`` begin and end at activities, regions and diamonds.
    """

    nets: tuple[Net, ...]
    regions: tuple[Region, ...]
    gateways: tuple[Gateway, ...]

    @cached_property
    def steps(self) -> tuple[Net, ...]:
        """The connections with the diamonds left out: which activity or region may come directly after which."""
        gates = {g.id for g in self.gateways}
        after: dict[str, list[tuple[str, str]]] = {}
        for net in self.nets:
            for a, b in net.pairs:
                after.setdefault(a, []).append((b, net.kind))

        def ahead(id: str, kind: str) -> Iterator[tuple[str, str]]:
            if id not in gates:
                yield id, kind
                return
            for b, then in after.get(id, []):
                yield from ahead(b, kind if then == "flow" else then)

        links: dict[tuple[str, str], _Link] = {}
        for a in after:
            for b, kind in [] if a in gates else after[a]:
                for c, way in ahead(b, kind):
                    if (a, c) not in links or way == "flow":
                        links[a, c] = _Link(way)
        return _gathered(links)


@dataclass(frozen=True)
class _Link:
    """What is known of one pair."""

    kind: str
    optional: bool = False
    limit: int | None = None


@dataclass(frozen=True)
class _Part:
    """First steps of a flow node with whether each may be left out, its last steps, and whether it may be skipped."""

    firsts: dict[str, bool]
    lasts: tuple[str, ...]
    skippable: bool = False


@dataclass
class _Reader:
    """Collects pairs while the flow is walked once."""

    links: dict[tuple[str, str], _Link] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    gateways: list[Gateway] = field(default_factory=list)

    def join(
        self, sources: Iterable[str], firsts: Mapping[str, bool], kind: str = "flow", limit: int | None = None
    ) -> None:
        for a in sources:
            for b, optional in firsts.items():
                known = self.links.get((a, b))
                if known is None or known.kind != "flow":
                    self.links[a, b] = _Link(kind, optional and kind != "loop", limit)
                elif kind == "flow":
                    self.links[a, b] = _Link(kind, optional and known.optional)

    def gateway(self, kind: str, *, joins: bool = False) -> str:
        id = f"gateway {len(self.gateways) + 1}"
        self.gateways.append(Gateway(id, kind, joins))
        return id

    def read(self, flow: Flow) -> _Part:
        match flow:
            case Step(activity):
                return _Part({activity: False}, (activity,))
            case Free(activities):
                return self.free(activities)
            case Optional_(item):
                part = self.read(item)
                return _Part(dict.fromkeys(part.firsts, True), part.lasts, True)
            case Choice(items):
                return self.choice(_spliced(items, Choice))
            case Parallel(items):
                return self.parallel(_spliced(items, Parallel))
            case Loop(body, redo, most):
                return self.loop(body, redo, most)
            case Sequence(items):
                return self.sequence(items)
            case Graph(activities=activities, follows=follows):
                for a, b in follows:
                    self.join([a], {b: False})
                return _Part(dict.fromkeys(activities, False), activities)

    def free(self, activities: tuple[str, ...]) -> _Part:
        k = len(self.regions)
        region = Region(f"any order {k + 1}", chr(65 + k) if k < 26 else str(k + 1), activities)
        self.regions.append(region)
        return _Part({region.id: False}, (region.id,))

    def choice(self, items: list[Flow]) -> _Part:
        if len(items) == 1:
            return self.read(items[0])
        split = self.gateway("choice")
        parts = [self.read(item) for item in items]
        for part in parts:
            self.join([split], part.firsts)
        skippable = any(part.skippable for part in parts)
        return _Part({split: skippable}, _each(p.lasts for p in parts), skippable)

    def parallel(self, items: list[Flow]) -> _Part:
        """Each branch begins with one arrow; where its first step is not fixed, that arrow ends at a choice."""
        if len(items) == 1:
            return self.read(items[0])
        split = self.gateway("parallel")
        lasts: list[str] = []
        for item in items:
            part = self.read(item)
            first = part.firsts
            if len(first) > 1:
                first = {self.gateway("choice"): part.skippable}
                self.join(first, part.firsts)
            self.join([split], first)
            lasts += part.lasts
        meet = self.gateway("parallel", joins=True)
        self.join(lasts, {meet: False})
        return _Part({split: False}, (meet,))

    def sequence(self, items: Iterable[Flow]) -> _Part:
        firsts: dict[str, bool] = {}
        lasts: tuple[str, ...] = ()
        skippable = True
        for item in items:
            part = self.read(item)
            self.join(lasts, part.firsts)
            for id, optional in part.firsts.items() if skippable else ():
                firsts.setdefault(id, optional)
            lasts = _each((lasts, part.lasts)) if part.skippable else part.lasts
            skippable = skippable and part.skippable
        return _Part(firsts, lasts, skippable)

    def loop(self, body: Flow, redo: Flow | None, most: int | None) -> _Part:
        part = self.read(body)
        again = self.read(redo) if redo else None
        if again:
            self.join(part.lasts, again.firsts, "redo")
            self.join(again.lasts, part.firsts, "loop", most)
        if again is None or again.skippable:
            self.join(part.lasts, part.firsts, "loop", most)
        if not part.skippable or again is None:
            return part
        return _Part(part.firsts | again.firsts, _each((part.lasts, again.lasts)), True)


def _spliced(items: Iterable[Flow], kind: type[Choice] | type[Parallel]) -> list[Flow]:
    """Branches with those of a branch of the same kind put in its place."""
    return [x for item in items for x in (_spliced(item.items, kind) if isinstance(item, kind) else [item])]


def _each(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for group in groups for x in group))


def _gathered(links: Mapping[tuple[str, str], _Link], repeating: Iterable[str] = ()) -> tuple[Net, ...]:
    by_source: dict[tuple[str, int | None, str, str], list[tuple[str, bool]]] = {}
    for (a, b), link in links.items():
        if a != b or a not in repeating:
            by_source.setdefault((link.kind, link.limit, b if link.kind == "loop" else "", a), []).append(
                (b, link.optional)
            )
    gathered: dict[tuple[str, int | None, frozenset[tuple[str, bool]]], tuple[list[str], list[tuple[str, bool]]]] = {}
    for (kind, limit, _, a), targets in by_source.items():
        gathered.setdefault((kind, limit, frozenset(targets)), ([], targets))[0].append(a)
    return tuple(
        Net(kind, tuple(sources), tuple(b for b, _ in targets), tuple(b for b, left_out in targets if left_out), limit)
        for (kind, limit, _), (sources, targets) in gathered.items()
    )


def wiring_of(flow: Flow) -> Wiring:
    """Connections of the designed flow, its regions of any order, and its diamonds.

    A diamond stands where a choice parts, and where parallel branches part and meet. Pairs are gathered so that a net
    holds all combinations of its sources and targets: nothing is added, nothing lost. Each way back has a net of its
    own target. A region of any order is one name in the pairs; a region that repeats itself gets no pair. Steps of
    parallel branches are not joined with each other. Branches that meet with nothing after them need no diamond; a flow
    whose first step may be left out begins at a circle.

    Parameters
    ----------
    flow : Flow
        Block structure of a blueprint.

    Returns
    -------
    Wiring
        In the order of the flow.

    Examples
    --------
    >>> from mining.blueprint.model import Choice, Sequence, Step
    >>> wiring = wiring_of(Sequence((Step("a"), Choice((Step("b"), Step("c"))))))
    >>> [net.pairs for net in wiring.nets]
    [(('gateway 1', 'b'), ('gateway 1', 'c')), (('a', 'gateway 1'),)]
    >>> [net.pairs for net in wiring.steps]
    [(('a', 'b'), ('a', 'c'))]
    """
    reader = _Reader()
    part = reader.read(flow)
    if not isinstance(flow, Graph) and (len(part.firsts) > 1 or any(part.firsts.values())):
        reader.join([reader.gateway("start")], part.firsts)
    links = reader.links
    while idle := {g.id for g in reader.gateways if g.joins} - {a for a, _ in links}:
        links = {pair: link for pair, link in links.items() if pair[1] not in idle}
        reader.gateways = [g for g in reader.gateways if g.id not in idle]
    nets = _gathered(links, {region.id for region in reader.regions})
    return Wiring(nets, tuple(reader.regions), tuple(reader.gateways))
