"""The working papers hold what the record holds; hostile text stays text; what reviewers write comes back, wherever it was sorted to."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.conformance.verdicts import VERDICTS
from mining.errors import MiningError
from mining.record import Record, parse_narrative
from mining.report import book, evidence_sheets, write_workpapers
from mining.report import sheets as sheet_rows
from mining.report.book import looks_of, new_book, write_cell, write_sheet
from mining.report.csv_files import COLUMNS, findings_csv
from mining.report.evidence_sheets import flattened
from mining.report.formats import Writer
from mining.report.reviewed import FINDINGS, filled_in, read_reviewed
from mining.report.sections import allowance_use
from mining.report.sheets import Head, Sheet, name_of
from mining.report.workpapers import ORDER
from mining.results import plain
from mining.sampling import draw, evaluate, merge_review, read_review
from mining.sampling.sample import guarded, unguarded
from mining.texts import say
from tests.audit_records import recorded
from tests.examples import examples
from tests.helpers import OFFICE, blueprint, study, traces

FORMULA = "=cmd|' /C calc'!A0"
HOSTILE = (
    FORMULA, "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "http://example.org/", "mailto:a@b.c", "＝1+1", "'=1", "_x0041_",
    "\u202egnp.exe", "\U0001f600 smile", "<script>alert(1)</script>", "a\x07b", "1e5", "TRUE", " =1",
)  # fmt: skip
LANGS = pytest.mark.parametrize("lang", ["en", "zh"])
ONE_QUICK = pytest.mark.few_quick(1)


@cache
def small(hostile: tuple[str, ...] = ()) -> mining.Study:
    """Steps a, b, c; 12 cases that keep the design, others that do not; two rules, two standards, one allowance."""
    more: dict[str, Any] = {
        "status": "approved",
        "calendars": {"office": OFFICE["office"] | {"tz": "Asia/Shanghai"}},
        "rules": [
            {"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "critical", "basis": "Law"},
            {"id": "R2", "kind": "at_most", "a": "b", "n": 1, "severity": "minor", "basis": "Manual"},
        ],
        "standards": [
            {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "2h", "share": 0.9,
             "severity": "major", "basis": "Charter"},
        ],
        "allow": [
            {"id": "A1", "match": {"rule": "R2"}, "decision": "accepted", "reason": {"en": "Agreed"}, "approved_by": "Board",
             "valid": ["2026-01-01", "2026-12-31"], "max_share": 0.01},
        ],
    }  # fmt: skip
    norm = blueprint(["a", "b", "c"], "abc", **more)
    cases = traces(*["abc"] * 12, "ac", "abbc", "abbc", "ab")
    cases |= {"late": [("A", 0.0), ("B", 5.0), ("C", 30.0)]}
    ids = {text: text if text == text.strip() else f"c{text}" for text in hostile}  # a review has its blanks stripped
    cases |= {ids[text]: [("A", 0.0, text), (text, 1.0, text), ("C", 2.0)] for text in hostile}
    return study(norm, cases)


NOTE = "-2 pages missing"


@cache
def record(hostile: tuple[str, ...] = ()) -> Record:
    """A record with a narrative, a reviewed sample and a reviewed finding."""
    of = small(hostile)
    id = of.findings().frame["finding_id"][0]
    narrative = parse_narrative(
        json.dumps({"findings": {id: {"cause": {"kind": "method", "text": hostile[0] if hostile else "No rule", "basis": "stated"},
                           "response": {"position": "agree", "text": {"en": "Yes, {{totals.cases}}", "zh": "是的"}},
                           "owner": "Li", "due": "2026-09-30", "status": "in_progress"}}})
    )  # fmt: skip
    sample = draw(of)
    results = sample.frame.assign(
        result="yes", note="", case_id=sample.frame["case_id"].map(guarded)
    )  # as in sample.csv
    results.loc[results.index[3:], "result"] = ""
    results.loc[results.index[0], "note"] = NOTE
    cell = {"sheet": "findings", "key": id, "page": "", "row": 0}
    said = [
        cell | {"column": "agreed", "value": "partly"},
        cell | {"column": "remark", "value": hostile[0] if hostile else "fine"},
    ]
    review = merge_review(read_review(results), pd.DataFrame(said))
    return recorded(of, narrative=narrative, sample=sample, review=review, evaluation=evaluate(sample, review))


def read(of: Any, folder: Path, lang: str = "en") -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every sheet by its key, the heading first."""
    path = folder / "workpapers.xlsx"
    write_workpapers(of, path, lang=lang)
    found = openpyxl.load_workbook(path)
    w = Writer(lang, "UTC")
    keys = {name_of(key, w): key for key in ("readme", *ORDER)}
    rows = {keys[sheet.title]: list(sheet.iter_rows(values_only=True)) for sheet in found}
    found.close()
    return {key: x[1:] if str(x[0][0]).startswith(f"{key}.") else x for key, x in rows.items()}


def columns_of(rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[k] for row in rows[1:]] for k, name in enumerate(rows[0])}


def near(values: Iterable[Any]) -> list[Any]:
    """The values as a workbook keeps them: 16 digits of a number."""
    return [pytest.approx(x, rel=1e-15, abs=0) if isinstance(x, float) else x for x in values]


def assert_columns(rows: list[tuple[Any, ...]], frame: pd.DataFrame, names: dict[str, str]) -> None:
    """Columns of a sheet, by heading, hold the values of the frame."""
    assert len(rows) == len(frame) + 1
    for heading, name in names.items():
        assert columns_of(rows)[heading] == near(plain(x) for x in frame[name]), name


def test_sheets_hold_the_frames(tmp_path):
    of = small()
    sheets = read(of, tmp_path)
    verdicts = {say(f"verdict.{word}", "en"): word for word in VERDICTS}
    checks = verdicts | {
        "Check": "check",
        "Judged": "judged",
        "Gross share": "gross",
        "Net share": "net",
        "Promised share": "target",
    }
    assert_columns(sheets["checks"], of.summary().frame, checks)
    found = {
        "Rank": "rank",
        "Finding": "finding_id",
        "Cases, net": "n_net",
        "Net rate": "rate",
        "Hours over the limit": "excess_h",
    }
    assert_columns(sheets["findings"], of.findings().frame, found)
    faults = {
        "Case": "case_id",
        "Measured": "measured",
        "Row in the log file": "row",
        "Seconds over the limit": "excess_s",
    }
    assert_columns(sheets["deviations"], of.deviations().frame, faults)
    use = {"Allowance": "allow_id", "Cases": "n_cases", "Agreed at most": "max_share"}
    assert_columns(sheets["allowances"], allowance_use(of), use)
    assert columns_of(sheets["allowances"])["Valid to"][0].date() == date(2026, 12, 31)
    net = of.verdicts().frame.pivot(index="case_id", columns="check", values="verdict")
    header, *rows = sheets["matrix"]
    for row in rows:
        assert [verdicts[word] for word in row[1:]] == net.loc[row[0], list(header[1:])].tolist()
    assert len(rows) == of.instances.n_cases


@ONE_QUICK
@LANGS
def test_the_findings_are_those_of_the_record(tmp_path, lang):
    of = record()
    w = Writer(lang, "Asia/Shanghai")
    found = columns_of(read(of, tmp_path, lang)["findings"])

    def column(name: str) -> list[Any]:
        key = f"sheets.head.{name}"
        return found[w.say(key if key in mining.texts.catalogue() else f"frame.{name}")]

    assert column("finding_id") == [x.finding_id for x in of.findings]
    assert column("title") == [x.title[lang] for x in of.findings]
    for name in (
        "n_gross",
        "n_net",
        "n_judged",
        "rate_gross",
        "rate",
        "low",
        "high",
        "n_faults",
        "excess_h",
        "pending",
    ):
        assert column(name) == near(x.condition[name] for x in of.findings), name
    for name in ("hours", "hours_low", "hours_high", "loss", "grade", "currency"):
        assert column(name) == near(x.consequence[name] or None for x in of.findings), name
    for name in ("certainty", "rank_low", "p_top5"):
        assert column(name) == near(x.confidence[name] for x in of.findings), name
    samples = [x.confidence["sample"] or {} for x in of.findings]
    assert column("n_reviewed") == [x.get("n_reviewed") for x in samples]
    assert column("promised_share") == [x.criteria["promised_share"] for x in of.findings]
    one = [x.finding_id for x in of.findings].index(of.study.findings().frame["finding_id"][0])
    assert column("response")[one] == {"en": f"Yes, {of.study.instances.n_cases}", "zh": "是的"}[lang]
    assert column("due")[one].date() == date(2026, 9, 30)
    assert column("agreed")[one] == {"en": "in part", "zh": "部分同意"}[lang]
    first = pd.Timestamp(of.findings[one].condition["first"]).tz_convert("Asia/Shanghai").tz_localize(None)
    assert found[w.say("sheets.head.first", zone=w.zone)][one] == first.to_pydatetime()


def test_effects_plan_sample_and_totals_are_those_of_the_record(tmp_path):
    of = record()
    sheets = read(of, tmp_path)
    rows = [(x.finding_id, row) for x in of.findings for row in x.consequence["effects"]]
    effects = columns_of(sheets["effects"])
    assert effects["Finding"] == [id for id, _ in rows]
    for heading, name in {
        "Naive difference": "naive",
        "Adjusted effect": "effect",
        "Effect, to": "high",
        "Cases with it": "n_with",
    }.items():
        assert effects[heading] == near(row[name] for _, row in rows), name
    plan = of.improvement.plan.frame
    actions = columns_of(sheets["actions"])
    assert actions["Action"] == plan["action_id"].tolist()
    assert actions["Baseline"] == near(plain(x) for x in plan["baseline"])
    assert actions["Target"] == near(plain(x) for x in plan["target"])
    sample = columns_of(sheets["sample"])
    assert sample["Case"] == of.sample.frame["case_id"].tolist()
    assert sample["Row in the log file"] == [plain(x) for x in of.sample.frame["row"]]
    assert [x or "" for x in sample["Order of selection (hash)"]] == of.sample.frame["order"].tolist()
    assert sample["Result"][:4] == ["confirmed"] * 3 + [None]
    assert sample["Note"][0] == NOTE
    results = {
        "Drawn": "n_drawn",
        "Confirmed": "confirmed",
        "Precision by sample": "precision",
        "Upper limit of the error rate": "upper",
    }
    assert_columns(sheets["evaluation"], of.evaluation.frame, results)
    values = {(row[0], row[1]): row[2] for row in sheets["manifest"][1:]}
    for path, value in flattened(of.evidence):
        got = values[path[0], " / ".join(path[1:]) or None]
        assert got == value or str(got) == str(value) or (value == "" and got is None), path
    totals = [value for _, value in flattened(of.evidence["control_totals"])]
    assert [row[1] for row in sheets["control_totals"][1:]] == totals


def test_hashes_of_what_is_written_are_not_in_it():
    of = replace(record(), evidence=record().evidence | {"outputs": {"report.html": "0" * 64}})
    sheet = evidence_sheets.manifest(of, Writer("en", "UTC"), {})
    assert {row[0] for row in sheet.rows} == set(record().evidence)


@ONE_QUICK
@LANGS
def test_times_are_dates_in_the_zone_named_in_the_heading(tmp_path, lang):
    of = small()
    found = columns_of(read(of, tmp_path, lang)["deviations"])
    at = of.deviations().frame["at"]
    for heading, zone in (
        (say("frame.at_utc", lang), "UTC"),
        (say("frame.at", lang, zone="Asia/Shanghai"), "Asia/Shanghai"),
    ):
        assert found[heading] == [x.tz_convert(zone).tz_localize(None).to_pydatetime() for x in at]


@ONE_QUICK
@LANGS
def test_every_sheet_stays_readable_on_screen_and_paper(tmp_path, lang):
    write_workpapers(record(), tmp_path / "w.xlsx", lang=lang)
    found = openpyxl.load_workbook(tmp_path / "w.xlsx")
    w = Writer(lang, "UTC")
    assert [sheet.title for sheet in found][1:] == [
        name for key in ORDER if (name := name_of(key, w)) in found.sheetnames
    ]
    assert {name_of(key, w) for key in ORDER if key not in ("funnel", "touchpoints")} <= set(found.sheetnames)
    for sheet in found:
        filled = str(sheet["A1"].value).startswith(("findings.", "sample."))
        assert len(sheet.title) <= 31
        assert sheet.freeze_panes in ("A2", "B2", "B3")
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == ("$2:$2" if filled else "$1:$1")
        assert sheet.row_dimensions[1].hidden == filled
        if sheet.title != say("sheet.readme", lang):
            assert sheet.auto_filter.ref.startswith("A2:" if filled else "A1:")
            assert all(sheet.column_dimensions[column].width for column in "AB")
    sample = found[name_of("sample", w)]
    lists = [x.formula1 for x in sample.data_validations.dataValidation]
    assert (
        lists
        == [f'"{",".join(say(f"sheets.answer.{x}", lang) for x in ("confirmed", "not_confirmed", "not_found"))}"'] * 3
    )
    shares = found[name_of("checks", w)]
    assert "0.0 %" in shares.cell(2, 13).number_format if lang == "en" else "0.0%" in shares.cell(2, 13).number_format
    found.close()


def xml_of(path: Path) -> str:
    with zipfile.ZipFile(path) as file:
        return "".join(file.read(name).decode("utf-8") for name in sorted(file.namelist()))


@ONE_QUICK
@LANGS
def test_hostile_texts_are_cells_of_text(tmp_path, lang):
    of = record(HOSTILE)
    path = tmp_path / "w.xlsx"
    write_workpapers(of, path, lang=lang)
    xml = xml_of(path)
    assert not re.search(r"<f[ >/]|<hyperlink|externalLink|ddeLink|oleObject|t=\"str\"", xml)
    found = openpyxl.load_workbook(path)
    cells = [cell for sheet in found for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert not [cell for cell in cells if cell.hyperlink]
    values = {openpyxl.utils.escape.unescape(cell.value) for cell in cells}
    assert set(of.study.log.case_ids) <= values
    assert {text for text in HOSTILE if text.strip() == text} <= values
    assert all(cell.quotePrefix for cell in cells if re.match(r"\s*[=+\-@＝]", cell.value))
    found.close()


def test_working_papers_are_the_same_bytes_each_time(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_workpapers(record(), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_sheet_that_is_full_says_where_the_rest_is(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "MOST_ROWS", 4)
    sheets = read(record(), tmp_path)
    assert len(sheets["checks"]) == 4
    assert len(sheets["findings"]) == 3  # the names above the headings take a row
    said = {row[1] for row in sheets["readme"]}
    n = len(small().checks)
    assert f"Sheet Checks holds the first 3 of {n} rows; all of them are in manifest.json." in said
    assert (
        f"Sheet Findings holds the first 2 of {len(record().findings)} rows; all of them are in findings.json." in said
    )


def test_a_matrix_too_large_holds_the_first_cases_with_a_fault_and_says_how_many_others_there_are(
    tmp_path, monkeypatch
):
    whole = read(small(), tmp_path)
    faulty = sorted(set(small().deviations().frame["case_id"]))
    monkeypatch.setattr(sheet_rows, "MOST_CELLS", 3 * len(whole["matrix"][0]))
    cut = read(small(), tmp_path)
    assert [row[0] for row in cut["matrix"][1:]] == faulty[:3]
    assert set(cut["matrix"]) < set(whole["matrix"])
    n = small().instances.n_cases
    assert (
        f"Sheet Matrix is cut: it holds the first 3 of the {len(faulty)} cases with a fault, in order of the case id. "
        f"The other {n - 3} of {n} cases, those without a fault among them, are in verdicts.parquet."
    ) in {row[1] for row in cut["readme"]}
    assert not [row for row in whole["readme"] if "is cut" in str(row[1])]


def test_too_many_faults_are_cut_to_as_many_of_each_finding(tmp_path, monkeypatch):
    whole = read(small(), tmp_path)
    frame = small().deviations().frame
    sizes = frame["finding_id"].value_counts()
    monkeypatch.setattr(sheet_rows, "MOST_CELLS", (len(frame) - 1) * len(whole["deviations"][0]))
    cut = read(small(), tmp_path)
    each = int(sizes.max()) - 1
    kept = frame[frame.groupby("finding_id").cumcount() < each]
    assert columns_of(cut["deviations"])["Case"] == kept["case_id"].tolist()
    assert (
        f"Sheet Deviations is cut: it holds {len(kept)} of {len(frame)} faults, of each finding the first {each} at most. "
        f"The other {len(frame) - len(kept)} are in deviations.parquet."
    ) in {row[1] for row in cut["readme"]}


def test_odd_values_do_not_break_a_sheet():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False}) as made:
        looks = looks_of(made, Writer("en", "UTC"))
        sheet = made.add_worksheet()
        values = [
            float("nan"), float("inf"), "x" * 40_000, "\U0001f600" * 20_000, "\ud800\uffff",
            pd.Timestamp("1850-01-01").to_pydatetime(), date(1850, 1, 1), "a\x07b", True, 2**60, date(2026, 3, 1),
        ]  # fmt: skip
        for column, value in enumerate(values):
            write_cell(sheet, 0, column, value, "text" if isinstance(value, str) else "number", looks)
    got = [cell.value for cell in openpyxl.load_workbook(buffer).active[1]]
    assert got[0] is None
    assert got[1:3] == ["inf", "x" * 32_766 + "…"]
    assert (
        got[3] == "\U0001f600" * 16_383 + "…"
    )  # a cell holds 32,767 units of UTF-16, of which each of these takes two
    assert got[4:8] == ["\ufffd\ufffd", "1850-01-01 00:00:00", "1850-01-01", "a_x0007_b"]  # Excel's own way to write it
    assert got[8:10] == [True, str(2**60)]
    assert got[10].date() == date(2026, 3, 1)


# --- what people fill in -----------------------------------------------------------------------------------------------


def fill(path: Path, sheet: str, key: str, **values: Any) -> None:
    """Write into a workbook as a person does, whatever its language."""
    found = openpyxl.load_workbook(path)
    page = next(x for x in found if str(x["A1"].value).startswith(f"{sheet}."))
    names = {cell.value.split(".")[1]: cell.column for cell in page[1]}
    row = next(x for x in range(3, page.max_row + 1) if page.cell(x, 1).value == key)
    for name, value in values.items():
        page.cell(row, names[name]).value = value
    found.save(path)


def cells_of(frame: pd.DataFrame) -> set[tuple[str, str, str, str]]:
    return set(frame[["sheet", "key", "column", "value"]].itertuples(index=False, name=None))


@ONE_QUICK
@LANGS
def test_what_the_review_holds_is_written_and_comes_back(tmp_path, lang):
    of = record()
    path = tmp_path / "w.xlsx"
    write_workpapers(of, path, lang=lang)
    wanted = {(*key, column, value) for key, row in of.review.filled.items() for column, value in row.items()}
    assert cells_of(read_reviewed(path)) == {x for x in wanted if x[2] in (*FINDINGS.columns, "result", "note")}
    again = merge_review(of.review, read_reviewed(path))
    assert again.filled == of.review.filled


@ONE_QUICK
@LANGS
def test_rows_are_known_by_their_key_wherever_they_are_sorted_to(tmp_path, lang):
    path = tmp_path / "w.xlsx"
    write_workpapers(small(), path, lang=lang)
    ids = small().findings().frame["finding_id"].tolist()
    fill(path, "findings", ids[0], agreed=say("sheets.answer.no", lang), remark="因为 a=1", reviewer="Li")
    fill(path, "findings", ids[1], agreed="YES", remark=" 12 ")
    before = cells_of(read_reviewed(path))
    assert before == {
        ("findings", ids[0], "agreed", "no"), ("findings", ids[0], "remark", "因为 a=1"), ("findings", ids[0], "reviewer", "Li"),
        ("findings", ids[1], "agreed", "yes"), ("findings", ids[1], "remark", "12"),
    }  # fmt: skip
    found = openpyxl.load_workbook(path)
    page = next(x for x in found if str(x["A1"].value).startswith("findings."))
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3)][::-1]
    page.delete_rows(3, len(rows))
    for row in rows:
        page.append(row)
    page.insert_cols(2)  # and a column of their own
    page.title = "renamed"
    found.save(path)
    assert cells_of(read_reviewed(path)) == before


@ONE_QUICK
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"agreed": "maybe"},
            r"row \d+ \(F-\w+\), agreed says 'maybe'. It may say: yes \(是\), in part \(部分同意\), no \(否\)",
        ),
        ({"remark": "=1+1"}, r"remark holds the formula '=1\+1'. Write the value itself"),
        ({"finding_id": "F-00000000", "remark": "x"}, r"sheet 'Findings', row \d+: unknown finding_id 'F-00000000'"),
        ({"finding_id": None, "remark": "lost"}, r"sheet 'Findings', row \d+: 'lost' stands beside no finding_id"),
    ],
    ids=["word", "formula", "unknown", "no key"],
)
def test_what_cannot_be_read_back_is_named(tmp_path, values, message):
    path = tmp_path / "w.xlsx"
    write_workpapers(small(), path)
    ids = small().findings().frame["finding_id"].tolist()
    fill(path, "findings", ids[0], **values)
    with pytest.raises(MiningError, match=message):
        read_reviewed(path, known={"findings": ids})


@pytest.mark.slow
def test_a_copied_sheet_may_not_say_something_else(tmp_path):
    path = tmp_path / "w.xlsx"
    write_workpapers(small(), path)
    id = small().findings().frame["finding_id"][0]
    fill(path, "findings", id, remark="one")
    found = openpyxl.load_workbook(path)
    copy = found.copy_worksheet(found["Findings"])
    found.save(path)
    assert len(read_reviewed(path)) == 1
    row = next(x for x in range(3, copy.max_row + 1) if copy.cell(x, 1).value == id)
    copy.cell(row, copy.max_column).value = "two"
    found.save(path)
    with pytest.raises(MiningError, match=f"{id} has more than one remark: 'one' .*; 'two' "):
        read_reviewed(path)


def test_a_file_that_is_not_ours_is_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_excel(tmp_path / "other.xlsx", sheet_name="Data", index=False)
    with pytest.raises(
        MiningError, match=r"none of its sheets \(Data\) is one of the working papers that people fill in"
    ):
        read_reviewed(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(MiningError, match="text.xlsx is no workbook"):
        read_reviewed(tmp_path / "text.xlsx")
    with pytest.raises(MiningError, match="cannot be read"):
        read_reviewed(tmp_path / "absent.xlsx")


KEPT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30)


@settings(max_examples=examples(12), deadline=None)
@given(key=KEPT, remark=KEPT)
def test_any_text_of_a_reviewer_comes_back(tmp_path_factory, key, remark):
    path = tmp_path_factory.mktemp("any") / "w.xlsx"
    w = Writer("zh", "UTC")
    sheet = Sheet("findings", (Head("id", key="finding_id"),), 1, [(key,)])
    with new_book(path, "x") as made:
        write_sheet(made, filled_in(sheet, FINDINGS, {("findings", key): {"remark": remark}}, w), looks_of(made, w), w)
    wanted = {("findings", key, "remark", remark.strip())} if remark.strip() and key else set()
    assert cells_of(read_reviewed(path)) == wanted


# --- the register for programs -------------------------------------------------------------------------------------------


def test_the_register_holds_the_numbers_of_the_record():
    of = record()
    data = findings_csv(of)
    assert data == findings_csv(of)
    assert data.startswith(b"\xef\xbb\xbffinding_id,")
    frame = pd.read_csv(io.BytesIO(data))
    assert tuple(frame.columns) == COLUMNS
    assert frame["finding_id"].tolist() == [x.finding_id for x in of.findings]
    for name in ("n_net", "rate", "low", "high", "excess_h"):
        assert [plain(x) for x in frame[name]] == near(x.condition[name] for x in of.findings)
    assert [plain(x) for x in frame["hours"]] == near(x.consequence["hours"] for x in of.findings)
    one = frame.set_index("finding_id").loc[of.study.findings().frame["finding_id"][0]]
    assert (one["response_en"], one["response_zh"], one["due"]) == (
        f"Yes, {of.study.instances.n_cases}",
        "是的",
        "2026-09-30",
    )


def test_no_cell_of_the_register_is_a_formula_and_each_can_be_had_back():
    of = record(HOSTILE)
    frame = pd.read_csv(io.BytesIO(findings_csv(of)), dtype=str, keep_default_na=False, lineterminator="\n")
    texts = [value for name in frame.columns for value in frame[name] if not re.fullmatch(r"-?[\d.e+-]*", value)]
    assert not [text for text in texts if text[:1] in "=+-@\t\r＝＋－＠" and text]
    assert FORMULA in {unguarded(text) for text in frame["cause_en"]}
    assert {x.place["activity"] for x in of.findings if x.place["activity"]} <= {
        unguarded(x) for x in frame["activity"]
    }


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@LANGS
def test_another_spreadsheet_opens_it_and_what_it_saves_is_read_back(tmp_path, lang):
    path = tmp_path / "w.xlsx"
    write_workpapers(record(HOSTILE), path, lang=lang)
    wanted = cells_of(read_reviewed(path))
    assert wanted
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert cells_of(read_reviewed(tmp_path / "out" / "w.xlsx")) == wanted


NOT_IN_THE_BOOK = {  # columns that a sheet leaves to findings.json and actions.csv
    "effects": {"n_left_out", "mean_with", "mean_without", "median_diff", "trimmed_diff", "delta"},
    "actions": {"row"},
}


@pytest.mark.slow
def test_every_column_of_numbers_of_every_table_is_a_column_of_its_sheet(tmp_path):
    of = record()
    sheets = read(of, tmp_path)
    tables = {
        name: getattr(of.study, name)().frame
        for name in ("dimensions", "on_time", "calibration", "deviations", "findings")
    }
    tables |= {"checks": of.study.summary().frame, "sample": of.sample.frame, "evaluation": of.evaluation.frame}
    tables |= {"effects": of.improvement.effects.frame, "actions": of.improvement.plan.frame}
    for name, frame in tables.items():
        head, *rows = sheets[name]
        written = [[row[k] for row in rows] for k in range(len(head))]
        kinds = {column: frame[column] for column in frame if pd.api.types.is_numeric_dtype(frame[column])}
        numbers = {
            column: [plain(x) for x in values]
            for column, values in kinds.items()
            if not pd.api.types.is_bool_dtype(values)
        }
        lost = {column for column, values in numbers.items() if not any(found == near(values) for found in written)}
        assert lost == NOT_IN_THE_BOOK.get(name, set()), name
        assert len(rows) == len(frame)
