"""Readable edits to the flow words of a blueprint: each says what it would allow, and gives the flow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mining.blueprint import model as m
from mining.blueprint.measures import follows

# What an edit costs: wider ones more, so that of two edits that gain the same cases the narrower one is taken.
COSTS = {
    "skip": 1.0,
    "repeat": 1.0,
    "skip_block": 1.5,
    "begin_later": 1.5,
    "end_earlier": 1.5,
    "rework": 1.5,
    "insert": 1.5,
    "admit": 1.5,
    "rework_by": 2.0,
    "any_order": 2.0,
    "new_step": 2.0,
    "any_time": 3.0,
    "free": 4.0,
}
PER_STEP = 0.1  # for each further step of the part that is edited
FREE_PER_STEP = 0.5
LONGEST_SPAN = 12  # items of a sequence that are edited as one; beginnings and ends of the whole flow may be longer


@dataclass(frozen=True, order=True)
class Place:
    """A part of a flow: the node at ``path`` (which child, from the top), or the items ``first`` to ``last`` of the sequence there."""

    path: tuple[int, ...]
    first: int = -1
    last: int = -1

    @property
    def is_span(self) -> bool:
        """Whether it is some items of a sequence."""
        return self.first >= 0


@dataclass(frozen=True)
class Ends:
    """What can be seen of how a part begins and ends."""

    first: frozenset[str]
    last: frozenset[str]
    nullable: bool


@dataclass(frozen=True)
class Edit:
    """One change of a flow.

    Attributes
    ----------
    kind : str
        One of :data:`COSTS`.
    place : Place
        In the flow that it is applied to.
    steps : tuple of str
        The steps of that part, in the order written.
    step : str or None
        The step that is put in, where one is.
    middle : int
        Of ``any_order``: the first item of the second part. Of ``insert`` and ``new_step``: 1 after the part, 0 before it.
    other : tuple of str
        Of ``any_order``: the steps of the second part.

    Examples
    --------
    >>> flow = m.Sequence((m.Step("a"), m.Step("b")))
    >>> edit = Edit("skip", Place((), 1, 1), ("b",))
    >>> edit.applied(flow)
    Sequence(items=(Step(activity='a'), Optional_(item=Step(activity='b'))))
    >>> edit.cost
    1.0
    """

    kind: str
    place: Place
    steps: tuple[str, ...]
    step: str | None = None
    middle: int = 0
    other: tuple[str, ...] = ()

    @property
    def cost(self) -> float:
        """What it counts: that of its kind, and more the more steps it is about."""
        more = 0 if self.kind == "any_time" else len(self.steps) + len(self.other) - 1
        return COSTS[self.kind] + (FREE_PER_STEP if self.kind == "free" else PER_STEP) * more

    @property
    def names(self) -> tuple[str, ...]:
        """All steps that it is about, each once."""
        return tuple(dict.fromkeys([*([self.step] if self.step else []), *self.steps, *self.other]))

    @property
    def moved(self) -> tuple[str, ...]:
        """The steps that may happen otherwise after it: not those that only say where a step is put in."""
        put_in = self.kind in ("insert", "new_step", "admit", "any_time")
        return (self._step,) if put_in else self.names

    @property
    def key(self) -> tuple[float, int, Place, int, str]:
        """The order in which equally good edits are taken: the cheapest and narrowest first."""
        kind = list(COSTS).index(self.kind)
        return self.cost, kind, self.place, -self.middle, self.step or ""

    def applied(self, flow: m.Flow) -> m.Flow:
        """The flow with the edit; ``flow`` is not changed."""
        part = part_of(flow, self.place)
        match self.kind:
            case "skip" | "skip_block" | "begin_later" | "end_earlier":
                return put(flow, self.place, m.Optional_(part))
            case "repeat" | "rework":
                return put(flow, self.place, _again(part))
            case "insert" | "new_step":
                more = m.Optional_(m.Step(self._step))
                return put(flow, self.place, sequence((part, more) if self.middle else (more, part)))
            case "rework_by":
                return put(flow, self.place, _again_by(part, self._step))
            case "any_order":
                items = m.children(_at(flow, self.place.path))
                one, two = items[self.place.first : self.middle], items[self.middle : self.place.last + 1]
                return put(flow, self.place, beside(sequence(one), sequence(two)))
            case "any_time":
                return put(flow, self.place, beside(part, m.Optional_(m.Loop(m.Step(self._step)))))
            case "free":
                return put(flow, self.place, m.Free(self.steps))
            case _:  # admit
                return put(flow, self.place, m.Free((*self.steps, self._step)))

    @property
    def _step(self) -> str:
        assert self.step is not None  # edits of these kinds put in a step
        return self.step


def _again(part: m.Flow) -> m.Flow:
    """The part any number of times, at least as often as before."""
    match part:
        case m.Optional_(item):
            return m.Optional_(_again(item))
        case m.Loop(body, redo, most):
            return m.Loop(body, None if redo is None else m.Optional_(redo), most)
        case _:
            return m.Loop(part)


def _again_by(part: m.Flow, step: str) -> m.Flow:
    """The part again after a step."""
    if isinstance(part, m.Loop) and part.redo is not None:
        ways = part.redo.items if isinstance(part.redo, m.Choice) else (part.redo,)
        return m.Loop(part.body, m.Choice((*ways, m.Step(step))), part.max)
    return m.Loop(part, m.Step(step))


def sequence(items: tuple[m.Flow, ...]) -> m.Flow:
    """Items one after the other; sequences in them become part of it."""
    flat = [y for x in items for y in (x.items if isinstance(x, m.Sequence) else (x,))]
    return flat[0] if len(flat) == 1 else m.Sequence(tuple(flat))


def beside(*parts: m.Flow) -> m.Flow:
    """Parts side by side; those that are side by side themselves become part of it."""
    return m.Parallel(tuple(y for x in parts for y in (x.items if isinstance(x, m.Parallel) else (x,))))


def part_of(flow: m.Flow, place: Place) -> m.Flow:
    """The part of a flow at a place."""
    flow = _at(flow, place.path)
    return sequence(m.children(flow)[place.first : place.last + 1]) if place.is_span else flow


def _at(flow: m.Flow, path: tuple[int, ...]) -> m.Flow:
    for i in path:
        flow = m.children(flow)[i]
    return flow


def put(flow: m.Flow, place: Place, new: m.Flow) -> m.Flow:
    """The flow with another part at a place."""
    if place.path:
        head, rest = place.path[0], Place(place.path[1:], place.first, place.last)
        return _with_child(flow, head, put(m.children(flow)[head], rest, new))
    if not place.is_span:
        return new
    items = m.children(flow)
    return sequence((*items[: place.first], new, *items[place.last + 1 :]))


def _with_child(flow: m.Flow, i: int, new: m.Flow) -> m.Flow:
    match flow:
        case m.Sequence(items):
            return sequence((*items[:i], new, *items[i + 1 :]))
        case m.Parallel(items):
            return beside(*items[:i], new, *items[i + 1 :])
        case m.Choice(items):
            return m.Choice((*items[:i], new, *items[i + 1 :]))
        case m.Optional_():
            return m.Optional_(new)
        case m.Loop(body, redo, most):
            return m.Loop(new, redo, most) if i == 0 else m.Loop(body, new, most)
        case _:
            raise AssertionError("a step and a free region have no parts to edit")


def lines_of(flow: m.Flow, path: tuple[int, ...] = ()) -> Iterator[tuple[Place, tuple[m.Flow, ...]]]:
    """Every sequence with its items, and every other node that stands in none as a sequence of itself: the lines to insert into."""
    if isinstance(flow, m.Sequence):
        yield Place(path, 0, len(flow.items) - 1), flow.items
        for i, item in enumerate(flow.items):
            yield from _below(item, (*path, i))
    else:
        yield Place(path), (flow,)
        yield from _below(flow, path)


def _below(flow: m.Flow, path: tuple[int, ...]) -> Iterator[tuple[Place, tuple[m.Flow, ...]]]:
    if not isinstance(flow, m.Free):
        for i, child in enumerate(m.children(flow)):
            yield from lines_of(child, (*path, i))


def item_of(line: Place, i: int) -> Place:
    """The place of an item of a line."""
    return Place(line.path, i, i) if line.is_span else line


def places_of(flow: m.Flow) -> Iterator[Place]:
    """Every part that is edited as one: nodes, and runs of items of sequences."""
    for line, items in lines_of(flow):
        if not line.is_span:
            yield line
            continue
        n = len(items)
        for i in range(n):
            for j in range(i, n):
                whole = not line.path and (i == 0 or j == n - 1)
                if j - i < LONGEST_SPAN or whole:
                    yield Place(line.path, i, j)


def spans_of_whole(flow: m.Flow) -> Iterator[Place]:
    """The whole flow, and where it is a sequence, all of it but its first item, its last, or both."""
    if not isinstance(flow, m.Sequence):
        yield Place(())
        return
    last = len(flow.items) - 1
    yield Place((), 0, last)
    yield from (Place((), i, j) for i, j in ((1, last), (0, last - 1), (1, last - 1)) if i <= j)


def is_branch(flow: m.Flow, place: Place) -> bool:
    """Whether a part is a whole branch of a choice: to leave it out is to leave the choice out."""
    if not place.path or not isinstance(_at(flow, place.path[:-1]), m.Choice):
        return False
    return not place.is_span or (place.first, place.last) == (0, len(m.children(_at(flow, place.path))) - 1)


def in_loop(flow: m.Flow, place: Place) -> bool:
    """Whether a part may come again because of a loop around it, or a free region is in it."""
    part = part_of(flow, place)
    if any(isinstance(x, m.Free | m.Loop) for x in m.flow_nodes(part)):
        return True
    for i in place.path:
        if isinstance(flow, m.Loop):
            return True
        flow = m.children(flow)[i]
    return isinstance(flow, m.Loop)


def ends_of(part: m.Flow, silent: frozenset[str]) -> Ends:
    """The steps that a part may begin and end with, and whether nothing of it may be seen.

    Examples
    --------
    >>> found = ends_of(m.Sequence((m.Optional_(m.Step("a")), m.Step("b"))), frozenset())
    >>> sorted(found.first), sorted(found.last), found.nullable
    (['a', 'b'], ['b'], False)
    """
    start, end = m.Step("\0start"), m.Step("\0end")
    pairs = follows(m.Sequence((start, _seen(part, silent), end)))
    return Ends(
        frozenset(b for a, b in pairs if a == start.activity and b != end.activity and b not in silent),
        frozenset(a for a, b in pairs if b == end.activity and a != start.activity and a not in silent),
        (start.activity, end.activity) in pairs,
    )


def _seen(flow: m.Flow, silent: frozenset[str]) -> m.Flow:
    """The flow with steps that leave no trace as steps that may be left out."""
    match flow:
        case m.Step(activity):
            return m.Optional_(flow) if activity in silent else flow
        case m.Sequence(items) | m.Choice(items) | m.Parallel(items):
            return type(flow)(tuple(_seen(x, silent) for x in items))
        case m.Optional_(item):
            return m.Optional_(_seen(item, silent))
        case m.Loop(body, redo, most):
            return m.Loop(_seen(body, silent), None if redo is None else _seen(redo, silent), most)
        case _:
            return flow
