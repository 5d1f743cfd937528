"""A log whole, in pieces, and kept in a store: the same arrays, the same facts, the same account of rows."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mining.binding import Attribute
from mining.errors import LogError, UnknownNameError
from mining.log import EventLog, read_log
from mining.log.binding_file import read_binding
from mining.log.codes import coded
from mining.log.facts import merged
from mining.log.ingest import ingest
from mining.log.lineage import uses
from mining.log.order import by_case_and_time
from mining.log.pieces import PER_INSTANCE, cuts
from mining.log.source import read_source
from mining.log.store import open_store, write_store
from mining.units import MISSING
from tests.examples import examples
from tests.helpers import ROOT

WORDS = {"column": "word", "complete": "complete", "start": "start", "schedule": "schedule"}
ATTRIBUTES = {
    "amount": {"column": "amount", "type": "number"},
    "due": {"column": "due", "type": "datetime"},
    "urgent": {"column": "urgent", "type": "boolean"},
    "channel": "channel",
}
PERMIT = ROOT / "sample_logs" / "permit_receipt" / "log.csv"

events = st.lists(
    st.tuples(
        st.sampled_from(["1", "10", "2", "é", "案件", " ", None]),
        st.sampled_from(["A", "B", "b", "审核", None]),
        st.sampled_from(["complete", "complete", "start", "schedule", "assign", None]),
        st.integers(0, 6),
        st.sampled_from(["ann", "bob", None]),
        st.sampled_from([None, "", "1.5", "2", "x"]),
        st.sampled_from([None, "2024-01-01 10:00", "2024-02-01 10:00"]),
        st.sampled_from([None, "yes", "no"]),
    ),
    min_size=1,
    max_size=40,
)
NAMES = ["case", "activity", "word", "timestamp", "resource", "amount", "due", "urgent"]


def make(rows, lifecycle=True):
    frame = pd.DataFrame(rows, columns=NAMES)
    frame["timestamp"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(frame["timestamp"], unit="h")
    frame["channel"] = [None if i % 3 else f"way {i % 2}" for i in range(len(frame))]
    columns = {"resource": "resource", "attributes": ATTRIBUTES} | ({"lifecycle": WORDS} if lifecycle else {})
    try:
        return EventLog.from_frame(frame, columns=columns)
    except LogError:
        return None


def joined(pieces, name):
    parts = [getattr(p, name) for p in pieces]
    if name == "offsets":
        ends = np.cumsum([0, *(part[-1] for part in parts)])
        return np.concatenate([[0], *(part[1:] + end for part, end in zip(parts, ends, strict=False))])
    return np.concatenate(parts)


def assert_same(log, pieces, taken=False):
    """Pieces, one after the other, are the log."""
    for name in (*PER_INSTANCE, "case_ids", "offsets"):
        np.testing.assert_array_equal(joined(pieces, name), getattr(log, name), name)
    for name in log.binding.attributes:
        for of in ("attribute", "values"):
            whole, parts = getattr(log, of)(name), [getattr(p, of)(name) for p in pieces]
            np.testing.assert_array_equal(np.concatenate(parts), whole, f"{of} {name}")
            assert all(part.dtype == whole.dtype for part in parts)
    np.testing.assert_array_equal(
        np.concatenate([p.event_attribute("amount") for p in pieces]), log.event_attribute("amount")
    )
    first_case = first_instance = 0
    for piece in pieces:
        assert (piece.first_case, piece.first_instance) == (first_case, first_instance)
        assert (piece.facts, piece.span, piece.labels) == (log.facts, log.span, log.labels)
        assert (piece.resources, piece.lineage, piece.notes) == (log.resources, log.lineage, log.notes)
        assert [str(p) for p in piece.problems] == [str(p) for p in log.problems]
        assert piece.problem_counts == log.problem_counts
        for name in () if taken else log.binding.attributes:
            assert piece.attribute_notes(name) == log.attribute_notes(name)
        assert not any(getattr(piece, name).flags.writeable for name in (*PER_INSTANCE, "case_ids", "offsets"))
        first_case, first_instance = first_case + piece.n_cases, first_instance + piece.n_instances


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=events, lifecycle=st.booleans(), size=st.integers(1, 12))
def test_whole_pieces_and_store_are_one_log(tmp_path, rows, lifecycle, size):
    log = make(rows, lifecycle)
    if log is None:
        return
    pieces = list(log.pieces(size))
    assert_same(log, pieces)
    store = open_store(write_store(log, tmp_path / "store.parquet", group=size))
    assert_same(log, list(store.pieces()))
    assert_same(log, [store.log()])
    assert_same(log, list(store.log().pieces(size)))
    assert [p.n_cases for p in store.pieces()] == [p.n_cases for p in pieces]
    assert store.binding == log.binding
    alone = [piece.take(np.ones(piece.n_cases, bool)) for piece in pieces]
    assert merged(part.facts for part in alone) == log.facts


@settings(max_examples=examples(60), deadline=None)
@given(rows=events, lifecycle=st.booleans(), size=st.integers(1, 12))
def test_the_rows_used_by_the_pieces_add_up(rows, lifecycle, size):
    log = make(rows, lifecycle)
    if log is None:
        return
    used = [uses(piece) for piece in log.pieces(size)]
    assert {role: sum(u[role] for u in used) for role in log.lineage.used} == log.lineage.used
    rows_of = np.concatenate([piece.used_rows for piece in log.pieces(size)])
    np.testing.assert_array_equal(rows_of, log.used_rows)
    assert len(set(rows_of.tolist())) == len(rows_of) == sum(log.lineage.used.values())


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=events, lifecycle=st.booleans(), seed=st.integers(0, 9))
def test_taken_cases_are_those_of_a_log_of_their_rows_alone(tmp_path, rows, lifecycle, seed):
    log = make(rows, lifecycle)
    if log is None:
        return
    keep = np.random.default_rng(seed).random(log.n_cases) < 0.5
    if not keep.any():
        with pytest.raises(LogError, match="none of the .* cases is taken"):
            log.take(keep)
        return
    ids = set(log.case_ids[keep].tolist())
    alone = make([row for row in rows if row[0] in ids], lifecycle)
    taken = log.take(keep, "why")
    if (
        alone is None
    ):  # none of these cases ever completes anything: no word says complete, so as a file they are refused
        assert "complete" not in {row[2] for row in rows if row[0] in ids and row[1]}
        assert (taken.end == MISSING).all()
        return
    assert taken.case_ids.tolist() == alone.case_ids.tolist()
    assert [taken.labels[i] for i in taken.activity] == [alone.labels[i] for i in alone.activity]
    for name in ("offsets", "start", "end", "scheduled", "tie"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(alone, name))
    assert (taken.facts, taken.lineage.used) == (alone.facts, alone.lineage.used)
    left_out = {d.reason: d for d in taken.lineage.dropped}.get("why")
    others = sorted(set(log.used_rows.tolist()) - set(taken.used_rows.tolist()))
    assert (
        (left_out.count, left_out.rows) == (len(others), tuple(r + 1 for r in others[:5])) if others else not left_out
    )
    stored = read_log(write_store(log, tmp_path / "s.parquet", group=3)).take(keep, "why")
    assert_same(taken, [stored], taken=True)


def test_a_mask_that_does_not_fit_is_refused():
    log = make([("1", "A", "complete", 1, "ann", None, None, None)])
    for mask in (np.ones(2, bool), np.array([0])):
        with pytest.raises(LogError, match="cases must be 1 true or false"):
            log.take(mask)


def test_pieces_are_cut_at_cases():
    assert list(cuts(np.array([0, 4, 5, 6, 12, 13]), 6)) == [(0, 3), (3, 4), (4, 5)]
    assert list(cuts(np.array([0]), 6)) == []


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3)), max_size=150), st.sampled_from([1, 5]), st.booleans())
def test_the_counting_sort_is_lexsort(pairs, spread, reverse):
    case = np.array([c // spread for c, _ in pairs], np.int32)
    time = np.array([t for _, t in pairs], np.int64)
    if reverse:
        time = np.sort(time)[::-1].copy()
    order, offsets = by_case_and_time(case, time, 5)
    np.testing.assert_array_equal(order, np.lexsort((np.arange(len(case)), time, case)))
    np.testing.assert_array_equal(offsets, np.searchsorted(np.sort(case), np.arange(6)))


words = st.lists(st.sampled_from(["a", "b", "B", "é", "审", " ", "", " a", None, "𝒳"]), max_size=30)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(words, max_size=3), st.sampled_from([pa.int8(), pa.int32(), pa.uint32(), pa.int64()]))
def test_a_dictionary_column_reads_as_the_texts_it_stands_for(chunks, index):
    plain = pa.chunked_array([pa.array(c, pa.string()) for c in chunks], pa.string())
    expected = [None if t is None or not t.strip() else t for c in chunks for t in c]
    vocabulary = sorted({t for t in expected if t})
    kind = pa.dictionary(index, pa.string())
    unused = (
        [pa.DictionaryArray.from_arrays(pa.array([], index), pa.array(["never", None, "a", "a"]))] if chunks else []
    )
    encoded = pa.chunked_array([*(c.dictionary_encode().cast(kind) for c in plain.chunks), *unused], kind)
    for column in (plain, plain.cast(pa.large_string()), encoded):
        found = coded(column, "x")
        assert found.words.to_pylist() == vocabulary
        assert [vocabulary[i] if i >= 0 else None for i in found.codes] == expected
        assert found.codes.dtype == np.int32


def test_a_dictionary_may_hold_a_text_twice_and_nulls():
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None]), pa.array(["b", "a", None, "b"]))
    found = coded(pa.chunked_array([twice]), "x")
    assert (found.codes.tolist(), found.words.to_pylist()) == ([1, 0, -1, 1, -1], ["a", "b"])


def test_what_is_missing_throughout_takes_no_memory():
    log = EventLog.from_frame(
        pd.DataFrame({"case": ["1", "1"], "activity": ["A", "B"], "timestamp": pd.to_datetime(["2024-01-01"] * 2)})
    )
    assert all(getattr(log, name).strides == (0,) for name in ("start", "scheduled", "start_row", "scheduled_row"))
    assert log.start.tolist() == [MISSING] * 2
    assert log.start_row.tolist() == [0, 0]
    assert log.row.dtype == np.int32


# ── the file ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path):
    return write_store(read_log(PERMIT), tmp_path / "permit.parquet", group=5_000)


def test_a_store_is_read_as_the_log_it_was_made_of(store):
    log, back = read_log(PERMIT), read_log(store)
    assert (back.source.path, back.source.sha256, back.source.size) == (str(PERMIT), log.source.sha256, log.source.size)
    assert repr(back) == repr(log)
    pd.testing.assert_frame_equal(back.to_frame(), log.to_frame())


def test_other_engines_read_it_as_a_table(store):
    frame = pd.read_parquet(store)
    log = read_log(PERMIT)
    assert frame["case"].astype(str).tolist() == log.to_frame()["case"].tolist()
    assert (frame["end"] == log.to_frame()["end"]).all()


def test_row_groups_end_at_cases(store):
    file = pq.ParquetFile(store)
    assert file.num_row_groups > 1
    cases = [set(file.read_row_group(i, ["case"])["case"].to_pylist()) for i in range(file.num_row_groups)]
    assert sum(map(len, cases)) == len(set().union(*cases))


def test_another_binding_is_refused_but_not_another_word_for_the_same(store):
    log = read_log(store)
    columns = {"case": "case_id", "activity": "activity", "timestamp": "timestamp", "resource": "resource"}
    assert read_log(store, columns=columns).binding.origin == "arguments"
    with pytest.raises(LogError, match="made with another binding: activity = 'activity', not 'resource'"):
        read_log(store, columns=columns | {"activity": "resource", "resource": "activity"})
    with pytest.raises(LogError, match=r"no attribute 'when' \(its column 'timestamp' is not kept there as it was\)"):
        read_log(store, columns=columns | {"attributes": {"when": "timestamp"}})
    with pytest.raises(LogError, match="day_first=None"):
        read_log(store, day_first=True)
    with pytest.raises(UnknownNameError, match="unknown column 'timestamp'. Known: channel, deadline"):
        log.event_attribute("timestamp")


def test_what_is_no_store_is_refused(tmp_path, store):
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"case": ["1"]}), plain)
    text = tmp_path / "text.parquet"
    text.write_text("no")
    for path in (plain, text, tmp_path / "absent.parquet"):
        with pytest.raises(LogError, match="no store"):
            open_store(path)


def rewritten(store, path, change):
    """The store with other metadata."""
    file = pq.ParquetFile(store)
    meta = json.loads(file.metadata.metadata[b"mining.log.store"])
    change(meta)
    with pq.ParquetWriter(path, file.schema_arrow) as writer:
        for i in range(file.num_row_groups):
            writer.write_table(file.read_row_group(i))
        writer.add_key_value_metadata({b"mining.log.store": json.dumps(meta).encode()})
    return path


def test_a_damaged_store_says_so(tmp_path, store):
    with pytest.raises(LogError, match="format 99; this version reads 1"):
        open_store(rewritten(store, tmp_path / "a.parquet", lambda meta: meta.update(format=99)))
    with pytest.raises(LogError, match="damaged"):
        open_store(rewritten(store, tmp_path / "b.parquet", lambda meta: meta["groups"][0].reverse())).piece(0)


def test_a_store_never_replaces_the_log_it_is_made_of(store):
    log = EventLog.from_source(read_log(PERMIT).source)
    before = PERMIT.read_bytes()
    with pytest.raises(LogError, match="is the log itself"):
        write_store(log, PERMIT)
    assert PERMIT.read_bytes() == before


def test_nothing_is_left_behind_where_writing_fails(tmp_path, store):
    log = read_log(PERMIT)
    with pytest.raises(LogError, match="cannot be written"):
        write_store(log, tmp_path / "no folder" / "s.parquet")
    broken = read_log(PERMIT, columns={"attributes": {"x": {"column": "channel", "type": "datetime"}}})
    with pytest.raises(LogError, match="not dates"):
        write_store(broken, store)
    assert [p.name for p in tmp_path.iterdir()] == ["permit.parquet"]
    assert read_log(store).n_cases == log.n_cases


def test_a_store_never_replaces_a_file_its_log_is_read_with(tmp_path, store):
    frame = pd.read_csv(PERMIT, dtype=str)
    parts = tmp_path / "parts"
    parts.mkdir()
    for name, part in (("a", frame[:9000]), ("b", frame[9000:])):
        part.to_parquet(parts / f"{name}.parquet", index=False)
    binding = tmp_path / "binding.yaml"
    binding.write_text("columns: {case: case_id, activity: activity, timestamp: timestamp}", encoding="utf-8")
    whole = read_log(parts, columns=read_binding(binding))
    assert whole.files == (parts / "a.parquet", parts / "b.parquet", binding)
    part = read_log(store).take(np.arange(2000) < 9)
    assert part.files == (PERMIT, store)
    before = {path: path.read_bytes() for path in (*whole.files, store)}
    for log, path in [(part, store), *((whole, path) for path in whole.files)]:
        with pytest.raises(LogError, match="or a file it is read with"):
            write_store(log, path)
    assert before == {path: path.read_bytes() for path in before}


def test_a_store_keeps_what_a_binding_file_says(tmp_path):
    file = tmp_path / "binding.yaml"
    text = "columns: {case: case_id, activity: activity, timestamp: timestamp}\nlabels: {%s}"
    file.write_text(
        text % "Send confirmation: (unmapped), Call the applicant: (ignore), Confirm receipt: '?'", encoding="utf-8"
    )
    binding = read_binding(file, undecided="keep")
    kept = read_log(write_store(read_log(PERMIT, columns=binding), tmp_path / "s.parquet"))
    assert kept.binding == binding
    assert kept.notes == read_log(PERMIT, columns=binding).notes
    file.write_text(text % "Confirm receipt: receive", encoding="utf-8")
    again = kept.bind(read_binding(file))
    assert again.binding == read_binding(file)
    lost = "what the binding of the store says of 2 labels ('Send confirmation', 'Call the applicant') is not used"
    assert again.notes == (*kept.notes, f"{lost}: another binding was given")


def test_a_store_is_not_read_as_a_table(tmp_path, store):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.parquet").write_bytes(store.read_bytes())
    for read in (
        lambda: read_source(store),
        lambda: read_log(tmp_path / "parts"),
        lambda: ingest(store, tmp_path / "out.parquet"),
    ):
        with pytest.raises(LogError, match="is a store of a log, which is read by itself"):
            read()
    with pytest.raises(LogError, match="is a folder; only one CSV or Parquet file"):
        ingest(tmp_path / "parts", tmp_path / "out.parquet")


def test_a_store_that_was_replaced_is_not_read_on(tmp_path):
    log, path = read_log(PERMIT, columns={"attributes": {"channel": "channel"}}), tmp_path / "s.parquet"
    opened = open_store(write_store(log, path))
    part = opened.log()
    write_store(log.take(np.arange(log.n_cases) > 99), path)
    for read in (lambda: part.attribute("channel"), lambda: part.event_attribute("deadline"), opened.case_ids):
        with pytest.raises(LogError, match="was replaced since it was opened"):
            read()
    path.unlink()
    for read in (lambda: part.attribute("channel"), lambda: part.event_attribute("deadline")):
        with pytest.raises(LogError, match="cannot be read any more"):
            read()


def rebound_equals_memory(log, store, attributes):
    """The attributes bound from what a store keeps are those bound in memory."""
    wanted = replace(log.binding, attributes={name: Attribute(**x) for name, x in attributes.items()})
    late, memory = store.log().bind(wanted), log.bind(wanted)
    pieces = [piece.bind(wanted) for piece in store.pieces()]
    for name in attributes:
        for of in ("attribute", "values"):
            expected = getattr(memory, of)(name)
            np.testing.assert_array_equal(getattr(late, of)(name), expected)
            np.testing.assert_array_equal(np.concatenate([getattr(p, of)(name) for p in pieces]), expected)
            assert getattr(late, of)(name).dtype == expected.dtype
        lost = memory.lineage.rows_in - memory.n_instances
        more = f"kept; the store lacks {lost:,} rows of the source"
        notes = late.attribute_notes(name)
        assert tuple(n for n in notes if not n.endswith(more)) == memory.attribute_notes(name) or lost
        assert any(n.endswith(more) for n in notes) == (lost > 0)
        assert pieces[0].attribute_notes(name) == notes
    return late, memory


LATE = {"channel": {"column": "channel"}} | {name: x for name, x in ATTRIBUTES.items() if name != "channel"}


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=events, size=st.integers(1, 12))
def test_attributes_bound_after_conversion_are_those_bound_in_memory(tmp_path, rows, size):
    log = make(rows, lifecycle=False)
    if log is None:
        return
    plain = log.bind(replace(log.binding, attributes={}))
    store = open_store(write_store(plain, tmp_path / "late.parquet", group=size))
    rebound_equals_memory(plain, store, LATE)
    half = log.bind(replace(log.binding, attributes={"amount": Attribute("amount")}))  # as text
    rebound_equals_memory(half, open_store(write_store(half, tmp_path / "half.parquet", group=size)), LATE)


def test_how_values_are_written_is_told_from_the_whole_column(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        'case,activity,timestamp,fee,due\n1,A,2024-01-01,1.234,03/04/2024\n2,A,2024-01-01,"1,5",25/04/2024\n'
        "2,B,2024-01-02,x,05/04/2024\n"
    )
    log = read_log(path)
    attributes = {
        "fee": {"column": "fee", "type": "number"},
        "due": {"column": "due", "type": "datetime", "tz": "Asia/Shanghai"},
    }
    store = open_store(write_store(log, tmp_path / "log.parquet", group=1))
    assert store.n_pieces == 2
    late, _ = rebound_equals_memory(log, store, attributes)
    assert late.attribute("fee").tolist() == [1234.0, 1.5]
    assert late.attribute_notes("fee")[-1] == "column 'fee': 1 values are no number and count as missing"
    part = late.take(np.array([False, True]))
    assert part.attribute("fee").tolist() == [1.5]
    whole = store.of_table(pq.read_table(store.path).slice(1))
    assert whole.bind(late.binding).values("fee").tolist()[:1] == [1.5]
    wanted = {"case": "case", "activity": "activity", "timestamp": "timestamp", "attributes": {"x": "nothing"}}
    with pytest.raises(LogError, match="there is no column 'nothing'"):
        read_log(store.path, columns=wanted)


def test_values_in_rows_of_starts_are_not_kept_and_that_is_said(tmp_path):
    log = make([("1", "A", "start", 0, "ann", "1.5", None, None), ("1", "A", "complete", 1, "ann", None, None, None)])
    plain = log.bind(replace(log.binding, attributes={}))
    store = open_store(write_store(plain, tmp_path / "log.parquet"))
    with pytest.raises(
        LogError, match="'amount' is kept of completions only, and a value may stand in the row of a start"
    ):
        store.log().bind(log.binding)


def test_a_store_has_the_name_of_a_parquet_file(tmp_path):
    log = read_log(PERMIT)
    for write in (lambda path: write_store(log, path), lambda path: ingest(PERMIT, path)):
        with pytest.raises(LogError, match=r"its name must end in \.parquet or \.pq, such as log\.parquet"):
            write(tmp_path / "log.csv")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "x.parquet").write_text("case\n")
    with pytest.raises(LogError, match="is no store of a log") as raised:
        open_store(tmp_path / "x.parquet")
    assert ".." not in str(raised.value).replace(str(tmp_path), "")
    with pytest.raises(LogError, match="table cannot be used: only CSV and Parquet"):
        ingest(PERMIT, tmp_path / "y.parquet", columns={"table": "log"})


def test_a_log_converted_on_disk_keeps_what_a_blueprint_binds_later(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("Permits 2024\n\ncase;activity;timestamp;fee\n1;A;2024-01-01;1,5\n1;B;2024-01-02;\n2;A;;7\n")
    columns = {"case": "case", "activity": "activity", "timestamp": "timestamp", "header": 3}
    log = read_log(path, columns=columns)
    store = open_store(ingest(path, tmp_path / "log.parquet", columns=columns))
    late, _ = rebound_equals_memory(log, store, {"fee": {"column": "fee", "type": "number"}})
    assert late.attribute("fee").tolist() == [1.5]
    assert store.notes == log.notes
    assert late.attribute_notes("fee")[-1] == (
        "column 'fee': read from the 2 rows kept; the store lacks 1 rows of the source"
    )


def test_a_column_that_says_the_same_at_start_and_completion_can_be_bound_later(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "case,activity,word,timestamp,fee,note\n1,A,start,2024-01-01,1.5,x\n1,A,complete,2024-01-02,1.5,y\n"
        "2,A,start,2024-01-01,?,x\n2,A,complete,2024-01-03,?,x\n2,B,complete,2024-01-04,3,x\n"
    )
    columns = {"case": "case", "activity": "activity", "timestamp": "timestamp", "lifecycle": WORDS}
    log = read_log(path, columns=columns)
    store = open_store(write_store(log, tmp_path / "log.parquet", group=1))
    wanted = replace(log.binding, attributes={"fee": Attribute("fee", "number")})
    late, memory = store.log().bind(wanted), log.bind(wanted)
    assert late.attribute("fee").tolist() == memory.attribute("fee").tolist() == [1.5, 3.0]
    assert late.attribute_notes("fee") == memory.attribute_notes("fee") != ()
    again = open_store(write_store(store.log(), tmp_path / "again.parquet")).log().bind(wanted)
    assert again.attribute_notes("fee") == memory.attribute_notes("fee")
    with pytest.raises(LogError, match="'note' is kept of completions only"):
        store.log().bind(replace(log.binding, attributes={"note": Attribute("note")}))
