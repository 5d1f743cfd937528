"""Rules on starts that the log does not have: the verdicts that stand wherever those starts lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mining.blueprint.model import Rule
from mining.conformance import verdicts as v
from mining.conformance.context import Context, Outcome
from mining.conformance.instances import last_per_case

At = Callable[[Rule, str, str], Context]  # a rule, and where the unknown starts of a and of b are put
RANK = np.array([1, 4, 1, 2, 0, 3])  # the worse of two: not applicable < pass < pending < not observable < fail


def standing(rule: Rule, kinds: dict[str, Callable[[Context], Outcome]], at: At) -> np.ndarray:
    """Verdict per case with unknown starts: the one that all places of those starts give, else not observable.

    A start lies anywhere before its completion. Without a length of time, the best and the worst case are an ``a`` as early and a ``b``
    as late as possible, and the other way round. With one they are not at the ends, so only what the known moments decide stands.

    Parameters
    ----------
    rule : Rule
    kinds : mapping of str to function
        Rule kind to the function that judges it.
    at : function
        Gives the context of a rule with the unknown starts put ``early`` (before everything), ``late`` (at the completion) or left ``out``.

    Returns
    -------
    int8 array of shape (n_cases,)
        Of no account in cases without unknown starts.
    """

    def said(which: Rule, a: str, b: str) -> np.ndarray:
        return np.asarray(kinds[which.kind](at(which, a, b))[0], np.int8)

    if rule.within is None and rule.after is None:
        return _agreed(said(rule, "early", "late"), said(rule, "late", "early"))
    if rule.kind == "succession":
        before = standing(replace(rule, kind="precedence", within=None), kinds, at)
        after = standing(replace(rule, kind="response"), kinds, at)
        return np.where(RANK[before] >= RANK[after], before, after)
    known, late = said(rule, "out", "out"), at(rule, "late", "late")
    blind_a, blind_b = (np.isin(np.arange(late.n), m.case[~m.known]) for m in (late.a, late.b))
    if rule.after is not None:
        return _far_enough(known, _agreed(said(rule, "late", "late"), said(rule, "early", "late")), late, blind_b)
    never = said(replace(rule, within=None), "early", "late") == v.FAIL
    stands = np.where((known == v.FAIL) & ~blind_b, v.FAIL, v.NOT_OBSERVABLE)  # an unknown b may be an answer in time
    stands = np.where(((known == v.PASS) | (known == v.NOT_APPLICABLE)) & ~blind_a, known, stands)  # and can do no harm
    return np.where(never, v.FAIL, stands)


def _agreed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.where(one == other, one, v.NOT_OBSERVABLE)


def _far_enough(known: np.ndarray, agreed: np.ndarray, late: Context, blind_b: np.ndarray) -> np.ndarray:
    """Two moments that are known to be too near are so in any case; an unknown a is far enough where it is completed before every b."""
    unknown = ~late.a.known
    last = last_per_case(late.a.case[unknown], late.a.time[unknown], late.n)
    apart = (last < late.first(late.b)) & (~blind_b | (late.count(late.a) == 0))
    return np.where(known == v.FAIL, v.FAIL, np.where(apart, agreed, v.NOT_OBSERVABLE))
