"""Drawing the cases again: what every finding would have come to in other samples of the same process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

AT_ONCE = 8_000_000  # weights held in memory at a time: 64 MB


@dataclass(frozen=True, eq=False)
class PerCase:
    """What each case adds, one row per finding, check or effect.

    Attributes
    ----------
    fails : float64 array of shape (n_findings, n_cases)
        1 where the case has the fault and no allowance covers it.
    judged : float64 array of shape (n_checks, n_cases)
        1 where the check could be judged.
    check : int64 array of shape (n_findings,)
        Row in ``judged`` of the check of a finding.
    excess : float64 array of shape (n_findings, n_cases)
        Hours over the limit.
    influence : float64 array of shape (n_effects, n_cases)
        What a case adds to the total of an effect.
    """

    fails: np.ndarray
    judged: np.ndarray
    check: np.ndarray
    excess: np.ndarray
    influence: np.ndarray

    def sums(self, weights: np.ndarray) -> Sums:
        """The sums over the cases, each as often as its weight says (weights of shape (n_samples, n_cases))."""
        return Sums(
            n=weights @ self.fails.T,
            judged=(weights @ self.judged.T)[:, self.check],
            excess=weights @ self.excess.T,
            total=weights @ self.influence.T,
        )


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the cases of samples: arrays of shape (n_samples, n_findings); ``total`` has one column per effect."""

    n: np.ndarray
    judged: np.ndarray
    excess: np.ndarray
    total: np.ndarray


def resampled(cases: PerCase, samples: int, seed: int, groups: np.ndarray | None = None) -> Sums:
    """Draw as many cases as there are, with replacement, again and again (Efron 1979), and sum up anew.

    Parameters
    ----------
    cases : PerCase
    samples : int
    seed : int
        Of ``numpy.random.default_rng``.
    groups : int64 array of shape (n_cases,), optional
        Cases of one group (a customer) are drawn together, as many groups as there are.

    Returns
    -------
    Sums
        The same, whatever the size of the blocks in which it is worked out.
    """
    n = cases.fails.shape[1]
    parts = [cases.sums(weights) for weights in blocks(n, samples, seed, groups)]
    return Sums(*(np.concatenate([getattr(part, name) for part in parts]) for name in Sums.__dataclass_fields__))


def blocks(
    n: int, samples: int, seed: int, groups: np.ndarray | None = None, at_once: int = AT_ONCE
) -> Iterator[np.ndarray]:
    """How often each case was drawn, block by block: multinomial counts, made of single draws.

    Examples
    --------
    >>> [block.sum(axis=1).tolist() for block in blocks(4, 3, 0, at_once=8)]
    [[4.0, 4.0], [4.0]]
    """
    rng = np.random.default_rng(seed)
    units = n if groups is None else int(groups.max(initial=-1)) + 1
    size = max(1, min(samples, at_once // max(n, 1)))
    for first in range(0, samples, size):
        many = min(size, samples - first)
        drawn = rng.integers(0, units, (many, units)) + units * np.arange(many)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=many * units).reshape(many, units).astype(float)
        yield counts if groups is None else counts[:, groups]
