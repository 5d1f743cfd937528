"""The tables that a study gives: checks summed up, the case x check matrix, every fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pandas as pd

from mining.conformance import verdicts as v
from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import say


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Result):
    """One row per check: verdicts counted, gross and net."""

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "kind": "rule kind or metric",
        "severity": "severity of the check: critical, major, minor or observation",
        **{word: f"cases with the verdict {word}" for word in v.VERDICTS},
        "judged": "pass + fail + allowed: the denominator of the shares",
        "gross": "share of judged cases that pass, 0-1",
        "net": "share of judged cases that pass or are allowed, 0-1",
        "low": "lower end of the 95 % Wilson interval of gross",
        "high": "upper end of the 95 % Wilson interval of gross",
        "target": "promised share of cases, 0-1; missing where none is promised",
        "met": "whether gross reaches the target; missing without a target",
        "why_not": "why cases are not observable, where the reason is one for all",
    }

    shown: ClassVar[tuple[str, ...]] = (
        "check",
        "dimension",
        "kind",
        "severity",
        *v.VERDICTS,
        "gross",
        "target",
        "met",
        "net",
        "low",
        "high",
    )

    def sentence(self, lang: str = "en") -> str:
        """How many checks there are, how many standards reach their target, and the check that most cases fail."""
        comma = say("told.comma", lang)
        text = say("summary.checks", lang, n=len(self.frame), judged=int((self.frame["judged"] > 0).sum()))
        met = self.frame.loc[self.frame["target"].notna(), "met"]
        if len(met):
            unknown = int(met.isna().sum())
            values = {"met": int((met == True).sum()), "not_met": int((met == False).sum())}  # noqa: E712 (may be missing)
            parts = [say(f"summary.{key}", lang, n=n) for key, n in values.items() if n]
            parts += [say("summary.unknown", lang, n=unknown)] if unknown else []
            text += say("summary.targets", lang, n=len(met), how=comma.join(parts))
        if self.frame["fail"].sum():
            most = self.frame.loc[self.frame["fail"].astype(int).idxmax()]
            text += say(
                "summary.most", lang, check=most["check"], fail=f"{most['fail']:,}", judged=f"{most['judged']:,}"
            )
        return text

    def of(self, *dimensions: str) -> Summary:
        """The checks of some dimensions only.

        Raises
        ------
        UnknownNameError
            If there is no such dimension.

        Examples
        --------
        >>> sorted(set(study.summary().of("rules", "role").frame["dimension"]))
        ['role', 'rules']
        """
        for name in dimensions:
            if name not in v.DIMENSIONS:
                raise UnknownNameError("dimension", name, v.DIMENSIONS)
        rows = self.frame[self.frame["dimension"].isin(dimensions)].reset_index(drop=True)
        return Summary(rows, replace(self.provenance, measure=f"{self.provenance.measure} of {', '.join(dimensions)}"))

    def row(self, check: str) -> pd.Series:
        """The row of one check.

        Raises
        ------
        UnknownNameError
            If there is no such check.
        """
        rows = self.frame[self.frame["check"] == check]
        if rows.empty:
            raise UnknownNameError("check", check, self.frame["check"])
        return rows.iloc[0]


@dataclass(frozen=True, eq=False, repr=False)
class Verdicts(Result):
    """One row per case and check."""

    columns: ClassVar[dict[str, str]] = {
        "case_id": "case",
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "verdict": "net verdict: one of " + ", ".join(v.VERDICTS),
        "gross": "verdict before the allowances",
        "measured": "what was measured, in unit; missing where nothing was",
        "limit": "promise for one case, in unit",
        "unit": "s, min, h, d, w, bh or bd",
    }


@dataclass(frozen=True, eq=False, repr=False)
class Deviations(Result):
    """One row per event-level fault."""

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "finding that the fault belongs to",
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "case_id": "case",
        "kind": "one of " + ", ".join(v.KINDS),
        "pattern": "how it shows in the trace",
        "service_word": "missing, ad_hoc, irregular or failed touchpoint (Halvorsrud, Kvale and Folstad 2016); missing where none is meant",
        "activity": "activity id (or the log's label where the blueprint does not know it)",
        "partner": "other activity concerned",
        "stage": "stage of the activity",
        "lane": "lane of the activity",
        "visible": "above the line of visibility; missing for activities outside the blueprint",
        "touchpoint": "whether the activity is a touchpoint",
        "certainty": "share of the optimal alignments that contain the deviation, 0-1; missing for other checks, and where not measured",
        "at": "when it happened, UTC; of something absent the end of the case so far",
        "resource": "who did what decides, as the log names them; missing where nobody is named or something is absent",
        "measured": "what was measured, in unit; missing where nothing was",
        "limit": "promise for one case, in unit",
        "unit": "s, min, h, d, w, bh or bd",
        "excess_s": "wall-clock seconds from the moment the limit was reached to the late event",
        "severity": "severity of the check: critical, major, minor or observation",
        "verdict": "fail or allowed",
        "allow_id": "allowance that covers it",
        "row": "row of the source file that decides (1 is the first data row); missing where something is absent",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("case_id", "check", "kind", "activity", "partner", "certainty", "at", "resource"),
        *("measured", "limit", "unit", "severity", "verdict", "row"),
    )
