"""What was known of a case before a moment: attributes, calendar, load, time and steps so far, earlier deviations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.conformance.conditions import is_missing
from mining.errors import UnknownNameError
from mining.harm.groups import Deviating, Group
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study

MOST_LEVELS = 12  # levels of an attribute that are told apart
LEVEL_SHARE, LEVEL_CASES = 0.01, 20  # a level needs so many cases; others are one
LATE_SHARE = 0.05  # an attribute that more cases than this lack at their first step is recorded afterwards
EARLIER_CASES = 20  # earlier deviations count as covariates where at least so many rows have them
HOUR = 3600 * MICROSECONDS


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of numbers with their names; ``what`` are the names for people, without levels."""

    names: tuple[str, ...]
    what: tuple[str, ...]
    values: np.ndarray


class Known:
    """What was known of the cases of a study.

    Parameters
    ----------
    study : Study
    deviating : Deviating
    attributes : sequence of str, optional
        Attributes to adjust for. Default: all that are bound, known at the first step, and read by no check as a result.

    results : collection of str
        Attributes that are outcomes: no covariates of each other, even if asked for.

    Raises
    ------
    UnknownNameError
        If there is no such attribute.
    """

    def __init__(
        self,
        study: Study,
        deviating: Deviating,
        attributes: Sequence[str] | None = None,
        *,
        results: Collection[str] = (),
    ) -> None:
        self.study, self.deviating, self.x, self.outcomes = study, deviating, study.instances, results
        bound = study.log.binding.attributes
        for name in attributes or ():
            if name not in bound:
                raise UnknownNameError("attribute", name, bound, where="covariates")
        self.asked = attributes
        self.left_out: dict[str, str] = {}
        self._outcome_columns = {bound[name].column for name in results if name in bound}

    @cached_property
    def columns(self) -> dict[str, Table]:
        """Attribute to its columns; why others are left out is in ``left_out``."""
        found = {}
        for name in self.study.log.binding.attributes:
            if why := self._why_not(name):
                self.left_out[name] = why
                continue
            table = self._attribute(name)
            if table.values.shape[1]:
                found[name] = table
            else:
                self.left_out[name] = "one value in all cases, or too few cases of each"
        return found

    def _why_not(self, name: str) -> str:
        """Why an attribute is no covariate; empty where it is one."""
        bound = self.study.log.binding.attributes[name]
        if name in self.outcomes or bound.column in self._outcome_columns:
            return "an outcome"
        if self.asked is not None:
            return "" if name in self.asked else "not asked for"
        if bound.type == "datetime":
            return "a date"
        if bound.column == self.study.log.binding.resource:
            return "who did the work"
        if bound.column in self._result_columns:
            return "read by a check as a result"
        known = (np.diff(self.x.offsets) > 0) & ~is_missing(self.x.attribute(name))
        if not known.any():
            return "no value"
        share = 1 - self._at_first(name)[known].mean()
        if share > LATE_SHARE:
            return f"recorded after the first step in {100 * share:.0f} % of the cases that have it"
        return ""

    def _at_first(self, name: str) -> np.ndarray:
        """Cases that have a value of an attribute at their first step (bool array)."""
        has_steps = np.diff(self.x.offsets) > 0
        found = np.zeros(self.x.n_cases, bool)
        found[has_steps] = ~is_missing(self.x.values(name)[self.x.offsets[:-1][has_steps]])
        return found

    @cached_property
    def undated(self) -> tuple[str, ...]:
        """Covariates that the log does not show to be known before a deviation: the same on every row of a case, or recorded late."""
        from mining.causes.known import EXPORTED, seen_first

        found = []
        for name in self.columns:
            known = ~is_missing(self.x.attribute(name))
            late = 1 - self._at_first(name)[known].mean() > LATE_SHARE
            if late or seen_first(self.study, name).how == EXPORTED:
                found.append(name)
        return tuple(found)

    @cached_property
    def _result_columns(self) -> set[str]:
        """Columns of the attributes that checks read as the result of a step."""
        blueprint, bound = self.study.blueprint, self.study.log.binding.attributes
        found = {s.attr for s in blueprint.standards} | {s.due for s in blueprint.standards}
        for activity in blueprint.activities:
            if activity.touchpoint:
                found |= {proof.attr for proof in activity.touchpoint.proofs}
                found |= {condition.attr for condition in activity.touchpoint.fails_when}
        return {bound[name].column for name in found if name in bound}

    def _attribute(self, name: str) -> Table:
        """Columns of an attribute; by default only what the first step had, so that nothing is known too early."""
        known = self._at_first(name) if self.asked is None else np.ones(self.x.n_cases, bool)
        if self.study.log.binding.attributes[name].type == "number":
            return _number(name, np.where(known, self.x.attribute(name).astype(float), np.nan))
        codes, distinct = self.x.coded(name)
        codes = np.where(known, codes, -1)
        counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
        least = max(LEVEL_CASES, LEVEL_SHARE * len(codes))
        often = [int(k) for k in np.argsort(-counts, kind="stable")[: MOST_LEVELS + 1] if counts[k] >= least]
        rest = len(codes) - counts[often].sum()
        if rest < least:
            often = often[1:]  # the commonest is what the others are compared with
        columns = [(codes == k).astype(float) for k in often[:MOST_LEVELS]]
        names = tuple(f"{name} = {distinct[k]}" for k in often[:MOST_LEVELS])
        return Table(names, (name,), np.column_stack(columns) if columns else np.empty((len(codes), 0)))

    def at(self, case: np.ndarray, moment: np.ndarray, group: Group) -> Table:
        """What was known of cases at moments: one row each.

        Parameters
        ----------
        case : int64 array of shape (n,)
        moment : int64 array of shape (n,)
            Microseconds UTC.
        group : Group
            The deviation that is studied: what is about it, or about its channel, is left out.
        """
        skip = "channel" if "wrong_channel" in group.kind else ""
        tables = [table for name, table in self.columns.items() if name != skip]
        columns = [table.values[case] for table in tables]
        names = [name for table in tables for name in table.names]
        what = [name for table in tables for name in table.what]
        for name, column in (*self._calendar(case, moment), *self._earlier(case, moment, group)):
            columns.append(column[:, None])
            names.append(name)
            what.append(name)
        return Table(tuple(names), tuple(dict.fromkeys(what)), np.hstack(columns))

    def _calendar(self, case: np.ndarray, moment: np.ndarray) -> list[tuple[str, np.ndarray]]:
        begin = self.x.case_start[case]
        local = pd.DatetimeIndex(moment.view("datetime64[us]")).tz_localize("UTC").tz_convert(self.study.blueprint.tz)
        return [
            ("day", (begin - self.x.case_start[self.x.case_start != MISSING].min()) / (24 * HOUR)),
            ("weekday", np.asarray(local.day_of_week, float)),
            ("hour", np.asarray(local.hour + local.minute / 60, float)),
            ("cases open", np.log1p(self.open_at(moment))),
            ("time so far", np.log1p(np.maximum(moment - begin, 0) / HOUR)),
        ]

    @cached_property
    def _borders(self) -> tuple[np.ndarray, np.ndarray]:
        begin, end = self.x.case_start, np.where(self.study.is_open, self.x.now + 1, self.x.case_end)
        known = begin != MISSING
        return np.sort(begin[known]), np.sort(end[known])

    def open_at(self, moment: np.ndarray) -> np.ndarray:
        """How many cases were open (int array)."""
        begins, ends = self._borders
        return np.searchsorted(begins, moment, "left") - np.searchsorted(ends, moment, "left")

    def _earlier(self, case: np.ndarray, moment: np.ndarray, group: Group) -> list[tuple[str, np.ndarray]]:
        ids, table = self.deviating.first_moment
        when = moment[:, None]  # a point design stands at the end of the step before: what that step was is known
        before = table[case] <= when if group.design == "point" else table[case] < when
        often = [k for k in np.flatnonzero(before.sum(axis=0) >= EARLIER_CASES) if ids[k] != group.finding_id]
        return [(f"earlier {ids[k]}", before[:, k].astype(float)) for k in often]


def _number(name: str, value: np.ndarray) -> Table:
    """A number, divided by the largest so that no square of it overflows, and where it is missing; no columns where it does not vary."""
    lost = np.isnan(value)
    if lost.all():
        return Table((), (), np.empty((len(value), 0)))
    largest = np.nanmax(np.abs(value))
    value = value / largest if largest > 0 else value
    filled = np.where(lost, np.nanmedian(value), value)
    columns = [filled] if np.nanmin(value) < np.nanmax(value) else []
    names = [name] * len(columns)
    if min(lost.sum(), (~lost).sum()) >= LEVEL_CASES:
        columns.append(lost.astype(float))
        names.append(f"{name} missing")
    return Table(tuple(names), (name,), np.column_stack(columns) if columns else np.empty((len(value), 0)))


def names_of(table: Table) -> str:
    """Covariates as a table says them: earlier deviations are counted, not listed."""
    plain = [name for name in table.what if not name.startswith("earlier ")]
    earlier = len(table.what) - len(plain)
    return ", ".join([*plain, *([f"{earlier} earlier deviations"] if earlier else [])])
