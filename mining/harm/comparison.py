"""Rows to be compared for one deviation: cases, moments, covariates, and what was measured before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mining.harm.covariates import HOUR, Known, Table
from mining.harm.groups import Deviating, Group
from mining.harm.landmark import RiskSets, Stretches
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False)
class Comparison:
    """Rows of cases that deviate, and of cases that they are compared with.

    Attributes
    ----------
    case : int64 array of shape (n_rows,)
    treated : bool array of shape (n_rows,)
    known : Table
        Covariates of the rows.
    before : float64 array of shape (n_rows,)
        Seconds that were measured before the deviation (the placebo outcome); NaN where not measured.
    hides : tuple of str
        Covariates that say the same as ``before`` and are left out where that is the outcome.
    spent : float64 array of shape (n_rows,)
        Seconds of the case that lie before the comparison begins: 0 for a point deviation.
    since : float64 array of shape (n_rows,) or None
        In a landmark design seconds from the beginning of the case to its deviation, infinite where it never deviates.
    scale : float
        Cases that deviate for each one among the rows.
    n_alone : int
        Cases that deviate without a like case.
    no_start : bool
        A landmark that had to be put at the completion of the deviating step.
    """

    case: np.ndarray
    treated: np.ndarray
    known: Table
    before: np.ndarray
    hides: tuple[str, ...]
    spent: np.ndarray
    since: np.ndarray | None
    scale: float
    n_alone: int
    no_start: bool

    def rows(self, keep: np.ndarray) -> Comparison:
        """Some of the rows."""
        parts = {name: getattr(self, name)[keep] for name in ("case", "treated", "before", "spent")}
        since = None if self.since is None else self.since[keep]
        return replace(self, **parts, known=replace(self.known, values=self.known.values[keep]), since=since)

    def covariates(self, *, placebo: bool = False) -> np.ndarray:
        """Columns of the covariates; for the placebo without those that say the same."""
        keep = [k for k, name in enumerate(self.known.names) if not (placebo and name in self.hides)]
        return self.known.values[:, keep]


class Comparisons:
    """The comparisons of all findings of a study."""

    def __init__(self, study: Study, known: Known, deviating: Deviating, seed: int) -> None:
        self.study, self.known, self.deviating, self.seed = study, known, deviating, seed
        self.begin = study.instances.case_start
        self._of, self._made = "", dict[tuple[str, bytes], RiskSets]()

    @cached_property
    def stretches(self) -> Stretches:
        """The lives of the cases in stretches."""
        return Stretches(self.study, self.deviating)

    def of(self, group: Group, measured: np.ndarray) -> Comparison:
        """The rows of a finding, among the cases in which the outcome is measured.

        Parameters
        ----------
        group : Group
        measured : bool array of shape (n_cases,)
        """
        measured = measured & (self.begin != MISSING)
        return self._landmark(group, measured) if group.design == "landmark" else self._point(group, measured)

    def _point(self, group: Group, measured: np.ndarray) -> Comparison:
        case = np.flatnonzero(measured & (group.has | group.lacks))
        moment = self.deviating.entry[group.finding_id][case]
        known = self.known.at(case, moment, group)
        before = (moment - self.begin[case]) / MICROSECONDS
        before = before if (before > 0).mean() > 0.5 else np.full(len(case), np.nan)
        return Comparison(
            case, group.has[case], known, before, ("time so far",), np.zeros(len(case)), None, 1.0, 0, no_start=False
        )

    def moved(self, group: Group, measured: np.ndarray) -> Comparison:
        """The rows of a landmark design with cases that went on by another step at about the same time."""
        measured = measured & (self.begin != MISSING)
        return self._rows_of(group, measured, self.stretches.moved(self._sets(group, measured), group, measured))

    def _landmark(self, group: Group, measured: np.ndarray) -> Comparison:
        return self._rows_of(group, measured, self._sets(group, measured))

    def _sets(self, group: Group, measured: np.ndarray) -> RiskSets:
        """The risk sets of a deviation, made once for all that compares with them: those of the finding before are given up."""
        key = (group.finding_id, measured.tobytes())
        if self._of != group.finding_id:
            self._of, self._made = group.finding_id, {}
        if key not in self._made:
            self._made[key] = self.stretches.sets(group, measured, self.seed)
        return self._made[key]

    def _rows_of(self, group: Group, measured: np.ndarray, found: RiskSets) -> Comparison:
        moment = self.begin[found.case] + found.elapsed
        known = self.known.at(found.case, moment, group)
        in_state = np.log1p(np.maximum(found.elapsed - found.entered, 0) / HOUR)
        known = Table(
            (*known.names, "steps so far", "time in state"),
            (*known.what, "state", "steps so far", "time in state"),
            np.column_stack([known.values, np.log1p(found.steps), in_state]),
        )
        before = np.where(found.before == MISSING, np.nan, found.before / MICROSECONDS)
        n_all = int((group.has & measured).sum())
        starts = self.stretches.begun(group)
        return Comparison(
            found.case, found.treated, known, before, (), found.elapsed / MICROSECONDS, found.since,
            n_all / max(found.n_drawn, 1), round(found.n_alone * n_all / max(found.n_drawn, 1)), no_start=not starts,
        )  # fmt: skip
