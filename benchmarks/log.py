"""Logs timed: ``python -m benchmarks.log [--events N ...] [--peers NAME ...] [--audit N ...] [--xes FILE ...] [--folder DIR]``.

Makes simulated logs of the given numbers of events (a pool of simulated cases, repeated under new ids: see `benchmarks.biglog`), asks
each engine the same questions in a process of its own, and prints a table with ratios to ours: what a peer takes over what ours
takes, so above 1 ours is faster. CPU seconds, and wall seconds in a table of their own, one thread each, fastest of several times
(`benchmarks.log_engines` says how many, and what each engine does). Then, as asked for, the import of XES files against rustxes and
r4pm, and a whole ``mining audit`` with its peak memory. An engine that is not installed is named.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.alignments import ALONE, digits
from benchmarks.biglog import BLUEPRINT, POOL, path_of
from benchmarks.log_engines import QUESTIONS

ROOT = Path(__file__).parents[1]
PEERS = ("pm4py", "polars", "duckdb")
XES = ("ours", "rustxes", "r4pm")
WANTED = {"pm4py": 100, "polars": 10, "duckdb": 10}  # ratios of the questions, once loaded, that are aimed at
Found = dict[str, Any]


def installed(engine: str) -> bool:
    """Whether an engine can be asked."""
    return engine == "ours" or importlib.util.find_spec(engine) is not None


def run(engine: str, path: Path, kind: str = "log") -> Found:
    """What an engine, in a process of its own, says; "failed" says why it said nothing."""
    if not installed(engine):
        return {"failed": "not installed"}
    command = [sys.executable, "-m", "benchmarks.log_engines", engine, str(path), kind]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **ALONE}, capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"])[-1]}
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def audit(path: Path) -> Found:
    """CPU and wall seconds and peak memory of ``mining audit`` over a log."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "mining", "audit", str(path), "--blueprint", str(BLUEPRINT), "--out", out]
        begin = time.perf_counter()
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            said = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
    if process.returncode not in (0, 1):
        return {"failed": (said.strip().splitlines() or ["no message"])[-1]}
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": usage.ru_maxrss / 1024}


def made(folder: Path, events: int, pool: int) -> Path:
    """A simulated log, made by a process of its own if it is not there."""
    command = [sys.executable, "-m", "benchmarks.biglog", str(folder.resolve()), str(events), str(pool)]
    subprocess.run(command, cwd=ROOT, check=True)
    return path_of(folder.resolve(), events, pool)


def rows_of(path: Path) -> int:
    """Rows of a Parquet file."""
    from pyarrow import parquet

    return int(parquet.read_metadata(path).num_rows)


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head = list(head)
    lines = [f"## {title}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def questions(events: int, found: dict[str, Found], clock: str = "seconds") -> str:
    """What all engines say of one log, in CPU ("seconds") or "wall" seconds: ours first, then each peer with its ratio."""
    ours = found["ours"]
    if "failed" in ours:
        return f"## {events:,} events\n\nFAILED: {ours['failed']}\n"
    peers = [name for name in found if name != "ours" and "failed" not in found[name]]
    loading = {name: found[name]["load"][clock] for name in ("ours", *peers)}
    rows = [["loading", digits(loading["ours"]), *(_cell(loading[p], loading["ours"]) for p in peers)]]
    both = []
    for name in QUESTIONS:
        mine = ours["questions"][name]
        theirs = {p: found[p]["questions"][name] for p in peers}
        cells = [_cell(x[clock], mine[clock], x["rows"] != mine["rows"]) for x in theirs.values()]
        rows.append([f"{name} ({mine['rows']:,} rows)", digits(mine[clock]), *cells])
        mine_ = loading["ours"] + mine[clock]
        both.append(
            [f"loading and {name}", digits(mine_), *(_cell(loading[p] + x[clock], mine_) for p, x in theirs.items())]
        )
    rows += both
    if clock == "wall":
        return table(f"{events:,} events, by the clock on the wall", ["wall seconds", "ours", *peers], rows)
    rows.append(["peak memory, MB", *(f"{found[x]['memory']:,.0f}" for x in ("ours", *peers))])
    text = table(f"{events:,} events", ["CPU seconds", "ours", *peers], rows)
    return text + "".join(f"\n{p}: {found[p]['failed']}\n" for p in found if "failed" in found[p])


def _cell(theirs: float, ours: float, differs: bool = False) -> str:
    return f"{digits(theirs)} ({theirs / ours:,.1f}x)" + (" DIFFERENT NUMBER OF ROWS" if differs else "")


def flatness(found: dict[int, Found]) -> str:
    """Microseconds of ours for each event, by size of the log, and the greatest over the least."""
    sizes = [n for n in found if "failed" not in found[n]]
    parts = {"loading": [found[n]["load"]["seconds"] / n for n in sizes]}
    parts |= {name: [found[n]["questions"][name]["seconds"] / n for n in sizes] for name in QUESTIONS}
    rows = [
        [name, *(digits(1e6 * x) for x in each), digits(max(each) / min(each))] for name, each in parts.items() if each
    ]
    return table("Microseconds per event", ["ours", *(f"{n:,}" for n in sizes), "greatest / least"], rows)


def xes_row(path: Path, found: dict[str, Found]) -> list[str]:
    """One XES file: CPU and wall seconds and memory of each reader, and ours over the fastest of the others (CPU)."""
    seconds = {name: f["xes"]["seconds"] for name, f in found.items() if "failed" not in f}
    cells = [
        f"{digits(seconds[name])} ({digits(found[name]['xes']['wall'])} wall), {found[name]['memory']:,.0f} MB"
        if name in seconds
        else found[name]["failed"]
        for name in XES
    ]
    others = [x for name, x in seconds.items() if name != "ours"]
    ratio = digits(seconds["ours"] / min(others)) if others and "ours" in seconds else "-"
    return [path.name, *cells, ratio]


def packages() -> str:
    """Versions of what was measured."""

    def found(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} not installed"

    names = ("service-mining", "pm4py", "pandas", "polars", "duckdb", "rustxes", "r4pm", "numpy", "numba")
    return ", ".join(map(found, names))


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit status is 1 if ours failed."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser("python -m benchmarks.log", description=__doc__.split("\n\n")[1])
    parser.add_argument("--events", type=int, nargs="*", default=[1_000_000, 3_000_000, 10_000_000])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--audit", type=int, metavar="EVENTS", nargs="*", default=[])
    parser.add_argument("--xes", type=Path, nargs="*", default=[])
    parser.add_argument("--pool", type=int, default=POOL, help="simulated cases that are repeated")
    parser.add_argument("--folder", type=Path, help="where the logs are kept; else they are made anew")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        parts, failed = measured(options, folder)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    shown = " ".join([*map(str, arguments if arguments is not None else sys.argv[1:])])
    head = (
        f"`python -m benchmarks.log {shown}`\n\nPython {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB; "
        f"{packages()}.\nA pool of {options.pool:,} simulated cases, repeated. One thread, fastest of several times; "
        f"in brackets the peer's time over ours. Aimed at, once loaded: "
        + ", ".join(f"{name} {ratio}x" for name, ratio in WANTED.items())
        + ".\n"
    )
    text = "\n".join([head, *parts])
    print(text)
    if options.markdown:
        options.markdown.write_text(text, "utf-8")
    return int(failed)


def measured(options: argparse.Namespace, folder: Path) -> tuple[list[str], bool]:
    """The tables, and whether ours failed anywhere."""
    parts, ours = [], dict[int, Found]()
    for events in options.events:
        path = made(folder, events, options.pool)
        found = {name: run(name, path) for name in ("ours", *options.peers)}
        ours[rows_of(path)] = found["ours"]
        parts += [
            questions(rows_of(path), found, clock)
            for clock in ("seconds", "wall")
            if "failed" not in found["ours"] or clock == "seconds"
        ]
    if len(ours) > 1:
        parts.append(flatness(ours))
    failed = any("failed" in f for f in ours.values())
    if options.xes:
        rows = []
        for path in options.xes:
            found = {name: run(name, path, "xes") for name in XES}
            failed |= "failed" in found["ours"]
            rows.append(xes_row(path, found))
        parts.append(table("XES import", ["CPU seconds", *XES, "ours / fastest other"], rows))
    for events in options.audit:
        path = made(folder, events, options.pool)
        found_ = audit(path)
        failed |= "failed" in found_
        what = ["cpu", "wall", "memory"]
        cells = [found_["failed"]] if "failed" in found_ else [f"{found_[x]:,.0f}" for x in what]
        parts.append(table(f"mining audit, {rows_of(path):,} events", ["CPU s", "wall s", "peak MB"], [cells]))
    return parts, failed


if __name__ == "__main__":
    raise SystemExit(main())
