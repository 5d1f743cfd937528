"""Golden pictures: what the samples' pictures show and where, compared with what was looked at and found good.

After a change that is meant, look at the pictures and write the goldens anew: ``python -m docs.pictures``.
"""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from docs.pictures import GOLDENS, NAMES, as_json, golden_pictures, structure_of
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


def test_a_golden_sees_a_moved_box_a_turned_arrow_and_another_word():
    """The comparison can fail: three small changes to a picture are three changes to its structure."""
    svg = next(picture.svg for name, picture in golden_pictures() if name == "outpatient_visit_en_plain")
    before = structure_of(Picture(svg, ""))
    changed = re.sub(r'(class="box" x=")([\d.]+)', lambda m: f"{m[1]}{float(m[2]) + 3}", svg, count=1)
    changed = changed.replace('data-from="book" data-to="check_in"', 'data-from="check_in" data-to="book"')
    changed = changed.replace(">Pay<", ">Pray<")
    after = structure_of(Picture(changed, ""))
    assert {part for part in before if before[part] != after[part]} == {"boxes", "arrows", "texts"}


def test_structure_is_in_whole_numbers():
    names = [a.id for a in example("outpatient_visit").activities]
    structure = structure_of(next(p for n, p in golden_pictures() if n == "outpatient_visit_en_plain"))
    assert list(structure["boxes"]) == names
    assert all(isinstance(x, int) for place in structure["boxes"].values() for x in place)
    assert [kind for kind, *_ in structure["diamonds"].values()] == ["parallel", "parallel join", "start"]
