"""How many cases to inspect, and what the errors found in them say at most about all: attribute and discovery sampling."""

from __future__ import annotations

import math
from collections.abc import Callable

from mining.errors import MiningError
from mining.results import wilson

FINITE = 0.05  # share of the population from which on a sample counts as large: it is then read without replacement


def attribute_size(tolerable: float, confidence: float = 0.95, errors: int = 0, population: int | None = None) -> int:
    """Smallest sample that shows an error rate to be tolerable when no more than ``errors`` errors are found in it.

    The smallest n with P(X <= errors) <= 1 - confidence at the tolerable rate: X binomial, or hypergeometric where the size of the
    population is given (AICPA Audit Guide *Audit Sampling*, appendix A, gives the same numbers).

    Parameters
    ----------
    tolerable : float
        Error rate that can just be put up with, between 0 and 1.
    confidence : float
    errors : int
        Errors that are expected in the sample.
    population : int, optional
        Cases in all, where they are few.

    Returns
    -------
    int
        The whole population where no part of it can show so much.

    Raises
    ------
    MiningError
        If a number is outside its range.

    Examples
    --------
    >>> [attribute_size(0.05, errors=k) for k in range(4)]
    [59, 93, 124, 153]
    >>> attribute_size(0.05, population=200)
    51
    """
    _share("tolerable", tolerable)
    _share("confidence", confidence)
    _count("errors", errors)
    if population is None:
        from scipy.stats import binom

        return _first(lambda n: binom.cdf(errors, n, tolerable) <= 1 - confidence, errors + 1)
    _count("population", population)
    return _without_replacement(population, _items(tolerable, population), confidence, errors)


def discovery_size(population: int, items: int, confidence: float = 0.95) -> int:
    """Smallest sample that holds at least one of ``items`` cases of a population of known size with this confidence.

    Hypergeometric: if none is found, there are fewer than ``items`` with this confidence.

    Parameters
    ----------
    population : int
    items : int
        As many as must not stay unseen.
    confidence : float

    Raises
    ------
    MiningError
        If a number is outside its range.

    Examples
    --------
    >>> discovery_size(500, 5), discovery_size(1434, 15), discovery_size(200, 2)
    (225, 259, 155)
    """
    _count("population", population)
    _share("confidence", confidence)
    if not 1 <= items <= population:
        raise MiningError(
            f"items is {items:,}: a number from 1 to the {population:,} cases of the population is needed."
        )
    return _without_replacement(population, items, confidence, 0)


def precision_size(precision: float, confidence: float = 0.95) -> int:
    """Smallest sample whose Wilson interval lies at or above ``precision`` when every case of it is confirmed.

    With every case confirmed the lower end is n / (n + z^2) (Wilson 1927).

    Examples
    --------
    >>> precision_size(0.8), precision_size(0.9)
    (16, 35)
    """
    _share("precision", precision)
    _share("confidence", confidence)
    return _first(lambda n: wilson(n, n, confidence)[0] >= precision, 1)


def upper_limit(errors: float, n: float, confidence: float = 0.95, population: int | None = None) -> float:
    """Error rate that is not exceeded with this confidence, after ``errors`` errors in a sample of ``n``.

    One-sided, exact: Clopper and Pearson (1934), ``beta.ppf(confidence, errors + 1, n - errors)``; with the size of the population the
    largest number of errors in it that leaves so few in the sample more likely than 1 - confidence (hypergeometric).

    Parameters
    ----------
    errors, n : float
        Whole numbers; of a weighted sample the effective ones, which need not be whole (Korn and Graubard 1998).
    confidence : float
    population : int, optional
        Cases in all, where they are few.

    Returns
    -------
    float
        Between 0 and 1; missing (NaN) where n is 0.

    Raises
    ------
    MiningError
        If a number is outside its range.

    Examples
    --------
    >>> round(upper_limit(0, 59), 4), round(upper_limit(0, 51, population=200), 4), upper_limit(3, 200, population=200)
    (0.0495, 0.045, 0.015)
    """
    _share("confidence", confidence)
    if n < 0 or not 0 <= errors <= n:
        raise MiningError(
            f"{errors:,} errors in a sample of {n:,}: errors must lie between 0 and the size of the sample."
        )
    if n == 0:
        return math.nan
    if population is None:
        from scipy.stats import beta

        return 1.0 if errors == n else float(beta.ppf(confidence, errors + 1, n - errors))
    if errors != int(errors) or n != int(n) or n > population:
        raise MiningError(
            f"{errors:,} errors in {n:,} of {population:,} cases: whole numbers are needed, and n at most all."
        )
    return _most_errors(int(errors), int(n), confidence, population) / population


def _most_errors(errors: int, n: int, confidence: float, population: int) -> int:
    from scipy.stats import hypergeom

    least, most = errors, population - (n - errors)
    while least < most:
        middle = (least + most + 1) // 2
        if hypergeom.cdf(errors, population, middle, n) > 1 - confidence:
            least = middle
        else:
            most = middle - 1
    return least


def _without_replacement(population: int, items: int, confidence: float, errors: int) -> int:
    from scipy.stats import hypergeom

    if items <= errors:
        return population
    return _first(lambda n: hypergeom.cdf(errors, population, items, n) <= 1 - confidence, 0, population)


def _items(share: float, population: int) -> int:
    """As many of a population as are at least this share of it."""
    return math.ceil(round(share * population, 9))


def _first(enough: Callable[[int], bool], least: int, most: int | None = None) -> int:
    """The smallest number from ``least`` on that is enough, where every larger one is too; ``most`` if none before it is."""
    if enough(least):
        return least
    high = least + 1
    while high < (most or high + 1) and not enough(high):
        least, high = high, 2 * high
    high = min(high, most) if most is not None else high
    while high - least > 1:
        middle = (least + high) // 2
        least, high = (least, middle) if enough(middle) else (middle, high)
    return high


def _share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise MiningError(f"{name} is {value:g}: a share between 0 and 1, without both, is needed.")


def _count(name: str, value: int) -> None:
    if value < 0 or value != int(value):
        raise MiningError(f"{name} is {value:g}: a whole number from 0 on is needed.")
