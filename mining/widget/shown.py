"""What the widget shows of the cases selected, as plain values: picture, findings, scorecard row, cases. Only what is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.errors import UnknownNameError
from mining.opportunities import FACETS
from mining.results import plain
from mining.selection import Selection, select, selected
from mining.texts import activity_name, check_text, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

CASES_SHOWN = 300
KINDS_SHOWN = 4  # kinds of deviation named per case


class Shown:
    """The tables of one selection, each made once, at first use.

    Parameters
    ----------
    whole : Study
    filter : Selection
        Which of its cases; there may be none.
    lang : {"en", "zh"}
    """

    def __init__(self, whole: Study, filter: Selection, lang: str) -> None:
        self.whole = whole
        self.filter = filter
        self.lang = lang
        keep = selected(whole, filter)
        self.n = int(keep.sum())
        self._all = bool(keep.all())

    @cached_property
    def study(self) -> Study:
        """The cases as a study; asked for where there are any."""
        return self.whole if self._all else select(self.whole, self.filter)

    @cached_property
    def faults(self) -> pd.DataFrame:
        """Every fault: finding, case, kind, activity, verdict."""
        columns = ["finding_id", "case_id", "kind", "activity", "verdict"]
        if not self.n:
            return pd.DataFrame(columns=columns)
        return self.study.deviations().frame[columns]

    @cached_property
    def findings(self) -> pd.DataFrame:
        """The findings in order of priority."""
        return self.study.findings().frame if self.n else pd.DataFrame(columns=["finding_id"])

    @cached_property
    def svg(self) -> str:
        """The blueprint with the deviations on it; without them where there is no case."""
        from mining.pictures import blueprint_picture

        picture = self.study.plot(lang=self.lang) if self.n else blueprint_picture(self.whole.blueprint, lang=self.lang)
        return picture.svg

    @cached_property
    def touchpoints(self) -> pd.DataFrame:
        """The scorecard, by activity."""
        return self.study.touchpoints().frame.set_index("touchpoint")

    @cached_property
    def open(self) -> pd.DataFrame:
        """Faults of open findings that no allowance covers: those that the picture counts."""
        if not len(self.findings):
            return self.faults
        ranked = self.findings.loc[self.findings["status"] == "open", "finding_id"]
        return self.faults[(self.faults["verdict"] == "fail") & self.faults["finding_id"].isin(ranked)]

    @property
    def n_open(self) -> int:
        """Cases with one."""
        return int(self.open["case_id"].nunique())

    def there(self, activity: str | None) -> pd.DataFrame:
        """The faults at an activity; all of them without one."""
        return self.faults if activity is None else self.faults[self.faults["activity"] == activity]

    def panel(self, activity: str | None) -> dict[str, Any]:
        """Findings at an activity, or all of them, and the row of the scorecard where it is a touchpoint."""
        faults = self.there(activity)
        ids = set(faults["finding_id"])
        rows = [row for row in self.findings.to_dict("records") if row["finding_id"] in ids]
        open_ = self.open if activity is None else self.open[self.open["activity"] == activity]
        counts = {
            "n": f"{len(rows):,}", "all": f"{self.n:,}",
            "open": f"{open_['case_id'].nunique():,}", "cases": f"{faults['case_id'].nunique():,}",
        }  # fmt: skip
        if activity is None:
            title, sub = say("widget.all_title", self.lang), say("widget.all_sub", self.lang, **counts)
        else:
            title = activity_name(self.whole.blueprint, activity, self.lang)
            sub = say("widget.activity_sub", self.lang, place=self._place(activity), **counts)
        empty = "" if rows else say("widget.empty" if not self.n else "widget.no_findings", self.lang)
        cases = "cases" if activity is None else "here"
        heads = ("rank", "finding", "kind", "severity", cases, "share")
        return {
            "activity": activity, "title": title, "sub": sub, "empty": empty,
            "heads": [say(f"widget.head.{name}", self.lang) for name in heads],
            "findings": [self._finding(row, faults) for row in rows],
            "scorecard": self._scorecard(activity),
        }  # fmt: skip

    def _place(self, activity: str) -> str:
        """Lane and stage of an activity in words."""
        blueprint = self.whole.blueprint
        if activity not in blueprint.by_id:
            return say("widget.not_designed", self.lang)
        stage = blueprint.activity(activity).stage
        names = [blueprint.lane_of(activity).name, *(s.name for s in blueprint.stages if s.id == stage)]
        return say("report.comma", self.lang).join(name.get(self.lang) for name in names)

    def _finding(self, row: dict[str, Any], faults: pd.DataFrame) -> dict[str, Any]:
        """One finding as the cells of a line."""
        lang, id = self.lang, row["finding_id"]
        mine = faults[faults["finding_id"] == id]
        gross, net = mine["case_id"].nunique(), mine.loc[mine["verdict"] == "fail", "case_id"].nunique()
        rank = say(f"status.{row['status']}", lang)
        if row["status"] == "open":
            rank = say("widget.with_number", lang, name=say(f"priority.{row['priority']}", lang), n=row["rank"])
        share, low, high = (_percent(row[x], lang) for x in ("rate", "low", "high"))
        kinds = [say(f"kind.{kind}", lang) for kind in row["kind"].split("+")]
        places = list(dict.fromkeys(mine["activity"].dropna()))
        return {
            "id": id,
            "title": row[f"title_{lang}"],
            "check": check_text(self.whole.blueprint, row["check"], lang),
            "cells": [
                rank, None, say("report.comma", lang).join(kinds), say(f"severity.{row['severity']}", lang),
                say("widget.here", lang, net=f"{net:,}", gross=f"{gross:,}"),
                say("widget.share", lang, share=share, judged=f"{row['n_judged']:,}", low=low, high=high),
            ],
            "places": [{"activity": x, "name": activity_name(self.whole.blueprint, x, lang)} for x in places],
            "status": row["status"],
        }  # fmt: skip

    def _scorecard(self, activity: str | None) -> dict[str, Any] | None:
        """The facets of a touchpoint with their numbers; None where the activity is none, or no case is there."""
        if activity is None or not self.n or activity not in self.touchpoints.index:
            return None
        row = {key: plain(value) for key, value in self.touchpoints.loc[activity].items()}
        if not row["testable"]:
            return {"note": say("widget.untestable", self.lang), "heads": [], "cells": []}
        facets = [("conf", "n", "facet.all"), *((x, f"{x}_n", f"facet.{x}") for x in FACETS)]
        return {
            "note": "",
            "heads": [say("widget.opportunities", self.lang), *(say(key, self.lang) for *_, key in facets)],
            "cells": [f"{row['n'] or 0:,}", *(self._facet(row[share], row[n]) for share, n, _ in facets)],
        }

    def _facet(self, share: float | None, n: int | None) -> str:
        """A share with its denominator; a dash where nothing was tested."""
        if not n or share is None:
            return "–"
        return say("widget.facet", self.lang, share=_percent(share, self.lang), n=f"{n:,}")

    def cases(self, activity: str | None, find: str = "") -> dict[str, Any]:
        """The first of the cases with a deviation there, of the kind that is chosen: most open faults first, then by id.

        ``find`` is looked for in the ids.
        """
        faults, kind = self.there(activity), self.filter.kind
        faults = faults if kind is None else faults[faults["kind"] == kind]
        fails = (faults["verdict"] == "fail").groupby(faults["case_id"], sort=True).sum()
        n = len(fails)
        if find:
            fails = fails[fails.index.astype(str).str.casefold().str.contains(find.casefold(), regex=False)]
        first = fails.sort_values(ascending=False, kind="stable").index[:CASES_SHOWN]
        some = faults[faults["case_id"].isin(first)].groupby("case_id", sort=False)
        groups = {case: some.get_group(case) for case in first}
        key = (
            "cases_none"
            if find and not len(fails)
            else "cases_found"
            if find
            else "cases_all"
            if len(first) == n
            else "cases_shown"
        )
        line = say(f"widget.{key}", self.lang, n=f"{n:,}", shown=f"{len(first):,}", find=find)
        if kind is not None:
            line = say("widget.cases_kind", self.lang, line=line, kind=say(f"kind.{kind}", self.lang))
        return {
            "line": line,
            "heads": [say(f"widget.head.{name}", self.lang) for name in ("case", "deviations")],
            "rows": [{"case": str(case), "kinds": self._kinds(groups[case])} for case in first],
        }  # fmt: skip

    def _kinds(self, faults: pd.DataFrame) -> str:
        """The deviations of one case in words, how often each, and whether all are allowed."""
        counts = faults["kind"].value_counts(sort=False)
        words = [
            say("widget.several", self.lang, kind=say(f"kind.{kind}", self.lang), n=n)
            if n > 1
            else say(f"kind.{kind}", self.lang)
            for kind, n in list(counts.items())[:KINDS_SHOWN]
        ]
        text = say("report.comma", self.lang).join(words) + ("…" if len(counts) > KINDS_SHOWN else "")
        covered = (faults["verdict"] == "allowed").all()
        return say("widget.covered", self.lang, kinds=text) if covered else text

    def title_of(self, finding: str) -> str:
        """One line on a finding.

        Raises
        ------
        UnknownNameError
            If there is none of this id.
        """
        rows = self.findings[self.findings["finding_id"] == finding]
        if rows.empty:
            raise UnknownNameError("finding", finding, self.findings["finding_id"], where="finding_id")
        return str(rows.iloc[0][f"title_{self.lang}"])


def _percent(share: float, lang: str) -> str:
    """A share that is not broken before its sign."""
    return percent(share, lang).replace(" ", "\u00a0")
