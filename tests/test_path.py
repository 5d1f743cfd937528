"""From moves to deviations: patterns by hand, open cases, ties, and the two readings of a swap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from tests.examples import examples
from tests.helpers import blueprint, faults, frame, study, traces, verdicts

LINE = blueprint(list("abcde"))


def found(norm, word, **more):
    judged = study(norm, traces(word), **more)
    patterns = judged.deviations().frame.query("check == 'path'")["pattern"].tolist()
    return [(*row[1:], pattern) for row, pattern in zip(faults(judged, "path"), patterns, strict=True)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("abcde", []),
        ("abde", [("missing", "c", None, "skipped")]),
        ("abxcde", [("extra", "X", None, "ad_hoc")]),
        ("abccde", [("repeated", "c", None, "retry")]),
        ("abcdbe", [("repeated", "b", None, "rework")]),
        ("acbde", [("out_of_order", "b", "c", "swapped")]),
        ("adbce", [("out_of_order", "d", None, "moved_early")]),
        ("acdbe", [("out_of_order", "b", None, "moved_late")]),
        ("bacde", [("out_of_order", "a", "b", "swapped")]),
        ("abced", [("out_of_order", "d", "e", "swapped")]),
    ],
)
def test_one_fault_in_a_line_gives_one_deviation(word, expected):
    assert found(LINE, word) == expected


def test_two_faults_give_two_deviations():
    assert set(found(LINE, "badee")) == {
        ("out_of_order", "a", "b", "swapped"),
        ("missing", "c", None, "skipped"),
        ("repeated", "e", None, "retry"),
    }


CHOICE = blueprint(["a", {"choice": ["b", "c"]}, "d"], "abcd")


def test_a_second_branch_of_a_choice_is_a_choice_violation():
    assert found(CHOICE, "abcd") in (
        [("extra", "c", None, "choice_violation")],
        [("extra", "b", None, "choice_violation")],
    )


def test_a_choice_taken_at_the_wrong_time_is_out_of_order_whatever_branch_the_alignment_names():
    assert found(CHOICE, "cad") == [("out_of_order", "a", "c", "swapped")]
    assert found(CHOICE, "bad") == [("out_of_order", "a", "b", "swapped")]


def test_parallel_steps_have_no_order():
    norm = blueprint(["a", {"parallel": ["b", "c"]}, "d"], "abcd")
    assert found(norm, "abcd") == found(norm, "acbd") == []
    assert found(norm, "acd") == [("missing", "b", None, "skipped")]


def test_a_loop_repeats_without_deviation():
    norm = blueprint(["a", {"loop": "b", "redo": "c"}, "d"], "abcd")
    assert found(norm, "abcbcbd") == []


def test_an_open_case_misses_nothing_at_its_end():
    judged = study(LINE, traces("ab", "ac", "abcde"))
    assert verdicts(judged, "path") == {"c0": "pending", "c1": "fail", "c2": "pass"}
    assert faults(judged, "path") == [("c1", "missing", "b", None)]


def test_judged_as_ended_it_misses_the_rest():
    judged = study(LINE, traces("ab"), open_cases="judge")
    assert [row[1:3] for row in faults(judged, "path")] == [("missing", "c"), ("missing", "d"), ("missing", "e")]


def test_events_of_one_instant_are_read_in_the_order_that_fits_best():
    tied = {
        "c0": [("A", 0.0), ("C", 1.0), ("B", 1.0), ("D", 2.0), ("E", 3.0)],
        "c1": [("A", 0.0), ("B", 1.0), ("C", 1.0), ("D", 2.0), ("E", 3.0)],
    }
    judged = study(LINE, tied)
    assert verdicts(judged, "path") == {"c0": "pass", "c1": "pass"}
    assert faults(judged, "path") == []


def test_a_tie_does_not_hide_another_fault():
    tied = {"c0": [("A", 0.0), ("C", 1.0), ("B", 1.0), ("E", 3.0)]}
    assert faults(study(LINE, tied), "path") == [("c0", "missing", "d", None)]


def test_the_row_of_a_fault_is_right_where_ties_were_put_in_order():
    judged = study(LINE, {"c0": [("A", 0.0), ("C", 1.0), ("B", 1.0), ("D", 2.0), ("D", 3.0), ("E", 4.0)]})
    assert judged.deviations().frame[["activity", "row"]].to_numpy().tolist() == [["d", 5]]


def test_ties_around_a_loop_are_settled_together():
    norm = blueprint(["a", {"loop": "b", "redo": "c"}, "d"], "abcd")
    assert found_tied(norm, [("A", 0.0), ("B", 1.0), ("B", 2.0), ("C", 2.0), ("D", 3.0)]) == {"c0": "pass"}


def test_too_many_orders_to_try_are_not_observable():
    events = [("A", 0.0), *(("C", 1.0), ("B", 1.0), ("D", 1.0)) * 3, ("E", 2.0)]
    assert found_tied(LINE, events) == {"c0": "not_observable"}
    fewer = [("A", 0.0), *(("C", 1.0), ("B", 1.0)) * 4, ("E", 2.0)]  # 8 events, but only 70 orders that differ
    assert found_tied(LINE, fewer) == {"c0": "fail"}


def found_tied(norm, events):
    return verdicts(study(norm, {"c0": events}), "path")


def test_work_that_never_completed_is_not_on_the_path():
    judged = study(LINE, traces("abcde"))
    table = frame(traces("abcde"))
    table.loc[len(table)] = ["c0", "B", table["end"].iloc[1], None, "ann"]
    again = mining.Study(mining.EventLog.from_frame(table, columns=LINE.binding), LINE)
    assert verdicts(again, "path") == verdicts(judged, "path") == {"c0": "pass"}


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.text("abcdex", min_size=1, max_size=8), min_size=1, max_size=8))
def test_a_case_passes_exactly_if_its_trace_is_a_run(words):
    judged = study(LINE, traces(*words, "abcde"), open_cases="judge")
    for case, word in verdicts(judged, "path").items():
        assert (word == "pass") == LINE.automaton.accepts([*words, "abcde"][int(case[1:])])


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(40))
@given(st.lists(st.text("abcdex", min_size=1, max_size=8), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_other_cases_and_their_order_change_nothing(words, random):
    words = [f"a{word}" for word in words]
    alone = [found(LINE, word, open_cases="judge") for word in words]
    shuffled = random.sample(range(len(words)), len(words))
    judged = study(LINE, traces(*(words[k] for k in shuffled)), open_cases="judge")
    for place, k in enumerate(shuffled):
        mine = sorted(row[1:] for row in faults(judged, "path") if row[0] == f"c{place}")
        assert mine == sorted(row[:3] for row in alone[k])


def test_an_unknown_label_that_reads_like_an_activity_id_stays_apart():
    log = {"c0": [("A", 0.0), ("b", 1.0), ("B", 2.0), ("C", 3.0), ("D", 4.0), ("E", 5.0)]}
    assert faults(study(LINE, log), "path") == [("c0", "extra", "b (label)", None)]
