"""Lifecycle pairing worked by hand, against a slow queue, and the account of every event."""

from collections import deque

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import LogError
from mining.log import EventLog
from mining.log.lifecycle import COMPLETE, OUTSIDE, SCHEDULE, START, pair
from mining.units import MISSING
from tests.examples import examples

WORDS = {"column": "word", "complete": "complete", "start": "start", "schedule": "schedule"}


def make(rows, lifecycle=WORDS, **more):
    """A log from (case, activity, word, hour) rows."""
    frame = pd.DataFrame(rows, columns=["case", "activity", "word", "hour"])
    frame["timestamp"] = pd.Timestamp(0) + pd.to_timedelta(frame.pop("hour"), unit="h")
    return EventLog.from_frame(frame, columns={"lifecycle": lifecycle, **more})


def hours(values):
    return [None if v == MISSING else v // 3_600_000_000 for v in values.tolist()]


def test_one_instance_of_three_events():
    log = make([("1", "A", "schedule", 1), ("1", "A", "start", 2), ("1", "A", "complete", 5)])
    assert (hours(log.scheduled), hours(log.start), hours(log.end)) == ([1], [2], [5])
    assert (log.scheduled_row.tolist(), log.start_row.tolist(), log.row.tolist()) == ([1], [2], [3])
    assert log.lineage.used == {"completion": 1, "start": 1, "schedule": 1}


def test_overlapping_instances_pair_first_in_first_out():
    log = make([("1", "A", w, h) for w, h in [("start", 1), ("start", 2), ("complete", 3), ("complete", 4)]])
    assert list(zip(hours(log.start), hours(log.end), strict=True)) == [(1, 3), (2, 4)]


def test_a_complete_without_start_and_a_start_without_complete():
    log = make([("1", "A", "complete", 1), ("1", "A", "start", 2), ("1", "B", "start", 3), ("1", "B", "complete", 4)])
    assert list(zip(hours(log.start), hours(log.end), log.row.tolist(), strict=True)) == [
        (None, 1, 1),
        (2, None, 2),
        (3, 4, 4),
    ]
    assert log.start_row.tolist() == [0, 2, 3]


def test_a_later_start_is_not_taken_by_an_earlier_complete():
    log = make([("1", "A", "start", 5), ("1", "A", "complete", 3)])
    assert list(zip(hours(log.start), hours(log.end), strict=True)) == [(None, 3), (5, None)]


def test_an_instance_without_duration_is_one_whatever_the_file_order():
    log = make([("1", "A", "complete", 3), ("1", "A", "start", 3)])
    assert (hours(log.start), hours(log.end), log.row.tolist()) == ([3], [3], [1])


def test_cases_and_labels_do_not_mix():
    log = make([("1", "A", "start", 1), ("2", "A", "complete", 2), ("1", "B", "complete", 2)])
    assert log.n_instances == 3
    assert (log.start[log.end != MISSING] == MISSING).all()


def test_events_that_make_no_instance_are_counted_by_reason():
    log = make(
        [
            ("1", "A", "schedule", 1),
            ("1", "A", "Suspend", 2),
            ("1", "A", None, 2),
            ("1", "A", "COMPLETE", 3),
            ("2", "A", "schedule", 1),
        ]
    )
    assert {d.reason: (d.count, d.rows) for d in log.lineage.dropped} == {
        "scheduled, never started": (2, (1, 5)),
        OUTSIDE: (1, (2,)),
        "lifecycle missing": (1, (3,)),
    }
    assert log.n_instances == log.n_cases == 1
    assert "1 case ids have no usable row and are not among the cases" in log.notes
    assert "column 'word' never says 'start'" in log.notes


def test_starts_are_dropped_and_counted_if_the_binding_has_no_word_for_them():
    rows = [("1", "A", "start", 1), ("1", "A", "complete", 2)]
    log = make(rows, {"column": "word", "complete": "complete"})
    assert [str(d) for d in log.lineage.dropped] == ["1 lifecycle start (row 1)"]
    assert hours(log.start) == [None]


def test_standard_words_are_recognised():
    frame = make([("1", "A", "START", 1), ("1", "A", "COMPLETE", 2)]).source.table.to_pandas()
    log = EventLog.from_frame(frame.rename(columns={"word": "lifecycle:transition"}))
    assert log.binding.lifecycle.start == "START"
    assert (hours(log.start), hours(log.end)) == ([1], [2])


def test_a_lifecycle_that_is_not_bound_is_said():
    log = make([("1", "A", "start", 1), ("1", "A", "complete", 2)])
    frame = log.source.table.to_pandas().rename(columns={"word": "lifecycle"})
    plain = EventLog.from_frame(frame, columns={"resource": None})
    assert plain.n_instances == 2
    assert "'lifecycle' also says 'start', but no lifecycle is bound" in " ".join(plain.notes)


def test_a_word_that_never_occurs_is_refused():
    with pytest.raises(LogError, match=r"never says 'done'. It says: 'complete'"):
        make([("1", "A", "complete", 2)], {"column": "word", "complete": "done"})


def test_a_start_column_and_a_start_word_contradict_each_other():
    with pytest.raises(LogError, match="Only one can say when an activity started"):
        make([("1", "A", "complete", 2)], start="word")


def slow_pairs(group, kind, time):
    """The definition, one event at a time."""
    order = sorted(range(len(group)), key=lambda i: (time[i], kind[i], i))
    schedules, starts = {}, {}
    scheduled, made = {}, set()
    for i in order:
        if kind[i] == SCHEDULE:
            schedules.setdefault(group[i], deque()).append(i)
        elif kind[i] == START:
            starts.setdefault(group[i], deque()).append(i)
            waiting = schedules.get(group[i])
            scheduled[i] = waiting.popleft() if waiting else -1
        else:
            waiting = starts.get(group[i])
            start = waiting.popleft() if waiting else -1
            made.add((scheduled.get(start, -1), start, i))
    made |= {(scheduled[i], i, -1) for queue in starts.values() for i in queue}
    return made, {i for queue in schedules.values() for i in queue}


@settings(deadline=None, max_examples=examples(300))
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([SCHEDULE, START, COMPLETE]), st.integers(0, 6)), max_size=14)
)
def test_pairing_equals_the_definition(events):
    group, kind, time = (np.array([e[i] for e in events], np.int64) for i in range(3))
    pairs = pair(group, kind, time)
    made = list(zip(pairs.scheduled.tolist(), pairs.started.tolist(), pairs.completed.tolist(), strict=True))
    expected, unused = slow_pairs(group, kind, time)
    assert len(made) == len(expected)
    assert set(made) == expected
    assert set(pairs.unused.tolist()) == unused


@settings(deadline=None, max_examples=examples(40))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", None]),
            st.sampled_from(["A", "B", ""]),
            st.sampled_from(["schedule", "start", "complete", "abort", None]),
            st.sampled_from([1, 2, 3, None]),
        ),
        max_size=10,
    )
)
def test_every_row_is_used_or_dropped(rows):
    log = make([("1", "A", "complete", 0), *rows])
    lineage = log.lineage
    assert lineage.rows_in == len(rows) + 1 == sum(lineage.used.values()) + lineage.rows_dropped
    evidence = np.concatenate([log.row, log.start_row[log.end != MISSING], log.scheduled_row])
    evidence = evidence[evidence > 0]
    assert len(evidence) == len(set(evidence.tolist())) == sum(lineage.used.values())
