"""How far cases come, step by step as designed: where they stay away, try again, turn back, and whether they need staff."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint import model as m
from mining.blueprint.derived import OUTCOME
from mining.blueprint.stages import readings
from mining.conformance import verdicts as v
from mining.conformance.instances import heads_of
from mining.errors import UnknownNameError
from mining.results import Result, plain, wilson
from mining.scorecard import Share
from mining.texts import LANGUAGES, say
from mining.units import MICROSECONDS, MISSING, percent, readable

if TYPE_CHECKING:
    from mining.study import Study

WITHOUT_STAFF = ("customer", "onstage_technology", "support", "physical_evidence")  # kinds of lanes
FINISHED, WITHDRAWN, DROPPED, OPEN, NEVER = range(5)


@dataclass(frozen=True, eq=False, repr=False)
class Funnel(Result):
    """One row per designed step, in the order of the design. Made by :func:`funnel_of`.

    Attributes
    ----------
    stage : str or None
        The stage; None for the whole service.
    entered : int
        Cases with at least one of the steps that no longer run there: finished + withdrawn + dropped.
    finished, withdrawn, dropped : int
        What became of them.
    open : int
        Cases with at least one of the steps that still run there: in no other number.
    never : int
        Cases with none of the steps: in no other number.
    contained : Share
        Finished cases without a step of staff, of those that finished and of whose steps the blueprint knows all that matter.
    staffed : bool
        Whether staff have a step there that the log can show; else ``contained`` says nothing and is not in the sentence.
    chosen : dict of str to str, or None
        Of a hybrid service that was followed without naming a stage: the names of the stage that was taken by language, empty for the
        whole service.
    """

    stage: str | None
    entered: int
    finished: int
    withdrawn: int
    dropped: int
    open: int
    never: int
    contained: Share
    staffed: bool
    chosen: dict[str, str] | None

    columns: ClassVar[dict[str, str]] = {
        "position": "place in the design, from 1",
        "step": "activity id",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "stage": "stage of the step",
        "testable": "whether it leaves a trace in the log; all numbers of others are missing",
        "reached": "cases that entered and completed the step at least once",
        "share": "reached / entered, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "dropped": "cases that were given up and of which this was the last step",
        "drop_share": "dropped / entered, 0-1",
        "drop_low": "lower end of its 95 % Wilson interval",
        "drop_high": "upper end of its 95 % Wilson interval",
        "drop_after_s": "median time of the dropped cases from their first step to this one, in seconds",
        "withdrawn": "cases that the customer ended by a step declared for it, of which this was the last step before",
        "retries": "times that the step came again directly after itself, other steps than those of this table left aside",
        "retry_cases": "cases in which it did",
        "back": "times that it came directly after a step later in the design, not at the same time",
        "back_cases": "cases in which it did",
        "dead_end": "whether every case that reached it was given up there",
        "open": "running cases of which this is the last step so far: in no other column",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("position", "name_en", "name_zh", "reached", "share", "low", "high", "dropped", "drop_share", "drop_after_s"),
        *("withdrawn", "retries", "back", "dead_end", "open"),
    )

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        names = ("stage", "entered", "finished", "withdrawn", "dropped", "open", "never", "staffed")
        contained = {"passed": self.contained.passed, "n": self.contained.n, "share": plain(self.contained.share)}
        return super().to_dict() | {name: getattr(self, name) for name in names} | {"contained": contained}

    def sentence(self, lang: str = "en") -> str:
        """What the table shows: what it is of where that was not asked, who finished, where most dropped out, and who met no staff."""
        head = "" if self.chosen is None else say("funnel.of_service", lang)
        if self.chosen:
            head = say("funnel.of_self_service", lang, stage=self.chosen[lang])
        if not self.entered:
            return head + say("funnel.nobody", lang, open=f"{self.open:,}") + self._never(lang)
        text = head + say(
            "funnel.finished", lang, n=f"{self.entered:,}", share=percent(self.finished / self.entered, lang),
            dropped=f"{self.dropped:,}", withdrawn=f"{self.withdrawn:,}",
        )  # fmt: skip
        if self.dropped:
            row = self.frame.loc[self.frame["dropped"].fillna(0).astype(int).idxmax()]
            after = readable(row["drop_after_s"], lang)
            text += say("funnel.most", lang, step=row[f"name_{lang}"], n=f"{row['dropped']:,}", after=after)
        if self.contained.n and self.staffed:
            share, where = percent(self.contained.share, lang), "service" if self.stage is None else "stage"
            text += say(f"funnel.contained.{where}", lang, share=share, n=f"{self.contained.n:,}")
        return text + (say("funnel.open", lang, n=f"{self.open:,}") if self.open else "") + self._never(lang)

    def _never(self, lang: str) -> str:
        cases = self.entered + self.open + self.never
        return say("funnel.never", lang, n=f"{self.never:,}", all=f"{cases:,}") if self.never else ""

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Cases by step, and those that were given up there; see :func:`mining.plots.measures.funnel_chart`."""
        from mining.plots.measures import funnel_chart

        return funnel_chart(self, lang=lang, ax=ax)


def funnel_of(study: Study, stage: str | None = None, *, whole: bool = False) -> Funnel:
    """Follow the cases through the designed steps of a stage, or of the whole service.

    The steps stand in the order of the flow (of a flow in a BPMN file: those first that come before most others); steps that the flow
    lacks come last. Another way through is no fault here: ``share`` need not fall from step to step where the design leaves a choice.

    What becomes of a case is read once. It *finished* if it reached an end of the service or, in a stage, went on to a step of another
    one; it was *withdrawn* if it ended by a step of ``scope.withdrawn_by`` instead, and *dropped* if the check of the outcome calls it
    abandoned. Else it is *open* and counted beside, never among those that entered. All other steps count whoever did them.

    Parameters
    ----------
    study : Study
    stage : str, optional
        By default the self-service stage of a hybrid service that has exactly one; else the whole service.
    whole : bool
        The whole service, whatever its stages.

    Returns
    -------
    Funnel

    Raises
    ------
    UnknownNameError
        If the blueprint has no such stage.

    Examples
    --------
    >>> found = study.funnel()
    >>> found.entered == found.finished + found.withdrawn + found.dropped
    True
    """
    blueprint = study.blueprint
    if stage is not None and stage not in {s.id for s in blueprint.stages}:
        raise UnknownNameError("stage", stage, [s.id for s in blueprint.stages], where=blueprint.id)
    chosen = None
    if stage is None and not whole and blueprint.service_type == "hybrid":
        own = [reading.stage for reading in readings(blueprint) if reading.mode == "self_service"]
        stage = own[0] if len(own) == 1 else None
        chosen = {lang: s.name.get(lang) for s in blueprint.stages if s.id == stage for lang in LANGUAGES}
    steps = [
        a for a in designed_order(blueprint) if stage in (None, a.stage) and a.id not in blueprint.scope.withdrawn_by
    ]
    walk = _Walk(study, [a.id for a in steps])
    fate = walk.fates(whole=stage is None)
    counts = np.bincount(fate, minlength=5).tolist()
    frame = pd.DataFrame(walk.rows(steps, fate), columns=list(Funnel.columns))
    counted = ("reached", "dropped", "withdrawn", "retries", "retry_cases", "back", "back_cases", "open")
    frame = frame.astype(dict.fromkeys(counted, "Int64") | {"dead_end": "boolean"})
    measure = "funnel" if stage is None else f"funnel of the stage {stage}"
    contained = walk.contained(fate, whole=stage is None)
    staffed = any(a.observable and a.lane not in _without_staff(blueprint) for a in steps)
    finished, withdrawn, dropped, running, never = counts
    entered = finished + withdrawn + dropped
    return Funnel(
        frame, study.provenance(measure), stage, entered, finished, withdrawn, dropped, running, never, contained, staffed, chosen
    )  # fmt: skip


def _without_staff(blueprint: m.Blueprint) -> set[str]:
    return {lane.id for lane in blueprint.lanes if lane.kind in WITHOUT_STAFF}


class _Walk:
    """The completed instances of some steps, in case order."""

    def __init__(self, study: Study, steps: list[str]) -> None:
        self.study, self.instances, self.names = study, study.instances, steps
        place = np.full(len(study.instances.names), v.NONE)
        place[[study.instances.code[name] for name in steps]] = np.arange(len(steps))
        self.place = place
        self.done = np.flatnonzero(study.instances.done)
        self.at = self.done[place[study.instances.activity[self.done]] != v.NONE]
        self.step, self.case = place[study.instances.activity[self.at]], study.instances.case[self.at]
        self.n_cases = study.instances.n_cases
        self.last = np.full(self.n_cases, v.NONE, np.int64)  # position in `at` of the last step of each case
        self.last[self.case] = np.arange(len(self.at))

    def fates(self, *, whole: bool) -> np.ndarray:
        """What became of each case."""
        study, entered = self.study, self.last != v.NONE
        outcome = next(check for check in study.checks if check.id == OUTCOME)
        fate = np.full(self.n_cases, OPEN)
        given_up = outcome.faults.case[outcome.faults.kind == v.KINDS.index("abandoned")]
        fate[given_up] = DROPPED
        fate[study.has_end] = FINISHED
        fate[study.has_end & (outcome.verdict == v.NOT_APPLICABLE)] = WITHDRAWN
        if not whole:
            known = (self.instances.activity[self.done] < self.instances.n_known) & (
                self.place[self.instances.activity[self.done]] == v.NONE
            )
            known &= ~np.isin(self.done, self.instances.of(*study.blueprint.scope.withdrawn_by))
            elsewhere = np.full(self.n_cases, -1, np.int64)
            elsewhere[self.instances.case[self.done[known]]] = self.done[known]
            fate[entered & (elsewhere > np.where(entered, self.at[self.last] if len(self.at) else -1, -1))] = FINISHED
        fate[~entered] = NEVER
        return fate

    def rows(self, steps: list[m.Activity], fate: np.ndarray) -> list[dict[str, Any]]:
        """A row per step."""
        closed = np.isin(fate, (FINISHED, WITHDRAWN, DROPPED))
        entered, n = int(np.count_nonzero(closed)), len(self.names)
        mine = closed[self.case]
        reached = self._cases(mine)
        last = np.where(self.last == v.NONE, n, self.step[self.last] if len(self.step) else n)
        ends = {word: np.bincount(last[fate == word], minlength=n + 1) for word in (DROPPED, WITHDRAWN, OPEN)}
        previous = np.r_[v.NONE, self.step[:-1]]
        previous[heads_of(self.case)] = v.NONE
        tied = np.r_[False, np.diff(self.instances.end[self.at]) == 0] if len(self.at) else np.zeros(0, bool)
        retry = mine & (previous == self.step)
        later = np.append(_before(self.study.blueprint, self.names), np.zeros((n, 1), bool), axis=1)
        back = mine & ~tied & later[self.step, previous]
        after = self._times_to_drop(fate == DROPPED, last, n)
        found = []
        for i, a in enumerate(steps):
            row = {
                "position": i + 1, "step": a.id, "name_en": a.name.get("en"), "name_zh": a.name.get("zh"), "stage": a.stage,
                "testable": a.observable,
            }  # fmt: skip
            if a.observable:
                dropped = int(ends[DROPPED][i])
                row |= _with_share(("reached", "share", "low", "high"), int(reached[i]), entered)
                row |= _with_share(("dropped", "drop_share", "drop_low", "drop_high"), dropped, entered)
                row |= {
                    "drop_after_s": after[i], "withdrawn": int(ends[WITHDRAWN][i]), "open": int(ends[OPEN][i]),
                    "retries": int(np.count_nonzero(self.step[retry] == i)), "retry_cases": int(self._cases(retry)[i]),
                    "back": int(np.count_nonzero(self.step[back] == i)), "back_cases": int(self._cases(back)[i]),
                    "dead_end": dropped > 0 and dropped == int(reached[i]),
                }  # fmt: skip
            found.append(row)
        return found

    def _cases(self, rows: np.ndarray) -> np.ndarray:
        """Per step the number of cases with one of some rows."""
        pairs = np.unique(self.step[rows].astype(np.int64) * self.n_cases + self.case[rows])
        return np.bincount(pairs // max(self.n_cases, 1), minlength=len(self.names))

    def _times_to_drop(self, dropped: np.ndarray, last: np.ndarray, n: int) -> list[float]:
        heads = self.at[heads_of(self.case)]
        begin = np.zeros(self.n_cases, np.int64)
        start, end = self.instances.start[heads], self.instances.end[heads]
        begin[self.instances.case[heads]] = np.where(start == MISSING, end, start)
        cases = np.flatnonzero(dropped)
        seconds = pd.Series((self.instances.end[self.at[self.last[cases]]] - begin[cases]) / MICROSECONDS)
        median = seconds.groupby(last[cases]).median()
        return [float(median.get(i, np.nan)) for i in range(n)]

    def contained(self, fate: np.ndarray, *, whole: bool) -> Share:
        """Finished cases without a step of staff."""
        lanes = _without_staff(self.study.blueprint)
        staffed = [a.lane not in lanes for a in self.study.blueprint.activities]
        unknown = len(self.instances.names) - len(staffed)
        rows = self.done if whole else self.at
        activity, case = self.instances.activity[rows], self.instances.case[rows]
        by_staff, strange = (np.zeros(self.n_cases, bool) for _ in range(2))
        by_staff[case[np.array([*staffed, *[False] * unknown], bool)[activity]]] = True
        strange[case[activity >= len(staffed)]] = True
        finished = (fate == FINISHED) & (by_staff | ~strange)
        return Share(int(np.count_nonzero(finished & ~by_staff)), int(np.count_nonzero(finished)))


def _with_share(names: tuple[str, str, str, str], k: int, n: int) -> dict[str, Any]:
    return dict(zip(names, (k, k / n if n else np.nan, *wilson(k, n)), strict=True))


# --- the order of the design -----------------------------------------------------------------------------------------


def designed_order(blueprint: m.Blueprint) -> list[m.Activity]:
    """The steps in the order of the flow; those that it lacks come last, as the blueprint lists them.

    Examples
    --------
    >>> [a.id for a in designed_order(study.blueprint)][:2]
    ['receive', 'check_receipt']
    """
    flow = blueprint.flow
    names = list(flow.activities if isinstance(flow, m.Graph) else m.flow_activities(flow))
    if isinstance(flow, m.Graph):
        pairs = ordered_pairs(flow)
        before = {name: sum(b == name for _, b in pairs) for name in names}
        names.sort(key=before.__getitem__)
    return [blueprint.by_id[name] for name in names] + [a for a in blueprint.activities if a.id not in set(names)]


def ordered_pairs(flow: m.Flow) -> set[tuple[str, str]]:
    """Pairs of steps of which the first is earlier in the design.

    What stands before something else in a sequence, in the body of a loop before what leads back to it, in a free region what is
    listed first. Branches of a choice or of a parallel part are in no order. Of a flow in a BPMN file: where the second can come after
    the first, and never the first after the second.

    Examples
    --------
    >>> sorted(ordered_pairs(m.Sequence((m.Step("a"), m.Choice((m.Step("b"), m.Step("c")))))))
    [('a', 'b'), ('a', 'c')]
    """
    pairs = _pairs(flow)
    return {(a, b) for a, b in pairs if a != b and (b, a) not in pairs}


def _pairs(flow: m.Flow) -> set[tuple[str, str]]:
    match flow:
        case m.Free(activities):
            return set(combinations(activities, 2))
        case m.Graph(follows=follows):
            return _reach(set(follows))
        case m.Sequence(items):
            parts = list(items)
        case m.Loop(body, redo):
            parts = [body] if redo is None else [body, redo]
        case _:
            return set().union(*(_pairs(child) for child in m.children(flow)))
    found: set[tuple[str, str]] = set().union(*(_pairs(part) for part in parts))
    for first, second in combinations(parts, 2):
        found |= set(product(m.flow_activities(first), m.flow_activities(second)))
    return found


def _reach(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The transitive closure."""
    names = sorted({name for pair in pairs for name in pair})
    place = {name: i for i, name in enumerate(names)}
    reach = np.zeros((len(names), len(names)), bool)
    for a, b in pairs:
        reach[place[a], place[b]] = True
    for k in range(len(names)):
        reach |= reach[:, k : k + 1] & reach[k : k + 1]
    return {(names[i], names[j]) for i, j in zip(*np.nonzero(reach), strict=True)}


def _before(blueprint: m.Blueprint, names: list[str]) -> np.ndarray:
    """Whether step i is earlier in the design than step j."""
    place = {name: i for i, name in enumerate(names)}
    found = np.zeros((len(names), len(names)), bool)
    for a, b in ordered_pairs(blueprint.flow):
        if a in place and b in place:
            found[place[a], place[b]] = True
    return found
