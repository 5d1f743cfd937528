"""A proposal for the target of an action, by a rule that is printed beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.model import Standard
from mining.conformance import verdicts as v
from mining.segments import segments_of
from mining.texts import LANGUAGES, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

LEAST_GROUPS, EXPECTED = (
    4,
    5,
)  # groups to take the best quarter of, and deviating cases that each would have at the common rate

CRITICAL = "critical"  # severity of what must not happen at all
FEW = 5  # cases with it below which none is asked for, since a share of them is no goal


@dataclass(frozen=True)
class Target:
    """A share of cases to come down to, and how it was proposed, in words by language."""

    value: float
    rule: dict[str, str]


def target_of(study: Study, check: str, deviating: np.ndarray, rate: float, by: str = "month") -> Target:
    """Propose the share of cases that may still have a finding.

    The first of these that is better than the rate now: what the standard promises; none, where the check is critical (what must never
    happen is not to happen half as often) or fewer than five cases have it; the rate of the best quarter of the groups ``by`` (their
    cases together); half of the rate. Only groups count that would have five deviating cases at the common rate, and there
    must be four: a month with a handful of cases has none by chance.

    Parameters
    ----------
    study : Study
    check : str
    deviating : bool array of shape (n_cases,)
        Cases with the finding, not allowed.
    rate : float
        Share of the judged cases that have it now.
    by : str
        As in :func:`mining.segments.segments_of`.

    Returns
    -------
    Target
        Rounded to four decimals, downwards.
    """
    spec = study.blueprint.checks.get(check)
    promised = spec.share if isinstance(spec, Standard) else None
    if promised is not None and _down(1 - promised) < rate:
        return _told(1 - promised, "plan.rule.promised", share=promised)
    if next(x for x in study.checks if x.id == check).severity == CRITICAL:
        return _told(0.0, "plan.rule.critical", share=rate)
    if int(deviating.sum()) < FEW:
        return _told(0.0, "plan.rule.few", share=rate, few=FEW)
    best = _best_quarter(study, check, deviating, by)
    if best is not None and _down(best[0]) < rate:
        value, groups, of, k, n = best
        return _told(value, "plan.rule.best", groups=groups, of=of, by=by, k=f"{k:,}", n=f"{n:,}", share=value)
    return _told(rate / 2, "plan.rule.half", share=rate)


def _down(value: float) -> float:
    return math.floor(round(value * 1e4, 6)) / 1e4


def _told(value: float, key: str, *, share: float, **values: object) -> Target:
    rule = {lang: say(key, lang, share=percent(share, lang), **values) for lang in LANGUAGES}
    if "by" in values:
        by = str(values["by"])
        spoken = {lang: say(f"plan.by.{by}", lang) if by in ("month", "week", "quarter") else by for lang in LANGUAGES}
        rule = {lang: say(key, lang, share=percent(share, lang), **values | {"by": spoken[lang]}) for lang in LANGUAGES}
    return Target(_down(value), rule)


def _best_quarter(study: Study, check: str, deviating: np.ndarray, by: str) -> tuple[float, int, int, int, int] | None:
    """Rate of the groups with the lowest rates, a quarter of all: rate, groups taken, groups, deviating and judged cases."""
    result = next(x for x in study.checks if x.id == check)
    judged = np.isin(study.net(result), (v.PASS, v.FAIL, v.ALLOWED)) | deviating
    groups = segments_of(study, by)
    size = len(groups.names) + 1
    n = np.bincount(groups.code[judged], minlength=size)[:-1]
    k = np.bincount(groups.code[judged & deviating], minlength=size)[:-1]
    rate = float(deviating.sum()) / max(int(judged.sum()), 1)
    large = np.flatnonzero(n * rate >= EXPECTED)
    if len(large) < LEAST_GROUPS:
        return None
    order = large[np.lexsort((large, -n[large], k[large] / n[large]))]
    taken = order[: max(1, len(large) // 4)]
    all_k, all_n = int(k[taken].sum()), int(n[taken].sum())
    return all_k / all_n, len(taken), len(large), all_k, all_n
