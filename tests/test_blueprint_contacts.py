"""What a blueprint says of touchpoints, stand-ins and the ends of cases: read as written, and refused in words at its line."""

import json

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from mining import BlueprintError
from mining.blueprint import model as m
from mining.blueprint import parse_blueprint, schema
from mining.blueprint.bpmn import sbp
from mining.blueprint.bpmn.writing import PROFILES, to_bpmn
from mining.blueprint.writing import to_raw
from mining.units import Duration
from tests.examples import examples
from tests.helpers import blueprint_dict
from tests.strategies import LETTERS, contacts

LOG = {
    "case": "case", "activity": "activity", "timestamp": "end", "ignore": ["NOISE"],
    "attributes": {
        "channel": "Channel", "size": {"column": "Size", "type": "number"}, "due": {"column": "Due", "type": "datetime"},
    },
}  # fmt: skip
VALIDATOR = Draft202012Validator(schema())


def written(*, touchpoint=None, replaced_by=None, scope=None, hidden=(), key="a"):
    """A blueprint a > b > c > d in which the step ``key`` is the one that is spoken of."""
    raw = blueprint_dict(["a", "b", "c", "d"], "abcd", ends="cd", log=LOG)
    for activity in raw["activities"]:
        if activity["id"] == key:
            activity |= {"touchpoint": {"key": True, "evidence": ["letter"]} | touchpoint} if touchpoint else {}
            activity |= {} if replaced_by is None else {"replaced_by": replaced_by}
        if activity["id"] in hidden:
            del activity["labels"]
            activity["observable"] = False
    raw["scope"] |= scope or {}
    return raw


def parsed(**more):
    return parse_blueprint(json.dumps(written(**more)), name="x.yaml")


def test_everything_is_read_as_it_is_written():
    fails = [{"attr": "channel", "op": "in", "value": ["lost", "void"]}, {"attr": "size", "op": "<=", "value": 0}]
    proofs = [{"of": "letter", "attr": "channel"}, {"of": "letter", "activity": "b"}]
    ends = {"withdrawn_by": ["d"], "reopened_by": ["a", "b"], "abandoned_after": "90d"}
    norm = parsed(touchpoint={"proofs": proofs, "fails_when": fails}, replaced_by=["b", "By post"], scope=ends)
    contact = norm.activity("a").touchpoint
    assert contact.proofs == (m.Proof("letter", "channel"), m.Proof("letter", activity="b"))
    assert contact.fails_when == (m.Condition("channel", "in", ["lost", "void"]), m.Condition("size", "<=", 0))
    assert norm.activity("a").replaced_by == ("b", "By post")
    assert norm.scope == m.Scope(
        ("a",), ("c", "d"), "one case", withdrawn_by=("d",), reopened_by=("a", "b"), abandoned_after=Duration(90, "d")
    )
    assert to_raw(norm)["scope"] == written(scope=ends)["scope"]


def test_what_is_not_said_is_empty():
    norm = parsed()
    assert (norm.scope.withdrawn_by, norm.scope.reopened_by, norm.scope.abandoned_after) == ((), (), None)
    assert all(a.replaced_by == () for a in norm.activities)
    assert not {"withdrawn_by", "reopened_by", "abandoned_after"} & set(to_raw(norm)["scope"])


@pytest.mark.parametrize(
    ("more", "at", "message"),
    [
        ({"touchpoint": {"proofs": [{"of": "ticket", "attr": "size"}]}}, '"of"',
         "activities.0.touchpoint.proofs.0: 'ticket' is not in the evidence of a. Known: letter."),
        ({"touchpoint": {"evidence": [], "proofs": [{"of": "ticket", "attr": "size"}]}}, '"of"',
         "'ticket' is not in the evidence of a. There is none: name it there first."),
        ({"touchpoint": {"proofs": [{"of": "letter"}]}}, '{',
         "activities.0.touchpoint.proofs.0: needs one of the keys attr, activity."),
        ({"touchpoint": {"proofs": [{"of": "letter", "attr": "size", "activity": "b"}]}}, '{',
         "activities.0.touchpoint.proofs.0: attr and activity do not go together. Keep one."),
        ({"touchpoint": {"proofs": [{"attr": "size"}]}}, '{', "missing key 'of'. The evidence"),
        ({"touchpoint": {"proofs": [{"of": "letter", "attr": "weight"}]}}, '"attr"', "unknown attribute 'weight'."),
        ({"touchpoint": {"proofs": [{"of": "letter", "activity": "e"}]}}, '"activity": "e"', "unknown activity 'e'."),
        ({"touchpoint": {"proofs": [{"of": "letter", "activity": "a"}]}}, '"activity": "a"', "the step 'a' cannot prove itself."),
        ({"touchpoint": {"proofs": [{"of": "letter", "activity": "b"}]}, "hidden": "b"}, '"activity": "b"',
         "'b' leaves no trace in the log, so it proves nothing there."),
        ({"touchpoint": {"fails_when": [{"attr": "weight", "op": "==", "value": "x"}]}}, '{',
         "activities.0.touchpoint.fails_when.0: unknown attribute 'weight'."),
        ({"touchpoint": {"fails_when": [{"attr": "size", "op": ">", "value": "5"}]}}, '{',
         "size is declared as number, so it is never > '5'."),
        ({"touchpoint": {"fails_when": [{"attr": "channel", "op": "in", "value": "x"}]}}, '{',
         "in needs a list of values, not 'x'."),
        ({"touchpoint": {"fails_when": [{"attr": "due", "op": "==", "value": "x"}]}}, '{',
         "due is a datetime; conditions compare text, numbers and booleans."),
        ({"touchpoint": {"fails_when": [{"attr": "size", "op": "~", "value": 1}]}}, '"~"', "'~' is not one of the words allowed"),
        ({"replaced_by": ["a"]}, '"a"', "activities.0.replaced_by.0: 'a' means 'a' itself"),
        ({"replaced_by": ["x", "A"]}, '"A"', "activities.0.replaced_by.1: 'A' means 'a' itself"),
        ({"replaced_by": ["B"]}, '"B"', "'B' is a label of 'b'. Write the id 'b'."),
        ({"replaced_by": ["b"], "hidden": "b"}, '"b"', "'b' leaves no trace in the log, so it is never seen in place"),
        ({"replaced_by": ["b"], "hidden": "a"}, '"b"', "activity 'a' leaves no trace in the log, so nothing can be seen"),
        ({"replaced_by": ["NOISE"]}, '"NOISE"', "'NOISE' is ignored (log.ignore)"),
        ({"replaced_by": ["b", "b"]}, '"replaced_by"', "has non-unique elements"),
        ({"replaced_by": [""]}, '""', "activities.0.replaced_by.0: the text is empty."),
        ({"scope": {"withdrawn_by": ["b"]}}, '"b"', "scope.withdrawn_by.0: 'b' is not in scope.ends_with"),
        ({"scope": {"withdrawn_by": ["c", "x"]}}, '"x"', "scope.withdrawn_by.1: unknown activity 'x'."),
        ({"scope": {"withdrawn_by": ["c"]}, "hidden": "c"}, '"c"', "scope.withdrawn_by.0: 'c' leaves no trace"),
        ({"scope": {"reopened_by": ["b", "d"]}}, '"d"', "scope.reopened_by.1: 'd' is in scope.ends_with, and one step"),
        ({"scope": {"reopened_by": ["x"]}}, '"x"', "scope.reopened_by.0: unknown activity 'x'."),
        ({"scope": {"reopened_by": ["b"]}, "hidden": "b"}, '"b"', "scope.reopened_by.0: 'b' leaves no trace"),
        ({"scope": {"abandoned_after": "5bd"}}, '"abandoned_after"', "scope.abandoned_after: '5bd' is not written as it must be"),
        ({"scope": {"abandoned_after": "40bh"}}, '"abandoned_after"', "No bh or bd, which need a calendar."),
        ({"scope": {"abandoned_after": 30}}, '"abandoned_after"', "scope.abandoned_after: 30 must be of type string"),
        ({"scope": {"abandoned_after": "0d"}}, '"abandoned_after"', "scope.abandoned_after: 0d is no time at all"),
        ({"scope": {"abandoned_after": "9000w"}}, '"abandoned_after"', "'9000w' is longer than a hundred years."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_line(more, at, message):
    text = json.dumps(written(**more, key="a"), indent=1)
    with pytest.raises(BlueprintError) as caught:
        parse_blueprint(text, name="x.yaml")
    told = next(line for line in str(caught.value).splitlines() if message in line)
    assert at in text.splitlines()[int(told.split(":")[1]) - 1]


@pytest.mark.parametrize(
    "id", ["outcome", "handover", "path", "path-all", "channel-a", "evidence-a", "touchpoint-a", "role-a", "max-a"]
)
def test_ids_of_checks_that_the_design_makes_are_taken(id):
    rule = {"id": id, "kind": "must_occur", "a": "a", "severity": "minor", "basis": "x"}
    with pytest.raises(BlueprintError, match=r"x.yaml:\d+: rules.0: (ids that begin with|the id '\w+' is already)"):
        parse_blueprint(json.dumps(blueprint_dict(["a"], "a", rules=[rule])), name="x.yaml")


def test_a_step_whose_label_is_the_id_of_another_may_be_named_by_its_id():
    raw = written(replaced_by=["b"])
    raw["activities"][0]["labels"] = ["b"]
    assert parse_blueprint(json.dumps(raw)).activity("a").replaced_by == ("b",)


@settings(max_examples=examples(40), deadline=None)
@given(contacts(blueprint_dict(list(LETTERS), LETTERS)))
def test_what_is_generated_is_valid_for_any_validator_and_comes_back_from_bpmn(raw):
    assert [e.message for e in VALIDATOR.iter_errors(raw)] == []
    norm = parse_blueprint(json.dumps(raw))
    for profile in PROFILES:
        assert sbp.read(sbp.etree.fromstring(to_bpmn(norm, profile=profile))) == to_raw(norm)
