"""Findings: grouped by place, counted gross and net, ranked by the printed table."""

import json

import pytest

from mining.blueprint.lint import FOUND_KINDS
from mining.conformance.verdicts import KINDS
from mining.findings import BANDS, TABLE, finding_id
from mining.results import wilson
from tests.helpers import blueprint, study, traces

RULES = [{"id": "R", "kind": "precedence", "a": "a", "b": "b", "severity": "critical", "basis": "law"}]
FREE = [{"free": list("abc")}, "d"]


def row(of, **where):
    table = of.findings().frame
    for key, value in where.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_finding_counts_cases_not_faults_and_says_of_how_many():
    judged = study(blueprint(list("abcde")), traces(*["abcde"] * 6, "abbbcde", "abcdde"))
    repeated = row(judged, activity="b")
    assert (repeated["n_gross"], repeated["n_judged"], repeated["n_faults"]) == (1, 8, 2)
    assert repeated["rate"] == 1 / 8
    assert (repeated["low"], repeated["high"]) == wilson(1, 8)


@pytest.mark.parametrize(
    ("n", "bad", "priority", "cell"),
    [
        (100, 20, "H", "critical, visible, >= 5 %"),  # 20 of 100: lower limit 13 %
        (100, 5, "H", "critical, visible, 1-5 %"),  # 5 of 100: lower limit 2.2 %
        (200, 3, "H", "critical, visible, < 1 %"),
        (200, 2, "M", "critical, visible, < 1 %, fewer than 3 cases"),
    ],
)
def test_the_priority_is_read_from_the_table_at_the_lower_limit(n, bad, priority, cell):
    judged = study(blueprint(FREE, "abcd", rules=RULES), traces(*["bd"] * bad, *["abd"] * (n - bad)))
    found = row(judged, check="R")
    assert (found["priority"], found["cell"]) == (priority, cell)


def test_what_the_customer_cannot_see_ranks_lower():
    # a, c and e are at the desk, b and d in the office
    judged = study(blueprint(list("abcde")), traces(*["abcde"] * 10, *["bcde"] * 3, *["acde"] * 3))
    assert row(judged, activity="a")["priority"] == "H"
    assert row(judged, activity="b")["priority"] == "M"


def test_the_table_never_ranks_a_worse_thing_lower():
    order = "HML"
    for (severity, visible), cells in TABLE.items():
        assert list(cells) == sorted(cells, key=order.index)
        if visible:
            assert all(order.index(a) <= order.index(b) for a, b in zip(cells, TABLE[severity, False], strict=True))
    for worse, better in (("critical", "major"), ("major", "minor"), ("minor", "observation")):
        for visible in (True, False):
            pairs = zip(TABLE[worse, visible], TABLE[better, visible], strict=True)
            assert all(order.index(a) <= order.index(b) for a, b in pairs)
    assert len(BANDS) == 3


def allowing(**allowance):
    base = {
        "id": "A",
        "decision": "accepted",
        "reason": {"en": "agreed"},
        "approved_by": "Board",
        "valid": ["2026-01-01", "2026-12-31"],
    }
    return blueprint(list("abcde"), allow=[base | allowance])


def test_gross_and_net():
    norm = allowing(match={"kind": "missing", "activity": "b"})
    judged = study(norm, traces("abcde", "acde", "acde", "abde"))
    path = judged.summary().row("path")
    assert (path["pass"], path["fail"], path["allowed"]) == (1, 1, 2)
    assert (path["gross"], path["net"]) == (0.25, 0.75)
    allowed, open_ = row(judged, activity="b"), row(judged, activity="c")
    assert (allowed["status"], allowed["n_gross"], allowed["n_net"]) == ("allowed", 2, 0)
    assert allowed[["rank", "priority", "cell"]].isna().all()
    assert (open_["status"], open_["rank"]) == ("open", 1)


def test_a_case_with_one_fault_that_is_not_allowed_fails():
    norm = allowing(match={"kind": "missing", "activity": "b"})
    path = study(norm, traces("acdee")).summary().row("path")
    assert (path["fail"], path["allowed"]) == (1, 0)


@pytest.mark.parametrize(
    ("valid", "allowed"),
    [(["2026-03-02", "2026-03-02"], 1), (["2026-03-03", "2026-12-31"], 0), (["2026-01-01", "2026-03-01"], 0)],
)
def test_an_allowance_holds_from_its_first_to_its_last_day(valid, allowed):
    norm = allowing(match={"kind": "repeated"}, valid=valid)
    assert study(norm, traces("abbcde")).summary().row("path")["allowed"] == allowed  # on 2 March 2026


def test_an_allowance_of_a_rule_covers_that_rule_only():
    both = [*RULES, {"id": "Q", "kind": "at_most", "a": "b", "n": 1, "severity": "minor", "basis": "x"}]
    allow = {
        "id": "A",
        "match": {"rule": "Q"},
        "decision": "accepted",
        "reason": {"en": "x"},
        "approved_by": "B",
        "valid": ["2026-01-01", "2026-12-31"],
    }
    rows = study(blueprint(FREE, "abcd", rules=both, allow=[allow]), traces("bbd")).summary()
    assert (rows.row("Q")["allowed"], rows.row("R")["fail"]) == (1, 1)


def test_a_promise_kept_in_its_share_of_cases_is_no_ranked_finding():
    standard = {
        "id": "S",
        "dimension": "time",
        "metric": "elapsed",
        "from": "a",
        "to": "b",
        "severity": "major",
        "basis": "x",
    }
    norm = blueprint(
        FREE,
        "abcd",
        standards=[standard | {"max": "1h", "share": 0.5}, standard | {"id": "T", "max": "1h", "share": 0.9}],
    )
    judged = study(norm, traces("abd", "acbd"))
    assert row(judged, check="S")["status"] == "within_target"
    assert row(judged, check="T")["status"] == "open"
    assert "not kept" in row(judged, check="T")["title_en"]
    assert "not kept" not in row(judged, check="S")["title_en"]


def test_the_same_place_has_the_same_id_on_every_log():
    norm = blueprint(list("abcde"))
    one, two = study(norm, traces("acde")), study(norm, traces("abcde", "acde", "abcdd"))
    assert (
        row(one, activity="b")["finding_id"]
        == row(two, activity="b")["finding_id"]
        == finding_id("test", ("path", "missing", "b", ""))
    )


def test_a_log_without_faults_has_no_findings():
    judged = study(blueprint(list("abcde")), traces("abcde"))
    assert len(judged.findings()) == 0
    assert len(judged.deviations()) == 0
    assert "Findings" in repr(judged.findings())


def test_every_failing_case_has_a_fault_and_every_fault_a_failing_case():
    judged = study(blueprint(FREE, "abcd", rules=RULES), traces("bd", "abd", "bbd", "xd", "d"))
    table, faults = judged.verdicts().frame, judged.deviations().frame
    failing = set(map(tuple, table.query("gross == 'fail'")[["case_id", "check"]].to_numpy()))
    assert failing == set(map(tuple, faults[["case_id", "check"]].to_numpy()))


def test_results_are_plain_values_and_the_same_each_time():
    judged = study(blueprint(list("abcde")), traces("acde", "abcde"))
    again = study(blueprint(list("abcde")), traces("acde", "abcde"))
    for name in ("summary", "verdicts", "deviations", "findings"):
        one, two = getattr(judged, name)().to_dict(), getattr(again, name)().to_dict()
        assert json.dumps(one) == json.dumps(two)
        assert getattr(judged, name)()._repr_html_().count("<table") == 1


def test_every_column_is_described():
    judged = study(blueprint(list("abcde")), traces("acde", "abcde"))
    for result in (judged.summary(), judged.verdicts(), judged.deviations(), judged.findings()):
        assert list(result.frame.columns) == list(result.columns)


def test_a_step_missing_from_every_case_is_reported_and_drawn():
    judged = study(blueprint(list("abcde")), traces("acde", "acde"))
    assert row(judged, activity="b")["n_gross"] == 2
    assert "data-activity" in judged.plot().svg
    assert "<svg" in judged.discovered.picture().svg


def test_the_kinds_of_path_deviations_have_severities_of_their_own():
    judged = study(blueprint(list("abcde")), traces("acde", "abcdee", "abxcde", "bacde"))
    table = judged.deviations().frame
    assert table.set_index("kind")["severity"].to_dict() == {
        "missing": "major",
        "repeated": "minor",
        "extra": "minor",
        "out_of_order": "major",
    }


def test_an_allowance_without_end_and_in_the_zone_of_the_log():
    log = {
        "case": "case",
        "activity": "activity",
        "timestamp": "end",
        "start": "start",
        "resource": "resource",
        "tz": "Asia/Shanghai",
    }
    allow = {
        "id": "A",
        "match": {"kind": "repeated"},
        "decision": "accepted",
        "reason": {"en": "x"},
        "approved_by": "B",
    }
    for valid, allowed in (
        (["2026-03-02", "2026-03-02"], 1),
        (["2026-03-03", "9999-12-31"], 0),
        (["2026-03-02", "9999-12-31"], 1),
    ):
        norm = blueprint(list("abcde"), log=log, allow=[allow | {"valid": valid}])
        # the second b at 09:00 + 6.5 h = 15:30 UTC, that is 23:30 in Shanghai, still 2 March
        judged = study(norm, {"c": [("A", 0.0), ("B", 1.0), ("B", 6.5), ("C", 30.0), ("D", 31.0), ("E", 32.0)]})
        assert judged.summary().row("path")["allowed"] == allowed


def test_a_label_that_reads_like_another_label_stays_apart():
    log = {"c": [("A", 0.0), ("b", 1.0), ("b (label)", 2.0), *[(x, 3.0 + i) for i, x in enumerate("BCDE")]]}
    judged = study(blueprint(list("abcde")), log)
    assert len(set(judged.deviations().frame["activity"])) == 2


def test_lint_knows_the_kinds_that_checks_find():
    assert set(FOUND_KINDS) == set(KINDS)
    assert [w.code for w in allowing(match={"kind": "wrong_channel"}).lint() if w.severity == "warning"] == [
        "allowance-matches-nothing"
    ]
