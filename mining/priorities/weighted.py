"""The second view: a weighted score. The order of the toolkit is the printed rule; a score hides in one number what traded what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Provenance, Result
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.priorities.ranking import Priorities

SEVERITY = {"critical": 1.0, "major": 2 / 3, "minor": 1 / 3, "observation": 0.0}
CRITERIA = ("severity", "visible", "mandatory", "rate", "harm", "hours", "loss", "excess")
CHANGE = 0.25


@dataclass(frozen=True, eq=False, repr=False)
class Weighted(Result):
    """One row per ranked finding, highest score first. Made by :func:`weighted_of`.

    Attributes
    ----------
    weights : dict of str to float
        Add up to 1.
    swap : tuple of (str, float) or None
        Criterion and relative change of its weight (the others as they are) that swaps the first two: the smallest; None where none does.
    """

    weights: dict[str, float]
    swap: tuple[str, float] | None

    columns: ClassVar[dict[str, str]] = {
        "place": "1 is the highest score",
        "rank": "rank by the printed rule, which stays the order of the toolkit",
        "finding_id": "as in the findings",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "score": "sum of weight x criterion, from 0 to 1",
        **{f"x_{name}": f"criterion {name} from 0 to 1, 1 the worst of the ranked findings" for name in CRITERIA},
        "place_low": "best place while each weight is 25 % lower or higher, one at a time",
        "place_high": "worst place then",
    }
    shown: ClassVar[tuple[str, ...]] = ("place", "rank", "title_en", "score", "place_low", "place_high")

    def sentence(self, lang: str = "en") -> str:
        """What comes first by the score, at which weights, how little would swap the first two, and the warning."""
        if self.frame.empty:
            return say("priorities.none", lang)
        comma = say("word.listed", lang)
        weights = comma.join(
            f"{say(f'priorities.criterion.{k}', lang)} {percent(w, lang)}" for k, w in self.weights.items()
        )
        text = say("priorities.weighted.first", lang, title=self.frame[f"title_{lang}"].iloc[0], weights=weights)
        if self.swap:
            name, change = self.swap
            sign = "+" if change > 0 else "-"
            name = say(f"priorities.criterion.{name}", lang)
            text += say("priorities.weighted.swap", lang, name=name, change=f"{sign}{percent(abs(change), lang)}")
        else:
            text += say("priorities.weighted.no_swap", lang)
        return text + say("priorities.weighted.warning", lang)


def weighted_of(priorities: Priorities, weights: Mapping[str, float]) -> Weighted:
    """Score the ranked findings: criteria on a scale 0-1, times weights that are given (such as from an AHP), added up.

    Parameters
    ----------
    priorities : Priorities
    weights : mapping of str to float
        Criterion to weight, from 0 up; they are divided by their sum. Criteria: ``severity`` (critical 1, major 2/3, minor 1/3,
        observation 0), ``visible``, ``mandatory``, ``harm`` (shown or not), and ``rate``, ``hours`` (10th percentile), ``loss`` (10th
        percentile), ``excess``, each divided by the largest of the ranked findings. What is not measured or not shown counts 0.

    Returns
    -------
    Weighted

    Raises
    ------
    UnknownNameError
        For another criterion.
    MiningError
        For weights below 0 or without a sum; for ``loss`` where no worth is declared.
    """
    checked = _checked(weights, priorities.currency)
    rows = priorities.ranked.reset_index(drop=True)
    table = pd.DataFrame({name: criterion(rows, name) for name in CRITERIA})
    x = table[list(checked)].to_numpy(float)
    w = np.array(list(checked.values()))
    places = _places(x, w)
    tried = [places]
    for i in range(len(w)):
        for factor in (1 - CHANGE, 1 + CHANGE):
            tried.append(_places(x, np.where(np.arange(len(w)) == i, w * factor, w)))
    frame = rows[["rank", "finding_id", "title_en", "title_zh"]].assign(
        place=places, score=x @ w, place_low=np.min(tried, axis=0), place_high=np.max(tried, axis=0),
        **{f"x_{name}": table[name] for name in CRITERIA},
    )  # fmt: skip
    frame = frame.sort_values("place", ignore_index=True)[list(Weighted.columns)]
    settings = priorities.provenance.parameters | {"weights": checked}
    given = priorities.provenance
    provenance = Provenance("weighted score", given.log, given.blueprint, given.n_cases, settings)
    return Weighted(frame, provenance, checked, _swap(x, w, list(checked), places))


def _checked(weights: Mapping[str, float], currency: str) -> dict[str, float]:
    for name, weight in weights.items():
        if name not in CRITERIA:
            raise UnknownNameError("criterion", name, CRITERIA, where="weights")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight) or weight < 0:
            raise MiningError(f"weights: {weight!r} for {name} is not a number from 0 up.")
    total = sum(weights.values())
    if not total > 0:
        raise MiningError("weights: they add up to 0. Give at least one criterion a weight above 0.")
    if weights.get("loss", 0) > 0 and not currency:
        raise MiningError(
            "weights: loss has a weight, but no worth is declared, so there is no loss. Give priorities_of a worth."
        )
    return {name: float(weight) / total for name, weight in weights.items()}


def criterion(rows: pd.DataFrame, name: str) -> np.ndarray:
    """One criterion of the ranked findings, 0 to 1."""
    if name == "severity":
        return rows["severity"].map(SEVERITY).to_numpy(float)
    if name in ("visible", "mandatory"):
        return rows[name].eq(True).to_numpy(float)
    harmed = rows["harm"].isin(["harmful", "mixed"]).to_numpy(bool)
    if name == "harm":
        return harmed.astype(float)
    column = {"rate": "rate", "hours": "hours_low", "loss": "loss_low", "excess": "excess_h"}[name]
    value = np.maximum(pd.to_numeric(rows[column]).fillna(0.0).to_numpy(float), 0.0)
    if name in ("hours", "loss"):
        value = np.where(harmed, value, 0.0)
    most = value.max(initial=0.0)
    return value / most if most > 0 else value


def _places(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Place of each row by its score, largest first; equals keep the order of the rule."""
    found = np.empty(len(x), np.int64)
    found[np.argsort(-(x @ w).round(12), kind="stable")] = np.arange(1, len(x) + 1)
    return found


def _swap(x: np.ndarray, w: np.ndarray, names: list[str], places: np.ndarray) -> tuple[str, float] | None:
    """Relative change of one weight at which the first two have equal scores: exact, as scores are linear in each weight."""
    if len(x) < 2:
        return None
    first, second = np.argsort(places)[:2]
    lead = float((x[first] - x[second]) @ w)
    found = []
    for i, name in enumerate(names):
        step = float(x[first, i] - x[second, i]) * w[i]
        if step and -lead / step >= -1:
            found.append((abs(lead / step), name, -lead / step))
    return min(found)[1:] if found else None
