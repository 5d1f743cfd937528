"""Numbers written as text: the decimal mark is declared, or the values of the column decide it, never a single value."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mining.errors import LogError, UnknownNameError

MARKS = (".", ",")
_BLANKS = " \u00a0\u2009\u202f'’"
_POINT_OR_THREE = re.compile(r"\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*")


class AmbiguousNumbers(LogError):
    """Decimal mark and thousands mark of a column cannot be told apart."""


def _grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    """Digits in threes, all parted by one mark, and then perhaps a decimal mark."""
    return re.compile(
        rf"([+-]?\d{{1,3}}(?:([{re.escape(thousands)}{_BLANKS}])\d{{3}}(?:\2\d{{3}})*)?)(?:{re.escape(decimal)}(\d*))?"
    )


_FORMS = {".": _grouped(",", "."), ",": _grouped(".", ",")}
_LONG = {
    mark: re.compile(rf"[+-]?(?:\d+{re.escape(mark)}?\d*|{re.escape(mark)}\d+)(?:[eE][+-]?\d+)?") for mark in MARKS
}


def number(word: str, mark: str) -> float | None:
    """The number that a text means with this decimal mark; None if it means none.

    Examples
    --------
    >>> number("1.234,5", ","), number("1.234,5", "."), number("12 345", ".")
    (1234.5, None, 12345.0)
    """
    word = word.strip().replace("\u2212", "-")
    if _LONG[mark].fullmatch(word):
        return _finite(word.replace(mark, "."))
    found = _FORMS[mark].fullmatch(word)
    if not found:
        return None
    digits = re.sub(r"[^0-9+-]", "", found[1])
    return _finite(f"{digits}.{found[3] or '0'}")


def _finite(text: str) -> float | None:
    value = float(text)
    return value if np.isfinite(value) else None


def numbers(
    words: Sequence[str], rows: Sequence[int], column: str, decimal: str | None = None
) -> tuple[list[float | None], str]:
    """What the distinct texts of a column mean.

    Parameters
    ----------
    words : sequence of str
        Distinct and not blank.
    rows : sequence of int
        In how many rows each stands.
    column : str
        Name for messages.
    decimal : str or None
        The decimal mark, ``"."`` or ``","``. None: the one that reads more rows. Where both read as many, but not the same
        numbers, texts such as ``1.234`` are read with a decimal point, and texts such as ``1,234`` are refused.

    Returns
    -------
    values : list of float or None
        None where a text is no number.
    note : str
        How they were read; empty where there was no choice.

    Raises
    ------
    AmbiguousNumbers
        If the texts do not decide.
    UnknownNameError
        If ``decimal`` is no decimal mark.
    """
    if decimal is not None and decimal not in MARKS:
        raise UnknownNameError("decimal mark", decimal, MARKS, f"column {column!r}")
    point = [number(word, ".") for word in words] if decimal != "," else []
    if decimal == "." or (decimal is None and not _doubtful(words, point)):
        return point, _note(column, ".", words, declared=decimal is not None)
    comma = [number(word, ",") for word in words]
    if decimal == ",":
        return comma, _note(column, ",", words, declared=True)
    read = [sum(n for n, value in zip(rows, found, strict=True) if value is not None) for found in (point, comma)]
    if read[0] != read[1]:
        mark, values = (".", point) if read[0] > read[1] else (",", comma)
        return values, _note(column, mark, words, declared=False)
    differs = [word for word, a, b in zip(words, point, comma, strict=True) if a != b]
    if any("," in word for word in differs):
        example = next(word for word in differs if "," in word)
        a, b = number(example, "."), number(example, ",")
        raise AmbiguousNumbers(
            f"column {column!r}: {example!r} may be {_said(a)} or {_said(b)}, and the values do not decide. "
            "Say which with decimal='.' or decimal=',' in the binding."
        )
    note = f"column {column!r}: numbers such as {differs[0]!r} are read with a decimal point" if differs else ""
    return point, note


def _doubtful(words: Sequence[str], point: Sequence[float | None]) -> bool:
    """Whether another decimal mark may read the column as well or better."""
    if any(value is None or "," in word for word, value in zip(words, point, strict=True)):
        return True
    dotted = [word for word in words if "." in word]
    return bool(dotted) and all(_POINT_OR_THREE.fullmatch(word) for word in dotted)


def _note(column: str, mark: str, words: Sequence[str], *, declared: bool) -> str:
    """What was assumed, if the texts show any marks but a decimal point."""
    thousands = sorted({m for word in words if (m := _thousands(word, mark))})
    if mark == "." and not thousands and not declared:
        return ""
    parted = f", thousands parted by {' or '.join(map(repr, thousands))}" if thousands else ""
    return f"column {column!r}: numbers read with decimal mark {mark!r}{' (declared)' if declared else ''}{parted}"


def _thousands(word: str, mark: str) -> str:
    found = _FORMS[mark].fullmatch(word.strip())
    return (found[2] or "") if found else ""


def _said(value: float | None) -> str:
    return "no number" if value is None else f"{value:.15g}"
