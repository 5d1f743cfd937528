"""The risk priority number, for those who must show one: measured where it can be, and always with its warning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.priorities.caught import caught_of
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.priorities.ap_table import ApTable
    from mining.priorities.ranking import Priorities

S_OF = {"critical": 9, "major": 7, "minor": 4, "observation": 2}
# (from this rate on, score): own cut points, printed; the rate is the upper end of the 95 % Wilson interval
O_CUTS = ((0.5, 10), (0.2, 9), (0.1, 8), (0.05, 7), (0.02, 6), (0.01, 5), (0.005, 4), (0.001, 3), (0.0001, 2), (0.0, 1))
# (from this share of failing cases caught on, score)
D_CUTS = ((0.99, 1), (0.95, 2), (0.9, 3), (0.8, 4), (0.6, 5), (0.5, 6), (0.4, 7), (0.2, 8), (0.05, 9), (0.0, 10))


@dataclass(frozen=True, eq=False, repr=False)
class LegacyRpn(Result):
    """One row per ranked finding, largest product first. Made by :func:`legacy_rpn_of`."""

    columns: ClassVar[dict[str, str]] = {
        "place": "1 is the largest product; equals share a place",
        "rank": "rank by the printed rule, which stays the order of the toolkit",
        "finding_id": "as in the findings",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "s": "severity, 1-10: "
        + ", ".join(f"{k} {n}" for k, n in S_OF.items())
        + "; one more where the customer sees it",
        "o": "occurrence, 1-10, from high: " + ", ".join(f">= {100 * cut:g} % {n}" for cut, n in O_CUTS),
        "d": "detection, 1-10, from caught: " + ", ".join(f">= {100 * cut:g} % {n}" for cut, n in D_CUTS),
        "rpn": "s x o x d: a product of ordinal scores, see the warning",
        "ap": "H, M or L by the action priority table that was given; missing without one",
        "high": "upper end of the 95 % Wilson interval of the rate, 0-1",
        "n_caught": "failing cases that were put right before the customer could see it",
        "n_failing": "cases with the fault",
        "caught": "n_caught / n_failing, 0-1",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "place",
        "rank",
        "title_en",
        "s",
        "o",
        "d",
        "rpn",
        "ap",
        "n_caught",
        "n_failing",
        "high",
    )

    def sentence(self, lang: str = "en") -> str:
        """The warning, and what would come first."""
        if self.frame.empty:
            return say("priorities.none", lang)
        first = self.frame.iloc[0]
        values = {"title": first[f"title_{lang}"], "rpn": int(first["rpn"]), "rank": int(first["rank"])}
        same = int(self.frame["rpn"].duplicated(keep=False).sum())
        return say("priorities.rpn.warning", lang) + say(
            "priorities.rpn.first", lang, **values, same=same, n=len(self.frame)
        )


def legacy_rpn_of(priorities: Priorities, ap_table: ApTable | None = None) -> LegacyRpn:
    """S x O x D of the ranked findings, as failure mode and effects analyses used to do.

    S is read from the severity in the blueprint and stays the expert's; O from the upper Wilson limit of the rate; D from the share of
    failing cases that were caught before the line of visibility (:func:`mining.priorities.caught.caught_of`). Products of ordinal scores
    are flawed: 9 x 2 x 2 and 2 x 2 x 9 mean different things, only 120 of the 1,000 values occur (Wheeler 2011); the action priority of
    AIAG and VDA (2019) replaced them.

    Parameters
    ----------
    priorities : Priorities
    ap_table : ApTable, optional
        Your own table of action priorities, as :func:`mining.priorities.ap_table.read_ap_table` gives it.

    Returns
    -------
    LegacyRpn
    """
    rows = priorities.ranked.reset_index(drop=True)
    findings = priorities.study.findings().frame.set_index("finding_id")
    caught = caught_of(priorities.study).reindex(rows["finding_id"]).fillna(0).astype(int)
    high = findings["high"].reindex(rows["finding_id"]).to_numpy(float)
    share = (caught["n_caught"] / caught["n_failing"].where(caught["n_failing"] > 0)).to_numpy(float)
    s = np.minimum(rows["severity"].map(S_OF).to_numpy(int) + rows["visible"].eq(True).to_numpy(int), 10)
    o, d = scored(high, O_CUTS), scored(np.nan_to_num(share), D_CUTS)
    frame = rows[["rank", "finding_id", "title_en", "title_zh"]].assign(
        s=s, o=o, d=d, rpn=s * o * d, high=high, caught=share,
        ap=None if ap_table is None else [ap_table.priority(*scores) for scores in zip(s.tolist(), o.tolist(), d.tolist(), strict=True)],
        n_caught=caught["n_caught"].to_numpy(), n_failing=caught["n_failing"].to_numpy(),
    )  # fmt: skip
    frame["place"] = frame["rpn"].rank(method="min", ascending=False).astype(int)
    frame = frame.sort_values(["place", "rank"], ignore_index=True)[list(LegacyRpn.columns)]
    provenance = replace(priorities.provenance, measure="risk priority number (legacy)")
    if ap_table is not None:
        provenance = replace(provenance, parameters=provenance.parameters | {"ap_table": ap_table.sha256[:12]})
    return LegacyRpn(frame, provenance)


def scored(values: np.ndarray, cuts: tuple[tuple[float, int], ...]) -> np.ndarray:
    """The score of each value by a table of (from this value on, score), largest value first.

    Examples
    --------
    >>> scored(np.array([0.0, 0.01, 0.7]), O_CUTS).tolist()
    [1, 5, 10]
    """
    found = np.array([score for _, score in cuts], np.int64)
    at = np.array([cut for cut, _ in cuts])
    return found[(pd.Series(values).to_numpy(float)[:, None] >= at[None]).argmax(axis=1)]
