"""One contract for all ways to run a question over a log: the answers are equal, array by array, to that of one piece in memory."""

import shutil
import sys
import warnings
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.blueprint import read_blueprint
from mining.errors import LogError, UnknownNameError
from mining.flow import CHECKS, FOLLOWS, KERNELS, PATH, VARIANTS, unpack
from mining.log import EventLog, read_log
from mining.log.store import open_store, write_store
from mining.spark import Spark, asked, whole_cases
from mining.units import MISSING
from mining.ways import TOGETHER, InProcess, OutOfCore, Processes, ask, merged
from tests.helpers import ROOT

SAMPLE = ROOT / "sample_logs" / "permit_receipt"
GIANT = 700  # events of one case, several times what a piece holds
PIECE = 97  # instances in a piece


@pytest.fixture(scope="module")
def log():
    """A sample log with times of start, schedules and instances that never ended, and one case larger than any piece."""
    blueprint = read_blueprint(SAMPLE / "blueprint.yaml")
    frame = read_log(SAMPLE / "log.csv", columns=blueprint.binding).to_frame(limit=3_000)
    random = np.random.default_rng(3)
    frame["start"] = frame["end"] - pd.to_timedelta(random.integers(0, 90_000, len(frame)), unit="s")
    frame.loc[random.random(len(frame)) < 0.05, "start"] = pd.NaT
    frame.loc[random.random(len(frame)) < 0.1, "resource"] = None
    frame.loc[(random.random(len(frame)) < 0.03) & frame["start"].notna(), "end"] = pd.NaT
    frame["end"] = frame["end"].dt.floor("2h")
    giant = frame.iloc[random.integers(0, len(frame), GIANT)].assign(case=frame["case"].iloc[1_500] + " giant")
    columns = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
    both = pd.concat([frame, giant])[list(columns.values())]
    return EventLog.from_frame(both.sample(frac=1, random_state=1), columns=columns)


@pytest.fixture(scope="module")
def store(log, tmp_path_factory):
    return open_store(write_store(log, tmp_path_factory.mktemp("store") / "log.parquet", group=PIECE))


@pytest.fixture(scope="module")
def expected(log):
    return {name: kernel.run(log, {}) for name, kernel in KERNELS.items()}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A sample service with attributes, clock stops and business time: blueprint, store, and the answers of one piece in memory."""
    blueprint = read_blueprint(SAMPLE / "blueprint.yaml")
    log = read_log(SAMPLE / "log.csv", columns=blueprint.binding)
    store = open_store(write_store(log, tmp_path_factory.mktemp("judged") / "log.parquet", group=4_000))
    return blueprint, store, {kernel: kernel.run(log, {"blueprint": blueprint}) for kernel in (CHECKS, PATH)}


@pytest.fixture(scope="module")
def session():
    """A real Spark session on this machine: two workers, no network."""
    spark = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: pip install .[spark]").SparkSession
    if not shutil.which("java"):
        pytest.skip("there is no Java on this machine, which Spark needs")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*pandas", category=FutureWarning)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(ROOT), prepend=":")
        made = spark.builder.master("local[2]").config("spark.ui.enabled", "false")
        for name in ("spark.driver.host", "spark.driver.bindAddress"):
            made = made.config(name, "127.0.0.1")
        for name, value in {
            "spark.sql.session.timeZone": "Asia/Shanghai",  # of no consequence
            "spark.sql.shuffle.partitions": "3",
            "spark.sql.execution.arrow.maxRecordsPerBatch": "50",  # batches end inside cases
            "spark.log.level": "ERROR",
            "spark.driver.memory": "1g",
        }.items():
            made = made.config(name, value)
        session = made.getOrCreate()
        yield session
        session.stop()


def plain_batches(store, size):
    """The rows of a store as Spark hands them over: text as text, batches that may end inside a case."""
    table = pq.read_table(store.path)
    plain = [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return iter(table.cast(pa.schema(plain)).to_batches(max_chunksize=size))


def names(store):
    return pq.read_schema(store.path).names


def same(found, wanted, name):
    assert found.keys() == wanted.keys()
    for part, array in wanted.items():
        assert found[part].dtype == array.dtype, f"{name} {part}"
        np.testing.assert_array_equal(found[part], array, err_msg=f"{name} {part}")


def test_the_log_tries_what_a_way_could_get_wrong(log, store):
    assert store.n_pieces > 20
    assert np.diff(log.offsets).max() >= GIANT > 3 * PIECE
    assert log.tie.sum() > 100
    assert (log.resource == -1).any()
    assert (log.start == MISSING).any()
    assert (log.end == MISSING).any()


@pytest.mark.parametrize("name", KERNELS)
def test_in_process(name, log, store, expected):
    same(InProcess(PIECE).map(KERNELS[name], log), expected[name], name)
    same(InProcess().map(KERNELS[name], log), expected[name], name)
    same(InProcess().map(KERNELS[name], store), expected[name], name)


@pytest.mark.parametrize("name", KERNELS)
def test_out_of_core(name, store, expected):
    same(OutOfCore().map(KERNELS[name], store), expected[name], name)


@pytest.mark.slow
def test_over_processes(log, store, expected, judged):
    with Processes(2, PIECE) as way:
        for name, kernel in KERNELS.items():
            same(way.map(kernel, store), expected[name], name)
        same(way.map(FOLLOWS, log), expected["follows"], "follows")
        for kernel, wanted in judged[2].items():
            same(way.map(kernel, judged[1], blueprint=judged[0]), wanted, kernel.name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*pandas:FutureWarning")
def test_on_spark(session, store, expected, judged):
    for name, kernel in KERNELS.items():
        same(Spark(session, partitions=3).map(kernel, store), expected[name], name)
    same(Spark(session).map(VARIANTS, store), expected["variants"], "one partition")
    same(Spark(session, partitions=40).map(FOLLOWS, store), expected["follows"], "many partitions")
    for kernel, wanted in judged[2].items():
        same(Spark(session, partitions=2).map(kernel, judged[1], blueprint=judged[0]), wanted, kernel.name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*pandas:FutureWarning")
def test_workers_that_read_another_file_are_found_out(session, log, store, tmp_path):
    other = write_store(log.take(np.arange(log.n_cases) > 0), tmp_path / "other.parquet")
    with pytest.raises(LogError, match="the workers saw .* activity instances of"):
        Spark(session, path=str(other)).map(FOLLOWS, store)


@pytest.mark.parametrize("most", [1, 60, 10**6])
def test_what_a_worker_of_spark_does(most, store, expected):
    """Without Spark: the batches of a partition, cut without regard for cases."""
    for name, kernel in KERNELS.items():
        rows = list(asked(kernel, store, {}, names(store), most)(plain_batches(store, 50)))
        assert sum(row["n"][0].as_py() for row in rows) == store.n_instances
        same(merged(kernel, (unpack(row["payload"][0].as_py()) for row in rows)), expected[name], name)


@pytest.mark.slow
def test_a_worker_of_spark_judges(judged):
    blueprint, store, expected = judged
    for kernel, wanted in expected.items():
        batches = plain_batches(store, 1_000)
        rows = [
            row["payload"][0].as_py()
            for row in asked(kernel, store, {"blueprint": blueprint}, names(store), 5_000)(batches)
        ]
        assert len(rows) > 2
        same(merged(kernel, map(unpack, rows)), wanted, kernel.name)


def test_a_process_that_ends_before_its_time_is_explained(log):
    class Broken:
        def map(self, *_):
            raise BrokenProcessPool

    way = Processes(2, PIECE)
    way._pool = Broken()
    with pytest.raises(LogError, match="want of memory. Take fewer processes than 2, or smaller pieces than 97"):
        way.map(FOLLOWS, log)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=8), st.integers(1, 6))
def test_batches_become_tables_of_whole_cases(parts, most):
    rows = sorted(x for part in parts for x in part)
    sizes = [len(part) for part in parts]
    ends = np.cumsum(sizes).tolist()
    batches = [
        pa.record_batch({"case": pa.array([f"c{x}" for x in rows[b - n : b]], pa.string())})
        for n, b in zip(sizes, ends, strict=True)
    ]
    tables = [table["case"].to_pylist() for table in whole_cases(batches, most)]
    assert [x for table in tables for x in table] == [f"c{x}" for x in rows]
    assert all(tables)
    for before, after in zip(tables, tables[1:], strict=False):
        assert before[-1] < after[0]


def test_rows_that_are_not_sorted_are_refused():
    batch = pa.record_batch({"case": ["b", "a"]})
    with pytest.raises(LogError, match="not sorted by case"):
        list(whole_cases([batch]))


@pytest.mark.parametrize("way", [OutOfCore(), Spark(None)], ids=["OutOfCore", "Spark"])
def test_a_way_over_a_store_says_so(way, log):
    with pytest.raises(LogError, match=f"{type(way).__name__} runs over a store.*mining log convert"):
        way.map(FOLLOWS, log)


def test_the_tables_of_a_log_and_of_its_store_are_equal(log, store):
    for kernel in KERNELS.values():
        one, other = ask(kernel, log), ask(kernel, store, OutOfCore())
        pd.testing.assert_frame_equal(one.frame, other.frame)
        assert one.provenance.log == other.provenance.log == log.source.sha256
        assert one.provenance.n_cases == log.n_cases
        assert type(one) is kernel.result


def test_many_partials_are_merged_as_they_come(log):
    held = []

    def partials():
        for piece in log.pieces(5):
            held.append(piece)
            yield VARIANTS.run(piece, {})

    same(merged(VARIANTS, partials()), VARIANTS.run(log, {}), "variants")
    assert len(held) > 3 * TOGETHER


def test_a_kernel_may_be_asked_by_its_name(log):
    pd.testing.assert_frame_equal(ask("follows", log).frame, ask(FOLLOWS, log).frame)
    with pytest.raises(UnknownNameError, match="unknown kernel 'folows'. Did you mean 'follows'"):
        ask("folows", log)


def test_percentiles_are_said_to_be_approximate():
    assert "approximate: within 0.8 %" in FOLLOWS.result.columns["p50_s"]
    assert "exact" in FOLLOWS.result.columns["mean_s"]
