"""The fast lane for XES leaves what expat leaves: the same table, problems, notes and extras, or the same error."""

import gzip
import io
from contextlib import ExitStack
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import LogError
from mining.log import xes, xes_fast
from mining.log.iso_bytes import NO_OFFSET, stamps
from mining.log.times import iso_moments
from mining.log.xes import read_xes
from mining.units import MISSING
from tests.examples import examples
from tests.helpers import SHARED

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016">\n'
DECLARED = """<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<global scope="event"><string key="concept:name" value="UNKNOWN"/><int key="cost" value="1"/></global>
<classifier name="both" keys="concept:name lifecycle:transition"/>
<string key="origin" value="a"><int key="parts" value="2"/></string>
"""
WHEN = '<date key="time:timestamp" value="2023-10-29T02:30:00.000+01:00"/>'
EVENT = f'<event><string key="concept:name" value="A"/>{WHEN}</event>'
TRACE = f'<trace><string key="concept:name" value="c1"/>{EVENT}</trace>'


def document(*traces, head=HEAD + DECLARED, end="</log>\n"):
    return (head + "\n".join(traces) + end).encode("utf-8", "surrogatepass")


def plain(text, chunk=1 << 20):
    """What the fast lane makes of a text of any length: None where it gives up."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(xes_fast, "SMALL", 16))
        stack.enter_context(mock.patch.object(xes_fast, "CHUNK", chunk))
        return xes_fast.read_plain(io.BytesIO(text))


def outcome(path, fast, chunk=1 << 20):
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(xes_fast, "SMALL", 16))
        stack.enter_context(mock.patch.object(xes_fast, "CHUNK", chunk))
        if not fast:
            stack.enter_context(mock.patch.object(xes, "read_plain", return_value=None))
        try:
            read = read_xes(path)
        except LogError as error:
            return str(error)
    extras = dict(read.extras)
    arrays = {f"rejected {k}": v.tolist() for k, v in read.rejected.items()}
    arrays |= {f"offsets {k}": v.tolist() for k, v in extras.pop("offsets").items()}
    table = pa.table({  # as text, since no two nan are equal
        name: column.cast(pa.string()) if pa.types.is_floating(column.type) else column
        for name, column in zip(read.table.column_names, read.table.columns, strict=True)
    })  # fmt: skip
    return (
        read.table.schema, table, read.problems, read.notes, read.problem_counts, arrays, extras, read.format, read.sha256,
    )  # fmt: skip


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("xes") / "log.xes"


def same(scratch, text, chunk=1 << 20):
    scratch.write_bytes(text)
    fast = outcome(scratch, True, chunk)
    assert fast == outcome(scratch, False)
    return fast


def test_a_plain_file_takes_the_fast_lane(scratch):
    odd = (
        "<trace>\r\n<string value='c &amp; &#228;&#x1F600;\tx\r\ny' key='concept:name' />"
        '<event><int key="n" value="7"></int><float key="ü" value="1e3"/><boolean key="b" value="true"/>'
        '<id key="i" value=""/><string key="quote" value="&lt;&gt;&quot;&apos;&#9;>"/></event>\n<date key="d" value="x"/></trace>'
    )
    text = document(TRACE, odd, "<trace></trace>", end="</log>")
    assert plain(text) is not None
    same(scratch, text)
    row = read_xes(scratch).table.to_pylist()[1]
    assert row["case:concept:name"] == "c & ä😀 x y"
    assert (row["n"], row["ü"], row["b"], row["i"], row["quote"]) == (7, 1000.0, True, "", "<>\"'\t>")


def test_elements_below_attributes_take_the_fast_lane(scratch):
    nested = '<string key="who" value="bob"><int key="floor" value="3"><x y="&amp;&gt;/"/>text</int></string>'
    lists = '<list key="l"><values><string key="i" value="x>"/></values></list><list key="none"/><container key="c"> </container>'
    text = document(f"<trace>{lists}<event>{nested}</event>{EVENT}<event>{nested}{lists}</event></trace>", TRACE)
    assert plain(text) is not None
    same(scratch, text)
    children = read_xes(scratch).table["who/children"].to_pylist()
    assert children == [
        '[{"type": "int", "key": "floor", "value": "3", "children": [{"type": "x", "y": "&>/"}]}]', None
    ] + [children[0], None]  # fmt: skip


@pytest.mark.parametrize(
    "odd",
    [
        "<!-- note -->", "<?pi x?>", "<![CDATA[ ]]>", "text", "&#32;", "<event/>", "<trace/>", "<x:string key='k' value='v'/>",
        '<string key="k"/>', '<string value="v"/>', '<string key="k" value="v" more="1"/>', '<string key="k" key="k" value="v"/>',
        '<string key="k" value="v" value="w"/>', '<string key="k"value="v"/>', '<string key = "k" value="v"/>', "</log>",
        '<string key="a&amp;b" value="v"/>', '<string key="k" value="&unknown;"/>', '<string key="k" value="&#0;"/>',
        '<string key="k" value="a<b"/>', '<string key="k" value="\x01"/>', '<string key="k" value="\ufffe"/>', "</trace>",
        '<string key="k" value="\ud800"/>', '<string key="k" value="1"/><int key="k" value="2"/>', '<list key="l" value="v"/>',
        '<string key="k" value="v"></int>', '<string key="k" value="v"><!-- --></string>', '<string key="k" value="v">x</string>',
        '<string key="a" value="v"><int key="n" value="1"></string></int>', '<log>', "<event>", "<string", '<unknown key="k" value="v"/>',
        '<string key="a/children" value="v"/><list key="a"/>', '<string key="k" value="v"/ >', "<!DOCTYPE log>", "<note>x</note>",
        '<string key="k" value="&#xFFFF;"/>', '<string key="k" value="&amp"/>', '<list key="l"><a>&x;</a></list>', "\x0c",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["event", "trace", "log", "end"])
def test_what_is_not_plain_is_left_to_expat(scratch, odd, place):
    event = EVENT.replace("</event>", f"{odd if place == 'event' else ''}</event>")
    trace = f"<trace>{event}{odd if place == 'trace' else ''}</trace>"
    text = document(trace, odd if place == "log" else "", TRACE, end="</log>" + (odd if place == "end" else ""))
    if (place, odd) not in {("trace", "<event>"), ("event", "</event>")}:
        assert plain(text) is None
    same(scratch, text)


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("UTF-8", "ISO-8859-1"), HEAD.replace("1.0", "1.1"), HEAD.replace("<log", "<x:log"), HEAD + "<!-- ", HEAD + "<note>",
        HEAD + EVENT, HEAD + "<trace />", "<!DOCTYPE log>" + HEAD, HEAD.replace("<log", "<foo"), HEAD + '<string key="x', "x" + HEAD,
        HEAD + "<![CDATA[", HEAD + '<list key="l">', "",
    ],
)  # fmt: skip
def test_a_head_that_is_not_plain_is_left_to_expat(scratch, head):
    text = document(TRACE, head=head)
    assert plain(text) is None
    same(scratch, text)


def test_a_byte_order_mark_and_no_declaration_are_plain(scratch):
    text = b"\xef\xbb\xbf" + document(TRACE, head="<log>")
    assert plain(text) is not None
    same(scratch, text)


@pytest.mark.parametrize("cut", range(2, 120, 7))
def test_a_cut_file_is_left_to_expat(scratch, cut):
    text = document(TRACE, TRACE)[:-cut]
    assert plain(text) is None
    assert "cut off" in same(scratch, text)


def test_a_damaged_gzip_file_is_left_to_expat(scratch):
    body = document(*[TRACE.replace("c1", f"c{i}") for i in range(300)])
    whole = gzip.compress(body[:9000]) + gzip.compress(body[9000:])
    assert same(scratch, whole)[1].num_rows == 300
    for wrong in (whole[:-9], whole + b"x", whole[:-8] + b"12345678"):
        assert "damaged or cut off" in same(scratch, wrong)


def test_too_long_and_too_many_is_left_to_expat(scratch):
    long = EVENT.replace('"A"', f'"{"A" * 1_000_001}"')
    assert plain(document(f"<trace>{long}</trace>"), 1 << 22) is None
    many = "".join(f'<int key="k{i}" value="1"/>' for i in range(501))
    assert plain(document(f"<trace><event>{many}</event></trace>")) is None
    with mock.patch.object(xes_fast, "MAX_ELEMENT", 8000):
        assert plain(document(TRACE, " " * 9000, TRACE), 2000) is None
        assert plain(document(TRACE, " " * 1000, TRACE), 2000) is not None


BLANKS = st.sampled_from(["", "", "\n\t", " ", "\r\n"])
TEXTS = st.lists(
    st.sampled_from(
        ["a", "B", " ", "é", "中", "😀", "&amp;", "&lt;", "&#65;", "&#x4e2d;", "\t", "\n", "\r", "\r\n", "'", ">", "7", ".5", "-", "true",
         "&quot;", "2024-01-31T09:30:00Z", "2024-01-31T09:30:00.123+05:30", "2024-01-31"]
    ), max_size=4,
).map("".join)  # fmt: skip
KEYS = st.sampled_from(["concept:name", "time:timestamp", "k", "cost", "ключ", "case:k", "k/children"])
ODD = st.sampled_from(
    ["<!--x-->", "<event/>", "x", '<string key="k"/>', '<string value="v"/>', "<note/>", '<string key="k" value="&x;"/>', "</event>",
     '<string key="k" value="1" x="2"/>', "<x:int key='k' value='1'/>", '<list key="l" value="1"/>', "<trace>", "<log/>"]
)  # fmt: skip


@st.composite
def attributes(draw, depth=0):
    kind = draw(st.sampled_from(["string", "date", "int", "float", "boolean", "id", "list", "container"]))
    key, blank = draw(KEYS), draw(BLANKS)
    value = "" if kind in ("list", "container") else f' value="{draw(TEXTS)}"'
    parts = [f' key="{key}"', value]
    opening = f"<{kind}{''.join(parts[:: draw(st.sampled_from([1, -1]))])}{blank}"
    if draw(st.integers(0, 3)):
        return opening + "/>"
    below = draw(st.lists(attributes(depth=depth + 1), max_size=2)) if depth < 2 else []
    return f"{opening}>{''.join(below)}{draw(BLANKS)}</{kind}>"


@st.composite
def logs(draw, odd=False):
    def attrs():
        found = {}
        for one in draw(st.lists(attributes(), max_size=4)):
            found.setdefault(one.split('key="')[1].split('"')[0], one)
        extra = draw(ODD) if odd and not draw(st.integers(0, 12)) else ""
        return "".join(draw(BLANKS) + one for one in found.values()) + extra

    def trace():
        events = "".join(f"<event>{attrs()}</event>{draw(BLANKS)}" for _ in range(draw(st.integers(0, 3))))
        return f"<trace>{attrs()}{events}{attrs() if not draw(st.integers(0, 4)) else ''}</trace>"

    return document(*(trace() for _ in range(draw(st.integers(1, 4)))))


@settings(deadline=None, max_examples=examples(40))
@given(logs(), st.sampled_from([900, 1200, 1 << 20]))
def test_any_log_is_the_same_in_both_lanes(scratch, text, chunk):
    same(scratch, text, chunk)


@settings(deadline=None, max_examples=examples(40))
@given(logs(odd=True), st.sampled_from([900, 1 << 20]))
def test_any_odd_log_is_the_same_in_both_lanes(scratch, text, chunk):
    same(scratch, text, chunk)


@settings(deadline=None, max_examples=examples(100))
@given(st.data())
def test_any_damaged_log_is_the_same_in_both_lanes(scratch, data):
    text = document(
        TRACE, TRACE.replace('"A"', '"é &amp; &#228;"'), '<trace><list key="l"><int key="i" value="1"/></list></trace>'
    )
    first = text.index(b"<trace>")
    at = data.draw(st.integers(first, len(text)))
    byte = data.draw(st.sampled_from(b"<>/\"'&;=! \n\0\x7f\x80\xc3\xed\xf5a#k"))
    cut = data.draw(st.integers(0, 3))
    same(scratch, text[:at] + bytes([byte]) * data.draw(st.integers(0, 2)) + text[at + cut :])


def test_a_tag_may_lie_across_the_border_of_two_chunks(scratch):
    text = document(*[TRACE.replace("c1", f"c{i}").replace('"A"', f'"A &amp; {i}é"') for i in range(9)])
    whole = outcome_of(scratch, text)
    for chunk in range(700, 1000):
        handler = plain(text, chunk)
        assert handler is not None
        assert handler.events.columns()["concept:name"].to_pylist() == [f"A & {i}é" for i in range(9)]
    assert whole == same(scratch, text, 777)


def outcome_of(scratch, text):
    scratch.write_bytes(text)
    return outcome(scratch, False)


HOSTILE = sorted((SHARED / "hostile").glob("*.xes*"))


@pytest.mark.few_quick(12)
@pytest.mark.skipif(not HOSTILE, reason="the folder with hostile files is not here")
@pytest.mark.parametrize("path", HOSTILE, ids=lambda p: p.name)
def test_hostile_files_are_the_same_in_both_lanes(path):
    assert outcome(path, True) == outcome(path, False)


LOGS = SHARED / "logs"
LANES = [pytest.param(name, marks=pytest.mark.slow if name in ("bpic2012", "helpdesk") else ()) for name in
         ("receipt", "sepsis", "helpdesk", "bpic2012")]  # fmt: skip


@pytest.mark.skipif(not LOGS.is_dir(), reason="the public logs are not beside the project")
@pytest.mark.parametrize("name", LANES)
def test_public_logs_take_the_fast_lane_and_are_the_same(name):
    path = LOGS / f"{name}.xes.gz"
    with path.open("rb") as raw:
        assert xes_fast.read_plain(gzip.GzipFile(fileobj=raw)) is not None
    with mock.patch.object(xes, "read_plain", return_value=None):
        slow = read_xes(path)
    fast = read_xes(path)
    assert fast.table.equals(slow.table)
    assert (fast.problems, fast.notes, fast.problem_counts) == (slow.problems, slow.notes, slow.problem_counts)
    offsets, expected = fast.extras.pop("offsets"), slow.extras.pop("offsets")
    assert fast.extras == slow.extras
    assert {key: set(values.tolist()) for key, values in offsets.items()}["time:timestamp"] <= {0, 60, 120}
    assert all(np.array_equal(offsets[key], expected[key]) for key in expected | offsets)


@pytest.mark.parametrize("small", [16, 1 << 20])
def test_what_is_no_column_is_kept(scratch, small):
    local = EVENT.replace("02:30:00.000+01:00", "09:00:00-05:30")
    naive = EVENT.replace(".000+01:00", "")
    start = '<date key="start" value="2023-10-29T00:00:00Z"/>'
    scratch.write_bytes(document(f"<trace>{start}{EVENT}{local}<event/></trace>", f"<trace>{naive}</trace>"))
    with mock.patch.object(xes_fast, "SMALL", small):
        extras = read_xes(scratch).extras
    assert extras["extensions"] == [
        {"name": "Time", "prefix": "time", "uri": "http://www.xes-standard.org/time.xesext"}
    ]
    assert extras["classifiers"] == [{"name": "both", "keys": "concept:name lifecycle:transition"}]
    assert extras["attributes"] == [
        {"type": "string", "key": "origin", "value": "a", "children": [{"type": "int", "key": "parts", "value": "2"}]}
    ]
    assert extras["offsets"].keys() == {"time:timestamp", "case:start"}
    assert extras["offsets"]["time:timestamp"].tolist() == [60, -330, NO_OFFSET, NO_OFFSET]
    assert extras["offsets"]["case:start"].tolist() == [0, 0, 0, NO_OFFSET]


STAMPS = st.builds(
    "{}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}{}".format,
    st.sampled_from(["2024", "2023", "1900", "2000", "1600", "1599", "9000", "9001", "9999", "0001", "0000", "20x4"]),
    st.integers(0, 13), st.integers(0, 32), st.sampled_from(["T", " ", "  ", "t", "x"]),
    st.integers(0, 25), st.integers(0, 61), st.integers(0, 61),
    st.sampled_from(["", ".5", ".123", ".123456", ".1234567", ",5", "."]),
    st.sampled_from(["", "Z", "z", "+01:00", "-14:59", "+15:00", "+0530", "+05", " +01:00", "+1:00", "+24:00", "+14:60", "Z "]),
    st.sampled_from(["", "", "", " ", "x"]),
)  # fmt: skip


@settings(deadline=None, max_examples=examples(20))
@given(st.lists(STAMPS | st.none() | st.sampled_from(["", " ", "soon", "2024-01-31", "2024-1-3 4:05"]), max_size=40))
def test_moments_read_from_bytes_are_those_of_the_engine(texts):
    column = pa.chunked_array([texts[:3], texts[3:]], pa.string())
    read, expected = stamps(column), iso_moments(column)
    assert read.values.tolist() == expected.values.tolist()
    assert read.bad.tolist() == expected.bad.tolist()
    assert read.naive.tolist() == expected.naive.tolist()
    assert ((read.offset != NO_OFFSET) == ((read.values != MISSING) & ~read.naive)).all()


def test_zones_are_minutes_east_of_utc():
    zones = {"Z": 0, "+01:00": 60, "-0330": -210, "+05": 300, "-00:30": -30, "": NO_OFFSET}
    column = pa.chunked_array([[f"2024-01-31T09:30:00{zone}" for zone in zones]])
    read = stamps(column.slice(0, 4)).offset.tolist() + stamps(column.slice(4)).offset.tolist()
    assert read == list(zones.values())
    at_nine = np.datetime64("2024-01-31T09:30:00", "us").astype(int)
    minutes = [0 if minute == NO_OFFSET else minute for minute in zones.values()]
    assert stamps(column).values.tolist() == [at_nine - minute * 60_000_000 for minute in minutes]
