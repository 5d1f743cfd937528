"""What a blueprint's picture holds, in one language, before anything has a place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mining.blueprint.model import Blueprint
from mining.errors import UnknownNameError
from mining.pictures.boxes import Box, box_of
from mining.pictures.flow import Wiring, wiring_of
from mining.pictures.gateways import with_gateways
from mining.pictures.grid import Grid, place
from mining.pictures.marks import Mark
from mining.pictures.promises import LAYERS, Promises, promises_of
from mining.pictures.sheet import boundary_lines
from mining.pictures.words import words_in

MARGIN, HEAD = 16.0, 168.0


@dataclass(frozen=True)
class Plan:
    """Everything to be drawn, cut to its width but without a place.

    ``lines``: names of the three lines by the index of the lane they lie below. ``changes``: how activities, regions and
    diamonds differ from an older version, as one of ``+``, ``–`` and ``~``.
    """

    blueprint: Blueprint
    overlay: Mapping[str, Mark]
    lang: str
    words: dict[str, str]
    wiring: Wiring
    promises: Promises
    grid: Grid
    boxes: dict[str, Box]
    lines: dict[int, tuple[str, ...]]
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """What activities, regions and diamonds are called."""
        names = {a.id: a.name.get(self.lang) for a in self.blueprint.activities}
        names |= {r.id: f"{self.words['any_order']} {r.letter}" for r in self.wiring.regions}
        return names | {g.id: self.words[f"{g.kind}_name"] for g in self.wiring.gateways}


def box_width(lang: str) -> float:
    """Width of every box in pixels."""
    return 116.0 if lang == "zh" else 122.0  # Chinese names are shorter


def plan_of(
    blueprint: Blueprint,
    *,
    overlay: Mapping[str, Mark] | None = None,
    lang: str = "en",
    show: Collection[str] = LAYERS,
) -> Plan:
    """Gather what a blueprint's picture holds.

    Parameters
    ----------
    blueprint : Blueprint
        The designed service.
    overlay : mapping of str to Mark, optional
        Findings by activity id.
    lang : {"en", "zh"}, default "en"
        Language of the words.
    show : collection of {"standards", "people"}, default both
        Which promises stand on the activities.

    Returns
    -------
    Plan

    Raises
    ------
    UnknownNameError
        If ``lang`` is not spoken, ``show`` not known, or the overlay names an activity that the blueprint does not have.
    """
    words = words_in(lang)
    marks = dict(overlay or {})
    for id in marks:
        if id not in blueprint.by_id:
            raise UnknownNameError("activity", id, blueprint.by_id, where="overlay")
    promises = promises_of(blueprint, lang, words, show)
    return assemble(blueprint, wiring_of(blueprint.flow), promises, marks, lang=lang)


def letters_of(blueprint: Blueprint, wiring: Wiring) -> dict[str, tuple[str, ...]]:
    """Letters of the regions that each activity belongs to."""
    return {a.id: tuple(r.letter for r in wiring.regions if a.id in r.activities) for a in blueprint.activities}


def assemble(
    blueprint: Blueprint,
    wiring: Wiring,
    promises: Promises,
    marks: Mapping[str, Mark],
    *,
    lang: str,
    letters: Mapping[str, tuple[str, ...]] | None = None,
    changes: Mapping[str, str] | None = None,
) -> Plan:
    """Cut the texts and choose the cells.

    Parameters
    ----------
    blueprint : Blueprint
        Its activities, lanes and stages are drawn; its flow only says in which order the activities stand.
    wiring : Wiring
        Connections.
    promises : Promises
        Badges.
    marks : mapping of str to Mark
        Overlay.
    lang : str
        Language of the words.
    letters : mapping, optional
        Letters of regions by activity, where they are not those of ``wiring``.
    changes : mapping, optional
        How activities, regions and diamonds differ from an older version.

    Returns
    -------
    Plan
    """
    words, changes = words_in(lang), dict(changes or {})
    letters = letters or letters_of(blueprint, wiring)
    differ = len({mark.n_all for mark in marks.values()}) > 1
    boxes = {
        a.id: box_of(
            a,
            letters[a.id],
            marks.get(a.id),
            promises.by_activity.get(a.id, ()),
            changes.get(a.id, ""),
            width=box_width(lang),
            lang=lang,
            words=words,
            of=differ,
        )
        for a in blueprint.activities
    }
    grid = with_gateways(place(blueprint, wiring.steps, wiring.regions), wiring)
    lines = boundary_lines(blueprint.lanes)
    return Plan(blueprint, marks, lang, words, wiring, promises, grid, boxes, lines, changes)
