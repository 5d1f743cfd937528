"""Draw a sample from a study: one order of all cases by hash, of which every test takes the first cases that concern it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.conformance.verdicts import NOT_APPLICABLE
from mining.errors import LogError, MiningError, UnknownNameError
from mining.sampling.monetary import MonetarySelection, monetary_interval, monetary_selection
from mining.sampling.order import frame_hash, order_hash, ranks
from mining.sampling.plan import SamplePlan
from mining.sampling.sample import (
    BINOMIAL,
    BLANK,
    CERTAIN,
    CLASS,
    COMPLETENESS,
    DISCOVERY,
    DRAWN,
    EXACT,
    HYPERGEOMETRIC,
    MONETARY,
    OCCURRENCE,
    STRINGER,
    WEIGHTED,
    WILSON,
    Sample,
)
from mining.sampling.sizes import FINITE, attribute_size, discovery_size, upper_limit
from mining.sampling.strata import enough, strata_of
from mining.suppression import K

if TYPE_CHECKING:
    from mining.findings import Findings
    from mining.study import Study

Notes = list[tuple[str, dict[str, Any]]]


def draw(study: Study, plan: SamplePlan | None = None, findings: Findings | None = None) -> Sample:
    """Draw the cases that people compare with their sources.

    All cases are put into one order, by the SHA-256 of the seed, a zero byte and the case id. The test of log to source takes the first
    cases of it (of each stratum), each class of deviations the first of its own cases, and so on: each is a simple random sample of
    what it asks about, and a case that one test drew is the likeliest to be drawn by another, so few files must be opened. Cases with many
    faults are not preferred: that would let the classes that stand beside others look unlike what they are.

    Parameters
    ----------
    study : Study
    plan : SamplePlan, optional
        By default 59 cases for log to source, and of every class 16 or all.
    findings : Findings, optional
        Whose classes are tested; by default all of the study, also those that keep their promise or are allowed.

    Returns
    -------
    Sample

    Raises
    ------
    UnknownNameError
        For an attribute or check that there is not.
    LogError
        If the attribute of amounts holds no numbers.
    MiningError
        If more cases of a check must not stay unseen than there are.

    Examples
    --------
    >>> found = draw(study, SamplePlan(seed="2026-03"))
    >>> found.tests.loc[found.tests["test"] == "occurrence", ["n_population", "n_drawn"]].values.tolist()
    [[2000, 59]]
    """
    plan = plan or SamplePlan()
    work = _Work(study, plan, plan.seed or study.log.source.sha256)
    work.occurrence()
    work.completeness()
    work.classes(study.findings() if findings is None else findings)
    for check, items in plan.discovery.items():
        work.discovery(check, items)
    monetary = work.monetary() if plan.amount else None
    frame = work.frame()
    whole = frame_hash(work.ids)
    provenance = study.provenance(
        "sample",
        seed=work.seed,
        frame=whole,
        N=len(work.ids),
        n=int(frame.loc[frame["test"] != COMPLETENESS, "case_id"].nunique()),
        strata=[f"{s.stratum} {s.n_drawn:,} of {s.n_population:,}" for s in work.strata.itertuples()],
        confidence=plan.confidence,
    )
    tests = pd.DataFrame(work.tests).astype({"n_population": "Int64"})
    names = {activity.id: activity.name for activity in study.blueprint.activities}
    return Sample(frame, provenance, plan, work.seed, whole, tests, work.strata, monetary, tuple(work.said), names)


@dataclass
class _Work:
    """A draw while it is made: parts of the sheet, one per test."""

    study: Study
    plan: SamplePlan
    seed: str
    parts: list[pd.DataFrame] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    said: Notes = field(default_factory=list)
    strata: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["stratum", "n_population", "n_drawn"]))

    def __post_init__(self) -> None:
        self.ids = list(map(str, self.study.log.case_ids))
        self.rank = ranks(self.seed, self.ids)
        self.first = self._first_steps()

    def _first_steps(self) -> pd.DataFrame:
        """Row, activity and moment of the first step of each case; missing for cases without any."""
        instances = self.study.instances
        offsets = instances.offsets[:-1]
        filled = np.flatnonzero(np.diff(instances.offsets) > 0)
        at = offsets[filled]
        found = pd.DataFrame(
            {
                "row": pd.Series(instances.row[at], filled, dtype="Int64"),
                "activity": pd.Series(np.array(instances.names, object)[instances.activity[at]], filled, dtype=object),
                "at": pd.Series(
                    pd.DatetimeIndex(instances.order_time[at].view("datetime64[us]")).tz_localize("UTC"), filled
                ),
            }
        )
        return found.reindex(np.arange(len(offsets)))

    def add(
        self,
        test: str,
        finding: str,
        cases: np.ndarray,
        population: np.ndarray,
        wanted: int,
        method: str,
        stratum: Any = "",
    ) -> None:
        """The cases drawn for a test, of those that could be drawn; by their first step."""
        part = self.first.iloc[cases].reset_index(drop=True)
        self.parts.append(part.assign(test=test, finding_id=finding, case=cases, stratum=stratum))
        self.count(test, finding, len(cases), population, wanted, method)

    def count(self, test: str, finding: str, drawn: int, population: np.ndarray, wanted: int, method: str) -> None:
        """Keep what was drawn for a test, out of what."""
        ids = self.ids if len(population) == len(self.ids) else [self.ids[i] for i in population.tolist()]
        self.tests.append(
            {
                "test": test,
                "finding_id": finding,
                "n_population": len(population),
                "n_wanted": wanted,
                "n_drawn": drawn,
                "whole": drawn == len(population),
                "method": method,
                "frame_hash": frame_hash(ids),
            }
        )

    def first_of(self, population: np.ndarray, n: int) -> np.ndarray:
        """The first ``n`` cases in the order of the draw."""
        return population[np.argsort(self.rank[population])][:n]

    def occurrence(self) -> None:
        """Log to source: did what is recorded happen so?"""
        plan, everyone = self.plan, np.arange(len(self.ids))
        n = min(plan.attribute_n, len(everyone))
        if plan.stratify_by:
            self._stratified(everyone, n)
            return
        finite = n > FINITE * len(everyone)
        if finite:
            n = attribute_size(plan.tolerable, plan.confidence, plan.expected_errors, len(everyone))
        self.add(OCCURRENCE, "", self.first_of(everyone, n), everyone, n, HYPERGEOMETRIC if finite else BINOMIAL)

    def _stratified(self, everyone: np.ndarray, n: int) -> None:
        plan = self.plan
        values = self._attribute("stratify_by")
        stratum = strata_of(values)
        codes, names = pd.factorize(stratum, sort=True)
        sizes = np.bincount(codes)
        seats = enough(
            sizes,
            n,
            lambda size: (
                size >= plan.expected_errors
                and upper_limit(plan.expected_errors, size, plan.confidence) <= plan.tolerable
            ),
        )
        sheet = pd.DataFrame({"case": everyone, "code": codes, "rank": self.rank}).sort_values(["code", "rank"])
        taken = sheet[sheet.groupby("code").cumcount().to_numpy() < seats[sheet["code"].to_numpy()]]
        cases = taken["case"].to_numpy()
        self.strata = pd.DataFrame({"stratum": np.asarray(names, object), "n_population": sizes, "n_drawn": seats})
        method = HYPERGEOMETRIC if len(cases) == len(everyone) else WEIGHTED
        self.add(OCCURRENCE, "", cases, everyone, n, method, stratum[cases])
        merged = pd.Series(values).nunique(dropna=False) - len(names)
        if merged:
            self.said.append(("sampling.note.merged", {"n": f"{merged + 1:,}", "k": K, "by": plan.stratify_by}))
        if len(cases) > n:
            self.said.append(
                ("sampling.note.raised", {"n": f"{n:,}", "drawn": f"{len(cases):,}", "strata": f"{len(names):,}"})
            )

    def completeness(self) -> None:
        """Source to log: empty lines for documents that people draw from the source, since what the log lacks is not in it."""
        n = self.plan.attribute_n
        digits = max(len(str(n)), 3)
        part = pd.DataFrame({"stratum": "", "case_id": [f"document-{i:0{digits}}" for i in range(1, n + 1)]})
        self.parts.append(part.assign(test=COMPLETENESS, finding_id=""))
        self.tests.append(
            {
                "test": COMPLETENESS, "finding_id": "", "n_population": None, "n_wanted": n, "n_drawn": n, "whole": False,
                "method": BINOMIAL, "frame_hash": "",
            }
        )  # fmt: skip

    def classes(self, findings: Findings) -> None:
        """Per finding: is what the log shows as a deviation one in the source?"""
        wanted, order = self.plan.class_n, list(dict.fromkeys(findings.frame["finding_id"]))
        faults = self.study.deviations().frame
        if not order or not len(faults):
            return
        place = {id: i for i, id in enumerate(order)}
        sheet = pd.DataFrame(
            {
                "class": faults["finding_id"].map(place),
                "case": pd.Index(self.ids).get_indexer(pd.Index(faults["case_id"].astype(str))),
                "fault": np.arange(len(faults)),
            }
        ).dropna(subset="class")
        sheet["rank"] = self.rank[sheet["case"].to_numpy()]
        sheet = sheet.sort_values(["class", "rank", "fault"]).drop_duplicates(["class", "case"])
        taken = sheet[sheet.groupby("class").cumcount() < wanted]
        first = self.first.iloc[taken["case"].to_numpy()].reset_index(drop=True)
        shown = faults.iloc[taken["fault"].to_numpy()].reset_index(drop=True)
        part = pd.DataFrame(
            {
                "row": shown["row"].astype("Int64").fillna(first["row"]),
                "activity": shown["activity"].astype(object).where(shown["activity"].notna(), ""),
                "at": shown["at"],
                "finding_id": shown["finding_id"],
                "case": taken["case"].to_numpy(),
            }
        )
        self.parts.append(part.assign(test=CLASS, stratum=""))
        populations = dict(iter(sheet.groupby("class")["case"]))
        small = 0
        for i, id in enumerate(order):
            if i in populations:
                population = populations[i].to_numpy()
                whole = len(population) <= wanted
                self.count(CLASS, id, min(wanted, len(population)), population, wanted, EXACT if whole else WILSON)
                small += len(population) < wanted
        if small:
            self.said.append(("sampling.note.whole", {"n": f"{small:,}", "size": f"{wanted:,}"}))

    def discovery(self, check: str, items: int) -> None:
        """A check without any fault: is it only that the log does not show them?"""
        checks = {each.id: each for each in self.study.checks}
        if check not in checks:
            raise UnknownNameError("check", check, checks, "sampling: discovery")
        found = checks[check]
        if n := len(np.unique(found.faults.case)):
            self.said.append(("sampling.note.not_rare", {"check": check, "n": f"{n:,}"}))
            return
        population = np.flatnonzero(found.verdict != NOT_APPLICABLE)
        if items > len(population):
            raise MiningError(
                f"sampling: discovery: {check} is {items:,}, and the check applies to {len(population):,} cases of the log. "
                "Give a number of cases that is at most that, or leave the check out."
            )
        wanted = discovery_size(len(population), items, self.plan.confidence)
        self.add(DISCOVERY, check, self.first_of(population, wanted), population, wanted, HYPERGEOMETRIC)

    def monetary(self) -> MonetarySelection:
        """Every unit of money has the same chance."""
        plan, amounts = self.plan, self._amounts()
        interval = monetary_interval(plan.tolerable_amount, plan.confidence, plan.expected_errors)
        found = monetary_selection(amounts, interval, self.ids, self.seed)
        cases = np.r_[found.certain, found.picked]
        stratum = np.r_[np.full(len(found.certain), CERTAIN, object), np.full(len(found.picked), DRAWN, object)]
        order = np.argsort(self.rank[cases])
        self.add(MONETARY, "", cases[order], np.flatnonzero(amounts > 0), len(cases), STRINGER, stratum[order])
        if found.left_out:
            values = {
                "negative": found.n_negative,
                "zero": found.n_zero,
                "missing": found.n_missing,
                "amount": found.total_negative,
            }
            self.said.append(("sampling.note.amounts", {name: f"{value:,.10g}" for name, value in values.items()}))
        return found

    def _amounts(self) -> np.ndarray:
        values = self._attribute("amount")
        if values.dtype.kind != "f":
            raise LogError(
                f"sampling: amount: {self.plan.amount!r} holds no numbers. Bind it in the blueprint's log part with type: number."
            )
        return values

    def _attribute(self, key: str) -> np.ndarray:
        name, known = getattr(self.plan, key), self.study.log.binding.attributes
        if name not in known:
            raise UnknownNameError("attribute", name, known, f"sampling: {key}")
        return self.study.log.attribute(name)

    def frame(self) -> pd.DataFrame:
        """The whole sheet."""
        sheet = pd.concat([part.assign(part=i) for i, part in enumerate(self.parts)], ignore_index=True)
        case = sheet["case"].to_numpy(float) if "case" in sheet else np.full(len(sheet), np.nan)
        known = np.flatnonzero(~np.isnan(case))
        places = case[known].astype(np.int64)
        ids = sheet["case_id"].astype(object).to_numpy().copy()
        ids[known] = np.array(self.ids, object)[places]
        order = np.full(len(sheet), "", object)
        order[known] = [order_hash(self.seed, id) for id in ids[known].tolist()]
        amount = np.full(len(sheet), np.nan)
        if self.plan.amount:
            amount[known] = self._amounts()[places]
        made = {name: sheet[name] for name in ("test", "finding_id", "stratum")} | {
            "case_id": ids,
            "row": sheet["row"].astype("Int64"),
            "activity": sheet["activity"].astype(object).where(sheet["activity"].notna(), ""),
            "at": pd.to_datetime(sheet["at"], utc=True),
            "order": order,
            "amount": amount,
        }
        return pd.DataFrame(made | dict.fromkeys(BLANK, ""))[list(Sample.columns)]
