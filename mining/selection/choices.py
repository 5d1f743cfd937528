"""What a selection can name, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from mining.conformance import verdicts as v
from mining.errors import MiningError
from mining.log.roster import days_of
from mining.segments import EPOCH, NOT_RECORDED, OTHERS, PERIODS, segments_of
from mining.selection.taken import refuse_persons
from mining.study import Study
from mining.units import MISSING


@dataclass(frozen=True)
class Choices:
    """What can be chosen from a study, with the number of cases that it would leave.

    Attributes
    ----------
    span : tuple of str or None
        First and last day on which a case began.
    groups : dict of str to dict of str to int
        Segment to its groups, each with its cases.
    left_out : dict of str to str
        Segments of which there are no groups, and why.
    kinds : dict of str to int
        Kinds of deviations that occur.
    activities : dict of str to int
        Activities, and labels outside the blueprint, at which a deviation occurs.
    through : dict of str to int
        Those that occur.
    """

    span: tuple[str | None, str | None]
    groups: dict[str, dict[str, int]]
    left_out: dict[str, str]
    kinds: dict[str, int]
    activities: dict[str, int]
    through: dict[str, int]


def choices(study: Study) -> Choices:
    """What a selection can name, and how many cases each would leave.

    Segments are the attributes of the log, and month, week, quarter, team and version. Those that make no groups are named in
    ``left_out``: dates, attributes with more than 500 values, persons, teams that nothing names. Small groups are counted as they are,
    since a selection of them would show no less; see the notes of :func:`select`.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Choices

    Examples
    --------
    >>> found = choices(study)
    >>> sum(found.groups["channel"].values()) == study.log.n_cases
    True
    """
    groups: dict[str, dict[str, int]] = {}
    left_out: dict[str, str] = {}
    names = dict.fromkeys([*study.log.binding.attributes, *PERIODS, *OTHERS])
    for by in names:
        try:
            refuse_persons(study, by)
            found = segments_of(study, by)
        except MiningError as error:
            left_out[by] = str(error)
            continue
        counts = np.bincount(found.code, minlength=len(found.names) + 1).tolist()
        groups[by] = {name: n for name, n in zip((*found.names, NOT_RECORDED), counts, strict=True) if n}
    start = study.instances.case_start
    days = days_of(start[start != MISSING], study.blueprint.tz)
    span = (
        tuple((EPOCH + timedelta(days=int(day))).isoformat() for day in (days.min(), days.max())) if len(days) else ()
    )
    n, x = study.instances.n_cases, study.instances
    return Choices(
        span=(span[0], span[1]) if span else (None, None),
        groups=groups,
        left_out=left_out,
        kinds=_counted([(c.faults.kind, c.faults.case) for c in study.checks], v.KINDS, n),
        activities=_counted([(c.faults.activity, c.faults.case) for c in study.checks], x.names, n),
        through=_counted([(x.activity, x.case)], x.names, n),
    )


def _counted(pairs: list[tuple[np.ndarray, np.ndarray]], names: tuple[str, ...], n_cases: int) -> dict[str, int]:
    """Cases by name, of pairs of positions in the names (or none) and cases."""
    keys = [code[code != v.NONE].astype(np.int64) * n_cases + case[code != v.NONE] for code, case in pairs]
    found = np.unique(np.concatenate([np.empty(0, np.int64), *keys])) // max(n_cases, 1)
    counts = np.bincount(found, minlength=len(names)).tolist()
    return {name: n for name, n in zip(names, counts, strict=True) if n}
