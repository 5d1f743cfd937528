"""Discovery timed beside pm4py: ``python -m benchmarks.discovery [LOG ...] [--repeats N] [--markdown FILE]``.

Of each log, in a process of its own on one core, every miner makes a model twice over: ours from the log as read (its distinct traces
with counts, then pm4py's miner on those, then the workflow net and its flow words), and pm4py alone from a data frame of all completed
events, in the same order. CPU seconds, the fastest of several runs in turn; reading the log and making the frame are in neither. Without
a log: the sample logs. The exit status is 1 if a log could not be measured, or if two models do not mean the same. ``--markdown`` keeps
the prose at the head of the file: `docs/miners.md` is made by ``--markdown docs/miners.md``.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.alignments import digits
from benchmarks.checks import BELOW
from benchmarks.log import packages, table
from benchmarks.peers import pin

ROOT = Path(__file__).parents[1]
SERVICES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
HOWS = [("inductive", "noise", 0.0), ("inductive", "noise", 0.2), ("powl", "noise", 0.0), ("powl", "noise", 0.2)]
HOWS += [("heuristics", "dependency", 0.5), ("heuristics", "dependency", 0.9)]
MOST_STATES = 20_000  # of the automata that are compared
Found = dict[str, Any]


def measure(path: Path, repeats: int) -> Found:
    """All miners on one log, in this process."""
    import mining
    from mining import _pm4py
    from mining.discovery import mine, observed_of

    _pm4py.quietly()
    norm = path.with_name("blueprint.yaml")
    log = mining.read_log(path, columns=mining.read_blueprint(norm).binding if norm.exists() else None)
    observed = observed_of(log)
    frame = frame_of(observed)
    for miner, *_ in HOWS[::2]:  # whatever is loaded on first use
        mine(tiny(), miner=miner)
        alone(frame.head(2), miner, 0.5)
    found: Found = {
        "cases": observed.n_cases,
        "events": len(observed.activity),
        "variants": len(observed.counted),
        "activities": len(observed.activities),
        "rows": [],
    }
    for miner, name, value in HOWS:
        seconds: dict[str, list[float]] = {"ours": [], "pm4py": []}
        for _ in range(repeats):
            cpu, ours = timed(lambda miner=miner, name=name, value=value: mine(log, miner=miner, **{name: value}))
            seconds["ours"].append(cpu)
            cpu, theirs = timed(lambda miner=miner, value=value: alone(frame, miner, value))
            seconds["pm4py"].append(cpu)
        row = {"miner": miner, "parameter": name, "value": value, "left_out": ours.left_out[1]}
        row |= {engine: min(all_) for engine, all_ in seconds.items()}
        found["rows"].append(row | {"same": same(ours.net, theirs)})
    return found


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and the answer."""
    start = time.process_time()
    answer = do()
    return time.process_time() - start, answer


def tiny() -> Any:
    """A log of one case."""
    import pandas as pd

    import mining

    row = {"case": ["1"], "activity": ["a"], "end": pd.to_datetime(["2026-01-01"], utc=True)}
    columns = {"case": "case", "activity": "activity", "timestamp": "end"}
    return mining.EventLog.from_frame(pd.DataFrame(row), columns=columns)


def frame_of(observed: Any) -> Any:
    """The completed events as pm4py wants them; a minute apart, so that its sorting keeps the order."""
    import numpy as np
    import pandas as pd

    case = np.repeat(np.arange(observed.n_cases), np.diff(observed.offsets))
    frame = pd.DataFrame({"case:concept:name": np.char.mod("%09d", case)})
    frame["concept:name"] = np.array(observed.names, object)[observed.activity]
    frame["time:timestamp"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(len(case)), unit="min")
    return frame


def alone(frame: Any, miner: str, value: float) -> Any:
    """What pm4py makes of a whole frame; its POWL is no net yet."""
    import warnings

    import pm4py

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if miner == "inductive":
            return pm4py.discover_petri_net_inductive(frame, noise_threshold=value)
        if miner == "powl":
            return pm4py.discover_powl(frame, filtering_weight_factor=value)
        return pm4py.discover_petri_net_heuristics(frame, dependency_threshold=value)


def same(ours: Any, theirs: Any) -> str:
    """Whether two nets have the same complete runs; by their steps where that is not known."""
    from mining import _pm4py
    from mining.automaton import build
    from mining.blueprint.bpmn.blocks import witness
    from mining.errors import ModelError

    if not isinstance(theirs, tuple):
        import pm4py

        theirs = pm4py.convert_to_petri_net(theirs)
    steps = tuple(sorted({t.label for t in theirs[0].transitions if t.label is not None}))
    if steps != ours.labels:
        return "no"
    try:
        one, two = build(ours, most_states=MOST_STATES), build(_pm4py.workflow_net(theirs), most_states=MOST_STATES)
    except ModelError:
        return "the same steps; unsound or too large to compare"
    return "yes" if witness(one, two) is None else "no"


def run(path: Path, repeats: int) -> Found:
    """:func:`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.discovery", "--one", str(path.resolve()), "--repeats", str(repeats)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"])[-1]}
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def report(path: Path, found: Found) -> str:
    """The table of one log."""
    name = path.parent.name if path.stem == "log" else path.name.partition(".")[0]
    if "failed" in found:
        return f"### {name}\n\nFAILED: {found['failed']}\n"
    title = f"{name}: {found['cases']:,} cases, {found['events']:,} events, {found['variants']:,} variants, "
    rows = [
        [
            f"{x['miner']}, {x['parameter']} {x['value']:g}",
            digits(x["ours"]),
            digits(x["pm4py"]),
            f"{x['pm4py'] / x['ours']:.1f} x",
            f"{x['left_out']:,}",
            x["same"],
        ]
        for x in found["rows"]
    ]
    head = ["CPU seconds", "ours", "pm4py alone", "ratio", "cases left out", "the same runs"]
    return table(title + f"{found['activities']:,} activities", head, rows).replace("## ", "### ", 1)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser("python -m benchmarks.discovery", description=__doc__.split("\n\n")[1])
    parser.add_argument("logs", type=Path, nargs="*", metavar="LOG")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        pin()
        print(json.dumps(measure(options.one, options.repeats)))
        return 0
    logs = options.logs or [ROOT / "sample_logs" / name / "log.csv" for name in SERVICES]
    results = [(log, run(log, options.repeats)) for log in logs]
    names = " ".join(log.name for log in options.logs)
    line = (
        f"`{('python -m benchmarks.discovery ' + names).strip()}`\n\nPython {platform.python_version()}, one core; {packages()}.\n"
        f"Fastest of {options.repeats}. Aimed at: no slower than pm4py alone.\n"
    )
    text = "\n".join([line, *(report(log, found) for log, found in results)])
    print(text)
    if options.markdown:
        prose = options.markdown.read_text("utf-8") if options.markdown.exists() else BELOW
        options.markdown.write_text(prose.partition(BELOW)[0] + BELOW + text, "utf-8")
    return int(any("failed" in found or any(x["same"] == "no" for x in found["rows"]) for _, found in results))


if __name__ == "__main__":
    raise SystemExit(main())
