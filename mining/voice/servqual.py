"""Perception by dimension of service quality (SERVPERF), and perception less expectation (SERVQUAL, Gap 5) as a second view."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.naming import named
from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.suppression import K, hidden
from mining.texts import say
from mining.voice.items import RATER, item_name
from mining.voice.scales import mean_of, respondents
from mining.voice.tables import Survey

NOTE = (
    "differences of scores are less reliable than their parts (Cronin and Taylor 1992; Brown, Churchill and Peter 1993): read the "
    "perceptions first"
)
COUNTS = dict.fromkeys(("n", "n_pairs", "unpaired"), "Int64")
GAPS = {
    "n": "persons with a perception; missing where the row is hidden",
    "perception": "mean over persons of the mean of their perceptions, in points of the scale (SERVPERF)",
    "low": "lower end of its 95 % interval",
    "high": "upper end of it",
    "n_pairs": "persons with perception and expectation of an item; their paired items make the gap",
    "unpaired": "answers on one side only, no part of the gap",
    "expectation": "mean over persons of the mean of their paired expectations, in points of the scale",
    "gap": "mean over persons of the mean over items of perception less expectation",
    "gap_low": "lower end of its 95 % interval",
    "gap_high": "upper end of it",
    "method": "how the interval of the perception was made, or why there is none",
    "gap_method": "the same of the gap",
}


@dataclass(frozen=True, eq=False, repr=False)
class Servperf(Result):
    """Perceptions, and gaps as a second view, by dimension of service quality. Made by :func:`servperf_of`.

    Attributes
    ----------
    weighted : float or None
        Sum of weight times gap, where weights were given and every dimension has a gap.
    """

    weighted: float | None

    columns: ClassVar[dict[str, str]] = {
        "dimension": "dimension of service quality",
        "items": "items that belong to it",
        "weight": "weight given to it; missing where none was",
        **GAPS,
        "note": "what to keep in mind",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "dimension",
        "items",
        "n",
        "perception",
        "low",
        "high",
        "gap",
        "gap_low",
        "gap_high",
    )

    def sentence(self, lang: str = "en") -> str:
        """The weakest and the strongest dimension, and that gaps come second."""
        rows = self.frame.dropna(subset=["perception"]).sort_values("perception", kind="stable")
        if rows.empty:
            return say("voice.servperf.none", lang)
        worst, best = rows.iloc[0], rows.iloc[-1]
        said = say(
            "voice.servperf.told", lang, worst=item_name(worst["dimension"], lang), low=f"{worst['perception']:.2f}",
            best=item_name(best["dimension"], lang), high=f"{best['perception']:.2f}",
        )  # fmt: skip
        return said + (say("voice.servperf.gaps", lang) if rows["gap"].notna().any() else "")

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Perceptions by dimension with their intervals."""
        from mining.plots.voice import servperf_chart

        return servperf_chart(self, ax=ax, lang=lang)


@dataclass(frozen=True, eq=False, repr=False)
class TouchpointGaps(Result):
    """Perception less expectation by touchpoint (Gap 5). Made by :func:`touchpoint_gaps`.

    Attributes
    ----------
    names : mapping of str to mapping of str to str
        Activity to its name by language, for people; empty where no blueprint is at hand.
    """

    names: Mapping[str, Any] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "touchpoint": "id of the touchpoint; empty: answers that name none",
        **GAPS,
        "hidden": "fewer than k persons, or needed so that these cannot be found from the total",
        "note": "what to keep in mind",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "touchpoint",
        "n_pairs",
        "perception",
        "expectation",
        "gap",
        "gap_low",
        "gap_high",
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the touchpoints, for the notebook."""
        return named(self.frame, self.names, lang)

    def sentence(self, lang: str = "en") -> str:
        """The touchpoint that falls shortest of what was expected."""
        rows = self.frame.dropna(subset=["gap"]).sort_values("gap", kind="stable")
        if rows.empty:
            return say("voice.gap5.none", lang)
        row = rows.iloc[0]
        name = self.names.get(row["touchpoint"], {}).get(lang) or row["touchpoint"] or say("word.not_recorded", lang)
        said = say("voice.gap5.told", lang, touchpoint=name, gap=f"{row['gap']:+.2f}", n=f"{int(row['n_pairs']):,}")
        return said + say("voice.servperf.gaps", lang)


def servperf_of(
    survey: Survey,
    dimensions: Mapping[str, str],
    *,
    weights: Mapping[str, float] | None = None,
    rater: bool = True,
    seed: int = 0,
    k: int = K,
) -> Servperf:
    """Mean perception by dimension (Cronin and Taylor 1992), with the gaps of Parasuraman, Zeithaml and Berry (1988) beside it.

    The wording of the items is the users' own: this needs to know only which item belongs to which dimension.

    Parameters
    ----------
    survey : Survey
    dimensions : mapping of str to str
        Item to dimension.
    weights : mapping of str to float, optional
        Weight of each dimension; they sum to 1.
    rater : bool
        Whether the dimensions must be those of RATER: reliability, assurance, tangibles, empathy, responsiveness.
    seed : int
        Of the bootstrap.
    k : int
        A dimension that fewer persons answered is hidden.

    Raises
    ------
    UnknownNameError
        For an item that the survey does not have as a perception, or a dimension that is none.
    MiningError
        If the items of a dimension are on several scales, perception and expectation are, or the weights do not fit.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"case_id": list(range(12)) * 2, "answered_at": "2026-01-05T09:00Z", "item": "kept promise",
    ...                       "score": [3, 4] * 6 + [4, 5] * 6, "scale_min": 1, "scale_max": 5,
    ...                       "kind": ["perception"] * 12 + ["expectation"] * 12})
    >>> servperf_of(read_survey(frame), {"kept promise": "reliability"}).frame[["perception", "gap"]].values.tolist()
    [[3.5, -1.0]]
    """
    frame = survey.frame[survey.frame["kind"].isin(("perception", "expectation"))]
    known = set(frame.loc[frame["kind"] == "perception", "item"])
    for item, dimension in dimensions.items():
        if item not in known:
            raise UnknownNameError("item", item, known, where="dimensions")
        if rater and dimension not in RATER:
            raise UnknownNameError("dimension", dimension, RATER, where=f"dimensions, {item!r}")
    names = (
        [name for name in RATER if name in set(dimensions.values())]
        if rater
        else list(dict.fromkeys(dimensions.values()))
    )
    _check_weights(weights, names)
    rows = []
    for name in names:
        items = [item for item, dimension in dimensions.items() if dimension == name]
        part = frame[frame["item"].isin(items)]
        row = {"dimension": name, "items": len(items), "weight": (weights or {}).get(name, math.nan)}
        rows.append(row | _gap(part, seed, is_hidden=_size(part) < k, where=name))
    made = pd.DataFrame(rows, columns=list(Servperf.columns)).astype(COUNTS)
    gaps = made["gap"].to_numpy(float)
    weighted = float((made["weight"] * gaps).sum()) if weights and not np.isnan(gaps).any() else None
    loose = len(known - set(dimensions))
    provenance = survey.provenance("SERVPERF", seed=seed, k=k, items_without_a_dimension=loose)
    return Servperf(made, provenance, weighted)


def touchpoint_gaps(survey: Survey, *, seed: int = 0, k: int = K) -> TouchpointGaps:
    """Perception less expectation by touchpoint: Gap 5.

    Parameters
    ----------
    survey : Survey
    seed : int
        Of the bootstrap.
    k : int
        Touchpoints with fewer persons are hidden, and others as needed.

    Raises
    ------
    MiningError
        If perception and expectation of a touchpoint are on different scales.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"case_id": list(range(12)) * 2, "answered_at": "2026-01-05T09:00Z", "item": "wait", "score": [3, 4] * 12,
    ...                       "scale_min": 1, "scale_max": 5, "touchpoint": "desk", "kind": ["perception"] * 12 + ["expectation"] * 12})
    >>> touchpoint_gaps(read_survey(frame)).frame[["touchpoint", "gap"]].values.tolist()
    [['desk', 0.0]]
    """
    frame = survey.frame[survey.frame["kind"].isin(("perception", "expectation"))]
    groups = list(frame.assign(touchpoint=frame["touchpoint"].fillna("")).groupby("touchpoint", sort=True))
    is_hidden = hidden(np.array([_size(part) for _, part in groups], int), k).tolist()
    rows = [
        {"touchpoint": name, "hidden": hide} | _gap(part, seed, is_hidden=hide, where=str(name))
        for (name, part), hide in zip(groups, is_hidden, strict=True)
    ]
    made = pd.DataFrame(rows, columns=list(TouchpointGaps.columns)).astype(COUNTS)
    return TouchpointGaps(made, survey.provenance("Gap 5 by touchpoint", seed=seed, k=k))


def _size(part: pd.DataFrame) -> int:
    return len(np.unique(respondents(part)))


def _check_weights(weights: Mapping[str, float] | None, names: list[str]) -> None:
    if weights is None:
        return
    for name in weights:
        if name not in names:
            raise UnknownNameError("dimension", name, names, where="weights")
    if missing := [name for name in names if name not in weights]:
        raise MiningError(f"weights: {', '.join(missing)} has none. Give every dimension one.")
    total = sum(weights.values())
    if abs(total - 1) > 1e-6 or min(weights.values()) < 0:
        raise MiningError(f"weights: they are not negative and sum to 1, not to {total:.6g}.")


def _gap(part: pd.DataFrame, seed: int, *, is_hidden: bool, where: str) -> dict[str, object]:
    """Perception, expectation and gap; the unit is the person, so that the items of one do not count as many."""
    scales = part[["scale_min", "scale_max"]].drop_duplicates().dropna()
    if len(scales) > 1:
        listed = ", ".join(f"{low:g} to {high:g}" for low, high in scales.itertuples(index=False))
        raise MiningError(
            f"{where}: its answers are on several scales ({listed}), of which neither a mean nor a difference says anything. Ask on one."
        )
    if is_hidden:
        return {"method": "hidden", "gap_method": "hidden", "note": ""}
    keys = [respondents(part), part["item"].to_numpy(), part["touchpoint"].fillna("").to_numpy()]
    both = part["score"].groupby([*keys, part["kind"].to_numpy()], sort=True).mean().unstack(-1)
    both = both.reindex(columns=["perception", "expectation"])
    paired = both.dropna()
    seen = mean_of(both["perception"].dropna().groupby(level=0).mean().to_numpy(float), seed)
    wanted = mean_of(paired["expectation"].groupby(level=0).mean().to_numpy(float), seed)
    difference = (paired["perception"] - paired["expectation"]).groupby(level=0).mean().to_numpy(float)
    gap = mean_of(np.round(difference, 12), seed)
    return {
        "n": int(both["perception"].dropna().index.get_level_values(0).nunique()), "perception": seen.value, "low": seen.low,
        "high": seen.high, "method": seen.method, "n_pairs": len(difference), "unpaired": int(both.isna().to_numpy().sum()),
        "expectation": wanted.value, "gap": gap.value, "gap_low": gap.low, "gap_high": gap.high, "gap_method": gap.method,
        "note": NOTE if len(difference) else "",
    }  # fmt: skip


__all__ = ["NOTE", "RATER", "Servperf", "TouchpointGaps", "servperf_of", "touchpoint_gaps"]
