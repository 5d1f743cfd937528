"""One engine asked about one log, in a process of its own: ``python -m benchmarks.log_engines ENGINE FILE``; prints JSON.

CPU seconds (user and system) are measured, so that the load of the machine does not count, and seconds by the clock on the wall beside
them. All engines have one thread. A log is loaded twice, each question then asked five times, and the fastest counts; a question that
takes more than ten seconds is asked once. Nothing is kept from one time to the next, by any engine.

directly-follows
    Number and mean time of each pair. Ours gives least, greatest and five quantiles as well.
variants
    Distinct traces, as tuples of labels, with their number of cases. Ours gives shares and an example as well, and is sorted.
case table
    One row per case, the same columns from all: case id, instances, distinct activities, distinct resources, handovers (another resource
    than that of the event before, both known), first and last activity, first and last moment, duration. pm4py has no function that
    makes such a table; its users group the data frame that it works on, and so is it done here.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOADS, REPEATS = 2, 5
LONG = 10.0  # seconds; what takes longer is asked once
QUESTIONS = ("directly-follows", "variants", "case table")
Questions = dict[str, Callable[[], Any]]


def ours(path: str) -> Questions:
    """Kernels of this project, answers as data frames."""
    from benchmarks.biglog import BLUEPRINT
    from mining.blueprint import read_blueprint
    from mining.flow import CASES, FOLLOWS, VARIANTS
    from mining.log import read_log
    from mining.ways import InProcess, ask

    columns = read_blueprint(BLUEPRINT).binding
    log = loaded(lambda: read_log(path, columns=columns))
    small, way = log.take(log_mask(log)), InProcess()
    kernels = dict(zip(QUESTIONS, (FOLLOWS, VARIANTS, CASES), strict=True))
    for kernel in kernels.values():
        ask(kernel, small)  # the loops are compiled, or read from the disk, before the clock runs
    return {name: lambda kernel=kernel: len(ask(kernel, log, way)) for name, kernel in kernels.items()}


def log_mask(log: Any) -> Any:
    """The first ten cases."""
    import numpy as np

    return np.arange(log.n_cases) < 10


def pm4py(path: str) -> Questions:
    """pm4py on pandas; the case table, which pm4py does not have, by pandas on its data frame."""
    import pandas as pd
    import pm4py as engine

    names = {"case_id": "case_id", "activity_key": "activity", "timestamp_key": "timestamp"}
    frame = loaded(lambda: engine.format_dataframe(pd.read_parquet(path), **names))

    def follows() -> int:
        engine.discover_performance_dfg(frame)
        return len(engine.discover_dfg(frame)[0])

    def cases() -> int:
        case, who = frame["case:concept:name"], frame["resource"]
        before = who.shift()  # the frame is sorted by case and time
        handed = (case == case.shift()) & who.notna() & before.notna() & (who != before)
        groups = frame.assign(handed=handed).groupby("case:concept:name", observed=True)
        table = groups.agg(
            instances=("concept:name", "size"), first=("concept:name", "first"), last=("concept:name", "last"),
            start=("time:timestamp", "min"), end=("time:timestamp", "max"), activities=("concept:name", "nunique"),
            resources=("resource", "nunique"), handovers=("handed", "sum"),
        )  # fmt: skip
        table["duration_s"] = (table["end"] - table["start"]).dt.total_seconds()
        return len(table)

    return dict(zip(QUESTIONS, (follows, lambda: len(engine.get_variants(frame)), cases), strict=True))


def polars(path: str) -> Questions:
    """Polars: the rows sorted when a question needs it."""
    import polars as pl

    frame = loaded(lambda: pl.read_parquet(path).with_row_index("row"))

    def follows() -> int:
        after = pl.col("activity").shift(-1).over("case_id").alias("after")
        between = (
            (pl.col("timestamp").shift(-1).over("case_id") - pl.col("timestamp")).dt.total_microseconds().alias("time")
        )
        pairs = frame.sort("case_id", "timestamp", "row").with_columns(after, between).drop_nulls("after")
        return pairs.group_by("activity", "after").agg(pl.len(), pl.col("time").mean()).height

    def variants() -> int:
        traces = frame.sort("timestamp", "row").group_by("case_id", maintain_order=True).agg("activity")
        return traces.group_by("activity").len().height

    def cases() -> int:
        activity, moment, who = pl.col("activity"), pl.col("timestamp"), pl.col("resource")
        return frame.sort("timestamp", "row").group_by("case_id").agg(
            pl.len(), activity.first().alias("first"), activity.last().alias("last"), moment.min().alias("start"),
            moment.max().alias("end"), activity.n_unique().alias("activities"), who.drop_nulls().n_unique().alias("resources"),
            (who != who.shift()).sum().alias("handovers"),
        ).with_columns((pl.col("end") - pl.col("start")).dt.total_microseconds().alias("duration") / 1e6).height  # fmt: skip

    return dict(zip(QUESTIONS, (follows, variants, cases), strict=True))


def duckdb(path: str) -> Questions:
    """DuckDB: SQL over a table in memory."""
    import duckdb as engine

    connection = engine.connect()
    connection.execute("set threads=1; set TimeZone='UTC'")
    query = f"create or replace table e as select *, row_number() over () as row from read_parquet('{path}')"
    loaded(lambda: connection.execute(query).fetchall())

    def asked(query: str) -> Callable[[], int]:
        return lambda: len(connection.execute(query).fetchnumpy()["n"])

    return {
        "directly-follows": asked(
            """select activity, after, count(*) n, avg(d) from (select activity, lead(activity) over w after,
            epoch_us(lead(timestamp) over w) - epoch_us(timestamp) d from e window w as (partition by case_id order by timestamp, row))
            where after is not null group by all"""
        ),
        "variants": asked(
            "select v, count(*) n from (select list(activity order by timestamp, row)::varchar v from e group by case_id) group by v"
        ),
        "case table": asked(
            """select case_id, count(*) n, min(timestamp) a, max(timestamp) z, arg_min(activity, k) f, arg_max(activity, k) l,
            count(distinct activity) x, count(distinct resource) y, count(*) filter (where resource <> before) h,
            (epoch_us(max(timestamp)) - epoch_us(min(timestamp))) / 1e6 d
            from (select *, lag(resource) over w before, row_number() over w k from e
            window w as (partition by case_id order by timestamp, row))
            group by 1"""
        ),
    }


def xes(engine: str, path: str) -> None:
    """Import of a XES file, by this project (``ours``), ``rustxes`` or ``r4pm``; CPU seconds."""
    if engine == "ours":
        from mining.log.source import read_source

        read = lambda: read_source(path).table.num_rows  # noqa: E731
    elif engine == "rustxes":
        from rustxes import import_xes

        read = lambda: len(import_xes(path)[0])  # noqa: E731
    else:
        from r4pm.df import import_xes as import_events

        read = lambda: len(import_events(path)[0])  # noqa: E731
    print(json.dumps({"xes": measured(read), "memory": peak()}))


ENGINES = {"ours": ours, "pm4py": pm4py, "polars": polars, "duckdb": duckdb}
_LOADED: list[dict[str, float]] = []


def loaded(load: Callable[[], Any]) -> Any:
    """What is loaded; how long it took, the fastest of some times, is kept."""
    timed = []
    for _ in range(LOADS):
        found = None  # not two of them in memory
        gc.collect()
        begin = clocks()
        found = load()
        timed.append(since(begin))
    _LOADED.append({name: min(x[name] for x in timed) for name in timed[0]})
    return found


def clocks() -> tuple[float, float]:
    """CPU seconds of this process, and the time."""
    return time.process_time(), time.perf_counter()


def since(begin: tuple[float, float]) -> dict[str, float]:
    """CPU and wall seconds since then."""
    return {name: after - before for name, before, after in zip(("seconds", "wall"), begin, clocks(), strict=True)}


def measured(question: Callable[[], Any]) -> dict[str, Any]:
    """CPU and wall seconds, each the fastest of some runs, and what was answered (a number of rows)."""
    timed, rows = [], None
    for _ in range(REPEATS):
        gc.collect()
        begin = clocks()
        rows = question()
        timed.append(since(begin))
        if timed[-1]["seconds"] > LONG:
            break
    return {name: min(x[name] for x in timed) for name in timed[0]} | {"rows": rows}


def peak() -> float:
    """Greatest memory of this process so far, megabytes. (What `resource` says counts the process that started it as well.)"""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def main(engine: str, path: str, kind: str = "log") -> None:
    """Print what was measured."""
    warnings.filterwarnings("ignore")
    if kind == "xes":
        xes(engine, path)
        return
    questions = ENGINES[engine](path)
    found = {name: measured(question) for name, question in questions.items()}
    print(json.dumps({"load": _LOADED[0], "questions": found, "memory": peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
