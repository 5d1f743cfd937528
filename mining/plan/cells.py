"""What a cell of a plan holds: a number, a number of cases, a day, several days; what cannot be read for sure is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from mining.errors import LogError

DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)(?:[ T]0{1,2}:00(?::00)?)?"
)
PER_CENT = re.compile(r"(.*\S)\s*[%％]")


def number_in(key: str, text: str) -> float | None:
    """A number with a point, also in per cent; None for a blank cell.

    Raises
    ------
    LogError

    Examples
    --------
    >>> number_in("target", "12.5 %"), number_in("target", "")
    (0.125, None)
    """
    if not text:
        return None
    share = PER_CENT.fullmatch(text)
    try:
        value = float(share[1]) / 100 if share else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise LogError(f"{key}: {text!r} is not a number. Write it as 0.125 or 12.5%.")
    return value


def count_in(key: str, text: str) -> float | None:
    """A number of cases.

    Raises
    ------
    LogError
    """
    value = number_in(key, text)
    if value is not None and (value < 0 or value != int(value)):
        raise LogError(f"{key}: {text!r} is not a number of cases.")
    return value


def day_in(key: str, value: Any) -> date | None:
    """A day with the year first, as 2026-03-31 or as spreadsheets turn it: 2026/3/31, 2026年3月31日. Others could mean two days.

    Raises
    ------
    LogError

    Examples
    --------
    >>> str(day_in("due", "2026/3/31 0:00"))
    '2026-03-31'
    >>> day_in("due", "3/4/2026")
    Traceback (most recent call last):
        ...
    mining.errors.LogError: due: '3/4/2026' is not a day written as 2026-03-31.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not value:
        return None
    found = DAY.fullmatch(value)
    try:
        if found is not None:
            return date(*(int(x) for x in found.groups() if x is not None))
    except ValueError:
        pass
    raise LogError(f"{key}: {value!r} is not a day written as 2026-03-31.")


def days_in(key: str, text: Any) -> tuple[date, ...]:
    """Several days, with semicolons, commas or blanks between, in their order.

    Raises
    ------
    LogError
    """
    if not isinstance(text, str):
        return tuple(day for day in [day_in(key, text)] if day is not None)
    parts = re.split(r"[;,，；、\s]+", re.sub(r"[ T]0{1,2}:00(:00)?(?!\d)", "", text))
    return tuple(sorted({day for day in (day_in(key, part) for part in parts if part) if day is not None}))


def line_of(cells: Iterable[str]) -> str:
    """A line of a CSV file, with quotes around what would break it: also a lone carriage return."""
    return ",".join('"' + x.replace('"', '""') + '"' if re.search('[,"\r\n]', x) else x for x in cells) + "\n"
