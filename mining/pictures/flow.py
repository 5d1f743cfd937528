"""Which step follows which in the designed flow, gathered into few connections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mining.blueprint.model import Choice, Flow, Free, Graph, Loop, Optional_, Parallel, Sequence, Step


@dataclass(frozen=True)
class Region:
    """Steps in any order; drawn as one bar, so ``id`` stands for all of them in the arrows."""

    id: str
    letter: str
    activities: tuple[str, ...]


@dataclass(frozen=True)
class Net:
    """Every one of ``sources`` may be followed directly by every one of ``targets``.

    ``kind``: ``flow``; ``redo``, the way into the second part of a loop; ``loop``, the way back.
    """

    kind: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All combinations of a source and a target."""
        return tuple((a, b) for a in self.sources for b in self.targets)


@dataclass(frozen=True)
class _Part:
    """First and last steps of a flow node, and whether it may be skipped."""

    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    skippable: bool = False


@dataclass
class _Reader:
    """Collects pairs while the flow is walked once."""

    pairs: dict[tuple[str, str], str] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)

    def join(self, sources: Iterable[str], targets: Iterable[str], kind: str = "flow") -> None:
        targets = tuple(targets)
        for a in sources:
            for b in targets:
                if self.pairs.get((a, b)) != "flow":
                    self.pairs[a, b] = kind

    def read(self, flow: Flow) -> _Part:
        match flow:
            case Step(activity):
                return _Part((activity,), (activity,))
            case Free(activities):
                return self.free(activities)
            case Optional_(item):
                part = self.read(item)
                return _Part(part.firsts, part.lasts, True)
            case Choice(items):
                return self.union(items, any)
            case Parallel(items):
                return self.union(items, all)
            case Loop(body, redo):
                return self.loop(body, redo)
            case Sequence(items):
                return self.sequence(items)
            case Graph(activities=activities, follows=follows):
                for a, b in follows:
                    self.join([a], [b])
                return _Part(activities, activities)

    def free(self, activities: tuple[str, ...]) -> _Part:
        k = len(self.regions)
        region = Region(f"any order {k + 1}", chr(65 + k) if k < 26 else str(k + 1), activities)
        self.regions.append(region)
        return _Part((region.id,), (region.id,))

    def union(self, items: Iterable[Flow], skip: object) -> _Part:
        parts = [self.read(item) for item in items]
        skippable = bool(skip(p.skippable for p in parts))  # type: ignore[operator]
        return _Part(_each(p.firsts for p in parts), _each(p.lasts for p in parts), skippable)

    def sequence(self, items: Iterable[Flow]) -> _Part:
        firsts: tuple[str, ...] = ()
        lasts: tuple[str, ...] = ()
        skippable = True
        for item in items:
            part = self.read(item)
            self.join(lasts, part.firsts)
            firsts = _each((firsts, part.firsts)) if skippable else firsts
            lasts = _each((lasts, part.lasts)) if part.skippable else part.lasts
            skippable = skippable and part.skippable
        return _Part(firsts, lasts, skippable)

    def loop(self, body: Flow, redo: Flow | None) -> _Part:
        part = self.read(body)
        again = self.read(redo) if redo else None
        if again:
            self.join(part.lasts, again.firsts, "redo")
            self.join(again.lasts, part.firsts, "loop")
        if again is None or again.skippable:
            self.join(part.lasts, part.firsts, "loop")
        if not part.skippable or again is None:
            return part
        return _Part(_each((part.firsts, again.firsts)), _each((part.lasts, again.lasts)), True)


def _each(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for group in groups for x in group))


def nets_of(flow: Flow) -> tuple[tuple[Net, ...], tuple[Region, ...]]:
    """Directly-follows pairs of the designed flow, and its regions of any order.

    Pairs are gathered so that a net holds all combinations of its sources and targets: nothing is added, nothing lost,
    and four branches that all go on to the same step need one bundle of lines. Each way back has a net of its own
    target. A region of any order is one name in the pairs; a region that repeats itself gets no pair. Steps of parallel
    branches are not joined with each other.

    Parameters
    ----------
    flow : Flow
        Block structure of a blueprint.

    Returns
    -------
    tuple of Net, tuple of Region
        In the order of the flow.
    """
    reader = _Reader()
    reader.read(flow)
    regions = {region.id for region in reader.regions}
    by_source: dict[tuple[str, str, str], list[str]] = {}
    for (a, b), kind in reader.pairs.items():
        if not (a == b and a in regions):
            by_source.setdefault((kind, b if kind == "loop" else "", a), []).append(b)
    by_targets: dict[tuple[str, frozenset[str]], tuple[list[str], list[str]]] = {}
    for (kind, _, a), targets in by_source.items():
        by_targets.setdefault((kind, frozenset(targets)), ([], targets))[0].append(a)
    nets = tuple(Net(kind, tuple(sources), tuple(targets)) for (kind, _), (sources, targets) in by_targets.items())
    return nets, tuple(reader.regions)
