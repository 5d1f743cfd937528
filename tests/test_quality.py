"""Each problem of a log, put in by hand and counted; nothing found in a clean log; flags on findings."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import LogError
from mining.log import EventLog, read_log
from mining.log.describe import description
from mining.log.flags import CLASS
from mining.log.pairing import pairing
from mining.log.pii import kinds_in, masked
from mining.log.quality import PROBLEMS, quality
from mining.log.store import open_store, write_store
from mining.log.words import catalogue, words
from tests.examples import examples
from tests.helpers import SHARED, blueprint

DAY = pd.Timestamp("2026-03-02 09:00:01", tz="UTC")
HOUR = pd.Timedelta("1h")
FIRM = {"severity": "major", "basis": "charter"}


def clean(n=60):
    """Cases of three steps, no moment twice, no person that is none."""
    rows = [
        (f"c{i:03}", label, DAY + i * pd.Timedelta("7h13min7s") + k * pd.Timedelta("61min"), f"p{(i + k) % 5}")
        for i in range(n)
        for k, label in enumerate(["A", "B", "C"])
    ]
    return pd.DataFrame(rows, columns=["case", "activity", "timestamp", "resource"])


def found(frame, columns=None, norm=None, **more):
    return quality(EventLog.from_frame(frame, columns=columns), norm, **more)


def problems(result):
    return {(row.problem, row.place): row.count for row in result.frame.itertuples()}


def only(result, problem):
    rows = result.frame[result.frame["problem"] == problem]
    assert len(rows) == 1, problems(result)
    return rows.iloc[0]


def add(frame, *rows):
    return pd.concat([frame, pd.DataFrame(rows, columns=frame.columns)], ignore_index=True)


def test_a_clean_log_has_no_problem():
    result = found(clean())
    assert problems(result) == {}
    assert result.worst == ""
    assert result.not_checked == ("now", "blueprint")


def test_a_row_that_stands_there_twice_and_one_that_nearly_does():
    frame = clean().assign(note="x")
    twice, nearly = frame.iloc[4].tolist(), frame.iloc[9].tolist()
    nearly[-1] = "y"
    result = found(add(frame, twice, nearly))
    row = only(result, "duplicate_rows")
    assert (row["count"], row["of"], row["cases"], row["rows"], row["severity"]) == (1, 182, 1, (181,), "warning")
    assert only(result, "repeated_events")["rows"] == (182,)
    assert only(result, "ties")["count"] == 4  # both of both pairs


def test_duplicates_are_found_among_other_events_of_the_same_moment():
    base = ["x", "A", DAY, "p1"]
    frame = add(clean(), base, ["x", "B", DAY, "p1"], base, base)
    assert only(found(frame), "duplicate_rows")["count"] == 2


def test_batch_stamps_are_one_activity_import_stamps_several():
    frame = clean()
    frame.loc[frame["activity"].eq("B") & frame["case"].lt("c012"), "timestamp"] = DAY + pd.Timedelta("30D")
    result = found(frame)
    assert (only(result, "batch_stamps")["count"], only(result, "batch_stamps")["cases"]) == (12, 12)
    assert "in 10 cases or more" in only(result, "batch_stamps")["what"]
    frame = clean()
    frame.loc[frame["case"].lt("c012"), "timestamp"] = DAY + pd.Timedelta("30D")
    result = found(frame)
    assert (only(result, "import_stamps")["count"], only(result, "import_stamps")["cases"]) == (36, 12)
    assert "three activities or more, of 10 cases or more together" in only(result, "import_stamps")["what"]
    assert "batch_stamps" not in set(result.frame["problem"])


def test_the_threshold_said_is_the_one_used():
    rows = [
        (f"{i}", "A", DAY.floor("h") + (i // 15) * HOUR) for i in range(3_000)
    ]  # chance: 4 * 4.2 * 3000 / 199 = 253.3
    at = DAY.floor("h") + 7 * HOUR
    many = [(f"x{i}", "A", at) for i in range(400)]  # 4 * 4.2 * 3400 / 199 = 287.04 of the 415 then
    result = found(pd.DataFrame(rows + many, columns=["case", "activity", "timestamp"]))
    assert only(result, "batch_stamps")["count"] == 415
    assert "in 288 cases or more" in only(result, "batch_stamps")["what"]


def test_nine_cases_at_one_moment_are_no_batch():
    frame = clean()
    frame.loc[frame["activity"].eq("B") & frame["case"].lt("c009"), "timestamp"] = DAY + pd.Timedelta("30D")
    assert "batch_stamps" not in set(found(frame).frame["problem"])


def test_a_coarse_clock_makes_no_batches_of_a_busy_log():
    rows = [(f"{i}", "A", DAY.floor("h") + (i // 15) * HOUR) for i in range(3_000)]  # 15 an hour, on the hour
    result = found(pd.DataFrame(rows, columns=["case", "activity", "timestamp"]))
    assert "batch_stamps" not in set(result.frame["problem"])


def test_midnight_is_that_of_the_zone():
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.tz_localize(None)
    frame.loc[:5, "timestamp"] = pd.Timestamp("2026-03-05")
    result = found(frame, {"tz": "Asia/Shanghai"})
    assert only(result, "midnight_stamps")["count"] == 6
    assert "in the zone Asia/Shanghai" in only(result, "midnight_stamps")["what"]


def test_midnight_is_that_of_the_offsets_which_the_file_names():
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    frame.loc[3, "timestamp"], frame.loc[8, "timestamp"] = "2026-03-05T00:00:00+02:00", "2026-03-06T00:00:00-05:30"
    frame.loc[12, "timestamp"] = "2026-03-06T02:00:00+02:00"  # midnight in UTC only
    row = only(found(frame), "midnight_stamps")
    assert (row["count"], row["rows"]) == (2, (4, 9))
    assert "by the offsets from UTC that the file names" in row["what"]
    frame["timestamp"] = frame["timestamp"].where(frame.index != 20, "2026-03-07T00:00:00")  # names none
    row = only(found(frame, {"tz": "Asia/Shanghai"}), "midnight_stamps")
    assert row["rows"] == (4, 9, 21)
    assert "names, where it names none in the zone Asia/Shanghai" in row["what"]
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame.loc[3, "timestamp"] = "2026-03-05T23:00:00Z"  # UTC alone is no zone of its own
    row = only(found(frame, {"tz": "Europe/Amsterdam"}), "midnight_stamps")
    assert (row["rows"], "in the zone Europe/Amsterdam" in row["what"]) == ((4,), True)


def test_midnight_of_a_start_that_never_ended_is_by_the_column_of_starts():
    frame = clean().assign(start=lambda x: (x["timestamp"] - HOUR).dt.strftime("%Y-%m-%dT%H:%M:%S+03:00"))
    frame["timestamp"] = frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S+01:00")
    frame.loc[7, ["start", "timestamp"]] = ["2026-03-05T00:00:00+03:00", None]
    frame.loc[10, "start"] = "2026-03-01T00:00:00+03:00"  # has an end, which counts
    assert only(found(frame, {"start": "start"}), "midnight_stamps")["rows"] == (8,)


@pytest.mark.slow
def test_midnights_of_the_hospital_log_are_local():
    path = SHARED / "logs" / "sepsis.xes.gz"
    if not path.exists():
        pytest.skip("the public log is not at hand")
    row = only(quality(read_log(path)), "midnight_stamps")
    assert (row["count"], row["rows"]) == (10, (1416, 1417, 1418, 2429, 3313))


def test_lost_rows_by_reason_with_their_cases():
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S+00:00")
    frame.loc[3, "timestamp"], frame.loc[7, "timestamp"], frame.loc[8, "activity"] = None, "soon", " "
    result = found(frame)
    counts = {p: (c, only(result, p)["rows"]) for (p, _), c in problems(result).items() if p in PROBLEMS and "_" in p}
    assert counts["missing_times"] == (1, (4,))
    assert counts["bad_times"] == (1, (8,))
    assert counts["missing_activity"] == (1, (9,))
    at = {one.problem: one.cases.tolist() for one in result.found}
    assert at["bad_times"] == [1, 2]  # the cases that lost a row for want of an activity or a time


def test_stray_and_future_times():
    frame = clean()
    frame.loc[0, "timestamp"] = pd.Timestamp("1970-01-01", tz="UTC")
    frame.loc[5, "timestamp"] = pd.Timestamp("9999-12-31", tz="UTC")
    now = int(pd.Timestamp("2027-01-01", tz="UTC").value // 1000)
    result = found(frame, now=now)
    assert only(result, "stray_times")["count"] == 2
    assert only(result, "future_times")["rows"] == (6,)
    assert only(result, "future_times")["severity"] == "warning"


def test_hours_that_the_clocks_repeat_and_skip():
    frame = clean(40)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize(None)
    frame.loc[0, "timestamp"] = pd.Timestamp("2026-10-25 02:30:00")  # Amsterdam has this one twice
    frame.loc[1, "timestamp"] = pd.Timestamp("2026-03-29 02:30:00")  # and never this one
    frame.loc[3, "timestamp"] = pd.Timestamp("2026-03-29 03:00:00")  # this one once
    result = found(frame, {"tz": "Europe/Amsterdam"})
    assert only(result, "dst_repeated")["rows"] == (1,)
    assert only(result, "dst_skipped")["rows"] == (2,)
    written = frame.assign(timestamp=frame["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    result = found(written, {"tz": "Europe/Amsterdam"})
    assert (only(result, "dst_repeated")["rows"], only(result, "dst_skipped")["rows"]) == ((1,), (2,))


def test_times_with_and_without_a_zone_in_one_column():
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    frame.loc[7, "timestamp"] = frame.loc[7, "timestamp"][:-6]
    result = found(frame)
    assert (only(result, "zones_mixed")["count"], only(result, "zones_mixed")["rows"]) == (1, (8,))
    assert only(result, "zone_unknown")["count"] == 1
    assert "zones_mixed" not in set(found(frame.drop(index=7)).frame["problem"])


def test_completions_before_their_start_and_lifecycle_orphans():
    frame = clean().assign(start=lambda x: x["timestamp"] - HOUR)
    frame.loc[2, "start"] = frame.loc[2, "timestamp"] + HOUR
    frame.loc[4, "start"] = pd.NaT
    result = found(frame)
    assert only(result, "end_before_start")["rows"] == (3,)
    row = only(result, "missing_starts")
    assert (row["count"], row["of"], row["rows"], row["feigns"]) == (1, 180, (5,), ("start",))
    assert "never_start" not in set(result.frame["problem"])


def test_activities_that_never_start_are_one_note():
    frame = clean().assign(start=lambda x: (x["timestamp"] - HOUR).where(x["activity"].eq("B")))
    frame.loc[4, "start"] = pd.NaT
    result = found(frame)
    assert (only(result, "missing_starts")["count"], only(result, "missing_starts")["of"]) == (1, 60)  # of B alone
    note = only(result, "never_start")
    assert (note["count"], note["of"], note["unit"], note["severity"]) == (2, 3, "labels", "note")
    assert note["what"] == "2 activities never have a start: 'A', 'C'"
    counts = pairing(EventLog.from_frame(frame)).frame.set_index("kind")["count"]
    assert (counts["whole"], counts["complete_only"], counts["never_start"]) == (59, 1, 120)
    assert not {"missing_starts", "never_start"} & set(found(clean()).frame["problem"])


def test_a_missing_start_flags_only_what_is_measured_from_starts():
    frame = clean().assign(start=lambda x: x["timestamp"] - HOUR)
    frame.loc[frame["activity"].eq("B") & frame["case"].lt("c020"), "start"] = pd.NaT
    norm = blueprint(
        ["a", "b", "c"],
        "abc",
        standards=[
            {"id": "S1", "dimension": "time", "metric": "handling", "of": "b", "max": "1h", **FIRM},
            {"id": "S2", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "1h", **FIRM},
        ],
        rules=[
            {"id": "R1", "kind": "precedence", "a": "a", "b": "b", "b_at": "start", **FIRM},
            {"id": "R2", "kind": "precedence", "a": "a", "b": "b", **FIRM},
        ],
    )
    result = quality(EventLog.from_frame(frame), norm)
    assert result.need_starts == {"S1", "R1"}
    rows = [("S1", "late", "time"), ("S2", "late", "time"), ("R1", "out_of_order", "rules"), ("R2", "missing", "rules")]
    faults = pd.DataFrame(
        [
            (f"F{check}", check, f"c{i:03}", kind, dimension, 3 * i + 2)
            for check, kind, dimension in rows
            for i in range(20)
        ],
        columns=["finding_id", "check", "case_id", "kind", "dimension", "row"],
    )
    assert result.flags(faults) == {"FR1": ("missing_starts",), "FS1": ("missing_starts",)}
    assert result.flags(faults.drop(columns="check")) == {}


def test_an_id_that_is_used_again_after_a_long_rest():
    frame = clean()
    again = [("c000", label, DAY + pd.Timedelta("17D") + k * HOUR, "p1") for k, label in enumerate("ABC")]
    paused = [("c001", "C", DAY + pd.Timedelta("17D3h2s"), "p1")]  # goes on, does not begin again
    result = found(add(frame, *again, *paused))
    assert (only(result, "case_id_reuse")["count"], only(result, "case_id_reuse")["rows"]) == (1, (181,))


def test_cases_cut_off_at_both_ends_of_the_extract():
    frame = clean()
    cut = frame[
        ~((frame["case"] == "c000") & (frame["activity"] == "A"))
        & ~((frame["case"] == "c059") & (frame["activity"] == "C"))
    ]
    middle = cut[~((cut["case"] == "c030") & (cut["activity"] == "A"))]  # a step that is missing is no truncation
    result = found(middle)
    assert (only(result, "truncated_start")["count"], only(result, "truncated_end")["count"]) == (1, 1)
    by_problem = {one.problem: one.cases.tolist() for one in result.found}
    assert by_problem["truncated_start"] == [0]
    assert by_problem["truncated_end"] == [59]


def test_labels_against_each_other_and_the_blueprint():
    frame = clean()
    frame.loc[1, "activity"] = " b!"
    frame.loc[5, "activity"] = "Z"
    result = found(frame, norm=blueprint(["a", "b", "c", "d"], "abcd"), columns={"resource": "resource"})
    assert only(result, "similar_labels")["count"] == 60  # 59 of B, one of b!
    assert only(result, "unmapped_labels")["count"] == 2
    assert only(result, "unseen_activities")["what"].endswith("shows: d")


def test_events_outside_the_coverage_of_a_calendar():
    frame = clean()
    frame.loc[0, "timestamp"] = pd.Timestamp("2027-01-02 10:00", tz="UTC")
    result = found(frame, norm=blueprint(["a", "b", "c"], "abc"), columns={"resource": "resource"})
    assert (only(result, "outside_calendar")["count"], only(result, "outside_calendar")["place"]) == (1, "office")


def test_people_that_are_none():
    frame = clean()
    frame.loc[[0, 1], "resource"] = [None, "System"]
    result = found(frame)
    assert only(result, "missing_resources")["rows"] == (1,)
    assert only(result, "system_resources")["rows"] == (2,)


def test_attributes_that_vary_in_a_case_and_drift_over_time():
    frame = clean(120)
    frame["kind"] = np.where(frame["case"] < "c060", "old", "new")
    frame.loc[4, "kind"] = "new"
    frame["amount"] = 5.0
    columns = {"attributes": {"kind": "kind", "amount": {"column": "amount", "type": "number"}}}
    result = found(frame, columns)
    assert problems(result) == {("attribute_varies", "kind"): 1, ("attribute_drift", "kind"): 360}
    assert "99% moved: 'new' from 1% to 100%, 'old' from 99% to 0%" in only(result, "attribute_drift")["what"]


def test_the_three_values_that_moved_most_are_named():
    frame = clean(120)
    late, step = frame["case"] >= "c060", np.arange(360) % 10
    frame["kind"] = np.where(
        late, np.select([step < 5, step < 8], ["a", "b"], "c"), np.select([step < 1, step < 2], ["a", "d"], "c")
    )
    frame.loc[late & (step == 9), "kind"] = None
    moves = only(found(frame, {"attributes": {"kind": "kind"}}), "attribute_drift")["what"]
    assert "(80% moved: 'c' from 80% to 10%, 'a' from 10% to 50%, 'b' from 0% to 30%)" in moves


def test_people_who_come_and_go_are_a_note():
    frame = clean(120)
    frame.loc[frame["case"] >= "c060", "resource"] = "new"
    row = only(found(frame), "resource_drift")
    assert (row["severity"], row["place"]) == ("note", "resource")
    assert "'new' from 0% to 100%" in row["what"]


def test_a_decimal_mark_that_was_inferred_is_shown():
    columns = {"attributes": {"cost": {"column": "cost", "type": "number"}}}
    comma = clean().assign(cost="12,50")
    row = only(found(comma, columns), "decimal_read")
    assert (row["severity"], "decimal mark ','" in row["what"]) == ("note", True)
    doubtful = clean().assign(cost=lambda x: np.where(x["case"] < "c030", "1.234", "2.500"))
    row = only(found(doubtful, columns), "thousands_doubtful")
    assert (row["severity"], row["place"]) == ("warning", "cost")
    declared = {"attributes": {"cost": {"column": "cost", "type": "number", "decimal": "."}}}
    assert not {"decimal_read", "thousands_doubtful"} & set(found(doubtful, declared).frame["problem"])
    assert any(
        "'1.234' are read with a decimal point" in line
        for line in description(EventLog.from_frame(doubtful, columns=columns))
    )


def test_a_log_from_a_store_says_nothing_that_it_cannot_know(tmp_path):
    frame = clean(120).assign(note="x", kind=lambda x: np.where(x["case"] < "c060", "old", "new"))
    log = EventLog.from_frame(add(frame, frame.iloc[4].tolist()), columns={"attributes": {"kind": "kind"}})
    store = open_store(write_store(log, tmp_path / "log.parquet"))
    result = quality(store)
    assert only(result, "repeated_events")["what"].endswith(
        "other columns may differ: the rows of the source are not at hand"
    )
    assert only(result, "attribute_drift")["what"] == only(quality(log), "attribute_drift")["what"]
    assert "source" in result.not_checked
    assert any("rows that repeat another in every column" in line for line in result.say())
    assert problems(quality(store.log())) == problems(result)


def test_what_is_no_log_and_what_is_no_moment():
    with pytest.raises(LogError, match="a log is expected, not DataFrame"):
        quality(clean())
    log = EventLog.from_frame(clean())
    for now in ("2026-03-05", datetime(2026, 3, 5), datetime(2026, 3, 5, 8, tzinfo=timezone(8 * timedelta(hours=1)))):
        assert only(quality(log, now=now), "future_times")["count"] == int((clean()["timestamp"] > "2026-03-05").sum())
    for wrong in ("soon", 2026.5, True):
        with pytest.raises(LogError, match="is no moment"):
            quality(log, now=wrong)


def test_sentences_end_once_and_count_right():
    frame = clean(120)
    frame.loc[frame["case"] >= "c060", "resource"] = "new"
    said = found(frame).say("en") + found(frame).say("zh")
    assert said[0].endswith("change their work?")
    assert not any("?." in line or "？。" in line or "rows -" in line for line in said)
    assert words("quality.sum", error=1, warning=0, note=2) == "1 error, 0 warnings, 2 notes"


def test_a_description_names_what_was_lost():
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S")
    frame.loc[[7, 8], "timestamp"], frame.loc[7, "activity"] = "soon", "Lost"
    lines = list(description(EventLog.from_frame(frame)))
    assert "    for instance 'timestamp' = 'soon' in row 8" in lines
    assert "labels that only occur in dropped rows (1): 'Lost'" in lines


def test_a_description_without_a_lifecycle_leaves_out_what_did_not_happen():
    frame = clean().assign(start=lambda x: x["timestamp"] - HOUR)
    said = "\n".join(description(EventLog.from_frame(frame)))
    assert "start and completion both in the log: 180 of 180" in said
    assert "completed without" not in said
    assert "rows -" not in said


def test_dates_without_a_clock_are_said_to_be_dates():
    frame = clean()
    frame["timestamp"] = frame["timestamp"].dt.strftime("%d.%m.%Y")
    assert "column 'timestamp': dates read as DD.MM.YYYY" in EventLog.from_frame(frame).notes
    frame.loc[0, "timestamp"] += " 10:00"
    assert "column 'timestamp': dates read as DD.MM.YYYY hh:mm:ss" in EventLog.from_frame(frame).notes


def test_what_the_reader_filled_in_is_shown(tmp_path):
    text = """<log><global scope="event"><string key="kind" value="none"/></global><trace><string key="concept:name" value="1"/>
    <event><string key="concept:name" value="A"/><date key="time:timestamp" value="2026-03-02T09:00:00Z"/></event></trace></log>"""
    (tmp_path / "log.xes").write_text(text)
    said = [line for line in description(read_log(tmp_path / "log.xes")) if "global default" in line]
    assert said == ["problem: global default filled in: 1; for instance (column 'kind'): 'none' for events without it"]


def test_a_label_that_gives_way_to_another():
    frame = clean(120)
    frame.loc[frame["activity"].eq("B") & frame["case"].ge("c060"), "activity"] = "B2"
    result = found(frame)
    assert (only(result, "label_vanishes")["count"], only(result, "label_appears")["count"]) == (60, 60)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ann.lee@example.org", {"email"}),
        ("电话13812345678", {"phone"}),
        ("+31 20 123 4567", {"phone"}),
        ("4111 1111 1111 1111", {"card"}),
        ("4111 1111 1111 1112", set()),
        ("NL91ABNA0417164300", {"iban"}),
        ("NL91ABNA0417164301", set()),
        ("11010519491231002X", {"chinese_id"}),
        ("110105194912310021", set()),
        ("10.0.0.254", {"ip_address"}),
        ("10.0.0.256", set()),
        ("2026-03-02 09:00:01", set()),
        ("C00291", set()),
    ],
)
def test_patterns_of_personal_data(text, kinds):
    assert kinds_in(text) == kinds


def test_personal_data_is_counted_and_never_shown_whole():
    frame = clean().assign(contact="-", 姓名="王小明")
    frame.loc[[3, 4, 9], "contact"] = ["ann@example.org", "ann@example.org", "bob@example.org"]
    result = found(frame)
    assert problems(result) == {("pii", "contact"): 3, ("pii", "姓名"): 180}
    said = "\n".join([*result.say("en"), *result.say("zh"), repr(result), result.frame.to_string()])
    assert "example" not in said
    assert "names of persons: 180" in said
    assert "(-)" not in said
    assert "王小明" not in said
    assert "rows 4, 5, 10" in said


@given(st.text(min_size=2, max_size=30))
def test_a_masked_value_is_its_first_character_and_dots(value):
    assert masked(value)[0] == value[0]
    assert set(masked(value)[1:]) == {"•"}


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(20))
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_in_the_file_does_not_matter(random):
    frame = clean(30).assign(contact="-", start=lambda x: x["timestamp"] - HOUR)
    frame.loc[[3, 9], "contact"] = ["ann@example.org", "bob@example.org"]
    frame.loc[20, "timestamp"] = pd.Timestamp("1970-01-01", tz="UTC")
    order = random.sample(range(len(frame)), len(frame))
    one, other = found(frame), found(frame.iloc[order])
    assert problems(one) == problems(other)
    assert one.frame["cases"].equals(other.frame["cases"])


def test_the_example_rows_are_those_of_the_file():
    frame = clean()
    frame.loc[100, "timestamp"] = pd.Timestamp("1970-01-01", tz="UTC")
    log = EventLog.from_frame(frame)
    row = only(quality(log), "stray_times")["rows"][0]
    assert log.source.table["timestamp"][row - 1].as_py().year == 1970


def test_every_problem_has_its_sentences_and_feigns_known_sorts():
    keys = catalogue()
    for name, problem in PROBLEMS.items():
        assert f"harm.{name}" in keys
        assert name == "unpaired" or f"problem.{name}" in keys
        assert set(problem.feigns) <= {*CLASS.values(), "start"}


def test_findings_are_flagged_by_the_problems_that_could_have_made_them():
    frame = clean(40)
    frame.loc[frame["case"].lt("c010") & frame["activity"].eq("B"), "timestamp"] = frame.loc[
        frame["case"].lt("c010") & frame["activity"].eq("A"), "timestamp"
    ].to_numpy()
    log = EventLog.from_frame(frame)
    result = quality(log)
    faults = pd.DataFrame(
        [("F1", f"c{i:03}", "out_of_order", "path", 3 * i + 2) for i in range(12)]  # row of B
        + [("F2", "c000", "missing", "path", pd.NA), ("F3", "c039", "out_of_order", "path", 119)],
        columns=["finding_id", "case_id", "kind", "dimension", "row"],
    )
    table = result.flags_for(faults)
    assert table.to_dict("records") == [
        {"finding_id": "F1", "problem": "ties", "place": "", "faults": 10, "of": 12, "share": 10 / 12}
    ]
    assert result.flags(faults) == {"F1": ("ties",)}
    assert result.flags(faults.iloc[:0]) == {}


def test_what_is_absent_is_flagged_by_its_case():
    frame = clean()
    log = EventLog.from_frame(frame[~((frame["case"] == "c000") & (frame["activity"] == "A"))])
    faults = pd.DataFrame(
        [("F1", "c000", "missing", "path", pd.NA), ("F2", "c001", "missing", "path", pd.NA)],
        columns=["finding_id", "case_id", "kind", "dimension", "row"],
    )
    assert quality(log).flags(faults) == {"F1": ("truncated_start",)}


def test_one_event_in_all():
    frame = clean().iloc[:1]
    assert found(frame).worst in ("", "note")
