"""The process map of a study or of a log alone: as much of it as is asked for, and in words how much that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mining.blueprint.model import Lane, Text
from mining.discovery.map_levels import LEGIBLE, LEGIBLE_ARCS, MOST_ARCS, Level, level_of
from mining.discovery.observed import Observed, observed_of
from mining.errors import MiningError, UnknownNameError
from mining.log import EventLog
from mining.pictures import Picture
from mining.pictures.map_content import COLOURS, Activity, Arc, MapContent
from mining.pictures.map_lanes import OUTSIDE
from mining.pictures.marks import percent
from mining.pictures.process_map import draw_map
from mining.pictures.words import words_in
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study


def map_of(
    source: Study | EventLog | Observed,
    *,
    activities: float | None = None,
    paths: float | None = None,
    colour: str = "frequency",
    lanes: bool = False,
    most_arcs: int | None = None,
    lang: str = "en",
    title: str = "",
) -> Picture:
    """Draw what follows what, in as much detail as asked for; the picture says how much it shows.

    The map of fewer activities is that of the log without the others: an arc over activities that are not shown is dashed and has counts
    of its own, so that nothing looks direct that is not. More than 40 activities are drawn as the 39 most frequent and one box that
    holds the others; then the title says so.

    Parameters
    ----------
    source : Study, EventLog or Observed
        Of a study the boxes bear names, and in colours of frequency the cases with a deviation.
    activities : float, 0 to 1, optional
        Share of the activity instances: the most frequent activities that together make up at least this much. 1 shows all. If not
        given, the 15 most frequent.
    paths : float, 0 to 1, optional
        Share of the transitions: the arcs that keep every activity joined with start and end by its widest ways are always drawn; the
        strongest others are added up to this share. If not given, up to 40 arcs.
    colour : {"frequency", "performance"}
        Boxes and arcs by how often; or arcs by the median time between the two activities and boxes by the median processing time.
        A median of fewer than five cases is not shown.
    lanes : bool
        Boxes in the lanes of the blueprint, with the lines of interaction and of visibility.
    most_arcs : int, optional
        Arcs at most, beyond those that join every activity with start and end. If not given, 120 with ``paths``, else 40.
    lang : {"en", "zh"}
    title : str
        Heading; else one is made.

    Returns
    -------
    Picture
        The same input gives the same bytes.

    Raises
    ------
    MiningError
        If a share is not between 0 and 1, the log has no completed activity, or lanes are asked for without a blueprint.
    UnknownNameError
        For another colour or language.

    Examples
    --------
    >>> map_of(study, activities=0.5, paths=0.0).title
    'Process map'
    """
    _valid_share("activities", activities)
    _valid_share("paths", paths)
    if colour not in COLOURS:
        raise UnknownNameError("colour", colour, COLOURS, where="process map")
    observed = observed_of(source)
    if lanes and observed.blueprint is None:
        raise MiningError(
            "A map with lanes needs a blueprint, which says in which lane an activity lies; this is a log alone. "
            "Give a Study, or leave out lanes=True."
        )
    level = level_of(observed, activities)
    most = most_arcs if most_arcs is not None else LEGIBLE_ARCS if paths is None else MOST_ARCS
    arcs = level.arcs(1.0 if paths is None else paths, most)
    fewer = activities is None and len(level.boxes) < len(observed.activities)
    chosen = [("map.chosen_activities", LEGIBLE)] if fewer else []
    chosen += [("map.chosen_arcs", most)] if paths is None and len(arcs) < len(level.pool) else []
    said = tuple(say(key, lang, n=f"{n:,}") for key, n in chosen)
    if paths is not None:
        said += at_most(level, arcs, paths, most, lang)
    return drawn(level, arcs, colour=colour, lanes=lanes, lang=lang, title=title, said=said)


def drawn(
    level: Level,
    arcs: list[Arc],
    *,
    colour: str = "frequency",
    lanes: bool = False,
    lang: str = "en",
    title: str = "",
    said: tuple[str, ...] = (),
) -> Picture:
    """The picture of a level with some of its arcs. ``said``: more sentences below the title."""
    words = words_in(lang)
    content = MapContent(
        _boxes(level, colour, lang),
        tuple(arcs),
        title or _title(level, words["process_map"], lang),
        (*_notes(level, arcs, lang), *said),
        colour,
        _between(level, lang) if colour == "performance" else "",
        say("map.processing", lang) if colour == "performance" and level.processing else "",
        _lanes(level) if lanes else (),
    )
    return draw_map(content, lang=lang)


def at_most(level: Level, arcs: list[Arc], paths: float, most: int, lang: str) -> tuple[str, ...]:
    """That more arcs were asked for than are drawn, where it is so."""
    asked = paths * sum(arc.n for arc in level.pool)
    cut = len(arcs) >= most and len(arcs) < len(level.pool) and sum(arc.n for arc in arcs) < asked
    return (say("map.at_most", lang, n=f"{most:,}"),) if cut else ()


def _valid_share(name: str, value: float | None) -> None:
    if value is not None and not 0 <= value <= 1:
        raise MiningError(
            f"{name}={value}: a share lies between 0 and 1, as in {name}=0.8; None for as much as is legible."
        )


def _boxes(level: Level, colour: str, lang: str) -> tuple[Activity, ...]:
    observed, blueprint = level.observed, level.observed.blueprint
    marks = observed.marks if colour == "frequency" else {}
    found = []
    for id in level.shown:
        median = level.processing.get(id) if colour == "performance" else None
        known = blueprint is not None and id in blueprint.by_id
        lane = blueprint.lane_of(id) if blueprint is not None and known else None
        found.append(
            Activity(
                id,
                observed.name(id, lang),
                level.counts[id],
                lane.visible if lane else None,
                marks.get(id),
                (),
                median.seconds if median else None,
                median.few if median else False,
                lane.id if lane else None,
            )
        )
    if level.merged:
        members = tuple(f"{observed.name(id, lang)}: {observed.activities[id]:,}" for id in level.merged)
        found.append(Activity(level.other, _other(level, lang), level.counts[level.other], members=members))
    return tuple(found)


def _other(level: Level, lang: str) -> str:
    return say("map.other", lang, n=f"{len(level.merged):,}")


def _title(level: Level, plain: str, lang: str) -> str:
    if not level.merged:
        return plain
    n = len(level.observed.activities)
    return say("map.title_merged", lang, k=f"{len(level.shown):,}", n=f"{n:,}", rest=f"{len(level.merged):,}")


def _notes(level: Level, arcs: list[Arc], lang: str) -> list[str]:
    observed = level.observed
    instances, total = sum(observed.activities.values()), sum(arc.n for arc in level.pool)
    numbers = {
        "k": len(level.shown) + len(level.merged),
        "n": len(observed.activities),
        "instances": instances,
        "arcs": len(arcs),
        "all_arcs": len(level.pool),
        "total": total,
        "cases": observed.n_cases,
    }
    share, part = sum(level.counts.values()) / instances, sum(arc.n for arc in arcs) / total
    shares = {"share": percent(share), "part": percent(part)}
    notes = [say("map.shown", lang, **{k: f"{v:,}" for k, v in numbers.items()}, **shares)]
    if level.merged:
        rest = percent(level.counts[level.other] / instances)
        notes.append(say("map.merged", lang, rest=f"{len(level.merged):,}", share=rest))
    missing = observed.n_cases - sum(arc.n for arc in level.pool if arc.source is None)
    if missing:
        notes.append(say("map.without", lang, n=f"{missing:,}"))
    if not isinstance(observed.source, EventLog) and (running := int(observed.source.is_open.sum())):
        notes.append(say("map.running", lang, n=f"{running:,}"))
    return notes


def _between(level: Level, lang: str) -> str:
    """What the times of arcs are, as the log has starts of all, some or no activities."""
    observed = level.observed
    shown = [*level.shown, *level.merged]
    number = {name: k for k, name in enumerate(observed.names)}
    without = [name for name in shown if not level.has_starts[number[name]]]
    if not without:
        return say("map.to_start", lang)
    if len(without) == len(shown):
        return say("map.to_end", lang)
    return say("map.to_either", lang, k=f"{len(without):,}", n=f"{len(shown):,}")


def _lanes(level: Level) -> tuple[Lane, ...]:
    """The lanes of the blueprint, and one for what it does not know, where the map shows such."""
    blueprint = level.observed.blueprint
    assert blueprint is not None
    outside = level.merged or any(id not in blueprint.by_id for id in level.shown)
    name = Text({lang: say("map.outside", lang) for lang in ("en", "zh")})
    return (*blueprint.lanes, Lane(OUTSIDE, "", name)) if outside else tuple(blueprint.lanes)
