"""How an explanation writes numbers and moments, in one language and one time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mining.texts import duration, say
from mining.units import MICROSECONDS, SECONDS, Duration, readable


@dataclass(frozen=True)
class Words:
    """Says texts and values in ``lang``, moments in the zone ``zone``."""

    lang: str
    zone: str

    def say(self, key: str, **values: Any) -> str:
        """Text of a key."""
        return say(key, self.lang, **values)

    def moment(self, at: int, *, seconds: bool = True) -> str:
        """A moment in microseconds UTC, by the local clock.

        Examples
        --------
        >>> Words("en", "Asia/Shanghai").moment(0)
        '1970-01-01 08:00:00'
        """
        local = datetime.fromtimestamp(at // MICROSECONDS, ZoneInfo(self.zone))
        return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")

    def length(self, amount: float, unit: str) -> str:
        """What was measured, in its unit; less than one of it by the clock in a smaller one, so that it is not nothing.

        Examples
        --------
        >>> [Words("en", "UTC").length(*x) for x in ((7.0, "bd"), (0.02, "d"), (12.0, ""))]
        ['7 working days', '28.8 min', '12']
        """
        if not unit:  # a count, or the value of an attribute
            return f"{amount:,.10g}"
        if unit in ("s", "min") or (unit in SECONDS and unit != "bh" and 0 < abs(amount) < 1):
            return readable(amount * SECONDS[unit], self.lang)
        return duration(Duration(round(amount, 1), unit), self.lang)

    def share(self, share: float) -> str:
        """A share between 0 and 1 in per cent, never 0 or 100 for something that is not."""
        shown = min(max(100 * share, 0.1), 99.9) if 0 < share < 1 else 100 * share
        return f"{shown:.3g}\u00a0%" if self.lang == "en" else f"{shown:.3g}%"
