"""Frames of any library and folders of Parquet parts: the same rows, the same log, whatever the chunks and encodings."""

import decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import LogError, UnknownNameError
from mining.log import EventLog, read_log
from mining.log.columns import plain_types
from mining.log.frames import digest, source_from_frame
from mining.log.parquet import read_parquet
from mining.log.source import read_source
from tests.examples import examples

TEXT, CODED = pa.string(), pa.dictionary(pa.int32(), pa.string())
ROWS = {
    "case_id": ["2", "1", "1", "x" * 200],
    "activity": ["B", "甲", "=1+1", "甲"],
    "timestamp": pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-01"]),
}


def replaced(column):
    """An Arrow table of the rows with another activity column."""
    return pa.table(ROWS).set_column(1, "activity", column)


def relation():
    table = pa.table(ROWS)
    return duckdb.from_arrow(table)


def polars(change=lambda pl, frame: frame):
    """A polars frame of the rows, changed."""
    pl = pytest.importorskip("polars")
    return change(pl, pl.DataFrame(ROWS))


NAMES = pa.array(ROWS["activity"])
FRAMES = {  # the same four rows from each library
    "pandas": lambda: pd.DataFrame(ROWS),
    "pandas categories": lambda: pd.DataFrame(ROWS).astype({"activity": "category"}),
    "pandas, case in the index": lambda: pd.DataFrame(ROWS).set_index("case_id"),
    "arrow": lambda: pa.table(ROWS),
    "arrow batch": lambda: pa.table(ROWS).combine_chunks().to_batches()[0],
    "arrow reader": lambda: pa.table(ROWS).to_reader(max_chunksize=3),
    "arrow dictionary": lambda: replaced(NAMES.dictionary_encode()),
    "arrow views": lambda: replaced(NAMES.cast(pa.string_view())),
    "arrow large": lambda: replaced(NAMES.cast(pa.large_string())),
    "duckdb": relation,
    "polars": polars,
    "polars lazy": lambda: polars(lambda _, frame: frame.lazy()),
    "polars categories": lambda: polars(lambda pl, frame: frame.with_columns(pl.col("activity").cast(pl.Categorical))),
    "polars enum": lambda: polars(lambda pl, f: f.with_columns(pl.col("activity").cast(pl.Enum(["甲", "B", "=1+1"])))),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_of_any_library_gives_the_same_log(name):
    log = EventLog.from_frame(FRAMES[name]())
    expected = EventLog.from_frame(pd.DataFrame(ROWS))
    assert log.to_frame().equals(expected.to_frame())
    assert (log.labels, log.lineage) == (("=1+1", "B", "甲"), expected.lineage)
    kinds = log.source.table.schema.types[:2]
    assert all(kind in (TEXT, CODED) for kind in kinds), kinds
    assert log.source.path == "<frame>"


def test_a_query_says_that_its_order_is_its_own():
    source = source_from_frame(duckdb.sql("select 'a' as case_id"))
    assert source.notes == ("the rows of a query without an order come in any order: ties are ordered as they came",)


@pytest.mark.parametrize("frame", [None, [1], {"a": [1]}, "log.csv", pa.chunked_array([[1]]), np.zeros(3)])
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(LogError, match=r"a data frame is needed \(pandas, polars, Arrow, a DuckDB relation\), not "):
        source_from_frame(frame)


def test_a_query_that_fails_and_a_name_that_occurs_twice_are_errors():
    with pytest.raises(LogError, match="the frame cannot be read: .*Conversion"):
        source_from_frame(duckdb.sql("select cast(x as int) as a from (values ('1'), ('b')) t(x)"))
    with pytest.raises(LogError, match="'a' occur more than once"):
        source_from_frame(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))


VALUES = st.lists(st.tuples(st.none() | st.sampled_from(["", "a", "é甲"]), st.none() | st.integers(-3, 3)), max_size=9)


@settings(deadline=None, max_examples=examples(60))
@given(VALUES, st.lists(st.integers(0, 9), max_size=3), st.booleans())
def test_the_hash_of_a_frame_depends_on_its_values_alone(rows, cuts, coded):
    texts, numbers = [row[0] for row in rows], [row[1] for row in rows]
    table = pa.table({"t": pa.array(texts, TEXT), "n": pa.array(numbers, pa.int64())})
    bounds = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [table.slice(a, b - a) for a, b in zip(bounds, bounds[1:], strict=False)]
    if coded:
        parts = [part.set_column(0, "t", part["t"].dictionary_encode()) for part in parts]
    whole = pa.concat_tables([pa.table({"t": pa.array(["z"], CODED if coded else TEXT), "n": [9]}), *parts]).slice(1)
    assert digest(whole) == digest(table)
    if rows:
        other = pa.array([*texts[:-1], "other"], TEXT)
        assert digest(table.set_column(0, "t", other)) != digest(table)
        assert digest(table.rename_columns(["t", "m"])) != digest(table)


def test_types_are_made_plain_and_nothing_else_is_changed():
    words = pa.array(["a", None, "b"])
    table = pa.table(
        {
            "view": words.cast(pa.string_view()),
            "large": words.cast(pa.large_string()),
            "small codes": words.cast(pa.dictionary(pa.int8(), pa.large_string())),
            "numbers": pa.array([1, None, 1]).dictionary_encode(),
            "dec": pa.array([decimal.Decimal("1.50"), None, None]),
        }
    )
    plain = plain_types(table)
    assert plain.schema.types == [TEXT, TEXT, CODED, pa.int64(), pa.decimal128(3, 2)]
    assert plain.to_pydict() == table.to_pydict()


@pytest.fixture
def parts(tmp_path):
    """Writes tables as parts of a folder, and gives the folder."""

    def _parts(tables, **options):
        folder = tmp_path / "log"
        folder.mkdir()
        for name, table in tables.items():
            pq.write_table(table, folder / name, **options)
        (folder / "_SUCCESS").touch()
        (folder / ".part.crc").touch()
        return folder

    return _parts


def test_a_folder_of_parts_is_one_log_with_rows_counted_through(parts):
    whole = pa.table(ROWS)
    folder = parts({"b.parquet": whole.slice(2), "a.parquet": whole.slice(0, 2)})
    log = read_log(folder)
    assert log.to_frame().equals(EventLog.from_frame(pd.DataFrame(ROWS)).to_frame())
    assert log.source.table.to_pylist() == whole.to_pylist()
    assert log.source.notes == ("folder of 2 Parquet files, in the order of their names",)
    assert (log.source.format, log.source.size) == ("parquet", sum(p.stat().st_size for p in folder.glob("*.parquet")))
    before = log.source.sha256
    (folder / "b.parquet").rename(folder / "c.parquet")
    assert read_source(folder).sha256 != before


def test_columns_of_parts_may_stand_in_any_order_and_be_null_throughout(parts):
    first = pa.table({"n": pa.array([None], pa.null()), "t": pa.array(["a"], pa.large_string())})
    second = pa.table({"t": pa.array(["b"]).dictionary_encode(), "n": [2]})
    source = read_source(parts({"1.parquet": first, "2.parquet": second}))
    assert source.table.to_pydict() == {"n": [None, 2], "t": ["a", "b"]}
    assert "column 'n' is int64 and null in the parts, read as int64" in source.notes


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"a": [1], "b": [1]}, "2.parquet and 1.parquet are not parts of one table: the column 'b' is only in one"),
        ({"a": ["x"]}, "the parts cannot be one table"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, second, said):
    with pytest.raises(LogError, match=said):
        read_source(parts({"1.parquet": pa.table({"a": [1]}), "2.parquet": pa.table(second)}))


def test_a_folder_with_other_things_beside_the_parts_is_refused(parts):
    folder = parts({"1.parquet": pa.table({"a": [1]})})
    (folder / "year=2024").mkdir()
    with pytest.raises(LogError, match="beside 1 Parquet files there is the folder 'year=2024'"):
        read_source(folder)


def test_a_folder_without_parts_is_no_log(tmp_path):
    (tmp_path / "log.csv").touch()
    with pytest.raises(LogError, match=r"is a folder, not a file, and it holds no Parquet files; .*log\.csv"):
        read_source(tmp_path)


def test_text_that_repeats_is_read_as_a_dictionary_and_other_text_is_not(tmp_path):
    n = 5000
    table = pa.table({"few": ["Open", "Close"] * (n // 2), "many": [f"a rather long text {i}" for i in range(n)]})
    pq.write_table(table, tmp_path / "log.parquet")
    read = read_parquet(tmp_path / "log.parquet").table
    assert read.schema.types == [CODED, TEXT]
    assert read.to_pydict() == table.to_pydict()
    some = read_parquet(tmp_path / "log.parquet", columns=["many"]).table
    assert some.column_names == ["many"]
    with pytest.raises(UnknownNameError, match="Did you mean 'many'"):
        read_parquet(tmp_path / "log.parquet", columns=["mani"])


def test_a_dictionary_with_text_that_is_no_utf8_is_refused(tmp_path):
    texts = pa.array([b"\xff\xfe"] * 5000, pa.binary()).cast(pa.string(), safe=False)
    pq.write_table(pa.table({"case_id": texts}), tmp_path / "log.parquet")
    with pytest.raises(LogError, match="not a readable Parquet file.*UTF8"):
        read_parquet(tmp_path / "log.parquet")


@pytest.mark.parametrize("frame", [pd.DataFrame(), pa.table({})])
def test_a_frame_without_columns_is_refused(frame):
    with pytest.raises(LogError, match="the frame has no columns"):
        EventLog.from_frame(frame)
