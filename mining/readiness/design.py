"""What a design consists of, and how much room it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mining.blueprint.measures import design_of
from mining.blueprint.model import Blueprint, Text
from mining.readiness.tables import both, cells, frame_of, named, of_design
from mining.results import Result
from mining.texts import say


@dataclass(frozen=True, eq=False, repr=False)
class Parts(Result):
    """One row per sort of part of a blueprint: how many there are, and which. Made by :func:`parts_of`."""

    columns: ClassVar[dict[str, str]] = {
        "part_en": "sort of part, in English",
        "part_zh": "sort of part, in Chinese",
        "n": "how many the blueprint has",
        "which_en": "their names, in English",
        "which_zh": "their names, in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """Which sorts of part the blueprint has none of."""
        none = self.frame.loc[self.frame["n"] == 0, f"part_{lang}"].tolist()
        return say("readiness.parts_none", lang, parts=say("readiness.comma", lang).join(none)) if none else ""


def parts_of(blueprint: Blueprint) -> Parts:
    """The parts of a blueprint, counted and named.

    Examples
    --------
    >>> parts_of(study.blueprint).frame.set_index("part_en").loc["calendars", "n"]
    np.int64(1)
    """
    rows = [
        both("part", f"readiness.part_{part}") | {"n": len(names)} | cells("which", named(names))
        for part, names in _parts(blueprint)
    ]
    return Parts(frame_of(rows, Parts), of_design("parts of the blueprint", blueprint))


def _parts(b: Blueprint) -> Iterator[tuple[str, Sequence[Text | str]]]:
    visible = {lane.id for lane in b.lanes if lane.visible}
    contacts = [a for a in b.activities if a.touchpoint]
    yield "lanes", [x.name for x in b.lanes]
    yield "stages", [x.name for x in b.stages]
    yield "steps", [a.name for a in b.activities]
    yield "visible", [a.name for a in b.activities if a.lane in visible]
    yield "silent", [a.name for a in b.activities if not a.observable]
    yield "touchpoints", [a.name for a in contacts]
    yield "key", [a.name for a in contacts if a.touchpoint and a.touchpoint.key]
    yield "truth", [a.name for a in contacts if a.touchpoint and a.touchpoint.moment_of_truth]
    yield "waits", [a.name for a in b.activities if a.wait_point]
    yield "fails", [a.name for a in b.activities if a.fail_point]
    yield "rework", [a.name for a in b.activities if a.rework]
    yield "roles", [x.name for x in b.roles]
    yield "rules", [x.id for x in b.rules]
    yield "standards", [x.id for x in b.standards]
    yield "kpis", [x.name for x in b.kpis]
    yield "calendars", [x.id for x in b.calendars]
    yield "allowances", [x.id for x in b.allowances]


@dataclass(frozen=True, eq=False, repr=False)
class Room(Result):
    """How much there is to a design, and how much room it leaves (complexity and divergence). Made by :func:`room_of`."""

    columns: ClassVar[dict[str, str]] = {
        "figure_en": "what is counted, in English",
        "figure_zh": "what is counted, in Chinese",
        "n": "how many the design has",
        "says_en": "what it means, in English",
        "says_zh": "what it means, in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """Complexity and divergence."""
        n = self.frame["n"].tolist()
        return say("readiness.room", lang, complexity=n[-2], divergence=n[-1])


def room_of(blueprint: Blueprint) -> Room:
    """Complexity and divergence of a design, with what they are made of; needs no log.

    Examples
    --------
    >>> room_of(study.blueprint).frame["figure_en"].tolist()[-2:]
    ['complexity', 'divergence']
    """
    found = design_of(blueprint)
    names = (
        "steps",
        "hand_offs",
        "lanes_crossed",
        "choices",
        "optionals",
        "loops",
        "free_regions",
        "complexity",
        "divergence",
    )
    rows = [
        both("figure", f"readiness.room_{name}")
        | {"n": getattr(found, name)}
        | both("says", f"readiness.room_{name}_says")
        for name in names
    ]
    return Room(frame_of(rows, Room), of_design("complexity and divergence of the design", blueprint))
