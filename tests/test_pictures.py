"""Pictures: every box in its place, no arrow through a box, nothing clipped or unsafe, the same bytes each time."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from fontTools.ttLib import TTFont

from docs.pictures import NAMES, overlay_for
from mining.binding import Binding
from mining.blueprint import read_blueprint
from mining.blueprint.model import (
    Activity,
    Blueprint,
    Choice,
    Free,
    Lane,
    Loop,
    Optional_,
    Parallel,
    Scope,
    Sequence,
    Stage,
    Step,
    Text,
    Touchpoint,
    flow_nodes,
)
from mining.errors import MiningError, UnknownNameError
from mining.pictures import Mark, Picture, blueprint_picture, process_map
from mining.pictures.flow import wiring_of
from mining.pictures.map_content import Arc, strongest
from mining.pictures.marks import percent
from mining.pictures.sheet import boundary_lines
from mining.pictures.svg import balanced, text_width, wrap

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=1>',
    "a" * 200,
    "审" * 200,
    "🙂👩‍👩‍👧‍👦🇩🇪",
    "مرحبا \u202eevil",
    "⚠➊✿⸻" * 20,
    "a\x00b\x1bc",
    "&amp; ]]>",
    "Donaudampfschifffahrtsgesellschaftskapitän",
    "",
)


def example(name):
    """An example blueprint: the project's own where there is one."""
    here = Path(__file__)
    for folder in (here.parents[1] / "sample_logs", here.parents[2] / "shared" / "blueprints"):
        for path in sorted((*folder.glob("*/blueprint.yaml"), *folder.glob("*.yaml"))):
            if name in (path.stem, path.parent.name):
                return read_blueprint(path)
    return pytest.skip(f"the example {name} is not here")


def blueprint(activities, flow, lanes=("customer", "onstage", "backstage", "support"), stages=("one",)):
    """A blueprint from (id, lane, stage) and a flow; ids are the names too."""
    made = tuple(a if isinstance(a, Activity) else Activity(a[0], a[1], a[2], Text({"en": a[0]})) for a in activities)
    return Blueprint(
        id="x",
        version="1",
        name=Text({"en": "Trial"}),
        owner="o",
        status="draft",
        service_type="linear",
        scope=Scope(("a",), ("a",), "case"),
        effective=("2026-01-01", None),
        activities=made,
        flow=flow,
        lanes=tuple(Lane(kind, kind, Text({"en": kind})) for kind in lanes),
        stages=tuple(Stage(id, Text({"en": id})) for id in stages),
        binding=Binding("c", "a", "t"),
    )


def steps(*ids):
    return tuple(Step(id) for id in ids)


@dataclass(frozen=True)
class Rect:
    left: float
    top: float
    right: float
    low: float

    @classmethod
    def of(cls, element):
        x, y, width, height = (float(element.get(k)) for k in ("x", "y", "width", "height"))
        return cls(x, y, x + width, y + height)

    def inside(self, other, slack=0.2):
        return (
            self.left >= other.left - slack
            and self.right <= other.right + slack
            and self.top >= other.top - slack
            and self.low <= other.low + slack
        )

    def meets(self, other, slack=0.0):
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.low - slack
            and other.top < self.low - slack
        )


class Parsed:
    """What stands where in the SVG of a blueprint."""

    def __init__(self, picture):
        self.root = ET.fromstring(picture.svg)
        groups = [(g.get("class"), g) for g in self.root.iter(f"{SVG}g")]
        self.activities = [g for kind, g in groups if kind == "activity"]
        self.boxes = {g.get("data-activity"): Rect.of(self.rect(g, "box")) for g in self.activities}
        self.bars = {g.get("data-region"): Rect.of(self.rect(g, "bar-box")) for kind, g in groups if kind == "bar"}
        self.gateways = {
            g.get("data-gateway"): (g.get("data-kind"), *map(float, g.get("data-place").split()))
            for kind, g in groups
            if kind == "gateway"
        }
        self.notes = [Rect.of(g.find(f"{SVG}rect")) for kind, g in groups if kind == "note"]
        self.lanes = {g.get("data-lane"): Rect.of(self.rect(g, "band")) for kind, g in groups if kind == "lane"}
        self.stages = {
            g.get("data-stage"): (float(g.get("data-left")), float(g.get("data-right")))
            for kind, g in groups
            if kind == "stage"
        }
        self.lines = {
            g.get("data-line"): float(g.find(f"{SVG}line").get("y1")) for kind, g in groups if kind == "boundary"
        }
        self.arrows = [
            (p.get("data-kind"), p.get("data-from"), p.get("data-to"), self.points(p))
            for p in self.root.iter(f"{SVG}path")
            if p.get("class") == "flow"
        ]

    @staticmethod
    def rect(group, kind):
        return next(r for r in group.iter(f"{SVG}rect") if r.get("class") == kind)

    @staticmethod
    def points(path):
        """Corners of the path, those of rounded corners as if they were sharp."""
        return [tuple(map(float, pair.split(","))) for pair in re.findall(r"-?[\d.]+,-?[\d.]+", path.get("d"))]

    @property
    def diamonds(self):
        """The square inside each diamond that its edges touch."""
        return {
            id: Rect(x + w / 4, y + h / 4, x + 3 * w / 4, y + 3 * h / 4)
            for id, (_, x, y, w, h) in self.gateways.items()
        }

    @property
    def pairs(self):
        return {(kind, a, b) for kind, a, b, _ in self.arrows}


def arrows_through_boxes(parsed):
    return [
        (a, b, id)
        for _, a, b, points in parsed.arrows
        for (x, y), (u, v) in pairwise(points)
        for id, box in (parsed.boxes | parsed.bars | parsed.diamonds).items()
        if max(x, u) > box.left + 0.6
        and min(x, u) < box.right - 0.6
        and max(y, v) > box.top + 0.6
        and min(y, v) < box.low - 0.6
    ]


def arrows_on_each_other(parsed):
    """Straight pieces that share their way, unless their arrows are one bundle: each source goes to each target."""
    pieces = [
        (kind, a, b, *(("h", y, *sorted((x, u))) if abs(y - v) < 0.3 else ("v", x, *sorted((y, v)))))
        for kind, a, b, points in parsed.arrows
        for (x, y), (u, v) in pairwise(points)
        if abs(x - u) + abs(y - v) > 3 and min(abs(x - u), abs(y - v)) < 0.3
    ]
    bad = []
    for (k, a, b, way, at, low, high), (k2, c, d, way2, at2, low2, high2) in combinations(pieces, 2):
        bundled = k == k2 and {(k, a, d), (k, c, b)} <= parsed.pairs
        if way == way2 and not bundled and abs(at - at2) < 3 and min(high, high2) - max(low, low2) > 2:
            bad.append(((a, b), (c, d)))
    return bad


def arrows_beside_their_boxes(parsed):
    """Arrows that do not begin or end on the edge of their box, bar or diamond."""

    def on_edge(id, x, y):
        if id in parsed.gateways:
            _, left, top, wide, high = parsed.gateways[id]
            aside = abs(x - left - wide / 2) + abs(y - top - high / 2)
            return abs(aside - wide / 2) < 0.3  # that is the edge of a diamond
        box = (parsed.boxes | parsed.bars)[id]
        on_side = min(abs(x - box.left), abs(x - box.right)) < 0.2 and box.top <= y <= box.low
        return on_side or (min(abs(y - box.top), abs(y - box.low)) < 0.2 and box.left <= x <= box.right)

    return [
        (source, target)
        for _, source, target, points in parsed.arrows
        if not (on_edge(source, *points[0]) and on_edge(target, *points[-1]))
    ]


def check_geometry(bp, picture):
    parsed = Parsed(picture)
    assert len(parsed.activities) == len(bp.activities) == len(parsed.boxes)
    width, height = (float(parsed.root.get(k)) for k in ("width", "height"))
    for activity in bp.activities:
        box, (left, right) = parsed.boxes[activity.id], parsed.stages[activity.stage]
        assert box.inside(parsed.lanes[activity.lane]), f"{activity.id} is not in its lane"
        assert left <= box.left < box.right <= right, f"{activity.id} is not in its stage"
    solid = (*parsed.boxes.values(), *parsed.bars.values(), *parsed.diamonds.values())
    for a, b in combinations((*solid, *parsed.notes), 2):
        assert not a.meets(b)
    for kind, source, target, points in parsed.arrows:
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points), (kind, source, target)
    assert arrows_beside_their_boxes(parsed) == []
    assert arrows_through_boxes(parsed) == []
    assert arrows_on_each_other(parsed) == []


@pytest.fixture(params=NAMES)
def bp(request):
    return example(request.param)


@pytest.fixture(params=["en", "zh"])
def lang(request):
    return request.param


# --- the blueprint --------------------------------------------------------------------------------------------------


@pytest.mark.few_quick(4)
@pytest.mark.parametrize("marked", [False, True])
def test_every_activity_stands_once_in_its_lane_and_stage_and_no_arrow_crosses_a_box(bp, lang, marked):
    check_geometry(bp, blueprint_picture(bp, overlay=overlay_for(bp) if marked else None, lang=lang))


@pytest.mark.few_quick(2)
def test_the_three_lines_part_the_lanes_they_should(bp, lang):
    parsed = Parsed(blueprint_picture(bp, lang=lang))
    assert set(parsed.lines) == {"interaction", "visibility", "internal_interaction"}
    above = {
        "interaction": ("physical_evidence", "customer"),
        "visibility": ("physical_evidence", "customer", "onstage", "onstage_technology"),
        "internal_interaction": ("physical_evidence", "customer", "onstage", "onstage_technology", "backstage"),
    }
    for name, kinds in above.items():
        for lane in bp.lanes:
            band = parsed.lanes[lane.id]
            assert (band.low <= parsed.lines[name] + 0.1) == (lane.kind in kinds), (name, lane.id)


def test_a_line_is_there_only_where_both_of_its_sides_are():
    def lines(*kinds):
        return boundary_lines([Lane(k, k, Text({"en": k})) for k in kinds])

    assert lines("customer") == {}
    assert lines("onstage", "backstage") == {0: ("visibility",)}
    assert lines("customer", "backstage") == {0: ("interaction", "visibility")}
    assert lines("customer", "onstage", "onstage_technology", "support") == {0: ("interaction",), 2: ("visibility",)}


def test_two_lines_at_one_border_keep_their_names_apart():
    bp = blueprint(
        [("a", "customer", "one"), ("b", "backstage", "one")], Sequence(steps("a", "b")), ("customer", "backstage")
    )
    parsed = Parsed(blueprint_picture(bp))
    assert parsed.lines["visibility"] - parsed.lines["interaction"] >= 12


def test_arrows_are_the_designed_pairs():
    example = Sequence(
        (
            Step("a"),
            Optional_(Step("b")),
            Parallel(steps("c", "d")),
            Choice(steps("e", "f")),
            Loop(Step("g"), Step("h")),
            Loop(Step("i")),
        )
    )
    pairs = {(net.kind, *pair) for net in wiring_of(example).steps for pair in net.pairs}
    flow = {"ab", "ac", "ad", "bc", "bd", "ce", "cf", "de", "df", "eg", "fg", "gi"}
    assert pairs == {("flow", *p) for p in flow} | {("redo", "g", "h"), ("loop", "h", "g"), ("loop", "i", "i")}


def test_a_free_region_is_one_bar_and_a_badge_on_each_step_not_all_pairs():
    ids = "abcdef"
    flow = Sequence((Step("a"), Free(("b", "c", "d", "e")), Step("f")))
    bp = blueprint([(x, "onstage", "one") for x in ids], flow)
    parsed = Parsed(blueprint_picture(bp))
    assert parsed.pairs == {("flow", "a", "any order 1"), ("flow", "any order 1", "f")}
    for group in parsed.activities:
        letters = [t.text for t in group.iter(f"{SVG}text")]
        assert ("A" in letters) == (group.get("data-activity") in "bcde")


def test_another_round_is_dashed_and_nothing_else():
    flow = Sequence((Loop(Step("a"), Sequence(steps("b", "d"))), Step("c")))
    bp = blueprint([(x, "onstage", "one") for x in "abcd"], flow)
    paths = [p for p in Parsed(blueprint_picture(bp)).root.iter(f"{SVG}path") if p.get("class") == "flow"]
    dashed = {(p.get("data-from"), p.get("data-to")) for p in paths if p.get("stroke-dasharray")}
    assert dashed == {("a", "b"), ("d", "a")}
    assert len(paths) == 4


def random_flow(rng, ids):
    if len(ids) == 1:
        return rng.choice([Step(ids[0]), Step(ids[0]), Step(ids[0]), Optional_(Step(ids[0])), Loop(Step(ids[0]))])
    kind = rng.choice(["sequence", "sequence", "choice", "parallel", "loop", "free", "optional"])
    if kind == "free" and len(ids) < 8:
        return Free(tuple(ids))
    if kind == "optional":
        return Optional_(random_flow(rng, ids))
    parts = 2 if kind == "loop" else rng.randint(2, min(4, len(ids)))
    cuts = [0, *sorted(rng.sample(range(1, len(ids)), parts - 1)), len(ids)]
    items = tuple(random_flow(rng, ids[a:b]) for a, b in pairwise(cuts))
    if kind == "loop":
        return Loop(*items, rng.choice([None, 3]))
    return {"choice": Choice, "parallel": Parallel}.get(kind, Sequence)(items)


@pytest.mark.parametrize("most", [3, 1234])
@pytest.mark.parametrize("ids", ["a", "ab", "ba"])
def test_the_limit_of_a_step_that_repeats_itself_has_room_beside_it(ids, most):
    flow = Loop(Step("a"), None, most) if ids == "a" else Sequence((*steps(*ids[:-1]), Loop(Step(ids[-1]), None, most)))
    bp = blueprint([(x, "onstage", "one") for x in ids], flow, ("onstage",))
    picture = blueprint_picture(bp)
    check_geometry(bp, picture)
    assert len(Parsed(picture).notes) == 1


@pytest.mark.few_quick(6)
@pytest.mark.parametrize("seed", range(24))
def test_any_block_structure_is_drawn_without_a_crossed_box(seed):
    rng = random.Random(seed)
    ids = [f"step {k}" for k in range(rng.randint(1, 22))]
    lanes, stages = ("physical_evidence", "customer", "onstage", "backstage", "partner"), ("one", "two", "three")
    bp = blueprint([(id, rng.choice(lanes), rng.choice(stages)) for id in ids], random_flow(rng, ids), lanes, stages)
    check_geometry(bp, blueprint_picture(bp))


# --- text -----------------------------------------------------------------------------------------------------------


def lines_outside(group, kind="box"):
    """Lines of text that are estimated to stick out of their box."""
    box = Rect.of(Parsed.rect(group, kind))
    bad = []
    for text in group.iter(f"{SVG}text"):
        x, y, size = (float(text.get(k)) for k in ("x", "y", "font-size"))
        wide = text_width(text.text or "", size, bold=text.get("font-weight") == "600")
        left = x if text.get("text-anchor") is None else x - wide / 2
        if not Rect(left, y - 0.8 * size, left + wide, y + 0.2 * size).inside(box, slack=0.5):
            bad.append(text.text)
    return bad


@pytest.mark.few_quick(2)
def test_no_text_sticks_out_of_its_box(bp, lang):
    for group in Parsed(blueprint_picture(bp, overlay=overlay_for(bp), lang=lang)).activities:
        assert lines_outside(group) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless_and_whole(name):
    named = Text({"en": name})
    activities = (
        Activity("a", "customer", "one", named, touchpoint=Touchpoint(True, True), wait_point=True, rework=True),
        Activity('b"<&', "support", "one", named, observable=False),
    )
    bp = blueprint(activities, Sequence(steps("a", 'b"<&')))
    lanes = tuple(replace(lane, name=named) for lane in bp.lanes)
    bp = replace(bp, name=named, lanes=lanes, stages=tuple(replace(s, name=named) for s in bp.stages))
    picture = blueprint_picture(bp, overlay={"a": Mark(1, 3, label=name)})
    check_geometry(bp, picture)
    parsed = Parsed(picture)
    assert {e.tag for e in parsed.root.iter()} <= {
        f"{SVG}{t}" for t in ("svg", "title", "desc", "defs", "marker", "path", "rect", "g", "text", "line", "circle")
    }
    assert "\u202e" not in picture.svg
    for group in parsed.activities:
        assert lines_outside(group) == []
        shown = "".join(t.text or "" for t in group.iter(f"{SVG}text") if t.get("font-size") == "13")
        kept = re.sub(r"[\s\x00-\x1f\u202e\ufffd]", "", name)
        assert re.sub(r"[\s\ufffd]", "", shown) == kept  # nothing of the name is cut away


@pytest.mark.parametrize("name", HOSTILE)
def test_titles_stay_within_the_picture(name):
    bp = replace(blueprint([("a", "customer", "one")], Step("a")), name=Text({"en": name}))
    for picture in (blueprint_picture(bp), process_map({"a": 1}, {}, starts={"a": 1}, ends={"a": 1}, title=name)):
        root = ET.fromstring(picture.svg)
        for text in root.findall(f"{SVG}text"):
            wide = text_width(text.text or "", float(text.get("font-size")), bold=text.get("font-weight") == "600")
            assert float(text.get("x")) + wide <= float(root.get("width"))


@pytest.mark.parametrize("text", [*HOSTILE, "two words", "长文本 with words，混合。"])
@pytest.mark.parametrize("width", [30, 80, 300])
def test_wrapping_keeps_everything_and_stays_within_the_width(text, width):
    for lines in (wrap(text, 12, width), balanced(text, 12, width)):
        assert all(text_width(line, 12) <= width for line in lines if len(line) > 1 and "\u200d" not in line)
        assert re.sub(r"[\s\ufffd]", "", "".join(lines)) == re.sub(r"[\s\x00-\x1f\u202e]", "", text)


def test_no_character_of_the_font_is_wider_than_it_is_taken_to_be():
    with TTFont(str(pylopdf_fonts_zh_cn.sans_path()), lazy=True) as font:
        widths, em = font["hmtx"], font["head"].unitsPerEm
        known = {chr(code): widths[glyph][0] / em for code, glyph in font.getBestCmap().items()}
    assert len(known) > 20_000
    assert [(c, hex(ord(c))) for c, wide in known.items() if wide > text_width(c, 1.0) + 0.012] == []


def test_every_marker_in_use_is_explained_and_no_other(bp):
    root = ET.fromstring(blueprint_picture(bp).svg)
    group = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "legend")
    legend = " ".join(t.text or "" for t in group.iter(f"{SVG}text"))
    assert ("wait point" in legend) == any(a.wait_point for a in bp.activities)
    assert ("fail point" in legend) == any(a.fail_point for a in bp.activities)
    assert ("rework" in legend) == any(a.rework for a in bp.activities)
    assert ("moment of truth" in legend) == any(a.touchpoint and a.touchpoint.moment_of_truth for a in bp.activities)
    assert ("not in the log" in legend) == any(not a.observable for a in bp.activities)
    assert ("exactly one" in legend) == any(isinstance(node, Choice) for node in flow_nodes(bp.flow))
    assert ("side by side" in legend) == any(isinstance(node, Parallel) for node in flow_nodes(bp.flow))
    assert ("another round" in legend) == any(isinstance(node, Loop) for node in flow_nodes(bp.flow))
    assert ("left out" in legend) == any(isinstance(node, Optional_) for node in flow_nodes(bp.flow))
    assert ("different persons" in legend) == any(rule.kind in ("four_eyes", "same_handler") for rule in bp.rules)
    assert ("time standard" in legend) == any(standard.dimension == "time" for standard in bp.standards)
    assert ("other standard" in legend) == any(standard.dimension != "time" for standard in bp.standards)
    assert "with a deviation" not in legend
    assert "late" not in legend


# --- overlay, output ------------------------------------------------------------------------------------------------


def test_an_overlay_prints_count_and_share_and_its_scale():
    bp = example("outpatient_visit")
    svg = blueprint_picture(bp, overlay={"triage": Mark(44, 500, severity="critical")}).svg
    assert ">44 (8.8%)<" in svg
    assert "share of 500 cases" in svg
    assert ">50%–100%<" in svg


def test_marks_of_different_case_numbers_name_theirs():
    svg = blueprint_picture(example("outpatient_visit"), overlay={"triage": Mark(4, 50), "pay": Mark(3, 40)}).svg
    assert ">4 / 50 (8.0%)<" in svg


def test_a_share_is_never_rounded_to_nothing_or_to_all():
    assert [percent(x) for x in (0, 0.0001, 0.004, 0.0996, 0.5, 0.9996, 1, None)] == [
        "0%",
        "<0.1%",
        "0.4%",
        "10%",
        "50%",
        ">99.9%",
        "100%",
        "–",
    ]


def test_wrong_overlays_and_languages_are_refused_with_a_hint():
    bp = example("outpatient_visit")
    with pytest.raises(UnknownNameError, match="Did you mean 'triage'"):
        blueprint_picture(bp, overlay={"triag": Mark(1, 2)})
    with pytest.raises(UnknownNameError, match="language 'de'"):
        blueprint_picture(bp, lang="de")
    with pytest.raises(UnknownNameError, match="severity"):
        Mark(1, 2, severity="bad")
    with pytest.raises(MiningError, match="between 0"):
        Mark(3, 2)
    for share in (float("nan"), -0.1, 1.01):
        with pytest.raises(MiningError, match="None where it is not known"):
            Mark(1, 2, late_share=share)
    assert [Mark(1, 2, late_share=share).late_share for share in (None, 0.0, 1.0)] == [None, 0.0, 1.0]


@pytest.mark.few_quick(2)
def test_the_same_blueprint_gives_the_same_bytes(bp, lang):
    first, second = (blueprint_picture(bp, overlay=overlay_for(bp), lang=lang) for _ in range(2))
    assert first == second


def test_a_picture_says_what_it_is_to_those_who_do_not_see_it(bp):
    root = ET.fromstring(blueprint_picture(bp).svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.find(f"{SVG}title").text == f"{bp.name} · version {bp.version}"
    assert str(len(bp.activities)) in root.find(f"{SVG}desc").text
    for group in Parsed(blueprint_picture(bp)).activities:
        assert bp.activity(group.get("data-activity")).name.get("en") in group.find(f"{SVG}title").text


def test_a_picture_saves_itself(tmp_path):
    picture = blueprint_picture(example("outpatient_visit"), lang="zh")
    assert picture.save(tmp_path / "a.svg").read_text("utf-8") == picture.svg
    png = picture.save(tmp_path / "a.PNG").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert len(png) > 20_000  # with its text; resvg without a font draws none
    assert picture.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-1.7")
    with pytest.raises(MiningError, match=r"'.jpg'. Use .svg, .png or .pdf"):
        picture.save(tmp_path / "a.jpg")
    with pytest.raises(MiningError, match="a file without suffix"):
        picture.save(tmp_path / "a")


def test_a_picture_in_a_notebook_has_a_light_ground_and_scrolls():
    html = Picture("<svg/>", 'a"b')._repr_html_()
    assert [part for part in ("overflow:auto", "background:#fff", "a&quot;b") if part not in html] == []


# --- the process map ------------------------------------------------------------------------------------------------

ACTIVITIES = {"apply": 100, "check": 120, "decide": 90}
ARCS = {("apply", "check"): 95, ("check", "check"): 20, ("check", "decide"): 90, ("apply", "decide"): 1}
ENDS = {"starts": {"apply": 100}, "ends": {"decide": 90, "check": 10}}


def test_the_map_shows_each_activity_once_and_says_how_much_it_shows():
    picture = process_map(
        ACTIVITIES,
        ARCS,
        **ENDS,
        names={"apply": "提交 <申请>"},
        visible={"apply": True, "check": False},
        marks={"check": Mark(30, 100, severity="major")},
        title="Loan",
    )
    root = ET.fromstring(picture.svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "activity"]
    assert sorted(g.get("data-activity") for g in groups) == sorted(ACTIVITIES)
    assert "Shown: 7 of 7 arcs, 100% of 406 transitions" in picture.svg  # 206 between activities, 100 starts, 100 ends
    assert ">30 (30%)<" in picture.svg
    assert [lines_outside(g) for g in groups] == [[], [], []]
    for a, b in combinations([Rect.of(Parsed.rect(g, "box")) for g in groups], 2):
        assert not a.meets(b)


def test_a_filtered_map_keeps_every_activity_joined_with_start_and_end():
    ids = [f"a{k}" for k in range(12)]
    rng = random.Random(1)
    arcs = {(a, b): rng.randint(1, 500) for a in ids for b in ids}
    picture = process_map(dict.fromkeys(ids, 500), arcs, starts={"a0": 500}, ends={"a11": 500}, most_arcs=20)
    shown = [
        (g.get("data-from"), g.get("data-to"))
        for g in ET.fromstring(picture.svg).iter(f"{SVG}g")
        if g.get("class") == "arc"
    ]
    assert len(shown) < 50
    for forward in (True, False):
        reached = {""}
        for _ in ids:
            reached |= {b if forward else a for a, b in shown if (a if forward else b) in reached}
        assert reached >= set(ids)


def test_the_strongest_arcs_fill_up():
    pool = [Arc("a", "b", 9), Arc(None, "a", 9), Arc("b", None, 9), Arc("b", "a", 5), Arc("a", "a", 2)]
    assert [arc.n for arc in strongest(pool, ["a", "b"], 4)] == [9, 9, 9, 5]


def test_the_map_is_the_same_each_time_and_whatever_the_order_of_its_input():
    turned = process_map(dict(reversed(ACTIVITIES.items())), dict(reversed(ARCS.items())), **ENDS)
    assert process_map(ACTIVITIES, ARCS, **ENDS) == turned


@pytest.mark.parametrize("name", [n for n in HOSTILE if n])
def test_a_map_takes_hostile_ids(name):
    picture = process_map({name: 3, "b": 2}, {(name, "b"): 2}, starts={name: 3}, ends={"b": 2, name: 1}, lang="zh")
    groups = [g for g in ET.fromstring(picture.svg).iter(f"{SVG}g") if g.get("class") == "activity"]
    assert len(groups) == 2
    assert [lines_outside(g) for g in groups] == [[], []]


def test_a_map_of_nothing_or_of_unknown_activities_is_refused():
    with pytest.raises(MiningError, match="nothing to draw"):
        process_map({}, {}, starts={}, ends={})
    with pytest.raises(UnknownNameError, match="Did you mean 'check'"):
        process_map(ACTIVITIES, {("apply", "chek"): 1}, **ENDS)
