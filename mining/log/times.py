"""Which moment a text or a typed column means: one format per column, microseconds UTC, nothing guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError, UnknownNameError
from mining.log.date_formats import (
    COUNTS,
    EARLIEST,
    FORMATS,
    ISO,
    LATEST,
    Format,
    apply,
    declared_format,
    engine,
    in_range,
)  # fmt: skip
from mining.units import MISSING


class AmbiguousDates(LogError):
    """Day and month of a column cannot be told apart."""


@dataclass(frozen=True, eq=False)
class Moments:
    """A column of moments.

    Attributes
    ----------
    values : int64 array of shape (n,)
        Microseconds since 1970-01-01 UTC, ``mining.units.MISSING`` where there is none.
    bad : bool array of shape (n,)
        True where there is a text that is no moment in the format of the column.
    naive : bool array of shape (n,)
        True where the source names no zone: ``values`` then are the wall clock read as if it were UTC.
    notes : tuple of str
        The format, and the choices made.
    day_first : bool or None
        Which of the two readings of 03/04/2024 the data decided for, if they had to.
    """

    values: np.ndarray
    bad: np.ndarray
    naive: np.ndarray
    notes: tuple[str, ...] = ()
    day_first: bool | None = None


def parse_texts(
    texts: pa.ChunkedArray, column: str, day_first: bool | None = None, declared: str | None = None
) -> Moments:
    """Read texts as moments, all in one format.

    Parameters
    ----------
    texts : pyarrow.ChunkedArray of string, shape (n,)
        Null and blank texts are missing, not bad.
    column : str
        Name for messages.
    day_first : bool or None
        How to read 03/04/2024. None: the data must decide (some field above 12).
    declared : str or None
        The format, as in `mining.log.date_formats.declared_format`. None: found by trying.

    Returns
    -------
    Moments
        In the declared format, or the one that reads most values; the other values are marked bad.

    Raises
    ------
    LogError
        If no value, or less than half of them, can be read, or day and month cannot be told apart.
    """
    form = declared_format(declared, column) if declared else None
    trimmed = pc.utf8_trim_whitespace(texts)
    present = pc.fill_null(pc.not_equal(trimmed, ""), False).to_numpy().astype(bool)
    if not present.any():
        nothing = np.zeros(len(texts), bool)
        return Moments(np.full(len(texts), MISSING), nothing, nothing)
    if form:
        return _in_format(trimmed, present, form, column)
    with engine() as con:
        options = [(ISO, *apply(con, trimmed, ISO))]
        if (options[0][1] != MISSING).sum() < present.sum():
            wanted = [f for f in FORMATS[1:] if f.day_first is None or day_first in (None, f.day_first)]
            options += [(form, *apply(con, trimmed, form)) for form in wanted]
    form, values, naive = max(options, key=lambda option: int((option[1] != MISSING).sum()))
    bad = present & (values == MISSING)
    _refuse_unreadable(trimmed, bad, int(present.sum()), column)
    if form.day_first is not None and day_first is None:
        rivals = [o for o in options if o[0].pattern == form.pattern and o[0] is not form]
        _refuse_ambiguous(trimmed, values, rivals[0][1], column)
    note = f"column {column!r}: dates read as {_shape(form, trimmed)}"
    return Moments(values, bad, naive & ~bad & present, (note,), form.day_first)


def _shape(form: Format, texts: pa.ChunkedArray) -> str:
    """The name of a format, without its clock where no text has one."""
    clock = pc.any(pc.match_substring_regex(texts, "[:：时点]")).as_py()
    return form.name if clock else form.name.replace(" hh:mm:ss", "")


def _in_format(trimmed: pa.ChunkedArray, present: np.ndarray, form: Format, column: str) -> Moments:
    """Moments in a declared format."""
    with engine() as con:
        values, naive = apply(con, trimmed, form)
    bad = present & (values == MISSING)
    _refuse_unreadable(trimmed, bad, int(present.sum()), column, form)
    return Moments(values, bad, naive & ~bad & present, (_said(column, form),), form.day_first)


def _said(column: str, form: Format) -> str:
    years = ", two digits of a year as 1969 to 2068" if "%y" in form.name else ""
    return f"column {column!r}: {'numbers' if form.unit else 'dates'} read as {form.name} (declared){years}"


def iso_moments(texts: pa.ChunkedArray) -> Moments:
    """Read texts as ISO 8601, with or without a zone. Blank texts are missing; whatever else does not fit is bad."""
    trimmed = pc.utf8_trim_whitespace(texts)
    present = pc.fill_null(pc.not_equal(trimmed, ""), False).to_numpy().astype(bool)
    with engine() as con:
        values, naive = apply(con, trimmed, ISO)
    return Moments(values, present & (values == MISSING), naive & (values != MISSING))


def _refuse_unreadable(
    texts: pa.ChunkedArray, bad: np.ndarray, present: int, column: str, form: Format | None = None
) -> None:
    count = int(bad.sum())
    if 2 * count <= present:
        return
    rows = np.flatnonzero(bad)[:5]
    shown = "; ".join(f"row {i + 1}: {str(texts[int(i)].as_py())[:60]!r}" for i in rows)
    if form:
        raise LogError(
            f"column {column!r}: {count:,} of {present:,} values are not dates in the declared format {form.name!r}. {shown}. "
            "Correct the format, or leave it out to have the known ones tried."
        )
    raise LogError(
        f"column {column!r}: {count:,} of {present:,} values are not dates in any format known here. {shown}. "
        f"Known: {'; '.join(f.name for f in FORMATS)}. Is {column!r} the right column? If so, declare its format in the "
        f"binding: format='%d.%m.%y %H:%M' or the like, or {', '.join(repr(f.name) for f in COUNTS)} for numbers."
    )


def _refuse_ambiguous(texts: pa.ChunkedArray, one: np.ndarray, other: np.ndarray, column: str) -> None:
    if (one != MISSING).sum() != (other != MISSING).sum():
        return
    differs = np.flatnonzero((one != MISSING) & (other != MISSING) & (one != other))
    if not differs.size and np.array_equal(one, other):
        return
    example = texts[int(differs[0]) if differs.size else int(np.flatnonzero(one != MISSING)[0])].as_py()
    raise AmbiguousDates(
        f"column {column!r}: {example!r} may be day/month or month/day, and the data do not decide "
        "(both readings fit equally many values). Say which with day_first=True or day_first=False, "
        "or write the dates as YYYY-MM-DD."
    )


def typed_moments(column: pa.ChunkedArray, name: str, declared: str | None = None) -> Moments:
    """Moments of a timestamp or date column of any unit, or of a column of numbers whose format is declared.

    Values outside the years 1 to 9999 are marked bad.

    Raises
    ------
    LogError
        If the column holds neither timestamps nor dates, nor numbers in a declared format.
    """
    kind = column.type
    if declared and (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return _counted(column, name, declared_format(declared, name))
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("s" if kind == pa.date32() else "ms"))
        kind = column.type
    if not pa.types.is_timestamp(kind):
        raise LogError(
            f"column {name!r} holds {kind}, not timestamps. If the numbers are dates, declare in the binding what they count: "
            f"format={' or '.join(repr(f.name) for f in COUNTS)}, or a pattern such as '%Y%m%d'."
        )
    null = column.is_null().to_numpy().astype(bool)
    raw = pc.fill_null(column.cast(pa.int64()), 0).to_numpy().astype(np.int64)
    notes: tuple[str, ...] = ()
    if kind.unit == "ns":
        if (raw % 1000).any():
            notes = (f"column {name!r}: nanoseconds are cut to microseconds",)
        values = raw // 1000
        bad = np.zeros(len(raw), bool)
    else:
        factor = {"s": 1_000_000, "ms": 1000, "us": 1}[kind.unit]
        bad = (raw < EARLIEST // factor) | (raw > LATEST // factor)
        values = np.where(bad, 0, raw) * factor
    naive = ~null & ~bad if kind.tz is None else np.zeros(len(raw), bool)
    return Moments(np.where(null | bad, MISSING, values), bad & ~null, naive, notes)


def _counted(column: pa.ChunkedArray, name: str, form: Format) -> Moments:
    """Moments of numbers: those that count from an origin, or whose digits are a date."""
    null = column.is_null().to_numpy().astype(bool)
    if not form.unit:
        return parse_texts(pc.cast(column, pa.int64(), safe=False).cast(pa.string()), name, declared=form.name)
    if pa.types.is_integer(column.type):
        raw = pc.fill_null(column.cast(pa.int64()), 0).to_numpy().astype(np.int64)
        low, high = (EARLIEST - form.origin) // form.unit, (LATEST - form.origin) // form.unit
        bad = ((raw < low) | (raw > high)) & ~null
        values = np.where(bad, 0, raw) * form.unit + form.origin
    else:
        exact = pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy()
        null |= np.isnan(exact)
        whole = np.floor(exact)
        with np.errstate(invalid="ignore"):
            far = ~(np.abs(exact) * form.unit < 2.0**62)
            parts = np.where(far, 0, whole).astype(np.int64) * form.unit
            values = parts + np.rint(np.where(far, 0, exact - whole) * form.unit).astype(np.int64) + form.origin
        bad = (far | (in_range(values) == MISSING)) & ~null
    values = np.where(null | bad, MISSING, values)
    _refuse_unreadable(column.cast(pa.string()), bad, int((~null).sum()), name, form)
    naive = ~null & ~bad if form.naive else np.zeros(len(null), bool)
    return Moments(values, bad, naive, (_said(name, form),))


def check_zone(tz: str | None) -> None:
    """Raise `UnknownNameError` if ``tz`` is neither None nor an IANA time zone."""
    if tz is not None and tz not in (zones := available_timezones()):
        raise UnknownNameError("time zone", tz, zones, "log binding")


def localise(moments: Moments, tz: str | None, column: str) -> Moments:
    """Read the wall clocks without a zone as times of ``tz`` (UTC if None), and say so.

    An hour that exists twice (end of summer time) is taken as the first of the two; an hour that does not exist is
    moved forward to the next moment that does. Both are counted in the notes.

    Raises
    ------
    UnknownNameError
        If ``tz`` is no IANA time zone.
    """
    if not moments.naive.any():
        return moments
    count, total = int(moments.naive.sum()), int((moments.values != MISSING).sum())
    share = "" if count == total else f" in {count:,} of {total:,} values"
    if tz is None or tz == "UTC":
        said = "name no zone, taken as UTC" if tz is None else "are taken as UTC, as declared"
        return replace(moments, notes=(*moments.notes, f"column {column!r}: times{share} {said}"))
    check_zone(tz)
    wall = pd.DatetimeIndex(moments.values[moments.naive].view("datetime64[us]"))
    first = np.ones(len(wall), bool)
    fixed = wall.tz_localize(tz, ambiguous=first, nonexistent="shift_forward")
    twice = int((wall.tz_localize(tz, ambiguous="NaT", nonexistent="shift_forward").asi8 == MISSING).sum())
    never = int((wall.tz_localize(tz, ambiguous=first, nonexistent="NaT").asi8 == MISSING).sum())
    values = moments.values.copy()
    values[moments.naive] = fixed.tz_convert("UTC").tz_localize(None).as_unit("us").asi8
    notes = [*moments.notes, f"column {column!r}: times{share} name no zone, taken as {tz}"]
    if twice:
        notes.append(
            f"column {column!r}: {twice:,} times lie in the hour that occurs twice when summer time ends; "
            "the first of the two was taken"
        )
    if never:
        notes.append(
            f"column {column!r}: {never:,} times lie in the hour skipped when summer time begins; moved to its end"
        )
    return replace(moments, values=values, notes=tuple(notes))


def read_moments(
    column: pa.ChunkedArray,
    name: str,
    tz: str | None = None,
    day_first: bool | None = None,
    declared: str | None = None,
) -> Moments:
    """Moments in UTC of a text, timestamp, date or (if declared) number column.

    See `parse_texts`, `typed_moments` and `localise`.
    """
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if is_text(column.type):
        moments = parse_texts(column.cast(pa.string()), name, day_first, declared)
    else:
        moments = typed_moments(column, name, declared)
    return localise(moments, tz, name)


def is_text(kind: pa.DataType) -> bool:
    """True for string types, also dictionary-encoded ones."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def iso(us: int | np.int64) -> str:
    """Write microseconds UTC as ``2024-01-31 09:30:00``."""
    return str(np.datetime64(int(us), "us").astype("datetime64[s]")).replace("T", " ")


def first_rows(mask: np.ndarray, most: int = 5) -> Sequence[int]:
    """The first 1-based row numbers at which ``mask`` is True."""
    return [int(i) + 1 for i in np.flatnonzero(mask)[:most]]
