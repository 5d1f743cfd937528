"""Control charts: golden values, limits and signals by hand, presets, new baselines, and how often pure noise alarms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import MiningError, UnknownNameError
from mining.follow_up import Rebaseline, p_chart, p_prime, series_of, xmr
from mining.follow_up.signals import PRESETS, Signal, fired, signals_of
from mining.outcomes.outcome import Outcome
from tests.examples import examples
from tests.follow_up_cases import FINDING, made

GOLDEN = [52, 48, 55, 60, 47, 50, 53, 49, 51, 58, 46, 54]


def first(chart, *names):
    return [round(float(chart.frame.loc[0, name]), 3) for name in names]


def signals(chart):
    return [set(text.split(", ")) - {""} for text in chart.frame["signals"]]


def test_the_published_series_has_the_published_limits():
    chart = xmr(GOLDEN)
    assert first(chart, "centre", "range_centre", "lower", "upper", "range_upper") == [
        51.917,
        6.182,
        35.473,
        68.360,
        20.196,
    ]
    assert chart.stable
    assert "35.47" in chart.sentence()
    assert "可预测" in chart.sentence("zh")


def test_limits_are_frozen_after_the_baseline():
    later = xmr([*GOLDEN, 80, 20, 50, 90])
    assert first(later, "centre", "lower", "upper") == first(xmr(GOLDEN), "centre", "lower", "upper")
    assert later.frame["baseline"].sum() == 12
    assert signals(later)[12:] == [{"beyond"}, {"beyond"}, set(), {"beyond"}]
    assert later.frame["range_signal"].tolist()[12:] == [True] * 4


def test_from_twenty_points_on_twenty_make_the_limits():
    assert xmr(list(range(19)) * 1).frame["baseline"].sum() == 12
    assert xmr([1, 2] * 15).frame["baseline"].sum() == 20
    assert xmr([1, 2] * 15, baseline=30).frame["baseline"].sum() == 30


def test_fewer_than_twelve_points_have_no_limits_and_fewer_are_refused():
    chart = xmr(GOLDEN[:11])
    assert (chart.why, chart.stable, chart.has_limits) == ("few", None, False)
    assert chart.frame["upper"].isna().all()
    assert "too few points for limits (11, and at least 12 are needed)" in chart.sentence()
    with pytest.raises(MiningError, match="at least 12 points, not 8"):
        xmr(GOLDEN, baseline=8)


def test_a_baseline_without_variation_has_no_limits():
    assert xmr([5] * 12).why == "flat"
    assert p_chart([0] * 12, [50] * 12).why == p_prime([0] * 12, [50] * 12).why == "flat"


def test_no_moving_range_crosses_a_gap_and_runs_go_on():
    values = [*GOLDEN[:6], np.nan, *GOLDEN[6:]]
    chart = xmr(values)
    assert chart.frame["moving_range"].isna().tolist() == [True, *[False] * 5, True, True, *[False] * 5]
    # the ten ranges that are left: 4 7 5 13 3 | 4 2 7 12 8
    assert first(chart, "range_centre") == [6.5]
    assert "run" in signals(xmr([*GOLDEN, 53, 53, 53, 53, np.nan, 53, 53, 53, 53]))[-1]


def test_the_limits_of_a_p_chart_step_with_the_number_of_cases():
    counts, n = [10, 5, 20, 10, 5, 20, 10, 5, 20, 10, 5, 20], [100, 50, 200] * 4
    chart = p_chart(counts, n)
    # p = 140 / 1400 = 0.1; 3 sqrt(0.09 / 100) = 0.09; / 50: 0.1273, cut at 0; / 200: 0.0636
    assert chart.frame["upper"].head(3).round(4).tolist() == [0.19, 0.2273, 0.1636]
    assert chart.frame["lower"].head(3).round(4).tolist() == [0.01, 0.0, 0.0364]


def test_laney_widens_the_limits_by_how_much_more_than_chance_the_periods_vary():
    counts, n = [10, 20] * 6, [100] * 12
    chart = p_prime(counts, n)
    scale = (0.10 / np.sqrt(0.15 * 0.85 / 100)) / 1.128  # every |dz| is the same
    assert first(chart, "sigma_z") == [round(scale, 3)]
    plain = p_chart(counts, n)
    width = chart.frame.loc[0, "sigma"] / plain.frame.loc[0, "sigma"]
    assert width == pytest.approx(scale)


def test_with_many_cases_a_p_chart_alarms_at_nearly_everything_and_p_prime_does_not():
    rng = np.random.default_rng(0)
    n = np.full(60, 20_000)
    counts = rng.binomial(n, np.clip(rng.normal(0.10, 0.01, 60), 0, 1))
    beyond = {make: sum("beyond" in x for x in signals(make(counts, n))) for make in (p_chart, p_prime)}
    assert beyond[p_chart] > 20
    assert beyond[p_prime] <= 1


def test_no_step_over_a_gap_makes_the_spread_of_a_p_prime_chart():
    counts = np.array([10, 12, 11, 9, 10, 12, 60, 58, 62, 61, 59, 60])
    n = np.full(12, 400)
    z = (counts / 400 - counts.sum() / 4800) / np.sqrt(counts.sum() / 4800 * (1 - counts.sum() / 4800) / 400)
    steps = np.abs(np.diff(z))
    whole = p_prime(counts, n).frame["sigma_z"].iloc[0]
    assert whole == pytest.approx(steps.mean() / 1.128)
    gap = p_prime(np.insert(counts, 6, 0), np.insert(n, 6, 0)).frame["sigma_z"].iloc[0]
    assert gap == pytest.approx(np.delete(steps, 5).mean() / 1.128)


def test_limits_end_where_a_measure_cannot_go():
    study = made([0.3] * 16, per=20)
    times = (study.instances.case_end - study.instances.case_start) / 1e6
    spread = Outcome("time", {"en": "Time", "zh": "时长"}, "time", "s", times**3, 1, True)
    chart = series_of(study, spread).control()
    free = xmr(series_of(study, spread).values)
    assert chart.frame.loc[0, "lower"] == max(free.frame.loc[0, "lower"], 0)
    assert chart.frame.loc[0, "upper"] == pytest.approx(free.frame.loc[0, "upper"])
    share = series_of(study, FINDING).control("xmr").frame
    assert share["lower"].min() >= 0


def test_counts_above_n_are_refused():
    with pytest.raises(MiningError, match="point 2: the count must be between 0 and n"):
        p_chart([1, 5, 2], [4, 4, 4])


@pytest.mark.parametrize(
    ("id", "z", "where"),
    [
        ("beyond", [0, 3.1, 0, -3.1, 3.0], [1, 3]),
        ("run", [1] * 8 + [-1] * 7 + [0, -1], list(range(8))),
        ("trend", [0, 1, 2, 3, 4, 5, 5, 4, 3], list(range(6))),
        ("two_of_three", [2.1, 0, 2.2, -2.1, 2.1, -2.5], [0, 2, 3, 4, 5]),
        ("four_of_five", [1.1, 1.2, 0, 1.3, 1.4, -1.1], [0, 1, 3, 4]),
    ],
)
def test_signals_fire_where_they_should(id, z, where):
    test = next(x for preset in PRESETS.values() for x in preset if x.id == id)
    assert np.flatnonzero(fired(np.array(z, float), test)).tolist() == where


def test_the_other_tests_of_nelson():
    tests = {x.id: x for x in signals_of("nelson_1984")}
    assert len(tests) == 8
    assert tests["run"].n == 9
    by_turns = np.array([1.0, -1] * 7)
    assert fired(by_turns, tests["alternating"]).all()
    assert not fired(by_turns[:13], tests["alternating"]).any()
    assert fired(np.full(15, 0.5), tests["inner_third"]).all()
    assert not fired(np.full(14, 0.5), tests["inner_third"]).any()
    assert fired(np.array([1.5, -1.5] * 4), tests["outside_inner_third"]).all()


@settings(max_examples=examples(40))
@given(
    st.lists(st.sampled_from([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5]), max_size=24),
    st.sampled_from(["run", "two_of_three", "four_of_five"]),
)
def test_a_test_of_k_in_n_is_what_a_loop_over_windows_finds(z, id):
    test = {
        "run": Signal("run", "beyond", 8, 8),
        **{x.id: x for x in PRESETS["western_electric_1956"] if x.id != "run"},
    }[id]
    expected = set()
    for i in range(len(z) - test.n + 1):
        for side in (1, -1):
            hits = [j for j in range(i, i + test.n) if side * z[j] > test.zone]
            expected |= set(hits) if len(hits) >= test.k else set()
    assert set(np.flatnonzero(fired(np.array(z, float), test)).tolist()) == expected


def test_the_length_of_the_run_can_be_set():
    z = [0.5] * 7
    assert [fired(np.array(z), signals_of("standard", run)[1]).any() for run in (7, 8, 9)] == [True, False, False]
    with pytest.raises(MiningError, match="Use 7, 8, 9"):
        xmr(GOLDEN, run=5)
    with pytest.raises(UnknownNameError, match="Did you mean 'nelson_1984'"):
        xmr(GOLDEN, preset="nelson")


def test_a_new_baseline_needs_a_reason_and_is_written_down():
    values = [*GOLDEN, *(x - 20 for x in GOLDEN)]
    assert not xmr(values, baseline=12).stable
    chart = xmr(values, rebaselines=[Rebaseline(12, "second desk opened")])
    assert chart.frame["centre"].round(2).tolist() == [51.92] * 12 + [31.92] * 12
    assert all(x == set() for x in signals(chart))
    assert "second desk opened" in chart.provenance.line()
    with pytest.raises(MiningError, match="has no reason"):
        xmr(values, rebaselines=[Rebaseline(12, " ")])
    with pytest.raises(UnknownNameError, match="unknown period 'W9'"):
        xmr(GOLDEN, rebaselines=[Rebaseline("W9", "x")])


def test_a_new_baseline_without_twelve_points_has_no_limits_yet():
    chart = xmr([*GOLDEN, 1, 2, 3], rebaselines=[Rebaseline(12, "moved")])
    assert chart.frame["upper"].isna().tolist() == [False] * 12 + [True] * 3
    assert chart.why == "few"


def test_nothing_is_said_about_a_target_where_there_are_signals():
    stable, shifted = xmr(GOLDEN), xmr([*GOLDEN, 90])
    assert "nearly every period will meet" in stable.outlook(70)
    assert "hardly any" in stable.outlook(30)
    assert "some will not" in stable.outlook(50)
    assert "nearly every" in stable.outlook(30, worse=-1)
    for target in (30, 50, 70):
        assert "not predictable, so nothing is said" in shifted.outlook(target)
    assert "nothing is said" in xmr(GOLDEN[:5]).outlook(70)


@settings(max_examples=examples(8))
@given(st.integers(-1000, 1000), st.integers(1, 64))
def test_moving_and_stretching_a_series_changes_no_signal(shift, factor):
    values = np.array([*GOLDEN, 70, 40, 41, 42, 43, 44, 45, 46, 75])
    assert signals(xmr(values * factor + shift)) == signals(xmr(values))


def test_equal_input_gives_equal_bytes():
    assert xmr(GOLDEN).frame.to_json() == xmr(GOLDEN).frame.to_json()


FALSE_ALARMS = {  # share of charts of pure noise with a signal among 24 points after a baseline of 20; 12
    "standard": (0.38, 0.43),
    "western_electric_1956": (0.40, 0.45),
    "nelson_1984": (0.45, 0.51),
}


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_how_often_pure_noise_alarms(preset):
    found = []
    for baseline in (20, 12):
        hits = 0
        for seed in range(200):
            chart = xmr(np.random.default_rng(seed).normal(size=baseline + 24), preset=preset, baseline=baseline).frame
            hits += (chart["signals"].iloc[baseline:] != "").any()
        found.append(hits / 200)
    assert found == pytest.approx(FALSE_ALARMS[preset], abs=0.08)
