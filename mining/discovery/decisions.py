"""What cases decided in the flow: read from their best alignments, with evidence, and counted over all cases alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from mining.blueprint import model as m
from mining.conformance.alignment import LOG, SYNC
from mining.conformance.path import PathResult
from mining.discovery.passes import FlowTree, Pass

Outcome = int | str | tuple[int, ...] | tuple[str, ...]
TAKEN, LEFT_OUT, MORE = "taken", "left out", 3
UNCLEAR, UNSHOWN, UNFINISHED = "\0unclear", "\0unshown", "\0unfinished"  # no outcome, and why


@dataclass
class Tally:
    """What was seen at one decision."""

    cases: Counter[Outcome] = field(default_factory=Counter)
    together: Counter[frozenset[Outcome]] = field(default_factory=Counter)  # cases by all outcomes that they had
    passes: Counter[Outcome] = field(default_factory=Counter)
    first: dict[Outcome, int] = field(default_factory=dict)
    n: int = 0
    unclear: int = 0
    unshown: int = 0
    unfinished: int = 0
    most: int = 0

    def add(self, outcomes: list[Outcome], count: int, case: int) -> None:
        """The passes of ``count`` cases alike, the first of which is ``case``."""
        seen = Counter(outcomes)
        none = {x: bool(seen.pop(x, 0)) for x in (UNCLEAR, UNSHOWN, UNFINISHED)}
        for outcome, times in seen.items():
            self.cases[outcome] += count
            self.passes[outcome] += count * times
            self.first[outcome] = min(case, self.first.get(outcome, case))
        if seen:
            self.n += count
            self.together[frozenset(seen)] += count
        self.unclear += count * none[UNCLEAR]
        self.unshown += count * (none[UNSHOWN] and not seen and not none[UNCLEAR])
        self.unfinished += count * (none[UNFINISHED] and not seen and not none[UNCLEAR])


def tallied(tree: FlowTree, path: PathResult) -> tuple[dict[int, Tally], int, int]:
    """Per decision what was seen; cases without a known alignment, and without a step."""
    found, variants = path.alignments, path.variants
    tallies = {i: Tally() for i in tree.decisions}
    unsolved = without = 0
    first_case = np.unique(variants.of_case, return_index=True)[1].tolist()
    codes = [tree.code[label] for label in path.model.labels]
    kind, label, certain = found.kind.tolist(), found.label.tolist(), (~(found.event_share < 1)).tolist()
    spans = pairwise(found.first.tolist())
    columns = zip(
        variants.traces, variants.open.tolist(), variants.count.tolist(), found.solved.tolist(), spans, strict=True
    )
    for k, (trace, running, count, solved, (a, b)) in enumerate(columns):
        if not trace or not solved:
            without, unsolved = without + count * (not trace), unsolved + count * bool(trace)
            continue
        moves = [i for i in range(a, b) if kind[i] != LOG]
        if not any(kind[i] == SYNC for i in moves):
            without += count
            continue
        way, low, high = tree.walk([codes[label[i]] for i in moves], running)
        if not way:
            unsolved += count
            continue
        happened = [kind[i] == SYNC for i in moves]
        passes = tree.passes(way, happened, [certain[i] for i in moves])
        labelled = [at for at, t in enumerate(way) if tree.label[t] >= 0]
        reader = _Reader(tree, way, dict(zip(labelled, happened, strict=True)), running)
        counters = tree.counters[1]
        for decision in tree.decisions:
            watched = counters[decision]
            if any(low[j] != high[j] for j in watched):
                outcomes: list[Outcome] = [UNCLEAR]
            else:
                outcomes = [reader.outcome(decision, one) for one in passes.get(decision, [])]
            if outcomes:
                tally = tallies[decision]
                tally.add(outcomes, count, first_case[k])
                if isinstance(tree.nodes[decision], m.Loop):
                    rounds = [
                        sum(bool(p.certain) for i, p in one.parts if i == tree.parts[decision][0])
                        for one in passes.get(decision, [])
                    ]
                    tally.most = max(
                        [tally.most, *(r for r, o in zip(rounds, outcomes, strict=False) if isinstance(o, int))]
                    )
    return tallies, unsolved, without


@dataclass
class _Reader:
    """Reads the passes of one way."""

    tree: FlowTree
    way: list[int]
    happened: dict[int, bool]  # by position in the way, of the steps that a log can show
    running: bool

    def outcome(self, decision: int, one: Pass) -> Outcome:
        """What was decided in a pass, or why that is not known."""
        match self.tree.nodes[decision]:
            case m.Choice():
                (number, part) = one.parts[0]
                return self._taken(part, self.tree.parts[decision].index(number))
            case m.Optional_():
                if not one.parts:
                    return LEFT_OUT if self._stood(one.at) else UNSHOWN
                return self._taken(one.parts[0][1], TAKEN)
            case m.Loop():
                return self._rounds(decision, one)
            case m.Parallel():
                return self._side_by_side(decision, one)
            case _:
                return self._wandered(one)

    def _taken(self, part: Pass, outcome: Outcome) -> Outcome:
        if part.shown:
            return outcome if part.certain else UNCLEAR
        return outcome if not part.steps and self._stood(part.at) else UNSHOWN

    def _rounds(self, decision: int, one: Pass) -> Outcome:
        if not one.done:
            return UNFINISHED
        rounds = [part for number, part in one.parts if number == self.tree.parts[decision][0]]
        if any(part.shown and not part.certain for part in rounds):
            return UNCLEAR
        many = sum(bool(part.certain) for part in rounds)
        if many:
            return min(many, MORE)
        return 0 if not one.steps and self._stood(one.at) else UNSHOWN

    def _side_by_side(self, decision: int, one: Pass) -> Outcome:
        if not one.done:
            return UNFINISHED
        if any(part.shown and not part.certain for _, part in one.parts):
            return UNCLEAR
        began = sorted((part.certain[0], self.tree.parts[decision].index(i)) for i, part in one.parts if part.certain)
        return tuple(i for _, i in began) if len(began) > 1 else UNSHOWN

    def _wandered(self, one: Pass) -> Outcome:
        if not one.done:
            return UNFINISHED
        if len(one.shown) != len(one.certain):
            return UNCLEAR
        if one.steps and not one.shown:
            return UNSHOWN
        if not one.steps and not self._stood(one.at):
            return UNSHOWN
        return tuple(str(self.tree.net.transitions[self.way[at]].label) for at in one.certain)

    def _stood(self, at: int) -> bool:
        """Whether the case came to this place: a step behind it happened, or the case has ended and the step before it happened."""
        if any(done for i, done in self.happened.items() if i > at):
            return True
        before = [done for i, done in self.happened.items() if i < at]
        return not self.running and (not before or before[-1])
