"""Time standards by hand: what is measured, from where to where, and what counts as not answered."""

import json

import numpy as np
import pandas as pd
import pytest

import mining
from mining.blueprint import parse_blueprint
from tests.helpers import MONDAY, blueprint, blueprint_dict, faults, frame, study, verdicts

FREE = [{"free": list("abc")}, "d"]


def norm(ends="d", **standard):
    base = {"id": "S", "dimension": "time", "severity": "major", "basis": "charter"}
    return blueprint(FREE, "abcd", ends, standards=[base | standard])


ELAPSED = {"metric": "elapsed", "from": "a", "to": "b", "max": "2h"}


def measured(of):
    table = of.verdicts().frame.query("check == 'S'")
    return {
        case: None if np.isnan(x) else round(x, 6) for case, x in zip(table["case_id"], table["measured"], strict=True)
    }


def test_elapsed_runs_from_the_first_from_to_the_first_to_after_it():
    judged = study(
        norm(**ELAPSED),
        {
            "in time": [("A", 0.0), ("B", 2.0), ("D", 3.0)],
            "late": [("A", 0.0), ("A", 2.0), ("B", 2.5), ("D", 3.0)],
            "b first": [("B", 0.0), ("A", 1.0), ("B", 2.0), ("D", 3.0)],
            "no b": [("A", 0.0), ("D", 3.0)],
            "no a": [("B", 0.0), ("D", 3.0)],
        },
    )
    assert verdicts(judged, "S") == {
        "in time": "pass",
        "late": "fail",
        "b first": "pass",
        "no b": "not_applicable",
        "no a": "not_applicable",
    }
    assert measured(judged) == {"in time": 2.0, "late": 2.5, "b first": 1.0, "no b": None, "no a": None}
    row = judged.deviations().frame.iloc[0]
    assert (row["case_id"], row["kind"], row["activity"], row["excess_s"], row["limit"]) == (
        "late",
        "late",
        "b",
        1800.0,
        2.0,
    )


def test_open_cases_are_pending_until_their_time_is_over():
    log = {
        "young": [("A", 9.0)],
        "old": [("A", 1.0)],
        "done": [("A", 9.0), ("B", 10.0), ("D", 10.0)],
    }  # the log ends at 10
    judged = study(norm(**ELAPSED), log)
    assert verdicts(judged, "S") == {"young": "pending", "old": "fail", "done": "pass"}
    assert judged.deviations().frame.query("check == 'S'")["pattern"].tolist() == ["not_yet"]


def test_business_hours_leave_the_night_out():
    # Monday 16:00 to Tuesday 10:00 is 1 h + 1 h in office hours
    judged = study(
        norm(**ELAPSED | {"max": "2bh", "calendar": "office"}), {"c": [("A", 7.0), ("B", 25.0), ("D", 26.0)]}
    )
    assert (verdicts(judged, "S"), measured(judged)) == ({"c": "pass"}, {"c": 2.0})


def test_outside_the_calendar_nothing_is_guessed():
    judged = study(
        norm(**ELAPSED | {"max": "2bh", "calendar": "office"}), {"c": [("A", -24 * 90), ("B", 1.0), ("D", 2.0)]}
    )
    assert verdicts(judged, "S") == {"c": "not_observable"}


def test_stopped_time_does_not_count():
    stop = {"stop_clock": [{"from": "c", "to": "next_event"}]}
    log = {"c": [("A", 0.0), ("C", 1.0), ("C", 2.0), ("B", 3.5), ("D", 4.0)]}  # stopped from 1 to 3.5
    assert measured(study(norm(**ELAPSED | stop), log)) == {"c": 1.0}
    stop = {"stop_clock": [{"from": "c", "to": "d"}]}  # never ended before b: stopped to the end of the measurement
    assert measured(study(norm(**ELAPSED | stop), log)) == {"c": 1.0}


def test_case_start_and_case_end():
    judged = study(
        norm(**ELAPSED | {"from": "case_start", "to": "case_end", "max": "3h"}),
        {"c": [("A", 1.0, "ann", 0.5), ("D", 4.0)], "o": [("A", 0.0)]},
    )
    assert verdicts(judged, "S") == {"c": "fail", "o": "fail"}  # o is open, and four hours old when the log ends
    assert measured(judged) == {"c": 3.5, "o": 4.0}


def test_handling_fails_if_one_instance_is_too_long():
    judged = study(
        norm(metric="handling", of="a", max="60min"),
        {"c": [("A", 1.0, "ann", 0.5), ("A", 3.0, "ann", 1.5), ("D", 4.0)]},
    )
    assert (verdicts(judged, "S"), measured(judged)) == ({"c": "fail"}, {"c": 90.0})
    assert len(faults(judged, "S")) == 1


def test_waiting_is_from_the_latest_completion_to_the_start():
    # b and c are done at 1 and 2; a starts at 2.75
    log = {"c": [("B", 1.0), ("C", 2.0), ("A", 3.0, "ann", 2.75), ("D", 4.0)]}
    assert measured(study(norm(metric="waiting", of="a", max="30min"), log)) == {"c": 45.0}


def test_waiting_from_a_schedule_where_the_log_has_one():
    rows = [
        ("c", "A", "schedule", 0),
        ("c", "A", "start", 3),
        ("c", "A", "complete", 4),
        ("c", "A", "start", 9),
        ("c", "A", "complete", 9.5),
        ("c", "D", "complete", 10),
    ]
    table = pd.DataFrame(rows, columns=["case", "activity", "life", "hour"])
    table["end"] = MONDAY + pd.to_timedelta(table["hour"], unit="h")
    life = {"column": "life", "start": "start", "complete": "complete", "schedule": "schedule"}
    standard = {
        "id": "S",
        "dimension": "time",
        "metric": "waiting",
        "of": "a",
        "max": "2h",
        "severity": "minor",
        "basis": "x",
    }
    columns = {"case": "case", "activity": "activity", "timestamp": "end", "lifecycle": life}
    read = blueprint(FREE, "abcd", "d", standards=[standard], log=columns)
    judged = mining.Study(mining.EventLog.from_frame(table, columns=read.binding), read)
    assert measured(judged) == {"c": 3.0}  # the second turn was never scheduled


def test_a_due_date_kept_in_the_log():
    standard = {"id": "S", "dimension": "time", "metric": "due_date", "of": "case_end", "due": "deadline"}
    standard |= {"severity": "major", "basis": "x"}
    columns = {"case": "case", "activity": "activity", "timestamp": "end", "attributes": {"deadline": "due"}}
    read = blueprint(FREE, "abcd", "d", standards=[standard], log=columns)
    table = frame({"kept": [("D", 1.0)], "missed": [("D", 3.0)], "unknown": [("D", 1.0)], "open": [("A", 0.0)]})
    table["due"] = [MONDAY + pd.Timedelta(hours=2)] * 2 + [pd.NaT] + [MONDAY + pd.Timedelta(hours=9)]
    judged = mining.Study(mining.EventLog.from_frame(table, columns=read.binding), read)
    assert verdicts(judged, "S") == {"kept": "pass", "missed": "fail", "unknown": "not_observable", "open": "pending"}
    assert measured(judged)["missed"] == 3600.0


@pytest.mark.parametrize(
    ("standard", "why"),
    [
        ({"metric": "handling", "of": "a", "max": "1h"}, "the log has no start times"),
        (
            {"metric": "score", "source": "survey", "item": "csat", "of": "a", "min": 4, "dimension": "quality"},
            "needs a table of measurements from another source (survey)",
        ),
    ],
)
def test_what_the_log_cannot_answer_is_said_for_all_cases(standard, why):
    row = study(norm(**standard), {"c": [("A", 0.0), ("D", 1.0)]}).summary().row("S")
    assert (row["not_observable"], row["judged"], row["why_not"]) == (1, 0, why)
    assert np.isnan(row["gross"])


def test_an_end_before_its_start_is_not_observable():
    judged = study(norm(metric="handling", of="a", max="60min"), {"c": [("A", 1.0, "ann", 2.0), ("D", 4.0)]})
    assert verdicts(judged, "S") == {"c": "not_observable"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"to": "case_start"}, "unknown activity 'case_start'"),
        ({"from": "case_end"}, "unknown activity 'case_end'"),
        ({"max": "0bd", "calendar": "office"}, "working days are counted whole"),
        ({"max": "99999999999bd", "calendar": "office"}, "longer than a hundred years"),
        ({"max": 0}, "max 0 has no unit"),
        (
            {"metric": "waiting", "of": "a", "stop_clock": [{"from": "b", "to": "c"}]},
            "'stop_clock' has no meaning for waiting; it belongs to elapsed",
        ),
    ],
)
def test_standards_that_mean_nothing_are_refused_with_their_line(changes, message):
    with pytest.raises(mining.BlueprintError, match=r"test.yaml:\d+: ") as refused:
        norm(**ELAPSED | changes)
    assert message in str(refused.value)


def test_a_clock_cannot_be_stopped_by_what_the_log_does_not_show():
    made = blueprint_dict(
        FREE, "abcd", "d", standards=[{"id": "S", "dimension": "time", "severity": "major", "basis": "x"} | ELAPSED]
    )
    made["activities"].append(
        {"id": "u", "lane": "desk", "stage": "all", "observable": False, "name": {"en": "Unseen"}}
    )
    made["standards"][0]["stop_clock"] = [{"from": "b", "to": "u"}]
    with pytest.raises(mining.BlueprintError, match="'u' leaves no trace in the log"):
        parse_blueprint(json.dumps(made))


@pytest.mark.parametrize("metric", ["handling", "waiting"])
def test_one_start_that_is_not_known_leaves_the_case_without_an_answer(metric):
    log = {
        "short": [("B", 0.0), ("A", 1.0, "ann", 0.5), ("A", 2.0), ("D", 4.0)],
        "long": [("B", 0.0), ("A", 3.0, "ann", 1.5), ("A", 3.5), ("D", 4.0)],
        "known": [("B", 0.0), ("A", 1.0, "ann", 0.5), ("D", 4.0)],
    }
    judged = study(norm(metric=metric, of="a", max="60min"), log)
    assert verdicts(judged, "S") == {"short": "not_observable", "long": "fail", "known": "pass"}
