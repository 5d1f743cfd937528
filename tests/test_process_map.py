"""The process map at its levels of detail: what is counted, that nothing is hidden in silence, and where things stand."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.discovery.explorer import explorer_of
from mining.discovery.map_levels import MOST_ARCS, covering, level_of, level_with
from mining.discovery.maps import map_of
from mining.discovery.observed import observed_of
from mining.errors import MiningError, UnknownNameError
from mining.log import EventLog
from mining.pictures.layered import Edge, Node, lay_out
from mining.pictures.map_colours import counts_scale, times_scale
from mining.pictures.map_content import Arc, strongest
from mining.pictures.process_map import process_map
from mining.pictures.spacing import settle
from mining.pictures.svg import text_width
from tests.examples import examples
from tests.helpers import MONDAY, blueprint, frame, study
from tests.helpers import traces as words

SVG = "{http://www.w3.org/2000/svg}"
COLUMNS = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
WORDS = st.lists(st.text("abcdefgh", max_size=7), min_size=1, max_size=12)


def log_of(cases):
    """Events as for `frame`, as a log without a blueprint."""
    return EventLog.from_frame(frame(cases), columns=COLUMNS)


def many(n, seed=1):
    """Ten cases over n activities, long ones."""
    rng = np.random.default_rng(seed)
    steps = {f"c{k}": [(f"Step {x:02d}", float(i)) for i, x in enumerate(rng.integers(0, n, 200))] for k in range(10)}
    return log_of(steps)


def arcs_of(level):
    return {(a.source, a.target, a.indirect): a.n for a in level.pool}


def notes_of(picture):
    """Title and sentences below it."""
    return " ".join(t.text for t in ET.fromstring(picture.svg).findall(f"{SVG}text"))


def legend_of(picture, lang="en"):
    groups = ET.fromstring(picture.svg).iter(f"{SVG}g")
    texts = next(g for g in groups if g.get("class") == "legend").iter(f"{SVG}text")
    return ("" if lang == "zh" else " ").join(t.text for t in texts)


# --- what is counted ------------------------------------------------------------------------------------------------


def test_an_arc_over_hidden_activities_is_counted_apart_from_a_direct_one():
    level = level_of(observed_of(log_of(words(*["abc"] * 6, *["ac"] * 3, "bca", "b"))), 0.7)
    assert level.shown == ("A", "C")  # 10 of 28 and 10 of 28: 71 %; B has 8
    assert arcs_of(level) == {
        ("A", "C", True): 6,
        ("A", "C", False): 3,
        ("C", "A", False): 1,
        (None, "A", False): 9,
        (None, "C", True): 1,
        ("C", None, False): 9,
        ("A", None, False): 1,
    }


def test_a_case_without_any_shown_activity_is_counted_in_the_picture():
    picture = map_of(log_of(words(*["ac"] * 5, "b")), activities=0.9)
    assert "Shown: 2 of 3 activities (91% of 11 activity instances), 3 of 3 arcs (100% of 15 transitions" in notes_of(
        picture
    )
    assert "; 6 cases. Cases that have none of these activities and are not in the map: 1." in notes_of(picture)


@given(WORDS, st.integers(1, 8))
@settings(max_examples=examples(60), deadline=None)
def test_what_enters_and_leaves_a_box_is_what_happened_there(cases, n):
    observed = observed_of(log_of(words(*cases, "ab")))
    level = level_with(observed, n)
    into, out = Counter(), Counter()
    for arc in level.pool:
        into[arc.target] += arc.n
        out[arc.source] += arc.n
    for name in level.boxes:
        assert into[name] == out[name] == level.counts[name]
    assert into[None] == out[None] == sum(bool(set(w.upper()) & set(level.shown)) for w in [*cases, "ab"])


@given(WORDS, st.integers(1, 8))
@settings(max_examples=examples(40), deadline=None)
def test_pairs_and_their_medians_are_those_of_pandas(cases, n):
    rng = np.random.default_rng(len(cases))
    events = {
        f"c{k}": [(x.upper(), float(i), "ann", float(i - rng.random())) for i, x in enumerate(w)]
        for k, w in enumerate([*cases, "ab", "ab"])
    }
    level = level_with(observed_of(log_of(events)), n)
    table = frame(events).assign(at=lambda t: t.groupby("case").cumcount())
    table = table[table["activity"].isin(level.shown)]
    later = table.groupby("case").shift(-1)
    pairs = table.assign(to=later["activity"], then=later["start"], gap=later["at"] - table["at"] > 1).dropna(
        subset="to"
    )
    pairs["s"] = (pd.to_datetime(pairs["then"], utc=True) - pairs["end"]).dt.total_seconds().clip(lower=0)
    wanted = {}
    for (a, b, gap), part in pairs.groupby(["activity", "to", "gap"]):
        few = part["case"].nunique() < 5
        wanted[a, b, bool(gap)] = (len(part), few, None if few else part["s"].quantile(0.5, interpolation="lower"))
    found = {(x.source, x.target, x.indirect): x for x in level.pool if x.source and x.target}
    assert found.keys() == wanted.keys()
    for key, (count, few, median) in wanted.items():
        assert (found[key].n, found[key].few) == (count, few)
        assert found[key].seconds == (median if median is None else pytest.approx(median, abs=1e-5))


def test_the_box_for_the_others_holds_the_rarest_and_says_so():
    log = many(61)
    level = level_of(observed_of(log), 1.0)
    assert (len(level.shown), len(level.merged), len(level.boxes)) == (39, 22, 40)
    assert sum(level.counts.values()) == 2000
    assert min(level.counts[x] for x in level.shown) >= max(level.observed.activities[x] for x in level.merged)
    assert not any(arc.indirect for arc in level.pool)  # nothing is hidden
    for lang, said in (("en", "39 of 61 activities, the 22 rarest together"), ("zh", "其余 22 个少见活动合并为一框")):
        picture = map_of(log, activities=1, lang=lang)
        assert said in picture.title
    root = ET.fromstring(map_of(log, activities=1).svg)
    box = next(g for g in root.iter(f"{SVG}g") if g.get("data-activity") == "other")
    assert box.find(f"{SVG}title").text.count("Step ") == 22
    assert level_with(observed_of(many(40)), 40).merged == ()


def test_a_label_called_other_does_not_become_the_box_for_the_others():
    table = frame({"c": [("other", 0.0)]})
    steps = pd.concat([table] * 60, ignore_index=True)
    names = ["other"] * 5 + [f"x{k}" for k in range(55)]
    steps = steps.assign(activity=names, end=[MONDAY + pd.Timedelta(hours=k) for k in range(60)])
    level = level_of(observed_of(EventLog.from_frame(steps, columns=COLUMNS)), 1.0)
    assert level.other == "other+"
    assert level.counts["other"] == 5


@pytest.mark.parametrize(("share", "n"), [(0, 1), (0.5, 1), (0.6, 1), (0.61, 2), (0.9, 2), (0.91, 3), (1, 3)])
def test_activities_are_a_share_of_the_instances(share, n):
    assert covering([6, 3, 1], share) == n


def test_paths_are_a_share_of_the_transitions_and_more_of_them_hides_none():
    level = level_of(observed_of(many(9)), 1.0)
    total = sum(arc.n for arc in level.pool)
    before = set()
    for share in (0.0, 0.3, 0.6, 0.9, 1.0):
        arcs = set(level.arcs(share, 10_000))
        assert before <= arcs
        assert sum(arc.n for arc in arcs) >= share * total
        before = arcs
    assert before == set(level.pool)


@given(WORDS)
@settings(max_examples=examples(40), deadline=None)
def test_even_the_fewest_arcs_join_every_activity_with_start_and_end(cases):
    level = level_of(observed_of(log_of(words(*cases, "ab"))), 1.0)
    arcs = [(arc.source, arc.target) for arc in level.arcs(0.0, 0)]
    for ends in (arcs, [(b, a) for a, b in arcs]):
        reached = {None}
        for _ in level.boxes:
            reached |= {b for a, b in ends if a in reached}
        assert reached >= set(level.boxes)


# --- times ----------------------------------------------------------------------------------------------------------


def timed(n, gaps=(1.0,)):
    """n cases: a ends at 1, b starts after a gap in hours and takes half an hour, c has no start."""
    return {
        f"c{k}": [
            ("A", 1.0, "ann", 0.0),
            ("B", 1.5 + gaps[k % len(gaps)], "ann", 1.0 + gaps[k % len(gaps)]),
            ("C", 8.0),
        ]
        for k in range(n)
    }


def test_times_run_to_the_start_where_the_log_has_one_else_to_the_completion():
    level = level_of(observed_of(log_of(timed(5, gaps=(1.0, 2.0, 3.0, 4.0, 5.0)))), 1.0)
    arcs = {(a.source, a.target): a for a in level.pool}
    assert (arcs["A", "B"].seconds, arcs["B", "C"].seconds) == (3 * 3600, (8 - 4.5) * 3600)
    assert (level.processing["A"].seconds, level.processing["B"].seconds) == (3600, 1800)
    assert "C" not in level.processing
    assert arcs[None, "A"].seconds is None
    picture = map_of(level.observed, colour="performance")
    assert "for 1 of 3 activities to the completion" in legend_of(picture)
    assert "3.0 h" in picture.svg


def test_an_overlap_is_no_negative_time():
    level = level_of(observed_of(log_of(timed(5, gaps=(-0.4,)))), 1.0)
    assert next(a.seconds for a in level.pool if a.source == "A") == 0


def test_no_median_of_fewer_than_five_cases():
    level = level_of(observed_of(log_of(timed(4))), 1.0)
    assert {(a.seconds, a.few) for a in level.pool if a.source and a.target} == {(None, True)}
    for lang, said in (("en", "few: measured in fewer than 5 cases"), ("zh", "过少：有时间数据的案例不足 5 个")):
        assert said in legend_of(map_of(level.observed, colour="performance", lang=lang), lang)


def test_instances_without_a_start_are_not_mixed_with_those_that_have_one():
    cases = timed(9)
    cases["c0"][1] = ("B", 100.0)  # its start is not known: not measured
    level = level_of(observed_of(log_of(cases)), 1.0)
    assert next(a.seconds for a in level.pool if (a.source, a.target) == ("A", "B")) == 3600


def test_a_log_without_starts_says_that_times_run_to_the_completion():
    picture = map_of(log_of(words(*["abc"] * 6)), colour="performance")
    assert "to the completion of the next (the log has no starts)" in legend_of(picture)
    assert "processing time" not in legend_of(picture)


def test_scales_have_round_borders_and_their_labels():
    assert counts_scale([3, 50, 1000]).labels == ("≤20", "21–100", "101–200", "201–500", ">500")
    scale = counts_scale([7, 7])
    assert (scale.labels, scale.step(7)) == (("≤7",), 1)
    times = times_scale([30.0, 600.0, 7200.0, 90_000.0, 900_000.0], "en")
    assert times.labels == ("≤30 s", "30 s–10 min", "10 min–2 h", "2 h–2 d", ">2 d")
    assert [times.step(x) for x in (1, 31, 601, 7201, 1e6)] == [0, 1, 2, 3, 4]
    assert times_scale([], "en").labels == ("–",)


# --- where things stand ---------------------------------------------------------------------------------------------


def boxes_of(root):
    found = []
    for g in root.iter(f"{SVG}g"):
        if g.get("class") in ("activity", "terminal"):
            rect = next(r for r in g.iter(f"{SVG}rect") if r.get("class") != "behind")
            x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
            found.append((g.get("data-activity") or "", (x, y, x + width, y + height)))
    return found


def labels_of(root):
    found = []
    for text in root.iter(f"{SVG}text"):
        if text.get("paint-order"):
            wide, x, y = text_width(text.text, 11), float(text.get("x")), float(text.get("y"))
            found.append((text.text, (x - wide / 2, y - 9, x + wide / 2, y + 2)))
    return found


def meet(a, b, slack=0.3):
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack


def curve_points(d):
    """Points along a path of cubic pieces."""
    numbers = [tuple(map(float, pair.split(","))) for pair in re.findall(r"-?[\d.]+,-?[\d.]+", d)]
    assert len(numbers) % 3 == 1
    for k in range(0, len(numbers) - 1, 3):
        p = np.array(numbers[k : k + 4])
        for t in np.linspace(0, 1, 13):
            yield tuple((1 - t) ** 3 * p[0] + 3 * t * (1 - t) ** 2 * p[1] + 3 * t * t * (1 - t) * p[2] + t**3 * p[3])


def faults_of(picture):
    """Boxes on each other, labels on boxes or on each other, arcs through boxes, anything outside the picture."""
    root = ET.fromstring(picture.svg)
    boxes, labels = boxes_of(root), labels_of(root)
    bad = [("boxes", a, b) for (a, x), (b, y) in combinations(boxes, 2) if meet(x, y)]
    bad += [("label on box", a, b) for a, x in labels for b, y in boxes if meet(x, y)]
    bad += [("labels", a, b) for (a, x), (b, y) in combinations(labels, 2) if meet(x, y)]
    for g in root.iter(f"{SVG}g"):
        if g.get("class") == "arc" and g.get("data-n"):
            for x, y in curve_points(g.find(f"{SVG}path").get("d")):
                inside = [
                    id for id, (left, top, right, low) in boxes if left + 1 < x < right - 1 and top + 1 < y < low - 1
                ]
                bad += [("arc through box", g.get("data-from"), g.get("data-to"), id) for id in inside]
    moved = next(g for g in root.iter(f"{SVG}g") if (g.get("transform") or "").startswith("translate"))
    dx, dy = map(float, re.findall(r"-?[\d.]+", moved.get("transform")))
    width, height = float(root.get("width")), float(root.get("height"))
    for name, (left, top, right, low) in [*boxes, *labels]:
        if left + dx < 0 or right + dx > width or top + dy < 0 or low + dy > height:
            bad.append(("outside", name))
    return bad


@st.composite
def maps(draw):
    """Counts of a map of one to fourteen activities, whatever follows what."""
    n = draw(st.integers(1, 14))
    ids = [f"step {k}" for k in range(n)]
    some = st.sampled_from(ids)
    counts = st.integers(1, 99_999)
    arcs = draw(st.dictionaries(st.tuples(some, some), counts, max_size=3 * n))
    ends = [draw(st.dictionaries(some, counts, min_size=1, max_size=3)) for _ in range(2)]
    return dict.fromkeys(ids, 500), arcs, *ends


@given(maps())
@settings(max_examples=examples(60), deadline=None)
def test_nothing_lies_on_a_box_and_no_label_on_another(drawn):
    activities, arcs, starts, ends = drawn
    assert faults_of(process_map(activities, arcs, starts=starts, ends=ends)) == []


@pytest.mark.few_quick(2)
@pytest.mark.parametrize("colour", ["frequency", "performance"])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("n", [5, 60])
def test_maps_of_five_and_of_sixty_activities_are_legible(n, lang, colour):
    log = many(n)
    for detail in ({}, {"activities": 1.0}, {"activities": 1.0, "paths": 1.0}):
        picture = map_of(log, colour=colour, lang=lang, **detail)
        assert faults_of(picture) == []
        root = ET.fromstring(picture.svg)
        shown = [g for g in root.iter(f"{SVG}g") if g.get("class") == "activity"]
        assert len(shown) == (n if n == 5 else 40 if detail else 15)
        arcs = [g for g in root.iter(f"{SVG}g") if g.get("class") == "arc" and g.get("data-n")]
        assert len(arcs) <= (MOST_ARCS if "paths" in detail else 40) + 3 * len(shown)
    assert float(ET.fromstring(map_of(many(5)).svg).get("width")) >= 620


def test_lanes_hold_their_activities_and_the_lines_lie_between_them():
    norm = blueprint(["a", "b", "c", "d"], "abcd")
    of = study(norm, words(*["abcd"] * 5, "acbd", "axd", "abbcd"))
    picture = map_of(of, activities=1, paths=1, colour="performance", lanes=True)
    assert faults_of(picture) == []
    root = ET.fromstring(picture.svg)
    groups = list(root.iter(f"{SVG}g"))
    bands = {}
    for g in groups:
        if g.get("class") == "lane":
            rect = g.find(f"{SVG}rect")
            bands[g.get("data-lane")] = float(rect.get("y")), float(rect.get("y")) + float(rect.get("height"))
    assert list(bands) == ["customer", "desk", "office", ""]
    lines = {g.get("data-line"): float(g.find(f"{SVG}line").get("y1")) for g in groups if g.get("class") == "boundary"}
    assert lines == {"interaction": bands["customer"][1], "visibility": bands["desk"][1]}
    lane = {"a": "desk", "b": "office", "c": "desk", "d": "office", "X": ""}
    for id, (_, top, _, low) in boxes_of(root):
        if id:
            assert bands[lane[id]][0] < top < low < bands[lane[id]][1]
    assert [(a[1] == b[0]) for a, b in pairwise(bands.values())] == [True] * 3


def test_lanes_without_a_blueprint_are_refused():
    with pytest.raises(MiningError, match="needs a blueprint"):
        map_of(log_of(words("ab")), lanes=True)


@pytest.mark.parametrize("name", ["activities", "paths"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_shares_lie_between_0_and_1(name, value):
    with pytest.raises(MiningError, match=rf"{name}=.*a share lies between 0 and 1"):
        map_of(log_of(words("ab")), **{name: value})


def test_other_colours_and_empty_logs_are_refused():
    with pytest.raises(UnknownNameError, match="performance"):
        map_of(log_of(words("ab")), colour="performence")
    none = np.array([], np.int32)
    nothing = replace(observed_of(log_of(words("ab"))), activity=none, offsets=np.array([0, 0]))
    with pytest.raises(MiningError, match="nothing to draw"):
        map_of(nothing)
    with pytest.raises(MiningError, match="nothing to draw"):
        explorer_of(nothing)


def test_hostile_labels_are_text():
    names = ["<script>alert(1)</script>", '"><svg onload=x>', "受理" * 40, "a\u202eb", "x" * 200]
    cases = {f"c{k}": [(name, float(i)) for i, name in enumerate(names)] for k in range(5)}
    page = explorer_of(log_of(cases), title="</title><script>").html()
    assert page.count("<script") == 2
    assert "onload=x>" not in page.replace("&gt;", "")
    assert faults_of(map_of(log_of(cases))) == []


def test_equal_logs_give_equal_bytes():
    assert map_of(many(30), activities=1, paths=1) == map_of(many(30), activities=1, paths=1)
    log = log_of(words("abcd", "acbd", "abd"))
    assert explorer_of(log).html() == explorer_of(log).html()


def test_deviations_are_marked_in_colours_of_frequency_only():
    of = study(blueprint(["a", "b", "c"], "abc"), words("abc", "abc", "ac"))
    assert "cases with a deviation" in map_of(of).svg
    assert "cases with a deviation" not in map_of(of, colour="performance").svg


def test_the_picture_says_what_was_chosen_for_legibility():
    text = notes_of(map_of(many(60)))
    assert "For legibility the 15 most frequent activities were chosen." in text
    assert "For legibility about 40 arcs were chosen" in text
    assert "legibility" not in notes_of(map_of(log_of(words("ab", "abc"))))
    assert f"More than {MOST_ARCS} arcs are not drawn" in notes_of(map_of(many(60), activities=1, paths=1))


def test_a_dense_graph_is_laid_out_in_bounded_time():
    import time

    nodes = [Node(f"n{k}", 100, 40) for k in range(62)]
    rng = np.random.default_rng(0)
    pairs = {(int(a), int(b)) for a, b in rng.integers(0, 62, (200, 2)) if a != b}
    edges = [Edge(f"n{a}", f"n{b}", 30, 1 + k, 8) for k, (a, b) in enumerate(sorted(pairs))]
    began = time.process_time()
    lay_out(nodes, edges, down=True, first="n0", last="n61")
    assert time.process_time() - began < 8  # about 1 s; Graphviz needs minutes for some such graphs


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 5)), min_size=1, max_size=6),
    st.integers(0, 20),
)
@settings(max_examples=examples(60), deadline=None)
def test_neighbours_settle_apart_and_no_shift_of_all_is_better(wants, gap):
    places = settle([0.0] * len(wants), [[(float(x), float(w))] for x, w in wants], [float(gap)] * (len(wants) - 1))
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(places))

    def cost(moved):
        return sum(w * abs(p - x) for p, (x, w) in zip(moved, wants, strict=True))

    for at in range(len(wants)):
        for step in (-0.5, 0.5):
            tried = [p + step if (k >= at) == (step > 0) else p for k, p in enumerate(places)]
            assert cost(places) <= cost(tried) + 1e-9


def test_the_strongest_fill_up_to_a_share():
    pool = [Arc("a", "b", 9), Arc(None, "a", 9), Arc("b", None, 9), Arc("b", "a", 5), Arc("a", "a", 2)]
    assert [arc.n for arc in strongest(pool, ["a", "b"], 9, 0.0)] == [9, 9, 9]
    assert [arc.n for arc in strongest(pool, ["a", "b"], 9, 0.9)] == [9, 9, 9, 5]
    assert len(strongest(pool, ["a", "b"], 9)) == 5


# --- the explorer ---------------------------------------------------------------------------------------------------


def test_the_explorer_has_a_picture_for_every_step_and_asks_nothing_of_the_network():
    of = study(blueprint(["a", "b", "c"], "abc"), words(*["abc"] * 5, "ac", "acb"))
    found = explorer_of(of, lang="zh")
    assert found.has_lanes
    assert len(found.index) == len(found.activities)
    used = [k for row in found.index for cell in row for colour in cell for k in colour]
    assert sorted(set(used)) == list(range(len(found.pictures)))
    page = found.html()
    assert found.pictures[found.index[found.first[0]][found.first[1]][0][0]] in page  # without any script
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", page)
    assert re.search(r"default-src 'none'", page)


@pytest.mark.slow
def test_a_page_too_large_has_fewer_steps(tmp_path):
    log = log_of(words(*["abcdefghijklmnopq"] * 5, "acegikmoq", "qponmlkjihgfedcba"))
    whole = explorer_of(log)
    part = explorer_of(log, most_bytes=90_000)
    assert len(part.html().encode()) <= 90_000 < len(whole.html().encode())
    assert len(part.pictures) < len(whole.pictures)
    assert [said.split()[0] for said in whole.activities] == ["3", "7", "10", "15", "17"]
    assert whole.first[0] == 3  # the fifteen that are legible
    with pytest.raises(MiningError, match=r"ends in \.html"):
        part.save(tmp_path / "map.svg")
    assert part.save(tmp_path / "map.html").read_text("utf-8") == part.html()
    assert part._repr_html_().startswith("<iframe sandbox=")


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sliders_and_switches_work_with_the_keyboard_in_a_browser(lang, tmp_path):
    from playwright.sync_api import sync_playwright

    norm = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    log = mining.read_log("sample_logs/permit_receipt/log.csv", columns=norm.binding)
    found = explorer_of(mining.Study(log, norm), lang=lang)
    path = found.save(tmp_path / "map.html")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 800}, color_scheme="dark")
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())

        def level():
            page.wait_for_timeout(150)
            return int(page.get_attribute("#map", "data-level")), page.inner_html("#map")

        a, p = found.first
        seen = [level()]
        assert seen[0][0] == found.index[a][p][0][0]
        page.focus("#activities")
        page.keyboard.press("Home")
        assert level()[0] == found.index[0][p][0][0]
        assert page.get_attribute("#activities", "aria-valuetext") == found.activities[0]
        page.focus("#paths")
        page.keyboard.press("End")
        assert level()[0] == found.index[0][-1][0][0]
        page.focus("input[value=frequency]")
        page.keyboard.press("ArrowRight")
        assert level()[0] == found.index[0][-1][1][0]
        page.focus("#lanes")
        page.keyboard.press("Space")
        number, html = level()
        assert number == found.index[0][-1][1][1]
        assert 'class="lane"' in html
        assert html != seen[0][1]
        assert page.inner_text("#activities-said") == found.activities[0]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 31)"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("document.querySelectorAll('.activity[tabindex=\"0\"]').length") >= 1
        page.screenshot(path=tmp_path / "page.png")
        plain = browser.new_context(java_script_enabled=False).new_page()
        plain.goto(path.as_uri())
        assert plain.locator("#map svg").count() == 1
        assert plain.locator("#controls").is_hidden()
        browser.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert said == []
