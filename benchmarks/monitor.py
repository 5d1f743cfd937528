"""Events a second of the monitor: ``python -m benchmarks.monitor [--events N] [--log LOG --blueprint B] [--markdown PAGE]``.

A log is fed in order of time, and the monitor is asked for its alerts after every so many events. The seconds are those of one core,
reading of the rows, judging, deadlines and alerts included. A long log is simulated from a sample service; others may be named.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

import mining
from mining.blueprint.model import Blueprint
from mining.monitor import Monitor

ROOT = Path(__file__).parents[1]
SIZES = (1, 10, 100, 1_000, 10_000)
MOST_QUESTIONS = 300  # with small portions, only the first events are fed
WARM = 3  # questions that are not counted: loops are compiled in them
TARGET = 20_000


@dataclass(frozen=True)
class Line:
    """What was measured with portions of one size."""

    log: str
    size: int
    events: int
    seconds: float
    questions: int
    alerts: int

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        rate, each = self.events / self.seconds, 1000 * self.seconds / self.questions
        return (self.log, f"{self.size:,}", f"{self.events:,}", f"{rate:,.0f}", f"{each:,.1f}", f"{self.alerts:,}")


TITLES = ("log", "events between two questions", "events", "events/s", "ms per question", "alerts")


def rows_of(norm: Blueprint, log: mining.EventLog) -> pa.Table:
    """The rows of a log in the order of time, with the columns that are bound."""
    table = log.source.table.select(list(dict.fromkeys(log.binding.columns.values())))
    when = np.full(table.num_rows, np.iinfo(np.int64).max)
    for rows, moments in ((log.row, log.end), (log.start_row, log.start), (log.scheduled_row, log.scheduled)):
        there = rows > 0
        when[rows[there] - 1] = np.minimum(when[rows[there] - 1], moments[there])
    return table.take(pa.array(np.argsort(when, kind="stable")))


def once(name: str, norm: Blueprint, columns: mining.binding.Binding, table: pa.Table, size: int) -> Line:
    """Feed a log in portions of one size, from an empty monitor."""
    for_warmth = Monitor(norm, binding=columns, horizon="4h")
    for k in range(WARM):
        for_warmth.add_rows(table.slice(k * size, size))
        for_warmth.alerts()
    first = min(table.num_rows, size * MOST_QUESTIONS)
    monitor, alerts = Monitor(norm, binding=columns, horizon="4h"), 0
    begin = time.process_time()
    for at in range(0, first, size):
        monitor.add_rows(table.slice(at, min(size, first - at)))
        alerts += len(monitor.alerts())
    seconds = time.process_time() - begin
    return Line(name, size, first, seconds, -(-first // size), alerts)


def simulated(service: str, events: int) -> tuple[Blueprint, mining.EventLog]:
    """A log of a sample service, with a fault in one of twenty cases or so."""
    import tempfile

    from mining.simulation.samples import sample

    folder = ROOT / "sample_logs" / service
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    known = sample(folder)
    per_case = sum(len(case.trace) for case in known.cases) / len(known.cases)
    made = mining.simulate(norm, cases=max(round(events / per_case), 100), seed=11)
    with tempfile.TemporaryDirectory() as out:
        made.write(out)
        log = mining.read_log(Path(out) / "log.csv", columns=norm.binding)
    return norm, log


def measure(logs: Iterable[tuple[str, Blueprint, mining.EventLog]], sizes: Iterable[int]) -> list[Line]:
    """All logs in portions of all sizes."""
    found = []
    for name, norm, log in logs:
        table = rows_of(norm, log)
        for size in sizes:
            found.append(once(name, norm, log.binding, table, size))
            print("  ".join(cell.rjust(12) for cell in found[-1].cells), flush=True)
    return found


def markdown(lines: list[Line]) -> str:
    """The table for the documentation."""
    rows = [TITLES, tuple("---" for _ in TITLES), *(line.cells for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def with_table(page: str, table: str) -> str:
    """A page with the table between its marks.

    Examples
    --------
    >>> with_table("a <!-- table -->old<!-- end --> b", "new")
    'a <!-- table -->\\nnew<!-- end --> b'
    """
    before, rest = page.split("<!-- table -->", 1)
    return f"{before}<!-- table -->\n{table}<!-- end -->{rest.split('<!-- end -->', 1)[1]}"


def main(arguments: list[str]) -> int:
    """Print the table; exit status 1 if portions of 1,000 events or more miss the target."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.monitor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=200_000, help="of the simulated log (200,000); 0: none")
    parser.add_argument("--service", default="bank_loan", help="sample service that is simulated (bank_loan)")
    parser.add_argument("--log", action="append", default=[], help="a log of your own; may be given several times")
    parser.add_argument("--blueprint", action="append", default=[], help="its blueprint")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="events between two questions")
    parser.add_argument("--markdown", type=Path, help="a page with a table of this benchmark, which is replaced")
    given = parser.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    logs = [(f"{given.service}, simulated", *simulated(given.service, given.events))] if given.events else []
    for path, blueprint in zip(given.log, given.blueprint, strict=True):
        norm = mining.read_blueprint(blueprint)
        logs.append((Path(path).name.split(".")[0], norm, mining.read_log(path, columns=norm.binding)))
    print("  ".join(title.rjust(12) for title in TITLES))
    lines = measure(logs, given.sizes)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    if given.markdown:
        page = given.markdown.read_text("utf-8")
        given.markdown.write_text(with_table(page, markdown(lines)), "utf-8")
    return int(any(line.events / line.seconds < TARGET for line in lines if line.size >= 1_000))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
