"""Findings and measures as plain values, for programs that read the audit file."""

from __future__ import annotations

from typing import Any

from mining.conformance.verdicts import VERDICTS
from mining.findings import BANDS, COMMON, FEW_CASES, OCCASIONAL, TABLE
from mining.fit import Fit
from mining.report.measures import funnels
from mining.results import Result
from mining.study import Study


def findings_record(study: Study) -> dict[str, Any]:
    """Findings with the rule that ranked them, the checks behind them and what they were made from, as plain values."""
    findings, summary = study.findings(), study.summary()
    return {
        "provenance": vars(findings.provenance),
        "columns": findings.columns,
        "findings": findings.to_dict()["rows"],
        "data_problems": {
            "all": study.quality.to_dict()["rows"],
            "not_checked": study.quality.not_checked,
            "that_could_have_made_faults": study.flags.to_dict("records"),
        },
        "checks": {"columns": summary.columns, "rows": summary.to_dict()["rows"]},
        "priority_rule": {
            "cut_points_of_lower_95_percent_wilson_limit": [COMMON, OCCASIONAL],
            "bands": BANDS,
            "table": [
                {"severity": severity, "visible": visible, **dict(zip(BANDS, cells, strict=True))}
                for (severity, visible), cells in TABLE.items()
            ],
            "critical_below_last_band_with_fewer_cases_than": {"cases": FEW_CASES, "priority": "M"},
        },
        "verdict_words": VERDICTS,
    }


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
