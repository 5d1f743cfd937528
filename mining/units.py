"""Durations and shares: seconds and 0 to 1 inside, units at the edge. Reads "4bh", "5bd", "30min"; writes for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mining.errors import MiningError

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800, "bh": 3600}
UNITS = (*SECONDS, "bd")
LONGEST = 100 * 366 * 86_400
MICROSECONDS = 1_000_000
MISSING = -(2**63)  # the int64 that stands for "no timestamp", as in NumPy's NaT

_PATTERN = re.compile(r"(\d+(?:\.\d+)?)(s|min|h|d|w|bh|bd)")


@dataclass(frozen=True)
class Duration:
    """A length of time as a blueprint writes it.

    Attributes
    ----------
    amount : float
        Number of units.
    unit : str
        One of ``s, min, h, d, w`` (elapsed), ``bh`` (open hours), ``bd`` (working days: until the end of
        office hours of the n-th working day after the day of the trigger; the trigger day is not counted).
    """

    amount: float
    unit: str

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a duration such as ``"4bh"``.

        Raises
        ------
        MiningError
            If the text is not a number directly followed by a unit.

        Examples
        --------
        >>> Duration.parse("90min").seconds
        5400.0
        >>> Duration.parse("5bd").in_business_time
        True
        """
        match = _PATTERN.fullmatch(text.strip())
        if not match:
            raise MiningError(
                f"{text!r} is not a duration. Write a number and a unit, as in 30min, 4bh or 5bd. Units: {', '.join(UNITS)}."
            )
        length = cls(float(match[1]), match[2])
        if length.unit == "bd" and (length.amount < 1 or length.amount % 1):
            raise MiningError(
                f"{text!r}: working days are counted whole, from 1bd. Write open hours (bh) for parts of a day."
            )
        if length.amount * SECONDS.get(length.unit, SECONDS["d"]) > LONGEST:
            raise MiningError(f"{text!r} is longer than a hundred years.")
        return length

    @property
    def in_business_time(self) -> bool:
        """True for units that need a calendar (``bh``, ``bd``)."""
        return self.unit in ("bh", "bd")

    @property
    def seconds(self) -> float:
        """Length in seconds (of open time for ``bh``). Working days have no fixed length.

        Raises
        ------
        MiningError
            For ``bd``.
        """
        if self.unit == "bd":
            raise MiningError(f"{self} is a number of working days and has no fixed length in seconds.")
        return self.amount * SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{self.amount:g}{self.unit}"


def readable(seconds: float, lang: str = "en") -> str:
    """Write a number of seconds for people, in its largest fitting unit with one decimal.

    Examples
    --------
    >>> readable(90), readable(5400), readable(200_000), readable(5400, "zh")
    ('1.5 min', '1.5 h', '2.3 d', '1.5 小时')
    """
    names = {"en": ("s", "min", "h", "d"), "zh": ("秒", "分钟", "小时", "天")}[lang]
    for size, name in ((86_400, names[3]), (3600, names[2]), (60, names[1])):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} {names[0]}"


def readable_together(seconds: Sequence[float], lang: str = "en") -> list[str]:
    """Several numbers of seconds in one unit: the largest that fits the longest of them and does not turn another into 0.0 (unless the
    longest has three digits in it).

    Examples
    --------
    >>> readable_together([-24_480, 129_600]), readable_together([60, 129_600]), readable_together([0, 90], "zh")
    (['-0.3 d', '1.5 d'], ['1.0 min', '2160.0 min'], ['0.0 分钟', '1.5 分钟'])
    """
    sizes = [abs(x) for x in seconds if abs(x) > 0]
    fits = (
        x for x in (86_400, 3600, 60) if sizes and max(sizes) >= x and (min(sizes) >= 0.05 * x or max(sizes) >= 100 * x)
    )
    size = next(fits, 1)
    unit = readable(size, lang).split()[-1]
    return [f"{x / size:.{int(size > 1)}f} {unit}" for x in seconds]


def percent(share: float, lang: str = "en") -> str:
    """A share between 0 and 1 as a sentence says it: with one decimal, and never 0 or 100 for one that is not.

    Examples
    --------
    >>> percent(0.1234), percent(1.0), percent(0.9998), percent(0.0002, "zh")
    ('12.3 %', '100.0 %', '> 99.9 %', '< 0.1%')
    """
    text = "< 0.1" if 0 < share < 0.0005 else "> 99.9" if 0.9995 <= share < 1 else f"{100 * share:.1f}"
    return f"{text} %" if lang == "en" else f"{text}%"
