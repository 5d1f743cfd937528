"""Suspends and resumes worked by hand, against a slow reading of the same rules, and the pairing report."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.binding import Lifecycle
from mining.log import EventLog
from mining.log.lifecycle import COMPLETE, RESUME, START, SUSPEND, kinds_of, pair, pauses
from mining.log.pairing import overlapping, pairing
from mining.log.words import catalogue
from mining.units import MISSING
from tests.examples import examples

WORDS = {"column": "word", "complete": "complete", "start": "start", "schedule": "schedule"}


def lay(events, instances):
    """Pauses of (group, kind, time) events on (group, start, end) instances."""
    group, kind, time = (np.array(x) for x in zip(*events, strict=True))
    return pauses(group, kind, time, *(np.array(x) for x in zip(*instances, strict=True)))


def make(rows):
    frame = pd.DataFrame(rows, columns=["case", "activity", "word", "hour"])
    frame["timestamp"] = pd.Timestamp(0) + pd.to_timedelta(frame.pop("hour"), unit="h")
    return EventLog.from_frame(frame, columns={"lifecycle": WORDS})


def test_two_pauses_of_one_instance_add_up():
    found = lay([(0, SUSPEND, 2), (0, RESUME, 3), (0, SUSPEND, 5), (0, RESUME, 9)], [(0, 1, 10)])
    assert found.length.tolist() == [5]
    assert found.used.tolist() == [0, 1, 2, 3]


def test_time_suspended_twice_over_counts_once():
    found = lay([(0, SUSPEND, 2), (0, SUSPEND, 3), (0, RESUME, 6), (0, RESUME, 8)], [(0, 1, 10)])
    assert found.length.tolist() == [6]  # from 2 to 8


def test_a_suspend_without_resume_leaves_the_length_unknown():
    found = lay([(0, SUSPEND, 2), (0, RESUME, 3), (0, SUSPEND, 5)], [(0, 1, 10)])
    assert found.length.tolist() == [MISSING]
    assert (found.used.tolist(), found.unresumed.tolist()) == ([0, 1], [2])


def test_a_resume_alone_and_events_while_nothing_runs():
    events = [(0, RESUME, 2), (0, SUSPEND, 12), (1, SUSPEND, 2), (0, SUSPEND, 0)]
    found = lay(events, [(0, 1, 10), (1, MISSING, 5)])
    assert found.length.tolist() == [0, 0]
    assert (found.unsuspended.tolist(), found.outside.tolist()) == ([0], [1, 2, 3])


def test_a_pause_never_reaches_from_one_instance_into_the_next():
    found = lay([(0, SUSPEND, 2), (0, SUSPEND, 12), (0, RESUME, 13)], [(0, 1, 10), (0, 11, MISSING)])
    assert found.length.tolist() == [MISSING, 1]
    assert found.unresumed.tolist() == [0]


def test_where_one_instance_ends_as_another_begins_the_pause_is_of_the_one_that_goes_on():
    found = lay([(0, SUSPEND, 5), (0, RESUME, 7)], [(0, 1, 5), (0, 5, 9)])
    assert found.length.tolist() == [0, 2]
    at_once = lay([(0, SUSPEND, 5), (0, RESUME, 5)], [(0, 5, 5)])
    assert at_once.used.tolist() == [0, 1]


def slow(events, instances):
    """Each event to the first started instance that runs; then a queue per instance."""
    owner = {}
    for i, (group, _, time) in enumerate(events):
        runs = [
            (s, e, j)
            for j, (g, s, e) in enumerate(instances)
            if g == group and s != MISSING and s <= time and (e == MISSING or time <= e)
        ]
        on = [x for x in runs if x[1] == MISSING or x[1] > time] or runs
        owner[i] = min(on, key=lambda x: (x[1] == MISSING, x[1], x[0], x[2]))[2] if on else None
    paused = []
    for j in range(len(instances)):
        mine = sorted((i for i in owner if owner[i] == j), key=lambda i: (events[i][2], events[i][1], i))
        waiting, spans = [], []
        for i in mine:
            if events[i][1] == SUSPEND:
                waiting.append(i)
            elif waiting:
                spans.append((events[waiting.pop(0)][2], events[i][2]))
        covered = {t for a, b in spans for t in range(a, b)}
        paused.append(MISSING if waiting else len(covered))
    return paused, sorted(i for i in owner if owner[i] is None)


@settings(deadline=None, max_examples=examples(150))
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([START, COMPLETE]), st.integers(0, 12)), min_size=1, max_size=10
    ),
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([SUSPEND, RESUME]), st.integers(0, 12)), min_size=1, max_size=10
    ),
)
def test_pauses_as_a_slow_queue_finds_them(work, breaks):
    group, kind, time = (np.array(x) for x in zip(*work, strict=True))
    pairs = pair(group, kind, time)
    when, which = np.append(time, MISSING), np.append(group, -1)
    instances = list(
        zip(
            which[np.where(pairs.completed >= 0, pairs.completed, pairs.started)].tolist(),
            when[pairs.started].tolist(),
            when[pairs.completed].tolist(),
            strict=True,
        )
    )
    found = lay(breaks, instances)
    lengths, outside = slow(breaks, instances)
    assert found.length.tolist() == lengths
    assert found.outside.tolist() == outside
    parts = np.concatenate([found.used, found.unresumed, found.unsuspended, found.outside])
    assert sorted(parts.tolist()) == list(range(len(breaks)))  # each once


def test_a_bound_word_wins_over_a_standard_one():
    assert kinds_of(["Suspend", "resume"], Lifecycle("word", "resume")) == [SUSPEND, COMPLETE]


def test_the_report_counts_every_way():
    log = make(
        [
            ("1", "A", "start", 1), ("1", "A", "start", 2), ("1", "A", "complete", 3), ("1", "A", "complete", 4),
            ("1", "B", "start", 5), ("2", "A", "complete", 6), ("2", "B", "schedule", 6), ("2", "B", "ate_abort", 7),
            ("2", "B", "手工", 7),
        ]
    )  # fmt: skip
    frame = pairing(log).frame
    counts = {(row.kind, row.word if isinstance(row.word, str) else ""): row.count for row in frame.itertuples()}
    assert counts == {
        ("instances", ""): 4,
        ("whole", ""): 2,
        ("complete_only", ""): 1,
        ("start_only", ""): 1,
        ("overlapping", ""): 1,
        ("never_started", ""): 1,
        ("other_word", "ate_abort"): 1,
        ("other_word", "手工"): 1,
    }
    said = "\n".join(pairing(log).say("en"))
    assert "the work was broken off" in said
    assert "“手工”: not a word of the XES standard" in said
    assert frame.set_index("kind")["rows"]["start_only"] == (5,)
    assert frame.set_index("kind")["cases"]["complete_only"] == 1


@settings(deadline=None, max_examples=examples(60))
@given(
    st.lists(
        st.tuples(st.sampled_from("12"), st.sampled_from("AB"), st.integers(0, 9), st.integers(0, 4)),
        min_size=1,
        max_size=9,
    )
)
def test_overlapping_as_a_slow_reading_finds_it(rows):
    frame = pd.DataFrame(rows, columns=["case", "activity", "from", "length"])
    begin = pd.Timestamp(0, tz="UTC") + pd.to_timedelta(frame["from"], unit="h")
    frame = frame[["case", "activity"]].assign(start=begin, end=begin + pd.to_timedelta(frame["length"], unit="h"))
    log = EventLog.from_frame(frame, columns={"timestamp": "end", "start": "start"})
    table = log.to_frame()
    slow = set()
    for _, group in table.groupby(["case", "activity"]):
        latest = None
        for i, row in group.sort_values(["start", "end"], kind="stable").iterrows():
            if latest is not None and row["start"] < latest:
                slow.add(i)
            latest = row["end"] if latest is None else max(latest, row["end"])
    assert len(overlapping(log)) == len(slow)
    assert {tuple(table.loc[i, ["case", "activity", "start", "end"]]) for i in overlapping(log)} == {
        tuple(table.loc[i, ["case", "activity", "start", "end"]]) for i in slow
    }


def test_every_sentence_is_there_in_both_languages_with_the_same_gaps():
    import string

    for key, texts in catalogue().items():
        gaps = [{name for _, name, _, _ in string.Formatter().parse(texts[lang]) if name} for lang in ("en", "zh")]
        assert gaps[0] == gaps[1], key
