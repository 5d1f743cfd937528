"""Variants, standardisation and the dotted chart, by hand and against plain Python."""

import json
from collections import Counter
from dataclasses import replace
from math import log2

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint import parse_blueprint
from mining.errors import UnknownNameError
from mining.log import EventLog
from mining.variety import dots_of, variants_of, variety_of
from tests.examples import examples
from tests.helpers import blueprint, blueprint_dict, frame, study, traces


@pytest.fixture(scope="module")
def abc():
    """Ten ended cases: six abc, two abbc, one ac, one xabc; and two that run."""
    return study(
        blueprint(["a", "b", "c"], "abc", ends=["c"]),
        traces(*["abc"] * 6, *["abbc"] * 2, "ac", "xabc", "ab", "a"),
    )


def test_the_index_by_hand(abc):
    row = variety_of(abc).frame.iloc[0]
    # shares .6 .2 .1 .1
    entropy = -(0.6 * log2(0.6) + 0.2 * log2(0.2) + 2 * 0.1 * log2(0.1))
    assert (row["cases"], row["running"], row["variants"], row["for_80"]) == (10, 2, 4, 2)
    assert row["entropy_bits"] == pytest.approx(entropy)
    assert row["index"] == pytest.approx(1 - entropy / log2(10))
    assert [row["top_1"], row["top_5"], row["once"]] == pytest.approx([0.6, 1.0, 0.2])
    assert "10 ended cases follow 4 variants" in variety_of(abc).sentence()
    assert "2 个未结束的案例" in variety_of(abc).sentence("zh")


@pytest.mark.parametrize(("made", "index"), [(["abc"] * 7, 1.0), (["abc", "ac", "bac", "abbc"], 0.0)])
def test_all_alike_is_one_and_no_two_alike_is_nought(made, index):
    found = variety_of(study(blueprint(["a", "b", "c"], "abc", ends=["c"]), traces(*made)))
    assert found.frame["index"].iloc[0] == pytest.approx(index)


def test_one_case_has_no_index():
    found = variety_of(study(blueprint(["a", "b"], "ab", ends=["b"]), traces("ab")))
    assert np.isnan(found.frame["index"].iloc[0])
    assert "Fewer than two cases" in found.sentence()


@given(st.lists(st.sampled_from(["abc", "abbc", "ac", "abcc", "cab"]), min_size=2, max_size=30))
@settings(max_examples=examples(25), deadline=None)
def test_index_and_coverage_agree_with_plain_python(made):
    row = variety_of(study(blueprint(["a", "b", "c"], "abc", ends=["c"]), traces(*made))).frame.iloc[0]
    counts = [k for _, k in Counter(made).most_common()]
    n = len(made)
    entropy = sum(-k / n * log2(k / n) for k in counts)
    assert row["index"] == pytest.approx(1 - entropy / log2(n))
    assert 0 <= row["index"] <= 1 + 1e-12
    fewest = next(k for k in range(1, len(counts) + 1) if sum(counts[:k]) >= 0.8 * n - 1e-9)
    assert (row["for_80"], row["variants"]) == (fewest, len(counts))


def with_channel(raw):
    raw["log"]["attributes"] = {**raw["log"].get("attributes", {}), "channel": "channel"}
    return raw


def test_small_groups_are_hidden_and_the_others_add_up():
    norm = parse_blueprint(
        json.dumps(with_channel(blueprint_dict(["a", "b", "c"], "abc", ends=["c"]))), name="test.yaml"
    )
    table = frame(traces(*["abc", "ac"] * 15, "abc"))
    number = table["case"].str[1:].astype(int)
    table["channel"] = np.select([number < 14, number < 28], ["web", "desk"], "post")
    found = variety_of(mining.Study(EventLog.from_frame(table, columns=norm.binding), norm), by="channel")
    assert found.frame["group"].tolist() == ["all", "desk"]  # of equally small ones the last is hidden
    assert found.n_hidden == 2
    assert "Small groups, not shown: 2" in found.sentence()


def test_variants_by_hand(abc):
    frame = variants_of(abc).frame
    assert frame["cases"].tolist() == [6, 2, 1, 1, 1, 1]
    assert frame["cumulated"].iloc[-1] == pytest.approx(1)
    by_trace = frame.set_index(frame["trace"].map("".join))
    assert by_trace.loc["abc", ["moves", "fits", "running", "events"]].tolist() == [0, True, False, 3]
    assert by_trace.loc["abbc", "moves"] == by_trace.loc["ac", "moves"] == by_trace.loc["Xabc", "moves"] == 1
    assert by_trace.loc["ab", ["moves", "fits", "running", "n_times"]].tolist() == [0, True, True, 0]
    assert "6 of 10 (60.0 %)" in variants_of(abc).sentence()


def test_a_variant_has_the_median_of_its_ended_cases():
    made = {name: [(x, k * hours) for k, x in enumerate("ABC")] for name, hours in (("1", 1.0), ("2", 2.0), ("3", 4.0))}
    row = variants_of(study(blueprint(["a", "b", "c"], "abc", ends=["c"]), made)).frame.iloc[0]
    assert (row["n_times"], row["median_s"], row["example"]) == (3, 4 * 3600.0, "1")


def test_of_an_even_number_the_median_is_one_that_was_measured():
    made = {name: [(x, k * hours) for k, x in enumerate("ABC")] for name, hours in (("1", 1.0), ("2", 2.0))}
    read = study(blueprint(["a", "b", "c"], "abc", ends=["c"]), made)
    median = variants_of(read).frame["median_s"].iloc[0]
    assert median == 2 * 3600.0 == read.times().frame["throughput_s"].min()


def test_a_case_whose_moments_contradict_each_other_is_in_no_median():
    norm = blueprint(["a", "b"], "ab", ends=["b"])
    columns = {"case": "case", "activity": "activity", "start": "start", "timestamp": "time"}
    day = "2026-01-0{} 09:00:00Z".format
    rows = [
        ("1", "A", day(1), day(1)),
        ("1", "B", day(2), day(3)),
        ("2", "A", day(9), day(1)),
        ("2", "B", day(9), day(3)),
    ]
    read = mining.Study(EventLog.from_frame(pd.DataFrame(rows, columns=list(columns.values())), columns=columns), norm)
    assert read.times().frame["throughput_s"].isna().tolist() == [False, True]
    row = variants_of(read).frame.iloc[0]
    assert (row["cases"], row["n_times"], row["median_s"]) == (2, 1, 2 * 86_400.0)


def test_what_is_not_solved_and_may_be_a_run_is_neither(abc):
    path = abc.path
    costs = replace(path.alignments, lower=np.where(path.alignments.cost > 0, 0, path.alignments.cost))
    read = mining.Study(abc.log, abc.blueprint)
    read.__dict__["path"] = replace(path, alignments=costs)
    found = variants_of(read).frame
    assert found.loc[path.alignments.cost > 0, ["moves", "fits"]].isna().all(axis=None)
    assert found.loc[path.alignments.cost == 0, "fits"].all()


def test_cases_of_which_nothing_is_recorded_are_called_so_in_both_languages():
    norm = parse_blueprint(json.dumps(with_channel(blueprint_dict(["a", "b"], "ab", ends=["b"]))), name="test.yaml")
    table = frame(traces(*["ab"] * 10, *["ab", "aab"] * 5))
    table["channel"] = np.where(table["case"].str[1:].astype(int) < 10, "web", None)
    found = variety_of(mining.Study(EventLog.from_frame(table, columns=norm.binding), norm), by="channel")
    assert found.frame["group"].tolist() == ["all", "web", "not recorded"]
    assert "未记录" in found.sentence("zh")
    assert "not recorded" not in found.sentence("zh")


def test_the_picture_marks_what_deviates(abc):
    svg = variants_of(abc).picture(10).svg
    assert svg.count('data-state="missing"') == 1
    assert svg.count('data-state="extra"') == 1
    assert svg.count('data-state="unknown"') == 1
    assert "not in the blueprint" in svg
    assert "蓝图中没有" in variants_of(abc).picture(10, lang="zh").svg
    assert variants_of(abc).picture(1).svg.count('class="variant"') == 1


def test_a_long_variant_is_cut_and_counted():
    found = variants_of(study(blueprint(["a", "b"], "ab"), traces("ab" * 40 + "aaa")))
    assert "23 more steps" in found.picture().svg  # 60 boxes hold 60 of 83 steps


def test_dots_by_hand(abc):
    dots = dots_of(abc, time="relative", sort="duration")
    frame = dots.frame
    assert len(frame) == len(abc.instances.case)
    assert (dots.n_cases, dots.n_shown) == (12, 12)
    assert frame.groupby("case_id")["x"].min().eq(0).all()
    spans = frame.groupby("place")["x"].max()
    assert spans.is_monotonic_increasing
    codes, names = dots.colours("en", most=3)
    assert (sorted(set(codes.tolist())), len(names)) == ([0, 1, 2], 3)  # a and b; c and X would be one alone
    assert sum(codes == 2) == sum(frame["activity"].isin(["c", "X"]))


def test_of_many_cases_every_kth_is_shown_and_it_says_so(abc):
    dots = dots_of(abc, most_cases=4)
    assert (dots.n_shown, dots.frame["case_id"].nunique()) == (4, 4)
    assert "4 of 12 cases" in dots.plot().get_title(loc="left")


@pytest.mark.parametrize("word", ["time", "sort", "colour"])
def test_unknown_words_are_refused_with_those_known(abc, word):
    with pytest.raises(UnknownNameError, match="absolute|start|activity"):
        dots_of(abc, **{word: "nonsense"})


def test_the_chart_is_the_same_twice_and_small(abc):
    from mining.plots import to_svg

    one, two = (to_svg(dots_of(abc).plot()) for _ in range(2))
    assert one == two
    assert len(one) < 400_000


def test_groups_that_are_all_hidden_are_not_said_to_have_no_ended_cases():
    cases = {f"c{k}": [("A", k * 1000), ("C", k * 1000 + 1)] for k in range(4)}
    found = variety_of(study(blueprint([*"abc"], "abc", ends="c"), cases), "month")
    assert (len(found), found.n_hidden > 0) == (0, True)
    assert found.sentence() == f"Small groups, not shown: {found.n_hidden}."


def test_the_last_variant_cumulates_to_all_cases_exactly():
    cases = {f"c{k}": [("A", 0), *[("B", 1 + i) for i in range(k)], ("C", 99)] for k in range(70)}
    frame = variants_of(study(blueprint([{"free": [*"abc"]}], "abc", ends="c"), cases)).frame
    assert np.cumsum(frame["share"].to_numpy())[-1] != 1  # seventy times a seventieth in floating point
    assert frame["cumulated"].iloc[-1] == 1
