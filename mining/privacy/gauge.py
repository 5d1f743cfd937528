"""How easily a case could be recognised by somebody who knows a little about it: measured for the data controller.

Pseudonyms keep names away, but not what happened when: who knows that somebody was at the counter on two days may find the only case with
these two visits, and with it all else. Measured is the share of such cases ("unicity": de Montjoye, Hidalgo, Verleysen, Blondel 2013; for
event logs: Nuñez von Voigt et al. 2020), here in its strictest form, of the best chosen points instead of points drawn by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining._kernels import kernel
from mining.flow import loops
from mining.flow.kernel import plain
from mining.log import EventLog
from mining.log.roster import days_of
from mining.results import Provenance, Result
from mining.texts import say
from mining.units import MISSING, percent

KNOWN = 3  # points that somebody may know
MOST_POINTS = 512  # of a case of which pairs and triples are looked at
BUDGET = 1_000_000_000  # steps in all; cases that would take more are not decided
NEVER, FROM_TWO, FROM_THREE = 9, -1, -2  # by no three points; not decided for two and three, for three points
HALF = 0x5555555555555555


@dataclass(frozen=True, eq=False, repr=False)
class Gauge(Result):
    """How many cases are the only one of their kind. Made by :func:`gauge_of`.

    A **point** is an activity and the day on which it happened (by the clock of the zone); twice on one day is one point. A case is
    **unique by k points** if there are k of its points, or fewer, that no other case has all of.
    """

    columns: ClassVar[dict[str, str]] = {
        "known": "variant (the whole sequence of activities), or number of points (activity and day) that somebody knows",
        "n": "cases of the log",
        "unique": "cases that are the only one with what is known, for the points that single them out best",
        "undecided": "cases of which this was not found out, since it would take too long",
        "share": "unique / n, 0-1: of all cases, not of a sample",
        "at_most": "(unique + undecided) / n, 0-1",
    }

    def sentence(self, lang: str = "en") -> str:
        """The shares, in words."""
        rows = self.frame.set_index("known")
        values = {"n": f"{int(rows['n'].iloc[0]):,}", "variant": percent(rows.loc["variant", "share"], lang)}
        values |= {f"p{k}": percent(rows.loc[str(k), "share"], lang) for k in range(1, KNOWN + 1)}
        said = say("privacy.gauge", lang, **values)
        left = int(rows["undecided"].max())
        if left:
            most = percent(rows.loc[str(KNOWN), "at_most"], lang)
            said += say("privacy.gauge_undecided", lang, n=f"{left:,}", most=most)
        return said


def gauge_of(log: EventLog, *, tz: str | None = None, budget: int = BUDGET) -> Gauge:
    """Measure how many cases are unique by their variant, and by one, two, three points.

    Parameters
    ----------
    log : EventLog
    tz : str, optional
        Zone by whose clock days are told. None: that of the binding, else UTC.
    budget : int
        Steps to look for sets of points; cases are decided from those that take the fewest on, and those left are counted. Points one by
        one are always decided.

    Returns
    -------
    Gauge

    Notes
    -----
    Exact. For a case with the points P, every other case h that shares a point with it holds a part of P. The case is unique by k points if
    some set of k of them lies in none of these parts. Each part is a set of bits; it is added to what is held together with each of its
    points (pairs), and with each two of them (triples), and what is not held by then is unique. A part that is all of P ends the search:
    then no number of points singles the case out.

    Examples
    --------
    >>> frame = pd.DataFrame({"case": ["1", "1", "2", "2", "3"], "activity": ["A", "B", "A", "C", "A"],
    ...                       "time": ["2026-03-02", "2026-03-03", "2026-03-02", "2026-03-03", "2026-03-02"]})
    >>> found = gauge_of(EventLog.from_frame(frame, columns={"timestamp": "time"}))
    >>> found.frame[["known", "unique"]].values.tolist()
    [['variant', 3], ['1', 2], ['2', 2], ['3', 2]]
    """
    n, zone = log.n_cases, tz or log.binding.tz or "UTC"
    offsets = plain(log.offsets, np.int64)
    _, _, count = loops.grouped(plain(log.activity, np.int32), offsets, np.ones(n, np.int64))
    least = _least(*_points(log, zone), budget)
    rows = [{"known": "variant", "n": n, "unique": int((count == 1).sum()), "undecided": 0}]
    for k in range(1, KNOWN + 1):
        unique = int(((least > 0) & (least <= k)).sum())
        undecided = int((least == FROM_TWO).sum()) * (k >= 2) + int((least == FROM_THREE).sum()) * (k >= 3)
        rows.append({"known": str(k), "n": n, "unique": unique, "undecided": undecided})
    frame = pd.DataFrame(rows)
    frame["share"] = frame["unique"] / frame["n"]
    frame["at_most"] = (frame["unique"] + frame["undecided"]) / frame["n"]
    provenance = Provenance("uniqueness of cases", log.source.sha256, "", n, {"tz": zone, "points": KNOWN})
    return Gauge(frame[list(Gauge.columns)], provenance)


def _points(log: EventLog, zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Distinct points of each case as numbers from 0, case by case, and where each case begins among them."""
    time = np.where(log.end != MISSING, log.end, log.start)
    days = days_of(time, zone)
    day = days - days.min()
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))
    _, point = np.unique(day * len(log.labels) + log.activity, return_inverse=True)
    width = int(point.max()) + 1
    pairs = np.unique(case * width + point)
    offsets = np.searchsorted(pairs // width, np.arange(log.n_cases + 1))
    return pairs % width, offsets.astype(np.int64)


def _least(points: np.ndarray, offsets: np.ndarray, budget: int) -> np.ndarray:
    """Per case the least number of its points by which it is unique; NEVER: of no three, FROM_TWO, FROM_THREE: not known."""
    n, size = len(offsets) - 1, np.diff(offsets)
    case = np.repeat(np.arange(n), size)
    support = np.bincount(points)
    begins = np.concatenate(([0], np.cumsum(support)))
    holders = case[np.argsort(points, kind="stable")]
    work = np.add.reduceat(support[points], offsets[:-1])
    order = np.argsort(work, kind="stable")
    most = int(size[size <= MOST_POINTS].max(initial=1))
    return np.asarray(_search(points, offsets, begins, holders, work, order, support, most, budget))


@kernel
def _ones(word: Any) -> Any:
    """Number of bits of a word that are set."""
    word = word - ((word >> np.uint64(1)) & np.uint64(HALF))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def _all_held(held: Any, rows: Any, words: Any, m: Any) -> Any:
    """Whether all m points are held in every one of some sets of bits."""
    for row in range(rows):
        n = np.uint64(0)
        for w in range(words):
            n += _ones(held[row, w])
        if n < np.uint64(m):
            return False
    return True


@kernel
def _search(
    points: Any, offsets: Any, begins: Any, holders: Any, work: Any, order: Any, support: Any, most: Any, budget: Any
) -> Any:
    n, width = len(offsets) - 1, (most + 63) // 64
    least = np.full(n, NEVER, np.int8)
    part = np.zeros((n, width), np.uint64)
    seen = np.full(n, -1, np.int64)
    touched, bits = np.empty(n, np.int64), np.empty(most, np.int64)
    held = np.zeros((most, width), np.uint64)
    pairs = np.zeros((0, width), np.uint64)
    spent = 0
    for c in order:
        first, m = offsets[c], offsets[c + 1] - offsets[c]
        rarest = support[points[first]]
        for i in range(1, m):
            rarest = min(rarest, support[points[first + i]])
        if rarest == 1:
            least[c] = 1
            continue
        if m > most or spent + work[c] > budget:
            least[c] = FROM_TWO
            continue
        spent += work[c]
        words, others, held[:m] = (m + 63) // 64, 0, 0
        for i in range(m):  # which of the points each other case holds
            p = points[first + i]
            for k in range(begins[p], begins[p + 1]):
                h = holders[k]
                if h == c:
                    continue
                if seen[h] != c:
                    seen[h], part[h], touched[others] = c, 0, h
                    others += 1
                part[h, i >> 6] |= np.uint64(1) << np.uint64(i & 63)
        whole, cost = False, 0
        for k in range(others):
            size = 0
            for i in range(m):
                if part[touched[k], i >> 6] >> np.uint64(i & 63) & np.uint64(1):
                    bits[size] = i
                    size += 1
            if size == m:
                whole = True
                break
            cost += size * size // 2
            for x in range(size):
                for w in range(words):
                    held[bits[x], w] |= part[touched[k], w]
        spent += others * m
        if whole:
            continue
        if not _all_held(held, m, words, m):
            least[c] = 2
            continue
        if spent + cost * words > budget:
            least[c] = FROM_THREE
            continue
        spent += cost * words
        if len(pairs) < m * m:
            pairs = np.zeros((m * m, width), np.uint64)
        pairs[: m * m] = 0
        for k in range(others):
            size = 0
            for i in range(m):
                if part[touched[k], i >> 6] >> np.uint64(i & 63) & np.uint64(1):
                    bits[size] = i
                    size += 1
            for x in range(size):
                for y in range(x + 1, size):
                    for w in range(words):
                        pairs[bits[x] * m + bits[y], w] |= part[touched[k], w]
        for i in range(m):  # only i < j is filled: the others are all there
            for j in range(i + 1):
                for w in range(words):
                    pairs[i * m + j, w] = np.uint64(0xFFFFFFFFFFFFFFFF)
        if not _all_held(pairs, m * m, words, m):
            least[c] = 3
    return least


__all__ = ["Gauge", "gauge_of"]
