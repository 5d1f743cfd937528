"""Excel sheets: which sheet, which types, and that nothing odd in a cell is lost without a word."""

import datetime as dt
import io
import re
import struct
import zipfile

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.binding import Binding
from mining.errors import LogError, UnknownNameError
from mining.log import EventLog, excel_file, read_log
from mining.log.excel import read_excel
from mining.log.source import check_reading, read_source
from tests.examples import examples

HEAD = ["case_id", "activity", "timestamp"]
DAY = dt.datetime(2024, 3, 1, 10, 5)


@pytest.fixture
def book(tmp_path):
    """Writes sheets (name to rows) and gives the path; ``change`` may do more to the workbook first."""

    def _book(sheets, change=None, name="log.xlsx"):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title)
            for i, row in enumerate(rows, 1):
                for j, value in enumerate(row, 1):
                    cell = sheet.cell(i, j)
                    cell.value = value
                    if isinstance(value, str) and value.startswith(("=", "#")):
                        cell.data_type = "s"
        if change:
            change(made)
        made.save(tmp_path / name)
        return tmp_path / name

    return _book


def changed(path, part, old, new):
    """Replace bytes in a part of the file."""
    with zipfile.ZipFile(path) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def test_a_sheet_arrives_with_its_types(book):
    rows = [[*HEAD, "amount", "count", "vip", "note"]]
    rows += [[1, "A", dt.datetime(2024, 3, 1), 1.5, 2, True, "=1+1"], [2, "B", DAY, None, 3, None, " x "]]
    source = read_excel(book({"Log": rows}))
    assert source.table.schema.types == [
        *(pa.int64(), pa.string(), pa.timestamp("us"), pa.float64(), pa.int64(), pa.bool_(), pa.string())
    ]
    assert source.table.to_pylist() == [
        dict(zip(rows[0], rows[1], strict=True)), dict(zip(rows[0], rows[2], strict=True)),
    ]  # fmt: skip
    assert source.notes == ("Excel: sheet 'Log' (the only one); row 1 is row 2 of the sheet",)
    assert (source.format, source.problem_counts) == ("excel", {})
    log = EventLog.from_source(source)
    assert (log.case_ids.tolist(), log.labels) == (["1", "2"], ("A", "B"))


def test_the_sheet_is_named_where_there_are_several(book):
    path = book({"Log": [HEAD, ["1", "A", DAY]], "说明": [["x"]]})
    with pytest.raises(LogError, match=r"has 2 sheets \('Log', '说明'\). Say which holds the log: sheet="):
        read_source(path)
    assert read_source(path, sheet="Log").table.num_rows == 1
    assert read_source(path, sheet="说明").table.column_names == ["x"]
    with pytest.raises(UnknownNameError, match="Did you mean 'Log'"):
        read_source(path, sheet="Logs")


def test_an_empty_sheet_is_said(book):
    with pytest.raises(LogError, match="the sheet 'Log' is empty"):
        read_excel(book({"Log": []}))
    with pytest.raises(LogError, match="has columns but no rows"):
        read_log(book({"Log": [HEAD]}))


def test_error_cells_are_missing_and_counted_where_they_stand(book):
    rows = [["x"], [], ["", *HEAD], ["", "1", "A", DAY], ["", "1", "#N/A", DAY], ["", "1", "#DIV/0!", "#VALUE!"]]

    def errors(made):
        sheet = made["Log"]
        sheet["A1"].value = None
        for cell in ("C5", "C6", "D6"):
            sheet[cell].data_type = "e"

    source = read_excel(book({"Log": rows}, errors))
    assert source.table.column_names == HEAD
    assert source.notes[0].endswith("row 1 is row 4 of the sheet")
    assert source.table["activity"].to_pylist() == ["A", None, None]
    assert {name: rows.tolist() for name, rows in source.rejected.items()} == {"activity": [2, 3], "timestamp": [3]}
    assert source.problem_counts == {"error cell": 3}
    assert [(p.row, p.column) for p in source.problems] == [(2, "activity"), (3, "activity"), (3, "timestamp")]
    lineage = EventLog.from_source(source).lineage
    assert {(d.reason, d.count) for d in lineage.dropped} == {("missing activity", 2)}


def test_merged_cells_empty_rows_and_nameless_columns_are_counted(book):
    rows = [[*HEAD, None], ["1", "A", DAY, "x"], ["1", "B", DAY, "x"], [], ["2", "C", DAY, None], ["", ""]]
    source = read_excel(book({"Log": rows}, lambda made: made["Log"].merge_cells("A2:A3")))
    assert source.table["case_id"].to_pylist() == ["1", None, None, "2"]
    assert source.table.column_names == [*HEAD, "column 4"]
    assert source.problem_counts == {"column without a name": 1, "merged cells": 1, "empty row": 1}
    assert "row 1" in str(source.problems[1])
    assert "1 cells under one value" in str(source.problems[1])
    assert [str(d) for d in EventLog.from_source(source).lineage.dropped] == ["2 missing case id (rows 2, 3)"]


def test_formulas_give_their_stored_values_and_those_without_are_counted(book):
    path = book({"Log": [[*HEAD, "sum"], ["1", "A", DAY, 0], ["1", "B", DAY, 0]]}, lambda made: put(made))

    def said(path):
        source = read_excel(path)
        return source.table["sum"].to_pylist(), source.problem_counts, source.notes[1:]

    formulas = ("2 cells hold formulas: the values that were stored with them are read",)
    assert said(path) == ([None, None], {"formula without a value": 2}, formulas)
    stored = changed(path, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    assert said(stored) == ([2, None], {"formula without a value": 1}, formulas)


def put(made):
    made["Log"]["D2"], made["Log"]["D3"] = "=1+1", "=2+2"


def test_a_column_of_mixed_types_is_text_and_counted(book):
    values = [1, 2.5, "x", True, dt.datetime(2024, 3, 1), DAY]
    source = read_excel(book({"Log": [["v"], *([v] for v in values)]}))
    assert source.table["v"].to_pylist() == ["1", "2.5", "x", "true", "2024-03-01", "2024-03-01 10:05:00"]
    assert [str(p) for p in source.problems] == [
        "column of mixed types (row 4, column 'v'): 'true' taken as text: dates and numbers and text and truth values"
    ]


def test_times_typed_as_text_among_dates_are_read_as_the_dates_are(book):
    log = read_log(
        book({"Log": [HEAD, ["1", "A", DAY], ["1", "B", "2024-03-01 11:00"], ["1", "C", dt.date(2024, 3, 2)]]})
    )
    assert log.to_frame()["end"].dt.strftime("%d %H:%M").tolist() == ["01 10:05", "01 11:00", "02 00:00"]


@settings(deadline=None, max_examples=examples(20))
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
                          st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2100, 1, 1))), min_size=1, max_size=8))  # fmt: skip
def test_any_text_and_any_moment_arrive_as_they_are(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("x") / "log.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["text", "moment"])
    for i, (text, moment) in enumerate(rows, 2):
        made.active.cell(i, 1).value = "x" + text
        made.active.cell(i, 2).value = moment.replace(microsecond=0)
    made.save(path)
    table = read_excel(path).table
    assert table["text"].to_pylist() == ["x" + text for text, _ in rows]
    assert table["moment"].to_pylist() == [moment.replace(microsecond=0) for _, moment in rows]


@pytest.mark.parametrize("kind", [".xls", ".ods", ".xlsb"])
def test_other_spreadsheets_are_told_to_be_saved_anew(tmp_path, kind):
    (tmp_path / f"log{kind}").write_bytes(b"PK\x03\x04")
    with pytest.raises(LogError, match=r"save it as \.xlsx"):
        read_source(tmp_path / f"log{kind}")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 100, b"PK\x05\x06" + bytes(18)])
def test_what_is_no_excel_file_is_refused(tmp_path, data):
    (tmp_path / "log.xlsx").write_bytes(data)
    with pytest.raises(LogError, match="not a readable Excel file"):
        read_source(tmp_path / "log.xlsx")


def zipped(path, size, *, said=None):
    """An Excel file whose first sheet is padded with blanks; the directory may say another size."""
    with zipfile.ZipFile(path) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    parts["xl/worksheets/sheet1.xml"] += b" " * size
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
        true = file.getinfo("xl/worksheets/sheet1.xml").file_size
    data = buffer.getvalue()
    path.write_bytes(data.replace(struct.pack("<I", true), struct.pack("<I", said)) if said else data)
    return path


def test_a_zip_bomb_is_refused(book, monkeypatch):
    monkeypatch.setattr(excel_file, "MOST_INFLATED", 2_000_000)
    path = zipped(book({"Log": [HEAD, ["1", "A", DAY]]}), 3_000_000)
    assert path.stat().st_size < 10_000
    with pytest.raises(LogError, match="unpacks to more than 2,000,000 bytes, over 200 times its size"):
        read_source(path)


def test_a_part_that_unpacks_to_more_than_the_directory_says_is_refused(book):
    path = zipped(book({"Log": [HEAD, ["1", "A", DAY]]}), 100_000, said=500)
    with pytest.raises(LogError, match=r"part 'xl/worksheets/sheet1.xml' is damaged"):
        read_source(path)


def test_cells_that_lie_far_apart_are_refused_before_they_are_read(book):
    path = book({"Log": [HEAD, ["1", "A", DAY]]}, lambda made: made["Log"].cell(1_048_576, 16_384, "x"))
    with pytest.raises(LogError, match="7 cells reach to row 1,048,576 and column 16,384"):
        read_source(path)


@pytest.mark.parametrize(
    "name",
    [b'r="ZZZZ99999999"', b"r='ZZZZ2'", b'r = "zzzzzz2"', b'x=">" r="ZZZZ2"', b'r="&#90;ZZZ2"', b'xr="A2" r\n="ZZZZ2"'],
)
def test_a_cell_outside_of_any_sheet_is_refused_however_it_is_written(book, name):
    path = changed(book({"Log": [HEAD, ["1", "A", DAY]]}), "xl/worksheets/sheet1.xml", b'r="A2"', name)
    with pytest.raises(LogError, match="which is more than can be held"):
        read_source(path)


def test_comments_in_the_xml_are_no_cells(book):
    path = book({"Log": [HEAD, ["1", "A", DAY]]})
    comment = b"<!-- <c r='ZZZZ9' t='e'> don't -->"
    path = changed(path, "xl/worksheets/sheet1.xml", b"<sheetData>", comment + b"<sheetData>")
    source = read_source(path)
    assert (source.table.num_rows, source.problem_counts) == (1, {})


@pytest.mark.parametrize("old", [b"<sheetData>", b"</row>", b'r="A2"'])
def test_xml_that_is_not_well_formed_is_refused(book, old):
    with pytest.raises(LogError, match=r"not a readable Excel file \(xl/worksheets/sheet1.xml"):
        read_source(changed(book({"Log": [HEAD, ["1", "A", DAY]]}), "xl/worksheets/sheet1.xml", old, b"<"))


def test_dates_counted_from_1904_are_the_same_dates(book):
    def from_1904(made):
        made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    rows = [HEAD, ["1", "A", DAY]]
    assert read_excel(book({"Log": rows}, from_1904)).table["timestamp"].to_pylist() == [DAY]


def test_a_dtd_is_refused(book):
    path = changed(book({"Log": [HEAD]}), "xl/workbook.xml", b"<workbook", b'<!DOCTYPE w [<!ENTITY a "b">]><workbook')
    with pytest.raises(LogError, match="declares a DTD"):
        read_source(path)


def test_a_cut_file_is_refused(book, tmp_path):
    data = book({"Log": [HEAD, ["1", "A", DAY]]}).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(data[: len(data) // 2])
    with pytest.raises(LogError, match="not a readable Excel file"):
        read_source(tmp_path / "cut.xlsx")


def test_prefixes_in_the_xml_make_no_difference(book):
    path = book({"Log": [HEAD, ["1", "#N/A", DAY]]}, lambda made: setattr(made["Log"]["B2"], "data_type", "e"))
    plain = read_excel(path)
    with zipfile.ZipFile(path) as file:
        text = file.read("xl/worksheets/sheet1.xml").decode()
    prefixed = re.sub(r"<(/?)(\w)", r"<\1x:\2", text).replace("xmlns=", "xmlns:x=")
    again = read_excel(changed(path, "xl/worksheets/sheet1.xml", text.encode(), prefixed.encode()))
    assert (again.problem_counts, again.table) == (plain.problem_counts, plain.table)
    assert plain.problem_counts == {"error cell": 1}


def titled(made):
    sheet = made["Log"]
    sheet.merge_cells("A1:D1")
    sheet["B6"].value, sheet["B6"].data_type = "#N/A", "e"


TITLED = [
    ["Applications 2024"], [None, "printed by hand"], [],
    ["Application no.", "Step", "Done", "Fee"],
    ["1", "A", DAY, 5], ["1", None, DAY, None], ["2", "B", DAY, 7],
]  # fmt: skip


def test_a_row_that_is_declared_names_the_columns(book):
    path = book({"Log": TITLED}, titled)
    source = read_excel(path, header=4)
    assert source.table.column_names == TITLED[3]
    assert source.table["Fee"].to_pylist() == [5, None, 7]
    assert source.notes == (
        "Excel: sheet 'Log' (the only one); row 1 is row 5 of the sheet",
        "row 4 of the sheet names the columns (declared); 2 rows above it are left out",
    )
    assert source.problem_counts == {"error cell": 1}
    assert source.rejected["Step"].tolist() == [2]
    columns = {"case": "Application no.", "activity": "Step", "timestamp": "Done", "header": 4}
    log = read_log(path, columns=columns)
    assert (log.row.tolist(), log.binding.header) == ([1, 3], 4)


def test_a_title_is_never_taken_for_the_header_without_a_word(book):
    path = book({"Log": TITLED}, titled)
    found = read_excel(path)
    look = "Row 4 looks like the header ('Application no.', 'Step', 'Done', 'Fee'), not row 1 ('Applications 2024')"
    assert f"{look}: if so, say header: 4." in found.notes
    assert found.table.column_names[0] == "Applications 2024"
    with pytest.raises(LogError, match="binding declares header 4, but the log was read with header 1"):
        check_reading(found, Binding("Application no.", "Step", "Done", header=4))
    check_reading(read_excel(path, header=4), Binding("Application no.", "Step", "Done", header=4))
    plain = book({"Log": [HEAD, ["x", "A", DAY]]}, name="plain.xlsx")
    assert len(read_excel(plain).notes) == 1


@pytest.mark.parametrize(("header", "said"), [(3, "row 3 of the sheet 'Log' is empty"), (99, "is in rows 1 to 7")])
def test_a_header_that_is_not_there_is_refused(book, header, said):
    with pytest.raises(LogError, match=said):
        read_excel(book({"Log": TITLED}, titled), header=header)


@pytest.mark.parametrize("header", [0, -1, True, "4", 1.0])
def test_a_header_that_is_no_row_is_refused(book, header):
    path = book({"Log": TITLED}, titled)
    with pytest.raises(LogError, match="a whole number such as 4"):
        read_log(path, columns={"case": "Application no.", "activity": "Step", "timestamp": "Done", "header": header})
