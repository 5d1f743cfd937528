"""The monitor: what it says after every event is what a study of the events so far says."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.conformance import verdicts as v
from mining.conformance.deadlines import deadlines
from mining.errors import LogError, MiningError, UnknownNameError
from mining.log.times import iso
from mining.monitor import Monitor
from mining.monitor.core import moment_of
from mining.monitor.growing import Chains, Growing, Words
from mining.monitor.tables import Faults
from mining.units import MISSING
from tests import helpers
from tests.examples import STUDIES, examples
from tests.helpers import MONDAY, ROOT, blueprint, frame

SAMPLES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
KEYS = ["check", "case_id", "at", "kind", "activity", "partner", "row", "measured"]
BASIS = {"severity": "major", "basis": "test"}


def agree(one, other, by):
    """Two frames hold the same, whatever the order of the rows."""
    assert list(one.columns) == list(other.columns)
    one, other = (x.astype(object).sort_values(by, kind="stable").reset_index(drop=True) for x in (one, other))
    pd.testing.assert_frame_equal(one.where(one.notna(), None), other.where(other.notna(), None))


def same_as_batch(monitor, events, norm, now=None, **more):
    """The verdicts and faults of a monitor are those of a study of the same events, up to the same moment."""
    log = mining.EventLog.from_frame(events, columns=norm.binding)
    study = mining.Study(log, norm, known_until=now, **more)
    agree(monitor.verdicts().frame, study.verdicts().frame, ["case_id", "check"])
    agree(monitor.faults().frame, study.deviations().frame[list(Faults.columns)], KEYS)
    assert str(monitor.lineage) == str(log.lineage)


def fed(norm, events, sizes, **more):
    """A monitor that was asked after every portion of the events."""
    monitor, at = Monitor(norm, **more), 0
    for size in sizes:
        monitor.add_rows(events.iloc[at : at + size])
        monitor.alerts()
        at += size
    return monitor


# --- a service with every rule kind and every metric ----------------------------------------------------------------

KINDS = (
    {"kind": "must_occur", "a": "b"}, {"kind": "must_not_occur", "a": "d"}, {"kind": "at_most", "a": "c", "n": 1},
    {"kind": "starts_with", "a": "a"}, {"kind": "ends_with", "a": "e"}, {"kind": "precedence", "a": "a", "b": "c"},
    {"kind": "response", "a": "b", "b": "c", "within": "3h"}, {"kind": "response", "a": "a", "b": "d"},
    {"kind": "succession", "a": "b", "b": "d", "within": "6bh", "calendar": "office"},
    {"kind": "immediate_response", "a": "b", "b": "c"}, {"kind": "immediate_precedence", "a": "c", "b": "d"},
    {"kind": "not_followed_by", "a": "d", "b": "b"}, {"kind": "together", "a": "b", "b": "d"},
    {"kind": "not_together", "a": "c", "b": "d"}, {"kind": "four_eyes", "a": "b", "b": "c"},
    {"kind": "same_handler", "a": "c", "b": "d"}, {"kind": "performed_by", "a": "c", "role": "clerk"},
    {"kind": "not_before", "a": "a", "b": "c", "after": "2h"},
    {"kind": "precedence", "a": "b", "b": "d", "a_at": "start"},
)  # fmt: skip
METRICS = (
    {"metric": "elapsed", "from": "a", "to": "c", "max": "4h"},
    {"metric": "elapsed", "from": "a", "to": "d", "max": "5bh", "calendar": "office"},
    {"metric": "elapsed", "from": "case_start", "to": "case_end", "max": "1bd", "calendar": "office",
     "stop_clock": [{"from": "b", "to": "c"}]},
    {"metric": "elapsed", "from": "case_start", "to": "d", "max": "3h", "stop_clock": [{"from": "b", "to": "next_event"}]},
    {"metric": "elapsed", "from": "b", "to": "d", "max": "2.1h"},
    {"metric": "handling", "of": "c", "max": "45min"}, {"metric": "waiting", "of": "c", "max": "1h"},
    {"metric": "due_date", "of": "case_end", "due": "due"},
)  # fmt: skip
ALLOW = {
    "id": "A1", "match": {"kind": "late"}, "decision": "accepted", "reason": {"en": "test"}, "approved_by": "x",
    "valid": ["2026-03-02", "2026-03-02"], "when": [{"attr": "size", "op": ">", "value": 5}],
}  # fmt: skip


def everything(**more):
    """A service with all of it."""
    rules = [{"id": f"R{i}", **BASIS, **rule} for i, rule in enumerate(KINDS)]
    standards = [{"id": f"S{i}", "dimension": "time", **BASIS, **metric} for i, metric in enumerate(METRICS)]
    log = {
        "case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
        "attributes": {"size": {"column": "size", "type": "number"}, "due": {"column": "due", "type": "datetime"}},
        "ignore": ["X"], "tz": "UTC",
    }  # fmt: skip
    rules[5]["when"] = [{"attr": "size", "op": ">", "value": 3}]
    scope = {"starts_with": ["a"], "ends_with": ["e"], "unit_of_analysis": "one case", "abandoned_after": "20h"}
    flow = ["a", {"parallel": ["b", {"optional": {"loop": "c"}}]}, {"optional": "d"}, "e"]
    given = {"rules": rules, "standards": standards, "log": log, "scope": scope, "allow": [ALLOW], **more}
    return blueprint(flow, "abcde", **given)


NORM = everything()
MOMENTS = st.integers(0, 40).map(lambda n: n / 2)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", None]), st.sampled_from(["A", "B", "C", "D", "E", "X", "?", None]), MOMENTS,
        st.none() | st.integers(0, 4).map(lambda n: n / 2), st.sampled_from(["ann", "bob", "eve", None]),
        st.none() | st.integers(0, 9), st.none() | st.integers(0, 30), st.booleans(),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


def log_of(events):
    """Events as a frame: some without an end, some out of order."""
    rows = [
        {
            "case": case, "activity": label, "start": None if length is None else MONDAY + pd.Timedelta(hours=end - length),
            "end": pd.NaT if unfinished and length is not None else MONDAY + pd.Timedelta(hours=end), "resource": who,
            "size": size, "due": None if due is None else MONDAY + pd.Timedelta(hours=due),
        }
        for case, label, end, length, who, size, due, unfinished in events
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    for name in ("start", "end", "due"):
        table[name] = pd.to_datetime(table[name], utc=True).astype("datetime64[us, UTC]")
    table["size"] = table["size"].astype(float)
    return table


def usable(table):
    """Whether a study of the rows is possible at all."""
    return bool((table["case"].notna() & table["activity"].isin(list("ABCDE"))).any())


@pytest.mark.study
@settings(max_examples=examples(30, 60), deadline=None)
@given(EVENTS, st.lists(st.integers(1, 4), min_size=14, max_size=14))
def test_after_every_portion_the_monitor_says_what_the_batch_says(events, sizes):
    table, monitor, at = log_of(events), Monitor(NORM, horizon="2h"), 0
    for size in sizes:
        if at >= len(table):
            return
        monitor.add_rows(table.iloc[at : at + size])
        at += size
        monitor.alerts()
        if usable(table.iloc[:at]):
            same_as_batch(monitor, table.iloc[:at], NORM)


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(EVENTS, st.integers(0, 60))
def test_time_that_goes_on_without_events_changes_verdicts_as_in_the_batch(events, hours):
    table = log_of(events)
    if not usable(table):
        return
    monitor = fed(NORM, table, [len(table)])
    monitor.at(MONDAY + pd.Timedelta(hours=hours))
    monitor.alerts()
    same_as_batch(monitor, table, NORM, now=moment_of(monitor.now))


@settings(max_examples=examples(60), deadline=None)
@given(EVENTS)
def test_a_verdict_turns_to_fail_right_after_its_deadline_and_not_before(events):
    table = log_of(events)
    if not usable(table):
        return
    log = mining.EventLog.from_frame(table, columns=NORM.binding)

    def failing(moment):
        study = mining.Study(log, NORM, known_until=moment)
        return {check.id: check.verdict == v.FAIL for check in study.checks}

    study = mining.Study(log, NORM)
    now, end = study.instances.now, study.calendars["office"].end
    found = {each.check: each for each in deadlines(NORM, study.instances, study.is_open, study.calendars)}
    before = failing(now)
    for id, each in found.items():
        for case, at in zip(each.case.tolist(), each.at.tolist(), strict=True):
            if before[id][case]:
                continue
            if at == MISSING:
                assert not failing(end)[id][case], (id, "breaks though it has no deadline")
            else:
                assert at >= now, (id, "passed, and not broken")
                assert not failing(at)[id][case], (id, iso(at), "broken before its deadline")
                assert failing(at + 1)[id][case], (id, iso(at), "not broken after its deadline")
    late = failing(end)
    for id, broken in late.items():  # nothing breaks by waiting that was not announced
        known = set(found[id].case.tolist()) if id in found else set()
        assert set(np.flatnonzero(broken & ~before[id]).tolist()) <= known, id


# --- the sample services --------------------------------------------------------------------------------------------


def sample(name):
    """Blueprint and rows of a sample service."""
    norm = mining.read_blueprint(ROOT / f"sample_logs/{name}/blueprint.yaml")
    table = mining.read_log(ROOT / f"sample_logs/{name}/log.csv", columns=norm.binding).source.table
    return norm, pd.DataFrame({column: table[column].to_pylist() for column in table.column_names})


@pytest.mark.slow
@pytest.mark.study
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_log_in_random_portions_and_out_of_order_ends_in_the_verdicts_of_the_batch(name):
    """The first third of each log; in ``make studies`` all of it."""
    norm, rows = sample(name)
    chance = np.random.default_rng(7)
    if not STUDIES:
        rows = rows.head(len(rows) // 3)
    late = rows.iloc[np.argsort(np.arange(len(rows)) + chance.uniform(0, 300, len(rows)), kind="stable")]
    for events in (rows, late.reset_index(drop=True)):
        sizes = chance.integers(1, 3000, 200)
        monitor = fed(norm, events, sizes[: np.searchsorted(np.cumsum(sizes), len(events)) + 1], horizon="1d")
        same_as_batch(monitor, events, norm)


@pytest.mark.slow
def test_a_sample_log_event_by_event_ends_in_the_verdicts_of_the_batch():
    norm, rows = sample("outpatient_visit")
    rows = rows.head(400)
    monitor = Monitor(norm)
    columns = monitor._columns
    for row in rows.to_dict("records"):
        known = {name: row[column] for name, column in columns.items()}
        monitor.add(case=row["case_id"], activity=row["activity"], timestamp=row["end"], **known)
        monitor.alerts()
    same_as_batch(monitor, rows, norm)


def test_a_monitor_that_was_packed_and_unpacked_goes_on():
    norm, rows = sample("permit_receipt")
    rows = rows.head(1500)
    first = fed(norm, rows.head(700), [700])
    second = pickle.loads(pickle.dumps(first))
    second.add_rows(rows.iloc[700:])
    assert not {alert["id"] for alert in first.told} & set(second.alerts().frame["id"])
    same_as_batch(second, rows, norm)


# --- alerts and board, by hand --------------------------------------------------------------------------------------

TIMES = [
    {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "4bh", "calendar": "office", **BASIS},
    {"id": "S2", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": "2h",
     "stop_clock": [{"from": "d", "to": "c"}], **BASIS},
]  # fmt: skip
CLOCK = blueprint(["a", {"free": ["b", "c", "d"]}, "e"], standards=TIMES)


def at(hours):
    return MONDAY + pd.Timedelta(hours=hours)


def add(monitor, case, label, hours, **more):
    monitor.add(case=case, activity=label, timestamp=at(hours).to_pydatetime(), resource="ann", **more)


def told(monitor):
    return [(row.case_id, row.kind, row.check, row.at, row.rows) for row in monitor.alerts().frame.itertuples()]


def test_alerts_of_a_running_case_by_hand():
    monitor = Monitor(CLOCK, horizon="1h")
    add(monitor, "1", "A", 6)  # Monday 15:00: 4 open hours end on Tuesday at 11:00
    assert told(monitor) == []
    assert monitor.board().frame[["next_check", "next_deadline", "waits_for"]].values.tolist() == [["S2", at(8), "b"]]
    add(monitor, "2", "E", 7)  # another case: time goes on
    assert ("1", "will_break", "S2", at(7), "") in told(monitor)
    add(monitor, "2", "E", 9)
    assert [x for x in told(monitor) if x[0] == "1"] == [("1", "broken", "S2", at(8), "1")]
    assert monitor.board().frame["broken"].tolist() == [("S2",)]
    assert monitor.board().frame["broken_at"].tolist() == [(at(8),)]
    monitor.at(at(24 + 2))
    assert told(monitor) == [("1", "will_break", "S1", at(26), "")]  # 11:00 itself is in time
    monitor.at(at(26) + pd.Timedelta(microseconds=1))
    assert told(monitor) == [("1", "broken", "S1", at(26), "1")]
    assert told(monitor) == []


def test_a_late_event_mends_and_a_clock_that_stands_still_has_no_deadline():
    monitor = Monitor(CLOCK)
    add(monitor, "1", "A", 0)
    add(monitor, "2", "A", 3)
    broken = [("1", "broken", "S2", at(2), "1")]
    assert told(monitor) == broken
    add(monitor, "1", "B", 1)  # two hours late in the stream, not in the service
    assert told(monitor) == [("1", "recovered", "S2", at(3), "")]
    add(monitor, "2", "D", 3.5)
    board = monitor.board().frame.set_index("case_id")
    assert board.loc["2", "stopped"] == ("S2",)
    assert board.loc["2", "next_check"] == "S1"
    assert board.loc["1", "done"] == ("a", "b")
    monitor.at(at(2000))
    assert ("2", "S2") not in {(x[0], x[2]) for x in told(monitor)}


def test_the_same_alert_has_the_same_id_in_every_run_and_is_given_once():
    events = frame({"1": [("A", 0.0), ("C", 9.0)], "2": [("A", 1.0), ("B", 8.0), ("E", 9.0)]}).sort_values("end")
    runs = []
    for sizes in ([1] * 5, [1] * 5, [2, 3]):
        monitor, found, place = Monitor(CLOCK), [], 0
        for size in sizes:
            monitor.add_rows(events.iloc[place : place + size])
            place += size
            found += monitor.alerts().frame[["case_id", "check", "kind", "id"]].values.tolist()
        assert len({x[3] for x in found}) == len(found) > 0
        runs.append({tuple(x) for x in found})
    assert runs[0] == runs[1]
    assert runs[2] & runs[0] == {x for x in runs[2] if x[:3] in {y[:3] for y in runs[0]}} != set()


def test_what_breaks_in_a_running_case_is_known_before_its_end():
    monitor = Monitor(blueprint(["a", "b", "c"], "abc", [*"c"]))
    add(monitor, "1", "A", 0)
    add(monitor, "1", "C", 1)
    row = monitor.alerts().frame.iloc[0]
    assert (row["check"], row["kind"], row["fault"], row["activity"], row["rows"]) == (
        "path",
        "broken",
        "missing",
        "b",
        "",
    )
    assert "“Step b”" in row["text_en"]
    assert "“步骤b”" in row["text_zh"]


def test_a_finished_case_is_opened_again_by_a_late_event():
    norm = blueprint(["a", "b"], "ab", rules=[{"id": "R1", "kind": "at_most", "a": "a", "n": 1, **BASIS}])
    monitor = Monitor(norm)
    add(monitor, "1", "A", 0)
    add(monitor, "1", "B", 1)
    assert len(monitor.alerts()) == 0
    assert len(monitor.board()) == 0
    add(monitor, "1", "A", 0.5)
    assert set(monitor.alerts().frame["check"]) == {"path", "R1"}


def test_the_first_start_in_a_stream_is_news_for_every_case():
    handling = {"id": "S1", "dimension": "time", "metric": "handling", "of": "b", "max": "1h", **BASIS}
    norm = blueprint(["a", {"optional": "b"}, "c"], "abc", standards=[handling])
    events = frame({"1": [("A", 0.0), ("C", 1.0)], "2": [("A", 2.0), ("B", 5.0, "ann", 3.0)]})
    monitor = fed(norm, events.iloc[:2], [2])

    def verdict():
        return monitor.verdicts().frame.set_index(["case_id", "check"]).loc[("1", "S1"), "verdict"]

    assert verdict() == "not_observable"  # no start was ever seen: nothing can be said of handling
    monitor.add_rows(events.iloc[2:])
    assert [(x[0], x[1], x[2]) for x in told(monitor)] == [("2", "broken", "S1")]
    assert verdict() == "not_applicable"  # starts are known now, and the case had none to handle
    same_as_batch(monitor, events, norm)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_same_steps_with_and_without_a_tie_are_told_apart(order):
    cases = {"tied": [("A", 0.0), ("C", 1.0), ("B", 1.0)], "not": [("A", 0.0), ("C", 1.0), ("B", 2.0)]}
    norm, names = blueprint(["a", "b", "c"], "abc"), [list(cases)[i] for i in order]
    parts = [frame({name: cases[name]}) for name in names]
    monitor = Monitor(norm)
    for part in parts:
        monitor.add_rows(part)
        assert {x[0] for x in told(monitor) if x[2] == "path"} == set(part["case"]) & {"not"}
    same_as_batch(monitor, pd.concat(parts, ignore_index=True), norm)


def test_an_empty_monitor_answers():
    monitor = Monitor(CLOCK, horizon="1h")
    assert monitor.now is None
    assert [len(x) for x in (monitor.alerts(), monitor.board(), monitor.verdicts(), monitor.faults())] == [0, 0, 0, 0]
    assert monitor.counts() == {"rows": 0, "cases": 0, "open": 0, "broken": 0, "soon": 0}
    assert "0 rows" in repr(monitor)


def test_rows_that_cannot_be_used_are_counted_as_in_a_log():
    rows = pd.DataFrame(
        {
            "case": ["1", None, "1", "1"], "activity": ["A", "A", " ", "B"],
            "end": ["2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", "soon"],
            "start": [None] * 4, "resource": [None] * 4,
        }
    )  # fmt: skip
    monitor = fed(CLOCK, rows, [1, 2, 1])
    log = mining.EventLog.from_frame(rows, columns=CLOCK.binding)
    assert str(monitor.lineage) == str(log.lineage)
    assert "timestamp does not parse" in str(monitor.lineage)


# --- mistakes -------------------------------------------------------------------------------------------------------


def test_mistakes_are_said():
    monitor = Monitor(CLOCK)
    with pytest.raises(UnknownNameError, match="amount"):
        monitor.add(case="1", activity="A", timestamp="2026-03-02T10:00:00Z", amount=3)
    with pytest.raises(LogError, match="there is no column"):
        monitor.add_rows(pd.DataFrame({"case": ["1"], "activity": ["A"]}))
    with pytest.raises(MiningError, match="business time"):
        Monitor(CLOCK, horizon="4bh")
    with pytest.raises(MiningError, match="no time zone"):
        monitor.at("2026-03-02T10:00:00")
    with pytest.raises(MiningError, match="no moment"):
        monitor.at("soon")
    with pytest.raises(MiningError, match="keeps no state"):
        monitor.commit()


def test_dates_that_the_first_rows_leave_open_are_refused_and_what_they_decide_is_kept():
    def rows(*moments):
        return pd.DataFrame({"case": "1", "activity": "A", "end": moments, "start": None, "resource": None})

    with pytest.raises(LogError, match="may be day/month or month/day"):
        Monitor(CLOCK).add_rows(rows("03/04/2026"))
    monitor = Monitor(CLOCK)
    monitor.add_rows(rows("13/04/2026", "03/04/2026"))
    monitor.add_rows(rows("05/06/2026"))
    monitor.alerts()
    assert monitor.now.date().isoformat() == "2026-06-05"


# --- the state -------------------------------------------------------------------------------------------------------


def test_a_state_goes_on_where_it_was_committed(tmp_path):
    state, events = tmp_path / "s.sqlite", frame({"1": [("A", 0.0), ("C", 9.0)], "2": [("A", 8.0), ("B", 30.0)]})
    first = Monitor(CLOCK, state=state)
    first.add_rows(events.iloc[:2])
    known = set(first.alerts().frame["id"])
    first.commit({"offset": 2})
    first.add_rows(events.iloc[2:])  # never committed
    first.alerts()
    first.close()
    second = Monitor(CLOCK, state=state)
    assert second.position == {"offset": 2}
    assert second.n_rows == 2
    assert len(second.alerts()) == 0
    second.add_rows(events.iloc[2:])
    assert not known & set(second.alerts().frame["id"])
    same_as_batch(second, events, CLOCK)
    second.close()


def test_a_state_belongs_to_one_blueprint_and_one_monitor(tmp_path):
    state = tmp_path / "s.sqlite"
    one = Monitor(CLOCK, state=state)
    with pytest.raises(MiningError, match="in use by another monitor"):
        Monitor(CLOCK, state=state)
    one.close()
    with pytest.raises(MiningError, match="belongs to another blueprint"):
        Monitor(blueprint(["a", "b"]), state=state)
    (tmp_path / "x.txt").write_text("no database, but some words in a file that is long enough" * 9)
    with pytest.raises(MiningError, match="is no state of a monitor"):
        Monitor(CLOCK, state=tmp_path / "x.txt")


# --- arrays that grow ------------------------------------------------------------------------------------------------


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.lists(st.integers(-1, 6), max_size=9), max_size=6), st.lists(st.integers(0, 6), unique=True))
def test_the_rows_of_a_group_come_back_in_their_order(batches, asked):
    chains, all_rows = Chains(), [group for batch in batches for group in batch]
    chains.add(np.empty(0, np.int64), 7)
    for batch in batches:
        chains.add(np.array(batch, np.int64), 7)
    rows, offsets = chains.rows(np.array(asked, np.int64))
    expected = [[i for i, group in enumerate(all_rows) if group == g] for g in asked]
    assert [rows[a:b].tolist() for a, b in zip(offsets, offsets[1:], strict=False)] == expected
    assert chains.sizes(np.array(asked, np.int64)).tolist() == [len(x) for x in expected]


def test_growing_arrays_and_words_keep_what_they_hold():
    grown, wide, words = Growing(np.int64, -1), Growing(float, np.nan, 2), Words()
    for n in range(3000):
        grown.add(np.array([n]))
    wide.grow(5)
    assert grown.values.tolist() == list(range(3000))
    assert wide.values.shape == (5, 2)
    assert np.isnan(wide.values).all()
    assert words.codes(["x", "y", "x"]).tolist() == [0, 1, 0]
    assert words.at(np.array([1, -1])).tolist() == ["y", None]
    assert helpers.MONDAY.tzinfo is not None
