"""Values as they stand in a table for people, in the language of the table."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import pandas as pd

from mining.texts import say
from mining.units import readable

MISSING = "–"  # the script sorts it last
NARROW = "\u00a0"  # keeps a number and its unit on one line


def value_words(value: Any, lang: str = "en") -> str:
    """A value in words: missing is a dash, true is yes, large numbers have commas, moments no parts of seconds.

    Examples
    --------
    >>> [value_words(x) for x in (0.886123, 12345.678, 2000, None, True, ("a", 1), pd.Timestamp("2026-03-02 09:00", tz="UTC"))]
    ['0.8861', '12,346', '2,000', '–', 'yes', 'a, 1', '2026-03-02 09:00 UTC']
    >>> value_words(("a", True), "zh")
    'a、是'
    """
    value = bare(value)
    match value:
        case None:
            return MISSING
        case bool():
            return say("word.yes" if value else "word.no", lang)
        case int():
            return f"{value:,}"
        case float():
            return number_words(value)
        case datetime():
            zone = f" {value.tzname()}" if value.tzinfo else ""
            return moment_words(value) + zone
        case date():
            return value.isoformat()
        case list():
            return (
                say("report.comma", lang).join(str(x) if type(x) is int else value_words(x, lang) for x in value)
                or MISSING
            )
    return str(value)


def number_words(value: float) -> str:
    """A number that is not whole: four digits, or no decimals from 1,000 on.

    Examples
    --------
    >>> number_words(float("inf")), number_words(-1234.5), number_words(0.00012345)
    ('∞', '-1,234', '0.0001234')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def share_words(value: Any, lang: str = "en") -> str:
    """A share between 0 and 1 in per cent: never 0 or 100 for one that is not.

    Examples
    --------
    >>> [share_words(x) for x in (0.9983, 1.0, 0.99999, 0.0, 0.00001, None)]
    ['99.8\xa0%', '100\xa0%', '> 99.9\xa0%', '0\xa0%', '< 0.1\xa0%', '–']
    >>> share_words(0.5, "zh"), share_words(-0.25)
    ('50.0%', '-25.0\xa0%')
    """
    value = bare(value)
    if not is_number(value):
        return value_words(value, lang)
    if math.isinf(value):
        return number_words(value)
    sign = "%" if lang == "zh" else f"{NARROW}%"
    if 0 < abs(value) < 1:
        return f"{_between(100 * value)}{sign}"
    return f"{100 * value:,.3g}{sign}" if abs(value) <= 1 else f"{100 * value:,.1f}{sign}"


def _between(value: float) -> str:
    """A percentage that is neither 0 nor 100 with one decimal, and never said to be."""
    size = abs(value)
    if size < 0.05:
        return "> -0.1" if value < 0 else "< 0.1"
    if size >= 99.95:
        return "< -99.9" if value < 0 else "> 99.9"
    return f"{value:.1f}"


def chance_words(value: Any, lang: str = "en") -> str:
    """A probability by a test, or what is left of it after many tests: no more than three decimals, never 0.

    Examples
    --------
    >>> chance_words(1.8e-36), chance_words(0.04321), chance_words(1.0), chance_words(None)
    ('< 0.001', '0.043', '1', '–')
    """
    value = bare(value)
    if not is_number(value):
        return value_words(value, lang)
    return "< 0.001" if value < 0.001 else f"{value:.3f}".rstrip("0").rstrip(".")


def points_words(value: Any, lang: str = "en") -> str:
    """A difference of shares in percentage points, with its sign.

    Examples
    --------
    >>> points_words(-0.0321), points_words(0.1, "zh")
    ('-3.2\xa0pp', '+10.0\xa0个百分点')
    """
    value = bare(value)
    if not is_number(value):
        return value_words(value, lang)
    return say("display.points", lang, n=f"{100 * value:+.1f}" if value else "0").replace(" ", NARROW)


def length_words(value: Any, lang: str = "en") -> str:
    """A number of seconds in its largest fitting unit.

    Examples
    --------
    >>> length_words(5400), length_words(5400, "zh"), length_words(None), length_words(0.25), length_words(1e9)
    ('1.5\xa0h', '1.5\xa0小时', '–', '0.25\xa0s', '11,574.1\xa0d')
    """
    value = bare(value)
    if not is_number(value):
        return value_words(value, lang)
    if math.isinf(value):
        return number_words(value)
    unit = readable(0, lang).split()[1]
    text = f"{value:.2g} {unit}" if 0 < abs(value) < 1 else readable(value, lang)
    number, _, unit = text.partition(" ")
    whole, point, parts = number.partition(".")
    return f"{int(whole):,}{point}{parts}{NARROW}{unit}" if whole.isdigit() else text.replace(" ", NARROW)


def moment_words(moment: datetime, *, seconds: bool | None = None, day: bool = False) -> str:
    """A moment as date and time of day, without its zone.

    Parameters
    ----------
    moment : datetime
    seconds : bool, optional
        Whether seconds are written; by default where there are any.
    day : bool, default False
        Only the date.

    Examples
    --------
    >>> moment_words(pd.Timestamp("2026-03-02 09:00")), moment_words(pd.Timestamp("2026-03-02 09:00:07"))
    ('2026-03-02 09:00', '2026-03-02 09:00:07')
    """
    if day:
        return moment.strftime("%Y-%m-%d")
    wanted = moment.second != 0 if seconds is None else seconds
    return moment.isoformat(sep=" ", timespec="seconds" if wanted else "minutes")[: 19 if wanted else 16]


def bare(value: Any) -> Any:
    """A value of Python: missing as None, tuples as lists, numbers of NumPy as Python's.

    Examples
    --------
    >>> bare(float("nan")), bare((1, 2))
    (None, [1, 2])
    """
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(map(str, value)) if isinstance(value, set | frozenset) else list(value)
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    dimensions = getattr(value, "ndim", 0)
    if isinstance(value, pd.Timestamp) or not hasattr(value, "item") or dimensions:
        return list(value) if dimensions == 1 else value
    return value.item()


def is_number(value: Any) -> bool:
    """Whether a bare value is a number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)
