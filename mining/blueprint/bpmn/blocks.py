"""A net as the flow words of a blueprint, where it is block-structured; the proof is that both have the same automaton."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

import numpy as np

from mining.automaton import Automaton, TooManyStatesError, build
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.nets import WorkflowNet

MOST_STATES = 50_000
Places = frozenset[int]
Arc = tuple[m.Flow | None, Places, Places]  # what happens (None: nothing), from where, to where


def blocks_of(net: WorkflowNet, leaves: Mapping[str, m.Flow] | None = None) -> m.Flow | None:
    """The flow words that mean the same as a net.

    Parts of the net with one way in and one way out are replaced by one transition each (a sequence, a choice, parallel branches,
    a loop, a step that may be left out), until one is left.

    Parameters
    ----------
    net : WorkflowNet
        Sound. Not changed.
    leaves : mapping of label to Flow, optional
        What a label stands for; else a step of that name.

    Returns
    -------
    Flow or None
        None if the net is not block-structured, or has too many states to prove that the words mean the same.

    Examples
    --------
    >>> from mining.blueprint.compile import write_net
    >>> blocks_of(write_net(m.Sequence((m.Step("a"), m.Optional_(m.Step("b"))))))
    Sequence(items=(Step(activity='a'), Optional_(item=Step(activity='b'))))
    """
    weights = {k for t in net.transitions for _, k in (*t.consumes, *t.produces)}
    if weights - {1} or sum(net.initial) != 1 or sum(net.final) != 1:
        return None
    flow = _Reduction(net).flow()
    if flow is None or not same_language(write_net(flow), net):
        return None
    rank = {t.label: i for i, t in reversed(list(enumerate(net.transitions))) if t.label is not None}
    return _with_leaves(_ordered(flow, rank), leaves or {})


def same_language(a: WorkflowNet, b: WorkflowNet) -> bool:
    """Whether two sound nets have the same complete runs: whether they have the same smallest automaton."""
    try:
        one, other = build(a, most_states=MOST_STATES), build(b, most_states=MOST_STATES)
    except TooManyStatesError:
        return False
    return (
        one.labels == other.labels and np.array_equal(one.delta, other.delta) and np.array_equal(one.final, other.final)
    )


def witness(a: Automaton, b: Automaton) -> tuple[str, ...] | None:
    """A shortest complete run of exactly one of two automata; None if they mean the same.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> witness(sequence_automaton("ab"), sequence_automaton("abc"))
    ('a', 'b')
    """
    dead = -1
    alphabet = sorted({*a.labels, *b.labels})
    seen = {(0, 0)}
    todo: deque[tuple[int, int, tuple[str, ...]]] = deque([(0, 0, ())])
    while todo:
        s, t, word = todo.popleft()
        if (s != dead and bool(a.final[s])) != (t != dead and bool(b.final[t])):
            return word
        for label in alphabet:
            after = (_next(a, s, label), _next(b, t, label))
            if after != (dead, dead) and after not in seen:
                seen.add(after)
                todo.append((*after, (*word, label)))
    return None


def _next(of: Automaton, state: int, label: str) -> int:
    return of.successors[state].get(label, -1) if state >= 0 else -1


def _with_leaves(flow: m.Flow, leaves: Mapping[str, m.Flow]) -> m.Flow:
    match flow:
        case m.Step(activity):
            return leaves.get(activity, flow)
        case m.Sequence(items) | m.Choice(items) | m.Parallel(items):
            return type(flow)(tuple(_with_leaves(x, leaves) for x in items))
        case m.Optional_(item):
            return m.Optional_(_with_leaves(item, leaves))
        case m.Loop(body, redo, most):
            return m.Loop(_with_leaves(body, leaves), None if redo is None else _with_leaves(redo, leaves), most)
        case _:
            return flow


def _ordered(flow: m.Flow, rank: Mapping[str, int]) -> m.Flow:
    """Branches in the order in which the net names their first steps."""
    match flow:
        case m.Choice(items) | m.Parallel(items):
            made = [_ordered(x, rank) for x in items]
            return type(flow)(tuple(sorted(made, key=lambda x: min(rank[a] for a in m.flow_activities(x)))))
        case m.Sequence(items):
            return m.Sequence(tuple(_ordered(x, rank) for x in items))
        case m.Optional_(item):
            return m.Optional_(_ordered(item, rank))
        case m.Loop(body, redo, most):
            return m.Loop(_ordered(body, rank), None if redo is None else _ordered(redo, rank), most)
        case _:
            return flow


class _Reduction:
    """The net while it shrinks: each transition holds the flow that it stands for."""

    def __init__(self, net: WorkflowNet) -> None:
        self.source, self.sink = net.initial.index(1), net.final.index(1)
        self.n_places = len(net.initial)
        self.arcs: dict[int, Arc] = {}
        self.n_made = 0
        for t in net.transitions:
            flow = None if t.label is None else m.Step(t.label)
            self.add(flow, frozenset(p for p, _ in t.consumes), frozenset(p for p, _ in t.produces))

    def flow(self) -> m.Flow | None:
        rules = (
            self.idle,
            self.choice,
            self.again,
            self.equal_places,
            self.silent,
            self.sequence,
            self.implied,
            self.parallel,
            self.loop,
        )
        while len(self.arcs) > 1 or any(before == after for _, before, after in self.arcs.values()):
            self.index()
            if not any(rule() for rule in rules):
                return None
        ((flow, before, after),) = self.arcs.values()
        return flow if (before, after) == (frozenset([self.source]), frozenset([self.sink])) else None

    # --- the net -----------------------------------------------------------------------------------------------------

    def add(self, flow: m.Flow | None, before: Places, after: Places) -> None:
        self.arcs[self.n_made] = (flow, before, after)
        self.n_made += 1

    def index(self) -> None:
        """Who gives to and takes from each place."""
        self.givers: dict[int, list[int]] = {}
        self.takers: dict[int, list[int]] = {}
        for t, (_, before, after) in self.arcs.items():
            for p in sorted(after):
                self.givers.setdefault(p, []).append(t)
            for p in sorted(before):
                self.takers.setdefault(p, []).append(t)

    def inner(self) -> Iterator[int]:
        """Places with both givers and takers, neither source nor sink."""
        yield from (p for p in sorted(self.givers) if p in self.takers and p not in (self.source, self.sink))

    def rename(self, old: int, new: int) -> None:
        def moved(places: Places) -> Places:
            return frozenset(new if p == old else p for p in places)

        self.arcs = {t: (flow, moved(before), moved(after)) for t, (flow, before, after) in self.arcs.items()}
        self.source, self.sink = (new if p == old else p for p in (self.source, self.sink))

    # --- the rules: each makes one step and says whether it did ------------------------------------------------------

    def idle(self) -> bool:
        """A silent transition from places back to the same places does nothing."""
        for t, (flow, before, after) in self.arcs.items():
            if flow is None and before == after:
                del self.arcs[t]
                return True
        return False

    def choice(self) -> bool:
        """Transitions between the same places are a choice; a silent one makes the others optional."""
        groups: dict[tuple[Places, Places], list[int]] = {}
        for t, (_, before, after) in self.arcs.items():
            groups.setdefault((before, after), []).append(t)
        for (before, after), group in groups.items():
            if len(group) > 1:
                flows = [self.arcs.pop(t)[0] for t in group]
                self.add(_choice(flows), before, after)
                return True
        return False

    def again(self) -> bool:
        """A transition from a place back to it: any number of times before what comes next."""
        for t, (flow, before, after) in self.arcs.items():
            if before == after and len(before) == 1 and flow is not None:
                (p,) = before
                del self.arcs[t]
                q = self.n_places
                self.n_places += 1
                for other, (what, needs, gives) in self.arcs.items():
                    if p in needs:
                        self.arcs[other] = (what, needs - {p} | {q}, gives)
                if p == self.sink:
                    self.sink = q
                self.add(_optional(_again(flow)), frozenset([p]), frozenset([q]))
                return True
        return False

    def equal_places(self) -> bool:
        """Places from which the same can happen are one."""
        seen: dict[frozenset[tuple[m.Flow | None, Places]], int] = {}
        for p in self.inner():
            arcs = [self.arcs[t] for t in self.takers[p]]
            if any(before != {p} for _, before, _ in arcs):
                continue
            future = frozenset((flow, after) for flow, _, after in arcs)
            if future in seen:
                for t in self.takers[p]:
                    del self.arcs[t]
                self.rename(p, seen[future])
                return True
            seen[future] = p
        return False

    def silent(self) -> bool:
        """A silent step from one place to another joins them, if nothing else leaves the first, or nothing else enters the second."""
        for t, (flow, before, after) in self.arcs.items():
            if flow is None and len(before) == len(after) == 1 and before != after:
                (p,), (q,) = before, after
                leaves = p != self.source and self.takers[p] == [t]
                enters = q != self.sink and self.givers[q] == [t]
                if leaves or enters:
                    del self.arcs[t]
                    self.rename(*((p, q) if leaves else (q, p)))
                    return True
        return False

    def sequence(self) -> bool:
        """One step after the other, with nothing else in between; all such pairs at once, because long lines are common."""
        found = False
        for p in list(self.inner()):
            if len(self.givers[p]) == len(self.takers[p]) == 1:
                t, u = self.givers[p][0], self.takers[p][0]
                if t != u and self.arcs[t][2] == {p} == self.arcs[u][1]:
                    first, second = self.arcs.pop(t), self.arcs.pop(u)
                    for q in first[1]:
                        self.takers[q][self.takers[q].index(t)] = self.n_made
                    for q in second[2]:
                        self.givers[q][self.givers[q].index(u)] = self.n_made
                    self.add(_sequence(first[0], second[0]), first[1], second[2])
                    found = True
        return found

    def implied(self) -> bool:
        """A place between two transitions that the net joins in another way, without choices, says nothing new."""
        alone = {p for p in self.inner() if len(self.givers[p]) == len(self.takers[p]) == 1}
        for p in sorted(alone):
            goal = self.takers[p][0]
            seen: set[int] = set()
            todo = [self.givers[p][0]]
            while todo and goal not in seen:
                after = {self.takers[q][0] for q in self.arcs[todo.pop()][2] & alone - {p}} - seen
                seen |= after
                todo += sorted(after)
            if goal in seen and self.givers[p][0] != goal:
                self.without({p})
                return True
        return False

    def without(self, gone: set[int]) -> None:
        """The net without some places."""
        self.arcs = {t: (flow, before - gone, after - gone) for t, (flow, before, after) in self.arcs.items()}

    def parallel(self) -> bool:
        """Two branches between the same split and the same join."""
        forks: dict[tuple[int, int], int] = {}
        for p in self.inner():
            if len(self.givers[p]) != 1 or len(self.takers[p]) != 1:
                continue
            t = self.takers[p][0]
            flow, before, after = self.arcs[t]
            (q,) = after if len(after) == 1 else (-1,)
            if before != {p} or q == self.sink or self.givers.get(q) != [t] or len(self.takers.get(q, ())) != 1:
                continue
            ends = (self.givers[p][0], self.takers[q][0])
            if ends in forks:
                u = forks[ends]
                other, from_, to = self.arcs[u]
                self.arcs[u] = (_parallel(other, flow), from_, to)
                del self.arcs[t]
                self.without({p, q})
                return True
            forks[ends] = t
        return False

    def loop(self) -> bool:
        """A body and the way back from its end to its beginning."""
        for p in self.inner():
            if len(self.takers[p]) != 1:
                continue
            t = self.takers[p][0]
            body, before, after = self.arcs[t]
            (q,) = after if len(after) == 1 else (p,)
            if body is None or before != {p} or q == p or self.givers[q] != [t] or q not in self.takers:
                continue
            for u in self.takers[q]:
                redo, from_, to = self.arcs[u]
                if from_ == {q} and to == {p}:
                    del self.arcs[t], self.arcs[u]
                    self.add(_loop(body, redo), before, after)
                    return True
        return False


def _choice(flows: list[m.Flow | None]) -> m.Flow | None:
    items: dict[m.Flow, None] = {}
    empty = None in flows
    for flow in flows:
        match flow:
            case m.Choice(inner):
                items |= dict.fromkeys(inner)
            case m.Optional_(m.Choice(inner)):
                items |= dict.fromkeys(inner)
                empty = True
            case m.Optional_(item):
                items[item] = None
                empty = True
            case _ if flow is not None:
                items[flow] = None
    if not items:
        return None
    made = next(iter(items)) if len(items) == 1 else m.Choice(tuple(items))
    return _optional(made) if empty else made


def _optional(flow: m.Flow) -> m.Flow:
    return flow if isinstance(flow, m.Optional_) else m.Optional_(flow)


def _sequence(first: m.Flow | None, second: m.Flow | None) -> m.Flow | None:
    items = [x for flow in (first, second) if flow for x in (flow.items if isinstance(flow, m.Sequence) else (flow,))]
    return m.Sequence(tuple(items)) if len(items) > 1 else items[0] if items else None


def _parallel(first: m.Flow | None, second: m.Flow | None) -> m.Flow | None:
    items = [x for flow in (first, second) if flow for x in (flow.items if isinstance(flow, m.Parallel) else (flow,))]
    return m.Parallel(tuple(items)) if len(items) > 1 else items[0] if items else None


def _loop(body: m.Flow, redo: m.Flow | None) -> m.Flow:
    return _again(body) if redo is None else m.Loop(body, redo)


def _again(body: m.Flow) -> m.Flow:
    """One or more times."""
    match body:
        case m.Optional_(item):
            return _optional(_again(item))
        case m.Loop(_, None, None):
            return body
        case _:
            return m.Loop(body)
