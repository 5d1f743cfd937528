"""Each problem of a log, put in by hand and counted; nothing found in a clean log; flags on findings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.log import EventLog
from mining.log.flags import CLASS
from mining.log.pii import kinds_in, masked
from mining.log.quality import PROBLEMS, quality
from mining.log.words import catalogue
from tests.helpers import blueprint

DAY = pd.Timestamp("2026-03-02 09:00:01", tz="UTC")
HOUR = pd.Timedelta("1h")


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
    frame = clean()
    frame.loc[frame["case"].lt("c012"), "timestamp"] = DAY + pd.Timedelta("30D")
    result = found(frame)
    assert (only(result, "import_stamps")["count"], only(result, "import_stamps")["cases"]) == (36, 12)
    assert "batch_stamps" not in set(result.frame["problem"])


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
    assert problems(result)["unpaired", "complete_only"] == 1


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
    assert "99%" in only(result, "attribute_drift")["what"]


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
    assert "王小明" not in said
    assert "rows 4, 5, 10" in said


@given(st.text(min_size=2, max_size=30))
def test_a_masked_value_is_its_first_character_and_dots(value):
    assert masked(value)[0] == value[0]
    assert set(masked(value)[1:]) == {"•"}


@settings(deadline=None, max_examples=20)
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
        assert set(problem.feigns) <= {*CLASS.values()}


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
