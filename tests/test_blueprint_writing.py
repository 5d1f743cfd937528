"""From a blueprint back to its file: nothing lost, read the same by readers of YAML 1.1 and 1.2, whatever the texts."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.blueprint import parse_blueprint, read_blueprint, schema, yaml12
from mining.blueprint.writing import flow_raw, same, to_raw, to_yaml
from tests.examples import examples
from tests.helpers import SHARED, blueprint, blueprint_dict
from tests.strategies import LETTERS, contacts, flows

SAMPLES = sorted(Path("sample_logs").glob("*/blueprint.yaml"))


def exactly(value):
    """Text that differs where values differ in type or order: 1, 1.0 and true are three things."""
    return json.dumps(value, ensure_ascii=False)


def without_defaults(raw):
    """A file's values without what says nothing: null, and empty lists and mappings."""
    if isinstance(raw, dict):
        kept = {key: without_defaults(x) for key, x in raw.items()}
        return {key: x for key, x in kept.items() if x is not None and x not in ([], {})}
    return [without_defaults(x) for x in raw] if isinstance(raw, list) else raw


def due_dates_told(raw):
    """An attribute that a standard uses as a due date is a datetime, which the file need not say."""
    attributes = raw["log"].get("attributes", {})
    for name in {x["due"] for x in raw["standards"] if "due" in x}:
        column = attributes[name]["column"] if isinstance(attributes[name], dict) else attributes[name]
        attributes[name] = {"column": column, "type": "datetime"}
    return raw


# --- round trips ---------------------------------------------------------------------------------------------------------


@pytest.mark.few_quick(2)
@pytest.mark.parametrize(
    "path", [*SAMPLES, *sorted(SHARED.glob("blueprints/*.yaml"))], ids=lambda path: "-".join(path.parts[-2:])
)
def test_every_example_is_read_back_as_it_was(path):
    read = read_blueprint(path)
    raw = to_raw(read)
    assert raw == due_dates_told(without_defaults(yaml12.load(path.read_text(encoding="utf-8"), "x")[0]))
    text = to_yaml(raw)
    again = parse_blueprint(text)
    assert same(read, again)
    assert exactly(to_raw(again)) == exactly(raw) == exactly(yaml.safe_load(text))
    assert to_yaml(to_raw(again)) == text
    assert max(map(len, text.splitlines())) <= 120


def test_the_samples_are_there():
    assert len(SAMPLES) == 4


def schema_names(part):
    """All keys that the schema knows, wherever they stand."""
    if isinstance(part, dict):
        properties = part.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for x in part.values():
            yield from schema_names(x)
    elif isinstance(part, list):
        for x in part:
            yield from schema_names(x)


def names(raw):
    """All keys of a document."""
    if isinstance(raw, dict):
        yield from raw
    if isinstance(raw, dict | list):
        for x in raw.values() if isinstance(raw, dict) else raw:
            yield from names(x)


OFFICE = {
    "tz": "Europe/Amsterdam",
    "week": {"mon-thu": ["09:00-17:00"], "sat": []},
    "closed": ["2026-04-27"],
    "extra_workdays": [{"date": "2026-04-25", "as": "mon"}],
    "coverage": ["2026-01-01", "2026-12-31"],
    "source": "Calendar of the office",
}
TIMED = {"dimension": "time", "severity": "major", "basis": "Charter"}
EVERYTHING = {
    "approval": {"by": "Board", "date": "2025-12-01", "ref": "B-1"},
    "effective": {"from": "2026-01-01", "to": "2026-12-31"},
    "scope": {
        "starts_with": ["a"], "ends_with": ["c", "d"], "unit_of_analysis": "one request",
        "segment": "private", "excludes": "tests",
        "withdrawn_by": ["d"], "reopened_by": ["b"], "abandoned_after": "1.5w",
    },
    "calendars": {"office": OFFICE},
    "stages": [{"id": "all", "type": "self_service", "name": {"en": "All"}}],
    "roles": {"clerk": {"name": {"en": "Clerk"}, "resources": ["ann", "bob"]}, "boss": {"name": {"en": "Boss"}}},
    "log": {
        "case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
        "lifecycle": {"column": "state", "schedule": "S", "start": "B", "complete": "C"},
        "attributes": {
            "channel": "Channel", "amount": {"column": "Amount", "type": "number"}, "asked": {"column": "Asked", "tz": "UTC"},
            "deadline": {"column": "Deadline", "type": "datetime"},
            "due": {"column": "Due", "type": "datetime", "tz": "Asia/Shanghai"},
        },
        "ignore": ["TEST"], "tz": "UTC",
    },
    "flow": [
        "a",
        {"optional": {"loop": "b", "redo": ["c"], "max": 3}},
        {"choice": [{"parallel": ["c", "d"]}, {"free": ["e", "f"]}, "d"]},
    ],
    "rules": [
        {"id": "R1", "kind": "response", "a": "a", "a_at": "start", "b": "b", "b_at": "start", "within": "1.5h",
         "severity": "major", "basis": "P", "when": [{"attr": "channel", "op": "in", "value": ["Desk", "Web"]}],
         "text": {"en": "Soon"}},
        {"id": "R2", "kind": "not_before", "a": "c", "b": "a", "after": "1bd", "calendar": "office",
         "severity": "critical", "basis": "P", "when": [{"attr": "amount", "op": ">=", "value": 0.5}]},
        {"id": "R3", "kind": "at_most", "a": "a", "n": 0, "severity": "minor", "basis": "P"},
        {"id": "R4", "kind": "performed_by", "a": "a", "role": "clerk", "severity": "minor", "basis": "P"},
    ],
    "standards": [
        {"id": "S1", **TIMED, "metric": "elapsed", "from": {"any": ["a", "b"]}, "to": "case_end", "max": "5bd",
         "share": 0.95, "calendar": "office", "stop_clock": [{"from": "b", "to": "next_event"}],
         "when": [{"attr": "channel", "op": "!=", "value": "Post"}], "touchpoint": "a", "text": {"en": "In time"}},
        {"id": "S2", **TIMED, "metric": "due_date", "of": "case_end", "due": "deadline"},
        {"id": "S3", **TIMED, "metric": "due_date", "of": "d", "due": "due"},
        {"id": "S5", "dimension": "quality", "metric": "attribute", "attr": "channel", "of": "a",
         "one_of": ["Desk", "Web"], "severity": "minor", "basis": "Charter"},
        {"id": "S6", "dimension": "quality", "metric": "handovers", "max": 3, "share": 0.9, "touchpoint": "a",
         "when": [{"attr": "amount", "op": "<", "value": 10}], "severity": "minor", "basis": "Charter"},
        {"id": "S7", "dimension": "outcome", "metric": "turns", "min": 1, "max": 4, "severity": "minor", "basis": "Charter"},
        {"id": "S4", "dimension": "quality", "metric": "score", "source": "survey", "item": "q1", "min": 4,
         "severity": "minor", "basis": "Charter"},
    ],
    "kpis": [
        {"id": "k1", "formula": {"share_with": "a"}, "target": 0.5, "direction": "up", "name": {"en": "K"}},
        {"id": "k2", "formula": {"share_without": ["a"]}, "target": 1, "direction": "up", "name": {"en": "K"}},
        {"id": "k3", "formula": {"share_at_most": {"a": "a", "n": 1}}, "target": 0.5, "direction": "up",
         "name": {"en": "K"}},
        {"id": "k4", "formula": {"median_waiting": ["a"]}, "target": "45min", "direction": "down", "name": {"en": "K"}},
        {"id": "k5", "formula": {"survey": "q1", "stat": "mean"}, "target": 4, "direction": "up", "name": {"en": "K"}},
    ],
    "allow": [
        {"id": "A1", "match": {"kind": "missing", "activity": "a"}, "decision": "exempt", "reason": {"en": "R"},
         "approved_by": "Boss", "valid": ["2026-01-01", "2026-06-30"], "max_share": 0,
         "when": [{"attr": "amount", "op": "<", "value": 10}]},
        {"id": "A2", "match": {"rule": "R1"}, "decision": "accepted", "reason": {"en": "R"}, "approved_by": "Boss",
         "valid": ["2026-01-01", "2026-06-30"]},
        {"id": "A3", "match": {"standard": "S1"}, "decision": "beneficial", "reason": {"en": "R"},
         "approved_by": "Boss", "valid": ["2026-01-01", "2026-06-30"]},
    ],
}  # fmt: skip


def everything():
    raw = blueprint_dict(**EVERYTHING, activities="abcdef")
    a, f = raw["activities"][0], raw["activities"][5]
    a["role"] = "clerk"
    a["rework"] = a["wait_point"] = True
    a["replaced_by"] = ["b", "Done by post"]
    a["touchpoint"] = {
        "key": False,
        "moment_of_truth": True,
        "channels": ["web"],
        "evidence": ["letter", "receipt"],
        "proofs": [{"of": "letter", "attr": "channel"}, {"of": "receipt", "activity": "e"}],
        "fails_when": [
            {"attr": "channel", "op": "not_in", "value": ["Desk", "Web"]},
            {"attr": "amount", "op": ">", "value": 0.5},
        ],
        "rater": ["empathy"],
        "importance": 5,
    }
    a["fail_point"] = {"failure": {"en": "Lost", "zh": "丢失"}, "s": 6, "o": 3, "d": 4, "control": "Second look"}
    del f["labels"]
    f["observable"] = False
    raw["log"] |= {
        "format": "%d.%m.%y %H:%M",
        "start_format": "epoch s",
        "decimal": ",",
        "encoding": "cp1252",
        "delimiter": ";",
    }
    raw["log"] |= {
        "sheet": "Log",
        "header": 4,
        "table": "log",
        "query": "select 1",
        "order_by": ["row"],
        "object_type": "order",
    }
    return raw


def test_every_key_of_the_format_survives():
    raw = everything()
    read = parse_blueprint(json.dumps(raw))
    written = to_raw(read)
    expected = {**raw, "flow": [raw["flow"][0], {"optional": {"loop": "b", "redo": "c", "max": 3}}, raw["flow"][2]]}
    assert written == expected
    known = set(schema_names(schema())) - {"bpmn"}  # the last has a test of its own
    assert known - set(names(written)) == set()
    assert same(parse_blueprint(to_yaml(written)), read)


def test_defaults_written_out_are_left_out():
    raw = everything()
    raw["log"] |= {"start": None, "resource": None, "ignore": []}
    raw["log"]["attributes"] = {
        "channel": {"column": "Channel", "type": "string"},
        "amount": {"column": "Amount", "type": "number"},
        "deadline": "Deadline",
        "due": {"column": "Due"},
    }
    raw["rules"][0] |= {"a_at": "complete", "when": []}
    raw["activities"][1] |= {"observable": True, "rework": False, "wait_point": False}
    raw["standards"][0]["from"] = {"any": ["a"]}
    written = to_raw(parse_blueprint(json.dumps(raw)))
    assert not {"start", "resource", "ignore"} & set(written["log"])
    assert written["log"]["attributes"] == {
        "channel": "Channel",
        "amount": {"column": "Amount", "type": "number"},
        "deadline": {"column": "Deadline", "type": "datetime"},
        "due": {"column": "Due", "type": "datetime"},
    }
    assert not {"a_at", "when"} & set(written["rules"][0])
    assert set(written["activities"][1]) == {"id", "lane", "stage", "labels", "name"}
    assert written["standards"][0]["from"] == "a"


@pytest.mark.parametrize("length", ["0.1h", "1234567s", "0.0000001h", "007min"])
def test_the_silence_after_which_a_case_is_abandoned_keeps_all_its_digits(length):
    raw = blueprint_dict(["a", "b"], "ab")
    raw["scope"]["abandoned_after"] = length
    read = parse_blueprint(json.dumps(raw))
    assert parse_blueprint(to_yaml(to_raw(read))).scope == read.scope
    assert read.scope.abandoned_after.seconds == pytest.approx(
        {"0.1h": 360, "1234567s": 1234567, "0.0000001h": 0.00036, "007min": 420}[length]
    )


@pytest.mark.parametrize("length", ["0.1h", "1234567s", "12345678.5s", "0.0000001h", "3d", "2bd", "1.10h", "007min"])
def test_lengths_of_time_keep_all_their_digits(length):
    rule = {"id": "R", "kind": "response", "a": "a", "b": "b", "within": length, "severity": "minor", "basis": "x"}
    calendar = {"calendars": {"office": OFFICE}}
    if length.endswith("bd"):
        rule["calendar"] = "office"
    read = blueprint(["a", "b"], "ab", rules=[rule], **calendar)
    again = parse_blueprint(to_yaml(to_raw(read)))
    assert again.rules[0].within == read.rules[0].within
    assert to_raw(read)["rules"][0]["within"] == {"1.10h": "1.1h", "007min": "7min"}.get(length, length)


# --- what is the same ----------------------------------------------------------------------------------------------------


def loan(**more):
    return blueprint(["a", "b"], "ab", **{"log": attributes(), **more})


def attributes():
    return {
        "case": "case", "activity": "activity", "timestamp": "end",
        "attributes": {"x": {"column": "X", "type": "number"}, "y": {"column": "Y", "type": "boolean"}},
    }  # fmt: skip


def with_first(**more):
    first, *others = blueprint_dict([], "ab")["activities"]
    return [first | more, *others]


def rule_when(attr, value):
    when = [{"attr": attr, "op": "==", "value": value}]
    return [{"id": "R", "kind": "must_occur", "a": "a", "severity": "minor", "basis": "x", "when": when}]


def test_blueprints_are_the_same_by_what_they_say():
    assert same(loan(), loan())
    assert same(loan(rules=rule_when("x", 1)), loan(rules=rule_when("x", 1.0)))
    turned = dict(reversed(blueprint_dict(["a", "b"], "ab", log=attributes()).items()))
    assert same(loan(), parse_blueprint("# other lines\n" + json.dumps(turned, indent=3)))


@pytest.mark.parametrize(
    "other",
    [
        {"version": "2"},
        {"flow": ["b", "a"]},
        {"rules": rule_when("x", 2)},
        {"rules": rule_when("y", True)},
        {"activities": with_first(replaced_by=["b"])},
        {
            "activities": with_first(
                touchpoint={"key": True, "evidence": ["x"], "proofs": [{"of": "x", "activity": "b"}]}
            )
        },
        {"scope": {"starts_with": ["a"], "ends_with": ["b"], "unit_of_analysis": "one case", "abandoned_after": "30d"}},
        {"lanes": list(reversed(blueprint_dict([], "ab")["lanes"]))},
        {"name": {"en": "Test service"}},
    ],
)
def test_a_blueprint_that_says_something_else_is_not_the_same(other):
    changed = {**blueprint_dict(["a", "b"], "ab", log=attributes()), **other}
    assert not same(loan(), parse_blueprint(json.dumps(changed)))


# --- generated blueprints ------------------------------------------------------------------------------------------------

ODD = (
    *("yes", "no", "on", "off", "y", "n", "Yes", "NO", "null", "Null", "~", "", " ", "true", "False", "1", "1.0", "01", "-1"),
    *("1e5", "1_000", "0x1F", "0o17", "0b1", "12:30", "12:30:45", "1:2", ".5", "+1", ".inf", ".nan", "2026-01-05"),
    *("2026-01-05T10:00:00Z", "2026-01-05 10:00:00", "<<", "=", "- a", "-", "--- a", "---", "...", "? a", ": a", "a: b", "a:"),
    *("a #b", "a#b", "#a", "'a'", '"a"', "a'b", 'a"b', "\\", "a\\nb", "[a]", "{a}", "a, b", "a]", "&a", "*a", "!a", "!!int 3"),
    *("|", ">", "%a", "@a", "`a`", " a", "a ", "a  b", "\ta", "a\tb", "a\nb", "a\n", "\na", "a\n\n", "a\n b", " a\nb", "a \nb"),
    *("a\nb: c\n# d\n- e", "a\n\nb", "a\r\nb", "提交申请", "受理：登记，复核。", "# 注释", "是", "全角\u3000空格", "ﬁn", "é", "e\u0301"),
    *("😀", "a\u00a0b", "a\u200bb", "\ufeffa", "a\u2028b", "a\x85b", "\x07", "5bd", "8w", "0.5h", "60min", "a" * 200),
    *("k" * 1200, "#" * 1200),
)  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.text(max_size=12)
VALUES = st.recursive(
    TEXTS
    | st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False)
    | st.sampled_from([1e22, 5e-324, -0.0, float("inf"), -float("inf")]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
SECTION_NAMES = st.sampled_from(["owner", "lanes", "activities", "rules", "calendars", "flow", "log", "allow"]) | TEXTS
DOCUMENTS = st.dictionaries(SECTION_NAMES, VALUES, min_size=1, max_size=4)


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_stay_texts_wherever_they_stand(text):
    raw = {"owner": text, text: 1, "lanes": [text, [text, [text]], {"a": text}, {text: text}], "name": {"en": text}}
    written = to_yaml(raw)
    assert exactly(yaml12.load(written, "x")[0]) == exactly(raw)
    assert exactly(yaml.safe_load(written)) == exactly(raw)


@settings(max_examples=examples(150), deadline=None)
@given(DOCUMENTS)
def test_any_values_are_read_back_as_they_were_by_both_kinds_of_reader(raw):
    written = to_yaml(raw)
    assert exactly(yaml12.load(written, "x")[0]) == exactly(raw)
    assert exactly(yaml.safe_load(written)) == exactly(raw)


PATHS = st.lists(st.integers(0, 2) | SECTION_NAMES, max_size=4).map(tuple)


@settings(max_examples=examples(100), deadline=None)
@given(DOCUMENTS, st.dictionaries(PATHS, TEXTS, max_size=4), st.lists(TEXTS, max_size=2))
def test_comments_change_nothing(raw, notes, head):
    written = to_yaml(raw, notes=notes, head=head)
    assert exactly(yaml12.load(written, "x")[0]) == exactly(raw)
    assert exactly(yaml.safe_load(written)) == exactly(raw)


def json_text(text):
    """Texts that can stand in a JSON file read as YAML: signs that neither escapes are left out."""
    return "".join(x for x in text if x < "\x7f" or (x.isprintable() and x <= "\uffef"))


PLAIN_TEXTS = TEXTS.map(json_text)
FILLED = PLAIN_TEXTS.filter(bool)
TRANSLATED = st.dictionaries(st.sampled_from(["en", "zh", "no", "zh-Hans"]), PLAIN_TEXTS, min_size=1)
IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,5}", fullmatch=True) | st.sampled_from(
    ["yes", "No", "null", "true", "e5"]
)
STEP = st.sampled_from(LETTERS)
DATES = st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(str)
BASICS = st.fixed_dictionaries(
    {"severity": st.sampled_from(["critical", "minor"]), "basis": FILLED}, optional={"text": TRANSLATED}
)
WHEN = st.one_of(
    st.fixed_dictionaries({"attr": st.just("t"), "op": st.just("=="), "value": PLAIN_TEXTS}),
    st.fixed_dictionaries({"attr": st.just("t"), "op": st.just("in"), "value": st.lists(PLAIN_TEXTS, max_size=3)}),
    st.fixed_dictionaries({"attr": st.just("x"), "op": st.just("<="), "value": st.integers() | st.floats(-9, 9)}),
    st.fixed_dictionaries({"attr": st.just("b"), "op": st.just("!="), "value": st.booleans()}),
)
CONDITIONS = st.fixed_dictionaries({}, optional={"when": st.lists(WHEN, min_size=1, max_size=2)})
LENGTHS = st.integers(1, 99).map(lambda n: f"{n}h") | st.floats(0.001, 99).map(lambda x: f"{x:.3f}min")


def joined(*parts):
    return st.tuples(*parts).map(lambda found: {key: x for part in found for key, x in part.items()})


RULES = joined(
    st.one_of(
        st.fixed_dictionaries({"kind": st.just("must_occur"), "a": STEP}, optional={"n": st.integers(0, 9)}),
        st.fixed_dictionaries({"kind": st.just("at_most"), "a": STEP, "n": st.integers(0, 9)}),
        st.fixed_dictionaries(
            {"kind": st.just("response"), "a": st.just("a"), "b": st.just("b")},
            optional={"within": LENGTHS, "a_at": st.sampled_from(["start", "complete"])},
        ),
    ),
    BASICS,
    CONDITIONS,
)
STANDARDS = joined(
    st.fixed_dictionaries({
        "dimension": st.just("time"), "metric": st.just("elapsed"), "max": LENGTHS,
        "from": st.just("case_start") | STEP | st.lists(STEP, min_size=1, unique=True).map(lambda x: {"any": x}),
        "to": st.just("case_end") | STEP,
    }, optional={"share": st.floats(0.01, 1), "touchpoint": STEP}),
    BASICS,
    CONDITIONS,
)  # fmt: skip
ALLOW = joined(
    st.fixed_dictionaries({
        "match": st.fixed_dictionaries({"kind": st.just("missing")}, optional={"activity": STEP}),
        "decision": st.just("accepted"), "reason": TRANSLATED, "approved_by": FILLED,
        "valid": st.just(["2026-01-01", "2026-12-31"]),
    }, optional={"max_share": st.floats(0, 1)}),
    CONDITIONS,
)  # fmt: skip
HEADS = st.fixed_dictionaries(
    {"version": FILLED, "owner": FILLED, "name": TRANSLATED},
    optional={"effective": st.fixed_dictionaries({"from": DATES}), "id": IDS},
)


@st.composite
def raw_blueprints(draw):
    raw = blueprint_dict(flow_raw(draw(flows())), LETTERS)
    log = {
        "case": draw(FILLED), "activity": "activity", "timestamp": "end",
        "attributes": {"t": draw(FILLED), "x": {"column": "X", "type": "number"}, "b": {"column": "B", "type": "boolean"}},
    }  # fmt: skip
    labels = draw(st.lists(FILLED, min_size=5, max_size=9, unique=True))
    for i, activity in enumerate(raw["activities"]):
        activity["labels"] = labels[i::5]
        activity["name"] = draw(TRANSLATED)
    for key, prefix, entries in (("rules", "R", RULES), ("standards", "S", STANDARDS), ("allow", "A", ALLOW)):
        raw[key] = [{"id": f"{prefix}{i}", **x} for i, x in enumerate(draw(st.lists(entries, max_size=2)))]
    return draw(contacts(raw | {"log": log})) | draw(HEADS)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(raw_blueprints())
def test_any_blueprint_is_read_back_as_it_was(raw):
    read = parse_blueprint(json.dumps(raw, ensure_ascii=False))
    written = to_yaml(to_raw(read))
    again = parse_blueprint(written)
    assert same(again, read)
    assert again.flow == read.flow
    assert (again.activities, again.scope) == (read.activities, read.scope)
    assert (again.rules, again.standards, again.allowances) == (read.rules, read.standards, read.allowances)
    assert exactly(to_raw(again)) == exactly(to_raw(read)) == exactly(yaml.safe_load(written))


@given(flows(8))
def test_a_flow_is_read_back_as_it_was(flow):
    assert blueprint(flow_raw(flow), LETTERS).flow == flow


# --- flows in BPMN files -------------------------------------------------------------------------------------------------

BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>
<task id="{0}"/><task id="{1}"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="{0}"/>
<sequenceFlow id="g" sourceRef="{0}" targetRef="{1}"/><sequenceFlow id="h" sourceRef="{1}" targetRef="e"/></process></definitions>"""


def with_bpmn(folder, first="a", second="b"):
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "flow.bpmn").write_text(BPMN.format(first, second))
    (folder / "blueprint.yaml").write_text(json.dumps(blueprint_dict({"bpmn": "models/flow.bpmn"}, "ab")))
    return folder / "blueprint.yaml"


def test_a_flow_in_a_bpmn_file_stays_a_reference_to_it(tmp_path):
    path = with_bpmn(tmp_path)
    read = read_blueprint(path)
    assert to_raw(read)["flow"] == {"bpmn": "models/flow.bpmn"}
    (tmp_path / "again.yaml").write_text(to_yaml(to_raw(read)))
    assert same(read_blueprint(tmp_path / "again.yaml"), read)


def test_the_hash_covers_the_bpmn_file(tmp_path):
    path = with_bpmn(tmp_path)
    bpmn = tmp_path / "models" / "flow.bpmn"
    read = read_blueprint(path)
    assert read.sha256 == hashlib.sha256(path.read_bytes() + bpmn.read_bytes()).hexdigest()
    bpmn.write_text(bpmn.read_text() + "\n")
    changed = read_blueprint(path)
    assert changed.sha256 != read.sha256
    assert same(changed, read)


def test_the_hash_of_one_file_is_its_own():
    path = SAMPLES[0]
    assert read_blueprint(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_equal_references_to_different_drawings_are_not_the_same(tmp_path):
    assert not same(read_blueprint(with_bpmn(tmp_path / "x")), read_blueprint(with_bpmn(tmp_path / "y", "b", "a")))
