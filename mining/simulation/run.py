"""A simulated log: clean cases of a blueprint, with known faults put into some of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mining.blueprint.model import Blueprint
from mining.errors import MiningError
from mining.simulation import survey, write
from mining.simulation.cases import CaseMaker
from mining.simulation.faults import Fault
from mining.simulation.inject import Injector, Spoilt, Truth
from mining.simulation.service import Case, Service
from mining.simulation.stream import Stream, digest
from mining.simulation.targets import Target, target

if TYPE_CHECKING:
    import pandas as pd

SOME_ENDED = 0.8
SILENT = 0.75  # of the time after which a silent case counts as abandoned: no open case of an extract comes nearer


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """A simulated log with the truth about it.

    Attributes
    ----------
    blueprint : Blueprint
        What was played.
    cases : tuple of Case
        As they happened, by case id; faulty cases with their fault.
    truths : tuple of Truth
        One per fault, by case id; a case with two faults has two. No other case deviates in any way.
    until : int or None
        The moment the extract was taken (seconds since 1970 UTC): later events are not in the log.
    """

    service: Service
    seed: int
    cases: tuple[Case, ...]
    truths: tuple[Truth, ...]
    until: int | None = None

    @property
    def blueprint(self) -> Blueprint:
        """The blueprint that was played."""
        return self.service.blueprint

    @cached_property
    def _rows(self) -> list[dict[str, str]]:
        return write.log_rows(self.service, self.cases, self.until)

    def to_frame(self) -> pd.DataFrame:
        """Rows and columns of log.csv, all as text; an empty cell is an empty text."""
        return write.frame(self._rows, write.log_columns(self.blueprint))

    @cached_property
    def truth(self) -> pd.DataFrame:
        """Rows of truth.csv: case_id, kind, activity, partner, check, also_fails (ids separated by semicolons)."""
        return write.frame(write.truth_rows(self.truths), write.TRUTH_COLUMNS)

    @cached_property
    def survey(self) -> pd.DataFrame:
        """Rows of survey.csv: what about a third of the customers answered."""
        return write.frame(self._answers, survey.COLUMNS)

    @cached_property
    def _answers(self) -> list[dict[str, str]]:
        return survey.answers(self.service, self.seed, self.cases, self.truths, self.until)

    def write(self, out_dir: str | Path) -> Path:
        """Write log.csv, truth.csv and survey.csv into a folder, byte for byte the same on every machine.

        Raises
        ------
        MiningError
            If the folder cannot be written, or holds a log.csv that no simulation wrote (there is no truth.csv beside it).
        """
        folder = Path(out_dir)
        if (folder / "log.csv").exists() and not (folder / "truth.csv").exists():
            raise MiningError(f"{folder / 'log.csv'} is there already and would be overwritten. Name another folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write.table(folder / "log.csv", write.log_columns(self.blueprint), self._rows)
            write.table(folder / "truth.csv", write.TRUTH_COLUMNS, write.truth_rows(self.truths))
            write.table(folder / "survey.csv", survey.COLUMNS, self._answers)
        except OSError as error:
            raise MiningError(
                f"{folder} cannot be written ({error.strerror}). Name a folder you may write to."
            ) from error
        return folder

    def __repr__(self) -> str:
        faulty = len({truth.case_id for truth in self.truths})
        return f"<Simulation of {self.blueprint.id}: {len(self.cases)} cases, {faulty} faulty>"


def simulate(
    blueprint: Blueprint,
    *,
    cases: int,
    seed: int,
    faults: Sequence[Fault] = (),
    start: date | None = None,
    end: date | None = None,
    tries: int | None = None,
) -> Simulation:
    """Play a blueprint out and inject known faults.

    Every case is a complete run of the flow that keeps every rule, limit, role and channel of the blueprint, time
    standards with a quarter of the limit (or a working day) to spare. Then each fault is put into its number of cases,
    one fault a case, where exactly this fault can be found: no other time standard breaks, and the path has one
    cheapest explanation. Two faults given together (``missing:a+late:S1=5``) come into the same cases, where neither hides or
    explains the other.

    Parameters
    ----------
    blueprint : Blueprint
        Not changed.
    cases : int
        How many cases, at least 1. Case ``n`` is the same in every simulation of the same blueprint, seed and start.
    seed : int
        Same seed, same bytes.
    faults : sequence of Fault
        In this order; a case that has a fault is passed over by later ones.
    start : date, optional
        First day of arrivals. Default: the day the blueprint came into force, or the first day of the calendars.
    end : date, optional
        Day on which the extract is taken: what happens later is left out, so the last cases are open. Open cases are
        clean; a case whose end (scope.ends_with) is in the extract and the rest of it is not, is left out.
    tries : int, optional
        Most cases in which each fault is tried. Where fewer of them are eligible than asked for, or none, that is then no error:
        for studies that try many faults.

    Returns
    -------
    Simulation

    Raises
    ------
    MiningError
        For an unknown place, a fault that can never be a deviation there, more faults than eligible cases, a start
        outside the calendars, or a blueprint whose checks can hardly be met together.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> blueprint = read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    >>> made = simulate(blueprint, cases=300, seed=1, faults=[Fault.parse("missing:approve_receipt=6")])
    >>> len(made.truth)
    6
    """
    if cases < 1:
        raise MiningError(f"cases: {cases} is too few. Ask for at least 1.")
    service = Service(blueprint)
    targets = [(fault, [target(part, service) for part in _in_turn(fault)]) for fault in faults]
    maker = CaseMaker(service, seed, start)
    played = {case.plan.id: case for case in map(maker.case, range(1, cases + 1))}
    until = _end_of(end, service, start)
    truths: dict[str, tuple[Truth, ...]] = {}
    injector = Injector(service, maker, _last_bounds(played.values(), until))
    for fault, places in targets:
        free = {k: c for k, c in played.items() if k not in truths}
        found = _spoilt(fault, places, injector, seed, free, cases, until, tries)
        if len(found) < fault.number(cases) and tries is None:
            raise MiningError(_too_few(fault, fault.number(cases), len(found), len(free), cases))
        for spoilt in found:
            id = spoilt.case.plan.id
            played[id], truths[id] = spoilt.case, tuple(replace(t, fault=fault.name) for t in spoilt.truths)
    left = tuple(case for _, case in sorted(played.items()) if until is None or _in_extract(case, service, until))
    now = write.last_moment(service, left, until)
    known = [truth for id in sorted(truths) for truth in _at_the_end(truths[id], played[id], injector, now)]
    return Simulation(service, seed, left, tuple(known), until)


def _in_turn(fault: Fault) -> tuple[Fault, ...]:
    """The faults of a case in the order in which they are put in: a case is given up after all that happens in it."""
    return tuple(sorted(fault.parts, key=lambda part: part.kind == "abandoned"))


def _last_bounds(cases: Collection[Case], until: int | None) -> tuple[int, int]:
    """Moments before and after which the log will not end, whatever faults come into it."""
    ends = sorted(case.trace[-1].end for case in cases)
    early, late = ends[int(SOME_ENDED * (len(ends) - 1))], ends[-1]
    return (early, late) if until is None else (min(early, until), min(late, until))


def _at_the_end(truths: tuple[Truth, ...], case: Case, injector: Injector, now: int) -> tuple[Truth, ...]:
    """The truth about a case that was given up, once it is known when the log ends: what the silence has broken since."""
    if truths[-1].kind != "abandoned":
        return truths
    named = {truth.check for truth in truths} | {check for truth in truths[:-1] for check in truth.also_fails}
    others = tuple(check for check in injector.oracle.diagnosis(case, now=now).checks if check not in named)
    return (*truths[:-1], replace(truths[-1], also_fails=others))


def _end_of(end: date | None, service: Service, start: date | None) -> int | None:
    if end is None:
        return None
    first = service.arrivals(start)[0]
    if end < first:
        raise MiningError(f"end: {end} is before the first case ({first}). Choose a later day.")
    return service.calendar.at(end + timedelta(1), 0) - 1


def _in_extract(case: Case, service: Service, until: int) -> bool:
    """Whether a case is whole when the extract is taken, or has begun and is rightly seen as open."""
    past = [x for x in case.trace if x.end <= until]
    if len(past) == len(case.trace):
        return True
    after = service.blueprint.scope.abandoned_after
    silent = bool(past) and after is not None and until - past[-1].end > SILENT * after.seconds
    return bool(past) and not silent and not service.complete(x.activity for x in past)


def _spoilt(
    fault: Fault,
    places: Sequence[Target],
    injector: Injector,
    seed: int,
    free: dict[str, Case],
    cases: int,
    until: int | None,
    tries: int | None,
) -> list[Spoilt]:
    """As many faulty cases as asked for, or as there are, taken in an order that depends on seed, fault and case alone."""
    wanted = fault.number(cases)
    found: list[Spoilt] = []
    name = [x for part in fault.parts for x in (part.kind, part.place)]
    for id in sorted(free, key=lambda id: (digest(seed, *name, id), id))[:tries]:
        if len(found) == wanted:
            return found
        result = _one(places, free[id], injector, Stream(seed, "fault", *name, id))
        if result and (until is None or result.case.trace[-1].end <= until):
            found.append(result)
    return found


def _one(places: Sequence[Target], case: Case, injector: Injector, stream: Stream) -> Spoilt | None:
    """The case with all faults in it, one after the other."""
    found: Spoilt | None = None
    for place in places:
        found = injector.inject(place, found.case if found else case, stream, found)
        if found is None:
            return None
    return found


_NEVER = {
    "missing": "leaving {place} out breaks neither the flow nor a rule (is it optional?), or the case then looks open",
    "extra": "{place} is in every case already, or the flow allows it everywhere",
    "repeated": "the flow allows {place} again and no at_most rule limits it",
    "swapped": "the flow and the rules allow {place} and the step after it in either order",
    "moved_early": "the flow and the rules allow {place} further forward",
    "moved_late": "the flow and the rules allow {place} further back",
    "replaced": "no order binds where {place} stands, or the path has another explanation",
    "late": "the time never runs, or delaying {place} breaks another standard first",
    "early": "the time never runs, or the steps before it take longer",
    "wrong_role": "every change of person at {place} breaks another rule too",
    "same_person": "the rule at {place} never applies, or a change of person breaks another rule too",
    "other_person": "the rule at {place} never applies, or a change of person breaks another rule too",
    "wrong_channel": "the step does not occur, or its channel decides another check",
    "missing_evidence": "the touchpoint does not occur, or another check wants the same",
    "failed": "the touchpoint does not occur, or no values that the log may have make it fail",
    "wrong_value": "every value is promised, or another check looks at it too",
    "abandoned": "no case has {place} before its end, or the log ends too soon after it",
    "reopened": "no case ends before its last moment in the calendar, or {place} breaks another standard too",
    "discontinuity": "more changes break another check first",
}


def _too_few(fault: Fault, wanted: int, eligible: int, free: int, cases: int) -> str:
    if eligible == 0 and fault.beside:
        return (
            f"fault {fault}: in none of {free:,} cases would the two stand side by side, each shown by a check of its own and "
            f"neither explained by the other. Choose other places."
        )
    if eligible == 0:
        why = _NEVER[fault.kind].format(place=fault.place)
        return (
            f"fault {fault}: in none of {free:,} cases would this be a deviation of its own: {why}. Choose "
            f"another place or kind."
        )
    return (
        f"fault {fault}: {wanted:,} faulty cases asked for, but only {eligible:,} of {free:,} cases without "
        f"another fault are "
        f"eligible (of {cases:,} in all). Ask for fewer, or simulate more cases."
    )
