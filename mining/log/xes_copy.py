"""Copies the values that `mining.log.xes_scan` found into the layout of Arrow, with blanks and references as XML means them."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from mining._kernels import kernel


@kernel
def copy_values(text, tokens, n_tokens, n_slots, rows, offsets, room, data):  # pragma: no cover
    """Sort the values of a chunk by slot and write them one after another, as Arrow keeps texts.

    Parameters
    ----------
    text, tokens : arrays
        As `scan` left them; the first ``n_tokens`` count.
    n_tokens, n_slots : int
    rows, offsets : int32 arrays of shape (n_tokens,) and (n_tokens + n_slots,)
        Written, slot after slot: the row of each value; where it begins in the bytes of its slot, and where the last one ends.
    room : int64 array of shape (n_slots + 1, 3)
        Written: per slot the first position of its rows, of its offsets and of its bytes; a last line with the sums.
    data : uint8 array
        Written: the bytes of all values, slot after slot; as long as all values in ``text``.

    Returns
    -------
    bool
        False: a reference in a value (``&...;``) is none that every reader of XML knows.
    """
    room[:] = 0
    for t in range(n_tokens):
        slot = tokens[t, 0] + 1
        room[slot, 0] += 1
        room[slot, 2] += tokens[t, 3] - tokens[t, 2]
    for slot in range(n_slots):
        room[slot + 1, 0] += room[slot, 0]
        room[slot + 1, 2] += room[slot, 2]
        room[slot, 1] = room[slot, 0] + slot
    room[n_slots, 1] = n_tokens + n_slots
    filled = np.zeros((n_slots, 2), np.int64)
    for t in range(n_tokens):
        slot = tokens[t, 0]
        n, used = filled[slot]
        out = room[slot, 2] + used
        begin, end = tokens[t, 2], tokens[t, 3]
        if tokens[t, 4] == 1:
            last = _decode(text, begin, end, data, out)
            if last < 0:
                return False
        else:
            last = out + end - begin
            for j in range(end - begin):
                data[out + j] = text[begin + j]
        rows[room[slot, 0] + n] = tokens[t, 1]
        offsets[room[slot, 1] + n] = used
        filled[slot, 0] = n + 1
        filled[slot, 1] = last - room[slot, 2]
    for slot in range(n_slots):
        offsets[room[slot, 1] + filled[slot, 0]] = filled[slot, 1]
    return True


@kernel
def _decode(text, i, end, data, out):  # pragma: no cover
    """Write a value with blanks and references as XML means them; the end of what was written, or -1."""
    while i < end:
        c = text[i]
        if c == 38:
            i, point = _reference(text, i + 1, end)
            if point < 0:
                return -1
            out = _utf8(point, data, out)
            continue
        if c < 32:
            if c != 9 and c != 10 and c != 13:
                return -1
            if c == 13 and i + 1 < end and text[i + 1] == 10:
                i += 1
            c = 32
        data[out] = c
        out += 1
        i += 1
    return out


@kernel
def _reference(text, i, end):  # pragma: no cover
    """The code point of the reference after a ``&``, and where it ends; -1 where there is none."""
    if i < end and text[i] == 35:
        i += 1
        base = 10
        if i < end and text[i] == 120:
            i += 1
            base = 16
        point, digits = 0, 0
        while i < end and text[i] != 59:
            c = text[i]
            if 48 <= c <= 57:
                digit = c - 48
            elif base == 16 and (97 <= c <= 102 or 65 <= c <= 70):
                digit = (c | 32) - 87
            else:
                return i, -1
            point = point * base + digit
            digits += 1
            if digits > 8:
                return i, -1
            i += 1
        known = point in (9, 10, 13) or 32 <= point < 0xD800 or 0xE000 <= point < 0xFFFE or 0x10000 <= point < 0x110000
        return i + 1, point if i < end and digits and known else -1
    word, begin = 0, i
    while i < end and i - begin < 5 and text[i] != 59:
        word = word << 8 | text[i]
        i += 1
    if i >= end or text[i] != 59:
        return i, -1
    if word == 0x616D70:  # amp
        return i + 1, 38
    if word == 0x6C74:  # lt
        return i + 1, 60
    if word == 0x6774:  # gt
        return i + 1, 62
    if word == 0x71756F74:  # quot
        return i + 1, 34
    if word == 0x61706F73:  # apos
        return i + 1, 39
    return i, -1


@kernel
def _utf8(point, data, out):  # pragma: no cover
    if point < 0x80:
        data[out] = point
        return out + 1
    if point < 0x800:
        data[out] = 0xC0 | point >> 6
    else:
        if point < 0x10000:
            data[out] = 0xE0 | point >> 12
        else:
            data[out] = 0xF0 | point >> 18
            out += 1
            data[out] = 0x80 | (point >> 12 & 63)
        out += 1
        data[out] = 0x80 | (point >> 6 & 63)
    out += 1
    data[out] = 0x80 | (point & 63)
    return out + 1
