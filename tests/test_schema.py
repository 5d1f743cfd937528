"""The published schema: complete, described, strict about keys without effect, and the same as what the reader accepts."""

import copy
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from docs.format import PAGE, page
from mining import BlueprintError
from mining.blueprint import parse_blueprint, schema, yaml12
from mining.blueprint.lint import FOUND_KINDS
from mining.blueprint.shape import METRIC_KEYS, USED_BY, _flow_shape, shape_problems
from tests.examples import STUDIES, examples
from tests.helpers import ROOT, SHARED, blueprint, blueprint_dict

EXAMPLES = sorted([*ROOT.glob("sample_logs/*/blueprint.yaml"), *SHARED.glob("blueprints/*.yaml")])
VALIDATOR = Draft202012Validator(schema())
RULE, STANDARD = (schema()["properties"][key]["items"] for key in ("rules", "standards"))


def refusal(**changes):
    with pytest.raises(BlueprintError) as caught:
        parse_blueprint(json.dumps(blueprint_dict(["a", "b", "c"], "abc") | changes), name="x.yaml")
    return str(caught.value)


def rule(kind, **more):
    return {"id": "R", "kind": kind, "a": "a", "severity": "major", "basis": "policy"} | more


def standard(metric, **more):
    dimension = "time" if metric in ("elapsed", "waiting", "handling", "due_date") else "quality"
    written = {"id": "S", "dimension": dimension, "metric": metric, "severity": "major", "basis": "charter"} | more
    return {key: value for key, value in written.items() if value is not None}


# --- the schema itself -------------------------------------------------------------------------------------------------


def test_it_is_a_schema_and_every_example_is_valid_for_any_validator():
    Draft202012Validator.check_schema(schema())
    assert len(EXAMPLES) >= 4
    for path in EXAMPLES:
        raw, _ = yaml12.load(path.read_text("utf-8"), str(path))
        assert [e.message for e in VALIDATOR.iter_errors(raw)] == [], path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_examples_break_with_any_key_misspelt(path):
    raw, _ = yaml12.load(path.read_text("utf-8"), str(path))
    for key in raw:
        broken = {("x" + k if k == key else k): value for k, value in raw.items()}
        assert not VALIDATOR.is_valid(broken), key


@pytest.mark.parametrize("path", sorted(ROOT.glob("sample_logs/*/blueprint.yaml")), ids=lambda p: p.parent.name)
def test_the_first_line_of_a_sample_leads_an_editor_to_the_schema(path):
    first = path.read_text("utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found, first
    assert json.loads((path.parent / found[1]).read_text("utf-8")) == schema()


def properties(part, path=""):
    """Every property of the schema that may be written, with its path."""
    if isinstance(part, list):
        for item in part:
            yield from properties(item, path)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("properties", "$defs"):
                for name, inner in value.items():
                    yield f"{path}.{name}", inner
                    yield from properties(inner, f"{path}.{name}")
            elif key in ("items", "additionalProperties", "else"):
                yield from properties(value, path)


def test_every_key_has_a_description_for_editors():
    found = dict(properties(schema()))
    assert len(found) > 120
    assert [
        path for path, part in found.items() if not str(part.get("description", "")).strip() and path != ".r10"
    ] == []


def test_every_reference_leads_somewhere():
    names = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(schema())))
    assert names == set(schema()["$defs"])


# --- rules and standards: what each kind needs and cannot use ------------------------------------------------------------


def conditions(part, word):
    """Per kind or metric: the keys it needs and the keys it may not have."""
    for entry in part["allOf"]:
        test = entry["if"].get("properties", {}).get(word)
        if test:
            idle = {key for key, value in entry["then"].get("properties", {}).items() if value is False}
            for name in test["enum"]:
                yield name, set(entry["then"].get("required", ())), idle


def test_the_tables_of_messages_are_those_of_the_schema():
    for part, word, table in ((RULE, "kind", USED_BY), (STANDARD, "metric", METRIC_KEYS)):
        found = {name: (needs, idle) for name, needs, idle in conditions(part, word)}
        assert set(found) == set(part["properties"][word]["enum"])
        for name, (needs, idle) in found.items():
            assert idle == {key for key, users in table.items() if name not in users}, name
            assert not needs & idle


VALUES = {
    "b": "b", "a_at": "start", "b_at": "start", "n": 2, "role": "clerk", "within": "2h", "after": "2h", "calendar": "office",
    "from": "a", "to": "b", "of": "b", "due": "until", "attr": "size", "one_of": [1, 2], "source": "survey", "item": "csat",
    "max": "4h", "min": 1, "share": 0.9, "stop_clock": [{"from": "a", "to": "next_event"}],
    "when": [{"attr": "size", "op": ">", "value": 3}],
}  # fmt: skip
LOG = {
    "case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
    "attributes": {"size": {"column": "size", "type": "number"}, "until": {"column": "until", "type": "datetime"}},
}  # fmt: skip
LIMITED = {"count": "max", "handovers": "max", "turns": "min", "score": "min", "external": "min"}


def value_of(key, word):
    if key == "max":
        return VALUES["max"] if word in ("elapsed", "waiting", "handling") else 5
    return "external" if (key, word) == ("source", "external") else VALUES[key]


CHECKS = [("rules", rule, "kind", RULE, USED_BY), ("standards", standard, "metric", STANDARD, METRIC_KEYS)]
EACH = [(section, make, name, needs, idle, table)
        for section, make, word, part, table in CHECKS for name, needs, idle in conditions(part, word)]  # fmt: skip


@pytest.mark.few_quick(9)
@pytest.mark.parametrize(("section", "make", "word", "needs", "idle", "table"), EACH, ids=[x[2] for x in EACH])
def test_each_kind_is_accepted_with_its_keys_and_refused_without_or_with_others(
    section, make, word, needs, idle, table
):
    needs = needs | ({LIMITED[word]} if word in LIMITED else set())
    least = make(word, **{key: value_of(key, word) for key in needs})
    full = make(word, **{key: value_of(key, word) for key in table if key not in idle})
    for written in (least, full):
        assert blueprint(["a", "b", "c"], "abc", log=LOG, **{section: [written]}).checks
    for key in needs:
        message = refusal(log=LOG, **{section: [{k: v for k, v in least.items() if k != key}]})
        assert f"({word}) needs" in message
        assert repr(key) in message or key in message
    for key in idle:
        message = refusal(log=LOG, **{section: [least | {key: value_of(key, word)}]})
        assert f"{key!r} has no meaning for {word}; it belongs to {', '.join(table[key])}" in message
        assert not VALIDATOR.is_valid(
            blueprint_dict(["a"], "abc", log=LOG, **{section: [least | {key: value_of(key, word)}]})
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules": [rule("response", b="b", calendar="office")]}, "'calendar' has no meaning without within or after"),
        ({"rules": [rule("sometimes", n=2)]}, "rules.0.kind: 'sometimes' is not one of the words"),
        ({"standards": [standard("elapsed", **{"from": "a", "to": "b", "max": 4})]}, "max 4 has no unit"),
        ({"standards": [standard("waiting", of="b", max="4 hours")]}, "max '4 hours' has no unit"),
        ({"standards": [standard("count", of="b", max="4h")]}, "max '4h' of count must be a number, not a duration"),
        ({"standards": [standard("count", of="b", max=1, min=2)]}, "max (1) is below min (2), so nothing can keep it"),
        ({"standards": [standard("waiting", of="b", max="4h", dimension="quality")]}, "the dimension of waiting is time"),
        ({"standards": [standard("turns", max=4, dimension="time")]}, "the dimension of turns is quality or outcome, not time"),
        ({"standards": [standard("handovers", max="4h")]}, "max '4h' of handovers must be a number, not a duration"),
        ({"standards": [standard("handovers", max=1, min=2)]}, "max (1) is below min (2), so nothing can keep it"),
        ({"standards": [standard("attribute", attr="weight")]}, "unknown attribute 'weight'"),
        ({"standards": [standard("attribute", attr="until", max=3)]}, "declared as datetime; max and min need a number"),
        ({"standards": [standard("attribute", attr="size", one_of=["S"])]}, "declared as number, so it is never == 'S'"),
        ({"standards": [standard("due_date", of="b", due="size")]}, "declared as number; a due date is a datetime"),
        ({"standards": [standard("score", source="external", item="x", min=1)]}, "'external' is not one of the words"),
        ({"stages": [{"id": "all", "name": {"en": "x"}, "type": "hybrid"}]}, "'hybrid' is not one of the words"),
        ({"version": ""}, "version: the text is empty"),
        ({"effective": {"from": "2026-02-01", "to": "2026-01-31"}}, "ends (2026-01-31) before it begins (2026-02-01)"),
        ({"effective": {"to": "2026-01-31"}}, "effective: missing key 'from'. First day in force."),
        ({"rules": [rule("response", b="b", within="3bd")]}, "3bd is business time and needs a calendar"),
        ({"rules": [rule("response", b="b", within="3h", calendar="desk")]}, "unknown calendar 'desk'"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(changes, message):
    assert message in refusal(**({"log": LOG} | changes))


def test_a_flow_is_needed():
    raw = blueprint_dict(["a"], "ab")
    del raw["flow"]
    assert not VALIDATOR.is_valid(raw)
    with pytest.raises(BlueprintError, match=r"x:1: the file: missing key 'flow'. The order of the steps"):
        parse_blueprint(json.dumps(raw), name="x")


@pytest.mark.parametrize("kind", FOUND_KINDS)
def test_every_kind_that_checks_find_may_be_allowed(kind):
    entry = {"id": "A", "match": {"kind": kind}, "decision": "accepted", "reason": {"en": "x"}, "approved_by": "B"}
    assert (
        blueprint(["a"], "a", allow=[entry | {"valid": ["2026-01-01", "2026-12-31"]}]).allowances[0].match["kind"]
        == kind
    )


# --- indicators, calendars, loops ------------------------------------------------------------------------------------------


def kpi(formula, target=0.5, **more):
    return {"id": "K", "formula": formula, "target": target, "direction": "up", "name": {"en": "x"}} | more


@pytest.mark.parametrize(
    ("formula", "target"),
    [({"share_with": "a"}, 1), ({"share_without": ["a", "b"]}, 0.2), ({"share_at_most": {"a": "a", "n": 1}}, 0.8),
     ({"median_waiting": ["a"]}, "45min"), ({"survey": "csat", "stat": "mean"}, 4.5)],
)  # fmt: skip
def test_the_formulas_of_indicators(formula, target):
    assert blueprint(["a", "b"], "ab", kpis=[kpi(formula, target)]).kpis[0].formula == formula


@pytest.mark.parametrize(
    ("kpis", "message"),
    [
        ([kpi({"share_wiht": "a"})], "unknown key 'share_wiht'. Did you mean 'share_with'"),
        ([kpi({"share_with": "zz"})], "kpis.0.formula.share_with: unknown activity 'zz'"),
        ([kpi({"share_at_most": {"a": "zz", "n": 1}})], "kpis.0.formula.share_at_most: unknown activity 'zz'"),
        ([kpi({"share_at_most": {"a": "a"}})], "missing key 'n'"),
        ([kpi({"median_waiting": ["a", "zz"]}, "4h")], "unknown activity 'zz'"),
        ([kpi({"share_with": "a", "share_without": "b"})], "share_with and share_without do not go together"),
        ([kpi({"survey": "csat"}, 4)], "missing key 'stat'"),
        ([kpi({"share_with": "a"}, "abc")], "'abc' must be of type number"),
        ([kpi({"share_with": "a"}, 12)], "12 is greater than the maximum of 1"),
        ([kpi({"median_waiting": "a"}, 45)], "45 must be of type string"),
        ([kpi({"median_waiting": "a"}, "4bh")], "4bh is business time, but an indicator has no calendar"),
        ([kpi({"share_with": "a"}), kpi({"share_with": "b"})], "kpis.1: the id 'K' is used twice"),
    ],
)
def test_indicators_that_mean_nothing_are_refused(kpis, message):
    assert message in refusal(kpis=kpis)


def office(**more):
    return {
        "office": {"tz": "UTC", "week": {"mon-fri": ["09:00-17:00"]}, "coverage": ["2026-01-01", "2026-12-31"]} | more
    }


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ([{"date": "2026-02-14", "as": "sat"}], "takes the hours of sat, which has none. With hours: mon, tue, wed, thu, fri."),
        ([{"date": "2026-02-14", "as": "mon"}, {"date": "2026-02-14", "as": "tue"}], "2026-02-14 is written twice"),
    ],
)  # fmt: skip
def test_make_up_days_that_mean_nothing_are_refused(days, message):
    assert message in refusal(calendars=office(extra_workdays=days))


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        (["a", {"loop": {"choice": ["b", "c"]}, "max": 2}], "must begin with one activity that stands only there"),
        (["a", {"loop": "b", "max": 2}, "b", "c"], "must begin with one activity that stands only there"),
        (["a", {"loop": {"loop": "b"}, "max": 2}, "c"], "must begin with one activity that stands only there"),
        ([{"loop": ["a", {"loop": "b", "max": 2}]}, "c"], "must not stand inside another loop"),
        ([{"loop": "a", "redo": {"loop": "b", "max": 2}}, "c"], "must not stand inside another loop"),
        (["a", {"loop": "d", "max": 2}, "c"], "leaves a trace in the log (d leaves none)"),
    ],
)
def test_a_loop_whose_rounds_cannot_be_counted_is_refused_at_its_line(flow, message):
    raw = blueprint_dict(flow, "abc", "c")
    raw["activities"].append({"id": "d", "lane": "desk", "stage": "all", "observable": False, "name": {"en": "Unseen"}})
    text = json.dumps(raw, indent=1)
    at = next(i for i, row in enumerate(text.splitlines(), 1) if '"max"' in row)
    with pytest.raises(BlueprintError) as caught:
        parse_blueprint(text, name="x.yaml")
    assert f"x.yaml:{at}: flow." in str(caught.value)
    assert message in str(caught.value)


def test_a_loop_whose_rounds_can_be_counted_is_accepted():
    assert blueprint(["a", {"loop": ["b", "c"], "redo": "d", "max": 2}, "e"]).checks["max-b"].n == 2


# --- the flow: told at the node, and exactly when the schema refuses -------------------------------------------------------

NODES = st.recursive(
    st.sampled_from(["a", "b", 5, None, True]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["optional", "choice", "parallel", "loop", "redo", "max", "free", "bpmn", "chioce"]),
            inner | st.lists(inner, max_size=3) | st.integers(0, 3),
            max_size=3,
        )
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=examples(400), deadline=None)
@given(NODES)
def test_the_flow_is_refused_in_words_exactly_when_the_schema_refuses_it(flow):
    raw = blueprint_dict(flow, "ab")
    told = list(shape_problems(raw))
    assert bool(told) == (not VALIDATOR.is_valid(raw))
    if told and not (isinstance(flow, dict) and "bpmn" in flow):
        assert list(_flow_shape(flow, ("flow",))) == told


def test_a_bpmn_file_stands_alone():
    message = refusal(flow=["a", {"bpmn": "x.bpmn"}])
    assert "flow.1: bpmn stands alone" in message


# --- every value of the samples changed ------------------------------------------------------------------------------------

SAMPLES = sorted(ROOT.glob("sample_logs/*/blueprint.yaml"))
STRANGE = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "x" * 300, [], [None], ["x"], [["x"]], {}, {"x": None}, {"en": ""},
    "2026-02-30", "9999-12-31", "0001-01-01", "99:99-24:00", "5bd", "1e5h", "case_end", "case_start", "path", "next_event",
]  # fmt: skip


def paths_of(value, at=()):
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in below:
        yield (*at, key)
        yield from paths_of(item, (*at, key))


def changed(raw, at, value):
    made = copy.deepcopy(raw)
    here = made
    for key in at[:-1]:
        here = here[key]
    here[at[-1]] = value
    return made


@pytest.mark.slow
@pytest.mark.study
@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_any_value_changed_is_refused_with_its_line_or_read_and_audited(path):
    """One change in 199, in ``make studies`` in 97; what is refused names its line, what is read is checked and written again."""
    raw, _ = yaml12.load(path.read_text("utf-8"), str(path))
    every = [(at, value) for at in paths_of(raw) for value in STRANGE]
    seen = set()
    for at, value in every[:: 97 if STUDIES else 199]:
        text = json.dumps(changed(raw, at, value), ensure_ascii=False, indent=0)
        read = error = None
        try:
            read = parse_blueprint(text, name="f.yaml")
        except BlueprintError as refused:
            error = str(refused)
        seen.add("read" if read else "refused")
        if read:
            assert all(str(weakness) for weakness in read.lint())
            assert parse_blueprint(read.to_yaml(), name="g.yaml").to_yaml() == read.to_yaml()
        else:
            assert re.match(r"f\.yaml:\d+: ", error), f"{at}: {value!r}: {error}"
    assert seen == {"refused", "read"}


def test_the_page_on_the_format_is_that_of_the_schema():
    assert PAGE.read_text("utf-8") == page()
    for name in (
        "stop_clock.from",
        "NAME.extra_workdays.as",
        "touchpoint.moment_of_truth",
        "formula.share_at_most.n",
        "redo",
    ):
        assert f"`{name}`" in page()
