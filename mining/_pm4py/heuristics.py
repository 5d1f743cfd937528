"""The heuristics miner on distinct traces with counts, and its net written in one way only.

pm4py finds the dependencies and which of them go together. Its own net is written from sets of objects, so that two runs may remove
different silent steps; the net here is written by the same rules, in the order of the names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from mining._pm4py.discovery import Trace, failing_as, numbered
from mining._pm4py.quiet import quietly
from mining.blueprint.assemble import canonical
from mining.errors import ModelError
from mining.nets import Transition, WorkflowNet

AND, LOOP_TWO, RARE = (
    0.65,
    0.5,
    0.05,
)  # pm4py's defaults: steps that go together, loops of two steps, pairs that are noise
MOST_TOGETHER = 10_000  # groups of steps that go together, in a whole net
MOST_STEPS = 2_000  # of a net, silent ones included


@dataclass(frozen=True)
class Dependencies:
    """What follows what: of every step those before and after it (None: the start, the end), and which of them go together."""

    before: dict[str, tuple[str | None, ...]]
    after: dict[str, tuple[str | None, ...]]
    joined: dict[str, tuple[tuple[str, ...], ...]]
    split: dict[str, tuple[tuple[str, ...], ...]]


def dependencies(variants: Mapping[Trace, int], *, threshold: float = 0.5) -> Dependencies | None:
    """What the heuristics miner finds in distinct traces with counts.

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.
    threshold : float, 0 to 1
        Least dependency of two steps: (times one directly follows the other - times the other way round) / (both + 1).

    Returns
    -------
    Dependencies or None
        None where no trace holds any activity. Sorted by name. Steps without any dependency are left out by the miner.

    Raises
    ------
    ModelError
        If pm4py fails, or too many groups of steps go together.
    """
    quietly()
    from pm4py.algo.discovery.heuristics.variants import classic

    counted, name = numbered({trace: n for trace, n in variants.items() if trace})
    if not name:
        return None
    pairs, triples, steps = Counter[tuple[str, str]](), Counter[tuple[str, str, str]](), Counter[str]()
    starts, ends = Counter[str](), Counter[str]()
    text = {i: str(i) for i in name}  # this miner takes no numbers; nothing in it hangs on the order of a set
    meaning = {text[i]: x for i, x in name.items()}
    for numbers, n in counted.items():
        trace = tuple(text[i] for i in numbers)
        starts[trace[0]] += n
        ends[trace[-1]] += n
        for x, times in Counter(trace).items():
            steps[x] += n * times
        for pair, times in Counter(zip(trace, trace[1:], strict=False)).items():
            pairs[pair] += n * times
        for triple in zip(trace, trace[1:], trace[2:], strict=False):
            if triple[0] == triple[2] != triple[1]:
                triples[triple] += n
    keys = classic.Parameters
    parameters = {
        keys.DEPENDENCY_THRESH: threshold,
        keys.AND_MEASURE_THRESH: AND,
        keys.LOOP_LENGTH_TWO_THRESH: LOOP_TWO,
    }
    with failing_as("failed as heuristics miner"):
        found = classic.apply_heu_dfg(
            _without_rare(pairs),
            activities=sorted(steps),
            activities_occurrences=dict(sorted(steps.items())),
            start_activities=dict(sorted(starts.items())),
            end_activities=dict(sorted(ends.items())),
            freq_triples=dict(sorted(triples.items())),
            parameters={**parameters, keys.DFG_PRE_CLEANING_NOISE_THRESH: 0.0},
        )
        nodes = dict(sorted(found.nodes.items()))
        after = {x: {y.node_name for y in node.output_connections} for x, node in nodes.items()}
        before = {x: {y for y in after if x in after[y]} for x in after}
        split = {x: _together(node.and_measures_out, after[x]) for x, node in nodes.items()}
        joined = {x: _together(node.and_measures_in, before[x]) for x, node in nodes.items()}
    if sum(map(len, [*split.values(), *joined.values()])) > MOST_TOGETHER:
        raise ModelError(
            f"The heuristics miner finds more than {MOST_TOGETHER:,} groups of steps that go together. Take a higher dependency, or "
            "another miner."
        )

    def named(sides: Mapping[str, set[str]], outer: Mapping[str, int]) -> dict[str, tuple[str | None, ...]]:
        first = {x: (None,) if x in outer else () for x in sides}
        return {meaning[x]: (*first[x], *(meaning[y] for y in sorted(ys))) for x, ys in sides.items()}

    def groups(together: Mapping[str, list[tuple[str, ...]]]) -> dict[str, tuple[tuple[str, ...], ...]]:
        return {meaning[x]: tuple(tuple(meaning[y] for y in ys) for ys in several) for x, several in together.items()}

    return Dependencies(named(before, starts), named(after, ends), groups(joined), groups(split))


def _without_rare(pairs: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The directly-follows map as the miner cleans it: without pairs that are rare beside the most frequent one of both steps."""
    most: dict[str, int] = {}
    for pair, n in pairs.items():
        for x in pair:
            most[x] = max(most.get(x, 0), n)
    return {(a, b): n for (a, b), n in sorted(pairs.items()) if not n < min(most[a] * RARE, most[b] * RARE)}


def _together(measures: Mapping[str, Iterable[str]], near: set[str]) -> list[tuple[str, ...]]:
    """The largest groups of steps of which every two go together."""
    from pm4py.util import nx_utils

    graph = nx_utils.Graph()
    graph.add_edges_from((x, y) for x, others in sorted(measures.items()) for y in others)
    cliques = islice(nx_utils.find_cliques(graph), MOST_TOGETHER + 1)
    kept = ({x for x in clique if x in near} for clique in cliques)
    return sorted({tuple(sorted(group)) for group in kept if len(group) > 1})


def heuristics_net(variants: Mapping[Trace, int], *, dependency: float = 0.5) -> WorkflowNet | None:
    """The net of the heuristics miner.

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.
    dependency : float, 0 to 1
        Least dependency of two steps.

    Returns
    -------
    WorkflowNet or None
        None where no trace holds any activity. It may be unsound: the miner promises nothing else. A step that is neither first
        nor after any other may happen at any time, and one that is neither last nor before any other leads nowhere; such steps take
        a token from a place of their own and give it back, so that every step has places on both sides.

    Raises
    ------
    ModelError
        As of :func:`dependencies`, and if the net would be too large to be of use.

    Examples
    --------
    >>> net = heuristics_net({("a", "b", "d"): 9, ("a", "c", "d"): 9})
    >>> [t.label for t in net.transitions]
    ['a', 'b', 'c', 'd']
    """
    found = dependencies(variants, threshold=dependency)
    if found is None:
        return None
    net = net_of_dependencies(found)
    if len(net.transitions) > MOST_STEPS:
        raise ModelError(
            f"The heuristics miner gives a net of {len(net.transitions):,} steps, more than the {MOST_STEPS:,} that are of any use. Take a "
            "higher dependency, or another miner."
        )
    return canonical(net)


def net_of_dependencies(found: Dependencies) -> WorkflowNet:
    """A workflow net of dependencies, by the rules of pm4py: a place for each, joins before and splits after every step."""
    writer = _Writer(found)
    for step in found.before:
        writer.entrance(step)
    for step in found.after:
        writer.exit(step)
    return writer.net()


Ends = tuple[frozenset[int], frozenset[int]]  # places before and after a step
SOURCE, SINK = 0, 1


class _Writer:
    """Steps as sets of places before and after."""

    def __init__(self, found: Dependencies) -> None:
        self.found = found
        self.n_places = 2
        self.link: dict[tuple[str, str], int] = {}
        self.into: dict[str, set[int]] = {x: set() for x in found.before}
        self.out: dict[str, set[int]] = {x: set() for x in found.after}
        self.silent: list[Ends] = []

    def place(self) -> int:
        self.n_places += 1
        return self.n_places - 1

    def wire(self, before: Iterable[int], after: Iterable[int]) -> None:
        self.silent.append((frozenset(before), frozenset(after)))

    def entrance(self, step: str) -> None:
        near = self.found.before[step]
        if len(near) == 1:
            (one,) = near
            self.into[step].add(SOURCE if one is None else self.link.setdefault((one, step), self.place()))
            return
        if not near:
            return
        front = self.place()
        self.into[step].add(front)
        for x in near:
            if x is not None:
                self.link[x, step] = self.place()
        groups = self.found.joined[step]
        for group in groups:
            self.wire([self.link[x, step] for x in group], [front])
        grouped = {x for group in groups for x in group}
        for x in near:
            if x not in grouped:
                self.wire([SOURCE if x is None else self.link[x, step]], [front])

    def exit(self, step: str) -> None:
        near = self.found.after[step]
        if len(near) == 1:
            (one,) = near
            self.out[step].add(SINK if one is None else self.link[step, one])
            return
        if not near:
            return
        back = self.place()
        self.out[step].add(back)
        groups = self.found.split[step]
        for group in groups:
            self.wire([back], [self.link[step, x] for x in group])
        grouped = {x for group in groups for x in group}
        for x in near:
            if x not in grouped:
                self.wire([back], [SINK if x is None else self.link[step, x]])

    def net(self) -> WorkflowNet:
        kept = _without_smaller(dict.fromkeys(self.silent))
        steps: list[tuple[str | None, Ends]] = [
            (x, (frozenset(self.into[x]), frozenset(self.out[x]))) for x in self.found.before
        ]
        every = _shortened([*steps, *((None, wire) for wire in kept)])
        always = frozenset([self.place()])
        every = [(x, ends if all(ends) else (ends[0] | always, ends[1] | always)) for x, ends in every]
        used = sorted({SOURCE, SINK} | {p for _, ends in every for side in ends for p in side})
        number = {p: i for i, p in enumerate(used)}
        tokens = tuple(int(p in always) for p in used[2:])
        transitions = tuple(
            Transition(label, *(tuple((number[p], 1) for p in side) for side in ends)) for label, ends in every
        )
        return WorkflowNet(transitions, (1, 0, *tokens), (0, 1, *tokens))


def _without_smaller(wires: Iterable[Ends]) -> list[Ends]:
    """Of silent steps from the same places those that give to most: one that gives to fewer is part of it."""
    alike: dict[frozenset[int], list[frozenset[int]]] = {}
    for before, after in wires:
        alike.setdefault(before, []).append(after)
    return [(before, a) for before, afters in alike.items() for a in afters if not any(a < other for other in afters)]


def _shortened(steps: list[tuple[str | None, Ends]]) -> list[tuple[str | None, Ends]]:
    """Silent steps joined with the only step before (after) them, where nothing else takes from (gives to) the place between."""
    found = dict(enumerate(steps))
    users: tuple[dict[int, set[int]], dict[int, set[int]]] = ({}, {})  # takers and givers of each place
    for i, (_, ends) in found.items():
        for side, places in zip(users, ends, strict=True):
            for p in places:
                side.setdefault(p, set()).add(i)
    changed = True
    while changed:
        changed = False
        for near, far in ((0, 1), (1, 0)):
            for i in list(found):
                label, ends = found[i]
                if label is not None or len(ends[near]) != 1:
                    continue
                (p,) = ends[near]
                beyond = users[far].get(p, set())
                if p in (SOURCE, SINK) or users[near][p] != {i} or len(beyond) != 1 or beyond == {i}:
                    continue
                (j,) = beyond
                what, sides = found[j]
                if sides[far] & ends[far]:
                    continue  # two tokens would move at once
                joined = sides[far] - {p} | ends[far]
                found[j] = (what, (joined, sides[1]) if far == 0 else (sides[0], joined))
                for q in ends[far]:
                    users[far][q] = users[far][q] - {i} | {j}
                del found[i], users[near][p], users[far][p]
                changed = True
    return list(found.values())
