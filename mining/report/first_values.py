"""Standards that are judged by the first value of an attribute that has several in many cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True)
class FirstValued:
    """A standard, the attribute that it reads, and in how many cases (of how many) that has several values."""

    check: str
    attribute: str
    n: int
    of: int


def first_valued(study: Study) -> dict[str, FirstValued]:
    """The standards that are judged by the first of several values, by id.

    Examples
    --------
    >>> first_valued(study)
    {}
    """
    return {x.check: x for x in _found(study)}


def _found(study: Study) -> Iterator[FirstValued]:
    frame = study.quality.frame
    several = frame[frame["problem"] == "attribute_varies"].set_index("place")
    for standard in study.blueprint.standards:
        name = standard.due if standard.metric == "due_date" else standard.attr
        if name in several.index and (not standard.of or standard.due):
            yield FirstValued(standard.id, str(name), int(several.loc[name, "count"]), int(several.loc[name, "of"]))
