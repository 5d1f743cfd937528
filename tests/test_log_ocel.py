"""Object-centric logs: what is flattened, what it costs, and that pm4py sees the same."""

import gzip
import json
import re
import sqlite3
import warnings
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mining.errors import LogError, UnknownNameError
from mining.log import EventLog
from mining.log.ocel import is_ocel, read_ocel
from tests.examples import examples

START = "1970-01-01T00:00:00Z"
SHOP = {
    "objectTypes": [
        {"name": "order", "attributes": [{"name": "price", "type": "float"}, {"name": "state", "type": "string"}]},
        {"name": "item", "attributes": [{"name": "weight", "type": "integer"}]},
        {"name": "clerk", "attributes": []},
    ],
    "eventTypes": [
        {"name": "Place", "attributes": [{"name": "lines", "type": "integer"}]},
        {"name": "Pick", "attributes": [{"name": "urgent", "type": "boolean"}]},
        {"name": "Pay", "attributes": []},
    ],
    "objects": [
        {"id": "o1", "type": "order", "attributes": [
            {"name": "price", "time": START, "value": 10.5},
            {"name": "price", "time": "2024-01-02T12:00:00Z", "value": 9.0},
            {"name": "price", "time": "2024-01-09T00:00:00Z", "value": 8.0},
            {"name": "state", "time": START, "value": "new"}],
         "relationships": [{"objectId": "i1", "qualifier": "holds"}, {"objectId": "o2", "qualifier": "twin"}]},
        {"id": "o2", "type": "order", "attributes": [{"name": "price", "time": "2024-01-02T00:00:00Z", "value": 3}]},
        {"id": "o3", "type": "order", "attributes": []},
        {"id": "i1", "type": "item", "attributes": [{"name": "weight", "time": START, "value": 7}],
         "relationships": [{"objectId": "i2", "qualifier": "with"}]},
        {"id": "i2", "type": "item", "attributes": []},
        {"id": "ann", "type": "clerk", "attributes": []},
    ],
    "events": [
        {"id": "e1", "type": "Place", "time": "2024-01-01T09:00:00+01:00", "attributes": [{"name": "lines", "value": 2}],
         "relationships": [{"objectId": "o1", "qualifier": "new"}, {"objectId": "o1", "qualifier": "main"},
                           {"objectId": "ann", "qualifier": "by"}]},
        {"id": "e2", "type": "Pick", "time": "2024-01-01T10:00:00Z", "attributes": [{"name": "urgent", "value": True}],
         "relationships": [{"objectId": "i1", "qualifier": ""}]},
        {"id": "e3", "type": "Pay", "time": "2024-01-02T12:00:00Z", "attributes": [],
         "relationships": [{"objectId": "o1", "qualifier": ""}, {"objectId": "o2", "qualifier": ""},
                           {"objectId": "i1", "qualifier": ""}, {"objectId": "i2", "qualifier": ""}]},
    ],
}  # fmt: skip


def as_json(log, path):
    path.write_text(json.dumps(log, ensure_ascii=False), "utf-8")
    return path


def text(value):
    return json.dumps(value) if isinstance(value, bool) else str(value)


def as_xml(log, path):
    def tag(name, /, **at):
        return f"<{name}" + "".join(f" {k.replace('_', '-')}={quoteattr(str(v))}" for k, v in at.items()) + ">"

    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<log>"]
    for kind in ("object", "event"):
        out.append(f"<{kind}-types>")
        for owner in log[f"{kind}Types"]:
            out += [tag(f"{kind}-type", name=owner["name"]), "<attributes>"]
            out += [tag("attribute", **a) + "</attribute>" for a in owner["attributes"]]
            out += ["</attributes>", f"</{kind}-type>"]
        out.append(f"</{kind}-types>")
    for kind in ("object", "event"):
        out.append(f"<{kind}s>")
        for owner in log[f"{kind}s"]:
            out += [tag(kind, **{k: v for k, v in owner.items() if isinstance(v, str)}), "<attributes>"]
            for a in owner["attributes"]:
                at = {k: v for k, v in a.items() if k != "value"}
                out.append(tag("attribute", **at) + escape(text(a["value"])) + "</attribute>")
            out += ["</attributes>", "<objects>"]
            for link in owner.get("relationships", []):
                given = tag("relationship", object_id=link["objectId"], qualifier=link["qualifier"])
                out.append(given.removesuffix(">") + "/>")  # as all writers do: the reader that pm4py uses needs it
            out += ["</objects>", f"</{kind}>"]
        out.append(f"</{kind}s>")
    path.write_text("\n".join([*out, "</log>"]), "utf-8")
    return path


def as_sqlite(log, path):
    path.unlink(missing_ok=True)
    kinds = {"integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN", "string": "TEXT"}
    db = sqlite3.connect(path)
    for kind in ("event", "object"):
        db.execute(f"create table {kind} (ocel_id text primary key, ocel_type text)")
        db.execute(f"create table {kind}_map_type (ocel_type text primary key, ocel_type_map text)")
        db.executemany(f"insert into {kind} values (?, ?)", [(x["id"], x["type"]) for x in log[f"{kind}s"]])
        for number, owner in enumerate(log[f"{kind}Types"]):
            db.execute(f"insert into {kind}_map_type values (?, ?)", (owner["name"], f"T{number}"))
            columns = "".join(f', "{a["name"]}" {kinds[a["type"]]}' for a in owner["attributes"])
            changed = ", ocel_changed_field text" * (kind == "object")
            db.execute(f"create table {kind}_T{number} (ocel_id text, ocel_time text{changed}{columns})")
    table = {(k, x["name"]): f"{k}_T{i}" for k in ("event", "object") for i, x in enumerate(log[f"{k}Types"])}
    for event in log["events"]:
        given = {
            "ocel_id": event["id"],
            "ocel_time": event["time"],
            **{a["name"]: a["value"] for a in event["attributes"]},
        }
        insert(db, table["event", event["type"]], given)
        for link in event["relationships"]:
            db.execute("create table if not exists event_object (ocel_event_id, ocel_object_id, ocel_qualifier)")
            db.execute("insert into event_object values (?, ?, ?)", (event["id"], link["objectId"], link["qualifier"]))
    db.execute("create table if not exists event_object (ocel_event_id, ocel_object_id, ocel_qualifier)")
    db.execute("create table object_object (ocel_source_id, ocel_target_id, ocel_qualifier)")
    for thing in log["objects"]:
        first = {a["name"]: a["value"] for a in thing["attributes"] if a["time"] == START}
        insert(db, table["object", thing["type"]], {"ocel_id": thing["id"], "ocel_time": START, **first})
        for a in thing["attributes"]:
            if a["time"] != START:
                given = {"ocel_id": thing["id"], "ocel_time": a["time"], "ocel_changed_field": a["name"]}
                insert(db, table["object", thing["type"]], {**given, a["name"]: a["value"]})
        for link in thing.get("relationships", []):
            db.execute("insert into object_object values (?, ?, ?)", (thing["id"], link["objectId"], link["qualifier"]))
    db.commit()
    db.close()
    return path


def insert(db, table, values):
    names = ", ".join(f'"{name}"' for name in values)
    db.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(values))})", list(values.values()))


WRITERS = {"json": as_json, "xml": as_xml, "sqlite": as_sqlite}


@pytest.fixture(params=WRITERS)
def shop(request, tmp_path):
    return WRITERS[request.param](SHOP, tmp_path / f"shop.{request.param}")


def test_every_format_gives_the_same_rows_counted_by_hand(shop):
    source = read_ocel(shop, "order")
    rows = source.table.select([n for n in source.table.column_names if n != "time:timestamp"]).to_pylist()
    assert rows == [
        {"case:concept:name": "o1", "concept:name": "Place", "ocel:eid": "e1", "ocel:qualifier": '["new", "main"]',
         "lines": 2, "urgent": None, "case:price": 10.5, "case:state": "new", "ocel:type:clerk": "ann", "ocel:type:item": None},
        {"case:concept:name": "o1", "concept:name": "Pay", "ocel:eid": "e3", "ocel:qualifier": "",
         "lines": None, "urgent": None, "case:price": 9.0, "case:state": "new", "ocel:type:clerk": None,
         "ocel:type:item": '["i1", "i2"]'},
        {"case:concept:name": "o2", "concept:name": "Pay", "ocel:eid": "e3", "ocel:qualifier": "",
         "lines": None, "urgent": None, "case:price": 3.0, "case:state": None, "ocel:type:clerk": None,
         "ocel:type:item": '["i1", "i2"]'},
    ]  # fmt: skip
    assert source.problems == ()
    assert source.format == "ocel"
    assert source.table["time:timestamp"].to_pylist() == [
        "2024-01-01T09:00:00+01:00", "2024-01-02T12:00:00Z", "2024-01-02T12:00:00Z",
    ]  # fmt: skip


def test_every_loss_is_counted(shop):
    lost = read_ocel(shop, "order").extras["ocel"]
    assert lost == {
        "object_type": "order",
        "events": 3,
        "rows": 3,
        "events_left_out": 1,
        "left_out": {"Pick": 1},
        "events_repeated": 1,
        "rows_repeated": 1,
        "objects": 3,
        "objects_without_events": 1,
        "other_links": {"item": 2, "clerk": 1},  # of e1 and e3; e2 is left out as a whole
        "object_links": 2,  # o1-i1 and o1-o2, not i1-i2
        "other_values": 1,
        "changes": 2,
        "values_unseen": 1,  # 8.0, after the last event
    }


def test_the_loss_is_said_where_a_reader_looks(shop):
    log = EventLog.from_source(read_ocel(shop, "order"))
    assert (
        "3 events become 3 rows. 1 events have no such object and are left out (Pick 1)"
        in read_ocel(shop, "order").notes[0]
    )
    assert log.case_ids.tolist() == ["o1", "o2"]
    assert log.lineage.rows_in == 3
    bound = EventLog.from_source(
        read_ocel(shop, "item"),
        columns={"timestamp": "time:timestamp", "attributes": {"kg": {"column": "case:weight", "type": "number"}}},
    )
    assert bound.attribute("kg").tolist()[0] == 7


def test_an_object_type_is_never_guessed(shop, tmp_path):
    with pytest.raises(LogError, match=r"Say which one with object_type=.*'order' \(3 objects\), 'item' \(2 objects\)"):
        read_ocel(shop)
    with pytest.raises(UnknownNameError, match=r"unknown object type 'orders'.*Did you mean 'order'"):
        read_ocel(shop, "orders")
    alone = {**SHOP, "objectTypes": SHOP["objectTypes"][:1], "objects": SHOP["objects"][2:3], "events": []}
    assert "the only type, 'order'" in read_ocel(as_json(alone, tmp_path / "one.json")).notes[0]


def test_what_is_wrong_in_a_file_is_counted(tmp_path):
    log = json.loads(json.dumps(SHOP))
    log["events"] += [
        {"id": "e3", "type": "Pay", "time": "soon", "relationships": [{"objectId": "o3"}, {"objectId": "nobody"}]},
        {"type": "Pay", "time": "2024-01-05T00:00:00Z", "relationships": [{"objectId": "o3"}],
         "attributes": [{"name": "colour", "value": {"red": 1}}, {"value": 1}]},
        {"id": "e6", "type": "Place", "time": "2024-01-06T00:00:00Z", "relationships": [{"objectId": "o3"}],
         "attributes": [{"name": "lines", "value": "two"}, {"name": "lines", "value": 2}, {"name": "concept:name", "value": "x"}]},
    ]  # fmt: skip
    log["objects"] += [{"id": "o3", "type": "item"}, {"id": "x"}]
    log["objects"][1]["attributes"][0]["time"] = "yesterday"
    source = read_ocel(as_json(log, tmp_path / "odd.json"), "order")
    assert source.problem_counts == {
        "object given twice": 1,
        "object without an id or a type": 1,
        "event id given twice": 1,
        "event without an id": 1,
        "attribute that is not declared": 2,
        "attribute without a name": 1,
        "link to an object that is not in the file": 1,
        "attribute given twice": 1,
        "value not of its declared type": 1,
        "attribute named like another column": 1,
        "time of a value does not parse": 1,
    }
    assert source.rejected["lines"].tolist() == [6]
    assert source.table["lines"].to_pylist()[5] is None
    assert source.table["colour"].to_pylist()[4] == '{"red": 1}'
    assert source.table["concept:name'"].to_pylist()[5] == "x"
    assert source.table["case:price"].to_pylist()[2] is None
    log = EventLog.from_source(source)
    assert [(d.reason, d.count) for d in log.lineage.dropped] == [("timestamp does not parse", 1)]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.json", b"[1, 2]", "neither JSON nor XML"),
        ("b.json", b'{"a": 1}', "this file has: 'a'"),
        ("c.json", b'{"events": {}, "objects": []}', "events: a list is needed, not dict"),
        ("d.json", b'{"events": [3], "objects": []}', "events 1: an object with named parts is needed, not int"),
        ("e.json", b'{"events": [], "objects": [', "not readable as JSON"),
        ("f.json", b'{"events": [], "objects": [], "events": []}', "the key 'events' stands twice"),
        ("g.json", b'{"ocel:events": {}}', "this is OCEL 1.0"),
        ("h.json", b'{"a":' * 200_000, "nested too deeply"),
        ("i.json", b'{"events": [], "objects": []}', "there is none"),
        ("j.xml", b"<events/>", "first element is <events>, not <log>"),
        ("k.xml", b"<log><events><event><string/></event></events></log>", "OCEL 1.0 or no OCEL"),
        ("l.xml", b'<!DOCTYPE log [<!ENTITY a "b">]><log>&a;</log>', "declares a DTD"),
        ("m.xml", b'<log><events><event id="1" type="A" time="x"/>', "not well-formed XML after 1 events"),
        ("n.xml", b"<log>" + b"<a>" * 100, "nested deeper than 64"),
        ("o.xml", b"<log><objects><object id='" + b"a" * 9_000_000, "one tag is longer than 8 MB"),
        ("p.txt", b"case,activity", "neither JSON nor XML nor SQLite"),
        ("q.gz", gzip.compress(b'{"events": []}' * 9)[:20], "damaged or cut off"),
        ("r.db", b"SQLite format 3\0" + b"x" * 500, "SQLite says"),
    ],
    ids=[*"abcdefghijklmnopqr"],
)  # fmt: skip
def test_what_is_no_ocel_is_refused_in_words(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LogError, match=re.escape(words)):
        read_ocel(path)


def test_a_file_that_inflates_beyond_all_bounds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mining.log.ocel_json.MAX_BYTES", 1 << 20)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b'{"events": [], "objects": []' + b" " * (2 << 20) + b"}"))
    with pytest.raises(LogError, match="more than 1 MB of JSON"):
        read_ocel(path)


def test_a_sqlite_file_without_the_tables_is_no_ocel(tmp_path):
    path = tmp_path / "plain.db"
    with sqlite3.connect(path) as db:
        db.execute("create table event (a)")
    db.close()
    assert not is_ocel(path, path.read_bytes()[:512])
    with pytest.raises(LogError, match="the tables object, event_object, event_map_type, object_map_type are missing"):
        read_ocel(path, "a")


def test_object_centric_files_are_told_from_others(shop, tmp_path):
    assert is_ocel(shop, shop.read_bytes()[:512])
    assert not is_ocel(tmp_path, b'<?xml version="1.0"?><log xes.version="1.0"><trace>')
    assert not is_ocel(tmp_path, b"case,activity")


def test_gzipped_files_are_read(tmp_path):
    for writer in (as_json, as_xml):
        plain = writer(SHOP, tmp_path / "plain")
        packed = tmp_path / "packed.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        assert read_ocel(packed, "order").table.equals(read_ocel(plain, "order").table)


def test_numbers_too_long_for_64_bits_stay_text(tmp_path):
    log = json.loads(json.dumps(SHOP))
    log["events"][0]["attributes"][0]["value"] = 12345678901234567890123
    assert (
        read_ocel(as_json(log, tmp_path / "long.json"), "order").table["lines"][0].as_py() == "12345678901234567890123"
    )


# --- against pm4py, and the formats against each other

names = st.sampled_from(["a", "b", "名", "x y", "<&>"])
moments = st.integers(0, 5).map(lambda day: f"2024-01-0{day + 1}T00:00:00Z")


@st.composite
def logs(draw):
    """Few objects and events, many links, changing attributes."""
    types = draw(st.lists(st.sampled_from(["order", "item", "truck"]), min_size=1, max_size=3, unique=True))
    objects = []
    for number in range(draw(st.integers(1, 6))):
        first = [{"name": "price", "time": START, "value": draw(st.integers(0, 9))}] * draw(st.integers(0, 1))
        days = draw(st.lists(st.integers(1, 6), max_size=2, unique=True)) if first else []
        more = [
            {"name": "price", "time": f"2024-01-0{d}T00:00:00Z", "value": draw(st.integers(0, 9))} for d in sorted(days)
        ]
        objects.append({"id": f"o{number}", "type": draw(st.sampled_from(types)), "attributes": first + more})
    events = []
    for number in range(draw(st.integers(1, 8))):
        linked = draw(st.lists(st.sampled_from([o["id"] for o in objects]), max_size=4))
        events.append({
            "id": f"e{number}", "type": draw(names), "time": draw(moments),
            "attributes": [{"name": "note", "value": draw(names)}] * draw(st.integers(0, 1)),
            "relationships": [{"objectId": o, "qualifier": draw(names)} for o in linked],
        })  # fmt: skip
    return {
        "objectTypes": [{"name": t, "attributes": [{"name": "price", "type": "integer"}]} for t in types],
        "eventTypes": [
            {"name": t, "attributes": [{"name": "note", "type": "string"}]} for t in sorted({e["type"] for e in events})
        ],
        "objects": objects,
        "events": events,
    }


@pytest.mark.slow
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(logs())
def test_formats_agree_and_the_account_adds_up(tmp_path, log):
    kind = log["objects"][0]["type"]
    one, *others = [read_ocel(write(log, tmp_path / f"log.{name}"), kind) for name, write in WRITERS.items()]
    for other in others:
        assert other.table.equals(one.table)
        assert other.extras == one.extras
        assert other.problem_counts == one.problem_counts == {}
    lost = one.extras["ocel"]
    mine = {o["id"] for o in log["objects"] if o["type"] == kind}
    pairs = [(e["id"], o) for e in log["events"] for o in {x["objectId"] for x in e["relationships"]} & mine]
    assert sorted(zip(*(one.table[c].to_pylist() for c in ("ocel:eid", "case:concept:name")), strict=True)) == sorted(
        pairs
    )
    assert lost["rows"] == lost["events"] - lost["events_left_out"] + lost["rows_repeated"]
    assert lost["events_left_out"] == sum(lost["left_out"].values()) == len(log["events"]) - len({e for e, _ in pairs})
    assert lost["changes"] == sum(max(len(o["attributes"]) - 1, 0) for o in log["objects"] if o["type"] == kind)


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(logs())
def test_the_value_that_holds_at_an_event_is_the_last_one_given(tmp_path, log):
    kind = log["objects"][0]["type"]
    source = read_ocel(as_json(log, tmp_path / "log.json"), kind)
    things, times = {o["id"]: o for o in log["objects"]}, {e["id"]: e["time"] for e in log["events"]}
    seen = set()
    for row in source.table.to_pylist():
        held = [(a["time"], a["value"]) for a in things[row["case:concept:name"]]["attributes"]]
        held = [(time, value) for time, value in held if time <= times[row["ocel:eid"]]]
        assert row.get("case:price") == (max(held)[1] if held else None)
        seen |= {(row["case:concept:name"], max(held)[0])} if held else set()
    cases = {row["case:concept:name"] for row in source.table.to_pylist()}
    all_given = {(o["id"], a["time"]) for o in log["objects"] if o["id"] in cases for a in o["attributes"]}
    assert source.extras["ocel"]["values_unseen"] == len(all_given - seen)


@pytest.mark.slow
@settings(max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(logs(), st.sampled_from(["json", "xml", "sqlite"]))
def test_pm4py_flattens_the_same(tmp_path, log, form):
    """A file of ours read by pm4py, and the file that pm4py then writes read by us, in each format."""
    pm4py = pytest.importorskip("pm4py")
    from pm4py.objects.ocel.importer.jsonocel.variants import ocel20_standard

    kind = log["objects"][0]["type"]
    assume(any(e["relationships"] for e in log["events"]))  # pm4py cannot read a log without any link
    path = WRITERS[form](log, tmp_path / f"log.{form}")
    again = tmp_path / f"again.{form}"
    again.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(pm4py, f"read_ocel2_{form}")(str(path))
        flat = pm4py.ocel_flattening(theirs, kind)
        plain = ocel20_standard.apply(str(as_json(log, tmp_path / "plain.json")))
        getattr(pm4py, f"write_ocel2_{form}")(plain, str(again))
    keys = ["ocel:eid", "case:concept:name", "concept:name"]
    expected = sorted(map(tuple, flat[keys].to_numpy().tolist()))
    for file in (path, again):
        table = read_ocel(file, kind).table.select(keys).to_pylist()
        assert sorted(tuple(row.values()) for row in table) == expected
