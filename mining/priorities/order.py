"""The order of findings as arithmetic: classes by the printed table, keys within a class, for one sample or a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mining.blueprint.model import SEVERITIES
from mining.findings import COMMON, FEW_CASES, OCCASIONAL, PRIORITIES, TABLE
from mining.priorities.evidence import NOT_SHOWN, SHOWN, TOO_FEW
from mining.priorities.resampling import Sums

KEYS = ("class", "harm", "visible", "loss", "hours", "excess", "rate")
CLASS_OF = np.array(
    [[[PRIORITIES.index(p) for p in TABLE[severity, seen]] for seen in (False, True)] for severity in SEVERITIES]
)
Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of each finding, and of the effects on it, apart from the sums over cases.

    Attributes
    ----------
    severity : int64 array of shape (n_findings,)
        Position in the severities of the blueprint.
    visible, mandatory, few : bool arrays of shape (n_findings,)
        Seen by the customer; asked for by law, contract, safety or consent; too few cases to tell the harm.
    finding : int64 array of shape (n_effects,)
        Finding of an effect.
    worse : float64 array of shape (n_effects,)
        1 where more of the outcome is worse, else -1.
    sure : bool array of shape (n_effects,)
        Grade A or B, q < 0.05.
    error : float64 array of shape (n_effects,)
        Standard error of the total; infinite where guards fail, so that no sample can show harm.
    loss, hours : float64 arrays of shape (n_effects,)
        What a unit of the total is worth; hours in a unit of it (0 for outcomes that are no time).
    z : float
        How many standard errors it takes.
    visible_first : bool
    """

    severity: np.ndarray
    visible: np.ndarray
    mandatory: np.ndarray
    few: np.ndarray
    finding: np.ndarray
    worse: np.ndarray
    sure: np.ndarray
    error: np.ndarray
    loss: np.ndarray
    hours: np.ndarray
    z: float
    visible_first: bool = True


def wilson_low(n: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Lower end of the 95 % Wilson interval (Wilson 1927), as :func:`mining.results.wilson`, for whole arrays; 0 of none is 0.

    Examples
    --------
    >>> wilson_low(np.array([4.0]), np.array([270.0])).round(3).tolist()
    [0.006]
    """
    of = np.maximum(of, 1.0)  # of none: n is 0 too
    share = n / of
    middle = share + Z * Z / (2 * of)
    half = Z * np.sqrt(share * (1 - np.minimum(share, 1)) / of + Z * Z / (4 * of * of))
    return np.where(n > 0, (middle - half) / (1 + Z * Z / of), 0.0)


def classes(facts: Facts, n: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Class of each finding (0: H, 1: M, 2: L) by the table of :mod:`mining.findings`, one up for what is mandatory."""
    low = wilson_low(n, judged)
    band = np.where(low >= COMMON, 0, np.where(low >= OCCASIONAL, 1, 2))
    found = CLASS_OF[facts.severity, facts.visible.astype(int), band]
    rare = (facts.severity == SEVERITIES.index("critical")) & (band == 2) & (n < FEW_CASES)
    return np.maximum(np.where(rare, PRIORITIES.index("M"), found) - facts.mandatory, 0)


def per_finding(values: np.ndarray, facts: Facts) -> np.ndarray:
    """Sum the columns of effects up to findings: (n_samples, n_effects) to (n_samples, n_findings)."""
    found = np.zeros((len(values), len(facts.severity)))
    for column, finding in enumerate(facts.finding.tolist()):
        found[:, finding] += values[:, column]
    return found


def losses(facts: Facts, total: np.ndarray, counted: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Loss (or customer-hours) per finding: totals in the harmful direction x what a unit is worth, where ``counted``."""
    return per_finding(total * (facts.worse * unit * counted), facts)


def levels(facts: Facts, shown: np.ndarray) -> np.ndarray:
    """Level of harm: shown, not shown, too few cases."""
    return np.where(shown, SHOWN, np.where(facts.few, TOO_FEW, NOT_SHOWN))


def keys_of(
    facts: Facts, sums: Sums, class_: np.ndarray, shown: np.ndarray, loss: np.ndarray, hours: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The keys of the order, smaller first, in the order of ``KEYS``: arrays of shape (n_samples, n_findings).

    What is lost counts only where harm is shown. Findings with too few cases are not put in order by anything but what is counted.
    """
    level = levels(facts, shown)
    seen = np.broadcast_to(~facts.visible if facts.visible_first else np.zeros(len(facts.visible), bool), level.shape)
    rate = sums.n / np.maximum(sums.judged, 1e-300)
    return (
        class_,
        level,
        seen.astype(float),
        -np.where(shown, loss, 0.0).round(6),
        -np.where(shown, hours, 0.0).round(6),
        -sums.excess.round(6),
        -np.where(sums.judged > 0, rate, 0.0),
    )


def shown_again(facts: Facts, total: np.ndarray) -> np.ndarray:
    """Effects that a sample would show: as many standard errors from 0 as the table of effects asks for."""
    return np.abs(total) >= facts.z * facts.error


def order(keys: tuple[np.ndarray, ...], last: np.ndarray) -> np.ndarray:
    """Findings from first to last, per sample; ``last`` decides between equals."""
    return np.lexsort((np.broadcast_to(last, keys[0].shape), *keys[::-1]), axis=-1)


def ranks(ordered: np.ndarray) -> np.ndarray:
    """Place (1 is first) of each finding, per sample."""
    found = np.empty_like(ordered)
    np.put_along_axis(found, ordered, np.broadcast_to(np.arange(1, ordered.shape[1] + 1), ordered.shape), axis=1)
    return found


def decided_by(keys: tuple[np.ndarray, ...], ordered: np.ndarray) -> list[str]:
    """Which key puts each finding (in order) before the next; ``nothing`` where all are equal, empty for the last."""
    if not len(ordered):
        return []
    table = np.stack([key[0][ordered] for key in keys])
    differ = table[:, 1:] != table[:, :-1]
    first = np.where(differ.any(axis=0), differ.argmax(axis=0), len(KEYS))
    return [*((*KEYS, "nothing")[i] for i in first.tolist()), ""]
