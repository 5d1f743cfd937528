"""Groups of cases by what is recorded of them: attributes, moment and load of their start, the team and role they came to first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.causes.known import FROM_START, SeenFirst, seen_first
from mining.conformance.conditions import is_missing
from mining.conformance.instances import first_per_case, heads_of
from mining.errors import UnknownNameError
from mining.log.roster import days_of
from mining.texts import LANGUAGES, say
from mining.units import MISSING, percent

if TYPE_CHECKING:
    from mining.study import Study

LEAST = 20  # cases that a level must have in the log
MOST_LEVELS = 20  # levels of one attribute, the most frequent ones
FEW_NUMBERS = 5  # numbers with no more values than that are not cut
HOURS = (0, 6, 9, 12, 15, 18, 24)
CLOCK = ("period", "weekday", "hour", "load")
HANDLERS = ("team", "role")
PERSON = re.compile(
    r"customer|client|patient|citizen|caller|requester|applicant|shopper|employee|resource|(^|_)user(_?id)?$|surname|full_?name|e_?mail|phone"
    r"|顾客|客户|患者|申请人|姓名|员工|电话|邮箱"
)
NO_PERSON = re.compile(r"(type|segment|class|group|kind|level|category|status|count|类型|类别|等级)$")


@dataclass(frozen=True)
class Reason:
    """Why something was left out: a key of the texts and its values; a number with a point is a share."""

    key: str
    values: tuple[tuple[str, str | float], ...] = ()

    def say(self, lang: str) -> str:
        """In words."""
        return say(self.key, lang, **{k: percent(x, lang) if isinstance(x, float) else x for k, x in self.values})


@dataclass(frozen=True, eq=False)
class Grouping:
    """The levels of one attribute.

    Attributes
    ----------
    name : str
    code : int64 array of shape (n_cases,)
        Position in ``names``; -1 where nothing is recorded, -2 for a value that is no level of its own.
    names : tuple of str
    labels : dict of str to tuple of str
        What people read for each level, by language.
    seen : SeenFirst
        Since when the log has the value.
    cuts : tuple of float
        Of numbers: where they were cut.
    """

    name: str
    code: np.ndarray
    names: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]
    seen: SeenFirst
    cuts: tuple[float, ...] = ()


def groupings_of(study: Study, wanted: Iterable[str] | None) -> tuple[list[Grouping], dict[str, Reason]]:
    """All groupings of a study that have levels to compare, and why the others have none.

    Parameters
    ----------
    study : Study
    wanted : iterable of str, optional
        Only these: attributes of the log's binding, or one of ``period``, ``weekday``, ``hour``, ``load``, ``team``, ``role``. What names
        persons is compared only if it is named here.

    Raises
    ------
    UnknownNameError
        For another name.
    """
    bound = [name for name in study.log.binding.attributes if name not in HANDLERS]
    known = [*bound, *CLOCK, *HANDLERS]
    if wanted is not None:
        wanted = list(dict.fromkeys(wanted))
        for name in wanted:
            if name not in known:
                raise UnknownNameError("attribute", name, known, where="attributes")
    found: list[Grouping] = []
    left_out: dict[str, Reason] = {}
    for name in known if wanted is None else wanted:
        made = _grouping(study, name, asked=wanted is not None)
        if isinstance(made, Reason):
            left_out[name] = made
        elif len(made.names) < 2 and not (made.code == -2).any():
            left_out[name] = Reason("causes.one_value" if made.names else "causes.few_cases", (("n", str(LEAST)),))
        elif not made.names:
            left_out[name] = Reason("causes.few_cases", (("n", str(LEAST)),))
        else:
            found.append(made)
    return found, left_out


def _grouping(study: Study, name: str, *, asked: bool) -> Grouping | Reason:
    if name in CLOCK:
        return _clock(study, name)
    if name in HANDLERS:
        return _handlers(study, name)
    return _recorded(study, name, asked=asked)


def names_persons(study: Study, name: str) -> bool:
    """Whether an attribute holds single persons: the resource, or called as columns of customers and staff are.

    Examples
    --------
    >>> names_persons(study, "channel")
    False
    """
    column = study.log.binding.attributes[name].column
    words = [x.casefold().split(":")[-1] for x in (name, column)]
    return column == study.log.binding.resource or any(PERSON.search(x) and not NO_PERSON.search(x) for x in words)


def _recorded(study: Study, name: str, *, asked: bool) -> Grouping | Reason:
    if not asked and names_persons(study, name):
        return Reason("causes.persons")
    values = study.log.attribute(name)
    if values.dtype.kind == "i":
        return Reason("causes.dates")
    known = ~is_missing(values)
    if not known.any():
        return Reason("causes.nothing_recorded")
    seen = seen_first(study, name)
    if values.dtype.kind == "f":
        distinct = np.unique(values[known])
        if len(distinct) > FEW_NUMBERS:
            return _cut(name, values, known, seen)
    code = np.full(len(values), -1)
    code[known], found = pd.factorize(values[known])
    if len(found) > LEAST and len(found) > known.sum() / 2:
        return Reason("causes.own_value", (("n", f"{len(found):,}"), ("cases", f"{int(known.sum()):,}")))
    texts = [f"{x:.15g}" if isinstance(x, float) else str(x).lower() if isinstance(x, bool) else str(x) for x in found]
    return _most_frequent(name, code, texts, seen)


def _most_frequent(name: str, code: np.ndarray, texts: list[str], seen: SeenFirst) -> Grouping:
    """The levels with the most cases, by name; what is no level of its own is -2."""
    counts = np.bincount(code[code >= 0], minlength=len(texts))
    order = sorted(range(len(texts)), key=lambda i: (-counts[i], texts[i]))
    kept = sorted((i for i in order[:MOST_LEVELS] if counts[i] >= LEAST), key=lambda i: texts[i])
    place = np.full(len(texts) + 1, -2)
    place[-1] = -1
    place[kept] = np.arange(len(kept))
    names = tuple(texts[i] for i in kept)
    return Grouping(name, place[code], names, {lang: tuple(f"{name} = {x}" for x in names) for lang in LANGUAGES}, seen)


def _cut(name: str, values: np.ndarray, known: np.ndarray, seen: SeenFirst, spoken: str = "") -> Grouping:
    """Numbers cut at their quartiles, over all cases of the log that have one; quartiles that coincide are one cut."""
    cuts = np.unique(np.quantile(values[known], [0.25, 0.5, 0.75]))
    cuts = cuts[cuts > values[known].min()]
    code = np.full(len(values), -1)
    code[known] = np.searchsorted(cuts, values[known], side="right")
    shown = [f"{x:,.6g}" for x in cuts]
    bands = [f"< {shown[0]}"] + [f"{a} – < {b}" for a, b in zip(shown, shown[1:], strict=False)] if shown else []
    names = (*bands, f"≥ {shown[-1]}") if shown else ("all",)
    labels = {lang: tuple(f"{say(spoken, lang) if spoken else name} {x}" for x in names) for lang in LANGUAGES}
    return Grouping(name, code, names, labels, seen, tuple(cuts.tolist()))


def _clock(study: Study, name: str) -> Grouping | Reason:
    start = study.instances.case_start
    known = start != MISSING
    if not known.any():
        return Reason("causes.nothing_recorded")
    seen = SeenFirst(np.where(known, start, MISSING), FROM_START)
    if name == "load":
        load = np.full(len(start), np.nan)
        load[known] = load_at_start(study)[known]
        return _cut(name, load, known, seen, "causes.load")
    local = pd.DatetimeIndex(start[known].view("M8[us]")).tz_localize("UTC").tz_convert(study.blueprint.tz)
    code = np.full(len(start), -1)
    if name == "period":
        periods = local.strftime("%Y-%m")
        if periods.nunique() > MOST_LEVELS:
            periods = pd.Index([f"{year}-Q{quarter}" for year, quarter in zip(local.year, local.quarter, strict=True)])
        code[known], texts = pd.factorize(periods)
        made = _most_frequent(name, code, [str(x) for x in texts], seen)
        spoken = {lang: tuple(say("causes.period", lang, x=x) for x in made.names) for lang in LANGUAGES}
        return Grouping(name, made.code, made.names, spoken, seen)
    if name == "weekday":
        code[known] = local.day_of_week
        names: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        labels = {lang: tuple(say(f"causes.day{i}", lang) for i in range(7)) for lang in LANGUAGES}
    else:
        code[known] = np.searchsorted(HOURS, local.hour, side="right") - 1
        names = tuple(f"{a:02d}-{b:02d}" for a, b in zip(HOURS, HOURS[1:], strict=False))
        labels = {lang: tuple(say("causes.hour", lang, x=x.replace("-", "–")) for x in names) for lang in LANGUAGES}
    return _large_enough(Grouping(name, code, names, labels, seen))


def _large_enough(made: Grouping) -> Grouping:
    """Levels with fewer than the least number of cases are no levels of their own."""
    counts = np.bincount(made.code[made.code >= 0], minlength=len(made.names))
    kept = np.flatnonzero(counts >= LEAST)
    place = np.full(len(made.names) + 1, -2)
    place[-1] = -1
    place[kept] = np.arange(len(kept))
    labels = {lang: tuple(texts[i] for i in kept) for lang, texts in made.labels.items()}
    return Grouping(made.name, place[made.code], tuple(made.names[i] for i in kept), labels, made.seen, made.cuts)


def load_at_start(study: Study) -> np.ndarray:
    """Cases in work at the moment at which each case began, itself not counted: begun before, and not ended by then.

    A case without an end in the log is in work up to the end of the log. At the beginning of a log it is too low: cases begun before
    are not there. Float64, NaN for a case without a moment.

    Examples
    --------
    >>> bool(load_at_start(study).min() == 0)
    True
    """
    start, end = study.instances.case_start, study.instances.case_end
    known = start != MISSING
    begun = np.sort(start[known])
    ended = np.sort(end[known & study.has_end])
    found = np.full(len(start), np.nan)
    found[known] = np.searchsorted(begun, start[known], "left") - np.searchsorted(ended, start[known], "left")
    return found


def _handlers(study: Study, name: str) -> Grouping | Reason:
    """The team or role of the first step of each case that has one, by the staff table of its day, else by log or blueprint."""
    log, instances, roster = study.log, study.instances, study.roster
    rows = np.flatnonzero(instances.done)
    who = instances.resource[rows]

    def days() -> np.ndarray:
        return days_of(instances.end[rows], study.blueprint.tz)

    names: list[str]
    if name == "team":
        if roster is not None and any(roster.team):
            code, found = roster.teams(log.resources, who, days())
            names = list(found)
        elif "team" in log.binding.attributes:
            code, distinct = pd.factorize(instances.values("team")[rows])
            names = [str(x) for x in distinct]
        else:
            return Reason("causes.no_team")
    else:
        names, code = _roles(study, who, days)
        if not names:
            return Reason("causes.no_role")
    per_case, moment = _first_known(instances.case[rows], code, instances.order_time[rows], instances.n_cases)
    return _most_frequent(name, per_case, names, SeenFirst(moment, "recorded"))


def _roles(study: Study, who: np.ndarray, days: Callable[[], np.ndarray]) -> tuple[list[str], np.ndarray]:
    """Roles that somebody is known to have, and the role of each step: -1 for none, or several."""
    resources, roster = study.log.resources, study.roster
    names: list[str] = []
    code, several = np.full(len(who), -1), np.zeros(len(who), bool)
    on = days() if roster is not None else None
    for role in study.blueprint.roles:
        if roster is not None and role.id in roster.role:
            assert on is not None
            mine = roster.holds(role.id, resources, who, on)
        elif role.resources:
            mine = np.array([*(x in role.resources for x in resources), False])[who]
        else:
            continue
        several |= mine & (code >= 0)
        code[mine] = len(names)
        names.append(role.id)
    code[several] = -1
    return names, code


def _first_known(case: np.ndarray, code: np.ndarray, time: np.ndarray, n_cases: int) -> tuple[np.ndarray, np.ndarray]:
    """Per case the first code that is known, and the moment of its step."""
    rows = np.flatnonzero(code >= 0)
    heads = heads_of(case[rows])
    found = np.full(n_cases, -1)
    found[case[rows][heads]] = code[rows][heads]
    return found, first_per_case(case[rows], time[rows], n_cases)
