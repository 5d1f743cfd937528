"""Which cases are asked for, part by part, and how that is said in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from mining.conformance import verdicts as v
from mining.errors import MiningError, UnknownNameError
from mining.segments import PERIODS, group_label
from mining.texts import say

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint

BY_WORDS = (*PERIODS, "team", "version")


@dataclass(frozen=True)
class Selection:
    """Which cases: those for which all that is given holds. Nothing given: all.

    Parameters
    ----------
    period : tuple of str or None
        First and last day on which a case may have begun (2026-03-01), both included, by the clock of the blueprint's zone; None: open.
        A case none of whose labels the blueprint reads began on no day.
    by, group : str, optional
        A group of a segment, as :func:`mining.segments.segments_of` makes it: ``by="channel", group="Desk"``; of the cases without a value
        the group is ``not recorded``.
    kind : str, optional
        Cases with a deviation of this kind, as the table of deviations has it. What an allowance covers is a deviation too.
    activity : str, optional
        Cases with a deviation at this activity, or label outside the blueprint; with ``kind``, one of that kind there: who clicks on a step
        in the picture asks for what went wrong at it, and what is missing there never happened.
    case : str, optional
        One case.
    through : str, optional
        Cases in which this activity, or label outside the blueprint, occurred, whether or not anything was wrong with it.

    Raises
    ------
    MiningError
        If a day is no date, the last day comes before the first, or a segment is given without its group.
    UnknownNameError
        For a kind of deviation that there is not.

    Examples
    --------
    >>> Selection(period=("2026-03-01", "2026-03-31"), kind="late").words()
    'begun 2026-03-01 to 2026-03-31; deviation: late'
    """

    period: tuple[str | None, str | None] = (None, None)
    by: str | None = None
    group: str | None = None
    kind: str | None = None
    activity: str | None = None
    case: str | None = None
    through: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "period", _checked_period(self.period))
        if (self.by is None) != (self.group is None):
            raise MiningError(
                f"by={self.by!r} and group={self.group!r}: a segment is chosen by both, as in by='channel', group='Desk'."
            )
        if self.kind is not None and self.kind not in v.KINDS:
            raise UnknownNameError("kind of deviation", self.kind, v.KINDS, where="kind")

    def words(self, lang: str = "en", blueprint: Blueprint | None = None) -> str:
        """The selection in words; with a blueprint, activities by their names.

        Examples
        --------
        >>> Selection(by="channel", group="Desk", activity="receive").words("zh", study.blueprint)
        'channel：Desk；“接收确认”处有偏差'
        """
        said = [_said(part, lang, blueprint) for part in parts_of(self)]
        return say("selection.joined", lang).join(said) or say("selection.all", lang)


def parts_of(selection: Selection) -> list[Selection]:
    """Selections that each ask one thing; kind and activity are one, since they speak of the same deviation."""
    parts = [
        Selection(period=selection.period),
        Selection(by=selection.by, group=selection.group),
        Selection(kind=selection.kind, activity=selection.activity),
        Selection(through=selection.through),
        Selection(case=selection.case),
    ]
    return [part for part in parts if part != Selection()]


def _checked_period(period: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    if isinstance(period, str) or len(period) != 2:
        raise MiningError(f"period={period!r}: give the first and the last day, as in ('2026-03-01', '2026-03-31').")
    days: list[str | None] = []
    for day in period:
        try:
            days.append(None if day is None else date.fromisoformat(str(day)).isoformat())
        except ValueError:
            raise MiningError(f"period: {day!r} is not a day. Write it as 2026-03-01.") from None
    first, last = days
    if first is not None and last is not None and last < first:
        raise MiningError(f"period: the last day, {last}, comes before the first, {first}.")
    return first, last


def _said(part: Selection, lang: str, blueprint: Blueprint | None) -> str:
    """A selection that asks one thing, in words."""
    first, last = part.period
    if first or last:
        key = "selection.between" if first and last else "selection.since" if first else "selection.until"
        return say(key, lang, **{k: day for k, day in (("first", first), ("last", last)) if day})
    if part.by is not None and part.group is not None:
        by = say(f"selection.by.{part.by}", lang) if part.by in BY_WORDS else part.by
        return say("selection.group", lang, by=by, group=group_label(part.group, lang))
    if part.case is not None:
        return say("selection.case", lang, case=part.case)
    place = part.activity or part.through or ""
    if blueprint is not None and place in blueprint.by_id:
        place = blueprint.by_id[place].name.get(lang)
    if part.through is not None:
        return say("selection.through", lang, activity=place)
    kind = say(f"kind.{part.kind}", lang) if part.kind else ""
    if not place:
        return say("selection.kind", lang, kind=kind)
    if not kind:
        return say("selection.activity", lang, activity=place)
    return say("selection.kind_activity", lang, kind=kind, activity=place)
