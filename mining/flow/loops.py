"""The compiled loops: over events in case order, and over keys in no order."""

from __future__ import annotations

import numpy as np

from mining._kernels import kernel
from mining.units import MISSING

EXACT = 128  # values below it have a bucket each
HALF = 64  # buckets for each doubling above it
SHIFT = 12  # bits of a bucket number: the greatest is 3,711


@kernel
def successions(code, n_codes, time, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """For each instance but the first of its case: key (code before, code) and the time between them, microseconds."""
    n = code.size - (offsets.size - 1)
    key, value = np.empty(n, np.int64), np.empty(n, np.int64)
    k = 0
    for c in range(offsets.size - 1):
        for i in range(offsets[c] + 1, offsets[c + 1]):
            key[k] = np.int64(code[i - 1]) * n_codes + code[i]
            value[k] = time[i] - time[i - 1]
            k += 1
    return key, value


@kernel
def bucket_of(x):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The bucket of a value that is not negative: itself below 128, then 64 for every doubling."""
    if x < EXACT:
        return x
    bits, y = np.int64(0), x
    for half in (32, 16, 8, 4, 2, 1):
        step = half * np.int64(y >> half != 0)
        bits += step
        y >>= step
    e = bits - 6
    return HALF * e + (x >> e)


@kernel
def mixed(key):  # type: ignore[no-untyped-def]  # pragma: no cover
    """A hash of a key whose low bits depend on all of its bits."""
    x = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return x ^ (x >> np.uint64(32))


@kernel
def rehashed(keys, n, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    """An open table of ``size`` places (a power of two) in which the first n keys stand."""
    slot = np.full(size, -1, np.int32)
    for j in range(n):
        p = np.int64(mixed(keys[j]) & np.uint64(size - 1))
        while slot[p] >= 0:
            p = (p + 1) & (size - 1)
        slot[p] = j
    return slot


@kernel
def grown(array, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The array with room for more."""
    found = np.zeros(size, array.dtype)
    found[: array.size] = array
    return found


@kernel
def numbered(keys):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Number of each key among the distinct ones (in the order in which they first occur), these, and how often each occurs."""
    size = 1024
    slot = np.full(size, -1, np.int32)
    distinct, times = np.zeros(size, np.int64), np.zeros(size, np.int64)
    of = np.empty(keys.size, np.int32)
    n = 0
    last, j = np.int64(-1), np.int32(-1)
    for i in range(keys.size):
        key = keys[i]
        if j < 0 or key != last:
            p = np.int64(mixed(key) & np.uint64(size - 1))
            j = slot[p]
            while j >= 0 and distinct[j] != key:
                p = (p + 1) & (size - 1)
                j = slot[p]
            if j < 0:
                j = np.int32(n)
                slot[p], distinct[n] = j, key
                n += 1
                if 2 * n > size:
                    size *= 4
                    distinct, times = grown(distinct, size), grown(times, size)
                    slot = rehashed(distinct, n, size)
            last = key
        times[j] += 1
        of[i] = j
    return of, distinct[:n].copy(), times[:n].copy()


@kernel
def numbered_densely(keys, n_keys):  # type: ignore[no-untyped-def]  # pragma: no cover
    """As `numbered`, for keys below ``n_keys``, by a table of all of them; the distinct ones ascending."""
    times = np.zeros(n_keys, np.int64)
    for i in range(keys.size):
        times[keys[i]] += 1
    distinct = np.flatnonzero(times)
    number = np.zeros(n_keys, np.int32)
    for j in range(distinct.size):
        number[distinct[j]] = j
    of = np.empty(keys.size, np.int32)
    for i in range(keys.size):
        of[i] = number[keys[i]]
    return of, distinct, times[distinct]


@kernel
def summed(of, n, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Per number: sum in whole seconds and the microseconds beyond them, least, greatest.

    The sum is kept in two parts so that it is exact and cannot run over, whatever the number of events.
    """
    seconds, rest = np.zeros(n, np.int64), np.zeros(n, np.int64)
    least, most = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    for i in range(value.size):
        x, j = value[i], of[i]
        s = x // 1_000_000
        seconds[j] += s
        rest[j] += x - s * 1_000_000
        least[j], most[j] = min(least[j], x), max(most[j], x)
    return seconds, rest, least, most


@kernel
def cells_of(of, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Number and bucket of each value, as one key."""
    cell = np.empty(value.size, np.int64)
    for i in range(value.size):
        cell[i] = (np.int64(of[i]) << SHIFT) | bucket_of(value[i])
    return cell


@kernel
def histograms(of, n, value, lowest, width):  # type: ignore[no-untyped-def]  # pragma: no cover
    """How many values of each number lie in each of the ``width`` buckets from ``lowest`` on."""
    found = np.zeros((n, width), np.int64)
    for i in range(value.size):
        found[of[i], bucket_of(value[i]) - lowest] += 1
    return found


@kernel
def hashed(code, begin, end):  # type: ignore[no-untyped-def]  # pragma: no cover
    """A hash of a sequence of codes: a sum in which no step waits for the one before it."""
    first, after = np.uint64(begin), np.uint64(end)
    h, factor = after - first, np.uint64(0x9E3779B97F4A7C15)
    for i in range(first, after):
        x = np.uint64(np.uint32(code[i]) + np.uint32(1)) * factor
        h += x ^ (x >> np.uint64(32))
        factor += np.uint64(0xD6E8FEB86659FD93)
    h = (h ^ (h >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
    return h ^ (h >> np.uint64(32))


@kernel
def equal(code, one, other, length):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether two stretches of codes are equal."""
    a, b = np.uint64(one), np.uint64(other)
    i, n = np.uint64(0), np.uint64(length)
    while i < n and code[a + i] == code[b + i]:
        i += np.uint64(1)
    return i == n


@kernel
def grouped(code, offsets, weight):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Equal sequences: the group of each case, the first case of each group, and the summed weight of its cases.

    Groups are numbered in the order of their first cases. Exact: sequences with one hash are compared.
    """
    m = offsets.size - 1
    size = 1024
    slot = np.full(size, -1, np.int32)
    first, total, hashes = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.uint64)
    of = np.empty(m, np.int32)
    n = 0
    for c in range(m):
        begin, length = offsets[c], offsets[c + 1] - offsets[c]
        h = hashed(code, begin, begin + length)
        p = np.int64(h & np.uint64(size - 1))
        while True:
            j = slot[p]
            if j < 0:
                j = np.int32(n)
                slot[p], first[n], hashes[n] = j, c, h
                n += 1
                break
            if hashes[j] == h:
                a = offsets[first[j]]
                if offsets[first[j] + 1] - a == length and equal(code, a, begin, length):
                    break
            p = (p + 1) & (size - 1)
        total[j] += weight[c]
        of[c] = j
        if 2 * n > size:
            size *= 4
            first, total, hashes = grown(first, size), grown(total, size), grown(hashes, size)
            slot = np.full(size, -1, np.int32)
            for k in range(n):
                p = np.int64(hashes[k] & np.uint64(size - 1))
                while slot[p] >= 0:
                    p = (p + 1) & (size - 1)
                slot[p] = k
    return of, first[:n].copy(), total[:n].copy()


@kernel
def precedes(code, starts, weight, a, b):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether sequence a comes before b: the heavier first, then the lesser codes, then the shorter."""
    if weight[a] != weight[b]:
        return weight[a] > weight[b]
    i, j = starts[a], starts[b]
    while i < starts[a + 1] and j < starts[b + 1]:
        if code[i] != code[j]:
            return code[i] < code[j]
        i += 1
        j += 1
    return starts[a + 1] - starts[a] < starts[b + 1] - starts[b]


@kernel
def ranked(code, starts, weight):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The numbers of the sequences in the order of `precedes`: runs are merged, twice as long each time."""
    n = starts.size - 1
    order, other = np.arange(n), np.empty(n, np.int64)
    run = 1
    while run < n:
        for low in range(0, n, 2 * run):
            middle, high = min(low + run, n), min(low + 2 * run, n)
            i, j = low, middle
            for k in range(low, high):
                if i < middle and (j >= high or not precedes(code, starts, weight, order[j], order[i])):
                    other[k] = order[i]
                    i += 1
                else:
                    other[k] = order[j]
                    j += 1
        order, other = other, order
        run *= 2
    return order


@kernel
def gathered(code, starts, chosen, begin):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The codes of the chosen sequences, one after the other; ``begin`` says where each begins."""
    found = np.empty(begin[-1], np.int32)
    for k in range(chosen.size):
        a = starts[chosen[k]]
        for i in range(begin[k + 1] - begin[k]):
            found[begin[k] + i] = code[a + i]
    return found


@kernel
def bits(mask):  # type: ignore[no-untyped-def]  # pragma: no cover
    """How many bits of 64 are set."""
    x = mask - ((mask >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int32((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def tallies(activity, resource, offsets, found):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Per case, in one pass, into five arrays: distinct activities, distinct resources, `changes` of the resource, first and last activity.

    For activities below 64 and resources below 63; the lowest bit of the mask of resources stands for none.
    """
    activities, resources, handovers, first, last = found
    one = np.uint64(1)
    for c in range(offsets.size - 1):
        a, b = np.uint64(offsets[c]), np.uint64(offsets[c + 1])
        done, by, n = np.uint64(0), np.uint64(0), np.int64(0)
        before = resource[a]
        for i in range(a, b):
            x, y = activity[i], resource[i]
            done |= one << np.uint64(x)
            by |= one << np.uint64(y + 1)
            n += np.int64(y != before)
            before = y
        if by & one:  # some are not known: count again, with care
            n = 0
            for i in range(a + one, b):
                x, y = resource[i - one], resource[i]
                n += np.int64((x >= 0) & (y >= 0) & (x != y))
        activities[c], resources[c], handovers[c] = bits(done), bits(by & ~one), n
        first[c], last[c] = activity[a], activity[b - one]


@kernel
def borders(value, offsets, first, last):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The first and the last value of each case, into two arrays."""
    one = np.uint64(1)
    for c in range(offsets.size - 1):
        first[c], last[c] = value[np.uint64(offsets[c])], value[np.uint64(offsets[c + 1]) - one]


@kernel
def lengths(start, end, unit):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The time between two moments, in units of so many microseconds."""
    found = np.empty(start.size)
    for i in range(start.size):
        found[i] = (end[i] - start[i]) / unit
    return found


@kernel
def distinct(code, n_codes, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Distinct codes of each case; -1 stands for none."""
    m = offsets.size - 1
    found = np.zeros(m, np.int32)
    if n_codes <= 64:
        for c in range(m):
            mask = np.uint64(0)
            for i in range(offsets[c], offsets[c + 1]):
                if code[i] >= 0:
                    mask |= np.uint64(1) << np.uint64(code[i])
            found[c] = bits(mask)
        return found
    seen = np.full(n_codes, -1, np.int64)
    for c in range(m):
        for i in range(offsets[c], offsets[c + 1]):
            if code[i] >= 0 and seen[code[i]] != c:
                seen[code[i]] = c
                found[c] += 1
    return found


@kernel
def changes(code, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Per case, how often a code follows another one, none of them -1."""
    m = offsets.size - 1
    found = np.zeros(m, np.int32)
    for c in range(m):
        n = 0
        for i in range(offsets[c] + 1, offsets[c + 1]):
            n += (code[i] >= 0) & (code[i - 1] >= 0) & (code[i] != code[i - 1])
        found[c] = n
    return found


@kernel
def spans(start, end, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Per case: first and last moment, and how many of its instances never ended."""
    m = offsets.size - 1
    begin, finish, unended = np.full(m, MISSING), np.full(m, MISSING), np.zeros(m, np.int32)
    for c in range(m):
        for i in range(offsets[c], offsets[c + 1]):
            here = start[i] if start[i] != MISSING else end[i]
            there = end[i] if end[i] != MISSING else start[i]
            if end[i] == MISSING:
                unended[c] += 1
            if begin[c] == MISSING or here < begin[c]:
                begin[c] = here
            if there > finish[c]:
                finish[c] = there
    return begin, finish, unended


@kernel
def waits(activity, is_scheduled, start, end, scheduled, offsets):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Time from ready to start of each instance (-1: not known), and how it is known: see `mining.flow.waits`."""
    n = activity.size
    value, how = np.full(n, -1, np.int64), np.zeros(n, np.int8)
    done = np.empty(n, np.int64)  # the ends of the case so far are done[begin:k], in order
    of = np.empty(n, np.int64)
    for c in range(offsets.size - 1):
        k = 0
        for i in range(offsets[c], offsets[c + 1]):
            if end[i] != MISSING:
                done[k], of[k] = end[i], i
                k += 1
        for i in range(offsets[c], offsets[c + 1]):
            if start[i] == MISSING:
                how[i] = 0
            elif scheduled[i] != MISSING:
                how[i], value[i] = 1, max(start[i] - scheduled[i], 0)
            elif is_scheduled[activity[i]]:
                how[i] = 2
            else:
                low, high = 0, k  # the last end not after the start
                while low < high:
                    middle = (low + high) // 2
                    if done[middle] <= start[i]:
                        low = middle + 1
                    else:
                        high = middle
                if low > 0 and of[low - 1] == i:
                    low -= 1
                if low > 0:
                    how[i], value[i] = 3, start[i] - done[low - 1]
                else:
                    how[i] = 4
    return value, how
