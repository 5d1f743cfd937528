"""Who holds a case at each of its steps: a resource, a role, a lane or a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mining.blueprint.derived import CHANNEL
from mining.conformance.conditions import is_missing
from mining.conformance.people import in_role, is_known
from mining.errors import LogError, UnknownNameError
from mining.texts import LANGUAGES
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

LEVELS = ("resource", "role", "lane", "channel")
UNKNOWN = -1
PER_INSTANCE = ("rows", "case", "code", "assumed", "begin", "end", "has_start")
# How the role of a step is known.
DESIGNED, OTHER, SEVERAL, NONE_KNOWN, ASSUMED, UNNAMED = range(6)


@dataclass(frozen=True, eq=False)
class Holders:
    """The completed instances of a study, case after case, and who held the case at each.

    Their order is that of the log: by completion, ties by row of the source.

    Attributes
    ----------
    level : str
        One of ``LEVELS``.
    names : tuple of str
        Resources or channels as the log writes them (resources that are not asked for by name: R01, R02, ...), ids of roles and lanes.
    spoken : dict of str to tuple of str
        By language what people read for each.
    rows : int64 array of shape (n,)
        Positions of the instances.
    case : int32 array of shape (n,)
    code : int64 array of shape (n,)
        Position in ``names``, -1 where it is not known.
    assumed : bool array of shape (n,)
        Where the role is that of the design because nobody knows the role of the person.
    begin, end : int64 arrays of shape (n,)
        Microseconds UTC; ``begin`` is the start where it is known, else the completion.
    has_start : bool array of shape (n,)
    """

    level: str
    names: tuple[str, ...]
    spoken: dict[str, tuple[str, ...]]
    rows: np.ndarray
    case: np.ndarray
    code: np.ndarray
    assumed: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    has_start: np.ndarray

    def known(self) -> Holders:
        """Without the instances of which the holder is not known."""
        kept = self.code != UNKNOWN
        arrays = {name: getattr(self, name)[kept] for name in PER_INSTANCE}
        return replace(self, **arrays)

    def blurred(self) -> np.ndarray:
        """Instances at whose moment the case has steps of several holders: their order is not known."""
        return several_at_once(self.case, self.end, self.code)


def holders_of(study: Study, level: str, *, named: bool = False) -> Holders:
    """Who held each case at each completed step.

    Parameters
    ----------
    study : Study
    level : {"resource", "role", "lane", "channel"}
        - ``resource``: who completed the step;
        - ``role``: of the person who completed it, by the staff table on that day or the members that the blueprint lists. Of somebody
          with several roles that which the design gives to the step counts; if it is none of them, the role is not known. Where nobody
          is named, or nothing says who has the role of the design and the person has no other, the role of the design is *assumed*;
        - ``lane``: of the step, as designed;
        - ``channel``: the attribute ``channel`` of the step.
    named : bool
        Persons by name. Else they are R01, R02, ... in the order of their names.

    Returns
    -------
    Holders

    Raises
    ------
    UnknownNameError
        For another level.
    LogError
        For channels where the binding has no attribute of that name.

    Examples
    --------
    >>> found = holders_of(study, "lane")
    >>> found.names[1], found.spoken["zh"][1], bool((found.code >= 0).all())
    ('applicant', '申请人', False)
    """
    instances, blueprint = study.instances, study.blueprint
    rows = np.flatnonzero(instances.done)
    assumed = np.zeros(len(rows), bool)
    names: Sequence[str]
    if level == "resource":
        code, names = instances.resource[rows], instances.log.resources
        if not named:
            names = pseudonyms(len(names))
        spoken = dict.fromkeys(LANGUAGES, tuple(names))
    elif level == "role":
        code, how = roles_of(study, rows)
        assumed = (how == ASSUMED) | ((how == UNNAMED) & (code >= 0))
        names = [role.id for role in blueprint.roles]
        spoken = {lang: tuple(role.name.get(lang) for role in blueprint.roles) for lang in LANGUAGES}
    elif level == "lane":
        names = [lane.id for lane in blueprint.lanes]
        spoken = {lang: tuple(lane.name.get(lang) for lane in blueprint.lanes) for lang in LANGUAGES}
        code = lane_codes(study)[instances.activity[rows]]
    elif level == "channel":
        code, names = _channels(study, rows)
        spoken = dict.fromkeys(LANGUAGES, tuple(names))
    else:
        raise UnknownNameError("level", level, LEVELS)
    end, start = instances.end[rows], instances.start[rows]
    has_start = start != MISSING
    begin = np.where(has_start, start, end)
    return Holders(
        level, tuple(names), spoken, rows, instances.case[rows], code.astype(np.int64), assumed, begin, end, has_start
    )


def pseudonyms(n: int) -> list[str]:
    """What resources are called that are not asked for by name, in the order of their names.

    Examples
    --------
    >>> pseudonyms(2), pseudonyms(1000)[0]
    (['R01', 'R02'], 'R0001')
    """
    width = max(len(str(n)), 2)
    return [f"R{i + 1:0{width}d}" for i in range(n)]


def lane_codes(study: Study) -> np.ndarray:
    """For each name of the instances the position of its lane, -1 for labels outside the blueprint."""
    place = {lane.id: i for i, lane in enumerate(study.blueprint.lanes)}
    known = [place[a.lane] for a in study.blueprint.activities]
    return np.array([*known, *[UNKNOWN] * (len(study.instances.names) - len(known))], np.int64)


def roles_of(study: Study, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The role in which each of some completed instances was done, and how that is known.

    Parameters
    ----------
    study : Study
    rows : int64 array of shape (n,)
        Positions of completed instances.

    Returns
    -------
    role : int64 array of shape (n,)
        Position in the roles of the blueprint; -1 where it is not known.
    how : int64 array of shape (n,)
        ``DESIGNED``: the person has the role of the step; ``OTHER``: not that, but exactly one other; ``SEVERAL``: not that, but several
        others; ``NONE_KNOWN``: no role at all; ``ASSUMED``: no role, and nobody says who has that of the step, which is taken;
        ``UNNAMED``: the log names nobody, and the role of the step, if it has one, is taken.
    """
    instances, blueprint = study.instances, study.blueprint
    place = {role.id: i for i, role in enumerate(blueprint.roles)}
    designed_of = [place.get(a.role or "", UNKNOWN) for a in blueprint.activities]
    unknown = len(instances.names) - len(designed_of)
    designed = np.array([*designed_of, *[UNKNOWN] * unknown], np.int64)[instances.activity[rows]]
    open_roles = [not is_known(role.id, blueprint, instances.roster) for role in blueprint.roles]
    is_open = np.array([*open_roles, False])[designed]  # the last: no role
    number, last = np.zeros(len(rows), np.int64), np.full(len(rows), UNKNOWN, np.int64)
    has_designed = np.zeros(len(rows), bool)
    for i, role in enumerate(blueprint.roles):
        mine = in_role(role.id, blueprint, instances, rows)
        number += mine
        last[mine] = i
        has_designed |= mine & (designed == i)
    named = instances.resource[rows] >= 0
    how = np.where(number > 1, SEVERAL, np.where(number == 1, OTHER, np.where(is_open, ASSUMED, NONE_KNOWN)))
    how = np.where(named, np.where(has_designed, DESIGNED, how), UNNAMED)
    takes_design = np.isin(how, (DESIGNED, ASSUMED, UNNAMED))
    return np.where(takes_design, designed, np.where(how == OTHER, last, UNKNOWN)), how


def _channels(study: Study, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
    bound = study.log.binding.attributes
    if CHANNEL not in bound:
        raise LogError(
            f"{study.log.source.path}: the binding has no attribute {CHANNEL!r}, so nothing says through which channel a step went. "
            f"It has: {', '.join(bound) or 'none'}. Bind the column with the channel as {CHANNEL!r} in log.attributes of the blueprint."
        )
    values = study.instances.values(CHANNEL)[rows]
    code = np.full(len(rows), UNKNOWN, np.int64)
    known = ~is_missing(values)
    names, code[known] = np.unique(values[known].astype(str), return_inverse=True)
    return code, names.tolist()


# --- numbers ---------------------------------------------------------------------------------------------------------


def several_at_once(case: np.ndarray, time: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Whether at the moment of each instance its case has instances of several codes. Sorted by case and time.

    Examples
    --------
    >>> several_at_once(np.array([0, 0, 0, 1]), np.array([5, 5, 6, 6]), np.array([1, 2, 3, 4])).tolist()
    [True, True, False, False]
    """
    if not len(case):
        return np.zeros(0, bool)
    new = np.r_[True, (case[1:] != case[:-1]) | (time[1:] != time[:-1])]
    heads, moment = np.flatnonzero(new), np.cumsum(new) - 1
    found: np.ndarray = np.logical_or.reduceat(code != code[heads][moment], heads)[moment]
    return found


def neighbours(case: np.ndarray) -> np.ndarray:
    """Positions of instances that another of the same case directly follows. Sorted by case."""
    return np.flatnonzero(case[1:] == case[:-1])


def cases_by(key: np.ndarray, case: np.ndarray, keys: np.ndarray, n_cases: int) -> np.ndarray:
    """Per one of ``keys`` (sorted, all that occur) the number of cases with it."""
    pairs = np.unique(key * max(n_cases, 1) + case)
    return np.bincount(np.searchsorted(keys, pairs // max(n_cases, 1)), minlength=len(keys))
