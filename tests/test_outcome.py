"""The outcome of a case by hand: a designed end, reopened, abandoned, withdrawn, still running; ties and how cases are judged."""

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.units import Duration
from tests.examples import examples
from tests.helpers import MONDAY, blueprint, faults, study, verdicts

FLOW = [{"free": list("abcde")}]


def norm(ends="de", withdrawn="e", reopened="c", after=None):
    """d and e end a case, e by the wish of the customer; c opens it again."""
    made = blueprint(FLOW, "abcde", ends)
    scope = replace(
        made.scope, withdrawn_by=tuple(withdrawn), reopened_by=tuple(reopened), abandoned_after=Duration.parse(after) if after else None
    )  # fmt: skip
    return replace(made, scope=scope)


CASES = {
    "ended": [("A", 0.0), ("D", 1.0), ("B", 2.0)],
    "c before the end": [("C", 0.0), ("D", 1.0)],
    "reopened": [("A", 0.0), ("D", 1.0), ("C", 2.0)],
    "reopened, ended again": [("D", 1.0), ("C", 2.0), ("D", 3.0), ("C", 4.0), ("D", 5.0)],
    "withdrawn": [("A", 0.0), ("E", 1.0)],
    "withdrawn, then b": [("E", 1.0), ("B", 2.0)],
    "withdrawn after the end": [("D", 1.0), ("E", 2.0)],
    "withdrawn, then ended": [("E", 1.0), ("C", 2.0), ("D", 3.0)],
    "reopened, then withdrawn": [("D", 1.0), ("C", 2.0), ("E", 3.0)],
    "running": [("A", 4.0)],
    "silent": [("A", 0.0), ("B", 1.5)],
}
WITHOUT_LIMIT = {
    "ended": "pass",
    "c before the end": "pass",
    "reopened": "fail",
    "reopened, ended again": "fail",
    "withdrawn": "not_applicable",
    "withdrawn, then b": "not_applicable",
    "withdrawn after the end": "not_applicable",
    "withdrawn, then ended": "pass",
    "reopened, then withdrawn": "fail",
    "running": "pending",
    "silent": "pending",
}


def test_every_way_to_end():
    judged = study(norm(), CASES)
    assert verdicts(judged, "outcome") == WITHOUT_LIMIT
    assert faults(judged, "outcome") == [
        ("reopened", "reopened", "c", "d"),
        ("reopened, ended again", "reopened", "c", "d"),
        ("reopened, ended again", "reopened", "c", "d"),
        ("reopened, then withdrawn", "reopened", "c", "d"),
    ]
    table = judged.deviations().frame.query("check == 'outcome'")
    assert set(zip(table["dimension"], table["severity"], strict=True)) == {("outcome", "major")}
    assert table[["measured", "limit", "excess_s"]].isna().all(axis=None)


def test_silence_for_longer_than_promised_is_abandonment():
    judged = study(norm(after="2h"), CASES)  # the log ends at 5
    assert verdicts(judged, "outcome") == WITHOUT_LIMIT | {"silent": "fail"}
    row = judged.deviations().frame.query("check == 'outcome' and kind == 'abandoned'").iloc[0]
    assert (row["case_id"], row["activity"], row["at"].hour) == ("silent", "b", MONDAY.hour + 1)  # where it was left
    assert (row["measured"], row["limit"], row["unit"]) == (3.5, 2.0, "h")
    assert math.isnan(row["excess_s"])  # a rule for counting, not a promise
    check = next(c for c in judged.checks if c.id == "outcome")
    assert dict(zip(judged.log.case_ids, check.measured, strict=True))["running"] == 1.0
    assert np.isnan(check.measured).sum() == len(CASES) - 2  # the silence of cases that have ended is of no account
    assert verdicts(study(norm(after="210min"), CASES), "outcome")["silent"] == "pending"  # exactly as long, not longer


def test_judged_as_ended_a_case_without_an_end_was_abandoned():
    judged = study(norm(), CASES, open_cases="judge")
    assert verdicts(judged, "outcome") == WITHOUT_LIMIT | {"silent": "fail", "running": "fail"}
    kinds = [(case, kind) for case, kind, *_ in faults(judged, "outcome") if kind == "abandoned"]
    assert kinds == [("running", "abandoned"), ("silent", "abandoned")]
    judged = study(norm(after="2h"), CASES, open_cases="judge")
    table = judged.deviations().frame.query("kind == 'abandoned'").set_index("case_id")
    assert table["measured"].isna().to_dict() == {
        "running": True,
        "silent": False,
    }  # only one has broken the limit of time


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([("D", 1.0), ("C", 1.0)], "not_observable"),  # opened again, or before the end
        ([("D", 1.0), ("C", 1.0), ("C", 2.0)], "fail"),  # whichever came first
        ([("D", 1.0), ("E", 1.0)], "not_observable"),  # the last end is the customer's, or not
        ([("D", 1.0), ("E", 1.0), ("D", 2.0)], "pass"),
        ([("E", 1.0), ("C", 1.0)], "not_applicable"),
    ],
)
def test_a_verdict_that_hangs_on_a_tie_is_not_observable(events, verdict):
    assert verdicts(study(norm(), {"c": events}), "outcome") == {"c": verdict}


def test_a_start_that_never_completed_is_no_end_but_breaks_the_silence():
    events = {"c": [("A", 0.0)], "other": [("D", 9.0)]}
    made = study(norm(after="4h"), events)
    assert verdicts(made, "outcome")["c"] == "fail"
    log = made.log
    started = replace(log, start=np.where(log.activity == list(log.labels).index("A"), log.end + 6 * 3_600_000_000, log.start),
                      end=np.where(log.activity == list(log.labels).index("A"), -(2**63), log.end), _cache={})  # fmt: skip
    assert verdicts(type(made)(started, made.blueprint), "outcome")["c"] == "pending"


def test_every_blueprint_has_the_check_and_no_key_of_the_format_is_needed():
    judged = study(blueprint(FLOW, "abcde", "e"), {"c": [("A", 0.0), ("E", 1.0)], "o": [("A", 0.0)]})
    assert verdicts(judged, "outcome") == {"c": "pass", "o": "pending"}


STEPS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 5)), min_size=1, max_size=6)


def said(events, now, after, judge):
    """The definition in plain Python, of one order of the events."""
    ends = [hour for label, hour in events if label == "D"]
    places = [i for i, (label, _) in enumerate(events) if label == "D"]
    if ends:
        if any(label == "C" for label, _ in events[places[0] :]):
            return "fail"
        return "not_applicable" if any(label == "E" for label, _ in events[places[-1] :]) else "pass"
    if any(label == "E" for label, _ in events):
        return "not_applicable"
    return "fail" if judge or now - events[-1][1] > after else "pending"


@settings(deadline=None, max_examples=examples(40))
@given(cases=st.lists(STEPS, min_size=1, max_size=6), after=st.integers(1, 4), judge=st.booleans())
def test_verdicts_are_those_of_every_order_that_the_times_allow(cases, after, judge):
    log = {
        f"c{i}": [(label, float(hour)) for label, hour in sorted(events, key=lambda x: x[1])]
        for i, events in enumerate(cases)
    }
    now = max(hour for events in log.values() for _, hour in events)
    found = verdicts(study(norm(after=f"{after}h"), log, open_cases="judge" if judge else "pending"), "outcome")
    for case, events in log.items():
        hours = [hour for _, hour in events]
        possible = {
            said(order, now, after, judge) for order in permutations(events) if [hour for _, hour in order] == hours
        }
        assert found[case] == (possible.pop() if len(possible) == 1 else "not_observable")
