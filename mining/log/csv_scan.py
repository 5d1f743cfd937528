"""Proves of a stretch of CSV bytes that any reader splits it alike, and finds the records that are too long or too short."""

from __future__ import annotations

import numpy as np

from mining._kernels import kernel

MAX_FIELD = 100_000  # bytes; what is longer is left to the careful reader
MAX_LINE = 8_000_000  # bytes of one line, and characters in the careful reader

NUL, NEWLINE, RETURN, QUOTE = 0, 10, 13, 34
MORE, DOUBT = -1, -2  # what `field_end` says when the bytes do not suffice, or when they are odd


@kernel
def field_end(data: np.ndarray, i: int, delimiter: int, last: bool) -> tuple[int, int]:
    """Position after the field that begins at ``i`` (or `MORE`, or `DOUBT`), and the number of line ends in it."""
    n, begin, lines = len(data), i, 0
    if i < n and data[i] == QUOTE:
        i += 1
        while True:
            if i >= n:
                return (DOUBT if last else MORE), 0
            c = data[i]
            if c == QUOTE:
                if i + 1 == n and not last:
                    return MORE, 0
                i += 1
                if i == n or data[i] != QUOTE:
                    break
            elif c == NEWLINE:
                lines += 1
            elif c == NUL:
                return DOUBT, 0
            elif c == RETURN:
                if i + 1 == n and not last:
                    return MORE, 0
                if i + 1 == n or data[i + 1] != NEWLINE:
                    return DOUBT, 0
            i += 1
        if i < n and data[i] != delimiter and data[i] != NEWLINE and data[i] != RETURN:
            return DOUBT, 0
    else:
        while i < n:
            c = data[i]
            if c in (delimiter, NEWLINE, RETURN):
                break
            if c in (QUOTE, NUL):
                return DOUBT, 0
            i += 1
    if i - begin > MAX_FIELD:
        return DOUBT, 0
    if i == n and not last:
        return MORE, 0
    return i, lines


@kernel
def scan(
    data: np.ndarray, delimiter: int, width: int, last: bool, limit: int, bad: np.ndarray
) -> tuple[bool, int, int, int, int]:
    """Walk over whole records, from the first byte of one.

    Only plain CSV passes: each quote opens at the beginning of a field and closes before a delimiter or the end of the line,
    lines end with ``\\n`` or ``\\r\\n``, no NUL, no field over `MAX_FIELD` bytes.

    Parameters
    ----------
    data : uint8 array
    delimiter : int
        One byte.
    width : int
        Number of fields that a record should have.
    last : bool
        Whether nothing follows ``data``, so that its end is the end of a record.
    limit : int
        Stop after so many records.
    bad : int64 array of shape (most, 5)
        Filled for the first records of another width: number of the record (from 0), number of line ends before it, first
        byte, byte after its last, number of its fields. Blank lines are no records.

    Returns
    -------
    plain : bool
        False: something is not plain CSV; the rest means nothing.
    end : int
        Position after the last whole record.
    records, lines, bad_records : int
        How many records, line ends and records of another width are before ``end``.
    """
    i, end, records, lines, found, n = 0, 0, 0, 0, 0, len(data)
    while i < n and records < limit:
        begin, inside, fields = i, 0, 0
        while True:
            i, more = field_end(data, i, delimiter, last)
            if i < 0:
                return i == MORE, end, records, lines, found
            inside += more
            fields += 1
            if i < n and data[i] == delimiter:
                i += 1
                continue
            break
        stop = i
        if i < n and data[i] == RETURN:
            if i + 1 == n and not last:
                return True, end, records, lines, found
            if i + 1 == n or data[i + 1] != NEWLINE:
                return False, end, records, lines, found
            i += 1
        if i < n:  # a line end
            i += 1
            inside += 1
        if stop - begin > MAX_LINE:
            return False, end, records, lines, found
        if stop > begin:
            if fields != width and found < len(bad):
                bad[found, 0], bad[found, 1], bad[found, 2], bad[found, 3] = records, lines, begin, stop
                bad[found, 4] = fields
            found += fields != width
            records += 1
        lines += inside
        end = i
    return True, end, records, lines, found
