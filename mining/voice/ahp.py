"""Importance by the judgement of experts, in pairs: the analytic hierarchy process with its consistency ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import LogError, MiningError, hint
from mining.log.frames import source_from_frame
from mining.log.source import read_source
from mining.results import Provenance, Result
from mining.texts import say
from mining.units import percent

# Mean consistency index of random judgements, by the number of things compared: T. L. Saaty (1980), The Analytic Hierarchy Process.
RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
MOST_CR = 0.10  # Saaty's bound
SCALE = 9.0  # judgements are between 1/9 and 9
ROUNDED = 0.02  # 0.33 for 1/3: what a reciprocal may be off, as a share


@dataclass(frozen=True, eq=False)
class Judgements:
    """How much more important each thing is than each other, by one judge. Read with :func:`read_judgements`.

    Attributes
    ----------
    names : tuple of str
    matrix : float64 array of shape (n, n)
        Row against column; exact reciprocals.
    judge, sha256 : str
    """

    names: tuple[str, ...]
    matrix: np.ndarray
    judge: str
    sha256: str


@dataclass(frozen=True, eq=False, repr=False)
class AhpWeights(Result):
    """One row per thing compared, the most important first. Made by :func:`ahp_of`.

    Attributes
    ----------
    consistency : float
        Consistency ratio of the judgements together.
    judges : dict of str to float
        Consistency ratio of each judge.
    """

    consistency: float
    judges: dict[str, float]

    columns: ClassVar[dict[str, str]] = {
        "item": "what was compared",
        "weight": "its importance, 0-1: principal eigenvector of the judgements, adding up to 1 (Saaty 1980)",
        "rank": "1: the most important",
        "lowest": "lowest weight that one of the judges alone would give, 0-1",
        "highest": "highest weight that one of the judges alone would give, 0-1",
    }

    def sentence(self, lang: str = "en") -> str:
        """The most important thing, and how consistent the judgements are."""
        first = self.frame.iloc[0]
        return say(
            "ahp.weights", lang, name=first["item"], weight=percent(first["weight"], lang), n=len(self.frame),
            judges=len(self.judges), cr=f"{self.consistency:.3f}", most=f"{MOST_CR:.2f}",
        )  # fmt: skip

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """The weights, with what single judges would give; see :func:`mining.plots.ipa.ahp_chart`."""
        from mining.plots.ipa import ahp_chart

        return ahp_chart(self, lang=lang, ax=ax)


def ahp_of(*judgements: Judgements) -> AhpWeights:
    """Weights of the things that experts compared in pairs.

    The weights are the principal eigenvector of the matrix (Saaty 1980). Several judges are put together by the geometric mean of each
    judgement, the only way that keeps reciprocals (Aczel and Saaty 1983). Judgements whose consistency ratio is above 0.10 are refused,
    each judge's and all together.

    Parameters
    ----------
    *judgements : Judgements
        One per judge, about the same things.

    Raises
    ------
    MiningError
        If judgements contradict each other, with the one that fits the others least; or the judges speak of different things.

    Examples
    --------
    >>> table = read_judgements({"fast": {"friendly": 3, "near": 5}, "friendly": {"near": 2}})
    >>> found = ahp_of(table)
    >>> found.frame["weight"].round(3).tolist(), round(found.consistency, 4)
    ([0.648, 0.23, 0.122], 0.0032)
    """
    if not judgements:
        raise MiningError("No judgements were given. Read some with read_judgements.")
    first = judgements[0]
    for other in judgements[1:]:
        if set(other.names) != set(first.names):
            apart = ", ".join(map(repr, sorted(set(other.names) ^ set(first.names))))
            raise MiningError(
                f"The judges {first.judge!r} and {other.judge!r} compare different things: only one of them has {apart}."
            )
    if len({x.judge for x in judgements}) < len(judgements):
        raise MiningError("Two tables of judgements have the same judge. Give each a name with judge=...")
    ordered = [x.matrix[np.ix_(*[[x.names.index(name) for name in first.names]] * 2)] for x in judgements]
    alone = [weights_of(matrix) for matrix in ordered]
    for judge, matrix, (weights, ratio) in zip(judgements, ordered, alone, strict=True):
        _refuse_inconsistent(judge.judge, first.names, matrix, weights, ratio)
    together = np.exp(np.mean([np.log(matrix) for matrix in ordered], axis=0))
    weights, ratio = weights_of(together)
    _refuse_inconsistent("all judges together", first.names, together, weights, ratio)
    each = np.stack([x for x, _ in alone])
    frame = pd.DataFrame(
        {"item": first.names, "weight": weights, "lowest": each.min(axis=0), "highest": each.max(axis=0)}
    )
    frame["rank"] = frame["weight"].round(12).rank(ascending=False, method="min").astype(int)
    frame = frame.sort_values(["rank", "item"], kind="stable").reset_index(drop=True)[list(AhpWeights.columns)]
    ratios = {x.judge: found for x, (_, found) in zip(judgements, alone, strict=True)}
    settings = {
        "judgements": ", ".join(x.sha256[:12] for x in judgements),
        "random index": RANDOM_INDEX[len(first.names)],
    }
    return AhpWeights(frame, Provenance("importance by judgement in pairs (AHP)", "", "", 0, settings), ratio, ratios)


def weights_of(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """Principal eigenvector of a positive reciprocal matrix, adding up to 1, and its consistency ratio.

    Examples
    --------
    >>> weights, ratio = weights_of(np.array([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]))
    >>> weights.round(3).tolist(), round(ratio, 4)
    ([0.648, 0.23, 0.122], 0.0032)
    """
    n = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    greatest = int(np.argmax(values.real))
    weights = np.abs(vectors[:, greatest].real)
    index = (float(values[greatest].real) - n) / (n - 1) if n > 1 else 0.0
    random = RANDOM_INDEX[n]
    return weights / weights.sum(), max(index, 0.0) / random if random else 0.0


def _refuse_inconsistent(
    judge: str, names: tuple[str, ...], matrix: np.ndarray, weights: np.ndarray, ratio: float
) -> None:
    if ratio <= MOST_CR:
        return
    off = np.abs(np.log(matrix * weights[None, :] / weights[:, None]))
    i, j = np.unravel_index(int(np.argmax(np.triu(off.round(12)))), off.shape)
    if matrix[i, j] < 1:
        i, j = j, i
    raise MiningError(
        f"{judge}: the judgements contradict each other (consistency ratio {ratio:.2f}; at most {MOST_CR:.2f} is accepted). The "
        f"one that fits the others least: {names[i]!r} is {matrix[i, j]:.3g} times as important as {names[j]!r}, where the others say "
        f"{weights[i] / weights[j]:.2g} times. Ask the judge about this pair again."
    )


def read_judgements(source: Any, *, judge: str | None = None, sheet: str | None = None) -> Judgements:
    """Read a table of judgements in pairs by one judge.

    Parameters
    ----------
    source : str, Path, data frame or mapping
        A table (CSV, Excel or frame) whose first column and whose header name the same things in any order; a cell says how many times as
        important its row is as its column: 1/9 to 9, written 3, 0.33 or 1/3. One of two reciprocal cells may be blank, and so may the
        diagonal. Or nested mappings: ``{"fast": {"near": 5}}``.
    judge : str, optional
        Name of the judge; else the file's.
    sheet : str, optional
        Of an Excel file.

    Raises
    ------
    LogError
        If names do not match, a judgement is none, missing or out of 1/9 to 9, or two cells are no reciprocals of each other.
    """
    if isinstance(source, Mapping):
        names = list(dict.fromkeys([*map(str, source), *(str(x) for row in source.values() for x in row)]))
        cells = {(str(a), str(b)): value for a, row in source.items() for b, value in row.items()}
        import hashlib

        path, sha256 = (
            "<mapping>",
            hashlib.sha256(repr(sorted((k, str(x)) for k, x in cells.items())).encode()).hexdigest(),
        )
    else:
        table = read_source(source, sheet=sheet) if isinstance(source, str | Path) else source_from_frame(source)
        path, sha256 = table.path, table.sha256
        columns = [str(x).strip() for x in table.table.column_names]
        body = [[*row.values()] for row in table.table.to_pylist()]
        names = [str(row[0]).strip() if row[0] is not None else "" for row in body]
        _same_names(path, names, columns[1:])
        cells = {
            (name, column): row[i]
            for name, row in zip(names, body, strict=True)
            for i, column in enumerate(columns)
            if i
        }
    if not 2 <= len(names) < len(RANDOM_INDEX):
        raise LogError(
            f"{path}: {len(names)} things are compared; AHP takes 2 to {len(RANDOM_INDEX) - 1}. Group them first."
        )
    matrix = _reciprocal(path, names, {key: _number(path, key, value) for key, value in cells.items()})
    return Judgements(tuple(names), matrix, judge or Path(path).stem, sha256)


def _same_names(path: str, names: list[str], columns: list[str]) -> None:
    if twice := sorted({x for x in names if names.count(x) > 1} | {x for x in columns if columns.count(x) > 1}):
        raise LogError(f"{path}: {', '.join(map(repr, twice))} stands more than once.")
    for name in names:
        if name not in columns:
            raise LogError(f"{path}: the row {name!r} has no column of that name.{hint(name, columns)}")
    for name in columns:
        if name not in names:
            raise LogError(f"{path}: the column {name!r} has no row of that name.{hint(name, names)}")


def _number(path: str, pair: tuple[str, str], value: Any) -> float:
    """A judgement; NaN for a blank."""
    if value is None or value != value or not str(value).strip():
        return float("nan")
    try:
        number = float(Fraction(str(value).replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        number = 0.0
    if not 1 / SCALE * (1 - ROUNDED) <= number <= SCALE:
        raise LogError(
            f"{path}: {pair[0]!r} against {pair[1]!r} is {value!r}. A judgement is a number from 1/9 (far less) over 1 (equally) to "
            "9 (far more important)."
        )
    return number


def _reciprocal(path: str, names: list[str], given: dict[tuple[str, str], float]) -> np.ndarray:
    matrix = np.ones((len(names), len(names)))
    for i, a in enumerate(names):
        own = given.get((a, a), float("nan"))
        if not np.isnan(own) and own != 1:
            raise LogError(f"{path}: {a!r} against itself is {own:g}; that can only be 1.")
        for j, b in enumerate(names[:i]):
            one, other = given.get((a, b), float("nan")), given.get((b, a), float("nan"))
            if np.isnan(one) and np.isnan(other):
                raise LogError(f"{path}: nobody says how {a!r} compares with {b!r}. Every pair needs a judgement.")
            if not (np.isnan(one) or np.isnan(other)) and abs(one * other - 1) > ROUNDED:
                raise LogError(
                    f"{path}: {b!r} against {a!r} is {other:g}, but {a!r} against {b!r} is {one:g}; one must be 1 divided by the other. "
                    "Leave one of the two blank, or correct it."
                )
            # the one written with more digits: 3 rather than 0.33
            value = one if np.isnan(other) or one >= 1 else 1 / other
            matrix[i, j], matrix[j, i] = value, 1 / value
    return matrix


__all__ = ["MOST_CR", "RANDOM_INDEX", "AhpWeights", "Judgements", "ahp_of", "read_judgements", "weights_of"]
