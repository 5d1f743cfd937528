"""Touchpoints by hand: channel, evidence and failure of contacts, hand-overs and turns; however the log is cut."""

import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint import parse_blueprint
from mining.blueprint.derived import derived_check, derived_checks
from mining.conformance import verdicts as v
from mining.conformance.judge import checks_of, judged
from mining.conformance.standards import dimension_of
from tests.examples import examples
from tests.helpers import MONDAY, blueprint_dict, faults, verdicts

KEY = {"key": True, "channels": ["web", "desk"], "evidence": ["letter", "receipt"]}
PROOFS = [{"of": "letter", "attr": "letter"}, {"of": "receipt", "activity": "c"}]
FAILS = [{"attr": "result", "op": "==", "value": "refused"}, {"attr": "minutes", "op": ">", "value": 10}]
ATTRIBUTES = {
    "channel": "channel",
    "letter": "letter",
    "result": "result",
    "minutes": {"column": "minutes", "type": "number"},
}


def norm(touchpoint=None, attributes=ATTRIBUTES, activities="abcd", **more):
    """A service in any order; the customer does a, b is at the desk, d ends it. The touchpoint is b."""
    made = blueprint_dict([{"free": list(activities[:-1])}, activities[-1]], activities, activities[-1], **more)
    made["log"]["attributes"] = attributes
    made["activities"][0]["lane"] = "customer"
    for step in made["activities"][1:]:
        step["lane"] = "desk"
    if touchpoint:
        made["activities"][1]["touchpoint"] = touchpoint
    return parse_blueprint(json.dumps(made))


def read(blueprint, rows, **more):
    """A study of (case, label, hour[, values of attributes])."""
    table = pd.DataFrame(
        [
            {
                "case": case,
                "activity": label,
                "end": MONDAY + pd.Timedelta(hours=hour),
                "resource": "ann",
                **dict(*values),
            }
            for case, label, hour, *values in rows
        ]
    )
    for name in ("start", *blueprint.binding.attributes):
        if name not in table:
            table[name] = pd.NaT if name == "start" else None
    table["start"] = pd.to_datetime(table["start"], utc=True)
    return mining.Study(mining.EventLog.from_frame(table, columns=blueprint.binding), blueprint, **more)


def test_a_channel_outside_the_design_fails_and_a_blank_is_not_observable():
    judged = read(
        norm(KEY),
        [
            ("right", "B", 0, {"channel": "web"}), ("right", "B", 1, {"channel": "desk"}), ("right", "D", 2, {"channel": "fax"}),
            ("wrong", "B", 0, {"channel": "web"}), ("wrong", "B", 1, {"channel": "fax"}), ("wrong", "B", 2), ("wrong", "D", 3),
            ("blank", "B", 0, {"channel": "web"}), ("blank", "B", 1), ("blank", "D", 2),
            ("none", "D", 0, {"channel": "fax"}),
            ("open", "B", 0, {"channel": "desk"}),
        ],
    )  # fmt: skip
    assert verdicts(judged, "channel-b") == {
        "right": "pass", "wrong": "fail", "blank": "not_observable", "none": "not_applicable", "open": "pass",
    }  # fmt: skip
    assert faults(judged, "channel-b") == [("wrong", "wrong_channel", "b", None)]
    row = judged.deviations().frame.query("check == 'channel-b'").iloc[0]
    assert (row["row"], row["dimension"], row["severity"]) == (5, "channel", "major")
    assert row["at"] == MONDAY + pd.Timedelta(hours=1)


def test_channels_are_compared_only_where_the_log_is_said_to_have_them():
    without = norm(KEY, attributes={"letter": "letter"})
    assert [check.id for check in derived_checks(without)] == ["outcome"]
    silent = norm({"key": True})
    assert [check.id for check in derived_checks(silent)] == ["outcome"]


def test_a_channel_that_only_the_binding_of_the_log_names_is_checked_all_the_same():
    plain, bound = norm(KEY, attributes={}), norm(KEY, attributes={"channel": "channel"})
    log = read(bound, [("c1", "B", 0, {"channel": "fax"}), ("c1", "D", 1, {"channel": "fax"})]).log
    judged = mining.Study(log, plain)
    assert faults(judged, "channel-b") == [("c1", "wrong_channel", "b", None)]


def test_an_attribute_that_the_log_is_not_bound_to_is_not_observable():
    touchpoint = KEY | {"proofs": PROOFS, "fails_when": FAILS}
    blueprint = norm(touchpoint)
    log = read(blueprint, [("c", "B", 0), ("c", "D", 1)]).log
    bare = log.bind(replace(blueprint.binding, attributes={}))
    table = mining.Study(bare, blueprint).summary().frame.set_index("check")
    assert table.loc[["channel-b", "evidence-b", "touchpoint-b"], "not_observable"].tolist() == [1, 1, 1]
    assert table.loc["channel-b", "why_not"] == "the log has no attribute “channel”"
    assert table.loc["touchpoint-b", "why_not"] == "the log has no attribute “result”"


def test_every_proof_must_be_there_and_an_activity_may_still_come():
    judged = read(
        norm(KEY | {"proofs": PROOFS}),
        [
            ("both", "B", 0, {"letter": "L1"}), ("both", "C", 1), ("both", "D", 2),
            ("before", "C", 0), ("before", "B", 1, {"letter": "L1"}), ("before", "D", 2),
            ("no letter", "B", 0, {"letter": "L1"}), ("no letter", "B", 1), ("no letter", "C", 2), ("no letter", "D", 3),
            ("no receipt", "B", 0, {"letter": "L1"}), ("no receipt", "B", 1, {"letter": "L2"}), ("no receipt", "D", 2),
            ("neither", "B", 0), ("neither", "D", 1),
            ("not yet", "B", 0, {"letter": "L1"}),
            ("blank while open", "B", 0), ("blank while open", "B", 1),
            ("without", "C", 0), ("without", "D", 1),
        ],
    )  # fmt: skip
    assert verdicts(judged, "evidence-b") == {
        "both": "pass", "before": "pass", "no letter": "fail", "no receipt": "fail", "neither": "fail", "not yet": "pending",
        "blank while open": "fail", "without": "not_applicable",
    }  # fmt: skip
    assert faults(judged, "evidence-b") == [
        ("blank while open", "missing_evidence", "b", None),
        ("blank while open", "missing_evidence", "b", None),
        ("neither", "missing_evidence", "b", "c"),
        ("neither", "missing_evidence", "b", None),
        ("no letter", "missing_evidence", "b", None),
        ("no receipt", "missing_evidence", "b", "c"),
    ]
    table = judged.deviations().frame.query("check == 'evidence-b'").set_index("case_id")
    assert table.loc["no letter", "row"] == 8
    assert table.loc["no receipt", "at"] == MONDAY  # at the first of the contacts
    assert set(table["dimension"]) == {"touchpoint"}
    ended = read(norm(KEY | {"proofs": PROOFS}), [("not yet", "B", 0, {"letter": "L1"})], open_cases="judge")
    assert verdicts(ended, "evidence-b") == {"not yet": "fail"}


def test_a_contact_failed_where_all_conditions_hold_of_the_event_itself():
    judged = read(
        norm({"key": False, "fails_when": FAILS}),
        [
            ("failed", "B", 0, {"result": "refused", "minutes": 11}), ("failed", "D", 1),
            ("quick", "B", 0, {"result": "refused", "minutes": 10}), ("quick", "D", 1),
            ("granted", "B", 0, {"result": "granted"}), ("granted", "D", 1),
            ("unknown", "B", 0, {"result": "refused"}), ("unknown", "D", 1),
            ("spread", "B", 0, {"result": "refused", "minutes": 1}), ("spread", "B", 1, {"result": "granted", "minutes": 30}),
            ("second", "B", 0), ("second", "B", 1, {"result": "refused", "minutes": 30}),
            ("elsewhere", "C", 0, {"result": "refused", "minutes": 30}), ("elsewhere", "D", 1),
        ],
    )  # fmt: skip
    assert verdicts(judged, "touchpoint-b") == {
        "failed": "fail", "quick": "pass", "granted": "pass", "unknown": "not_observable", "spread": "pass", "second": "fail",
        "elsewhere": "not_applicable",
    }  # fmt: skip
    assert faults(judged, "touchpoint-b") == [("failed", "failed", "b", None), ("second", "failed", "b", None)]
    table = judged.deviations().frame.query("check == 'touchpoint-b'")
    assert set(table["severity"]) == {"minor"}
    assert table["row"].tolist() == [1, 12]


def test_severity_is_by_key_touchpoint_and_moment_of_truth():
    for touchpoint, severity in (
        ({"key": True}, "major"),
        ({"key": False, "moment_of_truth": True}, "major"),
        ({"key": False}, "minor"),
    ):
        blueprint = norm(touchpoint | {"fails_when": FAILS})
        assert derived_check(blueprint, "touchpoint-b").severity == severity
    assert derived_check(blueprint, "channel-b") is None
    assert derived_check(blueprint, "outcome").severity == "major"


def test_steps_without_a_trace_are_never_tested():
    made = norm(KEY | {"fails_when": FAILS})
    hidden = tuple(replace(a, observable=a.id != "b") for a in made.activities)
    assert [check.id for check in derived_checks(replace(made, activities=hidden))] == ["outcome"]


# --- hand-overs and turns --------------------------------------------------------------------------------------------


def counted(metric, cases, activities="abcd", **limits):
    """Gross verdict and number of each case, given as (label, hour, resource)."""
    standard = {"id": "S", "dimension": "quality", "metric": metric, "severity": "minor", "basis": "x", **limits}
    blueprint = norm(activities=activities, standards=[standard])
    rows = [(case, label, hour, {"resource": who}) for case, events in cases.items() for label, hour, who in events]
    judged = read(blueprint, rows)
    table = judged.verdicts().frame.query("check == 'S'")
    numbers = [None if np.isnan(x) else x for x in table["measured"]]
    return judged, dict(zip(table["case_id"], zip(table["gross"].astype(str), numbers, strict=True), strict=True))


def test_hand_overs_are_changes_of_resource_those_without_one_left_out():
    judged, found = counted(
        "handovers",
        {
            "one": [("A", 0, "ann"), ("B", 1, "ann"), ("D", 2, "bob")],
            "there and back": [("A", 0, "ann"), ("B", 1, "bob"), ("B", 2, None), ("C", 3, "ann"), ("D", 4, "ann")],
            "through a machine": [("A", 0, "ann"), ("B", 1, None), ("D", 2, "ann")],
            "nobody": [("A", 0, None), ("D", 1, None)],
            "running": [("A", 0, "ann"), ("B", 1, "bob")],
            "running, too many": [("A", 0, "ann"), ("B", 1, "bob"), ("C", 2, "eve")],
            "running, nobody": [("A", 0, None)],
        },
        max=1,
    )
    assert found == {
        "one": ("pass", 1), "there and back": ("fail", 2), "through a machine": ("pass", 0), "nobody": ("not_observable", None),
        "running": ("pending", 1), "running, too many": ("fail", 2), "running, nobody": ("pending", None),
    }  # fmt: skip
    assert faults(judged, "S") == [
        ("running, too many", "discontinuity", "c", "b"),
        ("there and back", "discontinuity", "c", "b"),  # the second change: from bob's b to ann's c
    ]
    row = judged.deviations().frame.query("check == 'S' and case_id == 'there and back'").iloc[0]
    assert (row["measured"], row["limit"], row["row"], row["resource"]) == (2, 1, 7, "ann")


def test_turns_cross_the_line_of_interaction():
    judged, found = counted(
        "turns",
        {
            "twice": [("A", 0, "x"), ("A", 1, "x"), ("B", 2, "x"), ("C", 3, "x"), ("A", 4, "x"), ("A", 5, "x")],
            "with a stranger": [("A", 0, "x"), ("Z", 1, "x"), ("A", 2, "x"), ("D", 3, "x")],
            "too often": [("A", 0, "x"), ("B", 1, "x"), ("A", 2, "x"), ("D", 3, "x")],
            "strangers only": [("Z", 0, "x")],
        },
        max=2,
    )
    assert found == {
        "twice": ("pending", 2), "with a stranger": ("pass", 1), "too often": ("fail", 3), "strangers only": ("pending", None),
    }  # fmt: skip
    assert faults(judged, "S") == [("too often", "discontinuity", "d", "a")]


def test_fewer_than_promised_fails_once_the_case_has_ended():
    cases = {
        "few": [("A", 0, "ann"), ("D", 1, "ann")],
        "open": [("A", 0, "ann")],
        "met": [("A", 0, "ann"), ("B", 1, "bob")],
    }
    judged, found = counted("handovers", cases, min=1)
    assert found == {"few": ("fail", 0), "open": ("pending", 0), "met": ("pass", 1)}
    assert faults(judged, "S") == [("few", "discontinuity", None, None)]


@pytest.mark.parametrize(("most", "verdict"), [(0, "fail"), (1, "not_observable"), (2, "not_observable"), (3, "pass")])
def test_hands_that_change_at_the_same_moment_are_counted_in_every_order(most, verdict):
    # ann, then bob, ann and bob at once, then bob: one change if ann comes first, else three
    tied = {"c": [("A", 0, "ann"), ("B", 1, "bob"), ("C", 1, "ann"), ("B", 1, "bob"), ("D", 2, "bob")]}
    assert counted("handovers", tied, max=most)[1]["c"][0] == verdict


def test_a_tie_that_makes_no_difference_decides():
    tied = {"c": [("A", 0, "ann"), ("B", 1, "ann"), ("C", 1, "bob"), ("D", 2, "ann")]}  # two changes in either order
    judged, found = counted("handovers", tied, max=1)
    assert found["c"] == ("fail", 2)
    assert len(faults(judged, "S")) == 1


def test_a_tie_of_the_same_hands_does_not_matter():
    tied = {"c": [("A", 0, "ann"), ("B", 1, "ann"), ("C", 1, "ann"), ("D", 2, "bob")]}
    assert counted("handovers", tied, max=1)[1] == {"c": ("pass", 1)}


EVENTS = st.lists(
    st.lists(st.tuples(st.sampled_from("ABCDZ"), st.integers(0, 3), st.sampled_from(["ann", "bob", "eve", None])), min_size=1, max_size=6),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(deadline=None, max_examples=examples(40))
@given(cases=EVENTS, most=st.integers(0, 3), metric=st.sampled_from(["handovers", "turns"]))
def test_verdicts_hold_whatever_the_order_of_tied_steps(cases, most, metric):
    """In plain Python: count the changes in every order that the times allow."""
    log = {f"c{i}": sorted(events, key=lambda event: event[1]) for i, events in enumerate(cases)}
    if not any(label != "Z" for events in log.values() for label, *_ in events):
        return
    _, found = counted(metric, log, max=most)
    for case, events in log.items():
        numbers = set()
        for order in permutations(events):
            if [hour for _, hour, _ in order] == [hour for _, hour, _ in events]:
                known = [
                    (label == "A", who) for label, _, who in order if (who if metric == "handovers" else label != "Z")
                ]
                words = [who if metric == "handovers" else own for own, who in known]
                numbers.add(sum(x != y for x, y in zip(words, words[1:], strict=False)) if words else None)
        ended = any(label == "D" for label, *_ in events)
        verdict = found[case][0]
        if metric == "handovers" and not any(who for events in log.values() for *_, who in events):
            assert verdict == "not_observable"  # nobody in the whole log
        elif numbers == {None}:
            assert verdict == ("not_observable" if ended else "pending")
        elif min(numbers) > most:
            assert verdict == "fail"
        elif max(numbers) <= most:
            assert verdict == ("pass" if ended else "pending")
        else:
            assert verdict == "not_observable"


def test_quality_and_evidence_are_of_the_touchpoint():
    _, one = norm(), mining.read_blueprint("sample_logs/outpatient_visit/blueprint.yaml").checks["S3"]
    assert {word: dimension_of(replace(one, dimension=word)) for word in ("time", "quality", "role", "evidence", "outcome")} == {
        "time": "time", "quality": "touchpoint", "role": "role", "evidence": "touchpoint", "outcome": "outcome",
    }  # fmt: skip
    assert set(map(dimension_of, (one, replace(one, dimension="outcome")))) <= set(v.DIMENSIONS)


# --- pieces ----------------------------------------------------------------------------------------------------------

VALUES = {
    "channel": st.sampled_from(["web", "fax", None]),
    "letter": st.sampled_from(["L", None]),
    "result": st.sampled_from(["refused", "granted", None]),
    "minutes": st.sampled_from([5, 20, None]),
    "resource": st.sampled_from(["ann", "bob", None]),
}


@settings(deadline=None, max_examples=examples(25))
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("123456"), st.sampled_from("ABCDZ"), st.integers(0, 9), st.fixed_dictionaries(VALUES)),
        min_size=2, max_size=25,
    ),
    together=st.integers(1, 9),
)  # fmt: skip
def test_how_the_log_is_cut_makes_no_difference(rows, together):
    standards = [
        {"id": metric, "dimension": "outcome", "metric": metric, "max": 1, "severity": "minor", "basis": "x"}
        for metric in ("handovers", "turns")
    ]
    made = norm(KEY | {"proofs": PROOFS, "fails_when": FAILS}, standards=standards)
    scope = replace(made.scope, reopened_by=("c",), withdrawn_by=("b",), abandoned_after=mining.units.Duration(3, "h"))
    if not any(label != "Z" for _, label, *_ in rows):
        return
    study = read(replace(made, scope=scope), rows)
    arguments = study.blueprint, study.instances, study.is_open, study.calendars
    whole, cut = judged(*arguments), judged(*arguments, together=together)
    assert [check.id for check in whole] == [check.id for check in checks_of(study.blueprint, study.instances)]
    assert {"channel-b", "evidence-b", "touchpoint-b", "outcome"} < {check.id for check in whole}
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one.verdict, other.verdict, err_msg=one.id)
        np.testing.assert_array_equal(one.measured, other.measured, err_msg=one.id)
        for name in v.Faults.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(one.faults, name), getattr(other.faults, name), err_msg=one.id)
        failing = set(np.flatnonzero(one.verdict == v.FAIL).tolist())
        assert failing == set(one.faults.case.tolist()), one.id  # every fail has a fault, and no other verdict has one
