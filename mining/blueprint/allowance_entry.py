"""What a person says of an allowance, looked at before it becomes an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from mining.blueprint.model import Condition, Text
from mining.errors import MiningError


def filled(text: object, name: str, meaning: str) -> str:
    """A text without the blanks around it; one that says nothing is refused."""
    if not isinstance(text, str) or not text.strip():
        raise MiningError(f"{name}: {text!r} says nothing. An allowance needs {meaning}.")
    return text.strip()


def reason_of(reason: str | Mapping[str, str], lang: str) -> Text:
    """One text in a language, or one per language."""
    given = {lang: reason} if isinstance(reason, str) else reason
    if not isinstance(given, Mapping) or not given:
        raise MiningError(
            f"reason: {reason!r} says nothing. An allowance needs why it is accepted, as one text or as {{'en': ..., 'zh': ...}}."
        )
    return Text({str(name): filled(text, f"reason ({name})", "why it is accepted") for name, text in given.items()})


def days_of(valid: Sequence[str]) -> tuple[str, str]:
    """First and last day, as dates in their order."""
    if isinstance(valid, str) or len(valid) != 2:
        raise MiningError(f"valid={valid!r}: give the first and the last day, as in ('2026-01-01', '2026-12-31').")
    days = []
    for day in valid:
        try:
            days.append(date.fromisoformat(str(day)).isoformat())
        except ValueError:
            raise MiningError(f"valid: {day!r} is not a day. Write it as 2026-01-01.") from None
    if days[1] < days[0]:
        raise MiningError(f"valid: the last day, {days[1]}, comes before the first, {days[0]}.")
    return days[0], days[1]


def share_of(share: float | None) -> float | None:
    """A share from 0 to 1, or none."""
    if share is None:
        return None
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise MiningError(f"max_share: {share!r} is no share. Give a number from 0 to 1, such as 0.05 for 5 %.")
    return share


def condition_of(one: Condition | Mapping[str, Any]) -> Condition:
    """A condition, or what a file says of one."""
    if isinstance(one, Condition):
        return one
    if not isinstance(one, Mapping) or set(one) != {"attr", "op", "value"}:
        raise MiningError(
            f"when: {one!r} is no condition. Write it as {{'attr': 'channel', 'op': '==', 'value': 'Desk'}}."
        )
    return Condition(one["attr"], one["op"], one["value"])
