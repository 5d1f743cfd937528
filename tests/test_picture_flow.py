"""What the picture says of the flow and of the standards: diamonds, rings, limits, badges, and all of it in grey."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from mining.blueprint.compile import automaton_of
from mining.blueprint.model import (
    Choice,
    Free,
    Loop,
    Optional_,
    Parallel,
    Rule,
    Sequence,
    Standard,
    Step,
    Text,
    flow_nodes,
)
from mining.errors import UnknownNameError
from mining.pictures import Mark, blueprint_picture
from mining.pictures.bands import LINE_STYLE
from mining.pictures.flow import Gateway, Net, Wiring, wiring_of
from mining.pictures.gateways import with_gateways
from mining.pictures.grid import Cell, Grid
from mining.pictures.marks import BORDER, SHARE_FILLS, SHARE_STEPS, fills
from mining.pictures.promises import promises_of
from mining.pictures.sheet import DIAMOND, _port
from mining.pictures.symbols import ADDED_WIDTH, LOOP_DASHES, REMOVED_DASHES
from mining.pictures.tracks import Run
from mining.pictures.words import WORDS, words_in
from mining.units import Duration
from tests.test_pictures import SVG, Parsed, blueprint, example, random_flow, steps


def edges(flow):
    """(kind, from, to) of all connections, with a ring or a limit where there is one, and the kinds of the diamonds."""
    wiring = wiring_of(flow)
    names = {g.id: f"{ {'choice': 'x', 'parallel': '+', 'start': 'o'}[g.kind] }{g.id[8:]}" for g in wiring.gateways}
    found = set()
    for net in wiring.nets:
        for a, b in net.pairs:
            ring, limit = "?" if b in net.optional else "", f"<={net.limit}" if net.limit else ""
            found.add(f"{net.kind} {names.get(a, a)}-{names.get(b, b)}{ring}{limit}")
    return found


# --- diamonds -------------------------------------------------------------------------------------------------------


def test_a_choice_is_one_diamond_and_parallel_branches_are_two():
    flow = Sequence((Step("a"), Choice(steps("b", "c")), Parallel(steps("d", "e")), Step("f")))
    assert edges(flow) == {
        *("flow a-x1", "flow x1-b", "flow x1-c"),
        *("flow b-+2", "flow c-+2", "flow +2-d", "flow +2-e"),
        *("flow d-+3", "flow e-+3", "flow +3-f"),
    }


def test_what_may_be_left_out_has_a_ring_and_a_way_around_it():
    flow = Sequence((Step("a"), Optional_(Sequence(steps("b", "c"))), Step("d")))
    assert edges(flow) == {"flow a-b?", "flow a-d", "flow b-c", "flow c-d"}


def test_an_optional_branch_has_a_ring_and_needs_no_way_around():
    flow = Sequence((Step("a"), Parallel((Optional_(Step("b")), Step("c"))), Step("d")))
    assert edges(flow) == {"flow a-+1", "flow +1-b?", "flow +1-c", "flow b-+2", "flow c-+2", "flow +2-d"}


def test_a_branch_whose_first_step_is_not_fixed_begins_at_a_choice_of_its_own():
    """Three arrows out of one plus would say that three things happen."""
    flow = Sequence((Step("a"), Parallel((Sequence((Optional_(Step("b")), Step("c"))), Step("d"))), Step("e")))
    assert edges(flow) == {
        *("flow a-+1", "flow +1-x2", "flow x2-b?", "flow x2-c", "flow b-c", "flow +1-d"),
        *("flow c-+3", "flow d-+3", "flow +3-e"),
    }


def test_branches_of_branches_of_the_same_kind_share_a_diamond():
    assert edges(Choice((Step("a"), Choice(steps("b", "c"))))) == {"flow x1-a", "flow x1-b", "flow x1-c"}
    nested = Sequence((Parallel((Step("a"), Parallel(steps("b", "c")))), Step("d")))
    assert sum(1 for g in wiring_of(nested).gateways) == 2


def test_branches_that_end_the_flow_do_not_meet():
    assert edges(Sequence((Step("a"), Parallel(steps("b", "c"))))) == {"flow a-+1", "flow +1-b", "flow +1-c"}


def test_a_loop_goes_back_with_its_limit():
    assert edges(Loop(Step("a"), Step("b"), 3)) == {"redo a-b", "loop b-a<=3"}
    assert edges(Loop(Step("a"), None, 2)) == {"loop a-a<=2"}
    assert edges(Loop(Parallel(steps("a", "b")))) == {
        *("flow +1-a", "flow +1-b", "flow a-+2", "flow b-+2"),
        "loop +2-+1",
    }


def test_a_flow_begins_at_a_circle_only_where_its_first_step_is_not_fixed():
    assert edges(Sequence((Optional_(Step("a")), Step("b")))) == {"flow o1-a?", "flow o1-b", "flow a-b"}
    assert edges(Sequence((Optional_(Free(("a", "b"))), Step("c")))) == {
        "flow o1-any order 1?",
        "flow o1-c",
        "flow any order 1-c",
    }


@pytest.mark.parametrize("seed", range(40))
def test_steps_follow_each_other_in_the_picture_as_in_the_automaton(seed):
    """Two ways to know what may come directly after what: the drawn connections, and the compiled flow."""
    rng = random.Random(seed)
    ids = [f"s{k}" for k in range(rng.randint(2, 9))]
    flow = random_flow(rng, ids)
    nodes = list(flow_nodes(flow))
    bp = blueprint([(id, "onstage", "one") for id in ids], flow)
    machine = automaton_of(bp)
    arcs = [(s, label, t) for s, after in enumerate(machine.successors) for label, t in after.items()]
    may = {(a, b) for _, a, middle in arcs for start, b, _ in arcs if start == middle}
    regions = {r.id: r.activities for r in wiring_of(flow).regions}
    drawn = {
        (x, y)
        for net in wiring_of(flow).steps
        for a, b in net.pairs
        for x in regions.get(a, (a,))
        for y in regions.get(b, (b,))
    }
    assert drawn <= may
    if not any(isinstance(node, Parallel | Free) for node in nodes):
        assert drawn == may


def test_the_diamonds_of_a_picture_are_told_apart():
    flow = Sequence((Step("a"), Choice(steps("b", "c")), Parallel(steps("d", "e")), Step("f")))
    picture = blueprint_picture(blueprint([(x, "onstage", "one") for x in "abcdef"], flow))
    parsed = Parsed(picture)
    assert [kind for kind, *_ in parsed.gateways.values()] == ["choice", "parallel", "parallel join"]
    shapes = {}
    for group in parsed.root.iter(f"{SVG}g"):
        if group.get("class") == "gateway":
            paths = [p.get("d") for p in group.iter(f"{SVG}path")]
            shapes[group.get("data-kind")] = ("H" in paths[1], group.find(f"{SVG}title").text)
    assert shapes["choice"] == (False, "exactly one of the branches")
    assert shapes["parallel"] == (True, "all branches, side by side")


def test_diamonds_keep_out_of_each_other_and_of_bars():
    """Three diamonds between the same two columns, two rows of lanes, and a bar above both columns."""
    cells = {"r": Cell(0, 0, 1), "a": Cell(1, 0, 0), "b": Cell(1, 1, 1), "c": Cell(2, 1, 1)}
    gates = tuple(Gateway(f"g{k}", "choice") for k in range(3))
    nets = tuple(net for g in gates for net in (Net("flow", ("a",), (g.id,)), Net("flow", (g.id,), ("b", "c"))))
    grid = with_gateways(Grid(cells, (2,), (2,), 1), Wiring(nets, (), gates))
    assert {g: grid.cells[g] for g in ("g0", "g1", "g2")} == {
        "g0": Cell(1, 1, 1),
        "g1": Cell(2, 1, 1),
        "g2": Cell(1, 2, 2),
    }
    assert grid.cells["r"] == Cell(0, 0, 3)
    assert (grid.stages, grid.narrow) == ((4,), {1, 2})


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("far_side", [True, False])
@pytest.mark.parametrize("across", [0.0, 6.0, -6.0, 9.5, -9.5, 24.0])
def test_a_line_beside_the_corner_of_a_diamond_still_meets_it(flat, far_side, across):
    place = (100.0, 200.0, DIAMOND, DIAMOND)
    middle = (110.0, 210.0)
    (x, y), *rest = _port(Run("n", flat, 0, 0.0, 1.0), middle[flat] + across, far_side, place)
    assert abs(x - middle[0]) + abs(y - middle[1]) == pytest.approx(DIAMOND / 2)
    end = rest[-1] if rest else (x, y)
    assert end[flat] == pytest.approx(middle[flat] + across)
    assert len(rest) == (abs(across) >= 9)


def test_rings_are_drawn_where_steps_may_be_left_out():
    flow = Sequence((Step("a"), Optional_(Step("b")), Step("c")))
    root = Parsed(blueprint_picture(blueprint([(x, "onstage", "one") for x in "abc"], flow))).root
    ringed = {
        (p.get("data-from"), p.get("data-to"))
        for p in root.iter(f"{SVG}path")
        if p.get("class") == "flow" and p.get("marker-end") == "url(#optional)"
    }
    assert ringed == {("a", "b")}
    assert [c.get("r") for m in root.iter(f"{SVG}marker") if m.get("id") == "optional" for c in m.iter(f"{SVG}circle")]


@pytest.mark.parametrize(("lang", "said"), [("en", "at most n rounds"), ("zh", "最多 n 轮")])
def test_the_limit_of_a_loop_stands_on_its_way_back(lang, said):
    parsed = Parsed(blueprint_picture(example("outpatient_visit"), lang=lang))
    notes = [g for g in parsed.root.iter(f"{SVG}g") if g.get("class") == "note"]
    assert [t.text for g in notes for t in g.iter(f"{SVG}text")] == ["≤3"]
    x, y = ((parsed.notes[0].left + parsed.notes[0].right) / 2, (parsed.notes[0].top + parsed.notes[0].low) / 2)
    back = next(points for kind, a, b, points in parsed.arrows if (kind, a, b) == ("loop", "report", "consult"))
    far = min(distance((x, y), a, b) for a, b in zip(back, back[1:], strict=False))
    assert far < 30
    assert said in legend_of(parsed.root)


def distance(point, a, b):
    """From a point to a straight piece that runs along an axis."""
    x = min(max(point[0], min(a[0], b[0])), max(a[0], b[0]))
    y = min(max(point[1], min(a[1], b[1])), max(a[1], b[1]))
    return abs(point[0] - x) + abs(point[1] - y)


def legend_of(root, name="legend"):
    group = next(g for g in root.iter(f"{SVG}g") if g.get("class") == name)
    return " ".join(t.text or "" for t in group.iter(f"{SVG}text"))


# --- standards and rules about people -------------------------------------------------------------------------------


def badges(picture):
    """Activity to the texts of its badges."""
    return {
        group.get("data-activity"): found
        for group in Parsed(picture).activities
        if (
            found := [
                " ".join(t.text for t in g.iter(f"{SVG}text"))
                for g in group.iter(f"{SVG}g")
                if g.get("class") == "badge"
            ]
        )
    }


def test_standards_stand_at_their_touchpoint_and_rules_about_people_at_both_steps():
    picture = blueprint_picture(example("permit_receipt"))
    assert badges(picture) == {
        "send_receipt": ["S1 ≤5bd 95%"],
        "check_receipt": ["R2 ≠"],
        "approve_receipt": ["R2 ≠"],
    }
    listed = legend_of(Parsed(picture).root, "promises")
    assert "S1 ≤5bd 95%: Confirmation sent within 5 working days" in listed
    assert "S2 ≤8w 90%" in listed  # of the whole case: below the picture only
    assert "S3 ≤deadline 95%" in listed
    assert "R1" not in listed


def test_standards_speak_chinese():
    picture = blueprint_picture(example("permit_receipt"), lang="zh")
    assert badges(picture)["send_receipt"] == ["S1 ≤5工作日 95%"]
    assert "S1 ≤5工作日 95%：五个工作日内送达受理通知" in legend_of(Parsed(picture).root, "promises")


def test_a_standard_that_ends_at_any_of_several_steps_stands_at_each():
    found = badges(blueprint_picture(example("bank_loan"), show=["standards"]))
    assert [id for id, texts in found.items() if "S1 ≤1bd 90%" in texts] == ["preaccept", "decline", "cancel"]
    assert not any("R4" in text for texts in found.values() for text in texts)


def test_a_standard_stands_at_its_touchpoint_before_all_else():
    bp = blueprint([(x, "onstage", "one") for x in "abcd"], Sequence(steps(*"abcd")))
    promise = Standard(
        "S1", "time", "elapsed", "major", "?", start=("a",), end=("b",), of=("c",), limit=Duration(2, "h")
    )

    def places(**more):
        return list(promises_of(replace(bp, standards=(replace(promise, **more),)), "en", words_in("en")).by_activity)

    assert places(touchpoint="d") == ["d"]
    assert places() == ["b"]
    assert places(end=()) == ["c"]
    assert places(end=(), of=()) == ["a"]
    assert places(end=("case_end",)) == []


def test_scores_have_another_sign_than_times():
    bp = example("outpatient_visit")
    kinds = [(b.id, b.kind) for b in promises_of(bp, "en", words_in("en")).by_activity["consult"]]
    assert kinds == [("S1", "time"), ("S3", "quality"), ("S4", "quality"), ("R5", "people")]


def test_layers_can_be_left_out_and_unknown_ones_are_refused():
    bp = example("permit_receipt")
    plain = blueprint_picture(bp, show=())
    assert badges(plain) == {}
    assert "standard" not in legend_of(Parsed(plain).root)
    with pytest.raises(UnknownNameError, match="Did you mean 'standards'"):
        blueprint_picture(bp, show=["standard"])


def test_hostile_promises_are_harmless_and_stay_inside():
    from tests.test_pictures import check_geometry, lines_outside

    text = Text({"en": "<b>&\u202e" + "x" * 90, "zh": "审" * 60})
    bp = blueprint([("a", "onstage", "one"), ("b", "onstage", "one")], Sequence(steps("a", "b")))
    promise = Standard("S<" + "y" * 40, "time", "elapsed", "major", "?", end=("b",), share=0.123456789, text=text)
    bp = replace(
        bp,
        standards=(promise, replace(promise, id="S2", limit=Duration(1234567, "min"), text=None)),
        rules=(Rule("R1", "same_handler", "a", "minor", "?", b="b", text=text),),
    )
    picture = blueprint_picture(bp)
    check_geometry(bp, picture)
    assert [lines_outside(g) for g in Parsed(picture).activities] == [[], []]
    assert "\u202e" not in picture.svg
    root = ET.fromstring(picture.svg)
    for item in next(g for g in root.iter(f"{SVG}g") if g.get("class") == "promises").iter(f"{SVG}text"):
        assert float(item.get("x")) < float(root.get("width"))


# --- overlay, and a grey printer ------------------------------------------------------------------------------------


def test_lateness_is_printed_with_a_clock_and_explained():
    marks = {"triage": Mark(44, 500, severity="critical", late_share=0.07), "pay": Mark(3, 500, severity="minor")}
    root = ET.fromstring(blueprint_picture(example("outpatient_visit"), overlay=marks, show=()).svg)
    strips = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "activity" and group.get("data-activity") in marks:
            texts = [t.text for t in group.iter(f"{SVG}text")]
            strips[group.get("data-activity")] = texts[texts.index("Triage" if "Triage" in texts else "Pay") + 1 :]
    assert strips == {"triage": ["44 (8.8%)", "late 7.0%"], "pay": ["3 (0.6%)"]}
    assert "share of all cases that are late here" in legend_of(root)
    bare = {"pay": marks["pay"]}
    assert "late" not in legend_of(ET.fromstring(blueprint_picture(example("outpatient_visit"), overlay=bare).svg))


def luminance(colour):
    """Relative luminance of a colour, 0 black to 1 white: what a grey printer keeps of it (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def lightness(colour):
    """Perceived lightness, 0 to 100 (CIE L*)."""
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_the_scale_of_shares_is_a_scale_in_grey():
    greys = [lightness(fill) for fill in SHARE_FILLS]
    assert all(a - b >= 6 for a, b in zip(greys, greys[1:], strict=False)), greys
    assert len(SHARE_FILLS) == len(SHARE_STEPS)


@pytest.mark.parametrize("share", [0, 1, 40, 90, 200, 450, 900])
def test_the_text_of_a_strip_can_be_read_on_its_fill(share):
    ground, ink = (luminance(colour) for colour in fills(Mark(share, 1000)))
    low, high = sorted((ground, ink))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_what_a_line_means_is_in_its_dashes_and_its_thickness():
    dashes = [LOOP_DASHES, REMOVED_DASHES, *(pattern for pattern, _ in LINE_STYLE.values())]
    assert len(set(dashes)) == len(dashes)  # another round, removed, and the three lines
    widths = sorted(BORDER.values())
    assert all(b - a >= 1 for a, b in zip(widths, widths[1:], strict=False))
    assert 2 * min(widths) <= ADDED_WIDTH


def test_every_word_is_there_in_both_languages():
    assert WORDS["en"].keys() == WORDS["zh"].keys()
