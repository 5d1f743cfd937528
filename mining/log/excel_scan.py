"""Looks through the XML of an Excel sheet before anything else does: how far its cells reach, where errors and formulas are."""

from __future__ import annotations

import numpy as np

from mining._kernels import kernel

LESS, GREATER, SLASH, COLON = 60, 62, 47, 58
FAR = 1 << 30
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # of any sheet
ROW, COLUMN, LAST_ROW, LAST_COLUMN, CELLS, FORMULAS, EMPTY_FORMULAS, ERRORS, HAS_FORMULA, HAS_VALUE = range(10)


@kernel
def is_blank(c: int) -> bool:
    """Whether a byte separates the parts of a tag."""
    return c == 32 or c == 9 or c == 10 or c == 13


@kernel
def tag_end(data: np.ndarray, i: int) -> int:
    """Position of the ``>`` that ends the tag, comment or section that begins at ``i``; the length of ``data`` if none does."""
    n, quote = len(data), 0
    if i + 1 == n:
        return n
    if data[i + 1] == 63 or data[i + 1] == 33:  # <? or <!, which end with ?>, --> or ]]>
        close = 63 if data[i + 1] == 63 else 0
        if close == 0:
            if i + 2 == n:
                return n
            close = 45 if data[i + 2] == 45 else 93
        begin = i + (3 if close == 63 else 6)
        for at in range(begin, n):
            if data[at] == GREATER and data[at - 1] == close and (close == 63 or data[at - 2] == close):
                return at
        return n
    for at in range(i + 1, n):
        c = data[at]
        if quote != 0:
            if c == quote:
                quote = 0
        elif c == 34 or c == 39:
            quote = c
        elif c == GREATER:
            return at
    return n


@kernel
def cell_tag(data: np.ndarray, i: int, stop: int, state: np.ndarray) -> bool:
    """Read ``r="B7"`` and ``t="e"`` of the tag in ``data[i:stop]``; True if the cell holds an error."""
    error, named = False, False
    while i < stop:
        begin = i
        while i < stop and data[i] != 61:  # =
            i += 1
        name, letters = 0, 0
        for at in range(begin, i):
            if not is_blank(data[at]) and data[at] != SLASH:
                name, letters = data[at], letters + 1
        while i < stop and data[i] != 34 and data[i] != 39:
            i += 1
        if i >= stop:
            break
        mark, value = data[i], i + 1
        i += 1
        while i < stop and data[i] != mark:
            i += 1
        if letters == 1 and name == 114:  # r
            row, column = 0, 0
            for at in range(value, i):
                c = data[at] - 32 if data[at] >= 97 else data[at]
                if 65 <= c <= 90:
                    column = min(column * 26 + c - 64, FAR)
                elif 48 <= c <= 57:
                    row = min(row * 10 + c - 48, FAR)
                else:
                    row = FAR  # no name of a cell
            named = True
            state[ROW] = row if row > 0 else state[ROW]
            state[COLUMN] = column
        elif letters == 1 and name == 116 and i == value + 1 and data[value] == 101:  # t="e"
            error = True
        i += 1
    if not named:
        state[COLUMN] += 1
    return error


@kernel
def scan_sheet(data: np.ndarray, state: np.ndarray, errors: np.ndarray) -> int:
    """Take in the tags of ``data``, which is well-formed XML, and return the position up to which they are whole.

    Parameters
    ----------
    data : uint8 array
        The next bytes of the sheet's XML, after those that were not taken in.
    state : int64 array of shape (10,)
        Counts so far, zeros at first; see the names at the top of this module.
    errors : int64 array of shape (most, 2)
        Filled with row and column (from 1) of the first cells that hold an error.
    """
    i, n = 0, len(data)
    while i < n:
        if data[i] != LESS:
            i += 1
            continue
        stop = tag_end(data, i)
        if stop == n:
            return i
        if data[i + 1] == 33 or data[i + 1] == 63:
            i = stop + 1
            continue
        closing = data[i + 1] == SLASH
        begin = i + 2 if closing else i + 1
        name = begin
        while name < stop and not is_blank(data[name]) and data[name] != SLASH:
            if data[name] == COLON:
                begin = name + 1
            name += 1
        length, letter = name - begin, data[begin]
        whole = data[stop - 1] == SLASH
        if length == 3 and letter == 114 and data[begin + 1] == 111 and data[begin + 2] == 119 and not closing:  # row
            state[ROW] += 1
            state[COLUMN] = 0
            cell_tag(data, name, stop, state)
            state[COLUMN] = 0
            state[LAST_ROW] = max(state[LAST_ROW], state[ROW])
        elif length == 1 and letter == 99:  # c
            if not closing:
                error = cell_tag(data, name, stop, state)
                state[LAST_ROW], state[LAST_COLUMN] = (
                    max(state[LAST_ROW], state[ROW]),
                    max(state[LAST_COLUMN], state[COLUMN]),
                )
                state[CELLS] += 1
                if error:
                    if state[ERRORS] < len(errors):
                        errors[state[ERRORS], 0], errors[state[ERRORS], 1] = state[ROW], state[COLUMN]
                    state[ERRORS] += 1
                state[HAS_FORMULA] = state[HAS_VALUE] = 0
            if (closing or whole) and state[HAS_FORMULA] == 1:
                state[FORMULAS] += 1
                state[EMPTY_FORMULAS] += state[HAS_VALUE] == 0
                state[HAS_FORMULA] = 0
        elif length == 1 and letter == 102 and not closing:  # f
            state[HAS_FORMULA] = 1
        elif length == 1 and letter == 118 and not closing and not whole:  # v
            if stop + 1 == n:
                return i
            state[HAS_VALUE] = data[stop + 1] != LESS
        i = stop + 1
    return n
