"""Variants, standardisation and the dotted chart, by hand and against plain Python."""

import json
from collections import Counter
from math import log2

import numpy as np
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
    assert "10 complete cases follow 4 variants" in variety_of(abc).sentence()
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
    assert "2 small groups are not shown" in found.sentence()


def test_variants_by_hand(abc):
    frame = variants_of(abc).frame
    assert frame["cases"].tolist() == [6, 2, 1, 1, 1, 1]
    assert frame["cumulated"].iloc[-1] == pytest.approx(1)
    by_trace = frame.set_index(frame["trace"].map("".join))
    assert by_trace.loc["abc", ["moves", "fits", "running", "events"]].tolist() == [0, True, False, 3]
    assert by_trace.loc["abbc", "moves"] == by_trace.loc["ac", "moves"] == by_trace.loc["Xabc", "moves"] == 1
    assert by_trace.loc["ab", ["moves", "fits", "running", "n_times"]].tolist() == [0, True, True, 0]
    assert "8 of the cases (66.7" in variants_of(abc).sentence()


def test_a_variant_has_the_median_of_its_ended_cases():
    made = {name: [(x, k * hours) for k, x in enumerate("ABC")] for name, hours in (("1", 1.0), ("2", 2.0), ("3", 4.0))}
    row = variants_of(study(blueprint(["a", "b", "c"], "abc", ends=["c"]), made)).frame.iloc[0]
    assert (row["n_times"], row["median_s"], row["example"]) == (3, 4 * 3600.0, "1")


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
    assert (len(set(codes)), len(names)) == (4, 4) or names[-1].endswith("others")


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
