"""Checks timed: ``python -m benchmarks.checks [LOG BLUEPRINT ...] [--repeats N] [--markdown FILE]``.

Reads each log with its blueprint in a process of its own, asks a study everything once, part by part, and prints tables: CPU and wall
seconds of every part, with what was compiled before (warm) and with an empty folder of compiled kernels (cold), and every check on its
own. Without a log: the sample logs. Of several runs the fastest counts, part by part. ``--markdown`` keeps the prose at the head of the
file: `docs/checks.md` is made by ``--markdown docs/checks.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.alignments import digits
from benchmarks.log import packages, table

ROOT = Path(__file__).parents[1]
SERVICES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
GOAL = 10.0  # seconds for all the checks of the largest log, once it is loaded
ON_DEMAND = (
    "one case explained",
    "whole flow, aligned",
    "case by check matrix",
    "moments",
)  # the findings do not need them
Found = dict[str, Any]

BELOW = "The lines below are the output of the benchmark.\n\n"  # in a file of prose that is written again from there on


def parts(log: Path, blueprint: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names of the parts and what they do, in the order in which a study needs them."""
    import mining

    kept: dict[str, Any] = {}

    def load() -> None:
        norm = mining.read_blueprint(blueprint)
        kept["study"] = mining.Study(mining.read_log(log, columns=norm.binding), norm)

    def ask(name: str) -> Callable[[], Any]:
        return lambda: getattr(kept["study"], name)()

    def read(name: str) -> Callable[[], Any]:
        return lambda: getattr(kept["study"], name)

    yield "loading", load
    yield "the log in the words of the blueprint", read("is_open")
    yield "paths", read("path_results")
    yield "rules, standards, roles, touchpoints, outcome", read("checks")
    yield "summary", ask("summary")
    yield "deviations", ask("deviations")
    yield "quality of the data", read("quality")
    yield "findings", ask("findings")
    yield "touchpoints", ask("touchpoints")
    yield "dimensions", ask("dimensions")
    yield "calibration", ask("calibration")
    yield "on time", ask("on_time")
    yield "one case explained", lambda: kept["study"].explain(str(kept["study"].log.case_ids[0]))
    yield "whole flow, aligned", lambda: kept["study"].fit
    yield "case by check matrix", ask("verdicts")
    yield "moments", read("moment_flips")
    yield "study", lambda: kept["study"]


def timed(do: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU and wall seconds, and the answer."""
    cpu, wall = time.process_time(), time.perf_counter()
    answer = do()
    return time.process_time() - cpu, time.perf_counter() - wall, answer


def measure(log: Path, blueprint: Path) -> Found:
    """Every part once, in this process; the checks one by one afterwards, when everything is compiled."""
    found: Found = {"parts": {}}
    study: Any = None
    for name, do in parts(log, blueprint):
        cpu, wall, study = timed(do)
        if name != "study":
            found["parts"][name] = {"cpu": cpu, "wall": wall}
            found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found |= {
        "cases": study.instances.n_cases,
        "events": study.log.lineage.rows_in,
        "deviations": len(study.deviations()),
    }
    return found | {"findings": len(study.findings()), "checks": singly(study)}


def singly(study: Any) -> list[Found]:
    """What each check costs on its own, and its answer."""
    from mining.conformance.path import check_path
    from mining.conformance.rules import check_rule
    from mining.conformance.standards import check_standard

    where = study.blueprint, study.instances, study.is_open, study.calendars
    found = []
    for result in study.path_results:
        if result.reading.stage is not None or result.reading.id == "path":
            cpu = timed(lambda result=result: check_path(*where[:3], result.reading, result.rows))[0]
            found.append({"check": result.reading.id, "kind": result.reading.mode, "cpu": cpu})
    for check in study.blueprint.checks.values():
        do = check_standard if hasattr(check, "metric") else check_rule
        cpu = timed(lambda do=do, check=check: do(check, *where))[0]
        found.append({"check": check.id, "kind": getattr(check, "metric", None) or check.kind, "cpu": cpu})
    answers = {check.id: check for check in study.checks}
    for row in found:
        verdict = answers[row["check"]]
        row |= {"pass": verdict.count(0), "fail": verdict.count(1)}
    return found


def run(log: Path, blueprint: Path, cold: bool) -> Found:
    """:func:`measure` in a process of its own; cold: with an empty folder of compiled kernels."""
    with tempfile.TemporaryDirectory() as folder:
        there = {**os.environ, **({"NUMBA_CACHE_DIR": folder} if cold else {})}
        command = [sys.executable, "-m", "benchmarks.checks", "--one", str(log.resolve()), str(blueprint.resolve())]
        done = subprocess.run(command, cwd=ROOT, env=there, capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"])[-1]}
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def fastest(runs: list[Found]) -> Found:
    """Of several runs the fastest of each part."""
    best = dict(runs[0])
    best["parts"] = {
        name: {clock: min(run["parts"][name][clock] for run in runs) for clock in ("cpu", "wall")}
        for name in runs[0]["parts"]
    }
    best["memory"] = max(run["memory"] for run in runs)
    return best


def total(found: Found, clock: str) -> float:
    """Seconds of all that the findings and the tables beside them need, once the log is loaded."""
    return sum(x[clock] for name, x in found["parts"].items() if name not in ("loading", *ON_DEMAND))


def report(log: Path, blueprint: Path, warm: Found, cold: Found) -> str:
    """The tables of one log."""
    title = f"{_short(log)}: {warm['cases']:,} cases, {warm['events']:,} events"
    rows = [
        [
            name + (" (on demand)" if name in ON_DEMAND else ""),
            *_cells(warm["parts"][name]),
            *_cells(cold["parts"][name]),
        ]
        for name in warm["parts"]
    ]
    all_ = [[digits(total(found, clock)) for clock in ("cpu", "wall")] for found in (warm, cold)]
    rows.insert(1, ["**all, once loaded**", *(f"**{x}**" for pair in all_ for x in pair)])
    rows.append(["peak memory, MB", f"{warm['memory']:,.0f}", "", f"{cold['memory']:,.0f}", ""])
    head = ["seconds", "CPU, warm", "wall, warm", "CPU, cold", "wall, cold"]
    text = table(title, head, rows).replace("## ", "### ", 1)
    text += f"\n{warm['deviations']:,} deviations in {warm['findings']:,} findings. Blueprint: {_short(blueprint)}.\n"
    checks = [
        [c["check"], c["kind"], f"{1000 * c['cpu']:,.1f}", f"{c['pass']:,}", f"{c['fail']:,}"] for c in warm["checks"]
    ]
    return text + "\n" + table("", ["check", "kind", "CPU ms", "pass", "fail"], checks).removeprefix("## \n\n")


def _short(path: Path) -> str:
    """What a file is called here: of the sample logs the folder says more than the name."""
    name = path.name.partition(".")[0]
    return path.parent.name if name in ("log", "blueprint") else name


def _cells(part: Found) -> list[str]:
    return [digits(part["cpu"]), digits(part["wall"])]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit status is 1 if a log could not be checked."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser("python -m benchmarks.checks", description=__doc__.split("\n\n")[1])
    parser.add_argument("files", type=Path, nargs="*", metavar="LOG BLUEPRINT", help="logs, each with its blueprint")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(*options.files)))
        return 0
    files = options.files or [
        ROOT / "sample_logs" / name / file for name in SERVICES for file in ("log.csv", "blueprint.yaml")
    ]
    if len(files) % 2:
        parser.error("every log needs a blueprint: LOG BLUEPRINT [LOG BLUEPRINT ...]")
    failed, texts = False, []
    for log, blueprint in zip(files[::2], files[1::2], strict=True):
        runs = [run(log, blueprint, False) for _ in range(options.repeats + 1)][1:]  # the first one may have to compile
        runs += [run(log, blueprint, True)]
        broken = next((x["failed"] for x in runs if "failed" in x), None)
        failed |= broken is not None
        texts.append(
            f"{log.name}: FAILED: {broken}\n" if broken else report(log, blueprint, fastest(runs[:-1]), runs[-1])
        )
    names = " ".join(file.name for file in options.files)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    line = (
        f"`{('python -m benchmarks.checks ' + names).strip()}`\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB; "
        f"{packages()}.\nFastest of {options.repeats}. Aimed at: all the checks of the largest log, once loaded, in {GOAL:.0f} seconds.\n"
    )
    text = "\n".join([line, *texts])
    print(text)
    if options.markdown:
        prose = options.markdown.read_text("utf-8") if options.markdown.exists() else BELOW
        options.markdown.write_text(prose.partition(BELOW)[0] + BELOW + text, "utf-8")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
