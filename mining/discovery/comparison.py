"""As designed against as is: what is only in one of the two, how often, and how much is in both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.automaton import TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.stages import HANDOVER, Reading, readings
from mining.conformance import verdicts as v
from mining.conformance.path import PathResult, order_of
from mining.discovery.branches import branches_of
from mining.discovery.designed import Orders, orders_of, orders_of_automaton
from mining.discovery.differences import KINDS, Key, Part, Rows, Seen, seen_in
from mining.discovery.observed import Observed
from mining.errors import LogError
from mining.log import EventLog
from mining.results import Result
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """One row per difference between the design and what was observed: by kind, the most frequent first. Made by :func:`compared`.

    An order is one step directly after another. It is compared where the design binds the order: not in an interactive or self-service
    service, nor in such stages of a hybrid one, whose other stages are compared one by one, each case cut down to its steps in the stage. A
    step that leaves no trace in the log is passed over: if the design has one between two steps, they may follow each other directly.

    Attributes
    ----------
    common : dict of str to int
        Per kind (as in ``what``) how much is in both; of branches those that were used.
    left_open : int
        Orders of the design that no case shows and that are no differences, because the design leaves them open: both steps in one free
        region, or in branches side by side.
    free : tuple of str
        Checks of the parts of the service whose order is left open by its type; ``path`` is the whole service.
    not_compared : tuple of str
        Checks of the parts whose orders could not be compared, because the flow has too many states to list.
    n_cases, n_running, n_untimed : int
        All cases; those still running, whose last step is no end; those with steps at the same moment whose order could not be settled,
        which are read in the order of the file.
    """

    common: dict[str, int]
    left_open: int
    free: tuple[str, ...]
    not_compared: tuple[str, ...]
    n_cases: int
    n_running: int
    n_untimed: int

    columns: ClassVar[dict[str, str]] = {
        "what": "activity; order (one step directly after another); start, end (first and last step of a case, or of its part in a stage); "
        "stage (a step of one stage directly after a step of another); branch (of the flow as drawn, see study.branches())",
        "name": "activity, stage, or path of the decision",
        "partner": "of an order or a stage: the one directly after it; of a branch: the option",
        "designed": "whether the design has it: yes is only in the design, no is only in the log",
        "observed_cases": "cases in which it occurs",
        "share": "observed_cases / n, 0-1",
        "low": "95 % Wilson interval of share, lower end",
        "high": "95 % Wilson interval of share, upper end",
        "n": "denominator: all cases; of a start, cases with a step there; of an end, those of them that are not running; of a branch, "
        "cases that came to the decision",
        "observed": "how often it occurs, in all",
        "maybe_cut": "start: those of observed_cases whose first step is none that cases start with; the extract may have cut them off, "
        "or the first step was skipped: a log cannot tell",
        "implied": "an order, start or end with a step that is itself only in one of the two, so that it says nothing new",
        "reading": "the path check that it belongs to: path, or path-<stage> in a hybrid service; missing for what belongs to none",
        "visible": "whether the customer sees it (a step of it lies above the line of visibility); missing for steps outside the blueprint",
        "name_en": "the difference in words",
        "name_zh": "the same in Chinese",
        "example_case": "first case that shows it, to look it up; missing where none does",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("what", "name_en", "designed", "observed_cases", "n", "share", "low", "high", "visible", "example_case"),
    )

    def only(self, where: str) -> pd.DataFrame:
        """The differences only in the ``design`` or only in the ``log`` that are not implied by another one."""
        return self.frame[(self.frame["designed"] == (where == "design")) & ~self.frame["implied"]]

    def sentence(self, lang: str = "en") -> str:
        """How much is in both, only in the log and only in the design, the most frequent difference, and what was not compared."""
        both = self._listed({k: n for k, n in self.common.items() if n}, lang)
        log, design = (self.only(x) for x in ("log", "design"))
        counts = [self._listed(part["what"].value_counts().to_dict(), lang) for part in (log, design)]
        text = say("comparison.counted", lang, both=both, log=counts[0], design=counts[1])
        if len(log):
            top = log.loc[log["observed_cases"].astype(int).idxmax()]
            values = {"k": f"{top['observed_cases']:,}", "n": f"{top['n']:,}", "share": percent(top["share"], lang)}
            text += say("comparison.top", lang, name=top[f"name_{lang}"], **values)
        if implied := int(self.frame["implied"].sum()):
            text += say("comparison.implied", lang, n=f"{implied:,}", all=f"{len(self.frame):,}")
        orders = self.frame.loc[self.frame["what"] == "order", "reading"].dropna().astype(str)
        if orders.str.startswith("path-").any():
            text += say("comparison.by_stage", lang)
        if "path" in self.free:
            text += say("comparison.free", lang)
        elif self.free:
            text += say("comparison.free_stages", lang, n=len(self.free))
        if self.not_compared:
            text += say("comparison.not_compared", lang)
        if self.left_open:
            text += say("comparison.left_open", lang, n=f"{self.left_open:,}")
        if self.n_running and "path" not in self.free:
            text += say("comparison.running", lang, n=f"{self.n_running:,}")
        cut = int(self.frame["maybe_cut"].sum())
        return text + (say("comparison.maybe_cut", lang, n=f"{cut:,}") if cut else "")

    @staticmethod
    def told(row: dict[str, Any], lang: str) -> str:
        """A row in words that also say its kind."""
        name = str(row[f"name_{lang}"])
        if row["what"] in ("order", "start", "end"):  # the words say it
            return name
        return say("comparison.labelled", lang, what=say(f"comparison.what_{row['what']}", lang), name=name)

    @staticmethod
    def _listed(counts: dict[str, int], lang: str) -> str:
        """Counts by kind in words."""
        found = [
            say(f"comparison.{what}" if counts[what] > 1 else f"comparison.one_{what}", lang, n=f"{counts[what]:,}")
            for what in KINDS
            if counts.get(what)
        ]
        return say("word.listed", lang).join(found) or say("comparison.nothing", lang)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """The most frequent differences only in the log as bars, and below them what no case shows."""
        from mining.plots.comparison import comparison_chart

        return comparison_chart(self, ax=ax, lang=lang)


def compared(observed: Observed, *, as_drawn: bool = False) -> Comparison:
    """Compare what was observed with the blueprint of its study.

    Parameters
    ----------
    observed : Observed
        Of a study. Not changed.
    as_drawn : bool, default False
        Hold all cases against the whole flow as drawn, also where the type of the service leaves the order open.

    Raises
    ------
    LogError
        If it was observed in a log without a blueprint.

    Examples
    --------
    >>> from mining.discovery import observed_of
    >>> found = compared(observed_of(study))
    >>> found.common["activity"], len(found.only("design").query("what == 'activity'"))
    (18, 0)
    """
    if isinstance(observed.source, EventLog):
        raise LogError("A log alone has no design to compare with. Give a Study: Study(log, blueprint).")
    study, blueprint = observed.source, observed.source.blueprint
    rows, common = Rows(study), Counter[str]()
    paths = _paths(study, as_drawn)
    steps = set(m.flow_activities(blueprint.flow)) | {
        a for x in paths if not x.reading.strict for a in x.reading.activities
    }
    steps &= {a.id for a in blueprint.activities if a.observable}
    parts = [(x.reading, seen_in(x, ~study.has_start)) for x in paths]
    seen: dict[Key, Seen] = {}
    for _, part in parts:
        for key, one in part.activity.items():
            seen.setdefault(key, Seen()).add(0, 0, one.first, 0)
    cases, times = observed.cases_with(), observed.activities
    for (
        name,
        _,
    ), one in seen.items():  # an unknown label may stand in several stages: cases are counted over all of them
        one.cases, one.times = cases[name], times[name]
    alone = rows.add("activity", None, {(a, None) for a in steps}, seen, rows.n, common)
    free, unknown, left_open = [], [], 0
    for reading, part in parts:
        if not reading.strict:
            free.append(reading.id)
            continue
        orders = orders_of(blueprint, reading)
        if orders is None:
            unknown.append(reading.id)
            continue
        left_open += _orders(rows, reading, part, orders, alone, common)
    if not as_drawn:
        _stages(rows, study, common)
    _branches(rows, study, common)
    frame = rows.frame(list(Comparison.columns))
    running = int(study.is_open.sum())
    untimed = int(
        (study.path.check.verdict[study.path.alignments.solved[study.path.variants.of_case]] == v.NOT_OBSERVABLE).sum()
    )
    provenance = observed.provenance("as designed against as is", **({"as_drawn": True} if as_drawn else {}))
    return Comparison(frame, provenance, dict(common), left_open, tuple(free), tuple(unknown), rows.n, running, untimed)


def _paths(study: Study, as_drawn: bool) -> tuple[PathResult, ...]:
    if as_drawn:
        return (study.path,)
    if readings(study.blueprint)[0].stage is None and not readings(study.blueprint)[0].strict:
        return study.path_results
    return tuple(x for x in study.path_results if x.reading.id != HANDOVER)


def _orders(rows: Rows, reading: Reading, part: Part, orders: Orders, alone: set[str], common: Counter[str]) -> int:
    """Rows of one reading; how many unseen orders the design leaves open."""
    left_open = {pair for pair in orders.left_open if pair not in part.order}
    rows.add("order", reading.id, orders.pairs - left_open, part.order, rows.n, common, alone)
    rows.add("start", reading.id, {(a, None) for a in orders.starts}, part.start, part.n_begun, common, alone)
    rows.add("end", reading.id, {(a, None) for a in orders.ends}, part.end, part.n_over, common, alone)
    return len(left_open)


def _stages(rows: Rows, study: Study, common: Counter[str]) -> None:
    """Stages of a hybrid service of which one comes directly after the other, where the design binds their order."""
    order, blueprint = order_of(study.blueprint), study.blueprint
    path = next((x for x in study.path_results if x.reading.id == HANDOVER), None)
    if order is None or path is None:
        return
    try:
        pairs = orders_of_automaton(blueprint.automaton).pairs
    except TooManyStatesError:
        return
    stage = order.stage_of
    designed = {(stage[a], stage[b]) for a, b in pairs if stage[a] != stage[b]}
    bound = {pair for one in order.before for pair in (one, one[::-1])}
    names, first = path.part.names, np.unique(path.variants.of_case, return_index=True)[1].tolist()
    seen: dict[Key, Seen] = {}
    for trace, count, case in zip(path.variants.traces, path.variants.count.tolist(), first, strict=True):
        word = [stage[names[x]] for x in trace]
        for pair, times in Counter((a, b) for a, b in zip(word, word[1:], strict=False) if a != b).items():
            if pair in designed or pair in bound:
                seen.setdefault(pair, Seen()).add(count, times, case, 0)
    allowed = {
        pair for pair in seen if pair in order.before
    }  # a stage in between may be left out: that is no other order
    rows.add("stage", HANDOVER, (designed & bound) | (designed & seen.keys()) | allowed, seen, rows.n, common)


def _branches(rows: Rows, study: Study, common: Counter[str]) -> None:
    """Branches of the flow as drawn that nobody took."""
    found = branches_of(study)
    frame = found.frame
    used = frame[(frame["cases"] > 0) & frame["kind"].isin(["choice", "optional"])]
    common["branch"] += len(used) + frame.loc[(frame["kind"] == "loop") & (frame["cases"] > 0), "decision"].nunique()
    for row in found.unused.to_dict("records"):
        rows.branch(row)
