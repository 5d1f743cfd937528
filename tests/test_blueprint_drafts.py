"""Drafts: what is left to do stands where it belongs, and a draft is no norm."""

import pytest

from mining.blueprint import read_blueprint
from mining.blueprint.draft import Draft, Todo
from mining.blueprint.writing import same, to_raw
from mining.errors import BlueprintError
from tests.helpers import blueprint_dict
from tests.test_blueprint_writing import with_bpmn


def approved():
    return blueprint_dict(["a", "b"], "ab", approval={"by": "Board", "date": "2026-01-01"}, status="approved")


def test_a_draft_is_a_draft_while_anything_is_left_to_do():
    draft = Draft(approved(), (Todo("activities.b.role", "who does it"),))
    assert draft.raw["status"] == "draft"
    assert "approval" not in draft.raw
    assert draft.blueprint().status == "draft"
    assert repr(draft) == "<Draft test: 2 activities; 1 to do, 0 guessed>"
    assert Draft(approved()).blueprint().status == "approved"
    assert Draft({k: x for k, x in approved().items() if k != "status"}).raw["status"] == "draft"


def test_things_to_do_stand_where_they_belong():
    todo = (
        Todo("activities.b.role", "who does it"),
        Todo("activities.0.lane", "from the pool", guessed=True),
        Todo("log.attributes.a.b", "its type"),
        Todo("lanes", "only two"),
        Todo("lanes", "one more", guessed=True),
        Todo("old.bpmn: Gateway_7", "left out"),
    )
    raw = approved()
    raw["log"]["attributes"] = {"a.b": "A"}
    lines = Draft(raw, todo).to_yaml().splitlines()
    assert lines[:2] == [
        "# A draft: 4 to do, 2 guessed; search for 'to do:' and 'guessed:'.",
        "# old.bpmn: Gateway_7: to do: left out",
    ]
    assert "    lane: desk                               # guessed: from the pool" in lines
    b = "  - {id: b, lane: office, stage: all, labels: [B], name: {en: Step b, zh: 步骤b}}"
    assert f"{b}  # role: to do: who does it" in lines
    dotted = next(line for line in lines if "its type" in line)
    assert dotted.split("#")[0].strip() == "a.b: A"
    section = lines.index("lanes:")
    assert lines[section - 2 : section] == ["# to do: only two", "# guessed: one more"]
    assert sum(any(t.what in line for line in lines) for t in todo) == len(todo)


def test_a_draft_is_written_once(tmp_path):
    draft = Draft(approved(), (Todo("owner", "who"),))
    draft.write(tmp_path / "d.yaml")
    assert same(read_blueprint(tmp_path / "d.yaml"), draft.blueprint())
    with pytest.raises(BlueprintError, match=r"d\.yaml exists"):
        draft.write(tmp_path / "d.yaml")
    Draft(approved() | {"owner": "New"}).write(tmp_path / "d.yaml", overwrite=True)
    assert read_blueprint(tmp_path / "d.yaml").owner == "New"
    with pytest.raises(BlueprintError, match="there is no folder"):
        draft.write(tmp_path / "nowhere" / "d.yaml")


def test_a_draft_keeps_its_drawing_wherever_it_is_written(tmp_path):
    with_bpmn(tmp_path / "in")
    draft = Draft(blueprint_dict({"bpmn": "models/flow.bpmn"}, "ab"), (Todo("owner", "who"),), tmp_path / "in")
    (tmp_path / "out" / "deep").mkdir(parents=True)
    draft.write(tmp_path / "out" / "deep" / "d.yaml")
    read = read_blueprint(tmp_path / "out" / "deep" / "d.yaml")
    assert to_raw(read)["flow"] == {"bpmn": "../../in/models/flow.bpmn"}
    assert read.flow.net == draft.blueprint().flow.net


def test_a_draft_that_is_no_blueprint_yet_says_where():
    raw = approved()
    raw["activities"][1]["lane"] = "nowhere"
    with pytest.raises(BlueprintError, match=r"test \(draft\):\d+: activities\.1\.lane: unknown lane 'nowhere'"):
        Draft(raw).blueprint()
