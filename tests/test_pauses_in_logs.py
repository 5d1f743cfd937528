"""Suspended time from a file to the log: kept per instance, every row accounted for."""

import pandas as pd
import pytest

from mining.binding import Lifecycle
from mining.log import EventLog
from mining.log.lifecycle import OUTSIDE, PAUSED, UNRESUMED, UNSUSPENDED
from mining.log.pairing import pairing
from mining.units import MISSING

ROWS = [
    ("1", "A", "start", 1), ("1", "A", "suspend", 2), ("1", "A", "RESUME", 4), ("1", "A", "complete", 9),
    ("1", "B", "start", 10), ("1", "B", "suspend", 11), ("1", "B", "complete", 12),
    ("2", "A", "suspend", 3), ("2", "A", "start", 4), ("2", "A", "resume", 5), ("2", "A", "complete", 6),
]  # fmt: skip


def make(words=("suspend", "resume"), lifecycle=None):
    frame = pd.DataFrame(ROWS, columns=["case", "activity", "word", "hour"])
    frame["timestamp"] = pd.Timestamp(0) + pd.to_timedelta(frame.pop("hour"), unit="h")
    frame["word"] = frame["word"].str.lower().replace({"suspend": words[0], "resume": words[1]})
    return EventLog.from_frame(frame, columns={"lifecycle": lifecycle or Lifecycle("word", "complete", "start")})


@pytest.mark.parametrize(
    "log", [make(), make(("挂起", "恢复"), Lifecycle("word", "complete", "start", None, "挂起", "恢复"))]
)
def test_suspended_time_is_known_per_instance_and_every_row_is_accounted_for(log):
    assert [x if x == MISSING else x // 3_600_000_000 for x in log.suspended.tolist()] == [2, MISSING, 0]
    assert {d.reason: (d.count, d.rows) for d in log.lineage.dropped} == {
        PAUSED: (2, (2, 3)), UNRESUMED: (1, (6,)), UNSUSPENDED: (1, (10,)), OUTSIDE: (1, (8,)),
    }  # fmt: skip
    counts = pairing(log).frame.set_index("kind")["count"]
    assert (counts["suspended"], counts["paused"], counts["unresumed"], counts["outside"]) == (2, 2, 1, 1)


def test_other_words_for_suspending_must_be_named():
    log = make(("挂起", "恢复"))
    assert (log.suspended == 0).all()
    assert {d.reason for d in log.lineage.dropped} == {"lifecycle 挂起", "lifecycle 恢复"}


def test_a_store_and_a_part_keep_it(tmp_path):
    from mining.log.store import open_store, write_store

    log = make()
    again = open_store(write_store(log, tmp_path / "x.parquet")).log()
    assert again.suspended.tolist() == log.suspended.tolist()
    assert log.take(log.case_ids == "2").suspended.tolist() == [0]
