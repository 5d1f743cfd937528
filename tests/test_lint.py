"""The design audited: every weakness is found where it is, and nowhere else; rules against the flow are judged exactly."""

import json
import string
from datetime import date
from itertools import product

import pandas as pd
import pytest
import yaml

import mining
from mining import BlueprintError, read_blueprint
from mining.blueprint import parse_blueprint
from mining.blueprint.lint import FOUND_KINDS, exit_status, lint, lint_file
from mining.blueprint.lint.allowances import RULE_FAULTS, STANDARD_FAULTS
from mining.blueprint.lint.parts import PER_CASE
from mining.blueprint.lint.weakness import words
from mining.blueprint.shape import USED_BY
from mining.conformance import standards as judged_standards
from mining.conformance.rules import KINDS
from tests.helpers import ROOT, blueprint, blueprint_dict, faults, study

# --- rules against the flow ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flow", "rule", "wanted"),
    [
        (["b", "a"], {"kind": "precedence", "b": "b"}, ("rule-never-kept", "b > a")),
        (["b", {"optional": "a"}, "c"], {"kind": "response", "b": "b"}, ("rule-never-kept", "b > a > c")),
        (["b", "c"], {"kind": "must_occur"}, ("rule-never-kept", "b > c")),
        (["a", {"loop": "b"}], {"kind": "at_most", "n": 1}, ("rule-always-kept", "")),
        (["a", "b"], {"kind": "succession", "b": "b"}, ("rule-always-kept", "")),
        ([{"choice": ["a", "b"]}, "c"], {"kind": "four_eyes", "b": "b"}, ("rule-never-applies", "")),
        ([{"choice": ["a", "b"]}, "c"], {"kind": "not_together", "b": "b"}, ("rule-always-kept", "")),
        (["a", {"parallel": ["b", "c"]}], {"kind": "immediate_response", "b": "b"}, None),
        (["a", "b"], {"kind": "response", "b": "b", "within": "1h"}, None),
        (["b", "a"], {"kind": "response", "b": "b", "within": "1h"}, ("rule-never-kept", "b > a")),
        (["a", "b"], {"kind": "four_eyes", "b": "b"}, None),
        (["b", "a"], {"kind": "precedence", "b": "b", "a_at": "start"}, None),
    ],
)
def test_rules_that_the_flow_contradicts_by_hand(flow, rule, wanted):
    rule = {"id": "R", "a": "a", "severity": "major", "basis": "policy"} | rule
    found = [w for w in blueprint(flow, "abc", rules=[rule]).lint() if w.code.startswith("rule-")]
    assert [w.code for w in found] == ([wanted[0]] if wanted else [])
    if wanted:
        assert wanted[1] in str(found[0].what)


def test_a_flow_too_large_to_list_is_said():
    many = string.ascii_lowercase + string.ascii_uppercase
    rule = {"id": "R", "kind": "precedence", "a": "a", "b": "b", "severity": "major", "basis": "policy"}
    raw = blueprint_dict({"parallel": list(many)}, many, "Z", rules=[rule])
    for a in raw["activities"]:
        a["labels"] = [f"label {a['id']}"]
    codes = {w.code for w in parse_blueprint(json.dumps(raw)).lint()}
    assert "not-compared" in codes
    assert not codes & {"rule-never-kept", "rule-always-kept", "start-never-first", "end-not-reached"}


# --- every weakness ----------------------------------------------------------------------------------------------------


def activity(**more):
    """Changes of the activity b (observable, in lane office)."""
    return lambda raw: raw["activities"][1].update(more)


def key(name, value):
    return lambda raw: raw.update({name: value})


def rule(kind="four_eyes", **more):
    return key("rules", [{"id": "R", "kind": kind, "a": "a", "severity": "major", "basis": "policy 1"} | more])


def standard(metric="elapsed", **more):
    written = {"id": "S", "dimension": "time", "metric": metric, "severity": "major", "basis": "charter 2"}
    written |= {"from": "a", "to": "c", "max": "4h"} if metric == "elapsed" else {}
    return key("standards", [written | {"share": 0.9} | more])


def allow(raw, **more):
    entry = {"id": "A", "match": {"kind": "missing"}, "decision": "accepted", "reason": {"en": "x"}, "max_share": 0.1}
    raw["allow"] = [entry | {"approved_by": "B", "valid": ["2026-01-01", "2026-12-31"]} | more]


def allowing(**more):
    return lambda raw: allow(raw, **more)


def unseen(raw):
    """Activity b leaves no trace."""
    del raw["activities"][1]["labels"]
    raw["activities"][1]["observable"] = False


def both(*changes):
    return lambda raw: [change(raw) for change in changes]


def scope(**more):
    return lambda raw: raw["scope"].update(more)


def kept_word(raw):
    raw["log"] = raw["log"] | {"attributes": {"word": "Word"}}


def no_starts(raw):
    raw["log"] = {name: raw["log"][name] for name in ("case", "activity", "timestamp", "resource")}


def no_people(raw):
    raw["log"] = {name: raw["log"][name] for name in ("case", "activity", "timestamp", "start")}


def no_members(raw):
    raw["roles"]["clerk"].pop("resources")


def reversed_lanes(raw):
    raw["lanes"] = raw["lanes"][:1] + raw["lanes"][:0:-1]


def office(**more):
    spec = {"tz": "UTC", "week": {"mon-fri": ["09:00-17:00"]}, "coverage": ["2026-01-01", "2026-12-31"]}
    return key("calendars", {"office": spec | more})


ON, LOG_DAYS = {"on": date(2027, 2, 1)}, {"log_days": (date(2025, 12, 1), date(2025, 12, 24))}
EXTRA = {"extra_workdays": [{"date": "2026-02-14", "as": "mon"}]}
TOUCHPOINT = {"key": True, "moment_of_truth": True, "evidence": ["letter"]}
LIMIT = standard(max="4bh", calendar="office")
PROOFS = [{"of": "x", "activity": "c"}]
FAILS = [{"attr": "word", "op": "==", "value": "no"}]
CASES = [
    ("not-approved", key("status", "draft"), "status", {}),
    ("no-approval", lambda raw: raw.pop("approval"), "status", {}),
    ("no-owner", key("owner", "to be filled in"), "owner", {}),
    ("not-in-force", key("effective", {"from": "2026-01-01", "to": "2026-12-31"}), "effective", ON),
    ("log-outside-force", lambda raw: None, "effective", LOG_DAYS),
    ("no-basis", rule("must_occur", n=1, basis="TODO"), "rules", {}),
    ("lane-order", reversed_lanes, "lanes", {}),
    ("no-customer-lane", lambda raw: raw["lanes"].pop(0), "lanes", {}),
    ("stage-without-type", key("service_type", "hybrid"), "stages", {}),
    ("calendar-day-outside-coverage", office(closed=["2027-01-01", "2026-04-06"]), "calendars", {}),
    ("closed-and-open", office(closed=["2026-02-14"], **EXTRA), "calendars", {}),
    ("log-outside-coverage", LIMIT, "calendars", LOG_DAYS),
    ("outside-flow", lambda raw: raw["flow"].remove("b"), "activities", {}),
    ("no-role", lambda raw: raw["activities"][1].pop("role"), "activities", {}),
    ("wait-without-limit", activity(wait_point=True), "activities", {}),
    ("fail-point-without-control", activity(fail_point={"failure": {"en": "lost"}}), "fail_point", {}),
    ("blind-share", unseen, "activities", {}),
    ("key-touchpoint-without-standard", activity(touchpoint=TOUCHPOINT), "touchpoint", {}),
    ("moment-of-truth-without-measure", activity(touchpoint=TOUCHPOINT), "touchpoint", {}),
    ("touchpoint-without-evidence", activity(touchpoint={"key": False}), "touchpoint", {}),
    ("channels-not-bound", activity(touchpoint={"key": False, "channels": ["web"]}), "log", {}),
    ("evidence-without-proof", activity(touchpoint={"key": False, "evidence": ["letter"]}), "activities", {}),
    ("failure-not-seen", activity(touchpoint=TOUCHPOINT), "activities", {}),
    ("replaced-by-unknown", both(activity(labels=["Approve"]), lambda raw: raw["activities"][0].update(replaced_by=["Aprove"])),
     "replaced_by", {}),
    ("abandonment-not-defined", key("service_type", "self_service"), "scope", {}),
    ("only-withdrawals", scope(withdrawn_by=["c"]), "withdrawn_by", {}),
    ("no-share", lambda raw: (standard()(raw), raw["standards"][0].pop("share")), "standards", {}),
    ("cannot-be-measured.activity", both(unseen, standard(to="b")), "standards", {}),
    ("cannot-be-measured.activity", both(unseen, rule("four_eyes", b="b")), "rules", {}),
    ("cannot-be-measured.starts", both(no_starts, standard("waiting", of="b", max="1h")), "standards", {}),
    ("cannot-be-measured.starts", both(no_starts, rule("response", b="b", a_at="start", within="1h")), "rules", {}),
    ("cannot-be-measured.people", both(no_people, rule("four_eyes", b="b")), "rules", {}),
    ("cannot-be-measured.members", both(no_members, rule("performed_by", role="clerk")), "rules", {}),
    ("cannot-be-measured.people", both(no_people, standard("handovers", max=3, dimension="quality")), "standards", {}),
    ("cannot-be-measured.turns", standard("turns", max=3, dimension="outcome"), "standards", {}),
    ("cannot-be-measured.activity", both(unseen, activity(touchpoint={"key": False, "evidence": ["x"], "proofs": PROOFS})),
     "proofs", {}),
    ("cannot-be-measured.activity", both(unseen, kept_word, activity(touchpoint={"key": False, "fails_when": FAILS})),
     "fails_when", {}),
    ("rule-never-kept", rule("precedence", a="c", b="b"), "rules", {}),
    ("rule-never-applies", rule("four_eyes", a="a", b="d"), "rules", {}),
    ("rule-always-kept", rule("precedence", b="b"), "rules", {}),
    ("not-compared", rule("at_most", n=10**9), "rules", {}),
    ("start-never-first", key("scope", {"starts_with": ["b"], "ends_with": ["c"], "unit_of_analysis": "x"}), "scope", {}),
    ("end-not-reached", key("flow", ["a", "b", {"optional": "c"}]), "ends_with", {}),
    ("end-goes-on.always", key("scope", {"starts_with": ["a"], "ends_with": ["b", "c"], "unit_of_analysis": "x"}), "ends_with", {}),
    ("end-goes-on.sometimes", key("flow", ["a", "c", "b", "c"]), "ends_with", {}),
    ("role-without-members", no_members, "roles", {}),
    ("label-unknown", lambda raw: None, "activities", {"unknown_labels": {"Sing and dance": 3}}),
    ("label-unknown.close", activity(labels=["Baby steps"]), "activities", {"unknown_labels": {"baby steps": 3}}),
    ("activity-never-seen", lambda raw: None, "activities", {"never_seen": ["b"]}),
    ("kpi-without-trace", both(unseen, key("kpis", [
        {"id": "K", "formula": {"share_with": ["a", "b"]}, "target": 0.5, "direction": "up", "name": {"en": "x"}}])), "formula", {}),
    ("allowance-expired.before", allowing(valid=["2025-01-01", "2025-06-30"]), "valid", {}),
    ("allowance-expired.on", allowing(), "valid", ON),
    ("allowance-expired.log", allowing(), "valid", LOG_DAYS),
    ("allowance-never-valid.order", allowing(valid=["2026-06-30", "2026-06-01"]), "valid", {}),
    ("allowance-never-valid.after", both(key("effective", {"from": "2026-01-01", "to": "2026-03-31"}),
                                         allowing(valid=["2026-06-01", "2026-12-31"])), "valid", {}),
    ("allowance-matches-nothing.kind", allowing(match={"kind": "wrong_channel"}), "match", {}),
    ("allowance-matches-nothing.activity", both(unseen, allowing(match={"activity": "b"})), "match", {}),
    ("allowance-matches-nothing.pair", both(rule("four_eyes", b="b"), allowing(match={"rule": "R", "kind": "late"})), "match", {}),
    ("allowance-matches-nothing.check", both(standard("score", source="survey", item="csat", min=4, dimension="quality"),
                                             allowing(match={"standard": "S"})), "match", {}),
    ("allowance-without-cap", lambda raw: (allow(raw), raw["allow"][0].pop("max_share")), "allow", {}),
    ("allowance-unused", allowing(), "allow", {"used_allowances": ["B"]}),
]  # fmt: skip


def sound():
    """A blueprint without a weakness that CASES is about: a > b > c, d never with a; everybody has a role."""
    raw = blueprint_dict(["a", "b", "c"], "abc", owner="Head of service")
    for a in raw["activities"]:
        a["role"] = "clerk"
    return raw


def written(raw):
    return json.dumps(raw, indent=1, ensure_ascii=False)


def codes(raw, **more):
    return {item.code for item in lint(parse_blueprint(written(raw), name="x.yaml"), **more)}


def prepared(wording):
    raw = sound()
    if wording == "rule-never-applies":
        raw["activities"].append(raw["activities"][0] | {"id": "d", "labels": ["D"]})
        raw["flow"] = [{"choice": ["a", "d"]}, "b", "c"]
    return raw


def test_a_sound_design_has_no_weakness():
    assert lint(parse_blueprint(written(sound()))) == ()


@pytest.mark.parametrize(
    ("wording", "change", "place", "more"), CASES, ids=[f"{x[0]}-{i}" for i, x in enumerate(CASES)]
)
def test_each_weakness_is_found_at_its_place(wording, change, place, more):
    raw = prepared(wording)
    code = wording.partition(".")[0]
    assert code not in codes(raw) or wording == "log-outside-force"
    change(raw)
    text = written(raw)
    found = [w for w in lint(parse_blueprint(text, name="x.yaml"), **more) if w.code == code]
    assert found
    line = next(i for i, row in enumerate(text.splitlines(), 1) if f'"{place}"' in row)
    name, _, at = found[0].place.rpartition(":")
    assert name == "x.yaml"
    assert int(at) >= line
    assert found[0].severity == words()["found"][wording]["severity"]


def test_every_weakness_has_a_case():
    errors = {"shape", "value", "name", "flow"}
    assert {x[0] for x in CASES} | errors == set(words()["found"])


@pytest.mark.parametrize("wording", sorted(words()["found"]))
def test_every_weakness_is_said_in_both_languages_with_the_same_values(wording):
    entry = words()["found"][wording]
    assert entry["severity"] in words()["severity"]
    names = [{n for _, n, _, _ in string.Formatter().parse(entry["what"][lang]) if n} for lang in ("en", "zh")]
    assert names[0] == names[1] or names[0] - names[1] == {"run"}
    assert all(entry["why"][lang].strip() for lang in ("en", "zh"))
    assert any("\u4e00" <= x <= "\u9fff" for x in entry["why"]["zh"])


def test_no_weakness_is_written_twice_in_the_words_file():
    text = (ROOT / "mining/blueprint/lint/words.yaml").read_text("utf-8")
    keys = [n.value for n, _ in next(v for k, v in yaml.compose(text).value if k.value == "found").value]
    assert len(keys) == len(set(keys))


def test_a_weakness_says_where_what_and_why_in_english_and_chinese():
    raw = sound() | {"status": "draft"}
    (found,) = lint(parse_blueprint(written(raw), name="x.yaml"))
    line = next(i for i, row in enumerate(written(raw).splitlines(), 1) if '"status"' in row)
    assert found.say() == (
        f"x.yaml:{line}: warning: the status is draft: an audit needs an approved blueprint [not-approved]\n"
        "    nobody can be held to a norm that nobody has put in force"
    )
    assert found.say("zh").startswith(f"x.yaml:{line}: 警告: 状态为 draft")
    assert repr(found) == found.say().splitlines()[0]


# --- single questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (rule("response", b="b", within="4h"), "wait-without-limit", False),
        (rule("response", b="b"), "wait-without-limit", True),
        (standard("waiting", of="b", max="1h"), "wait-without-limit", False),
        (standard(to={"any": ["b", "c"]}), "wait-without-limit", False),
        (standard("waiting", of="c", max="1h"), "wait-without-limit", True),
        (standard("count", of="b", max=1, dimension="quality"), "wait-without-limit", True),
        (standard("handling", of="b", max="1h"), "wait-without-limit", True),
    ],
)
def test_a_wait_is_limited_by_a_standard_or_a_rule_with_a_time(change, code, said):
    raw = sound()
    activity(wait_point=True)(raw)
    change(raw)
    assert (code in codes(raw)) == said


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["physical_evidence", "customer", "onstage", "onstage_technology", "backstage", "support", "partner"], 0),
        (["customer", "onstage_technology", "onstage", "backstage", "backstage", "partner", "support"], 0),
        (["customer", "backstage", "onstage", "support"], 1),
        (["onstage", "customer", "backstage"], 1),
        (["support", "backstage", "onstage", "customer"], 3),
        (["customer", "physical_evidence", "onstage"], 1),
    ],
)
def test_lanes_out_of_order_are_named(kinds, said):
    raw = sound()
    raw["lanes"] = [{"id": f"l{i}", "kind": kind, "name": {"en": kind}} for i, kind in enumerate(kinds)]
    for a in raw["activities"]:
        a["lane"] = "l0"
    assert [w.code for w in lint(parse_blueprint(written(raw)))].count("lane-order") == said


CONTACT = {"key": True, "evidence": ["letter", "card"]}
LETTER = {"of": "letter", "activity": "c"}


@pytest.mark.parametrize(
    ("contact", "more", "said"),
    [
        (CONTACT, (), {"evidence-without-proof", "failure-not-seen"}),
        (CONTACT | {"proofs": [LETTER]}, (), {"evidence-without-proof"}),
        (CONTACT | {"proofs": [LETTER, {"of": "card", "attr": "word"}]}, (), set()),
        (CONTACT | {"key": False}, (), {"evidence-without-proof"}),
        (CONTACT | {"fails_when": FAILS}, (), {"evidence-without-proof"}),
        (CONTACT, (standard("count", of="b", max=1, dimension="quality"),), {"evidence-without-proof"}),
        (CONTACT, (standard("handovers", touchpoint="b", max=1, dimension="quality"),), {"evidence-without-proof"}),
        (CONTACT, (standard("handling", of="b", max="1h"),), {"evidence-without-proof", "failure-not-seen"}),
        (CONTACT | {"proofs": [LETTER]}, (unseen,), {"failure-not-seen"}),
        (CONTACT | {"channels": ["web"]}, (), {"channels-not-bound", "evidence-without-proof", "failure-not-seen"}),
        (CONTACT | {"channels": ["web"]}, (unseen,), {"failure-not-seen"}),
        (
            CONTACT | {"channels": ["web"]},
            (lambda raw: raw["log"]["attributes"].update(channel="Channel"),),
            {"evidence-without-proof", "failure-not-seen"},
        ),
    ],
)
def test_what_a_log_shows_of_a_touchpoint(contact, more, said):
    raw = sound()
    kept_word(raw)
    activity(touchpoint=contact)(raw)
    for change in more:
        change(raw)
    about = {"channels-not-bound", "evidence-without-proof", "failure-not-seen"}
    assert codes(raw) & about == said


def test_evidence_and_failures_are_counted_over_the_whole_design():
    raw = sound()
    raw["activities"][0]["touchpoint"] = CONTACT | {"proofs": [LETTER]}
    raw["activities"][1]["touchpoint"] = {"key": True, "evidence": ["form"]}
    told = [
        str(w.what)
        for w in lint(parse_blueprint(written(raw)))
        if w.code in ("evidence-without-proof", "failure-not-seen")
    ]
    assert told == [
        "2 of 3 pieces of evidence have no proof in the log: card (a), form (b)",
        "of 1 of 2 key touchpoints nothing would show that they failed: b",
    ]


@pytest.mark.parametrize(
    ("service", "stage", "after", "said"),
    [
        ("self_service", None, None, True),
        ("self_service", None, "30d", False),
        ("hybrid", "self_service", None, True),
        ("hybrid", "linear", None, False),
        ("linear", None, None, False),
    ],
)
def test_who_serves_themselves_may_give_up(service, stage, after, said):
    raw = sound() | {"service_type": service}
    raw["stages"][0] |= {"type": stage} if stage else {}
    raw["scope"] |= {"abandoned_after": after} if after else {}
    assert ("abandonment-not-defined" in codes(raw)) == said


@pytest.mark.parametrize(("name", "said"), [("check", False), ("chekc", True), ("CHECK!", True), ("by post", False)])
def test_what_replaces_a_step_may_be_any_label_but_a_near_miss_is_asked_about(name, said):
    raw = sound()
    raw["activities"][1] |= {"id": "check", "labels": ["CHECK"]}
    raw["flow"] = ["a", "check", "c"]
    raw["activities"][0]["replaced_by"] = [name]
    assert ("replaced-by-unknown" in codes(raw)) == said


def test_days_in_force_include_the_first_and_the_last():
    raw = sound() | {"effective": {"from": "2026-01-01", "to": "2026-03-31"}}
    allow(raw, valid=["2026-01-01", "2026-03-31"])
    for day in (date(2026, 1, 1), date(2026, 3, 31)):
        assert codes(raw, on=day) == set()
    for day in (date(2025, 12, 31), date(2026, 4, 1)):
        assert codes(raw, on=day) == {"not-in-force", "allowance-expired"}
    assert codes(raw, log_days=(date(2026, 1, 1), date(2026, 3, 31))) == set()
    assert codes(raw, log_days=(date(2026, 1, 1), date(2026, 4, 1))) == {"log-outside-force"}


def test_used_allowances_are_not_named():
    raw = sound()
    allow(raw)
    assert codes(raw, used_allowances={"A"}) == set()
    assert codes(raw, used_allowances=()) == {"allowance-unused"}


@pytest.mark.parametrize(
    ("match", "nothing"),
    [
        ({"rule": "R", "kind": "late", "activity": "b"}, False),
        ({"rule": "R", "kind": "late", "activity": "a"}, True),
        ({"rule": "R", "kind": "missing"}, False),
        ({"rule": "R", "kind": "extra"}, True),
        ({"rule": "R", "standard": "S", "activity": "c"}, False),
        ({"standard": "S", "kind": "missing"}, True),
        ({"kind": "late", "activity": "a"}, False),
    ],
)
def test_allowances_that_fit_no_fault_of_their_check(match, nothing):
    raw = sound()
    rule("response", b="b", within="4h")(raw)
    standard()(raw)
    allow(raw, match=match)
    assert ("allowance-matches-nothing" in codes(raw)) == nothing


SAYS_SO = {
    "replaced": activity(replaced_by=["c"]),
    "wrong_channel": both(
        activity(touchpoint={"key": False, "channels": ["web"]}),
        lambda raw: raw.update(log=raw["log"] | {"attributes": {"channel": "Channel"}}),
    ),
    "missing_evidence": activity(touchpoint={"key": False, "evidence": ["x"], "proofs": PROOFS}),
    "failed": both(kept_word, activity(touchpoint={"key": False, "fails_when": FAILS})),
    "reopened": scope(reopened_by=["b"]),
    "discontinuity": standard("turns", max=3, dimension="outcome"),
    "wrong_value": both(kept_word, standard("attribute", attr="word", one_of=["x"], dimension="quality")),
}


@pytest.mark.parametrize("kind", sorted(SAYS_SO))
def test_a_kind_may_be_allowed_where_a_check_finds_it(kind):
    raw = sound()
    allow(raw, match={"kind": kind})
    assert "allowance-matches-nothing" in codes(raw)
    SAYS_SO[kind](raw)
    assert "allowance-matches-nothing" not in codes(raw)
    for other in set(SAYS_SO) - {kind}:
        allow(raw, match={"kind": other})
        assert "allowance-matches-nothing" in codes(raw), other


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_faults_of_each_kind_of_rule_are_those_that_checks_find(kind):
    more = {"b": "b", "n": 2 if kind == "must_occur" else 1, "role": "clerk", "within": "1.5h", "after": "2.5h"}
    written_rule = {"id": "R", "kind": kind, "a": "a", "severity": "major", "basis": "policy"}
    written_rule |= {name: value for name, value in more.items() if kind in USED_BY[name]}
    norm = blueprint({"loop": {"choice": ["a", "b", "c"]}}, "abc", "abc", rules=[written_rule])
    words_ = [w for n in (1, 2, 3, 4) for w in product("ABC", repeat=n)]
    people = ("ann", "eve", "bob")
    cases = {
        f"{i}": [(x, float(j), people[(i + j) % 3 * (i % 2)]) for j, x in enumerate(w)] for i, w in enumerate(words_)
    }
    cases |= {f"x{i}": [(x, float(j), people[j % 3]) for j, x in enumerate(w)] for i, w in enumerate(words_)}
    found = {(fault, activity) for _, fault, activity, _ in faults(study(norm, cases), "R")}
    assert found == set(RULE_FAULTS[kind])
    assert {fault for fault, _ in found} <= set(FOUND_KINDS)


def test_the_standards_with_faults_are_those_that_are_judged():
    assert set(STANDARD_FAULTS) == {*judged_standards.SPANS, "due_date", *judged_standards.NOT_TIME} == set(PER_CASE)


@pytest.mark.few_quick(3)
@pytest.mark.parametrize(
    ("promise", "wanted"),
    [
        ({"metric": "count", "of": "a", "max": 1}, {"repeated"}),
        ({"metric": "count", "of": "a", "min": 1}, {"missing"}),
        ({"metric": "count", "of": "a", "min": 1, "max": 1}, {"repeated", "missing"}),
        ({"metric": "attribute", "attr": "size"}, {"missing_evidence"}),
        ({"metric": "attribute", "attr": "size", "of": "a"}, {"missing_evidence"}),
        ({"metric": "attribute", "attr": "size", "max": 1}, {"wrong_value"}),
        ({"metric": "attribute", "attr": "size", "one_of": [1], "of": "a"}, {"wrong_value"}),
    ],
)
def test_the_faults_of_counts_and_attributes_are_those_that_checks_find(promise, wanted):
    columns = {"case": "case", "activity": "activity", "timestamp": "end"}
    columns |= {"attributes": {"size": {"column": "size", "type": "number"}}}
    raw = {"id": "S", "dimension": "quality", "severity": "major", "basis": "charter"} | promise
    norm = blueprint({"free": ["a", "b"]}, "ab", "ab", standards=[raw], log=columns)
    table = pd.DataFrame([("x", "A"), ("x", "A"), ("y", "B"), ("z", "A")], columns=["case", "activity"])
    table["end"], table["size"] = "2026-03-02", [2.0, None, None, None]
    judged = mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)
    assert {fault for _, fault, *_ in faults(judged, "S")} == wanted
    for kind in FOUND_KINDS:
        made = blueprint_dict({"free": ["a", "b"]}, "ab", "ab", standards=[raw], log=columns)
        allow(made, match={"standard": "S", "kind": kind})
        weak = parse_blueprint(json.dumps(made)).lint()
        assert any(w.code == "allowance-matches-nothing" for w in weak) == (kind not in wanted), kind


# --- files ---------------------------------------------------------------------------------------------------------------


def put(folder, raw):
    path = folder / "x.yaml"
    path.write_text(raw if isinstance(raw, str) else written(raw), "utf-8")
    return path


def test_all_errors_are_listed_not_twelve(tmp_path):
    raw = sound() | {"flow": [f"x{i}" for i in range(40)]}
    found = [w for w in lint_file(put(tmp_path, raw)) if w.severity == "error"]
    assert len(found) == 40
    assert {w.code for w in found} == {"name"}
    assert found[0].place != found[1].place


def test_errors_stand_beside_the_weak_places_of_the_design(tmp_path):
    raw = sound() | {"status": "draft"}
    raw["activities"][0]["role"] = "clark"
    found = lint_file(put(tmp_path, raw))
    assert [w.code for w in found] == ["name", "not-approved"]
    assert str(found[0].what) == "activities.0.role: unknown role 'clark'. Did you mean 'clerk'? Known: clerk."
    assert exit_status(found) == 1


@pytest.mark.parametrize(
    ("change", "code", "what"),
    [
        (lambda raw: raw.pop("owner"), "shape", "the file: missing key 'owner'."),
        (key("effective", {"from": "2026-02-30"}), "value", "'2026-02-30' is not a date"),
        (key("flow", {"bpmn": "none.bpmn"}), "flow", "none.bpmn"),
        (key("scope", {"starts_with": ["zz"], "ends_with": ["c"], "unit_of_analysis": "x"}), "name", "unknown activity 'zz'"),
    ],
)  # fmt: skip
def test_what_keeps_a_file_from_being_a_blueprint_is_an_error(tmp_path, change, code, what):
    raw = sound()
    change(raw)
    found = [w for w in lint_file(put(tmp_path, raw)) if w.severity == "error"]
    assert [w.code for w in found] == [code]
    assert what in str(found[0].what)
    assert found[0].place.startswith(str(tmp_path / "x.yaml") + ":")
    with pytest.raises(BlueprintError):
        read_blueprint(tmp_path / "x.yaml")


def test_an_unsound_flow_is_an_error_with_the_way_into_the_trap(tmp_path):
    arcs = ("s>a", "a>x", "x>b", "x>c", "b>y", "c>y", "y>e")
    elements = [
        ("startEvent", "s"),
        ("endEvent", "e"),
        *(("task", x) for x in "abc"),
        ("exclusiveGateway", "x"),
        ("parallelGateway", "y"),
    ]
    made = "".join(f'<{kind} id="{id}" name="{id}"/>' for kind, id in elements)
    made += "".join(f'<sequenceFlow id="f{i}" sourceRef="{x[0]}" targetRef="{x[2]}"/>' for i, x in enumerate(arcs))
    model = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    (tmp_path / "flow.bpmn").write_text(f'<definitions xmlns="{model}"><process id="p">{made}</process></definitions>')
    (found,) = [w for w in lint_file(put(tmp_path, sound() | {"flow": {"bpmn": "flow.bpmn"}})) if w.severity == "error"]
    assert found.code == "flow"
    assert str(found.what).startswith("the flow is unsound")


def test_wrong_names_everywhere_do_not_stop_the_audit(tmp_path):
    raw = sound()
    proofs = [{"of": "zz", "attr": "zz"}, {"of": "letter", "activity": "zz"}]
    contact = TOUCHPOINT | {
        "channels": ["zz"],
        "proofs": proofs,
        "fails_when": [{"attr": "zz", "op": "==", "value": "zz"}],
    }
    activity(lane="zz", stage="zz", role="zz", touchpoint=contact, replaced_by=["b", "C"], wait_point=True)(raw)
    raw["rules"] = [{"id": "R", "kind": "performed_by", "a": "zz", "role": "zz", "severity": "major", "basis": "-"}]
    standard(**{"from": "zz", "to": "zz", "touchpoint": "zz", "calendar": "zz"})(raw)
    raw["kpis"] = [{"id": "K", "formula": {"share_with": "zz"}, "target": 0.5, "direction": "up", "name": {"en": "x"}}]
    raw["scope"] = {"starts_with": ["zz"], "ends_with": ["zz"], "unit_of_analysis": "x"}
    raw["scope"] |= {"withdrawn_by": ["zz"], "reopened_by": ["zz"]}
    raw["flow"] = ["a", "b", "zz"]
    allow(raw, match={"rule": "zz", "activity": "zz", "standard": "zz"})
    found = lint_file(put(tmp_path, raw), on=date(2026, 3, 1), log_days=(date(2026, 1, 1), date(2026, 2, 1)))
    assert [w.severity for w in found].count(
        "error"
    ) == 16 + 4 + 2 + 3  # of the touchpoint, of replaced_by, of the ends
    assert {"no-basis", "wait-without-limit", "key-touchpoint-without-standard"} <= {w.code for w in found}
    assert {"channels-not-bound", "only-withdrawals"} <= {w.code for w in found}


@pytest.mark.parametrize("content", ["a: [1, 2", "", "a: 1\na: 2", "a: &x 1"])
def test_what_cannot_be_read_is_no_finding(tmp_path, content):
    with pytest.raises(BlueprintError, match=r"x\.yaml"):
        lint_file(put(tmp_path, content))


def test_a_file_that_is_not_there_names_its_neighbours(tmp_path):
    put(tmp_path, sound())
    with pytest.raises(BlueprintError, match=r"no such blueprint file. YAML files in that folder: x.yaml"):
        lint_file(tmp_path / "y.yaml")


def test_the_exit_status_tells_the_worst():
    assert exit_status(lint(parse_blueprint(written(sound())))) == 0
    notes = lint(parse_blueprint(written(sound() | {"lanes": sound()["lanes"][1:]})))
    assert [w.severity for w in notes] == ["note"]
    assert exit_status(notes) == 0
    assert exit_status(lint(parse_blueprint(written(sound() | {"status": "draft"})))) == 1


def test_lint_of_a_file_is_that_of_its_blueprint():
    for path in sorted(ROOT.glob("sample_logs/*/blueprint.yaml")):
        found = lint_file(path)
        assert found == lint(read_blueprint(path))
        assert {w.severity for w in found} == {"warning", "note"}
        order = [(("warning", "note").index(w.severity), int(w.place.rpartition(":")[2])) for w in found]
        assert order == sorted(order)
