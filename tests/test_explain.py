"""One case explained: every step and every fault once in the picture, every verdict in the table, nothing judged twice or clipped."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.conformance import verdicts as v
from mining.errors import LogError, UnknownNameError
from mining.explain import explain
from mining.explain.folding import folded
from mining.explain.words import Words
from mining.pictures.case_story import Item
from mining.pictures.svg import text_width
from tests.examples import examples
from tests.helpers import blueprint, study, traces

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script>\u202e&\"]]>"


def parts(told, kind):
    """Groups of the picture with a class."""
    root = ET.fromstring(told.picture.svg)
    return [g for g in root.iter(f"{SVG}g") if kind in (g.get("class") or "").split()]


def box(group):
    """Left, top, right and low of the box of a step."""
    rect = next(r for r in group.iter(f"{SVG}rect") if r.get("class") == "box")
    x, y, width, height = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def badges(told):
    return [g for g in parts(told, "badge") if g.get("data-fault")]


def numbers(told):
    """Every fault that a badge stands for."""
    first = [(int(g.get("data-fault")), int(g.get("data-faults"))) for g in badges(told)]
    return sorted(n for a, k in first for n in range(a, a + k))


def holds_together(of, told):
    """What is true of every explanation."""
    case = told.case_id
    number = list(of.log.case_ids).index(case)
    first, after = of.instances.offsets[number : number + 2].tolist()
    faults = of.deviations().frame
    n_faults = int((faults["case_id"] == case).sum())
    keys = [int(g.get("data-step")) for g in parts(told, "step")]
    assert sorted(key for key in keys if key >= 0) == list(range(first, after))
    assert len(keys) == len(set(keys))
    assert numbers(told) == list(range(1, n_faults + 1)) == sorted(n for row in told.frame["faults"] for n in row)

    table = of.verdicts().frame
    wanted = table[table["case_id"] == case].set_index("check")
    mine = told.frame.set_index("check").loc[wanted.index]
    for column in ("dimension", "verdict", "gross", "unit"):
        assert mine[column].astype(str).tolist() == wanted[column].astype(str).tolist()
    for column in ("measured", "limit"):
        np.testing.assert_array_equal(mine[column].to_numpy(float), wanted[column].to_numpy(float))
    order = ["fail", "allowed", "pending", "not_observable", "pass", "not_applicable"]
    assert told.frame["verdict"].map(order.index).is_monotonic_increasing
    located = faults[(faults["case_id"] == case) & faults["row"].notna()]
    for check, row in zip(located["check"], located["row"], strict=True):
        assert int(row) in mine.loc[check, "rows"], check
    stays_inside(told)


def stays_inside(told):
    """No text and no box beyond the border, and no two boxes of a strip on each other."""
    root = ET.fromstring(told.picture.svg)
    width, height = float(root.get("width")), float(root.get("height"))
    for text in root.iter(f"{SVG}text"):
        wide = text_width(text.text or "", float(text.get("font-size")))
        x = float(text.get("x")) - (wide / 2 if text.get("text-anchor") == "middle" else 0)
        assert -0.5 <= x <= x + wide <= width + 0.5, text.text
        assert 0 < float(text.get("y")) <= height, text.text
    for step in parts(told, "step"):
        left, top, right, low = box(step)
        for text in step.findall(f"{SVG}text"):
            assert text_width(text.text or "", float(text.get("font-size"))) <= right - left, text.text
            assert top < float(text.get("y")) < low, text.text
    for strip in parts(told, "strip"):
        found = [box(g) for g in strip.iter(f"{SVG}g") if "step" in (g.get("class") or "").split()]
        assert all(a >= 0 and low <= height and right <= width for a, _, right, low in found)
        for a, b in combinations(found, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


@pytest.fixture(scope="module")
def permits():
    norm = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    return mining.Study(mining.read_log("sample_logs/permit_receipt/log.csv", columns=norm.binding), norm)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_case_of_every_kind_of_fault_and_a_clean_one(permits, lang):
    faults = permits.deviations().frame
    cases = faults.drop_duplicates(["dimension", "kind"])["case_id"].unique().tolist()
    clean = next(case for case in permits.log.case_ids if case not in set(faults["case_id"]))
    for case in [*cases, clean]:
        holds_together(permits, permits.explain(case, lang))


NORM = blueprint(
    ["a", {"optional": "b"}, "c", "d"],
    activities="abcd",
    ends="d",
    rules=[
        {"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "major", "basis": "rule <b>"},
        {"id": "R2", "kind": "four_eyes", "a": "a", "b": "c", "severity": "major", "basis": "x"},
    ],
    standards=[
        {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "d", "max": "6h",
         "stop_clock": [{"from": "b", "to": "next_event"}], "severity": "major", "basis": "charter"},
        {"id": "S2", "dimension": "time", "metric": "handling", "of": "c", "max": "30min", "severity": "minor", "basis": "y"},
    ],
)  # fmt: skip


def told_of(events, lang="en", **more):
    of = study(NORM, {"one": events, "two": [("A", 0.0), ("D", 60.0)]}, **more)
    told = of.explain("one", lang)
    holds_together(of, told)
    return told


def look(told, key):
    group = next(g for g in parts(told, "step") if int(g.get("data-step")) == key)
    return group.get("class").split()[1], box(group)


def test_a_missing_step_stands_dashed_before_the_step_that_came_instead():
    told = told_of([("A", 0.0), ("D", 1.0)])
    kind, ghost = look(told, -1)
    assert kind == "missing"
    assert look(told, 0)[1][0] < ghost[0] < look(told, 1)[1][0]
    rect = next(r for r in parts(told, "missing")[0].iter(f"{SVG}rect"))
    assert rect.get("stroke-dasharray")
    assert len(parts(told, "missing")) == 1  # the rule and the path miss other things: R1 does not apply


def test_a_missing_last_step_stands_at_the_end():
    of = study(NORM, {"one": [("A", 0.0), ("C", 1.0)]}, open_cases="judge")
    told = of.explain("one")
    holds_together(of, told)
    (ghost,) = parts(told, "missing")
    assert box(ghost)[0] > look(told, 1)[1][0]


def test_a_step_out_of_order_has_an_arrow_to_its_slot_before_the_other():
    of = study(blueprint(["a", "b", "c", "d"], activities="abcd"), traces("acbd"))
    told = of.explain("c0")
    holds_together(of, told)
    (slot,) = parts(told, "slot")
    (arrow,) = [p for p in ET.fromstring(told.picture.svg).iter(f"{SVG}path") if p.get("class") == "move"]
    moved = 1 if look(told, 1)[0] == "moved" else 2
    first, second = sorted((look(told, 1)[1][0], look(told, 2)[1][0]))
    if moved == 2:  # b was too late: it belongs between a and c
        assert look(told, 0)[1][0] < box(slot)[0] < first
    else:  # c was too early: it belongs between b and d
        assert second < box(slot)[0] < look(told, 3)[1][0]
    aim = float(arrow.get("d").split("L")[-1].split(",")[0])
    assert box(slot)[0] < aim < box(slot)[2]
    what = told.frame.set_index("check").loc["path", "what"]
    assert what == "“Step b” came only after “Step c”"


def test_a_step_that_was_moved_far_points_back_to_the_gap_of_the_alignment():
    of = study(blueprint(["a", "b", "c", "d", "e"]), traces("acdbe"))
    told = of.explain("c0")
    holds_together(of, told)
    (slot,) = parts(told, "slot")
    assert look(told, 3)[0] == "moved"
    assert look(told, 0)[1][0] < box(slot)[0] < look(told, 1)[1][0]
    assert "too late" in told.frame.set_index("check").loc["path", "what"]


def test_steps_that_the_design_does_not_have_are_signed_and_have_a_lane_of_their_own():
    of = study(blueprint(["a", "b", "c"], activities="abc"), traces("axbbc"))
    told = of.explain("c0")
    holds_together(of, told)
    looks = [look(told, k)[0] for k in range(5)]
    assert looks[:2] == ["plain", "extra"]
    assert sorted(looks[2:4]) == ["plain", "repeated"]
    assert look(told, 1)[1][1] > max(look(told, k)[1][3] for k in (0, 2, 3, 4))  # below every lane of the blueprint


def test_what_is_late_is_thick_from_the_limit_on_and_stopped_time_is_hatched():
    told = told_of([("A", 0.0), ("B", 1.0, "ann"), ("C", 4.0, "bob"), ("D", 12.0)])
    late = next(g for g in parts(told, "bracket") if g.get("data-check") == "S1")
    assert "late" in late.get("class").split()
    lines = sorted(late.iter(f"{SVG}line"), key=lambda x: float(x.get("stroke-width")))
    thin, thick = lines[0], lines[-1]
    assert float(thin.get("x1")) < float(thick.get("x1")) < float(thick.get("x2")) == float(thin.get("x2"))
    assert len([g for g in late.iter(f"{SVG}g") if g.get("class") == "stop"]) == 1
    assert len([g for g in late.iter(f"{SVG}g") if g.get("data-fault")]) == 1
    row = told.frame.set_index("check").loc["S1"]
    assert (row["verdict"], row["measured"], row["limit"], row["unit"]) == ("fail", 9.0, 6.0, "h")
    assert "3.0 h over the limit" in row["what"]


def test_a_running_case_is_measured_to_the_end_of_the_log():
    told = told_of([("A", 55.0), ("C", 56.0, "bob")])
    assert told.frame.set_index("check").loc["S1", "verdict"] == "pending"
    bracket = next(g for g in parts(told, "bracket") if g.get("data-check") == "S1")
    assert next(iter(bracket.iter(f"{SVG}line"))).get("stroke-dasharray")
    assert "end of the log" in told.picture.svg
    assert told.frame.loc[told.frame["verdict"] == "pending", "why_not"].notna().all()


def test_faults_of_the_outcome_stand_where_they_can_be_seen():
    norm = blueprint(
        ["a", {"optional": "b"}, "c", {"optional": "d"}], activities="abcd", ends="c",
        scope={"starts_with": ["a"], "ends_with": ["c"], "unit_of_analysis": "one case", "reopened_by": ["d"],
               "abandoned_after": "2h"},
    )  # fmt: skip
    of = study(norm, {"left": [("A", 0.0)], "back": [("A", 0.0), ("C", 1.0), ("D", 60.0)]})
    kinds = set()
    for case in of.log.case_ids:
        told = of.explain(case)
        holds_together(of, told)
        kinds |= set(of.deviations().frame["kind"])
        assert told.frame.set_index("check").loc["outcome", "faults"]
    assert kinds == {"abandoned", "reopened"}


def test_an_allowed_fault_has_a_light_badge_and_its_reason():
    norm = blueprint(["a", "b"], activities="ab", allow=[
        {"id": "A1", "match": {"kind": "extra"}, "decision": "accepted", "reason": {"en": "a <trial>"},
         "approved_by": "Board", "valid": ["2026-01-01", "2026-12-31"]}])  # fmt: skip
    of = study(norm, {"one": [("A", 0.0), ("X", 1.0), ("B", 2.0)]})
    told = of.explain("one")
    holds_together(of, told)
    row = told.frame.set_index("check").loc["path"]
    assert (row["verdict"], row["gross"], row["allow_id"]) == ("allowed", "fail", "A1")
    assert row["reason"] == "a <trial> (approved by Board; 2026-01-01 to 2026-12-31)"
    (badge,) = badges(told)
    assert next(badge.iter(f"{SVG}rect")).get("fill") == "#ffffff"
    html = told._repr_html_()
    assert "a &lt;trial&gt;" in html
    assert "gross: Fail" in html


class Tags(HTMLParser):
    """Names of the elements, and of the attributes that run something."""

    def __init__(self):
        super().__init__()
        self.seen, self.handlers, self.text = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_texts_stay_texts(lang):
    events = [
        ("A", 0.0),
        ("<img src=x onerror=1>" * 9, 1.0, "</g><b>" + "r" * 300),
        ("\x00\u202e审" * 30, 2.0),
        ("D", 3.0),
    ]
    of = study(NORM, {HOSTILE: events, "审" * 80: [("A", 0.0)], " ": [("A", 0.0), ("D", 1.0)]})
    for case in of.log.case_ids:
        told = of.explain(case, lang)
        holds_together(of, told)
        found = Tags()
        found.feed(told._repr_html_())
        assert not found.seen & {"script", "img", "b", "i"}
        assert not found.handlers
        assert "\u202e" not in told._repr_html_()
        assert "\x00" not in told.picture.svg


def test_the_page_has_a_line_for_every_check_that_applies_and_one_for_the_others(permits):
    told = permits.explain(permits.log.case_ids[0])
    html = told._repr_html_()
    others = told.frame.loc[told.frame["verdict"] == "not_applicable", "check"]
    assert html.count("<tr ") == len(told.frame) - len(others) + 1
    assert ", ".join(others) in html
    for row in told.frame[told.frame["verdict"] != "not_applicable"].itertuples():
        assert f'data-check="{row.check}"' in html
        assert row.clause in html
    assert "<svg" in html
    assert "<script" not in html


@pytest.mark.parametrize(("asked", "meant"), [("C1 ", "'c1'"), ("c11", "'c1'"), (1, "'c1'"), ("zzz", None)])
def test_an_unknown_case_names_those_that_are_like_it(asked, meant):
    of = study(NORM, traces("ad", "acd"))
    with pytest.raises(LogError) as caught:
        of.explain(asked)
    message = str(caught.value)
    assert repr(str(asked)) in message
    assert "among its 2 cases" in message
    assert "Their ids look like this: 'c0', 'c1'" in message
    assert meant is None or meant in message or asked == 1


def test_an_unknown_language_is_named(permits):
    with pytest.raises(UnknownNameError, match="language 'fr'"):
        permits.explain(permits.log.case_ids[0], "fr")


def test_nothing_is_judged_again(permits, monkeypatch):
    case = permits.deviations().frame["case_id"].iloc[0]

    def never(*_, **__):
        raise AssertionError("judged again")

    for name in ("judged", "check_paths", "check_path", "allowed_by", "instances_of"):
        monkeypatch.setattr(f"mining.study.{name}", never)
    assert permits.explain(case)._repr_html_()


def test_sentences_and_plain_values_in_both_languages(permits):
    case = permits.deviations().frame["case_id"].iloc[0]
    english, chinese = permits.explain(case), permits.explain(case, "zh")
    assert english.sentence("zh") == chinese.sentence()
    assert english.sentence().startswith(f"Case {case}, ")
    assert "Not kept: " in english.sentence()
    assert not any("\u4e00" <= x <= "\u9fff" for x in english._repr_html_().replace("“", ""))
    values = json.loads(json.dumps(english.to_dict()))
    assert values["case_id"] == case
    assert [row["check"] for row in values["rows"]] == english.frame["check"].tolist()
    assert set(english.frame) == set(english.columns)


def test_a_case_whose_labels_are_all_ignored_is_told_as_empty():
    norm = blueprint(["a", "b"], activities="ab", log={"case": "case", "activity": "activity", "timestamp": "end",
                     "start": "start", "resource": "resource", "ignore": ["Z"]})  # fmt: skip
    of = study(norm, {"one": [("Z", 0.0)], "two": [("A", 0.0), ("B", 1.0)]})
    told = of.explain("one")
    assert told.sentence() == "Case one has no step that the blueprint looks at."
    assert set(told.frame["verdict"]) == {"not_applicable"}
    holds_together(of, told)


@pytest.mark.slow
def test_pictures_are_saved_in_every_format(tmp_path):
    told = told_of([("A", 0.0), ("X", 1.0), ("C", 2.0, "bob", 1.5), ("B", 30.0, "bob"), ("D", 40.0)], "zh")
    for suffix in (".svg", ".png", ".pdf"):
        assert told.picture.save(tmp_path / f"case{suffix}").stat().st_size > 1000


def many(n):
    steps = ["B" if k % 50 else "X" for k in range(1, n)]
    return [("A", 0.0), *((x, float(k), "ann", k - 0.2) for k, x in enumerate(steps, 1)), ("D", float(n))]


def test_a_long_case_is_folded_and_says_so():
    norm = blueprint(["a", {"loop": "b"}, "d"], activities="abd", standards=[
        {"id": "S1", "dimension": "time", "metric": "handling", "of": "b", "max": "5min", "severity": "minor", "basis": "y"}])  # fmt: skip
    of = study(norm, {"one": many(400)})
    told = of.explain("one")
    steps = parts(told, "step")
    assert len(steps) < 60
    assert sum(int(g.get("data-steps")) for g in steps) == 401
    assert numbers(told) == list(range(1, len(of.deviations().frame) + 1))
    assert "A long case: its 401 steps are drawn as" in " ".join(ET.fromstring(told.picture.svg).itertext())
    assert len(parts(told, "strip")) > 1
    stays_inside(told)


def test_stretches_without_a_fault_become_one_box_and_what_is_left_out_is_counted():
    items = tuple(Item(k, k % 3, "extra" if k == 50 else "plain", k, f"step {k % 4}") for k in range(100))
    w = Words("en", "UTC")
    shorter, _, notes = folded(items, (), w)
    assert sum(item.count for item in shorter) == 100
    assert [item.look for item in shorter].count("folded") == 1  # nothing is told of the extra step without a badge
    assert shorter[3].name == "94 steps without a fault"
    assert notes == ("A long case: its 100 steps are drawn as 7 boxes. Repeats stand in one box, and so do stretches "
                     "without a fault; the table covers all of them.",)  # fmt: skip
    cut, _, notes = folded(items, (), w, plenty=3, most=3)
    assert len(cut) == 3
    assert notes[1].startswith("The picture ends here: 97 later steps with 0 faults")
    assert folded(items[:60], (), w) == (items[:60], (), ())


LABELS = st.sampled_from(["A", "B", "C", "D", "X"])
EVENTS = st.lists(st.tuples(LABELS, st.integers(0, 40), st.sampled_from(["ann", "bob", None])), min_size=1, max_size=14)


@given(EVENTS, st.booleans(), st.sampled_from(["en", "zh"]))
def any_case(events, judge, lang):
    rows = [
        (label, at / 2, who, at / 2 - 0.25 if at % 3 else at / 2)
        for label, at, who in sorted(events, key=lambda x: x[1])
    ]
    of = study(NORM, {"one": rows, "two": [("A", 0.0), ("D", 60.0)]}, open_cases="judge" if judge else "pending")
    holds_together(of, of.explain("one", lang))


@pytest.mark.slow
def test_any_case_is_told_whole():
    settings(max_examples=examples(40), deadline=None)(any_case)()


def test_verdicts_of_a_case_follow_the_definition_of_net(permits):
    net = {check.id: permits.net(check) for check in permits.checks}
    for number in range(0, permits.instances.n_cases, 400):
        told = explain(permits, permits.log.case_ids[number])
        assert {row.check: row.verdict for row in told.frame.itertuples()} == {
            id: v.VERDICTS[verdict[number]] for id, verdict in net.items()
        }


def whats(norm, events, lang="en", **more):
    """What an explanation says of each check that fails."""
    of = study(norm, {"one": events}, open_cases="judge", **more)
    told = of.explain("one", lang).frame
    return {row.check: row.what for row in told.itertuples() if row.verdict == "fail"}


@pytest.mark.parametrize(
    ("kind", "order", "en", "zh"),
    [
        ("precedence", "bc", "“Step a” is missing before “Step b”", "“步骤b”之前缺少“步骤a”"),
        ("precedence", "ba", "“Step a” came only after “Step b”", "“步骤a”在“步骤b”之后才发生"),
        ("response", "ac", "“Step b” is missing after “Step a”", "“步骤a”之后缺少“步骤b”"),
        ("not_followed_by", "ab", "“Step b” came after “Step a”, and must not", "“步骤b”不应在“步骤a”之后发生"),
        ("immediate_response", "acb", "“Step b” does not come directly after “Step a”", "“步骤b”未紧随“步骤a”之后"),
        (
            "immediate_precedence",
            "acb",
            "“Step a” does not come directly before “Step b”",
            "“步骤a”未紧接在“步骤b”之前",
        ),
        ("not_together", "acb", "“Step b” took place as well as “Step a”", "“步骤b”与“步骤a”同时出现在一个案例中"),
    ],
)
def test_a_broken_rule_is_told_as_a_sentence(kind, order, en, zh):
    norm = blueprint([{"free": ["a", "b", "c"]}], activities="abc", rules=[
        {"id": "R1", "kind": kind, "a": "a", "b": "b", "severity": "major", "basis": "x"}])  # fmt: skip
    events = [(x.upper(), float(k)) for k, x in enumerate(order)]
    assert (whats(norm, events)["R1"], whats(norm, events, "zh")["R1"]) == (en, zh)


def test_equal_faults_are_said_once_with_their_number_and_badges_as_runs():
    norm = blueprint([{"loop": {"free": ["a", "b"]}}], activities="ab", standards=[
        {"id": "S1", "dimension": "quality", "metric": "handovers", "max": 1, "severity": "minor", "basis": "x"}])  # fmt: skip
    events = [("AB"[k % 2], float(k), ("ann", "bob")[k % 2]) for k in range(8)]  # 7 hand-overs, of which 6 are beyond
    assert whats(norm, events)["S1"] == "6 × too many hand-overs: 7, limit 1"
    assert whats(norm, events, "zh")["S1"] == "转手次数过多：7，限值 1（6 次）"
    html = study(norm, {"one": events}).explain("one")._repr_html_()
    assert html.count('<span class="badge">') == html.count('<span class="badge">1–6</span>') == 1
    assert '<td class="rows">1–8</td>' in html


def test_many_faults_that_differ_in_their_figures_are_told_without_them():
    norm = blueprint([{"loop": "a"}], activities="a", standards=[
        {"id": "S1", "dimension": "time", "metric": "handling", "of": "a", "max": "5min", "severity": "minor", "basis": "y"}])  # fmt: skip

    def late(n):
        return [("A", float(k), "ann", k - 0.1 - 0.05 * k) for k in range(1, n + 1)]

    assert whats(norm, late(7))["S1"] == "7 × “Step a” is late"
    assert whats(norm, late(1))["S1"] == "“Step a” is late: 9.0 min, limit 5.0 min, 4.0 min over the limit by the clock"
