"""Who has a deviation and who has not: cases, moments, and the place in the flow at which it could happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.blueprint.model import Rule, Standard
from mining.blueprint.stages import is_path
from mining.conformance import verdicts as v
from mining.conformance.instances import first_per_case, heads_of
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

NEVER = np.iinfo(np.int64).max
# Kinds whose chance grows with the time that a case is open: cases with them are long because they are, not because of them.
GROWS_WITH_TIME = ("extra", "repeated", "discontinuity")


@dataclass(frozen=True, eq=False)
class Group:
    """The cases of one finding.

    Attributes
    ----------
    finding_id, check, kind : str
    places : tuple of str
        Activities at which it could happen; empty where it has no place.
    has : bool array of shape (n_cases,)
        Has the deviation, and no allowance covers it.
    lacks : bool array of shape (n_cases,)
        The check judged the case, at the same place, and there is no such deviation.
    instance : int64 array of shape (n_cases,)
        Of the cases that have it the instance that first shows it; -1 where something is absent.
    design : str
        ``point`` or ``landmark``.
    """

    finding_id: str
    check: str
    kind: str
    places: tuple[str, ...]
    has: np.ndarray
    lacks: np.ndarray
    instance: np.ndarray
    design: str


class Deviating:
    """The findings of a study as groups of cases."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.x = study.instances

    @cached_property
    def groups(self) -> dict[str, Group]:
        """Finding id to its group, in the order of the findings."""
        findings = self.study.findings().frame
        rows = self._faults
        by_finding = dict(iter(rows.groupby("finding_id", sort=False))) if len(rows) else {}
        return {
            row.finding_id: self._group(row.finding_id, row.check, row.kind, by_finding[row.finding_id])
            for row in findings.itertuples()
        }

    @cached_property
    def _faults(self) -> pd.DataFrame:
        """Case, instance, place and verdict of every fault, with its finding."""
        named = self.study.deviations().frame
        checks = [check for check in self.study.checks if len(check.faults)]
        parts = [check.faults for check in checks]
        columns = (
            {name: np.concatenate([getattr(p, name) for p in parts]) for name in ("case", "instance")} if parts else {}
        )
        taken = named[["finding_id", "verdict", "activity", "partner"]]
        return taken.assign(**columns)

    def _group(self, finding: str, check_id: str, kind: str, faults: pd.DataFrame) -> Group:
        check = next(c for c in self.study.checks if c.id == check_id)
        n = self.x.n_cases
        open_ = faults[faults["verdict"] == "fail"]
        has, touched = np.zeros(n, bool), np.zeros(n, bool)
        has[open_["case"]] = True
        touched[faults["case"]] = True
        places = self._places(check_id, kind, faults)
        judged = np.isin(check.verdict, (v.PASS, v.FAIL, v.ALLOWED))
        lacks = judged & ~touched
        if is_path(check_id) and kind not in GROWS_WITH_TIME:
            for place in places:
                lacks &= self.occurs(place)
        instance = np.full(n, v.NONE, np.int64)
        shown = open_[open_["instance"] != v.NONE].sort_values(["case", "instance"], kind="stable")
        first = shown.drop_duplicates("case")
        instance[first["case"]] = first["instance"]
        grows = bool(set(kind.split("+")) & set(GROWS_WITH_TIME)) and bool((instance[has] != v.NONE).all())
        return Group(finding, check_id, kind, places, has, lacks, instance, "landmark" if grows else "point")

    def _places(self, check: str, kind: str, faults: pd.DataFrame) -> tuple[str, ...]:
        """The activities at which it could happen: of a standard where its time begins, of a rule all it names."""
        spec = self.study.blueprint.checks.get(check)
        if isinstance(spec, Standard):
            names = [*(spec.start or spec.of)]
        elif isinstance(spec, Rule):
            names = [spec.a, *([spec.b] if spec.b else [])]
        else:
            names = [*faults["activity"].dropna().unique(), *faults["partner"].dropna().unique()]
        return tuple(dict.fromkeys(name for name in names if name in self.x.code))

    def occurs(self, activity: str) -> np.ndarray:
        """Cases in which an activity was completed (bool, one per case)."""
        found = np.zeros(self.x.n_cases, bool)
        found[self.x.case[self.x.of(activity)]] = True
        return found

    @cached_property
    def entry(self) -> Mapping[str, np.ndarray]:
        """Per finding the moment at which each case came to the place (microseconds UTC): the step before was done.

        That step is the one that most often comes just before the place in cases without the deviation. Where a case lacks it, or
        nothing comes before, the moment is the beginning of the case. A standard on the time from one step to another has its place where
        its clock starts: what happened before is known, and is none of the deviation.
        """
        return {id: self._entry(group) for id, group in self.groups.items()}

    def _entry(self, group: Group) -> np.ndarray:
        x = self.x
        begin = x.case_start
        spec = self.study.blueprint.checks.get(group.check)
        if isinstance(spec, Standard) and spec.start:
            rows = x.of(*(name for name in spec.start if name in x.code))
            if not len(rows):
                return begin
        else:
            before = self._step_before(group)
            if before is None:
                return begin
            rows = x.of(x.names[before])
        first = first_per_case(x.case[rows], x.end[rows], x.n_cases)
        return np.where(first == MISSING, begin, np.maximum(first, begin))

    def _step_before(self, group: Group) -> int | None:
        """Name of the step that most often comes just before the place, in cases without the deviation; None where none does."""
        x = self.x
        rows = x.of(*group.places) if group.places else np.empty(0, np.int64)
        rows = rows[heads_of(x.case[rows])] if len(rows) else rows
        rows = rows[group.lacks[x.case[rows]]]
        inner = rows[rows > x.offsets[x.case[rows]]]
        if len(inner) * 2 <= len(rows) or not len(inner):
            return None
        known = x.activity[inner - 1]
        codes = [x.code[name] for name in group.places]
        known = known[~np.isin(known, codes)]
        return int(np.bincount(known).argmax()) if len(known) else None

    @cached_property
    def first_moment(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Ids of the findings, and per case and finding when it happened (microseconds UTC, ``NEVER`` where it did not)."""
        table = np.full((self.x.n_cases, len(self.groups)), NEVER, np.int64)
        for k, (id, group) in enumerate(self.groups.items()):
            shown = group.has & (group.instance != v.NONE)
            table[shown, k] = self.x.order_time[group.instance[shown]]
            absent = group.has & (group.instance == v.NONE)
            table[absent, k] = self.entry[id][absent] + 1  # it was passed by after the step before
        return tuple(self.groups), table
