"""Which activities a case goes through, in which order: the flow played out with habits that make variants repeat."""

from __future__ import annotations

from mining.blueprint import model as m
from mining.simulation.stream import Stream

OPTIONAL = 0.5
RARE = 0.15
AGAIN = 0.25
MOST_ROUNDS = 5
IN_ORDER = 0.6
HABITS = 6
SLIP = 0.015
ONCE_MORE = 0.03
SWAP = 0.02
NEEDED = ("must_occur", "starts_with", "ends_with")


class Player:
    """Draws runs of a flow.

    Probabilities follow from the structure alone: the branches of a choice become less likely as they are listed (1,
    1/2, 1/3, ...), an optional part is taken every second time (rework rarely), a loop goes on every fourth time. In a
    free region a case follows one of six habits - subsets in the listed order - and slips from it now and then.
    """

    def __init__(self, blueprint: m.Blueprint) -> None:
        self.blueprint = blueprint
        self.rework = {a.id for a in blueprint.activities if a.rework}
        self.silent = {a.id for a in blueprint.activities if not a.observable}
        self.needed = {r.a for r in blueprint.rules if r.kind in NEEDED and not r.when}
        regions = [node for node in m.flow_nodes(blueprint.flow) if isinstance(node, m.Free)]
        self.habits = {id(node): self._habits(node, number) for number, node in enumerate(regions)}

    def run(self, stream: Stream) -> list[str]:
        """Activities of one case, in order. The automaton of the blueprint accepts it; its rules may not."""
        return self._play(self.blueprint.flow, stream, [])

    def _play(self, flow: m.Flow, stream: Stream, past: list[str]) -> list[str]:
        match flow:
            case m.Step(activity):
                return [] if activity in self.silent else [activity]
            case m.Sequence(items):
                run: list[str] = []
                for item in items:
                    run += self._play(item, stream, [*past, *run])
                return run
            case m.Choice(items):
                return self._play(stream.pick(items, [1 / (i + 1) for i in range(len(items))]), stream, past)
            case m.Parallel(items):
                return _interleaved([self._play(item, stream, past) for item in items], stream)
            case m.Optional_(item):
                first = m.flow_activities(item)[0]
                return (
                    self._play(item, stream, past) if stream.chance(RARE if first in self.rework else OPTIONAL) else []
                )
            case m.Loop():
                return self._loop(flow, stream, past)
            case m.Free():
                return self._wander(flow, stream, past)
            case m.Graph():
                return self._walk(stream)

    def _walk(self, stream: Stream) -> list[str]:
        """A run of the automaton, any arc as likely as the others; after a while straight to the nearest end."""
        automaton = self.blueprint.automaton
        run: list[str] = []
        state = 0
        while not (automaton.final[state] and (not automaton.successors[state] or stream.chance(OPTIONAL))):
            arcs = sorted(automaton.successors[state].items())
            if len(run) > MOST_ROUNDS * len(automaton.labels):
                arcs = [min(arcs, key=lambda arc: int(automaton.steps_to_end[arc[1]]))]
            label, state = stream.pick(arcs, [1.0] * len(arcs))
            run.append(label)
        return run

    def _loop(self, loop: m.Loop, stream: Stream, past: list[str]) -> list[str]:
        run = self._play(loop.body, stream, past)
        for _ in range(min(loop.max or MOST_ROUNDS, MOST_ROUNDS) - 1):
            if not stream.chance(AGAIN):
                break
            if loop.redo is not None:
                run += self._play(loop.redo, stream, [*past, *run])
            run += self._play(loop.body, stream, [*past, *run])
        return run

    # --- free regions -----------------------------------------------------------------------------------------------

    def _likely(self, activity: str) -> float:
        if activity in self.needed:
            return 1.0
        step = self.blueprint.activity(activity)
        if step.rework or step.wait_point or step.fail_point:
            return 0.2
        limits = [s for s in self.blueprint.standards if activity in (*s.start, *s.end, *s.of)]
        rules = [r for r in self.blueprint.rules if r.kind == "precedence" and activity == r.a]
        return 0.9 if limits or rules else 0.6 if step.touchpoint and step.touchpoint.key else 0.4

    def _habits(self, region: m.Free, number: int) -> list[list[str]]:
        stream = Stream(self.blueprint.id, "habits", number)
        chances = {a: self._likely(a) for a in region.activities if a not in self.silent}
        habits = [[a for a, p in chances.items() if p > 0.5]]
        habits += [[a for a, p in chances.items() if stream.chance(p)] for _ in range(HABITS - 1)]
        return [self._completed(habit, region) for habit in habits]

    def _completed(self, habit: list[str], region: m.Free) -> list[str]:
        """With what the rules ask for beside it: the b of a response, the a of a precedence."""
        members = set(habit)
        for rule in self.blueprint.rules:
            if rule.kind in ("response", "succession", "together", "immediate_response") and rule.b:
                members = (
                    members | {rule.b}
                    if rule.a in members
                    else members - {rule.b}
                    if rule.b not in self.needed
                    else members
                )
            if rule.kind in ("precedence", "succession", "immediate_precedence") and rule.b in members:
                members.add(rule.a)
        return [a for a in region.activities if a in members]

    def _wander(self, region: m.Free, stream: Stream, past: list[str]) -> list[str]:
        habit = stream.pick(self.habits[id(region)], [1 / (i + 1) for i in range(HABITS)])
        run: list[str] = []
        for activity in region.activities:
            taken = (activity in habit) != stream.chance(0.0 if activity in self.needed else SLIP)
            if activity in past:
                taken = activity in self.needed or stream.chance(SLIP)
            if activity not in self.silent and taken:
                run += [activity, activity] if stream.chance(ONCE_MORE) else [activity]
        for i in range(len(run) - 1):
            if stream.chance(SWAP):
                run[i], run[i + 1] = run[i + 1], run[i]
        return run


def _interleaved(branches: list[list[str]], stream: Stream) -> list[str]:
    """The branches one after the other as listed (mostly), or merged at random."""
    if stream.chance(IN_ORDER):
        return [activity for branch in branches for activity in branch]
    rest = [list(branch) for branch in branches if branch]
    run = []
    while rest:
        branch = stream.pick(rest, [float(len(b)) for b in rest])
        run.append(branch.pop(0))
        rest = [b for b in rest if b]
    return run
