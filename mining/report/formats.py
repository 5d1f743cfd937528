"""How numbers and times are written for people, in one language and one time zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining.blueprint.model import Blueprint
from mining.findings import FEW_CASES
from mining.promises import decimals_apart
from mining.results import plain
from mining.study import Study
from mining.texts import activity_name, duration, file_name, say
from mining.units import SECONDS, Duration, readable

DASH = "–"
MANDATORY = re.compile("mandatory: ([HML]) to ([HML])")


@dataclass(frozen=True)
class Writer:
    """Writes values in ``lang``, times in the zone ``zone``. A missing value is a dash."""

    lang: str
    zone: str

    def say(self, key: str, **values: Any) -> str:
        """Text of a key."""
        return say(key, self.lang, **values)

    def count(self, n: Any) -> str:
        """A whole number with thousands separators."""
        return DASH if plain(n) is None else f"{int(n):,}"

    def of(self, n: Any, total: Any) -> str:
        """A count over its denominator."""
        return f"{self.count(n)} / {self.count(total)}"

    def share(self, share: Any) -> str:
        """A share in per cent; two decimals near 0 and 1, and never 0 or 100 for something that is not.

        Examples
        --------
        >>> [Writer("zh", "UTC").share(x) for x in (0.8861, 0.0008, 0.99998, 1.0)]
        ['88.6%', '0.08%', '>99.99%', '100%']
        """
        if plain(share) is None:
            return DASH
        if share in (0, 1):
            return self._percent(f"{share:.0%}"[:-1])
        if not 0.0001 <= share <= 0.9999:
            return self._percent("<0.01" if share < 0.5 else ">99.99")
        return self._percent(f"{100 * share:.{_decimals(share)}f}")

    def against(self, share: Any, target: Any) -> tuple[str, str]:
        """A share and the one that was promised; both with more decimals where they would look the same and the promise is missed.

        Examples
        --------
        >>> Writer("zh", "UTC").against(0.84996, 0.85), Writer("zh", "UTC").against(0.85, 0.85)
        (('84.996%', '85.000%'), ('85.0%', '85.0%'))
        """
        found = self.share(share), self.share(target)
        if plain(share) is None or plain(target) is None or not share < target or found[0] != found[1]:
            return found
        digits = decimals_apart(share, target, _decimals(share))
        return self._percent(f"{100 * share:.{digits}f}"), self._percent(f"{100 * target:.{digits}f}")

    def interval(self, low: Any, high: Any) -> str:
        """Both ends of an interval of shares, in per cent."""
        if plain(low) is None or plain(high) is None:
            return DASH
        digits = max(_decimals(low), _decimals(high))
        return self._percent(f"{100 * low:.{digits}f}–{100 * high:.{digits}f}")

    def bounds(self, values: tuple[float, float]) -> str:
        """A number between 0 and 1 with three decimals; both bounds where they differ. Never 1 for something that is not."""
        texts = list(dict.fromkeys(_three_decimals(x) for x in values))
        return DASH if plain(values[0]) is None else "–".join(texts)

    def _percent(self, number: str) -> str:
        return f"{number}\u00a0%" if self.lang == "en" else f"{number}%"

    def moment(self, at: Any, *, seconds: bool = True) -> str:
        """A moment in the zone of the report."""
        if plain(at) is None:
            return DASH
        return str(at.tz_convert(self.zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"))

    def length(self, amount: Any, unit: str) -> str:
        """A measured length in the unit of its standard."""
        if plain(amount) is None:
            return DASH
        if not unit:  # a count, or the value of an attribute
            return f"{float(amount):,.10g}"
        if unit in ("s", "min"):
            return readable(float(amount) * SECONDS[unit], self.lang)
        return duration(Duration(round(float(amount), 1), unit), self.lang)

    def hours(self, hours: Any) -> str:
        """A number of hours."""
        if plain(hours) is None:
            return DASH
        return f"{hours:,.0f}" if hours >= 100 else f"{hours:,.1f}"


def _three_decimals(value: float) -> str:
    text = f"{value:.3f}"
    return ">0.999" if text == "1.000" and value < 1 else text


def _decimals(share: float) -> int:
    return 2 if share < 0.01 or share > 0.99 else 1


def writer_of(study: Study, lang: str) -> Writer:
    """A writer in the time zone of the blueprint's first calendar (UTC where it has none)."""
    calendars = study.blueprint.calendars
    return Writer(lang, calendars[0].tz if calendars else "UTC")


def file_names(paths: Iterable[Path]) -> str:
    """The files of one hash, as they stand in a report."""
    return " + ".join(path.name for path in paths) or DASH


def roster_fact(study: Study, w: Writer) -> list[tuple[str, str]]:
    """The staff table with its hash, as a label and a value; nothing where there is none."""
    roster = study.roster
    if roster is None:
        return []
    return [(w.say("fact.roster"), w.say("report.hash", file=file_name(roster.path), hash=roster.sha256))]


def cell_words(cell: str, lang: str) -> str:
    """The cell of the priority table, in words of the language.

    Examples
    --------
    >>> cell_words("critical, visible, < 1 %, mandatory: M to H", "zh")
    '重大、顾客可见、<1%、强制性要求：由“中”调为“高”'
    """
    severity, visible, band, *more = cell.split(", ")
    sees = {"visible": "report.visible", "not visible": "report.hidden"}.get(visible, "report.visibility_unknown")
    words = [say(f"severity.{severity}", lang), say(sees, lang), band_words(band, lang)]
    for part in more:
        if raised := MANDATORY.fullmatch(part):
            before, after = (say(f"priority.{x}", lang) for x in raised.groups())
            key = "audit.mandatory" if before == after else "audit.cell_mandatory"
            words.append(say(key, lang, before=before, after=after))
        else:
            words.append(say("report.few", lang, n=FEW_CASES))
    return say("report.comma", lang).join(words)


def band_words(band: str, lang: str) -> str:
    """A band of rates as it is printed."""
    printed = band.replace(">=", "≥").replace("-", "–")
    return printed.replace(" ", "\u00a0") if lang == "en" else printed.replace(" ", "")


def names_of(blueprint: Blueprint, activities: Any, lang: str) -> str:
    """Names of activities in one line."""
    return say("report.comma", lang).join(activity_name(blueprint, a, lang) for a in activities)
