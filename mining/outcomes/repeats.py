"""Whether the same customer came back: another case soon after the end of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.conformance.conditions import is_missing
from mining.errors import MiningError
from mining.outcomes.parts import Endings, Part, both, part
from mining.units import MICROSECONDS, MISSING, Duration

if TYPE_CHECKING:
    from mining.study import Study


def window_of(repeat_within: str) -> Duration:
    """The window in which another case is a repeat: clock time, such as 30d.

    Raises
    ------
    MiningError
        If it is no duration, of no length, or in business time.
    """
    window = Duration.parse(repeat_within)
    if window.in_business_time or not window.amount:
        raise MiningError(
            f"repeat_within: {repeat_within!r}; customers come back by the calendar, whatever the opening hours. Write clock time above 0, "
            "as in 30d or 72h."
        )
    return window


def repeat_part(study: Study, customer: str, repeat_within: str, ends: Endings) -> Part:
    """Whether the customer of a case began another one after its last moment, and not later than the window after it.

    A case that was open at that moment already is none. Cases whose window is not over at the end of the log have no value, though
    somebody may have come back already: to count only those would make recent cases look bad, to count them as good would make them look
    good.

    Raises
    ------
    UnknownNameError
        If the log has no such attribute.
    """
    window = window_of(repeat_within)
    code, known = customers_of(study, customer)
    x = study.instances
    length = int(window.seconds * MICROSECONDS)
    begin, finish = x.case_start, x.case_end
    usable = known & (begin != MISSING)
    again = next_start(code, begin, finish, usable) - finish <= length
    why = {
        "empty": ends.empty,
        "running": ends.running,
        "no_customer": ~known,
        "window": finish + length > x.now,
    }
    within = both("outcomes.name.repeat_contact", within=str(window))
    note = both("outcomes.note.repeat", n=f"{len(np.unique(code[usable])):,}")
    return part("repeat_contact", again.astype(float), why, kind="share", worse=1, visible=True, name=within, note=note)


def customers_of(study: Study, customer: str) -> tuple[np.ndarray, np.ndarray]:
    """A number per customer for every case, and whether one is recorded."""
    values = study.instances.attribute(customer)
    if values.dtype.kind == "i":
        raise MiningError(
            f"customer: the attribute {customer!r} is a date. Name the one that says who the customer is."
        )
    known = ~is_missing(values)
    code = np.full(len(values), -1, np.int64)
    code[known] = pd.factorize(values[known])[0]
    return code, known


def next_start(code: np.ndarray, begin: np.ndarray, finish: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """For each case the first beginning of a case of the same customer after its end; later than everything where there is none.

    Examples
    --------
    >>> code, begin, finish = np.array([0, 0, 1]), np.array([0, 7, 3]), np.array([5, 9, 4])
    >>> next_start(code, begin, finish, np.ones(3, bool))[:1].tolist()
    [7]
    """
    never = np.iinfo(np.int64).max
    rows = np.flatnonzero(usable)
    n = len(rows)
    who = np.concatenate((code[rows], code[rows]))
    at = np.concatenate((begin[rows], finish[rows]))
    asks = np.repeat(
        [0, 1], n
    )  # a beginning at the very moment of the end comes before the question: it is not after it
    order = np.lexsort((asks, at, who))
    starts = asks[order] == 0
    place = np.where(starts, np.arange(2 * n), 2 * n)
    following = np.minimum.accumulate(place[::-1])[::-1]
    there = following < 2 * n
    found = np.full(2 * n, never)
    target = order[np.where(there, following, 0)]
    same = there & (who[target] == who[order])
    found[order] = np.where(same, at[target], never)
    result = np.full(len(code), never)
    result[rows] = found[n:]
    return result
