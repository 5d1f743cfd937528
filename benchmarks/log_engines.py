"""One engine asked about one log, in a process of its own: ``python -m benchmarks.log_engines ENGINE FILE``; prints JSON.

CPU seconds (user and system) are measured, so that the load of the machine does not count. All engines have one thread. Each question
is asked three times, after the log is loaded, and the fastest counts; once, if that takes more than five seconds.

directly-follows: number and mean time of each pair (ours gives least, greatest and five quantiles as well). variants: distinct traces
with their number of cases. case table: instances, first and last activity, start and end, distinct activities and resources.
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

REPEATS = 3
LONG = 5.0  # seconds; what takes longer is asked once
QUESTIONS = ("directly-follows", "variants", "case table")
Questions = dict[str, Callable[[], Any]]


def ours(path: str) -> Questions:
    """Kernels of this project, answers as data frames."""
    from benchmarks.biglog import BLUEPRINT
    from mining.blueprint import read_blueprint
    from mining.flow import CASES, FOLLOWS, VARIANTS
    from mining.log import read_log
    from mining.ways import ask

    columns = read_blueprint(BLUEPRINT).binding
    begin = time.process_time()
    log = read_log(path, columns=columns)
    loaded(begin)
    small = log.take(log_mask(log))
    kernels = dict(zip(QUESTIONS, (FOLLOWS, VARIANTS, CASES), strict=True))
    for kernel in kernels.values():
        ask(kernel, small)  # the loops are compiled, or read from the disk, before the clock runs
    return {name: lambda kernel=kernel: len(ask(kernel, log)) for name, kernel in kernels.items()}


def log_mask(log: Any) -> Any:
    """The first ten cases."""
    import numpy as np

    return np.arange(log.n_cases) < 10


def pm4py(path: str) -> Questions:
    """pm4py on pandas; the case table, which pm4py does not have, by pandas on its data frame."""
    import pandas as pd
    import pm4py as engine

    begin = time.process_time()
    frame = engine.format_dataframe(
        pd.read_parquet(path), case_id="case_id", activity_key="activity", timestamp_key="timestamp"
    )
    loaded(begin)

    def follows() -> int:
        engine.discover_performance_dfg(frame)
        return len(engine.discover_dfg(frame)[0])

    def cases() -> int:
        groups = frame.groupby("case:concept:name", observed=True)
        table = groups.agg(
            instances=("concept:name", "size"), first=("concept:name", "first"), last=("concept:name", "last"),
            start=("time:timestamp", "min"), end=("time:timestamp", "max"),
            activities=("concept:name", "nunique"), resources=("resource", "nunique"),
        )  # fmt: skip
        return len(table)

    return dict(zip(QUESTIONS, (follows, lambda: len(engine.get_variants(frame)), cases), strict=True))


def polars(path: str) -> Questions:
    """Polars: the rows sorted when a question needs it."""
    import polars as pl

    begin = time.process_time()
    frame = pl.read_parquet(path).with_row_index("row")
    loaded(begin)

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
        activity, moment = pl.col("activity"), pl.col("timestamp")
        return frame.sort("timestamp", "row").group_by("case_id").agg(
            pl.len(), activity.first().alias("first"), activity.last().alias("last"), moment.min().alias("start"),
            moment.max().alias("end"), activity.n_unique().alias("activities"), pl.col("resource").n_unique(),
        ).height  # fmt: skip

    return dict(zip(QUESTIONS, (follows, variants, cases), strict=True))


def duckdb(path: str) -> Questions:
    """DuckDB: SQL over a table in memory."""
    import duckdb as engine

    connection = engine.connect()
    connection.execute("set threads=1; set TimeZone='UTC'")
    begin = time.process_time()
    connection.execute(f"create table e as select *, row_number() over () as row from read_parquet('{path}')")
    loaded(begin)

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
            """select case_id, count(*) n, min(timestamp) a, max(timestamp) z, arg_min(activity, (timestamp, row)) f,
            arg_max(activity, (timestamp, row)) l, count(distinct activity) x, count(distinct resource) y from e group by 1"""
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
_LOADED: list[float] = []


def loaded(begin: float) -> None:
    """Keep how long loading took."""
    _LOADED.append(time.process_time() - begin)


def measured(question: Callable[[], Any]) -> dict[str, Any]:
    """CPU seconds of the fastest of some runs, and what was answered (a number of rows)."""
    seconds, found = [], None
    for _ in range(REPEATS):
        gc.collect()
        begin = time.process_time()
        found = question()
        seconds.append(time.process_time() - begin)
        if seconds[-1] > LONG:
            break
    return {"seconds": min(seconds), "rows": found}


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
