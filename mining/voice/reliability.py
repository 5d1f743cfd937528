"""Whether the items of a scale measure the same thing: Cronbach's alpha, and what each item adds to it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.texts import say
from mining.voice.scales import respondents
from mining.voice.tables import Survey

ENOUGH, FEWEST_ITEMS = 0.7, 3


@dataclass(frozen=True, eq=False, repr=False)
class Reliability(Result):
    """Cronbach's alpha of scales. Made by :func:`reliability_of`.

    Attributes
    ----------
    items : DataFrame
        One row per item: scale, item, n, mean, sd, reversed (whether declared so and turned round), item_rest (correlation with the sum
        of the others), alpha_without, looks_reversed (its correlation is negative, as scored).
    """

    items: pd.DataFrame

    columns: ClassVar[dict[str, str]] = {
        "scale": "name of the scale",
        "kind": "kind of the answers",
        "k": "number of items",
        "n": "respondents who answered all items",
        "incomplete": "respondents who answered only some, left out",
        "alpha": "Cronbach's alpha (1951); missing where fewer than two respondents or no variance",
        "low": "lower end of its 95 % interval (Feldt 1965)",
        "high": "upper end of it",
        "warning": "below_0.7, not_measured, or empty",
        "looks_reversed": "items that run against the others and were not declared reversed",
    }

    def sentence(self, lang: str = "en") -> str:
        """Each scale with its alpha, and what is below 0.7."""
        said = []
        for row in self.frame.to_dict("records"):
            key = row["warning"].replace(".", "_") or "fine"
            alpha = "" if row["warning"] == "not_measured" else f"{row['alpha']:.2f}"
            said.append(say(f"voice.alpha.{key}", lang, scale=row["scale"], alpha=alpha, k=row["k"], n=f"{row['n']:,}"))
            if row["looks_reversed"]:
                said.append(say("voice.alpha.reversed", lang, items=row["looks_reversed"]))
        return "".join(said).strip()


def reliability_of(
    survey: Survey,
    scales: Mapping[str, Sequence[str]],
    *,
    reversed: Collection[str] = (),
    kind: str = "perception",
) -> Reliability:
    """Cronbach's alpha of scales of several items.

    Parameters
    ----------
    survey : Survey
    scales : mapping of str to sequence of str
        Name of the scale to its items.
    reversed : collection of str
        Items worded against the others: their scores are turned round within their scale.
    kind : str
        Kind of the answers.

    Raises
    ------
    UnknownNameError
        For an item without answers of that kind.
    MiningError
        If a scale has fewer than three items, an item twice, or a reversed item no known scale.

    Examples
    --------
    >>> import numpy as np
    >>> round(alpha_of(np.array([[1.0, 2, 2], [2, 2, 3], [4, 3, 4], [5, 5, 4]])), 3)
    0.923
    """
    frame = survey.frame[survey.frame["kind"] == kind]
    known = set(frame["item"])
    wanted = {item for items in scales.values() for item in items}
    for item in sorted(wanted):
        if item not in known:
            raise UnknownNameError("item", item, known, where=f"scales, answers of kind {kind}")
    for item in sorted(reversed):
        if item not in wanted:
            raise UnknownNameError("item", item, wanted, where="reversed")
    rows, items = [], []
    answers = frame.assign(who=respondents(frame))
    for name, members in scales.items():
        _check(name, members)
        part = answers[answers["item"].isin(members)]
        table = _turned(part, members, reversed)
        row, each = _of_scale(name, kind, table, reversed)
        rows.append(row)
        items.append(each)
    made = pd.DataFrame(rows, columns=list(Reliability.columns))
    provenance = survey.provenance("Cronbach's alpha", kind=kind, reversed=", ".join(sorted(reversed)))
    return Reliability(made, provenance, pd.concat(items, ignore_index=True) if items else pd.DataFrame())


def alpha_of(scores: np.ndarray) -> float:
    """Cronbach's alpha: ``k / (k - 1) (1 - sum of variances of items / variance of the sum)``.

    Parameters
    ----------
    scores : float array of shape (n_respondents, k)

    Returns
    -------
    float
        NaN where fewer than two respondents, or the sum does not vary.
    """
    n, k = scores.shape
    if n < 2 or k < 2:
        return math.nan
    total = float(scores.sum(axis=1).var(ddof=1))
    if total <= 1e-12:
        return math.nan
    return float(k / (k - 1) * (1 - scores.var(axis=0, ddof=1).sum() / total))


def alpha_interval(alpha: float, n: int, k: int) -> tuple[float, float]:
    """The 95 % interval of an alpha by the F distribution (Feldt 1965)."""
    if math.isnan(alpha) or n < 3:
        return math.nan, math.nan
    from scipy.stats import f

    low, high = f.ppf([0.025, 0.975], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - alpha) * high), float(1 - (1 - alpha) * low)


def _check(name: str, members: Sequence[str]) -> None:
    if isinstance(members, str) or len(members) < FEWEST_ITEMS:
        shown = repr(members) if isinstance(members, str) else f"{len(members)} items"
        raise MiningError(
            f"scales: {name!r} has {shown}; alpha of fewer than {FEWEST_ITEMS} items says nothing about a scale. Add items, or read each "
            "of them alone."
        )
    if len(set(members)) < len(members):
        raise MiningError(f"scales: {name!r} names an item twice.")


def _turned(part: pd.DataFrame, members: Sequence[str], reversed: Collection[str]) -> pd.DataFrame:
    """Respondents by items, reversed ones turned round; several answers of one respondent to one item are their mean."""
    turn = part["item"].isin(list(reversed))
    if part.loc[turn, "scale_min"].isna().any():
        raise MiningError("reversed: an item without scale_min and scale_max cannot be turned round. Give its scale.")
    score = part["score"].where(~turn, part["scale_min"] + part["scale_max"] - part["score"])
    return score.groupby([part["who"], part["item"]]).mean().unstack().reindex(columns=list(members))


def _of_scale(
    name: str, kind: str, table: pd.DataFrame, reversed: Collection[str]
) -> tuple[dict[str, object], pd.DataFrame]:
    whole = table.dropna()
    scores, (n, k) = whole.to_numpy(float), whole.shape
    alpha = alpha_of(scores)
    low, high = alpha_interval(alpha, n, k)
    each = []
    for i, item in enumerate(whole.columns):
        rest = np.delete(scores, i, axis=1)
        varies = n > 1 and scores[:, i].std() > 0 and rest.sum(axis=1).std() > 0
        r = float(np.corrcoef(scores[:, i], rest.sum(axis=1))[0, 1]) if varies else math.nan
        each.append(
            {
                "scale": name, "item": item, "n": n, "mean": float(scores[:, i].mean()) if n else math.nan,
                "sd": float(scores[:, i].std(ddof=1)) if n > 1 else math.nan, "reversed": item in reversed, "item_rest": r,
                "alpha_without": alpha_of(rest), "looks_reversed": r < 0,
            }
        )  # fmt: skip
    odd = ", ".join(str(x["item"]) for x in each if x["looks_reversed"])
    warning = "not_measured" if math.isnan(alpha) else "below_0.7" if alpha < ENOUGH else ""
    row: dict[str, object] = {
        "scale": name, "kind": kind, "k": k, "n": n, "incomplete": len(table) - n, "alpha": alpha, "low": low, "high": high,
        "warning": warning, "looks_reversed": odd,
    }  # fmt: skip
    return row, pd.DataFrame(each)


__all__ = ["Reliability", "alpha_interval", "alpha_of", "reliability_of"]
