"""How much there is to a service and how much room it leaves, as designed beside as observed (Shostack 1987)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint import model as m
from mining.blueprint.measures import Design, design_of, follows
from mining.discovery.designed import open_in_net, orders_of_flow, pruned
from mining.discovery.observed import Arc, observed_of
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

FREQUENT = 0.05  # of the cases
COMPLEXITY = ("steps", "hand_offs", "hand_offs_bound", "hand_offs_frequent", "lanes_crossed", "complexity")
DIVERGENCE = ("choices", "optionals", "loops", "free_regions", "divergence")
PER_CASE = ("steps_per_case_median", "steps_per_case_mean", "events_per_case_median", "variants")
NOTHING = Design(0, 0, 0, 0, 0, 0, 0)
MEASURES = (*COMPLEXITY, *DIVERGENCE, *PER_CASE)


@dataclass(frozen=True, eq=False, repr=False)
class Shape(Result):
    """One row per number. Made by :func:`shape_of`.

    Complexity is steps + hand-offs; divergence is choices + optional parts + loops + free regions. A hand-off is a pair of steps of
    which the second comes directly after the first, in another lane or in another role (both steps having one). The choices, options
    and loops of what was observed are those of the flow that the inductive miner makes of the cases, which knows no free region: a region
    that is used freely shows there as loops, choices and options. So compare the sums, not the parts.

    Attributes
    ----------
    n_cases : int
    outside : tuple of str
        Activities outside the blueprint: they count as steps, and have no lane, so that no hand-off is counted for them.
    noise : float
        Threshold of the inductive miner.
    """

    n_cases: int
    outside: tuple[str, ...]
    noise: float

    columns: ClassVar[dict[str, str]] = {
        "measure": "one of " + ", ".join(MEASURES),
        "designed": "number in the design, whole; missing where a design has none",
        "designed_seen": "the same number of the design without the steps that leave no trace in the log: what a log could show",
        "observed": "the same number of what was observed; missing where it could not be measured",
        "difference": "observed - designed_seen",
        "name_en": "the number in words",
        "name_zh": "the same in Chinese",
        "how_en": "how it is counted",
        "how_zh": "the same in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = ("name_en", "designed", "designed_seen", "observed", "difference", "how_en")

    def row(self, measure: str) -> pd.Series:
        """The row of a measure."""
        return self.frame.set_index("measure").loc[measure]

    def sentence(self, lang: str = "en") -> str:
        """Complexity and divergence, designed and observed."""
        values: dict[str, str] = {}
        for measure in ("complexity", "divergence", "steps", "hand_offs", "hand_offs_bound", "hand_offs_frequent"):
            row = self.row(measure)
            for column in ("designed_seen", "observed"):
                x = row[column]
                values[f"{measure}_{column}"] = say("chart.not_measured", lang) if pd.isna(x) else f"{x:,.0f}"
        variants = self.row("variants")["observed"]
        return say("shape.said", lang, **values, variants=f"{variants:,.0f}", n=f"{self.n_cases:,}")

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Designed beside observed, number by number."""
        from mining.plots.comparison import shape_chart

        return shape_chart(self, ax=ax, lang=lang)


def shape_of(study: Study) -> Shape:
    """Complexity and divergence of the design beside those of what was observed.

    Examples
    --------
    >>> found = shape_of(study)
    >>> found.row("complexity")[["designed", "observed"]].astype(int).tolist()
    [61, 82]
    >>> found.row("divergence")[["designed", "observed"]].astype(int).tolist()
    [9, 12]
    """
    blueprint, observed, discovered = study.blueprint, observed_of(study), study.discovered
    left = _seen_part(blueprint)
    whole, could = design_of(blueprint), NOTHING if left is None else design_of(replace(blueprint, flow=left))
    known = [name for name in observed.names if name in observed.activities]
    outside = tuple(name for name in known if name not in blueprint.by_id)
    open_pairs = _left_open(blueprint)
    pairs = observed.cases_with_arc()
    all_pairs, crossed = _hand_offs(blueprint, pairs)
    often, _ = _hand_offs(blueprint, [pair for pair, n in pairs.items() if n >= FREQUENT * observed.n_cases])
    bound, _ = _hand_offs(blueprint, pairs.keys() - open_pairs)
    flow = _divergence(blueprint, discovered.flow, outside)
    steps = [len(set(trace)) for trace in observed.traces]
    events = [len(trace) for trace in observed.traces]
    seen: dict[str, float] = {
        "steps": len(known),
        "hand_offs": all_pairs,
        "hand_offs_bound": bound,
        "hand_offs_frequent": often,
        "lanes_crossed": crossed,
        "complexity": len(known) + all_pairs,
        "choices": np.nan if flow is None else flow.choices,
        "optionals": np.nan if flow is None else flow.optionals,
        "loops": np.nan if flow is None else flow.loops,
        "free_regions": np.nan if flow is None else flow.free_regions,
        "divergence": np.nan if flow is None else flow.divergence,
        "steps_per_case_median": _median(steps, observed.count),
        "steps_per_case_mean": float(np.average(steps, weights=observed.count)) if observed.n_cases else np.nan,
        "events_per_case_median": _median(events, observed.count),
        "variants": sum(bool(trace) for trace in observed.traces),
    }
    rows = []
    for measure in MEASURES:
        designed, fair = (getattr(x, measure.removesuffix("_frequent"), np.nan) for x in (whole, could))
        if measure == "hand_offs_bound":
            designed, fair = (
                _hand_offs(blueprint, follows(x) - open_pairs)[0] if x else 0 for x in (blueprint.flow, left)
            )
        names = {f"name_{lang}": say(f"shape.{measure}", lang) for lang in ("en", "zh")}
        names |= {f"how_{lang}": say(f"shape.{measure}_how", lang) for lang in ("en", "zh")}
        row = {"measure": measure, "designed": designed, "designed_seen": fair, "observed": seen[measure]}
        rows.append(row | {"difference": seen[measure] - fair, **names})
    frame = pd.DataFrame(rows, columns=list(Shape.columns))
    noise = float(discovered.model.parameters.get("noise", np.nan))
    provenance = observed.provenance("complexity and divergence", noise=noise)
    return Shape(frame, provenance, observed.n_cases, outside, noise)


def _seen_part(blueprint: m.Blueprint) -> m.Flow | None:
    """The flow without the steps that leave no trace; of a flow in a BPMN file they are silent already."""
    if isinstance(blueprint.flow, m.Graph):
        return blueprint.flow
    return pruned(blueprint.flow, {a.id for a in blueprint.activities if a.observable})


def _left_open(blueprint: m.Blueprint) -> frozenset[Arc]:
    """Pairs of steps whose order the design leaves open; of a flow in a BPMN file only those in a free region are known."""
    flow = blueprint.flow
    return open_in_net(flow.net) if isinstance(flow, m.Graph) else orders_of_flow(flow).left_open


def _hand_offs(blueprint: m.Blueprint, pairs: Iterable[Arc]) -> tuple[int, int]:
    """Those pairs of steps that are hand-offs, by the definition of the design; borders between lanes that they cross."""
    lane = {x.id: i for i, x in enumerate(blueprint.lanes)}
    borders = []
    for a, b in pairs:
        if a not in blueprint.by_id or b not in blueprint.by_id:
            continue
        one, other = blueprint.by_id[a], blueprint.by_id[b]
        if one.lane != other.lane or (one.role and other.role and one.role != other.role):
            borders.append(abs(lane[one.lane] - lane[other.lane]))
    return len(borders), sum(borders)


def _divergence(blueprint: m.Blueprint, flow: m.Flow | None, outside: tuple[str, ...]) -> Design | None:
    """The numbers of a discovered flow, by the definition of the design; its hand-offs are not used, so any lane does for labels."""
    if flow is None:
        return None
    lane, stage = blueprint.activities[0].lane, blueprint.activities[0].stage
    more = tuple(m.Activity(name, lane, stage, m.Text({"en": name})) for name in outside)
    return design_of(replace(blueprint, flow=flow, activities=(*blueprint.activities, *more)))


def _median(values: list[int], weight: np.ndarray) -> float:
    """Median of values that stand for so many cases each; the mean of the two in the middle where the number is even."""
    n = int(weight.sum())
    if not n:
        return np.nan
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weight[order])
    middle = [values[order[int(np.searchsorted(upto, k, side="right"))]] for k in ((n - 1) // 2, n // 2)]
    return sum(middle) / 2
