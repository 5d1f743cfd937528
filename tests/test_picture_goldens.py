"""Golden pictures: what the samples' pictures show and where, compared with what was looked at and found good.

After a change that is meant, look at the pictures and write the goldens anew: ``python -m docs.pictures``.
"""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from docs.pictures import (
    GOLDENS,
    HERE,
    NAMES,
    as_json,
    description_of,
    golden_pictures,
    readme_pictures,
    structure_of,
    with_description,
)
from mining.pictures import Picture
from tests.test_pictures import (
    Parsed,
    Rect,
    arrows_beside_their_boxes,
    arrows_on_each_other,
    arrows_through_boxes,
    example,
    lines_outside,
)

PICTURES = [f"{name}_{lang}_{kind}" for name in NAMES for lang in ("en", "zh") for kind in ("plain", "overlay")]


@pytest.fixture(scope="module")
def drawn():
    return dict(golden_pictures())


def test_there_is_a_golden_for_each_picture_and_no_other(drawn):
    assert sorted(drawn) == sorted(PICTURES) == sorted(path.stem for path in GOLDENS.glob("*.json"))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_as_its_golden(drawn, name):
    text = (GOLDENS / f"{name}.json").read_text("utf-8")
    golden, now = json.loads(text), structure_of(drawn[name])
    for part in golden.keys() | now.keys():
        assert now.get(part) == golden.get(part), f"{name}: {part} differ. If this is meant: python -m docs.pictures"
    assert as_json(now) == text


@pytest.mark.parametrize("name", PICTURES)
def test_a_golden_keeps_the_laws_of_the_picture(drawn, name):
    picture = drawn[name]
    parsed = Parsed(picture)
    width, height = (float(parsed.root.get(key)) for key in ("width", "height"))
    assert arrows_beside_their_boxes(parsed) == []
    assert arrows_through_boxes(parsed) == []
    assert arrows_on_each_other(parsed) == []
    assert [line for group in parsed.activities for line in lines_outside(group)] == []
    solid = [*parsed.boxes.values(), *parsed.bars.values(), *parsed.diamonds.values(), *parsed.notes]
    assert not [1 for a, b in combinations(solid, 2) if a.meets(b)]
    assert all(box.inside(Rect(0, 0, width, height)) for box in solid)
    assert set(parsed.lines) == {"interaction", "visibility", "internal_interaction"}


@pytest.mark.parametrize("name", PICTURES)
def test_the_three_lines_are_labelled(drawn, name):
    said = {
        "en": ("Line of interaction", "Line of visibility", "Line of internal interaction"),
        "zh": ("互动分界线", "可视分界线", "内部互动分界线"),
    }["zh" if "_zh_" in name else "en"]
    texts = structure_of(drawn[name])["texts"]
    assert [texts.count(line) for line in said] == [1, 1, 1]


def test_a_golden_sees_a_moved_box_a_turned_arrow_and_another_word(drawn):
    """The comparison can fail: three small changes to a picture are three changes to its structure."""
    svg = drawn["outpatient_visit_en_plain"].svg
    before = structure_of(Picture(svg, ""))
    changed = re.sub(r'(class="box" x=")([\d.]+)', lambda m: f"{m[1]}{float(m[2]) + 3}", svg, count=1)
    changed = changed.replace('data-from="book" data-to="check_in"', 'data-from="check_in" data-to="book"')
    changed = changed.replace(">Pay<", ">Pray<")
    after = structure_of(Picture(changed, ""))
    assert {part for part in before if before[part] != after[part]} == {"boxes", "arrows", "texts"}


def test_structure_is_in_whole_numbers(drawn):
    names = [a.id for a in example("outpatient_visit").activities]
    structure = structure_of(drawn["outpatient_visit_en_plain"])
    assert list(structure["boxes"]) == names
    assert all(isinstance(x, int) for place in structure["boxes"].values() for x in place)
    assert [kind for kind, *_ in structure["diamonds"].values()] == ["parallel", "parallel join", "start"]


@pytest.mark.slow
def test_the_pictures_of_the_readme_show_what_the_sample_says_now():
    """The blueprints byte for byte; of the chart, whose curves depend on matplotlib, what it says of each finding."""
    now = readme_pictures()
    stored = {name: (HERE / name).read_text("utf-8") for name in now}
    stale = "docs/{} is out of date. Look at what changed, then: python -m docs.pictures"
    for name in ("blueprint.svg", "blueprint_zh.svg"):
        assert stored[name] == now[name], stale.format(name)
    shown, said = description_of(stored["findings.svg"]), description_of(now["findings.svg"])
    assert said.count(" / ") == 8
    assert shown == said, stale.format("findings.svg")


def test_a_description_is_read_as_it_was_written():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1"><g/></svg>'
    assert description_of(svg) == ""
    assert description_of(with_description(svg, "1 “a” < b & c: 2 / 3")) == "1 “a” < b & c: 2 / 3"
