"""How well a log and a flow agree: fitness, precision, and the alignments behind them, variant by variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint
from mining.blueprint.stages import reading_of, readings
from mining.conformance.alignment import LOG, MODEL, SYNC, Alignments, Costs, Model, align
from mining.conformance.precision import Precision, precision
from mining.conformance.search import LargeNet
from mining.conformance.traces import Traces
from mining.conformance.variants import Variants
from mining.errors import ModelError, UnknownNameError
from mining.results import Result
from mining.texts import LANGUAGES, activity_name, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

MOVES = {SYNC: "synchronous", LOG: "log", MODEL: "model"}


@dataclass(frozen=True)
class MoveCosts:
    """What a move costs, by kind, lane and activity; every move costs 1 by default.

    Parameters
    ----------
    log, model : int
        Cost of a log move (something done that the flow does not have) and of a model move (something left out).
    lanes, activities : mapping of id to int
        Weight of a lane or an activity: it multiplies both costs. The weight of an activity replaces that of its lane.

    Raises
    ------
    ModelError
        If a cost or weight is no whole number of at least 1.

    Examples
    --------
    >>> MoveCosts(model=2, activities={"approve": 5}).of("approve", None)
    (5, 10)
    """

    log: int = 1
    model: int = 1
    lanes: Mapping[str, int] = field(default_factory=dict)
    activities: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = {"log": self.log, "model": self.model, **self.lanes, **self.activities}
        for name, cost in named.items():
            if isinstance(cost, bool) or not isinstance(cost, int) or cost < 1:
                raise ModelError(f"The cost of {name} is {cost!r}. Costs are whole numbers of at least 1.")
        weight = max([1, *self.lanes.values(), *self.activities.values()])
        if max(self.log, self.model) * weight >= 2**20:
            raise ModelError(
                "A cost times its weight must be below 1,048,576. Use smaller numbers: only their ratios matter."
            )

    def of(self, activity: str, lane: str | None) -> tuple[int, int]:
        """Cost of a log move and of a model move on an activity."""
        weight = self.activities.get(activity, self.lanes.get(lane, 1) if lane else 1)
        return self.log * weight, self.model * weight

    def by_label(self, blueprint: Blueprint, labels: tuple[str, ...]) -> tuple[Costs, Costs]:
        """Costs of log and model moves by label; None stands for what the blueprint does not know.

        Raises
        ------
        UnknownNameError
            If the blueprint has no such lane or activity.
        """
        for kind, named, known in (
            ("lane", self.lanes, [lane.id for lane in blueprint.lanes]),
            ("activity", self.activities, list(blueprint.by_id)),
        ):
            for name in named:
                if name not in known:
                    raise UnknownNameError(kind, name, known)
        pairs = {label: self.of(label, blueprint.lane_of(label).id) for label in labels}
        return {None: self.log} | {a: c[0] for a, c in pairs.items()}, {a: c[1] for a, c in pairs.items()}


@dataclass(frozen=True, eq=False)
class Fit:
    """How well the cases of a log fit a flow. Cases still running are compared with the beginnings of runs.

    Attributes
    ----------
    n_cases, n_variants : int
    n_fitting : int
        Cases that are runs of the flow, or beginnings of one.
    n_unsolved, n_unsolved_variants : int
        Cases whose least cost is not known, because the flow has too many states; bounds take their place.
    cost : tuple of int
        Total cost of all cases, lower and upper bound; equal where all are solved.
    worst : int
        Total cost if nothing were synchronous: all events as log moves, and the cheapest complete run for every case.
    log_fitness, mean_fitness : tuple of float
        1 - cost / worst, of the whole log; and the mean of the same over cases. Lower and upper bound.
    precision : Precision or None
        Share of what the flow allows, where the cases passed, that they did. None where the flow has too many states to list.
    """

    n_cases: int
    n_variants: int
    n_fitting: int
    n_unsolved: int
    n_unsolved_variants: int
    cost: tuple[int, int]
    worst: int
    log_fitness: tuple[float, float]
    mean_fitness: tuple[float, float]
    precision: Precision | None


def fit_of(model: Model, traces: Traces, found: Alignments, counts: np.ndarray, *, prefix: np.ndarray) -> Fit:
    """The numbers of :class:`Fit`, from alignments of distinct traces and the cases of each.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> model = sequence_automaton(["a", "b"])
    >>> traces = Traces.of(model.labels, [("a", "b"), ("a",)])
    >>> fit = fit_of(model, traces, align(model, traces), np.array([3, 1]), prefix=np.zeros(2, bool))
    >>> fit.n_fitting, fit.cost, fit.worst, fit.log_fitness[0]
    (3, (1, 1), 15, 0.9333333333333333)
    """
    n = int(counts.sum())
    unsolved = ~found.solved
    best = np.divide(found.lower, found.worst, out=np.zeros(len(counts)), where=found.worst > 0)
    mean = [float(((1.0 - part) * counts).sum()) / n if n else np.nan for part in (1.0 - found.fitness, best)]
    return Fit(
        n,
        len(counts),
        int(counts[found.cost == 0].sum()),
        int(counts[unsolved].sum()),
        int(unsolved.sum()),
        (int((found.lower * counts).sum()), int((found.cost * counts).sum())),
        int((found.worst * counts).sum()),
        found.log_fitness(counts),
        (mean[0], mean[1]),
        None if isinstance(model, LargeNet) else precision(model, traces, found, counts, prefix=prefix),
    )


@dataclass(frozen=True, eq=False, repr=False)
class AlignedVariants(Result):
    """One row per variant: its cases, its cost, and how many ways there are to explain it."""

    fit: Fit
    names: tuple[str, ...]
    variants: Variants
    found: Alignments
    labels: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "variant": "1 is the most frequent one",
        "cases": "cases with this sequence of completed activities",
        "open": "whether they are still running: compared with the beginnings of runs",
        "events": "completed activities",
        "cost": "least number of log and model moves; an upper bound where not solved",
        "lower": "no alignment has fewer moves; equal to cost where solved",
        "solved": "whether cost is proven to be the least",
        "worst": "cost if nothing were synchronous",
        "fitness": "1 - cost / worst, 0-1; a lower bound where not solved",
        "explanations": "number of optimal alignments; those that differ only in the order of neighbouring log and model moves are one; "
        "missing where not measured",
        "weighted_cost": "least cost under the costs that were asked for; missing without",
        "weighted_fitness": "1 - weighted cost / weighted worst cost, 0-1; missing without",
        "trace": "activities in order",
        "trace_en": "their names in order, in English",
        "trace_zh": "the same in Chinese",
    }

    shown: ClassVar[tuple[str, ...]] = (
        *(
            "variant",
            "cases",
            "open",
            "events",
            "cost",
            "solved",
            "fitness",
            "explanations",
            "weighted_cost",
            "trace_en",
        ),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table for the notebook, without the costs that nobody asked for."""
        weighed = self.frame["weighted_cost"].notna().any()
        return self.frame if weighed else self.frame.drop(columns=["weighted_cost", "weighted_fitness"])

    def sentence(self, lang: str = "en") -> str:
        """How many ways follow the flow as drawn, and how many can be explained in several ways."""
        frame = self.frame
        if not len(frame):
            return say("conformance.ways.none", lang)
        fits, several = frame["cost"] == 0, frame["explanations"].fillna(1) > 1
        numbers = {"n": len(frame), "cases": int(frame["cases"].sum()), "fit": int(fits.sum())}
        numbers |= {"fit_cases": int(frame.loc[fits, "cases"].sum()), "several": int(several.sum())}
        numbers |= {"several_cases": int(frame.loc[several, "cases"].sum())}
        text = say("conformance.ways.told", lang, **{name: f"{number:,}" for name, number in numbers.items()})
        unsolved = int((~frame["solved"].astype(bool)).sum())
        return text + (say("conformance.ways.unsolved", lang, n=f"{unsolved:,}") if unsolved else "")

    def moves(self) -> pd.DataFrame:
        """The moves of the alignments.

        Returns
        -------
        DataFrame
            ``variant``, ``step``, ``move`` (synchronous, log, model), ``activity``, ``event`` (number in the trace, from 1; for a
            model move, of the event before which it stands), ``share`` of the optimal alignments that contain it, and
            ``event_share`` that contain it at this event; missing where not measured.
        """
        found = self.found
        per_variant = np.diff(found.first)
        variant = np.repeat(np.arange(len(per_variant)), per_variant)
        events = np.array([x for trace in self.variants.traces for x in trace], np.int64)
        begin = np.concatenate(([0], np.cumsum([len(trace) for trace in self.variants.traces])))
        names = np.array([*self.names, *self.labels], object)
        of_event = found.kind != MODEL
        name = len(self.names) + found.label.astype(np.int64)
        name[of_event] = events[begin[variant[of_event]] + found.position[of_event]]
        return pd.DataFrame(
            {
                "variant": variant + 1,
                "step": np.arange(len(variant)) - found.first[variant] + 1,
                "move": pd.Categorical.from_codes(found.kind, [MOVES[k] for k in range(3)]),
                "activity": names[name],
                "event": found.position + 1,
                "share": found.share,
                "event_share": found.event_share,
            }
        )


def aligned(study: Study, *, costs: MoveCosts | None = None) -> AlignedVariants:
    """The variants of a study aligned with the blueprint's flow.

    Alignments are found, and deviations read, with unit costs. Other costs are a second question: they find alignments of their
    own, whose cost and fitness stand beside the first, never mixed with them.

    Parameters
    ----------
    study : Study
    costs : MoveCosts, optional

    Raises
    ------
    UnknownNameError
        If the costs name a lane or an activity that the blueprint does not have.
    """
    variants, found = study.path.variants, study.path.alignments
    model, traces = study.path.model, study.path.traces
    names = study.instances.names
    frame = pd.DataFrame(
        {
            "variant": np.arange(1, len(variants.count) + 1),
            "cases": variants.count,
            "open": variants.open,
            "events": traces.lengths,
            "cost": found.cost,
            "lower": found.lower,
            "solved": found.solved,
            "worst": found.worst,
            "fitness": found.fitness,
            "explanations": found.number,
            "weighted_cost": np.nan,
            "weighted_fitness": np.nan,
            "trace": [" > ".join(names[x] for x in trace) for trace in variants.traces],
        }
    )
    for lang in LANGUAGES:
        said = [activity_name(study.blueprint, name, lang) for name in names]
        frame[f"trace_{lang}"] = [" > ".join(said[x] for x in trace) for trace in variants.traces]
    settings: dict[str, Any] = {}
    if costs is not None:
        log_cost, model_cost = costs.by_label(study.blueprint, model.labels)
        weighted = align(model, traces, prefix=variants.open, log_cost=log_cost, model_cost=model_cost)
        known = weighted.solved
        frame["weighted_cost"] = np.where(known, weighted.cost, np.nan)
        frame["weighted_fitness"] = np.where(known, weighted.fitness, np.nan)
        settings = {"costs": repr(costs)}
    fit = fit_of(model, traces, found, variants.count, prefix=variants.open)
    provenance = study.provenance("alignments of variants", **settings)
    return AlignedVariants(frame, provenance, fit, tuple(names), variants, found, model.labels)


@dataclass(frozen=True, eq=False, repr=False)
class Fitness(Result):
    """One row per path check whose flow binds: how well cases and flow agree. Made by :func:`fitness_of`.

    Attributes
    ----------
    free : str
        Why there is no such number for the rest: ``interactive`` or ``self_service``, ``stages``, or empty where the flow binds everywhere.
    stages : dict of language to str
        Stages whose order is free by design.
    strict : float or None
        Share of the completed steps that the flow holds to an order.
    """

    free: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)
    strict: float | None = None

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the path check",
        "stage_en": "its stage, in English; missing for the whole service",
        "stage_zh": "the same in Chinese",
        "cases": "cases compared; those that still run with the beginnings of ways",
        "variants": "distinct ways that they took",
        "fitting": "cases that follow the flow, or a beginning of it",
        "share": "fitting / cases, 0-1",
        "fitness": "1 - cost / cost if nothing agreed, of all steps together, 0-1; a lower bound where cases are unsolved",
        "fitness_most": "upper bound of fitness, 0-1; the same where all cases are solved",
        "mean_fitness": "mean of the same over cases, 0-1; a lower bound where cases are unsolved",
        "precision": "share of what the flow allows, where the cases passed, that they did, 0-1; missing where it has too many states",
        "unsolved": "cases whose least cost was not found within the budget",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "check",
            "stage_en",
            "stage_zh",
            "cases",
            "variants",
            "fitting",
            "share",
            "fitness",
            "mean_fitness",
            "precision",
            "unsolved",
        ),
    )

    def sentence(self, lang: str = "en") -> str:
        """The lowest fitness, how much of the work the flow binds at all, and where fitness would say nothing."""
        parts = []
        if len(self.frame):
            row = self.frame.loc[self.frame["fitness"].idxmin()]
            values = {
                "cases": f"{row['cases']:,}",
                "fitting": f"{row['fitting']:,}",
                "share": percent(row["share"], lang),
            }
            name = say("conformance.fitness.of", lang, check=row["check"]) if len(self.frame) > 1 else ""
            parts.append(name + say("conformance.fitness.told", lang, fitness=f"{row['fitness']:.3f}", **values))
        if len(self.frame) and self.strict is not None and self.strict < 1:
            parts.append(say("conformance.fitness.strict", lang, share=percent(self.strict, lang)))
        if self.free:
            parts.append(say(f"summary.no_fit.{self.free}", lang, stages=self.stages.get(lang, "")))
        return say("conformance.space", lang).join(parts)


def fitness_of(study: Study) -> Fitness:
    """Fitness and precision of every path check whose flow binds, as a table; of a service whose order is free it is empty and says why.

    Returns
    -------
    Fitness

    Examples
    --------
    >>> found = fitness_of(study)
    >>> found.frame["check"].tolist(), int(found.frame["fitting"].iloc[0]) == study.fits["path"].n_fitting
    (['path'], True)
    """
    names = {stage.id: stage.name for stage in study.blueprint.stages}
    rows = []
    for check, fit in study.fits.items():
        reading = reading_of(study.blueprint, check)
        stage = names[reading.stage] if reading and reading.stage else None
        row: dict[str, Any] = {f"stage_{lang}": stage.get(lang) if stage else None for lang in LANGUAGES}
        row |= {"check": check, "cases": fit.n_cases, "variants": fit.n_variants, "fitting": fit.n_fitting}
        row |= {"share": fit.n_fitting / fit.n_cases if fit.n_cases else np.nan, "fitness": fit.log_fitness[0]}
        row |= {"fitness_most": fit.log_fitness[1], "mean_fitness": fit.mean_fitness[0], "unsolved": fit.n_unsolved}
        rows.append(row | {"precision": np.nan if fit.precision is None else fit.precision.value})
    free = [x for x in readings(study.blueprint) if not x.strict]
    why = "" if not free else "stages" if free[0].stage else free[0].mode
    stages = {
        lang: say("word.listed", lang).join(f"“{names[x.stage].get(lang)}”" for x in free if x.stage)
        for lang in LANGUAGES
    }
    frame = pd.DataFrame(rows, columns=list(Fitness.columns))
    return Fitness(frame, study.provenance("fitness and precision"), why, stages, study.strictness.share)
