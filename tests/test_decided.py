"""What people decide and write, and what becomes of it: ranking, plan, reviews taken in, and where a setting stands that was refused."""

import hashlib
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from mining.errors import MiningError
from mining.plan.actions import actions_of
from mining.record import parse_engagement, parse_narrative
from mining.record.decided import PlanRemark, _plan
from mining.record.findings import class_of
from mining.record.located import located
from mining.report.reviewed import read_reviewed
from mining.report.taken_in import taken_in
from mining.sampling import read_review

A, B = "F-aaaaaaaa", "F-bbbbbbbb"


def plan_of(**changes):
    """Two actions, one per finding."""
    blank = dict.fromkeys(("goal", "metric", "baseline", "target", "owner", "start", "due"), "")
    rows = [blank | {"action_id": f"A-{x[2:]}", "finding_id": x} | changes.get(x[2], {}) for x in (A, B)]
    return actions_of(pd.DataFrame(rows, dtype=object), "actions.csv")


def test_the_plan_takes_owner_and_day_of_the_narrative_only_where_it_has_none():
    words = parse_narrative(
        f"findings:\n  {A}: {{owner: Ann, due: 2027-01-15}}\n  {B}: {{owner: Ann, due: 2027-01-15}}\n"
    )
    plan = plan_of(b={"owner": "Bob", "due": "2027-03-01"})
    found, remarks = _plan(plan, set(), plan, words)
    assert [(x.owner, str(x.due)) for x in found.frame.itertuples()] == [("Ann", "2027-01-15"), ("Bob", "2027-03-01")]
    assert remarks == (
        PlanRemark("owner", "A-bbbbbbbb", B, "Ann", "Bob"),
        PlanRemark("due", "A-bbbbbbbb", B, "2027-01-15", "2027-03-01"),
    )
    assert "Ann" in remarks[0].say("en")
    assert "Bob" in remarks[0].say("zh")
    assert plan.frame["owner"].tolist() == ["", "Bob"]  # what was given is not changed
    assert "Ann" not in found.to_csv()  # a draft pins no words of the narrative


def test_actions_of_withdrawn_findings_leave_the_plan_and_people_are_told_of_theirs():
    plan, words = plan_of(), parse_narrative("")
    found, remarks = _plan(plan, {A}, plan, words)
    assert found.frame["finding_id"].tolist() == [B]
    assert remarks == (PlanRemark("withdrawn", "A-aaaaaaaa", A),)
    assert _plan(plan, {A}, None, words)[1] == ()  # nobody wrote it: it is only not drafted


@pytest.mark.parametrize(
    ("severity", "mandatory", "class_"), [("minor", False, "M"), ("minor", True, "H"), ("critical", True, "H")]
)
def test_a_decided_severity_keeps_the_shift_of_a_mandatory_check(severity, mandatory, class_):
    priority, cell = class_of(severity, {"visible": True, "low": 0.06, "n_net": 40}, mandatory=mandatory)
    assert (priority, "mandatory" in cell) == (class_, mandatory)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("mode: audit\nsampling:\n  seed: x\n  amount: a\n", "sampling: amount: 'a' holds no numbers.", 4),
        ("mode: audit\nsampling: {seed: x}\n", "sampling: discovery: unknown check 'R9'.", 2),
        ("improvement:\n  worth: []\n", "unknown outcome 'x'.", 2),
        ("disclose: [x]\n", "the log is empty.", None),
    ],
)
def test_what_a_step_refuses_is_said_with_the_line_of_the_setting(text, message, line):
    with pytest.raises(MiningError) as caught, located(parse_engagement(text)):
        raise MiningError(message)
    assert str(caught.value) == (message if line is None else f"engagement.yaml:{line}: {message}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "  F-1ABDB763: {owner: A}",
            "narrative.yaml:2: findings.F-1ABDB763: this is no id of a finding. Did you mean 'F-1abdb763'?",
        ),
        (
            "  F-1abdb763: {title: '{{totals.cases}} late'}",
            "narrative.yaml:2: findings.F-1abdb763.title: a title quotes no figures",
        ),
    ],
)
def test_a_narrative_says_what_was_meant_by_an_id_and_that_titles_quote_nothing(text, said):
    with pytest.raises(MiningError) as caught:
        parse_narrative(f"findings:\n{text}\n")
    assert said in str(caught.value)


# ---- what reviewers write


CASES = ("c1", "c2", "c3")


def workbook(path, results, *, names=True, key=True):
    """A sheet of the sample with results."""
    heads = [
        ("item", "Item"),
        ("result", "Result"),
        ("decided", "Decided together"),
        ("reviewer", "Reviewer"),
        ("note", "Note"),
    ]
    heads = heads if key else heads[1:]
    book = openpyxl.Workbook()
    page = book.active
    if names:
        page.append([f"sample.{name}" for name, _ in heads])
    page.append([word for _, word in heads])
    for case, result in zip(CASES, results, strict=True):
        page.append([f"occurrence/{case}", result, None, None, None][0 if key else 1 :])
    book.save(path)


def stamped(folder):
    """A manifest of the run that wrote the workbook and read the review."""

    def sha(name):
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()

    files = (
        [{"role": "review", "name": "review.csv", "sha256": sha("review.csv")}]
        if (folder / "review.csv").exists()
        else []
    )
    record = {"inputs": {"files": files}, "outputs": {"workpapers.xlsx": {"sha256": sha("workpapers.xlsx")}}}
    (folder / "manifest.json").write_text(json.dumps(record))


def review(folder, results):
    frame = pd.DataFrame({"test": "occurrence", "case_id": CASES, "result": results})
    frame.to_csv(folder / "review.csv", index=False)


def taken(folder):
    return taken_in(folder / "workpapers.xlsx", folder / "review.csv", folder / "manifest.json")


def test_a_review_edited_by_hand_is_not_undone_by_the_workbook_of_the_last_run(tmp_path):
    review(tmp_path, ["yes", "yes", ""])
    workbook(tmp_path / "workpapers.xlsx", ["confirmed", "confirmed", None])
    stamped(tmp_path)
    review(tmp_path, ["no", "yes", "yes"])
    assert taken(tmp_path) is None


def test_a_workbook_that_alone_was_changed_stands_in_place_of_the_file(tmp_path):
    review(tmp_path, ["yes", "yes", ""])
    workbook(tmp_path / "workpapers.xlsx", ["confirmed", "confirmed", None])
    stamped(tmp_path)
    workbook(tmp_path / "workpapers.xlsx", ["No", "confirmed", None])
    found = taken(tmp_path)
    assert found.n == 1
    (tmp_path / "review.csv").write_bytes(found.text.encode("utf-8-sig"))
    assert read_review(tmp_path / "review.csv").sample["result"].tolist() == ["not_confirmed", "confirmed", ""]


def test_two_changes_of_one_cell_are_named_and_changes_of_different_cells_are_joined(tmp_path):
    review(tmp_path, ["yes", "yes", ""])
    workbook(tmp_path / "workpapers.xlsx", ["confirmed", "confirmed", None])
    stamped(tmp_path)
    workbook(tmp_path / "workpapers.xlsx", ["confirmed", "confirmed", "No"])
    review(tmp_path, ["no", "yes", ""])
    with pytest.raises(
        MiningError, match=r"both changed.*\n  occurrence/c1, result: .*'confirmed' in workpapers.xlsx .*row 3"
    ):
        taken(tmp_path)
    review(tmp_path, ["yes", "yes", ""])
    assert taken(tmp_path).n == 1


def test_remarks_on_findings_and_notes_on_cases_stand_in_one_file_and_are_read_again(tmp_path):
    cells = [
        {"sheet": "findings", "key": A, "column": "remark", "value": "seen"},
        {"sheet": "sample", "key": "occurrence/c1", "column": "note", "value": "page 3"},
    ]
    from mining.sampling import merge_review

    merge_review(None, cells).to_csv(tmp_path / "review.csv")
    found = read_review(tmp_path / "review.csv")
    assert found.filled[("findings", A)] == {"remark": "seen"}
    assert found.filled[("sample", "occurrence/c1")] == {"note": "page 3"}
    alone = read_review(pd.DataFrame({"test": ["occurrence"], "case_id": ["c1"], "remark": ["page 3"]}))
    assert alone.frame["note"].tolist() == ["page 3"]


def test_a_sheet_without_its_hidden_names_is_read_by_its_headings_and_one_without_keys_is_refused(tmp_path):
    workbook(tmp_path / "a.xlsx", ["No", None, "Yes"], names=False)
    found = read_reviewed(tmp_path / "a.xlsx")
    assert found[["key", "value"]].to_numpy().tolist() == [
        ["occurrence/c1", "not_confirmed"],
        ["occurrence/c3", "confirmed"],
    ]
    workbook(tmp_path / "b.xlsx", ["No", None, "Yes"], key=False)
    with pytest.raises(MiningError, match=r"sample.item \(Item / 样本编号\) is missing"):
        read_reviewed(tmp_path / "b.xlsx")


def test_a_review_of_another_draw_says_how_to_begin_anew(study):
    from mining.sampling import draw, evaluate

    sample = draw(study)
    other = read_review(pd.DataFrame({"test": ["occurrence"], "case_id": ["nobody"], "result": ["yes"]}))
    with pytest.raises(MiningError, match="move the review and the workbook out of the folder"):
        evaluate(sample, other)
    assert np.isnan(evaluate(sample, None).frame["precision"]).all()
