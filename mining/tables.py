"""The tables that a study gives: checks summed up, the case x check matrix, every fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pandas as pd

from mining.conformance import verdicts as v
from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import say


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Result):
    """One row per check: verdicts counted, gross and net.

    Attributes
    ----------
    texts : mapping of str to mapping of str to str
        Check to what it asks for, by language.
    cannot_fail : tuple of str
        Checks that no case can fail as the blueprint stands.
    draft : bool
        Whether the blueprint is not approved: no norm.
    """

    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cannot_fail: tuple[str, ...] = ()
    draft: bool = False

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
        *("check", "judged", "gross", "low", "high", "target", "met", "net"),
        *(*v.VERDICTS, "dimension", "kind", "severity"),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with what each check asks for beside its id, for the notebook."""
        asked = {id: say("display.setting", lang, name=id, value=words[lang]) for id, words in self.texts.items()}
        return self.frame.assign(check=self.frame["check"].map(lambda id: asked.get(id, id)))

    def sentence(self, lang: str = "en") -> str:
        """How many checks there are, how many standards reach their target, and the check that most cases fail."""
        comma = say("told.comma", lang)
        judged = int((self.frame["judged"] > 0).sum())
        if len(self.frame) == 1:
            text = say("summary.one_check", lang, judged=judged)
        else:
            text = say("summary.checks", lang, n=len(self.frame), judged=judged)
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
        listed = [x for x in self.frame["check"] if x in self.cannot_fail]
        text += say("summary.cannot_fail", lang, names=say("word.listed", lang).join(listed)) if listed else ""
        return text + (say("summary.draft", lang) if self.draft else "")

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
        measure = f"{self.provenance.measure} of {', '.join(dimensions)}"
        return replace(self, frame=rows, provenance=replace(self.provenance, measure=measure))

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
    """One row per event-level fault.

    Attributes
    ----------
    names : mapping of str to mapping of str to str
        Activity to its name by language; a label that the blueprint does not know stands for itself.
    """

    names: Mapping[str, Any] = field(default_factory=dict)

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

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the activities, for the notebook."""
        called = {id: words.get(lang) or id for id, words in self.names.items()}
        named = {column: self.frame[column].map(lambda id: called.get(id, id)) for column in ("activity", "partner")}
        return self.frame.assign(**named)
