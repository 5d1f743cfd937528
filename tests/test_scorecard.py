"""The touchpoint scorecard: what counts as an opportunity, and what each facet is a share of."""

import json
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mining import EventLog, Study
from mining.blueprint import parse_blueprint
from mining.conformance.alignment import MODEL, SYNC
from mining.conformance.verdicts import FAIL, KINDS, PASS
from mining.opportunities import FACET_OF_KIND, FACETS, TOOK_PLACE, opportunities_of
from mining.report.formats import Writer
from mining.report.measures import touchpoints
from mining.results import wilson
from tests.examples import examples
from tests.helpers import blueprint_dict, frame, study, traces

CONTACT = {"key": True}
CJK = re.compile(r"[\u3400-\u9fff]")


def norm(flow, names="abc", contacts="ac", ends=None, changed=None, **more):
    """A blueprint whose steps ``contacts`` are touchpoints; ``changed``: more keys of single activities."""
    steps = blueprint_dict(flow, names)["activities"]
    made = [
        {**a, **({"touchpoint": CONTACT} if a["id"] in contacts else {}), **(changed or {}).get(a["id"], {})}
        for a in steps
    ]
    whole = blueprint_dict(flow, names, ends, **more) | {"activities": made}
    return parse_blueprint(json.dumps(whole, ensure_ascii=False), name="test.yaml")


def row(of, touchpoint):
    return of.touchpoints().frame.set_index("touchpoint").loc[touchpoint]


def counts(of, touchpoint):
    return row(of, touchpoint)[["n", "took_place", "missing", "elsewhere", "extra"]].tolist()


LINEAR = norm(list("abc"))


@pytest.mark.parametrize(
    ("word", "expected", "fails"),
    [  # counts of c: n, took place, missing, elsewhere, extra; facets of c that fail
        ("abc", [1, 1, 0, 0, 0], []),
        ("ab", [1, 0, 1, 0, 0], ["exec"]),
        ("abcc", [1, 1, 0, 0, 1], []),
        ("acb", [1, 1, 0, 0, 0], ["order"]),  # of a swapped pair both are out of order
        ("cab", [1, 1, 0, 0, 0], ["order"]),  # moved: neither missing nor extra
        ("abxc", [1, 1, 0, 0, 0], []),
    ],
)
def test_where_the_flow_binds_opportunities_are_read_from_the_alignment(word, expected, fails):
    judged = study(LINEAR, traces(word), open_cases="judge")
    assert counts(judged, "c") == expected
    c = row(judged, "c")
    assert [facet for facet in FACETS if c[f"{facet}_n"] > c[f"{facet}_passed"]] == fails
    assert (c["passed"], c["conf"]) == ((0, 0.0) if fails else (1, 1.0))


def test_what_a_running_case_has_not_come_to_is_no_opportunity():
    judged = study(LINEAR, traces("ab"))
    assert counts(judged, "c") == [0, 0, 0, 0, 0]
    assert math.isnan(row(judged, "c")["conf"])
    assert counts(study(LINEAR, traces("b")), "a") == [1, 0, 1, 0, 0]  # but it has come past a


FLOWS = [
    list("abcd"),
    ["a", {"parallel": ["b", "c"]}, "d"],
    ["a", {"loop": "b", "redo": "c"}, "d"],
    ["a", {"optional": ["b", "c"]}, "d"],
]


@settings(deadline=None, max_examples=examples(40))
@given(st.sampled_from(FLOWS), st.lists(st.text("abcdx", min_size=1, max_size=7), min_size=1, max_size=5))
def test_opportunities_are_the_synchronous_and_the_model_moves(flow, words):
    words = ["abcd", *words]
    judged = study(norm(flow, "abcd", "abcd"), traces(*words), open_cases="judge")
    (path,) = judged.path_results
    moves = path.alignments
    times = np.repeat(path.variants.count, np.diff(moves.first))
    found = judged.touchpoints().frame.set_index("touchpoint")
    for code, name in enumerate(path.model.labels):
        mine = np.isin(moves.kind, (SYNC, MODEL)) & (moves.label == code)
        assert found.loc[name, "n"] == times[mine].sum()
    whole = found[["took_place", "extra"]].sum().sum()
    assert whole == sum(letter != "x" for word in words for letter in word)


def test_where_rules_bind_what_they_miss_is_missing_and_counts_once():
    rules = [
        {"id": "R1", "kind": "must_occur", "a": "c", "severity": "major", "basis": "x"},
        {"id": "R2", "kind": "response", "a": "a", "b": "c", "severity": "major", "basis": "x"},
        {"id": "R3", "kind": "at_most", "a": "a", "n": 2, "severity": "minor", "basis": "x"},
    ]
    free = norm([{"free": list("abc")}, "d"], "abcd", "ac", rules=rules, service_type="interactive")
    judged = study(free, traces("cbad", "abcd", "bd", "aaacd", "ab", "abd"))
    # c: missing after a in c0, altogether in c2, and once in c5, where both rules miss it; c4 still runs
    assert counts(judged, "c") == [6, 3, 3, 0, 0]
    assert counts(judged, "a") == [6, 6, 0, 0, 1]  # the third a is one too many
    assert row(judged, "a")["order_n"] == 0  # nothing asks for an order
    assert row(judged, "a")["mode"] == "interactive"


def test_two_missing_answers_are_two_opportunities():
    rules = [{"id": "R", "kind": "response", "a": "a", "b": "c", "severity": "major", "basis": "x"}]
    judged = study(
        norm([{"free": list("abc")}, "d"], "abcd", "c", rules=rules, service_type="interactive"), traces("aad")
    )
    assert counts(judged, "c") == [2, 0, 2, 0, 0]


def test_order_is_tested_by_rules_where_the_flow_does_not_bind():
    rules = [{"id": "R", "kind": "precedence", "a": "a", "b": "b", "severity": "major", "basis": "x"}]
    judged = study(
        norm([{"free": list("abc")}, "d"], "abcd", "a", rules=rules, service_type="self_service"),
        traces("abd", "bad", "ad"),
    )
    a = row(judged, "a")
    assert (a["order_n"], a["order_passed"], a["order"]) == (2, 1, 0.5)  # in c2 there is no b, so nothing is asked


def test_a_case_whose_path_could_not_be_settled_has_no_opportunities():
    rules = [{"id": "R", "kind": "must_occur", "a": "c", "severity": "major", "basis": "x"}]
    tied = {"tied": [(x, 0.0) for x in "BABABABABA"]}  # 252 different orders, more than are tried
    judged = study(norm(list("abc"), rules=rules), tied | traces("abc"), open_cases="judge")
    assert counts(judged, "c") == [1, 1, 0, 0, 0]
    assert counts(judged, "a") == [1, 1, 0, 0, 0]
    assert row(judged, "a")["unsettled"] == 5


ROLE = {"role": "clerk"}


def test_each_facet_has_its_own_denominator_and_they_are_not_averaged():
    served = norm(list("abc"), changed={"c": ROLE})
    cases = {
        "right": [("A", 0.0), ("B", 1.0), ("C", 2.0, "ann")],
        "wrong": [("A", 0.0), ("B", 1.0), ("C", 2.0, "eve")],
        "nobody": [("A", 0.0), ("B", 1.0), ("C", 2.0, None)],
        "both": [("A", 0.0), ("C", 1.0, "eve"), ("B", 2.0), ("C", 3.0, None)],
        "none": [("A", 0.0), ("B", 1.0)],
    }
    c = row(study(served, cases, open_cases="judge"), "c")
    assert (c["n"], c["extra"]) == (5, 1)
    assert (c["exec_n"], c["exec_passed"]) == (5, 4)
    assert (c["role_n"], c["role_passed"]) == (2, 1)  # of "both" the one by eve is one too many: no opportunity
    assert (c["passed"], c["conf"], c["low"], c["high"]) == (3, 0.6, *wilson(3, 5))
    assert not c["enough"]


def test_a_case_with_an_unknown_and_a_wrong_resource_tests_the_known_one_only():
    served = norm(["a", {"loop": "c"}, "b"], changed={"c": ROLE}, ends="b")
    judged = study(served, {"x": [("A", 0.0), ("C", 1.0, "eve"), ("C", 2.0, None), ("C", 3.0, "ann"), ("B", 4.0)]})
    assert row(judged, "c")[["n", "role_n", "role_passed"]].tolist() == [3, 2, 1]
    blind = study(served, {"x": [("A", 0.0), ("C", 1.0, "ann"), ("C", 2.0, None), ("B", 3.0)]})
    assert row(blind, "c")[["n", "role_n", "role_passed"]].tolist() == [2, 1, 1]


def test_channel_evidence_and_failure_are_tested_where_the_log_tells():
    contact = {
        "key": True, "channels": ["app"], "evidence": ["receipt"], "proofs": [{"of": "receipt", "attr": "number"}],
        "fails_when": [{"attr": "result", "op": "==", "value": "bad"}],
    }  # fmt: skip
    log = blueprint_dict([], "ab")["log"] | {
        "attributes": {"channel": "channel", "number": "number", "result": "result"}
    }
    asked = norm(list("ab"), "ab", "b", changed={"b": {"touchpoint": contact}}, log=log)
    table = frame(traces("ab", "ab", "ab", "ab"))
    second = table.index % 2 == 1
    for name, values in {
        "channel": ["app", "desk", None, "app"], "number": ["1", "2", "3", None], "result": ["good", "bad", None, "good"],
    }.items():  # fmt: skip
        table[name] = None
        table.loc[second, name] = values
    b = row(Study(EventLog.from_frame(table, columns=asked.binding), asked), "b")
    assert b[["channel_n", "channel_passed"]].tolist() == [3, 2]
    assert b[["evidence_n", "evidence_passed"]].tolist() == [4, 3]
    assert b[["not_failed_n", "not_failed_passed"]].tolist() == [3, 2]
    assert (b["n"], b["passed"]) == (4, 2)  # the first, and the third, of which little is known


PROMISE = {
    "id": "S",
    "dimension": "time",
    "metric": "elapsed",
    "from": "a",
    "to": "c",
    "max": "3h",
    "severity": "major",
    "basis": "x",
}


def test_a_promise_overdue_in_a_running_case_is_an_opportunity_and_one_that_still_runs_is_not():
    judged = study(
        norm(list("abc"), standards=[PROMISE]),
        {
            "in time": [("A", 0.0), ("B", 1.0), ("C", 3.0)],
            "late": [("A", 0.0), ("B", 1.0), ("C", 4.0)],
            "overdue": [("A", 1.0), ("B", 2.0)],
            "runs": [("A", 7.0), ("B", 8.0)],
        },
    )
    c = row(judged, "c")
    assert counts(judged, "c") == [3, 2, 0, 1, 0]
    assert (c["time_n"], c["time_passed"], c["exec_n"], c["passed"]) == (3, 1, 2, 1)
    # Kaplan-Meier by hand: 4 at risk at 3 h after "runs" left at 1 h: 3, of which one is done
    assert c["time_km"] == pytest.approx(1 / 3)
    assert (c["time_km_n"], c["time_standard"]) == (4, "S")


def test_a_standard_speaks_for_the_touchpoint_that_it_names():
    judged = study(
        norm(list("abc"), standards=[PROMISE | {"touchpoint": "a"}]), traces("abc", "abbbbc"), open_cases="judge"
    )
    assert row(judged, "c")["time_n"] == 0
    assert row(judged, "a")[["time_n", "time_passed"]].tolist() == [2, 1]


def test_a_promise_about_the_whole_case_belongs_to_no_touchpoint():
    whole = PROMISE | {"from": "case_start", "to": "case_end"}
    assert row(study(norm(list("abc"), standards=[whole]), traces("abbbbc")), "c")["time_n"] == 0


def test_what_is_allowed_passes_net():
    allow = [
        {"id": "A", "match": {"kind": "missing", "activity": "c"}, "decision": "accepted", "reason": {"en": "x"},
         "approved_by": "x", "valid": ["2026-01-01", "2026-12-31"]}
    ]  # fmt: skip
    c = row(study(norm(list("abc"), allow=allow), traces("abc", "ab", "acb"), open_cases="judge"), "c")
    assert (c["conf"], c["net"]) == (1 / 3, 2 / 3)


def test_in_a_hybrid_service_each_touchpoint_is_read_as_its_stage():
    stages = [
        {"id": "one", "type": "linear", "name": {"en": "One"}},
        {"id": "two", "type": "interactive", "name": {"en": "Two"}},
    ]
    places = {x: {"stage": "one" if x in "ab" else "two"} for x in "abcd"}
    mixed = norm(list("abcd"), "abcd", "bd", changed=places, stages=stages, service_type="hybrid", ends="cd")
    judged = study(mixed, traces("abcd", "abdc", "acdb", "acd"), open_cases="judge")
    assert counts(judged, "b") == [4, 3, 1, 0, 0]
    assert row(judged, "b")[["order_n", "order_passed"]].tolist() == [
        3,
        2,
    ]  # after the other stage: the hand-over says it
    assert row(judged, "d")[["order_n", "order_passed"]].tolist() == [4, 4]  # nothing else asks it for an order
    assert counts(judged, "d") == [4, 4, 0, 0, 0]
    assert row(judged, "d")["exec"] == 1.0


HYBRID = {
    "stages": [{"id": "one", "type": "linear", "name": {"en": "One"}},
               {"id": "two", "type": "interactive", "name": {"en": "Two"}}],
    "changed": {x: {"stage": "one" if x in "ab" else "two"} for x in "abcd"} | {"c": {"stage": "two", "role": "clerk"}},
    "service_type": "hybrid", "ends": "cd",
}  # fmt: skip


def test_where_the_stages_follow_as_designed_order_is_tested_and_passes():
    judged = study(norm(list("abcd"), "abcd", "bd", **HYBRID), traces(*["abcd"] * 9, "cabd"), open_cases="judge")
    assert judged.touchpoints().frame.set_index("touchpoint").loc["d", "order_n"] == 10
    handover = next(check for check in judged.checks if check.kind == "handover")
    assert handover.count(FAIL) == 1


ASKED = [
    {"id": "R1", "kind": "precedence", "a": "a", "b": "d"}, {"id": "R2", "kind": "four_eyes", "a": "c", "b": "d"},
    {"id": "R3", "kind": "response", "a": "c", "b": "d", "within": "2h"}, {"id": "R4", "kind": "must_occur", "a": "d"},
    {"id": "R5", "kind": "immediate_response", "a": "c", "b": "d"}, {"id": "R6", "kind": "not_followed_by", "a": "d", "b": "c"},
    {"id": "R7", "kind": "starts_with", "a": "a"}, {"id": "R8", "kind": "same_handler", "a": "a", "b": "d"},
    {"id": "R9", "kind": "not_before", "a": "a", "b": "c", "after": "2h"}, {"id": "R10", "kind": "ends_with", "a": "d"},
    {"id": "R11", "kind": "immediate_precedence", "a": "a", "b": "b"}, {"id": "R12", "kind": "succession", "a": "b", "b": "d"},
]  # fmt: skip
ALL_ASKED = norm(
    list("abcd"), "abcd", "abcd", **HYBRID, rules=[rule | {"severity": "major", "basis": "x"} for rule in ASKED],
    standards=[{"id": "S", "dimension": "time", "metric": "elapsed", "from": "a", "to": "d", "max": "3h", "severity": "major",
                "basis": "x"}],
)  # fmt: skip
UNASKED = norm(list("abcd"), "abcd", "abcd", **HYBRID)  # only the order of the stages asks for an order
LINEAR_ASKED = norm(list("abcd"), "abcd", "abcd", rules=[rule | {"severity": "major", "basis": "x"} for rule in ASKED])


@example(UNASKED, [("cabd", "ann"), ("dab", "ann")])
@settings(deadline=None, max_examples=examples(40))
@given(
    st.sampled_from([ALL_ASKED, LINEAR_ASKED, UNASKED]),
    st.lists(
        st.tuples(st.text("abcdx", min_size=1, max_size=6), st.sampled_from(["ann", "eve"])), min_size=2, max_size=9
    ),
)
def test_what_a_check_can_fail_it_tests_where_it_passes(asked, cases):
    """Else a facet could only ever fail: faults would make its denominator."""
    events = {f"c{k}": [(x.upper(), float(i), who) for i, x in enumerate(word)] for k, (word, who) in enumerate(cases)}
    judged = study(asked, events | {"whole": [(x, float(i), "ann") for i, x in enumerate("ABCD")]}, open_cases="judge")
    found = opportunities_of(judged)
    for check in judged.checks:
        for kind, activity in set(zip(check.faults.kind.tolist(), check.faults.activity.tolist(), strict=True)):
            name, facet = judged.instances.names[activity], FACET_OF_KIND.get(KINDS[kind])
            if facet is None or name not in found.names:
                continue
            mine = (found.touchpoint == found.names.index(name)) & (found.state == TOOK_PLACE)
            tested = mine & found.tested[FACETS.index(facet)]
            passes = np.flatnonzero(check.verdict == PASS)
            assert np.isin(np.intersect1d(found.case[mine], passes), found.case[tested]).all(), (check.id, name, facet)


def test_what_is_only_observed_counts_for_nothing_and_is_named():
    rules = [
        {"id": "R1", "kind": "must_occur", "a": "c", "severity": "observation", "basis": "x"},
        {"id": "R2", "kind": "at_most", "a": "a", "n": 1, "severity": "observation", "basis": "x"},
        {"id": "R3", "kind": "precedence", "a": "b", "b": "d", "severity": "observation", "basis": "x"},
    ]
    late = PROMISE | {"severity": "observation", "max": "1h"}
    free = [{"free": list("abc")}, "d"]
    more = {"rules": rules, "standards": [late], "service_type": "interactive"}
    table = study(norm(free, "abcd", "ac", **more), traces("aabcd", "bad", "abbbcd")).touchpoints()
    found = table.frame.set_index("touchpoint")
    assert found.loc["a", ["n", "missing", "extra", "conf"]].tolist() == [4, 0, 0, 1.0]
    assert found.loc["c", ["n", "missing", "elsewhere", "time_n", "conf"]].tolist() == [2, 0, 0, 0, 1.0]
    assert math.isnan(found.loc["c", "time_km"])
    assert table.observations == ("R1", "R2", "S")  # R3 is about no touchpoint
    assert "Reported, not counted: R1, R2, S." in table.sentence()
    assert table.to_dict()["observations"] == ["R1", "R2", "S"]


def test_journeys_are_ended_cases_and_coverage_is_of_the_steps():
    steps = norm(list("abc"), contacts="abc", changed={"b": {"observable": False, "labels": []}})
    judged = study(steps, traces("ac", "ca", "a", "c"), open_cases="pending")
    table = judged.touchpoints()
    assert (table.journey.passed, table.journey.n) == (1, 3)  # "a" still runs; b leaves no trace
    assert (table.coverage.passed, table.coverage.n) == (2, 3)
    b = table.frame.set_index("touchpoint").loc["b"]
    assert not b["testable"]
    assert b[["n", "exec_n", "conf"]].isna().all()
    assert table.to_dict()["journey"]["n"] == 3


def test_a_step_that_the_customer_does_not_see_is_no_part_of_the_journey():
    judged = study(norm(list("abc"), contacts="b"), traces("ac", "abc"))
    assert judged.touchpoints().journey.n == 0
    assert math.isnan(judged.touchpoints().journey.share)


@settings(deadline=None, max_examples=examples(25))
@given(
    st.lists(
        st.tuples(st.text("abcx", min_size=1, max_size=6), st.sampled_from(["ann", "eve", None])),
        min_size=1,
        max_size=6,
    )
)
def test_no_facet_passes_more_than_it_tests_and_all_of_them_pass_no_more_than_one(cases):
    rules = [{"id": "R", "kind": "four_eyes", "a": "a", "b": "c", "severity": "major", "basis": "x"}]
    asked = norm(list("abc"), changed={"a": ROLE}, rules=rules, standards=[PROMISE])
    events = {f"c{k}": [(x.upper(), float(i), who) for i, x in enumerate(word)] for k, (word, who) in enumerate(cases)}
    events["known"] = [("A", 0.0)]
    judged = study(asked, events)
    found = opportunities_of(judged)
    assert (found.failed <= found.tested).all()
    assert (found.failed_net <= found.failed).all()
    assert found.tested.any(axis=0).all()  # nothing is an opportunity of which nothing is known
    table = judged.touchpoints().frame
    for facet in FACETS:
        failed = table[f"{facet}_n"] - table[f"{facet}_passed"]
        assert ((table["n"] - table["passed"]) >= failed).all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_says_and_shows_itself(lang):
    judged = study(LINEAR, traces(*["abc"] * 40, *["ab"] * 10), open_cases="judge")
    table = judged.touchpoints()
    text = table.sentence(lang)
    assert ("80.0 % of 50" in text) if lang == "en" else ("50 次应有接触中有 80.0%" in text)
    assert bool(CJK.search(text)) == (lang == "zh")
    ax = table.plot(lang=lang)
    shown = [x.get_text() for x in ax.texts]
    assert any("50" in x and "80.0" in x for x in shown)
    assert [x.get_text() for x in ax.get_yticklabels()] == table.frame[f"name_{lang}"].tolist()
    plt.close("all")


def test_few_opportunities_are_not_compared():
    assert "No touchpoint has 30" in study(LINEAR, traces("abc")).touchpoints().sentence()


def test_the_report_counts_beside_the_opportunities_only_what_there_is():
    overdue = {
        "ok": [("A", 0.0), ("B", 1.0), ("C", 2.0)],
        "over": [("A", 1.0), ("B", 2.0)],
        "late": [("A", 7.0), ("B", 8.0)],
    }
    judged = study(norm(list("abc"), standards=[PROMISE]), overdue | traces("acc"))
    shown = {row.key: row.cells[1] for row in touchpoints(judged, Writer("en", "UTC")).groups[0].rows}
    assert shown["a"].sub == ""
    assert shown["c"].sub == "extra 1, only the promise judged 1"
