"""How many cases stand out: against a count of all sets of points, by hand, and where the search ends early."""

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.privacy import Key, Pseudonyms, gauge_of, pseudonymous_log
from tests.examples import examples

COLUMNS = {"case": "case", "activity": "activity", "timestamp": "time"}


def log_of(cases, tz="UTC"):
    """Case to points (activity, day of March)."""
    rows = [
        (c, a, f"2026-03-{d:02}T{9 + i // 60:02}:{i % 60:02}:00Z")
        for c, points in cases.items()
        for i, (a, d) in enumerate(points)
    ]
    return mining.EventLog.from_frame(
        pd.DataFrame(rows, columns=["case", "activity", "time"]), columns=COLUMNS | {"tz": tz}
    )


def counted(log):
    frame = gauge_of(log).frame
    return dict(zip(frame["known"], frame["unique"], strict=True))


def plain(cases):
    """The same by trying every set of points."""
    sets = [frozenset(x) for x in cases.values()]

    def unique(mine, k):
        others = [x for x in sets if x is not mine]
        return any(all(not set(s) <= x for x in others) for m in range(1, k + 1) for s in combinations(mine, m))

    each = {str(k): sum(unique(x, k) for x in sets) for k in (1, 2, 3)}
    traces = [tuple(a for a, _ in sorted(x, key=lambda p: p[1])) for x in cases.values()]
    return {"variant": sum(traces.count(x) == 1 for x in traces)} | each


def test_three_points_by_hand():
    """Of A, B, C on one day every pair is held by another case too, all three by none."""
    day = lambda word: [(x, 2) for x in word]  # noqa: E731
    cases = {"abc": day("ABC"), "ab": day("ABD"), "bc": day("BCD"), "ac": day("ACD")}
    assert counted(log_of(cases)) == {"variant": 4, "1": 0, "2": 0, "3": 4}
    cases["all"] = day("ABCDE")
    assert counted(log_of(cases)) == {"variant": 5, "1": 1, "2": 1, "3": 1}
    cases["again"] = day("ABCDE")
    assert counted(log_of(cases)) == {"variant": 4, "1": 0, "2": 0, "3": 0}


def test_a_case_that_is_part_of_another_is_never_unique_and_one_alone_always_is():
    assert counted(log_of({"a": [("A", 2)], "b": [("A", 2), ("B", 3)]})) == {"variant": 2, "1": 1, "2": 1, "3": 1}
    assert counted(log_of({"a": [("A", 2), ("A", 2)]})) == {"variant": 1, "1": 1, "2": 1, "3": 1}


def test_days_are_those_of_the_clock_of_the_zone():
    rows = [("a", "A", "2026-03-02T23:30:00Z"), ("b", "A", "2026-03-03T10:00:00Z")]
    log = mining.EventLog.from_frame(pd.DataFrame(rows, columns=["case", "activity", "time"]), columns=COLUMNS)
    assert gauge_of(log).frame["unique"].tolist() == [0, 2, 2, 2]
    assert gauge_of(log, tz="Europe/Berlin").frame["unique"].tolist() == [0, 0, 0, 0]


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("ABCDEF"), st.integers(1, 3)), min_size=1, max_size=7, unique=True),
        min_size=1,
        max_size=9,
    )
)
@settings(max_examples=examples(25), deadline=None)
def test_it_finds_what_trying_every_set_finds(many):
    cases = {f"c{i}": sorted(x, key=lambda p: p[1]) for i, x in enumerate(many)}
    assert counted(log_of(cases)) == plain(cases)


def test_cases_with_more_points_than_a_word_has_bits():
    """Both lack one of 150 points that the other has; a third case has all but one of these and the first of the points."""
    every = [(f"A{i:03}", 1 + i % 28) for i in range(150)]
    cases = {"a": every[:-1], "b": every[1:], "c": every[:70] + every[71:]}
    assert counted(log_of(cases)) == {"variant": 3, "1": 0, "2": 3, "3": 3}
    cases = {"all": every} | {f"x{i}": [x for j, x in enumerate(every) if j != i] for i in (3, 70, 149)}
    assert counted(log_of(cases)) == {"variant": 4, "1": 0, "2": 0, "3": 1}


def test_cases_that_were_not_searched_to_the_end_are_counted():
    cases = {"a": [("A", 2), ("B", 2)], "b": [("A", 2), ("C", 2)], "c": [("B", 2), ("C", 2)], "d": [("D", 2)]}
    found = gauge_of(log_of(cases), budget=0)
    assert found.frame[["unique", "undecided"]].values.tolist() == [[4, 0], [1, 0], [1, 3], [1, 3]]
    assert found.frame["at_most"].tolist() == [1.0, 0.25, 1.0, 1.0]
    assert "3 cases were not searched to the end" in found.sentence()
    assert "未判定" in found.sentence("zh")
    whole = gauge_of(log_of(cases))
    assert whole.frame[["unique", "undecided"]].values.tolist() == [[4, 0], [1, 0], [4, 0], [4, 0]]
    assert "searched" not in whole.sentence()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sentence_has_the_shares_of_the_table(study, lang):
    found = gauge_of(study.log)
    text = found.sentence(lang)
    for share in found.frame["share"]:
        assert f"{100 * share:.1f}" in text
    assert "2,000" in text


def test_pseudonyms_change_nothing(study):
    made = pseudonymous_log(study.log, Pseudonyms(Key(b"0123456789abcdef")))
    pd.testing.assert_frame_equal(gauge_of(made).frame, gauge_of(study.log).frame)
