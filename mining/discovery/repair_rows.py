"""The rows of a repair: each edit with what it gains and what it costs, and the traces that still do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.blueprint import model as m
from mining.blueprint.measures import design_of
from mining.blueprint.origins import Origins
from mining.conformance import verdicts as v
from mining.discovery.repair_draft import touched
from mining.discovery.repair_search import Cases, Taken
from mining.discovery.repair_words import said
from mining.fit import Fit
from mining.results import wilson

if TYPE_CHECKING:
    from mining.study import Study

MOST_EXAMPLES = 3
MOST_REMAINING = 5
Totals = dict[str, tuple[int, int]]


def rows_of(
    study: Study, found: Sequence[Taken], judged: np.ndarray, new: Mapping[str, str], before: tuple[int, int]
) -> tuple[list[dict[str, Any]], Totals]:
    """One row per edit, and the rules that cases gained still break: how many of how many.

    Parameters
    ----------
    study : Study
    found : sequence of Taken
        In the order taken.
    judged : bool array of shape (n_cases,)
    new : mapping of str to str
        Ids of activities that the blueprint does not have, with their labels.
    before : (int, int)
        Cases judged, and those of them that fit the flow as designed.
    """
    if not found:
        return [], {}
    blueprint, (n, fitting) = study.blueprint, before
    origins = None if isinstance(blueprint.flow, m.Graph) else Origins(blueprint)
    rules = {x.id for x in blueprint.checks.values() if isinstance(x, m.Rule)}
    fails = {check.id: check.verdict == v.FAIL for check in study.checks if check.id in rules}
    rows, every = [], np.zeros(len(judged), bool)
    for number, x in enumerate(found, start=1):
        mask = (x.after.fits & ~x.before.fits)[study.path.variants.of_case] & judged
        every |= mask
        fitting += x.gained
        low, high = wilson(fitting, n)
        fitness, precision, divergence = numbers_of(blueprint, x.after.flow, x.fit, new)
        broken = {id: int((mask & bad).sum()) for id, bad in fails.items()}
        rows.append(
            {
                "step": number,
                "edit": said(x.edit, blueprint, new, "en"),
                "edit_zh": said(x.edit, blueprint, new, "zh"),
                "kind": x.edit.kind,
                "place": x.edit.names,
                "line": _line(origins, x.edit.steps),
                "cost": x.edit.cost,
                "gained": x.gained,
                "together": x.pair,
                "without_end": int((mask & ~study.has_end).sum()),
                "share": fitting / n,
                "low": low,
                "high": high,
                "n": n,
                "fitness": fitness,
                "precision": precision,
                "divergence": divergence,
                "rules": tuple(touched(blueprint, x.edit)),
                "still_fail": tuple(f"{id} ({k:,})" for id, k in broken.items() if k),
                "examples": tuple(study.log.case_ids[c] for c in np.flatnonzero(mask)[:MOST_EXAMPLES].tolist()),
            }
        )
    return rows, {id: (int((every & bad).sum()), int(every.sum())) for id, bad in fails.items() if (every & bad).any()}


def numbers_of(
    blueprint: m.Blueprint, flow: m.Flow, fit: Fit | None, new: Mapping[str, str]
) -> tuple[float, float, int]:
    """Log fitness, precision, and the divergence of a design with this flow; NaN where nothing was judged."""
    first = blueprint.activities[0]
    more = tuple(replace(first, id=id) for id in m.flow_activities(flow) if id in new)
    design = design_of(replace(blueprint, flow=flow, activities=(*blueprint.activities, *more)))
    if fit is None:
        return float("nan"), float("nan"), design.divergence
    return fit.log_fitness[0], fit.precision.value if fit.precision else float("nan"), design.divergence


def _line(origins: Origins | None, steps: Sequence[str]) -> int | None:
    """The line of the first step in the flow, where it stands in one place of a flow written in words."""
    if origins is None or not steps or steps[0] not in m.flow_activities(origins.blueprint.flow):
        return None
    places = origins.of_activity(steps[0])
    return places[0].line if len(places) == 1 else None


def remaining_of(cases: Cases, fits: np.ndarray, new: Mapping[str, str]) -> pd.DataFrame:
    """The most frequent traces that do not fit: cases, and activity ids or labels that the blueprint does not know."""
    rows = np.flatnonzero(~fits & (cases.weight > 0))
    rows = rows[np.lexsort((rows, -cases.weight[rows]))][:MOST_REMAINING]
    traces = [tuple(new.get(x, x) for x in cases.words[k]) for k in rows]
    return pd.DataFrame({"cases": cases.weight[rows], "trace": pd.Series(traces, dtype=object)})
