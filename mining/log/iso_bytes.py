"""Reads the common ISO 8601 form of a moment straight from the bytes of a text column, with its zone."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining._kernels import kernel
from mining.log.times import iso_moments
from mining.units import MISSING

NO_OFFSET = np.iinfo(np.int16).min  # a moment that is missing, or names no zone
_ZONE = r":[0-9.,]+ *(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)$"


@dataclass(frozen=True, eq=False)
class Stamps:
    """A column of moments as written.

    Attributes
    ----------
    values : int64 array of shape (n,)
        Microseconds since 1970-01-01 UTC, ``mining.units.MISSING`` where there is none.
    bad : bool array of shape (n,)
        True where there is a text that is no moment.
    naive : bool array of shape (n,)
        True where a moment names no zone.
    offset : int16 array of shape (n,)
        Minutes east of UTC of the zone that a moment names; ``NO_OFFSET`` where it names none.
    """

    values: np.ndarray
    bad: np.ndarray
    naive: np.ndarray
    offset: np.ndarray


def stamps(texts: pa.ChunkedArray) -> Stamps:
    """Read texts as ISO 8601: what `mining.log.times.iso_moments` says, and the zones.

    The form ``2024-01-31T09:30:00.123+01:00`` (blank for T; fraction and zone or Z may be absent) is read here, everything
    else there.

    Parameters
    ----------
    texts : pyarrow.ChunkedArray of string, shape (n,)

    Returns
    -------
    Stamps

    Examples
    --------
    >>> read = stamps(pa.chunked_array([["2024-01-31T09:30:00+01:00", "soon"]]))
    >>> read.values[0] == np.datetime64("2024-01-31T08:30:00", "us").astype(int), read.offset[0], read.bad.tolist()
    (np.True_, np.int16(60), [False, True])
    """
    n = len(texts)
    values, offset, other = np.full(n, MISSING), np.full(n, NO_OFFSET, np.int16), np.zeros(n, bool)
    at = 0
    for chunk in texts.chunks:
        if size := len(chunk):
            ends, data = _bytes(chunk)
            span = slice(at, at + size)
            _read(ends, data, values[span], offset[span], other[span])
            if chunk.null_count:
                gone = chunk.is_null().to_numpy(False)
                values[span][gone], offset[span][gone], other[span][gone] = MISSING, NO_OFFSET, False
        at += size
    naive, bad = (values != MISSING) & (offset == NO_OFFSET), np.zeros(n, bool)
    if other.any():
        rows = np.flatnonzero(other)
        rest = texts.take(pa.array(rows))
        moments = iso_moments(rest)
        values[rows], bad[rows], naive[rows] = moments.values, moments.bad, moments.naive
        offset[rows] = np.where((moments.values != MISSING) & ~moments.naive, offsets_of(rest), NO_OFFSET)
    return Stamps(values, bad, naive, offset)


def _bytes(chunk: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    _, ends, data = chunk.buffers()
    bounds = np.frombuffer(ends, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return bounds, np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)


def offsets_of(texts: pa.ChunkedArray) -> np.ndarray:
    """Minutes east of UTC of the zone at the end of each text; ``NO_OFFSET`` where it names none."""
    zones = pc.struct_field(pc.extract_regex(pc.utf8_trim_whitespace(texts), _ZONE), "zone")
    coded = pa.concat_arrays(zones.chunks).dictionary_encode()
    minutes = np.array([*map(_minutes, coded.dictionary.to_pylist()), NO_OFFSET], np.int16)
    return minutes[pc.fill_null(coded.indices, -1).to_numpy()]


def _minutes(zone: str) -> int:
    """``+05:30`` as 330."""
    if zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 60 + int(digits[2:]))


@kernel
def _read(bounds, data, values, offset, other):  # pragma: no cover
    """Fill in what has the common form; mark the rest, which must not be blank."""
    for row in range(len(values)):
        begin, end = bounds[row], bounds[row + 1]
        if begin == end:
            continue
        clock, i = _clock(data, begin, end)
        if i < 0:
            other[row] = True
            continue
        if i == end:
            values[row] = clock
            continue
        zone = _zone(data, i, end)
        if zone == NO_OFFSET:
            other[row] = True
            continue
        values[row] = clock - zone * 60_000_000
        offset[row] = zone


@kernel
def _clock(data, i, end):  # pragma: no cover
    """Microseconds of date and time as if it were UTC, and where they end; -1 if they are not plain."""
    if end - i < 19 or data[i + 4] != 45 or data[i + 7] != 45 or data[i + 13] != 58 or data[i + 16] != 58:
        return 0, -1
    if data[i + 10] != 84 and data[i + 10] != 32:
        return 0, -1
    year = _two(data, i) * 100 + _two(data, i + 2)
    month, day = _two(data, i + 5), _two(data, i + 8)
    hour, minute, second = _two(data, i + 11), _two(data, i + 14), _two(data, i + 17)
    if min(_two(data, i), _two(data, i + 2), month, day, hour, minute, second) < 0:
        return 0, -1
    if year < 1600 or month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 59:
        return 0, -1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 28 + leap if month == 2 else 30 + (month + month // 8) % 2
    if day > longest or year > 9000:
        return 0, -1
    y = year - (month <= 2)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - 719_468
    clock = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000
    i += 19
    if i < end and data[i] == 46:
        i += 1
        begin, unit = i, 100_000
        while i < end and 48 <= data[i] <= 57:
            clock += (data[i] - 48) * unit
            unit //= 10
            i += 1
        if i == begin or i - begin > 6:
            return 0, -1
    return clock, i


@kernel
def _two(data, i):  # pragma: no cover
    """Two digits as a number, negative if one is none."""
    tens, ones = np.int64(data[i]) - 48, np.int64(data[i + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1


@kernel
def _zone(data, i, end):  # pragma: no cover
    """Minutes of the zone that fills the rest of the text; NO_OFFSET if it is not plain."""
    if end - i == 1 and data[i] == 90:
        return 0
    if data[i] != 43 and data[i] != 45:
        return NO_OFFSET
    if end - i == 6 and data[i + 3] == 58:
        minutes = _two(data, i + 4)
    elif end - i == 5:
        minutes = _two(data, i + 3)
    else:
        return NO_OFFSET
    hours = _two(data, i + 1)
    if hours < 0 or hours > 14 or minutes < 0 or minutes > 59:
        return NO_OFFSET
    return hours * 60 + minutes if data[i] == 43 else -(hours * 60 + minutes)
