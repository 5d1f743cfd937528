"""Events one by one: moments of several kinds, deadlines that come back, alerts that were not fetched before the end."""

import datetime as dt

import pandas as pd
import pytest

import mining
from mining.errors import MiningError
from tests.helpers import blueprint

RULE = {"id": "R", "kind": "response", "a": "a", "b": "b", "within": "3h", "severity": "major", "basis": "x"}


def norm(tz="UTC"):
    log = {"case": "case", "activity": "activity", "timestamp": "timestamp", "tz": tz}
    return blueprint([{"free": ["a", "b"]}, "c"], "abc", rules=[RULE], log=log)


def moments(monitor):
    return monitor.faults().frame["at"].tolist()


def test_a_deadline_that_comes_back_is_warned_of_once_and_the_state_goes_on(tmp_path):
    state = tmp_path / "state"
    monitor = mining.Monitor(norm(), horizon="3h", state=state)
    told = []
    for label, time in (("A", "09:00"), ("A", "08:30"), ("B", "08:45"), ("A", "09:10")):
        monitor.add(case="1", activity=label, timestamp=f"2026-03-02T{time}:00Z")
        told += monitor.alerts().frame[["kind", "deadline"]].astype(str).to_numpy().tolist()
        monitor.commit()
    assert [t[1][11:16] for t in told if t[0] == "will_break"] == ["12:00", "11:30"]
    monitor.close()
    again = mining.Monitor(norm(), horizon="3h", state=state)
    assert len(again.alerts()) == 0
    again.close()


@pytest.mark.parametrize("turned", [False, True])
def test_a_moment_with_a_zone_and_one_without_are_read_each_for_itself(turned):
    monitor = mining.Monitor(norm("Asia/Shanghai"))
    events = [("A", "2026-03-02T01:00:00Z"), ("A", "2026-03-02T09:00:00")]
    for label, time in reversed(events) if turned else events:
        monitor.add(case="1", activity=label, timestamp=time)
    assert monitor.n_rows == 2
    monitor.at("2026-03-02T04:30:00Z")
    found = monitor.faults().frame
    assert found["measured"].tolist() == [3.5, 3.5]  # both were the same moment


def test_values_of_several_kinds_lose_no_event():
    monitor = mining.Monitor(norm())
    monitor.add(case="1", activity="A", timestamp="2026-03-02T09:00:00Z")
    monitor.add(case=2, activity="A", timestamp=dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC))
    monitor.add(case=3, activity="A", timestamp=pd.Timestamp("2026-03-02 09:00", tz="UTC"))
    monitor.alerts()
    assert monitor.n_rows == 3
    assert sorted(monitor.verdicts().frame["case_id"].unique()) == ["1", "2", "3"]


def test_alerts_that_nobody_fetched_are_given_after_the_next_start(tmp_path):
    first = mining.Monitor(norm(), state=tmp_path / "state")
    first.add(case="1", activity="A", timestamp="2026-03-02T09:00:00Z")
    first.add(case="2", activity="A", timestamp="2026-03-02T19:00:00Z")
    first.commit()
    first.close()
    again = mining.Monitor(norm(), state=tmp_path / "state")
    assert again.alerts().frame[["case_id", "check", "kind"]].to_numpy().tolist() == [["1", "R", "broken"]]
    again.close()


def test_a_portion_without_a_needed_column_is_refused_in_words():
    monitor = mining.Monitor(norm())
    monitor.add_rows(pd.DataFrame({"case": ["1"], "activity": ["A"], "timestamp": ["2026-03-02T09:00:00Z"]}))
    with pytest.raises(MiningError, match="timestamp"):
        monitor.add_rows(pd.DataFrame({"case": ["1"], "activity": ["B"]}))
