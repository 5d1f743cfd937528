"""A log built on disk, case range by case range, is the log that is built in memory."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mining.errors import LogError
from mining.log import read_log
from mining.log.ingest import ingest
from mining.log.store import open_store, write_store
from tests.examples import examples
from tests.helpers import ROOT
from tests.test_log_store import ATTRIBUTES, NAMES, WORDS, assert_same, events

PERMIT = ROOT / "sample_logs" / "permit_receipt" / "log.csv"


def written(rows, path, way):
    frame = pd.DataFrame(rows, columns=NAMES)
    frame["timestamp"] = [f"2024-03-0{1 + t} 10:00" if t < 5 else ["", "soon"][t - 5] for t in frame["timestamp"]]
    frame["start"] = ["2024-03-02 10:00" if i % 3 else "never" if i % 2 else "" for i in range(len(frame))]
    frame["channel"] = [None if i % 3 else f"way {i % 2}" for i in range(len(frame))]
    if way == "csv":
        frame.to_csv(path, index=False)
    else:
        frame["case"] = [
            None if c in (None, " ") else {"1": 1.0, "10": 10.0, "2": 2.5}.get(c, 7.0) for c in frame["case"]
        ]
        frame.to_parquet(path, index=False)
    return path


@pytest.mark.slow
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=events, lifecycle=st.booleans(), group=st.integers(1, 12), way=st.sampled_from(["csv", "parquet"]))
def test_built_on_disk_and_in_memory_is_one_log(tmp_path, rows, lifecycle, group, way):
    path = written(rows, tmp_path / f"log.{way}", way)
    columns = {"resource": "resource", "attributes": ATTRIBUTES}
    columns |= {"lifecycle": WORDS} if lifecycle else {"start": "start"}
    try:
        log, why = read_log(path, columns=columns), ""
        write_store(log, tmp_path / "m.parquet", group=group)
    except LogError as error:
        why = str(error)
    if why:
        with pytest.raises(LogError) as other:
            ingest(path, tmp_path / "s.parquet", columns=columns, group=group)
        assert str(other.value) == why
        return
    store = open_store(ingest(path, tmp_path / "s.parquet", columns=columns, group=group))
    assert_same(log, list(store.pieces()))
    assert_same(log, [store.log()])
    assert (store.binding, store.source.sha256) == (log.binding, log.source.sha256)
    assert pq.read_schema(tmp_path / "s.parquet").equals(pq.read_schema(tmp_path / "m.parquet"))


@pytest.mark.parametrize("group", [700, 10**6])
def test_a_sample_log_by_csv(tmp_path, group):
    columns = {"attributes": {"channel": "channel", "deadline": {"column": "deadline", "type": "datetime"}}}
    log = read_log(PERMIT, columns=columns)
    back = read_log(ingest(PERMIT, tmp_path / "s.parquet", columns=columns, group=group, memory="200MB"))
    assert repr(back) == repr(log)
    for name in ("row", "end", "activity", "resource", "offsets"):
        np.testing.assert_array_equal(getattr(back, name), getattr(log, name))
    np.testing.assert_array_equal(back.attribute("deadline"), log.attribute("deadline"))
    assert back.attribute_notes("deadline") == log.attribute_notes("deadline")


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "log.xes").write_text("<log/>")
    with pytest.raises(LogError, match="only CSV and Parquet"):
        ingest(tmp_path / "log.xes", tmp_path / "s.parquet")
    with pytest.raises(LogError, match="no such file"):
        ingest(tmp_path / "none.csv", tmp_path / "s.parquet")
    pq.write_table(pa.table({"case": pa.array([], pa.string())}), tmp_path / "empty.parquet")
    with pytest.raises(LogError, match="the log is empty"):
        ingest(tmp_path / "empty.parquet", tmp_path / "s.parquet")
    with pytest.raises(LogError, match="could not be sorted within 1MB"):
        ingest(PERMIT, tmp_path / "s.parquet", memory="1MB")
    assert not (tmp_path / "s.parquet").exists()


def test_malformed_rows_are_counted_as_in_memory(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "case,activity,timestamp\n1,A,2024-01-01\n1,B\n2,A,2024-01-02\n,A,2024-01-02\n1,A,soon\n1,C,2024-01-03\n"
    )
    log, back = read_log(path), read_log(ingest(path, tmp_path / "s.parquet", group=2))
    assert back.lineage == log.lineage
    assert [str(d) for d in log.lineage.dropped] == [
        "1 malformed row of the file (row 2)",
        "1 missing case id (row 4)",
        "1 timestamp does not parse (row 5)",
    ]
    assert (back.problem_counts, back.notes) == (log.problem_counts, log.notes)
