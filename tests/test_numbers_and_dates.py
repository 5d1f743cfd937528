"""Numbers and dates in text: declared or decided by the column, and said; what does not fit is counted."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mining.binding import Attribute, Binding
from mining.errors import LogError, UnknownNameError
from mining.log import EventLog
from mining.log.attributes import case_values
from mining.log.date_formats import FORMATS, ISO, by_engine, engine, fast_iso
from mining.log.frames import source_from_frame
from mining.log.numbers import AmbiguousNumbers, number, numbers
from mining.log.times import read_moments, typed_moments
from mining.units import MISSING
from tests.examples import examples


def us(text):
    return int(np.datetime64(text, "us").astype(np.int64))


def read(texts, column="when", **how):
    return read_moments(pa.chunked_array([texts]), column, **how)


def numbered(texts, **how):
    """The values of a number attribute, one case a row, and its notes."""
    source = source_from_frame(pa.table({"x": texts}))
    rows = np.arange(len(texts))
    found = case_values(source, Attribute("x", "number", **how), rows, rows, len(rows), None, None)
    return [None if np.isnan(value) else value for value in found.values], found.notes


@pytest.mark.parametrize(
    ("word", "point", "comma"),
    [
        ("1.5", 1.5, None),
        ("1,5", None, 1.5),
        ("1.234", 1.234, 1234.0),
        ("1,234", 1234.0, 1.234),
        ("1.234.567,89", None, 1234567.89),
        ("1,234,567.89", 1234567.89, None),
        ("12 345,5", None, 12345.5),
        ("12\u00a0345.5", 12345.5, None),
        ("1'234'567", 1234567.0, 1234567.0),
        ("−7", -7.0, -7.0),
        (" +7 ", 7.0, 7.0),
        ("1e3", 1000.0, 1000.0),
        ("1,5e3", None, 1500.0),
        (".5", 0.5, None),
        ("1,23,456", None, None),
        ("1.234 567", None, None),
        ("12,34", None, 12.34),
        ("1_000", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("1e999", None, None),
        ("0x10", None, None),
        ("12 €", None, None),
        ("=1+1", None, None),
    ],
)
def test_a_text_is_a_number_with_one_decimal_mark_or_the_other(word, point, comma):
    assert (number(word, "."), number(word, ",")) == (point, comma)


@given(
    st.decimals(-(10**9), 10**9, places=2),
    st.sampled_from([("", "."), (",", "."), (".", ","), (" ", ","), ("\u202f", ",")]),
)
def test_a_written_number_is_read_back(value, marks):
    thousands, decimal = marks
    text = f"{value:,.2f}".replace(",", "t").replace(".", decimal).replace("t", thousands)
    assert number(text, decimal) == float(value)


def test_the_column_decides_the_decimal_mark_and_says_so():
    values, notes = numbered(["1.234", "12,50", "7", "x", None, "1.234.567,5"])
    assert values == [1234.0, 12.5, 7.0, None, None, 1234567.5]
    assert notes == (
        "column 'x': numbers read with decimal mark ',', thousands parted by '.'",
        "column 'x': 1 values are no number and count as missing",
    )
    assert numbered(["1,234.5", "2"]) == (
        [1234.5, 2.0],
        ("column 'x': numbers read with decimal mark '.', thousands parted by ','",),
    )
    assert numbered(["1.5", "2", "-3e2"]) == ([1.5, 2.0, -300.0], ())


def test_thousands_and_decimals_are_never_guessed():
    with pytest.raises(
        AmbiguousNumbers, match=r"'1,234' may be 1234 or 1.234, and the values do not decide.*decimal=','"
    ):
        numbered(["1,234", "5"])
    assert numbered(["1,234", "5"], decimal=",")[0] == [1.234, 5.0]
    assert numbered(["1,234", "5"], decimal=".")[0] == [1234.0, 5.0]
    assert numbered(["1.234", "5.678"]) == (
        [1.234, 5.678],
        ("column 'x': numbers such as '1.234' are read with a decimal point",),
    )
    assert numbered(["1.234", "5.678"], decimal=",") == (
        [1234.0, 5678.0],
        ("column 'x': numbers read with decimal mark ',' (declared), thousands parted by '.'",),
    )
    with pytest.raises(UnknownNameError, match="unknown decimal mark"):
        numbered(["1"], decimal=";")


def test_rows_decide_not_distinct_texts():
    values, _ = numbers(["1,5", "1.5", "2.5"], [5, 1, 1], "x")
    assert values == [1.5, None, None]


def test_words_that_no_row_has_decide_nothing():
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int32()), pa.array(["1.5", "1,234", "1,5"]))
    assert numbered(coded) == ([1.5, 1.5], ())


def test_typed_numbers_are_taken_as_they_are():
    assert numbered(pa.array([1, None, 3]))[0] == [1.0, None, 3.0]
    assert numbered(pa.array([Decimal("1.50")]))[0] == [1.5]


@pytest.mark.parametrize(
    ("declared", "text", "moment"),
    [
        ("%d/%m/%y", "31/01/24", "2024-01-31"),
        ("%Y%m%d", "20240301", "2024-03-01"),
        ("%Y%m%d%H%M%S", "20240301100507", "2024-03-01T10:05:07"),
        ("%d-%b-%Y %H:%M", "31-Jan-2024 09:05", "2024-01-31T09:05"),
        ("%d.%m.%Y %H:%M %z", "31.01.2024 09:05 +0200", "2024-01-31T07:05"),
        ("DD/MM/YYYY hh:mm:ss", "03/04/2024 09:05", "2024-04-03T09:05"),
        ("MM/DD/YYYY hh:mm:ss", "03/04/2024 09:05", "2024-03-04T09:05"),
        ("ISO 8601", "2024-03-04", "2024-03-04"),
        ("epoch s", "1706691907", "2024-01-31T09:05:07"),
        ("epoch s", "1706691907.25", "2024-01-31T09:05:07.25"),
        ("epoch s", "-1.5", "1969-12-31T23:59:58.5"),
        ("epoch ms", "1706691907250", "2024-01-31T09:05:07.25"),
        ("epoch us", "1706691907250001", "2024-01-31T09:05:07.250001"),
        ("excel days", "45322.5", "2024-01-31T12:00"),
    ],
)
def test_a_declared_format_is_read_and_said(declared, text, moment):
    found = read([text, "", None], declared=declared)
    assert found.values.tolist() == [us(moment), MISSING, MISSING]
    assert not found.bad.any()
    assert (
        f"read as {'ISO 8601 (YYYY-MM-DD hh:mm:ss)' if declared == 'ISO 8601' else declared} (declared)"
        in found.notes[0]
    )


def test_two_digits_of_a_year_are_said():
    found = read(["31/12/68", "01/01/69"], declared="%d/%m/%y")
    assert found.values.tolist() == [us("2068-12-31"), us("1969-01-01")]
    assert "two digits of a year as 1969 to 2068" in found.notes[0]


@pytest.mark.parametrize(
    ("column", "declared", "moments"),
    [
        (pa.array([1706691907, None]), "epoch s", ["2024-01-31T09:05:07"]),
        (pa.array([1706691907250.0, np.nan]), "epoch ms", ["2024-01-31T09:05:07.25"]),
        (pa.array([Decimal("1706691907.5"), None]), "epoch s", ["2024-01-31T09:05:07.5"]),
        (pa.array([45322.75, None]), "excel days", ["2024-01-31T18:00"]),
        (pa.array([20240301, None]), "%Y%m%d", ["2024-03-01"]),
        (pa.array([20240301.0, None]), "%Y%m%d", ["2024-03-01"]),
    ],
)
def test_typed_numbers_are_moments_where_that_is_declared(column, declared, moments):
    found = read_moments(pa.chunked_array([column]), "when", declared=declared)
    assert found.values.tolist() == [us(moments[0]), MISSING]
    assert not found.bad.any()


def test_epochs_are_utc_and_excel_days_are_the_clock_of_the_zone():
    assert read(["0"], declared="epoch s", tz="Asia/Shanghai").values.tolist() == [0]
    assert read(["25569"], declared="excel days", tz="Asia/Shanghai").values.tolist() == [us("1969-12-31T16:00")]


@pytest.mark.parametrize("column", [["1", "9999999999999", "1"], [1, 9_999_999_999_999, 1], [1.0, 1e300, 1.0]])
def test_numbers_beyond_all_years_are_bad_and_most_of_them_an_error(column):
    found = read(column, declared="epoch s")
    assert found.bad.tolist() == [False, True, False]
    with pytest.raises(LogError, match="1 of 1 values are not dates in the declared format 'epoch s'"):
        read(column[1:2], declared="epoch s")


def test_numbers_without_a_declaration_are_no_dates_and_the_error_says_how_to_declare_them():
    with pytest.raises(LogError, match="holds int64, not timestamps.*format='epoch s'"):
        read([1706691907])
    with pytest.raises(LogError, match="'epoch s'"):
        read(["1706691907"])


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("%Q", "'%Q' cannot be used"),
        ("%H:%M", "names no year"),
        ("DD.MM.YYYY", "Did you mean"),
        ("epoch", "unknown date format"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused(declared, said):
    with pytest.raises((LogError, UnknownNameError), match=said):
        read(["x"], declared=declared)


def test_what_does_not_fit_the_declared_format_is_bad():
    found = read(["31/01/24", "31/01/24", "2024-01-31"], declared="%d/%m/%y")
    assert found.bad.tolist() == [False, False, True]
    with pytest.raises(
        LogError, match=r"2 of 2 values are not dates in the declared format '%d/%m/%y'. row 1: '2024-01-31'"
    ):
        read(["2024-01-31", "x"], declared="%d/%m/%y")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024年3月1日", "2024-03-01"),
        ("2024年03月01日 9:05", "2024-03-01T09:05"),
        ("2024年3月1日09:05:07.5", "2024-03-01T09:05:07.5"),
        ("2024年3月1日 9时", "2024-03-01T09:00"),
        ("2024年3月1日 9时5分", "2024-03-01T09:05"),
        ("2024年3月1日9点05分07秒", "2024-03-01T09:05:07"),
        ("2024年3月1日 下午3:05", "2024-03-01T15:05"),
        ("2024年3月1日 下午 3时05分", "2024-03-01T15:05"),
        ("2024年3月1日 上午12:05", "2024-03-01T00:05"),
        ("2024年3月1日 9：05", "2024-03-01T09:05"),
    ],
)
def test_chinese_dates_are_read(text, moment):
    found = read([text])
    assert found.values.tolist() == [us(moment)]
    assert "YYYY年MM月DD日" in found.notes[0]


@pytest.mark.parametrize(
    "text", ["2024年13月1日", "2024年3月1日 25时", "2024年3月", "2024年3月1日 下午15:05", "二〇二四年三月一日"]
)
def test_chinese_texts_that_are_no_moment_are_not_read_as_one(text):
    assert read(["2024年3月1日", "2024年3月1日", text]).bad.tolist() == [False, False, True]


DIGITS = st.one_of(st.integers(0, 99).map("{:02}".format), st.integers(0, 99).map(str))
MOMENT = st.builds(
    "{}-{}-{}{}".format,
    st.sampled_from(["2024", "0001", "9999", "0000", "24"]), DIGITS, DIGITS,
    st.one_of(
        st.just(""),
        st.builds(
            "{}{}:{}{}{}".format, st.sampled_from([" ", "T"]), DIGITS, DIGITS,
            st.one_of(st.just(""), st.builds(":{}{}".format, DIGITS, st.sampled_from(["", ".5", ".123456", ".1234567", ",5", "."]))),
            st.sampled_from(["", "Z", "z", " Z", "+01", "+0130", "-05:30", "+99:99", "+1", "-24:00"]),
        ),
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=examples(150))
@given(st.lists(st.one_of(MOMENT, st.none(), st.just("")), min_size=1, max_size=3), st.booleans())
@example(["2024-01-31 09"], False)
@example(["2024-01-31 09+01"], False)
@example(["20240131"], False)
@example(["2024-01-31T09:05:07Z", "2024-01-31T09:05:07+01:00"], False)
@example(["2024-01-31T09:05:07Z", "2024-01-31T09:05:07"], False)
def test_the_fast_way_to_read_iso_gives_what_the_careful_one_gives_or_steps_aside(texts, twice):
    column = pa.chunked_array([pa.array(texts, pa.string())] * (1 + twice))
    fast = fast_iso(column)
    if fast is not None:
        with engine() as con:
            values, naive = by_engine(con, column, ISO)
        assert fast[0].tolist() == values.tolist()
        assert fast[1][values != MISSING].tolist() == naive[values != MISSING].tolist()


@pytest.mark.parametrize(
    "text", ["2024-01-31", "2024-01-31 09:05", "2024-01-31T09:05:07.123456", "2024-01-31T09:05:07+08:00"]
)
def test_common_iso_takes_the_fast_way(text):
    found = fast_iso(pa.chunked_array([[text, None, ""]]))
    moment = dt.datetime.fromisoformat(text)
    expected = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    assert found[0].tolist() == [round(expected.timestamp() * 1e6), MISSING, MISSING]
    assert found[1].tolist() == [moment.tzinfo is None] * 3


def test_each_known_format_can_be_declared_by_its_name():
    moment = dt.datetime(2024, 3, 13, 10, 5)
    for form in FORMATS:
        pattern = form.strptime[2] if form.strptime else "%Y-%m-%d %H:%M:%S"
        assert read([moment.strftime(pattern)], declared=form.name).values.tolist() == [us(moment)], form


def test_a_binding_says_the_format_of_each_column():
    binding = Binding("c", "a", "end", start="begin", format="%d/%m/%y", start_format="epoch s")
    assert [binding.format_of(name) for name in ("end", "begin")] == ["%d/%m/%y", "epoch s"]
    assert Binding("c", "a", "end", start="begin", format="%Y").format_of("begin") == "%Y"


def test_a_datetime_attribute_has_a_format_of_its_own():
    source = source_from_frame(pa.table({"due": ["31/01/24", "x", None]}))
    rows = np.arange(3)
    found = case_values(source, Attribute("due", "datetime", format="%d/%m/%y"), rows, rows, 3, None, None)
    assert found.values.tolist() == [us("2024-01-31"), MISSING, MISSING]
    assert "1 values are no datetime and count as missing" in found.notes[-1]


def test_a_number_attribute_takes_the_decimal_mark_of_the_binding_unless_it_has_its_own():
    source = source_from_frame(pa.table({"x": ["1,234"]}))
    one = np.zeros(1, int)
    assert case_values(source, Attribute("x", "number"), one, one, 1, None, None, ",").values.tolist() == [1.234]
    own = Attribute("x", "number", decimal=".")
    assert case_values(source, own, one, one, 1, None, None, ",").values.tolist() == [1234.0]


def test_a_bound_log_keeps_its_attributes_when_they_are_dictionaries():
    table = pa.table(
        {"case": ["1", "1", "2"], "activity": ["A", "B", "A"], "time": ["2024-01-01"] * 3, "x": ["1,5", "", "2"]}
    )
    coded = table.set_column(3, "x", table["x"].dictionary_encode())
    binding = Binding("case", "activity", "time", attributes={"x": Attribute("x", "number"), "s": Attribute("x")})
    for frame in (table, coded):
        log = EventLog.from_frame(frame, columns=binding)
        assert log.attribute("x").tolist() == [1.5, 2.0]
        assert log.attribute("s").tolist() == ["1,5", "2"]
        assert log.event_attribute("x").tolist() == ["1,5", "", "2"]


def test_days_of_excel_are_the_same_moment_as_text_and_as_number():
    seconds = np.arange(0, 86_400, 37)
    days = (46_083 + seconds / 86_400).tolist()
    texts = read([*map(repr, days), "9" * 20, "-9999999"], declared="excel days")
    expected = (us("2026-03-02T00:00") + seconds * 1_000_000).tolist()
    assert texts.values.tolist() == [*expected, MISSING, MISSING]
    assert typed_moments(pa.chunked_array([days]), "t", "excel days").values.tolist() == expected
