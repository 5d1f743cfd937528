"""Cases in groups: by an attribute, by period, by who handled them, by the version in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.conformance.conditions import is_missing
from mining.errors import MiningError, UnknownNameError
from mining.log.roster import days_of
from mining.texts import say
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

NOT_RECORDED, ALL = "not recorded", "all"
MOST_GROUPS = 500
EPOCH = date(1970, 1, 1)
PERIODS: dict[str, Callable[[date], str]] = {
    "month": lambda day: f"{day:%Y-%m}",
    "week": lambda day: "{}-W{:02d}".format(*day.isocalendar()[:2]),
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
}
OTHERS = ("team", "resource", "version")


@dataclass(frozen=True, eq=False)
class Segments:
    """A group for every case.

    Attributes
    ----------
    by : str
        What the cases are grouped by.
    names : tuple of str
        The groups, sorted; a value that reads like "all" or "not recorded" is marked as a value.
    code : int64 array of shape (n_cases,)
        Position in ``names``; ``len(names)`` where nothing is recorded.
    """

    by: str
    names: tuple[str, ...]
    code: np.ndarray


def group_label(group: str, lang: str) -> str:
    """What people read for a group of a table.

    Examples
    --------
    >>> group_label(ALL, "en"), group_label(NOT_RECORDED, "en"), group_label("2026-03", "zh")
    ('all cases', 'not recorded', '2026-03')
    """
    words = {ALL: "word.all", NOT_RECORDED: "word.not_recorded"}
    return say(words[group], lang) if group in words else group


def segments_of(study: Study, by: str, *, named: bool = False) -> Segments:
    """Group the cases of a study.

    Parameters
    ----------
    study : Study
    by : str
        - an attribute that the log's binding has (``channel`` among them): its first value in the case;
        - ``month``, ``week`` (ISO 8601) or ``quarter`` in which the case began, by the clock of the blueprint's zone;
        - ``team`` or ``resource``: the one who completed most of the steps of the case, of several the one who came first. So every case
          is in one group, and the groups add up. The last handler would often be a system that closes cases. Teams are those of the
          staff table on the day of the step, else the attribute ``team``;
        - ``version``: whether the version of the blueprint was in force on the day on which the case began.
    named : bool
        Persons are ranked by nobody by default: groups of single resources are made only where this says so.

    Raises
    ------
    UnknownNameError
        If there is nothing of that name.
    MiningError
        For persons without ``named``, for dates, and for more than 500 groups.

    Examples
    --------
    >>> segments_of(study, "channel").names[:2]
    ('Desk', 'Internet')
    """
    attributes = study.log.binding.attributes
    if by in ("team", "resource") or (by in attributes and attributes[by].column == study.log.binding.resource):
        code, names = _handlers(study, by, named)
    elif by in attributes:
        code, names = _values(study, by)
    elif by in PERIODS:
        code, names = _periods(study, PERIODS[by])
    elif by == "version":
        code, names = _version(study)
    else:
        raise UnknownNameError("group", by, [*attributes, *PERIODS, *OTHERS], where="by")
    return _sorted(by, code, names)


def _sorted(by: str, code: np.ndarray, names: list[str]) -> Segments:
    """The groups that have a case, by name."""
    used = np.bincount(code[(code >= 0) & (code < len(names))], minlength=len(names)) > 0
    code = np.append(np.where(used, np.cumsum(used) - 1, -1), -1)[code]
    names = [name for name, has in zip(names, used.tolist(), strict=True) if has]
    if len(names) > MOST_GROUPS:
        raise MiningError(
            f"by: {by!r} has {len(names):,} different values, and at most {MOST_GROUPS} groups are made. "
            "Give the log a column of bands or classes and bind that as an attribute."
        )
    marked = [f"{name} (value)" if name in (ALL, NOT_RECORDED) else name for name in names]
    order = sorted(range(len(names)), key=marked.__getitem__)
    place = np.full(len(names) + 1, len(names))
    place[order] = np.arange(len(names))
    return Segments(by, tuple(marked[i] for i in order), place[code])


def _values(study: Study, name: str) -> tuple[np.ndarray, list[str]]:
    values = study.log.attribute(name)
    if values.dtype.kind == "i":
        raise MiningError(
            f"by: the attribute {name!r} is a date, which is different in nearly every case. "
            "Group by month, week or quarter of the case's start, or bind a column with the period as text."
        )
    known = ~is_missing(values)
    code = np.full(len(values), -1)
    code[known], found = pd.factorize(values[known])
    texts = [f"{x:.15g}" if isinstance(x, float) else str(x).lower() if isinstance(x, bool) else str(x) for x in found]
    return code, texts


def _periods(study: Study, name: Callable[[date], str]) -> tuple[np.ndarray, list[str]]:
    start = study.instances.case_start
    known = start != MISSING
    days, back = np.unique(days_of(start[known], study.blueprint.tz), return_inverse=True)
    code, names = pd.factorize(np.array([name(EPOCH + timedelta(days=day)) for day in days.tolist()], object))
    found = np.full(len(start), len(names))
    found[known] = code[back]
    return found, list(names)


def _version(study: Study) -> tuple[np.ndarray, list[str]]:
    start = study.instances.case_start
    known = start != MISSING
    days = days_of(start[known], study.blueprint.tz)
    begin, end = ((date.fromisoformat(x) - EPOCH).days if x else None for x in study.blueprint.effective)
    inside = (days >= (begin if begin is not None else -np.inf)) & (days <= (end if end is not None else np.inf))
    found = np.full(len(start), 2)
    found[known] = np.where(inside, 0, 1)
    return found, [study.blueprint.version, f"not in force: {study.blueprint.version}"]


def _handlers(study: Study, by: str, named: bool) -> tuple[np.ndarray, list[str]]:
    log, instances, roster = study.log, study.instances, study.roster
    rows = np.flatnonzero(instances.done)
    if by != "team":
        if not named:
            raise MiningError(
                f"by: {by!r} compares single persons, which is not done unless it is asked for by name. Group by team, or, "
                "where a purpose and a basis for it are agreed, say named=True, as in "
                f"mining.dimensions.dimensions_of(study, by={by!r}, named=True)."
            )
        return _most(instances.case[rows], instances.resource[rows], instances.n_cases), list(log.resources)
    if roster is not None and any(roster.team):
        code, names = roster.teams(
            log.resources, instances.resource[rows], days_of(instances.end[rows], study.blueprint.tz)
        )
    elif "team" in log.binding.attributes:
        code, found = pd.factorize(instances.values("team")[rows])
        names = tuple(str(x) for x in found)
    else:
        raise MiningError(
            "by: there is nothing that names a team. Give the study a staff table with a column team "
            "(Study(..., roster=mining.read_roster(...))), or bind an attribute of the log called team."
        )
    return _most(instances.case[rows], code, instances.n_cases), list(names)


def _most(case: np.ndarray, code: np.ndarray, n_cases: int) -> np.ndarray:
    """Per case the most frequent code, of several the one that came first; -1 where there is none."""
    width = int(code.max(initial=-1)) + 1
    rows = np.flatnonzero(code >= 0)
    key, first, count = np.unique(
        case[rows].astype(np.int64) * width + code[rows], return_index=True, return_counts=True
    )
    order = np.lexsort((first, -count, key // max(width, 1)))
    of_case = key[order] // max(width, 1)
    heads = np.flatnonzero(np.r_[True, of_case[1:] != of_case[:-1]][: len(of_case)])
    found = np.full(n_cases, -1, np.int64)
    found[of_case[heads]] = key[order][heads] % max(width, 1)
    return found
