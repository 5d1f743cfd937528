"""How sure the deviations from the flow are: whether every best explanation of a case has them, or only some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mining.results import Result
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

SURE = 1 - 1e-9  # of the optimal alignments
LIKELY = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Certainty(Result):
    """One row per finding of the path: how many of its deviations are in every optimal alignment. Made by :func:`certainty_of`."""

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "id of the finding",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
        "check": "id of the path check",
        "cases": "cases with the deviation",
        "n": "deviations, those that an allowance covers included: certain + likely + doubtful + unknown",
        "certain": "deviations that every optimal alignment of their case contains",
        "likely": "deviations that half of the optimal alignments or more contain, but not all",
        "doubtful": "deviations that fewer than half of the optimal alignments contain: another explanation is more common",
        "unknown": "deviations whose optimal alignments were not counted",
        "mean": "mean of the shares, 0-1; missing where none was counted",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("title_en", "title_zh", "check", "cases", "n", "certain", "likely", "doubtful", "unknown", "mean"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many deviations from the flow are certain, and where the doubt is greatest."""
        total, sure = int(self.frame["n"].sum()), int(self.frame["certain"].sum())
        if not total:
            return say("conformance.certainty.none", lang)
        text = say(
            "conformance.certainty.told", lang, n=f"{total:,}", sure=f"{sure:,}", share=percent(sure / total, lang)
        )
        open_ = self.frame["likely"] + self.frame["doubtful"]
        if open_.sum():
            row = self.frame.loc[open_.idxmax()]
            values = {"title": row[f"title_{lang}"], "k": f"{open_.max():,}", "n": f"{row['n']:,}"}
            text += say("conformance.certainty.open", lang, **values)
        unknown = int(self.frame["unknown"].sum())
        return text + (say("conformance.certainty.unknown", lang, n=f"{unknown:,}") if unknown else "")


def certainty_of(study: Study) -> Certainty:
    """Count the deviations of every finding of the path by how certain they are.

    A trace can often be explained in several ways at the same cost. The certainty of a deviation is the share of these ways that
    contain it; see the column ``certainty`` of :class:`mining.tables.Deviations`.

    Returns
    -------
    Certainty
        Those with the most open to doubt first.

    Examples
    --------
    >>> found = certainty_of(study)
    >>> int(found.frame["n"].sum()) == int((study.deviations().frame["dimension"] == "path").sum())
    True
    """
    faults = study.deviations().frame
    titles = study.findings().frame.set_index("finding_id")
    rows: list[dict[str, Any]] = []
    for id, group in faults[faults["dimension"] == "path"].groupby("finding_id", sort=True):
        share = group["certainty"].astype(float)
        sure, likely = share >= SURE, (share >= LIKELY) & (share < SURE)
        rows.append(
            {
                "finding_id": id, "title_en": titles.at[id, "title_en"], "title_zh": titles.at[id, "title_zh"],
                "check": group["check"].iloc[0], "cases": group["case_id"].nunique(), "n": len(group),
                "certain": int(sure.sum()), "likely": int(likely.sum()), "doubtful": int((share < LIKELY).sum()),
                "unknown": int(share.isna().sum()), "mean": share.mean(),
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(Certainty.columns))
    frame["open"] = frame["likely"] + frame["doubtful"]
    frame = frame.sort_values(["open", "n", "finding_id"], ascending=[False, False, True], ignore_index=True)
    return Certainty(frame.drop(columns="open"), study.provenance("certainty of deviations from the flow"))
