"""A BPMN file drawn in its own layout: everything once and in its place, findings as on a blueprint, nothing clipped or unsafe."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path

import pytest

import mining
from mining.blueprint import parse_blueprint
from mining.blueprint.bpmn import from_bpmn, to_bpmn
from mining.blueprint.bpmn.document import read_document
from mining.errors import BlueprintError, ModelError, UnknownNameError
from mining.pictures import Mark
from mining.pictures.bpmn import bpmn_picture
from mining.pictures.svg import text_width
from tests.helpers import blueprint_dict, study, traces
from tests.test_pictures import HOSTILE

ROOT = Path(__file__).parents[1]
LOGS = ROOT.parent / "shared" / "logs"
SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
KINDS = ("step", "event", "gateway", "part")


def file(folder, name="Check the claim", *, layout=True, y=0, sub=""):
    """Start, task and end at hand-set places, 100 apart."""
    shapes = (("s", 0, 22, 36, 36), ("t", 100, 0, 100, 80), ("e", 300, 22, 36, 36))
    drawn = "".join(
        f'<i:BPMNShape bpmnElement="{id}"><c:Bounds x="{a}" y="{b + y}" width="{w}" height="{h}"/></i:BPMNShape>'
        for id, a, b, w, h in shapes
    )
    for id, a, b in (("f", 36, 100), ("g", 200, 300)):
        drawn += f'<i:BPMNEdge bpmnElement="{id}"><d:waypoint x="{a}" y="40"/><d:waypoint x="{b}" y="40"/></i:BPMNEdge>'
    text = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:i="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:c="http://www.omg.org/spec/DD/20100524/DC"
        xmlns:d="http://www.omg.org/spec/DD/20100524/DI"><process id="p">
        <startEvent id="s"/><userTask id="t" name="{escape(name)}"/><endEvent id="e" name="Paid"/>{sub}
        <sequenceFlow id="f" sourceRef="s" targetRef="t"/><sequenceFlow id="g" sourceRef="t" targetRef="e"/></process>
        {f"<i:BPMNDiagram><i:BPMNPlane>{drawn}</i:BPMNPlane></i:BPMNDiagram>" if layout else ""}</definitions>"""
    path = folder / "claim.bpmn"
    path.write_text(text, "utf-8")
    return path


def groups(root):
    return {g.get("data-element"): g for g in root.iter(f"{SVG}g") if g.get("class") in KINDS}


def texts(root):
    return [t.text or "" for t in root.iter(f"{SVG}text")]


def ends(root, id):
    d = next(p.get("d") for p in root.iter(f"{SVG}path") if p.get("data-flow") == id)
    points = [tuple(map(float, pair.split(","))) for pair in re.findall(r"-?[\d.]+,-?[\d.]+", d)]
    return points[0], points[-1]


def box_of(group):
    rect = next(r for r in group.iter(f"{SVG}rect") if r.get("class") == "box")
    return [float(rect.get(k)) for k in ("x", "y", "width", "height")]


def outside(root):
    """Lines of text that leave the box of their step or the picture."""
    wide, high = float(root.get("width")), float(root.get("height"))
    areas = [(root, (0, 0, wide, high))]
    areas += [(g, box_of(g)) for g in groups(root).values() if g.get("class") == "step"]
    bad = []
    for group, (x, y, w, h) in areas:
        moved = {t for g in group.iter(f"{SVG}g") if g.get("transform") for t in g.iter(f"{SVG}text")}
        for t in group.iter(f"{SVG}text"):
            size, at, base = (float(t.get(k)) for k in ("font-size", "x", "y"))
            long = text_width(t.text or "", size)
            left = at - long / 2 if t.get("text-anchor") == "middle" else at
            if t not in moved and not (
                x - 0.5 <= left and left + long <= x + w + 0.5 and y <= base - size * 0.6 and base <= y + h
            ):
                bad.append(t.text)
    return bad


def check(path, picture):
    """Each element once, each flow from its first to its last waypoint, moved and enlarged all alike; no text outside."""
    read, root = read_document(path), ET.fromstring(picture.svg)
    drawn = [g.get("data-element") for g in root.iter(f"{SVG}g") if g.get("class") in KINDS]
    assert sorted(drawn) == sorted(id for id in read.elements if id in read.layout.bounds)
    steps = [id for id in drawn if groups(root)[id].get("class") == "step"]
    first, other = steps[0], max(steps, key=lambda id: abs(read.layout.bounds[id].x - read.layout.bounds[steps[0]].x))
    a, b = read.layout.bounds[first], box_of(groups(root)[first])
    scale = b[2] / a.width
    assert 1 <= scale <= 2.001, other
    for id in [*read.flows, *(m.id for m in read.messages)]:
        for point, (x, y) in zip(
            (read.layout.waypoints[id][0], read.layout.waypoints[id][-1]), ends(root, id), strict=True
        ):
            assert abs((point[0] - a.x) * scale + b[0] - x) < 0.5
            assert abs((point[1] - a.y) * scale + b[1] - y) < 0.5
    assert outside(root) == []
    return root


def test_everything_stands_where_the_file_puts_it(tmp_path):
    path = file(tmp_path)
    root = check(path, bpmn_picture(path))
    assert set(groups(root)) == {"s", "t", "e"}
    x, y, wide, high = box_of(groups(root)["t"])
    assert (wide, high) == (100, 80)
    assert ends(root, "f") == ((x - 64, y + 40), (x, y + 40))
    assert "Paid" in texts(root)


def test_values_of_the_overlay_are_shown_with_their_legend(tmp_path):
    mark = Mark(30, 200, label="skipped", severity="major", late_share=0.5)
    root = check(file(tmp_path), bpmn_picture(file(tmp_path), marks={"a": mark}, activities={"t": "a"}))
    step = groups(root)["t"]
    assert {"30 (15%)", "skipped", "late 50%"} <= set(texts(step))
    strip = next(p for p in step.iter(f"{SVG}path") if p.get("class") == "strip")
    assert strip.get("fill") == "#f58a3c"  # the class up to 25 %
    assert next(r for r in step.iter(f"{SVG}rect") if r.get("class") == "box").get("stroke-width") == "3.2"
    assert "cases with a deviation (share of 200 cases)" in texts(root)


def test_an_event_on_the_lower_edge_hides_no_value(tmp_path):
    path = file(tmp_path, sub='<boundaryEvent id="b" attachedToRef="t"/>')
    shape = '<i:BPMNShape bpmnElement="b"><c:Bounds x="130" y="62" width="36" height="36"/></i:BPMNShape></i:BPMNPlane>'
    path.write_text(path.read_text("utf-8").replace("</i:BPMNPlane>", shape), "utf-8")
    root = check(path, bpmn_picture(path, marks={"t": Mark(30, 200, late_share=0.5)}))
    ring = next(groups(root)["b"].iter(f"{SVG}circle"))
    top = float(ring.get("cy")) - float(ring.get("r"))
    assert "late 50%" in texts(groups(root)["t"])
    assert all(float(t.get("y")) <= top + 1 for t in groups(root)["t"].iter(f"{SVG}text") if t.text)


def test_without_activities_marks_are_by_element(tmp_path):
    assert "7 (70%)" in texts(ET.fromstring(bpmn_picture(file(tmp_path), marks={"t": Mark(7, 10)}).svg))


def test_a_mark_that_no_step_bears_is_listed(tmp_path):
    root = ET.fromstring(bpmn_picture(file(tmp_path), marks={"elsewhere": Mark(3, 12)}).svg)
    assert "elsewhere 3 / 12 (25%)" in " ".join(texts(root))


def test_an_element_without_a_place_is_listed(tmp_path):
    root = ET.fromstring(bpmn_picture(file(tmp_path, sub='<task id="u" name="Forgotten"/>')).svg)
    assert set(groups(root)) == {"s", "t", "e"}
    assert [t for t in texts(root) if t.endswith("Forgotten")]


@pytest.mark.parametrize("name", [*HOSTILE[:6], *HOSTILE[7:]])
def test_hostile_names_are_text_and_whole(tmp_path, name):
    if "\x00" in name:
        name = "a b"
    path = file(tmp_path, name)
    root = check(path, bpmn_picture(path, marks={"t": Mark(1, 3, label=name)}))
    allowed = {"svg", "title", "desc", "defs", "marker", "g", "rect", "path", "circle", "line", "text"}
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= allowed
    shown = "".join(texts(groups(root)["t"])).replace(" ", "")
    wanted = "".join(c for c in name.replace(" ", "") if c not in "\u202e")
    assert wanted in shown


def test_a_long_chinese_name_is_whole_and_enlarges_the_drawing(tmp_path):
    path = file(tmp_path, "受理申请并核对材料是否齐全" * 4)
    root = check(path, bpmn_picture(path, lang="zh"))
    assert box_of(groups(root)["t"])[2] > 100
    assert "受理申请并核对材料是否齐全" * 4 in "".join(texts(groups(root)["t"]))


def test_a_file_without_layout_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"claim\.bpmn: says nowhere where its elements are drawn"):
        bpmn_picture(file(tmp_path, layout=False))


def test_a_drawing_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(ModelError, match="a picture holds up to 40,000"):
        bpmn_picture(file(tmp_path, y=900_000))


def test_a_language_that_pictures_do_not_speak_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="xx"):
        bpmn_picture(file(tmp_path), lang="xx")


def test_it_can_be_saved_in_each_format_and_is_the_same_each_time(tmp_path):
    first, second = (bpmn_picture(file(tmp_path), marks={"t": Mark(1, 3)}) for _ in range(2))
    assert first.svg == second.svg
    for suffix, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<svg")):
        assert first.save(tmp_path / f"claim{suffix}").read_bytes().startswith(magic)


@pytest.mark.parametrize("name", ["insurance_claims", "loanapp", "receipt"])
def test_files_of_other_tools_draw(name):
    path = LOGS / f"{name}.bpmn"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    activities = from_bpmn(path).activities
    marks = {a: Mark(1, 8) for a in activities.values()}
    root = check(path, bpmn_picture(path, marks=marks, activities=activities))
    assert texts(root).count("1 (12%)") == len(activities)


@pytest.mark.few_quick(2)
@pytest.mark.parametrize("profile", ["single", "collaboration"])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_the_samples_as_bpmn_draw(tmp_path, name, lang, profile):
    norm = mining.read_blueprint(ROOT / "sample_logs" / name / "blueprint.yaml")
    path = tmp_path / "sample.bpmn"
    path.write_bytes(to_bpmn(norm, profile=profile, lang=lang))
    root = check(path, bpmn_picture(path, lang=lang))
    shown = "".join(texts(root)).replace(" ", "")
    for lane in read_document(path).lanes:
        assert lane.name.replace(" ", "") in shown
    assert bpmn_picture(path, lang=lang).save(tmp_path / "sample.pdf").stat().st_size > 1000


def judged():
    """Two of three cases leave out step b."""
    norm = parse_blueprint(json.dumps(blueprint_dict(["a", "b", "c"], "abc")))
    return study(norm, traces("abc", "ac", "xac"))


@pytest.mark.parametrize("name", ["B", "step  B", "步骤b", "b"])
def test_a_drawing_made_by_others_is_marked_by_id_label_or_name(tmp_path, name):
    root = ET.fromstring(judged().plot(bpmn=file(tmp_path, name)).svg)
    assert any("2 (67%)" in text for text in texts(root))
    assert not any("2 / 3" in text for text in texts(root))


def test_deviations_of_no_drawn_step_are_listed_by_name(tmp_path):
    root = ET.fromstring(judged().plot(bpmn=file(tmp_path, "A"), lang="zh").svg)
    assert any("步骤b 2 / 3 (67%)" in text for text in texts(root))


def test_a_drawing_of_something_else_is_an_error(tmp_path):
    with pytest.raises(
        BlueprintError, match=r"No step of the drawing is an activity of test\. Drawn: 'Check the claim'"
    ):
        judged().plot(bpmn=file(tmp_path))


def test_a_long_word_makes_the_text_smaller_and_is_not_cut(tmp_path):
    words = texts(ET.fromstring(bpmn_picture(file(tmp_path, "Advise Claimant on Reimbursement")).svg))
    assert any(line.endswith("Reimbursement") for line in words)
