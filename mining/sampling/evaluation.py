"""What the inspection of a sample says, per test and class; how far two reviewers agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from mining.results import Result, plain
from mining.sampling.plan import SamplePlan
from mining.sampling.sample import CLASS, COMPLETENESS, DISCOVERY, MONETARY, OCCURRENCE
from mining.texts import say

ENOUGH = 0.6  # agreement of two reviewers below which their results are provisional
CONCLUSIONS = (
    *("confirmed", "withdrawn"),  # of a class
    *("supported", "not_supported"),  # of the log, of the source, of the amounts
    *("absent", "present"),  # of a rare fault
    *("open", "not_measured"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Result):
    """What a reviewed sample says. Made by :func:`mining.sampling.evaluate`.

    Its numbers are of the sample; counts of the whole log are not among them.

    Attributes
    ----------
    plan : SamplePlan
    kappa : float
        Cohen's, over all rows that two reviewers looked at; missing (NaN) where it cannot be told.
    n_both : int
        Rows with the results of both.
    disagreements : DataFrame
        test, finding_id, case_id, result, result_2, decided of the rows on which they differ.
    """

    plan: SamplePlan
    kappa: float
    n_both: int
    disagreements: pd.DataFrame

    columns: ClassVar[dict[str, str]] = {
        "test": "occurrence (log to source), completeness (source to log), class (is the deviation real), discovery or monetary",
        "finding_id": "finding whose class was tested; of discovery the check; empty for the others",
        "n_population": "cases that could be drawn; missing for documents of the source, which nobody has counted",
        "n_drawn": "cases drawn",
        "n_reviewed": "of these with a settled result: by both reviewers where the plan asks for two, and not disputed",
        "confirmed": "the source says the same",
        "not_confirmed": "the source says something else",
        "not_found": "there is no source to compare with; counts as not confirmed",
        "disputed": "two reviewers differ and have not decided; not among the reviewed",
        "precision": "of a class: confirmed / n_reviewed, 0-1; missing for other tests",
        "low": "lower end of the 95 % Wilson interval of precision (95 %, or the confidence of the plan); of a class that was taken whole "
        "the share itself",
        "high": "upper end of the 95 % Wilson interval of precision, in the same way",
        "error_rate": "of other tests: errors / n_reviewed, 0-1, by the weight of the strata",
        "upper": "upper limit of the error rate at the confidence of the plan, one-sided, 0-1",
        "error_amount": "monetary: likely wrong money; missing until all is reviewed",
        "upper_amount": "monetary: upper limit of it (Stringer)",
        "kappa": "agreement of two reviewers beyond chance; missing where it cannot be told",
        "withdrawn": "the class is no finding: its precision is below what the plan asks for",
        "conclusion": "one of " + ", ".join(CONCLUSIONS),
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("test", "finding_id", "n_drawn", "n_reviewed", "confirmed", "not_confirmed", "not_found", "disputed"),
        *("precision", "low", "high", "error_rate", "upper", "upper_amount", "kappa", "conclusion"),
    )

    def of(self, finding_id: str) -> dict[str, Any] | None:
        """The row of the class of a finding; None where it was not drawn."""
        rows = self.frame[(self.frame["test"] == CLASS) & (self.frame["finding_id"] == finding_id)]
        return None if rows.empty else {str(name): value for name, value in rows.iloc[0].items()}

    def to_dict(self) -> dict[str, Any]:
        """The table, the agreement and the rows on which reviewers differ, as plain values."""
        found: dict[str, Any] = plain(
            {"kappa": self.kappa, "n_both": self.n_both, "disagreements": self.disagreements.to_dict("records")}
        )
        return super().to_dict() | found

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """Ids of the findings whose class is none."""
        return tuple(self.frame.loc[self.frame["withdrawn"], "finding_id"])

    @property
    def provisional(self) -> bool:
        """Whether two reviewers looked at the same cases and agree too little, or too little can be told."""
        return self.n_both > 0 and not self.kappa >= ENOUGH and len(self.disagreements) > 0

    def sentence(self, lang: str = "en") -> str:
        """What came of each test, how many classes stand, and how far the reviewers agree."""
        parts = [*(self.told(test, lang) for test in self._tests()), self._classes(lang), self._agreement(lang)]
        return "".join(parts).strip()

    def _tests(self) -> list[str]:
        return [test for test in (OCCURRENCE, COMPLETENESS, MONETARY) if (self.frame["test"] == test).any()]

    def told(self, test: str, lang: str = "en") -> str:
        """What came of the test of log to source, of source to log, or of the amounts."""
        row = self.frame[self.frame["test"] == test].iloc[0]
        values = {
            "test": say(f"sampling.test_{test}", lang),
            "n": f"{row['n_reviewed']:,}",
            "drawn": f"{row['n_drawn']:,}",
            "errors": f"{row['not_confirmed'] + row['not_found']:,}",
            "missing": f"{row['not_found']:,}",
            "confidence": f"{100 * self.plan.confidence:.10g}",
            "conclusion": say(f"sampling.conclusion.{row['conclusion']}", lang),
        }
        if row["n_reviewed"] == 0:
            return say("sampling.test_unmeasured", lang, **values)
        if test == MONETARY:
            if math.isnan(row["upper_amount"]):
                return say("sampling.test_open", lang, **values)
            amounts = {"likely": f"{row['error_amount']:,.2f}", "upper": f"{row['upper_amount']:,.2f}"}
            return say("sampling.test_money", lang, tolerable=f"{self.plan.tolerable_amount:,.2f}", **values, **amounts)
        if math.isnan(row["upper"]):
            return say("sampling.test_open", lang, **values)
        limits = {"upper": f"{100 * row['upper']:.2f}", "tolerable": f"{100 * self.plan.tolerable:.10g}"}
        return say("sampling.test_rate", lang, **values, **limits)

    def _classes(self, lang: str) -> str:
        said = ""
        found = self.frame.loc[self.frame["test"] == CLASS, "conclusion"].value_counts()
        if len(found):
            parts = [
                say(f"sampling.classes.{name}", lang, n=f"{int(found[name]):,}")
                for name in CONCLUSIONS
                if name in found.index
            ]
            said = say(
                "sampling.classes", lang, n=f"{int(found.sum()):,}", parts=say("told.comma", lang).join(parts),
                precision=f"{100 * self.plan.precision:.10g}",
            )  # fmt: skip
        for row in self.frame[self.frame["test"] == DISCOVERY].itertuples():
            said += say(
                "sampling.rare", lang, check=row.finding_id, n=f"{row.n_reviewed:,}", drawn=f"{row.n_drawn:,}",
                conclusion=say(f"sampling.conclusion.{row.conclusion}", lang),
            )  # fmt: skip
        return said

    def _agreement(self, lang: str) -> str:
        if not self.n_both:
            return ""
        key = "sampling.kappa_unknown" if math.isnan(self.kappa) else "sampling.kappa"
        said = say(key, lang, n=f"{self.n_both:,}", differ=f"{len(self.disagreements):,}", kappa=f"{self.kappa:.2f}")
        return said + (say("sampling.provisional", lang) if self.provisional else "")
