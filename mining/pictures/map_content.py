"""What a process map shows, before anything has a place; and which of its arcs matter most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mining.blueprint.model import Lane
from mining.pictures.marks import Mark

COLOURS = ("frequency", "performance")


@dataclass(frozen=True)
class Activity:
    """A box of the map.

    Attributes
    ----------
    id, name : str
    n : int
        Instances.
    visible : bool or None
        Whether the customer sees it; None where nothing says so.
    mark : Mark or None
        Its deviations.
    members : tuple of str
        Of a box that stands for several activities: what is in it, line by line.
    seconds : float or None
        Median processing time; None where it is not measured.
    few : bool
        Too few measured for a median to be shown.
    lane : str or None
        Lane of the blueprint.
    """

    id: str
    name: str
    n: int
    visible: bool | None = None
    mark: Mark | None = None
    members: tuple[str, ...] = ()
    seconds: float | None = None
    few: bool = False
    lane: str | None = None


@dataclass(frozen=True)
class Arc:
    """From activity to activity; the source None is the start, the target None the end.

    Attributes
    ----------
    n : int
        How often.
    indirect : bool
        Other activities, which the map does not show, came between every time.
    seconds : float or None
        Median time between the two; None where it is not measured, and at start and end.
    few : bool
        Too few cases for a median to be shown.
    """

    source: str | None
    target: str | None
    n: int
    indirect: bool = False
    seconds: float | None = None
    few: bool = False


@dataclass(frozen=True)
class MapContent:
    """Everything that is drawn.

    Attributes
    ----------
    activities, arcs : tuples
        The arcs: strongest first.
    title : str
    notes : tuple of str
        Sentences below the title: what is shown of what.
    colour : {"frequency", "performance"}
    between, processing : str
        In performance colours: what the times of arcs and of boxes are, for the legend; the second is empty where none is known.
    lanes : tuple of Lane
        Lanes to draw, from above; none for a map without.
    """

    activities: tuple[Activity, ...]
    arcs: tuple[Arc, ...]
    title: str
    notes: tuple[str, ...]
    colour: str = "frequency"
    between: str = ""
    processing: str = ""
    lanes: tuple[Lane, ...] = ()


def strength(arc: Arc) -> tuple[int, str, str, bool]:
    """Sorts the strongest first; ties by name."""
    return -arc.n, arc.source or "", arc.target or "", arc.indirect


def strongest(pool: Sequence[Arc], activities: Sequence[str], most: int, share: float = 1.0) -> list[Arc]:
    """The arcs to show, strongest first.

    Each activity keeps the widest way from the start and the widest way to the end, so that no part floats alone, and
    its strongest arc in and out. The strongest others fill up to ``most`` arcs, or until ``share`` of all transitions is shown.
    """
    kept = dict.fromkeys([*tree(pool, forward=True), *tree(pool, forward=False)])
    into: dict[str, Arc] = {}
    out: dict[str, Arc] = {}
    for arc in pool:
        if arc.source != arc.target:
            into.setdefault(arc.target or "", arc)
            out.setdefault(arc.source or "", arc)
    for id in activities:
        kept.update({arc: None for arc in (into.get(id), out.get(id)) if arc})
    wanted, shown = share * sum(arc.n for arc in pool), float(sum(arc.n for arc in kept))
    for arc in pool:
        if len(kept) >= most or shown >= wanted:
            break
        if arc not in kept:
            kept[arc] = None
            shown += arc.n
    return sorted(kept, key=strength)


def tree(pool: Sequence[Arc], *, forward: bool) -> list[Arc]:
    """Arcs of the widest ways from the start to every activity, or from every activity to the end."""
    reached: set[str | None] = {None}
    found = []
    while True:
        for arc in pool:
            near, far = (arc.source, arc.target) if forward else (arc.target, arc.source)
            if near in reached and far not in reached:
                reached.add(far)
                found.append(arc)
                break
        else:
            return found


def reading_order(activities: Mapping[str, int], pool: Sequence[Arc]) -> list[str]:
    """Activities as the widest ways from the start reach them."""
    reached = [arc.target for arc in tree(pool, forward=True) if arc.target is not None]
    return [*reached, *sorted(set(activities) - set(reached))]
