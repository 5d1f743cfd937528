"""XES files that are odd, broken or meant to do harm: the right rows or a clear error, never less."""

import gzip
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mining.errors import LogError, MiningError
from mining.log import read_log
from mining.log.source import read_source
from mining.units import MISSING

HOSTILE = Path(__file__).parents[2] / "shared" / "hostile"
WHEN = '<date key="time:timestamp" value="2023-10-29T02:30:00.000+01:00"/>'
EVENT = f'<event><string key="concept:name" value="A"/>{WHEN}</event>'


def xes(traces, before="", declaration='<?xml version="1.0" encoding="UTF-8"?>'):
    return f'{declaration}\n<log xmlns="http://www.xes-standard.org/">{before}\n{traces}</log>'


def trace(*events, name="c1", more=""):
    named = f'<string key="concept:name" value="{name}"/>' if name else ""
    return f"<trace>{named}{more}{''.join(events)}</trace>\n"


@pytest.fixture
def source(tmp_path):
    def _source(text, name="log.xes", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_source(path)

    return _source


def test_events_arrive_with_case_attributes_types_and_nested_attributes(source):
    nested = '<string key="who" value="bob"><int key="floor" value="3"/></string>'
    items = '<list key="items"><values><string key="i" value="x"/></values></list><container key="none"/>'
    typed = (
        '<int key="n" value="7"/><float key="f" value="1.5"/><boolean key="b" value="true"/><id key="id" value="u"/>'
    )
    event = f'<event><string value="A &amp; &#228;" key="concept:name"/>{WHEN}{nested}{items}{typed}</event>'
    case = '<float key="amount" value="200.5"/><string key="vip"><string key="since" value="2020"/></string>'
    table = source(xes(trace(event, EVENT, more=case))).table
    row = table.slice(0, 1).to_pylist()[0]
    assert row.pop("time:timestamp").isoformat() == "2023-10-29T01:30:00+00:00"
    assert row == {
        "concept:name": "A & ä",
        "who": "bob",
        "who/children": '[{"type": "int", "key": "floor", "value": "3"}]',
        "items/children": '[{"type": "values", "children": [{"type": "string", "key": "i", "value": "x"}]}]',
        "none/children": "[]",
        "n": 7,
        "f": 1.5,
        "b": True,
        "id": "u",
        "case:concept:name": "c1",
        "case:amount": 200.5,
        "case:vip": None,
        "case:vip/children": '[{"type": "string", "key": "since", "value": "2020"}]',
    }
    assert table.slice(1, 1).to_pylist()[0]["n"] is None


def test_values_that_are_not_what_they_claim_are_missing_and_counted(source):
    bad = '<int key="i" value="99999999999999999999"/><int key="j" value="1_0"/><boolean key="b" value="yes"/>'
    read = source(xes(trace(EVENT, f"<event>{bad}<date key='d' value='soon'/></event>")))
    assert read.problem_counts == {"no int": 2, "no boolean": 1, "no date": 1}
    assert {(p.row, p.column, p.raw) for p in read.problems} == {
        (2, "i", "99999999999999999999"),
        (2, "j", "1_0"),
        (2, "b", "yes"),
        (2, "d", "soon"),
    }
    assert read.table.slice(1, 1).to_pylist()[0]["i"] is None


def test_a_bad_date_is_dropped_by_its_own_reason(source, tmp_path):
    bad = '<event><string key="concept:name" value="B"/><date key="time:timestamp" value="soon"/></event>'
    source(xes(trace(EVENT, bad, EVENT, '<event><string key="concept:name" value="C"/></event>')))
    dropped = read_log(tmp_path / "log.xes").lineage.dropped
    assert [str(d) for d in dropped] == ["1 missing timestamp (row 4)", "1 timestamp does not parse (row 2)"]


def test_mostly_bad_dates_are_an_error_with_rows(source, tmp_path):
    bad = '<event><string key="concept:name" value="B"/><date key="time:timestamp" value="soon"/></event>'
    source(xes(trace(EVENT, bad, bad)))
    with pytest.raises(LogError, match=r"2 of 3 values are not dates. row 2: 'soon'; row 3: 'soon'"):
        read_log(tmp_path / "log.xes")


def test_zones_are_kept_apart_from_no_zones(source, tmp_path):
    def log(*times):
        return xes(trace(*(EVENT.replace("2023-10-29T02:30:00.000+01:00", t) for t in times)))

    assert source(log("2023-10-29T02:30:00", "2023-10-29")).table.schema.field("time:timestamp").type.tz is None
    local = read_log(tmp_path / "log.xes", columns={"tz": "Asia/Shanghai"})
    assert local.to_frame()["end"].dt.hour.tolist() == [16, 18]
    mixed = source(log("2023-10-29T02:30:00", "2023-10-29T02:30:00.123456789+05:30"))
    assert mixed.problem_counts == {"date without a zone among dates with one": 1}
    assert [t.isoformat() for t in mixed.table["time:timestamp"].to_pylist()] == [
        "2023-10-29T02:30:00+00:00",
        "2023-10-28T21:00:00.123456+00:00",
    ]


def test_mixed_types_stay_text(source):
    read = source(xes(trace('<event><int key="k" value="1"/></event>', '<event><string key="k" value="abc"/></event>')))
    assert read.table["k"].to_pylist() == ["1", "abc"]
    assert "several types" in read.notes[0]


def test_the_first_of_two_equal_keys_stays(source):
    twice = '<event><string key="k" value="1"/><int key="k" value="2"/></event>'
    read = source(xes(trace(twice)))
    assert read.table["k"].to_pylist() == ["1"]
    assert (read.problems[0].kind, read.problems[0].row, read.problems[0].raw) == ("attribute given twice", 1, "2")


def test_an_event_cannot_forge_its_case(source, tmp_path):
    evil = EVENT.replace("<event>", '<event><string key="case:concept:name" value="EVIL"/>')
    read = source(xes(trace(evil)))
    assert read.table["event:case:concept:name"].to_pylist() == ["EVIL"]
    assert read_log(tmp_path / "log.xes").case_ids.tolist() == ["c1"]


def test_a_case_without_a_name_gets_none(source, tmp_path):
    read = source(xes(trace(EVENT, name="") + trace(EVENT, name="") + EVENT + trace(EVENT)))
    assert read.table["case:concept:name"].to_pylist() == [None, None, None, "c1"]
    assert read.problem_counts == {"trace without a name": 2, "event outside of a trace": 1}
    assert [str(d) for d in read_log(tmp_path / "log.xes").lineage.dropped] == ["3 missing case id (rows 1, 2, 3)"]


def test_two_traces_of_one_name_and_empty_traces_are_said(source):
    read = source(xes(trace(EVENT) + trace() + trace(EVENT)))
    assert read.problem_counts == {"trace without events": 1, "case id used by two traces": 2}


def test_global_defaults_are_filled_in_but_never_as_moment_or_case_id(source):
    default = '<string key="concept:name" value="UNKNOWN"/><date key="time:timestamp" value="1970-01-01T00:00:00Z"/>'
    both = "".join(f'<global scope="{s}">{default}<string key="r" value="x"/></global>' for s in ("event", "trace"))
    read = source(xes(trace("<event/>", EVENT, name=""), both))
    assert read.table["concept:name"].to_pylist() == ["UNKNOWN", "A"]
    assert read.table["time:timestamp"].null_count == 1
    assert read.table["case:concept:name"].null_count == 2
    assert read.table["case:r"].to_pylist() == read.table["r"].to_pylist() == ["x", "x"]
    assert read.problem_counts["global default not filled in"] == 3
    assert read.problem_counts["global default filled in"] == 1 + 2 + 1


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1"])
def test_declared_encodings_are_read(source, encoding):
    text = xes(trace(EVENT, name="Prüfen"), declaration=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert source(text, encoding=encoding).table["case:concept:name"].to_pylist() == ["Prüfen"]


def test_a_wrong_encoding_names_byte_and_line(source):
    with pytest.raises(LogError, match=r"byte 0xFC at line 4, column \d+"):
        source(xes("\n" + trace(EVENT, name="Prüfen")).encode("latin-1"))


def test_an_encoding_that_is_not_known_is_refused(source):
    with pytest.raises(LogError, match="encoding"):
        source(xes(trace(EVENT), declaration='<?xml version="1.0" encoding="gb2312"?>'))


def test_namespace_prefixes_are_understood(source):
    text = (
        xes(trace(EVENT)).replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns", "xmlns:x")
    )
    assert source(text).table["case:concept:name"].to_pylist() == ["c1"]


@pytest.mark.parametrize("zipped", [False, True])
def test_gzip_is_told_by_its_bytes(source, zipped):
    text = xes(trace(EVENT)).encode()
    read = source(gzip.compress(text) if zipped else text, "log.xes" if zipped else "log.xes.gz")
    assert (read.format, read.table.num_rows) == ("xes.gz" if zipped else "xes", 1)


@pytest.mark.parametrize("cut", [7, 60, 150])
def test_a_cut_file_says_how_much_was_read(source, cut):
    text = xes(trace(EVENT, EVENT) + trace(EVENT, name="c2"))
    with pytest.raises(LogError, match=r"cut off at line \d.*[23] whole events were read before; none of them is used"):
        source(text[:-cut])


def test_a_cut_gzip_file_says_how_much_was_read(source):
    text = xes("".join(trace(EVENT, EVENT, name=f"c{i}") for i in range(9000)))
    with pytest.raises(LogError, match=r"damaged or cut off after [\d,]+ whole events, in line [\d,]+"):
        source(gzip.compress(text.encode())[:-2000])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("case;act\n1;2\n", "this is not XML"),
        ("<foo/>", "its first element is <foo>, not <log>"),
        ("<log><trace></log>", "not well-formed XML: mismatched tag at line 1"),
        ('<!DOCTYPE log [<!ENTITY a "b">]><log/>', "DTD or entities"),
        (
            '<!DOCTYPE log [<!ENTITY a SYSTEM "secret.txt">]><log><string key="x" value="1"/>&a;</log>',
            "DTD or entities",
        ),
        ('<!DOCTYPE log SYSTEM "evil.dtd"><log/>', "DTD or entities"),
        ("<log>" + "<string key='k' value='v'>" * 99, "nested deeper than 64"),
        ("<log>" + "<string key='k' value='v'/>" * 10_001 + "</log>", "more than 10,000 attributes"),
        (xes(trace(f'<event><string key="k" value="{"x" * 1_000_001}"/></event>')), "more than 1,000,000 bytes"),
    ],
)
def test_what_is_no_harmless_xes_is_refused(source, text, said):
    with pytest.raises(LogError, match=said):
        source(text)


def test_elements_that_are_not_xes_are_counted(source):
    read = source(xes(trace(EVENT.replace("</event>", "<note><event/></note></event>"))))
    assert (read.table.num_rows, read.problem_counts) == (1, {"unknown element": 1})


def test_a_log_of_many_batches_keeps_its_rows_apart(source, monkeypatch):
    monkeypatch.setattr("mining.log.xescolumns.BATCH_ROWS", 3)
    events = [EVENT.replace("</event>", f'<int key="k{i % 5}" value="{i}"/></event>') for i in range(20)]
    table = source(xes(trace(*events[:7]) + trace(*events[7:], name="c2"))).table
    assert [row[f"k{i % 5}"] for i, row in enumerate(table.to_pylist())] == list(range(20))
    assert sum(table[f"k{i}"].null_count for i in range(5)) == 80
    assert table["case:concept:name"].to_pylist() == ["c1"] * 7 + ["c2"] * 13


BOMB = """
import sys
from mining.errors import LogError
from mining.log import read_log
try:
    read_log(sys.argv[1])
except LogError as error:
    print(error)
status = open('/proc/self/status').read()  # of this program alone; getrusage would count what it was forked from
print(int(status.split('VmHWM:')[1].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_gzip_bomb_is_refused_in_little_memory(tmp_path):
    path = tmp_path / "bomb.xes.gz"
    with gzip.open(path, "wb") as file:
        file.write(xes(trace(EVENT)).replace("</log>", '<trace><string key="k" value="').encode())
        for _ in range(300):
            file.write(b"A" * 1_000_000)
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", BOMB, path], cwd=root, capture_output=True, text=True, timeout=60)
    message, megabytes = done.stdout.splitlines()
    assert "one tag is longer than 8 MB" in message
    assert int(megabytes) < 500


FILES = sorted(p for p in HOSTILE.glob("*")) if HOSTILE.is_dir() else []


@pytest.mark.skipif(not FILES, reason="the folder with hostile files is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_each_hostile_file_gives_rows_or_an_error_in_words(path):
    secret = (HOSTILE / "secret.txt").read_text().strip()
    began = time.perf_counter()
    try:
        log = read_log(path)
    except MiningError as error:
        shown = str(error)
    else:
        shown = repr(log) + str(log.source.table.slice(0, 20).to_pylist())
        assert log.n_instances > 0
        assert ((log.end != MISSING) | (log.start != MISSING)).all()
    assert time.perf_counter() - began < 20
    assert secret not in shown or path.name == "secret.txt"  # only who asks for that file sees it
