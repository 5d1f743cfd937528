"""CSV: the fast lane gives what the careful one gives or steps aside; encodings and dialects are declared or found, and said."""

import csv
import gzip
import io
from dataclasses import replace
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mining.binding import Binding, reading
from mining.errors import LogError
from mining.log import csv_fast, encodings, read_log, tabular
from mining.log.header import look_below
from mining.log.source import check_reading, read_source
from mining.log.staging import stage
from mining.log.tabular import read_csv
from tests.examples import examples

HEAD = "case_id,activity,timestamp\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("lanes") / "log.csv"


@pytest.fixture
def write(tmp_path):
    def _write(data, name="log.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
        return path

    return _write


def outcome(lane, path, dialect):
    """What a lane says of a file: its rows and problems, or its error."""
    try:
        found = lane(path, dialect)
    except LogError as error:
        return str(error)
    if found is None:
        return None
    table, problems, unreadable = found
    text = pa.schema([(name, pa.string()) for name in table.column_names])
    return table.cast(text).to_pydict(), problems.counts, problems.examples, unreadable


def both(path, data, block, encoding="utf-8-sig", delimiter=","):
    path.write_bytes(data)
    dialect = tabular._Dialect(encoding, delimiter)
    with patch.object(csv_fast, "BLOCK", block), patch.object(encodings, "CHUNK", max(1, block // 2)):
        return outcome(tabular._fast, path, dialect), outcome(tabular._careful, path, dialect)


@settings(deadline=None, max_examples=examples(150))
@given(st.text('ab,;"\n\r \t\0é甲\u2028\ufeff', max_size=40), st.sampled_from([1, 4, 16, 10_000]), st.booleans())
@example('"x\n', 4, True)
@example("a,\r\n\r\na,b", 4, True)
@example("\ufeff,", 4, False)
@example('a,b\n"",""\n"\n', 1, False)
def test_the_fast_lane_gives_what_the_careful_one_gives_or_steps_aside(path, text, block, mark):
    data = (b"\xef\xbb\xbf" if mark else b"") + b"p,q\n" + text.encode()
    fast, careful = both(path, data, block)
    assert fast is None or fast == careful


@settings(deadline=None, max_examples=examples(80))
@given(
    st.lists(st.lists(st.text('ab,"\n 甲=é', max_size=4), min_size=1, max_size=4), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from([3, 20, 10_000]),
)
def test_what_a_csv_writer_writes_takes_the_fast_lane(path, rows, end, encoding, block):
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=end).writerows([["p", "q"], *rows])
    text = file.getvalue()
    if not encoding.startswith("utf"):
        text = text.replace("é", "e")
    # what the first block must hold: the names of the columns
    fast, careful = both(path, text.encode(encoding), max(block, 20), encoding)
    assert fast == careful
    assert fast is not None
    split = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    assert fast[0]["p"] == [row[0] if len(row) == 2 else None for row in split]
    assert fast[3] == tuple(i for i, row in enumerate(split, 1) if len(row) != 2)


@pytest.mark.parametrize(
    "odd", ['1,a"b,2', '1,"a" ,2', '1,"a"b,2', "1,a\rb,2", "1,\0,2", '1,"never ends', f"1,{'x' * 100_001},2"]
)
def test_what_readers_may_split_differently_is_left_to_the_careful_lane(path, odd):
    fast, careful = both(path, (HEAD + "1,A,2\n" * 50 + odd + "\n1,A,2\n").encode(), 64)
    assert fast is None
    assert careful is not None


def test_malformed_rows_are_counted_and_named_alike_in_both_lanes(path):
    rows = ["1,A,2\n", '1,"two\nlines",2\n', "\n", "1,A\n", '1,"a,\n""b",2,3\n'] * 30
    fast, careful = both(path, (HEAD + "".join(rows)).encode(), 100)
    assert fast == careful
    assert fast[1] == {"malformed row": 60}
    assert [str(p) for p in fast[2][:2]] == [
        "malformed row (row 3): '1,A' line 6: 2 fields for 3 columns; left out",
        "malformed row (row 4): '1,a,\\n\"b,2,3' line 7: 4 fields for 3 columns; left out",
    ]
    assert fast[3][:3] == (3, 4, 7)


def test_too_many_malformed_rows_are_refused_alike_in_both_lanes(path):
    fast, careful = both(path, (HEAD + "1,A,2\n" + "1,A\n" * 10_001).encode(), 1000)
    assert fast == careful
    assert "more than 10,000 rows are malformed, the first: malformed row (row 2): '1,A' line 3" in fast


def test_columns_that_repeat_their_values_are_dictionaries_and_the_log_is_the_same(write, monkeypatch):
    rows = [f"{i // 5},{'AB'[i % 2]},2024-01-01 00:{i % 60:02}:{i % 59:02},{i}" for i in range(6000)]
    rows[3000:3000] = ["broken", ",,,"]
    file = write("case,activity,timestamp,note\n" + "\n".join(rows))
    kinds = read_csv(file).table.schema.types
    assert [pa.types.is_dictionary(kind) for kind in kinds] == [True, True, False, False]
    fast = read_log(file)
    monkeypatch.setattr(tabular, "SMALL", 1 << 40)
    careful = read_log(file)
    assert set(careful.source.table.schema.types) == {pa.string()}
    assert fast.to_frame().equals(careful.to_frame())
    assert (fast.labels, fast.lineage, fast.problems) == (careful.labels, careful.lineage, careful.problems)
    assert fast.source.table["activity"].null_count == 1  # the broken row; an empty field is ""


def test_a_column_that_one_block_encodes_is_one_column(path):
    rows = ["1\n"] * 2000 + ["1,A,2\n"] * 4000
    fast, careful = both(path, (HEAD + "".join(rows)).encode(), 3000)
    assert fast == careful


def test_latin_is_read_only_when_declared(write):
    file = write("case_id;activity;timestamp\n1;Zahlung prüfen;2024-01-01\n2;Café;2024-01-01\n", encoding="cp1252")
    with pytest.raises(LogError, match=r"in no encoding tried.*declare its encoding, such as cp1252"):
        read_source(file)
    source = read_source(file, encoding="cp1252")
    assert source.table["activity"].to_pylist() == ["Zahlung prüfen", "Café"]
    assert source.notes == ("CSV: cp1252 (declared), delimiter ';'",)


@pytest.mark.parametrize("label", ["Protéger", "Prüfung", "für große Anfragen"])
def test_latin_that_happens_to_be_gb18030_is_not_taken_for_chinese(write, label):
    file = write(f"case_id,activity,timestamp\n1,{label},2024-01-01\n", encoding="latin-1")
    assert label not in file.read_bytes().decode("gb18030")  # it fits
    with pytest.raises(LogError, match="single Chinese characters in Latin words, such as in .*encoding='cp1252'"):
        read_source(file)
    assert read_source(file, encoding="latin-1").table["activity"].to_pylist() == [label]


def test_real_chinese_with_latin_letters_in_it_is_read(write):
    file = write("case_id,activity,timestamp\n甲1,受理A类登记B,2024-01-01\n", encoding="gb18030")
    assert read_source(file).table["activity"].to_pylist() == ["受理A类登记B"]


@pytest.mark.parametrize(("encoding", "said"), [("klingon", "no encoding 'klingon'"), ("rot13", "no encoding 'rot13'")])
def test_an_encoding_that_does_not_exist_is_refused(write, encoding, said):
    with pytest.raises(LogError, match=said):
        read_source(write(HEAD), encoding=encoding)


def test_a_wrong_declared_encoding_names_the_byte(write):
    with pytest.raises(LogError, match=r"not in the declared encoding \(utf-8-sig: byte 0xFC near byte 12\)"):
        read_source(write(HEAD[:12].encode() + b"\xfc" + HEAD[12:].encode()), encoding="UTF8")


def test_a_declared_delimiter_is_taken_and_a_first_line_that_names_it_too(write):
    declared = read_source(write("case_id¦activity¦timestamp\n1¦A,B;C¦2024-01-01\n"), delimiter="¦")
    assert declared.table["activity"].to_pylist() == ["A,B;C"]
    assert declared.notes == ("CSV: utf-8, delimiter '¦' (declared)",)
    named = read_source(write("sep=;\r\ncase_id;activity;timestamp\r\n1;A;2024-01-01\r\n1;A\r\n"))
    assert named.table["activity"].to_pylist() == ["A", None]
    assert named.notes == ("CSV: utf-8, delimiter ';' (as its first line says)",)
    assert "line 4" in str(named.problems[0])
    with pytest.raises(LogError, match="must be one character, not '::'"):
        read_source(write(HEAD), delimiter="::")


def test_a_binding_that_declares_another_encoding_than_was_read_is_refused(write):
    source = read_source(write(HEAD + "1,A,2024-01-01\n"))
    check_reading(source, Binding("case_id", "activity", "timestamp", encoding="UTF8", delimiter=",", sheet="Log"))
    with pytest.raises(LogError, match="declares encoding 'cp1252', but the log was read with encoding 'utf-8'"):
        check_reading(source, Binding("case_id", "activity", "timestamp", encoding="cp1252"))
    assert reading(Binding("a", "b", "c", sheet="Log")) == {"sheet": "Log"}
    assert reading({"case": "a", "delimiter": ";"}) == {"delimiter": ";"}
    assert reading(None) == {}


def test_a_gzip_bomb_of_short_lines_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "MOST_INFLATED", 2_000_000)
    file = tmp_path / "log.csv.gz"
    line = b"1,A,2024-01-01\n"
    with gzip.open(file, "wb", compresslevel=9) as zipped:
        zipped.write(HEAD.encode())
        for _ in range(3):
            zipped.write(line * 70_000)
    assert file.stat().st_size < 10_000
    with pytest.raises(LogError, match="unpacks to more than 2,000,000 bytes, over 200 times its size"):
        read_source(file)


@pytest.mark.parametrize(
    "name", ["=1+1", "@cmd", "+A", "\u202eevil\u2066", "😀 \u0301", "x" * 200, "'", "NULL", "NaN", "a\u00a0b"]
)
def test_any_name_arrives_as_it_is_written(write, name):
    quoted = '"' + name.replace('"', '""') + '"'
    log = read_log(write(HEAD + f"{quoted},{quoted},2024-01-01\n"))
    assert (log.case_ids.tolist(), log.labels) == ([name], (name,))


def test_text_that_looks_like_null_stays_text_in_the_fast_lane(path):
    names = ["NULL", "NaN", "", "null", "N/A", "1e5", "true", "=1+1", "x" * 200]
    fast, careful = both(path, (HEAD + "".join(f"1,{name},2\n" for name in names)).encode(), 1000)
    assert fast == careful
    assert fast[0]["activity"] == names


def test_a_line_of_delimiters_names_no_columns(write):
    with pytest.raises(LogError, match="names 1,000,001 columns, more than 20,000"):
        read_source(write("," * 1_000_000 + "\n"))


def test_what_a_binding_declares_about_a_file_is_used(write):
    text = "Nr;Schritt;Ende;Beginn;Betrag\n1;Prüfen;31.01.24 10:00;1706691600;1.234\n2;Café;01.02.24 10:00;;2,5\n"
    columns = {"case": "Nr", "activity": "Schritt", "timestamp": "Ende", "start": "Beginn", "encoding": "cp1252"}
    how = {"format": "%d.%m.%y %H:%M", "start_format": "epoch s", "decimal": ",", "tz": "Europe/Berlin"}
    attributes = {"amount": {"column": "Betrag", "type": "number"}}
    log = read_log(write(text, encoding="cp1252"), columns=columns | how | {"attributes": attributes})
    assert log.labels == ("Café", "Prüfen")
    frame = log.to_frame()
    assert frame["end"].dt.strftime("%Y-%m-%d %H:%M").tolist() == ["2024-01-31 09:00", "2024-02-01 09:00"]
    assert frame["start"].dt.strftime("%Y-%m-%d %H:%M").fillna("").tolist() == ["2024-01-31 09:00", ""]
    assert log.attribute("amount").tolist() == [1234.0, 2.5]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_line_that_is_declared_names_the_columns_in_all_lanes(tmp_path, monkeypatch, end, encoding):
    lines = [
        "Permits, 2024",
        "",
        '"a title',
        'of two lines"',
        "no;step;done",
        "1;A;2024-01-01",
        "2;B;2024-01-02;x",
        "3;C;2024-01-03",
    ]
    path = tmp_path / "log.csv"
    path.write_bytes(end.join(lines).encode(encoding))
    careful = read_csv(path, header=5)
    monkeypatch.setattr(tabular, "SMALL", 0)
    fast = read_csv(path, header=5)
    staged = stage(path, tmp_path, header=5)
    assert careful.table.to_pylist()[::2] == [
        {"no": "1", "step": "A", "done": "2024-01-01"}, {"no": "3", "step": "C", "done": "2024-01-03"},
    ]  # fmt: skip
    for other in (fast, replace(staged.source, table=staged.columns("no", "step", "done").table)):
        assert other.table.to_pylist() == careful.table.to_pylist()
        assert (other.notes, other.problems, other.unreadable) == (careful.notes, careful.problems, (2,))
        assert other.extras == careful.extras
    assert careful.notes[1] == "line 5 of the file names the columns (declared); 4 lines above it are left out"
    assert str(careful.problems[0].what).startswith("line 7: 4 fields for 3 columns")


def test_a_line_of_names_below_a_title_is_pointed_at(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("Permits, 2024\n\nno;step;done\n1;A;2024-01-01\n2;B;2024-01-02\n")
    assert read_csv(path).notes[1] == (
        "Line 3 looks like the header ('no', 'step', 'done'), not line 1 ('Permits, 2024'): if so, say header: 3."
    )
    path.write_text("Permits\nno,step,done\n" + "1,A,2024-01-01\n" * 10_001)
    with pytest.raises(LogError, match=r"rows are malformed.* Line 2 looks like the header .* say header: 2\.$"):
        read_csv(path)
    with pytest.raises(LogError, match="line 9,999,999 is not there: the file has 10,003"):
        read_csv(path, header=9_999_999)
    path.write_text("a\n\nb,c\n")
    with pytest.raises(LogError, match="line 2 is blank"):
        read_csv(path, header=2)
    path.write_text("no,step,done\nx,y,z\n")
    assert len(read_csv(path).notes) == 1


def test_an_error_about_a_missing_column_points_at_the_header(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("Permits\nno,step,done\n1,A,2024-01-01\n")
    assert look_below(read_csv(path)) == (
        " Line 2 looks like the header ('no', 'step', 'done'), not line 1 ('Permits'): if so, say header: 2."
    )
    assert look_below(read_csv(path, header=2)) == ""
