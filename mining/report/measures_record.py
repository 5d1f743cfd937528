"""Measures as plain values, for programs that read the audit file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mining.errors import MiningError, ModelError
from mining.fit import Fit
from mining.report.measures import funnels
from mining.results import Result
from mining.study import Study

MOST = 100  # rows of a table on the service as delivered


def measures_record(study: Study) -> dict[str, Any]:
    """Dimensions, path checks with their fitness, touchpoints, promises and funnels, and the service as delivered.

    Each comes with what its columns mean. A part that cannot be measured says why.
    """
    return {
        "dimensions": _table(study.dimensions()),
        "paths": [_path(study, result.reading.id) for result in study.path_results],
        "touchpoints": _table(study.touchpoints()),
        "on_time": _table(study.on_time()),
        "calibration": _table(study.calibration()),
        "funnels": {name: _table(funnel) for name, funnel in funnels(study).items()},
        "delivered": _delivered(study),
    }


def _delivered(study: Study) -> dict[str, Any]:
    """Ways through the service, its times, waits and hand-overs: what the report tells of them."""
    found = study.as_is
    parts: dict[str, Callable[[], Result]] = {
        "variety": lambda: found.variety,
        "variants": lambda: found.variants,
        "times": lambda: found.times.summary(),
        "waits": lambda: found.waits,
        "handovers_between_lanes": lambda: found.matrices["lane"],
        "handovers_between_roles": lambda: found.matrices["role"],
        "lines_crossed": lambda: found.crossing_summary,
        "returns": lambda: found.ping_pong,
        "channels": lambda: found.channels,
        "automation": lambda: found.automation,
    }
    return {name: _made(part) for name, part in parts.items()} | {"model": _model(study), "steps_bound": _bound(study)}


def _bound(study: Study) -> dict[str, Any]:
    """Completed steps that the design knows, and the share of them that is held to an order."""
    return {"steps_known": study.strictness.known, "share": study.strictness.share}


def _model(study: Study) -> dict[str, Any] | None:
    """How well the discovered model fits; null where none could be discovered."""
    try:
        quality = study.discovered.quality
    except ModelError:  # the report says why there is none
        return None
    if quality is None:
        return None
    precision = quality.precision.value if quality.precision else None
    return {
        "cases": quality.n_cases,
        "cases_that_fit": quality.n_fitting,
        "log_fitness": quality.log_fitness,
        "precision": precision,
    }


def _made(part: Callable[[], Result]) -> dict[str, Any]:
    """A table, the first rows of a long one with how many there are; or why there is none."""
    try:
        result = part()
    except MiningError as error:
        return {"not_measured": str(error)}
    made = _table(result)
    return made | {"rows": made["rows"][:MOST], "n_rows": len(made["rows"])}


def _table(result: Result) -> dict[str, Any]:
    """Rows, what else the result holds, and its columns."""
    return result.to_dict() | {"columns": result.columns}


def _path(study: Study, check: str) -> dict[str, Any]:
    """How a path check reads the log; fitness is null where the flow does not bind."""
    reading = next(result.reading for result in study.path_results if result.reading.id == check)
    fit = study.fits.get(check)
    return {
        "check": check,
        "stage": reading.stage,
        "mode": reading.mode,
        "fit": None if fit is None else _fit(fit),
    }


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "cases": fit.n_cases,
        "cases_that_fit": fit.n_fitting,
        "cases_not_solved": fit.n_unsolved,
        "variants": fit.n_variants,
        "log_fitness": fit.log_fitness,
        "mean_fitness": fit.mean_fitness,
        "precision": fit.precision.value if fit.precision else None,
    }
