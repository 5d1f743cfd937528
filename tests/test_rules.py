"""Rules over all cases at once, against the definitions in plain Python; ties, open cases and blind spots by hand."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining import BlueprintError
from mining.blueprint import parse_blueprint, schema
from mining.blueprint.problems import USED_BY
from mining.conformance.rules import KINDS
from mining.simulation.rules import KINDS as DEFINED
from mining.simulation.rules import Instance, Setting, holds
from tests.examples import examples
from tests.helpers import MONDAY, blueprint, blueprint_dict, faults, frame, study, traces, verdicts

ANY = {"free": list("abc")}


def rule(kind, **more):
    """A rule with the keys that its kind reads."""
    written = {"id": "R", "kind": kind, "a": "a", "b": "b", "severity": "major", "basis": "policy"} | more
    return {key: x for key, x in written.items() if kind in USED_BY.get(key, (kind,))}


def norm(kind, ends="c", **more):
    return blueprint([ANY], "abc", ends, rules=[rule(kind, **more)])


def test_every_kind_of_the_format_is_judged_and_defined():
    words = set(schema()["properties"]["rules"]["items"]["properties"]["kind"]["enum"])
    assert words == set(KINDS) == set(DEFINED)
    assert len(words) == 17


PARAMETERS = {
    "at_most": {"n": 1},
    "must_occur": {"n": 2},
    "performed_by": {"role": "clerk"},
    "not_before": {"after": "3h"},
    "response": {"within": "4h"},
}
CASES = st.lists(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.sampled_from(["ann", "bob", "eve"]), st.integers(1, 5), st.integers(1, 3)),
        min_size=1,
        max_size=7,
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.few_quick(6)
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "moments",
    [
        ("complete", "complete"),
        pytest.param(("start", "complete"), marks=pytest.mark.slow),
        pytest.param(("complete", "start"), marks=pytest.mark.slow),
    ],
)
@pytest.mark.study
@settings(deadline=None, max_examples=examples(8, 15))
@given(cases=CASES)
def test_verdicts_equal_the_plain_definition(kind, moments, cases):
    read = norm(kind, a_at=moments[0], b_at=moments[1], **PARAMETERS.get(kind, {}))
    log, expected = {}, {}
    for number, steps in enumerate(cases):
        hour, events, trace = 0.0, [], []
        for label, person, gap, length in steps:
            start, end = hour + gap, hour + gap + length / 4  # no two moments of a case are equal
            events.append((label, end, person, start))
            trace.append(Instance(label.lower(), int(start * 3600), int(end * 3600), person))
            hour = end
        log[f"c{number}"] = events
        expected[f"c{number}"] = {True: "pass", False: "fail", None: "not_applicable"}[
            holds(read.rules[0], trace, {}, Setting.of(read))
        ]
    judged = study(read, log, open_cases="judge")
    assert verdicts(judged, "R") == expected
    failing = {case for case, word in expected.items() if word == "fail"}
    assert {case for case, *_ in faults(judged, "R")} == failing


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("precedence", "not_observable"),
        ("response", "not_observable"),
        ("not_followed_by", "not_observable"),
        ("immediate_response", "not_observable"),
    ],
)
def test_a_verdict_that_hangs_on_a_tie_is_not_observable(kind, word):
    tied = {"c0": [("A", 1.0), ("B", 1.0), ("C", 2.0)]}
    assert verdicts(study(norm(kind), tied), "R") == {"c0": word}


def test_a_tie_elsewhere_does_not_matter():
    assert verdicts(study(norm("precedence"), {"c0": [("A", 1.0), ("B", 2.0), ("C", 2.0)]}), "R") == {"c0": "pass"}


@pytest.mark.parametrize(
    ("kind", "more", "running", "word"),
    [
        ("must_occur", {}, "b", "pending"),
        ("response", {}, "a", "pending"),
        ("response", {"within": "4h"}, "a", "pending"),
        ("together", {}, "a", "pending"),
        ("ends_with", {}, "b", "pending"),
        ("immediate_response", {}, "a", "pending"),
        ("succession", {}, "a", "pending"),
        ("starts_with", {}, "b", "fail"),
        ("precedence", {}, "b", "fail"),
        ("at_most", {"n": 1}, "aa", "fail"),
        ("not_together", {}, "ab", "fail"),
        ("must_not_occur", {}, "a", "fail"),
        ("not_followed_by", {}, "ab", "fail"),
    ],
)
def test_an_open_case_is_pending_only_while_the_rule_can_still_be_met(kind, more, running, word):
    assert verdicts(study(norm(kind, **more), traces(running)), "R") == {"c0": word}
    closed = "fail" if word == "pending" else word
    assert verdicts(study(norm(kind, **more), traces(running), open_cases="judge"), "R") == {"c0": closed}


def test_an_open_case_whose_time_is_over_fails():
    cases = {"c0": [("A", 0.0)], "c1": [("B", 5.0), ("C", 9.0)]}  # the log ends nine hours after the a of c0
    judged = study(norm("response", within="4h"), cases)
    assert verdicts(judged, "R")["c0"] == "fail"
    assert faults(judged, "R") == [("c0", "late", "b", "a")]


def test_a_start_that_the_log_does_not_have_is_not_observable():
    read = norm("precedence", a_at="start")
    assert verdicts(study(read, traces("bac")), "R") == {"c0": "not_observable"}  # no starts at all
    some = {
        "c0": [("B", 1.0, "ann", 0.5), ("A", 2.0), ("C", 3.0)],
        "c1": [("B", 1.0, "ann", 0.5), ("A", 2.0, "ann", 1.5), ("C", 3.0)],
    }
    assert verdicts(study(read, some), "R") == {
        "c0": "not_observable",
        "c1": "fail",
    }  # the a of c0 may have started before b


def test_start_or_complete_decides():
    work = {"c0": [("B", 2.0), ("A", 3.0, "ann", 1.0), ("C", 4.0)]}  # a began before b was done, and ended after
    assert verdicts(study(norm("precedence", a_at="complete"), work), "R") == {"c0": "fail"}
    assert verdicts(study(norm("precedence", a_at="start"), work), "R") == {"c0": "pass"}


def test_unknown_people_are_not_observable_and_never_the_same_person():
    judged = study(
        norm("four_eyes"),
        {"c0": [("A", 1.0, None), ("B", 2.0, None), ("C", 3.0)], "c1": [("A", 1.0, "ann"), ("B", 2.0, "ann")]},
    )
    assert verdicts(judged, "R") == {"c0": "not_observable", "c1": "fail"}


def test_conditions_decide_where_a_rule_applies():
    read = blueprint(
        [ANY], "abc", "c", rules=[rule("must_occur", when=[{"attr": "amount", "op": ">=", "value": 100}])],
        log={"case": "case", "activity": "activity", "timestamp": "end", "attributes": {"amount": {"column": "amount", "type": "number"}}},
    )  # fmt: skip
    table = frame({"small": [("C", 1.0)], "large": [("C", 1.0)], "unknown": [("C", 1.0)]})
    table["amount"] = [50, 100, None]
    judged = mining.Study(mining.EventLog.from_frame(table, columns=read.binding), read)
    assert verdicts(judged, "R") == {"small": "not_applicable", "large": "fail", "unknown": "not_observable"}


@pytest.mark.parametrize(
    ("type_", "op", "value", "message"),
    [
        ("string", ">=", 100, "amount is declared as string, so it is never >= 100. Declare its type"),
        ("string", "==", True, "so it is never == True"),
        ("number", "==", "5", "amount is declared as number"),
        ("number", "==", None, "so it is never == None"),
        ("datetime", "==", "2026-01-01", "conditions compare text, numbers and booleans"),
        ("string", "in", "x", "in needs a list of values"),
        ("string", "<", ["x"], "< needs one value"),
        ("string", "in", [["x"]], "so it is never in ['x']"),
    ],
)
def test_a_condition_that_can_never_be_met_is_refused_at_loading(type_, op, value, message):
    log = {
        "case": "case",
        "activity": "activity",
        "timestamp": "end",
        "attributes": {"amount": {"column": "x", "type": type_}},
    }
    with pytest.raises(BlueprintError) as refused:
        blueprint(
            [ANY], "abc", "c", rules=[rule("must_occur", when=[{"attr": "amount", "op": op, "value": value}])], log=log
        )
    assert message in str(refused.value)


def test_faults_name_place_partner_and_row():
    judged = study(norm("precedence"), {"c0": [("A", 0.0), ("C", 1.0)], "c1": [("C", 0.0), ("B", 1.0), ("A", 2.0)]})
    row = judged.deviations().frame.query("check == 'R'").iloc[0]
    assert (row["case_id"], row["kind"], row["activity"], row["partner"], row["row"]) == (
        "c1",
        "out_of_order",
        "a",
        "b",
        4,
    )
    assert row["at"] == MONDAY + pd.Timedelta(hours=1)


def test_a_start_that_is_not_known_decides_neither_way():
    # b was done at 3, so it may have been started before a (0 to 2) or after it
    log = {
        "c0": [("A", 2.0, "ann", 0.0), ("B", 3.0), ("C", 4.0)],
        "c1": [("A", 2.0, "ann", 0.0), ("B", 3.0, "ann", 2.5), ("C", 4.0)],
    }
    assert verdicts(study(norm("precedence", b_at="start"), log), "R") == {"c0": "not_observable", "c1": "pass"}
    log = {"c0": [("B", 2.0), ("A", 3.0), ("C", 4.0)], "c1": [("A", 1.0, "ann", 0.5), ("B", 2.0), ("C", 4.0)]}
    assert verdicts(study(norm("not_followed_by", a_at="start"), log), "R") == {"c0": "not_observable", "c1": "fail"}


def test_an_answer_that_never_came_has_no_length():
    judged = study(norm("response", within="4h"), {"c0": [("A", 0.0), ("C", 1.0)], "c1": [("C", 900.0)]})
    fault = judged.deviations().frame.query("check == 'R'").iloc[0]
    assert (fault["kind"], fault["unit"]) == ("missing", "h")
    assert fault[["measured", "limit", "excess_s"]].isna().all()
    assert judged.findings().frame.query("check == 'R'")["excess_h"].isna().all()


@pytest.mark.parametrize(
    ("kind", "more", "events"),
    [
        ("response", {"within": "1h"}, [("A", 0.0), ("B", 0.0), ("B", 5.0), ("C", 6.0)]),
        ("not_before", {"after": "1h"}, [("A", 0.0), ("A", 2.0), ("B", 2.0), ("C", 6.0)]),
    ],
)
def test_timed_rules_that_hang_on_a_tie_are_not_observable(kind, more, events):
    assert verdicts(study(norm(kind, **more), {"c0": events}), "R") == {"c0": "not_observable"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"kind": "precedence", "within": "1h"},
            "'within' has no meaning for precedence; it belongs to response, succession",
        ),
        ({"kind": "starts_with", "a_at": "start"}, "'a_at' has no meaning for starts_with"),
        ({"kind": "must_not_occur", "n": 2}, "'n' has no meaning for must_not_occur"),
        ({"kind": "four_eyes", "b": "a"}, "a and b are the same activity 'a'"),
        ({"kind": "must_occur", "id": "role-b"}, "are kept for checks made from the steps and the flow"),
    ],
)
def test_rules_with_keys_that_mean_nothing_are_refused(changes, message):
    written = {"id": "R", "a": "a", "severity": "major", "basis": "x"}
    if changes["kind"] in ("precedence", "four_eyes"):
        written["b"] = "b"
    with pytest.raises(BlueprintError) as refused:
        blueprint([ANY], "abc", "c", rules=[written | changes])
    assert message in str(refused.value)


def test_a_conditional_performed_by_rule_does_not_switch_off_the_role_of_the_activity():
    made = blueprint_dict(
        [ANY], "abc", "c", rules=[rule("performed_by", role="clerk", when=[{"attr": "v", "op": "==", "value": "x"}])]
    )
    made["activities"][0]["role"] = "clerk"
    made["log"]["attributes"] = {"v": "v"}
    read = parse_blueprint(json.dumps(made))
    table = frame({"c0": [("A", 0.0, "eve"), ("C", 1.0)]}).assign(v="y")
    judged = mining.Study(mining.EventLog.from_frame(table, columns=read.binding), read)
    assert (verdicts(judged, "R"), verdicts(judged, "role-a")) == ({"c0": "not_applicable"}, {"c0": "fail"})


def test_somebody_may_still_do_both_while_the_case_runs():
    cases = {
        "open": [("A", 0.0, "ann"), ("B", 1.0, "bob")],
        "met": [("A", 0.0, "ann"), ("B", 1.0, "ann")],
        "ended": [("A", 0.0, "ann"), ("B", 1.0, "bob"), ("C", 2.0, "ann")],
        "unknown": [("A", 0.0, "ann"), ("B", 1.0, None)],
    }
    judged = study(norm("same_handler"), cases)
    assert verdicts(judged, "R") == {"open": "pending", "met": "pass", "ended": "fail", "unknown": "not_observable"}
    assert faults(judged, "R") == [("ended", "other_person", "b", "a")]


@pytest.mark.parametrize("kind", ["starts_with", "ends_with"])
def test_a_case_in_which_nothing_has_completed_neither_starts_nor_ends_yet(kind):
    made = norm(kind)
    table = frame({"c": [("A", 1.0, "ann", 0.0)], "other": [("A", 0.0), ("C", 2.0), ("A", 3.0)]})
    table.loc[0, "end"] = pd.NaT
    log = mining.EventLog.from_frame(table, columns=made.binding)
    assert verdicts(mining.Study(log, made), "R") == {"c": "pending", "other": "pass"}
    judged = mining.Study(log, made, open_cases="judge")
    assert verdicts(judged, "R") == {"c": "fail", "other": "pass"}
    row = judged.deviations().frame.query("check == 'R'").iloc[0]
    assert (row["kind"], row["at"]) == ("missing", MONDAY)  # dated by the start, the only moment there is


def test_what_does_not_occur_is_not_applicable_whatever_the_condition_says():
    read = blueprint(
        [ANY], "abc", "c", rules=[rule("precedence", when=[{"attr": "amount", "op": ">=", "value": 100}])],
        log={"case": "case", "activity": "activity", "timestamp": "end", "attributes": {"amount": {"column": "amount", "type": "number"}}},
    )  # fmt: skip
    table = frame({"no b": [("C", 1.0)], "b": [("B", 1.0), ("C", 2.0)]}).assign(amount=None)
    judged = mining.Study(mining.EventLog.from_frame(table, columns=read.binding), read)
    assert verdicts(judged, "R") == {"no b": "not_applicable", "b": "not_observable"}


def test_an_answer_is_dated_by_the_moment_that_the_rule_names():
    work = {"c0": [("A", 0.0), ("B", 9.0, "ann", 5.0), ("C", 10.0)], "c1": [("A", 1.0)]}
    judged = study(norm("response", within="4h", b_at="start"), work)
    table = judged.deviations().frame.query("check == 'R'").set_index("case_id")
    assert table.loc["c0", ["at", "measured", "excess_s", "pattern"]].tolist() == [
        MONDAY + pd.Timedelta(hours=5),
        5.0,
        3600.0,
        "",
    ]
    assert table.loc["c1", ["at", "measured", "pattern"]].tolist() == [MONDAY + pd.Timedelta(hours=1), 9.0, "not_yet"]
