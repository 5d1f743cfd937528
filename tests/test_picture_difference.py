"""Two versions in one picture: every sign by hand, nothing for equal versions, and the laws of any picture."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from itertools import combinations

import pytest

from docs.pictures import NAMES
from mining.blueprint import parse_blueprint
from mining.blueprint.diff import diff
from mining.blueprint.diff_words import KEYS, PARTS
from mining.blueprint.model import (
    Choice,
    Free,
    Lane,
    Loop,
    Optional_,
    Parallel,
    Sequence,
    Stage,
    Step,
    Text,
)
from mining.blueprint.writing import to_raw
from mining.errors import UnknownNameError
from mining.pictures import difference_picture
from tests.helpers import ROOT
from tests.test_pictures import (
    SVG,
    Parsed,
    arrows_beside_their_boxes,
    arrows_on_each_other,
    arrows_through_boxes,
    blueprint,
    example,
    lines_outside,
    random_flow,
    steps,
)


def version(flow, ids="abcdef", **more):
    return replace(blueprint([(x, "onstage", "one") for x in ids], flow), **more)


def signs(picture):
    """What stands at activities, regions and diamonds, and at arrows."""
    root = Parsed(picture).root
    at = {}
    for group in root.iter(f"{SVG}g"):
        key = group.get("data-activity") or group.get("data-region") or group.get("data-gateway")
        last = [t.text for t in group.iter(f"{SVG}text")][-1:]
        if key and last and last[0] in ("+", "–", "~"):
            at[key] = last[0]
    arrows = {
        (p.get("data-from"), p.get("data-to")): p.get("data-change")
        for p in root.iter(f"{SVG}path")
        if p.get("data-change")
    }
    return at, arrows


def legend(picture):
    root = Parsed(picture).root
    return [t.text for g in root.iter(f"{SVG}g") if g.get("class") == "legend" for t in g.iter(f"{SVG}text")]


def test_equal_versions_have_no_signs():
    for name in ("bank_loan", "outpatient_visit"):
        picture = difference_picture(example(name), example(name))
        assert signs(picture) == ({}, {})
        assert not {"added", "removed", "changed"} & set(legend(picture))


def said(picture):
    root = Parsed(picture).root
    return [t.text for g in root.iter(f"{SVG}g") if g.get("class") == "said" for t in g.iter(f"{SVG}text")]


def test_that_nothing_differs_is_said():
    loan = example("bank_loan")
    assert said(difference_picture(loan, loan)) == ["Nothing differs between the two versions."]
    assert said(difference_picture(loan, replace(loan, version="2"), lang="zh")) == ["两个版本没有差异。"]
    assert "Nothing differs" in Parsed(difference_picture(loan, loan)).root.find(f"{SVG}desc").text


def test_changes_of_what_is_not_drawn_are_counted():
    raw = to_raw(example("bank_loan"))
    raw["owner"] = "Somebody"
    raw["lanes"][1:3] = raw["lanes"][2:0:-1]
    raw["calendars"]["branch"]["closed"] += ["2026-12-24", "2026-12-31"]
    raw["allow"][0]["max_share"] = 0.1
    raw["rules"][0]["severity"] = "minor"  # no rule about persons, so without a badge
    raw["standards"][2]["max"] = "45min"  # has its badge
    raw["activities"][0]["wait_point"] = True  # has its sign
    new = parse_blueprint(json.dumps(raw))
    [text] = said(difference_picture(example("bank_loan"), new))
    assert text == (
        "Changed as well, but not drawn (number of changes): owner 1, calendar 2, lane 1, rule 1, allowance 1."
    )
    [text] = said(difference_picture(example("bank_loan"), new, lang="zh"))
    assert text == "另有未画出的变更（变更数）：负责人 1、日历 2、泳道 1、规则 1、许可偏差 1。"


def test_what_is_drawn_is_not_counted_again_and_a_flow_only_written_differently_is():
    old = version(Sequence((Step("a"), Choice(steps("b", "c")))), "abc")
    new = version(Sequence((Step("a"), Choice(steps("b", "c", "d")))), "abcd")
    assert said(difference_picture(old, new)) == []
    turned = version(Sequence((Step("a"), Choice(steps("c", "b")))), "abc")
    assert signs(difference_picture(old, turned)) == ({}, {})
    assert said(difference_picture(old, turned)) == ["Changed as well, but not drawn (number of changes): flow 2."]


def test_every_section_of_a_blueprint_has_a_word_for_what_is_not_drawn():
    sections = {key for name in NAMES for key in to_raw(example(name))} - {"sbp", "version"}
    assert sections <= (PARTS | KEYS).keys()


def test_lanes_stages_rules_and_standards_that_got_another_id_are_changed():
    raw = to_raw(example("bank_loan"))
    text = json.dumps(raw, ensure_ascii=False)
    for was, now in (("R4", "R44"), ("S3", "S33"), ("adviser", "helper"), ("assess", "check")):
        text = text.replace(f'"{was}"', f'"{now}"')
    picture = difference_picture(example("bank_loan"), parse_blueprint(text))
    words = " ".join(t.text or "" for t in Parsed(picture).root.iter(f"{SVG}text"))
    assert all(f"~ {name}" in words for name in ("R44", "S33", "Loan adviser", "Assessment"))


def test_a_stage_with_the_new_id_of_a_step_leaves_the_step_alone():
    raw = to_raw(example("outpatient_visit"))
    raw["stages"] = [stage | {"id": "triage"} if stage["id"] == "consult" else stage for stage in raw["stages"]]
    raw["activities"] = [x | {"stage": "triage"} if x["stage"] == "consult" else x for x in raw["activities"]]
    picture = difference_picture(example("outpatient_visit"), parse_blueprint(json.dumps(raw)))
    assert signs(picture) == ({}, {})
    assert "~ Consultation and tests" in [t.text for t in Parsed(picture).root.iter(f"{SVG}text")]


def test_an_added_and_a_removed_step():
    old, new = version(Sequence(steps("a", "b", "c")), "abc"), version(Sequence(steps("a", "d", "c")), "acd")
    picture = difference_picture(old, new)
    assert signs(picture) == (
        {"b": "–", "d": "+"},
        {("a", "b"): "–", ("b", "c"): "–", ("a", "d"): "+", ("d", "c"): "+"},
    )
    root = Parsed(picture).root
    look = {
        p.get("data-change"): (float(p.get("stroke-width")), p.get("stroke-dasharray"))
        for p in root.iter(f"{SVG}path")
        if p.get("class") == "flow"
    }
    assert look["+"][0] >= 2 * look["–"][0]
    assert look["+"][1] is None
    assert look["–"][1]
    boxes = {g.get("data-activity"): Parsed.rect(g, "box") for g in Parsed(picture).activities}
    assert float(boxes["d"].get("stroke-width")) > 2 * float(boxes["a"].get("stroke-width"))
    assert boxes["b"].get("stroke-dasharray")
    assert {"added", "removed"} <= set(legend(picture))
    assert "1 activities added, 1 removed, 0 changed" in picture.svg


def test_a_step_that_may_now_be_left_out_and_a_loop_with_another_limit():
    old = version(Sequence((Step("a"), Step("b"), Loop(Step("c"), Step("d"), 3))), "abcd")
    new = version(Sequence((Step("a"), Optional_(Step("b")), Loop(Step("c"), Step("d"), 2))), "abcd")
    assert signs(difference_picture(old, new)) == ({}, {("a", "b"): "~", ("a", "c"): "+", ("d", "c"): "~"})


def test_a_choice_that_becomes_parallel_has_its_diamond_changed_and_a_new_one_where_branches_meet():
    old = version(Sequence((Step("a"), Choice(steps("b", "c")), Step("d"))), "abcd")
    new = version(Sequence((Step("a"), Parallel(steps("b", "c")), Step("d"))), "abcd")
    assert signs(difference_picture(old, new)) == ({"gateway 1": "~", "gateway 2": "+"}, {})
    assert signs(difference_picture(new, old)) == ({"gateway 1": "~"}, {})


def test_a_branch_more_is_one_change_of_the_diamond_and_one_new_way():
    old = version(Sequence((Step("a"), Choice(steps("b", "c")))), "abc")
    new = version(Sequence((Step("a"), Choice(steps("b", "c", "d")))), "abcd")
    assert signs(difference_picture(old, new)) == ({"gateway 1": "~", "d": "+"}, {("gateway 1", "d"): "+"})


def test_regions_of_any_order_say_who_came_and_who_left():
    old = version(Sequence((Step("a"), Free(("b", "c")), Step("d"))), "abcd")
    new = version(Sequence((Step("a"), Free(("c", "d")), Step("b"))), "abcd")
    picture = difference_picture(old, new)
    at, arrows = signs(picture)
    assert at["any order 1"] == "~"
    assert arrows == {("any order 1", "b"): "+", ("any order 1", "d"): "–"}
    letters = {
        g.get("data-activity"): [t.text for t in g.iter(f"{SVG}text") if "A" in (t.text or "")]
        for g in Parsed(picture).activities
    }
    assert letters == {"a": [], "b": ["–A"], "c": ["A"], "d": ["+A"]}
    gone = signs(difference_picture(old, version(Sequence(steps("a", "b", "c", "d")), "abcd")))
    assert gone[0]["any order 1"] == "–"


def test_lanes_and_stages_have_their_sign_before_their_name():
    old = version(Sequence(steps("a")), "a")
    lanes = (
        *old.lanes[:2],
        replace(old.lanes[2], name=Text({"en": "office"})),
        Lane("p", "partner", Text({"en": "firm"})),
    )
    new = replace(old, lanes=lanes, stages=(*old.stages, Stage("two", Text({"en": "two"}))))
    texts = [t.text for t in Parsed(difference_picture(old, new)).root.iter(f"{SVG}text")]
    assert {"~ office", "+ firm", "– support", "+ two", "one", "customer"} <= set(texts)


def test_standards_say_what_they_were():
    text = (ROOT / "sample_logs" / "bank_loan" / "blueprint.yaml").read_text("utf-8")
    old = parse_blueprint(text)
    new = parse_blueprint(text.replace("cancel]}, max: 5bd", "cancel]}, max: 10bd"))
    assert [change.say() for change in diff(old, new)] == ["standard S2: limit changed from 5bd to 10bd"]
    picture = difference_picture(old, new, lang="zh")
    assert signs(picture) == ({"approve": "~", "decline": "~", "cancel": "~"}, {})
    assert "~ S2 ≤10工作日 90%" in re.sub("</text><text[^>]*>", " ", picture.svg)
    assert "（原为：≤5工作日 90%）" in picture.svg


def test_a_renamed_step_is_changed_and_its_ways_are_not():
    text = (ROOT / "sample_logs" / "bank_loan" / "blueprint.yaml").read_text("utf-8")
    new = parse_blueprint(re.sub(r"\bpreaccept\b", "first_yes", text))
    assert signs(difference_picture(parse_blueprint(text), new)) == ({"first_yes": "~"}, {})


def test_what_the_picture_marks_is_what_the_words_of_the_difference_name():
    old = example("outpatient_visit")
    text = (ROOT / "sample_logs" / "outpatient_visit" / "blueprint.yaml").read_text("utf-8")
    changed = text.replace("  - triage\n", "", 1)
    changed = changed.replace("labels: [Pay]", "labels: [Pay]\n    wait_point: true").replace("zh: 发药}", "zh: 取药}")
    new = parse_blueprint(changed)
    named = {c.path[1] for c in diff(old, new) if c.path[0] == "activities"}
    assert named == {"pay", "dispense"}
    at, arrows = signs(difference_picture(old, new))
    assert {id for id in at if not id.startswith("gateway")} == named
    assert arrows == {("check_in", "triage"): "–", ("triage", "consult"): "–", ("check_in", "consult"): "+"}


@pytest.mark.few_quick(4)
@pytest.mark.parametrize("seed", range(12))
def test_any_two_versions_keep_the_laws_of_the_picture(seed):
    rng = random.Random(seed)
    ids = [f"s{k}" for k in range(rng.randint(3, 12))]
    lanes, stages = ("customer", "onstage", "backstage", "support"), ("one", "two")
    places = {id: (rng.choice(lanes), rng.choice(stages)) for id in ids}

    def one():
        mine = [id for id in ids if rng.random() < 0.75] or ids[:1]
        rng.shuffle(mine)
        return blueprint([(id, *places[id]) for id in mine], random_flow(rng, mine), lanes, stages)

    old, new = one(), one()
    picture = difference_picture(old, new)
    parsed = Parsed(picture)
    assert parsed.boxes.keys() == {*old.by_id, *new.by_id}
    at, _ = signs(picture)
    assert {id for id, sign in at.items() if sign == "+" and id in parsed.boxes} == set(new.by_id) - set(old.by_id)
    assert {id for id, sign in at.items() if sign == "–" and id in parsed.boxes} == set(old.by_id) - set(new.by_id)
    assert arrows_beside_their_boxes(parsed) == []
    assert arrows_through_boxes(parsed) == []
    assert arrows_on_each_other(parsed) == []
    assert [line for group in parsed.activities for line in lines_outside(group) if line not in ("+", "–", "~")] == []
    solid = [*parsed.boxes.values(), *parsed.bars.values(), *parsed.diamonds.values()]
    assert not [1 for a, b in combinations(solid, 2) if a.meets(b)]
    assert difference_picture(old, new) == picture


def test_an_unknown_language_is_refused():
    with pytest.raises(UnknownNameError, match="language 'de'"):
        difference_picture(example("bank_loan"), example("bank_loan"), lang="de")
