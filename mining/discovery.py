"""What actually happens: the flow discovered from the log, beside the flow as designed."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.compile import free_regions, write_net
from mining.conformance.alignment import align, model_of
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.errors import ModelError
from mining.fit import fit_of
from mining.pictures.graphviz import TooSlowError
from mining.texts import activity_name, say

if TYPE_CHECKING:
    from mining.pictures import Picture
    from mining.study import Study

NOISE = 0.2
MOST_WORK = (
    5_000_000  # pm4py takes time with the activities, and with the square of the length of a trace: some 20 seconds
)
MAPS = (100, 40, 15)  # activities of a map: fewer where the layout would take too long


@dataclass(frozen=True, eq=False, repr=False)
class DiscoveredFlow:
    """The flow of the completed instances, over the blueprint's activities and the labels that it does not know.

    Attributes
    ----------
    activities : dict of str to int
        Instances per activity.
    arcs : dict of (str, str) to int
        How often one activity directly follows the other.
    starts, ends : dict of str to int
        Cases that begin or end with an activity.
    flow : Flow or None
        The model of the inductive miner in the flow words of a blueprint.
    noise : float
        Its noise threshold.
    left_out : (int, int)
        Distinct traces, and cases with them, that the model was not made from, because the miner would take too long.
    """

    study: Study
    activities: dict[str, int]
    arcs: dict[tuple[str, str], int]
    starts: dict[str, int]
    ends: dict[str, int]
    flow: m.Flow | None
    noise: float
    left_out: tuple[int, int] = (0, 0)

    @cached_property
    def quality(self) -> dict[str, Any]:
        """How well the discovered model describes the log: fitness per event and share of cases that fit exactly.

        ``log_fitness`` is 1 - cost / worst cost, where the worst cost of a trace is its number of events plus the cheapest
        complete run of the model; ``why_not`` says why a model is not measured.
        """
        variants = self.study.path.variants
        if self.flow is None:
            if not self.left_out[0]:
                return {"why_not": "the log holds no completed activity."}
            size = f"up to {max(map(len, variants.traces)):,} events, {len(self.activities):,} activities"
            return {"why_not": f"there is none, because every trace is too much for the miner ({size})."}
        try:
            model = model_of(write_net(self.flow), name="the discovered model")
            code = [model.code.get(name, -1) for name in self.study.instances.names]
            traces = Traces.of_codes(len(model.labels), [[code[x] for x in trace] for trace in variants.traces])
            found = align(model, traces)
        except ModelError as error:
            return {"why_not": str(error)}
        fit = fit_of(model, traces, found, variants.count, prefix=np.zeros(len(traces), bool))
        return {
            "log_fitness": fit.log_fitness,
            "precision": None if fit.precision is None else fit.precision.value,
            "n_fitting": fit.n_fitting,
            "n_unsolved": fit.n_unsolved,
            "n_cases": fit.n_cases,
            "n_variants": fit.n_variants,
            "n_states": model.n_states,
        }

    @cached_property
    def comparison(self) -> pd.DataFrame:
        """What is only in the design or only in the log.

        Returns
        -------
        DataFrame
            One row per difference: ``what`` (activity or order), ``name``, ``partner`` (for an order), ``designed``,
            ``observed_cases``, ``share`` of all cases; most frequent first. An order is one activity directly after another;
            orders inside a free region are left open by design, so those never seen are not listed.
        """
        study = self.study
        n = study.instances.n_cases
        seen = _cases_per_activity(study)
        observable = [a.id for a in study.blueprint.activities if a.observable]
        rows: list[tuple[str, str, str | None, bool, int]] = [
            ("activity", a, None, True, 0) for a in observable if not seen.get(a)
        ]
        rows += [("activity", label, None, False, seen[label]) for label in study.instances.unmapped]
        with suppress(TooManyStatesError):  # the orders of such a design are not listed; the summary says so
            designed, observed = designed_orders(study.blueprint.automaton), _cases_per_order(study)
            left_open = {(a, b) for region in free_regions(study.blueprint) for a in region for b in region}
            rows += [("order", a, b, True, 0) for a, b in sorted(designed - observed.keys() - left_open)]
            rows += [("order", a, b, False, k) for (a, b), k in observed.items() if (a, b) not in designed]
        frame = pd.DataFrame(rows, columns=["what", "name", "partner", "designed", "observed_cases"])
        frame["share"] = frame["observed_cases"] / n if n else np.nan
        order = ["what", "observed_cases", "name", "partner"]
        return frame.sort_values(order, ascending=[True, False, True, True], ignore_index=True)

    def summary(self, lang: str = "en") -> list[str]:
        """The main things in words."""
        variants = self.study.path.variants
        n = int(variants.count.sum())
        top = int(variants.count[0]) if len(variants.count) else 0
        lines = [
            say(
                "discovered.variants",
                lang,
                n_cases=f"{n:,}",
                n_variants=f"{len(variants.traces):,}",
                top=f"{top / n:.1%}".replace("%", " %") if n else "0 %",
            )
        ]
        if isinstance(self.study.path.model, LargeNet):
            lines.append(say("discovered.no_orders", lang))
        traces, cases = self.left_out
        if traces and self.flow:
            kept = {"k": f"{n - cases:,}", "n": f"{n:,}", "traces": f"{traces:,}"}
            lines.append(say("discovered.left_out", lang, **kept))
        if len(self._mapped) < len(self.activities):
            lines.append(say("discovered.part", lang, **self._share_of(self._mapped)))
        if "why_not" in self.quality:
            return [*lines, say("discovered.not_measured", lang, why=self.quality["why_not"])]
        q = self.quality
        low, high = (f"{x:.3f}" for x in q["log_fitness"])
        fit = {
            "fitness": low if low == high else f"{low}–{high}",
            "precision": "-" if q["precision"] is None else f"{q['precision']:.3f}",
            "k": f"{q['n_fitting']:,}",
            "n": f"{q['n_cases']:,}",
            "noise": f"{self.noise:g}",
        }
        return [*lines, say("discovered.quality", lang, **fit)]

    def words(self, lang: str = "en") -> str:
        """The discovered model as an indented text in flow words."""
        return (
            "\n".join(_lines(self.flow, lambda name: activity_name(self.study.blueprint, name, lang)))
            if self.flow
            else "-"
        )

    def picture(self, *, lang: str = "en", most_arcs: int = 40) -> Picture:
        """The directly-follows map, activities marked with their deviations.

        Of more than 100 activities the most frequent are drawn, fewer where the layout would take too long; the title says how many.
        """
        return self._map(self._mapped, lang, most_arcs)

    @cached_property
    def _mapped(self) -> list[str]:
        """The activities that a map can show, most frequent first."""
        order = sorted(self.activities, key=lambda a: (-self.activities[a], a))
        if len(order) <= MAPS[-1]:
            return order
        for most in MAPS:
            with suppress(TooSlowError):
                self._map(order[:most], "en", 40)
                return order[:most]
        return order[: MAPS[-1]]

    def _share_of(self, wanted: list[str]) -> dict[str, str]:
        """How much of the log some activities are, in numbers."""
        share = sum(self.activities[a] for a in wanted) / sum(self.activities.values())
        return {
            "k": f"{len(wanted):,}",
            "n": f"{len(self.activities):,}",
            "share": f"{share:.1%}".replace("%", " %"),
        }

    def _map(self, wanted: list[str], lang: str, most_arcs: int) -> Picture:
        from mining.findings import marks_of
        from mining.pictures import process_map

        blueprint, marks = self.study.blueprint, marks_of(self.study)
        title = ""
        if len(wanted) < len(self.activities):
            title = say("discovered.map_title", lang, **self._share_of(wanted))
        shown_ids = dict.fromkeys(a for a in self.activities if a in set(wanted))
        return process_map(
            {a: self.activities[a] for a in shown_ids},
            {(a, b): n for (a, b), n in self.arcs.items() if a in shown_ids and b in shown_ids},
            starts={a: n for a, n in self.starts.items() if a in shown_ids},
            ends={a: n for a, n in self.ends.items() if a in shown_ids},
            names={a: activity_name(blueprint, a, lang) for a in shown_ids},
            visible={a: blueprint.lane_of(a).visible for a in shown_ids if a in blueprint.by_id},
            marks={a: marks[a] for a in shown_ids if a in marks},
            most_arcs=most_arcs,
            lang=lang,
            title=title,
        )

    def __repr__(self) -> str:
        return f"<DiscoveredFlow: {' '.join(self.summary())}>"

    def _repr_html_(self) -> str:
        return str(self.picture()._repr_html_())


def discover(study: Study, *, noise: float = NOISE) -> DiscoveredFlow:
    """Discover the flow of a study from its variants with counts.

    Parameters
    ----------
    study : Study
    noise : float, 0 to 1, default 0.2
        Noise threshold of the inductive miner; 0 keeps every trace.

    Raises
    ------
    ModelError
        If pm4py fails.
    """
    from mining import _pm4py

    names, variants = study.instances.names, study.path.variants
    counted: Counter[tuple[int, ...]] = Counter()  # running cases and others together
    for trace, count in zip(variants.traces, variants.count.tolist(), strict=True):
        if trace:
            counted[trace] += count
    chosen = _affordable(counted)
    flow = _pm4py.inductive_tree({tuple(names[x] for x in trace): counted[trace] for trace in chosen}, noise=noise)
    left_out = len(counted) - len(chosen), counted.total() - sum(counted[trace] for trace in chosen)
    return DiscoveredFlow(study, *_directly_follows(study), flow, noise, left_out)


def _affordable(counted: Counter[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The most frequent traces that the miner can take, in time that grows with the square of their length."""
    chosen, seen, work = [], set[int](), 0.0
    for trace, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        more = work + len(trace) + len(trace) ** 2 / 1000
        if more * max(len(seen), 1) > MOST_WORK:
            continue
        known = seen | set(trace)
        if more * len(known) <= MOST_WORK:
            chosen.append(trace)
            seen, work = known, more
    return chosen


def _directly_follows(
    study: Study,
) -> tuple[dict[str, int], dict[tuple[str, str], int], dict[str, int], dict[str, int]]:
    """Instances per activity, arcs, first and last activities, over the cases in the order that the path check judged."""
    instances, sequence = study.instances, study.path.variants.sequence
    names, n = instances.names, len(instances.names)
    activity, case = instances.activity[sequence].astype(np.int64), instances.case[sequence]
    same = case[1:] == case[:-1]
    head = np.r_[True, ~same][: len(case)]
    tail = np.r_[~same, True][: len(case)]

    def counts(codes: np.ndarray) -> dict[str, int]:
        found = np.bincount(codes, minlength=n).tolist()
        return {names[i]: found[i] for i in sorted(range(n), key=names.__getitem__) if found[i]}

    pairs, times = np.unique((activity[:-1] * n + activity[1:])[same], return_counts=True)
    arcs = {(names[p // n], names[p % n]): k for p, k in zip(pairs.tolist(), times.tolist(), strict=True)}
    return counts(activity), dict(sorted(arcs.items())), counts(activity[head]), counts(activity[tail])


def designed_orders(automaton: Automaton) -> set[tuple[str, str]]:
    """Pairs of activities of which one may directly follow the other by design."""
    before: list[set[str]] = [set() for _ in range(automaton.n_states)]
    for after in automaton.successors:
        for label, t in after.items():
            before[t].add(label)
    return {(x, label) for s, after in enumerate(automaton.successors) for label in after for x in before[s]}


def _cases_per_activity(study: Study) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for trace, count in zip(study.path.variants.traces, study.path.variants.count.tolist(), strict=True):
        counts.update(dict.fromkeys((study.instances.names[x] for x in set(trace)), count))
    return counts


def _cases_per_order(study: Study) -> dict[tuple[str, str], int]:
    names = study.instances.names
    counts: Counter[tuple[str, str]] = Counter()
    for trace, count in zip(study.path.variants.traces, study.path.variants.count.tolist(), strict=True):
        for a, b in set(zip(trace, trace[1:], strict=False)):
            counts[names[a], names[b]] += count
    return counts


def _lines(flow: m.Flow, name: Any, depth: int = 0) -> list[str]:
    pad = "  " * depth
    match flow:
        case m.Step(activity):
            return [f"{pad}{name(activity)}"]
        case m.Free(activities):
            return [f"{pad}free: {', '.join(name(a) for a in activities)}"]
        case _:
            words = {
                m.Sequence: "sequence",
                m.Choice: "choice",
                m.Parallel: "parallel",
                m.Optional_: "optional",
                m.Loop: "loop",
            }
            inner = [line for part in m.children(flow) for line in _lines(part, name, depth + 1)]
            return [f"{pad}{words[type(flow)]}:", *inner]
