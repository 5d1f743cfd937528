"""Tables of the flow as it is, timed: ``python -m benchmarks.flow_tables LOG [--blueprint BLUEPRINT] [--markdown FILE]``.

Reads a log with its blueprint in a process of its own, makes every table once (first) and twice more from a new study of the log (again:
the faster one), and prints CPU and wall seconds. Where pm4py or pandas has a natural counterpart, it answers in the same process from a
data frame of the same completed events, made outside the clock; whether both say the same is printed. Several processes, of which the
fastest counts, part by part. ``--markdown`` keeps the prose at the head of the file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.alignments import digits
from benchmarks.checks import BELOW, timed
from benchmarks.log import packages, table

ROOT = Path(__file__).parents[1]
GOAL = 2.0  # seconds for directly-follows map, variants and time tables of the largest log, once it is loaded
NEEDED = (
    "the log in the words of the blueprint", "activities and traces", "directly-follows map", "variants", "times of cases",
    "times of cases, summed up", "times of steps", "waits and causes", "hours of the week", "cases in work",
)  # fmt: skip
COMPLETIONS = "another question: from completion to completion, starts left out"
Found = dict[str, Any]


def parts(study: Any) -> dict[str, Callable[[], Any]]:
    """Tables and what makes them, in the order in which one is made from the other."""
    from mining.discovery.observed import observed_of
    from mining.times.silences import silences
    from mining.times.steps import step_times

    return {
        "the log in the words of the blueprint": lambda: (study.instances, study.is_open, study.has_start),
        "activities and traces": lambda: observed_of(study),
        "directly-follows map": lambda: observed_of(study).arcs,
        "variants": study.variants,
        "times of cases": study.times,
        "times of cases, summed up": lambda: study.times().summary(),
        "times of steps": lambda: step_times(study),
        "waits and causes": study.waits,
        "hours of the week": study.week,
        "cases in work": study.load,
        "silent spells": lambda: silences(study),
        "handovers": study.handovers,
        "crossings": study.crossings,
    }


def measure(log: Path, blueprint: Path) -> Found:
    """All parts and all counterparts, in this process."""
    import mining

    norm = mining.read_blueprint(blueprint)
    cpu, wall, read = timed(lambda: mining.read_log(log, columns=norm.binding))
    found: Found = {"loading": {"cpu": cpu, "wall": wall}, "cases": read.n_cases, "instances": read.n_instances}
    found |= {"events": read.lineage.rows_in, "parts": {}, "failed": {}}
    for turn in ("first", "again", "again"):
        for name, do in parts(mining.Study(read, norm)).items():
            try:
                cpu, wall, _ = timed(do)
            except Exception as error:
                found["failed"][name] = f"{type(error).__name__}: {error}"
                continue
            clocks = found["parts"].setdefault(name, {}).setdefault(turn, {"cpu": cpu, "wall": wall})
            clocks |= {"cpu": min(cpu, clocks["cpu"]), "wall": min(wall, clocks["wall"])}
    return found | {"peers": compared(read)}


def compared(log: Any) -> list[Found]:
    """The same questions to a log without a blueprint, by us and by others, each the faster of two."""
    from mining.discovery.observed import observed_of
    from mining.flow.cases import CASES
    from mining.units import MISSING

    warnings.simplefilter("ignore")  # of pm4py
    os.environ["PM4PY_SHOW_PROGRESS_BAR"] = "False"
    import pm4py

    every = pd.DataFrame(
        {
            "case:concept:name": np.asarray(log.case_ids, object)[
                np.repeat(np.arange(log.n_cases), np.diff(log.offsets))
            ],
            "concept:name": np.asarray(log.labels, object)[log.activity],
            "time:timestamp": pd.to_datetime(np.where(log.end == MISSING, log.start, log.end), unit="us", utc=True),
        }
    )
    begin = pd.to_datetime(np.where(log.start == MISSING, log.end, log.start), unit="us", utc=True)
    started = every.assign(begin=begin)
    frame = every[log.end != MISSING].reset_index(drop=True)

    def ours_of_cases() -> dict[str, float]:
        table = CASES.finish(CASES.merge([CASES.run(log, {})]), vocabulary)
        return dict(zip(table["case_id"], table["duration_s"].round(3), strict=True))

    def pandas_cases() -> dict[str, float]:
        by_case = started.groupby("case:concept:name")
        length = by_case["time:timestamp"].max() - by_case["begin"].min()
        seconds: dict[str, float] = length.dt.total_seconds().round(3).to_dict()
        return seconds

    from mining.flow.kernel import Vocabulary

    vocabulary = Vocabulary(log.labels, log.resources, lambda: np.asarray(log.case_ids, object))
    return [
        against("directly-follows map", lambda: observed_of(log).arcs, "pm4py.discover_dfg", lambda: pm4py.discover_dfg(frame)[0]),
        against("variants", lambda: observed_of(log).counted, "pm4py.get_variants", lambda: pm4py.get_variants(frame)),
        against("lengths of cases", ours_of_cases, "pandas.groupby", pandas_cases),
        against(
            "lengths of cases", ours_of_cases, "pm4py.get_all_case_durations", lambda: pm4py.get_all_case_durations(frame),
            same=COMPLETIONS,
        ),
    ]  # fmt: skip


def against(name: str, ours: Callable[[], Any], who: str, theirs: Callable[[], Any], same: str = "") -> Found:
    """Seconds of both, and whether they say the same, unless that is known."""
    found: dict[str, Any] = {}
    for side, do in (("ours", ours), ("theirs", theirs)):
        (one, _, answer), (two, _, _) = timed(do), timed(do)
        found[side] = min(one, two)
        found[f"{side}_answer"] = answer
    answers = found.pop("ours_answer"), found.pop("theirs_answer")
    equal = same or ("yes" if plain(answers[0]) == plain(answers[1]) else "no")
    return {"name": name, "who": who, "same": equal} | found


def plain(answer: Any) -> Any:
    """An answer that can be compared: mappings as dicts of numbers."""
    return (
        {key: float(value) for key, value in answer.items()} if hasattr(answer, "items") else list(map(float, answer))
    )


def run(log: Path, blueprint: Path) -> Found:
    """:func:`measure` in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.flow_tables",
        str(log.resolve()),
        "--blueprint",
        str(blueprint.resolve()),
        "--one",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return {"broken": (done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"])[-1]}
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def fastest(runs: list[Found]) -> Found:
    """Of several runs the fastest of each part."""
    best = dict(runs[0])
    best["parts"] = {
        name: {
            turn: {clock: min(x["parts"][name][turn][clock] for x in runs) for clock in ("cpu", "wall")}
            for turn in turns
        }
        for name, turns in best["parts"].items()
    }
    best["loading"] = {clock: min(x["loading"][clock] for x in runs) for clock in ("cpu", "wall")}
    best["peers"] = [
        one | {side: min(x["peers"][i][side] for x in runs) for side in ("ours", "theirs")}
        for i, one in enumerate(best["peers"])
    ]
    return best


def report(name: str, found: Found) -> str:
    """The tables of one log."""
    clocks = [(turn, clock) for turn in ("first", "again") for clock in ("cpu", "wall")]
    rows = [["loading", *(digits(found["loading"][clock]) for clock in ("cpu", "wall")), "", ""]]
    both = [sum(x[turn][clock] for part, x in found["parts"].items() if part in NEEDED) for turn, clock in clocks]
    rows.append([f"**flow, variants and times, once loaded** (goal {GOAL:g})", *(f"**{digits(x)}**" for x in both)])
    for part, x in found["parts"].items():
        rows.append(
            [part + ("" if part in NEEDED else " (beside)"), *(digits(x[turn][clock]) for turn, clock in clocks)]
        )
    head = ["seconds", "CPU, first", "wall, first", "CPU, again", "wall, again"]
    text = table(f"{name}: {found['cases']:,} cases, {found['events']:,} events", head, rows).replace("## ", "### ", 1)
    text += "".join(f"\n{part}: FAILED: {why}\n" for part, why in found["failed"].items())
    peers = [
        [
            x["name"],
            digits(x["ours"]),
            x["who"],
            digits(x["theirs"]),
            f"{x['theirs'] / x['ours']:,.1f}",
            x["same"],
        ]
        for x in found["peers"]
    ]
    head = ["of the log alone, CPU seconds", "ours", "other", "theirs", "theirs / ours", "the same numbers"]
    return text + "\n" + table("", head, peers).removeprefix("## \n\n")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit status is 1 if a table could not be made."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser("python -m benchmarks.flow_tables", description=__doc__.split("\n\n")[1])
    parser.add_argument("log", type=Path)
    parser.add_argument("--blueprint", type=Path, help="else blueprint.yaml beside the log")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    blueprint = options.blueprint or options.log.parent / "blueprint.yaml"
    if options.one:
        print(json.dumps(measure(options.log, blueprint)))
        return 0
    runs = [run(options.log, blueprint) for _ in range(options.repeats + 1)][1:]  # the first one may have to compile
    broken = next((x["broken"] for x in runs if "broken" in x), None)
    best = None if broken else fastest(runs)
    name = options.log.parent.name if options.log.name == "log.csv" else options.log.name.partition(".")[0]
    body = report(name, best) if best else f"{name}: FAILED: {broken}\n"
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    line = (
        f"`python -m benchmarks.flow_tables {options.log.name} --blueprint {blueprint.name}`\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB; {packages()}.\n"
        f"Fastest of {options.repeats} processes.\n\n"
    )
    text = line + body
    print(text)
    if options.markdown:
        prose = options.markdown.read_text("utf-8") if options.markdown.exists() else BELOW
        options.markdown.write_text(prose.partition(BELOW)[0] + BELOW + text, "utf-8")
    return int(best is None or bool(best["failed"]))


if __name__ == "__main__":
    raise SystemExit(main())
