"""The widget from the Python side: what is chosen, what is shown, what is refused, the allow-list, and what stands in for it."""

import re

import pandas as pd
import pytest
import traitlets

import mining
from mining.errors import MiningError, UnknownNameError
from mining.selection import Selection, select
from mining.texts import catalogue
from mining.widget import blueprint_view
from tests.helpers import ROOT

FORM = {
    "reason": "Agreed",
    "approved_by": "Head",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "max_share": "10",
}
SCRIPT = (ROOT / "mining/widget/blueprint.js").read_text("utf-8")


SAMPLE = ROOT / "sample_logs/permit_receipt"
N_CASES = 120


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The first cases of a sample service, studied."""
    rows = pd.read_csv(SAMPLE / "log.csv", dtype=str, keep_default_na=False)
    first = sorted(rows["case_id"].unique())[:N_CASES]
    path = tmp_path_factory.mktemp("widget") / "log.csv"
    rows[rows["case_id"].isin(first)].to_csv(path, index=False)
    return mining.open_study(path, SAMPLE / "blueprint.yaml")


@pytest.fixture(scope="module")
def widget(study):
    return blueprint_view(study)


@pytest.fixture
def view(widget):
    """One widget for all tests, as it was when it was made."""
    for entry in [x for x in widget.entries if not x.saved]:
        widget.take_back(entry.id)
    widget.choose(**dict.fromkeys(["period", "by", "group", "kind", "activity", "case"]), find="")
    return widget


def ask(view, **content):
    """What the page sends."""
    view._received(view, content, [])
    return view._said


def test_a_filter_selects_and_everything_shown_is_of_the_selected_cases(view, study):
    view.choose(by="channel", group="Desk", kind="late")
    some = select(study, Selection(by="channel", group="Desk", kind="late"))
    assert view.chosen == Selection(by="channel", group="Desk", kind="late")
    assert list(view.selection.log.case_ids) == list(some.log.case_ids)
    n = some.log.n_cases
    assert view._filter["line"] == f"{n} of {N_CASES} cases: channel: Desk; deviation: late"
    assert view._svg == some.plot(lang="en").svg
    assert [x["id"] for x in view._panel["findings"]] == some.findings().frame["finding_id"].tolist()
    assert {x["case"] for x in view._cases["rows"]} == set(some.log.case_ids)


def test_an_activity_shows_its_findings_its_scorecard_and_its_cases(view, study):
    view.activity = "send_receipt"
    faults = study.deviations().frame.query("activity == 'send_receipt'")
    assert {x["id"] for x in view._panel["findings"]} == set(faults["finding_id"])
    assert view._cases["line"] == f"{faults['case_id'].nunique()} cases"
    assert view.selection.log.n_cases == faults["case_id"].nunique()
    late = next(x for x in view._panel["findings"] if "S1" in x["title"])
    n = faults[faults["check"] == "S1"]["case_id"].nunique()
    first = study.findings().frame.set_index("finding_id").loc[late["id"]]
    words = {"H": "High", "M": "Medium", "L": "Low"}
    assert late["cells"][0] == f"{words[first['priority']]} ({first['rank']})"
    assert late["cells"][4] == f"{n} ({n})"
    row = study.touchpoints().frame.set_index("touchpoint").loc["send_receipt"]
    told = dict(zip(view._panel["scorecard"]["heads"], view._panel["scorecard"]["cells"], strict=True))
    assert told["in time"] == f"{100 * row['time']:.1f}\u00a0% (n\u00a0=\u00a0{row['time_n']:,})"
    assert told["right channel"] == "–"
    view.activity = "need_advice"  # no touchpoint
    assert view._panel["scorecard"] is None


def test_the_number_of_open_cases_is_the_one_in_the_picture(view):
    view.activity = "send_receipt"
    n = view._panel["sub"].split(f"Of {N_CASES} cases ")[1].split(" have")[0]
    assert f"{n} / {N_CASES}" in view._svg


def test_a_kind_narrows_the_cases_of_an_activity_to_that_kind_there(view):
    view.choose(activity="send_receipt", kind="late")
    assert {x["case"] for x in view._cases["rows"]} == set(view.selection.log.case_ids)


def test_a_case_is_explained_once_and_said_to_lie_outside_the_filter(view, study, monkeypatch):
    case = str(study.deviations().frame["case_id"].iloc[0])
    view.case = case
    explained = study.explain(case)
    assert view._told["svg"] == explained.picture.svg
    assert view._told["sentence"] == explained.sentence()
    assert len(view._told["rows"]) == (explained.frame["verdict"] != "not_applicable").sum()
    assert view._told["note"] == ""
    monkeypatch.setattr("mining.widget.view.told", None)  # would fail if it were asked again
    view.period = ("2026-06-15", None)
    assert view._told["note"].startswith("This case is not among")
    view.case = None
    assert view._told == {}


def test_cases_are_found_by_their_id_and_many_are_cut_with_their_number(view, monkeypatch):
    case = view._cases["rows"][-1]["case"]
    view.find = case[-4:].lower()
    assert [x["case"] for x in view._cases["rows"]] == [case]
    assert f"ids with “{case[-4:]}”" in view._cases["line"]
    view.find = "<none>"
    assert view._cases["rows"] == []
    monkeypatch.setattr("mining.widget.shown.CASES_SHOWN", 5)
    view.find = ""
    assert len(view._cases["rows"]) == 5
    assert view._cases["line"].startswith("5 of ")


def test_an_empty_selection_is_said_in_words(view):
    view.choose(period=("1999-01-01", "1999-12-31"), activity="send_receipt", case="C00016")
    assert view._filter["line"].startswith(f"0 of {N_CASES} cases")
    assert view._filter["empty"] == view._panel["empty"] != ""
    assert "send_receipt" in view._svg
    with pytest.raises(MiningError, match="leaves none"):
        _ = view.selection


BAD = [
    ("kind", "latte", "unknown kind of deviation 'latte'"),
    ("by", "chanel", "Did you mean 'channel'"),
    ("by", "deadline", "is a date"),
    ("by", "resource", "persons"),
    ("group", "Desk", "Say of which segment"),
    ("activity", "send_reciept", "Did you mean 'send_receipt'"),
    ("case", "C1", "there is no case 'C1'"),
    ("period", ("2026-02-30", None), "is not a day"),
    ("period", ("2026-03-01", "2026-02-01"), "comes before"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(BAD)])
def test_what_is_not_there_is_refused_and_nothing_changes(view, name, value, message):
    view.choose(kind="late", activity="receive")
    before = view.chosen, view._svg, view._panel
    with pytest.raises(MiningError, match=message):
        setattr(view, name, value)
    with pytest.raises(MiningError, match=message):
        view.choose(**{name: value, "find": "x"})
    said = ask(view, do="choose", values={name: value})
    assert said["wrong"]
    assert message in said["text"] or name == "by"
    view.set_state({name: value})
    assert view._said["wrong"]
    assert (view.chosen, view._svg, view._panel, view.find) == (*before, "")


@pytest.mark.parametrize("values", [{"case": 5}, {"kind": ["late"]}, {"period": 5}, {"find": 3}, {"colour": "red"}])
def test_what_is_no_text_is_refused(view, values):
    with pytest.raises(MiningError):
        view.choose(**values)
    assert ask(view, do="choose", values=values)["wrong"]
    assert view.chosen == Selection()


def test_several_set_at_once_are_all_taken_back_if_one_is_not_there(view):
    def both():
        with view.hold_trait_notifications():
            view.kind = "late"
            view.activity = "nowhere"

    with pytest.raises(traitlets.TraitError):
        both()
    assert view.chosen == Selection()


def test_another_segment_takes_its_group_with_it(view):
    view.choose(by="channel", group="Desk")
    view.by = "month"
    assert (view.by, view.group) == ("month", None)
    assert view.chosen == Selection()
    assert [x["value"] for x in view._filter["groups"]][0] == "2026-01"


def test_observers_see_what_the_page_chooses(view):
    seen = []
    view.observe(seen.append, "activity")
    answered = view._answered
    ask(view, do="choose", values={"activity": "receive"})
    view.unobserve(seen.append, "activity")
    assert [x["new"] for x in seen] == ["receive"]
    assert view._answered == answered + 1
    ask(view, do="choose", values={"kind": "late", "by": "channel", "group": "Desk"})
    ask(view, do="clear")
    assert view.chosen == Selection(activity="receive")


@pytest.mark.parametrize("content", [{}, {"do": "format"}, {"do": "choose", "values": 3}, {"do": "allow"}, "text"])
def test_a_page_that_asks_for_nonsense_is_told_so(view, content):
    view._received(view, content, [])
    assert view._said["wrong"]
    assert view.chosen == Selection()


def test_half_a_character_is_looked_for_without_an_error(view):
    assert not ask(view, do="choose", values={"find": "\ud83d"}).get("wrong")
    assert view.find == view._cases["find"] == "?"
    view.set_state({"find": "\ud83d"})
    assert view._cases["find"] == "?"


@pytest.mark.parametrize(
    "values", [{"self": 1}, {1: 2}, {"period": []}, {"period": 0}, {"period": ""}, {"__class__": "x"}]
)
def test_odd_choices_are_told_and_raise_nothing(view, values):
    assert ask(view, do="choose", values=values)["wrong"]
    assert view.chosen == Selection()


@pytest.mark.parametrize(
    "values", [{"comm": 1}, {"keys": []}, {"period": ""}, {"_svg": "<svg/>"}, {"_property_lock": 3}]
)
def test_state_that_is_not_for_the_page_to_set_stays(view, values):
    before = view.get_state()
    view.set_state(values)
    assert {**view.get_state(), "_said": 0} == {**before, "_said": 0}


def n_open(study):
    """Cases with a fault of an open finding."""
    ids = study.findings().open()["finding_id"]
    faults = study.deviations().frame.query("verdict == 'fail'")
    return faults[faults["finding_id"].isin(ids)]["case_id"].nunique()


def test_an_allowed_deviation_is_checked_again_listed_and_taken_back(view, study):
    finding, n = study.findings().frame.query("check == 'S1'")[["finding_id", "n_net"]].iloc[0]
    open_before = n_open(study)
    said = ask(view, do="allow", finding=finding, fields=FORM)
    assert not said["wrong"]
    open_now = n_open(view.study)
    assert open_now < open_before
    assert f"{open_before} before, {open_now} now" in said["text"]
    allowed = view.study.findings().frame.set_index("finding_id").loc[finding]
    assert (allowed["status"], allowed["n_net"]) == ("allowed", 0)
    told = next(x for x in view._panel["findings"] if x["id"] == finding)
    assert told["cells"][4] == f"0 ({n})"
    assert f"{n} / {N_CASES}" not in view._svg  # the picture counts without them
    (entry,) = view._entries
    assert "Agreed" in entry["text"]
    assert "at most 10.0 %" in entry["text"]
    assert f"{n} cases" in entry["covers"]
    assert "allowed" not in study.findings().frame["status"].tolist()  # the study that was given stays as it was
    ask(view, do="take_back", entry=entry["id"])
    assert view._entries == []
    assert view.study.findings().frame.equals(study.findings().frame)
    with pytest.raises(UnknownNameError):
        view.take_back(entry["id"])


MISSING = [{name: ""} for name in ("reason", "approved_by", "valid_from", "valid_to")]
WRONG = [
    *MISSING,
    {"reason": "  "},
    {"max_share": "many"},
    {"max_share": "0"},
    {"valid_to": "soon"},
    {"decision": "perhaps"},
]


@pytest.mark.parametrize("changed", WRONG, ids=[f"{i}-{next(iter(x))}" for i, x in enumerate(WRONG)])
def test_nothing_is_allowed_without_reason_approver_and_days(view, changed):
    finding = view._panel["findings"][0]["id"]
    said = ask(view, do="allow", finding=finding, fields=FORM | changed)
    assert said["wrong"]
    assert said["text"]
    assert view._entries == []
    assert view.study.blueprint.allowances == view._choices.study.blueprint.allowances


@pytest.mark.slow
def test_the_blueprint_is_saved_under_a_new_name_and_never_over_a_file(study, tmp_path):
    view = blueprint_view(study, path=str(tmp_path / "new.yaml"))
    assert ask(view, do="save", path=str(tmp_path / "a.yaml"))["wrong"]  # nothing was allowed
    finding = study.findings().frame["finding_id"][0]
    ask(view, do="allow", finding=finding, fields=FORM)
    assert ask(view, do="save", path="  ")["wrong"]
    assert ask(view, do="save", path=str(tmp_path))["wrong"]
    (tmp_path / "there.yaml").write_text("mine")
    said = ask(view, do="save", path=str(tmp_path / "there.yaml"))
    assert said["wrong"]
    assert "there.yaml" in said["text"]
    assert (tmp_path / "there.yaml").read_text() == "mine"
    saved = view.save()
    assert mining.read_blueprint(saved).allowances[-1].approved_by == "Head"
    assert [x["saved"] for x in view._entries] == [True]
    assert ask(view, do="take_back", entry=view.entries[0].id)["wrong"]
    assert ask(view, do="save", path=str(tmp_path / "b.yaml"))["wrong"]  # nothing new since


def test_where_widgets_do_not_run_a_picture_and_a_sentence_stand_in(view):
    view.kind = "late"
    data, _ = view._repr_mimebundle_()
    assert data["image/svg+xml"] == view._svg
    assert (
        data["text/plain"]
        == f"Service blueprint of Building permit - receipt phase with deviations: {view._filter['line']}"
    )
    assert "application/vnd.jupyter.widget-view+json" in data


def test_chinese_and_other_languages(study):
    view = blueprint_view(study, "zh")
    assert view._words["fit"] == "适应窗口"
    assert view._filter["line"] == f"全部 {N_CASES} 个案例"
    assert "送达" in view._svg
    with pytest.raises(UnknownNameError):
        blueprint_view(study, "fr")


def test_the_page_has_every_word_that_it_uses_and_uses_every_word():
    stem = "widget.word."
    have = {key.removeprefix(stem) for key in catalogue() if key.startswith(stem)} | {"decisions"}
    used = set(re.findall(r"\b(?:w|words)\.(\w+)", SCRIPT)) | set(
        re.findall(r'(?:field|input|button)\("(\w+)"', SCRIPT)
    )
    used |= {"from", "to", "by", "group", "kind"}  # the fields of the filter, by name
    assert used - have == set()
    assert have - used == set()


def test_the_page_asks_nothing_of_the_network_and_writes_no_markup():
    css = (ROOT / "mining/widget/blueprint.css").read_text("utf-8")
    for text in (SCRIPT, css):
        assert "@import" not in text
        assert [
            x for x in ("innerHTML", "outerHTML", "insertAdjacentHTML", "fetch(", "import ", "eval(") if x in text
        ] == []
        assert set(re.findall(r"https?://[^\"' ]+", text)) <= {"http://www.w3.org/2000/svg"}
