"""What can be chosen in the widget, whether a choice is one of it, and what the page offers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from traitlets import TraitError

from mining.conformance.verdicts import KINDS
from mining.errors import MiningError, UnknownNameError
from mining.explain.explanation import number_of
from mining.segments import NOT_RECORDED, group_label
from mining.selection import Choices as Counted
from mining.selection import Selection, choices
from mining.selection.asked import BY_WORDS
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

NAMES = ("period", "by", "group", "kind", "activity", "case")


class RefusedError(MiningError, TraitError):
    """A choice that is not there. Being a `TraitError` too, it is rolled back where several are set at once."""


@dataclass(frozen=True)
class Chosen:
    """What is chosen, with a segment of which no group is chosen yet."""

    period: tuple[str | None, str | None] = (None, None)
    by: str | None = None
    group: str | None = None
    kind: str | None = None
    activity: str | None = None
    case: str | None = None

    @property
    def filter(self) -> Selection:
        """The part that picture and counts go by: without activity and case."""
        by = self.by if self.group is not None else None
        return Selection(period=self.period, by=by, group=self.group, kind=self.kind)

    @property
    def selection(self) -> Selection:
        """All of it."""
        by = self.by if self.group is not None else None
        return Selection(
            period=self.period, by=by, group=self.group, kind=self.kind, activity=self.activity, case=self.case
        )


class Choices:
    """What the cases of a study can be chosen by. Nothing of it hangs on the allow-list, so one serves all states of a widget."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def counted(self) -> Counted:
        """Groups, kinds and days with their cases."""
        return choices(self.study)

    @cached_property
    def activities(self) -> frozenset[str]:
        """Activities of the blueprint, and labels outside it that occur."""
        return frozenset([*self.study.blueprint.by_id, *map(str, self.study.instances.names)])

    def groups(self, by: str) -> dict[str, int]:
        """Cases per group.

        Raises
        ------
        MiningError
            If cases cannot be grouped by it: the message says why.
        """
        if by in self.counted.left_out:
            raise MiningError(self.counted.left_out[by])
        if by not in self.counted.groups:
            raise UnknownNameError("segment", by, self.counted.groups, where="by")
        return self.counted.groups[by]

    def has(self, by: str | None, group: str | None) -> bool:
        """Whether the segment has the group, or none is asked for."""
        groups = self.groups(by) if by is not None else {}
        return group is None or group in groups

    def settled(self, chosen: Chosen) -> Chosen:
        """The choice without a group that its segment does not have."""
        return chosen if self.has(chosen.by, chosen.group) else replace(chosen, group=None)

    def checked(self, chosen: Chosen, *, settle: bool) -> Chosen:
        """The choice, if all of it is there; with ``settle`` without a group that its segment does not have.

        Raises
        ------
        RefusedError
        """
        for name in NAMES[1:]:
            value = getattr(chosen, name)
            if value is not None and not isinstance(value, str):
                raise RefusedError(f"{name}: {value!r} is not text.")
        try:
            days = Selection(period=(None, None) if chosen.period is None else chosen.period).period
            chosen = replace(chosen, period=days)
            chosen = self.settled(chosen) if settle else chosen
            self.check(chosen)
        except (MiningError, TypeError) as error:
            said = f"period: {chosen.period!r} is no pair of days." if isinstance(error, TypeError) else str(error)
            raise RefusedError(said) from error
        return chosen

    def check(self, chosen: Chosen) -> None:
        """Refuse names that are not there, and a group without its segment.

        Raises
        ------
        MiningError
        """
        if chosen.by is None and chosen.group is not None:
            raise MiningError(
                f"group: {chosen.group!r} is a group of nothing. Say of which segment as well, as in choose(by=..., group=...)."
            )
        if chosen.by is not None and not self.has(chosen.by, chosen.group):
            raise UnknownNameError("group", chosen.group, self.groups(chosen.by), where=chosen.by)
        if chosen.kind is not None and chosen.kind not in KINDS:
            raise UnknownNameError("kind of deviation", chosen.kind, KINDS, where="kind")
        if chosen.activity is not None and chosen.activity not in self.activities:
            raise UnknownNameError("activity", chosen.activity, self.activities, where="activity")
        if chosen.case is not None:
            number_of(self.study, chosen.case)

    def offered(self, chosen: Chosen, lang: str) -> dict[str, Any]:
        """What the page puts into its fields: value and label of each choice, and what is chosen."""
        several = [by for by, groups in self.counted.groups.items() if len(groups) > 1 or by == chosen.by]
        groups = self.groups(chosen.by) if chosen.by else {}
        first, last = self.counted.span
        kinds = dict.fromkeys([*self.counted.kinds, *([chosen.kind] if chosen.kind else [])])
        return {
            "by": [{"value": by, "label": _by_name(by, lang)} for by in several],
            "groups": [{"value": x, "label": _with_number(_group_name(x, lang), n, lang)} for x, n in groups.items()],
            "kinds": [
                {"value": x, "label": _with_number(say(f"kind.{x}", lang), self.counted.kinds.get(x, 0), lang)} for x in kinds
            ],
            "days": [first or "", last or ""],
            "hint": say("widget.valid_hint", lang, first=first, last=last) if first else "",
            "chosen": {
                "from": chosen.period[0] or "", "to": chosen.period[1] or "",
                "by": chosen.by or "", "group": chosen.group, "kind": chosen.kind or "",
            },
        }  # fmt: skip


def _by_name(by: str, lang: str) -> str:
    """What people read for a segment: a word of ours for periods and teams, else the attribute's own name."""
    return say(f"selection.by.{by}", lang) if by in BY_WORDS else by


def _group_name(group: str, lang: str) -> str:
    return group_label(group, lang) if group == NOT_RECORDED else group


def _with_number(name: str, n: int, lang: str) -> str:
    return say("widget.with_number", lang, name=name, n=f"{n:,}")
