"""Reading a log: what arrives, what is refused and in which words, and that no row is lost."""

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mining.binding import Attribute, Binding
from mining.errors import LogError, UnknownNameError
from mining.log import EventLog, read_log
from mining.log.source import read_source
from mining.units import MISSING
from tests.examples import examples

HEAD = "case_id,activity,timestamp\n"
HOUR = 3_600_000_000


def us(text):
    return int(np.datetime64(text, "us").astype(np.int64))


@pytest.fixture
def write(tmp_path):
    def _write(text, name="log.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return _write


def labels(log, case=0):
    return [log.labels[i] for i in log.activity[log.offsets[case] : log.offsets[case + 1]]]


def test_a_small_csv_arrives_whole(write):
    log = read_log(
        write(
            "case_id,activity,start_time,end_time,resource\n"
            "2,Pay,2024-01-01T10:00:00Z,2024-01-01T10:30:00Z,Bo\n"
            "1,Open,2024-01-01 08:00:00+01:00,2024-01-01 09:00:00+01:00,\n"
            "2,Open,2024-01-01T09:00:00Z,2024-01-01T09:15:00.5Z,Al\n"
        )
    )
    assert log.case_ids.tolist() == ["1", "2"]
    assert log.offsets.tolist() == [0, 1, 3]
    assert (labels(log, 0), labels(log, 1)) == (["Open"], ["Open", "Pay"])
    assert log.start.tolist() == [us("2024-01-01T07"), us("2024-01-01T09"), us("2024-01-01T10")]
    assert log.end.tolist() == [us("2024-01-01T08"), us("2024-01-01T09:15:00.5"), us("2024-01-01T10:30")]
    assert (log.resources, log.resource.tolist()) == (("Al", "Bo"), [-1, 0, 1])
    assert log.row.tolist() == log.start_row.tolist() == [2, 3, 1]
    assert (log.scheduled == MISSING).all()
    assert log.binding.origin == "recognised"
    assert log.lineage.used["completion"] == log.lineage.rows_in == 3
    assert log.span == (us("2024-01-01T07"), us("2024-01-01T10:30"))


def test_every_dropped_row_is_counted_with_its_reason(write):
    log = read_log(
        write(
            HEAD + "1,A,2024-01-01 10:00\n"
            ",A,2024-01-01 10:00\n"
            "1, ,2024-01-01 10:00\n"
            "1,A,\n"
            "1,A,soon\n"
            "1,A,2024-01-01 10:00,extra\n"
            "1,B,2024-01-02 10:00\n"
        )
    )
    assert {(d.reason, d.count, d.rows) for d in log.lineage.dropped} == {
        ("missing case id", 1, (2,)),
        ("missing activity", 1, (3,)),
        ("missing timestamp", 1, (4,)),
        ("timestamp does not parse", 1, (5,)),
        ("malformed row of the file", 1, (6,)),
    }
    assert log.row.tolist() == [1, 7]
    assert log.lineage.rows_in == 7 == log.lineage.rows_dropped + sum(log.lineage.used.values())
    assert log.problem_counts == {"malformed row": 1}
    assert "4 fields for 3 columns" in str(log.problems[0])


def test_a_missing_file_names_its_neighbours(write):
    path = write(HEAD + "1,A,2024-01-01\n", "orders.csv")
    with pytest.raises(LogError, match=r"no such file.*oders.csv; in that folder there are: orders.csv"):
        read_log(path.with_name("oders.csv"))


def test_a_folder_is_not_a_log(tmp_path):
    with pytest.raises(LogError, match="is a folder"):
        read_log(tmp_path)


def test_an_unknown_extension_is_refused(write):
    with pytest.raises(LogError, match=r"\.ods extension is not one of .*save it as .xlsx"):
        read_log(write(b"PK\x03\x04", "log.ods"))


@pytest.mark.parametrize(("text", "said"), [("", "empty"), (HEAD, "has columns but no rows"), ("\n\n", "blank|empty")])
def test_an_empty_log_is_an_error(write, text, said):
    with pytest.raises(LogError, match=said):
        read_log(write(text))


def test_a_log_without_usable_rows_is_an_error(write):
    with pytest.raises(LogError, match=r"no row of the log can be used.*2 missing case id \(rows 1, 2\)"):
        read_log(write(HEAD + ",A,2024-01-01\n,B,2024-01-02\n"))


def test_an_unrecognised_case_column_lists_the_columns(write):
    path = write("order,activity,timestamp\n1,A,2024-01-01\n")
    with pytest.raises(LogError, match=r"recognised as case.*'order', 'activity', 'timestamp'.*columns=\{\"case\""):
        read_log(path)
    assert read_log(path, columns={"case": "order"}).n_cases == 1


def test_a_bound_column_that_does_not_exist_hints_at_the_right_one(write):
    with pytest.raises(LogError, match="no column 'activty'.*Did you mean 'activity'"):
        read_log(write(HEAD + "1,A,2024-01-01\n"), columns={"activity": "activty"})


def test_an_unknown_key_of_columns_is_refused(write):
    with pytest.raises(UnknownNameError, match="Did you mean 'resource'"):
        read_log(write(HEAD + "1,A,2024-01-01\n"), columns={"resorce": "x"})


def test_dates_that_do_not_parse_are_shown_with_their_rows(write):
    with pytest.raises(LogError, match=r"2 of 3 values are not dates.*row 1: 'Monday'; row 3: '2024-13-01'"):
        read_log(write(HEAD + "1,A,Monday\n1,B,2024-01-01\n1,C,2024-13-01\n"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31 09:05", "2024-01-31T09:05"),
        ("2024-01-31T09:05:07.25+02:00", "2024-01-31T07:05:07.25"),
        ("2024/01/31 9:05", "2024-01-31T09:05"),
        ("31.01.2024 09:05:07", "2024-01-31T09:05:07"),
        ("31/1/2024 9:05", "2024-01-31T09:05"),
        ("01/31/2024 09:05 PM", "2024-01-31T21:05"),
        ("31-01-2024 09:05", "2024-01-31T09:05"),
        ("2024年1月31日 09:05", "2024-01-31T09:05"),
    ],
)
def test_a_date_format_is_recognised_and_noted(write, text, moment):
    log = read_log(write(HEAD + f"1,A,{text}\n"))
    assert log.end.tolist() == [us(moment)]
    assert any("dates read as" in note for note in log.notes)


@pytest.mark.parametrize(
    "text", ["infinity", "epoch", "31/01/24", "1706691907", "2024-02-30", "2024-01-31 25:00", "now"]
)
def test_what_is_no_full_date_is_not_read_as_one(write, text):
    with pytest.raises(LogError, match="1 of 1 values are not dates"):
        read_log(write(HEAD + f"1,A,{text}\n"))


def test_day_and_month_are_never_guessed(write):
    path = write(HEAD + "1,A,03/04/2024\n1,B,05/06/2024\n")
    with pytest.raises(LogError, match=r"'03/04/2024' may be day/month or month/day.*day_first=True"):
        read_log(path)
    assert read_log(path, day_first=True).end[0] == us("2024-04-03")
    assert read_log(path, day_first=False).end[0] == us("2024-03-04")


def test_one_column_decides_the_day_order_for_the_other(write):
    text = "case,activity,start,end\n1,A,03/04/2024,03/04/2024\n1,B,05/04/2024,13/04/2024\n"
    assert read_log(write(text)).start.tolist() == [us("2024-04-03"), us("2024-04-05")]


def test_dates_without_order_that_fit_both_readings_equally_are_refused(write):
    with pytest.raises(LogError, match="data do not decide"):
        read_log(write(HEAD + "1,A,13/01/2024\n1,B,01/13/2024\n"))


def test_local_times_use_the_zone_and_count_the_odd_hours(write):
    path = write(HEAD + "1,A,2023-10-29 02:30\n1,B,2024-03-31 02:30\n1,C,2024-07-01 12:00\n")
    log = read_log(path, columns={"tz": "Europe/Berlin"})
    assert log.end.tolist() == [us("2023-10-29T00:30"), us("2024-03-31T01:00"), us("2024-07-01T10:00")]
    assert [n for n in log.notes if "1 times lie in the hour" in n] == list(log.notes[-2:])
    assert any("name no zone, taken as UTC" in note for note in read_log(path).notes)


def test_an_unknown_zone_is_refused_even_if_it_is_not_needed(write):
    with pytest.raises(UnknownNameError, match="Did you mean 'Europe/Berlin'"):
        read_log(write(HEAD + "1,A,2024-01-01T00:00Z\n"), columns={"tz": "Europe/Berln"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_delimiters_and_encodings_are_found_and_noted(write, delimiter, encoding):
    rows = ["案例编号", "活动", "完成时间"], ["甲1", '"受理, 登记;|"', "2024/01/05 10:30"]
    log = read_log(write("\r\n".join(delimiter.join(r) for r in rows), encoding=encoding))
    assert (log.case_ids.tolist(), log.labels) == (["甲1"], ("受理, 登记;|",))
    assert f"delimiter {delimiter!r}" in log.notes[0]
    assert encoding.removesuffix("-sig") in log.notes[0]


def test_bytes_in_no_encoding_are_refused(write):
    with pytest.raises(LogError, match="in no encoding tried here.*byte 0xFF"):
        read_log(write(b"case_id,activity\n\xff\xff,\x80\x80\n"))


def test_a_quote_that_never_ends_does_not_swallow_the_rest(write):
    with pytest.raises(LogError, match="begins in line 3 never ends"):
        read_log(write(HEAD + '1,A,2024-01-01\n2,"B,2024-01-01\n3,C,2024-01-01\n'))


def test_two_columns_of_one_name_are_refused(write):
    with pytest.raises(LogError, match="'activity' occur more than once"):
        read_log(write("case_id,activity,activity,timestamp\n1,A,B,2024-01-01\n"))


def test_a_gzipped_csv_is_read_and_a_cut_one_refused(write):
    data = gzip.compress((HEAD + "1,A,2024-01-01\n" * 500).encode())
    assert read_log(write(data, "log.csv.gz")).n_instances == 500
    with pytest.raises(LogError, match="damaged or cut off"):
        read_log(write(data[:-20], "log.csv.gz"))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_timestamps_of_any_unit(tmp_path, unit):
    times = (
        pa.array([us("2024-01-31T09:05")], pa.int64())
        .cast(pa.timestamp("us"))
        .cast(pa.timestamp(unit, "Asia/Shanghai"))
    )
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"case_id": [7.0], "activity": ["A"], "timestamp": times}), path)
    log = read_log(path)
    assert (log.end.tolist(), log.case_ids.tolist()) == ([us("2024-01-31T09:05")], ["7"])


def test_numbers_are_no_timestamps(tmp_path):
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"case_id": [7], "activity": ["A"], "timestamp": [1706691907]}), path)
    with pytest.raises(LogError, match="holds int64, not timestamps"):
        read_log(path)


def test_a_broken_parquet_file_is_refused(write):
    with pytest.raises(LogError, match="not a readable Parquet file"):
        read_log(write(b"PAR1 and nothing else", "log.parquet"))


def test_parquet_texts_that_are_no_utf8_are_refused(tmp_path):
    texts = pa.array([b"\xff"], pa.binary()).cast(pa.string(), safe=False)
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"case_id": texts, "activity": ["A"], "timestamp": ["2024-01-01"]}), path)
    with pytest.raises(LogError, match="not a readable Parquet file.*UTF8"):
        read_log(path)


def test_a_frame_gives_the_same_log_as_its_file(write):
    path = write(HEAD + "2,B,2024-01-01\n1,A,2024-01-02\n")
    frame = pd.DataFrame(
        {"case_id": [2, 1], "activity": ["B", "A"], "timestamp": pd.to_datetime(["2024-01-01", "2024-01-02"])}
    )
    before = frame.copy(deep=True)
    log = EventLog.from_frame(frame)
    pd.testing.assert_frame_equal(log.to_frame(), read_log(path).to_frame())
    pd.testing.assert_frame_equal(frame, before)


def test_a_frame_with_odd_columns_loses_nothing():
    frame = pd.DataFrame(
        {
            "activity": pd.Categorical(["A", "B", None]),
            "timestamp": [pd.Timestamp("2024-01-01", tz="Asia/Shanghai")] * 3,
            "odd": [1, "x", {"y"}],
        },
        index=pd.Index([1.0, 2.0, np.nan], name="case"),
    )
    log = EventLog.from_frame(frame)
    assert log.case_ids.tolist() == ["1", "2"]
    assert log.event_attribute("odd").tolist() == ["1", "x"]
    assert log.problem_counts == {"column of mixed types": 1}


def test_attributes_are_the_first_value_of_the_case_in_their_type(write):
    text = (
        "case_id,activity,timestamp,amount,due,vip,channel\n"
        "1,B,2024-01-02,12.5,2024-02-01 10:00,,post\n"
        "1,A,2024-01-01,,2024-03-01 10:00,yes,\n"
        "2,A,2024-01-01,many,,maybe,web\n"
    )
    kinds = {"amount": "number", "due": "datetime", "vip": "boolean", "channel": "string"}
    attributes = {name: {"column": name, "type": kind} for name, kind in kinds.items()}
    log = read_log(write(text), columns={"attributes": attributes, "tz": "Asia/Shanghai"})
    np.testing.assert_array_equal(log.attribute("amount"), [12.5, np.nan])
    assert log.attribute("due").tolist() == [us("2024-03-01T02:00"), MISSING]
    assert log.attribute("vip").tolist() == [True, None]
    assert log.attribute("channel").tolist() == ["post", "web"]
    assert log.attribute_notes("amount") == ("column 'amount': 1 values are no number and count as missing",)
    assert "1 cases hold several values" in log.attribute_notes("due")[-1]
    assert log.event_attribute("channel").tolist() == ["", "post", "web"]
    with pytest.raises(UnknownNameError, match="Did you mean 'amount'"):
        log.attribute("amont")
    with pytest.raises(UnknownNameError, match="Did you mean 'channel'"):
        log.event_attribute("chanel")


def test_a_log_can_be_bound_again(write):
    log = read_log(write("case_id,activity,timestamp,step\n1,A,2024-01-01,x\n"))
    again = log.bind(Binding("case_id", "step", "timestamp", attributes={"a": Attribute("activity")}))
    assert (again.labels, again.attribute("a").tolist(), again.binding.origin) == (("x",), ["A"], "arguments")
    assert again.source is log.source


def test_ties_keep_the_order_of_the_file_and_are_marked(write):
    log = read_log(write(HEAD + "1,B,2024-01-01\n2,Z,2024-01-01\n1,A,2024-01-01\n1,C,2024-01-02\n"))
    assert labels(log) == ["B", "A", "C"]
    assert log.tie.tolist() == [False, True, False, False]


def test_a_row_that_has_started_but_not_ended_is_kept_open(write):
    rows = "1,A,2024-01-01,\n1,B,2024-01-03,2024-01-02\n1,C,x,2024-01-04\n1,D,2024-01-05,2024-01-05\n"
    log = read_log(write("case,activity,start,end\n" + rows))
    assert log.start.tolist() == [us("2024-01-01"), us("2024-01-03"), MISSING, us("2024-01-05")]
    assert log.end.tolist() == [MISSING, us("2024-01-02"), us("2024-01-04"), us("2024-01-05")]
    assert log.start_row.tolist() == [1, 2, 0, 4]
    assert log.lineage.used == {"completion": 3, "start": 1}
    assert log.problem_counts == {"start does not parse": 1, "end before start": 1}


def test_the_representation_answers_what_was_read(write):
    log = read_log(write(HEAD + "1,<A>,2024-01-01\n1,B,\n"))
    for said in ("1 cases, 1 activity instances", "2024-01-01", "case = 'case_id'", "1 missing timestamp (row 2)"):
        assert said in repr(log)
    assert "<A>" not in log._repr_html_()


def test_labels_that_only_look_alike_are_kept_apart_and_noted(write):
    log = read_log(write(HEAD + "1,Open,2024-01-01\n1,open ,2024-01-02\n"))
    assert log.labels == ("Open", "open ")
    assert any("differ from another only in blanks or capitals" in note for note in log.notes)


def test_a_column_cannot_be_two_things(write):
    with pytest.raises(LogError, match="'timestamp' is bound to more than one"):
        read_log(write(HEAD + "1,A,2024-01-01\n"), columns={"start": "timestamp"})


def test_arrays_cannot_be_changed(write):
    log = read_log(write(HEAD + "1,A,2024-01-01\n"))
    with pytest.raises(ValueError, match="read-only"):
        log.end[0] = 0


EVENTS = st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("ABC")), min_size=1, max_size=12)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_if_no_times_are_equal(write, events, random):
    rows = [f"{case},{activity},2024-01-01 10:{i:02}:00\n" for i, (case, activity) in enumerate(events)]
    mixed = random.sample(rows, len(rows))
    one, other = read_log(write(HEAD + "".join(rows))), read_log(write(HEAD + "".join(mixed)))
    columns = ["case", "activity", "start", "end", "resource", "tie"]
    pd.testing.assert_frame_equal(one.to_frame()[columns], other.to_frame()[columns])
    assert [rows[i - 1] for i in one.row] == [mixed[i - 1] for i in other.row]


def test_the_source_keeps_all_columns_and_its_hash(write):
    source = read_source(write(HEAD + "1,A,\n"))
    assert source.table.to_pylist() == [{"case_id": "1", "activity": "A", "timestamp": ""}]
    assert (source.format, source.size, len(source.sha256)) == ("csv", len(HEAD) + 5, 64)


def test_a_header_further_down_is_proposed_not_taken(tmp_path):
    (tmp_path / "log.csv").write_text("Permits\nno,step,done\n1,A,2024-01-01\n")
    with pytest.raises(LogError, match=r"Line 2 looks like the header .*say header: 2"):
        read_log(tmp_path / "log.csv")
