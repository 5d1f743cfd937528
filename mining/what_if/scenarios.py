"""What may be changed: each scenario checks its own values, then those of the study, and says what it changes in a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.blueprint.model import Standard as Promise
from mining.conformance.standards import TIMED, cannot_answer
from mining.errors import LogError, MiningError, UnknownNameError
from mining.units import MICROSECONDS, Duration
from mining.what_if.measures import Judged
from mining.what_if.runs import Change, Shift, Staff, Swap

if TYPE_CHECKING:
    from mining.what_if.model import Model

HOW = ("measured", "priority", "met")
LEAST_ALIKE = 5  # templates of a kind, below which nothing can be made of them


@dataclass(frozen=True)
class Capacity:
    """Other people in a pool: ``add`` to those at work, or ``factor`` times as many, in the hours of a calendar of the blueprint.

    ``add`` counts while anybody of the pool is at work; ``factor`` is rounded to whole people at each moment, before ``add``. With
    ``hours`` the pool is at work in the open hours of that calendar and at no other time, each time with at least as many people as it
    has on average.

    Examples
    --------
    >>> Capacity("clerk", add=1)
    Capacity(role='clerk', add=1, factor=1.0, hours=None)
    """

    role: str
    add: int = 0
    factor: float = 1.0
    hours: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.add, bool) or not isinstance(self.add, int):
            raise MiningError(f"Capacity of {self.role!r}: add={self.add!r} is not a whole number of people.")
        if not _number(self.factor) or not 0 < self.factor <= 100:
            raise MiningError(f"Capacity of {self.role!r}: factor={self.factor!r} is not between 0 and 100.")
        if self.add == 0 and self.factor == 1 and self.hours is None:
            raise MiningError(f"Capacity of {self.role!r} changes nothing. Give add, factor or hours.")

    def change(self, model: Model) -> Change:
        """What it changes in a run."""
        calendars = model.study.calendars
        if self.hours is not None and self.hours not in calendars:
            raise UnknownNameError("calendar", self.hours, calendars, where=model.study.blueprint.id)
        return Change(staff=(Staff(model.pool(self.role), self.add, self.factor, self.hours),))


@dataclass(frozen=True)
class Standard:
    """Another limit ``within`` of a time standard (default: its own), and what is done to keep it.

    ``how="measured"``: nothing; the share of the cases that would keep it as things are. ``"priority"``: the steps that it ends with are
    taken first wherever people are short; what others lose by that is in the throughput times. ``"met"``: every breach is brought down
    to the limit, an upper bound of what keeping it could give (nothing is counted for the people that this sets free or needs). Other
    standards in business time are then not measured, since what comes later in the case lies at other hours than anybody worked.

    Examples
    --------
    >>> Standard("S1", within="4bh").within
    '4bh'
    """

    id: str
    within: str | None = None
    how: str = "measured"

    def __post_init__(self) -> None:
        if self.how not in HOW:
            raise UnknownNameError("how", self.how, HOW, where=f"Standard {self.id}")
        if self.within is not None:
            Duration.parse(self.within)
        elif self.how == "measured":
            raise MiningError(
                f'Standard {self.id!r} changes nothing. Give within, such as "4bh", or how="priority" or "met".'
            )

    def promise(self, model: Model) -> Promise:
        """The standard of the blueprint with its new limit."""
        study = model.study
        timed = {s.id: s for s in study.blueprint.standards if s.metric in TIMED}
        if self.id not in timed:
            raise UnknownNameError("time standard", self.id, timed, where=study.blueprint.id)
        spec = timed[self.id]
        why = cannot_answer(spec, study.blueprint, study.instances)
        if why is not None:
            from mining.texts import say

            raise LogError(f"{study.log.source.path}: standard {self.id}: {say(why[0], 'en', **why[1])}")
        if self.within is None:
            return spec
        if spec.metric == "due_date":
            raise MiningError(
                f"Standard {self.id!r} is a due date that the log keeps per case ({spec.due}); it has no limit to change. "
                'Ask for how="met" or "priority" without within.'
            )
        limit = Duration.parse(self.within)
        if limit.in_business_time and spec.calendar is None:
            raise MiningError(
                f"Standard {self.id!r} has no calendar in the blueprint, so {self.within} has no meaning. Give h, d or w."
            )
        return replace(spec, limit=limit)

    def change(self, model: Model) -> Change:
        """What it changes in a run."""
        promise = self.promise(model)
        if self.how == "met":
            return Change(met=(promise,))
        if self.how == "measured":
            return Change()
        if not model.limited:
            raise LogError(
                f"{model.study.log.source.path}: no pool of people limits what is done in this log (see the table of the model), so "
                'nothing can be taken before anything else. Ask for how="met".'
            )
        ends = [name for name in (*promise.of, *promise.end) if name in model.study.instances.code]
        if not ends:
            raise MiningError(f"Standard {self.id!r} ends with no step that could be taken first.")
        return Change(urgent=frozenset(model.study.instances.code[name] for name in ends))


@dataclass(frozen=True)
class Routing:
    """Another share of the cases that take a step, or an option of a decision in the flow.

    ``step``: id of an activity; or, with ``option``, the path of a decision as ``study.branches()`` lists it: the cases that took any of
    the first steps of that option. ``like``: attributes in whose values cases must agree to stand in for one another.
    """

    step: str
    share: float
    option: str | None = None
    like: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _checked_share(f"Routing of {self.step!r}", self.share)
        object.__setattr__(self, "like", (self.like,) if isinstance(self.like, str) else tuple(self.like))

    def flags(self, model: Model) -> np.ndarray:
        """1 for templates with it, 0 for others."""
        x = model.study.instances
        names = [self.step]
        if self.option is not None:
            table = model.study.branches().frame
            rows = table[table["decision"] == self.step]
            if rows.empty:
                raise UnknownNameError("decision", self.step, table["decision"].unique(), model.study.blueprint.id)
            row = rows[rows["option"] == self.option]
            if row.empty:
                raise UnknownNameError("option", self.option, rows["option"], where=self.step)
            names = list(row["steps"].iloc[0])
            if not names:
                raise MiningError(
                    f"Option {self.option!r} of {self.step} has no step of its own. Give the share of the option that has one."
                )
        elif self.step not in x.code:
            raise UnknownNameError("activity", self.step, x.names, where=model.study.blueprint.id)
        has = np.zeros(x.n_cases, np.int8)
        has[x.case[x.of(*names)]] = 1
        return has[model.templates.case]

    def change(self, model: Model) -> Change:
        """What it changes in a run."""
        flags = self.flags(model)
        _checked_kinds(f"cases with {self.step!r}", flags, self.share, model)
        return Change(swaps=(Swap(flags, self.share, strata(model, self.like)),))


@dataclass(frozen=True)
class DeviationShare:
    """Another share of the judged cases with a deviation.

    Without ``effect`` the cases that no longer deviate are replaced by cases that did not, of equal values in the attributes ``like``, that
    arrived at a like hour of the week; what goes with the deviation and is not in ``like`` goes with it, as in every such comparison.
    With ``effect``, the adjusted effect in seconds on the throughput time as `mining.harm.effects_of` gives it (alone, or with its standard
    error), cases stay as they are and lose or get this effect, drawn anew in each run; shares within standards are then not known.
    """

    finding_id: str
    share: float
    effect: float | tuple[float, float] | None = None
    like: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _checked_share(f"Deviation {self.finding_id!r}", self.share)
        object.__setattr__(self, "like", (self.like,) if isinstance(self.like, str) else tuple(self.like))
        if self.effect is None:
            return
        value = self.effect if isinstance(self.effect, tuple) else (self.effect, 0.0)
        if len(value) != 2 or not all(map(_number, value)) or value[1] < 0:
            raise MiningError(
                f"Deviation {self.finding_id!r}: effect={self.effect!r} is neither a number of seconds nor a pair (effect, standard error)."
            )
        if self.like:
            raise MiningError(
                f"Deviation {self.finding_id!r}: give either effect or like: an effect is adjusted already."
            )

    def flags(self, model: Model) -> np.ndarray:
        """1 for templates with the deviation (not allowed), 0 for others that its check judges, -1 for the rest."""
        study = model.study
        faults = study.deviations().frame
        mine = faults[faults["finding_id"] == self.finding_id]
        if mine.empty:
            raise UnknownNameError("finding", self.finding_id, faults["finding_id"].unique(), study.blueprint.id)
        check = str(mine["check"].iloc[0])
        spec = study.blueprint.checks.get(check)
        if isinstance(spec, Promise) and spec.metric in TIMED:
            raise MiningError(
                f"Finding {self.finding_id} is that standard {check} is not kept, which is a result of the simulation, not a setting. "
                f'Ask for Standard({check!r}, how="met") or how="priority".'
            )
        cases = mine.loc[mine["verdict"] == "fail", "case_id"].unique()
        places = pd.Index(np.asarray(study.log.case_ids)).get_indexer(cases)
        return Judged(model).flags(check, places)

    def change(self, model: Model) -> Change:
        """What it changes in a run."""
        flags = self.flags(model)
        if self.effect is None:
            _checked_kinds(f"cases with {self.finding_id}", flags, self.share, model)
            return Change(swaps=(Swap(flags, self.share, strata(model, self.like)),))
        effect, se = self.effect if isinstance(self.effect, tuple) else (self.effect, 0.0)
        return Change(shifts=(Shift(flags, self.share, float(effect), float(se)),))


@dataclass(frozen=True)
class Automated:
    """A step is done by a machine: at once when the one before it completes, in so many ``seconds``, and takes no person."""

    activity: str
    seconds: float

    def __post_init__(self) -> None:
        if not _number(self.seconds) or not 0 <= self.seconds <= 366 * 86_400:
            raise MiningError(f"Automated {self.activity!r}: seconds={self.seconds!r} is not between 0 and a year.")

    def change(self, model: Model) -> Change:
        """What it changes in a run."""
        x = model.study.instances
        if self.activity not in x.code:
            raise UnknownNameError("activity", self.activity, x.names, where=model.study.blueprint.id)
        return Change(automated={x.code[self.activity]: round(self.seconds * MICROSECONDS)})


Scenario = Capacity | Standard | Routing | DeviationShare | Automated


def changes(model: Model, parts: tuple[Scenario, ...]) -> Change:
    """Several changes at once."""
    found = Change()
    for part in parts:
        one = part.change(model)
        found = Change(
            (*found.swaps, *one.swaps), (*found.shifts, *one.shifts), (*found.staff, *one.staff),
            found.automated | one.automated, found.urgent | one.urgent, (*found.met, *one.met),
        )  # fmt: skip
    return found


def strata(model: Model, like: tuple[str, ...]) -> np.ndarray:
    """The number of the stratum of each template: cases with equal values of some attributes."""
    codes = np.zeros(len(model.templates.case), np.int64)
    for name in like:
        values, _ = pd.factorize(model.study.instances.attribute(name)[model.templates.case])
        codes = np.unique(codes * (int(values.max(initial=0)) + 2) + values + 1, return_inverse=True)[1]
    return codes


def _checked_kinds(what: str, flags: np.ndarray, share: float, model: Model) -> None:
    """More of a kind can be made only of cases that there are."""
    counts = {kind: int((flags == kind).sum()) for kind in (0, 1)}
    now = counts[1] / max(counts[0] + counts[1], 1)
    wanted = 0 if share < now else 1
    if counts[wanted] < LEAST_ALIKE and share != now:
        others = "without it" if wanted == 0 else "of them"
        raise LogError(
            f"{model.study.log.source.path}: {what}: {counts[1]:,} of {counts[0] + counts[1]:,} complete cases now ({now:.1%}). For "
            f"a share of {share:.1%} others have to stand in, and the log has only {counts[wanted]:,} {others}; "
            f"{LEAST_ALIKE} are the least."
        )


def _checked_share(what: str, share: float) -> None:
    if not _number(share) or not 0 <= share <= 1:
        raise MiningError(f"{what}: share={share!r} is not between 0 and 1.")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
