"""The path checks in sentences: each in its own mode, and fitness only where the flow binds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.blueprint.stages import HANDOVER, Reading, reading_of, readings
from mining.fit import Fit
from mining.report.formats import Writer
from mining.study import Study

CERTAIN = 1 - 1e-9  # of the optimal alignments


def path_lines(study: Study, w: Writer) -> list[str]:
    """One line per path check: of the service, or of each stage and the order of the stages."""
    return [_path_line(study, result.reading.id, w) for result in study.path_results]


def _path_line(study: Study, check: str, w: Writer) -> str:
    row, reading = study.summary().row(check), reading_of(study.blueprint, check)
    stage = _stage(study, reading, w)
    said = w.say(f"summary.path.stage.{reading.mode}", stage=stage) if reading and stage else ""
    if not row["judged"]:
        return said + w.say("summary.path.none" if check != HANDOVER else "summary.handover.none")
    said += w.say(_key(check, reading), **_counts(row, "gross", w), interval=w.interval(row["low"], row["high"]))
    if row["allowed"]:
        said += w.say("summary.path.net", **_counts(row, "net", w))
    return said + (_fit_of_stage(study.fits[check], w) if stage and check in study.fits else "")


def _key(check: str, reading: Reading | None) -> str:
    if check == HANDOVER or reading is None:
        return "summary.handover"
    return "summary.path" if reading.strict else "summary.path.free"


def _counts(row: pd.Series, share: str, w: Writer) -> dict[str, Any]:
    kept = row["pass"] + (row["allowed"] if share == "net" else 0)
    return {"k": w.count(kept), "n": w.count(row["judged"]), "share": w.share(row[share])}


def _stage(study: Study, reading: Reading | None, w: Writer) -> str:
    """Name of the stage of a reading; empty where it is of the whole service."""
    if reading is None or reading.stage is None:
        return ""
    return next(stage.name.get(w.lang) for stage in study.blueprint.stages if stage.id == reading.stage)


def fit_lines(study: Study, w: Writer) -> list[str]:
    """Fitness and precision of a flow that binds everywhere; where it does not, one sentence that says why they are not shown."""
    free = [x for x in readings(study.blueprint) if not x.strict]
    if not free:
        return [_fit_line(study, study.fits["path"], w)] if "path" in study.fits else []
    if free[0].stage is None:
        return [w.say(f"summary.no_fit.{free[0].mode}")]
    names = w.say("report.comma").join(w.say("report.quoted", name=_stage(study, x, w)) for x in free)
    return [w.say("summary.no_fit.stages", stages=names)]


def _fit_line(study: Study, fit: Fit, w: Writer) -> str:
    said = w.say("summary.fit", **_fitness(fit, w), n=w.count(fit.n_cases))
    strict = study.strictness
    if strict.share is not None:
        said += w.say("summary.strictness", share=w.share(strict.share), n=w.count(strict.known))
    return said + (w.say("summary.no_precision") if fit.precision is None else _precision("summary.precision", fit, w))


def _fit_of_stage(fit: Fit, w: Writer) -> str:
    precision = _precision("summary.precision.stage", fit, w) if fit.precision else w.say("summary.no_precision")
    return w.say("summary.fit.stage", **_fitness(fit, w)) + precision


def _fitness(fit: Fit, w: Writer) -> dict[str, str]:
    return {"fitness": w.bounds(fit.log_fitness), "mean": w.bounds(fit.mean_fitness)}


def _precision(key: str, fit: Fit, w: Writer) -> str:
    assert fit.precision is not None
    return w.say(key, value=w.bounds((fit.precision.value, fit.precision.value)))


def certainty_limits(study: Study, w: Writer) -> list[str]:
    """Cases whose alignment is not solved, and deviations that have other explanations as good, over all path checks."""
    found = []
    if any(check.why_not[0] == "why.order_unknown" for check in study.checks):
        found.append(w.say("limits.no_handover"))
    for check, fit in study.fits.items():
        if fit.n_unsolved:
            stage = _stage(study, reading_of(study.blueprint, check), w)
            said = w.say("summary.path.stage.linear", stage=stage) if stage else ""
            low, high = (w.count(x) for x in fit.cost)
            cases = {"n": w.count(fit.n_unsolved), "of": w.count(fit.n_cases)}
            found.append(said + w.say("limits.unsolved", low=low, high=high, **cases))
    faults = study.deviations().frame
    certainty = faults.loc[faults["dimension"] == "path", "certainty"]
    for key, n in (("limits.ambiguous", (certainty < CERTAIN).sum()), ("limits.no_certainty", certainty.isna().sum())):
        if n:
            found.append(w.say(key, n=w.count(n), of=w.count(len(certainty))))
    return found
