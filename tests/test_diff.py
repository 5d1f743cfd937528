"""What changed between two blueprints: by hand, by laws, and against the languages themselves."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.blueprint import model as m
from mining.blueprint import parse_blueprint, read_blueprint, schema
from mining.blueprint.diff import Change, diff
from mining.blueprint.diff_words import KEYS, PARTS, SENTENCES
from mining.blueprint.writing import flow_raw, same, to_raw
from mining.errors import MiningError, UnknownNameError
from tests.examples import examples
from tests.helpers import OFFICE, ROOT, blueprint, blueprint_dict
from tests.strategies import LETTERS, flows, language

SAMPLES = sorted(path.parent.name for path in (ROOT / "sample_logs").glob("*/blueprint.yaml"))
LOAN = (ROOT / "sample_logs/bank_loan/blueprint.yaml").read_text("utf-8")


def parsed(raw):
    return parse_blueprint(json.dumps(raw, ensure_ascii=False), name="test.yaml")


def changes(old, new):
    return [(c.kind, c.path, c.what, c.before, c.after) for c in diff(old, new)]


@pytest.fixture
def loan():
    return parse_blueprint(LOAN)


def test_two_versions_with_one_changed_limit_are_one_line(loan):
    new = parse_blueprint(
        LOAN.replace("cancel]}, max: 5bd", "cancel]}, max: 10bd").replace('version: "2026-01"', 'version: "2026-02"')
    )
    assert new.version == "2026-02"
    assert changes(loan, new) == [("changed", ("standards", "S2", "max"), "value", "5bd", "10bd")]
    [change] = diff(loan, new)
    assert change.say() == str(change) == "standard S2: limit changed from 5bd to 10bd"
    assert change.say("zh") == "标准 S2：时限由 5bd 改为 10bd"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_blueprint_does_not_differ_from_itself(name):
    path = ROOT / "sample_logs" / name / "blueprint.yaml"
    assert diff(read_blueprint(path), read_blueprint(path)) == ()


def test_comments_and_the_order_of_keys_are_no_change(loan):
    raw = to_raw(loan)
    assert diff(loan, parsed(dict(reversed(raw.items())))) == ()


def test_an_added_step_is_one_part_and_what_the_flow_gains_and_loses():
    old, new = blueprint(["a", "b"], "ab"), blueprint(["a", "c", "b"], "acb", ends="b")
    assert changes(old, new) == [
        ("added", ("activities", "c"), "part", None, to_raw(new)["activities"][1]),
        ("changed", ("activities", "b", "lane"), "value", "office", "desk"),
        ("added", ("flow", 1), "node", None, "c"),
        ("added", ("flow",), "trace", None, ["a", "c", "b"]),
        ("removed", ("flow",), "trace", ["a", "b"], None),
    ]
    said = [change.say() for change in diff(old, new)]
    assert said == [
        "activity c added (Step c)",
        "activity b: lane changed from office to desk",
        "flow (2): c added",
        "the flow now allows, and did not before: a > c > b",
        "the flow no longer allows: a > b",
    ]
    assert "删除活动 c（步骤c）" in [change.say("zh") for change in diff(new, old)]


def test_an_optional_step_only_gains():
    old, new = blueprint(["a", "b"], "ab"), blueprint(["a", {"optional": "b"}], "ab")
    assert changes(old, new) == [
        ("changed", ("flow", 1), "node", "b", {"optional": "b"}),
        ("added", ("flow",), "trace", None, ["a"]),
    ]


def test_a_flow_written_differently_that_means_the_same_is_said_to_mean_the_same():
    old, new = blueprint({"choice": ["a", ["a", "b"]]}, "ab"), blueprint(["a", {"optional": "b"}], "ab")
    *_, last = diff(old, new)
    assert (last.kind, last.what) == ("changed", "language")
    assert last.say() == "the flow is written differently, but allows exactly the same"
    assert last.say("zh") == "流程写法不同，但允许的走法完全相同"


def test_the_order_of_branches_is_an_order_and_no_more():
    old, new = blueprint(["a", {"choice": ["b", "c"]}], "abc"), blueprint(["a", {"choice": ["c", "b"]}], "abc")
    assert [c.what for c in diff(old, new)] == ["order", "language"]
    assert diff(old, new)[0].say() == "flow (2.choice): order changed from b, c to c, b"


def test_a_change_deep_in_the_flow_is_told_where_it_is():
    old = blueprint(["a", {"choice": ["b", [{"loop": "c", "redo": "d", "max": 2}, "e"]]}], "abcde", ends="be")
    new = blueprint(["a", {"choice": ["b", [{"loop": "c", "redo": "d", "max": 3}, "e"]]}], "abcde", ends="be")
    [limit, language_] = diff(old, new)
    assert (limit.path, limit.before, limit.after) == (("flow", 1, "choice", 1, 0, "max"), 2, 3)
    assert limit.say() == "flow (2.choice.2.1.max) changed from 2 to 3"
    assert language_.what == "language"  # the limit is a rule, the automaton does not count


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (["a", "b", "c"], {"parallel": [["a", "b", "c"], {"optional": {"loop": "d"}}]}, ("flow",)),
        (["a", "b", "c"], {"free": ["a", "b", "c"]}, ("flow",)),
        (["a", "b", "c", "d"], ["a", {"optional": ["b", "c"]}, "d"], ("flow", 1)),
        (["a", "b", "c", "d"], ["a", {"parallel": ["b", "c"]}, "d"], ("flow", 1)),
        (["a", "b", "c"], ["a", {"loop": ["b", "c"]}], ("flow", 1)),
    ],
    ids=["any-time", "free", "optional", "parallel", "loop"],
)
def test_steps_that_a_block_is_put_around_are_not_said_to_be_gone(old, new, place):
    for before, after in ((old, new), (new, old)):
        nodes = [c for c in diff(blueprint(before), blueprint(after)) if c.what == "node"]
        assert [(c.kind, c.path) for c in nodes] == [("changed", place)]
        span = [c.before if before == old else c.after for c in nodes][0]
        assert span == (old if len(place) == 1 else [x for x in old[1:] if x in json.dumps(new[1])])


def test_a_step_that_two_blocks_hold_is_told_once():
    found = diff(blueprint(["a", "b", "c", "d"]), blueprint([{"optional": ["a", "b"]}, {"choice": ["b", ["c", "d"]]}]))
    assert [(c.kind, c.path, c.before) for c in found if c.what == "node"] == [
        ("changed", ("flow", 0), "a"),
        ("changed", ("flow", 1), ["b", "c", "d"]),
    ]


def test_a_renamed_activity_is_one_change_and_its_references_are_none():
    checks = {
        "rules": [{"id": "R", "kind": "precedence", "a": "a", "b": "b", "severity": "minor", "basis": "x"}],
        "standards": [
            {"id": "S", "dimension": "time", "metric": "elapsed", "from": "a", "to": {"any": ["b", "c"]}, "max": "1h",
             "severity": "minor", "basis": "x", "stop_clock": [{"from": "b", "to": "next_event"}]},
        ],
        "allow": [{"id": "A", "match": {"kind": "missing", "activity": "b"}, "decision": "accepted", "reason": {"en": "x"},
                   "approved_by": "x", "valid": ["2026-01-01", "2026-12-31"]}],
        "kpis": [{"id": "K", "name": {"en": "x"}, "formula": {"share_with": "b"}, "target": 1, "direction": "up"}],
    }  # fmt: skip
    raw = blueprint_dict(["a", {"optional": "b"}, "c"], "abc", ends="bc", **checks)
    other = json.loads(json.dumps(raw).replace('"b"', '"check"').replace('"check": "check"', '"b": "check"'))
    for rule in other["rules"]:
        rule["b"] = rule.pop("check", rule.get("b"))
    old, new = parsed(raw), parsed(other)
    assert new.rules[0].b == "check"
    [change] = diff(old, new)
    assert change == Change("renamed", ("activities", "check"), "labels", "b", "check")
    assert change.say() == "activity: id changed from b to check (guessed: the log labels are the same)"


def test_references_to_a_renamed_step_in_touchpoints_and_ends_are_no_change():
    raw = blueprint_dict(["a", "b", "c"], "abc", ends="bc")
    raw["log"] = raw["log"] | {"attributes": {"b": "B"}}
    proofs = [{"of": "b", "attr": "b"}, {"of": "b", "activity": "b"}]
    raw["activities"][0] |= {
        "replaced_by": ["b", "by hand"],
        "touchpoint": {
            "key": True,
            "evidence": ["b"],
            "proofs": proofs,
            "fails_when": [{"attr": "b", "op": "==", "value": "b"}],
        },
    }
    raw["activities"][2]["replaced_by"] = ["b"]
    raw["scope"] |= {"withdrawn_by": ["b"]}
    other = deepcopy(raw)
    other["activities"][1]["id"] = other["flow"][1] = other["scope"]["withdrawn_by"][0] = other["scope"]["ends_with"][
        0
    ] = "x"
    other["activities"][0]["replaced_by"][0] = other["activities"][2]["replaced_by"][0] = "x"
    other["activities"][0]["touchpoint"]["proofs"][1]["activity"] = "x"
    [change] = diff(parsed(raw), parsed(other))
    assert (change.kind, change.path, change.before) == ("renamed", ("activities", "x"), "b")
    reopened, again = deepcopy(raw), deepcopy(other)
    for one, name in ((reopened, "b"), (again, "x")):
        del one["scope"]["withdrawn_by"]
        one["scope"] |= {"ends_with": ["c"], "reopened_by": [name]}
    assert [c.kind for c in diff(parsed(reopened), parsed(again))] == ["renamed"]


def test_what_is_seen_of_touchpoints_and_ends_changes_in_words():
    raw = blueprint_dict(["a", "b"], "ab")
    raw["log"] = raw["log"] | {"attributes": {"no": "No", "result": "Result"}}
    raw["activities"][0]["touchpoint"] = {
        "key": True,
        "evidence": ["letter"],
        "proofs": [{"of": "letter", "attr": "no"}],
    }
    raw["scope"]["abandoned_after"] = "30d"
    other = deepcopy(raw)
    other["scope"] |= {"abandoned_after": "60d", "withdrawn_by": ["b"]}
    other["activities"][0] |= {"replaced_by": ["by post"]}
    other["activities"][0]["touchpoint"] |= {
        "proofs": [{"of": "letter", "activity": "b"}],
        "fails_when": [{"attr": "result", "op": "==", "value": "lost"}],
    }
    found = diff(parsed(raw), parsed(other))
    assert [c.say() for c in found] == [
        "scope: ends by choice of the customer: b added",
        "scope: abandoned after changed from 30d to 60d",
        "activity a: replaced by: by post added",
        "activity a: touchpoint, proofs changed from of letter, attribute no to of letter, activity b",
        "activity a: touchpoint, fails when added: result == lost",
    ]
    assert found[1].say("zh") == "范围：视为放弃的静默时长由 30d 改为 60d"
    assert found[4].say("zh") == "活动 a：接触点、视为失败的条件：新增 result == lost"


def test_labels_shared_by_nothing_are_an_addition_and_a_removal():
    raw = blueprint_dict(["a", "b"], "ab")
    other = deepcopy(raw)
    other["activities"][1] |= {"id": "x", "labels": ["X"], "name": {"en": "Other"}}
    other["flow"][1] = other["scope"]["ends_with"][0] = "x"
    kinds = [(c.kind, c.path[:2]) for c in diff(parsed(raw), parsed(other))]
    assert ("added", ("activities", "x")) in kinds
    assert ("removed", ("activities", "b")) in kinds
    assert "renamed" not in dict(kinds)


def test_a_renamed_lane_and_a_renamed_rule_are_guessed_from_name_and_content():
    rule = {"id": "R1", "kind": "must_occur", "a": "a", "severity": "minor", "basis": "x"}
    raw = blueprint_dict(["a", "b"], "ab", rules=[rule])
    text = json.dumps(raw).replace('"office", "kind"', '"back", "kind"').replace('"lane": "office"', '"lane": "back"')
    found = diff(parsed(raw), parsed(json.loads(text.replace('"R1"', '"R7"'))))
    assert [(c.kind, c.path, c.what) for c in found] == [
        ("renamed", ("lanes", "back"), "name"),
        ("renamed", ("rules", "R7"), "content"),
    ]


def test_days_of_the_week_have_words_in_both_languages(loan):
    raw = to_raw(loan)
    raw["calendars"]["branch"]["week"] = {"mon-fri": ["08:00-20:00", "21:00-22:00"], "sat": ["09:00-15:00"]}
    [change] = diff(loan, parsed(raw))
    assert change.say() == "calendar branch: week, Monday-Friday: 21:00-22:00 added"
    assert change.say("zh") == "日历 branch：每周时段、周一至周五：新增 21:00-22:00"


def test_lists_of_names_change_by_item(loan):
    new = parse_blueprint(LOAN.replace("[adviser-01, adviser-02,", "[adviser-02, adviser-09,"))
    assert [c.say() for c in diff(loan, new)] == [
        "role adviser: resources: adviser-09 added",
        "role adviser: resources: adviser-01 removed",
    ]


def test_an_activity_that_no_log_shows_any_more_changes_what_the_flow_allows():
    raw = blueprint_dict(["a", "b", "c"], "abc")
    hidden = deepcopy(raw)
    hidden["activities"][1].pop("labels")
    hidden["activities"][1]["observable"] = False
    found = changes(parsed(raw), parsed(hidden))
    assert ("added", ("flow",), "trace", None, ["a", "c"]) in found
    assert ("removed", ("flow",), "trace", ["a", "b", "c"], None) in found


def test_flows_too_large_to_list_are_said_not_to_be_compared():
    steps = [f"s{i}" for i in range(40)]
    old = blueprint({"parallel": steps}, steps)
    new = blueprint({"parallel": [["s0", "s1"], *steps[2:]]}, steps)
    last = diff(old, new)[-1]
    assert (last.what, last.before) == ("language", None)
    assert last.say().startswith("what the old and the new flow allow was not compared: ")
    assert diff(old, old) == ()


def test_a_language_that_is_not_there_is_refused(loan):
    with pytest.raises(UnknownNameError, match="unknown language 'fr'. Known: en, zh"):
        Change("changed", ("status",), "value", "draft", "approved").say("fr")


def keys_of(schema):
    """Every key that the schema names for a value."""
    if isinstance(schema, list):
        return {key for part in schema for key in keys_of(part)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties", {})
    return {*(own if isinstance(own, dict) else ()), *keys_of(list(schema.values()))}


def test_every_key_of_the_format_has_words_in_both_languages():
    of_the_flow = {"choice", "parallel", "optional", "loop", "redo", "free", "bpmn"}
    assert keys_of(schema()) - {"sbp", "version"} - of_the_flow <= KEYS.keys() | PARTS.keys()
    assert all(len(words) == 2 and all(words) for words in (KEYS | PARTS | SENTENCES).values())


# --- laws --------------------------------------------------------------------------------------------------------------


def of_flow(flow):
    return parsed(blueprint_dict(flow_raw(flow), LETTERS, ends=LETTERS))


@settings(max_examples=examples(60), deadline=None)
@given(flows(), flows())
def test_the_ways_given_are_shortest_ways_of_one_flow_only(first, second):
    old, new = of_flow(first), of_flow(second)
    found = {c.kind: tuple(c.after or c.before or ()) for c in diff(old, new) if c.what == "trace"}
    for kind, mine, other in (("added", new, old), ("removed", old, new)):
        if kind in found:
            assert mine.automaton.accepts(found[kind])
            assert not other.automaton.accepts(found[kind])
        longest = min(len(found[kind]) - 1, 4) if kind in found else 4
        shorter = language(mine.flow, longest) if longest >= 0 else set()
        assert all(other.automaton.accepts(word) for word in shorter)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(flows(), flows())
def test_flows_differ_exactly_if_they_are_not_the_same(first, second):
    old, new = of_flow(first), of_flow(second)
    assert (diff(old, new) == ()) == same(old, new)
    for change in diff(old, new):
        assert change.say()
        assert change.say("zh")


EDITS = {
    "owner": lambda raw: raw | {"owner": "Somebody"},
    "effective": lambda raw: raw | {"effective": {"from": "2025-01-01", "to": "2027-01-01"}},
    "scope": lambda raw: raw | {"scope": raw["scope"] | {"excludes": "tests"}},
    "lanes": lambda raw: raw | {"lanes": raw["lanes"][::-1]},
    "roles": lambda raw: raw | {"roles": raw["roles"] | {"new": {"name": {"en": "New"}}}},
    "calendars": lambda raw: raw | {"calendars": raw.get("calendars", {}) | {"x": OFFICE["office"]}},
    "log": lambda raw: raw | {"log": raw["log"] | {"ignore": ["noise"]}},
    "activities": lambda raw: raw | {"activities": [raw["activities"][0] | {"rework": True}, *raw["activities"][1:]]},
    "rules": lambda raw: raw | {"rules": raw.get("rules", [])[1:]},
    "standards": lambda raw: raw | {"standards": [raw["standards"][0] | {"share": 0.5}, *raw["standards"][1:]]},
    "kpis": lambda raw: raw | {"kpis": [raw["kpis"][0] | {"name": {"en": "Another name"}}, *raw["kpis"][1:]]},
    "allow": lambda raw: raw | {"allow": []},
}  # fmt: skip


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None)
@given(st.sampled_from(SAMPLES), st.sets(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3))
def test_exactly_the_edited_sections_change(name, edited):
    old = read_blueprint(ROOT / "sample_logs" / name / "blueprint.yaml")
    raw = to_raw(old)
    for section in sorted(edited):
        raw = EDITS[section](raw)
    assert {c.path[0] for c in diff(old, parsed(raw))} == edited


def test_a_flow_from_a_file_is_compared_by_what_it_allows(tmp_path: Path):
    drawing = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
    <startEvent id="s"/><task id="t" name="{}"/><endEvent id="e"/>
    <sequenceFlow id="f" sourceRef="s" targetRef="t"/><sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>"""
    found = []
    for version, label in (("old", "A"), ("new", "B")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "flow.bpmn").write_text(drawing.format(label), "utf-8")
        file = tmp_path / version / "blueprint.yaml"
        file.write_text(json.dumps(blueprint_dict({"bpmn": "flow.bpmn"}, "ab", ends="ab")), "utf-8")
        found.append(read_blueprint(file))
    assert isinstance(found[0].flow, m.Graph)
    assert [(c.kind, c.before or c.after) for c in diff(*found)] == [("added", ["b"]), ("removed", ["a"])]


@pytest.mark.parametrize("more", ["", '<exclusiveGateway id="x"/><task id="u" name="A"/>'])
def test_flows_from_files_that_allow_the_same_are_said_to_be_drawn_differently(tmp_path: Path, more: str):
    """One task, or a choice between two tasks of one name."""
    way = [("s", "x"), ("x", "t"), ("x", "u"), ("t", "e"), ("u", "e")] if more else [("s", "t"), ("t", "e")]
    drawing = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
    <startEvent id="s"/><task id="t" name="A"/>{}<endEvent id="e"/>{}</process></definitions>"""

    def version(name, more, way, activity="a"):
        flows = "".join(f'<sequenceFlow id="{a}{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in way)
        (tmp_path / name).mkdir()
        (tmp_path / name / "flow.bpmn").write_text(drawing.format(more, flows), "utf-8")
        text = json.dumps(blueprint_dict({"bpmn": "flow.bpmn"}, "ab", ends="ab")).replace('"a"', f'"{activity}"')
        (tmp_path / name / "blueprint.yaml").write_text(text, "utf-8")
        return read_blueprint(tmp_path / name / "blueprint.yaml")

    old, new = version("old", "", [("s", "t"), ("t", "e")]), version("new", more, way)
    assert (diff(old, new) == ()) == same(old, new) == (not more)
    said = ["the flow is written differently, but allows exactly the same"] if more else []
    assert [change.say() for change in diff(old, new)] == said
    renamed = diff(old, version("renamed", more, way, "z"))
    assert [change.kind for change in renamed] == ["renamed", "changed"][: 1 + len(said)]


def places(value, path=()):
    """Paths of all values of a file."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in children:
        yield (*path, key)
        yield from places(part, (*path, key))


RAW = {name: to_raw(read_blueprint(ROOT / "sample_logs" / name / "blueprint.yaml")) for name in SAMPLES}


@st.composite
def edited(draw):
    """A sample and the same with one value anywhere left out, doubled, moved or changed."""
    name = draw(st.sampled_from(SAMPLES))
    raw = deepcopy(RAW[name])
    *path, last = draw(st.sampled_from([p for p in places(raw) if p[0] not in ("sbp", "version")]))
    part = raw
    for key in path:
        part = part[key]
    value = part[last]
    ways = ["delete", "change"] + ["double", "reverse"] * isinstance(part, list)
    match draw(st.sampled_from(ways)):
        case "delete":
            del part[last]
        case "double":
            part.insert(last, deepcopy(value))
        case "reverse":
            part.reverse()
        case _ if isinstance(value, bool):
            part[last] = not value
        case _ if isinstance(value, int | float):
            part[last] = value + draw(st.sampled_from([1, 0.5, 0.0]))
        case _ if isinstance(value, str):
            part[last] = draw(st.sampled_from([f"{value}x", "5bd", "case_end", value]))
    return RAW[name], raw


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(edited(), st.booleans())
def test_any_edit_is_named_and_what_is_the_same_is_not(pair, back):
    try:
        old, new = map(parsed, pair)
    except MiningError:
        return  # the edit made no blueprint
    old, new = (new, old) if back else (old, new)
    found = diff(old, new)
    assert (found == ()) == same(old, new)
    said = [change.say(lang) for change in found for lang in ("en", "zh")]
    assert not [text for text in said if "None" in text or "{" in text or "['" in text]
    assert len(set(said)) == len(said)  # each is said once, in two languages
