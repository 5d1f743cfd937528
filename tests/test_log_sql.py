"""Tables and queries of DuckDB, SQLite and a real PostgreSQL server as sources of a log."""

import sqlite3
import traceback
from contextlib import nullcontext
from datetime import UTC, date, datetime

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mining.binding import Binding
from mining.errors import LogError, MiningError, UnknownNameError
from mining.log import EventLog, read_log
from mining.log.sql import _is_ordered, is_database, read_query
from mining.log.sql_engines import without_secrets
from mining.log.store import write_store
from tests import postgres
from tests.examples import examples

ROWS = [
    ("2", "Pay", "2024-01-01 10:30:00", "Bo"),
    ("1", "Open", "2024-01-01 08:00:00", None),
    ("2", "Open", "2024-01-01 09:15:00", 'Al "the, third"\nof it'),
    ("1", "Pay", "2024-01-01 08:00:00", "名"),
]
NAMES = ("case_id", "activity", "timestamp", "resource")
MAKE = 'create table "my ""events" (case_id text, activity text, "timestamp" text, resource text)'
INSERT = 'insert into "my ""events" values (?, ?, ?, ?)'
TABLE = 'my "events'


def make_duckdb(path):
    with duckdb.connect(str(path)) as db:
        db.execute(MAKE)
        db.executemany(INSERT, ROWS)
    return path


def make_sqlite(path):
    db = sqlite3.connect(path)
    db.execute(MAKE)
    db.executemany(INSERT, ROWS)
    db.commit()
    db.close()
    return path


@pytest.fixture(scope="module")
def server():
    with postgres.running() as server:
        import psycopg

        with psycopg.connect(server.address) as connection:
            connection.execute(MAKE)
            connection.cursor().executemany(INSERT.replace("?", "%s"), ROWS)
        yield server


@pytest.fixture(params=["duckdb", "sqlite", "postgresql"])
def source(request, tmp_path):
    """The same table in each kind of database."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").address
    return (make_duckdb if request.param == "duckdb" else make_sqlite)(tmp_path / "events.db")


def values(read):
    return [tuple(row.values()) for row in read.table.to_pylist()]


def test_a_table_arrives_as_it_is(source):
    read = read_query(source, table=TABLE)
    assert tuple(read.table.column_names) == NAMES
    assert sorted(values(read), key=str) == sorted(ROWS, key=str)
    assert read.problems == ()
    log = EventLog.from_source(read)
    assert (log.n_cases, log.n_instances) == (2, 4)


def test_a_query_arrives_in_its_order(source):
    read = read_query(source, 'select * from "my ""events" order by case_id, activity; ')
    assert values(read) == sorted(ROWS, key=lambda row: row[:2])
    assert any("rows ordered by the query" in note for note in read.notes)
    assert values(
        read_query(source, 'select resource as r from "my ""events" where activity = \'Pay\' -- 100%\n', order_by="r")
    ) == [
        ("Bo",),
        ("名",),
    ]


def test_the_hash_is_that_of_the_rows(source):
    first, again = (read_query(source, table=TABLE, order_by=NAMES) for _ in range(2))
    assert first.sha256 == again.sha256
    other = read_query(source, table=TABLE, order_by=["activity", "case_id"])
    assert other.sha256 != first.sha256


def test_the_only_table_needs_no_name_and_others_are_listed(source):
    assert read_query(source).table.num_rows == 4
    with pytest.raises(UnknownNameError, match="Did you mean 'my \"events'"):
        read_query(source, table="my events")
    with pytest.raises(LogError, match="not both"):
        read_query(source, "select 1", table=TABLE)


def test_ties_that_the_order_leaves_open_are_counted(source):
    notes = " ".join(read_query(source, table=TABLE, order_by=["timestamp"]).notes)
    assert "rows ordered by 'timestamp'; 1 rows repeat the values of others there" in notes
    notes = " ".join(read_query(source, table=TABLE, order_by=["timestamp", "activity"]).notes)
    assert "rows ordered by 'timestamp', 'activity'." in notes.replace(" the hash", ". the hash")
    assert "nothing settles the order" in " ".join(read_query(source, 'select * from "my ""events"').notes)


def test_a_column_to_order_by_must_exist(source):
    with pytest.raises(UnknownNameError, match="unknown column 'time'.*Did you mean 'timestamp'"):
        read_query(source, table=TABLE, order_by="time")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select * from nothing", "nothing"),
        ('delete from "my ""events" returning *', "says: "),
        ('select 1 as a; drop table "my ""events"', "says: "),
        ("select 1 as a, 2 as a", "occur more than once"),
        ("selec", "says: "),
    ],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(source, query, words):
    with pytest.raises(LogError, match=words):
        read_query(source, query)
    assert read_query(source).table.num_rows == 4


def test_stored_order_is_kept_where_there_is_one(tmp_path):
    for path in (make_duckdb(tmp_path / "a.duckdb"), make_sqlite(tmp_path / "a.sqlite")):
        read = read_query(path, table=TABLE)
        assert values(read) == ROWS
        assert "rows in the order in which they are stored" in read.notes
        assert read.path == str(path)


def test_several_tables_are_never_guessed(tmp_path):
    for connect, name in ((duckdb.connect, "two.duckdb"), (sqlite3.connect, "two.sqlite")):
        connection = connect(str(tmp_path / name))
        with pytest.raises(LogError, match="holds no tables"):
            read_query(connection)
        connection.execute("create table events (a int)")
        connection.execute("create view lately as select * from events")
        with pytest.raises(LogError, match=r"holds 2 tables\. Say which one .*Tables: 'events', 'lately'"):
            read_query(connection)
        assert "nothing settles the order" in read_query(connection, table="lately").notes[1]
        connection.close()


def test_open_connections_are_read_and_left_open(tmp_path):
    for connect in (duckdb.connect, sqlite3.connect):
        connection = connect(":memory:")
        connection.execute("create temp table made as select '7' as case_id")
        assert read_query(connection, "select * from made").table.to_pylist() == [{"case_id": "7"}]
        assert connection.execute("select 5").fetchall() == [(5,)]
        connection.close()
    with pytest.raises(LogError, match="not list"):
        read_query([])


def test_a_row_factory_of_the_caller_does_not_matter():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = lambda cursor, row: {"wrong": row}
    assert read_query(connection, "select 1 as a, 'b' as b").table.to_pylist() == [{"a": 1, "b": "b"}]
    connection.close()


def test_sqlite_values_of_several_types_become_text_and_are_counted():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (whole, part, mixed, raw, none)")
    connection.executemany(
        "insert into t values (?, ?, ?, ?, ?)",
        [
            (1, 0.5, 7, b"\x01", None),
            (2, 1.5, "x", b"\x02", None),
            (None, None, b"\xff", None, None),
            (3, 2.5, 1.25, None, None),
        ],
    )
    read = read_query(connection, table="t")
    assert [str(kind) for kind in read.table.schema.types] == ["int64", "double", "string", "binary", "string"]
    assert read.table["mixed"].to_pylist() == ["7", "x", "ff", "1.25"]
    assert read.problem_counts == {"column of mixed types": 1}
    assert "1 int, 1 str, 1 bytes, 1 float; taken as text" in str(read.problems[0])
    connection.close()


def test_sqlite_tables_without_row_numbers_and_broken_views(tmp_path):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a text primary key) without rowid")
    connection.execute("insert into t values ('x')")
    connection.execute("create view v as select * from gone")
    assert values(read_query(connection, table="t")) == [("x",)]
    with pytest.raises(LogError, match="no such table: main.gone"):
        read_query(connection, table="v")
    connection.close()


def test_broken_text_in_sqlite_is_an_error_in_words():
    connection = sqlite3.connect(":memory:")
    with pytest.raises(LogError, match="SQLite says: .*UTF-8"):
        read_query(connection, "select cast(x'ff41' as text) as a")
    connection.close()


def test_duckdb_types_are_kept_and_moments_are_in_utc():
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'Asia/Shanghai'")
    read = read_query(
        connection,
        "select 1.50::decimal(9, 2) as d, 'a'::enum('a', 'b') as e, timestamptz '2024-01-01 10:00:00+02' as t, null as n, "
        "date '2024-01-01' as day, true as yes",
    )
    kinds = {field.name: str(field.type) for field in read.table.schema}
    assert kinds == {
        "d": "decimal128(9, 2)", "e": "dictionary<values=string, indices=int32, ordered=0>", "t": "timestamp[us, tz=UTC]",
        "n": "string", "day": "date32[day]", "yes": "bool",
    }  # fmt: skip
    assert read.table["t"][0].as_py() == datetime(2024, 1, 1, 8, tzinfo=UTC)
    connection.close()


def test_variables_of_python_are_no_tables_of_a_file(tmp_path):
    rows = duckdb.connect(str(make_duckdb(tmp_path / "x.duckdb")), read_only=True)
    rows.close()
    with pytest.raises(LogError, match="NAMES|does not exist"):
        read_query(tmp_path / "x.duckdb", "select * from NAMES")


def test_a_duckdb_file_open_elsewhere_says_what_to_do(tmp_path):
    path = make_duckdb(tmp_path / "busy.duckdb")
    with duckdb.connect(str(path)) as busy:
        with pytest.raises(LogError, match="pass that open connection instead"):
            read_query(path)
        assert read_query(busy).table.num_rows == 4


def test_a_connection_in_the_middle_of_a_result_is_refused_or_left_alone():
    connection = duckdb.connect(":memory:")
    running = connection.execute("select * from range(100000)")
    running.fetchone()
    with pytest.raises(LogError, match=r"DuckDB says: .*cursor\(\)") if duckdb.__version__ >= "2" else nullcontext():
        read_query(connection, "select 1 as a")
    connection.close()


def test_files_that_are_no_database(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n")
    for name, words in (("x.csv", "neither a DuckDB nor a SQLite file"), ("none.db", "no such file")):
        with pytest.raises(LogError, match=words):
            read_query(tmp_path / name)
    (tmp_path / "cut.duckdb").write_bytes(make_duckdb(tmp_path / "whole.duckdb").read_bytes()[:100])
    (tmp_path / "cut.sqlite").write_bytes(make_sqlite(tmp_path / "whole.sqlite").read_bytes()[:100])
    for name in ("cut.duckdb", "cut.sqlite"):
        with pytest.raises(LogError, match="cut"):
            read_query(tmp_path / name)


def test_databases_are_told_by_their_first_bytes(tmp_path):
    assert is_database("x", make_duckdb(tmp_path / "a").read_bytes()[:16])
    assert is_database("x", make_sqlite(tmp_path / "b").read_bytes()[:16])
    assert is_database("postgres://host/db")
    assert not is_database("postgresql.csv", b"case,activity,ti")


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("select * from a order by b", True),
        ("select * from (select * from a order by b)", False),
        ("select row_number() over (order by b) from a", False),
        ("select * from a -- order by b", False),
        ("select 'order by' from a", False),
        ("select ')' from a ORDER  BY b", True),
        ("with x as (select 1 order by (2)) select * from x /* order by */", False),
    ],
)
def test_an_order_of_its_own_is_seen_outside_brackets_texts_and_comments(query, ordered):
    assert _is_ordered(query) is ordered


def test_secrets_in_a_query_are_not_shown():
    said = without_secrets(
        "attach 'host=h password=geheim' as x; create secret (password 'geheim'); 'postgres://u:geheim@h/d'"
    )
    assert "geheim" not in said
    assert said.count("***") == 3


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:geh@eim@host/db",
        "postgresql://u:geh/eim@host/db",
        "postgresql://u:geh%eim@host/db",
        "postgresql://u:12/geheim@host/db",
        "postgresql://host/db?passwort=geheim",
        "postgresql://u@host:geheim/db",
    ],
)
def test_an_address_that_cannot_be_read_is_not_shown(address):
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(LogError, match="it is not shown here") as caught:
        read_query(address, table="t")
    for text in (str(caught.value), "".join(traceback.format_exception(caught.value))):
        for part in ("geh@", "eim@", "geh/", "geh%", "geheim"):
            assert part not in text


def test_without_psycopg_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(LogError, match=r"pip install '\.\[postgres\]'"):
        read_query("postgresql://host/db")


# --- the server


def test_no_password_is_in_anything_that_is_shown(server):
    read = read_query(server.address, table=TABLE)
    log = EventLog.from_source(read)
    shown = [repr(read), read.path, *read.notes, *map(str, read.problems), repr(log), str(read.extras)]
    for address in (
        server.address.replace("tester", "nobody"),
        server.address.replace("/shop", "/none"),
        server.address.replace(str(server.port), "1"),
        server.address.replace(postgres.CODED, postgres.CODED + "x"),
    ):
        with pytest.raises(MiningError) as caught:
            read_query(address)
        shown += ["".join(traceback.format_exception(caught.value))]
    with pytest.raises(LogError) as caught:
        read_query(server.address, f"select '{postgres.PASSWORD}' from nowhere")
    shown.append(str(caught.value))
    for text in shown:
        for word in (postgres.PASSWORD, postgres.CODED):
            assert word not in text.replace(server.address, "")
    assert read.path == server.place


def test_postgres_values_keep_their_type_and_their_digits(server):
    read = read_query(
        server.address,
        """select * from (values (1::bigint, 1.230::numeric, 0.1::float8, true, '2024-03-31 10:00+08'::timestamptz,
             '2024-03-31 10:00:00.123456'::timestamp, '2024-03-31'::date, '{"a": 1}'::jsonb, 'A'::char(3), ''),
           (null, 'NaN', 'Infinity', false, null, null, null, null, null, null))
           as t (i, n, f, b, tz, local, day, j, c, e) order by i nulls last""",
    )
    assert [str(kind) for kind in read.table.schema.types] == [
        "int64", "string", "double", "bool", "timestamp[us, tz=UTC]", "timestamp[us]", "date32[day]", *["string"] * 3,
    ]  # fmt: skip
    assert values(read) == [
        (1, "1.230", 0.1, True, datetime(2024, 3, 31, 2, tzinfo=UTC), datetime(2024, 3, 31, 10, 0, 0, 123456),
         date(2024, 3, 31), '{"a": 1}', "A  ", ""),
        (None, "NaN", float("inf"), False, None, None, None, None, None, None),
    ]  # fmt: skip


def test_postgres_moments_that_no_calendar_holds_are_counted(server):
    query = """select t::timestamp as t from unnest(array['2024-01-01', 'infinity', '0044-03-15 BC', '12024-01-01', null]) as x (t)"""
    read = read_query(server.address, query)
    assert read.table["t"].to_pylist() == [datetime(2024, 1, 1), None, None, None, None]
    assert read.rejected["t"].tolist() == [2, 3, 4]
    assert read.problem_counts == {"moment outside the years 1 to 9999": 3}
    many = read_query(server.address, "select 'infinity'::date as d from generate_series(1, 70)")
    assert many.problem_counts == {"moment outside the years 1 to 9999": 70}
    assert len(many.problems) == 20


def test_the_session_of_the_caller_is_left_as_it_was(server):
    import psycopg

    with psycopg.connect(server.address) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        connection.execute("create temp table mine as select '2024-01-01 10:00'::timestamp as t, 1 as a")
        read = read_query(connection, table="mine")
        assert read.table.to_pylist() == [{"t": datetime(2024, 1, 1, 10), "a": 1}]
        assert read.path == server.place
        connection.execute("insert into mine values (now(), 2)")
        assert connection.execute("select count(*), current_setting('timezone') from mine").fetchall() == [
            (2, "Asia/Shanghai")
        ]


def test_no_write_passes_a_function(server):
    import psycopg

    with psycopg.connect(server.address) as connection:
        connection.execute(
            'create function public.wipe() returns int language sql as \'delete from "my ""events"; select 1\''
        )
    with pytest.raises(LogError, match="read-only transaction"):
        read_query(server.address, "select wipe() as a")
    with psycopg.connect(server.address) as connection:
        connection.execute("drop function public.wipe()")
    assert read_query(server.address, table=TABLE).table.num_rows == 4


def test_tables_of_other_schemas_are_named_with_them(server):
    import psycopg

    with psycopg.connect(server.address) as connection:
        connection.execute('create schema "Old"')
        connection.execute('create table "Old".events as select 5 as a')
    try:
        assert values(read_query(server.address, table="Old.events")) == [(5,)]
        with pytest.raises(LogError, match="Tables: 'Old.events', 'my \"events'"):
            read_query(server.address)
    finally:
        with psycopg.connect(server.address) as connection:
            connection.execute('drop schema "Old" cascade')


def test_blocks_end_at_rows_wherever_they_are_cut(server, monkeypatch):
    query = (
        "select i as a, repeat('x\n\"', i % 7) as b, nullif(i % 3, 0) as c from generate_series(1, 500) as i order by i"
    )
    whole = read_query(server.address, query)
    monkeypatch.setattr("mining.log.sql_postgres.BLOCK", 50)
    cut = read_query(server.address, query)
    assert cut.table.equals(whole.table)
    assert cut.sha256 == whole.sha256
    assert cut.table.num_rows == 500


def test_an_empty_result_and_a_single_column_of_nulls(server):
    assert read_query(server.address, "select 1 as a where false").table.num_rows == 0
    assert values(read_query(server.address, "select null::text as a from generate_series(1, 3)")) == [(None,)] * 3


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.none()


@pytest.mark.slow
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(texts, texts, st.integers(-(2**63), 2**63 - 1) | st.none()), max_size=8))
def test_any_text_comes_back_from_every_database(server, rows):
    import psycopg

    for connection, mark in (
        (duckdb.connect(":memory:"), "?"),
        (sqlite3.connect(":memory:"), "?"),
        (psycopg.connect(server.address), "%s"),
    ):
        connection.execute("create temp table t (n bigint, a text, b text, c bigint)")
        for number, row in enumerate(rows):
            connection.execute(f"insert into t values ({', '.join([mark] * 4)})", (number, *row))
        assert [row[1:] for row in values(read_query(connection, table="t", order_by="n"))] == rows
        connection.close()


@pytest.mark.parametrize("kept", [0.6, 0.999])
def test_a_sqlite_file_that_is_cut_off_is_refused(tmp_path, kept):
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("create table log (c text, a text, t text)")
        db.executemany("insert into log values (?, 'A', '2024-01-01')", [(str(i),) for i in range(2000)])
    db.close()
    assert read_query(path).table.num_rows == 2000
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(LogError, match=f"cut off: it has {int(len(data) * kept):,} of {len(data):,} bytes"):
        read_query(path)


def test_a_log_of_one_table_is_not_bound_as_that_of_another(tmp_path):
    path = tmp_path / "log.sqlite"
    columns = {"case": "c", "activity": "a", "timestamp": "t"}
    with sqlite3.connect(path) as db:
        for name in ("one", "other"):
            db.execute(f"create table {name} (c text, a text, t text)")
            db.execute(f"insert into {name} values ('1', '{name}', '2024-01-01')")
    db.close()
    log = read_log(path, columns=columns | {"table": "one"})
    secret = "select *  from one -- password='geheim'"
    kept = write_store(log, tmp_path / "one.parquet")
    asked = write_store(
        read_log(path, columns=columns | {"query": secret, "order_by": "c"}), tmp_path / "asked.parquet"
    )
    assert read_log(kept, columns=columns | {"table": "one"}).labels == ("one",)
    assert read_log(asked, columns=columns | {"query": secret, "order_by": "c"}).labels == ("one",)
    assert b"geheim" not in asked.read_bytes()
    for wrong, what in [
        ({"table": "other"}, "declares table 'other', but the log was read with table 'one'"),
        ({"query": "select * from other"}, "read with no query"),
        ({"order_by": "t"}, "read with no order_by"),
        ({"object_type": "order"}, "read with no object_type"),
    ]:
        with pytest.raises(LogError, match=what):
            read_log(kept, columns=columns | wrong)
    with pytest.raises(LogError, match="but the log was read with table 'one'"):
        log.bind(Binding("c", "a", "t", table="other"))
