"""Which events decide a verdict: by hand for every kind of check, and the law that they alone give the same verdict."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint import parse_blueprint
from mining.blueprint.problems import USED_BY
from mining.conformance import verdicts as v
from mining.conformance.deciders import PARTS
from mining.conformance.deciding import deciding
from mining.conformance.rules import KINDS
from mining.errors import LogError, UnknownNameError
from mining.units import MISSING
from tests.examples import examples
from tests.helpers import MONDAY, blueprint, blueprint_dict, frame, study

HOUR = 3_600_000_000
START = MONDAY.value // 1000


def rule(kind, **more):
    written = {"id": "R", "kind": kind, "a": "a", "b": "b", "severity": "major", "basis": "policy"} | more
    return {key: x for key, x in written.items() if kind in USED_BY.get(key, (kind,))}


def said(judged, check, case=0):
    """(part, label or what is absent, hour) of every decider."""
    instances, found = judged.instances, []
    for x in deciding(judged, check, case):
        hour = None if x.at == MISSING else (x.at - START) / HOUR
        found.append((x.part, x.of if x.instance is None else instances.names[instances.activity[x.instance]], hour))
    return found


def decided(events, kind, ends="c", open_cases="pending", **more):
    made = blueprint([{"free": list("abc")}], "abc", ends, rules=[rule(kind, **more)])
    return said(study(made, {"0": events, "1": [("C", 9.0)]}, open_cases=open_cases), "R")


RULES = [
    ("must_occur", {"n": 2}, "AABAC", [("a", "a", 0), ("a", "a", 1)]),
    ("must_occur", {"n": 2}, "ABC", [("a", "a", 0), ("absent", "a", 2)]),
    ("must_not_occur", {}, "BC", [("absent", "a", 1)]),
    ("must_not_occur", {}, "ABAC", [("a", "a", 0), ("a", "a", 2)]),
    ("at_most", {"n": 1}, "ABAC", [("a", "a", 0), ("a", "a", 2)]),
    ("starts_with", {}, "ABC", [("first", "a", 0)]),
    ("starts_with", {}, "BAC", [("first", "b", 0), ("a", "a", 1)]),
    ("starts_with", {}, "BC", [("first", "b", 0), ("absent", "a", 1)]),
    ("ends_with", {}, "ABCA", [("last", "a", 3)]),
    ("ends_with", {}, "ABC", [("a", "a", 0), ("last", "c", 2)]),
    ("precedence", {}, "CAABB", [("a", "a", 1), ("b", "b", 3)]),
    ("precedence", {}, "BAC", [("b", "b", 0), ("a", "a", 1)]),
    ("precedence", {}, "BC", [("b", "b", 0), ("absent", "a", 1)]),
    ("precedence", {}, "AC", [("a", "a", 0), ("absent", "b", 1)]),
    ("response", {}, "AABCB", [("a", "a", 0), ("a", "a", 1), ("b", "b", 2)]),
    ("response", {}, "ABAC", [("a", "a", 2), ("absent", "b", 3)]),
    ("response", {"within": "1h"}, "ABACB", [("a", "a", 2), ("b", "b", 4)]),
    ("response", {}, "BC", [("absent", "a", 1)]),
    ("succession", {}, "ABBC", [("a", "a", 0), ("b", "b", 1)]),
    ("not_followed_by", {}, "BAC", [("b", "b", 0), ("a", "a", 1)]),
    ("not_followed_by", {}, "BACBB", [("a", "a", 1), ("b", "b", 3), ("b", "b", 4)]),
    ("immediate_response", {}, "ABC", [("a", "a", 0), ("next", "b", 1)]),
    ("immediate_response", {}, "ABAC", [("a", "a", 2), ("next", "c", 3)]),
    ("immediate_precedence", {}, "ABCB", [("previous", "c", 2), ("b", "b", 3)]),
    ("immediate_precedence", {}, "BC", [("b", "b", 0), ("absent", "a", 0)]),
    ("not_before", {"after": "2h"}, "AACB", [("a", "a", 1), ("b", "b", 3)]),
    ("not_before", {"after": "2h"}, "ACBACB", [("a", "a", 0), ("b", "b", 2), ("a", "a", 3), ("b", "b", 5)]),
    ("not_before", {"after": "2h"}, "ACBAB", [("a", "a", 3), ("b", "b", 4)]),
    ("together", {}, "AAC", [("a", "a", 0), ("absent", "b", 2)]),
    ("not_together", {}, "ABAC", [("a", "a", 0), ("b", "b", 1)]),
]


@pytest.mark.parametrize(
    ("kind", "more", "word", "expected"), RULES, ids=[f"{kind}-{word}-{len(x)}" for kind, _, word, x in RULES]
)
def test_the_moments_that_a_rule_compares(kind, more, word, expected):
    events = [(letter, float(i)) for i, letter in enumerate(word)]
    assert decided(events, kind, open_cases="judge", **more) == expected


def test_hands():
    events = [("A", 0.0, "ann"), ("A", 1.0, "bob"), ("B", 2.0, "bob"), ("B", 3.0, "eve"), ("C", 4.0)]
    shared = [("a", "a", 1), ("b", "b", 2)]
    assert decided(events, "four_eyes") == shared
    assert decided(events, "same_handler") == shared
    assert decided(events[:1] + events[3:], "four_eyes") == [("a", "a", 0), ("b", "b", 3)]
    assert decided(events[:2] + events[3:], "same_handler") == [("a", "a", 0), ("a", "a", 1), ("b", "b", 3)]
    assert decided(events, "performed_by", role="clerk", a="b") == [("a", "b", 3)]  # bob is a clerk, eve is none


def test_an_answer_that_is_still_awaited_and_one_that_a_tie_blurs():
    assert decided([("A", 1.0)], "response") == [("a", "a", 1), ("absent", "b", 1)]
    assert decided([("A", 1.0), ("B", 1.0), ("C", 2.0)], "response") == [
        ("a", "a", 1), ("b", "b", 1), ("absent", "b", 2),
    ]  # fmt: skip


def test_a_start_that_the_log_does_not_have_has_no_moment():
    made = blueprint([{"free": list("abc")}], "abc", "c", rules=[rule("precedence", b_at="start")])
    log = {"0": [("A", 2.0, "ann", 0.0), ("B", 3.0), ("C", 4.0)]}
    assert said(study(made, log), "R") == [("a", "a", 2), ("b", "b", None)]


def test_where_a_condition_decides_its_row_is_named():
    made = blueprint_dict(
        [{"free": list("abc")}],
        "abc",
        "c",
        rules=[rule("must_occur", when=[{"attr": "kind", "op": "==", "value": "x"}])],
    )
    made["log"]["attributes"] = {"kind": "resource"}
    judged = study(
        parse_blueprint(json.dumps(made)),
        {"0": [("A", 0.0, None), ("B", 1.0, "y"), ("C", 2.0, "z")], "1": [("C", 0.0, None)]},
    )
    assert said(judged, "R") == [("condition", "b", 1)]
    assert [x.of for x in deciding(judged, "R", 0)] == ["kind"]
    assert said(judged, "R", 1) == [("absent", "kind", 0)]


STANDARDS = [
    ({"metric": "elapsed", "from": "a", "to": "b", "max": "9h"}, "ACBC", [("start", "a", 0), ("end", "b", 2)]),
    ({"metric": "elapsed", "from": "a", "to": "b", "max": "9h"}, "AC", [("start", "a", 0), ("absent", "b", 1)]),
    ({"metric": "elapsed", "from": "a", "to": "b", "max": "9h"}, "BC", [("absent", "a", 1)]),
    ({"metric": "elapsed", "from": "case_start", "to": "case_end", "max": "9h"}, "ABC", [("start", "a", 0), ("end", "c", 2)]),
    ({"metric": "elapsed", "from": "a", "to": "b", "max": "9h"}, "A", [("start", "a", 0), ("now", "", 9)]),
    (
        {"metric": "elapsed", "from": "a", "to": "c", "max": "9h", "stop_clock": [{"from": "b", "to": "next_event"}]},
        "ABAC",
        [("start", "a", 0), ("stop", "b", 1), ("resume", "a", 2), ("end", "c", 3)],
    ),
    ({"metric": "count", "of": "a", "max": 1}, "ABAC", [("step", "a", 0), ("step", "a", 2)]),
    ({"metric": "count", "of": "a", "min": 1}, "BC", [("absent", "a", 1)]),
    ({"metric": "turns", "max": 1}, "ABBC", [("from", "a", 0), ("to", "b", 1)]),
    ({"metric": "handovers", "max": 1}, "AC", [("step", "a", 0), ("step", "c", 1)]),
    ({"metric": "attribute", "attr": "who", "one_of": ["ann"]}, "BC", [("step", "b", 0)]),
    ({"metric": "attribute", "attr": "who", "of": "c", "one_of": ["eve"]}, "CBC", [("step", "c", 0), ("step", "c", 2)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("standard", "word", "expected"), STANDARDS, ids=[f"{s['metric']}-{word}-{len(x)}" for s, word, x in STANDARDS]
)
def test_the_moments_that_a_standard_measures(standard, word, expected):
    base = {
        "id": "S",
        "dimension": "quality" if standard["metric"] in ("turns", "handovers") else "time",
        "severity": "major",
        "basis": "x",
    }
    base |= {"dimension": "evidence"} if standard["metric"] == "attribute" else {}
    made = blueprint_dict([{"free": list("abc")}], "abc", "c", standards=[base | standard])
    made["activities"][0]["lane"] = "customer"
    made["log"]["attributes"] = {"who": "resource"}
    log = {"0": [(letter, float(i)) for i, letter in enumerate(word)], "1": [("C", 9.0)]}
    assert said(study(parse_blueprint(json.dumps(made)), log), "S") == expected


def test_a_running_case_is_measured_from_its_last_event_to_now():
    base = {"dimension": "time", "severity": "major", "basis": "x"}
    standards = [
        base | {"id": "S", "metric": "elapsed", "from": "case_start", "to": "case_end", "max": "2h"},
        base | {"id": "T", "metric": "due_date", "of": "case_end", "due": "until"},
    ]
    made = blueprint_dict([{"free": list("abc")}], "abc", "c", standards=standards)
    made["log"]["attributes"] = {"until": {"column": "until", "type": "datetime"}}
    table = frame({"0": [("A", 0.0), ("B", 1.0)], "1": [("C", 9.0)]}).assign(until=MONDAY + pd.Timedelta(hours=4))
    norm = parse_blueprint(json.dumps(made))
    judged = mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)
    assert said(judged, "S") == [("start", "a", 0), ("last", "b", 1), ("now", "", 9)]
    assert said(judged, "T") == [("last", "b", 1), ("due", "until", 4), ("now", "", 9)]
    assert said(judged, "T", 1) == [("due", "until", 4), ("end", "c", 9)]


def test_each_instance_that_was_handled_has_its_own_begin_and_end():
    standard = {
        "id": "S",
        "dimension": "time",
        "metric": "handling",
        "of": "a",
        "max": "1h",
        "severity": "major",
        "basis": "x",
    }
    made = blueprint([{"free": list("abc")}], "abc", "c", standards=[standard])
    log = {
        "0": [("A", 1.0, "ann", 0.5), ("A", 4.0, "ann", 2.0), ("C", 5.0)],
        "1": [("A", 1.0, "ann", 0.5), ("A", 2.0), ("C", 5.0)],
    }
    judged = study(made, log)
    assert said(judged, "S") == [("start", "a", 2), ("end", "a", 4)]  # the one that is too long
    assert said(judged, "S", 1) == [("start", "a", 0.5), ("end", "a", 1), ("start", "a", None)]


def contact(events, check, **touchpoint):
    made = blueprint_dict([{"free": list("abc")}], "abc", "c")
    made["activities"][1]["touchpoint"] = {"key": True, "channels": ["ann"], "evidence": ["letter"], **touchpoint}
    made["log"]["attributes"] = {"channel": "resource"}
    return said(study(parse_blueprint(json.dumps(made)), {"0": events}), check)


def test_contacts():
    good, bad = [("B", 0.0, "ann"), ("B", 1.0, "ann"), ("C", 2.0)], [("B", 0.0, "ann"), ("B", 1.0, "bob"), ("C", 2.0)]
    assert contact(good, "channel-b") == [("step", "b", 0), ("step", "b", 1)]
    assert contact(bad, "channel-b") == [("step", "b", 1)]
    assert contact([("C", 2.0)], "channel-b") == [("absent", "b", 2)]
    assert contact(bad, "touchpoint-b", fails_when=[{"attr": "channel", "op": "==", "value": "bob"}]) == [
        ("step", "b", 1)
    ]
    proofs = [{"of": "letter", "activity": "a"}]
    assert contact([("A", 0.0), ("B", 1.0), ("C", 2.0)], "evidence-b", proofs=proofs) == [
        ("proof", "a", 0),
        ("step", "b", 1),
    ]
    assert contact(bad, "evidence-b", proofs=proofs) == [("step", "b", 0), ("absent", "a", 2)]
    assert contact([("C", 2.0)], "evidence-b", proofs=proofs) == [("absent", "b", 2)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("AD", [("end", "d", 1)]),
        ("DCAC", [("end", "d", 0), ("reopened", "c", 1), ("reopened", "c", 3)]),
        ("AE", [("withdrawn", "e", 1)]),
        ("DE", [("end", "d", 0), ("withdrawn", "e", 1)]),
        ("AB", [("last", "b", 1), ("now", "", 9)]),
    ],
)
def test_outcome(word, expected):
    made = blueprint_dict([{"free": list("abcde")}], "abcde", "de")
    made["scope"] |= {"withdrawn_by": ["e"], "reopened_by": ["c"]}
    log = {"0": [(letter, float(i)) for i, letter in enumerate(word)], "1": [("D", 9.0)]}
    assert said(study(parse_blueprint(json.dumps(made)), log), "outcome") == expected


def test_a_path_is_decided_by_its_deviations_or_by_all_its_steps():
    judged = study(
        blueprint(["a", "b", "c"], "abc"),
        {"0": [("A", 0.0), ("B", 1.0), ("C", 2.0)], "1": [("A", 0.0), ("C", 2.0), ("C", 3.0)]},
    )
    assert said(judged, "path") == [("step", "a", 0), ("step", "b", 1), ("step", "c", 2)]
    assert said(judged, "path", 1) == [("absent", "b", 2), ("step", "c", 3)]


def test_names_and_numbers_that_are_not_there_are_refused():
    judged = study(blueprint(["a"], "a"), {"0": [("A", 0.0)]})
    with pytest.raises(UnknownNameError, match="unknown check 'outcom'. Did you mean 'outcome'"):
        deciding(judged, "outcom", 0)
    with pytest.raises(LogError, match="no case number 1: the study has 1 cases"):
        deciding(judged, "outcome", 1)


# --- laws ------------------------------------------------------------------------------------------------------------

PARAMETERS = {
    "at_most": {"n": 1},
    "must_occur": {"n": 2},
    "performed_by": {"role": "clerk"},
    "not_before": {"after": "3h"},
    "response": {"within": "4h"},
}
CASE = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["ann", "bob", "eve", None]), st.integers(0, 3)),
    min_size=1,
    max_size=7,
)


def timed(case):
    """Events of a case at the sum of the gaps: some at the same time."""
    hours = np.cumsum([gap for *_, gap in case]).tolist()
    return [(label, float(hour), who) for (label, who, _), hour in zip(case, hours, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(deadline=None, max_examples=examples(15))
@given(cases=st.lists(CASE, min_size=1, max_size=5))
def test_the_deciding_events_alone_give_the_same_verdict(kind, cases):
    made = blueprint([{"free": list("abc")}], "abc", "c", rules=[rule(kind, **PARAMETERS.get(kind, {}))])
    whole = study(made, {f"c{i}": timed(case) for i, case in enumerate(cases)}, open_cases="judge")
    check = next(c for c in whole.checks if c.id == "R")
    instances, log = whole.instances, {}
    for case in range(instances.n_cases):
        found = deciding(whole, "R", case)
        assert found or check.why_not[0]
        assert all(x.part in PARTS for x in found)
        mine = sorted({x.instance for x in found if x.instance is not None})
        first, after = instances.offsets[case : case + 2]
        assert all(first <= i < after for i in mine)
        assert set(check.faults.instance[check.faults.case == case].tolist()) - {v.NONE} <= set(mine)
        if mine:
            log[whole.log.case_ids[case]] = [
                (instances.names[instances.activity[i]].upper(), (instances.end[i] - START) / HOUR, _name(whole, i))
                for i in mine
            ]
    if log and not check.why_not[0]:
        alone = study(made, log, open_cases="judge")
        other = next(c for c in alone.checks if c.id == "R")
        expected = {case: int(x) for case, x in zip(whole.log.case_ids, check.verdict, strict=True) if case in log}
        found = dict(zip(alone.log.case_ids, other.verdict.tolist(), strict=True))
        assert found == expected or other.why_not[0]


def _name(judged, i):
    code = judged.instances.resource[i]
    return None if code < 0 else judged.log.resources[code]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["permit_receipt", "bank_loan", "it_incident", "outpatient_visit"])
def test_every_verdict_of_the_samples_has_its_events(name):
    norm = mining.read_blueprint(f"sample_logs/{name}/blueprint.yaml")
    judged = mining.Study(mining.read_log(f"sample_logs/{name}/log.csv", columns=norm.binding), norm)
    for check in judged.checks:
        cases = {int(np.flatnonzero(check.verdict == word)[0]) for word in np.unique(check.verdict)}
        cases |= set(check.faults.case[:3].tolist())
        for case in sorted(cases):
            found = deciding(judged, check.id, case)
            assert found or check.why_not[0]
            named = {x.instance for x in found}
            assert set(check.faults.instance[check.faults.case == case].tolist()) - {v.NONE} <= named
