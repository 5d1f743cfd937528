"""A service as a simulation runs it: what was read from the log, and what had to be left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.conformance.instances import last_per_case
from mining.errors import LogError
from mining.results import Result
from mining.texts import say
from mining.units import MICROSECONDS, MISSING, percent
from mining.what_if.days import Days, days_of
from mining.what_if.people import Duty, duty_of
from mining.what_if.templates import Templates, templates_of

if TYPE_CHECKING:
    from mining.study import Study
    from mining.what_if.validation import Validation

LEAST = 30  # complete cases


@dataclass(frozen=True, eq=False, repr=False)
class Model(Result):
    """What the simulation of a service is made from; one row per pool of people. Made by :func:`calibrated`.

    Attributes
    ----------
    study : Study
    until : int
        What is known at this moment was read (microseconds UTC).
    duty : Duty
    templates : Templates
    days : Days
    left_out : dict of str to int
        ``open_cases`` (not complete by then), ``empty_cases``, ``not_completed`` and ``without_start`` (instances of complete cases),
        ``without_pool`` (instances with work that no person of a pool is named for).
    """

    study: Study
    until: int
    duty: Duty
    templates: Templates
    days: Days
    left_out: dict[str, int]

    columns: ClassVar[dict[str, str]] = {
        "pool": "role of the people, or lane of their steps where these have no role",
        "people": "resources of it whose work has a length",
        "limited": "they do one thing at a time, so that queues before them are simulated; else their number limits nothing",
        "at_work": "mean number of people at work while anybody of the pool is",
        "open_h": "hours of a week in which somebody of the pool is at work, mean",
        "work_h": "hours of work in the log",
        "utilisation": "work / time at work, 0-1 where one thing is done at a time; missing where nobody works",
        "queue_share": "share of the waiting time before their steps, 0-1, in which nobody of the pool was free: what more people change",
    }

    @property
    def has_people(self) -> bool:
        """Whether the log says how long anybody worked: without starts it does not."""
        return bool((self.duty.people > 0).any())

    @cached_property
    def waiting(self) -> dict[str, float]:
        """Seconds waited in all for steps with a start, and the part in which nobody was free."""
        t = self.templates
        return {"waited": float(t.waited.sum()) / MICROSECONDS, "queued": float(t.queued.sum()) / MICROSECONDS}

    def validated(self, *, runs: int = 30, seed: int = 0) -> Validation:
        """Whether it foretells what is known: see :func:`mining.what_if.validation.validated`."""
        from mining.what_if.validation import validated

        return validated(self.study, runs=runs, seed=seed)

    def pool(self, role: str) -> int:
        """Position of a pool.

        Raises
        ------
        LogError
            If the log says nothing of the number of people: it has no starts, or they do several things at once.
        UnknownNameError
            If there is no such pool.
        """
        from mining.errors import UnknownNameError

        if not self.has_people:
            raise LogError(
                f"{self.study.log.source.path}: no instance of this log has a start, a completion after it and a resource, so nobody knows "
                "how long anybody worked, and a change of capacity cannot be simulated. Bind the column of start times, or ask for a "
                "change of a standard, a routing or the share of a deviation, which need none."
            )
        people = {name: i for i, name in enumerate(self.duty.names) if self.duty.people[i]}
        if role not in people:
            raise UnknownNameError("pool of people", role, people, where=self.study.blueprint.id)
        if not self.duty.limited[people[role]]:
            raise LogError(
                f"{self.study.log.source.path}: people of {role!r} do several things at once in this log (a tenth or more of their work "
                "overlaps), so it does not say how much they can do, and a change of their number cannot be simulated. "
                f"Pools that can be changed: {', '.join(self.limited) or 'none'}."
            )
        return people[role]

    @property
    def limited(self) -> list[str]:
        """Pools whose number of people limits what is done."""
        d = self.duty
        return [name for name, some, one in zip(d.names, d.people, d.limited, strict=True) if some and one]

    def sentence(self, lang: str = "en") -> str:
        """What was read and left out."""
        values = {"n": f"{len(self.templates.case):,}", "days": f"{len(self.days.usable):,}"}
        text = say("what_if.model", lang, **values, open=f"{self.left_out['open_cases']:,}")
        if not self.has_people:
            return text + say("what_if.model.no_people", lang)
        waited = self.waiting
        share = waited["queued"] / waited["waited"] if waited["waited"] else 0.0
        text += say("what_if.model.people", lang, n=f"{int(self.duty.people.sum()):,}", pools=len(self.frame))
        text += say("what_if.model.queue", lang, share=percent(share, lang)) if waited["waited"] else ""
        from mining.what_if.wording import pool_name

        several = [r.pool for r in self.frame.itertuples() if not r.limited]
        named = say("word.listed", lang).join(pool_name(self.study, name, lang) for name in several)
        return text + (say("what_if.model.several", lang, pools=named) if several else "")


def calibrated(study: Study, *, until: int | pd.Timestamp | None = None) -> Model:
    """Read from a log what a simulation of its service needs.

    Parameters
    ----------
    study : Study
    until : int or Timestamp, optional
        Only what was known at this moment is read (microseconds UTC). Default: the last moment of the log.

    Raises
    ------
    LogError
        If fewer than 30 cases are complete.

    Examples
    --------
    >>> model = calibrated(study)
    >>> len(model.templates.case), model.left_out["open_cases"]
    (1992, 8)
    """
    x = study.instances
    moment = x.now if until is None else int(until.value // 1000) if isinstance(until, pd.Timestamp) else int(until)
    known = x.case_start != MISSING
    arrivals = x.case_start[known & (x.case_start <= moment)]
    done = np.flatnonzero(x.done & (x.end <= moment))
    complete = (
        ~study.is_open & (x.case_end <= moment) & (last_per_case(x.case[done], x.end[done], x.n_cases) != MISSING)
    )
    if complete.sum() < LEAST:
        raise LogError(
            f"{study.log.source.path}: {int(complete.sum()):,} of {len(arrivals):,} cases were complete at {np.datetime64(moment, 'us')}. "
            f"A simulation is calibrated on at least {LEAST} complete cases. Give a longer log; where running cases count as ended, "
            'read it with open_cases="judge".'
        )
    duty = duty_of(study, done)
    templates = templates_of(study, duty, moment, arrivals)
    days = days_of(study, duty, arrivals, moment)
    inside = complete[x.case]
    left_out = {
        "open_cases": int(len(arrivals) - len(templates.case)),
        "empty_cases": int((~known).sum()),
        "not_completed": int((inside & ~x.done).sum()),
        "without_start": int((~templates.has_start).sum()),
        "without_pool": int(((templates.work > 0) & (templates.pool < 0)).sum()),
    }
    provenance = study.provenance("model for simulation", until=str(np.datetime64(moment, "us")), **left_out)
    return Model(_pools(duty, templates, days), provenance, study, moment, duty, templates, days, left_out)


def _pools(duty: Duty, templates: Templates, days: Days) -> pd.DataFrame:
    """The table of pools: those with people."""
    rows: list[dict[str, Any]] = []
    weeks = days.profiles.n_days / 7
    length = (duty.end - duty.begin) / MICROSECONDS
    at_work = np.bincount(duty.of[duty.who], length, minlength=len(duty.names))
    for p in np.flatnonzero(duty.people).tolist():
        mine = templates.clock == p
        mine &= templates.pool >= 0
        waited, opened = templates.waited[mine].sum(), _open_s(duty, p)
        rows.append(
            {
                "pool": duty.names[p],
                "people": int(duty.people[p]),
                "limited": bool(duty.limited[p]),
                "at_work": at_work[p] / opened if opened else np.nan,
                "open_h": opened / 3600 / weeks,
                "work_h": duty.work[p] / 3600,
                "utilisation": duty.work[p] / at_work[p] if at_work[p] else np.nan,
                "queue_share": templates.queued[mine].sum() / waited if waited else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=list(Model.columns))


def _open_s(duty: Duty, pool: int) -> float:
    """Seconds in which anybody of a pool was at work."""
    from mining.times.causes import merged

    mine = np.flatnonzero(duty.of[duty.who] == pool)
    mine = mine[np.argsort(duty.begin[mine], kind="stable")]
    nobody = np.zeros(len(mine), np.int64)
    _, low, high = merged(nobody, duty.begin[mine], duty.end[mine])
    return float((high - low).sum()) / MICROSECONDS
