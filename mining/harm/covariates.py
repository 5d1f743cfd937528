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
        if name in self.outcomes:
            return "an outcome"
        if self.asked is not None:
            return "" if name in self.asked else "not asked for"
        if bound.type == "datetime":
            return "a date"
        if bound.column == self.study.log.binding.resource:
            return "who did the work"
        if name in self._results:
            return "read by a check as a result"
        value = self.x.attribute(name)
        has_steps = np.diff(self.x.offsets) > 0
        known = has_steps & ~is_missing(value)
        if not known.any():
            return "no value"
        at_first = ~is_missing(self.x.values(name)[self.x.offsets[:-1][known]])
        share = 1 - at_first.mean()
        if share > LATE_SHARE:
            return f"recorded after the first step in {100 * share:.0f} % of the cases that have it"
        return ""

    @cached_property
    def _results(self) -> set[str]:
        """Attributes that checks read as the result of a step."""
        blueprint = self.study.blueprint
        found = {s.attr for s in blueprint.standards} | {s.due for s in blueprint.standards}
        for activity in blueprint.activities:
            if activity.touchpoint:
                found |= {proof.attr for proof in activity.touchpoint.proofs}
                found |= {condition.attr for condition in activity.touchpoint.fails_when}
        return {name for name in found if name}

    def _attribute(self, name: str) -> Table:
        value, kind = self.x.attribute(name), self.study.log.binding.attributes[name].type
        if kind == "number":
            number = value.astype(float)
            lost = np.isnan(number)
            if lost.all() or np.nanmin(number) == np.nanmax(number):
                return Table((), (), np.empty((len(value), 0)))
            filled = np.where(lost, np.nanmedian(number), number)
            columns = [filled] + ([lost.astype(float)] if lost.any() else [])
            return Table((name, f"{name} missing")[: len(columns)], (name,), np.column_stack(columns))
        codes, distinct = self.x.coded(name)
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


def names_of(table: Table) -> str:
    """Covariates as a table says them: earlier deviations are counted, not listed."""
    plain = [name for name in table.what if not name.startswith("earlier ")]
    earlier = len(table.what) - len(plain)
    return ", ".join([*plain, *([f"{earlier} earlier deviations"] if earlier else [])])
