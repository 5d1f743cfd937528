"""Are the effects of deviations told honestly? Simulated logs with known effects through the whole way: log, study, effects, ranking.

``python -m benchmarks.coverage [--seeds N] [--jobs N]`` writes ``docs/coverage.md``. Logs that are done are kept in ``out/coverage``
and not done again unless the code has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
KEPT = ROOT / "out" / "coverage"
SEEDS, SIZES = 200, (1000, 4000)
LARGER = 60  # logs of the larger size, which take three times as long
FEW = 20  # logs of a setting that shows where it fails
HOUR = 3600.0
CLUSTER = "customer"
BOOTSTRAPS = 200
CODE = ("mining/harm", "mining/outcomes", "mining/priorities", "mining/conformance", "mining/simulation")
Values = dict[str, Any]


@dataclass(frozen=True, order=True)
class Job:
    """One log: how it is shown, its cases, its seed."""

    setting: str
    n: int
    seed: int

    @property
    def name(self) -> str:
        """Name of the file of its result."""
        return f"{self.setting.replace(' ', '_')}-{self.n}-{self.seed}"


def settings() -> dict[str, Any]:
    """What the logs show of what is behind them, by name: the first one is the study, the others are made to fail."""
    from mining.simulation.known_effects import Setting

    found = [
        Setting(),
        Setting("load not recorded", hidden=("queue",)),
        Setting("causes only together", knotted=True),
        Setting("complexity not recorded", hidden=("complexity",)),
        Setting("effort recorded at the end", effort="end"),
        Setting("effort in every row", effort="all"),
    ]
    return {setting.id: setting for setting in found}


# --- one log -------------------------------------------------------------------------------------------------------------


def measured(job: Job) -> Values:
    """Simulate a log, take the whole way to the ranking, and set it beside the truth.

    Returns
    -------
    dict
        ``rows``: one per deviation and outcome; ``first``: the deviation that each ranking puts first.
    """
    import mining
    from mining.harm import effects_of
    from mining.simulation.known_effects import KNOWN, OUTCOMES, known_log

    made = known_log(job.n, job.seed, settings()[job.setting])
    study = mining.Study(mining.EventLog.from_frame(made.events, columns=made.blueprint.binding), made.blueprint)
    outcomes = outcomes_in(study, made)
    findings = study.findings().frame
    effects = effects_of(study, outcomes, cluster=CLUSTER)
    table = effects.frame.set_index(["finding_id", "outcome"])
    place = {(r.check, r.kind, r.activity or ""): r.finding_id for r in findings.itertuples()}
    rows, ids = [], {}
    for known in KNOWN:
        finding = place.get((known.check, known.kind, known.activity))
        if finding is None:
            continue
        ids[finding] = known.id
        for outcome, id in zip(OUTCOMES, ("time", "attribute:complained", "survey:csat"), strict=True):
            rows.append(_row(made, known.id, outcome, table.loc[(finding, id)], outcomes[id].values))
    return {
        "setting": job.setting,
        "n": job.n,
        "seed": job.seed,
        "findings": len(findings),
        "rows": rows,
        "first": _first(rows, ranked_first(study, effects, ids)),
    }


def outcomes_in(study: Any, made: Any) -> Any:
    """The outcomes of a study of a simulated log: time, the complaint as the log has it, the answers of the survey."""
    from mining.outcomes import outcomes_of
    from mining.voice import read_survey

    return outcomes_of(study, survey=read_survey(made.survey), attributes=("complained:1",))


def _row(made: Any, deviation: str, outcome: str, effect: Any, values: np.ndarray) -> Values:
    """Truth and estimate of one deviation and outcome, in hours, share or points."""
    unit = HOUR if outcome == "time" else 1.0
    has = made.actual.deviates[deviation] & made.measured(outcome)
    change = made.difference(deviation, outcome)
    row = {
        "deviation": deviation,
        "outcome": outcome,
        "truth": made.truth(deviation, outcome),
        "changed": float(change[has].sum()),
        "true_total": float(change.sum()),
        "n_true": int(has.sum()),
        "n_with": int(effect["n_with"]),
        "against_all": (float(effect["mean_with"]) - float(np.nanmean(values))) / unit,
        "design": effect["design"],
        "grade": effect["grade"],
        "weak": effect["weak"],
        "why": effect["why"],
    }
    for name in ("naive", "naive_low", "naive_high", "effect", "se", "low", "high", "total", "placebo"):
        row[name] = float(effect[name]) / (HOUR if name == "placebo" else unit)
    for name in ("q", "overlap", "balance", "e_value", "e_value_low"):
        row[name] = float(effect[name])
    row["harm"] = 0 if pd.isna(effect["harm"]) else int(effect["harm"])
    return row


def ranked_first(study: Any, effects: Any, ids: dict[str, str]) -> tuple[str, str]:
    """The deviation that the ranking of the product puts first, and the one with most hours if there were no classes."""
    from mining.priorities import priorities_of

    frame = priorities_of(study, effects, bootstraps=BOOTSTRAPS).frame.sort_values("rank")
    by_hours = frame.dropna(subset=["rank", "hours_low"]).sort_values("hours_low", ascending=False)
    return ids.get(str(frame["finding_id"].iloc[0]), ""), ids.get(str(by_hours["finding_id"].iloc[0]), "") if len(
        by_hours
    ) else ""


def _first(rows: list[Values], ours: tuple[str, str]) -> Values:
    """Which deviation is first in hours: truly, by us, and by the two differences of means that are usual."""
    time_ = [row for row in rows if row["outcome"] == "time"]

    def most(key: str) -> str:
        return str(max(time_, key=lambda row: row[key])["deviation"])

    return {
        "true": most("true_total"),
        "true_per_case": most("truth"),
        "ours": ours[0],
        "ours_by_hours": ours[1],
        "naive": most("naive"),
        "against_all": most("against_all"),
    }


# --- all logs ------------------------------------------------------------------------------------------------------------


def jobs_of(seeds: int) -> list[Job]:
    """All logs of the study; of those that are made to fail fewer seeds, in the smaller size."""
    first, *others = settings()
    found = [Job(first, n, seed) for n in SIZES for seed in range(seeds if n == SIZES[0] else min(seeds, LARGER))]
    few = min(seeds, FEW)
    return [*found, *(Job(name, SIZES[0], seed) for name in others for seed in range(few))]


def code_hash() -> str:
    """Hash of the code that the results hang on, so that none is kept beyond a change."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for folder in CODE:
        for path in sorted((ROOT / folder).glob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def kept(job: Job, folder: Path) -> Values:
    """The result of a log: read where it is done, else made and written."""
    path = folder / f"{job.name}.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    result = measured(job)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.replace(path)
    return result


def all_of(jobs: list[Job], workers: int, folder: Path) -> Iterator[Values]:
    """The results of all logs, in the order of the jobs."""
    folder.mkdir(parents=True, exist_ok=True)
    if workers <= 1:
        for job in jobs:
            yield kept(job, folder)
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # one core for each process
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        made = {pool.submit(kept, job, folder): job for job in sorted(jobs, key=lambda job: -job.n)}
        results = {}
        for k, done in enumerate(as_completed(made), 1):
            results[made[done]] = done.result()
            if k % 50 == 0:
                print(f"{k} of {len(jobs)} logs", file=sys.stderr)
    yield from (results[job] for job in jobs)


def main(arguments: list[str] | None = None) -> int:
    """Run the study and write the page."""
    from benchmarks.coverage_page import page

    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seeds", type=int, default=SEEDS, help=f"logs of the smaller size ({SEEDS})")
    asked.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes side by side (as many as cores)"
    )
    asked.add_argument("--out", type=Path, default=PAGE, help="the page (docs/coverage.md)")
    args = asked.parse_args(arguments)
    results = list(all_of(jobs_of(args.seeds), args.jobs, KEPT / code_hash()))
    args.out.write_text(page(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
