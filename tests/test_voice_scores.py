"""Scores of surveys: CSAT, NPS, CES, means, dimensions, gaps, reliability, by hand, by known values and against plain oracles."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from mining.errors import MiningError, UnknownNameError
from mining.voice import (
    nps_by_period,
    read_survey,
    reliability_of,
    scores_of,
    servperf_of,
    touchpoint_gaps,
)
from mining.voice.reliability import alpha_of
from mining.voice.scales import hidden_cells, mean_of, nps, top_two
from tests.examples import examples


def survey(scores, item="csat", scale=(1, 5), kind=None, first=0, **more):
    """One answer per score, each of another case."""
    table = {
        "case_id": [f"c{first + i}" for i in range(len(scores))], "answered_at": "2026-01-05T09:00Z", "item": item, "score": scores,
        "scale_min": scale[0], "scale_max": scale[1], "kind": kind or item,
    }  # fmt: skip
    return pd.DataFrame(table | more)


def one(frame, **where):
    """The only row with these values."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_the_golden_values_of_the_net_promoter_score():
    estimate, se = nps(np.repeat([10.0, 9.0, 7.0, 8.0, 6.0, 0.0], [30, 30, 12, 13, 10, 5]))
    assert (round(estimate.value, 9), round(se, 2)) == (45, 7.40)
    assert (round(estimate.low, 1), round(estimate.high, 1)) == (30.5, 59.5)


def test_the_golden_values_of_a_share():
    estimate = top_two(np.repeat([5.0, 4.0, 3.0], [8, 4, 138]), 5.0)
    assert (round(100 * estimate.low, 2), round(100 * estimate.high, 2)) == (4.64, 13.46)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.integers(0, 10), min_size=10, max_size=60))
def test_scores_equal_plain_oracles(scores):
    values = np.array(scores, float)
    found, se = nps(values)
    points = np.where(values >= 9, 100.0, np.where(values <= 6, -100.0, 0.0))
    assert found.value == pytest.approx(points.mean())
    if points.std() == 0:
        assert math.isnan(found.low)
        assert math.isnan(se)
    else:
        assert se == pytest.approx(points.std() / math.sqrt(len(points)))
        assert -100 <= found.low <= found.value <= found.high <= 100
    share = top_two(values, 10.0)
    assert (share.low, share.high) == pytest.approx(
        proportion_confint((values >= 9).sum(), len(values), method="wilson")
    )


def test_the_mean_has_the_interval_of_scipy_and_none_where_there_is_no_reason_for_one():
    values = np.random.default_rng(3).integers(1, 6, 40).astype(float)
    found = mean_of(values, seed=7)
    wanted = stats.bootstrap(
        (np.sort(values),), np.mean, n_resamples=2000, method="BCa", rng=np.random.default_rng(7)
    ).confidence_interval
    assert found == mean_of(values[::-1], seed=7)  # the order of the answers changes nothing
    assert (found.low, found.high, found.method) == (wanted.low, wanted.high, "BCa")
    assert mean_of(values, seed=7) == found
    for few, why in (
        (values[:9], "fewer than 10 values"),
        (np.full(20, 4.0), "all values equal"),
        (values[:0], "no values"),
    ):
        estimate = mean_of(few)
        assert math.isnan(estimate.low)
        assert math.isnan(estimate.high)
        assert estimate.method == why
    many = np.tile(values, 200)
    assert mean_of(many).method == "Student's t"
    assert mean_of(many).low == pytest.approx(many.mean() - 1.96 * many.std(ddof=1) / math.sqrt(len(many)), abs=1e-4)


@pytest.mark.slow
def test_the_interval_of_a_mean_covers_the_truth():
    """400 samples of 40 answers from a known distribution: near 95 % of the intervals hold its mean."""
    rng, p = np.random.default_rng(0), np.array([0.05, 0.1, 0.2, 0.4, 0.25])
    truth = float(p @ np.arange(1, 6))
    found = [mean_of(rng.choice(np.arange(1.0, 6), 40, p=p)) for _ in range(400)]
    assert 0.91 <= np.mean([x.low <= truth <= x.high for x in found]) <= 0.98


def test_every_item_is_measured_by_touchpoint_and_segment():
    table = survey(
        [5] * 10 + [1] * 10 + [4] * 10 + [2] * 10, touchpoint=["a"] * 20 + ["b"] * 20, segment=["x", "y"] * 20
    )
    frame = scores_of(read_survey(table)).frame
    whole = one(frame, touchpoint="all", segment="all", measure="top_two")
    assert (whole["n"], whole["value"], whole["method"], whole["scale"]) == (40, 0.5, "Wilson", "1-5")
    assert one(frame, touchpoint="a", segment="all", measure="mean")["value"] == 3.0
    assert one(frame, touchpoint="all", segment="x", measure="mean")["n"] == 20
    cell = one(frame, touchpoint="b", segment="y", measure="mean")
    assert (cell["n"], cell["value"]) == (10, 3.0)
    assert one(frame, touchpoint="all", segment="all", measure="mean")["value"] == 3.0


def test_few_answers_are_listed_and_fewer_hidden():
    table = survey([5, 4, 3, 2, 1, 5] + [4] * 12 + [3] * 3, touchpoint=["a"] * 6 + ["b"] * 12 + ["c"] * 3)
    frame = scores_of(read_survey(table)).frame
    a, b, c = (one(frame, touchpoint=x, measure="top_two") for x in "abc")
    assert c["hidden"]
    assert pd.isna(c["n"])
    assert math.isnan(c["value"])
    assert pd.isna(c["values"])
    assert a["hidden"]  # else c were the total less what is shown
    assert not b["hidden"]
    assert b["n"] == 12
    shown = scores_of(read_survey(table), k=1).frame
    a = one(shown, touchpoint="a", measure="mean")
    assert (a["values"], a["method"]) == ("1, 2, 3, 4, 5, 5", "fewer than 10 values")
    assert math.isnan(a["low"])
    assert a["value"] == pytest.approx(20 / 6)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_hidden_cell_can_be_found_from_the_totals(rows):
    sizes = np.array(rows)
    found = hidden_cells(sizes)
    assert found[(sizes > 0) & (sizes < 5)].all()
    for part, line in [*zip(sizes, found, strict=True), *zip(sizes.T, found.T, strict=True)]:
        members = part[line & (part > 0)]
        if len(members) and (part > 0).sum() > 1 and part.sum() >= 5:
            assert len(members) > 1
            assert members.sum() >= 5


def test_cells_of_a_hidden_touchpoint_are_hidden_too():
    """Touchpoint a is hidden only so that c cannot be found; its cell with segment x would tell part of it."""
    table = survey(
        [4] * 40,
        touchpoint=["a"] * 8 + ["b"] * 28 + ["c"] * 4,
        segment=["x"] * 5 + ["y"] * 3 + ["x", "y"] * 14 + ["x", "y"] * 2,
    )
    frame = scores_of(read_survey(table)).frame.query("measure == 'mean'")
    assert one(frame, touchpoint="a", segment="all")["hidden"]
    assert one(frame, touchpoint="a", segment="x")["hidden"]
    assert not one(frame, touchpoint="b", segment="x")["hidden"]


def test_persons_are_counted_not_answers():
    """Ten answers of two customers are two persons."""
    table = survey([5] * 10 + [4] * 10, touchpoint=["a"] * 10 + ["b"] * 10).assign(
        customer_id=["x", "y"] * 5 + [f"z{i}" for i in range(10)]
    )
    assert one(scores_of(read_survey(table)).frame, touchpoint="a", measure="mean")["hidden"]


def test_effort_needs_its_direction():
    read = read_survey(survey([5, 6, 7, 1] * 5, item="ces", scale=(1, 7)))
    with pytest.raises(MiningError, match="ces_easy='high' or ces_easy='low'"):
        scores_of(read)
    easy = scores_of(read, ces_easy="high")
    assert one(easy.frame, measure="easy")["value"] == 0.75
    assert one(easy.frame, measure="mean")["better"] == "high"
    assert "higher is easier" in easy.sentence()
    assert "75.0" in easy.sentence()
    hard = scores_of(read, ces_easy="low").frame
    assert one(hard, measure="easy")["value"] == 0.25
    assert one(hard, measure="mean")["better"] == "low"
    with pytest.raises(UnknownNameError, match="direction 'up'"):
        scores_of(read, ces_easy="up")
    other = read_survey(survey([5, 1] * 10, item="ces", scale=(1, 5)))
    assert scores_of(other, ces_easy="low").frame["measure"].tolist() == ["mean"]


def test_what_has_no_scale_has_no_top_two():
    table = survey([3, 4] * 10).drop(columns=["scale_min", "scale_max"])
    assert scores_of(read_survey(table)).frame["measure"].tolist() == ["mean"]
    assert scores_of(read_survey(survey([0, 1] * 10, scale=(0, 1)))).frame["measure"].tolist() == ["mean"]


def test_a_touchpoint_called_all_is_not_all():
    frame = scores_of(read_survey(survey([5] * 20, touchpoint=["all"] * 10 + ["b"] * 10))).frame
    assert set(frame["touchpoint"]) == {"all", "all (value)", "b"}
    assert one(frame, touchpoint="all", measure="mean")["n"] == 20


def test_groups_asked_for_must_exist():
    read = read_survey(survey([5] * 10))
    with pytest.raises(UnknownNameError, match="group 'town'"):
        scores_of(read, by=("town",))
    with pytest.raises(MiningError, match="at most two"):
        scores_of(read, by=("touchpoint", "segment", "channel"))


def periods(*parts):
    """Answers to NPS, one list of scores per month from January on."""
    tables = [
        survey(scores, item="nps", scale=(0, 10), first=1000 * i, answered_at=f"2026-{i + 1:02d}-05T09:00Z")
        for i, scores in enumerate(parts)
    ]
    return read_survey(pd.concat(tables))


def test_two_periods_say_whether_their_intervals_overlap():
    golden = [10] * 60 + [8] * 25 + [3] * 15
    found = nps_by_period(periods(golden, golden, [3] * 60 + [8] * 25 + [10] * 15))
    first, second, third = found.frame.to_dict("records")
    assert (round(first["nps"]), round(first["low"], 1), round(first["high"], 1)) == (45, 30.5, 59.5)
    assert (second["change"], second["overlap"], second["told_apart"]) == (0, True, False)
    assert round(third["change"]) == -90
    assert (third["overlap"], third["told_apart"]) == (False, True)
    assert third["change_high"] == pytest.approx(-90 + 1.96 * math.hypot(7.4, 7.4), abs=0.01)
    assert "do not overlap" in found.sentence()
    assert "没有重叠" in found.sentence("zh")


def test_intervals_that_overlap_a_little_may_still_be_told_apart():
    """By hand: 45 +/- 14.5 and 20 +/- 14.6 overlap, but 25 is more than 1.96 times 10.5."""
    found = nps_by_period(periods([10] * 60 + [8] * 25 + [3] * 15, [10] * 45 + [8] * 30 + [3] * 25))
    row = found.frame.iloc[1]
    assert round(row["change"]) == -25
    assert row["overlap"]
    assert row["told_apart"]
    assert "overlap" in found.sentence()
    assert "without 0" in found.sentence()


def test_small_periods_are_hidden_and_end_the_comparison():
    found = nps_by_period(periods([10, 3] * 20, [10, 9], [8, 3] * 4, [10, 3] * 20)).frame
    assert found["method"].tolist() == ["normal", "hidden", "hidden", "normal"]
    assert found["change"].isna().all()
    few = nps_by_period(periods([10, 3] * 20, [8, 3] * 4))
    row = few.frame.iloc[1]
    assert (row["n"], row["nps"], row["change"], row["method"]) == (8, -50, -50, "fewer than 10 values")
    assert row[["se", "low", "high", "change_low", "overlap", "told_apart"]].isna().all()
    assert "too few answers" in few.sentence()
    with pytest.raises(MiningError, match="no answers of kind nps"):
        nps_by_period(read_survey(survey([5] * 9)))
    with pytest.raises(UnknownNameError, match="period 'day'"):
        nps_by_period(periods([1]), period="day")


def test_the_clock_of_the_zone_tells_the_period():
    table = survey([10] * 12, item="nps", scale=(0, 10), answered_at="2026-01-31T23:30Z")
    found = {tz: nps_by_period(read_survey(table), tz=tz).frame["period"].tolist() for tz in ("UTC", "Europe/Berlin")}
    assert found == {"UTC": ["2026-01"], "Europe/Berlin": ["2026-02"]}
    for period, name in (("quarter", "2026-Q1"), ("week", "2026-W05"), ("year", "2026")):
        assert nps_by_period(read_survey(table), period=period).frame["period"].tolist() == [name]


def both_sides(seen, wanted, **more):
    """Perceptions and expectations of the same persons, an item each."""
    return pd.concat(
        [survey(seen, "promise", kind="perception", **more), survey(wanted, "promise", kind="expectation", **more)]
    )


@settings(max_examples=examples(5), deadline=None)
@given(st.lists(st.integers(2, 5), min_size=10, max_size=30))
def test_equal_answers_give_no_gap_and_a_shift_gives_itself(wanted):
    for shift in (0, -1):
        found = touchpoint_gaps(read_survey(both_sides([x + shift for x in wanted], wanted, touchpoint="desk")))
        row = one(found.frame, touchpoint="desk")
        assert row["gap"] == pytest.approx(shift)
        assert row["gap_method"] == "all values equal"
        assert row["n_pairs"] == len(wanted)
        assert "less reliable" in row["note"]


def test_gaps_are_of_the_same_persons_only():
    """Hand: three persons each; expectations of two more count nothing."""
    table = pd.concat(
        [survey([3, 4, 5] * 4, "p", kind="perception"), survey([5] * 14, "p", kind="expectation")]
    ).assign(touchpoint="desk")
    row = one(touchpoint_gaps(read_survey(table)).frame, touchpoint="desk")
    assert (row["n"], row["n_pairs"], row["unpaired"], row["perception"], row["expectation"], row["gap"]) == (
        12,
        12,
        2,
        4,
        5,
        -1,
    )


def test_perceptions_by_dimension_come_first_and_gaps_second():
    seen = survey([3, 4] * 10, "kept", kind="perception")
    more = survey([5, 5] * 10, "on time", kind="perception")
    warm = survey([2, 2] * 10, "warm", kind="perception")
    wanted = survey([5] * 20, "kept", kind="expectation")
    found = servperf_of(
        read_survey(pd.concat([seen, more, warm, wanted])),
        {"kept": "reliability", "on time": "reliability", "warm": "empathy"},
        weights={"reliability": 0.75, "empathy": 0.25},
    )
    reliable, warm_row = found.frame.to_dict("records")
    assert (reliable["dimension"], reliable["items"], reliable["n"], reliable["perception"]) == (
        "reliability",
        2,
        20,
        4.25,
    )
    assert (reliable["gap"], reliable["n_pairs"]) == (-1.5, 20)
    assert (warm_row["perception"], warm_row["n_pairs"]) == (2, 0)
    assert found.weighted is None  # empathy has no gap
    assert "empathy (2.00)" in found.sentence()
    assert "second view" in found.sentence()


def test_weighted_gaps_and_their_weights():
    table = pd.concat([both_sides([3] * 12, [5] * 12), both_sides([4] * 12, [5] * 12).assign(item="warm")])
    dimensions = {"promise": "reliability", "warm": "empathy"}
    assert servperf_of(read_survey(table), dimensions, weights={"reliability": 0.75, "empathy": 0.25}).weighted == -1.75
    for weights, message in (
        ({"reliability": 0.7, "empathy": 0.2}, "sum to 1"),
        ({"reliability": 1}, "empathy has none"),
        ({"reliability": 0.5, "warmth": 0.5}, "dimension 'warmth'"),
    ):
        with pytest.raises(MiningError, match=message):
            servperf_of(read_survey(table), dimensions, weights=weights)


def test_dimensions_must_make_sense():
    read = read_survey(both_sides([3] * 12, [4] * 12))
    with pytest.raises(UnknownNameError, match="item 'moon'"):
        servperf_of(read, {"moon": "empathy"})
    with pytest.raises(UnknownNameError, match="dimension 'warmth'"):
        servperf_of(read, {"promise": "warmth"})
    assert servperf_of(read, {"promise": "warmth"}, rater=False).frame["dimension"].tolist() == ["warmth"]
    mixed = pd.concat([survey([3] * 12, "p", kind="perception"), survey([7] * 12, "p", (1, 7), kind="expectation")])
    with pytest.raises(MiningError, match="several scales"):
        servperf_of(read_survey(mixed), {"p": "empathy"})


def items(matrix, kind="perception"):
    """Respondents by items as answers."""
    return read_survey(
        pd.concat([survey(list(column), f"q{i}", kind=kind) for i, column in enumerate(np.array(matrix).T)])
    )


KNOWN = [[1, 2, 2], [2, 2, 3], [4, 3, 4], [5, 5, 4]]


def test_alpha_by_hand():
    """Sums 5, 7, 11, 14: variance 16.25; items 10/3, 2, 11/12."""
    assert alpha_of(np.array(KNOWN, float)) == pytest.approx(1.5 * (1 - (10 / 3 + 2 + 11 / 12) / 16.25))
    row = one(reliability_of(items(KNOWN), {"s": ["q0", "q1", "q2"]}).frame, scale="s")
    assert (row["k"], row["n"], row["warning"]) == (3, 4, "")


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(3, 6), st.integers(5, 30), st.integers(0, 10_000))
def test_alpha_equals_the_mean_covariance_form(k, n, seed):
    """Another definition: k times the mean covariance over the mean variance plus k - 1 times it."""
    scores = np.random.default_rng(seed).integers(1, 6, (n, k)).astype(float)
    covariance = np.cov(scores.T)
    mean = covariance[~np.eye(k, dtype=bool)].mean()
    base = np.diag(covariance).mean() + (k - 1) * mean
    if abs(base) > 1e-9:
        assert alpha_of(scores) == pytest.approx(k * mean / base)


def test_a_reversed_item_is_seen_and_turned():
    turned = [[a, b, 6 - c] for a, b, c in KNOWN]
    read = items(turned)
    found = reliability_of(read, {"s": ["q0", "q1", "q2"]})
    assert one(found.frame, scale="s")["warning"] == "below_0.7"
    assert one(found.items, item="q2")["looks_reversed"]
    assert not one(found.items, item="q2")["reversed"]
    assert "q2" in found.sentence()
    declared = reliability_of(read, {"s": ["q0", "q1", "q2"]}, reversed=["q2"])
    assert one(declared.frame, scale="s")["alpha"] == pytest.approx(alpha_of(np.array(KNOWN, float)))
    assert one(declared.items, item="q2")["reversed"]


def test_scales_that_say_nothing_are_refused_or_not_measured():
    read = items(KNOWN)
    with pytest.raises(MiningError, match="has 2 items"):
        reliability_of(read, {"s": ["q0", "q1"]})
    with pytest.raises(UnknownNameError, match="item 'q9'"):
        reliability_of(read, {"s": ["q0", "q1", "q9"]})
    with pytest.raises(MiningError, match="names an item twice"):
        reliability_of(read, {"s": ["q0", "q1", "q1"]})
    flat = reliability_of(items([[3, 3, 3]] * 6), {"s": ["q0", "q1", "q2"]})
    assert flat.frame["warning"].tolist() == ["not_measured"]
    assert math.isnan(flat.frame["alpha"][0])
    assert "too few" in flat.sentence()


def test_incomplete_respondents_are_counted():
    table = pd.concat([survey([1, 2, 4, 5][: 4 - i], f"q{i}", kind="perception") for i in range(3)])
    row = one(reliability_of(read_survey(table), {"s": ["q0", "q1", "q2"]}).frame, scale="s")
    assert (row["n"], row["incomplete"]) == (2, 2)


def test_alpha_has_the_interval_of_feldt():
    """Feldt, Woodruff and Salih (1987): the F form, checked by its own inverse."""
    scores = np.random.default_rng(1).normal(size=(60, 1)) + np.random.default_rng(2).normal(size=(60, 4))
    read = items(np.clip(np.round(scores + 3), 1, 5))
    row = one(reliability_of(read, {"s": ["q0", "q1", "q2", "q3"]}).frame, scale="s")
    assert row["low"] < row["alpha"] < row["high"]
    for end, tail in ((row["low"], 0.975), (row["high"], 0.025)):
        assert stats.f.cdf((1 - end) / (1 - row["alpha"]), 59, 59 * 3) == pytest.approx(tail)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.few_quick(1)
def test_charts_draw_what_the_tables_say(lang):
    table = scores_of(read_survey(survey([5] * 10 + [1] * 10, touchpoint=["a"] * 10 + ["b"] * 10)))
    axes = table.plot("mean", lang=lang)
    labels = {
        "en": ["customer satisfaction", "customer satisfaction: a", "customer satisfaction: b"],
        "zh": ["顾客满意度", "顾客满意度：a", "顾客满意度：b"],
    }
    assert [x.get_text().replace("\n", " ") for x in axes.get_yticklabels()] == labels[lang]
    assert sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o") == [1, 3, 5]
    strip = nps_by_period(periods([10] * 60 + [8] * 25 + [3] * 15)).plot(lang=lang)
    assert sorted(round(bar.get_width()) for bar in strip.patches) == [-15, 60]
    empty = table.plot("nps", lang=lang)
    assert not empty.axison
    with pytest.raises(UnknownNameError, match="measure 'median'"):
        table.plot("median")


@pytest.mark.parametrize(
    ("highest", "measures"), [(5, ["top_two", "mean"]), (10, ["top_two", "mean"]), (100, ["mean"])]
)
def test_a_slider_has_no_two_highest_boxes(highest, measures):
    table = pd.DataFrame(
        {
            "case_id": [str(i) for i in range(30)], "answered_at": "2026-03-02T09:00Z", "item": "csat", "kind": "csat",
            "score": [i % 5 + 1 for i in range(30)], "scale_min": 0, "scale_max": highest,
        }
    )  # fmt: skip
    assert scores_of(read_survey(table)).frame["measure"].tolist() == measures
