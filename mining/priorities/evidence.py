"""What the effects say of each finding: harmful, better, neutral, or not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.harm.guards import FATAL

if TYPE_CHECKING:
    from mining.harm.effects import Effects

Q = 0.05
SURE, FEW = ("A", "B"), "D"
HARMS = ("harmful", "mixed", "better", "neutral", "not_known", "too_few")
DESIRABILITY = ("data", "allowed", "kept", *HARMS[:5], "too_few")
SHOWN, NOT_SHOWN, TOO_FEW = 0, 1, 2  # levels of harm within a class


@dataclass(frozen=True, eq=False)
class Evidence:
    """The rows of the effects that count for a ranking, and what they say of each finding.

    Attributes
    ----------
    rows : data frame
        Of the effects, those of the findings asked for, with ``place`` (row in ``.influence``), ``finding`` (position), ``worse`` (which
        way is worse), ``sure`` (grade A or B and q < 0.05) and ``able`` (see :func:`guarded`).
    harm : tuple of str
        Per finding one of ``HARMS``.
    grade : tuple of (str or None)
        Per finding the grade of what decides: the best grade of the outcomes that are worse, else of all.
    worse_on, better_on : tuple of str
        Ids of outcomes, joined by comma.
    """

    rows: pd.DataFrame
    harm: tuple[str, ...]
    grade: tuple[str | None, ...]
    worse_on: tuple[str, ...]
    better_on: tuple[str, ...]


def evidence_of(effects: Effects, findings: Sequence[str]) -> Evidence:
    """Sort the rows of the effects by finding, and say what they mean."""
    rows = effects.frame.reset_index(drop=True).assign(place=np.arange(len(effects.frame)))
    position = {id: i for i, id in enumerate(findings)}
    rows = rows[rows["finding_id"].isin(position)].copy()
    rows["finding"] = rows["finding_id"].map(position).astype(int)
    worse = {item.id: item.worse for item in effects.outcomes}
    rows["worse"] = rows["outcome"].map(worse).astype(float)
    for name in ("effect", "se", "total", "p", "q", "harm"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(float)
    rows["sure"] = rows["grade"].isin(SURE) & (rows["q"] < Q) & rows["harm"].isin([1.0, -1.0])
    rows["able"] = guarded(rows)
    records: list[list[dict[str, Any]]] = [[] for _ in findings]
    for row in rows[["finding", "outcome", "grade", "sure", "harm", "able"]].to_dict("records"):
        records[row["finding"]].append(row)
    said = [_of_one(own) for own in records]
    columns = list(zip(*said, strict=True)) or [(), (), (), ()]
    return Evidence(rows, columns[0], columns[1], columns[2], columns[3])


def _of_one(rows: list[dict[str, Any]]) -> tuple[str, str | None, str, str]:
    worse = [row for row in rows if row["sure"] and row["harm"] > 0]
    better = [row for row in rows if row["sure"] and row["harm"] < 0]
    if worse:
        harm = "mixed" if better else "harmful"
    elif better:
        harm = "better"
    elif any(row["able"] for row in rows):
        harm = "neutral"
    else:
        harm = "too_few" if rows and all(row["grade"] == FEW for row in rows) else "not_known"
    grade = min((str(row["grade"]) for row in worse or rows), default=None)
    named = [", ".join(str(row["outcome"]) for row in part) for part in (worse, better)]
    return harm, grade, named[0], named[1]


def guarded(rows: pd.DataFrame) -> pd.Series:
    """Rows with an adjusted effect of which at most one guard is weak, none that forbids it: only chance stands between them and A or B."""
    weak = rows["weak"].fillna("").astype(str)
    named = weak.str.split(", ")
    few = weak.str.count(",") + (weak != "") <= 1
    holds = ~named.map(lambda names: bool(FATAL & set(names))).astype(bool)
    return (
        few & holds & rows["effect"].notna() & (rows["effect"] != 0) & (rows["se"] > 0) & (rows["grade"] != FEW)
        & (rows["design"] != "none") & rows["total"].notna()
    )  # fmt: skip


def line_of_significance(rows: pd.DataFrame) -> float:
    """The p up to which the whole table of effects calls something significant at q < 0.05 (Benjamini and Hochberg 1995).

    With k of m rows significant it is 0.05 k / m (k at least 1): a row that moves across it changes sides, the others held still.

    Examples
    --------
    >>> rows = pd.DataFrame({"p": [0.001, 0.02, 0.5, None], "q": [0.003, 0.03, 0.5, None]})
    >>> round(line_of_significance(rows), 4)
    0.0333
    """
    p, q = (pd.to_numeric(rows[name], errors="coerce") for name in ("p", "q"))
    tested = int(p.notna().sum())
    return Q * max(int((q < Q).sum()), 1) / max(tested, 1)
