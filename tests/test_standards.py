"""Standards by hand: what is measured, from where to where, and what counts as not answered; counts and attributes."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest

import mining
from mining.blueprint import parse_blueprint, yaml12
from mining.simulation import Fault
from mining.simulation import rules as oracle_rules
from mining.simulation import standards as oracle
from mining.texts import check_text
from tests.helpers import MONDAY, ROOT, blueprint, blueprint_dict, faults, frame, study, verdicts

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


def test_an_instance_that_took_no_time_is_not_its_own_predecessor():
    log = {
        "c": [("B", 0.0, "ann", 0.0), ("A", 0.75, "ann", 0.75)],
        "first": [("A", 0.75, "ann", 0.75), ("B", 1.0, "ann", 1.0)],
        "tied": [("B", 0.0, "ann", 0.0), ("C", 0.75, "ann", 0.5), ("A", 0.75, "ann", 0.75)],
    }
    assert measured(study(norm(metric="waiting", of="a", max="30min"), log)) == {"c": 45.0, "first": None, "tied": 0.0}


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


# --- counts and attributes -----------------------------------------------------------------------------------------------

COUNT = {"metric": "count", "of": "a", "dimension": "quality"}
LETTERS = {"none": "bd", "one": "abd", "two": "aabd", "three": "aaabd", "running": "a", "over": "aaa", "blank": "b"}


def letters(words=LETTERS):
    return {case: [(x.upper(), float(i)) for i, x in enumerate(word)] for case, word in words.items()}


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ({"max": 2}, "pass pass pass fail pending fail pending"),
        ({"min": 1}, "fail pass pass pass pass pass pending"),
        ({"min": 1, "max": 2}, "fail pass pass fail pending fail pending"),
        ({"min": 2}, "fail fail pass pass pending pass pending"),
        ({"max": 0}, "pass fail fail fail fail fail pending"),
    ],
    ids=str,
)
def test_how_often_a_step_occurs(limits, wanted):
    judged = study(norm(**COUNT | limits), letters())
    assert verdicts(judged, "S") == dict(zip(LETTERS, wanted.split(), strict=True))
    assert measured(judged) == {case: word.count("a") for case, word in LETTERS.items()}


def test_each_step_beyond_the_count_is_a_fault_with_its_row():
    judged = study(norm(**COUNT, min=1, max=1), letters({"three": "aaabd", "none": "bd"}))
    table = judged.deviations().frame.query("check == 'S'")
    assert table[["case_id", "kind", "activity", "measured", "limit"]].values.tolist() == [
        ["none", "missing", "a", 0.0, 1.0],
        ["three", "repeated", "a", 3.0, 1.0],
        ["three", "repeated", "a", 3.0, 1.0],
    ]
    assert table["row"].tolist() == [pd.NA, 2, 3]
    assert table["excess_s"].isna().all()


def test_counts_of_several_steps_add_up_and_no_count_is_taken_of_what_leaves_no_trace():
    judged = study(norm(**COUNT | {"of": {"any": ["a", "b"]}}, max=2), letters({"x": "abd", "y": "abbd"}))
    assert verdicts(judged, "S") == {"x": "pass", "y": "fail"}
    made = blueprint_dict(FREE, "abcd", "d", standards=[HEAD | COUNT | {"of": {"any": ["a", "u"]}, "max": 2}])
    made["activities"].append({"id": "u", "lane": "desk", "stage": "all", "observable": False, "name": {"en": "U"}})
    row = study(parse_blueprint(json.dumps(made)), letters()).summary().row("S")
    assert (row["not_observable"], row["why_not"]) == (len(LETTERS), "“u” leaves no trace in the log")


HEAD = {"id": "S", "dimension": "quality", "severity": "major", "basis": "charter"}
TYPED = {
    "case": "case", "activity": "activity", "timestamp": "end",
    "attributes": {
        "size": {"column": "size", "type": "number"}, "word": "word", "yes": {"column": "yes", "type": "boolean"},
        "until": {"column": "until", "type": "datetime"},
    },
}  # fmt: skip
ROWS = [  # case, label, size, word
    ("small", "A", None, ""), ("small", "B", "1", "x"), ("small", "D", "9", "x"),
    ("large", "A", "7", "y"), ("large", "D", None, None),
    ("blank", "A", None, " "), ("blank", "D", "many", None),
    ("open", "A", None, None), ("open-large", "A", "7", "y"),
]  # fmt: skip


def of_attribute(**standard):
    read = blueprint(FREE, "abcd", "d", standards=[HEAD | {"metric": "attribute"} | standard], log=TYPED)
    table = pd.DataFrame(ROWS, columns=["case", "activity", "size", "word"])
    table["end"] = [MONDAY + pd.Timedelta(hours=i) for i in range(len(table))]
    table["yes"] = table["word"].map({"x": "true", "y": "false"})
    table["until"] = table["size"].map({"1": "2026-03-02", "9": "2026-03-02", "7": "2026-03-02"})
    return mining.Study(mining.EventLog.from_frame(table, columns=read.binding), read)


@pytest.mark.parametrize(
    ("standard", "wanted"),
    [
        ({"attr": "size"}, "pass pass fail pending pass"),
        ({"attr": "word"}, "pass pass fail pending pass"),
        ({"attr": "until"}, "pass pass fail pending pass"),
        ({"attr": "size", "max": 5}, "pass fail not_observable pending fail"),
        ({"attr": "size", "min": 5}, "fail pass not_observable pending pass"),
        ({"attr": "size", "min": 1, "max": 7}, "pass pass not_observable pending pass"),
        ({"attr": "size", "one_of": [1, 2]}, "pass fail not_observable pending fail"),
        ({"attr": "word", "one_of": ["x"]}, "pass fail not_observable pending fail"),
        ({"attr": "yes", "one_of": [True]}, "pass fail not_observable pending fail"),
        ({"attr": "size", "of": "a"}, "fail pass fail fail pass"),
        ({"attr": "size", "of": "a", "max": 5}, "not_observable fail not_observable not_observable fail"),
        ({"attr": "size", "of": "d", "max": 5}, "fail not_observable not_observable not_applicable not_applicable"),
        ({"attr": "word", "of": {"any": ["b", "d"]}}, "pass fail fail not_applicable not_applicable"),
        ({"attr": "size", "when": [{"attr": "word", "op": "==", "value": "y"}]},
         "not_applicable pass not_observable not_observable pass"),
    ],
    ids=str,
)  # fmt: skip
def test_what_an_attribute_holds(standard, wanted):
    assert verdicts(of_attribute(**standard), "S") == dict(
        zip(["small", "large", "blank", "open", "open-large"], wanted.split(), strict=True)
    )


@pytest.mark.parametrize(
    ("standard", "wanted"),
    [
        ({"attr": "size", "max": 5},
         [("large", "wrong_value", None, 7.0, 5.0, 4), ("open-large", "wrong_value", None, 7.0, 5.0, 9)]),
        ({"attr": "size", "min": 5}, [("small", "wrong_value", None, 1.0, 5.0, 2)]),
        ({"attr": "word", "one_of": ["x"]},
         [("large", "wrong_value", None, None, None, 4), ("open-large", "wrong_value", None, None, None, 9)]),
        ({"attr": "size"}, [("blank", "missing_evidence", None, None, None, None)]),
        ({"attr": "size", "of": "d", "max": 5}, [("small", "wrong_value", "d", 9.0, 5.0, 3)]),
        ({"attr": "size", "of": "a"},
         [(case, "missing_evidence", "a", None, None, row) for case, row in (("blank", 6), ("open", 8), ("small", 1))]),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_attribute_is_shown_with_the_row_that_holds_it(standard, wanted):
    table = of_attribute(**standard).deviations().frame.query("check == 'S'")
    rows = table[["case_id", "kind", "activity", "measured", "limit", "row"]].astype(object)
    assert sorted(tuple(None if pd.isna(x) else x for x in row) for row in rows.itertuples(index=False)) == wanted


@pytest.mark.parametrize(
    ("standard", "english", "chinese"),
    [
        (COUNT | {"max": 2}, "“Step a” occurs at most 2×", "“步骤a”最多发生 2 次"),
        (COUNT | {"min": 1}, "“Step a” occurs at least 1×", "“步骤a”至少发生 1 次"),
        (COUNT | {"min": 2, "max": 2}, "“Step a” occurs exactly 2×", "“步骤a”恰好发生 2 次"),
        (COUNT | {"min": 1, "max": 2}, "“Step a” occurs 1 to 2×", "“步骤a”发生 1 至 2 次"),
        ({"metric": "attribute", "attr": "size"}, "“size” is filled in", "“size”已填写"),
        ({"metric": "attribute", "attr": "size", "of": "a", "max": 5},
         "“size” is at most 5 at “Step a”", "“size”不超过 5（在“步骤a”处）"),
        ({"metric": "attribute", "attr": "size", "min": 1, "one_of": [1, 2]},
         "“size” is at least 1 and “size” is one of: 1, 2", "“size”不低于 1且“size”为下列之一：1, 2"),
    ],
    ids=str,
)  # fmt: skip
def test_counts_and_attributes_in_words(standard, english, chinese):
    read = blueprint(FREE, "abcd", "d", standards=[HEAD | standard], log=TYPED)
    assert [check_text(read, "S", lang) for lang in ("en", "zh")] == [english, chinese]


@pytest.mark.parametrize(
    "limits", [{"min": 1}, {"max": 2}, {"min": 1, "max": 2}, {"min": 2, "max": 2}, {"max": 0}], ids=str
)
def test_counts_are_those_of_the_definition(limits):
    words = ["".join(w) for n in (1, 2, 3, 4) for w in product("abd", repeat=n)]
    made = norm(**COUNT | {"of": {"any": ["a", "b"]}} | limits)
    judged = verdicts(study(made, letters({word: word for word in words}), open_cases="judge"), "S")
    for word in words:
        trace = [oracle_rules.Instance(x, i, i) for i, x in enumerate(word)]
        assert judged[word] == ("pass" if oracle.holds_count(made.standards[0], trace) else "fail"), word


@pytest.mark.parametrize("of", [{}, {"of": "a"}, {"of": {"any": ["a", "b"]}}], ids=str)
@pytest.mark.parametrize("limits", [{}, {"max": 1}, {"min": 2}, {"one_of": [0, 5]}, {"min": 1, "max": 2}], ids=str)
def test_attributes_are_those_of_the_definition(limits, of):
    steps = list(product("ab", [None, 1.0, 5.0]))
    cases = [w for n in (1, 2, 3) for w in product(steps, repeat=n)]
    read = blueprint(
        FREE, "abcd", "d", standards=[HEAD | {"metric": "attribute", "attr": "size"} | limits | of], log=TYPED
    )
    table = pd.DataFrame([(f"c{i:03}", x.upper(), size) for i, case in enumerate(cases) for x, size in case])
    table.columns = ["case", "activity", "size"]
    table["end"] = [MONDAY + pd.Timedelta(hours=i) for i in range(len(table))]
    table[["word", "yes", "until"]] = None
    log = mining.EventLog.from_frame(table, columns=read.binding)
    judged = verdicts(mining.Study(log, read, open_cases="judge"), "S")
    for i, case in enumerate(cases):
        trace = [oracle_rules.Instance(x, j, j) for j, (x, _) in enumerate(case)]
        assert judged[f"c{i:03}"] == oracle.attribute_verdict(read.standards[0], trace, [x for _, x in case]), case


def test_simulated_cases_keep_counts_and_the_truth_names_one_that_a_fault_breaks():
    raw = yaml12.load((ROOT / "sample_logs/permit_receipt/blueprint.yaml").read_text("utf-8"), "x")[0]
    raw["standards"].append(HEAD | {"id": "C", "metric": "count", "of": "adjust_receipt", "max": 0})
    raw["standards"].append(HEAD | {"id": "D", "metric": "count", "of": "send_receipt", "max": 1})
    norm = parse_blueprint(json.dumps(raw, ensure_ascii=False))
    clean = mining.simulate(norm, cases=120, seed=3)
    judged = mining.Study(mining.EventLog.from_frame(clean.to_frame(), columns=norm.binding), norm).summary()
    assert (judged.row("C")["pass"], judged.row("C")["fail"], judged.row("D")["fail"]) == (120, 0, 0)
    broken = mining.simulate(norm, cases=120, seed=3, faults=[Fault.parse("repeated:send_receipt=5")]).truth
    assert (broken["check"] == "path").all()
    assert broken["also_fails"].str.contains("D").all()
    raw["standards"].pop()
    free = parse_blueprint(json.dumps(raw, ensure_ascii=False))
    assert len(mining.simulate(free, cases=120, seed=3, faults=[Fault.parse("repeated:send_receipt=5")]).truth) == 5
