"""Standards of continuity: how often a case passes from hand to hand, and how often the customer and the service take turns."""

from __future__ import annotations

import numpy as np

from mining._kernels import kernel
from mining.blueprint.model import Blueprint, Standard
from mining.conformance import verdicts as v
from mining.conformance.instances import Instances
from mining.conformance.values import Outcome
from mining.units import Duration


def handovers(standard: Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> Outcome:
    """How often the resource changes between consecutive completed instances of a case; those without a resource are left out.

    Verdicts as :func:`judged`. A case that has ended and names nobody is not observable.
    """
    return judged(standard, instances, is_open, *_hands(blueprint, instances))


def turns(standard: Standard, blueprint: Blueprint, instances: Instances, is_open: np.ndarray) -> Outcome:
    """How often a case crosses the line of interaction.

    A crossing lies between consecutive completed instances of activities of the blueprint of which one is in a lane of kind customer
    and the other is not. Verdicts as :func:`judged`.
    """
    return judged(standard, instances, is_open, *_sides(blueprint, instances))


def _hands(blueprint: Blueprint, instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Instances that somebody completed, and who."""
    rows = np.flatnonzero(instances.done & (instances.resource >= 0))
    return rows, instances.resource[rows]


def _sides(blueprint: Blueprint, instances: Instances) -> tuple[np.ndarray, np.ndarray]:
    """Completed instances of activities of the blueprint, and whether the customer acts."""
    own = np.array([blueprint.lane_of(a.id).kind == "customer" for a in blueprint.activities])
    rows = np.flatnonzero(instances.done & (instances.activity < instances.n_known))
    return rows, own[instances.activity[rows]].astype(np.int32)


COUNTED = {"handovers": _hands, "turns": _sides}  # what is looked at, and what may change from one to the next


def judged(
    standard: Standard, instances: Instances, is_open: np.ndarray, rows: np.ndarray, word: np.ndarray
) -> Outcome:
    """The changes of a word along each case against ``max`` and ``min``.

    More than ``max`` is a fail at once, one fault for every change beyond it, at the later step; fewer than ``min`` is one when the case
    has ended. What more steps could still meet or break in a running case is pending. Where steps at the same time have different words
    their order decides, and no log tells it: a case that lies on either side of the limit by it is not observable.

    Parameters
    ----------
    standard : Standard
    instances : Instances
    is_open : bool array of shape (n_cases,)
    rows : int64 array of shape (n,)
        Positions of the instances that count, in order.
    word : int32 array of shape (n,)
        What may change from one to the next.
    """
    assert not isinstance(standard.limit, Duration)  # the schema wants a number here
    low, high = standard.minimum or 0, np.inf if standard.limit is None else float(standard.limit)
    earlier, later = changes(instances, rows, word)
    case, n = instances.case[later], instances.n_cases
    times = np.bincount(case, minlength=n)
    least, most = bounds(instances, rows, word, times)
    empty = np.bincount(instances.case[rows], minlength=n) == 0
    few, over = most < low, least > high
    verdict = np.where(few, v.FAIL, np.where((least < low) | empty, v.NOT_OBSERVABLE, v.PASS))
    verdict = np.where(is_open & ((verdict != v.PASS) | np.isfinite(high)), v.PENDING, verdict)
    verdict = np.where(empty & ~is_open, v.NOT_OBSERVABLE, verdict)
    verdict = np.where(over, v.FAIL, np.where(most > high, v.NOT_OBSERVABLE, verdict)).astype(np.int8)
    nth = np.arange(len(case)) - np.searchsorted(case, case)
    beyond = nth >= high
    short = np.flatnonzero((verdict == v.FAIL) & ~over)
    found = v.join(
        [
            v.faults(
                case[beyond], "discontinuity", instances.activity[later[beyond]], instances.end[later[beyond]],
                partner=instances.activity[earlier[beyond]], instance=later[beyond], measured=times[case[beyond]], limit=high,
            ),
            v.faults(short, "discontinuity", v.NONE, instances.case_end[short], measured=times[short], limit=low),
        ]
    )  # fmt: skip
    return Outcome(verdict, found, np.where(empty, np.nan, times))


def changes(instances: Instances, rows: np.ndarray, word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Instances before and after each change of the word within a case, in the order of the file where times are equal."""
    case = instances.case[rows]
    at = np.flatnonzero((case[1:] == case[:-1]) & (word[1:] != word[:-1]))
    return rows[at], rows[at + 1]


def bounds(
    instances: Instances, rows: np.ndarray, word: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Per case the least and the greatest number of changes in any order of the steps that lie at the same time."""
    case, end = instances.case[rows], instances.end[rows]
    tied = (case[1:] == case[:-1]) & (end[1:] == end[:-1])
    blurred = np.zeros(instances.n_cases, bool)
    blurred[case[1:][tied]] = True
    if not blurred.any():
        return times, times
    mine = blurred[case]
    case, end, word = case[mine], end[mine], word[mine].astype(np.int64)
    new = np.r_[True, (case[1:] != case[:-1]) | (end[1:] != end[:-1])]
    moment = np.cumsum(new) - 1
    words = int(word.max()) + 1
    pair, count = np.unique(moment * words + word, return_counts=True)  # the words at each moment
    least, most = times.astype(np.int64), times.astype(np.int64)
    _extremes(pair // words, pair % words, count.astype(np.int64), case[new].astype(np.int64), least, most)
    return least, most


@kernel
def _extremes(moment, word, count, case_of, least, most):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Least and greatest number of changes, moment by moment: for each word that may stand last at a moment."""
    low, high = np.zeros(word.size, np.int64), np.zeros(word.size, np.int64)
    begin = before = 0  # the words of this moment, of the one before
    for m in range(case_of.size):
        end = begin
        while end < word.size and moment[end] == m:
            end += 1
        fresh = m == 0 or case_of[m] != case_of[m - 1]
        total = count[begin:end].sum()
        for last in range(begin, end):
            low[last], high[last] = 2**62, -1
            for first in range(begin, end):
                if first == last and count[first] == 1 and total > 1:
                    continue  # one step does not stand at both ends of several
                few, many = 0, 0
                if not fresh:
                    few, many = 2**62, -1
                    for previous in range(before, begin):
                        change = 1 if word[previous] != word[first] else 0
                        few, many = min(few, low[previous] + change), max(many, high[previous] + change)
                together = 0  # steps that cannot but stand beside one of the same word
                for x in range(begin, end):
                    apart = total - count[x] - 1 + (1 if x == first else 0) + (1 if x == last else 0)
                    together = max(together, count[x] - apart)
                fewest = end - begin - 1 + (1 if first == last and end - begin > 1 else 0)
                low[last] = min(low[last], few + fewest)
                high[last] = max(high[last], many + total - 1 - together)
        if m + 1 == case_of.size or case_of[m + 1] != case_of[m]:
            least[case_of[m]], most[case_of[m]] = low[begin:end].min(), high[begin:end].max()
        before, begin = begin, end
