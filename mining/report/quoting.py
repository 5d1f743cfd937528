"""The words of people as they are printed: in the language of the report, with the figures that they quote."""

from __future__ import annotations

from functools import partial

from mining.record import Record
from mining.record.findings import Written
from mining.record.references import Quoted, resolve
from mining.report.formats import DASH, Writer
from mining.units import readable

HOURS_OF_A_DAY = 24


def words_of(record: Record, written: Written, w: Writer) -> str:
    """A text of people in the language of the report; nothing written is an empty text.

    Raises
    ------
    MiningError
        For a reference to nothing.
    """
    if isinstance(written, dict):
        written = written.get(w.lang) or next(iter(written.values()), "")
    currency = str(record.improvement.priorities.currency or "")
    return resolve(written or "", record.figures, partial(figure, currency=currency, w=w))


def figure(quoted: Quoted, form: str, currency: str, w: Writer) -> str:
    """A figure of the record in one of its forms; a dash where it is not measured.

    Examples
    --------
    >>> w = Writer("en", "UTC")
    >>> figure(Quoted(0.125, "share"), "percent", "", w), figure(Quoted(36.0, "hours"), "days", "", w)
    ('12.5\\xa0%', '1.5')
    """
    value = quoted.value
    if value is None:
        return DASH
    match quoted.kind, form:
        case "share", "percent":
            return w.share(value)
        case "share", _:
            return f"{value:.3f}"
        case "count", _:
            return w.count(value)
        case ("hours", "hours"):
            return w.hours(value)
        case ("hours", _):
            return w.hours(value / HOURS_OF_A_DAY)
        case ("seconds", "duration"):
            return readable(value, w.lang)
        case ("seconds", _):
            return w.hours(value / 3600 / (HOURS_OF_A_DAY if form == "days" else 1))
        case ("money", "money"):
            return f"{value:,.0f} {currency}".strip()
        case ("money", _):
            return f"{value:,.0f}"
    return str(value)
