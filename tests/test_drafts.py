"""Drafts from a table of steps and from a log: by hand, by laws, and against the sample services."""

import csv
import io
from datetime import date, time

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint.naming import LONGEST_ID, ids_of
from mining.blueprint.sheet import read_sheet
from mining.blueprint.spoken import COLUMNS, heading, lane_kind, length
from mining.blueprint.table import from_table
from mining.blueprint.template import write_template
from mining.conformance.alignment import Traces, align
from mining.drafting import from_log
from mining.errors import BlueprintError, LogError, MiningError, ModelError
from mining.units import MISSING
from tests.examples import examples
from tests.helpers import ROOT, SHARED

HEAD = ["stage", "lane", "step", "role", "label", "touchpoint", "wait", "fail", "max_time", "basis"]
ROWS = [
    ["Intake", "Citizen", "Apply", "", "Apply", "key", "", "", "", ""],
    ["Intake", "Counter", "Receive", "Clerk", "Receive", "web form", "yes", "papers missing", "2h", "Charter 3"],
    ["Decide", "Back office", "Check", "Handler", "Check; Check again", "", "3d", "", "5个工作日", "Law 5"],
    ["Decide", "Back office", "Think", "Handler", "", "", "", "", "", ""],
    ["Close", "Counter", "Hand over", "Clerk", "Deliver", "moment of truth", "", "", "", ""],
]


@pytest.fixture
def table(tmp_path):
    """Writes a CSV file and returns its path."""

    def write(rows, head=HEAD, name="desk.csv", delimiter=",", encoding="utf-8"):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows([head, *rows])
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    """Writes a workbook with one sheet, lets a function change it, and returns its path."""

    def write(rows, change=lambda sheet: None, head=HEAD, name="desk.xlsx"):
        book = openpyxl.Workbook()
        for row in [head, *rows]:
            book.active.append(row)
        change(book.active)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def todos(draft, place=""):
    return [todo.what for todo in draft.todo if todo.place.startswith(place)]


# --- tables ------------------------------------------------------------------------------------------------------------


def test_a_table_by_hand(table):
    draft = from_table(table(ROWS))
    raw = draft.raw
    assert raw["status"] == "draft"
    assert raw["id"] == "desk"
    assert [(x["id"], x["kind"]) for x in raw["lanes"]] == [
        ("citizen", "customer"),
        ("counter", "onstage"),
        ("back_office", "backstage"),
    ]
    assert [x["id"] for x in raw["stages"]] == ["intake", "decide", "close"]
    assert list(raw["roles"]) == ["clerk", "handler"]
    assert raw["flow"] == ["apply", "receive", "check", "think", "hand_over"]
    assert raw["scope"]["starts_with"] == ["apply"]
    assert raw["scope"]["ends_with"] == ["hand_over"]
    by_id = {a["id"]: a for a in raw["activities"]}
    assert by_id["receive"] == {
        "id": "receive",
        "lane": "counter",
        "stage": "intake",
        "role": "clerk",
        "labels": ["Receive"],
        "name": {"en": "Receive"},
        "touchpoint": {"key": False, "channels": ["web form"]},
        "wait_point": True,
        "fail_point": {"failure": {"en": "papers missing"}},
    }
    assert by_id["check"]["labels"] == ["Check", "Check again"]
    assert by_id["think"]["labels"] == ["Think"]
    assert by_id["hand_over"]["touchpoint"] == {"key": True, "moment_of_truth": True}
    standards = [
        [s.get(k) for k in ("metric", "from", "to", "of", "max", "calendar", "basis")] for s in raw["standards"]
    ]
    assert standards == [
        ["elapsed", "apply", "receive", None, "2h", None, "Charter 3"],
        ["elapsed", "receive", "check", None, "5bd", "office", "Law 5"],
        ["waiting", None, None, "check", "3d", None, "Law 5"],
    ]
    assert draft.blueprint().lane_of("think").visible is False


def test_every_guess_of_a_table_is_said(table):
    draft = from_table(table(ROWS))
    guessed = {todo.place for todo in draft.todo if todo.guessed}
    wanted = {"flow", "name", "service_type", "scope.starts_with", "scope.ends_with", "standards.S1", "standards.S2"}
    wanted |= {"lanes.citizen.kind", "lanes.counter.kind", "lanes.back_office.kind", "activities.receive.touchpoint"}
    assert wanted | {"activities.check.labels", "activities.think.labels"} <= guessed
    asked = {todo.place for todo in draft.todo if not todo.guessed}
    assert {"owner", "effective", "log", "roles", "calendars.office", "scope.unit_of_analysis"} <= asked
    text = draft.to_yaml()
    assert all(todo.what.split()[0] in text for todo in draft.todo)


def test_headings_and_values_in_chinese(table):
    head = ["阶段", "泳道", "步骤", "岗位", "日志标签", "接触点", "等待点", "失误点", "时限", "依据"]
    rows = [
        ["受理", "申请人", "提交申请", "", "Submit", "关键时刻", "", "", "", ""],
        ["审核", "后台", "审核", "经办人", "Check", "", "是", "材料不全", "二十个工作日内", "条例第5条"],
    ]
    draft = from_table(table(rows, head))
    assert draft.raw["flow"] == ["step_01", "step_02"]
    assert [a["name"] for a in draft.raw["activities"]] == [{"zh": "提交申请"}, {"zh": "审核"}]
    assert [lane["kind"] for lane in draft.raw["lanes"]] == ["customer", "backstage"]
    assert draft.raw["standards"][0]["max"] == "20bd"
    assert draft.blueprint().status == "draft"
    assert "'时限' as max_time" in todos(draft, "table")[0]


FULL = [
    "阶段",
    "步骤",
    "步骤英文名",
    "泳道",
    "触点",
    "渠道",
    "有形展示",
    "标准",
    "关键时刻",
    "重要性",
    "失误点",
    "控制措施",
    "达标比例",
    "严重程度",
]


def test_an_ordinary_blueprint_table_in_chinese(table):
    rows = [
        ["报案", "客户报案", "Report", "客户", "是", "电话、App", "报案表", "", "", "", "", "", "", ""],
        ["报案", "核对资料", "Check", "前台", "是", "电话", "", "5分钟内", "是", "4", "漏项", "清单", "95%", "严重"],
        ["理赔", "审核", "Assess", "后台", "", "", "", "态度友好", "", "", "", "", "", "其他"],
    ]
    draft = from_table(table(rows, FULL))
    report, check, assess = draft.raw["activities"]
    assert check["name"] == {"en": "Check", "zh": "核对资料"}
    assert check["id"] == "check"
    assert report["touchpoint"] == {"key": False, "channels": ["电话", "App"], "evidence": ["报案表"]}
    assert check["touchpoint"] == {"key": True, "moment_of_truth": True, "channels": ["电话"], "importance": 4}
    assert check["fail_point"] == {"failure": {"zh": "漏项"}, "control": "清单"}
    assert "touchpoint" not in assess
    [standard] = draft.raw["standards"]
    assert (standard["max"], standard["share"], standard["severity"]) == ("5min", 0.95, "critical")
    assert any("'态度友好'" in what and "no length of time" in what for what in todos(draft, "standards"))
    assert any("the severity '其他' stands in no key" in what for what in todos(draft, "rules"))
    draft.blueprint()


def test_what_stands_in_other_columns_is_kept_where_it_belongs(table):
    draft = from_table(table([["Pay", "red", ""], ["Ship", "", ""]], ["step", "colour", "chanel"]))
    told = todos(draft, "table")
    assert told[0].startswith("the column 'colour' (B) means nothing to the format: what stands in 1 row is noted")
    assert "it is empty. Did you mean 'channel'" in told[1]
    assert todos(draft, "activities.pay") == ["row 2: 'colour': 'red'"]
    assert "to do: row 2: 'colour': 'red'" in draft.to_yaml()


def test_marks_that_say_little_are_kept_as_things_to_do(table):
    head = ["step", "touchpoint", "key", "importance", "evidence", "control", "share", "moment_of_truth"]
    rows = [["a", "no", "yes", "high", "x", "audit", "", ""], ["b", "yes", "no", "", "", "", "most", "perhaps"]]
    draft = from_table(table(rows, head))
    a, b = draft.raw["activities"]
    assert a["touchpoint"] == {"key": True}
    assert b["touchpoint"] == {"key": False, "moment_of_truth": True}
    assert a["fail_point"] == {"failure": {"en": "to be filled in"}, "control": "audit"}
    said = todos(draft, "activities.a.touchpoint")
    assert any("said to be no touchpoint, but key is 'yes'" in what for what in said)
    assert any("importance 'high' as a number" in what for what in said)
    assert any("which evidence" in what for what in said)
    assert any("moment_of_truth 'perhaps' read as yes" in what for what in todos(draft, "activities.b.touchpoint"))
    assert any("the share 'most' stands in no key" in what for what in todos(draft, "rules"))


def test_a_step_without_a_label_is_seen_under_its_name_unless_it_is_the_customers(table):
    rows = [
        ["Report", "Customer", "", ""],
        ["Form", "Physical evidence", "", ""],
        ["Take in", "Counter", "TAKE", ""],
        ["Think", "Back office", "", ""],
        ["Wait", "Back office", "", "no"],
        ["Sleep", "Back office", "-", ""],
        ["TAKE", "Back office", "", ""],
        ["Sign", "Customer", "", "yes"],
    ]
    draft = from_table(table(rows, ["step", "lane", "label", "observable"]))
    labels = {a["name"]["en"]: a.get("labels") for a in draft.raw["activities"]}
    assert labels == {
        "Report": None,
        "Form": None,
        "Take in": ["TAKE"],
        "Think": ["Think"],
        "Wait": None,
        "Sleep": None,
        "TAKE": None,
        "Sign": ["Sign"],
    }
    assert all(a.get("observable", True) is (labels[a["name"]["en"]] is not None) for a in draft.raw["activities"])
    assert "no label is given: the name of the step is taken for it" in todos(draft, "activities.think.labels")[0]
    assert "in a lane of the kind customer" in todos(draft, "activities.report.observable")[0]
    assert "its name is the label of 'Take in'" in todos(draft, "activities.take.observable")[0]
    draft.blueprint()
    with pytest.raises(BlueprintError, match="no step is said to be seen in the log"):
        from_table(table([["a", "no"]], ["step", "observable"]))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_template_holds_every_column_and_is_read(tmp_path, suffix, lang):
    file = write_template(tmp_path / f"steps.{suffix}", lang=lang)
    read = read_sheet(file)
    assert read.columns == COLUMNS
    assert not read.unknown
    draft = from_table(file)
    assert draft.raw["activities"][0]["name"] == {"en": "Check papers", "zh": "核对材料"}
    assert draft.blueprint().standards[0].share == 0.9
    with pytest.raises(BlueprintError, match=r"a template is written as \.csv or \.xlsx"):
        write_template(tmp_path / "steps.pdf")


def test_a_list_of_steps_alone_is_a_draft(table):
    draft = from_table(table([["Order"], ["Pay"]], ["Activity"]))
    blueprint = draft.blueprint()
    assert blueprint.labels == {"Order": "order", "Pay": "pay"}
    assert [lane.kind for lane in blueprint.lanes] == ["customer", "backstage"]
    assert "the table names no log labels: the names of the steps are taken for them" in todos(draft, "activities")
    assert "rows 2, 3: no lane is given. Move the steps to their lanes" in todos(draft, "lanes")


def test_a_step_in_two_rows_is_one_activity_done_twice(table):
    rows = [["Desk", "Check", "2h"], ["Office", "Decide", ""], ["", "check", ""]]
    draft = from_table(table(rows, ["lane", "step", "max time"]))
    assert draft.raw["flow"] == ["check", "decide", "check"]
    assert [a["id"] for a in draft.raw["activities"]] == ["check", "decide"]
    assert len(draft.raw["standards"]) == 1
    assert draft.raw["standards"][0]["from"] == "case_start"
    assert "rows 2, 4 have the same step 'Check': read as one activity done 2 times" in todos(draft, "flow")
    assert "row 4: 'check' taken for 'Check' of row 2" in todos(draft, "activities")
    draft.blueprint()


def test_empty_rows_and_stages_are_counted_from_the_top(table):
    rows = [["", ""], ["Intake", "Apply"], ["", ""], ["", "Check"], ["Close", "Pay"]]
    draft = from_table(table(rows, ["stage", "step"]))
    assert [a["stage"] for a in draft.raw["activities"]] == ["intake", "intake", "close"]
    assert "empty rows passed over: 2, 4" in todos(draft, "table")
    assert "no stage is given in row 5: taken from the row above" in todos(draft, "activities")


def test_lanes_stand_in_the_order_of_their_kinds_and_it_is_said(table):
    draft = from_table(table([["后台", "a"], ["客户", "b"], ["前台", "c"]], ["lane", "step"]))
    assert [lane["kind"] for lane in draft.raw["lanes"]] == ["customer", "onstage", "backstage"]
    assert any("order of their kinds" in what for what in todos(draft, "lanes"))


REFUSED = [
    (["step", "colour", "colour"], [["a", "red", "x"]], r"row 1: two columns have the heading 'colour'"),
    (["step", "colour"], [["a", ""], ["", "red"]], r"row 3: colour 'red', but no step"),
    (["lane", "role"], [["a", "b"]], r"row 1: there is no column of steps"),
    (["step", "activity"], [["a", "b"]], r"row 1: 'step' and 'activity' both mean the column step"),
    (["Our service", ""], [["step", "lane"]], r"row 1: 'Our service' seems to be a title\. Delete rows above"),
    (["step", "lane"], [], r"there is no row under the headings"),
    (["step", "lane"], [["a", "x"], ["", "y"]], r"row 3: lane 'y', but no step"),
    (["step", "lane"], [["a", "x"], ["b", "x"], ["a", "y"]], r"row 4: lane of the step 'a' is 'y', but 'x' in row 2"),
    (["step", "label"], [["a", "L"], ["b", "L"]], r"row 3: the label 'L' of 'b' already means 'a' \(row 2\)"),
    (["step", "max_time"], [["a", "5"]], r"row 2: max_time: '5' is not a duration.*30min"),
    (["step", "max_time"], [["a", "2 months"]], r"row 2: max_time: .*a month has no fixed length"),
    (["step", "max_time"], [["a", "0.5bd"]], r"row 2: max_time: .*working days are counted whole"),
    (["step", "lane"], [["a", "=B1"]], r"row 2: column B: '=B1' is a formula"),
    (["step", ""], [["a", "x"]], r"row 2: 'x' stands in column B, which has no heading"),
    (["step"], [["a", "x"]], r"row 2: 'x' stands in column B, which has no heading"),
]


@pytest.mark.parametrize(("head", "rows", "message"), REFUSED, ids=[m[:40] for *_, m in REFUSED])
def test_what_a_table_cannot_mean_is_refused_with_its_row(table, head, rows, message):
    with pytest.raises(BlueprintError, match=message):
        from_table(table(rows, head))


def test_twelve_problems_are_named_and_the_rest_counted(table):
    rows = [[f"s{i}", "soon"] for i in range(15)]
    with pytest.raises(BlueprintError, match=r"row 2: (?s:.)*row 13: (?s:.)*and 3 more") as error:
        from_table(table(rows, ["step", "max_time"]))
    assert "row 14" not in str(error.value)


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (",", "utf-16")])
def test_other_ways_to_write_a_text_table(table, delimiter, encoding):
    assert from_table(table(ROWS, delimiter=delimiter, encoding=encoding)).raw == from_table(table(ROWS)).raw


def test_a_chinese_code_page_is_read_where_the_headings_prove_it_and_said(tmp_path):
    file = tmp_path / "steps.csv"
    text = "阶段,泳道,步骤\n受理,窗口,提交申请\n"
    file.write_bytes(text.encode("gbk"))
    draft = from_table(file)
    assert draft.raw["activities"][0]["name"] == {"zh": "提交申请"}
    assert "read as GB18030, because 阶段, 泳道, 步骤 are headings then" in todos(draft, "table")[0]
    file.write_bytes("step,lane\n提交申请,窗口\n".encode("gbk"))  # nothing proves it
    with pytest.raises(BlueprintError, match="not UTF-8 text"):
        from_table(file)
    file.write_bytes("step,lane\nPrüfung,Büro\n".encode("latin-1"))
    with pytest.raises(BlueprintError, match="not UTF-8 text"):
        from_table(file)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_excels_word_for_the_delimiter_is_no_heading(tmp_path, delimiter):
    file = tmp_path / "steps.csv"
    file.write_text(f"sep={delimiter}\nstep{delimiter}lane\nPay{delimiter}Desk\n{delimiter}Desk\n", encoding="utf-8")
    with pytest.raises(BlueprintError, match="row 4: lane 'Desk', but no step"):
        from_table(file)


def test_many_empty_rows_are_told_in_few_words(tmp_path):
    file = tmp_path / "steps.csv"
    rows = ["step", "a", "", "b", *[""] * 5000, "c", *["", "d"] * 20]
    file.write_text("\n".join(f"{x}," for x in rows), encoding="utf-8")
    (said,) = [x for x in todos(from_table(file), "table") if "empty rows" in x]
    assert said.startswith("empty rows passed over: 3, 5 to 5004, 5006, 5008,")
    assert said.endswith("5024 and 10 more")


def test_files_that_are_no_table(tmp_path, table):
    for name, data, message in (
        ("a.csv", "step\nPrüfung\n".encode("latin-1"), r"not UTF-8 text \(byte 7\)"),
        ("a.csv", b'step\n"a\n', r"row 2: cannot be split into cells"),
        ("a.csv", b"", "the table is empty"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Excel file"),
        ("a.xlsx", b"PK\x03\x04 and nothing", "not a workbook that can be read"),
        ("a.pdf", b"%PDF", "not a table that can be read"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BlueprintError, match=message):
            from_table(tmp_path / name)
    table(ROWS)
    with pytest.raises(BlueprintError, match=r"no such table\. Tables in that folder: a\.csv.*desk\.csv"):
        from_table(tmp_path / "none.csv")
    with pytest.raises(BlueprintError, match="is a folder"):
        from_table(tmp_path)


# --- workbooks ---------------------------------------------------------------------------------------------------------


def test_a_workbook_and_a_text_file_of_the_same_cells_are_the_same_draft(table, workbook):
    assert from_table(workbook(ROWS)).raw == from_table(table(ROWS)).raw


def test_merged_cells_hold_for_their_rows(workbook):
    rows = [["Intake", "Desk", "a"], [None, "Desk", "b"], ["Close", "Desk", "c"]]
    draft = from_table(workbook(rows, lambda sheet: sheet.merge_cells("A2:A3"), ["stage", "lane", "step"]))
    assert [x["stage"] for x in draft.raw["activities"]] == ["intake", "intake", "close"]
    assert todos(draft, "table") == ["merged cell A2:A3: 'Intake' taken for rows 2 to 3"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("C2:C3", r"row 2: the merged cell C2:C3 \('a'\) covers several rows of the column step"),
        ("A2:B2", r"row 2: the merged cell A2:B2 \('Intake'\) covers several columns"),
        ("A1:B1", r"row 1: the merged cell A1:B1 \('stage'\) is part of the headings"),
    ],
)
def test_merged_cells_that_leave_the_row_open_are_refused(workbook, cells, message):
    rows = [["Intake", "Desk", "a"], ["Intake", "Desk", "b"]]
    head = ["stage", "stage" if cells == "A1:B1" else "lane", "step"]
    head[1] = "lane" if cells != "A1:B1" else ""
    with pytest.raises(BlueprintError, match=message):
        from_table(workbook(rows, lambda sheet: sheet.merge_cells(cells), head))


def test_formulas_are_read_by_their_stored_value_or_refused(tmp_path, workbook):
    path = tmp_path / "formula.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["step", "max_time"])
        sheet.write_formula(1, 0, '="Pay"&"ment"', None, "Payment")
        sheet.write(1, 1, "2h")
    draft = from_table(path)
    assert draft.raw["flow"] == ["payment"]
    assert todos(draft, "table") == ["values of formulas taken as they were stored: A2"]
    with pytest.raises(BlueprintError, match=r"row 2: cell A2 is a formula without a stored value"):
        from_table(workbook([["=B9"]], head=["step"]))


def test_cells_that_are_no_text(workbook):
    draft = from_table(workbook([["a", time(2, 30), True]], head=["step", "max_time", "wait"]))
    assert draft.raw["standards"][0]["max"] == "150min"
    assert draft.raw["activities"][0]["wait_point"] is True
    with pytest.raises(BlueprintError, match=r"row 2: cell B2 holds 2026-05-01"):
        from_table(workbook([["a", date(2026, 5, 1)]], head=["step", "max_time"]))
    with pytest.raises(BlueprintError, match=r"row 2: cell B2 holds #REF!"):
        from_table(workbook([["a", "#REF!"]], head=["step", "lane"]))


def test_hidden_rows_are_read_and_said(workbook):
    def hide(sheet):
        sheet.row_dimensions[3].hidden = True

    draft = from_table(workbook([["a"], ["b"]], hide, ["step"]))
    assert draft.raw["flow"] == ["a", "b"]
    assert "hidden rows read like the others: 3" in todos(draft, "table")


def test_the_sheet_with_steps_is_taken_and_several_are_asked_about(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Read me"])
    for name in ("Plan", "Old plan"):
        book.create_sheet(name).append(["step"])
        book[name].append([f"{name} step"])
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(BlueprintError, match=r"several sheets have a column of steps: .*'Plan'.*'Old plan'.*sheet="):
        from_table(tmp_path / "two.xlsx")
    assert from_table(tmp_path / "two.xlsx", sheet="Plan").raw["flow"] == ["plan_step"]
    with pytest.raises(BlueprintError, match=r"unknown sheet 'plan'\. Did you mean 'Plan'"):
        from_table(tmp_path / "two.xlsx", sheet="plan")
    del book["Old plan"]
    book.save(tmp_path / "one.xlsx")
    draft = from_table(tmp_path / "one.xlsx")
    assert any("not read, because they have no column of steps" in what and "'Notes'" in what for what in todos(draft))


# --- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written", "guessed"),
    [
        ("5bd", "5bd", False),
        ("2h", "2h", False),
        ("5个工作日", "5bd", False),
        ("五个工作日以内", "5bd", False),
        ("不超过15个工作日", "15bd", False),
        ("十五工作日", "15bd", False),
        ("within 5 working days", "5bd", False),
        ("<= 30 minutes", "30min", False),
        ("1.5 hours", "1.5h", False),
        ("两小时", "2h", False),
        ("３０分钟", "30min", False),
        ("3 自然日", "3d", False),
        ("3 days", "3d", True),
        ("3日内", "3d", True),
        ("4 business hours", "4bh", False),
        ("2 weeks", "2w", False),
    ],
)
def test_lengths_of_time_in_peoples_words(text, written, guessed):
    assert length(text) == (written, guessed)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5m", "soon", "二百天", "2h 30min", "bd5", "1个月", "0.5 工作日", "-2h"]
)
def test_what_is_no_length_of_time(text):
    with pytest.raises(MiningError):
        length(text)


def test_every_column_is_its_own_heading_and_lanes_have_kinds():
    assert [heading(c) for c in COLUMNS] == list(COLUMNS)
    kinds = {
        "前台": "onstage",
        "Support": "support",
        "网上自助": "onstage_technology",
        "供应商": "partner",
        "Xyz": None,
    }
    assert {name: lane_kind(name)[0] for name in kinds} == kinds


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=80)


@given(st.lists(names, unique=True, max_size=30))
def test_ids_are_distinct_and_in_the_format(found):
    ids = ids_of(found, "step")
    assert list(ids) == found
    assert len(set(ids.values())) == len(found)
    assert all(x.isascii() and x[0].isalpha() and len(x) <= LONGEST_ID for x in ids.values())


cells = st.text(st.sampled_from("aB é审批-_1."), min_size=1, max_size=6).filter(
    lambda x: x.strip() and not x.startswith("=")
)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(cells, cells | st.just(""), cells | st.just("")), min_size=1, max_size=8))
def test_any_list_of_steps_is_a_draft_that_loads(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "any.csv"
    lane, stage = {}, {}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "lane", "stage"])
        for step, its_lane, its_stage in rows:  # a step has one lane and one stage
            key = " ".join(step.split()).casefold()
            writer.writerow([step, lane.setdefault(key, its_lane), stage.setdefault(key, its_stage)])
    draft = from_table(path)
    blueprint = draft.blueprint()
    assert len(draft.raw["flow"]) == len(rows)
    spelt = [
        " ".join(next(iter(blueprint.activity(x).name.by_language.values())).split()).casefold()
        for x in draft.raw["flow"]
    ]
    assert spelt == [" ".join(step.split()).casefold() for step, *_ in rows]
    assert blueprint.automaton.accepts(draft.raw["flow"])


# --- logs --------------------------------------------------------------------------------------------------------------

START = pd.Timestamp("2026-03-02 09:00", tz="UTC")


def log_of(cases, **columns):
    """A log of cases given as lists of (label, hour[, resource])."""
    rows = [
        (case, label, START + pd.Timedelta(hours=hour), *(rest or ["ann"]))
        for case, events in cases.items()
        for label, hour, *rest in events
    ]
    frame = pd.DataFrame(rows, columns=["case", "activity", "time", "resource"])
    return mining.EventLog.from_frame(frame, columns={"timestamp": "time", "resource": "resource"} | columns)


def fits(draft, log):
    """Whether every case of the log is a run of the drafted flow."""
    study = mining.Study(log, draft.blueprint(), open_cases="judge")
    return bool((study.path.alignments.cost == 0).all())


def test_a_log_by_hand():
    log = log_of(
        {
            "1": [("Apply", 0, None), ("Check", 2, "ann"), ("Pay", 5, "system")],
            "2": [("Apply", 0, None), ("Check", 4, "bob"), ("Pay", 5, "system")],
            "3": [("Apply", 0, None), ("Check", 10, "ann")],
        }
    )
    draft = from_log(log, noise=0)
    raw = draft.raw
    assert raw["flow"] == ["apply", "check", {"optional": "pay"}]
    assert [(x["id"], x["kind"]) for x in raw["lanes"]] == [
        ("customer", "customer"),
        ("lane_1", "backstage"),
        ("systems", "support"),
    ]
    assert {a["id"]: (a["lane"], a.get("role")) for a in raw["activities"]} == {
        "apply": ("customer", None),
        "check": ("lane_1", "lane_1"),
        "pay": ("systems", None),
    }
    assert raw["roles"] == {"lane_1": {"name": {"en": "Lane 1: Check"}, "resources": ["ann", "bob"]}}
    assert raw["scope"]["starts_with"] == ["apply"]
    assert raw["scope"]["ends_with"] == ["pay"]
    assert raw["effective"] == {"from": "2026-03-02"}
    assert todos(draft, "activities.check") == [
        "whether to promise a time. Seen so far: median 4.0 h, 90 % quantile 10.0 h after the step before (n = 3)"
    ]
    assert "median 5.0 h, 90 % quantile 10.0 h from the first to the last step" in todos(draft, "standards")[0]
    assert "standards" not in raw
    assert "3 of 3 cases fit it" in todos(draft, "flow")[0]
    assert fits(draft, log)


def test_what_is_guessed_from_a_log_is_said():
    draft = from_log(log_of({"1": [("A", 0), ("B", 1)]}))
    guessed = {todo.place for todo in draft.todo if todo.guessed}
    assert {"flow", "stages", "lanes.customer", "lanes.lane_1", "roles.lane_1", "name", "effective"} <= guessed
    assert {"scope.starts_with", "service_type"} <= guessed
    assert (
        "scope.ends_with" in {todo.place for todo in draft.todo} - guessed
    )  # a decision, not a guess to be waved through


def test_chinese_labels_keep_their_names():
    draft = from_log(log_of({"1": [("提交", 0), ("审批", 1), ("Pay", 2)]}))
    assert [(a["id"], a["labels"], a["name"]) for a in draft.raw["activities"]] == [
        ("step_01", ["提交"], {"zh": "提交"}),
        ("step_02", ["审批"], {"zh": "审批"}),
        ("pay", ["Pay"], {"en": "Pay"}),
    ]
    assert draft.blueprint().labels == {"提交": "step_01", "审批": "step_02", "Pay": "pay"}


def test_without_resources_nobody_is_guessed():
    frame = pd.DataFrame({"case": ["1", "1"], "activity": ["A", "B"], "time": ["2026-01-01", "2026-01-02"]})
    draft = from_log(mining.EventLog.from_frame(frame, columns={"timestamp": "time"}))
    assert {a["lane"] for a in draft.raw["activities"]} == {"unknown"}
    assert "roles" not in draft.raw
    assert draft.blueprint().roles == ()


def test_seldom_ends_are_left_out_of_the_scope_and_named():
    cases = {f"{k}": [("A", 0), ("B" if k else "C", 1)] for k in range(40)}
    draft = from_log(log_of(cases))
    assert draft.raw["scope"]["ends_with"] == ["b"]
    [said] = todos(draft, "scope.ends_with")
    assert "Taken: 'B' (last in 39 of the 39 cases with it). Left out: 'C' (last in 1 of the 1 cases with it)." in said
    assert said.endswith("1 of 40 cases hold none of those taken and count as still running")


def test_an_activity_after_which_most_cases_go_on_is_no_end():
    cases = {f"{k}": [("A", 0), ("B", 1), ("C", 2)][: 1 + k % 3] for k in range(9)}
    draft = from_log(log_of(cases))
    assert draft.raw["scope"]["ends_with"] == ["c"]  # A is last in 3 of 9, B in 3 of 6, C in 3 of 3
    [said] = todos(draft, "scope.ends_with")
    assert "'A' (last in 3 of the 9 cases with it)" in said
    assert "6 of 9 cases hold none of those taken" in said
    assert "complete" not in said


def test_where_every_activity_goes_on_the_likeliest_end_is_taken():
    cases = {"1": [("A", 0), ("B", 1), ("A", 2), ("C", 3), ("B", 4)], "2": [("B", 0), ("C", 1), ("A", 2)]}
    cases |= {"3": [("A", 0), ("B", 1), ("C", 2)]}
    draft = from_log(log_of(cases))  # each is last in one of the three cases that hold it
    assert len(draft.raw["scope"]["ends_with"]) == 1
    draft.blueprint()


def timed_log(cases, **columns):
    """A log with starts, of cases given as lists of (label, first hour, last hour)."""
    rows = [
        (case, label, START + pd.Timedelta(hours=a), START + pd.Timedelta(hours=b))
        for case, events in cases.items()
        for label, a, b in events
    ]
    frame = pd.DataFrame(rows, columns=["case", "activity", "begin", "time"])
    return mining.EventLog.from_frame(frame, columns={"timestamp": "time", "start": "begin"} | columns)


def test_with_starts_waiting_and_handling_are_told_by_hand():
    cases = {"1": [("A", 0, 1), ("B", 4, 6), ("C", 5, 9)], "2": [("A", 0, 2), ("B", 4, 9), ("C", 9, 9)]}
    draft = from_log(timed_log(cases))
    [said] = todos(draft, "activities.b")
    assert (
        "median 2.0 h, 90 % quantile 3.0 h waiting, from the latest completion before it to its start (n = 2)" in said
    )
    assert "median 2.0 h, 90 % quantile 5.0 h handling, from its start to its end (n = 2)" in said
    assert "after the step before" not in said
    [last] = todos(draft, "activities.c")  # case 1: 5 - 1, not 5 - 6; case 2: 9 - 9, not its own end
    assert "median 0 s, 90 % quantile 4.0 h waiting" in last
    [first] = todos(draft, "activities.a")
    assert "waiting" not in first


def test_steps_done_at_the_same_time_are_told_as_perhaps_parallel():
    together = [("A", 0, 1), ("B", 1, 4), ("C", 2, 5)]
    apart = [("A", 0, 1), ("B", 1, 2), ("C", 2, 5)]
    told = "'B' and 'C' overlap in time in 2 of the 3 cases with both: perhaps parallel"
    assert told in todos(from_log(timed_log({"1": together, "2": together, "3": apart})), "flow")
    few = from_log(timed_log({"1": together, "2": apart, "3": apart}))
    assert not any("overlap" in what for what in todos(few, "flow"))


def test_how_a_log_was_read_stands_in_the_draft():
    frame = pd.DataFrame(
        [("1", "A", "02.01.2026", "1,5"), ("1", "B", "03.01.2026", "2,5")], columns=["case", "activity", "time", "cost"]
    )
    columns = {
        "timestamp": "time",
        "format": "%d.%m.%Y",
        "decimal": ",",
        "attributes": {"cost": {"column": "cost", "type": "number"}},
    }
    log = mining.EventLog.from_frame(frame, columns=columns)
    draft = from_log(log)
    assert (draft.raw["log"]["format"], draft.raw["log"]["decimal"]) == ("%d.%m.%Y", ",")
    assert log.bind(draft.blueprint().binding).attribute("cost").tolist() == [1.5]


def test_times_without_a_zone_are_a_thing_to_do():
    frame = pd.DataFrame({"case": ["1", "1"], "activity": ["A", "B"], "time": ["2026-01-01", "2026-01-02"]})
    naive = from_log(mining.EventLog.from_frame(frame, columns={"timestamp": "time"}))
    assert "in which time zone the times are written" in todos(naive, "log.tz")[0]
    told = from_log(mining.EventLog.from_frame(frame, columns={"timestamp": "time", "tz": "Asia/Shanghai"}))
    assert todos(told, "log.tz") == []
    assert told.raw["log"]["tz"] == "Asia/Shanghai"


def test_further_columns_are_proposed_with_their_types():
    frame = pd.DataFrame(
        {
            "case": ["1", "1"],
            "activity": ["A", "B"],
            "time": ["2026-01-01", "2026-01-02"],
            "amount paid": ["1", "2.5"],
            "due": ["2026-02-01", ""],
            "urgent": [True, False],
            "note": ["x", "3"],
            "nothing": ["", ""],
        }
    )
    draft = from_log(mining.EventLog.from_frame(frame, columns={"timestamp": "time"}))
    _, *lines = todos(draft, "log.attributes")[0].splitlines()
    assert lines == [
        'amount_paid: {column: "amount paid", type: number}',
        "due: {column: due, type: datetime}",
        "urgent: {column: urgent, type: boolean}",
        "note: {column: note, type: string}",
    ]
    text = draft.to_yaml()
    assert all(f"# {line}" in text.replace("attributes: ", "") for line in lines)
    draft.blueprint()


def by_whom(work, **more):
    """A log of one case for each (label, resource, ...)."""
    rows = [(f"{k}", label, START + pd.Timedelta(hours=k), *rest) for k, (label, *rest) in enumerate(work)]
    frame = pd.DataFrame(rows, columns=["case", "activity", "time", "resource", *more])
    return mining.EventLog.from_frame(frame, columns={"timestamp": "time", "resource": "resource"})


def test_a_number_after_a_word_that_names_nobody_is_no_name():
    work = [(label, f"Updated by {k}") for k, label in enumerate(["New", "Active", "Active", "New"])]
    draft = from_log(by_whom([(label, name) for label, name in work for _ in range(3)] + [("New", "Updated by 1")]))
    lanes = [x["name"] for x in draft.raw["lanes"] if x["kind"] == "backstage"]
    assert lanes
    assert all(name["en"].startswith("Lane ") and "Updated" not in name["en"] for name in lanes)
    clerks = from_log(by_whom([("New", f"clerk-{k}") for k in (1, 2, 10)]))
    assert clerks.raw["roles"]["clerk"]["resources"] == ["clerk-1", "clerk-2", "clerk-10"]


def test_a_column_of_teams_makes_and_names_the_lanes():
    work = [("Take in", f"p{k}", "Front desk") for k in range(4)] + [
        ("Check", f"q{k}", "Back office") for k in range(4)
    ]
    draft = from_log(by_whom([*work, ("Check", "p1", "Front desk")], Team=0))
    lanes = {x["id"]: x["name"]["en"] for x in draft.raw["lanes"][1:]}
    assert sorted(lanes.values()) == ["Back office", "Front desk"]
    assert "teams (column 'Team')" in todos(draft, f"lanes.{next(iter(lanes))}")[0]
    where = {a["labels"][0]: lanes[a["lane"]] for a in draft.raw["activities"]}
    assert where == {"Take in": "Front desk", "Check": "Back office"}


def test_a_log_with_teams_and_no_people_has_lanes():
    frame = pd.DataFrame(
        [("1", "A", "2026-01-01", "Desk"), ("1", "B", "2026-01-02", "Office")],
        columns=["case", "activity", "time", "group"],
    )
    draft = from_log(mining.EventLog.from_frame(frame, columns={"timestamp": "time"}))
    assert {x["name"]["en"] for x in draft.raw["lanes"]} == {"Customer", "Desk", "Office"}
    assert todos(draft, "roles.desk") == ["who has the role: the log names teams, and no people"]
    draft.blueprint()


def test_a_long_list_of_people_is_counted_and_not_written():
    draft = from_log(by_whom([("Check", f"clerk-{k}") for k in range(31)]))
    assert draft.raw["roles"] == {"clerk": {"name": {"en": "clerk"}}}
    [said] = todos(draft, "roles.clerk")
    assert "31 people were seen doing it" in said
    assert "and 23 more" in said
    short = from_log(by_whom([("Check", f"clerk-{k}") for k in range(30)]))
    assert len(short.raw["roles"]["clerk"]["resources"]) == 30


def test_a_label_that_is_never_completed_is_kept_and_said():
    frame = pd.DataFrame(
        [("1", "A", "complete", "2026-01-01"), ("1", "B", "start", "2026-01-02"), ("1", "C", "complete", "2026-01-03")],
        columns=["case", "activity", "what", "time"],
    )
    life = {"column": "what", "complete": "complete", "start": "start"}
    log = mining.EventLog.from_frame(frame, columns={"timestamp": "time", "lifecycle": life})
    draft = from_log(log)
    assert draft.raw["flow"] == ["a", "c"]
    assert [a["id"] for a in draft.raw["activities"]] == ["a", "c", "b"]
    assert any("no place in the flow for 'B'" in what for what in todos(draft, "flow"))
    assert draft.raw["log"]["lifecycle"] == life
    assert fits(draft, log)


def test_nothing_completed_and_a_wrong_noise_are_refused():
    life = {"column": "what", "complete": "complete", "start": "start"}
    frame = pd.DataFrame(
        [("1", "A", "start", "2026-01-01"), ("1", "B", "complete", None)], columns=["case", "activity", "what", "time"]
    )
    log = mining.EventLog.from_frame(frame, columns={"timestamp": "time", "lifecycle": life})
    with pytest.raises(LogError, match="no activity of this log was completed"):
        from_log(log)
    with pytest.raises(ModelError, match=r"noise is 2; it is a share between 0"):
        from_log(log, noise=2)


def test_the_binding_of_a_draft_reads_the_log_as_it_was_read():
    blueprint = mining.read_blueprint(ROOT / "sample_logs/bank_loan/blueprint.yaml")
    log = mining.read_log(ROOT / "sample_logs/bank_loan/log.csv", columns=blueprint.binding)
    again = log.bind(from_log(log).blueprint().binding)
    for name in ("offsets", "activity", "resource", "start", "end", "scheduled", "row"):
        assert np.array_equal(getattr(log, name), getattr(again, name))
    assert log.binding.attributes == again.binding.attributes


words = st.lists(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=6), min_size=1, max_size=6)


@settings(max_examples=examples(25), deadline=None)
@given(words)
def test_without_noise_every_case_of_any_log_fits(traces):
    log = log_of({f"{k}": [(x, float(i)) for i, x in enumerate(trace)] for k, trace in enumerate(traces)})
    draft = from_log(log, noise=0)
    blueprint = draft.blueprint()
    assert all(blueprint.automaton.accepts([x.lower() for x in trace]) for trace in traces)
    assert f"{len(traces)} of {len(traces)} cases fit it" in todos(draft, "flow")[0]


FAST = ("it_incident", "outpatient_visit")
SLOW = ("bank_loan", "permit_receipt")


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("name", [*FAST, *(pytest.param(x, marks=pytest.mark.slow) for x in SLOW)])
def test_the_draft_of_a_sample_log_fits_it_without_noise(name):
    log = mining.read_log(ROOT / "sample_logs" / name / "log.csv")
    draft = from_log(log, noise=0)
    assert fits(draft, log)
    assert sorted(draft.blueprint().labels) == sorted(log.labels)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("name", [*FAST, *SLOW])
def test_with_noise_the_draft_loads_and_says_how_many_cases_fit(name):
    log = mining.read_log(ROOT / "sample_logs" / name / "log.csv")
    draft = from_log(log)
    blueprint = draft.blueprint()
    model = blueprint.automaton
    bounds = list(zip(log.offsets, log.offsets[1:], strict=False))
    done = log.end != MISSING
    traces = [[blueprint.labels[log.labels[x]] for x in log.activity[a:b][done[a:b]]] for a, b in bounds]
    cost = align(model, Traces.of(model.labels, traces)).cost
    assert f"{(cost == 0).sum():,} of {log.n_cases:,} cases fit it" in todos(draft, "flow")[0]


def test_people_who_work_together_are_found_again():
    for name in ("bank_loan", "outpatient_visit"):
        designed = mining.read_blueprint(ROOT / "sample_logs" / name / "blueprint.yaml")
        draft = from_log(mining.read_log(ROOT / "sample_logs" / name / "log.csv"))
        drafted = {x["labels"][0]: x.get("role") for x in draft.raw["activities"] if x["labels"][0] in designed.labels}
        groups = {
            role: {label for label, other in drafted.items() if other == role}
            for role in set(drafted.values()) - {None}
        }
        wanted = {}
        for activity in designed.activities:
            if activity.role and drafted.get(activity.labels[0] if activity.labels else ""):
                wanted.setdefault(activity.role, set()).update(activity.labels)
        assert sorted(map(sorted, groups.values())) == sorted(map(sorted, wanted.values()))
    roles = draft.raw["roles"]
    assert roles["doctor"]["resources"] == [f"doctor-0{k}" for k in range(1, 9)]
    assert any("left out" in what and "nurse-01 (5)" in what for what in todos(draft, "roles.doctor"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["helpdesk.xes.gz", "sepsis.xes.gz", "loanapp.parquet"])
def test_public_logs_give_drafts_that_fit(name):
    path = SHARED / "logs" / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    log = mining.read_log(path)
    assert fits(from_log(log, noise=0), log)
