"""Reading a blueprint: what is right is kept, what is wrong is named with file, line and key."""

import json

import pytest

from mining import BlueprintError, UnknownNameError, read_blueprint
from mining.blueprint import model as m
from mining.blueprint import parse_blueprint, yaml12
from tests.helpers import ROOT, blueprint, blueprint_dict

SAMPLES = sorted(ROOT.glob("sample_logs/*/blueprint.yaml"))


def text(**changes):
    return json.dumps(blueprint_dict(["a", "b", "c"], "abc") | changes, ensure_ascii=False, indent=1)


def refused(source):
    with pytest.raises(BlueprintError) as caught:
        parse_blueprint(source, name="x.yaml")
    return str(caught.value)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_the_samples_are_sound(path):
    read = read_blueprint(path)
    assert read.automaton.final.any()
    assert set(read.automaton.labels) == {a for a in m.flow_activities(read.flow) if read.activity(a).observable}


def test_there_are_four_samples():
    assert [p.parent.name for p in SAMPLES] == ["bank_loan", "it_incident", "outpatient_visit", "permit_receipt"]


@pytest.mark.parametrize(
    ("written", "value"),
    [("on", "on"), ("NO", "NO"), ("12:30", "12:30"), ("2026-01-05", "2026-01-05"), ("0o17", "0o17"), ("1_000", "1_000")]
    + [("true", True), ("007", 7), ("-3", -3), ("0.95", 0.95), ("1e3", 1000.0), ("~", None), ("'5'", "5")]
    + [(r'"\ud83d\ude00"', "\U0001f600")],
)
def test_plain_words_are_yaml_1_2(written, value):
    assert yaml12.load(f"key: {written}", "x")[0] == {"key": value}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a: 1\nb: 2\na: 3", "x.yaml:3: 'a' is written twice (first in line 1)"),
        ("a: &x 1\nb: *x", "x.yaml:1: anchors and aliases"),
        ("a: !!python/object:os.system 1", "x.yaml:1: tags"),
        ('a: 1\nb: "\\ud83d"', "x.yaml:2: half of a character"),
        ("a: [1, 2", "not valid YAML"),
        ("", "the file is empty"),
        ("- 1", "this file holds a list"),
        ("~", "x.yaml:1: a blueprint is a set of keys (sbp, id, version, ...); this file holds nothing"),
        ("a: 1\nb: \x00", "x.yaml:2: not valid YAML: unacceptable character"),
        ("a: 1\nb: " + "9" * 5000, "x.yaml:2: 99999999999999999999... has 5000 digits, too many"),
        ("a: 1\n" + "# comment\n" * 100_001, "x.yaml: 1,000,015 characters, more than the 1,000,000 that are read"),
        ("a: " + "[1, " * 30 + "2" + "]" * 30, "unknown key 'a'"),
        ("a: " + "[" * 100 + "]" * 100, "nested deeper than 60"),
        ("a: " + "[" * 50_000 + "]" * 50_000, "nested"),
    ],
)
def test_text_that_is_no_blueprint_is_refused(source, message):
    assert message in refused(source)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"id": "permit\n"}, "id: 'permit\\n' is not written as it must be"),
        ({"effective": {"from": "2026-01-01\n"}}, "effective.from: '2026-01-01\\n' is not written as it must be"),
        ({"effective": {"from": "٢٠٢٦-٠١-٠١"}}, "effective.from: '٢٠٢٦-٠١-٠١' is not written as it must be"),
        ({"name": {"en\n": "x"}}, "name: 'en\\n' is not written as it must be"),
        ({"status": "x" * 5000}, f"status: '{'x' * 99}... is not one of the words"),
        ({"service_type": ["x"] * 5000}, "'x', 'x',... is not one of the words"),
    ],
    ids=["id", "line break", "digits", "language", "long text", "long list"],
)
def test_patterns_are_those_of_the_schema_to_the_last_sign_and_long_values_are_cut(changes, what):
    message = refused(text(**changes))
    assert what in message
    assert len(message) < 1000


def test_a_number_that_is_infinite_is_refused_with_its_line():
    entry = {
        "id": "S",
        "dimension": "outcome",
        "metric": "attribute",
        "attr": "size",
        "min": "huge",
        "severity": "major",
        "basis": "x",
    }
    log = {"case": "c", "activity": "a", "timestamp": "t", "attributes": {"size": {"column": "s", "type": "number"}}}
    source = text(standards=[entry], log=log).replace('"huge"', "1e999")
    line = next(i for i, row in enumerate(source.splitlines(), 1) if "1e999" in row)
    assert f"x.yaml:{line}: standards.0.min: " in refused(source)


def test_a_misspelt_key_is_named_with_line_and_the_right_word():
    source = text().replace('"owner"', '"ownr"')
    line = next(i for i, row in enumerate(source.splitlines(), 1) if "ownr" in row)
    message = refused(source)
    assert f"x.yaml:{line}: the file: unknown key 'ownr'. Did you mean 'owner'" in message
    assert "missing key 'owner'" in message


def test_a_misspelt_key_deep_inside_is_named_too():
    message = refused(
        text(rules=[{"id": "R1", "kind": "precedence", "a": "a", "b": "b", "severty": "major", "basis": "x"}])
    )
    assert "rules.0: unknown key 'severty'. Did you mean 'severity'" in message


def test_a_misspelt_flow_word_is_named():
    assert "unknown key 'paralel'. Did you mean 'parallel'" in refused(text(flow=["a", {"paralel": ["b", "c"]}]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"flow": ["a", "b", "x"]}, "flow.2: unknown activity 'x'"),
        (
            {"scope": {"starts_with": ["a"], "ends_with": ["zz"], "unit_of_analysis": "c"}},
            "scope.ends_with.0: unknown activity 'zz'",
        ),
        (
            {"rules": [{"id": "R", "kind": "precedence", "a": "a", "severity": "major", "basis": "x"}]},
            "rule R (precedence) needs the key 'b'",
        ),
        ({"rules": [{"id": "R", "kind": "at_most", "a": "a", "severity": "major", "basis": "x"}]}, "needs the key 'n'"),
        (
            {"rules": [{"id": "path", "kind": "must_occur", "a": "a", "severity": "major", "basis": "x"}]},
            "already the id of the check of the flow",
        ),
        (
            {
                "standards": [
                    {
                        "id": "S",
                        "dimension": "time",
                        "metric": "elapsed",
                        "from": "a",
                        "to": "b",
                        "max": "5bd",
                        "severity": "major",
                        "basis": "x",
                    }
                ]
            },
            "5bd is business time and needs a calendar. Known: office",
        ),
        (
            {
                "standards": [
                    {
                        "id": "S",
                        "dimension": "time",
                        "metric": "elapsed",
                        "from": "a",
                        "to": "b",
                        "max": 5,
                        "severity": "major",
                        "basis": "x",
                    }
                ]
            },
            "max 5 has no unit",
        ),
        (
            {
                "standards": [
                    {
                        "id": "S",
                        "dimension": "time",
                        "metric": "due_date",
                        "of": "b",
                        "due": "when",
                        "severity": "major",
                        "basis": "x",
                    }
                ]
            },
            "unknown attribute 'when'",
        ),
        ({"effective": {"from": "2026-02-30"}}, "effective.from: '2026-02-30' is not a date"),
        (
            {
                "calendars": {
                    "x": {"tz": "Mars/X", "week": {"mon": ["09:00-17:00"]}, "coverage": ["2026-01-01", "2026-12-31"]}
                }
            },
            "unknown time zone 'Mars/X'",
        ),
        (
            {"calendars": {"x": {"tz": "UTC", "week": {}, "coverage": ["2026-01-01", "2026-12-31"]}}},
            "no day in its coverage has opening hours",
        ),
        (
            {
                "calendars": {
                    "x": {"tz": "UTC", "week": {"mon": ["09:00-17:00"]}, "coverage": ["0001-01-01", "9999-12-31"]}
                }
            },
            "longer than a hundred years",
        ),
        ({"status": "aproved"}, "'aproved' is not one of the words allowed here. Did you mean 'approved'"),
        ({"effective": {"from": 2026}}, "effective.from: 2026 must be of type string"),
    ],
)
def test_wrong_names_and_values_are_refused(changes, message):
    assert message in refused(text(**changes))


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        (["a", {"choice": ["b"]}], "flow.1: choice needs a list of two or more parts"),
        (["a", {"free": [["b", "c"]]}], "flow.1: free holds activities only"),
        (["a", {"loop": "b", "max": 0}], "flow.1: max must be a whole number from 1"),
        (["a", {"optional": "b", "max": 2}], "flow.1: unknown key 'max'"),
        (["a", 5], "flow.1: 5 is not a part of a flow"),
        ([], "flow: [] is not a part of a flow"),
    ],
)
def test_a_flow_of_the_wrong_shape_is_named_at_its_node(flow, message):
    assert message in refused(text(flow=flow))


def test_a_label_bound_twice_is_refused_with_both_places():
    raw = blueprint_dict(["a", "b"], "ab")
    raw["activities"][1]["labels"] = ["B", "A"]
    assert "the label 'A' is bound twice: to 'a' and to 'b'" in refused(json.dumps(raw, indent=1))


def test_an_end_that_no_log_shows_is_refused():
    raw = blueprint_dict(["a", "b"], "ab")
    del raw["activities"][1]["labels"]
    raw["activities"][1]["observable"] = False
    assert "so no case would ever be complete" in refused(json.dumps(raw, indent=1))
    raw["activities"][1]["labels"] = ["B"]
    assert "has labels, so the log shows it, but is marked observable: false" in refused(json.dumps(raw, indent=1))


def test_lint_of_a_blueprint_that_no_log_shows_does_not_fail_on_its_allowances():
    allow = [
        {
            "id": "A",
            "match": {"activity": "c"},
            "decision": "accepted",
            "reason": {"en": "x"},
            "approved_by": "B",
            "valid": ["2026-01-01", "9999-12-31"],
        }
    ]
    raw = blueprint_dict(["a", "b"], "ab", allow=allow)
    raw["activities"].append({"id": "c", "lane": "desk", "stage": "all", "observable": False, "name": {"en": "Unseen"}})
    assert "allowance-matches-nothing" in {w.code for w in parse_blueprint(json.dumps(raw)).lint()}


def test_all_problems_are_told_at_once_up_to_twelve():
    message = refused(text(flow=[f"x{i}" for i in range(20)]))
    assert message.count("unknown activity") == 12
    assert message.endswith("... and 8 more")


def test_a_missing_file_names_its_neighbours(tmp_path):
    (tmp_path / "right.yaml").write_text("sbp: 1")
    with pytest.raises(BlueprintError, match=r"no such blueprint file. YAML files in that folder: right.yaml"):
        read_blueprint(tmp_path / "wrong.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "x.yaml").write_bytes("name: Prüfung".encode("latin-1"))
    with pytest.raises(BlueprintError, match="not UTF-8"):
        read_blueprint(tmp_path / "x.yaml")


def test_loop_limits_become_rules():
    read = blueprint(["a", {"loop": "b", "redo": "c", "max": 3}, "d"], "abcd")
    rule = read.checks["max-b"]
    assert (rule.kind, rule.a, rule.n) == ("at_most", "b", 3)


def test_a_loop_limit_that_cannot_be_counted_is_refused():
    with pytest.raises(BlueprintError, match="must begin with one activity"):
        blueprint(["a", {"loop": {"choice": ["b", "c"]}, "max": 3}, "d"], "abcd")


def test_visibility_comes_from_the_lane_kind():
    read = blueprint(["a", "b"], "ab")
    assert read.lane_of("a").visible
    assert not read.lane_of("b").visible


def test_the_service_type_in_effect_is_that_of_the_stage_else_of_the_service():
    norm = read_blueprint(ROOT / "sample_logs" / "bank_loan" / "blueprint.yaml")
    assert [norm.mode_of(x) for x in ("intake", "offer", "approve")] == ["self_service", "interactive", "linear"]
    stages = [{"id": "a", "name": {"en": "x"}}, {"id": "all", "name": {"en": "y"}, "type": "interactive"}]
    for service_type in ("linear", "hybrid"):
        read = parse_blueprint(text(service_type=service_type, stages=stages))
        assert (read.mode_of("all"), read.mode_of("b")) == ("interactive", "interactive")
        assert read.mode_of("a") == service_type  # the stage, not the activity of that name
    with pytest.raises(UnknownNameError, match="stage or activity 'al'.*Did you mean 'all'"):
        read.mode_of("al")


def test_the_zone_of_a_blueprint_is_that_of_its_log_else_of_its_calendar():
    log = {"case": "c", "activity": "a", "timestamp": "t"}
    assert parse_blueprint(text(log=log | {"tz": "Asia/Shanghai"})).tz == "Asia/Shanghai"
    assert read_blueprint(ROOT / "sample_logs" / "permit_receipt" / "blueprint.yaml").tz == "Europe/Amsterdam"
    assert parse_blueprint(text(log=log, calendars={})).tz == "UTC"


def test_lint_names_place_and_weakness():
    raw = blueprint_dict(["a", "b"], "abc")
    raw["status"] = "draft"
    raw["activities"][0]["touchpoint"] = {"key": True, "moment_of_truth": True}
    raw["activities"][1]["wait_point"] = True
    raw["activities"][1]["fail_point"] = {"failure": {"en": "lost"}}
    codes = {w.code for w in parse_blueprint(json.dumps(raw, indent=1), name="x.yaml").lint()}
    assert codes == {
        "not-approved", "outside-flow", "wait-without-limit", "fail-point-without-control", "key-touchpoint-without-standard",
        "moment-of-truth-without-measure", "touchpoint-without-evidence", "no-role", "end-not-reached",
        "failure-not-seen",
    }  # fmt: skip


# --- flows kept in BPMN ----------------------------------------------------------------------------------------------

BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
{elements}
{flows}
</process></definitions>"""


def bpmn(elements, *flows):
    """Elements as (kind, id); flows as "source>target"."""
    made = "".join(f'<{kind} id="{id}" name="{id}"/>' for kind, id in elements)
    arcs = "".join(
        f'<sequenceFlow id="f{i}" sourceRef="{x.split(">")[0]}" targetRef="{x.split(">")[1]}"/>'
        for i, x in enumerate(flows)
    )
    return BPMN.format(elements=made, flows=arcs)


START, END = ("startEvent", "s"), ("endEvent", "e")
TASKS = [("task", x) for x in "abc"]


def with_bpmn(folder, content):
    (folder / "flow.bpmn").write_text(content)
    (folder / "blueprint.yaml").write_text(json.dumps(blueprint_dict({"bpmn": "flow.bpmn"}, "abc")))
    return folder / "blueprint.yaml"


def test_a_flow_in_bpmn_means_what_its_gateways_say(tmp_path):
    both = [("parallelGateway", "x"), ("parallelGateway", "y")]
    read = read_blueprint(
        with_bpmn(tmp_path, bpmn([START, END, *TASKS, *both], "s>a", "a>x", "x>b", "x>c", "b>y", "c>y", "y>e"))
    )
    assert read.automaton.accepts("abc")
    assert read.automaton.accepts("acb")
    assert not read.automaton.accepts("ab")
    assert set(read.flow.follows) == {("a", "b"), ("a", "c")}
    assert "data-activity" in read.plot().svg


def test_an_unsound_flow_is_refused_with_the_way_into_the_trap(tmp_path):
    mixed = [("exclusiveGateway", "x"), ("parallelGateway", "y")]
    path = with_bpmn(tmp_path, bpmn([START, END, *TASKS, *mixed], "s>a", "a>x", "x>b", "x>c", "b>y", "c>y", "y>e"))
    with pytest.raises(BlueprintError, match=r"blueprint.yaml:1: the flow is unsound: its end can never be reached"):
        read_blueprint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bpmn([START, END, *TASKS, ("inclusiveGateway", "g7")], "s>a"), "element 'g7' is a inclusiveGateway"),
        (
            bpmn([START, END, *TASKS, ("task", "Sing")], "s>a"),
            r"task 'Sing' \('Sing'\) is no activity of the blueprint",
        ),
        ("<definitions", "not well-formed XML"),
        ('<!DOCTYPE x [<!ENTITY y "z">]><definitions/>', "document type declaration"),
        (BPMN.format(elements="", flows="").replace("</process>", '</process><process id="q"/>'), "holds 2 processes"),
    ],
)
def test_bpmn_that_cannot_be_read_is_refused(tmp_path, content, message):
    with pytest.raises(BlueprintError, match=message):
        read_blueprint(with_bpmn(tmp_path, content))


def test_a_missing_bpmn_file_names_its_neighbours(tmp_path):
    path = with_bpmn(tmp_path, "x")
    (tmp_path / "flow.bpmn").rename(tmp_path / "other.bpmn")
    with pytest.raises(BlueprintError, match="BPMN files in that folder: other.bpmn"):
        read_blueprint(path)
