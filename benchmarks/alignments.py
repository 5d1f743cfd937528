"""Alignments timed: ``python -m benchmarks.alignments DIR [--peers] [--limit SECONDS] [--json FILE] [--markdown FILE]``.

For each pair ``<set>.jsonl.gz`` (one distinct trace a line: ``trace``, ``count``, ``cost``) and ``<set>.pnml`` in DIR a row:
seconds of this project's engine, its memory, whether its costs are those of the file; with ``--peers`` the same of r4pm and pm4py.
Every engine has a fresh process on one core for every set; of several runs the fastest counts. A peer is stopped at the limit
(seconds a run) or at 6 GB; its ratio is then a lower bound. The exit status is 1 if a cost differs or a set failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import distributions
from math import floor, log10
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

ROOT = Path(__file__).parents[1]
PEERS = ("r4pm", "pm4py")
PACKAGES = ("service-mining", "numpy", "numba", "r4pm", "pm4py")
THREADS = ("NUMBA", "RAYON", "OMP", "OPENBLAS")
ALONE = {**{f"{name}_NUM_THREADS": "1" for name in THREADS}, "POLARS_MAX_THREADS": "1"}  # the environment of an engine
ALONE |= {"PM4PY_SHOW_PROGRESS_BAR": "False", "PYTHONWARNINGS": "ignore"}
SMALL = 1_000  # states of the sets that the medians are of
COLD_STARTS = 3
Values = dict[str, Any]
Column = tuple[str, Callable[[Values], str]]  # title, and the text of its cell in a row


def run_engine(engine: str, stem: Path, limit: float) -> Values:
    """What an engine, in a process of its own, found out about a set; "end" says how it ended ("done" if well)."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.jsonl"
        result.touch()
        options = [engine, str(stem.resolve()), str(result), "--limit", str(limit)]
        command = [sys.executable, "-m", "benchmarks.peers", *options]
        process = subprocess.run(command, cwd=ROOT, env={**os.environ, **ALONE}, stdout=DEVNULL, stderr=PIPE)
        found = merged(result.read_text("utf-8").splitlines())
    found["end"] = found.pop("error", None) or _end(process.returncode, process.stderr.decode(errors="replace"))
    return found


def merged(lines: Iterable[str]) -> Values:
    """Reports of a process as one: lists grow, other values are replaced."""
    found: Values = {}
    for line in lines:
        for key, value in json.loads(line).items():
            found[key] = found.get(key, []) + value if isinstance(value, list) else value
    return found


def _end(status: int, said: str) -> str:
    if status == 0:
        return "done"
    if status == -signal.SIGALRM:
        return "over the limit"
    if status == -signal.SIGKILL or "memory allocation of" in said or "MemoryError" in said:
        return "out of memory"
    return f"ended with status {status}: {(said.strip().splitlines() or ['no message'])[-1]}"


def measure(stem: Path, peers: Iterable[str], limit: float) -> Values:
    """Everything measured of one set; "failed" says what is wrong with it, if anything is."""
    row: Values = {"set": stem.name, "failed": None}
    absent = [path.name for end in (".pnml", ".jsonl.gz") if not (path := Path(f"{stem}{end}")).is_file()]
    if absent:
        return {**row, "failed": f"{absent[0]} is missing."}
    found = run_engine("ours", stem, limit)
    if found["end"] != "done":
        return {**row, "failed": found["end"]}
    low, high = bounds(found)
    row |= {key: found[key] for key in ("traces", "events", "states", "nodes", "memory")}
    row |= times(found["runs"])
    row["cost"] = sum(cost for cost, solved in zip(found["costs"], found["solved"], strict=True) if solved)
    row["unsolved"] = found["solved"].count(False)
    row["differing"] = differing(found["wanted"], low, high)
    row["peers"] = {peer: _peer(run_engine(peer, stem, limit), row["total"], limit, low, high) for peer in peers}
    return row


def bounds(found: Values) -> tuple[list[int], list[int]]:
    """Least and greatest possible cost per trace: equal where the trace is solved."""
    parts = zip(found["costs"], found["lower"], found["solved"], strict=True)
    return [cost if solved else lower for cost, lower, solved in parts], found["costs"]


def times(runs: list[Values]) -> Values:
    """Seconds of the fastest run with its parts, the median of all, and all."""
    median = statistics.median(run["total"] for run in runs)
    return {**min(runs, key=lambda run: run["total"]), "median": median, "repeats": len(runs), "runs": runs}


def differing(costs: list[int | None], low: list[int], high: list[int]) -> list[Values]:
    """Traces (by line, from 0) whose cost is not what we found, or not within our bounds if it was not solved."""
    return [
        {"trace": k, "cost": cost, "ours": [low[k], high[k]]}
        for k, cost in enumerate(costs)
        if cost is not None and not low[k] <= cost <= high[k]
    ]


def _peer(found: Values, ours: float, limit: float, low: list[int], high: list[int]) -> Values:
    """A peer's row: ``seconds`` are a lower bound ("least") where it did not solve all traces, None where it broke down."""
    costs = found.get("costs", [])
    unsolved = costs.count(None)
    row = {"end": found["end"], "done": len(costs) - unsolved, "unsolved": unsolved, "memory": found.get("memory")}
    row |= {"why": found.get("why", "no reason given"), "differing": differing(costs, low, high)}
    if found.get("runs"):
        measured = times(found["runs"])
        row |= {"end": "done", "seconds": measured["total"], "least": unsolved > 0, **measured}
    elif found["end"] == "over the limit":
        row |= {"seconds": limit, "least": True}
    else:
        row |= {"seconds": None, "least": False}
    row["ratio"] = row["seconds"] / ours if row["seconds"] else None
    return row


def digits(x: float) -> str:
    """A number with three digits that count, at most six after the point, never with an exponent.

    Examples
    --------
    >>> digits(0.00012345), digits(1.5), digits(1234.5)
    ('0.000123', '1.50', '1,234')
    """
    places = min(6, max(0, 2 - floor(log10(x)))) if x > 0 else 0
    return f"{x:,.{places}f}"


def columns(peers: Iterable[str]) -> list[Column]:
    """The columns after the name of the set; those of the peers at the end."""
    found: list[Column] = [
        ("traces", lambda row: f"{row['traces']:,}"),
        ("events", lambda row: f"{row['events']:,}"),
        ("states", lambda row: "large" if row["states"] is None else f"{row['states']:,}"),
        ("nodes", lambda row: f"{row['nodes']:,}"),
        *((f"{x} s", lambda row, x=x: digits(row[x])) for x in ("automaton", "tree", "search", "total")),
        ("MB", lambda row: f"{row['memory']:,.0f}"),
        ("cost", lambda row: f"{row['cost']:,}"),
        ("unsolved", lambda row: f"{row['unsolved']:,}"),
        ("differ", lambda row: f"{len(row['differing']):,}"),
    ]
    cells = {
        "s": _seconds,
        "/ ours": _ratio,
        "differ": lambda found: f"{len(found['differing']):,}" if found["done"] else "-",
    }
    return found + [
        (f"{peer} {x}", lambda row, cell=cell, peer=peer: cell(row["peers"][peer]))
        for peer in peers
        for x, cell in cells.items()
    ]


def line(name: str, cells: Iterable[str], table: list[Column]) -> str:
    """A line of the text table; ``name`` is padded already."""
    widths = (16 if title.removesuffix(" s") in PEERS else max(9, len(title)) for title, _ in table)
    return "  ".join([name, *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))])


def _seconds(peer: Values) -> str:
    if peer["seconds"] is None:
        return peer["end"] if peer["end"] == "out of memory" else "failed"
    return f"> {digits(peer['seconds'])} ({peer['done']:,} done)" if peer["least"] else digits(peer["seconds"])


def _ratio(peer: Values) -> str:
    return "-" if peer["ratio"] is None else f"{'> ' if peer['least'] else ''}{digits(peer['ratio'])}"


def remarks(row: Values) -> list[str]:
    """What the cells of a row have no room for."""
    peers = row.get("peers", {})
    known = ("done", "over the limit", "out of memory")
    found = [f"{row['set']}: {name}: {peer['end']}" for name, peer in peers.items() if peer["end"] not in known]
    left = {name: peer["unsolved"] for name, peer in peers.items() if peer["unsolved"]}
    found += [f"{row['set']}: {name} left {n:,} traces unsolved: {peers[name]['why']}" for name, n in left.items()]
    return [*found, *([f"{row['set']}: FAILED: {row['failed']}"] if row["failed"] else [])]


def summary(rows: list[Values], peers: Iterable[str], cold: float | None) -> list[str]:
    """The lines under the table."""
    good = [row for row in rows if not row["failed"]]
    found = [f"{len(good)} sets measured, {len(rows) - len(good)} failed."]
    for peer in peers:
        known = [(row["states"], row["peers"][peer]) for row in good if row["peers"][peer]["ratio"] is not None]
        small = [x for states, x in known if states is not None and states <= SMALL]
        if small:
            bound = "at least " if any(x["least"] for x in small) else ""
            median = digits(statistics.median(x["ratio"] for x in small))
            found.append(f"{peer} / ours: median {bound}{median} over {len(small)} sets of at most {SMALL:,} states;")
            found[-1] += f" least of {len(known)} sets {digits(min(x['ratio'] for _, x in known))}."
    start = "failed" if cold is None else f"{digits(cold)} s"
    return [*found, f"Cold start (import and first alignment of a small net, fresh process, warm disk cache): {start}."]


def markdown(report: Values, table: list[Column]) -> str:
    """The table as a page of the documentation."""
    packages = {"Python": report["python"], **report["packages"]}
    versions = ", ".join(f"{name} {number}" for name, number in packages.items())
    machine = f"One core of {report['cpu']}; {versions}. Fastest of {report['repeats']} runs each."
    lines = [f"`{report['command']}`", "", machine, ""]
    lines += ["| " + " | ".join(["set", *(title for title, _ in table)]) + " |", "|---|" + "---:|" * len(table)]
    good = [row for row in report["sets"] if not row["failed"]]
    lines += ["| " + " | ".join([row["set"], *(cell(row) for _, cell in table)]) + " |" for row in good]
    notes = [note for row in report["sets"] for note in remarks(row)]
    return "\n".join([*lines, "", *(f"- {line}" for line in [*report["summary"], *notes])]) + "\n"


def cold_start() -> float | None:
    """Seconds of the first alignment in a fresh process, the fastest of some; one before them fills the disk cache."""
    found = [run_engine("cold", ROOT, 0) for _ in range(COLD_STARTS + 1)][1:]
    return min((x["cold"] for x in found if x["end"] == "done"), default=None)


def stems(folder: Path) -> list[Path]:
    """Paths of the sets of a folder, without their endings; also where a partner file is missing."""
    ends = (".pnml", ".jsonl.gz")
    names = {path.name.removesuffix(end) for end in ends for path in folder.glob(f"*{end}")}
    return [folder / name for name in sorted(names)]


def cpu() -> str:
    """Name of the processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def has_failed(row: Values) -> bool:
    """Whether the set could not be measured, or any cost differs."""
    found = [row, *row.get("peers", {}).values()]
    return bool(row["failed"]) or any(x["differing"] for x in found)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    kind = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks.alignments", description=__doc__, formatter_class=kind)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--peers", action="store_true", help="measure r4pm and pm4py too")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=60.0, help="of one run of a peer (60)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write everything measured")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table")
    given = parser.parse_args(arguments)
    if not stems(given.folder):
        parser.error(f"{given.folder} holds no sets (<set>.jsonl.gz and <set>.pnml).")
    return given


def main(arguments: list[str]) -> int:
    """Print the table row by row, write the files; the exit status."""
    given = parse(arguments)
    peers = PEERS if given.peers else ()
    sets, table, rows = stems(given.folder), columns(peers), []
    width = max(len(stem.name) for stem in sets)
    print(line("set".ljust(width), (title for title, _ in table), table), flush=True)
    for stem in sets:
        row = measure(stem, peers, given.limit)
        rows.append(row)
        if not row["failed"]:
            print(line(stem.name.ljust(width), (cell(row) for _, cell in table), table), flush=True)
        for remark in remarks(row):
            print(remark, flush=True)
    cold = cold_start()
    report: Values = {
        "command": shlex.join(["python", "-m", "benchmarks.alignments", *arguments]),
        "cpu": cpu(),
        "python": platform.python_version(),
        "packages": {d.name: d.version for d in distributions() if d.name in PACKAGES},
        "limit": given.limit,
        "repeats": "3 to 20",
        "cold_start": cold,
        "summary": summary(rows, peers, cold),
        "sets": rows,
    }
    print("", *report["summary"], sep="\n")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if given.markdown:
        given.markdown.write_text(markdown(report, table), "utf-8")
    return int(cold is None or any(map(has_failed, rows)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
