"""A big log for measuring: a pool of simulated cases, each repeated under new case ids until there are enough events.

The cases are those of the sample service *permit and receipt* with every kind of fault; what is repeated is the whole case, so the
number of distinct traces stays that of the pool however long the log is. Rows are in the order of time, not of cases.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pandas as pd

from mining.blueprint import read_blueprint
from mining.simulation import Fault, simulate

ROOT = Path(__file__).parents[1]
BLUEPRINT = ROOT / "sample_logs" / "permit_receipt" / "blueprint.yaml"
POOL = 20_000  # cases
FAULTS = (
    *("late:S1=0.06", "late:S2=0.0025", "late:S3=0.02", "missing:send_receipt=0.03", "missing:need_advice=0.012"),
    *(
        "missing:approve_receipt=0.003",
        "same_person:R2=0.012",
        "repeated:send_receipt=0.01",
        "swapped:approve_receipt=0.005",
    ),
    *("wrong_role:approve_receipt=0.005", "extra:Call the applicant=0.015", "extra:adjust_receipt=0.005"),
)


def pool(folder: Path, cases: int = POOL) -> Path:
    """The simulated cases, as a Parquet file; made once."""
    path = folder / f"pool_{cases}.parquet"
    if not path.exists():
        made = simulate(read_blueprint(BLUEPRINT), cases=cases, seed=1, faults=[Fault.parse(x) for x in FAULTS])
        made.to_frame().to_parquet(path, index=False)
    return path


def path_of(folder: Path, events: int, cases: int) -> Path:
    """Where a log is kept."""
    return folder / f"log_{events}_{cases}.parquet"


def big_log(folder: Path, events: int, cases: int = POOL) -> Path:
    """A log of about ``events`` events (whole repetitions of the pool, at least one), as a Parquet file; made once."""
    path = path_of(folder, events, cases)
    if path.exists():
        return path
    source = pool(folder, cases)
    size = len(pd.read_parquet(source, columns=["case_id"]))
    times = max(round(events / size), 1)
    with duckdb.connect() as connection:
        connection.execute(f"set TimeZone='UTC'; set temp_directory='{folder}'; set memory_limit='2GB'; set threads=2")
        connection.execute(
            f"""copy (
              with numbered as (select case_id, dense_rank() over (order by case_id) - 1 as place, * exclude (case_id) from '{source}')
              select 'C' || lpad((k * {cases} + place)::varchar, 9, '0') as case_id, activity, timestamp::timestamptz as timestamp,
                     * exclude (case_id, place, activity, timestamp, k)
              from numbered, range({times}) r(k) order by timestamp, case_id
            ) to '{path}.part' (format parquet, compression zstd)"""
        )
    Path(f"{path}.part").rename(path)
    return path


if __name__ == "__main__":  # in a process of its own, so that its memory is not counted for another
    big_log(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
