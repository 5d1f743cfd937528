"""Models of several miners and thresholds side by side, and which of them to take."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.discovery.models import MINERS, DiscoveredModel, mine
from mining.discovery.observed import Observed, observed_of
from mining.discovery.quality import ModelQuality, aligned_with
from mining.errors import ModelError, UnknownNameError
from mining.nets import WorkflowNet
from mining.results import Result
from mining.texts import say
from mining.units import MISSING, percent

if TYPE_CHECKING:
    from mining.log import EventLog
    from mining.study import Study

NOISES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
DEPENDENCIES = (0.5, 0.9)
LEAST_FITNESS = 0.8
SAME = 0.02  # F-scores that differ by less do not decide
HALVES = 2


@dataclass(frozen=True, eq=False, repr=False)
class ModelTable(Result):
    """One row per miner and threshold, in the order asked for.

    The rule of the recommendation: of the models whose fitness and precision are measured, those with a log fitness of at least 0.8 (if
    none has it, the fittest alone); of these, those whose F-score is within 0.02 of the best; of these the fittest, to two decimals, since
    a model that leaves out what happens is no picture of it; of equally fit ones the net with the fewest arcs, then the first in the table.

    Attributes
    ----------
    models : tuple of DiscoveredModel or None
        Row by row; None where the miner failed.
    """

    models: tuple[DiscoveredModel | None, ...]

    columns: ClassVar[dict[str, str]] = {
        "model": "number of the row, from 1",
        "miner": "inductive, heuristics or powl",
        "parameter": "what the threshold is one of: noise (more leaves out more), dependency (more asks for more)",
        "threshold": "value of the parameter, 0 to 1",
        "same_as": "the first model with the very same net; missing where there is none before",
        "recommended": "whether the rule picks it",
        "equally_good": "whether its F-score is within 0.02 of the best of those that the rule compares",
        "f_score": "2 x fitness x precision / (fitness + precision), of log_fitness and precision",
        "log_fitness": "1 - least cost of all cases / cost if nothing were synchronous; a lower bound where n_unsolved is not 0",
        "log_fitness_high": "upper bound of log_fitness; equal to it where n_unsolved is 0",
        "mean_fitness": "mean over cases of 1 - least cost of the case / its cost if nothing were synchronous; a lower bound where "
        "n_unsolved is not 0",
        "n_fitting": "cases that are exact runs of the model",
        "n_cases": "cases with an activity: the denominator",
        "share_fitting": "share of the cases that are exact runs, 0-1",
        "low": "lower end of the 95 % Wilson interval of share_fitting",
        "high": "upper end of the 95 % Wilson interval of share_fitting",
        "n_unsolved": "cases whose least cost is not known: in the bounds of fitness, in neither precision nor generalisation",
        "precision": "taken / allowed: of what the model allows where the cases pass, what they do",
        "taken": "numerator of precision: sum over prefixes of cases x labels taken next",
        "allowed": "denominator of precision: sum over prefixes of cases x labels allowed next",
        "generalisation": "1 - new / steps: how sure it is that the next step is one already seen in its state",
        "new": "sum over steps of the chance that the next one there is new",
        "steps": "denominator of generalisation: steps of the runs of all cases",
        "simplicity": "1 / (1 + max(d - 2, 0)), d the mean number of arcs at a place or transition",
        "places": "places of the net",
        "transitions": "transitions of the net, silent ones included",
        "silent": "transitions without an activity",
        "arcs": "arcs of the net",
        "states": "states of the smallest automaton of the net; missing where there are too many to list",
        "left_out_traces": "distinct traces that the model was not made from, because the miner would take too long",
        "left_out_cases": "cases with such a trace; they are measured all the same",
        "held_out_fitness": "log fitness of traces by a model made without them (a lower bound where not solved); missing unless asked for",
        "held_out_cases": "cases it is measured on",
        "why_not": "why the model, or which part of it, is not measured",
    }

    shown: ClassVar[tuple[str, ...]] = (
        *("model", "miner", "threshold", "same_as", "recommended", "f_score", "log_fitness", "share_fitting"),
        *("precision", "generalisation", "simplicity", "transitions", "arcs"),
    )

    @property
    def recommended(self) -> DiscoveredModel | None:
        """The model that the rule picks; None where none is measured."""
        rows = np.flatnonzero(self.frame["recommended"].to_numpy(bool))
        return self.models[int(rows[0])] if len(rows) else None

    def sentence(self, lang: str = "en") -> str:
        """Which model to take and why, which are equally good, the same or not measured."""
        frame = self.frame
        unmeasured = int(frame["f_score"].isna().sum())
        picked = frame[frame["recommended"]]
        if picked.empty:
            return say("models.none", lang, n=len(frame))
        row = picked.iloc[0]
        values = {
            "model": self.name(int(row["model"]), lang),
            "f": _number(row["f_score"]),
            "fitness": _number(row["log_fitness"]),
            "precision": _number(row["precision"]),
            "share": percent(float(row["share_fitting"]), lang),
            "n": f"{row['n_cases']:,}",
        }
        said = say("models.recommended", lang, **values) + self._left_out(int(row["model"]), lang)
        if pd.notna(row["generalisation"]):
            general, simple = _number(row["generalisation"], 3), _number(row["simplicity"])
            said += say("models.beside", lang, generalisation=general, simplicity=simple, arcs=f"{row['arcs']:,}")
        fit = row["log_fitness"] >= LEAST_FITNESS
        said += say("models.rule" if fit else "models.rule_unfit", lang, least=f"{LEAST_FITNESS:g}", same=f"{SAME:g}")
        others = frame[frame["equally_good"] & ~frame["recommended"] & frame["same_as"].isna()]
        if len(others):
            named = say("models.between", lang).join(self._with_numbers(int(model), lang) for model in others["model"])
            said += say("models.equal", lang, models=named, same=f"{SAME:g}")
        alike = frame[frame["same_as"] == row["model"]]
        if len(alike):
            named = say("word.listed", lang).join(self.name(int(model), lang) for model in alike["model"])
            said += say("models.same", lang, models=named)
        if unmeasured:
            said += say("models.unmeasured", lang, k=unmeasured, n=len(frame))
        return said

    def name(self, model: int, lang: str = "en") -> str:
        """A model in words: its miner and threshold."""
        row = self.frame.iloc[model - 1]
        parameter = say(f"models.{row['parameter']}", lang, value=f"{row['threshold']:g}")
        return say(f"models.{row['miner']}", lang) + parameter

    def _left_out(self, model: int, lang: str) -> str:
        """How many activities a model does not show, and how much happens in them; empty where it shows all."""
        found = self.models[model - 1]
        if found is None:
            return ""
        every, held = found.observed.activities, set(found.activities)
        missing = [n for name, n in every.items() if name not in held]
        part = percent(sum(missing) / max(sum(every.values()), 1), lang)
        numbers = {"k": f"{len(missing):,}", "all": f"{len(every):,}", "part": part}
        return say("models.leaves_out", lang, **numbers) if missing else ""

    def _with_numbers(self, model: int, lang: str) -> str:
        row = self.frame.iloc[model - 1]
        numbers = {"fitness": _number(row["log_fitness"]), "precision": _number(row["precision"])}
        return say("models.with_numbers", lang, model=self.name(model, lang), **numbers)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """The four measures over the thresholds, the recommended model marked."""
        from mining.plots.models import models_chart

        return models_chart(self, ax=ax, lang=lang)


def models_of(
    source: Study | EventLog | Observed,
    *,
    noises: Sequence[float] = NOISES,
    dependencies: Sequence[float] = DEPENDENCIES,
    miners: Sequence[str] = MINERS,
    held_out: bool = False,
) -> ModelTable:
    """Mine a model per miner and threshold, measure each on all cases, and recommend one.

    Parameters
    ----------
    source : Study, EventLog or Observed
    noises : sequence of float, default 0 to 0.5 in steps of 0.1
        Noise thresholds of the inductive miner and of POWL.
    dependencies : sequence of float, default 0.5 and 0.9
        Least dependencies of the heuristics miner.
    miners : sequence of {"inductive", "heuristics", "powl"}, default all
    held_out : bool, default False
        Also cut the distinct traces in two halves by a hash of their activities, mine from each and measure the other: how well a model
        made in this way fits traces that it was not made from. Every trace is measured once. Twice the mining, once more the alignments.

    Returns
    -------
    ModelTable
        Models with the same net are measured once. Where a miner fails, or a model cannot be measured, its row says why.

    Raises
    ------
    UnknownNameError
        For another miner.
    ModelError
        If there is no threshold to try, or one is not between 0 and 1.

    Examples
    --------
    >>> table = models_of(study, noises=(0, 0.2), miners=("inductive",))
    >>> table.frame[["miner", "threshold", "recommended"]].values.tolist()
    [['inductive', 0.0, False], ['inductive', 0.2, True]]
    """
    asked = list(_asked(miners, noises, dependencies))
    if not asked:
        raise ModelError("There is nothing to compare. Give at least one miner and one threshold.")
    observed = observed_of(source)
    halves = _halves(observed) if held_out else ()
    rows: list[dict[str, Any]] = []
    models: list[DiscoveredModel | None] = []
    first: dict[WorkflowNet | None, tuple[int, DiscoveredModel]] = {}
    for number, (miner, parameter, threshold) in enumerate(asked, 1):
        row: dict[str, Any] = {"model": number, "miner": miner, "parameter": parameter, "threshold": float(threshold)}
        try:
            found = mine(observed, miner=miner, **{parameter: threshold})
        except ModelError as error:
            models.append(None)
            rows.append(row | {"why_not": str(error)})
            continue
        twin = first.setdefault(found.net, (number, found))
        if twin[0] < number:
            row["same_as"] = twin[0]
        models.append(found)
        quality = twin[1].quality  # of the same net: measured once
        row |= _measured(quality) | {"left_out_traces": found.left_out[0], "left_out_cases": found.left_out[1]}
        rows.append(row | (_held_out(halves, miner, {parameter: threshold}) if held_out else {}))
    frame = _recommend(pd.DataFrame(rows).reindex(columns=list(ModelTable.columns)))
    settings = {"miners": ", ".join(miners), "noises": list(noises), "dependencies": list(dependencies)}
    provenance = observed.provenance("models side by side", **settings, held_out=held_out)
    return ModelTable(frame, provenance, tuple(models))


def _number(value: float, digits: int = 2) -> str:
    """A measure between 0 and 1: never 1 for one that is less."""
    return f"{value if value >= 1 else min(value, 1 - 10**-digits):.{digits}f}"


def _asked(
    miners: Sequence[str], noises: Sequence[float], dependencies: Sequence[float]
) -> Iterator[tuple[str, str, float]]:
    """Miner, parameter and threshold of every row."""
    for name, values in (("noise", noises), ("dependency", dependencies)):
        wrong = [x for x in values if not 0 <= x <= 1]
        if wrong:
            raise ModelError(f"The {name} threshold {wrong[0]!r} is not between 0 and 1.")
    for miner in miners:
        if miner not in MINERS:
            raise UnknownNameError("miner", miner, MINERS)
        parameter, values = ("dependency", dependencies) if miner == "heuristics" else ("noise", noises)
        yield from ((miner, parameter, value) for value in dict.fromkeys(values))


def _measured(q: ModelQuality) -> dict[str, Any]:
    """The columns of a row that a quality fills; what is not measured is left out."""
    row: dict[str, Any] = {"n_cases": q.n_cases, "why_not": q.why_not, "states": q.n_states}
    if q.size is not None:
        names = ("places", "transitions", "silent", "arcs", "simplicity")
        row |= {name: getattr(q.size, name) for name in names}
    if q.log_fitness is not None and q.mean_fitness is not None:
        row |= {
            "log_fitness": q.log_fitness[0],
            "log_fitness_high": q.log_fitness[1],
            "mean_fitness": q.mean_fitness[0],
        }
        row |= {"n_fitting": q.n_fitting, "n_unsolved": q.n_unsolved, "share_fitting": q.share_fitting}
    if q.fitting_interval is not None:
        row["low"], row["high"] = q.fitting_interval
    if q.precision is not None:
        row |= {"precision": q.precision.value, "taken": q.precision.taken, "allowed": q.precision.allowed}
    if q.generalisation is not None:
        g = q.generalisation
        row |= {"generalisation": g.value, "new": g.new, "steps": g.steps}
    return row | {"f_score": q.f_score}


NUMBERS = (
    *("f_score", "log_fitness", "log_fitness_high", "mean_fitness", "share_fitting", "low", "high", "precision"),
    *("generalisation", "new", "simplicity", "held_out_fitness"),
)
COUNTS = (
    *("same_as", "n_fitting", "n_cases", "n_unsolved", "taken", "allowed", "steps", "places", "transitions", "silent"),
    *("arcs", "states", "left_out_traces", "left_out_cases", "held_out_cases"),
)


def _recommend(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark the models that the rule compares and the one that it picks; set the kinds of the columns."""
    scores, fitness = (frame[name].astype(float) for name in ("f_score", "log_fitness"))
    measured = scores.notna()
    compared = measured & (fitness >= LEAST_FITNESS)
    if not compared.any():
        compared = measured & (fitness == fitness[measured].max())
    best = scores[compared].max()
    frame["equally_good"] = compared & (scores >= best - SAME)
    order = frame.assign(unfit=-fitness.round(2))[frame["equally_good"]]
    chosen = order.sort_values(["unfit", "arcs", "model"]).head(1)
    frame["recommended"] = frame["model"].isin(chosen["model"])
    return frame.astype(dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(NUMBERS, "float64"))


# --- held out ----------------------------------------------------------------------------------------------------------


def _halves(observed: Observed) -> tuple[tuple[Observed, Observed], ...]:
    """What to mine from and what to measure: each half of the distinct traces beside the other, dealt out in the order of their hashes."""
    filled = [k for k, trace in enumerate(observed.traces) if trace]
    digest = {
        k: hashlib.sha256("\0".join(observed.names[x] for x in observed.traces[k]).encode()).digest() for k in filled
    }
    order = sorted(filled, key=lambda k: (digest[k], k))
    parts = [_only(observed, order[i::HALVES]) for i in range(HALVES)]
    return ((parts[0], parts[1]), (parts[1], parts[0]))


def _only(observed: Observed, rows: Collection[int]) -> Observed:
    """What was observed in the cases with some of the traces, trace by trace; without resources and times, which no miner reads."""
    kept = sorted(rows)
    traces, count = tuple(observed.traces[k] for k in kept), observed.count[kept]
    activity = [np.tile(np.array(trace, np.int32), n) for trace, n in zip(traces, count.tolist(), strict=True)]
    flat = np.concatenate([*activity, np.zeros(0, np.int32)])
    lengths = np.repeat([len(trace) for trace in traces], count).astype(np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    none, moments = np.full(len(flat), -1, np.int32), np.full(len(flat), MISSING, np.int64)
    end = np.arange(len(flat), dtype=np.int64)
    return Observed(observed.source, observed.names, offsets, flat, none, moments, end, traces, count)


def _held_out(halves: Sequence[tuple[Observed, Observed]], miner: str, how: dict[str, float]) -> dict[str, Any]:
    """Log fitness of all traces, each by the model that was made without it; missing where one of the models cannot be had."""
    cost = worst = cases = 0
    for inside, outside in halves:
        if not outside.traces:
            continue
        try:
            found = mine(inside, miner=miner, **how)
            if found.net is None:
                return {}
            aligned = aligned_with(found.net, outside, blocks=found.flow is not None)[2]
        except ModelError:
            return {}
        cost, worst = (
            cost + int((aligned.cost * outside.count).sum()),
            worst + int((aligned.worst * outside.count).sum()),
        )
        cases += int(outside.count.sum())
    return {"held_out_fitness": 1 - cost / worst if worst else np.nan, "held_out_cases": cases}
