"""The table of what findings are associated with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from mining.display.naming import titled, titles_in
from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import say
from mining.units import percent

TOLD = {"holds": "causes.holds", "too few": "causes.too_few"}


@dataclass(frozen=True, eq=False, repr=False)
class Causes(Result):
    """One row per finding and group of cases. Made by :func:`mining.causes.causes_of`.

    Rows say what a finding is associated with. No row says why it happens.

    Attributes
    ----------
    titles : DataFrame
        Findings of the study with their titles.
    tests : int
        Groups that were compared, over all findings: the family of the false discovery rate.
    kept_out : int
        Subgroups that differed from all their parts, and are not listed since q does not allow it.
    left_out : DataFrame
        Findings, attributes and levels that were not compared, and why (``finding_id`` missing: for every finding).
    attributes : DataFrame
        Attributes compared: since when they are known, levels, cases, cuts.
    q_limit, holdout : float
        As asked for.
    """

    titles: pd.DataFrame
    tests: int
    kept_out: int
    left_out: pd.DataFrame
    attributes: pd.DataFrame
    q_limit: float
    holdout: float

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the findings by their titles, for the notebook."""
        return titled(self.frame, titles_in(self.titles, lang))

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "id of the finding",
        "depth": "levels that make the group: 1, or 2 and 3 for a subgroup",
        "attribute": "attributes of the group, joined by &",
        "level": "the group: attribute=value, joined by &",
        "level_en": "the group, in English",
        "level_zh": "the group, in Chinese",
        "n": "cases of the group that the check judged",
        "deviating": "of these, cases with the finding, not allowed",
        "rate": "deviating / n, 0-1",
        "rest_n": "other judged cases that have a value of the attributes",
        "rest_deviating": "of these, cases with the finding",
        "rest_rate": "rest_deviating / rest_n, 0-1",
        "rr": "risk ratio: rate / rest_rate; infinite where the rest has no deviating case",
        "low": "lower end of its interval (95 %, MOVER-R on Wilson), as an estimate of the process",
        "high": "upper end of it",
        "excess": "deviating cases beyond what the group would have at the common rate, (deviating + rest_deviating) / (n + rest_n): "
        "n x (rate - common rate)",
        "paf": "attributable share: (common rate - rest_rate) / common rate, 0-1 (Levin 1953); negative where the group deviates less "
        "often than the rest",
        "p": "exact probability of such a difference by chance (two-sided; central Fisher); of a subgroup: the largest against the rest of "
        "each of its parts, in the part of the cases that was searched",
        "q": "p after control of the false discovery rate over all groups of all findings compared (Benjamini and Hochberg 1995)",
        "against": "subgroup: the part whose rest is most like it, with which found and held_out compare; empty: all others",
        "found": "risk ratio in the part of the cases that was searched",
        "found_low": "lower end of its interval",
        "found_high": "upper end of it",
        "held_out": "risk ratio in the cases held out; missing for fewer than five on either side",
        "held_low": "lower end of its interval",
        "held_high": "upper end of it",
        "held_n": "cases of the group held out; missing for fewer than five",
        "verdict": "holds: the interval held out is on the same side of 1; does not hold: it is not, and leaves out the ratio found; "
        "too few: it holds both; not found: the first interval holds 1",
        "known": "start: follows from the start of the case; recorded: on the first row, or before the deviation; exported: the same on "
        "all rows of a case, so the log cannot tell since when it is known",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "finding_id",
            "level_en",
            "n",
            "deviating",
            "rate",
            "rest_rate",
            "rr",
            "low",
            "high",
            "excess",
            "paf",
            "q",
            "held_out",
            "verdict",
        ),
    )

    def of(self, finding_id: str) -> pd.DataFrame:
        """The rows of one finding, best first.

        Raises
        ------
        UnknownNameError
            If the study has no such finding.
        """
        if finding_id not in set(self.titles["finding_id"]):
            raise UnknownNameError("finding", finding_id, self.titles["finding_id"])
        return self.frame[self.frame["finding_id"] == finding_id].reset_index(drop=True)

    def associated(self) -> pd.DataFrame:
        """Rows above the rate of the rest that pass the false discovery rate, and that the cases held out do not speak against."""
        frame = self.frame
        return frame[(frame["q"] < self.q_limit) & (frame["rr"] > 1) & (frame["verdict"] != "does not hold")].copy()

    def title(self, finding_id: str, lang: str = "en") -> str:
        """Title of a finding."""
        return str(self.titles.set_index("finding_id").loc[finding_id, f"title_{lang}"])

    def sentence(self, lang: str = "en") -> str:
        """How much was compared, what stays, what is most, and that it is no proof of why."""
        found = self.associated()
        if not len(self.frame):
            return say("causes.nothing", lang)
        holds = found[found["verdict"] == "holds"]
        text = say(
            "causes.told" if len(found) else "causes.told_none", lang, tests=f"{self.tests:,}",
            findings=self.frame["finding_id"].nunique(), n=f"{len(found):,}",
            q=percent(self.q_limit, lang), holds=f"{len(holds):,}", held=percent(self.holdout, lang),
        )  # fmt: skip
        first = holds if len(holds) else found
        if len(first):
            row = first.loc[first["excess"].idxmax()]
            text += say("causes.most", lang, title=self.title(row["finding_id"], lang), **self._spoken(row, lang))
        return text + say("causes.no_proof", lang)

    def _spoken(self, row: pd.Series, lang: str) -> dict[str, str]:
        return {
            "level": row[f"level_{lang}"],
            "rate": percent(row["rate"], lang),
            "n": f"{row['n']:,}",
            "rest": percent(row["rest_rate"], lang),
            "rr": ratio(row["rr"]),
            "low": ratio(row["low"]),
            "high": ratio(row["high"]),
            "excess": f"{row['excess']:,.0f}",
        }

    def sentence_of(self, finding_id: str, lang: str = "en") -> str:
        """What one finding is associated with most, or that nothing was found or compared, and why."""
        rows = self.of(finding_id)
        if not len(rows):
            why = self.left_out.loc[self.left_out["finding_id"] == finding_id, f"why_{lang}"]
            reason = say("causes.semicolon", lang).join(dict.fromkeys(why)) or say("causes.no_attribute", lang)
            return say("causes.not_compared", lang, why=reason)
        found = self.associated()
        found = found[found["finding_id"] == finding_id]
        if not len(found):
            return say("causes.none_of", lang, n=len(rows))
        row = found.iloc[0]
        text = say("causes.first", lang, **self._spoken(row, lang))
        text += say(TOLD.get(row["verdict"], "causes.not_found"), lang)
        return text + (say("causes.exported", lang) if row["known"] == "exported" else "")

    def plot(self, finding_id: str | None = None, *, top: int = 12, ax: Any = None, lang: str = "en") -> Any:
        """Risk ratios with their intervals of one finding (the first that has any), all cases and cases held out."""
        from mining.plots.causes import causes_chart

        if finding_id is None:
            finding_id = str(self.frame["finding_id"].iloc[0]) if len(self.frame) else None
        return causes_chart(self, finding_id, top=top, lang=lang, ax=ax)


def ratio(value: float) -> str:
    """A ratio for people.

    Examples
    --------
    >>> ratio(2.345), ratio(float("inf")), ratio(0.0461), ratio(142.7)
    ('2.3', '∞', '0.05', '143')
    """
    if value == float("inf"):
        return "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1.05 else f"{value:.2f}"
