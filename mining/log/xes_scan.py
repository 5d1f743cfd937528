"""Finds the attributes of events and traces in the bytes of an XES file, as long as these are plain; never guesses.

Plain are: traces in the log, events in traces, attributes in both, written as ``<string key="..." value="..."/>``, with
nothing but blanks between them. At anything else `scan` stops and says DOUBT, and a reader that knows all of XML takes over.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from mining._kernels import kernel

KINDS = ("string", "date", "int", "float", "boolean", "id", "list", "container")  # the code of a kind is its position
BELOW = len(KINDS)  # the kind of what stands below an attribute, under the key ``KEY/children``
WHOLE, MORE, DOUBT = 1, 0, -1  # all bytes are used up; an element is not complete yet; not plain
MOST_KEYS = 500
BUCKETS = 2048  # of the hash table of keys
WHERE, TRACES, EVENTS, SLOTS, POOL = range(5)  # what the state holds
IN_LOG, IN_TRACE, IN_EVENT, AFTER = range(4)  # where the scan stands
LONGEST = 1_000_000  # bytes of one value


def _number(word: str) -> int:
    """A name of small letters as a number, 5 bits a letter."""
    return int("".join(f"{ord(letter) & 31:05b}" for letter in word), 2)


_TRACE, _EVENT, _LOG, _KEY, _VALUE = map(_number, ("trace", "event", "log", "key", "value"))
_NAMES = np.array(list(map(_number, KINDS)))
_LIST = KINDS.index("list")  # from here on: kinds without a value
_CHILDREN = np.frombuffer(b"/children", np.uint8).copy()


@kernel
def scan(text, at, size, state, pool, slots, buckets, tokens, owners):  # pragma: no cover
    """Read the bytes ``text[at:size]``, which go on where the last call stopped.

    Parameters
    ----------
    text : uint8 array
    at, size : int
    state : int64 array of shape (5,)
        Where the scan stands, and how many traces, events, slots (keys of traces and of events) and bytes of keys there are.
    pool : uint8 array
        The bytes of all keys.
    slots : int64 array of shape (MOST_KEYS, 6)
        Per slot: begin and end of its key in the pool, 1 for an event's, first kind, all kinds as bits, last row.
    buckets : int32 array of shape (BUCKETS,)
        Hash table of the slots, -1 empty.
    tokens : int32 array of shape (n, 5)
        Written: per attribute slot, row, begin and end of the value in ``text``, and 1 if it cannot be taken byte by byte, 2 if
        it is an element with all below it.
    owners : int32 array of shape (n,)
        Written: the trace of each event that begins.

    Returns
    -------
    n_tokens, n_events : int
        How many tokens and owners were written.
    at : int
        Where to go on.
    status : int
        WHOLE, MORE or DOUBT. If not DOUBT, everything before ``at`` is taken.
    """
    found, begun = 0, 0
    while True:
        while at < size and (text[at] == 32 or text[at] == 10 or text[at] == 9 or text[at] == 13):
            at += 1
        if at >= size:
            return found, begun, at, WHOLE
        if text[at] != 60 or state[WHERE] == AFTER:
            return found, begun, at, DOUBT
        name = at + 1
        closing = name < size and text[name] == 47
        if closing:
            name += 1
        i, word = _word(text, name, size)
        if i >= size:
            return found, begun, at, MORE
        if closing:
            if text[i] != 62 or not _close(state, word):
                return found, begun, at, DOUBT
            at = i + 1
        elif text[i] == 62:
            if found >= len(tokens) or begun >= len(owners):
                return found, begun, at, MORE
            if word == _TRACE and state[WHERE] == IN_LOG:
                state[WHERE] = IN_TRACE
                state[TRACES] += 1
            elif word == _EVENT and state[WHERE] == IN_TRACE:
                state[WHERE] = IN_EVENT
                owners[begun] = state[TRACES] - 1
                begun += 1
                state[EVENTS] += 1
            else:
                return found, begun, at, DOUBT
            at = i + 1
        else:
            if state[WHERE] != IN_TRACE and state[WHERE] != IN_EVENT:
                return found, begun, at, DOUBT
            if found + 1 >= len(tokens):
                return found, begun, at, MORE
            kind = _kind(word)
            if kind < 0:
                return found, begun, at, DOUBT
            written, at, status = _attribute(text, at, i, size, kind, word, state, pool, slots, buckets, tokens, found)
            if status != WHOLE:
                return found, begun, at, status
            found += written


@kernel
def _word(text, at, size):  # pragma: no cover
    """The end of a name of small letters, and the name as a number (-1: too long to be one of ours)."""
    word, begin = 0, at
    while at < size and 97 <= text[at] <= 122:
        if at - begin >= 12:
            return at, -1
        word = word << 5 | (text[at] & 31)
        at += 1
    return at, word


@kernel
def _kind(word):  # pragma: no cover
    for kind in range(len(_NAMES)):
        if _NAMES[kind] == word:
            return kind
    return -1


@kernel
def _close(state, word):  # pragma: no cover
    where = state[WHERE]
    if where == IN_EVENT and word == _EVENT:
        state[WHERE] = IN_TRACE
    elif where == IN_TRACE and word == _TRACE:
        state[WHERE] = IN_LOG
    elif where == IN_LOG and word == _LOG:
        state[WHERE] = AFTER
    else:
        return False
    return True


@kernel
def _attribute(text, begin, i, size, kind, word, state, pool, slots, buckets, tokens, found):  # pragma: no cover
    """Take the attribute that begins at ``begin`` and whose name ends at ``i``. Nothing is changed unless it is whole."""
    k0, k1, v0, v1, odd, i, end = _values(text, i, size)
    if end == 0:
        return 0, begin, MORE
    if end < 0 or k0 < 0 or (v0 < 0) != (kind >= _LIST) or v1 - v0 > LONGEST:
        return 0, begin, DOUBT
    nested = False
    if end == 2:  # not closed in itself: the closing tag follows, or elements below it
        last, nested = _below(text, i, size, word)
        if last < 0:
            return 0, begin, last + 1  # -1: more, -2: doubt
        i = last
    row, level = state[TRACES] - 1, 0
    if state[WHERE] == IN_EVENT:
        row, level = state[EVENTS] - 1, 1
    written = 0
    if kind < _LIST:
        slot = _slot(text, k0, k1, False, level, kind, row, state, pool, slots, buckets)
        if slot < 0:
            return 0, begin, DOUBT
        _put(tokens[found], slot, row, v0, v1, odd)
        written = 1
    if nested or kind >= _LIST:
        slot = _slot(text, k0, k1, True, level, BELOW, row, state, pool, slots, buckets)
        if slot < 0:
            return 0, begin, DOUBT
        _put(tokens[found + written], slot, row, begin, i, 2)
        written += 1
    return written, i, WHOLE


@kernel
def _put(token, slot, row, begin, end, how):  # pragma: no cover
    token[0], token[1], token[2], token[3], token[4] = slot, row, begin, end, how


@kernel
def _values(text, i, size):  # pragma: no cover
    """Key and value of a tag, and how it ends: 1 closed in itself, 2 open, 0 not complete, -1 not plain."""
    k0, k1, v0, v1, odd = -1, -1, -1, -1, 0
    while True:
        blank = i
        while i < size and (text[i] == 32 or text[i] == 10 or text[i] == 9 or text[i] == 13):
            i += 1
        if i + 1 >= size:
            return k0, k1, v0, v1, odd, i, 0
        if text[i] == 62:
            return k0, k1, v0, v1, odd, i + 1, 2
        if text[i] == 47:
            return k0, k1, v0, v1, odd, i + 2, 1 if text[i + 1] == 62 else -1
        i_name, word = _word(text, i, size)
        if i_name + 1 >= size:
            return k0, k1, v0, v1, odd, i, 0
        quote = text[i_name + 1]
        if i == blank or text[i_name] != 61 or (quote != 34 and quote != 39):
            return k0, k1, v0, v1, odd, i, -1
        first = i_name + 2
        i, how = first, 0
        while i < size and text[i] != quote:
            c = text[i]
            if c < 32 or c == 38:
                how = 1
            elif c == 60:
                return k0, k1, v0, v1, odd, i, -1
            i += 1
        if i >= size:
            return k0, k1, v0, v1, odd, i, 0
        if word == _KEY and k0 < 0 and not how:
            k0, k1 = first, i
        elif word == _VALUE and v0 < 0:
            v0, v1, odd = first, i, how
        else:
            return k0, k1, v0, v1, odd, i, -1
        i += 1


@kernel
def _below(text, i, size, word):  # pragma: no cover
    """The end of an element whose opening tag ends at ``i``, and whether elements stand below it.

    The end is only proposed, by counting tags; -1: not complete, -2: not plain. Elements below are proved by expat.
    """
    depth, nested = 1, False
    while True:
        while i < size and text[i] != 60:
            if not nested and text[i] != 32 and text[i] != 10 and text[i] != 9 and text[i] != 13:
                return -2, False
            i += 1
        if i + 1 >= size:
            return -1, False
        c = text[i + 1]
        if c == 33 or c == 63:
            return -2, False
        if c == 47:
            depth -= 1
            last, name = _word(text, i + 2, size)
            while last < size and nested and text[last] != 62:
                last += 1
            if last >= size:
                return -1, False
            if depth == 0:
                return (last + 1, nested) if text[last] == 62 and name == word else (-2, False)
            i = last + 1
            continue
        nested = True
        quote = 0
        while i < size and (quote or text[i] != 62):
            if text[i] == quote:
                quote = 0
            elif not quote and (text[i] == 34 or text[i] == 39):
                quote = text[i]
            i += 1
        if i >= size:
            return -1, False
        if text[i - 1] != 47:
            depth += 1
        i += 1


@kernel
def _slot(text, k0, k1, below, level, kind, row, state, pool, slots, buckets):  # pragma: no cover
    """The slot of a key, a new one if needed; -1 if there are too many, or the row has the key already."""
    size = k1 - k0
    whole = size + (len(_CHILDREN) if below else 0)
    code = 2166136261 + level
    for j in range(whole):
        c = text[k0 + j] if j < size else _CHILDREN[j - size]
        code = ((code ^ c) * 16777619) & 0xFFFFFFFF
    at = code % BUCKETS
    while buckets[at] >= 0:
        slot = buckets[at]
        begin = slots[slot, 0]
        if slots[slot, 1] - begin == whole and slots[slot, 2] == level:
            j = 0
            while j < whole and pool[begin + j] == (text[k0 + j] if j < size else _CHILDREN[j - size]):
                j += 1
            if j == whole:
                if slots[slot, 5] >= row:
                    return -1
                slots[slot, 5] = row
                slots[slot, 4] |= 1 << kind
                return slot
        at = (at + 1) % BUCKETS
    slot, begin = state[SLOTS], state[POOL]
    if slot >= len(slots) or begin + whole > len(pool):
        return -1
    for j in range(whole):
        pool[begin + j] = text[k0 + j] if j < size else _CHILDREN[j - size]
    slots[slot, 0], slots[slot, 1], slots[slot, 2] = begin, begin + whole, level
    slots[slot, 3], slots[slot, 4], slots[slot, 5] = kind, 1 << kind, row
    state[SLOTS] += 1
    state[POOL] += whole
    buckets[at] = slot
    return slot
