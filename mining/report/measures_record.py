"""Measures as plain values, for programs that read the audit file."""

from __future__ import annotations

from typing import Any

from mining.fit import Fit
from mining.report.measures import funnels
from mining.results import Result
from mining.study import Study


def measures_record(study: Study) -> dict[str, Any]:
    """Dimensions, path checks with their fitness, touchpoints, promises and funnels, each with what its columns mean."""
    return {
        "dimensions": _table(study.dimensions()),
        "paths": [_path(study, result.reading.id) for result in study.path_results],
        "touchpoints": _table(study.touchpoints()),
        "on_time": _table(study.on_time()),
        "calibration": _table(study.calibration()),
        "funnels": {name: _table(funnel) for name, funnel in funnels(study).items()},
    }


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
        "log_fitness": fit.log_fitness,
        "mean_fitness": fit.mean_fitness,
        "precision": fit.precision.value if fit.precision else None,
    }
